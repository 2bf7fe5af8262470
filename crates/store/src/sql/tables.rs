//! Tables and indexes as SQL: made once, then only grown.

use super::Dialect;
use crate::{chain, seam::StoreError};
use engine::query::{Column, ColumnType, Index, Table};

/// What this program can read. Raised when an older program must not touch the database any more. 2:
/// groups have numbers in SQLite, which an older program would not keep up.
pub(crate) const FORMAT: i64 = 2;

/// The table that says who wrote the database.
pub(crate) const HOUSE: &str =
    "create table if not exists house (name text primary key not null, value text not null)";

/// Puts down this program's format and version, where they are not there already.
pub(crate) const SIGN: &str = "insert into house (name, value) values ('format', $1), \
                               ('written_by', $2) on conflict (name) do update \
                               set value = excluded.value where house.value <> excluded.value";

/// Whether this program may use a database of `format`, written by a program of version `by`.
pub(crate) fn readable(format: Option<&str>, by: &str) -> Result<(), StoreError> {
    let format = format.map_or(Ok(FORMAT), str::parse);
    if format.is_ok_and(|format| format <= FORMAT) {
        return Ok(());
    }
    let program = env!("CARGO_PKG_VERSION");
    Err(StoreError::Failed(format!(
        "数据库由更新版本的程序（{by}）写入，本程序（{program}）不能打开；请使用 {by} 或更高版本"
    )))
}

/// What leads from one shape to the next; with each index the index it makes.
pub(crate) fn steps(
    dialect: Dialect,
    existing: Option<&Table>,
    grown: &Table,
) -> Vec<(String, Option<Index>)> {
    let mut steps = Vec::new();
    match existing {
        None => steps.push((create(dialect, grown), None)),
        Some(existing) => {
            let new = grown.columns.iter().filter(|column| !existing.columns.contains(column));
            let add = |c: &Column| {
                format!("alter table \"{}\" add column {}", grown.name, define(dialect, c))
            };
            steps.extend(new.map(|column| (add(column), None)));
        }
    }
    let there = |index: &&Index| existing.is_none_or(|table| !table.indexes.contains(index));
    let new = grown.indexes.iter().filter(there);
    steps.extend(new.map(|index| (create_index(dialect, grown, index), Some(index.clone()))));
    steps
}

fn create(dialect: Dialect, table: &Table) -> String {
    let columns: Vec<_> = table.columns.iter().map(|column| define(dialect, column)).collect();
    let (columns, key) = (columns.join(", "), quoted(&table.key));
    let kept = match dialect {
        Dialect::Sqlite if is_small(table) => " strict, without rowid",
        Dialect::Sqlite => " strict",
        Dialect::Postgres => "",
    };
    format!("create table \"{}\" ({columns}, primary key ({key})){kept}", table.name)
}

/// Rows that are little more than their key live best in the key's own tree.
fn is_small(table: &Table) -> bool {
    table.columns.len() - table.key.len() <= 2 && table.indexes.is_empty()
}

fn define(dialect: Dialect, column: &Column) -> String {
    let Column { name, column_type, required } = column;
    let required = if *required { " not null" } else { "" };
    match column_type {
        ColumnType::Int => format!("\"{name}\" {}{required}", dialect.int()),
        ColumnType::Text => format!(
            "\"{name}\" {}{required} check (\"{name}\" is null or length(\"{name}\") >= 1)",
            dialect.text()
        ),
    }
}

fn create_index(dialect: Dialect, table: &Table, index: &Index) -> String {
    let unique = if index.unique { "unique " } else { "" };
    let name = index_name(table, index);
    let required = |name: &String| table.columns.iter().any(|c| c.name == *name && c.required);
    let sorted = |name: &String| format!("\"{name}\"{}", dialect.nulls(false, required(name)));
    let columns: Vec<_> = index.columns.iter().map(sorted).collect();
    format!("create {unique}index \"{name}\" on \"{}\" ({})", table.name, columns.join(", "))
}

/// At most 63 bytes, which is what PostgreSQL keeps of a name.
pub(crate) fn index_name(table: &Table, index: &Index) -> String {
    let letter = if index.unique { 'u' } else { 'i' };
    let name = format!("{letter}_{}__{}", table.name, index.columns.join("__"));
    if name.len() <= 63 { name } else { format!("{}_{}", &name[..46], &chain::sm3(&name)[..16]) }
}

pub(crate) fn quoted(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("\"{name}\"")).collect();
    names.join(", ")
}
