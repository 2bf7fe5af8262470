//! Figures confirmed from level to level, corrected afterwards, and as they stood on a past day.

use crate::world::{NOON, World, at, confirmed, map};
use desk::{
    Actor, Deed, Moment, Refusal,
    filing::{Confirming, Filing, Ruling, Standing, State},
    report::{ReportAnswer, ReportAsk},
};
use jiff::civil::date;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use store::seam::{Commit, Operation};

const DAY: i64 = 86_400_000;
const TOWN: &str = "560101001";
const OTHER_TOWN: &str = "560101002";
const COUNTY: &str = "560101";
const CITY: &str = "560100";
const TOP: &str = "560000";

/// Noon, so many days after the first of June 2026.
fn day(after: i64) -> Moment {
    at(NOON + after * DAY)
}

/// The third of July: the half-year has ended.
fn july() -> Moment {
    day(32)
}

fn half(unit: &str) -> ReportAsk {
    ReportAsk {
        report: "mediation_cases".to_owned(),
        unit: unit.to_owned(),
        from: "2026-01".to_owned(),
        to: "2026-06".to_owned(),
        as_of: None,
    }
}

fn figure(answer: &ReportAnswer, column: &str) -> i128 {
    let at = answer.report.columns().position(|c| c.id == column).unwrap();
    answer.total.figures[at].number
}

async fn answer(world: &World, actor: &Actor, ask: &ReportAsk) -> ReportAnswer {
    world.desk.report(actor, ask).await.unwrap()
}

async fn standing(world: &World, actor: &Actor, unit: &str, moment: &Moment) -> Standing {
    let answer = answer(world, actor, &half(unit)).await;
    world.desk.standing(actor, &answer, moment).await.unwrap()
}

/// Confirms with an explanation for everything that is not in order.
async fn confirm(
    world: &World,
    actor: &Actor,
    reason: &str,
    moment: &Moment,
) -> Result<Filing, Refusal> {
    let unit = actor.unit.code.clone();
    let standing = standing(world, actor, &unit, moment).await;
    let explanations = standing.open.iter().map(|o| (o.id.clone(), "已核实，情况属实".to_owned()));
    let typed = Confirming {
        seen: standing.hash.clone(),
        explanations: explanations.collect(),
        reason: reason.to_owned(),
    };
    world.desk.confirm(actor, &half(&unit), &typed, moment).await
}

async fn change(world: &World, id: &str, input: Json, moment: &Moment) {
    let deed = Deed::Change {
        kind: "mediation_case".to_owned(),
        id: id.to_owned(),
        version: None,
        input: map(input),
    };
    world.desk.act(&world.mediator(), deed, confirmed(), moment).await.unwrap();
}

/// The parties do not keep the agreement and reach another one: the case is closed in a later month.
async fn renegotiate(world: &World, id: &str, moment: &Moment) {
    let mut agree = agreement();
    for on in ["mediated_on", "agreed_on", "effective_on"] {
        agree[on] = json!(moment.today.to_string());
    }
    for (action, input) in [
        ("begin_performance", json!({})),
        ("default", json!({ "default_note": "没有按期改装" })),
        ("renegotiate", json!({})),
        ("agree", agree),
    ] {
        let deed = Deed::Action {
            kind: "mediation_case".to_owned(),
            id: id.to_owned(),
            action: action.to_owned(),
            version: None,
            input: map(input),
        };
        world.desk.act(&world.mediator(), deed, confirmed(), moment).await.unwrap();
    }
}

fn agreement() -> Json {
    json!({ "agreement_form": "2", "place": "村委会", "main_facts": "屋檐滴水",
        "agreement_text": "孙建国七日内改装檐沟。", "performance_mode": "6" })
}

fn refused(result: Result<Filing, Refusal>) -> String {
    match result.unwrap_err() {
        Refusal::Invalid(problems) => {
            problems.iter().map(|p| p.message.clone()).collect::<Vec<_>>().join("；")
        }
        refusal => refusal.to_string(),
    }
}

