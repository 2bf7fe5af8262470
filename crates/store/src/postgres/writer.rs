//! The one task of this program that writes, and its groups. Other programs write to the same
//! database, so it remembers nothing between groups.

use super::{
    Shared,
    address::{Address, Wants},
    connection::Connection,
    failure::Trouble,
    patience::Patience,
    transaction::{self, Stopped, Token},
};
use crate::{
    clock::Clock,
    group::{GROUP, Prepared, touches_house},
    seam::{Receipt, StoreError},
};
use std::{
    collections::VecDeque,
    sync::{Arc, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::{mpsc, oneshot};

/// Where an answer goes.
pub(super) type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// What the writer is asked.
pub(super) enum Job {
    /// A change.
    Commit(Change),
    /// To end.
    Close(Reply<()>),
}

/// A change that waits for its answer.
pub(super) struct Change {
    pub prepared: Prepared,
    pub reply: Reply<Receipt>,
    pub since: Instant,
}

/// The writer.
pub(super) struct Writer {
    pub address: Arc<Address>,
    pub catalogue: Shared,
    pub clock: Clock,
    pub queue: mpsc::Receiver<Job>,
    pub connection: Option<Connection>,
    /// What this program is called in the database.
    pub name: String,
    /// The group that was last at work.
    pub group: i64,
    /// How long a change is tried.
    pub patience: Duration,
}

impl Writer {
    /// Works until it is told to end or nobody can ask it any more.
    pub(super) async fn work(mut self) {
        let mut next = self.queue.recv().await;
        while let Some(job) = next.take() {
            let (group, other) = match job {
                Job::Commit(change) => self.gather(change),
                close => (Vec::new(), Some(close)),
            };
            self.keep(group).await;
            if let Some(Job::Close(reply)) = other {
                self.queue.close();
                drop(self.connection.take());
                // Nobody may wait for the answer any more.
                let _ = reply.send(Ok(()));
                return;
            }
            next = match other {
                None => self.queue.recv().await,
                other => other,
            };
        }
    }

    /// The first change and what waits behind it, up to a full group. A change that writes series
    /// or counters as rows goes alone.
    fn gather(&mut self, first: Change) -> (Vec<Change>, Option<Job>) {
        let alone = |change: &Change| touches_house(&change.prepared.commit);
        let mut group = vec![first];
        while group.len() < GROUP && !alone(&group[group.len() - 1]) {
            match self.queue.try_recv() {
                Ok(Job::Commit(change)) if !alone(&change) => group.push(change),
                Ok(other) => return (group, Some(other)),
                Err(_) => break,
            }
        }
        (group, None)
    }

    /// Keeps a group and answers. A change that is refused is cut out, so that it hurts none of its
    /// neighbours: those before it, it alone, and those behind it in halves.
    async fn keep(&mut self, group: Vec<Change>) {
        let mut waiting = VecDeque::from([group]);
        while let Some(mut group) = waiting.pop_front() {
            if group.is_empty() {
                continue;
            }
            match self.persist(&group).await {
                Ok(receipts) => answer(group, receipts),
                Err((Some(at), _)) if group.len() > 1 => {
                    let mut behind = group.split_off(at);
                    let half = behind.split_off(behind.len().div_ceil(2).max(1));
                    let rest = behind.split_off(1);
                    for part in [half, rest, behind, group] {
                        waiting.push_front(part);
                    }
                }
                Err((_, StoreError::Misfit(_) | StoreError::Taken { .. })) if group.len() > 1 => {
                    group.drain(..).rev().for_each(|one| waiting.push_front(vec![one]));
                }
                Err((_, error)) => refuse(group, &error),
            }
        }
    }

    /// Tries a group until it is kept, refused, or its first change has waited too long.
    async fn persist(
        &mut self,
        group: &[Change],
    ) -> Result<Vec<Receipt>, (Option<usize>, StoreError)> {
        self.group += 1;
        let since = group.iter().map(|change| change.since).min().unwrap_or_else(Instant::now);
        let prepared: Vec<_> = group.iter().map(|change| &change.prepared).collect();
        let (mut patience, mut before) = (Patience::new(since, self.patience), None);
        loop {
            let (words, perhaps) = match self.try_once(&prepared, before.take()).await {
                Ok(receipts) => return Ok(receipts),
                Err(Stopped::Refused { change, error }) => return Err((change, error)),
                Err(Stopped::Lost { words, perhaps }) => (words, perhaps),
            };
            if let Some(connection) = self.connection.take() {
                connection.abandon();
                self.address.doubt();
            }
            tracing::warn!(words, "the database is tried again");
            before = perhaps;
            patience.after(Trouble::Again(words)).await.map_err(|error| (None, error))?;
        }
    }

    async fn try_once(
        &mut self,
        group: &[&Prepared],
        perhaps: Option<Vec<Receipt>>,
    ) -> Result<Vec<Receipt>, Stopped> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => match self.address.connect(Wants::Primary).await {
                Ok(connection) => none.insert(connection),
                Err(Trouble::Again(words)) => return Err(Stopped::Lost { words, perhaps }),
                Err(Trouble::Refused(error)) => {
                    return Err(Stopped::Refused { change: None, error });
                }
            },
        };
        let token = Token { writer: &self.name, group: self.group, at: (self.clock)() };
        let catalogue = self.catalogue.read().unwrap_or_else(PoisonError::into_inner).clone();
        transaction::keep(connection, &catalogue, group, token, perhaps).await
    }
}

fn answer(group: Vec<Change>, receipts: Vec<Receipt>) {
    for (change, receipt) in group.into_iter().zip(receipts) {
        // Nobody may wait for the answer any more; the change is kept all the same.
        let _ = change.reply.send(Ok(receipt));
    }
}

fn refuse(group: Vec<Change>, error: &StoreError) {
    for change in group {
        let _ = change.reply.send(Err(error.clone()));
    }
}
