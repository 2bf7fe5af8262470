//! Papers over the wire: issued, corrected, signed, scanned back; and the dossier they end in.

use super::{
    ask::{Asked, At, Body, Caller, id as check_id, sent},
    json,
    out::Out,
    problem::Fault,
    records::pdf,
};
use crate::{
    app::App,
    documents::{self, dossier, scan},
};
use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use desk::papers::Issued;
use engine::kind::file_parts;
use serde_json::Value as Json;

fn write_paper(out: &mut Out, paper: &Issued) {
    out.text("id", &paper.id);
    out.text("document", &paper.document);
    out.text("label", &paper.label);
    if !paper.number.is_empty() {
        out.text("number", &paper.number);
    }
    out.int("issue", paper.issue);
    out.int("version", paper.version);
    out.text("sm3", &paper.hash);
    out.int("pages", paper.pages);
    out.moment("at", paper.at);
    out.text("by", &paper.by_name);
    if !paper.cites.is_empty() {
        out.text("corrects", &paper.cites);
        out.text("reason", &paper.reason);
    }
    if !paper.signed.is_empty() {
        out.text("signed_sm3", file_parts(&paper.signed).0);
        out.moment("signed_at", paper.signed_at);
    }
}

/// `GET /records/{kind}/{id}/documents`: what was issued, oldest first.
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    At([kind, id]): At<2>,
    asked: Asked,
) -> Result<Response, Fault> {
    asked.nothing_else()?;
    check_id(&id, "这份档案")?;
    let papers = app.desk.papers(caller.actor(), &kind, &id).await?;
    let mut out = Out::with_room(1_024);
    out.open();
    out.list_at("items");
    for paper in &papers {
        out.open();
        write_paper(&mut out, paper);
        out.close();
    }
    out.end_list();
    out.close();
    Ok(json(StatusCode::OK, out))
}

/// `POST /records/{kind}/{id}/documents/{document}`: issues it; with a `reason` it corrects the one
/// before. Without one, what was issued already is answered again.
pub async fn issue(
    State(app): State<App>,
    caller: Caller,
    At([kind, id, document]): At<3>,
    asked: Asked,
    Body(mut body): Body,
) -> Result<Response, Fault> {
    asked.nothing_else()?;
    check_id(&id, "这份档案")?;
    let reason = match body.remove("reason") {
        None => None,
        Some(Json::String(reason)) => Some(reason),
        Some(_) => return Err(Fault::malformed_at("reason", "type", "“reason”应为文字")),
    };
    if let Some(name) = body.keys().next() {
        return Err(super::ask::unknown(name));
    }
    let (actor, moment) = (caller.actor(), &caller.moment);
    let asked = (document.as_str(), reason.as_deref());
    let paper = documents::issue(&app, actor, &kind, &id, asked, moment).await?;
    let status = if paper.at == moment.at { StatusCode::CREATED } else { StatusCode::OK };
    let mut out = Out::with_room(512);
    out.open();
    write_paper(&mut out, &paper);
    out.close();
    Ok(json(status, out))
}

/// `POST /records/{kind}/{id}/documents/{document}/signatures?signer=…`: the body is a picture.
pub async fn sign(
    State(app): State<App>,
    caller: Caller,
    At([kind, id, document]): At<3>,
    mut asked: Asked,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Fault> {
    let signer = asked.take("signer");
    asked.nothing_else()?;
    check_id(&id, "这份档案")?;
    let device = sent(&headers, "user-agent").unwrap_or_default();
    let paper = (kind.as_str(), id.as_str(), document.as_str());
    let given = (signer.as_str(), &body[..], device);
    documents::sign(&app, caller.actor(), paper, given, &caller.moment).await?;
    signatures(State(app), caller, At([kind, id, document]), Asked::default()).await
}

/// `GET /records/{kind}/{id}/documents/{document}/signatures`: the lines of the paper as it reads now.
pub async fn signatures(
    State(app): State<App>,
    caller: Caller,
    At([kind, id, document]): At<3>,
    asked: Asked,
) -> Result<Response, Fault> {
    asked.nothing_else()?;
    check_id(&id, "这份档案")?;
    let (actor, moment) = (caller.actor(), &caller.moment);
    let signing = documents::signing(&app, actor, &kind, &id, &document, moment).await?;
    let mut out = Out::with_room(512);
    out.open();
    out.text("content", &signing.content);
    out.list_at("items");
    for (name, signature) in &signing.lines {
        out.open();
        out.text("signer", name);
        if let Some(signature) = signature {
            out.moment("at", signature.at);
            out.text("by", &signature.by_name);
            out.text("device", &signature.device);
            out.text("sm3", file_parts(&signature.file).0);
        }
        out.close();
    }
    out.end_list();
    out.close();
    Ok(json(StatusCode::OK, out))
}

/// `GET /records/{kind}/{id}/dossiers/{dossier}`: what lies in it and what is missing; `….pdf`: the
/// whole as one file.
pub async fn dossier(
    State(app): State<App>,
    caller: Caller,
    At([kind, id, name]): At<3>,
    asked: Asked,
) -> Result<Response, Fault> {
    asked.nothing_else()?;
    check_id(&id, "这份档案")?;
    let (actor, moment) = (caller.actor(), &caller.moment);
    if let Some(name) = name.strip_suffix(".pdf") {
        return Ok(pdf(dossier::bind(&app, actor, (&kind, &id, name), moment).await?));
    }
    let state = dossier::state(&app, actor, (&kind, &id, &name), moment).await?;
    let mut out = Out::with_room(2_048);
    out.open();
    out.text("label", &state.dossier.label);
    out.yes_no("complete", !state.gaps.iter().any(|gap| gap.missing));
    out.list_at("items");
    for lying in &state.pieces {
        out.open();
        out.text("place", &lying.part);
        out.text("title", &lying.piece.name());
        out.text("kind", &lying.piece.kind);
        out.text("record", &lying.piece.record);
        out.text("what", lying.what());
        out.close();
    }
    out.end_list();
    out.list_at("gaps");
    for gap in &state.gaps {
        out.open();
        out.text("place", &gap.part);
        out.yes_no("missing", gap.missing);
        out.text("message", &gap.message);
        out.text("basis", &gap.basis);
        out.close();
    }
    out.end_list();
    out.close();
    Ok(json(StatusCode::OK, out))
}

/// `POST /scans`: the bytes of a scan are the body, its name stands in `X-File-Name`.
pub async fn bring(
    State(app): State<App>,
    caller: Caller,
    asked: Asked,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Fault> {
    asked.nothing_else()?;
    let name = super::files::decoded(sent(&headers, "x-file-name").unwrap_or("扫描件.pdf"));
    let done =
        scan::take(&app, caller.actor(), vec![(name, body.to_vec())], &caller.moment).await?;
    let mut out = Out::with_room(512);
    out.open();
    out.list_at("items");
    for one in &done {
        out.open();
        match one {
            scan::Outcome::Filed(paper) => {
                out.text("kind", &paper.kind);
                out.text("record", &paper.record);
                write_paper(&mut out, paper);
            }
            scan::Outcome::Waits(id, _, why) => {
                out.text("scan", id);
                out.text("why", why);
            }
        }
        out.close();
    }
    out.end_list();
    out.close();
    Ok(json(StatusCode::OK, out))
}
