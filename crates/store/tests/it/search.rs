//! Records found by words, alike on every keeper.

use crate::world::*;
use engine::query::{Cell, Select};
use std::sync::Arc;
use store::{
    Commit, Entry, Hit, Keeper, MemoryKeeper, Number, Search, StoreError, Words, digits_token,
    system, words,
};

fn found_by(record: &str, at: i64, words: &[&str]) -> Words {
    Words {
        county: COUNTY.to_owned(),
        kind: "case".to_owned(),
        record: record.to_owned(),
        at,
        words: words.iter().map(|&word| word.to_owned()).collect(),
    }
}

fn index(words: Vec<Words>) -> Commit {
    Commit { words, ..Commit::default() }
}

async fn search(keeper: &dyn Keeper, all: &[&[&str]], after: Option<i64>) -> Vec<Hit> {
    let group = |group: &&[&str]| group.iter().map(|&word| word.to_owned()).collect();
    let search = Search { all: all.iter().map(group).collect(), after, limit: 3 };
    keeper.search(&search).await.unwrap()
}

async fn records(keeper: &dyn Keeper, all: &[&[&str]]) -> Vec<String> {
    search(keeper, all, None).await.into_iter().map(|hit| hit.record).collect()
}

#[test]
fn a_record_is_found_by_a_word_of_every_group_the_newest_first() {
    on_every_keeper(async |keeper| {
        let words = vec![
            found_by("a", 10, &["房屋", "漏水"]),
            found_by("b", 30, &["房屋"]),
            found_by("c", 20, &["漏水", "zs", "房屋"]),
        ];
        keeper.commit(index(words)).await.unwrap();
        assert_eq!(records(&*keeper, &[&["房屋"]]).await, ["b", "c", "a"]);
        assert_eq!(records(&*keeper, &[&["房屋"], &["漏水"]]).await, ["c", "a"]);
        assert_eq!(records(&*keeper, &[&["房屋"], &["zs", "漏水"]]).await, ["c", "a"]);
        assert_eq!(records(&*keeper, &[&["房屋"], &["水漏"]]).await, [""; 0]);
        let page = search(&*keeper, &[&["房屋"]], None).await;
        let rest = search(&*keeper, &[&["房屋"]], Some(page[0].place)).await;
        assert_eq!(rest, page[1..]);
        assert_eq!(page[0].county, COUNTY);
        assert_eq!(page[0].kind, "case");
        assert_eq!(page[0].place, words::first_place(30));
    });
}

#[test]
fn of_one_moment_the_record_kept_last_comes_first_and_pages_lose_none() {
    on_every_keeper(async |keeper| {
        let words = (0..10).map(|n| found_by(&format!("r{n}"), 5, &["纠纷"])).collect();
        keeper.commit(index(words)).await.unwrap();
        let (mut after, mut seen) = (None, Vec::new());
        loop {
            let page = search(&*keeper, &[&["纠纷"]], after).await;
            after = page.last().map(|hit| hit.place);
            seen.extend(page.iter().map(|hit| hit.record.clone()));
            if page.len() < 3 {
                break;
            }
        }
        assert_eq!(seen, (0..10).rev().map(|n| format!("r{n}")).collect::<Vec<_>>());
    });
}

#[test]
fn new_words_take_the_place_of_the_old_and_none_removes() {
    on_every_keeper(async |keeper| {
        keeper.commit(index(vec![found_by("a", 10, &["旧", "同"])])).await.unwrap();
        keeper.commit(index(vec![found_by("b", 10, &["同"])])).await.unwrap();
        // Twice in one commit: the last word counts. The place stays.
        let again = vec![found_by("a", 10, &["中"]), found_by("a", 10, &["新", "同"])];
        keeper.commit(index(again)).await.unwrap();
        assert_eq!(records(&*keeper, &[&["旧", "中"]]).await, [""; 0]);
        assert_eq!(records(&*keeper, &[&["新"]]).await, ["a"]);
        assert_eq!(records(&*keeper, &[&["同"]]).await, ["b", "a"]);
        keeper.commit(index(vec![found_by("a", 40, &["同"])])).await.unwrap();
        assert_eq!(records(&*keeper, &[&["同"]]).await, ["a", "b"]);
        keeper.commit(index(vec![found_by("a", 40, &[]), found_by("x", 1, &[])])).await.unwrap();
        assert_eq!(records(&*keeper, &[&["同"]]).await, ["b"]);
        let rows = all(&*keeper, "search", &["record", "print"]).await;
        assert_eq!(rows, [[Cell::from("b"), words::print(&["同".to_owned()]).into()]]);
    });
}

