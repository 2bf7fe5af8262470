//! Names that stand in prose and diagrams rather than in field tables.

use super::domain::{Item, Kind, Section, grids, key};
use super::names::{chinese_start, exchange, is_chinese, is_name, quoted, split, without_brackets};

/// Fields in prose, documents, statistics, diagrams and numbered flows of a section.
pub fn read(business: &'static str, section: &Section, has_fields: bool) -> Vec<Item> {
    let number = section.number.as_str();
    let mut items = diagram(business, section);
    let prose: Vec<&str> =
        section.lines.iter().map(String::as_str).filter(|it| !it.starts_with('|')).collect();
    if is_record(number) && !has_fields {
        items.extend(records(business, section, &prose.join("\n")));
    }
    match number {
        "b.4" | "d.4" => items.extend(documents(business, number, &prose.join(" "))),
        "a.7" | "b.5" | "c.4" | "d.5" => {
            items.extend(statistics(business, number, &prose.join(" ")))
        }
        "o5.2" | "o5.3" => items.extend(columns(business, number, &prose.join(" "))),
        "b.3" | "d.3" => {
            for line in prose.iter().filter(|it| it.starts_with(|it: char| it.is_ascii_digit())) {
                let (at, text) = line.split_once(". ").unwrap_or(("", line));
                items.extend(chain(business, section, at, text));
            }
        }
        _ => {}
    }
    items
}

fn is_record(number: &str) -> bool {
    number.starts_with("o2.")
        || ["a.2.", "b.2.", "c.2.", "d.2."].iter().any(|it| number.starts_with(it))
}

/// A catalogue of limits: rule, start, amount.
pub fn catalogue(section: &Section) -> Vec<Item> {
    let rows = grids(&section.lines).into_iter().flatten().filter(|row| row[0].starts_with("T-"));
    rows.map(|row| {
        let business = match &row[0][2..3] {
            "A" => "services",
            "B" => "publicity",
            "C" => "supervision",
            "D" => "team",
            _ => "platform",
        };
        let label = format!("{}: {}", row[1], row[2]);
        let mut item = Item::new(business, Kind::Limit, "(i)", &row[0], &label);
        item.ids.push(row[0].clone());
        item
    })
    .collect()
}

/// Lists of names, each after the identifier of its record: `` `svc_x` (a, b) `` or `` `x`: a, b ``.
fn records(business: &'static str, section: &Section, text: &str) -> Vec<Item> {
    let mut items = Vec::new();
    let mut own = section.place.clone();
    let mut rest = text;
    while let Some((before, name, after)) = next_record(rest) {
        items.extend(names(business, &own, before));
        own = format!("{}/{name}", section.number);
        rest = after;
    }
    items.extend(names(business, &own, rest));
    items
}

/// The next backticked identifier that a list follows.
fn next_record(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let open = from + text[from..].find('`')?;
        let close = open + 1 + text[open + 1..].find('`')?;
        let name = &text[open + 1..close];
        let after = &text[close + 1..];
        let title = after.trim_start_matches('*').trim_start();
        let title = title.trim_start_matches(|it: char| {
            !it.is_ascii() && !matches!(it, '（' | '，' | '；' | '。') || it == '*'
        });
        if is_name(name)
            && name.contains('_')
            && let Some(list) = list_of(title.trim_start())
        {
            return Some((&text[..open], name, list));
        }
        from = close + 1;
    }
}

/// What follows a colon, or stands in brackets with commas between.
fn list_of(text: &str) -> Option<&str> {
    if let Some(list) = text.strip_prefix(':') {
        return Some(list);
    }
    let inside = text.strip_prefix('(')?;
    let end = inside.find(')')?;
    if inside[end + 1..].starts_with(':') {
        return Some(&inside[end + 2..]);
    }
    inside[..end].contains(',').then_some(inside)
}

