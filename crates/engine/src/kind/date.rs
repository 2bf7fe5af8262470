//! 日期: a calendar day in China, kept as `YYYY-MM-DD`.

use super::{Cells, Field, FieldKind, Reading, Shape, Showing, Taken, text_of};
use crate::{
    check::date,
    definition::{Bound, House},
    problem::Problem,
    query::Cell,
    rule::Type,
};
use jiff::civil::Date;
use serde_json::{Value as Json, json};

/// A day.
#[derive(Debug)]
pub struct DateKind;

fn day_of(bound: &Bound, today: Date) -> Option<Date> {
    match bound {
        Bound::Date(date) => Some(*date),
        Bound::Today => Some(today),
        Bound::Number(_) => None,
    }
}

impl FieldKind for DateKind {
    fn word(&self) -> &'static str {
        "日期"
    }

    fn shape(&self) -> Shape<'_> {
        Shape::Date
    }

    fn read(&self, field: &Field, input: &Json, cx: &Reading<'_>) -> Result<Taken, Problem> {
        let typed = text_of(field, input)?;
        let day = if typed == "今日" { cx.today } else { date::parse(&typed)? };
        let label = &field.label;
        if let Some(most) = field.most.as_ref().and_then(|b| day_of(b, cx.today))
            && day > most
        {
            let today = if most == cx.today { "今天" } else { "" };
            let message = format!("“{label}”不能晚于{today}（{}）", date::show(most));
            return Err(Problem::error("date_too_late", message).under(&field.basis));
        }
        if let Some(least) = field.least.as_ref().and_then(|b| day_of(b, cx.today))
            && day < least
        {
            let message = format!("“{label}”不能早于{}", date::show(least));
            return Err(Problem::error("date_too_early", message).under(&field.basis));
        }
        if day.year() < 1900 || day.year() > 2200 {
            let message = format!("“{label}”的年份不对，请核对");
            return Err(Problem::error("date_year", message).under(&field.basis));
        }
        let cells = vec![(field.id.clone(), Cell::text(day.to_string()))];
        Ok(Taken { cells, warnings: Vec::new(), ..Taken::default() })
    }

    fn show(&self, field: &Field, cells: &Cells, _: &Showing<'_>) -> String {
        let day = cells.get(&field.id).and_then(Cell::as_text).and_then(|t| t.parse().ok());
        day.map(date::show).unwrap_or_default()
    }

    fn schema(&self, _: &Field, _: &House) -> Json {
        json!({ "type": "string", "format": "date" })
    }

    fn rule_type(&self) -> Type {
        Type::Date
    }

    fn bound(&self, text: &str) -> Option<Bound> {
        match text {
            "今日" => Some(Bound::Today),
            date => date.parse().ok().map(Bound::Date),
        }
    }
}
