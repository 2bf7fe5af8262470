//! The hand-kept files `docs/coverage/*.txt`: what a name of the domain is called here, or why it
//! is left out.
//!
//! `in field o2.12/x mediation_committee` begins the names of one place. Below it, one line a name:
//! `changed_on = .changed_on` says where it is made (and is checked), `status - the state` says why
//! it is not. A target is `字段 record.field`, 状态, 动作, 期限, 规则, 唯一, 文书, 代码, 量, 报表, 例, 档案 or
//! 试 (a test's file); `.field` is short for the record of the place. A name may end in `*`.
//! `records o2.12/x = mediation_committee` says which record kinds a place's names are looked for
//! in. `#` begins a comment.

use std::collections::BTreeMap;
use std::path::Path;

/// What a line says of a name.
#[derive(Debug, Clone)]
pub enum Saying {
    /// It is made as these.
    Called(Vec<String>),
    /// It is left out, with the reason.
    Left(String),
}

/// A line.
#[derive(Debug)]
pub struct Line {
    pub kind: String,
    pub key: String,
    pub saying: Saying,
    pub at: String,
}

/// All lines.
#[derive(Debug, Default)]
pub struct Reasons {
    pub lines: Vec<Line>,
    records: BTreeMap<String, Vec<String>>,
    /// Kind, place and record of the lines being read.
    place: [String; 3],
}

impl Reasons {
    /// Reads every `.txt` of the folder.
    pub fn read(folder: &Path) -> Result<Self, String> {
        let mut reasons = Self::default();
        for file in super::listed(folder)? {
            let name = super::file_name(&file);
            if name.ends_with(".txt") {
                for (at, line) in super::read_text(&file)?.lines().enumerate() {
                    reasons.take(line.trim(), format!("{name}:{}", at + 1))?;
                }
            }
        }
        Ok(reasons)
    }

    fn take(&mut self, line: &str, at: String) -> Result<(), String> {
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["records", key, "=", ..] => {
                let targets = line.split_once('=').map_or("", |(_, it)| it);
                let kinds = targets.split(',').map(|it| it.trim().to_string()).collect();
                self.records.insert((*key).to_string(), kinds);
            }
            ["in", kind, place, record @ ..] => {
                self.place =
                    [kind, place, record.first().unwrap_or(&"")].map(|it| (*it).to_string());
            }
            [name, sign @ ("=" | "-"), _, ..] => {
                let [kind, place, record] = &self.place;
                let rest = line.split_once(&format!(" {sign} ")).map_or("", |(_, it)| it).trim();
                let target = |it: &str| match it.trim().strip_prefix('.') {
                    Some(part) => format!("{} {record}.{part}", target_word(kind)),
                    None => it.trim().to_string(),
                };
                let saying = if *sign == "=" {
                    Saying::Called(rest.split(',').map(target).collect())
                } else {
                    Saying::Left(rest.to_string())
                };
                let key =
                    if place == "-" { (*name).to_string() } else { format!("{place}/{name}") };
                self.lines.push(Line { kind: kind.clone(), key, saying, at });
            }
            _ => return Err(format!("{at}: `name = target` or `name - reason`, not `{line}`")),
        }
        Ok(())
    }

    /// The record kinds that a place's names are looked for in.
    pub fn records(&self, place: &str) -> Vec<String> {
        if let Some(found) = self.records.get(place) {
            return found.clone();
        }
        let own = place.rsplit('/').next().unwrap_or(place).to_string();
        vec![own.clone(), format!("corr_{own}"), format!("resett_{own}")]
    }

    /// What is said of a name: a line of exactly this key before one that ends in `*`.
    pub fn find(&self, kind: &str, key: &str) -> Option<usize> {
        let of_kind = |it: &&(usize, &Line)| it.1.kind == kind;
        let exact = self.lines.iter().enumerate().find(|it| of_kind(&it) && it.1.key == key);
        let wide = |it: &(usize, &Line)| {
            it.1.key.strip_suffix('*').is_some_and(|start| key.starts_with(start))
        };
        let found = exact.or_else(|| {
            let wide = self.lines.iter().enumerate().filter(|it| of_kind(&it) && wide(it));
            wide.max_by_key(|it| it.1.key.len())
        });
        found.map(|(at, _)| at)
    }
}

fn target_word(kind: &str) -> &'static str {
    match kind {
        "field" => "字段",
        "state" => "状态",
        "transition" => "动作",
        "limit" => "期限",
        "document" => "文书",
        "statistic" => "报表",
        "table" => "代码",
        _ => "",
    }
}
