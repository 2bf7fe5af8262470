//! What staff see while the database changes hands: nothing typed is lost, nothing is done twice.

use super::world::*;
use crate::clock;
use engine::query::{Filter, Select, Table};
use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};
use store::{
    MemoryKeeper,
    seam::{Commit, Freshness, Hit, Keeper, Later, Receipt, Row, Search, StoreError},
};

const NEW: &str = "/b/trial/visit/new";
const BANNER: &str = "数据库正在切换，您填写的内容没有丢，系统会自动再试";
/// 2026-01-02 09:08:07 in China.
const SINCE: i64 = 1_767_316_087_000;

/// Everything works; only reads do, from a replica; nothing does.
const HERE: u8 = 0;
const READS: u8 = 1;
const AWAY: u8 = 2;

/// A keeper that goes away and comes back.
struct Fickle {
    inner: MemoryKeeper,
    how: AtomicU8,
}

impl Fickle {
    fn is(&self, how: u8) {
        self.how.store(how, Ordering::SeqCst);
    }

    fn fails(&self, from: u8) -> Result<(), StoreError> {
        let away = self.how.load(Ordering::SeqCst) >= from;
        if away { Err(StoreError::Unavailable("no primary".to_owned())) } else { Ok(()) }
    }
}

impl Keeper for Fickle {
    fn prepare<'a>(&'a self, tables: &'a [Table]) -> Later<'a, ()> {
        self.inner.prepare(tables)
    }

    fn tables(&self) -> Vec<Table> {
        self.inner.tables()
    }

    fn search<'a>(&'a self, search: &'a Search) -> Later<'a, Vec<Hit>> {
        Box::pin(async move {
            self.fails(AWAY)?;
            self.inner.search(search).await
        })
    }

    fn find<'a>(&'a self, select: &'a Select) -> Later<'a, Vec<Row>> {
        Box::pin(async move {
            self.fails(AWAY)?;
            self.inner.find(select).await
        })
    }

    fn count<'a>(&'a self, table: &'a str, filter: &'a Filter, at_most: u32) -> Later<'a, u32> {
        Box::pin(async move {
            self.fails(AWAY)?;
            self.inner.count(table, filter, at_most).await
        })
    }

    fn commit(&self, commit: Commit) -> Later<'static, Receipt> {
        match self.fails(READS) {
            Ok(()) => self.inner.commit(commit),
            Err(error) => Box::pin(async { Err(error) }),
        }
    }

    fn freshness(&self) -> Freshness {
        match self.how.load(Ordering::SeqCst) {
            READS => Freshness::Since(SINCE),
            _ => Freshness::Current,
        }
    }

    fn inspect(&self) -> Later<'_, Vec<String>> {
        self.inner.inspect()
    }

    fn close(&self) -> Later<'_, ()> {
        self.inner.close()
    }
}

async fn world() -> (World, Arc<Fickle>) {
    let inner = MemoryKeeper::new(clock::ticks());
    let keeper = Arc::new(Fickle { inner, how: AtomicU8::new(HERE) });
    (World::on(Arc::clone(&keeper) as Arc<dyn Keeper>).await, keeper)
}

fn is_held(page: &Answer) {
    assert!(page.text.contains(BANNER) && page.text.contains("data-retry"), "{}", page.text);
}

#[tokio::test]
async fn a_form_sent_without_a_primary_comes_back_as_typed_and_is_done_once() {
    let (world, keeper) = world().await;
    let one = world.enter("one").await;
    let pairs = [
        ("_key", "0123456789abcdef"),
        ("_confirm", "true"),
        ("topic", "屋后的沟"),
        ("day", "2026-01-02"),
        ("cost", "20000"),
        ("guests.0.name", "陈秀兰"),
    ];
    keeper.is(READS);
    let page = one.post(NEW, &pairs).await.is(503);
    is_held(&page);
    assert_eq!(page.value("topic"), "屋后的沟");
    assert_eq!(page.value("guests.0.name"), "陈秀兰");
    // What was confirmed stays confirmed, and the key stays the same: it can send itself again.
    assert_eq!(page.hidden("_confirm"), "true");
    assert_eq!(page.hidden("_key"), "0123456789abcdef");
    keeper.is(HERE);
    let first = one.post(NEW, &pairs).await.is(303);
    let second = one.post(NEW, &pairs).await.is(303);
    assert_eq!(first.to, second.to);
    assert_eq!(world.visits().await.len(), 1);
}

#[tokio::test]
async fn a_form_that_cannot_even_be_drawn_is_carried_along_unseen() {
    let (world, keeper) = world().await;
    let one = world.enter("one").await;
    let id = one.visit("原来的沟").await;
    let form = one.get(&format!("{LIST}/{id}/edit")).await.is(200);
    let (version, row) = (form.hidden("_version"), form.hidden("guests.0.id"));
    let pairs = [
        ("_key", "0123456789abcdef"),
        ("_version", version.as_str()),
        ("topic", "改过的<沟>"),
        ("day", "2026-01-02"),
        ("guests.0.id", row.as_str()),
        ("guests.0.name", "陈秀兰"),
    ];
    keeper.is(AWAY);
    let address = format!("{LIST}/{id}/edit");
    let page = one.post(&address, &pairs).await.is(503);
    is_held(&page);
    assert!(page.text.contains(&format!("action=\"{address}\"")));
    let carried: Vec<_> = pairs.iter().map(|(name, _)| page.hidden(name)).collect();
    assert_eq!(carried, pairs.map(|(_, value)| value));
    assert_eq!(page.hidden("_csrf"), one.csrf);
    keeper.is(HERE);
    one.post(&address, &pairs).await.is(303);
    assert_eq!(world.visits().await[0].record.text("topic"), "改过的<沟>");
}

#[tokio::test]
async fn a_process_that_does_not_know_the_session_keeps_what_was_typed_as_well() {
    let (world, keeper) = world().await;
    keeper.is(AWAY);
    let pairs = [("_csrf", "secret"), ("_key", "0123456789abcdef"), ("topic", "沟")];
    let page = world.post("fq=of-another-process", NEW, &pairs).await.is(503);
    is_held(&page);
    assert_eq!((page.hidden("topic"), page.hidden("_csrf")), ("沟".into(), "secret".into()));
    // What has no key of its own must not send itself again.
    let page = world.post("fq=of-another-process", "/me/password", &pairs[..1]).await.is(503);
    assert!(!page.text.contains("data-retry") && page.text.contains("正在恢复，请稍候"));
}

#[tokio::test]
async fn pages_are_read_from_a_replica_with_the_time_of_the_data() {
    let (world, keeper) = world().await;
    let one = world.enter("one").await;
    one.visit("屋后的沟").await;
    assert!(!one.get(LIST).await.is(200).text.contains("数据截至"));
    keeper.is(READS);
    let list = one.get(LIST).await.is(200);
    assert!(list.text.contains("屋后的沟"));
    assert!(list.text.contains("数据截至 <span class=\"num\">09:08:07</span>"));
    keeper.is(AWAY);
    let page = one.get(LIST).await.is(503);
    assert!(page.text.contains("正在恢复，请稍候"));
}
