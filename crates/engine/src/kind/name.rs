//! 姓名: a person's name, with the dots and spaces put right.

use super::{Field, FieldKind, Reading, Taken, text_of};
use crate::{check::name, definition::House, problem::Problem, query::Cell};
use serde_json::{Value as Json, json};

/// A person's name.
#[derive(Debug)]
pub struct Name;

impl FieldKind for Name {
    fn word(&self) -> &'static str {
        "姓名"
    }

    fn read(&self, field: &Field, input: &Json, _: &Reading<'_>) -> Result<Taken, Problem> {
        let read = name::read(&text_of(field, input)?)?;
        let cells = vec![(field.id.clone(), Cell::text(read.normal))];
        Ok(Taken { cells, warnings: read.warnings, ..Taken::default() })
    }

    fn schema(&self, _: &Field, _: &House) -> Json {
        json!({ "type": "string", "minLength": 2, "maxLength": 50 })
    }

    fn mask(&self, shown: &str) -> String {
        let rest = shown.chars().count().saturating_sub(1);
        shown.chars().take(1).chain(std::iter::repeat_n('*', rest)).collect()
    }
}
