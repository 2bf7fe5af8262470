//! `cargo xtask coverage DIR`: which names of the domain files in DIR the definitions make.
//!
//! The project never reads the domain files at run time or in a test; this is a tool for those who
//! keep both. See `docs/coverage.md`, which it writes.

mod compare;
mod domain;
mod kdl;
mod lists;
mod made;
mod names;
mod page;
mod reasons;
mod tables;

use std::fs;
use std::path::{Path, PathBuf};

use compare::Fate;

/// Compares, writes the page, and fails if anything is missing or a hand-kept line is at fault.
pub fn run(args: &[String]) -> Result<(), String> {
    let [folder] = args else { return Err("cargo xtask coverage DIR".to_string()) };
    let root = crate::root();
    let made = made::Made::read(&root.join("businesses"))?;
    let reasons = reasons::Reasons::read(&root.join("docs/coverage"))?;
    let items = domain::read(Path::new(folder))?;
    let outcome = compare::compare(items, &made, &reasons, &root);
    let page = page::write(&outcome, &made);
    fs::write(root.join("docs/coverage.md"), page).map_err(|e| e.to_string())?;
    for fault in &outcome.faults {
        println!("{fault}");
    }
    let missing = outcome.items.iter().filter(|(_, fate)| matches!(fate, Fate::Missing(_))).count();
    println!("{} names, {missing} missing, {} faults", outcome.items.len(), outcome.faults.len());
    if missing + outcome.faults.len() > 0 {
        return Err("see docs/coverage.md".to_string());
    }
    Ok(())
}

/// The entries of a folder, in order.
fn listed(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|it| it.path()).collect();
    paths.sort();
    Ok(paths)
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default()
}

fn read_text(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))
}

/// The rows of a comma-separated table; a field in quotes may hold commas.
fn rows(text: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for line in text.lines().filter(|it| !it.trim().is_empty()) {
        let mut row = vec![String::new()];
        let mut quoted = false;
        for it in line.trim_start_matches('\u{feff}').chars() {
            match it {
                '"' => quoted = !quoted,
                ',' if !quoted => row.push(String::new()),
                other => {
                    if let Some(cell) = row.last_mut() {
                        cell.push(other);
                    }
                }
            }
        }
        row.resize(row.len().max(2), String::new());
        rows.push(row);
    }
    rows
}
