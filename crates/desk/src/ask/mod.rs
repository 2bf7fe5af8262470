//! Questions: the one way things are read. Each begins with the actor and gets its scope from
//! `access`; what comes back holds values that are still to be shown through [`Class`].

mod behind;
mod find;
mod list;
mod log;
mod newest;
mod refer;
mod remains;
mod sheet;

pub use behind::{Behind, BehindAsk};
pub use find::{Choices, Involvement};
pub use list::{ListAnswer, ListAsk};
pub use log::LogLine;
pub(crate) use log::reads_log;
pub use remains::MergedRecord;
pub(crate) use remains::remaining;
pub use sheet::{Sheet, SheetPart};

use crate::boxed;
use crate::{
    Actor, Desk, Refusal,
    access::{Right, acts_on, reaches, sees, shown},
    looks::{Look, Sight},
    ops::is_archive,
};
use engine::{
    definition::{Action, Class, House, RecordKind},
    kind::{Cells, Names, Shape},
    query::{Cell, Filter, Select, Sort, Term},
    record::{Limit, Links, MERGED_INTO, Moment, Read, Record, View, limits},
};
use serde_json::Map;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};
use store::seam::Commit;

/// Names of records, units and accounts, brought together for one answer.
#[derive(Clone, Debug, Default)]
pub struct NameBook(BTreeMap<String, HashMap<String, String>>);

impl Names for NameBook {
    fn name(&self, kind: &str, id: &str) -> Option<String> {
        self.0.get(kind)?.get(id).cloned()
    }
}

impl NameBook {
    fn knows(&self, kind: &str, id: &str) -> bool {
        self.0.get(kind).is_some_and(|names| names.contains_key(id))
    }

    fn learn(&mut self, kind: &str, id: String, name: String) {
        match self.0.get_mut(kind) {
            Some(names) => names.insert(id, name),
            None => self.0.entry(kind.to_owned()).or_default().insert(id, name),
        };
    }
}

/// A record as an actor may see it.
#[derive(Clone, Debug)]
pub struct RecordAnswer {
    /// Its kind.
    pub kind: Arc<RecordKind>,
    /// The record; show its fields with `sees`.
    pub record: Record,
    /// What hangs around it.
    pub links: Links,
    /// Names of what it refers to.
    pub names: NameBook,
    /// Highest class of fields shown unmasked.
    pub sees: Class,
    /// Actions the actor may do now, the likely one first.
    pub actions: Vec<Action>,
    /// Whether the actor may change it.
    pub may_change: bool,
    /// Whether the actor may join it with another that means the same.
    pub may_merge: bool,
    /// Why its fields may not be changed any more; empty if they may.
    pub locked: String,
    /// Its time limits.
    pub limits: Vec<Limit>,
    /// Records attached to it that the actor may see: kind, records.
    pub attached: Vec<(Arc<RecordKind>, Vec<Record>)>,
    /// The reason that opens it to an actor who does not see it without one.
    pub look: Option<Look>,
}

impl RecordAnswer {
    /// What was opened with a reason is looked at on the page; nothing of it leaves as a file, for in
    /// scans and papers nothing is masked.
    pub fn may_leave(&self) -> Result<(), Refusal> {
        match &self.look {
            None => Ok(()),
            Some(_) => Err(Refusal::forbidden(
                "写理由查看的只看页面，不下载附件、不打印文书；需要原件的，请向保管单位调取",
            )),
        }
    }
}

