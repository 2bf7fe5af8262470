//! What a definition says of figures: statistics, and the reports made of them.

use super::Place;
use crate::rule::Rule;

/// A statistic: what is counted of one kind of record, in the month of one date.
#[derive(Clone, Debug)]
pub struct Statistic {
    /// Id.
    pub id: String,
    /// What it is called.
    pub label: String,
    /// In words.
    pub help: String,
    /// Kind counted.
    pub kind: String,
    /// Date field whose month is the period.
    pub month: String,
    /// Counted only if this holds.
    pub when: Option<Rule>,
    /// What is counted.
    pub measures: Vec<Measure>,
    /// Where it is written.
    pub place: Place,
}

/// One measure of a statistic.
#[derive(Clone, Debug)]
pub struct Measure {
    /// Id.
    pub id: String,
    /// What it is called.
    pub label: String,
    /// Unit, 件 人 元.
    pub unit: String,
    /// Counted only if this holds.
    pub when: Option<Rule>,
    /// What one record adds.
    pub adds: Adds,
    /// Code fields it is also counted by; `ref.field` reaches one record further.
    pub by: Vec<String>,
}

/// What one record adds to a measure.
#[derive(Clone, Debug)]
pub enum Adds {
    /// One.
    One,
    /// The number in a field.
    Field(String),
    /// The number of rows for which the rule holds.
    Rows(String, Option<Rule>),
    /// The sum of a number in rows for which the rule holds.
    RowSum(String, String, Option<Rule>),
}

/// An official report.
#[derive(Clone, Debug)]
pub struct Report {
    /// Id.
    pub id: String,
    /// What it is called.
    pub label: String,
    /// Business it belongs to.
    pub business: String,
    /// In words: period, what counts.
    pub help: String,
    /// Law or notice.
    pub basis: String,
    /// Groups of columns.
    pub groups: Vec<ReportGroup>,
    /// Cross-checks.
    pub checks: Vec<ReportCheck>,
    /// Where it is written.
    pub place: Place,
}

impl Report {
    /// All columns in order.
    pub fn columns(&self) -> impl Iterator<Item = &ReportColumn> {
        self.groups.iter().flat_map(|g| &g.columns)
    }
}

/// A group of columns.
#[derive(Clone, Debug)]
pub struct ReportGroup {
    /// Its heading.
    pub label: String,
    /// Its columns.
    pub columns: Vec<ReportColumn>,
}

/// A column of a report.
#[derive(Clone, Debug)]
pub struct ReportColumn {
    /// Id.
    pub id: String,
    /// Its heading.
    pub label: String,
    /// Unit: 件 人 万元 次 %.
    pub unit: String,
    /// Where the figure comes from.
    pub value: crate::rule::Figure,
    /// Law or notice.
    pub basis: String,
    /// Where it is written.
    pub place: Place,
}

/// A cross-check of a report: two figures compared.
#[derive(Clone, Debug)]
pub struct ReportCheck {
    /// Id, for instance `F1`.
    pub id: String,
    /// What it says.
    pub label: String,
    /// Left side.
    pub left: crate::rule::Figure,
    /// How they are compared.
    pub comparison: crate::query::Comparison,
    /// Right side.
    pub right: crate::rule::Figure,
    /// The check as written.
    pub text: String,
}
