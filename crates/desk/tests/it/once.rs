//! What may be there only once, what is asked about, and drafts open on two devices.

use crate::world::{World, confirmed, id_number, map, now, persona};
use desk::{Actor, Deed, Manner, Moment, Refusal, drafts::Draft};
use serde_json::{Value as Json, json};

fn committee(world: &World, village: &str, office: &str) -> Json {
    let _ = world;
    json!({
        "committee_name": "柳河镇柳河村人民调解委员会", "short_name": "上",
        "committee_type": "01", "division": village, "founded_on": "2024-05-01",
        "elected_on": "2025-05-01", "term_ends_on": "2028-04-30",
        "phone": "0579-88880001", "address": "上柳村1号", "office": office,
    })
}

#[tokio::test]
async fn a_committee_of_the_same_name_is_asked_about_in_the_county_and_refused_in_the_village() {
    let world = World::new().await;
    let county = world.actor("county", "560101");
    let office = world.office_at("560101001", "柳河第二司法所").await;
    let deed = |village: &str| Deed::Create {
        kind: "mediation_committee".to_owned(),
        input: map(committee(&world, village, &office)),
    };
    let other = world.desk.act(&county, deed("560101001002"), Manner::default(), &now()).await;
    let Err(Refusal::Confirm(problems)) = other else { panic!("{other:?}") };
    assert_eq!(problems[0].code, "repeated");
    assert!(problems[0].message.contains("本县已有同名的调委会"));
    let same = world.desk.act(&county, deed("560101001001"), confirmed(), &now()).await;
    let Err(Refusal::Invalid(problems)) = same else { panic!("{same:?}") };
    assert_eq!(
        (problems[0].code.as_str(), problems[0].field.as_str()),
        ("taken", "committee_name")
    );
    let kept = world.desk.act(&county, deed("560101001002"), confirmed(), &now()).await.unwrap();
    assert_eq!(kept.warnings[0].code, "repeated");
    let far = persona(&world.desk, "county", "560201");
    let deed = Deed::Create {
        kind: "mediation_committee".to_owned(),
        input: map(committee(&world, "560201001001", "")),
    };
    let far = world.desk.act(&far, deed, Manner::default(), &now()).await;
    let asked = |refusal: &Refusal| match refusal {
        Refusal::Confirm(problems) | Refusal::Invalid(problems) => {
            problems.iter().any(|problem| problem.code == "repeated")
        }
        _ => false,
    };
    assert!(!far.is_err_and(|refusal| asked(&refusal)), "another county has its own names");
}

fn staff(office: &str, kind: &str) -> Json {
    json!({
        "justice_office": office, "full_name": "许佳", "id_type": "111",
        "id_number": id_number("19901130", 126), "sex": "2", "birth_date": "1990-11-30",
        "ethnic": "01", "political": "01", "education": "21", "mobile": "13800030126",
        "staff_type": kind, "work_since": "2013-08-01", "justice_since": "2016-09-01",
        "joined_on": "2018-03-01",
    })
}

#[tokio::test]
async fn one_person_holds_one_post_of_the_establishment_in_the_whole_province() {
    let world = World::new().await;
    let (here, there) = (
        world.office_at("560101001", "柳河第二司法所").await,
        world.office_at("560201001", "渔歌司法所").await,
    );
    let county = |unit: &str| persona(&world.desk, "county", unit);
    let (own, far) = (county("560101"), county("560201"));
    let register = |kind: &'static str, office: String, unit: &'static str| {
        let office_clerk = persona(&world.desk, "office", unit);
        let world = &world;
        async move { world.create(&office_clerk, "office_staff", staff(&office, kind)).await }
    };
    let first = register("01", here, "560101001").await.unwrap();
    world.action_on(&own, "office_staff", &first.id, "confirm_quota", json!({})).await.unwrap();
    let second = register("01", there.clone(), "560201001").await.unwrap();
    let refused =
        world.action_on(&far, "office_staff", &second.id, "confirm_quota", json!({})).await;
    let Err(Refusal::Invalid(problems)) = refused else { panic!("{refused:?}") };
    assert_eq!(problems[0].code, "taken");
    assert!(problems[0].message.contains("已在别的司法所占政法专项编制"));
    let change = Deed::Change {
        kind: "office_staff".to_owned(),
        id: second.id.clone(),
        version: None,
        input: map(json!({ "staff_type": "06" })),
    };
    world.desk.act(&far, change, confirmed(), &now()).await.unwrap();
    let done = world.action_on(&far, "office_staff", &second.id, "confirm", json!({})).await;
    assert_eq!(done.unwrap().state, "on_duty", "as a part-timer the same person is taken");
    let leave = json!({ "left_on": "2026-05-31", "left_reason": "调离" });
    let clerk = persona(&world.desk, "office", "560101001");
    world.action_on(&clerk, "office_staff", &first.id, "leave", leave).await.unwrap();
}

