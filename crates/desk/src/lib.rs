//! Who may do what, and that it was done.
//!
//! Two ways in and no other: [`Desk::act`] changes things, the questions of `ask` read them. Both
//! begin with the actor. Faces, jobs, imports and the command line all come through here.
//!
//! ```text
//! act:  authorise → read input → look around → decide (engine) → keep, with log entry,
//!       counters, numbers, limits and registry, in one commit → answer
//! ask:  scope (access) → find (store) → show as far as this actor may see
//! ```
//!
//! The moment and chance are passed in; nothing here reads a clock.

pub mod access;
pub mod accounts;
mod act;
mod archives;
pub mod ask;
pub mod at_end;
pub mod calendar;
mod counts;
pub mod division;
pub mod drafts;
pub mod draws;
pub mod filing;
pub mod inbox;
mod keyring;
pub mod looks;
mod memo;
mod ops;
pub mod papers;
pub mod public;
pub mod report;
mod rows;
pub mod seal;
pub mod search;
mod shared;
pub mod tables;
pub mod units;
pub mod verify;

pub use access::Actor;
pub use act::{Deed, Done, GAVE_BACK, GIVEN_BACK, MERGED, Manner, Merging, TOOK_IN, asked_fields};
pub use engine::record::Moment;

/// What is asked of the desk from outside is a boxed future: so its code is made here, once, and not
/// again by every part of every crate that awaits it (docs/decisions/0052-asked-in-a-box.md).
pub(crate) use async_recursion::async_recursion as boxed;
use engine::{definition::House, problem::Problem, record::Record};
use seal::{Keys, Sealer};
use std::sync::{Arc, Mutex, RwLock};
use store::seam::{Keeper, StoreError};
use units::Units;

/// Where ids and secrets come from.
pub trait Chance: Send + Sync + 'static {
    /// A fresh id: UUIDv7 for that moment, lower-case with dashes.
    fn id(&self, at: i64) -> String;
    /// Fills the bytes with secrets.
    fn fill(&self, bytes: &mut [u8]);
}

/// The desk.
pub struct Desk {
    keeper: Arc<dyn Keeper>,
    house: RwLock<Arc<House>>,
    units: RwLock<Arc<Units>>,
    sealer: Sealer,
    chance: Box<dyn Chance>,
    sessions: Mutex<accounts::Sessions>,
    /// The mark of the units that are loaded, where other processes may change them.
    units_mark: Mutex<Option<String>>,
    /// The same for the calendars.
    calendar_mark: Mutex<Option<String>>,
    /// The version of the calendar by which all running limits are known to be worked out.
    limits_by: Mutex<String>,
    /// How many limits run late, by who asks on which day.
    late: memo::Memo<u32>,
    /// Reports that wait, by who asks.
    waiting: memo::Memo<Vec<filing::Waiting>>,
    /// What waits for whom.
    inboxes: inbox::Inboxes,
    /// What may be chosen of a kind.
    chosen: memo::Memo<ask::Choices>,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Desk")
    }
}

impl Desk {
    /// Opens the desk: makes or grows the tables, reads the units.
    #[boxed]
    pub async fn open(
        keeper: Arc<dyn Keeper>,
        house: House,
        keys: &Keys,
        chance: Box<dyn Chance>,
    ) -> Result<Self, Refusal> {
        let desk = Self::closed(keeper, keys, chance);
        desk.publish(house).await?;
        desk.check_keys().await?;
        desk.begin_journal().await?;
        desk.reload_units().await?;
        Ok(desk)
    }

    /// Opens the desk of a database whose keys are not at hand, to recount it and for nothing else:
    /// figures do not depend on what is sealed.
    #[boxed]
    pub async fn open_without_keys(
        keeper: Arc<dyn Keeper>,
        house: House,
        chance: Box<dyn Chance>,
    ) -> Result<Self, Refusal> {
        let desk = Self::closed(keeper, &Keys { seal: [0; 16], index: [0; 32] }, chance);
        desk.publish(house).await?;
        Ok(desk)
    }

