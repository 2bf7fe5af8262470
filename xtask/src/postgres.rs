//! A PostgreSQL server for one step: in a folder of its own, on a socket and a free port of the
//! loopback, gone with its data when the step ends.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::packages::is_root;
use crate::process::run;

/// Who runs it where we are root, as PostgreSQL never does.
const USER: &str = "postgres";

/// A running server; dropped, it stops and its folder goes.
pub struct Server {
    folder: PathBuf,
    programs: PathBuf,
    port: u16,
}

impl Server {
    /// Makes and starts one.
    pub fn start() -> Result<Self, String> {
        Self::start_with(&[])
    }

    /// The same with further settings (`name=value`, quoted as for a shell).
    pub fn start_with(settings: &[&str]) -> Result<Self, String> {
        let name = format!("fengqiao-postgres-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let port = free_port()?;
        let server = Self { folder, programs: programs()?, port };
        server.own_folder()?;
        let data = server.data();
        let init = ["-D", &data, "-U", USER, "-A", "trust", "--locale=C.UTF-8"];
        run(server.own("initdb", &[&init[..], &["--data-checksums", "--no-sync"]].concat()))?;
        let folder = server.folder.display();
        let more: String = settings.iter().map(|setting| format!(" -c {setting}")).collect();
        let how = format!("-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off{more}");
        let log = format!("{folder}/log");
        run(server.own("pg_ctl", &["-D", &data, "-l", &log, "-o", &how, "-w", "start"]))?;
        Ok(server)
    }

    /// A new empty database; gives its address.
    pub fn database(&self, name: &str) -> Result<String, String> {
        let (folder, port) = (self.folder.display().to_string(), self.port.to_string());
        run(self.own("createdb", &["-h", &folder, "-p", &port, "-U", USER, name]))?;
        Ok(format!("postgres://{USER}@127.0.0.1:{port}/{name}"))
    }

    /// What SQL answers behind everybody's back.
    pub fn sql(&self, database: &str, sql: &str) -> Result<String, String> {
        let (folder, port) = (self.folder.display().to_string(), self.port.to_string());
        let place = ["-h", &folder, "-p", &port, "-U", USER, "-d", database];
        let mut psql = self.own("psql", &[&place[..], &["-XqAtc", sql]].concat());
        let done = psql.output().map_err(|error| error.to_string())?;
        match done.status.success() {
            true => Ok(String::from_utf8_lossy(&done.stdout).trim_end().to_owned()),
            false => Err(String::from_utf8_lossy(&done.stderr).into_owned()),
        }
    }

    fn data(&self) -> String {
        self.folder.join("data").display().to_string()
    }

    fn own_folder(&self) -> Result<(), String> {
        let shown = self.folder.display();
        fs::create_dir_all(&self.folder).map_err(|error| format!("{shown}: {error}"))?;
        if is_root() {
            let mut chown = Command::new("chown");
            chown.arg(USER).arg(&self.folder);
            run(chown)?;
        }
        Ok(())
    }

    /// One of PostgreSQL's programs, as a user that may run it.
    fn own(&self, program: &str, args: &[&str]) -> Command {
        let program = self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            let user = format!("--reuid={USER}");
            command.args([&user, "--regid=postgres", "--clear-groups"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.args(args).current_dir(&self.folder);
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let stop = self.own("pg_ctl", &["-D", &self.data(), "-m", "immediate", "stop"]);
        if let Err(reason) = run(stop) {
            println!("{reason}");
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Where Debian puts the newest version.
pub(crate) fn programs() -> Result<PathBuf, String> {
    let root = Path::new("/usr/lib/postgresql");
    let versions = fs::read_dir(root).map_err(|error| format!("{}: {error}", root.display()))?;
    let number = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    let paths = versions.filter_map(|entry| Some(entry.ok()?.path()));
    let newest = paths.filter(|path| path.join("bin/initdb").exists()).max_by_key(number);
    newest.map(|path| path.join("bin")).ok_or_else(|| "there is no PostgreSQL here".into())
}

fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    listener.local_addr().map(|address| address.port()).map_err(|error| error.to_string())
}
