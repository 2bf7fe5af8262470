//! Sums and products in rules: numbers of different places, dates moved by days and months.

use super::{
    RuleError,
    compile::{Compiler, Value},
    scope::Type,
};
use crate::query::{Cell, Term};

impl Compiler<'_> {
    pub(super) fn sum(&mut self) -> Result<Value, RuleError> {
        let mut value = self.product()?;
        loop {
            let plus = self.reader.take("+") || self.reader.take("＋");
            if !(plus || self.reader.take("-") || self.reader.take("－")) {
                return Ok(value);
            }
            let at = self.reader.at;
            if value.value_type == Type::Date {
                value = self.moved(value, plus)?;
                continue;
            }
            let right = self.product()?;
            self.both_numbers(&value, &right, at, "只有数能加减")?;
            let (a, b) = same_scale(value, right);
            let words = format!("{}{}{}", a.words, if plus { "加" } else { "减" }, b.words);
            let make = if plus { Term::Plus } else { Term::Minus };
            let term = make(Box::new(a.term), Box::new(b.term));
            value = Value { term, words, value_type: a.value_type, target: String::new() };
        }
    }

    fn both_numbers(
        &self,
        left: &Value,
        right: &Value,
        at: usize,
        message: &str,
    ) -> Result<(), RuleError> {
        match (&left.value_type, &right.value_type) {
            (Type::Number { .. }, Type::Number { .. }) => Ok(()),
            _ => Err(RuleError { at, ..self.reader.error(message) }),
        }
    }

    /// `a × b ÷ c`: a product has the places of the finer of the two, a quotient at least two.
    fn product(&mut self) -> Result<Value, RuleError> {
        let mut value = self.factor()?;
        while let Some(sign) = self.reader.take_any(&["×", "*", "÷", "/"]) {
            let at = self.reader.at;
            let right = self.factor()?;
            self.both_numbers(&value, &right, at, "只有数能乘除")?;
            value = match sign {
                "×" | "*" => times(value, right),
                _ => divided(value, right),
            };
        }
        Ok(value)
    }

    /// `日期 + 30 日`, `日期 + 考验期 个月`.
    fn moved(&mut self, date: Value, plus: bool) -> Result<Value, RuleError> {
        let at = self.reader.at;
        let by = self.factor()?;
        let unit = self.reader.take_any(&["日", "天", "个工作日", "工作日", "个月", "月", "年"]);
        let (Type::Number { scale: 0 }, Some(unit)) = (&by.value_type, unit) else {
            let error = self.reader.error("日期只能加减若干日、个月、年，如 + 30 日、+ 6 个月");
            return Err(RuleError { at, ..error });
        };
        let words = format!("{}{}{}{unit}", date.words, if plus { "后" } else { "前" }, by.words);
        let by = if unit == "年" { by_constant(by.term, 12) } else { by.term };
        let by = Box::new(if plus { by } else { by_constant(by, -1) });
        if unit.ends_with("工作日") {
            self.needs_calendar(at)?;
        }
        let date = Box::new(date.term);
        let term = match unit {
            "日" | "天" => Term::AddDays(date, by),
            "个月" | "月" | "年" => Term::AddMonths(date, by),
            _ => Term::AddWorkDays(date, by),
        };
        Ok(Value { term, value_type: Type::Date, words, target: String::new() })
    }
}

fn scale(value: &Value) -> u8 {
    match value.value_type {
        Type::Number { scale } => scale,
        _ => 0,
    }
}

/// A number multiplied by one that the definition gives.
fn by_constant(term: Term, factor: i64) -> Term {
    match term {
        Term::Value(Cell::Int(number)) => {
            Term::Value(number.checked_mul(factor).map_or(Cell::Null, Cell::Int))
        }
        term if factor == 1 => term,
        term => Term::Times(Box::new(term), Box::new(Term::Value(Cell::Int(factor)))),
    }
}

fn times(left: Value, right: Value) -> Value {
    let (finer, coarser) = (scale(&left).max(scale(&right)), scale(&left).min(scale(&right)));
    let exact = Term::Times(Box::new(left.term), Box::new(right.term));
    let factor = Term::Value(Cell::Int(10i64.pow(u32::from(coarser.min(18)))));
    let term = match coarser {
        0 => exact,
        _ => Term::Quotient(Box::new(exact), Box::new(factor)),
    };
    let words = format!("{}乘{}", left.words, right.words);
    Value { term, value_type: Type::Number { scale: finer }, words, target: String::new() }
}

fn divided(left: Value, right: Value) -> Value {
    let places = scale(&left).max(2);
    let factor = 10i64.pow(u32::from((places - scale(&left) + scale(&right)).min(18)));
    let number = by_constant(left.term, factor);
    let term = Term::Quotient(Box::new(number), Box::new(right.term));
    let words = format!("{}除以{}", left.words, right.words);
    Value { term, value_type: Type::Number { scale: places }, words, target: String::new() }
}

/// Both numbers as whole numbers of the finer unit of the two.
pub(super) fn same_scale(left: Value, right: Value) -> (Value, Value) {
    let (Type::Number { scale: a }, Type::Number { scale: b }) =
        (&left.value_type, &right.value_type)
    else {
        return (left, right);
    };
    let (a, b) = (*a, *b);
    let finest = a.max(b);
    (scaled(left, finest - a, finest), scaled(right, finest - b, finest))
}

fn scaled(value: Value, by: u8, scale: u8) -> Value {
    let term = by_constant(value.term, 10i64.pow(u32::from(by.min(18))));
    Value { term, value_type: Type::Number { scale }, ..value }
}
