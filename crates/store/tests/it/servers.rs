//! What PostgreSQL owes beside: several programs on one database, lost and frozen connections,
//! versions, replicas.

use crate::{proxy::Proxy, world::*};
use engine::query::{Cell, Filter, Select};
use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};
use store::{
    Commit, Freshness, Keeper, PostgresKeeper, PostgresOptions, StoreError, chain,
    lab::{self, Server, shared, shared_pool},
};

/// Options under which a silent server is given up soon.
fn hasty() -> PostgresOptions {
    PostgresOptions {
        deadline: Duration::from_millis(400),
        patience: Duration::from_secs(20),
        ..PostgresOptions::new(clock())
    }
}

async fn refused(address: &str) -> StoreError {
    match PostgresKeeper::open(address, hasty()).await {
        Err(error) => error,
        Ok(_) => panic!("{address} was opened"),
    }
}

/// Rows, numbers, counter, log and chain all say that so many were kept, each once.
async fn kept_once(keeper: &dyn Keeper, kept: i64) {
    let expected: Vec<Vec<Cell>> =
        (1..=kept).map(|number| vec![format!("枫调{number:04}号").into()]).collect();
    assert_eq!(all(keeper, "case", &["no"]).await, expected);
    assert_eq!(all(keeper, "counter", &["value"]).await, [[kept.into()]]);
    assert_eq!(all(keeper, "series", &["value"]).await, [[kept.into()]]);
    let mut read = 0;
    assert_eq!(chain::verify(keeper, &mut |n| read = n).await.unwrap(), []);
    assert_eq!(read as i64, kept);
}

#[test]
fn everything_is_there_when_it_is_opened_again() {
    let address = shared().database().unwrap();
    run(async {
        for round in 0..3 {
            let keeper = postgres(&address).await;
            if round == 0 {
                keeper.prepare(&tables()).await.unwrap();
            }
            let receipt = keeper.commit(commit(&round.to_string())).await.unwrap();
            assert_eq!(receipt.numbers, [format!("枫调{:04}号", round + 1)]);
            kept_once(&keeper, round + 1).await;
            assert_eq!(keeper.inspect().await.unwrap(), [""; 0]);
            assert_eq!(keeper.freshness(), Freshness::Current);
            keeper.close().await.unwrap();
            keeper.close().await.unwrap();
            assert_eq!(keeper.commit(commit("x")).await, Err(StoreError::Closing));
            let select = Select::from("case", &["id"]);
            assert_eq!(keeper.find(&select).await, Err(StoreError::Closing));
        }
    });
}

/// A new database, once to be asked directly and once another through a pooler.
fn both_ways() -> [String; 2] {
    let pooled = shared_pool().through(&shared().database().unwrap());
    [shared().database().unwrap(), pooled]
}

#[test]
fn programs_that_start_at_once_make_the_tables_together_and_keep_their_numbers_apart() {
    both_ways().into_iter().for_each(programs_start_at_once);
}

fn programs_start_at_once(address: String) {
    run(async {
        let programs: Vec<_> = (0..5)
            .map(|program| {
                let address = address.clone();
                tokio::spawn(async move {
                    let keeper = Arc::new(postgres(&address).await);
                    keeper.prepare(&tables()).await.unwrap();
                    let all: Vec<_> = (0..60)
                        .map(|turn| {
                            tokio::spawn(keeper.commit(commit(&format!("{program}-{turn}"))))
                        })
                        .collect();
                    for one in all {
                        one.await.unwrap().unwrap();
                    }
                    keeper
                })
            })
            .collect();
        let mut keepers = Vec::new();
        for program in programs {
            keepers.push(program.await.unwrap());
        }
        for keeper in keepers {
            kept_once(&*keeper, 300).await;
            keeper.close().await.unwrap();
        }
    });
}

#[test]
fn what_was_half_made_is_gone_on_with() {
    let address = shared().database().unwrap();
    run(async {
        let keeper = postgres(&address).await;
        keeper.prepare(&tables()).await.unwrap();
        let catalogue = async |keeper: &PostgresKeeper| {
            let mut tables = keeper.tables();
            tables.iter_mut().for_each(|t| t.indexes.sort_by(|a, b| a.columns.cmp(&b.columns)));
            tables.sort_by(|a, b| a.name.cmp(&b.name));
            tables
        };
        let whole = catalogue(&keeper).await;
        keeper.close().await.unwrap();
        let undo = "drop table party; drop index \"u_case__county__no\"; \
                    alter table body drop column size";
        shared().psql(&address, undo).unwrap();
        let keeper = postgres(&address).await;
        keeper.prepare(&tables()).await.unwrap();
        assert_eq!(catalogue(&keeper).await, whole);
        keeper.close().await.unwrap();
    });
}

