//! Questions as SQL. Values are only ever bound; names are those of the catalogue, quoted.
//!
//! The logic is that of [`Filter::holds`]: each filter becomes an expression that is 1, 0 or null.
//! Types are known from the catalogue, so what the model calls unknown because types differ is
//! written as `null` and no engine ever converts one type to another. What no row changes is
//! answered here, so that the type of a parameter follows from the text alone.

mod after;
pub(crate) mod changes;
mod dialect;
mod others;
pub(crate) mod rules;
pub(crate) mod tables;

pub(crate) use dialect::Dialect;

use crate::{
    seam::StoreError,
    shape::{self, Catalogue, Kind},
};
use engine::query::{Cell, Comparison, Filter, Rows, Select, Sort, Source, Table, Term};
use jiff::civil::Date;
use std::fmt::Write;

/// From here on a list is bound as one JSON text, so that its length does not change the SQL.
const LONG_LIST: usize = 32;

/// SQL text with the values of its parameters, in the order of their numbers.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Sql {
    pub text: String,
    pub values: Vec<Cell>,
}

/// A [`Select`] that fits the catalogue, as SQL.
pub(crate) fn select(
    dialect: Dialect,
    catalogue: &Catalogue,
    select: &Select,
    today: Date,
) -> Result<Sql, StoreError> {
    shape::check_select(catalogue, select)?;
    let table = shape::table(catalogue, &select.table)?;
    let mut lowering = Lowering::new(dialect, catalogue, today);
    let scope = lowering.scope(table);
    lowering.push("select ");
    lowering.columns(&scope, &select.columns);
    lowering.from(&scope);
    lowering.filter(&scope, &select.filter)?;
    if let Some(after) = select.after.as_ref().filter(|after| !after.is_empty()) {
        lowering.push(" and ");
        lowering.after(&scope, &select.order, after)?;
    }
    lowering.order(&scope, &select.order)?;
    lowering.push(" limit ");
    lowering.bind(Cell::Int(i64::from(select.limit)));
    Ok(lowering.sql)
}

/// The number of rows a filter is true for, no further than `at_most`.
pub(crate) fn count(
    dialect: Dialect,
    catalogue: &Catalogue,
    table: &str,
    filter: &Filter,
    at_most: u32,
    today: Date,
) -> Result<Sql, StoreError> {
    let table = shape::table(catalogue, table)?;
    shape::check_filter(catalogue, table, filter)?;
    let mut lowering = Lowering::new(dialect, catalogue, today);
    let scope = lowering.scope(table);
    lowering.push("select count(*) from (select 1");
    lowering.from(&scope);
    lowering.filter(&scope, filter)?;
    lowering.push(" limit ");
    lowering.bind(Cell::Int(i64::from(at_most)));
    lowering.push(") as counted");
    Ok(lowering.sql)
}

/// What a text that is looked for says by itself: every text has the empty one, none has NUL.
fn known(text: &str) -> Option<&'static str> {
    if text.is_empty() { Some("true") } else { text.contains('\0').then_some("false") }
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
    /// The same of the row that the whole question is about.
    outer: (&'a Table, usize),
}

pub(super) struct Lowering<'a> {
    dialect: Dialect,
    catalogue: &'a Catalogue,
    today: Date,
    sql: Sql,
    scopes: usize,
}

pub(super) type Lowered = Result<(), StoreError>;

impl<'a> Lowering<'a> {
    fn new(dialect: Dialect, catalogue: &'a Catalogue, today: Date) -> Self {
        let sql = Sql { text: String::with_capacity(512), values: Vec::new() };
        Self { dialect, catalogue, today, sql, scopes: 0 }
    }

    fn scope(&mut self, table: &'a Table) -> Scope<'a> {
        self.scopes += 1;
        let alias = self.scopes - 1;
        Scope { table, alias, outer: (table, alias) }
    }

    /// Other rows of a question about `outer`.
    fn scope_inside(&mut self, outer: &Scope<'a>, table: &'a Table) -> Scope<'a> {
        Scope { outer: outer.outer, ..self.scope(table) }
    }

    pub(super) fn push(&mut self, text: &str) {
        self.sql.text.push_str(text);
    }

