//! What stands in a form when it opens: what the record holds, what the definition offers, what the
//! address says.

use super::{ALL, Task, VERSION, Work, fields};
use crate::web::typed::Typed;
use engine::{
    definition::{Bound, Class, Field, Fields, RowKind},
    kind::{Cells, Shape},
    problem::Problem,
    query::Cell,
    record::Row,
};
use serde_json::Value as Json;

/// The form as it opens. `query` prefills fields of a new record.
pub fn start(work: &Work, query: &Typed) -> Typed {
    let mut typed = Typed::default();
    match &work.task {
        Task::Create => {
            defaults(work, &mut typed, query.has("all"));
            prefill(work, &mut typed, query);
        }
        Task::Change(answer) => {
            record(work, &mut typed);
            typed.set(VERSION, answer.record.version().to_string());
        }
        Task::Act(answer, action) => {
            record(work, &mut typed);
            for asked in action.asks.iter().filter(|asked| !asked.default.is_empty()) {
                let Some(field) = work.kind.fields.get(&asked.field) else { continue };
                if typed.get(&field.id).is_empty() {
                    offer(work, &mut typed, field, &field.id, &asked.default);
                }
            }
            let asked = action.asks.iter().filter_map(|a| work.kind.fields.get(&a.field));
            for field in asked {
                if !typed.has_under(&field.id) {
                    offer(work, &mut typed, field, &field.id, &field.default);
                }
            }
            typed.set(VERSION, answer.record.version().to_string());
        }
    }
    typed
}

fn defaults(work: &Work, typed: &mut Typed, all: bool) {
    for field in &work.kind.fields {
        if field.read_only || (!all && fields::asked_later(&work.kind, field)) {
            continue;
        }
        match field.kind.shape() {
            Shape::Rows(row) => {
                let least = match field.least {
                    Some(Bound::Number(least)) => usize::try_from(least).unwrap_or(0).min(10),
                    _ => 0,
                };
                let Some(row) = work.kind.rows.get(row) else { continue };
                (0..least).for_each(|index| add_row(work, typed, &field.id, index, row));
            }
            Shape::Place if matches!(field.required, engine::definition::Required::Yes) => {
                let unit = &work.visitor.actor().unit;
                if unit.level >= desk::units::Level::Township {
                    typed.set(&format!("{}.division", field.id), unit.code.clone());
                }
            }
            _ => offer(work, typed, field, &field.id, &field.default),
        }
    }
}

/// Puts the fields that faults speak of on a form that did not ask for them: whoever is told what
/// is missing finds the place for it.
pub fn wanting(work: &Work, typed: &mut Typed, problems: &[Problem]) {
    if matches!(work.task, Task::Act(..)) {
        return;
    }
    for problem in problems {
        let head = problem.field.split('.').next().unwrap_or_default();
        let Some(field) = work.kind.fields.get(head) else { continue };
        if field.read_only || typed.has_under(head) {
            continue;
        }
        match field.kind.shape() {
            Shape::Computed => {}
            Shape::Rows(row) => {
                if let Some(row) = work.kind.rows.get(row) {
                    add_row(work, typed, head, 0, row);
                }
            }
            _ => typed.set(head, ""),
        }
    }
}

/// An empty row with what the definition offers in it.
pub fn add_row(work: &Work, typed: &mut Typed, path: &str, index: usize, row: &RowKind) {
    let place = format!("{path}.{index}");
    typed.set(&format!("{place}.id"), "");
    row_defaults(work, typed, &place, &row.fields);
}

/// What the definition offers in a row.
pub fn row_defaults(work: &Work, typed: &mut Typed, place: &str, fields: &Fields) {
    for field in fields {
        offer(work, typed, field, &format!("{place}.{}", field.id), &field.default);
    }
}

