//! The papers of one case repeat the same facts; each of them is told once and must read the same
//! on every paper: 卷号, 受案时间, 协议编号, 承办人, 填表时间, 事由, parties with telephone and address.
//! Read off the produced papers, from records as rich as they get.

use super::{
    papers::{act, agreed, keep, said_raw},
    world::{World, day},
};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

const CASES: &str = "/records/mediation_case";

/// A case whose every paper is printed, with what they said.
struct Told {
    record: Json,
    /// By document: the words of the paper, white space kept.
    papers: BTreeMap<&'static str, String>,
}

impl Told {
    fn fact(&self, field: &str) -> &str {
        self.record[field].as_str().unwrap_or_else(|| panic!("{field}: {}", self.record))
    }

    fn parties(&self) -> &[Json] {
        self.record["parties"].as_array().unwrap()
    }

    /// The paper says this; room between words does not count.
    fn says(&self, document: &str, words: &str) {
        let text = closed(&self.papers[document]);
        assert!(text.contains(&closed(words)), "{document} does not say {words}:\n{text}");
    }

    fn all_say(&self, documents: &[&str], words: &str) {
        for document in documents {
            self.says(document, words);
        }
    }
}

fn closed(text: &str) -> String {
    text.split_whitespace().collect()
}

/// A stored day as papers write it.
fn shown(day: &str) -> String {
    let mut parts = day.split('-').map(|part| part.trim_start_matches('0'));
    let mut next = || parts.next().unwrap();
    format!("{}年{}月{}日", next(), next(), next())
}

async fn paper(world: &World, kind: &str, id: &str, document: &str) -> String {
    let path = format!("/records/{kind}/{id}/documents/{document}.pdf");
    let answer = world.get("mediator", &path).await.is(200);
    keep(&format!("same-{document}"), &answer.bytes);
    said_raw(&answer.bytes, &[])
}

async fn made(world: &World, kind: &str, input: Json) -> String {
    world.post("mediator", &format!("/records/{kind}"), &input).await.is(201).text("id")
}

