//! 整数, 金额, 小数: numbers, kept as whole units of 10^-scale (money in 分).

use super::{Cells, Field, FieldKind, Reading, Shape, Showing, Taken, wrong_type};
use crate::{
    check::{amount, text},
    definition::{Bound, House},
    problem::Problem,
    query::{Cell, Column},
    rule::Type,
};
use serde_json::{Value as Json, json};

/// A number.
#[derive(Debug)]
pub struct Number {
    scale: u8,
    money: bool,
}

impl Number {
    /// 整数.
    pub fn whole() -> Self {
        Self { scale: 0, money: false }
    }

    /// 金额: typed in 元, kept in 分.
    pub fn money() -> Self {
        Self { scale: 2, money: true }
    }

    /// 小数 with `places` decimal places (2 if not said).
    pub fn decimal(places: &str) -> Result<Self, String> {
        let places = if places.is_empty() { "2" } else { places };
        match places.parse() {
            Ok(scale @ 1..=8) => Ok(Self { scale, money: false }),
            _ => Err("位数应为 1 至 8".to_owned()),
        }
    }

    fn parse(&self, field: &Field, input: &str) -> Result<i64, Problem> {
        let typed = text::compact(&text::half_width(input)).replace([',', '，'], "");
        let (negative, digits) = match typed.strip_prefix('-') {
            Some(digits) => (true, digits.to_owned()),
            None => (false, typed),
        };
        let number =
            if self.money { amount::parse(&digits)? } else { self.parse_plain(field, &digits)? };
        Ok(if negative { -number } else { number })
    }

    fn parse_plain(&self, field: &Field, digits: &str) -> Result<i64, Problem> {
        let label = &field.label;
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |t: &str| t.chars().all(|c| c.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(part) {
            return Err(Problem::error("type", format!("“{label}”应填数字，如 12")));
        }
        if part.len() > usize::from(self.scale) {
            let message = match self.scale {
                0 => format!("“{label}”应为整数"),
                scale => format!("“{label}”最多{scale}位小数"),
            };
            return Err(Problem::error("decimals", message));
        }
        let padded = format!("{whole}{part:0<width$}", width = usize::from(self.scale));
        padded
            .parse()
            .ok()
            .filter(|n: &i64| *n < 1_000_000_000_000_000)
            .ok_or_else(|| Problem::error("too_large", format!("“{label}”的数太大了，请核对")))
    }

    fn plain(&self, number: i64) -> String {
        decimal(number, self.scale)
    }

    fn shown(&self, number: i64) -> String {
        if self.money { format!("{}元", amount::yuan(number)) } else { self.plain(number) }
    }

    fn check(&self, field: &Field, number: i64) -> Result<(), Problem> {
        let label = &field.label;
        if let Some(Bound::Number(least)) = field.least
            && number < least
        {
            let message = format!("“{label}”不能小于{}", self.shown(least));
            return Err(Problem::error("too_small", message).under(&field.basis));
        }
        if let Some(Bound::Number(most)) = field.most
            && number > most
        {
            let message = format!("“{label}”不能大于{}", self.shown(most));
            return Err(Problem::error("too_large", message).under(&field.basis));
        }
        Ok(())
    }
}

/// A number kept as a whole number of its smallest parts, with `scale` digits behind the point.
pub(super) fn decimal(number: i64, scale: u8) -> String {
    if scale == 0 {
        return number.to_string();
    }
    let factor = 10u64.pow(u32::from(scale));
    let sign = if number < 0 { "-" } else { "" };
    let (whole, part) = (number.unsigned_abs() / factor, number.unsigned_abs() % factor);
    format!("{sign}{whole}.{part:0width$}", width = usize::from(scale))
}

impl FieldKind for Number {
    fn word(&self) -> &'static str {
        match (self.money, self.scale) {
            (true, _) => "金额",
            (false, 0) => "整数",
            _ => "小数",
        }
    }

    fn shape(&self) -> Shape<'_> {
        if self.money { Shape::Money } else { Shape::Number }
    }

    fn columns(&self, id: &str) -> Vec<Column> {
        vec![Column::int(id)]
    }

    fn read(&self, field: &Field, input: &Json, _: &Reading<'_>) -> Result<Taken, Problem> {
        let typed = match input {
            Json::String(text) => text.clone(),
            Json::Number(number) => number.to_string(),
            _ => return Err(wrong_type(field, "数字")),
        };
        let number = self.parse(field, &typed)?;
        self.check(field, number)?;
        Ok(Taken {
            cells: vec![(field.id.clone(), Cell::Int(number))],
            warnings: Vec::new(),
            ..Taken::default()
        })
    }

    fn show(&self, field: &Field, cells: &Cells, _: &Showing<'_>) -> String {
        match cells.get(&field.id) {
            Some(Cell::Int(number)) => format!("{}{}", self.shown(*number), field.unit),
            _ => String::new(),
        }
    }

    fn typed(&self, field: &Field, cells: &Cells) -> String {
        match cells.get(&field.id) {
            Some(Cell::Int(number)) => self.plain(*number),
            _ => String::new(),
        }
    }

    fn json(&self, field: &Field, cells: &Cells) -> Json {
        match (cells.get(&field.id), self.scale) {
            (Some(Cell::Int(number)), 0) => Json::from(*number),
            (Some(Cell::Int(number)), _) => Json::from(self.plain(*number)),
            _ => Json::Null,
        }
    }

    fn schema(&self, field: &Field, _: &House) -> Json {
        if self.scale > 0 {
            let pattern = format!("^-?[0-9]+(\\.[0-9]{{1,{}}})?$", self.scale);
            let unit = if self.money { "元" } else { field.unit.as_str() };
            return json!({ "type": "string", "pattern": pattern, "description": unit });
        }
        let mut schema = json!({ "type": "integer" });
        if let Some(Bound::Number(least)) = field.least {
            schema["minimum"] = Json::from(least);
        }
        if let Some(Bound::Number(most)) = field.most {
            schema["maximum"] = Json::from(most);
        }
        schema
    }

    fn rule_type(&self) -> Type {
        Type::Number { scale: self.scale }
    }

    fn bound(&self, text: &str) -> Option<Bound> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        if part.len() > usize::from(self.scale) {
            return None;
        }
        let padded = format!("{whole}{part:0<width$}", width = usize::from(self.scale));
        let number: i64 = padded.parse().ok()?;
        Some(Bound::Number(if negative { -number } else { number }))
    }
}
