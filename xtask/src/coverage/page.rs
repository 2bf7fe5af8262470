//! `docs/coverage.md`, written from the comparison.

use std::fmt::Write as _;

use super::compare::{Fate, Outcome, word};
use super::domain::{Item, KINDS, Kind};
use super::made::Made;

const BUSINESSES: [&str; 9] = [
    "common",
    "mediation",
    "team",
    "corrections",
    "resettlement",
    "services",
    "publicity",
    "supervision",
    "platform",
];

/// The page.
pub fn write(outcome: &Outcome, made: &Made) -> String {
    let mut page = String::from(
        "# What of the domain files is made\n\n\
         Written by `cargo xtask coverage DIR` from the names in the domain files (DIR) and in \
         `businesses/`; not by hand. Where something is made under another name, and why something \
         is left out, stands in the hand-kept files of [coverage/](coverage), which the program \
         checks: a target that is not there and a line that nothing needs are faults. It ends with 1 \
         if anything is 缺: neither made nor named there.\n\n\
         Read are field tables and lists of fields, state diagrams and lists of states, flows, tables of \
         limits, lists of papers and of statistics, code tables, and numbered cases. Not read are the \
         directives for the platform (section e), the citizens' pages (f) and figures in prose; the \
         drawn flows of two files repeat what their tables say.\n\n\
         A name is **made** if a field, state, action, limit, paper, column, code table or example \
         of the same identifier, exchange name, code, number or label is in the definitions. Field \
         names are looked for only in the record kinds that stand for their table.\n\n",
    );
    missing(&mut page, outcome);
    summary(&mut page, outcome);
    cases(&mut page, outcome, made);
    for business in BUSINESSES {
        details(&mut page, outcome, business);
    }
    page
}

fn missing(page: &mut String, outcome: &Outcome) {
    let all: Vec<_> =
        outcome.items.iter().filter(|(_, fate)| matches!(fate, Fate::Missing(_))).collect();
    let _ = writeln!(page, "## 缺\n");
    if all.is_empty() {
        page.push_str("Nothing.\n\n");
        return;
    }
    for (item, fate) in all {
        if let Fate::Missing(sought) = fate {
            let _ = writeln!(
                page,
                "- {} {} `{}` {} ({sought})",
                item.business,
                word(item.kind),
                item.key,
                item.label
            );
        }
    }
    page.push('\n');
}

/// Named, made, called otherwise, left out, missing.
fn count<'a>(items: impl Iterator<Item = &'a (Item, Fate)>) -> [usize; 5] {
    let mut sum = [0; 5];
    for (_, fate) in items {
        sum[0] += 1;
        match fate {
            Fate::Made(_) => sum[1] += 1,
            Fate::Called(_) => sum[2] += 1,
            Fate::Left(_) => sum[3] += 1,
            Fate::Missing(_) => sum[4] += 1,
        }
    }
    sum
}

fn row(page: &mut String, name: &str, of: &str, sum: [usize; 5]) {
    let [named, made, called, left, missing] = sum;
    let _ = writeln!(page, "| {name} | {of} | {named} | {made} | {called} | {left} | {missing} |");
}

fn summary(page: &mut String, outcome: &Outcome) {
    page.push_str("## Counts\n\n| business | of | named | made | called otherwise | left out | 缺 |\n| --- | --- | --: | --: | --: | --: | --: |\n");
    for business in BUSINESSES {
        for (kind, word) in KINDS {
            let here = || {
                outcome.items.iter().filter(|(it, _)| it.business == business && it.kind == kind)
            };
            if here().next().is_some() {
                row(page, business, word, count(here()));
            }
        }
    }
    for (kind, word) in KINDS {
        row(page, "**all**", word, count(outcome.items.iter().filter(|(it, _)| it.kind == kind)));
    }
    row(page, "**all**", "everything", count(outcome.items.iter()));
    page.push('\n');
}

