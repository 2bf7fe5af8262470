//! Making a backup, whether or not the server runs.

use super::{
    Backup, FILES, LIST, MANIFEST, Manifest, NAME, attached_below, cannot, carry, cluster, folders,
    hash_file, lock, manifest, place, sync_folder, words, write_whole,
};
use crate::app::Trouble;
use std::{
    fs,
    path::{Path, PathBuf},
};
use store::sqlite;

/// What came of it.
#[derive(Debug)]
pub struct Made {
    /// The backup.
    pub backup: Backup,
    /// Hashes of attached files that are not in it, because on the disk they are not what was
    /// attached.
    pub damaged: Vec<String>,
}

/// Makes a backup of the data folder in `shelf`, and of the database server where the rows are in
/// one.
pub async fn make(
    data: &Path,
    database: Option<&str>,
    shelf: &Path,
    now: i64,
) -> Result<Made, Trouble> {
    if database.is_none() && !data.join(sqlite::FILE).exists() {
        let data = data.display();
        return Err(words(format!("{data} 里没有数据，请用 --data 指明数据目录")));
    }
    if database.is_some() && !data.join("keys").exists() {
        let data = data.display();
        return Err(words(format!("{data} 里没有密钥和附件，请用 --data 指明数据目录")));
    }
    fs::create_dir_all(shelf).map_err(cannot("建立备份目录", shelf))?;
    let _lock = lock(shelf, "backup.lock")?;
    clear(shelf)?;
    let folder = new_folder(shelf, now)?;
    let made = match database {
        None => fill(data, &folder, shelf, now),
        Some(address) => cluster::make::fill(data, address, &folder, shelf, now).await,
    };
    if made.is_err() {
        // What is half done would only take room; the fault itself is what is told.
        let _ = fs::remove_dir_all(&folder);
    }
    made
}

/// Removes what a backup that was cut short left.
fn clear(shelf: &Path) -> Result<(), Trouble> {
    for folder in folders(shelf) {
        if !folder.join(MANIFEST).exists() {
            fs::remove_dir_all(&folder).map_err(cannot("清理没做完的备份", &folder))?;
        }
    }
    Ok(())
}

/// A folder named by the second; a second backup in it gets a number behind.
fn new_folder(shelf: &Path, now: i64) -> Result<PathBuf, Trouble> {
    let time = engine::kind::china_time(now).strftime("%Y%m%d-%H%M%S").to_string();
    let numbered = (2..100).map(|number| format!("{NAME}{time}-{number}"));
    let names = std::iter::once(format!("{NAME}{time}")).chain(numbered);
    let mut folders = names.map(|name| shelf.join(name));
    let free = folders.find(|folder| !folder.exists());
    let folder = free.unwrap_or_else(|| shelf.join(format!("{NAME}{time}")));
    fs::create_dir(&folder).map_err(cannot("建立备份", &folder))?;
    Ok(folder)
}

fn fill(data: &Path, folder: &Path, shelf: &Path, now: i64) -> Result<Made, Trouble> {
    // First the database: a file is attached before the record that names it is kept, so whatever
    // the copy names is there when the files are looked at.
    let copy = folder.join(sqlite::FILE);
    let copied = sqlite::copy(&data.join(sqlite::FILE), &copy);
    copied.map_err(|error| words(format!("备份数据库没有做成：{error}")))?;
    let summary = sqlite::summary(&copy)?;
    let (database, size) = hash_file(&copy).map_err(cannot("读备份", &copy))?;
    let (files, damaged) = files(data, shelf)?;
    let list = folder.join(LIST);
    write_whole(&list, &manifest::list_text(&files)).map_err(cannot("写", &list))?;
    let manifest = Manifest {
        program: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: now,
        summary,
        database,
        size,
        list: hash_file(&list).map_err(cannot("读", &list))?.0,
        files: files.len() as u64,
        cluster: None,
    };
    let last = folder.join(MANIFEST);
    write_whole(&last, &manifest.text()).map_err(cannot("写", &last))?;
    sync_folder(shelf).map_err(cannot("写", shelf))?;
    Ok(Made { backup: Backup::open(folder)?, damaged })
}

/// Brings the attached files that are new into the shelf.
pub(super) fn files(
    data: &Path,
    shelf: &Path,
) -> Result<(Vec<manifest::Attached>, Vec<String>), Trouble> {
    let (from, to) = (data.join(FILES), shelf.join(FILES));
    let (mut files, mut damaged) = (Vec::new(), Vec::new());
    for file in attached_below(&from).map_err(cannot("读附件", &from))? {
        let whole = carry(&from, &to, &file.hash);
        if whole.map_err(cannot("备份附件", &place(&from, &file.hash)))? {
            files.push(file);
        } else {
            damaged.push(file.hash);
        }
    }
    Ok((files, damaged))
}
