//! Bringing a backup back into a new folder, led on through the archive to the moment asked for,
//! and proven before it is called done. Existing data is never touched.

use super::{
    Backup, FILES, LIST, attached, attached_below, cannot, carry, cluster, free, hash_file,
    moment_words, place, sync_folder, words,
};
use crate::{
    app::{self, Trouble},
    clock::{self, SystemChance},
};
use desk::Desk;
use engine::definition::House;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};
use store::{
    Keeper, Options, SqliteKeeper, archive,
    sqlite::{self, End, Head, Replayed, Summary},
};

/// What to bring back, and where.
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    /// The backup's folder.
    pub from: &'a Path,
    /// The archive to follow, if any.
    pub archive: Option<&'a Path>,
    /// The last moment to keep; none: as far as there is something.
    pub until: Option<i64>,
    /// The new data folder.
    pub to: &'a Path,
    /// The keys; without them records cannot be compared with the log.
    pub keys: Option<&'a Path>,
    /// The new folder of a database server, where the backup is of one.
    pub server: Option<&'a Path>,
}

/// What came of it.
#[derive(Debug)]
pub enum Restored {
    /// A data folder with its database.
    File(RestoredFile),
    /// A data folder and that of a database server.
    Server(cluster::restore::Restored),
}

/// A data folder with its database.
#[derive(Debug)]
pub struct RestoredFile {
    /// What there is now.
    pub summary: Summary,
    /// How many groups the archive added.
    pub groups: u64,
    /// When the last group was kept.
    pub moment: i64,
    /// Whether records were compared with the log.
    pub records: bool,
}

impl RestoredFile {
    /// The last act that is kept.
    pub fn last(&self) -> Option<&Head> {
        self.summary.heads.iter().max_by_key(|head| head.at)
    }
}

/// What is told while it goes on.
pub type Tell<'a> = &'a mut (dyn FnMut(&str) + Send);

/// Brings the backup back.
pub async fn restore(ask: &Ask<'_>, house: House, tell: Tell<'_>) -> Result<Restored, Trouble> {
    vacant(ask.to, "--to")?;
    let backup = Backup::open(ask.from)?;
    match (&backup.manifest.cluster, ask.server) {
        (Some(cluster), Some(to)) => {
            let restored = cluster::restore::restore(ask, &backup, cluster, to, house, tell).await;
            return restored.map(Restored::Server);
        }
        (Some(_), None) => {
            let why = "这是 PostgreSQL 数据库的备份，请用 --database-dir 指明新的数据库目录";
            return Err(words(why));
        }
        (None, Some(_)) => {
            let why = "这是数据目录（SQLite）的备份，不要写 --database-dir";
            return Err(words(why));
        }
        (None, None) => (),
    }
    reachable(ask, &backup)?;
    let keys = ask.keys.map(|keys| fs::read(keys).map_err(cannot("读密钥", keys))).transpose()?;
    let building = beside(ask.to);
    let proven = bring(ask, &backup, &building, keys.as_deref(), house, tell).await;
    let (replayed, summary, wrong) = proven.inspect_err(|_| {
        // Nothing came of it, and the backup is still there.
        let _ = fs::remove_dir_all(&building);
    })?;
    if !wrong.is_empty() {
        return Err(words(format!(
            "恢复出来的数据核对没有通过，留在 {}，不要直接使用：\n  {}",
            building.display(),
            wrong.join("\n  ")
        )));
    }
    settle(&building, ask.to).map_err(cannot("写", ask.to))?;
    let (groups, moment) = (replayed.groups, replayed.stamp.moment);
    let records = ask.keys.is_some();
    Ok(Restored::File(RestoredFile { summary, groups, moment, records }))
}

/// Builds the folder and proves it; what is wrong with it is told last.
async fn bring(
    ask: &Ask<'_>,
    backup: &Backup,
    building: &Path,
    keys: Option<&[u8]>,
    house: House,
    tell: Tell<'_>,
) -> Result<(Replayed, Summary, Vec<String>), Trouble> {
    let (replayed, summary) = build(ask, backup, building, tell)?;
    let file = building.join("keys");
    if let Some(keys) = keys {
        app::write_private(&file, keys)?;
    }
    let wrong = prove(building, house, keys.map(|_| file.as_path()), tell).await?;
    Ok((replayed, summary, wrong))
}

