//! Every endpoint by a stranger, and by the wrong person.

use super::world::{OTHER_VILLAGE, VILLAGE, World};
use serde_json::{Value as Json, json};

/// Method and address of every endpoint that needs somebody signed in; `ID` is a case.
const ENDPOINTS: [(&str, &str); 49] = [
    ("POST", "/logout"),
    ("GET", "/definitions"),
    ("GET", "/definitions/mediation_case"),
    ("GET", "/records/mediation_case"),
    ("POST", "/records/mediation_case"),
    ("GET", "/records/mediation_case/ID"),
    ("PATCH", "/records/mediation_case/ID"),
    ("GET", "/records/mediation_case/ID/log"),
    ("GET", "/records/mediation_case/ID/deadlines"),
    ("POST", "/records/mediation_case/ID/actions/accept"),
    ("GET", "/records/mediation_case/ID/documents/application.pdf"),
    ("GET", "/records/mediation_case/ID/documents"),
    ("POST", "/records/mediation_case/ID/documents/application"),
    ("GET", "/records/mediation_case/ID/documents/application/signatures"),
    ("POST", "/records/mediation_case/ID/documents/application/signatures"),
    ("GET", "/records/mediation_case/ID/dossiers/dossier"),
    ("POST", "/scans"),
    ("POST", "/people/match"),
    ("GET", "/people/ID"),
    ("POST", "/people/ID/merge"),
    ("POST", "/people/ID/unmerge"),
    ("POST", "/organizations/ID/merge"),
    ("POST", "/organizations/ID/unmerge"),
    ("POST", "/organizations/match"),
    ("GET", "/organizations/ID"),
    ("GET", "/statistics/cases"),
    ("GET", "/reports/mediation_cases"),
    ("GET", "/filings"),
    ("GET", "/filings/mediation_cases?period=2025H1"),
    ("GET", "/search?q=陈秀兰"),
    ("GET", "/tasks"),
    ("GET", "/tasks/colleagues"),
    ("POST", "/tasks/assign"),
    ("POST", "/tasks/recall"),
    ("POST", "/tasks/snooze"),
    ("POST", "/tasks/wake"),
    ("GET", "/calendar"),
    ("GET", "/digest"),
    ("GET", "/leaves"),
    ("POST", "/leaves"),
    ("DELETE", "/leaves/ID"),
    ("GET", "/feed"),
    ("POST", "/feed"),
    ("DELETE", "/feed"),
    ("GET", "/changes"),
    ("GET", "/looks"),
    ("GET", "/records/mediation_case/behind?figure=mediation_cases.total&period=2026"),
    ("POST", "/records/mediation_case/ID/look"),
    ("GET", "/records/mediation_case/ID/draw"),
];

async fn entries(world: &World, act: &str) -> usize {
    let select = engine::query::Select::from("log", &["act"])
        .filter(engine::query::Filter::equal("act", act));
    world.app.desk.keeper().find(&select).await.unwrap().len()
}

#[tokio::test]
async fn a_stranger_gets_401_everywhere() {
    let world = World::new().await;
    let id = world.recorded().await;
    let mut endpoints = ENDPOINTS.to_vec();
    endpoints.push(("GET", "/units"));
    for (method, path) in endpoints {
        let path = path.replace("ID", &id).replace("陈秀兰", "%E9%99%88");
        let body = (method != "GET").then(|| json!({}));
        let tokens: [&[(&str, &str)]; 4] = [
            &[],
            &[("authorization", "Bearer 0123456789abcdef")],
            &[("authorization", "Basic bWVkaWF0b3I6eA==")],
            &[("cookie", "fq=0123456789abcdef")],
        ];
        for headers in tokens {
            let answer = world.call("", method, &path, body.as_ref(), headers).await.is(401);
            assert!(answer.codes().is_empty(), "{method} {path}");
            assert!(answer.headers["www-authenticate"].starts_with("Bearer"), "{method} {path}");
        }
    }
    assert_eq!(world.count("mediation_case").await, 1);
}

