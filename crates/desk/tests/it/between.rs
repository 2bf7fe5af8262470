//! What passes between the real businesses, each chain from its first act to what stands in the
//! other business.

use crate::world::{World, confirmed, id_number, map, now};
use desk::{Deed, Done, Refusal, accounts::NewAccount, ask::ListAsk};
use serde_json::{Value as Json, json};

const TOWN: &str = "560101001";
const VILLAGE: &str = "560101001001";

/// The fields of a record, as the office or the county sees them.
async fn show(world: &World, kind: &str, id: &str) -> Json {
    let house = world.desk.house();
    let kind = house.kind(kind).unwrap();
    let mut found = Vec::new();
    for (role, unit) in [("office", TOWN), ("county", "560101")] {
        let answer = world.desk.record(&world.actor(role, unit), &kind.id, id, &now()).await;
        found.extend(answer.map(|answer| answer.record));
    }
    let record = found.first().unwrap_or_else(|| panic!("{} is not seen", kind.id));
    let shown = kind.fields.iter().map(|f| (f.id.clone(), f.kind.json(f, &record.cells)));
    let mut shown: serde_json::Map<String, Json> = shown.collect();
    shown.insert("state".to_owned(), record.state().into());
    shown.insert("unit".to_owned(), record.text("unit").into());
    Json::Object(shown)
}

/// The one record of a kind that was made or moved along.
fn along(done: &Done, kind: &str) -> String {
    let found: Vec<&str> =
        done.along.iter().filter(|(k, ..)| k == kind).map(|(_, id, _)| id.as_str()).collect();
    let [id] = found.as_slice() else { panic!("{kind}: {:?}", done.along) };
    (*id).to_owned()
}

/// Does it as the role at the unit, or says what was refused.
async fn act(
    world: &World,
    (role, unit): (&str, &str),
    kind: &str,
    id: &str,
    action: &str,
    input: Json,
) -> Done {
    let actor = world.actor(role, unit);
    let done = world.action_on(&actor, kind, id, action, input).await;
    done.unwrap_or_else(|refusal| panic!("{kind} {action}: {refusal:?}"))
}

async fn create(world: &World, (role, unit): (&str, &str), kind: &str, input: Json) -> Done {
    let actor = world.actor(role, unit);
    let done = world.create(&actor, kind, input).await;
    done.unwrap_or_else(|refusal| panic!("{kind}: {refusal:?}"))
}

async fn person(world: &World, name: &str, birth: &str, sequence: u32) -> String {
    let input = json!({
        "full_name": name, "id_type": "111", "id_number": id_number(birth, sequence),
        "mobile": "19900000021",
    });
    create(world, ("office", TOWN), "person", input).await.id
}

#[tokio::test]
async fn a_failed_mediation_becomes_an_application_for_aid_in_the_partys_name() {
    let world = World::new().await;
    let party = person(&world, "陈秀兰", "19600203", 22).await;
    let mediator = ("mediator", VILLAGE);
    let case =
        create(&world, mediator, "mediation_case", world.case("陈秀兰与孙建国滴水纠纷")).await;
    act(&world, mediator, "mediation_case", &case.id, "accept", json!({})).await;
    let start = json!({ "host_mediator": world.mediators[0], "informed_mode": "1" });
    act(&world, mediator, "mediation_case", &case.id, "start", start).await;
    let fail = json!({
        "termination_reason": "01", "remedies_told": true, "wants_aid": true, "helped_person": party,
        "referral_type": "01", "referral_to": "临溪县公证处", "referral_consent_on": "2026-06-01",
    });
    let office = ("office", TOWN);
    let done = act(&world, office, "mediation_case", &case.id, "fail", fail).await;
    let asked = ListAsk { kind: "svc_aid_application".to_owned(), ..ListAsk::default() };
    let clerk = world.actor("aid_clerk", "560101");
    let listed = world.desk.list(&clerk, &asked).await.unwrap().records;
    let [aid] = listed.as_slice() else { panic!("{listed:?}") };
    let aid = world.desk.record(&clerk, &asked.kind, aid.id(), &now()).await.unwrap().record;
    assert_eq!(aid.text("applicant_name"), "陈秀兰");
    assert_eq!((aid.text("from_mediation"), aid.text("source_code")), (case.id.as_str(), "08"));
    let slip = show(&world, "svc_referral", &along(&done, "svc_referral")).await;
    assert_eq!((&slip["full_name"], &slip["to_org"]), (&json!("陈秀兰"), &json!("临溪县公证处")));
}

