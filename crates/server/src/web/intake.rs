//! Taking in a sheet: it is chosen, every line is tried out, the person sees what would come of it,
//! and says what is to be done. All of it may be left and come back to, and taken back at the end.

use super::{
    look::{
        field::{FieldView, FileInput, Input},
        form::{FormView, SectionView, form},
        part::{ActionView, Link, StateView, Target, Tone, Weight},
        progress::{JobRow, RowProblem, WorkView, jobs, work},
    },
    me, page, urls,
    visitor::{Sheet, Sure, Visitor},
    words,
};
use crate::{
    app::App,
    intake::{
        MOST_BYTES,
        grid::Grid,
        job::{Job, Shelf, Step},
        report,
        work::{Task, begin},
    },
};
use axum::{
    Router,
    extract::{DefaultBodyLimit, Path},
    response::Response,
    routing::{get, post},
};
use desk::Refusal;
use engine::{definition::RecordKind, problem::Problem};
use maud::html;
use std::sync::Arc;

/// Room for a sheet and what a form says beside it.
const MOST_BODY: usize = MOST_BYTES + 64 * 1024;

/// Its pages.
pub fn router() -> Router<App> {
    let at = |rest: &str| format!("/b/{{business}}/{{kind}}/intake{rest}");
    Router::new()
        .route(&at(""), get(choose).post(take).layer(DefaultBodyLimit::max(MOST_BODY)))
        .route(&at("/template.xlsx"), get(template))
        .route(&at("/{id}"), get(show))
        .route(&at("/{id}/report.xlsx"), get(reported))
        .route(&at("/{id}/{what}"), post(go_on))
}

/// Where sheets of a kind are taken in.
pub fn address(kind: &RecordKind) -> String {
    format!("{}/intake", urls::list(kind))
}

/// The kind, for whoever may make records of it.
fn kind_of(visitor: &Visitor, business: &str, kind: &str) -> Result<Arc<RecordKind>, Refusal> {
    let house = visitor.app.desk.house();
    let found = house.kind(kind).filter(|kind| kind.business == business);
    let Some(kind) = found.filter(|kind| page::sees(visitor.actor(), kind)) else {
        return Err(Refusal::NotFound("这种档案".to_owned()));
    };
    if page::creates(visitor.actor(), kind) {
        return Ok(kind.clone());
    }
    Err(Refusal::forbidden(format!("您的岗位不能新建{}，也就不能导入", kind.label)))
}

fn shelf(visitor: &Visitor) -> Shelf {
    Shelf::of(&visitor.app.data)
}

fn about(kind: &RecordKind, title: &str) -> page::About {
    let place = vec![(kind.label.clone(), urls::list(kind))];
    page::About::new(title, format!("/b/{}", kind.business)).below(place)
}

/// `GET /b/{business}/{kind}/intake`
pub async fn choose(visitor: Visitor, Path((business, kind)): Path<(String, String)>) -> Response {
    match kind_of(&visitor, &business, &kind) {
        Ok(kind) => choosing(&visitor, &kind, Vec::new()).await,
        Err(refusal) => page::refused(&visitor, &refusal).await,
    }
}

async fn choosing(visitor: &Visitor, kind: &RecordKind, problems: Vec<Problem>) -> Response {
    let title = format!("导入{}", kind.label);
    let file = FileInput { accept: ".xlsx,.csv".to_owned(), ..FileInput::default() };
    let mut field = FieldView::new("file", "表格文件", Input::File(file));
    field.required = true;
    field.hint = Some(
        "xlsx 或者 CSV，最大 20 MB、5 万行。列的次序不限，按表头认；不认识的列不导入。".to_owned(),
    );
    field.error = problems.first().map(|problem| problem.message.clone());
    let template = format!("{}/template.xlsx", address(kind));
    let view = FormView {
        title: title.clone(),
        lead: Some("先逐行检查，不会存进任何东西；看过结果再决定导入。".to_owned()),
        action: address(kind),
        csrf: visitor.session.csrf.clone(),
        sections: vec![SectionView {
            id: "file".to_owned(),
            fields: vec![field],
            ..SectionView::default()
        }],
        submit: "上传并检查".to_owned(),
        cancel: urls::list(kind),
        ..FormView::default()
    };
    let own = shelf(visitor).all(&visitor.actor().account, &kind.id, visitor.moment.at);
    let rows: Vec<JobRow> = own.iter().map(|job| row(visitor, kind, job)).collect();
    let body = html! {
        (form(&view))
        p { "没有现成的表格？" a href=(template) { "下载模板" } "：每一列怎样填、能选哪些，里面都写着。" }
        (jobs(&rows))
    };
    let mut about = about(kind, &title);
    if !problems.is_empty() {
        about.status = Some(axum::http::StatusCode::UNPROCESSABLE_ENTITY);
    }
    page::page(visitor, about, body).await
}