#[tokio::test]
async fn a_mediator_of_another_village_gets_404_and_leaves_an_entry() {
    let world = World::new().await;
    let id = world.recorded().await;
    let case = format!("/records/mediation_case/{id}");
    let look =
        |path: String| world.call("neighbour", "GET", Box::leak(path.into_boxed_str()), None, &[]);
    for (index, part) in ["", "/log", "/deadlines", "/documents/application.pdf"].iter().enumerate()
    {
        look(format!("{case}{part}")).await.is(404);
        assert_eq!(entries(&world, "refused").await, index + 1, "{part}");
    }
    world.patch("neighbour", &case, &json!({ "place": "别处" })).await.is(404);
    world.post("neighbour", &format!("{case}/actions/accept"), &json!({})).await.is(404);
    assert_eq!(entries(&world, "refused").await, 6);
    assert!(
        world.get("neighbour", "/records/mediation_case").await.is(200).json["items"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    let by_number = "/records/mediation_case?q=33019819740512022X";
    assert!(
        world.get("neighbour", by_number).await.is(200).json["items"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    // Where one's own village is meant, another's committee cannot be used.
    let refused = world.post("neighbour", "/records/mediation_case", &world.case()).await;
    assert!(refused.status == 403, "{}", refused.status);
    let unit = format!("/reports/mediation_cases?unit={VILLAGE}");
    world.get("neighbour", &unit).await.is(403);
    world.get("neighbour", &format!("/reports/mediation_cases?unit={OTHER_VILLAGE}")).await.is(200);
    assert_eq!(world.count("mediation_case").await, 1);
}

#[tokio::test]
async fn a_role_without_the_right_gets_403_and_is_told_who_has_it() {
    let world = World::new().await;
    let id = world.recorded().await;
    let case = format!("/records/mediation_case/{id}");
    for who in ["county", "city", "province"] {
        let refused = world.post(who, "/records/mediation_case", &world.case()).await.is(403);
        assert!(refused.text("who").contains("人民调解员"), "{}", refused.json);
        world.patch(who, &case, &json!({ "place": "别处" })).await.is(403);
        let refused = world.post(who, &format!("{case}/actions/accept"), &json!({})).await.is(403);
        assert!(refused.text("who").contains("人民调解员"), "{}", refused.json);
    }
    let refused = world
        .post("mediator", &format!("{case}/actions/void"), &json!({ "void_reason": "登记错了" }))
        .await
        .is(403);
    assert_eq!(refused.text("who"), "司法所工作人员");
    world.get("mediator", "/changes").await.is(403);
    world.get("far_office", &case).await.is(404);
    for who in ["admin", "auditor"] {
        world.get(who, &case).await.is(404);
        world.post(who, "/records/mediation_case", &world.case()).await.is(403);
        let known = json!({ "name": "陈秀兰" });
        world.post(who, "/people/match", &known).await.is(403);
        assert!(
            world.get(who, "/search?q=%E9%99%88%E7%A7%80%E5%85%B0").await.is(200).json["items"]
                .as_array()
                .unwrap()
                .is_empty()
        );
    }
    assert_eq!(world.count("mediation_case").await, 1);
}

#[tokio::test]
async fn who_only_counts_sees_no_number_of_anybody() {
    let world = World::new().await;
    let id = world.recorded().await;
    let secrets = ["19740512022", "19790320031", "13800010021"];
    let hidden = |text: &str, secrets: &[&str]| secrets.iter().all(|s| !text.contains(s));
    for who in ["city", "province"] {
        for path in [
            format!("/records/mediation_case/{id}"),
            "/records/mediation_case?fields=*".to_owned(),
            "/records/person?fields=*".to_owned(),
            "/search?q=33019819740512022X".to_owned(),
        ] {
            let text = world.get(who, &path).await.is(200).json.to_string();
            assert!(hidden(&text, &secrets), "{who} {path}: {text}");
        }
    }
    let seen = world.get("mediator", &format!("/records/mediation_case/{id}")).await.is(200).json;
    assert_eq!(seen["parties"][0]["id_number"], "33019819740512022X");
    // Even the mediator's list is masked: there the numbers of many stand together.
    let list = world.get("mediator", "/records/person?fields=*").await.is(200).json.to_string();
    assert!(hidden(&list, &secrets[..2]), "{list}");
}

#[tokio::test]
async fn a_cookie_alone_changes_nothing() {
    let world = World::new().await;
    let cookie = format!("a=b; fq={}", world.token("mediator"));
    let body: Json = world.case();
    let with = |headers: Vec<(&'static str, String)>| headers;
    let send = |headers: Vec<(&'static str, String)>| {
        let body = body.clone();
        let world = &world;
        async move {
            let headers: Vec<(&str, &str)> =
                headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
            world.call("", "POST", "/records/mediation_case", Some(&body), &headers).await
        }
    };
    send(with(vec![("cookie", cookie.clone())])).await.is(403);
    let wrong = "x".repeat(32);
    send(with(vec![("cookie", cookie.clone()), ("x-csrf-token", wrong)])).await.is(403);
    assert_eq!(world.count("mediation_case").await, 0);
    let moment = crate::clock::now("");
    let session = world.app.desk.session(world.token("mediator"), &moment).await.unwrap();
    send(with(vec![("cookie", cookie.clone()), ("x-csrf-token", session.csrf)])).await.is(201);
    world.call("", "GET", "/tasks", None, &[("cookie", &cookie)]).await.is(200);
    world.post("mediator", "/logout", &json!({})).await.is(204);
    world.get("mediator", "/tasks").await.is(401);
}