#[tokio::test]
async fn a_half_year_goes_up_level_by_level_and_a_late_change_goes_the_same_way() {
    let world = World::new().await;
    let case = world.agreed("滴水纠纷案").await;
    let second = world.agreed("田界纠纷案").await;
    let [office, county, city, province] =
        [("office", TOWN), ("county", COUNTY), ("city", CITY), ("province", TOP)]
            .map(|(role, unit)| world.actor(role, unit));

    let first = confirm(&world, &office, "", &july()).await.unwrap();
    assert_eq!((first.state, first.round), (State::Confirmed, 1));
    let waiting = world.desk.waiting(&county).await.unwrap();
    assert_eq!(waiting.iter().map(|w| w.unit.as_str()).collect::<Vec<_>>(), [TOWN]);
    let inbox = world.desk.inbox(&county, &july()).await.unwrap();
    assert_eq!(
        (inbox.counts().reports, inbox.counts().all() > 0),
        (1, true),
        "kept, and read anew"
    );
    assert_eq!(world.desk.digest(&county, &july()).await.unwrap().reports, waiting);
    let approved = world.desk.rule(&county, &first, &Ruling::Approve, &july()).await.unwrap();
    assert_eq!(approved.state, State::Approved);
    assert!(world.desk.waiting(&county).await.unwrap().is_empty());
    assert_eq!(world.desk.inbox(&county, &july()).await.unwrap().counts().reports, 0);
    // The county explains the township that has not confirmed; then city and province.
    let own = confirm(&world, &county, "", &july()).await.unwrap();
    assert!(
        own.open
            .iter()
            .any(|(id, words, why)| id == "below" && words.contains("石桥镇") && !why.is_empty())
    );
    world.desk.rule(&city, &own, &Ruling::Approve, &july()).await.unwrap();
    let of_city = confirm(&world, &city, "", &july()).await.unwrap();
    world.desk.rule(&province, &of_city, &Ruling::Approve, &july()).await.unwrap();
    let top = confirm(&world, &province, "", &july()).await.unwrap();
    assert_eq!(top.state, State::Approved);

    // Afterwards the work changes the figures: one case is agreed anew in July, another had three
    // parties.
    renegotiate(&world, &second, &day(40)).await;
    change(&world, &case, json!({ "people_count": 3 }), &day(41)).await;
    let now = standing(&world, &office, TOWN, &day(42)).await;
    let base = now.standing().unwrap();
    assert_eq!(base.hash, first.hash);
    assert_eq!(base.figures.figure(TOWN, "total").unwrap().number, 2);
    let late =
        |column: &str| now.late.iter().find(|l| l.unit == TOWN && l.column == column).unwrap();
    let total = late("total");
    assert_eq!((total.confirmed.number, total.present.number), (2, 1));
    assert_eq!(total.since, Some(day(40).at));
    assert_eq!(total.records.len(), 1);
    assert_eq!(
        (total.records[0].id.as_str(), total.records[0].act.as_str()),
        (second.as_str(), "agree")
    );
    assert_eq!(total.records[0].title.as_str(), "田界纠纷案");
    let people = late("people");
    assert_eq!((people.confirmed.number, people.present.number), (4, 3));
    let ids: Vec<&str> = people.records.iter().map(|r| r.id.as_str()).collect();
    assert!(ids.contains(&case.as_str()) && ids.contains(&second.as_str()), "{ids:?}");
    assert!(!now.late.iter().any(|l| l.column == "by_resident"));
    // The village's own row is named too.
    assert!(now.late.iter().any(|l| l.unit == "560101001001" && l.column == "total"));

    // The county is told that what it approved is no longer so.
    let told = standing(&world, &county, COUNTY, &day(42)).await;
    assert!(told.moved.contains(TOWN));
    assert!(told.open.iter().any(|open| open.words.contains("柳河镇（审核后有变化，没有报更正）")));

    // A correction needs its reason, and goes up again.
    assert!(refused(confirm(&world, &office, "", &day(42)).await).contains("更正的原因"));
    let second_round =
        confirm(&world, &office, "一件重新达成协议，改计下半年", &day(42)).await.unwrap();
    assert_eq!((second_round.round, second_round.state), (2, State::Confirmed));
    world.desk.rule(&county, &second_round, &Ruling::Approve, &day(43)).await.unwrap();
    let after = standing(&world, &office, TOWN, &day(43)).await;
    assert!(after.late.is_empty());
    assert_eq!(after.rounds.len(), 2);
    assert_eq!(after.rounds[1].figures, first.figures);
    assert_eq!(after.rounds[1].hash, first.hash);
    // For the county it is a late change of its own round still.
    let of_county = standing(&world, &county, COUNTY, &day(43)).await;
    assert!(of_county.moved.is_empty());
    assert!(of_county.late.iter().any(|l| l.unit == COUNTY && l.column == "total"));
    let corrected = confirm(&world, &county, "柳河镇更正", &day(43)).await.unwrap();
    assert_eq!(corrected.round, 2);
    assert!(world.desk.verify(&mut |_| {}).await.unwrap().is_empty());
    // A confirmed figure that somebody changes behind the desk's back is named.
    let key = |name: &str, value: &str| (name.to_owned(), value.into());
    let forged = first.figures.text().replacen("\"2\"", "\"3\"", 1);
    assert_ne!(forged, first.figures.text());
    let operation = Operation::Update {
        table: "filing".to_owned(),
        key: vec![key("county", &first.county), key("id", &first.id)],
        expect: Vec::new(),
        set: vec![key("figures", &forged)],
    };
    let commit = Commit { operations: vec![operation], ..Commit::default() };
    world.desk.keeper().commit(commit).await.unwrap();
    let doubts = world.desk.verify(&mut |_| {}).await.unwrap();
    assert!(doubts.len() == 1 && doubts[0].message.contains("数字被改动过"), "{doubts:?}");
}

