//! The other businesses at work: the worked examples of their definitions, told again in this
//! province.
//!
//! A kind that nobody has written yet gets records from the bases (样) of its examples, with other
//! people, nearer days and the units of this map; then what its examples show to be possible is done
//! to them, step by step. An example stands alone and a record stands among others, so some things
//! are refused here: they are left out. No business is named.

use super::{days, dice::Dice, land, names};
use crate::clock;
use desk::{Actor, Deed, Desk, Done, Manner, Refusal, ask::ListAsk};
use engine::{
    check::{id_number, uscc},
    definition::{Example, Expectation, Field, Fields, House, RecordKind},
    kind::Shape,
    problem::Problem,
};
use jiff::{ToSpan, civil::Date};
use serde_json::{Map, Value as Json, json};
use std::{collections::BTreeMap, sync::Arc};

/// Where it happens: the line of units that visitors' accounts lie on, by level.
const UNITS: [(&str, &str); 6] = [
    ("省", land::TOP),
    ("平台", land::TOP),
    ("市", "560100"),
    ("县", "560101"),
    ("乡", "560101001"),
    ("村", "560101001001"),
];
/// The places of the examples, and what they are called here.
const PLACES: [(&str, &str); 3] =
    [("梅川县", "临溪县"), ("枫桥镇", "柳河镇"), ("梅坞村", "柳河村")];
/// How long ago the first, the second … of a kind began, in days.
const BEGAN: [i64; 6] = [200, 120, 75, 40, 20, 7];
/// Steps done to a record at most.
const STEPS: usize = 5;
/// How often one record is tried again.
const MENDED: usize = 8;
/// After so many that were not taken, no more of a kind are tried.
const GIVEN_UP: usize = 12;
/// Two hours after the beginning of office hours, in milliseconds.
const TWO_HOURS: i64 = 7_200_000;
/// The shared archives.
const COMMON: &str = "common";
/// How deep records that others refer to are made for them.
const DEPTH: usize = 4;

/// A record that was made.
#[derive(Clone, Debug)]
struct Made {
    id: String,
    state: String,
    /// Which one of its kind: others that belong together have the same.
    turn: usize,
    /// Days from the example's to its own.
    shift: i64,
}

/// Who tells.
pub struct Teller<'a> {
    desk: &'a Desk,
    house: Arc<House>,
    actors: BTreeMap<String, Actor>,
    today: Date,
    /// The last moment anything may happen at.
    now: i64,
    turns: usize,
    made: BTreeMap<String, Vec<Made>>,
    /// How often one of the kind was not taken.
    failed: BTreeMap<String, usize>,
    dice: Dice,
}

impl<'a> Teller<'a> {
    /// Somebody who has these actors by role, and tells each kind so many times.
    pub fn new(
        desk: &'a Desk,
        house: House,
        actors: BTreeMap<String, Actor>,
        now: i64,
        turns: usize,
        seed: u64,
    ) -> Self {
        let (house, today) = (Arc::new(house), days::date(now));
        let (turns, made) = (turns.min(BEGAN.len()), BTreeMap::new());
        let (failed, dice) = (BTreeMap::new(), Dice::new(seed, 7));
        Self { desk, house, actors, today, now, turns, made, failed, dice }
    }

    /// Tells everything; gives how many records were made.
    pub async fn tell(mut self) -> usize {
        let mut kinds: Vec<_> = self.house.kinds.values().cloned().collect();
        kinds.sort_by_key(|kind| {
            let business = self.house.business(&kind.business).map_or(0, |b| b.order);
            (kind.attached.is_some(), business, self.house.rank(kind))
        });
        for kind in kinds {
            if self.made.contains_key(&kind.id) || !self.there(&kind, "").await.is_empty() {
                continue;
            }
            for turn in 0..self.turns {
                self.begin(&kind, turn, 0).await;
            }
            for made in self.made.get(&kind.id).cloned().unwrap_or_default() {
                let steps = self.dice.below(STEPS as u64 + 1) as usize;
                self.go_on(&kind, made, steps, None).await;
            }
        }
        self.made.values().map(Vec::len).sum()
    }

