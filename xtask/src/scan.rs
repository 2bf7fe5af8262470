//! Reads Rust text far enough to tell code from comments, strings and tests.
//!
//! It is no parser: the house rules only need to know whether a word stands in code, in a string or
//! in a comment. What is taken out is replaced by spaces, so every offset and line stays true.

/// What of a source text is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Code and string literals; comments are blanked.
    CodeAndStrings,
    /// Code only; comments and what stands inside strings are blanked.
    Code,
}

/// The text with everything but `keep` blanked, byte for byte as long as before.
pub fn strip(text: &str, keep: Keep) -> String {
    let source = text.as_bytes();
    let mut out = source.to_vec();
    let mut at = 0;
    while at < source.len() {
        let end = token_end(source, at);
        if blanked(source, at, keep) {
            blank(&mut out[at..end]);
        }
        at = end;
    }
    // Whole comments and whole strings were blanked, so no character was cut in two.
    String::from_utf8(out).unwrap_or_else(|_| text.to_string())
}

/// The text of `strip`ped code without items marked `#[cfg(test)]`.
pub fn without_tests(code: &str, stripped: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut out = stripped.as_bytes().to_vec();
    let mut from = 0;
    while let Some(found) = code[from..].find(MARK) {
        let start = from + found;
        let end = item_end(code.as_bytes(), start + MARK.len());
        blank(&mut out[start..end]);
        from = end;
    }
    String::from_utf8(out).unwrap_or_else(|_| stripped.to_string())
}

/// Every identifier of a text with the line (from 1) on which it stands.
pub fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().flat_map(|(index, line)| {
        line.split(|c: char| !c.is_alphanumeric() && c != '_')
            .filter(|word| !word.is_empty())
            .map(move |word| (index + 1, word))
    })
}

fn blank(bytes: &mut [u8]) {
    for byte in bytes.iter_mut().filter(|byte| **byte != b'\n') {
        *byte = b' ';
    }
}

fn blanked(source: &[u8], at: usize, keep: Keep) -> bool {
    match starts(source, at) {
        Token::LineComment | Token::BlockComment => true,
        Token::String | Token::RawString(_) => keep == Keep::Code,
        Token::Char | Token::Other => false,
    }
}

enum Token {
    LineComment,
    BlockComment,
    String,
    /// With so many `#` before the quote, and the offset of the quote.
    RawString(RawQuote),
    Char,
    Other,
}

struct RawQuote {
    hashes: usize,
    quote: usize,
}

fn starts(source: &[u8], at: usize) -> Token {
    match (source[at], source.get(at + 1)) {
        (b'/', Some(b'/')) => Token::LineComment,
        (b'/', Some(b'*')) => Token::BlockComment,
        (b'"', _) => Token::String,
        (b'r', _) => raw_quote(source, at).map_or(Token::Other, Token::RawString),
        (b'\'', _) if is_char_literal(source, at) => Token::Char,
        _ => Token::Other,
    }
}

fn token_end(source: &[u8], at: usize) -> usize {
    match starts(source, at) {
        Token::LineComment => find(source, at, b"\n"),
        Token::BlockComment => block_comment_end(source, at),
        Token::String => quoted_end(source, at, b'"'),
        Token::Char => quoted_end(source, at, b'\''),
        Token::RawString(raw) => raw_string_end(source, &raw),
        Token::Other => at + 1,
    }
}

/// Where `needle` next stands, or the end of the text.
fn find(source: &[u8], from: usize, needle: &[u8]) -> usize {
    let rest = &source[from.min(source.len())..];
    rest.windows(needle.len()).position(|it| it == needle).map_or(source.len(), |it| from + it)
}

fn block_comment_end(source: &[u8], at: usize) -> usize {
    let (mut depth, mut here) = (0, at);
    while here < source.len() {
        match &source[here..(here + 2).min(source.len())] {
            b"/*" => (depth, here) = (depth + 1, here + 2),
            b"*/" => (depth, here) = (depth - 1, here + 2),
            _ => here += 1,
        }
        if depth == 0 {
            break;
        }
    }
    here
}

fn quoted_end(source: &[u8], at: usize, quote: u8) -> usize {
    let mut here = at + 1;
    while here < source.len() && source[here] != quote {
        here += if source[here] == b'\\' { 2 } else { 1 };
    }
    (here + 1).min(source.len())
}

fn raw_quote(source: &[u8], at: usize) -> Option<RawQuote> {
    let before = at.checked_sub(1).map(|it| source[it]);
    let earlier = at.checked_sub(2).map(|it| source[it]);
    let starts_word = match before {
        Some(b'b' | b'c') => !earlier.is_some_and(is_word),
        other => !other.is_some_and(is_word),
    };
    let hashes = source[at + 1..].iter().take_while(|it| **it == b'#').count();
    let quote = at + 1 + hashes;
    (starts_word && source.get(quote) == Some(&b'"')).then_some(RawQuote { hashes, quote })
}

fn raw_string_end(source: &[u8], raw: &RawQuote) -> usize {
    let mut close = vec![b'"'];
    close.resize(raw.hashes + 1, b'#');
    (find(source, raw.quote + 1, &close) + close.len()).min(source.len())
}

/// `'x'` and `'\n'` are characters, `'static` is a lifetime.
fn is_char_literal(source: &[u8], at: usize) -> bool {
    let Some(first) = source.get(at + 1) else { return false };
    let length = match first {
        b'\\' => return true,
        0xF0.. => 4,
        0xE0.. => 3,
        0xC0.. => 2,
        _ => 1,
    };
    source.get(at + 1 + length) == Some(&b'\'')
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The end of the item that begins at `from`: its closing brace, or its semicolon. `code` has no
/// strings and no comments, so every brace counts.
fn item_end(code: &[u8], from: usize) -> usize {
    let mut depth = 0;
    for (offset, byte) in code[from..].iter().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            b';' if depth == 0 => return from + offset + 1,
            _ => {}
        }
        if *byte == b'}' && depth <= 0 {
            return from + offset + 1;
        }
    }
    code.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, keep: Keep, expect: &str) {
        assert_eq!(strip(text, keep), expect);
    }

    #[test]
    fn comments_go_and_strings_stay_or_go() {
        check("a // b\nc", Keep::CodeAndStrings, "a     \nc");
        check("a /* b /* c */ d */ e", Keep::Code, "a                   e");
        check("f(\"// no\") // yes", Keep::CodeAndStrings, "f(\"// no\")       ");
        check("f(\"x\\\"y\", 'z')", Keep::Code, "f(      , 'z')");
        check("f(r#\"a\"b\"#, '\"', \"q\")", Keep::Code, "f(        , '\"',    )");
        check("fn f<'a>(x: &'a str) { \"汉\" }", Keep::Code, "fn f<'a>(x: &'a str) {       }");
        check("for \"x\" in var\"y\"", Keep::Code, "for     in var   ");
    }

    #[test]
    fn a_test_module_is_taken_out_and_what_follows_stays() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests { fn b() { \"}\"; } }\nfn c() {}";
        let code = strip(text, Keep::Code);
        let left = without_tests(&code, &strip(text, Keep::CodeAndStrings));
        assert!(left.contains("fn a()") && left.contains("fn c()") && !left.contains("fn b()"));
        assert_eq!(left.lines().count(), text.lines().count());
    }
}
