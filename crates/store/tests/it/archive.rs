//! Backup and archive together bring back any moment, row for row, or say why not.

use crate::world::*;
use engine::query::{Cell, Column, Table};
use rusqlite::{Connection, types::Value};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};
use store::{
    Clock, Commit, Keeper, Operation, Options, SqliteKeeper, archive, chain, digits_token,
    number_token,
    seam::Words,
    sqlite::{self, End, Replayed, Stamp},
};

/// Chance that can be had again.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// A clock that goes on by a second whenever it is asked, and jumps back now and then.
fn ticking() -> Clock {
    let now = AtomicI64::new(NOW);
    Arc::new(move || {
        let at = now.fetch_add(1000, Ordering::SeqCst);
        if at % 17_000 == 0 { at - 60_000 } else { at }
    })
}

fn archived(data: &Path, folder: &Path, segment_bytes: u64) -> SqliteKeeper {
    let archive = Some(folder.to_owned());
    let options = Options { archive, segment_bytes, ..Options::new(ticking()) };
    SqliteKeeper::open(data, options).unwrap()
}

type Dump = BTreeMap<String, Vec<Vec<Value>>>;

/// Every row of every table, in the order of their values, and what is found by some words. How the
/// index of words lies in its own tables depends on when it was written, and is left out.
fn dump(file: &Path) -> Dump {
    let file = Connection::open(file).unwrap();
    let rows = |question: &str| {
        let mut statement = file.prepare(question).unwrap();
        let width = statement.column_count();
        let rows = statement.query_map([], |row| (0..width).map(|i| row.get(i)).collect());
        let mut rows: Vec<Vec<Value>> = rows.unwrap().map(Result::unwrap).collect();
        rows.sort_by_key(|row| format!("{row:?}"));
        rows
    };
    let names = rows(
        "select name from sqlite_schema where type = 'table' and name <> 'house' \
         and name not like 'words%'",
    );
    let text = |row: &Vec<Value>| match &row[0] {
        Value::Text(name) => name.clone(),
        other => panic!("{other:?}"),
    };
    let table = |name: String| (name.clone(), rows(&format!("select * from \"{name}\"")));
    let word = |word: String| {
        let found = rows(&format!("select rowid from words where words match '\"{word}\"'"));
        (format!("word {word}"), found)
    };
    let words = (0..5).map(|n| format!("词{n}")).chain((1..200).map(|n| format!("{n:04}尾")));
    names.iter().map(text).map(table).chain(words.map(word)).collect()
}

/// Some change or other; a few of them cannot be done.
fn some_commit(dice: &mut Dice, turn: u64) -> Commit {
    let id = format!("{:03}", dice.below(60));
    let mut entry = entry(&id);
    entry.county = ["330102", "330103"][dice.below(2) as usize].to_owned();
    let numbered = dice.below(2) == 0;
    let no: Cell = if numbered { number_token(0).into() } else { Cell::Null };
    entry.content = format!("机密{turn} {}", number_token(0));
    entry.body = format!("{{\"no\":\"\\u00010\\u0001\",\"turn\":{turn}}}");
    let operation = match dice.below(6) {
        0 | 1 => new_case(&id, &[("no", no), ("a", (turn as i64).into())]),
        2 => change_case(&id, 1, &[("b", (turn as i64).into()), ("t", "调".into())]),
        3 => put("body", &[("id", id.as_str().into()), ("name", no)]),
        4 => {
            let by = values(&[("county", COUNTY.into()), ("id", id.as_str().into())]);
            Operation::Remove { table: "case".to_owned(), by }
        }
        _ => put(
            "counter",
            &[
                ("county", COUNTY.into()),
                ("statistic", "cases".into()),
                ("unit", "330102001".into()),
                ("period", "2026-11".into()),
                ("cell", "total".into()),
                ("value", (dice.below(9) as i64).into()),
            ],
        ),
    };
    let found = vec![format!("词{}", turn % 5), format!("{}尾", digits_token(0))];
    let words = Words {
        county: COUNTY.to_owned(),
        kind: "case".to_owned(),
        record: id,
        at: NOW,
        words: found.into_iter().take(1 + usize::from(numbered)).collect(),
    };
    Commit {
        numbers: if numbered { vec![number("no")] } else { Vec::new() },
        operations: vec![operation],
        counts: vec![count("total", 1), count(&format!("turn={}", turn % 7), 2)],
        entries: vec![entry],
        words: vec![words],
        ..Commit::default()
    }
}

