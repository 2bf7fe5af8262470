//! Every paper of mediation out of real records, with nothing left out that the house knows.

use super::world::{World, day};
use serde_json::{Value as Json, json};

const CASES: &str = "/records/mediation_case";

async fn paper(world: &World, kind: &str, id: &str, document: &str) -> Vec<u8> {
    let path = format!("/records/{kind}/{id}/documents/{document}.pdf");
    let answer = world.get("mediator", &path).await.is(200);
    assert_eq!(answer.headers["content-type"], "application/pdf");
    assert!(
        answer.headers["content-disposition"].starts_with("inline; filename*=UTF-8''%E4%BA%BA")
    );
    assert!(!answer.headers.contains_key("x-missing-characters"));
    assert!(answer.bytes.starts_with(b"%PDF-"));
    keep(document, &answer.bytes);
    answer.bytes
}

/// Leaves the paper under `target/papers` for whoever wants to look at it.
pub(super) fn keep(name: &str, bytes: &[u8]) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/papers");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("real-{name}.pdf")), bytes).unwrap();
}

pub(super) async fn act(world: &World, id: &str, action: &str, input: Json) {
    world.post("mediator", &format!("{CASES}/{id}/actions/{action}"), &input).await.is(200);
}

/// A case brought to an agreement of this form.
pub(super) async fn agreed(world: &World, form: &str) -> String {
    let mut case = world.case();
    case["requests"] = json!("拆除加砌的砖墙，恢复滴水沟原状。\n赔偿墙面修缮费。");
    case["parties"].as_array_mut().unwrap().push(json!({ "role": "2", "party_type": "2",
        "name": "安和县梅坞建筑有限公司", "uscc": "91110108551385082Q", "legal_rep": "何䶮",
        "phone": "0571-63010058", "address": "枫桥镇兴业路8号",
        "agent": "何䶮", "authority": "代为参加调解、达成协议" }));
    case["people_count"] = json!(3);
    let id = world.post("mediator", CASES, &case).await.is(201).text("id");
    act(world, &id, "accept", json!({ "accepted_on": day(-10), "registrar": "周慧" })).await;
    let all = world.get("mediator", "/records/mediator?limit=3").await.is(200).json;
    let named = |name: &str| {
        let all = all["items"].as_array().unwrap();
        all.iter().find(|one| one["full_name"] == name).unwrap()["id"].clone()
    };
    let (helper, other) = (named("周慧"), named("李长庚"));
    act(
        world,
        &id,
        "start",
        json!({ "host_mediator": world.host, "informed_on": day(-9),
        "informed_mode": "2", "assistants": [{ "mediator": helper }] }),
    )
    .await;
    let other = json!({ "host_mediator": other, "host_change_reason": "孙建国是主持人的表弟。" });
    act(world, &id, "replace_host", other).await;
    act(
        world,
        &id,
        "agree",
        json!({ "agreement_form": form, "mediated_on": day(-5),
        "place": "梅坞村人民调解室", "agreed_on": day(-5), "effective_on": day(-5),
        "main_facts": "加砌的砖墙占用共用滴水沟。",
        "agreement_text": "孙建国拆除砖墙，恢复滴水沟原状。\n公司承担费用。",
        "performance_mode": "5", "performance_due_on": day(20), "copies_count": 4 }),
    )
    .await;
    id
}

#[tokio::test]
async fn all_seven_papers_print_from_real_records() {
    let world = World::new().await;
    let id = agreed(&world, "2").await;
    for document in ["application", "acceptance", "rights_notice", "agreement"] {
        paper(&world, "mediation_case", &id, document).await;
    }
    let oral = agreed(&world, "1").await;
    paper(&world, "mediation_case", &oral, "oral_agreement").await;
    let record = json!({ "mediation_case": id, "mediated_at": format!("{}T14:00", day(-5)),
        "ended_at": format!("{}T16:20", day(-5)), "place": "梅坞村人民调解室",
        "subject": "滴水沟纠纷", "parties_present": "陈秀兰、孙建国", "recorder": "周慧",
        "statements": "陈秀兰：雨水倒灌。", "process": "出示现场照片，双方同意拆墙。",
        "result": "双方达成书面协议。", "signed_on": day(-5) });
    let record = world.post("mediator", "/records/mediation_record", &record).await.is(201);
    paper(&world, "mediation_record", &record.text("id"), "mediation_record").await;
    let visit = json!({ "mediation_case": id, "visited_at": day(-1), "place": "梅坞村三组",
        "party": "陈秀兰、孙建国", "findings": "砖墙已拆除，排水通畅。", "performance": "3",
        "satisfied": "1", "visitor": "王守田" });
    let visit = world.post("mediator", "/records/return_visit", &visit).await.is(201);
    paper(&world, "return_visit", &visit.text("id"), "return_visit").await;
    let log = world.get("mediator", &format!("{CASES}/{id}/log")).await.is(200).json;
    let prints = log["items"].as_array().unwrap().iter().filter(|e| e["act"] == "print").count();
    assert_eq!(prints, 4, "who printed what is in the log");
}

#[tokio::test]
async fn a_paper_that_does_not_exist_yet_says_what_is_missing() {
    let world = World::new().await;
    let id = world.recorded().await;
    let path = |document: &str| format!("{CASES}/{id}/documents/{document}");
    let refused = world.get("mediator", &path("agreement.pdf")).await.is(404);
    assert!(refused.text("detail").contains("协议形式"), "{}", refused.json);
    for wrong in ["nothing.pdf", "agreement", "..%2Fsecret.pdf", ".pdf"] {
        world.get("mediator", &path(wrong)).await.is(404);
    }
}

#[tokio::test]
async fn a_word_file_is_a_draft_and_an_issued_paper_has_none() {
    let world = World::new().await;
    let id = world.post("mediator", CASES, &world.case()).await.is(201).text("id");
    let path = format!("{CASES}/{id}/documents/application.docx");
    let answer = world.get("mediator", &path).await.is(200);
    let media = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
    assert_eq!(answer.headers["content-type"], media);
    assert!(answer.headers["content-disposition"].starts_with("attachment; "));
    assert!(answer.bytes.starts_with(b"PK"));
    world.get("mediator", &format!("{path}?issue=1")).await.is(400);
    world.get("mediator", &format!("{CASES}/{id}/documents/nothing.docx")).await.is(404);
}

/// What a PDF says in the order it was set, which goes along the rows of a table.
pub(super) fn said_raw(pdf: &[u8], pages: &[&str]) -> String {
    use std::io::Write;
    let mut child = std::process::Command::new("pdftotext")
        .args(pages)
        .args(["-raw", "-", "-"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let bytes = pdf.to_vec();
    let fed = std::thread::spawn(move || input.write_all(&bytes).unwrap());
    let out = child.wait_with_output().unwrap();
    fed.join().unwrap();
    String::from_utf8(out.stdout).unwrap()
}
