//! What an act makes of a record. Three acts: create, change, and an action of the flow. Each goes
//! the same way: merge what was read, copy what the archives know, compute, check, name, number.

use super::{
    Links, NumberDraft, Read, Record, Row, View,
    effects::{linked, translated},
    number,
    number::title,
};
use crate::{
    definition::{
        Action, Bound, Field, Fields, House, NamedRule, RecordKind, Required, Setting, UNIT,
    },
    kind::{Cells, Reading, Shape},
    problem::{Problem, Severity},
    query::{Cell, Source},
};
use jiff::civil::Date;
use serde_json::Map;

/// When and by whom.
#[derive(Clone, Debug)]
pub struct Moment {
    /// Milliseconds since 1970 UTC.
    pub at: i64,
    /// The calendar day in China.
    pub today: Date,
    /// Account or named actor.
    pub actor: String,
}

/// What is being done.
#[derive(Clone, Copy)]
pub struct Act<'a> {
    /// All definitions.
    pub house: &'a House,
    /// The kind of record.
    pub kind: &'a RecordKind,
    /// What hangs around the record.
    pub links: &'a Links,
    /// When and by whom.
    pub moment: &'a Moment,
}

impl<'a> Act<'a> {
    /// The record as rules look at it now.
    pub(crate) fn view(&self, record: &'a Record) -> View<'a> {
        View::record(record, self.links, self.moment.today).by(&self.house.calendar)
    }

    /// The same of one row, or of another record.
    fn row(&self, cells: &'a Cells) -> View<'a> {
        View::row(cells, self.links, self.moment.today).by(&self.house.calendar)
    }
}

/// What comes of it.
#[derive(Clone, Debug, Default)]
pub struct Decision {
    /// The record after the act.
    pub record: Record,
    /// What is wrong or to be looked at. With an error, nothing may be kept.
    pub problems: Vec<Problem>,
    /// Numbers to be allotted.
    pub numbers: Vec<NumberDraft>,
}

impl Decision {
    /// Whether it may be kept; warnings must have been confirmed.
    pub fn errors(&self) -> impl Iterator<Item = &Problem> {
        self.problems.iter().filter(|p| p.severity == Severity::Error)
    }

    /// What the person may want to look at again.
    pub fn warnings(&self) -> impl Iterator<Item = &Problem> {
        self.problems.iter().filter(|p| p.severity == Severity::Warning)
    }
}

/// A new record. `start` holds its system columns: county, id, unit, path.
pub fn create(act: Act<'_>, start: Record, read: Read) -> Decision {
    let mut record = start;
    record.kind = act.kind.id.clone();
    record.set("state", act.kind.initial_state());
    record.set("version", 1);
    record.set("created_at", act.moment.at);
    record.set("created_on", act.moment.today.to_string());
    record.set("created_by", act.moment.actor.as_str());
    let mut problems = merge(&mut record, read);
    defaults(act, &mut record);
    finish(act, record, &mut problems, "create", None)
}

/// The record with some fields changed.
pub fn change(act: Act<'_>, before: &Record, read: Read) -> Decision {
    let mut record = before.clone();
    record.set("version", before.version() + 1);
    let mut problems = merge(&mut record, read);
    locked(act, before, &record, &mut problems);
    brought(act, before, &record, &mut problems);
    finish(act, record, &mut problems, "change", None)
}

/// 锁定: what may not be changed any more stays as it was.
fn locked(act: Act<'_>, before: &Record, after: &Record, problems: &mut Vec<Problem>) {
    let Some(lock) = &act.kind.lock else { return };
    if lock.when.holds(&act.view(before)) != Some(true) {
        return;
    }
    for field in act.kind.fields.iter().filter(|field| !lock.except.contains(&field.id)) {
        if is_changed(field, before, after) {
            problems.push(Problem::error("locked", &lock.message).at(&field.id));
        }
    }
}

/// 只推: what another record's act brings is not typed over here.
fn brought(act: Act<'_>, before: &Record, after: &Record, problems: &mut Vec<Problem>) {
    let Some(state) = act.kind.state(before.state()) else { return };
    for (id, _) in &state.brought {
        let Some(field) = act.kind.fields.get(id) else { continue };
        let Some(action) = state.brings(field, is_empty(before, field)) else { continue };
        if is_changed(field, before, after)
            && !has_problem(problems, id)
            && let Some(action) = act.kind.action(action)
        {
            let why = act.house.pushed_by(act.kind, action);
            let message = format!("“{}”不能在这里改：{why}", field.label);
            problems.push(Problem::error("pushed_only", message).at(id));
        }
    }
}

fn known<'r>(record: &'r Record, column: &str) -> Option<&'r Cell> {
    record.cells.get(column).filter(|cell| !cell.is_null())
}