fn row(visitor: &Visitor, kind: &RecordKind, job: &Job) -> JobRow {
    JobRow {
        title: job.file.clone(),
        href: format!("{}/{}", address(kind), job.id),
        at: words::at(job.at, &visitor.moment),
        state: state(job, visitor.moment.at),
        result: format!("{}行，导入{}份", job.total, job.made),
    }
}

/// `POST /b/{business}/{kind}/intake`: the sheet.
pub async fn take(
    Path((business, kind)): Path<(String, String)>,
    Sheet(visitor, sheet): Sheet,
) -> Response {
    let kind = match kind_of(&visitor, &business, &kind) {
        Ok(kind) => kind,
        Err(refusal) => return page::refused(&visitor, &refusal).await,
    };
    let Some((file, bytes)) = sheet else {
        let problem = Problem::error("required", "请选择要导入的表格文件");
        return choosing(&visitor, &kind, vec![problem]).await;
    };
    // Whether it can be read at all is told at once; its lines are looked at in the background.
    let (read, with) = (bytes.clone(), kind.clone());
    let read = tokio::task::spawn_blocking(move || Grid::read(&read, &with)).await;
    match read {
        Ok(Ok(grid)) => {
            let job = Job {
                id: visitor.id(),
                account: visitor.actor().account.clone(),
                kind: kind.id.clone(),
                file,
                at: visitor.moment.at,
                total: grid.lines.len() as u64,
                ..Job::default()
            };
            let begun = started(&visitor, job, &bytes);
            match begun {
                Ok(id) => me::back(&format!("{}/{id}", address(&kind))),
                Err(refusal) => page::refused(&visitor, &refusal).await,
            }
        }
        Ok(Err(problem)) => choosing(&visitor, &kind, vec![problem]).await,
        Err(error) => page::refused(&visitor, &super::export::failed(&error)).await,
    }
}

fn started(visitor: &Visitor, mut job: Job, sheet: &[u8]) -> Result<String, Refusal> {
    let id = job.id.clone();
    shelf(visitor).begin(&mut job, sheet).map_err(|error| super::export::failed(&error))?;
    begin(&visitor.app, visitor.actor(), job, Task::Check)
        .map_err(|error| super::export::failed(&error))?;
    Ok(id)
}

/// `GET /b/{business}/{kind}/intake/template.xlsx`
pub async fn template(
    visitor: Visitor,
    Path((business, kind)): Path<(String, String)>,
) -> Response {
    let made = kind_of(&visitor, &business, &kind).and_then(|kind| {
        let bytes = report::template(&visitor.app.desk.house(), &kind, visitor.moment.today)
            .map_err(|error| super::export::failed(&error))?;
        let name = format!("{}导入模板.xlsx", kind.label);
        Ok(super::export::attachment(crate::sheets::XLSX, &name, bytes))
    });
    page::done(&visitor, made).await
}

fn find(
    visitor: &Visitor,
    (business, kind, id): &(String, String, String),
) -> Result<(Arc<RecordKind>, Job), Refusal> {
    let kind = kind_of(visitor, business, kind)?;
    let job = shelf(visitor).find(&visitor.actor().account, id);
    let job = job.filter(|job| job.kind == kind.id);
    let none = || Refusal::NotFound("这次导入，可能已经过了七天".to_owned());
    Ok((kind, job.ok_or_else(none)?))
}

