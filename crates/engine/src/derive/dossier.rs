//! A dossier filled: what of a record goes into the file it ends in, in the order of the definition,
//! and what is missing. Pure: the bytes are brought by whoever binds it.

use crate::{
    definition::{
        Document, Dossier, DossierPart, House, RecordKind, Required, RowKind, Taken, TitlePart,
        rows_within,
    },
    kind::{Cells, NoNames, Showing, file_parts},
    query::Cell,
    record::{Links, Record, View},
};
use jiff::civil::Date;

/// A record with what hangs on it, as far as its reader may see.
#[derive(Clone, Copy)]
pub struct Filling<'a> {
    /// All definitions.
    pub house: &'a House,
    /// Its kind.
    pub kind: &'a RecordKind,
    /// The record.
    pub record: &'a Record,
    /// The records around it.
    pub links: &'a Links,
    /// Records that hang on it, by kind, oldest first.
    pub attached: &'a [(&'a RecordKind, Vec<&'a Record>)],
    /// The day.
    pub today: Date,
}

/// A place of a dossier, filled.
#[derive(Clone, Debug)]
pub struct FilledPart<'a> {
    /// The place.
    pub part: &'a DossierPart,
    /// Whether something must lie there.
    pub wanted: bool,
    /// What lies there.
    pub pieces: Vec<Piece>,
}

/// A piece of a dossier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// What the contents call it.
    pub title: String,
    /// What it is told apart by from others of that title; may be empty.
    pub note: String,
    /// Kind of the record it comes from.
    pub kind: String,
    /// That record.
    pub record: String,
    /// What it is.
    pub source: PieceSource,
    /// Whether its original, signed, lies in the file on paper and was not scanned.
    pub original: bool,
}

/// What a piece is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PieceSource {
    /// A paper, by id.
    Paper(String),
    /// An attached file, by hash.
    File(String),
    /// Something that lies in the file on paper only: listed, not scanned.
    Apart,
}

/// What a dossier lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Id of the place.
    pub part: String,
    /// Whether the dossier is not complete without it; otherwise it is only to be known.
    pub missing: bool,
    /// What, in words.
    pub message: String,
    /// Which law or standard asks for it.
    pub basis: String,
}

/// Fills a dossier.
pub fn fill<'a>(dossier: &'a Dossier, with: Filling<'_>) -> Vec<FilledPart<'a>> {
    let view = View::record(with.record, with.links, with.today);
    let one = |part: &'a DossierPart| {
        let wanted = match &part.required {
            Required::No => false,
            Required::Yes => true,
            Required::When(rule) => rule.holds(&view) == Some(true),
        };
        let mut pieces = Vec::new();
        for source in &part.sources {
            // What lies there on paper only is no picture: what can be printed stands for it.
            let apart = |piece: &Piece| piece.source == PieceSource::Apart;
            if source.otherwise && !pieces.iter().all(apart) {
                continue;
            }
            let listed = pieces.len();
            let holds = |view: &View<'_>| {
                source.when.as_ref().is_none_or(|rule| rule.holds(view) == Some(true))
            };
            match &source.what {
                Taken::Paper { kind, document } => {
                    papers(with, kind, document, &holds, &mut pieces)
                }
                Taken::File { within, field } => files(with, within, field, &holds, &mut pieces),
            }
            if source.otherwise && listed > 0 && pieces.len() > listed {
                pieces.drain(..listed);
                pieces.iter_mut().for_each(|piece| piece.original = true);
            }
        }
        FilledPart { part, wanted, pieces }
    };
    dossier.parts.iter().map(one).collect()
}

type Holds<'h> = dyn Fn(&View<'_>) -> bool + 'h;

fn papers(with: Filling<'_>, kind: &str, document: &str, holds: &Holds<'_>, out: &mut Vec<Piece>) {
    let printable = |document: &Document, view: &View<'_>| {
        document.when.as_ref().is_none_or(|when| when.holds(view) == Some(true)) && holds(view)
    };
    let piece = |document: &Document, kind: &RecordKind, record: &Record, note: &str| Piece {
        title: document.label.clone(),
        note: note.to_owned(),
        kind: kind.id.clone(),
        record: record.id().to_owned(),
        // The copy that was signed takes the place of the paper.
        source: match kept(&document.signed, &record.cells) {
            Some(hash) => PieceSource::File(hash),
            None => PieceSource::Paper(document.id.clone()),
        },
        original: false,
    };
    if kind.is_empty() {
        let view = View::record(with.record, with.links, with.today);
        let found = with.kind.document(document).filter(|d| printable(d, &view));
        out.extend(found.map(|document| piece(document, with.kind, with.record, "")));
        return;
    }
    let links = under(with);
    for (other, records) in with.attached.iter().filter(|(other, _)| other.id == kind) {
        let Some(document) = other.document(document) else { continue };
        for record in records {
            if printable(document, &View::record(record, &links, with.today)) {
                let note = if records.len() > 1 { record.text("title") } else { "" };
                out.push(piece(document, other, record, note));
            }
        }
    }
}

