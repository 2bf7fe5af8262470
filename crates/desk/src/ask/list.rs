//! Lists: filters, order, keyset pages.

use super::{NameBook, references};
use crate::boxed;
use crate::{
    Actor, Desk, Refusal,
    access::{Right, scope, subtree},
    rows::cells,
};
use engine::{
    definition::{Class, Field, House, List, RecordKind},
    kind::Shape,
    query::{Cell, Comparison, Filter, Select, Sort, Term},
    record::Record,
};
use serde_json::{Map, Value as Json};
use std::sync::Arc;
use store::seam::Row;

/// A question for a list.
#[derive(Clone, Debug, Default)]
pub struct ListAsk {
    /// Kind of record.
    pub kind: String,
    /// List of the definition; empty: the first.
    pub list: String,
    /// Only of this unit and below.
    pub unit: String,
    /// Only in this state.
    pub state: String,
    /// Field filters: a code (with those below it), an id, a text, or `from..to` for dates and
    /// numbers.
    pub filters: Vec<(String, String)>,
    /// Words of the title, or an id number or telephone of a person concerned.
    pub q: String,
    /// Order other than the list's: field, greatest first.
    pub sort: Option<(String, bool)>,
    /// Where the last page ended.
    pub after: String,
    /// At most so many (1 to 200; 0: 20).
    pub limit: u32,
    /// Only records behind a figure.
    pub figure: Option<crate::report::FigureAsk>,
    /// All columns instead of those of the list.
    pub whole: bool,
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct ListAnswer {
    /// The kind.
    pub kind: Arc<RecordKind>,
    /// Columns shown.
    pub columns: Vec<String>,
    /// Records without their rows.
    pub records: Vec<Record>,
    /// Names of what they refer to.
    pub names: NameBook,
    /// Where the next page starts; empty at the end.
    pub next: String,
    /// Order in force: column, greatest first.
    pub sort: (String, bool),
    /// Highest class of fields shown unmasked.
    pub sees: Class,
}

impl Desk {
    /// A page of a list.
    #[boxed]
    pub async fn list(&self, actor: &Actor, ask: &ListAsk) -> Result<ListAnswer, Refusal> {
        let house = self.house();
        let kind =
            house.kind(&ask.kind).cloned().ok_or(Refusal::NotFound("这种档案".to_owned()))?;
        let list = list_of(&kind, ask);
        let shown = shown_columns(&kind, list, ask.whole);
        let select = self.list_select(actor, &house, &kind, list, ask, &shown).await?;
        let sort = (select.order[0].column.clone(), select.order[0].descending);
        let mut rows = self.keeper.find(&select).await?;
        let limit = select.limit as usize - 1;
        let next = if rows.len() > limit {
            rows.truncate(limit);
            rows.last().map(|row| cursor(&select, row)).unwrap_or_default()
        } else {
            String::new()
        };
        let mut names = NameBook::default();
        let mut records = Vec::with_capacity(rows.len());
        let mut wanted = Vec::new();
        for row in rows {
            let mut cells = cells(&select.columns, row);
            self.sealer.open_cells(&kind.layout.sealed, &mut cells);
            wanted.extend(references(&kind.fields, &cells));
            if let Some(Cell::Text(unit)) = cells.get("unit") {
                wanted.push(("unit".to_owned(), unit.clone()));
            }
            records.push(Record { kind: kind.id.clone(), cells, ..Record::default() });
        }
        self.name_all(&house, actor, wanted, &mut names).await?;
        let sees = sees_in_lists(actor);
        Ok(ListAnswer { kind, columns: shown, records, names, next, sort, sees })
    }

    /// How many records the list has, counting no further than `at_most`.
    #[boxed]
    pub async fn count(&self, actor: &Actor, ask: &ListAsk, at_most: u32) -> Result<u32, Refusal> {
        let house = self.house();
        let kind =
            house.kind(&ask.kind).cloned().ok_or(Refusal::NotFound("这种档案".to_owned()))?;
        let list = list_of(&kind, ask);
        let select = self.list_select(actor, &house, &kind, list, ask, &[]).await?;
        Ok(self.keeper.count(&kind.id, &select.filter, at_most).await?)
    }

