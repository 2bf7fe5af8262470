//! 信用代码: unified social credit code, GB 32100.

use super::{Field, FieldKind, Reading, Taken, text_of};
use crate::{check::uscc, definition::House, problem::Problem, query::Cell};
use serde_json::{Value as Json, json};

/// A unified social credit code.
#[derive(Debug)]
pub struct Uscc;

impl FieldKind for Uscc {
    fn word(&self) -> &'static str {
        "信用代码"
    }

    fn read(&self, field: &Field, input: &Json, _: &Reading<'_>) -> Result<Taken, Problem> {
        let read = uscc::read(&text_of(field, input)?)?;
        let cells = vec![(field.id.clone(), Cell::text(read.normal))];
        Ok(Taken { cells, warnings: read.warnings, ..Taken::default() })
    }

    fn schema(&self, _: &Field, _: &House) -> Json {
        json!({ "type": "string", "pattern": "^[0-9A-HJ-NPQRTUWXY]{18}$" })
    }
}
