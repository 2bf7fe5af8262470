//! The whole 卷宗 of a record as one file: cover, contents, papers and scans in the order of the
//! definition, pages counted through. What is signed goes before what was issued, and that before
//! what follows from the record now.

use super::{
    Facts, Printed, attached, file_name, paper_moment, permitted, prepared, pressed, sees_all,
    unreadable,
};
use crate::{app::App, files};
use desk::{Actor, Moment, Refusal, ask::RecordAnswer, papers::Issued};
use engine::{
    definition::{Document, Dossier, Taken},
    derive::dossier::{Filling, Gap, Piece, PieceSource, fill, gaps},
    kind::file_parts,
    record::View,
};
use paper::{Part, page_count};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// Nothing larger is bound: it would have to lie in memory twice.
const MOST_BYTES: usize = 300 * 1024 * 1024;

/// A dossier of a record: what lies in it, and what is missing.
pub struct DossierState {
    /// The dossier.
    pub dossier: Dossier,
    /// The record.
    pub answer: RecordAnswer,
    /// What lies in it, in order, under the name of its place.
    pub pieces: Vec<Lying>,
    /// What it lacks.
    pub gaps: Vec<Gap>,
    /// Why it cannot be made yet; empty if it can.
    pub not_yet: String,
    /// Whether the reader may have it whole.
    pub whole: bool,
}

/// A piece that lies in a dossier.
pub struct Lying {
    /// The place.
    pub part: String,
    /// The piece.
    pub piece: Piece,
    /// The paper it is, if it was issued.
    pub issued: Option<Issued>,
}

impl Lying {
    /// What it is, in words.
    pub fn what(&self) -> &'static str {
        match (&self.piece.source, &self.issued) {
            (PieceSource::File(_), _) => "扫描件",
            (PieceSource::Apart, _) => "纸质原件，未扫描",
            (_, Some(paper)) if !paper.signed.is_empty() => "签名件",
            _ if self.piece.original => "打印件，签名原件在纸质卷宗",
            (_, Some(_)) => "已出具，未签名",
            _ => "按现有内容打印，未出具",
        }
    }
}

/// Looks what lies in a dossier of a record.
pub async fn state(
    app: &App,
    actor: &Actor,
    (kind, id, dossier): (&str, &str, &str),
    moment: &Moment,
) -> Result<DossierState, Refusal> {
    let mut answer = app.desk.record(actor, kind, id, moment).await?;
    answer.may_leave()?;
    let none = || Refusal::NotFound("这种卷宗".to_owned());
    let dossier = answer.kind.dossier(dossier).cloned().ok_or_else(none)?;
    bring_rows(app, actor, &dossier, &mut answer, moment).await?;
    let house = app.desk.house();
    let view = View::record(&answer.record, &answer.links, moment.today);
    let open = dossier.when.as_ref().filter(|when| when.holds(&view) != Some(true));
    let not_yet = open.map(|when| format!("须先满足“{}”", when.words)).unwrap_or_default();
    let hanging = attached(&answer);
    let filling = Filling {
        house: &house,
        kind: &answer.kind,
        record: &answer.record,
        links: &answer.links,
        attached: &hanging,
        today: moment.today,
    };
    let filled = fill(&dossier, filling);
    let mut papers: BTreeMap<(String, String), Vec<Issued>> = BTreeMap::new();
    for piece in filled.iter().flat_map(|part| &part.pieces) {
        let key = (piece.kind.clone(), piece.record.clone());
        if matches!(piece.source, PieceSource::Paper(_)) && !papers.contains_key(&key) {
            let found = app.desk.papers(actor, &key.0, &key.1).await?;
            papers.insert(key, found);
        }
    }
    let issued = |piece: &Piece| {
        let PieceSource::Paper(document) = &piece.source else { return None };
        let papers = papers.get(&(piece.kind.clone(), piece.record.clone()))?;
        // What was signed stands for what was issued later without a signature only if nothing was.
        papers.iter().rfind(|paper| paper.document == *document).cloned()
    };
    let signed = |piece: &Piece| issued(piece).is_some_and(|paper| !paper.signed.is_empty());
    let gaps = gaps(&dossier, &filled, &signed);
    let mut pieces = Vec::new();
    for part in &filled {
        pieces.extend(part.pieces.iter().map(|piece| Lying {
            part: part.part.label.clone(),
            piece: piece.clone(),
            issued: issued(piece),
        }));
    }
    let whole = sees_all(&answer);
    Ok(DossierState { dossier, answer, pieces, gaps, not_yet, whole })
}

/// Records that hang on another come without their rows; those that the dossier looks into get them.
async fn bring_rows(
    app: &App,
    actor: &Actor,
    dossier: &Dossier,
    answer: &mut RecordAnswer,
    moment: &Moment,
) -> Result<(), Refusal> {
    let sources = || dossier.parts.iter().flat_map(|part| &part.sources);
    for (kind, records) in &mut answer.attached {
        let looked_into = |what: &Taken| matches!(what, Taken::File { within, field } if *within == kind.id && field.contains('.'));
        if sources().any(|source| looked_into(&source.what)) {
            for one in records.iter_mut() {
                *one = app.desk.record(actor, &kind.id, one.id(), moment).await?.record;
            }
        }
    }
    Ok(())
}

/// A piece with its bytes; without, where it lies on paper only.
struct Bound {
    title: String,
    note: String,
    bytes: Vec<u8>,
    pages: usize,
}

