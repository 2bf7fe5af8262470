//! Connections that only read. They are opened when first needed and handed round.

use super::{Options, failure};
use crate::seam::{Row, StoreError};
use crate::sql::Sql;
use engine::query::Cell;
use rusqlite::{Connection, OpenFlags, Statement, config::DbConfig, types::Null, types::ValueRef};
use std::{
    path::PathBuf,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

/// The readers of one file.
pub(super) struct Readers {
    file: PathBuf,
    most: usize,
    mmap_bytes: u64,
    pool: Mutex<Pool>,
    returned: Condvar,
}

#[derive(Default)]
struct Pool {
    idle: Vec<Connection>,
    open: usize,
    closed: bool,
}

impl Readers {
    pub(super) fn new(file: PathBuf, options: &Options) -> Self {
        let (pool, returned) = Default::default();
        let most = options.readers.max(2);
        Self { file, most, mmap_bytes: options.mmap_bytes, pool, returned }
    }

    /// Runs a question on one of the connections. Waits, on this thread, for one that is free.
    pub(super) fn ask<T>(
        &self,
        question: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let lent = Lent { readers: self, connection: Some(self.take()?) };
        let answer = lent.connection.as_ref().map(question);
        answer.unwrap_or(Err(rusqlite::Error::InvalidQuery)).map_err(|error| failure(&error))
    }

    /// Drops the idle connections; the others go when their question is answered.
    pub(super) fn close(&self) {
        let mut pool = self.lock();
        pool.closed = true;
        pool.open -= pool.idle.len();
        pool.idle.clear();
        self.returned.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Result<Connection, StoreError> {
        let mut pool = self.lock();
        loop {
            if pool.closed {
                return Err(StoreError::Closing);
            }
            if let Some(connection) = pool.idle.pop() {
                return Ok(connection);
            }
            if pool.open < self.most {
                pool.open += 1;
                drop(pool);
                return self.open().inspect_err(|_| self.give_up());
            }
            pool = self.returned.wait(pool).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn open(&self) -> Result<Connection, StoreError> {
        open(&self.file, self.mmap_bytes).map_err(|error| failure(&error))
    }

    fn give_up(&self) {
        self.lock().open -= 1;
        self.returned.notify_one();
    }

    fn give_back(&self, connection: Connection) {
        let mut pool = self.lock();
        if pool.closed {
            pool.open -= 1;
        } else {
            pool.idle.push(connection);
        }
        self.returned.notify_one();
    }
}

/// Gives the connection back even where the question panics.
struct Lent<'a> {
    readers: &'a Readers,
    connection: Option<Connection>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.readers.give_back(connection);
        }
    }
}

/// A connection that cannot write. Its own cache is small because the system caches the file.
pub(super) fn open(file: &std::path::Path, mmap_bytes: u64) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.execute_batch(&format!(
        "pragma query_only = on; pragma busy_timeout = 10000; pragma cache_size = -2000; \
         pragma mmap_size = {mmap_bytes}; pragma temp_store = memory;"
    ))?;
    // Plans must not depend on bound values: without this, binding one expires the statement and
    // every question is parsed and planned anew.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(512);
    Ok(connection)
}

/// The rows of a question that brings `width` columns.
pub(super) fn rows(connection: &Connection, sql: &Sql, width: usize) -> rusqlite::Result<Vec<Row>> {
    let mut statement = connection.prepare_cached(&sql.text)?;
    for (index, value) in sql.values.iter().enumerate() {
        bind(&mut statement, index + 1, value)?;
    }
    let mut found = Vec::new();
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        let cells = (0..width).map(|index| cell(index, row.get_ref(index)?));
        found.push(cells.collect::<rusqlite::Result<_>>()?);
    }
    Ok(found)
}

/// Binds one value.
pub(super) fn bind(statement: &mut Statement, at: usize, cell: &Cell) -> rusqlite::Result<()> {
    match cell {
        Cell::Null => statement.raw_bind_parameter(at, Null),
        Cell::Int(number) => statement.raw_bind_parameter(at, number),
        Cell::Text(text) => statement.raw_bind_parameter(at, text.as_str()),
    }
}

/// What a column holds; something else than was ever written means that the file is damaged.
fn cell(index: usize, value: ValueRef) -> rusqlite::Result<Cell> {
    match value {
        ValueRef::Null => Ok(Cell::Null),
        ValueRef::Integer(number) => Ok(Cell::Int(number)),
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Cell::Text(text.to_owned())),
            Err(error) => Err(rusqlite::Error::Utf8Error(index, error)),
        },
        other => {
            let (kind, name) = (other.data_type(), "damaged".to_owned());
            Err(rusqlite::Error::InvalidColumnType(index, name, kind))
        }
    }
}
