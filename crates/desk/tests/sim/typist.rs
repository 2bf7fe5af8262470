//! What people type: taken from the worked examples and from the kinds of fields, right or wrong.
//! It knows no business: only definitions.

use crate::{
    sim::{dice::Dice, ledger::Ledger},
    world::id_number,
};
use desk::Actor;
use engine::{
    check::{id_number::check_digit, uscc::check_character},
    definition::{Bound, Example, Field, Fields, House, RecordKind, Required},
    kind::{Cells, Shape},
    problem::{Problem, Severity},
    query::Cell,
};
use jiff::{ToSpan, civil::Date};
use serde_json::{Map, Value as Json, json};
use std::{cell::RefCell, collections::BTreeMap, sync::Arc};

type Pairs = Vec<(String, String)>;
pub type Input = Map<String, Json>;

/// A worked example as somebody might type it.
struct Specimen {
    on: Date,
    fields: Pairs,
    rows: Vec<(String, Pairs)>,
    references: Vec<String>,
}

pub struct Typist<'a> {
    house: Arc<House>,
    dice: Dice,
    ledger: &'a RefCell<Ledger>,
    /// By kind and action; a new record has the action "".
    specimens: BTreeMap<(String, String), Vec<Specimen>>,
}

/// Who types, and on which day.
#[derive(Clone, Copy)]
pub struct Seat<'a> {
    pub actor: &'a Actor,
    pub today: Date,
    /// Unit codes the actor may choose from.
    pub units: &'a [String],
}

const NAMES: [&str; 12] = [
    "陈秀兰",
    "孙建国",
    "王长河",
    "李秋月",
    "赵平安",
    "䶮小满",
    "𠮷田禾",
    "阿依古丽·买买提",
    "欧阳若水",
    "周守义",
    "吴青禾",
    "郑望川",
];
const TALE: &str = "两家因屋檐滴水多次争吵，经网格员劝说愿意坐下来谈，要求改装檐沟并修补墙面。";

impl<'a> Typist<'a> {
    pub fn new(house: Arc<House>, dice: Dice, ledger: &'a RefCell<Ledger>) -> Self {
        let mut specimens: BTreeMap<_, Vec<Specimen>> = BTreeMap::new();
        for example in &house.examples {
            let whole = merged(&house, example);
            let Ok(on) = whole.on.parse() else { continue };
            let references = whole.linked.iter().map(|(field, _)| field.clone()).collect();
            let step = whole.does.clone();
            if let Some(step) = step.filter(|s| !s.action.is_empty()) {
                let specimen =
                    Specimen { on, fields: step.input, rows: vec![], references: vec![] };
                let key = (whole.kind.clone(), step.action);
                specimens.entry(key).or_default().push(specimen);
            }
            let (fields, rows) = (whole.given, whole.rows);
            let key = (whole.kind, String::new());
            specimens.entry(key).or_default().push(Specimen { on, fields, rows, references });
        }
        Self { house, dice, ledger, specimens }
    }

    /// Whether there is what a new record must refer to.
    pub fn knows_enough(&self, kind: &RecordKind, actor: &Actor) -> bool {
        let ledger = self.ledger.borrow();
        let needed = kind.fields.iter().filter(|f| matches!(f.required, Required::Yes));
        let known = |field: &Field| match field.kind.shape() {
            Shape::Reference(target) => ledger.near(target, &actor.unit.path, &self.dice).is_some(),
            _ => true,
        };
        needed.into_iter().all(known)
    }

    /// A new record.
    pub fn create(&self, kind: &RecordKind, seat: Seat<'_>) -> Input {
        let mut input = self.specimen(kind, "", seat);
        for field in kind.fields.iter().filter(|f| !f.read_only) {
            let wanted = match field.required {
                Required::Yes => true,
                Required::When(_) => self.dice.percent(25),
                Required::No => self.dice.percent(8) || is_parent(kind, field),
            };
            if wanted && !input.contains_key(&field.id) {
                self.fill(kind, field, seat, &mut input);
            }
        }
        self.spoil(&mut input);
        input
    }