#[tokio::test]
async fn a_closed_case_becomes_a_claim_and_a_candidate_for_publicity() {
    let world = World::new().await;
    let case = world.agreed("陈秀兰与孙建国檐沟纠纷").await;
    let mediator = ("mediator", VILLAGE);
    let act = |action: &'static str, input: Json| {
        act(&world, mediator, "mediation_case", &case, action, input)
    };
    act("perform", json!({ "performance": "3" })).await;
    let record = json!({
        "mediation_case": case, "mediated_at": "2026-06-01T09:00", "place": "村委会",
        "subject": "屋檐滴水", "parties_present": "陈秀兰、孙建国", "recorder": "李秋月",
        "process": "出示照片，双方同意改装檐沟。", "result": "达成一致。", "signed_on": "2026-06-01",
    });
    create(&world, mediator, "mediation_record", record).await;
    let change = Deed::Change {
        kind: "mediation_case".to_owned(),
        id: case.clone(),
        version: None,
        input: map(json!({ "usable_for_publicity": true })),
    };
    world.desk.act(&world.mediator(), change, confirmed(), &now()).await.unwrap();
    let papers = json!([{ "type": "D23", "pages": 2 }, { "type": "D08", "pages": 3 }]);
    act("close", json!({ "filed_by": "李秋月", "retention": "3", "materials": papers })).await;
    let office = world.actor("office", TOWN);
    let done =
        world.action_on(&office, "mediation_case", &case, "archive", json!({})).await.unwrap();
    let claim = show(&world, "subsidy_claim", &along(&done, "subsidy_claim")).await;
    assert_eq!((&claim["mediation_case"], &claim["state"]), (&json!(case), &json!("draft")));
    assert_eq!(claim["case_form"], "2", "what the case knows is not typed again");
    let candidate = show(&world, "pub_case", &along(&done, "pub_case")).await;
    assert_eq!((&candidate["source"], &candidate["facts"]), (&json!("03"), &json!("屋檐滴水")));
}

fn consultation(matter: &str) -> Json {
    json!({
        "channel_code": "01", "is_anonymous": false, "full_name": "陈秀兰", "id_type": "111",
        "id_number": id_number("19600203", 22), "phone": "19900000021", "matter_code": matter,
        "content": "邻居把檐沟接到我家院里，多次争吵没有结果。", "receiver_id": "office-560101001",
        "org_id": TOWN, "aid_right_told": true,
    })
}

#[tokio::test]
async fn a_consultation_goes_on_to_reconsideration_or_to_mediation() {
    let world = World::new().await;
    let office = ("office", TOWN);
    let asked = create(&world, office, "svc_consultation", consultation("09")).await;
    let input = json!({ "recon_respondent": "临溪县自然资源和规划局", "answer": "代收转送。" });
    let done = act(&world, office, "svc_consultation", &asked.id, "to_recon", input).await;
    let intake = show(&world, "sup_recon_intake", &along(&done, "sup_recon_intake")).await;
    assert_eq!(intake["applicant"], "陈秀兰");
    assert_eq!(intake["respondent"], "临溪县自然资源和规划局");
    assert_eq!((&intake["state"], &intake["unit"]), (&json!("received"), &json!(TOWN)));

    let asked = create(&world, office, "svc_consultation", consultation("16")).await;
    let input = json!({ "answer": "先由调委会调解。" });
    let done = act(&world, office, "svc_consultation", &asked.id, "to_mediation", input).await;
    let lead = along(&done, "dispute_lead");
    assert_eq!(show(&world, "dispute_lead", &lead).await["from_consultation"], json!(asked.id));
    let rest = Deed::Change {
        kind: "dispute_lead".to_owned(),
        id: lead.clone(),
        version: None,
        input: map(json!({ "place": { "address": "柳河村东头" }, "dispute_type": "02" })),
    };
    let actor = world.actor("office", TOWN);
    world.desk.act(&actor, rest, confirmed(), &now()).await.unwrap();
    let done = act(&world, office, "dispute_lead", &lead, "open_case", json!({})).await;
    let case = show(&world, "mediation_case", &along(&done, "mediation_case")).await;
    assert_eq!(case["from_lead"], json!(lead));
    assert_eq!(case["summary"], "邻居把檐沟接到我家院里，多次争吵没有结果。");
}

