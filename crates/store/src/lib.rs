//! Where it is kept. The only SQL in the house stands in this crate.
//!
//! Read in this order: [`seam`] says what is asked of a keeper; [`system`] are the tables keepers
//! themselves rely on; [`chain`] is the evidence; [`memory`] is the model; [`sqlite`] and
//! [`postgres`] are the real ones; [`archive`] is what leads from a backup to a later moment. Nothing
//! here knows businesses, people or permissions.

pub mod archive;
pub mod bench;
pub mod chain;
pub mod clock;
mod group;
pub mod lab;
pub mod memory;
mod numbers;
pub mod postgres;
pub mod seam;
mod shape;
mod sql;
pub mod sqlite;
pub mod system;
pub mod transfer;
pub mod words;

pub use clock::Clock;
pub use memory::MemoryKeeper;
pub use postgres::{PostgresKeeper, PostgresOptions};
pub use seam::{
    Archiving, Commit, Count, Entry, Freshness, Health, Hit, Keeper, Later, Link, Number,
    Operation, Receipt, Row, Search, Secured, StoreError, Values, Words, digits_token,
    number_token,
};
pub use sqlite::{Options, SqliteKeeper};
