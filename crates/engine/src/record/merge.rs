//! Two records of an archive that mean one. One remains; the other stays as it was, points to it and
//! keeps what the one who remains had before it took values over, so that all can be given back.

use super::{Act, Decision, Read, Record, change};
use crate::{
    definition::{Field, RecordKind, TitlePart},
    kind::Shape,
    problem::Problem,
    query::Cell,
};
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;

/// Column of the id of the record that remains.
pub const MERGED_INTO: &str = "remains_as";

/// Column of why it was merged, or given back, last.
pub const MERGE_REASON: &str = "merge_reason";

/// Column of what the one that remains had in the columns it took over, as a JSON object. Sealed.
pub const MERGED_OVER: &str = "merged_over";

/// Columns of every record whose kind can be merged.
pub const MERGE_COLUMNS: [&str; 3] = [MERGED_INTO, MERGE_REASON, MERGED_OVER];

/// Longest reason, in characters.
const LONGEST_REASON: usize = 200;

/// What becomes of the two.
#[derive(Clone, Debug, Default)]
pub struct Merged {
    /// The one that points to the other, or no longer does; all problems stand here.
    pub lost: Decision,
    /// The one that remains.
    pub kept: Decision,
}

/// A field in which two records differ.
#[derive(Clone, Copy, Debug)]
pub struct Difference<'k> {
    /// The field.
    pub field: &'k Field,
    /// Whether both say something and somebody must choose. Else what is there stays, and what
    /// belongs to another value goes with that.
    pub open: bool,
}

/// Where the two differ, in order of the form.
pub fn differences<'k>(kind: &'k RecordKind, one: &Record, other: &Record) -> Vec<Difference<'k>> {
    let bound = bound(kind, one, other);
    let differ = own_fields(kind).filter(|field| differs(field, one, other));
    let open = |field: &Field| {
        let both = has(one, field) && has(other, field);
        both && !is_sole(kind, field) && !bound.contains(field.id.as_str())
    };
    differ.map(|field| Difference { field, open: open(field) }).collect()
}

/// `lost` merged into `kept`, which takes over what it lacks and, of what differs, the fields in
/// `take`.
pub fn merge(act: Act<'_>, lost: &Record, kept: &Record, take: &[String], reason: &str) -> Merged {
    let kind = act.kind;
    let mut problems = Vec::new();
    let reason = reason_of(reason, &mut problems);
    let open: BTreeSet<&str> = differences(kind, lost, kept)
        .into_iter()
        .filter(|one| one.open)
        .map(|one| one.field.id.as_str())
        .collect();
    for name in take.iter().filter(|name| !open.contains(name.as_str())) {
        let label = kind.fields.get(name).map_or(name.as_str(), |field| field.label.as_str());
        let message = format!("“{label}”不能选：两份没有不同，或者随别的项目走");
        problems.push(Problem::error("take", message).at("take"));
    }
    apart(kind, lost, kept, &mut problems);
    let taken = taken(kind, lost, kept, take);
    let before = |column: &String| (column.clone(), json_of(kept.cells.get(column)));
    let over: Map<String, Json> = taken.cells.keys().map(before).collect();
    let kept = change(act, kept, taken);
    problems.extend(kept.errors().cloned());
    let mut record = stamped(act, lost);
    record.set(MERGED_INTO, kept.record.id());
    record.set(MERGE_REASON, reason);
    record.set(MERGED_OVER, Json::Object(over).to_string());
    Merged { lost: Decision { record, problems, ..Decision::default() }, kept }
}

/// `lost` no longer merged into `kept`, which gives back what it took over and has not changed since.
pub fn give_back(act: Act<'_>, lost: &Record, kept: &Record, reason: &str) -> Merged {
    let mut problems = Vec::new();
    let reason = reason_of(reason, &mut problems);
    let over: Map<String, Json> = serde_json::from_str(lost.text(MERGED_OVER)).unwrap_or_default();
    let unchanged = |column: &str| kept.cells.get(column) == lost.cells.get(column);
    // What goes with a value that was changed since stays with it.
    let changed = act.kind.fields.iter().filter(|f| over.contains_key(&f.id) && !unchanged(&f.id));
    let stays: BTreeSet<&str> = changed
        .flat_map(|field| field.kind.needs().into_iter().chain(field.kind.tells()))
        .collect();
    let mut back = Read::default();
    for (column, before) in &over {
        if unchanged(column) && !stays.contains(column.as_str()) {
            back.cells.insert(column.clone(), cell_of(before));
        }
    }
    let kept = change(act, kept, back);
    problems.extend(kept.errors().cloned());
    let mut record = stamped(act, lost);
    record.cells.remove(MERGED_INTO);
    record.cells.remove(MERGED_OVER);
    record.set(MERGE_REASON, reason);
    Merged { lost: Decision { record, problems, ..Decision::default() }, kept }
}

fn stamped(act: Act<'_>, before: &Record) -> Record {
    let mut record = before.clone();
    record.set("version", before.version() + 1);
    record.set("definition", act.house.version.as_str());
    record.set("updated_at", act.moment.at);
    record.set("updated_by", act.moment.actor.as_str());
    record
}

