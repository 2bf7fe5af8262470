//! A PostgreSQL server of one's own, for tests and measurements: made in a folder of its own, asked
//! through a socket in that folder, gone with the process that started it, however that ends.
//!
//! The programs are Debian's (`postgresql-15` or later). PostgreSQL refuses to run as root; there
//! the server runs as the user `postgres`.

use crate::{Clock, Keeper, MemoryKeeper, Options, PostgresKeeper, PostgresOptions, SqliteKeeper};
use engine::query::Table;
use std::{
    fmt,
    io::{BufRead, BufReader, Write},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};
use tokio::sync::Mutex;

/// What both programs below end with, given the signal that ends what they started as `$pid`. It
/// waits until that is `ready`, then for the end of its input, which comes when the process that
/// holds the other end is gone, even by `kill -9`; then it clears the folder away.
const HOLD: &str = r#"
    hold() {
        tries=0
        until ready; do
            tries=$((tries + 1))
            if [ $tries -gt 600 ] || ! kill -0 $pid 2>/dev/null; then
                cat "$dir/log" >&2; kill -9 $pid 2>/dev/null; rm -rf "$dir"; exit 1
            fi
            sleep 0.05
        done
        echo "ready $pid"
        cat >/dev/null
        kill -CONT $pid 2>/dev/null
        kill -$1 $pid 2>/dev/null
        wait $pid
        rm -rf "$dir"
    }
"#;

/// Makes a server, starts it and holds it. It is a process group of its own: what ends its owner's
/// group must not end it before.
const KEEP: &str = r#"
    bin=$1; dir=$2; primary=$3; shift 3
    mkdir -m 700 "$dir" || exit 1
    if [ "$primary" ]; then
        "$bin/pg_basebackup" -D "$dir/data" -h "$primary" -U fengqiao -R -c fast --no-sync
    else
        "$bin/initdb" -D "$dir/data" -U fengqiao -A trust -E UTF8 --locale=C \
            --locale-provider=icu --icu-locale=zh-CN --data-checksums --no-sync
    fi >"$dir/log" 2>&1 || { cat "$dir/log" >&2; rm -rf "$dir"; exit 1; }
    if [ "$TLS_FOR" ]; then
        new="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
        cd "$dir" && for name in ca other; do
            openssl req -x509 $new -subj "/CN=$name" -keyout $name.key -out $name.crt
        done && openssl req -x509 $new -subj /CN=db -addext "subjectAltName=$TLS_FOR" \
            -addext basicConstraints=critical,CA:FALSE -CA ca.crt -CAkey ca.key \
            -keyout server.key -out server.crt && {
            echo 'local all all trust'
            echo 'hostssl all all 127.0.0.1/32 scram-sha-256'
        } >hba && cd / || { rm -rf "$dir"; exit 1; }
        set -- "$@" -c ssl=on -c "ssl_cert_file=$dir/server.crt" -c "hba_file=$dir/hba" \
            -c "ssl_key_file=$dir/server.key" -c listen_addresses=127.0.0.1
    fi 2>>"$dir/log"
    setsid "$bin/postgres" -D "$dir/data" -k "$dir" -c listen_addresses= \
        -c max_connections=400 -c max_prepared_transactions=0 "$@" >>"$dir/log" 2>&1 &
    pid=$!
    ready() { "$bin/pg_isready" -q -h "$dir" -U fengqiao -d postgres; }
    hold QUIT
"#;

/// The same for a pooler before a server; its version 1.18 ignores `QUIT`.
const KEEP_POOL: &str = r#"
    dir=$1; server=$2; shift 2
    mkdir -m 700 "$dir" || exit 1
    echo '"fengqiao" ""' >"$dir/users"
    {
        echo '[databases]'
        echo "* = host=$server port=5432"
        echo '[pgbouncer]'
        echo "unix_socket_dir = $dir"
        echo "auth_file = $dir/users"
        for setting in "$@"; do echo "$setting"; done
    } >"$dir/settings"
    setsid /usr/sbin/pgbouncer "$dir/settings" >"$dir/log" 2>&1 &
    pid=$!
    ready() { [ -S "$dir/.s.PGSQL.5432" ]; }
    hold TERM
"#;

