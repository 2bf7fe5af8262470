//! The inbox: groups, giving to a colleague, standing in, looking away, the calendar feed.

use crate::world::{NOON, World, at, confirmed, map, now};
use desk::{
    Actor, Deed, Moment, Refusal,
    accounts::NewAccount,
    inbox::{Group, InboxAsk, NewLeave, Order, Task, Turn, Whose},
};
use engine::query::Filter;
use serde_json::json;

const LETTERS: &str = r#"
业务 letters "来信"
档案 letter "来信" {
    归属 本机构
    题名 "{who}的来信"
    编号 letter_no "信{序:4}" 每="年" 于=登记
    权限 { 看 mediator=本单位 office=辖区 county=辖区; 建 mediator office; 改 office }
    分组 "来信" {
        letter_no "编号" 文本 只读
        who "写信人" 文本 必填
        got_on "收到日期" 日期 必填
    }
    状态 open "待答复" 初始 { 可 draft }
    状态 drafted "待审核" { 可 sign }
    状态 signed "已答复" 终止
    动作 draft "起草" { 由 office mediator; 到 drafted }
    动作 sign "审核" { 由 county; 到 signed }
    期限 answer_term "答复" {
        起 got_on
        长 "10 日"
        止 signed
        提前 "3 日"
        升级 县="5 日"
        依据 "民法典 第201条"
    }
}
"#;

const TOWN: &str = "560101001";
const DAY: i64 = 86_400_000;

struct Office {
    world: World,
    ann: Actor,
    bob: Actor,
    county: Actor,
}

/// A day of June 2026, at noon.
fn june(day: i64) -> Moment {
    at(NOON + (day - 1) * DAY)
}

impl Office {
    async fn new() -> Self {
        let world = World::with(&[("letters/business.kdl", LETTERS)]).await;
        let ann = account(&world, "ann", "安然", "office", TOWN).await;
        let bob = account(&world, "bob", "白杨", "office", TOWN).await;
        let county = account(&world, "chief", "程局", "county", "560101").await;
        Self { world, ann, bob, county }
    }

    async fn letter(&self, who: &str, got_on: &str) -> String {
        let input = json!({ "who": who, "got_on": got_on });
        self.world.create(&self.ann, "letter", input).await.unwrap().id
    }

    async fn act(&self, actor: &Actor, id: &str, action: &str) {
        self.world.action_on(actor, "letter", id, action, json!({})).await.unwrap();
    }

    /// The letters in somebody's inbox.
    async fn letters(&self, actor: &Actor, moment: &Moment, group: Option<Group>) -> Vec<Task> {
        let desk = &self.world.desk;
        let inbox = desk.inbox(actor, moment).await.unwrap();
        let ask = InboxAsk { group, kind: "letter".to_owned(), ..InboxAsk::default() };
        let lines = inbox.select(&desk.house(), &desk.units(), &ask);
        desk.tasks_of(actor, &inbox.stands_in, &lines, moment).await.unwrap()
    }

    async fn one(&self, actor: &Actor, moment: &Moment) -> Task {
        let mut letters = self.letters(actor, moment, None).await;
        assert_eq!(letters.len(), 1);
        letters.remove(0)
    }

    async fn entries(&self, act: &str) -> u32 {
        self.world.desk.keeper().count("log", &Filter::equal("act", act), 99).await.unwrap()
    }
}

async fn account(world: &World, login: &str, name: &str, role: &str, unit: &str) -> Actor {
    let admin = world.actor("system_admin", "560000");
    let new = NewAccount {
        login: login.to_owned(),
        name: name.to_owned(),
        password: "Long-enough-1".to_owned(),
        role: role.to_owned(),
        unit: unit.to_owned(),
    };
    let account = world.desk.add_account(&admin, &new, &now()).await.unwrap();
    let unit = world.desk.units().get(unit).unwrap().clone();
    Actor { account, name: name.to_owned(), role: role.to_owned(), unit }
}

fn key(id: &str) -> Vec<String> {
    vec![format!("560101/{id}:answer_term")]
}

fn titles(tasks: &[Task]) -> Vec<&str> {
    tasks.iter().map(|task| task.title.as_str()).collect()
}

/// The first problem of a refusal: its code and field.
fn wrong(refusal: Refusal) -> (String, String) {
    let (Refusal::Invalid(problems) | Refusal::Confirm(problems)) = refusal else {
        panic!("{refusal:?}")
    };
    (problems[0].code.clone(), problems[0].field.clone())
}

