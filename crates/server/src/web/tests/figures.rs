//! Reports on their page: confirmed by a unit, approved above it, corrected afterwards.

use super::world::*;

const REPORT: &str = "/statistics/visits";
const PERIOD: &str = "from=2026-01&to=2026-01";

fn page(unit: &str) -> String {
    format!("{REPORT}?{PERIOD}&unit={unit}")
}

/// The form's fields of the period, with the figures that were seen.
fn period<'a>(unit: &'a str, seen: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![("unit", unit), ("from", "2026-01"), ("to", "2026-01"), ("seen", seen)]
}

#[tokio::test]
async fn a_village_confirms_the_town_approves_and_a_late_change_stands_beside_it() {
    const VILLAGE: &str = "990101001201";
    let world = World::new().await;
    let (one, town) = (world.enter("one").await, world.enter("town").await);
    one.visit("第一次走访").await;
    let second = one.visit("第二次走访").await;
    let report = one.get(&page(VILLAGE)).await.is(200);
    assert!(report.text.contains("确认这些数字") && report.text.contains("未确认"));
    // The town sees how it stands, and has nothing to rule on yet.
    assert!(!town.get(&page(VILLAGE)).await.is(200).text.contains("审核通过"));

    let seen = report.hidden("seen");
    let answer = one.post(&format!("{REPORT}/confirm"), &period(VILLAGE, &seen)).await.is(303);
    assert!(answer.to.ends_with("#filing"), "{}", answer.to);
    // Once is enough; what was typed wrongly comes back on the page.
    let again = one.post(&format!("{REPORT}/confirm"), &period(VILLAGE, &seen)).await.is(422);
    assert!(again.text.contains("正在等上级审核"));
    let waiting = town.get("/statistics").await.is(200);
    assert!(waiting.text.contains("等您办理的报表") && waiting.text.contains("梅坞村"));

    let ruling = town.get(&page(VILLAGE)).await.is(200);
    let (id, version) = (ruling.hidden("id"), ruling.hidden("version"));
    let rule = |what| {
        let mut pairs = period(VILLAGE, "");
        pairs.extend([("id", id.as_str()), ("version", &version), ("ruling", what)]);
        pairs
    };
    let bare = town.post(&format!("{REPORT}/rule"), &rule("return")).await.is(422);
    assert!(bare.text.contains("请写明为什么退回"));
    one.post(&format!("{REPORT}/rule"), &rule("approve")).await.is(403);
    town.post(&format!("{REPORT}/rule"), &rule("approve")).await.is(303);
    assert!(one.get(&page(VILLAGE)).await.is(200).text.contains("已审核"));

    // A visit was on another day: the confirmed figure stays, the present one stands beside it.
    let edit = format!("{LIST}/{second}/edit");
    let form = one.get(&edit).await.is(200);
    let pairs = [
        ("_version", form.hidden("_version")),
        ("guests.0.id", form.hidden("guests.0.id")),
        ("topic", "第二次走访".to_owned()),
        ("day", "2026-02-03".to_owned()),
        ("guests.0.name", "陈秀兰".to_owned()),
    ];
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(n, v)| (*n, v.as_str())).collect();
    one.post(&edit, &pairs).await.is(303);
    let late = one.get(&page(VILLAGE)).await.is(200);
    assert!(late.text.contains("确认后有更正") && late.text.contains("第二次走访：测试员 修改"));
    assert!(late.text.contains("确认时 2"), "the table says what was confirmed");
    let confirmed = late.text.split("看确认时的数字").next().unwrap();
    let href = confirmed.rsplit("href=\"").next().unwrap().split('"').next().unwrap();
    let kept = one.get(&href.replace("&amp;", "&")).await.is(200);
    assert!(kept.text.contains("<td class=\"num\" data-measure=\"\">2</td>"), "{}", kept.text);
    let no_reason = period(VILLAGE, "");
    let asked = one.post(&format!("{REPORT}/confirm"), &no_reason).await.is(422);
    assert!(asked.text.contains("请写明更正的原因"));
    let mut reason = period(VILLAGE, "");
    reason.push(("reason", "日期记错"));
    one.post(&format!("{REPORT}/confirm"), &reason).await.is(303);
    assert!(town.get("/statistics").await.is(200).text.contains("更正待审核"));
}

#[tokio::test]
async fn what_is_not_in_order_is_explained_before_it_is_confirmed() {
    const TOWN: &str = "990101001";
    let world = World::new().await;
    let (one, town) = (world.enter("one").await, world.enter("town").await);
    one.visit("走访").await;
    let first = town.get(&page(TOWN)).await.is(200);
    assert!(first.text.contains("梅坞村（没有确认）、柳河村（没有确认）"));
    let mut pairs = period(TOWN, "");
    pairs.push(("open.below", "  "));
    let refused = town.post(&format!("{REPORT}/confirm"), &pairs).await.is(422);
    assert!(refused.text.contains("柳河村（没有确认），请写明情况"));
    pairs.push(("open.below", "村里没有网"));
    // What was typed stays where something else is wrong.
    let mut stale = period(TOWN, "other figures");
    stale.push(("open.below", "村里没有网"));
    let refused = town.post(&format!("{REPORT}/confirm"), &stale).await.is(422);
    assert!(
        refused.text.contains("数字刚刚有变化") && refused.text.contains("村里没有网</textarea>")
    );
    town.post(&format!("{REPORT}/confirm"), &pairs).await.is(303);
    let done = town.get(&page(TOWN)).await.is(200);
    assert!(done.text.contains("柳河村（没有确认）。说明：村里没有网"));
}

#[tokio::test]
async fn a_report_leaves_as_a_sheet_and_small_figures_are_not_published() {
    let world = World::new().await;
    let (one, town) = (world.enter("one").await, world.enter("town").await);
    for at in 0..3 {
        one.visit(&format!("走访{at}")).await;
    }
    let sheet = town.get(&format!("{REPORT}.xlsx?{PERIOD}")).await.is(200);
    assert!(sheet.text.starts_with("PK"));
    let public = town.get(&format!("{REPORT}?{PERIOD}&public=1")).await.is(200);
    assert!(public.text.contains("＊") && public.text.contains("少于5的数"));
    assert!(!public.text.contains(">3<"), "three visits are few enough to be somebody's");
    let open = town.get(&format!("{REPORT}?{PERIOD}")).await.is(200);
    assert!(open.text.contains(">3<") && open.text.contains("公开稿"));
}

#[tokio::test]
async fn a_report_of_a_past_day_says_so_and_a_day_that_is_none_is_refused() {
    let world = World::new().await;
    let one = world.enter("one").await;
    one.visit("走访").await;
    let past = one.get(&format!("{REPORT}?{PERIOD}&as_of=2026-01-05")).await.is(200);
    assert!(past.text.contains("2026年1月5日终了时的数字") && !past.text.contains("确认这些数字"));
    assert!(past.text.contains(">0<") && !past.text.contains(">1<"), "nothing was recorded then");
    let live = one.get(&format!("{REPORT}?{PERIOD}")).await.is(200);
    assert!(live.text.contains(">1<"));
    for (day, said) in [("2999-01-01", "不能晚于今天"), ("昨天", "应为一个日期")] {
        let day = crate::web::urls::encode(day);
        let wrong = one.get(&format!("{REPORT}?{PERIOD}&as_of={day}")).await.is(422);
        assert!(wrong.text.contains(said), "{said}");
    }
}
