//! 引用, 人员, 单位主体, 机构, 账号: something kept elsewhere, referred to by its id.

use super::{Cells, Field, FieldKind, Reading, Shape, Showing, Taken, wrong_type};
use crate::{definition::House, problem::Problem, query::Cell, rule::Type};
use serde_json::{Value as Json, json};

/// The record kind of the shared archive of people.
pub const PERSON: &str = "person";
/// The record kind of the shared archive of bodies.
pub const BODY: &str = "organization";

/// A reference.
#[derive(Debug)]
pub struct Reference {
    word: &'static str,
    /// Record kind; `unit` and `account` are the house's own.
    kind: String,
    level: String,
}

impl Reference {
    /// 引用 of a record kind.
    pub fn record(kind: &str) -> Self {
        Self { word: "引用", kind: kind.to_owned(), level: String::new() }
    }

    /// 人员.
    pub fn person() -> Self {
        Self { word: "人员", ..Self::record(PERSON) }
    }

    /// 单位主体.
    pub fn body() -> Self {
        Self { word: "单位主体", ..Self::record(BODY) }
    }

    /// 机构, of a level of the tree or (empty) of any.
    pub fn unit(level: &str) -> Self {
        Self { word: "机构", level: level.to_owned(), ..Self::record("unit") }
    }

    /// 账号.
    pub fn account() -> Self {
        Self { word: "账号", ..Self::record("account") }
    }
}

impl FieldKind for Reference {
    fn word(&self) -> &'static str {
        self.word
    }

    fn shape(&self) -> Shape<'_> {
        match self.kind.as_str() {
            "unit" => Shape::Unit(&self.level),
            "account" => Shape::Account,
            kind => Shape::Reference(kind),
        }
    }

    fn read(&self, field: &Field, input: &Json, _: &Reading<'_>) -> Result<Taken, Problem> {
        let id = match input {
            Json::String(id) => id.trim(),
            Json::Object(map) => match map.get("id") {
                Some(Json::String(id)) => id.trim(),
                _ => return Err(wrong_type(field, "标识")),
            },
            _ => return Err(wrong_type(field, "标识")),
        };
        let fits =
            id.len() <= 64 && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        if !fits {
            let message = format!("“{}”没有找到，请从列表中选择", field.label);
            return Err(Problem::error("not_found", message));
        }
        Ok(Taken {
            cells: vec![(field.id.clone(), Cell::text(id))],
            warnings: Vec::new(),
            ..Taken::default()
        })
    }

    fn show(&self, field: &Field, cells: &Cells, cx: &Showing<'_>) -> String {
        match cells.get(&field.id) {
            Some(Cell::Text(id)) => cx.names.name(&self.kind, id).unwrap_or_default(),
            _ => String::new(),
        }
    }

    fn schema(&self, _: &Field, _: &House) -> Json {
        json!({ "type": "string", "description": format!("id of a {}", self.kind) })
    }

    fn rule_type(&self) -> Type {
        Type::Reference(self.kind.clone())
    }
}
