use crate::world::*;
use engine::query::{Cell, Column, Comparison, Filter, Placement, Select, Sort, Table, Term};
use store::{Commit, Operation, StoreError, chain, number_token};

fn taken(table: &str, columns: &[&str]) -> StoreError {
    let columns = columns.iter().map(|&column| column.to_owned()).collect();
    StoreError::Taken { table: table.to_owned(), columns }
}

fn is_misfit<T: std::fmt::Debug>(answer: Result<T, StoreError>) {
    assert!(matches!(answer, Err(StoreError::Misfit(_))), "{answer:?}");
}

#[test]
fn rows_are_inserted_changed_put_and_removed() {
    on_every_keeper(async |keeper| {
        let first = new_case("1", &[("a", 7.into()), ("t", "漏水".into())]);
        keeper.commit(operations(vec![first, new_case("2", &[])])).await.unwrap();
        let change = change_case("1", 1, &[("version", 2.into()), ("t", Cell::Null)]);
        keeper.commit(operations(vec![change])).await.unwrap();
        let rows = all(&*keeper, "case", &["id", "a", "t", "version"]).await;
        assert_eq!(rows[0], ["1".into(), 7.into(), Cell::Null, 2.into()]);
        assert_eq!(rows[1], ["2".into(), Cell::Null, Cell::Null, 1.into()]);

        let whole = [("county", COUNTY.into()), ("id", "2".into()), ("version", 9.into())];
        let body = [("id", "b".into()), ("name", "调委会".into())];
        keeper.commit(operations(vec![put("case", &whole), put("body", &body)])).await.unwrap();
        keeper.commit(operations(vec![put("body", &[("id", "b".into())])])).await.unwrap();
        assert_eq!(all(&*keeper, "case", &["id", "version"]).await[1], ["2".into(), 9.into()]);
        assert_eq!(all(&*keeper, "body", &["id", "name"]).await[0][1], "调委会".into());

        let by = values(&[("county", COUNTY.into()), ("version", 9.into())]);
        let remove = || Operation::Remove { table: "case".to_owned(), by: by.clone() };
        keeper.commit(operations(vec![remove(), remove()])).await.unwrap();
        assert_eq!(all(&*keeper, "case", &["id"]).await, [["1".into()]]);
    });
}

#[test]
fn what_is_taken_is_named() {
    on_every_keeper(async |keeper| {
        let one = || new_case("1", &[("no", "N1".into())]);
        keeper.commit(operations(vec![one(), new_case("2", &[])])).await.unwrap();
        let try_it =
            async |operation| keeper.commit(operations(vec![operation])).await.unwrap_err();
        assert_eq!(try_it(new_case("2", &[])).await, taken("case", &["county", "id"]));
        let same_number = new_case("3", &[("no", "N1".into())]);
        assert_eq!(try_it(same_number).await, taken("case", &["county", "no"]));
        let change = change_case("2", 1, &[("no", "N1".into())]);
        assert_eq!(try_it(change).await, taken("case", &["county", "no"]));
        let pairs = [("county", COUNTY.into()), ("id", "4".into()), ("version", 1.into())];
        let whole = [&pairs[..], &[("no", "N1".into())]].concat();
        assert_eq!(try_it(put("case", &whole)).await, taken("case", &["county", "no"]));
        // Nulls never clash, and a row does not clash with itself.
        let change = change_case("1", 1, &[("no", "N1".into())]);
        keeper.commit(operations(vec![new_case("5", &[]), change])).await.unwrap();
    });
}

#[test]
fn an_update_expects_what_it_says() {
    on_every_keeper(async |keeper| {
        keeper.commit(operations(vec![new_case("1", &[])])).await.unwrap();
        let changed = Err(StoreError::Changed { table: "case".to_owned() });
        let stale = change_case("1", 0, &[("a", 1.into())]);
        assert_eq!(keeper.commit(operations(vec![stale])).await, changed);
        let nobody = change_case("2", 1, &[("a", 1.into())]);
        assert_eq!(keeper.commit(operations(vec![nobody])).await, changed);
        let null_expected = Operation::Update {
            table: "case".to_owned(),
            key: values(&[("county", COUNTY.into()), ("id", "1".into())]),
            expect: values(&[("a", Cell::Null)]),
            set: values(&[("a", 5.into())]),
        };
        keeper.commit(operations(vec![null_expected.clone()])).await.unwrap();
        assert_eq!(keeper.commit(operations(vec![null_expected])).await, changed);
    });
}

