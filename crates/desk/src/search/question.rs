//! What was typed into the search box, as terms; and whether a field answers one.
//!
//! A *term* is what stands together: blanks and punctuation part terms. A record is found if each of
//! its terms is answered by some field. The index is asked for words; whether the words stand there
//! together, and in a field that the actor sees, is looked at in the record itself.

use super::{
    index::number_ways,
    pinyin,
    text::{Script, Tidy, whole},
};
use engine::derive::search::Manner;
use std::ops::Range;

/// Most characters of a question.
pub const LONGEST: usize = 60;
/// From this length on a number is asked for whole.
const WHOLE: usize = 7;

/// What stands together in a question.
#[derive(Debug)]
pub struct Term {
    chars: Vec<char>,
    parts: Vec<(Script, Range<usize>)>,
}

/// What was typed, as terms.
pub fn terms(typed: &str) -> Vec<Term> {
    let typed = typed.replace(char::is_control, " ");
    if let Some(number) = spaced_number(&typed) {
        return vec![Term::of(number)];
    }
    let tidy = Tidy::of(&typed);
    let mut terms: Vec<Range<usize>> = Vec::new();
    for (_, part) in tidy.parts() {
        match terms.last_mut().filter(|term| term.end == part.start) {
            Some(term) => term.end = part.end,
            None => terms.push(part),
        }
    }
    terms.into_iter().map(|term| Term::of(tidy.chars[term].to_vec())).collect()
}

/// A number typed in groups, as 0579-8888 0000.
fn spaced_number(typed: &str) -> Option<Vec<char>> {
    let tidy = Tidy::of(typed).chars;
    let sign = |c: &char| c.is_ascii_digit() || matches!(c, 'x' | ' ' | '-' | '(' | ')' | '+');
    let signs: Vec<char> = tidy.iter().filter(|c| c.is_ascii_alphanumeric()).copied().collect();
    (tidy.iter().all(sign) && signs.len() >= WHOLE).then_some(signs)
}

impl Term {
    fn of(chars: Vec<char>) -> Self {
        let tidy: String = chars.iter().collect();
        Self { parts: Tidy::of(&tidy).parts(), chars }
    }

    /// The term as text.
    pub fn text(&self) -> String {
        self.chars.iter().collect()
    }

    /// Whether it is letters and digits alone: a beginning, a sound, a number.
    fn is_run(&self) -> bool {
        matches!(self.parts.as_slice(), [(Script::Letters, _)])
    }

    /// Words that must stand in the index, each alone. A single Han character beside others says
    /// nothing more, and longer texts are not found by it.
    pub fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        for (script, range) in &self.parts {
            let part = &self.chars[range.clone()];
            match script {
                Script::Letters => words.push(whole(part)),
                Script::Han => words.extend(part.windows(2).map(|pair| pair.iter().collect())),
            }
        }
        if words.is_empty() {
            words.push(self.text());
        }
        words
    }

    /// The number it may be, or the end of one.
    pub fn number(&self) -> Option<String> {
        let digits = self.chars.iter().filter(|c| c.is_ascii_digit()).count();
        let length = self.chars.len();
        let whole = length >= WHOLE || length == 4 || length == 6;
        (self.is_run() && digits + 1 >= length && whole).then(|| self.text())
    }

    /// Whether it may be a whole number of a person or body.
    pub fn may_be_whole_number(&self) -> bool {
        self.is_run() && self.chars.len() >= WHOLE && self.chars.iter().any(char::is_ascii_digit)
    }

    /// Where in a text of a field it is answered, as a range of the text's characters.
    pub fn answered(&self, manner: Manner, text: &str) -> Option<Range<usize>> {
        let everything = || 0..text.chars().count();
        if manner == Manner::Number {
            return number_ways(text).contains(&self.text()).then(everything);
        }
        let tidy = Tidy::of(text);
        if !self.is_run() {
            return tidy.find(&self.chars).map(|range| tidy.back(range));
        }
        let begins = tidy.parts().into_iter().find(|(script, range)| {
            *script == Script::Letters && tidy.chars[range.clone()].starts_with(&self.chars)
        });
        if let Some((_, range)) = begins {
            return Some(tidy.back(range.start..range.start + self.chars.len()));
        }
        let mut sounds = Vec::new();
        if manner == Manner::Name {
            pinyin::words(&tidy, &mut sounds);
        }
        sounds.contains(&self.text()).then(everything)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(typed: &str) -> Vec<String> {
        terms(typed).iter().map(Term::text).collect()
    }

    #[test]
    fn blanks_and_punctuation_part_terms() {
        assert_eq!(texts("张三 漏水"), ["张三", "漏水"]);
        assert_eq!(texts("柳调协字第1号"), ["柳调协字第1号"]);
        assert_eq!(texts("（2026）柳调"), ["2026", "柳调"]);
        assert_eq!(texts("买买提・艾力"), ["买买提艾力"]);
        assert_eq!(texts("0579-8888 0000"), ["057988880000"]);
        assert_eq!(texts("3301 9819 7405 1202 2X"), ["33019819740512022x"]);
        for empty in ["", "　", "\"*^-():", "🙂", "\u{0}\u{2}"] {
            assert!(texts(empty).is_empty(), "{empty}");
        }
    }

    #[test]
    fn a_term_is_asked_for_by_words_and_answered_by_text() {
        let one = |typed: &str| terms(typed).remove(0);
        assert_eq!(one("房屋漏水").words(), ["房屋", "屋漏", "漏水"]);
        assert_eq!(one("䶮").words(), ["䶮"]);
        assert_eq!(one("3组").words(), ["3"]);
        let leak = one("房屋漏水");
        assert_eq!(leak.answered(Manner::Text, "楼上房屋漏水了"), Some(2..6));
        assert_eq!(leak.answered(Manner::Text, "房屋不漏水，屋漏"), None);
        assert_eq!(one("zs").answered(Manner::Name, "张三"), Some(0..2));
        assert_eq!(one("zs").answered(Manner::Title, "张三"), None);
        assert_eq!(one("20").answered(Manner::Title, "第2026号"), Some(1..3));
        assert_eq!(one("022x").answered(Manner::Number, "33019819740512022X"), Some(0..18));
        assert_eq!(one("022").answered(Manner::Number, "33019819740512022X"), None);
        assert_eq!(one("022x").number().as_deref(), Some("022x"));
        assert_eq!(one("zhang3").number(), None);
    }
}
