//! A whole house carried from one keeper to another, row by row as it is, the log included.
//!
//! Both sides are read in the order of the key and compared; what differs is written, what the
//! source has not is removed. So the same walk begins a move, goes on with one that was cut off,
//! brings a finished one up to date, and, when it finds nothing more to do, is the proof that both
//! sides are equal. The source is only read.

use crate::{
    seam::{Commit, Keeper, Operation, Row, StoreError, Values},
    system,
};
use engine::query::{Cell, Select, Sort, Table};
use std::cmp::Ordering;

/// Rows read at a time from each side.
const PAGE: u32 = 1000;
/// Rows written in one commit.
const BATCH: usize = 2000;

/// What a walk found and did in all tables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// Rows of the source.
    pub rows: u64,
    /// Rows that the target had not, or had otherwise.
    pub written: u64,
    /// Rows of the target that the source has not.
    pub removed: u64,
}

impl Carried {
    /// Whether both sides were equal already.
    pub fn found_equal(&self) -> bool {
        self.written == 0 && self.removed == 0
    }
}

/// Makes the target equal to the source. The table `last` is carried when all others are, so that
/// a mark in it can say until then that the target is not whole. `progress` is told the table and
/// the rows read so far.
pub async fn carry(
    from: &dyn Keeper,
    to: &dyn Keeper,
    last: &str,
    progress: &mut (dyn FnMut(&str, u64) + Send),
) -> Result<Carried, StoreError> {
    let mut tables = own_tables(from);
    tables.sort_by(|a, b| (a.name == last, &a.name).cmp(&(b.name == last, &b.name)));
    to.prepare(&tables).await?;
    let mut carried = Carried::default();
    for table in &tables {
        let mut walk = Walk::new(from, to, table);
        while let Some(step) = walk.next().await? {
            carried.add(step);
            progress(&table.name, carried.rows);
        }
        walk.flush(true).await?;
    }
    Ok(carried)
}

/// Compares both sides and changes nothing: what [`carry`] would find.
pub async fn compare(
    from: &dyn Keeper,
    to: &dyn Keeper,
    progress: &mut (dyn FnMut(&str, u64) + Send),
) -> Result<Carried, StoreError> {
    let mut carried = Carried::default();
    for table in &own_tables(from) {
        let mut walk = Walk::new(from, to, table);
        walk.only_looks = true;
        while let Some(step) = walk.next().await? {
            carried.add(step);
            progress(&table.name, carried.rows);
        }
    }
    Ok(carried)
}

/// All tables but the one that each keeper makes from words, which are written anew over there.
fn own_tables(keeper: &dyn Keeper) -> Vec<Table> {
    let mut tables = keeper.tables();
    tables.retain(|table| table.name != system::search().name);
    tables
}

impl Carried {
    fn add(&mut self, step: Self) {
        self.rows += step.rows;
        self.written += step.written;
        self.removed += step.removed;
    }
}

/// One table read in the order of its key.
struct Side<'a> {
    keeper: &'a dyn Keeper,
    select: Select,
    /// Where the columns of the key stand in a row.
    key: Vec<usize>,
    page: std::vec::IntoIter<Row>,
    ended: bool,
}

impl<'a> Side<'a> {
    fn new(keeper: &'a dyn Keeper, table: &Table) -> Self {
        let columns: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        let order = table.key.iter().map(|name| Sort::up(name)).collect();
        let select = Select::from(&table.name, &columns).order(order).limit(PAGE);
        let at = |name: &String| columns.iter().position(|column| column == name).unwrap_or(0);
        let key = table.key.iter().map(at).collect();
        Self { keeper, select, key, page: Vec::new().into_iter(), ended: false }
    }

    fn key(&self, row: &Row) -> Vec<Cell> {
        self.key.iter().map(|at| row[*at].clone()).collect()
    }

    /// The row that is next, which stays the next.
    async fn peek(&mut self) -> Result<Option<&Row>, StoreError> {
        if self.page.as_slice().is_empty() && !self.ended {
            let rows = self.keeper.find(&self.select).await?;
            self.ended = rows.len() < PAGE as usize;
            if let Some(row) = rows.last() {
                self.select.after = Some(self.key(row));
            }
            self.page = rows.into_iter();
        }
        Ok(self.page.as_slice().first())
    }
}

