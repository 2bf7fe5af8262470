//! The inbox as a browser gets it: acts on many lines, the calendar, the digest, the feed, counts
//! that are told.

use super::world::*;
use crate::web::urls;
use axum::{body::Body, http::Request};
use futures_util::StreamExt;
use std::time::Duration;
use tower::ServiceExt;

/// Days from today, as they are typed.
fn day(offset: i64) -> String {
    use jiff::ToSpan;
    crate::clock::now("").today.checked_add(offset.days()).unwrap().to_string()
}

/// A visit whose report is due in so many days; gives the record.
async fn due(one: &Person<'_>, topic: &str, offset: i64) -> String {
    let day = day(offset);
    let pairs = [
        ("topic", topic),
        ("day", "2026-01-02"),
        ("report_by", day.as_str()),
        ("guests.0.name", "陈秀兰"),
    ];
    let answer = one.post(&format!("{LIST}/new"), &pairs).await.is(303);
    answer.to.split(['/', '?']).nth(4).unwrap().to_owned()
}

fn item(id: &str) -> String {
    format!("990101/{id}:report_term")
}

#[tokio::test]
async fn the_inbox_has_groups_filters_pages_and_something_to_say_when_empty() {
    let world = World::new().await;
    let one = world.enter("one").await;
    let empty = one.get("/tasks").await.is(200);
    assert!(empty.text.contains("没有到期或者将到期的事项"));
    for at in 0..32 {
        due(&one, &format!("走访{at:02}"), 3).await;
    }
    due(&one, "迟了的", -2).await;
    let first = one.get("/tasks").await.is(200);
    assert!(first.text.contains("共 33 件，第 1/2 页") && first.text.contains("迟了的"));
    assert!(first.text.contains("超期 2 天") && !first.text.contains("走访31"));
    let second = one.get("/tasks?page=2").await.is(200);
    assert!(second.text.contains("走访31") && second.text.contains("rel=\"prev\""));
    let late = one.get("/tasks?group=late").await.is(200);
    assert!(late.text.contains("迟了的") && !late.text.contains("走访00"));
    assert!(
        late.text.contains("data-live=\"late\">1</b>")
            && late.text.contains("data-live=\"soon\">32</b>")
    );
    let none = one.get("/tasks?person=me").await.is(200);
    assert!(none.text.contains("没有符合这些条件的事项") && none.text.contains("去掉条件再看"));
    let sorted = one.get("/tasks?sort=-due").await.is(200);
    assert!(!sorted.text.contains("迟了的"), "what is due last comes first");
    for odd in
        ["?group=x", "?page=0", "?page=99999", "?sort=x", "?from=x", "?unit=%00", "?when=week"]
    {
        one.get(&format!("/tasks{odd}")).await.is(200);
    }
    let far = world.enter("far").await;
    assert!(far.get("/tasks").await.is(200).text.contains("没有到期"), "of another village");
}

