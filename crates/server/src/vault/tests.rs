//! A backup comes back whole, at any moment, or the operator is told why not.

use super::{
    Backup, Manifest, backups,
    care::{self, Task},
    health, make, moment_typed, moment_words,
    prune::{self, Keep},
    rehearse,
    restore::{self, Restored, RestoredFile},
};
use crate::{
    app::{Trouble, open_desk, read_house},
    cli::config::Config,
    clock, demo,
};
use desk::Desk;
use std::{
    fs,
    path::{Path, PathBuf},
};
use store::{
    Operation,
    seam::Commit,
    sqlite::{self, Stamp, Summary},
};

/// Noon of 2026-11-20 in China.
const NOW: i64 = 1_795_147_200_000;
const CONTENT: &[u8] = b"%PDF-1.7 an agreement that was signed";

/// A small province, served: its desk is open all the while.
struct World {
    root: PathBuf,
    config: Config,
    desk: Desk,
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

impl World {
    async fn new(name: &str) -> Self {
        let root = std::env::temp_dir().join(format!("fengqiao-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        let config = Config {
            archive: Some(root.join("archive")),
            backups: Some(root.join("backups")),
            ..Config::on(&root.join("data"))
        };
        let desk = open_desk(&config, read_house(None).unwrap()).await.unwrap();
        let now = clock::moment(NOW, "house:demo");
        let made = demo::make_to(&desk, 20, 1, demo::Depth::Shallow, &now, &mut |_, _, _| {}).await;
        made.unwrap_or_else(|refusal| panic!("{refusal:?}"));
        let world = Self { root, config, desk };
        world.attach(CONTENT);
        world
    }

    fn shelf(&self) -> &Path {
        self.config.backups.as_deref().unwrap()
    }

    fn archive(&self) -> &Path {
        self.config.archive.as_deref().unwrap()
    }

    fn keys(&self) -> PathBuf {
        self.config.data.join("keys")
    }

    /// Puts an attached file where the server does.
    fn attach(&self, content: &[u8]) -> PathBuf {
        let hash = desk::seal::hash_bytes(content);
        let file = super::place(&self.config.data.join("files"), &hash);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, content).unwrap();
        file
    }

    async fn back_up(&self, at: i64) -> Backup {
        make::make(&self.config.data, None, self.shelf(), at).await.unwrap().backup
    }

    /// One more row, and the moment at which it was kept.
    async fn mark(&self, name: &str) -> i64 {
        let values = vec![("name".to_owned(), name.into()), ("value".to_owned(), "1".into())];
        let operations = vec![Operation::Insert { table: "mark".to_owned(), values }];
        let commit = Commit { operations, ..Commit::default() };
        self.desk.keeper().commit(commit).await.unwrap();
        sqlite::stamp(&self.config.data.join(sqlite::FILE)).unwrap().moment
    }

