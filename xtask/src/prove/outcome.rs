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
        told.extend(self.outcome.wrong.first().map(|it| format!("wrong: {it:.120}")));
        told.join(", ").replace('_', " ").replace(['|', '\n'], " ")
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

/// Puts the figures, with date, commit and machine, where they are kept; rows of experiments that
/// were not run stay.
pub fn write(rows: &[Row], now: &Circumstances) -> Result<(), String> {
    let path = root().join(PAGE);
    let page = fs::read_to_string(&path).map_err(|e| format!("{PAGE}: {e}"))?;
    let (before, rest) = page.split_once(BEGIN).ok_or(format!("{PAGE} has no `{BEGIN}`"))?;
    let (old, after) = rest.split_once(END).ok_or(format!("{PAGE} has no `{END}`"))?;
    let new = merged(old, rows, now);
    fs::write(&path, format!("{before}{BEGIN}{new}{END}{after}"))
        .map_err(|e| format!("{PAGE}: {e}"))
}

const HEADING: &str = "\
| experiment | result | figures | seed | seconds | form | day | commit | machine |
| --- | --- | --- | --- | ---: | --- | --- | --- | --- |
";

/// When and where a run was made.
pub struct Circumstances {
    form: &'static str,
    day: String,
    commit: String,
    machine: String,
}

impl Circumstances {
    /// Those of a run that begins; what is committed while it goes on is not what it tries.
    pub fn now(long: bool) -> Self {
        let changes = ["status", "--porcelain", "crates", "xtask", "businesses"];
        let changed = if said(command("git", &changes)).is_empty() { "" } else { " and changes" };
        Self {
            form: if long { "long" } else { "short" },
            day: said(command("date", &["-u", "+%F"])),
            commit: said(command("git", &["rev-parse", "--short", "HEAD"])) + changed,
            machine: machine(),
        }
    }
}

/// The table with these rows anew, and the others as they were.
fn merged(old: &str, rows: &[Row], now: &Circumstances) -> String {
    let is_of = |line: &str, name: &str| line.starts_with(&format!("| {name} |"));
    let line = |(name, _): &super::Experiment| {
        let kept = || old.lines().find(|it| is_of(it, name)).map(|it| format!("{it}\n"));
        let row = rows.iter().find(|it| it.name == *name);
        row.map(|it| table_row(it, now)).or_else(kept).unwrap_or_default()
    };
    HEADING.to_string() + &super::EXPERIMENTS.iter().map(line).collect::<String>()
}

fn table_row(row: &Row, Circumstances { form, day, commit, machine }: &Circumstances) -> String {
    let Row { name, seed, took, .. } = row;
    let (word, figures, seconds) = (row.word(), row.figures(), took.as_secs());
    format!(
        "| {name} | {word} | {figures} | {seed} | {seconds} | {form} | {day} | {commit} | {machine} |\n"
    )
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

    fn row(name: &'static str, rounds: u32) -> Row {
        let outcome = Outcome::default().with("rounds", rounds).with("lost", 0_usize);
        Row { name, seed: 7, outcome, took: Duration::from_millis(1500) }
    }

    #[test]
    fn a_table_keeps_the_rows_of_what_was_not_run() {
        let text = || "x".to_string();
        let now = Circumstances { form: "short", day: text(), commit: text(), machine: text() };
        let old = merged("", &[row("power", 1), row("kill", 2)], &now);
        let new = merged(&old, &[row("power", 3)], &now);
        let figures: Vec<_> = new.lines().skip(2).filter_map(|it| it.split(" | ").nth(2)).collect();
        assert_eq!(figures, ["rounds 2, lost 0", "rounds 3, lost 0"]);
    }

    #[test]
    fn a_row_is_a_line_of_json_that_says_whether_it_is_ok() {
        let mut row = row("kill", 5);
        let fine = r#"{"experiment":"kill","seed":7,"rounds":5,"lost":0,"ok":true,"seconds":1.5}"#;
        assert_eq!(row.json(), fine);
        row.outcome.wrong.push("a \"case\" is lost".into());
        let read = parse(&row.json()).unwrap();
        assert_eq!(read.text("first"), Some("a \"case\" is lost"));
        assert!(row.json().contains(r#""ok":false"#));
    }
}
