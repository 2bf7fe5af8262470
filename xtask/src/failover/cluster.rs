//! Three nodes, each with etcd, Patroni and PostgreSQL: what a province runs.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::net::{Host, NODES, output, quiet};
use crate::http::{Connection, Site};
use crate::json::{self, Json};
use crate::postgres::programs;
use crate::process::command;

/// How long a node may take to come back.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// What every server here runs with, Patroni's or not. Silence of the other side ends a
/// connection after five seconds: the defaults wait for minutes or for ever.
pub const SETTINGS: [(&str, &str); 7] = [
    ("shared_buffers", "64MB"),
    ("wal_log_hints", "on"),
    ("tcp_user_timeout", "5s"),
    ("wal_sender_timeout", "5s"),
    ("wal_receiver_timeout", "5s"),
    ("client_connection_check_interval", "2s"),
    ("max_connections", "60"),
];

/// The cluster, by its folder.
pub struct Cluster {
    folder: PathBuf,
    children: Vec<Child>,
}

/// A node as Patroni sees it.
#[derive(Debug, PartialEq, Eq)]
struct Member {
    name: String,
    role: String,
    state: String,
}

impl Cluster {
    /// Starts three nodes on empty disks and waits until they are one cluster.
    pub fn start(folder: &Path) -> Result<Self, String> {
        let mut cluster = Self { folder: folder.into(), children: Vec::new() };
        for node in &NODES {
            own_folder(&folder.join(node.name))?;
            let settings = settings(node, &folder.join(node.name), &programs()?);
            write(&cluster.file(node, "patroni.json"), &settings)?;
            cluster.start_node(node)?;
        }
        cluster.wait_until_whole()?;
        Ok(cluster)
    }

    /// Starts a node's two services; Patroni starts the third.
    pub fn start_node(&mut self, node: &Host) -> Result<(), String> {
        let data = self.file(node, "etcd").display().to_string();
        let etcd = etcd_arguments(node, &data);
        let etcd: Vec<&str> = etcd.iter().map(String::as_str).collect();
        self.spawn(node, "etcd", &etcd)?;
        let settings = self.file(node, "patroni.json").display().to_string();
        self.spawn(node, "/run/venv/bin/python", &["/run/venv/bin/patroni", &settings])
    }

    fn spawn(&mut self, node: &Host, program: &str, args: &[&str]) -> Result<(), String> {
        let name = if program == "etcd" { "etcd.log" } else { "patroni.log" };
        let child = start_logged(node, program, args, &self.file(node, name))?;
        self.children.push(child);
        Ok(())
    }

    fn file(&self, node: &Host, name: &str) -> PathBuf {
        self.folder.join(node.name).join(name)
    }

    /// The node that takes writes, and one that acknowledges them with it.
    pub fn pair(&self) -> Result<(Host, Host), String> {
        let members = NODES.iter().find_map(members_by).ok_or("no node answers for the cluster")?;
        let with = |role| {
            let name = &members.iter().find(|it| it.role == role)?.name;
            NODES.iter().find(|it| it.name == name).copied()
        };
        with("leader").zip(with("sync_standby")).ok_or(format!("no pair in {members:?}"))
    }

    /// Asks for another primary, as an operator does before maintenance.
    pub fn switch(&self, from: &Host, to: &Host) -> Result<(), String> {
        let body = format!(r#"{{"leader":"{}","candidate":"{}"}}"#, from.name, to.name);
        let answer = rest(from, PATIENCE)
            .and_then(|mut it| it.post("/switchover", None, &body))
            .map_err(|e| format!("switchover: {e}"))?;
        match answer.status {
            200 => Ok(()),
            status => Err(format!("switchover: {status} {}", answer.body)),
        }
    }

    /// Waits until there is one primary and two standbys that follow it, one of them synchronously.
    pub fn wait_until_whole(&mut self) -> Result<Duration, String> {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            // Every node must see it: one that was cut off remembers how it was before.
            if NODES.iter().all(|it| members_by(it).is_some_and(|seen| whole(&seen))) {
                return Ok(began.elapsed());
            }
            sleep(Duration::from_millis(500));
        }
        let seen = NODES.each_ref().map(members_by);
        Err(format!("the cluster is not whole: {seen:?}\n{}", self.logs()))
    }

