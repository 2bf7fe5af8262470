//! The tables of `docs/cases`: every bad-input and rule case of the domain, with what proves it. A proof
//! that is not there is a fault, and so are numbers out of order and counts that are not right.

use crate::support;
use engine::definition::{Example, Expectation, House};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

/// One line of a table.
#[derive(Debug)]
struct Case {
    file: String,
    no: String,
    outcome: String,
    proofs: Vec<Proof>,
}

#[derive(Debug, PartialEq, Eq)]
enum Proof {
    /// `例 KIND "TITLE"`
    Example { kind: String, title: String },
    /// `test PATH::FUNCTION`
    Rust { path: String, function: String },
    /// `test PATH "TITLE"`
    Script { path: String, title: String },
    /// `not made: REASON`
    NotMade(String),
}

/// The real house, read once for the tests here.
fn house() -> &'static House {
    static HOUSE: OnceLock<House> = OnceLock::new();
    HOUSE.get_or_init(support::house)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn folder() -> PathBuf {
    root().join("docs/cases")
}

/// The files of tables, by name.
fn files() -> Vec<String> {
    let names = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    names.retain(|name| name.ends_with(".md") && name != "README.md");
    names.sort();
    names
}

/// Cells of a line of a table; `None`: it is none, or the line under the heading.
fn cells(line: &str) -> Option<Vec<&str>> {
    let inner = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    let cells: Vec<&str> = inner.split('|').map(str::trim).collect();
    let rule = |cell: &&str| cell.chars().all(|c| matches!(c, '-' | ':'));
    (!cells.iter().all(rule)).then_some(cells)
}

/// The cases of a file, with what is wrong with its lines.
fn read(file: &str, text: &str) -> (Vec<Case>, Vec<String>) {
    let (mut cases, mut wrong) = (Vec::new(), Vec::new());
    for line in text.lines() {
        let Some(cells) = cells(line) else { continue };
        let [no, _, outcome, proof] = cells.as_slice() else {
            wrong.push(format!("{file}: not four cells: {line}"));
            continue;
        };
        if *no == "no" {
            continue;
        }
        match proofs(proof) {
            Ok(proofs) => cases.push(Case {
                file: file.to_owned(),
                no: (*no).to_owned(),
                outcome: (*outcome).to_owned(),
                proofs,
            }),
            Err(why) => wrong.push(format!("{file} {no}: {why}")),
        }
    }
    (cases, wrong)
}

/// Proofs are separated by `; `; a reason goes on to the end.
fn proofs(cell: &str) -> Result<Vec<Proof>, String> {
    let mut found = Vec::new();
    let mut rest = cell.trim();
    while !rest.is_empty() {
        if let Some(reason) = rest.strip_prefix("not made: ") {
            found.push(Proof::NotMade(reason.to_owned()));
            break;
        }
        let (one, more) = rest.split_once("; ").unwrap_or((rest, ""));
        found.push(proof(one.trim())?);
        rest = more.trim();
    }
    if found.is_empty() { Err("nothing proves it".to_owned()) } else { Ok(found) }
}

fn proof(text: &str) -> Result<Proof, String> {
    let unreadable = || format!("neither 例, test nor not made: {text}");
    let quoted = |text: &str| {
        let (before, title) = text.split_once(" \"")?;
        Some((before.trim().to_owned(), title.strip_suffix('"')?.to_owned()))
    };
    if let Some(rest) = text.strip_prefix("例 ") {
        let (kind, title) = quoted(rest).ok_or_else(unreadable)?;
        return Ok(Proof::Example { kind, title });
    }
    let rest = text.strip_prefix("test ").ok_or_else(unreadable)?;
    if let Some((path, title)) = quoted(rest) {
        return Ok(Proof::Script { path, title });
    }
    let (path, function) = rest.rsplit_once("::").ok_or_else(unreadable)?;
    Ok(Proof::Rust { path: path.to_owned(), function: function.to_owned() })
}

