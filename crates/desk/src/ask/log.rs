//! The log as people read it, and the inbox of time limits.

use crate::{
    Actor, Desk, Refusal,
    access::{Right, hidden, reach, reach_filter},
    calendar::WORKED_OUT_ANEW,
    units::Level,
};
use engine::{
    definition::{House, Reach},
    query::{Cell, Comparison, Filter, Select, Sort, Term},
    record::Moment,
};
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};
use store::seam::Row;

/// An entry of a record's log.
#[derive(Clone, Debug)]
pub struct LogLine {
    /// Place in the county's chain.
    pub seq: i64,
    /// When, in milliseconds.
    pub at: i64,
    /// Account.
    pub actor: String,
    /// What the account is called.
    pub name: String,
    /// Role and unit acted for.
    pub authority: String,
    /// What was done.
    pub act: String,
    /// Kind and record.
    pub kind: String,
    /// The record.
    pub record: String,
    /// Version after it.
    pub version: i64,
    /// What changed.
    pub body: Map<String, Json>,
    /// Hash of the entry.
    pub hash: String,
}

/// A running time limit in an inbox.
#[derive(Clone, Debug)]
pub struct Task {
    /// Kind of the record.
    pub kind: String,
    /// The record.
    pub record: String,
    /// What the record is called.
    pub title: String,
    /// Which limit.
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
    /// How it was worked out.
    pub words: String,
    /// Unit that keeps the record.
    pub unit: String,
}

impl Desk {
    /// A record's log, oldest first.
    pub async fn log(&self, actor: &Actor, kind: &str, id: &str) -> Result<Vec<LogLine>, Refusal> {
        let house = self.house();
        let missing = || Refusal::NotFound("这份档案".to_owned());
        let kind = house.kind(kind).cloned().ok_or_else(missing)?;
        let record = self.load(&kind, id).await?.ok_or_else(missing)?;
        if !self.covers(actor, &kind, &record, Right::See).await? {
            return Err(missing());
        }
        let filter = Filter::equal("county", record.county())
            .and(Filter::equal("kind", kind.id.as_str()))
            .and(Filter::equal("record", id));
        self.log_lines(filter, 500).await
    }

    /// Entries of one county's chain behind `after`, for those who look after a county or more.
    pub async fn changes(
        &self,
        actor: &Actor,
        county: &str,
        after: i64,
        limit: u32,
    ) -> Result<Vec<LogLine>, Refusal> {
        let units = self.units();
        let unit = units.get(county).ok_or(Refusal::NotFound("这个县".to_owned()))?;
        let house = self.house();
        let works = house.roles.iter().any(|r| r.id == actor.role && r.level != "平台");
        let high = works && actor.unit.level <= crate::units::Level::County;
        let auditor = actor.role == "auditor" || actor.is_house();
        if !(high || auditor) || !unit.path.starts_with(&actor.unit.path) {
            return Err(Refusal::forbidden("变更流水由县级以上查看"));
        }
        let filter = Filter::equal("county", county).and(Filter::Compare(
            Term::Column("seq".to_owned()),
            Comparison::Greater,
            Term::Value(Cell::Int(after)),
        ));
        let mut lines = self.log_lines(filter, limit.clamp(1, 1_000)).await?;
        self.blank_hidden(&house, actor, &mut lines).await?;
        Ok(lines)
    }

    /// That something was done to a record that hides from the actor stays in the log they read;
    /// what it says of the record does not.
    async fn blank_hidden(
        &self,
        house: &House,
        actor: &Actor,
        lines: &mut [LogLine],
    ) -> Result<(), Refusal> {
        let mut by_kind: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for line in lines.iter().filter(|line| line.version > 0) {
            by_kind.entry(line.kind.clone()).or_default().insert(line.record.clone());
        }
        for (id, records) in by_kind {
            let Some(kind) = house.kind(&id) else { continue };
            let records = records.iter().map(String::as_str);
            let hidden = self.hidden_among(actor, kind, records).await?;
            let hides = |line: &&mut LogLine| line.kind == id && hidden.contains(&line.record);
            lines.iter_mut().filter(hides).for_each(|line| line.body.clear());
        }
        Ok(())
    }

