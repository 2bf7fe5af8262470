#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]
//! The province is made whole, and made alike from the same seed.

use super::{Depth, land, make_to, names};
use crate::{
    app::{open_desk, read_house},
    cli::config::Config,
    clock,
};
use desk::{
    Actor, Desk, Moment,
    ask::ListAsk,
    report::{ReportAnswer, ReportAsk},
};
use std::{collections::BTreeSet, path::PathBuf};

/// Noon of 2026-11-20 in China.
const NOW: i64 = 1_795_147_200_000;

struct World {
    desk: Desk,
    folder: PathBuf,
    now: Moment,
}

impl World {
    async fn new(name: &str, cases: u64, seed: u64) -> Self {
        let folder =
            std::env::temp_dir().join(format!("fengqiao-demo-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let desk = open_desk(&Config::on(&folder), read_house(None).unwrap()).await.unwrap();
        let now = clock::moment(NOW, "house:demo");
        let begun = std::time::Instant::now();
        let made = make_to(&desk, cases, seed, Depth::Full, &now, &mut |_, _, _| {}).await;
        made.unwrap_or_else(|refusal| panic!("{refusal:?}"));
        eprintln!("{name}: {cases} cases in {:?}", begun.elapsed());
        Self { desk, folder, now }
    }

    fn actor(&self, role: &str, unit: &str) -> Actor {
        let unit = self.desk.units().get(unit).unwrap().clone();
        Actor { account: role.to_owned(), name: role.to_owned(), role: role.to_owned(), unit }
    }

    async fn titles(&self, kind: &str) -> Vec<String> {
        let actor = self.actor("province", land::TOP);
        let mut titles = Vec::new();
        let mut ask = ListAsk { kind: kind.to_owned(), limit: 200, ..ListAsk::default() };
        loop {
            let page = self.desk.list(&actor, &ask).await.unwrap();
            titles.extend(
                page.records
                    .iter()
                    .map(|r| format!("{} {} {}", r.text("title"), r.text("state"), r.text("unit"))),
            );
            if page.next.is_empty() {
                titles.sort();
                return titles;
            }
            ask.after = page.next;
        }
    }

    async fn report(&self, report: &str, unit: &str) -> ReportAnswer {
        let ask = ReportAsk {
            report: report.to_owned(),
            unit: unit.to_owned(),
            from: "2024-01".to_owned(),
            to: "2026-12".to_owned(),
            as_of: None,
        };
        self.desk.report(&self.actor("province", land::TOP), &ask).await.unwrap()
    }

    async fn end(self) {
        self.desk.close().await.unwrap();
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

fn figures(answer: &ReportAnswer) -> Vec<(i128, i128)> {
    answer.total.figures.iter().map(|f| (f.number, f.of)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_province_is_whole() {
    let cases: u64 = std::option_env!("DEMO_CASES").and_then(|n| n.parse().ok()).unwrap_or(300);
    let world = World::new("whole", cases, 7).await;
    assert_eq!(world.desk.recount(&mut |_| {}).await.unwrap(), Vec::new());
    assert_eq!(world.desk.verify(&mut |_| {}).await.unwrap(), Vec::new());
    assert_eq!(world.titles("mediation_case").await.len() as u64, cases);
    for report in ["mediation_cases", "mediation_performance", "mediation_teams"] {
        for unit in [land::TOP, "560100", "560101", "560101001", "560101001001"] {
            let answer = world.report(report, unit).await;
            let broken: Vec<_> = answer.checks.iter().filter(|c| !c.holds()).collect();
            assert!(broken.is_empty(), "{unit} {broken:?}");
        }
    }
    let answer = world.report("mediation_cases", land::TOP).await;
    let at = |id: &str| answer.report.columns().position(|c| c.id == id).unwrap();
    let number = |id: &str| answer.total.figures[at(id)].number as u64;
    let (total, success) = (number("total"), number("success"));
    assert!(total > cases / 2, "{total}");
    assert!(success < total && success * 100 > total * 90, "{success} of {total}");
    // The line of shown accounts carries something at every level.
    for unit in ["560101001001", "560101001", "560101", "560100"] {
        assert!(world.report("mediation_cases", unit).await.total.figures[0].number > 0, "{unit}");
    }
    let late = world.desk.late(&world.actor("county", "560101"), &world.now).await.unwrap();
    assert!(late > 0);
    let states: BTreeSet<String> = world
        .titles("mediation_case")
        .await
        .iter()
        .map(|t| t.rsplit(' ').nth(1).unwrap().to_owned())
        .collect();
    assert!(states.len() >= 6, "{states:?}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_seed_gives_the_same_province() {
    let (one, two) = (World::new("one", 50, 3).await, World::new("two", 50, 3).await);
    let other = World::new("other", 50, 4).await;
    for kind in ["mediation_case", "mediator", "mediation_committee", "person"] {
        assert_eq!(one.titles(kind).await, two.titles(kind).await, "{kind}");
    }
    assert_ne!(one.titles("mediation_case").await, other.titles("mediation_case").await);
    let (a, b) = (one.report("mediation_cases", "").await, two.report("mediation_cases", "").await);
    assert_eq!(figures(&a), figures(&b));
    for world in [one, two, other] {
        world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shown_accounts_sign_in() {
    let world = World::new("accounts", 0, 1).await;
    for account in super::shown() {
        let signed = world.desk.sign_in(&account.account, &account.password, &world.now).await;
        let (_, session) = signed.unwrap_or_else(|r| panic!("{} {r:?}", account.account));
        assert_eq!(session.actor.role, account.role);
        assert_eq!(session.actor.unit.code, account.unit);
    }
    world.end().await;
}

#[test]
fn identity_numbers_are_valid_and_differ() {
    let today = jiff::civil::date(2026, 11, 20);
    let mut seen = BTreeSet::new();
    for index in 0..20_000 {
        let number = names::number(names::Span::Grown, index, index % 3 == 0);
        let read = engine::check::id_number::read(&number, "111", today);
        assert!(read.is_ok(), "{number} {read:?}");
        assert!(seen.insert(number));
    }
}

#[test]
fn bodies_have_valid_codes() {
    let mut dice = super::dice::Dice::new(1, 1);
    for index in 0..1_000 {
        let body = names::body(&mut dice, index, "柳河", "柳河镇");
        let read = engine::check::uscc::read(&body.uscc);
        assert!(read.is_ok_and(|r| r.warnings.is_empty()), "{}", body.uscc);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_other_businesses_are_at_work_too() {
    let now = clock::moment(NOW, "house:demo");
    let (told, _) = engine::definition::read(&crate::businesses::embedded());
    let folder = std::env::temp_dir().join(format!("fengqiao-demo-told-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    let desk = open_desk(&Config::on(&folder), read_house(None).unwrap()).await.unwrap();
    super::make(&desk, told, 50, 3, &now, &mut |_, _, _| {}).await.unwrap();
    let (house, unit) = (desk.house(), desk.units().get("560101").unwrap().clone());
    let (account, name, role) = ("county".to_owned(), "county".to_owned(), "county".to_owned());
    let county = Actor { account, name, role, unit };
    for business in &house.businesses {
        let kinds = house.kinds.values().filter(|kind| kind.business == business.id);
        let (mut written, mut all) = (0, 0);
        for kind in kinds.filter(|kind| kind.permissions.see.contains_key("county")) {
            let ask = ListAsk { kind: kind.id.clone(), limit: 1, ..ListAsk::default() };
            written += desk.list(&county, &ask).await.unwrap().records.len();
            all += 1;
        }
        assert!(written * 2 > all, "{}: {written} of {all}", business.label);
    }
    assert_eq!(desk.verify(&mut |_| {}).await.unwrap(), Vec::new());
    assert_eq!(desk.recount(&mut |_| {}).await.unwrap(), Vec::new());
    desk.close().await.unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
}