    /// Waits until every node holds the same rows in every table.
    pub fn wait_until_equal(&self, database: &str) -> Result<Duration, String> {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            let mut all = NODES.iter().map(|it| digest(it, database));
            let first = all.next().ok_or("no nodes")??;
            if all.all(|it| it.as_ref() == Ok(&first)) {
                return Ok(began.elapsed());
            }
            sleep(Duration::from_millis(500));
        }
        Err("the nodes do not hold the same rows".into())
    }

    /// The last lines of every service.
    pub fn logs(&self) -> String {
        let mut out = String::new();
        for node in &NODES {
            for name in ["etcd.log", "patroni.log"] {
                let text = fs::read_to_string(self.file(node, name)).unwrap_or_default();
                let lines: Vec<_> = text.lines().collect();
                let last = lines[lines.len().saturating_sub(8)..].join("\n");
                let _ = writeln!(out, "── {} {name}\n{last}", node.name);
            }
        }
        out
    }
}

impl Drop for Cluster {
    /// The processes of a child that did not end itself are those of its host.
    fn drop(&mut self) {
        for node in &NODES {
            let _ = node.signal("KILL");
        }
        for child in &mut self.children {
            let _ = child.wait();
        }
    }
}

/// One statement, as the superuser, over the network.
pub fn psql(host: &Host, database: &str, statement: &str) -> Result<String, String> {
    let address = host.address.to_string();
    let way = ["-h", &address, "-U", "postgres", "-d", database];
    let mut psql = command("psql", &[&way[..], &["-XAtq", "-v", "ON_ERROR_STOP=1"]].concat());
    output(psql.env("PGCONNECT_TIMEOUT", "3").args(["-c", statement]))
}

/// How many rows every table has, and the sum of their hashes. Columns and order are those of the
/// tables, so equal digests are equal rows.
fn digest(host: &Host, database: &str) -> Result<String, String> {
    let tables = "select quote_ident(tablename) from pg_tables where schemaname = 'public'";
    let tables = psql(host, database, &format!("{tables} order by 1"))?;
    let one = |it: &str| {
        format!("select '{it}', count(*), sum(hashtextextended(t::text, 0)::numeric) from {it} t")
    };
    let all: Vec<_> = tables.lines().map(one).collect();
    psql(host, database, &all.join(" union all "))
}

/// A program in a host, with what it says in a file.
pub fn start_logged(
    host: &Host,
    program: &str,
    args: &[&str],
    log: &Path,
) -> Result<Child, String> {
    let file = File::options().create(true).append(true).open(log);
    let file = file.map_err(|e| format!("{}: {e}", log.display()))?;
    let copy = file.try_clone().map_err(|e| format!("{}: {e}", log.display()))?;
    let mut inside = host.inside(program, args);
    inside.stdout(file).stderr(copy).spawn().map_err(|e| format!("{program}: {e}"))
}

/// A folder that the user `postgres` owns and nobody else reads.
pub fn own_folder(folder: &Path) -> Result<(), String> {
    let folder = folder.to_string_lossy();
    let args = ["-d", "-o", "postgres", "-g", "postgres", "-m", "700", &folder];
    quiet(command("install", &args))
}

fn write(file: &Path, text: &str) -> Result<(), String> {
    fs::write(file, text).map_err(|e| format!("{}: {e}", file.display()))
}

/// What a node says of all of them; nothing from one that is down, frozen or cut off.
fn members_by(node: &Host) -> Option<Vec<Member>> {
    let answer = rest(node, Duration::from_secs(2)).and_then(|mut it| it.get("/cluster")).ok()?;
    let read = json::parse(&answer.body)?;
    let member = |it: &Json| {
        let text = |key| it.text(key).unwrap_or_default().to_string();
        Member { name: text("name"), role: text("role"), state: text("state") }
    };
    Some(read.get("members")?.items().iter().map(member).collect())
}

fn rest(node: &Host, patience: Duration) -> std::io::Result<Connection> {
    let site = Site { address: format!("{}:8008", node.address), token: None };
    Connection::open_within(&site, patience)
}

