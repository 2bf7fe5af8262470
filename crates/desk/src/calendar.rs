//! Holiday calendars that an operator brings each year, and the running limits worked out anew when
//! the calendar is no longer the one they were worked out by.
//!
//! A limit keeps beside its result what it was worked out from (`given`), so a pass over all open
//! limits reads no record. It goes in steps of a few hundred rows, each its own small commit, so
//! that saves go on between them; a row that an act has changed meanwhile is looked at once more.

use crate::boxed;
use crate::{
    Actor, Desk, Refusal,
    ops::{limit_values, values},
};
use engine::{
    deadline::{Calendar, CalendarDay, Given},
    definition::{DeadlineRule, House},
    problem::Problem,
    query::{Cell, Filter, Select, Sort, Term},
    record::{self, Limit, Links, Moment, Read},
};
use serde_json::json;
use store::seam::{Commit, Entry, Operation, Row, StoreError, Values};

/// The mark that changes with the calendars that were brought.
const CALENDAR: &str = "calendar";
/// The version of the calendar by which all running limits were worked out.
const WORKED_OUT_BY: &str = "limits";
/// Rows read at a time.
const PAGE: u32 = 500;
/// Rows of one commit: a save waits for no more than these.
const TOGETHER: usize = 100;

/// The log's name for a limit worked out anew.
pub const WORKED_OUT_ANEW: &str = "limit_anew";

/// What an import brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Years in the file, in order.
    pub years: Vec<i16>,
    /// Those that are new or differ from what was known.
    pub changed: Vec<i16>,
    /// Days in the file.
    pub days: usize,
}

/// A pass over the running limits, between two steps.
#[derive(Clone, Debug)]
pub struct Pass {
    version: String,
    counties: Vec<String>,
    after: Option<Vec<Cell>>,
    /// Limits looked at.
    pub looked: u64,
    /// Limits whose result changed.
    pub changed: u64,
}

/// A limit as it is kept.
struct Kept {
    county: String,
    id: String,
    kind: String,
    record: String,
    rule: String,
    due: Cell,
    words: Cell,
    given: Cell,
}

const COLUMNS: [&str; 8] = ["county", "id", "kind", "record", "rule", "due", "words", "given"];

impl Kept {
    fn read(row: Row) -> Option<Self> {
        let [county, id, kind, record, rule, due, words, given] =
            <[Cell; 8]>::try_from(row).ok()?;
        let text = |cell: Cell| cell.as_text().unwrap_or_default().to_owned();
        let (county, id, kind) = (text(county), text(id), text(kind));
        Some(Self { county, id, kind, record: text(record), rule: text(rule), due, words, given })
    }

    fn key(&self) -> Values {
        values([("county", self.county.as_str().into()), ("id", self.id.as_str().into())])
    }
}

impl Desk {
    /// Imports the holidays of whole years. Only with nothing wrong is anything kept.
    ///
    /// # Errors
    /// `Invalid` names every line that is wrong, and what a year lacks.
    #[boxed]
    pub async fn import_calendar(
        &self,
        actor: Option<&Actor>,
        text: &str,
        moment: &Moment,
    ) -> Result<Imported, Refusal> {
        if actor.is_some_and(|a| !a.is_house() && a.role != "system_admin") {
            return Err(Refusal::forbidden("节假日安排由系统管理员维护"));
        }
        let calendar = read_whole_years(text)?;
        let known = self.house().calendar.clone();
        let of = |calendar: &Calendar, year: i16| -> Vec<_> {
            let days = calendar.days().filter(|(date, _)| date.year() == year);
            days.map(|(date, day)| (*date, day.rest, day.name.clone())).collect()
        };
        let years: Vec<i16> = calendar.years().collect();
        let differs = |year: &&i16| of(&calendar, **year) != of(&known, **year);
        let changed: Vec<i16> = years.iter().filter(differs).copied().collect();
        let imported = Imported { days: calendar.days().count(), years, changed };
        let mut operations = Vec::new();
        for year in &imported.years {
            let by = values([("year", i64::from(*year).into())]);
            operations.push(Operation::Remove { table: "calendar".to_owned(), by });
        }
        operations.extend(calendar.days().map(|(date, day)| {
            let values = values([
                ("date", date.to_string().into()),
                ("year", i64::from(date.year()).into()),
                ("rest", day.rest.into()),
                ("name", day.name.as_str().into()),
                ("basis", day.basis.as_str().into()),
            ]);
            Operation::Insert { table: "calendar".to_owned(), values }
        }));
        let mark = [("name", CALENDAR.into()), ("value", self.chance.id(moment.at).into())];
        operations.push(Operation::Put { table: "mark".to_owned(), values: values(mark) });
        let mut entries = Vec::new();
        if let Some(root) = self.units().all().first() {
            let house = Actor::house("calendar", root);
            let what = json!({ "years": imported.years, "changed": imported.changed });
            let what = what.as_object().cloned().unwrap_or_default();
            let actor = actor.unwrap_or(&house);
            entries.push(self.note(actor, moment, "import_calendar", "calendar", "", what));
        }
        self.keeper.commit(Commit { operations, entries, ..Commit::default() }).await?;
        self.reload_calendar().await?;
        Ok(imported)
    }

