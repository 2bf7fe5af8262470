//! Two acts at the same instant that exclude each other by a rule. Where rules ask about records
//! that refer to the same record, no row is changed by both acts. So each of them moves a counter of
//! its own for what they share: of two, one finds that it has moved, and is decided again.

use super::{Plan, plan::archive_of};
use crate::{Actor, Desk, Refusal};
use engine::{
    definition::{House, RecordKind},
    kind::Cells,
    query::{Cell, Filter, Rows, Select},
    record::{Links, Read, Record},
};
use std::collections::{BTreeMap, BTreeSet};
use store::seam::{Commit, Operation, StoreError, Values};

/// The table of the counters.
pub(super) const TABLE: &str = "guard";

/// What a counter stands for: the county, `kind.column`, and the record that the column names.
pub(super) type Shared = (String, String, String);

impl Desk {
    /// The counters that the plan's act moves, each as it was before the rules' answer was certain.
    pub(super) async fn guard(
        &self,
        house: &House,
        actor: &Actor,
        plan: &Plan,
    ) -> Result<BTreeMap<Shared, Option<i64>>, Refusal> {
        let after = &plan.decision.record;
        let mut named_by = Vec::new();
        for rows in &plan.kind.layout.guarded {
            let key = of(after, rows).and_then(|id| named(after, &rows.table, &rows.column, id));
            named_by.extend(key.map(|key| (rows.of.as_deref().unwrap_or("id"), key)));
        }
        for column in &plan.kind.layout.asked_by {
            for record in plan.before.iter().chain([after]) {
                let id = held(&plan.kind, record, column);
                let key = named(record, &plan.kind.id, column, id);
                named_by.extend(key.map(|key| (column.as_str(), key)));
            }
        }
        let mut shared = BTreeSet::new();
        for (column, (county, what, mut id)) in named_by {
            // Two records of one person share a counter.
            if let Some(archive) = archive_of(house, &plan.kind, column) {
                id = self.remaining_id(archive, &id).await?;
            }
            shared.insert((county, what, id));
        }
        let mut counters = BTreeMap::new();
        for key in shared {
            let counter = self.counter(&key).await?;
            counters.insert(key, counter);
        }
        if !counters.is_empty() {
            self.look_again(house, actor, plan).await?;
        }
        Ok(counters)
    }

    async fn counter(&self, (county, what, record): &Shared) -> Result<Option<i64>, Refusal> {
        let same = Filter::equal("county", county.as_str())
            .and(Filter::equal("what", what.as_str()))
            .and(Filter::equal("record", record.as_str()));
        let select = Select::from(TABLE, &["version"]).filter(same).limit(1);
        let rows = self.keeper.find(&select).await?;
        Ok(rows.first().and_then(|row| row.first()?.as_int()))
    }

    /// What the rules saw was seen before the counters were. If it is no longer so, they are asked
    /// again.
    async fn look_again(&self, house: &House, actor: &Actor, plan: &Plan) -> Result<(), Refusal> {
        let (mut now, after) = (Links::default(), &plan.decision.record);
        let known = (Some(after), &Read::default());
        self.look_around(house, actor, &plan.kind, known, after.county(), &mut now).await?;
        for rows in &plan.kind.layout.guarded {
            let (Some(seen), Some(now)) = (plan.links.around.get(rows), now.around.get(rows))
            else {
                continue;
            };
            if versions(seen) != versions(now) {
                return Err(StoreError::Changed { table: TABLE.to_owned() }.into());
            }
        }
        Ok(())
    }
}

/// Moves the counters of all plans of an act, each once. Where two plans saw one at different
/// moments, the earlier counts.
pub(super) fn move_counters<'p>(commit: &mut Commit, plans: impl Iterator<Item = &'p Plan>) {
    let mut all: BTreeMap<&Shared, Option<i64>> = BTreeMap::new();
    for (key, version) in plans.flat_map(|plan| &plan.guards) {
        all.entry(key).and_modify(|seen| *seen = (*seen).min(*version)).or_insert(*version);
    }
    for ((county, what, record), version) in all {
        let key: Values = [("county", county), ("what", what), ("record", record)]
            .map(|(column, value)| (column.to_owned(), Cell::from(value.as_str())))
            .into_iter()
            .collect();
        let counter = |n: i64| ("version".to_owned(), Cell::Int(n));
        let table = TABLE.to_owned();
        commit.operations.push(match version {
            None => {
                let values = key.into_iter().chain([counter(1)]).collect();
                Operation::Insert { table, values }
            }
            Some(n) => Operation::Update {
                table,
                key,
                expect: [counter(n)].into_iter().collect(),
                set: [counter(n + 1)].into_iter().collect(),
            },
        });
    }
}

fn of<'r>(record: &'r Record, rows: &Rows) -> Option<&'r str> {
    Some(record.text(rows.of.as_deref().unwrap_or("id")))
}

fn held<'r>(kind: &RecordKind, record: &'r Record, column: &str) -> &'r str {
    match &kind.attached {
        Some(attached) if column == "parent" => record.text(&attached.kind),
        _ => record.text(column),
    }
}

fn named(record: &Record, table: &str, column: &str, id: &str) -> Option<Shared> {
    let what = format!("{table}.{column}");
    (!id.is_empty()).then(|| (record.county().to_owned(), what, id.to_owned()))
}

fn versions(found: &[Cells]) -> BTreeSet<(Option<&str>, Option<i64>)> {
    let text = |cells: &Cells, column: &str| cells.get(column).and_then(Cell::as_int);
    found.iter().map(|c| (c.get("id").and_then(Cell::as_text), text(c, "version"))).collect()
}
