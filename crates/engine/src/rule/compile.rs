//! The grammar, and what each form compiles to. One pass: types are known while reading, so a code
//! name on the right is looked up in the table of the field on the left.
//!
//! ```text
//! 条件 := 与 { 或 与 }      与 := 项 { 且 项 }      项 := 非 项 | ( 条件 ) | 比较
//!       | 存在( 行, 条件 )
//! 比较 := 值 ( = ≠ < ≤ > ≥ ) 值 | 值 属于 名、名 | 值 不属于 名、名 | 值 为空 | 值 不为空
//!       | 值 包含 "文字" | 值 包含任一 "文字"、"文字" | 是否字段
//! 值   := 积 { + | - 积 } | 日期 { + | - 因子 日 | 个月 | 年 }
//! 积   := 因子 { × | ÷ 因子 }
//! 因子 := 数 | "文字" | 2024-01-31 | 今日 | 是 | 否 | 函数( … ) | 字段 | 引用字段.字段
//!       | 本档案.字段 | 机构字段.级 | ( 值 )
//! 行   := 多行字段 | 附属档案 | 引用字段.附属档案 | [ 引用字段. ] 档案@字段
//! ```

use super::{
    RuleError,
    arithmetic::same_scale,
    parse::Reader,
    scope::{Scope, Symbol, Type},
};
use crate::{
    definition::nearest,
    query::{Cell, Comparison, Filter, Rows, Term},
};

/// What the levels of units are called.
const LEVELS: [&str; 5] = ["省", "市", "县", "乡", "村"];

/// A compiled condition.
pub struct Condition {
    pub filter: Filter,
    pub words: String,
    pub fields: Vec<String>,
}

/// A compiled value.
pub struct Computed {
    pub term: Term,
    pub value_type: Type,
    pub words: String,
    pub fields: Vec<String>,
}

/// Compiles a condition.
pub fn condition(text: &str, scope: &Scope<'_>) -> Result<Condition, RuleError> {
    let mut compiler = Compiler::new(text, *scope);
    let (filter, words) = compiler.any()?;
    compiler.end()?;
    Ok(Condition { filter, words, fields: compiler.fields })
}

/// Compiles a value.
pub fn value(text: &str, scope: &Scope<'_>) -> Result<Computed, RuleError> {
    let mut compiler = Compiler::new(text, *scope);
    let value = compiler.sum()?;
    compiler.end()?;
    Ok(Computed {
        term: value.term,
        value_type: value.value_type,
        words: value.words,
        fields: compiler.fields,
    })
}

/// A value while it is read.
#[derive(Clone)]
pub(super) struct Value {
    pub term: Term,
    pub value_type: Type,
    pub words: String,
    /// Kind of the rows or of the record behind a reference.
    pub target: String,
}

pub(super) struct Compiler<'a> {
    pub reader: Reader,
    pub scope: Scope<'a>,
    pub symbols: Vec<(String, Symbol)>,
    pub fields: Vec<String>,
    /// The record that the whole rule is about.
    pub about: Scope<'a>,
    /// How many conditions on other rows it stands in.
    pub depth: usize,
}

type Said = (Filter, String);

const SIGNS: [(&str, Comparison); 10] = [
    ("≤", Comparison::LessOrEqual),
    ("<=", Comparison::LessOrEqual),
    ("≥", Comparison::GreaterOrEqual),
    (">=", Comparison::GreaterOrEqual),
    ("≠", Comparison::NotEqual),
    ("!=", Comparison::NotEqual),
    ("==", Comparison::Equal),
    ("=", Comparison::Equal),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
];

impl<'a> Compiler<'a> {
    fn new(text: &str, scope: Scope<'a>) -> Self {
        Self {
            reader: Reader::new(text),
            scope,
            symbols: scope.symbols(),
            fields: Vec::new(),
            about: Scope { row: None, ..scope },
            depth: 0,
        }
    }

    fn end(&mut self) -> Result<(), RuleError> {
        if self.reader.at_end() {
            return Ok(());
        }
        let mut error = self.reader.error("后面的读不懂");
        error.fix = "两个条件之间写 且 或者 或，前后留空格".to_owned();
        Err(error)
    }

