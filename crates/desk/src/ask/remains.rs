//! Records that were merged into others: whoever asks for one is given the one that remains. Of kinds
//! whose records cannot be merged nothing is asked.

use crate::boxed;
use crate::{
    Actor, Desk, Refusal,
    access::{Right, reaches},
    rows::columns,
};
use engine::{
    definition::RecordKind,
    kind::Cells,
    query::{Cell, Filter, Select, Term},
    record::{MERGE_REASON, MERGED_INTO, Record},
};
use std::collections::{BTreeMap, BTreeSet};

/// Most records of one archive that mean one person.
const MOST: u32 = 200;

/// A record that was merged into the one looked at, or into one that was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergedRecord {
    /// It.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// The unit that keeps it.
    pub unit: String,
    /// The record that it points to.
    pub into: String,
    /// Why.
    pub reason: String,
    /// When, in milliseconds.
    pub at: i64,
    /// By whom: an account.
    pub by: String,
    /// Its version.
    pub version: i64,
    /// Whether the actor may give it back now.
    pub may_give_back: bool,
}

/// The records of a kind that remain.
pub(crate) fn remaining(kind: &RecordKind) -> Filter {
    if kind.merges() {
        Filter::IsNull(Term::Column(MERGED_INTO.to_owned()))
    } else {
        Filter::Everything
    }
}

fn ids_in(column: &str, ids: impl IntoIterator<Item = String>) -> Filter {
    Filter::In(Term::Column(column.to_owned()), ids.into_iter().map(Cell::Text).collect())
}

impl Desk {
    /// The record with this id, or the one that remains in its place.
    pub(crate) async fn load_remaining(
        &self,
        kind: &RecordKind,
        id: &str,
    ) -> Result<Option<Record>, Refusal> {
        let mut found = self.load(kind, id).await?;
        if let Some(record) = found.as_ref().filter(|record| record.is_merged()) {
            let end = self.remaining_id(kind, record.text(MERGED_INTO)).await?;
            found = self.load(kind, &end).await?;
        }
        Ok(found)
    }

    /// The id of the record that remains in place of this one: its own, if it does.
    pub(crate) async fn remaining_id(
        &self,
        kind: &RecordKind,
        id: &str,
    ) -> Result<String, Refusal> {
        let ids = self.remaining_ids(kind, vec![id.to_owned()]).await?;
        Ok(ids.into_iter().next().unwrap_or_else(|| id.to_owned()))
    }

    /// Those that remain in place of these, each once, in the order of the first. A question a step.
    pub(crate) async fn remaining_ids(
        &self,
        kind: &RecordKind,
        mut ids: Vec<String>,
    ) -> Result<Vec<String>, Refusal> {
        let merged = Filter::Not(Box::new(remaining(kind)));
        while kind.merges() && !ids.is_empty() {
            let select = Select::from(&kind.id, &["id", MERGED_INTO])
                .filter(ids_in("id", ids.iter().cloned()).and(merged.clone()))
                .limit(u32::try_from(ids.len()).unwrap_or(u32::MAX));
            let rows = self.keeper.find(&select).await?;
            let next: BTreeMap<&str, &str> = rows
                .iter()
                .filter_map(|row| Some((row.first()?.as_text()?, row.get(1)?.as_text()?)))
                .collect();
            if next.is_empty() {
                break;
            }
            for id in &mut ids {
                if let Some(into) = next.get(id.as_str()) {
                    *id = (*into).to_owned();
                }
            }
        }
        let mut seen = BTreeSet::new();
        ids.retain(|id| seen.insert(id.clone()));
        Ok(ids)
    }

    /// All records that mean the same as these: those that remain, and whatever was merged into them.
    pub(crate) async fn family(
        &self,
        kind: &RecordKind,
        ids: Vec<String>,
    ) -> Result<Vec<String>, Refusal> {
        let mut all = self.remaining_ids(kind, ids).await?;
        let mut edge = all.clone();
        while kind.merges() && !edge.is_empty() {
            let select =
                Select::from(&kind.id, &["id"]).filter(ids_in(MERGED_INTO, edge)).limit(MOST);
            let rows = self.keeper.find(&select).await?;
            edge =
                rows.iter().filter_map(|row| row.first()?.as_text().map(str::to_owned)).collect();
            edge.retain(|id| !all.contains(id));
            all.extend(edge.iter().cloned());
        }
        Ok(all)
    }

    /// Rows whose column names the record, or another that means the same. Of kinds that are never
    /// merged nothing is asked.
    pub(crate) async fn names_same(
        &self,
        kind: &RecordKind,
        column: &str,
        id: &str,
    ) -> Result<Filter, Refusal> {
        if !kind.merges() {
            return Ok(Filter::equal(column, id));
        }
        Ok(ids_in(column, self.family(kind, vec![id.to_owned()]).await?))
    }

    /// What was merged into a record, directly and through others.
    #[boxed]
    pub async fn merged(
        &self,
        actor: &Actor,
        kind: &str,
        id: &str,
    ) -> Result<Vec<MergedRecord>, Refusal> {
        let house = self.house();
        let Some(kind) = house.kind(kind).filter(|kind| kind.merges()) else {
            return Ok(Vec::new());
        };
        let mut ids = self.family(kind, vec![id.to_owned()]).await?;
        ids.retain(|one| one != id);
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let select = Select { columns: columns(kind), ..Select::from(&kind.id, &[]) }
            .filter(ids_in("id", ids).and(Filter::Not(Box::new(remaining(kind)))))
            .limit(MOST);
        let rows = self.keeper.find(&select).await?;
        let records = rows.into_iter().map(|row| {
            let cells: Cells = crate::rows::cells(&select.columns, row);
            Record { kind: kind.id.clone(), cells, ..Record::default() }
        });
        let one = |record: Record| {
            let direct = record.text(MERGED_INTO) == id;
            MergedRecord {
                id: record.id().to_owned(),
                title: record.text("title").to_owned(),
                unit: record.text("unit").to_owned(),
                into: record.text(MERGED_INTO).to_owned(),
                reason: record.text(MERGE_REASON).to_owned(),
                at: record.int("updated_at"),
                by: record.text("updated_by").to_owned(),
                version: record.version(),
                may_give_back: direct && reaches(actor, kind, &record, Right::Merge),
            }
        };
        let mut merged: Vec<MergedRecord> = records.map(one).collect();
        merged.sort_by(|a, b| (b.at, &b.id).cmp(&(a.at, &a.id)));
        Ok(merged)
    }
}
