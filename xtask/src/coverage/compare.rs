//! Holds what the domain names against what the definitions make.

use std::collections::BTreeSet;
use std::path::Path;

use super::domain::{Item, KINDS, Kind};
use super::made::{Made, Record, State, same};
use super::reasons::{Reasons, Saying};

/// What became of a name.
#[derive(Debug, Clone)]
pub enum Fate {
    /// Made under its own name; where.
    Made(String),
    /// Made under another name.
    Called(String),
    /// Left out, with the reason.
    Left(String),
    /// Neither, with what was looked for.
    Missing(String),
}

/// Everything compared.
pub struct Outcome {
    pub items: Vec<(Item, Fate)>,
    /// Lines of the hand-kept files that point to nothing, or that nothing needs.
    pub faults: Vec<String>,
}

/// Compares; a line whose target is not there is a fault, and so is one that no name needs.
pub fn compare(items: Vec<Item>, made: &Made, reasons: &Reasons, root: &Path) -> Outcome {
    let mut used = BTreeSet::new();
    let mut faults = Vec::new();
    let mut fates = Vec::new();
    for item in items {
        let own = found(&item, &fates, made, reasons);
        let said = reasons.find(word(item.kind), &item.key);
        if let Some(at) = said {
            used.insert(at);
        }
        let fate = match (own, said.map(|at| &reasons.lines[at])) {
            (Ok(place), Some(line)) if !line.key.ends_with('*') => {
                faults.push(format!(
                    "{}: {} is made as {place}, the line says otherwise",
                    line.at, line.key
                ));
                Fate::Made(place)
            }
            (Ok(place), _) => Fate::Made(place),
            (Err(_), Some(line)) => match &line.saying {
                Saying::Called(targets) => {
                    for target in targets.iter().filter(|it| !made.has(it, root)) {
                        faults.push(format!("{}: there is no {target}", line.at));
                    }
                    if let (Kind::Table, [target]) = (item.kind, targets.as_slice()) {
                        faults.extend(
                            absent(&item, target, made).map(|it| format!("{}: {it}", line.at)),
                        );
                    }
                    Fate::Called(targets.join(", "))
                }
                Saying::Left(reason) => Fate::Left(reason.clone()),
            },
            (Err(sought), None) => Fate::Missing(sought),
        };
        fates.push((item, fate));
    }
    for (at, line) in reasons.lines.iter().enumerate() {
        if !used.contains(&at) {
            faults.push(format!("{}: the domain names no {} {}", line.at, line.kind, line.key));
        }
    }
    Outcome { items: fates, faults }
}

/// Says so if the table that a table is called here lacks one of its codes.
fn absent(item: &Item, target: &str, made: &Made) -> Option<String> {
    let table = made.table(target.strip_prefix("代码 ")?)?;
    let code = item.ids.iter().find(|it| !table.codes.contains(it))?;
    Some(format!("{} has a code {code} that {} has not", item.key, table.id))
}

/// The word of the hand-kept files for a kind.
pub fn word(kind: Kind) -> &'static str {
    KINDS.iter().find(|(it, _)| *it == kind).map_or("", |(_, word)| word)
}

fn found(
    item: &Item,
    fates: &[(Item, Fate)],
    made: &Made,
    reasons: &Reasons,
) -> Result<String, String> {
    let kinds = reasons.records(&item.place);
    let records: Vec<&Record> = kinds.iter().filter_map(|it| made.record(it)).collect();
    match item.kind {
        Kind::Field => field(item, &records),
        Kind::State => {
            state(item, &records).map(|(record, state)| format!("{}.{}", record.id, state.id))
        }
        Kind::Transition => transition(item, fates, &records),
        Kind::Limit => limit(item, made),
        Kind::Document => document(item, made),
        Kind::Statistic => statistic(item, made),
        Kind::Table => table(item, made),
        Kind::Case => case(item, made),
    }
}

fn field(item: &Item, records: &[&Record]) -> Result<String, String> {
    if records.is_empty() {
        return Err("no record kind of this name".to_string());
    }
    let all = || records.iter().flat_map(|record| record.fields.iter().map(move |it| (record, it)));
    let by_id = |id: &String| {
        all().find(|(_, field)| match id.strip_suffix('*') {
            Some(start) => field.id.starts_with(start),
            None => *id == field.id || *id == field.exchange,
        })
    };
    let by_label = |label: &String| all().find(|(_, field)| same(label, &field.label));
    let found = item.ids.iter().find_map(by_id).or_else(|| item.labels.iter().find_map(by_label));
    if let Some((record, field)) = found {
        return Ok(format!("{}.{}", record.id, field.id));
    }
    Err(records.iter().map(|it| it.id.as_str()).collect::<Vec<_>>().join(", "))
}

fn state<'a>(item: &Item, records: &[&'a Record]) -> Result<(&'a Record, &'a State), String> {
    for record in records {
        let by_code = record.states.iter().find(|it| item.ids.contains(&it.code));
        let by_label =
            record.states.iter().find(|it| item.labels.iter().any(|label| same(label, &it.label)));
        if let Some(state) = by_code.or(by_label) {
            return Ok((record, state));
        }
    }
    Err("no state of this code or label".to_string())
}

