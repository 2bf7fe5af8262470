//! The search box: what is found, by whom, and that the index is what the records say.

use crate::world::{NOON, World, at, confirmed, id_number, map, now};
use desk::{Actor, Deed, search::SearchAsk};
use engine::query::Select;
use serde_json::{Value as Json, json};
use std::sync::Arc;
use store::{Commit, Options, Search, SqliteKeeper, Words};

/// A case whose first party has this name.
fn named(world: &World, title: &str, party: &str, n: u32) -> Json {
    let mut case = world.case(title);
    case["parties"][0]["name"] = party.into();
    case["parties"][0]["id_number"] = id_number("19600203", 200 + 2 * n).into();
    case["parties"][0]["phone"] = format!("1990000{n:04}").into();
    case
}

async fn titles(world: &World, actor: &Actor, q: &str, kind: &str) -> Vec<String> {
    let ask = SearchAsk { q: q.to_owned(), kind: kind.to_owned(), ..SearchAsk::default() };
    let answer = world.desk.search(actor, &ask, &now()).await.unwrap();
    answer.hits.into_iter().map(|hit| hit.title).collect()
}

async fn cases(world: &World, q: &str) -> Vec<String> {
    titles(world, &world.mediator(), q, "mediation_case").await
}

#[tokio::test]
async fn a_case_is_found_by_names_sounds_words_and_numbers() {
    let world = World::new().await;
    let mediator = world.mediator();
    let parties = ["单䶮", "小𠮷", "买买提·艾力", "吕建国"];
    for (n, party) in parties.iter().enumerate() {
        let case = named(&world, &format!("楼上房屋漏水纠纷{n}"), party, n as u32);
        world.create(&mediator, "mediation_case", case).await.unwrap();
    }
    let one = |n: usize| vec![format!("楼上房屋漏水纠纷{n}")];
    for (q, n) in [
        ("䶮", 0),
        ("单䶮", 0),
        ("shanyan", 0),
        ("DANYAN", 0),
        ("sy", 0),
        ("shan yan", 0),
        ("𠮷", 1),
        ("小𠮷", 1),
        ("买买提", 2),
        ("艾力", 2),
        ("买买提艾力", 2),
        ("买买提・艾力", 2),
        ("买买提 艾力", 2),
        ("maimaiti", 2),
        ("aili", 2),
        ("mmtal", 2),
        ("lvjianguo", 3),
        ("LUJIANGUO", 3),
        ("吕建国 漏水", 3),
        ("纠纷3", 3),
    ] {
        assert_eq!(cases(&world, q).await, one(n), "{q}");
    }
    let all: Vec<String> = (0..4).rev().map(|n| one(n).remove(0)).collect();
    for q in ["漏水", "房屋漏水", "房", "屋檐滴水", "柳河村东头", "滴水多次 漏水", "sunjianguo"]
    {
        assert_eq!(cases(&world, q).await, all, "{q}");
    }
    for q in ["漏屋", "房屋滴水", "漏水 䶮𠮷", "hsan", "屋", "䶮单"] {
        let expected = if q == "屋" { all.clone() } else { Vec::new() };
        assert_eq!(cases(&world, q).await, expected, "{q}");
    }
}

#[tokio::test]
async fn characters_that_do_not_stand_together_do_not_answer() {
    let world = World::new().await;
    let mediator = world.mediator();
    // Every two neighbours of 房屋漏水 stand in it, the four together do not.
    for title in ["房屋和屋漏与漏水各是各的", "房屋漏水就是这件"] {
        world.create(&mediator, "mediation_case", named(&world, title, "陈秀兰", 1)).await.unwrap();
    }
    assert_eq!(cases(&world, "房屋漏水").await, ["房屋漏水就是这件"]);
    assert_eq!(cases(&world, "房屋").await.len(), 2);
}

