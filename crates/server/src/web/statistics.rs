//! Reports: what is counted, in words; the figures of a unit and those below it; the records
//! behind each figure.

use super::{
    export, filter,
    look::{
        chart::{Bar, BarChart, Chart, LineChart, Series},
        hub::{CreateView, create as draw_ways},
        part::{Icon, Link},
        report::{
            CheckView, FigureView, HeadCell, OfficialTable, ReportQuery, ReportView, TableRow,
            report as draw_report,
        },
    },
    page::{self, About},
    sheet,
    typed::Typed,
    urls,
    visitor::Visitor,
    words,
};
use axum::{
    extract::{Path, Query},
    http::StatusCode,
    response::Response,
};
use desk::{
    Refusal,
    report::{ReportAnswer, ReportAsk, ReportRow, column_kind, may_report},
};
use engine::{
    check::amount,
    definition::{House, Report, ReportColumn},
    rule::Worked,
};
use jiff::{ToSpan, civil::Date};

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
    let body = draw_ways("报表", &[], &views);
    page::page(&visitor, About::new("报表", "/statistics"), body).await
}

/// `GET /statistics/{report}` and `GET /statistics/{report}.xlsx`
pub async fn page(
    visitor: Visitor,
    Path(name): Path<String>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Response {
    let query = Typed::read(pairs).unwrap_or_default();
    let result = match name.strip_suffix(".xlsx") {
        Some(id) => as_sheet(&visitor, ask(&visitor, id, &query)).await,
        None => as_page(&visitor, ask(&visitor, &name, &query)).await,
    };
    page::done(&visitor, result).await
}

/// Unit and time; without a time, this year up to this month.
fn ask(visitor: &Visitor, report: &str, query: &Typed) -> ReportAsk {
    let text = |name: &str| query.get(name).trim().to_owned();
    let today = visitor.moment.today;
    let (mut from, mut to) = (text("from"), text("to"));
    if to.is_empty() {
        to = month(today);
    }
    if from.is_empty() {
        from = format!("{}-01", to.chars().take(4).collect::<String>());
    }
    ReportAsk { report: report.to_owned(), unit: text("unit"), from, to }
}

fn month(day: Date) -> String {
    format!("{:04}-{:02}", day.year(), day.month())
}

async fn as_sheet(visitor: &Visitor, ask: ReportAsk) -> Result<Response, Refusal> {
    let answer = visitor.app.desk.report(visitor.actor(), &ask).await?;
    let desk = &visitor.app.desk;
    desk.log_look(visitor.actor(), "export", "report", &ask.report, &visitor.moment).await?;
    let bytes = sheet::report(&answer).map_err(|error| export::failed(&error))?;
    let name = format!("{} {}.xlsx", answer.report.label, answer.unit.name);
    Ok(export::attachment(sheet::XLSX, &name, bytes))
}

async fn as_page(visitor: &Visitor, mut ask: ReportAsk) -> Result<Response, Refusal> {
    let desk = &visitor.app.desk;
    let (mut error, mut status) = (None, None);
    let answer = match desk.report(visitor.actor(), &ask).await {
        // A period that makes no sense: say so over this year's figures.
        Err(Refusal::Invalid(problems)) => {
            error = problems.first().map(|problem| problem.message.clone());
            status = Some(StatusCode::UNPROCESSABLE_ENTITY);
            let query = Typed::read(vec![("unit".to_owned(), ask.unit.clone())]);
            ask = self::ask(visitor, &ask.report, &query.unwrap_or_default());
            desk.report(visitor.actor(), &ask).await?
        }
        answer => answer?,
    };
    let house = desk.house();
    let mut view = view(visitor, &house, &answer, &ask);
    view.query.error = error;
    let place = vec![("报表".to_owned(), "/statistics".to_owned())];
    let about = About { status, ..About::new(answer.report.label.clone(), "/statistics") };
    Ok(page::page(visitor, about.below(place), draw_report(&view)).await)
}

fn address(report: &str, unit: &str, from: &str, to: &str) -> String {
    let pairs = [("unit", unit), ("from", from), ("to", to)];
    urls::with_query(&format!("/statistics/{}", urls::encode(report)), &pairs)
}

fn view(visitor: &Visitor, house: &House, answer: &ReportAnswer, ask: &ReportAsk) -> ReportView {
    let report = &answer.report;
    let own = urls::with_query(
        &format!("/statistics/{}.xlsx", report.id),
        &[("unit", ask.unit.as_str()), ("from", &ask.from), ("to", &ask.to)],
    );
    ReportView {
        title: report.label.clone(),
        definition: vec![report.help.clone()],
        basis: (!report.basis.is_empty()).then(|| report.basis.clone()),
        query: ReportQuery {
            href: format!("/statistics/{}", report.id),
            from: ask.from.clone(),
            to: ask.to.clone(),
            usual: usual(visitor, ask),
            units: filter::unit_options(visitor, &ask.unit, "本单位"),
            error: None,
        },
        charts: charts(answer),
        table: table(house, answer),
        checks: answer
            .checks
            .iter()
            .map(|(_, text, passed)| CheckView {
                text: text.clone(),
                passed: *passed,
                detail: None,
            })
            .collect(),
        exports: vec![("导出表格".to_owned(), own)],
        csrf: visitor.session.csrf.clone(),
        ..ReportView::default()
    }
}

/// The periods that people ask for most.
fn usual(visitor: &Visitor, ask: &ReportAsk) -> Vec<Link> {
    let today = visitor.moment.today;
    let year = today.year();
    let last = month(today.checked_sub(1.months()).unwrap_or(today));
    let now = month(today);
    let periods = [
        ("本月", now.clone(), now.clone()),
        ("上月", last.clone(), last),
        ("今年", format!("{year}-01"), now),
        ("去年", format!("{}-01", year - 1), format!("{}-12", year - 1)),
    ];
    let link = |(label, from, to): (&str, String, String)| {
        (label.to_owned(), address(&ask.report, &ask.unit, &from, &to))
    };
    periods.into_iter().map(link).collect()
}

/// A figure in words: blank where there is nothing to divide by.
pub fn figure_text(column: &ReportColumn, figure: Worked) -> String {
    if figure.of == 0 {
        return String::new();
    }
    let whole = figure.number / figure.of;
    match column.unit.as_str() {
        "%" => percent(figure),
        "万元" => i64::try_from(whole).map(amount::wan_yuan).unwrap_or_default(),
        "元" => i64::try_from(whole).map(amount::yuan).unwrap_or_default(),
        _ => words::thousands(whole),
    }
}

/// A rate in per cent with two decimals, halves up.
fn percent(figure: Worked) -> String {
    let hundredths = (figure.number * 20_000 + figure.of).div_euclid(2 * figure.of);
    let sign = if hundredths < 0 { "-" } else { "" };
    let hundredths = hundredths.unsigned_abs();
    format!("{sign}{}.{:02}%", hundredths / 100, hundredths % 100)
}

/// A heading with its unit, said once.
pub fn column_label(column: &ReportColumn) -> String {
    let unit = format!("（{}）", column.unit);
    if column.unit.is_empty() || column.label.ends_with(&unit) {
        return column.label.clone();
    }
    format!("{}{unit}", column.label)
}

/// The official table: grouped heading, the whole, then a line for each unit below.
fn table(house: &House, answer: &ReportAnswer) -> OfficialTable {
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
    let under = report.columns().map(|column| cell(&column_label(column), 1, 1));
    let mut rows = vec![line(house, answer, &answer.total, true)];
    rows.extend(answer.rows.iter().map(|row| line(house, answer, row, false)));
    OfficialTable {
        caption: format!("{}　{}", report.label, answer.unit.name),
        note: format!("{} 至 {}", answer.from, answer.to),
        head: vec![over, under.collect()],
        rows,
    }
}

fn line(house: &House, answer: &ReportAnswer, row: &ReportRow, total: bool) -> TableRow {
    let report = &answer.report;
    let figures = report.columns().zip(&row.figures).map(|(column, figure)| FigureView {
        text: figure_text(column, *figure),
        href: behind(house, answer, row, column, *figure),
        change: None,
        column: column.id.clone(),
    });
    let opens = !total && !row.unit.is_empty();
    TableRow {
        key: if total { "total".to_owned() } else { row.unit.clone() },
        href: opens.then(|| address(&report.id, &row.unit, &answer.from, &answer.to)),
        label: if total { format!("{}　合计", row.name) } else { row.name.clone() },
        indent: u8::from(!total),
        total,
        figures: figures.collect(),
    }
}

/// The list of the records behind a figure; none where there are none, or of several kinds.
fn behind(
    house: &House,
    answer: &ReportAnswer,
    row: &ReportRow,
    column: &ReportColumn,
    figure: Worked,
) -> Option<String> {
    if row.unit.is_empty() || figure.number == 0 || figure.of == 0 {
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
    charts.extend(bars(answer).map(Chart::Bar));
    charts.extend(months(answer).map(Chart::Line));
    charts
}

/// The first figure by unit; of a unit with none below it, its largest group of figures.
fn bars(answer: &ReportAnswer) -> Option<BarChart> {
    let first = answer.report.columns().next()?;
    let bar = |label: &str, column: &ReportColumn, figure: Worked| Bar {
        label: label.to_owned(),
        value: size(figure).max(0.0),
        shown: format!("{} {}", figure_text(column, figure), column.unit),
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
    let months = months_between(&answer.from, &answer.to);
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
        description: format!("{} 至 {} 各月的{}。", answer.from, answer.to, first.label),
        unit: first.unit.clone(),
        points: months.iter().enumerate().map(label).collect(),
        series: vec![Series {
            name: first.label.clone(),
            values: months.iter().map(value).collect(),
        }],
    })
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
    fn a_rate_is_rounded_half_up_and_blank_where_there_is_nothing() {
        let rate = |number, of| percent(Worked { number, of });
        assert_eq!(rate(1, 3), "33.33%");
        assert_eq!(rate(2, 3), "66.67%");
        assert_eq!(rate(1, 1), "100.00%");
        assert_eq!(rate(1, 20_000), "0.01%");
        assert_eq!(rate(0, 7), "0.00%");
    }

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
