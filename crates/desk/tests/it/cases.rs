//! Cases of the domain that need persons, days, units and accounts at the desk: see docs/cases.

use crate::world::{NOON, UNITS, World, at, confirmed, id_number, map, now};
use desk::{
    Deed, Done, Manner, Moment, Refusal,
    accounts::NewAccount,
    ask::ListAsk,
    division::Which,
    report::{ReportAnswer, ReportAsk},
};
use serde_json::{Value as Json, json};

const DAY: i64 = 86_400_000;
const TOWN: &str = "560101001";

/// Does it as the role at the unit at the moment.
async fn act(
    world: &World,
    (role, unit): (&str, &str),
    (kind, id, action): (&str, &str, &str),
    input: Json,
    moment: &Moment,
) -> Done {
    let deed = Deed::Action {
        kind: kind.to_owned(),
        id: id.to_owned(),
        action: action.to_owned(),
        version: None,
        input: map(input),
    };
    let done = world.desk.act(&world.actor(role, unit), deed, confirmed(), moment).await;
    done.unwrap_or_else(|refusal| panic!("{kind} {action}: {refusal:?}"))
}

async fn create(world: &World, (role, unit): (&str, &str), kind: &str, input: Json) -> String {
    let done = world.create(&world.actor(role, unit), kind, input).await;
    done.unwrap_or_else(|refusal| panic!("{kind}: {refusal:?}")).id
}

async fn change(world: &World, (role, unit): (&str, &str), kind: &str, id: &str, input: Json) {
    let deed =
        Deed::Change { kind: kind.to_owned(), id: id.to_owned(), version: None, input: map(input) };
    world.desk.act(&world.actor(role, unit), deed, confirmed(), &now()).await.unwrap();
}

/// A case registered, settled by word of mouth and archived, each at its moment.
async fn archived(world: &World, name: &str, begun: &Moment, ended: &Moment) -> (String, String) {
    let village = ("mediator", "560101001001");
    let deed = Deed::Create { kind: "mediation_case".to_owned(), input: map(world.case(name)) };
    let made = world.desk.act(&world.mediator(), deed, confirmed(), begun).await.unwrap();
    let on = |action: &'static str| ("mediation_case", made.id.as_str(), action);
    let start = json!({ "host_mediator": world.mediators[0], "informed_mode": "1" });
    let agree = json!({
        "agreement_form": "1", "place": "村委会", "main_facts": "屋檐滴水",
        "agreement_text": "当面赔礼道歉。", "performance_mode": "3",
    });
    act(world, village, on("accept"), json!({}), begun).await;
    act(world, village, on("start"), start, begun).await;
    act(world, village, on("agree"), agree, begun).await;
    act(world, village, on("perform"), json!({ "performance": "1" }), begun).await;
    let record = json!({
        "mediation_case": made.id, "mediated_at": format!("{}T09:00", begun.today),
        "place": "村委会", "subject": "屋檐滴水", "parties_present": "陈秀兰、孙建国",
        "recorder": "李秋月", "process": "双方到场，听取了各自的意见，都同意调解。", "result": "达成一致。",
        "signed_on": begun.today.to_string(),
    });
    let deed = Deed::Create { kind: "mediation_record".to_owned(), input: map(record) };
    world.desk.act(&world.mediator(), deed, confirmed(), begun).await.unwrap();
    let papers = json!([{ "type": "D23", "pages": 2 }, { "type": "D09", "pages": 1 }]);
    let close = json!({ "filed_by": "李秋月", "retention": "3", "materials": papers });
    act(world, village, on("close"), close, begun).await;
    let done = act(world, village, on("archive"), json!({}), ended).await;
    let code = made.numbers.into_iter().find(|(field, _)| field == "case_code").unwrap().1;
    (code, done.numbers.into_iter().find(|(field, _)| field == "dossier_no").unwrap().1)
}

/// 9.4-66: what was registered at 23:59 on New Year's Eve and filed after midnight.
#[tokio::test]
async fn a_dossier_filed_after_midnight_of_new_year_is_the_first_of_its_year() {
    let world = World::new().await;
    // 23:59 of 31 December 2026, and two minutes later.
    let eve = NOON + 213 * DAY + (12 * 60 - 1) * 60_000;
    let (eve, day) = (at(eve), at(eve + 120_000));
    assert_eq!(
        (eve.today.to_string(), day.today.to_string()),
        ("2026-12-31".into(), "2027-01-01".into())
    );
    let first = archived(&world, "甲家檐沟纠纷", &eve, &eve).await;
    let second = archived(&world, "乙家檐沟纠纷", &eve, &eve).await;
    let over = archived(&world, "丙家檐沟纠纷", &eve, &day).await;
    assert_eq!(first.1, "（2026）柳人调字第1号");
    assert_eq!(second.1, "（2026）柳人调字第2号");
    assert_eq!(over.1, "（2027）柳人调字第1号");
    for (code, _) in [first, second, over] {
        assert!(code.contains("20261231"), "{code} is of the day it was registered");
    }
}

