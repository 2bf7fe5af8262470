//! 电话: mobile or landline.

use super::{Field, FieldKind, Reading, Taken, text_of};
use crate::{check::phone, definition::House, problem::Problem, query::Cell};
use serde_json::{Value as Json, json};

/// A telephone number.
#[derive(Debug)]
pub struct Phone;

impl FieldKind for Phone {
    fn word(&self) -> &'static str {
        "电话"
    }

    fn read(&self, field: &Field, input: &Json, _: &Reading<'_>) -> Result<Taken, Problem> {
        let read = phone::read(&text_of(field, input)?)?;
        let cells = vec![(field.id.clone(), Cell::text(read.normal))];
        Ok(Taken { cells, warnings: Vec::new(), ..Taken::default() })
    }

    fn schema(&self, _: &Field, _: &House) -> Json {
        json!({ "type": "string", "maxLength": 32, "description": "telephone" })
    }

    fn mask(&self, shown: &str) -> String {
        phone::mask(shown)
    }
}