/// The table of cases with `more` columns than at first.
fn grown_case(more: u64) -> Table {
    let mut table = case();
    table.columns.extend((0..more).map(|at| Column::text(&format!("later_{at}"))));
    if more > 0 { table.index(&["county", "later_0"]) } else { table }
}

/// Brings a copy back into `to`.
fn bring(copy: &Path, to: &Path, archive: &Path, until: Option<i64>) -> Replayed {
    fs::create_dir_all(to).unwrap();
    fs::copy(copy, to.join(sqlite::FILE)).unwrap();
    let end = End { archive, until };
    sqlite::replay(to, &Options::new(clock()), Some(&end), &mut |_| ()).unwrap()
}

fn sound(directory: &Path) {
    run(async {
        let keeper = sqlite(directory);
        assert_eq!(keeper.inspect().await.unwrap(), [""; 0]);
        assert_eq!(chain::verify(&keeper, &mut |_| ()).await.unwrap(), []);
        keeper.close().await.unwrap();
    });
}

#[test]
fn a_hundred_instants_come_back_row_for_row() {
    let (data, copies, folder) = (Directory::new(), Directory::new(), Directory::new());
    fs::create_dir_all(&*copies).unwrap();
    let copy = |instant: usize| copies.join(format!("{instant}.db"));
    run(async {
        let keeper = archived(&data, &folder, 20_000);
        keeper.prepare(&tables()).await.unwrap();
        let mut dice = Dice(2026);
        keeper.backup(&copy(0)).await.unwrap();
        for instant in 1..=100 {
            if dice.below(10) == 0 {
                keeper.prepare(&[grown_case(instant / 10)]).await.unwrap();
            }
            let commits = 1 + dice.below(12);
            let commits: Vec<_> =
                (0..commits).map(|n| some_commit(&mut dice, instant * 100 + n)).collect();
            let tasks: Vec<_> =
                commits.into_iter().map(|commit| tokio::spawn(keeper.commit(commit))).collect();
            for task in tasks {
                // Whether it could be done does not matter here.
                let _ = task.await.unwrap();
            }
            keeper.backup(&copy(instant as usize)).await.unwrap();
        }
        keeper.close().await.unwrap();
    });
    let stamps: Vec<Stamp> =
        (0..=100).map(|at| sqlite::summary(&copy(at)).unwrap().stamp).collect();
    assert!(stamps[100].group > 100, "{:?}", stamps[100]);
    let segments = fs::read_dir(&*folder).unwrap().count();
    assert!(segments > 10, "{segments} files");
    for (instant, stamp) in stamps.iter().enumerate() {
        let to = Directory::new();
        let base = instant / 40 * 20;
        let replayed = bring(&copy(base), &to, &folder, Some(stamp.moment));
        assert_eq!((&replayed.stamp, replayed.hole), (stamp, None), "instant {instant}");
        assert_eq!(replayed.groups, stamp.group - stamps[base].group);
        let (there, then) = (dump(&to.join(sqlite::FILE)), dump(&copy(instant)));
        let found = |word: &str| then.iter().any(|(n, r)| n.ends_with(word) && !r.is_empty());
        assert!(instant < 50 || found("词3") && found("尾"), "words are found");
        assert_eq!(there, then, "instant {instant}");
        sound(&to);
    }
    let to = Directory::new();
    let replayed = bring(&copy(3), &to, &folder, None);
    assert_eq!(replayed.stamp, stamps[100]);
    assert_eq!(dump(&to.join(sqlite::FILE)), dump(&copy(100)));
}

