//! What several processes on one database must agree on: the tree of units, the calendar, who is signed in, and
//! which of them does a job that is due. (And the keys: see `keyring`.)
//!
//! A mark is a named text in a small table. It changes in the commit of what it speaks of, so
//! whoever sees the new mark sees the rest as well. A process alone on its database pays nothing.

use crate::boxed;
use crate::{Desk, Refusal, ops::values};
use engine::query::{Cell, Filter, Select};
use store::seam::{Commit, Operation, StoreError, Values};

const UNITS: &str = "units";

impl Desk {
    /// Takes over what other processes have changed. To be called every few seconds.
    #[boxed]
    pub async fn refresh(&self) -> Result<(), Refusal> {
        if !self.keeper.is_shared() {
            return Ok(());
        }
        self.refresh_calendar().await?;
        let seen = self.mark(UNITS).await?;
        let known = self.units_mark.lock().map(|mark| mark.clone()).unwrap_or_default();
        if seen == known {
            return Ok(());
        }
        self.reload_units().await?;
        if let Ok(mut mark) = self.units_mark.lock() {
            *mark = seen;
        }
        Ok(())
    }

    /// The change that tells other processes of new units.
    pub(crate) fn units_changed(&self, at: i64) -> Operation {
        Operation::Put { table: "mark".to_owned(), values: row(UNITS, &self.chance.id(at)) }
    }

    /// Whether this process is to do `job` now: it is due, and no other process has taken it. It is
    /// due again `every` milliseconds later. A job taken for the first time is due then, not now.
    #[boxed]
    pub async fn claim(&self, job: &str, now: i64, every: i64) -> Result<bool, Refusal> {
        let name = format!("job:{job}");
        let next = (now + every).to_string();
        let Some(due) = self.mark(&name).await? else {
            return match self.first_mark(&name, &next).await {
                Ok(()) | Err(StoreError::Taken { .. }) => Ok(false),
                Err(error) => Err(error.into()),
            };
        };
        if due.parse::<i64>().is_ok_and(|due| due > now) {
            return Ok(false);
        }
        let update = Operation::Update {
            table: "mark".to_owned(),
            key: values([("name", name.as_str().into())]),
            expect: values([("value", due.into())]),
            set: values([("value", next.into())]),
        };
        match self.set_mark(update).await {
            Ok(()) => Ok(true),
            Err(StoreError::Changed { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether a session that is remembered here has been ended by another process.
    pub(crate) async fn ended_elsewhere(&self, hashed: &str) -> Result<bool, Refusal> {
        if !self.keeper.is_shared() {
            return Ok(false);
        }
        let select =
            Select::from("session", &["expires_at"]).filter(Filter::equal("hash", hashed)).limit(1);
        Ok(self.keeper.find(&select).await?.is_empty())
    }

    /// The mark of that name.
    pub(crate) async fn mark(&self, name: &str) -> Result<Option<String>, Refusal> {
        let select = Select::from("mark", &["value"]).filter(Filter::equal("name", name)).limit(1);
        let rows = self.keeper.find(&select).await?;
        let value = rows.first().and_then(|row| row.first()).and_then(Cell::as_text);
        Ok(value.map(str::to_owned))
    }

    /// Sets a mark that must not be there yet.
    pub(crate) async fn first_mark(&self, name: &str, value: &str) -> Result<(), StoreError> {
        let values = row(name, value);
        self.set_mark(Operation::Insert { table: "mark".to_owned(), values }).await
    }

    async fn set_mark(&self, operation: Operation) -> Result<(), StoreError> {
        let commit = Commit { operations: vec![operation], ..Commit::default() };
        self.keeper.commit(commit).await.map(|_| ())
    }
}

fn row(name: &str, value: &str) -> Values {
    values([("name", name.into()), ("value", value.into())])
}
