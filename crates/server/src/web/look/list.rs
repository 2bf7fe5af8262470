//! Lists: filters that stay in the address, a table that becomes cards on a phone, pages by key.

use maud::{Markup, html};

use super::part::{Link, StateView, Tone, hidden, state};

/// One choice of a filter.
#[derive(Clone, Debug, Default)]
pub struct OptionView {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub label: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// What a filter asks for.
#[derive(Clone, Debug)]
pub enum FilterKind {
    /// A text, with what stands in it.
    Text(String),
    /// One of these; the first means any.
    Choice(Vec<OptionView>),
    /// From and to, sent as `NAME_from` and `NAME_to`.
    Dates(String, String),
}

/// A filter.
#[derive(Clone, Debug)]
pub struct FilterView {
    /// Its name in the address.
    pub name: String,
    /// Its label.
    pub label: String,
    /// What it asks for.
    pub kind: FilterKind,
}

/// A filter in force, with the address of the list without it.
#[derive(Clone, Debug)]
pub struct ChipView {
    /// E.g. 状态：调解中.
    pub label: String,
    /// The list without it.
    pub remove_href: String,
}

/// Which way a column is sorted now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// Smallest first.
    Asc,
    /// Largest first.
    Desc,
    /// Not by this column.
    None,
}

/// A column.
#[derive(Clone, Debug)]
pub struct Column {
    /// The field's id: what the chooser remembers.
    pub id: String,
    /// Its heading.
    pub label: String,
    /// The address that sorts by it, and how it is sorted now.
    pub sort: Option<(String, Sort)>,
    /// Whether figures stand in it, which align to the right.
    pub numeric: bool,
}

/// What a cell holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellKind {
    /// Words.
    Text,
    /// A figure.
    Number,
    /// A state in a tone.
    State(Tone),
    /// A date.
    Date,
}

/// A cell.
#[derive(Clone, Debug)]
pub struct Cell {
    /// What is read.
    pub text: String,
    /// What it is.
    pub kind: CellKind,
}

/// A row; it opens by its first cell.
#[derive(Clone, Debug)]
pub struct RowView {
    /// The record's id, sent when rows are chosen.
    pub id: String,
    /// Where it opens.
    pub href: String,
    /// One cell a column.
    pub cells: Vec<Cell>,
}

/// Acts on several rows at once, where the definition offers them.
#[derive(Clone, Debug)]
pub struct BulkView {
    /// Where the chosen ids (`id`, repeated) are posted.
    pub href: String,
    /// The acts: what is sent as `action`, and the verb.
    pub actions: Vec<(String, String)>,
}

/// A list.
#[derive(Clone, Debug, Default)]
pub struct ListView {
    /// What the list is of: names it in the browser's memory of chosen columns.
    pub key: String,
    /// Its title.
    pub title: String,
    /// How many, in words; empty where nobody has counted.
    pub count_text: String,
    /// Where they are counted, if they are not.
    pub count_href: Option<String>,
    /// The list's own address, where filters are sent.
    pub href: String,
    /// How one begins a new one.
    pub create: Option<Link>,
    /// The lists of the definition: name, address, whether it is this one.
    pub tabs: Vec<(String, String, bool)>,
    /// What one may filter by.
    pub filters: Vec<FilterView>,
    /// The filters in force.
    pub chips: Vec<ChipView>,
    /// Values of the address that filtering must keep, such as the sort.
    pub keep: Vec<(String, String)>,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows of this page.
    pub rows: Vec<RowView>,
    /// Acts on several rows.
    pub bulk: Option<BulkView>,
    /// The address of the page before.
    pub prev: Option<String>,
    /// The address of the page after.
    pub next: Option<String>,
    /// Import, export and print.
    pub exports: Vec<Link>,
    /// What to do when there is nothing.
    pub empty_hint: String,
    /// The token of the form over the rows.
    pub csrf: String,
}

/// Draws a list.
pub fn list(view: &ListView) -> Markup {
    html! {
        header.head {
            h1 { (view.title) }
            span.muted {
                (view.count_text)
                @if let Some(href) = &view.count_href { a href=(href) { "查总数" } }
            }
            div.start {
                @for (label, href) in &view.exports { a.quiet href=(href) { (label) } }
                @if let Some((label, href)) = &view.create { a.btn.primary href=(href) { (label) } }
            }
        }
        (tabs(&view.tabs))
        @if !view.filters.is_empty() { (filters(view)) }
        (chips(view))
        @if view.rows.is_empty() {
            div.empty {
                p { (view.empty_hint) }
                @if let Some((label, href)) = &view.create { a.btn href=(href) { (label) } }
            }
        } @else {
            (rows(view))
        }
        (pager(view))
    }
}

