//! Which fields of a kind are found by the search box, and by what: it follows from their kinds.
//!
//! What is kept sealed is found by its number alone, whole or by its end: words of a sealed text
//! would tell most of it to whoever has the database.

use crate::{
    definition::{Class, Field, Fields, House, RecordKind, TitlePart},
    kind::Shape,
};

/// By what a field is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// A name: characters, words, pinyin.
    Name,
    /// A title or a number of the house: characters and words.
    Title,
    /// Text: words of two characters.
    Text,
    /// The number of a document, telephone or body: whole and by its end.
    Number,
}

/// A field that is found.
#[derive(Clone, Copy, Debug)]
pub struct Searched<'a> {
    /// The field of the record whose rows hold it; `None`: the record itself.
    pub rows: Option<&'a Field>,
    /// The field.
    pub field: &'a Field,
    /// By what.
    pub manner: Manner,
}

/// The fields of `kind` and of its rows that are found, in order of the form.
pub fn searched<'a>(house: &House, kind: &'a RecordKind) -> Vec<Searched<'a>> {
    let numbers: Vec<&str> = kind.numbers.iter().map(|n| n.field.as_str()).collect();
    let mut found = Vec::new();
    for field in &kind.fields {
        if let Shape::Rows(row) = field.kind.shape() {
            let Some(row) = kind.rows.get(row) else { continue };
            found.extend(
                of_fields(house, &row.fields, &row.title, &[]).map(|(inner, manner)| Searched {
                    rows: Some(field),
                    field: inner,
                    manner,
                }),
            );
        }
    }
    let own = of_fields(house, &kind.fields, &kind.title, &numbers);
    let own = own.map(|(field, manner)| Searched { rows: None, field, manner });
    own.chain(found).collect()
}

fn of_fields<'a>(
    house: &House,
    fields: &'a Fields,
    title: &[TitlePart],
    numbers: &[&str],
) -> impl Iterator<Item = (&'a Field, Manner)> {
    let titles = |field: &Field| {
        title.iter().any(|part| matches!(part, TitlePart::Field(id) if *id == field.id))
    };
    let manner = move |field: &'a Field| {
        let manner = match field.kind.word() {
            _ if is_name(house, fields, field) => Manner::Name,
            "文本" if titles(field) || numbers.contains(&field.id.as_str()) => Manner::Title,
            "文本" | "长文本" | "地点" => Manner::Text,
            "证件号" | "电话" | "信用代码" => Manner::Number,
            _ => return None,
        };
        let open = field.class == Class::Plain || manner == Manner::Number;
        open.then_some((field, manner))
    };
    fields.iter().filter_map(manner).collect::<Vec<_>>().into_iter()
}

/// A 姓名, or a text that is 取自 one.
fn is_name(house: &House, fields: &Fields, field: &Field) -> bool {
    let taken = |(reference, target): &(String, String)| {
        let Some(Shape::Reference(kind)) = fields.get(reference).map(|f| f.kind.shape()) else {
            return false;
        };
        let target = house.kind(kind).and_then(|kind| kind.fields.get(target));
        target.is_some_and(|target| target.kind.word() == "姓名")
    };
    field.kind.word() == "姓名" || field.taken_from.iter().any(taken)
}
