//! `fengqiao`: how the house is spoken to. One binary, every role a subcommand.
//!
//! [`cli`] reads the command line; [`app`] holds what a running server needs; [`web`] speaks HTML,
//! [`api`] speaks JSON, [`demo`] makes an invented province. HTTP, HTML and JSON on the wire exist
//! only in this crate.

mod api;
mod app;
mod bench;
mod businesses;
mod cli;
mod clock;
mod demo;
mod documents;
mod files;
mod ics;
mod intake;
mod live;
mod official;
mod reach;
mod serve;
mod sheets;
mod vault;
mod web;

/// Records are many small maps: an allocator made for that saves a sixth of the time of an act.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cli::run()
}
