//! Questions: the one way things are read. Each begins with the actor and gets its scope from
//! `access`; what comes back holds values that are still to be shown through [`Class`].

use crate::{
    Actor, Desk, Refusal,
    access::{Right, covers, scope, sees, subtree},
    ops::{is_archive, registered},
    rows::{cells, columns},
};
use engine::{
    check,
    definition::{Action, Class, Field, House, List, RecordKind},
    kind::{Cells, Names, Shape},
    query::{Cell, Comparison, Filter, Select, Sort, Term},
    record::{Limit, Links, Moment, Read, Record, limits},
};
use serde_json::{Map, Value as Json};
use std::{collections::BTreeMap, sync::Arc};
use store::seam::{Commit, Row};

/// Names of records, units and accounts, brought together for one answer.
#[derive(Clone, Debug, Default)]
pub struct NameBook(BTreeMap<(String, String), String>);

impl Names for NameBook {
    fn name(&self, kind: &str, id: &str) -> Option<String> {
        self.0.get(&(kind.to_owned(), id.to_owned())).cloned()
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
    /// Its time limits.
    pub limits: Vec<Limit>,
    /// Records attached to it: kind, records.
    pub attached: Vec<(Arc<RecordKind>, Vec<Record>)>,
}

/// A question for a list.
#[derive(Clone, Debug, Default)]
pub struct ListAsk {
    /// Kind of record.
    pub kind: String,
    /// List of the definition; empty: the first.
    pub list: String,
    /// Only of this unit and below.
    pub unit: String,
    /// Only in this state.
    pub state: String,
    /// Field filters: a code (with those below it), an id, a text, or `from..to` for dates and
    /// numbers.
    pub filters: Vec<(String, String)>,
    /// Words of the title, or an id number or telephone of a person concerned.
    pub q: String,
    /// Order other than the list's: field, greatest first.
    pub sort: Option<(String, bool)>,
    /// Where the last page ended.
    pub after: String,
    /// At most so many (1 to 200; 0: 20).
    pub limit: u32,
    /// Only records behind a figure.
    pub figure: Option<crate::report::FigureAsk>,
    /// All columns instead of those of the list.
    pub whole: bool,
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct ListAnswer {
    /// The kind.
    pub kind: Arc<RecordKind>,
    /// Columns shown.
    pub columns: Vec<String>,
    /// Records without their rows.
    pub records: Vec<Record>,
    /// Names of what they refer to.
    pub names: NameBook,
    /// Where the next page starts; empty at the end.
    pub next: String,
    /// Order in force: column, greatest first.
    pub sort: (String, bool),
    /// Highest class of fields shown unmasked.
    pub sees: Class,
}

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
    /// How it was worked out.
    pub words: String,
    /// Unit that keeps the record.
    pub unit: String,
}

/// Something found by the search box.
#[derive(Clone, Debug)]
pub struct Hit {
    /// Kind of record.
    pub kind: String,
    /// The record.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// A line that tells it from others, masked.
    pub note: String,
}

/// A role that a person has in some record.
#[derive(Clone, Debug)]
pub struct Involvement {
    /// Kind of the record.
    pub kind: Arc<RecordKind>,
    /// The record without rows.
    pub record: Record,
    /// How the person is concerned: the field's or the row's name.
    pub label: String,
}

impl Desk {
    /// One record, whole. A look at what identifies people gets its log entry first.
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
        let record = self.load(&kind, id).await?.ok_or_else(missing)?;
        let covered = covers(actor, &kind, &record, Right::See);
        // A shared archive may be looked at by everybody who works with it, but what identifies
        // and reaches people stays masked outside one's own records.
        if !covered && scope_archive(actor, &kind) == Filter::Nothing {
            return Err(self.refuse_look(actor, &kind, id, moment).await);
        }
        let sees = if covered { sees(actor, &kind, &record) } else { Class::Plain };
        if sees == Class::Sensitive && holds_secrets(&kind, &record) {
            self.log_look(actor, "read", &kind.id, id, moment).await?;
        }
        let read = Read::default();
        let links = self.links(&house, &kind, Some(&record), &read).await?;
        let mut names = NameBook::default();
        self.name_record(&house, &kind, &record, &mut names).await?;
        self.name_account(record.text("created_by"), &mut names).await?;
        let mut attached = Vec::new();
        for other in house.attached_to(&kind.id) {
            let mut records = Vec::new();
            for cells in links.attached.get(&other.id).into_iter().flatten() {
                let mut one = Record { kind: other.id.clone(), cells: cells.clone(), ..Record::default() };
                self.sealer.open_cells(&other.layout.sealed, &mut one.cells);
                records.push(one);
            }
            records.sort_by_key(|r| std::cmp::Reverse(r.int("created_at")));
            for one in &records {
                self.name_record(&house, other, one, &mut names).await?;
            }
            attached.push((Arc::clone(other), records));
        }
        let limits = limits(&house, &kind, &record, &links, moment.today);
        let actions = possible(actor, &kind, &record);
        let last = kind.state(record.state()).is_some_and(|s| s.last);
        let may_change = !last && covers(actor, &kind, &record, Right::Change);
        Ok(RecordAnswer { kind, record, links, names, sees, actions, may_change, limits, attached })
    }

