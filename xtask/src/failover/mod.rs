//! `prove-failover`: a cluster that loses its primary loses nothing that was acknowledged.
//!
//! Three hosts with etcd, Patroni and PostgreSQL, and a fourth with PostgreSQL alone; two processes
//! of the platform on their database, and clients of both. In each experiment something is ended,
//! frozen or cut off under load and mended later. Then every acknowledged case must be there once,
//! every node must hold the same rows, and writes must have been back in the time promised.
//!
//! Everything runs in namespaces of its own (`xtask/lab/inside.sh`), so nothing outlives the run.

mod cluster;
mod load;
mod net;
mod single;
mod trial;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::packages;
use crate::process::{binary, build, command, run as run_to_end};
use crate::root;

/// At least this: older ones lose acknowledged writes (docs/failover.md).
const PATRONI: &str = "patroni[etcd3]>=4.1.5,<5";
/// Says that we are in the laboratory already.
const INSIDE: &str = "inside";

/// Which experiments to run.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Those that CI has time for.
    short: bool,
    /// The one of this name.
    only: Option<String>,
}

impl Choice {
    fn read(args: &[&str]) -> Result<Self, String> {
        match args {
            [] => Ok(Self::default()),
            ["--short"] => Ok(Self { short: true, only: None }),
            ["--only", name] => Ok(Self { short: false, only: Some((*name).to_string()) }),
            _ => {
                Err("prove-failover knows --short, or --only and the name of an experiment".into())
            }
        }
    }

    /// Those of `all` to be run; in the short form, those that are telling.
    fn of<T: Copy>(&self, all: &[T], telling: usize, name: impl Fn(T) -> &'static str) -> Vec<T> {
        let most = if self.short { telling } else { all.len() };
        let wanted = |it: &T| self.only.as_ref().is_none_or(|only| only == name(*it));
        all.iter().copied().take(most).filter(wanted).collect()
    }
}

/// Runs the experiments: all, or those that the words say.
pub fn run(args: &[String]) -> Result<(), String> {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        [INSIDE, folder, rest @ ..] => experiments(Path::new(folder), &Choice::read(rest)?),
        rest => Choice::read(rest).and_then(|_| enter(rest)),
    }
}

/// Makes ready, then runs the rest as the first and only tenant of namespaces of its own.
fn enter(args: &[&str]) -> Result<(), String> {
    if !packages::is_root() {
        return Err("the laboratory makes hosts of its own, which needs root: use sudo".into());
    }
    packages::ensure_laboratory()?;
    let venv = patroni()?;
    build()?;
    let folder = std::env::temp_dir().join(format!("fengqiao-failover-{}", std::process::id()));
    fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let own = std::env::current_exe().map_err(|e| format!("our own path: {e}"))?;
    let (folder, venv) = (folder.to_string_lossy(), venv.to_string_lossy());
    let apart = ["--net", "--pid", "--ipc", "--mount", "--fork", "--kill-child", "--mount-proc"];
    let script = ["sh", "xtask/lab/inside.sh", &folder, &venv];
    let own = own.to_string_lossy();
    let ourselves = [&own, "prove-failover", INSIDE, &folder];
    run_to_end(command("unshare", &[&apart[..], &script, &ourselves, args].concat()))
}

/// Patroni in a folder of its own, with Debian's driver; brought once.
fn patroni() -> Result<PathBuf, String> {
    let target = binary().ancestors().nth(2).map_or_else(|| root().join("target"), PathBuf::from);
    let venv = target.join("patroni");
    let program = venv.join("bin/patroni");
    if !program.exists() {
        // Debian's Python, not whichever stands first on the path: it has the driver.
        let place = venv.to_string_lossy();
        let make = ["-m", "venv", "--clear", "--system-site-packages", &place];
        run_to_end(command("/usr/bin/python3", &make))?;
        let pip = venv.join("bin/pip");
        run_to_end(command(&pip.to_string_lossy(), &["install", "--quiet", PATRONI]))?;
    }
    Ok(venv)
}

fn experiments(folder: &Path, choice: &Choice) -> Result<(), String> {
    net::build()?;
    fs::set_permissions(folder, PermissionsExt::from_mode(0o755))
        .map_err(|e| format!("{}: {e}", folder.display()))?;
    let failed = [trial::run(folder, choice)?, single::run(folder, choice)?].concat();
    if failed.is_empty() {
        println!("prove-failover: every experiment held");
        return Ok(());
    }
    Err(format!("these did not hold: {}", failed.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_read_and_what_is_unknown_is_refused() {
        let chosen = |args: &[&str]| {
            let choice = Choice::read(args).ok()?;
            Some(choice.of(&["a", "b", "c"], 2, |it| it))
        };
        assert_eq!(chosen(&[]), Some(vec!["a", "b", "c"]));
        assert_eq!(chosen(&["--short"]), Some(vec!["a", "b"]));
        assert_eq!(chosen(&["--only", "c"]), Some(vec!["c"]));
        assert_eq!(chosen(&["--fast"]), None);
    }
}
