//! The tables that keep records of a kind.

use crate::{
    definition::{Field, House, RecordKind, Unique},
    kind::Shape,
    query::{Column, Index, Placement, Rows, Table},
    record::{MERGE_COLUMNS, MERGED_INTO},
};
use std::collections::BTreeSet;

/// The business of the shared archives.
const ARCHIVES: &str = "common";

/// Tables of every kind.
pub fn tables(house: &House) -> Vec<Table> {
    let mut tables: Vec<Table> = house.kinds.values().flat_map(|kind| kind_tables(kind)).collect();
    for rows in asked_about(house).iter().filter(|rows| rows.column != "parent") {
        add(&mut tables, &rows.table, &["county", &rows.column]);
    }
    for kind in offered(house) {
        add(&mut tables, &kind, &["county", "path", "id"]);
    }
    tables
}

fn add(tables: &mut [Table], table: &str, columns: &[&str]) {
    let columns = columns.iter().map(|&column| column.to_owned()).collect();
    let wanted = Index { columns, unique: false };
    let table = tables.iter_mut().find(|found| found.name == table);
    if let Some(table) = table.filter(|table| !table.indexes.contains(&wanted)) {
        table.indexes.push(wanted);
    }
}

/// The kinds whose records forms and filters offer to choose among, unit by unit. In the shared
/// archives one finds by name or number.
fn offered(house: &House) -> BTreeSet<String> {
    let rows = house.kinds.values().flat_map(|kind| kind.rows.values().map(|row| &row.fields));
    let fields = house.kinds.values().map(|kind| &kind.fields).chain(rows).flatten();
    let kinds = fields.filter_map(|field| match field.kind.shape() {
        Shape::Reference(kind) => house.kind(kind),
        _ => None,
    });
    kinds.filter(|kind| kind.business != ARCHIVES).map(|kind| kind.id.clone()).collect()
}

/// Records that rules and lists of other records ask about.
fn asked_about(house: &House) -> Vec<Rows> {
    let mut asked: Vec<Rows> = Vec::new();
    for kind in house.kinds.values() {
        asked.extend(kind.layout.around.iter().cloned());
        for when in kind.lists.iter().filter_map(|list| list.when.as_ref()) {
            when.filter.terms(&mut |term| asked.extend(term.rows().cloned()));
        }
    }
    asked
}

fn kind_tables(kind: &RecordKind) -> Vec<Table> {
    let mut tables = vec![record_table(kind)];
    for field in &kind.fields {
        let Shape::Rows(row) = field.kind.shape() else { continue };
        let Some(row) = kind.rows.get(row) else { continue };
        let mut columns = vec![
            Column::text("county").required(),
            Column::text("id").required(),
            Column::text("parent").required(),
            Column::int("position").required(),
        ];
        columns.extend(row.fields.iter().flat_map(|f| f.kind.columns(&f.id)));
        let name = kind.row_table(&field.id);
        let mut table = Table::new(&name, Placement::County, &["county", "id"], columns)
            .index(&["county", "parent", "position"]);
        for field in &row.fields {
            if concerns(field) {
                table = table.index(&[&field.id]);
            }
        }
        tables.push(table);
    }
    tables
}

/// Whether a field names a person or body of the archives: of each, all that concerns it is shown.
fn concerns(field: &Field) -> bool {
    matches!(field.kind.shape(), Shape::Reference(crate::kind::PERSON | crate::kind::BODY))
}

fn system_columns() -> Vec<Column> {
    vec![
        Column::text("county").required(),
        Column::text("id").required(),
        Column::text("unit").required(),
        Column::text("path").required(),
        Column::text("state"),
        Column::int("version").required(),
        Column::text("definition").required(),
        Column::text("title").required(),
        Column::int("created_at").required(),
        Column::text("created_on").required(),
        Column::text("created_by").required(),
        Column::int("updated_at").required(),
        Column::text("updated_by").required(),
    ]
}

fn record_table(kind: &RecordKind) -> Table {
    let mut columns = system_columns();
    if kind.attached.is_some() {
        columns.push(Column::text("parent").required());
    }
    if kind.merges() {
        columns.extend(MERGE_COLUMNS.map(Column::text));
    }
    columns.extend(kind.fields.iter().flat_map(|f| f.kind.columns(&f.id)));
    let mut table = Table::new(&kind.id, Placement::County, &["county", "id"], columns);
    table = table.index(&["id"]).index(&["county", "title"]);
    if kind.merges() {
        table = table.index(&[MERGED_INTO]);
    }
    for numbering in &kind.numbers {
        table = table.index(&["county", &numbering.field]);
    }
    if kind.attached.is_some() {
        table = table.index(&["county", "parent", "created_at"]);
    }
    let mut orders: Vec<&str> = kind.lists.iter().map(|l| l.order.as_str()).collect();
    orders.retain(|o| !o.is_empty());
    orders.sort_unstable();
    orders.dedup();
    for order in orders {
        table = table
            .index(&["county", order, "id"])
            .index(&["county", "unit", order, "id"])
            .index(&[order, "id"]);
    }
    for field in &kind.fields {
        if concerns(field) {
            table = table.index(&[&field.id]);
        }
    }
    // What is sealed never looks the same twice, so an index over it would keep nothing apart.
    let sealed = |unique: &&Unique| unique.fields.iter().any(|f| kind.layout.sealed.contains(f));
    for unique in kind.uniques.iter().filter(|u| !u.everywhere && u.when.is_none() && !sealed(u)) {
        let columns: Vec<&str> =
            std::iter::once("county").chain(unique.fields.iter().map(String::as_str)).collect();
        table = if unique.warns { table.index(&columns) } else { table.unique(&columns) };
    }
    table
}
