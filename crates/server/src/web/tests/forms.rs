//! Forms: nothing typed is lost, nothing is done twice, nothing is shown that may not be seen.

use super::world::*;
use engine::query::Cell;

const NEW: &str = "/b/trial/visit/new";
const NUMBER: &str = "33019819740512022X";

#[tokio::test]
async fn a_form_becomes_one_record_with_its_rows_whatever_their_indexes() {
    let world = World::new().await;
    let one = world.enter("one").await;
    let pairs = [
        ("topic", "屋后的沟"),
        ("day", "2026-01-02"),
        ("kinds", "1"),
        ("kinds", "2"),
        ("urgent", "true"),
        ("cost", "12.50"),
        ("spot.address", "三组12号"),
        ("spot.division", "990101001201"),
        ("guests.9.name", "孙建国"),
        ("guests.2.name", "陈秀兰"),
    ];
    one.post(NEW, &pairs).await.is(303);
    let visits = world.visits().await;
    let record = &visits[0].record;
    assert_eq!(record.text("kinds"), r#"["1","2"]"#);
    assert_eq!(record.int("cost"), 1250);
    assert_eq!(record.int("urgent"), 1);
    assert_eq!(record.text("spot_division"), "990101001201");
    let names: Vec<&str> =
        record.rows["guests"].iter().map(|r| r.cells["name"].as_text().unwrap()).collect();
    assert_eq!(names, ["陈秀兰", "孙建国"]);
}

#[tokio::test]
async fn what_is_wrong_stands_on_top_and_at_its_field_and_nothing_typed_is_lost() {
    let world = World::new().await;
    let one = world.enter("one").await;
    let name = "长".repeat(10_000);
    let pairs = [
        ("topic", "<script>alert(1)</script>"),
        ("day", "2026-02-30"),
        ("guests.4.name", name.as_str()),
        ("guests.4.id_number", "330198197405120221"),
    ];
    let page = one.post(NEW, &pairs).await.is(422);
    assert!(page.text.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(!page.text.contains("<script>alert"));
    for at in ["day", "guests.4.name", "guests.4.id_number"] {
        assert!(page.text.contains(&format!("href=\"#f-{at}\"")), "{at} is not listed");
        assert!(page.text.contains(&format!("id=\"e-{at}\"")), "{at} is not marked");
    }
    assert_eq!(page.value("guests.4.name"), name);
    assert!(world.visits().await.is_empty());
}

#[tokio::test]
async fn too_many_values_and_unknown_ones_are_refused() {
    let world = World::new().await;
    let one = world.enter("one").await;
    let names: Vec<String> = (0..6_000).map(|i| format!("guests.{i}.name")).collect();
    let many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "甲")).collect();
    one.post(NEW, &many).await.is(413);
    let pairs = [("topic", "沟"), ("evil", "1"), ("guests.0.name", "陈秀兰")];
    let page = one.post(NEW, &pairs).await.is(422);
    assert!(page.text.contains("evil"));
    assert!(world.visits().await.is_empty());
}

#[tokio::test]
async fn pressing_twice_is_harmless() {
    let world = World::new().await;
    let one = world.enter("one").await;
    let key = one.get(NEW).await.is(200).hidden("_key");
    let pairs = [
        ("_key", key.as_str()),
        ("topic", "沟"),
        ("day", "2026-01-02"),
        ("guests.0.name", "陈秀兰"),
    ];
    let first = one.post(NEW, &pairs).await.is(303);
    let second = one.post(NEW, &pairs).await.is(303);
    assert_eq!(first.to, second.to);
    let id = first.to.split(['/', '?']).nth(4).unwrap();
    let act = format!("{LIST}/{id}/do/finish");
    let page = one.get(&act).await.is(200);
    let (key, version) = (page.hidden("_key"), page.hidden("_version"));
    let pairs =
        [("_key", key.as_str()), ("_version", version.as_str()), ("ended_on", "2026-01-03")];
    one.post(&act, &pairs).await.is(303);
    one.post(&act, &pairs).await.is(303);
    let visits = world.visits().await;
    assert_eq!((visits.len(), visits[0].record.version()), (1, 2));
}

