//! The tree of a question.

use super::Cell;

/// How two terms are compared. Text compares by code point, so ISO dates compare as dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `≠`
    NotEqual,
    /// `<`
    Less,
    /// `≤`
    LessOrEqual,
    /// `>`
    Greater,
    /// `≥`
    GreaterOrEqual,
}

/// Other rows of the same county that are counted for the row asked about. The row itself is never
/// one of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rows {
    /// Their table.
    pub table: String,
    /// Their column that says what they belong to.
    pub column: String,
    /// Column of the row asked about that says the same; `None`: its id.
    pub of: Option<String>,
}

impl Rows {
    /// The child rows of a table: they refer to the row asked about by `county`, `parent`.
    pub fn children(table: &str) -> Self {
        Self { table: table.to_owned(), column: "parent".to_owned(), of: None }
    }

    /// Whether they are child rows of that table.
    pub fn are_children(&self) -> bool {
        self.column == "parent" && self.of.is_none()
    }
}

impl From<String> for Rows {
    fn from(table: String) -> Self {
        Self::children(&table)
    }
}

/// Something that has a value in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Term {
    /// A constant.
    Value(Cell),
    /// A column of the row asked about.
    Column(String),
    /// Inside a condition on other rows: a column of the row that the whole question is about.
    Outer(String),
    /// The calendar day of the question, in China (UTC+8), as `YYYY-MM-DD`.
    Today,
    /// A column of the record that `column` refers to, in the same county.
    Linked {
        /// Column of this row that holds the other record's id.
        column: String,
        /// Table of the other record.
        table: String,
        /// Column of the other record.
        target: String,
    },
    /// Sum of two whole numbers; null if either is null.
    Plus(Box<Term>, Box<Term>),
    /// Difference of two whole numbers; null if either is null.
    Minus(Box<Term>, Box<Term>),
    /// Product of two whole numbers; null if either is null.
    Times(Box<Term>, Box<Term>),
    /// Quotient of two whole numbers without its fraction; null if either is null or the second 0.
    Quotient(Box<Term>, Box<Term>),
    /// The first, or the second where the first is null.
    Coalesce(Box<Term>, Box<Term>),
    /// A date moved by a number of calendar days; null if either is null.
    AddDays(Box<Term>, Box<Term>),
    /// A date moved by a number of calendar months, to the month's last day where it has no such
    /// day; null if either is null.
    AddMonths(Box<Term>, Box<Term>),
    /// A date moved by a number of working days; null if either is null, or where no calendar is at
    /// hand. A database does not know it.
    AddWorkDays(Box<Term>, Box<Term>),
    /// Working days after the first date up to the second; null as above.
    WorkDays(Box<Term>, Box<Term>),
    /// The year of a date; null if it is null.
    Year(Box<Term>),
    /// The month of a date, 1 to 12; null if it is null.
    Month(Box<Term>),
    /// Whole days from the first date to the second; null if either is null.
    DaysBetween(Box<Term>, Box<Term>),
    /// Whole years from the first date to the second (an age); null if either is null.
    YearsBetween(Box<Term>, Box<Term>),
    /// Number of characters of a text; null if it is null.
    Length(Box<Term>),
    /// The level of the unit with this code, 省 市 县 乡 村; null if it is no such code.
    Level(Box<Term>),
    /// Number of other rows for which the filter is true; never null.
    Count {
        /// The rows.
        rows: Rows,
        /// Which of them.
        filter: Box<Filter>,
    },
    /// Sum of a whole-number column over other rows for which the filter is true; 0 if none.
    Sum {
        /// The rows.
        rows: Rows,
        /// Column summed; nulls count as 0.
        column: String,
        /// Which of them.
        filter: Box<Filter>,
    },
    /// Least or greatest value of a column over other rows for which the filter is true; null if
    /// none has one.
    Extreme {
        /// The rows.
        rows: Rows,
        /// Column looked at.
        column: String,
        /// Which of them.
        filter: Box<Filter>,
        /// The greatest.
        greatest: bool,
    },
    /// How many other rows repeat a value of `column` that another of them has already: values that
    /// are not null, less distinct values. Never null.
    Repeats {
        /// The rows.
        rows: Rows,
        /// Column looked at.
        column: String,
    },
}

impl Term {
    /// Calls `each` with the term and every term in it.
    pub fn walk(&self, each: &mut dyn FnMut(&Self)) {
        each(self);
        match self {
            Self::Plus(a, b)
            | Self::Minus(a, b)
            | Self::Times(a, b)
            | Self::Quotient(a, b)
            | Self::Coalesce(a, b)
            | Self::AddDays(a, b)
            | Self::AddMonths(a, b)
            | Self::AddWorkDays(a, b)
            | Self::WorkDays(a, b)
            | Self::DaysBetween(a, b)
            | Self::YearsBetween(a, b) => {
                a.walk(each);
                b.walk(each);
            }
            Self::Length(term) | Self::Level(term) | Self::Year(term) | Self::Month(term) => {
                term.walk(each);
            }
            Self::Count { filter, .. }
            | Self::Sum { filter, .. }
            | Self::Extreme { filter, .. } => filter.terms(each),
            Self::Value(_)
            | Self::Column(_)
            | Self::Outer(_)
            | Self::Today
            | Self::Linked { .. }
            | Self::Repeats { .. } => {}
        }
    }