/// What a pooler in a test is told unless it is told otherwise: no two transactions one after the
/// other get the same session, so whoever relies on a session is found out.
const POOL: [&str; 11] = [
    "pool_mode = transaction",
    "server_round_robin = 1",
    "min_pool_size = 3",
    "default_pool_size = 6",
    "max_client_conn = 2000",
    "server_idle_timeout = 5",
    "auth_type = trust",
    "admin_users = fengqiao",
    "listen_port = 5432",
    "logfile =",
    "log_connections = 0",
];

/// What sockets are named for.
const PORT: u16 = 5432;

/// Why there is no server.
#[derive(Debug)]
pub struct LabError(String);

impl fmt::Display for LabError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for LabError {}

impl From<std::io::Error> for LabError {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

/// A running server. Its folder goes with it.
#[derive(Debug)]
pub struct Server {
    folder: PathBuf,
    programs: PathBuf,
    port: u16,
    main: u32,
    keeper: Child,
    life: Option<ChildStdin>,
}

/// The one server that the tests of a process share; started when first asked for.
pub fn shared() -> &'static Server {
    static SHARED: OnceLock<Server> = OnceLock::new();
    // A process that wanted a server and has none has nothing to go on with.
    #[expect(clippy::panic, reason = "only tests and measurements ask")]
    SHARED.get_or_init(|| Server::start(&[]).unwrap_or_else(|error| panic!("{error}")))
}

/// The pooler before [`shared`] that the tests of a process share.
pub fn shared_pool() -> &'static Pool {
    static SHARED: OnceLock<Pool> = OnceLock::new();
    #[expect(clippy::panic, reason = "only tests and measurements ask")]
    SHARED.get_or_init(|| Pool::start(shared(), &[]).unwrap_or_else(|error| panic!("{error}")))
}

/// Whether the run asks for PostgreSQL. Tests that start servers of their own whatever is asked for
/// run in that pass only: once is enough.
#[expect(clippy::disallowed_methods, reason = "only tests ask, and they have no settings")]
pub fn on_postgres() -> bool {
    std::env::var("TEST_KEEPER").is_ok_and(|kind| kind == "postgres")
}

/// An empty keeper of the kind that the run asks for: `TEST_KEEPER` is `sqlite`, `postgres`,
/// `pool` (PostgreSQL behind a pooler), or not there, which means the model. So the same tests run on all three. Files of SQLite are in the
/// temporary folder of the run.
#[expect(clippy::disallowed_methods, reason = "only tests ask, and they have no settings")]
#[expect(clippy::panic, reason = "a test that gets no keeper has nothing to go on with")]
pub async fn keeper(clock: Clock) -> Arc<dyn Keeper> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let none = |error: &dyn fmt::Display| -> ! { panic!("no keeper for the test: {error}") };
    match std::env::var("TEST_KEEPER").as_deref() {
        Err(_) => Arc::new(MemoryKeeper::new(clock)),
        Ok("sqlite") => {
            let name = format!("fengqiao-test-{}-{number}", std::process::id());
            let opened = SqliteKeeper::open(&std::env::temp_dir().join(name), Options::new(clock));
            Arc::new(opened.unwrap_or_else(|error| none(&error)))
        }
        Ok(kind @ ("postgres" | "pool")) => {
            let address = shared().database().unwrap_or_else(|error| none(&error));
            let address = if kind == "pool" { shared_pool().through(&address) } else { address };
            let opened = PostgresKeeper::open(&address, PostgresOptions::new(clock)).await;
            Arc::new(opened.unwrap_or_else(|error| none(&error)))
        }
        Ok(other) => none(&format!("TEST_KEEPER={other}")),
    }
}

