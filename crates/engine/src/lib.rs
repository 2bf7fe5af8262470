//! What follows from a definition. Three nouns: *definition* (what a business says), *record*
//! (what was kept), *action* (what somebody does to a record).
//!
//! The engine is a function: same definition, record, actor and moment, same answer. It knows
//! nothing of clocks, chance, files, networks or async.

pub mod check;
pub mod deadline;
pub mod definition;
pub mod derive;
pub mod draw;
pub mod kind;
pub mod problem;
pub mod query;
pub mod record;
pub mod rule;
