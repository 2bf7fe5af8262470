//! Pages as a browser gets them, over definitions of the tests' own: the face is generic, so its
//! tests need no business.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod away;
mod door;
mod events;
mod figures;
mod forms;
mod inbox;
mod intake;
mod lists;
mod looks;
mod merge;
mod papers;
mod public;
mod world;
