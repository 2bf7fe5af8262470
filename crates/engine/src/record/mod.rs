//! A *record*: what was kept of one case, person or committee, and what an *action* makes of it.
//!
//! ```text
//! input ──read──▶ cells ──decide──▶ Decision { record after, problems, numbers } ──desk──▶ kept
//! ```
//!
//! A record keeps its values as [`Cell`]s under the names of their columns, exactly as the store
//! does; field kinds give them meaning.

mod canonical;
mod decide;
pub mod drawn;
mod effects;
mod limits;
mod merge;
mod number;
mod read;

pub use canonical::{canonical, changes};
pub use decide::{Act, Decision, Moment, act, change, create, follow, work_out};
pub use effects::{Consequence, closed_accounts, consequences};
pub use limits::{Limit, limits, work_out_limit};
pub use merge::{
    Difference, MERGE_COLUMNS, MERGE_REASON, MERGED_INTO, MERGED_OVER, Merged, differences,
    give_back, merge,
};
pub use number::{NumberDraft, title};
pub use read::{Read, read};

use crate::{
    deadline::Calendar,
    definition::row_table,
    kind::Cells,
    query::{Cell, Rows, Source},
};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Columns that every record has besides its fields. `parent` only where it is attached.
pub const SYSTEM_COLUMNS: [&str; 13] = [
    "county",
    "id",
    "unit",
    "path",
    "state",
    "version",
    "definition",
    "title",
    "created_at",
    "created_on",
    "created_by",
    "updated_at",
    "updated_by",
];

/// A record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Its kind.
    pub kind: String,
    /// System columns and fields by column name.
    pub cells: Cells,
    /// Child rows by field.
    pub rows: BTreeMap<String, Vec<Row>>,
}

/// A child row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Its id.
    pub id: String,
    /// Its fields by column name.
    pub cells: Cells,
}

impl Record {
    /// A text column; empty if null.
    pub fn text(&self, column: &str) -> &str {
        self.cells.get(column).and_then(Cell::as_text).unwrap_or_default()
    }

    /// A number column; 0 if null.
    pub fn int(&self, column: &str) -> i64 {
        self.cells.get(column).and_then(Cell::as_int).unwrap_or_default()
    }

    /// Its id.
    pub fn id(&self) -> &str {
        self.text("id")
    }

    /// The county that keeps it.
    pub fn county(&self) -> &str {
        self.text("county")
    }

    /// Its state.
    pub fn state(&self) -> &str {
        self.text("state")
    }

    /// Its version.
    pub fn version(&self) -> i64 {
        self.int("version")
    }

    /// Whether it points to another record that means the same and remains in its place.
    pub fn is_merged(&self) -> bool {
        !self.text(MERGED_INTO).is_empty()
    }

    /// Sets a column.
    pub fn set(&mut self, column: &str, value: impl Into<Cell>) {
        self.cells.insert(column.to_owned(), value.into());
    }
}

/// What hangs around a record: the records it refers to and those attached to it.
#[derive(Clone, Debug, Default)]
pub struct Links {
    /// Cells of records referred to, by kind and id.
    pub records: BTreeMap<(String, String), Cells>,
    /// Cells of attached records, by kind.
    pub attached: BTreeMap<String, Vec<Cells>>,
    /// Cells of other records that its rules ask about.
    pub around: BTreeMap<Rows, Vec<Cells>>,
}

impl Links {
    /// Makes known what the unit with this code is called.
    pub fn name_unit(&mut self, code: &str, name: &str) {
        let cells = [("name".to_owned(), Cell::from(name))].into();
        self.records.insert(("unit".to_owned(), code.to_owned()), cells);
    }

    /// What the unit with this code is called; empty if it is not known.
    pub fn unit_name(&self, code: &str) -> &str {
        let name = self.get("unit", code).and_then(|cells| cells.get("name"));
        name.and_then(Cell::as_text).unwrap_or_default()
    }

    /// The cells of a record referred to.
    pub fn get(&self, kind: &str, id: &str) -> Option<&Cells> {
        self.records.get(&(kind.to_owned(), id.to_owned()))
    }
}

/// A record, or one row of it, as rules look at it.
#[derive(Clone, Copy)]
pub struct View<'a> {
    cells: &'a Cells,
    record: Option<&'a Record>,
    links: &'a Links,
    today: Date,
    outer: Option<&'a View<'a>>,
    calendar: Option<&'a Calendar>,
}

impl<'a> View<'a> {
    /// The whole record.
    pub fn record(record: &'a Record, links: &'a Links, today: Date) -> Self {
        Self {
            cells: &record.cells,
            record: Some(record),
            links,
            today,
            outer: None,
            calendar: None,
        }
    }

    /// One row.
    pub fn row(cells: &'a Cells, links: &'a Links, today: Date) -> Self {
        Self { cells, record: None, links, today, outer: None, calendar: None }
    }

    /// The same, with a calendar at hand.
    #[must_use]
    pub fn by(self, calendar: &'a Calendar) -> Self {
        Self { calendar: Some(calendar), ..self }
    }

    /// The same, as a row of the record that the whole question is about.
    #[must_use]
    pub fn inside(self, outer: &'a View<'a>) -> Self {
        Self { outer: Some(outer.outer.unwrap_or(outer)), ..self }
    }
}

impl Source for View<'_> {
    fn column(&self, name: &str) -> Cell {
        self.cells.get(name).cloned().unwrap_or(Cell::Null)
    }

    fn linked(&self, column: &str, table: &str, target: &str) -> Cell {
        let id = self.cells.get(column).and_then(Cell::as_text).unwrap_or_default();
        let cells = self.links.get(table, id);
        cells.and_then(|c| c.get(target)).cloned().unwrap_or(Cell::Null)
    }

    fn referred(&self, column: &str, table: &str, each: &mut dyn FnMut(&dyn Source)) {
        let id = self.cells.get(column).and_then(Cell::as_text).unwrap_or_default();
        if let Some(cells) = self.links.get(table, id) {
            let other = View::row(cells, self.links, self.today);
            each(&View { calendar: self.calendar, ..other });
        }
    }

    fn others(&self, rows: &Rows, each: &mut dyn FnMut(&dyn Source)) {
        let mut tell = |cells: &Cells| {
            let row = View::row(cells, self.links, self.today).inside(self);
            each(&View { calendar: self.calendar, ..row });
        };
        if !rows.are_children() {
            self.links.around.get(rows).into_iter().flatten().for_each(tell);
            return;
        }
        let Some(record) = self.record else { return };
        for (field, own) in &record.rows {
            if row_table(&record.kind, field) == rows.table {
                own.iter().for_each(|row| tell(&row.cells));
            }
        }
        self.links.attached.get(&rows.table).into_iter().flatten().for_each(tell);
    }

    fn outer(&self, name: &str) -> Cell {
        self.outer.unwrap_or(self).column(name)
    }

    fn today(&self) -> Date {
        self.today
    }

    fn works(&self, day: Date) -> Option<bool> {
        self.calendar?.is_working_day(day).ok()
    }
}