fn is_changed(field: &Field, before: &Record, after: &Record) -> bool {
    let columns = field.kind.columns(&field.id);
    let cells = columns.iter().all(|c| known(before, &c.name) == known(after, &c.name));
    let rows = |record: &Record| record.rows.get(&field.id).cloned().unwrap_or_default();
    !cells || rows(before) != rows(after)
}

/// The record after an action of its flow.
pub fn act(act: Act<'_>, before: &Record, action: &Action, read: Read) -> Decision {
    let mut record = before.clone();
    record.set("version", before.version() + 1);
    let mut problems = merge(&mut record, read);
    let state = act.kind.state(before.state());
    if !state.is_some_and(|s| s.can.contains(&action.id)) {
        let label = state.map_or("", |s| s.label.as_str());
        let message = format!("“{label}”的档案不能“{}”", action.label);
        problems.push(Problem::error("state", message).under(&action.basis));
    }
    asked(act, &mut record, action, &mut problems);
    for (field, setting) in &action.sets {
        let value = match setting {
            Setting::Value(value) => set_value(act, field, value),
            Setting::Field(other) => record.cells.get(other).cloned().unwrap_or(Cell::Null),
            Setting::Linked(own, other) => linked(act, &record, own, other),
            Setting::Itself => Cell::text(record.id()),
            Setting::Unit(text) => of_unit(act, act, &record, field, text),
            Setting::Today => Cell::text(act.moment.today.to_string()),
        };
        record.cells.insert(field.clone(), value);
    }
    if !action.to.is_empty() {
        record.set("state", action.to.as_str());
    }
    finish(act, record, &mut problems, &action.id, Some(action))
}

/// A value written in a definition, read as if it were typed.
pub(super) fn set_value(act: Act<'_>, id: &str, value: &str) -> Cell {
    act.kind.fields.get(id).map_or(Cell::Null, |field| written(act, field, value))
}

/// The same for a field that is at hand.
pub(super) fn written(act: Act<'_>, field: &Field, value: &str) -> Cell {
    let siblings = Map::new();
    let cx = Reading { house: act.house, today: act.moment.today, siblings: &siblings };
    let taken = field.kind.read(field, &value.into(), &cx).unwrap_or_default();
    taken.cells.into_iter().next().map_or(Cell::Null, |(_, cell)| cell)
}

/// A text with the name of the record's unit in it, for a field of the kind of `to`; for a unit field
/// the unit itself.
pub(super) fn of_unit(act: Act<'_>, to: Act<'_>, record: &Record, field: &str, text: &str) -> Cell {
    let shape = to.kind.fields.get(field).map(|field| field.kind.shape());
    if matches!(shape, Some(Shape::Unit(_))) {
        return Cell::text(record.text("unit"));
    }
    let name = act.links.unit_name(record.text("unit"));
    set_value(to, field, &text.replace(&format!("{{{UNIT}}}"), name))
}

fn merge(record: &mut Record, read: Read) -> Vec<Problem> {
    record.cells.extend(read.cells);
    record.rows.extend(read.rows);
    read.problems
}

