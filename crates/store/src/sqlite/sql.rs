//! Questions as SQL. Values are only ever bound; names are those of the catalogue, quoted.
//!
//! The logic is that of [`Filter::holds`]: each filter becomes an expression that is 1, 0 or null.
//! Types are known from the catalogue, so what the model calls unknown because types differ is
//! written as `null` and SQLite never converts one type to another.

use crate::{
    seam::StoreError,
    shape::{self, Catalogue, Kind},
};
use engine::query::{Cell, Comparison, Filter, Select, Sort, Source, Table, Term};
use jiff::civil::Date;
use std::fmt::Write;

/// From here on a list is bound as one JSON text, so that its length does not change the SQL.
const LONG_LIST: usize = 32;

/// Whole days from `f` to `u`.
const DAYS: &str = "cast(julianday(u) - julianday(f) as integer)";

/// Whole years from `f` to `u`, rounded down: the dates as numbers YYYYMMDD, divided by 10,000.
const YEARS: &str = "(select (n - (n % 10000 + 10000) % 10000) / 10000 from (select \
                     cast(replace(u, '-', '') as integer) - cast(replace(f, '-', '') as integer) \
                     as n))";

/// SQL text with the values of its parameters `?1`, `?2` …
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Sql {
    pub text: String,
    pub values: Vec<Cell>,
}

/// A [`Select`] that fits the catalogue, as SQL.
pub(crate) fn select(
    catalogue: &Catalogue,
    select: &Select,
    today: Date,
) -> Result<Sql, StoreError> {
    shape::check_select(catalogue, select)?;
    let table = shape::table(catalogue, &select.table)?;
    let mut lowering = Lowering::new(catalogue, today);
    let scope = lowering.scope(table);
    lowering.push("select ");
    lowering.columns(&scope, &select.columns);
    lowering.from(&scope);
    lowering.filter(&scope, &select.filter)?;
    if let Some(after) = select.after.as_ref().filter(|after| !after.is_empty()) {
        lowering.push(" and ");
        lowering.after(&scope, &select.order, after)?;
    }
    lowering.order(&scope, &select.order);
    lowering.push(" limit ");
    lowering.bind(Cell::Int(i64::from(select.limit)));
    Ok(lowering.sql)
}

/// The number of rows a filter is true for, no further than `at_most`.
pub(crate) fn count(
    catalogue: &Catalogue,
    table: &str,
    filter: &Filter,
    at_most: u32,
    today: Date,
) -> Result<Sql, StoreError> {
    let table = shape::table(catalogue, table)?;
    shape::check_filter(catalogue, table, filter)?;
    let mut lowering = Lowering::new(catalogue, today);
    let scope = lowering.scope(table);
    lowering.push("select count(*) from (select 1");
    lowering.from(&scope);
    lowering.filter(&scope, filter)?;
    lowering.push(" limit ");
    lowering.bind(Cell::Int(i64::from(at_most)));
    lowering.push(")");
    Ok(lowering.sql)
}

/// The least text that is greater than every text starting with `prefix`; none if there is none.
fn above(prefix: &str) -> Option<String> {
    let mut characters: Vec<char> = prefix.chars().collect();
    while let Some(last) = characters.pop() {
        let next =
            if last == '\u{D7FF}' { Some('\u{E000}') } else { char::from_u32(last as u32 + 1) };
        if let Some(next) = next {
            characters.push(next);
            return Some(characters.into_iter().collect());
        }
    }
    None
}

/// The table that columns are taken from, and its name in the statement.
pub(super) struct Scope<'a> {
    pub table: &'a Table,
    alias: usize,
}

pub(super) struct Lowering<'a> {
    catalogue: &'a Catalogue,
    today: Date,
    sql: Sql,
    scopes: usize,
}

pub(super) type Lowered = Result<(), StoreError>;

impl<'a> Lowering<'a> {
    fn new(catalogue: &'a Catalogue, today: Date) -> Self {
        let sql = Sql { text: String::with_capacity(512), values: Vec::new() };
        Self { catalogue, today, sql, scopes: 0 }
    }

