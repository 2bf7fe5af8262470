//! A list written as its reader may see it, handed out as it is read: a long list takes no more
//! memory than a short one.

use super::{Tell, Written, column_label, harmless};
use crate::app::App;
use desk::ask::{Sheet, SheetPart};
use engine::{
    definition::{Class, House, RecordKind},
    kind::Shape,
};
use std::{io, sync::Arc};
use tokio::sync::mpsc;

/// So many pieces may wait for a slow line.
const WAITING: usize = 2;

/// What a list is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// As CSV.
    Csv,
    /// As a workbook.
    Xlsx,
}

/// A piece of a list as a file.
pub struct Piece {
    /// Rows that are newly in it; not all of their text need be.
    pub rows: usize,
    /// The bytes that follow those of the last piece.
    pub bytes: Vec<u8>,
}

/// Writes rows as their reader may see them.
pub struct ListWriter {
    house: Arc<House>,
    kind: Arc<RecordKind>,
    columns: Vec<String>,
    sees: Class,
    written: Written,
}

impl ListWriter {
    /// For what is about to be read.
    pub fn of(house: Arc<House>, reading: &Sheet, format: Format) -> io::Result<Self> {
        let (kind, columns) = (Arc::clone(&reading.kind), reading.columns.clone());
        let written = match format {
            Format::Csv => Written::csv(),
            Format::Xlsx => Written::xlsx(&kind.label, columns.len())?,
        };
        Ok(Self { house, kind, columns, sees: reading.sees, written })
    }

    fn heading(&mut self) -> io::Result<()> {
        let kind = &self.kind;
        self.written.row(self.columns.iter().map(|id| column_label(kind, id).to_owned()))
    }

    fn write(mut self, mut rows: SheetPart) -> io::Result<(Self, Piece)> {
        let count = rows.count();
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
                if figure { text } else { harmless(text) }
            });
            if result.is_ok() {
                result = written.row(cells);
            }
        });
        result?;
        let bytes = self.written.take();
        Ok((self, Piece { rows: count, bytes }))
    }
}

/// Reads on behind the first rows and hands everything out in pieces. What fails on the way is the
/// last that is handed out.
pub fn handed_out(
    app: App,
    reading: Sheet,
    first: Option<SheetPart>,
    writer: ListWriter,
) -> mpsc::Receiver<io::Result<Piece>> {
    let (sender, receiver) = mpsc::channel(WAITING);
    tokio::spawn(async move {
        if let Err(error) = write(&app, reading, first, writer, &sender).await {
            tracing::error!(%error, "an export broke off");
            // Whoever waits for it may have gone.
            let _ = sender.send(Err(error)).await;
        }
    });
    receiver
}

/// Writes some rows while the next are read.
async fn write(
    app: &App,
    mut reading: Sheet,
    mut part: Option<SheetPart>,
    mut writer: ListWriter,
    to: &mpsc::Sender<io::Result<Piece>>,
) -> io::Result<()> {
    writer.heading()?;
    while let Some(rows) = part {
        let writing = tokio::task::spawn_blocking(move || writer.write(rows));
        let (written, next) = tokio::join!(writing, reading.next(&app.desk));
        let (back, piece) = written.map_err(io::Error::other)??;
        (writer, part) = (back, next.map_err(io::Error::other)?);
        if to.send(Ok(piece)).await.is_err() {
            return Ok(());
        }
    }
    let bytes = writer.written.finish()?;
    // Whoever waits for it may have gone.
    let _ = to.send(Ok(Piece { rows: 0, bytes })).await;
    Ok(())
}
