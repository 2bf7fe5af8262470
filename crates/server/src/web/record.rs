//! The page of a record: what it is called, where it stands, what can be done, what is known, what
//! is due, what happened. An archive also shows what it was concerned in.

use super::{
    history,
    look::{
        frame::Notice,
        part::{ActionView, FactView, StateView, Target, Tone, Value, Weight},
        person::LifeView,
        record::{
            LimitView, PaperView, RecordSection, RecordView, RowsView, record as draw_record,
        },
    },
    merge,
    page::{self, About},
    reason,
    typed::Typed,
    urls,
    visitor::Visitor,
    words,
};
use crate::files;
use axum::{
    extract::{Path, Query},
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Redirect, Response},
};
use desk::{Refusal, ask::RecordAnswer, papers::Issued};
use engine::{
    check::date::show_weekday,
    deadline::Standing,
    definition::{Field, Fields, House, RecordKind, RowKind, TitlePart},
    kind::{Cells, PERSON, Shape, Showing, file_parts},
    query::Cell,
    record::{Limit, Record, Row, View},
};
use std::sync::Arc;

/// A table of more columns than this cannot be read across.
const MOST_COLUMNS: usize = 6;

/// What the page before has to say.
struct Said {
    /// The act that was done; empty if none was.
    act: String,
    /// `kind.id` of the first record that was made or moved along with it.
    along: String,
}

impl Said {
    fn read(pairs: Vec<(String, String)>) -> Self {
        let mut typed = Typed::read(pairs).unwrap_or_default();
        Self { act: typed.take("said"), along: typed.take("along") }
    }
}

