//! A record as one exact text, for hashes, and what changed between two of them, for the log.

use super::Record;
use crate::query::Cell;
use serde_json::{Map, Value as Json, json};

fn json_of(cell: &Cell) -> Json {
    match cell {
        Cell::Null => Json::Null,
        Cell::Int(number) => Json::from(*number),
        Cell::Text(text) => Json::from(text.as_str()),
    }
}

/// The record as canonical JSON: columns in order of name, nulls left out, rows in order.
/// Two records have the same text if and only if they are kept alike.
pub fn canonical(record: &Record) -> String {
    let cells = |cells: &crate::kind::Cells| -> Map<String, Json> {
        let kept = cells.iter().filter(|(_, cell)| !cell.is_null());
        kept.map(|(name, cell)| (name.clone(), json_of(cell))).collect()
    };
    let mut whole = cells(&record.cells);
    let rows = record.rows.iter().filter(|(_, rows)| !rows.is_empty()).map(|(field, rows)| {
        let list = rows.iter().map(|row| {
            let mut map = cells(&row.cells);
            map.insert("id".to_owned(), Json::from(row.id.as_str()));
            Json::Object(map)
        });
        (field.clone(), Json::Array(list.collect()))
    });
    whole.insert("rows".to_owned(), Json::Object(rows.collect()));
    json!({ "kind": record.kind, "record": whole }).to_string()
}

/// What changed, as JSON: `{"field":[before, after], …}`; rows whole.
pub fn changes(before: Option<&Record>, after: &Record) -> Map<String, Json> {
    let empty = Record::default();
    let before = before.unwrap_or(&empty);
    let housekeeping = ["version", "updated_at", "updated_by", "definition"];
    let mut changed = Map::new();
    let names = before.cells.keys().chain(after.cells.keys());
    for name in names.filter(|n| !housekeeping.contains(&n.as_str())) {
        let old = before.cells.get(name).unwrap_or(&Cell::Null);
        let new = after.cells.get(name).unwrap_or(&Cell::Null);
        if old != new {
            changed.insert(name.clone(), json!([json_of(old), json_of(new)]));
        }
    }
    let fields = before.rows.keys().chain(after.rows.keys());
    for field in fields {
        let (old, new) = (before.rows.get(field), after.rows.get(field));
        let blank = |rows: Option<&Vec<super::Row>>| rows.is_none_or(Vec::is_empty);
        if old != new && !(blank(old) && blank(new)) {
            changed.insert(field.clone(), json!([rows_json(old), rows_json(new)]));
        }
    }
    changed
}

fn rows_json(rows: Option<&Vec<super::Row>>) -> Json {
    let list = rows.into_iter().flatten().map(|row| {
        let kept = row.cells.iter().filter(|(_, c)| !c.is_null());
        let mut map: Map<String, Json> =
            kept.map(|(name, cell)| (name.clone(), json_of(cell))).collect();
        map.insert("id".to_owned(), Json::from(row.id.as_str()));
        Json::Object(map)
    });
    Json::Array(list.collect())
}
