//! Reports confirmed from level to level. A unit confirms the figures of an ended period for itself;
//! the unit above approves them, or returns them with a reason; then it confirms its own. What was
//! confirmed stays as it was: figures that the work changes afterwards stand beside it as 更正, and
//! go the same way up as a round of their own.
//!
//! Who may do it stands in the definition of the report (确认), never here.

mod below;
mod late;
mod rows;

pub use late::{LateCell, LateRecord};
pub use rows::{Confirmed, ConfirmedColumn, ConfirmedRow};

use crate::boxed;
use crate::{
    Actor, Desk, Refusal,
    ops::values,
    report::{ReportAnswer, ReportAsk, placed},
    units::Unit,
};
use engine::{
    definition::{Cycle, House, Report},
    problem::Problem,
    query::{Cell, Filter, Select, Sort, Term},
    record::Moment,
};
use jiff::civil::Date;
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use store::{
    StoreError,
    seam::{Commit, Entry, Operation, Row},
};

/// Kind of the entries in the log.
pub const FILING: &str = "filing";
/// Most characters of a reason or an explanation.
const LONGEST: usize = 500;

/// How far a confirmed report has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Confirmed by its unit, waiting for the unit above.
    Confirmed,
    /// Approved by the unit above; at the top, confirmed for good.
    Approved,
    /// Returned by the unit above.
    Returned,
    /// Taken back by its unit before it was approved.
    Withdrawn,
    /// Returned or taken back, and confirmed anew since.
    Replaced,
}

impl State {
    const ALL: [Self; 5] =
        [Self::Confirmed, Self::Approved, Self::Returned, Self::Withdrawn, Self::Replaced];

    /// As it is kept and spoken of by programs.
    pub fn id(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Approved => "approved",
            Self::Returned => "returned",
            Self::Withdrawn => "withdrawn",
            Self::Replaced => "replaced",
        }
    }

    /// In words.
    pub fn label(self) -> &'static str {
        match self {
            Self::Confirmed => "已确认，待上级审核",
            Self::Approved => "已审核",
            Self::Returned => "已退回",
            Self::Withdrawn => "已撤回",
            Self::Replaced => "已重报",
        }
    }

    /// Whether its figures are those that count.
    pub fn stands(self) -> bool {
        matches!(self, Self::Confirmed | Self::Approved)
    }
}

/// One round of a report of a unit for a period.
#[derive(Clone, Debug, PartialEq)]
pub struct Filing {
    /// Where it is kept.
    pub county: String,
    /// Its id.
    pub id: String,
    /// The report.
    pub report: String,
    /// The unit.
    pub unit: String,
    /// First month.
    pub from: String,
    /// Last month.
    pub to: String,
    /// 1, then one more each time.
    pub round: i64,
    /// How far it has got.
    pub state: State,
    /// The figures as they were confirmed.
    pub figures: Confirmed,
    /// SM3 of the figures as they are kept.
    pub hash: String,
    /// Version of the definitions they were counted by.
    pub definition: String,
    /// What was not in order, and how that was explained: id, in words, explanation.
    pub open: Vec<(String, String, String)>,
    /// Why it was corrected.
    pub reason: String,
    /// When it was confirmed.
    pub at: i64,
    /// Name of who confirmed it.
    pub by: String,
    /// When it was approved, returned or taken back.
    pub decided_at: Option<i64>,
    /// Name of who did.
    pub decided_by: String,
    /// Why it was returned.
    pub decision: String,
    /// For whoever decides on it.
    pub version: i64,
}

/// Something that is not in order and must be explained before confirming.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// Id: that of a cross-check, or `below` for the units right below.
    pub id: String,
    /// In words.
    pub words: String,
}

