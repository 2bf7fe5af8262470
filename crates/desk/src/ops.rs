//! The parts of a commit that every act has: registry, limits, log entry.

use crate::{Actor, Desk, tables::SOLE};
use engine::{
    definition::{RecordKind, Unique},
    query::Cell,
    record::{Limit, Links, MERGED_OVER, Moment, Record, View, canonical},
};
use jiff::civil::Date;
use serde_json::{Map, Value as Json};
use store::seam::{Entry, Operation, Values};

/// A row of named cells.
pub fn values<const N: usize>(pairs: [(&str, Cell); N]) -> Values {
    pairs.into_iter().map(|(name, cell)| (name.to_owned(), cell)).collect()
}

/// A field by whose value archives are found, and whether it may be there only once.
pub fn registered(kind: &RecordKind) -> Vec<(String, bool)> {
    let sole: Vec<&String> =
        kind.uniques.iter().filter(|u| u.everywhere).flat_map(|u| &u.fields).collect();
    let mut fields: Vec<(String, bool)> =
        sole.into_iter().map(|field| (field.clone(), true)).collect();
    if is_archive(kind) {
        let phones = kind.fields.iter().filter(|f| f.kind.word() == "电话");
        fields.extend(phones.map(|f| (f.id.clone(), false)));
    }
    fields
}

/// Values to be there once in a county that the registry knows, because no index of a keeper can:
/// what is sealed never looks the same twice, and an index knows no condition. Of those that are only
/// asked about, the sealed ones.
fn kept_apart(kind: &RecordKind) -> impl Iterator<Item = &Unique> {
    let refused = |unique: &Unique| unique.when.is_some() && !unique.warns;
    let apart = move |unique: &&Unique| refused(unique) || is_sealed(kind, unique);
    kind.uniques.iter().filter(|unique| !unique.everywhere).filter(apart)
}

/// Whether a unique looks at what is kept sealed.
pub fn is_sealed(kind: &RecordKind, unique: &Unique) -> bool {
    unique.fields.iter().any(|field| kind.layout.sealed.contains(field))
}

/// What the registry has for a record under a unique: its name there and the text, which is empty
/// if a value is missing or the condition does not hold.
pub fn together(unique: &Unique, record: &Record) -> (String, String) {
    let values: Vec<&str> = unique.fields.iter().map(|f| record.text(f)).collect();
    let counts = || {
        let links = Links::default();
        let view = View::record(record, &links, Date::ZERO);
        unique.when.as_ref().is_none_or(|when| when.holds(&view) == Some(true))
    };
    let text = if values.contains(&"") || !counts() {
        String::new()
    } else {
        Json::from([&[record.county()], values.as_slice()].concat()).to_string()
    };
    let condition = if unique.when.is_some() { "?" } else { "" };
    (unique.fields.join("+") + condition, text)
}

/// The uniques of which the registry refuses a second value, with what it has for this record.
pub fn sole<'k>(kind: &'k RecordKind, record: &Record) -> Vec<(&'k Unique, String, String)> {
    let everywhere = kind.uniques.iter().filter(|u| u.everywhere).flat_map(|unique| {
        let texts = unique.fields.iter().map(|f| (f.clone(), record.text(f).to_owned()));
        texts.map(move |(field, text)| (unique, field, text)).collect::<Vec<_>>()
    });
    let sealed = kept_apart(kind).filter(|unique| !unique.warns).map(|unique| {
        let (name, text) = together(unique, record);
        (unique, name, text)
    });
    everywhere.chain(sealed).collect()
}

/// The text that a record is found by: not what the one it was merged into has taken over.
fn held<'r>(record: &'r Record, field: &str) -> &'r str {
    let over = record.text(MERGED_OVER);
    let over: Map<String, Json> = serde_json::from_str(over).unwrap_or_default();
    if over.contains_key(field) { "" } else { record.text(field) }
}

/// Whether records of the kind are a shared archive, to be found by everybody who may see any.
pub fn is_archive(kind: &RecordKind) -> bool {
    kind.business == "common"
}

impl Desk {
    /// Registry rows that change with a record.
    pub(crate) fn registry(
        &self,
        kind: &RecordKind,
        before: Option<&Record>,
        after: &Record,
    ) -> Vec<Operation> {
        let mut operations = Vec::new();
        let empty = Record::default();
        let before = before.unwrap_or(&empty);
        let found_by = registered(kind).into_iter().map(|(field, sole)| {
            let (old, new) = (held(before, &field).to_owned(), held(after, &field).to_owned());
            (field, sole, old, new)
        });
        let apart = kept_apart(kind).map(|unique| {
            let (name, new) = together(unique, after);
            (name, !unique.warns, together(unique, before).1, new)
        });
        for (field, sole, old, new) in found_by.chain(apart).filter(|(_, _, old, new)| old != new) {
            let key = |text: &str| {
                values([
                    ("kind", kind.id.as_str().into()),
                    ("field", field.as_str().into()),
                    ("hash", self.index(kind, &field, text).into()),
                    ("slot", if sole { SOLE } else { after.id() }.into()),
                ])
            };
            if !old.is_empty() {
                operations.push(Operation::Remove { table: "registry".to_owned(), by: key(&old) });
            }
            if !new.is_empty() {
                let mut values = key(&new);
                values.push(("record".to_owned(), after.id().into()));
                values.push(("county".to_owned(), after.county().into()));
                operations.push(Operation::Insert { table: "registry".to_owned(), values });
            }
        }
        operations
    }

