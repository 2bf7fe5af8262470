//! The log as people read it.

use crate::boxed;
use crate::{
    Actor, Desk, Refusal,
    access::{Right, reach},
    calendar::WORKED_OUT_ANEW,
    inbox::{ASSIGNED, RECALLED, SNOOZED, WOKEN},
    looks::LOOKED,
    papers,
};
use engine::{
    definition::House,
    query::{Cell, Comparison, Filter, Select, Sort, Term},
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

/// Whether the actor reads what was done to records in general: from the county up, and auditors.
pub(crate) fn reads_log(house: &House, actor: &Actor) -> bool {
    let works = house.roles.iter().any(|r| r.id == actor.role && r.level != "平台");
    let high = works && actor.unit.level <= crate::units::Level::County;
    high || actor.role == "auditor" || actor.is_house()
}

impl Desk {
    /// A record's log, oldest first.
    #[boxed]
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
    #[boxed]
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
        if !reads_log(&house, actor) || !unit.path.starts_with(&actor.unit.path) {
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

    /// That something was done to a record that hides from the actor, or that is of a kind they see
    /// figures of at most, stays in the log they read; what it says of the record does not. Auditors
    /// see no records and read the log all the same.
    async fn blank_hidden(
        &self,
        house: &House,
        actor: &Actor,
        lines: &mut [LogLine],
    ) -> Result<(), Refusal> {
        let mut by_kind: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let tells = |line: &&LogLine| line.version > 0 || line.act == LOOKED;
        for line in lines.iter().filter(tells) {
            by_kind.entry(line.kind.clone()).or_default().insert(line.record.clone());
        }
        for (id, records) in by_kind {
            let Some(kind) = house.kind(&id) else { continue };
            let blind = reach(actor, &kind.permissions, Right::See).is_none();
            if blind && actor.role != "auditor" {
                let tells = |line: &&mut LogLine| line.kind == id && line.version > 0;
                lines.iter_mut().filter(tells).for_each(|line| line.body.clear());
            }
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
}

impl Desk {
    /// What was done to a record, newest first: its log without looks at it.
    #[boxed]
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
        let told = [
            WORKED_OUT_ANEW,
            LOOKED,
            papers::ISSUED,
            papers::FILED,
            papers::SIGNED,
            ASSIGNED,
            RECALLED,
            SNOOZED,
            WOKEN,
        ];
        let filter = Filter::equal("county", record.county())
            .and(Filter::equal("kind", kind.id.as_str()))
            .and(Filter::equal("record", id))
            .and(
                Filter::Compare(version, Comparison::Greater, Term::Value(Cell::Int(0)))
                    .or(Filter::In(Term::Column("act".to_owned()), told.map(Cell::from).into())),
            );
        let mut lines = self.log_lines(filter, 500).await?;
        lines.reverse();
        Ok(lines)
    }
}
