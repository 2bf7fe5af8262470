//! Tables and indexes in the file: made once, then only grown.

use super::failure;
use crate::{
    chain,
    seam::StoreError,
    shape::{self, Catalogue},
};
use engine::query::{Column, ColumnType, Index, Placement, Table};
use rusqlite::{Connection, OptionalExtension};
use std::sync::Arc;

/// What this program can read. Raised when an older program must not touch the file any more. 2:
/// groups have numbers, which an older program would not keep up.
const FORMAT: i64 = 2;

/// Refuses a file that a newer program wrote, and signs one that is ours.
pub(super) fn sign(connection: &Connection) -> Result<(), StoreError> {
    let wrong = |error| failure(&error);
    let house = "create table if not exists house \
                 (name text primary key not null, value text not null) strict, without rowid";
    connection.execute(house, []).map_err(wrong)?;
    let read = |name: &str| {
        let question = "select value from house where name = ?1";
        connection.query_row(question, [name], |row| row.get::<_, String>(0)).optional()
    };
    let format = read("format").map_err(wrong)?.map_or(Ok(FORMAT), |text| text.parse());
    let program = env!("CARGO_PKG_VERSION");
    if format.as_ref().is_ok_and(|format| *format <= FORMAT) {
        let write = "insert into house (name, value) values ('format', ?1), ('written_by', ?2) \
                     on conflict (name) do update set value = excluded.value \
                     where value <> excluded.value";
        connection.execute(write, [&FORMAT.to_string(), program]).map_err(wrong)?;
        return Ok(());
    }
    let by = read("written_by").map_err(wrong)?.unwrap_or_default();
    Err(StoreError::Failed(format!(
        "数据库由更新版本的程序（{by}）写入，本程序（{program}）不能打开；请使用 {by} 或更高版本"
    )))
}

/// Makes and grows `tables`; gives the catalogue after it. The caller holds a transaction.
pub(super) fn prepare(
    connection: &Connection,
    mut catalogue: Catalogue,
    tables: &[Table],
) -> Result<Catalogue, StoreError> {
    for wanted in tables {
        let existing = catalogue.get(&wanted.name).map(|table| &**table);
        let grown = shape::grown(existing, wanted)?;
        for (statement, index) in statements(existing, &grown) {
            connection.execute(&statement, []).map_err(|error| match (failure(&error), index) {
                (StoreError::Taken { .. }, Some(index)) => {
                    StoreError::Taken { table: grown.name.clone(), columns: index.columns }
                }
                (other, _) => other,
            })?;
        }
        catalogue.insert(grown.name.clone(), Arc::new(grown));
    }
    Ok(catalogue)
}

/// Those of `tables` that are larger after than before, as they are now.
pub(super) fn grown(before: &Catalogue, after: &Catalogue, tables: &[Table]) -> Vec<Table> {
    let size = |table: &Table| (table.columns.len(), table.indexes.len());
    let now = tables.iter().filter_map(|table| after.get(&table.name));
    let larger = |now: &&Arc<Table>| before.get(&now.name).is_none_or(|old| size(old) != size(now));
    now.filter(larger).map(|now| Table::clone(now)).collect()
}

/// What leads from one shape to the next; with each index the index it makes.
fn statements(existing: Option<&Table>, grown: &Table) -> Vec<(String, Option<Index>)> {
    let mut statements = Vec::new();
    match existing {
        None => statements.push((create(grown), None)),
        Some(existing) => {
            let new = grown.columns.iter().filter(|column| !existing.columns.contains(column));
            let add =
                |c: &Column| format!("alter table \"{}\" add column {}", grown.name, define(c));
            statements.extend(new.map(|column| (add(column), None)));
        }
    }
    let there = |index: &&Index| existing.is_none_or(|table| !table.indexes.contains(index));
    let new = grown.indexes.iter().filter(there);
    statements.extend(new.map(|index| (create_index(grown, index), Some(index.clone()))));
    statements
}