/// The list without the sentences that follow it.
fn first_sentence(text: &str) -> &str {
    let ends = text.match_indices(". ").map(|(at, _)| at);
    let mut ends = ends.filter(|at| text[at + 2..].starts_with(|it: char| it.is_ascii_uppercase()));
    &text[..ends.next().unwrap_or(text.len())]
}

/// The names of a list in prose: identifiers, or Chinese labels.
pub fn names(business: &'static str, place: &str, text: &str) -> Vec<Item> {
    let mut items = Vec::new();
    let text = text.replace("\n* ", ", ").replace(['\n', '*'], " ").replace(". 8.", ", 8.");
    for part in
        split(first_sentence(&text), &[',', ';', ':', '，', '；', '、', '：', '。', '/', '+'])
    {
        let ids: Vec<String> = quoted(&part)
            .into_iter()
            .filter(|it| is_name(it) && it.contains('_'))
            .take(1)
            .collect();
        let bare = without_brackets(&part).replace(['`', ')', '.'], " ");
        let bare = bare.trim();
        let mut words = bare.split_whitespace();
        let first = words.next().unwrap_or("");
        let few = words.count() < 3;
        let label = if is_chinese(bare) { chinese_start(bare) } else { String::new() };
        let id = if is_name(first) && (first.contains('_') || (few && first.len() > 2)) {
            Some(first.trim_end_matches("[]").to_string())
        } else if label.is_empty() {
            None
        } else {
            Some(ids.first().cloned().unwrap_or_else(|| label.clone()))
        };
        let Some(id) = id else { continue };
        let shown = if is_chinese(bare) { label } else { bare.to_string() };
        let mut item = Item::new(business, Kind::Field, place, &id, &shown);
        // `tjgzsbm 编码`: an exchange name in small letters and what it is called.
        item.labels.extend(bare.split_whitespace().filter(|it| is_chinese(it)).map(str::to_string));
        item.ids.push(id.to_uppercase());
        item.ids.push(id);
        item.ids.extend(exchange(&part));
        items.push(item);
    }
    items
}

fn documents(business: &'static str, number: &str, text: &str) -> Vec<Item> {
    let mut items = Vec::new();
    for part in split(&without_brackets(text), &['·', '+', '。']) {
        let (_, listed) = part.split_once(": ").unwrap_or(("", &part));
        for name in split(listed, &[',', '/']) {
            let name = name.trim_end_matches('.');
            items.push(Item::new(business, Kind::Document, number, name, name));
        }
    }
    items
}

fn statistics(business: &'static str, number: &str, text: &str) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    for word in text.split_whitespace() {
        let is_number = word.len() <= 3
            && word.starts_with(['S', 'P', 'X', 'D'])
            && word.len() > 1
            && word[1..].chars().all(|it| it.is_ascii_digit());
        if is_number {
            let mut item = Item::new(business, Kind::Statistic, number, word, "");
            item.ids.push(word.to_string());
            items.push(item);
        } else if let Some(item) = items.last_mut() {
            item.label = format!("{} {word}", item.label).trim().to_string();
        }
    }
    items
}

fn columns(business: &'static str, number: &str, text: &str) -> Vec<Item> {
    let mut items = Vec::new();
    for sentence in without_brackets(text).split(['.', ';', '。']) {
        let (group, listed) = sentence.split_once(':').unwrap_or(("", sentence));
        for name in split(listed, &[',', '、', '，']) {
            let place = if group.is_empty() {
                number.to_string()
            } else {
                format!("{number}/{}", group.trim())
            };
            items.push(Item::new(business, Kind::Statistic, &place, &name, &name));
        }
    }
    items
}

/// The states and arrows of a state diagram.
fn diagram(business: &'static str, section: &Section) -> Vec<Item> {
    let number = section.number.as_str();
    let mut items = Vec::new();
    for line in &section.lines {
        let Some((from, to)) = line.trim().split_once(" --> ") else { continue };
        let to = to.split(':').next().unwrap_or(to).trim();
        for state in [from, to].iter().filter(|it| **it != "[*]") {
            items.push(Item::new(business, Kind::State, number, state, state));
        }
        items.push(edge(business, number, &[from], &[to]));
    }
    items
}