    /// The fields an action asks.
    pub fn action(&self, kind: &RecordKind, action: &str, seat: Seat<'_>) -> Input {
        let mut input = self.specimen(kind, action, seat);
        let asks = kind.action(action).map(|a| a.asks.as_slice()).unwrap_or_default();
        for asked in asks {
            let Some(field) = kind.fields.get(&asked.field) else { continue };
            let offered = !asked.default.is_empty() && self.dice.percent(80);
            let wanted = (asked.required && !offered) || self.dice.percent(20);
            if wanted && !input.contains_key(&field.id) {
                self.fill(kind, field, seat, &mut input);
            }
        }
        self.spoil(&mut input);
        input
    }

    /// Some fields typed anew.
    pub fn change(&self, kind: &RecordKind, seat: Seat<'_>) -> Input {
        let mut input = Input::new();
        for _ in 0..=self.dice.below(3) {
            if let Some(field) = self.dice.pick(&kind.fields.0) {
                self.fill(kind, field, seat, &mut input);
            }
        }
        self.spoil(&mut input);
        input
    }

    /// What was complained of, typed again or left out.
    pub fn mend(&self, kind: &RecordKind, seat: Seat<'_>, input: &mut Input, wrong: &[Problem]) {
        for problem in wrong.iter().filter(|p| p.severity == Severity::Error) {
            let mut path = problem.field.split('.');
            let top = path.next().unwrap_or_default();
            let Some(field) = kind.fields.get(top) else {
                input.remove(top);
                continue;
            };
            let row = path.next().and_then(|at| at.parse::<usize>().ok());
            match (row, path.next(), field.kind.shape()) {
                (Some(at), Some(inner), Shape::Rows(row)) => {
                    let Some(fields) = kind.rows.get(row).map(|row| &row.fields) else { continue };
                    let row = input.get_mut(top).and_then(|rows| rows.get_mut(at));
                    if let Some(row) = row.and_then(Json::as_object_mut) {
                        self.mend_one(kind, fields, inner, seat, row);
                    }
                }
                _ => self.mend_one(kind, &kind.fields, top, seat, input),
            }
        }
    }

    fn mend_one(
        &self,
        kind: &RecordKind,
        fields: &Fields,
        id: &str,
        seat: Seat<'_>,
        input: &mut Input,
    ) {
        let Some(field) = fields.get(id) else {
            input.remove(id);
            return;
        };
        if input.remove(id).is_none() || self.dice.percent(60) {
            self.fill(kind, field, seat, input);
        }
    }

    /// A worked example made today's and one's own; nothing if there is none.
    fn specimen(&self, kind: &RecordKind, action: &str, seat: Seat<'_>) -> Input {
        let mut input = Input::new();
        let specimens = self.specimens.get(&(kind.id.clone(), action.to_owned()));
        let Some(specimen) = specimens.and_then(|s| self.dice.pick(s)) else { return input };
        let days = (seat.today - specimen.on).get_days();
        for (id, text) in &specimen.fields {
            let Some(field) = kind.fields.get(id) else { continue };
            if field.read_only && action.is_empty() {
                continue;
            }
            let value = self.fresh(kind, field, text, days, &specimen.fields, seat);
            input.insert(id.clone(), value);
        }
        for id in &specimen.references {
            let Some(field) = kind.fields.get(id).filter(|f| !f.read_only) else { continue };
            self.fill(kind, field, seat, &mut input);
        }
        for (id, row) in &specimen.rows {
            let Some(Shape::Rows(row_kind)) = kind.fields.get(id).map(|f| f.kind.shape()) else {
                continue;
            };
            let Some(fields) = kind.rows.get(row_kind).map(|row| &row.fields) else { continue };
            let own = row.iter().filter_map(|(id, text)| {
                let field = fields.get(id)?;
                Some((id.clone(), self.fresh(kind, field, text, days, row, seat)))
            });
            let list = input.entry(id.clone()).or_insert_with(|| json!([]));
            if let Json::Array(list) = list {
                list.push(Json::Object(own.collect()));
            }
        }
        input
    }

