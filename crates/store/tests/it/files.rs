//! What SQLite owes beside: files that stay, one process at a time, versions, full disks.

use crate::world::*;
use rusqlite::Connection;
use store::{Keeper, Options, SqliteKeeper, StoreError, chain};

fn words(result: Result<SqliteKeeper, StoreError>) -> String {
    match result {
        Err(StoreError::Failed(words)) => words,
        other => panic!("{:?}", other.map(|_| ())),
    }
}

#[test]
fn everything_is_there_when_it_is_opened_again() {
    let directory = Directory::new();
    run(async {
        for round in 0..3 {
            let keeper = sqlite(&directory);
            if round == 0 {
                keeper.prepare(&tables()).await.unwrap();
            }
            // Without being prepared again it knows its tables.
            let receipt = keeper.commit(commit(&round.to_string())).await.unwrap();
            assert_eq!(receipt.numbers, [format!("枫调{:04}号", round + 1)]);
            assert_eq!(receipt.entries[0].0, round + 1);
            assert_eq!(all(&keeper, "counter", &["value"]).await, [[(round + 1).into()]]);
            assert_eq!(chain::verify(&keeper, &mut |_| ()).await.unwrap(), []);
            assert_eq!(keeper.inspect().await.unwrap(), [""; 0]);
            keeper.close().await.unwrap();
            keeper.close().await.unwrap();
            assert_eq!(keeper.commit(commit("x")).await, Err(StoreError::Closing));
            let select = engine::query::Select::from("case", &["id"]);
            assert_eq!(keeper.find(&select).await, Err(StoreError::Closing));
            let wal = directory.join("fengqiao.db-wal");
            assert!(!wal.exists(), "everything is in the main file");
        }
    });
}

#[test]
fn a_revision_grows_with_a_change_of_its_table_and_no_other() {
    let directory = Directory::new();
    run(async {
        let keeper = sqlite(&directory);
        keeper.prepare(&tables()).await.unwrap();
        let revisions = || ["case", "body", "nowhere"].map(|table| keeper.revision(table).unwrap());
        let first = revisions();
        keeper.commit(commit("1")).await.unwrap();
        let second = revisions();
        assert!(second[0] > first[0] && second[1..] == first[1..]);
        let put = put("body", &[("id", "a".into())]);
        let change = store::Commit { operations: vec![put], ..store::Commit::default() };
        keeper.commit(change).await.unwrap();
        assert!(revisions()[1] > second[1] && revisions()[0] == second[0]);
        keeper.close().await.unwrap();
    });
}

#[test]
fn what_was_acknowledged_survives_a_keeper_that_was_never_closed() {
    let (directory, image) = (Directory::new(), Directory::new());
    run(async {
        let keeper = sqlite(&directory);
        keeper.prepare(&tables()).await.unwrap();
        for id in 0..50 {
            keeper.commit(commit(&id.to_string())).await.unwrap();
        }
        // The files as a power cut leaves them.
        std::fs::create_dir_all(&*image).unwrap();
        for name in ["fengqiao.db", "fengqiao.db-wal"] {
            std::fs::copy(directory.join(name), image.join(name)).unwrap();
        }
        let after = sqlite(&image);
        assert_eq!(all(&after, "case", &["id"]).await.len(), 50);
        assert_eq!(chain::verify(&after, &mut |_| ()).await.unwrap(), []);
        after.close().await.unwrap();
        keeper.close().await.unwrap();
    });
}

#[test]
fn a_log_that_rotted_is_named_and_one_cut_off_by_a_power_cut_is_not() {
    let directory = Directory::new();
    run(async {
        let keeper = sqlite(&directory);
        keeper.prepare(&tables()).await.unwrap();
        for id in 0..20 {
            keeper.commit(commit(&id.to_string())).await.unwrap();
        }
        let log = std::fs::read(directory.join("fengqiao.db-wal")).unwrap();
        // The middle of the log, its header, and its very last frame.
        for (at, with_index) in
            [(log.len() / 2, true), (9, true), (log.len() - 9, true), (9, false)]
        {
            let image = Directory::new();
            std::fs::create_dir_all(&*image).unwrap();
            let index = with_index.then_some("fengqiao.db-shm");
            for name in ["fengqiao.db"].into_iter().chain(index) {
                std::fs::copy(directory.join(name), image.join(name)).unwrap();
            }
            let mut rotten = log.clone();
            rotten[at] ^= 4;
            std::fs::write(image.join("fengqiao.db-wal"), &rotten).unwrap();
            match (SqliteKeeper::open(&image, options()), with_index) {
                (Ok(keeper), false) => keeper.close().await.unwrap(),
                (opened, true) => {
                    let refused = words(opened);
                    assert!(refused.contains("预写日志") && refused.contains("损坏"), "{refused}");
                    let left = std::fs::read(image.join("fengqiao.db-wal")).unwrap();
                    assert!(left == rotten, "nothing was changed");
                }
                (Err(error), false) => panic!("{error}"),
            }
        }
        keeper.close().await.unwrap();
    });
}

#[test]
fn a_killed_keepers_log_is_opened_with_its_index() {
    let (directory, image) = (Directory::new(), Directory::new());
    run(async {
        let keeper = sqlite(&directory);
        keeper.prepare(&tables()).await.unwrap();
        for id in 0..20 {
            keeper.commit(commit(&id.to_string())).await.unwrap();
        }
        std::fs::create_dir_all(&*image).unwrap();
        for name in ["fengqiao.db", "fengqiao.db-wal", "fengqiao.db-shm"] {
            std::fs::copy(directory.join(name), image.join(name)).unwrap();
        }
        let after = sqlite(&image);
        assert_eq!(all(&after, "case", &["id"]).await.len(), 20);
        after.close().await.unwrap();
        keeper.close().await.unwrap();
    });
}

