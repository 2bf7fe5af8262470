//! What the domain files name: their field tables, states, transitions, limits, documents,
//! statistics, code tables and numbered cases.
//!
//! The files are prose with tables, so this reads shapes (a heading, a header row, a code table's
//! name), never single facts.

use std::path::Path;

use super::lists;
use super::names::{chinese_start, exchange, is_chinese, is_name, quoted, split, without_brackets};
use super::tables;

/// What a name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Field,
    State,
    Transition,
    Limit,
    Document,
    Statistic,
    Table,
    Case,
}

/// Every kind, in the order of the page, with the word of the hand-kept files.
pub const KINDS: [(Kind, &str); 8] = [
    (Kind::Field, "field"),
    (Kind::State, "state"),
    (Kind::Transition, "transition"),
    (Kind::Limit, "limit"),
    (Kind::Document, "document"),
    (Kind::Statistic, "statistic"),
    (Kind::Table, "table"),
    (Kind::Case, "case"),
];

/// One name of the domain files.
#[derive(Debug, Clone)]
pub struct Item {
    pub business: &'static str,
    pub kind: Kind,
    /// `place/name`, without blanks: what a hand-kept line names it by.
    pub key: String,
    /// Which table, list or diagram it stands in.
    pub place: String,
    /// What it says, for the page.
    pub label: String,
    /// Identifiers, exchange names and codes it may be made under.
    pub ids: Vec<String>,
    /// Labels it may be made under.
    pub labels: Vec<String>,
    /// For a transition: codes or names it leads from and to.
    pub edge: Option<(Vec<String>, Vec<String>)>,
}

impl Item {
    /// A name with nothing but its label.
    pub fn new(business: &'static str, kind: Kind, place: &str, name: &str, label: &str) -> Self {
        Self {
            business,
            kind,
            key: key(place, name),
            place: place.to_string(),
            label: label.trim().to_string(),
            ids: Vec::new(),
            labels: vec![label.trim().to_string()],
            edge: None,
        }
    }
}

/// A key has no blanks.
pub fn key(place: &str, name: &str) -> String {
    format!("{place}/{name}").split_whitespace().collect::<Vec<_>>().join("_")
}

/// A piece of a file under one heading or bold title.
#[derive(Debug, Default)]
pub struct Section {
    /// `o2.12`, `c2.3`, `a.2.1`.
    pub number: String,
    /// The number and the identifier, or the title if there is none.
    pub place: String,
    pub lines: Vec<String>,
}

/// Reads the folder of the domain files.
pub fn read(folder: &Path) -> Result<Vec<Item>, String> {
    let mut items = Vec::new();
    for file in super::listed(folder)? {
        let name = super::file_name(&file);
        if name.ends_with(".md") {
            let letter = match name.chars().next() {
                Some('o') => "o",
                Some('c') => "c",
                _ => "",
            };
            for section in sections(letter, &super::read_text(&file)?) {
                items.extend(read_section(&section));
            }
        }
    }
    for file in super::listed(&folder.join("codes"))? {
        items.extend(tables::read(&file)?);
    }
    let mut seen = std::collections::BTreeSet::new();
    items.retain(|it| seen.insert((it.kind, it.key.clone())));
    Ok(items)
}

/// Which business a place belongs to; nothing for what no business has to make.
pub fn business(number: &str) -> Option<&'static str> {
    const STARTS: [(&str, &str); 20] = [
        ("o2.0", "common"),
        ("o2.12", "mediation"),
        ("o2.13", "mediation"),
        ("o2.14", "mediation"),
        ("o2.15", "mediation"),
        ("o2.16", "mediation"),
        ("o2.17", "mediation"),
        ("o2.18", "mediation"),
        ("o2.19", "mediation"),
        ("o2.2", "mediation"),
        ("o2.", "team"),
        ("o5.3", "team"),
        ("o9.3", "team"),
        ("o", "mediation"),
        ("c2.4", "resettlement"),
        ("c3.10", "resettlement"),
        ("c6.5", "resettlement"),
        ("c", "corrections"),
        ("a.", "services"),
        ("b.", "publicity"),
    ];
    // Two numbers begin alike: 2.2 is the premises of an office, 2.20 to 2.24 are cases.
    if number == "o2.2" {
        return Some("team");
    }
    let later = [("c.", "supervision"), ("d.", "team")];
    let found = later.iter().chain(&STARTS).find(|(start, _)| number.starts_with(start));
    found.map(|(_, business)| *business)
}

