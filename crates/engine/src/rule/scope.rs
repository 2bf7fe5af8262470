//! What names mean in a rule: the fields of the record, of a row of it, of the record referred to.

use crate::{
    definition::{Field, Fields, House, RecordKind, RowKind, row_table},
    kind::Shape,
};

/// The type of a value in a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// A number kept as a whole number of units of 10^-scale.
    Number {
        /// Decimal places.
        scale: u8,
    },
    /// Text.
    Text,
    /// A calendar day.
    Date,
    /// Yes or no.
    YesNo,
    /// A code of a table.
    Code(String),
    /// Several codes of a table.
    Codes(String),
    /// The id of a record of a kind, or of a unit, account or person.
    Reference(String),
    /// A state of a record kind.
    State(String),
    /// The level of a unit.
    Level,
    /// Child rows or attached records: only to be counted.
    Rows,
    /// A kind that rules do not look into (files, places beyond being empty).
    Opaque,
}

impl Type {
    /// What it is called in messages.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Number { .. } => "数",
            Self::Text => "文字",
            Self::Date => "日期",
            Self::YesNo => "是否",
            Self::Code(_) => "代码",
            Self::Codes(_) => "多个代码",
            Self::Reference(_) => "档案",
            Self::State(_) => "状态",
            Self::Level => "单位的级",
            Self::Rows => "多行",
            Self::Opaque => "这种字段",
        }
    }
}

/// Where a rule stands.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// All definitions.
    pub house: &'a House,
    /// The kind of record.
    pub kind: &'a RecordKind,
    /// The kind of row, if the rule is about one row.
    pub row: Option<&'a RowKind>,
    /// Whether it may ask about other records than those that hang on this one, and (about a row)
    /// about the record the row is of: where those are at hand when it is looked at.
    pub looks_around: bool,
}

/// What a name stands for.
#[derive(Clone, Debug)]
pub(super) struct Symbol {
    /// Column, or table of rows.
    pub column: String,
    /// Type of its value.
    pub value_type: Type,
    /// What it is called.
    pub label: String,
    /// Row kind or record kind behind rows and references.
    pub target: String,
}

impl<'a> Scope<'a> {
    /// A scope for records of `kind`.
    pub fn record(house: &'a House, kind: &'a RecordKind) -> Self {
        Self { house, kind, row: None, looks_around: false }
    }

    /// The same, where other records are at hand.
    pub fn around(self) -> Self {
        Self { looks_around: true, ..self }
    }

    /// The scope of one row of the record.
    pub fn of_row(self, row: &'a RowKind) -> Self {
        Self { row: Some(row), ..self }
    }

    /// Names that can be written here, with what they stand for: labels, then ids.
    pub(super) fn symbols(&self) -> Vec<(String, Symbol)> {
        let mut symbols = Vec::new();
        match self.row {
            Some(row) => add_fields(&mut symbols, &row.fields, self.kind),
            None => {
                add_fields(&mut symbols, &self.kind.fields, self.kind);
                self.add_attached(&mut symbols);
                add_system(&mut symbols, self.kind);
            }
        }
        symbols
    }

    fn add_attached(&self, symbols: &mut Vec<(String, Symbol)>) {
        for kind in self.house.attached_to(&self.kind.id) {
            let symbol = Symbol {
                column: kind.id.clone(),
                value_type: Type::Rows,
                label: kind.label.clone(),
                target: kind.id.clone(),
            };
            symbols.push((kind.label.clone(), symbol.clone()));
            symbols.push((kind.id.clone(), symbol));
        }
    }

    /// Names of the record that a reference leads to.
    pub(super) fn symbols_of(&self, kind: &str) -> Vec<(String, Symbol)> {
        let mut symbols = Vec::new();
        if let Some(kind) = self.house.kind(kind) {
            add_fields(&mut symbols, &kind.fields, kind);
            add_system(&mut symbols, kind);
        }
        symbols
    }
}

fn add_fields(symbols: &mut Vec<(String, Symbol)>, fields: &Fields, kind: &RecordKind) {
    for field in fields {
        let symbol = symbol_of(field, kind);
        symbols.push((field.label.clone(), symbol.clone()));
        symbols.push((field.id.clone(), symbol));
    }
}

fn symbol_of(field: &Field, kind: &RecordKind) -> Symbol {
    let (column, target) = match field.kind.shape() {
        Shape::Rows(row) => (row_table(&kind.id, &field.id), row.to_owned()),
        Shape::Reference(kind) => (field.id.clone(), kind.to_owned()),
        _ => (field.id.clone(), String::new()),
    };
    Symbol { column, value_type: field.kind.rule_type(), label: field.label.clone(), target }
}

fn add_system(symbols: &mut Vec<(String, Symbol)>, kind: &RecordKind) {
    let mut add = |label: &str, column: &str, value_type: Type| {
        let symbol = Symbol {
            column: column.to_owned(),
            value_type,
            label: label.to_owned(),
            target: String::new(),
        };
        symbols.push((label.to_owned(), symbol.clone()));
        symbols.push((column.to_owned(), symbol));
    };
    if !kind.states.is_empty() {
        add("状态", "state", Type::State(kind.id.clone()));
    }
    add("登记日期", "created_on", Type::Date);
    add("所属单位", "unit", Type::Reference("unit".to_owned()));
}