#[test]
fn a_commit_is_kept_whole_or_not_at_all() {
    on_every_keeper(async |keeper| {
        let commit = |last| Commit {
            numbers: vec![number("no")],
            operations: vec![
                new_case("1", &[("no", number_token(0).into())]),
                insert(
                    "party",
                    &[("county", COUNTY.into()), ("id", "p".into()), ("parent", "1".into())],
                ),
                last,
            ],
            counts: vec![count("total", 1)],
            entries: vec![entry("1")],
            ..Commit::default()
        };
        let stale = change_case("1", 5, &[("a", 1.into())]);
        assert!(keeper.commit(commit(stale)).await.is_err());
        for (table, column) in [
            ("case", "id"),
            ("party", "id"),
            ("log", "seq"),
            ("counter", "cell"),
            ("series", "value"),
        ] {
            assert_eq!(all(&*keeper, table, &[column]).await.len(), 0, "{table}");
        }
        let receipt = keeper.commit(commit(change_case("1", 1, &[("a", 1.into())]))).await.unwrap();
        assert_eq!(receipt.numbers, ["枫调0001号"]);
        assert_eq!(receipt.entries[0].0, 1);
        assert_eq!(all(&*keeper, "case", &["no"]).await, [["枫调0001号".into()]]);
    });
}

#[test]
fn numbers_have_no_gaps_and_stand_where_their_tokens_stood() {
    on_every_keeper(async |keeper| {
        for round in 0..6 {
            let id = format!("{round}");
            let mut noted = entry(&id);
            noted.body =
                serde_json::json!({"no": number_token(1), "q": number_token(0)}).to_string();
            noted.content = format!("no={}", number_token(1));
            let mut odd = number("other");
            odd.before = "\"".to_owned();
            let version = if round % 2 == 0 { 1 } else { 7 };
            let commit = Commit {
                numbers: vec![odd, number("no"), number("no")],
                operations: vec![
                    new_case(&id, &[("no", number_token(2).into())]),
                    change_case(&id, version, &[("t", format!("第{}", number_token(1)).into())]),
                ],
                entries: vec![noted],
                ..Commit::default()
            };
            assert_eq!(keeper.commit(commit).await.is_ok(), round % 2 == 0);
        }
        let rows = all(&*keeper, "case", &["id", "no", "t"]).await;
        let last: [Cell; 3] = ["4".into(), "枫调0006号".into(), "第枫调0005号".into()];
        assert_eq!(rows.len(), 3);
        assert_eq!(rows[2], last);
        let log = all(&*keeper, "log", &["seq", "body", "content"]).await;
        let body: serde_json::Value = serde_json::from_str(log[2][1].as_text().unwrap()).unwrap();
        assert_eq!(body, serde_json::json!({"no": "枫调0005号", "q": "\"0003号"}));
        assert_eq!(log[2][2], chain::content_hash("no=枫调0005号").into());
    });
}

#[test]
fn counters_add_up_below_zero_and_across_commits() {
    on_every_keeper(async |keeper| {
        for delta in [3, -5, 1] {
            let counts = vec![count("x", delta), count("y", 1), count("x", delta), count("z", 0)];
            keeper.commit(Commit { counts, ..Commit::default() }).await.unwrap();
        }
        let cells = all(&*keeper, "counter", &["cell", "value"]).await;
        let expected: [[Cell; 2]; 3] =
            [["x".into(), (-2).into()], ["y".into(), 3.into()], ["z".into(), 0.into()]];
        assert_eq!(cells, expected);
    });
}

#[test]
fn a_recount_replaces_and_later_counts_add_to_it() {
    on_every_keeper(async |keeper| {
        keeper.commit(Commit { counts: vec![count("x", 3)], ..Commit::default() }).await.unwrap();
        let recount = put(
            "counter",
            &[
                ("county", COUNTY.into()),
                ("statistic", "cases".into()),
                ("unit", "330102001".into()),
                ("period", "2026-11".into()),
                ("cell", "x".into()),
                ("value", 40.into()),
            ],
        );
        let counts = vec![count("x", 2)];
        let commit = Commit { operations: vec![recount], counts, ..Commit::default() };
        keeper.commit(commit).await.unwrap();
        assert_eq!(all(&*keeper, "counter", &["value"]).await, [[42.into()]]);
        let start = [("county", COUNTY.into()), ("series", "no".into()), ("value", 88.into())];
        keeper.commit(operations(vec![put("series", &start)])).await.unwrap();
        let numbers = vec![number("no")];
        let receipt = keeper.commit(Commit { numbers, ..Commit::default() }).await.unwrap();
        assert_eq!(receipt.numbers, ["枫调0089号"]);
    });
}