    async fn refuse_look(
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
        self.name_all(house, wanted, names).await
    }

    /// Finds what these ids are called; one question a kind.
    async fn name_all(
        &self,
        house: &House,
        wanted: Vec<(String, String)>,
        names: &mut NameBook,
    ) -> Result<(), Refusal> {
        let mut by_kind: BTreeMap<String, Vec<Cell>> = BTreeMap::new();
        for (kind, id) in wanted {
            if kind == "unit" {
                let name = self.units().long_name(&id);
                names.0.insert((kind, id), name);
            } else if !names.0.contains_key(&(kind.clone(), id.clone())) {
                let ids = by_kind.entry(kind).or_default();
                let cell = Cell::from(id);
                if !ids.contains(&cell) {
                    ids.push(cell);
                }
            }
        }
        for (kind, ids) in by_kind {
            if house.kind(&kind).is_none() {
                continue;
            }
            let select = Select::from(&kind, &["id", "title"])
                .filter(Filter::In(Term::Column("id".to_owned()), ids))
                .limit(1_000);
            for row in self.keeper.find(&select).await? {
                if let [Cell::Text(id), Cell::Text(title)] = row.as_slice() {
                    names.0.insert((kind.clone(), id.clone()), title.clone());
                }
            }
        }
        Ok(())
    }

    async fn name_account(&self, id: &str, names: &mut NameBook) -> Result<(), Refusal> {
        let name = self.account_name(id).await?;
        names.0.insert(("account".to_owned(), id.to_owned()), name);
        Ok(())
    }

    /// A page of a list.
    pub async fn list(&self, actor: &Actor, ask: &ListAsk) -> Result<ListAnswer, Refusal> {
        let house = self.house();
        let kind =
            house.kind(&ask.kind).cloned().ok_or(Refusal::NotFound("这种档案".to_owned()))?;
        let list = kind.lists.iter().find(|l| l.id == ask.list).or(kind.lists.first());
        let shown = shown_columns(&kind, list, ask.whole);
        let select = self.list_select(actor, &house, &kind, list, ask, &shown).await?;
        let sort = (select.order[0].column.clone(), select.order[0].descending);
        let mut rows = self.keeper.find(&select).await?;
        let limit = select.limit as usize - 1;
        let next = if rows.len() > limit {
            rows.truncate(limit);
            rows.last().map(|row| cursor(&select, row)).unwrap_or_default()
        } else {
            String::new()
        };
        let mut names = NameBook::default();
        let mut records = Vec::with_capacity(rows.len());
        let mut wanted = Vec::new();
        for row in rows {
            let mut cells = cells(&select.columns, row);
            self.sealer.open_cells(&kind.layout.sealed, &mut cells);
            wanted.extend(references(&kind.fields, &cells));
            if let Some(Cell::Text(unit)) = cells.get("unit") {
                wanted.push(("unit".to_owned(), unit.clone()));
            }
            records.push(Record { kind: kind.id.clone(), cells, ..Record::default() });
        }
        self.name_all(&house, wanted, &mut names).await?;
        let sees = match crate::access::reach(actor, &kind.permissions, Right::Secret) {
            // In a list everybody's numbers stand together: masked but for the record's own page.
            _ if actor.unit.level < crate::units::Level::County => Class::Plain,
            Some(_) | None => Class::Contact,
        };
        Ok(ListAnswer { kind, columns: shown, records, names, next, sort, sees })
    }

