//! Bringing a base backup back: a new data folder for PostgreSQL and one for this program, both
//! proven before they are called done. The database that is in use is never asked, let alone touched.

use super::{
    BASE,
    make::check,
    programs::Programs,
    recover::{self, Recovered, Stopped, Until, recover},
    wal::{self, Stock},
};
use crate::{
    app::{self, Trouble},
    clock,
    vault::{
        Backup, FILES, cannot,
        manifest::Cluster,
        moment_words,
        restore::{
            Ask, Tell, beside, bring_files, bring_later_files, prove_on, roomy, settle, vacant,
        },
        words,
    },
};
use engine::{
    definition::House,
    query::{Cell, Filter, Select},
};
use std::{
    fs::{self, File},
    io,
    path::Path,
    sync::Arc,
};
use store::{Keeper, PostgresKeeper, PostgresOptions, sqlite::Head};

/// What came of it.
#[derive(Debug)]
pub struct Restored {
    /// When the last change was kept; none: the backup has seen none while it was made.
    pub moment: Option<i64>,
    /// Files of the log that the archive gave.
    pub files: u64,
    /// The ends of the logs, by county.
    pub heads: Vec<Head>,
    /// Whether records were compared with the log.
    pub records: bool,
}

/// Brings the backup back into `to` (PostgreSQL's folder) and `ask.to` (ours).
pub async fn restore(
    ask: &Ask<'_>,
    backup: &Backup,
    cluster: &Cluster,
    to: &Path,
    house: House,
    tell: Tell<'_>,
) -> Result<Restored, Trouble> {
    vacant(to, "--database-dir")?;
    reachable(ask, backup)?;
    let programs = Programs::find(cluster.version, "postgres")?;
    let keys = ask.keys.map(|keys| fs::read(keys).map_err(cannot("读密钥", keys))).transpose()?;
    let (building, ours) = (beside(to), beside(ask.to));
    let built = async {
        files(ask, backup, &ours, tell)?;
        let key_file = ours.join("keys");
        if let Some(keys) = &keys {
            app::write_private(&key_file, keys)?;
        }
        let led = Led { archive: ask.archive, until: ask.until.map_or(Until::End, Until::Moment) };
        let recovered = rebuild(backup, cluster, &programs, &led, &building, tell).await?;
        let key_file = keys.is_some().then_some(key_file.as_path());
        let proof = prove(&recovered, backup, cluster, house, key_file, tell).await?;
        let (moment, files) = (recovered.moment, recovered.fetched());
        recovered.stop()?;
        Ok::<_, Trouble>((proof, moment, files))
    };
    let built = built.await.inspect_err(|_| {
        // Nothing came of it, and the backup is still there.
        let _ = fs::remove_dir_all(&building);
        let _ = fs::remove_dir_all(&ours);
    });
    let (proof, moment, files) = built?;
    if !proof.wrong.is_empty() {
        return Err(words(format!(
            "恢复出来的数据核对没有通过，留在 {} 和 {}，不要直接使用：\n  {}",
            building.display(),
            ours.display(),
            proof.wrong.join("\n  ")
        )));
    }
    settle(&building, to).map_err(cannot("写", to))?;
    settle(&ours, ask.to).map_err(cannot("写", ask.to))?;
    Ok(Restored { moment, files, heads: proof.heads, records: ask.keys.is_some() })
}

/// Refuses moments that this backup cannot lead to.
fn reachable(ask: &Ask, backup: &Backup) -> Result<(), Trouble> {
    let Some(until) = ask.until else { return Ok(()) };
    let (asked, whole) = (moment_words(until), backup.manifest.summary.stamp.moment);
    if until < whole {
        let whole = moment_words(whole);
        let why = format!("这份备份到 {whole} 才做完，晚于要恢复到的 {asked}，请用更早的备份");
        return Err(words(why));
    }
    let now = clock::now("").at;
    if until > now {
        let now = moment_words(now);
        return Err(words(format!("{asked} 还没有到（现在是 {now}），请核对 --until")));
    }
    if ask.archive.is_none() {
        let why =
            format!("要恢复到 {asked}，请用 --archive 指明归档目录：备份里只有做备份那一刻的");
        return Err(words(why));
    }
    Ok(())
}

/// Our own folder: attached files, those of the backup and those that came later.
fn files(ask: &Ask, backup: &Backup, ours: &Path, tell: Tell<'_>) -> Result<(), Trouble> {
    roomy(backup, ours)?;
    fs::create_dir_all(ours).map_err(cannot("建立", ours))?;
    tell("正在取回附件");
    bring_files(backup, &ours.join(FILES))?;
    match ask.archive {
        Some(archive) => bring_later_files(&archive.join(FILES), &ours.join(FILES)),
        None => Ok(()),
    }
}

/// How a backup is led on.
pub(super) struct Led<'a> {
    pub archive: Option<&'a Path>,
    pub until: Until,
}

/// A copy of the backup's files, checked and led on. Its server runs.
pub(super) async fn rebuild(
    backup: &Backup,
    cluster: &Cluster,
    programs: &Programs,
    led: &Led<'_>,
    building: &Path,
    tell: Tell<'_>,
) -> Result<Recovered, Trouble> {
    let stock = led.archive.map(|archive| wal::stock(archive, backup)).transpose()?;
    let stock = stock.unwrap_or_default();
    if led.until == Until::End
        && let Some(missing) = &stock.missing
    {
        return Err(words(format!(
            "归档缺 {missing}，不能越过去。请用更晚的备份，或者用 --until 指明缺的这段以前的时刻"
        )));
    }
    tell("正在取回数据库");
    let from = backup.folder.join(BASE);
    copy(&from, building).map_err(cannot("取回", &from))?;
    tell("正在核对取回的文件");
    unaltered(backup, building)?;
    check(programs, building)?;
    let ask = recover::Ask { programs, folder: building, archive: led.archive, until: led.until };
    let recovered = match recover(&ask, tell).await {
        Ok(recovered) => recovered,
        Err(Stopped::Trouble(trouble)) => return Err(trouble),
        Err(Stopped::Short(reached)) => return Err(short(led, reached, &stock)),
    };
    if led.until == Until::End {
        complete(&recovered, cluster, &stock)?;
    }
    Ok(recovered)
}

