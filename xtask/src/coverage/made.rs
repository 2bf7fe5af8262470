//! What the definitions make: every name in `businesses/`, found by text.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::kdl::{self, Node};
use super::names::plain;

/// A record kind and everything named in it.
#[derive(Debug, Default)]
pub struct Record {
    pub business: String,
    pub id: String,
    pub fields: Vec<Field>,
    pub states: Vec<State>,
    pub actions: Vec<Action>,
    pub limits: Vec<(String, String)>,
    pub rules: Vec<String>,
    pub documents: Vec<(String, String)>,
    /// Fields that must be there only once.
    pub once: Vec<String>,
}

/// A field of a record or of one of its rows.
#[derive(Debug)]
pub struct Field {
    pub row: String,
    pub id: String,
    pub label: String,
    pub exchange: String,
}

/// A state, with the actions it allows.
#[derive(Debug)]
pub struct State {
    pub id: String,
    pub label: String,
    pub code: String,
    pub first: bool,
    pub may: Vec<String>,
}

/// An action and the state it leads to.
#[derive(Debug)]
pub struct Action {
    pub id: String,
    pub to: String,
}

/// A code table.
#[derive(Debug)]
pub struct Table {
    pub id: String,
    pub codes: Vec<String>,
}

/// A report with its columns and cross-checks.
#[derive(Debug)]
pub struct Report {
    pub id: String,
    pub label: String,
    pub columns: Vec<(String, String)>,
    pub checks: Vec<String>,
}

/// A worked example.
#[derive(Debug)]
pub struct Example {
    pub business: String,
    pub title: String,
    /// Whether it says what comes of it.
    pub outcome: bool,
}

/// All of it.
#[derive(Debug, Default)]
pub struct Made {
    pub records: Vec<Record>,
    pub tables: Vec<Table>,
    pub measures: Vec<String>,
    pub reports: Vec<Report>,
    pub examples: Vec<Example>,
}

impl Made {
    /// Reads every business below `folder`.
    pub fn read(folder: &Path) -> Result<Self, String> {
        let mut made = Self::default();
        for business in super::listed(folder)? {
            let name = super::file_name(&business);
            for file in kdl_files(&business)? {
                let text = super::read_text(&file)?;
                for node in kdl::read(&text) {
                    made.take(&name, &node);
                }
            }
            let codes = business.join("codes");
            if codes.is_dir() {
                for file in super::listed(&codes)? {
                    made.tables.push(table(&file)?);
                }
            }
        }
        Ok(made)
    }

    fn take(&mut self, business: &str, node: &Node) {
        match node.word(0) {
            "档案" => self.records.push(record(business, node)),
            "统计" => {
                let measures = node.children.iter().filter(|it| it.word(0) == "量");
                let stem = node.word(1);
                self.measures.extend(measures.map(|it| format!("{stem}.{}", it.word(1))));
            }
            "报表" => self.reports.push(report(node)),
            "例" => self.examples.push(Example {
                business: business.to_string(),
                title: node.word(1).to_string(),
                outcome: node.children.iter().any(|it| it.word(0) == "则"),
            }),
            _ => {}
        }
    }

    /// The record kind of this name.
    pub fn record(&self, id: &str) -> Option<&Record> {
        self.records.iter().find(|it| it.id == id)
    }

    /// The code table of this name.
    pub fn table(&self, id: &str) -> Option<&Table> {
        self.tables.iter().find(|it| it.id == id)
    }

    /// Whether what a hand-kept line points to is there: `字段 record.field` and the like.
    pub fn has(&self, target: &str, root: &Path) -> bool {
        let Some((kind, name)) = target.trim().split_once(' ') else { return false };
        let (owner, part) = name.split_once('.').unwrap_or((name, ""));
        let record = self.record(owner);
        match kind {
            "档案" => record.is_some(),
            "字段" => record.is_some_and(|it| it.has_field(part)),
            "状态" => record.is_some_and(|it| it.states.iter().any(|state| state.id == part)),
            "动作" => record.is_some_and(|it| it.actions.iter().any(|action| action.id == part)),
            "期限" => record.is_some_and(|it| it.limits.iter().any(|(id, _)| id == part)),
            "规则" => record.is_some_and(|it| it.rules.iter().any(|id| id == part)),
            "唯一" => record.is_some_and(|it| it.once.iter().any(|id| id == part)),
            "文书" | "卷宗" => {
                record.is_some_and(|it| it.documents.iter().any(|(id, _)| id == part))
            }
            "代码" => self
                .table(owner)
                .is_some_and(|it| part.is_empty() || it.codes.iter().any(|code| code == part)),
            "量" => self.measures.iter().any(|it| it == name),
            "报表" => {
                self.reports.iter().any(|it| it.id == owner && (part.is_empty() || it.has(part)))
            }
            "例" => self.examples.iter().any(|it| it.title.contains(name)),
            "试" => root.join(name).is_file(),
            _ => false,
        }
    }
}

