//! What a keeper owes, on every keeper; and what SQLite and PostgreSQL owe beside.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod archive;
mod carried;
mod conformance;
mod crowd;
mod evidence;
mod files;
mod logic;
mod proxy;
mod search;
mod servers;
mod ways;
mod world;