    /// Records of the kind that stand there without us, in this state if one is said.
    async fn there(&self, kind: &RecordKind, state: &str) -> Vec<String> {
        let Some(actor) = self.actors.get("county") else { return Vec::new() };
        let (kind, state) = (kind.id.clone(), state.to_owned());
        let ask = ListAsk { kind, state, limit: 30, ..ListAsk::default() };
        let answer = self.desk.list(actor, &ask).await;
        answer.map_or_else(
            |_| Vec::new(),
            |answer| answer.records.iter().map(|record| record.id().to_owned()).collect(),
        )
    }

    /// The bases of a kind's examples, whole.
    fn bases(&self, kind: &RecordKind) -> Vec<Example> {
        let of_kind = self.house.examples.iter().filter(|e| e.is_base && e.kind == kind.id);
        of_kind.filter(|e| e.base.is_empty()).filter_map(|e| e.whole(&self.house)).collect()
    }

    /// One record of a kind, if the house takes it.
    async fn begin(&mut self, kind: &Arc<RecordKind>, turn: usize, depth: usize) -> Option<Made> {
        if self.failed.get(&kind.id).is_some_and(|times| *times >= GIVEN_UP) {
            return None;
        }
        let mut bases = self.bases(kind);
        let first = turn % bases.len().max(1);
        bases.rotate_left(first);
        for base in bases {
            if let Some(made) = self.begin_as(kind, &base, turn, depth).await {
                return Some(made);
            }
        }
        None
    }

    async fn begin_as(
        &mut self,
        kind: &Arc<RecordKind>,
        base: &Example,
        turn: usize,
        depth: usize,
    ) -> Option<Made> {
        let began: Date = base.on.parse().ok()?;
        let mut shift = days_to(began, self.today - BEGAN[turn].days());
        let mut input = Map::new();
        if let Some(attached) = &kind.attached {
            let upper = self.house.kind(&attached.kind).cloned()?;
            let wanted = state_of(&base.linked, &upper.id);
            let parent = Box::pin(self.one(&upper, turn, &wanted, depth)).await?;
            // As long after its parent as in the examples, but not after today.
            shift = parent.shift.max(shift - 60).min(days_to(began, self.today) - turn as i64);
            input.insert(upper.id.clone(), Json::from(parent.id));
        }
        let day = (began + shift.days()).min(self.today);
        for (field, values) in &base.linked {
            if input.contains_key(field) {
                continue;
            }
            self.refer(kind, field, values, turn, depth, &mut input).await;
        }
        for (field, value) in &base.given {
            let value = self.retold(&kind.fields, field, value, turn, shift);
            if let Some(value) = value {
                input.insert(field.clone(), value);
            }
        }
        for (field, row) in &base.rows {
            let Some(fields) = columns(kind, field) else { continue };
            let told = row.iter().filter_map(|(name, value)| {
                Some((name.clone(), self.retold(fields, name, value, turn, shift)?))
            });
            let row = Json::Object(told.collect());
            match input.entry(field.clone()).or_insert_with(|| Json::Array(Vec::new())) {
                Json::Array(rows) => rows.push(row),
                other => *other = Json::Array(vec![row]),
            }
        }
        self.refer_in_rows(kind, base, turn, depth, &mut input).await;
        let done = self.create(kind, base, input, turn, depth, day).await?;
        Some(self.kept(kind, done, turn, shift))
    }

    fn kept(&mut self, kind: &RecordKind, done: Done, turn: usize, shift: i64) -> Made {
        let made = Made { id: done.id, state: done.state, turn, shift };
        self.made.entry(kind.id.clone()).or_default().push(made.clone());
        made
    }

