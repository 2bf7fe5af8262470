//! 多行: child rows of a kind. They have a table of their own, so the field has no column; whoever
//! reads a record reads them row by row (`record::read`).

use super::{Cells, Field, FieldKind, Reading, Shape, Showing, Taken, wrong_type};
use crate::{definition::House, problem::Problem, query::Column, rule::Type};
use serde_json::{Value as Json, json};

/// Child rows.
#[derive(Debug)]
pub struct Rows {
    /// Their kind.
    pub row: String,
}

impl FieldKind for Rows {
    fn word(&self) -> &'static str {
        "多行"
    }

    fn shape(&self) -> Shape<'_> {
        Shape::Rows(&self.row)
    }

    fn columns(&self, _: &str) -> Vec<Column> {
        Vec::new()
    }

    fn read(&self, field: &Field, _: &Json, _: &Reading<'_>) -> Result<Taken, Problem> {
        Err(wrong_type(field, "多行"))
    }

    fn show(&self, _: &Field, _: &Cells, _: &Showing<'_>) -> String {
        String::new()
    }

    fn json(&self, _: &Field, _: &Cells) -> Json {
        Json::Null
    }

    fn schema(&self, _: &Field, _: &House) -> Json {
        json!({ "type": "array", "items": { "$ref": format!("#/components/schemas/{}", self.row) } })
    }

    fn rule_type(&self) -> Type {
        Type::Rows
    }
}
