//! What an act does: archives, numbers, limits, locks, keys.

use crate::world::{NOON, World, at, confirmed, id_number, map, now};
use desk::{Deed, Manner, Refusal, ask::ListAsk};
use engine::problem::Problem;
use serde_json::json;

fn codes(problems: &[Problem]) -> Vec<(&str, &str)> {
    problems.iter().map(|p| (p.field.as_str(), p.code.as_str())).collect()
}

#[tokio::test]
async fn a_person_known_to_the_archive_is_used_and_not_made_twice() {
    let world = World::new().await;
    let mediator = world.mediator();
    let first = world.create(&mediator, "mediation_case", world.case("滴水纠纷甲")).await.unwrap();
    let second = world.create(&mediator, "mediation_case", world.case("滴水纠纷乙")).await.unwrap();
    let first = world.desk.record(&mediator, "mediation_case", &first.id, &now()).await.unwrap();
    let second = world.desk.record(&mediator, "mediation_case", &second.id, &now()).await.unwrap();
    let person = |answer: &desk::ask::RecordAnswer, i: usize| {
        answer.record.rows["parties"][i].cells["person"].clone()
    };
    assert_eq!(person(&first, 0), person(&second, 0));
    assert_eq!(person(&first, 1), person(&second, 1));
    assert_ne!(person(&first, 0), person(&first, 1));
    // Sex and birth date came out of the number, age out of the birth date.
    let row = &first.record.rows["parties"][0].cells;
    assert_eq!(row["sex"], "2".into());
    assert_eq!(row["birth_date"], "1960-02-03".into());
    assert_eq!(row["age"], 66.into());
}

#[tokio::test]
async fn choosing_a_person_is_enough_nothing_is_typed_again() {
    let world = World::new().await;
    let mediator = world.mediator();
    world.create(&mediator, "mediation_case", world.case("滴水纠纷甲")).await.unwrap();
    let hints = [("id_number".to_owned(), id_number("19600203", 22))];
    let found = world.desk.match_archive(&mediator, "person", &hints).await.unwrap();
    assert_eq!(found.len(), 1);
    let mut case = world.case("借款纠纷");
    case["parties"][0] = json!({ "role": "1", "person": found[0].id() });
    let done = world.create(&mediator, "mediation_case", case).await.unwrap();
    let answer = world.desk.record(&mediator, "mediation_case", &done.id, &now()).await.unwrap();
    let row = &answer.record.rows["parties"][0].cells;
    assert_eq!(row["name"], "陈秀兰".into());
    assert_eq!(row["phone"], "19900000021".into());
    assert_eq!(row["id_number"], id_number("19600203", 22).into());
}

#[tokio::test]
async fn a_namesake_without_a_number_is_asked_about() {
    let world = World::new().await;
    let mediator = world.mediator();
    world.create(&mediator, "mediation_case", world.case("滴水纠纷甲")).await.unwrap();
    let mut case = world.case("滴水纠纷乙");
    case["parties"][0] = json!({ "role": "1", "name": "陈秀兰", "phone": "19900000099" });
    let deed = Deed::Create { kind: "mediation_case".to_owned(), input: map(case) };
    let refusal = world.desk.act(&mediator, deed, Manner::default(), &now()).await.unwrap_err();
    let Refusal::Confirm(problems) = refusal else { panic!("{refusal:?}") };
    assert_eq!(codes(&problems), [("parties.0.name", "archive_maybe_known")]);
}

#[tokio::test]
async fn bad_input_is_refused_whole_with_every_field_named() {
    let world = World::new().await;
    let mediator = world.mediator();
    let mut case = world.case("短");
    case["summary"] = "。。。。。。。。。。。。".into();
    case["dispute_type"] = "77".into();
    case["occurred_on"] = "2026-02-30".into();
    case["amount"] = "-5".into();
    case["people_count"] = json!(1);
    case["nonsense"] = json!(1);
    case["parties"][0]["id_number"] = "110101199002300014".into();
    let refusal = world.create(&mediator, "mediation_case", case).await.unwrap_err();
    let Refusal::Invalid(problems) = refusal else { panic!("{refusal:?}") };
    let mut found = codes(&problems);
    found.sort_unstable();
    for expected in [
        ("amount", "too_small"),
        ("case_name", "too_short"),
        ("dispute_type", "code"),
        ("nonsense", "unknown_field"),
        ("occurred_on", "date_impossible"),
        ("parties.0.id_number", "id_number_birth"),
        ("people_count", "too_small"),
        ("summary", "repetitive"),
    ] {
        assert!(found.contains(&expected), "{expected:?} not in {found:?}");
    }
    let list = ListAsk { kind: "mediation_case".to_owned(), ..ListAsk::default() };
    assert_eq!(world.desk.count(&mediator, &list, 10).await.unwrap(), 0);
    let people = world.search(&mediator, "孙建国").await;
    assert!(people.is_empty(), "nothing is saved by halves");
}

