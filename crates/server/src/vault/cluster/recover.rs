//! A copy of a server's files is led on in a server of its own: it listens on a socket in a folder
//! that only its owner may enter, archives nothing, follows nobody, and ends with this program,
//! however that ends.

use super::{
    programs::{Programs, as_somebody, hand_over, last_words},
    wal::{position, position_words},
};
use crate::{
    app::Trouble,
    vault::{cannot, moment_words, words},
};
use std::{
    fs::{self, File},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

/// Runs the server until its own input ends, which comes when the process that holds the other end
/// is gone, even by `kill -9`. A child in the background would have no input, so it is passed on
/// under another number.
const KEEP: &str = r#"
    exec 3<&0
    "$@" </dev/null 3<&- &
    pid=$!
    (cat <&3 >/dev/null; kill -INT $pid 2>/dev/null) &
    exec 3<&-
    wait $pid
"#;

/// How far a copy is led on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// As far as there is something.
    End,
    /// The last change up to this moment.
    Moment(i64),
    /// This place in the log.
    Place(u64),
}

/// What is led on, and how.
#[derive(Debug)]
pub struct Ask<'a> {
    /// The programs of its version.
    pub programs: &'a Programs,
    /// The copy, which becomes the data folder of a server.
    pub folder: &'a Path,
    /// The archive, if there is one to follow.
    pub archive: Option<&'a Path>,
    /// Where to stop.
    pub until: Until,
}

/// A server that was led on and answers.
#[derive(Debug)]
pub struct Recovered {
    /// The last place in the log that was done again.
    pub place: u64,
    /// When the last change was kept, in milliseconds since 1970 UTC, where there was one.
    pub moment: Option<i64>,
    private: PathBuf,
    keeper: Child,
    life: Option<ChildStdin>,
}

/// Why a copy was not led on as asked.
#[derive(Debug)]
pub enum Stopped {
    /// The log ended before the place that was asked for; what it reached.
    Short(Option<i64>),
    /// Anything else.
    Trouble(Trouble),
}

impl From<Trouble> for Stopped {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

/// Leads the copy on and leaves its server running.
pub async fn recover(
    ask: &Ask<'_>,
    tell: &mut (dyn FnMut(&str) + Send),
) -> Result<Recovered, Stopped> {
    // Its presence is what makes PostgreSQL follow an archive; it begins a timeline of its own then.
    write(&ask.folder.join("recovery.signal"), "")?;
    let _ = fs::remove_file(ask.folder.join("standby.signal"));
    let private = private_folder()?;
    let started = start(ask, &private);
    let mut recovered = started.inspect_err(|_| {
        let _ = fs::remove_dir_all(&private);
    })?;
    recovered.answer(tell).await?;
    Ok(recovered)
}

/// A new folder with a short path: those of sockets may have a hundred letters.
fn private_folder() -> Result<PathBuf, Trouble> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("fengqiao-recover-{}-{number}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    let _ = fs::remove_dir_all(&folder);
    let mut builder = fs::DirBuilder::new();
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&folder).map_err(cannot("建立", &folder))?;
    Ok(folder)
}

fn write(file: &Path, text: &str) -> Result<(), Trouble> {
    fs::write(file, text).map_err(cannot("写", file))
}

fn start(ask: &Ask<'_>, private: &Path) -> Result<Recovered, Trouble> {
    // The server's own settings may lie elsewhere, or want what this machine has not.
    write(&private.join("postgresql.conf"), "")?;
    write(&private.join("pg_hba.conf"), "local all all trust\n")?;
    write(&private.join("pg_ident.conf"), "")?;
    let log = private.join("log");
    let out = File::create(&log).map_err(cannot("写", &log))?;
    let err = out.try_clone().map_err(cannot("写", &log))?;
    hand_over(private)?;
    hand_over(ask.folder)?;
    let mut command = as_somebody();
    command.args(["sh", "-c", KEEP, "sh"]).arg(ask.programs.path("postgres"));
    command.arg("-D").arg(ask.folder);
    for (name, value) in settings(ask, private) {
        command.arg("-c").arg(format!("{name}={value}"));
    }
    command.process_group(0).current_dir("/").stdin(Stdio::piped()).stdout(out).stderr(err);
    let mut keeper =
        command.spawn().map_err(|error| words(format!("PostgreSQL 没有启动：{error}")))?;
    let life = keeper.stdin.take();
    Ok(Recovered { place: 0, moment: None, private: private.to_owned(), keeper, life })
}

