//! 多选: several codes of a table, kept as a JSON list in order of the table.

use super::{Cells, Field, FieldKind, Reading, Shape, Showing, Taken, code::find, wrong_type};
use crate::{definition::House, problem::Problem, query::Cell, rule::Type};
use serde_json::{Value as Json, json};

/// Several codes.
#[derive(Debug)]
pub struct CodesKind {
    /// Their table.
    pub table: String,
}

fn kept(field: &Field, cells: &Cells) -> Vec<String> {
    let text = cells.get(&field.id).and_then(Cell::as_text).unwrap_or("[]");
    serde_json::from_str(text).unwrap_or_default()
}

impl FieldKind for CodesKind {
    fn word(&self) -> &'static str {
        "多选"
    }

    fn shape(&self) -> Shape<'_> {
        Shape::Codes(&self.table)
    }

    fn read(&self, field: &Field, input: &Json, cx: &Reading<'_>) -> Result<Taken, Problem> {
        let typed: Vec<String> = match input {
            Json::String(text) => text
                .split([',', '，', '、', ' '])
                .filter(|t| !t.is_empty())
                .map(str::to_owned)
                .collect(),
            Json::Array(list) => list
                .iter()
                .map(|item| item.as_str().map(str::to_owned))
                .collect::<Option<_>>()
                .ok_or_else(|| wrong_type(field, "代码的列表"))?,
            _ => return Err(wrong_type(field, "代码的列表")),
        };
        let mut codes = Vec::new();
        for typed in &typed {
            codes.push(find(&self.table, field, typed, cx)?);
        }
        codes.sort();
        codes.dedup();
        let text = Json::from(codes).to_string();
        Ok(Taken {
            cells: vec![(field.id.clone(), Cell::Text(text))],
            warnings: Vec::new(),
            ..Taken::default()
        })
    }

    fn show(&self, field: &Field, cells: &Cells, cx: &Showing<'_>) -> String {
        let codes = kept(field, cells);
        let names: Vec<&str> = codes.iter().map(|c| cx.house.code_name(&self.table, c)).collect();
        names.join("、")
    }

    fn typed(&self, field: &Field, cells: &Cells) -> String {
        kept(field, cells).join(",")
    }

    fn json(&self, field: &Field, cells: &Cells) -> Json {
        match cells.get(&field.id) {
            Some(Cell::Text(_)) => Json::from(kept(field, cells)),
            _ => Json::Null,
        }
    }

    fn schema(&self, _: &Field, house: &House) -> Json {
        let codes = house.codes.get(&self.table).map_or(Vec::new(), |t| t.codes.clone());
        let one = codes.iter().map(|c| json!({ "const": c.code, "title": c.name }));
        json!({ "type": "array", "items": { "type": "string", "oneOf": one.collect::<Vec<_>>() } })
    }

    fn rule_type(&self) -> Type {
        Type::Codes(self.table.clone())
    }
}
