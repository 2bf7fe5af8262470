//! No character prints blank: what no font has is written out by its number.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::fonts::Fonts;

/// Looks characters up in the fonts and remembers those that are nowhere.
pub(crate) struct Coverage<'a> {
    fonts: &'a Fonts,
    missing: BTreeSet<char>,
}

impl<'a> Coverage<'a> {
    pub(crate) fn new(fonts: &'a Fonts) -> Coverage<'a> {
        Coverage { fonts, missing: BTreeSet::new() }
    }

    /// The text with each character that cannot print replaced by its name.
    pub(crate) fn text(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for character in text.chars() {
            if self.prints(character) {
                out.push(character);
            } else {
                self.missing.insert(character);
                out.push_str(&named(character));
            }
        }
        out
    }

    /// The same for every text inside a value; keys are not printed.
    pub(crate) fn value(&mut self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(items) => {
                Value::Array(items.iter().map(|item| self.value(item)).collect())
            }
            Value::Object(map) => Value::Object(
                map.iter().map(|(key, item)| (key.clone(), self.value(item))).collect(),
            ),
            other => other.clone(),
        }
    }

    pub(crate) fn into_missing(self) -> Vec<char> {
        self.missing.into_iter().collect()
    }

    fn prints(&self, character: char) -> bool {
        if shows_nothing(character) {
            return true;
        }
        // A private-use code point means a different character in every office's own font, so a
        // glyph found there proves nothing.
        !is_private(character) && !character.is_control() && self.fonts.has(character)
    }
}

/// Characters that are meant to leave no ink: layout white space, joiners, variation selectors.
fn shows_nothing(character: char) -> bool {
    matches!(character,
        '\n' | '\r' | '\t' | ' ' | '\u{a0}' | '\u{ad}'
        | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{2060}'..='\u{2064}'
        | '\u{3000}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0100}'..='\u{e01ef}')
}

fn is_private(character: char) -> bool {
    matches!(character, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{ffffd}' | '\u{100000}'..='\u{10fffd}')
}

fn named(character: char) -> String {
    format!("〔U+{:04X}〕", character as u32)
}
