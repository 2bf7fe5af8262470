//! The lines of a definition file: words, values, settings and what stands in braces. It is a part of
//! [KDL](https://kdl.dev) 2.0, so that any editor colours it; a test reads every file with a KDL parser
//! too and compares (docs/decisions/0022-own-reader.md).
//!
//! ```text
//! line   := word { value | name = value } [ "{" lines "}" ]        ends with a line break or ;
//! value  := bare word | number | "text with \" \\ \n \t"           // a comment
//! ```

/// One line, with the byte offset of everything in it.
#[derive(Debug, Default)]
pub struct Line {
    /// Its first word.
    pub word: String,
    /// Where it starts.
    pub at: usize,
    /// Values in order; those with a name are settings.
    pub entries: Vec<Entry>,
    /// The lines in its braces.
    pub children: Vec<Line>,
}

/// A value of a line.
#[derive(Debug)]
pub struct Entry {
    /// Its name; empty for a plain value.
    pub name: String,
    /// The value.
    pub text: String,
    /// Where the value starts.
    pub at: usize,
}

/// Why a file cannot be read: where, and what is wrong there.
#[derive(Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Byte offset.
    pub at: usize,
    /// What is wrong.
    pub message: &'static str,
}

/// How deep braces may stand in one another.
const DEEPEST: usize = 32;

