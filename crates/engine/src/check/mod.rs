//! Checks of national standards on single values. Pure text in, normal form or problem out.
//!
//! Each file reads one kind of value as a person types it, brings it to the one form that is kept,
//! and says in one Chinese sentence what is wrong and what would be right. Harmless differences
//! (full width, spaces, lower case) are put right without a word; doubts are warnings that the
//! person may confirm. What depends on a second field or record is left to the rules of a
//! definition. Nothing here knows of clocks: the day is passed in.

pub mod amount;
pub mod date;
pub mod email;
pub mod id_number;
pub mod name;
pub mod phone;
pub mod postcode;
pub mod text;
pub mod uscc;

#[cfg(test)]
mod hostile;

use crate::problem::Problem;

/// A value in the form that is kept, with the doubts its reader has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The one form that is kept and compared.
    pub normal: String,
    /// Doubts the person may confirm; empty if there are none.
    pub warnings: Vec<Problem>,
}

impl Checked {
    /// A value without doubts.
    fn sure(normal: String) -> Self {
        Self { normal, warnings: Vec::new() }
    }
}
