//! Finding: people and bodies in the archives, what concerns somebody, what a field may refer to.

use super::{list::ALWAYS, scope_archive};
use crate::boxed;
use crate::{
    Actor, Desk, Refusal,
    access::{Right, scope},
    ops::{is_archive, registered},
    rows::cells,
};
use engine::{
    check,
    definition::{Field, RecordKind},
    kind::Shape,
    query::{Cell, Comparison, Filter, Select, Sort, Term},
    record::Record,
};
use std::sync::Arc;

/// Records to choose among: id and title.
pub type Choices = Arc<[(String, String)]>;

/// A role that a person has in some record.
#[derive(Clone, Debug)]
pub struct Involvement {
    /// Kind of the record.
    pub kind: Arc<RecordKind>,
    /// What every record has; nothing of its fields.
    pub record: Record,
    /// How the person is concerned: the field's or the row's name.
    pub label: String,
}

impl Desk {
    /// Records whose title has the words, or that concern a person with that number.
    pub(super) async fn words_filter(&self, kind: &RecordKind, q: &str) -> Result<Filter, Refusal> {
        let title = Filter::Contains(Term::Column("title".to_owned()), q.to_owned());
        let mut any = vec![title];
        for numbering in &kind.numbers {
            any.push(Filter::equal(&numbering.field, q));
        }
        if q.chars().filter(char::is_ascii_digit).count() >= 7 {
            let house = self.house();
            let mut ids: Vec<Cell> = Vec::new();
            for (archive, id) in self.people_by_number(q).await? {
                let Some(archive) = house.kind(&archive) else { continue };
                ids.extend(self.family(archive, vec![id]).await?.into_iter().map(Cell::Text));
            }
            if !ids.is_empty() {
                any.extend(person_filters(kind, &ids));
            }
        }
        Ok(Filter::Any(any))
    }

    /// Archive records with this id number, telephone or code: kind and id.
    pub(crate) async fn people_by_number(&self, q: &str) -> Result<Vec<(String, String)>, Refusal> {
        let house = self.house();
        let normal = check::text::compact(&check::text::half_width(q)).to_uppercase();
        let mut found = Vec::new();
        for kind in house.kinds.values().filter(|k| is_archive(k)) {
            for (field, _) in registered(kind) {
                for id in self.find_registered(kind, &field, &normal, 20).await? {
                    found.push((kind.id.clone(), id));
                }
            }
        }
        Ok(found)
    }

    /// The counties looked into, one by one: so the index of each county is used. Nothing is
    /// widened or narrowed by it; the scope does that.
    pub(crate) fn in_counties(&self, actor: &Actor, everywhere: bool) -> Filter {
        use crate::units::Level;
        if !everywhere && actor.unit.level >= Level::County && !actor.is_house() {
            return Filter::Everything;
        }
        let units = self.units();
        let counties = units
            .all()
            .iter()
            .filter(|u| u.code == u.county && (everywhere || u.path.starts_with(&actor.unit.path)));
        let codes = counties.map(|u| Cell::from(u.code.as_str())).collect();
        Filter::In(Term::Column("county".to_owned()), codes)
    }

    /// Archive records that may be meant: by number, by telephone, by name. With `whole` the
    /// numbers stay masked but the rest is there to be taken over.
    #[boxed]
    pub async fn match_archive(
        &self,
        actor: &Actor,
        kind: &str,
        hints: &[(String, String)],
    ) -> Result<Vec<Record>, Refusal> {
        let house = self.house();
        let kind = house.kind(kind).cloned().ok_or(Refusal::NotFound("这种档案".to_owned()))?;
        if scope_archive(actor, &kind) == Filter::Nothing {
            return Err(Refusal::forbidden(format!("您的身份不能查找{}", kind.label)));
        }
        let mut ids = Vec::new();
        for (field, _) in registered(&kind) {
            let Some((_, text)) = hints.iter().find(|(f, t)| *f == field && !t.is_empty()) else {
                continue;
            };
            let normal = check::text::compact(&check::text::half_width(text)).to_uppercase();
            ids.extend(self.find_registered(&kind, &field, &normal, 10).await?);
        }
        let title = kind.title.iter().find_map(|part| match part {
            engine::definition::TitlePart::Field(field) => Some(field.as_str()),
            _ => None,
        });
        let name = hints.iter().find(|(f, _)| Some(f.as_str()) == title).map(|(_, n)| n.trim());
        if let Some(name) = name.filter(|n| n.chars().count() >= 2 && ids.is_empty()) {
            let select = Select::from(&kind.id, &["id"])
                .filter(self.in_counties(actor, true))
                .filter(Filter::StartsWith(Term::Column("title".to_owned()), name.to_owned()))
                .limit(10);
            let rows = self.keeper.find(&select).await?;
            ids.extend(rows.iter().filter_map(|r| r.first()?.as_text().map(str::to_owned)));
        }
        let ids = self.remaining_ids(&kind, ids).await?;
        let mut records = Vec::new();
        for id in ids.into_iter().take(10) {
            records.extend(self.load(&kind, &id).await?);
        }
        Ok(records)
    }

