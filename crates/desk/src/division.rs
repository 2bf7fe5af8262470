//! The tree of units read from files: the whole of a province down to its villages.
//!
//! Columns `code,name,parent` and, if there are any, `valid_from,valid_to,successor`; the header
//! may be Chinese, and the parent may stand in the columns of the statistics bureau's lists
//! (`provinceCode`, `cityCode`, `areaCode`, `streetCode`: the lowest one is meant). Codes of GB/T 2260 and below: 2 or 6 digits for a province, 4 or 6 for a city,
//! 6 for a county, 9 for a township, 12 for a village. A wrong row is named by its number, and
//! nothing is imported while one is wrong.

use crate::boxed;
use crate::{
    Actor, Desk, Moment, Refusal,
    units::{Level, Unit, Units, to_row},
};
use engine::problem::Problem;
use jiff::civil::Date;
use serde_json::{Map, json};
use std::collections::{HashMap, HashSet};
use store::seam::{Commit, Operation};

/// What an import did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Units that were not there before.
    pub new: usize,
    /// Units that were changed.
    pub changed: usize,
    /// Units that were there already, alike.
    pub same: usize,
}

/// Which rows are read.
#[derive(Clone, Debug, Default)]
pub struct Which {
    /// Only codes that begin so, for instance `33`; empty: all.
    pub prefix: String,
}

#[derive(Clone, Debug)]
struct Line {
    number: usize,
    /// Digits of the code as written: a city may be written with four or six.
    digits: usize,
    code: String,
    name: String,
    parent: String,
    valid_from: Option<Date>,
    valid_to: Option<Date>,
    successor: String,
}

/// Reads and checks files that together hold a tree. Problems bear the row number as `row N` in
/// their field; rows of further files are counted on.
pub fn read(texts: &[&str], which: &Which, known: &Units) -> Result<Vec<Unit>, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut lines = Vec::new();
    for text in texts {
        let before = lines.last().map_or(0, |line: &Line| line.number);
        lines.extend(read_lines(text, before, which, &mut problems));
    }
    let lines = without_stand_ins(lines);
    let mut by_code: HashMap<&str, &Line> = HashMap::new();
    for line in &lines {
        if let Some(first) = by_code.insert(&line.code, line) {
            let message = format!("代码“{}”重复，第{}行已经有了", line.code, first.number);
            problems.push(at(line.number, "duplicate", message));
        }
    }
    let mut units = Vec::with_capacity(lines.len());
    for line in &lines {
        match unit(line, &by_code, known) {
            Ok(unit) => units.push(unit),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(units) } else { Err(problems) }
}

fn at(number: usize, code: &str, message: String) -> Problem {
    Problem::error(code, message).at(&format!("row {number}"))
}

fn column(header: &csv::StringRecord, names: &[&str]) -> Option<usize> {
    header.iter().position(|h| names.contains(&h.trim().trim_start_matches('\u{feff}')))
}

/// Cities without counties (东莞) stand twice in the statistics bureau's lists: with four digits as
/// a city and with six as their own county. The city is meant; townships hang on it directly.
fn without_stand_ins(lines: Vec<Line>) -> Vec<Line> {
    let cities: HashSet<String> =
        lines.iter().filter(|l| l.digits == 4).map(|l| l.code.clone()).collect();
    lines.into_iter().filter(|l| l.digits != 6 || !cities.contains(&l.code)).collect()
}

fn read_lines(text: &str, before: usize, which: &Which, problems: &mut Vec<Problem>) -> Vec<Line> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let header = reader.headers().cloned().unwrap_or_default();
    let columns = [
        column(&header, &["code", "代码", "区划代码"]),
        column(&header, &["name", "名称", "单位名称"]),
        ["parent", "上级", "上级代码", "streetCode", "areaCode", "cityCode", "provinceCode"]
            .iter()
            .find_map(|name| column(&header, &[name])),
        column(&header, &["valid_from", "启用日期"]),
        column(&header, &["valid_to", "停用日期"]),
        column(&header, &["successor", "接替代码"]),
    ];
    if columns[0].is_none() || columns[1].is_none() {
        let message = "第1行应为表头，至少有 code（代码）、name（名称）两列".to_owned();
        problems.push(at(1, "header", message));
        return Vec::new();
    }
    let mut lines = Vec::new();
    for (index, row) in reader.records().enumerate() {
        let number = before + index + 2;
        let Ok(row) = row else {
            problems.push(at(number, "csv", "这一行读不懂，请检查引号和逗号".to_owned()));
            continue;
        };
        let text = |i: usize| columns[i].and_then(|c| row.get(c)).unwrap_or("").trim().to_owned();
        if !text(0).starts_with(&which.prefix) {
            continue;
        }
        let mut date = |i: usize| {
            let text = text(i);
            let date = text.parse::<Date>().ok();
            if date.is_none() && !text.is_empty() {
                let message = format!("“{text}”不是日期，应写成 2026-01-31");
                problems.push(at(number, "date", message));
            }
            date
        };
        let (valid_from, valid_to) = (date(3), date(4));
        lines.push(Line {
            number,
            digits: text(0).len(),
            code: full(&text(0)),
            name: text(1),
            parent: full(&text(2)),
            valid_from,
            valid_to,
            successor: full(&text(5)),
        });
    }
    lines
}