/// 9.5-69: the same two people about the same, the other way round.
#[tokio::test]
async fn the_same_parties_the_other_way_round_are_asked_about() {
    let world = World::new().await;
    let mediator = world.mediator();
    world.create(&mediator, "mediation_case", world.case("檐沟纠纷")).await.unwrap();
    let mut swapped = world.case("滴水纠纷");
    let (one, two) = (swapped["parties"][0]["role"].take(), swapped["parties"][1]["role"].take());
    (swapped["parties"][0]["role"], swapped["parties"][1]["role"]) = (two, one);
    let asked = async |input: Json| {
        let deed = Deed::Create { kind: "mediation_case".to_owned(), input: map(input) };
        match world.desk.act(&mediator, deed, Manner::default(), &now()).await {
            Err(Refusal::Confirm(problems)) => problems.iter().any(|p| p.code == "repeated"),
            Err(other) => panic!("{other:?}"),
            Ok(_) => false,
        }
    };
    assert!(asked(swapped.clone()).await);
    swapped["dispute_type"] = json!("03");
    assert!(!asked(swapped.clone()).await, "about something else");
    let mut others = world.case("滴水纠纷");
    others["parties"][0]["id_number"] = json!(id_number("19610203", 22));
    assert!(!asked(others).await, "somebody else");
}

fn half(unit: &str) -> ReportAsk {
    ReportAsk {
        report: "mediation_cases".to_owned(),
        unit: unit.to_owned(),
        from: "2026-01".to_owned(),
        to: "2026-06".to_owned(),
        as_of: None,
    }
}

async fn reported(world: &World, role: &str, unit: &str) -> ReportAnswer {
    world.desk.report(&world.actor(role, unit), &half(unit)).await.unwrap()
}

/// 9.5-76: the cross-checks hold though cases failed, were withdrawn and are still open.
#[tokio::test]
async fn a_month_of_failed_withdrawn_and_open_cases_keeps_its_cross_checks() {
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
            world.action(&mediator, &case.id, end, input).await.unwrap();
        }
    }
    for (role, unit) in [("office", TOWN), ("county", "560101"), ("province", "560000")] {
        let answer = reported(&world, role, unit).await;
        for id in ["F1a", "F1b", "F1c", "F2", "F3", "F4", "F5"] {
            let check = answer.checks.iter().find(|check| check.id == id).unwrap();
            assert!(check.holds(), "{id} at {unit}: {:?}", check.failing);
        }
        let of = |column: &str| {
            answer.total.figures[answer.report.columns().position(|c| c.id == column).unwrap()]
        };
        assert_eq!((of("total").number, of("success").number), (3, 1));
        assert_eq!(of("success_rate").percent(), "33.33%");
    }
}

/// 9.5-78: a township is moved to another county and gets a new code there.
#[tokio::test]
async fn a_township_with_a_new_code_keeps_its_history_and_goes_on_with_its_trend() {
    let world = World::new().await;
    world.agreed("滴水纠纷案").await;
    let mut units =
        UNITS.replace("code,name,parent", "code,name,parent,valid_from,valid_to,successor");
    units = units.replace(
        "560101001,柳河镇,560101",
        "560101001,柳河镇,560101,,2026-06-30,560201008\n560201008,柳河镇,560201,2026-07-01,,",
    );
    world.desk.import_units(None, &[&units], &Which::default(), &now()).await.unwrap();
    let old = reported(&world, "office", TOWN).await;
    let new = reported(&world, "office", "560201008").await;
    assert_eq!((old.total.figures[0].number, new.total.figures[0].number), (1, 0));
    assert_eq!(old.months, [("2026-06".to_owned(), 1)], "history stays where it was");
    assert_eq!(new.months, old.months, "and the trend of the new code holds it");
    assert_eq!(new.formerly, ["柳河镇"]);
    for (role, unit, count) in
        [("county", "560101", 1), ("county", "560201", 0), ("province", "560000", 1)]
    {
        let above = reported(&world, role, unit).await;
        assert_eq!(above.total.figures[0].number, count, "{unit}");
        assert_eq!(
            above.months.iter().map(|(_, n)| n).sum::<i64>(),
            i64::try_from(count).unwrap(),
            "{unit}"
        );
        assert!(above.formerly.is_empty());
    }
}