/// Refuses a folder that holds something; `flag` names it on the command line.
pub(super) fn vacant(to: &Path, flag: &str) -> Result<(), Trouble> {
    let empty = !to.exists() || fs::read_dir(to).is_ok_and(|mut entries| entries.next().is_none());
    if empty {
        return Ok(());
    }
    Err(words(format!("{} 里已有东西，恢复只写进新的目录，请换一个 {flag}", to.display())))
}

/// Refuses moments that this backup cannot lead to.
fn reachable(ask: &Ask, backup: &Backup) -> Result<(), Trouble> {
    let moment = backup.manifest.summary.stamp.moment;
    let Some(until) = ask.until else { return Ok(()) };
    let (asked, held) = (moment_words(until), moment_words(moment));
    if until < moment {
        let why = format!("这份备份里最后的变动是 {held}，晚于要恢复到的 {asked}，请用更早的备份");
        return Err(words(why));
    }
    if until > moment && ask.archive.is_none() {
        let why = format!("这份备份只到 {held}；要恢复到 {asked}，请用 --archive 指明归档目录");
        return Err(words(why));
    }
    Ok(())
}

/// A folder of its own beside the one to be made, which it becomes when all is proven.
pub(super) fn beside(to: &Path) -> PathBuf {
    let name = to.file_name().unwrap_or_default().to_string_lossy();
    to.with_file_name(format!("{name}.unfinished-{}", std::process::id()))
}

fn build(
    ask: &Ask,
    backup: &Backup,
    building: &Path,
    tell: Tell<'_>,
) -> Result<(Replayed, Summary), Trouble> {
    roomy(backup, building)?;
    fs::create_dir_all(building).map_err(cannot("建立", building))?;
    tell("正在取回附件");
    bring_files(backup, &building.join(FILES))?;
    let built = rebuild(backup, ask.archive, ask.until, building, tell)?;
    if let Some(archive) = ask.archive {
        bring_later_files(&archive.join(FILES), &building.join(FILES))?;
    }
    Ok(built)
}

pub(super) fn roomy(backup: &Backup, building: &Path) -> Result<(), Trouble> {
    let list = backup.folder.join(LIST);
    let mut needed = backup.manifest.size;
    for file in attached(&list).map_err(cannot("读", &list))? {
        needed += file.map_err(cannot("读", &list))?.size;
    }
    match free(building).filter(|free| *free < needed) {
        None => Ok(()),
        Some(free) => {
            let (needed, free) = (super::care::size_words(needed), super::care::size_words(free));
            Err(words(format!("空间不够：需要 {needed}，只有 {free}")))
        }
    }
}

/// The attached files of a backup, each compared with its hash.
pub(super) fn bring_files(backup: &Backup, to: &Path) -> Result<(), Trouble> {
    let list = backup.folder.join(LIST);
    check_list(backup)?;
    let from = backup.shelf().join(FILES);
    for file in attached(&list).map_err(cannot("读", &list))? {
        let hash = file.map_err(cannot("读", &list))?.hash;
        let path = place(&from, &hash);
        if !carry(&from, to, &hash).map_err(cannot("取回附件", &path))? {
            return Err(words(format!("备份里的附件 {} 被改动过或者损坏", path.display())));
        }
    }
    Ok(())
}

fn check_list(backup: &Backup) -> Result<(), Trouble> {
    let list = backup.folder.join(LIST);
    if hash_file(&list).map_err(cannot("读", &list))?.0 == backup.manifest.list {
        return Ok(());
    }
    Err(words(format!("{} 被改动过或者损坏，请换一份备份", list.display())))
}

/// Reads the attached files of a backup without bringing them back.
pub(super) fn check_files(backup: &Backup) -> Result<(), Trouble> {
    check_list(backup)?;
    let (list, from) = (backup.folder.join(LIST), backup.shelf().join(FILES));
    for file in attached(&list).map_err(cannot("读", &list))? {
        let hash = file.map_err(cannot("读", &list))?.hash;
        let path = place(&from, &hash);
        if hash_file(&path).map_err(cannot("读附件", &path))?.0 != hash {
            return Err(words(format!("备份里的附件 {} 被改动过或者损坏", path.display())));
        }
    }
    Ok(())
}

/// What was attached after the backup lies in the archive.
pub(super) fn bring_later_files(from: &Path, to: &Path) -> Result<(), Trouble> {
    for file in attached_below(from).map_err(cannot("读", from))? {
        let path = place(from, &file.hash);
        if !carry(from, to, &file.hash).map_err(cannot("取回附件", &path))? {
            return Err(words(format!("归档里的附件 {} 被改动过或者损坏", path.display())));
        }
    }
    Ok(())
}

