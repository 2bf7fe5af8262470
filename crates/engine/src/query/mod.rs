//! Questions about kept rows, as data. A rule compiles to a [`Filter`], an access predicate is a
//! [`Filter`], a list page asks a [`Select`]. The engine answers a filter in memory with
//! [`Filter::holds`]; the `store` crate turns the same tree into SQL. Nothing here knows SQL.
//!
//! Logic has three values, as in SQL: `Some(true)`, `Some(false)` and `None` for "a value is
//! missing". A list shows rows for which its filter is true; a rule refuses a record for which its
//! condition is false; what is unknown does neither.

mod answer;
mod filter;
mod table;

pub use answer::{Source, compare};
pub use filter::{Comparison, Filter, Rows, Select, Sort, Term};
pub use table::{Column, ColumnType, Index, Placement, Table};

/// A value as it is kept: the three storage types that every engine shares.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cell {
    /// Nothing known.
    Null,
    /// Whole numbers, yes/no as 1 and 0, money in 分, moments in milliseconds since 1970 UTC.
    Int(i64),
    /// Text of at least one character; dates as `YYYY-MM-DD`; JSON as text.
    Text(String),
}

impl Cell {
    /// Text, or null where the text is empty: an empty text is never kept.
    pub fn text(value: impl Into<String>) -> Self {
        let value = value.into();
        if value.is_empty() { Self::Null } else { Self::Text(value) }
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number, if it is one.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// Whether nothing is known.
    pub fn is_null(&self) -> bool {
        *self == Self::Null
    }
}

impl From<i64> for Cell {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<bool> for Cell {
    fn from(value: bool) -> Self {
        Self::Int(i64::from(value))
    }
}

impl From<&str> for Cell {
    fn from(value: &str) -> Self {
        Self::text(value)
    }
}

impl From<String> for Cell {
    fn from(value: String) -> Self {
        Self::text(value)
    }
}

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