/// 9.5-81: whom a case concerns is for the office and above; the village does not learn that it is noted.
#[tokio::test]
async fn a_village_account_gets_no_word_of_the_special_groups_of_a_case() {
    let world = World::new().await;
    let case = world.agreed("滴水纠纷案").await;
    let note = json!({ "mediation_case": case, "special_group": ["01"], "note": "避开报到日谈话" });
    let note = create(&world, ("office", TOWN), "case_special_group", note).await;
    let list = ListAsk { kind: "case_special_group".to_owned(), ..ListAsk::default() };
    for (role, unit, sees) in [
        ("mediator", "560101001001", false),
        ("office", TOWN, true),
        ("county", "560101", true),
        ("office", "560101002", false),
    ] {
        let actor = world.actor(role, unit);
        let found = world.desk.record(&actor, "case_special_group", &note, &now()).await;
        assert_eq!(found.is_ok(), sees, "{role} at {unit}");
        let listed = world.desk.list(&actor, &list).await.map_or(0, |found| found.records.len());
        assert_eq!(listed, usize::from(sees), "{role} at {unit}");
        let newest = world.desk.newest(&actor, 50).await.unwrap();
        let begun = newest.iter().any(|(_, record)| record.id() == note);
        assert!(!begun || sees, "{role} at {unit}");
        assert!(world.search(&actor, "避开报到日谈话").await.is_empty() || sees);
    }
    let mediator = world.mediator();
    let log = world.desk.log(&mediator, "mediation_case", &case).await.unwrap();
    assert!(!log.is_empty() && log.iter().all(|line| !line.body.contains_key("special_group")));
    let own = world.desk.record(&mediator, "mediation_case", &case, &now()).await.unwrap();
    assert!(own.kind.fields.get("special_group").is_none());
}

fn staff(office: &str, account: &str) -> Json {
    json!({
        "justice_office": office, "full_name": "许佳", "id_type": "111",
        "id_number": id_number("19901130", 22), "sex": "2", "birth_date": "1990-11-30",
        "ethnic": "01", "political": "01", "education": "21", "mobile": "19900000011",
        "staff_type": "01", "work_since": "2013-08-01", "justice_since": "2016-09-01",
        "joined_on": "2018-03-01", "account": account,
    })
}

/// TEAM-02: the last one on duty is lent out.
#[tokio::test]
async fn an_office_without_anybody_is_known_to_county_and_city_at_once() {
    let world = World::new().await;
    let county = ("county", "560101");
    let office = world.office_at("560101002", "石桥司法所").await;
    let only = create(&world, ("office", "560101002"), "office_staff", staff(&office, "")).await;
    act(&world, county, ("office_staff", &only, "confirm_quota"), json!({}), &now()).await;
    change(&world, county, "justice_office", &office, json!({ "head": only })).await;
    act(&world, county, ("justice_office", &office, "approve"), json!({}), &now()).await;
    let later = at(NOON + 9 * DAY);
    let known = async |role: &str, unit: &str| {
        let tasks = world.desk.tasks(&world.actor(role, unit), &later, 500).await.unwrap();
        tasks.iter().any(|task| task.record == office && task.label.starts_with("无人在岗"))
    };
    assert!(!known("county", "560101").await, "somebody is there");
    let lend = json!({ "lent_to": "临溪县司法局" });
    act(&world, county, ("office_staff", &only, "lend"), lend, &later).await;
    for (role, unit) in [("office", "560101002"), county, ("city", "560100")] {
        assert!(known(role, unit).await, "{role} at {unit}");
    }
    assert!(!known("county", "560201").await, "another county knows nothing of it");
    act(&world, county, ("office_staff", &only, "come_back"), json!({}), &later).await;
    assert!(!known("city", "560100").await);
}

/// TEAM-06: who is lent out does nothing more here.
#[tokio::test]
async fn who_is_lent_out_is_signed_out_and_may_do_nothing() {
    let world = World::new().await;
    let new = NewAccount {
        login: "xu.jia".to_owned(),
        name: "许佳".to_owned(),
        password: "Long-enough-1".to_owned(),
        role: "office".to_owned(),
        unit: TOWN.to_owned(),
    };
    let admin = world.actor("system_admin", "560000");
    let account = world.desk.add_account(&admin, &new, &now()).await.unwrap();
    let (token, _) = world.desk.sign_in("xu.jia", "Long-enough-1", &now()).await.unwrap();
    let office = world.office_at(TOWN, "柳河第二司法所").await;
    let one = create(&world, ("office", TOWN), "office_staff", staff(&office, &account)).await;
    let county = ("county", "560101");
    act(&world, county, ("office_staff", &one, "confirm_quota"), json!({}), &now()).await;
    world.desk.session(&token, &now()).await.unwrap();
    let lend = json!({ "lent_to": "临溪县司法局" });
    act(&world, county, ("office_staff", &one, "lend"), lend, &now()).await;
    let ended = world.desk.session(&token, &now()).await;
    assert!(matches!(ended, Err(Refusal::NotSignedIn)), "nothing is done under it any more");
    let refused = world.desk.sign_in("xu.jia", "Long-enough-1", &now()).await.unwrap_err();
    assert!(refused.to_string().contains("停用"), "{refused}");
}