/// `GET /b/{business}/{kind}/{id}`
pub async fn page(
    visitor: Visitor,
    Path((business, kind, id)): Path<(String, String, String)>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Response {
    let said = Said::read(pairs);
    let drawn = draw(&visitor, &business, &kind, &id, &said).await;
    page::done(&visitor, drawn).await
}

/// `GET /people/{id}`
pub async fn person(
    visitor: Visitor,
    Path(id): Path<String>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Response {
    let said = Said::read(pairs);
    let house = visitor.app.desk.house();
    let business = house.kind(PERSON).map_or("", |kind| kind.business.as_str());
    let drawn = draw(&visitor, business, PERSON, &id, &said).await;
    page::done(&visitor, drawn).await
}

/// A kind by its address.
pub fn kind_of(house: &House, business: &str, kind: &str) -> Result<Arc<RecordKind>, Refusal> {
    let found = house.kind(kind).filter(|kind| kind.business == business);
    found.cloned().ok_or(Refusal::NotFound("这种档案".to_owned()))
}

/// What a record answers to a page.
struct Shown<'a> {
    visitor: &'a Visitor,
    house: &'a House,
    answer: &'a RecordAnswer,
    base: String,
}

async fn draw(
    visitor: &Visitor,
    business: &str,
    kind: &str,
    id: &str,
    said: &Said,
) -> Result<Response, Refusal> {
    let desk = &visitor.app.desk;
    let house = desk.house();
    let kind = kind_of(&house, business, kind)?;
    let answer = match desk.record(visitor.actor(), &kind.id, id, &visitor.moment).await {
        Err(Refusal::ReasonRequired(outline)) => {
            return Ok(reason::ask(visitor, &outline, Default::default(), (None, None)).await);
        }
        answer => answer?,
    };
    if answer.record.id() != id {
        // It was merged into another, which is shown at its own address.
        let to = urls::record(&kind, answer.record.id());
        return Ok(Redirect::to(&urls::with_query(&to, &[("said", "merged_from")])).into_response());
    }
    let base = urls::below(&kind, id);
    let shown = Shown { visitor, house: &house, answer: &answer, base };
    let issued = match kind.documents.is_empty() {
        true => Vec::new(),
        // Whoever finds a shared archive from outside sees no papers.
        false => desk.papers(visitor.actor(), &kind.id, id).await.unwrap_or_default(),
    };
    let mut view = shown.view(&issued);
    view.codes = super::public::codes(visitor, &answer).await?;
    view.history = history::lines(visitor, &house, &answer).await?;
    if kind.business == "common" {
        view.life = Some(life_of(visitor, &kind, id).await?);
        view.sections.extend(merged(&shown).await?);
    }
    let title = view.title.clone();
    let mut about = About::new(title, urls::list(&kind)).below(place(&shown));
    about.notice = notice(&house, &answer, said).or_else(|| reasoned(visitor, &answer));
    Ok(page::page(visitor, about, draw_record(&view)).await)
}

fn place(shown: &Shown<'_>) -> Vec<(String, String)> {
    let kind = &shown.answer.kind;
    let mut place = Vec::new();
    if let Some(business) = shown.house.business(&kind.business) {
        place.push((business.label.clone(), format!("/b/{}", business.id)));
    }
    place.push((kind.label.clone(), urls::list(kind)));
    place.extend(above(shown.house, shown.answer));
    place
}

/// What the record is attached to, and where that is.
pub fn above(house: &House, answer: &RecordAnswer) -> Option<(String, String)> {
    let attached = answer.kind.attached.as_ref()?;
    let id = answer.record.text(&attached.kind);
    let name = engine::kind::Names::name(&answer.names, &attached.kind, id);
    name.zip(urls::record_of(house, &attached.kind, id))
}

/// That the file is open by a written reason, and until when.
fn reasoned(visitor: &Visitor, answer: &RecordAnswer) -> Option<Notice> {
    let look = answer.look.as_ref()?;
    let until = words::at(look.until, &visitor.moment);
    let text = format!("写理由查看（{}），到{until}为止。本次查看已记录。", look.why);
    Some(Notice { tone: Tone::Warn, text, link: None })
}

/// What has just been done, in the words of the definition.
fn notice(house: &House, answer: &RecordAnswer, said: &Said) -> Option<Notice> {
    let kind = &answer.kind;
    let mut text = match said.act.as_str() {
        "" => return None,
        "create" => {
            let number = number(kind, &answer.record);
            let number =
                if number.is_empty() { String::new() } else { format!("，编号 {number}") };
            format!("已登记{}{number}。", kind.label)
        }
        "change" => "修改已保存。".to_owned(),
        "merge" => "已合并。并进来的一份列在本页，可以撤销。".to_owned(),
        "give_back" => "已撤销合并，这一份重新单独存在。".to_owned(),
        "merged_from" => "您找的那一份已经并入这一份。".to_owned(),
        action => format!("已办理“{}”。", kind.action(action)?.label),
    };
    let mut link = None;
    if let Some((along, id)) = said.along.split_once('.')
        && let Some(along) = house.kind(along)
    {
        text += &format!("同时办理了{}。", along.label);
        link = Some((format!("查看{}", along.label), urls::record(along, id)));
    }
    Some(Notice { tone: Tone::Good, text, link })
}

fn number(kind: &RecordKind, record: &Record) -> String {
    let mut numbers = kind.numbers.iter().map(|numbering| record.text(&numbering.field));
    numbers.find(|number| !number.is_empty()).unwrap_or_default().to_owned()
}

impl Shown<'_> {
    fn view(&self, issued: &[Issued]) -> RecordView {
        let RecordAnswer { kind, record, look, .. } = self.answer;
        let number = number(kind, record);
        let leaves = look.is_none();
        RecordView {
            number: format!("{}　{number}", kind.label).trim_end().to_owned(),
            title: record.text("title").to_owned(),
            state: words::state(kind, record.state()),
            owner: self.visitor.app.desk.units().long_name(record.text("unit")),
            next_limit: self.next_limit(),
            actions: self.actions(),
            sections: self.sections(),
            papers: if leaves { self.papers(issued) } else { Vec::new() },
            links: if leaves { self.dossiers() } else { Vec::new() },
            limits: self.answer.limits.iter().map(|limit| self.limit(limit)).collect(),
            csrf: self.visitor.session.csrf.clone(),
            ..RecordView::default()
        }
    }

    fn next_limit(&self) -> Option<(String, super::look::part::DueView)> {
        let running = self.answer.limits.iter().filter(|limit| !limit.done);
        let (due, label) = running.filter_map(|l| Some((l.due?, &l.label))).min()?;
        Some((label.clone(), words::due(due, &self.visitor.moment)))
    }

    fn actions(&self) -> Vec<ActionView> {
        let go = |label: &str, href: String, weight| ActionView {
            label: label.to_owned(),
            target: Target::Page(href),
            weight,
            confirm: None,
        };
        let mut actions: Vec<ActionView> = Vec::new();
        for (at, action) in self.answer.actions.iter().enumerate() {
            let weight = if at == 0 { Weight::Primary } else { Weight::Plain };
            actions.push(go(&action.label, format!("{}/do/{}", self.base, action.id), weight));
        }
        if self.answer.may_change {
            actions.push(go("修改", format!("{}/edit", self.base), Weight::Plain));
        }
        if self.answer.may_merge {
            let verb = merge::verb(&self.answer.kind);
            actions.push(go(verb, format!("{}/merge", self.base), Weight::Plain));
        }
        actions
    }

    fn sections(&self) -> Vec<RecordSection> {
        let kind = &self.answer.kind;
        let groups = kind.groups.iter().enumerate().map(|(at, group)| RecordSection {
            id: format!("g{at}"),
            title: group.label.clone(),
            edit_href: self.answer.may_change.then(|| format!("{}/edit#s-g{at}", self.base)),
            facts: self.facts(&kind.fields, &self.answer.record.cells, Some(at)),
            tables: self.tables(at),
            cards: self.cards(at),
            add: None,
        });
        let empty =
            |s: &RecordSection| s.facts.is_empty() && s.tables.is_empty() && s.cards.is_empty();
        let mut sections: Vec<RecordSection> = groups.filter(|section| !empty(section)).collect();
        sections.extend(self.answer.attached.iter().filter_map(|(k, r)| self.attached(k, r)));
        sections
    }

    /// Fields that hold something.
    fn facts(&self, fields: &Fields, cells: &Cells, group: Option<usize>) -> Vec<FactView> {
        let of_group = fields.iter().filter(|field| group.is_none_or(|at| field.group == at));
        of_group
            .filter_map(|field| Some(FactView::of(&field.label, self.value(field, cells)?)))
            .collect()
    }

    fn value(&self, field: &Field, cells: &Cells) -> Option<Value> {
        if matches!(field.kind.shape(), Shape::Rows(_)) {
            return None;
        }
        let cx = Showing { house: self.house, names: &self.answer.names };
        let text = field.show(cells, &cx, self.answer.sees);
        if text.is_empty() {
            return None;
        }
        if field.class > self.answer.sees {
            return Some(Value::Masked(text, None));
        }
        let kept = cells.get(&field.id).and_then(Cell::as_text).unwrap_or_default();
        Some(match field.kind.shape() {
            Shape::Long => Value::Long(text),
            Shape::Place => Value::Text(self.place(field, cells, &text)),
            Shape::File(_) if self.answer.look.is_some() => Value::Text(text),
            Shape::File(_) => {
                Value::Link(text, format!("{}/files/{}", self.base, file_parts(kept).0))
            }
            Shape::Reference(kind) => match self.may_open(kind) {
                Some(kind) => Value::Link(text, urls::record(kind, kept)),
                None => Value::Text(text),
            },
            _ => Value::Text(text),
        })
    }

    fn may_open(&self, kind: &str) -> Option<&RecordKind> {
        let kind = self.house.kind(kind)?;
        page::sees(self.visitor.actor(), kind).then_some(kind)
    }

    /// An address with its division before it.
    fn place(&self, field: &Field, cells: &Cells, address: &str) -> String {
        let division = cells.get(&format!("{}_division", field.id)).and_then(Cell::as_text);
        match division.map(|code| self.visitor.app.desk.units().long_name(code)) {
            Some(name) => format!("{name}　{address}"),
            None => address.to_owned(),
        }
    }

    /// Fields of rows that hold something in any row.
    fn used<'k>(&self, row: &'k RowKind, rows: &[Row]) -> Vec<&'k Field> {
        let used = |field: &&Field| rows.iter().any(|one| self.value(field, &one.cells).is_some());
        row.fields.iter().filter(used).collect()
    }

    fn groups_of_rows(&self, group: usize) -> Vec<(&Field, &Arc<RowKind>, &[Row])> {
        let kind = &self.answer.kind;
        let fields = kind.fields.iter().filter(|field| field.group == group);
        let rows = fields.filter_map(|field| {
            let Shape::Rows(row) = field.kind.shape() else { return None };
            let rows = self.answer.record.rows.get(&field.id)?;
            (!rows.is_empty()).then_some((field, kind.rows.get(row)?, rows.as_slice()))
        });
        rows.collect()
    }

    fn tables(&self, group: usize) -> Vec<RowsView> {
        let mut tables = Vec::new();
        for (field, kind, rows) in self.groups_of_rows(group) {
            let used = self.used(kind, rows);
            if used.len() > MOST_COLUMNS {
                continue;
            }
            let cells = |row: &Row| {
                let values = used.iter().map(|f| self.value(f, &row.cells));
                values.map(|value| value.unwrap_or(Value::Text(String::new()))).collect()
            };
            tables.push(RowsView {
                title: field.label.clone(),
                columns: used.iter().map(|field| (field.label.clone(), is_figure(field))).collect(),
                rows: rows.iter().map(cells).collect(),
            });
        }
        tables
    }

    fn cards(&self, group: usize) -> Vec<(String, Vec<FactView>)> {
        let mut cards = Vec::new();
        for (_, kind, rows) in self.groups_of_rows(group) {
            if self.used(kind, rows).len() <= MOST_COLUMNS {
                continue;
            }
            for (at, row) in rows.iter().enumerate() {
                let title = self.row_title(kind, row);
                let name = format!("{}{}　{title}", kind.label, at + 1);
                cards.push((name, self.facts(&kind.fields, &row.cells, None)));
            }
        }
        cards
    }

    fn row_title(&self, kind: &RowKind, row: &Row) -> String {
        let cx = Showing { house: self.house, names: &self.answer.names };
        let part = |part: &TitlePart| match part {
            TitlePart::Text(text) => text.clone(),
            TitlePart::Field(id) => kind
                .fields
                .get(id)
                .map(|field| field.show(&row.cells, &cx, self.answer.sees))
                .unwrap_or_default(),
            _ => String::new(),
        };
        kind.title.iter().map(part).collect()
    }

    /// Records of a kind that hangs on this one, and where one more begins.
    fn attached(&self, kind: &Arc<RecordKind>, records: &[Record]) -> Option<RecordSection> {
        let actor = self.visitor.actor();
        if !page::sees(actor, kind) {
            return None;
        }
        let id = self.answer.record.id();
        let begin = format!("{}/new", urls::list(kind));
        let field = kind.attached.as_ref()?.kind.as_str();
        let add = page::creates(actor, kind)
            .then(|| (format!("新建{}", kind.label), urls::with_query(&begin, &[(field, id)])));
        if records.is_empty() && add.is_none() {
            return None;
        }
        let flow = !kind.states.is_empty();
        let mut columns = vec![(kind.label.clone(), false)];
        if flow {
            columns.push(("状态".to_owned(), false));
        }
        columns.push(("登记".to_owned(), false));
        let row = |record: &Record| {
            let mut cells =
                vec![Value::Link(record.text("title").to_owned(), urls::record(kind, record.id()))];
            if flow {
                cells.push(Value::Text(kind.state_label(record.state()).to_owned()));
            }
            let made = words::at(record.int("created_at"), &self.visitor.moment);
            cells.push(Value::Text(made));
            cells
        };
        let table = RowsView {
            title: kind.label.clone(),
            columns,
            rows: records.iter().map(row).collect(),
        };
        Some(RecordSection {
            id: kind.id.clone(),
            title: format!("{} {}", kind.label, records.len()),
            tables: if records.is_empty() { Vec::new() } else { vec![table] },
            add,
            ..RecordSection::default()
        })
    }

    fn papers(&self, issued: &[Issued]) -> Vec<PaperView> {
        let RecordAnswer { kind, record, links, .. } = self.answer;
        let view = View::record(record, links, self.visitor.moment.today);
        let paper = |document: &engine::definition::Document| {
            let missing = document.when.as_ref().filter(|when| when.holds(&view) != Some(true));
            let last = issued.iter().rfind(|paper| paper.document == document.id);
            let note = last.map(|paper| {
                let at = words::at(paper.at, &self.visitor.moment);
                let signed = if paper.signed.is_empty() {
                    "，还没有签名件"
                } else {
                    "，签名件已归"
                };
                format!("第{}份 {at}出具{signed}", paper.issue)
            });
            let page = format!("{}/papers/{}", self.base, document.id);
            let there = missing.is_none() || last.is_some();
            PaperView {
                title: document.label.clone(),
                href: there.then(|| format!("{page}.pdf")),
                word: missing.is_none().then(|| format!("{page}.docx")),
                page: there.then_some(page),
                why_not: missing.filter(|_| !there).map(|when| format!("{}时可以打印", when.words)),
                note,
            }
        };
        let mut papers: Vec<PaperView> = kind.documents.iter().map(paper).collect();
        papers.sort_by_key(|paper| paper.href.is_none());
        papers
    }

    /// The files that the record ends in.
    fn dossiers(&self) -> Vec<(String, String)> {
        let RecordAnswer { kind, record, links, .. } = self.answer;
        let view = View::record(record, links, self.visitor.moment.today);
        let open = |when: &Option<engine::rule::Rule>| {
            when.as_ref().is_none_or(|when| when.holds(&view) == Some(true))
        };
        let dossiers = kind.dossiers.iter().filter(|dossier| open(&dossier.when));
        let dossiers =
            dossiers.map(|d| (d.label.clone(), format!("{}/dossier/{}", self.base, d.id)));
        let draws =
            kind.draws.first().map(|_| ("复核抽选".to_owned(), format!("{}/draw", self.base)));
        dossiers.chain(draws).collect()
    }

    fn limit(&self, limit: &Limit) -> LimitView {
        let standing = limit.standing(self.visitor.moment.today);
        let tone = match standing {
            Standing::Ended { late: Some(1..) } => Tone::Late,
            Standing::Ended { .. } => Tone::Done,
            _ => Tone::Warn,
        };
        let told = limit.done || limit.due.is_none();
        let ended = told.then(|| StateView { text: standing.words(), tone });
        let due = match (limit.done, limit.due) {
            (false, Some(due)) => Some(words::due(due, &self.visitor.moment)),
            _ => None,
        };
        let here = urls::record(&self.answer.kind, self.answer.record.id());
        let last = limit.due.filter(|_| limit.done).map(show_weekday);
        let last = last.map_or(String::new(), |last| format!("应于{last}前办结。"));
        LimitView {
            title: limit.label.clone(),
            due,
            ended,
            derivation: format!("{last}{}", limit.words),
            basis: limit.basis.clone(),
            href: Some(format!("{here}/limits/{}", limit.id)),
        }
    }
}