#[tokio::test]
async fn numbers_of_the_house_are_found_whole_and_by_their_beginnings() {
    let world = World::new().await;
    let id = world.agreed("滴水纠纷").await;
    let answer = world.desk.record(&world.mediator(), "mediation_case", &id, &now()).await.unwrap();
    let code = answer.record.text("case_code").to_owned();
    let agreement = answer.record.text("agreement_no").to_owned();
    assert!(code.len() > 12 && agreement.contains("调协字第1号"), "{code} {agreement}");
    for q in [&code, &code.to_lowercase(), &code[..12].to_owned(), &agreement] {
        assert_eq!(cases(&world, q).await, ["滴水纠纷"], "{q}");
    }
    assert_eq!(cases(&world, "柳调协字第2号").await, [""; 0]);
    let found = world.search(&world.mediator(), "调协字").await;
    assert_eq!(found[0].found[0].label, "协议编号");
    assert_eq!(found[0].found[0].hit, "调协字");
    assert_eq!(found[0].unit, "临溪县柳河镇柳河村");
}

#[tokio::test]
async fn the_end_of_a_number_is_found_by_those_who_see_it_and_shown_masked() {
    let world = World::new().await;
    let mediator = world.mediator();
    let case = named(&world, "滴水纠纷", "陈秀兰", 7);
    let id = case["parties"][0]["id_number"].as_str().unwrap().to_owned();
    world.create(&mediator, "mediation_case", case).await.unwrap();
    let who = |role: &str, unit: &str| world.actor(role, unit);
    let seeing = [mediator, who("office", "560101001"), who("county", "560101")];
    let counting = [who("city", "560100"), who("province", "560000")];
    let far = [who("office", "560101002"), who("county", "560201"), who("auditor", "560000")];
    let tails = [&id[14..], &id[12..], &id[14..].to_lowercase(), "0007", "000007"];
    let whole = [&*id, "19900000007"];
    for actor in &seeing {
        for q in tails.iter().chain(&whole) {
            let hits = world.search(actor, q).await;
            let kinds: Vec<_> = hits.iter().map(|hit| hit.kind.id.as_str()).collect();
            assert!(
                kinds.contains(&"mediation_case") && kinds.contains(&"person"),
                "{q} {kinds:?}"
            );
            assert_eq!(hits.len(), 2, "{q}");
            assert!(!format!("{hits:?}").contains(&id), "{q}");
        }
    }
    for actor in counting.iter().chain(&far) {
        for q in tails {
            assert!(world.search(actor, q).await.is_empty(), "{} {q}", actor.account);
        }
    }
    for actor in &counting {
        assert_eq!(titles(&world, actor, "陈秀兰", "mediation_case").await, ["滴水纠纷"]);
        for q in whole {
            assert!(world.search(actor, q).await.is_empty(), "{} {q}", actor.account);
        }
    }
    // Whoever may enter people finds by the whole number one that is there, and nothing else.
    for actor in &far[..2] {
        for q in whole {
            let hits = world.search(actor, q).await;
            assert_eq!(hits.len(), 1);
            assert_eq!(hits[0].kind.id, "person");
        }
        assert!(titles(&world, actor, "滴水", "").await.is_empty());
    }
}

#[tokio::test]
async fn sealed_texts_leave_nothing_readable_in_the_index() {
    let world = World::new().await;
    let mediator = world.mediator();
    let mut case = named(&world, "滴水纠纷", "陈秀兰", 7);
    case["parties"][0]["address"] = "隐秘巷三号".into();
    let id = case["parties"][0]["id_number"].as_str().unwrap().to_owned();
    world.create(&mediator, "mediation_case", case).await.unwrap();
    for word in [&id.to_lowercase(), &id[14..], "19900000007", "隐秘", "0007"] {
        let search = Search { all: vec![vec![word.to_lowercase()]], after: None, limit: 9 };
        assert!(world.desk.keeper().search(&search).await.unwrap().is_empty(), "{word}");
    }
}