    pub(super) async fn list_select(
        &self,
        actor: &Actor,
        house: &House,
        kind: &RecordKind,
        list: Option<&List>,
        ask: &ListAsk,
        shown: &[String],
    ) -> Result<Select, Refusal> {
        let mut filter = scope(house, actor, kind, Right::See);
        if let Some(when) = list.and_then(|l| l.when.as_ref()) {
            filter = filter.and(when.filter.clone());
        }
        if !ask.unit.is_empty() {
            let units = self.units();
            let unit = units.get(&ask.unit).ok_or(Refusal::NotFound("这个单位".to_owned()))?;
            if !actor.unit.path.starts_with(&unit.path) {
                filter = filter.and(subtree(unit));
            }
        }
        if !ask.state.is_empty() {
            filter = filter.and(Filter::equal("state", ask.state.as_str()));
        }
        for (field, value) in &ask.filters {
            let asked = field_filter(house, kind, field, value)?;
            let archive = kind.fields.get(field).and_then(|field| match field.kind.shape() {
                Shape::Reference(target) => house.kind(target).filter(|kind| kind.merges()),
                _ => None,
            });
            filter = filter.and(match archive {
                Some(archive) => self.names_same(archive, field, value).await?,
                None => asked,
            });
        }
        if !ask.q.trim().is_empty() {
            filter = filter.and(self.words_filter(kind, ask.q.trim()).await?);
        }
        if let Some(figure) = &ask.figure {
            filter = filter.and(crate::report::figure_filter(house, kind, figure)?);
        }
        let (order, descending) = order(kind, list, ask)?;
        let mut select =
            Select { columns: system_and(shown, &order), ..Select::from(&kind.id, &[]) }
                .filter(filter)
                .limit(limit(ask.limit) + 1);
        let step = |column: &str| Sort { column: column.to_owned(), descending };
        select.order = vec![step(&order), step("id")];
        if !ask.after.is_empty() {
            select.after = Some(read_cursor(&ask.after)?);
        }
        Ok(select)
    }
}

/// The list of the definition that is asked for.
pub(super) fn list_of<'k>(kind: &'k RecordKind, ask: &ListAsk) -> Option<&'k List> {
    kind.lists.iter().find(|list| list.id == ask.list).or(kind.lists.first())
}

/// In a list everybody's numbers stand together: masked but for the record's own page.
pub(super) fn sees_in_lists(actor: &Actor) -> Class {
    if actor.unit.level < crate::units::Level::County { Class::Plain } else { Class::Contact }
}

/// Fields shown in a list: columns of the definition, or all.
pub(super) fn shown_columns(kind: &RecordKind, list: Option<&List>, whole: bool) -> Vec<String> {
    if whole {
        let fields = kind.fields.iter().filter(|f| !matches!(f.kind.shape(), Shape::Rows(_)));
        return fields.map(|f| f.id.clone()).collect();
    }
    list.map_or_else(
        || vec!["title".to_owned(), "unit".to_owned(), "created_at".to_owned()],
        |list| list.columns.clone(),
    )
}

/// What every record has.
pub(super) const ALWAYS: [&str; 9] =
    ["county", "id", "unit", "path", "state", "version", "title", "created_at", "created_by"];

fn system_and(shown: &[String], order: &str) -> Vec<String> {
    let mut columns: Vec<String> = ALWAYS.iter().map(|&c| c.to_owned()).collect();
    for column in shown.iter().map(String::as_str).chain([order]) {
        if !columns.iter().any(|c| c == column) {
            columns.push(column.to_owned());
        }
    }
    columns
}

fn limit(asked: u32) -> u32 {
    if asked == 0 { 20 } else { asked.clamp(1, 200) }
}

fn order(kind: &RecordKind, list: Option<&List>, ask: &ListAsk) -> Result<(String, bool), Refusal> {
    let Some((field, descending)) = &ask.sort else {
        let column = list.map_or("", |l| l.order.as_str());
        return Ok(match column {
            "" => ("created_at".to_owned(), true),
            column => (column.to_owned(), list.is_some_and(|l| l.descending)),
        });
    };
    let plain = kind
        .fields
        .get(field)
        .is_some_and(|f| f.class == Class::Plain && !matches!(f.kind.shape(), Shape::Rows(_)));
    if plain || ALWAYS.contains(&field.as_str()) {
        return Ok((field.clone(), *descending));
    }
    let problem = engine::problem::Problem::error("sort", format!("不能按“{field}”排序"));
    Err(Refusal::problem(problem.at("sort")))
}