    async fn log_lines(&self, filter: Filter, limit: u32) -> Result<Vec<LogLine>, Refusal> {
        const COLUMNS: [&str; 10] =
            ["seq", "at", "actor", "authority", "act", "kind", "record", "version", "body", "hash"];
        let select =
            Select::from("log", &COLUMNS).filter(filter).order(vec![Sort::up("seq")]).limit(limit);
        let mut lines = Vec::new();
        for row in self.keeper.find(&select).await? {
            lines.push(self.log_line(&row).await?);
        }
        Ok(lines)
    }

    async fn log_line(&self, row: &Row) -> Result<LogLine, Refusal> {
        let text = |i: usize| row.get(i).and_then(Cell::as_text).unwrap_or_default().to_owned();
        let int = |i: usize| row.get(i).and_then(Cell::as_int).unwrap_or_default();
        let actor = text(2);
        Ok(LogLine {
            seq: int(0),
            at: int(1),
            name: self.account_name(&actor).await?,
            actor,
            authority: text(3),
            act: text(4),
            kind: text(5),
            record: text(6),
            version: int(7),
            body: serde_json::from_str(&text(8)).unwrap_or_default(),
            hash: text(9),
        })
    }

    /// Running limits the actor's kinds have, soonest first.
    pub async fn tasks(&self, actor: &Actor, limit: u32) -> Result<Vec<Task>, Refusal> {
        let house = self.house();
        let mut columns =
            vec!["kind", "record", "rule", "title", "due", "words", "unit", "at", "stopped"];
        columns.extend(raised_column(actor));
        let select = Select::from("deadline", &columns)
            .filter(running(&house, actor))
            .order(vec![Sort::up("due"), Sort::up("id")])
            .limit(limit.clamp(1, 500));
        let rows = self.keeper.find(&select).await?;
        Ok(rows.iter().filter_map(|row| task(&house, row)).collect())
    }

    /// How many limits run late, counting no further than 100: it stands on every page.
    pub async fn late(&self, actor: &Actor, moment: &Moment) -> Result<u32, Refusal> {
        let house = self.house();
        let question = format!("{}|{}", self.asked_by(actor), moment.today);
        // A record may be sealed without any change of its limits.
        let revision = self.keeper.revision("deadline").filter(|_| !may_hide(&house, actor));
        if let Some(known) = self.late.get(&question, revision) {
            return Ok(known);
        }
        let overdue = Filter::Compare(
            Term::Column("due".to_owned()),
            Comparison::Less,
            Term::Value(Cell::from(moment.today.to_string())),
        );
        let filter = running(&house, actor).and(overdue);
        let late = self.keeper.count("deadline", &filter, 100).await?;
        self.late.keep(question, revision, &late);
        Ok(late)
    }
}

/// Limits that run, of the kinds the actor sees, each as far as the actor's right to see it
/// reaches.
fn running(house: &House, actor: &Actor) -> Filter {
    let mut by_reach: BTreeMap<Reach, Vec<Cell>> = BTreeMap::new();
    for kind in house.kinds.values() {
        if let Some(reach) = reach(actor, &kind.permissions, Right::See) {
            by_reach.entry(reach).or_default().push(Cell::from(kind.id.as_str()));
        }
    }
    let around = around(actor, by_reach.keys());
    let filters = by_reach.into_iter().map(|(reach, kinds)| {
        reach_filter(actor, reach).and(Filter::In(Term::Column("kind".to_owned()), kinds))
    });
    filters
        .fold(Filter::Nothing, Filter::or)
        .and(Filter::equal("done", 0))
        .and(around)
        .and(of_open_records(house, actor))
}

