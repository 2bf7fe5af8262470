//! Field kinds, one file each: its columns, reading and checking, showing, and how it looks to
//! forms, rules and programs. A new kind is a new file and a line in [`make`].

mod code;
mod codes;
mod computed;
mod date;
mod date_time;
mod file;
mod id_number;
mod name;
mod number;
mod phone;
mod place;
mod reference;
mod rows;
mod text;
mod uscc;
mod yes_no;

pub use file::{Photo, parts as file_parts};
pub use reference::{BODY, PERSON};

use crate::{
    definition::{Bound, Class, Field, House, Place},
    problem::Problem,
    query::{Cell, Column},
    rule::Type,
};
use jiff::civil::Date;
use serde_json::Value as Json;
use std::{collections::BTreeMap, fmt::Debug, sync::Arc};

/// Columns of one row with their values.
pub type Cells = BTreeMap<String, Cell>;

/// What a field is made of, for whoever must treat some kinds in their own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape<'a> {
    /// One value, typed in one box.
    Plain,
    /// Many lines of text.
    Long,
    /// A code of a table.
    Code(&'a str),
    /// Several codes of a table.
    Codes(&'a str),
    /// Yes or no.
    YesNo,
    /// A day.
    Date,
    /// A moment.
    DateTime,
    /// A number; the text is its unit.
    Number,
    /// An amount of money.
    Money,
    /// A record of a kind. Persons and bodies are records of the shared archives.
    Reference(&'a str),
    /// A unit of the tree, of a level (empty: any).
    Unit(&'a str),
    /// An account.
    Account,
    /// Division, address and coordinates.
    Place,
    /// An attached file; for a photograph, the room it must fit into.
    File(Option<Photo>),
    /// Child rows of a kind.
    Rows(&'a str),
    /// Worked out, never typed.
    Computed,
}

/// What reading an input needs to know.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    /// All definitions.
    pub house: &'a House,
    /// The calendar day in China.
    pub today: Date,
    /// The other inputs of the same row.
    pub siblings: &'a serde_json::Map<String, Json>,
}

/// A value that was read.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    /// Its columns.
    pub cells: Vec<(String, Cell)>,
    /// Columns of other fields that follow from it; they fill what nobody typed.
    pub derived: Vec<(String, Cell)>,
    /// What the person may want to look at again.
    pub warnings: Vec<Problem>,
}

/// Names that only the keeper of records knows.
pub trait Names {
    /// What the record, unit (`unit`) or account (`account`) is called.
    fn name(&self, kind: &str, id: &str) -> Option<String>;
}

/// Nobody's names: ids are shown as they are.
pub struct NoNames;

impl Names for NoNames {
    fn name(&self, _: &str, _: &str) -> Option<String> {
        None
    }
}

/// What showing a value needs to know.
#[derive(Clone, Copy)]
pub struct Showing<'a> {
    /// All definitions.
    pub house: &'a House,
    /// Names of what is referred to.
    pub names: &'a dyn Names,
}

/// A kind of field.
pub trait FieldKind: Debug + Send + Sync {
    /// The word of the definition language.
    fn word(&self) -> &'static str;

    /// What it is made of.
    fn shape(&self) -> Shape<'_> {
        Shape::Plain
    }

    /// Its columns. The first bears the field's id.
    fn columns(&self, id: &str) -> Vec<Column> {
        vec![Column::text(id)]
    }

    /// Reads one value that is not empty.
    fn read(&self, field: &Field, input: &Json, cx: &Reading<'_>) -> Result<Taken, Problem>;

    /// Fields beside it that its value fills in.
    fn tells(&self) -> Vec<&str> {
        Vec::new()
    }

    /// The value as people read it; empty if there is none.
    fn show(&self, field: &Field, cells: &Cells, cx: &Showing<'_>) -> String {
        let _ = cx;
        cell_text(cells.get(&field.id))
    }

    /// The value as programs read it.
    fn json(&self, field: &Field, cells: &Cells) -> Json {
        match cells.get(&field.id) {
            None | Some(Cell::Null) => Json::Null,
            Some(Cell::Int(number)) => Json::from(*number),
            Some(Cell::Text(text)) => Json::from(text.as_str()),
        }
    }

    /// The value as it is typed into a form again.
    fn typed(&self, field: &Field, cells: &Cells) -> String {
        cell_text(cells.get(&field.id))
    }

    /// Fields beside it without which its value means nothing.
    fn needs(&self) -> Vec<&str> {
        Vec::new()
    }

    /// Whether two different values, one in each of two records, show that these are not one and
    /// the same: `None` if that is for people to say.
    fn tells_apart(&self, one: &Cells, other: &Cells) -> Option<bool> {
        let _ = (one, other);
        Some(true)
    }

    /// JSON Schema of [`FieldKind::json`].
    fn schema(&self, field: &Field, house: &House) -> Json;

    /// Its type in rules.
    fn rule_type(&self) -> Type {
        Type::Text
    }

    /// Reads a bound as written in a definition.
    fn bound(&self, text: &str) -> Option<Bound> {
        text.parse().ok().map(Bound::Number)
    }

    /// The value with what identifies hidden.
    fn mask(&self, shown: &str) -> String {
        "*".repeat(shown.chars().count().min(8))
    }

    /// The rule of a computed field, to be compiled.
    fn rule(&self) -> Option<&crate::rule::Rule> {
        None
    }

    /// The same kind with its rule compiled.
    fn with_rule(&self, rule: crate::rule::Rule, value_type: Type) -> Option<Arc<dyn FieldKind>> {
        let _ = (rule, value_type);
        None
    }
}

fn cell_text(cell: Option<&Cell>) -> String {
    match cell {
        None | Some(Cell::Null) => String::new(),
        Some(Cell::Int(number)) => number.to_string(),
        Some(Cell::Text(text)) => text.clone(),
    }
}

/// All words that name a kind.
pub const WORDS: &[&str] = &[
    "文本",
    "长文本",
    "姓名",
    "整数",
    "金额",
    "小数",
    "日期",
    "日期时间",
    "是否",
    "代码",
    "多选",
    "人员",
    "单位主体",
    "机构",
    "账号",
    "引用",
    "地点",
    "电话",
    "证件号",
    "信用代码",
    "文件",
    "多行",
    "计算",
];

/// Settings that belong to kinds.
pub const SETTINGS: &[&str] = &["位数", "级", "证件类型", "性别", "出生日期", "照片"];

/// Whether the kind's word is followed by an argument.
pub fn takes_argument(word: &str) -> bool {
    matches!(word, "代码" | "多选" | "引用" | "多行" | "计算")
}

/// Makes a kind from its word, argument and settings.
pub fn make(
    word: &str,
    argument: Option<&str>,
    setting: &dyn Fn(&str) -> Option<(String, Place)>,
) -> Result<Arc<dyn FieldKind>, String> {
    let argument = match (takes_argument(word), argument) {
        (true, None) => return Err(format!("“{word}”后面要写{}", wanted(word))),
        (_, argument) => argument.unwrap_or_default(),
    };
    let text_setting = |name: &str| setting(name).map(|(text, _)| text).unwrap_or_default();
    Ok(match word {
        "文本" => Arc::new(text::Text { long: false }),
        "长文本" => Arc::new(text::Text { long: true }),
        "整数" => Arc::new(number::Number::whole()),
        "金额" => Arc::new(number::Number::money()),
        "小数" => Arc::new(number::Number::decimal(&text_setting("位数"))?),
        "日期" => Arc::new(date::DateKind),
        "日期时间" => Arc::new(date_time::DateTimeKind),
        "是否" => Arc::new(yes_no::YesNo),
        "代码" => Arc::new(code::CodeKind { table: argument.to_owned() }),
        "多选" => Arc::new(codes::CodesKind { table: argument.to_owned() }),
        "人员" => Arc::new(reference::Reference::person()),
        "单位主体" => Arc::new(reference::Reference::body()),
        "机构" => Arc::new(reference::Reference::unit(&text_setting("级"))),
        "账号" => Arc::new(reference::Reference::account()),
        "引用" => reference(argument),
        "地点" => Arc::new(place::PlaceKind),
        "电话" => Arc::new(phone::Phone),
        "姓名" => Arc::new(name::Name),
        "证件号" => Arc::new(id_number::IdNumberKind {
            type_field: text_setting("证件类型"),
            sex_field: text_setting("性别"),
            birth_field: text_setting("出生日期"),
        }),
        "信用代码" => Arc::new(uscc::Uscc),
        "文件" => Arc::new(file::FileKind { photo: photo(&text_setting("照片"))? }),
        "多行" => Arc::new(rows::Rows { row: argument.to_owned() }),
        "计算" => Arc::new(computed::Computed::new(argument)),
        "" => return Err("字段要写种类".to_owned()),
        other => return Err(format!("没有“{other}”这种字段")),
    })
}

fn photo(text: &str) -> Result<Option<Photo>, String> {
    match text {
        "" => Ok(None),
        text => Photo::read(text).map(Some).ok_or_else(|| {
            format!("“照片={text}”看不懂，要写最大宽x高（像素）和大小，如 照片=\"295x413 100KB\"")
        }),
    }
}

fn wanted(word: &str) -> &'static str {
    match word {
        "代码" | "多选" => "代码表",
        "引用" => "档案",
        "多行" => "行",
        _ => "算法",
    }
}

