//! Counts that stay as they are on open pages.
//!
//! ```text
//! pages (one connection each) ── seats ──▶ one watch an inbox ◀── one task asks what has changed
//! ```
//!
//! One task a process looks every two seconds, while anybody watches, whether anything has changed
//! that an inbox is made of, and counts only the inboxes of counties where something has; however
//! many pages are open on an inbox, it is counted once. It spends at most a fifth of its time on
//! that. What other processes on the same database do is seen by the length of the counties' logs.

use crate::{app::App, clock};
use desk::{Actor, Refusal, inbox::Changes, units::Level};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::watch;

/// How often it is looked.
const PACE: Duration = Duration::from_secs(2);
/// Pages of one session that are kept informed at the same time.
const A_SESSION: usize = 4;
/// Pages of a process.
const ALTOGETHER: usize = 5_000;

/// Who is kept informed.
#[derive(Debug)]
pub struct Live {
    state: Mutex<State>,
    closing: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct State {
    inboxes: HashMap<String, Watched>,
    sessions: HashMap<String, usize>,
}

#[derive(Debug)]
struct Watched {
    actor: Actor,
    counts: watch::Sender<String>,
}

/// A page that is kept informed. Its place is free when it is dropped.
pub struct Seat {
    live: Arc<Live>,
    session: String,
    counts: watch::Receiver<String>,
    closing: watch::Receiver<bool>,
    told: bool,
}

impl Default for Live {
    fn default() -> Self {
        Self { state: Mutex::default(), closing: watch::channel(false).0 }
    }
}

impl Live {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for one more page of a session; `None` if it has enough, or the house is closing.
    /// `counts` are those of this moment.
    pub fn seat(self: &Arc<Self>, session: &str, actor: &Actor, counts: String) -> Option<Seat> {
        let mut state = self.lock();
        let taken = state.sessions.get(session).copied().unwrap_or_default();
        let all: usize = state.sessions.values().sum();
        if taken >= A_SESSION || all >= ALTOGETHER || *self.closing.borrow() {
            return None;
        }
        *state.sessions.entry(session.to_owned()).or_default() += 1;
        let key = format!("{}|{}|{}", actor.account, actor.role, actor.unit.code);
        let watched = state.inboxes.entry(key).or_insert_with(|| Watched {
            actor: actor.clone(),
            counts: watch::channel(counts.clone()).0,
        });
        watched.counts.send_if_modified(|known| replace(known, &counts));
        let receiver = watched.counts.subscribe();
        drop(state);
        Some(Seat {
            live: Arc::clone(self),
            session: session.to_owned(),
            counts: receiver,
            closing: self.closing.subscribe(),
            told: false,
        })
    }

    /// Ends all connections, so that the server can end, and lets nobody in any more.
    pub fn close(&self) {
        self.closing.send_replace(true);
    }

    /// How many pages are kept informed.
    pub fn pages(&self) -> usize {
        self.lock().sessions.values().sum()
    }

    /// The inboxes that somebody watches; those that nobody watches any more are forgotten.
    fn watched(&self) -> Vec<(String, Actor)> {
        let mut state = self.lock();
        state.inboxes.retain(|_, watched| watched.counts.receiver_count() > 0);
        state.inboxes.iter().map(|(key, watched)| (key.clone(), watched.actor.clone())).collect()
    }