impl Desk {
    /// One record, whole; in place of one that was merged into another, the one that remains. A look
    /// at what identifies people gets its log entry first.
    #[boxed]
    pub async fn record(
        &self,
        actor: &Actor,
        kind: &str,
        id: &str,
        moment: &Moment,
    ) -> Result<RecordAnswer, Refusal> {
        let house = self.house();
        let missing = || Refusal::NotFound("这份档案".to_owned());
        let kind = house.kind(kind).cloned().ok_or_else(missing)?;
        let record = self.load_remaining(&kind, id).await?.ok_or_else(missing)?;
        let id = record.id().to_owned();
        let id = id.as_str();
        let covered = self.covers(actor, &kind, &record, Right::See).await?;
        // A shared archive may be looked at by everybody who works with it, but what identifies
        // and reaches people stays masked outside one's own records.
        let mut look = None;
        if !covered && scope_archive(actor, &kind) == Filter::Nothing {
            match self.sight(actor, &kind, &record, moment).await? {
                Sight::Open(open) => look = Some(*open),
                Sight::Asked(outline) => return Err(Refusal::ReasonRequired(Box::new(outline))),
                Sight::Shut => return Err(self.refuse_look(actor, &kind, id, moment).await),
            }
        }
        let sees =
            if covered || look.is_some() { sees(actor, &kind, &record) } else { Class::Plain };
        let secret = sees == Class::Sensitive && holds_secrets(&kind, &record);
        if let Some(look) = &look {
            self.log_reasoned(actor, &record, look, moment).await?;
        } else if secret || self.is_sealed(&kind, &record).await? {
            self.log_look(actor, "read", &kind.id, id, moment).await?;
        }
        let read = Read::default();
        let mut links = self.links(&house, actor, &kind, Some(&record), &read).await?;
        let mut names = NameBook::default();
        self.name_record(&house, actor, &kind, &record, &mut names).await?;
        self.name_account(record.text("created_by"), &mut names).await?;
        let mut attached = Vec::new();
        for other in house.attached_to(&kind.id) {
            let right = if look.is_some() { Right::Reasoned } else { Right::See };
            let mut records = self.attached_shown(actor, other, &links, right).await?;
            records.sort_by_key(|r| std::cmp::Reverse(r.int("created_at")));
            for one in &records {
                self.name_record(&house, actor, other, one, &mut names).await?;
            }
            attached.push((Arc::clone(other), records));
        }
        let limits = limits(&house, &kind, &record, &links, moment.today);
        let actions = match look {
            Some(_) => Vec::new(),
            None => possible(actor, &kind, &record),
        };
        let last = kind.state(record.state()).is_some_and(|s| s.last);
        let view = View::record(&record, &links, moment.today);
        let locked = kind.lock.as_ref().filter(|lock| lock.when.holds(&view) == Some(true));
        let shut = locked.is_some_and(|lock| lock.except.is_empty());
        let may_change =
            !last && !shut && look.is_none() && reaches(actor, &kind, &record, Right::Change);
        let may_merge = kind.merges() && reaches(actor, &kind, &record, Right::Merge);
        let locked = locked.map(|lock| lock.message.clone()).unwrap_or_default();
        self.leave_out_hidden(&house, actor, &mut links).await?;
        Ok(RecordAnswer {
            kind,
            record,
            links,
            names,
            sees,
            actions,
            may_change,
            may_merge,
            locked,
            limits,
            attached,
            look,
        })
    }

    /// The attached records of a kind that the actor may see: that there is one is already something
    /// to be seen.
    async fn attached_shown(
        &self,
        actor: &Actor,
        kind: &RecordKind,
        links: &Links,
        right: Right,
    ) -> Result<Vec<Record>, Refusal> {
        let of = |cells: &Cells| {
            let (kind, cells) = (kind.id.clone(), cells.clone());
            Record { kind, cells, ..Record::default() }
        };
        let all = links.attached.get(&kind.id).into_iter().flatten().map(of);
        let mut records: Vec<Record> = all.filter(|one| reaches(actor, kind, one, right)).collect();
        let ids = records.iter().map(Record::id);
        let hidden = self.hidden_by_among(actor, kind, right, ids).await?;
        records.retain(|one| !hidden.contains(one.id()));
        for one in &mut records {
            self.sealer.open_cells(&kind.layout.sealed, &mut one.cells);
        }
        Ok(records)
    }