    /// Makes it, by whom may, mending what stands in the way of a second one of its kind.
    async fn create(
        &mut self,
        kind: &Arc<RecordKind>,
        base: &Example,
        mut input: Map<String, Json>,
        turn: usize,
        depth: usize,
        day: Date,
    ) -> Option<Done> {
        let roles: Vec<_> = kind.permissions.create.keys().cloned().collect();
        for actor in self.acting(roles.iter().map(String::as_str)) {
            for again in 0..MENDED {
                let deed = Deed::Create { kind: kind.id.clone(), input: input.clone() };
                let problems = match self.done(&actor, deed, day).await {
                    Ok(done) => return Some(done),
                    Err(Refusal::Invalid(problems)) => problems,
                    Err(_) => break,
                };
                let mut mended = false;
                for problem in &problems {
                    let (linked, turn) = (&base.linked, turn + again);
                    mended |= self.mend(kind, linked, problem, turn, depth, &mut input).await;
                }
                if !mended {
                    break;
                }
            }
        }
        *self.failed.entry(kind.id.clone()).or_default() += 1;
        None
    }

    /// Changes the input so that this problem may be gone.
    async fn mend(
        &mut self,
        kind: &RecordKind,
        linked: &[(String, Vec<(String, String)>)],
        problem: &Problem,
        turn: usize,
        depth: usize,
        input: &mut Map<String, Json>,
    ) -> bool {
        let field = problem.field.as_str();
        match problem.code.as_str() {
            "taken" => match input.get(field).and_then(Json::as_str).map(|it| another(it, turn)) {
                Some(value) => input.insert(field.to_owned(), Json::from(value)).is_some(),
                None => false,
            },
            // The archive and the house know better.
            "read_only" | "archive_name_differs" => input.remove(field).is_some(),
            "required" if depth < DEPTH && !input.contains_key(field) => {
                self.refer(kind, field, &[], turn % self.turns, depth + 1, input).await;
                input.contains_key(field)
            }
            // Another one is wanted: one as the example describes it.
            "reference" if depth < DEPTH => {
                let target = kind.fields.get(field).and_then(|found| self.target(found));
                let values = linked.iter().rev().find(|(name, _)| name == field);
                let (Some(target), Some((_, values))) = (target, values) else { return false };
                let turn = turn % self.turns;
                let Some(made) = self.described(&target, values, turn, depth).await else {
                    return false;
                };
                input.insert(field.to_owned(), Json::from(made.id)).is_some()
            }
            _ => false,
        }
    }

    /// Fills what rows refer to.
    async fn refer_in_rows(
        &mut self,
        kind: &RecordKind,
        base: &Example,
        turn: usize,
        depth: usize,
        input: &mut Map<String, Json>,
    ) {
        for (field, values) in &base.linked {
            let Some((rows, column)) = field.split_once('.') else { continue };
            let column_kind = columns(kind, rows).and_then(|fields| fields.get(column));
            let Some(target) = column_kind.and_then(|f| self.target(f)) else { continue };
            let Some(id) = self.found(&target, values, turn, depth).await else { continue };
            let list = input.entry(rows).or_insert_with(|| json!([{}]));
            for row in list.as_array_mut().into_iter().flatten().filter_map(Json::as_object_mut) {
                row.insert(column.to_owned(), Json::from(id.as_str()));
            }
        }
    }

    fn target(&self, field: &Field) -> Option<Arc<RecordKind>> {
        match field.kind.shape() {
            Shape::Reference(target) => self.house.kind(target).cloned(),
            _ => None,
        }
    }

    /// A new record as an example describes what it refers to, brought into the state it says.
    async fn described(
        &mut self,
        target: &Arc<RecordKind>,
        values: &[(String, String)],
        turn: usize,
        depth: usize,
    ) -> Option<Made> {
        let base = self.bases(target).into_iter().next()?;
        if depth >= DEPTH {
            return None;
        }
        let day = self.today - BEGAN[0].days();
        let shift = base.on.parse().map_or(0, |began| days_to(began, day));
        let mut input = Map::new();
        for (field, value) in base.given.iter().chain(values.iter().filter(|(f, _)| f != "state")) {
            if let Some(value) = self.retold(&target.fields, field, value, turn, shift) {
                input.insert(field.clone(), value);
            }
        }
        let done = Box::pin(self.create(target, &base, input, turn, DEPTH, day)).await?;
        let made = self.kept(target, done, turn, shift);
        let wanted = value_of(values, "state").to_owned();
        Some(Box::pin(self.go_on(target, made, STEPS, Some(&wanted))).await)
    }

