//! One PostgreSQL without a cluster, and what the platform says while it is away: "later", soon,
//! with the time to come back, and never half a case.

use std::path::Path;
use std::process::Child;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::Choice;
use super::cluster::{SETTINGS, own_folder, psql, start_logged};
use super::load::gap;
use super::net::{ALONE, From, quiet};
use super::trial::{CALM, Platform, Verdict, waiting};
use crate::postgres::programs;

/// How long the database is away.
const AWAY: Duration = Duration::from_secs(12);
/// How soon writes must be back once it is.
const BACK: Duration = Duration::from_secs(10);
/// How long anybody may wait for an answer, whatever it is. More than the deadline of a statement.
const ANSWER: Duration = Duration::from_secs(15);

#[derive(Debug, Clone, Copy)]
enum Fault {
    Kill,
    Freeze,
    CutOff,
}

use Fault::{CutOff, Freeze, Kill};

impl Fault {
    fn name(self) -> &'static str {
        match self {
            Kill => "database-killed",
            Freeze => "database-frozen",
            CutOff => "database-cut-off",
        }
    }
}

/// A server that nobody but us starts again.
struct Alone<'a> {
    folder: &'a Path,
    child: Child,
}

impl<'a> Alone<'a> {
    fn make(folder: &'a Path) -> Result<Self, String> {
        own_folder(folder)?;
        let data = folder.join("data").display().to_string();
        let init = ["-D", &data, "-U", "postgres", "--data-checksums", "--locale=C.UTF-8"];
        quiet(ALONE.inside(&program("initdb")?, &[&init[..], &["-A", "trust"]].concat()))?;
        let hba = folder.join("data/pg_hba.conf");
        let open = "host all all 198.18.77.0/24 trust\n";
        std::fs::write(&hba, open).map_err(|e| format!("{}: {e}", hba.display()))?;
        let alone = Self { folder, child: serve(folder)? };
        alone.wait()?;
        Ok(alone)
    }

    /// Waits until it takes statements.
    fn wait(&self) -> Result<(), String> {
        let began = Instant::now();
        loop {
            match psql(&ALONE, "postgres", "select 1") {
                Ok(_) => return Ok(()),
                Err(reason) if began.elapsed() > Duration::from_secs(60) => return Err(reason),
                Err(_) => sleep(Duration::from_millis(100)),
            }
        }
    }

    fn begin(&self, fault: Fault) -> Result<(), String> {
        match fault {
            Kill => ALONE.signal("KILL"),
            Freeze => ALONE.signal("STOP"),
            CutOff => ALONE.cut(From::All),
        }
    }

    fn mend(&mut self, fault: Fault) -> Result<(), String> {
        match fault {
            Kill => {
                let _ = self.child.wait();
                self.child = serve(self.folder)?;
            }
            Freeze => ALONE.signal("CONT")?,
            CutOff => ALONE.heal()?,
        }
        self.wait()
    }
}

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        let _ = ALONE.signal("KILL");
        let _ = self.child.wait();
    }
}

fn program(name: &str) -> Result<String, String> {
    Ok(programs()?.join(name).display().to_string())
}

fn serve(folder: &Path) -> Result<Child, String> {
    let text = folder.display();
    let mut args = vec!["-D".to_string(), format!("{text}/data")];
    let own = [("listen_addresses", "*"), ("unix_socket_directories", &text.to_string())];
    args.extend(SETTINGS.iter().chain(&own).map(|(name, value)| format!("--{name}={value}")));
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    start_logged(&ALONE, &program("postgres")?, &args, &folder.join("postgres.log"))
}

/// Every experiment; names those that did not hold.
pub fn run(folder: &Path, choice: &Choice) -> Result<Vec<String>, String> {
    let faults = choice.of(&[Kill, Freeze, CutOff], 1, Fault::name);
    if faults.is_empty() {
        return Ok(Vec::new());
    }
    let place = folder.join(ALONE.name);
    let mut alone = Alone::make(&place)?;
    let platform = Platform::start(folder, &[ALONE])?;
    let mut failed = Vec::new();
    for fault in faults {
        let held = one(fault, &mut alone, &platform);
        if !held.map_err(|reason| format!("{}: {reason}", fault.name()))? {
            failed.push(fault.name().to_string());
        }
    }
    platform.settle()?;
    Ok(failed)
}

fn one(fault: Fault, alone: &mut Alone<'_>, platform: &Platform) -> Result<bool, String> {
    let (clerk, load) = platform.load(fault.name())?;
    sleep(CALM);
    let began = Instant::now();
    alone.begin(fault)?;
    sleep(AWAY);
    alone.mend(fault)?;
    let mended = Instant::now();
    sleep(CALM.max(BACK));
    let ended = Instant::now();
    let seen = load.finish()?;
    let kept = Verdict::of(&seen, &clerk, fault.name())?;
    let writes = gap(seen.kept.iter().map(|it| it.0), began, ended);
    let back = |mut answers: Box<dyn Iterator<Item = Instant> + '_>| {
        answers.find(|at| *at > mended).map_or(Duration::MAX, |at| at - mended)
    };
    let writes_back = back(Box::new(seen.kept.iter().map(|it| it.0)));
    let reads_back = back(Box::new(seen.read.iter().copied()));
    let held = kept.holds()
        && seen.unavailable > 0
        && seen.slowest <= ANSWER
        && writes_back.max(reads_back) <= BACK;
    println!(
        r#"{{"experiment":"{}",{},"gap_s":{:.1},"writes_back_s":{:.1},"reads_back_s":{:.1},{},"ok":{held}}}"#,
        fault.name(),
        kept.json(),
        writes.as_secs_f64(),
        writes_back.as_secs_f64(),
        reads_back.as_secs_f64(),
        waiting(&seen),
    );
    Ok(held)
}
