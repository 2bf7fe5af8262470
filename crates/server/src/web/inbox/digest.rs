//! The digest of a day: what it brings, in sentences and lines. There is no mail in this house, so it
//! is a page, a file, and a notice on the first workbench of the day.

use super::{label, task_view};
use crate::web::{
    filing,
    look::inbox::{DigestView, GroupView, digest_page},
    page::{self, About},
    urls,
    visitor::Visitor,
    words,
};
use axum::{
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use desk::{
    Refusal,
    inbox::{Digest, Group},
};
use engine::check::date::{show, show_weekday};

/// The cookie that says on which day the digest was shown last.
pub const SEEN: &str = "fq_day";

/// `GET /digest`
pub async fn page(visitor: Visitor) -> Response {
    page::done(&visitor, draw(&visitor).await).await
}

async fn draw(visitor: &Visitor) -> Result<Response, Refusal> {
    let digest = visitor.app.desk.digest(visitor.actor(), &visitor.moment).await?;
    let view = DigestView {
        today: show_weekday(visitor.moment.today),
        whose: whose(visitor),
        lines: sentences(visitor, &digest),
        reports: filing::waiting_views(visitor, &digest.reports),
        parts: parts(visitor, &digest),
        ways: vec![
            ("下载".to_owned(), "/digest.txt".to_owned()),
            ("日历".to_owned(), "/calendar".to_owned()),
            ("回到待办".to_owned(), "/".to_owned()),
        ],
    };
    let about = About::new("日报", "/").below(vec![("待办".to_owned(), "/".to_owned())]);
    Ok(page::page(visitor, about, digest_page(&view)).await)
}

fn whose(visitor: &Visitor) -> String {
    let actor = visitor.actor();
    let house = visitor.app.desk.house();
    let unit = visitor.app.desk.units().long_name(&actor.unit.code);
    format!("{unit} {} {}", words::role(&house, &actor.role), actor.name)
}

/// What the day brings, in sentences.
pub fn sentences(visitor: &Visitor, digest: &Digest) -> Vec<String> {
    let house = visitor.app.desk.house();
    let today = visitor.moment.today;
    let day = match (house.calendar.day(today), house.calendar.is_working_day(today)) {
        (Some(_), _) => house.calendar.show(today),
        (None, Ok(true)) => "工作日".to_owned(),
        (None, Ok(false)) => "休息日".to_owned(),
        (None, Err(_)) => String::new(),
    };
    let of = |group: Group| digest.counts.of(group);
    let mut lines = Vec::new();
    let due = format!(
        "{}{}：今天到期要办 {} 件，逾期 {} 件，近期 {} 件，其他等您办 {} 件，等别人办 {} 件。",
        show_weekday(today),
        if day.is_empty() { String::new() } else { format!("，{day}") },
        of(Group::Today),
        of(Group::Late),
        of(Group::Soon),
        of(Group::Mine),
        of(Group::Others),
    );
    lines.push(due);
    if of(Group::Raised) > 0 {
        lines.push(format!("下级超期上报到本级 {} 件。", of(Group::Raised)));
    }
    if !digest.reports.is_empty() {
        lines.push(format!("等您审核或者重报的报表 {} 张。", digest.reports.len()));
    }
    if !digest.given.is_empty() {
        lines.push(format!("昨天以来交给您 {} 件。", digest.given.len()));
    }
    for (_, name) in &digest.stands_in {
        lines.push(format!("今天您代{name}办理。"));
    }
    for leave in &digest.away {
        let (from, to) = (show(leave.from), show(leave.to));
        lines.push(format!("{from}至{to}您的事项由{}代办。", leave.deputy_name));
    }
    if of(Group::Snoozed) > 0 {
        lines.push(format!("您暂缓的 {} 件没有计入。", of(Group::Snoozed)));
    }
    lines
}

fn parts(visitor: &Visitor, digest: &Digest) -> Vec<GroupView> {
    let house = visitor.app.desk.house();
    let part = |id: &str, label: &str, count: u32, tasks: &[desk::inbox::Task], more| GroupView {
        id: id.to_owned(),
        label: label.to_owned(),
        count,
        tasks: tasks.iter().map(|task| task_view(visitor, &house, task)).collect(),
        more,
    };
    let mut parts = Vec::new();
    if !digest.given.is_empty() {
        let count = u32::try_from(digest.given.len()).unwrap_or(u32::MAX);
        parts.push(part("given", "昨天以来交给您的", count, &digest.given, None));
    }
    for (group, tasks) in &digest.parts {
        let count = digest.counts.of(*group);
        let more = (tasks.len() < count as usize).then(|| super::group_address(*group));
        parts.push(part(group.id(), label(*group), count, tasks, more));
    }
    parts
}

/// `GET /digest.txt`: the same as plain text, to be kept or sent on.
pub async fn text(visitor: Visitor) -> Response {
    page::done(&visitor, write(&visitor).await).await
}

async fn write(visitor: &Visitor) -> Result<Response, Refusal> {
    let digest = visitor.app.desk.digest(visitor.actor(), &visitor.moment).await?;
    let mut lines = vec![format!("日报　{}", whose(visitor)), String::new()];
    lines.extend(sentences(visitor, &digest));
    let reports = filing::waiting_views(visitor, &digest.reports);
    if !reports.is_empty() {
        lines.extend([String::new(), format!("【报表】{} 张", reports.len())]);
    }
    for (at, one) in (1..).zip(&reports) {
        lines.push(format!("{at}. {}，{}，{}", one.link.0, one.state.text, one.since));
    }
    for part in parts(visitor, &digest) {
        lines.extend([String::new(), format!("【{}】{} 件", part.label, part.count)]);
        for (at, task) in (1..).zip(&part.tasks) {
            let due = task
                .due
                .as_ref()
                .map_or(String::new(), |due| format!("，{}，{}", due.on, due.left));
            lines.push(format!(
                "{at}. {}（{} · {}，{}）{due}",
                task.what, task.business, task.record.0, task.who
            ));
            lines.extend(task.marks.iter().map(|mark| format!("   {mark}")));
        }
        if part.tasks.len() < part.count as usize {
            lines.push(format!("…… 其余 {} 件见待办", part.count as usize - part.tasks.len()));
        }
    }
    // The mark tells Windows that it is UTF-8.
    let body = format!("\u{feff}{}\r\n", lines.join("\r\n"));
    let name = urls::disposition("attachment", &format!("日报{}.txt", visitor.moment.today));
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    let headers: [(HeaderName, HeaderValue); 2] =
        [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, body).into_response())
}
