//! Records that exist already, in an example (`已有`): whether what was done would repeat them.

use super::{Unique, example::Example, example_run::cells};
use crate::{
    kind::Cells,
    problem::Problem,
    query::Cell,
    record::{Act, Decision, Record, View},
};

/// What the desk would say of values that an existing record has already: `taken`, or `repeated`
/// where that is only asked about.
pub(super) fn repeats(act: Act<'_>, decision: &Decision, example: &Example) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (_, values) in &example.existing {
        let other = cells(act.house, act.kind, values, act.moment.today);
        let clash = |unique: &&Unique| repeated(act, unique, &decision.record, &other);
        for unique in act.kind.uniques.iter().filter(clash) {
            let at = unique.fields.last().map_or("", String::as_str);
            problems.push(match unique.warns {
                true => Problem::warning("repeated", &unique.message).at(at),
                false => Problem::error("taken", &unique.message).at(at),
            });
        }
    }
    problems
}

fn repeated(act: Act<'_>, unique: &Unique, record: &Record, other: &Cells) -> bool {
    let same = |field: &String| match (record.cells.get(field), other.get(field)) {
        (Some(a), Some(b)) => !a.is_null() && a == b,
        _ => false,
    };
    // Over all counties each field stands alone; within one they are taken together.
    if unique.everywhere {
        return unique.fields.iter().any(same);
    }
    let county = other.get("county").and_then(Cell::as_text);
    let near = county.is_none_or(|county| county == record.county());
    let counts =
        |view: &View<'_>| unique.when.as_ref().is_none_or(|when| when.holds(view) == Some(true));
    let today = act.moment.today;
    near && unique.fields.iter().all(same)
        && counts(&View::record(record, act.links, today))
        && counts(&View::row(other, act.links, today))
}

/// What cannot be compared: another kind, or nothing given.
pub(super) fn misread(act: Act<'_>, example: &Example) -> Option<String> {
    example.existing.iter().find_map(|(kind, values)| {
        if *kind != act.kind.id {
            return Some(format!("“已有 {kind}”应是例的档案“{}”", act.kind.id));
        }
        let known = |name: &String| {
            act.kind.fields.get(name).is_some()
                || crate::record::SYSTEM_COLUMNS.contains(&name.as_str())
        };
        let (name, _) = values.iter().find(|(name, _)| !known(name))?;
        Some(format!("“已有 {kind}”没有字段“{name}”"))
    })
}