/// What this server is told; it wins over whatever the copied settings say.
fn settings(ask: &Ask<'_>, private: &Path) -> Vec<(&'static str, String)> {
    let own = |name: &str| private.join(name).display().to_string();
    let mut settings = vec![
        ("config_file", own("postgresql.conf")),
        ("hba_file", own("pg_hba.conf")),
        ("ident_file", own("pg_ident.conf")),
        ("unix_socket_directories", private.display().to_string()),
        ("unix_socket_permissions", "0700".to_owned()),
        ("external_pid_file", own("pid")),
        ("port", "5432".to_owned()),
        ("max_connections", "50".to_owned()),
        ("log_timezone", "UTC".to_owned()),
        ("lc_messages", "C".to_owned()),
        ("log_min_messages", "log".to_owned()),
        ("log_destination", "stderr".to_owned()),
        ("restore_command", fetch(ask.archive)),
        ("recovery_target_action", "promote".to_owned()),
        ("recovery_target_timeline", "latest".to_owned()),
    ];
    for name in
        ["logging_collector", "archive_mode", "hot_standby", "ssl", "recovery_target_inclusive"]
    {
        settings.push((name, "off".to_owned()));
    }
    settings.push(("max_wal_senders", "0".to_owned()));
    for name in [
        "listen_addresses",
        "primary_conninfo",
        "primary_slot_name",
        "synchronous_standby_names",
        "shared_preload_libraries",
        "session_preload_libraries",
        "local_preload_libraries",
        "archive_cleanup_command",
        "recovery_end_command",
        "recovery_target",
        "recovery_target_name",
        "recovery_target_xid",
        "recovery_target_time",
        "recovery_target_lsn",
    ] {
        settings.push((name, String::new()));
    }
    // An empty target forgets those before it, so the one that is meant comes last.
    match ask.until {
        Until::End => (),
        Until::Moment(at) => settings.push(("recovery_target_time", moment_utc(at))),
        Until::Place(place) => settings.push(("recovery_target_lsn", position_words(place))),
    }
    settings
}

/// How PostgreSQL fetches a file of the log. Where there is no archive, the copy's own must do.
fn fetch(archive: Option<&Path>) -> String {
    let Some(archive) = archive else { return "false".to_owned() };
    // The server stands in its own folder when it runs this.
    let archive = std::path::absolute(archive).unwrap_or_else(|_| archive.to_owned());
    let archive = archive.display().to_string().replace('\'', r"'\''").replace('%', "%%");
    format!("cp '{archive}'/%f \"%p\"")
}

/// The first moment that is not wanted any more: everything up to the millisecond asked for is.
fn moment_utc(at: i64) -> String {
    let time = engine::kind::china_time(at + 1);
    time.strftime("%Y-%m-%d %H:%M:%S%.3f+08").to_string()
}

impl Recovered {
    /// The address of one of its databases.
    pub fn address(&self, user: &str, database: &str) -> String {
        let coded = |text: &str| -> String {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            let code = |byte: u8| match plain(byte) {
                true => char::from(byte).to_string(),
                false => format!("%{byte:02X}"),
            };
            text.bytes().map(code).collect()
        };
        let socket = coded(&self.private.display().to_string());
        format!("postgres://{}@{socket}/{}", coded(user), coded(database))
    }

