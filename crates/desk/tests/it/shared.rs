//! Two desks on one store, as two processes on one database.

use crate::world::{Counting, NOON, World, house, now};
use desk::{Desk, Refusal, accounts::NewAccount, division::Which, seal::Keys};
use engine::query::{Filter, Select, Table};
use std::sync::Arc;
use store::{
    Keeper, MemoryKeeper,
    seam::{Commit, Hit, Later, Receipt, Row, Search},
};

/// A store that others write to as well.
struct Shared(Arc<MemoryKeeper>);

impl Keeper for Shared {
    fn prepare<'a>(&'a self, tables: &'a [Table]) -> Later<'a, ()> {
        self.0.prepare(tables)
    }
    fn tables(&self) -> Vec<Table> {
        self.0.tables()
    }
    fn find<'a>(&'a self, select: &'a Select) -> Later<'a, Vec<Row>> {
        self.0.find(select)
    }
    fn count<'a>(&'a self, table: &'a str, filter: &'a Filter, at_most: u32) -> Later<'a, u32> {
        self.0.count(table, filter, at_most)
    }
    fn search<'a>(&'a self, search: &'a Search) -> Later<'a, Vec<Hit>> {
        self.0.search(search)
    }
    fn commit(&self, commit: Commit) -> Later<'static, Receipt> {
        self.0.commit(commit)
    }
    fn is_shared(&self) -> bool {
        true
    }
    fn inspect(&self) -> Later<'_, Vec<String>> {
        self.0.inspect()
    }
    fn close(&self) -> Later<'_, ()> {
        self.0.close()
    }
}

const KEYS: Keys = Keys { seal: [7; 16], index: [9; 32] };

async fn open(memory: &Arc<MemoryKeeper>, keys: &Keys) -> Result<Desk, Refusal> {
    let keeper = Arc::new(Shared(Arc::clone(memory)));
    Desk::open(keeper, house(), keys, Box::new(Counting::default())).await
}

async fn two() -> (World, Desk, Arc<MemoryKeeper>) {
    let memory = Arc::new(MemoryKeeper::new(Arc::new(|| NOON)));
    let world = World::on(Arc::new(Shared(Arc::clone(&memory)))).await;
    let other = open(&memory, &KEYS).await.unwrap();
    (world, other, memory)
}

#[tokio::test]
async fn a_session_is_good_at_both_and_ended_at_both() {
    let (world, other, _) = two().await;
    let account = NewAccount {
        login: "zhou.ming".to_owned(),
        name: "周明".to_owned(),
        password: "Long-enough-1".to_owned(),
        role: "mediator".to_owned(),
        unit: "560101001001".to_owned(),
    };
    let admin = world.actor("system_admin", "560000");
    world.desk.add_account(&admin, &account, &now()).await.unwrap();
    let (token, session) = world.desk.sign_in("zhou.ming", "Long-enough-1", &now()).await.unwrap();
    assert_eq!(other.session(&token, &now()).await.unwrap().csrf, session.csrf);
    world.desk.sign_out(&token).await.unwrap();
    let refused = other.session(&token, &now()).await;
    assert!(matches!(refused, Err(Refusal::NotSignedIn)), "it was remembered here");
}

#[tokio::test]
async fn new_units_are_known_everywhere_after_a_refresh() {
    let (world, other, _) = two().await;
    let more = "code,name,parent\n560101003,新埠镇,560101\n";
    world.desk.import_units(None, &[more], &Which::default(), &now()).await.unwrap();
    assert!(other.units().get("560101003").is_none());
    other.refresh().await.unwrap();
    assert_eq!(other.units().get("560101003").unwrap().name, "新埠镇");
}

#[tokio::test]
async fn a_job_is_done_by_one_of_them_and_only_when_due() {
    let (world, other, _) = two().await;
    let (day, start) = (86_400_000, NOON);
    assert!(!world.desk.claim("rehearsal", start, day).await.unwrap(), "the first time it waits");
    assert!(!other.claim("rehearsal", start + day - 1, day).await.unwrap());
    assert!(other.claim("rehearsal", start + day, day).await.unwrap());
    assert!(!world.desk.claim("rehearsal", start + day, day).await.unwrap());
    assert!(world.desk.claim("rehearsal", start + 2 * day, day).await.unwrap());
}

#[tokio::test]
async fn keys_of_another_house_are_refused() {
    let (_world, _other, memory) = two().await;
    let strange = Keys { seal: [1; 16], index: [2; 32] };
    let refused = open(&memory, &strange).await.unwrap_err();
    assert!(refused.to_string().contains("密钥文件和数据库对不上"), "{refused}");
}

#[tokio::test]
async fn an_inbox_that_one_changes_is_known_to_have_changed_at_the_other() {
    let (world, other, _) = two().await;
    let mediator = world.mediator();
    let mut seen = desk::inbox::Changes::default();
    let mut changed = async |day| other.inbox_changes(&mut seen, day).await.unwrap();
    let today = now().today;
    assert_eq!(changed(today).await, Some(Default::default()), "at first, everywhere");
    assert_eq!(changed(today).await, None);
    let case = world.create(&mediator, "mediation_case", world.case("滴水纠纷")).await.unwrap();
    assert_eq!(changed(today).await, Some(["560101".to_owned()].into()));
    assert_eq!(changed(today).await, None);
    let tasks = other.tasks(&mediator, &now(), 50).await.unwrap();
    assert!(tasks.iter().any(|task| task.record == case.id));
    let tomorrow = today.tomorrow().unwrap();
    assert_eq!(changed(tomorrow).await, Some(Default::default()), "a day changes all");
}