#[test]
fn entries_are_chained_per_county() {
    on_every_keeper(async |keeper| {
        let elsewhere = store::Entry { county: "330103".to_owned(), ..entry("9") };
        let entries = vec![entry("1"), elsewhere, entry("2")];
        let first = keeper.commit(Commit { entries, ..Commit::default() }).await.unwrap();
        let seqs: Vec<_> = first.entries.iter().map(|(seq, _)| *seq).collect();
        assert_eq!(seqs, [1, 1, 2]);
        let bare = store::Entry { county: COUNTY.to_owned(), ..Default::default() };
        let entries = vec![bare];
        let second = keeper.commit(Commit { entries, ..Commit::default() }).await.unwrap();
        let content = chain::content_hash("content of 2");
        assert_eq!(
            first.entries[2].1,
            chain::entry_hash(&first.entries[0].1, 2, &entry("2"), &content)
        );
        let filter = Filter::equal("county", COUNTY);
        let select = Select::from("chain", &["seq", "hash"]).filter(filter);
        let (seq, hash) = second.entries[0].clone();
        assert_eq!(keeper.find(&select).await.unwrap(), [[Cell::Int(seq), hash.into()]]);
        assert_eq!(chain::verify(&*keeper, &mut |_| ()).await.unwrap(), []);
    });
}

#[test]
fn pages_follow_one_another_whatever_the_order() {
    on_every_keeper(async |keeper| {
        let mut rows = Vec::new();
        for id in 0..60 {
            let a = if id % 4 == 0 { Cell::Null } else { (id % 3).into() };
            let t = if id % 5 == 0 { Cell::Null } else { format!("t{}", id % 2).into() };
            rows.push(new_case(&format!("{id:02}"), &[("a", a), ("t", t)]));
        }
        keeper.commit(operations(rows)).await.unwrap();
        let directions = [Sort::up, Sort::down];
        for bits in 0..8_usize {
            let order = vec![
                directions[bits & 1]("a"),
                directions[bits >> 1 & 1]("t"),
                directions[bits >> 2]("id"),
            ];
            let select = Select::from("case", &["a", "t", "id"]).order(order);
            let whole = keeper.find(&select.clone()).await.unwrap();
            assert_eq!(whole.len(), 60);
            let nulls_first = bits & 1 == 0;
            assert_eq!(whole[0][0].is_null(), nulls_first);
            let (mut pages, mut page) = (Vec::new(), select.limit(7));
            loop {
                let rows = keeper.find(&page).await.unwrap();
                let Some(last) = rows.last() else { break };
                page.after = Some(last.clone());
                pages.extend(rows);
            }
            assert_eq!(pages, whole, "order {bits:03b}");
        }
    });
}

#[test]
fn counting_stops_where_it_is_told() {
    on_every_keeper(async |keeper| {
        let rows = (0..20).map(|id| new_case(&id.to_string(), &[("a", (id % 2).into())]));
        keeper.commit(operations(rows.collect())).await.unwrap();
        let odd = Filter::equal("a", 1);
        assert_eq!(keeper.count("case", &odd, 5).await.unwrap(), 5);
        assert_eq!(keeper.count("case", &odd, 1_000_000).await.unwrap(), 10);
        assert_eq!(keeper.count("case", &Filter::Nothing, 5).await.unwrap(), 0);
    });
}

#[test]
fn children_and_links_stay_in_their_county() {
    on_every_keeper(async |keeper| {
        let mut rows = Vec::new();
        for county in ["330102", "330103"] {
            for id in ["1", "2"] {
                let twin = if id == "1" { "2" } else { "3" };
                rows.push(insert(
                    "case",
                    &[
                        ("county", county.into()),
                        ("id", id.into()),
                        ("version", 1.into()),
                        ("t", format!("{county}/{id}").into()),
                        ("twin", twin.into()),
                        ("body", "b".into()),
                    ],
                ));
            }
        }
        rows.push(insert(
            "party",
            &[
                ("county", "330102".into()),
                ("id", "p".into()),
                ("parent", "1".into()),
                ("n", 5.into()),
            ],
        ));
        rows.push(insert("body", &[("id", "b".into()), ("size", 3.into())]));
        keeper.commit(operations(rows)).await.unwrap();
        let of = async |term: Term, value: Cell| {
            let filter = Filter::Compare(term, Comparison::Equal, Term::Value(value));
            let select = Select::from("case", &["county", "id"]).filter(filter);
            keeper.find(&select.order(vec![Sort::up("county"), Sort::up("id")])).await.unwrap()
        };
        let (table, filter) = ("party".to_owned(), Box::new(Filter::Everything));
        let sum = Term::Sum { rows: table.into(), column: "n".to_owned(), filter };
        assert_eq!(of(sum, 5.into()).await, [["330102".into(), "1".into()]]);
        let linked = |column: &str, table: &str, target: &str| Term::Linked {
            column: column.to_owned(),
            table: table.to_owned(),
            target: target.to_owned(),
        };
        let twin = of(linked("twin", "case", "t"), "330103/2".into()).await;
        assert_eq!(twin, [["330103".into(), "1".into()]]);
        assert_eq!(of(linked("body", "body", "size"), 3.into()).await.len(), 4);
    });
}

