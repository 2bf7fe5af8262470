//! Two records of one person: found, compared, joined, and given back on pages.

use super::world::*;

const FIRST: &str = "33019819740512022X";

#[tokio::test]
async fn two_records_are_found_compared_joined_and_parted() {
    let world = World::new().await;
    let one = world.enter("one").await;
    let right = world.known(&one, "陈秀兰", FIRST).await;
    let left = world.known(&one, "陈秀兰", "").await;
    let county = world.enter("county").await;
    let page = county.get(&format!("/people/{left}")).await.is(200);
    let start = format!("/b/common/person/{left}/merge");
    assert!(page.text.contains("与另一人合并") && page.text.contains(&start));
    let page = county.get(&start).await.is(200);
    assert!(page.text.contains(&format!("with={right}")), "who is called the same is offered");
    let page = county.get(&format!("{start}?with={right}")).await.is(200);
    assert!(page.text.contains("留下哪一份") && page.text.contains(FIRST));
    let hidden = |name: &str| page.hidden(name);
    let (a, b, key) = (hidden("left"), hidden("right"), hidden("_key"));
    let sent = |reason: &'static str| {
        [
            ("with", right.as_str()),
            ("left", a.as_str()),
            ("right", b.as_str()),
            ("_key", key.as_str()),
            ("stays", "left"),
            ("reason", reason),
        ]
    };
    let wrong = county.post(&start, &sent("")).await.is(200);
    assert!(wrong.text.contains("请写明理由"), "and both are shown again");
    let done = county.post(&start, &sent("同一个人登记了两次")).await.is(303);
    assert_eq!(done.to, format!("/people/{left}?said=merge"));
    let page = county.get(&done.to).await.is(200);
    for text in ["已合并", "并进来的档案", "同一个人登记了两次", "并进另一份", FIRST]
    {
        assert!(page.text.contains(text), "{text}");
    }
    let moved = county.get(&format!("/people/{right}")).await.is(303);
    assert_eq!(moved.to, format!("/people/{left}?said=merged_from"));
    let back = format!("/b/common/person/{right}/unmerge");
    assert!(page.text.contains(&back));
    let form = county.get(&back).await.is(200);
    let version = form.hidden("version");
    let pairs = [("version", version.as_str()), ("reason", "核对以后是两个人")];
    let done = county.post(&back, &pairs).await.is(303);
    let page = county.get(&done.to).await.is(200);
    assert!(page.text.contains("已撤销合并") && page.text.contains(FIRST));
    county.get(&back).await.is(404);
}

#[tokio::test]
async fn who_may_not_join_sees_no_button_and_two_numbers_are_two_persons() {
    let world = World::new().await;
    let one = world.enter("one").await;
    let right = world.known(&one, "陈秀兰", FIRST).await;
    let left = world.known(&one, "陈秀兰", "330198197405120246").await;
    let page = one.get(&format!("/people/{left}")).await.is(200);
    assert!(!page.text.contains("与另一人合并"));
    let start = format!("/b/common/person/{left}/merge");
    one.get(&start).await.is(403);
    let pairs = [("with", right.as_str()), ("stays", "left"), ("reason", "x")];
    one.post(&start, &pairs).await.is(403);
    let county = world.enter("county").await;
    let page = county.post(&start, &pairs).await.is(200);
    assert!(page.text.contains("不是同一人员，不能合并"), "{}", page.text);
}