/// The same with these tables in it. On PostgreSQL they are made once a process, in a database that
/// the others are copied from: hundreds of tables take seconds to make and tenths to copy.
#[expect(clippy::panic, reason = "a test that gets no keeper has nothing to go on with")]
pub async fn keeper_with(tables: &[Table], clock: Clock) -> Arc<dyn Keeper> {
    static MADE: Mutex<Vec<(Vec<Table>, String)>> = Mutex::const_new(Vec::new());
    if !on_postgres() {
        let keeper = keeper(clock).await;
        let made = keeper.prepare(tables).await;
        return made.map_or_else(|error| panic!("no tables for the test: {error}"), |()| keeper);
    }
    let from_template = async {
        let mut made = MADE.lock().await;
        let known = made.iter().find(|(known, _)| known == tables).map(|(_, from)| from.clone());
        let template = match known {
            Some(template) => template,
            None => {
                let address = shared().database()?;
                let options = PostgresOptions::new(clock.clone());
                let first = PostgresKeeper::open(&address, options).await?;
                first.prepare(tables).await?;
                first.close().await?;
                let name = address.rsplit('/').next().unwrap_or_default().to_owned();
                made.push((tables.to_vec(), name.clone()));
                name
            }
        };
        let address = shared().copy(&template)?;
        drop(made);
        let opened = PostgresKeeper::open(&address, PostgresOptions::new(clock)).await?;
        Ok::<_, Box<dyn std::error::Error>>(opened)
    };
    match from_template.await {
        Ok(keeper) => Arc::new(keeper),
        Err(error) => panic!("no keeper for the test: {error}"),
    }
}

impl Server {
    /// Makes and starts a server with these further settings (`name=value`).
    pub fn start(settings: &[&str]) -> Result<Self, LabError> {
        Self::make("".as_ref(), settings, None)
    }

    /// Makes and starts a replica of this server.
    pub fn replica(&self) -> Result<Self, LabError> {
        Self::make(&self.folder, &[], None)
    }

    /// Makes and starts a server that is reached at a port of 127.0.0.1 with TLS and a password
    /// alone. Its certificate is for these names (`DNS:localhost`); in its folder are `ca.crt`,
    /// which signed it, and `other.crt`, which did not.
    pub fn with_tls(names: &str) -> Result<Self, LabError> {
        Self::make("".as_ref(), &[], Some(names))
    }

    fn make(primary: &Path, settings: &[&str], names: Option<&str>) -> Result<Self, LabError> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::SeqCst);
        let name = format!("fengqiao-pg-{}-{number}", std::process::id());
        let (folder, programs) = (std::env::temp_dir().join(name), programs()?);
        let mut command = as_somebody();
        command
            .args(["sh", "-c", &[HOLD, KEEP].concat(), "sh"])
            .arg(&programs)
            .arg(&folder)
            .arg(primary);
        command.args(settings.iter().flat_map(|setting| ["-c", *setting]));
        let port = if names.is_some() { free_port()? } else { PORT };
        command.env("PGPORT", port.to_string()).env("TLS_FOR", names.unwrap_or_default());
        let Kept { main, keeper, life } = kept(command)?;
        Ok(Self { folder, programs, port, main, keeper, life })
    }

    /// Makes an empty database; gives its address.
    pub fn database(&self) -> Result<String, LabError> {
        self.copy("template1")
    }

    /// Makes a database like another one, which nobody may be connected to; gives its address.
    fn copy(&self, template: &str) -> Result<String, LabError> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("world_{}", NEXT.fetch_add(1, Ordering::SeqCst));
        self.psql("postgres", &format!("create database {name} template {template}"))?;
        Ok(self.address(&name))
    }

    /// The address of a database on this server.
    pub fn address(&self, database: &str) -> String {
        address(&[&self.folder], database)
    }

    /// Runs SQL behind everybody's back; gives what `psql` prints, unaligned. `database` is a name
    /// or an address that [`Self::database`] gave.
    pub fn psql(&self, database: &str, sql: &str) -> Result<String, LabError> {
        psql(&self.programs, &self.folder, self.port, database, sql)
    }

    /// The port it listens on, or that its socket is named for.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Sends a signal to every process of the server: `STOP` freezes it, `CONT` lets it go on,
    /// `KILL` is the end.
    pub fn signal(&self, signal: &str) -> Result<(), LabError> {
        // PostgreSQL makes each of its processes a group of its own.
        let main = self.main.to_string();
        let children = std::fs::read_to_string(format!("/proc/{main}/task/{main}/children"))?;
        let all = [main.as_str()].into_iter().chain(children.split_whitespace());
        // A backend may have ended in between, so what `kill` says of them all is no matter.
        Command::new("kill").args(["-s", signal, "--"]).args(all).status()?;
        Ok(())
    }

    /// Where the server's files and its socket are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where PostgreSQL's programs are, for instance `pgbench`.
    pub fn programs(&self) -> &Path {
        &self.programs
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.life.take());
        // It was told to end; whether it did is the keeper's business.
        let _ = self.keeper.wait();
    }
}

