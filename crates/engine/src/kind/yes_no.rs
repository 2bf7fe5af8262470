//! 是否: yes or no, kept as 1 or 0.

use super::{Cells, Field, FieldKind, Reading, Shape, Showing, Taken, wrong_type};
use crate::{
    definition::House,
    problem::Problem,
    query::{Cell, Column},
    rule::Type,
};
use serde_json::{Value as Json, json};

/// Yes or no.
#[derive(Debug)]
pub struct YesNo;

impl FieldKind for YesNo {
    fn word(&self) -> &'static str {
        "是否"
    }

    fn shape(&self) -> Shape<'_> {
        Shape::YesNo
    }

    fn columns(&self, id: &str) -> Vec<Column> {
        vec![Column::int(id)]
    }

    fn read(&self, field: &Field, input: &Json, _: &Reading<'_>) -> Result<Taken, Problem> {
        let yes = match input {
            Json::Bool(yes) => *yes,
            Json::String(text) => match text.trim() {
                "是" | "1" | "true" => true,
                "否" | "0" | "false" => false,
                _ => return Err(wrong_type(field, "“是”或者“否”")),
            },
            _ => return Err(wrong_type(field, "“是”或者“否”")),
        };
        Ok(Taken {
            cells: vec![(field.id.clone(), Cell::from(yes))],
            warnings: Vec::new(),
            ..Taken::default()
        })
    }

    fn show(&self, field: &Field, cells: &Cells, _: &Showing<'_>) -> String {
        match cells.get(&field.id) {
            Some(Cell::Int(1)) => "是".to_owned(),
            Some(Cell::Int(_)) => "否".to_owned(),
            _ => String::new(),
        }
    }

    fn json(&self, field: &Field, cells: &Cells) -> Json {
        match cells.get(&field.id) {
            Some(Cell::Int(number)) => Json::Bool(*number == 1),
            _ => Json::Null,
        }
    }

    fn schema(&self, _: &Field, _: &House) -> Json {
        json!({ "type": "boolean" })
    }

    fn rule_type(&self) -> Type {
        Type::YesNo
    }
}