    /// A value of an example, moved to today and to other people.
    fn fresh(
        &self,
        kind: &RecordKind,
        field: &Field,
        text: &str,
        days: i32,
        beside: &Pairs,
        seat: Seat<'_>,
    ) -> Json {
        let of_birth = || {
            let digits = text.replace('-', "");
            beside.iter().any(|(_, other)| other.len() == 18 && other.contains(&digits))
        };
        match field.kind.shape() {
            Shape::Date if !of_birth() => moved(text, days).into(),
            Shape::DateTime => match text.split_once('T') {
                Some((day, time)) => format!("{}T{time}", moved(day, days)).into(),
                None => text.into(),
            },
            Shape::Reference(_) | Shape::Unit(_) | Shape::Account => self.value(kind, field, seat),
            Shape::Plain => match field.kind.word() {
                "证件号" => self.namesake(text).into(),
                "电话" => self.value(kind, field, seat),
                "文本" if self.dice.percent(60) => self.another(field, text).into(),
                _ => text.into(),
            },
            _ => text.into(),
        }
    }

    /// The number of somebody born the same day and of the same sex.
    fn namesake(&self, number: &str) -> String {
        let Some(birth) = number.get(6..14).filter(|_| number.len() == 18) else {
            return number.to_owned();
        };
        let odd = number.as_bytes()[16] & 1;
        let sequence = self.dice.below(40) as u32 * 2 + u32::from(odd);
        let seventeen = format!("330198{birth}{sequence:03}");
        match check_digit(&seventeen) {
            Some(check) => format!("{seventeen}{check}"),
            None => number.to_owned(),
        }
    }

    fn another(&self, field: &Field, text: &str) -> String {
        let longer = format!("{text}{}", self.dice.below(5_000));
        let most = match field.most {
            Some(Bound::Number(most)) => most as usize,
            _ => 200,
        };
        if longer.chars().count() <= most { longer } else { text.to_owned() }
    }

    fn fill(&self, kind: &RecordKind, field: &Field, seat: Seat<'_>, input: &mut Input) {
        let value = self.value(kind, field, seat);
        if !value.is_null() {
            input.insert(field.id.clone(), value);
        }
    }

    /// A value by the kind of the field; mostly one that fits.
    fn value(&self, kind: &RecordKind, field: &Field, seat: Seat<'_>) -> Json {
        match field.kind.shape() {
            Shape::Code(table) => self.code(table, seat.today).into(),
            Shape::Codes(table) => json!([self.code(table, seat.today)]),
            Shape::YesNo => self.dice.percent(60).into(),
            Shape::Date => self.day(field, seat.today).into(),
            Shape::DateTime => format!("{}T09:30", self.day(field, seat.today)).into(),
            Shape::Number | Shape::Money => self.number(field),
            Shape::Reference(target) => self.reference(target, seat),
            Shape::Unit(_) => self.dice.pick(seat.units).map_or(Json::Null, |u| u.as_str().into()),
            Shape::Account => seat.actor.account.as_str().into(),
            Shape::Place => json!({ "address": format!("村东头{}号", self.dice.below(300)) }),
            Shape::File(_) => format!("{:064x} 扫描件.pdf", self.dice.draw()).into(),
            Shape::Rows(row) => self.rows(kind, field, row, seat),
            Shape::Computed => Json::Null,
            Shape::Plain | Shape::Long => self.text(field).into(),
        }
    }

    fn rows(&self, kind: &RecordKind, field: &Field, row: &str, seat: Seat<'_>) -> Json {
        let Some(row) = kind.rows.get(row) else { return Json::Null };
        let least = match field.least {
            Some(Bound::Number(least)) => least as usize,
            _ => 1,
        };
        let one = |_| {
            let mut input = Input::new();
            for field in &row.fields {
                if matches!(field.required, Required::Yes) || self.dice.percent(15) {
                    self.fill(kind, field, seat, &mut input);
                }
            }
            Json::Object(input)
        };
        Json::Array((0..least + self.dice.below(2)).map(one).collect())
    }

    fn code(&self, table: &str, today: Date) -> String {
        let codes = self.house.codes.get(table).map(|t| t.codes.as_slice()).unwrap_or_default();
        // The first codes are the common ones.
        let at = self.dice.below(codes.len()).min(self.dice.below(codes.len()));
        let valid = codes.iter().skip(at).find(|c| c.is_valid_on(today)).or(codes.first());
        valid.map(|c| c.code.clone()).unwrap_or_default()
    }

