use crate::world::*;
use engine::query::{Cell, Filter, Select};
use store::{Commit, Keeper, MemoryKeeper, StoreError, chain, number_token};

const TASKS: i64 = 64;
const EACH: i64 = 50;

#[test]
fn a_crowd_leaves_no_gap_no_lost_count_and_a_sound_chain() {
    on_every_keeper(async |keeper| {
        let tasks: Vec<_> = (0..TASKS)
            .map(|task| {
                let keeper = keeper.clone();
                tokio::spawn(async move {
                    for turn in 0..EACH {
                        let id = format!("{task:02}-{turn:02}");
                        // Every fifth fails after it took a number.
                        let version = if turn % 5 == 4 { 3 } else { 1 };
                        let commit = Commit {
                            numbers: vec![number("no")],
                            operations: vec![
                                new_case(&id, &[("no", number_token(0).into())]),
                                change_case(&id, version, &[("a", turn.into())]),
                            ],
                            counts: vec![count("total", 1), count(&format!("task={task}"), -1)],
                            entries: vec![entry(&id)],
                            ..Commit::default()
                        };
                        let done = keeper.commit(commit).await;
                        assert_eq!(done.is_ok(), version == 1);
                        if done.is_ok() {
                            // What was answered is there for everybody.
                            let mine = Filter::equal("id", id.as_str());
                            assert_eq!(keeper.count("case", &mine, 2).await, Ok(1));
                        }
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let kept = TASKS * EACH * 4 / 5;
        let numbers = all(&*keeper, "case", &["no"]).await;
        let expected: Vec<Vec<Cell>> =
            (1..=kept).map(|number| vec![format!("枫调{number:04}号").into()]).collect();
        assert_eq!(numbers, expected);
        let counters = all(&*keeper, "counter", &["cell", "value"]).await;
        assert_eq!(counters.len() as i64, TASKS + 1);
        for row in counters {
            let expected = if row[0] == "total".into() { kept } else { -EACH * 4 / 5 };
            assert_eq!(row[1], expected.into());
        }
        let mut read = 0;
        assert_eq!(chain::verify(&*keeper, &mut |n| read = n).await.unwrap(), []);
        assert_eq!(read as i64, kept);
    });
}

#[test]
fn latest_contents_tell_each_record_once() {
    on_every_keeper(async |keeper| {
        let mut entries = Vec::new();
        for round in 1..=3 {
            for record in 0..400 {
                let mut entry = entry(&format!("{record:03}"));
                (entry.version, entry.content) = (round, format!("{record}@{round}"));
                entries.push(entry);
            }
        }
        let mut seen = entry("000");
        (seen.act, seen.content) = ("read".to_owned(), String::new());
        entries.push(seen);
        keeper.commit(Commit { entries, ..Commit::default() }).await.unwrap();
        let mut contents = chain::LatestContents::of(&*keeper, COUNTY, "case");
        for record in 0..400 {
            let latest = contents.next().await.unwrap().unwrap();
            assert_eq!((latest.record, latest.version), (format!("{record:03}"), 3));
            assert_eq!(latest.content, chain::content_hash(&format!("{record}@3")));
        }
        assert_eq!(contents.next().await, Ok(None));
    });
}

#[test]
fn the_model_fails_at_the_call_it_is_told_and_keeps_nothing_of_it() {
    run(async {
        let keeper = MemoryKeeper::new(clock());
        keeper.prepare(&tables()).await.unwrap();
        keeper.fail_at(2);
        let one = |id| operations(vec![new_case(id, &[])]);
        keeper.commit(one("1")).await.unwrap();
        assert!(matches!(keeper.commit(one("2")).await, Err(StoreError::Failed(_))));
        keeper.commit(one("3")).await.unwrap();
        let rows = keeper.find(&Select::from("case", &["id"])).await.unwrap();
        assert_eq!(rows, [["1".into()], ["3".into()]]);
    });
}
