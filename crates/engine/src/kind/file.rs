//! 文件: an attached file, kept by the hash of its content; the field holds `hash name`.

use super::{Cells, Field, FieldKind, Reading, Shape, Showing, Taken, text_of};
use crate::{definition::House, problem::Problem, query::Cell, rule::Type};
use serde_json::{Value as Json, json};

/// An attached file.
#[derive(Debug)]
pub struct FileKind;

/// Splits what the field holds into hash and name.
pub fn parts(kept: &str) -> (&str, &str) {
    kept.split_once(' ').unwrap_or((kept, ""))
}

impl FieldKind for FileKind {
    fn word(&self) -> &'static str {
        "文件"
    }

    fn shape(&self) -> Shape<'_> {
        Shape::File
    }

    fn read(&self, field: &Field, input: &Json, _: &Reading<'_>) -> Result<Taken, Problem> {
        let kept = text_of(field, input)?;
        let (hash, name) = parts(kept.trim());
        let is_hash = hash.len() == 64 && hash.chars().all(|c| c.is_ascii_hexdigit());
        if !is_hash || name.chars().count() > 120 {
            let message = format!("“{}”的文件没有上传成功，请重新选择", field.label);
            return Err(Problem::error("file", message));
        }
        let cells = vec![(field.id.clone(), Cell::text(format!("{hash} {name}")))];
        Ok(Taken { cells, warnings: Vec::new(), ..Taken::default() })
    }

    fn show(&self, field: &Field, cells: &Cells, _: &Showing<'_>) -> String {
        let kept = cells.get(&field.id).and_then(Cell::as_text).unwrap_or_default();
        parts(kept).1.to_owned()
    }

    fn schema(&self, _: &Field, _: &House) -> Json {
        json!({ "type": "string", "description": "answer of POST /files: hash and name" })
    }

    fn rule_type(&self) -> Type {
        Type::Opaque
    }
}