    fn day(&self, field: &Field, today: Date) -> String {
        let ahead = field.most.is_none() && self.dice.percent(40);
        let days = if ahead { self.dice.between(1, 900) } else { -self.dice.between(0, 60) };
        today.checked_add(days.days()).unwrap_or(today).to_string()
    }

    fn number(&self, field: &Field) -> Json {
        let bound = |bound: &Option<Bound>, other: i64| match bound {
            Some(Bound::Number(number)) => *number,
            _ => other,
        };
        let least = bound(&field.least, 0);
        let most = bound(&field.most, 200_000).min(least.saturating_add(200_000));
        let number = self.dice.between(least, most.max(least));
        let cells = Cells::from([(field.id.clone(), Cell::Int(number))]);
        field.kind.typed(field, &cells).into()
    }

    fn reference(&self, target: &str, seat: Seat<'_>) -> Json {
        let ledger = self.ledger.borrow();
        let known = ledger.near(target, &seat.actor.unit.path, &self.dice);
        known.map_or_else(|| "nobody".into(), |id| id.as_str().into())
    }

    fn text(&self, field: &Field) -> String {
        match field.kind.word() {
            "姓名" => self.name().to_owned(),
            "电话" => format!("199{:08}", self.dice.below(100_000_000)),
            "证件号" => {
                let birth = format!("19{}0{}15", 50 + self.dice.below(50), 1 + self.dice.below(9));
                id_number(&birth, self.dice.below(60) as u32)
            }
            "信用代码" => self.credit_code(),
            _ => self.prose(field),
        }
    }

    fn name(&self) -> &'static str {
        self.dice.pick(&NAMES).copied().unwrap_or_default()
    }

    fn credit_code(&self) -> String {
        let first = format!("91330198MA{:07}", self.dice.below(60));
        let check = check_character(&first).map(String::from).unwrap_or_default();
        first + &check
    }

    fn prose(&self, field: &Field) -> String {
        let tale = format!("{}{}{TALE}", self.name(), self.dice.below(5_000));
        let most = match field.most {
            Some(Bound::Number(most)) => most as usize,
            _ => 60,
        };
        tale.chars().take(most.min(30)).collect()
    }

    /// One input in eight has something in it that does not belong there.
    fn spoil(&self, input: &mut Input) {
        if !self.dice.percent(12) {
            return;
        }
        let names: Vec<String> = input.keys().cloned().collect();
        let name = self.dice.pick(&names).cloned().unwrap_or_else(|| "nothing".to_owned());
        let value = match self.dice.below(10) {
            0 => json!("\u{1}0\u{1}"),
            1 => json!({ "id": "\u{1}0\u{1}" }),
            2 => json!(["a", 1, null]),
            3 => json!("2026-02-30"),
            4 => json!(-1),
            5 => json!("11010119900230001X"),
            6 => json!("龘".repeat(5_000)),
            7 => json!("' or 1=1 --"),
            8 => json!(true),
            _ => Json::Null,
        };
        let name = if self.dice.percent(15) { format!("{name}_") } else { name };
        input.insert(name, value);
    }
}

fn is_parent(kind: &RecordKind, field: &Field) -> bool {
    kind.attached.as_ref().is_some_and(|a| a.kind == field.id)
}

fn moved(text: &str, days: i32) -> String {
    let day = text.parse::<Date>().ok().and_then(|day| day.checked_add(days.days()).ok());
    day.map_or_else(|| text.to_owned(), |day| day.to_string())
}

/// An example with its bases.
fn merged(house: &House, example: &Example) -> Example {
    let base = house.examples.iter().find(|e| e.is_base && e.name == example.base);
    let Some(base) = base.filter(|_| !example.base.is_empty()) else { return example.clone() };
    let mut whole = merged(house, base);
    whole.given.extend(example.given.clone());
    whole.linked.extend(example.linked.clone());
    if !example.rows.is_empty() {
        whole.rows.retain(|(field, _)| !example.rows.iter().any(|(f, _)| f == field));
        whole.rows.extend(example.rows.clone());
    }
    whole.does = example.does.clone().or(whole.does);
    if !example.on.is_empty() {
        whole.on = example.on.clone();
    }
    whole
}
