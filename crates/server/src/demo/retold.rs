//! What a worked example says, said again: of other people, nearer days and the places of this map.
//!
//! The one way in which examples become records of the demonstration and of a large county's year.
//! No business is named.

use super::{
    land::{self, County, Township},
    names,
};
use engine::{
    check::{id_number, uscc},
    definition::Field,
    kind::Shape,
};
use jiff::{ToSpan, civil::Date};
use serde_json::Value as Json;

/// How many people of one birthday the numbers of one area are enough for.
const OF_ONE_AREA: u64 = 500;
/// Given names that are anybody's.
const GIVEN: [&str; 41] = [
    "文博", "思源", "晓宁", "嘉禾", "亦然", "子涵", "书言", "景行", "若水", "知远", "清和", "怀瑾",
    "致远", "安然", "乐天", "沐阳", "望舒", "星河", "云舟", "听雨", "亦凡", "明哲", "思齐", "长宁",
    "修远", "予安", "朝阳", "向晚", "新竹", "文远", "一诺", "天朗", "青禾", "南乔", "子衿", "维桢",
    "乐山", "晨曦", "季安", "初霁", "如松",
];

/// Where it is told: a line of units, one of each level, and whose accounts are there.
#[derive(Clone, Debug)]
pub struct Scene {
    county: land::Unit,
    township: land::Unit,
    village: land::Unit,
    /// Accounts that fields may name, by turns; none: such fields stay empty.
    pub accounts: Vec<String>,
}

/// One telling: who and when.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    /// Other people than those of any other number.
    pub number: u64,
    /// Days from the example's to its own.
    pub shift: i64,
}

impl Scene {
    /// In a township and its first village.
    pub fn at(county: &County, township: &Township) -> Self {
        let village = township.villages.first().unwrap_or(&township.unit).clone();
        let (county, township) = (county.unit.clone(), township.unit.clone());
        Self { county, township, village, accounts: Vec::new() }
    }

    /// Where the accounts that visitors try lie; `None` if the map has no county.
    pub fn shown() -> Option<Self> {
        let counties = land::counties();
        let county = counties.first()?;
        Some(Self::at(county, county.townships.first()?))
    }

    /// The unit of a level; `None` if there is no such level.
    pub fn unit(&self, level: &str) -> Option<&str> {
        Some(match level {
            "省" | "平台" => land::TOP,
            "市" => &self.county.parent,
            "县" => &self.county.code,
            "乡" => &self.township.code,
            "村" => &self.village.code,
            _ => return None,
        })
    }

    /// What an example says of a field, said of this turn's people, days and places; nothing if it
    /// cannot be said again. No field: a part of a place, division or address.
    pub fn told(&self, field: Option<&Field>, value: &str, turn: Turn) -> Option<Json> {
        let Some(field) = field else { return Some(Json::from(self.here(value))) };
        let told = match (field.kind.word(), field.kind.shape()) {
            (_, Shape::File(_) | Shape::Computed) => return None,
            (_, Shape::Reference(_)) if value.starts_with("linked-") => return None,
            // Everybody has an account of their own.
            (_, Shape::Account) => self.accounts.get(usize::try_from(turn.number).ok()?)?.clone(),
            (_, Shape::Unit(level)) => self.unit_for(level, value).to_owned(),
            (_, Shape::Date | Shape::DateTime) => later(value, turn.shift),
            ("姓名", _) => named(value, turn.number),
            ("证件号", _) => numbered(value, turn.number),
            ("电话", _) => rung(value, turn.number),
            ("信用代码", _) => registered(value, turn.number),
            _ => self.here(value),
        };
        Some(Json::from(told))
    }

    /// The unit here that one of the examples' stands for.
    fn unit_for(&self, level: &str, value: &str) -> &str {
        self.unit(level).or_else(|| self.division(value)).unwrap_or(&self.township.code)
    }

