//! Enter once: what a record says of a person or body is found in the shared archive, or, if it is
//! not there yet, put there in the same commit. The same person is never made twice silently.
//!
//! It knows no business: a field that refers to an archive (a kind with a value unique over the
//! whole house), and fields beside it that are 取自 it, are all it looks at.

use crate::{
    Actor, Desk, Refusal,
    access::holds_unit,
    ask::references,
    ops::{is_archive, registered},
};
use engine::{
    definition::{Field, Fields, House, RecordKind},
    kind::{Cells, Shape},
    problem::Problem,
    query::{Cell, Filter, Select},
    record::{self, Act, Links, Moment, Read, Record, View},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// A new archive record that an act brings along.
#[derive(Debug)]
pub struct NewArchive {
    /// Its kind.
    pub kind: Arc<RecordKind>,
    /// The record before (facts are added to it) or `None` (it is new).
    pub before: Option<Record>,
    /// The record.
    pub record: Record,
}

/// The archives that an act concerns.
#[derive(Debug, Default)]
pub struct Settled {
    /// New ones, to be kept along.
    pub new: Vec<NewArchive>,
    /// Those that were there, by kind and id; in place of a merged one, what remains of it.
    pub known: BTreeMap<(String, String), Cells>,
    /// What the record referred to before.
    referred: BTreeSet<String>,
}

/// Ids of everything that the record as it is kept refers to.
fn referred(kind: &RecordKind, before: Option<&Record>) -> BTreeSet<String> {
    let Some(before) = before else { return BTreeSet::new() };
    let mut found = references(&kind.fields, &before.cells);
    for field in &kind.fields {
        let Shape::Rows(row) = field.kind.shape() else { continue };
        let Some(row) = kind.rows.get(row) else { continue };
        let rows = before.rows.get(&field.id).into_iter().flatten();
        found.extend(rows.flat_map(|one| references(&row.fields, &one.cells)));
    }
    found.into_iter().map(|(_, id)| id).collect()
}

/// What a row or record says of an archive it refers to.
struct Said<'a> {
    /// The referring field.
    field: &'a str,
    kind: Arc<RecordKind>,
    /// Facts by the archive's field: value, and the field here that says it.
    facts: Vec<(String, Cell, String)>,
}

fn said<'a>(house: &House, fields: &'a Fields, cells: &Cells) -> Vec<Said<'a>> {
    let mut found = Vec::new();
    for field in fields {
        let Shape::Reference(kind) = field.kind.shape() else { continue };
        let Some(kind) = house.kind(kind).filter(|k| is_archive(k)) else { continue };
        if !concerns(field, fields, cells) {
            continue;
        }
        let mut facts = Vec::new();
        for other in fields {
            for (source, target) in &other.taken_from {
                if *source == field.id
                    && let Some(cell) = cells.get(&other.id).filter(|c| !c.is_null())
                {
                    facts.push((target.clone(), cell.clone(), other.id.clone()));
                }
            }
        }
        found.push(Said { field: &field.id, kind: Arc::clone(kind), facts });
    }
    found
}

/// Whether the field is one of those shown for what is typed: a natural person is no body.
fn concerns(field: &Field, fields: &Fields, cells: &Cells) -> bool {
    let Some(show) = &field.show else { return true };
    let mut seen = cells.clone();
    for other in fields.iter().filter(|f| !f.default.is_empty()) {
        seen.entry(other.id.clone()).or_insert_with(|| Cell::text(other.default.as_str()));
    }
    let links = Links::default();
    show.holds(&View::row(&seen, &links, jiff::civil::Date::ZERO)) == Some(true)
}

impl Desk {
    /// Settles the archives of everything read: fills referring fields, says what must be looked
    /// at, and gives the archive records to be kept along.
    pub(crate) async fn settle(
        &self,
        actor: &Actor,
        moment: &Moment,
        kind: &RecordKind,
        before: Option<&Record>,
        read: &mut Read,
    ) -> Result<Settled, Refusal> {
        let house = self.house();
        let mut new = Settled { referred: referred(kind, before), ..Settled::default() };
        let (mut cells, mut rows) =
            (std::mem::take(&mut read.cells), std::mem::take(&mut read.rows));
        self.settle_one(actor, moment, &house, &kind.fields, &mut cells, "", read, &mut new)
            .await?;
        for field in &kind.fields {
            let Shape::Rows(row) = field.kind.shape() else { continue };
            let Some(row) = kind.rows.get(row) else { continue };
            for (index, one) in rows.get_mut(&field.id).into_iter().flatten().enumerate() {
                let place = format!("{}.{index}", field.id);
                self.settle_one(
                    actor,
                    moment,
                    &house,
                    &row.fields,
                    &mut one.cells,
                    &place,
                    read,
                    &mut new,
                )
                .await?;
            }
        }
        (read.cells, read.rows) = (cells, rows);
        Ok(new)
    }

    #[allow(clippy::too_many_arguments)]
    async fn settle_one(
        &self,
        actor: &Actor,
        moment: &Moment,
        house: &House,
        fields: &Fields,
        cells: &mut Cells,
        place: &str,
        read: &mut Read,
        settled: &mut Settled,
    ) -> Result<(), Refusal> {
        for said in said(house, fields, cells) {
            let known = cells.get(said.field).and_then(Cell::as_text).map(str::to_owned);
            let found = match &known {
                Some(id) => self.load_remaining(&said.kind, id).await?,
                None => self.find_sole(&said, &settled.new).await?,
            };
            if let Some(archive) = found {
                // What was referred to before stays as it was written, whatever it was merged into.
                let written = known.filter(|id| settled.referred.contains(id));
                let id = written.unwrap_or_else(|| archive.id().to_owned());
                cells.insert(said.field.to_owned(), Cell::from(id.as_str()));
                self.compare(&said, &archive, place, read);
                settled.known.insert((said.kind.id.clone(), id), archive.cells);
                continue;
            }
            if cells.get(said.field).is_some_and(|c| !c.is_null()) || said.facts.is_empty() {
                continue;
            }
            if let Some(made) = self.make(actor, moment, house, &said)? {
                self.warn_of_namesakes(actor, &said, &made.record, place, read).await?;
                cells.insert(said.field.to_owned(), Cell::from(made.record.id()));
                settled.new.push(made);
            }
        }
        Ok(())
    }

