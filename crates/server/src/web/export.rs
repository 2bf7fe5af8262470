//! A list as a file: the columns as seen, read through the same question as the list, so that
//! nobody exports what they may not see. The log is told before anything leaves. Rows are handed out
//! as they are read, so that a long list takes no more memory than a short one; what fails on the
//! way breaks the transfer off, and the browser says that the file is not whole.

use super::{
    list::{Asked, Tell, column_label},
    page, sheet,
    sheet::Written,
    urls,
    visitor::Visitor,
};
use axum::{
    body::{Body, Bytes},
    extract::{Path, Query},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use desk::{
    Refusal,
    ask::{ListAsk, Sheet, SheetPart},
};
use engine::{
    definition::{Class, House, RecordKind},
    kind::Shape,
};
use std::{io, sync::Arc};
use store::StoreError;
use tokio::sync::mpsc;

/// Nobody reads further; whoever needs more filters first.
pub const MOST_ROWS: usize = 100_000;
/// So many pieces may wait for a slow line.
const WAITING: usize = 2;

/// `GET /b/{business}/{kind}/export.csv`
pub async fn csv(
    visitor: Visitor,
    Path((business, kind)): Path<(String, String)>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Response {
    export(visitor, &business, &kind, pairs, Format::Csv).await
}

/// `GET /b/{business}/{kind}/export.xlsx`
pub async fn xlsx(
    visitor: Visitor,
    Path((business, kind)): Path<(String, String)>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Response {
    export(visitor, &business, &kind, pairs, Format::Xlsx).await
}

#[derive(Clone, Copy)]
enum Format {
    Csv,
    Xlsx,
}

async fn export(
    visitor: Visitor,
    business: &str,
    kind: &str,
    pairs: Vec<(String, String)>,
    format: Format,
) -> Response {
    match Asked::read(visitor, business, kind, pairs).await {
        Ok(asked) => {
            let begun = begin(&asked, format).await;
            page::done(&asked.visitor, begun).await
        }
        Err((visitor, refusal)) => page::refused(&visitor, &refusal).await,
    }
}

/// Reads the first rows, so that what cannot be read is said on a page; then notes the export, and
/// hands out the rest as it comes.
async fn begin(asked: &Asked, format: Format) -> Result<Response, Refusal> {
    let (desk, visitor) = (&asked.visitor.app.desk, &asked.visitor);
    let whole = !asked.query.get("whole").is_empty();
    let ask = ListAsk { after: String::new(), whole, ..asked.ask.clone() };
    let mut reading = desk.sheet(visitor.actor(), &ask, MOST_ROWS).await?;
    let first = reading.next(desk).await?;
    let label = &asked.kind.label;
    let (written, media, name) = match format {
        Format::Csv => (Written::csv(), "text/csv; charset=utf-8", format!("{label}.csv")),
        Format::Xlsx => {
            let book = Written::xlsx(label, reading.columns.len());
            (book.map_err(|error| failed(&error))?, sheet::XLSX, format!("{label}.xlsx"))
        }
    };
    desk.log_look(visitor.actor(), "export", &asked.kind.id, "", &visitor.moment).await?;
    let (house, kind) = (Arc::clone(&asked.house), Arc::clone(&asked.kind));
    let hand = Hand { house, kind, columns: reading.columns.clone(), sees: reading.sees, written };
    let (sender, receiver) = mpsc::channel(WAITING);
    let app = visitor.app.clone();
    tokio::spawn(async move {
        if let Err(error) = write(&app.desk, reading, first, hand, &sender).await {
            tracing::error!(%error, "an export broke off");
            // Whoever waits for it may have gone.
            let _ = sender.send(Err(error)).await;
        }
    });
    let pieces = futures_util::stream::unfold(receiver, async |mut receiver| {
        Some((receiver.recv().await?, receiver))
    });
    Ok(as_attachment(media, &name, Body::from_stream(pieces)))
}

type Piece = io::Result<Bytes>;

/// Writes some rows while the next are read.
async fn write(
    desk: &desk::Desk,
    mut reading: Sheet,
    mut part: Option<SheetPart>,
    mut hand: Hand,
    to: &mpsc::Sender<Piece>,
) -> io::Result<()> {
    hand.heading()?;
    while let Some(rows) = part {
        let writing = tokio::task::spawn_blocking(move || hand.write(rows));
        let (written, next) = tokio::join!(writing, reading.next(desk));
        let (back, bytes) = written.map_err(io::Error::other)??;
        (hand, part) = (back, next.map_err(io::Error::other)?);
        if !bytes.is_empty() && to.send(Ok(bytes.into())).await.is_err() {
            return Ok(());
        }
    }
    let rest = hand.written.finish()?;
    // Whoever waits for it may have gone.
    let _ = to.send(Ok(rest.into())).await;
    Ok(())
}

/// Writes rows as their reader may see them.
struct Hand {
    house: Arc<House>,
    kind: Arc<RecordKind>,
    columns: Vec<String>,
    sees: Class,
    written: Written,
}

impl Hand {
    fn heading(&mut self) -> io::Result<()> {
        let kind = &self.kind;
        self.written.row(self.columns.iter().map(|id| column_label(kind, id).to_owned()))
    }

    fn write(mut self, mut rows: SheetPart) -> io::Result<(Self, Vec<u8>)> {
        let (house, kind, sees) = (&self.house, &self.kind, self.sees);
        let columns: Vec<_> = self.columns.iter().map(|id| (id, kind.fields.get(id))).collect();
        let written = &mut self.written;
        let mut result = Ok(());
        rows.each(|record, names| {
            let tell = Tell { house, kind, names, sees };
            let cells = columns.iter().map(|(id, field)| {
                let text = tell.cell(record, id, *field);
                // Figures may begin with a minus: they are no formula.
                let shape = field.map(|field| field.kind.shape());
                let figure = matches!(shape, Some(Shape::Number | Shape::Money));
                if figure { text } else { sheet::harmless(text) }
            });
            if result.is_ok() {
                result = written.row(cells);
            }
        });
        result?;
        let bytes = self.written.take();
        Ok((self, bytes))
    }
}

/// A sheet that could not be written.
pub fn failed(error: &dyn std::fmt::Display) -> Refusal {
    Refusal::Store(StoreError::Failed(format!("sheet: {error}")))
}

/// A file to be kept by the browser.
pub fn attachment(media: &'static str, name: &str, bytes: Vec<u8>) -> Response {
    as_attachment(media, name, bytes.into())
}

fn as_attachment(media: &'static str, name: &str, body: Body) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media)),
        (header::CONTENT_DISPOSITION, urls::disposition("attachment", name)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, body).into_response()
}