/// A base copy, its archive of `groups` single groups, and the moment of each.
fn world(groups: u64) -> (Directory, Directory, PathBuf, Vec<i64>) {
    let (data, folder) = (Directory::new(), Directory::new());
    let (mut moments, base) = (Vec::new(), data.join("base.db"));
    run(async {
        let keeper = archived(&data, &folder, 4000);
        keeper.prepare(&tables()).await.unwrap();
        keeper.backup(&base).await.unwrap();
        for id in 0..groups {
            let mut entry = entry(&id.to_string());
            entry.content = format!("机密{id}");
            let operations = vec![new_case(&id.to_string(), &[])];
            let commit = Commit { operations, entries: vec![entry], ..Commit::default() };
            keeper.commit(commit).await.unwrap();
            let copy = data.join("now.db");
            keeper.backup(&copy).await.unwrap();
            moments.push(sqlite::summary(&copy).unwrap().stamp.moment);
            fs::remove_file(copy).unwrap();
        }
        keeper.close().await.unwrap();
    });
    (data, folder, base, moments)
}

fn segments(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        files.filter(|file| file.extension().is_some_and(|e| e == "segment")).collect();
    files.sort();
    files
}

#[test]
fn a_torn_tail_is_the_end_and_a_hole_is_not_crossed() {
    let (_data, folder, base, moments) = world(40);
    let files = segments(&folder);
    assert!(files.len() > 4, "{}", files.len());
    let replay = |until| {
        let to = Directory::new();
        let replayed = bring(&base, &to, &folder, until);
        sound(&to);
        replayed
    };
    // Group 1 are the tables, so that group n + 2 is commit n.
    assert_eq!((replay(None).stamp.group, replay(None).hole), (41, None));
    let last = files.last().unwrap();
    let whole = fs::read(last).unwrap();
    fs::write(last, &whole[..whole.len() - 1]).unwrap();
    assert_eq!((replay(None).stamp.group, replay(None).hole), (40, None));
    fs::write(last, &whole).unwrap();

    let middle = &files[2];
    let sound_bytes = fs::read(middle).unwrap();
    let mut damaged = sound_bytes.clone();
    damaged[40] ^= 1;
    fs::write(middle, damaged).unwrap();
    let stopped = replay(None);
    let (reached, next) = (stopped.stamp.group, stopped.hole.unwrap());
    assert_eq!(next, reached + 2, "one group is damaged");
    let before = replay(Some(moments[reached as usize - 2]));
    assert_eq!((before.stamp.group, before.hole), (reached, None), "up to the hole all is well");

    fs::remove_file(middle).unwrap();
    assert!(replay(None).hole.unwrap() > next);
    fs::write(middle, sound_bytes).unwrap();
    assert_eq!(replay(None).stamp.group, 41);
}

#[test]
fn the_moment_asked_for_is_the_last_that_is_kept() {
    let (_data, folder, base, moments) = world(6);
    for (at, moment) in moments.iter().enumerate() {
        for (until, expected) in [(*moment - 1, at + 1), (*moment, at + 2), (*moment + 1, at + 2)] {
            let to = Directory::new();
            let replayed = bring(&base, &to, &folder, Some(until));
            assert_eq!(replayed.stamp.group, expected as u64, "{at} {until}");
        }
    }
}

#[test]
fn what_was_brought_back_never_mixes_with_the_archive_it_came_from() {
    let (data, folder, base, moments) = world(5);
    let to = Directory::new();
    let early = bring(&base, &to, &folder, Some(moments[1]));
    let one = |id: &str| operations(vec![new_case(id, &[])]);
    run(async {
        let keeper = archived(&to, &folder, 4000);
        keeper.commit(one("elsewhere")).await.unwrap();
        keeper.close().await.unwrap();
    });
    let branch = sqlite::summary(&to.join(sqlite::FILE)).unwrap().stamp;
    assert_ne!(branch.lineage, early.stamp.lineage);
    assert_eq!(branch.group, early.stamp.group + 1);
    let again = Directory::new();
    assert_eq!(bring(&base, &again, &folder, None).stamp.group, 6);
    // A copy put in the place of the database by hand is found to be older than its archive.
    fs::copy(&base, data.join(sqlite::FILE)).unwrap();
    run(async {
        let keeper = archived(&data, &folder, 4000);
        keeper.commit(one("by hand")).await.unwrap();
        keeper.close().await.unwrap();
    });
    let by_hand = sqlite::summary(&data.join(sqlite::FILE)).unwrap().stamp;
    assert_ne!(by_hand.lineage, early.stamp.lineage);
    let again = Directory::new();
    assert_eq!(bring(&base, &again, &folder, None).stamp.group, 6);
}