#[tokio::test]
async fn a_referral_becomes_a_case_that_is_noted_in_it_when_accepted() {
    let world = World::new().await;
    let office = ("office", TOWN);
    let input = json!({
        "direction": "1", "kind": "1", "party_kind": "01", "party_name": "临溪县人民法院",
        "committee": world.committee, "procedure": "1", "document_no": "（2026）委派1号",
        "parties": "陈秀兰、孙建国", "dispute_type": "02",
        "summary": "陈秀兰起诉要求改装檐沟，法院诉前委派调解。",
    });
    let referral = create(&world, office, "referral", input).await.id;
    let done = act(&world, office, "referral", &referral, "open_case", json!({})).await;
    assert_eq!(done.state, "accepted");
    let case = along(&done, "mediation_case");
    let made = show(&world, "mediation_case", &case).await;
    assert_eq!((&made["source"], &made["unit"]), (&json!("31"), &json!(VILLAGE)));
    let typed = world.case("陈秀兰与孙建国檐沟纠纷");
    let rest = ["case_name", "amount", "people_count", "occurred_place", "parties"];
    let input: serde_json::Map<String, Json> =
        rest.iter().map(|name| ((*name).to_owned(), typed[*name].clone())).collect();
    let change =
        Deed::Change { kind: "mediation_case".to_owned(), id: case.clone(), version: None, input };
    world.desk.act(&world.mediator(), change, confirmed(), &now()).await.unwrap();
    act(&world, ("mediator", VILLAGE), "mediation_case", &case, "accept", json!({})).await;
    assert_eq!(show(&world, "referral", &referral).await["mediation_case"], json!(case));
}

async fn contract(world: &World) -> String {
    let county = ("county", "560101");
    let org =
        json!({ "org_name": "临溪正和律师事务所", "org_type": "04", "licence_no": "3100000198" });
    let org = create(world, county, "svc_provider_org", org).await.id;
    act(world, county, "svc_provider_org", &org, "register", json!({})).await;
    let input = json!({
        "village": VILLAGE, "village_name": "柳河村", "provider_org_id": org,
        "adviser_name": "方敏", "from_on": "2026-01-05", "to_on": "2027-01-04",
        "duty_list": ["01"], "funding_source": "3", "contact": "王守田", "signed_on": "2026-01-05",
    });
    let contract = create(world, county, "svc_adviser_contract", input).await.id;
    let signed = json!({ "signed_on": "2026-01-05" });
    act(world, county, "svc_adviser_contract", &contract, "sign", signed).await;
    contract
}

#[tokio::test]
async fn an_advisers_visit_stands_in_three_ledgers_once_it_is_confirmed() {
    let world = World::new().await;
    let office = ("office", TOWN);
    let contract = contract(&world).await;
    let log = json!({
        "svc_adviser_contract": contract, "log_date": "2026-05-20", "duration_hours": "3",
        "activity": ["02", "03", "06"], "is_lecture": true, "helped_mediation": true,
        "persons_served": 12, "content": "讲解民法典继承编，修订村规民约，劝和晒谷场争吵。",
        "review_draft": "柳河村村规民约（修订稿）",
    });
    let log = create(&world, office, "svc_adviser_log", log).await.id;
    let confirm = json!({ "confirmed_by": "王守田" });
    let done = act(&world, office, "svc_adviser_log", &log, "confirm", confirm).await;
    let lecture = show(&world, "pub_activity", &along(&done, "pub_activity")).await;
    assert_eq!((&lecture["attendee_count"], &lecture["unit"]), (&json!(12), &json!(VILLAGE)));
    let lead = show(&world, "dispute_lead", &along(&done, "dispute_lead")).await;
    assert_eq!((&lead["finder"], &lead["found_on"]), (&json!("方敏"), &json!("2026-05-20")));
    let review = show(&world, "sup_legality_review", &along(&done, "sup_legality_review")).await;
    assert_eq!(review["draft_name"], "柳河村村规民约（修订稿）");
    for made in [&lecture, &lead, &review] {
        assert_eq!(made["from_adviser_log"], json!(log));
    }
}