/// The database of a backup, led on; a faulty backup and a hole in the archive are refused.
pub(super) fn rebuild(
    backup: &Backup,
    archive: Option<&Path>,
    until: Option<i64>,
    building: &Path,
    tell: Tell<'_>,
) -> Result<(Replayed, Summary), Trouble> {
    tell("正在取回数据库");
    fs::create_dir_all(building).map_err(cannot("建立", building))?;
    let (from, to) = (backup.folder.join(sqlite::FILE), building.join(sqlite::FILE));
    fs::copy(&from, &to).map_err(cannot("取回", &from))?;
    if hash_file(&to).map_err(cannot("读", &to))?.0 != backup.manifest.database {
        return Err(words(format!("{} 被改动过或者损坏，请换一份备份", from.display())));
    }
    if let Some(archive) = archive {
        belongs(archive, backup)?;
    }
    let end = archive.map(|archive| End { archive, until });
    let mut count = |groups| tell(&format!("已重做归档 {groups} 组"));
    let options = Options::new(clock::ticks());
    let replayed = sqlite::replay(building, &options, end.as_ref(), &mut count)?;
    if let Some(next) = replayed.hole {
        return Err(hole(&replayed, next));
    }
    let summary = sqlite::summary(&to)?;
    let held = &backup.manifest.summary;
    if replayed.groups == 0 && (summary.rows != held.rows || summary.heads != held.heads) {
        return Err(words("数据库里的行数或者日志链尾和备份时记下的不同，请换一份备份"));
    }
    Ok((replayed, summary))
}

fn belongs(folder: &Path, backup: &Backup) -> Result<(), Trouble> {
    let lineage = &backup.manifest.summary.stamp.lineage;
    let span = archive::span(folder, lineage).map_err(cannot("读归档", folder))?;
    if span.is_some() {
        return Ok(());
    }
    let folder = folder.display();
    Err(words(format!("{folder} 里没有这份备份的归档（{lineage}-….segment），请核对 --archive")))
}

fn hole(replayed: &Replayed, next: u64) -> Trouble {
    let (last, reached) = (replayed.stamp.group, moment_words(replayed.stamp.moment));
    let missing = match next - last {
        2 => format!("第{}组", last + 1),
        _ => format!("第{}至{}组", last + 1, next - 1),
    };
    words(format!(
        "归档缺{missing}，不能越过去。用这份备份只能恢复到 {reached}：请加 --until \"{reached}\"；\
         要更晚的，请用更晚的备份"
    ))
}

/// Checks the medium, the chains, the records and the counters; what is wrong, in words.
pub(super) async fn prove(
    folder: &Path,
    house: House,
    keys: Option<&Path>,
    tell: Tell<'_>,
) -> Result<Vec<String>, Trouble> {
    let keeper = Arc::new(SqliteKeeper::open(folder, Options::new(clock::ticks()))?);
    prove_on(keeper, house, keys, tell).await
}

/// The same on a keeper, which is closed then.
pub(super) async fn prove_on(
    keeper: Arc<dyn Keeper>,
    house: House,
    keys: Option<&Path>,
    tell: Tell<'_>,
) -> Result<Vec<String>, Trouble> {
    let chance = Box::new(SystemChance);
    let desk = match keys {
        Some(keys) => Desk::open(keeper, house, &app::keys(keys)?, chance).await?,
        None => Desk::open_without_keys(keeper, house, chance).await?,
    };
    let mut count = |checked| tell(&format!("已核对 {checked}"));
    let doubts = match keys {
        Some(_) => desk.verify(&mut count).await?,
        None => desk.verify_log(&mut count).await?,
    };
    let differ = desk.recount(&mut |counted| tell(&format!("已统计 {counted}"))).await?;
    desk.close().await?;
    let mut wrong: Vec<String> = doubts.into_iter().map(|doubt| doubt.message).collect();
    wrong.extend(differ.iter().map(|(count, kept, counted)| {
        let (unit, period, statistic) = (&count.unit, &count.period, &count.statistic);
        format!("{unit} {period} {statistic} {}：计数{kept}，重新统计{counted}", count.cell)
    }));
    wrong.truncate(20);
    Ok(wrong)
}

pub(super) fn settle(building: &Path, to: &Path) -> std::io::Result<()> {
    if to.exists() {
        fs::remove_dir(to)?;
    }
    sync_folder(building)?;
    fs::rename(building, to)?;
    let parent = to.parent().filter(|parent| !parent.as_os_str().is_empty());
    sync_folder(parent.unwrap_or(Path::new(".")))
}