    pub(super) fn bind(&mut self, cell: Cell) {
        if cell.is_null() {
            return self.push("null");
        }
        self.sql.values.push(cell);
        let (mark, number) = (self.dialect.mark(), self.sql.values.len());
        // Writing into a String cannot fail.
        let _ = write!(self.sql.text, "{mark}{number}");
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

    fn order(&mut self, scope: &Scope, order: &[Sort]) -> Lowered {
        for (index, sort) in order.iter().enumerate() {
            self.push(if index == 0 { " order by " } else { ", " });
            self.column(scope, &sort.column);
            self.push(if sort.descending { " desc" } else { "" });
            let required = shape::column(scope.table, &sort.column)?.required;
            self.push(self.dialect.nulls(sort.descending, required));
        }
        Ok(())
    }

    fn filter(&mut self, scope: &Scope<'a>, filter: &Filter) -> Lowered {
        if let Some(answer) = self.known(filter) {
            self.push(answer);
            return Ok(());
        }
        match filter {
            Filter::Everything => self.push("true"),
            Filter::Nothing => self.push("false"),
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
            Filter::All(filters) => return self.joined(scope, filters, " and ", "true"),
            Filter::Any(filters) => return self.joined(scope, filters, " or ", "false"),
            Filter::Not(filter) => {
                self.push("(not ");
                self.filter(scope, filter)?;
                self.push(")");
            }
            Filter::Surely(filter) => {
                self.push("coalesce(");
                self.filter(scope, filter)?;
                self.push(", false)");
            }
            Filter::Refers { column, table, filter } => {
                return self.refers(scope, column, table, filter);
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
        let place = shape::Place { row: scope.table, outer: scope.outer.0 };
        shape::kind(self.catalogue, place, term)
    }

    fn compare(&mut self, scope: &Scope<'a>, a: &Term, by: Comparison, b: &Term) -> Lowered {
        let kinds = (self.kind(scope, a)?, self.kind(scope, b)?);
        if kinds.0 == Kind::Null || kinds.0 != kinds.1 {
            self.push("null");
            return Ok(());
        }
        for (term, by, constant) in [(a, by, b), (b, turned(by), a)] {
            if let Some(Cell::Text(text)) = self.constant(constant)
                && let Some((start, _)) = text.split_once('\0')
            {
                return self.compare_short(scope, term, by, start);
            }
        }
        // "There is one" need not count them all, and SQLite can start from the child's index.
        if let (Term::Count { rows, filter }, Comparison::Greater, Term::Value(Cell::Int(0))) =
            (a, by, b)
        {
            return self.others(scope, rows, filter, "exists (select 1", ")");
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

    /// Compared with a text of which `start` stands before a NUL. Nothing that is kept holds one, and
    /// PostgreSQL cannot even be asked about it.
    fn compare_short(
        &mut self,
        scope: &Scope<'a>,
        term: &Term,
        by: Comparison,
        start: &str,
    ) -> Lowered {
        let by = match by {
            Comparison::Equal => return self.unless_null(scope, term, "false"),
            Comparison::NotEqual => return self.unless_null(scope, term, "true"),
            Comparison::Less | Comparison::LessOrEqual => " <= ",
            Comparison::Greater | Comparison::GreaterOrEqual => " > ",
        };
        self.push("(");
        self.term(scope, term)?;
        self.push(by);
        self.bind_text(start);
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
            self.push("false");
            return Ok(());
        }
        let kind = self.kind(scope, term)?;
        let fitting: Vec<&Cell> = values
            .iter()
            .filter(|cell| match cell {
                Cell::Null => false,
                Cell::Int(_) => kind == Kind::Int,
                Cell::Text(text) => kind == Kind::Text && !text.contains('\0'),
            })
            .collect();
        if fitting.is_empty() {
            return self.unless_null(scope, term, "false");
        }
        self.push("(");
        self.term(scope, term)?;
        if fitting.len() > LONG_LIST {
            let [before, behind] = self.dialect.long_list(kind == Kind::Int);
            self.push(before);
            self.bind(Cell::Text(json_list(&fitting)));
            self.push(behind);
        } else {
            for (index, cell) in fitting.into_iter().enumerate() {
                self.push(if index == 0 { " in (" } else { ", " });
                self.bind(cell.clone());
            }
            self.push(")");
        }
        self.push(")");
        Ok(())
    }

    fn starts_with(&mut self, scope: &Scope<'a>, term: &Term, text: &str) -> Lowered {
        if self.kind(scope, term)? != Kind::Text {
            self.push("null");
        } else if let Some(answer) = known(text) {
            return self.unless_null(scope, term, answer);
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
        } else if let Some(answer) = known(text) {
            return self.unless_null(scope, term, answer);
        } else {
            self.push("(");
            self.push(self.dialect.position());
            self.push("(");
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
        if text.contains('\0') {
            return self.unless_null(scope, term, "false");
        }
        let [before_text, before_list, behind] = self.dialect.has();
        self.push(&before_text);
        self.bind_text(text);
        self.push(&before_list);
        self.term(scope, term)?;
        self.push(&behind);
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
            Term::Outer(name) => {
                let (table, alias) = scope.outer;
                self.column(&Scope { table, alias, outer: scope.outer }, name);
            }
            Term::Linked { column, table, target } => {
                return self.linked(scope, column, table, target);
            }
            Term::Plus(a, b) => return self.arithmetic(scope, a, ["", " + ", ""], b),
            Term::Minus(a, b) => return self.arithmetic(scope, a, ["", " - ", ""], b),
            Term::Times(a, b) => return self.arithmetic(scope, a, ["", " * ", ""], b),
            Term::Quotient(a, b) => {
                return self.arithmetic(scope, a, self.dialect.quotient(), b);
            }
            Term::Coalesce(a, b) => {
                self.push("coalesce(");
                self.term(scope, a)?;
                self.push(", ");
                self.term(scope, b)?;
                self.push(")");
            }
            Term::AddDays(date, by) => {
                return self.moved(scope, &self.dialect.add_days(), date, by);
            }
            Term::AddMonths(date, by) => {
                return self.moved(scope, &self.dialect.add_months(), date, by);
            }
            Term::Year(date) => return self.part(scope, dialect::YEAR, date),
            Term::Month(date) => return self.part(scope, dialect::MONTH, date),
            Term::DaysBetween(from, to) => {
                return self.between(scope, &self.dialect.days(), from, to);
            }
            Term::YearsBetween(from, to) => return self.between(scope, dialect::YEARS, from, to),
            Term::Length(term) => {
                self.push("length(");
                self.term(scope, term)?;
                self.push(")");
            }
            Term::Level(code) => {
                for (before, after) in dialect::UNIT_LEVEL {
                    self.push(before);
                    self.term(scope, code)?;
                    self.push(after);
                }
                self.push(self.dialect.by_code_point());
            }
            Term::Count { rows, filter } => {
                return self.others(scope, rows, filter, "(select count(*)", ")");
            }
            Term::Sum { rows, column, filter } => return self.sum(scope, rows, column, filter),
            Term::Extreme { rows, column, filter, greatest } => {
                let which = if *greatest { "max" } else { "min" };
                let head = format!("(select {which}(t{}.\"{column}\")", self.scopes);
                return self.others(scope, rows, filter, &head, ")");
            }
            Term::Repeats { rows, column } => {
                let value = format!("t{}.\"{column}\"", self.scopes);
                let head = format!("(select count({value}) - count(distinct {value})");
                return self.others(scope, rows, &Filter::Everything, &head, ")");
            }
            // Never comes here: `shape` refuses what a database does not know.
            Term::AddWorkDays(..) | Term::WorkDays(..) => self.push("null"),
            Term::Value(_) | Term::Today => {}
        }
        Ok(())
    }

    /// The answer of a question that asks no column.
    fn known(&self, filter: &Filter) -> Option<&'static str> {
        let constant = |term: &Term| self.constant(term).is_some();
        let known = match filter {
            Filter::Compare(a, _, b) => constant(a) && constant(b),
            Filter::In(term, _)
            | Filter::IsNull(term)
            | Filter::StartsWith(term, _)
            | Filter::Contains(term, _)
            | Filter::Has(term, _) => constant(term),
            Filter::Everything
            | Filter::Nothing
            | Filter::All(_)
            | Filter::Any(_)
            | Filter::Not(_)
            | Filter::Surely(_)
            | Filter::Refers { .. } => false,
        };
        known.then(|| match filter.holds(&NoRow(self.today)) {
            Some(true) => "true",
            Some(false) => "false",
            None => "null",
        })
    }

    /// The value of a term that no row changes, so that it can be bound and an index be used.
    fn constant(&self, term: &Term) -> Option<Cell> {
        fn is_constant(term: &Term) -> bool {
            match term {
                Term::Value(_) | Term::Today => true,
                Term::Plus(a, b)
                | Term::Minus(a, b)
                | Term::Times(a, b)
                | Term::Quotient(a, b)
                | Term::Coalesce(a, b)
                | Term::AddDays(a, b)
                | Term::AddMonths(a, b)
                | Term::DaysBetween(a, b)
                | Term::YearsBetween(a, b) => is_constant(a) && is_constant(b),
                Term::Length(term) | Term::Level(term) | Term::Year(term) | Term::Month(term) => {
                    is_constant(term)
                }
                Term::Column(_)
                | Term::AddWorkDays(..)
                | Term::WorkDays(..)
                | Term::Outer(_)
                | Term::Linked { .. }
                | Term::Count { .. }
                | Term::Sum { .. }
                | Term::Extreme { .. }
                | Term::Repeats { .. } => false,
            }
        }
        is_constant(term).then(|| term.value(&NoRow(self.today)))
    }

    /// Beyond 64 bits it is null, as in the model.
    fn arithmetic(&mut self, scope: &Scope<'a>, a: &Term, by: [&str; 3], b: &Term) -> Lowered {
        let [before, behind] = self.dialect.arithmetic();
        self.push(before);
        self.push(by[0]);
        self.operand(scope, a)?;
        self.push(by[1]);
        self.operand(scope, b)?;
        self.push(by[2]);
        self.push(behind);
        Ok(())
    }

    /// What `makes` makes of the date `d` and the number `n`.
    fn moved(&mut self, scope: &Scope<'a>, makes: &str, date: &Term, by: &Term) -> Lowered {
        let is_day = self.dialect.is_day("d");
        self.push(&format!("(select case when {is_day} then {makes} end from (select substr("));
        self.term(scope, date)?;
        self.push(", 1, 10) as d, cast(");
        self.term(scope, by)?;
        self.push(&format!(" as {}) as n) as days)", self.dialect.int()));
        self.push(self.dialect.by_code_point());
        Ok(())
    }

    /// What `part` takes of the date `d`.
    fn part(&mut self, scope: &Scope<'a>, part: &str, date: &Term) -> Lowered {
        let is_day = self.dialect.is_day("d");
        self.push(&format!("(select case when {is_day} then {part} end from (select substr("));
        self.term(scope, date)?;
        self.push(", 1, 10) as d) as days)");
        Ok(())
    }

    fn operand(&mut self, scope: &Scope<'a>, term: &Term) -> Lowered {
        let [before, behind] = self.dialect.operand();
        self.push(before);
        self.term(scope, term)?;
        self.push(behind);
        Ok(())
    }

    /// What `count` says about the dates `f` and `u`.
    fn between(&mut self, scope: &Scope<'a>, count: &str, from: &Term, to: &Term) -> Lowered {
        let are_days = [self.dialect.is_day("f"), self.dialect.is_day("u")].join(" and ");
        self.push(&format!("(select case when {are_days} then {count} end"));
        self.push(" from (select substr(");
        self.term(scope, from)?;
        self.push(", 1, 10) as f, substr(");
        self.term(scope, to)?;
        self.push(", 1, 10) as u) as days)");
        Ok(())
    }
}

/// The comparison seen from the other side.
fn turned(by: Comparison) -> Comparison {
    match by {
        Comparison::Equal | Comparison::NotEqual => by,
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
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
    fn referred(&self, _: &str, _: &str, _: &mut dyn FnMut(&dyn Source)) {}
    fn others(&self, _: &Rows, _: &mut dyn FnMut(&dyn Source)) {}
    fn outer(&self, _: &str) -> Cell {
        Cell::Null
    }
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