struct Walk<'a> {
    to: &'a dyn Keeper,
    table: &'a Table,
    source: Side<'a>,
    target: Side<'a>,
    only_looks: bool,
    removes: Vec<Values>,
    puts: Vec<Values>,
    /// Rows whose unique values another row of the target still holds.
    postponed: Vec<Values>,
}

impl<'a> Walk<'a> {
    fn new(from: &'a dyn Keeper, to: &'a dyn Keeper, table: &'a Table) -> Self {
        let (source, target) = (Side::new(from, table), Side::new(to, table));
        let (removes, puts, postponed) = Default::default();
        Self { to, table, source, target, only_looks: false, removes, puts, postponed }
    }

    /// Looks at the next row of either side; nothing when both have ended.
    async fn next(&mut self) -> Result<Option<Carried>, StoreError> {
        let order = match (self.source.peek().await?.cloned(), self.target.peek().await?) {
            (None, None) => return Ok(None),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(source), Some(target)) if &source == target => {
                self.source.page.next();
                self.target.page.next();
                return Ok(Some(Carried { rows: 1, ..Carried::default() }));
            }
            (Some(source), Some(target)) => {
                let target = target.clone();
                self.source.key(&source).cmp(&self.target.key(&target))
            }
        };
        let mut found = Carried::default();
        if order != Ordering::Less {
            let row = self.target.page.next().unwrap_or_default();
            if order == Ordering::Greater {
                found.removed = 1;
                let names = self.table.key.iter().cloned();
                self.removes.push(names.zip(self.target.key(&row)).collect());
            }
        }
        if order != Ordering::Greater {
            let row = self.source.page.next().unwrap_or_default();
            (found.rows, found.written) = (1, 1);
            let names = self.table.columns.iter().map(|column| column.name.clone());
            self.puts.push(names.zip(row).collect());
        }
        if self.only_looks {
            self.removes.clear();
            self.puts.clear();
        } else if self.removes.len() + self.puts.len() >= BATCH {
            self.flush(false).await?;
        }
        Ok(Some(found))
    }

    /// Writes what was found. At the end, what was postponed is tried until nothing gives way.
    async fn flush(&mut self, at_end: bool) -> Result<(), StoreError> {
        let (removes, puts) = (std::mem::take(&mut self.removes), std::mem::take(&mut self.puts));
        self.write(removes, puts).await?;
        while at_end && !self.postponed.is_empty() {
            let waiting = std::mem::take(&mut self.postponed);
            let before = waiting.len();
            for put in waiting {
                self.write(Vec::new(), vec![put]).await?;
            }
            if self.postponed.len() == before {
                let (table, columns) = (self.table.name.clone(), Vec::new());
                return Err(StoreError::Taken { table, columns });
            }
        }
        Ok(())
    }

    async fn write(&mut self, removes: Vec<Values>, puts: Vec<Values>) -> Result<(), StoreError> {
        if removes.is_empty() && puts.is_empty() {
            return Ok(());
        }
        match self.commit(&removes, &puts).await {
            Err(StoreError::Taken { .. }) => {}
            other => return other,
        }
        // Some row is in the way: each by itself, and those that cannot yet come later.
        self.commit(&removes, &[]).await?;
        for put in puts {
            match self.commit(&[], std::slice::from_ref(&put)).await {
                Err(StoreError::Taken { .. }) => self.postponed.push(put),
                other => other?,
            }
        }
        Ok(())
    }

    async fn commit(&self, removes: &[Values], puts: &[Values]) -> Result<(), StoreError> {
        let table = &self.table.name;
        let removes =
            removes.iter().map(|by| Operation::Remove { table: table.clone(), by: by.clone() });
        let puts = puts
            .iter()
            .map(|values| Operation::Put { table: table.clone(), values: values.clone() });
        let operations: Vec<_> = removes.chain(puts).collect();
        if operations.is_empty() {
            return Ok(());
        }
        let commit = Commit { operations, carries: true, ..Commit::default() };
        self.to.commit(commit).await.map(|_| ())
    }
}
