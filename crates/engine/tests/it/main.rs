//! The engine on the real definitions, and on small ones made here.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

mod around;
mod at_end;
mod cases;
mod deadlines;
mod definitions;
mod dossiers;
mod draws;
mod public;
mod rules;
mod support;