#[tokio::test]
async fn a_warning_waits_for_a_tick() {
    let world = World::new().await;
    let one = world.enter("one").await;
    let mut pairs = vec![
        ("topic", "沟"),
        ("day", "2026-01-02"),
        ("cost", "20000"),
        ("guests.0.name", "陈秀兰"),
    ];
    let page = one.post(NEW, &pairs).await.is(200);
    assert!(page.text.contains("花费较大") && page.text.contains("name=\"_confirm\""));
    assert!(world.visits().await.is_empty());
    pairs.push(("_confirm", "true"));
    one.post(NEW, &pairs).await.is(303);
}

#[tokio::test]
async fn somebody_known_is_chosen_and_no_number_is_shown_or_typed() {
    let world = World::new().await;
    let one = world.enter("one").await;
    let id = world.known(&one, "陈秀兰", NUMBER).await;
    let two = world.enter("far").await;
    let pairs = [("topic", "沟"), ("guests.0.id", ""), ("guests.0.person._q", NUMBER)];
    let mut find = pairs.to_vec();
    find.push(("_find", "guests.0.person"));
    let found = two.post(NEW, &find).await.is(200);
    assert!(found.text.contains(&format!("value=\"guests.0.person:{id}\"")));
    let choose = format!("guests.0.person:{id}");
    let chosen = two.post(NEW, &[("topic", "沟"), ("_choose", &choose)]).await.is(200);
    assert_eq!(chosen.hidden("guests.0.person"), id);
    assert_eq!(chosen.value("guests.0.name"), "陈秀兰");
    assert_eq!(chosen.value("guests.0.id_number"), "");
    assert!(chosen.text.contains("来自：人员档案") && !chosen.text.contains(NUMBER));
    let pairs = [
        ("topic", "沟"),
        ("day", "2026-01-02"),
        ("guests.0.person", id.as_str()),
        ("guests.0.name", "陈秀兰"),
        ("guests.0.id_number", ""),
    ];
    two.post(NEW, &pairs).await.is(303);
    let visits = world.visits().await;
    let guest = &visits[0].record.rows["guests"][0];
    assert_eq!(guest.cells["person"], Cell::from(id));
    assert_eq!(guest.cells["id_number"], Cell::from(NUMBER));
}

#[tokio::test]
async fn rows_are_added_and_removed_without_script_and_all_else_stays() {
    let world = World::new().await;
    let one = world.enter("one").await;
    let pairs = [("topic", "沟"), ("guests.0.name", "甲"), ("guests.5.name", "乙")];
    let mut add = pairs.to_vec();
    add.push(("_add", "guests"));
    let page = one.post(NEW, &add).await.is(200);
    assert!(page.text.contains("id=\"r-guests.6\"") && page.value("topic") == "沟");
    let mut remove = pairs.to_vec();
    remove.push(("_remove", "guests.0"));
    let page = one.post(NEW, &remove).await.is(200);
    assert!(!page.text.contains("id=\"r-guests.0\"") && page.value("guests.5.name") == "乙");
}

#[tokio::test]
async fn a_draft_is_ones_own_survives_and_goes_when_the_deed_is_done() {
    let world = World::new().await;
    let (one, two) = (world.enter("one").await, world.enter("two").await);
    let key = one.get(NEW).await.hidden("_key");
    let pairs = [("_key", key.as_str()), ("topic", "没写完的沟"), ("guests.0.name", "陈秀兰")];
    let mut saving = pairs.to_vec();
    saving.push(("_autosave", "1"));
    one.post(NEW, &saving).await.is(204);
    assert!(one.get("/").await.text.contains("没写完的沟"));
    assert!(one.get(NEW).await.text.contains("您有未提交的草稿：没写完的沟"));
    assert!(!two.get("/").await.text.contains("没写完的沟"));
    let address = format!("{NEW}?draft={key}");
    assert_eq!(one.get(&address).await.value("topic"), "没写完的沟");
    assert_eq!(two.get(&address).await.value("topic"), "");
    two.post(&format!("/drafts/{key}/remove"), &[]).await.is(303);
    assert_eq!(one.get(&address).await.value("topic"), "没写完的沟");
    let mut sending = pairs.to_vec();
    sending.push(("day", "2026-01-02"));
    one.post(NEW, &sending).await.is(303);
    assert!(world.app.desk.drafts(&one_account(&world, &one).await).await.unwrap().is_empty());
}