    /// Everything that concerns a person (or body), as far as the actor may see it.
    #[boxed]
    pub async fn involvements(
        &self,
        actor: &Actor,
        archive: &str,
        id: &str,
    ) -> Result<Vec<Involvement>, Refusal> {
        let house = self.house();
        let mut found = Vec::new();
        let Some(archives) = house.kind(archive) else { return Ok(found) };
        let ids: Vec<Cell> =
            self.family(archives, vec![id.to_owned()]).await?.into_iter().map(Cell::Text).collect();
        for kind in house.kinds.values() {
            let scope = scope(&house, actor, kind, Right::See);
            if scope == Filter::Nothing {
                continue;
            }
            for Concern { label, table, takes, column } in involved(kind, archive) {
                // First by the person alone: asked together with the scope, SQLite may take an
                // index of the county instead and look at every record in it.
                let there = self.concerned(&table, takes, &column, &ids).await?;
                let Some(there) = there else { continue };
                let filter = scope.clone().and(there);
                let select = Select::from(&kind.id, &ALWAYS).filter(filter).limit(100);
                for row in self.keeper.find(&select).await? {
                    let cells = cells(&select.columns, row);
                    let record = Record { kind: kind.id.clone(), cells, ..Record::default() };
                    found.push(Involvement {
                        kind: Arc::clone(kind),
                        record,
                        label: label.clone(),
                    });
                }
            }
        }
        found.sort_by_key(|i| std::cmp::Reverse(i.record.int("created_at")));
        Ok(found)
    }

    /// The records that rows of `table` with this person are, or hang on, whichever record of the
    /// person they name; `None` if there are none.
    async fn concerned(
        &self,
        table: &str,
        takes: &str,
        column: &str,
        ids: &[Cell],
    ) -> Result<Option<Filter>, Refusal> {
        let names = Filter::In(Term::Column(column.to_owned()), ids.to_vec());
        let select = Select::from(table, &[takes]).filter(names).limit(200);
        let rows = self.keeper.find(&select).await?;
        let ids: Vec<Cell> = rows.into_iter().filter_map(|r| r.into_iter().next()).collect();
        Ok((!ids.is_empty()).then(|| Filter::In(Term::Column("id".to_owned()), ids)))
    }

    /// Records of the kind a field refers to that may stand in a filter: id and title. They are
    /// kept until one of the kind changes, because they stand on every page of a list.
    #[boxed]
    pub async fn filter_choices(
        &self,
        actor: &Actor,
        field: &Field,
        limit: u32,
    ) -> Result<Choices, Refusal> {
        let Shape::Reference(kind) = field.kind.shape() else { return Ok(Choices::default()) };
        let question = format!("{}|{kind}|{limit}", self.asked_by(actor));
        let revision = self.revision_of(kind);
        if let Some(known) = self.chosen.get(&question, revision) {
            return Ok(known);
        }
        let any = Field { only: None, ..field.clone() };
        let found: Choices = self.choices(actor, &any, "", limit).await?.into();
        self.chosen.keep(question, revision, &found);
        Ok(found)
    }

    /// What a kind's records and those they hide with are at.
    fn revision_of(&self, kind: &str) -> Option<u64> {
        let house = self.house();
        let mut revision = self.keeper.revision(kind)?;
        let mut at = house.kind(kind);
        while let Some(attached) = at.and_then(|kind| kind.attached.as_ref()) {
            revision += self.keeper.revision(&attached.kind)?;
            at = house.kind(&attached.kind).filter(|above| above.id != kind);
        }
        Some(revision)
    }

    /// Records that a field may refer to, for choosing, unit by unit: id and title.
    #[boxed]
    pub async fn choices(
        &self,
        actor: &Actor,
        field: &Field,
        q: &str,
        limit: u32,
    ) -> Result<Vec<(String, String)>, Refusal> {
        let Some(mut select) = self.choosable(actor, field) else { return Ok(Vec::new()) };
        if !q.is_empty() {
            select =
                select.filter(Filter::Contains(Term::Column("title".to_owned()), q.to_owned()));
        }
        // An index begins with these, however far the right reaches.
        let order = vec![Sort::up("county"), Sort::up("path"), Sort::up("id")];
        self.titled(select.order(order).limit(limit)).await
    }