#[tokio::test]
async fn every_limit_stands_in_one_group_by_day_and_turn() {
    let office = Office::new().await;
    for (who, got_on) in [
        ("早", "2026-05-10"),
        ("今", "2026-05-22"),
        ("近", "2026-05-27"),
        ("远", "2026-06-01"),
        ("等", "2026-06-01"),
    ] {
        let id = office.letter(who, got_on).await;
        if who == "等" {
            office.act(&office.ann, &id, "draft").await;
        }
    }
    for (group, of_office, of_county) in [
        (Group::Raised, vec![], vec!["早的来信"]),
        (Group::Late, vec!["早的来信"], vec![]),
        (Group::Today, vec!["今的来信"], vec![]),
        (Group::Soon, vec!["近的来信"], vec![]),
        (Group::Mine, vec!["远的来信"], vec!["等的来信"]),
        (Group::Others, vec!["等的来信"], vec!["今的来信", "近的来信", "远的来信"]),
        (Group::Snoozed, vec![], vec![]),
    ] {
        let found = office.letters(&office.ann, &now(), Some(group)).await;
        assert_eq!(titles(&found), of_office, "{group:?} of the office");
        let found = office.letters(&office.county, &now(), Some(group)).await;
        assert_eq!(titles(&found), of_county, "{group:?} of the county");
    }
    let waiting = office.letters(&office.ann, &now(), Some(Group::Others)).await.remove(0);
    assert_eq!(waiting.turn, Turn::Roles(vec!["county".to_owned()]));
    assert_eq!(waiting.next, None);
    let mine = office.letters(&office.ann, &now(), Some(Group::Mine)).await.remove(0);
    assert_eq!(mine.next, Some(("draft".to_owned(), "起草".to_owned())));
    // Nobody below sees what the township keeps, and nobody beside it.
    let village = office.world.actor("mediator", "560101001001");
    assert!(office.letters(&village, &now(), None).await.is_empty());
    let beside = office.world.actor("office", "560101002");
    assert!(office.letters(&beside, &now(), None).await.is_empty());
}

#[tokio::test]
async fn an_inbox_is_narrowed_and_sorted() {
    let office = Office::new().await;
    office.letter("甲", "2026-05-10").await;
    office.letter("乙", "2026-06-01").await;
    let desk = &office.world.desk;
    let inbox = desk.inbox(&office.ann, &now()).await.unwrap();
    let of = |ask: InboxAsk| {
        let lines = inbox.select(&desk.house(), &desk.units(), &ask);
        lines
            .iter()
            .filter(|line| &*line.kind == "letter")
            .map(|line| line.due.unwrap().day())
            .collect::<Vec<_>>()
    };
    assert_eq!(of(InboxAsk::default()), [20, 11]);
    assert_eq!(of(InboxAsk { order: Order::DueLast, ..InboxAsk::default() }), [11, 20]);
    let business =
        |business: &str| InboxAsk { business: business.to_owned(), ..InboxAsk::default() };
    assert_eq!((of(business("letters")).len(), of(business("mediation")).len()), (2, 0));
    let unit = |unit: &str| InboxAsk { unit: unit.to_owned(), ..InboxAsk::default() };
    assert_eq!((of(unit(TOWN)).len(), of(unit("560101001001")).len()), (2, 0));
    let bob = Whose::Account(office.bob.account.clone());
    assert_eq!(of(InboxAsk { whose: bob, ..InboxAsk::default() }).len(), 0);
    assert_eq!(of(InboxAsk { whose: Whose::Nobody, ..InboxAsk::default() }).len(), 2);
    let june = InboxAsk { from: "2026-06-01".parse().ok(), ..InboxAsk::default() };
    assert_eq!(of(june), [11]);
    assert_eq!(inbox.days()[&jiff::civil::date(2026, 6, 11)], (1, 1));
}

