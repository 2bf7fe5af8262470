//! Lists and what leaves them as files.

use super::world::*;
use crate::web::urls;

#[tokio::test]
async fn a_list_is_filtered_sorted_and_turned_by_its_address() {
    let world = World::new().await;
    let one = world.enter("one").await;
    for at in 0..45 {
        one.visit(&format!("走访{at:02}")).await;
    }
    let first = one.get(&format!("{LIST}?sort=topic")).await.is(200);
    assert!(first.text.contains("查总数") && !first.text.contains("共 "), "counted when asked");
    let counted = one.get(&format!("{LIST}?sort=topic&count=1")).await.is(200);
    assert!(counted.text.contains("共 45 条"));
    assert!(first.text.contains("走访00") && !first.text.contains("走访20<"));
    let address = |page: &Answer, word: &str| -> Option<String> {
        let at = page.text.find(&format!("rel=\"{word}\""))?;
        let rest = page.text[at..].split("href=\"").nth(1)?;
        Some(rest.split('"').next()?.replace("&amp;", "&"))
    };
    let second = one.get(&address(&first, "next").unwrap()).await.is(200);
    assert!(second.text.contains("走访20") && second.text.contains("走访39"));
    let third = one.get(&address(&second, "next").unwrap()).await.is(200);
    assert!(third.text.contains("走访44") && address(&third, "next").is_none());
    let back = one.get(&address(&third, "prev").unwrap()).await.is(200);
    assert!(back.text.contains("走访20") && !back.text.contains("走访44"));
    let start = one.get(&address(&back, "prev").unwrap()).await.is(200);
    assert!(start.text.contains("走访00") && address(&start, "prev").is_none());
    let none = one.get(&format!("{LIST}?day_from=2027-01-01")).await.is(200);
    assert!(none.text.contains("没有符合这些条件的记录"));
    one.get(&format!("{LIST}?sort=no_such")).await.is(422);
}

#[tokio::test]
async fn markup_in_a_name_is_shown_and_a_formula_leaves_as_text() {
    let world = World::new().await;
    let one = world.enter("one").await;
    one.visit("<img src=x>&走访").await;
    one.visit("=HYPERLINK(\"http://evil\",\"x\")").await;
    let page = one.get(LIST).await.is(200);
    assert!(page.text.contains("&lt;img src=x&gt;&amp;走访") && !page.text.contains("<img"));
    let csv = one.get(&format!("{LIST}/export.csv")).await.is(200).text;
    assert!(csv.starts_with('\u{feff}') && csv.contains("主题,走访日期,花费,状态\r\n"));
    assert!(csv.contains("\"'=HYPERLINK("), "{csv}");
    let xlsx = one.get(&format!("{LIST}/export.xlsx")).await.is(200);
    assert!(xlsx.text.starts_with("PK"));
    let kind = xlsx.headers.get("content-type").unwrap().to_str().unwrap();
    assert!(kind.contains("spreadsheetml"));
}

#[tokio::test]
async fn an_export_holds_every_page_and_is_noted() {
    let world = World::new().await;
    let one = world.enter("one").await;
    for at in 0..23 {
        one.visit(&format!("走访{at:02}")).await;
    }
    let csv = one.get(&format!("{LIST}/export.csv")).await.is(200).text;
    assert_eq!(csv.lines().count(), 24);
    let noted = engine::query::Filter::equal("act", "export");
    assert_eq!(world.app.desk.keeper().count("log", &noted, 9).await.unwrap(), 1);
    let far = world.enter("far").await;
    let csv = far.get(&format!("{LIST}/export.csv")).await.is(200).text;
    assert_eq!(csv.lines().count(), 1, "nobody exports what they may not see");
}

#[tokio::test]
async fn a_record_tells_its_history_in_sentences() {
    let world = World::new().await;
    let one = world.enter("one").await;
    let id = one.visit("屋后的沟").await;
    let act = format!("{LIST}/{id}/do/finish");
    let page = one.get(&act).await.is(200);
    let pairs = [("_version", page.hidden("_version")), ("ended_on", "2026-01-03".to_owned())];
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let done = one.post(&act, &pairs).await.is(303);
    let page = one.get(&done.to).await.is(200);
    for text in [
        "已办理“结束”",
        "测试员（人民调解员） 结束",
        "状态：进行中 → 已结束",
        "结束日期：2026年1月3日",
    ] {
        assert!(page.text.contains(text), "{text}");
    }
    assert!(!page.text.contains("/edit"), "what has ended cannot be changed");
    one.get(&act).await.is(403);
}

#[tokio::test]
async fn the_search_box_marks_what_answers_and_takes_anything() {
    let world = World::new().await;
    let one = world.enter("one").await;
    for at in 0..25 {
        one.visit(&format!("走访<孤寡>老人{at:02}")).await;
    }
    let search = async |q: &str| one.get(&format!("/search?q={}", urls::encode(q))).await.is(200);
    let first = search("孤寡老人").await;
    assert!(first.text.contains("没有找到"), "< stands between them");
    let first = search("孤寡").await;
    assert!(first.text.contains("走访&lt;孤寡&gt;老人24") && !first.text.contains("老人04"));
    let next = first.text.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    let second = one.get(&next.replace("&amp;", "&")).await.is(200);
    assert!(second.text.contains("老人04") && second.text.contains("老人00"));
    assert!(!second.text.contains("rel=\"next\""));
    assert!(search("\"*^-():").await.text.contains("标点和符号不能用来查找"));
    assert!(search(&"漏".repeat(2_000)).await.text.contains("最多60个"));
    for q in ["", " ", "a", "走", "🙂", "%", "' OR 1=1 --", "\"走访\" AND NOT x", "\u{1}0\u{1}"]
    {
        search(q).await;
    }
    one.get("/search?q=%E8%B5%B0%E8%AE%BF&after=x").await.is(422);
}