#[test]
fn an_archive_of_another_history_is_refused() {
    let (_data, folder, base, _) = world(5);
    let other = Directory::new();
    fs::create_dir_all(&*other).unwrap();
    let file = other.join(sqlite::FILE);
    fs::copy(&base, &file).unwrap();
    // Somebody wrote into the copy without the program.
    let change = "insert into chain (county, seq, hash) values ('330102', 9, 'x')";
    Connection::open(&file).unwrap().execute(change, []).unwrap();
    let end = End { archive: &folder, until: None };
    let refused = sqlite::replay(&other, &Options::new(clock()), Some(&end), &mut |_| ());
    assert!(refused.unwrap_err().to_string().contains("对不上"));
}

#[test]
fn a_broken_archive_stops_nobody_and_what_waited_is_not_lost() {
    let (data, folder) = (Directory::new(), Directory::new());
    fs::write(&*folder, "no folder").unwrap();
    let base = data.join("base.db");
    run(async {
        let keeper = archived(&data, &folder, 4000);
        keeper.prepare(&tables()).await.unwrap();
        keeper.backup(&base).await.unwrap();
        keeper.commit(operations(vec![new_case("1", &[])])).await.unwrap();
        while keeper.archive().unwrap().failure.is_none() {
            tokio::task::yield_now().await;
        }
        let status = keeper.archive().unwrap();
        assert_eq!((status.kept, status.safe), (2, 0));
        fs::remove_file(&*folder).unwrap();
        keeper.close().await.unwrap();
        let status = keeper.archive().unwrap();
        assert_eq!((status.safe, status.failure, status.missing), (2, None, None));
    });
    let to = Directory::new();
    assert_eq!(bring(&base, &to, &folder, None).stamp.group, 2);
}

#[test]
fn groups_kept_without_the_archive_are_missing_and_a_newer_copy_bridges_them() {
    let (data, folder, base, _) = world(5);
    let newer = data.join("newer.db");
    run(async {
        let keeper = sqlite(&data);
        keeper.commit(operations(vec![new_case("x", &[])])).await.unwrap();
        keeper.close().await.unwrap();
        let keeper = archived(&data, &folder, 4000);
        keeper.backup(&newer).await.unwrap();
        keeper.commit(operations(vec![new_case("y", &[])])).await.unwrap();
        keeper.close().await.unwrap();
        assert_eq!(keeper.archive().unwrap().missing, Some(7));
    });
    let (one, two) = (Directory::new(), Directory::new());
    let stopped = bring(&base, &one, &folder, None);
    assert_eq!((stopped.stamp.group, stopped.hole), (6, Some(8)));
    let whole = bring(&newer, &two, &folder, None);
    assert_eq!((whole.stamp.group, whole.hole), (8, None));
    assert_eq!(dump(&two.join(sqlite::FILE)), dump(&data.join(sqlite::FILE)));
}

#[test]
fn the_archive_holds_no_whole_record_and_old_segments_go() {
    let (_data, folder, base, _) = world(40);
    let stamp = sqlite::summary(&base).unwrap().stamp;
    for file in segments(&folder) {
        let bytes = fs::read(file).unwrap();
        let secret = "机密".as_bytes();
        assert!(!bytes.windows(secret.len()).any(|window| window == secret));
    }
    let (first, last, _) = archive::span(&folder, &stamp.lineage).unwrap().unwrap();
    assert_eq!((first, last), (1, 41));
    let before = segments(&folder).len();
    let removed = archive::remove_before(&folder, &stamp.lineage, 20).unwrap();
    assert!(removed > 1 && segments(&folder).len() == before - removed);
    let (first, last, _) = archive::span(&folder, &stamp.lineage).unwrap().unwrap();
    assert!(first <= 21 && first > 1 && last == 41, "{first} {last}");
}
