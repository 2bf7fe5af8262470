//! 文件: an attached file, kept by the hash of its content; the field holds `hash name`.

use super::{Cells, Field, FieldKind, Reading, Shape, Showing, Taken, text_of};
use crate::{definition::House, problem::Problem, query::Cell, rule::Type};
use serde_json::{Value as Json, json};

/// An attached file.
#[derive(Debug)]
pub struct FileKind {
    /// What it must fit into where it is a photograph; larger pictures are made smaller.
    pub photo: Option<Photo>,
}

/// The room a photograph must fit into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Photo {
    /// Greatest width in pixels.
    pub width: u32,
    /// Greatest height in pixels.
    pub height: u32,
    /// Greatest size in bytes.
    pub bytes: usize,
}

impl Photo {
    /// Reads `295x413 100KB`.
    pub fn read(text: &str) -> Option<Self> {
        let (size, bytes) = text.trim().split_once(' ')?;
        let (width, height) = size.split_once(['x', '×'])?;
        let thousands: usize = bytes.trim().strip_suffix("KB")?.parse().ok()?;
        let (width, height) = (width.parse().ok()?, height.parse().ok()?);
        let sensible = (1..=10_000).contains(&width) && (1..=10_000).contains(&height);
        let bytes = thousands.checked_mul(1024).filter(|bytes| sensible && *bytes > 0)?;
        Some(Self { width, height, bytes })
    }
}

/// Splits what the field holds into hash and name.
pub fn parts(kept: &str) -> (&str, &str) {
    kept.split_once(' ').unwrap_or((kept, ""))
}

impl FieldKind for FileKind {
    fn word(&self) -> &'static str {
        "文件"
    }

    fn shape(&self) -> Shape<'_> {
        Shape::File(self.photo)
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

#[cfg(test)]
mod tests {
    use super::Photo;

    #[test]
    fn the_room_of_a_photograph_is_read() {
        let room = Photo { width: 295, height: 413, bytes: 102_400 };
        assert_eq!(Photo::read("295x413 100KB"), Some(room));
        for wrong in ["", "295x413", "295 100KB", "0x413 100KB", "295x413 100MB", "295x413 0KB"] {
            assert_eq!(Photo::read(wrong), None, "{wrong}");
        }
    }
}
