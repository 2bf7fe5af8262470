//! 证件号: the number of an identity document, checked by its type.

use super::{Field, FieldKind, Reading, Taken, text_of};
use crate::{check::id_number, definition::House, problem::Problem, query::Cell};
use serde_json::{Value as Json, json};

/// The number of an identity document.
#[derive(Debug)]
pub struct IdNumberKind {
    /// Field that holds the document's type; empty or unfilled: resident identity card.
    pub type_field: String,
}

impl FieldKind for IdNumberKind {
    fn word(&self) -> &'static str {
        "证件号"
    }

    fn read(&self, field: &Field, input: &Json, cx: &Reading<'_>) -> Result<Taken, Problem> {
        let id_type = cx.siblings.get(&self.type_field).and_then(Json::as_str).unwrap_or("111");
        let read = id_number::read(&text_of(field, input)?, id_type, cx.today)?;
        let cells = vec![(field.id.clone(), Cell::text(read.normal))];
        Ok(Taken { cells, warnings: read.warnings })
    }

    fn schema(&self, _: &Field, _: &House) -> Json {
        json!({ "type": "string", "maxLength": 32, "description": "GB 11643 where it is a resident identity card" })
    }

    fn mask(&self, shown: &str) -> String {
        id_number::mask(shown)
    }
}
