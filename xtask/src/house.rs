//! The house rules: what ARCHITECTURE.md says of the tree, as plain tests over its text.
//!
//! Each rule is one function from the tree to its findings. A new rule is a new function and a line
//! in [`RULES`]. Rules read text only: they know nothing of cargo, git or the clock.

use std::fmt;
use std::path::Path;

use crate::scan::{Keep, strip, without_tests, words};

/// A text file of the tree, its path relative to the root with `/` between the parts.
pub struct Text {
    /// For example `crates/engine/src/lib.rs`.
    pub path: String,
    /// The whole content.
    pub text: String,
}

/// A place where a rule is broken.
#[derive(Debug, PartialEq, Eq)]
pub struct Finding {
    file: String,
    line: usize,
    message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

type Rule = fn(&[Text]) -> Vec<Finding>;

/// Every rule, in the order of the house.
pub const RULES: [(&str, Rule); 9] = [
    ("crates name only those to their left", crates_name_only_those_to_their_left),
    ("the engine is a function", the_engine_is_a_function),
    ("only store writes SQL", only_store_writes_sql),
    ("the seam mentions no SQL", the_seam_mentions_no_sql),
    ("a business contains no Rust", no_crate_knows_a_business),
    ("faces live in server", faces_live_in_server),
    ("the desk is compiled once", the_desk_is_compiled_once),
    ("every business has one shape", every_business_has_one_shape),
    ("no file is too long to read", no_file_is_too_long),
];

/// The crates of the house, each with those it may name.
const MAY_NAME: [(&str, &[&str]); 5] = [
    ("engine", &[]),
    ("store", &["engine"]),
    ("paper", &[]),
    ("desk", &["engine", "store"]),
    ("server", &["engine", "store", "paper", "desk"]),
];
const BUSINESSES: [&str; 7] =
    ["mediation", "services", "publicity", "corrections", "resettlement", "supervision", "team"];
const LONGEST_FILE: usize = 700;

/// What must never stand in the engine's code, with the design's name for it.
const IMPURE: [(&str, &str); 9] = [
    ("std::fs", "files"),
    ("std::net", "network"),
    ("std::env", "surroundings"),
    ("std::process", "processes"),
    ("std::thread", "threads"),
    ("SystemTime", "clock"),
    ("Instant", "clock"),
    ("rand", "chance"),
    ("tokio", "async"),
];

/// Statements and clauses that are SQL in any letter case, and those that are only in capitals.
const SQL: [&str; 7] = [
    "insert into ",
    "delete from ",
    "create table",
    "create index",
    "alter table",
    "drop table",
    "create unique",
];
const SQL_CAPITALS: [&str; 8] =
    ["SELECT ", "UPDATE ", " FROM ", " WHERE ", "ORDER BY", "GROUP BY", "PRAGMA ", " JOIN "];

/// Reads the tree below `root` and answers with every finding, in the order of the rules.
pub fn check(root: &Path) -> Result<Vec<Finding>, String> {
    let tree = read_tree(root)?;
    Ok(RULES.iter().flat_map(|(_, rule)| rule(&tree)).collect())
}

fn crates_name_only_those_to_their_left(tree: &[Text]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, allowed) in MAY_NAME {
        let path = format!("crates/{name}/Cargo.toml");
        let Some(manifest) = tree.iter().find(|it| it.path == path) else {
            findings.push(finding(&path, 1, format!("the crate {name} is missing")));
            continue;
        };
        for (line, dependency) in dependencies(&manifest.text) {
            let of_the_house = MAY_NAME.iter().any(|(it, _)| *it == dependency);
            if of_the_house && !allowed.contains(&dependency) {
                findings.push(finding(&path, line, format!("{name} may not name {dependency}")));
            }
        }
    }
    findings
}

/// The names under every `dependencies` heading of a manifest, with their lines.
fn dependencies(manifest: &str) -> Vec<(usize, &str)> {
    let mut inside = false;
    let mut found = Vec::new();
    for (index, line) in manifest.lines().enumerate() {
        let line = line.trim();
        if let Some(heading) = line.strip_prefix('[') {
            let heading = heading.trim_end_matches(']');
            inside = heading.ends_with("dependencies");
            // `[dependencies.store]` names its crate in the heading.
            if let Some((_, name)) = heading.split_once("dependencies.") {
                found.push((index + 1, name));
            }
        } else if inside && !line.is_empty() && !line.starts_with('#') {
            let end = line.find([' ', '=', '.']).unwrap_or(line.len());
            found.push((index + 1, &line[..end]));
        }
    }
    found
}

fn the_engine_is_a_function(tree: &[Text]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in rust_sources(tree).filter(|it| it.path.starts_with("crates/engine/src/")) {
        let code = working_code(file, Keep::Code);
        for (line, text) in code.lines().enumerate() {
            for (word, what) in IMPURE {
                if names(text, word) {
                    let message = format!("the engine knows no {what}, but `{word}` is named");
                    findings.push(finding(&file.path, line + 1, message));
                }
            }
        }
    }
    findings
}