/// TEAM-04: the third of two posts.
#[tokio::test]
async fn nobody_takes_a_post_that_the_office_has_not() {
    let world = World::new().await;
    let office = world.office_at("560101002", "石桥司法所").await;
    let county = world.actor("county", "560101");
    for number in 0..4 {
        let mut input = staff(&office, "");
        input["id_number"] = json!(id_number("19901130", 122 + 2 * number));
        let one = create(&world, ("office", "560101002"), "office_staff", input).await;
        let taken =
            world.action_on(&county, "office_staff", &one, "confirm_quota", json!({})).await;
        match taken {
            Ok(_) => assert!(number < 3, "three were allotted"),
            Err(Refusal::Invalid(problems)) => {
                assert_eq!((number, problems[0].code.as_str()), (3, "post_vacant"));
            }
            Err(other) => panic!("{other:?}"),
        }
    }
}

/// TEAM-18: whoever stands in the register of legal services is known there by the number.
#[tokio::test]
async fn a_candidate_who_is_in_the_register_of_legal_services_is_found_there() {
    let world = World::new().await;
    let county = ("county", "560101");
    let number = id_number("19850520", 31);
    let firm = json!({
        "org_name": "临溪县柳河法律服务所", "org_type": "05", "licence_no": "35601001",
    });
    let firm = create(&world, county, "svc_provider_org", firm).await;
    act(&world, county, ("svc_provider_org", &firm, "register"), json!({}), &now()).await;
    let worker = json!({
        "svc_provider_org": firm, "full_name": "罗安平", "id_number": number,
        "person_type": "02", "licence_no": "35601002", "practice_from": "2015-03-01",
    });
    let worker = create(&world, county, "svc_provider_person", worker).await;
    act(&world, county, ("svc_provider_person", &worker, "register"), json!({}), &now()).await;
    let round = json!({
        "round_name": "2026年选任", "county_unit": "560101", "court": "临溪县人民法院",
        "judges": 6, "quota_total": 20, "quota_doc": "临人大常〔2026〕4号",
        "quota_on": "2026-05-03", "to_appoint": 16, "age_day": "2026-05-11",
    });
    let round = create(&world, county, "juror_round", round).await;
    let candidate = json!({
        "juror_round": round, "full_name": "罗安平", "id_number": number, "education": "61",
        "source": "01", "mobile": "13800050231",
    });
    let deed = Deed::Create { kind: "juror_candidate".to_owned(), input: map(candidate) };
    let county = world.actor("county", "560101");
    let asked = world.desk.act(&county, deed, Manner::default(), &now()).await;
    let Err(Refusal::Confirm(problems)) = asked else { panic!("{asked:?}") };
    assert!(problems.iter().any(|problem| problem.code == "in_registry"), "{problems:?}");
}

/// TEAM-14: an indicator that is to be counted, and does not say from what.
#[tokio::test]
async fn an_indicator_without_a_source_is_named_and_nothing_is_published() {
    let world = World::new().await;
    let item = |name: &str, source: &str| {
        json!({
            "indicator": "04", "item_name": name, "tier": "1", "full_score": 50, "way": "1",
            "source": source, "target": "到位率百分之百的得满分。",
        })
    };
    let set = |source: &str| {
        json!({
            "set_code": "GF-2026", "set_name": "临溪县司法所规范化建设指标", "full_total": 100,
            "issued_by": "临溪县司法局", "valid_from": "2026-01-01",
            "items": [item("政法专项编制到位率", "12"), item("在岗率", source)],
        })
    };
    let county = world.actor("county", "560101");
    let refused = world.create(&county, "norm_set", set("")).await;
    let Err(Refusal::Invalid(problems)) = refused else { panic!("{refused:?}") };
    let found: Vec<_> = problems.iter().map(|p| (p.code.as_str(), p.field.as_str())).collect();
    assert_eq!(found, [("source_known", "items.1.source")], "the second item, and no other");
    let list = ListAsk { kind: "norm_set".to_owned(), ..ListAsk::default() };
    assert!(world.desk.list(&county, &list).await.unwrap().records.is_empty());
    let made = create(&world, ("county", "560101"), "norm_set", set("13")).await;
    let done = world.action_on(&county, "norm_set", &made, "publish", json!({})).await.unwrap();
    assert_eq!(done.state, "published");
}
