//! The sheet that records of a kind are taken from: its columns, how the columns of a sheet that
//! somebody else made are recognised, and what a line of it means as an input.

use crate::{
    check::{id_number, phone, text},
    definition::{Field, Fields, House, RecordKind, Required},
    kind::Shape,
    problem::Problem,
};
use serde_json::{Map, Value as Json};

/// Rows of a child kind that the template has room for; a sheet may have more.
const TEMPLATE_ROWS: usize = 2;
/// Rows of a child kind that a sheet may have.
const MOST_ROWS: usize = 50;
/// How many of the filled cells of a column must be what the column is then taken for.
const ALIKE: (usize, usize) = (4, 5);

/// A column of a sheet: a field of the record, or of one of its rows.
#[derive(Clone, Debug)]
pub struct Column<'a> {
    /// The name of the input: `field`, or `rows.0.field`.
    pub path: String,
    /// What stands above it.
    pub heading: String,
    /// The field.
    pub field: &'a Field,
}

impl Column<'_> {
    /// Whether every line must fill it.
    pub fn is_required(&self) -> bool {
        matches!(self.field.required, Required::Yes) && self.field.default.is_empty()
    }

    /// Names of the codes it takes, those in force on `today`; none where it takes others.
    pub fn codes(&self, house: &House, today: jiff::civil::Date) -> Vec<String> {
        let table = match self.field.kind.shape() {
            Shape::Code(table) | Shape::Codes(table) => house.codes.get(table),
            _ => None,
        };
        let codes = table.into_iter().flat_map(|table| &table.codes);
        codes.filter(|code| code.is_valid_on(today)).map(|code| code.name.clone()).collect()
    }
}

/// The columns of the template, in the order of the form.
pub fn columns(kind: &RecordKind) -> Vec<Column<'_>> {
    let mut columns = Vec::new();
    for field in kind.fields.iter().filter(|field| is_taken(field)) {
        match field.kind.shape() {
            Shape::Rows(row) => {
                let Some(row) = kind.rows.get(row) else { continue };
                for at in 0..TEMPLATE_ROWS {
                    let inner = row.fields.iter().filter(|inner| is_plain(inner, &row.fields));
                    columns.extend(inner.map(|inner| in_row(field, at, inner)));
                }
            }
            _ if is_plain(field, &kind.fields) => {
                columns.push(Column { path: field.id.clone(), heading: field.label.clone(), field })
            }
            _ => {}
        }
    }
    columns
}

fn in_row<'a>(rows: &Field, at: usize, inner: &'a Field) -> Column<'a> {
    let path = format!("{}.{at}.{}", rows.id, inner.id);
    Column { path, heading: format!("{}{}·{}", rows.label, at + 1, inner.label), field: inner }
}

/// Whether people type it when the record is made.
fn is_taken(field: &Field) -> bool {
    !field.read_only && !matches!(field.kind.shape(), Shape::Computed | Shape::File(_))
}

/// Whether one cell can say it. An archive follows from what stands beside it, and is no column of
/// its own there.
fn is_plain(field: &Field, beside: &Fields) -> bool {
    let follows = |field: &Field| {
        beside.iter().any(|other| other.taken_from.iter().any(|(source, _)| *source == field.id))
    };
    let referred = matches!(field.kind.shape(), Shape::Reference(_));
    is_taken(field)
        && !matches!(field.kind.shape(), Shape::Rows(_) | Shape::Account)
        && !(referred && follows(field))
}

/// What each column of a sheet is, by its heading or else by what is in it; `None` for columns that
/// are nothing of this kind. `lines` are the first lines below the headings.
pub fn recognise<'a>(
    kind: &'a RecordKind,
    headings: &[String],
    lines: &[Vec<String>],
) -> Vec<Option<Column<'a>>> {
    let mut found: Vec<_> = headings.iter().map(|heading| by_heading(kind, heading)).collect();
    // Two columns cannot be the same field: the first is.
    for at in 1..found.len() {
        let path = found[at].as_ref().map(|column| column.path.clone());
        if path.is_some() && found[..at].iter().flatten().any(|c| Some(&c.path) == path.as_ref()) {
            found[at] = None;
        }
    }
    for at in 0..found.len() {
        if found[at].is_none() {
            found[at] = by_content(kind, &found, lines, at);
        }
    }
    found
}

/// A heading without what stands around it: marks, brackets, blanks.
fn bare(heading: &str) -> String {
    let heading = text::half_width(heading);
    let outside = heading.split(['(', '[', '【', '（']).next().unwrap_or_default();
    outside.chars().filter(|c| c.is_alphanumeric() || *c == '_').collect::<String>().to_lowercase()
}

fn by_heading<'a>(kind: &'a RecordKind, heading: &str) -> Option<Column<'a>> {
    let wanted = bare(heading);
    if wanted.is_empty() {
        return None;
    }
    let is_it = |field: &Field| {
        [&field.label, &field.id, &field.exchange].iter().any(|name| bare(name) == wanted)
    };
    let plain = kind.fields.iter().filter(|field| is_plain(field, &kind.fields));
    let own = plain.clone().find(|field| is_it(field));
    let own =
        own.map(|field| Column { path: field.id.clone(), heading: field.label.clone(), field });
    own.or_else(|| row_column(kind, heading)).or_else(|| {
        // “调解员姓名” is the name, where nothing else ends like that.
        let mut ends = plain.filter(|field| {
            let label = bare(&field.label);
            label.chars().count() > 1 && (wanted.ends_with(&label) || label.ends_with(&wanted))
        });
        match (ends.next(), ends.next()) {
            (Some(field), None) => {
                Some(Column { path: field.id.clone(), heading: field.label.clone(), field })
            }
            _ => None,
        }
    })
}

