//! Signed papers that come back as scans: brought at one place, filed by their QR code, and where
//! that cannot be read, by somebody who looks at them.

use super::{
    look::paper::{ScanPage, ScanRow, ScansPage, scan as draw_scan, scans as draw_scans},
    me,
    page::{self, About},
    record::bytes,
    typed::Typed,
    urls,
    visitor::{Sure, Uploads, Visitor},
    words,
};
use crate::{
    app::App,
    documents::scan::{Outcome, take},
    files,
};
use axum::{
    Router,
    extract::{DefaultBodyLimit, Path, Query},
    http::StatusCode,
    response::Response,
    routing::get,
};
use desk::{
    Refusal,
    papers::{Issued, Scan},
};
use engine::kind::file_parts;

/// Room for several scans.
const MOST_BODY: usize = 5 * files::MOST_BYTES;
/// Papers offered at once.
const MOST_CHOICES: usize = 40;

/// Their pages.
pub fn router() -> Router<App> {
    Router::new()
        .route("/scans", get(list).post(bring).layer(DefaultBodyLimit::max(MOST_BODY)))
        .route("/scans/{id}", get(one).post(choose))
        .route("/scans/{id}/file", get(file))
}

async fn list(visitor: Visitor) -> Response {
    let drawn = draw(&visitor, Vec::new(), None).await;
    page::done(&visitor, drawn).await
}

async fn draw(
    visitor: &Visitor,
    done: Vec<(String, Option<String>)>,
    error: Option<String>,
) -> Result<Response, Refusal> {
    let waiting = visitor.app.desk.scans(visitor.actor()).await?;
    let row = |scan: &Scan| ScanRow {
        name: file_parts(&scan.file).1.to_owned(),
        href: format!("/scans/{}", scan.id),
        about: vec![
            scan.why.clone(),
            format!("{} {}上传", words::at(scan.at, &visitor.moment), scan.by),
        ],
    };
    let view = ScansPage {
        done,
        waiting: waiting.iter().map(row).collect(),
        error,
        csrf: visitor.session.csrf.clone(),
    };
    let mut about = About::new("签名件归档", "/scans");
    about.status = view.error.as_ref().map(|_| StatusCode::UNPROCESSABLE_ENTITY);
    Ok(page::page(visitor, about, draw_scans(&view)).await)
}

/// `POST /scans`
async fn bring(Uploads(visitor, files): Uploads) -> Response {
    let (app, actor, moment) = (&visitor.app, visitor.actor(), &visitor.moment);
    let (mut done, mut wrong) = (Vec::new(), None);
    if files.is_empty() {
        wrong = Some("请选择扫描件".to_owned());
    }
    let files = files.into_iter().map(|(name, content)| (name, content.to_vec())).collect();
    match take(app, actor, files, moment).await {
        Ok(outcomes) => done.extend(outcomes.iter().map(|one| told(&visitor, one))),
        Err(Refusal::Invalid(problems)) => {
            let said: Vec<&str> = problems.iter().map(|p| p.message.as_str()).collect();
            wrong = wrong.or(Some(said.join("；")));
        }
        Err(refusal) => return page::refused(&visitor, &refusal).await,
    }
    let drawn = draw(&visitor, done, wrong).await;
    page::done(&visitor, drawn).await
}

fn told(visitor: &Visitor, outcome: &Outcome) -> (String, Option<String>) {
    match outcome {
        Outcome::Filed(paper) => {
            let house = visitor.app.desk.house();
            let kind = house.kind(&paper.kind);
            let href = kind.map(|kind| {
                format!("{}/papers/{}", urls::below(kind, &paper.record), paper.document)
            });
            let name = file_parts(&paper.signed).1;
            (format!("{name}：归到{}的《{}》", paper.title, paper.label), href)
        }
        Outcome::Waits(id, file, why) => {
            (format!("{}：{why}", file_parts(file).1), Some(format!("/scans/{id}")))
        }
    }
}

async fn one(
    visitor: Visitor,
    Path(id): Path<String>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Response {
    let q = Typed::read(pairs).unwrap_or_default().take("q");
    let drawn = draw_one(&visitor, &id, q.trim(), None).await;
    page::done(&visitor, drawn).await
}

async fn waiting(visitor: &Visitor, id: &str) -> Result<Scan, Refusal> {
    let all = visitor.app.desk.scans(visitor.actor()).await?;
    let found = all.into_iter().find(|scan| scan.id == id);
    found.ok_or_else(|| Refusal::NotFound("这份待归的扫描件".to_owned()))
}

async fn draw_one(
    visitor: &Visitor,
    id: &str,
    q: &str,
    error: Option<String>,
) -> Result<Response, Refusal> {
    let scan = waiting(visitor, id).await?;
    let papers = visitor.app.desk.awaited(visitor.actor(), q, MOST_CHOICES).await?;
    let choice = |paper: &Issued| {
        let at = words::at(paper.at, &visitor.moment);
        let number =
            if paper.number.is_empty() { String::new() } else { format!("{}　", paper.number) };
        let about = format!("{}　{number}第{}份，{at}出具", paper.title, paper.issue);
        (paper.id.clone(), paper.label.clone(), about)
    };
    let view = ScanPage {
        name: file_parts(&scan.file).1.to_owned(),
        file: format!("/scans/{id}/file"),
        why: scan.why,
        action: format!("/scans/{id}"),
        q: q.to_owned(),
        choices: papers.iter().map(choice).collect(),
        error,
        csrf: visitor.session.csrf.clone(),
    };
    let mut about = About::new("认扫描件", "/scans");
    about.place = vec![("签名件归档".to_owned(), "/scans".to_owned())];
    about.status = view.error.as_ref().map(|_| StatusCode::UNPROCESSABLE_ENTITY);
    Ok(page::page(visitor, about, draw_scan(&view)).await)
}

/// `POST /scans/{id}`: which paper it is, or that it is none.
async fn choose(Path(id): Path<String>, Sure(visitor, typed): Sure) -> Response {
    let (desk, actor, moment) = (&visitor.app.desk, visitor.actor(), &visitor.moment);
    if typed.has("drop") {
        return match desk.drop_scan(actor, &id, moment).await {
            Ok(()) => me::back("/scans"),
            Err(refusal) => page::refused(&visitor, &refusal).await,
        };
    }
    if typed.get("paper").is_empty() {
        let wrong = Some("请选是哪一份文书".to_owned());
        let drawn = draw_one(&visitor, &id, "", wrong).await;
        return page::done(&visitor, drawn).await;
    }
    let filed = async {
        let scan = waiting(&visitor, &id).await?;
        desk.file_signed(actor, typed.get("paper"), &scan.file, Some(&id), moment).await
    };
    match filed.await {
        Ok(paper) => {
            let house = desk.house();
            let to = house.kind(&paper.kind).map(|kind| {
                format!("{}/papers/{}", urls::below(kind, &paper.record), paper.document)
            });
            me::back(&to.unwrap_or_else(|| "/scans".to_owned()))
        }
        Err(refusal) => page::refused(&visitor, &refusal).await,
    }
}

async fn file(visitor: Visitor, Path(id): Path<String>) -> Response {
    let found = async {
        let scan = waiting(&visitor, &id).await?;
        let (hash, name) = file_parts(&scan.file);
        let content = files::content(&visitor.app, hash).await?;
        let media = files::media_type(&content).unwrap_or("application/octet-stream");
        Ok(bytes(media, name, content, Some("sandbox; default-src 'none'")))
    };
    let found = found.await;
    page::done(&visitor, found).await
}