fn subject() -> Json {
    let person = json!({
        "office_unit": TOWN, "corr_org": "临溪县社区矫正管理局", "full_name": "沈文博", "sex": "1",
        "ethnic": "01", "nationality": "0101", "id_type": "111",
        "id_number": id_number("19900506", 1), "birth_date": "1990-05-06", "education": "04",
        "marital": "02", "employment": "01", "political_now": "03", "political_before": "03",
        "mobile": "19900000031", "has_relatives": false, "is_three_without": false,
        "same_place": true, "household": "01", "residence_division": "330198",
        "residence_address": "柳河村1组", "domicile_division": "330198",
        "domicile_address": "柳河村1组", "execution_place": "临溪县", "has_passport": false,
        "has_hmt_permit": false, "exit_report": "R0", "has_psychosis": false,
        "has_contagion": false, "has_assessment": false, "category": "02",
    });
    let decision = json!({
        "decision_organ_type": "01", "decision_organ": "临溪县人民法院",
        "effective_on": "2025-06-02", "exec_notice_no": "（2025）刑执12号",
        "exec_notice_on": "2025-06-03", "handover_on": "2025-06-05", "crime_type": "05",
        "charge": "盗窃罪", "offence_facts": "2025年3月在超市三次盗窃，价值四千元。",
        "combined": false, "orig_penalty": "03", "orig_term": "有期徒刑十个月",
        "orig_months": 10, "prior_record": false, "recidivist": false, "has_injunction": false,
        "term_months": 12, "starts_on": "2025-06-02", "ends_on": "2026-06-01", "is_adult": true,
        "juvenile_regime": false, "level": "03", "has_group": false, "em_used": false,
    });
    let mut all = map(person);
    all.extend(map(decision));
    Json::Object(all)
}

/// Somebody who serves, in the county's eyes, until today.
async fn serving(world: &World, staff: Option<&str>) -> (String, String) {
    let (office, county) = (("office", TOWN), ("county", "560101"));
    let case = create(world, county, "corr_case", subject()).await.id;
    let receive = json!({
        "received_on": "2025-06-09", "reception_method": "01", "reported_on": "2025-06-09",
        "report_in": "01", "papers_complete": true, "papers_received_on": "2025-06-06",
        "papers_kind": ["01"], "exit_report": "R1", "reply_sent_on": "2025-06-09",
    });
    act(world, office, "corr_case", &case, "receive", receive).await;
    let own = json!({
        "staff": staff, "member_name": "许佳", "member_sex": "2", "member_kind": "01",
        "member_post": "柳河司法所", "member_phone": "19900000011",
    });
    let group = json!({
        "corr_case": case, "group_name": "沈文博矫正小组", "leader": "许佳",
        "leader_org": "柳河司法所", "members": [own],
    });
    let group = create(world, office, "corr_group", group).await.id;
    let signed = json!({ "letter_on": "2025-06-10" });
    act(world, office, "corr_group", &group, "start", signed).await;
    let admission = json!({
        "corr_case": case, "mode": "01", "came_on": "2025-06-09", "papers_checked": true,
        "identity_checked": true, "signed": true, "phone_checked": false, "notice_signed": true,
        "file_pushed": true,
    });
    let admission = create(world, office, "corr_admission", admission).await.id;
    let declared = json!({
        "declared_on": "2025-06-12", "host": "许佳", "attendees": "小组成员", "said_papers": true,
        "said_term": true, "said_duties": true, "said_rights": true, "said_group": true,
        "said_other": true, "subject_signed": true,
    });
    act(world, office, "corr_admission", &admission, "declare", declared).await;
    (case, group)
}

#[tokio::test]
async fn a_notice_of_detention_changes_the_state_and_its_end_changes_it_back() {
    let world = World::new().await;
    let office = ("office", TOWN);
    let (case, _) = serving(&world, None).await;
    let notice = json!({
        "corr_case": case, "custody_kind": "03", "organ": "云川市公安局",
        "decided_on": "2026-05-29", "told_on": "2026-05-30", "from_on": "2026-05-29",
    });
    let notice = create(&world, office, "corr_custody", notice).await.id;
    act(&world, office, "corr_custody", &notice, "confirm", json!({})).await;
    let held = show(&world, "corr_case", &case).await;
    assert_eq!((&held["state"], &held["custody_on"]), (&json!("detained"), &json!("2026-05-29")));
    let freed = json!({ "outcome": "不予处罚" });
    act(&world, office, "corr_custody", &notice, "freed", freed).await;
    assert_eq!(show(&world, "corr_case", &case).await["state"], "serving");
}

