//! What the tables look like, and whether a question or a change fits them. Every keeper checks
//! with this, so that all refuse the same things in the same way.

use crate::{
    seam::{Commit, Operation, Search, StoreError, Values},
    words,
};
use engine::query::{Cell, Column, ColumnType, Filter, Placement, Rows, Select, Table, Term};
use std::{collections::HashMap, sync::Arc};

/// The tables a keeper has, by name.
pub(crate) type Catalogue = HashMap<String, Arc<Table>>;

/// What a term can be besides null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Always null.
    Null,
    /// A whole number.
    Int,
    /// A text.
    Text,
}

type Checked<T = ()> = Result<T, StoreError>;

pub(crate) fn misfit<T>(words: impl Into<String>) -> Checked<T> {
    Err(StoreError::Misfit(words.into()))
}

pub(crate) fn table<'a>(catalogue: &'a Catalogue, name: &str) -> Checked<&'a Arc<Table>> {
    catalogue.get(name).ok_or_else(|| StoreError::Misfit(format!("no table {name}")))
}

pub(crate) fn column<'a>(table: &'a Table, name: &str) -> Checked<&'a Column> {
    match table.columns.iter().find(|column| column.name == name) {
        Some(column) => Ok(column),
        None => misfit(format!("no column {}.{name}", table.name)),
    }
}

/// Whether rows of this table are told apart by county.
pub(crate) fn by_county(table: &Table) -> bool {
    table.key.first().is_some_and(|first| first == "county")
}

/// What a table becomes when `wanted` is asked for and `existing` is there: it only grows.
pub(crate) fn grown(existing: Option<&Table>, wanted: &Table) -> Checked<Table> {
    lint(wanted)?;
    let Some(existing) = existing else { return Ok(wanted.clone()) };
    if existing.key != wanted.key {
        return misfit(format!("{}: a primary key never changes", wanted.name));
    }
    let mut table = existing.clone();
    table.placement = wanted.placement;
    for new in &wanted.columns {
        match existing.columns.iter().find(|old| old.name == new.name) {
            Some(old) if old.column_type != new.column_type => {
                return misfit(format!("{}.{}: a type never changes", table.name, new.name));
            }
            Some(_) => {}
            None => table.columns.push(Column { required: false, ..new.clone() }),
        }
    }
    table.indexes.extend(wanted.indexes.iter().filter(|i| !existing.indexes.contains(i)).cloned());
    Ok(table)
}

