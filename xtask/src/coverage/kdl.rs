//! Definition text as a tree of words, as far as counting names needs it.

/// One word of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// A bare word.
    Bare(String),
    /// A quoted text.
    Text(String),
    /// `name=value` or `name="value"`.
    Property(String, String),
}

/// A statement and what stands in its braces.
#[derive(Debug, Default)]
pub struct Node {
    /// The words, in order.
    pub words: Vec<Word>,
    /// The statements in its braces.
    pub children: Vec<Node>,
}

impl Node {
    /// The bare or quoted word at this place, or nothing.
    pub fn word(&self, at: usize) -> &str {
        match self.words.get(at) {
            Some(Word::Bare(it) | Word::Text(it)) => it,
            _ => "",
        }
    }

    /// The value of a property, or nothing.
    pub fn property(&self, name: &str) -> &str {
        self.words
            .iter()
            .find_map(|it| match it {
                Word::Property(key, value) if key == name => Some(value.as_str()),
                _ => None,
            })
            .unwrap_or("")
    }

    /// Whether a bare word stands anywhere in the statement.
    pub fn says(&self, word: &str) -> bool {
        self.words.iter().any(|it| matches!(it, Word::Bare(found) if found == word))
    }

    /// All bare words after the first.
    pub fn bare(&self) -> impl Iterator<Item = &str> {
        self.words.iter().skip(1).filter_map(|it| match it {
            Word::Bare(found) => Some(found.as_str()),
            _ => None,
        })
    }
}

/// Reads a whole file.
pub fn read(text: &str) -> Vec<Node> {
    let mut reader = Reader { chars: text.chars().collect(), at: 0 };
    reader.nodes()
}

struct Reader {
    chars: Vec<char>,
    at: usize,
}

impl Reader {
    fn nodes(&mut self) -> Vec<Node> {
        let mut nodes = Vec::new();
        let mut node = Node::default();
        loop {
            match self.peek(0) {
                None => break,
                Some('}') => {
                    self.at += 1;
                    break;
                }
                Some('{') => {
                    self.at += 1;
                    node.children = self.nodes();
                    nodes.push(std::mem::take(&mut node));
                }
                Some(';' | '\n') => {
                    self.at += 1;
                    if !node.words.is_empty() {
                        nodes.push(std::mem::take(&mut node));
                    }
                }
                Some('/') if self.peek(1) == Some('/') => self.skip_line(),
                Some(it) if it.is_whitespace() => self.at += 1,
                Some(_) => node.words.push(self.word()),
            }
        }
        if !node.words.is_empty() {
            nodes.push(node);
        }
        nodes
    }

    fn word(&mut self) -> Word {
        if self.peek(0) == Some('"') {
            return Word::Text(self.text());
        }
        let mut word = String::new();
        while let Some(it) = self.peek(0) {
            if it == '"' && word.ends_with('=') {
                word.pop();
                return Word::Property(word, self.text());
            }
            if it.is_whitespace() || matches!(it, ';' | '{' | '}' | '"') {
                break;
            }
            word.push(it);
            self.at += 1;
        }
        match word.split_once('=') {
            Some((name, value)) => Word::Property(name.to_string(), value.to_string()),
            None => Word::Bare(word),
        }
    }

    fn text(&mut self) -> String {
        self.at += 1;
        let mut text = String::new();
        while let Some(it) = self.peek(0) {
            self.at += 1;
            match it {
                '"' => break,
                '\\' => {
                    text.extend(self.peek(0));
                    self.at += 1;
                }
                other => text.push(other),
            }
        }
        text
    }

    fn skip_line(&mut self) {
        while self.peek(0).is_some_and(|it| it != '\n') {
            self.at += 1;
        }
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_nest_and_comments_are_none() {
        let text = "档案 x \"甲\" { // 说明\n  状态 a \"一\" 码=\"05\" 初始 { 可 b c }; 动作 b \"二\" { 由 k; 到 a }\n}";
        let nodes = read(text);
        let state = &nodes[0].children[0];
        assert_eq!((state.word(1), state.property("码"), state.says("初始")), ("a", "05", true));
        assert_eq!(state.children[0].bare().collect::<Vec<_>>(), ["b", "c"]);
        assert_eq!(nodes[0].children[1].children[1].word(1), "a");
    }
}
