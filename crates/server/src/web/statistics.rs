//! Reports: what is counted, in words; the figures of a unit and those below it; the records
//! behind each figure.

use super::{
    export,
    filing::{self, Sent},
    filter,
    look::{
        chart::{Bar, BarChart, Chart, LineChart, Series},
        filing::waiting as draw_waiting,
        hub::{CreateView, create as draw_ways},
        map::{Tile, TileMap},
        part::{Icon, Link},
        report::{
            CheckView, FigureView, HeadCell, OfficialTable, ReportQuery, ReportView, TableRow,
            report as draw_report,
        },
    },
    page::{self, About},
    typed::Typed,
    urls,
    visitor::Visitor,
};
use crate::official::{self, Official, XLSX, figure_text, with_unit};
use axum::{
    extract::{Path, Query},
    http::StatusCode,
    response::Response,
};
use desk::{
    Refusal,
    filing::Standing,
    report::{
        Checked, Failing, ReportAnswer, ReportAsk, ReportRow, Span, column_kind, guard, is_of_now,
        may_report,
    },
};
use engine::{
    check::date::show,
    definition::{Cycle, House, Report, ReportColumn},
    problem::Problem,
    rule::Worked,
};
use jiff::{ToSpan, civil::Date};
use maud::html;

/// A chart of more bars than this says less than the table.
const MOST_BARS: usize = 20;
/// A line of more months than this says less than the table.
const MOST_MONTHS: usize = 36;

/// `GET /statistics`
pub async fn index(visitor: Visitor) -> Response {
    let house = visitor.app.desk.house();
    let of_business = |id: &str| -> Vec<(String, String, String)> {
        let reports = house
            .reports
            .values()
            .filter(|report| report.business == id && may_report(&house, visitor.actor(), report));
        let link = |r: &std::sync::Arc<Report>| {
            (r.label.clone(), format!("/statistics/{}", r.id), r.basis.clone())
        };
        reports.map(link).collect()
    };
    let views = house.businesses.iter().map(|business| CreateView {
        business: business.label.clone(),
        icon: Icon::named(&business.icon),
        kinds: of_business(&business.id),
    });
    let views: Vec<CreateView> = views.filter(|view| !view.kinds.is_empty()).collect();
    let waiting = match filing::waiting(&visitor).await {
        Ok(waiting) => waiting,
        Err(refusal) => return page::refused(&visitor, &refusal).await,
    };
    let body = html! { (draw_waiting(&waiting)) (draw_ways("报表", &[], &views)) };
    page::page(&visitor, About::new("报表", "/statistics"), body).await
}

/// The form that is asked for behind a name: `x.xlsx`, `x.pdf`.
pub fn split(name: &str) -> (&str, Option<&str>) {
    match name.rsplit_once('.') {
        Some((id, form @ ("xlsx" | "pdf"))) => (id, Some(form)),
        _ => (name, None),
    }
}

