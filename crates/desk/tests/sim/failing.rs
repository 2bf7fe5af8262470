//! A keeper that fails when told, and keeps a journal of the numbers it gave out.

use crate::sim::dice::{Dice, Pause};
use engine::query::{Filter, Select, Table};
use std::sync::{Arc, Mutex, MutexGuard};
use store::{Commit, Hit, Keeper, Later, MemoryKeeper, Receipt, Row, Search, StoreError};

/// When calls fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    Never,
    /// So many of a thousand calls, half of the commits among them after they took effect.
    Often(u64),
    /// The n-th call from now, once.
    At {
        call: u64,
        /// Only its reply is lost: a commit took effect.
        after: bool,
    },
}

/// A number given out.
#[derive(Clone, Debug)]
pub struct Given {
    pub county: String,
    pub series: String,
    pub text: String,
    /// Where in the text the digits are.
    pub before: usize,
    pub after: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Well,
    Before,
    After,
}

struct Watch {
    plan: Plan,
    calls: u64,
    faults: u64,
    given: Vec<Given>,
}

/// The model, with faults and with pauses before and after every call, so that others come between.
#[derive(Clone)]
pub struct Failing {
    inner: MemoryKeeper,
    dice: Dice,
    watch: Arc<Mutex<Watch>>,
}

impl Failing {
    pub fn new(inner: MemoryKeeper, dice: Dice) -> Self {
        let watch = Watch { plan: Plan::Never, calls: 0, faults: 0, given: Vec::new() };
        Self { inner, dice, watch: Arc::new(Mutex::new(watch)) }
    }

    fn watch(&self) -> MutexGuard<'_, Watch> {
        self.watch.lock().unwrap()
    }

    /// From now on calls fail so.
    pub fn plan(&self, plan: Plan) {
        let mut watch = self.watch();
        (watch.plan, watch.calls) = (plan, 0);
    }

    /// Calls since the last plan.
    pub fn calls(&self) -> u64 {
        self.watch().calls
    }

    /// Faults since the beginning.
    pub fn faults(&self) -> u64 {
        self.watch().faults
    }

    /// Every number given out.
    pub fn given(&self) -> Vec<Given> {
        self.watch().given.clone()
    }

    fn fate(&self, commits: bool) -> Fate {
        let mut watch = self.watch();
        watch.calls += 1;
        let fate = match watch.plan {
            Plan::Never => Fate::Well,
            Plan::Often(chance) if !self.dice.per_mille(chance) => Fate::Well,
            Plan::Often(_) if commits && self.dice.percent(50) => Fate::After,
            Plan::Often(_) => Fate::Before,
            Plan::At { call, .. } if call != watch.calls => Fate::Well,
            Plan::At { after: true, .. } if commits => Fate::After,
            Plan::At { .. } => Fate::Before,
        };
        watch.faults += u64::from(fate != Fate::Well);
        fate
    }

    fn pause(&self) -> Pause {
        Pause(self.dice.below(3))
    }

    async fn ask<T>(&self, answer: Later<'_, T>) -> Result<T, StoreError> {
        self.pause().await;
        if self.fate(false) != Fate::Well {
            return Err(failed("the call"));
        }
        let answer = answer.await;
        self.pause().await;
        answer
    }

    async fn keep(self, commit: Commit) -> Result<Receipt, StoreError> {
        self.pause().await;
        let fate = self.fate(true);
        if fate == Fate::Before {
            return Err(failed("the call"));
        }
        let numbers = commit.numbers.clone();
        let receipt = self.inner.commit(commit).await;
        if let Ok(receipt) = &receipt {
            let given = numbers.iter().zip(&receipt.numbers).map(|(number, text)| Given {
                county: number.county.clone(),
                series: number.series.clone(),
                text: text.clone(),
                before: number.before.len(),
                after: number.after.len(),
            });
            self.watch().given.extend(given);
        }
        self.pause().await;
        if fate == Fate::After && receipt.is_ok() { Err(failed("the reply")) } else { receipt }
    }
}

fn failed(what: &str) -> StoreError {
    StoreError::Failed(format!("{what} was lost"))
}

impl Keeper for Failing {
    fn prepare<'a>(&'a self, tables: &'a [Table]) -> Later<'a, ()> {
        self.inner.prepare(tables)
    }

    fn tables(&self) -> Vec<Table> {
        self.inner.tables()
    }

    fn search<'a>(&'a self, search: &'a Search) -> Later<'a, Vec<Hit>> {
        Box::pin(self.ask(self.inner.search(search)))
    }

    fn find<'a>(&'a self, select: &'a Select) -> Later<'a, Vec<Row>> {
        Box::pin(self.ask(self.inner.find(select)))
    }

    fn count<'a>(&'a self, table: &'a str, filter: &'a Filter, at_most: u32) -> Later<'a, u32> {
        Box::pin(self.ask(self.inner.count(table, filter, at_most)))
    }

    fn commit(&self, commit: Commit) -> Later<'static, Receipt> {
        Box::pin(self.clone().keep(commit))
    }

    fn inspect(&self) -> Later<'_, Vec<String>> {
        self.inner.inspect()
    }

    fn close(&self) -> Later<'_, ()> {
        self.inner.close()
    }
}
