//! `fengqiao demo`: the main job. An invented province, accounts and cases, served.

use super::{Common, complain, config, config::Config, progress, say};
use crate::{
    app::{App, DemoAccount, Trouble, open_desk, read_house},
    businesses, clock, serve,
};
use serde_json::{Value as Json, json};
use std::{
    fs,
    io::IsTerminal,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

/// What `demo` is told.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    common: Common,
    /// 监听地址
    #[arg(long)]
    listen: Option<String>,
    /// 案件数
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(0..=1_000_000))]
    cases: u64,
    /// 随机种子：种子相同，案件相同
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// 丢弃已有的演示数据，重新造
    #[arg(long)]
    fresh: bool,
}

const MARK: &str = "demo.json";

/// Makes the province if it is not there, and serves it.
pub async fn run(arguments: Arguments) -> Result<ExitCode, Trouble> {
    let mut config =
        Config::read(&arguments.common, arguments.listen.clone(), &config::environment())?;
    if config.data == Path::new("fengqiao-data") {
        config.data = std::env::temp_dir().join("fengqiao-demo");
    }
    if arguments.fresh || !config.data.join(MARK).exists() {
        clear(&config.data)?;
    }
    let house = read_house(config.businesses.as_deref())?;
    let desk = open_desk(&config, house).await?;
    let mut accounts = accounts_of(&config.data);
    if accounts.is_empty() {
        if !desk.units().all().is_empty() {
            let words = "这个数据库里已有数据，演示不碰它；请换一个空的库";
            return Err(Trouble::Words(words.to_owned()));
        }
        let today = clock::now("house:demo");
        let mut show = |what: &str, done: u64, of: u64| progress(&format!("{what} {done}/{of}"));
        // The house at work knows no examples; the demonstration tells them.
        let (told, _) =
            engine::definition::read(&businesses::source(config.businesses.as_deref())?);
        let (cases, seed) = (arguments.cases, arguments.seed);
        accounts = crate::demo::make(&desk, told, cases, seed, &today, &mut show).await?;
        progress("");
        write_mark(&config.data, &accounts)?;
    }
    let app = App::new(desk, &config.data, accounts.clone());
    let (listener, address) = serve::bind(&config.listen).await?;
    app.reach_at(config.public_address.as_deref().unwrap_or(&format!("http://{address}")));
    announce(&format!("http://{address}"), &accounts);
    if let Some(folder) = config.businesses {
        tokio::spawn(reload(app.clone(), folder));
    }
    serve::serve(app, listener).await?;
    Ok(ExitCode::SUCCESS)
}

/// Removes what an unfinished demonstration left; never anything that is not a demonstration's.
fn clear(data: &Path) -> Result<(), Trouble> {
    let real = data.join("fengqiao.db").exists()
        && !data.join(MARK).exists()
        && !data.join("demo-unfinished").exists();
    if real {
        let words = format!("{} 里已有不是演示的数据，请换一个 --data 目录", data.display());
        return Err(Trouble::Words(words));
    }
    if data.exists() {
        for file in ["fengqiao.db", "fengqiao.db-wal", "fengqiao.db-shm", MARK, "keys"] {
            let file = data.join(file);
            if file.exists() {
                fs::remove_file(file)?;
            }
        }
    }
    fs::create_dir_all(data)?;
    fs::write(data.join("demo-unfinished"), "")?;
    Ok(())
}

fn write_mark(data: &Path, accounts: &[DemoAccount]) -> Result<(), Trouble> {
    let list: Vec<Json> = accounts.iter().map(account_json).collect();
    fs::write(data.join(MARK), Json::from(list).to_string())?;
    let unfinished = data.join("demo-unfinished");
    if unfinished.exists() {
        fs::remove_file(unfinished)?;
    }
    Ok(())
}

fn account_json(account: &DemoAccount) -> Json {
    json!({
        "account": account.account,
        "password": account.password,
        "role": account.role,
        "unit": account.unit,
        "what_for": account.what_for,
    })
}

/// The accounts to try that a demonstration's data folder names; none elsewhere.
pub fn accounts_of(data: &Path) -> Vec<DemoAccount> {
    let text = fs::read_to_string(data.join(MARK)).unwrap_or_default();
    let list: Vec<Json> = serde_json::from_str(&text).unwrap_or_default();
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    list.iter()
        .map(|account| DemoAccount {
            account: text(&account["account"]),
            password: text(&account["password"]),
            role: text(&account["role"]),
            unit: text(&account["unit"]),
            what_for: text(&account["what_for"]),
        })
        .collect()
}

fn announce(address: &str, accounts: &[DemoAccount]) {
    if std::io::stdout().is_terminal() {
        say(&format!("\n枫桥演示平台已经启动：{address}\n"));
        for account in accounts {
            let DemoAccount { account, password, what_for, .. } = account;
            say(&format!("  {account:<16}{password:<16}{what_for}"));
        }
        say("\n按 Ctrl+C 结束");
        return;
    }
    let list: Vec<Json> = accounts.iter().map(account_json).collect();
    say(&json!({ "ready": address, "accounts": list }).to_string());
}

/// Reads the definitions again whenever a file changes; faulty ones are named and left out of use.
async fn reload(app: App, folder: PathBuf) {
    let mut version = app.desk.house().version.clone();
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let Ok(files) = businesses::folder(&folder) else { continue };
        let (house, findings) = engine::definition::read(&files);
        if house.version == version {
            continue;
        }
        version.clone_from(&house.version);
        if findings.is_empty() {
            match app.desk.publish(house).await {
                Ok(()) => complain("业务定义已更新"),
                Err(refusal) => complain(&format!("业务定义没有更新：{refusal}")),
            }
        } else {
            findings.iter().for_each(|finding| complain(&finding.to_string()));
            complain("业务定义有问题，仍用原来的");
        }
    }
}