/// `GET /b/{business}/{kind}/intake/{id}`
pub async fn show(visitor: Visitor, Path(place): Path<(String, String, String)>) -> Response {
    match find(&visitor, &place) {
        Ok((kind, job)) => {
            let mut about = about(&kind, &format!("导入{}", kind.label));
            about.place.push(("导入".to_owned(), address(&kind)));
            let at_work = job.step.is_work() && !job.is_orphan(visitor.moment.at);
            about.refresh = at_work.then_some(2);
            let view = view(&visitor, &kind, &job);
            page::page(&visitor, about, work(&view)).await
        }
        Err(refusal) => page::refused(&visitor, &refusal).await,
    }
}

/// `GET /b/{business}/{kind}/intake/{id}/report.xlsx`
pub async fn reported(visitor: Visitor, Path(place): Path<(String, String, String)>) -> Response {
    let made = find(&visitor, &place).and_then(|(_, job)| {
        let file = shelf(&visitor).file(&job.id, "report.xlsx");
        let none = |_| Refusal::NotFound("结果表，检查或者导入完以后才有".to_owned());
        let bytes = std::fs::read(file).map_err(none)?;
        let name = job.file.rsplit_once('.').map_or(job.file.as_str(), |(name, _)| name);
        Ok(super::export::attachment(crate::sheets::XLSX, &format!("{name}-结果.xlsx"), bytes))
    });
    page::done(&visitor, made).await
}

/// `POST /b/{business}/{kind}/intake/{id}/{what}`
pub async fn go_on(
    Path((business, kind, id, what)): Path<(String, String, String, String)>,
    Sure(visitor, _): Sure,
) -> Response {
    let place = (business, kind, id);
    let done = find(&visitor, &place).and_then(|(kind, job)| {
        let back = format!("{}/{}", address(&kind), job.id);
        let failed = |error: std::io::Error| super::export::failed(&error);
        let at_work = job.step.is_work() && !job.is_orphan(visitor.moment.at);
        let task = match what.as_str() {
            "stop" => {
                shelf(&visitor).stop(&job.id).map_err(failed)?;
                return Ok(me::back(&back));
            }
            // A second click while it is at work begins nothing anew.
            _ if at_work => return Ok(me::back(&back)),
            "check" => Task::Check,
            "make" => Task::Make { warned: false },
            "make-all" => Task::Make { warned: true },
            "undo" => Task::Undo,
            _ => return Err(Refusal::NotFound("这个办法".to_owned())),
        };
        begin(&visitor.app, visitor.actor(), job, task).map_err(failed)?;
        Ok(me::back(&back))
    });
    page::done(&visitor, done).await
}

fn state(job: &Job, now: i64) -> StateView {
    let (text, tone) = match job.step {
        _ if job.is_orphan(now) => ("中断了", Tone::Warn),
        Step::Checking => ("检查中", Tone::Active),
        Step::Checked => ("检查完，还没有导入", Tone::Plain),
        Step::Making => ("导入中", Tone::Active),
        Step::Done if job.made == 0 => ("没有导入", Tone::Warn),
        Step::Done => ("已导入", Tone::Good),
        Step::Undoing => ("撤销中", Tone::Active),
        Step::Undone => ("已撤销", Tone::Done),
        Step::Stopped => ("已停止", Tone::Warn),
        Step::Failed => ("没有做成", Tone::Late),
    };
    StateView { text: text.to_owned(), tone }
}