fn create(table: &Table) -> String {
    let columns: Vec<_> = table.columns.iter().map(define).collect();
    let rowid = if is_small(table) { ", without rowid" } else { "" };
    let (columns, key) = (columns.join(", "), quoted(&table.key));
    format!("create table \"{}\" ({columns}, primary key ({key})) strict{rowid}", table.name)
}

/// Rows that are little more than their key live best in the key's own tree.
fn is_small(table: &Table) -> bool {
    table.columns.len() - table.key.len() <= 2 && table.indexes.is_empty()
}

fn define(column: &Column) -> String {
    let Column { name, column_type, required } = column;
    let required = if *required { " not null" } else { "" };
    match column_type {
        ColumnType::Int => format!("\"{name}\" integer{required}"),
        ColumnType::Text => {
            format!(
                "\"{name}\" text{required} check (\"{name}\" is null or length(\"{name}\") >= 1)"
            )
        }
    }
}

fn create_index(table: &Table, index: &Index) -> String {
    let unique = if index.unique { "unique " } else { "" };
    let name = index_name(table, index);
    let columns = quoted(&index.columns);
    format!("create {unique}index \"{name}\" on \"{}\" ({columns})", table.name)
}

/// At most 63 bytes, which is what PostgreSQL keeps of a name.
fn index_name(table: &Table, index: &Index) -> String {
    let letter = if index.unique { 'u' } else { 'i' };
    let name = format!("{letter}_{}__{}", table.name, index.columns.join("__"));
    if name.len() <= 63 { name } else { format!("{}_{}", &name[..46], &chain::sm3(&name)[..16]) }
}

pub(super) fn quoted(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("\"{name}\"")).collect();
    names.join(", ")
}

/// The tables that are in the file.
pub(super) fn load(connection: &Connection) -> Result<Catalogue, StoreError> {
    let question = "select name from pragma_table_list where schema = 'main' and type = 'table' \
                    and name not like 'sqlite\\_%' escape '\\' and name <> 'house'";
    let names = texts(connection, question, "").map_err(|error| failure(&error))?;
    let mut catalogue = Catalogue::new();
    for name in names {
        let table = load_table(connection, &name).map_err(|error| failure(&error))?;
        catalogue.insert(name, Arc::new(table));
    }
    Ok(catalogue)
}

fn load_table(connection: &Connection, name: &str) -> rusqlite::Result<Table> {
    let question = "select name, type = 'INTEGER' or type = 'integer', \"notnull\" \
                    from pragma_table_xinfo(?1) order by cid";
    let mut statement = connection.prepare(question)?;
    let columns = statement.query_map([name], |row| {
        let int = row.get::<_, bool>(1)?;
        let column_type = if int { ColumnType::Int } else { ColumnType::Text };
        Ok(Column { name: row.get(0)?, column_type, required: row.get(2)? })
    })?;
    let columns = columns.collect::<rusqlite::Result<_>>()?;
    let question = "select name from pragma_table_xinfo(?1) where pk > 0 order by pk";
    let key = texts(connection, question, name)?;
    let by_county = key.first().is_some_and(|first| first == "county");
    let placement = if by_county { Placement::County } else { Placement::Reference };
    let indexes = load_indexes(connection, name)?;
    Ok(Table { name: name.to_owned(), placement, columns, key, indexes })
}

fn load_indexes(connection: &Connection, table: &str) -> rusqlite::Result<Vec<Index>> {
    let question = "select name, \"unique\" from pragma_index_list(?1) where origin = 'c'";
    let mut statement = connection.prepare(question)?;
    let list = statement.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let list: Vec<(String, bool)> = list.collect::<rusqlite::Result<_>>()?;
    let columns = "select name from pragma_index_info(?1) order by seqno";
    let load = |(name, unique): (String, bool)| {
        Ok(Index { columns: texts(connection, columns, &name)?, unique })
    };
    list.into_iter().map(load).collect()
}

fn texts(connection: &Connection, question: &str, of: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(question)?;
    let parameters: &[&str] = if statement.parameter_count() == 0 { &[] } else { &[of] };
    let texts = statement.query_map(rusqlite::params_from_iter(parameters), |row| row.get(0))?;
    texts.collect()
}