/// Somebody on probation, with every field that a file needs.
fn subject(id_number: &str) -> Json {
    json!({
        "office_unit": "560101001", "corr_org": "临溪县社区矫正管理局", "full_name": "沈文博",
        "sex": "1", "ethnic": "01", "nationality": "0101", "id_type": "111",
        "id_number": id_number, "birth_date": "1990-05-06", "education": "04", "marital": "02",
        "employment": "01", "political_now": "03", "political_before": "03",
        "mobile": "13800010001", "has_relatives": false, "is_three_without": false,
        "same_place": true, "household": "01", "residence_division": "560101",
        "residence_address": "柳河村6号", "domicile_division": "560101",
        "domicile_address": "柳河村6号", "execution_place": "临溪县", "has_passport": false,
        "has_hmt_permit": false, "exit_report": "R0", "has_psychosis": false,
        "has_contagion": false, "has_assessment": false, "category": "02",
        "decision_organ_type": "01", "decision_organ": "临溪县人民法院",
        "effective_on": "2026-05-20", "exec_notice_no": "（2026）临刑执字第12号",
        "exec_notice_on": "2026-05-21", "handover_on": "2026-05-25", "crime_type": "05",
        "charge": "盗窃罪", "offence_facts": "三次盗窃，价值四千元。", "combined": false,
        "orig_penalty": "03", "orig_term": "有期徒刑十个月", "orig_months": 10,
        "prior_record": false, "recidivist": false, "has_injunction": false, "term_months": 12,
        "starts_on": "2026-05-20", "ends_on": "2027-05-19", "is_adult": true,
        "juvenile_regime": false, "level": "03", "has_group": false, "em_used": false,
    })
}

/// Case T57 of the corrections domain.
#[tokio::test]
async fn nobody_has_two_open_corrections_files() {
    let world = World::new().await;
    let county = world.actor("county", "560101");
    let number = id_number("19900506", 1);
    let first = world.create(&county, "corr_case", subject(&number)).await.unwrap();
    let again = world.create(&county, "corr_case", subject(&number)).await;
    let Err(Refusal::Invalid(problems)) = again else { panic!("{again:?}") };
    assert_eq!((problems[0].code.as_str(), problems[0].field.as_str()), ("taken", "id_number"));
    assert!(problems[0].message.contains("没有结束的社区矫正档案"));
    let void = json!({ "void_reason": "重复登记" });
    world.action_on(&county, "corr_case", &first.id, "void", void).await.unwrap();
    world.create(&county, "corr_case", subject(&number)).await.expect("the first has ended");
}

/// An application for legal aid as it comes in over the net, submitted and received.
async fn application(world: &World) -> (String, i64) {
    let county = world.actor("county", "560101");
    let agency =
        json!({ "org_name": "临溪县法律援助中心", "org_type": "01", "licence_no": "3100000199" });
    let agency = world.create(&county, "svc_provider_org", agency).await.unwrap().id;
    world.action_on(&county, "svc_provider_org", &agency, "register", json!({})).await.unwrap();
    let input = json!({
        "source_code": "01", "apply_form": "1", "agency_org_id": agency, "form_code": "06",
        "matter_code": "B05", "cause": "追索劳动报酬", "legal_status": "01", "stage": "02",
        "is_group": false, "is_litigation": true, "case_organ": "临溪县劳动人事争议仲裁委员会",
        "locus_division": "560101", "applicant_name": "陈秀兰", "id_type": "111",
        "facts": "申请人自2025年9月起在工地做工，被拖欠劳动报酬一万二千元。",
        "id_number": id_number("19850520", 232), "applicant_categories": ["05"], "capacity": "1",
        "lives_on_own_pay": true, "has_counsel": false, "may_be_severe": false,
        "guardian_is_opponent": false,
        "materials": [{ "material": "01", "copies": 1 }, { "material": "03", "copies": 2 }],
    });
    let made = world.create(&county, "svc_aid_application", input).await.unwrap();
    let submit = json!({ "received_on": "2026-06-01" });
    let kind = "svc_aid_application";
    let done = world.action_on(&county, kind, &made.id, "submit_here", submit).await.unwrap();
    (made.id, done.version)
}