    /// How many records the list has, counting no further than `at_most`.
    pub async fn count(&self, actor: &Actor, ask: &ListAsk, at_most: u32) -> Result<u32, Refusal> {
        let house = self.house();
        let kind =
            house.kind(&ask.kind).cloned().ok_or(Refusal::NotFound("这种档案".to_owned()))?;
        let list = kind.lists.iter().find(|l| l.id == ask.list).or(kind.lists.first());
        let select = self.list_select(actor, &house, &kind, list, ask, &[]).await?;
        Ok(self.keeper.count(&kind.id, &select.filter, at_most).await?)
    }

    async fn list_select(
        &self,
        actor: &Actor,
        house: &House,
        kind: &RecordKind,
        list: Option<&List>,
        ask: &ListAsk,
        shown: &[String],
    ) -> Result<Select, Refusal> {
        let mut filter = scope(actor, kind, Right::See);
        if let Some(when) = list.and_then(|l| l.when.as_ref()) {
            filter = filter.and(when.filter.clone());
        }
        if !ask.unit.is_empty() {
            let units = self.units();
            let unit = units.get(&ask.unit).ok_or(Refusal::NotFound("这个单位".to_owned()))?;
            if !actor.unit.path.starts_with(&unit.path) {
                filter = filter.and(subtree(unit));
            }
        }
        if !ask.state.is_empty() {
            filter = filter.and(Filter::equal("state", ask.state.as_str()));
        }
        for (field, value) in &ask.filters {
            filter = filter.and(field_filter(house, kind, field, value)?);
        }
        if !ask.q.trim().is_empty() {
            filter = filter.and(self.words_filter(kind, ask.q.trim()).await?);
        }
        if let Some(figure) = &ask.figure {
            filter = filter.and(crate::report::figure_filter(house, kind, figure)?);
        }
        let (order, descending) = order(kind, list, ask)?;
        let mut select = Select {
            columns: system_and(shown, &order),
            ..Select::from(&kind.id, &[])
        }
        .filter(filter)
        .limit(limit(ask.limit) + 1);
        let step = |column: &str| Sort { column: column.to_owned(), descending };
        select.order = vec![step(&order), step("id")];
        if !ask.after.is_empty() {
            select.after = Some(read_cursor(&ask.after)?);
        }
        Ok(select)
    }

    /// Records whose title has the words, or that concern a person with that number.
    async fn words_filter(&self, kind: &RecordKind, q: &str) -> Result<Filter, Refusal> {
        let title = Filter::Contains(Term::Column("title".to_owned()), q.to_owned());
        let mut any = vec![title];
        for numbering in &kind.numbers {
            any.push(Filter::equal(&numbering.field, q));
        }
        if q.chars().filter(char::is_ascii_digit).count() >= 7 {
            let people = self.people_by_number(q).await?;
            let ids: Vec<Cell> = people.into_iter().map(|(_, id)| Cell::from(id)).collect();
            if !ids.is_empty() {
                any.extend(person_filters(kind, &ids));
            }
        }
        Ok(Filter::Any(any))
    }

