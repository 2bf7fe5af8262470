//! Reports follow the work; recounts and the log agree; tampering is named.

use crate::world::{Counting, NOON, World, house, now};
use desk::report::{FigureAsk, ReportAsk};
use desk::{Desk, ask::ListAsk, seal::Keys};
use serde_json::json;
use std::sync::Arc;
use store::{MemoryKeeper, Options, SqliteKeeper};

async fn total(world: &World, role: &str, unit: &str, column: &str) -> i128 {
    let ask = ReportAsk {
        report: "mediation_cases".to_owned(),
        unit: unit.to_owned(),
        from: "2026-01".to_owned(),
        to: "2026-12".to_owned(),
        as_of: None,
    };
    let answer = world.desk.report(&world.actor(role, unit), &ask).await.unwrap();
    for check in &answer.checks {
        assert!(check.holds(), "{check:?}");
    }
    let index = answer.report.columns().position(|c| c.id == column).unwrap();
    answer.total.figures[index].number
}

const LEVELS: [(&str, &str); 5] = [
    ("mediator", "560101001001"),
    ("office", "560101001"),
    ("county", "560101"),
    ("city", "560100"),
    ("province", "560000"),
];

#[tokio::test]
async fn one_agreement_is_one_more_at_every_level_and_opens_to_its_case() {
    let world = World::new().await;
    for (role, unit) in LEVELS {
        assert_eq!(total(&world, role, unit, "total").await, 0);
    }
    let id = world.agreed("滴水纠纷").await;
    for (role, unit) in LEVELS {
        assert_eq!(total(&world, role, unit, "total").await, 1, "{role}");
        assert_eq!(total(&world, role, unit, "success").await, 1, "{role}");
        let ask = ListAsk {
            kind: "mediation_case".to_owned(),
            figure: Some(FigureAsk {
                report: "mediation_cases".to_owned(),
                column: "type_neighbour".to_owned(),
                from: "2026-01".to_owned(),
                to: "2026-12".to_owned(),
            }),
            ..ListAsk::default()
        };
        let list = world.desk.list(&world.actor(role, unit), &ask).await.unwrap();
        let ids: Vec<&str> = list.records.iter().map(|r| r.id()).collect();
        assert_eq!(ids, [id.as_str()], "{role}");
    }
    assert_eq!(total(&world, "city", "560200", "total").await, 0);
}

#[tokio::test]
async fn failed_withdrawn_and_open_cases_keep_the_cross_checks() {
    let world = World::new().await;
    let mediator = world.mediator();
    world.agreed("甲纠纷案").await;
    for (name, end) in [("乙纠纷案", "fail"), ("丙纠纷案", "withdraw"), ("丁纠纷案", "")]
    {
        let case = world.create(&mediator, "mediation_case", world.case(name)).await.unwrap();
        world.action(&mediator, &case.id, "accept", json!({})).await.unwrap();
        let start = json!({ "host_mediator": world.mediators[1], "informed_mode": "2" });
        world.action(&mediator, &case.id, "start", start).await.unwrap();
        let input = json!({ "termination_reason": "01", "remedies_told": true });
        if !end.is_empty() {
            let done = world.action(&mediator, &case.id, end, input).await;
            done.unwrap_or_else(|r| panic!("{r:?}"));
        }
    }
    assert_eq!(total(&world, "province", "560000", "total").await, 3);
    assert_eq!(total(&world, "province", "560000", "success").await, 1);
    assert!(world.desk.recount(&mut |_| {}).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_everything_is_there_after_reopening_and_one_changed_byte_is_named() {
    let folder = std::env::temp_dir().join(format!("fengqiao-desk-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let open = || SqliteKeeper::open(&folder, Options::new(Arc::new(|| NOON))).unwrap();
    let id = {
        let world = World::on(Arc::new(open())).await;
        let id = world.agreed("滴水纠纷案").await;
        assert!(world.desk.verify(&mut |_| {}).await.unwrap().is_empty());
        world.desk.close().await.unwrap();
        id
    };
    {
        let world = World::on(Arc::new(open())).await;
        let record = world.desk.record(&world.mediator(), "mediation_case", &id, &now()).await;
        assert_eq!(record.unwrap().record.text("case_name"), "滴水纠纷案");
        assert!(world.desk.verify(&mut |_| {}).await.unwrap().is_empty());
        assert!(world.desk.recount(&mut |_| {}).await.unwrap().is_empty());
        world.desk.close().await.unwrap();
    }
    let file = folder.join(store::sqlite::FILE);
    let mut bytes = std::fs::read(&file).unwrap();
    let wanted = "滴水纠纷案".as_bytes();
    let places: Vec<usize> = (0..bytes.len() - wanted.len())
        .filter(|&i| &bytes[i..i + wanted.len()] == wanted)
        .collect();
    assert!(!places.is_empty());
    let mut named = 0;
    for &place in &places {
        bytes[place + 2] ^= 1;
        std::fs::write(&file, &bytes).unwrap();
        let world = World::on(Arc::new(open())).await;
        let doubts = world.desk.verify(&mut |_| {}).await.unwrap();
        world.desk.close().await.unwrap();
        // The title also stands in the inbox, which is not evidence; every other place is.
        named += usize::from(doubts.iter().any(|d| d.seq > 0 || d.message.contains(&id)));
        bytes[place + 2] ^= 1;
    }
    assert!(named >= 2, "{named} of {} places were named", places.len());
    let _ = std::fs::remove_dir_all(&folder);
}

#[tokio::test]
async fn keys_of_other_data_are_refused_whichever_half_is_wrong() {
    let keeper = Arc::new(MemoryKeeper::new(Arc::new(|| NOON)));
    let open = |seal: u8, index: u8| {
        let keys = Keys { seal: [seal; 16], index: [index; 32] };
        let keeper = keeper.clone();
        async move { Desk::open(keeper, house(), &keys, Box::new(Counting::default())).await }
    };
    open(7, 9).await.unwrap();
    open(7, 9).await.unwrap();
    for (seal, index) in [(8, 9), (7, 8)] {
        let refused = open(seal, index).await.map(|_| ()).unwrap_err().to_string();
        assert!(refused.contains("密钥文件和数据库对不上"), "{refused}");
    }
}