    /// The newest records of the actor's own unit (from the county up: of all below it) that a field
    /// may refer to: those that are mostly meant where there are too many to offer all.
    #[boxed]
    pub async fn newest_choices(
        &self,
        actor: &Actor,
        field: &Field,
        limit: u32,
    ) -> Result<Vec<(String, String)>, Refusal> {
        let Some(mut select) = self.choosable(actor, field) else { return Ok(Vec::new()) };
        if actor.unit.level > crate::units::Level::County {
            let own = Filter::equal("county", actor.unit.county.as_str());
            select = select.filter(own.and(Filter::equal("path", actor.unit.path.as_str())));
        }
        self.titled(select.order(vec![Sort::down("id")]).limit(limit)).await
    }

    /// What a field may refer to, as far as the actor sees it; `None` if it refers to nothing.
    fn choosable(&self, actor: &Actor, field: &Field) -> Option<Select> {
        let house = self.house();
        let Shape::Reference(kind) = field.kind.shape() else { return None };
        let kind = house.kind(kind)?;
        let mut filter = scope(&house, actor, kind, Right::See);
        if let Some(only) = &field.only {
            filter = filter.and(only.filter.clone());
        }
        Some(Select::from(&kind.id, &["id", "title"]).filter(filter))
    }

    async fn titled(&self, select: Select) -> Result<Vec<(String, String)>, Refusal> {
        let rows = self.keeper.find(&select).await?;
        let titled = rows.into_iter().filter_map(|row| match row.as_slice() {
            [Cell::Text(id), Cell::Text(title)] => Some((id.clone(), title.clone())),
            _ => None,
        });
        Ok(titled.collect())
    }
}

/// Where a record of a kind may refer to an archive record.
struct Concern {
    label: String,
    table: String,
    /// The column that holds the record's id.
    takes: &'static str,
    column: String,
}

/// Fields of the record and of its rows that may refer to the archive record.
fn involved(kind: &RecordKind, archive: &str) -> Vec<Concern> {
    let mut found = Vec::new();
    for field in &kind.fields {
        match field.kind.shape() {
            Shape::Reference(target) if target == archive => {
                found.push(Concern {
                    label: kind.label.clone(),
                    table: kind.id.clone(),
                    takes: "id",
                    column: field.id.clone(),
                });
            }
            Shape::Rows(row) => {
                let Some(row) = kind.rows.get(row) else { continue };
                let refers =
                    |f: &&Field| matches!(f.kind.shape(), Shape::Reference(t) if t == archive);
                for inner in row.fields.iter().filter(refers) {
                    found.push(Concern {
                        label: row.label.clone(),
                        table: kind.row_table(&field.id),
                        takes: "parent",
                        column: inner.id.clone(),
                    });
                }
            }
            _ => {}
        }
    }
    found
}

fn person_filters(kind: &RecordKind, ids: &[Cell]) -> Vec<Filter> {
    let mut filters = Vec::new();
    for field in &kind.fields {
        match field.kind.shape() {
            Shape::Reference(engine::kind::PERSON | engine::kind::BODY) => {
                filters.push(Filter::In(Term::Column(field.id.clone()), ids.to_vec()));
            }
            Shape::Rows(row) => {
                let Some(row) = kind.rows.get(row) else { continue };
                for inner in &row.fields {
                    if let Shape::Reference(engine::kind::PERSON | engine::kind::BODY) =
                        inner.kind.shape()
                    {
                        let column = Term::Column(inner.id.clone());
                        let count = Term::Count {
                            rows: kind.row_table(&field.id).into(),
                            filter: Box::new(Filter::In(column, ids.to_vec())),
                        };
                        filters.push(Filter::Compare(
                            count,
                            Comparison::Greater,
                            Term::Value(Cell::Int(0)),
                        ));
                    }
                }
            }
            _ => {}
        }
    }
    filters
}

impl Desk {
    /// A record of a shared archive, for whoever may find in it: to be shown masked, as a choice
    /// already made. It leaves no log entry, because nothing that identifies anybody is to be shown
    /// from it. `None` if there is none, or if the kind is no archive.
    #[boxed]
    pub async fn archive(
        &self,
        actor: &Actor,
        kind: &str,
        id: &str,
    ) -> Result<Option<Record>, Refusal> {
        let house = self.house();
        let Some(kind) = house.kind(kind) else { return Ok(None) };
        if scope_archive(actor, kind) == Filter::Nothing {
            return Ok(None);
        }
        self.load_remaining(kind, id).await
    }
}
