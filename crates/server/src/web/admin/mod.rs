//! Administration: units, accounts, and how safe the data is. Three administrators share it, and none of them sees what
//! the offices work on.

pub mod accounts;
pub mod safety;
pub mod units;

use super::{
    me,
    page::{self, About},
    visitor::Visitor,
};
use axum::response::Response;
use desk::Refusal;

/// `GET /admin`
pub async fn index(visitor: Visitor) -> Response {
    match entitled(&visitor) {
        Ok(()) => me::back("/admin/units"),
        Err(refusal) => page::refused(&visitor, &refusal).await,
    }
}

/// Refuses whoever does not administer.
fn entitled(visitor: &Visitor) -> Result<(), Refusal> {
    if page::administers(visitor.actor()) {
        return Ok(());
    }
    let who = "系统管理员、安全管理员、安全审计员".to_owned();
    Err(Refusal::Forbidden { why: "您的岗位不管理单位和账号".to_owned(), who })
}

/// Whether the visitor holds one of these posts.
fn is(visitor: &Visitor, roles: &[&str]) -> bool {
    roles.contains(&visitor.actor().role.as_str())
}

fn about(title: &str, here: &str) -> About {
    About::new(title, here)
}