    /// The keyed hash of a value of a field of a kind.
    pub(crate) fn index(&self, kind: &RecordKind, field: &str, text: &str) -> String {
        self.sealer.index(&format!("{}.{field}", kind.id), text)
    }

    /// The log entry of an act on a record.
    pub(crate) fn entry(
        &self,
        actor: &Actor,
        moment: &Moment,
        act: &str,
        kind: &RecordKind,
        before: Option<&Record>,
        after: &Record,
    ) -> Entry {
        let changes = engine::record::changes(before, after);
        let body = Json::Object(self.sealed_changes(kind, changes)).to_string();
        Entry {
            county: after.county().to_owned(),
            at: moment.at,
            actor: actor.account.clone(),
            authority: actor.authority(),
            act: act.to_owned(),
            kind: kind.id.clone(),
            record: after.id().to_owned(),
            version: after.version(),
            definition: after.text("definition").to_owned(),
            body,
            content: canonical(after),
        }
    }

    /// A log entry that is not about a change of a record.
    pub(crate) fn note(
        &self,
        actor: &Actor,
        moment: &Moment,
        act: &str,
        kind: &str,
        record: &str,
        body: Map<String, Json>,
    ) -> Entry {
        Entry {
            county: actor.unit.county.clone(),
            at: moment.at,
            actor: actor.account.clone(),
            authority: actor.authority(),
            act: act.to_owned(),
            kind: kind.to_owned(),
            record: record.to_owned(),
            version: 0,
            definition: self.house().version.clone(),
            body: Json::Object(body).to_string(),
            content: String::new(),
        }
    }
}

/// Rows of `deadline` that differ: new and changed limits, and those that no longer run. A limit that
/// runs tells the record's state, by which the inbox knows whose turn it is.
pub fn limit_rows(
    kind: &RecordKind,
    before: Option<&Record>,
    after: &Record,
    old: &[Limit],
    new: &[Limit],
) -> Vec<Operation> {
    let title_changed = before.is_some_and(|b| b.text("title") != after.text("title"));
    let moved = before.is_some_and(|b| b.state() != after.state());
    // What the house could not do for this record is tried again for that which it has become.
    let acts = |l: &Limit| {
        kind.deadlines.iter().any(|rule| rule.id == l.id && rule.at_end.is_some()) && !l.done
    };
    let differs = |l: &Limit| title_changed || (moved && !l.done) || acts(l) || !old.contains(l);
    let mut rows: Vec<Operation> = Vec::new();
    for limit in new.iter().filter(|l| differs(l)) {
        rows.extend(limit_row(kind, after, limit, old));
    }
    for limit in old.iter().filter(|o| !o.done && !new.iter().any(|n| n.id == o.id)) {
        rows.extend(limit_row(kind, after, &Limit { done: true, ..limit.clone() }, old));
    }
    rows
}

fn limit_row(kind: &RecordKind, record: &Record, limit: &Limit, old: &[Limit]) -> Vec<Operation> {
    let id = format!("{}:{}", record.id(), limit.id);
    let mut row = values([
        ("county", record.county().into()),
        ("id", id.as_str().into()),
        ("kind", kind.id.as_str().into()),
        ("record", record.id().into()),
        ("rule", limit.id.as_str().into()),
        ("unit", record.text("unit").into()),
        ("path", record.text("path").into()),
        ("title", record.text("title").into()),
        ("state", record.state().into()),
        ("done", limit.done.into()),
        ("ended", Cell::from(limit.ended.map(|d| d.to_string()))),
        ("created_by", record.text("created_by").into()),
    ]);
    row.extend(limit_values(limit));
    let ends = limit.done && old.iter().any(|o| o.id == limit.id && !o.done);
    let repeats = kind.deadlines.iter().any(|rule| rule.id == limit.id && rule.repeats);
    let came_back = repeats && old.iter().any(|o| o.id == limit.id && o.from < limit.from);
    let mut operations = Vec::new();
    if came_back {
        // Looking away was meant for the last time.
        let by = values([("item", id.as_str().into())]);
        operations.push(Operation::Remove { table: "snooze".to_owned(), by });
    }
    if ends {
        // Nobody holds it or looks away from it when it should run again.
        let held = ["assignee", "assigned_by", "assigned_at", "assigned_for", "assigned_note"];
        row.extend(held.map(|column| (column.to_owned(), Cell::Null)));
        let by = values([("item", id.as_str().into())]);
        operations.push(Operation::Remove { table: "snooze".to_owned(), by });
    }
    operations.push(Operation::Put { table: "deadline".to_owned(), values: row });
    operations
}

/// What is kept of a limit's result, and of what it was worked out from.
pub fn limit_values(limit: &Limit) -> Values {
    let date = |d: Option<jiff::civil::Date>| Cell::from(d.map(|d| d.to_string()));
    let [county, city, province] = limit.raised.map(date);
    values([
        ("due", date(limit.due)),
        ("at", Cell::from(limit.at.map(|at| at.to_string()))),
        ("warn", date(limit.warn)),
        ("stopped", limit.stopped.into()),
        ("words", limit.words.as_str().into()),
        ("law", limit.law.as_str().into()),
        ("given", limit.given.write().into()),
        ("county_on", county),
        ("city_on", city),
        ("province_on", province),
        // What the house could not do for another last day, or another record, says nothing now.
        ("tried", Cell::Null),
        ("refused", Cell::Null),
    ])
}