#[tokio::test]
async fn anything_may_be_typed() {
    let world = World::new().await;
    world.agreed("滴水纠纷").await;
    let mediator = world.mediator();
    let ask = async |q: &str| {
        let ask = SearchAsk { q: q.to_owned(), ..SearchAsk::default() };
        world.desk.search(&mediator, &ask, &now()).await.unwrap()
    };
    let empty = ask("").await;
    assert!(empty.hits.is_empty() && empty.advice.is_empty());
    for q in ["\"*^-():", "，。？！", "🙂", "%_\\", "';--", "\u{0}\u{2}0\u{2}"] {
        let answer = ask(q).await;
        assert!(answer.hits.is_empty(), "{q}");
        assert!(answer.advice.contains("标点") || q.contains('0'), "{q}: {}", answer.advice);
    }
    assert!(ask(&"漏".repeat(10_000)).await.advice.contains("最多60个"));
    for q in
        ["\"滴水\"", "滴水*", "滴水 AND", "NOT 滴水 OR 1=1", "滴水:纠纷", "(滴水", "滴水'); --"]
    {
        let answer = ask(q).await;
        assert!(answer.advice.is_empty(), "{q}");
        assert_eq!(answer.hits.len(), usize::from(!q.contains(['A', 'N', 'O'])), "{q}");
    }
    let wrong = SearchAsk { q: "滴水".to_owned(), after: "x".to_owned(), ..SearchAsk::default() };
    assert!(world.desk.search(&mediator, &wrong, &now()).await.is_err());
    let unknown =
        SearchAsk { q: "滴水".to_owned(), kind: "x y".to_owned(), ..SearchAsk::default() };
    assert!(world.desk.search(&mediator, &unknown, &now()).await.unwrap().hits.is_empty());
}

#[tokio::test]
async fn pages_go_from_the_newest_to_the_oldest_and_lose_none() {
    let world = World::new().await;
    let mediator = world.mediator();
    for n in 0..25 {
        let mut input = named(&world, &format!("第{n}号滴水纠纷"), "陈秀兰", 1);
        input["parties"][0]["id_number"] = id_number("19600203", 22).into();
        let deed = Deed::Create { kind: "mediation_case".to_owned(), input: map(input) };
        let moment = at(NOON + i64::from(n / 3) * 1_000);
        world.desk.act(&mediator, deed, confirmed(), &moment).await.unwrap();
    }
    let (mut after, mut seen) = (String::new(), Vec::new());
    loop {
        let ask =
            SearchAsk { q: "滴水纠纷".to_owned(), after, limit: 7, ..SearchAsk::default() };
        let page = world.desk.search(&mediator, &ask, &now()).await.unwrap();
        assert!(page.hits.len() <= 7);
        seen.extend(page.hits.into_iter().map(|hit| hit.title));
        after = page.next;
        if after.is_empty() {
            break;
        }
    }
    assert_eq!(seen, (0..25).rev().map(|n| format!("第{n}号滴水纠纷")).collect::<Vec<_>>());
}

/// Everything the index says of every record.
async fn index(world: &World) -> Vec<store::Row> {
    let select = Select::from("search", &["county", "kind", "record", "print"]);
    let mut rows = world.desk.keeper().find(&select).await.unwrap();
    rows.sort();
    rows
}

/// Acts of every sort, from a seed: created, changed, acted on, refused.
async fn live(world: &World, seed: u64) {
    let mediator = world.mediator();
    let mut ids = vec![world.agreed("第一件滴水纠纷").await];
    for step in 0..40 {
        let roll = seed.wrapping_mul(step * 2 + 1).rotate_left(step as u32) % 5;
        let id = ids[step as usize % ids.len()].clone();
        let input =
            json!({ "place": format!("村委会{step}室"), "case_name": format!("改名{step}的纠纷") });
        let deed = match roll {
            0 | 1 => {
                let case = named(world, &format!("第{step}件漏水纠纷"), "欧阳䶮", step as u32);
                ids.push(world.create(&mediator, "mediation_case", case).await.unwrap().id);
                continue;
            }
            2 => Deed::Change {
                kind: "mediation_case".to_owned(),
                id,
                version: None,
                input: map(input),
            },
            n => Deed::Action {
                kind: "mediation_case".to_owned(),
                id,
                action: if n == 3 { "accept" } else { "perform" }.to_owned(),
                version: None,
                input: map(if n == 3 {
                    json!({})
                } else {
                    json!({ "performance": "3", "satisfied": "1" })
                }),
            },
        };
        // Some are refused by the state they meet; then nothing may have changed.
        let _ = world.desk.act(&mediator, deed, confirmed(), &now()).await;
    }
}