    pub(super) fn any(&mut self) -> Result<Said, RuleError> {
        let (first, mut words) = self.all()?;
        let mut filters = vec![first];
        while self.reader.take("或") || self.reader.take("||") {
            let (filter, more) = self.all()?;
            filters.push(filter);
            words = format!("{words}，或者{more}");
        }
        Ok((one_or(filters, Filter::Any), words))
    }

    fn all(&mut self) -> Result<Said, RuleError> {
        let (first, mut words) = self.item()?;
        let mut filters = vec![first];
        while self.reader.take("且") || self.reader.take("&&") {
            let (filter, more) = self.item()?;
            filters.push(filter);
            words = format!("{words}，并且{more}");
        }
        Ok((one_or(filters, Filter::All), words))
    }

    fn item(&mut self) -> Result<Said, RuleError> {
        if self.reader.take("非") || self.reader.take("!") {
            let (filter, words) = self.item()?;
            return Ok((Filter::Not(Box::new(filter)), format!("并非（{words}）")));
        }
        let start = self.reader.at;
        if self.reader.take("存在") && (self.reader.take("(") || self.reader.take("（")) {
            return self.exists();
        }
        self.reader.at = start;
        if self.reader.take("(") || self.reader.take("（") {
            // A parenthesis opens a condition or a value: try the condition first.
            let inside = self.any();
            if let Ok((filter, words)) = inside
                && (self.reader.take(")") || self.reader.take("）"))
            {
                return Ok((filter, format!("（{words}）")));
            }
            self.reader.at = start;
        }
        self.comparison()
    }

    /// `存在(行, 条件)`.
    fn exists(&mut self) -> Result<Said, RuleError> {
        let count = self.over_rows("个数")?;
        self.close()?;
        let words = format!("有{}", count.words.trim_end_matches("的个数"));
        let none = Term::Value(Cell::Int(0));
        Ok((Filter::Compare(count.term, Comparison::Greater, none), words))
    }

    fn comparison(&mut self) -> Result<Said, RuleError> {
        let left = self.sum()?;
        if self.reader.take("不为空") {
            let said = format!("{}已填写", left.words);
            return Ok((Filter::Not(Box::new(empty(&left))), said));
        }
        if self.reader.take("为空") {
            return Ok((empty(&left), format!("{}未填写", left.words)));
        }
        if self.reader.take("不属于") {
            let (filter, words) = self.belongs(&left)?;
            return Ok((Filter::Not(Box::new(filter)), format!("{}不是{words}", left.words)));
        }
        if self.reader.take("属于") {
            let (filter, words) = self.belongs(&left)?;
            return Ok((filter, format!("{}是{words}", left.words)));
        }
        if self.reader.take("包含任一") {
            return self.contains_any(&left);
        }
        if self.reader.take("包含") {
            return self.contains(&left);
        }
        let sign = SIGNS.iter().find(|(sign, _)| self.reader.take(sign)).map(|(_, c)| *c);
        match (sign, &left.value_type) {
            (Some(comparison), _) => self.compared(left, comparison),
            (None, Type::YesNo) => Ok((
                Filter::Compare(left.term, Comparison::Equal, Term::Value(Cell::Int(1))),
                left.words,
            )),
            _ => {
                let mut error = self.reader.error("这里要有一个比较");
                error.fix = "如 = ≠ ≤ ≥ < > 属于 为空 包含".to_owned();
                Err(error)
            }
        }
    }

    fn compared(&mut self, left: Value, comparison: Comparison) -> Result<Said, RuleError> {
        let at = self.reader.at;
        let right = match &left.value_type {
            Type::Code(_) | Type::State(_) | Type::Level => match self.name_of(&left.value_type) {
                Some(value) => value,
                None => self.sum()?,
            },
            _ => self.sum()?,
        };
        let ordered = !matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        let fits = match (&left.value_type, &right.value_type) {
            (Type::Number { .. }, Type::Number { .. }) | (Type::Date, Type::Date) => true,
            (Type::Code(a), Type::Code(b)) if a == b => true,
            (Type::Code(table), Type::Text) => {
                self.check_code(table, &right, at)?;
                true
            }
            (a, b) => a == b && !ordered && *a != Type::Rows && *a != Type::Opaque,
        };
        if !fits {
            let (a, b) = (left.value_type.name(), right.value_type.name());
            let mut error = self.reader.error(format!("不能比较：左边是{a}，右边是{b}"));
            error.at = at;
            return Err(error);
        }
        let words = compared_words(&left, comparison, &right);
        let (left, right) = same_scale(left, right);
        Ok((Filter::Compare(left.term, comparison, right.term), words))
    }

