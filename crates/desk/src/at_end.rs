//! What the house does itself when a limit has ended unfinished (到期 推): on the day after the last
//! one, through [`Desk::act`] like everybody, as an actor of its own, so that the log says who.
//!
//! Every process looks, and what is due is done once: the act is decided on the version at which the
//! record's own facts still said that the limit has passed, and is kept under a key of limit and last
//! day. What a rule refuses is tried again on another day; why stands in the inbox beside the limit,
//! with those whose matter it is.

use crate::boxed;
use crate::{Actor, Deed, Desk, Manner, Refusal, ops::values};
use engine::{
    definition::{AtEnd, DeadlineRule, House, RecordKind},
    query::{Cell, Comparison, Filter, Select, Sort, Term},
    record::{self, Limit, Moment, Read, Record},
};
use jiff::civil::Date;
use serde_json::{Map, Value as Json, json};
use store::seam::{Commit, Operation, Row, StoreError};

/// The log's name for an act that was refused to the house.
pub const NOT_DONE: &str = "limit_not_done";

/// The name that the house acts under here.
pub const ACTOR: &str = "deadline";

/// Rows read at a time.
const PAGE: u32 = 200;

/// What came of a look at all limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// Actions done.
    pub done: u64,
    /// Actions that a rule refused.
    pub refused: u64,
}

/// A limit that has passed, as it is kept.
struct Passed {
    county: String,
    id: String,
    kind: String,
    record: String,
    rule: String,
    due: Cell,
    refused: String,
}

const COLUMNS: [&str; 7] = ["due", "id", "county", "kind", "record", "rule", "refused"];

impl Passed {
    fn read(row: &Row) -> Option<Self> {
        let text = |i: usize| row.get(i).and_then(Cell::as_text).unwrap_or_default().to_owned();
        Some(Self {
            due: row.first()?.clone(),
            id: text(1),
            county: text(2),
            kind: text(3),
            record: text(4),
            rule: text(5),
            refused: text(6),
        })
    }
}

/// One limit that is looked at.
struct Case<'a> {
    passed: &'a Passed,
    kind: &'a RecordKind,
    rule: &'a DeadlineRule,
    at_end: &'a AtEnd,
}

impl Desk {
    /// Does what is due to be done by the house itself, everywhere. Costs one question where nothing
    /// is.
    ///
    /// # Errors
    /// The first failure of the store; everything that could be done is done all the same.
    #[boxed]
    pub async fn end_limits(&self, moment: &Moment) -> Result<Ended, Refusal> {
        let house = self.house();
        let Some(which) = which(&house) else { return Ok(Ended::default()) };
        let moment = Moment { actor: format!("house:{ACTOR}"), ..moment.clone() };
        let filter = which.and(open(&moment));
        let (mut ended, mut failure, mut after) = (Ended::default(), None, None);
        loop {
            let select = Select { after: after.take(), ..Select::from("deadline", &COLUMNS) }
                .filter(filter.clone())
                .order(vec![Sort::up("due"), Sort::up("id")])
                .limit(PAGE);
            let rows = self.keeper.find(&select).await?;
            for passed in rows.iter().filter_map(Passed::read) {
                match self.end(&house, &passed, &moment, &mut ended).await {
                    Ok(()) => {}
                    Err(Refusal::Store(error)) if is_away(&error) => return Err(error.into()),
                    Err(refusal) => failure = failure.or(Some(refusal)),
                }
            }
            if rows.len() < PAGE as usize {
                return failure.map_or(Ok(ended), Err);
            }
            after = rows.last().map(|row| row[..2].to_vec());
        }
    }

    async fn end(
        &self,
        house: &House,
        passed: &Passed,
        moment: &Moment,
        ended: &mut Ended,
    ) -> Result<(), Refusal> {
        let Some(kind) = house.kind(&passed.kind) else { return Ok(()) };
        let rule = kind.deadlines.iter().find(|rule| rule.id == passed.rule);
        let Some((rule, at_end)) = rule.and_then(|rule| Some((rule, rule.at_end.as_ref()?))) else {
            return Ok(());
        };
        let case = Case { passed, kind, rule, at_end };
        let Some((record, due)) = self.still_passed(house, &case, moment).await? else {
            return self.tried(&case, "", moment).await;
        };
        let Some(actor) = self.house_at(&record) else { return Ok(()) };
        let manner = Manner { confirmed: true, key: Some(key(&case, due)) };
        match self.act(&actor, deed(&case, &record, due), manner, moment).await {
            Ok(done) if done.repeated => self.tried(&case, "", moment).await,
            Ok(_) => {
                ended.done += 1;
                Ok(())
            }
            // Whoever was quicker has changed what is true; it is looked at again soon.
            Err(Refusal::Changed(_)) => Ok(()),
            Err(Refusal::Store(error)) => Err(error.into()),
            Err(refusal) => {
                ended.refused += 1;
                self.not_done(&case, &actor, &reason(&refusal), moment).await
            }
        }
    }