#[tokio::test]
async fn what_is_returned_goes_down_one_level_and_comes_up_as_a_new_round() {
    let world = World::new().await;
    world.agreed("滴水纠纷案").await;
    let (office, county) = (world.actor("office", TOWN), world.actor("county", COUNTY));
    let first = confirm(&world, &office, "", &july()).await.unwrap();
    let nothing = Ruling::Return("  ".to_owned());
    assert!(
        refused(world.desk.rule(&county, &first, &nothing, &july()).await).contains("为什么退回")
    );
    let back = Ruling::Return("请核对当事人数".to_owned());
    let returned = world.desk.rule(&county, &first, &back, &july()).await.unwrap();
    assert_eq!((returned.state, returned.decision.as_str()), (State::Returned, "请核对当事人数"));
    let waiting = world.desk.waiting(&office).await.unwrap();
    assert_eq!(waiting[0].state, State::Returned);
    // Approving what was seen before it was returned is refused.
    assert!(world.desk.rule(&county, &first, &Ruling::Approve, &july()).await.is_err());
    let again = confirm(&world, &office, "", &july()).await.unwrap();
    assert_eq!(again.round, 2);
    assert!(world.desk.waiting(&office).await.unwrap().is_empty());
    // The unit may take it back as long as nobody has approved it.
    let taken = world.desk.rule(&office, &again, &Ruling::Withdraw, &july()).await.unwrap();
    assert_eq!(taken.state, State::Withdrawn);
    assert!(world.desk.waiting(&county).await.unwrap().is_empty());
    let third = confirm(&world, &office, "", &july()).await.unwrap();
    world.desk.rule(&county, &third, &Ruling::Approve, &july()).await.unwrap();
    let states: Vec<State> =
        standing(&world, &office, TOWN, &july()).await.rounds.iter().map(|r| r.state).collect();
    assert_eq!(states, [State::Approved, State::Replaced, State::Replaced]);
}

#[tokio::test]
async fn only_the_units_own_post_confirms_and_only_what_has_ended_and_is_in_order() {
    let world = World::new().await;
    world.agreed("滴水纠纷案").await;
    let office = world.actor("office", TOWN);
    let typed = Confirming::default();
    let try_it = |actor: Actor, ask: ReportAsk, moment: Moment| {
        let desk = world.desk.clone();
        let typed = typed.clone();
        async move { desk.confirm(&actor, &ask, &typed, &moment).await }
    };
    assert!(
        refused(try_it(office.clone(), half(TOWN), day(20)).await).contains("7月1日起可以确认")
    );
    let odd = ReportAsk { from: "2026-02".to_owned(), ..half(TOWN) };
    assert!(refused(try_it(office.clone(), odd, july()).await).contains("完整的期"));
    // The county does not confirm for the township, nor another township, nor a village.
    for (role, unit) in [("county", COUNTY), ("office", OTHER_TOWN), ("mediator", "560101001001")] {
        let result = try_it(world.actor(role, unit), half(TOWN), july()).await;
        assert!(matches!(result, Err(Refusal::Forbidden { .. })), "{role} {result:?}");
    }
    // What is not in order must be explained; the county has two townships that have not confirmed.
    let county = world.actor("county", COUNTY);
    let said = refused(try_it(county.clone(), half(COUNTY), july()).await);
    assert!(said.contains("柳河镇（没有确认）、石桥镇（没有确认）"), "{said}");
    // What was seen must be what is confirmed.
    let seen = standing(&world, &office, TOWN, &july()).await.hash;
    world.agreed("田界纠纷案").await;
    let typed = Confirming { seen, ..Confirming::default() };
    let said = refused(world.desk.confirm(&office, &half(TOWN), &typed, &july()).await);
    assert!(said.contains("数字刚刚有变化"), "{said}");
    // Nobody above or beside may rule on it but the unit right above.
    let first = confirm(&world, &office, "", &july()).await.unwrap();
    for (role, unit) in [("office", TOWN), ("city", CITY), ("province", TOP)] {
        let actor = world.actor(role, unit);
        let result = world.desk.rule(&actor, &first, &Ruling::Approve, &july()).await;
        assert!(matches!(result, Err(Refusal::Forbidden { .. })), "{role} {result:?}");
    }
    assert!(refused(confirm(&world, &office, "", &july()).await).contains("正在等上级审核"));
}