#[tokio::test]
async fn somebody_released_is_in_the_lists_of_resettlement_in_the_same_instant() {
    let world = World::new().await;
    let (case, _) = serving(&world, None).await;
    let county = ("county", "560101");
    let release = json!({
        "corr_case": case, "kind": "01", "on_date": "2026-06-01", "performance": "1",
        "attitude": "01", "trained": true, "has_cert": true, "three_without": false, "risk": "1",
        "family": "与父母同住", "advice": "介绍就业", "appraisal": "表现好",
    });
    let release = create(&world, county, "corr_release", release).await.id;
    let finish = json!({
        "announced_to": "小组成员", "told_organ_on": "2026-06-01",
        "told_procuratorate_on": "2026-06-01", "told_police_on": "2026-06-01",
    });
    let done = act(&world, county, "corr_release", &release, "finish", finish).await;
    assert_eq!(show(&world, "corr_case", &case).await["state"], "released");
    let helped = show(&world, "resett_case", &along(&done, "resett_case")).await;
    assert_eq!(helped["full_name"], "沈文博");
    assert_eq!((&helped["state"], &helped["linked_on"]), (&json!("linked"), &json!("2026-06-01")));
    assert_eq!(
        (&helped["corr_kind"], &helped["released_on"]),
        (&json!("02"), &json!("2026-06-01"))
    );
    assert_eq!(helped["unit"], TOWN, "the office that supervised goes on helping");
}

#[tokio::test]
async fn nobody_releases_by_hand_what_only_the_certificate_releases() {
    let world = World::new().await;
    let (case, _) = serving(&world, None).await;
    let county = world.actor("county", "560101");
    let input = json!({ "ended_on": "2026-06-01", "ended_kind": "01" });
    let pressed = world.action_on(&county, "corr_case", &case, "release", input).await;
    let Err(Refusal::Forbidden { why, .. }) = pressed else { panic!("{pressed:?}") };
    assert_eq!(
        why,
        "“解除”不在这里直接办，由“解除和终止”的“解除宣告、发证明书”带动，请到那份档案里办"
    );
    let change = |field: &str, value: &str| Deed::Change {
        kind: "corr_case".to_owned(),
        id: case.clone(),
        version: None,
        input: map(json!({ field: value })),
    };
    let level = world.desk.act(&county, change("level", "01"), confirmed(), &now()).await;
    let Err(Refusal::Invalid(problems)) = level else { panic!("{level:?}") };
    let [problem] = problems.as_slice() else { panic!("{problems:?}") };
    assert_eq!((problem.field.as_str(), problem.code.as_str()), ("level", "pushed_only"));
    let phone = change("mobile", "13900000077");
    let phone = world.desk.act(&county, phone, confirmed(), &now()).await;
    phone.expect("what no push brings is corrected as before");
    let answer = world.desk.record(&county, "corr_case", &case, &now()).await.unwrap();
    assert_eq!(answer.record.state(), "serving");
    let offered: Vec<&str> = answer.actions.iter().map(|action| action.id.as_str()).collect();
    assert_eq!(offered, ["near_end"], "what is only pushed is not offered");
}

#[tokio::test]
async fn hours_of_an_activity_are_taken_over_and_no_name_goes_back() {
    let world = World::new().await;
    let office = ("office", TOWN);
    let (case, _) = serving(&world, None).await;
    let activity = json!({
        "theme": "民法典进乡村法治讲座", "started_on": "2026-05-28", "ended_on": "2026-05-28",
        "place": { "address": "柳河村文化礼堂" }, "topic_codes": ["0301"], "form_codes": ["01"],
        "audience_codes": ["13"], "study_hours": "2.5",
    });
    let activity = create(&world, office, "pub_activity", activity).await.id;
    let row = |held: &str| {
        json!({
            "corr_case": case, "session": held, "kind": "01", "form": "讲座", "place": "文化礼堂",
            "lecturer": "李正山", "attendance": "1",
        })
    };
    let actor = world.actor("office", TOWN);
    let early = world.create(&actor, "corr_edu_activity", row(&activity)).await;
    assert!(matches!(early, Err(Refusal::Invalid(_))), "it was only planned: {early:?}");
    let held = json!({ "attendee_count": 20 });
    act(&world, office, "pub_activity", &activity, "hold", held).await;
    let hours = create(&world, office, "corr_edu_activity", row(&activity)).await.id;
    let hours = show(&world, "corr_edu_activity", &hours).await;
    assert_eq!((&hours["hours"], &hours["held_on"]), (&json!("2.5"), &json!("2026-05-28")));
    assert_eq!(hours["topic"], "民法典进乡村法治讲座");
}

