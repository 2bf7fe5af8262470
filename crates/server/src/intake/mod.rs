//! The intake: a sheet that somebody already has becomes records, line by line, each through the
//! same act as a form.
//!
//! [`grid`] reads a file into lines of text, [`engine::derive::sheet`] says what its columns are,
//! [`line`] tries one line out or makes a record of it, [`work`] does that with all of them while
//! the person looks elsewhere, [`job`] is what is known of it, and [`report`] gives the same sheet
//! back with a column that says what became of each line.
//!
//! A line is made under an idempotency key of its own content. So the same sheet, corrected and
//! taken in again, makes only what is not there yet; a process that dies half-way loses nothing.

pub mod grid;
pub mod job;
pub mod line;
pub mod report;
pub mod work;

/// Largest file taken.
pub const MOST_BYTES: usize = 20 * 1024 * 1024;
/// Lines that one sheet may have.
pub const MOST_LINES: usize = 50_000;