/// Case SVC-24 of the services domain.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_clerks_who_take_one_application_one_has_it_and_the_other_sees_who() {
    let world = World::new().await;
    let (id, version) = application(&world).await;
    let take = |clerk: &'static str| {
        let (desk, id) = (world.desk.clone(), id.clone());
        let actor = Actor { account: clerk.to_owned(), ..world.actor("aid_clerk", "560101") };
        tokio::spawn(async move {
            let deed = Deed::Action {
                kind: "svc_aid_application".to_owned(),
                id,
                action: "start_review".to_owned(),
                version: Some(version),
                input: map(json!({})),
            };
            let moment = Moment { actor: clerk.to_owned(), ..now() };
            (clerk, desk.act(&actor, deed, confirmed(), &moment).await)
        })
    };
    let (one, two) = (take("zhouning"), take("lihong"));
    let answers = [one.await.unwrap(), two.await.unwrap()];
    let won: Vec<&str> = answers.iter().filter(|(_, a)| a.is_ok()).map(|(who, _)| *who).collect();
    let [winner] = won.as_slice() else { panic!("{answers:?}") };
    for (_, answer) in &answers {
        match answer {
            Ok(done) => assert_eq!((done.state.as_str(), done.version), ("reviewing", version + 1)),
            Err(Refusal::Changed(current)) => {
                assert_eq!(current.state(), "reviewing");
                assert_eq!(current.text("updated_by"), *winner, "the other sees who took it");
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    let county = world.actor("county", "560101");
    let history = world.desk.history(&county, "svc_aid_application", &id).await.unwrap();
    let taken: Vec<_> = history.iter().filter(|line| line.version > version).collect();
    assert_eq!(taken.len(), 1, "and it is in the log once");
    assert_eq!(taken[0].actor, *winner);
}

/// A number is kept sealed, so no index finds it again.
#[tokio::test]
async fn a_sealed_number_that_is_known_in_the_county_is_asked_about() {
    let world = World::new().await;
    let county = world.actor("county", "560101");
    let village = |code: &'static str, name: &'static str| {
        json!({
            "village": code, "village_name": name, "village_kind": "1", "population": 800,
            "lmr_target": 3, "pass_mark": 60, "year_hours": 8,
        })
    };
    let person = |village: &str, number: &str| {
        json!({
            "pub_village": village, "full_name": "许佳", "id_number": number, "sex": "1",
            "birth_date": "1990-05-06", "villager": true, "source_codes": ["03"],
            "main_source": "03", "recommend_code": "02", "selected_on": "2026-03-02",
        })
    };
    let first = village("560101001001", "柳河村");
    let first = world.create(&county, "pub_village", first).await.unwrap();
    let second = village("560101001002", "上柳村");
    let second = world.create(&county, "pub_village", second).await.unwrap();
    let (number, other) = (id_number("19900506", 1), id_number("19900506", 3));
    let asked = |done: &desk::Done| done.warnings.iter().any(|problem| problem.code == "repeated");
    let done = world.create(&county, "pub_lmr", person(&first.id, &number)).await.unwrap();
    assert!(!asked(&done), "{:?}", done.warnings);
    let done = world.create(&county, "pub_lmr", person(&second.id, &number)).await.unwrap();
    assert!(asked(&done), "{:?}", done.warnings);
    let done = world.create(&county, "pub_lmr", person(&second.id, &other)).await.unwrap();
    assert!(!asked(&done), "{:?}", done.warnings);
}

fn draft(page: &str, body: &str) -> Draft {
    Draft {
        id: "draft-0001".to_owned(),
        kind: "mediation_case".to_owned(),
        body: body.to_owned(),
        page: page.to_owned(),
        ..Draft::default()
    }
}

#[tokio::test]
async fn two_devices_at_one_draft_lose_nothing() {
    let world = World::new().await;
    let save = |page: &'static str, continues: &'static str, body: &'static str| {
        let desk = &world.desk;
        async move { desk.save_draft("a", &draft(page, body), continues, &now()).await.unwrap() }
    };
    let first = save("desktop", "", "一").await;
    assert_eq!(save("desktop", "", "一二").await, first);
    assert_eq!(save("phone", "desktop", "一二，手机").await, first, "taken up from there");
    let beside = save("desktop", "", "一二，桌面").await;
    assert_ne!(beside, first);
    assert_eq!(save("desktop", "", "一二，桌面，再写").await, beside, "and goes on there");
    let drafts = world.desk.drafts("a").await.unwrap();
    let mut bodies: Vec<_> = drafts.iter().map(|draft| draft.body.as_str()).collect();
    bodies.sort_unstable();
    assert_eq!(bodies, ["一二，手机", "一二，桌面，再写"]);
}