fn short(led: &Led, reached: Option<i64>, stock: &Stock) -> Trouble {
    match led.until {
        Until::Moment(asked) => recover::short(reached, stock.missing.as_deref(), asked),
        _ => words("归档没有走到新的备份做完的地方"),
    }
}

/// Without a moment asked for, a log that ends before the archive does is a damaged one.
fn complete(recovered: &Recovered, cluster: &Cluster, stock: &Stock) -> Result<(), Trouble> {
    let (Some(last), reached) = (stock.last, recovered.place / cluster.segment) else {
        return Ok(());
    };
    if reached >= last.number {
        return Ok(());
    }
    let damaged = wal::Segment { number: reached + 1, ..last }.name(cluster.segment);
    let up_to = recovered.moment.map(|at| format!("，只能到 {}", moment_words(at)));
    Err(words(format!(
        "归档 {damaged} 损坏或者读不了{}。请用更晚的备份，或者用 --until 指明更早的时刻",
        up_to.unwrap_or_default()
    )))
}

/// The list of files is itself in our manifest, so that nobody alters both.
fn unaltered(backup: &Backup, building: &Path) -> Result<(), Trouble> {
    let list = building.join("backup_manifest");
    let hash = crate::vault::hash_file(&list).map_err(cannot("读", &list))?.0;
    if hash == backup.manifest.database {
        return Ok(());
    }
    let list = backup.folder.join(BASE).join("backup_manifest");
    Err(words(format!("{} 被改动过或者损坏，请换一份备份", list.display())))
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    // PostgreSQL refuses a folder that others may enter.
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let there = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &there)?;
        } else {
            fs::copy(entry.path(), &there)?;
            File::open(&there)?.sync_all()?;
        }
    }
    File::open(to)?.sync_all()
}

/// What was found.
pub(super) struct Proof {
    /// What is wrong, in words.
    pub wrong: Vec<String>,
    /// The ends of the logs.
    pub heads: Vec<Head>,
    /// How many rows there are.
    pub rows: u64,
}

/// Checks the medium, the chains, the records and the counters, and that every log holds what it
/// held when the backup began.
pub(super) async fn prove(
    recovered: &Recovered,
    backup: &Backup,
    cluster: &Cluster,
    house: House,
    keys: Option<&Path>,
    tell: Tell<'_>,
) -> Result<Proof, Trouble> {
    let keeper = open(recovered, cluster).await?;
    let mut wrong = held(&*keeper, &backup.manifest.summary.heads).await?;
    let heads = heads(&*keeper).await?;
    let rows = rows(&*keeper).await?;
    wrong.extend(prove_on(keeper, house, keys, tell).await?);
    Ok(Proof { wrong, heads, rows })
}

pub(super) async fn open(
    recovered: &Recovered,
    cluster: &Cluster,
) -> Result<Arc<dyn Keeper>, Trouble> {
    let address = recovered.address(&cluster.user, &cluster.database);
    let options = PostgresOptions::new(clock::ticks());
    Ok(Arc::new(PostgresKeeper::open(&address, options).await?))
}

/// Which of these entries the logs do not hold.
pub(super) async fn held(keeper: &dyn Keeper, heads: &[Head]) -> Result<Vec<String>, Trouble> {
    let mut wrong = Vec::new();
    for Head { county, seq, hash, .. } in heads {
        let found = keeper.find(&entry(county, *seq, "hash")).await?;
        let kept = found.first().and_then(|row| row.first()).and_then(Cell::as_text);
        if kept != Some(hash.as_str()) {
            wrong.push(format!("县 {county} 的日志第{seq}条和备份时记下的不同，或者没有"));
        }
    }
    Ok(wrong)
}

/// The question for one entry of the log.
fn entry(county: &str, seq: i64, column: &str) -> Select {
    let of_it = Filter::equal("county", county).and(Filter::equal("seq", seq));
    Select::from("log", &[column]).filter(of_it).limit(1)
}

async fn heads(keeper: &dyn Keeper) -> Result<Vec<Head>, Trouble> {
    let chains = Select::from("chain", &["county", "seq", "hash"]).limit(10_000);
    let mut heads = Vec::new();
    for row in keeper.find(&chains).await? {
        let text = |at: usize| row.get(at).and_then(Cell::as_text).unwrap_or_default().to_owned();
        let seq = row.get(1).and_then(Cell::as_int).unwrap_or(0);
        let (county, hash) = (text(0), text(2));
        let found = keeper.find(&entry(&county, seq, "at")).await?;
        let at = found.first().and_then(|row| row.first()).and_then(Cell::as_int).unwrap_or(0);
        heads.push(Head { county, seq, hash, at });
    }
    Ok(heads)
}

async fn rows(keeper: &dyn Keeper) -> Result<u64, Trouble> {
    let mut rows = 0;
    for table in keeper.tables() {
        rows += u64::from(keeper.count(&table.name, &Filter::Everything, u32::MAX).await?);
    }
    Ok(rows)
}
