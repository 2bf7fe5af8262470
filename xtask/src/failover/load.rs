//! What people do while it fails: writers that send each case until it is answered, and readers.
//!
//! A writer keeps one key for one case, whatever happens to the answer, and goes to the other
//! process when one does not answer: what a browser or another bureau's program has to do, and all
//! it has to do.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use std::{io, sync::Arc};

use crate::http::{Answer, Connection, Site};
use crate::prove::clerk::{Acknowledged, CASES, COMMITTEES, Clerk, acknowledged, refused};

const WRITERS: usize = 6;
const READERS: usize = 2;
/// Leaves the two cores to those who are measured.
const BREATH: Duration = Duration::from_millis(10);
/// Longer than any gap that is still a promise kept.
const PATIENCE: Duration = Duration::from_secs(120);

/// What the clients saw.
#[derive(Debug, Default)]
pub struct Seen {
    /// Every case sent, and when it was acknowledged: none is given up.
    pub kept: Vec<(Instant, Acknowledged)>,
    /// When reads were answered.
    pub read: Vec<Instant>,
    /// Answers of 503 that say when to ask again.
    pub unavailable: usize,
    /// Requests whose connection was lost or that had no answer in time.
    pub cut_off: usize,
    /// The longest that anybody waited for any answer.
    pub slowest: Duration,
}

/// Clients at work.
pub struct Load {
    stop: Arc<AtomicBool>,
    clients: Vec<JoinHandle<Result<Seen, String>>>,
}

/// One who sends, and where to.
struct Client {
    sites: Vec<Site>,
    turn: usize,
    connection: Option<Connection>,
    stop: Arc<AtomicBool>,
    seen: Seen,
}

impl Load {
    /// Starts writers and readers, all of them as this clerk at one of the processes; `run` tells
    /// this experiment's cases from all others.
    pub fn start(clerk: &Clerk, sites: &[Site], run: &str) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let client = |turn| Client {
            sites: sites.to_vec(),
            turn,
            connection: None,
            stop: Arc::clone(&stop),
            seen: Seen::default(),
        };
        let writer = |number| {
            let (mut client, clerk) = (client(number), clerk.clone());
            let run = format!("{run}-{number}");
            thread::spawn(move || client.write(&clerk, &run).map(|()| client.seen))
        };
        let reader = |number| {
            let mut client = client(number);
            thread::spawn(move || client.read().map(|()| client.seen))
        };
        let clients = (0..WRITERS).map(writer).chain((0..READERS).map(reader)).collect();
        Self { stop, clients }
    }

    /// Lets every client finish what it has begun.
    pub fn finish(self) -> Result<Seen, String> {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Seen::default();
        for client in self.clients {
            let seen = client.join().map_err(|_| "a client panicked")??;
            all.kept.extend(seen.kept);
            all.read.extend(seen.read);
            all.unavailable += seen.unavailable;
            all.cut_off += seen.cut_off;
            all.slowest = all.slowest.max(seen.slowest);
        }
        all.kept.sort_by_key(|it| it.0);
        all.read.sort();
        Ok(all)
    }
}

impl Client {
    fn write(&mut self, clerk: &Clerk, run: &str) -> Result<(), String> {
        for number in 0.. {
            if self.stop.load(Ordering::Relaxed) {
                break;
            }
            let request = clerk.request(&format!("{run}-{number}"));
            let (key, body) = (Some(request.key.as_str()), &request.body);
            let answer = self.until_answered(|it| it.post(CASES, key, body))?;
            self.seen.kept.push((Instant::now(), acknowledged(&request, &answer)?));
            thread::sleep(BREATH);
        }
        Ok(())
    }

    fn read(&mut self) -> Result<(), String> {
        while !self.stop.load(Ordering::Relaxed) {
            let answer = self.until_answered(|it| it.get(COMMITTEES))?;
            if answer.status != 200 {
                return Err(refused("reading", &answer));
            }
            self.seen.read.push(Instant::now());
            thread::sleep(BREATH);
        }
        Ok(())
    }

    /// Sends until there is an answer that is not "later".
    fn until_answered(
        &mut self,
        send: impl Fn(&mut Connection) -> io::Result<Answer>,
    ) -> Result<Answer, String> {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            let asked = Instant::now();
            let answer = self.once(&send);
            self.seen.slowest = self.seen.slowest.max(asked.elapsed());
            match answer {
                Ok(answer) if answer.status != 503 => return Ok(answer),
                Ok(answer) if answer.retry_after.is_some() => self.seen.unavailable += 1,
                Ok(answer) => {
                    return Err(refused("a request, with no word on when to retry,", &answer));
                }
                Err(_) => {
                    self.seen.cut_off += 1;
                    self.connection = None;
                }
            }
            self.connection = None;
            self.turn += 1;
            thread::sleep(Duration::from_millis(250));
        }
        Err(format!("no answer within {PATIENCE:?}"))
    }

    fn once(
        &mut self,
        send: &impl Fn(&mut Connection) -> io::Result<Answer>,
    ) -> io::Result<Answer> {
        if self.connection.is_none() {
            self.connection = Some(Connection::open(&self.sites[self.turn % self.sites.len()])?);
        }
        self.connection.as_mut().map_or(Err(io::ErrorKind::NotConnected.into()), send)
    }
}

/// The longest time without an answer that ended after `fault`; the end of the load ends it too.
pub fn gap(answers: impl Iterator<Item = Instant>, fault: Instant, end: Instant) -> Duration {
    let mut before = None;
    let mut longest = Duration::ZERO;
    for at in answers.chain([end]) {
        if let Some(before) = before.filter(|_| at > fault) {
            longest = longest.max(at.duration_since(before));
        }
        before = Some(at);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_the_longest_silence_that_ended_after_the_fault() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let answers = || [0, 5, 6, 9, 10].map(at).into_iter();
        assert_eq!(gap(answers(), at(6), at(11)), Duration::from_secs(3));
        assert_eq!(gap(answers(), at(7), at(30)), Duration::from_secs(20));
    }
}
