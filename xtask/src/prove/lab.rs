//! What every experiment starts from: a small invented province, made once and copied for each.

use std::fs;
use std::path::{Path, PathBuf};

use super::dice::Dice;
use super::server::{Account, Server};
use crate::root;

/// The laboratory of one run.
pub struct Lab {
    /// Repeats the run.
    pub seed: u64,
    /// Whether to take the time that it takes.
    pub long: bool,
    /// Who records in all experiments: a mediator of a village.
    pub account: Account,
    /// Who reads all records of a county.
    pub county: Account,
    /// A case, with `{{committee}}`, `{{unit}}` and `{{mark}}` to be filled in.
    pub body: String,
    /// Where experiments put their folders; kept when something is wrong.
    pub folder: PathBuf,
}

impl Lab {
    /// Makes the province.
    pub fn open(seed: u64, long: bool) -> Result<Self, String> {
        let folder = std::env::temp_dir().join(format!("fengqiao-prove-{}", std::process::id()));
        fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        let (mut server, [account, county]) = Server::start_demo(&folder.join("base"))?;
        server.stop()?;
        // The body that the browser tests use too.
        let path = root().join("tests/browser/case.json");
        let body = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        Ok(Self { seed, long, account, county, body, folder })
    }

    /// The data that all begin with.
    pub fn base(&self) -> PathBuf {
        self.folder.join("base")
    }

    /// A copy of it of one's own.
    pub fn copy(&self, name: &str) -> Result<PathBuf, String> {
        self.copy_of(&self.base(), name)
    }

    /// A copy of another folder, among those of this run.
    pub fn copy_of(&self, from: &Path, name: &str) -> Result<PathBuf, String> {
        let to = self.folder.join(name);
        copy_folder(from, &to)?;
        Ok(to)
    }

    /// Dice of this run and of one experiment.
    pub fn dice(&self, name: &str) -> Dice {
        let own = name.bytes().fold(0_u64, |all, it| all.wrapping_mul(31).wrapping_add(it.into()));
        Dice::new(self.seed ^ own)
    }

    /// One number for the short form, one for the long.
    pub fn pick<T>(&self, short: T, long: T) -> T {
        if self.long { long } else { short }
    }
}

/// Copies a folder with all that is in it; what was there is gone.
pub fn copy_folder(from: &Path, to: &Path) -> Result<(), String> {
    let wrong = |error: std::io::Error| format!("{} to {}: {error}", from.display(), to.display());
    remove_folder(to)?;
    fs::create_dir_all(to).map_err(wrong)?;
    for entry in fs::read_dir(from).map_err(wrong)? {
        let entry = entry.map_err(wrong)?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target).map_err(wrong)?;
        }
    }
    Ok(())
}

/// Removes a folder that may be there.
pub fn remove_folder(folder: &Path) -> Result<(), String> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("{}: {error}", folder.display()))
        }
        _ => Ok(()),
    }
}
