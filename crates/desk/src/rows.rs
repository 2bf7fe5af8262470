//! Records as rows of tables: which columns, sealed where they identify people, and back.

use crate::{Desk, Refusal, seal::Sealer};
use engine::{
    definition::{RecordKind, RowLayout},
    kind::Cells,
    query::{Cell, Filter, Select, Sort},
    record::{Record, Row},
};
use serde_json::{Map, Value as Json};
use store::seam::{Operation, Values};

/// All columns of the main table of a kind.
pub fn columns(kind: &RecordKind) -> Vec<String> {
    kind.layout.columns.clone()
}

impl Desk {
    fn sealed(&self, sealed: &[String], cells: &Cells) -> Values {
        cells
            .iter()
            .map(|(name, cell)| match cell {
                Cell::Text(text) if sealed.contains(name) => {
                    (name.clone(), Cell::Text(self.sealer.seal(text, self.nonce())))
                }
                cell => (name.clone(), cell.clone()),
            })
            .collect()
    }

    /// What inserts a record with its rows.
    pub(crate) fn insert(&self, kind: &RecordKind, record: &Record) -> Vec<Operation> {
        let mut values = self.sealed(&kind.layout.sealed, &record.cells);
        if let Some(attached) = &kind.attached {
            values.push(("parent".to_owned(), Cell::from(record.text(&attached.kind))));
        }
        let mut operations = vec![Operation::Insert { table: kind.id.clone(), values }];
        for layout in &kind.layout.rows {
            self.insert_rows(record, layout, &mut operations);
        }
        operations
    }

    fn insert_rows(&self, record: &Record, layout: &RowLayout, operations: &mut Vec<Operation>) {
        for (position, row) in record.rows.get(&layout.field).into_iter().flatten().enumerate() {
            let mut values = vec![
                ("county".to_owned(), Cell::from(record.county())),
                ("id".to_owned(), Cell::from(row.id.as_str())),
                ("parent".to_owned(), Cell::from(record.id())),
                ("position".to_owned(), Cell::Int(position as i64)),
            ];
            values.extend(self.sealed(&layout.sealed, &row.cells));
            operations.push(Operation::Insert { table: layout.table.clone(), values });
        }
    }

    /// What turns the kept record `before` into `after`.
    pub(crate) fn update(
        &self,
        kind: &RecordKind,
        before: &Record,
        after: &Record,
    ) -> Vec<Operation> {
        let mut changed = Cells::new();
        for name in &kind.layout.columns {
            let (old, new) = (before.cells.get(name), after.cells.get(name));
            if old.unwrap_or(&Cell::Null) != new.unwrap_or(&Cell::Null) && name != "parent" {
                changed.insert(name.clone(), new.cloned().unwrap_or(Cell::Null));
            }
        }
        let mut operations = vec![Operation::Update {
            table: kind.id.clone(),
            key: vec![
                ("county".to_owned(), Cell::from(before.county())),
                ("id".to_owned(), Cell::from(before.id())),
            ],
            expect: vec![("version".to_owned(), Cell::Int(before.version()))],
            set: self.sealed(&kind.layout.sealed, &changed),
        }];
        for layout in &kind.layout.rows {
            if before.rows.get(&layout.field) == after.rows.get(&layout.field) {
                continue;
            }
            if before.rows.contains_key(&layout.field) {
                operations.push(Operation::Remove {
                    table: layout.table.clone(),
                    by: vec![
                        ("county".to_owned(), Cell::from(before.county())),
                        ("parent".to_owned(), Cell::from(before.id())),
                    ],
                });
            }
            self.insert_rows(after, layout, &mut operations);
        }
        operations
    }

    /// What changed, for the log: as the engine says it, with what identifies people sealed.
    pub(crate) fn sealed_changes(
        &self,
        kind: &RecordKind,
        mut changes: Map<String, Json>,
    ) -> Map<String, Json> {
        for column in &kind.layout.sealed {
            if let Some(value) = changes.get_mut(column) {
                self.seal_json(value);
            }
        }
        for layout in &kind.layout.rows {
            let Some(Json::Array(pair)) = changes.get_mut(&layout.field) else { continue };
            let rows = pair.iter_mut().filter_map(Json::as_array_mut).flatten();
            for row in rows.filter_map(Json::as_object_mut) {
                for column in &layout.sealed {
                    if let Some(value) = row.get_mut(column) {
                        self.seal_json(value);
                    }
                }
            }
        }
        changes
    }

    fn seal_json(&self, value: &mut Json) {
        match value {
            Json::String(text) => *text = self.sealer.seal(text, self.nonce()),
            Json::Array(list) => list.iter_mut().for_each(|v| self.seal_json(v)),
            _ => {}
        }
    }

    /// One record with its rows; `None` if there is none. Does not ask who wants it.
    pub(crate) async fn load(
        &self,
        kind: &RecordKind,
        id: &str,
    ) -> Result<Option<Record>, Refusal> {
        let select = Select {
            columns: columns(kind),
            ..Select::from(&kind.id, &[]).filter(Filter::equal("id", id)).limit(1)
        };
        let rows = self.keeper.find(&select).await?;
        let Some(row) = rows.into_iter().next() else { return Ok(None) };
        let mut record = Record {
            kind: kind.id.clone(),
            cells: cells(&select.columns, row),
            ..Record::default()
        };
        record.cells.remove("parent");
        self.sealer.open_cells(&kind.layout.sealed, &mut record.cells);
        self.load_rows(kind, &mut record).await?;
        Ok(Some(record))
    }

    /// Brings the child rows of a record.
    pub(crate) async fn load_rows(
        &self,
        kind: &RecordKind,
        record: &mut Record,
    ) -> Result<(), Refusal> {
        for layout in &kind.layout.rows {
            let columns = layout.columns.clone();
            let select = Select { columns, ..Select::from(&layout.table, &[]) }
                .filter(
                    Filter::equal("county", record.county())
                        .and(Filter::equal("parent", record.id())),
                )
                .order(vec![Sort::up("position")])
                .limit(1_000);
            let mut rows = Vec::new();
            for row in self.keeper.find(&select).await? {
                let mut cells = cells(&select.columns, row);
                let id = cells.remove("id").unwrap_or(Cell::Null);
                self.sealer.open_cells(&layout.sealed, &mut cells);
                rows.push(Row { id: id.as_text().unwrap_or_default().to_owned(), cells });
            }
            if !rows.is_empty() {
                record.rows.insert(layout.field.clone(), rows);
            }
        }
        Ok(())
    }
}

/// Named cells without the nulls.
pub fn cells(columns: &[String], row: Vec<Cell>) -> Cells {
    columns.iter().cloned().zip(row).filter(|(_, cell)| !cell.is_null()).collect()
}

/// Cells of these columns with nothing in them.
pub(crate) fn blank(columns: &[String]) -> Cells {
    columns.iter().map(|column| (column.clone(), Cell::Null)).collect()
}

impl Sealer {
    /// Opens the sealed columns in place. What was tampered with reads as `〔已损坏〕`.
    pub fn open_cells(&self, sealed: &[String], cells: &mut Cells) {
        sealed.iter().for_each(|column| {
            cells.get_mut(column).into_iter().for_each(|cell| self.open_cell(cell))
        });
    }

    /// Opens one cell in place.
    pub(crate) fn open_cell(&self, cell: &mut Cell) {
        if let Cell::Text(text) = cell {
            *text = self.open(text).unwrap_or_else(|| "〔已损坏〕".to_owned());
        }
    }
}