#[tokio::test]
async fn lines_are_given_taken_back_put_off_and_brought_back() {
    let world = World::new().await;
    let one = world.enter("one").await;
    let id = due(&one, "屋后的沟", 3).await;
    let chosen = item(&id);
    let form = one.get(&urls::with_query("/tasks/assign", &[("item", &chosen)])).await.is(200);
    assert!(form.text.contains("测试员") && form.text.contains("选中了 1 件"));
    let nothing = one.get("/tasks/assign").await.is(422);
    assert!(nothing.text.contains("请先在列表里勾选"));
    let list = one.get("/tasks").await.is(200);
    assert!(list.text.contains("name=\"_ask\" value=\"true\" formaction=\"/tasks/assign\""));
    for path in ["/tasks/assign", "/tasks/snooze"] {
        let asked = one.post(path, &[("_ask", "true"), ("item", chosen.as_str())]).await.is(200);
        assert!(
            asked.text.contains("选中了 1 件：屋后的沟（报告）") && asked.text.contains(&chosen)
        );
        one.post(path, &[("_ask", "true")]).await.is(422);
    }
    let wrong = one.post("/tasks/assign", &[("item", chosen.as_str()), ("to", "")]).await.is(422);
    assert!(wrong.text.contains("请选择交给谁办") && wrong.text.contains(&chosen));
    let two = world.app.desk.account_id("two").await.unwrap().unwrap();
    let pairs = [
        ("item", chosen.as_str()),
        ("to", two.as_str()),
        ("note", "他<熟>悉"),
        ("back", "/tasks?group=soon"),
    ];
    let done = one.post("/tasks/assign", &pairs).await.is(303);
    assert_eq!(done.to, "/tasks?group=soon&said=assign.1");
    assert!(one.get(&done.to).await.is(200).text.contains("已交办1件"));
    assert!(
        one.get("/tasks?group=others")
            .await
            .is(200)
            .text
            .contains("您交给测试员办：他&lt;熟&gt;悉")
    );
    let theirs = world.enter("two").await;
    assert!(theirs.get("/tasks?group=soon").await.is(200).text.contains("测试员交给您"));
    let record = one.get(&format!("{LIST}/{id}")).await.is(200);
    assert!(record.text.contains("交办") && record.text.contains("交给测试员"));
    let evil = [("item", chosen.as_str()), ("back", "https://evil.example/")];
    assert_eq!(theirs.post("/tasks/recall", &evil).await.is(303).to, "/?said=recall.1");
    assert!(
        one.post("/tasks/recall", &[("item", chosen.as_str())])
            .await
            .is(422)
            .text
            .contains("不用收回")
    );
    assert!(one.post("/tasks/recall", &[]).await.is(422).text.contains("请先在列表里勾选"));

    let until = day(9);
    let pairs = [("item", chosen.as_str()), ("until", until.as_str()), ("reason", "等回信")];
    let asked = one.post("/tasks/snooze", &pairs).await.is(422);
    assert!(asked.text.contains("我已核对") && asked.text.contains("期限照常计算"));
    let mut sure = pairs.to_vec();
    sure.push(("_confirm", "true"));
    one.post("/tasks/snooze", &sure).await.is(303);
    assert!(!one.get("/tasks").await.is(200).text.contains("屋后的沟"));
    assert!(one.get("/tasks?group=snoozed").await.is(200).text.contains("等回信"));
    assert!(theirs.get("/tasks").await.is(200).text.contains("屋后的沟"), "from oneself alone");
    one.post("/tasks/wake", &[("item", chosen.as_str())]).await.is(303);
    assert!(one.get("/tasks").await.is(200).text.contains("屋后的沟"));
    world.post(&one.cookie(), "/tasks/wake", &[("item", chosen.as_str())]).await.is(403);
}

#[tokio::test]
async fn the_calendar_the_digest_and_standing_in_are_pages() {
    let world = World::new().await;
    let one = world.enter("one").await;
    due(&one, "今天的沟", 0).await;
    let today = day(0);
    let month = one.get(&format!("/calendar?day={today}")).await.is(200);
    assert!(month.text.contains("1 件") && month.text.contains("今天的沟"));
    let week = one.get(&format!("/calendar?week={today}")).await.is(200);
    assert!(week.text.contains("今天的沟") && week.text.contains("没有到期的事项"));
    let known = one.get("/calendar?month=2026-10").await.is(200);
    assert!(known.text.contains("国庆节假期") && known.text.contains("调休上班"));
    let unknown = one.get("/calendar?month=2031-05").await.is(200);
    assert!(unknown.text.contains("2031年的节假日安排还没有导入"));
    for odd in ["?month=x", "?week=x", "?day=9999-12-31", "?month=9999-12", "?week=-9999-01-01"] {
        one.get(&format!("/calendar{odd}")).await.is(200);
    }

    let first = one.get("/").await.is(200);
    assert!(first.text.contains("今天的日报") && first.text.contains("今天到期要办 1 件"));
    let seen = first.cookies.iter().find(|cookie| cookie.starts_with("fq_day=")).unwrap();
    let seen = seen.split(';').next().unwrap();
    let again = world.get(&format!("{}; {seen}", one.cookie()), "/").await.is(200);
    assert!(!again.text.contains("今天的日报") && again.text.contains("今天的沟"));
    assert!(one.get("/digest").await.is(200).text.contains("今天的沟"));
    let text = one.get("/digest.txt").await.is(200);
    assert!(
        text.text.contains("1. 今天的沟")
            && text.headers["content-disposition"].to_str().unwrap().contains("attachment")
    );

    let two = world.app.desk.account_id("two").await.unwrap().unwrap();
    let wrong = [("from", "2020-01-01"), ("to", today.as_str()), ("deputy", two.as_str())];
    assert!(one.post("/me/leave", &wrong).await.is(422).text.contains("已经过去"));
    let right = [("from", today.as_str()), ("to", today.as_str()), ("deputy", two.as_str())];
    let done = one.post("/me/leave", &right).await.is(303);
    let page = one.get(&done.to).await.is(200);
    assert!(page.text.contains("代办已安排好") && page.text.contains("代办中"));
    let theirs = world.enter("two").await;
    assert!(theirs.get("/digest").await.is(200).text.contains("今天您代测试员办理"));
    let end = page.text.split("action=\"/me/leave/").nth(1).unwrap().split('"').next().unwrap();
    one.post(&format!("/me/leave/{end}"), &[]).await.is(303);
    assert!(!theirs.get("/digest").await.is(200).text.contains("今天您代"));
}

