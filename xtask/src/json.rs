//! Just enough JSON to read the answers of our own API: a small reader, and quoting.

/// A JSON value. Numbers stay text, since nothing here counts with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    /// `null`, `true`, `false` or a number, as written.
    Plain(String),
    /// A string, unescaped.
    Text(String),
    /// An array.
    List(Vec<Json>),
    /// An object, in the order written.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// The member of an object.
    pub fn get(&self, key: &str) -> Option<&Json> {
        let Json::Object(members) = self else { return None };
        members.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The string member of an object.
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.get(key)? {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The whole number that is a member of an object.
    pub fn number(&self, key: &str) -> Option<u64> {
        match self.get(key)? {
            Json::Plain(word) => word.parse().ok(),
            _ => None,
        }
    }

    /// The elements of an array; none of anything else.
    pub fn items(&self) -> &[Json] {
        match self {
            Json::List(items) => items,
            _ => &[],
        }
    }
}

/// Reads one whole JSON text; `None` when it is not one.
pub fn parse(text: &str) -> Option<Json> {
    let mut reader = Reader { rest: text };
    let value = reader.value()?;
    reader.skip_space();
    reader.rest.is_empty().then_some(value)
}

/// A string as JSON writes it, quotes included.
pub fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out + "\""
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, mark: char) -> Option<()> {
        self.skip_space();
        self.rest = self.rest.strip_prefix(mark)?;
        Some(())
    }

    fn value(&mut self) -> Option<Json> {
        self.skip_space();
        match self.rest.chars().next()? {
            '{' => self.members('{', '}', Self::member).map(Json::Object),
            '[' => self.members('[', ']', Self::value).map(Json::List),
            '"' => self.string().map(Json::Text),
            _ => self.plain(),
        }
    }

    fn members<T>(
        &mut self,
        open: char,
        close: char,
        one: fn(&mut Self) -> Option<T>,
    ) -> Option<Vec<T>> {
        let mut all = Vec::new();
        self.take(open)?;
        if self.take(close).is_some() {
            return Some(all);
        }
        loop {
            all.push(one(self)?);
            if self.take(',').is_none() {
                self.take(close)?;
                return Some(all);
            }
        }
    }

    fn member(&mut self) -> Option<(String, Json)> {
        self.skip_space();
        let key = self.string()?;
        self.take(':')?;
        Some((key, self.value()?))
    }

    fn plain(&mut self) -> Option<Json> {
        let end = self.rest.find([',', '}', ']', ' ', '\n', '\r', '\t']);
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        let known = matches!(word, "null" | "true" | "false") || word.parse::<f64>().is_ok();
        self.rest = rest;
        known.then(|| Json::Plain(word.to_string()))
    }

    fn string(&mut self) -> Option<String> {
        self.take('"')?;
        let mut out = String::new();
        loop {
            let c = self.next()?;
            match c {
                '"' => return Some(out),
                '\\' => out.push(self.escaped()?),
                c => out.push(c),
            }
        }
    }

    fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    fn escaped(&mut self) -> Option<char> {
        Some(match self.next()? {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'u' => return self.unicode(),
            other => other,
        })
    }

    /// Four hex digits, or two such groups for one character outside the basic plane.
    fn unicode(&mut self) -> Option<char> {
        let first = self.hex()?;
        if !(0xD800..0xDC00).contains(&first) {
            return char::from_u32(first);
        }
        self.rest = self.rest.strip_prefix("\\u")?;
        let second = self.hex()?.checked_sub(0xDC00)?;
        char::from_u32(0x10000 + ((first - 0xD800) << 10) + second)
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = self.rest.get(..4)?;
        self.rest = &self.rest[4..];
        u32::from_str_radix(digits, 16).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_and_what_is_none_is_refused() {
        let read =
            parse(r#" {"ready":"a\"\u67ab\ud83d\ude00","accounts":[{"role":"office"},{}]} "#);
        let read = read.unwrap();
        assert_eq!(read.text("ready"), Some("a\"枫😀"));
        let accounts = read.get("accounts").unwrap().items();
        assert_eq!(accounts.len(), 2);
        assert_eq!(accounts[0].text("role"), Some("office"));
        for wrong in ["", "{", "{\"a\":}", "[1,]", "{} {}", "nul", "\"\\ud83d\""] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_quoted_is_read_back() {
        for text in ["", "枫桥", "a\"b\\c\n"] {
            assert_eq!(parse(&quote(text)), Some(Json::Text(text.into())));
        }
    }
}