    /// A quoted code must be in the table.
    fn check_code(&self, table: &str, value: &Value, at: usize) -> Result<(), RuleError> {
        let Term::Value(Cell::Text(code)) = &value.term else { return Ok(()) };
        match self.scope.house.codes.get(table) {
            Some(codes) if codes.get(code).is_none() => {
                let mut error = self.reader.error(format!("代码表“{table}”里没有“{code}”"));
                error.at = at;
                Err(error)
            }
            _ => Ok(()),
        }
    }

    /// The name of a code or state, as a value of that type.
    fn name_of(&mut self, value_type: &Type) -> Option<Value> {
        if let Type::Code(table) | Type::Codes(table) = value_type
            && !self.scope.house.codes.contains_key(table)
        {
            // The table itself is a finding already; its names cannot be judged.
            let words = self.reader.take_word();
            return (!words.is_empty()).then(|| Value {
                term: Term::Value(Cell::Null),
                value_type: value_type.clone(),
                words,
                target: String::new(),
            });
        }
        let names = self.names(value_type);
        let index = self.reader.take_longest(names.iter().map(|(name, _)| name.as_str()))?;
        let (name, code) = &names[index];
        Some(Value {
            term: Term::Value(Cell::text(code)),
            value_type: value_type.clone(),
            words: format!("“{name}”"),
            target: String::new(),
        })
    }

    /// Names and codes of a type that has names.
    fn names(&self, value_type: &Type) -> Vec<(String, String)> {
        match value_type {
            Type::Code(table) | Type::Codes(table) => {
                self.scope.house.codes.get(table).map_or(Vec::new(), |table| {
                    table.codes.iter().map(|c| (c.name.clone(), c.code.clone())).collect()
                })
            }
            Type::State(kind) => {
                let own = (self.scope.kind.id == *kind).then_some(self.scope.kind);
                own.or(self.scope.house.kind(kind).map(|k| &**k)).map_or(Vec::new(), |kind| {
                    kind.states.iter().map(|s| (s.label.clone(), s.id.clone())).collect()
                })
            }
            Type::Level => LEVELS.map(|level| (level.to_owned(), level.to_owned())).into(),
            _ => Vec::new(),
        }
    }

    /// `属于 甲、乙`: a code stands for itself and all codes below it.
    fn belongs(&mut self, left: &Value) -> Result<Said, RuleError> {
        let (mut values, mut words) = (Vec::new(), Vec::new());
        loop {
            let value = match self.name_of(&left.value_type) {
                Some(value) => value,
                None => self.unknown_name(&left.value_type)?,
            };
            words.push(value.words);
            if let Term::Value(Cell::Text(code)) = &value.term {
                values.extend(self.below(&left.value_type, code));
            }
            if self.reader.take_any(&["、", "，", ","]).is_none() {
                break;
            }
        }
        let words = words.join("或者");
        Ok((Filter::In(left.term.clone(), values), words))
    }

    fn below(&self, value_type: &Type, code: &str) -> Vec<Cell> {
        match value_type {
            Type::Code(table) => self.scope.house.codes.get(table).map_or(Vec::new(), |table| {
                table.with_children(code).into_iter().map(Cell::from).collect()
            }),
            _ => vec![Cell::from(code)],
        }
    }

    fn unknown_name(&mut self, value_type: &Type) -> Result<Value, RuleError> {
        let mut error = self.reader.error(String::new());
        error.number = 303;
        if let Some(text) = self.reader.take_quoted()
            && matches!(value_type, Type::Text)
        {
            return Ok(Value {
                words: format!("“{text}”"),
                term: Term::Value(Cell::text(text)),
                value_type: Type::Text,
                target: String::new(),
            });
        }
        let word = self.reader.take_word();
        let names = self.names(value_type);
        error.message = format!("没有“{word}”这个名称");
        error.fix = propose(&word, names.iter().map(|(name, _)| name.as_str()));
        Err(error)
    }