/// A reference to records of `kind`.
pub fn reference(kind: &str) -> Arc<dyn FieldKind> {
    Arc::new(reference::Reference::record(kind))
}

/// The text of an input that may come from a form or from a program.
fn text_of(field: &Field, input: &Json) -> Result<String, Problem> {
    match input {
        Json::String(text) => Ok(text.clone()),
        Json::Number(number) => Ok(number.to_string()),
        _ => Err(wrong_type(field, "文字")),
    }
}

/// Problem `type`: an input of the wrong JSON type.
fn wrong_type(field: &Field, wanted: &str) -> Problem {
    Problem::error("type", format!("“{}”应为{wanted}", field.label)).under(&field.basis)
}

/// Whether an input says nothing: absent, null, blank text, empty list or object.
pub fn is_blank(input: &Json) -> bool {
    match input {
        Json::Null => true,
        Json::String(text) => text.trim().is_empty(),
        Json::Array(list) => list.is_empty(),
        Json::Object(map) => map.values().all(is_blank),
        _ => false,
    }
}

impl Field {
    /// The value as this reader may see it: masked where the class is above the reader's.
    pub fn show(&self, cells: &Cells, cx: &Showing<'_>, sees: Class) -> String {
        let shown = self.kind.show(self, cells, cx);
        if self.class <= sees || shown.is_empty() { shown } else { self.kind.mask(&shown) }
    }
}

/// The moment `ms` (milliseconds since 1970 UTC) as a civil time in China.
pub fn china_time(ms: i64) -> jiff::civil::DateTime {
    let moment = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    jiff::tz::Offset::constant(8).to_datetime(moment)
}

/// The moment at which `day` has ended in China, in milliseconds since 1970 UTC.
pub fn end_of_day(day: jiff::civil::Date) -> i64 {
    let next = day.tomorrow().unwrap_or(day).at(0, 0, 0, 0);
    let moment = jiff::tz::Offset::constant(8).to_timestamp(next);
    moment.map_or(i64::MAX, jiff::Timestamp::as_millisecond)
}
