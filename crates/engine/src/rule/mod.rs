//! The rule language: small, total, typed, no loops, no effects.
//!
//! A rule is compiled once, against the kind of record it is about, into one tree, a
//! [`Filter`]. The tree gives the answer for a record in memory ([`Rule::holds`]), the filter of a
//! list (the `store` crate turns the same tree into SQL), and while it is built the parser writes
//! the sentence that people read ([`Rule::words`]). Logic has three values; see [`crate::query`].

mod arithmetic;
mod compile;
mod figure;
mod others;
mod parse;
mod scope;

pub use figure::{Figure, Figures, When, Worked};
pub use scope::{Scope, Type};

use crate::{
    definition::{Finding, Place},
    query::{Filter, Source, Term},
};

/// A rule: as written, and (after the definitions are checked) as compiled. Definitions have many
/// places for rules and few rules, so a place takes one word of memory.
#[derive(Clone, Debug)]
pub struct Rule(Box<RuleParts>);

/// What a rule consists of.
#[derive(Clone, Debug)]
pub struct RuleParts {
    /// As written.
    pub text: String,
    /// Where.
    pub place: Place,
    /// What it asks; `Nothing` until compiled.
    pub filter: Filter,
    /// The value it computes, for 计算 fields.
    pub value: Option<Term>,
    /// What it says, in Chinese.
    pub words: String,
    /// Ids of the record's own fields it looks at.
    pub fields: Vec<String>,
}

impl std::ops::Deref for Rule {
    type Target = RuleParts;
    fn deref(&self) -> &RuleParts {
        &self.0
    }
}

impl Rule {
    /// A rule as written, not compiled yet.
    pub(crate) fn written(written: crate::definition::Written) -> Self {
        Self::new(written.text, written.place)
    }

    /// A rule of `text` at `place`, not compiled yet.
    pub fn new(text: String, place: Place) -> Self {
        Self(Box::new(RuleParts {
            text,
            place,
            filter: Filter::Nothing,
            value: None,
            words: String::new(),
            fields: Vec::new(),
        }))
    }

    /// Compiles it as a condition on records of `scope`.
    pub fn compile(&mut self, scope: &Scope<'_>) -> Result<(), Finding> {
        let compiled = compile::condition(&self.text, scope).map_err(|e| self.finding(e))?;
        self.0.filter = compiled.filter;
        self.0.words = compiled.words;
        self.0.fields = compiled.fields;
        Ok(())
    }

    /// Compiles it as a value computed from records of `scope`.
    pub fn compile_value(&mut self, scope: &Scope<'_>) -> Result<Type, Finding> {
        let compiled = compile::value(&self.text, scope).map_err(|e| self.finding(e))?;
        self.0.value = Some(compiled.term);
        self.0.words = compiled.words;
        self.0.fields = compiled.fields;
        Ok(compiled.value_type)
    }

    fn finding(&self, error: RuleError) -> Finding {
        let mut place = self.place.clone();
        // The place of the rule is its opening quote; the error counts characters behind it.
        place.column += error.at + 1;
        let mut finding =
            Finding::new(error.number, &place, format!("规则“{}”：{}", self.text, error.message));
        finding.fix = error.fix;
        finding
    }

    /// The answer for one record: yes, no, or `None` for unknown.
    pub fn holds(&self, source: &dyn Source) -> Option<bool> {
        self.filter.holds(source)
    }
}

/// What is wrong with a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleError {
    /// Number of the finding.
    pub number: u16,
    /// Characters before the place.
    pub at: usize,
    /// What is wrong.
    pub message: String,
    /// The likely fix.
    pub fix: String,
}