fn reason_of<'r>(reason: &'r str, problems: &mut Vec<Problem>) -> &'r str {
    let reason = reason.trim();
    let length = reason.chars().count();
    if length == 0 {
        problems.push(Problem::error("required", "请写明理由").at("reason"));
    } else if length > LONGEST_REASON {
        let message = format!("理由最多{LONGEST_REASON}字，现在有{length}字");
        problems.push(Problem::error("too_long", message).at("reason"));
    }
    reason
}

/// What speaks against the two being one: an error where it is certain, else a warning.
fn apart(kind: &RecordKind, one: &Record, other: &Record, problems: &mut Vec<Problem>) {
    let label = &kind.label;
    let mut telling: BTreeSet<&str> = BTreeSet::new();
    for part in &kind.title {
        if let TitlePart::Field(id) = part {
            telling.insert(id);
        }
    }
    for field in own_fields(kind).filter(|field| is_sole(kind, field)) {
        telling.extend(field.kind.tells());
        if !(has(one, field) && has(other, field) && differs(field, one, other)) {
            continue;
        }
        let name = &field.label;
        problems.push(match field.kind.tells_apart(&one.cells, &other.cells) {
            Some(true) => {
                let message = format!(
                    "两份档案的“{name}”不同，不是同一{label}，不能合并；确实有一份填错的，先在那一份里改正或者清空，再来合并"
                );
                Problem::error("not_the_same", message).at(&field.id)
            }
            Some(false) => continue,
            None => {
                let message = format!(
                    "两份档案的“{name}”不同，种类也不同，请核对是同一{label}；各留各的，两个号码都查得到"
                );
                Problem::warning("numbers_differ", message).at(&field.id)
            }
        });
    }
    for field in telling.into_iter().filter_map(|id| kind.fields.get(id)) {
        if has(one, field) && has(other, field) && differs(field, one, other) {
            let message = format!("两份档案的“{}”不同，请核对是同一{label}", field.label);
            problems.push(Problem::warning("facts_differ", message).at(&field.id));
        }
    }
}

/// The columns that `kept` takes over, with their new values.
fn taken(kind: &RecordKind, lost: &Record, kept: &Record, take: &[String]) -> Read {
    let wanted =
        |field: &&Field| has(lost, field) && (!has(kept, field) || take.contains(&field.id));
    let mut read = Read::default();
    let mut copy = |field: &Field| {
        for column in field.kind.columns(&field.id) {
            let value = |record: &Record| record.cells.get(&column.name).cloned();
            if value(lost) != value(kept) {
                read.cells.insert(column.name.clone(), value(lost).unwrap_or(Cell::Null));
            }
        }
    };
    for field in own_fields(kind).filter(wanted) {
        copy(field);
        let with = field.kind.needs().into_iter().chain(field.kind.tells());
        with.filter_map(|id| kind.fields.get(id)).filter(|f| has(lost, f)).for_each(&mut copy);
    }
    read
}

/// Fields that go with a value that only one of the two has.
fn bound<'k>(kind: &'k RecordKind, one: &Record, other: &Record) -> BTreeSet<&'k str> {
    let single = own_fields(kind).filter(|field| has(one, field) != has(other, field));
    let with = single.flat_map(|field| field.kind.needs().into_iter().chain(field.kind.tells()));
    let needed = own_fields(kind).flat_map(|field| field.kind.needs());
    with.chain(needed).collect()
}

fn own_fields(kind: &RecordKind) -> impl Iterator<Item = &Field> {
    let kept = |field: &&Field| !matches!(field.kind.shape(), Shape::Rows(_) | Shape::Computed);
    kind.fields.iter().filter(kept)
}

/// Whether the value may be there only once in the whole house.
fn is_sole(kind: &RecordKind, field: &Field) -> bool {
    kind.uniques.iter().any(|unique| unique.everywhere && unique.fields.contains(&field.id))
}

fn has(record: &Record, field: &Field) -> bool {
    record.cells.get(&field.id).is_some_and(|cell| !cell.is_null())
}

fn differs(field: &Field, one: &Record, other: &Record) -> bool {
    let known = |record: &Record, column: &str| {
        record.cells.get(column).filter(|cell| !cell.is_null()).cloned()
    };
    let columns = field.kind.columns(&field.id);
    columns.iter().any(|column| known(one, &column.name) != known(other, &column.name))
}

fn json_of(cell: Option<&Cell>) -> Json {
    match cell {
        None | Some(Cell::Null) => Json::Null,
        Some(Cell::Int(number)) => Json::from(*number),
        Some(Cell::Text(text)) => Json::from(text.as_str()),
    }
}

fn cell_of(value: &Json) -> Cell {
    match value {
        Json::Number(number) => number.as_i64().map_or(Cell::Null, Cell::Int),
        Json::String(text) => Cell::text(text.as_str()),
        _ => Cell::Null,
    }
}
