//! Tables and indexes in the file: made once, then only grown.

use super::failure;
use crate::{
    seam::StoreError,
    shape::{self, Catalogue},
    sql::{
        Dialect,
        tables::{self, FORMAT, HOUSE, SIGN},
    },
};
use engine::query::{Column, ColumnType, Index, Placement, Table};
use rusqlite::{Connection, OptionalExtension};
use std::sync::Arc;

/// Refuses a file that a newer program wrote, and signs one that is ours.
pub(super) fn sign(connection: &Connection) -> Result<(), StoreError> {
    let wrong = |error| failure(&error);
    connection.execute(&format!("{HOUSE} strict, without rowid"), []).map_err(wrong)?;
    let read = |name: &str| {
        let question = "select value from house where name = ?1";
        connection.query_row(question, [name], |row| row.get::<_, String>(0)).optional()
    };
    let (format, by) = (read("format").map_err(wrong)?, read("written_by").map_err(wrong)?);
    tables::readable(format.as_deref(), &by.unwrap_or_default())?;
    let signature = [FORMAT.to_string(), env!("CARGO_PKG_VERSION").to_owned()];
    connection.execute(SIGN, signature).map_err(wrong)?;
    Ok(())
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
        for (statement, index) in tables::steps(Dialect::Sqlite, existing, &grown) {
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
