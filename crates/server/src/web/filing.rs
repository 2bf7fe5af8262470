//! Confirming reports: what the section of a report says, and what its forms do.

use super::{
    look::{
        filing::{
            CauseView, ConfirmForm, FilingView, LateView, OpenView, RoundView, RuleForm,
            WaitingView,
        },
        part::{StateView, Tone},
        report::{HeadCell, OfficialTable, TableRow},
    },
    page::{self, About},
    statistics, urls,
    visitor::{Sure, Visitor},
    words,
};
use crate::official::{self, Official, figure_text, with_unit};
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Redirect, Response},
};
use desk::{
    Refusal,
    filing::{Confirming, Filing, LateCell, LateRecord, Ruling, Standing, State, Waiting},
    report::{ReportAnswer, ReportAsk},
};
use engine::{definition::House, problem::Problem};

/// What was sent and refused.
#[derive(Default)]
pub struct Sent {
    /// What is wrong with it.
    pub problems: Vec<Problem>,
    /// What was typed, by name of field.
    pub typed: Vec<(String, String)>,
}

impl Sent {
    fn typed(&self, name: &str) -> String {
        let found = self.typed.iter().rev().find(|(other, _)| other == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    }

    fn error(&self, name: &str) -> Option<String> {
        self.problems.iter().find(|p| p.field == name).map(|p| p.message.clone())
    }
}

/// A state with its tone.
pub fn state_view(state: State) -> StateView {
    let tone = match state {
        State::Confirmed => Tone::Active,
        State::Approved => Tone::Good,
        State::Returned => Tone::Late,
        State::Withdrawn | State::Replaced => Tone::Done,
    };
    StateView { text: state.label().to_owned(), tone }
}

/// What is said of figures that are no longer as they were confirmed.
pub fn moved() -> StateView {
    StateView { text: "确认后有更正".to_owned(), tone: Tone::Warn }
}

/// The chip beside the title: how the last round stands, and whether figures differ from it.
pub fn chip(standing: &Standing) -> StateView {
    match standing.rounds.first() {
        _ if standing.cycle.is_none() => StateView::default(),
        Some(_) if !standing.late.is_empty() => moved(),
        Some(last) => state_view(last.state),
        None => StateView { text: "未确认".to_owned(), tone: Tone::Plain },
    }
}

/// The section; nothing for a report that nobody confirms.
pub fn section(
    visitor: &Visitor,
    house: &House,
    answer: &ReportAnswer,
    standing: &Standing,
    sent: &Sent,
) -> Option<FilingView> {
    let report = &answer.report;
    let level = answer.unit.level.word();
    if report.confirmed_by(level).is_empty() {
        return None;
    }
    let address = |what: &str| format!("/statistics/{}/{what}", urls::encode(&report.id));
    let carried = || {
        vec![
            ("unit".to_owned(), answer.unit.code.clone()),
            ("from".to_owned(), answer.from.clone()),
            ("to".to_owned(), answer.to.clone()),
        ]
    };
    let corrects = standing.rounds.iter().any(|one| one.state == State::Approved);
    let confirm = standing.may.confirm.then(|| ConfirmForm {
        action: address("confirm"),
        hidden: carried().into_iter().chain([("seen".to_owned(), standing.hash.clone())]).collect(),
        verb: if corrects { "确认更正" } else { "确认这些数字" }.to_owned(),
        open: standing.open.iter().map(|open| open_view(&open.id, &open.words, sent)).collect(),
        corrects,
        reason: sent.typed("reason"),
        reason_error: sent.error("reason"),
    });
    let may = &standing.may;
    let rule = (may.approve || may.send_back || may.withdraw).then(|| RuleForm {
        action: address("rule"),
        hidden: carried().into_iter().chain(last_of(standing)).collect(),
        approve: may.approve,
        send_back: may.send_back,
        withdraw: may.withdraw,
        reason: sent.typed("decision"),
        error: sent.error("decision"),
    });
    let beside = |p: &&Problem| p.field == "period" || p.field.is_empty();
    Some(FilingView {
        period: official::period(report, &answer.from, &answer.to),
        way: way(house, answer),
        not_yet: may.not_yet.clone(),
        rounds: standing.rounds.iter().map(|one| round(visitor, one)).collect(),
        late: late(visitor, house, answer, &standing.late),
        confirm,
        rule,
        error: sent.problems.iter().find(beside).map(|p| p.message.clone()),
    })
}

/// The last round as it was seen.
fn last_of(standing: &Standing) -> Vec<(String, String)> {
    let last = standing.rounds.first();
    let pairs = last.map(|last| [("id", last.id.clone()), ("version", last.version.to_string())]);
    pairs.into_iter().flatten().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn open_view(id: &str, words: &str, sent: &Sent) -> OpenView {
    let name = format!("open.{id}");
    OpenView { typed: sent.typed(&name), error: sent.error(&name), words: words.to_owned(), name }
}

/// Who confirms and who approves, from this level up.
fn way(house: &House, answer: &ReportAnswer) -> String {
    let here = answer.unit.level.word();
    let levels = answer.report.confirms.iter().skip_while(|one| one.level != here);
    let name = |one: &engine::definition::Confirms| {
        let roles: Vec<&str> = one.roles.iter().map(|id| words::role(house, id)).collect();
        format!("{}（{}）", one.level, roles.join("、"))
    };
    let levels: Vec<String> = levels.map(name).collect();
    match levels.split_first() {
        Some((own, [])) => format!("由{own}确认。"),
        Some((own, above)) => format!("由{own}确认，{}逐级审核。", above.join("、")),
        None => String::new(),
    }
}

fn round(visitor: &Visitor, one: &Filing) -> RoundView {
    let at = |ms: i64| words::at(ms, &visitor.moment);
    let mut facts = vec![format!("{} {}确认", one.by, at(one.at))];
    if let Some(when) = one.decided_at {
        let verb = match one.state {
            State::Approved => "审核",
            State::Withdrawn => "撤回",
            _ if !one.decision.is_empty() => "退回",
            _ => "撤回",
        };
        facts.push(format!("{} {}{verb}", one.decided_by, at(when)));
    }
    if !one.decision.is_empty() {
        facts.push(format!("退回的原因：{}", one.decision));
    }
    if !one.reason.is_empty() {
        facts.push(format!("更正的原因：{}", one.reason));
    }
    facts.extend(one.open.iter().map(|(_, words, why)| format!("{words}。说明：{why}")));
    let hash = one.hash.get(..16).unwrap_or_default();
    facts.push(format!("校验 {hash}"));
    let correction = if one.reason.is_empty() { "" } else { "（更正）" };
    let address = format!("/statistics/{}/filings/{}", urls::encode(&one.report), one.id);
    RoundView {
        title: format!("第{}次{correction}", one.round),
        state: state_view(one.state),
        facts,
        href: Some(urls::with_query(&address, &[("unit", one.unit.as_str())])),
    }
}

/// The figures of the whole that changed; those of the rows stand in the table.
fn late(
    visitor: &Visitor,
    house: &House,
    answer: &ReportAnswer,
    cells: &[LateCell],
) -> Vec<LateView> {
    let whole = cells.iter().filter(|cell| cell.unit == answer.unit.code);
    let view = |cell: &LateCell| {
        let column = answer.report.columns().find(|c| c.id == cell.column)?;
        let causes = cell.records.iter().filter(|r| !r.title.is_empty());
        let unseen = cell.records.iter().filter(|r| r.title.is_empty()).count() + cell.more;
        let note = match (cell.since, unseen) {
            (None, _) => "没有档案的变化，可能是统计口径改了".to_owned(),
            (_, 0) => String::new(),
            (_, n) if cell.records.len() > n => format!("另有{n}份档案"),
            (_, n) => format!("{n}份档案，已撤销或者不在您可看的范围"),
        };
        let day = |ms: i64| words::at(ms, &visitor.moment);
        Some(LateView {
            column: with_unit(&column.label, &column.unit),
            confirmed: blank(figure_text(&column.unit, cell.confirmed)),
            present: blank(figure_text(&column.unit, cell.present)),
            since: cell.since.map(day).unwrap_or_default(),
            causes: causes.map(|record| cause(visitor, house, record)).collect(),
            note,
        })
    };
    whole.filter_map(view).collect()
}

fn blank(text: String) -> String {
    if text.is_empty() { "—".to_owned() } else { text }
}

fn cause(visitor: &Visitor, house: &House, record: &LateRecord) -> CauseView {
    let kind = house.kind(&record.kind);
    let act = kind.map_or_else(String::new, |kind| super::history::act(kind, &record.act));
    let at = words::at(record.at, &visitor.moment);
    CauseView {
        text: format!("{}：{} {act}，{at}", record.title, record.by),
        href: kind.map(|kind| urls::record(kind, &record.id)),
    }
}

/// What waits for the visitor.
pub async fn waiting(visitor: &Visitor) -> Result<Vec<WaitingView>, Refusal> {
    Ok(waiting_views(visitor, &visitor.app.desk.waiting(visitor.actor()).await?))
}

/// The same of rounds that are known.
pub fn waiting_views(visitor: &Visitor, waiting: &[Waiting]) -> Vec<WaitingView> {
    let desk = &visitor.app.desk;
    let (house, units) = (desk.house(), desk.units());
    let view = |one: &Waiting| {
        let report = house.reports.get(&one.report)?;
        let unit = units.get(&one.unit).map_or(one.unit.as_str(), |unit| unit.name.as_str());
        let period = official::period(report, &one.from, &one.to);
        let href = statistics::address(&one.report, &one.unit, &one.from, &one.to, "");
        let at = words::at(one.since, &visitor.moment);
        let (text, tone, since) = match one.state {
            State::Returned => ("退回".to_owned(), Tone::Late, format!("{at}退回")),
            _ if one.round > 1 => ("更正待审核".to_owned(), Tone::Warn, format!("{at}确认")),
            _ => ("待审核".to_owned(), Tone::Warn, format!("{at}确认")),
        };
        Some(WaitingView {
            link: (format!("{unit}　{}　{period}", report.label), format!("{href}#filing")),
            state: StateView { text, tone },
            since,
        })
    };
    waiting.iter().filter_map(view).collect()
}

/// `POST /statistics/{report}/confirm`
pub async fn confirm(Path(report): Path<String>, Sure(visitor, typed): Sure) -> Response {
    let pairs = typed.pairs();
    let explained = pairs
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix("open.")?.to_owned(), value.clone())));
    let confirming = Confirming {
        seen: typed.get("seen").to_owned(),
        explanations: explained.collect(),
        reason: typed.get("reason").to_owned(),
    };
    let ask = asked(&report, &typed);
    let desk = &visitor.app.desk;
    let result = desk.confirm(visitor.actor(), &ask, &confirming, &visitor.moment).await;
    answered(&visitor, ask, pairs, result).await
}

