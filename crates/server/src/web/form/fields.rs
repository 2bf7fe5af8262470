//! Which fields stand on a form. A new record is not asked what an action of its flow asks later;
//! a change shows what the record holds; an action asks what its definition says.

use super::{ALL, Task, Work};
use crate::web::typed::Typed;
use engine::{
    definition::{Bound, Class, Field, Owner, RecordKind, Required},
    kind::Shape,
    record::View,
};

/// A field on a form.
pub struct Drawn<'w> {
    /// The field.
    pub field: &'w Field,
    /// Whether it must be filled in.
    pub required: bool,
    /// Whether it is only shown: the house writes it, or this reader may not see all of it.
    pub shown: bool,
}

/// The fields of a form, in order.
pub fn drawn<'w>(work: &'w Work, typed: &Typed) -> Vec<Drawn<'w>> {
    match &work.task {
        Task::Create => created(work, typed),
        Task::Change(_) => changed(work, typed),
        Task::Act(_, action) => {
            let asked = action.asks.iter().filter_map(|asked| {
                let field = work.kind.fields.get(&asked.field)?;
                let shown = masked(work, field);
                Some(Drawn { field, required: asked.required, shown })
            });
            asked.collect()
        }
    }
}

/// Whether an action of the flow asks for the field, so that it need not be asked before. Rows of
/// which there must be one cannot wait.
pub fn asked_later(kind: &RecordKind, field: &Field) -> bool {
    let waits = !matches!(field.least, Some(Bound::Number(least)) if least > 0)
        || !matches!(field.kind.shape(), Shape::Rows(_));
    waits
        && matches!(field.required, Required::No)
        && kind.actions.iter().any(|a| a.asks.iter().any(|asked| asked.field == field.id))
}

fn required(field: &Field) -> bool {
    matches!(field.required, Required::Yes)
}

fn is_computed(field: &Field) -> bool {
    field.kind.shape() == Shape::Computed
}

/// Whether the reader may not see all of what the record holds in the field.
pub fn masked(work: &Work, field: &Field) -> bool {
    work.before().is_some_and(|answer| field.class > answer.sees && holds(work, field))
}

/// Whether the record holds something in the field.
fn holds(work: &Work, field: &Field) -> bool {
    let Some(answer) = work.before() else { return false };
    match field.kind.shape() {
        Shape::Rows(_) => answer.record.rows.get(&field.id).is_some_and(|rows| !rows.is_empty()),
        _ => answer.record.cells.get(&field.id).is_some_and(|cell| !cell.is_null()),
    }
}

/// Whether the field, or its group, is shown by what the record holds, where that is decided by
/// fields that are not on the form.
fn shown_by_record(work: &Work, field: &Field) -> bool {
    let group = work.kind.groups.get(field.group).and_then(|group| group.show.as_ref());
    let rules = group.into_iter().chain(&field.show);
    rules.into_iter().all(|rule| {
        let on_form =
            |id: &String| work.kind.fields.get(id).is_some_and(|f| !f.read_only && !is_computed(f));
        if rule.fields.iter().all(on_form) {
            return true;
        }
        work.before().is_some_and(|answer| {
            let today = work.visitor.moment.today;
            rule.holds(&View::record(&answer.record, &answer.links, today)) == Some(true)
        })
    })
}

fn created<'w>(work: &'w Work, typed: &Typed) -> Vec<Drawn<'w>> {
    let all = typed.has(ALL);
    let fields = work.kind.fields.iter().filter(|field| {
        !field.read_only
            && !is_computed(field)
            && shown_by_record(work, field)
            && (all || !asked_later(&work.kind, field) || typed.has_under(&field.id))
    });
    fields.map(|field| Drawn { field, required: required(field), shown: false }).collect()
}

fn changed<'w>(work: &'w Work, typed: &Typed) -> Vec<Drawn<'w>> {
    let all = typed.has(ALL);
    let owner = match &work.kind.owner {
        Owner::Field(field) => field.as_str(),
        Owner::Actor => "",
    };
    let state = work.before().and_then(|answer| work.kind.state(answer.record.state()));
    let mut drawn = Vec::new();
    for field in &work.kind.fields {
        let placed = field.id == owner && holds(work, field);
        let brought = state.is_some_and(|s| s.brings(field, !holds(work, field)).is_some());
        let fixed = field.read_only || is_computed(field) || placed || brought;
        let shown = fixed || masked(work, field);
        let wanted = match shown {
            true => holds(work, field),
            false => {
                let later = asked_later(&work.kind, field) && !holds(work, field);
                shown_by_record(work, field) && (all || !later || typed.has_under(&field.id))
            }
        };
        if wanted {
            drawn.push(Drawn { field, required: required(field) && !shown, shown });
        }
    }
    drawn
}

/// Whether more could be asked than is.
pub fn more(work: &Work, typed: &Typed) -> bool {
    !typed.has(ALL)
        && !matches!(work.task, Task::Act(..))
        && work.kind.fields.iter().any(|field| {
            !field.read_only && asked_later(&work.kind, field) && !typed.has_under(&field.id)
        })
}

/// Whether a value of this class may stand openly on the form.
pub fn open(work: &Work, class: Class) -> bool {
    work.before().is_none_or(|answer| class <= answer.sees)
}