    fn scope(&mut self, table: &'a Table) -> Scope<'a> {
        self.scopes += 1;
        Scope { table, alias: self.scopes - 1 }
    }

    pub(super) fn push(&mut self, text: &str) {
        self.sql.text.push_str(text);
    }

    pub(super) fn bind(&mut self, cell: Cell) {
        self.sql.values.push(cell);
        let number = self.sql.values.len();
        // Writing into a String cannot fail.
        let _ = write!(self.sql.text, "?{number}");
    }

    fn bind_text(&mut self, text: &str) {
        self.bind(Cell::Text(text.to_owned()));
    }

    pub(super) fn column(&mut self, scope: &Scope, name: &str) {
        let _ = write!(self.sql.text, "t{}.\"{name}\"", scope.alias);
    }

    fn columns(&mut self, scope: &Scope, names: &[String]) {
        if names.is_empty() {
            self.push("1");
        }
        for (index, name) in names.iter().enumerate() {
            self.push(if index == 0 { "" } else { ", " });
            self.column(scope, name);
        }
    }

    fn from(&mut self, scope: &Scope) {
        let _ = write!(self.sql.text, " from \"{}\" as t{} where ", scope.table.name, scope.alias);
    }

    fn order(&mut self, scope: &Scope, order: &[Sort]) {
        for (index, sort) in order.iter().enumerate() {
            self.push(if index == 0 { " order by " } else { ", " });
            self.column(scope, &sort.column);
            self.push(if sort.descending { " desc" } else { "" });
        }
    }

    fn filter(&mut self, scope: &Scope<'a>, filter: &Filter) -> Lowered {
        match filter {
            Filter::Everything => self.push("1"),
            Filter::Nothing => self.push("0"),
            Filter::Compare(left, comparison, right) => {
                return self.compare(scope, left, *comparison, right);
            }
            Filter::In(term, values) => return self.is_in(scope, term, values),
            Filter::IsNull(term) => {
                self.push("(");
                self.term(scope, term)?;
                self.push(" is null)");
            }
            Filter::StartsWith(term, text) => return self.starts_with(scope, term, text),
            Filter::Contains(term, text) => return self.contains(scope, term, text),
            Filter::Has(term, text) => return self.has(scope, term, text),
            Filter::All(filters) => return self.joined(scope, filters, " and ", "1"),
            Filter::Any(filters) => return self.joined(scope, filters, " or ", "0"),
            Filter::Not(filter) => {
                self.push("(not ");
                self.filter(scope, filter)?;
                self.push(")");
            }
        }
        Ok(())
    }

    /// Joined in halves: SQLite bounds the depth of an expression, and a chain is as deep as long.
    fn joined(&mut self, scope: &Scope<'a>, filters: &[Filter], by: &str, none: &str) -> Lowered {
        match filters {
            [] => self.push(none),
            [only] => return self.filter(scope, only),
            _ if filters.len() > 64 => {
                let (first, second) = filters.split_at(filters.len() / 2);
                self.push("(");
                self.joined(scope, first, by, none)?;
                self.push(by);
                self.joined(scope, second, by, none)?;
                self.push(")");
            }
            _ => {
                for (index, filter) in filters.iter().enumerate() {
                    self.push(if index == 0 { "(" } else { by });
                    self.filter(scope, filter)?;
                }
                self.push(")");
            }
        }
        Ok(())
    }

    fn kind(&self, scope: &Scope, term: &Term) -> Result<Kind, StoreError> {
        shape::kind(self.catalogue, scope.table, term)
    }

    fn compare(&mut self, scope: &Scope<'a>, a: &Term, by: Comparison, b: &Term) -> Lowered {
        let kinds = (self.kind(scope, a)?, self.kind(scope, b)?);
        if kinds.0 == Kind::Null || kinds.0 != kinds.1 {
            self.push("null");
            return Ok(());
        }
        // "There is one" need not count them all, and SQLite can start from the child's index.
        if let (Term::Count { table, filter }, Comparison::Greater, Term::Value(Cell::Int(0))) =
            (a, by, b)
        {
            return self.child(scope, table, filter, "exists (select 1", ")");
        }
        self.push("(");
        self.term(scope, a)?;
        self.push(match by {
            Comparison::Equal => " = ",
            Comparison::NotEqual => " <> ",
            Comparison::Less => " < ",
            Comparison::LessOrEqual => " <= ",
            Comparison::Greater => " > ",
            Comparison::GreaterOrEqual => " >= ",
        });
        self.term(scope, b)?;
        self.push(")");
        Ok(())
    }

    /// `constant`, or unknown where the term is null.
    fn unless_null(&mut self, scope: &Scope<'a>, term: &Term, constant: &str) -> Lowered {
        self.push("(case when ");
        self.term(scope, term)?;
        self.push(" is not null then ");
        self.push(constant);
        self.push(" end)");
        Ok(())
    }

    fn is_in(&mut self, scope: &Scope<'a>, term: &Term, values: &[Cell]) -> Lowered {
        if values.is_empty() {
            self.push("0");
            return Ok(());
        }
        let kind = self.kind(scope, term)?;
        let fitting: Vec<&Cell> = values
            .iter()
            .filter(|cell| match cell {
                Cell::Null => false,
                Cell::Int(_) => kind == Kind::Int,
                Cell::Text(_) => kind == Kind::Text,
            })
            .collect();
        if fitting.is_empty() {
            return self.unless_null(scope, term, "0");
        }
        self.push("(");
        self.term(scope, term)?;
        self.push(" in (");
        if fitting.len() > LONG_LIST {
            self.push("select value from json_each(");
            self.bind(Cell::Text(json_list(&fitting)));
            self.push(")");
        } else {
            for (index, cell) in fitting.into_iter().enumerate() {
                self.push(if index == 0 { "" } else { ", " });
                self.bind(cell.clone());
            }
        }
        self.push("))");
        Ok(())
    }

    fn starts_with(&mut self, scope: &Scope<'a>, term: &Term, text: &str) -> Lowered {
        if self.kind(scope, term)? != Kind::Text {
            self.push("null");
        } else if text.is_empty() {
            return self.unless_null(scope, term, "1");
        } else if matches!(term, Term::Column(_)) {
            // A range, so that an index answers it.
            self.push("(");
            self.term(scope, term)?;
            self.push(" >= ");
            self.bind_text(text);
            if let Some(above) = above(text) {
                self.push(" and ");
                self.term(scope, term)?;
                self.push(" < ");
                self.bind_text(&above);
            }
            self.push(")");
        } else {
            self.push("(substr(");
            self.term(scope, term)?;
            let _ = write!(self.sql.text, ", 1, {}) = ", text.chars().count());
            self.bind_text(text);
            self.push(")");
        }
        Ok(())
    }

    fn contains(&mut self, scope: &Scope<'a>, term: &Term, text: &str) -> Lowered {
        if self.kind(scope, term)? != Kind::Text {
            self.push("null");
        } else if text.is_empty() {
            return self.unless_null(scope, term, "1");
        } else {
            self.push("(instr(");
            self.term(scope, term)?;
            self.push(", ");
            self.bind_text(text);
            self.push(") > 0)");
        }
        Ok(())
    }

    /// A JSON list of nothing but texts that has this one.
    fn has(&mut self, scope: &Scope<'a>, term: &Term, text: &str) -> Lowered {
        if self.kind(scope, term)? != Kind::Text {
            self.push("null");
            return Ok(());
        }
        self.push("(select case when l is null then null when not json_valid(l) then 0");
        self.push(" when json_type(l) <> 'array' then 0 else (exists (select 1 from json_each(l)");
        self.push(" where type = 'text' and value = ");
        self.bind_text(text);
        self.push(") and not exists (select 1 from json_each(l) where type <> 'text')) end");
        self.push(" from (select ");
        self.term(scope, term)?;
        self.push(" as l))");
        Ok(())
    }

    fn term(&mut self, scope: &Scope<'a>, term: &Term) -> Lowered {
        if let Some(cell) = self.constant(term) {
            self.bind(cell);
            return Ok(());
        }
        if self.kind(scope, term)? == Kind::Null {
            self.push("null");
            return Ok(());
        }
        match term {
            Term::Column(name) => self.column(scope, name),
            Term::Linked { column, table, target } => {
                return self.linked(scope, column, table, target);
            }
            Term::Plus(a, b) => return self.arithmetic(scope, a, " + ", b),
            Term::Minus(a, b) => return self.arithmetic(scope, a, " - ", b),
            Term::Times(a, b) => return self.arithmetic(scope, a, " * ", b),
            Term::AddDays(term, days) => {
                self.push("(select case when date(d, '+0 days') = d then date(d, ");
                self.bind(Cell::Text(format!("{days:+} days")));
                self.push(") end from (select substr(");
                self.term(scope, term)?;
                self.push(", 1, 10) as d))");
            }
            Term::DaysBetween(from, to) => return self.between(scope, DAYS, from, to),
            Term::YearsBetween(from, to) => return self.between(scope, YEARS, from, to),
            Term::Length(term) => {
                self.push("length(");
                self.term(scope, term)?;
                self.push(")");
            }
            Term::Count { table, filter } => {
                return self.child(scope, table, filter, "(select count(*)", ")");
            }
            Term::Sum { table, column, filter } => return self.sum(scope, table, column, filter),
            Term::Repeats { table, column } => {
                let value = format!("t{}.\"{column}\"", self.scopes);
                let head = format!("(select count({value}) - count(distinct {value})");
                return self.child(scope, table, &Filter::Everything, &head, ")");
            }
            Term::Value(_) | Term::Today => {}
        }
        Ok(())
    }

    /// The value of a term that no row changes, so that it can be bound and an index be used.
    fn constant(&self, term: &Term) -> Option<Cell> {
        fn is_constant(term: &Term) -> bool {
            match term {
                Term::Value(_) | Term::Today => true,
                Term::Plus(a, b)
                | Term::Minus(a, b)
                | Term::Times(a, b)
                | Term::DaysBetween(a, b)
                | Term::YearsBetween(a, b) => is_constant(a) && is_constant(b),
                Term::AddDays(term, _) | Term::Length(term) => is_constant(term),
                Term::Column(_)
                | Term::Linked { .. }
                | Term::Count { .. }
                | Term::Sum { .. }
                | Term::Repeats { .. } => false,
            }
        }
        is_constant(term).then(|| term.value(&NoRow(self.today)))
    }

    /// Beyond 64 bits SQLite goes on with a floating number; the model says null.
    fn arithmetic(&mut self, scope: &Scope<'a>, a: &Term, by: &str, b: &Term) -> Lowered {
        self.push("(select case when typeof(v) = 'integer' then v end from (select ");
        self.term(scope, a)?;
        self.push(by);
        self.term(scope, b)?;
        self.push(" as v))");
        Ok(())
    }

    /// What `count` says about the dates `f` and `u`. `date(d, '+0 days') = d` is true for real
    /// dates only: not for `2024-02-31`, `now`, `12:00`.
    fn between(&mut self, scope: &Scope<'a>, count: &str, from: &Term, to: &Term) -> Lowered {
        self.push("(select case when date(f, '+0 days') = f and date(u, '+0 days') = u then ");
        self.push(count);
        self.push(" end from (select substr(");
        self.term(scope, from)?;
        self.push(", 1, 10) as f, substr(");
        self.term(scope, to)?;
        self.push(", 1, 10) as u))");
        Ok(())
    }

    fn linked(&mut self, scope: &Scope<'a>, column: &str, table: &str, target: &str) -> Lowered {
        let catalogue = self.catalogue;
        let to = self.scope(shape::table(catalogue, table)?);
        self.push("(select ");
        self.column(&to, target);
        self.from(&to);
        if shape::by_county(to.table) {
            self.same(&to, "county", scope, "county");
            self.push(" and ");
        }
        self.same(&to, "id", scope, column);
        self.push(" limit 1)");
        Ok(())
    }

    fn same(&mut self, left: &Scope, column: &str, right: &Scope, other: &str) {
        self.column(left, column);
        self.push(" = ");
        self.column(right, other);
    }

    /// `head` over the child rows that the filter is true for, then `tail`.
    fn child(
        &mut self,
        scope: &Scope<'a>,
        table: &str,
        filter: &Filter,
        head: &str,
        tail: &str,
    ) -> Lowered {
        let catalogue = self.catalogue;
        let child = self.scope(shape::table(catalogue, table)?);
        self.push(head);
        self.from(&child);
        self.same(&child, "county", scope, "county");
        self.push(" and ");
        self.same(&child, "parent", scope, "id");
        self.push(" and ");
        self.filter(&child, filter)?;
        self.push(tail);
        Ok(())
    }

    /// Summed in two halves of 32 bits, because SQLite's `sum` ends the whole statement with an
    /// error where the model says null.
    fn sum(&mut self, scope: &Scope<'a>, table: &str, column: &str, filter: &Filter) -> Lowered {
        let child = format!("t{}.\"{column}\"", self.scopes);
        self.push("(select case when h between -2147483648 and 2147483647");
        self.push(" then h * 4294967296 + (l & 4294967295) end from (select h + (l >> 32) as h, l");
        self.push(" from ");
        let head = format!(
            "(select coalesce(sum({child} >> 32), 0) as h, \
             coalesce(sum({child} & 4294967295), 0) as l"
        );
        self.child(scope, table, filter, &head, ")")?;
        self.push("))");
        Ok(())
    }
}

fn json_list(cells: &[&Cell]) -> String {
    let values = cells.iter().map(|cell| match cell {
        Cell::Null => serde_json::Value::Null,
        Cell::Int(number) => (*number).into(),
        Cell::Text(text) => text.as_str().into(),
    });
    serde_json::Value::Array(values.collect()).to_string()
}

/// Answers for terms that ask no row.
struct NoRow(Date);

impl Source for NoRow {
    fn column(&self, _: &str) -> Cell {
        Cell::Null
    }
    fn linked(&self, _: &str, _: &str, _: &str) -> Cell {
        Cell::Null
    }
    fn children(&self, _: &str, _: &mut dyn FnMut(&dyn Source)) {}
    fn today(&self) -> Date {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::above;

    #[test]
    fn the_text_above_a_prefix_skips_what_is_no_character() {
        assert_eq!(above("33").as_deref(), Some("34"));
        assert_eq!(above("a\u{D7FF}").as_deref(), Some("a\u{E000}"));
        assert_eq!(above("a\u{10FFFF}").as_deref(), Some("b"));
        assert_eq!(above("\u{10FFFF}"), None);
    }
}