/// `POST /statistics/{report}/rule`
pub async fn rule(Path(report): Path<String>, Sure(visitor, typed): Sure) -> Response {
    let ask = asked(&report, &typed);
    let result = ruled(&visitor, &ask, &typed).await;
    answered(&visitor, ask, typed.pairs(), result).await
}

async fn ruled(
    visitor: &Visitor,
    ask: &ReportAsk,
    typed: &super::typed::Typed,
) -> Result<Filing, Refusal> {
    let desk = &visitor.app.desk;
    let mut filing = desk.filing(visitor.actor(), &ask.unit, typed.get("id")).await?;
    // What is ruled on is what was seen.
    filing.version = typed.get("version").parse().unwrap_or(0);
    let ruling = match typed.get("ruling") {
        "approve" => Ruling::Approve,
        "withdraw" => Ruling::Withdraw,
        _ => Ruling::Return(typed.get("decision").to_owned()),
    };
    desk.rule(visitor.actor(), &filing, &ruling, &visitor.moment).await
}

fn asked(report: &str, typed: &super::typed::Typed) -> ReportAsk {
    ReportAsk {
        report: report.to_owned(),
        unit: typed.get("unit").to_owned(),
        from: typed.get("from").to_owned(),
        to: typed.get("to").to_owned(),
        as_of: None,
    }
}