    /// The other rows that it counts.
    pub fn rows(&self) -> Option<&Rows> {
        match self {
            Self::Count { rows, .. }
            | Self::Sum { rows, .. }
            | Self::Extreme { rows, .. }
            | Self::Repeats { rows, .. } => Some(rows),
            _ => None,
        }
    }
}

/// A question with the answers yes, no and unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Every row.
    Everything,
    /// No row.
    Nothing,
    /// Two terms compared; unknown if either is null.
    Compare(Term, Comparison, Term),
    /// One of several values; unknown if the term is null, no if the list is empty.
    In(Term, Vec<Cell>),
    /// Whether the term is null; never unknown.
    IsNull(Term),
    /// Whether a text starts with another.
    StartsWith(Term, String),
    /// Whether a text contains another; `%` and `_` mean themselves.
    Contains(Term, String),
    /// Whether a JSON list of texts, as kept for several codes, has this text.
    Has(Term, String),
    /// All of them (none: yes).
    All(Vec<Filter>),
    /// Any of them (none: no).
    Any(Vec<Filter>),
    /// The opposite; unknown stays unknown.
    Not(Box<Filter>),
    /// Whether it is true; never unknown.
    Surely(Box<Filter>),
    /// Whether a filter is true for the record that `column` refers to, in the same county; never
    /// unknown, and no where there is none.
    Refers {
        /// Column of this row that holds the other record's id.
        column: String,
        /// Table of the other record.
        table: String,
        /// What is asked of it.
        filter: Box<Filter>,
    },
}

impl Filter {
    /// `column = value`.
    pub fn equal(column: &str, value: impl Into<Cell>) -> Self {
        Self::Compare(Term::Column(column.to_owned()), Comparison::Equal, Term::Value(value.into()))
    }

    /// Calls `each` with every term in it, those of rows counted inside terms too.
    pub fn terms(&self, each: &mut dyn FnMut(&Term)) {
        match self {
            Self::Everything | Self::Nothing => {}
            Self::Compare(left, _, right) => {
                left.walk(each);
                right.walk(each);
            }
            Self::In(term, _)
            | Self::IsNull(term)
            | Self::StartsWith(term, _)
            | Self::Contains(term, _)
            | Self::Has(term, _) => term.walk(each),
            Self::All(filters) | Self::Any(filters) => {
                filters.iter().for_each(|filter| filter.terms(each));
            }
            Self::Not(filter) | Self::Surely(filter) | Self::Refers { filter, .. } => {
                filter.terms(each);
            }
        }
    }

    /// Both; `Everything` vanishes and `Nothing` wins.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Everything, only) | (only, Self::Everything) => only,
            (Self::Nothing, _) | (_, Self::Nothing) => Self::Nothing,
            (Self::All(mut all), Self::All(more)) => {
                all.extend(more);
                Self::All(all)
            }
            (Self::All(mut all), more) => {
                all.push(more);
                Self::All(all)
            }
            (first, second) => Self::All(vec![first, second]),
        }
    }

    /// Either; `Nothing` vanishes and `Everything` wins.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nothing, only) | (only, Self::Nothing) => only,
            (Self::Everything, _) | (_, Self::Everything) => Self::Everything,
            (first, second) => Self::Any(vec![first, second]),
        }
    }
}

/// One step of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    /// Column; nulls come first going up, last going down.
    pub column: String,
    /// Greatest first.
    pub descending: bool,
}

impl Sort {
    /// Smallest first.
    pub fn up(column: &str) -> Self {
        Self { column: column.to_owned(), descending: false }
    }

    /// Greatest first.
    pub fn down(column: &str) -> Self {
        Self { column: column.to_owned(), descending: true }
    }
}

/// Rows of one table that a filter is true for, in an order, after a place, up to a limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Select {
    /// The table.
    pub table: String,
    /// Which columns to bring, in this order.
    pub columns: Vec<String>,
    /// Which rows.
    pub filter: Filter,
    /// In which order. For keyset paging the caller ends it with a unique column.
    pub order: Vec<Sort>,
    /// Start behind the row whose `order` columns had these values (same length as `order`).
    pub after: Option<Vec<Cell>>,
    /// At most so many rows.
    pub limit: u32,
}

impl Select {
    /// Everything of `table`, to be narrowed with the fields.
    pub fn from(table: &str, columns: &[&str]) -> Self {
        Self {
            table: table.to_owned(),
            columns: columns.iter().map(|&c| c.to_owned()).collect(),
            filter: Filter::Everything,
            order: Vec::new(),
            after: None,
            limit: u32::MAX,
        }
    }

    /// The same, of these rows only (on top of what was asked before).
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = self.filter.and(filter);
        self
    }

    /// The same, in this order.
    #[must_use]
    pub fn order(mut self, order: Vec<Sort>) -> Self {
        self.order = order;
        self
    }

    /// The same, at most so many rows.
    #[must_use]
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = limit;
        self
    }
}
