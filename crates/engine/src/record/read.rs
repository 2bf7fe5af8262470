//! Inputs read into cells. The same path for a form, the API and an import: a JSON object whose
//! names are field ids, rows as lists of objects.

use super::Row;
use crate::{
    definition::{Bound, Field, Fields, House, RecordKind},
    kind::{Cells, Reading, Shape, is_blank},
    problem::Problem,
};
use jiff::civil::Date;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// What was read.
#[derive(Clone, Debug, Default)]
pub struct Read {
    /// Cells of the fields that were in the input; nulls where it said nothing.
    pub cells: Cells,
    /// Rows of the fields that were in the input.
    pub rows: BTreeMap<String, Vec<Row>>,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// Cells that follow from others, to fill what nobody typed.
    pub derived: Cells,
}

/// Puts derived cells where nobody typed anything.
fn fill(cells: &mut Cells, derived: Cells) {
    for (name, cell) in derived {
        let typed = cells.get(&name).is_some_and(|c| !c.is_null());
        if !typed {
            cells.insert(name, cell);
        }
    }
}

/// Reads `input` for a record of `kind`. `may` says which fields may be written here.
pub fn read(
    house: &House,
    kind: &RecordKind,
    input: &Map<String, Json>,
    today: Date,
    may: &dyn Fn(&Field) -> bool,
    new_id: &mut dyn FnMut() -> String,
) -> Read {
    let mut read = Read::default();
    for (name, value) in input {
        match kind.fields.get(name) {
            Some(field) if may(field) => {
                let cx = Reading { house, today, siblings: input };
                match field.kind.shape() {
                    Shape::Rows(row) => read_rows(&cx, kind, field, row, value, new_id, &mut read),
                    _ => {
                        let (cells, derived) = (&mut read.cells, &mut read.derived);
                        read_field(&cx, field, value, cells, derived, &mut read.problems);
                    }
                }
            }
            Some(field) => read.problems.push(not_here(field)),
            None => read.problems.push(unknown(name, &kind.fields)),
        }
    }
    let derived = std::mem::take(&mut read.derived);
    fill(&mut read.cells, derived);
    read
}

fn not_here(field: &Field) -> Problem {
    let message = format!("“{}”在这里不能填写", field.label);
    Problem::error("read_only", message).at(&field.id)
}

fn unknown(name: &str, fields: &Fields) -> Problem {
    let shown: String = name.chars().take(40).collect();
    let near = crate::definition::nearest(name, fields.iter().map(|f| f.id.as_str()));
    let message = match near {
        Some(near) => format!("没有“{shown}”这一项，是不是“{near}”？"),
        None => format!("没有“{shown}”这一项"),
    };
    Problem::error("unknown_field", message).at(&shown)
}

fn read_field(
    cx: &Reading<'_>,
    field: &Field,
    value: &Json,
    cells: &mut Cells,
    derived: &mut Cells,
    problems: &mut Vec<Problem>,
) {
    if is_blank(value) {
        let columns = field.kind.columns(&field.id);
        cells.extend(columns.into_iter().map(|c| (c.name, crate::query::Cell::Null)));
        return;
    }
    match field.kind.read(field, value, cx) {
        Ok(taken) => {
            cells.extend(taken.cells);
            derived.extend(taken.derived);
            problems.extend(taken.warnings.into_iter().map(|w| w.at(&field.id)));
        }
        Err(problem) => problems.push(problem.at(&field.id)),
    }
}

fn read_rows(
    cx: &Reading<'_>,
    kind: &RecordKind,
    field: &Field,
    row_kind: &str,
    value: &Json,
    new_id: &mut dyn FnMut() -> String,
    read: &mut Read,
) {
    let empty = Vec::new();
    let list = match value {
        Json::Array(list) => list,
        value if is_blank(value) => &empty,
        _ => {
            let message = format!("“{}”应为列表", field.label);
            read.problems.push(Problem::error("type", message).at(&field.id));
            return;
        }
    };
    let most = match field.most {
        Some(Bound::Number(most)) => most.max(0) as usize,
        _ => 200,
    };
    if list.len() > most {
        let message = format!("“{}”最多{most}行，现在有{}行", field.label, list.len());
        read.problems.push(Problem::error("too_many", message).at(&field.id));
        return;
    }
    let Some(row_kind) = kind.rows.get(row_kind) else { return };
    let mut rows = Vec::new();
    for (index, item) in list.iter().enumerate() {
        let place = format!("{}.{index}", field.id);
        match item {
            Json::Object(input) => {
                let (row, problems) = read_row(cx, &row_kind.fields, input, new_id);
                read.problems.extend(problems.into_iter().map(|p| p.at(&place)));
                rows.push(row);
            }
            _ => {
                let message = format!("“{}”的每一行应为一组数据项", field.label);
                read.problems.push(Problem::error("type", message).at(&place));
            }
        }
    }
    read.rows.insert(field.id.clone(), rows);
}

fn read_row(
    cx: &Reading<'_>,
    fields: &Fields,
    input: &Map<String, Json>,
    new_id: &mut dyn FnMut() -> String,
) -> (Row, Vec<Problem>) {
    let (mut cells, mut derived, mut problems) = (Cells::new(), Cells::new(), Vec::new());
    let cx = Reading { siblings: input, ..*cx };
    let mut id = String::new();
    for (name, value) in input {
        match fields.get(name) {
            Some(field) if field.kind.shape() == Shape::Computed => {}
            Some(field) => {
                read_field(&cx, field, value, &mut cells, &mut derived, &mut problems);
            }
            None if name == "id" => {
                id = value.as_str().filter(|id| id.len() <= 36).unwrap_or_default().to_owned();
            }
            None => problems.push(unknown(name, fields)),
        }
    }
    fill(&mut cells, derived);
    let id = if id.is_empty() { new_id() } else { id };
    (Row { id, cells }, problems)
}
