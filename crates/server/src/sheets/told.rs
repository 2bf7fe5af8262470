//! How the cells of a list are told, on a page and in a sheet alike.

use desk::ask::NameBook;
use engine::{
    definition::{Class, Field, House, RecordKind},
    kind::{Names, Showing, china_time},
    record::Record,
};

/// What a column is called: a field of the kind, or a column every record has.
pub fn column_label<'k>(kind: &'k RecordKind, id: &str) -> &'k str {
    match (id, kind.fields.get(id)) {
        (_, Some(field)) => &field.label,
        ("state", _) => "状态",
        ("unit", _) => "所属单位",
        ("created_at", _) => "登记时间",
        ("title", _) => "名称",
        _ => "",
    }
}

/// How cells are told in lists and sheets.
pub struct Tell<'a> {
    /// All definitions.
    pub house: &'a House,
    /// The kind.
    pub kind: &'a RecordKind,
    /// Names of what the records refer to.
    pub names: &'a NameBook,
    /// Highest class of fields shown unmasked.
    pub sees: Class,
}

impl Tell<'_> {
    /// What stands in a column: in a field of the kind, or in what every record has.
    pub fn cell(&self, record: &Record, id: &str, field: Option<&Field>) -> String {
        if let Some(field) = field {
            let cx = Showing { house: self.house, names: self.names };
            return field.show(&record.cells, &cx, self.sees);
        }
        match id {
            "state" => self.kind.state_label(record.state()).to_owned(),
            "unit" => self.names.name("unit", record.text("unit")).unwrap_or_default(),
            "created_at" => engine::check::date::show(china_time(record.int(id)).date()),
            _ => record.text(id).to_owned(),
        }
    }
}