#[tokio::test]
async fn a_report_is_shown_as_it_stood_at_the_end_of_a_day() {
    let world = World::new().await;
    let case = world.agreed("滴水纠纷案").await;
    let second = world.agreed("田界纠纷案").await;
    change(&world, &case, json!({ "people_count": 5 }), &day(3)).await;
    renegotiate(&world, &second, &day(40)).await;
    for (role, unit) in [("office", TOWN), ("county", COUNTY), ("city", CITY), ("province", TOP)] {
        let actor = world.actor(role, unit);
        let as_of = |day| ReportAsk { as_of: Some(day), ..half(unit) };
        let shown = async |day| {
            let answer = answer(&world, &actor, &as_of(day)).await;
            assert!(answer.checks.iter().all(desk::report::Checked::holds));
            let below: i128 = answer.rows.iter().map(|row| row.figures[0].number).sum();
            assert_eq!(below, figure(&answer, "total"));
            (figure(&answer, "total"), figure(&answer, "people"))
        };
        assert_eq!(shown(date(2026, 5, 31)).await, (0, 0));
        assert_eq!(shown(date(2026, 6, 1)).await, (2, 4));
        assert_eq!(shown(date(2026, 6, 3)).await, (2, 4));
        assert_eq!(shown(date(2026, 6, 4)).await, (2, 7));
        assert_eq!(shown(date(2026, 7, 10)).await, (2, 7));
        assert_eq!(shown(date(2026, 7, 11)).await, (1, 5));
        let live = answer(&world, &actor, &half(unit)).await;
        let today = answer(&world, &actor, &as_of(date(2026, 7, 31))).await;
        assert_eq!((live.total, live.rows), (today.total, today.rows));
    }
}

#[tokio::test]
async fn a_failed_case_takes_the_success_rate_below_a_hundred() {
    let world = World::new().await;
    world.agreed("滴水纠纷案").await;
    let mediator = world.mediator();
    let case = world.create(&mediator, "mediation_case", world.case("田界纠纷案")).await.unwrap();
    world.action(&mediator, &case.id, "accept", json!({})).await.unwrap();
    let start = json!({ "host_mediator": world.mediators[1], "informed_mode": "2" });
    world.action(&mediator, &case.id, "start", start).await.unwrap();
    let fail = json!({ "termination_reason": "01", "remedies_told": true });
    world.action(&mediator, &case.id, "fail", fail).await.unwrap();
    let answer = answer(&world, &world.actor("county", COUNTY), &half(COUNTY)).await;
    let at = answer.report.columns().position(|c| c.id == "success_rate").unwrap();
    assert_eq!(answer.total.figures[at].percent(), "50.00%");
}

#[tokio::test]
async fn a_check_that_fails_names_its_row_its_cells_and_both_sides() {
    let world = World::new().await;
    let mut input = world.case("滴水纠纷案");
    input["people_count"] = json!(1);
    let mediator = world.mediator();
    let made = world.create(&mediator, "mediation_case", input).await;
    // The case itself is asked about or refused; the report must find it whoever let it through.
    let Ok(case) = made else { return };
    world.action(&mediator, &case.id, "accept", json!({})).await.unwrap();
    let start = json!({ "host_mediator": world.mediators[1], "informed_mode": "2" });
    world.action(&mediator, &case.id, "start", start).await.unwrap();
    let fail = json!({ "termination_reason": "01", "remedies_told": true });
    world.action(&mediator, &case.id, "fail", fail).await.unwrap();
    let answer = answer(&world, &world.actor("office", TOWN), &half(TOWN)).await;
    let check = answer.checks.iter().find(|c| c.id == "F6").unwrap();
    let rows: Vec<&str> = check.failing.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(rows, ["柳河镇", "柳河村"]);
    let sides = check.failing[0].sides;
    assert_eq!((sides.0.number, sides.1.number), (1, 2));
    assert_eq!(check.failing[0].columns, ["people", "total"]);
}

/// A sequence of numbers that a seed gives.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % n
    }
}