fn sections(letter: &str, text: &str) -> Vec<Section> {
    let mut sections = vec![Section::default()];
    let mut fenced = false;
    for line in text.lines() {
        fenced ^= line.starts_with("```");
        let heading = line.starts_with("##") && !fenced;
        let titled = line.starts_with("**") && !fenced;
        if heading {
            let title = line.trim_start_matches('#').trim();
            let number = title.split_whitespace().next().unwrap_or("").trim_end_matches('.');
            sections.push(Section {
                number: format!("{letter}{number}"),
                place: place(&format!("{letter}{number}"), title),
                lines: Vec::new(),
            });
        } else if titled && letter == "c" && line.ends_with("**") {
            let number = last(&sections).number.clone();
            let place = place(&number, line.trim_matches('*'));
            sections.push(Section { number, place, lines: Vec::new() });
        } else if titled && letter.is_empty() && numbered(line) {
            let number = line[2..].split([' ', '*']).next().unwrap_or("").to_string();
            let place = place(&number, line[2..].split("**").next().unwrap_or(""));
            sections.push(Section { number, place, lines: vec![line.to_string()] });
        } else if let Some(section) = sections.last_mut() {
            section.lines.push(line.to_string());
        }
    }
    sections
}

fn last(sections: &[Section]) -> &Section {
    &sections[sections.len() - 1]
}

/// `**a.2.5 …`: a bold title with a number of its own.
fn numbered(line: &str) -> bool {
    let mut chars = line[2..].chars();
    matches!(chars.next(), Some('a'..='d')) && chars.next() == Some('.')
}

fn place(number: &str, title: &str) -> String {
    let named = quoted(title).into_iter().find(|it| is_name(it));
    let second = title.split_whitespace().nth(1).filter(|it| is_name(it)).map(str::to_string);
    let words: String = title.split_whitespace().collect();
    let words = words.replace('/', "、");
    let alone = number.trim_start_matches(['o', 'c']).to_string();
    let own = named.or(second).unwrap_or_else(|| words.replacen(&alone, "", 1));
    if own.is_empty() { number.to_string() } else { format!("{number}/{own}") }
}

fn read_section(section: &Section) -> Vec<Item> {
    let Some(business) = business(&section.number) else {
        // The catalogue of limits stands under its own letter.
        return if section.number.starts_with("(i)") {
            lists::catalogue(section)
        } else {
            Vec::new()
        };
    };
    let mut items = Vec::new();
    let mut has_fields = false;
    for table in grids(&section.lines) {
        let found = read_grid(business, section, &table);
        has_fields |= found.iter().any(|it| it.kind == Kind::Field);
        items.extend(found);
    }
    items.extend(lists::read(business, section, has_fields));
    items
}

/// The tables of a section, each as rows of cells, the header first.
pub fn grids(lines: &[String]) -> Vec<Vec<Vec<String>>> {
    let mut grids = vec![Vec::new()];
    for line in lines {
        if line.starts_with('|') {
            let inner = line.trim().trim_matches('|');
            if inner.chars().any(|it| it.is_alphanumeric())
                && let Some(grid) = grids.last_mut()
            {
                let cells = inner.replace("\\|", "／");
                grid.push(cells.split('|').map(|it| it.trim().to_string()).collect::<Vec<_>>());
            }
        } else if grids.last().is_some_and(|it| !it.is_empty()) {
            grids.push(Vec::new());
        }
    }
    grids.retain(|it| it.len() > 1);
    grids
}