    /// The id of a record to refer to. One of the shared archives is made as the example describes
    /// it, because names are compared with it.
    async fn found(
        &mut self,
        target: &Arc<RecordKind>,
        values: &[(String, String)],
        turn: usize,
        depth: usize,
    ) -> Option<String> {
        if target.business == COMMON
            && !values.is_empty()
            && let Some(made) = self.described(target, values, turn, depth).await
        {
            return Some(made.id);
        }
        let wanted = value_of(values, "state").to_owned();
        Some(Box::pin(self.one(target, turn, &wanted, depth)).await?.id)
    }

    /// A record that others can refer to: ours of the same turn first, then any, then a new one.
    async fn one(
        &mut self,
        kind: &Arc<RecordKind>,
        turn: usize,
        wanted: &str,
        depth: usize,
    ) -> Option<Made> {
        let fits = |made: &Made| wanted.is_empty() || made.state == wanted;
        let ours = self.made.get(&kind.id).cloned().unwrap_or_default();
        let same = ours.iter().find(|made| made.turn == turn);
        if let Some(made) = same.filter(|made| fits(made)) {
            return Some(made.clone());
        }
        if let Some(id) =
            self.there(kind, wanted).await.into_iter().find(|id| !ours.iter().any(|m| m.id == *id))
        {
            return Some(Made { id, state: wanted.to_owned(), turn, shift: i64::MIN });
        }
        let made = match same {
            Some(made) => made.clone(),
            None if depth < DEPTH => Box::pin(self.begin(kind, turn, depth + 1)).await?,
            None => return None,
        };
        let made = self.go_on(kind, made, STEPS, Some(wanted)).await;
        if fits(&made) { Some(made) } else { ours.into_iter().find(fits).or(Some(made)) }
    }

    /// Fills a field that refers to another record.
    async fn refer(
        &mut self,
        kind: &RecordKind,
        field: &str,
        values: &[(String, String)],
        turn: usize,
        depth: usize,
        input: &mut Map<String, Json>,
    ) {
        if let Some(target) = kind.fields.get(field).and_then(|found| self.target(found))
            && let Some(id) = self.found(&target, values, turn, depth).await
        {
            input.insert(field.to_owned(), Json::from(id));
        }
    }

    /// Does to a record what its examples show, at most so many steps, or until it is in a state.
    async fn go_on(
        &mut self,
        kind: &Arc<RecordKind>,
        mut made: Made,
        steps: usize,
        until: Option<&str>,
    ) -> Made {
        for _ in 0..steps {
            if until.is_some_and(|wanted| wanted.is_empty() || made.state == wanted) {
                break;
            }
            let house = Arc::clone(&self.house);
            let of_kind = house.examples.iter().filter(|e| !e.is_base && e.kind == kind.id);
            let mut shown: Vec<_> = of_kind.filter_map(|e| step(&house, kind, e, &made)).collect();
            // What leads where somebody waits comes first; otherwise chance.
            let to = |action: &str| kind.action(action).map_or("", |action| action.to.as_str());
            let first = self.dice.below(shown.len().max(1) as u64) as usize;
            let cut = first.min(shown.len());
            shown.rotate_left(cut);
            shown.sort_by_key(|(action, _, _)| until != Some(to(action)));
            let mut went = false;
            for (action, typed, on) in shown.into_iter().take(8) {
                if self.act(kind, &mut made, &action, &typed, on).await {
                    went = true;
                    break;
                }
            }
            if !went {
                break;
            }
        }
        made
    }

    async fn act(
        &mut self,
        kind: &Arc<RecordKind>,
        made: &mut Made,
        action: &str,
        typed: &[(String, String)],
        on: Option<Date>,
    ) -> bool {
        let shift = if made.shift == i64::MIN { 0 } else { made.shift };
        let day = on.map_or(self.today, |on| (on + shift.days()).min(self.today));
        let told = typed.iter().filter_map(|(field, value)| {
            Some((field.clone(), self.retold(&kind.fields, field, value, made.turn, shift)?))
        });
        let input: Map<_, _> = told.collect();
        let by = kind.action(action).map(|action| action.by.clone()).unwrap_or_default();
        for actor in self.acting(by.iter().map(String::as_str)) {
            let deed = Deed::Action {
                kind: kind.id.clone(),
                id: made.id.clone(),
                action: action.to_owned(),
                version: None,
                input: input.clone(),
            };
            if let Ok(done) = self.done(&actor, deed, day).await {
                made.state.clone_from(&done.state);
                let all = self.made.get_mut(&kind.id).into_iter().flatten();
                all.filter(|one| one.id == made.id)
                    .for_each(|one| one.state.clone_from(&done.state));
                return true;
            }
        }
        false
    }