fn tabs(tabs: &[(String, String, bool)]) -> Markup {
    html! {
        @if tabs.len() > 1 {
            nav.lists aria-label="列表" {
                @for (label, href, here) in tabs {
                    a href=(href) aria-current=[here.then_some("page")] { (label) }
                }
            }
        }
    }
}

fn filters(view: &ListView) -> Markup {
    html! {
        input.toggle #show-filters type="checkbox";
        label.toggle for="show-filters" { "显示筛选条件" }
        form.filters action=(view.href) aria-label="筛选" {
            @for (name, value) in &view.keep { (hidden(name, value)) }
            @for filter in &view.filters { (self::filter(filter)) }
            button.btn { "查询" }
        }
    }
}

/// One filter.
pub fn filter(filter: &FilterView) -> Markup {
    let id = format!("filter-{}", filter.name);
    match &filter.kind {
        FilterKind::Text(value) => html! {
            div.f { label for=(id) { (filter.label) }
                input id=(id) name=(filter.name) value=(value); }
        },
        FilterKind::Choice(options) => html! {
            div.f { label for=(id) { (filter.label) }
                select id=(id) name=(filter.name) {
                    @for option in options {
                        option value=(option.value) selected[option.chosen] { (option.label) }
                    }
                }
            }
        },
        FilterKind::Dates(from, to) => html! {
            fieldset.f { legend { (filter.label) }
                input type="date" name={ (filter.name) "_from" } value=(from) aria-label={ (filter.label) "从" };
                span { "至" }
                input type="date" name={ (filter.name) "_to" } value=(to) aria-label={ (filter.label) "至" };
            }
        },
    }
}

fn chips(view: &ListView) -> Markup {
    html! {
        @if !view.chips.is_empty() {
            ul.chips aria-label="已选条件" {
                @for chip in &view.chips {
                    li { a href=(chip.remove_href) aria-label={ "取消条件 " (chip.label) } {
                        (chip.label) span aria-hidden="true" { "×" }
                    } }
                }
                @if view.chips.len() > 1 { li { a.all href=(view.href) { "全部取消" } } }
            }
        }
    }
}

fn rows(view: &ListView) -> Markup {
    let Some(bulk) = &view.bulk else { return table(view, false) };
    html! {
        form method="post" action=(bulk.href) data-once {
            (hidden("_csrf", &view.csrf))
            (table(view, true))
            div.actions.bulk {
                span.muted { "对选中的：" }
                @for (value, verb) in &bulk.actions {
                    button.btn name="action" value=(value) { (verb) }
                }
            }
        }
    }
}

fn table(view: &ListView, choosing: bool) -> Markup {
    html! {
        div.scroll {
            table.cards.list data-keys data-list=(view.key) {
                caption.vh { (view.title) "，" (view.count_text) }
                thead { tr {
                    @if choosing { th.tick scope="col" { span.vh { "选择" } } }
                    @for column in &view.columns { (heading(column)) }
                } }
                tbody { @for row in &view.rows { (self::row(view, row, choosing)) } }
            }
        }
    }
}

fn heading(column: &Column) -> Markup {
    let sorted = match &column.sort {
        Some((_, Sort::Asc)) => Some("ascending"),
        Some((_, Sort::Desc)) => Some("descending"),
        _ => None,
    };
    html! {
        th.num[column.numeric] scope="col" data-col=(column.id) aria-sort=[sorted] {
            @if let Some((href, _)) = &column.sort { a href=(href) { (column.label) } }
            @else { (column.label) }
        }
    }
}

fn row(view: &ListView, row: &RowView, choosing: bool) -> Markup {
    html! {
        tr {
            @if choosing {
                td.tick {
                    input type="checkbox" name="id" value=(row.id)
                        aria-label={ "选择 " (row.cells.first().map_or("", |cell| &cell.text)) };
                }
            }
            @for (at, (column, cell)) in view.columns.iter().zip(&row.cells).enumerate() {
                td.num[column.numeric].st[matches!(cell.kind, CellKind::State(_))] data-label=(column.label) {
                    @if at == 0 { a.open href=(row.href) { (self::cell(cell)) } }
                    @else { (self::cell(cell)) }
                }
            }
        }
    }
}

fn cell(cell: &Cell) -> Markup {
    match cell.kind {
        CellKind::State(tone) => state(&StateView { text: cell.text.clone(), tone }),
        CellKind::Date => html! { span.date { (cell.text) } },
        CellKind::Text | CellKind::Number => html! { (cell.text) },
    }
}

fn pager(view: &ListView) -> Markup {
    html! {
        @if view.prev.is_some() || view.next.is_some() {
            nav.pager aria-label="翻页" {
                @if let Some(href) = &view.prev { a.btn rel="prev" href=(href) { "上一页" } }
                @if let Some(href) = &view.next { a.btn rel="next" href=(href) { "下一页" } }
            }
        }
    }
}