/// Reads a whole file.
///
/// # Errors
/// The first thing that cannot be read.
pub fn read(text: &str) -> Result<Vec<Line>, Unreadable> {
    let mut reader = Reader { text, at: 0 };
    reader.take('\u{feff}');
    let lines = reader.lines(0)?;
    match reader.peek() {
        None => Ok(lines),
        Some(_) => Err(reader.wrong(reader.at, "这里多了一个右大括号")),
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

type Read<T> = Result<T, Unreadable>;

fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{b}' | '\u{c}' | '\u{2028}' | '\u{2029}')
}

fn is_space(c: char) -> bool {
    c.is_whitespace() && !is_break(c)
}

/// Whether a bare word may have it.
fn is_bare(c: char) -> bool {
    let sign = matches!(c, '\\' | '/' | '(' | ')' | '{' | '}' | ';' | '[' | ']' | '"' | '#' | '=');
    !(sign || c.is_whitespace() || c.is_control() || c == '\u{feff}')
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn take(&mut self, wanted: char) -> bool {
        let is = self.peek() == Some(wanted);
        self.at += if is { wanted.len_utf8() } else { 0 };
        is
    }

    fn take_while(&mut self, holds: impl Fn(char) -> bool) -> &str {
        let rest = &self.text[self.at..];
        let length = rest.find(|c| !holds(c)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn wrong(&self, at: usize, message: &'static str) -> Unreadable {
        Unreadable { at, message }
    }

    /// Spaces and comments; whether there were any.
    fn skip_spaces(&mut self) -> bool {
        let start = self.at;
        self.take_while(is_space);
        if self.text[self.at..].starts_with("//") {
            self.take_while(|c| !is_break(c));
        }
        self.at > start
    }

    /// Lines up to the end of the file or a right brace, which is left.
    fn lines(&mut self, depth: usize) -> Read<Vec<Line>> {
        let mut lines = Vec::new();
        loop {
            self.skip_spaces();
            match self.peek() {
                None | Some('}') => return Ok(lines),
                Some(c) if is_break(c) || c == ';' => self.at += c.len_utf8(),
                Some(_) => lines.push(self.line(depth)?),
            }
        }
    }

    fn line(&mut self, depth: usize) -> Read<Line> {
        let mut line = Line { at: self.at, word: self.value()?, ..Line::default() };
        loop {
            let spaced = self.skip_spaces();
            match self.peek() {
                None | Some(';' | '}') => return Ok(line),
                Some(c) if is_break(c) => return Ok(line),
                Some('{') => {
                    line.children = self.braces(depth)?;
                    return self.end(line);
                }
                Some(_) if !spaced => return Err(self.wrong(self.at, "这里要空一格")),
                Some(_) => line.entries.push(self.entry()?),
            }
        }
    }

    fn braces(&mut self, depth: usize) -> Read<Vec<Line>> {
        let open = self.at;
        if depth >= DEEPEST {
            return Err(self.wrong(open, "大括号套得太深"));
        }
        self.at += 1;
        let lines = self.lines(depth + 1)?;
        if self.take('}') {
            Ok(lines)
        } else {
            Err(self.wrong(open, "这个大括号没有关上"))
        }
    }

    /// Behind a right brace the line is over.
    fn end(&mut self, line: Line) -> Read<Line> {
        self.skip_spaces();
        match self.peek() {
            None | Some(';' | '}') => Ok(line),
            Some(c) if is_break(c) => Ok(line),
            Some(_) => Err(self.wrong(self.at, "右大括号后面要换行或者写分号")),
        }
    }

    fn entry(&mut self) -> Read<Entry> {
        let at = self.at;
        let text = self.value()?;
        let behind = self.at;
        self.take_while(is_space);
        if !self.take('=') {
            self.at = behind;
            return Ok(Entry { name: String::new(), text, at });
        }
        self.take_while(is_space);
        let at = self.at;
        Ok(Entry { name: text, text: self.value()?, at })
    }

    fn value(&mut self) -> Read<String> {
        if self.peek() == Some('"') {
            return self.quoted();
        }
        let at = self.at;
        let word = self.take_while(is_bare).to_owned();
        match word.as_str() {
            "" => Err(self.wrong(at, "这里要有一个词、一个数或者带引号的文字")),
            word if !starts_like_a_number(word) || is_number(word) => Ok(word.to_owned()),
            _ => Err(self.wrong(at, "以数字开头的值要加引号")),
        }
    }

    fn quoted(&mut self) -> Read<String> {
        let open = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            text.push_str(self.take_while(|c| !matches!(c, '"' | '\\') && !is_break(c)));
            match self.peek() {
                Some('"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some('\\') => text.push(self.escaped()?),
                _ => return Err(self.wrong(open, "这个引号没有关上")),
            }
        }
    }

    fn escaped(&mut self) -> Read<char> {
        let at = self.at;
        self.at += 1;
        let c = match self.peek() {
            Some('n') => '\n',
            Some('t') => '\t',
            Some(c @ ('"' | '\\')) => c,
            _ => return Err(self.wrong(at, "反斜杠后面只能是 n、t、引号或者反斜杠")),
        };
        self.at += 1;
        Ok(c)
    }
}

fn starts_like_a_number(word: &str) -> bool {
    word.trim_start_matches(['+', '-', '.']).starts_with(|c: char| c.is_ascii_digit())
}

/// A number that reads the same wherever it is read: no leading zero, no sign but a minus.
fn is_number(word: &str) -> bool {
    let digits = word.strip_prefix('-').unwrap_or(word);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    all(whole) && all(fraction) && (whole == "0" || !whole.starts_with('0'))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn shown(lines: &[Line]) -> String {
        let entry = |e: &Entry| match e.name.as_str() {
            "" => format!(" <{}>", e.text),
            name => format!(" {name}=<{}>", e.text),
        };
        let line = |line: &Line| {
            let entries: String = line.entries.iter().map(entry).collect();
            let children = match line.children.is_empty() {
                true => String::new(),
                false => format!(" {{{}}}", shown(&line.children)),
            };
            format!("{}{entries}{children};", line.word)
        };
        lines.iter().map(line).collect()
    }

    #[test]
    fn words_values_settings_and_braces() {
        let text = "甲 \"乙 \\\"丙\\\"\" 丁=\"戊\" 己 = 3 // 注\n庚 { 辛; 壬 -0.5 }; 癸\r\n";
        assert_eq!(
            shown(&read(text).unwrap()),
            "甲 <乙 \"丙\"> 丁=<戊> 己=<3>;庚 {辛;壬 <-0.5>;};癸;"
        );
    }

    #[test]
    fn places_are_byte_offsets() {
        let lines = read("甲 乙=1\n  丙 { 丁 }").unwrap();
        assert_eq!((lines[0].at, lines[0].entries[0].at), (0, 8));
        assert_eq!((lines[1].at, lines[1].children[0].at), (12, 18));
    }

    #[test]
    fn what_cannot_be_read_is_said_at_its_place() {
        for (text, at, part) in [
            ("甲 {", 4, "没有关上"),
            ("甲 \"乙\n", 4, "引号没有关上"),
            ("甲 }", 4, "多了一个右大括号"),
            ("甲 2024-01-01", 4, "要加引号"),
            ("甲 01", 4, "要加引号"),
            ("甲 乙=", 8, "这里要有一个词"),
            ("甲 \"乙\"\"丙\"", 9, "空一格"),
            ("甲 { 乙 } 丙", 12, "换行或者写分号"),
            ("甲 \"\\x\"", 5, "反斜杠"),
            ("甲 (乙)", 4, "这里要有一个词"),
        ] {
            let wrong = read(text).unwrap_err();
            assert_eq!(wrong.at, at, "{text}");
            assert!(wrong.message.contains(part), "{text}: {}", wrong.message);
        }
    }

    #[test]
    fn braces_without_end_are_refused_and_do_not_overflow() {
        assert_eq!(read(&"a {".repeat(100_000)).unwrap_err().message, "大括号套得太深");
    }
}