async fn staff(world: &World, account: &str, certificate: &str) -> String {
    let office = show(world, "mediation_committee", &world.committee).await["office"].clone();
    let input = json!({
        "justice_office": office, "full_name": "许佳", "id_type": "111",
        "id_number": id_number("19901130", 22), "sex": "2", "birth_date": "1990-11-30",
        "ethnic": "01", "political": "01", "education": "21", "mobile": "19900000011",
        "staff_type": "02", "work_since": "2013-08-01", "justice_since": "2016-09-01",
        "joined_on": "2018-03-01", "account": account, "officer_cert": certificate,
    });
    let staff = create(world, ("office", TOWN), "office_staff", input).await.id;
    act(world, ("county", "560101"), "office_staff", &staff, "confirm", json!({})).await;
    staff
}

async fn certificate(world: &World) -> String {
    let county = ("county", "560101");
    let subject = json!({
        "subject_name": "临溪县市场监督管理局", "uscc": "11330198MB1000010W",
        "type_code": "0101", "org_level": "3", "division": "330198",
        "legal_basis": "行政处罚法及有关法律、法规",
        "items": [{ "item_code": "3301001", "item_name": "对无照经营的处罚", "act_type": "02",
            "item_basis": "无证无照经营查处办法", "empowered": false }],
    });
    let subject = create(world, county, "sup_subject", subject).await.id;
    act(world, county, "sup_subject", &subject, "confirm", json!({})).await;
    let exam = |kind: &str, on: &str| json!({ "exam_type": kind, "exam_on": on, "passed": true });
    let input = json!({
        "full_name": "许佳", "id_type": "111", "id_number": id_number("19901130", 22),
        "subject": subject, "staff_type": "A1", "staff_checked_on": "2026-03-01",
        "exams": [exam("01", "2026-02-01"), exam("02", "2026-02-02")],
    });
    let cert = create(world, county, "sup_officer_cert", input).await.id;
    act(world, county, "sup_officer_cert", &cert, "submit", json!({})).await;
    act(world, county, "sup_officer_cert", &cert, "approve", json!({})).await;
    let issue = json!({ "cert_no": "3301980001", "valid_to": "2029-05-31", "region": "临溪县" });
    act(world, county, "sup_officer_cert", &cert, "issue", issue).await;
    cert
}

async fn account(world: &World, login: &str, unit: &str) -> String {
    let new = NewAccount {
        login: login.to_owned(),
        name: "许佳".to_owned(),
        password: "Long-enough-1".to_owned(),
        role: "office".to_owned(),
        unit: unit.to_owned(),
    };
    let admin = world.actor("system_admin", "560000");
    world.desk.add_account(&admin, &new, &now()).await.unwrap()
}

#[tokio::test]
async fn a_record_names_accounts_that_are_there_and_near() {
    let world = World::new().await;
    let office = world.actor("office", TOWN);
    let (near, far) =
        (account(&world, "near", "560101002").await, account(&world, "far", "560201001").await);
    let receiver = async |account: &str| {
        let mut input = consultation("01");
        input["receiver_id"] = account.into();
        let refused = world.create(&office, "svc_consultation", input).await;
        let problems = match refused {
            Err(Refusal::Invalid(problems)) => problems,
            _ => Vec::new(),
        };
        let wrong = problems.into_iter().find(|problem| problem.field == "receiver_id");
        wrong.map(|problem| problem.message)
    };
    let nobody = receiver("nobody").await.expect("there is none");
    assert_eq!(nobody, "“接待人”写的账号不存在，请写本单位人员的账号");
    let other = receiver(&far).await.expect("another city's");
    assert_eq!(other, "“接待人”写的账号是别的地方的，请写本单位或者本县单位人员的账号");
    assert_eq!(receiver(&near).await, None);
    assert_eq!(receiver(&office.account).await, None, "one's own");
}

