//! The base backup of a database server that is in use.

use super::{
    BASE,
    programs::{Programs, last_words, run},
};
use crate::{
    app::Trouble,
    clock,
    vault::{
        LIST, MANIFEST, Manifest, cannot,
        care::size_words,
        free, hash_file,
        make::{Made, files},
        manifest::{Cluster, list_text},
        sync_folder, words, write_whole,
    },
};
use serde_json::Value as Json;
use std::{collections::BTreeMap, fs, io, path::Path, process::Command};
use store::{
    postgres::vault::{Facts, Place, facts},
    sqlite::{Stamp, Summary},
};

/// Fills a backup's folder.
pub async fn fill(
    data: &Path,
    address: &str,
    folder: &Path,
    shelf: &Path,
    now: i64,
) -> Result<Made, Trouble> {
    let before = facts(address, clock::ticks()).await?;
    possible(&before, shelf)?;
    let programs = Programs::find(before.version, "pg_basebackup")?;
    let base = folder.join(BASE);
    copy(&programs, &before.place, &base)?;
    check(&programs, &base)?;
    // It is whole up to a moment before this one.
    let after = facts(address, clock::ticks()).await?;
    if (&after.system, after.version) != (&before.system, before.version) {
        return Err(words("备份做到一半，数据库换成了另一套，这份备份不能用，请再做一次"));
    }
    let (files, damaged) = files(data, shelf)?;
    let list = folder.join(LIST);
    write_whole(&list, &list_text(&files)).map_err(cannot("写", &list))?;
    let manifest = manifest(&before, after.at, &base, now)?;
    let manifest = Manifest {
        list: hash_file(&list).map_err(cannot("读", &list))?.0,
        files: files.len() as u64,
        ..manifest
    };
    let last = folder.join(MANIFEST);
    write_whole(&last, &manifest.text()).map_err(cannot("写", &last))?;
    sync_folder(shelf).map_err(cannot("写", shelf))?;
    Ok(Made { backup: crate::vault::Backup::open(folder)?, damaged })
}

fn possible(facts: &Facts, shelf: &Path) -> Result<(), Trouble> {
    if facts.tablespaces > 0 {
        return Err(words(format!(
            "数据库有{}个放在数据目录以外的表空间，本程序不能备份它们：请用 pg_basebackup 加 --tablespace-mapping 自己备份",
            facts.tablespaces
        )));
    }
    // What is written while it is copied comes on top.
    let needed = facts.size + facts.size / 10 + (64 << 20);
    match free(shelf).filter(|free| *free < needed) {
        None => Ok(()),
        Some(free) => {
            let (needed, free) = (size_words(needed), size_words(free));
            Err(words(format!("{} 空间不够：需要 {needed}，只有 {free}", shelf.display())))
        }
    }
}

/// Copies the server's files with the part of its log that they need, and waits until all is on
/// disk.
fn copy(programs: &Programs, place: &Place, base: &Path) -> Result<(), Trouble> {
    let mut command = programs.command("pg_basebackup");
    command.arg("-D").arg(base);
    command.args(["-F", "plain", "-X", "stream", "-c", "fast", "-w", "-l", "fengqiao"]);
    command.arg("--manifest-checksums=SHA256");
    connect(&mut command, place);
    let output = run(command)?;
    if output.status.success() {
        return Ok(());
    }
    Err(words(format!("备份数据库没有做成：{}", why(&output.stderr, place))))
}

/// What the server is asked with. Others see a command line, but not this.
fn connect(command: &mut Command, place: &Place) {
    command.env("PGHOST", &place.host).env("PGPORT", place.port.to_string());
    command.env("PGUSER", &place.user).env("PGDATABASE", &place.database);
    command.env("PGCONNECT_TIMEOUT", "10").env("PGAPPNAME", "fengqiao-backup");
    match &place.password {
        Some(password) => command.env("PGPASSWORD", password),
        None => command.env_remove("PGPASSWORD"),
    };
    command.envs(place.tls.iter().map(|(name, value)| (name, value)));
}