/// Whether an action leads from one of the states to one of the others.
fn transition(item: &Item, fates: &[(Item, Fate)], records: &[&Record]) -> Result<String, String> {
    let Some((from, to)) = &item.edge else { return Err("a step in words".to_string()) };
    for record in records {
        let from_states = states(record, item, from, fates);
        let to_states = states(record, item, to, fates);
        for target in &to_states {
            if from.iter().any(|it| it == "[*]") && target.first {
                return Ok(format!("{}: made as {}", record.id, target.label));
            }
            if let Some(start) = from_states.iter().find(|it| record.leads(it, target)) {
                return Ok(format!("{}: {} → {}", record.id, start.label, target.label));
            }
        }
    }
    Err("no action leads there".to_string())
}

fn states<'a>(
    record: &'a Record,
    item: &Item,
    names: &[String],
    fates: &[(Item, Fate)],
) -> Vec<&'a State> {
    let mut found = Vec::new();
    for name in names {
        let range = name
            .split_once('-')
            .and_then(|(low, high)| Some(low.parse::<u32>().ok()?..=high.parse::<u32>().ok()?));
        let called = fates.iter().find_map(|(other, fate)| match fate {
            Fate::Called(target)
                if other.kind == Kind::State
                    && other.label == *name
                    && other.place == item.place =>
            {
                target.strip_prefix(&format!("状态 {}.", record.id)).map(str::to_string)
            }
            _ => None,
        });
        found.extend(record.states.iter().filter(|it| {
            it.code == *name
                || same(&it.label, name)
                || called.as_ref().is_some_and(|id| *id == it.id)
                || range
                    .as_ref()
                    .is_some_and(|it2| it.code.parse().is_ok_and(|code: u32| it2.contains(&code)))
        }));
    }
    found
}

/// A limit that carries its number in its label.
fn limit(item: &Item, made: &Made) -> Result<String, String> {
    for record in made.records.iter().filter(|it| it.business == item.business) {
        for (id, label) in &record.limits {
            if item.ids.iter().any(|number| carries(label, number)) {
                return Ok(format!("{}.{id}", record.id));
            }
        }
    }
    Err("no limit with this number".to_string())
}

fn document(item: &Item, made: &Made) -> Result<String, String> {
    for record in made.records.iter().filter(|it| it.business == item.business) {
        for (id, label) in &record.documents {
            if item.labels.iter().any(|it| same(it, label)) {
                return Ok(format!("{}.{id}", record.id));
            }
        }
    }
    Err("no paper of this name".to_string())
}

fn statistic(item: &Item, made: &Made) -> Result<String, String> {
    let of_business = |id: &str| {
        let start = match item.business {
            "corrections" => "corr_",
            "resettlement" => "resett_",
            "mediation" => "mediation_",
            "services" => "svc_",
            "publicity" => "pub_",
            "supervision" => "sup_",
            _ => "",
        };
        id.starts_with(start)
    };
    for report in made.reports.iter().filter(|it| of_business(&it.id)) {
        if let Some(check) = report.checks.iter().find(|it| {
            item.ids.iter().any(|id| it.trim_end_matches(|it: char| it.is_ascii_lowercase()) == id)
        }) {
            return Ok(format!("{}.{check}", report.id));
        }
        if item.ids.iter().any(|number| carries(&report.label, number)) {
            return Ok(report.id.clone());
        }
        if let Some((id, _)) =
            report.columns.iter().find(|(_, label)| item.labels.iter().any(|it| same(it, label)))
        {
            return Ok(format!("{}.{id}", report.id));
        }
    }
    Err("no report column or cross-check of this name".to_string())
}

/// A code table of the same name that has every code.
fn table(item: &Item, made: &Made) -> Result<String, String> {
    let Some(table) = made.table(&item.labels[0]) else {
        return Err("no table of this name".to_string());
    };
    let absent: Vec<&str> =
        item.ids.iter().filter(|it| !table.codes.contains(it)).map(String::as_str).collect();
    if absent.is_empty() {
        return Ok(format!("{} codes", item.ids.len()));
    }
    Err(format!("codes {} are not in it", absent.join(", ")))
}

fn case(item: &Item, made: &Made) -> Result<String, String> {
    let shown: Vec<_> =
        made.examples.iter().filter(|it| it.outcome && carries(&it.title, &item.key)).collect();
    if shown.is_empty() {
        return Err("no example carries this number".to_string());
    }
    let businesses: BTreeSet<&str> = shown.iter().map(|it| it.business.as_str()).collect();
    let businesses: Vec<&str> = businesses.into_iter().collect();
    Ok(format!("{} in {}", shown.len(), businesses.join(", ")))
}

/// Whether the number stands in the text and is not the beginning of a longer one.
pub fn carries(text: &str, number: &str) -> bool {
    text.match_indices(number).any(|(at, _)| {
        let inside = |it: char| it.is_ascii_alphanumeric() || it == '-';
        let before = text[..at].chars().next_back();
        let after = text[at + number.len()..].chars().next();
        !before.is_some_and(inside) && !after.is_some_and(inside)
    })
}

#[cfg(test)]
mod tests {
    use super::carries;

    #[test]
    fn a_number_is_not_the_start_of_a_longer_one() {
        assert!(carries("9.4-58 第31日申请", "9.4-58"));
        assert!(carries("年度（D51、D52）", "D52"));
        assert!(!carries("9.4-58 第31日申请", "9.4-5"));
        assert!(!carries("R-D03 名单", "D03"));
        assert!(!carries("TEAM-20", "AM-2"));
    }
}