/// Whatever is done to records, and on whichever days: counters equal a recount, the report of a past
/// day is what it showed that day, and that of today is the live one.
#[tokio::test]
async fn after_any_sequence_of_acts_every_past_day_is_as_it_was_seen_that_day() {
    for seed in [3, 17] {
        let world = World::new().await;
        let mut dice = Dice(seed);
        let mut cases: Vec<String> = Vec::new();
        let mut seen = BTreeMap::new();
        let (mediator, office) = (world.mediator(), world.actor("office", TOWN));
        for today in 0..12 {
            for step in 0..6 {
                let moment = at(NOON + today * DAY + step * 1_000);
                let picked = cases.get(dice.below(cases.len().clamp(1, 6))).cloned();
                // Acts that the flow does not allow now are part of the sequence.
                for deed in deeds(&world, &mut dice, picked.as_deref(), today * 10 + step) {
                    let by = match &deed {
                        Deed::Action { action, .. } if action == "void" => &office,
                        _ => &mediator,
                    };
                    let is_new = matches!(deed, Deed::Create { .. });
                    if let Ok(done) = world.desk.act(by, deed, confirmed(), &moment).await {
                        cases.extend(is_new.then_some(done.id));
                        break;
                    }
                }
            }
            if dice.below(4) == 0
                && let Some(id) = cases.last()
            {
                let moment = at(NOON + today * DAY + 9_000);
                let _ = world.desk.take_back(&office, "mediation_case", id, "none", &moment).await;
            }
            seen.insert(today, snapshot(&world, None).await);
        }
        assert_eq!(world.desk.recount(&mut |_| {}).await.unwrap(), []);
        for (today, then) in &seen {
            let day = date(2026, 6, 1).checked_add(jiff::Span::new().days(*today)).unwrap();
            assert_eq!(&snapshot(&world, Some(day)).await, then, "seed {seed}, day {today}");
        }
        assert_eq!(Some(&snapshot(&world, None).await), seen.values().last());
        let different: std::collections::HashSet<&String> = seen.values().collect();
        assert!(cases.len() > 8 && different.len() > 3, "{} {}", cases.len(), different.len());
    }
}

/// Every figure of two reports at every level, in words.
async fn snapshot(world: &World, as_of: Option<jiff::civil::Date>) -> String {
    let mut words = String::new();
    for (role, unit) in [("office", TOWN), ("county", COUNTY), ("province", TOP)] {
        for report in ["mediation_cases", "mediation_performance"] {
            let ask = ReportAsk { report: report.to_owned(), as_of, ..half(unit) };
            let answer = answer(world, &world.actor(role, unit), &ask).await;
            let mut rows: Vec<String> =
                answer.rows.iter().map(|r| format!("{} {:?}", r.unit, r.figures)).collect();
            rows.sort();
            words += &format!("{unit} {report} {:?} {rows:?}\n", answer.total.figures);
        }
    }
    words
}

/// A new case, a change, or a step on the way of a case: of the ways that the step may go, in the
/// order to be tried.
fn deeds(world: &World, dice: &mut Dice, case: Option<&str>, n: i64) -> Vec<Deed> {
    let kind = "mediation_case".to_owned();
    let Some(id) = case.filter(|_| dice.below(3) > 0) else {
        let mut input = world.case(&format!("第{n}号纠纷案"));
        input["people_count"] = json!(2 + dice.below(5));
        input["source"] = json!(["1", "2"][dice.below(2)]);
        return vec![Deed::Create { kind, input: map(input) }];
    };
    let act = |action: &str, input: Json| Deed::Action {
        kind: "mediation_case".to_owned(),
        id: id.to_owned(),
        action: action.to_owned(),
        version: None,
        input: map(input),
    };
    let start = json!({ "host_mediator": world.mediators[0], "informed_mode": "1" });
    let fail = json!({ "termination_reason": "01", "remedies_told": true });
    match dice.below(9) {
        0 => vec![act("void", json!({ "void_reason": "重复登记" }))],
        1 => {
            let input = map(json!({ "people_count": 2 + dice.below(6), "difficulty": "3" }));
            vec![Deed::Change { kind, id: id.to_owned(), version: None, input }]
        }
        2 | 3 => vec![act("accept", json!({})), act("start", start), act("fail", fail)],
        _ => vec![
            act("accept", json!({})),
            act("start", start),
            act("agree", agreement()),
            act("begin_performance", json!({})),
            act("default", json!({ "default_note": "没有按期改装" })),
            act("renegotiate", json!({})),
        ],
    }
}
