//! KDL nodes seen as lines of a definition: a word, its arguments, its settings, its children,
//! each with its place in the file.

use super::{Finding, Place};
use kdl::{KdlDocument, KdlEntry, KdlNode, KdlValue};

/// A file being read.
#[derive(Debug)]
pub struct Source<'a> {
    file: &'a str,
    text: &'a str,
    /// Offsets at which lines start.
    lines: Vec<usize>,
}

impl<'a> Source<'a> {
    /// A file and its text.
    pub fn new(file: &'a str, text: &'a str) -> Self {
        let starts = text.match_indices('\n').map(|(at, _)| at + 1);
        Self { file, text, lines: std::iter::once(0).chain(starts).collect() }
    }

    /// The place of a byte offset.
    pub fn place(&self, offset: usize) -> Place {
        let line = self.lines.partition_point(|&start| start <= offset).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or(0);
        let column = self.text.get(start..offset).map_or(0, |t| t.chars().count()) + 1;
        Place { file: self.file.to_owned(), line, column }
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
    node: &'a KdlNode,
    source: &'a Source<'a>,
}

/// Parses a file; syntax errors become findings 101.
pub fn parse(source: &Source<'_>, findings: &mut Vec<Finding>) -> Option<KdlDocument> {
    lint_full_width(source, findings);
    match KdlDocument::parse(source.text) {
        Ok(document) => Some(document),
        Err(error) => {
            for diagnostic in &error.diagnostics {
                let place = source.place(diagnostic.span.offset());
                let reason = diagnostic.message.clone().unwrap_or_default();
                findings.push(
                    Finding::new(101, &place, format!("这一行读不懂（{reason}）"))
                        .fix("检查引号、等号和大括号是否成对，设置的值如以数字开头须加引号"),
                );
            }
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

/// The nodes of a document.
pub fn nodes<'a>(
    document: &'a KdlDocument,
    source: &'a Source<'a>,
) -> impl Iterator<Item = Node<'a>> {
    document.nodes().iter().map(move |node| Node { node, source })
}

impl<'a> Node<'a> {
    /// The first word of the line.
    pub fn word(&self) -> &'a str {
        self.node.name().value()
    }

    /// Where the line starts.
    pub fn place(&self) -> Place {
        self.source.place(self.node.name().span().offset())
    }

    /// The lines inside its braces.
    pub fn children(&self) -> impl Iterator<Item = Node<'a>> + use<'a> {
        let source = self.source;
        self.node
            .children()
            .into_iter()
            .flat_map(|document| document.nodes())
            .map(move |node| Node { node, source })
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

    fn written(&self, entry: &KdlEntry) -> Written {
        let text = match entry.value() {
            KdlValue::String(text) => text.clone(),
            other => other.to_string(),
        };
        Written { text, place: self.source.place(entry.span().offset()) }
    }

    /// The arguments: values without `=`.
    pub fn arguments(&self) -> Vec<Written> {
        self.node.entries().iter().filter(|e| e.name().is_none()).map(|e| self.written(e)).collect()
    }

    /// The `index`-th argument; empty if there is none.
    pub fn text(&self, index: usize) -> String {
        self.arguments().into_iter().nth(index).map(|w| w.text).unwrap_or_default()
    }

    /// All entries in order: name (empty for an argument) and value.
    pub fn entries(&self) -> Vec<(String, Written)> {
        self.node
            .entries()
            .iter()
            .map(|e| (e.name().map_or(String::new(), |n| n.value().to_owned()), self.written(e)))
            .collect()
    }

    /// The settings: values with `=`.
    pub fn settings(&self) -> Vec<(String, Written)> {
        self.entries().into_iter().filter(|(name, _)| !name.is_empty()).collect()
    }

    /// A setting by name.
    pub fn setting(&self, name: &str) -> Option<Written> {
        self.settings().into_iter().find(|(n, _)| n == name).map(|(_, written)| written)
    }

    /// A setting's text; empty if there is none.
    pub fn setting_text(&self, name: &str) -> String {
        self.setting(name).map(|w| w.text).unwrap_or_default()
    }
}