fn is_figure(field: &Field) -> bool {
    matches!(field.kind.shape(), Shape::Number | Shape::Money)
}

/// What an archive was concerned in, across all businesses.
pub async fn life_of(
    visitor: &Visitor,
    kind: &RecordKind,
    id: &str,
) -> Result<Vec<LifeView>, Refusal> {
    let desk = &visitor.app.desk;
    let house = desk.house();
    let found = desk.involvements(visitor.actor(), &kind.id, id).await?;
    let view = |one: &desk::ask::Involvement| {
        let state = words::state(&one.kind, one.record.state());
        LifeView {
            at: words::day(one.record.int("created_at"), &visitor.moment),
            business: format!(
                "{} · {}",
                words::business(&house, &one.kind.business),
                desk.units().long_name(one.record.text("unit"))
            ),
            text: format!("{}　{}", one.label, one.record.text("title")),
            href: Some(urls::record(&one.kind, one.record.id())),
            state: (!state.text.is_empty()).then_some(state),
        }
    };
    Ok(found.iter().map(view).collect())
}

/// What was merged into the record, and where that is undone.
async fn merged(shown: &Shown<'_>) -> Result<Option<RecordSection>, Refusal> {
    let (visitor, kind) = (shown.visitor, &shown.answer.kind);
    let desk = &visitor.app.desk;
    let here = shown.answer.record.id();
    let merged = desk.merged(visitor.actor(), &kind.id, here).await?;
    if merged.is_empty() {
        return Ok(None);
    }
    let text = Value::Text;
    let row = |one: &desk::ask::MergedRecord| {
        let undo = if one.may_give_back {
            Value::Link("撤销合并".to_owned(), format!("{}/unmerge", urls::below(kind, &one.id)))
        } else if one.into == here {
            text(String::new())
        } else {
            let through = merged.iter().find(|other| other.id == one.into);
            let title = through.map_or("", |other| other.title.as_str());
            text(format!("先并入“{title}”，再随它并进来"))
        };
        let owner = desk.units().long_name(&one.unit);
        let at = words::at(one.at, &visitor.moment);
        vec![
            text(format!("{}（{owner}登记）", one.title)),
            text(at),
            text(one.reason.clone()),
            undo,
        ]
    };
    let columns =
        ["并进来的", "何时", "理由", "撤销"].map(|label| (label.to_owned(), false)).into();
    let rows = merged.iter().map(row).collect();
    let title = "并进来的档案".to_owned();
    let table = RowsView { title: title.clone(), columns, rows };
    let id = "merged".to_owned();
    Ok(Some(RecordSection { id, title, tables: vec![table], ..RecordSection::default() }))
}