/// Whether a line of code names a path: whole words, also within `use std::{…}`.
fn names(line: &str, path: &str) -> bool {
    let whole = |word: &str| words(line).any(|(_, it)| it == word);
    match path.split_once("::") {
        None => whole(path),
        Some((_, last)) => {
            contains_whole(line, path) || (line.contains("use std::{") && whole(last))
        }
    }
}

fn contains_whole(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let after = line[at + path.len()..].chars().next();
        !after.is_some_and(|it| it.is_alphanumeric() || it == '_')
    })
}

fn only_store_writes_sql(tree: &[Text]) -> Vec<Finding> {
    let outside = rust_sources(tree)
        .filter(|it| it.path.starts_with("crates/") && !it.path.starts_with("crates/store/"));
    outside.flat_map(|file| sql_in(file, &working_code(file, Keep::CodeAndStrings))).collect()
}

fn sql_in(file: &Text, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let lower = line.to_lowercase();
        let any_case = SQL.iter().find(|it| lower.contains(**it));
        if let Some(word) = any_case.or_else(|| SQL_CAPITALS.iter().find(|it| line.contains(**it)))
        {
            let message = format!("SQL belongs to crates/store, but `{}` stands here", word.trim());
            findings.push(finding(&file.path, index + 1, message));
        }
    }
    findings
}

fn the_seam_mentions_no_sql(tree: &[Text]) -> Vec<Finding> {
    let path = "crates/store/src/seam.rs";
    let Some(seam) = tree.iter().find(|it| it.path == path) else {
        return vec![finding(path, 1, "the seam is missing".into())];
    };
    let code = strip(&seam.text, Keep::CodeAndStrings).to_lowercase();
    let mut findings: Vec<_> = words(&code)
        .filter(|(_, word)| word.contains("sql") || *word == "postgres")
        .map(|(line, word)| finding(path, line, format!("the seam names `{word}`")))
        .collect();
    findings.extend(sql_in(seam, &seam.text));
    findings
}

fn no_crate_knows_a_business(tree: &[Text]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in rust_sources(tree).filter(|it| it.path.starts_with("crates/") && !is_demo(it)) {
        let text = working_code(file, Keep::CodeAndStrings);
        for (line, word) in words(&text).filter(|(_, word)| is_of_a_business(word)) {
            let message = format!("`{word}` belongs to businesses/: a business needs no Rust");
            findings.push(finding(&file.path, line, message));
        }
    }
    findings
}

/// `mediation` and every id that begins with it, such as `mediation_case`.
fn is_of_a_business(word: &str) -> bool {
    let first = word.split('_').next().unwrap_or(word);
    BUSINESSES.contains(&first)
}

/// What invents the demonstration's data knows what it invents.
fn is_demo(file: &Text) -> bool {
    file.path.starts_with("crates/server/src/demo/") || file.path == "crates/server/src/demo.rs"
}

fn faces_live_in_server(tree: &[Text]) -> Vec<Finding> {
    const FACES: [&str; 3] = ["axum", "maud", "http"];
    let mut findings = Vec::new();
    let inner =
        |it: &&Text| it.path.starts_with("crates/") && !it.path.starts_with("crates/server/");
    for file in rust_sources(tree).filter(inner) {
        let code = strip(&file.text, Keep::Code);
        for (line, word) in words(&code).filter(|(_, word)| FACES.contains(word)) {
            findings.push(finding(&file.path, line, format!("`{word}` belongs to server")));
        }
    }
    for manifest in tree.iter().filter(|it| it.path.ends_with("/Cargo.toml")).filter(inner) {
        for (line, name) in dependencies(&manifest.text) {
            if FACES.contains(&name) {
                findings.push(finding(&manifest.path, line, format!("`{name}` belongs to server")));
            }
        }
    }
    findings
}

/// The body of a public `async fn` is compiled by every part of every crate that awaits it; one that
/// gives back a boxed future is compiled here (docs/decisions/0052-asked-in-a-box.md).
fn the_desk_is_compiled_once(tree: &[Text]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in rust_sources(tree).filter(|it| it.path.starts_with("crates/desk/src/")) {
        let lines: Vec<_> = file.text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let boxed = || at > 0 && lines[at - 1].trim() == "#[boxed]";
            if line.trim_start().starts_with("pub async fn ") && !boxed() {
                let message = "a public `async fn` of the desk is `#[boxed]`".to_string();
                findings.push(finding(&file.path, at + 1, message));
            }
        }
    }
    findings
}

fn every_business_has_one_shape(tree: &[Text]) -> Vec<Finding> {
    let mut names: Vec<_> = tree.iter().filter_map(business_of).collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().filter(|it| *it != "common").flat_map(|it| missing_in(tree, it)).collect()
}

/// The folder of `businesses/` in which a file lies.
fn business_of(file: &Text) -> Option<&str> {
    let (name, _) = file.path.strip_prefix("businesses/")?.split_once('/')?;
    Some(name)
}

