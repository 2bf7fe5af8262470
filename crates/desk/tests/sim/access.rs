//! Who may see what, said a second time and in another way: by the digits of unit codes.

use crate::sim::{dice::run, town::Town};
use desk::{Actor, ask::ListAsk};
use engine::{
    definition::{Reach, RecordKind},
    kind::Cells,
    query::{Cell, Filter, Select},
    record::{Links, Record, View},
};
use std::collections::BTreeSet;
use store::Keeper;

#[derive(Clone, Copy)]
pub struct Oracle<'a>(pub &'a Town);

/// What codes of a unit and those below it begin with.
fn prefix(code: &str) -> &str {
    match (code.len(), code) {
        (6, code) if code.ends_with("0000") => &code[..2],
        (6, code) if code.ends_with("00") => &code[..4],
        _ => code,
    }
}

fn allows(actor: &Actor, kind: &RecordKind, unit: &str, created_by: &str) -> bool {
    match kind.permissions.see.get(&actor.role) {
        None => false,
        Some(Reach::All) => true,
        Some(Reach::Own) => created_by == actor.account,
        Some(Reach::Unit) => unit == actor.unit.code,
        Some(Reach::Subtree) => unit.starts_with(prefix(&actor.unit.code)),
    }
}

impl Oracle<'_> {
    /// The actor was given the record.
    pub fn may(&self, actor: &Actor, kind: &RecordKind, record: &Record) {
        let shared = kind.business == "common" && kind.permissions.see.contains_key(&actor.role);
        let (unit, by) = (record.text("unit"), record.text("created_by"));
        let may = shared || allows(actor, kind, unit, by) && !self.hides(actor, kind, record.id());
        self.0.claim(may, || format!("{} at {} saw {record:?}", actor.role, actor.unit.code));
    }

    /// The actor was told that the record is there.
    pub fn may_know(&self, actor: &Actor, kind: &str, id: &str) {
        let kind = &self.0.house.kinds[kind];
        let may = self
            .places(kind)
            .any(|(other, unit, by)| other == id && allows(actor, kind, &unit, &by))
            && !self.hides(actor, kind, id);
        self.0.claim(may, || format!("{} at {} knew {id}", actor.role, actor.unit.code));
    }

    /// The actor found it: in a shared archive, or among what may be seen.
    pub fn may_find(&self, actor: &Actor, kind: &str, id: &str) {
        let shared = &self.0.house.kinds[kind];
        if shared.business != "common" || !shared.permissions.see.contains_key(&actor.role) {
            self.may_know(actor, kind, id);
        }
    }

    /// Whether the record, or one above it, is sealed from the actor.
    fn hides(&self, actor: &Actor, kind: &RecordKind, id: &str) -> bool {
        let columns = &kind.layout.columns;
        let select = Select { columns: columns.clone(), ..Select::from(&kind.id, &[]) }
            .filter(Filter::equal("id", id));
        let Some(row) = run(self.0.model.find(&select)).unwrap().into_iter().next() else {
            return false;
        };
        let cells: Cells = columns.iter().cloned().zip(row).collect();
        let links = Links::default();
        let view = View::row(&cells, &links, jiff::civil::Date::ZERO);
        let own = kind.seal.as_ref().is_some_and(|seal| {
            !seal.open_to.contains(&actor.role) && seal.when.holds(&view) == Some(true)
        });
        own || kind.attached.as_ref().is_some_and(|attached| {
            let above = cells.get(&attached.kind).and_then(Cell::as_text).unwrap_or_default();
            self.hides(actor, &self.0.house.kinds[&attached.kind], above)
        })
    }

    /// Id, unit and maker of every record of a kind.
    fn places(&self, kind: &RecordKind) -> impl Iterator<Item = (String, String, String)> {
        let select = Select::from(&kind.id, &["id", "unit", "created_by"]);
        let rows = run(self.0.model.find(&select)).unwrap();
        let text =
            |row: &[engine::query::Cell], i: usize| row[i].as_text().unwrap_or_default().to_owned();
        rows.into_iter().map(move |row| (text(&row, 0), text(&row, 1), text(&row, 2)))
    }

    /// Everything that an actor can list, count or open is what the oracle allows, and all of it.
    /// Gives how many questions were asked.
    pub fn prove(&self, actor: &Actor) -> u64 {
        let mut asked = 0;
        for kind in self.0.house.kinds.values() {
            let mut allowed = BTreeSet::new();
            let mut others = Vec::new();
            for (id, unit, by) in self.places(kind) {
                if allows(actor, kind, &unit, &by) && !self.hides(actor, kind, &id) {
                    allowed.insert(id);
                } else {
                    others.push(id);
                }
            }
            let who = || format!("{} at {}: {}", actor.role, actor.unit.code, kind.id);
            let (listed, pages) = self.list(actor, kind);
            self.0.claim(listed == allowed, || format!("{} listed", who()));
            let ask = ListAsk { kind: kind.id.clone(), ..ListAsk::default() };
            let counted = run(self.0.desk.count(actor, &ask, u32::MAX)).unwrap();
            self.0.claim(counted as usize == allowed.len(), || format!("{} counted", who()));
            let shared = kind.business == "common";
            let some = self.0.dice.pick(&others).filter(|_| !shared);
            if let Some(id) = some {
                let moment = self.0.moment(actor);
                let record = run(self.0.desk.record(actor, &kind.id, id, &moment));
                self.0.claim(record.is_err(), || format!("{} opened {id}", who()));
                let log = run(self.0.desk.log(actor, &kind.id, id));
                self.0.claim(log.is_err(), || format!("{} read the log of {id}", who()));
                let history = run(self.0.desk.history(actor, &kind.id, id));
                self.0.claim(history.is_err(), || format!("{} read the history of {id}", who()));
                asked += 3;
            }
            asked += 1 + pages;
        }
        asked
    }

    fn list(&self, actor: &Actor, kind: &RecordKind) -> (BTreeSet<String>, u64) {
        let mut listed = BTreeSet::new();
        let mut ask = ListAsk { kind: kind.id.clone(), limit: 200, ..ListAsk::default() };
        // By id: the list's own order and condition are another matter.
        ask.sort = Some(("created_at".to_owned(), false));
        for pages in 1.. {
            let page = run(self.0.desk.list(actor, &ask)).unwrap();
            listed.extend(page.records.iter().map(|r| r.id().to_owned()));
            if page.next.is_empty() {
                return (listed, pages);
            }
            ask.after = page.next;
        }
        (listed, 0)
    }
}