/// Two sessions, an inquiry and a visit.
async fn hang(world: &World, id: &str) -> [(&'static str, String); 3] {
    let session = |days: i64| {
        json!({ "mediation_case": id, "mediated_at": format!("{}T14:00", day(days)),
            "ended_at": format!("{}T16:20", day(days)), "place": "梅坞村人民调解室",
            "parties_present": "陈秀兰、孙建国、何䶮", "recorder": "周慧",
            "statements": "陈秀兰：雨水倒灌。", "process": "出示现场照片，双方同意拆墙。",
            "result": "双方达成书面协议。", "signed_on": day(days) })
    };
    made(world, "mediation_record", session(-8)).await;
    let session = made(world, "mediation_record", session(-5)).await;
    let inquiry = made(
        world,
        "investigation_record",
        json!({ "mediation_case": id, "investigated_at": format!("{}T09:00", day(-9)),
        "place": "梅坞村三组", "investigated": "赵桂芬", "investigators": "王守田",
        "recorder": "周慧", "content": "问：砖墙何时砌的？\n答：上个月。", "signed_on": day(-9) }),
    )
    .await;
    let visit = made(
        world,
        "return_visit",
        json!({ "mediation_case": id, "visited_at": day(-1),
        "place": "梅坞村三组", "party": "陈秀兰、孙建国", "findings": "砖墙已拆除，排水通畅。",
        "performance": "3", "satisfied": "1", "visitor": "王守田" }),
    )
    .await;
    [("mediation_record", session), ("investigation_record", inquiry), ("return_visit", visit)]
}

/// From the first word to the archive, through the court; then every paper is printed.
async fn told(world: &World) -> Told {
    let id = agreed(world, "2").await;
    let hanging = hang(world, &id).await;
    act(
        world,
        &id,
        "apply_confirmation",
        json!({ "jc_applied_on": day(-4), "jc_court": "安和县人民法院", "jc_all_parties": true,
        "jc_service_address": "陈秀兰：枫桥镇梅坞村三组12号，13800010021" }),
    )
    .await;
    let ruled = json!({ "jc_case_no": "（2026）调确字第7号", "jc_decided_on": day(-2) });
    act(world, &id, "confirm_valid", ruled).await;
    let performed = json!({ "performed_on": day(-2), "performance": "3", "satisfied": "1" });
    act(world, &id, "perform", performed).await;
    let filed = json!({ "filed_by": "周慧", "filed_on": day(-1), "retention": "2",
        "dossier_note": "原件一份。",
        "materials": [{ "type": "D23", "pages": 2 }, { "type": "D08", "pages": 3 }] });
    act(world, &id, "close", filed).await;
    world.post("office", &format!("{CASES}/{id}/actions/archive"), &json!({})).await.is(200);
    let record = world.get("mediator", &format!("{CASES}/{id}")).await.is(200).json;
    let mut papers = BTreeMap::new();
    for document in [
        "application",
        "acceptance",
        "rights_notice",
        "authorization",
        "mediator_change",
        "agreement",
        "confirmation_application",
        "closing_report",
    ] {
        papers.insert(document, paper(world, "mediation_case", &id, document).await);
    }
    for (kind, id) in hanging {
        papers.insert(kind, paper(world, kind, &id, kind).await);
    }
    let dossier = format!("{CASES}/{id}/dossiers/dossier.pdf");
    let bound = world.get("mediator", &dossier).await.is(200).bytes;
    keep("same-dossier", &bound);
    papers.insert("cover", said_raw(&bound, &["-l", "1"]));
    Told { record, papers }
}

#[tokio::test]
async fn papers_of_one_case_say_the_same() {
    let world = World::new().await;
    let told = told(&world).await;
    parties(&told);
    numbers(&told);
    days(&told);
    people(&told);
    nothing_else(&told);
}

/// Names on every paper; telephone and address wherever the parties are set out.
fn parties(told: &Told) {
    const SET_OUT: [&str; 6] = [
        "application",
        "acceptance",
        "mediator_change",
        "agreement",
        "confirmation_application",
        "closing_report",
    ];
    for party in told.parties() {
        let fact = |field: &str| party[field].as_str().filter(|fact| !fact.is_empty());
        let full = ["name", "phone", "address"].map(|field| fact(field).unwrap());
        told.all_say(&SET_OUT, full[0]);
        told.says("rights_notice", full[0]);
        for words in &full[1..] {
            told.all_say(&SET_OUT, words);
        }
        for number in ["id_number", "uscc"].iter().filter_map(|field| fact(field)) {
            told.all_say(&["application", "agreement", "confirmation_application"], number);
        }
        if fact("agent").is_some() {
            for words in full {
                told.says("authorization", words);
            }
            told.says("authorization", fact("agent").unwrap());
            told.says("authorization", fact("authority").unwrap());
        }
    }
    for name in ["陈秀兰", "孙建国"] {
        told.all_say(&["mediation_record", "return_visit", "cover"], name);
    }
}

/// 卷号, 协议编号, 案件编码 and 事由.
fn numbers(told: &Told) {
    let dossier = told.fact("dossier_no");
    told.says("cover", &format!("卷号{dossier}"));
    told.says("closing_report", &format!("卷号{dossier}"));
    told.all_say(&["acceptance", "return_visit"], dossier);
    let agreement = told.fact("agreement_no");
    told.all_say(&["agreement", "closing_report", "confirmation_application"], agreement);
    told.says("return_visit", &format!("调解协议编号{agreement}"));
    told.says("mediator_change", &format!("案件编码{}", told.fact("case_code")));
    let name = told.fact("case_name");
    told.says("cover", &format!("卷名{name}"));
    told.says("mediation_record", &format!("事由{name}"));
    told.says("return_visit", &format!("回访事由{name}"));
    told.says("closing_report", &format!("纠纷名称{name}"));
    told.says("investigation_record", &format!("纠纷名称：{name}"));
    told.says("mediator_change", &format!("案件名称{name}"));
    told.says("authorization", name);
    told.all_say(&["acceptance", "closing_report"], "案件来源依申请调解");
    told.all_say(&["acceptance", "closing_report", "mediator_change"], "纠纷类型邻里纠纷");
    told.says("confirmation_application", told.fact("jc_court"));
    told.says("closing_report", "裁定有效");
}

/// 受案时间 is when it was accepted, 填表时间 when it was filed, 结案时间 when all was performed.
fn days(told: &Told) {
    let day_of = |field: &str| shown(told.fact(field));
    told.says("acceptance", &format!("受理时间{}", day_of("accepted_on")));
    told.says("mediator_change", &format!("受理日期{}", day_of("accepted_on")));
    told.says("closing_report", &format!("受案时间{}", day_of("accepted_on")));
    told.says("closing_report", &format!("填表时间{}", day_of("filed_on")));
    told.says("closing_report", &format!("结案时间{}", day_of("performed_on")));
    told.says("closing_report", &format!("履行日期{}", day_of("performed_on")));
    told.says("cover", &format!("立卷日期{}", day_of("filed_on")));
    told.says("cover", &format!("自{}至{}", shown(&day(-8)), shown(&day(-5))));
    told.all_say(&["agreement", "confirmation_application"], &day_of("agreed_on"));
    told.says("confirmation_application", &day_of("effective_on"));
    told.says("confirmation_application", &day_of("jc_applied_on"));
    told.says("rights_notice", &day_of("informed_on"));
    told.says("agreement", &day_of("performance_due_on"));
}

/// The committee and its mediators: who led it first, then who helped.
fn people(told: &Told) {
    let committee = "枫桥镇梅坞村人民调解委员会";
    told.says("closing_report", &format!("承办单位{committee}"));
    let sealed = ["application", "acceptance", "rights_notice", "authorization", "agreement"];
    told.all_say(&sealed, committee);
    told.all_say(&["mediator_change", "confirmation_application", "cover"], committee);
    let mediators = "李长庚、周慧";
    told.says("cover", &format!("人民调解员{mediators}"));
    told.says("closing_report", &format!("承办人{mediators}"));
    told.says("mediation_record", &format!("调解员{mediators}"));
    told.says("mediator_change", "现主持人李长庚");
    told.says("cover", "立卷人周慧");
    told.says("cover", "保管期限长期");
}

/// No paper says a telephone, an id number or a number of the file that the record does not have.
fn nothing_else(told: &Told) {
    let parties = told.parties().iter();
    let all: BTreeSet<&str> = parties
        .flat_map(|party| ["phone", "id_number", "uscc"].map(|field| party[field].as_str()))
        .flatten()
        .collect();
    let numbers = [told.fact("dossier_no"), told.fact("agreement_no"), "（2026）调确字第7号"];
    for (document, text) in &told.papers {
        for word in text.split_whitespace().filter(|word| !word.contains("FQ")) {
            for run in word.split(|c: char| !c.is_ascii_digit() && c != 'X') {
                let mobile = run.len() == 11 && run.starts_with('1');
                if mobile || run.len() == 18 {
                    assert!(all.contains(run), "{document} says {run}");
                }
            }
        }
        let text = closed(text);
        for at in text.match_indices("调字第").chain(text.match_indices("协字第")) {
            let start = text[..at.0].rfind('（').unwrap();
            let end = at.0 + text[at.0..].find('号').unwrap() + "号".len();
            // What is left to be written by hand has nothing in it.
            let said = &text[start..end];
            if said.chars().any(|c| c.is_ascii_digit()) {
                assert!(numbers.contains(&said), "{document} says {said}");
            }
        }
    }
}

#[tokio::test]
async fn papers_of_cases_that_end_otherwise_say_the_same_of_the_parties() {
    let world = World::new().await;
    let oral = agreed(&world, "1").await;
    let new = || async { world.post("mediator", CASES, &world.case()).await.is(201).text("id") };
    let refused = new().await;
    act(
        &world,
        &refused,
        "refuse",
        json!({ "refusal_reason": "01", "refusal_advice": "请向人民法院起诉",
        "closed_on": day(0) }),
    )
    .await;
    let failed = new().await;
    act(&world, &failed, "accept", json!({ "accepted_on": day(-9) })).await;
    let start =
        json!({ "host_mediator": world.host, "informed_on": day(-9), "informed_mode": "2" });
    act(&world, &failed, "start", start).await;
    let failure = json!({ "termination_reason": "01", "remedies_told": true, "closed_on": day(0) });
    act(&world, &failed, "fail", failure).await;
    let three =
        [(oral, "oral_agreement"), (refused, "refusal_notice"), (failed, "termination_notice")];
    for (id, document) in three {
        let record = world.get("mediator", &format!("{CASES}/{id}")).await.is(200).json;
        let papers =
            BTreeMap::from([(document, paper(&world, "mediation_case", &id, document).await)]);
        let told = Told { record, papers };
        for party in told.parties() {
            for field in ["name", "phone", "address"] {
                told.says(document, party[field].as_str().unwrap());
            }
        }
        match document {
            "oral_agreement" => told.says(document, told.fact("agreement_no")),
            "termination_notice" => told.says(document, &shown(told.fact("accepted_on"))),
            _ => {}
        }
        told.says(document, "枫桥镇梅坞村人民调解委员会");
    }
}
