//! Backups and rehearsals: when they were done last, and how far the archive is.

use super::{about, entitled};
use crate::{
    vault::{
        care::{DAY, Last, Task, size_words},
        health::NOT_OURS,
    },
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
use store::archive::Status;

/// `GET /admin/safety`
pub async fn page(visitor: Visitor) -> Response {
    if let Err(refusal) = entitled(&visitor) {
        return page::refused(&visitor, &refusal).await;
    }
    let (data, moment) = (&visitor.app.data, &visitor.moment);
    let elsewhere = visitor.app.desk.keeper().is_shared().then(|| NOT_OURS.to_owned());
    let view = SafetyView {
        elsewhere,
        backup: Task::Backup.last(data).map(|last| backup(&last, moment)),
        backup_state: state(Task::Backup, data, moment, 2),
        rehearsal: Task::Rehearsal.last(data).map(|last| rehearsal(&last, moment)),
        rehearsal_state: state(Task::Rehearsal, data, moment, 14),
        archive: visitor.app.desk.keeper().archive().map(|status| archive(&status, moment)),
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
    vec![
        FactView::text("做成", &words::at(last.at, moment)),
        FactView::text("位置", &last.folder),
        FactView::text("数据库大小", &size_words(last.size)),
        FactView::text("内容", &format!("{}行，日志{}条", count(last.rows), count(last.entries))),
    ]
}

fn rehearsal(last: &Last, moment: &Moment) -> Vec<FactView> {
    let count = |number: u64| words::thousands(number.into());
    let seconds = format!("{}.{}秒", last.took / 1000, last.took % 1000 / 100);
    let way = match last.archived {
        Some(groups) => format!("从上一份备份经归档{}组走到新备份，结果相同", count(groups)),
        None => "没有走".to_owned(),
    };
    vec![
        FactView::text("通过", &words::at(last.at, moment)),
        FactView::text("用时", &seconds),
        FactView::text("核对", &format!("{}行，日志{}条", count(last.rows), count(last.entries))),
        FactView::text("经归档恢复", &way),
    ]
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