/// `GET /statistics/{report}`, also `.xlsx` and `.pdf`.
pub async fn page(
    visitor: Visitor,
    Path(name): Path<String>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Response {
    let query = Typed::read(pairs).unwrap_or_default();
    let (id, form) = split(&name);
    let published = query.get("public") == "1";
    let result = match (ask(&visitor, id, &query), form) {
        ((ask, None), Some(form)) => as_file(&visitor, ask, form, published).await,
        ((ask, None), None) if published => as_published(&visitor, ask).await,
        ((ask, None), None) => drawn(&visitor, ask, &Sent::default()).await,
        ((ask, Some(problem)), _) => {
            let sent = Sent { problems: vec![problem], ..Sent::default() };
            drawn(&visitor, ask, &sent).await
        }
    };
    page::done(&visitor, result).await
}

/// Unit and time; without a time, this year up to this month. A day that makes no sense is said over
/// the figures of now.
fn ask(visitor: &Visitor, report: &str, query: &Typed) -> (ReportAsk, Option<Problem>) {
    let text = |name: &str| query.get(name).trim().to_owned();
    let today = visitor.moment.today;
    let (mut from, mut to) = (text("from"), text("to"));
    for (time, day) in [(&mut from, text("from_day")), (&mut to, text("to_day"))] {
        if !day.is_empty() {
            *time = day;
        }
    }
    if to.is_empty() {
        to = month(today);
    }
    if from.is_empty() {
        from = format!("{}-01", to.chars().take(4).collect::<String>());
    }
    let (report, unit) = (report.to_owned(), text("unit"));
    let ask = ReportAsk { report, unit, from, to, as_of: None };
    let wrong = |message: &str| Problem::error("as_of", message).at("as_of");
    match text("as_of").as_str() {
        "" => (ask, None),
        day => match day.parse::<Date>() {
            Ok(day) if day <= today => (ReportAsk { as_of: Some(day), ..ask }, None),
            Ok(_) => (ask, Some(wrong("“截至”不能晚于今天"))),
            Err(_) => (ask, Some(wrong("“截至”应为一个日期，如 2026-06-30"))),
        },
    }
}

fn month(day: Date) -> String {
    format!("{:04}-{:02}", day.year(), day.month())
}

async fn as_file(
    visitor: &Visitor,
    ask: ReportAsk,
    form: &str,
    published: bool,
) -> Result<Response, Refusal> {
    let desk = &visitor.app.desk;
    let answer = desk.report(visitor.actor(), &ask).await?;
    let hidden = if published { Some(hidden(&answer)?) } else { None };
    let mut official = Official::of(&answer, hidden.as_ref());
    if answer.as_of.is_none() && !published {
        let standing = desk.standing(visitor.actor(), &answer, &visitor.moment).await?;
        official.notes.extend(said(&standing));
    }
    file(visitor, &ask.report, &official, form).await
}

/// What a sheet says of how far its figures are confirmed.
fn said(standing: &Standing) -> Option<String> {
    standing.cycle?;
    Some(match standing.standing() {
        None => "本期还没有确认".to_owned(),
        Some(_) if !standing.late.is_empty() => "确认以后数字有变化，本表是现在的数".to_owned(),
        Some(one) => format!("第{}次{}", one.round, one.state.label()),
    })
}

/// What is not published of a report that may be published.
fn hidden(answer: &ReportAnswer) -> Result<std::collections::BTreeSet<guard::Place>, Refusal> {
    if answer.report.guarded_below == 0 {
        return Err(Refusal::NotFound("这张报表的公开稿".to_owned()));
    }
    if by_day(answer) {
        // Two tables whose times differ by a day, taken from each other, show single people.
        let message = "公开稿只按整月：起止差一天的两份相减，就看得出个别人";
        return Err(Refusal::problem(Problem::error("period", message).at("period")));
    }
    Ok(guard::hidden(answer, answer.report.guarded_below))
}

/// A form as a file; the log is told before it leaves.
pub async fn file(
    visitor: &Visitor,
    report: &str,
    official: &Official,
    form: &str,
) -> Result<Response, Refusal> {
    let (desk, moment) = (&visitor.app.desk, &visitor.moment);
    let (media, bytes) = match form {
        "pdf" => ("application/pdf", official::pdf(&visitor.app, official, moment).await?),
        _ => (XLSX, official::xlsx(official).map_err(|error| export::failed(&error))?),
    };
    desk.log_look(visitor.actor(), "export", "report", report, moment).await?;
    let name = format!("{} {} {}.{form}", official.title, official.unit, official.period);
    Ok(export::attachment(media, &name, bytes))
}

/// The report as it is published.
async fn as_published(visitor: &Visitor, ask: ReportAsk) -> Result<Response, Refusal> {
    let answer = visitor.app.desk.report(visitor.actor(), &ask).await?;
    let hidden = hidden(&answer)?;
    let official = Official::of(&answer, Some(&hidden));
    let back = of(&ask);
    let place =
        vec![("报表".to_owned(), "/statistics".to_owned()), (official.title.clone(), back.clone())];
    let export = |form: &str| exported(&ask, form, true);
    let view = super::look::report::ConfirmedView {
        title: format!("{}　公开稿", official.title),
        notes: official.notes.clone(),
        table: filing::table(&official),
        exports: vec![
            ("导出表格".to_owned(), export("xlsx")),
            ("打印（PDF）".to_owned(), export("pdf")),
        ],
        ..super::look::report::ConfirmedView::default()
    };
    let about = About::new(view.title.clone(), "/statistics").below(place);
    Ok(page::page(visitor, about, super::look::report::confirmed(&view)).await)
}

/// The page of a report, and what was wrong with what was sent.
pub async fn drawn(
    visitor: &Visitor,
    mut ask: ReportAsk,
    sent: &Sent,
) -> Result<Response, Refusal> {
    let desk = &visitor.app.desk;
    let mut error = sent.problems.iter().find(|p| p.field == "as_of").map(|p| p.message.clone());
    let answer = match desk.report(visitor.actor(), &ask).await {
        // A time that makes no sense: say so over this year's figures.
        Err(Refusal::Invalid(problems)) => {
            error = problems.first().map(|problem| problem.message.clone());
            let this_year = Typed::read(vec![("unit".to_owned(), ask.unit.clone())]);
            (ask, _) = self::ask(visitor, &ask.report, &this_year.unwrap_or_default());
            desk.report(visitor.actor(), &ask).await?
        }
        answer => answer?,
    };
    let wrong = error.is_some() || !sent.problems.is_empty();
    let status = wrong.then_some(StatusCode::UNPROCESSABLE_ENTITY);
    let house = desk.house();
    let standing = match ask.as_of {
        None => Some(desk.standing(visitor.actor(), &answer, &visitor.moment).await?),
        Some(_) => None,
    };
    let mut view = view(visitor, &house, &answer, &ask, standing.as_ref(), sent);
    view.query.error = error;
    view.waiting = filing::waiting(visitor).await?;
    let here = of(&ask);
    view.waiting.retain(|one| one.link.1 != format!("{here}#filing"));
    let place = vec![("报表".to_owned(), "/statistics".to_owned())];
    let about = About { status, ..About::new(answer.report.label.clone(), "/statistics") };
    Ok(page::page(visitor, about.below(place), draw_report(&view)).await)
}

/// The page of a report.
pub fn address(report: &str, unit: &str, from: &str, to: &str, as_of: &str) -> String {
    let pairs = [("unit", unit), ("from", from), ("to", to), ("as_of", as_of)];
    urls::with_query(&format!("/statistics/{}", urls::encode(report)), &pairs)
}

fn of(ask: &ReportAsk) -> String {
    address(&ask.report, &ask.unit, &ask.from, &ask.to, &day_text(ask.as_of))
}

fn day_text(day: Option<Date>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

fn exported(ask: &ReportAsk, form: &str, published: bool) -> String {
    let as_of = day_text(ask.as_of);
    let form = if form.is_empty() { String::new() } else { format!(".{form}") };
    urls::with_query(
        &format!("/statistics/{}{form}", urls::encode(&ask.report)),
        &[
            ("unit", ask.unit.as_str()),
            ("from", &ask.from),
            ("to", &ask.to),
            ("as_of", &as_of),
            ("public", if published { "1" } else { "" }),
        ],
    )
}

/// Whether the time is not whole months.
fn by_day(answer: &ReportAnswer) -> bool {
    Span::read(&answer.from, &answer.to).is_ok_and(|span| span.is_by_day())
}

fn view(
    visitor: &Visitor,
    house: &House,
    answer: &ReportAnswer,
    ask: &ReportAsk,
    standing: Option<&Standing>,
    sent: &Sent,
) -> ReportView {
    let report = &answer.report;
    let mut exports = vec![
        ("导出表格".to_owned(), exported(ask, "xlsx", false)),
        ("打印（PDF）".to_owned(), exported(ask, "pdf", false)),
    ];
    if report.guarded_below > 0 && !by_day(answer) {
        exports.push(("公开稿".to_owned(), exported(ask, "", true)));
    }
    let mut notes = Vec::new();
    if let Some(day) = ask.as_of {
        notes.push(format!("这是{}终了时的数字，以后的变化没有计入。", show(day)));
    }
    ReportView {
        title: report.label.clone(),
        state: standing.map(filing::chip).unwrap_or_default(),
        definition: vec![report.help.clone()],
        basis: (!report.basis.is_empty()).then(|| report.basis.clone()),
        query: ReportQuery {
            href: format!("/statistics/{}", report.id),
            from: answer.from.chars().take(7).collect(),
            to: answer.to.chars().take(7).collect(),
            days: by_day(answer).then(|| (answer.from.clone(), answer.to.clone())),
            as_of: day_text(ask.as_of),
            today: visitor.moment.today.to_string(),
            usual: usual(visitor, ask),
            units: filter::unit_options(visitor, &ask.unit, "本单位"),
            error: None,
        },
        notes,
        charts: charts(answer),
        table: table(house, answer, standing, visitor.moment.today),
        checks: answer.checks.iter().map(|check| check_view(answer, check)).collect(),
        filing: standing.and_then(|one| filing::section(visitor, house, answer, one, sent)),
        exports,
        csrf: visitor.session.csrf.clone(),
        ..ReportView::default()
    }
}

/// A check with the cells of every row in which it does not hold.
fn check_view(answer: &ReportAnswer, check: &Checked) -> CheckView {
    CheckView {
        text: check.label.clone(),
        passed: check.holds(),
        details: check.failing.iter().map(|row| failing(answer, row)).collect(),
    }
}

fn failing(answer: &ReportAnswer, row: &Failing) -> String {
    let rows = std::iter::once(&answer.total).chain(&answer.rows);
    let found = rows.into_iter().find(|one| one.unit == row.unit && one.name == row.name);
    let figures = found.map(|one| one.figures.as_slice()).unwrap_or_default();
    let cells = answer.report.columns().zip(figures).filter(|(c, _)| row.columns.contains(&c.id));
    let cells: Vec<String> = cells
        .map(|(column, figure)| format!("{} {}", column.label, figure_text(&column.unit, *figure)))
        .collect();
    let side = |worked: Worked| figure_text("", worked);
    format!("{}：{}（{} 对 {}）", row.name, cells.join("，"), side(row.sides.0), side(row.sides.1))
}

/// The periods that people ask for most.
fn usual(visitor: &Visitor, ask: &ReportAsk) -> Vec<Link> {
    let today = visitor.moment.today;
    let year = today.year();
    let last = month(today.checked_sub(1.months()).unwrap_or(today));
    let now = month(today);
    let mut periods = vec![
        ("本月".to_owned(), now.clone(), now.clone()),
        ("上月".to_owned(), last.clone(), last),
    ];
    // Of quarters and half-years, the one that was last whole is the one that is reported.
    for cycle in [Cycle::Quarter, Cycle::Half] {
        let (first, _) = cycle.around(today);
        let before = format!("{first}-01").parse::<Date>().and_then(|day| day.yesterday());
        for day in [before.unwrap_or(today), today] {
            let (from, to) = cycle.around(day);
            periods.push((cycle.name(&from), from, to));
        }
    }
    periods.push(("今年".to_owned(), format!("{year}-01"), now));
    periods.push(("去年".to_owned(), format!("{}-01", year - 1), format!("{}-12", year - 1)));
    let as_of = day_text(ask.as_of);
    let link = |(label, from, to): (String, String, String)| {
        (label, address(&ask.report, &ask.unit, &from, &to, &as_of))
    };
    periods.into_iter().map(link).collect()
}

/// The official table: grouped heading, the whole, then a line for each unit below.
fn table(
    house: &House,
    answer: &ReportAnswer,
    standing: Option<&Standing>,
    today: Date,
) -> OfficialTable {
    let report = &answer.report;
    let cell =
        |label: &str, colspan, rowspan| HeadCell { label: label.to_owned(), colspan, rowspan };
    let mut over = vec![cell("单位", 1, 2)];
    over.extend(
        report
            .groups
            .iter()
            .map(|group| cell(&group.label, u32::try_from(group.columns.len()).unwrap_or(1), 1)),
    );
    let under = report.columns().map(|column| cell(&with_unit(&column.label, &column.unit), 1, 1));
    let reader = Reader { house, answer, standing, today };
    let mut rows = vec![line(&reader, &answer.total, true)];
    rows.extend(answer.rows.iter().map(|row| line(&reader, row, false)));
    OfficialTable {
        caption: format!("{}　{}", report.label, answer.unit.name),
        note: official::period(report, &answer.from, &answer.to),
        head: vec![over, under.collect()],
        rows,
    }
}

/// What a line is drawn from.
struct Reader<'a> {
    house: &'a House,
    answer: &'a ReportAnswer,
    standing: Option<&'a Standing>,
    today: Date,
}

fn line(reader: &Reader<'_>, row: &ReportRow, total: bool) -> TableRow {
    let Reader { answer, standing, .. } = *reader;
    let report = &answer.report;
    let wrong = |column: &str| {
        let failing = answer.checks.iter().flat_map(|check| &check.failing);
        failing
            .filter(|one| one.unit == row.unit && one.name == row.name)
            .any(|one| one.columns.iter().any(|id| id == column))
    };
    let was = |column: &ReportColumn| {
        let late = standing?.late.iter().find(|l| l.unit == row.unit && l.column == column.id)?;
        Some(format!("确认时 {}", figure_text(&column.unit, late.confirmed)))
    };
    let figures = report.columns().zip(&row.figures).map(|(column, figure)| FigureView {
        text: figure_text(&column.unit, *figure),
        href: behind(reader, row, column, *figure),
        change: was(column),
        column: column.id.clone(),
        wrong: wrong(&column.id),
    });
    let opens = !total && !row.unit.is_empty();
    let as_of = day_text(answer.as_of);
    let below = standing.filter(|_| opens);
    let state = below.and_then(|one| {
        let state = filing::state_view(*one.below.get(&row.unit)?);
        Some(if one.moved.contains(&row.unit) { filing::moved() } else { state })
    });
    TableRow {
        key: if total { "total".to_owned() } else { row.unit.clone() },
        href: opens.then(|| address(&report.id, &row.unit, &answer.from, &answer.to, &as_of)),
        label: if total { format!("{}　合计", row.name) } else { row.name.clone() },
        indent: u8::from(!total),
        total,
        state,
        figures: figures.collect(),
    }
}

/// The list of the records behind a figure; none where there are none, or of several kinds.
fn behind(
    reader: &Reader<'_>,
    row: &ReportRow,
    column: &ReportColumn,
    figure: Worked,
) -> Option<String> {
    let Reader { house, answer, today, .. } = *reader;
    // Records are as they are now: behind a figure of a past day there may be others.
    let past =
        answer.as_of.is_some() || !is_of_now(house, &answer.report, column, &answer.to, today);
    if past || row.unit.is_empty() || figure.number == 0 || figure.of == 0 {
        return None;
    }
    let kind = house.kind(&column_kind(house, &answer.report, column)?)?;
    let pairs = [
        ("report", answer.report.id.as_str()),
        ("column", &column.id),
        ("from", &answer.from),
        ("to", &answer.to),
        ("unit", &row.unit),
    ];
    Some(urls::with_query(&urls::list(kind), &pairs))
}

#[allow(clippy::cast_precision_loss, reason = "a chart shows counts, not accounts")]
fn size(figure: Worked) -> f64 {
    if figure.of == 0 { 0.0 } else { figure.number as f64 / figure.of as f64 }
}

fn charts(answer: &ReportAnswer) -> Vec<Chart> {
    let mut charts = Vec::new();
    charts.extend(map(answer).map(Chart::Map));
    charts.extend(bars(answer).map(Chart::Bar));
    charts.extend(months(answer).map(Chart::Line));
    charts
}

/// The units below, coloured by the first figure.
fn map(answer: &ReportAnswer) -> Option<TileMap> {
    let first = answer.report.columns().next()?;
    let mut rows: Vec<&ReportRow> = answer.rows.iter().filter(|row| !row.unit.is_empty()).collect();
    if rows.len() < 2 || answer.total.figures.first()?.number == 0 {
        return None;
    }
    rows.sort_by(|a, b| a.unit.cmp(&b.unit));
    let tile = |row: &&ReportRow| {
        let figure = row.figures.first().copied().unwrap_or(Worked::whole(0));
        Tile {
            name: row.name.clone(),
            value: (figure.of != 0).then(|| size(figure)),
            shown: format!("{} {}", figure_text(&first.unit, figure), first.unit),
        }
    };
    Some(TileMap {
        title: format!("{}，各{}", first.label, rows.first().map_or("", |row| level_of(&row.unit))),
        description: format!("{}个单位，颜色越深数越大。各数见下表。", rows.len()),
        tiles: rows.iter().map(tile).collect(),
    })
}

/// What units of a code of this length are called together.
fn level_of(code: &str) -> &'static str {
    match code.len() {
        9 => "乡镇（街道）",
        12 => "村（社区）",
        _ if code.ends_with("00") => "市",
        _ => "县（市、区）",
    }
}