/// Whether any kind that the actor sees has records that hide from the actor.
fn may_hide(house: &House, actor: &Actor) -> bool {
    house.kinds.values().any(|kind| {
        reach(actor, &kind.permissions, Right::See).is_some()
            && hidden(house, actor, kind) != Filter::Nothing
    })
}

/// Limits but those of records that hide from the actor.
fn of_open_records(house: &House, actor: &Actor) -> Filter {
    let mut filter = Filter::Everything;
    for kind in house.kinds.values().filter(|kind| !kind.deadlines.is_empty()) {
        let hidden = match hidden(house, actor, kind) {
            Filter::Nothing => continue,
            _ if reach(actor, &kind.permissions, Right::See).is_none() => continue,
            hidden => Box::new(hidden),
        };
        let of_kind = Filter::equal("kind", kind.id.as_str());
        let (column, table) = ("record".to_owned(), kind.id.clone());
        let hides = of_kind.and(Filter::Refers { column, table, filter: hidden });
        filter = filter.and(Filter::Not(Box::new(hides)));
    }
    filter
}

/// Where all that these reaches cover lies. It narrows nothing; but no index can be entered by a
/// choice between reaches, and the inbox of a village would be looked for in the whole province.
fn around<'r>(actor: &Actor, mut reaches: impl Iterator<Item = &'r Reach> + Clone) -> Filter {
    let unit = &actor.unit;
    if unit.level < Level::County || reaches.clone().any(|reach| *reach == Reach::All) {
        return Filter::Everything;
    }
    let county = Filter::equal("county", unit.county.as_str());
    if unit.level == Level::Village && !reaches.any(|reach| *reach == Reach::Own) {
        return county.and(Filter::equal("unit", unit.code.as_str()));
    }
    county
}

/// Where it is kept when a limit goes up to a unit of the actor's level.
fn raised_column(actor: &Actor) -> Option<&'static str> {
    match actor.unit.level {
        Level::County => Some("county_on"),
        Level::City => Some("city_on"),
        Level::Province => Some("province_on"),
        Level::Township | Level::Village => None,
    }
}

fn task(house: &House, row: &Row) -> Option<Task> {
    let text = |i: usize| row.get(i).and_then(Cell::as_text).unwrap_or_default();
    let rule = house.kind(text(0))?.deadlines.iter().find(|d| d.id == text(2))?;
    Some(Task {
        kind: text(0).to_owned(),
        record: text(1).to_owned(),
        title: text(3).to_owned(),
        label: rule.label.clone(),
        basis: rule.basis.clone(),
        due: text(4).parse().ok(),
        at: text(7).to_owned(),
        stopped: row.get(8).and_then(Cell::as_int) == Some(1),
        raised_on: text(9).parse().ok(),
        words: text(5).to_owned(),
        unit: text(6).to_owned(),
    })
}

impl Desk {
    /// What was done to a record, newest first: its log without looks at it.
    pub async fn history(
        &self,
        actor: &Actor,
        kind: &str,
        id: &str,
    ) -> Result<Vec<LogLine>, Refusal> {
        let house = self.house();
        let missing = || Refusal::NotFound("这份档案".to_owned());
        let kind = house.kind(kind).cloned().ok_or_else(missing)?;
        let record = self.load(&kind, id).await?.ok_or_else(missing)?;
        if !self.covers(actor, &kind, &record, Right::See).await? {
            return Err(missing());
        }
        let version = Term::Column("version".to_owned());
        let filter = Filter::equal("county", record.county())
            .and(Filter::equal("kind", kind.id.as_str()))
            .and(Filter::equal("record", id))
            .and(
                Filter::Compare(version, Comparison::Greater, Term::Value(Cell::Int(0)))
                    .or(Filter::equal("act", WORKED_OUT_ANEW)),
            );
        let mut lines = self.log_lines(filter, 500).await?;
        lines.reverse();
        Ok(lines)
    }
}