#[test]
fn a_long_question_may_take_longer_than_a_short_one() {
    for address in both_ways() {
        run(async {
            let keeper = PostgresKeeper::open(&address, hasty()).await.unwrap();
            keeper.prepare(&tables()).await.unwrap();
            // Asked before, so that it is understood by the time the table is locked: only its
            // answer may take long.
            let long = Select::from("case", &["id"]).limit(100_000);
            assert_eq!(keeper.find(&long).await.unwrap().len(), 0);
            let locked = || {
                let database = address.clone();
                let text = "begin; lock table \"case\"; select pg_sleep(1.2); commit";
                std::thread::spawn(move || shared().psql(&database, text).unwrap())
            };
            let lock = locked();
            tokio::time::sleep(Duration::from_millis(300)).await;
            assert_eq!(keeper.find(&long).await.unwrap().len(), 0);
            lock.join().unwrap();
            let lock = locked();
            tokio::time::sleep(Duration::from_millis(300)).await;
            let short = keeper.find(&Select::from("case", &["id"]).limit(10)).await;
            assert!(matches!(short, Err(StoreError::Unavailable(_))), "{short:?}");
            lock.join().unwrap();
            keeper.close().await.unwrap();
        });
    }
}

#[test]
fn a_newer_database_is_refused_with_the_version_to_use() {
    let address = shared().database().unwrap();
    run(async {
        postgres(&address).await.close().await.unwrap();
        let newer = "update house set value = '999' where name = 'format'; \
                     update house set value = '9.9.9' where name = 'written_by'";
        shared().psql(&address, newer).unwrap();
        let StoreError::Failed(words) = refused(&address).await else { panic!() };
        assert!(words.contains("9.9.9"), "{words}");
    });
    let by = shared().psql(&address, "select value from house where name = 'written_by'");
    assert_eq!(by.unwrap(), "9.9.9", "it was left alone");
}

#[test]
fn a_commit_whose_answer_is_lost_is_kept_once() {
    for folder in [shared().folder(), shared_pool().folder()] {
        an_answer_is_lost_on_the_way_to(folder);
    }
}

fn an_answer_is_lost_on_the_way_to(folder: &Path) {
    let address = shared().database().unwrap();
    run(async {
        let proxy = Proxy::start(folder);
        let keeper = PostgresKeeper::open(&proxy.through(&address), hasty()).await.unwrap();
        keeper.prepare(&tables()).await.unwrap();
        let mut kept = 0;
        for fault in crate::proxy::FAULTS {
            for _ in 0..3 {
                proxy.next_commit(fault);
                let receipt = keeper.commit(commit(&kept.to_string())).await.unwrap();
                kept += 1;
                assert_eq!(receipt.numbers, [format!("枫调{kept:04}号")], "{fault:?}");
                assert_eq!(receipt.entries[0].0, kept, "{fault:?}");
                // Without an entry too: nothing in the log says whether it was kept.
                proxy.next_commit(fault);
                let count = Commit { counts: vec![count("total", 0)], ..Commit::default() };
                keeper.commit(count).await.unwrap();
                assert!(proxy.is_spent(), "{fault:?}");
                kept_once(&keeper, kept).await;
            }
        }
        keeper.close().await.unwrap();
    });
}

#[test]
fn ended_connections_lose_nothing_and_double_nothing() {
    both_ways().into_iter().for_each(connections_are_ended);
}