#[tokio::test]
async fn the_main_line_runs_from_registration_to_archive() {
    let world = World::new().await;
    let mediator = world.mediator();
    let id = world.agreed("滴水纠纷").await;
    let act = |action: &'static str, input| world.action(&mediator, &id, action, input);
    act("perform", json!({ "performance": "3", "satisfied": "1" })).await.unwrap();
    let record = json!({
        "mediation_case": id, "mediated_at": "2026-06-01T09:00", "place": "村委会",
        "informing": "已告知", "statements": "陈秀兰说檐水滴到自家墙上，孙建国说檐沟旧了", "process": "先听双方陈述，再看现场，经劝解后达成一致", "result": "达成协议",
        "recorder": "李秋月", "participants": "无", "parties_present": "陈秀兰、孙建国", "subject": "滴水纠纷",
    });
    let done = world.create(&mediator, "mediation_record", record).await;
    done.unwrap_or_else(|r| panic!("{r:?}"));
    act("close", json!({ "filed_by": "王长河", "retention": "2" })).await.unwrap();
    let refusal = act("archive", json!({})).await.unwrap_err();
    let Refusal::Invalid(problems) = refusal else { panic!("{refusal:?}") };
    let missing: Vec<&str> = problems.iter().map(|p| p.code.as_str()).collect();
    assert!(missing.contains(&"dossier_identity"), "{missing:?}");
    assert!(missing.contains(&"dossier_agreement"), "{missing:?}");
    let materials = json!({ "materials": [
        { "type": "D23", "pages": 2 }, { "type": "D08", "pages": 3 }, { "type": "D07", "pages": 1 },
    ]});
    let done = act("archive", materials).await.unwrap_or_else(|r| panic!("{r:?}"));
    assert_eq!(done.state, "archived");
    assert_eq!(done.numbers, [("dossier_no".to_owned(), "（2026）柳人调字第1号".to_owned())]);
    let answer = world.desk.record(&mediator, "mediation_case", &id, &now()).await.unwrap();
    assert_eq!(answer.record.text("agreement_no"), "（2026）柳调协字第1号");
    assert!(answer.actions.is_empty());
    assert!(!answer.may_change);
    let log = world.desk.log(&mediator, "mediation_case", &id).await.unwrap();
    let acts: Vec<&str> = log.iter().map(|l| l.act.as_str()).filter(|a| *a != "read").collect();
    assert_eq!(acts, ["create", "accept", "start", "agree", "perform", "close", "archive"]);
}

#[tokio::test]
async fn confirmation_on_the_31st_day_is_refused_with_the_article() {
    let world = World::new().await;
    let mediator = world.mediator();
    let id = world.agreed("滴水纠纷").await;
    let apply = |day: i64| {
        let deed = Deed::Action {
            kind: "mediation_case".to_owned(),
            id: id.clone(),
            action: "apply_confirmation".to_owned(),
            version: None,
            input: map(json!({ "jc_court": "临溪县人民法院", "jc_all_parties": true })),
        };
        let moment = at(NOON + day * 86_400_000);
        let (desk, mediator) = (world.desk.clone(), mediator.clone());
        async move { desk.act(&mediator, deed, confirmed(), &moment).await }
    };
    let Refusal::Invalid(problems) = apply(31).await.unwrap_err() else { panic!() };
    assert_eq!(problems[0].code, "confirmation_in_time");
    assert_eq!(problems[0].basis, "人民调解法 第33条");
    assert_eq!(apply(30).await.unwrap().state, "confirming");
}

#[tokio::test]
async fn an_action_not_possible_in_the_state_is_refused() {
    let world = World::new().await;
    let id = world.agreed("滴水纠纷").await;
    let refusal = world.action(&world.mediator(), &id, "accept", json!({})).await.unwrap_err();
    let Refusal::Invalid(problems) = refusal else { panic!("{refusal:?}") };
    assert_eq!(problems[0].code, "state");
}

