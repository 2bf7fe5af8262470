//! Input that nobody means well: always an answer below 500 that says what is wrong, and nothing
//! saved by halves.

use super::world::World;
use axum::{body::Body, http::Request};
use serde_json::{Map, Value as Json, json};

const CASES: &str = "/records/mediation_case";

async fn bytes(
    world: &World,
    method: &str,
    path: &str,
    kind: &str,
    body: Vec<u8>,
) -> super::world::Answer {
    let request = Request::builder()
        .method(method)
        .uri(format!("/api/v1{path}"))
        .header("authorization", format!("Bearer {}", world.token("mediator")))
        .header("content-type", kind)
        .body(Body::from(body))
        .unwrap();
    world.raw(request).await
}

/// What is kept of everything an input could have made.
async fn kept(world: &World) -> Vec<u32> {
    let mut counts = Vec::new();
    for table in [
        "mediation_case",
        "mediation_case__parties",
        "person",
        "organization",
        "registry",
        "deadline",
        "counter",
        "series",
    ] {
        counts.push(world.count(table).await);
    }
    counts
}

#[tokio::test]
async fn broken_bodies_are_400_413_or_415() {
    let world = World::new().await;
    let before = kept(&world).await;
    let json = "application/json";
    let check = |kind: &'static str, body: Vec<u8>, status: u16| {
        let world = &world;
        async move {
            let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
            let answer = bytes(world, "POST", CASES, kind, body).await;
            assert_eq!(answer.status, status, "{kind} {shown}");
            answer.codes();
        }
    };
    for broken in [
        "{",
        "{\"a\":}",
        "{\"a\":1,}",
        "nul",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":1e999}",
        "{\"a\":NaN}",
        "[]",
        "\"text\"",
        "3",
        "null",
        "{\"a\":1}{\"b\":2}",
        "{'a':1}",
    ] {
        check(json, broken.as_bytes().to_vec(), 400).await;
    }
    check(json, vec![0xff, 0xfe, b'{', b'}'], 400).await;
    check(json, b"{\"case_name\":\"\xc3\x28\"}".to_vec(), 400).await;
    let deep =
        |n: usize| format!("{{\"summary\":{}{}}}", "[".repeat(n), "]".repeat(n)).into_bytes();
    check(json, deep(64), 400).await;
    check(json, deep(100_000), 400).await;
    check(json, deep(63), 422).await;
    check(json, format!("{{\"summary\":\"{}\"}}", "[".repeat(500)).into_bytes(), 422).await;
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "",
        "application/jsonp",
        "text/json",
    ] {
        check(kind, b"{}".to_vec(), 415).await;
    }
    // No content-length is sent here: what counts is what arrives.
    let big = format!("{{\"summary\":\"{}\"}}", "字".repeat(1_000_000)).into_bytes();
    check(json, big, 413).await;
    assert_eq!(kept(&world).await, before);
}

