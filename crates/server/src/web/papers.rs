//! The papers of a record: issued, corrected, signed on a screen; and the dossier they end in.

use super::{
    look::{
        paper::{
            DossierPage, IssueRow, PaperPage, PieceRow, SignPage, SignerRow,
            dossier as draw_dossier, paper as draw_paper, sign as draw_sign,
        },
        part::{ActionView, StateView, Target, Tone, Weight},
    },
    me,
    page::{self, About},
    record::{bytes, kind_of},
    typed::Typed,
    urls,
    visitor::{Upload, Visitor},
    words,
};
use crate::{
    app::App,
    documents::{self, Signing, Which, dossier},
    files,
};
use axum::{
    Router,
    extract::{DefaultBodyLimit, Path, Query},
    http::{HeaderMap, StatusCode, header},
    response::Response,
    routing::{get, post},
};
use desk::{
    Refusal,
    papers::{Issued, may_issue},
};
use engine::{
    definition::{Document, RecordKind},
    derive::dossier::PieceSource,
    kind::file_parts,
    problem::Problem,
    record::View,
};
use std::sync::Arc;

/// Their pages.
pub fn router() -> Router<App> {
    let at = |rest: &str| format!("/b/{{business}}/{{kind}}/{{id}}{rest}");
    Router::new()
        .route(&at("/papers/{document}"), get(paper))
        .route(&at("/papers/{document}/issue"), post(issue))
        .route(&at("/papers/{document}/signed/{hash}"), get(signed))
        .route(
            &at("/papers/{document}/sign"),
            get(pad).post(sign).layer(DefaultBodyLimit::max(files::MOST_BYTES + 64 * 1024)),
        )
        .route(&at("/dossier/{dossier}"), get(whole))
}

type At = Path<(String, String, String, String)>;

fn take(pairs: Vec<(String, String)>) -> Typed {
    Typed::read(pairs).unwrap_or_default()
}