    /// What hides from the actor is not at hand for showing either.
    async fn leave_out_hidden(
        &self,
        house: &House,
        actor: &Actor,
        links: &mut Links,
    ) -> Result<(), Refusal> {
        let mut by_kind: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (kind, id) in links.records.keys() {
            by_kind.entry(kind).or_default().push(id);
        }
        let mut gone = BTreeSet::new();
        for (id, ids) in by_kind {
            let Some(kind) = house.kind(id) else { continue };
            let hidden = self.hidden_among(actor, kind, ids.into_iter()).await?;
            gone.extend(hidden.into_iter().map(|record| (id.to_owned(), record)));
        }
        links.records.retain(|key, _| !gone.contains(key));
        Ok(())
    }

    pub(crate) async fn refuse_look(
        &self,
        actor: &Actor,
        kind: &RecordKind,
        id: &str,
        moment: &Moment,
    ) -> Refusal {
        match self.log_look(actor, "refused", &kind.id, id, moment).await {
            Ok(()) => Refusal::NotFound("这份档案".to_owned()),
            Err(refusal) => refusal,
        }
    }

    /// Notes a look, an export or a refusal before the answer leaves.
    #[boxed]
    pub async fn log_look(
        &self,
        actor: &Actor,
        act: &str,
        kind: &str,
        id: &str,
        moment: &Moment,
    ) -> Result<(), Refusal> {
        let entry = self.note(actor, moment, act, kind, id, Map::new());
        self.keeper.commit(Commit { entries: vec![entry], ..Commit::default() }).await?;
        Ok(())
    }

    async fn name_record(
        &self,
        house: &House,
        actor: &Actor,
        kind: &RecordKind,
        record: &Record,
        names: &mut NameBook,
    ) -> Result<(), Refusal> {
        let mut wanted = references(&kind.fields, &record.cells);
        for field in &kind.fields {
            let Shape::Rows(row) = field.kind.shape() else { continue };
            let Some(row) = kind.rows.get(row) else { continue };
            for one in record.rows.get(&field.id).into_iter().flatten() {
                wanted.extend(references(&row.fields, &one.cells));
            }
        }
        wanted.push(("unit".to_owned(), record.text("unit").to_owned()));
        self.name_all(house, actor, wanted, names).await
    }

    /// Finds what these ids are called; one question a kind. What hides from the actor has no name.
    async fn name_all(
        &self,
        house: &House,
        actor: &Actor,
        wanted: Vec<(String, String)>,
        names: &mut NameBook,
    ) -> Result<(), Refusal> {
        let units = self.units();
        let mut by_kind: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (kind, id) in wanted {
            if names.knows(&kind, &id) {
                continue;
            }
            if kind == "unit" {
                let name = units.long_name(&id);
                names.learn(&kind, id, name);
            } else {
                by_kind.entry(kind).or_default().insert(id);
            }
        }
        for (kind, ids) in by_kind {
            let Some(found) = house.kind(&kind) else { continue };
            let at_most = u32::try_from(ids.len()).unwrap_or(u32::MAX);
            let ids = ids.into_iter().map(Cell::Text).collect();
            let mut columns = vec!["id", "title"];
            columns.extend(found.merges().then_some(MERGED_INTO));
            let select = Select::from(&kind, &columns)
                .filter(Filter::In(Term::Column("id".to_owned()), ids))
                .filter(shown(house, actor, found))
                .limit(at_most);
            for row in self.keeper.find(&select).await? {
                let mut row = row.into_iter();
                let (Some(Cell::Text(id)), Some(Cell::Text(title))) = (row.next(), row.next())
                else {
                    continue;
                };
                let title = match row.next() {
                    Some(Cell::Text(into)) => self.title_of(found, &into).await?.unwrap_or(title),
                    _ => title,
                };
                names.learn(&kind, id, title);
            }
        }
        Ok(())
    }