#[tokio::test]
async fn each_wrong_field_is_named() {
    let world = World::new().await;
    let before = kept(&world).await;
    let cases: [(&str, Json, &str); 30] = [
        ("case_name", json!(12345), "type"),
        ("case_name", json!(true), "type"),
        ("case_name", json!(["一"]), "type"),
        ("case_name", json!({"a": 1}), "type"),
        ("case_name", json!("短"), "too_short"),
        ("case_name", json!("啊".repeat(10_000)), "too_long"),
        ("summary", json!("长".repeat(10_000)), "too_long"),
        ("summary", json!("。。。。。。。。。。。。"), "repetitive"),
        ("source", json!("77"), "code"),
        ("source", json!(2), "type"),
        ("dispute_type", json!("<script>alert(1)</script>"), "code"),
        ("amount", json!(-1), "too_small"),
        ("amount", json!("一百元"), "amount_format"),
        ("amount", json!(1e300), ""),
        ("amount", json!({}), "type"),
        ("people_count", json!("2; drop table"), "type"),
        ("people_count", json!(2.5), "decimals"),
        ("people_count", json!(u64::MAX), "too_large"),
        ("occurred_on", json!("2026-02-30"), ""),
        ("occurred_on", json!("2999-01-01"), "date_too_late"),
        ("occurred_on", json!(20260101), "type"),
        ("occurred_place", json!([1]), "type"),
        ("occurred_place", json!({"address": "三组", "lng": "x"}), "coordinates"),
        ("occurred_place", json!({"address": "三组", "division": "12"}), "division"),
        ("committee", json!("../../etc/passwd"), "not_found"),
        ("committee", json!("00000000-0000-7000-8000-000000000000"), "not_found"),
        ("case_code", json!("假编码"), "read_only"),
        ("is_cross_region", json!(7), "type"),
        ("nonsense", json!(1), "unknown_field"),
        ("parties", json!("陈秀兰"), "type"),
    ];
    for (field, value, code) in cases {
        let mut body = world.case();
        body[field] = value;
        let answer = world.post("mediator", CASES, &body).await;
        let shown = answer.json["errors"].to_string();
        let answer = answer.is(422);
        answer.codes();
        let errors = answer.json["errors"].as_array().unwrap();
        let named = errors.iter().find(|e| e["field"].as_str().unwrap().starts_with(field));
        let named = named.unwrap_or_else(|| panic!("{field} is not named in {shown}"));
        assert!(code.is_empty() || named["code"] == code, "{field}: {shown}");
        assert_ne!(named["message"], "");
    }
    assert_eq!(kept(&world).await, before);
}

#[tokio::test]
async fn wrong_rows_are_named_by_their_place() {
    let world = World::new().await;
    let before = kept(&world).await;
    let check = |change: fn(&mut Json), field: &'static str, code: &'static str| {
        let world = &world;
        async move {
            let mut body = world.case();
            change(&mut body["parties"]);
            let answer = world.post("mediator", CASES, &body).await.is(422);
            let errors = answer.json["errors"].as_array().unwrap();
            let found = errors.iter().any(|e| e["field"] == field && e["code"] == code);
            assert!(found, "{field} {code} not in {errors:?}");
        }
    };
    check(
        |p| p[1]["id_number"] = json!("330198197903200311"),
        "parties.1.id_number",
        "id_number_check",
    )
    .await;
    check(|p| p[0]["name"] = json!(5), "parties.0.name", "type").await;
    check(|p| p[0]["sex"] = json!("1"), "parties.0.id_number", "id_number_sex_mismatch").await;
    check(|p| p[1]["nonsense"] = json!("x"), "parties.1.nonsense", "unknown_field").await;
    check(|p| p[1] = json!(null), "parties.1", "type").await;
    check(|p| p[1]["id_number"] = json!("33019819740512022X"), "parties", "same_person").await;
    check(|p| *p = json!([p[0]]), "parties", "too_few").await;
    check(|p| *p = vec![p[0].clone(); 201].into(), "parties", "too_many").await;
    assert_eq!(kept(&world).await, before);
}

/// A small generator: one seed, one world of nonsense.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn text(&mut self) -> String {
        const PARTS: [&str; 22] = [
            "",
            " ",
            "陈秀兰",
            "'; DROP TABLE person; --",
            "<b>x</b>",
            "=1+1",
            "\u{0}",
            "\u{1}0\u{1}",
            "\u{202e}",
            "😀",
            "𠮷",
            "%",
            "_",
            "2026-02-30",
            "-1",
            "1e9",
            "null",
            "{}",
            "../..",
            "\"",
            "\\",
            "９",
        ];
        let parts = self.roll(4) + 1;
        (0..parts).map(|_| PARTS[self.roll(PARTS.len() as u64) as usize]).collect()
    }

    fn value(&mut self, depth: u32) -> Json {
        match self.roll(if depth > 3 { 7 } else { 9 }) {
            0 => Json::Null,
            1 => Json::Bool(self.roll(2) == 0),
            2 => Json::from(self.roll(u64::MAX) as i64),
            3 => Json::from(self.roll(1_000) as f64 / 7.0),
            4 => Json::from(self.text().repeat(300)),
            5 | 6 => Json::from(self.text()),
            7 => (0..self.roll(4)).map(|_| self.value(depth + 1)).collect(),
            _ => {
                let pairs = (0..self.roll(4)).map(|_| (self.text(), self.value(depth + 1)));
                Json::Object(pairs.collect::<Map<_, _>>())
            }
        }
    }
}