fn lint(table: &Table) -> Checked {
    let names = table.columns.iter().map(|column| &column.name).chain([&table.name]);
    if let Some(bad) = names.into_iter().find(|name| !is_name(name)) {
        return misfit(format!("{}: {bad:?} is no name", table.name));
    }
    for name in &table.key {
        if !column(table, name)?.required {
            return misfit(format!("{}.{name}: a key column is required", table.name));
        }
    }
    for name in table.indexes.iter().flat_map(|index| &index.columns) {
        column(table, name)?;
    }
    let unique = table.indexes.iter().filter(|index| index.unique).map(|index| &index.columns);
    let mut keys = [&table.key].into_iter().chain(unique);
    if keys.clone().any(Vec::is_empty) {
        return misfit(format!("{}: a key has no column", table.name));
    }
    match keys.find(|key| table.placement == Placement::County && key[0] != "county") {
        Some(key) => misfit(format!("{}: key {key:?} does not start with county", table.name)),
        None => Ok(()),
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// Whether a commit fits the tables.
pub(crate) fn check_commit(catalogue: &Catalogue, commit: &Commit) -> Checked {
    for operation in &commit.operations {
        check_operation(catalogue, operation, commit)?;
    }
    let texts = commit.entries.iter().flat_map(|e| {
        [&e.actor, &e.authority, &e.act, &e.kind, &e.record, &e.definition, &e.body, &e.county]
    });
    if texts.into_iter().any(|text| text.contains('\0')) {
        return misfit("a log entry holds NUL");
    }
    if commit.entries.iter().any(|entry| entry.county.is_empty()) {
        return misfit("a log entry names no county");
    }
    for count in &commit.counts {
        let texts = [&count.county, &count.statistic, &count.unit, &count.period, &count.cell];
        // A bound far above any statistic keeps sums of a whole group inside 64 bits.
        if texts.iter().any(|text| bad_text(text)) || count.delta.unsigned_abs() > 1 << 48 {
            return misfit(format!("counter of {:?}", count.statistic));
        }
    }
    let numbered = !commit.numbers.is_empty();
    if let Some(words) = commit.words.iter().find(|words| !words::fit(words, numbered)) {
        return misfit(format!("words of {:?}", words.record));
    }
    match commit.numbers.iter().find(|n| bad_text(&n.county) || bad_text(&n.series)) {
        Some(number) => misfit(format!("series {:?}", number.series)),
        None => Ok(()),
    }
}

/// The tables of a catalogue.
pub(crate) fn tables(catalogue: &Catalogue) -> Vec<Table> {
    catalogue.values().map(|table| Table::clone(table)).collect()
}

fn check_operation(catalogue: &Catalogue, operation: &Operation, commit: &Commit) -> Checked {
    let (Operation::Insert { table: name, .. }
    | Operation::Update { table: name, .. }
    | Operation::Put { table: name, .. }
    | Operation::Remove { table: name, .. }) = operation;
    if !commit.carries && (name == "log" || name == "chain") {
        return misfit("the log is only ever appended to, through entries");
    }
    if name == "search" {
        return misfit("what is found is only ever changed through words");
    }
    let table = table(catalogue, name)?;
    if name == "series" && !commit.numbers.is_empty() {
        return misfit("a series is not set while it gives numbers");
    }
    match operation {
        Operation::Insert { values, .. } | Operation::Put { values, .. } => whole(table, values),
        Operation::Update { key, expect, set, .. } => {
            whole_key(table, key)?;
            check_values(table, expect)?;
            check_set(table, set)
        }
        Operation::Remove { by, .. } => {
            check_values(table, by)?;
            let placed = table.placement == Placement::Reference || names(by, "county");
            if by.is_empty() || !placed { misfit(format!("{name}: remove what?")) } else { Ok(()) }
        }
    }
}

fn names(values: &Values, name: &str) -> bool {
    values.iter().any(|(column, cell)| column == name && !cell.is_null())
}

fn whole(table: &Table, values: &Values) -> Checked {
    check_values(table, values)?;
    match table.columns.iter().find(|c| c.required && !names(values, &c.name)) {
        Some(missing) => misfit(format!("{}.{} is required", table.name, missing.name)),
        None => Ok(()),
    }
}

fn whole_key(table: &Table, key: &Values) -> Checked {
    check_values(table, key)?;
    let whole = key.len() == table.key.len() && table.key.iter().all(|name| names(key, name));
    if whole { Ok(()) } else { misfit(format!("{}: the whole key is needed", table.name)) }
}

fn check_set(table: &Table, set: &Values) -> Checked {
    check_values(table, set)?;
    if set.is_empty() {
        return misfit(format!("{}: set what?", table.name));
    }
    for (name, cell) in set {
        if table.key.contains(name) {
            return misfit(format!("{}.{name}: a key is never changed", table.name));
        }
        if cell.is_null() && column(table, name)?.required {
            return misfit(format!("{}.{name} is required", table.name));
        }
    }
    Ok(())
}

fn check_values(table: &Table, values: &Values) -> Checked {
    for (index, (name, cell)) in values.iter().enumerate() {
        fits(table, column(table, name)?, cell)?;
        if values[..index].iter().any(|(earlier, _)| earlier == name) {
            return misfit(format!("{}.{name} is named twice", table.name));
        }
    }
    Ok(())
}

fn fits(table: &Table, column: &Column, cell: &Cell) -> Checked {
    let fits = match (column.column_type, cell) {
        (_, Cell::Null) | (ColumnType::Int, Cell::Int(_)) => true,
        (ColumnType::Text, Cell::Text(text)) => !bad_text(text),
        _ => false,
    };
    if fits { Ok(()) } else { misfit(format!("{}.{} cannot be {cell:?}", table.name, column.name)) }
}

/// Neither SQLite's text functions nor PostgreSQL can hold NUL, and the empty text is null.
fn bad_text(text: &str) -> bool {
    text.is_empty() || text.contains('\0')
}

/// Whether a question fits the tables.
pub(crate) fn check_select(catalogue: &Catalogue, select: &Select) -> Checked {
    let table = table(catalogue, &select.table)?;
    for name in select.columns.iter().chain(select.order.iter().map(|sort| &sort.column)) {
        column(table, name)?;
    }
    if let Some(after) = &select.after {
        if after.len() != select.order.len() {
            return misfit("`after` is not as long as `order`");
        }
        for (sort, cell) in select.order.iter().zip(after) {
            fits(table, column(table, &sort.column)?, cell)?;
        }
    }
    check_filter(catalogue, table, &select.filter)
}

/// Whether a question for words can be asked.
pub(crate) fn check_search(search: &Search) -> Checked {
    let group = |group: &Vec<String>| {
        !group.is_empty() && group.iter().all(|word| words::fits(word, false))
    };
    if search.all.is_empty() || !search.all.iter().all(group) {
        return misfit(format!("search for {:?}", search.all));
    }
    Ok(())
}

/// Whether a filter fits the tables.
pub(crate) fn check_filter(catalogue: &Catalogue, table: &Table, filter: &Filter) -> Checked {
    fits_at(catalogue, Place::of(table), filter)
}

/// Where a term stands: the table of its row, and of the row that the whole question is about.
#[derive(Clone, Copy)]
pub(crate) struct Place<'t> {
    /// Of its row.
    pub row: &'t Table,
    /// Of the row the question is about.
    pub outer: &'t Table,
}

impl<'t> Place<'t> {
    /// Where a question about a table begins.
    pub fn of(table: &'t Table) -> Self {
        Self { row: table, outer: table }
    }
}

fn fits_at(catalogue: &Catalogue, at: Place<'_>, filter: &Filter) -> Checked {
    match filter {
        Filter::Everything | Filter::Nothing => Ok(()),
        Filter::Compare(left, _, right) => {
            kind(catalogue, at, left)?;
            kind(catalogue, at, right).map(|_| ())
        }
        Filter::In(term, _)
        | Filter::IsNull(term)
        | Filter::StartsWith(term, _)
        | Filter::Contains(term, _)
        | Filter::Has(term, _) => kind(catalogue, at, term).map(|_| ()),
        Filter::All(filters) | Filter::Any(filters) => {
            filters.iter().try_for_each(|filter| fits_at(catalogue, at, filter))
        }
        Filter::Not(filter) | Filter::Surely(filter) => fits_at(catalogue, at, filter),
        Filter::Refers { column: name, table: to, filter } => {
            let to = referred(catalogue, at, name, to)?;
            fits_at(catalogue, Place::of(to), filter)
        }
    }
}

/// The table of the record that a column refers to.
fn referred<'a>(
    catalogue: &'a Catalogue,
    at: Place<'_>,
    name: &str,
    to: &str,
) -> Checked<&'a Table> {
    let to = table(catalogue, to)?;
    column(at.row, name)?;
    column(to, "id")?;
    if by_county(to) {
        column(at.row, "county")?;
    }
    Ok(to)
}

