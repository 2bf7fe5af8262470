//! Where it is kept. The only SQL in the house stands in this crate.
//!
//! Read in this order: [`seam`] says what is asked of a keeper; [`system`] are the tables keepers
//! themselves rely on; [`chain`] is the evidence; [`memory`] is the model; [`sqlite`] is the real
//! one. Nothing here knows businesses, people or permissions.

pub mod seam;
pub mod system;
pub mod clock;
pub mod chain;
pub mod memory;
pub mod sqlite;
pub mod bench;
mod numbers;
mod shape;

pub use clock::Clock;
pub use memory::MemoryKeeper;
pub use seam::{
    Commit, Count, Entry, Keeper, Later, Number, Operation, Receipt, Row, StoreError, Values,
    number_token,
};
pub use sqlite::{Options, SqliteKeeper};
