//! Numbers and titles: patterns filled from a record.

use super::{Links, Record};
use crate::{
    definition::{Field, Fields, House, Numbering, RecordKind, TitlePart, UNIT},
    kind::{Cells, NoNames, Shape, Showing},
};
use jiff::civil::Date;

/// A number to be allotted: the store puts the next of the series between the two texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberDraft {
    /// Field that will hold it.
    pub field: String,
    /// Name of the series.
    pub series: String,
    /// Text before.
    pub before: String,
    /// Least number of digits.
    pub width: usize,
    /// Text behind.
    pub after: String,
}

/// Where words of a pattern get their values.
struct Fill<'a> {
    house: &'a House,
    kind: &'a RecordKind,
    record: &'a Record,
    links: &'a Links,
    today: Date,
}

/// The number drafts that `when` (`create` or an action) calls for, for fields still empty.
pub fn drafts(
    house: &House,
    kind: &RecordKind,
    record: &Record,
    links: &Links,
    today: Date,
    when: &str,
) -> Vec<NumberDraft> {
    let fill = Fill { house, kind, record, links, today };
    let due = |n: &&Numbering| n.when == when && record.text(&n.field).is_empty();
    kind.numbers.iter().filter(due).map(|n| fill.draft(n)).collect()
}

impl Fill<'_> {
    fn draft(&self, numbering: &Numbering) -> NumberDraft {
        let keys: Vec<String> = numbering.per.iter().map(|key| self.key(key)).collect();
        let mut draft = NumberDraft {
            field: numbering.field.clone(),
            series: format!("{}.{}/{}", self.kind.id, numbering.field, keys.join("/")),
            before: String::new(),
            width: 0,
            after: String::new(),
        };
        let mut passed = false;
        for part in &numbering.pattern {
            match part {
                TitlePart::Word(word, width) if word == "序" => {
                    passed = true;
                    draft.width = *width;
                }
                part if passed => draft.after += &self.part(part),
                part => draft.before += &self.part(part),
            }
        }
        draft
    }

    fn key(&self, key: &str) -> String {
        if key.is_ascii() { self.record.text(key).to_owned() } else { self.word(key) }
    }

    fn part(&self, part: &TitlePart) -> String {
        match part {
            TitlePart::Text(text) => text.clone(),
            TitlePart::Word(word, _) => self.word(word),
            TitlePart::Field(id) => shown(self.house, &self.kind.fields, id, &self.record.cells),
            TitlePart::Linked(id, target) => self.linked(id, target),
        }
    }

    fn linked(&self, id: &str, target: &str) -> String {
        let Some(Shape::Reference(kind)) = self.kind.fields.get(id).map(|f| f.kind.shape()) else {
            return String::new();
        };
        let cells = self.links.get(kind, self.record.text(id));
        match (self.house.kind(kind), cells) {
            (Some(kind), Some(cells)) => shown(self.house, &kind.fields, target, cells),
            _ => String::new(),
        }
    }

    fn word(&self, word: &str) -> String {
        let level = |digits: usize| {
            let path = self.record.text("path");
            let unit = path.split('/').rfind(|u| !u.is_empty() && u.len() <= digits);
            format!("{:0<digits$}", unit.unwrap_or_default())
        };
        match word {
            "省" => self.province(),
            "市" => level(4),
            "县" => level(6),
            "乡" => level(9),
            "村" => level(12),
            "年" => format!("{:04}", self.today.year()),
            "月" => format!("{:02}", self.today.month()),
            "日" => format!("{:02}", self.today.day()),
            UNIT => self.links.unit_name(self.record.text("unit")).to_owned(),
            "日期" => self.today.strftime("%Y%m%d").to_string(),
            _ => String::new(),
        }
    }

    /// The two letters of GB/T 2260, or the two digits where the province has none.
    fn province(&self) -> String {
        let digits: String = self.record.text("path").chars().take(2).collect();
        let table = self.house.codes.get("province_alpha");
        let letters = table.and_then(|t| {
            t.codes.iter().find(|c| c.parent.starts_with(&digits) && !digits.is_empty())
        });
        letters.map_or(digits, |c| c.code.clone())
    }
}

fn shown(house: &House, fields: &Fields, id: &str, cells: &Cells) -> String {
    let cx = Showing { house, names: &NoNames };
    fields.get(id).map(|f: &Field| f.kind.show(f, cells, &cx)).unwrap_or_default()
}

/// What the record is called.
pub fn title(
    house: &House,
    kind: &RecordKind,
    record: &Record,
    links: &Links,
    today: Date,
) -> String {
    let fill = Fill { house, kind, record, links, today };
    let title: String = kind.title.iter().map(|part| fill.part(part)).collect();
    let title = title.trim();
    if title.is_empty() { kind.label.clone() } else { title.chars().take(120).collect() }
}