    /// The calendars that were brought here.
    async fn brought(&self) -> Result<Calendar, Refusal> {
        let mut calendar = Calendar::default();
        let select = Select::from("calendar", &["date", "rest", "name", "basis"])
            .order(vec![Sort::up("date")])
            .limit(100_000);
        for row in self.keeper.find(&select).await? {
            let text = |i: usize| row.get(i).and_then(Cell::as_text).unwrap_or_default().to_owned();
            let rest = row.get(1).and_then(Cell::as_int) == Some(1);
            if let Ok(date) = text(0).parse() {
                calendar.add(date, CalendarDay { rest, name: text(2), basis: text(3) });
            }
        }
        Ok(calendar)
    }

    /// The definitions with the calendars that were brought here instead of their own.
    pub(crate) async fn with_calendars(&self, mut house: House) -> Result<House, Refusal> {
        house.calendar.overlay(&self.brought().await?);
        Ok(house)
    }

    async fn reload_calendar(&self) -> Result<(), Refusal> {
        let house = self.with_calendars(House::clone(&self.house())).await?;
        self.put_house(house);
        Ok(())
    }

    /// Takes over a calendar that another process has brought.
    pub(crate) async fn refresh_calendar(&self) -> Result<(), Refusal> {
        let seen = self.mark(CALENDAR).await?;
        let known = self.calendar_mark.lock().map(|mark| mark.clone()).unwrap_or_default();
        if seen == known {
            return Ok(());
        }
        self.reload_calendar().await?;
        if let Ok(mut mark) = self.calendar_mark.lock() {
            *mark = seen;
        }
        Ok(())
    }

    /// A pass over the running limits, if they were worked out by another calendar than the one in
    /// force. Costs nothing where it was asked before.
    #[boxed]
    pub async fn pass_over_limits(&self) -> Result<Option<Pass>, Refusal> {
        let version = self.house().calendar.version();
        let known = self.limits_by.lock().map(|by| *by == version).unwrap_or_default();
        if known {
            return Ok(None);
        }
        if self.mark(WORKED_OUT_BY).await?.as_deref() == Some(version.as_str()) {
            self.remember_pass(&version);
            return Ok(None);
        }
        let mut counties = self.counties().await?;
        counties.reverse();
        Ok(Some(Pass { version, counties, after: None, looked: 0, changed: 0 }))
    }

    fn remember_pass(&self, version: &str) {
        if let Ok(mut by) = self.limits_by.lock() {
            version.clone_into(&mut by);
        }
    }

    /// The next few hundred limits; `false` when the pass has ended. It may be broken off: the next
    /// one begins anew and finds less to do.
    #[boxed]
    pub async fn step(&self, pass: &mut Pass, moment: &Moment) -> Result<bool, Refusal> {
        let house = self.house();
        let Some(county) = pass.counties.last() else {
            if house.calendar.version() == pass.version {
                let mark = [("name", WORKED_OUT_BY.into()), ("value", pass.version.clone().into())];
                let put = Operation::Put { table: "mark".to_owned(), values: values(mark) };
                let commit = Commit { operations: vec![put], ..Commit::default() };
                self.keeper.commit(commit).await?;
                self.remember_pass(&pass.version);
            }
            return Ok(false);
        };
        let kinds: Vec<Cell> = house
            .kinds
            .values()
            .filter(|kind| kind.deadlines.iter().any(DeadlineRule::needs_calendar))
            .map(|kind| Cell::from(kind.id.as_str()))
            .collect();
        let select = Select { after: pass.after.take(), ..Select::from("deadline", &COLUMNS) }
            .filter(
                Filter::equal("county", county.as_str())
                    .and(Filter::equal("done", 0))
                    .and(Filter::In(Term::Column("kind".to_owned()), kinds)),
            )
            .order(vec![Sort::up("id")])
            .limit(PAGE);
        let rows = self.keeper.find(&select).await?;
        if rows.len() < PAGE as usize {
            pass.counties.pop();
        } else {
            pass.after = rows.last().and_then(|row| row.get(1)).map(|id| vec![id.clone()]);
        }
        let kept: Vec<Kept> = rows.into_iter().filter_map(Kept::read).collect();
        pass.looked += kept.len() as u64;
        let mut changes = Vec::new();
        for limit in kept {
            if let Some(change) = self.anew(&house, &limit, moment).await? {
                changes.push((limit, change));
            }
        }
        for some in changes.chunks(TOGETHER) {
            pass.changed += self.keep_anew(some, moment).await?;
        }
        Ok(true)
    }

