//! The bare limit of this machine: the same rows as a case with its two parties, log entry and
//! counters, written and read by nothing but SQLite, in the best way known: one writer, group
//! commit, counters summed per group. What the house does is measured against it in the same run.

pub mod pgbench;

use rusqlite::{Connection, params};
use std::{
    collections::HashMap,
    fs,
    path::Path,
    sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    thread,
    time::{Duration, Instant},
};

const SCHEMA: &str = "
    pragma journal_mode = wal; pragma synchronous = full; pragma cache_size = -32000;
    pragma wal_autocheckpoint = 4000;
    create table if not exists cases (county text, id text, unit text, state text, version integer,
        created integer, title text, body text, number text, primary key (county, id)) strict;
    create index if not exists cases_list on cases (county, unit, created, id);
    create table if not exists party (county text, id text, parent text, name text, secret text,
        primary key (county, id)) strict;
    create index if not exists party_parent on party (county, parent);
    create table if not exists log (county text, seq integer, at integer, actor text, record text,
        body text, content text, prev text, hash text, primary key (county, seq)) strict;
    create index if not exists log_record on log (county, record, seq);
    create table if not exists counter (county text, statistic text, unit text, period text,
        cell text, value integer, primary key (county, statistic, unit, period, cell))
        strict, without rowid;";

const CASE: &str = "insert into cases values (?1, ?2, ?3, 'pending', 1, ?4, ?5, ?6, ?7)";
const PARTY: &str = "insert into party values (?1, ?2, ?3, '张三', ?4)";
const LOG: &str = "insert into log values (?1, ?2, ?3, 'clerk', ?4, ?5, ?6, ?6, ?6)";
const COUNT: &str = "insert into counter values (?1, 'cases', ?2, '2026-11', ?3, ?4) \
                     on conflict do update set value = value + excluded.value";

/// The same tables in PostgreSQL, for `pgbench`.
pub const POSTGRES_SCHEMA: &str = "
    create table cases (county text collate \"C\", id text collate \"C\", unit text, state text,
        version bigint, created bigint, title text, body text, number text,
        primary key (county, id));
    create index cases_list on cases (county, unit, created, id);
    create table party (county text collate \"C\", id text collate \"C\", parent text, name text,
        secret text, primary key (county, id));
    create index party_parent on party (county, parent);
    create sequence entry;
    create table log (county text collate \"C\", seq bigint, at bigint, actor text, record text,
        body text, content text, prev text, hash text, primary key (county, seq));
    create index log_record on log (county, record, seq);
    create table counter (county text collate \"C\", statistic text collate \"C\",
        unit text collate \"C\", period text collate \"C\", cell bigint, value bigint,
        primary key (county, statistic, unit, period, cell));";

/// One case with its two parties, log entry and counters of its office and county, in one
/// transaction. Counters of a city are left out: `pgbench` would only wait for their rows.
pub const POSTGRES_CASE: &str = "
\\set c random(0, 9)
\\set u random(0, 14)
\\set k random(0, 2)
begin;
insert into cases select '33010' || :c, 'c' || n, '33010' || :c || '00' || :u, 'pending', 1, n,
    '楼上漏水引起的邻里纠纷', repeat('双方因漏水修缮费用发生争执，', 12), '浙' || n
    from nextval('entry') as n;
insert into party select '33010' || :c, 'c' || n || 'a', 'c' || n, '张三',
    repeat('0123456789abcdef', 3) from currval('entry') as n;
insert into party select '33010' || :c, 'c' || n || 'b', 'c' || n, '张三',
    repeat('0123456789abcdef', 3) from currval('entry') as n;
insert into log select '33010' || :c, n, n, 'clerk', 'c' || n,
    repeat('双方因漏水修缮费用发生争执，', 12), repeat('0123456789abcdef', 4),
    repeat('0123456789abcdef', 4), repeat('0123456789abcdef', 4) from currval('entry') as n;
insert into counter select '33010' || :c, 'cases', u, '2026-11', k + :k, 1
    from generate_series(0, 3) as k, unnest(array['33010' || :c || '00' || :u, '33010' || :c]) as u
    order by u desc, k
    on conflict (county, statistic, unit, period, cell) do update
    set value = counter.value + excluded.value;
commit;
";

/// A page of the 20 newest cases of an office.
pub const POSTGRES_PAGE: &str = "
\\set c random(0, 9)
\\set u random(0, 14)
select id, title, state, created, number from cases where county = '33010' || :c
    and unit = '33010' || :c || '00' || :u order by created desc, id desc limit 20;
";

/// What was measured.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// Operations done.
    pub operations: u64,
    /// How long all of them took.
    pub elapsed: Duration,
    /// The middle operation.
    pub p50: Duration,
    /// All but the slowest hundredth.
    pub p99: Duration,
}

impl Figures {
    /// Operations in a second.
    pub fn rate(&self) -> f64 {
        self.operations as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }

    /// Figures of single times.
    pub fn of(mut times: Vec<Duration>, elapsed: Duration) -> Self {
        times.sort_unstable();
        let at = |part: usize| times.get(times.len() * part / 100).copied().unwrap_or_default();
        Self { operations: times.len() as u64, elapsed, p50: at(50), p99: at(99) }
    }
}

