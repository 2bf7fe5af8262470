//! Records as rows of tables: which columns, sealed where they identify people, and back.

use crate::{Desk, Refusal, seal::Sealer};
use engine::{
    definition::{Class, Fields, RecordKind},
    kind::{Cells, Shape},
    query::{Cell, ColumnType, Filter, Select, Sort},
    record::{Record, Row, SYSTEM_COLUMNS},
};
use serde_json::{Map, Value as Json};
use store::seam::{Operation, Values};

/// All columns of the main table of a kind.
pub fn columns(kind: &RecordKind) -> Vec<String> {
    let mut columns: Vec<String> = SYSTEM_COLUMNS.iter().map(|&c| c.to_owned()).collect();
    if kind.attached.is_some() {
        columns.push("parent".to_owned());
    }
    columns.extend(field_columns(&kind.fields));
    columns
}

fn field_columns(fields: &Fields) -> Vec<String> {
    fields.iter().flat_map(|f| f.kind.columns(&f.id)).map(|c| c.name).collect()
}

/// Text columns of fields that are kept sealed.
pub fn sealed_columns(fields: &Fields) -> Vec<String> {
    fields
        .iter()
        .filter(|f| f.class > Class::Plain)
        .flat_map(|f| f.kind.columns(&f.id))
        .filter(|c| c.column_type == ColumnType::Text)
        .map(|c| c.name)
        .collect()
}

/// The fields of record and rows with child tables: field, its table, its row kind.
fn row_fields(kind: &RecordKind) -> impl Iterator<Item = (&str, String, &Fields)> {
    kind.fields.iter().filter_map(|field| match field.kind.shape() {
        Shape::Rows(row) => {
            let row = kind.rows.get(row)?;
            Some((field.id.as_str(), kind.row_table(&field.id), &row.fields))
        }
        _ => None,
    })
}

impl Desk {
    fn sealed(&self, fields: &Fields, cells: &Cells) -> Values {
        let sealed = sealed_columns(fields);
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
        let mut values = self.sealed(&kind.fields, &record.cells);
        if let Some(attached) = &kind.attached {
            values.push(("parent".to_owned(), Cell::from(record.text(&attached.kind))));
        }
        let mut operations = vec![Operation::Insert { table: kind.id.clone(), values }];
        for (field, table, fields) in row_fields(kind) {
            self.insert_rows(record, field, &table, fields, &mut operations);
        }
        operations
    }

    fn insert_rows(
        &self,
        record: &Record,
        field: &str,
        table: &str,
        fields: &Fields,
        operations: &mut Vec<Operation>,
    ) {
        for (position, row) in record.rows.get(field).into_iter().flatten().enumerate() {
            let mut values = vec![
                ("county".to_owned(), Cell::from(record.county())),
                ("id".to_owned(), Cell::from(row.id.as_str())),
                ("parent".to_owned(), Cell::from(record.id())),
                ("position".to_owned(), Cell::Int(position as i64)),
            ];
            values.extend(self.sealed(fields, &row.cells));
            operations.push(Operation::Insert { table: table.to_owned(), values });
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
        for name in columns(kind) {
            let (old, new) = (before.cells.get(&name), after.cells.get(&name));
            if old.unwrap_or(&Cell::Null) != new.unwrap_or(&Cell::Null) && name != "parent" {
                changed.insert(name, new.cloned().unwrap_or(Cell::Null));
            }
        }
        let mut operations = vec![Operation::Update {
            table: kind.id.clone(),
            key: vec![
                ("county".to_owned(), Cell::from(before.county())),
                ("id".to_owned(), Cell::from(before.id())),
            ],
            expect: vec![("version".to_owned(), Cell::Int(before.version()))],
            set: self.sealed(&kind.fields, &changed),
        }];
        for (field, table, fields) in row_fields(kind) {
            if before.rows.get(field) == after.rows.get(field) {
                continue;
            }
            if before.rows.contains_key(field) {
                operations.push(Operation::Remove {
                    table: table.clone(),
                    by: vec![
                        ("county".to_owned(), Cell::from(before.county())),
                        ("parent".to_owned(), Cell::from(before.id())),
                    ],
                });
            }
            self.insert_rows(after, field, &table, fields, &mut operations);
        }
        operations
    }

    /// What changed, for the log: as the engine says it, with what identifies people sealed.
    pub(crate) fn sealed_changes(
        &self,
        kind: &RecordKind,
        mut changes: Map<String, Json>,
    ) -> Map<String, Json> {
        for column in sealed_columns(&kind.fields) {
            if let Some(value) = changes.get_mut(&column) {
                self.seal_json(value);
            }
        }
        for (field, _, fields) in row_fields(kind) {
            let Some(Json::Array(pair)) = changes.get_mut(field) else { continue };
            let sealed = sealed_columns(fields);
            let rows = pair.iter_mut().filter_map(Json::as_array_mut).flatten();
            for row in rows.filter_map(Json::as_object_mut) {
                for column in &sealed {
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
        let columns = columns(kind);
        let select = Select {
            columns,
            ..Select::from(&kind.id, &[]).filter(Filter::equal("id", id)).limit(1)
        };
        let rows = self.keeper.find(&select).await?;
        let Some(row) = rows.into_iter().next() else { return Ok(None) };
        let mut record =
            Record { kind: kind.id.clone(), cells: cells(&select.columns, row), ..Record::default() };
        record.cells.remove("parent");
        self.sealer.open_cells(&kind.fields, &mut record.cells);
        self.load_rows(kind, &mut record).await?;
        Ok(Some(record))
    }

    /// Brings the child rows of a record.
    pub(crate) async fn load_rows(
        &self,
        kind: &RecordKind,
        record: &mut Record,
    ) -> Result<(), Refusal> {
        for (field, table, fields) in row_fields(kind) {
            let mut columns = vec!["id".to_owned()];
            columns.extend(field_columns(fields));
            let select = Select { columns, ..Select::from(&table, &[]) }
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
                self.sealer.open_cells(fields, &mut cells);
                rows.push(Row { id: id.as_text().unwrap_or_default().to_owned(), cells });
            }
            if !rows.is_empty() {
                record.rows.insert(field.to_owned(), rows);
            }
        }
        Ok(())
    }
}

/// Named cells without the nulls.
pub fn cells(columns: &[String], row: Vec<Cell>) -> Cells {
    columns.iter().cloned().zip(row).filter(|(_, cell)| !cell.is_null()).collect()
}

impl Sealer {
    /// Opens the sealed columns in place. What was tampered with reads as `〔已损坏〕`.
    pub fn open_cells(&self, fields: &Fields, cells: &mut Cells) {
        for column in sealed_columns(fields) {
            if let Some(Cell::Text(text)) = cells.get_mut(&column) {
                *text = self.open(text).unwrap_or_else(|| "〔已损坏〕".to_owned());
            }
        }
    }
}