/// Two- and four-digit codes, as statistics write them, in their six-digit form.
fn full(code: &str) -> String {
    match code.len() {
        2 | 4 => format!("{code:0<6}"),
        _ => code.to_owned(),
    }
}

fn level_of(code: &str) -> Option<Level> {
    if !code.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    match code.len() {
        6 if code.ends_with("0000") => Some(Level::Province),
        6 if code.ends_with("00") => Some(Level::City),
        6 => Some(Level::County),
        9 => Some(Level::Township),
        12 => Some(Level::Village),
        _ => None,
    }
}

fn unit(line: &Line, by_code: &HashMap<&str, &Line>, known: &Units) -> Result<Unit, Problem> {
    let wrong = |code: &str, message: String| Err(at(line.number, code, message));
    if line.name.is_empty() || line.name.chars().count() > 60 {
        return wrong("name", "名称要填写，最多60字".to_owned());
    }
    let Some(level) = level_of(&line.code) else {
        let message = format!("代码“{}”应为6位、9位或者12位数字", line.code);
        return wrong("code", message);
    };
    if let (Some(from), Some(to)) = (line.valid_from, line.valid_to)
        && to < from
    {
        return wrong("dates", "停用日期不能早于启用日期".to_owned());
    }
    let mut chain = vec![line.code.as_str()];
    let mut parent = line.parent.as_str();
    while !parent.is_empty() {
        if chain.contains(&parent) || chain.len() > 6 {
            let message = format!("上级关系成了圈：{}", chain.join(" → "));
            return wrong("cycle", message);
        }
        chain.push(parent);
        parent = match (by_code.get(parent), known.get(parent)) {
            (Some(line), _) => line.parent.as_str(),
            (None, Some(unit)) => unit.parent.as_str(),
            (None, None) => {
                let message = format!("上级“{parent}”不在表中，也没有导入过");
                return wrong("orphan", message);
            }
        };
    }
    if line.parent.is_empty() && level != Level::Province {
        return wrong("orphan", "只有省级没有上级，请填写上级代码".to_owned());
    }
    if chain.get(1).and_then(|p| level_of(p)).is_some_and(|above| above >= level) {
        return wrong("level", format!("上级“{}”的级别不高于本级", line.parent));
    }
    let county = chain.iter().find(|c| level_of(c) == Some(Level::County));
    let county = county.or_else(|| chain.iter().find(|c| c.len() == 6)).unwrap_or(&chain[0]);
    Ok(Unit {
        code: line.code.clone(),
        name: line.name.clone(),
        level,
        parent: line.parent.clone(),
        path: chain.iter().rev().map(|c| format!("{c}/")).collect(),
        county: (*county).to_owned(),
        valid_from: line.valid_from,
        valid_to: line.valid_to,
        successor: line.successor.clone(),
    })
}

impl Desk {
    /// Imports units. A unit never changes its place in the tree: that would move its records.
    #[boxed]
    pub async fn import_units(
        &self,
        actor: Option<&Actor>,
        texts: &[&str],
        which: &Which,
        moment: &Moment,
    ) -> Result<Imported, Refusal> {
        if actor.is_some_and(|a| !a.is_house() && a.role != "system_admin") {
            return Err(Refusal::forbidden("单位由系统管理员维护"));
        }
        let known = self.units();
        let units = read(texts, which, &known).map_err(Refusal::Invalid)?;
        let mut imported = Imported::default();
        let mut operations = Vec::new();
        let mut problems = Vec::new();
        for (index, unit) in units.iter().enumerate() {
            match known.get(&unit.code) {
                Some(old) if old == unit => imported.same += 1,
                Some(old) if old.path != unit.path => {
                    let message = format!(
                        "“{}”已在别的上级之下；区划调整请停用旧代码、另起新代码，并填接替代码",
                        unit.name
                    );
                    problems.push(at(index + 2, "moved", message));
                }
                Some(_) => imported.changed += 1,
                None => imported.new += 1,
            }
            if known.get(&unit.code) != Some(unit) {
                operations.push(Operation::Put { table: "unit".to_owned(), values: to_row(unit) });
            }
        }
        if !problems.is_empty() {
            return Err(Refusal::Invalid(problems));
        }
        let top = Units::new(units);
        let Some(root) = top.all().first() else { return Ok(imported) };
        let house = Actor::house("units", root);
        let actor = actor.unwrap_or(&house);
        let what = json!({ "new": imported.new, "changed": imported.changed });
        let what = what.as_object().cloned().unwrap_or_else(Map::new);
        let entry = self.note(actor, moment, "import_units", "unit", &root.code, what);
        operations.push(self.units_changed(moment.at));
        let commit = Commit { operations, entries: vec![entry], ..Commit::default() };
        self.keeper.commit(commit).await?;
        self.reload_units().await?;
        Ok(imported)
    }
}
