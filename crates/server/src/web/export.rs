//! A list as a file: the columns as seen, read through the same question as the list, so that
//! nobody exports what they may not see. The log is told before anything leaves. Rows are handed out
//! as they are read, so that a long list takes no more memory than a short one; what fails on the
//! way breaks the transfer off, and the browser says that the file is not whole.

use super::{list::Asked, page, urls, visitor::Visitor};
use crate::sheets::{Format, ListWriter, XLSX, handed_out};
use axum::{
    body::{Body, Bytes},
    extract::{Path, Query},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use desk::{Refusal, ask::ListAsk};
use std::sync::Arc;
use store::StoreError;

/// Nobody reads further; whoever needs more filters first.
pub const MOST_ROWS: usize = 100_000;

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
    let (media, ending) = match format {
        Format::Csv => ("text/csv; charset=utf-8", "csv"),
        Format::Xlsx => (XLSX, "xlsx"),
    };
    let writer = ListWriter::of(Arc::clone(&asked.house), &reading, format);
    let writer = writer.map_err(|error| failed(&error))?;
    desk.log_look(visitor.actor(), "export", &asked.kind.id, "", &visitor.moment).await?;
    let receiver = handed_out(visitor.app.clone(), reading, first, writer);
    let pieces = futures_util::stream::unfold(receiver, async |mut receiver| {
        loop {
            match receiver.recv().await? {
                // An empty one would be taken for the end.
                Ok(piece) if piece.bytes.is_empty() => {}
                piece => break Some((piece.map(|piece| Bytes::from(piece.bytes)), receiver)),
            }
        }
    });
    let name = format!("{}.{ending}", asked.kind.label);
    Ok(as_attachment(media, &name, Body::from_stream(pieces)))
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