/// Why the measurement could not be made.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The file system.
    #[error(transparent)]
    File(#[from] std::io::Error),
    /// SQLite.
    #[error(transparent)]
    Database(#[from] rusqlite::Error),
    /// A program of PostgreSQL: what it said.
    #[error("{0}")]
    Program(String),
}

/// Creates `operations` cases from `clients` threads that each wait for their answer.
pub fn bare_writer(directory: &Path, operations: u64, clients: u64) -> Result<Figures, BenchError> {
    let connection = open(directory)?;
    let (jobs, queue) = channel();
    let start = Instant::now();
    let writer = thread::spawn(move || write(&connection, &queue));
    let clients: Vec<_> = (0..clients.max(1))
        .map(|client| {
            let jobs = jobs.clone();
            let share = (client..operations).step_by(clients.max(1) as usize);
            thread::spawn(move || share.map_while(|case| ask(&jobs, case)).collect::<Vec<_>>())
        })
        .collect();
    drop(jobs);
    let times = clients.into_iter().flat_map(|client| client.join().unwrap_or_default()).collect();
    let elapsed = start.elapsed();
    writer.join().unwrap_or(Err(rusqlite::Error::InvalidQuery))?;
    Ok(Figures::of(times, elapsed))
}

/// Reads `pages` pages of 20 newest cases out of what [`bare_writer`] wrote in this directory.
pub fn bare_read(directory: &Path, pages: u64) -> Result<Figures, BenchError> {
    let connection = open(directory)?;
    let question = "select id, title, state, created, number from cases where county = ?1 \
                    and unit = ?2 order by created desc, id desc limit 20";
    let mut statement = connection.prepare(question)?;
    let (start, mut times) = (Instant::now(), Vec::new());
    for page in 0..pages {
        let asked = Instant::now();
        let rows = statement.query_map([county(page), unit(page)], |row| {
            let texts = [row.get::<_, String>(0)?, row.get(1)?, row.get(2)?, row.get(4)?];
            Ok((texts, row.get::<_, i64>(3)?))
        })?;
        std::hint::black_box(rows.collect::<rusqlite::Result<Vec<_>>>()?);
        times.push(asked.elapsed());
    }
    Ok(Figures::of(times, start.elapsed()))
}

fn open(directory: &Path) -> Result<Connection, BenchError> {
    fs::create_dir_all(directory)?;
    let connection = Connection::open(directory.join("bare.db"))?;
    connection.execute_batch(SCHEMA)?;
    Ok(connection)
}

fn county(case: u64) -> String {
    format!("3301{:02}", case % 10)
}

fn unit(case: u64) -> String {
    format!("{}{:03}", county(case), case / 10 % 15)
}

type Job = (u64, SyncSender<()>);

/// One case; gives the time until the answer, or nothing once the writer has ended.
fn ask(jobs: &Sender<Job>, case: u64) -> Option<Duration> {
    let (reply, answer) = sync_channel(1);
    let asked = Instant::now();
    jobs.send((case, reply)).ok()?;
    answer.recv().ok()?;
    Some(asked.elapsed())
}

fn write(connection: &Connection, queue: &Receiver<Job>) -> rusqlite::Result<()> {
    let run = |sql: &str| connection.prepare_cached(sql)?.execute([]);
    let question = "select coalesce(max(seq), 0) from log";
    let mut seq: i64 = connection.query_row(question, [], |row| row.get(0))?;
    while let Ok(first) = queue.recv() {
        let mut group = vec![first];
        while let (true, Ok(more)) = (group.len() < 256, queue.try_recv()) {
            group.push(more);
        }
        run("begin immediate")?;
        let mut counts = HashMap::new();
        for (case, _) in &group {
            seq += 1;
            write_case(connection, *case, seq, &mut counts)?;
        }
        for ((county, unit, cell), value) in counts {
            connection.prepare_cached(COUNT)?.execute(params![county, unit, cell, value])?;
        }
        run("commit")?;
        for (_, reply) in group {
            // A client that has gone needs no answer.
            let _ = reply.send(());
        }
    }
    Ok(())
}

type Counts = HashMap<(String, String, i64), i64>;

fn write_case(
    connection: &Connection,
    case: u64,
    seq: i64,
    counts: &mut Counts,
) -> rusqlite::Result<()> {
    let (county, unit) = (county(case), unit(case));
    let id = format!("0192f000-0000-7000-8000-{seq:012x}");
    let (title, body) = ("楼上漏水引起的邻里纠纷", "双方因漏水修缮费用发生争执，".repeat(12));
    let hash = "0123456789abcdef".repeat(4);
    connection.prepare_cached(CASE)?.execute(params![
        county,
        id,
        unit,
        seq,
        title,
        body,
        format!("浙{seq:08}")
    ])?;
    for party in 0..2 {
        let key = format!("{id}{party}");
        connection.prepare_cached(PARTY)?.execute(params![county, key, id, &hash[..48]])?;
    }
    connection.prepare_cached(LOG)?.execute(params![county, seq, seq, id, body, hash])?;
    for cell in 0..4_i64 {
        for level in [&unit, &county, "330100"] {
            *counts.entry((county.clone(), level.to_owned(), cell + seq % 3)).or_default() += 1;
        }
    }
    Ok(())
}
