//! The statements of changes, prepared once per shape.

use super::reader;
use crate::{
    seam::Operation,
    shape::Catalogue,
    sql::{Dialect, changes},
};
use engine::query::Cell;
use rusqlite::{Connection, Statement};
use std::collections::HashMap;

/// More shapes than any set of definitions has; a guard against growing without end.
const MOST: usize = 1000;

/// Prepared statements of the writer.
pub(super) struct Statements<'c> {
    connection: &'c Connection,
    prepared: HashMap<String, Statement<'c>>,
    /// The shape looked for, spelled into one text; kept to be used again.
    shape: String,
}

impl<'c> Statements<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self { connection, prepared: HashMap::new(), shape: String::new() }
    }

    /// Runs fixed SQL that binds `cells` in order; gives the number of rows changed.
    pub(super) fn run<'v>(
        &mut self,
        sql: &str,
        cells: impl IntoIterator<Item = &'v Cell>,
    ) -> rusqlite::Result<usize> {
        bind(self.fixed(sql)?, cells)?.raw_execute()
    }

    /// A prepared statement of fixed SQL, to be bound by the caller.
    pub(super) fn fixed(&mut self, sql: &str) -> rusqlite::Result<&mut Statement<'c>> {
        self.shape.clear();
        self.shape.push_str(sql);
        self.statement(|| sql.to_owned())
    }

    /// Runs a change of one table; gives the number of rows changed.
    pub(super) fn operate(
        &mut self,
        operation: &Operation,
        catalogue: &Catalogue,
    ) -> rusqlite::Result<usize> {
        changes::spell(operation, &mut self.shape);
        let statement = self.statement(|| changes::text(Dialect::Sqlite, operation, catalogue))?;
        bind(statement, changes::cells(operation))?.raw_execute()
    }

    fn statement(&mut self, sql: impl FnOnce() -> String) -> rusqlite::Result<&mut Statement<'c>> {
        if !self.prepared.contains_key(&self.shape) {
            if self.prepared.len() >= MOST {
                self.prepared.clear();
            }
            let statement = self.connection.prepare(&sql())?;
            self.prepared.insert(self.shape.clone(), statement);
        }
        self.prepared.get_mut(&self.shape).ok_or(rusqlite::Error::InvalidQuery)
    }
}

fn bind<'s, 'c, 'v>(
    statement: &'s mut Statement<'c>,
    cells: impl IntoIterator<Item = &'v Cell>,
) -> rusqlite::Result<&'s mut Statement<'c>> {
    for (index, cell) in cells.into_iter().enumerate() {
        reader::bind(statement, index + 1, cell)?;
    }
    Ok(statement)
}
