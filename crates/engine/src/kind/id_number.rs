//! 证件号: the number of an identity document, checked by its type.

use super::{Cells, Field, FieldKind, Reading, Taken, text_of};
use crate::{check::id_number, definition::House, problem::Problem, query::Cell};
use serde_json::{Value as Json, json};

/// The number of an identity document.
#[derive(Debug)]
pub struct IdNumberKind {
    /// Field that holds the document's type; empty or unfilled: resident identity card.
    pub type_field: String,
    /// Field that holds the sex the number tells (性别); empty: none.
    pub sex_field: String,
    /// Field that holds the birth date the number tells (出生日期); empty: none.
    pub birth_field: String,
}

impl IdNumberKind {
    /// What the number tells must not contradict what was typed beside it.
    fn compare(&self, read: &id_number::IdNumber, cx: &Reading<'_>) -> Result<(), Problem> {
        let typed = |field: &str| cx.siblings.get(field).and_then(Json::as_str).unwrap_or("");
        if let Some(problem) = read.sex_mismatch(typed(&self.sex_field)) {
            return Err(problem);
        }
        let birth = crate::check::date::parse(typed(&self.birth_field)).ok();
        match birth.and_then(|birth| read.birth_mismatch(birth)) {
            Some(problem) => Err(problem),
            None => Ok(()),
        }
    }
}

impl FieldKind for IdNumberKind {
    fn word(&self) -> &'static str {
        "证件号"
    }

    fn read(&self, field: &Field, input: &Json, cx: &Reading<'_>) -> Result<Taken, Problem> {
        let id_type = cx.siblings.get(&self.type_field).and_then(Json::as_str).unwrap_or("111");
        let read = id_number::read(&text_of(field, input)?, id_type, cx.today)?;
        self.compare(&read, cx)?;
        let mut derived = Vec::new();
        if let (Some(sex), false) = (read.sex, self.sex_field.is_empty()) {
            derived.push((self.sex_field.clone(), Cell::text(sex.code())));
        }
        if let (Some(birth), false) = (read.birth, self.birth_field.is_empty()) {
            derived.push((self.birth_field.clone(), Cell::text(birth.to_string())));
        }
        let cells = vec![(field.id.clone(), Cell::text(read.normal))];
        Ok(Taken { cells, derived, warnings: read.warnings })
    }

    fn tells(&self) -> Vec<&str> {
        let fields = [self.sex_field.as_str(), self.birth_field.as_str()];
        fields.into_iter().filter(|field| !field.is_empty()).collect()
    }

    fn needs(&self) -> Vec<&str> {
        if self.type_field.is_empty() { Vec::new() } else { vec![&self.type_field] }
    }

    /// One person has one number of a sort, but may have several sorts of document.
    fn tells_apart(&self, one: &Cells, other: &Cells) -> Option<bool> {
        let sort = |cells: &Cells| {
            let sort = cells.get(&self.type_field).and_then(Cell::as_text).unwrap_or("111");
            sort.to_owned()
        };
        (sort(one) == sort(other)).then_some(true)
    }

    fn schema(&self, _: &Field, _: &House) -> Json {
        json!({ "type": "string", "maxLength": 32, "description": "GB 11643 where it is a resident identity card" })
    }

    fn mask(&self, shown: &str) -> String {
        id_number::mask(shown)
    }
}