fn read_grid(business: &'static str, section: &Section, grid: &[Vec<String>]) -> Vec<Item> {
    let header: Vec<&str> = grid[0].iter().map(String::as_str).collect();
    let rows = &grid[1..];
    let name_column = header.iter().position(|it| {
        matches!(*it, "field" | "english_snake" | "name [exchange]")
            || (*it == "name" && header[0] == "字段")
    });
    if let Some(column) = name_column {
        return rows.iter().flat_map(|row| fields(business, &section.place, row, column)).collect();
    }
    let label = |row: &[String]| row[0].replace("**", "");
    match header.as_slice() {
        ["#", ..] => rows.iter().map(|row| case(business, section, row)).collect(),
        ["from → to", ..] => {
            rows.iter().flat_map(|row| lists::arrows(business, section, &row[0])).collect()
        }
        ["From", _, "To", ..] => {
            rows.iter().flat_map(|row| lists::from_to(business, section, row)).collect()
        }
        ["Flow", ..] => {
            rows.iter().flat_map(|row| lists::chain(business, section, &row[0], &row[1])).collect()
        }
        ["item", "limit", ..] | ["Case", ..] | ["Measure", ..] | ["Rule", "Value", ..] => rows
            .iter()
            .map(|row| Item::new(business, Kind::Limit, &section.number, &label(row), &label(row)))
            .collect(),
        ["group", "columns", ..] => rows
            .iter()
            .flat_map(|row| split(&row[1], &['·']))
            .map(|it| Item::new(business, Kind::Statistic, &section.number, &it, &it))
            .collect(),
        ["id", "check"] => rows
            .iter()
            .map(|row| {
                let mut item =
                    Item::new(business, Kind::Statistic, &section.number, &row[0], &row[1]);
                item.ids.push(row[0].clone());
                item
            })
            .collect(),
        ["no", "document", ..] => {
            documents(business, section, rows.iter().map(|it| it[1].as_str()))
        }
        ["document" | "文书", ..] => {
            documents(business, section, rows.iter().map(|it| it[0].as_str()))
        }
        ["Table", "Fields"] => rows
            .iter()
            .flat_map(|row| {
                let own = quoted(&row[0]).into_iter().next().unwrap_or_default();
                lists::names(business, &format!("{}/{own}", section.number), &row[1])
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn documents<'a>(
    business: &'static str,
    section: &Section,
    names: impl Iterator<Item = &'a str>,
) -> Vec<Item> {
    let each = names.flat_map(|it| it.split(" **or** ")).filter(|it| is_chinese(it));
    each.map(|it| {
        let name = without_brackets(it.split(':').next().unwrap_or(it));
        Item::new(business, Kind::Document, &section.number, name.trim(), name.trim())
    })
    .collect()
}

fn case(business: &'static str, section: &Section, row: &[String]) -> Item {
    let plain = section.number.trim_start_matches('o');
    let number = if row[0].chars().all(|it| it.is_ascii_digit()) {
        format!("{plain}-{}", row[0])
    } else {
        row[0].clone()
    };
    let business = match number.as_str() {
        "T61" | "T62" => "resettlement",
        _ => business,
    };
    let mut item = Item::new(business, Kind::Case, "", "", &row[1]);
    let series = number.split('-').next().unwrap_or("");
    item.place = if series.starts_with('T') && series != "TEAM" {
        "T".to_string()
    } else {
        series.to_string()
    };
    item.ids.push(number.clone());
    item.key = number;
    item
}

/// The names of one row of a field table: one for each identifier, or for each label where the row
/// has no identifiers of its own.
fn fields(business: &'static str, place: &str, row: &[String], column: usize) -> Vec<Item> {
    let cell = row.get(column).map_or("", String::as_str);
    let title = row[0].replace("**", "");
    let labels = labels(&title);
    let parts = split(cell, &[',', '/', '+', ';']);
    let ids: Vec<Option<String>> = parts.iter().map(|it| identifier(it)).collect();
    let named = ids.iter().flatten().count();
    if named == ids.len() && named > 0 {
        let paired = labels.len() == ids.len();
        let each = parts.iter().zip(ids.into_iter().flatten()).enumerate();
        return each
            .map(|(at, (part, id))| {
                let label = if paired { labels[at].as_str() } else { title.as_str() };
                let mut item = Item::new(business, Kind::Field, place, &id, label);
                item.ids.push(id);
                item.ids.extend(exchange(part));
                item
            })
            .collect();
    }
    let shouted: Vec<Vec<String>> = split(cell, &[',']).iter().map(|it| exchange(it)).collect();
    let each = labels.iter().enumerate();
    each.map(|(at, label)| {
        let mut item = Item::new(business, Kind::Field, place, label, label);
        if shouted.len() == labels.len() {
            item.ids.extend(shouted[at].iter().cloned());
        }
        item
    })
    .collect()
}

fn identifier(part: &str) -> Option<String> {
    let bare = without_brackets(part).replace("[]", "").replace('`', "");
    let mut words = bare.split_whitespace();
    let first = words.next()?.trim_end_matches("×3");
    let first = if part.contains('×') { first.split('×').next().unwrap_or(first) } else { first };
    let alone = words.next().is_none_or(|it| matches!(it, "per" | "and"));
    (is_name(first) && (alone || first.contains('_')))
        .then(|| if first.ends_with('_') { format!("{first}*") } else { first.to_string() })
}

fn labels(title: &str) -> Vec<String> {
    let apart = title.replace(" / ", "、").replace(['/', ',', '，', ';'], "、");
    let found = split(&apart, &['、']);
    if found.len() > 1 {
        return found;
    }
    let words: Vec<String> = title.split_whitespace().map(str::to_string).collect();
    let all_chinese = words.len() > 2 && words.iter().all(|it| chinese_start(it) == *it);
    if all_chinese { words } else { vec![title.trim().to_string()] }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
### 2.12 mediation_committee 调委会 [G7]

| 字段 | name [exchange] | type | req | code table / rule |
| --- | --- | --- | --- | --- |
| 调委会编码 | committee_code [TWHBM] | text(20) | R | |
| 印章, 标牌 | has_seal, has_plate | yes_no | O | |
| 电话, 地址 | [LXDH] [X], [LXDZ] | text | R/O | |

### 9.4 Cases

| # | input | expected |
| --- | --- | --- |
| 41 | accepted before occurred | E |

### 3.2 Transitions

| from → to | actor |
| --- | --- |
| new → 10 | party |
| 61/62 → 80 → 90 | mediator |
";

    fn items() -> Vec<Item> {
        sections("o", TEXT).iter().flat_map(read_section).collect()
    }

    #[test]
    fn field_tables_give_identifiers_exchange_names_or_labels() {
        let items = items();
        let fields: Vec<_> = items.iter().filter(|it| it.kind == Kind::Field).collect();
        let keys: Vec<&str> = fields.iter().map(|it| it.key.as_str()).collect();
        let place = "o2.12/mediation_committee";
        let names = ["committee_code", "has_seal", "has_plate", "电话", "地址"];
        assert_eq!(keys, names.map(|it| format!("{place}/{it}")));
        assert_eq!(fields[0].ids, ["committee_code", "TWHBM"]);
        assert_eq!(
            (fields[2].label.as_str(), fields[4].ids.as_slice()),
            ("标牌", &["LXDZ".to_string()][..])
        );
    }

    #[test]
    fn cases_and_steps_have_numbers_of_their_own() {
        let items = items();
        let keys = |kind| -> Vec<&str> {
            items.iter().filter(|it| it.kind == kind).map(|it| it.key.as_str()).collect()
        };
        assert_eq!(keys(Kind::Case), ["9.4-41"]);
        let steps = ["[*]→10", "61→80", "62→80", "80→90"];
        assert_eq!(keys(Kind::Transition), steps.map(|it| format!("o3.2/{it}")));
    }
}