fn missing_in(tree: &[Text], business: &str) -> Vec<Finding> {
    let folder = format!("businesses/{business}/");
    let inside: Vec<_> = tree.iter().filter_map(|it| it.path.strip_prefix(&folder)).collect();
    let papers: Vec<_> = inside.iter().filter_map(|it| it.strip_prefix("documents/")).collect();
    let checks = [
        ("README.md", inside.contains(&"README.md")),
        ("business.kdl", inside.contains(&"business.kdl")),
        (
            "records/*.kdl",
            inside.iter().any(|it| it.starts_with("records/") && it.ends_with(".kdl")),
        ),
        ("documents/…sample…", papers.is_empty() || papers.iter().any(|it| it.contains("sample"))),
    ];
    let missing = checks.into_iter().filter(|(_, there)| !there);
    missing.map(|(what, _)| finding(&folder, 1, format!("{what} is missing"))).collect()
}

fn no_file_is_too_long(tree: &[Text]) -> Vec<Finding> {
    let by_hand = tree.iter().filter(|it| is_written_by_hand(&it.path));
    by_hand
        .filter(|it| it.text.lines().count() > LONGEST_FILE)
        .map(|it| {
            let lines = it.text.lines().count();
            finding(&it.path, LONGEST_FILE + 1, format!("{lines} lines, at most {LONGEST_FILE}"))
        })
        .collect()
}

/// Derived text, code tables and lock files are as long as what they hold.
fn is_written_by_hand(path: &str) -> bool {
    let derived = path.contains("/derived/") || path.ends_with("-lock.json");
    !derived && !path.ends_with(".csv")
}

fn finding(file: &str, line: usize, message: String) -> Finding {
    Finding { file: file.to_string(), line, message }
}

/// Rust that is at work in the product: no integration tests, no modules only tests have.
fn rust_sources(tree: &[Text]) -> impl Iterator<Item = &Text> {
    let only_tests = modules_only_tests_have(tree);
    tree.iter().filter(move |it| {
        let path = it.path.as_str();
        let within = |one: &String| {
            path.strip_prefix(one.as_str()).is_some_and(|it| it == ".rs" || it.starts_with('/'))
        };
        path.ends_with(".rs") && !is_test_file(path) && !only_tests.iter().any(within)
    })
}

/// The modules that stand behind `#[cfg(test)] mod name;`, as paths without `.rs`.
fn modules_only_tests_have(tree: &[Text]) -> Vec<String> {
    let mut found = Vec::new();
    for file in tree.iter().filter(|it| it.path.ends_with(".rs")) {
        let code = strip(&file.text, Keep::Code);
        let stem = file.path.trim_end_matches(".rs");
        let own = ["/mod", "/lib", "/main"].iter().find_map(|it| stem.strip_suffix(it));
        for after in code.split("#[cfg(test)]").skip(1) {
            let declared = after.split_once(';').map(|(item, _)| item.trim());
            let name = declared.and_then(|it| it.rsplit_once("mod ")).map(|(_, name)| name);
            let is_name = |it: &&str| it.chars().all(|c| c.is_alphanumeric() || c == '_');
            if let Some(name) = name.filter(is_name) {
                found.push(format!("{}/{name}", own.unwrap_or(stem)));
            }
        }
    }
    found
}

fn is_test_file(path: &str) -> bool {
    path.contains("/tests/") || path.ends_with("/tests.rs") || path.contains("/benches/")
}

fn working_code(file: &Text, keep: Keep) -> String {
    without_tests(&strip(&file.text, Keep::Code), &strip(&file.text, keep))
}

/// Every text file that people write, below the folders that hold the house.
fn read_tree(root: &Path) -> Result<Vec<Text>, String> {
    let mut tree = Vec::new();
    for folder in ["businesses", "crates", "docs", "tests", "xtask"] {
        read_folder(root, folder, &mut tree)?;
    }
    tree.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(tree)
}

fn read_folder(root: &Path, folder: &str, tree: &mut Vec<Text>) -> Result<(), String> {
    const SKIPPED: [&str; 3] = ["node_modules", "out", "target"];
    let Ok(entries) = std::fs::read_dir(root.join(folder)) else { return Ok(()) };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{folder}/{name}");
        if entry.path().is_dir() {
            if !SKIPPED.contains(&name.as_str()) {
                read_folder(root, &path, tree)?;
            }
        } else if is_text(&name) {
            let text = std::fs::read_to_string(entry.path()).map_err(|e| format!("{path}: {e}"))?;
            tree.push(Text { path, text });
        } else {
            // Only that it is there counts: a sample may be a PDF.
            tree.push(Text { path, text: String::new() });
        }
    }
    Ok(())
}

fn is_text(name: &str) -> bool {
    const TEXT: [&str; 11] =
        ["rs", "kdl", "toml", "md", "mjs", "js", "css", "json", "csv", "typ", "txt"];
    name.rsplit_once('.').is_some_and(|(_, ending)| TEXT.contains(&ending))
}

#[cfg(test)]
mod tests;
