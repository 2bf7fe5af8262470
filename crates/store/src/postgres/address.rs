//! Where the servers are, and how one is found that does what is wanted.

use super::{
    connection::{Connection, Done},
    failure::{Trouble, in_full, silence},
    vault::Place,
};
use crate::seam::StoreError;
use futures_util::{StreamExt, stream::FuturesUnordered};
use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};
use tokio_postgres::{
    Config, NoTls, SimpleQueryMessage,
    config::{Host, SslMode},
};

/// So long is a primary waited for while another server would read.
const GRACE: Duration = Duration::from_millis(500);
const NONE: usize = usize::MAX;

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wants {
    /// To write.
    Primary,
    /// To read, from the primary if there is one.
    Any,
}

/// The servers of one database.
pub(super) struct Address {
    hosts: Vec<Config>,
    names: Vec<String>,
    database: String,
    deadline: Duration,
    /// The server that wrote last.
    primary: AtomicUsize,
}

impl Address {
    /// Reads `postgres://user:password@host1,host2/database`. What is wrong with it is not repeated
    /// in words, because a password may be part of it.
    pub(super) fn read(text: &str, deadline: Duration) -> Result<Self, StoreError> {
        let refuse = |words: &str| Err(StoreError::Failed(words.to_owned()));
        let shape = "数据库地址写得不对，应写成 postgres://用户:密码@主机1,主机2/库名；\
                     密码里的 @ : / ? % 等符号要写成 %40 这样的编码";
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return refuse(shape);
        }
        let Ok(config) = text.parse::<Config>() else { return refuse(shape) };
        if config.get_hosts().is_empty() {
            return refuse("数据库地址里没有主机，应写成 postgres://用户:密码@主机1,主机2/库名");
        }
        if config.get_ssl_mode() == SslMode::Require {
            return refuse(
                "本程序还不会加密的数据库连接（sslmode=require），请放在专用网络里，或者经本机的 PgBouncer 转接",
            );
        }
        let hosts: Vec<_> = (0..config.get_hosts().len()).map(|at| alone(&config, at)).collect();
        let names = hosts.iter().map(name).collect();
        let database = config.get_dbname().or(config.get_user()).unwrap_or_default().to_owned();
        Ok(Self { hosts, names, database, deadline, primary: AtomicUsize::new(NONE) })
    }

    /// Every server by name and port.
    pub(super) fn hosts(&self) -> &[String] {
        &self.names
    }

    /// The address without user and password.
    pub(super) fn shown(&self) -> String {
        format!("{}/{}", self.names.join(","), self.database)
    }

    /// The server that wrote last, or the only one, for programs that are not ours.
    pub(super) fn place(&self) -> Place {
        let config = self.hosts.get(self.primary.load(Ordering::Relaxed)).or(self.hosts.first());
        let Some(config) = config else { return Place::default() };
        let host = match config.get_hosts().first() {
            Some(Host::Tcp(name)) => name.clone(),
            #[cfg(unix)]
            Some(Host::Unix(path)) => path.display().to_string(),
            None => String::new(),
        };
        let password = config.get_password().map(|it| String::from_utf8_lossy(it).into_owned());
        Place {
            host,
            port: port(config, 0),
            user: config.get_user().unwrap_or_default().to_owned(),
            password,
            database: self.database.clone(),
        }
    }

    /// A new connection. The last primary is asked first and alone; if it is not that any more,
    /// all are asked at once.
    pub(super) async fn connect(&self, wants: Wants) -> Done<Connection> {
        let last = self.primary.load(Ordering::Relaxed);
        if last != NONE
            && let (_, Ok(connection)) = self.ask(last).await
            && connection.is_primary
        {
            return Ok(connection);
        }
        self.primary.store(NONE, Ordering::Relaxed);
        self.ask_all(wants).await
    }

    /// The last primary did not answer: next time all are asked at once, because one that is
    /// frozen lets the next question wait as long as this one.
    pub(super) fn doubt(&self) {
        self.primary.store(NONE, Ordering::Relaxed);
    }

    async fn ask_all(&self, wants: Wants) -> Done<Connection> {
        let mut asked: FuturesUnordered<_> =
            (0..self.hosts.len()).map(|host| self.ask(host)).collect();
        let (mut spare, mut reasons) = (None, Vec::new());
        loop {
            let next = match spare {
                None => asked.next().await,
                Some(_) => tokio::time::timeout(GRACE, asked.next()).await.unwrap_or(None),
            };
            match next {
                None => break,
                Some((host, Ok(connection))) if connection.is_primary => {
                    self.primary.store(host, Ordering::Relaxed);
                    return Ok(connection);
                }
                Some((_, Ok(connection))) if wants == Wants::Any => spare = Some(connection),
                Some((host, Ok(_))) => reasons.push(format!("{} 只读", self.names[host])),
                Some((host, Err(reason))) => {
                    reasons.push(format!("{} {reason}", self.names[host]));
                }
            }
        }
        spare.ok_or_else(|| {
            Trouble::Again(format!("连不上数据库 {}：{}", self.shown(), reasons.join("；")))
        })
    }

    async fn ask(&self, host: usize) -> (usize, Result<Connection, String>) {
        let opened = tokio::time::timeout(self.deadline, self.open(&self.hosts[host])).await;
        let opened = opened.unwrap_or_else(|_| match silence(self.deadline) {
            Trouble::Again(words) => Err(words),
            Trouble::Refused(error) => Err(error.to_string()),
        });
        (host, opened)
    }

    async fn open(&self, config: &Config) -> Result<Connection, String> {
        let (client, moving) = config.connect(NoTls).await.map_err(|error| in_full(&error))?;
        // The end of the connection is told to whoever waits for an answer on it.
        let task = tokio::spawn(async move { drop(moving.await) });
        let settings = client.simple_query(&settings(self.deadline)).await;
        let settings = settings.map_err(|error| in_full(&error))?;
        let rows = settings.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        let row = rows.last();
        let told = |at: usize| row.and_then(|row| row.get(at)).unwrap_or_default();
        if told(1) != "UTF8" {
            return Err(format!("库的编码是 {}，应是 UTF8", told(1)));
        }
        Ok(Connection::new(client, told(0) == "off", task, self.deadline))
    }
}

