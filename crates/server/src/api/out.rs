//! JSON written straight into bytes: an answer of twenty records is built without a tree of values
//! between.

use engine::problem::Problem;
use serde_json::Value as Json;
use std::io::Write;

/// A JSON text being written. Commas are its business, nesting is the caller's.
#[derive(Debug, Default)]
pub struct Out {
    bytes: Vec<u8>,
    /// Whether something stands before the next member, so that a comma is needed.
    begun: bool,
}

impl Out {
    /// An empty text with room for `bytes`.
    pub fn with_room(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), begun: false }
    }

    /// What was written.
    pub fn done(self) -> Vec<u8> {
        self.bytes
    }

    fn comma(&mut self) {
        if self.begun {
            self.bytes.push(b',');
        }
        self.begun = true;
    }

    /// Begins an object as an element of a list or as the whole.
    pub fn open(&mut self) {
        self.comma();
        self.bytes.push(b'{');
        self.begun = false;
    }

    /// Ends an object.
    pub fn close(&mut self) {
        self.bytes.push(b'}');
        self.begun = true;
    }

    /// Begins a member that is an object.
    pub fn open_at(&mut self, key: &str) {
        self.key(key);
        self.bytes.push(b'{');
        self.begun = false;
    }

    /// Begins a member that is a list.
    pub fn list_at(&mut self, key: &str) {
        self.key(key);
        self.bytes.push(b'[');
        self.begun = false;
    }

    /// Ends a list.
    pub fn end_list(&mut self) {
        self.bytes.push(b']');
        self.begun = true;
    }

    fn key(&mut self, key: &str) {
        self.comma();
        self.string(key);
        self.bytes.push(b':');
    }

    /// A text with what JSON escapes. UTF-8 stays as it is.
    fn string(&mut self, text: &str) {
        self.bytes.push(b'"');
        let bytes = text.as_bytes();
        let mut from = 0;
        for (at, &byte) in bytes.iter().enumerate() {
            if byte >= 0x20 && byte != b'"' && byte != b'\\' {
                continue;
            }
            self.bytes.extend_from_slice(&bytes[from..at]);
            from = at + 1;
            match byte {
                b'"' => self.bytes.extend_from_slice(b"\\\""),
                b'\\' => self.bytes.extend_from_slice(b"\\\\"),
                b'\n' => self.bytes.extend_from_slice(b"\\n"),
                b'\r' => self.bytes.extend_from_slice(b"\\r"),
                b'\t' => self.bytes.extend_from_slice(b"\\t"),
                // Writing to a Vec cannot fail.
                byte => drop(write!(self.bytes, "\\u{byte:04x}")),
            }
        }
        self.bytes.extend_from_slice(&bytes[from..]);
        self.bytes.push(b'"');
    }

    /// A member that is a text.
    pub fn text(&mut self, key: &str, text: &str) {
        self.key(key);
        self.string(text);
    }

    /// A member that is a number.
    pub fn int(&mut self, key: &str, number: i64) {
        self.key(key);
        // Writing to a Vec cannot fail.
        drop(write!(self.bytes, "{number}"));
    }

    /// A member that is yes or no.
    pub fn yes_no(&mut self, key: &str, yes: bool) {
        self.key(key);
        self.bytes.extend_from_slice(if yes { b"true" } else { b"false" });
    }

    /// A member that is nothing.
    pub fn null(&mut self, key: &str) {
        self.key(key);
        self.bytes.extend_from_slice(b"null");
    }

    /// A member that is a moment, in China's time.
    pub fn moment(&mut self, key: &str, ms: i64) {
        self.key(key);
        let t = engine::kind::china_time(ms);
        drop(write!(
            self.bytes,
            "\"{:04}-{:02}-{:02}T{:02}:{:02}:{:02}+08:00\"",
            t.year(),
            t.month(),
            t.day(),
            t.hour(),
            t.minute(),
            t.second()
        ));
    }

    /// A member that is any JSON.
    pub fn json(&mut self, key: &str, value: &Json) {
        self.key(key);
        // A value always serialises, and a Vec takes everything.
        drop(serde_json::to_writer(&mut self.bytes, value));
    }

    /// A member that is JSON already.
    pub fn raw(&mut self, key: &str, json: &[u8]) {
        self.key(key);
        self.bytes.extend_from_slice(json);
    }

    /// An element of a list that is a text.
    pub fn item(&mut self, text: &str) {
        self.comma();
        self.string(text);
    }

    /// A member that is a list of findings.
    pub fn findings<'p>(&mut self, key: &str, problems: impl Iterator<Item = &'p Problem>) {
        self.list_at(key);
        for problem in problems {
            self.open();
            self.text("field", &problem.field);
            self.text("code", &problem.code);
            self.text("message", &problem.message);
            self.text("basis", &problem.basis);
            self.close();
        }
        self.end_list();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_is_written_reads_back_the_same() {
        let nasty: String =
            (0..0x2000).filter_map(char::from_u32).chain("😀\u{10ffff}".chars()).collect();
        let mut out = Out::default();
        out.open();
        out.text(&nasty, &nasty);
        out.int("n", i64::MIN);
        out.list_at("empty");
        out.end_list();
        out.list_at("l");
        out.open();
        out.close();
        out.item("a");
        out.end_list();
        out.yes_no("y", true);
        out.null("z");
        out.moment("at", 0);
        out.json("j", &serde_json::json!({"a": [1, null]}));
        out.close();
        let read: Json = serde_json::from_slice(&out.done()).unwrap();
        assert_eq!(read[&nasty], nasty.as_str());
        assert_eq!(read["n"], i64::MIN);
        assert_eq!(read["l"], serde_json::json!([{}, "a"]));
        assert_eq!(read["at"], "1970-01-01T08:00:00+08:00");
        assert_eq!(read["j"]["a"][0], 1);
        assert!(read["z"].is_null() && read["y"] == true);
    }
}
