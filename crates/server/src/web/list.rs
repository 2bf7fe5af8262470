//! A list of a kind: as its definition says, filtered, sorted and turned by the address alone.

use super::{
    filter,
    look::{
        frame::Notice,
        list::{Cell, CellKind, Column, ListView, RowView, Sort, list as draw_list},
        part::Tone,
    },
    page::{self, About},
    reason,
    typed::Typed,
    urls,
    visitor::Visitor,
    words,
};
use crate::sheets::{Tell, column_label};
use axum::{
    extract::{Path, Query},
    response::Response,
};
use desk::{
    Refusal,
    ask::{ListAnswer, ListAsk, NameBook},
    report::FigureAsk,
};
use engine::{
    definition::{Class, House, List, RecordKind},
    kind::Shape,
    record::Record,
};
use std::sync::Arc;

/// Nobody counts further than this by turning pages.
const COUNTED: u32 = 10_000;
const A_PAGE: u32 = 20;
/// So many pages back are remembered in the address.
const REMEMBERED: usize = 12;

/// A list that somebody asked for.
pub struct Asked {
    /// Who.
    pub visitor: Visitor,
    /// All definitions.
    pub house: Arc<House>,
    /// The kind.
    pub kind: Arc<RecordKind>,
    /// The query of the address.
    pub query: Typed,
    /// What it means.
    pub ask: ListAsk,
    /// What could not be understood, in words.
    pub faults: Vec<String>,
    /// What the records are called that are filtered by.
    pub names: NameBook,
}

impl Asked {
    /// Reads the address.
    pub async fn read(
        visitor: Visitor,
        business: &str,
        kind: &str,
        pairs: Vec<(String, String)>,
    ) -> Result<Self, (Visitor, Refusal)> {
        let house = visitor.app.desk.house();
        let found = house.kind(kind).filter(|k| k.business == business);
        let Some(kind) = found.filter(|k| page::sees(visitor.actor(), k)).cloned() else {
            return Err((visitor, Refusal::NotFound("这种档案".to_owned())));
        };
        let query = Typed::read(pairs).unwrap_or_default();
        let ask = plain_ask(&kind, &query);
        let mut asked = Self {
            visitor,
            house,
            kind,
            query,
            ask,
            faults: Vec::new(),
            names: NameBook::default(),
        };
        match filter::read(&mut asked).await {
            Ok(()) => Ok(asked),
            Err(refusal) => Err((asked.visitor, refusal)),
        }
    }

    /// The list of the definition, if the kind has any.
    pub fn list(&self) -> Option<&List> {
        let lists = &self.kind.lists;
        lists.iter().find(|list| list.id == self.ask.list).or(lists.first())
    }