#[tokio::test]
async fn a_feed_is_read_without_signing_in_and_only_under_its_address() {
    let world = World::new().await;
    let one = world.enter("one").await;
    due(&one, "陈秀兰家的沟", 3).await;
    assert!(one.get("/me/feed").await.is(200).text.contains("现在没有开启"));
    let made = one.post("/me/feed", &[]).await.is(200);
    let secret = made.text.split("/ics/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let feed = world.get("", &format!("/ics/{secret}")).await.is(200);
    assert_eq!(feed.headers["content-type"], "text/calendar; charset=utf-8");
    assert!(feed.text.contains("SUMMARY:报告 走访\r\n"), "{}", feed.text);
    assert!(!feed.text.contains("陈秀兰"), "nobody is named");
    assert!(!one.get("/me/feed").await.is(200).text.contains(&secret), "it is shown once");
    one.post("/me/feed", &[]).await.is(200);
    world.get("", &format!("/ics/{secret}")).await.is(404);
    world.get("", "/ics/x").await.is(404);
    one.post("/me/feed/end", &[]).await.is(303);
    assert!(one.get("/me/feed").await.is(200).text.contains("现在没有开启"));
}

/// An open connection: what it has told so far is waited for.
async fn connect(world: &World, one: &Person<'_>) -> axum::response::Response {
    let request = Request::get("/events").header("cookie", one.cookie()).body(Body::empty());
    let router = crate::web::router().with_state(world.app.clone());
    router.oneshot(request.unwrap()).await.unwrap()
}

#[tokio::test]
async fn counts_are_told_when_they_change_and_the_house_can_close() {
    let world = World::new().await;
    let informing = tokio::spawn(crate::live::keep_informed(world.app.clone()));
    let one = world.enter("one").await;
    let open = connect(&world, &one).await;
    assert_eq!(open.headers()["content-type"], "text/event-stream");
    let mut told = open.into_body().into_data_stream();
    let mut next = async || {
        let part = tokio::time::timeout(Duration::from_secs(60), told.next()).await.unwrap();
        part.map(|part| String::from_utf8(part.unwrap().to_vec()).unwrap())
    };
    let first = next().await.unwrap();
    assert!(first.contains("\"late\":0") && first.contains("\"overdue\":0"), "{first}");
    due(&one, "迟了的", -2).await;
    let second = loop {
        let part = next().await.unwrap();
        if part.contains("data:") {
            break part;
        }
    };
    assert!(second.contains("\"late\":1") && second.contains("\"overdue\":1"), "{second}");
    let more =
        [connect(&world, &one).await, connect(&world, &one).await, connect(&world, &one).await];
    assert!(more.iter().all(|open| open.status() == 200));
    assert_eq!(connect(&world, &one).await.status(), 204, "a fifth page of one session");
    drop(more);
    assert_eq!(connect(&world, &one).await.status(), 200);
    world.app.live.close();
    loop {
        match next().await {
            None => break,
            Some(part) => assert!(!part.contains("data:"), "{part}"),
        }
    }
    informing.abort();
    assert_eq!(world.get("", "/events").await.status, 303, "nobody who is not signed in");
}
