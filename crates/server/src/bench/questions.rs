//! What is measured, and what each should reach (performance.md, last column).

use super::{
    Askers, BenchArgs, Facts,
    http::{Answer, Client, Question, encode},
    measure::{Ask, Measure, measure},
    server::Server,
};
use crate::{app::Trouble, demo::load};
use serde_json::json;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use store::bench::Figures;

/// An export: id, name for people, end of its address, most seconds for 100,000 rows.
pub type Export = (&'static str, &'static str, &'static str, f64);

/// The exports.
pub const EXPORTS: [Export; 2] = [
    ("export_xlsx", "导出全省案件 XLSX", "xlsx", 1.5),
    ("export_csv", "导出全省案件 CSV", "csv", 0.4),
];
/// Rows that the aims are for, and the most that an export holds.
const MOST_ROWS: u64 = 100_000;
/// How much memory may grow while exporting, in KiB.
const GROWTH: u64 = 16 * 1024;

/// The page of the list question.
pub fn list_page(facts: &Facts) -> String {
    format!("{}?{}", facts.list, load::FILTER)
}

fn list_api() -> String {
    format!("/api/v1/records/{}?unit={}&{}&limit=20", load::KIND, load::COUNTY, load::FILTER)
}

/// The same question again and again.
fn same(question: Question) -> Arc<Ask> {
    Arc::new(move |_, _, step, _| (step == 0).then(|| question.clone()))
}

/// One after another.
fn rotate(questions: Vec<Question>) -> Arc<Ask> {
    Arc::new(move |client, n, step, _| {
        let at = usize::try_from(client * 7 + n).unwrap_or(0) % questions.len().max(1);
        (step == 0).then(|| questions.get(at).cloned()).flatten()
    })
}

/// Asks everything that is asked many times.
pub async fn all(
    server: &Server,
    askers: &Askers,
    args: &BenchArgs,
    facts: &Facts,
) -> Result<Vec<Measure>, Trouble> {
    let lasts = Duration::from_secs(args.seconds);
    let many = (args.clients, lasts);
    let mut measures = Vec::new();
    for (id, label, question) in [
        ("list_api", "县内案件20条（接口）", Question::get(list_api(), &askers.county)),
        ("list_page", "县内案件20条（网页）", Question::page(list_page(facts), &askers.county)),
    ] {
        let measured = measure(server, (id, label), many, same(question)).await?;
        let (cpu, rate) = (measured.cpu_per_thousand(), measured.figures.rate());
        let mut measured =
            measured.aim("CPU ≤ 0.15 秒/千次", cpu <= 0.15).aim("≥ 5000 次/秒", rate >= 5_000.0);
        measured.bare = Some(("裸读".to_owned(), rate / facts.reader.rate()));
        measures.push(measured);
    }
    measures.extend(reports(server, askers, lasts).await?);
    measures.push(person(server, askers, many, facts.cases).await?);
    measures.extend(searches(server, askers, lasts).await?);
    measures.push(create(server, askers, many, facts).await?);
    Ok(measures)
}

/// County × type × month, one asker at a time: it is the time to wait that counts.
async fn reports(
    server: &Server,
    askers: &Askers,
    lasts: Duration,
) -> Result<Vec<Measure>, Trouble> {
    let (statistic, measured, by) = load::STATISTIC;
    let statistic = format!(
        "/api/v1/statistics/{statistic}?measure={measured}&by={by}&from=2024-01&to=2026-12"
    );
    let page = format!("/statistics/{}?from=2024-01&to=2026-12", load::REPORT);
    let asked = [
        ("statistic_api", "县×类×月统计（接口，市）", Question::get(statistic, &askers.city)),
        ("report_page", "官方报表（网页，省）", Question::page(page, &askers.province)),
    ];
    let mut measures = Vec::new();
    for (id, label, question) in asked {
        let measured = measure(server, (id, label), (1, lasts), same(question)).await?;
        let p50 = measured.figures.p50;
        measures.push(measured.aim("p50 ≤ 3 毫秒", p50 <= Duration::from_millis(3)));
    }
    Ok(measures)
}

/// Find the person by number, then the person with all cases.
async fn person(
    server: &Server,
    askers: &Askers,
    many: (u64, Duration),
    cases: u64,
) -> Result<Measure, Trouble> {
    let numbers = known_numbers(server, askers, cases).await?;
    let token = askers.county.clone();
    let ask = move |client: u64, n: u64, step: usize, before: Option<&Answer>| match step {
        0 => {
            let at = usize::try_from(client * 13 + n).unwrap_or(0) % numbers.len().max(1);
            let body = json!({ "id_number": numbers.get(at)? }).to_string();
            Some(Question::post("/api/v1/people/match", &token, body))
        }
        1 => {
            let found = before?.json();
            let id = found["items"][0]["id"].as_str()?.to_owned();
            Some(Question::get(format!("/api/v1/people/{id}"), &token))
        }
        _ => None,
    };
    let label = "按证件号找人并看其全部案件（两次请求）";
    let measured = measure(server, ("person", label), many, Arc::new(ask)).await?;
    let cpu = measured.cpu_per_thousand();
    Ok(measured.aim("CPU ≤ 0.15 秒/千次", cpu <= 0.15))
}

/// Numbers of people who are there and whom the county may see.
async fn known_numbers(
    server: &Server,
    askers: &Askers,
    cases: u64,
) -> Result<Vec<String>, Trouble> {
    let mut client = Client::connect(&server.address).await?;
    let mut known = Vec::new();
    for number in load::id_numbers(cases, 1_000) {
        let body = json!({ "id_number": number }).to_string();
        let asked = Question::post("/api/v1/people/match", &askers.county, body);
        let found = client.ask(&asked).await?.json();
        let Some(id) = found["items"][0]["id"].as_str() else { continue };
        let person = Question::get(format!("/api/v1/people/{id}"), &askers.county);
        if client.ask(&person).await?.status == 200 {
            known.push(number);
        }
        if known.len() == 100 {
            break;
        }
    }
    if known.is_empty() {
        return Err(Trouble::Words("数据里找不到可查的人".to_owned()));
    }
    Ok(known)
}

async fn searches(
    server: &Server,
    askers: &Askers,
    lasts: Duration,
) -> Result<Vec<Measure>, Trouble> {
    let mut measures = Vec::new();
    let asked = |token: &str| -> Vec<Question> {
        let path = |word: &&str| format!("/api/v1/search?q={}", encode(word));
        load::WORDS.iter().map(|word| Question::get(path(word), token)).collect()
    };
    for (id, label, token) in [
        ("search_county", "检索一至四个字（县）", &askers.county),
        ("search_province", "检索一至四个字（省）", &askers.province),
    ] {
        let measured = measure(server, (id, label), (1, lasts), rotate(asked(token))).await?;
        let p99 = measured.figures.p99;
        measures.push(measured.aim("p99 ≤ 10 毫秒", p99 <= Duration::from_millis(10)));
    }
    Ok(measures)
}

/// Numbers that no earlier run used: from the moment, so that a kept folder can be measured again.
fn fresh_numbers() -> AtomicU64 {
    let seconds = u64::try_from(crate::clock::now("").at / 1_000).unwrap_or(0);
    AtomicU64::new(seconds % 10_000 * 100)
}

async fn create(
    server: &Server,
    askers: &Askers,
    many: (u64, Duration),
    facts: &Facts,
) -> Result<Measure, Trouble> {
    let next = fresh_numbers();
    let mediators = askers.mediators.clone();
    let path = format!("/api/v1/records/{}", load::KIND);
    let ask = move |client: u64, _: u64, step: usize, _: Option<&Answer>| {
        let at = usize::try_from(client).unwrap_or(0) % mediators.len().max(1);
        let (token, committee) = mediators.get(at).filter(|_| step == 0)?;
        let number = next.fetch_add(1, Ordering::Relaxed);
        Some(Question::post(path.clone(), token, load::case(committee, number).to_string()))
    };
    let measured =
        measure(server, ("create", "登记一件案件（两名当事人）"), many, Arc::new(ask)).await?;
    let ratio = measured.figures.rate() / facts.writer.rate();
    let (cpu, p99) = (measured.cpu_per_thousand(), measured.figures.p99);
    let mut measured = measured
        .aim("CPU ≤ 0.5 秒/千次", cpu <= 0.5)
        .aim("≥ 裸写的一半", ratio >= 0.5)
        .aim("p99 < 50 毫秒", p99 < Duration::from_millis(50));
    measured.bare = Some(("裸写".to_owned(), ratio));
    Ok(measured)
}

/// One export of the whole list..
pub async fn export(
    server: &Server,
    &(id, label, end, seconds): &Export,
    token: &str,
    facts: &Facts,
) -> Result<Measure, Trouble> {
    let path = format!("{}/export.{end}", facts.list);
    let question = Question { plain: true, ..Question::page(path, token) };
    let mut client = Client::connect(&server.address).await?;
    server.forget_peak();
    let (memory, cpu, begun) = (server.memory("VmRSS"), server.cpu(), Instant::now());
    let answer = client.ask(&question).await?;
    let elapsed = begun.elapsed();
    let mut measured = Measure {
        id,
        label: label.to_owned(),
        cpu: server.cpu() - cpu,
        figures: Figures::of(vec![elapsed], elapsed),
        bytes: answer.bytes,
        ..Measure::default()
    };
    if answer.status != 200 {
        measured.wrong = 1;
        measured.first_wrong = format!("{} {}", answer.status, question.path);
    }
    // Fewer rows are no proof for many: the time is brought up to 100,000 rows.
    let rows = facts.cases.min(MOST_ROWS);
    let brought_up = elapsed.as_secs_f64() * MOST_ROWS as f64 / rows.max(1) as f64;
    let took = format!(
        "≤ {seconds} 秒/十万行（{rows}行 {:.2} 秒，折合 {brought_up:.2} 秒，CPU {:.2} 秒）",
        elapsed.as_secs_f64(),
        measured.cpu
    );
    let grown = server.memory("VmHWM").saturating_sub(memory);
    let words = format!("内存增长 ≤ 16 MiB（{rows}行 {:.1}）", grown as f64 / 1024.0);
    Ok(measured.aim(&took, brought_up <= seconds).aim(&words, grown <= GROWTH))
}