fn defaults(act: Act<'_>, record: &mut Record) {
    for field in &act.kind.fields {
        let unset = !record.cells.contains_key(&field.id);
        if unset && !field.default.is_empty() && !matches!(field.kind.shape(), Shape::Rows(_)) {
            let value = set_value(act, &field.id, &field.default);
            record.cells.insert(field.id.clone(), value);
        }
    }
}

fn asked(act: Act<'_>, record: &mut Record, action: &Action, problems: &mut Vec<Problem>) {
    for asked in &action.asks {
        let Some(field) = act.kind.fields.get(&asked.field) else { continue };
        let unset = !record.cells.contains_key(&field.id) || is_empty(record, field);
        if unset && !asked.default.is_empty() && !problems.iter().any(|p| p.field == field.id) {
            let value = set_value(act, &field.id, &asked.default);
            record.cells.insert(field.id.clone(), value);
        }
        if asked.required && is_empty(record, field) && !has_problem(problems, &field.id) {
            problems.push(required(field).at(&field.id));
        }
    }
}

fn has_problem(problems: &[Problem], field: &str) -> bool {
    problems.iter().any(|p| p.field == field && p.severity == Severity::Error)
}

fn is_empty(record: &Record, field: &Field) -> bool {
    match field.kind.shape() {
        Shape::Rows(_) => record.rows.get(&field.id).is_none_or(Vec::is_empty),
        _ => record.cells.get(&field.id).is_none_or(Cell::is_null),
    }
}

fn required(field: &Field) -> Problem {
    let verb = match field.kind.shape() {
        Shape::Code(_) | Shape::Codes(_) | Shape::Reference(_) | Shape::Unit(_) | Shape::YesNo => {
            "请选择"
        }
        _ => "请填写",
    };
    Problem::error("required", format!("{verb}“{}”", field.label)).under(&field.basis)
}

/// The record with its computed fields worked out anew: what hangs on it, of the kind `attached`,
/// has changed. `None` if nothing in it changes. Where its time limits count what hangs on it, or
/// where rules of that kind ask about one another, it gets a new version all the same: an act decided
/// on what was there before must not be kept beside this.
pub fn follow(act: Act<'_>, before: &Record, attached: &str) -> Option<Record> {
    let mut record = before.clone();
    compute(act, &mut record);
    record.cells.retain(|_, cell| !cell.is_null());
    let counted = limits_count(act.kind, attached) || asks_siblings(act, attached);
    if record == *before && !counted {
        return None;
    }
    record.set("version", before.version() + 1);
    record.set("definition", act.house.version.as_str());
    record.set("updated_at", act.moment.at);
    record.set("updated_by", act.moment.actor.as_str());
    Some(record)
}

/// Works out the computed fields of a record whose links have grown since it was decided.
pub fn work_out(act: Act<'_>, record: &mut Record) {
    compute(act, record);
    record.cells.retain(|_, cell| !cell.is_null());
}

/// Whether rules of the attached kind ask about others that hang on the same record.
fn asks_siblings(act: Act<'_>, attached: &str) -> bool {
    let around = act.house.kind(attached).map(|kind| &kind.layout.around);
    around
        .into_iter()
        .flatten()
        .any(|rows| rows.column == "parent" && rows.of.as_deref() == Some(act.kind.id.as_str()))
}

/// Whether a time limit of the kind depends on attached records of that other kind.
fn limits_count(kind: &RecordKind, attached: &str) -> bool {
    let mut counts = false;
    let rules = kind.deadlines.iter().filter_map(|limit| limit.when.as_ref());
    rules.for_each(|rule| {
        rule.filter.terms(&mut |term| {
            counts |= term.rows().is_some_and(|rows| rows.table == attached);
        });
    });
    counts
}

