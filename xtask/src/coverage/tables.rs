//! The domain files' code tables: as tables, and as the states, documents, limits and statistics
//! that some of them list.

use std::path::Path;

use super::domain::{Item, Kind};

/// Lists that are no code tables: their rows are limits, statistics or cases of their own.
const LISTS: [(&str, Kind); 5] = [
    ("corr_deadlines", Kind::Limit),
    ("resett_deadlines", Kind::Limit),
    ("corr_stat_item", Kind::Statistic),
    ("resett_stat_item", Kind::Statistic),
    ("corr_rule_tests", Kind::Case),
];
const STATES: [&str; 5] = [
    "case_status_recommended",
    "corr_case_status",
    "resett_case_status",
    "corr_assessment_progress",
    "corr_punish_case_progress",
];
const STARTS: [(&str, &str); 7] = [
    ("corr_", "corrections"),
    ("resett_", "resettlement"),
    ("svc_", "services"),
    ("pub_", "publicity"),
    ("sup_", "supervision"),
    ("team_", "team"),
    ("office_", "team"),
];
const SHARED: [&str; 5] = ["gb", "id_document", "yes_no", "calendar", "party_type"];

/// Reads one table.
pub fn read(file: &Path) -> Result<Vec<Item>, String> {
    let name = super::file_name(file).trim_end_matches(".csv").to_string();
    let text = super::read_text(file)?;
    let rows: Vec<Vec<String>> = super::rows(&text).into_iter().skip(1).collect();
    let business = business(&name);
    if let Some((_, kind)) = LISTS.iter().find(|(list, _)| *list == name) {
        if *kind == Kind::Case {
            // The same cases stand in the file's section 10.
            return Ok(Vec::new());
        }
        return Ok(rows.iter().map(|row| listed(business, *kind, &name, row)).collect());
    }
    let mut items = Vec::new();
    if name.ends_with("_state") || STATES.contains(&name.as_str()) {
        items.extend(rows.iter().map(|row| listed(business, Kind::State, &name, row)));
        return Ok(items);
    }
    if name.ends_with("document_type") && !name.starts_with("id_") && !name.contains("exit")
        || name.ends_with("_doc_type")
    {
        items.extend(rows.iter().map(|row| listed(business, Kind::Document, &name, row)));
    }
    let mut table = Item::new(business, Kind::Table, "codes", &name, &name);
    table.ids = rows.iter().map(|row| row[0].clone()).collect();
    table.key.clone_from(&name);
    table.labels = vec![name];
    items.push(table);
    Ok(items)
}

fn listed(business: &'static str, kind: Kind, table: &str, row: &[String]) -> Item {
    let mut item = Item::new(business, kind, table, &row[0], &row[1]);
    item.ids.push(row[0].clone());
    item
}

fn business(name: &str) -> &'static str {
    if SHARED.iter().any(|it| name.starts_with(it)) {
        return "common";
    }
    STARTS.iter().find(|(start, _)| name.starts_with(start)).map_or("mediation", |(_, it)| it)
}
