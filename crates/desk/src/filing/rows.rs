//! Confirmed figures as text, and rounds as rows.

use super::{Filing, State, Waiting};
use crate::{ops::values, report::ReportAnswer};
use engine::{query::Cell, rule::Worked};
use serde_json::{Value as Json, json};
use store::seam::Operation;

/// A table of figures as it was confirmed. It says itself what its columns are called, so that it can
/// be read when the definition has another form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Confirmed {
    /// What the report was called.
    pub label: String,
    /// The columns.
    pub columns: Vec<ConfirmedColumn>,
    /// The whole first, then what stood below it.
    pub rows: Vec<ConfirmedRow>,
}

/// A column of a confirmed table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfirmedColumn {
    /// Its id.
    pub id: String,
    /// Its heading.
    pub label: String,
    /// Unit of its figures.
    pub unit: String,
    /// Its group's heading.
    pub group: String,
}

/// A row of a confirmed table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfirmedRow {
    /// Its unit; empty for 本级.
    pub unit: String,
    /// What it was called.
    pub name: String,
    /// Its figures, in the order of the columns.
    pub figures: Vec<Worked>,
}

impl Confirmed {
    /// The table of a report as it is answered.
    pub fn of(answer: &ReportAnswer) -> Self {
        let columns = answer.report.groups.iter().flat_map(|group| {
            group.columns.iter().map(|column| ConfirmedColumn {
                id: column.id.clone(),
                label: column.label.clone(),
                unit: column.unit.clone(),
                group: group.label.clone(),
            })
        });
        let rows = std::iter::once(&answer.total).chain(&answer.rows).map(|row| ConfirmedRow {
            unit: row.unit.clone(),
            name: row.name.clone(),
            figures: row.figures.clone(),
        });
        Self {
            label: answer.report.label.clone(),
            columns: columns.collect(),
            rows: rows.collect(),
        }
    }

    /// The same table as the same text always.
    pub fn text(&self) -> String {
        let column = |c: &ConfirmedColumn| json!([c.id, c.label, c.unit, c.group]);
        let figure = |f: &Worked| json!([f.number.to_string(), f.of.to_string()]);
        let row = |r: &ConfirmedRow| {
            json!([r.unit, r.name, r.figures.iter().map(figure).collect::<Vec<_>>()])
        };
        json!([
            self.label,
            self.columns.iter().map(column).collect::<Vec<_>>(),
            self.rows.iter().map(row).collect::<Vec<_>>()
        ])
        .to_string()
    }

    pub(super) fn read(text: &str) -> Option<Self> {
        let all: Json = serde_json::from_str(text).ok()?;
        let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
        let number = |value: &Json| value.as_str().and_then(|text| text.parse().ok()).unwrap_or(0);
        let list = |value: &Json| value.as_array().cloned().unwrap_or_default();
        let columns = list(&all[1]).into_iter().map(|c| ConfirmedColumn {
            id: text(&c[0]),
            label: text(&c[1]),
            unit: text(&c[2]),
            group: text(&c[3]),
        });
        let figure = |f: &Json| Worked { number: number(&f[0]), of: number(&f[1]) };
        let rows = list(&all[2]).into_iter().map(|r| ConfirmedRow {
            unit: text(&r[0]),
            name: text(&r[1]),
            figures: list(&r[2]).iter().map(figure).collect(),
        });
        Some(Self { label: text(&all[0]), columns: columns.collect(), rows: rows.collect() })
    }

    /// The figure of a column in the row of a unit.
    pub fn figure(&self, unit: &str, column: &str) -> Option<Worked> {
        let at = self.columns.iter().position(|c| c.id == column)?;
        let row = self.rows.iter().find(|row| row.unit == unit)?;
        row.figures.get(at).copied()
    }
}

/// In the order in which [`read`] takes them.
pub const COLUMNS: [&str; 19] = [
    "county",
    "id",
    "report",
    "unit",
    "first",
    "last",
    "round",
    "state",
    "figures",
    "hash",
    "definition",
    "open",
    "reason",
    "at",
    "by_name",
    "decided_at",
    "decided_name",
    "decision",
    "version",
];

pub fn read(row: &[Cell]) -> Option<Filing> {
    let text = |at: usize| row.get(at).and_then(Cell::as_text).unwrap_or_default().to_owned();
    let int = |at: usize| row.get(at).and_then(Cell::as_int);
    Some(Filing {
        county: text(0),
        id: text(1),
        report: text(2),
        unit: text(3),
        from: text(4),
        to: text(5),
        round: int(6)?,
        state: state(&text(7))?,
        figures: Confirmed::read(&text(8))?,
        hash: text(9),
        definition: text(10),
        open: serde_json::from_str(&text(11)).unwrap_or_default(),
        reason: text(12),
        at: int(13)?,
        by: text(14),
        decided_at: int(15),
        decided_by: text(16),
        decision: text(17),
        version: int(18)?,
    })
}

fn state(id: &str) -> Option<State> {
    State::ALL.into_iter().find(|state| state.id() == id)
}

pub fn waiting(row: &[Cell]) -> Option<Waiting> {
    let text = |at: usize| row.get(at).and_then(Cell::as_text).unwrap_or_default().to_owned();
    let int = |at: usize| row.get(at).and_then(Cell::as_int);
    Some(Waiting {
        report: text(0),
        unit: text(1),
        from: text(2),
        to: text(3),
        round: int(4)?,
        state: state(&text(5))?,
        since: int(7).or(int(6))?,
    })
}

impl Filing {
    /// What keeps it for the first time.
    pub(super) fn insert(&self, account: &str) -> Operation {
        let decided = self.decided_at.is_some();
        let mut row = values([
            ("county", self.county.as_str().into()),
            ("id", self.id.as_str().into()),
            ("report", self.report.as_str().into()),
            ("unit", self.unit.as_str().into()),
            ("first", self.from.as_str().into()),
            ("last", self.to.as_str().into()),
            ("round", self.round.into()),
            ("state", self.state.id().into()),
            ("figures", self.figures.text().into()),
            ("hash", self.hash.as_str().into()),
            ("definition", self.definition.as_str().into()),
            ("open", json!(self.open).to_string().into()),
            ("reason", self.reason.as_str().into()),
            ("at", self.at.into()),
            ("by", account.into()),
            ("by_name", self.by.as_str().into()),
            ("version", self.version.into()),
        ]);
        if decided {
            row.extend(values([
                ("decided_at", self.at.into()),
                ("decided_by", account.into()),
                ("decided_name", self.by.as_str().into()),
            ]));
        }
        Operation::Insert { table: "filing".to_owned(), values: row }
    }
}
