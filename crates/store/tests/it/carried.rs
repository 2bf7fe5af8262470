//! A whole house carried from one keeper to another.

use crate::world::*;
use engine::query::{Cell, Sort};
use std::sync::Arc;
use store::{
    Commit, Keeper, MemoryKeeper, Operation, StoreError, chain,
    transfer::{Carried, carry, compare},
};

async fn source() -> MemoryKeeper {
    let source = MemoryKeeper::new(clock());
    source.prepare(&tables()).await.unwrap();
    for index in 0..1_300_i64 {
        let id = format!("{index:05}");
        source.commit(commit(&id)).await.unwrap();
    }
    source
}

async fn carried(from: &dyn Keeper, to: &dyn Keeper) -> Carried {
    carry(from, to, "body", &mut |_, _| ()).await.unwrap()
}

async fn equal(from: &dyn Keeper, to: &dyn Keeper) -> bool {
    compare(from, to, &mut |_, _| ()).await.unwrap().found_equal()
}

#[test]
fn everything_arrives_with_its_log_and_the_target_goes_on_from_there() {
    on_every_keeper(async |target| {
        let source = source().await;
        // A row of both, differing, and a row only the target has.
        target.commit(operations(vec![new_case("00007", &[("a", 5.into())])])).await.unwrap();
        target.commit(operations(vec![new_case("zz", &[])])).await.unwrap();
        let done = carried(&source, &*target).await;
        assert_eq!((done.rows, done.written, done.removed), (2603, 2603, 1));
        assert!(equal(&source, &*target).await);
        assert!(carried(&source, &*target).await.found_equal(), "nothing is left to do");
        assert_eq!(chain::verify(&*target, &mut |_| ()).await.unwrap(), []);
        let next = Commit {
            numbers: vec![number("no")],
            counts: vec![count("total", 1)],
            entries: vec![entry("next")],
            ..Commit::default()
        };
        let receipt = target.commit(next).await.unwrap();
        assert_eq!((receipt.numbers[0].as_str(), receipt.entries[0].0), ("枫调1301号", 1301));
        assert_eq!(chain::verify(&*target, &mut |_| ()).await.unwrap(), []);
        assert_eq!(all(&*target, "counter", &["value"]).await, [[Cell::Int(1301)]]);
        assert!(!equal(&source, &*target).await);
        assert_eq!(chain::verify(&source, &mut |_| ()).await.unwrap(), [], "only read");
    });
}

#[test]
fn a_move_that_was_cut_off_anywhere_is_gone_on_with() {
    run(async {
        let source = source().await;
        let target = MemoryKeeper::new(clock());
        let mut cut = 0;
        for nth in [2, 3, 5, 8, 13, 21] {
            target.fail_at(nth);
            let done = carry(&source, &target, "body", &mut |_, _| ()).await;
            cut += u32::from(matches!(done, Err(StoreError::Failed(_))));
        }
        target.fail_at(0);
        assert!(cut >= 4);
        carried(&source, &target).await;
        assert!(equal(&source, &target).await);
    });
}

#[test]
fn values_that_changed_places_are_carried_although_each_is_in_the_others_way() {
    run(async {
        let source = Arc::new(source().await);
        let target = MemoryKeeper::new(clock());
        carried(&*source, &target).await;
        let set = |id: &str, no: &str| Operation::Update {
            table: "case".to_owned(),
            key: values(&[("county", COUNTY.into()), ("id", id.into())]),
            expect: Vec::new(),
            set: values(&[("no", no.into())]),
        };
        // A chain: each takes the number of the next one, the last a new one.
        let steps =
            vec![set("00003", "free"), set("00002", "枫调0004号"), set("00001", "枫调0003号")];
        source.commit(operations(steps)).await.unwrap();
        let done = carried(&*source, &target).await;
        assert_eq!(done.written, 3);
        assert!(equal(&*source, &target).await);
    });
}

#[test]
fn the_last_table_is_carried_last() {
    run(async {
        let source = source().await;
        let target = MemoryKeeper::new(clock());
        let mut told: Vec<String> = Vec::new();
        let one = insert("body", &[("id", "1".into())]);
        source.commit(operations(vec![one])).await.unwrap();
        carry(&source, &target, "body", &mut |table, _| told.push(table.to_owned())).await.unwrap();
        assert_eq!(told.last().unwrap(), "body");
        let order = vec![Sort::up("id")];
        let select = engine::query::Select::from("body", &["id"]).order(order);
        assert_eq!(target.find(&select).await.unwrap().len(), 1);
    });
}
