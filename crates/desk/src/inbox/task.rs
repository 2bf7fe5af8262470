//! Lines of an inbox in full: what is shown of a limit, whose turn it is, who holds it.

use super::{Group, InboxAsk, Line};
use crate::boxed;
use crate::{Actor, Desk, Refusal, access::acts_for};
use engine::{
    definition::{Action, House, RecordKind},
    query::{Cell, Filter, Select, Term},
    record::Moment,
};
use std::collections::{BTreeSet, HashMap};
use store::seam::Row;

/// Who is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The actor.
    Mine,
    /// Somebody in one of these roles; none where nobody can do anything but wait.
    Roles(Vec<String>),
    /// The person it was given to.
    Held,
}

/// To whom a limit was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The account.
    pub account: String,
    /// What it is called.
    pub name: String,
    /// Who gave it.
    pub by: String,
    /// What that account is called.
    pub by_name: String,
    /// When, in milliseconds.
    pub at: i64,
    /// What was said along with it.
    pub note: String,
    /// Whether the actor stands in for the account today.
    pub stands_in: bool,
    /// Whether the actor may give it on or take it back.
    pub may_move: bool,
}

/// A running time limit in an inbox.
#[derive(Clone, Debug)]
pub struct Task {
    /// County that keeps it.
    pub county: String,
    /// Its id: record and rule.
    pub id: String,
    /// Kind of the record.
    pub kind: String,
    /// The record.
    pub record: String,
    /// Which limit.
    pub rule: String,
    /// What the record is called.
    pub title: String,
    /// What the limit is called.
    pub label: String,
    /// Law or standard.
    pub basis: String,
    /// Last day; `None` if it cannot be worked out yet.
    pub due: Option<jiff::civil::Date>,
    /// Last moment, where hours are counted.
    pub at: String,
    /// Whether the clock stands.
    pub stopped: bool,
    /// Day from which it is a matter of the actor's unit, if it has not ended by then.
    pub raised_on: Option<jiff::civil::Date>,
    /// What the house was to do when it had passed, and why it could not: action and reason.
    pub refused: Option<(String, String)>,
    /// How it was worked out.
    pub words: String,
    /// Unit that keeps the record.
    pub unit: String,
    /// Where it stands in the inbox.
    pub group: Group,
    /// Who is waited for.
    pub turn: Turn,
    /// The likely next action, where it is the actor's to do: id and verb.
    pub next: Option<(String, String)>,
    /// To whom it was given.
    pub held: Option<Held>,
    /// Who looks away from it: name, until which day, why; the actor's own first.
    pub away: Vec<(String, jiff::civil::Date, String)>,
}

impl Task {
    /// What names it in a form.
    pub fn key(&self) -> String {
        format!("{}/{}", self.county, self.id)
    }
}

const COLUMNS: [&str; 19] = [
    "county",
    "id",
    "kind",
    "record",
    "rule",
    "title",
    "due",
    "at",
    "stopped",
    "words",
    "unit",
    "state",
    "created_by",
    "assignee",
    "assigned_by",
    "assigned_at",
    "assigned_note",
    "assigned_for",
    "refused",
];

impl Desk {
    /// The first limits of the actor's inbox, soonest first.
    #[boxed]
    pub async fn tasks(
        &self,
        actor: &Actor,
        moment: &Moment,
        limit: usize,
    ) -> Result<Vec<Task>, Refusal> {
        let inbox = self.inbox(actor, moment).await?;
        let lines = inbox.select(&self.house(), &self.units(), &InboxAsk::default());
        let lines: Vec<&Line> = lines.into_iter().take(limit).collect();
        self.tasks_of(actor, &inbox.stands_in, &lines, moment).await
    }

    /// These lines in full, in the same order. Lines whose limit has ended meanwhile are left out.
    #[boxed]
    pub async fn tasks_of(
        &self,
        actor: &Actor,
        stands_in: &[(String, String)],
        lines: &[&Line],
        moment: &Moment,
    ) -> Result<Vec<Task>, Refusal> {
        if lines.is_empty() {
            return Ok(Vec::new());
        }
        let mut columns = COLUMNS.to_vec();
        columns.extend(super::raised_column(actor));
        let filter = keys(lines.iter().map(|line| (&*line.county, line.id.as_str())));
        let select =
            Select::from("deadline", &columns).filter(filter.and(Filter::equal("done", 0)));
        let found = self.keeper.find(&select).await?;
        let rows: HashMap<&str, &Row> =
            found.iter().filter_map(|row| Some((row.get(1)?.as_text()?, row))).collect();
        let names = self.account_names(texts(&found, &[13, 14])).await?;
        let mut away = self.away(actor, lines, moment.today).await?;
        let house = self.house();
        let task = |line: &&Line| {
            let row = rows.get(line.id.as_str())?;
            let mut task = self.task(&house, actor, stands_in, &names, line, row)?;
            task.away = away.remove(line.id.as_str()).unwrap_or_default();
            Some(task)
        };
        Ok(lines.iter().filter_map(task).collect())
    }

