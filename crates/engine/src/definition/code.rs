//! Code tables: what a code is called, on which dates.

use super::{Finding, Place};
use jiff::civil::Date;
use std::collections::{BTreeMap, HashMap};

/// One row of a code table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// The code.
    pub code: String,
    /// What it is called.
    pub name: String,
    /// The code it belongs under; empty at the top.
    pub parent: String,
    /// First day it may be used.
    pub valid_from: Option<Date>,
    /// Last day it may be used.
    pub valid_to: Option<Date>,
    /// The code that took its place.
    pub successor: String,
    /// Where it comes from; 未核实 where nobody has read the source.
    pub basis: String,
}

impl Code {
    /// Whether it may be used on `date`.
    pub fn is_valid_on(&self, date: Date) -> bool {
        self.valid_from.is_none_or(|from| from <= date) && self.valid_to.is_none_or(|to| date <= to)
    }
}

/// A code table.
#[derive(Clone, Debug, Default)]
pub struct CodeTable {
    /// Id: the file's name.
    pub id: String,
    /// Rows in order of the file.
    pub codes: Vec<Code>,
    places: HashMap<String, usize>,
}

impl CodeTable {
    /// Reads `code,name,parent,valid_from,valid_to,successor,basis`.
    pub fn read(id: &str, file: &str, text: &str, findings: &mut Vec<Finding>) -> Self {
        let mut table = Self { id: id.to_owned(), ..Self::default() };
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
        let columns: BTreeMap<String, usize> = match reader.headers() {
            Ok(header) => header.iter().enumerate().map(|(i, h)| (h.to_owned(), i)).collect(),
            Err(_) => BTreeMap::new(),
        };
        for (index, row) in reader.records().enumerate() {
            let place = Place { file: file.into(), line: index + 2, column: 0 };
            match row {
                Ok(row) => table.add(&row, &columns, &place, findings),
                Err(error) => {
                    findings.push(Finding::new(501, &place, format!("代码表读不懂：{error}")));
                }
            }
        }
        table.check_parents(file, findings);
        table
    }

    fn add(
        &mut self,
        row: &csv::StringRecord,
        columns: &BTreeMap<String, usize>,
        place: &Place,
        findings: &mut Vec<Finding>,
    ) {
        let text = |name: &str| {
            columns.get(name).and_then(|&i| row.get(i)).unwrap_or("").trim().to_owned()
        };
        let mut date = |name: &str| {
            let text = text(name);
            let date = text.parse::<Date>().ok();
            if date.is_none() && !text.is_empty() {
                findings.push(Finding::new(502, place, format!("“{text}”不是日期")));
            }
            date
        };
        let (valid_from, valid_to) = (date("valid_from"), date("valid_to"));
        let code = Code {
            code: text("code"),
            name: text("name"),
            parent: text("parent"),
            valid_from,
            valid_to,
            successor: text("successor"),
            basis: text("basis"),
        };
        if code.code.is_empty() || code.name.is_empty() {
            findings.push(Finding::new(503, place, "代码和名称都要填写"));
        } else if self.places.contains_key(&code.code) {
            findings.push(
                Finding::new(504, place, format!("代码“{}”重复", code.code))
                    .fix("代码不重用：停用旧行（填 valid_to），另起新代码"),
            );
        } else {
            self.places.insert(code.code.clone(), self.codes.len());
            self.codes.push(code);
        }
    }

    fn check_parents(&self, file: &str, findings: &mut Vec<Finding>) {
        let place = Place { file: file.into(), ..Place::default() };
        for code in &self.codes {
            if !code.parent.is_empty() && self.get(&code.parent).is_none() {
                let message = format!("代码“{}”的上级“{}”不在表中", code.code, code.parent);
                findings.push(Finding::new(505, &place, message));
            }
        }
    }

    /// A code, whether still valid or not.
    pub fn get(&self, code: &str) -> Option<&Code> {
        self.places.get(code).map(|&i| &self.codes[i])
    }

    /// The code that has this name.
    pub fn by_name(&self, name: &str) -> Option<&Code> {
        self.codes.iter().find(|c| c.name == name)
    }

    /// The code itself and all below it.
    pub fn with_children(&self, code: &str) -> Vec<&str> {
        let mut found = vec![];
        let mut open = vec![code];
        while let Some(parent) = open.pop() {
            if let Some(code) = self.get(parent).filter(|c| !found.contains(&c.code.as_str())) {
                found.push(code.code.as_str());
                open.extend(
                    self.codes.iter().filter(|c| c.parent == code.code).map(|c| c.code.as_str()),
                );
            }
        }
        found
    }

    /// The codes that may be chosen on `date`.
    pub fn valid_on(&self, date: Date) -> impl Iterator<Item = &Code> {
        self.codes.iter().filter(move |c| c.is_valid_on(date))
    }
}