/// What is to be done about it, where that is known.
fn why(said: &[u8], place: &Place) -> String {
    let (text, user) = (String::from_utf8_lossy(said), &place.user);
    let has = |words: &str| text.contains(words);
    if has("must be superuser or replication role") || has("permission denied to start WAL sender")
    {
        return format!(
            "数据库用户 {user} 没有复制权限，请由数据库管理员执行：alter role \"{user}\" replication"
        );
    }
    if has("no pg_hba.conf entry for replication") {
        return format!(
            "数据库不许用户 {user} 从这台机器做备份：请在 pg_hba.conf 里加一行 host replication {user} 本机地址/32 scram-sha-256，再让数据库重新读取配置"
        );
    }
    if has("unsupported startup parameter") || has("no such database: replication") {
        return "经 PgBouncer 不能备份，请在设置里写 backup_database = 数据库自己的地址".to_owned();
    }
    if has("max_wal_senders") {
        return "数据库的复制连接已用完，请调大 max_wal_senders（备份要用2个）".to_owned();
    }
    if has("No space left on device") {
        return "备份目录的磁盘满了".to_owned();
    }
    format!("pg_basebackup 说：{}", last_words(said))
}

/// Every file against the list that the server made, and the log that belongs to them.
pub(super) fn check(programs: &Programs, base: &Path) -> Result<(), Trouble> {
    let mut command = programs.command("pg_verifybackup");
    let output = run({
        command.arg("-q").arg(base);
        command
    })?;
    if output.status.success() {
        return Ok(());
    }
    let said = last_words(&output.stderr);
    Err(words(format!("{} 被改动过或者损坏，请换一份备份（{said}）", base.display())))
}

fn manifest(before: &Facts, ended: i64, base: &Path, now: i64) -> Result<Manifest, Trouble> {
    let list = base.join("backup_manifest");
    let text = fs::read_to_string(&list).map_err(cannot("读", &list))?;
    let (start, end) = span(&text)
        .ok_or_else(|| words(format!("{} 读不懂，不知道需要哪一段日志", list.display())))?;
    let entries = before.heads.iter().map(|head| head.seq.unsigned_abs()).sum();
    Ok(Manifest {
        program: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: now,
        summary: Summary {
            stamp: Stamp { lineage: before.system.clone(), group: end, moment: ended },
            rows: BTreeMap::from([("log".to_owned(), entries)]),
            heads: before.heads.clone(),
        },
        database: hash_file(&list).map_err(cannot("读", &list))?.0,
        size: size_of(base).map_err(cannot("读", base))?,
        list: String::new(),
        files: 0,
        cluster: Some(Cluster {
            version: before.version,
            database: before.place.database.clone(),
            user: before.place.user.clone(),
            start,
            segment: before.segment,
        }),
    })
}

/// Where the part of the log begins and ends that a copy needs.
fn span(list: &str) -> Option<(u64, u64)> {
    let list: Json = serde_json::from_str(list).ok()?;
    let ranges = list["WAL-Ranges"].as_array()?;
    let place = |range: &Json, name: &str| super::wal::position(range[name].as_str()?);
    let start = ranges.iter().map(|range| place(range, "Start-LSN")).min()??;
    let end = ranges.iter().map(|range| place(range, "End-LSN")).max()??;
    Some((start, end))
}

fn size_of(folder: &Path) -> io::Result<u64> {
    let mut size = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        size += match entry.file_type()?.is_dir() {
            true => size_of(&entry.path())?,
            false => entry.metadata()?.len(),
        };
    }
    Ok(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_programs_say_is_told_with_what_to_do() {
        let place = Place { user: "fq".to_owned(), ..Place::default() };
        for (said, told) in [
            ("FATAL:  must be superuser or replication role to start walsender", "alter role"),
            (
                "FATAL:  no pg_hba.conf entry for replication connection from host \"10.0.0.1\"",
                "host replication fq",
            ),
            ("FATAL:  unsupported startup parameter: replication", "PgBouncer"),
            ("pg_basebackup: error: something else", "something else"),
        ] {
            let words = why(said.as_bytes(), &place);
            assert!(words.contains(told), "{words}");
        }
    }

    #[test]
    fn the_span_of_the_log_is_read_from_the_list() {
        let list =
            r#"{"WAL-Ranges":[{"Timeline":1,"Start-LSN":"1/2000028","End-LSN":"1/2000100"}]}"#;
        assert_eq!(span(list), Some((0x1_0200_0028, 0x1_0200_0100)));
        assert_eq!(span("{}"), None);
    }
}