/// The first figure by unit; of a unit with none below it, its largest group of figures.
fn bars(answer: &ReportAnswer) -> Option<BarChart> {
    let first = answer.report.columns().next()?;
    let bar = |label: &str, column: &ReportColumn, figure: Worked| Bar {
        label: label.to_owned(),
        value: size(figure).max(0.0),
        shown: format!("{} {}", figure_text(&column.unit, figure), column.unit),
    };
    let by_unit = |row: &ReportRow| Some(bar(&row.name, first, *row.figures.first()?));
    let mut bars: Vec<Bar> = answer.rows.iter().filter_map(by_unit).collect();
    let mut title = format!("{}，按单位", first.label);
    if bars.is_empty() {
        let group = answer.report.groups.iter().max_by_key(|group| group.columns.len())?;
        title.clone_from(&group.label);
        let figures = answer.report.columns().zip(&answer.total.figures);
        let within = figures.filter(|(c, _)| group.columns.iter().any(|other| other.id == c.id));
        bars = within.map(|(column, figure)| bar(&column.label, column, *figure)).collect();
    }
    bars.sort_by(|a, b| b.value.total_cmp(&a.value));
    bars.truncate(MOST_BARS);
    let most = bars.first().filter(|bar| bar.value > 0.0)?;
    let description = format!("{}最多，{}。各数见下表。", most.label, most.shown);
    Some(BarChart { title, description, bars })
}

