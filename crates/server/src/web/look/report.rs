//! A report: what is counted, over which period and unit, the chart, the official table whose
//! every figure opens, and the checks that hold it together. Reports are confirmed, never typed.

use maud::{Markup, html};

use super::chart::{Chart, chart};
use super::list::OptionView;
use super::{
    filing::{FilingView, WaitingView, filing, waiting},
    part::{Link, StateView, Tone, links, state},
};

/// What a report is asked for.
#[derive(Clone, Debug, Default)]
pub struct ReportQuery {
    /// Where the question is sent.
    pub href: String,
    /// First month, `2026-01`, as `from`.
    pub from: String,
    /// Last month, as `to`.
    pub to: String,
    /// First and last day, as `from_day` and `to_day`, where the time is not whole months.
    pub days: Option<(String, String)>,
    /// As of the end of which day, as `as_of`; empty: as it is now.
    pub as_of: String,
    /// The latest day that may be asked for.
    pub today: String,
    /// Usual periods.
    pub usual: Vec<Link>,
    /// Units, as `unit`.
    pub units: Vec<OptionView>,
    /// What is wrong with the question.
    pub error: Option<String>,
}

/// A heading cell of an official table.
#[derive(Clone, Debug, Default)]
pub struct HeadCell {
    /// Its words.
    pub label: String,
    /// Columns it spans.
    pub colspan: u32,
    /// Rows it spans.
    pub rowspan: u32,
}

/// A figure and the records behind it.
#[derive(Clone, Debug, Default)]
pub struct FigureView {
    /// The figure in words.
    pub text: String,
    /// The records behind it.
    pub href: Option<String>,
    /// Against the period compared with, e.g. +12.5%.
    pub change: Option<String>,
    /// Id of its column.
    pub column: String,
    /// Whether a check does not hold there.
    pub wrong: bool,
}

/// A line of an official table.
#[derive(Clone, Debug, Default)]
pub struct TableRow {
    /// Code of the unit; `total` for the whole.
    pub key: String,
    /// Where the row itself opens, e.g. the unit's own report.
    pub href: Option<String>,
    /// What it counts.
    pub label: String,
    /// How far it stands in: 其中.
    pub indent: u8,
    /// Whether it sums the others.
    pub total: bool,
    /// How far its unit has confirmed.
    pub state: Option<StateView>,
    /// One figure a column.
    pub figures: Vec<FigureView>,
}

/// An official table.
#[derive(Clone, Debug, Default)]
pub struct OfficialTable {
    /// Its title, as on the form.
    pub caption: String,
    /// Form number, issuing body, unit of the figures.
    pub note: String,
    /// Heading rows, grouped.
    pub head: Vec<Vec<HeadCell>>,
    /// Its lines.
    pub rows: Vec<TableRow>,
}

/// A check between figures.
#[derive(Clone, Debug, Default)]
pub struct CheckView {
    /// The rule in words.
    pub text: String,
    /// Whether it holds.
    pub passed: bool,
    /// The cells and the two sides of each row, where it does not.
    pub details: Vec<String>,
}

/// A report.
#[derive(Clone, Debug, Default)]
pub struct ReportView {
    /// Its title.
    pub title: String,
    /// Whether it is confirmed, and by whom.
    pub state: StateView,
    /// What is counted, in words.
    pub definition: Vec<String>,
    /// The article or document it follows.
    pub basis: Option<String>,
    /// What it is asked for.
    pub query: ReportQuery,
    /// Its charts.
    pub charts: Vec<Chart>,
    /// The table.
    pub table: OfficialTable,
    /// Its checks.
    pub checks: Vec<CheckView>,
    /// What must be known to read it, e.g. as of which day.
    pub notes: Vec<String>,
    /// What waits for the reader.
    pub waiting: Vec<WaitingView>,
    /// How it is confirmed; nothing where it is only looked at.
    pub filing: Option<FilingView>,
    /// Export and print.
    pub exports: Vec<Link>,
    /// The token of the forms.
    pub csrf: String,
}

/// Draws a report.
pub fn report(view: &ReportView) -> Markup {
    html! {
        header.head {
            h1 { (view.title) }
            @if !view.state.text.is_empty() { (state(&view.state)) }
            div.start { @for (label, href) in &view.exports { a.quiet href=(href) { (label) } } }
        }
        (waiting(&view.waiting))
        (query(&view.query))
        @for note in &view.notes { p.note { (note) } }
        details.definition {
            summary { "统计口径" }
            @for line in &view.definition { p { (line) } }
            @if let Some(basis) = &view.basis { p.basis { (basis) } }
        }
        (table(&view.table))
        (checks(&view.checks))
        @if let Some(one) = &view.filing { (filing(one, &view.csrf)) }
        @if !view.charts.is_empty() {
            div.charts {
                @for (nth, one) in view.charts.iter().enumerate() { (chart(one, &nth.to_string())) }
            }
        }
    }
}