/// Rows whose field has the value: a code with those below it, a range, or the value itself.
fn field_filter(
    house: &House,
    kind: &RecordKind,
    name: &str,
    value: &str,
) -> Result<Filter, Refusal> {
    use engine::problem::Problem;
    let unknown = || {
        Refusal::problem(Problem::error("unknown_field", format!("没有“{name}”这一项")).at(name))
    };
    if name == "created_by" || name == "parent" {
        return Ok(Filter::equal(name, value));
    }
    let field = kind.fields.get(name).ok_or_else(unknown)?;
    if field.class > Class::Plain {
        let message = format!("不能按“{}”筛选", field.label);
        return Err(Refusal::problem(Problem::error("filter", message).at(name)));
    }
    let column = || Term::Column(name.to_owned());
    match field.kind.shape() {
        Shape::Code(table) => {
            let codes = house.codes.get(table).map(|t| t.with_children(value)).unwrap_or_default();
            if codes.is_empty() {
                let message = format!("“{}”没有“{value}”这一项", field.label);
                return Err(Refusal::problem(Problem::error("code", message).at(name)));
            }
            Ok(Filter::In(column(), codes.into_iter().map(Cell::from).collect()))
        }
        Shape::Codes(_) => Ok(Filter::Has(column(), value.to_owned())),
        Shape::Date => date_filter(field, value),
        Shape::Number | Shape::Money | Shape::YesNo => {
            let siblings = Map::new();
            let today = jiff::civil::Date::ZERO;
            let cx = engine::kind::Reading { house, today, siblings: &siblings };
            let taken = field.kind.read(field, &Json::from(value), &cx);
            let taken = taken.map_err(|p| Refusal::problem(p.at(name)))?;
            Ok(taken
                .cells
                .into_iter()
                .next()
                .map_or(Filter::Nothing, |(c, v)| Filter::equal(&c, v)))
        }
        Shape::Rows(_) => Err(unknown()),
        _ => Ok(Filter::equal(name, value)),
    }
}

/// `2026-03-02`, `2026-03`, `2026`, or `from..to` with either end open.
fn date_filter(field: &Field, value: &str) -> Result<Filter, Refusal> {
    let (from, to) = value.split_once("..").unwrap_or((value, value));
    let well_formed = |t: &str| t.len() <= 10 && t.chars().all(|c| c.is_ascii_digit() || c == '-');
    if !well_formed(from) || !well_formed(to) {
        let message = format!("“{}”的日期应写成 2026-03-02..2026-03-31", field.label);
        let problem = engine::problem::Problem::error("date_format", message);
        return Err(Refusal::problem(problem.at(&field.id)));
    }
    let column = || Term::Column(field.id.clone());
    let value = |text: String| Term::Value(Cell::Text(text));
    let mut filter = Filter::Everything;
    if !from.is_empty() {
        let from = value(from.to_owned());
        filter = filter.and(Filter::Compare(column(), Comparison::GreaterOrEqual, from));
    }
    if !to.is_empty() {
        // `~` sorts behind every digit, so `2026-03~` is the end of March.
        let to = value(format!("{to}~"));
        filter = filter.and(Filter::Compare(column(), Comparison::LessOrEqual, to));
    }
    Ok(filter)
}

pub(super) fn cursor(select: &Select, row: &Row) -> String {
    let place = |sort: &Sort| {
        let at = select.columns.iter().position(|c| *c == sort.column);
        match at.and_then(|i| row.get(i)) {
            Some(Cell::Int(number)) => Json::from(*number),
            Some(Cell::Text(text)) => Json::from(text.as_str()),
            _ => Json::Null,
        }
    };
    let cells: Vec<Json> = select.order.iter().map(place).collect();
    Json::from(cells).to_string()
}

pub(super) fn read_cursor(text: &str) -> Result<Vec<Cell>, Refusal> {
    let bad = || {
        let problem = engine::problem::Problem::error("after", "翻页位置不对，请从第一页开始");
        Refusal::problem(problem.at("after"))
    };
    let cells: Vec<Json> = serde_json::from_str(text).map_err(|_| bad())?;
    let cell = |value: &Json| match value {
        Json::Null => Some(Cell::Null),
        Json::Number(number) => number.as_i64().map(Cell::Int),
        Json::String(text) => Some(Cell::text(text.as_str())),
        _ => None,
    };
    let cells: Option<Vec<Cell>> = cells.iter().map(cell).collect();
    cells.filter(|c| c.len() == 2).ok_or_else(bad)
}
