//! The engine on the real definitions, and on small ones made here.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

mod around;
mod at_end;
mod deadlines;
mod definitions;
mod public;
mod rules;
mod support;