    /// Who may, the township's office before others and the county's before the rest.
    fn acting<'r>(&self, roles: impl Iterator<Item = &'r str>) -> Vec<Actor> {
        let mut acting: Vec<_> = roles.filter_map(|role| self.actors.get(role).cloned()).collect();
        let first = ["office", "county"];
        acting.sort_by_key(|actor| first.iter().position(|role| *role == actor.role).unwrap_or(9));
        acting
    }

    async fn done(&self, actor: &Actor, deed: Deed, day: Date) -> Result<Done, Refusal> {
        // Ten in the morning in China, never later than now.
        let moment = clock::moment(days::at(day) + TWO_HOURS, &actor.account);
        let moment =
            if moment.at > self.now { clock::moment(self.now, &actor.account) } else { moment };
        let (manner, what) = (Manner { confirmed: true, key: None }, format!("{deed:?}"));
        let done = self.desk.act(actor, deed, manner, &moment).await;
        done.inspect_err(|refusal| tracing::debug!(?refusal, what, "left out"))
    }

    /// What an example says, said of this turn's people, days and places.
    fn retold(
        &self,
        fields: &Fields,
        field: &str,
        value: &str,
        turn: usize,
        shift: i64,
    ) -> Option<Json> {
        let shift = if shift == i64::MIN { 0 } else { shift };
        let Some(found) = fields.get(field) else {
            // A part of a place: division or address.
            return Some(Json::from(here(value)));
        };
        let told = match (found.kind.word(), found.kind.shape()) {
            (_, Shape::File(_) | Shape::Computed) => return None,
            (_, Shape::Reference(_)) if value.starts_with("linked-") => return None,
            // Everybody has an account of their own.
            (_, Shape::Account) => self.actors.values().nth(turn)?.account.clone(),
            (_, Shape::Unit(level)) => unit_of(level, value).to_owned(),
            (_, Shape::Date | Shape::DateTime) => later(value, shift),
            ("姓名", _) => named(value, turn),
            ("证件号", _) => numbered(value, turn),
            ("电话", _) => rung(value, turn),
            ("信用代码", _) => registered(value, turn),
            _ => here(value),
        };
        Some(Json::from(told))
    }
}

fn days_to(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}

/// The fields of the rows of a field.
fn columns<'k>(kind: &'k RecordKind, field: &str) -> Option<&'k Fields> {
    match kind.fields.get(field)?.kind.shape() {
        Shape::Rows(row) => kind.rows.get(row).map(|row| &row.fields),
        _ => None,
    }
}

fn value_of<'v>(values: &'v [(String, String)], name: &str) -> &'v str {
    values.iter().rev().find(|(n, _)| n == name).map_or("", |(_, value)| value)
}

fn state_of(linked: &[(String, Vec<(String, String)>)], field: &str) -> String {
    let found = linked.iter().rev().find(|(name, _)| name == field);
    found.map_or_else(String::new, |(_, values)| value_of(values, "state").to_owned())
}

/// An action, what is typed, and when.
type Shown = (String, Vec<(String, String)>, Option<Date>);

/// The action that an example shows to be possible for such a record.
fn step(house: &House, kind: &RecordKind, example: &Example, made: &Made) -> Option<Shown> {
    let refused = |e: &Expectation| matches!(e, Expectation::Refused(_) | Expectation::Closes(_));
    let whole = example.whole(house)?;
    let does = whole.does?;
    let action = kind.action(&does.action)?;
    if whole.expects.iter().any(refused) || whole.expects.is_empty() {
        return None;
    }
    let can = kind.state(&made.state)?.can.contains(&action.id);
    can.then(|| (action.id.clone(), does.input, whole.on.parse().ok()))
}

