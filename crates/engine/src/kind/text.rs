//! 文本, 长文本: text in one line or many.

use super::{Field, FieldKind, Reading, Shape, Taken, text_of};
use crate::{
    check::text,
    definition::{Bound, House},
    problem::Problem,
    query::Cell,
};
use serde_json::{Value as Json, json};

/// Text.
#[derive(Debug)]
pub struct Text {
    /// Whether it may have many lines.
    pub long: bool,
}

impl Text {
    fn most(&self, field: &Field) -> i64 {
        match field.most {
            Some(Bound::Number(most)) => most,
            _ if self.long => 4_000,
            _ => 200,
        }
    }
}

impl FieldKind for Text {
    fn word(&self) -> &'static str {
        if self.long { "长文本" } else { "文本" }
    }

    fn shape(&self) -> Shape<'_> {
        if self.long { Shape::Long } else { Shape::Plain }
    }

    fn read(&self, field: &Field, input: &Json, _: &Reading<'_>) -> Result<Taken, Problem> {
        let typed = text_of(field, input)?;
        let value = if self.long { text::normalise(&typed) } else { text::one_line(&typed) };
        let value = value.trim();
        let length = value.chars().count() as i64;
        let label = &field.label;
        if length > self.most(field) {
            let message = format!("“{label}”最多{}字，现在有{length}字", self.most(field));
            return Err(Problem::error("too_long", message).under(&field.basis));
        }
        if let Some(Bound::Number(least)) = field.least {
            if length < least {
                let message = format!("“{label}”至少要写{least}个字，现在有{length}个");
                return Err(Problem::error("too_short", message).under(&field.basis));
            }
            if length >= 3 && text::is_repetitive(value) {
                let message = format!("“{label}”只有重复的字符，请写明实际情况");
                return Err(Problem::error("repetitive", message).under(&field.basis));
            }
        }
        let cells = vec![(field.id.clone(), Cell::text(value))];
        Ok(Taken { cells, warnings: Vec::new(), ..Taken::default() })
    }

    fn schema(&self, field: &Field, _: &House) -> Json {
        json!({ "type": "string", "maxLength": self.most(field) })
    }
}
