//! Files that open with a reason, and draws that are done again, as pages.

use super::world::*;

const WHY: [(&str, &str); 2] = [("why", "核查走访次数的真实性"), ("basis", "县局检查通知第3项")];

#[tokio::test]
async fn a_figure_leads_to_numbers_and_units_and_a_reason_opens_one_file() {
    let world = World::new().await;
    let (one, town) = (world.enter("one").await, world.enter("town").await);
    let visit = one.visit("陈秀兰家的走访").await;
    one.visit("孙建国家的走访").await;
    let behind = format!("{LIST}?report=visits&column=total&from=2026-01&to=2026-01");
    let report = town.get("/statistics/visits?from=2026-01&to=2026-01").await.is(200);
    assert!(report.text.contains(&behind.replace('&', "&amp;")), "{}", report.text);
    let listed = town.get(&behind).await.is(200);
    assert!(listed.text.contains("共 2 份") && listed.text.contains("写理由查看"));
    assert!(listed.text.contains("梅坞村") && !listed.text.contains("陈秀兰"));
    // Without the figure, or as a sheet, there is nothing.
    town.get(LIST).await.is(404);
    let query = behind.split_once('?').unwrap().1;
    town.get(&format!("{LIST}/export.csv?{query}")).await.is(404);
    town.get(&format!("{LIST}/export.xlsx?{query}")).await.is(404);

    let file = format!("{LIST}/{visit}");
    let asked = town.get(&file).await.is(403);
    for said in ["写理由查看", "会记下", "理由（为什么要看）", "24小时"] {
        assert!(asked.text.contains(said), "{said}");
    }
    assert!(!asked.text.contains("陈秀兰") && asked.text.contains("梅坞村"));
    town.get(&format!("{file}/edit")).await.is(403);
    let short = [("why", "看看"), ("basis", "县局检查通知第3项")];
    let again = town.post(&format!("{file}/look"), &short).await.is(403);
    assert!(again.text.contains("至少写5个字") && again.text.contains("县局检查通知第3项"));
    // From a page of another session it is not taken.
    world.post(&town.cookie(), &format!("{file}/look"), &WHY).await.is(403);
    town.get(&file).await.is(403);

    let done = town.post(&format!("{file}/look"), &WHY).await.is(303);
    assert_eq!(done.to, file);
    let open = town.get(&file).await.is(200);
    assert!(open.text.contains("陈秀兰家的走访") && open.text.contains("本次查看已记录"));
    assert!(!open.text.contains("/do/finish") && !open.text.contains("/edit"));
    let kept = one.get(&file).await.is(200);
    for said in ["写理由查看", "理由：核查走访次数的真实性", "依据：县局检查通知第3项", "枫桥镇"]
    {
        assert!(kept.text.contains(said), "{said}");
    }
    // Neighbours and administrators learn nothing, and read no list of reasons.
    for login in ["far", "admin"] {
        let other = world.enter(login).await;
        other.get(&file).await.is(404);
        other.post(&format!("{file}/look"), &WHY).await.is(404);
        other.get("/looks").await.is(403);
    }
}

#[tokio::test]
async fn a_draw_is_done_again_on_its_page() {
    let world = World::new().await;
    let one = world.enter("one").await;
    let pairs = [("name", "第一批"), ("people", "500"), ("list_hash", "6e34"), ("count", "5")];
    let made = one.post("/b/trial/lot/new", &pairs).await.is(303);
    let file = made.to.split('?').next().unwrap().to_owned();
    let before = one.get(&format!("{file}/draw")).await.is(200);
    assert!(before.text.contains("还没有抽选"));
    one.post(&format!("{file}/do/pick"), &[]).await.is(303);
    let page = one.get(&file).await.is(200);
    assert!(page.text.contains("复核抽选") && page.text.contains("抽中的"));
    let after = one.get(&format!("{file}/draw")).await.is(200);
    assert!(after.text.contains("抽中的和次序都和档案里记的一样"), "{}", after.text);
    one.get(&format!("{file}/draw/frame.txt")).await.is(404);
    world.enter("far").await.get(&format!("{file}/draw")).await.is(404);
}
