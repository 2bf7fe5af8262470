//! Backups and rehearsals: when they were done last, and how far the archive is.

use super::{about, entitled};
use crate::{
    vault::care::{DAY, Last, Task, size_words},
    web::{
        look::{
            admin::{SafetyView, safety},
            part::{FactView, StateView, Tone},
        },
        page,
        visitor::Visitor,
        words,
    },
};
use axum::response::Response;
use desk::Moment;
use store::{archive::Status, seam::Archiving};

/// `GET /admin/safety`
pub async fn page(visitor: Visitor) -> Response {
    if let Err(refusal) = entitled(&visitor) {
        return page::refused(&visitor, &refusal).await;
    }
    let (data, moment) = (&visitor.app.data, &visitor.moment);
    let keeper = visitor.app.desk.keeper();
    let shared = keeper.is_shared();
    let view = SafetyView {
        backup: Task::Backup.last(data).map(|last| backup(&last, moment)),
        backup_state: state(Task::Backup, data, moment, 2),
        rehearsal: Task::Rehearsal.last(data).map(|last| rehearsal(&last, shared, moment)),
        rehearsal_state: state(Task::Rehearsal, data, moment, 14),
        archive: match shared {
            true => server_archive(&visitor, moment).await,
            false => keeper.archive().map(|status| archive(&status, moment)),
        },
    };
    page::page(&visitor, about("备份与演练", "/admin/safety"), safety(&view)).await
}

fn state(task: Task, data: &std::path::Path, moment: &Moment, days: i64) -> StateView {
    let (text, tone) = match (task.failed(data), task.last(data)) {
        (Some(failed), _) => {
            (format!("{}没有成功：{}", words::at(failed.at, moment), failed.failure), Tone::Late)
        }
        (None, None) => ("还没有做过".to_owned(), Tone::Warn),
        (None, Some(last)) if moment.at - last.at > days * DAY => {
            (format!("超过{days}天没有做了"), Tone::Late)
        }
        (None, Some(_)) => ("正常".to_owned(), Tone::Good),
    };
    StateView { text, tone }
}

fn backup(last: &Last, moment: &Moment) -> Vec<FactView> {
    let count = |number: u64| words::thousands(number.into());
    // The rows of a database server are counted when it is brought back.
    let content = match last.rows > last.entries {
        true => format!("{}行，日志{}条", count(last.rows), count(last.entries)),
        false => format!("日志{}条", count(last.entries)),
    };
    vec![
        FactView::text("做成", &words::at(last.at, moment)),
        FactView::text("位置", &last.folder),
        FactView::text("数据库大小", &size_words(last.size)),
        FactView::text("内容", &content),
    ]
}

fn rehearsal(last: &Last, shared: bool, moment: &Moment) -> Vec<FactView> {
    let count = |number: u64| words::thousands(number.into());
    let seconds = format!("{}.{}秒", last.took / 1000, last.took % 1000 / 100);
    let unit = if shared { "段" } else { "组" };
    let way = match last.archived {
        Some(groups) => format!("从上一份备份经归档{}{unit}走到新备份，结果相同", count(groups)),
        None => "没有走".to_owned(),
    };
    vec![
        FactView::text("通过", &words::at(last.at, moment)),
        FactView::text("用时", &seconds),
        FactView::text("核对", &format!("{}行，日志{}条", count(last.rows), count(last.entries))),
        FactView::text("经归档恢复", &way),
    ]
}

/// What the database server says of its own archive; nothing where it keeps none or does not say.
async fn server_archive(visitor: &Visitor, moment: &Moment) -> Option<(StateView, Vec<FactView>)> {
    let health = visitor.app.desk.keeper().health().await.ok().flatten()?;
    let Archiving { last, failed, .. } =
        Some(health.archiving).filter(|archiving| archiving.is_on)?;
    let (text, tone) = match &failed {
        None => ("正常".to_owned(), Tone::Good),
        Some((file, at)) => (format!("{}没有写进去：{file}", words::at(*at, moment)), Tone::Late),
    };
    let (file, at) = match &last {
        None => ("还没有".to_owned(), "还没有".to_owned()),
        Some((file, at)) => (file.clone(), words::at(*at, moment)),
    };
    let facts = vec![FactView::text("已归档到", &at), FactView::text("日志文件", &file)];
    Some((StateView { text, tone }, facts))
}

/// The archive's facts, and whether it is well.
fn archive(status: &Status, moment: &Moment) -> (StateView, Vec<FactView>) {
    let behind = status.kept.saturating_sub(status.safe);
    let state = match (&status.failure, status.missing) {
        (Some(failure), _) => (format!("写不进去：{failure}"), Tone::Late),
        (None, Some(group)) => {
            (format!("缺到第{group}组，第{group}组以后的备份才能接着走"), Tone::Warn)
        }
        // What was kept less than a second ago is on its way.
        (None, None) => ("正常".to_owned(), Tone::Good),
    };
    let safe_at = match status.safe_at {
        0 => "还没有".to_owned(),
        at => words::at(at, moment),
    };
    let facts = vec![
        FactView::text("目录", &status.folder.display().to_string()),
        FactView::text("已归档到", &safe_at),
        FactView::text("还差", &format!("{behind}组变动")),
    ];
    (StateView { text: state.0, tone: state.1 }, facts)
}
