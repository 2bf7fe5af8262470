//! A large county's year: the pages of every business beside those of mediation, in the same run.
//!
//! Lists, forms, records and reports are each compared with the mediation page of the same sort by
//! the CPU that the server spends on one: none should cost more than a tenth more.

use super::{
    http::{Client, Question},
    login,
    measure::measure,
    server::Server,
    volume,
};
use crate::{
    app::{Trouble, read_house},
    cli::{config::Config, say},
    demo::load,
    web::urls,
};
use engine::definition::{House, RecordKind};
use std::{process::ExitCode, sync::Arc, time::Duration};

/// What is compared with each other.
const SORTS: [&str; 4] = ["列表", "登记表", "档案", "报表"];
/// No page may cost more than so many times the mediation page.
const MOST: f64 = 1.1;

/// A page that was measured.
struct Page {
    business: String,
    sort: &'static str,
    label: String,
    cpu: f64,
    p50: Duration,
}

/// Who asks, in the order in which they are tried.
type Tokens = Vec<String>;

/// Measures all of it and shows it.
pub async fn run(
    config: &Config,
    cases: u64,
    records: u64,
    lasts: Duration,
) -> Result<ExitCode, Trouble> {
    volume(config, cases, records).await?;
    let house = read_house(None)?;
    let server = Server::start(config).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    say(&format!(
        "启动 {:.3} 秒，空闲内存 {:.1} MiB\n",
        server.started_in.as_secs_f64(),
        server.memory("VmRSS") as f64 / 1024.0
    ));
    let mut client = Client::connect(&server.address).await?;
    let mut tokens = Tokens::new();
    for account in ["county", "office", "mediator"] {
        tokens.push(login(&mut client, account).await?);
    }
    let asked = pages(&house, &mut client, &tokens).await?;
    let mut measured = Vec::new();
    // There are five hundred pages: each is asked for a quarter of the time of other measures.
    let lasts = lasts / 4;
    for (business, sort, label, question) in asked {
        let ask = move |_, _, step: usize, _: Option<&_>| (step == 0).then(|| question.clone());
        let measure = measure(&server, ("year", &label), (1, lasts), Arc::new(ask)).await?;
        let cpu = measure.cpu_per_thousand();
        measured.push(Page { business, sort, label, cpu, p50: measure.figures.p50 });
    }
    show(&house, &measured);
    say(&format!("\n用过以后内存 {:.1} MiB", server.memory("VmRSS") as f64 / 1024.0));
    Ok(ExitCode::SUCCESS)
}

/// The pages to be measured: of each kind that has records, and each report, those that one of the
/// askers may see. The pages of mediation, which the others are compared with, come first.
async fn pages(
    house: &House,
    client: &mut Client,
    tokens: &Tokens,
) -> Result<Vec<(String, &'static str, String, Question)>, Trouble> {
    let mut asked = Vec::new();
    let first = house.kind(load::KIND).into_iter();
    for kind in first.chain(house.kinds.values().filter(|k| k.id != load::KIND)) {
        let Some(id) = newest(kind, client, tokens).await? else { continue };
        let list = urls::list(kind);
        let addresses =
            [list.clone(), format!("{list}/new"), urls::record(kind, &id)].into_iter().zip(SORTS);
        for (address, sort) in addresses {
            if let Some(question) = answered(&address, client, tokens).await? {
                asked.push((kind.business.clone(), sort, kind.label.clone(), question));
            }
        }
    }
    let first = house.reports.get(load::REPORT).into_iter();
    for report in first.chain(house.reports.values().filter(|r| r.id != load::REPORT)) {
        let address = format!("/statistics/{}?from=2026-01&to=2026-12", report.id);
        if let Some(question) = answered(&address, client, tokens).await? {
            asked.push((report.business.clone(), SORTS[3], report.label.clone(), question));
        }
    }
    Ok(asked)
}

/// The question by the first asker who is answered.
async fn answered(
    address: &str,
    client: &mut Client,
    tokens: &Tokens,
) -> Result<Option<Question>, Trouble> {
    for token in tokens {
        let question = Question::page(address, token);
        if client.ask(&question).await?.status == 200 {
            return Ok(Some(question));
        }
    }
    Ok(None)
}

async fn newest(
    kind: &RecordKind,
    client: &mut Client,
    tokens: &Tokens,
) -> Result<Option<String>, Trouble> {
    for token in tokens {
        let path = format!("/api/v1/records/{}?limit=1", kind.id);
        let answer = client.ask(&Question::get(path, token)).await?.json();
        if let Some(id) = answer["items"][0]["id"].as_str() {
            return Ok(Some(id.to_owned()));
        }
    }
    Ok(None)
}

fn show(house: &House, measured: &[Page]) {
    let ms = |d: Duration| d.as_secs_f64() * 1e3;
    for sort in SORTS {
        let of_sort: Vec<&Page> = measured.iter().filter(|page| page.sort == sort).collect();
        let Some(mark) = of_sort.first() else { continue };
        say(&format!(
            "{sort}：{} CPU {:.2} 毫秒，p50 {:.2} 毫秒",
            mark.label,
            mark.cpu,
            ms(mark.p50)
        ));
        for business in &house.businesses {
            let mut own: Vec<&&Page> =
                of_sort.iter().filter(|page| page.business == business.id).collect();
            own.sort_by(|a, b| b.cpu.total_cmp(&a.cpu));
            let Some(slowest) = own.first() else { continue };
            let middle = own.get(own.len() / 2).map_or(0.0, |page| page.cpu);
            let above = own.iter().filter(|page| page.cpu > mark.cpu * MOST).count();
            say(&format!(
                "  {}：{} 个，CPU 中位 {middle:.2}，最慢 {:.2}（×{:.2}，{}），p50 {:.2}，超过 {MOST} 倍的 {above} 个",
                business.label,
                own.len(),
                slowest.cpu,
                slowest.cpu / mark.cpu,
                slowest.label,
                ms(slowest.p50),
            ));
            for page in own.iter().filter(|page| page.cpu > mark.cpu * MOST).take(6) {
                say(&format!("      {} ×{:.2}", page.label, page.cpu / mark.cpu));
            }
        }
    }
}
