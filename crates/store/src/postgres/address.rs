//! Where the servers are, and how one is found that does what is wanted.

use super::{
    connection::{Connection, Done},
    failure::{Trouble, in_full, silence},
    tls::Tls,
    vault::Place,
    written,
};
use crate::seam::StoreError;
use futures_util::{StreamExt, stream::FuturesUnordered};
use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};
use tokio_postgres::{
    Config, NoTls,
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
    tls: Tls,
    deadline: Duration,
    /// The server that wrote last.
    primary: AtomicUsize,
}

impl Address {
    /// Reads `postgres://user:password@host1,host2/database?sslmode=…`.
    pub(super) fn read(text: &str, deadline: Duration) -> Result<Self, StoreError> {
        let (config, tls) = written::read(text)?;
        let hosts: Vec<_> = (0..config.get_hosts().len()).map(|at| alone(&config, at)).collect();
        let names = hosts.iter().map(name).collect();
        let database = config.get_dbname().or(config.get_user()).unwrap_or_default().to_owned();
        Ok(Self { hosts, names, database, tls, deadline, primary: AtomicUsize::new(NONE) })
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
            tls: self.tls.surroundings(),
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
                Some((host, Ok(_))) => {
                    reasons.push(format!("{} 只读（是备库），地址里要写上主库", self.names[host]));
                }
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
        let host = config.get_hosts().first().ok_or_else(String::new)?;
        let (wire, secured) = self.tls.way(host, port(config, 0)).await?;
        let (client, moving) =
            config.connect_raw(wire, NoTls).await.map_err(|error| in_full(&error))?;
        // The end of the connection is told to whoever waits for an answer on it.
        let task = tokio::spawn(async move { drop(moving.await) });
        Connection::begun(client, secured, task, self.deadline).await
    }
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