#[test]
fn words_are_kept_with_their_change_or_not_at_all() {
    on_every_keeper(async |keeper| {
        let mut commit = operations(vec![new_case("1", &[])]);
        commit.words = vec![found_by("1", 1, &["甲"])];
        keeper.commit(commit.clone()).await.unwrap();
        commit.words = vec![found_by("1", 1, &["乙"]), found_by("2", 1, &["乙"])];
        assert!(matches!(keeper.commit(commit).await, Err(StoreError::Taken { .. })));
        assert_eq!(records(&*keeper, &[&["乙"]]).await, [""; 0]);
        assert_eq!(records(&*keeper, &[&["甲"]]).await, ["1"]);
    });
}

#[test]
fn any_sign_may_stand_in_a_word_but_blanks_controls_and_capitals() {
    on_every_keeper(async |keeper| {
        let signs = r##"!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~"##;
        for sign in signs.chars() {
            let word = format!("a{sign}b{sign}");
            keeper.commit(index(vec![found_by(&word, 1, &[&word])])).await.unwrap();
        }
        for sign in signs.chars() {
            let word = format!("a{sign}b{sign}");
            assert_eq!(records(&*keeper, &[&[&word]]).await, std::slice::from_ref(&word), "{sign}");
        }
        assert_eq!(records(&*keeper, &[&["a"]]).await, [""; 0]);
        let rare = ["䶮", "𠮷田", "🙂", "买买提", "ئەلى", "é"];
        keeper.commit(index(vec![found_by("r", 2, &rare)])).await.unwrap();
        for word in rare {
            assert_eq!(records(&*keeper, &[&[word]]).await, ["r"], "{word}");
        }
        let long = "长".repeat(67);
        for bad in ["", "a b", "A", "a\tb", "\0", "　", "\u{2}0\u{2}", long.as_str()] {
            let refused = keeper.commit(index(vec![found_by("x", 1, &[bad])])).await;
            assert!(matches!(refused, Err(StoreError::Misfit(_))), "{bad:?}");
            let search = Search { all: vec![vec![bad.to_owned()]], after: None, limit: 1 };
            assert!(matches!(keeper.search(&search).await, Err(StoreError::Misfit(_))), "{bad:?}");
        }
        for all in [vec![], vec![vec![]]] {
            let search = Search { all, after: None, limit: 1 };
            assert!(matches!(keeper.search(&search).await, Err(StoreError::Misfit(_))));
        }
        let operation = put("search", &[("place", 1.into())]);
        assert!(matches!(
            keeper.commit(operations(vec![operation])).await,
            Err(StoreError::Misfit(_))
        ));
    });
}

#[test]
fn an_allotted_number_is_found_by_itself_and_by_its_beginnings() {
    on_every_keeper(async |keeper| {
        let number = Number {
            county: COUNTY.to_owned(),
            series: "s".to_owned(),
            before: "ZJ2026".to_owned(),
            width: 4,
            after: "号".to_owned(),
        };
        let words = found_by("a", 1, &[&format!("zj2026{}", digits_token(0)), "zj"]);
        let entries = vec![Entry { county: COUNTY.to_owned(), ..Entry::default() }];
        let commit =
            Commit { numbers: vec![number], entries, words: vec![words], ..Commit::default() };
        assert_eq!(keeper.commit(commit).await.unwrap().numbers, ["ZJ20260001号"]);
        for word in ["zj20260001", "zj2026", "zj202600", "zj"] {
            assert_eq!(records(&*keeper, &[&[word]]).await, ["a"], "{word}");
        }
        for word in ["0001", "z", "zj20260002", "zj20260001号"] {
            assert_eq!(records(&*keeper, &[&[word]]).await, [""; 0], "{word}");
        }
    });
}

