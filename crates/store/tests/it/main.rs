//! What a keeper owes, on every keeper; and what SQLite owes beside.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod archive;
mod carried;
mod conformance;
mod crowd;
mod evidence;
mod files;
mod logic;
mod search;
mod world;