/// What every connection is told: the server ends by itself what nobody awaits any more, and what
/// it acknowledges is on disk, here and at the synchronous replica.
fn settings(deadline: Duration) -> String {
    let deadline = deadline.as_millis();
    format!(
        "set jit = off; set statement_timeout = {deadline}; \
         set idle_in_transaction_session_timeout = {}; set default_transaction_isolation = \
         'read committed'; select set_config('synchronous_commit', 'on', false) \
         where current_setting('synchronous_commit') in ('off', 'local'); \
         select current_setting('transaction_read_only'), current_setting('server_encoding')",
        deadline * 2
    )
}

/// The settings with this one host.
fn alone(config: &Config, at: usize) -> Config {
    let mut alone = Config::new();
    alone.application_name(config.get_application_name().unwrap_or("fengqiao"));
    if let Some(user) = config.get_user() {
        alone.user(user);
    }
    if let Some(password) = config.get_password() {
        alone.password(password);
    }
    if let Some(database) = config.get_dbname() {
        alone.dbname(database);
    }
    if let Some(options) = config.get_options() {
        alone.options(options);
    }
    match &config.get_hosts()[at] {
        Host::Tcp(name) => alone.host(name),
        #[cfg(unix)]
        Host::Unix(path) => alone.host_path(path),
    };
    alone.port(port(config, at)).ssl_mode(SslMode::Disable);
    alone
}

fn port(config: &Config, at: usize) -> u16 {
    let ports = config.get_ports();
    ports.get(at).or(ports.first()).copied().unwrap_or(5432)
}

fn name(config: &Config) -> String {
    match config.get_hosts().first() {
        Some(Host::Tcp(name)) => format!("{name}:{}", port(config, 0)),
        #[cfg(unix)]
        Some(Host::Unix(path)) => path.display().to_string(),
        None => String::new(),
    }
}