    /// `包含任一 甲、乙`: what would be written with 或 between them.
    fn contains_any(&mut self, left: &Value) -> Result<Said, RuleError> {
        let (mut any, mut words) = (Vec::new(), Vec::new());
        loop {
            let (filter, said) = self.one_held(left)?;
            any.push(filter);
            words.push(said);
            if self.reader.take_any(&["、", "，", ","]).is_none() {
                break;
            }
        }
        let has = if matches!(left.value_type, Type::Codes(_)) { "有" } else { "含有" };
        Ok((Filter::Any(any), format!("{}{has}{}", left.words, words.join("或者"))))
    }

    fn contains(&mut self, left: &Value) -> Result<Said, RuleError> {
        let has = if matches!(left.value_type, Type::Codes(_)) { "有" } else { "含有" };
        let (filter, words) = self.one_held(left)?;
        Ok((filter, format!("{}{has}{words}", left.words)))
    }

    /// One code of several, or one part of a text.
    fn one_held(&mut self, left: &Value) -> Result<Said, RuleError> {
        if let Type::Codes(_) = left.value_type {
            let value = match self.name_of(&left.value_type) {
                Some(value) => value,
                None => self.unknown_name(&left.value_type)?,
            };
            let code = match value.term {
                Term::Value(Cell::Text(code)) => code,
                _ => String::new(),
            };
            return Ok((Filter::Has(left.term.clone(), code), value.words));
        }
        match (self.reader.take_quoted(), &left.value_type) {
            (Some(text), Type::Text) => {
                let words = format!("“{text}”");
                Ok((Filter::Contains(left.term.clone(), text), words))
            }
            _ => Err(self.reader.error("“包含”的左边是文字或者多选字段，右边是“文字”或者名称")),
        }
    }

    pub(super) fn factor(&mut self) -> Result<Value, RuleError> {
        let plain = |term, value_type, words: String| {
            Ok(Value { term, value_type, words, target: String::new() })
        };
        if let Some(date) = self.reader.take_date() {
            let words = crate::check::date::show(date);
            return plain(Term::Value(Cell::text(date.to_string())), Type::Date, words);
        }
        if let Some((number, scale)) = self.reader.take_number() {
            let words = show_number(number, scale);
            return plain(Term::Value(Cell::Int(number)), Type::Number { scale }, words);
        }
        if let Some(text) = self.reader.take_quoted() {
            let words = format!("“{text}”");
            return plain(Term::Value(Cell::text(text)), Type::Text, words);
        }
        if self.reader.take("今日") {
            return plain(Term::Today, Type::Date, "今日".to_owned());
        }
        for (word, number) in [("是", 1), ("否", 0)] {
            if self.reader.take(word) {
                return plain(Term::Value(Cell::Int(number)), Type::YesNo, word.to_owned());
            }
        }
        if self.reader.take("(") || self.reader.take("（") {
            let value = self.sum()?;
            self.close()?;
            return Ok(value);
        }
        if let Some(value) = self.of_the_record()? {
            return Ok(value);
        }
        match self.function()? {
            Some(value) => Ok(value),
            None => self.field(),
        }
    }

    pub(super) fn close(&mut self) -> Result<(), RuleError> {
        if self.reader.take(")") || self.reader.take("）") {
            return Ok(());
        }
        Err(self.reader.error("少了一个右括号"))
    }

