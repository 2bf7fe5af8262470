//! 计算: a value worked out from the record whenever it is written.

use super::{Cells, Field, FieldKind, Reading, Shape, Showing, Taken};
use crate::{
    definition::{House, Place},
    problem::Problem,
    query::{Cell, Column, ColumnType},
    rule::{Rule, Type},
};
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// A computed value.
#[derive(Debug)]
pub struct Computed {
    rule: Rule,
    value_type: Type,
}

impl Computed {
    /// Computes `text`, once compiled.
    pub fn new(text: &str) -> Self {
        let rule = Rule::new(text.to_owned(), Place::default());
        Self { rule, value_type: Type::Number { scale: 0 } }
    }
}

impl FieldKind for Computed {
    fn word(&self) -> &'static str {
        "计算"
    }

    fn shape(&self) -> Shape<'_> {
        Shape::Computed
    }

    fn columns(&self, id: &str) -> Vec<Column> {
        let column_type = match self.value_type {
            Type::Number { .. } | Type::YesNo => ColumnType::Int,
            _ => ColumnType::Text,
        };
        vec![Column { name: id.to_owned(), column_type, required: false }]
    }

    fn read(&self, field: &Field, _: &Json, _: &Reading<'_>) -> Result<Taken, Problem> {
        Err(Problem::error("read_only", format!("“{}”由系统计算，不能填写", field.label)))
    }

    fn show(&self, field: &Field, cells: &Cells, _: &Showing<'_>) -> String {
        match (cells.get(&field.id), &self.value_type) {
            // Hundredths without a unit of their own are money.
            (Some(Cell::Int(n)), Type::Number { scale: 2 }) if field.unit.is_empty() => {
                format!("{}元", crate::check::amount::yuan(*n))
            }
            (Some(Cell::Int(n)), Type::Number { scale }) => {
                format!("{}{}", super::number::decimal(*n, *scale), field.unit)
            }
            (Some(Cell::Int(n)), _) => format!("{n}{}", field.unit),
            (Some(Cell::Text(text)), Type::Date) => {
                text.parse().map(crate::check::date::show).unwrap_or_default()
            }
            (Some(Cell::Text(text)), _) => text.clone(),
            _ => String::new(),
        }
    }

    fn json(&self, field: &Field, cells: &Cells) -> Json {
        match (cells.get(&field.id), &self.value_type) {
            (Some(Cell::Int(n)), Type::Number { scale }) if *scale > 0 => {
                Json::from(super::number::decimal(*n, *scale))
            }
            (Some(Cell::Int(n)), _) => Json::from(*n),
            (Some(Cell::Text(text)), _) => Json::from(text.as_str()),
            _ => Json::Null,
        }
    }

    fn schema(&self, _: &Field, _: &House) -> Json {
        let kind = match self.value_type {
            Type::Number { scale: 0 } | Type::YesNo => "integer",
            _ => "string",
        };
        json!({ "type": [kind, "null"], "readOnly": true, "description": self.rule.words })
    }

    fn rule_type(&self) -> Type {
        self.value_type.clone()
    }

    fn rule(&self) -> Option<&Rule> {
        Some(&self.rule)
    }

    fn with_rule(&self, rule: Rule, value_type: Type) -> Option<Arc<dyn FieldKind>> {
        Some(Arc::new(Self { rule, value_type }))
    }
}
