//! What a form sent: names with their values. Names are paths (`accepted_on`, `parties.0.name`,
//! `occurred_place.address`); indexes of rows may have gaps, and a name may stand several times.

use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

/// Nobody types more into one form; two hundred parties still fit.
pub const MOST_VALUES: usize = 5_000;

/// What was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typed(BTreeMap<String, Vec<String>>);

impl Typed {
    /// Out of pairs in the order sent; `None` if there are too many.
    pub fn read(pairs: Vec<(String, String)>) -> Option<Self> {
        if pairs.len() > MOST_VALUES {
            return None;
        }
        let mut typed = Self::default();
        for (name, value) in pairs {
            typed.add(name, value);
        }
        Some(typed)
    }

    /// Adds one value.
    pub fn add(&mut self, name: String, value: String) {
        self.0.entry(name).or_default().push(value);
    }

    /// Puts one value in place of all others.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.insert(name.to_owned(), vec![value.into()]);
    }

    /// Puts several values in place of all others.
    pub fn set_all(&mut self, name: &str, values: Vec<String>) {
        self.0.insert(name.to_owned(), values);
    }

    /// The value of a name; empty if it was not sent. Of several the last counts: a file that was
    /// chosen stands behind the one it replaces.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).and_then(|values| values.last()).map_or("", String::as_str)
    }

    /// All values of a name, without empty ones.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let values = self.0.get(name).into_iter().flatten();
        values.map(String::as_str).filter(|value| !value.is_empty()).collect()
    }

    /// Whether the name was sent.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Takes a name away, and gives its value.
    pub fn take(&mut self, name: &str) -> String {
        self.0.remove(name).and_then(|mut values| values.pop()).unwrap_or_default()
    }

    /// Whether the name, or a name below it, was sent.
    pub fn has_under(&self, path: &str) -> bool {
        let below = format!("{path}.");
        self.has(path) || self.0.keys().any(|name| name.starts_with(&below))
    }

    /// Takes away a name and all below it.
    pub fn clear(&mut self, path: &str) {
        let below = format!("{path}.");
        self.0.retain(|name, _| name != path && !name.starts_with(&below));
    }

    /// The indexes of the rows below a name, in order, gaps and all.
    pub fn rows(&self, path: &str) -> Vec<usize> {
        let below = format!("{path}.");
        let indexes = self.0.keys().filter_map(|name| {
            let index = name.strip_prefix(&below)?.split('.').next()?;
            (index.len() <= 4).then(|| index.parse::<usize>().ok())?
        });
        indexes.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Takes one row away.
    pub fn remove_row(&mut self, path: &str) {
        self.clear(path);
    }

    /// First parts of all names, once each.
    pub fn heads(&self) -> BTreeSet<&str> {
        self.0.keys().map(|name| name.split('.').next().unwrap_or(name)).collect()
    }

    /// All pairs.
    pub fn pairs(&self) -> Vec<(String, String)> {
        let pairs = self.0.iter().flat_map(|(name, values)| {
            values.iter().map(move |value| (name.clone(), value.clone()))
        });
        pairs.collect()
    }

    /// As text, for a draft; without what belongs to the sending and not to the form.
    pub fn to_text(&self) -> String {
        let pairs = self.pairs();
        let of_sending = |name: &str| ["_csrf", "_page", "_continues"].contains(&name);
        let kept = pairs.iter().filter(|(name, _)| !of_sending(name) && !is_command(name));
        Json::from(kept.map(|(name, value)| json!([name, value])).collect::<Vec<_>>()).to_string()
    }

    /// Out of the text of a draft; nothing if it cannot be read.
    pub fn from_text(text: &str) -> Self {
        let list: Vec<(String, String)> = serde_json::from_str(text).unwrap_or_default();
        Self::read(list).unwrap_or_default()
    }
}

/// Whether the name is that of a button: what is to be done, not what was typed.
pub fn is_command(name: &str) -> bool {
    ["_add", "_remove", "_find", "_choose", "_clear", "_draft", "_autosave", "_confirm"]
        .contains(&name)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    fn typed(pairs: &[(&str, &str)]) -> Typed {
        let pairs = pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
        Typed::read(pairs.collect()).unwrap()
    }

    #[test]
    fn rows_may_have_gaps() {
        let form = typed(&[
            ("parties.7.name", "乙"),
            ("parties.0.name", "甲"),
            ("parties.12.id", ""),
            ("parties._q", "丙"),
            ("partiesx.3.name", "丁"),
        ]);
        assert_eq!(form.rows("parties"), [0, 7, 12]);
        assert!(form.rows("materials").is_empty());
    }

    #[test]
    fn a_row_is_removed_with_all_that_stands_in_it_and_no_other() {
        let mut form = typed(&[("p.1.a", "1"), ("p.1.b.c", "2"), ("p.10.a", "3")]);
        form.remove_row("p.1");
        assert_eq!(form.rows("p"), [10]);
        assert_eq!(form.get("p.10.a"), "3");
    }

    #[test]
    fn several_values_of_one_name_are_kept_and_the_last_counts_where_one_is_asked() {
        let form = typed(&[("tags", "1"), ("tags", ""), ("tags", "3")]);
        assert_eq!(form.all("tags"), ["1", "3"]);
        assert_eq!(form.get("tags"), "3");
    }

    #[test]
    fn too_many_values_are_refused_and_long_ones_are_not_cut() {
        let pair = |i: usize| (format!("f{i}"), String::new());
        assert!(Typed::read((0..MOST_VALUES).map(pair).collect()).is_some());
        assert!(Typed::read((0..=MOST_VALUES).map(pair).collect()).is_none());
        let name = "长".repeat(10_000);
        assert_eq!(typed(&[("name", &name)]).get("name"), name);
    }

    #[test]
    fn a_draft_gives_back_what_was_typed_but_no_button_and_no_token() {
        let form = typed(&[("a", "<b>&\"'"), ("a", "二"), ("_csrf", "x"), ("_add", "parties")]);
        let again = Typed::from_text(&form.to_text());
        assert_eq!(again, typed(&[("a", "<b>&\"'"), ("a", "二")]));
        assert_eq!(Typed::from_text("not a draft"), Typed::default());
    }
}