fn connections_are_ended(address: String) {
    run(async {
        let keeper = Arc::new(postgres(&address).await);
        keeper.prepare(&tables()).await.unwrap();
        let tasks: Vec<_> = (0..16)
            .map(|task| {
                let keeper = keeper.clone();
                tokio::spawn(async move {
                    for turn in 0..25 {
                        let id = format!("{task:02}-{turn:02}");
                        keeper.commit(commit(&id)).await.unwrap();
                        let mine = Filter::equal("id", id.as_str());
                        assert_eq!(keeper.count("case", &mine, 2).await, Ok(1));
                    }
                })
            })
            .collect();
        let end = "select count(pg_terminate_backend(pid)) from pg_stat_activity \
                   where datname = current_database() and pid <> pg_backend_pid()";
        while tasks.iter().any(|task| !task.is_finished()) {
            let address = address.clone();
            let end = move || shared().psql(&address, end).unwrap();
            tokio::task::spawn_blocking(end).await.unwrap();
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        for task in tasks {
            task.await.unwrap();
        }
        kept_once(&*keeper, 400).await;
        keeper.close().await.unwrap();
    });
}

#[test]
fn a_frozen_server_is_not_waited_for_and_nothing_is_done_twice() {
    let server = Server::start(&[]).unwrap();
    let address = server.database().unwrap();
    run(async {
        let keeper = PostgresKeeper::open(&address, hasty()).await.unwrap();
        keeper.prepare(&tables()).await.unwrap();
        keeper.commit(commit("0")).await.unwrap();
        for round in 1..4 {
            server.signal("STOP").unwrap();
            let asked = Instant::now();
            let writing = tokio::spawn(keeper.commit(commit(&round.to_string())));
            let select = Select::from("case", &["id"]).limit(5);
            let answer = keeper.find(&select).await;
            assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
            assert!(asked.elapsed() < Duration::from_secs(10));
            server.signal("CONT").unwrap();
            writing.await.unwrap().unwrap();
            kept_once(&keeper, round + 1).await;
        }
        keeper.close().await.unwrap();
    });
}

#[test]
fn a_replica_answers_when_there_is_no_primary_and_says_how_old_it_is() {
    let primary = Server::start(&[]).unwrap();
    let name = primary.database().unwrap().rsplit('/').next().unwrap().to_owned();
    let replica = primary.replica().unwrap();
    let both = lab::address(&[replica.folder(), primary.folder()], &name);
    run(async {
        let options = PostgresOptions { patience: Duration::from_secs(2), ..hasty() };
        let keeper = PostgresKeeper::open(&both, options).await.unwrap();
        keeper.prepare(&tables()).await.unwrap();
        keeper.commit(commit("0")).await.unwrap();
        let caught_up = "select pg_last_wal_replay_lsn() = pg_last_wal_receive_lsn() \
                         and exists (select 1 from \"case\")";
        while replica.psql(&name, caught_up).as_deref().unwrap_or_default() != "t" {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let case = Filter::equal("id", "0");
        assert_eq!(keeper.count("case", &case, 2).await, Ok(1));
        assert_eq!(keeper.freshness(), Freshness::Current);

        primary.signal("STOP").unwrap();
        let read = async || {
            for _ in 0..50 {
                match keeper.count("case", &case, 2).await {
                    Err(StoreError::Unavailable(_)) => {}
                    answer => return answer,
                }
            }
            panic!("nobody read")
        };
        assert_eq!(read().await, Ok(1));
        let Freshness::Since(since) = keeper.freshness() else { panic!("it is old") };
        assert!(since > 1_600_000_000_000, "{since}");
        let refused = keeper.commit(commit("1")).await;
        assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");

        primary.signal("CONT").unwrap();
        while keeper.commit(commit("2")).await.is_err() {}
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(read().await, Ok(1));
        assert_eq!(keeper.freshness(), Freshness::Current);
        keeper.close().await.unwrap();
    });
}

#[test]
fn ordinary_questions_are_answered_by_an_index() {
    let address = shared().database().unwrap();
    run(async {
        let keeper = postgres(&address).await;
        keeper.prepare(&tables()).await.unwrap();
        keeper.close().await.unwrap();
    });
    let plan = |sql: &str| {
        let sql = format!("set enable_seqscan = off; set enable_bitmapscan = off; explain {sql}");
        shared().psql(&address, &sql).unwrap()
    };
    let up = plan(
        "select id from \"case\" where county = '1' and (a, id) > (1, '2') \
         order by a nulls first, id limit 9",
    );
    let down = plan(
        "select id from \"case\" where county = '1' order by a desc nulls last, id desc limit 9",
    );
    let newest = plan("select seq from log where county = '1' order by seq desc limit 9");
    for plan in [up, down, newest] {
        assert!(plan.contains("Index") && !plan.contains("Sort"), "{plan}");
    }
}