/// What a term is, or why it does not fit.
pub(crate) fn kind(catalogue: &Catalogue, at: Place<'_>, term: &Term) -> Checked<Kind> {
    match term {
        Term::Value(Cell::Null) => Ok(Kind::Null),
        Term::Value(Cell::Int(_)) => Ok(Kind::Int),
        Term::Value(Cell::Text(_)) | Term::Today => Ok(Kind::Text),
        Term::Column(name) => column(at.row, name).map(column_kind),
        Term::Outer(name) => column(at.outer, name).map(column_kind),
        Term::Linked { column: name, table: to, target } => {
            column(referred(catalogue, at, name, to)?, target).map(column_kind)
        }
        Term::Plus(a, b) | Term::Minus(a, b) | Term::Times(a, b) | Term::Quotient(a, b) => {
            let kinds = [kind(catalogue, at, a)?, kind(catalogue, at, b)?];
            Ok(if kinds == [Kind::Int, Kind::Int] { Kind::Int } else { Kind::Null })
        }
        Term::Coalesce(a, b) => {
            let kinds = [kind(catalogue, at, a)?, kind(catalogue, at, b)?];
            match kinds {
                [Kind::Null, other] | [other, Kind::Null] => Ok(other),
                [a, b] if a == b => Ok(a),
                _ => misfit("a term that is a number or a text".to_owned()),
            }
        }
        Term::AddDays(date, by) | Term::AddMonths(date, by) => {
            let kinds = [kind(catalogue, at, date)?, kind(catalogue, at, by)?];
            Ok(if kinds == [Kind::Text, Kind::Int] { Kind::Text } else { Kind::Null })
        }
        Term::Length(term) | Term::Year(term) | Term::Month(term) => {
            text_or_null(kind(catalogue, at, term)?, Kind::Int)
        }
        Term::Level(term) => text_or_null(kind(catalogue, at, term)?, Kind::Text),
        Term::AddWorkDays(..) | Term::WorkDays(..) => {
            misfit("a database does not know working days")
        }
        Term::DaysBetween(a, b) | Term::YearsBetween(a, b) => {
            let kinds = [kind(catalogue, at, a)?, kind(catalogue, at, b)?];
            Ok(if kinds == [Kind::Text, Kind::Text] { Kind::Int } else { Kind::Null })
        }
        Term::Count { rows, filter } => {
            let inner = inside(catalogue, at, rows)?;
            fits_at(catalogue, inner, filter).map(|()| Kind::Int)
        }
        Term::Repeats { rows, column: name } => {
            column(inside(catalogue, at, rows)?.row, name).map(|_| Kind::Int)
        }
        Term::Extreme { rows, column: name, filter, .. } => {
            let inner = inside(catalogue, at, rows)?;
            fits_at(catalogue, inner, filter)?;
            column(inner.row, name).map(column_kind)
        }
        Term::Sum { rows, column: name, filter } => {
            let inner = inside(catalogue, at, rows)?;
            if column(inner.row, name)?.column_type != ColumnType::Int {
                return misfit(format!("{}.{name} is no number", inner.row.name));
            }
            fits_at(catalogue, inner, filter).map(|()| Kind::Int)
        }
    }
}

fn text_or_null(kind: Kind, then: Kind) -> Checked<Kind> {
    Ok(if kind == Kind::Text { then } else { Kind::Null })
}

fn column_kind(column: &Column) -> Kind {
    match column.column_type {
        ColumnType::Int => Kind::Int,
        ColumnType::Text => Kind::Text,
    }
}

/// Where a condition on other rows stands.
fn inside<'a>(catalogue: &'a Catalogue, at: Place<'a>, rows: &Rows) -> Checked<Place<'a>> {
    let row = table(catalogue, &rows.table)?;
    column(at.row, "county")?;
    column(at.row, "id")?;
    let same = column(at.row, rows.of.as_deref().unwrap_or("id"))?;
    column(row, "county")?;
    if column(row, &rows.column)?.column_type != same.column_type {
        return misfit(format!("{}.{} is of another type", row.name, rows.column));
    }
    Ok(Place { row, outer: at.outer })
}