/// The hash of the file in a field.
fn kept(field: &str, cells: &Cells) -> Option<String> {
    let text = cells.get(field).and_then(Cell::as_text).unwrap_or_default();
    Some(file_parts(text).0.to_owned()).filter(|hash| !hash.is_empty())
}

/// What records that hang on this one have around them.
fn under(with: Filling<'_>) -> Links {
    let mut links = Links::default();
    let key = (with.kind.id.clone(), with.record.id().to_owned());
    links.records.insert(key, with.record.cells.clone());
    links
}

fn files(with: Filling<'_>, within: &str, field: &str, holds: &Holds<'_>, out: &mut Vec<Piece>) {
    let path = format!("{within}.{field}");
    if let Some((row_kind, _)) = rows_within(with.kind, &path) {
        rows(with, (with.kind, with.record), (within, row_kind, field), with.links, holds, out);
    } else if within.is_empty() {
        let view = View::record(with.record, with.links, with.today);
        if let (Some(hash), true) = (kept(field, &with.record.cells), holds(&view)) {
            let label = with.kind.fields.get(field).map_or("", |f| &f.label);
            let source = PieceSource::File(hash);
            out.push(piece(label.to_owned(), "", (with.kind, with.record), source));
        }
    } else {
        let links = under(with);
        for (other, records) in with.attached.iter().filter(|(other, _)| other.id == within) {
            let inner = rows_within(other, field).zip(field.split_once('.'));
            for record in records.iter().copied() {
                if let Some(((row_kind, file), (named, _))) = inner {
                    rows(with, (other, record), (named, row_kind, file), &links, holds, out);
                } else if holds(&View::record(record, &links, with.today)) {
                    let source =
                        kept(field, &record.cells).map_or(PieceSource::Apart, PieceSource::File);
                    let title = record.text("title").to_owned();
                    out.push(piece(title, &other.label, (other, record), source));
                }
            }
        }
    }
}

/// The files in the rows of a record; a row without one lies in the file on paper.
fn rows(
    with: Filling<'_>,
    of: (&RecordKind, &Record),
    (rows, kind, file): (&str, &RowKind, &str),
    links: &Links,
    holds: &Holds<'_>,
    out: &mut Vec<Piece>,
) {
    for row in of.1.rows.get(rows).into_iter().flatten() {
        if holds(&View::row(&row.cells, links, with.today)) {
            let source = kept(file, &row.cells).map_or(PieceSource::Apart, PieceSource::File);
            out.push(piece(row_title(with.house, kind, &row.cells), "", of, source));
        }
    }
}

fn piece(title: String, note: &str, of: (&RecordKind, &Record), source: PieceSource) -> Piece {
    let (note, kind, record) = (note.to_owned(), of.0.id.clone(), of.1.id().to_owned());
    Piece { title, note, kind, record, source, original: false }
}

fn row_title(house: &House, kind: &RowKind, cells: &Cells) -> String {
    let cx = Showing { house, names: &NoNames };
    let part = |part: &TitlePart| match part {
        TitlePart::Text(text) => text.clone(),
        TitlePart::Field(id) => {
            kind.fields.get(id).map(|field| field.kind.show(field, cells, &cx)).unwrap_or_default()
        }
        _ => String::new(),
    };
    kind.title.iter().map(part).collect()
}

/// What the dossier lacks. `signed` says of a paper whether its signed copy is there.
pub fn gaps(
    dossier: &Dossier,
    filled: &[FilledPart<'_>],
    signed: &dyn Fn(&Piece) -> bool,
) -> Vec<Gap> {
    let mut gaps = Vec::new();
    for FilledPart { part, wanted, pieces } in filled {
        let basis = if part.basis.is_empty() { &dossier.basis } else { &part.basis };
        let mut say = |missing: bool, message: String| {
            let (part, basis) = (part.id.clone(), basis.clone());
            gaps.push(Gap { part, missing, message, basis });
        };
        if pieces.is_empty() && *wanted {
            say(true, format!("卷内缺“{}”", part.label));
        }
        for piece in pieces {
            let name = piece.name();
            match &piece.source {
                PieceSource::Paper(_) if part.signed && !signed(piece) && !piece.original => {
                    say(*wanted, format!("“{name}”还没有签名盖章的扫描件"));
                }
                PieceSource::Paper(_) if piece.original && !signed(piece) => {
                    say(false, format!("“{name}”的签名原件在纸质卷宗里，没有扫描"));
                }
                PieceSource::Apart => say(false, format!("“{name}”只有纸质原件，没有扫描")),
                _ => {}
            }
        }
    }
    gaps
}

impl Piece {
    /// Its title with what it is told apart by.
    pub fn name(&self) -> String {
        match self.note.as_str() {
            "" => self.title.clone(),
            note => format!("{}（{note}）", self.title),
        }
    }
}