    /// What the record that remains in place of this one is called.
    async fn title_of(&self, kind: &RecordKind, id: &str) -> Result<Option<String>, Refusal> {
        let id = self.remaining_id(kind, id).await?;
        let one = Filter::equal("id", id.as_str());
        let rows =
            self.keeper.find(&Select::from(&kind.id, &["title"]).filter(one).limit(1)).await?;
        Ok(rows.first().and_then(|row| row.first()?.as_text().map(str::to_owned)))
    }

    async fn name_account(&self, id: &str, names: &mut NameBook) -> Result<(), Refusal> {
        let name = self.account_name(id).await?;
        names.learn("account", id.to_owned(), name);
        Ok(())
    }

    /// What the records these cells refer to are called.
    #[boxed]
    pub async fn names_of(
        &self,
        actor: &Actor,
        wanted: Vec<(String, String)>,
    ) -> Result<NameBook, Refusal> {
        let mut names = NameBook::default();
        self.name_all(&self.house(), actor, wanted, &mut names).await?;
        Ok(names)
    }
}

/// The archive is shared: whoever has a right to see any of it may find in it.
pub(crate) fn scope_archive(actor: &Actor, kind: &RecordKind) -> Filter {
    match crate::access::reach(actor, &kind.permissions, Right::See) {
        Some(_) if is_archive(kind) => Filter::Everything,
        _ => Filter::Nothing,
    }
}

fn holds_secrets(kind: &RecordKind, record: &Record) -> bool {
    let has = |fields: &engine::definition::Fields, cells: &Cells| {
        fields
            .iter()
            .any(|f| f.class == Class::Sensitive && cells.get(&f.id).is_some_and(|c| !c.is_null()))
    };
    has(&kind.fields, &record.cells)
        || kind.fields.iter().any(|field| match field.kind.shape() {
            Shape::Rows(row) => kind.rows.get(row).is_some_and(|row| {
                let rows = record.rows.get(&field.id).into_iter().flatten();
                rows.into_iter().any(|r| has(&row.fields, &r.cells))
            }),
            _ => false,
        })
}

/// The actions the actor may do in the record's state.
pub fn possible(actor: &Actor, kind: &RecordKind, record: &Record) -> Vec<Action> {
    let can = kind.state(record.state()).map_or(&[][..], |s| &s.can);
    can.iter()
        .filter_map(|id| kind.action(id))
        .filter(|a| !a.pushed_only && (actor.is_house() || a.by.contains(&actor.role)))
        .filter(|_| acts_on(actor, record))
        .cloned()
        .collect()
}

/// What these cells refer to: kind and id.
pub fn references(fields: &engine::definition::Fields, cells: &Cells) -> Vec<(String, String)> {
    fields
        .iter()
        .filter_map(|field| {
            let kind = match field.kind.shape() {
                Shape::Reference(kind) => kind,
                Shape::Unit(_) => "unit",
                Shape::Account => "account",
                _ => return None,
            };
            match cells.get(&field.id) {
                Some(Cell::Text(id)) => Some((kind.to_owned(), id.clone())),
                _ => None,
            }
        })
        .collect()
}

impl Desk {
    /// Hash of the log entry that left the record as it is: what a printed paper is checked by.
    #[boxed]
    pub async fn proof(&self, record: &Record) -> Result<String, Refusal> {
        let select = Select::from("log", &["hash"])
            .filter(
                Filter::equal("county", record.county())
                    .and(Filter::equal("kind", record.kind.as_str()))
                    .and(Filter::equal("record", record.id()))
                    .and(Filter::equal("version", record.version())),
            )
            .order(vec![Sort::down("seq")])
            .limit(1);
        let rows = self.keeper.find(&select).await?;
        let hash = rows.first().and_then(|r| r.first()).and_then(Cell::as_text);
        Ok(hash.unwrap_or_default().to_owned())
    }
}