/// PgBouncer before a server. Its folder goes with it.
#[derive(Debug)]
pub struct Pool {
    folder: PathBuf,
    main: u32,
    keeper: Child,
    life: Option<ChildStdin>,
}

impl Pool {
    /// Starts one with these further settings (`name = value`).
    pub fn start(server: &Server, settings: &[&str]) -> Result<Self, LabError> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::SeqCst);
        let name = format!("fengqiao-pool-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let mut command = as_somebody();
        command
            .args(["sh", "-c", &[HOLD, KEEP_POOL].concat(), "sh"])
            .arg(&folder)
            .arg(&server.folder);
        command.args(POOL).args(settings);
        let Kept { main, keeper, life } = kept(command)?;
        Ok(Self { folder, main, keeper, life })
    }

    /// The way through it to a database of its server, whose address is given.
    pub fn through(&self, address: &str) -> String {
        self::address(&[&self.folder], address.rsplit('/').next().unwrap_or_default())
    }

    /// Runs SQL through it, each time on a connection of its own; `pgbouncer` is its own database.
    pub fn psql(&self, database: &str, sql: &str) -> Result<String, LabError> {
        psql(&programs()?, &self.folder, PORT, database, sql)
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: &str) -> Result<(), LabError> {
        Command::new("kill").args(["-s", signal, "--", &self.main.to_string()]).status()?;
        Ok(())
    }

    /// Where its socket is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        drop(self.life.take());
        // It was told to end; whether it did is the keeper's business.
        let _ = self.keeper.wait();
    }
}

/// A program that was started, and what ends it.
struct Kept {
    main: u32,
    keeper: Child,
    life: Option<ChildStdin>,
}

/// Starts what says `ready` and its process, and ends with its input.
fn kept(mut command: Command) -> Result<Kept, LabError> {
    command.process_group(0).current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut keeper = command.spawn()?;
    let life = keeper.stdin.take();
    let mut ready = String::new();
    if let Some(out) = keeper.stdout.take() {
        BufReader::new(out).read_line(&mut ready)?;
    }
    let main = ready.trim().strip_prefix("ready ").and_then(|pid| pid.parse().ok());
    let main = main.ok_or_else(|| LabError("it did not start; see above".to_owned()))?;
    Ok(Kept { main, keeper, life })
}

fn free_port() -> Result<u16, LabError> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn psql(
    programs: &Path,
    folder: &Path,
    port: u16,
    database: &str,
    sql: &str,
) -> Result<String, LabError> {
    let database = database.rsplit('/').next().unwrap_or(database);
    let mut command = Command::new(programs.join("psql"));
    command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "fengqiao", "-f", "-"]);
    command.arg("-h").arg(folder).args(["-p", &port.to_string(), "-d", database]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(sql.as_bytes())?;
    }
    let output = child.wait_with_output()?;
    if !output.status.success() {
        return Err(LabError(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

/// The address of a database on the servers whose sockets are in these folders.
pub fn address(folders: &[&Path], database: &str) -> String {
    let coded = folders.iter().map(|folder| folder.to_string_lossy().replace('/', "%2F"));
    format!("postgres://fengqiao@{}/{database}", coded.collect::<Vec<_>>().join(","))
}

/// The folder of the newest PostgreSQL.
pub fn programs() -> Result<PathBuf, LabError> {
    let there = |version: &u32| {
        let folder = PathBuf::from(format!("/usr/lib/postgresql/{version}/bin"));
        folder.join("postgres").exists().then_some(folder)
    };
    let found = (15..40).rev().find_map(|version| there(&version));
    found.ok_or_else(|| LabError("no PostgreSQL here: apt-get install postgresql".to_owned()))
}

/// A command that runs what follows, as somebody else than root.
fn as_somebody() -> Command {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let user = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    if user.and_then(|ids| ids.split_whitespace().nth(1)) != Some("0") {
        return Command::new("env");
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]);
    command
}