/// Binds a dossier, and notes that it was printed before it leaves.
pub async fn bind(
    app: &App,
    actor: &Actor,
    (kind, id, dossier): (&str, &str, &str),
    moment: &Moment,
) -> Result<Printed, Refusal> {
    let state = state(app, actor, (kind, id, dossier), moment).await?;
    if !state.not_yet.is_empty() {
        return Err(Refusal::NotFound(format!("可以装订的卷宗：{}", state.not_yet)));
    }
    if !state.whole {
        let why = "卷宗里有证件号码等内容，您的身份看到的是遮盖过的，不能取整卷";
        return Err(Refusal::forbidden(why));
    }
    let (mut parts, mut missing, mut size) = (Vec::new(), Vec::new(), 0);
    for lying in &state.pieces {
        let part = bytes_of(app, actor, lying, &mut missing, moment).await?;
        size += part.bytes.len();
        if size > MOST_BYTES {
            let message =
                "卷内扫描件合起来超过300MB，装订不了；请把大的扫描件压缩后再传".to_owned();
            return Err(Refusal::problem(engine::problem::Problem::error("file_large", message)));
        }
        parts.push(part);
    }
    let (items, count) = contents(&parts);
    let more = Map::from_iter([(
        "dossier".to_owned(),
        json!({ "items": items, "pages": count.to_string() }),
    )]);
    let DossierState { dossier, answer, .. } = state;
    let title = format!("{} {}", dossier.label, answer.record.text("title"));
    let name = file_name(&dossier.label, answer.record.text("title"), "pdf");
    let shell = |template: &str| Document {
        id: dossier.id.clone(),
        label: dossier.label.clone(),
        template: template.to_owned(),
        number: dossier.number.clone(),
        signed: String::new(),
        when: None,
        place: dossier.place.clone(),
    };
    let mut front = prepared(app, actor, shell(&dossier.cover), answer, moment).await?;
    let facts = || Facts { more: more.clone(), ..Facts::default() };
    let cover = front.typeset(app, facts(), moment).await?;
    missing.extend(cover.missing);
    let back = match dossier.back.as_str() {
        "" => None,
        template => {
            front.document = shell(template);
            Some(front.typeset(app, facts(), moment).await?)
        }
    };
    let press = app.clone();
    let printed_at = paper_moment(moment);
    let bound = pressed(move || {
        let unnumbered = |name, bytes| Part { name, bytes, numbered: false, pages: None };
        let mut all = vec![unnumbered("封面和目录", cover.pdf.as_slice())];
        let inside = parts.iter().filter(|part| part.pages > 0);
        all.extend(inside.map(|part| Part {
            name: &part.title,
            bytes: &part.bytes,
            numbered: true,
            pages: None,
        }));
        all.extend(back.as_ref().map(|back| unnumbered("封底", back.pdf.as_slice())));
        press.press.bind(&title, &all, printed_at)
    })
    .await?;
    app.desk.log_look(actor, "print_dossier", kind, id, moment).await?;
    missing.sort_unstable();
    missing.dedup();
    Ok(Printed { name, pdf: bound.pdf, missing })
}

/// The lines of the contents, and how many pages there are.
fn contents(parts: &[Bound]) -> (Vec<Json>, usize) {
    let mut number = 0;
    let line = |(at, part): (usize, &Bound)| {
        let from = number + 1;
        number += part.pages;
        let pages = match part.pages {
            0 => "—".to_owned(),
            1 => from.to_string(),
            _ => format!("{from}-{number}"),
        };
        json!({ "no": (at + 1).to_string(), "title": part.title, "pages": pages, "note": part.note })
    };
    let items = parts.iter().enumerate().map(line).collect();
    (items, number)
}

async fn bytes_of(
    app: &App,
    actor: &Actor,
    lying: &Lying,
    missing: &mut Vec<char>,
    moment: &Moment,
) -> Result<Bound, Refusal> {
    let Lying { piece, issued, .. } = lying;
    let original = if piece.original { "签名原件在纸质卷宗" } else { "" };
    let part = |bytes: Vec<u8>, note: &str| -> Result<Bound, Refusal> {
        let pages = page_count(&bytes);
        let notes: Vec<&str> =
            [piece.note.as_str(), note].into_iter().filter(|n| !n.is_empty()).collect();
        let (title, note) = (piece.title.clone(), notes.join("；"));
        let pages = pages.ok_or_else(|| unreadable(&piece.name()))?;
        Ok(Bound { title, note, bytes, pages })
    };
    let listed = |note: &str| Bound {
        title: piece.title.clone(),
        note: if piece.note.is_empty() {
            note.to_owned()
        } else {
            format!("{}；{note}", piece.note)
        },
        bytes: Vec::new(),
        pages: 0,
    };
    match (&piece.source, issued) {
        (PieceSource::Apart, _) => Ok(listed("纸质原件，未扫描")),
        (PieceSource::File(hash), _) => {
            let bytes = files::content(app, hash).await?;
            match files::media_type(&bytes) {
                Some("application/pdf" | "image/png" | "image/jpeg") => part(bytes, ""),
                _ => Ok(listed("电子文件，另存")),
            }
        }
        (PieceSource::Paper(_), Some(paper)) if !paper.signed.is_empty() => {
            part(files::content(app, file_parts(&paper.signed).0).await?, "")
        }
        (PieceSource::Paper(_), Some(paper)) => {
            part(files::content(app, &paper.hash).await?, original)
        }
        (PieceSource::Paper(document), None) => {
            let answer = app.desk.record(actor, &piece.kind, &piece.record, moment).await?;
            let none = || Refusal::NotFound("这种文书".to_owned());
            let document = answer.kind.document(document).cloned().ok_or_else(none)?;
            permitted(&document, &answer, moment)?;
            let paper = prepared(app, actor, document, answer, moment).await?;
            let facts = Facts { ink: super::ink(app, actor, &paper).await?, ..paper.draft() };
            let printed = paper.typeset(app, facts, moment).await?;
            missing.extend(printed.missing);
            part(printed.pdf, original)
        }
    }
}
