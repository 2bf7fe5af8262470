//! Whoever changes the log behind the keeper's back is found.

use crate::world::*;
use rusqlite::Connection;
use store::{
    Commit, Keeper, SqliteKeeper,
    chain::{self, Finding, Flaw},
    lab,
};

/// A log of 40 entries in each of two counties.
async fn fill(keeper: &dyn Keeper) {
    for record in 0..40 {
        let here = entry(&format!("r{record}"));
        let there = store::Entry { county: "330103".to_owned(), ..here.clone() };
        let entries = vec![here, there];
        keeper.commit(Commit { entries, ..Commit::default() }).await.unwrap();
    }
}

async fn findings(keeper: &dyn Keeper) -> Vec<Finding> {
    chain::verify(keeper, &mut |_| ()).await.unwrap()
}

/// A file with such a log.
fn world() -> Directory {
    let directory = Directory::new();
    run(async {
        let keeper = sqlite(&directory);
        fill(&keeper).await;
        assert_eq!(findings(&keeper).await, []);
        keeper.close().await.unwrap();
    });
    directory
}

/// The findings after some raw SQL on a fresh world, which are the same in both databases.
fn after(sql: &str) -> Vec<(String, i64, Flaw)> {
    let directory = world();
    let file = Connection::open(directory.join(store::sqlite::FILE)).unwrap();
    file.execute_batch(sql).unwrap();
    drop(file);
    let address = lab::shared().database().unwrap();
    let (in_file, on_server) = run(async {
        let postgres = postgres(&address).await;
        fill(&postgres).await;
        lab::shared().psql(&address, sql).unwrap();
        let both = (findings(&sqlite(&directory)).await, findings(&postgres).await);
        postgres.close().await.unwrap();
        both
    });
    assert_eq!(in_file, on_server, "{sql}");
    in_file.into_iter().map(|f| (f.county, f.seq, f.flaw)).collect()
}

fn found(seq: i64, flaw: Flaw) -> (String, i64, Flaw) {
    (COUNTY.to_owned(), seq, flaw)
}

#[test]
fn one_byte_changed_in_any_column_is_found_at_its_entry() {
    let only = "where county = '330102' and seq = 17";
    for column in ["at", "version"] {
        let found_there = after(&format!("update log set {column} = {column} + 1 {only}"));
        assert_eq!(found_there, [found(17, Flaw::Altered)], "{column}");
    }
    let texts = ["actor", "authority", "act", "kind", "record", "definition", "body", "content"];
    for column in texts.into_iter().chain(["prev", "hash"]) {
        let changed = format!("'~' || substr({column}, 2)");
        let found_there = after(&format!("update log set {column} = {changed} {only}"));
        assert_eq!(found_there, [found(17, Flaw::Altered)], "{column}");
    }
    let moved = after(&format!("update log set county = '~30102' {only}"));
    assert_eq!(moved[0], found(17, Flaw::Missing));
    assert_eq!(moved[1].0, "~30102");
    let moved = after(&format!("update log set seq = 1017 {only}"));
    assert_eq!(moved, [found(17, Flaw::Missing)]);
}

#[test]
fn what_was_removed_or_moved_is_named() {
    let missing = |seq| vec![found(seq, Flaw::Missing)];
    let here = "county = '330102' and seq";
    assert_eq!(after(&format!("delete from log where {here} = 1")), missing(1));
    assert_eq!(after(&format!("delete from log where {here} = 20")), missing(20));
    assert_eq!(after(&format!("delete from log where {here} > 38")), missing(39));
    assert_eq!(after("delete from log where county = '330102'"), missing(1));
    let swap = format!(
        "update log set seq = 99 where {here} = 7; update log set seq = 7 where {here} = 8; \
         update log set seq = 8 where {here} = 99"
    );
    assert_eq!(after(&swap), [found(7, Flaw::Reordered)]);
    let head = after("update chain set seq = 39 where county = '330102'");
    assert_eq!(head, [found(40, Flaw::HeadDiffers)]);
    let head = after("delete from chain where county = '330102'");
    assert_eq!(head, [found(40, Flaw::HeadDiffers)]);
}

#[test]
fn a_flipped_byte_in_the_file_is_found_or_harmless_and_never_a_panic() {
    let directory = world();
    let file = directory.join(store::sqlite::FILE);
    let sound = std::fs::read(&file).unwrap();
    let rows = |keeper: SqliteKeeper| {
        run(async move {
            let inspected = keeper.inspect().await;
            let verified = chain::verify(&keeper, &mut |_| ()).await;
            let columns = ["seq", "county", "body", "hash", "record", "actor"];
            let select = engine::query::Select::from("log", &columns);
            let rows = keeper.find(&select.limit(1000)).await;
            let _ = keeper.close().await;
            (inspected, verified, rows)
        })
    };
    let (_, _, expected) = rows(sqlite(&directory));
    let (mut opened, mut noticed) = (0, 0);
    for step in 0..300 {
        let at = (step * 7919 + 13) % sound.len();
        let mut bad = sound.clone();
        bad[at] ^= 1 << (step % 8);
        let copy = Directory::new();
        std::fs::create_dir_all(&*copy).unwrap();
        std::fs::write(copy.join(store::sqlite::FILE), bad).unwrap();
        let Ok(keeper) = SqliteKeeper::open(&copy, options()) else {
            noticed += 1;
            continue;
        };
        opened += 1;
        let (inspected, verified, answer) = rows(keeper);
        let clean = inspected.is_ok_and(|f| f.is_empty()) && verified.is_ok_and(|f| f.is_empty());
        noticed += i32::from(!clean);
        assert!(!clean || answer == expected, "byte {at}, bit {}: silently wrong", step % 8);
    }
    assert!(opened > 50 && noticed > 50, "{opened} opened, {noticed} noticed");
}