    /// The record, if by its own facts the limit has passed and the action is its next; and the last
    /// day.
    async fn still_passed(
        &self,
        house: &House,
        case: &Case<'_>,
        moment: &Moment,
    ) -> Result<Option<(Record, Date)>, Refusal> {
        let kind = case.kind;
        let Some(record) = self.load(kind, &case.passed.record).await? else { return Ok(None) };
        let can = kind.state(record.state()).is_some_and(|s| s.can.contains(&case.at_end.action));
        if !can {
            return Ok(None);
        }
        let Some(actor) = self.house_at(&record) else { return Ok(None) };
        let links = self.links(house, &actor, kind, Some(&record), &Read::default()).await?;
        let limits = record::limits(house, kind, &record, &links, moment.today);
        let passed = |limit: &Limit| {
            let runs = limit.id == case.rule.id && !limit.done;
            limit.due.filter(|due| runs && *due < moment.today)
        };
        Ok(limits.iter().find_map(passed).map(|due| (record, due)))
    }

    /// The house's actor, for the unit that the record belongs to.
    fn house_at(&self, record: &Record) -> Option<Actor> {
        let units = self.units();
        let unit = units.get(record.text("unit")).or_else(|| units.all().first());
        unit.map(|unit| Actor::house(ACTOR, unit))
    }

    /// Why it was not done is kept beside the limit, and in the log where it is another reason than
    /// on the day before.
    async fn not_done(
        &self,
        case: &Case<'_>,
        actor: &Actor,
        why: &str,
        moment: &Moment,
    ) -> Result<(), Refusal> {
        self.tried(case, why, moment).await?;
        if case.passed.refused == why {
            return Ok(());
        }
        let body = json!({ "label": case.rule.label, "deed": case.at_end.action, "why": why });
        let body = body.as_object().cloned().unwrap_or_default();
        let entry = self.note(actor, moment, NOT_DONE, &case.kind.id, &case.passed.record, body);
        self.keeper.commit(Commit { entries: vec![entry], ..Commit::default() }).await?;
        Ok(())
    }

    /// Remembers that it was looked at today.
    async fn tried(&self, case: &Case<'_>, why: &str, moment: &Moment) -> Result<(), Refusal> {
        let passed = case.passed;
        let refused = Cell::from(Some(why.to_owned()).filter(|why| !why.is_empty()));
        let update = Operation::Update {
            table: "deadline".to_owned(),
            key: values([
                ("county", passed.county.as_str().into()),
                ("id", passed.id.as_str().into()),
            ]),
            expect: values([("done", 0.into()), ("due", passed.due.clone())]),
            set: values([("tried", moment.today.to_string().into()), ("refused", refused)]),
        };
        let commit = Commit { operations: vec![update], ..Commit::default() };
        match self.keeper.commit(commit).await {
            // It has moved or ended meanwhile.
            Ok(_) | Err(StoreError::Changed { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// Limits at whose end the house acts; `None` if there are none.
fn which(house: &House) -> Option<Filter> {
    let of_kind = |kind: &RecordKind| {
        let rules = kind.deadlines.iter().filter(|rule| rule.at_end.is_some());
        let rules: Vec<Cell> = rules.map(|rule| Cell::from(rule.id.as_str())).collect();
        let rules = Some(rules).filter(|rules| !rules.is_empty())?;
        let rules = Filter::In(Term::Column("rule".to_owned()), rules);
        Some(Filter::equal("kind", kind.id.as_str()).and(rules))
    };
    house.kinds.values().filter_map(|kind| of_kind(kind)).reduce(Filter::or)
}

/// Running, past their last day, not looked at today.
fn open(moment: &Moment) -> Filter {
    let column = |name: &str| Term::Column(name.to_owned());
    let before_today = |name: &str| {
        let today = Term::Value(Cell::from(moment.today.to_string()));
        Filter::Compare(column(name), Comparison::Less, today)
    };
    let untried = Filter::IsNull(column("tried")).or(before_today("tried"));
    Filter::equal("done", 0).and(before_today("due")).and(untried)
}

/// One limit and one last day: one act.
fn key(case: &Case<'_>, due: Date) -> String {
    format!("{}:{}:{due}", case.passed.record, case.rule.id)
}

fn deed(case: &Case<'_>, record: &Record, due: Date) -> Deed {
    let days = case.at_end.last_day_in.iter();
    let input: Map<String, Json> =
        days.map(|field| (field.clone(), Json::from(due.to_string()))).collect();
    Deed::Action {
        kind: case.kind.id.clone(),
        id: record.id().to_owned(),
        action: case.at_end.action.clone(),
        version: Some(record.version()),
        input,
    }
}

fn reason(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Invalid(problems) => {
            let said = problems.iter().filter(|p| p.severity == engine::problem::Severity::Error);
            said.map(|problem| problem.message.as_str()).collect::<Vec<_>>().join("；")
        }
        other => other.to_string(),
    }
}

/// Whether nothing at all can be kept now.
fn is_away(error: &StoreError) -> bool {
    matches!(error, StoreError::Unavailable(_) | StoreError::Closing)
}