fn finish(
    act: Act<'_>,
    mut record: Record,
    problems: &mut Vec<Problem>,
    when: &str,
    action: Option<&Action>,
) -> Decision {
    record.set("definition", act.house.version.as_str());
    record.set("updated_at", act.moment.at);
    record.set("updated_by", act.moment.actor.as_str());
    copy_from_archives(act, &mut record);
    compute(act, &mut record);
    check_all(act, &record, problems, action);
    let today = act.moment.today;
    record.set("title", title(act.house, act.kind, &record, act.links, today));
    let numbers = number::drafts(act.house, act.kind, &record, act.links, today, when);
    record.cells.retain(|_, cell| !cell.is_null());
    record.rows.retain(|_, rows| !rows.is_empty());
    for row in record.rows.values_mut().flatten() {
        row.cells.retain(|_, cell| !cell.is_null());
    }
    Decision { record, problems: std::mem::take(problems), numbers }
}

/// 取自: what the archive knows and nobody typed.
fn copy_from_archives(act: Act<'_>, record: &mut Record) {
    copy(act, &act.kind.fields, &mut record.cells);
    for field in &act.kind.fields {
        let Shape::Rows(row) = field.kind.shape() else { continue };
        let Some(row) = act.kind.rows.get(row) else { continue };
        for one in record.rows.get_mut(&field.id).into_iter().flatten() {
            row_defaults(act, &row.fields, one);
            copy(act, &row.fields, &mut one.cells);
        }
    }
}

fn row_defaults(act: Act<'_>, fields: &Fields, row: &mut Row) {
    let siblings = Map::new();
    let cx = Reading { house: act.house, today: act.moment.today, siblings: &siblings };
    for field in fields {
        if field.default.is_empty() || row.cells.contains_key(&field.id) {
            continue;
        }
        if let Ok(taken) = field.kind.read(field, &field.default.as_str().into(), &cx) {
            row.cells.extend(taken.cells);
        }
    }
}

fn copy(act: Act<'_>, fields: &Fields, cells: &mut Cells) {
    for field in fields {
        let known = cells.get(&field.id).is_some_and(|c| !c.is_null());
        if known || field.taken_from.is_empty() {
            continue;
        }
        let found = field.taken_from.iter().find_map(|(source, target)| {
            let Shape::Reference(kind) = fields.get(source)?.kind.shape() else { return None };
            let id = cells.get(source)?.as_text()?;
            let cell = act.links.get(kind, id)?.get(target).filter(|c| !c.is_null())?.clone();
            let from = act.house.kind(kind).and_then(|kind| kind.fields.get(target));
            let cell = translated(act.house, from, Some(field), cell);
            (!cell.is_null()).then_some(cell)
        });
        if let Some(cell) = found {
            cells.insert(field.id.clone(), cell);
        }
    }
}

fn compute(act: Act<'_>, record: &mut Record) {
    for field in &act.kind.fields {
        let Shape::Rows(row) = field.kind.shape() else { continue };
        let Some(row) = act.kind.rows.get(row) else { continue };
        for one in record.rows.get_mut(&field.id).into_iter().flatten() {
            let values = {
                let view = act.row(&one.cells);
                computed(&row.fields, &view)
            };
            one.cells.extend(values);
        }
    }
    // A value that looks at another computed one is right when that one is.
    for _ in 0..=act.kind.layout.chained.min(4) {
        let values = {
            let view = act.view(record);
            computed(&act.kind.fields, &view)
        };
        record.cells.extend(values);
    }
}

fn computed(fields: &Fields, view: &dyn Source) -> Vec<(String, Cell)> {
    let value = |f: &Field| f.kind.rule().and_then(|r| r.value.as_ref()).map(|t| t.value(view));
    fields.iter().filter_map(|f| value(f).map(|v| (f.id.clone(), v))).collect()
}

