//! The data of a paper: what its template finds in `data.json`. Every value is already the text
//! that people read; what the reader may not see is masked here and nowhere later.
//!
//! ```text
//! title number unit printed_on verify record   what the paper is, and of what
//! fields.FIELD            the record's own; rows as a list
//! linked.FIELD.FIELD      records it refers to, and those its parent refers to
//! linked.PARENT.FIELD     the record it hangs on, with rows
//! linked.KINDs            records that hang on it, oldest first
//! ```

use crate::{
    definition::{Class, Document, Fields, House, RecordKind},
    kind::{Cells, Names, Shape, Showing},
    record::{Links, Record},
};
use serde_json::{Map, Value as Json, json};

/// A record with what hangs around it, as one reader may see it.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// Its kind.
    pub kind: &'a RecordKind,
    /// The record.
    pub record: &'a Record,
    /// The records it refers to.
    pub links: &'a Links,
    /// What they are called.
    pub names: &'a dyn Names,
    /// Highest class of fields shown unmasked.
    pub sees: Class,
}

/// A paper about to be printed.
#[derive(Clone, Copy)]
pub struct Paper<'a> {
    /// All definitions.
    pub house: &'a House,
    /// What is printed.
    pub document: &'a Document,
    /// The record it is printed from.
    pub subject: Subject<'a>,
    /// The record that one hangs on.
    pub parent: Option<Subject<'a>>,
    /// Records that hang on it, by kind, oldest first.
    pub attached: &'a [(&'a RecordKind, Vec<&'a Record>)],
    /// Unit that keeps the record.
    pub unit: &'a str,
    /// That unit and those above it, from the top.
    pub path: &'a [&'a str],
    /// When it is printed, as shown.
    pub printed_on: &'a str,
    /// What proves it, as the QR code says it.
    pub verify: &'a str,
}

/// The data of the paper.
pub fn data(paper: &Paper<'_>) -> Json {
    let Paper { document, subject, .. } = paper;
    let number = subject.record.text(&document.number);
    json!({
        "title": document.label,
        "number": (!number.is_empty()).then_some(number),
        "fields": whole(paper.house, subject),
        "linked": linked(paper),
        "record": {
            "id": subject.record.id(),
            "version": subject.record.version(),
            "state": subject.kind.state_label(subject.record.state()),
        },
        "unit": { "name": paper.unit, "path_names": paper.path },
        "printed_on": paper.printed_on,
        "verify": paper.verify,
    })
}

fn linked(paper: &Paper<'_>) -> Map<String, Json> {
    let mut linked = Map::new();
    if let Some(parent) = &paper.parent {
        referred(paper.house, parent, &mut linked);
    }
    referred(paper.house, &paper.subject, &mut linked);
    if let Some(parent) = &paper.parent {
        linked.insert(parent.kind.id.clone(), Json::Object(whole(paper.house, parent)));
    }
    for (kind, records) in paper.attached {
        let one = |record: &&Record| {
            Json::Object(texts(paper.house, &kind.fields, &record.cells, &paper.subject))
        };
        linked.insert(format!("{}s", kind.id), records.iter().map(one).collect());
    }
    linked
}

/// The records referred to. A right to see one record is none to see what is secret in another.
fn referred(house: &House, subject: &Subject<'_>, linked: &mut Map<String, Json>) {
    for field in &subject.kind.fields {
        let Shape::Reference(kind) = field.kind.shape() else { continue };
        let cells = subject.links.get(kind, subject.record.text(&field.id));
        if let (Some(kind), Some(cells)) = (house.kind(kind), cells) {
            let plain = Subject { sees: Class::Plain, ..*subject };
            let shown = texts(house, &kind.fields, cells, &plain);
            linked.insert(field.id.clone(), Json::Object(shown));
        }
    }
}

/// All shown texts of a record, its rows as lists of shown texts.
fn whole(house: &House, subject: &Subject<'_>) -> Map<String, Json> {
    let mut shown = texts(house, &subject.kind.fields, &subject.record.cells, subject);
    for (id, rows) in &subject.record.rows {
        let row_kind = match subject.kind.fields.get(id).map(|f| f.kind.shape()) {
            Some(Shape::Rows(row)) => subject.kind.rows.get(row),
            _ => None,
        };
        let Some(row_kind) = row_kind else { continue };
        let list = rows
            .iter()
            .map(|row| Json::Object(texts(house, &row_kind.fields, &row.cells, subject)))
            .collect();
        shown.insert(id.clone(), Json::Array(list));
    }
    shown
}

/// Shown texts by field; what is empty is left out, so that the paper leaves a line to fill in.
fn texts(
    house: &House,
    fields: &Fields,
    cells: &Cells,
    subject: &Subject<'_>,
) -> Map<String, Json> {
    let cx = Showing { house, names: subject.names };
    let shown = fields.iter().map(|f| (f.id.clone(), f.show(cells, &cx, subject.sees)));
    shown.filter(|(_, text)| !text.is_empty()).map(|(id, text)| (id, Json::from(text))).collect()
}