#[test]
fn a_second_opener_is_told_why_not() {
    let directory = Directory::new();
    let keeper = sqlite(&directory);
    let refused = words(SqliteKeeper::open(&directory, options()));
    assert!(refused.contains("正被另一个 fengqiao 进程使用"), "{refused}");
    run(keeper.close()).unwrap();
    run(sqlite(&directory).close()).unwrap();
}

#[test]
fn a_newer_database_is_refused_with_the_version_to_use() {
    let directory = Directory::new();
    run(sqlite(&directory).close()).unwrap();
    let file = Connection::open(directory.join(store::sqlite::FILE)).unwrap();
    let newer = "update house set value = '999' where name = 'format'; \
                 update house set value = '9.9.9' where name = 'written_by'";
    file.execute_batch(newer).unwrap();
    let refused = words(SqliteKeeper::open(&directory, options()));
    assert!(refused.contains("9.9.9"), "{refused}");
    let by: String = file
        .query_row("select value from house where name = 'written_by'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(by, "9.9.9", "it was left alone");
}

#[test]
fn something_else_in_its_place_is_refused() {
    let directory = Directory::new();
    std::fs::create_dir_all(&*directory).unwrap();
    std::fs::write(directory.join(store::sqlite::FILE), "no database ".repeat(1000)).unwrap();
    words(SqliteKeeper::open(&directory, options()));
}

#[test]
fn a_full_disk_refuses_cleanly_and_work_goes_on_when_there_is_room() {
    let directory = Directory::new();
    let open =
        |most_pages| SqliteKeeper::open(&directory, Options { most_pages, ..options() }).unwrap();
    run(async {
        let keeper = open(Some(120));
        keeper.prepare(&tables()).await.unwrap();
        let (mut kept, mut refused, mut seqs) = (0, 0, Vec::new());
        for round in 0..30 {
            let big = |id: &str| {
                let mut commit = commit(id);
                commit.entries[0].body = "长".repeat(6000);
                commit
            };
            let ids: Vec<_> = (0..4).map(|i| format!("{round}-{i}")).collect();
            let together: Vec<_> =
                ids.iter().map(|id| tokio::spawn(keeper.commit(big(id)))).collect();
            for task in together {
                match task.await.unwrap() {
                    Ok(receipt) => {
                        kept += 1;
                        seqs.push(receipt.entries[0].0);
                    }
                    Err(StoreError::Failed(_)) => refused += 1,
                    Err(other) => panic!("{other}"),
                }
            }
        }
        assert!(kept > 4 && refused > 4, "{kept} kept, {refused} refused");
        seqs.sort_unstable();
        assert_eq!(seqs, (1..=kept).collect::<Vec<_>>());
        let sound = async |keeper: &SqliteKeeper, kept: i64| {
            assert_eq!(all(keeper, "case", &["id"]).await.len() as i64, kept);
            assert_eq!(all(keeper, "counter", &["value"]).await, [[kept.into()]]);
            assert_eq!(all(keeper, "series", &["value"]).await, [[kept.into()]]);
            assert_eq!(chain::verify(keeper, &mut |_| ()).await.unwrap(), []);
        };
        sound(&keeper, kept).await;
        keeper.close().await.unwrap();
        let roomy = open(None);
        roomy.commit(commit("later")).await.unwrap();
        sound(&roomy, kept + 1).await;
        roomy.close().await.unwrap();
    });
}

#[test]
fn a_backup_is_a_whole_database() {
    let (directory, other) = (Directory::new(), Directory::new());
    run(async {
        let keeper = sqlite(&directory);
        keeper.prepare(&tables()).await.unwrap();
        keeper.commit(commit("1")).await.unwrap();
        std::fs::create_dir_all(&*other).unwrap();
        keeper.backup(&other.join(store::sqlite::FILE)).await.unwrap();
        assert!(keeper.backup(&other.join(store::sqlite::FILE)).await.is_err());
        let copy = sqlite(&other);
        assert_eq!(all(&copy, "case", &["id"]).await, [["1".into()]]);
        assert_eq!(chain::verify(&copy, &mut |_| ()).await.unwrap(), []);
    });
}

#[test]
fn ordinary_questions_are_answered_by_an_index() {
    let directory = Directory::new();
    run(async {
        let keeper = sqlite(&directory);
        keeper.prepare(&tables()).await.unwrap();
        keeper.close().await.unwrap();
    });
    let file = Connection::open(directory.join(store::sqlite::FILE)).unwrap();
    let plan = |sql: &str| -> String {
        let mut statement = file.prepare(&format!("explain query plan {sql}")).unwrap();
        let lines = statement.query_map([], |row| row.get::<_, String>(3)).unwrap();
        lines.collect::<Result<Vec<_>, _>>().unwrap().join("\n")
    };
    let counters = plan(
        "select cell, value from counter where county = '330102' and statistic = 'c' \
         and unit in ('1', '2') and period between '2026-01' and '2026-12'",
    );
    assert!(counters.contains("unit=? AND period>? AND period<?"), "{counters}");
    let page = plan(
        "select id from \"case\" where county = '1' and (a, id) > (1, '2') order by a, id limit 9",
    );
    assert!(page.contains("SEARCH") && !page.contains("TEMP B-TREE"), "{page}");
}