fn cases(page: &mut String, outcome: &Outcome, made: &Made) {
    page.push_str("## Cases\n\n| business | examples | with an outcome |\n| --- | --: | --: |\n");
    for business in &BUSINESSES[..8] {
        let here = made.examples.iter().filter(|it| it.business == *business);
        let outcomes = here.clone().filter(|it| it.outcome).count();
        let _ = writeln!(page, "| {business} | {} | {outcomes} |", here.count());
    }
    page.push_str("\nEach case's number stands in the title of its examples: how many, and in which business.\n\n");
    let mut series = String::new();
    for (item, fate) in outcome.items.iter().filter(|(it, _)| it.kind == Kind::Case) {
        if item.place != series {
            series.clone_from(&item.place);
            let _ = write!(page, "\n\n**{series}** ");
        }
        let shown = match fate {
            Fate::Made(place) => place.clone(),
            Fate::Called(target) => format!("→ {target}"),
            Fate::Left(_) => "left out".to_string(),
            Fate::Missing(_) => "缺".to_string(),
        };
        let _ = write!(page, "{}: {shown}; ", item.key);
    }
    page.push_str("\n\n");
}

fn details(page: &mut String, outcome: &Outcome, business: &str) {
    let here: Vec<_> = outcome.items.iter().filter(|(it, _)| it.business == business).collect();
    if here.is_empty() {
        return;
    }
    let _ = writeln!(page, "## {business}\n");
    places(page, &here);
    found(page, &here);
    for (kind, word) in KINDS {
        let of_kind: Vec<_> = here.iter().filter(|(it, _)| it.kind == kind).collect();
        let left: Vec<_> =
            of_kind.iter().filter(|(_, fate)| matches!(fate, Fate::Left(_))).collect();
        if left.is_empty() {
            continue;
        }
        let _ = writeln!(page, "Left out, {word}:\n");
        let mut at = 0;
        while at < left.len() {
            let Fate::Left(reason) = &left[at].1 else { break };
            let alike = left[at..]
                .iter()
                .take_while(|(_, fate)| matches!(fate, Fate::Left(it) if it == reason));
            let names: Vec<String> =
                alike.map(|(item, _)| format!("{} `{}`", item.label, item.key)).collect();
            let _ = writeln!(page, "- {}: {reason}", names.join("; "));
            at += names.len();
        }
        page.push('\n');
    }
}

/// One line for every table, list and diagram.
fn places(page: &mut String, here: &[&(Item, Fate)]) {
    page.push_str("| place | of | named | made | called otherwise | left out | 缺 |\n| --- | --- | --: | --: | --: | --: | --: |\n");
    for (kind, word) in KINDS {
        let mut seen: Vec<&str> = Vec::new();
        for (item, _) in here.iter().filter(|(it, _)| it.kind == kind) {
            if !seen.contains(&item.place.as_str()) {
                seen.push(&item.place);
                let same = here.iter().filter(|(it, _)| it.kind == kind && it.place == item.place);
                row(page, &item.place, word, count(same.copied()));
            }
        }
    }
    page.push('\n');
}

/// Where the fields and states of each place are made: the name alone if it is the same here.
fn found(page: &mut String, here: &[&(Item, Fate)]) {
    let mut lines: Vec<(String, Vec<String>)> = Vec::new();
    for (item, fate) in here.iter().filter(|(it, _)| matches!(it.kind, Kind::Field | Kind::State)) {
        let (Fate::Made(target) | Fate::Called(target)) = fate else { continue };
        let name = item.key.rsplit('/').next().unwrap_or(&item.key);
        let same = target.rsplit('.').next() == Some(name);
        let shown = if same { name.to_string() } else { format!("{name} → {target}") };
        match lines.last_mut() {
            Some((place, names)) if *place == item.place => names.push(shown),
            _ => lines.push((item.place.clone(), vec![shown])),
        }
    }
    for (place, names) in lines {
        let _ = writeln!(page, "- **{place}** {}", names.join("; "));
    }
    page.push('\n');
}
