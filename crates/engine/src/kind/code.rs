//! 代码: one code of a table.

use super::{Cells, Field, FieldKind, Reading, Shape, Showing, Taken, text_of};
use crate::{definition::House, problem::Problem, query::Cell, rule::Type};
use serde_json::{Value as Json, json};

/// A code.
#[derive(Debug)]
pub struct CodeKind {
    /// Its table.
    pub table: String,
}

/// Finds a code by itself or by its name.
pub fn find(table: &str, field: &Field, typed: &str, cx: &Reading<'_>) -> Result<String, Problem> {
    let typed = typed.trim();
    let codes = cx.house.codes.get(table);
    let code = codes.and_then(|t| t.get(typed).or_else(|| t.by_name(typed)));
    let label = &field.label;
    match code {
        None => {
            let shown: String = typed.chars().take(20).collect();
            let message = format!("“{label}”没有“{shown}”这一项，请从列表中选择");
            Err(Problem::error("code", message).under(&field.basis))
        }
        Some(code) if !code.is_valid_on(cx.today) => {
            let message = format!("“{label}”的“{}”已经停用，请另选", code.name);
            Err(Problem::error("code_expired", message).under(&code.basis))
        }
        Some(code) => Ok(code.code.clone()),
    }
}

impl FieldKind for CodeKind {
    fn word(&self) -> &'static str {
        "代码"
    }

    fn shape(&self) -> Shape<'_> {
        Shape::Code(&self.table)
    }

    fn read(&self, field: &Field, input: &Json, cx: &Reading<'_>) -> Result<Taken, Problem> {
        let code = find(&self.table, field, &text_of(field, input)?, cx)?;
        Ok(Taken {
            cells: vec![(field.id.clone(), Cell::Text(code))],
            warnings: Vec::new(),
            ..Taken::default()
        })
    }

    fn show(&self, field: &Field, cells: &Cells, cx: &Showing<'_>) -> String {
        match cells.get(&field.id) {
            Some(Cell::Text(code)) => cx.house.code_name(&self.table, code).to_owned(),
            _ => String::new(),
        }
    }

    fn schema(&self, _: &Field, house: &House) -> Json {
        let codes = house.codes.get(&self.table).map_or(Vec::new(), |t| t.codes.clone());
        let one = codes.iter().map(|c| json!({ "const": c.code, "title": c.name }));
        json!({ "type": "string", "oneOf": one.collect::<Vec<_>>() })
    }

    fn rule_type(&self) -> Type {
        Type::Code(self.table.clone())
    }
}