fn check_all(act: Act<'_>, record: &Record, problems: &mut Vec<Problem>, action: Option<&Action>) {
    let view = act.view(record);
    for field in &act.kind.fields {
        let hidden = act.kind.groups.get(field.group).and_then(|g| g.show.as_ref());
        let shown = hidden.is_none_or(|rule| rule.holds(&view) == Some(true));
        if shown {
            check_required(field, is_empty(record, field), &view, "", problems);
        }
        check_reference(act, field, &record.cells, "", problems);
        let Shape::Rows(row) = field.kind.shape() else { continue };
        let Some(row) = act.kind.rows.get(row) else { continue };
        let rows = record.rows.get(&field.id).map_or(&[][..], Vec::as_slice);
        check_least(field, rows.len(), problems);
        for (index, one) in rows.iter().enumerate() {
            let place = format!("{}.{index}", field.id);
            let view = act.row(&one.cells).inside(&view);
            check_row(act, &row.fields, one, &view, &place, problems);
            for rule in &row.rules {
                check_rule(rule, &view, &place, problems);
            }
        }
    }
    let asked =
        |rule: &&NamedRule| !rule.on_demand || action.is_some_and(|a| a.needs.contains(&rule.id));
    for rule in act.kind.rules.iter().filter(asked) {
        check_rule(rule, &view, "", problems);
    }
}

fn check_required(
    field: &Field,
    empty: bool,
    view: &dyn Source,
    place: &str,
    problems: &mut Vec<Problem>,
) {
    let needed = match &field.required {
        Required::No => false,
        Required::Yes => field.show.as_ref().is_none_or(|s| s.holds(view) == Some(true)),
        Required::When(rule) => rule.holds(view) == Some(true),
    };
    let path = if place.is_empty() { field.id.clone() } else { format!("{place}.{}", field.id) };
    if needed && empty && !field.read_only && !has_problem(problems, &path) {
        problems.push(required(field).at(&path));
    }
}

fn check_row(
    act: Act<'_>,
    fields: &Fields,
    row: &Row,
    view: &dyn Source,
    place: &str,
    problems: &mut Vec<Problem>,
) {
    for field in fields {
        let empty = row.cells.get(&field.id).is_none_or(Cell::is_null);
        check_required(field, empty, view, place, problems);
        check_reference(act, field, &row.cells, place, problems);
    }
}

/// What is referred to must be there, and satisfy 仅.
fn check_reference(
    act: Act<'_>,
    field: &Field,
    cells: &Cells,
    place: &str,
    problems: &mut Vec<Problem>,
) {
    let (Shape::Reference(kind), Some(Cell::Text(id))) = (field.kind.shape(), cells.get(&field.id))
    else {
        return;
    };
    let path = if place.is_empty() { field.id.clone() } else { format!("{place}.{}", field.id) };
    let Some(target) = act.links.get(kind, id) else {
        let message = format!("“{}”没有找到，请从列表中选择", field.label);
        problems.push(Problem::error("not_found", message).at(&path));
        return;
    };
    // A reference is judged when it is made; what becomes of the other record later is its own.
    if let Some(only) = &field.only
        && only.holds(&act.row(target)) == Some(false)
        && act.kind.numbers.iter().all(|n| cells.get(&n.field).is_none())
    {
        let message = format!("“{}”要选{}的", field.label, only.words);
        problems.push(Problem::error("reference", message).at(&path).under(&field.basis));
    }
}

fn check_least(field: &Field, rows: usize, problems: &mut Vec<Problem>) {
    if let Some(Bound::Number(least)) = field.least
        && (rows as i64) < least
    {
        let message = format!("“{}”至少要有{least}行，现在有{rows}行", field.label);
        problems.push(Problem::error("too_few", message).at(&field.id).under(&field.basis));
    }
}

fn check_rule(rule: &NamedRule, view: &dyn Source, place: &str, problems: &mut Vec<Problem>) {
    if rule.when.as_ref().is_some_and(|when| when.holds(view) != Some(true)) {
        return;
    }
    let answer = rule.condition.holds(view);
    let broken = if rule.warning { answer == Some(true) } else { answer == Some(false) };
    if !broken {
        return;
    }
    let problem = if rule.warning {
        Problem::warning(&rule.id, &rule.message)
    } else {
        Problem::error(&rule.id, &rule.message)
    };
    let problem = problem.under(&rule.basis).at(&rule.at);
    problems.push(if place.is_empty() { problem } else { problem.at(place) });
}
