//! Allotted numbers are written where their tokens stand.

use crate::seam::{
    Commit, Entry, LONGEST_BEGINNING, Number, Operation, Values, Words, digits_token, number_token,
};
use engine::query::Cell;

/// The text of a number that was allotted.
pub(crate) fn text(number: &Number, value: i64) -> String {
    let Number { before, width, after, .. } = number;
    format!("{before}{value:0width$}{after}")
}

/// Writes `texts` in place of their tokens. A token inside JSON stands there escaped, and so is
/// what replaces it.
pub(crate) fn fill(commit: &mut Commit, texts: &[String]) {
    if texts.is_empty() {
        return;
    }
    let pairs: Vec<_> = texts.iter().enumerate().flat_map(|(i, t)| pairs(i, t)).collect();
    let mut each = |text: &mut String| replace(text, &pairs);
    commit.operations.iter_mut().for_each(|operation| in_operation(operation, &mut each));
    commit.entries.iter_mut().for_each(|entry| in_entry(entry, &mut each));
    let digits: Vec<_> = commit.numbers.iter().zip(texts).map(|(n, t)| digits(n, t)).collect();
    commit.words.iter_mut().for_each(|words| in_words(words, &digits));
}

/// The digits between the two texts of a number.
fn digits<'t>(number: &Number, text: &'t str) -> &'t str {
    text.get(number.before.len()..text.len() - number.after.len()).unwrap_or(text)
}

/// Words that hold a number, and their beginnings.
fn in_words(words: &mut Words, digits: &[&str]) {
    let mut beginnings = Vec::new();
    for word in words.words.iter_mut().filter(|word| word.contains('\u{2}')) {
        for (index, digits) in digits.iter().enumerate() {
            *word = word.replace(&digits_token(index), digits);
        }
        let ends = word.char_indices().map(|(at, _)| at).take(LONGEST_BEGINNING + 1).skip(2);
        beginnings.extend(ends.map(|end| word[..end].to_owned()));
    }
    words.words.extend(beginnings);
}

fn pairs(index: usize, text: &str) -> [(String, String); 2] {
    let quoted = serde_json::Value::from(text).to_string();
    let escaped = quoted.get(1..quoted.len() - 1).unwrap_or(text).to_owned();
    [(number_token(index), text.to_owned()), (format!("\\u0001{index}\\u0001"), escaped)]
}

fn replace(text: &mut String, pairs: &[(String, String)]) {
    if !text.contains('\u{1}') && !text.contains("\\u0001") {
        return;
    }
    for (token, number) in pairs {
        if text.contains(token) {
            *text = text.replace(token, number);
        }
    }
}

fn in_operation(operation: &mut Operation, each: &mut dyn FnMut(&mut String)) {
    match operation {
        Operation::Insert { values, .. } | Operation::Put { values, .. } => in_values(values, each),
        Operation::Update { key, expect, set, .. } => {
            in_values(key, each);
            in_values(expect, each);
            in_values(set, each);
        }
        Operation::Remove { by, .. } => in_values(by, each),
    }
}

fn in_values(values: &mut Values, each: &mut dyn FnMut(&mut String)) {
    for (_, cell) in values {
        if let Cell::Text(text) = cell {
            each(text);
        }
    }
}

fn in_entry(entry: &mut Entry, each: &mut dyn FnMut(&mut String)) {
    let Entry { actor, authority, act, kind, record, definition, body, content, .. } = entry;
    for text in [actor, authority, act, kind, record, definition, body, content] {
        each(text);
    }
}