#[tokio::test]
async fn a_stale_version_gives_back_what_is_there_now() {
    let world = World::new().await;
    let mediator = world.mediator();
    let case = world.create(&mediator, "mediation_case", world.case("滴水纠纷")).await.unwrap();
    let change = |version, name: &str| Deed::Change {
        kind: "mediation_case".to_owned(),
        id: case.id.clone(),
        version: Some(version),
        input: map(json!({ "case_name": name })),
    };
    world.desk.act(&mediator, change(1, "新的名称"), confirmed(), &now()).await.unwrap();
    let refusal =
        world.desk.act(&mediator, change(1, "别的名称"), confirmed(), &now()).await.unwrap_err();
    let Refusal::Changed(current) = refusal else { panic!("{refusal:?}") };
    assert_eq!(current.version(), 2);
    assert_eq!(current.text("case_name"), "新的名称");
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_writers_on_one_version_have_one_winner() {
    let world = World::new().await;
    let mediator = world.mediator();
    let case = world.create(&mediator, "mediation_case", world.case("滴水纠纷")).await.unwrap();
    let mut tasks = Vec::new();
    for i in 0..50 {
        let (desk, mediator, id) = (world.desk.clone(), mediator.clone(), case.id.clone());
        tasks.push(tokio::spawn(async move {
            let deed = Deed::Change {
                kind: "mediation_case".to_owned(),
                id,
                version: Some(1),
                input: map(json!({ "case_name": format!("第{i}个名称") })),
            };
            desk.act(&mediator, deed, confirmed(), &now()).await
        }));
    }
    let mut won = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => won += 1,
            Err(Refusal::Changed(current)) => assert_eq!(current.version(), 2),
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(won, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_identical_submissions_make_one_record_and_one_answer() {
    let world = World::new().await;
    let mediator = world.mediator();
    let deed =
        Deed::Create { kind: "mediation_case".to_owned(), input: map(world.case("滴水纠纷")) };
    let manner = Manner { confirmed: true, key: Some("k-1".to_owned()) };
    let mut tasks = Vec::new();
    for _ in 0..10 {
        let (desk, mediator) = (world.desk.clone(), mediator.clone());
        let (deed, manner) = (deed.clone(), manner.clone());
        tasks.push(tokio::spawn(async move { desk.act(&mediator, deed, manner, &now()).await }));
    }
    let mut answers = Vec::new();
    for task in tasks {
        let done = task.await.unwrap().unwrap();
        answers.push((done.id, done.version, done.numbers));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert!(answers[0].2[0].1.starts_with("56560101001"), "{answers:?}");
    let other =
        Deed::Create { kind: "mediation_case".to_owned(), input: map(world.case("别的纠纷")) };
    let refusal = world.desk.act(&mediator, other, manner, &now()).await.unwrap_err();
    assert!(matches!(refusal, Refusal::KeyReused));
}

#[tokio::test]
async fn limits_run_and_end_with_the_flow() {
    let world = World::new().await;
    let mediator = world.mediator();
    let case = world.create(&mediator, "mediation_case", world.case("滴水纠纷")).await.unwrap();
    let tasks = world.desk.tasks(&mediator, &now(), 50).await.unwrap();
    let of_case = |tasks: &[desk::inbox::Task]| -> Vec<(String, String)> {
        let mine = tasks.iter().filter(|t| t.record == case.id);
        mine.map(|t| (t.label.clone(), t.due.map(|d| d.to_string()).unwrap_or_default())).collect()
    };
    assert_eq!(of_case(&tasks), [("受理答复".to_owned(), "2026-06-04".to_owned())]);
    world.action(&mediator, &case.id, "accept", json!({})).await.unwrap();
    let tasks = world.desk.tasks(&mediator, &now(), 50).await.unwrap();
    assert_eq!(of_case(&tasks), [("调解期限".to_owned(), "2026-07-01".to_owned())]);
}

#[tokio::test]
async fn what_is_attached_moves_the_record_it_hangs_on() {
    let world = World::new().await;
    let county = world.actor("county", "560101");
    let committee = || async {
        let id = world.committee.clone();
        world.desk.record(&county, "mediation_committee", &id, &now()).await.unwrap().record
    };
    // Three mediators were registered after the committee: nobody typed how many there are.
    assert_eq!(committee().await.int("part_time_count"), 3);
    let leave = json!({ "left_reason": "迁居外地" });
    world.action_on(&county, "mediator", &world.mediators[2], "leave", leave).await.unwrap();
    assert_eq!(committee().await.int("part_time_count"), 2);
    assert!(world.desk.verify(&mut |_| {}).await.unwrap().is_empty());

    let mediator = world.mediator();
    let id = world.agreed("滴水纠纷").await;
    let due = json!({ "performance_due_on": "2026-06-05" });
    world.action(&mediator, &id, "begin_performance", due).await.unwrap();
    let visits = || async {
        let tasks = world.desk.tasks(&mediator, &now(), 100).await.unwrap();
        tasks.iter().filter(|t| t.record == id && t.label == "回访").count()
    };
    assert_eq!(visits().await, 1);
    let visit = json!({
        "mediation_case": id, "visited_at": "2026-06-01", "reason": "滴水纠纷", "place": "孙建国家",
        "findings": "檐沟已改装，双方无异议", "performance": "3", "satisfied": "1", "mode": "1",
        "visitor": "王长河", "party": "孙建国",
    });
    world.create(&mediator, "return_visit", visit).await.unwrap_or_else(|r| panic!("{r:?}"));
    assert_eq!(visits().await, 0, "the visit ends the limit");
}

#[tokio::test]
async fn what_is_sealed_may_not_repeat_either() {
    let world = World::new().await;
    let office = world.actor("office", "560101001");
    let again = |name: &str| {
        json!({
            "mediation_committee": world.committee, "full_name": name,
            "id_number": id_number("19700101", 11), "ethnic": "01", "education": "60",
            "mobile": "19900000000", "post": "3", "employment": "2", "origin": "1",
            "is_purchased": false, "hired_on": "2020-01-01", "term_from": "2025-05-01",
            "term_to": "2028-04-30",
        })
    };
    let refusal = world.create(&office, "mediator", again("王长河")).await.unwrap_err();
    let Refusal::Invalid(problems) = refusal else { panic!("{refusal:?}") };
    assert_eq!(codes(&problems), [("id_number", "taken")]);
    assert_eq!(problems[0].message, "这个人已在本调委会登记");
}
