//! The tree of units: province, city, county, township, village. Small, so it is held in memory
//! and read again when it changes.

use crate::boxed;
use engine::query::{Cell, Select};
use jiff::civil::Date;
use std::collections::HashMap;
use store::seam::{Keeper, StoreError};

/// Level of a unit, by the length of its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// 省
    Province,
    /// 市
    City,
    /// 县
    County,
    /// 乡镇、街道
    Township,
    /// 村、社区
    Village,
}

impl Level {
    /// `省`, `市`, `县`, `乡`, `村`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Province => "省",
            Self::City => "市",
            Self::County => "县",
            Self::Township => "乡",
            Self::Village => "村",
        }
    }

    /// The level of that word.
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Province, Self::City, Self::County, Self::Township, Self::Village]
            .into_iter()
            .find(|level| level.word() == word)
    }
}

/// A unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Six, nine or twelve digits.
    pub code: String,
    /// What it is called.
    pub name: String,
    /// Its level.
    pub level: Level,
    /// Code of the unit above; empty at the top.
    pub parent: String,
    /// Codes from the top to itself, each followed by `/`.
    pub path: String,
    /// Placement key: the county it lies in; its own code above counties.
    pub county: String,
    /// First day.
    pub valid_from: Option<Date>,
    /// Last day.
    pub valid_to: Option<Date>,
    /// Unit that took its place.
    pub successor: String,
}

/// All units.
#[derive(Clone, Debug, Default)]
pub struct Units {
    units: Vec<Unit>,
    places: HashMap<String, usize>,
    children: HashMap<String, Vec<usize>>,
}

const COLUMNS: [&str; 9] =
    ["code", "name", "level", "parent", "path", "county", "valid_from", "valid_to", "successor"];

impl Units {
    /// Reads them from where they are kept.
    #[boxed]
    pub async fn load(keeper: &dyn Keeper) -> Result<Self, StoreError> {
        let rows = keeper.find(&Select::from("unit", &COLUMNS)).await?;
        Ok(Self::new(rows.iter().filter_map(|row| from_row(row)).collect()))
    }

    /// A tree of these units.
    pub fn new(mut units: Vec<Unit>) -> Self {
        units.sort_by(|a, b| a.path.cmp(&b.path));
        let mut tree = Self::default();
        for (index, unit) in units.iter().enumerate() {
            tree.places.insert(unit.code.clone(), index);
            tree.children.entry(unit.parent.clone()).or_default().push(index);
        }
        tree.units = units;
        tree
    }

    /// A unit.
    pub fn get(&self, code: &str) -> Option<&Unit> {
        self.places.get(code).map(|&i| &self.units[i])
    }

    /// Units right below one; of the top if the code is empty.
    pub fn below(&self, code: &str) -> impl Iterator<Item = &Unit> {
        self.children.get(code).into_iter().flatten().map(|&i| &self.units[i])
    }

    /// All of them, parents before children.
    pub fn all(&self) -> &[Unit] {
        &self.units
    }

    /// The units from the top to `code`.
    pub fn line(&self, code: &str) -> Vec<&Unit> {
        let path = self.get(code).map_or("", |u| u.path.as_str());
        path.split('/').filter_map(|code| self.get(code)).collect()
    }

    /// Units that `code` took the place of, directly or through others, except those that lie within
    /// it: what they count is counted there already.
    pub fn before(&self, code: &str) -> Vec<&Unit> {
        let inside = self.get(code).map_or("", |unit| unit.path.as_str());
        let mut found: Vec<&Unit> = Vec::new();
        let mut wanted = vec![code];
        while let Some(successor) = wanted.pop() {
            for unit in self.units.iter().filter(|unit| unit.successor == successor) {
                let known =
                    unit.path.starts_with(inside) || found.iter().any(|f| f.code == unit.code);
                if !known {
                    wanted.push(&unit.code);
                    found.push(unit);
                }
            }
        }
        found
    }

    /// The name with the names above it, from the county down: `青禾县柳河镇柳河村`.
    pub fn long_name(&self, code: &str) -> String {
        let line = self.line(code);
        let from = line.iter().position(|u| u.level >= Level::County).unwrap_or(0);
        match line.get(from..) {
            Some(part) if !part.is_empty() => part.iter().map(|u| u.name.as_str()).collect(),
            _ => code.to_owned(),
        }
    }
}

fn from_row(row: &[Cell]) -> Option<Unit> {
    let text = |i: usize| row.get(i).and_then(Cell::as_text).unwrap_or_default();
    Some(Unit {
        code: text(0).to_owned(),
        name: text(1).to_owned(),
        level: Level::of_word(text(2))?,
        parent: text(3).to_owned(),
        path: text(4).to_owned(),
        county: text(5).to_owned(),
        valid_from: text(6).parse().ok(),
        valid_to: text(7).parse().ok(),
        successor: text(8).to_owned(),
    })
}

/// The row that keeps a unit.
pub fn to_row(unit: &Unit) -> store::seam::Values {
    let date = |d: Option<Date>| d.map(|d| d.to_string()).unwrap_or_default();
    let cells = [
        Cell::from(unit.code.as_str()),
        Cell::from(unit.name.as_str()),
        Cell::from(unit.level.word()),
        Cell::from(unit.parent.as_str()),
        Cell::from(unit.path.as_str()),
        Cell::from(unit.county.as_str()),
        Cell::from(date(unit.valid_from)),
        Cell::from(date(unit.valid_to)),
        Cell::from(unit.successor.as_str()),
    ];
    COLUMNS.iter().map(|&c| c.to_owned()).zip(cells).collect()
}