#[test]
fn what_does_not_fit_is_refused_and_nothing_is_kept() {
    on_every_keeper(async |keeper| {
        let county: Cell = COUNTY.into();
        let bad = [
            insert("nothing", &[("id", "1".into())]),
            new_case("1", &[("nothing", 1.into())]),
            new_case("1", &[("a", "text".into())]),
            new_case("1", &[("t", Cell::Text(String::new()))]),
            new_case("1", &[("t", "a\0b".into())]),
            insert("case", &[("county", county.clone()), ("id", "1".into())]),
            put("case", &[("county", county.clone()), ("version", 1.into())]),
            change_case("1", 1, &[("county", "330103".into())]),
            change_case("1", 1, &[("version", Cell::Null)]),
            Operation::Remove { table: "case".to_owned(), by: values(&[("id", "1".into())]) },
            Operation::Remove { table: "log".to_owned(), by: values(&[("county", county)]) },
        ];
        for operation in bad {
            let all = vec![new_case("0", &[]), operation];
            is_misfit(keeper.commit(operations(all)).await);
        }
        assert_eq!(all(&*keeper, "case", &["id"]).await.len(), 0);
        is_misfit(keeper.find(&Select::from("case", &["nothing"])).await);
        is_misfit(keeper.find(&Select::from("nothing", &["id"])).await);
        is_misfit(keeper.count("case", &Filter::equal("nothing", 1), 1).await);
    });
}

#[test]
fn a_table_grows_with_its_rows_and_never_narrows() {
    on_every_keeper(async |keeper| {
        keeper.commit(operations(vec![new_case("1", &[]), new_case("2", &[])])).await.unwrap();
        let mut grown = case().index(&["county", "later"]).unique(&["county", "later", "a"]);
        grown.columns.push(Column::text("later").required());
        keeper.prepare(&[grown.clone()]).await.unwrap();
        keeper.prepare(&[grown]).await.unwrap();
        let change = change_case("1", 1, &[("later", "x".into()), ("a", 1.into())]);
        keeper.commit(operations(vec![change])).await.unwrap();
        // An older definition neither drops the column nor makes it unknown.
        keeper.prepare(&tables()).await.unwrap();
        let rows = all(&*keeper, "case", &["id", "later"]).await;
        assert_eq!(rows, [["1".into(), "x".into()], ["2".into(), Cell::Null]]);
        let clash = change_case("2", 1, &[("later", "x".into()), ("a", 1.into())]);
        let expected = taken("case", &["county", "later", "a"]);
        assert_eq!(keeper.commit(operations(vec![clash])).await, Err(expected));

        let mut other_type = case();
        other_type.columns[2].column_type = engine::query::ColumnType::Text;
        is_misfit(keeper.prepare(&[other_type]).await);
        let doubled = case().unique(&["county", "version"]);
        assert_eq!(keeper.prepare(&[doubled]).await, Err(taken("case", &["county", "version"])));
    });
}

#[test]
fn a_county_table_has_county_first_in_every_key() {
    on_every_keeper(async |keeper| {
        let columns = vec![Column::text("county").required(), Column::text("id").required()];
        let table = |key: &[&str]| Table::new("stray", Placement::County, key, columns.clone());
        is_misfit(keeper.prepare(&[table(&["id", "county"])]).await);
        is_misfit(keeper.prepare(&[table(&["county", "id"]).unique(&["id"])]).await);
        is_misfit(keeper.find(&Select::from("stray", &["id"])).await);
        keeper.prepare(&[table(&["county", "id"]).unique(&["county"])]).await.unwrap();
    });
}