/// The first figure by month.
fn months(answer: &ReportAnswer) -> Option<LineChart> {
    let first = answer.report.columns().next()?;
    let month = |time: &str| time.chars().take(7).collect::<String>();
    let months = months_between(&month(&answer.from), &month(&answer.to));
    if answer.months.is_empty() {
        return None;
    }
    if !(2..=MOST_MONTHS).contains(&months.len()) {
        return None;
    }
    let value = |month: &String| {
        let found = answer.months.iter().find(|(other, _)| other == month);
        Some(size(Worked::whole(found.map_or(0, |(_, value)| i128::from(*value)))))
    };
    // Where there are many, every third month is named: the words must not touch.
    let label = |(at, month): (usize, &String)| match month.split_once('-') {
        Some((year, "01")) if months.len() > 12 => format!("{year}年"),
        Some((_, number)) if months.len() <= 12 => format!("{}月", number.trim_start_matches('0')),
        Some((_, number)) if at % 3 == 0 && months.len() <= 24 => {
            format!("{}月", number.trim_start_matches('0'))
        }
        _ => String::new(),
    };
    Some(LineChart {
        title: format!("{}，按月", first.label),
        description: format!(
            "{} 至 {} 各月的{}。{}",
            answer.from,
            answer.to,
            first.label,
            formerly(&answer.formerly)
        ),
        unit: first.unit.clone(),
        points: months.iter().enumerate().map(label).collect(),
        series: vec![Series {
            name: first.label.clone(),
            values: months.iter().map(value).collect(),
        }],
    })
}

/// What the line holds of units whose place this one took.
fn formerly(names: &[String]) -> String {
    match names {
        [] => String::new(),
        names => format!("含区划调整以前{}的数。", names.join("、")),
    }
}

/// All months from one to another.
fn months_between(from: &str, to: &str) -> Vec<String> {
    let first = format!("{from}-01").parse::<Date>().ok();
    let mut months = Vec::new();
    let mut next = first;
    while let Some(day) = next.filter(|day| month(*day).as_str() <= to && months.len() < 600) {
        months.push(month(day));
        next = day.checked_add(1.month()).ok();
    }
    months
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn every_month_of_a_period_stands_once() {
        assert_eq!(
            months_between("2025-11", "2026-02"),
            ["2025-11", "2025-12", "2026-01", "2026-02"]
        );
        assert!(months_between("2026-02", "2026-01").is_empty());
        assert!(months_between("x", "2026-01").is_empty());
    }
}
