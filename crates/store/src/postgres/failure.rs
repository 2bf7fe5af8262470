//! What an error of PostgreSQL means.

use super::tls::why_no_way;
use crate::{seam::StoreError, shape::Catalogue, sql::tables};
use std::{io, time::Duration};
use tokio_postgres::{
    Error,
    error::{DbError, SqlState},
};

/// Why something was not done.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The server, or the way to it, is not there now: on a new connection it may be done.
    Again(String),
    /// It is an answer, and the same would be answered again.
    Refused(StoreError),
}

impl Trouble {
    /// What is told where nobody tries again.
    pub(super) fn told(self) -> StoreError {
        match self {
            Self::Again(words) => StoreError::Unavailable(words),
            Self::Refused(error) => error,
        }
    }
}

/// Classes and states that another try, perhaps at another server, gets over: lost and refused
/// connections, conflicts of transactions, servers that start, stop, or only read, and statements
/// that the server ended because of the deadline.
const PASSING: [&str; 20] = [
    "08", "25006", "26000", "40001", "40003", "40P01", "53300", "55P03", "57014", "57P01", "57P02",
    "57P03", "57P05", "25P03", "25P02", "28", "3D000", "42P07", "42701", "42710",
];

/// What an error means; `catalogue` names the columns of the index that was hurt.
pub(super) fn trouble(error: &Error, catalogue: &Catalogue) -> Trouble {
    let Some(told) = error.as_db_error() else {
        return Trouble::Again(format!("与数据库的连接断了（{}）", in_full(error)));
    };
    let code = told.code().code();
    if PASSING.iter().any(|passing| code.starts_with(passing)) {
        return Trouble::Again(in_words(told));
    }
    Trouble::Refused(match code {
        // Two programs made the same table at once.
        "23505" if told.table().is_some_and(|table| table.starts_with("pg_")) => {
            return Trouble::Again(in_words(told));
        }
        "23505" => clash(told, catalogue),
        // A check, a null, a number out of range, a column or table that is not there.
        _ if ["23", "22", "42"].iter().any(|class| code.starts_with(class)) => {
            StoreError::Misfit(told.message().to_owned())
        }
        _ => StoreError::Failed(in_words(told)),
    })
}

/// What is known by its words better than by its state; a pooler has one state for everything.
const PHRASES: [(&str, &str); 8] = [
    ("no encryption", "数据库只收加密的连接，请写 sslmode=require 或者更严的，或者不许从这里连接"),
    ("SSL required", "连接池只收加密的连接，请写 sslmode=require 或者更严的"),
    ("password authentication failed", "用户名或密码不对"),
    ("statement pooling mode", "连接池是语句模式，办不成事务，请改成 pool_mode = transaction"),
    ("unsupported startup parameter", "连接池不收地址里的 options，请去掉"),
    ("max_client_conn", "连接池的连接已满，请调大 max_client_conn"),
    ("query_wait_timeout", "连接池没有空出连接，或者连不上后面的数据库"),
    ("server_login_retry", "连接池连不上后面的数据库"),
];

/// Nothing was heard for so long.
pub(super) fn silence(deadline: Duration) -> Trouble {
    Trouble::Again(format!("数据库在{}秒内没有答复", deadline.as_secs_f32()))
}

/// What the server says, in words for the operator.
fn in_words(told: &DbError) -> String {
    let told_by_pooler = told.code() == &SqlState::PROTOCOL_VIOLATION;
    let known = PHRASES.iter().find(|(phrase, _)| told.message().contains(phrase));
    let meaning = match told.code() {
        _ if known.is_some() => known.map_or("", |(_, meaning)| meaning),
        code if *code == SqlState::INVALID_PASSWORD
            || *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION =>
        {
            "用户名或密码不对，或者不许从这里连接"
        }
        code if *code == SqlState::UNDEFINED_DATABASE => "没有这个库",
        _ if told_by_pooler && told.message().ends_with("does not exist") => "没有这个库",
        code if *code == SqlState::TOO_MANY_CONNECTIONS => "数据库的连接已满",
        code if *code == SqlState::CANNOT_CONNECT_NOW => "数据库正在启动或停止",
        code if *code == SqlState::DISK_FULL => "数据库的磁盘满了",
        code if *code == SqlState::READ_ONLY_SQL_TRANSACTION => "数据库现在只读",
        _ => "数据库没有办成",
    };
    format!("{meaning}（{} {}）", told.code().code(), told.message())
}

/// An error by its cause; the driver's own words say only that there was one.
pub(super) fn in_full(error: &Error) -> String {
    if let Some(told) = error.as_db_error() {
        return in_words(told);
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    match cause.downcast_ref::<io::Error>() {
        Some(error) => why_no_way(error),
        None if error.is_closed() => "断开了".to_owned(),
        None => cause.to_string(),
    }
}

fn clash(told: &DbError, catalogue: &Catalogue) -> StoreError {
    let table = told.table().unwrap_or_default().to_owned();
    let index = told.constraint().unwrap_or_default();
    let columns = catalogue.get(&table).map_or_else(Vec::new, |table| {
        let hurt = table.indexes.iter().find(|i| tables::index_name(table, i) == index);
        hurt.map_or_else(|| table.key.clone(), |index| index.columns.clone())
    });
    StoreError::Taken { table, columns }
}