/// How a report of a unit for a period stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The kind of period; `None` if the report is not confirmed for such a time.
    pub cycle: Option<Cycle>,
    /// Its rounds, the last first.
    pub rounds: Vec<Filing>,
    /// What is not in order.
    pub open: Vec<Open>,
    /// Where the work has changed figures since they were confirmed.
    pub late: Vec<LateCell>,
    /// The hash of the figures as they are now.
    pub hash: String,
    /// The state of each unit right below that has one.
    pub below: BTreeMap<String, State>,
    /// The units right below whose figures are no longer those that were approved.
    pub moved: BTreeSet<String>,
    /// What the actor may do.
    pub may: May,
}

impl Standing {
    /// The round whose figures count.
    pub fn standing(&self) -> Option<&Filing> {
        self.rounds.iter().find(|one| one.state.stands())
    }
}

/// What an actor may do with the report of a unit for a period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct May {
    /// Confirm, or confirm a correction.
    pub confirm: bool,
    /// Why not yet, if the actor's post could.
    pub not_yet: String,
    /// Approve the last round.
    pub approve: bool,
    /// Return the last round.
    pub send_back: bool,
    /// Take the last round back.
    pub withdraw: bool,
}

/// What somebody decides on a round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// The unit above approves.
    Approve,
    /// The unit above returns it, and says why.
    Return(String),
    /// The unit takes it back.
    Withdraw,
}

/// What is typed when a report is confirmed.
#[derive(Clone, Debug, Default)]
pub struct Confirming {
    /// The hash of the figures that were seen; empty: whatever they are.
    pub seen: String,
    /// An explanation for everything that is not in order, by its id.
    pub explanations: BTreeMap<String, String>,
    /// Why it is corrected.
    pub reason: String,
}

/// A round that waits for somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The report.
    pub report: String,
    /// The unit whose report it is.
    pub unit: String,
    /// First month.
    pub from: String,
    /// Last month.
    pub to: String,
    /// Its round: above 1 it is a correction.
    pub round: i64,
    /// Confirmed: to be approved. Returned: to be confirmed anew.
    pub state: State,
    /// Since when.
    pub since: i64,
}

/// So many rounds that wait are kept in memory, of all who ask: it stands on every page.
const MOST_WAITING: usize = 50_000;

impl Desk {
    /// How a report of a unit for a period stands; `answer` is the report as it is now.
    #[boxed]
    pub async fn standing(
        &self,
        actor: &Actor,
        answer: &ReportAnswer,
        moment: &Moment,
    ) -> Result<Standing, Refusal> {
        let report = &answer.report;
        let cycle = Cycle::of(&answer.from, &answer.to).filter(|c| report.cycles.contains(c));
        let cycle = cycle.filter(|_| !report.confirmed_by(answer.unit.level.word()).is_empty());
        let figures = Confirmed::of(answer);
        let mut standing = Standing {
            cycle,
            rounds: Vec::new(),
            open: Vec::new(),
            late: Vec::new(),
            hash: crate::seal::hash(&figures.text()),
            below: BTreeMap::new(),
            moved: BTreeSet::new(),
            may: May::default(),
        };
        if cycle.is_none() {
            standing.may = self.may(actor, answer, &standing, moment);
            return Ok(standing);
        }
        let (unit, time) = (&answer.unit, (answer.from.as_str(), answer.to.as_str()));
        standing.rounds = self.rounds(&report.id, unit, time).await?;
        (standing.below, standing.moved) = self.states_below(answer).await?;
        standing.open = self.unsettled(answer, &standing.below, &standing.moved);
        if let Some(base) = standing.standing().cloned() {
            standing.late = self.late_cells(actor, &base, &figures, unit).await?;
        }
        standing.may = self.may(actor, answer, &standing, moment);
        Ok(standing)
    }