#[tokio::test]
async fn what_is_given_to_a_colleague_waits_for_them_alone() {
    let office = Office::new().await;
    let id = office.letter("甲", "2026-06-01").await;
    let desk = &office.world.desk;
    let (ann, bob) = (&office.ann, &office.bob);
    let colleagues = desk.colleagues(ann, &key(&id)).await.unwrap();
    assert_eq!(colleagues.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["安然", "白杨"]);
    let moved = desk.assign(ann, &key(&id), &bob.account, "他熟悉", &now()).await.unwrap();
    assert_eq!((moved.done.len(), moved.left.len()), (1, 0));
    let (here, there) = (office.one(ann, &now()).await, office.one(bob, &now()).await);
    assert_eq!((here.group, here.turn), (Group::Others, Turn::Held));
    assert_eq!((there.group, there.turn), (Group::Mine, Turn::Mine));
    for held in [here.held.unwrap(), there.held.unwrap()] {
        assert_eq!(
            (held.name, held.by_name, held.note),
            ("白杨".into(), "安然".into(), "他熟悉".into())
        );
        assert!(held.may_move);
    }
    let told = desk.history(ann, "letter", &id).await.unwrap();
    assert_eq!((told[0].act.as_str(), told[0].body["to_name"].as_str()), ("assign", Some("白杨")));
    // It is in nobody's way: whoever might act before still may.
    office.act(ann, &id, "draft").await;
    assert_eq!(
        office.one(bob, &now()).await.group,
        Group::Mine,
        "it stays with whom it was given to"
    );
    let moved = desk.recall(bob, &key(&id), &now()).await.unwrap();
    assert_eq!(moved.done.len(), 1);
    assert_eq!(office.one(bob, &now()).await.group, Group::Others);
    assert_eq!((office.entries("assign").await, office.entries("recall").await), (1, 1));
    let moved = desk.recall(bob, &key(&id), &now()).await.unwrap();
    assert_eq!(moved.done.len(), 0, "there is nothing to take back");
    assert!(desk.verify(&mut |_| {}).await.unwrap().is_empty());
}

#[tokio::test]
async fn nobody_is_given_what_they_may_not_see_and_nobody_gives_what_is_not_theirs() {
    let office = Office::new().await;
    let id = office.letter("甲", "2026-06-01").await;
    let world = &office.world;
    let desk = &world.desk;
    let village = account(world, "cun", "村民", "mediator", "560101001001").await;
    let beside = account(world, "far", "远方", "office", "560101002").await;
    let moved = desk.assign(&office.ann, &key(&id), &village.account, "", &now()).await.unwrap();
    assert!(moved.left[0].1.contains("看不到"), "{moved:?}");
    let refusal = desk.assign(&office.ann, &key(&id), &beside.account, "", &now()).await;
    assert_eq!(wrong(refusal.unwrap_err()), ("colleague".into(), "to".into()));
    let refusal = desk.assign(&office.ann, &key(&id), "", "", &now()).await;
    assert_eq!(wrong(refusal.unwrap_err()).1, "to");
    let note = "长".repeat(201);
    let refusal = desk.assign(&office.ann, &key(&id), &office.bob.account, &note, &now()).await;
    assert_eq!(wrong(refusal.unwrap_err()).1, "note");
    for stranger in [&village, &beside] {
        let refusal = desk.assign(stranger, &key(&id), &stranger.account, "", &now()).await;
        assert!(matches!(refusal, Err(Refusal::NotFound(_))), "{refusal:?}");
        let refusal = desk.snooze(stranger, &key(&id), "2026-06-05", "等材料", true, &now()).await;
        assert!(matches!(refusal, Err(Refusal::NotFound(_))), "{refusal:?}");
    }
    // What the county gave to one of the office, another of the office does not take away.
    let (county, ann, bob) = (&office.county, &office.ann, &office.bob);
    desk.assign(county, &key(&id), &bob.account, "", &now()).await.unwrap();
    let moved = desk.assign(ann, &key(&id), &ann.account, "", &now()).await.unwrap();
    assert!(moved.done.is_empty() && moved.left[0].1.contains("临溪县"), "{moved:?}");
    let moved = desk.assign(bob, &key(&id), &ann.account, "", &now()).await.unwrap();
    assert_eq!(moved.done.len(), 1, "who has it may give it on");
    world
        .desk
        .set_locked(&world.actor("system_admin", "560000"), &bob.account, true, &now())
        .await
        .unwrap();
    let refusal = desk.assign(ann, &key(&id), &bob.account, "", &now()).await;
    assert_eq!(wrong(refusal.unwrap_err()).0, "colleague");
}

