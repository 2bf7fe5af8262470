//! What an experiment showed, as a line of JSON, a row of a table, and a page that is kept.

use std::fs;
use std::process::Command;
use std::time::Duration;

use crate::json::quote;
use crate::process::command;
use crate::root;

const PAGE: &str = "docs/reliability.md";
const BEGIN: &str = "<!-- figures -->\n";
const END: &str = "<!-- end of figures -->";

/// What an experiment showed.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Figures with their names, in the order of telling.
    pub figures: Vec<(&'static str, u64)>,
    /// Everything that must not be.
    pub wrong: Vec<String>,
    /// Why it could not be done here, if so.
    pub skipped: Option<String>,
}

impl Outcome {
    /// One that could not be brought to its end.
    pub fn failed(reason: String) -> Self {
        Self { wrong: vec![reason], ..Self::default() }
    }

    /// One that cannot be done on this machine, and why.
    pub fn skipped(why: impl Into<String>) -> Self {
        Self { skipped: Some(why.into()), ..Self::default() }
    }

    /// The same with one more figure.
    pub fn with(mut self, name: &'static str, figure: impl TryInto<u64>) -> Self {
        self.figures.push((name, figure.try_into().unwrap_or(u64::MAX)));
        self
    }
}

/// One experiment of a run.
pub struct Row {
    /// The experiment.
    pub name: &'static str,
    /// Repeats it.
    pub seed: u64,
    /// What it showed.
    pub outcome: Outcome,
    /// How long it took.
    pub took: Duration,
}

impl Row {
    /// Whether nothing was wrong.
    pub fn is_ok(&self) -> bool {
        self.outcome.wrong.is_empty()
    }

    /// The line of JSON.
    pub fn json(&self) -> String {
        let mut line = format!(r#"{{"experiment":"{}","seed":{}"#, self.name, self.seed);
        for (name, figure) in &self.outcome.figures {
            line += &format!(r#","{name}":{figure}"#);
        }
        if let Some(why) = &self.outcome.skipped {
            line += &format!(r#","skipped":{}"#, quote(why));
        }
        if let Some(first) = self.outcome.wrong.first() {
            line += &format!(r#","wrong":{},"first":{}"#, self.outcome.wrong.len(), quote(first));
        }
        line + &format!(r#","ok":{},"seconds":{:.1}}}"#, self.is_ok(), self.took.as_secs_f64())
    }

    fn figures(&self) -> String {
        let figures = self.outcome.figures.iter();
        let mut told: Vec<_> = figures.map(|(name, it)| format!("{name} {it}")).collect();
        told.extend(self.outcome.skipped.iter().map(|why| format!("skipped: {why}")));
        told.extend(self.outcome.wrong.first().map(|_| "see above".to_string()));
        told.join(", ").replace('_', " ")
    }

    fn word(&self) -> &str {
        match (self.is_ok(), &self.outcome.skipped) {
            (false, _) => "FAILED",
            (true, Some(_)) => "skipped",
            (true, None) => "ok",
        }
    }
}

/// All rows, for a reader at a terminal.
pub fn table(rows: &[Row]) -> String {
    let line = |row: &Row| {
        let seconds = row.took.as_secs_f64();
        format!("{:<8} {:<11} {seconds:>7.1} s  {}\n", row.word(), row.name, row.figures())
    };
    rows.iter().map(line).collect()
}

/// Puts the figures, with date, commit and machine, where they are kept.
pub fn write(rows: &[Row], long: bool) -> Result<(), String> {
    let path = root().join(PAGE);
    let page = fs::read_to_string(&path).map_err(|e| format!("{PAGE}: {e}"))?;
    let (before, rest) = page.split_once(BEGIN).ok_or(format!("{PAGE} has no `{BEGIN}`"))?;
    let (_, after) = rest.split_once(END).ok_or(format!("{PAGE} has no `{END}`"))?;
    let written = format!("{before}{BEGIN}{}{END}{after}", figures_of(rows, long));
    fs::write(&path, written).map_err(|e| format!("{PAGE}: {e}"))
}

fn figures_of(rows: &[Row], long: bool) -> String {
    let form = if long { "long" } else { "short" };
    let commit = said(command("git", &["rev-parse", "--short", "HEAD"]));
    let dirty = said(command("git", &["status", "--porcelain", "crates", "xtask", "businesses"]));
    let changed = if dirty.is_empty() { "" } else { " with changes" };
    let (day, machine) = (said(command("date", &["-u", "+%F"])), machine());
    let mut text = format!("{day}, {form} form, commit {commit}{changed}, {machine}.\n\n");
    text +=
        "| experiment | result | figures | seed | seconds |\n| --- | --- | --- | --- | ---: |\n";
    for row in rows {
        let (name, word, figures, seed) = (row.name, row.word(), row.figures(), row.seed);
        let seconds = row.took.as_secs_f64();
        text += &format!("| {name} | {word} | {figures} | {seed} | {seconds:.0} |\n");
    }
    text
}

fn machine() -> String {
    let processors = std::thread::available_parallelism().map_or(1, |it| it.get());
    let system = said(command("uname", &["-srm"]));
    let models = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = models.lines().find_map(|it| it.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("processor unknown", |(_, name)| name);
    format!("{system}, {processors} × {model}")
}

fn said(mut command: Command) -> String {
    let output = command.output().map(|it| it.stdout).unwrap_or_default();
    String::from_utf8_lossy(&output).trim().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    #[test]
    fn a_row_is_a_line_of_json_that_says_whether_it_is_ok() {
        let outcome = Outcome::default().with("rounds", 5_u32).with("lost", 0_usize);
        let took = Duration::from_millis(1500);
        let mut row = Row { name: "kill", seed: 7, outcome, took };
        let fine = r#"{"experiment":"kill","seed":7,"rounds":5,"lost":0,"ok":true,"seconds":1.5}"#;
        assert_eq!(row.json(), fine);
        row.outcome.wrong.push("a \"case\" is lost".into());
        let read = parse(&row.json()).unwrap();
        assert_eq!(read.text("first"), Some("a \"case\" is lost"));
        assert!(row.json().contains(r#""ok":false"#));
    }
}