/// A number from a seed, evenly below a bound.
fn roll(seed: &mut u64, below: u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) % below
}

fn some_words(seed: &mut u64, most: u64, of: u64) -> Vec<String> {
    (0..roll(seed, most + 1)).map(|_| format!("词{}", roll(seed, of))).collect()
}

#[test]
fn a_thousand_random_questions_are_answered_alike() {
    let directory = Directory::new();
    let (model, real) = (MemoryKeeper::new(clock()), sqlite(&directory));
    let mut seed = 20_261_124;
    run(async {
        for _ in 0..400 {
            let changes = (0..=roll(&mut seed, 4)).map(|_| Words {
                record: format!("r{}", roll(&mut seed, 150)),
                at: roll(&mut seed, 40) as i64 - 5,
                words: some_words(&mut seed, 30, 60),
                ..found_by("", 0, &[])
            });
            let commit = index(changes.collect());
            model.commit(commit.clone()).await.unwrap();
            real.commit(commit).await.unwrap();
        }
        let mut hits = 0;
        for question in 0..1_000 {
            let groups = (0..=roll(&mut seed, 3)).map(|_| {
                let mut group = some_words(&mut seed, 3, 70);
                group.push(format!("词{}", roll(&mut seed, 70)));
                group
            });
            let all = groups.collect();
            let after =
                (question % 3 == 0).then(|| words::first_place(roll(&mut seed, 40) as i64 - 5) + 2);
            let search = Search { all, after, limit: 1 + roll(&mut seed, 30) as u32 };
            let expected = model.search(&search).await.unwrap();
            assert_eq!(real.search(&search).await.unwrap(), expected, "{search:?}");
            hits += expected.len();
        }
        assert!(hits > 5_000, "{hits}");
        let columns: Vec<_> = system::search().columns.into_iter().map(|c| c.name).collect();
        let columns: Vec<_> = columns.iter().map(String::as_str).collect();
        let rows = all(&model, "search", &columns).await;
        assert_eq!(all(&real, "search", &columns).await, rows);
        assert!(rows.len() > 100);
        real.close().await.unwrap();
    });
}

#[test]
fn what_is_found_survives_closing_copying_and_looking_at_the_medium() {
    let (directory, copy) = (Directory::new(), Directory::new());
    run(async {
        let keeper = sqlite(&directory);
        for n in 0..300 {
            let record = format!("r{}", n % 200);
            let word = format!("号{n}");
            keeper.commit(index(vec![found_by(&record, n % 200, &[&word, "纠纷"])])).await.unwrap();
        }
        std::fs::create_dir_all(&*copy).unwrap();
        keeper.backup(&copy.join(store::sqlite::FILE)).await.unwrap();
        keeper.close().await.unwrap();
        for directory in [&directory, &copy] {
            let keeper: Arc<dyn Keeper> = Arc::new(sqlite(directory));
            assert_eq!(keeper.inspect().await.unwrap(), [""; 0]);
            assert_eq!(records(&*keeper, &[&["纠纷"]]).await, ["r199", "r198", "r197"]);
            assert_eq!(records(&*keeper, &[&["号150"]]).await, ["r150"]);
            assert_eq!(records(&*keeper, &[&["号50"]]).await, [""; 0]);
            assert_eq!(records(&*keeper, &[&["号250"]]).await, ["r50"]);
            let select = Select::from("search", &["place"]);
            assert_eq!(keeper.find(&select).await.unwrap().len(), 200);
            keeper.close().await.unwrap();
        }
    });
}
