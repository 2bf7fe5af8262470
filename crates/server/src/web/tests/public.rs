//! Pages without a session: a code that is right, one that is made up, a roster.

use super::world::*;
use crate::clock;
use serde_json::{Map, Value as Json};

/// A badge that was issued.
async fn badge(world: &World, who: &Person<'_>, name: &str) -> String {
    let session = world.app.desk.session(&who.token, &clock::now("")).await.unwrap();
    let input = Json::from_iter([("bearer", name), ("no", name), ("inner", "不公开的话")]);
    let input: Map<String, Json> = input.as_object().unwrap().clone();
    let deed = desk::Deed::Create { kind: "badge".to_owned(), input };
    let manner = desk::Manner { confirmed: true, key: None };
    let moment = clock::now(&session.actor.account);
    world.app.desk.act(&session.actor, deed, manner, &moment).await.unwrap().id
}

#[tokio::test]
async fn a_scanned_code_is_answered_without_a_session_and_kept_briefly() {
    let world = World::new().await;
    let one = world.enter("one").await;
    let id = badge(&world, &one, "梅坞001").await;
    let page = one.get(&format!("/b/trial/badge/{id}")).await.is(200);
    let at = page.text.find("/public/check/badge/card/").expect("the record links to its check");
    let address = page.text[at..].split('"').next().unwrap().to_owned();
    assert!(page.text.contains("徽章核验二维码"), "and shows its code");
    let found = world.get("", &address).await.is(200);
    assert!(found.text.contains("查到了") && found.text.contains("梅坞001"));
    assert!(!found.text.contains("不公开的话"));
    let kept = |answer: &Answer| answer.headers["cache-control"].to_str().unwrap().to_owned();
    assert_eq!(kept(&found), "public, max-age=60");
    assert!(found.cookies.is_empty());
    let wrong = world.get("", &address.replace(&id, "0")).await.is(404);
    assert!(wrong.text.contains("没有查到"), "{}", wrong.text);
    assert_eq!(kept(&wrong), "no-store");
    world.get("", "/public/check/badge/none/x").await.is(404);
    world.get("", "/public/check/visit/card/x").await.is(404);
}

#[tokio::test]
async fn whoever_tries_codes_is_stopped_and_nobody_else_is() {
    let world = World::new().await;
    let one = world.enter("one").await;
    let id = badge(&world, &one, "梅坞001").await;
    let page = one.get(&format!("/b/trial/badge/{id}")).await.is(200);
    let at = page.text.find("/public/check/badge/card/").unwrap();
    let address = page.text[at..].split('"').next().unwrap().to_owned();
    let mut stopped = 0;
    for n in 0..300 {
        let answer = world.get("", &format!("/public/check/badge/card/{n}.0000")).await;
        stopped += u32::from(answer.status == 429 && answer.headers.contains_key("retry-after"));
    }
    // A minute may end meanwhile, and the count begins anew.
    assert!(stopped >= 60, "{stopped}");
    world.get("", &address).await.is(200);
}

#[tokio::test]
async fn a_roster_is_found_searched_and_turned() {
    let world = World::new().await;
    let one = world.enter("one").await;
    for n in 0..23 {
        badge(&world, &one, &format!("梅坞{n:03}")).await;
    }
    let start = world.get("", "/public").await.is(200);
    assert!(start.text.contains("/public/list/badge/roster") && start.text.contains("徽章核验"));
    let page = world.get("", "/public/list/badge/roster").await.is(200);
    let next = page.text.split("rel=\"next\"").next().unwrap().rsplit("href=\"").next().unwrap();
    let next = next.split('"').next().unwrap().replace("&amp;", "&");
    let second = world.get("", &next).await.is(200);
    assert!(second.text.contains("梅坞022") && !second.text.contains("rel=\"next\""));
    let found = world.get("", "/public/list/badge/roster?q=%E6%A2%85%E5%9D%9E007").await.is(200);
    assert!(found.text.contains("梅坞007") && !found.text.contains("梅坞008"));
    let none = world.get("", "/public/list/badge/roster?division=990100&q=zzz").await.is(200);
    assert!(none.text.contains("没有查到"));
    world.get("", "/public/list/badge/card").await.is(404);
    world.get("", "/public/list/badge/roster?division=1").await.is(404);
}

/// The codes on the printed card of a badge.
async fn printed_codes(world: &World, who: &Person<'_>, id: &str) -> Vec<String> {
    let moment = clock::now("");
    let session = world.app.desk.session(&who.token, &moment).await.unwrap();
    let wanted = ("badge_card", crate::documents::Which::Draft);
    let actor = &session.actor;
    let printed = crate::documents::print(&world.app, actor, "badge", id, wanted, &moment).await;
    paper::codes(&printed.unwrap().pdf).unwrap().concat()
}

#[tokio::test]
async fn a_printed_card_bears_the_code_that_leads_to_its_public_page() {
    let world = World::new().await;
    let one = world.enter("one").await;
    let id = badge(&world, &one, "梅坞001").await;
    let codes = printed_codes(&world, &one, &id).await;
    let address = codes.iter().find_map(|code| code.strip_prefix(PUBLIC)).expect("the code");
    let found = world.get("", address).await.is(200);
    assert!(found.text.contains("查到了") && found.text.contains("梅坞001"));
    let moment = clock::now("");
    let session = world.app.desk.session(&one.token, &moment).await.unwrap();
    let word =
        crate::documents::word(&world.app, &session.actor, "badge", &id, "badge_card", &moment);
    assert!(!word.await.unwrap().pdf.is_empty(), "the Word file bears it too");
}

#[tokio::test]
async fn a_house_that_does_not_know_its_address_prints_no_code_and_takes_none_from_a_request() {
    let world = World::unreached().await;
    let one = world.enter("one").await;
    let id = badge(&world, &one, "梅坞001").await;
    let page = one.get(&format!("/b/trial/badge/{id}")).await.is(200);
    assert!(page.text.contains("没有设置公开地址") && !page.text.contains("徽章核验二维码"));
    let codes = printed_codes(&world, &one, &id).await;
    assert!(codes.iter().all(|code| !code.contains("/public/")), "{codes:?}");
}