/// What is wrong with a proof, if anything.
fn missing(house: &House, proof: &Proof) -> Option<String> {
    match proof {
        Proof::Example { kind, title } => {
            example(house, kind, title).is_none().then(|| format!("no 例 “{title}” of {kind}"))
        }
        Proof::Rust { path, function } => {
            let Ok(text) = fs::read_to_string(root().join(path)) else {
                return Some(format!("no file {path}"));
            };
            (!is_tested(&text, function)).then(|| format!("no test {function} in {path}"))
        }
        Proof::Script { path, title } => {
            let Ok(text) = fs::read_to_string(root().join(path)) else {
                return Some(format!("no file {path}"));
            };
            let called = |call: &str| text.contains(&format!("{call}(\"{title}\""));
            let found = ["test", "step", "it"].iter().any(|call| called(call));
            (!found).then(|| format!("no test “{title}” in {path}"))
        }
        Proof::NotMade(reason) => reason.is_empty().then(|| "no reason".to_owned()),
    }
}

fn example<'h>(house: &'h House, kind: &str, title: &str) -> Option<&'h Example> {
    let is = |e: &&Example| !e.is_base && e.name == title && (e.kind == kind || e.report == kind);
    house.examples.iter().find(is)
}

/// Whether the text has a function of that name with the mark of a test above it.
fn is_tested(text: &str, function: &str) -> bool {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let begins = |line: &str| {
        let line = line.strip_prefix("async ").unwrap_or(line);
        line.strip_prefix("fn ").is_some_and(|rest| rest.starts_with(&format!("{function}(")))
    };
    let marked = |at: usize| {
        let above = lines[..at].iter().rev().take_while(|line| line.starts_with(['#', '/']));
        above.into_iter().any(|line| line.starts_with("#[test]") || line.contains("::test"))
    };
    lines.iter().enumerate().any(|(at, line)| begins(line) && marked(at))
}

/// `9.4-58` and `TEAM-08`: what stands before the last number, the number, and what follows it.
fn parts(no: &str) -> Option<(&str, u32, &str)> {
    let last = no.rfind(|c: char| c.is_ascii_digit())?;
    let first = no[..=last]
        .rfind(|c: char| !c.is_ascii_digit())
        .map_or(0, |at| at + no[at..].chars().next().map_or(1, char::len_utf8));
    Some((&no[..first], no[first..=last].parse().ok()?, &no[last + 1..]))
}

/// Cases out of order: within a series numbers grow, and a series is not begun twice.
fn out_of_order(cases: &[Case]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut begun: BTreeSet<&str> = BTreeSet::new();
    let mut before: Option<(&str, u32, &str)> = None;
    for case in cases {
        let Some((series, number, rest)) = parts(&case.no) else {
            wrong.push(format!("{} {}: no number", case.file, case.no));
            continue;
        };
        let grows = match before {
            Some((same, last, after)) if same == series => (number, rest) > (last, after),
            _ => begun.insert(series),
        };
        if !grows {
            wrong.push(format!("{} {}: twice, or out of order", case.file, case.no));
        }
        before = Some((series, number, rest));
    }
    wrong
}

/// A case that is to be refused (E) or asked about (W), all of whose proofs are examples, has one in
/// which that comes out.
fn of_another_severity(house: &House, case: &Case) -> Option<String> {
    let examples: Vec<&Example> = case
        .proofs
        .iter()
        .map(|proof| match proof {
            Proof::Example { kind, title } => example(house, kind, title),
            _ => None,
        })
        .collect::<Option<_>>()?;
    let word = |wanted: &str| {
        case.outcome.split(|c: char| !c.is_alphanumeric()).any(|word| word == wanted)
    };
    let comes = |is: &dyn Fn(&Expectation) -> bool| {
        examples.iter().any(|example| example.expects.iter().any(is))
    };
    let refused = comes(&|e| matches!(e, Expectation::Refused(_) | Expectation::Fails(_)));
    let warned = comes(&|e| matches!(e, Expectation::Warned(_)));
    let says = |what: &str| Some(format!("{} {}: no 例 {what}", case.file, case.no));
    match (word("E") && !refused, word("W") && !warned) {
        (true, _) => says("refuses"),
        (_, true) => says("warns"),
        _ => None,
    }
}