/// Puts a value as a definition writes it.
fn offer(work: &Work, typed: &mut Typed, field: &Field, path: &str, value: &str) {
    if value.is_empty() {
        return;
    }
    match (field.kind.shape(), value) {
        (Shape::Date, "今日") => typed.set(path, work.visitor.moment.today.to_string()),
        (Shape::DateTime, "今日") => {
            let now = engine::kind::china_time(work.visitor.moment.at);
            typed.set(path, now.strftime("%Y-%m-%dT%H:%M").to_string());
        }
        (Shape::YesNo, value) => {
            let yes = ["是", "1", "true"].contains(&value);
            typed.set(path, if yes { "true" } else { "false" });
        }
        (Shape::Codes(_), value) => {
            let codes = value.split([',', '，', '、', ' ']).filter(|code| !code.is_empty());
            typed.set_all(path, codes.map(str::to_owned).collect());
        }
        (_, value) => typed.set(path, value),
    }
}

/// What the address says of the fields of a new record.
fn prefill(work: &Work, typed: &mut Typed, query: &Typed) {
    for (name, value) in query.pairs() {
        let head = name.split('.').next().unwrap_or_default();
        let known = work.kind.fields.get(head).is_some_and(|field| !field.read_only);
        if known && name != ALL {
            typed.set(&name, value);
        }
    }
}

/// What the record holds, as far as this reader sees it.
fn record(work: &Work, typed: &mut Typed) {
    let Some(answer) = work.before() else { return };
    for field in &work.kind.fields {
        match field.kind.shape() {
            Shape::Rows(row) => {
                let Some(row) = work.kind.rows.get(row) else { continue };
                let rows = answer.record.rows.get(&field.id).into_iter().flatten();
                for (index, one) in rows.enumerate() {
                    row_values(work, typed, &format!("{}.{index}", field.id), row, one);
                }
            }
            _ if field.class > answer.sees => {}
            _ => value(typed, &field.id, field, &answer.record.cells),
        }
    }
}

fn row_values(work: &Work, typed: &mut Typed, place: &str, kind: &RowKind, row: &Row) {
    typed.set(&format!("{place}.id"), row.id.clone());
    for field in kind.fields.iter().filter(|field| fields::open(work, field.class)) {
        value(typed, &format!("{place}.{}", field.id), field, &row.cells);
    }
}

/// Puts what the cells hold under a name, as it is typed again.
pub fn value(typed: &mut Typed, path: &str, field: &Field, cells: &Cells) {
    let empty = cells.get(&field.id).is_none_or(Cell::is_null);
    match field.kind.shape() {
        Shape::Rows(_) | Shape::Computed => {}
        _ if empty => {}
        Shape::Place => {
            let place = field.kind.json(field, cells);
            for part in ["division", "address", "lng", "lat"] {
                match &place[part] {
                    Json::String(text) => typed.set(&format!("{path}.{part}"), text.as_str()),
                    Json::Number(number) => {
                        typed.set(&format!("{path}.{part}"), number.to_string())
                    }
                    _ => {}
                }
            }
        }
        Shape::Codes(_) => {
            let codes = field.kind.json(field, cells);
            let codes = codes.as_array().into_iter().flatten().filter_map(Json::as_str);
            typed.set_all(path, codes.map(str::to_owned).collect());
        }
        Shape::YesNo => {
            let yes = cells.get(&field.id).and_then(Cell::as_int) == Some(1);
            typed.set(path, if yes { "true" } else { "false" });
        }
        _ => typed.set(path, field.kind.typed(field, cells)),
    }
}

/// What an archive holds, put into the fields beside that are taken from it: openly what anybody
/// may see; what identifies or reaches people stays in the archive and is copied by the house.
pub fn from_archive(
    typed: &mut Typed,
    place: &str,
    fields: &Fields,
    chosen: &str,
    archive: (&Fields, &Cells),
) {
    for field in fields {
        let target = field.taken_from.iter().find(|(source, _)| source == chosen);
        let Some(target) = target.and_then(|(_, target)| archive.0.get(target)) else { continue };
        if target.class > Class::Plain || field.class > Class::Plain {
            continue;
        }
        let path = join(place, &field.id);
        let holds = archive.1.get(&target.id).is_some_and(|cell| !cell.is_null());
        if holds {
            typed.clear(&path);
            value(typed, &path, target, archive.1);
        }
    }
}

/// A name below another.
pub fn join(place: &str, id: &str) -> String {
    if place.is_empty() { id.to_owned() } else { format!("{place}.{id}") }
}