/// `当事人2·姓名`, and the same with another mark or none between.
fn row_column<'a>(kind: &'a RecordKind, heading: &str) -> Option<Column<'a>> {
    let wanted = bare(&heading.replace(['·', '.', '-', '/', ' ', '　', ':', '：'], ""));
    for rows in &kind.fields {
        let Shape::Rows(row) = rows.kind.shape() else { continue };
        let Some(rest) = wanted.strip_prefix(&bare(&rows.label)) else { continue };
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        let at: usize = digits.parse().ok().filter(|at| (1..=MOST_ROWS).contains(at))?;
        let row = kind.rows.get(row)?;
        let label = &rest[digits.len()..];
        let mut inner = row.fields.iter().filter(|inner| is_plain(inner, &row.fields));
        return inner
            .find(|inner| bare(&inner.label) == label || inner.id == label)
            .map(|inner| in_row(rows, at - 1, inner));
    }
    None
}

/// A column of identity numbers or telephones is what it is, whatever stands above it.
fn by_content<'a>(
    kind: &'a RecordKind,
    found: &[Option<Column<'a>>],
    lines: &[Vec<String>],
    at: usize,
) -> Option<Column<'a>> {
    let filled: Vec<_> =
        lines.iter().filter_map(|line| line.get(at)).filter(|cell| !cell.is_empty()).collect();
    let most = |is: &dyn Fn(&str) -> bool| {
        let count = filled.iter().filter(|cell| is(&text::compact(cell))).count();
        count > 0 && count * ALIKE.1 >= filled.len() * ALIKE.0
    };
    let word = if most(&|cell| id_number::is_citizen_number(&cell.to_uppercase())) {
        "证件号"
    } else if most(&|cell| phone::read(cell).is_ok()) {
        "电话"
    } else {
        return None;
    };
    let free = |field: &&Field| {
        field.kind.word() == word
            && is_plain(field, &kind.fields)
            && !found.iter().flatten().any(|column| column.path == field.id)
    };
    let field = kind.fields.iter().find(free)?;
    Some(Column { path: field.id.clone(), heading: field.label.clone(), field })
}

/// What a line says, as an input; and what is wrong with it as a line of a sheet, whatever it means.
/// What cells refer to stands in `referred` by the path of their column.
pub fn input(
    columns: &[Option<Column<'_>>],
    line: &[String],
    referred: &dyn Fn(&str) -> Option<String>,
) -> (Map<String, Json>, Vec<Problem>) {
    let (mut input, mut problems) = (Map::new(), Vec::new());
    for (column, cell) in columns.iter().zip(line) {
        let (Some(column), false) = (column, cell.trim().is_empty()) else { continue };
        if is_lossy(cell) && is_digits(column.field) {
            problems.push(lost_digits(cell).at(&column.path));
            continue;
        }
        let value = match (column.field.kind.shape(), referred(&column.path)) {
            (_, Some(id)) => Json::from(id),
            (Shape::Codes(_), _) => several(cell),
            (Shape::Place, _) => {
                Json::from(Map::from_iter([("address".to_owned(), Json::from(cell.trim()))]))
            }
            _ => Json::from(cell.trim()),
        };
        put(&mut input, &column.path, value);
    }
    // Rows that a sheet leaves out in the middle are no rows.
    for value in input.values_mut() {
        if let Json::Array(rows) = value {
            rows.retain(|row| !row.is_null());
        }
    }
    (input, problems)
}

fn several(cell: &str) -> Json {
    let parts = cell.split(['、', ',', '，', ';', '；', '/', '|', '\n']);
    parts.map(str::trim).filter(|part| !part.is_empty()).map(Json::from).collect()
}

fn put(input: &mut Map<String, Json>, path: &str, value: Json) {
    let mut parts = path.splitn(3, '.');
    match (parts.next(), parts.next().and_then(|at| at.parse::<usize>().ok()), parts.next()) {
        (Some(rows), Some(at), Some(field)) => {
            let list = input.entry(rows).or_insert_with(|| Json::Array(Vec::new()));
            let Json::Array(list) = list else { return };
            while list.len() <= at {
                list.push(Json::Null);
            }
            if list[at].is_null() {
                list[at] = Json::Object(Map::new());
            }
            if let Json::Object(row) = &mut list[at] {
                row.insert(field.to_owned(), value);
            }
        }
        _ => drop(input.insert(path.to_owned(), value)),
    }
}

/// Whether the field is made of digits that are no amount.
fn is_digits(field: &Field) -> bool {
    matches!(field.kind.word(), "证件号" | "电话" | "信用代码" | "文本")
}

/// Whether a spreadsheet has taken a number's last digits: `5.32301E+17`.
fn is_lossy(cell: &str) -> bool {
    let cell = cell.trim();
    let Some((number, power)) = cell.split_once(['E', 'e']) else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    digits(whole) && digits(part) && power.strip_prefix('+').is_some_and(digits)
}

fn lost_digits(cell: &str) -> Problem {
    let message = format!(
        "“{}”是表格软件写成的科学计数法，后面的数字已经丢了。请把这一列设成“文本”格式，重新填写号码",
        cell.trim()
    );
    Problem::error("scientific", message)
}