    /// Waits until it answers. However long the log is: as long as it works it is waited for.
    async fn answer(&mut self, tell: &mut (dyn FnMut(&str) + Send)) -> Result<(), Stopped> {
        let mut shown = String::new();
        loop {
            let log = self.log();
            if log.contains("database system is ready to accept connections") {
                self.place =
                    told(&log, "redo done at ").and_then(|word| position(&word)).unwrap_or(0);
                self.moment = last_change(&log);
                return Ok(());
            }
            if self.keeper.try_wait().map_err(|e| words(e.to_string()))?.is_some() {
                return Err(why(&self.log()));
            }
            let at = log.matches("restored log file").count();
            let line = format!("PostgreSQL 正在重做日志，已取归档{at}段");
            if line != shown {
                tell(&line);
                shown = line;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Files of the log that were fetched from the archive.
    pub fn fetched(&self) -> u64 {
        self.log().matches("restored log file \"").count() as u64
    }

    fn log(&self) -> String {
        let bytes = fs::read(self.private.join("log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Ends it in order: everything is in its files then.
    pub fn stop(mut self) -> Result<(), Trouble> {
        drop(self.life.take());
        let ended = self.keeper.wait().map_err(|error| words(error.to_string()))?;
        match ended.success() {
            true => Ok(()),
            false => {
                let said = last_words(self.log().as_bytes());
                Err(words(format!("恢复用的 PostgreSQL 没有正常停下：{said}")))
            }
        }
    }
}

impl Drop for Recovered {
    fn drop(&mut self) {
        drop(self.life.take());
        // It was told to end, and what it leaves is in nobody's way.
        let _ = self.keeper.wait();
        let _ = fs::remove_dir_all(&self.private);
    }
}

/// The word behind `mark` where that stands last.
fn told(log: &str, mark: &str) -> Option<String> {
    let (_, rest) = log.rsplit_once(mark)?;
    Some(rest.split_whitespace().next()?.to_owned())
}

/// When the last change was kept that was done again.
fn last_change(log: &str) -> Option<i64> {
    let (_, rest) = log.rsplit_once("last completed transaction was at log time ")?;
    let text = rest.lines().next()?.trim();
    let text = text.strip_suffix("+00").or_else(|| text.strip_suffix(" UTC"))?;
    let time: jiff::civil::DateTime = text.parse().ok()?;
    Some(jiff::tz::Offset::UTC.to_timestamp(time).ok()?.as_millisecond())
}

fn why(log: &str) -> Stopped {
    if log.contains("recovery ended before configured recovery target was reached") {
        return Stopped::Short(last_change(log));
    }
    if log.contains("requested recovery stop point is before consistent recovery point") {
        let why = "这份备份做完的时刻晚于要恢复到的时刻，请用更早的备份";
        return Stopped::Trouble(words(why));
    }
    let faults = log.lines().filter(|line| {
        ["FATAL:", "PANIC:", "ERROR:", "postgres:"].iter().any(|mark| line.contains(mark))
    });
    let faults: Vec<_> = faults.collect();
    let said = match faults.is_empty() {
        true => last_words(log.as_bytes()),
        false => last_words(faults.join("\n").as_bytes()),
    };
    Stopped::Trouble(words(format!("PostgreSQL 没有恢复成：{said}")))
}

/// What is told where the log ends too early.
pub fn short(reached: Option<i64>, missing: Option<&str>, asked: i64) -> Trouble {
    let asked = moment_words(asked);
    // Before a file that is missing, only what has something behind it can be asked for.
    let last = if missing.is_some() { 1 } else { 0 };
    let reached = reached.map(|at| moment_words(at - last));
    words(match (missing, reached) {
        (Some(file), Some(reached)) => format!(
            "归档缺 {file}，不能越过去。用这份备份只能恢复到 {reached}：请加 --until \"{reached}\"；\
             要更晚的，请用更晚的备份"
        ),
        (Some(file), None) => format!("归档缺 {file}，不能越过去。请用更晚的备份"),
        (None, Some(reached)) => {
            format!("归档里最后的变动是 {reached}，没有到 {asked}：不写 --until 就恢复到归档的最后")
        }
        (None, None) => {
            format!("备份以后的归档里没有变动，到不了 {asked}：不写 --until 就恢复到归档的最后")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_tells_how_far_it_was_led() {
        let log = "LOG:  redo done at 0/3000148 system usage: x\n2026 LOG:  last completed \
                   transaction was at log time 2026-11-24 02:30:00.123456+00\n";
        assert_eq!(told(log, "redo done at ").as_deref(), Some("0/3000148"));
        assert_eq!(last_change(log).map(moment_words).as_deref(), Some("2026-11-24 10:30:00.123"));
        assert_eq!(last_change("LOG:  redo is not required"), None);
    }

    #[test]
    fn a_moment_is_asked_for_with_all_of_its_millisecond() {
        assert_eq!(moment_utc(1_795_147_200_999), "2026-11-20 12:00:01.000+08");
    }

    #[test]
    fn a_folder_with_odd_letters_stays_one_word() {
        let here = std::env::current_dir().unwrap().join("wal");
        assert!(fetch(Some(Path::new("wal"))).contains(&*here.to_string_lossy()));
        let fetch = fetch(Some(Path::new("/a b/it's/100%")));
        assert_eq!(fetch, r#"cp '/a b/it'\''s/100%%'/%f "%p""#);
    }
}
