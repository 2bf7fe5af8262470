//! The search box: records by names, sounds, numbers and words, as far as the actor may see them.
//!
//! ```text
//! typed ──terms──▶ words, with the actor's place ──keeper──▶ hits, newest first
//!       ──scope (access)──▶ records ──each term answered by a field that the actor sees──▶ found
//! ```
//!
//! The index only proposes. What is shown was read through the ordinary scope and answered by its
//! own text, so that nobody learns from it more than the record would tell him.

mod index;
mod pinyin;
mod question;
mod rebuild;
mod text;
mod tries;

pub(crate) use index::same_texts;

use crate::boxed;
use crate::{
    Actor, Desk, Refusal,
    access::{Right, reach, reaches, scope, sees},
    ask::scope_archive,
    ops::{is_archive, registered},
    rows::cells,
    units::Level,
};
use engine::{
    definition::{Class, House, Reach, RecordKind},
    derive::search::{Manner, Searched, searched},
    kind::{NoNames, Showing},
    problem::Problem,
    query::{Cell, Filter, Select, Sort, Term as Column},
    record::{MERGED_INTO, Moment, Record, Row},
};
use question::{LONGEST, Term};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};
use store::seam;

/// What is looked for.
#[derive(Clone, Debug, Default)]
pub struct SearchAsk {
    /// What was typed.
    pub q: String,
    /// Only records of this kind; empty: of all.
    pub kind: String,
    /// Where the last page ended.
    pub after: String,
    /// At most so many (1 to 100; 0: 20).
    pub limit: u32,
}

/// A page of what was found.
#[derive(Clone, Debug, Default)]
pub struct SearchAnswer {
    /// The newest first.
    pub hits: Vec<Hit>,
    /// Where the next page starts; empty at the end.
    pub next: String,
    /// Why nothing was looked for, and what to type instead; else empty.
    pub advice: String,
}

/// A record that was found.
#[derive(Clone, Debug)]
pub struct Hit {
    /// Kind of record.
    pub kind: Arc<RecordKind>,
    /// The record.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// A line that tells it from others, masked.
    pub note: String,
    /// Name of the unit that keeps it.
    pub unit: String,
    /// State it is in; empty if it has no flow.
    pub state: String,
    /// When it was made, in milliseconds.
    pub created_at: i64,
    /// The fields that answer, other than the title.
    pub found: Vec<Found>,
}

/// A field that answers, with what answers in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What the field is called.
    pub label: String,
    /// Text before it.
    pub before: String,
    /// What answers.
    pub hit: String,
    /// Text behind it.
    pub after: String,
}

/// Hits looked at for one page before the rest is left to the next.
const MOST_LOOKS: usize = 400;
/// Characters shown before and behind what answers.
const AROUND: (usize, usize) = (12, 24);

impl Desk {
    /// A page of what the search box finds.
    #[boxed]
    pub async fn search(
        &self,
        actor: &Actor,
        ask: &SearchAsk,
        moment: &Moment,
    ) -> Result<SearchAnswer, Refusal> {
        let house = self.house();
        let terms = question::terms(&ask.q);
        let advice = advice(&ask.q, &terms);
        if advice.is_empty() && ask.after.is_empty() {
            self.note_tries(actor, &house, &terms, moment).await?;
        }
        let Some(all) =
            groups(self, actor, &house, &terms, &ask.kind).filter(|_| advice.is_empty())
        else {
            return Ok(SearchAnswer { advice, ..SearchAnswer::default() });
        };
        let limit = if ask.limit == 0 { 20 } else { ask.limit.clamp(1, 100) } as usize;
        let mut answer = SearchAnswer::default();
        if ask.after.is_empty() {
            answer.hits = self.by_number(actor, &terms, &ask.kind).await?;
        }
        let mut question =
            seam::Search { all, after: read_place(&ask.after)?, limit: limit as u32 * 2 };
        let mut looks = 0;
        loop {
            let proposed = self.keeper.search(&question).await?;
            let ended = proposed.len() < question.limit as usize;
            // Most of what is proposed is shown: more than a page is looked at only where it is not.
            for piece in proposed.chunks(limit) {
                let found = self.look_at(actor, &house, &terms, piece).await?;
                question.after = take_found(&mut answer.hits, piece, found, limit);
                if answer.hits.len() >= limit {
                    break;
                }
            }
            looks += proposed.len();
            let seen = proposed.last().is_none_or(|last| question.after == Some(last.place));
            if ended && seen {
                return Ok(answer);
            }
            if answer.hits.len() >= limit || looks >= MOST_LOOKS {
                answer.next = question.after.map(|place| place.to_string()).unwrap_or_default();
                return Ok(answer);
            }
        }
    }