    /// The change of a kept limit, if the calendar in force gives another result.
    async fn anew(
        &self,
        house: &House,
        kept: &Kept,
        moment: &Moment,
    ) -> Result<Option<(Operation, Entry)>, Refusal> {
        let Some(kind) = house.kind(&kept.kind) else { return Ok(None) };
        let Some(rule) = kind.deadlines.iter().find(|rule| rule.id == kept.rule) else {
            return Ok(None);
        };
        if !rule.needs_calendar() {
            return Ok(None);
        }
        let given = kept.given.as_text().and_then(Given::read);
        let limit = match given {
            Some(given) => record::work_out_limit(house, rule, given),
            None => match self.limit_of_record(house, kept, moment).await? {
                Some(limit) => limit,
                None => return Ok(None),
            },
        };
        let due = Cell::from(limit.due.map(|due| due.to_string()));
        let same = due == kept.due && kept.words.as_text() == Some(limit.words.as_str());
        if same && !kept.given.is_null() {
            return Ok(None);
        }
        let expect = values([
            ("done", 0.into()),
            ("due", kept.due.clone()),
            ("given", kept.given.clone()),
            ("words", kept.words.clone()),
        ]);
        let update = Operation::Update {
            table: "deadline".to_owned(),
            key: kept.key(),
            expect,
            set: limit_values(&limit),
        };
        Ok(Some((update, self.anew_entry(house, kept, &limit, moment))))
    }

    /// What a limit kept before facts were kept beside results is worked out from: its record.
    async fn limit_of_record(
        &self,
        house: &House,
        kept: &Kept,
        moment: &Moment,
    ) -> Result<Option<Limit>, Refusal> {
        let Some(kind) = house.kind(&kept.kind) else { return Ok(None) };
        let Some(record) = self.load(kind, &kept.record).await? else { return Ok(None) };
        let mut links = Links::default();
        self.add_links(house, kind, Some(&record), &Read::default(), &mut links).await?;
        let limits = record::limits(house, kind, &record, &links, moment.today);
        Ok(limits.into_iter().find(|limit| limit.id == kept.rule && !limit.done))
    }

    fn anew_entry(&self, house: &House, kept: &Kept, limit: &Limit, moment: &Moment) -> Entry {
        let body = json!({
            "limit": limit.id,
            "label": limit.label,
            "why": "节假日安排变更",
            "before": [kept.due.as_text(), kept.words.as_text()],
            "after": [limit.due.map(|due| due.to_string()), limit.words],
        });
        Entry {
            county: kept.county.clone(),
            at: moment.at,
            actor: "house:calendar".to_owned(),
            authority: format!("house@{}", kept.county),
            act: WORKED_OUT_ANEW.to_owned(),
            kind: kept.kind.clone(),
            record: kept.record.clone(),
            version: 0,
            definition: house.version.clone(),
            body: body.to_string(),
            content: String::new(),
        }
    }

    /// Keeps some changes together; if one of the limits has changed meanwhile, each alone.
    async fn keep_anew(
        &self,
        changes: &[(Kept, (Operation, Entry))],
        moment: &Moment,
    ) -> Result<u64, Refusal> {
        let commit = |changes: &[(Kept, (Operation, Entry))]| Commit {
            operations: changes.iter().map(|(_, (operation, _))| operation.clone()).collect(),
            entries: changes.iter().map(|(_, (_, entry))| entry.clone()).collect(),
            ..Commit::default()
        };
        match self.keeper.commit(commit(changes)).await {
            Ok(_) => return Ok(changes.len() as u64),
            Err(StoreError::Changed { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        let mut kept = 0;
        for one in changes {
            match self.keeper.commit(commit(std::slice::from_ref(one))).await {
                Ok(_) => kept += 1,
                Err(StoreError::Changed { .. }) => kept += self.once_more(&one.0, moment).await?,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(kept)
    }

    /// A limit that was changed while it was looked at. Whoever changes it again has this calendar.
    async fn once_more(&self, limit: &Kept, moment: &Moment) -> Result<u64, Refusal> {
        let filter = Filter::equal("county", limit.county.as_str())
            .and(Filter::equal("id", limit.id.as_str()))
            .and(Filter::equal("done", 0));
        let select = Select::from("deadline", &COLUMNS).filter(filter).limit(1);
        let row = self.keeper.find(&select).await?.into_iter().next();
        let Some(now) = row.and_then(Kept::read) else { return Ok(0) };
        let Some((operation, entry)) = self.anew(&self.house(), &now, moment).await? else {
            return Ok(0);
        };
        let commit =
            Commit { operations: vec![operation], entries: vec![entry], ..Commit::default() };
        match self.keeper.commit(commit).await {
            Ok(_) => Ok(1),
            Err(StoreError::Changed { .. }) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }
}

fn read_whole_years(text: &str) -> Result<Calendar, Refusal> {
    let (calendar, wrong) = Calendar::read(text);
    let at =
        |line: usize, words: String| Problem::error("calendar", words).at(&format!("row {line}"));
    let mut problems: Vec<Problem> =
        wrong.into_iter().map(|(line, words)| at(line, format!("第{line}行：{words}"))).collect();
    if problems.is_empty() {
        let lacking = calendar.years().flat_map(|year| calendar.lacks(year));
        problems = lacking.map(|words| Problem::error("calendar_lacks", words)).collect();
    }
    if calendar.years().next().is_none() && problems.is_empty() {
        problems.push(Problem::error("calendar_empty", "文件里没有一天"));
    }
    if problems.is_empty() { Ok(calendar) } else { Err(Refusal::Invalid(problems)) }
}
