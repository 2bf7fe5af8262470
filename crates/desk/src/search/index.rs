//! The words by which a record is found.
//!
//! Beside the words of its fields a record has words of its place: `@` and the code of its unit and
//! of each above it, `!` and the code of its own, `@` alone if it is of a shared archive, and `=` and
//! its kind. Numbers that are kept sealed stand there as keyed hashes, marked by the class of their
//! field: `c:` for ways to reach somebody, `s:` for what is sensitive.

use super::{pinyin, text::Tidy};
use crate::{Desk, ops::is_archive};
use engine::{
    definition::{Class, Field, House, RecordKind},
    derive::search::{Manner, Searched, searched},
    query::Cell,
    record::Record,
};
use store::seam::{Number, Words, digits_token, number_token};

/// Digits of a keyed hash that are kept: 64 bits.
const HASH: usize = 16;

impl Desk {
    /// The words of a record. Where a number of `numbers` is to be allotted, its digits are left
    /// open.
    pub(crate) fn words(&self, kind: &RecordKind, record: &Record, numbers: &[Number]) -> Words {
        let mut words = place_words(kind, record);
        let text = spoken(record.text("title"), numbers);
        Tidy::of(&text).words(true, &mut words);
        for one in searched(&self.house(), kind) {
            for text in texts(record, &one) {
                self.field_words(one.field, one.manner, &spoken(text, numbers), &mut words);
            }
        }
        Words {
            county: record.county().to_owned(),
            kind: kind.id.clone(),
            record: record.id().to_owned(),
            at: record.int("created_at"),
            words: store::words::once(words),
        }
    }

    fn field_words(&self, field: &Field, manner: Manner, text: &str, words: &mut Vec<String>) {
        match manner {
            Manner::Number => {
                let ways = number_ways(text);
                words.extend(ways.into_iter().map(|way| self.number_word(field.class, &way)));
            }
            Manner::Name => {
                let tidy = Tidy::of(text);
                tidy.words(true, words);
                pinyin::words(&tidy, words);
            }
            Manner::Title => Tidy::of(text).words(true, words),
            Manner::Text => Tidy::of(text).words(false, words),
        }
    }

    /// The word of a number, or of its end, in a field of a class.
    pub(super) fn number_word(&self, class: Class, number: &str) -> String {
        let mark = match class {
            Class::Plain => return number.to_owned(),
            Class::Contact => "c:",
            Class::Sensitive => "s:",
        };
        let hash = self.sealer.index(mark, number);
        format!("{mark}{}", hash.get(..HASH).unwrap_or(&hash))
    }
}

/// Whether both are found by the same words, because they say the same where anything is searched.
pub(crate) fn same_texts(
    house: &House,
    kind: &RecordKind,
    before: &Record,
    after: &Record,
) -> bool {
    let same = |column: &str| before.text(column) == after.text(column);
    ["title", "unit", "path"].into_iter().all(same)
        && searched(house, kind).iter().all(|one| texts(before, one) == texts(after, one))
}

/// The texts that a record has of a field.
pub(super) fn texts<'r>(record: &'r Record, one: &Searched<'_>) -> Vec<&'r str> {
    let Some(rows) = one.rows else { return vec![record.text(&one.field.id)] };
    let rows = record.rows.get(&rows.id).into_iter().flatten();
    rows.filter_map(|row| row.cells.get(&one.field.id).and_then(Cell::as_text)).collect()
}

/// How a number is asked for: whole, by its last six and by its last four signs.
pub(super) fn number_ways(text: &str) -> Vec<String> {
    let signs: Vec<char> =
        Tidy::of(text).chars.into_iter().filter(|c| c.is_alphanumeric()).collect();
    let end = |length: usize| signs[signs.len().saturating_sub(length)..].iter().collect();
    let mut ways: Vec<String> = [super::text::whole(&signs), end(6), end(4)].into();
    ways.retain(|way| !way.is_empty());
    ways.dedup();
    ways
}

fn place_words(kind: &RecordKind, record: &Record) -> Vec<String> {
    let units = record.text("path").split('/').filter(|code| !code.is_empty());
    let mut words: Vec<String> = units.map(|code| format!("@{code}")).collect();
    words.push(format!("!{}", record.text("unit")));
    words.push(format!("={}", kind.id));
    words.extend(is_archive(kind).then(|| "@".to_owned()));
    words
}

/// A text in which a number to be allotted is written out but for its digits.
fn spoken(text: &str, numbers: &[Number]) -> String {
    let mut text = text.to_owned();
    if text.contains('\u{1}') {
        for (index, Number { before, after, .. }) in numbers.iter().enumerate() {
            let written = format!("{before}{}{after}", digits_token(index));
            text = text.replace(&number_token(index), &written);
        }
    }
    text
}
