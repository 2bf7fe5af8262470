//! 地点: an address, with its division and coordinates where they are known.

use super::{Cells, Field, FieldKind, Reading, Shape, Showing, Taken, text_of, wrong_type};
use crate::{
    check::text,
    definition::House,
    problem::Problem,
    query::{Cell, Column},
    rule::Type,
};
use serde_json::{Value as Json, json};

/// A place. Coordinates are kept in millionths of a degree.
#[derive(Debug)]
pub struct PlaceKind;

fn column(id: &str, part: &str) -> String {
    if part.is_empty() { id.to_owned() } else { format!("{id}_{part}") }
}

fn coordinate(field: &Field, input: &Json, limits: (f64, f64)) -> Result<Cell, Problem> {
    let number = match input {
        input if super::is_blank(input) => return Ok(Cell::Null),
        Json::Number(number) => number.as_f64(),
        Json::String(text) => text.trim().parse::<f64>().ok(),
        _ => None,
    };
    match number {
        Some(degrees) if (limits.0..=limits.1).contains(&degrees) => {
            Ok(Cell::Int((degrees * 1e6).round() as i64))
        }
        _ => {
            let message =
                format!("“{}”的坐标不在国内，经度应为 73 至 136，纬度应为 3 至 54", field.label);
            Err(Problem::error("coordinates", message))
        }
    }
}

fn division(field: &Field, input: &Json) -> Result<Cell, Problem> {
    if super::is_blank(input) {
        return Ok(Cell::Null);
    }
    let code = text_of(field, input)?;
    let code = code.trim();
    let fits = matches!(code.len(), 6 | 9 | 12) && code.chars().all(|c| c.is_ascii_digit());
    if fits {
        return Ok(Cell::text(code));
    }
    let message = format!("“{}”的区划代码应为6位、9位或者12位数字", field.label);
    Err(Problem::error("division", message))
}

impl FieldKind for PlaceKind {
    fn word(&self) -> &'static str {
        "地点"
    }

    fn shape(&self) -> Shape<'_> {
        Shape::Place
    }

    fn columns(&self, id: &str) -> Vec<Column> {
        vec![
            Column::text(id),
            Column::text(&column(id, "division")),
            Column::int(&column(id, "lng")),
            Column::int(&column(id, "lat")),
        ]
    }

    fn read(&self, field: &Field, input: &Json, _: &Reading<'_>) -> Result<Taken, Problem> {
        let empty = serde_json::Map::new();
        let (address, parts) = match input {
            Json::String(address) => (address.as_str(), &empty),
            Json::Object(parts) => {
                (parts.get("address").and_then(Json::as_str).unwrap_or_default(), parts)
            }
            _ => return Err(wrong_type(field, "地点")),
        };
        let address = text::one_line(address);
        let address = address.trim();
        if address.chars().count() > 200 {
            return Err(Problem::error("too_long", format!("“{}”最多200字", field.label)));
        }
        if address.is_empty() {
            return Err(Problem::error("required", format!("请填写“{}”", field.label)));
        }
        let part = |name: &str| parts.get(name).unwrap_or(&Json::Null);
        let id = &field.id;
        let cells = vec![
            (id.clone(), Cell::text(address)),
            (column(id, "division"), division(field, part("division"))?),
            (column(id, "lng"), coordinate(field, part("lng"), (73.0, 136.0))?),
            (column(id, "lat"), coordinate(field, part("lat"), (3.0, 54.0))?),
        ];
        Ok(Taken { cells, warnings: Vec::new(), ..Taken::default() })
    }

    fn show(&self, field: &Field, cells: &Cells, _: &Showing<'_>) -> String {
        super::cell_text(cells.get(&field.id))
    }

    fn json(&self, field: &Field, cells: &Cells) -> Json {
        let text = |part: &str| match cells.get(&column(&field.id, part)) {
            Some(Cell::Text(text)) => Json::from(text.as_str()),
            Some(Cell::Int(number)) => Json::from(*number as f64 / 1e6),
            _ => Json::Null,
        };
        if text("").is_null() {
            return Json::Null;
        }
        json!({
            "address": text(""),
            "division": text("division"),
            "lng": text("lng"),
            "lat": text("lat"),
        })
    }

    fn schema(&self, _: &Field, _: &House) -> Json {
        let number = json!({ "type": ["number", "null"] });
        json!({
            "type": "object",
            "properties": {
                "address": { "type": "string", "maxLength": 200 },
                "division": { "type": ["string", "null"], "pattern": "^[0-9]{6}([0-9]{3}([0-9]{3})?)?$" },
                "lng": number, "lat": number,
            },
            "required": ["address"],
        })
    }

    fn rule_type(&self) -> Type {
        Type::Text
    }
}