    fn function(&mut self) -> Result<Option<Value>, RuleError> {
        let start = self.reader.at;
        let names = [
            "个数",
            "合计",
            "重复",
            "最早",
            "最晚",
            "最小",
            "最大",
            "长度",
            "天数",
            "工作日数",
            "周岁",
            "年份",
            "月份",
            "若空",
        ];
        let Some(name) = self.reader.take_any(&names) else { return Ok(None) };
        if !(self.reader.take("(") || self.reader.take("（")) {
            self.reader.at = start;
            return Ok(None);
        }
        let value = match name {
            "个数" | "合计" | "重复" | "最早" | "最晚" | "最小" | "最大" => {
                self.over_rows(name)?
            }
            "若空" => self.or_else()?,
            "年份" | "月份" => {
                let date = self.sum()?;
                self.expect(&date, &Type::Date)?;
                let make = if name == "年份" { Term::Year } else { Term::Month };
                number(make(Box::new(date.term)), format!("{}的{name}", date.words))
            }
            "长度" => {
                let text = self.sum()?;
                self.expect(&text, &Type::Text)?;
                let term = Term::Length(Box::new(text.term));
                number(term, format!("{}的字数", text.words))
            }
            "工作日数" => {
                self.needs_calendar(start)?;
                let (from, to) = self.two_dates()?;
                let words = format!("{}到{}的工作日数", from.words, to.words);
                number(Term::WorkDays(Box::new(from.term), Box::new(to.term)), words)
            }
            "天数" => {
                let (from, to) = self.two_dates()?;
                let words = format!("{}到{}的天数", from.words, to.words);
                number(Term::DaysBetween(Box::new(from.term), Box::new(to.term)), words)
            }
            _ => self.age()?,
        };
        self.close()?;
        Ok(Some(value))
    }

    /// `若空(甲, 乙)`: 甲, or 乙 where 甲 is not filled in.
    fn or_else(&mut self) -> Result<Value, RuleError> {
        let first = self.sum()?;
        self.comma()?;
        let at = self.reader.at;
        let second = self.sum()?;
        let numbers = matches!(
            (&first.value_type, &second.value_type),
            (Type::Number { .. }, Type::Number { .. })
        );
        if !numbers && first.value_type != second.value_type {
            let error = self.reader.error("“若空”的两个值要是同一种");
            return Err(RuleError { at, ..error });
        }
        let (a, b) = same_scale(first, second);
        let words = format!("{}（没有的按{}）", a.words, b.words);
        let term = Term::Coalesce(Box::new(a.term), Box::new(b.term));
        Ok(Value { term, words, value_type: a.value_type, target: String::new() })
    }

    /// Finding 306: a calendar is at hand only where an act is decided.
    pub(super) fn needs_calendar(&self, at: usize) -> Result<(), RuleError> {
        if self.about.looks_around {
            return Ok(());
        }
        let mut error = self.reader.error("这里不能数工作日");
        error.fix = "写在 规则、生成和推的 当 或者计算字段里；统计用存下来的计算字段".to_owned();
        Err(RuleError { number: 306, at, ..error })
    }

    fn two_dates(&mut self) -> Result<(Value, Value), RuleError> {
        let from = self.sum()?;
        self.expect(&from, &Type::Date)?;
        self.comma()?;
        let to = self.sum()?;
        self.expect(&to, &Type::Date)?;
        Ok((from, to))
    }

    fn age(&mut self) -> Result<Value, RuleError> {
        let birth = self.sum()?;
        self.expect(&birth, &Type::Date)?;
        let on = if self.reader.take_any(&[",", "，"]).is_some() {
            let on = self.sum()?;
            self.expect(&on, &Type::Date)?;
            on.term
        } else {
            Term::Today
        };
        let words = format!("按{}计算的周岁", birth.words);
        Ok(number(Term::YearsBetween(Box::new(birth.term), Box::new(on)), words))
    }

    pub(super) fn expect(&self, value: &Value, wanted: &Type) -> Result<(), RuleError> {
        if value.value_type == *wanted {
            return Ok(());
        }
        let message = format!("这里要{}，不是{}", wanted.name(), value.value_type.name());
        Err(self.reader.error(message))
    }

    pub(super) fn comma(&mut self) -> Result<(), RuleError> {
        match self.reader.take_any(&[",", "，"]) {
            Some(_) => Ok(()),
            None => Err(self.reader.error("这里要有一个逗号")),
        }
    }

    pub(super) fn field(&mut self) -> Result<Value, RuleError> {
        self.reader.skip_spaces();
        let at = self.reader.at;
        let names = self.symbols.iter().map(|(name, _)| name.as_str());
        let Some(index) = self.reader.take_longest(names) else {
            return Err(self.unknown_field(at));
        };
        let symbol = self.symbols[index].1.clone();
        self.fields.push(symbol.column.clone());
        if self.reader.peek() == Some('.') && !symbol.target.is_empty() {
            self.reader.at += 1;
            return self.linked(&symbol);
        }
        Ok(self.or_level(Value {
            term: Term::Column(symbol.column),
            value_type: symbol.value_type,
            words: symbol.label,
            target: symbol.target,
        }))
    }