    fn closed(keeper: Arc<dyn Keeper>, keys: &Keys, chance: Box<dyn Chance>) -> Self {
        Self {
            keeper,
            house: RwLock::new(Arc::new(House::default())),
            units: RwLock::new(Arc::new(Units::default())),
            sealer: Sealer::new(keys),
            chance,
            sessions: Mutex::default(),
            units_mark: Mutex::new(None),
            calendar_mark: Mutex::new(None),
            limits_by: Mutex::default(),
            late: memo::Memo::default(),
            waiting: memo::Memo::default(),
            inboxes: inbox::Inboxes::default(),
            chosen: memo::Memo::default(),
        }
    }

    /// The tables that a desk with these definitions keeps things in.
    pub fn tables(house: &House) -> Vec<engine::query::Table> {
        let mut tables = tables::tables();
        tables.extend(engine::derive::table::tables(house));
        tables
    }

    /// Puts other definitions into force; tables grow first.
    #[boxed]
    pub async fn publish(&self, house: House) -> Result<(), Refusal> {
        self.keeper.prepare(&Self::tables(&house)).await?;
        let house = self.with_calendars(house).await?;
        self.put_house(house);
        Ok(())
    }

    fn put_house(&self, house: House) {
        if let Ok(mut current) = self.house.write() {
            *current = Arc::new(house);
        }
    }

    /// The definitions in force.
    pub fn house(&self) -> Arc<House> {
        match self.house.read() {
            Ok(house) => Arc::clone(&house),
            Err(poisoned) => Arc::clone(&poisoned.into_inner()),
        }
    }

    /// The tree of units.
    pub fn units(&self) -> Arc<Units> {
        match self.units.read() {
            Ok(units) => Arc::clone(&units),
            Err(poisoned) => Arc::clone(&poisoned.into_inner()),
        }
    }

    /// Where things are kept, for verification and measurement.
    pub fn keeper(&self) -> &dyn Keeper {
        &*self.keeper
    }

    async fn reload_units(&self) -> Result<(), Refusal> {
        let loaded = Units::load(&*self.keeper).await?;
        if let Ok(mut units) = self.units.write() {
            *units = Arc::new(loaded);
        }
        Ok(())
    }

    /// Lets go of the store, with everything safe.
    #[boxed]
    pub async fn close(&self) -> Result<(), Refusal> {
        Ok(self.keeper.close().await?)
    }

    fn nonce(&self) -> [u8; 12] {
        let mut nonce = [0; 12];
        self.chance.fill(&mut nonce);
        nonce
    }
}

/// Why it was not done. The faces turn each into their own answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Refusal {
    /// Nobody is signed in, or the session has ended.
    #[error("请先登录")]
    NotSignedIn,
    /// Account, password or lock.
    #[error("{0}")]
    SignIn(String),
    /// The actor may not; says who can.
    #[error("{why}")]
    Forbidden {
        /// Why, in one sentence.
        why: String,
        /// Who can; may be empty.
        who: String,
    },
    /// There is none, or none this actor may know of.
    #[error("没有找到{0}")]
    NotFound(String),
    /// It opens when a reason is written.
    #[error("查看这份{}须先写明理由和依据", .0.kind.label)]
    ReasonRequired(Box<looks::Outline>),
    /// Something must be mended first.
    #[error("有{}处需要修改", .0.len())]
    Invalid(Vec<Problem>),
    /// Something must be confirmed first.
    #[error("有{}处请核对", .0.len())]
    Confirm(Vec<Problem>),
    /// Somebody changed the record meanwhile.
    #[error("这份档案刚刚被别人改过")]
    Changed(Box<Record>),
    /// The same idempotency key was used for something else.
    #[error("同一个请求编号用在了不同的内容上")]
    KeyReused,
    /// The store did not do it.
    #[error("{0}")]
    Store(#[from] StoreError),
}

impl Refusal {
    /// Forbidden, without naming who can.
    pub fn forbidden(why: impl Into<String>) -> Self {
        Self::Forbidden { why: why.into(), who: String::new() }
    }

    /// One problem.
    pub fn problem(problem: Problem) -> Self {
        Self::Invalid(vec![problem])
    }
}
