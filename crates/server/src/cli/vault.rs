//! `fengqiao backup|restore|rehearse|archive-wal`.

use super::{Common, complain, config, config::Config, progress, say};
use crate::{
    app::{Trouble, read_house},
    vault::{
        care, cluster, make, moment_typed, moment_words,
        restore::{self, Restored, RestoredFile},
    },
};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Where to look and where to put the backup.
#[derive(Debug, clap::Args)]
pub struct BackupArguments {
    #[command(flatten)]
    common: Common,
    /// 备份目录；不写则用设置 backups
    #[arg(long)]
    to: Option<PathBuf>,
}

/// What to bring back, and where.
#[derive(Debug, clap::Args)]
pub struct RestoreArguments {
    /// 一份备份的目录（backup-…）
    #[arg(long)]
    from: PathBuf,
    /// 归档目录：恢复到备份以后的时刻
    #[arg(long)]
    archive: Option<PathBuf>,
    /// 恢复到这个时刻为止，如 "2026-11-24 10:30:00"
    #[arg(long, value_parser = typed)]
    until: Option<i64>,
    /// 新的数据目录
    #[arg(long)]
    to: PathBuf,
    /// PostgreSQL 的备份：新的数据库目录
    #[arg(long)]
    database_dir: Option<PathBuf>,
    /// 密钥文件；给了就放进新目录，并核对每份档案
    #[arg(long)]
    keys: Option<PathBuf>,
    /// 业务定义目录；不写则用程序自带的
    #[arg(long)]
    businesses: Option<PathBuf>,
}

fn typed(text: &str) -> Result<i64, String> {
    moment_typed(text).ok_or_else(|| "应写成 2026-11-24 10:30:00".to_owned())
}

impl BackupArguments {
    fn places(&self) -> Result<(Config, PathBuf), Trouble> {
        let config = Config::read(&self.common, None, &config::environment())?;
        let shelf = self.to.clone().or_else(|| config.backups.clone());
        let words = "请用 --to 指明备份目录，或者在设置里写 backups";
        let shelf = shelf.ok_or_else(|| Trouble::Words(words.to_owned()))?;
        Ok((config, shelf))
    }
}

/// What PostgreSQL wants archived, and where.
#[derive(Debug, clap::Args)]
pub struct ArchiveArguments {
    /// 归档目录
    #[arg(long)]
    to: PathBuf,
    /// 日志文件，PostgreSQL 写作 %p
    file: PathBuf,
}

/// Archives a file of PostgreSQL's log.
pub fn archive(arguments: &ArchiveArguments) -> Result<ExitCode, Trouble> {
    cluster::wal::keep(&arguments.file, &arguments.to)?;
    Ok(ExitCode::SUCCESS)
}

/// Makes a backup.
pub async fn backup(arguments: BackupArguments) -> Result<ExitCode, Trouble> {
    let (config, shelf) = arguments.places()?;
    let made = care::backup(&config, &shelf).await?;
    let manifest = &made.backup.manifest;
    // The rows of a server that is in use are counted when it is brought back.
    let rows = match &manifest.cluster {
        None => format!("{}行，", manifest.rows()),
        Some(cluster) => format!("PostgreSQL {}，", cluster.version),
    };
    say(&format!(
        "已备份到 {}：{rows}日志{}条，附件{}个，数据库 {}",
        made.backup.folder.display(),
        manifest.entries(),
        manifest.files,
        care::size_words(manifest.size)
    ));
    say(&keys_words(&config.data));
    Ok(damaged(&made))
}

fn keys_words(data: &Path) -> String {
    let keys = data.join("keys");
    format!(
        "密钥文件 {} 不在备份里，请另放一处，不要和备份放在一起；缺了它恢复不了",
        keys.display()
    )
}

fn damaged(made: &make::Made) -> ExitCode {
    for hash in &made.damaged {
        complain(&format!("附件 {hash} 在磁盘上被改动过或者损坏，没有备份；请从更早的备份找回"));
    }
    if made.damaged.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Brings a backup back.
pub async fn restore(arguments: RestoreArguments) -> Result<ExitCode, Trouble> {
    let RestoreArguments { from, archive, until, to, database_dir, keys, businesses } = &arguments;
    let ask = restore::Ask {
        from,
        archive: archive.as_deref(),
        until: *until,
        to,
        keys: keys.as_deref(),
        server: database_dir.as_deref(),
    };
    let house = read_house(businesses.as_deref())?;
    let restored = restore::restore(&ask, house, &mut |line| progress(line)).await;
    progress("");
    match (restored?, database_dir) {
        (Restored::File(restored), _) => told(&restored, to),
        (Restored::Server(restored), server) => {
            told_server(&restored, to, server.as_deref().unwrap_or(Path::new("")));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn told_server(restored: &cluster::restore::Restored, to: &Path, server: &Path) {
    say(&format!(
        "已恢复：数据库目录 {}，数据目录 {}，其中归档补上{}段",
        server.display(),
        to.display(),
        restored.files
    ));
    if let Some(moment) = restored.moment {
        say(&format!("最后的变动保存于 {}", moment_words(moment)));
    }
    if let Some(head) = restored.heads.iter().max_by_key(|head| head.at) {
        let at = moment_words(head.at);
        say(&format!("日志最后一条：县 {} 第{}条，{at}", head.county, head.seq));
    }
    proven(restored.records, to, "--database 新数据库的地址");
    if cluster::programs::is_root() {
        say(&format!("{} 属于用户 postgres", server.display()));
    }
}

fn told(restored: &RestoredFile, to: &Path) {
    let rows: u64 = restored.summary.rows.values().sum();
    say(&format!("已恢复到 {}：{rows}行，其中归档补上{}组", to.display(), restored.groups));
    say(&format!("最后的变动保存于 {}", moment_words(restored.moment)));
    if let Some(head) = restored.last() {
        let at = moment_words(head.at);
        say(&format!("日志最后一条：县 {} 第{}条，{at}", head.county, head.seq));
    }
    proven(restored.records, to, "");
}

/// What was proven; `more` is what `verify` must be told besides.
fn proven(records: bool, to: &Path, more: &str) {
    if records {
        say("核对通过：附件、数据库、日志链、档案、统计");
        return;
    }
    say("核对通过：附件、数据库、日志链、统计");
    let (keys, to) = (to.join("keys"), to.display());
    let command = format!("fengqiao verify --data {to} {more}");
    say(&format!(
        "没有给密钥，档案和日志没有比对：请把原来的密钥放到 {}，再运行 {}",
        keys.display(),
        command.trim_end()
    ));
}

/// Rehearses.
pub async fn rehearse(arguments: BackupArguments) -> Result<ExitCode, Trouble> {
    let (config, shelf) = arguments.places()?;
    let house = read_house(config.businesses.as_deref())?;
    let rehearsed = care::rehearse(&config, &shelf, house, &mut |line| progress(line)).await;
    progress("");
    let rehearsed = rehearsed.map_err(|trouble| match trouble {
        Trouble::Words(words) => Trouble::Words(format!("演练没有通过：{words}")),
        other => other,
    })?;
    let manifest = &rehearsed.backup.manifest;
    let led = match rehearsed.groups {
        Some(groups) => {
            let unit = if manifest.cluster.is_some() { "段" } else { "组" };
            format!("，从上一份备份经归档{groups}{unit}走到这里，结果相同")
        }
        None => String::new(),
    };
    say(&format!(
        "演练通过：备份 {} 已恢复并核对，{}行，日志{}条{led}",
        rehearsed.backup.name(),
        rehearsed.rows,
        manifest.entries()
    ));
    Ok(ExitCode::SUCCESS)
}