#[tokio::test]
async fn a_deputy_has_what_was_given_for_these_days_and_no_longer() {
    let office = Office::new().await;
    let id = office.letter("甲", "2026-06-03").await;
    let desk = &office.world.desk;
    let (ann, bob) = (&office.ann, &office.bob);
    desk.assign(&office.county, &key(&id), &ann.account, "", &now()).await.unwrap();
    let leave = |from: &str, to: &str, deputy: &Actor| NewLeave {
        from: from.to_owned(),
        to: to.to_owned(),
        deputy: deputy.account.clone(),
        note: "年休假".to_owned(),
    };
    let hand = async |new: NewLeave| desk.hand_over(ann, &new, &now()).await;
    assert_eq!(wrong(hand(leave("2026-05-31", "2026-06-02", bob)).await.unwrap_err()).1, "from");
    assert_eq!(wrong(hand(leave("2026-06-05", "2026-06-02", bob)).await.unwrap_err()).1, "to");
    assert_eq!(wrong(hand(leave("", "2026-06-02", bob)).await.unwrap_err()).1, "from");
    assert_eq!(wrong(hand(leave("2026-06-02", "2026-06-04", ann)).await.unwrap_err()).1, "deputy");
    let away = hand(leave("2026-06-02", "2026-06-04", &office.county)).await;
    assert_eq!(wrong(away.unwrap_err()).1, "deputy", "a deputy has a post in the same unit");
    hand(leave("2026-06-02", "2026-06-04", bob)).await.unwrap();
    assert_eq!(
        wrong(hand(leave("2026-06-04", "2026-06-09", bob)).await.unwrap_err()).0,
        "overlaps"
    );
    let back = desk.hand_over(bob, &leave("2026-06-03", "2026-06-03", ann), &now()).await;
    assert_eq!(wrong(back.unwrap_err()).0, "deputy_away");

    for (day, stands_in) in [(1, false), (2, true), (4, true), (5, false)] {
        let task = office.one(bob, &june(day)).await;
        assert_eq!(task.turn == Turn::Mine, stands_in, "on the {day}th");
        assert_eq!(task.held.unwrap().stands_in, stands_in, "on the {day}th");
        assert_eq!(office.one(ann, &june(day)).await.turn, Turn::Mine, "it stays hers");
    }
    let mine = desk.leaves(ann, &june(3)).await.unwrap().0;
    assert_eq!((mine.len(), mine[0].deputy_name.as_str()), (1, "白杨"));
    assert_eq!(desk.leaves(bob, &june(3)).await.unwrap().1.len(), 1);
    desk.end_leave(ann, &mine[0].id, &june(3)).await.unwrap();
    assert_eq!(office.one(bob, &june(3)).await.turn, Turn::Held, "from today on");
    let over = desk.end_leave(ann, &mine[0].id, &june(3)).await;
    assert!(matches!(over, Err(Refusal::NotFound(_))), "{over:?}");
    assert_eq!((office.entries("hand_over").await, office.entries("end_leave").await), (1, 1));
}