/// `GET …/papers/{document}` the page of a paper; `….pdf` the paper: the one issued last, or
/// `?issue=2`, or `?draft=1` as it would be issued now; `….docx` a draft to be edited in Word.
async fn paper(
    visitor: Visitor,
    Path((business, kind, id, name)): At,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Response {
    let typed = take(pairs);
    let done = match name.rsplit_once('.') {
        Some((document, "pdf")) => print(&visitor, &business, &kind, &id, document, &typed).await,
        Some((document, "docx")) => word(&visitor, &business, &kind, &id, document).await,
        _ => {
            let asked = (business.as_str(), kind.as_str(), id.as_str(), name.as_str());
            draw(&visitor, asked, "", None).await
        }
    };
    page::done(&visitor, done).await
}

async fn print(
    visitor: &Visitor,
    business: &str,
    kind: &str,
    id: &str,
    document: &str,
    typed: &Typed,
) -> Result<Response, Refusal> {
    let kind = kind_of(&visitor.app.desk.house(), business, kind)?;
    let which = match (typed.get("issue"), typed.get("draft")) {
        ("", "") => Which::Latest,
        ("", _) => Which::Draft,
        (number, _) => Which::Issue(number.parse().unwrap_or_default()),
    };
    let (app, actor, moment) = (&visitor.app, visitor.actor(), &visitor.moment);
    let printed = documents::print(app, actor, &kind.id, id, (document, which), moment).await?;
    if !printed.missing.is_empty() {
        tracing::warn!(kind = kind.id, id, missing = ?printed.missing, "characters without a glyph");
    }
    Ok(bytes("application/pdf", &printed.name, printed.pdf, None))
}

async fn word(
    visitor: &Visitor,
    business: &str,
    kind: &str,
    id: &str,
    document: &str,
) -> Result<Response, Refusal> {
    let kind = kind_of(&visitor.app.desk.house(), business, kind)?;
    let (app, actor, moment) = (&visitor.app, visitor.actor(), &visitor.moment);
    let made = documents::word(app, actor, &kind.id, id, document, moment).await?;
    Ok(bytes(documents::DOCX, &made.name, made.pdf, None))
}

/// The page of a paper, with what was typed as the reason of a correction, and what was wrong.
async fn draw(
    visitor: &Visitor,
    (business, kind, id, document): (&str, &str, &str, &str),
    reason: &str,
    wrong: Option<String>,
) -> Result<Response, Refusal> {
    let (app, actor, moment) = (&visitor.app, visitor.actor(), &visitor.moment);
    let kind = kind_of(&app.desk.house(), business, kind)?;
    let answer = app.desk.record(actor, &kind.id, id, moment).await?;
    let none = || Refusal::NotFound("这种文书".to_owned());
    let document = kind.document(document).ok_or_else(none)?;
    let base = address(&kind, id, document);
    let issued = app.desk.papers(actor, &kind.id, id).await.unwrap_or_default();
    let issued: Vec<Issued> = issued.into_iter().filter(|p| p.document == document.id).collect();
    let view = View::record(&answer.record, &answer.links, moment.today);
    let open = document.when.as_ref().filter(|when| when.holds(&view) != Some(true));
    let why_not = open.map(|when| format!("{}时可以打印、出具", when.words));
    let works = may_issue(actor, &kind, &answer.record);
    let mut page = PaperPage {
        title: document.label.clone(),
        issued: issued.iter().rev().map(|one| row(visitor, &base, one)).collect(),
        reason: reason.to_owned(),
        error: wrong,
        csrf: visitor.session.csrf.clone(),
        ..PaperPage::default()
    };
    if why_not.is_none() {
        let draft =
            if issued.is_empty() { "预览草稿" } else { "预览按现有内容的新稿" };
        page.links.push((draft.to_owned(), format!("{base}.pdf?draft=1")));
        page.links.push(("下载 Word 稿（草稿，供修改）".to_owned(), format!("{base}.docx")));
        if works && issued.is_empty() {
            page.actions.push(ActionView {
                label: "出具".to_owned(),
                target: Target::Post(format!("{base}/issue"), Vec::new()),
                weight: Weight::Primary,
                confirm: Some("出具以后这一份不能再改，要改只能另出更正的。出具吗？".to_owned()),
            });
        }
        if issued.is_empty() {
            let asked = (kind.id.as_str(), id, document.id.as_str());
            let signing = documents::signing(app, actor, asked.0, asked.1, asked.2, moment).await?;
            page.signers = signers(visitor, &base, &signing, works);
            page.note = (!signing.stale.is_empty()).then(|| {
                let names: Vec<&str> = signing.stale.iter().map(|s| s.signer.as_str()).collect();
                format!("{}签名以后文书的内容改过，须重新签名。", names.join("、"))
            });
        }
        page.correct = (works && !issued.is_empty()).then(|| format!("{base}/issue"));
    }
    page.why_not = why_not;
    let mut about = About::new(document.label.clone(), urls::list(&kind));
    about.place = vec![
        (kind.label.clone(), urls::list(&kind)),
        (answer.record.text("title").to_owned(), urls::record(&kind, id)),
    ];
    about.status = page.error.as_ref().map(|_| StatusCode::UNPROCESSABLE_ENTITY);
    Ok(page::page(visitor, about, draw_paper(&page)).await)
}

/// Where a paper of a record is.
pub fn address(kind: &RecordKind, id: &str, document: &Document) -> String {
    format!("{}/papers/{}", urls::below(kind, id), document.id)
}

fn row(visitor: &Visitor, base: &str, one: &Issued) -> IssueRow {
    let mut about = Vec::new();
    if !one.number.is_empty() {
        about.push(format!("编号 {}", one.number));
    }
    let at = words::at(one.at, &visitor.moment);
    about.push(format!("{at} {}出具，共{}页", one.by_name, one.pages));
    if !one.reason.is_empty() {
        about.push(format!("更正前一份：{}", one.reason));
    }
    about.push(format!("SM3 {}", one.hash.chars().take(16).collect::<String>()));
    let signed = (!one.signed.is_empty()).then(|| {
        let (hash, name) = file_parts(&one.signed);
        let at = words::at(one.signed_at, &visitor.moment);
        (format!("签名件：{name}（{at}归档）"), format!("{base}/signed/{hash}"))
    });
    if signed.is_none() {
        about.push("还没有签名件：打印签名以后，在“签名件归档”里上传扫描件".to_owned());
    }
    let href = format!("{base}.pdf?issue={}", one.issue);
    IssueRow { name: format!("第{}份", one.issue), href, about, signed }
}

fn signers(visitor: &Visitor, base: &str, signing: &Signing, works: bool) -> Vec<SignerRow> {
    let row = |(name, signature): &(String, Option<desk::papers::Signature>)| SignerRow {
        name: name.clone(),
        about: signature.as_ref().map_or(String::new(), |s| {
            format!("{}在{}的设备上签", words::at(s.at, &visitor.moment), s.by_name)
        }),
        href: works.then(|| urls::with_query(&format!("{base}/sign"), &[("signer", name)])),
    };
    signing.lines.iter().map(row).collect()
}

/// `POST …/papers/{document}/issue`: with a reason it corrects the one before.
async fn issue(
    Path((business, kind, id, document)): At,
    super::visitor::Sure(visitor, typed): super::visitor::Sure,
) -> Response {
    let reason = typed.has("reason").then(|| typed.get("reason").to_owned());
    let (app, actor, moment) = (&visitor.app, visitor.actor(), &visitor.moment);
    let asked = (document.as_str(), reason.as_deref());
    let issued = documents::issue(app, actor, &kind, &id, asked, moment).await;
    let back = format!("/b/{business}/{kind}/{id}/papers/{document}");
    match issued {
        Ok(_) => me::back(&back),
        Err(Refusal::Invalid(problems)) if reason.is_some() => {
            let asked = (business.as_str(), kind.as_str(), id.as_str(), document.as_str());
            let wrong = problems.first().map(|problem| problem.message.clone());
            let drawn = draw(&visitor, asked, typed.get("reason"), wrong).await;
            page::done(&visitor, drawn).await
        }
        Err(refusal) => page::refused(&visitor, &refusal).await,
    }
}

/// `GET …/papers/{document}/signed/{hash}`: the signed copy.
async fn signed(
    visitor: Visitor,
    Path((business, kind, id, document, hash)): Path<(String, String, String, String, String)>,
) -> Response {
    let found = signed_copy(&visitor, &business, &kind, &id, (&document, &hash)).await;
    page::done(&visitor, found).await
}

async fn signed_copy(
    visitor: &Visitor,
    business: &str,
    kind: &str,
    id: &str,
    (document, hash): (&str, &str),
) -> Result<Response, Refusal> {
    let (app, actor) = (&visitor.app, visitor.actor());
    let kind = kind_of(&app.desk.house(), business, kind)?;
    let answer = app.desk.record(actor, &kind.id, id, &visitor.moment).await?;
    if !documents::sees_all(&answer) {
        return Err(Refusal::forbidden("签名件上的证件号码没有遮盖，您的身份不能查看"));
    }
    let papers = app.desk.papers(actor, &kind.id, id).await?;
    let mut found = papers.iter().filter(|p| p.document == document).map(|p| file_parts(&p.signed));
    let found = found.find(|(kept, _)| *kept == hash && !hash.is_empty());
    let (hash, name) = found.ok_or_else(|| Refusal::NotFound("这份签名件".to_owned()))?;
    let content = files::content(app, hash).await?;
    let media = files::media_type(&content).unwrap_or("application/octet-stream");
    Ok(bytes(media, name, content, Some("sandbox; default-src 'none'")))
}

/// `GET …/papers/{document}/sign?signer=…`: the pad.
async fn pad(
    visitor: Visitor,
    Path((business, kind, id, document)): At,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Response {
    let signer = take(pairs).take("signer");
    let asked = (business.as_str(), kind.as_str(), id.as_str(), document.as_str());
    let drawn = draw_pad(&visitor, asked, &signer, None).await;
    page::done(&visitor, drawn).await
}

async fn draw_pad(
    visitor: &Visitor,
    (business, kind, id, document): (&str, &str, &str, &str),
    signer: &str,
    error: Option<String>,
) -> Result<Response, Refusal> {
    let (app, actor, moment) = (&visitor.app, visitor.actor(), &visitor.moment);
    let kind = kind_of(&app.desk.house(), business, kind)?;
    let signing = documents::signing(app, actor, &kind.id, id, document, moment).await?;
    let line = signing.lines.iter().find(|(name, _)| name == signer);
    let (_, signature) = line.ok_or_else(|| Refusal::NotFound("文书上的这一处签名".to_owned()))?;
    let base = format!("{}/papers/{document}", urls::below(&kind, id));
    let view = SignPage {
        title: signing.label.clone(),
        signer: signer.to_owned(),
        paper: format!("{base}.pdf?draft=1"),
        action: format!("{base}/sign"),
        cancel: base.clone(),
        signed: signature.is_some(),
        error,
        csrf: visitor.session.csrf.clone(),
    };
    let mut about = About::new(format!("{signer}签名"), urls::list(&kind));
    about.place = vec![(signing.label.clone(), base)];
    about.status = view.error.as_ref().map(|_| StatusCode::UNPROCESSABLE_ENTITY);
    Ok(page::page(visitor, about, draw_sign(&view)).await)
}

/// `POST …/papers/{document}/sign`: the picture.
async fn sign(
    Path((business, kind, id, document)): At,
    headers: HeaderMap,
    Upload(visitor, typed, files): Upload,
) -> Response {
    let device = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    let signer = typed.get("signer");
    let picture: &[u8] = files.first().map_or(&[][..], |bytes| &bytes[..]);
    let asked = (business.as_str(), kind.as_str(), id.as_str(), document.as_str());
    let done = if picture.is_empty() && !typed.has("remove") {
        let message = "请在框里签名，或者选一张签名的照片".to_owned();
        Err(Refusal::problem(Problem::error("required", message)))
    } else {
        let picture = if typed.has("remove") { &[][..] } else { picture };
        let given = (signer, picture, device.unwrap_or_default());
        let paper = (kind.as_str(), id.as_str(), document.as_str());
        documents::sign(&visitor.app, visitor.actor(), paper, given, &visitor.moment).await
    };
    match done {
        Ok(()) => me::back(&format!("/b/{business}/{kind}/{id}/papers/{document}")),
        Err(Refusal::Invalid(problems)) => {
            let wrong = problems.first().map(|problem| problem.message.clone());
            let drawn = draw_pad(&visitor, asked, signer, wrong).await;
            page::done(&visitor, drawn).await
        }
        Err(refusal) => page::refused(&visitor, &refusal).await,
    }
}

/// `GET …/dossier/{dossier}`: what lies in it and what is missing; `….pdf`: the whole.
async fn whole(visitor: Visitor, Path((business, kind, id, name)): At) -> Response {
    let done = match name.strip_suffix(".pdf") {
        Some(dossier) => bound(&visitor, &business, &kind, &id, dossier).await,
        None => draw_whole(&visitor, &business, &kind, &id, &name).await,
    };
    page::done(&visitor, done).await
}

async fn bound(
    visitor: &Visitor,
    business: &str,
    kind: &str,
    id: &str,
    name: &str,
) -> Result<Response, Refusal> {
    let kind = kind_of(&visitor.app.desk.house(), business, kind)?;
    let (app, actor, moment) = (&visitor.app, visitor.actor(), &visitor.moment);
    let printed = dossier::bind(app, actor, (&kind.id, id, name), moment).await?;
    Ok(bytes("application/pdf", &printed.name, printed.pdf, None))
}

async fn draw_whole(
    visitor: &Visitor,
    business: &str,
    kind: &str,
    id: &str,
    name: &str,
) -> Result<Response, Refusal> {
    let house = visitor.app.desk.house();
    let kind: Arc<RecordKind> = kind_of(&house, business, kind)?;
    let (app, actor, moment) = (&visitor.app, visitor.actor(), &visitor.moment);
    let state = dossier::state(app, actor, (&kind.id, id, name), moment).await?;
    let pdf = format!("{}/dossier/{name}.pdf", urls::below(&kind, id));
    let missing = state.gaps.iter().filter(|gap| gap.missing);
    let missing: Vec<(String, String)> =
        missing.map(|gap| (gap.message.clone(), gap.basis.clone())).collect();
    let why_not = match (state.not_yet.as_str(), state.whole) {
        ("", true) => None,
        ("", false) => {
            Some("卷宗里有证件号码等内容，您的身份看到的是遮盖过的，不能取整卷。".to_owned())
        }
        (why, _) => Some(format!("还不能装订：{why}。")),
    };
    let get = ActionView {
        label: "整卷 PDF".to_owned(),
        target: Target::Page(pdf),
        weight: Weight::Primary,
        confirm: None,
    };
    let piece = |lying: &dossier::Lying| {
        let other = house.kind(&lying.piece.kind);
        let base = other.map(|other| urls::below(other, &lying.piece.record));
        let href = base.and_then(|base| match &lying.piece.source {
            PieceSource::Paper(document) => Some(format!("{base}/papers/{document}")),
            PieceSource::File(hash) => Some(format!("{base}/files/{hash}")),
            PieceSource::Apart => None,
        });
        let what = lying.what().to_owned();
        PieceRow { part: lying.part.clone(), name: lying.piece.name(), what, href }
    };
    let state_view = match missing.len() {
        0 => StateView { text: "材料齐全".to_owned(), tone: Tone::Good },
        n => StateView { text: format!("还缺{n}项"), tone: Tone::Warn },
    };
    let view = DossierPage {
        title: state.dossier.label.clone(),
        state: state_view,
        missing,
        notes: state.gaps.iter().filter(|gap| !gap.missing).map(|g| g.message.clone()).collect(),
        pieces: state.pieces.iter().map(piece).collect(),
        actions: if why_not.is_none() { vec![get] } else { Vec::new() },
        why_not,
        csrf: visitor.session.csrf.clone(),
    };
    let mut about = About::new(view.title.clone(), urls::list(&kind));
    about.place = vec![
        (kind.label.clone(), urls::list(&kind)),
        (state.answer.record.text("title").to_owned(), urls::record(&kind, id)),
    ];
    Ok(page::page(visitor, about, draw_dossier(&view)).await)
}