    fn tell(&self, key: &str, counts: &str) {
        if let Some(watched) = self.lock().inboxes.get(key) {
            watched.counts.send_if_modified(|known| replace(known, counts));
        }
    }
}

fn replace(known: &mut String, counts: &str) -> bool {
    let differs = known != counts;
    if differs {
        counts.clone_into(known);
    }
    differs
}

impl Seat {
    /// The counts when they change, at first those of now; `None` when the house closes.
    pub async fn next(&mut self) -> Option<String> {
        if *self.closing.borrow() {
            return None;
        }
        if !self.told {
            self.told = true;
            return Some(self.counts.borrow_and_update().clone());
        }
        tokio::select! {
            changed = self.counts.changed() => changed.ok()?,
            _ = self.closing.changed() => return None,
        }
        Some(self.counts.borrow_and_update().clone())
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut state = self.live.lock();
        if let Some(taken) = state.sessions.get_mut(&self.session) {
            *taken -= 1;
            if *taken == 0 {
                state.sessions.remove(&self.session);
            }
        }
    }
}

/// What is told of an inbox: how many each group has, and how many run late for the bar.
pub async fn counts(app: &App, actor: &Actor) -> Result<String, Refusal> {
    let moment = clock::now(&actor.account);
    let inbox = app.desk.inbox(actor, &moment).await?;
    let late = app.desk.late(actor, &moment).await?;
    let counts = inbox.counts();
    let groups = desk::inbox::Group::ALL.map(|group| (group.id(), counts.of(group)));
    let pairs = groups.into_iter().chain([("overdue", late), ("reports", counts.reports)]);
    let pairs: Vec<String> = pairs.map(|(name, count)| format!("\"{name}\":{count}")).collect();
    Ok(format!("{{{}}}", pairs.join(",")))
}

/// Keeps all who watch informed, until it is dropped.
pub async fn keep_informed(app: App) {
    let mut seen = Changes::default();
    loop {
        tokio::time::sleep(PACE).await;
        let watched = app.live.watched();
        if watched.is_empty() {
            continue;
        }
        let begun = clock::now("").at;
        if let Err(refusal) = inform(&app, &watched, &mut seen).await {
            tracing::warn!(%refusal, "cannot count what is due");
        }
        let took = u64::try_from(clock::now("").at - begun).unwrap_or(0);
        tokio::time::sleep(Duration::from_millis(took * 4)).await;
    }
}

async fn inform(app: &App, watched: &[(String, Actor)], seen: &mut Changes) -> Result<(), Refusal> {
    let Some(changed) = app.desk.inbox_changes(seen, clock::now("").today).await? else {
        return Ok(());
    };
    for (key, actor) in watched {
        let high = actor.unit.level < Level::County;
        if high || changed.is_empty() || changed.contains(&actor.unit.county) {
            app.live.tell(key, &counts(app, actor).await?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use desk::units::Unit;

    fn actor(account: &str) -> Actor {
        let unit = Unit {
            code: "1".to_owned(),
            name: String::new(),
            level: Level::Village,
            parent: String::new(),
            path: "1/".to_owned(),
            county: "1".to_owned(),
            valid_from: None,
            valid_to: None,
            successor: String::new(),
        };
        Actor { account: account.to_owned(), name: String::new(), role: "r".to_owned(), unit }
    }

    #[tokio::test]
    async fn a_seat_hears_the_first_counts_then_only_what_differs() {
        let live = Arc::new(Live::default());
        let mut seat = live.seat("s", &actor("a"), "1".to_owned()).unwrap();
        assert_eq!(seat.next().await.as_deref(), Some("1"));
        let (key, _) = live.watched().remove(0);
        live.tell(&key, "1");
        live.tell(&key, "2");
        assert_eq!(seat.next().await.as_deref(), Some("2"));
        live.tell(&key, "2");
        let waits = tokio::time::timeout(Duration::from_millis(20), seat.next()).await;
        assert!(waits.is_err(), "nothing has changed");
        live.close();
        assert_eq!(seat.next().await, None);
        assert!(live.seat("t", &actor("a"), String::new()).is_none(), "it is closing");
    }

    #[tokio::test]
    async fn a_session_has_few_seats_and_gets_them_back() {
        let live = Arc::new(Live::default());
        let seat = || live.seat("s", &actor("a"), String::new());
        let mut seats: Vec<Seat> = (0..A_SESSION).map(|_| seat().unwrap()).collect();
        assert!(seat().is_none());
        assert!(live.seat("other", &actor("a"), String::new()).is_some());
        seats.pop();
        assert!(seat().is_some());
        drop(seats);
        assert_eq!((live.pages(), live.watched().len()), (0, 0));
    }
}