    /// Archive records with this id number, telephone or code: kind and id.
    async fn people_by_number(&self, q: &str) -> Result<Vec<(String, String)>, Refusal> {
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

    /// What the search box finds: people and bodies by number, telephone or name; records by
    /// number or title.
    pub async fn search(&self, actor: &Actor, q: &str) -> Result<Vec<Hit>, Refusal> {
        let q = q.trim();
        if q.chars().count() < 2 || q.chars().count() > 60 {
            return Ok(Vec::new());
        }
        let house = self.house();
        let mut hits = Vec::new();
        for (kind, id) in self.people_by_number(q).await? {
            let Some(kind) = house.kind(&kind) else { continue };
            let filter = scope_archive(actor, kind).and(Filter::equal("id", id));
            hits.extend(self.hits(kind, filter, 1).await?);
        }
        for kind in house.kinds.values() {
            let archive = is_archive(kind);
            let by_title = Filter::StartsWith(Term::Column("title".to_owned()), q.to_owned());
            let mut any = vec![by_title];
            any.extend(kind.numbers.iter().map(|n| Filter::equal(&n.field, q)));
            let scope =
                if archive { scope_archive(actor, kind) } else { scope(actor, kind, Right::See) };
            if scope != Filter::Nothing {
                hits.extend(self.hits(kind, scope.and(Filter::Any(any)), 10).await?);
            }
        }
        hits.dedup_by(|a, b| a.kind == b.kind && a.id == b.id);
        hits.truncate(50);
        Ok(hits)
    }

    async fn hits(
        &self,
        kind: &Arc<RecordKind>,
        filter: Filter,
        limit: u32,
    ) -> Result<Vec<Hit>, Refusal> {
        let select = Select { columns: columns(kind), ..Select::from(&kind.id, &[]) }
            .filter(filter)
            .limit(limit);
        let mut hits = Vec::new();
        for row in self.keeper.find(&select).await? {
            let mut cells = cells(&select.columns, row);
            self.sealer.open_cells(&kind.layout.sealed, &mut cells);
            hits.push(self.hit(kind, cells));
        }
        Ok(hits)
    }

    fn hit(&self, kind: &Arc<RecordKind>, cells: Cells) -> Hit {
        let house = self.house();
        let names = NameBook::default();
        let cx = engine::kind::Showing { house: &house, names: &names };
        let known_by = registered(kind);
        let mut notes: Vec<String> = known_by
            .iter()
            .filter_map(|(f, _)| kind.fields.get(f))
            .map(|f| f.show(&cells, &cx, Class::Plain))
            .filter(|shown| !shown.is_empty())
            .collect();
        let record = Record { kind: kind.id.clone(), cells, ..Record::default() };
        if notes.is_empty() {
            notes.push(kind.state_label(record.state()).to_owned());
        }
        Hit {
            kind: kind.id.clone(),
            id: record.id().to_owned(),
            title: record.text("title").to_owned(),
            note: notes.join(" "),
        }
    }

    /// Archive records that may be meant: by number, by telephone, by name. With `whole` the
    /// numbers stay masked but the rest is there to be taken over.
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
                .filter(Filter::StartsWith(Term::Column("title".to_owned()), name.to_owned()))
                .limit(10);
            let rows = self.keeper.find(&select).await?;
            ids.extend(rows.iter().filter_map(|r| r.first()?.as_text().map(str::to_owned)));
        }
        ids.dedup();
        let mut records = Vec::new();
        for id in ids.into_iter().take(10) {
            records.extend(self.load(&kind, &id).await?);
        }
        Ok(records)
    }

    /// Everything that concerns a person (or body), as far as the actor may see it.
    pub async fn involvements(
        &self,
        actor: &Actor,
        archive: &str,
        id: &str,
    ) -> Result<Vec<Involvement>, Refusal> {
        let house = self.house();
        let mut found = Vec::new();
        for kind in house.kinds.values() {
            let scope = scope(actor, kind, Right::See);
            if scope == Filter::Nothing {
                continue;
            }
            for (label, filter) in involved(kind, archive, id) {
                let filter = match filter {
                    Concern::Field(filter) => filter,
                    Concern::Rows(table, column) => {
                        match self.parents(&table, &column, id).await? {
                            Some(filter) => filter,
                            None => continue,
                        }
                    }
                };
                let select = Select { columns: columns(kind), ..Select::from(&kind.id, &[]) }
                    .filter(scope.clone().and(filter))
                    .limit(100);
                for row in self.keeper.find(&select).await? {
                    let mut cells = cells(&select.columns, row);
                    self.sealer.open_cells(&kind.layout.sealed, &mut cells);
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

    async fn parents(
        &self,
        table: &str,
        column: &str,
        id: &str,
    ) -> Result<Option<Filter>, Refusal> {
        let select =
            Select::from(table, &["parent"]).filter(Filter::equal(column, id)).limit(200);
        let rows = self.keeper.find(&select).await?;
        let ids: Vec<Cell> = rows.into_iter().filter_map(|r| r.into_iter().next()).collect();
        Ok((!ids.is_empty()).then(|| Filter::In(Term::Column("id".to_owned()), ids)))
    }

    /// A record's log, oldest first.
    pub async fn log(
        &self,
        actor: &Actor,
        kind: &str,
        id: &str,
    ) -> Result<Vec<LogLine>, Refusal> {
        let house = self.house();
        let missing = || Refusal::NotFound("这份档案".to_owned());
        let kind = house.kind(kind).cloned().ok_or_else(missing)?;
        let record = self.load(&kind, id).await?.ok_or_else(missing)?;
        if !covers(actor, &kind, &record, Right::See) {
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
        self.log_lines(filter, limit.clamp(1, 1_000)).await
    }

    async fn log_lines(&self, filter: Filter, limit: u32) -> Result<Vec<LogLine>, Refusal> {
        const COLUMNS: [&str; 10] = [
            "seq", "at", "actor", "authority", "act", "kind", "record", "version", "body", "hash",
        ];
        let select = Select::from("log", &COLUMNS)
            .filter(filter)
            .order(vec![Sort::up("seq")])
            .limit(limit);
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
        let reach = match actor.unit.level {
            crate::units::Level::Village => engine::definition::Reach::Unit,
            _ => engine::definition::Reach::Subtree,
        };
        let kinds: Vec<Cell> = house
            .kinds
            .values()
            .filter(|k| crate::access::reach(actor, &k.permissions, Right::See).is_some())
            .map(|k| Cell::from(k.id.as_str()))
            .collect();
        const COLUMNS: [&str; 7] = ["kind", "record", "rule", "title", "due", "words", "unit"];
        let select = Select::from("deadline", &COLUMNS)
            .filter(
                crate::access::reach_filter(actor, reach)
                    .and(Filter::equal("done", 0))
                    .and(Filter::In(Term::Column("kind".to_owned()), kinds)),
            )
            .order(vec![Sort::up("due"), Sort::up("id")])
            .limit(limit.clamp(1, 500));
        let rows = self.keeper.find(&select).await?;
        Ok(rows.iter().filter_map(|row| task(&house, row)).collect())
    }

    /// How many limits run late, counting no further than 999.
    pub async fn late(&self, actor: &Actor, moment: &Moment) -> Result<u32, Refusal> {
        let reach = match actor.unit.level {
            crate::units::Level::Village => engine::definition::Reach::Unit,
            _ => engine::definition::Reach::Subtree,
        };
        let filter = crate::access::reach_filter(actor, reach)
            .and(Filter::equal("done", 0))
            .and(Filter::Compare(
                Term::Column("due".to_owned()),
                Comparison::Less,
                Term::Value(Cell::from(moment.today.to_string())),
            ));
        Ok(self.keeper.count("deadline", &filter, 999).await?)
    }

    /// Records that a field may refer to, for choosing: id and title.
    pub async fn choices(
        &self,
        actor: &Actor,
        field: &Field,
        q: &str,
        limit: u32,
    ) -> Result<Vec<(String, String)>, Refusal> {
        let house = self.house();
        let Shape::Reference(kind) = field.kind.shape() else { return Ok(Vec::new()) };
        let Some(kind) = house.kind(kind) else { return Ok(Vec::new()) };
        let mut filter = scope(actor, kind, Right::See);
        if let Some(only) = &field.only {
            filter = filter.and(only.filter.clone());
        }
        if !q.is_empty() {
            let words = Filter::Contains(Term::Column("title".to_owned()), q.to_owned());
            filter = filter.and(words);
        }
        let select = Select::from(&kind.id, &["id", "title"])
            .filter(filter)
            .order(vec![Sort::up("path"), Sort::up("id")])
            .limit(limit);
        let rows = self.keeper.find(&select).await?;
        Ok(rows
            .into_iter()
            .filter_map(|row| match row.as_slice() {
                [Cell::Text(id), Cell::Text(title)] => Some((id.clone(), title.clone())),
                _ => None,
            })
            .collect())
    }

    /// What the records these cells refer to are called.
    pub async fn names_of(&self, wanted: Vec<(String, String)>) -> Result<NameBook, Refusal> {
        let mut names = NameBook::default();
        self.name_all(&self.house(), wanted, &mut names).await?;
        Ok(names)
    }
}

/// The archive is shared: whoever has a right to see any of it may find in it.
fn scope_archive(actor: &Actor, kind: &RecordKind) -> Filter {
    match crate::access::reach(actor, &kind.permissions, Right::See) {
        Some(_) if is_archive(kind) => Filter::Everything,
        _ => Filter::Nothing,
    }
}

fn holds_secrets(kind: &RecordKind, record: &Record) -> bool {
    let has = |fields: &engine::definition::Fields, cells: &Cells| {
        fields.iter().any(|f| {
            f.class == Class::Sensitive && cells.get(&f.id).is_some_and(|c| !c.is_null())
        })
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
        .filter(|a| actor.is_house() || a.by.contains(&actor.role))
        .cloned()
        .collect()
}

/// What these cells refer to: kind and id.
pub fn references(
    fields: &engine::definition::Fields,
    cells: &Cells,
) -> Vec<(String, String)> {
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
        words: text(5).to_owned(),
        unit: text(6).to_owned(),
    })
}

enum Concern {
    Field(Filter),
    Rows(String, String),
}

/// Fields of the record and of its rows that may refer to the archive record.
fn involved(kind: &RecordKind, archive: &str, id: &str) -> Vec<(String, Concern)> {
    let mut found = Vec::new();
    for field in &kind.fields {
        match field.kind.shape() {
            Shape::Reference(target) if target == archive => {
                found.push((kind.label.clone(), Concern::Field(Filter::equal(&field.id, id))));
            }
            Shape::Rows(row) => {
                let Some(row) = kind.rows.get(row) else { continue };
                let refers =
                    |f: &&Field| matches!(f.kind.shape(), Shape::Reference(t) if t == archive);
                for inner in row.fields.iter().filter(refers) {
                    let table = kind.row_table(&field.id);
                    found.push((row.label.clone(), Concern::Rows(table, inner.id.clone())));
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
                            table: kind.row_table(&field.id),
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

/// Fields shown in a list: columns of the definition, or all.
fn shown_columns(kind: &RecordKind, list: Option<&List>, whole: bool) -> Vec<String> {
    if whole {
        let fields = kind.fields.iter().filter(|f| !matches!(f.kind.shape(), Shape::Rows(_)));
        return fields.map(|f| f.id.clone()).collect();
    }
    list.map_or_else(
        || vec!["title".to_owned(), "unit".to_owned(), "created_at".to_owned()],
        |list| list.columns.clone(),
    )
}

const ALWAYS: [&str; 9] = [
    "county", "id", "unit", "path", "state", "version", "title", "created_at", "created_by",
];

fn system_and(shown: &[String], order: &str) -> Vec<String> {
    let mut columns: Vec<String> = ALWAYS.iter().map(|&c| c.to_owned()).collect();
    for column in shown.iter().map(String::as_str).chain([order]) {
        if !columns.iter().any(|c| c == column) {
            columns.push(column.to_owned());
        }
    }
    columns
}

fn limit(asked: u32) -> u32 {
    if asked == 0 { 20 } else { asked.clamp(1, 200) }
}

fn order(
    kind: &RecordKind,
    list: Option<&List>,
    ask: &ListAsk,
) -> Result<(String, bool), Refusal> {
    let Some((field, descending)) = &ask.sort else {
        let column = list.map_or("", |l| l.order.as_str());
        return Ok(match column {
            "" => ("created_at".to_owned(), true),
            column => (column.to_owned(), list.is_some_and(|l| l.descending)),
        });
    };
    let plain = kind.fields.get(field).is_some_and(|f| {
        f.class == Class::Plain && !matches!(f.kind.shape(), Shape::Rows(_))
    });
    if plain || ALWAYS.contains(&field.as_str()) {
        return Ok((field.clone(), *descending));
    }
    let problem = engine::problem::Problem::error("sort", format!("不能按“{field}”排序"));
    Err(Refusal::problem(problem.at("sort")))
}

/// Rows whose field has the value: a code with those below it, a range, or the value itself.
fn field_filter(
    house: &House,
    kind: &RecordKind,
    name: &str,
    value: &str,
) -> Result<Filter, Refusal> {
    use engine::problem::Problem;
    let unknown = || {
        Refusal::problem(Problem::error("unknown_field", format!("没有“{name}”这一项")).at(name))
    };
    if name == "created_by" || name == "parent" {
        return Ok(Filter::equal(name, value));
    }
    let field = kind.fields.get(name).ok_or_else(unknown)?;
    if field.class > Class::Plain {
        let message = format!("不能按“{}”筛选", field.label);
        return Err(Refusal::problem(Problem::error("filter", message).at(name)));
    }
    let column = || Term::Column(name.to_owned());
    match field.kind.shape() {
        Shape::Code(table) => {
            let codes = house.codes.get(table).map(|t| t.with_children(value)).unwrap_or_default();
            if codes.is_empty() {
                let message = format!("“{}”没有“{value}”这一项", field.label);
                return Err(Refusal::problem(Problem::error("code", message).at(name)));
            }
            Ok(Filter::In(column(), codes.into_iter().map(Cell::from).collect()))
        }
        Shape::Codes(_) => Ok(Filter::Has(column(), value.to_owned())),
        Shape::Date => date_filter(field, value),
        Shape::Number | Shape::Money | Shape::YesNo => {
            let siblings = Map::new();
            let today = jiff::civil::Date::ZERO;
            let cx = engine::kind::Reading { house, today, siblings: &siblings };
            let taken = field.kind.read(field, &Json::from(value), &cx);
            let taken = taken.map_err(|p| Refusal::problem(p.at(name)))?;
            Ok(taken.cells.into_iter().next().map_or(Filter::Nothing, |(c, v)| Filter::equal(&c, v)))
        }
        Shape::Rows(_) => Err(unknown()),
        _ => Ok(Filter::equal(name, value)),
    }
}

/// `2026-03-02`, `2026-03`, `2026`, or `from..to` with either end open.
fn date_filter(field: &Field, value: &str) -> Result<Filter, Refusal> {
    let (from, to) = value.split_once("..").unwrap_or((value, value));
    let well_formed =
        |t: &str| t.len() <= 10 && t.chars().all(|c| c.is_ascii_digit() || c == '-');
    if !well_formed(from) || !well_formed(to) {
        let message = format!("“{}”的日期应写成 2026-03-02..2026-03-31", field.label);
        let problem = engine::problem::Problem::error("date_format", message);
        return Err(Refusal::problem(problem.at(&field.id)));
    }
    let column = || Term::Column(field.id.clone());
    let value = |text: String| Term::Value(Cell::Text(text));
    let mut filter = Filter::Everything;
    if !from.is_empty() {
        let from = value(from.to_owned());
        filter = filter.and(Filter::Compare(column(), Comparison::GreaterOrEqual, from));
    }
    if !to.is_empty() {
        // `~` sorts behind every digit, so `2026-03~` is the end of March.
        let to = value(format!("{to}~"));
        filter = filter.and(Filter::Compare(column(), Comparison::LessOrEqual, to));
    }
    Ok(filter)
}

fn cursor(select: &Select, row: &Row) -> String {
    let place = |sort: &Sort| {
        let at = select.columns.iter().position(|c| *c == sort.column);
        match at.and_then(|i| row.get(i)) {
            Some(Cell::Int(number)) => Json::from(*number),
            Some(Cell::Text(text)) => Json::from(text.as_str()),
            _ => Json::Null,
        }
    };
    let cells: Vec<Json> = select.order.iter().map(place).collect();
    Json::from(cells).to_string()
}

fn read_cursor(text: &str) -> Result<Vec<Cell>, Refusal> {
    let bad = || {
        let problem = engine::problem::Problem::error("after", "翻页位置不对，请从第一页开始");
        Refusal::problem(problem.at("after"))
    };
    let cells: Vec<Json> = serde_json::from_str(text).map_err(|_| bad())?;
    let cell = |value: &Json| match value {
        Json::Null => Some(Cell::Null),
        Json::Number(number) => number.as_i64().map(Cell::Int),
        Json::String(text) => Some(Cell::text(text.as_str())),
        _ => None,
    };
    let cells: Option<Vec<Cell>> = cells.iter().map(cell).collect();
    cells.filter(|c| c.len() == 2).ok_or_else(bad)
}

impl Desk {
    /// Hash of the log entry that left the record as it is: what a printed paper is checked by.
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
