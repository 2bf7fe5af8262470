//! PostgreSQL's own programs, of the version that is needed.

use crate::{app::Trouble, vault::words};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// Where Debian puts each version.
const DEBIAN: &str = "/usr/lib/postgresql";
/// Who a server runs as where we are root: PostgreSQL refuses to be root.
const SOMEBODY: &str = "postgres";

/// The programs of one version.
#[derive(Clone, Debug)]
pub struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// Finds the programs of a version; `needed` is the one that must be there.
    pub fn find(version: u32, needed: &str) -> Result<Self, Trouble> {
        Self::find_in(Path::new(DEBIAN), &search_path(), version, needed)
    }

    /// The same, looking only there.
    pub(super) fn find_in(
        debian: &Path,
        path: &[PathBuf],
        version: u32,
        needed: &str,
    ) -> Result<Self, Trouble> {
        let own = debian.join(version.to_string()).join("bin");
        let mut others = Vec::new();
        for folder in std::iter::once(&own).chain(path) {
            let program = folder.join(needed);
            match program.exists().then(|| version_of(&program)).flatten() {
                Some(found) if found == version => return Ok(Self { folder: folder.clone() }),
                Some(found) => others.push(found),
                None => (),
            }
        }
        others.sort_unstable();
        others.dedup();
        let others: Vec<_> = others.iter().map(u32::to_string).collect();
        let others = match others.len() {
            0 => String::new(),
            _ => format!("（只有 {} 的，版本不同不能用）", others.join("、")),
        };
        let package = match needed {
            "postgres" => format!("postgresql-{version}"),
            _ => format!("postgresql-client-{version}"),
        };
        Err(words(format!(
            "本机没有 PostgreSQL {version} 的程序 {needed}{others}：请安装软件包 {package}，\
             或者把它所在的目录放进 PATH"
        )))
    }

    /// One of them, to be run as who we are.
    pub fn command(&self, name: &str) -> Command {
        plain(Command::new(self.folder.join(name)))
    }

    /// Where one of them is.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

fn search_path() -> Vec<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "where programs are is no setting of ours")]
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).collect()
}

/// The major version that a program says it is of: `postgres (PostgreSQL) 15.18 (Debian …)`.
fn version_of(program: &Path) -> Option<u32> {
    let output = plain(Command::new(program)).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let number = text.split(") ").nth(1)?;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// Without the surroundings that would make it speak otherwise or go elsewhere.
fn plain(mut command: Command) -> Command {
    for name in ["PGDATA", "PGSERVICE", "PGOPTIONS", "PGTARGETSESSIONATTRS", "LANGUAGE"] {
        command.env_remove(name);
    }
    command.env("LC_ALL", "C").stdin(Stdio::null());
    command
}

/// Runs it to its end.
pub fn run(mut command: Command) -> Result<Output, Trouble> {
    let program = command.get_program().to_string_lossy().into_owned();
    command.output().map_err(|error| words(format!("{program} 不能运行：{error}")))
}

/// What a program said last, for the operator.
pub fn last_words(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let lines: Vec<_> = lines.collect();
    lines[lines.len().saturating_sub(3)..].join("；")
}

/// Whether we are root, and so must let somebody else run a server.
pub fn is_root() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let user = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    user.and_then(|ids| ids.split_whitespace().nth(1)) == Some("0")
}

/// The beginning of a command that is run as somebody who may be a server.
pub fn as_somebody() -> Command {
    if !is_root() {
        return plain(Command::new("env"));
    }
    let mut command = plain(Command::new("setpriv"));
    command.arg(format!("--reuid={SOMEBODY}")).arg(format!("--regid={SOMEBODY}"));
    command.arg("--init-groups");
    command
}

/// Gives a folder to the one who runs the server, where that is not us.
pub fn hand_over(folder: &Path) -> Result<(), Trouble> {
    if !is_root() {
        return Ok(());
    }
    let mut chown = plain(Command::new("chown"));
    chown.args(["-R", &format!("{SOMEBODY}:{SOMEBODY}")]).arg(folder);
    let output = run(chown)?;
    if output.status.success() {
        return Ok(());
    }
    let why = last_words(&output.stderr);
    Err(words(format!("{} 不能交给用户 {SOMEBODY}：{why}", folder.display())))
}
