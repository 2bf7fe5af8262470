//! `fengqiao bench`: how fast it is, beside the bare limit of the same machine in the same run.
//!
//! A data folder with the wanted volume is made or used again; then the real server is started on
//! it as another process and asked over HTTP by a small client ([`http`]). CPU is read from the
//! system for the server alone. What is measured and what it should reach stands in [`questions`].

mod http;
mod measure;
mod page;
mod questions;
mod server;
mod show;
mod year;

use crate::{
    app::{Trouble, open_desk, read_house},
    cli::{config::Config, progress, say},
    clock, demo,
    web::urls,
};
use http::{Client, Question};
use page::Weight;
use server::Server;
use std::{
    fs,
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};
use store::bench::{Figures, bare_read, bare_writer, pgbench};

/// What `bench` is told.
#[derive(Clone, Debug, clap::Args)]
pub struct BenchArgs {
    /// 全省案件数；不写的是 100000，量一年的是 25000（一个大县约五千）
    #[arg(long, value_parser = clap::value_parser!(u64).range(50..=1_000_000))]
    cases: Option<u64>,
    /// 每项量几秒
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// 量一个大县一年的量：各项业务另外共登记多少份档案，逐项与调解的页面比
    #[arg(long, value_parser = clap::value_parser!(u64).range(1_000..=300_000))]
    year: Option<u64>,
    /// 同时有几个人用
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u64).range(1..=100))]
    clients: u64,
    /// 数据目录；已有同样案件数的就接着用
    #[arg(long)]
    data: Option<PathBuf>,
    /// 量 PostgreSQL：数据库地址；裸限用 pgbench 在同一个数据库里量
    #[arg(long)]
    database: Option<String>,
    /// 只输出 JSON，一项一行
    #[arg(long)]
    json: bool,
}

const MARK: &str = "bench.json";

/// What does not fit into a measure of many operations.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Cases in the data.
    pub cases: u64,
    /// Address of the list that is asked for.
    pub list: String,
    /// From being started to answering.
    pub start: Duration,
    /// KiB a second after the start.
    pub idle: u64,
    /// KiB at the end.
    pub after: u64,
    /// The first list page.
    pub first_page: Weight,
    /// The bare limits.
    pub writer: Figures,
    /// The bare read.
    pub reader: Figures,
}

/// Who asks: tokens by role.
pub struct Askers {
    /// Of the county.
    pub county: String,
    /// Of the city.
    pub city: String,
    /// Of the province.
    pub province: String,
    /// Mediators with their committees.
    pub mediators: Vec<(String, String)>,
}

