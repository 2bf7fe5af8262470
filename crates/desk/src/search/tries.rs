//! Tries at sealed records: whoever looks by name for one that hides from him finds nothing, and the
//! log says that he looked.

use super::{found_in, term_groups};
use crate::{
    Actor, Desk, Refusal,
    access::{acted_for, hidden},
    search::question::Term,
};
use engine::{
    definition::{Class, House},
    derive::search::searched,
    query::Filter,
    record::Moment,
};
use serde_json::{Map, json};
use std::collections::BTreeMap;
use store::seam::{self, Commit};

/// Proposals that are looked at: a name that so many have is no try at one of them.
const MOST_LOOKS: u32 = 50;
/// Signs from which on a question may mean somebody.
const SHORTEST: usize = 2;

impl Desk {
    /// Notes every sealed record around the actor that would have answered. The record that seals
    /// stands for all that hangs on it.
    pub(super) async fn note_tries(
        &self,
        actor: &Actor,
        house: &House,
        terms: &[Term],
        moment: &Moment,
    ) -> Result<(), Refusal> {
        let hides = |kind: &&std::sync::Arc<engine::definition::RecordKind>| {
            kind.seal.is_some() && hidden(house, actor, kind) != Filter::Nothing
        };
        let kinds: Vec<String> =
            house.kinds.values().filter(hides).map(|kind| format!("={}", kind.id)).collect();
        let signs: usize = terms.iter().map(|term| term.text().chars().count()).sum();
        if kinds.is_empty() || signs < SHORTEST {
            return Ok(());
        }
        let mut all = term_groups(self, terms);
        all.extend([kinds, vec![format!("@{}", acted_for(&actor.unit))]]);
        let question = seam::Search { all, after: None, limit: MOST_LOOKS };
        let mut by_kind: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for hit in self.keeper.search(&question).await? {
            by_kind.entry(hit.kind).or_default().push(hit.record);
        }
        let mut entries = Vec::new();
        for (id, records) in by_kind {
            let Some(kind) = house.kind(&id) else { continue };
            let fields = searched(house, kind);
            let records = records.iter().map(String::as_str);
            for record in self.hidden_among(actor, kind, records).await? {
                let Some(record) = self.load(kind, &record).await? else { continue };
                if found_in(terms, &fields, &record, Class::Plain).is_some() {
                    let body = json!({ "deed": "search" }).as_object().cloned();
                    let body = body.unwrap_or_else(Map::new);
                    entries.push(self.note(actor, moment, "refused", &id, record.id(), body));
                }
            }
        }
        if !entries.is_empty() {
            self.keeper.commit(Commit { entries, ..Commit::default() }).await?;
        }
        Ok(())
    }
}
