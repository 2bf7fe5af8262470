//! What follows from a definition, one derived thing a file.

pub mod describe;
pub mod statistic;
pub mod table;