    fn division(&self, code: &str) -> Option<&str> {
        if !code.starts_with("33") || !code.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let end = code.trim_end_matches('0').len();
        self.unit(match (code.len(), end) {
            (2 | 6 | 12, ..=2) => "省",
            (4 | 6 | 12, ..=4) => "市",
            (6 | 12, ..=6) => "县",
            (9 | 12, ..=9) => "乡",
            (12, _) => "村",
            _ => return None,
        })
    }

    /// A text with the places of this map.
    fn here(&self, value: &str) -> String {
        if let Some(code) = self.division(value) {
            return code.to_owned();
        }
        let places =
            [("梅川县", &self.county), ("枫桥镇", &self.township), ("梅坞村", &self.village)];
        places.iter().fold(value.to_owned(), |text, (there, here)| text.replace(there, &here.name))
    }
}

/// A day or moment so many days later; a birthday stays.
fn later(value: &str, days: i64) -> String {
    let moved = |day: &str| day.parse::<Date>().ok().filter(|day| day.year() >= 2020);
    match value.get(..10).and_then(moved) {
        Some(day) => format!("{}{}", day + days.days(), value.get(10..).unwrap_or_default()),
        None => value.to_owned(),
    }
}

/// Somebody else. Thousands are called differently before a name comes again: whoever is created
/// is compared with all namesakes.
fn named(value: &str, number: u64) -> String {
    if value.chars().count() > 3 {
        return value.to_owned();
    }
    let first: u32 = value.chars().map(u32::from).sum();
    let order = first as usize + number as usize;
    let given = GIVEN[(order / names::SURNAMES.len() + order) % GIVEN.len()];
    format!("{}{given}", names::surname(order))
}

/// The number of somebody else, born the same day and of the same sex.
fn numbered(value: &str, number: u64) -> String {
    let order = value.get(14..17).and_then(|text| text.parse::<u64>().ok());
    let (Some(order), Some(area), Some(birth)) = (order, value.get(..6), value.get(6..14)) else {
        return value.to_owned();
    };
    let other = format!("33{:02}98", number / OF_ONE_AREA % 11 + 1);
    let area = if number < OF_ONE_AREA { area } else { &other };
    let seventeen = format!("{area}{birth}{:03}", (order + 2 * number) % 1000);
    match id_number::check_digit(&seventeen) {
        Some(check) if value.len() == 18 => format!("{seventeen}{check}"),
        _ => value.to_owned(),
    }
}

/// Another number or name of its kind: the last digits count on, or the text says which one it is.
pub fn another(value: &str, number: u64) -> String {
    const ORDERS: [char; 9] = ['二', '三', '四', '五', '六', '七', '八', '九', '十'];
    let digits = value.chars().rev().take_while(char::is_ascii_digit).count();
    let (front, last) = value.split_at(value.len() - digits);
    let order = usize::try_from(number).ok().and_then(|at| ORDERS.get(at));
    match (last.parse::<u64>(), order) {
        (Ok(last), _) => format!("{front}{:0digits$}", last + 1 + number),
        (Err(_), Some(order)) => format!("{value}{order}"),
        (Err(_), None) => format!("{value}{}", number + 2),
    }
}

fn rung(value: &str, number: u64) -> String {
    let number = (number % 10_000_000).to_string();
    match (value.get(..10 - number.len()), value.get(10..)) {
        (Some(front), Some(end)) if value.len() == 11 && value.starts_with('1') => {
            format!("{front}{number}{end}")
        }
        _ => value.to_owned(),
    }
}

/// The credit code of another body of the same sort.
fn registered(value: &str, number: u64) -> String {
    let (Some(front), Some(order)) = (value.get(..8), value.get(10..16)) else {
        return value.to_owned();
    };
    let Ok(order) = order.parse::<u64>() else { return value.to_owned() };
    let eight = format!("{}{:06}", &value[8..10], (order + 97 * number) % 1_000_000);
    let checked = uscc::organisation_check(&eight).and_then(|ninth| {
        let first = format!("{front}{eight}{ninth}");
        Some(format!("{first}{}", uscc::check_character(&first)?))
    });
    checked.unwrap_or_else(|| value.to_owned())
}
