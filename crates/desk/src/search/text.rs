//! Text as it is searched: what is alike for a reader is made alike, and cut into words.
//!
//! A *part* is a stretch of Han characters or a stretch of letters and digits. Han characters have
//! no blanks between words, so every two neighbours are a word; in names and titles every character
//! is one too. Letters and digits are a word with all their beginnings.

use engine::check::text::{half_width, is_invisible};
use std::ops::Range;
use store::seam::LONGEST_BEGINNING;

/// Longest stretch of letters and digits that is a word whole.
const LONGEST_RUN: usize = 40;

/// A text made ready, with where each character came from.
#[derive(Debug, Default)]
pub struct Tidy {
    /// Half width, small letters, no dots of names, nothing invisible.
    pub chars: Vec<char>,
    /// For each of them, which character of the text it was.
    from: Vec<usize>,
}

/// What a part is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    /// Han characters.
    Han,
    /// Letters and digits of any other script.
    Letters,
}

impl Tidy {
    /// Makes a text ready.
    pub fn of(text: &str) -> Self {
        let mut tidy = Self::default();
        for (index, c) in half_width(text).chars().enumerate() {
            if !is_dot(c) && !is_invisible(c) && !is_selector(c) {
                let small = c.to_lowercase();
                tidy.from.extend(small.clone().map(|_| index));
                tidy.chars.extend(small);
            }
        }
        tidy
    }

    /// The parts in order. Those of one term stand side by side.
    pub fn parts(&self) -> Vec<(Script, Range<usize>)> {
        let mut parts: Vec<(Script, Range<usize>)> = Vec::new();
        for (index, c) in self.chars.iter().enumerate() {
            let Some(script) = script(*c) else { continue };
            match parts.last_mut().filter(|(last, range)| *last == script && range.end == index) {
                Some((_, range)) => range.end = index + 1,
                None => parts.push((script, index..index + 1)),
            }
        }
        parts
    }

    /// Where these characters stand together.
    pub fn find(&self, wanted: &[char]) -> Option<Range<usize>> {
        let at = self.chars.windows(wanted.len().max(1)).position(|window| window == wanted)?;
        Some(at..at + wanted.len())
    }

    /// A range of characters as one of the text that it was made of.
    pub fn back(&self, range: Range<usize>) -> Range<usize> {
        let at = |index: usize| self.from.get(index).copied();
        let start = at(range.start).unwrap_or(0);
        start..range.end.checked_sub(1).and_then(at).map_or(start, |last| last + 1)
    }

    /// Its words; `single`: every Han character is one too.
    pub fn words(&self, single: bool, words: &mut Vec<String>) {
        for (script, range) in self.parts() {
            let part = &self.chars[range];
            match script {
                Script::Letters => run(part, words),
                Script::Han => {
                    words.extend(part.windows(2).map(|pair| pair.iter().collect::<String>()));
                    words.extend(part.iter().filter(|_| single).map(char::to_string));
                }
            }
        }
    }
}

/// Letters and digits as a word, with its beginnings. Those of a number that is still to be
/// allotted are added by whoever allots it.
fn run(part: &[char], words: &mut Vec<String>) {
    words.push(whole(part));
    if !part.contains(&'\u{2}') {
        let ends = 2..part.len().min(LONGEST_BEGINNING + 1);
        words.extend(ends.map(|end| part[..end].iter().collect::<String>()));
    }
}

/// Letters and digits as they are a word.
pub fn whole(part: &[char]) -> String {
    part.iter().take(LONGEST_RUN).collect()
}

fn script(c: char) -> Option<Script> {
    if is_han(c) {
        Some(Script::Han)
    } else {
        // The sign that stands for the digits of a number to be allotted counts as one.
        (c.is_alphanumeric() || is_accent(c) || c == '\u{2}').then_some(Script::Letters)
    }
}

/// Ideographs of every plane, and where older systems keep those they could not otherwise write.
pub fn is_han(c: char) -> bool {
    matches!(c,
        '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '\u{20000}'..='\u{323af}'
        | '\u{f900}'..='\u{faff}' | '〇' | '々'
        | '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{ffffd}' | '\u{100000}'..='\u{10fffd}')
}

fn is_dot(c: char) -> bool {
    matches!(c, '·' | '•' | '‧' | '∙' | '⋅' | '・' | '･')
}

/// Chooses a variant form of the character before it.
fn is_selector(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str, single: bool) -> String {
        let mut words = Vec::new();
        Tidy::of(text).words(single, &mut words);
        words.join(" ")
    }

    #[test]
    fn a_text_is_cut_into_pairs_and_beginnings() {
        assert_eq!(words("房屋漏水", false), "房屋 屋漏 漏水");
        assert_eq!(words("张䶮", true), "张䶮 张 䶮");
        assert_eq!(words("小𠮷", true), "小𠮷 小 𠮷");
        assert_eq!(words("买买提·艾力", false), "买买 买提 提艾 艾力");
        assert_eq!(words("（２０２6）AB", false), "2026 20 202 ab");
        assert_eq!(words("3组，12号", false), "3 12");
        assert_eq!(words("\"*^-():，。🙂", true), "");
        assert_eq!(words("Éva ئەلى", false), "éva év ئەلى ئە ئەل");
        assert_eq!(words("zj\u{2}0\u{2}", false), "zj\u{2}0\u{2}");
    }

    #[test]
    fn what_was_found_is_shown_where_it_stood() {
        let tidy = Tidy::of("买买提·艾力");
        let found = tidy.find(&['提', '艾']).unwrap();
        assert_eq!(tidy.back(found), 2..5);
        assert_eq!(tidy.find(&['艾', '提']), None);
        assert_eq!(Tidy::of("短").find(&['很', '长', '的']), None);
    }
}
