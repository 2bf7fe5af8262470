//! What was typed, read into the input that the desk takes: the same JSON that a program sends.

use super::{Work, fields::Drawn, fields::open, fill::join};
use crate::web::typed::Typed;
use engine::{
    definition::{Field, RowKind},
    kind::Shape,
    problem::Problem,
    record::Row,
};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// The input, and where its rows stand on the form.
#[derive(Default)]
pub struct Input {
    /// Values by field.
    pub map: Map<String, Json>,
    /// Index on the form of each row, by field.
    rows: BTreeMap<String, Vec<usize>>,
}

impl Input {
    /// The problem, at the name that the form gives its field: rows there may have gaps.
    pub fn at_form(&self, problem: Problem) -> Problem {
        let mut parts = problem.field.splitn(3, '.');
        let (head, index) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let on_form = self.rows.get(head).zip(index.parse::<usize>().ok());
        let Some(at) = on_form.and_then(|(rows, index)| rows.get(index)) else { return problem };
        let field = match parts.next() {
            Some(rest) => format!("{head}.{at}.{rest}"),
            None => format!("{head}.{at}"),
        };
        Problem { field, ..problem }
    }
}

/// Reads the fields that stand on the form. A field that stands there and was not sent is empty:
/// browsers do not send boxes without a tick.
pub fn input(work: &Work, drawn: &[Drawn<'_>], typed: &Typed) -> Input {
    let mut input = Input::default();
    for one in drawn.iter().filter(|one| !one.shown) {
        let id = &one.field.id;
        match one.field.kind.shape() {
            Shape::Rows(row) => {
                let Some(row) = work.kind.rows.get(row) else { continue };
                let indexes = typed.rows(id);
                let rows = indexes.iter().map(|at| self::row(work, id, *at, row, typed));
                input.map.insert(id.clone(), Json::Array(rows.collect()));
                input.rows.insert(id.clone(), indexes);
            }
            _ => {
                input.map.insert(id.clone(), value(one.field, id, typed));
            }
        }
    }
    unknown(work, typed, &mut input.map);
    input
}

/// What no field of the kind is called goes to the desk as it is, to be refused by name.
fn unknown(work: &Work, typed: &Typed, map: &mut Map<String, Json>) {
    for head in typed.heads() {
        let ours = head.starts_with('_') || work.kind.fields.get(head).is_some();
        if !ours {
            map.insert(head.to_owned(), Json::from(typed.get(head)));
        }
    }
}

fn row(work: &Work, field: &str, at: usize, kind: &RowKind, typed: &Typed) -> Json {
    let place = format!("{field}.{at}");
    let id = typed.get(&format!("{place}.id"));
    let kept = work.before().and_then(|answer| {
        answer.record.rows.get(field)?.iter().find(|row| row.id == id && !id.is_empty())
    });
    let mut map = Map::new();
    if !id.is_empty() {
        map.insert("id".to_owned(), Json::from(id));
    }
    for one in &kind.fields {
        if one.kind.shape() == Shape::Computed {
            continue;
        }
        let written = row_value(work, one, &join(&place, &one.id), kept, typed);
        map.insert(one.id.clone(), written);
    }
    Json::Object(map)
}

/// What the reader may not see of a row, or only the house writes, stays as it is kept.
fn row_value(work: &Work, field: &Field, path: &str, kept: Option<&Row>, typed: &Typed) -> Json {
    let hidden = !open(work, field.class) && typed.get(path).is_empty();
    match kept {
        Some(row) if field.read_only || hidden => field.kind.json(field, &row.cells),
        _ => value(field, path, typed),
    }
}

/// One value, by what its field is made of.
pub fn value(field: &Field, path: &str, typed: &Typed) -> Json {
    match field.kind.shape() {
        Shape::Codes(_) => json!(typed.all(path)),
        Shape::Place => place(field, path, typed),
        _ => match typed.get(path) {
            "" => Json::Null,
            text => Json::from(text),
        },
    }
}

fn place(field: &Field, path: &str, typed: &Typed) -> Json {
    let part = |name: &str| typed.get(&format!("{path}.{name}")).trim().to_owned();
    let parts = ["address", "division", "lng", "lat"].map(|name| (name, part(name)));
    // A place that nobody asked for and of which only the division was offered is no place.
    let said = parts.iter().any(|(name, text)| *name != "division" && !text.is_empty());
    let required = matches!(field.required, engine::definition::Required::Yes);
    if !said && (!required || parts.iter().all(|(_, text)| text.is_empty())) {
        return Json::Null;
    }
    let parts = parts.into_iter().map(|(name, text)| (name.to_owned(), Json::from(text)));
    Json::Object(parts.collect())
}