    /// Confirms the figures of the actor's unit for an ended period.
    #[boxed]
    pub async fn confirm(
        &self,
        actor: &Actor,
        ask: &ReportAsk,
        typed: &Confirming,
        moment: &Moment,
    ) -> Result<Filing, Refusal> {
        let now = ReportAsk { as_of: None, ..ask.clone() };
        let answer = self.report(actor, &now).await?;
        let house = self.house();
        let report = &answer.report;
        let level = answer.unit.level.word();
        let roles = report.confirmed_by(level);
        if roles.is_empty() {
            return Err(Refusal::NotFound(format!("要由{level}级确认的这张报表")));
        }
        if !holds_post(actor, roles, &answer.unit) {
            let why = format!("{}的报表由本单位确认", answer.unit.name);
            return Err(Refusal::Forbidden { why, who: role_names(&house, roles) });
        }
        let standing = self.standing(actor, &answer, moment).await?;
        if !standing.may.not_yet.is_empty() {
            return Err(problem("period", "not_yet", &standing.may.not_yet));
        }
        let problems = lacking(&standing, typed);
        if !problems.is_empty() {
            return Err(Refusal::Invalid(problems));
        }
        let figures = Confirmed::of(&answer);
        let filing = self.round(actor, &answer, &standing, figures, typed, moment);
        let mut commit = Commit::default();
        if let Some(last) = standing.rounds.first().filter(|last| !last.state.stands()) {
            commit.operations.push(step(last, [("state", State::Replaced.id().into())]));
        }
        commit.operations.push(filing.insert(&actor.account));
        commit.entries.push(self.filing_entry(actor, &filing, "confirm", moment));
        match self.keeper.commit(commit).await {
            Ok(_) => Ok(filing),
            Err(StoreError::Taken { .. } | StoreError::Changed { .. }) => {
                Err(problem("period", "meanwhile", "这一期刚刚由别人办过，请刷新后再看"))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The round that the actor is about to confirm.
    fn round(
        &self,
        actor: &Actor,
        answer: &ReportAnswer,
        standing: &Standing,
        figures: Confirmed,
        typed: &Confirming,
        moment: &Moment,
    ) -> Filing {
        let explained = |open: &Open| {
            let explanation = typed.explanations.get(&open.id).map_or("", |text| text.trim());
            (open.id.clone(), open.words.clone(), explanation.to_owned())
        };
        // Above the top there is nobody to approve.
        let last = self.above(&answer.report, &answer.unit).is_none();
        Filing {
            county: placed(&answer.unit).to_owned(),
            id: self.chance.id(moment.at),
            report: answer.report.id.clone(),
            unit: answer.unit.code.clone(),
            from: answer.from.clone(),
            to: answer.to.clone(),
            round: standing.rounds.first().map_or(0, |last| last.round) + 1,
            state: if last { State::Approved } else { State::Confirmed },
            hash: crate::seal::hash(&figures.text()),
            figures,
            definition: self.house().version.clone(),
            open: standing.open.iter().map(explained).collect(),
            reason: typed.reason.trim().to_owned(),
            at: moment.at,
            by: actor.name.clone(),
            decided_at: last.then_some(moment.at),
            decided_by: if last { actor.name.clone() } else { String::new() },
            decision: String::new(),
            version: 1,
        }
    }

    /// Approves, returns or takes back a round.
    #[boxed]
    pub async fn rule(
        &self,
        actor: &Actor,
        filing: &Filing,
        ruling: &Ruling,
        moment: &Moment,
    ) -> Result<Filing, Refusal> {
        let ask = ReportAsk {
            report: filing.report.clone(),
            unit: filing.unit.clone(),
            from: filing.from.clone(),
            to: filing.to.clone(),
            as_of: None,
        };
        let answer = self.report(actor, &ask).await?;
        let standing = self.standing(actor, &answer, moment).await?;
        let current = standing.rounds.first().filter(|last| last.id == filing.id);
        let current = current.ok_or_else(|| Refusal::NotFound("这一期报表".to_owned()))?;
        let (may, state, act) = match ruling {
            Ruling::Approve => (standing.may.approve, State::Approved, "approve"),
            Ruling::Return(_) => (standing.may.send_back, State::Returned, "return"),
            Ruling::Withdraw => (standing.may.withdraw, State::Withdrawn, "withdraw"),
        };
        if !may {
            return Err(self.may_not(&answer, current, ruling));
        }
        let decision = match ruling {
            Ruling::Return(why) => why.trim().to_owned(),
            _ => String::new(),
        };
        if matches!(ruling, Ruling::Return(_)) && !fits(&decision) {
            return Err(problem("decision", "required", "请写明为什么退回，500字以内"));
        }
        let after = Filing {
            state,
            decided_at: Some(moment.at),
            decided_by: actor.name.clone(),
            decision: decision.clone(),
            version: current.version + 1,
            ..current.clone()
        };
        let set = [
            ("state", state.id().into()),
            ("decided_at", moment.at.into()),
            ("decided_by", actor.account.as_str().into()),
            ("decided_name", actor.name.as_str().into()),
            ("decision", decision.into()),
        ];
        let commit = Commit {
            operations: vec![step(&Filing { version: filing.version, ..current.clone() }, set)],
            entries: vec![self.filing_entry(actor, &after, act, moment)],
            ..Commit::default()
        };
        match self.keeper.commit(commit).await {
            Ok(_) => Ok(after),
            Err(StoreError::Changed { .. }) => {
                Err(problem("period", "meanwhile", "这一期刚刚由别人办过，请刷新后再看"))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Who could, or what stands in the way.
    fn may_not(&self, answer: &ReportAnswer, filing: &Filing, ruling: &Ruling) -> Refusal {
        let (house, report) = (self.house(), &answer.report);
        let above = self.above(report, &answer.unit);
        let (level, doing) = match ruling {
            Ruling::Approve => (above.as_ref().map_or("", |unit| unit.level.word()), "审核"),
            Ruling::Return(_) => (above.as_ref().map_or("", |unit| unit.level.word()), "退回"),
            Ruling::Withdraw => (answer.unit.level.word(), "撤回"),
        };
        let why = format!("这一期{}，现在不能由您{doing}", filing.state.label());
        Refusal::Forbidden { why, who: role_names(&house, report.confirmed_by(level)) }
    }

    /// A round by its id, for who may see the report of its unit.
    #[boxed]
    pub async fn filing(&self, actor: &Actor, unit: &str, id: &str) -> Result<Filing, Refusal> {
        let unit = self.reported_unit(actor, unit)?;
        let filter = Filter::equal("county", placed(&unit)).and(Filter::equal("id", id));
        let found = self.filings(filter.and(Filter::equal("unit", unit.code.as_str()))).await?;
        let filing = found.into_iter().next();
        let filing = filing.ok_or_else(|| Refusal::NotFound("这一期报表".to_owned()))?;
        let house = self.house();
        let report = house.reports.get(&filing.report);
        if report.is_some_and(|report| !crate::report::may_report(&house, actor, report)) {
            return Err(Refusal::forbidden("您的身份不看这张报表"));
        }
        Ok(filing)
    }

    /// What waits for the actor: rounds of the units right below to be approved, and returned ones of
    /// the own unit.
    #[boxed]
    pub async fn waiting(&self, actor: &Actor) -> Result<Vec<Waiting>, Refusal> {
        let question = self.asked_by(actor);
        let revisions = ["filing", "unit"].map(|table| self.keeper.revision(table));
        let revision = revisions.into_iter().try_fold(0, |sum, one| Some(sum + one?));
        if let Some(known) = self.waiting.get(&question, revision) {
            return Ok(known);
        }
        let waiting = self.read_waiting(actor).await?;
        self.waiting.keep_within(question, revision, &waiting, MOST_WAITING, |all| all.len() + 1);
        Ok(waiting)
    }

    async fn read_waiting(&self, actor: &Actor) -> Result<Vec<Waiting>, Refusal> {
        let (house, units) = (self.house(), self.units());
        let level = actor.unit.level.word();
        let mine = |id: &str| {
            house.reports.get(id).is_some_and(|r| r.confirmed_by(level).contains(&actor.role))
        };
        if !house.reports.keys().any(|id| mine(id)) {
            return Ok(Vec::new());
        }
        let below: Vec<&Unit> = units.below(&actor.unit.code).collect();
        let own = Filter::equal("county", placed(&actor.unit))
            .and(Filter::equal("state", State::Returned.id()))
            .and(Filter::equal("unit", actor.unit.code.as_str()));
        let mut waiting = self.waiting_rows(own).await?;
        if !below.is_empty() {
            let confirmed = among("county", below.iter().map(|unit| placed(unit)))
                .and(Filter::equal("state", State::Confirmed.id()))
                .and(among("unit", below.iter().map(|unit| unit.code.as_str())));
            waiting.extend(self.waiting_rows(confirmed).await?);
        }
        waiting.retain(|one| mine(&one.report));
        waiting.sort_by_key(|one| one.since);
        Ok(waiting)
    }

    async fn waiting_rows(&self, filter: Filter) -> Result<Vec<Waiting>, Refusal> {
        const COLUMNS: [&str; 8] =
            ["report", "unit", "first", "last", "round", "state", "at", "decided_at"];
        let select = Select::from("filing", &COLUMNS).filter(filter).limit(500);
        let rows = self.keeper.find(&select).await?;
        Ok(rows.iter().filter_map(|row| rows::waiting(row)).collect())
    }

    async fn filings(&self, filter: Filter) -> Result<Vec<Filing>, Refusal> {
        let select = Select::from("filing", &rows::COLUMNS)
            .filter(filter)
            .order(vec![Sort::down("round"), Sort::up("id")])
            .limit(200);
        let rows: Vec<Row> = self.keeper.find(&select).await?;
        Ok(rows.iter().filter_map(|row| rows::read(row)).collect())
    }

    /// The last first.
    async fn rounds(
        &self,
        report: &str,
        unit: &Unit,
        (from, to): (&str, &str),
    ) -> Result<Vec<Filing>, Refusal> {
        let filter = Filter::equal("county", placed(unit))
            .and(Filter::equal("report", report))
            .and(Filter::equal("unit", unit.code.as_str()))
            .and(Filter::equal("first", from))
            .and(Filter::equal("last", to));
        self.filings(filter).await
    }

    /// The unit that approves what this one confirms.
    fn above(&self, report: &Report, unit: &Unit) -> Option<Unit> {
        let above = self.units().get(&unit.parent).cloned()?;
        (!report.confirmed_by(above.level.word()).is_empty()).then_some(above)
    }

    fn may(
        &self,
        actor: &Actor,
        answer: &ReportAnswer,
        standing: &Standing,
        moment: &Moment,
    ) -> May {
        let (report, unit) = (&answer.report, &answer.unit);
        let mut may = May::default();
        let last = standing.rounds.first();
        if holds_post(actor, report.confirmed_by(unit.level.word()), unit) {
            may.not_yet = not_yet(answer, standing, moment.today).unwrap_or_default();
            may.confirm = may.not_yet.is_empty();
            may.withdraw = last.is_some_and(|last| last.state == State::Confirmed);
        }
        if let Some(above) = self.above(report, unit)
            && holds_post(actor, report.confirmed_by(above.level.word()), &above)
        {
            may.approve = last.is_some_and(|last| last.state == State::Confirmed);
            may.send_back = last.is_some_and(|last| last.state.stands());
        }
        may
    }

    fn filing_entry(&self, actor: &Actor, filing: &Filing, act: &str, moment: &Moment) -> Entry {
        let mut body = Map::new();
        let mut say = |name: &str, value: Json| body.insert(name.to_owned(), value);
        say("report", json!(filing.report));
        say("unit", json!(filing.unit));
        say("from", json!(filing.from));
        say("to", json!(filing.to));
        say("round", json!(filing.round));
        say("state", json!(filing.state.id()));
        say("hash", json!(filing.hash));
        if !filing.reason.is_empty() {
            say("reason", json!(filing.reason));
        }
        if !filing.decision.is_empty() {
            say("decision", json!(filing.decision));
        }
        if !filing.open.is_empty() {
            say("open", json!(filing.open));
        }
        let note = self.note(actor, moment, act, FILING, &filing.id, body);
        let definition = filing.definition.clone();
        Entry {
            county: filing.county.clone(),
            version: filing.version,
            content: filing.figures.text(),
            definition,
            ..note
        }
    }
}

/// Why the unit cannot confirm now.
fn not_yet(answer: &ReportAnswer, standing: &Standing, today: Date) -> Option<String> {
    let Some(cycle) = standing.cycle else {
        let cycles: Vec<&str> = answer.report.cycles.iter().map(|cycle| cycle.word()).collect();
        return Some(format!("本表按{}报送，请选一个完整的期", cycles.join("、")));
    };
    let name = cycle.name(&answer.from);
    let last = format!("{}-01", answer.to).parse::<Date>().ok()?.last_of_month();
    if today <= last {
        let first = last.tomorrow().unwrap_or(last);
        let (month, day) = (first.month(), first.day());
        return Some(format!("{name}还没有结束，{}年{month}月{day}日起可以确认", first.year()));
    }
    match standing.rounds.first().map(|last| last.state) {
        Some(State::Confirmed) => Some(format!("{name}已经确认，正在等上级审核")),
        Some(State::Approved) if standing.late.is_empty() => {
            Some(format!("{name}已经审核，数字没有变化，不用更正"))
        }
        _ => None,
    }
}

/// What is missing in what was typed.
fn lacking(standing: &Standing, typed: &Confirming) -> Vec<Problem> {
    let mut problems = Vec::new();
    if !typed.seen.is_empty() && typed.seen != standing.hash {
        let message = "数字刚刚有变化，请看过现在的数字再确认";
        problems.push(Problem::error("figures_changed", message).at("period"));
    }
    let corrects = standing.rounds.iter().any(|one| one.state == State::Approved);
    if corrects && !fits(&typed.reason) {
        let message = "这一期已经审核过，再报就是更正，请写明更正的原因，500字以内";
        problems.push(Problem::error("required", message).at("reason"));
    }
    for open in &standing.open {
        let explanation = typed.explanations.get(&open.id).map_or("", String::as_str);
        if !fits(explanation) {
            let message = format!("{}，请写明情况，500字以内", open.words);
            problems.push(Problem::error("unexplained", message).at(&format!("open.{}", open.id)));
        }
    }
    problems
}

fn fits(text: &str) -> bool {
    (1..=LONGEST).contains(&text.trim().chars().count())
}

fn problem(field: &str, code: &str, message: &str) -> Refusal {
    Refusal::problem(Problem::error(code, message).at(field))
}

/// Whether the actor acts for this unit in one of the roles.
fn holds_post(actor: &Actor, roles: &[String], unit: &Unit) -> bool {
    actor.unit.code == unit.code && !roles.is_empty() && roles.contains(&actor.role)
}

fn role_names(house: &House, ids: &[String]) -> String {
    let name = |id: &String| {
        house.roles.iter().find(|r| r.id == *id).map_or(id.clone(), |r| r.label.clone())
    };
    ids.iter().map(name).collect::<Vec<_>>().join("、")
}

fn among<'a>(column: &str, of: impl Iterator<Item = &'a str>) -> Filter {
    let of: BTreeSet<&str> = of.collect();
    Filter::In(Term::Column(column.to_owned()), of.into_iter().map(Cell::from).collect())
}

/// A change of a round that must still be as it was seen.
fn step<const N: usize>(seen: &Filing, set: [(&str, Cell); N]) -> Operation {
    let mut set = values(set);
    set.push(("version".to_owned(), (seen.version + 1).into()));
    Operation::Update {
        table: "filing".to_owned(),
        key: values([("county", seen.county.as_str().into()), ("id", seen.id.as_str().into())]),
        expect: values([("version", seen.version.into()), ("state", seen.state.id().into())]),
        set,
    }
}
