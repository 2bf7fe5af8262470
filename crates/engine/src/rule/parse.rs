//! The characters of a rule: where the reader stands, what comes next.

use super::RuleError;

/// Operators that are words stand free: `且`, `或`, `非` inside a name are part of the name.
pub struct Reader {
    characters: Vec<char>,
    pub at: usize,
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '·'
}

impl Reader {
    pub fn new(text: &str) -> Self {
        Self { characters: text.chars().collect(), at: 0 }
    }

    pub fn skip_spaces(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    pub fn peek(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    pub fn at_end(&mut self) -> bool {
        self.skip_spaces();
        self.at >= self.characters.len()
    }

    /// Whether `text` comes next; a text ending in a word character must end the word.
    pub fn comes(&mut self, text: &str) -> bool {
        self.skip_spaces();
        let end = self.at + text.chars().count();
        let Some(here) = self.characters.get(self.at..end) else { return false };
        let next = self.characters.get(end).copied();
        let ends = !text.chars().last().is_some_and(is_word) || !next.is_some_and(is_word);
        ends && here.iter().copied().eq(text.chars())
    }

    /// Takes `text` if it comes next.
    pub fn take(&mut self, text: &str) -> bool {
        let comes = self.comes(text);
        if comes {
            self.at += text.chars().count();
        }
        comes
    }

    /// Takes the first of `texts` that comes next.
    pub fn take_any<'t>(&mut self, texts: &[&'t str]) -> Option<&'t str> {
        texts.iter().copied().find(|text| self.take(text))
    }

    /// Takes the longest of `names` that comes next and gives its index.
    pub fn take_longest<'n>(&mut self, names: impl Iterator<Item = &'n str>) -> Option<usize> {
        let mut best: Option<(usize, usize)> = None;
        for (index, name) in names.enumerate() {
            let length = name.chars().count();
            if length > best.map_or(0, |(_, l)| l) && self.comes(name) {
                best = Some((index, length));
            }
        }
        let (index, length) = best?;
        self.at += length;
        Some(index)
    }

    /// Takes a run of word characters, for a message about a name nobody knows.
    pub fn take_word(&mut self) -> String {
        self.skip_spaces();
        let start = self.at;
        while self.peek().is_some_and(|c| is_word(c) || c == '.') {
            self.at += 1;
        }
        self.characters[start..self.at].iter().collect()
    }

    /// Takes `"…"`.
    pub fn take_quoted(&mut self) -> Option<String> {
        self.skip_spaces();
        let close = match self.peek()? {
            '"' => '"',
            '“' => '”',
            '\'' => '\'',
            _ => return None,
        };
        let length = self.characters[self.at + 1..].iter().position(|&c| c == close)?;
        let text = self.characters[self.at + 1..self.at + 1 + length].iter().collect();
        self.at += length + 2;
        Some(text)
    }

    /// Takes `2024-01-31`.
    pub fn take_date(&mut self) -> Option<jiff::civil::Date> {
        self.skip_spaces();
        let text: String = self.characters.get(self.at..self.at + 10)?.iter().collect();
        let date = text.parse().ok()?;
        self.at += 10;
        Some(date)
    }

    /// Takes digits with at most one point: the number times 10^scale, and scale.
    pub fn take_number(&mut self) -> Option<(i64, u8)> {
        self.skip_spaces();
        let start = self.at;
        let (mut value, mut scale, mut point) = (0i64, 0u8, false);
        while let Some(c) = self.peek() {
            match (c.to_digit(10), c) {
                (Some(digit), _) => {
                    value = value.checked_mul(10)?.checked_add(i64::from(digit))?;
                    scale += u8::from(point);
                }
                (None, '.') if !point && self.at > start => point = true,
                _ => break,
            }
            self.at += 1;
        }
        (self.at > start).then_some((value, scale))
    }

    pub fn error(&self, message: impl Into<String>) -> RuleError {
        RuleError { number: 302, at: self.at, message: message.into(), fix: String::new() }
    }
}