/// Figures that nothing leads into: as they were confirmed, or as they are published.
#[derive(Clone, Debug, Default)]
pub struct ConfirmedView {
    /// Its title.
    pub title: String,
    /// How far it got.
    pub state: StateView,
    /// What must be known to read it.
    pub notes: Vec<String>,
    /// The table.
    pub table: OfficialTable,
    /// Export and print.
    pub exports: Vec<Link>,
}

/// Draws them.
pub fn confirmed(view: &ConfirmedView) -> Markup {
    html! {
        header.head {
            h1 { (view.title) }
            @if !view.state.text.is_empty() { (state(&view.state)) }
            div.start { @for (label, href) in &view.exports { a.quiet href=(href) { (label) } } }
        }
        @for note in &view.notes { p.note { (note) } }
        (table(&view.table))
    }
}

fn query(query: &ReportQuery) -> Markup {
    html! {
        form.filters action=(query.href) aria-label="报表条件" {
            (month("from", "从", &query.from))
            (month("to", "至", &query.to))
            div.f {
                label for="q-as-of" { "截至（以前某日的数字）" }
                input.month #q-as-of type="date" name="as_of" value=(query.as_of) max=(query.today);
            }
            div.f {
                label for="q-unit" { "单位" }
                select #q-unit name="unit" {
                    @for one in &query.units {
                        option value=(one.value) selected[one.chosen] { (one.label) }
                    }
                }
            }
            details open[query.days.is_some()] {
                summary { "自定义起止日期" }
                @let (from, to) = query.days.clone().unwrap_or_default();
                (day("from_day", "起", &from, &query.today))
                (day("to_day", "止", &to, &query.today))
                p.muted { "填了日期的，按日期，不按上面的月份。" }
            }
            button.btn { "查看" }
            (links(&query.usual))
        }
        @if let Some(error) = &query.error { p.error role="alert" { (error) } }
    }
}

fn month(name: &str, label: &str, value: &str) -> Markup {
    html! {
        div.f {
            label for={ "q-" (name) } { (label) "（年-月）" }
            input.month id={ "q-" (name) } type="month" name=(name) value=(value) placeholder="2026-01";
        }
    }
}

fn day(name: &str, label: &str, value: &str, today: &str) -> Markup {
    html! {
        div.f {
            label for={ "q-" (name) } { (label) }
            input.month id={ "q-" (name) } type="date" name=(name) value=(value) max=(today);
        }
    }
}

/// Draws an official table. It may be wider than a phone, and then scrolls by itself, because its
/// grouped headings are what people compare with the paper form.
pub fn table(view: &OfficialTable) -> Markup {
    html! {
        div.scroll.official tabindex="0" role="region" aria-label=(view.caption) {
            table {
                caption { b { (view.caption) } " " span.muted { (view.note) } }
                thead { @for row in &view.head { tr { @for one in row { (head(one)) } } } }
                tbody { @for row in &view.rows { (line(row)) } }
            }
        }
    }
}

fn head(cell: &HeadCell) -> Markup {
    let spans = |count: u32| (count > 1).then_some(count);
    let scope = if cell.colspan > 1 { "colgroup" } else { "col" };
    html! {
        th scope=(scope) colspan=[spans(cell.colspan)] rowspan=[spans(cell.rowspan)] { (cell.label) }
    }
}

fn line(row: &TableRow) -> Markup {
    html! {
        tr.total[row.total] data-row=(row.key) {
            th scope="row" class={ "in" (row.indent.min(3)) } {
                @if let Some(href) = &row.href { a href=(href) { (row.label) } } @else { (row.label) }
                @if let Some(one) = &row.state { " " (state(one)) }
            }
            @for one in &row.figures {
                td.num.wrong[one.wrong] data-measure=(one.column) {
                    @if let Some(href) = &one.href { a href=(href) { (one.text) } } @else { (one.text) }
                    @if let Some(change) = &one.change { span.sub { (change) } }
                }
            }
        }
    }
}

fn checks(checks: &[CheckView]) -> Markup {
    let verdict = |passed: bool| match passed {
        true => StateView { text: "通过".to_owned(), tone: Tone::Good },
        false => StateView { text: "不符".to_owned(), tone: Tone::Late },
    };
    html! {
        @if !checks.is_empty() {
            section.checks {
                h2 { "表内校核" }
                ul.plain {
                    @for one in checks {
                        li {
                            (state(&verdict(one.passed))) " " (one.text)
                            @for detail in &one.details { span.sub { (detail) } }
                        }
                    }
                }
            }
        }
    }
}
