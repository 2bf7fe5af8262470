//! The lines of a file as a definition reads them: a word, its arguments, its settings, its
//! children, each with its place.

use super::{
    Finding, Place,
    syntax::{self, Entry, Line},
};
use std::sync::Arc;

/// A file being read.
#[derive(Debug)]
pub struct Source<'a> {
    file: Arc<str>,
    text: &'a str,
    /// Offsets at which lines start.
    lines: Vec<usize>,
}

impl<'a> Source<'a> {
    /// A file and its text.
    pub fn new(file: &'a str, text: &'a str) -> Self {
        let starts = text.match_indices('\n').map(|(at, _)| at + 1);
        Self { file: file.into(), text, lines: std::iter::once(0).chain(starts).collect() }
    }

    /// The place of a byte offset.
    pub fn place(&self, offset: usize) -> Place {
        let line = self.lines.partition_point(|&start| start <= offset).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or(0);
        let column = self.text.get(start..offset).map_or(0, |t| t.chars().count()) + 1;
        Place { file: Arc::clone(&self.file), line, column }
    }
}

/// A piece of text with its place.
#[derive(Clone, Debug, Default)]
pub struct Written {
    pub text: String,
    pub place: Place,
}

/// One line of a definition.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    line: &'a Line,
    source: &'a Source<'a>,
}

/// Reads a file; what cannot be read is finding 101.
pub fn parse(source: &Source<'_>, findings: &mut Vec<Finding>) -> Option<Vec<Line>> {
    lint_full_width(source, findings);
    match syntax::read(source.text) {
        Ok(lines) => Some(lines),
        Err(wrong) => {
            let message = format!("这一行读不懂：{}", wrong.message);
            findings.push(
                Finding::new(101, &source.place(wrong.at), message)
                    .fix("检查引号、等号和大括号是否成对，设置的值如以数字开头须加引号"),
            );
            None
        }
    }
}

/// Full-width `＝` and `｛` outside quotes are read as part of a word: a trap worth a finding.
fn lint_full_width(source: &Source<'_>, findings: &mut Vec<Finding>) {
    let mut quoted = false;
    for (offset, c) in source.text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '\n' => quoted = false,
            '＝' | '｛' | '｝' | '＂' if !quoted => {
                let place = source.place(offset);
                let message = format!("这里用了全角符号“{c}”");
                findings.push(Finding::new(102, &place, message).fix("改用半角符号"));
            }
            '/' if !quoted && source.text[offset..].starts_with("//") => {
                // A comment may say what it likes; the next line break ends the pretended quote.
                quoted = true;
            }
            _ => {}
        }
    }
}

/// The nodes of a file.
pub fn nodes<'a>(lines: &'a [Line], source: &'a Source<'a>) -> impl Iterator<Item = Node<'a>> {
    lines.iter().map(move |line| Node { line, source })
}

impl<'a> Node<'a> {
    /// The first word of the line.
    pub fn word(&self) -> &'a str {
        &self.line.word
    }

    /// Where the line starts.
    pub fn place(&self) -> Place {
        self.source.place(self.line.at)
    }

    /// The lines inside its braces.
    pub fn children(&self) -> impl Iterator<Item = Node<'a>> + use<'a> {
        nodes(&self.line.children, self.source)
    }

    /// The lines inside that begin with `word`.
    pub fn all(&self, word: &'static str) -> impl Iterator<Item = Node<'a>> + use<'a> {
        self.children().filter(move |n| n.word() == word)
    }

    /// The first line inside that begins with `word`.
    pub fn child(&self, word: &str) -> Option<Node<'a>> {
        self.children().find(|n| n.word() == word)
    }

    /// The first argument of the line inside that begins with `word`; empty if there is none.
    pub fn child_text(&self, word: &str) -> String {
        self.child(word).map(|n| n.text(0)).unwrap_or_default()
    }

    /// The same with its place.
    pub fn child_written(&self, word: &str) -> Option<Written> {
        self.child(word).and_then(|n| n.arguments().into_iter().next())
    }

    fn written(&self, entry: &Entry) -> Written {
        Written { text: entry.text.clone(), place: self.source.place(entry.at) }
    }

    /// The arguments: values without `=`.
    pub fn arguments(&self) -> Vec<Written> {
        let plain = self.line.entries.iter().filter(|entry| entry.name.is_empty());
        plain.map(|entry| self.written(entry)).collect()
    }

    /// The `index`-th argument; empty if there is none.
    pub fn text(&self, index: usize) -> String {
        let mut plain = self.line.entries.iter().filter(|entry| entry.name.is_empty());
        plain.nth(index).map(|entry| entry.text.clone()).unwrap_or_default()
    }

    /// All entries in order: name (empty for an argument) and value.
    pub fn entries(&self) -> Vec<(String, Written)> {
        let entries = self.line.entries.iter();
        entries.map(|entry| (entry.name.clone(), self.written(entry))).collect()
    }

    /// The settings: values with `=`.
    pub fn settings(&self) -> Vec<(String, Written)> {
        let named = self.line.entries.iter().filter(|entry| !entry.name.is_empty());
        named.map(|entry| (entry.name.clone(), self.written(entry))).collect()
    }

    /// A setting by name.
    pub fn setting(&self, name: &str) -> Option<Written> {
        self.line.entries.iter().find(|entry| entry.name == name).map(|entry| self.written(entry))
    }

    /// A setting's text; empty if there is none.
    pub fn setting_text(&self, name: &str) -> String {
        let entry = self.line.entries.iter().find(|entry| entry.name == name);
        entry.map(|entry| entry.text.clone()).unwrap_or_default()
    }
}