/// `GET /b/{business}/{kind}/{id}/files/{hash}`
pub async fn file(
    visitor: Visitor,
    Path((business, kind, id, hash)): Path<(String, String, String, String)>,
) -> Response {
    let fetched = fetch(&visitor, &business, &kind, &id, &hash).await;
    page::done(&visitor, fetched).await
}

/// A file that somebody attached: shown in a box of its own, whatever it holds.
async fn fetch(
    visitor: &Visitor,
    business: &str,
    kind: &str,
    id: &str,
    hash: &str,
) -> Result<Response, Refusal> {
    let kind = kind_of(&visitor.app.desk.house(), business, kind)?;
    let (app, actor, moment) = (&visitor.app, visitor.actor(), &visitor.moment);
    let (name, media, content) = files::fetch(app, actor, &kind.id, id, hash, moment).await?;
    Ok(bytes(media, &name, content, Some("sandbox; default-src 'none'")))
}

/// A file as an answer: what browsers can show is shown, the rest is saved.
pub fn bytes(
    media: &'static str,
    name: &str,
    content: Vec<u8>,
    policy: Option<&'static str>,
) -> Response {
    let shown = ["application/pdf", "image/png", "image/jpeg"].contains(&media);
    let how = if shown { "inline" } else { "attachment" };
    let headers: [(HeaderName, HeaderValue); 3] = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media)),
        (header::CONTENT_DISPOSITION, urls::disposition(how, name)),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-store")),
    ];
    let mut response = (headers, content).into_response();
    if let Some(policy) = policy {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    }
    response
}