fn view(visitor: &Visitor, kind: &RecordKind, job: &Job) -> WorkView {
    let now = visitor.moment.at;
    let at_work = job.step.is_work() && !job.is_orphan(now);
    let here = format!("{}/{}", address(kind), job.id);
    let mut files: Vec<Link> = Vec::new();
    if shelf(visitor).file(&job.id, "report.xlsx").exists() && !at_work {
        files.push(("下载标注后的表格".to_owned(), format!("{here}/report.xlsx")));
    }
    files.push((format!("看{}列表", kind.label), urls::list(kind)));
    WorkView {
        title: format!("导入{}：{}", kind.label, job.file),
        state: state(job, now),
        done: if at_work { job.done } else { 0 },
        total: if at_work { job.total } else { 0 },
        unit: if job.step == Step::Undoing { "份" } else { "行" }.to_owned(),
        left: at_work.then(|| String::from("正在进行")),
        results: results(kind, job, now),
        problems: job
            .faults
            .iter()
            .map(|(row, column, message)| RowProblem {
                row: *row,
                column: column.clone(),
                message: message.clone(),
            })
            .collect(),
        files,
        actions: actions(job, at_work, &here),
        csrf: visitor.session.csrf.clone(),
    }
}

/// What is known so far, in sentences.
fn results(kind: &RecordKind, job: &Job, now: i64) -> Vec<String> {
    let mut said = Vec::new();
    let count = |number: u64, words: &str| (number > 0).then(|| format!("{words}{number}行"));
    match job.step {
        Step::Failed => said.push(job.failure.clone()),
        Step::Undone => {
            said.push(format!("撤销了{}份{}。随之新建的人员档案保留。", job.undone, kind.label));
            if job.made > 0 {
                said.push(format!("还有{}份没有撤销，原因见下面。", job.made));
            }
        }
        Step::Undoing => {}
        Step::Checking | Step::Checked => {
            let parts = [
                count(job.good, "可以导入的"),
                count(job.warned, "请核对的"),
                count(job.wrong, "有错误的"),
                count(job.same, "重复的"),
            ];
            said.push(format!("共{}行：{}。", job.total, joined(&parts)));
        }
        _ => {
            let parts = [
                count(job.already, "以前导入过的"),
                count(job.warned, "请核对、没有导入的"),
                count(job.wrong, "有错误、没有导入的"),
                count(job.same, "重复的"),
            ];
            said.push(format!("已导入{}份{}。", job.made, kind.label));
            if parts.iter().any(Option::is_some) {
                said.push(format!(
                    "其余：{}。改好以后可以再导入同一份表格，已经导入的不会重复。",
                    joined(&parts)
                ));
            }
        }
    }
    if job.is_orphan(now) {
        said.push("程序中途停过。接着做就行，已经导入的不会重复。".to_owned());
    }
    if !job.missing.is_empty() {
        said.push(format!("表格里没有这些必填的列：{}。", job.missing.join("、")));
    }
    if !job.unknown.is_empty() {
        said.push(format!("这些列不认识，没有导入：{}。", job.unknown.join("、")));
    }
    said
}

fn joined(parts: &[Option<String>]) -> String {
    let parts: Vec<&str> = parts.iter().flatten().map(String::as_str).collect();
    if parts.is_empty() { "没有".to_owned() } else { parts.join("，") }
}

fn actions(job: &Job, at_work: bool, here: &str) -> Vec<ActionView> {
    let act = |label: String, what: &str, weight| ActionView {
        label,
        target: Target::Post(format!("{here}/{what}"), Vec::new()),
        weight,
        confirm: None,
    };
    if at_work {
        let mut stop = act("停止".to_owned(), "stop", Weight::Plain);
        stop.confirm = Some("停止后，已经做了的保留。要停止吗？".to_owned());
        return vec![stop];
    }
    let mut actions = Vec::new();
    let fresh = job.step == Step::Checked;
    if fresh && job.good > 0 {
        actions.push(act(format!("导入{}行", job.good), "make", Weight::Primary));
    }
    if fresh && job.warned > 0 {
        let (weight, all) = (Weight::Plain, job.good + job.warned);
        actions.push(act(format!("连请核对的一起导入（{all}行）"), "make-all", weight));
    }
    if !fresh && job.step != Step::Done {
        actions.push(act("重新检查".to_owned(), "check", Weight::Plain));
    }
    if job.made > 0 {
        let mut undo = act(format!("撤销这次导入（{}份）", job.made), "undo", Weight::Danger);
        undo.confirm = Some(format!("这次导入的{}份档案会全部撤销。要撤销吗？", job.made));
        actions.push(undo);
    }
    actions
}