fn whole(members: &[Member]) -> bool {
    let with = |role: &str| members.iter().filter(|it| it.role == role).count();
    members.len() == NODES.len()
        && members.iter().all(Member::is_well)
        && with("leader") == 1
        && with("sync_standby") >= 1
}

impl Member {
    fn is_well(&self) -> bool {
        self.state == if self.role == "leader" { "running" } else { "streaming" }
    }
}

fn etcd_arguments(node: &Host, data: &str) -> Vec<String> {
    let Host { name, address } = node;
    let all = NODES.iter().map(|it| format!("{}=http://{}:2380", it.name, it.address));
    let own = format!("http://{address}");
    [
        ("name", (*name).to_string()),
        ("data-dir", data.to_string()),
        ("listen-client-urls", format!("{own}:2379")),
        ("advertise-client-urls", format!("{own}:2379")),
        ("listen-peer-urls", format!("{own}:2380")),
        ("initial-advertise-peer-urls", format!("{own}:2380")),
        ("initial-cluster", all.collect::<Vec<_>>().join(",")),
        ("initial-cluster-token", "fengqiao".to_string()),
    ]
    .map(|(name, value)| format!("--{name}={value}"))
    .to_vec()
}

/// Patroni's settings. `ttl` is at its floor, loop_wait + 2 × retry_timeout within it: that is what
/// makes a lost primary a matter of twenty seconds.
fn settings(node: &Host, folder: &Path, programs: &Path) -> String {
    let Host { name, address } = node;
    let (folder, programs) = (folder.display(), programs.display());
    let hosts = NODES.iter().map(|it| format!("\"{}:2379\"", it.address)).collect::<Vec<_>>();
    let parameters = SETTINGS.map(|(name, value)| format!(r#""{name}":"{value}""#)).join(",");
    let hosts = hosts.join(",");
    format!(
        r#"{{
"scope":"fengqiao","name":"{name}",
"restapi":{{"listen":"{address}:8008","connect_address":"{address}:8008"}},
"etcd3":{{"hosts":[{hosts}]}},
"bootstrap":{{
  "dcs":{{"ttl":20,"loop_wait":5,"retry_timeout":5,"synchronous_mode":true,
    "postgresql":{{"use_pg_rewind":true,"use_slots":true,"parameters":{{{parameters}}}}}}},
  "initdb":["data-checksums",{{"encoding":"UTF8"}},{{"locale":"C.UTF-8"}}]}},
"postgresql":{{
  "listen":"{address}:5432","connect_address":"{address}:5432",
  "data_dir":"{folder}/data","bin_dir":"{programs}","pgpass":"{folder}/pgpass",
  "authentication":{{"superuser":{{"username":"postgres"}},"replication":{{"username":"replicator"}}}},
  "parameters":{{"unix_socket_directories":"{folder}"}},
  "pg_hba":["local all all trust","host all all 198.18.77.0/24 trust",
    "host replication all 198.18.77.0/24 trust"]}}
}}"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_are_json_and_say_what_the_promise_rests_on() {
        let read = json::parse(&settings(&NODES[0], Path::new("/x"), Path::new("/y"))).unwrap();
        let shared = read.get("bootstrap").unwrap().get("dcs").unwrap();
        assert_eq!(shared.get("synchronous_mode"), Some(&Json::Plain("true".into())));
        assert_eq!(read.get("etcd3").unwrap().get("hosts").unwrap().items().len(), 3);
    }

    #[test]
    fn a_cluster_is_whole_with_one_primary_and_a_synchronous_standby() {
        let member = |role: &str, state: &str| Member {
            name: "n1".into(),
            role: role.into(),
            state: state.into(),
        };
        let pair = || vec![member("leader", "running"), member("sync_standby", "streaming")];
        let with = |third| pair().into_iter().chain([third]).collect::<Vec<_>>();
        assert!(whole(&with(member("replica", "streaming"))));
        assert!(!whole(&pair()) && !whole(&with(member("replica", "starting"))));
        assert!(!whole(&with(member("leader", "running"))));
    }
}
