//! A database server comes back from its base backup and its archive, at any moment, or the
//! operator is told why not. The server is a real one.

use super::{
    programs::Programs,
    recover::{self, Until, recover},
    restore::{self as cluster_restore, Restored},
    wal,
};
use crate::{
    app::{Trouble, open_desk, read_house},
    cli::config::Config,
    clock, demo,
    vault::{
        Backup, backups,
        care::{self, Task},
        make, moment_words, place,
        restore::{self, Restored as Either},
    },
};
use desk::Desk;
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};
use store::{Keeper, Operation, PostgresKeeper, PostgresOptions, lab, seam::Commit};

const CONTENT: &[u8] = b"%PDF-1.7 an agreement that was signed";

/// A small province on a server of its own that archives, in use all the while.
struct World {
    root: PathBuf,
    config: Config,
    server: lab::Server,
    address: String,
    desk: Desk,
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

impl World {
    /// None in the passes on other keepers.
    async fn new(name: &str) -> Option<Self> {
        if !lab::on_postgres() {
            return None;
        }
        let name = format!("fengqiao-cluster-{name}-{}", std::process::id());
        let root = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&root);
        let archive = root.join("archive");
        fs::create_dir_all(&archive).unwrap();
        // The server may be somebody else.
        fs::set_permissions(&archive, fs::Permissions::from_mode(0o777)).unwrap();
        let to = archive.display();
        let command = format!("archive_command=cp %p {to}/.%f && mv {to}/.%f {to}/%f");
        let server = lab::Server::start(&["archive_mode=on", "fsync=off", &command]).unwrap();
        let address = server.database().unwrap();
        let config = Config {
            database: Some(address.clone()),
            archive: Some(archive),
            backups: Some(root.join("backups")),
            ..Config::on(&root.join("data"))
        };
        let desk = open_desk(&config, read_house(None).unwrap()).await.unwrap();
        let now = clock::moment(clock::now("").at, "house:demo");
        let made = demo::make_to(&desk, 5, 1, demo::Depth::Shallow, &now, &mut |_, _, _| {}).await;
        made.unwrap_or_else(|refusal| panic!("{refusal:?}"));
        let world = Self { root, config, server, address, desk };
        let hash = desk::seal::hash_bytes(CONTENT);
        let file = place(&world.config.data.join("files"), &hash);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, CONTENT).unwrap();
        Some(world)
    }

    fn shelf(&self) -> &Path {
        self.config.backups.as_deref().unwrap()
    }

    fn archive(&self) -> &Path {
        self.config.archive.as_deref().unwrap()
    }

    async fn back_up(&self) -> Backup {
        let (data, at) = (&self.config.data, clock::now("").at);
        make::make(data, Some(&self.address), self.shelf(), at).await.unwrap().backup
    }

    /// One more row, and a moment behind it and before what comes next.
    async fn mark(&self, name: &str) -> i64 {
        let values = vec![("name".to_owned(), name.into()), ("value".to_owned(), "1".into())];
        let operations = vec![Operation::Insert { table: "mark".to_owned(), values }];
        let commit = Commit { operations, ..Commit::default() };
        self.desk.keeper().commit(commit).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        let at = clock::now("").at;
        tokio::time::sleep(Duration::from_millis(50)).await;
        at
    }

    /// Closes the file of the log and waits until it is archived; gives its path there.
    async fn archived(&self) -> PathBuf {
        let name = self.server.psql(&self.address, "select pg_walfile_name(pg_switch_wal())");
        let file = self.archive().join(name.unwrap());
        for _ in 0..600 {
            if file.exists() {
                return file;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{} did not arrive", file.display());
    }

    async fn restore(
        &self,
        from: &Backup,
        to: &str,
        archive: bool,
        until: Option<i64>,
    ) -> Result<Restored, Trouble> {
        let (ours, server) = (self.root.join(to), self.root.join(format!("{to}-pg")));
        let keys = self.config.data.join("keys");
        let ask = restore::Ask {
            from: &from.folder,
            archive: archive.then_some(self.archive()),
            until,
            to: &ours,
            keys: Some(&keys),
            server: Some(&server),
        };
        match restore::restore(&ask, read_house(None).unwrap(), &mut |_| ()).await? {
            Either::Server(restored) => Ok(restored),
            Either::File(_) => panic!("a server is no file"),
        }
    }

    /// The names of the marks in a restored folder, which is started for it.
    async fn marks(&self, to: &str, backup: &Backup) -> Vec<String> {
        let cluster = backup.manifest.cluster.as_ref().unwrap();
        let programs = Programs::find(cluster.version, "postgres").unwrap();
        let folder = self.root.join(format!("{to}-pg"));
        let ask =
            recover::Ask { programs: &programs, folder: &folder, archive: None, until: Until::End };
        let running = match recover(&ask, &mut |_| ()).await {
            Ok(running) => running,
            Err(stopped) => panic!("{stopped:?}"),
        };
        let address = running.address(&cluster.user, &cluster.database);
        let options = PostgresOptions::new(clock::ticks());
        let keeper = PostgresKeeper::open(&address, options).await.unwrap();
        let select = engine::query::Select::from("mark", &["name"]);
        let rows = keeper.find(&select).await.unwrap();
        keeper.close().await.unwrap();
        running.stop().unwrap();
        rows.iter().map(|row| row[0].as_text().unwrap().to_owned()).collect()
    }

    /// What restores left beside their aims.
    fn unfinished(&self) -> Vec<PathBuf> {
        let there = fs::read_dir(&self.root).unwrap().map(|entry| entry.unwrap().path());
        there.filter(|path| path.to_string_lossy().contains("unfinished")).collect()
    }
}

fn words<T: std::fmt::Debug>(result: Result<T, Trouble>) -> String {
    match result {
        Err(Trouble::Words(words)) => words,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_comes_back_at_the_moment_asked_for() {
    let Some(world) = World::new("moment").await else { return };
    let backup = world.back_up().await;
    let cluster = backup.manifest.cluster.clone().unwrap();
    assert!(cluster.version >= 15 && backup.manifest.entries() > 0);
    let text = fs::read_to_string(backup.folder.join("manifest.json")).unwrap();
    assert!(text.contains("\"format\": 2"), "an older program must refuse it: {text}");
    let keys = fs::read(world.config.data.join("keys")).unwrap();
    let first = world.mark("one").await;
    world.mark("two").await;
    world.archived().await;

    let restored = world.restore(&backup, "first", true, Some(first)).await.unwrap();
    assert!(restored.records && restored.files > 0 && restored.moment.unwrap() <= first);
    assert!(restored.heads.len() >= backup.manifest.summary.heads.len());
    let marks = world.marks("first", &backup).await;
    assert!(marks.contains(&"one".to_owned()) && !marks.contains(&"two".to_owned()), "{marks:?}");
    let attached = place(&world.root.join("first/files"), &desk::seal::hash_bytes(CONTENT));
    assert_eq!(fs::read(attached).unwrap(), CONTENT);
    assert_eq!(fs::read(world.root.join("first/keys")).unwrap(), keys);

    world.restore(&backup, "end", true, None).await.unwrap();
    assert!(world.marks("end", &backup).await.contains(&"two".to_owned()));
    let restored = world.restore(&backup, "bare", false, None).await.unwrap();
    assert_eq!(restored.files, 0);
    assert!(!world.marks("bare", &backup).await.contains(&"one".to_owned()));
    assert!(world.unfinished().is_empty());
    // The server in use was not disturbed.
    world.mark("three").await;
    world.desk.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_base_backup_cannot_do_is_said_and_leaves_nothing() {
    let Some(world) = World::new("refused").await else { return };
    let backup = world.back_up().await;
    let whole = backup.manifest.summary.stamp.moment;
    for (archive, until, told) in [
        (true, whole - 1, "请用更早的备份"),
        (true, clock::now("").at + 3_600_000, "还没有到"),
        (false, clock::now("").at, "--archive"),
    ] {
        let refused = words(world.restore(&backup, "to", archive, Some(until)).await);
        assert!(refused.contains(told), "{refused}");
    }
    fs::create_dir_all(world.root.join("full-pg")).unwrap();
    fs::write(world.root.join("full-pg/mine"), "mine").unwrap();
    let refused = words(world.restore(&backup, "full", false, None).await);
    assert!(refused.contains("--database-dir") && refused.contains("已有东西"), "{refused}");
    let ask = restore::Ask {
        from: &backup.folder,
        archive: None,
        until: None,
        to: &world.root.join("to"),
        keys: None,
        server: None,
    };
    let refused = restore::restore(&ask, read_house(None).unwrap(), &mut |_| ()).await;
    assert!(words(refused).contains("--database-dir"));

    for altered in ["base/backup_manifest", "base/PG_VERSION", "base/global/pg_control"] {
        let file = backup.folder.join(altered);
        let sound = fs::read(&file).unwrap();
        let mut bad = sound.clone();
        bad[0] ^= 1;
        fs::write(&file, bad).unwrap();
        let refused = words(world.restore(&backup, "to", false, None).await);
        assert!(refused.contains("被改动过或者损坏"), "{altered}: {refused}");
        fs::write(&file, sound).unwrap();
    }
    fs::rename(backup.folder.join("manifest.json"), backup.folder.join("gone")).unwrap();
    assert!(words(world.restore(&backup, "to", false, None).await).contains("不是一份完整的备份"));
    assert!(!world.root.join("to").exists() && !world.root.join("to-pg").exists());
    assert!(world.unfinished().is_empty());
    world.desk.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gap_in_the_archive_and_a_damaged_file_are_told() {
    let Some(world) = World::new("gap").await else { return };
    let backup = world.back_up().await;
    let first = world.mark("zero").await;
    world.mark("one").await;
    world.archived().await;
    world.mark("two").await;
    let middle = world.archived().await;
    let third = world.mark("three").await;
    world.mark("four").await;
    let last = world.archived().await;

    let late = clock::now("").at;
    let refused = words(world.restore(&backup, "late", true, Some(late)).await);
    assert!(refused.contains("归档里最后的变动是"), "{refused}");
    let aside = world.root.join("aside");
    fs::rename(&middle, &aside).unwrap();
    let missing = format!("归档缺 {}", middle.file_name().unwrap().to_str().unwrap());
    for until in [None, Some(third)] {
        let refused = words(world.restore(&backup, "gap", true, until).await);
        assert!(refused.contains(&missing), "{refused}");
    }
    world.restore(&backup, "before", true, Some(first)).await.unwrap();
    fs::rename(&aside, &middle).unwrap();
    let mut bytes = fs::read(&last).unwrap();
    bytes[0] ^= 1;
    fs::write(&last, bytes).unwrap();
    let refused = words(world.restore(&backup, "damaged", true, None).await);
    let name = last.file_name().unwrap().to_str().unwrap();
    assert!(refused.contains(&format!("归档 {name} 损坏")), "{refused}");
    assert!(world.unfinished().is_empty());
    world.desk.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rehearsal_of_a_server_walks_both_ways_back() {
    let Some(world) = World::new("rehearsal").await else { return };
    let (config, shelf) = (&world.config, world.shelf());
    let house = || read_house(None).unwrap();
    let first = care::rehearse(config, shelf, house(), &mut |_| ()).await.unwrap();
    assert!(first.backup.verified && first.groups.is_none());
    assert!(first.rows > first.backup.manifest.entries());
    world.mark("one").await;
    let again = care::rehearse(config, shelf, house(), &mut |_| ()).await.unwrap();
    assert!(again.groups.unwrap() > 0, "the archive was followed");
    assert!(backups(shelf).iter().all(|backup| backup.verified));
    assert!(!shelf.join("rehearsal").exists());
    let last = Task::Rehearsal.last(&config.data).unwrap();
    assert_eq!((last.rows, last.archived), (again.rows, again.groups));

    // Only the newest is kept, and with it what its part of the log begins with.
    let start = again.backup.manifest.cluster.as_ref().unwrap();
    let before = fs::read_dir(world.archive()).unwrap().count();
    let removed = wal::shorten(world.archive(), std::iter::once(&again.backup)).unwrap();
    assert!(removed > 0 && fs::read_dir(world.archive()).unwrap().count() < before);
    let needed = wal::Segment { timeline: 1, number: start.start / start.segment };
    assert!(world.archive().join(needed.name(start.segment)).exists());
    world.desk.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_lost_what_it_held_is_found_and_a_pooler_is_gone_around() {
    let Some(world) = World::new("held").await else { return };
    let backup = behind_a_pooler_the_backup_goes_to_the_database_itself(&world).await;
    let keeper = world.desk.keeper();
    let heads = backup.manifest.summary.heads.clone();
    assert!(!heads.is_empty());
    assert!(cluster_restore::held(keeper, &heads).await.unwrap().is_empty());
    let mut other = heads.clone();
    other[0].hash = "0".repeat(64);
    other[0].seq += 100_000;
    let wrong = cluster_restore::held(keeper, &other).await.unwrap();
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    world.desk.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn attached_files_go_with_the_server_whole_or_are_named() {
    let Some(world) = World::new("attached").await else { return };
    let put = |folder: &Path, content: &[u8]| {
        let hash = desk::seal::hash_bytes(content);
        let file = place(folder, &hash);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, content).unwrap();
        (hash, file)
    };
    let (data, shelf) = (world.config.data.join("files"), world.shelf().join("files"));
    let (rotten, file) = put(&data, b"a photograph that the disk will spoil");
    fs::write(&file, b"a photograph that the disk has spoilt").unwrap();
    let made = care::backup(&world.config, world.shelf()).await.unwrap();
    assert_eq!(made.damaged, std::slice::from_ref(&rotten), "it is named and not taken along");
    assert_eq!(made.backup.manifest.files, 1);

    // What was attached later lies in the archive, and comes back only from there.
    let (later, _) = put(&world.archive().join("files"), b"an agreement of the next day");
    world.mark("one").await;
    world.archived().await;
    world.restore(&made.backup, "with", true, None).await.unwrap();
    world.restore(&made.backup, "without", false, None).await.unwrap();
    let there = |to: &str, hash: &str| place(&world.root.join(to).join("files"), hash).exists();
    let signed = desk::seal::hash_bytes(CONTENT);
    assert!(there("with", &signed) && there("with", &later) && !there("with", &rotten));
    assert!(there("without", &signed) && !there("without", &later));

    // A file that is not what its name says, on the shelf or in the archive, is never brought back.
    for (folder, hash, told) in [
        (&shelf, &signed, "备份里的附件"),
        (&world.archive().join("files"), &later, "归档里的附件"),
    ] {
        let file = place(folder, hash);
        let sound = fs::read(&file).unwrap();
        fs::write(&file, b"another").unwrap();
        let refused = words(world.restore(&made.backup, "spoilt", true, None).await);
        assert!(refused.contains(told) && refused.contains("损坏"), "{refused}");
        fs::write(&file, sound).unwrap();
    }
    // Nor is a list from which one was struck out.
    let list = made.backup.folder.join(crate::vault::LIST);
    fs::write(&list, "").unwrap();
    let refused = words(world.restore(&made.backup, "spoilt", true, None).await);
    assert!(refused.contains("files.txt"), "{refused}");
    assert!(!world.root.join("spoilt").exists() && world.unfinished().is_empty());
    world.desk.close().await.unwrap();
}

async fn behind_a_pooler_the_backup_goes_to_the_database_itself(world: &World) -> Backup {
    let pool = lab::Pool::start(&world.server, &[]).unwrap();
    let through = Config { database: Some(pool.through(&world.address)), ..world.config.clone() };
    let refused = words(care::backup(&through, world.shelf()).await);
    assert!(refused.contains("backup_database"), "{refused}");
    let other = world.server.database().unwrap();
    let wrong = Config { backup_database: Some(other), ..through.clone() };
    let refused = words(care::backup(&wrong, world.shelf()).await);
    assert!(refused.contains("不是正在用的数据库"), "{refused}");
    let right = Config { backup_database: Some(world.address.clone()), ..through };
    let made = care::backup(&right, world.shelf()).await.unwrap();

    // The same house is opened through it, and `doctor` says so.
    let desk = open_desk(&right, read_house(None).unwrap()).await.unwrap();
    let told = crate::cli::health::words(desk.keeper(), &[]).await.unwrap();
    assert!(told.iter().any(|(fine, words)| *fine && words.contains("PgBouncer")), "{told:?}");
    let doubts = desk.verify(&mut |_| ()).await.unwrap();
    // This server is told not to sync, for the sake of time.
    assert!(doubts.iter().all(|doubt| doubt.message.contains("fsync")), "{doubts:?}");
    desk.close().await.unwrap();
    made.backup
}

#[test]
fn programs_of_another_version_are_refused_by_name_of_the_package() {
    let root = std::env::temp_dir().join(format!("fengqiao-programs-{}", std::process::id()));
    fs::create_dir_all(&root).unwrap();
    let none = Programs::find_in(&root, &[], 15, "postgres");
    assert!(words(none).contains("postgresql-15"));
    let program = root.join("pg_basebackup");
    fs::write(&program, "#!/bin/sh\necho 'pg_basebackup (PostgreSQL) 16.4 (Debian)'\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let path = [root.clone()];
    let other = words(Programs::find_in(&root, &path, 15, "pg_basebackup"));
    assert!(other.contains("只有 16 的") && other.contains("postgresql-client-15"), "{other}");
    assert!(Programs::find_in(&root, &path, 16, "pg_basebackup").is_ok());
    fs::remove_dir_all(&root).unwrap();
}

#[test]
fn a_file_is_archived_whole_once_and_never_in_place_of_another() {
    let root = std::env::temp_dir().join(format!("fengqiao-wal-{}", std::process::id()));
    let _ = fs::remove_dir_all(&root);
    let (log, archive) = (root.join("pg_wal"), root.join("archive"));
    fs::create_dir_all(&log).unwrap();
    let file = |name: &str, system: u64, last: u8| {
        let mut bytes = vec![0; 8192];
        bytes[2] = 2;
        bytes[24..32].copy_from_slice(&system.to_ne_bytes());
        bytes[8191] = last;
        fs::write(log.join(name), bytes).unwrap();
        log.join(name)
    };
    let one = file("000000010000000000000001", 7, 1);
    assert!(words(wal::keep(&one, &archive)).contains("不存在"));
    fs::create_dir_all(&archive).unwrap();
    wal::keep(&one, &archive).unwrap();
    let kept = archive.join("000000010000000000000001");
    assert_eq!(fs::read(&kept).unwrap(), fs::read(&one).unwrap());
    wal::keep(&one, &archive).unwrap();
    let one = file("000000010000000000000001", 7, 2);
    assert!(words(wal::keep(&one, &archive)).contains("没有盖掉"));
    assert_eq!(fs::read(&kept).unwrap()[8191], 1);
    let foreign = file("000000010000000000000002", 8, 1);
    assert!(words(wal::keep(&foreign, &archive)).contains("另一套数据库"));
    // What a try that was cut off left is in nobody's way.
    fs::write(archive.join(".000000010000000000000003.part"), "half").unwrap();
    let three = file("000000010000000000000003", 7, 1);
    wal::keep(&three, &archive).unwrap();
    assert_eq!(fs::read(archive.join("000000010000000000000003")).unwrap().len(), 8192);
    fs::remove_dir_all(&root).unwrap();
}

#[test]
fn files_of_the_log_are_read_and_named_as_the_server_does() {
    let size = 16 << 20;
    let segment = wal::Segment::read("0000000200000001000000FF", size).unwrap();
    assert_eq!((segment.timeline, segment.number), (2, 511));
    assert_eq!(segment.name(size), "0000000200000001000000FF");
    assert_eq!(segment.name(size).len(), 24);
    assert!(wal::Segment::read("00000002.history", size).is_none());
    assert_eq!(wal::position("1/2000028").map(wal::position_words).as_deref(), Some("1/2000028"));
    assert_eq!(moment_words(1_795_147_200_000), "2026-11-20 12:00:00");
}
