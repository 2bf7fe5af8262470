//! What follows from a definition, one derived thing a file.

pub mod api;
pub mod between;
pub mod describe;
pub mod document;
pub mod dossier;
pub mod seal;
pub mod search;
pub mod sheet;
pub mod statistic;
pub mod table;
