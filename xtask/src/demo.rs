//! The main job of the README: from a fresh clone to a running platform.

use std::os::unix::process::CommandExt;

use crate::process::{binary, build, command, run as run_to_end};
use crate::{fonts, root};

/// Builds, then becomes the platform: its output, its signals and its exit code are its own.
pub fn run(args: &[String]) -> Result<(), String> {
    prepare()?;
    let mut demo = command(&binary().to_string_lossy(), &["demo"]);
    let error = demo.args(args).exec();
    Err(format!("the demo did not start: {error}"))
}

/// Writes the derived files of `businesses/` anew, to be looked at and committed.
pub fn write_derived() -> Result<(), String> {
    prepare()?;
    run_to_end(command(&binary().to_string_lossy(), &["check", "businesses", "--write-derived"]))
}

pub(crate) fn prepare() -> Result<(), String> {
    fonts::ensure(&root())?;
    build()
}
