//! What is wrong with a definition, and where.

use std::{fmt, sync::Arc};

/// A place in a file of `businesses/`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Path below `businesses/`, shared by all that stands in the file.
    pub file: Arc<str>,
    /// Line, from 1; 0 if the file as a whole is meant.
    pub line: usize,
    /// Column in characters, from 1; 0 if the line as a whole is meant.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.column) {
            (0, _) => write!(f, "{}", self.file),
            (line, 0) => write!(f, "{}:{line}", self.file),
            (line, column) => write!(f, "{}:{line}:{column}", self.file),
        }
    }
}

/// One thing wrong with a definition.
///
/// Numbers are stable, so that a handbook can explain them:
/// 1xx the text cannot be read, 2xx a name that leads nowhere, 3xx a rule, 4xx a flow,
/// 5xx a code table, 6xx a statistic or report, 7xx a paper, 8xx an example, 9xx derived files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Number.
    pub number: u16,
    /// Where.
    pub place: Place,
    /// What is wrong, in Chinese.
    pub message: String,
    /// The likely fix, in Chinese; may be empty.
    pub fix: String,
}

impl Finding {
    /// A finding without a proposed fix.
    pub fn new(number: u16, place: &Place, message: impl Into<String>) -> Self {
        Self { number, place: place.clone(), message: message.into(), fix: String::new() }
    }

    /// The same with the likely fix.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = fix.into();
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "D{:03} {}：{}", self.number, self.place, self.message)?;
        if self.fix.is_empty() { Ok(()) } else { write!(f, "。建议：{}", self.fix) }
    }
}

/// The name among `names` nearest to `wanted`, as a proposal; empty if none is near.
pub fn nearest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (wanted.chars().count() / 2).max(1);
    names
        .into_iter()
        .map(|name| (distance(wanted, name), name))
        .filter(|(d, _)| *d <= limit)
        .min_by_key(|(d, _)| *d)
        .map(|(_, name)| name)
}

/// Edits between two texts, character by character.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
