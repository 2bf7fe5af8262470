//! What follows from a definition, as text that is committed beside it: a one-line change of a
//! definition shows, in the same diff, what every clerk, citizen and program will see change.

mod between;
mod catalogue;
mod flow;
mod form;
mod limit;
mod paper;
mod permission;
mod program;
mod search;
mod statistic;

pub use limit::{length as length_of, sentence as limit_of};

use crate::definition::{House, RecordKind};
use std::sync::Arc;

/// Every derived file: path below `businesses/`, text.
pub fn files(house: &House) -> Vec<(String, String)> {
    let mut businesses: Vec<String> = house.businesses.iter().map(|b| b.id.clone()).collect();
    businesses.push("common".to_owned());
    let mut files = Vec::new();
    for business in &businesses {
        let kinds: Vec<&Arc<RecordKind>> =
            house.kinds.values().filter(|k| k.business == *business).collect();
        let mut add = |name: &str, text: String| {
            files.push((format!("{business}/derived/{name}.txt"), text));
        };
        add("form", form::text(house, &kinds));
        add("flow", flow::text(house, &kinds));
        add("document", paper::text(&kinds));
        add("permission", permission::text(house, &kinds));
        add("api", program::text(house, &kinds));
        add("catalogue", catalogue::text(&kinds));
        add("search", search::text(house, &kinds));
        add("statistic", statistic::text(house, business, &kinds));
    }
    files.push(("common/derived/between.txt".to_owned(), between::text(house)));
    files
}

/// `（词）` after something, if there is a word.
fn note(word: &str) -> String {
    if word.is_empty() { String::new() } else { format!("（{word}）") }
}
