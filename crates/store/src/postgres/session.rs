//! Whose session a connection has, and what it is told.
//!
//! A pooler (PgBouncer and its like) may give every transaction another session of the server.
//! Nothing that a session remembers can be relied on there: no setting, no prepared statement, no
//! lock. So each transaction brings its settings along and each statement its text. That is right
//! behind any pooler in any mode, only slower; so it need not be known which one it is, only that
//! there is one, and that the connection itself tells ([`ask`]).

use super::{connection::last_row, failure::in_full};
use std::time::Duration;
use tokio::io::{AsyncReadExt, duplex};
use tokio_postgres::{Client, NoTls};

/// Bytes of the message that asks a server to cancel: length, code, process, secret.
const CANCEL: usize = 16;

/// Who answers, whether it writes, and how it keeps texts.
const WHO: &str = "select pg_backend_pid(), current_setting('transaction_read_only'), \
                   current_setting('server_encoding')";

/// What a server is, as it says itself.
pub(super) struct Server {
    pub is_primary: bool,
    pub pooled: bool,
}

/// Asks who answers; refuses a database that keeps texts otherwise than we do.
pub(super) async fn ask(client: &Client) -> Result<Server, String> {
    let told = client.simple_query(WHO).await.map_err(|error| in_full(&error))?;
    let told = last_row(told);
    let told = |at: usize| told.get(at).cloned().flatten().unwrap_or_default();
    if told(2) != "UTF8" {
        return Err(format!("库的编码是 {}，应是 UTF8", told(2)));
    }
    let greeted = greeted_by(client).await;
    let pooled = greeted.is_none_or(|process| process.to_string() != told(0));
    Ok(Server { is_primary: told(1) == "off", pooled })
}

/// The process that greeted us, as the server's or the pooler's first words told the driver. It
/// keeps the number for itself, but writes it into what it would send to cancel a statement.
///
/// A server names the process that answers. A pooler, which has many, names none of them: it draws
/// a number by which it would find the right one.
async fn greeted_by(client: &Client) -> Option<u32> {
    let (near, mut far) = duplex(CANCEL);
    // It fits, so nobody need read while it is written.
    client.cancel_token().cancel_query_raw(near, NoTls).await.ok()?;
    let mut bytes = [0; CANCEL];
    far.read_exact(&mut bytes).await.ok()?;
    let process = bytes.get(8..12)?.try_into().ok()?;
    Some(u32::from_be_bytes(process))
}

/// What the server is told: it ends by itself what nobody awaits any more, and what it acknowledges
/// is on disk, here and at the synchronous replica.
#[derive(Clone, Copy)]
pub(super) struct Settings {
    /// How long a statement may take; for ever where nothing is said.
    pub statement: Option<Duration>,
    /// How long others' locks are waited for.
    pub locks: Option<Duration>,
}

impl Settings {
    /// The statement that tells it, for this transaction alone or for the session. Its answer ends
    /// with whether the server only reads.
    pub(super) fn text(self, for_transaction: bool) -> String {
        let limit = |time: Option<Duration>| time.map_or(0, |time| time.as_millis().max(1));
        let settings = [
            ("jit", "'off'".to_owned()),
            ("statement_timeout", format!("'{}'", limit(self.statement))),
            ("lock_timeout", format!("'{}'", limit(self.locks))),
            ("idle_in_transaction_session_timeout", format!("'{}'", limit(self.statement) * 2)),
            ("default_transaction_isolation", "'read committed'".to_owned()),
            (
                "synchronous_commit",
                "case when current_setting('synchronous_commit') in ('off', 'local') then 'on' \
                 else current_setting('synchronous_commit') end"
                    .to_owned(),
            ),
        ];
        let set = |(name, value)| format!("set_config('{name}', {value}, {for_transaction})");
        let all: Vec<_> = settings.into_iter().map(set).collect();
        format!("select {}, current_setting('transaction_read_only')", all.join(", "))
    }
}