#[tokio::test]
async fn after_any_acts_the_index_is_what_a_rebuild_makes_of_the_records() {
    let folder = std::env::temp_dir().join(format!("fengqiao-desk-search-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    for seed in [3, 20_261_124, 77_777_777_777] {
        let folder = folder.join(seed.to_string());
        let keeper = SqliteKeeper::open(&folder, Options::new(Arc::new(|| NOON))).unwrap();
        for world in [World::new().await, World::on(Arc::new(keeper)).await] {
            live(&world, seed).await;
            let kept = index(&world).await;
            assert!(kept.len() > 20, "{}", kept.len());
            assert_eq!(world.desk.check_index(&mut |_| {}).await.unwrap(), []);
            let q = ["漏水", "改名", "ouyang", "村委会"];
            let mut before = Vec::new();
            for q in q {
                before.push(
                    cases(&world, q).await.into_iter().collect::<std::collections::BTreeSet<_>>(),
                );
            }
            assert!(before.iter().all(|found| !found.is_empty()), "{before:?}");
            spoil(&world).await;
            assert!(world.desk.check_index(&mut |_| {}).await.unwrap().len() >= 3);
            for county in world.desk.counties().await.unwrap() {
                world.desk.reindex(&county, &mut |_| {}).await.unwrap();
            }
            assert_eq!(index(&world).await, kept);
            assert_eq!(world.desk.check_index(&mut |_| {}).await.unwrap(), []);
            for (q, before) in q.iter().zip(before) {
                let after = cases(&world, q).await.into_iter().collect();
                assert_eq!(before, after, "{q}");
            }
            world.desk.close().await.unwrap();
        }
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

/// One entry is lost, one is of no record, one says something else.
async fn spoil(world: &World) {
    let select = Select::from("search", &["county", "kind", "record"]).limit(2);
    let rows = world.desk.keeper().find(&select).await.unwrap();
    let words = |row: &store::Row, words: &[&str]| Words {
        county: row[0].as_text().unwrap().to_owned(),
        kind: row[1].as_text().unwrap().to_owned(),
        record: row[2].as_text().unwrap().to_owned(),
        at: 1,
        words: words.iter().map(|&word| word.to_owned()).collect(),
    };
    let nobody = Words { record: "nobody".to_owned(), ..words(&rows[0], &["漏水", "@560101"]) };
    let commit = Commit {
        words: vec![words(&rows[0], &[]), words(&rows[1], &["错"]), nobody],
        ..Commit::default()
    };
    world.desk.keeper().commit(commit).await.unwrap();
}

#[tokio::test]
async fn both_keepers_find_the_same() {
    let folder = std::env::temp_dir().join(format!("fengqiao-desk-same-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    let keeper = SqliteKeeper::open(&folder, Options::new(Arc::new(|| NOON))).unwrap();
    let (model, real) = (World::new().await, World::on(Arc::new(keeper)).await);
    live(&model, 5).await;
    live(&real, 5).await;
    let pool: Vec<char> =
        "漏水滴纠纷第改名的村委会室欧阳䶮陈秀兰孙建国两家屋檐ouyang0123456789 ".chars().collect();
    let mut seed: u64 = 9;
    let mut hits = 0;
    for round in 0..1_000 {
        let mut roll = |below: usize| {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as usize % below
        };
        // Stretches that stand together in the pool are likely to be found.
        let (from, length) = (roll(pool.len()), 1 + roll(4));
        let q: String = pool.iter().cycle().skip(from).take(length).collect();
        let (role, unit) = [
            ("mediator", "560101001001"),
            ("county", "560101"),
            ("province", "560000"),
            ("county", "560201"),
        ][round % 4];
        let ask = SearchAsk { q: q.clone(), limit: 5, ..SearchAsk::default() };
        let said = |answer: desk::search::SearchAnswer| {
            let hits: Vec<_> = answer
                .hits
                .into_iter()
                .map(|h| (h.kind.id.clone(), h.id, h.title, h.found))
                .collect();
            (hits, answer.next, answer.advice)
        };
        let expected =
            said(model.desk.search(&model.actor(role, unit), &ask, &now()).await.unwrap());
        let found = said(real.desk.search(&real.actor(role, unit), &ask, &now()).await.unwrap());
        assert_eq!(found, expected, "{role} {q}");
        hits += found.0.len();
    }
    assert!(hits > 300, "{hits}");
    real.desk.close().await.unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
}