/// Back to the report; with what was typed, where something is wrong with it.
async fn answered(
    visitor: &Visitor,
    ask: ReportAsk,
    typed: Vec<(String, String)>,
    result: Result<Filing, Refusal>,
) -> Response {
    match result {
        Ok(_) => {
            let to = statistics::address(&ask.report, &ask.unit, &ask.from, &ask.to, "");
            Redirect::to(&format!("{to}#filing")).into_response()
        }
        Err(Refusal::Invalid(problems)) => {
            let page = statistics::drawn(visitor, ask, &Sent { problems, typed }).await;
            page::done(visitor, page).await
        }
        Err(refusal) => page::refused(visitor, &refusal).await,
    }
}

/// `GET /statistics/{report}/filings/{id}`, also `.xlsx` and `.pdf`: the figures as they were
/// confirmed.
pub async fn page(
    visitor: Visitor,
    Path((_, name)): Path<(String, String)>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Response {
    let unit = pairs.iter().find(|(name, _)| name == "unit").map_or("", |(_, unit)| unit.as_str());
    let result = shown(&visitor, unit, &name).await;
    page::done(&visitor, result).await
}

async fn shown(visitor: &Visitor, unit: &str, name: &str) -> Result<Response, Refusal> {
    let (id, form) = statistics::split(name);
    let desk = &visitor.app.desk;
    let filing = desk.filing(visitor.actor(), unit, id).await?;
    let official = Official::confirmed(desk, &filing);
    if let Some(form) = form {
        return statistics::file(visitor, &filing.report, &official, form).await;
    }
    let back = statistics::address(&filing.report, &filing.unit, &filing.from, &filing.to, "");
    let place = vec![("报表".to_owned(), "/statistics".to_owned()), (official.title.clone(), back)];
    let title = format!("{}　第{}次确认的数字", official.period, filing.round);
    let own = format!("/statistics/{}/filings/{}", urls::encode(&filing.report), filing.id);
    let export = |ext: &str| urls::with_query(&format!("{own}.{ext}"), &[("unit", unit)]);
    let view = super::look::report::ConfirmedView {
        title: title.clone(),
        state: state_view(filing.state),
        notes: official.notes.clone(),
        table: table(&official),
        exports: vec![
            ("导出表格".to_owned(), export("xlsx")),
            ("打印（PDF）".to_owned(), export("pdf")),
        ],
    };
    let about = About::new(title, "/statistics").below(place);
    Ok(page::page(visitor, about, super::look::report::confirmed(&view)).await)
}

/// A form as a table without links.
pub fn table(form: &Official) -> OfficialTable {
    let cell =
        |label: &str, colspan, rowspan| HeadCell { label: label.to_owned(), colspan, rowspan };
    let wide = |heads: usize| u32::try_from(heads).unwrap_or(1);
    let mut over = vec![cell("单位", 1, 2)];
    over.extend(form.groups.iter().map(|(label, heads)| cell(label, wide(heads.len()), 1)));
    let under = form.groups.iter().flat_map(|(_, heads)| heads).map(|h| cell(&h.label, 1, 1));
    let row = |(at, (name, cells)): (usize, &(String, Vec<official::Shown>))| TableRow {
        label: name.clone(),
        total: at == 0,
        indent: u8::from(at > 0),
        figures: cells
            .iter()
            .map(|cell| super::look::report::FigureView {
                text: cell.text.clone(),
                ..super::look::report::FigureView::default()
            })
            .collect(),
        ..TableRow::default()
    };
    OfficialTable {
        caption: format!("{}　{}", form.title, form.unit),
        note: form.period.clone(),
        head: vec![over, under.collect()],
        rows: form.rows.iter().enumerate().map(row).collect(),
    }
}