fn edge(business: &'static str, place: &str, from: &[&str], to: &[&str]) -> Item {
    let name = format!("{}→{}", from.join("|"), to.join("|"));
    let mut item = Item::new(business, Kind::Transition, place, &name, &name);
    let owned = |all: &[&str]| all.iter().map(|it| (*it).to_string()).collect();
    item.edge = Some((owned(from), owned(to)));
    item
}

/// `61/62 → 80 → 90`: every step from each of the codes.
pub fn arrows(business: &'static str, section: &Section, cell: &str) -> Vec<Item> {
    let steps: Vec<Vec<&str>> = cell
        .split('→')
        .map(|step| step.split_whitespace().next().unwrap_or("").split('/').collect())
        .collect();
    if steps.len() == 1 {
        return vec![Item::new(business, Kind::Transition, &section.number, cell, cell)];
    }
    let mut items = Vec::new();
    for pair in steps.windows(2) {
        for from in &pair[0] {
            for to in &pair[1] {
                let from = if *from == "new" { "[*]" } else { from };
                items.push(edge(business, &section.number, &[from], &[to]));
            }
        }
    }
    items
}

/// A row of a table From, Event, To.
pub fn from_to(business: &'static str, section: &Section, row: &[String]) -> Vec<Item> {
    let is_code = |it: &&str| it.len() == 2 && it.chars().all(|it| it.is_ascii_digit());
    let to: Vec<&str> = row[2].split(['→', ' ', '/']).filter(is_code).collect();
    let from: Vec<&str> = row[0].split('/').collect();
    if to.is_empty() || !from.iter().all(|it| is_code(it) || it.contains('-') || *it == "—") {
        let name = format!("{} {} {}", row[0], row[1], row[2]);
        let mut item = Item::new(business, Kind::Transition, &section.number, "", &name);
        item.key =
            key(&section.number, &name.split(" (").next().unwrap_or(&name).replace('→', "-"));
        return vec![item];
    }
    let mut items = Vec::new();
    for from in from {
        let from = if from == "—" { "[*]" } else { from };
        items.push(edge(business, &section.number, &[from], &to[to.len() - 1..]));
    }
    items
}

/// `计划10 → 已开展20 → 入账40 / 退回41`: a flow whose steps end in codes; any other is one item.
pub fn chain(business: &'static str, section: &Section, at: &str, text: &str) -> Vec<Item> {
    let at: String = at.split_whitespace().collect::<Vec<_>>().join("_");
    let place = format!("{}/{at}", section.number);
    let text = text.replace("**", "");
    let flow = text.split(": ").last().unwrap_or(&text);
    let mut items = Vec::new();
    for piece in flow.split([';', '；', '.']) {
        let steps: Vec<Vec<String>> = piece.split(['→', '↔']).map(codes).collect();
        for pair in steps.windows(2).filter(|it| !it[0].is_empty() && !it[1].is_empty()) {
            for from in &pair[0] {
                for to in &pair[1] {
                    items.push(edge(business, &place, &[from], &[to]));
                }
            }
        }
    }
    if items.is_empty() {
        let mut item = Item::new(business, Kind::Transition, &section.number, &at, &text);
        item.place = place;
        items.push(item);
    }
    items
}

/// The codes that steps end in: `入账40 / 退回41`.
fn codes(step: &str) -> Vec<String> {
    let parts = step.split(['/', ',', '、', '(', ')', ' ']);
    let ends = parts.map(|part| {
        let start = part.trim_end_matches(|it: char| it.is_ascii_digit()).len();
        part[start..].to_string()
    });
    ends.filter(|it| it.len() == 2).collect()
}
