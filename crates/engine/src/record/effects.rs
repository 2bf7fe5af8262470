//! What an act sets in motion in other records: which, and with which values. Whoever keeps records
//! makes them of it.

use super::{
    Act, Record, Row,
    decide::{of_unit, set_value, written},
};
use crate::{
    definition::{Effect, EffectTarget, Field, House, RecordKind, RowsTaken, Setting},
    kind::{Cells, Shape},
    query::Cell,
};
use std::{collections::BTreeMap, sync::Arc};

/// One record that follows from an act on another.
#[derive(Clone, Debug)]
pub struct Consequence {
    /// Its kind.
    pub kind: Arc<RecordKind>,
    /// The record and the action done to it; `None`: a new one.
    pub on: Option<(String, String)>,
    /// The action done to a new one at once; empty: none.
    pub via: String,
    /// The cells it is given.
    pub cells: Cells,
    /// The rows that a new one is given; whoever keeps it gives them their ids.
    pub rows: BTreeMap<String, Vec<Row>>,
}

/// What `effects` come to for `record` as it is after the act. An effect on a record that the field
/// does not name comes to nothing.
pub fn consequences(act: Act<'_>, record: &Record, effects: &[Effect]) -> Vec<Consequence> {
    let meant = effects.iter().filter(|effect| is_meant(act, record, effect));
    let mut all = Vec::new();
    for effect in meant {
        match effect.each.as_str() {
            "" => all.extend(consequence(act, record, effect, None)),
            rows => {
                let rows = record.rows.get(rows).into_iter().flatten();
                all.extend(
                    rows.filter_map(|row| consequence(act, record, effect, Some(&row.cells))),
                );
            }
        }
    }
    all
}

/// The accounts that `effects` lock for `record` as it is after the act, each with its field.
pub fn closed_accounts(act: Act<'_>, record: &Record, effects: &[Effect]) -> Vec<(String, String)> {
    let meant = effects.iter().filter(|effect| is_meant(act, record, effect));
    let named = meant.filter_map(|effect| match &effect.target {
        EffectTarget::Account { field } => Some((field.clone(), record.text(field).to_owned())),
        _ => None,
    });
    named.filter(|(_, account)| !account.is_empty()).collect()
}

fn is_meant(act: Act<'_>, record: &Record, effect: &Effect) -> bool {
    let view = act.view(record);
    effect.when.as_ref().is_none_or(|when| when.holds(&view) == Some(true))
}

fn consequence(
    act: Act<'_>,
    record: &Record,
    effect: &Effect,
    row: Option<&Cells>,
) -> Option<Consequence> {
    let mut via = String::new();
    let (kind, on) = match &effect.target {
        EffectTarget::New { kind, via: first } => {
            via.clone_from(first);
            (kind.as_str(), None)
        }
        EffectTarget::Account { .. } => return None,
        EffectTarget::Linked { field, action } => {
            let Shape::Reference(kind) = act.kind.fields.get(field)?.kind.shape() else {
                return None;
            };
            let id = record.text(field);
            if id.is_empty() {
                return None;
            }
            (kind, Some((id.to_owned(), action.clone())))
        }
    };
    let kind = act.house.kind(kind)?.clone();
    let inner = Act { kind: &kind, ..act };
    let value = |setting: &Setting, field: &str| match setting {
        Setting::Value(value) => set_value(inner, field, value),
        Setting::Field(own) => {
            let cell = record.cells.get(own).cloned().unwrap_or(Cell::Null);
            translated(act.house, act.kind.fields.get(own), kind.fields.get(field), cell)
        }
        Setting::Today => Cell::text(act.moment.today.to_string()),
        Setting::Itself => Cell::text(record.id()),
        Setting::Unit(text) => of_unit(act, inner, record, field, text),
        Setting::Linked(own, other) if *own == effect.each => {
            let cell = row.and_then(|cells| cells.get(other)).cloned().unwrap_or(Cell::Null);
            let from = match act.kind.fields.get(own).map(|f| f.kind.shape()) {
                Some(Shape::Rows(row)) => act.kind.rows.get(row).and_then(|r| r.fields.get(other)),
                _ => None,
            };
            translated(act.house, from, kind.fields.get(field), cell)
        }
        Setting::Linked(own, other) => {
            let cell = linked(act, record, own, other);
            let from = match act.kind.fields.get(own).map(|f| f.kind.shape()) {
                Some(Shape::Reference(from)) => act.house.kind(from),
                _ => None,
            };
            let from = from.and_then(|from| from.fields.get(other));
            translated(act.house, from, kind.fields.get(field), cell)
        }
    };
    let cells = effect.sets.iter().map(|(field, setting)| (field.clone(), value(setting, field)));
    let cells = cells.collect();
    let rows = effect.rows.iter().map(|taken| (taken.to.clone(), rows(act, &kind, record, taken)));
    let rows = rows.filter(|(_, rows)| !rows.is_empty()).collect();
    Some(Consequence { kind, on, via, cells, rows })
}

/// Rows of the new record out of rows of this one.
fn rows(act: Act<'_>, kind: &RecordKind, record: &Record, taken: &RowsTaken) -> Vec<Row> {
    let (Some(to), Some(from)) = (kind.row_kind(&taken.to), act.kind.row_kind(&taken.from)) else {
        return Vec::new();
    };
    let cell = |row: &Row, source: &Field, field: &Field| {
        let cell = row.cells.get(&source.id).cloned().unwrap_or(Cell::Null);
        translated(act.house, Some(source), Some(field), cell)
    };
    let row = |row: &Row| {
        let mut cells = Cells::new();
        for (source, field) in taken.alike(from, to) {
            for column in field.kind.columns(&field.id) {
                cells.extend(row.cells.get(&column.name).cloned().map(|cell| (column.name, cell)));
            }
            if field.kind.columns(&field.id).len() == 1 {
                cells.insert(field.id.clone(), cell(row, source, field));
            }
        }
        for (id, setting) in &taken.sets {
            let Some(field) = to.fields.get(id) else { continue };
            let value = match setting {
                Setting::Field(own) => from.fields.get(own).map(|own| cell(row, own, field)),
                Setting::Today => Some(Cell::text(act.moment.today.to_string())),
                Setting::Value(value) => Some(written(act, field, value)),
                Setting::Linked(..) | Setting::Itself | Setting::Unit(_) => None,
            };
            cells.extend(value.map(|value| (id.clone(), value)));
        }
        cells.retain(|_, cell| !cell.is_null());
        Row { id: String::new(), cells }
    };
    record.rows.get(&taken.from).into_iter().flatten().map(row).collect()
}

/// A value on its way from a field to another: codes may change their table.
pub(super) fn translated(
    house: &House,
    from: Option<&Field>,
    to: Option<&Field>,
    cell: Cell,
) -> Cell {
    match (from, to) {
        (Some(from), Some(to)) => house.translated(from, to, cell),
        _ => cell,
    }
}

/// The value of `other` in the record that the field `own` refers to.
pub(super) fn linked(act: Act<'_>, record: &Record, own: &str, other: &str) -> Cell {
    let kind = match act.kind.fields.get(own).map(|f| f.kind.shape()) {
        Some(Shape::Reference(kind)) => kind,
        _ => return Cell::Null,
    };
    let cells = act.links.get(kind, record.text(own));
    cells.and_then(|cells| cells.get(other)).cloned().unwrap_or(Cell::Null)
}
