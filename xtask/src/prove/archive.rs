//! The archive that a database server makes with our own command, and the way back from it.
//!
//! PostgreSQL itself calls the program (`archive_command = 'fengqiao archive-wal …'`), while the
//! platform is moved into it, backed up and worked with. Then a server is brought back from the
//! backup and that archive: it must end with the last entry that anybody was answered.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use super::clerk::{Clerk, refused};
use super::lab::Lab;
use super::outcome::Outcome;
use super::server::Launch;
use crate::postgres::Server;
use crate::process::binary;

const CLIENTS: usize = 4;
/// The entry that was made last, as `restore` tells it.
const LAST: &str =
    "select '县 ' || county || ' 第' || seq || '条' from log order by at desc limit 1";

/// Works, backs up, works, and brings back.
pub fn run(lab: &Lab) -> Result<Outcome, String> {
    let (data, folder) = (lab.copy("archive-data")?, lab.folder.join("archive"));
    let (archive, shelf) = (folder.join("wal"), folder.join("shelf"));
    let program = for_everybody(&folder, &archive)?;
    let command = format!(
        "archive_command='{} archive-wal --to {} %p'",
        program.display(),
        archive.display()
    );
    let server = Server::start_with(&["archive_mode=on", &command])?;
    let address = server.database("archive")?;
    ask(&["move", "--from", &shown(&data), "--to", &address])?;
    let backup = ["backup", "--to", &shown(&shelf), "--data", &shown(&data)];
    ask(&[&backup[..], &["--database", &address]].concat())?;
    let answered = work(lab, &data, &address)?;
    let last = server.sql("archive", LAST)?;
    let archived = closed(&server, &archive)?;
    let failures = server.sql("archive", "select failed_count from pg_stat_archiver")?;
    let (to, cluster) = (folder.join("back"), folder.join("back-pg"));
    let restored = ask(&[
        "restore",
        "--from",
        &shown(&newest(&shelf)?),
        "--archive",
        &shown(&archive),
        "--keys",
        &shown(&data.join("keys")),
        "--to",
        &shown(&to),
        "--database-dir",
        &shown(&cluster),
    ])?;
    let mut wrong = Vec::new();
    for (held, what) in [
        (restored.contains(&last), format!("it does not end with {last}: {restored}")),
        (restored.contains("核对通过"), format!("nothing was proven: {restored}")),
        (failures == "0", format!("the command failed {failures} times")),
        (answered > 0, "nothing was recorded behind the backup".to_owned()),
    ] {
        wrong.extend((!held).then_some(what));
    }
    let outcome = Outcome { wrong, ..Outcome::default() };
    Ok(outcome.with("acknowledged", answered).with("archived_files", archived))
}

/// The program and the archive where the server's user gets at them.
fn for_everybody(folder: &Path, archive: &Path) -> Result<PathBuf, String> {
    let program = folder.join("fengqiao");
    let made = fs::create_dir_all(archive)
        .and_then(|()| fs::set_permissions(archive, fs::Permissions::from_mode(0o777)))
        .and_then(|()| fs::copy(binary(), &program).map(|_| ()))
        .and_then(|()| fs::set_permissions(&program, fs::Permissions::from_mode(0o755)));
    made.map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(program)
}

/// Records cases on the database; gives how many were answered.
fn work(lab: &Lab, data: &Path, address: &str) -> Result<usize, String> {
    let args = ["serve", "--database", address].map(String::from).to_vec();
    let mut server = Launch { args, ..Launch::serve(data) }.start()?;
    let clerk = Clerk::sign_in(lab, &server)?;
    let clients = clerk.load(&format!("a{:x}", lab.seed), CLIENTS, lab.pick(10, 500));
    let sent = clients.collect()?;
    if let Some((_, answer)) = sent.refused.first() {
        return Err(refused("recording a case", answer));
    }
    server.stop()?;
    Ok(sent.acknowledged.len())
}

/// Closes the file of the log that is being written and waits until it is archived; gives how many
/// files there are.
fn closed(server: &Server, archive: &Path) -> Result<usize, String> {
    let name = server.sql("archive", "select pg_walfile_name(pg_switch_wal())")?;
    for _ in 0..600 {
        if archive.join(&name).exists() {
            let files = fs::read_dir(archive).map_err(|error| error.to_string())?.flatten();
            let whole = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().len() == 24;
            return Ok(files.filter(whole).count());
        }
        sleep(Duration::from_millis(100));
    }
    Err(format!("{name} did not arrive in {}", archive.display()))
}

/// The backup that is there.
fn newest(shelf: &Path) -> Result<PathBuf, String> {
    let entries = fs::read_dir(shelf).map_err(|error| format!("{}: {error}", shelf.display()))?;
    let folders = entries.flatten().map(|entry| entry.path());
    let newest = folders.filter(|path| path.join("manifest.json").exists()).max();
    newest.ok_or_else(|| format!("there is no backup in {}", shelf.display()))
}

/// Runs the program to a good end; gives what it said.
fn ask(args: &[&str]) -> Result<String, String> {
    let done = Command::new(binary()).args(args).output().map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned();
    match done.status.success() {
        true => Ok(said),
        false => Err(format!("`{}` ended with {}: {said}", args.join(" "), done.status)),
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