impl Record {
    /// `field`, or `row.field` for a field of a row.
    pub fn has_field(&self, name: &str) -> bool {
        match name.split_once('.') {
            Some((row, id)) => self.fields.iter().any(|it| it.row == row && it.id == id),
            None => self.fields.iter().any(|it| it.id == name),
        }
    }

    /// Whether an action leads from the one state to the other.
    pub fn leads(&self, from: &State, to: &State) -> bool {
        self.actions.iter().any(|it| it.to == to.id && from.may.contains(&it.id))
    }
}

impl Report {
    fn has(&self, part: &str) -> bool {
        self.checks.iter().any(|it| it == part) || self.columns.iter().any(|(id, _)| id == part)
    }
}

fn kdl_files(business: &Path) -> Result<Vec<std::path::PathBuf>, String> {
    let mut files = Vec::new();
    for folder in [business.to_path_buf(), business.join("records"), business.join("examples")] {
        if folder.is_dir() {
            let listed = super::listed(&folder)?;
            files.extend(
                listed.into_iter().filter(|it| it.extension().is_some_and(|it| it == "kdl")),
            );
        }
    }
    Ok(files)
}

fn record(business: &str, node: &Node) -> Record {
    let mut record = Record {
        business: business.to_string(),
        id: node.word(1).to_string(),
        ..Record::default()
    };
    for child in &node.children {
        let (first, id, label) = (child.word(0), child.word(1), child.word(2));
        match first {
            "分组" => record.fields.extend(child.children.iter().filter_map(|it| field("", it))),
            "行" => record.fields.extend(child.children.iter().filter_map(|it| field(id, it))),
            "附于" => record.fields.push(Field {
                row: String::new(),
                id: id.to_string(),
                label: label.to_string(),
                exchange: child.property("交换名").to_string(),
            }),
            "状态" => record.states.push(state(child)),
            "动作" => record.actions.push(Action {
                id: id.to_string(),
                to: child
                    .children
                    .iter()
                    .find(|it| it.word(0) == "到")
                    .map_or("", |it| it.word(1))
                    .to_string(),
            }),
            "期限" => record.limits.push((id.to_string(), label.to_string())),
            "文书" | "卷宗" => record.documents.push((id.to_string(), label.to_string())),
            "规则" => record.rules.push(id.to_string()),
            "唯一" => record.once.extend(child.bare().map(str::to_string)),
            _ => record.fields.extend(field("", child)),
        }
    }
    for child in &node.children {
        let rules =
            child.children.iter().filter(|it| child.word(0) == "行" && it.word(0) == "规则");
        record.rules.extend(rules.map(|it| it.word(1).to_string()));
    }
    record
}

/// A statement is a field if it begins with an identifier of Latin letters and a label.
fn field(row: &str, node: &Node) -> Option<Field> {
    let id = node.word(0);
    let latin = id.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_');
    if id.is_empty() || !latin || node.word(2).is_empty() {
        return None;
    }
    Some(Field {
        row: row.to_string(),
        id: id.to_string(),
        label: node.word(1).to_string(),
        exchange: node.property("交换名").to_string(),
    })
}

fn state(node: &Node) -> State {
    let may = node.children.iter().filter(|it| it.word(0) == "可");
    State {
        id: node.word(1).to_string(),
        label: node.word(2).to_string(),
        code: node.property("码").to_string(),
        first: node.says("初始"),
        may: may.flat_map(Node::bare).map(str::to_string).collect(),
    }
}

fn report(node: &Node) -> Report {
    let mut columns = Vec::new();
    let mut checks = Vec::new();
    for child in &node.children {
        match child.word(0) {
            "栏组" => {
                let inside = child.children.iter().filter(|it| it.word(0) == "栏");
                columns.extend(inside.map(|it| (it.word(1).to_string(), it.word(2).to_string())));
            }
            "核对" => checks.push(child.word(1).to_string()),
            _ => {}
        }
    }
    Report { id: node.word(1).to_string(), label: node.word(2).to_string(), columns, checks }
}

fn table(file: &Path) -> Result<Table, String> {
    let text = fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
    let codes: BTreeSet<String> =
        super::rows(&text).into_iter().skip(1).map(|row| row[0].clone()).collect();
    let id = super::file_name(file).trim_end_matches(".csv").to_string();
    Ok(Table { id, codes: codes.into_iter().collect() })
}

/// The label of a document or column without what only explains it.
pub fn same(one: &str, other: &str) -> bool {
    let (one, other) = (plain(one), plain(other));
    !one.is_empty() && one == other
}