/// Everything in a case that one can get wrong: a field, a row, a field of a row.
fn spoil(case: &mut Json, dice: &mut Dice) {
    let spoilt = dice.roll(3) + 1;
    for _ in 0..spoilt {
        let value = dice.value(0);
        let fields: Vec<String> = case.as_object().unwrap().keys().cloned().collect();
        let field = &fields[dice.roll(fields.len() as u64) as usize];
        match dice.roll(4) {
            0 => drop(case.as_object_mut().unwrap().insert(dice.text(), value)),
            1 => {
                let row = dice.roll(2) as usize;
                if let Some(row) = case["parties"].get_mut(row).and_then(Json::as_object_mut) {
                    let inner: Vec<String> = row.keys().cloned().chain(["id".to_owned()]).collect();
                    let name = inner[dice.roll(inner.len() as u64) as usize].clone();
                    row.insert(name, value);
                }
            }
            _ => case[field] = value,
        }
    }
}

#[tokio::test]
async fn seeded_nonsense_never_breaks_the_house() {
    nonsense(World::new().await, 600).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn seeded_nonsense_never_breaks_the_house_on_disk() {
    nonsense(World::on_disk().await, 200).await;
}

async fn nonsense(world: World, rounds: u32) {
    let id = world.recorded().await;
    let mut dice = Dice(0x00F3_2061);
    let mut refused = 0;
    for round in 0..rounds {
        let before = kept(&world).await;
        let mut body = world.case();
        spoil(&mut body, &mut dice);
        let action = ["accept", "start", "agree", "void", "close"][dice.roll(5) as usize];
        let (method, path) = match round % 4 {
            0 | 1 => ("POST", CASES.to_owned()),
            2 => ("PATCH", format!("{CASES}/{id}")),
            _ => ("POST", format!("{CASES}/{id}/actions/{action}")),
        };
        let answer = world.call("mediator", method, &path, Some(&body), &[]).await;
        let said = String::from_utf8_lossy(&answer.bytes).into_owned();
        assert!(answer.status < 500, "round {round}: {method} {path} {body} → {said}");
        if answer.status >= 300 {
            answer.codes();
            assert_eq!(kept(&world).await, before, "round {round}: {said}");
            refused += 1;
        }
    }
    assert!(refused > rounds / 2, "only {refused} were refused");
    assert_eq!(world.app.desk.verify(&mut |_| {}).await.unwrap(), []);
}

#[tokio::test]
async fn seeded_addresses_never_break_the_house() {
    addresses(World::new().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn seeded_addresses_never_break_the_house_on_disk() {
    addresses(World::on_disk().await).await;
}

async fn addresses(world: World) {
    let id = world.recorded().await;
    let names = [
        "sort",
        "after",
        "limit",
        "unit",
        "state",
        "q",
        "list",
        "fields",
        "figure",
        "period",
        "accepted_on",
        "amount",
        "people_count",
        "dispute_type",
        "committee",
        "special_group",
        "is_cross_region",
        "occurred_place",
        "parties",
        "created_by",
        "group",
        "person",
        "title",
        "summary",
        "nonsense",
    ];
    let paths = [
        "/records/mediation_case",
        "/records/person",
        "/records/mediation_record",
        "/reports/mediation_cases",
        "/reports/mediation_cases.xlsx",
        "/statistics/cases",
        "/search",
        "/tasks",
        "/calendar",
        "/changes",
        "/units",
        "/people/x",
        "/definitions/x",
    ];
    let more = ["from", "to", "by", "measure", "county", "parent"];
    let given = [
        "[null,null]",
        "[1,2]",
        "[\"\",\"\"]",
        "[\"a\",\"b\"]",
        "2026",
        "2026-13..x",
        "..",
        "2026-01..",
        "01",
        "-title",
        "title",
        "-parties",
        "990101",
        "mediating",
        "*",
        "99999999999",
        "mediation_cases.total",
        "cases.total",
        "total",
        "dispute_type",
    ];
    let encode = |text: &str| text.bytes().map(|b| format!("%{b:02X}")).collect::<String>();
    let mut dice = Dice(20_261_124);
    for round in 0..1_500 {
        let mut query = Vec::new();
        for _ in 0..dice.roll(3) + 1 {
            let name = match dice.roll(8) {
                0 => dice.text(),
                1 => more[dice.roll(more.len() as u64) as usize].to_owned(),
                _ => names[dice.roll(names.len() as u64) as usize].to_owned(),
            };
            let value = match dice.roll(3) {
                0 => dice.text().repeat(dice.roll(20) as usize),
                _ => given[dice.roll(given.len() as u64) as usize].to_owned(),
            };
            query.push(format!("{}={}", encode(&name), encode(&value)));
        }
        let path = paths[dice.roll(paths.len() as u64) as usize];
        let path = format!("{path}?{}", query.join("&"));
        let answer = world.get("mediator", &path).await;
        let said =
            String::from_utf8_lossy(&answer.bytes[..answer.bytes.len().min(300)]).into_owned();
        assert!(answer.status < 500, "round {round}: {path} → {said}");
        if answer.status >= 300 {
            answer.codes();
        }
    }
    for bad in ["?q=%ff", "?%ff=1", "?limit=-1", "?limit=x", "?limit=1&limit=2", "?a", "?=1"] {
        world.get("mediator", &format!("{CASES}{bad}")).await.is(400).codes();
    }
    for lost in [
        "/records/%ff",
        "/records/nothing",
        "/records/mediation_case/%00",
        "/nothing",
        "/",
        "/records/mediation_case/a%2Fb",
        "/records//",
        &format!("/records/mediation_case/{}", "a".repeat(5_000)),
        &format!("/records/mediation_case/{id}/nothing"),
        "/records/sqlite_master",
        "/records/log",
    ] {
        world.get("mediator", lost).await.is(404).codes();
    }
    for (method, path) in [
        ("DELETE", CASES),
        ("PUT", CASES),
        ("PATCH", CASES),
        ("GET", "/login"),
        ("POST", "/tasks"),
        ("TRACE", "/units"),
        ("BREW", "/units"),
    ] {
        let answer = world.call("mediator", method, path, None, &[]).await.is(405);
        answer.codes();
        assert!(answer.headers.contains_key("allow"), "{method} {path}");
    }
}

#[tokio::test]
async fn nobody_signs_in_with_nonsense() {
    let world = World::new().await;
    for body in [
        json!({}),
        json!({"account": "mediator"}),
        json!({"account": 1, "password": 2}),
        json!({"account": "mediator", "password": "x", "admin": true}),
        json!({"account": "mediator", "password": "x".repeat(100_000)}),
        json!({"account": [], "password": {}}),
    ] {
        world.post("", "/login", &body).await.is(422).codes();
    }
    for (account, password) in
        [("mediator", "wrong"), ("nobody", "wrong"), ("' OR 1=1 --", "x"), ("\u{0}", "\u{0}")]
    {
        let body = json!({ "account": account, "password": password });
        world.post("", "/login", &body).await.is(401).codes();
    }
}
