//! A list as a file: the columns as seen, page by page through the same question as the list, so
//! that nobody exports what they may not see. The log is told before anything leaves.

use super::{
    list::{Asked, cell_text, column_label},
    page, sheet, urls,
    visitor::Visitor,
};
use axum::{
    extract::{Path, Query},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use desk::{Refusal, ask::ListAsk};
use engine::kind::Shape;
use store::StoreError;
use tokio::sync::mpsc;

/// Nobody reads further; whoever needs more filters first.
pub const MOST_ROWS: usize = 100_000;
const A_PAGE: u32 = 200;

/// `GET /b/{business}/{kind}/export.csv`
pub async fn csv(
    visitor: Visitor,
    Path((business, kind)): Path<(String, String)>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Response {
    match Asked::read(visitor, &business, &kind, pairs).await {
        Ok(asked) => {
            let written = write_csv(&asked).await;
            page::done(&asked.visitor, written).await
        }
        Err((visitor, refusal)) => page::refused(&visitor, &refusal).await,
    }
}

/// `GET /b/{business}/{kind}/export.xlsx`
pub async fn xlsx(
    visitor: Visitor,
    Path((business, kind)): Path<(String, String)>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Response {
    match Asked::read(visitor, &business, &kind, pairs).await {
        Ok(asked) => {
            let written = write_xlsx(&asked).await;
            page::done(&asked.visitor, written).await
        }
        Err((visitor, refusal)) => page::refused(&visitor, &refusal).await,
    }
}

/// Notes the export before anything leaves.
async fn note(asked: &Asked) -> Result<(), Refusal> {
    let (desk, visitor) = (&asked.visitor.app.desk, &asked.visitor);
    desk.log_look(visitor.actor(), "export", &asked.kind.id, "", &visitor.moment).await
}

/// The rows of an export, a page at a time; the first of all is the heading.
struct Pages<'a> {
    asked: &'a Asked,
    ask: ListAsk,
    sent: usize,
    ended: bool,
}

impl<'a> Pages<'a> {
    fn of(asked: &'a Asked) -> Self {
        let ask = ListAsk {
            limit: A_PAGE,
            after: String::new(),
            whole: !asked.query.get("whole").is_empty(),
            ..asked.ask.clone()
        };
        Self { asked, ask, sent: 0, ended: false }
    }

    async fn next(&mut self) -> Result<Option<Vec<Vec<String>>>, Refusal> {
        if self.ended {
            return Ok(None);
        }
        let visitor = &self.asked.visitor;
        let answer = visitor.app.desk.list(visitor.actor(), &self.ask).await?;
        let mut rows = Vec::with_capacity(answer.records.len() + 1);
        if self.sent == 0 {
            let heading = answer.columns.iter().map(|id| column_label(&self.asked.kind, id));
            rows.push(heading.map(str::to_owned).collect());
        }
        for record in &answer.records {
            let cells = answer.columns.iter().map(|id| {
                let text = cell_text(self.asked, &answer, record, id);
                if is_figure(self.asked, id) { text } else { sheet::harmless(&text) }
            });
            rows.push(cells.collect());
        }
        self.sent += answer.records.len();
        self.ended = answer.next.is_empty() || self.sent >= MOST_ROWS;
        self.ask.after = answer.next;
        Ok(Some(rows))
    }
}

/// Figures may begin with a minus: they are no formula.
fn is_figure(asked: &Asked, id: &str) -> bool {
    let shape = asked.kind.fields.get(id).map(|field| field.kind.shape());
    matches!(shape, Some(Shape::Number | Shape::Money))
}

async fn write_csv(asked: &Asked) -> Result<Response, Refusal> {
    note(asked).await?;
    // With this mark at its head, spreadsheets read the file as UTF-8.
    let mut text = String::from("\u{feff}");
    let mut pages = Pages::of(asked);
    while let Some(rows) = pages.next().await? {
        rows.iter().for_each(|cells| sheet::csv_line(&mut text, cells));
    }
    Ok(attachment(
        "text/csv; charset=utf-8",
        &format!("{}.csv", asked.kind.label),
        text.into_bytes(),
    ))
}

async fn write_xlsx(asked: &Asked) -> Result<Response, Refusal> {
    note(asked).await?;
    let (sender, receiver) = mpsc::channel(256);
    let title = asked.kind.label.clone();
    let writing = tokio::task::spawn_blocking(move || sheet::write_rows(&title, receiver));
    let read = send(Pages::of(asked), sender).await;
    let written = writing.await.map_err(|error| failed(&error))?;
    read?;
    let bytes = written.map_err(|error| failed(&error))?;
    Ok(attachment(sheet::XLSX, &format!("{}.xlsx", asked.kind.label), bytes))
}

/// Hands the rows to whoever writes them.
async fn send(mut pages: Pages<'_>, to: mpsc::Sender<Vec<String>>) -> Result<(), Refusal> {
    while let Some(rows) = pages.next().await? {
        for cells in rows {
            if to.send(cells).await.is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// A sheet that could not be written.
pub fn failed(error: &dyn std::fmt::Display) -> Refusal {
    Refusal::Store(StoreError::Failed(format!("sheet: {error}")))
}

/// A file to be kept by the browser.
pub fn attachment(media: &'static str, name: &str, bytes: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media)),
        (header::CONTENT_DISPOSITION, urls::disposition("attachment", name)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, bytes).into_response()
}