    fn task(
        &self,
        house: &House,
        actor: &Actor,
        stands_in: &[(String, String)],
        names: &HashMap<String, String>,
        line: &Line,
        row: &Row,
    ) -> Option<Task> {
        let text = |i: usize| row.get(i).and_then(Cell::as_text).unwrap_or_default().to_owned();
        let kind = house.kind(&line.kind)?;
        let rule = kind.deadlines.iter().find(|rule| *rule.id == *line.rule)?;
        let name = |id: &str| names.get(id).cloned().unwrap_or_default();
        let (assignee, by) = (text(13), text(14));
        let held = (!assignee.is_empty()).then(|| Held {
            name: name(&assignee),
            by_name: name(&by),
            at: row.get(15).and_then(Cell::as_int).unwrap_or_default(),
            note: text(16),
            stands_in: stands_in.iter().any(|(account, _)| *account == assignee),
            may_move: self.may_move(actor, &assignee, &by, &text(17)),
            account: assignee,
            by,
        });
        let (state, created_by) = (text(11), text(12));
        let path = self.units().get(&line.unit).map(|unit| unit.path.clone()).unwrap_or_default();
        let acts = acts_for(actor, &path, &created_by);
        let next = next(kind, &state, actor).filter(|_| acts);
        Some(Task {
            county: line.county.to_string(),
            id: line.id.clone(),
            kind: kind.id.clone(),
            record: text(3),
            rule: rule.id.clone(),
            title: text(5),
            label: rule.label.clone(),
            basis: rule.basis.clone(),
            due: text(6).parse().ok(),
            at: text(7),
            stopped: row.get(8).and_then(Cell::as_int) == Some(1),
            words: text(9),
            unit: text(10),
            refused: rule
                .at_end
                .as_ref()
                .map(|at_end| (at_end.action.clone(), text(18)))
                .filter(|(_, why)| !why.is_empty()),
            raised_on: text(19).parse().ok(),
            group: line.group,
            turn: match &held {
                _ if line.mine => Turn::Mine,
                Some(_) => Turn::Held,
                None => Turn::Roles(waited_for(kind, &state)),
            },
            next,
            held,
            away: Vec::new(),
        })
    }

    /// What these accounts are called.
    #[boxed]
    pub async fn account_names(
        &self,
        ids: BTreeSet<String>,
    ) -> Result<HashMap<String, String>, Refusal> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let ids = ids.into_iter().map(Cell::from).collect();
        let select = Select::from("account", &["id", "name"])
            .filter(Filter::In(Term::Column("id".to_owned()), ids));
        let rows = self.keeper.find(&select).await?;
        let pair = |row: Row| match row.as_slice() {
            [Cell::Text(id), Cell::Text(name)] => Some((id.clone(), name.clone())),
            _ => None,
        };
        Ok(rows.into_iter().filter_map(pair).collect())
    }
}

/// The texts in these columns, once each.
pub(super) fn texts(rows: &[Row], columns: &[usize]) -> BTreeSet<String> {
    let cells = rows.iter().flat_map(|row| columns.iter().filter_map(|at| row.get(*at)));
    cells.filter_map(Cell::as_text).map(str::to_owned).collect()
}

/// The limits with these keys: county and id.
pub(super) fn keys<'k>(pairs: impl Iterator<Item = (&'k str, &'k str)>) -> Filter {
    let (mut counties, mut ids) = (BTreeSet::new(), Vec::new());
    for (county, id) in pairs {
        counties.insert(county);
        ids.push(Cell::from(id));
    }
    let counties = counties.into_iter().map(Cell::from).collect();
    Filter::In(Term::Column("county".to_owned()), counties)
        .and(Filter::In(Term::Column("id".to_owned()), ids))
}

/// The likely next action of the actor in a state.
fn next(kind: &RecordKind, state: &str, actor: &Actor) -> Option<(String, String)> {
    let can = &kind.state(state)?.can;
    let mut actions = can.iter().filter_map(|id| kind.action(id));
    let may = |a: &&Action| actor.is_house() || a.by.contains(&actor.role);
    let action = actions.find(|a| !a.pushed_only && may(a))?;
    Some((action.id.clone(), action.label.clone()))
}

/// The roles that may do the likely next action of a state.
fn waited_for(kind: &RecordKind, state: &str) -> Vec<String> {
    let can = kind.state(state).map_or(&[][..], |state| &state.can);
    can.iter().find_map(|id| kind.action(id)).map_or_else(Vec::new, |action| action.hands.clone())
}
