//! The SQL of changes, prepared once per shape: a shape is a verb, a table and the columns named.

use super::{reader, schema::quoted};
use crate::{
    seam::{Operation, Values},
    shape::Catalogue,
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
        match operation {
            Operation::Insert { table, values } => {
                self.spell("insert", table, &[values]);
                let statement = self.statement(|| insert(table, values))?;
                bind(statement, cells(values))?.raw_execute()
            }
            Operation::Put { table, values } => {
                self.spell("put", table, &[values]);
                let statement = self.statement(|| put(table, values, catalogue))?;
                bind(statement, cells(values))?.raw_execute()
            }
            Operation::Update { table, key, expect, set } => {
                self.spell("update", table, &[set, key, expect]);
                let statement = self.statement(|| update(table, set, key, expect))?;
                let all = cells(set).chain(cells(key)).chain(cells(expect));
                bind(statement, all)?.raw_execute()
            }
            Operation::Remove { table, by } => {
                self.spell("remove", table, &[by]);
                let statement = self.statement(|| remove(table, by))?;
                bind(statement, cells(by))?.raw_execute()
            }
        }
    }

    fn spell(&mut self, verb: &str, table: &str, lists: &[&Values]) {
        self.shape.clear();
        self.shape.push_str(verb);
        self.shape.push(' ');
        self.shape.push_str(table);
        for values in lists {
            self.shape.push(';');
            for (name, _) in *values {
                self.shape.push(',');
                self.shape.push_str(name);
            }
        }
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

fn cells(values: &Values) -> impl Iterator<Item = &Cell> {
    values.iter().map(|(_, cell)| cell)
}

fn insert(table: &str, values: &Values) -> String {
    let names: Vec<_> = values.iter().map(|(name, _)| name.clone()).collect();
    let marks: Vec<_> = (1..=values.len()).map(|number| format!("?{number}")).collect();
    format!("insert into \"{table}\" ({}) values ({})", quoted(&names), marks.join(", "))
}

fn put(table: &str, values: &Values, catalogue: &Catalogue) -> String {
    let key = catalogue.get(table).map_or(&[][..], |table| &table.key);
    let others = values.iter().map(|(name, _)| name).filter(|name| !key.contains(name));
    let set: Vec<_> = others.map(|name| format!("\"{name}\" = excluded.\"{name}\"")).collect();
    let (insert, key) = (insert(table, values), quoted(key));
    if set.is_empty() {
        format!("{insert} on conflict ({key}) do nothing")
    } else {
        format!("{insert} on conflict ({key}) do update set {}", set.join(", "))
    }
}

fn update(table: &str, set: &Values, key: &Values, expect: &Values) -> String {
    let set_to = compared(set, " = ", 1).join(", ");
    let mut only = compared(key, " = ", set.len() + 1);
    only.extend(compared(expect, " is ", set.len() + key.len() + 1));
    format!("update \"{table}\" set {set_to} where {}", only.join(" and "))
}

fn remove(table: &str, by: &Values) -> String {
    format!("delete from \"{table}\" where {}", compared(by, " = ", 1).join(" and "))
}

fn compared(values: &Values, by: &str, from: usize) -> Vec<String> {
    let numbered = values.iter().zip(from..);
    numbered.map(|((name, _), number)| format!("\"{name}\"{by}?{number}")).collect()
}