    /// Waits until the archive has everything.
    async fn archived(&self) {
        loop {
            let status = self.desk.keeper().archive().unwrap();
            if status.safe == status.kept {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    async fn restore(
        &self,
        from: &Backup,
        to: &str,
        keys: bool,
        until: Option<i64>,
    ) -> Result<RestoredFile, Trouble> {
        let (to, key_file) = (self.root.join(to), self.keys());
        let ask = restore::Ask {
            from: &from.folder,
            archive: until.map(|_| self.archive()),
            until,
            to: &to,
            keys: keys.then_some(key_file.as_path()),
            server: None,
        };
        match restore::restore(&ask, read_house(None).unwrap(), &mut |_| ()).await? {
            Restored::File(restored) => Ok(restored),
            Restored::Server(_) => panic!("a file is no server"),
        }
    }
}

fn words<T: std::fmt::Debug>(result: Result<T, Trouble>) -> String {
    match result {
        Err(Trouble::Words(words)) => words,
        other => panic!("{other:?}"),
    }
}

/// What restores left beside their aims.
fn unfinished(root: &Path) -> Vec<PathBuf> {
    let there = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    there.filter(|path| path.to_string_lossy().contains("unfinished")).collect()
}

/// The names of the marks in a data folder.
async fn marks(data: &Path) -> Vec<String> {
    let desk = open_desk(&Config::on(data), read_house(None).unwrap()).await.unwrap();
    let select = engine::query::Select::from("mark", &["name"]);
    let rows = desk.keeper().find(&select).await.unwrap();
    desk.close().await.unwrap();
    rows.iter().map(|row| row[0].as_text().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_made_while_serving_comes_back_whole_and_holds_no_key() {
    let world = World::new("whole").await;
    let backup = world.back_up(NOW).await;
    assert!(backup.manifest.rows() > 500, "{}", backup.manifest.rows());
    let keys = fs::read(world.keys()).unwrap();
    for entry in fs::read_dir(&backup.folder).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(48).any(|window| window == keys));
    }
    let restored = world.restore(&backup, "whole", true, None).await.unwrap();
    assert!(restored.records);
    assert_eq!(restored.summary.rows, backup.manifest.summary.rows);
    assert_eq!(restored.summary.heads, backup.manifest.summary.heads);
    let file = super::place(&world.root.join("whole/files"), &desk::seal::hash_bytes(CONTENT));
    assert_eq!(fs::read(file).unwrap(), CONTENT);
    assert_eq!(fs::read(world.root.join("whole/keys")).unwrap(), keys);
    let restored = world.restore(&backup, "keyless", false, None).await.unwrap();
    assert!(!restored.records && !world.root.join("keyless/keys").exists());
    world.desk.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_led_on_to_the_moment_asked_for() {
    let world = World::new("moment").await;
    let backup = world.back_up(NOW).await;
    let first = world.mark("one").await;
    let later = world.attach(b"%PDF-1.7 attached later");
    let hash = later.file_name().unwrap().to_str().unwrap();
    let (from, to) = (world.config.data.join("files"), world.archive().join("files"));
    assert!(super::carry(&from, &to, hash).unwrap());
    let second = world.mark("two").await;
    world.archived().await;
    let restored = world.restore(&backup, "first", true, Some(first)).await.unwrap();
    assert_eq!((restored.groups, restored.moment), (1, first));
    let kept = marks(&world.root.join("first")).await;
    assert!(kept.contains(&"one".to_owned()) && !kept.contains(&"two".to_owned()), "{kept:?}");
    world.restore(&backup, "second", true, Some(second)).await.unwrap();
    assert!(marks(&world.root.join("second")).await.contains(&"two".to_owned()));
    assert!(super::place(&world.root.join("second/files"), hash).exists());

    let early = world.restore(&backup, "early", true, Some(NOW)).await;
    assert!(words(early).contains("请用更早的备份"));
    let ask = restore::Ask {
        from: &backup.folder,
        archive: None,
        until: Some(second),
        to: &world.root.join("later"),
        keys: None,
        server: None,
    };
    let refused = restore::restore(&ask, read_house(None).unwrap(), &mut |_| ()).await;
    assert!(words(refused).contains("--archive"));
    world.desk.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hole_in_the_archive_is_told_with_the_moment_before_it() {
    let world = World::new("hole").await;
    let backup = world.back_up(NOW).await;
    let first = world.mark("one").await;
    world.archived().await;
    let mut moments = vec![first];
    for name in ["two", "three"] {
        moments.push(world.mark(name).await);
        world.archived().await;
    }
    let stamp = &backup.manifest.summary.stamp;
    let segment = world.archive().join(format!("{}-{:012}-0.segment", stamp.lineage, 1));
    let mut bytes = fs::read(&segment).unwrap();
    // The number of the group "two" is damaged.
    let number = (stamp.group + 2).to_le_bytes();
    let at = bytes.windows(8).rposition(|window| window == number).unwrap();
    bytes[at] ^= 64;
    fs::write(&segment, bytes).unwrap();
    let refused = words(world.restore(&backup, "hole", true, Some(moments[2])).await);
    assert!(refused.contains(&moment_words(first)), "{refused}");
    assert!(refused.contains(&format!("缺第{}组", stamp.group + 2)), "{refused}");
    let typed = moment_typed(&moment_words(first)).unwrap();
    assert_eq!(world.restore(&backup, "before", true, Some(typed)).await.unwrap().groups, 1);
    assert!(unfinished(&world.root).is_empty());
    world.desk.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_altered_in_a_backup_is_refused_and_leaves_nothing() {
    let world = World::new("altered").await;
    let backup = world.back_up(NOW).await;
    let attached = super::place(&world.shelf().join("files"), &desk::seal::hash_bytes(CONTENT));
    let altered = [
        (backup.folder.join(sqlite::FILE), "被改动过或者损坏"),
        (backup.folder.join("files.txt"), "被改动过或者损坏"),
        (attached, "被改动过或者损坏"),
        (backup.folder.join("manifest.json"), "读不懂"),
    ];
    for (file, expected) in altered {
        let sound = fs::read(&file).unwrap();
        let mut bad = sound.clone();
        bad[1] = b'~';
        fs::write(&file, bad).unwrap();
        let refused = words(world.restore(&backup, "altered", true, None).await);
        assert!(refused.contains(expected), "{}: {refused}", file.display());
        assert!(!world.root.join("altered").exists());
        fs::write(&file, sound).unwrap();
    }
    let wrong_keys = world.root.join("keys");
    fs::write(&wrong_keys, [5; 48]).unwrap();
    let to = world.root.join("wrong");
    let ask = restore::Ask {
        from: &backup.folder,
        archive: None,
        until: None,
        to: &to,
        keys: Some(&wrong_keys),
        server: None,
    };
    let refused = restore::restore(&ask, read_house(None).unwrap(), &mut |_| ()).await;
    assert!(words(refused).contains("密钥文件和数据库对不上"));
    assert!(!to.exists() && unfinished(&world.root).is_empty());
    world.desk.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_counter_that_is_off_is_found_before_a_restore_is_called_done() {
    let world = World::new("counter").await;
    let columns = ["county", "statistic", "unit", "period", "cell", "value"];
    let select = engine::query::Select::from("counter", &columns).limit(1);
    let row = world.desk.keeper().find(&select).await.unwrap().remove(0);
    let mut values: Vec<_> = columns.iter().map(|name| (*name).to_owned()).zip(row).collect();
    values[5].1 = 4711.into();
    let operations = vec![Operation::Put { table: "counter".to_owned(), values }];
    let commit = Commit { operations, ..Commit::default() };
    world.desk.keeper().commit(commit).await.unwrap();
    let backup = world.back_up(NOW).await;
    for keys in [true, false] {
        let refused = words(world.restore(&backup, "off", keys, None).await);
        assert!(refused.contains("计数4711"), "{refused}");
        assert!(!world.root.join("off").exists());
        let left = unfinished(&world.root);
        assert_eq!(left.len(), 1, "it is kept to be looked at");
        assert!(refused.contains(&left[0].display().to_string()), "{refused}");
        fs::remove_dir_all(&left[0]).unwrap();
    }
    world.desk.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn existing_data_is_never_touched_and_half_a_backup_is_none() {
    let world = World::new("existing").await;
    let backup = world.back_up(NOW).await;
    let there = world.root.join("there");
    fs::create_dir_all(&there).unwrap();
    fs::write(there.join("mine"), "mine").unwrap();
    assert!(words(world.restore(&backup, "there", true, None).await).contains("已有东西"));
    assert_eq!(fs::read_to_string(there.join("mine")).unwrap(), "mine");

    let half = world.shelf().join("backup-20260101-000000");
    fs::create_dir_all(&half).unwrap();
    fs::copy(backup.folder.join(sqlite::FILE), half.join(sqlite::FILE)).unwrap();
    assert_eq!(backups(world.shelf()).len(), 1);
    assert!(words(Backup::open(&half)).contains("不是一份完整的备份"));
    world.back_up(NOW + 1000).await;
    assert!(!half.exists());
    assert_eq!(backups(world.shelf()).len(), 2);
    world.back_up(NOW + 1000).await;
    assert_eq!(backups(world.shelf()).len(), 3, "two of one second are told apart");
    world.desk.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rehearsal_walks_both_ways_back_and_its_failure_is_told() {
    let world = World::new("rehearsal").await;
    let (config, shelf) = (&world.config, world.shelf());
    let stands = |now| {
        let findings = health::findings(config, now);
        findings.into_iter().map(|(fine, words)| format!("{fine} {words}")).collect::<Vec<_>>()
    };
    let before = stands(NOW).join("\n");
    assert!(
        before.contains("false 还没有做过备份\nfalse 还没有做过演练\nfalse 归档要从"),
        "{before}"
    );
    let ask = rehearse::Ask {
        data: &config.data,
        database: None,
        shelf,
        archive: config.archive.as_deref(),
    };
    let first = rehearse::rehearse(&ask, read_house(None).unwrap(), NOW, &mut |_| ()).await;
    let first = first.unwrap();
    assert!(first.backup.verified && first.groups.is_none());
    world.mark("one").await;
    world.mark("two").await;
    world.archived().await;
    let house = || read_house(None).unwrap();
    let again = care::rehearse(config, shelf, house(), &mut |_| ()).await.unwrap();
    assert_eq!(again.groups, Some(2));
    assert!(backups(shelf).iter().all(|backup| backup.verified));
    assert!(!shelf.join("rehearsal").exists());
    let last = Task::Rehearsal.last(&config.data).unwrap();
    assert_eq!((last.rows, last.archived), (again.backup.manifest.rows(), Some(2)));
    let well = stands(last.at);
    assert!(well.iter().take(3).all(|line| line.starts_with("true")), "{well:?}");
    let late = stands(last.at + 15 * care::DAY).join("\n");
    assert!(late.contains("false 已有15天没有备份\nfalse 已有15天没有演练"), "{late}");

    let file = world.attach(b"%PDF-1.7 soon damaged");
    fs::write(&file, "damaged").unwrap();
    let failed = words(care::rehearse(config, shelf, house(), &mut |_| ()).await);
    assert!(failed.contains("损坏"), "{failed}");
    assert_eq!(Task::Rehearsal.failed(&config.data).unwrap().failure, failed);
    assert_eq!(Task::Rehearsal.last(&config.data), Some(last));
    world.desk.close().await.unwrap();
}

/// A backup of some day, in no folder.
fn of_day(day: i64, verified: bool) -> Backup {
    let stamp = Stamp::default();
    let summary = Summary { stamp, rows: Default::default(), heads: Vec::new() };
    let manifest = Manifest {
        program: String::new(),
        made_at: NOW - day * care::DAY,
        summary,
        database: String::new(),
        size: 0,
        list: String::new(),
        files: 0,
        cluster: None,
    };
    Backup { folder: format!("backup-{day}").into(), manifest, verified }
}

#[test]
fn nothing_goes_before_a_newer_one_was_brought_back() {
    let keep = Keep { daily: 3, weekly: 2 };
    let gone = |verified: &[i64]| -> Vec<String> {
        let backups: Vec<_> = (0..20).map(|day| of_day(day, verified.contains(&day))).collect();
        prune::superfluous(&backups, keep).into_iter().map(Backup::name).collect()
    };
    let named =
        |days: &[i64]| -> Vec<String> { days.iter().map(|day| format!("backup-{day}")).collect() };
    assert_eq!(gone(&[]), named(&[]));
    assert_eq!(gone(&[19]), named(&[]));
    // 2026-11-20 is a Friday: the last of the week before is five days old.
    let all: Vec<i64> = (3..20).filter(|day| *day != 5).collect();
    assert_eq!(gone(&[0]), named(&all));
    assert_eq!(gone(&[7, 12]), named(&(8..20).collect::<Vec<_>>()));
    let made_at = |hours: i64| {
        let mut backup = of_day(0, true);
        backup.manifest.made_at -= hours * 3_600_000;
        backup.folder = format!("backup-{hours}").into();
        backup
    };
    let hourly: Vec<_> = [0, 3, 6, 23, 24, 25].map(made_at).into();
    let keep = Keep { daily: 1, weekly: 1 };
    let gone: Vec<_> = prune::superfluous(&hourly, keep).into_iter().map(Backup::name).collect();
    assert_eq!(gone, ["backup-24", "backup-25"]);
}

#[test]
fn a_moment_is_told_as_it_is_typed() {
    for at in [NOW, NOW + 1, NOW + 999, NOW + 86_399_000] {
        assert_eq!(moment_typed(&moment_words(at)), Some(at));
    }
    assert_eq!(moment_typed("2026-11-20 12:00:00"), Some(NOW));
    assert_eq!(moment_typed("昨天"), None);
}
