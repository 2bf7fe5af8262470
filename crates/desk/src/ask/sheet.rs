//! A list as a sheet: the same question as a list page, answered to its end. Pages are larger and
//! bring only what the sheet shows; who may see what is decided where it is for a list.

use super::{
    NameBook,
    list::{ListAsk, list_of, sees_in_lists, shown_columns},
};
use crate::boxed;
use crate::{Actor, Desk, Refusal, rows::blank};
use engine::{
    definition::{Class, House, RecordKind},
    kind::{Cells, Shape},
    query::{Cell, Select},
    record::Record,
};
use std::{collections::BTreeSet, sync::Arc};
use store::seam::Row;

/// Rows read at once: many enough that the question costs nothing beside them, few enough that they
/// take no memory worth mentioning.
const AT_ONCE: u32 = 2_000;

/// Columns of a whole sheet behind the fields: what people know of any record.
const EVERY_RECORD_HAS: [&str; 3] = ["state", "unit", "created_at"];

/// A list that is read to its end, some rows at a time.
pub struct Sheet {
    house: Arc<House>,
    /// The kind.
    pub kind: Arc<RecordKind>,
    /// Columns shown.
    pub columns: Vec<String>,
    /// Highest class of fields shown unmasked.
    pub sees: Class,
    select: Select,
    references: Vec<(usize, String)>,
    sealed: Vec<usize>,
    at_once: u32,
    left: usize,
    actor: Actor,
}

/// Some rows of a sheet.
pub struct SheetPart {
    columns: Vec<String>,
    rows: Vec<Row>,
    kind: String,
    /// Names of what the rows refer to.
    pub names: NameBook,
}

impl Desk {
    /// Begins to read a list of at most so many rows.
    #[boxed]
    pub async fn sheet(
        &self,
        actor: &Actor,
        ask: &ListAsk,
        at_most: usize,
    ) -> Result<Sheet, Refusal> {
        let house = self.house();
        let kind =
            house.kind(&ask.kind).cloned().ok_or(Refusal::NotFound("这种档案".to_owned()))?;
        let list = list_of(&kind, ask);
        let mut columns = shown_columns(&kind, list, ask.whole);
        if ask.whole {
            columns.extend(EVERY_RECORD_HAS.map(str::to_owned));
        }
        let mut select = self.list_select(actor, &house, &kind, list, ask, &columns).await?;
        select.columns = needed(&select, &columns);
        let references = references(&kind, &select.columns);
        let sealed = places(&select.columns, |column| kind.layout.sealed.contains(column));
        let sees = sees_in_lists(actor);
        Ok(Sheet {
            house,
            kind,
            columns,
            sees,
            select,
            references,
            sealed,
            at_once: AT_ONCE,
            left: at_most,
            actor: actor.clone(),
        })
    }
}

impl Sheet {
    /// The same, so many rows at a time.
    #[must_use]
    pub fn in_parts_of(self, at_once: u32) -> Self {
        Self { at_once, ..self }
    }

    /// The next rows; none at the end.
    #[boxed]
    pub async fn next(&mut self, desk: &Desk) -> Result<Option<SheetPart>, Refusal> {
        if self.left == 0 {
            return Ok(None);
        }
        let at_once = u32::try_from(self.left).unwrap_or(u32::MAX).min(self.at_once);
        self.select.limit = at_once;
        let mut rows = desk.keeper.find(&self.select).await?;
        self.left = if rows.len() < at_once as usize { 0 } else { self.left - rows.len() };
        let Some(last) = rows.last() else { return Ok(None) };
        self.select.after = Some(self.place(last));
        for row in &mut rows {
            for at in &self.sealed {
                row.get_mut(*at).into_iter().for_each(|cell| desk.sealer.open_cell(cell));
            }
        }
        let names = self.names(desk, &rows).await?;
        let (columns, kind) = (self.select.columns.clone(), self.kind.id.clone());
        Ok(Some(SheetPart { columns, rows, kind, names }))
    }

    /// Where a row stands in the order.
    fn place(&self, row: &Row) -> Vec<Cell> {
        let columns = &self.select.columns;
        let place =
            |column: &str| columns.iter().position(|c| c == column).and_then(|i| row.get(i));
        self.select.order.iter().map(|s| place(&s.column).cloned().unwrap_or(Cell::Null)).collect()
    }

    async fn names(&self, desk: &Desk, rows: &[Row]) -> Result<NameBook, Refusal> {
        let mut wanted = Vec::new();
        for (at, kind) in &self.references {
            let ids: BTreeSet<&str> =
                rows.iter().filter_map(|row| row.get(*at)?.as_text()).collect();
            wanted.extend(ids.into_iter().map(|id| (kind.clone(), id.to_owned())));
        }
        let mut names = NameBook::default();
        desk.name_all(&self.house, &self.actor, wanted, &mut names).await?;
        Ok(names)
    }
}

impl SheetPart {
    /// How many rows they are.
    pub fn count(&self) -> usize {
        self.rows.len()
    }

    /// Each row as a record, which is the same one with other values every time.
    pub fn each(&mut self, mut told: impl FnMut(&Record, &NameBook)) {
        let mut record = Record {
            kind: std::mem::take(&mut self.kind),
            cells: blank(&self.columns),
            ..Record::default()
        };
        for row in self.rows.drain(..) {
            fill(&mut record.cells, &self.columns, row);
            told(&record, &self.names);
        }
    }
}

fn fill(cells: &mut Cells, columns: &[String], row: Row) {
    for (name, cell) in columns.iter().zip(row) {
        if let Some(place) = cells.get_mut(name) {
            *place = cell;
        }
    }
}

/// What is shown, and where the next rows begin.
fn needed(select: &Select, shown: &[String]) -> Vec<String> {
    let order = select.order.iter().map(|sort| &sort.column);
    let mut columns: Vec<String> = shown.iter().chain(order).cloned().collect();
    let mut seen = BTreeSet::new();
    columns.retain(|column| seen.insert(column.clone()));
    columns
}

fn places(columns: &[String], wanted: impl Fn(&String) -> bool) -> Vec<usize> {
    columns.iter().enumerate().filter(|(_, c)| wanted(c)).map(|(at, _)| at).collect()
}

/// Columns that hold ids of something, and of what.
fn references(kind: &RecordKind, columns: &[String]) -> Vec<(usize, String)> {
    let refers = |column: &str| match kind.fields.get(column) {
        None => (column == "unit").then(|| "unit".to_owned()),
        Some(field) => match field.kind.shape() {
            Shape::Reference(kind) => Some(kind.to_owned()),
            Shape::Unit(_) => Some("unit".to_owned()),
            _ => None,
        },
    };
    let found = columns.iter().enumerate().filter_map(|(at, column)| Some((at, refers(column)?)));
    found.collect()
}