#[tokio::test]
async fn whoever_leaves_is_signed_out_and_their_certificate_ends_and_their_groups_say_so() {
    let world = World::new().await;
    let own = account(&world, "xu.jia", TOWN).await;
    let (token, _) = world.desk.sign_in("xu.jia", "Long-enough-1", &now()).await.unwrap();
    let certificate = certificate(&world).await;
    let staff = staff(&world, &own, &certificate).await;
    let (_, group) = serving(&world, Some(&staff)).await;
    let without = ListAsk {
        kind: "corr_group".to_owned(),
        list: "members_left".to_owned(),
        ..ListAsk::default()
    };
    let office = world.actor("office", TOWN);
    let listed = async || world.desk.list(&office, &without).await.unwrap().records;
    assert!(listed().await.is_empty());
    world.desk.session(&token, &now()).await.unwrap();
    let leave = json!({ "left_reason": "调离" });
    act(&world, ("county", "560101"), "office_staff", &staff, "leave", leave).await;
    let ended = world.desk.session(&token, &now()).await;
    assert!(matches!(ended, Err(Refusal::NotSignedIn)), "signed out at once");
    let refused = world.desk.sign_in("xu.jia", "Long-enough-1", &now()).await.unwrap_err();
    assert!(refused.to_string().contains("停用"), "{refused}");
    let certificate = show(&world, "sup_officer_cert", &certificate).await;
    assert_eq!(certificate["state"], "cancelled");
    assert_eq!(certificate["cancelled_on"], "2026-06-01");
    let listed = listed().await;
    assert!(matches!(listed.as_slice(), [one] if one.id() == group), "{listed:?}");
}

#[tokio::test]
async fn an_account_of_another_unit_is_not_locked_along() {
    let world = World::new().await;
    let other = account(&world, "xu.jia", "560101002").await;
    let staff = staff(&world, &other, "").await;
    let county = world.actor("county", "560101");
    let deed = Deed::Action {
        kind: "office_staff".to_owned(),
        id: staff,
        action: "leave".to_owned(),
        version: None,
        input: map(json!({ "left_reason": "调离" })),
    };
    let asked = world.desk.act(&county, deed.clone(), desk::Manner::default(), &now()).await;
    let Err(Refusal::Confirm(problems)) = asked else { panic!("{asked:?}") };
    assert!(problems.iter().any(|p| p.code == "account_elsewhere"), "{problems:?}");
    assert_eq!(world.desk.act(&county, deed, confirmed(), &now()).await.unwrap().state, "left");
    world.desk.sign_in("xu.jia", "Long-enough-1", &now()).await.unwrap();
}

async fn norm(world: &World, unit: &str, days: i64, from: &str) -> String {
    let input = json!({
        "division": unit, "document_no": format!("{unit}号文"), "valid_from": from,
        "accept_days": days,
    });
    let role = if unit.ends_with("0000") { ("province", unit) } else { ("county", unit) };
    let id = create(world, role, "mediation_norm", input).await.id;
    act(world, role, "mediation_norm", &id, "enact", json!({ "valid_from": from })).await;
    id
}

#[tokio::test]
async fn what_a_unit_sets_for_itself_holds_for_new_records_from_its_day_on() {
    let world = World::new().await;
    let mediator = ("mediator", VILLAGE);
    let days = async |name: &str| {
        let case = create(&world, mediator, "mediation_case", world.case(name)).await.id;
        show(&world, "mediation_case", &case).await["accept_days"].clone()
    };
    assert_eq!(days("没有规定的").await, json!(3));
    norm(&world, "560000", 7, "2026-01-01").await;
    let first = create(&world, mediator, "mediation_case", world.case("按省里的")).await.id;
    assert_eq!(show(&world, "mediation_case", &first).await["accept_days"], json!(7));
    norm(&world, "560201", 9, "2026-01-01").await;
    norm(&world, "560101", 6, "2026-06-02").await;
    assert_eq!(days("别的县的、还没有施行的都不管").await, json!(7));
    let own = norm(&world, "560101", 5, "2026-06-01").await;
    assert_eq!(days("本县的先于省里的").await, json!(5));
    assert_eq!(show(&world, "mediation_case", &first).await["accept_days"], json!(7), "as begun");
    let county = world.actor("county", "560101");
    let change = Deed::Change {
        kind: "mediation_norm".to_owned(),
        id: own.clone(),
        version: None,
        input: map(json!({ "accept_days": 20 })),
    };
    let changed = world.desk.act(&county, change, confirmed(), &now()).await;
    assert!(matches!(changed, Err(Refusal::Invalid(_))), "what is in force stays: {changed:?}");
    act(&world, ("county", "560101"), "mediation_norm", &own, "end", json!({})).await;
    assert_eq!(days("停止以后又按省里的").await, json!(7));
}