async fn one_account(world: &World, person: &Person<'_>) -> String {
    let session = world.app.desk.session(&person.token, &crate::clock::now("")).await.unwrap();
    session.actor.account
}

#[tokio::test]
async fn two_who_change_the_same_record_choose_field_by_field() {
    let world = World::new().await;
    let (one, two) = (world.enter("one").await, world.enter("two").await);
    let id = one.visit("原来的沟").await;
    let edit = format!("{LIST}/{id}/edit");
    let mine = one.get(&edit).await.is(200);
    let (version, row) = (mine.hidden("_version"), mine.hidden("guests.0.id"));
    let rows = [("guests.0.id", row.as_str()), ("guests.0.name", "陈秀兰"), ("day", "2026-01-02")];
    let version = ("_version", version.as_str());
    let mut theirs = vec![version, ("topic", "别人写的沟"), ("note", "原样")];
    theirs.extend(rows);
    two.post(&edit, &theirs).await.is(303);
    let mut sent = vec![version, ("topic", "我写的沟"), ("note", "我的经过")];
    sent.extend(rows);
    let page = one.post(&edit, &sent).await.is(409);
    for text in ["原来的沟", "我写的沟", "别人写的沟", "两人都改了"] {
        assert!(page.text.contains(text), "{text}");
    }
    let (key, now) = (page.hidden("_key"), page.hidden("_version"));
    let mut chosen = vec![("_key", key.as_str()), ("_version", now.as_str())];
    chosen.extend([("topic", "我写的沟"), ("note", "我的经过")]);
    chosen.extend(rows);
    chosen.extend([("_take.topic", "theirs"), ("_take.note", "mine")]);
    one.post(&edit, &chosen).await.is(303);
    let record = &world.visits().await[0].record;
    assert_eq!((record.text("topic"), record.text("note")), ("别人写的沟", "我的经过"));
    assert_eq!(record.rows["guests"].len(), 1);
}

#[tokio::test]
async fn a_form_opened_before_signing_in_again_is_shown_again_and_does_nothing() {
    let world = World::new().await;
    let one = world.enter("one").await;
    let pairs =
        [("_csrf", "old"), ("topic", "沟"), ("day", "2026-01-02"), ("guests.0.name", "甲甲")];
    let page = world.post(&one.cookie(), NEW, &pairs).await.is(422);
    assert_eq!(page.value("topic"), "沟");
    assert_eq!(page.hidden("_csrf"), one.csrf);
    assert!(world.visits().await.is_empty());
}

#[tokio::test]
async fn two_devices_at_one_draft_keep_both() {
    let world = World::new().await;
    let one = world.enter("one").await;
    let first = one.get(NEW).await;
    let (key, page) = (first.hidden("_key"), first.hidden("_page"));
    let saving = |page: &str, continues: &str, topic: &str| {
        [("_key", key.as_str()), ("_page", page), ("_continues", continues), ("topic", topic)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let save = async |page: &str, continues: &str, topic: &str| {
        let pairs = saving(page, continues, topic);
        let mut pairs: Vec<_> = pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        pairs.push(("_autosave", "1"));
        one.post(NEW, &pairs).await
    };
    save(&page, "", "沟").await.is(204);
    let phone = one.get(&format!("{NEW}?draft={key}")).await;
    let (other, from) = (phone.hidden("_page"), phone.hidden("_continues"));
    assert_eq!(from, page);
    save(&other, &from, "手机上写的沟").await.is(204);
    let told = save(&page, "", "电脑上写的沟").await.is(200);
    assert!(told.text.contains("两份都已保存"));
    let home = one.get("/").await;
    assert!(home.text.contains("手机上写的沟") && home.text.contains("电脑上写的沟"));
}