/// The unit here that one of the examples' stands for.
pub fn unit_of(level: &str, value: &str) -> &'static str {
    let of = |level: &str| UNITS.iter().find(|(l, _)| *l == level).map(|(_, code)| *code);
    of(level).or_else(|| division(value)).unwrap_or("560101001")
}

fn division(code: &str) -> Option<&'static str> {
    if !code.starts_with("33") || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let end = code.trim_end_matches('0').len();
    Some(match (code.len(), end) {
        (2 | 6 | 12, ..=2) => land::TOP,
        (4 | 6 | 12, ..=4) => "560100",
        (6 | 12, ..=6) => "560101",
        (9 | 12, ..=9) => "560101001",
        (12, _) => "560101001001",
        _ => return None,
    })
}

/// A text with the places of this map.
fn here(value: &str) -> String {
    if let Some(code) = division(value) {
        return code.to_owned();
    }
    PLACES.iter().fold(value.to_owned(), |text, (there, here)| text.replace(there, here))
}

/// A day or moment so many days later; a birthday stays.
fn later(value: &str, days: i64) -> String {
    let moved = |day: &str| day.parse::<Date>().ok().filter(|day| day.year() >= 2020);
    match value.get(..10).and_then(moved) {
        Some(day) => format!("{}{}", day + days.days(), value.get(10..).unwrap_or_default()),
        None => value.to_owned(),
    }
}

/// Somebody else; the given names are anybody's.
fn named(value: &str, turn: usize) -> String {
    const GIVEN: [&str; 6] = ["文博", "思源", "晓宁", "嘉禾", "亦然", "子涵"];
    if value.chars().count() > 3 {
        return value.to_owned();
    }
    let first: u32 = value.chars().map(u32::from).sum();
    let order = first as usize + turn;
    format!("{}{}", names::surname(order), GIVEN[order % GIVEN.len()])
}

/// The number of somebody else, born the same day and of the same sex.
fn numbered(value: &str, turn: usize) -> String {
    let order = value.get(14..17).and_then(|text| text.parse::<usize>().ok());
    let seventeen = match (value.len(), order, value.get(..14)) {
        (18, Some(order), Some(front)) => format!("{front}{:03}", (order + 2 * turn) % 1000),
        _ => return value.to_owned(),
    };
    match id_number::check_digit(&seventeen) {
        Some(check) => format!("{seventeen}{check}"),
        None => value.to_owned(),
    }
}

/// Another number or name of its kind: the last digits count on, or the text says which one it is.
fn another(value: &str, turn: usize) -> String {
    const ORDERS: [char; 9] = ['二', '三', '四', '五', '六', '七', '八', '九', '十'];
    let digits = value.chars().rev().take_while(char::is_ascii_digit).count();
    let (front, last) = value.split_at(value.len() - digits);
    match last.parse::<u64>() {
        Ok(number) => format!("{front}{:0digits$}", number + 1 + turn as u64),
        Err(_) => format!("{value}{}", ORDERS[turn % ORDERS.len()]),
    }
}

fn rung(value: &str, turn: usize) -> String {
    let mobile = value.len() == 11 && value.starts_with('1');
    match value.get(..9).filter(|_| mobile) {
        Some(front) => format!("{front}{turn}{}", &value[10..]),
        None => value.to_owned(),
    }
}

/// The credit code of another body of the same sort.
fn registered(value: &str, turn: usize) -> String {
    let (Some(front), Some(order)) = (value.get(..8), value.get(10..16)) else {
        return value.to_owned();
    };
    let Ok(order) = order.parse::<usize>() else { return value.to_owned() };
    let eight = format!("{}{:06}", &value[8..10], (order + 97 * turn) % 1_000_000);
    let checked = uscc::organisation_check(&eight).and_then(|ninth| {
        let first = format!("{front}{eight}{ninth}");
        Some(format!("{first}{}", uscc::check_character(&first)?))
    });
    checked.unwrap_or_else(|| value.to_owned())
}
