//! 日期时间: a moment, typed and shown in China's time, kept in milliseconds since 1970 UTC.

use super::{Cells, Field, FieldKind, Reading, Shape, Showing, Taken, china_time, text_of};
use crate::{
    check::date,
    definition::{Bound, House},
    problem::Problem,
    query::{Cell, Column},
    rule::Type,
};
use serde_json::{Value as Json, json};

/// A moment.
#[derive(Debug)]
pub struct DateTimeKind;

fn civil(field: &Field, cells: &Cells) -> Option<jiff::civil::DateTime> {
    cells.get(&field.id).and_then(Cell::as_int).map(china_time)
}

impl FieldKind for DateTimeKind {
    fn word(&self) -> &'static str {
        "日期时间"
    }

    fn shape(&self) -> Shape<'_> {
        Shape::DateTime
    }

    fn columns(&self, id: &str) -> Vec<Column> {
        vec![Column::int(id)]
    }

    fn read(&self, field: &Field, input: &Json, cx: &Reading<'_>) -> Result<Taken, Problem> {
        let typed = text_of(field, input)?;
        let time = date::parse_datetime(typed.trim_end_matches("+08:00"))?;
        let label = &field.label;
        if matches!(field.most, Some(Bound::Today)) && time.date() > cx.today {
            let message = format!("“{label}”不能晚于今天（{}）", date::show(cx.today));
            return Err(Problem::error("date_too_late", message).under(&field.basis));
        }
        let moment = jiff::tz::Offset::constant(8)
            .to_timestamp(time)
            .map_err(|_| Problem::error("date_year", format!("“{label}”的年份不对，请核对")))?;
        let cells = vec![(field.id.clone(), Cell::Int(moment.as_millisecond()))];
        Ok(Taken { cells, warnings: Vec::new(), ..Taken::default() })
    }

    fn show(&self, field: &Field, cells: &Cells, _: &Showing<'_>) -> String {
        civil(field, cells).map(date::show_datetime).unwrap_or_default()
    }

    fn typed(&self, field: &Field, cells: &Cells) -> String {
        civil(field, cells).map_or(String::new(), |t| t.strftime("%Y-%m-%dT%H:%M").to_string())
    }

    fn json(&self, field: &Field, cells: &Cells) -> Json {
        civil(field, cells)
            .map_or(Json::Null, |t| Json::from(t.strftime("%Y-%m-%dT%H:%M:%S+08:00").to_string()))
    }

    fn schema(&self, _: &Field, _: &House) -> Json {
        json!({ "type": "string", "format": "date-time" })
    }

    fn rule_type(&self) -> Type {
        Type::Opaque
    }

    fn bound(&self, text: &str) -> Option<Bound> {
        (text == "今日").then_some(Bound::Today)
    }
}