    /// The address with some values replaced; the first page of what then is.
    pub fn address(&self, replaced: &[(&str, &str)]) -> String {
        let mut pairs = self.query.pairs();
        pairs.retain(|(name, _)| {
            !["after", "back", "count"].contains(&name.as_str())
                && !replaced.iter().any(|(other, _)| other == name)
        });
        pairs
            .extend(replaced.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        urls::with_query(&urls::list(&self.kind), &pairs)
    }
}

fn plain_ask(kind: &RecordKind, query: &Typed) -> ListAsk {
    let text = |name: &str| query.get(name).trim().to_owned();
    let sort = match query.get("sort") {
        "" => None,
        sort => Some(match sort.strip_prefix('-') {
            Some(field) => (field.to_owned(), true),
            None => (sort.to_owned(), false),
        }),
    };
    let figure = (!query.get("report").is_empty()).then(|| FigureAsk {
        report: text("report"),
        column: text("column"),
        from: text("from"),
        to: text("to"),
    });
    ListAsk {
        kind: kind.id.clone(),
        list: text("list"),
        unit: text("unit"),
        state: text("state"),
        q: text("q"),
        sort,
        after: query.get("after").to_owned(),
        limit: A_PAGE,
        figure,
        ..ListAsk::default()
    }
}

/// `GET /b/{business}/{kind}`
pub async fn page(
    visitor: Visitor,
    Path((business, kind)): Path<(String, String)>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Response {
    let house = visitor.app.desk.house();
    let found = house.kind(&kind).filter(|found| found.business == business);
    if let Some(kind) = found {
        let query = Typed::read(pairs.clone()).unwrap_or_default();
        let figure = plain_ask(kind, &query).figure;
        if reason::asks(&visitor, kind, figure.as_ref()) {
            let drawn = reason::behind(&visitor, kind, figure.unwrap_or_default(), &query).await;
            return page::done(&visitor, drawn).await;
        }
    }
    match Asked::read(visitor, &business, &kind, pairs).await {
        Ok(asked) => {
            let drawn = draw(&asked).await;
            page::done(&asked.visitor, drawn).await
        }
        Err((visitor, refusal)) => page::refused(&visitor, &refusal).await,
    }
}

async fn draw(asked: &Asked) -> Result<Response, Refusal> {
    let (desk, actor) = (&asked.visitor.app.desk, asked.visitor.actor());
    let answer = desk.list(actor, &asked.ask).await?;
    let counted = count(asked, &answer).await?;
    let view = view(asked, &answer, &counted).await?;
    let kind = &asked.kind;
    let mut about = About::new(kind.label.clone(), urls::list(kind));
    if asked.house.business(&kind.business).is_some() {
        let business = words::business(&asked.house, &kind.business).to_owned();
        about.place = vec![(business, format!("/b/{}", kind.business))];
    }
    about.notice = (!asked.faults.is_empty()).then(|| Notice {
        tone: Tone::Warn,
        text: asked.faults.join("；"),
        link: None,
    });
    Ok(page::page(&asked.visitor, about, draw_list(&view)).await)
}

/// How many there are, in words; empty where nobody has counted. A page that holds them all has
/// counted them. Counting the rest costs more than the page itself, so it is done when asked, and
/// where a figure of a report is opened, because the two are compared.
async fn count(asked: &Asked, answer: &ListAnswer) -> Result<String, Refusal> {
    let here = answer.records.len();
    if answer.next.is_empty() && asked.ask.after.is_empty() {
        return Ok(if here == 0 { String::new() } else { format!("共 {here} 条") });
    }
    if asked.query.get("count").is_empty() && asked.ask.figure.is_none() {
        return Ok(String::new());
    }
    let (desk, actor) = (&asked.visitor.app.desk, asked.visitor.actor());
    Ok(match desk.count(actor, &asked.ask, COUNTED + 1).await? {
        count if count > COUNTED => "共 10,000 多条".to_owned(),
        count => format!("共 {} 条", words::thousands(i128::from(count))),
    })
}

async fn view(asked: &Asked, answer: &ListAnswer, counted: &str) -> Result<ListView, Refusal> {
    let kind = &asked.kind;
    let (prev, next) = turning(asked, answer);
    let chips = filter::chips(asked);
    let filtered = !chips.is_empty();
    let create = page::creates(asked.visitor.actor(), kind)
        .then(|| (format!("新建{}", kind.label), format!("{}/new", urls::list(kind))));
    let export = |ending: &str| {
        let whole = asked.address(&[]);
        let query = whole.split_once('?').map_or(String::new(), |(_, query)| format!("?{query}"));
        format!("{}/export.{ending}{query}", urls::list(kind))
    };
    Ok(ListView {
        key: kind.id.clone(),
        title: kind.label.clone(),
        count_text: counted.to_owned(),
        count_href: (counted.is_empty() && !answer.records.is_empty())
            .then(|| asked.address(&[("count", "1")])),
        href: urls::list(kind),
        create: create.clone(),
        tabs: tabs(asked),
        filters: filter::views(asked).await?,
        chips,
        keep: kept(asked),
        columns: answer.columns.iter().map(|id| column(asked, answer, id)).collect(),
        rows: answer.records.iter().map(|record| row(asked, answer, record)).collect(),
        prev,
        next,
        exports: [("导出表格", "xlsx"), ("导出 CSV", "csv")]
            .into_iter()
            .filter(|_| !answer.records.is_empty())
            .map(|(label, ending)| (label.to_owned(), export(ending)))
            .chain(create.is_some().then(|| ("导入表格".to_owned(), super::intake::address(kind))))
            .collect(),
        empty_hint: empty(kind, filtered),
        csrf: asked.visitor.session.csrf.clone(),
        ..ListView::default()
    })
}

fn empty(kind: &RecordKind, filtered: bool) -> String {
    if filtered {
        return "没有符合这些条件的记录。可以取消一些条件再看。".to_owned();
    }
    format!("您可以查看的范围内还没有{}。{}", kind.label, kind.help)
}

fn tabs(asked: &Asked) -> Vec<(String, String, bool)> {
    let here = asked.list().map_or("", |list| list.id.as_str());
    let base = urls::list(&asked.kind);
    let tab = |(at, list): (usize, &List)| {
        let id = if at == 0 { "" } else { list.id.as_str() };
        (list.label.clone(), urls::with_query(&base, &[("list", id)]), list.id == here)
    };
    asked.kind.lists.iter().enumerate().map(tab).collect()
}

/// What a new filter must not throw away.
fn kept(asked: &Asked) -> Vec<(String, String)> {
    let names = ["list", "sort", "report", "column", "from", "to"];
    let kept = names.iter().map(|name| ((*name).to_owned(), asked.query.get(name).to_owned()));
    kept.filter(|(_, value)| !value.is_empty()).collect()
}

/// The pages before and behind: where earlier pages began stands in the address.
fn turning(asked: &Asked, answer: &ListAnswer) -> (Option<String>, Option<String>) {
    let here = asked.query.get("after");
    let back = asked.query.all("back");
    let address = |after: &str, back: &[&str]| {
        let mut pairs: Vec<(&str, &str)> = back.iter().map(|one| ("back", *one)).collect();
        pairs.push(("after", after));
        let query = urls::with_query("", &pairs);
        let base = asked.address(&[]);
        match (query.strip_prefix('?'), base.contains('?')) {
            (None, _) => base,
            (Some(query), true) => format!("{base}&{query}"),
            (Some(query), false) => format!("{base}?{query}"),
        }
    };
    let prev = (!here.is_empty()).then(|| match back.split_last() {
        Some((last, earlier)) => address(last, earlier),
        None => address("", &[]),
    });
    let next = (!answer.next.is_empty()).then(|| {
        let mut back = back.clone();
        if !here.is_empty() {
            back.push(here);
        }
        let from = back.len().saturating_sub(REMEMBERED);
        address(&answer.next, &back[from..])
    });
    (prev, next)
}

/// Whether rows in the order of the column make sense to people.
fn sortable(kind: &RecordKind, id: &str) -> bool {
    match kind.fields.get(id) {
        None => ["state", "created_at", "title"].contains(&id),
        Some(field) => {
            field.class == Class::Plain
                && !matches!(
                    field.kind.shape(),
                    Shape::Rows(_)
                        | Shape::Reference(_)
                        | Shape::Unit(_)
                        | Shape::Account
                        | Shape::Codes(_)
                        | Shape::File(_)
                        | Shape::Place
                        | Shape::Long
                )
        }
    }
}

fn column(asked: &Asked, answer: &ListAnswer, id: &str) -> Column {
    let kind = &asked.kind;
    let shape = kind.fields.get(id).map(|field| field.kind.shape());
    let sort = sortable(kind, id).then(|| {
        let (now, turned) = match &answer.sort {
            (column, true) if column == id => (Sort::Desc, id.to_owned()),
            (column, false) if column == id => (Sort::Asc, format!("-{id}")),
            _ => (Sort::None, id.to_owned()),
        };
        (asked.address(&[("sort", &turned)]), now)
    });
    Column {
        id: id.to_owned(),
        label: column_label(kind, id).to_owned(),
        sort,
        numeric: matches!(shape, Some(Shape::Number | Shape::Money)),
    }
}

fn row(asked: &Asked, answer: &ListAnswer, record: &Record) -> RowView {
    let mut cells: Vec<Cell> =
        answer.columns.iter().map(|id| cell(asked, answer, record, id)).collect();
    // The first cell opens the record, so it always says something.
    if let Some(first) = cells.first_mut().filter(|cell| cell.text.is_empty()) {
        first.text = record.text("title").to_owned();
        first.kind = CellKind::Text;
    }
    RowView { id: record.id().to_owned(), href: urls::record(&asked.kind, record.id()), cells }
}

fn cell(asked: &Asked, answer: &ListAnswer, record: &Record, id: &str) -> Cell {
    let text = cell_text(asked, answer, record, id);
    let kind = match (id, asked.kind.fields.get(id).map(|field| field.kind.shape())) {
        ("state", _) => CellKind::State(words::state(&asked.kind, record.state()).tone),
        (_, Some(Shape::Date)) | ("created_at", _) => CellKind::Date,
        (_, Some(Shape::Number | Shape::Money)) => CellKind::Number,
        _ => CellKind::Text,
    };
    Cell { text, kind }
}

/// What stands in a cell, as this reader may see it.
fn cell_text(asked: &Asked, answer: &ListAnswer, record: &Record, id: &str) -> String {
    let (names, sees) = (&answer.names, answer.sees);
    let tell = Tell { house: &asked.house, kind: &asked.kind, names, sees };
    tell.cell(record, id, asked.kind.fields.get(id))
}
