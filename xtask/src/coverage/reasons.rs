//! The hand-kept files `docs/coverage/*.txt`: what a name of the domain is called here, or why it
//! is left out.
//!
//! One line a name: `field o2.12/x/changed_on = 字段 mediation_committee.changed_on` says where it
//! is made (and is checked), `field o2.12/x/status - the state` says why it is not. A key may end
//! in `*`. `records o2.12/x = mediation_committee` says which record kinds a place's names are
//! looked for in. `#` begins a comment.

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
        let mut words = line.splitn(4, ' ');
        let mut next = || words.next().unwrap_or("").to_string();
        let (kind, key, sign, rest) = (next(), next(), next(), next());
        if rest.trim().is_empty() {
            return Err(format!("{at}: `kind key = target` or `kind key - reason`, not `{line}`"));
        }
        let parts = || rest.split(',').map(|it| it.trim().to_string()).collect::<Vec<_>>();
        let saying = match sign.as_str() {
            "=" if kind == "records" => {
                self.records.insert(key, parts());
                return Ok(());
            }
            "=" => Saying::Called(parts()),
            "-" => Saying::Left(rest),
            _ => return Err(format!("{at}: `=` or `-` after the key, not `{sign}`")),
        };
        self.lines.push(Line { kind, key, saying, at });
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