#[tokio::test]
async fn looking_away_hides_from_oneself_alone_and_past_the_day_only_by_saying_so() {
    let office = Office::new().await;
    let late = office.letter("迟", "2026-05-10").await;
    let desk = &office.world.desk;
    let (ann, bob, county) = (&office.ann, &office.bob, &office.county);
    let before = async |actor: &Actor| desk.late(actor, &now()).await.unwrap();
    assert_eq!((before(ann).await, before(county).await), (1, 1));
    let snooze = async |until: &str, reason: &str, confirmed: bool| {
        desk.snooze(ann, &key(&late), until, reason, confirmed, &now()).await
    };
    assert_eq!(wrong(snooze("2026-06-01", "等材料", true).await.unwrap_err()).1, "until");
    assert_eq!(wrong(snooze("2026-10-01", "等材料", true).await.unwrap_err()).1, "until");
    assert_eq!(wrong(snooze("", "等材料", true).await.unwrap_err()).1, "until");
    assert_eq!(wrong(snooze("2026-06-05", " ", true).await.unwrap_err()).1, "reason");
    let refusal = snooze("2026-06-05", "等材料", false).await.unwrap_err();
    assert!(
        matches!(&refusal, Refusal::Confirm(p) if p[0].basis == "民法典 第201条"),
        "{refusal:?}"
    );
    snooze("2026-06-05", "等材料", true).await.unwrap();
    let mine = office.letters(ann, &now(), Some(Group::Snoozed)).await;
    assert_eq!(mine[0].away[0].2, "等材料");
    assert!(office.letters(ann, &now(), None).await.is_empty());
    assert_eq!((before(ann).await, before(county).await, before(bob).await), (0, 1, 1));
    let seen = office.one(county, &now()).await;
    assert_eq!((seen.away[0].0.as_str(), seen.away[0].2.as_str()), ("安然", "等材料"));
    assert_eq!(office.one(ann, &june(5)).await.group, Group::Late, "on that day it is back");
    let told = desk.history(county, "letter", &late).await.unwrap();
    assert_eq!(told[0].body["past_due"], true);
    desk.wake(ann, &key(&late), &now()).await.unwrap();
    assert_eq!(office.one(ann, &now()).await.group, Group::Late);
    assert!(desk.verify(&mut |_| {}).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_limit_within_its_day_is_put_off_without_asking_and_an_end_forgets_all() {
    let office = Office::new().await;
    let id = office.letter("甲", "2026-06-01").await;
    let desk = &office.world.desk;
    let (ann, bob, county) = (&office.ann, &office.bob, &office.county);
    desk.snooze(ann, &key(&id), "2026-06-11", "等回信", false, &now()).await.unwrap();
    desk.assign(ann, &key(&id), &bob.account, "", &now()).await.unwrap();
    office.act(bob, &id, "draft").await;
    office.act(county, &id, "sign").await;
    assert!(office.letters(ann, &now(), Some(Group::Snoozed)).await.is_empty());
    let kept = desk.keeper().count("snooze", &Filter::Everything, 9).await.unwrap();
    let held = Filter::equal("assignee", bob.account.as_str());
    assert_eq!((kept, desk.keeper().count("deadline", &held, 9).await.unwrap()), (0, 0));
    let refusal = desk.assign(ann, &key(&id), &bob.account, "", &now()).await;
    assert!(matches!(refusal, Err(Refusal::NotFound(_))), "{refusal:?}");
}

#[tokio::test]
async fn a_feed_names_no_person_and_ends_with_its_secret_its_account_and_its_post() {
    let office = Office::new().await;
    office.letter("陈秀兰", "2026-06-01").await;
    let desk = &office.world.desk;
    let ann = &office.ann;
    let first = desk.renew_feed(ann, &now()).await.unwrap();
    let items = desk.feed_items(&first, &now()).await.unwrap();
    let item = items.iter().find(|item| item.kind == "来信").unwrap();
    assert_eq!((item.number.as_str(), item.limit.as_str()), ("信0001", "答复"));
    assert_eq!(item.due.to_string(), "2026-06-11");
    assert!(!format!("{items:?}").contains("陈秀兰"));
    let second = desk.renew_feed(ann, &now()).await.unwrap();
    let gone = async |secret: &str| {
        matches!(desk.feed_items(secret, &now()).await, Err(Refusal::NotFound(_)))
    };
    assert!(gone(&first).await && !gone(&second).await && gone("").await);
    assert!(desk.feed(ann).await.unwrap().is_some());
    let admin = office.world.actor("system_admin", "560000");
    desk.set_locked(&admin, &ann.account, true, &now()).await.unwrap();
    assert!(gone(&second).await, "a locked account has no feed");
    desk.set_locked(&admin, &ann.account, false, &now()).await.unwrap();
    assert!(!gone(&second).await);
    desk.end_feed(ann, &now()).await.unwrap();
    assert!(gone(&second).await && desk.feed(ann).await.unwrap().is_none());
}

#[tokio::test]
async fn a_state_that_moves_moves_whose_turn_it_is() {
    let office = Office::new().await;
    let id = office.letter("甲", "2026-06-01").await;
    assert_eq!(office.one(&office.county, &now()).await.group, Group::Others);
    office.act(&office.ann, &id, "draft").await;
    assert_eq!(office.one(&office.county, &now()).await.group, Group::Mine);
    assert_eq!(office.one(&office.ann, &now()).await.group, Group::Others);
    let change = Deed::Change {
        kind: "letter".to_owned(),
        id,
        version: None,
        input: map(json!({ "who": "乙" })),
    };
    office.world.desk.act(&office.ann, change, confirmed(), &now()).await.unwrap();
    assert_eq!(office.one(&office.county, &now()).await.title, "乙的来信");
}