    /// `单位.级`: the level of a unit, where one stands before it.
    fn or_level(&mut self, value: Value) -> Value {
        let is_unit = matches!(&value.value_type, Type::Reference(kind) if kind == "unit");
        if !is_unit || !self.reader.take(".级") {
            return value;
        }
        Value {
            term: Term::Level(Box::new(value.term)),
            value_type: Type::Level,
            words: format!("{}的级别", value.words),
            target: String::new(),
        }
    }

    fn unknown_field(&mut self, at: usize) -> RuleError {
        let word = self.reader.take_word();
        let message = if word.is_empty() {
            "这里要有一个字段或者值".to_owned()
        } else {
            format!("没有字段“{word}”")
        };
        let names = self.symbols.iter().map(|(name, _)| name.as_str());
        RuleError { number: 304, at, message, fix: propose(&word, names) }
    }

    fn linked(&mut self, symbol: &Symbol) -> Result<Value, RuleError> {
        let at = self.reader.at;
        let symbols = self.scope.symbols_of(&symbol.target);
        let names = symbols.iter().map(|(name, _)| name.as_str());
        let Some(index) = self.reader.take_longest(names) else {
            let word = self.reader.take_word();
            let names = symbols.iter().map(|(name, _)| name.as_str());
            let fix = propose(&word, names);
            let message = format!("“{}”的档案里没有字段“{word}”", symbol.label);
            return Err(RuleError { number: 304, at, message, fix });
        };
        let target = &symbols[index].1;
        Ok(self.or_level(Value {
            term: Term::Linked {
                column: symbol.column.clone(),
                table: symbol.target.clone(),
                target: target.column.clone(),
            },
            value_type: target.value_type.clone(),
            words: format!("{}的{}", symbol.label, target.label),
            target: target.target.clone(),
        }))
    }
}

pub(super) fn propose<'n>(word: &str, names: impl Iterator<Item = &'n str>) -> String {
    nearest(word, names).map(|near| format!("是不是“{near}”？")).unwrap_or_default()
}

fn one_or(mut filters: Vec<Filter>, make: fn(Vec<Filter>) -> Filter) -> Filter {
    match (filters.pop(), filters.is_empty()) {
        (Some(only), true) => only,
        (Some(last), false) => {
            filters.push(last);
            make(filters)
        }
        (None, _) => Filter::Everything,
    }
}

fn number(term: Term, words: String) -> Value {
    Value { term, value_type: Type::Number { scale: 0 }, words, target: String::new() }
}

fn empty(value: &Value) -> Filter {
    match (&value.value_type, &value.term) {
        (Type::Rows, Term::Column(table)) => Filter::Compare(
            Term::Count { rows: Rows::children(table), filter: Box::new(Filter::Everything) },
            Comparison::Equal,
            Term::Value(Cell::Int(0)),
        ),
        _ => Filter::IsNull(value.term.clone()),
    }
}

fn show_number(number: i64, scale: u8) -> String {
    if scale == 0 {
        return number.to_string();
    }
    let factor = 10i64.pow(u32::from(scale.min(18)));
    format!("{}.{:0width$}", number / factor, number % factor, width = usize::from(scale))
}

fn compared_words(left: &Value, comparison: Comparison, right: &Value) -> String {
    let dates = left.value_type == Type::Date;
    let verb = match (comparison, dates) {
        (Comparison::Equal, _) => "是",
        (Comparison::NotEqual, _) => "不是",
        (Comparison::Less, true) => "早于",
        (Comparison::LessOrEqual, true) => "不晚于",
        (Comparison::Greater, true) => "晚于",
        (Comparison::GreaterOrEqual, true) => "不早于",
        (Comparison::Less, false) => "少于",
        (Comparison::LessOrEqual, false) => "不多于",
        (Comparison::Greater, false) => "多于",
        (Comparison::GreaterOrEqual, false) => "不少于",
    };
    format!("{}{verb}{}", left.words, right.words)
}
