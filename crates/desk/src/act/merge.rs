//! Two records of an archive that mean one person become one, and two again. Both rows move in one
//! commit, each with the version it was decided on: so of two merges at one instant one is decided
//! again, and no circle can come of them.

use super::{Plan, forbidden};
use crate::{
    Actor, Desk, Refusal,
    access::{Right, reach, reaches},
    ask::scope_archive,
};
use engine::{
    definition::{House, RecordKind},
    problem::Problem,
    query::Filter,
    record::{self, Act, Links, MERGED_INTO, Merged, Moment, Read, Record},
};
use serde_json::{Map, Value as Json};
use std::sync::Arc;

/// In the log of the record that now points to another.
pub const MERGED: &str = "merged";
/// In the log of the one that remains.
pub const TOOK_IN: &str = "took_in";
/// In the log of the record that stands for itself again.
pub const GIVEN_BACK: &str = "given_back";
/// In the log of the one it had pointed to.
pub const GAVE_BACK: &str = "gave_back";

/// What is to be joined, and how.
#[derive(Clone, Debug, Default)]
pub struct Merging {
    /// The kind of both.
    pub kind: String,
    /// The record that will point to the other.
    pub id: String,
    /// Version it was decided on; `None`: whatever is there.
    pub version: Option<i64>,
    /// The record that remains.
    pub into: String,
    /// Its version, in the same way.
    pub into_version: Option<i64>,
    /// Fields whose value is taken over although the one that remains has another.
    pub take: Vec<String>,
    /// Why: a sentence.
    pub reason: String,
}

impl Desk {
    pub(super) async fn plan_merge(
        &self,
        house: &House,
        kind: Arc<RecordKind>,
        actor: &Actor,
        merging: &Merging,
        moment: &Moment,
    ) -> Result<Plan, Refusal> {
        let lost = self.load(&kind, &merging.id).await?;
        let lost = self.own(house, &kind, actor, lost, merging.version)?;
        if lost.is_merged() {
            return Err(points_elsewhere(&kind, &lost));
        }
        let kept = self.load_remaining(&kind, &merging.into).await?;
        let kept = self.own(house, &kind, actor, kept, merging.into_version)?;
        if lost.id() == kept.id() {
            let message = format!("两边是同一份{}，不用合并", kind.label);
            return Err(Refusal::problem(Problem::error("same", message).at("into")));
        }
        let links = self.links(house, actor, &kind, Some(&kept), &Read::default()).await?;
        let act = Act { house, kind: &kind, links: &links, moment };
        let merged = record::merge(act, &lost, &kept, &merging.take, &merging.reason);
        let names = (MERGED, TOOK_IN);
        Ok(both(kind, (lost, kept), merged, names, links, &merging.reason))
    }

    pub(super) async fn plan_give_back(
        &self,
        house: &House,
        kind: Arc<RecordKind>,
        actor: &Actor,
        (id, version): (&str, Option<i64>),
        reason: &str,
        moment: &Moment,
    ) -> Result<Plan, Refusal> {
        let lost = self.load(&kind, id).await?;
        let lost = self.own(house, &kind, actor, lost, version)?;
        if !lost.is_merged() {
            let message = format!("这份{}没有并入别的档案，不用撤销", kind.label);
            return Err(Refusal::problem(Problem::error("not_merged", message)));
        }
        let kept = self.load(&kind, lost.text(MERGED_INTO)).await?;
        let kept = self.own(house, &kind, actor, kept, None)?;
        if kept.is_merged() {
            let message =
                format!("“{}”后来自己也并入了别的档案，请先撤销那一次合并", kept.text("title"));
            return Err(Refusal::problem(Problem::error("merged_on", message)));
        }
        let links = self.links(house, actor, &kind, Some(&kept), &Read::default()).await?;
        let act = Act { house, kind: &kind, links: &links, moment };
        let merged = record::give_back(act, &lost, &kept, reason);
        Ok(both(kind, (lost, kept), merged, (GIVEN_BACK, GAVE_BACK), links, reason))
    }

    /// One of the two, if the actor may join it with others.
    fn own(
        &self,
        house: &House,
        kind: &RecordKind,
        actor: &Actor,
        record: Option<Record>,
        version: Option<i64>,
    ) -> Result<Record, Refusal> {
        let missing = || Refusal::NotFound(format!("这份{}", kind.label));
        if !kind.merges() {
            return Err(Refusal::forbidden(format!("{}不能合并", kind.label)));
        }
        if scope_archive(actor, kind) == Filter::Nothing && !actor.is_house() {
            return Err(missing());
        }
        let record = record.ok_or_else(missing)?;
        if reach(actor, &kind.permissions, Right::Merge).is_none() {
            return Err(forbidden(house, kind, Right::Merge, "合并"));
        }
        if !reaches(actor, kind, &record, Right::Merge) {
            let why = format!(
                "“{}”由{}登记，不在您的辖区内；两份都要在辖区内才能合并，请告诉管得到两边的上级",
                record.text("title"),
                self.units().long_name(record.text("unit"))
            );
            return Err(Refusal::forbidden(why));
        }
        if version.is_some_and(|version| version != record.version()) {
            return Err(Refusal::Changed(Box::new(record)));
        }
        Ok(record)
    }
}

fn both(
    kind: Arc<RecordKind>,
    (lost, kept): (Record, Record),
    merged: Merged,
    (lost_name, kept_name): (&str, &str),
    links: Links,
    reason: &str,
) -> Plan {
    let note = |other: &Record| {
        let mut note = Map::new();
        note.insert("with".to_owned(), Json::from(other.id()));
        note.insert("reason".to_owned(), Json::from(reason.trim()));
        note
    };
    let effect = Plan {
        name: kept_name.to_owned(),
        note: note(&lost),
        ..Plan::of(Arc::clone(&kind), Some(kept.clone()), merged.kept, links)
    };
    Plan {
        name: lost_name.to_owned(),
        note: note(&kept),
        effects: vec![effect],
        ..Plan::of(kind, Some(lost), merged.lost, Links::default())
    }
}

/// Nothing is done to a record that is there only to point to another.
pub(super) fn points_elsewhere(kind: &RecordKind, record: &Record) -> Refusal {
    let message =
        format!("“{}”这份{}已经并入另一份，请到留下的那一份里办", record.text("title"), kind.label);
    Refusal::problem(Problem::error("merged", message))
}
