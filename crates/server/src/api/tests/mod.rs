//! The JSON face over a whole house in memory: personas are clients, and a scenario also says which
//! log entries it left.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod closed;
mod filings;
mod hostile;
mod inbox;
mod looks;
mod manners;
mod merging;
mod papers;
mod same;
mod walk;
mod world;