    /// Of proposed hits those that the actor may see and that answer every term, by place.
    async fn look_at(
        &self,
        actor: &Actor,
        house: &House,
        terms: &[Term],
        proposed: &[seam::Hit],
    ) -> Result<HashMap<i64, Hit>, Refusal> {
        let mut by_kind: BTreeMap<&str, Vec<&seam::Hit>> = BTreeMap::new();
        for hit in proposed {
            by_kind.entry(&hit.kind).or_default().push(hit);
        }
        let mut found = HashMap::new();
        for (kind, hits) in by_kind {
            let Some(kind) = house.kind(kind) else { continue };
            let places: HashMap<&str, i64> =
                hits.iter().map(|hit| (hit.record.as_str(), hit.place)).collect();
            let fields = searched(house, kind);
            for record in self.records(actor, kind, &fields, &hits).await? {
                let Some(place) = places.get(record.id()) else { continue };
                let Some(hit) = self.answer(actor, house, kind, &fields, terms, &record) else {
                    continue;
                };
                found.insert(*place, self.remaining_hit(house, kind, &record, hit).await?);
            }
        }
        Ok(found)
    }

    /// Proposed records of one kind as far as the actor may see them, with what is searched.
    async fn records(
        &self,
        actor: &Actor,
        kind: &Arc<RecordKind>,
        fields: &[Searched<'_>],
        hits: &[&seam::Hit],
    ) -> Result<Vec<Record>, Refusal> {
        let ids = hits.iter().map(|hit| Cell::from(hit.record.as_str())).collect();
        let mut counties: Vec<Cell> =
            hits.iter().map(|hit| Cell::from(hit.county.as_str())).collect();
        counties.sort_unstable();
        counties.dedup();
        let county = Filter::In(Column::Column("county".to_owned()), counties);
        let filter = county.clone().and(Filter::In(Column::Column("id".to_owned()), ids));
        let columns = columns_of(kind, fields);
        let select = Select { columns, ..Select::from(&kind.id, &[]) }
            .filter(sight(&self.house(), actor, kind).and(filter))
            .limit(hits.len() as u32);
        let mut records = Vec::new();
        for row in self.keeper.find(&select).await? {
            let mut cells = cells(&select.columns, row);
            self.sealer.open_cells(&kind.layout.sealed, &mut cells);
            records.push(Record { kind: kind.id.clone(), cells, ..Record::default() });
        }
        self.bring_rows(kind, fields, county, &mut records).await?;
        Ok(records)
    }

    async fn bring_rows(
        &self,
        kind: &RecordKind,
        fields: &[Searched<'_>],
        county: Filter,
        records: &mut [Record],
    ) -> Result<(), Refusal> {
        let parents: Vec<Cell> = records.iter().map(|record| Cell::from(record.id())).collect();
        if parents.is_empty() {
            return Ok(());
        }
        for layout in &kind.layout.rows {
            let of_layout = |one: &&Searched<'_>| one.rows.is_some_and(|r| r.id == layout.field);
            let mut columns: Vec<String> = vec!["parent".to_owned(), "id".to_owned()];
            columns.extend(fields.iter().filter(of_layout).map(|one| one.field.id.clone()));
            if columns.len() == 2 {
                continue;
            }
            let parent = Filter::In(Column::Column("parent".to_owned()), parents.clone());
            let select = Select { columns, ..Select::from(&layout.table, &[]) }
                .filter(county.clone().and(parent))
                .order(vec![Sort::up("parent"), Sort::up("position")])
                .limit(10_000);
            for row in self.keeper.find(&select).await? {
                let mut cells = cells(&select.columns, row);
                self.sealer.open_cells(&layout.sealed, &mut cells);
                let parent = cells.remove("parent").unwrap_or(Cell::Null);
                let record = records.iter_mut().find(|r| Some(r.id()) == parent.as_text());
                if let Some(record) = record {
                    let rows = record.rows.entry(layout.field.clone()).or_default();
                    rows.push(Row { id: String::new(), cells });
                }
            }
        }
        Ok(())
    }

    /// The record as a hit, if every term is answered by a field that the actor sees in it.
    fn answer(
        &self,
        actor: &Actor,
        house: &House,
        kind: &Arc<RecordKind>,
        fields: &[Searched<'_>],
        terms: &[Term],
        record: &Record,
    ) -> Option<Hit> {
        let covered = reaches(actor, kind, record, Right::See);
        let sees = if covered { sees(actor, kind, record) } else { Class::Plain };
        let found = found_in(terms, fields, record, sees)?;
        Some(self.hit(house, kind, record, found))
    }

    /// The hit of the record that remains, in place of one of a merged record.
    async fn remaining_hit(
        &self,
        house: &House,
        kind: &Arc<RecordKind>,
        record: &Record,
        hit: Hit,
    ) -> Result<Hit, Refusal> {
        if !record.is_merged() {
            return Ok(hit);
        }
        let remains = self.load_remaining(kind, record.id()).await?;
        Ok(remains.map_or(hit.clone(), |record| self.hit(house, kind, &record, hit.found)))
    }

    fn hit(
        &self,
        house: &House,
        kind: &Arc<RecordKind>,
        record: &Record,
        found: Vec<Found>,
    ) -> Hit {
        let cx = Showing { house, names: &NoNames };
        let known_by =
            registered(kind).into_iter().filter_map(|(field, _)| kind.fields.get(&field));
        let notes = known_by.map(|field| field.show(&record.cells, &cx, Class::Plain));
        let notes: Vec<String> = notes.filter(|shown| !shown.is_empty()).collect();
        let state = kind.state_label(record.state()).to_owned();
        Hit {
            kind: Arc::clone(kind),
            id: record.id().to_owned(),
            title: record.text("title").to_owned(),
            note: if notes.is_empty() { state } else { notes.join(" ") },
            unit: self.units().long_name(record.text("unit")),
            state: record.state().to_owned(),
            created_at: record.int("created_at"),
            found,
        }
    }

    /// Archive records by a whole number, wherever they are kept: for whoever may enter people and
    /// bodies and so must find those that are there.
    async fn by_number(
        &self,
        actor: &Actor,
        terms: &[Term],
        only: &str,
    ) -> Result<Vec<Hit>, Refusal> {
        let house = self.house();
        let [term] = terms else { return Ok(Vec::new()) };
        if !term.may_be_whole_number() {
            return Ok(Vec::new());
        }
        let mut hits: Vec<Hit> = Vec::new();
        for (kind, id) in self.people_by_number(&term.text()).await? {
            let Some(kind) = house.kind(&kind) else { continue };
            let may_enter = reach(actor, &kind.permissions, Right::Create).is_some();
            if !may_enter || scope_archive(actor, kind) == Filter::Nothing {
                continue;
            }
            let wanted = only.is_empty() || only == kind.id;
            if let Some(record) = self.load(kind, &id).await?.filter(|_| wanted)
                && !hits.iter().any(|hit| hit.id == id)
            {
                hits.push(self.hit(&house, kind, &record, Vec::new()));
            }
        }
        Ok(hits)
    }
}

/// Adds what was found to the hits, until there are enough; gives the place of the last one that
/// was looked at.
fn take_found(
    hits: &mut Vec<Hit>,
    proposed: &[seam::Hit],
    mut found: HashMap<i64, Hit>,
    limit: usize,
) -> Option<i64> {
    let mut place = None;
    for hit in proposed {
        place = Some(hit.place);
        let known = |one: &Hit| hits.iter().any(|h| h.id == one.id && h.kind.id == one.kind.id);
        if let Some(hit) = found.remove(&hit.place).filter(|one| !known(one)) {
            hits.push(hit);
        }
        if hits.len() >= limit {
            break;
        }
    }
    place
}

/// What to type instead, if there is nothing to look for.
fn advice(typed: &str, terms: &[Term]) -> String {
    let length = typed.trim().chars().count();
    if length > LONGEST {
        return format!(
            "查找的字最多{LONGEST}个，现在有{length}个，请只写姓名、证件号、电话、案号或者几个关键的字。"
        );
    }
    if length > 0 && terms.is_empty() {
        return "请输入文字、拼音或者数字：标点和符号不能用来查找。".to_owned();
    }
    String::new()
}

/// What answers every term, in the title and in fields up to a class.
fn found_in(
    terms: &[Term],
    fields: &[Searched<'_>],
    record: &Record,
    sees: Class,
) -> Option<Vec<Found>> {
    let mut found: Vec<Found> = Vec::new();
    for term in terms {
        let in_title = term.answered(Manner::Title, record.text("title")).is_some();
        let in_field = fields
            .iter()
            .filter(|one| one.field.class <= sees)
            .find_map(|one| answer_of(term, one, record));
        match in_field {
            // The title is shown anyhow.
            Some((_, text)) if text == record.text("title") => {}
            Some((part, _)) => found.extend((!found.contains(&part)).then_some(part)),
            None if in_title => {}
            None => return None,
        }
    }
    Some(found)
}

/// What the index is asked for the terms alone.
fn term_groups(desk: &Desk, terms: &[Term]) -> Vec<Vec<String>> {
    let mut all: Vec<Vec<String>> = Vec::new();
    for term in terms {
        let mut words = term.words().into_iter().map(|word| vec![word]);
        match term.number() {
            None => all.extend(words),
            Some(number) => {
                let mut any = words.next().unwrap_or_default();
                for class in [Class::Contact, Class::Sensitive] {
                    any.push(desk.number_word(class, &number));
                }
                all.push(any);
            }
        }
    }
    all
}

/// What the index is asked: words of every term, and of where the actor may see anything. `None`:
/// nothing is asked for, or nothing may be seen.
fn groups(
    desk: &Desk,
    actor: &Actor,
    house: &House,
    terms: &[Term],
    kind: &str,
) -> Option<Vec<Vec<String>>> {
    let mut all = term_groups(desk, terms);
    if all.is_empty() {
        return None;
    }
    all.extend(place_group(actor, house, kind)?);
    all.extend((!kind.is_empty()).then(|| vec![format!("={kind}")]));
    Some(all)
}

/// Words one of which a record has that the actor may see: `Some(None)` if that says nothing.
fn place_group(actor: &Actor, house: &House, only: &str) -> Option<Option<Vec<String>>> {
    let kinds = house.kinds.values().filter(|kind| only.is_empty() || kind.id == only);
    let mut words = Vec::new();
    let mut everywhere = false;
    for kind in kinds {
        let Some(reach) = reach(actor, &kind.permissions, Right::See) else { continue };
        let unit = &actor.unit;
        match reach {
            _ if is_archive(kind) => words.push("@".to_owned()),
            Reach::All => everywhere = true,
            Reach::Subtree if unit.level == Level::Province => everywhere = true,
            Reach::Subtree => words.push(format!("@{}", unit.code)),
            Reach::Unit => words.push(format!("!{}", unit.code)),
            Reach::Own => words.push(format!("@{}", unit.county)),
        }
    }
    if everywhere {
        return Some(None);
    }
    let words = store::words::once(words);
    (!words.is_empty()).then_some(Some(words))
}

/// The records of a kind that the actor may come upon.
fn sight(house: &House, actor: &Actor, kind: &RecordKind) -> Filter {
    if is_archive(kind) {
        scope_archive(actor, kind)
    } else {
        scope(house, actor, kind, Right::See)
    }
}

fn columns_of(kind: &RecordKind, fields: &[Searched<'_>]) -> Vec<String> {
    const ALWAYS: [&str; 8] =
        ["county", "id", "unit", "path", "state", "title", "created_at", "created_by"];
    let own = fields.iter().filter(|one| one.rows.is_none()).map(|one| one.field.id.clone());
    let known_by = registered(kind).into_iter().map(|(field, _)| field);
    let mut columns: Vec<String> = ALWAYS.map(str::to_owned).into();
    columns.extend(own.chain(known_by));
    columns.extend(kind.merges().then(|| MERGED_INTO.to_owned()));
    columns.sort_unstable();
    columns.dedup();
    columns
}

/// What answers in a field, as it is shown, and the whole text.
fn answer_of(term: &Term, one: &Searched<'_>, record: &Record) -> Option<(Found, String)> {
    index::texts(record, one).into_iter().find_map(|text| {
        let range = term.answered(one.manner, text)?;
        let label = match one.rows {
            Some(rows) => format!("{}：{}", rows.label, one.field.label),
            None => one.field.label.clone(),
        };
        // In a list the numbers of many stand together: they stay masked.
        let shown = if one.field.class > Class::Plain {
            one.field.kind.mask(text)
        } else {
            text.to_owned()
        };
        let masked = shown != text;
        let chars: Vec<char> = shown.chars().collect();
        let range = if masked { 0..chars.len() } else { range };
        let (from, to) =
            (range.start.saturating_sub(AROUND.0), chars.len().min(range.end + AROUND.1));
        let cut = |range: std::ops::Range<usize>| {
            let part: String = chars.get(range).into_iter().flatten().collect();
            part.replace(['\n', '\t'], " ")
        };
        let (start, end) = (range.start, range.end);
        let before = format!("{}{}", if from > 0 { "…" } else { "" }, cut(from..start));
        let after = format!("{}{}", cut(end..to), if to < chars.len() { "…" } else { "" });
        Some((Found { label, before, hit: cut(start..end), after }, text.to_owned()))
    })
}

fn read_place(after: &str) -> Result<Option<i64>, Refusal> {
    if after.is_empty() {
        return Ok(None);
    }
    let bad = || {
        let problem = Problem::error("after", "翻页位置不对，请从第一页开始");
        Refusal::problem(problem.at("after"))
    };
    after.parse().map(Some).map_err(|_| bad())
}