/// A line of the README: cases, proofs by examples, proofs by tests, cases not made or not wholly.
fn counted(file: &str, cases: &[Case]) -> String {
    let proofs = |is: &dyn Fn(&Proof) -> bool| {
        cases.iter().flat_map(|case| &case.proofs).filter(|proof| is(proof)).count()
    };
    let examples = proofs(&|proof| matches!(proof, Proof::Example { .. }));
    let tests = proofs(&|proof| matches!(proof, Proof::Rust { .. } | Proof::Script { .. }));
    let not = proofs(&|proof| matches!(proof, Proof::NotMade(_)));
    format!("| [{file}]({file}) | {} | {examples} | {tests} | {not} |", cases.len())
}

#[test]
fn every_case_has_its_proof() {
    let house = house();
    let mut wrong = Vec::new();
    let mut lines = Vec::new();
    for file in files() {
        let text = fs::read_to_string(folder().join(&file)).unwrap();
        let (cases, unreadable) = read(&file, &text);
        wrong.extend(unreadable);
        wrong.extend(out_of_order(&cases));
        for case in &cases {
            let missing = case.proofs.iter().filter_map(|proof| missing(house, proof));
            wrong.extend(missing.map(|why| format!("{} {}: {why}", case.file, case.no)));
            wrong.extend(of_another_severity(house, case));
        }
        lines.push(counted(&file, &cases));
    }
    assert!(!lines.is_empty(), "no tables in {}", folder().display());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let readme = fs::read_to_string(folder().join("README.md")).unwrap();
    let kept: Vec<&str> = readme.lines().filter(|line| line.starts_with("| [")).collect();
    assert_eq!(kept, lines, "the counts of docs/cases/README.md should be\n{}", lines.join("\n"));
}

#[test]
fn a_table_that_is_wrong_is_found_out() {
    let house = house();
    let number = "例 person \"9.1-4 身份证号少一位被拒\"";
    let this = "test crates/engine/tests/it/cases.rs::a_table_that_is_wrong_is_found_out";
    let script = "test tests/browser/walk-import.test.mjs \"a county with its committees\"";
    let good = format!(
        "| no | in | out | proof |\n| --- | --- | --- | --- |\n| 9.1-4 | a | E | {number}; {this} |\n| 9.1-10 | b | E | {script}; not made: why; so |"
    );
    let (cases, wrong) = read("x.md", &good);
    assert_eq!((cases.len(), wrong.len(), out_of_order(&cases).len()), (2, 0, 0), "{wrong:?}");
    let all: Vec<&Proof> = cases.iter().flat_map(|case| &case.proofs).collect();
    assert!(all.iter().all(|proof| missing(house, proof).is_none()), "{all:?}");
    assert_eq!(all[3], &Proof::NotMade("why; so".to_owned()));
    assert_eq!(counted("x.md", &cases), "| [x.md](x.md) | 2 | 1 | 2 | 1 |");
    for wrong in [
        "例 person \"没有这个例\"",
        "例 mediator \"9.1-4 身份证号少一位被拒\"",
        "例 person \"person_new\"",
        "test crates/engine/tests/it/cases.rs::root",
        "test crates/engine/tests/it/nothing.rs::root",
        "test tests/browser/lib.mjs \"a county\"",
    ] {
        let one = proof(wrong).unwrap();
        assert!(missing(house, &one).is_some(), "{wrong}");
    }
    assert!(proofs("because").is_err() && proofs("").is_err());
    let order = |numbers: &[&str]| {
        let rows = numbers.iter().map(|no| format!("| {no} | a | b | not made: c |\n"));
        out_of_order(&read("x.md", &rows.collect::<String>()).0).len()
    };
    assert_eq!(order(&["9.1-2", "9.1-10", "9.2-24", "T57", "T57a", "T58"]), 0);
    assert_eq!((order(&["9.1-2", "9.1-2"]), order(&["T9", "T8"])), (1, 1));
    assert_eq!(order(&["9.1-2", "9.2-1", "9.1-3"]), 1, "a series begun twice");
    let (soft, _) = read("x.md", &format!("| 9.1-4 | a | W | {number} |"));
    assert!(of_another_severity(house, &soft[0]).unwrap().contains("warns"));
}
