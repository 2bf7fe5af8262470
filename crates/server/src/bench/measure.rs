//! One measure: some clients ask the same kind of question for some seconds.

use super::{
    http::{Answer, Client, Question},
    server::Server,
};
use crate::app::Trouble;
use serde_json::{Value as Json, json};
use std::time::{Duration, Instant};
use store::bench::Figures;

/// What was measured, or why not.
#[derive(Clone, Debug, Default)]
pub struct Measure {
    /// Short name for programs.
    pub id: &'static str,
    /// Name for people.
    pub label: String,
    /// Operations, times.
    pub figures: Figures,
    /// CPU seconds of the server.
    pub cpu: f64,
    /// Answers that were not as they should be.
    pub wrong: u64,
    /// The first of them.
    pub first_wrong: String,
    /// Bytes of all answers.
    pub bytes: u64,
    /// Aim in words, and whether it is reached.
    pub aims: Vec<(String, bool)>,
    /// The bare limit and how much of it is reached.
    pub bare: Option<(String, f64)>,
}

impl Measure {
    /// CPU seconds of the server per thousand operations.
    pub fn cpu_per_thousand(&self) -> f64 {
        self.cpu * 1000.0 / (self.figures.operations.max(1) as f64)
    }

    /// Adds an aim. What was not measured, or went wrong, reaches none.
    pub fn aim(mut self, words: &str, reached: bool) -> Self {
        self.aims
            .push((words.to_owned(), reached && self.wrong == 0 && self.figures.operations > 0));
        self
    }

    /// One line of JSON.
    pub fn json(&self) -> Json {
        let ms = |d: Duration| (d.as_secs_f64() * 1e6).round() / 1e3;
        let aims =
            self.aims.iter().map(|(words, reached)| json!({ "aim": words, "reached": reached }));
        json!({
            "measure": self.id, "operations": self.figures.operations,
            "cpu_s_per_1000": rounded(self.cpu_per_thousand()), "per_second": rounded(self.figures.rate()),
            "p50_ms": ms(self.figures.p50), "p99_ms": ms(self.figures.p99), "wrong": self.wrong,
            "first_wrong": self.first_wrong, "bytes": self.bytes,
            "bare": self.bare.as_ref().map(|(what, ratio)| json!({ "what": what, "ratio": rounded(*ratio) })),
            "aims": aims.collect::<Vec<_>>(),
        })
    }
}

/// Three digits behind the point.
pub fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

/// What a question is made of: client and count; one operation may be several questions in a row,
/// each made from the answer before.
pub type Ask = dyn Fn(u64, u64, usize, Option<&Answer>) -> Option<Question> + Send + Sync;

#[derive(Default)]
struct Part {
    times: Vec<Duration>,
    wrong: u64,
    first_wrong: String,
    bytes: u64,
}

/// Measures. `ask(client, n, step, answer before)` gives the next question of the n-th operation,
/// or `None` at its end.
pub async fn measure(
    server: &Server,
    (id, label): (&'static str, &str),
    (clients, lasts): (u64, Duration),
    ask: std::sync::Arc<Ask>,
) -> Result<Measure, Trouble> {
    // What is compiled or read for the first time is not what is measured.
    let warm = run(&server.address, 0, Duration::from_millis(50), &*ask).await?;
    drop(warm);
    let (cpu, begun) = (server.cpu(), Instant::now());
    let mut tasks = tokio::task::JoinSet::new();
    for client in 0..clients {
        let (address, ask) = (server.address.clone(), std::sync::Arc::clone(&ask));
        tasks.spawn(async move { run(&address, client, lasts, &*ask).await });
    }
    let mut all = Part::default();
    while let Some(part) = tasks.join_next().await {
        let part = part.map_err(|error| Trouble::Words(error.to_string()))??;
        all.times.extend(part.times);
        all.wrong += part.wrong;
        all.bytes += part.bytes;
        if all.first_wrong.is_empty() {
            all.first_wrong = part.first_wrong;
        }
    }
    let elapsed = begun.elapsed();
    Ok(Measure {
        id,
        label: label.to_owned(),
        figures: Figures::of(all.times, elapsed),
        cpu: server.cpu() - cpu,
        wrong: all.wrong,
        first_wrong: all.first_wrong,
        bytes: all.bytes,
        ..Measure::default()
    })
}

async fn run(address: &str, client: u64, lasts: Duration, ask: &Ask) -> Result<Part, Trouble> {
    let mut line = Client::connect(address).await?;
    let (mut part, begun, mut n) = (Part::default(), Instant::now(), 0);
    while begun.elapsed() < lasts || n == 0 {
        let asked = Instant::now();
        let (mut step, mut before) = (0, None);
        while let Some(question) = ask(client, n, step, before.as_ref()) {
            let answer = line.ask(&question).await?;
            part.bytes += answer.bytes;
            if !(200..300).contains(&answer.status) {
                part.wrong += 1;
                if part.first_wrong.is_empty() {
                    let text: String = answer.text().chars().take(300).collect();
                    part.first_wrong = format!("{} {} {text}", answer.status, question.path);
                }
                break;
            }
            before = Some(answer);
            step += 1;
        }
        part.times.push(asked.elapsed());
        n += 1;
    }
    Ok(part)
}
