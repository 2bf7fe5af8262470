//! What is wrong with an input, said once for the person and once for programs.

use std::fmt;

/// How much a problem weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The person may confirm and go on.
    Warning,
    /// Nothing is saved until it is mended.
    Error,
}

/// One thing wrong with one field (or, with an empty field, with the record as a whole).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Field path in the record: `accepted_on`, `parties.0.id_number`; empty for the whole record.
    pub field: String,
    /// Stable name for programs: `required`, `id_number_check`, `dates_in_order`.
    pub code: String,
    /// One Chinese sentence: what is wrong, what would be right.
    pub message: String,
    /// Law, article or standard the check rests on; empty if it is our own.
    pub basis: String,
    /// Whether the person may confirm and go on.
    pub severity: Severity,
}

impl Problem {
    /// An error of `code` with its Chinese sentence.
    pub fn error(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: String::new(),
            code: code.into(),
            message: message.into(),
            basis: String::new(),
            severity: Severity::Error,
        }
    }

    /// A warning of `code` with its Chinese sentence.
    pub fn warning(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// The same problem, placed at `field`; an existing place is kept below it.
    #[must_use]
    pub fn at(mut self, field: &str) -> Self {
        self.field = match (field.is_empty(), self.field.is_empty()) {
            (true, _) => self.field,
            (false, true) => field.to_owned(),
            (false, false) => format!("{field}.{}", self.field),
        };
        self
    }

    /// The same problem with the law, article or standard it rests on.
    #[must_use]
    pub fn under(mut self, basis: impl Into<String>) -> Self {
        self.basis = basis.into();
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() {
            write!(f, "{}", self.message)
        } else {
            write!(f, "{}：{}", self.field, self.message)
        }
    }
}
