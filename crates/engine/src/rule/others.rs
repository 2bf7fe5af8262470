//! Other rows in rules: the record's own rows, what hangs on it, what hangs on the record above it, and
//! records of any kind that refer to the same.

use super::{
    RuleError,
    compile::{Compiler, Value, propose},
    scope::{Scope, Symbol, Type},
};
use crate::{
    definition::{RecordKind, RowKind},
    query::{Filter, Rows, Term},
};
use std::sync::Arc;

/// Other rows while they are read.
struct Others<'a> {
    rows: Rows,
    words: String,
    of: Of<'a>,
}

/// What other rows are of.
#[derive(Clone, Copy)]
enum Of<'a> {
    Row(&'a RowKind),
    Record(&'a RecordKind),
}

impl<'a> Compiler<'a> {
    /// `个数(行, 条件)`, `合计(行, 字段, 条件)`, `最晚(行, 字段, 条件)`, `重复(行, 字段)`.
    pub(super) fn over_rows(&mut self, name: &str) -> Result<Value, RuleError> {
        let others = self.others()?;
        let column = match name {
            "个数" => None,
            _ => {
                self.comma()?;
                Some(self.inside(&others, |inner| inner.field())?)
            }
        };
        let (filter, condition) = if self.reader.take_any(&[",", "，"]).is_some() {
            self.inside(&others, Self::any)?
        } else {
            (Filter::Everything, String::new())
        };
        let such = if condition.is_empty() {
            others.words.clone()
        } else {
            format!("{condition}的{}", others.words)
        };
        let (rows, filter) = (others.rows, Box::new(filter));
        let (term, words, value_type) = match (name, column) {
            ("合计", Some(column)) => {
                let words = format!("{such}的{}合计", column.words);
                let value_type = column.value_type.clone();
                (Term::Sum { rows, column: column_name(&column), filter }, words, value_type)
            }
            ("最早" | "最晚" | "最小" | "最大", Some(column)) => {
                let dates = matches!(name, "最早" | "最晚");
                if dates != (column.value_type == Type::Date)
                    || !(dates || matches!(column.value_type, Type::Number { .. }))
                {
                    return Err(self.reader.error("最早、最晚要日期字段，最小、最大要数"));
                }
                let words = format!("{such}中{name}的{}", column.words);
                let value_type = column.value_type.clone();
                let greatest = matches!(name, "最晚" | "最大");
                let column = column_name(&column);
                (Term::Extreme { rows, column, filter, greatest }, words, value_type)
            }
            (_, Some(column)) => {
                let words = format!("{such}中重复的{}", column.words);
                let term = Term::Repeats { rows, column: column_name(&column) };
                (term, words, Type::Number { scale: 0 })
            }
            _ => (Term::Count { rows, filter }, format!("{such}的个数"), Type::Number { scale: 0 }),
        };
        Ok(Value { term, value_type, words, target: String::new() })
    }

    /// `本档案.字段`: of the record that the whole rule is about.
    pub(super) fn of_the_record(&mut self) -> Result<Option<Value>, RuleError> {
        let at = self.reader.at;
        if !self.reader.take("本档案") || self.reader.peek() != Some('.') {
            self.reader.at = at;
            return Ok(None);
        }
        self.reader.at += 1;
        if self.depth == 0 && self.scope.row.is_some() && !self.scope.looks_around {
            return Err(RuleError {
                number: 306,
                at,
                ..self.reader.error("这里问不到本档案的字段")
            });
        }
        let symbols = self.about.symbols();
        let symbol = self.named(&symbols, "本档案没有字段")?;
        let own = self.depth == 0 && self.scope.row.is_none();
        let term = if own { Term::Column(symbol.column) } else { Term::Outer(symbol.column) };
        let words = format!("本档案的{}", symbol.label);
        let is_value = !matches!(symbol.value_type, Type::Rows | Type::Opaque);
        if !is_value {
            return Err(RuleError { at, ..self.reader.error("“本档案”后面要一个值") });
        }
        let value_type = symbol.value_type;
        Ok(Some(Value { term, value_type, words, target: String::new() }))
    }

    /// The rows named here.
    fn others(&mut self) -> Result<Others<'a>, RuleError> {
        self.reader.skip_spaces();
        let at = self.reader.at;
        if let Some(others) = self.referring(None)? {
            return Ok(others);
        }
        let references: Vec<(String, Symbol)> = self
            .symbols
            .iter()
            .filter(|(_, symbol)| matches!(symbol.value_type, Type::Reference(_)))
            .cloned()
            .collect();
        let taken = self.reader.take_longest(references.iter().map(|(name, _)| name.as_str()));
        if let Some(index) = taken
            && self.reader.peek() == Some('.')
        {
            self.reader.at += 1;
            return self.of_another(&references[index].1);
        }
        self.reader.at = at;
        let value = self.field()?;
        self.expect(&value, &Type::Rows)?;
        let Term::Column(table) = &value.term else {
            return Err(self.reader.error("这里要多行字段或者附属档案"));
        };
        let of = match self.scope.kind.rows.get(&value.target) {
            Some(row) => Of::Row(row),
            None => match self.scope.house.kind(&value.target) {
                Some(kind) => Of::Record(kind),
                None => return Err(self.reader.error("不知道这是哪种行")),
            },
        };
        Ok(Others { rows: Rows::children(table), words: value.words, of })
    }

    /// `矫正对象.外出申请`, `律师.合同@律师`: what hangs on, or refers to, what the field refers to.
    fn of_another(&mut self, through: &Symbol) -> Result<Others<'a>, RuleError> {
        let at = self.reader.at;
        if let Some(others) = self.referring(Some(through))? {
            return Ok(others);
        }
        let house = self.scope.house;
        let hangs = |kind: &&Arc<RecordKind>| {
            kind.attached.as_ref().is_some_and(|attached| attached.kind == through.target)
        };
        let attached: Vec<&Arc<RecordKind>> = house.kinds.values().filter(hangs).collect();
        let names = attached.iter().flat_map(|kind| [kind.label.as_str(), kind.id.as_str()]);
        let Some(index) = self.reader.take_longest(names.clone()) else {
            let word = self.reader.take_word();
            let message = format!("“{}”所指的档案上没有附“{word}”", through.label);
            return Err(RuleError { number: 304, at, message, fix: propose(&word, names) });
        };
        let kind = attached[index / 2];
        self.fields.push(through.column.clone());
        let of = Some(through.column.clone());
        let rows = Rows { of, ..Rows::children(&kind.id) };
        let words = format!("{}的{}", through.label, kind.label);
        self.may_look_around(at)?;
        Ok(Others { rows, words, of: Of::Record(kind) })
    }

    /// `档案@字段`: records of a kind that by that field refer to this one, or to what `through`
    /// refers to.
    fn referring(&mut self, through: Option<&Symbol>) -> Result<Option<Others<'a>>, RuleError> {
        let at = self.reader.at;
        let house = self.scope.house;
        let kinds: Vec<&Arc<RecordKind>> = house.kinds.values().collect();
        let names = kinds.iter().flat_map(|kind| [kind.label.as_str(), kind.id.as_str()]);
        let taken = self.reader.take_longest(names);
        let Some(index) = taken.filter(|_| self.reader.take("@")) else {
            self.reader.at = at;
            return Ok(None);
        };
        let kind = kinds[index / 2];
        let symbols = Scope::record(house, kind).symbols();
        let symbol = self.named(&symbols, &format!("“{}”没有字段", kind.label))?;
        let target = through.map_or(self.scope.kind.id.as_str(), |t| t.target.as_str());
        if symbol.target != target || symbol.value_type != Type::Reference(target.to_owned()) {
            let message = format!("“{}”的“{}”指的不是同一种档案", kind.label, symbol.label);
            return Err(RuleError { number: 306, at, ..self.reader.error(message) });
        }
        self.may_look_around(at)?;
        let of = through.map(|t| t.column.clone());
        self.fields.extend(of.clone());
        let same = through.map_or("本档案".to_owned(), |t| format!("同一{}", t.label));
        let words = format!("“{}”是{same}的{}", symbol.label, kind.label);
        let rows = Rows { table: kind.id.clone(), column: symbol.column, of };
        Ok(Some(Others { rows, words, of: Of::Record(kind) }))
    }

    /// Finding 306: other records are at hand only where a rule of a record is looked at.
    fn may_look_around(&self, at: usize) -> Result<(), RuleError> {
        if self.depth == 0 && self.scope.row.is_none() && self.scope.looks_around {
            return Ok(());
        }
        let mut error = self.reader.error("这里不能问别的档案");
        error.fix = "写在 规则、列表 的 当、生成和推 的 当 或者计算字段里".to_owned();
        Err(RuleError { number: 306, at, ..error })
    }

    /// Takes one of these names.
    fn named(&mut self, symbols: &[(String, Symbol)], unknown: &str) -> Result<Symbol, RuleError> {
        let at = self.reader.at;
        let names = symbols.iter().map(|(name, _)| name.as_str());
        match self.reader.take_longest(names.clone()) {
            Some(index) => Ok(symbols[index].1.clone()),
            None => {
                let word = self.reader.take_word();
                let message = format!("{unknown}“{word}”");
                Err(RuleError { number: 304, at, message, fix: propose(&word, names) })
            }
        }
    }

    /// Reads on in the scope of one of the other rows.
    fn inside<T>(
        &mut self,
        others: &Others<'a>,
        read: impl FnOnce(&mut Self) -> Result<T, RuleError>,
    ) -> Result<T, RuleError> {
        let inner = match others.of {
            Of::Row(row) => self.scope.of_row(row),
            Of::Record(kind) => Scope::record(self.scope.house, kind),
        };
        let outer = (self.scope, std::mem::replace(&mut self.symbols, inner.symbols()));
        let kept = self.fields.len();
        (self.scope, self.depth) = (inner, self.depth + 1);
        let result = read(self);
        (self.scope, self.symbols) = outer;
        self.depth -= 1;
        self.fields.truncate(kept);
        result
    }
}

fn column_name(value: &Value) -> String {
    match &value.term {
        Term::Column(name) => name.clone(),
        _ => String::new(),
    }
}
