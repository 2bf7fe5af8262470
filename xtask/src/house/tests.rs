//! Each rule is shown a tree that keeps it and one that breaks it; then the real tree is read.

use super::*;

fn tree(files: &[(&str, &str)]) -> Vec<Text> {
    files.iter().map(|(path, text)| Text { path: (*path).into(), text: (*text).into() }).collect()
}

fn check_rule(rule: Rule, files: &[(&str, &str)], expect: &[&str]) {
    let findings: Vec<_> = rule(&tree(files)).iter().map(ToString::to_string).collect();
    assert_eq!(findings, expect);
}

const MANIFESTS: [(&str, &str); 5] = [
    ("crates/engine/Cargo.toml", "[dependencies]\nkdl = \"6\"\n"),
    ("crates/store/Cargo.toml", "[dependencies]\nengine.workspace = true\n"),
    ("crates/paper/Cargo.toml", "[dependencies]\ntypst = \"0\"\n"),
    ("crates/desk/Cargo.toml", "[dependencies]\nstore = { path = \"../store\" }\n"),
    ("crates/server/Cargo.toml", "[dependencies]\ndesk = { path = \"../desk\" }\n"),
];

#[test]
fn a_crate_that_names_one_to_its_right_is_found() {
    let rule = crates_name_only_those_to_their_left;
    check_rule(rule, &MANIFESTS, &[]);
    let mut bad = MANIFESTS;
    bad[0].1 = "[dev-dependencies]\nstore = { path = \"../store\" }\n";
    bad[2].1 = "[package]\nname = \"paper\"\n[dependencies.engine]\npath = \"../engine\"\n";
    let expect = [
        "crates/engine/Cargo.toml:2: engine may not name store",
        "crates/paper/Cargo.toml:3: paper may not name engine",
    ];
    check_rule(rule, &bad, &expect);
}

#[test]
fn an_engine_that_reads_a_file_or_the_clock_is_found() {
    let good = "// std::fs is not for us\nuse std::fmt;\nfn random_access() {}\n\
                #[cfg(test)]\nmod tests { use std::fs; }\n";
    check_rule(the_engine_is_a_function, &[("crates/engine/src/a.rs", good)], &[]);
    let bad = "use std::{collections, fs};\nlet t = std::time::SystemTime::now();\nrand::random();";
    let expect = [
        "crates/engine/src/a.rs:1: the engine knows no files, but `std::fs` is named",
        "crates/engine/src/a.rs:2: the engine knows no clock, but `SystemTime` is named",
        "crates/engine/src/a.rs:3: the engine knows no chance, but `rand` is named",
    ];
    check_rule(the_engine_is_a_function, &[("crates/engine/src/a.rs", bad)], &expect);
}

#[test]
fn a_public_question_of_the_desk_without_a_box_is_found() {
    let good = "    #[boxed]\n    pub async fn act(&self) {}\n    async fn plan(&self) {}";
    check_rule(the_desk_is_compiled_once, &[("crates/desk/src/a.rs", good)], &[]);
    let expect = ["crates/desk/src/a.rs:2: a public `async fn` of the desk is `#[boxed]`"];
    let bad = "impl Desk {\n    pub async fn act(&self) {}\n}";
    check_rule(the_desk_is_compiled_once, &[("crates/desk/src/a.rs", bad)], &expect);
}

#[test]
fn sql_outside_store_is_found() {
    let sql = "let a = \"select id\";\nlet b = \"SELECT id FROM cases\";";
    check_rule(only_store_writes_sql, &[("crates/store/src/a.rs", sql)], &[]);
    let expect = ["crates/desk/src/a.rs:2: SQL belongs to crates/store, but `SELECT` stands here"];
    check_rule(only_store_writes_sql, &[("crates/desk/src/a.rs", sql)], &expect);
}

#[test]
fn hostile_text_of_tests_is_no_sql() {
    let files = [
        ("crates/engine/src/check/mod.rs", "#[cfg(test)]\nmod hostile;\nmod real;"),
        ("crates/engine/src/check/hostile.rs", "const X: &str = \"'; DROP TABLE person\";"),
        ("crates/engine/src/check/hostile/more.rs", "const X: &str = \"DROP TABLE person\";"),
        ("crates/engine/src/check/real.rs", "const X: &str = \"DROP TABLE person\";"),
    ];
    let expect = [
        "crates/engine/src/check/real.rs:1: SQL belongs to crates/store, but `drop table` stands here",
    ];
    check_rule(only_store_writes_sql, &files, &expect);
}

#[test]
fn a_seam_that_names_an_engine_of_sql_is_found() {
    let path = "crates/store/src/seam.rs";
    check_rule(the_seam_mentions_no_sql, &[(path, "//! Neither SQLite\ntrait Keeper {}")], &[]);
    let expect = ["crates/store/src/seam.rs:1: the seam names `sqlite`"];
    check_rule(the_seam_mentions_no_sql, &[(path, "use crate::sqlite::Row;")], &expect);
    check_rule(the_seam_mentions_no_sql, &[], &["crates/store/src/seam.rs:1: the seam is missing"]);
}

#[test]
fn a_crate_that_knows_a_business_is_found() {
    let text = "// mediation\nlet kind = \"mediation_case\";\n\
                #[cfg(test)]\nmod tests { const K: &str = \"team\"; }\n";
    let files = [("crates/desk/src/a.rs", text), ("crates/server/src/demo/cases.rs", text)];
    let expect = [
        "crates/desk/src/a.rs:2: `mediation_case` belongs to businesses/: a business needs no Rust",
    ];
    check_rule(no_crate_knows_a_business, &files, &expect);
}

#[test]
fn a_face_outside_server_is_found() {
    let files = [
        ("crates/paper/src/a.rs", "const NS: &str = \"http://x\";\nuse maud::html;"),
        ("crates/desk/Cargo.toml", "[dependencies]\nhttp = \"1\"\n"),
        ("crates/server/src/a.rs", "use axum::Router;"),
    ];
    let expect = [
        "crates/paper/src/a.rs:2: `maud` belongs to server",
        "crates/desk/Cargo.toml:2: `http` belongs to server",
    ];
    check_rule(faces_live_in_server, &files, &expect);
}

#[test]
fn a_business_without_its_parts_is_found() {
    let files = [
        ("businesses/common/roles.kdl", ""),
        ("businesses/team/README.md", ""),
        ("businesses/team/business.kdl", ""),
        ("businesses/team/documents/card.typ", ""),
    ];
    let expect = [
        "businesses/team/:1: records/*.kdl is missing",
        "businesses/team/:1: documents/…sample… is missing",
    ];
    check_rule(every_business_has_one_shape, &files, &expect);
}

#[test]
fn a_file_that_is_too_long_is_found() {
    let long = "x\n".repeat(LONGEST_FILE + 1);
    let files = [("crates/desk/src/a.rs", &*long), ("businesses/team/derived/a.md", &*long)];
    check_rule(no_file_is_too_long, &files, &["crates/desk/src/a.rs:701: 701 lines, at most 700"]);
}

#[test]
fn the_tree_keeps_the_house_rules() {
    let findings = check(&crate::root()).unwrap();
    let lines: Vec<_> = findings.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "\n{}", lines.join("\n"));
}
