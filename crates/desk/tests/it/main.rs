//! The desk, with real definitions, on the memory keeper and on SQLite.

#![recursion_limit = "256"]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod access;
mod accounts;
mod acts;
mod around;
mod at_end;
mod between;
mod cases;
mod days;
mod draws;
mod figures;
mod inbox;
mod kept;
mod limits;
mod looks;
mod merge;
mod motion;
mod once;
mod proofs;
mod public;
mod rounds;
mod sealed;
mod search;
mod shared;
mod stocks;
mod units;
mod world;