/// Measures everything and shows it.
pub async fn run(args: BenchArgs) -> Result<ExitCode, Trouble> {
    let data = args.data.clone().unwrap_or_else(|| std::env::temp_dir().join("fengqiao-bench"));
    let config = Config { database: args.database.clone(), ..Config::on(&data) };
    if let Some(records) = args.year {
        let cases = args.cases.unwrap_or(25_000);
        return year::run(&config, cases, records, Duration::from_secs(args.seconds)).await;
    }
    let cases = args.cases.unwrap_or(100_000);
    volume(&config, cases, 0).await?;
    let house = read_house(None)?;
    let list = house.kind(demo::load::KIND).map(|kind| urls::list(kind)).unwrap_or_default();
    let mut facts = Facts { cases, list, ..Facts::default() };
    (facts.writer, facts.reader) = bare(&config, args.clients).await?;
    let server = Server::start(&config).await?;
    facts.start = server.started_in;
    tokio::time::sleep(Duration::from_secs(1)).await;
    facts.idle = server.memory("VmRSS");
    let askers = sign_in(&server.address, args.clients).await?;
    facts.first_page =
        page::weigh(&server.address, &questions::list_page(&facts), &askers.county).await?;
    let mut measures = questions::all(&server, &askers, &args, &facts).await?;
    for export in &questions::EXPORTS {
        measures.push(questions::export(&server, export, &askers.province, &facts).await?);
    }
    facts.after = server.memory("VmRSS");
    show::show(&measures, &facts, args.json);
    let wrong = measures.iter().any(|m| m.wrong > 0);
    Ok(if wrong { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Makes the data, unless it is there: by an earlier run, or carried there by `fengqiao move` from
/// the folder of one. `year`: so many records of the other businesses besides.
async fn volume(config: &Config, cases: u64, year: u64) -> Result<(), Trouble> {
    let data = &config.data;
    let mark = data.join(MARK);
    let wanted = if year == 0 { cases.to_string() } else { format!("{cases}+{year}") };
    if fs::read_to_string(&mark).is_ok_and(|kept| kept == wanted) {
        return Ok(());
    }
    if data.exists() && fs::read_dir(data)?.next().is_some() {
        let words = format!("{} 里有别的数据，请换一个 --data 目录或者先清空它", data.display());
        return Err(Trouble::Words(words));
    }
    let desk = open_desk(config, read_house(None)?).await?;
    let mut tell =
        |what: &str, done: u64, of: u64| progress(&format!("准备数据：{what} {done}/{of}"));
    let (now, begun) = (clock::now("house:demo"), Instant::now());
    demo::make_to(&desk, cases, 1, demo::Depth::Shallow, &now, &mut tell).await?;
    if year > 0 {
        let made = demo::year::make(&desk, year, &now, &mut tell).await?;
        progress("");
        for (kind, made) in &made {
            if !made.refused.is_empty() {
                say(&format!("{kind}：登记 {} 份后停下：{}", made.records, made.refused));
            }
        }
        let (kinds, records) = (made.len(), made.values().map(|made| made.records).sum::<usize>());
        let took = begun.elapsed().as_secs();
        say(&format!("{cases} 件案件，另 {kinds} 种档案 {records} 份，{took} 秒做成"));
    }
    progress("");
    desk.close().await?;
    fs::write(mark, wanted)?;
    Ok(())
}

/// The bare limits, in a folder of their own on the same disk.
async fn bare(config: &Config, clients: u64) -> Result<(Figures, Figures), Trouble> {
    let folder = config.data.join("bare");
    if let Some(address) = config.database.clone() {
        let work = move || pgbench::measure(&address, &folder, 30_000, clients);
        let measured = tokio::task::spawn_blocking(work).await;
        let measured = measured.map_err(|error| Trouble::Words(error.to_string()))?;
        return measured.map_err(|error| Trouble::Words(error.to_string()));
    }
    let work = move || {
        let measured = bare_writer(&folder, 30_000, clients)
            .and_then(|written| Ok((written, bare_read(&folder, 20_000)?)));
        // What cannot be removed is only in the way of nobody.
        let _ = fs::remove_dir_all(&folder);
        measured
    };
    let measured = tokio::task::spawn_blocking(work).await;
    let measured = measured.map_err(|error| Trouble::Words(error.to_string()))?;
    measured.map_err(|error| Trouble::Words(error.to_string()))
}

async fn sign_in(address: &str, clients: u64) -> Result<Askers, Trouble> {
    let mut client = Client::connect(address).await?;
    let county = login(&mut client, "county").await?;
    let city = login(&mut client, "city").await?;
    let province = login(&mut client, "province").await?;
    let mut mediators = Vec::new();
    for number in 1..=clients {
        let name =
            if number == 1 { "mediator".to_owned() } else { format!("mediator-{number:03}") };
        let token = login(&mut client, &name).await?;
        let path = format!("/api/v1/records/{}?limit=1", demo::load::COMMITTEE);
        let answer = client.ask(&Question::get(path, &token)).await?.json();
        let id = answer["items"][0]["id"].as_str().unwrap_or_default().to_owned();
        mediators.push((token, id));
    }
    Ok(Askers { county, city, province, mediators })
}

async fn login(client: &mut Client, account: &str) -> Result<String, Trouble> {
    let body = serde_json::json!({ "account": account, "password": demo::PASSWORD }).to_string();
    let answer = client.ask(&Question::post("/api/v1/login", "", body)).await?;
    match answer.json()["token"].as_str() {
        Some(token) => Ok(token.to_owned()),
        None => Err(Trouble::Words(format!("{account} 登录不了：{}", answer.text()))),
    }
}