    /// The archive record that has the sole number said here, kept or about to be.
    async fn find_sole(
        &self,
        said: &Said<'_>,
        new: &[NewArchive],
    ) -> Result<Option<Record>, Refusal> {
        for (field, sole) in registered(&said.kind) {
            let text =
                said.facts.iter().find(|(t, _, _)| *t == field).and_then(|(_, c, _)| c.as_text());
            let (true, Some(text)) = (sole, text) else { continue };
            let made =
                new.iter().find(|n| n.kind.id == said.kind.id && n.record.text(&field) == text);
            if let Some(made) = made {
                return Ok(Some(made.record.clone()));
            }
            let ids = self.find_registered(&said.kind, &field, text, 1).await?;
            if let Some(id) = ids.first() {
                return self.load(&said.kind, id).await;
            }
        }
        Ok(None)
    }

    /// Ids of archive records with this value of a registered field; of merged ones, those that
    /// remain.
    pub(crate) async fn find_registered(
        &self,
        kind: &RecordKind,
        field: &str,
        text: &str,
        limit: u32,
    ) -> Result<Vec<String>, Refusal> {
        let select = Select::from("registry", &["record"])
            .filter(
                Filter::equal("kind", kind.id.as_str())
                    .and(Filter::equal("field", field))
                    .and(Filter::equal("hash", self.index(kind, field, text))),
            )
            .limit(limit);
        let rows = self.keeper.find(&select).await?;
        let ids = rows.iter().filter_map(|r| r.first()?.as_text().map(str::to_owned)).collect();
        self.remaining_ids(kind, ids).await
    }

    /// Warns where what was typed differs from the archive in what the archive is called by.
    fn compare(&self, said: &Said<'_>, archive: &Record, place: &str, read: &mut Read) {
        let title_fields = said.kind.title.iter().filter_map(|part| match part {
            engine::definition::TitlePart::Field(id) => Some(id),
            _ => None,
        });
        for title in title_fields {
            let Some((_, Cell::Text(typed), at)) = said.facts.iter().find(|(t, _, _)| t == title)
            else {
                continue;
            };
            let kept = archive.text(title);
            if kept != typed {
                let message = format!(
                    "档案中这个证件号码属于“{kept}”，这里填的是“{typed}”，请核对是否同一人"
                );
                read.problems
                    .push(Problem::warning("archive_name_differs", message).at(at).at(place));
            }
        }
    }

    /// A new archive record out of what is said, if that is enough to know it again by.
    fn make(
        &self,
        actor: &Actor,
        moment: &Moment,
        house: &House,
        said: &Said<'_>,
    ) -> Result<Option<NewArchive>, Refusal> {
        let known_by = registered(&said.kind);
        let knowable = known_by.iter().any(|(f, _)| said.facts.iter().any(|(t, _, _)| t == f));
        if !knowable {
            return Ok(None);
        }
        let mut start = self.start(actor, moment);
        start.kind = said.kind.id.clone();
        let facts = said.facts.iter().map(|(field, cell, _)| (field.clone(), cell.clone()));
        let read = Read { cells: facts.collect(), ..Read::default() };
        let links = Links::default();
        let act = Act { house, kind: &said.kind, links: &links, moment };
        let decision = record::create(act, start, read);
        if decision.errors().next().is_some() {
            return Ok(None);
        }
        let kind = Arc::clone(&said.kind);
        Ok(Some(NewArchive { kind, before: None, record: decision.record }))
    }

    /// A record's beginning: where and by whom it is kept.
    pub(crate) fn start(&self, actor: &Actor, moment: &Moment) -> Record {
        let mut start = Record::default();
        start.set("id", self.chance.id(moment.at));
        start.set("unit", actor.unit.code.as_str());
        start.set("path", actor.unit.path.as_str());
        start.set("county", actor.unit.county.as_str());
        debug_assert!(holds_unit(actor, &actor.unit));
        start
    }

    /// Warns of archive records that may be the same: same name, and no sole number to tell.
    async fn warn_of_namesakes(
        &self,
        actor: &Actor,
        said: &Said<'_>,
        made: &Record,
        place: &str,
        read: &mut Read,
    ) -> Result<(), Refusal> {
        let has_sole =
            registered(&said.kind).iter().any(|(f, sole)| *sole && !made.text(f).is_empty());
        if has_sole {
            return Ok(());
        }
        let select = Select::from(&said.kind.id, &["id"])
            .filter(self.in_counties(actor, true))
            .filter(Filter::equal("title", made.text("title")))
            .limit(5);
        let rows = self.keeper.find(&select).await?;
        let ids = rows.iter().filter_map(|r| r.first()?.as_text().map(str::to_owned)).collect();
        let namesakes = self.remaining_ids(&said.kind, ids).await?.len();
        if namesakes > 0 {
            let message = format!(
                "档案中已有{namesakes}个“{}”，请先查找档案；确实不是同一人的再继续",
                made.text("title")
            );
            let at = said.facts.first().map_or("", |(_, _, at)| at);
            read.problems.push(Problem::warning("archive_maybe_known", message).at(at).at(place));
        }
        Ok(())
    }
}
