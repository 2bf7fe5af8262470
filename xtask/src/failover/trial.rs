//! What is done to the cluster, and what must be true afterwards.

use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::Choice;
use super::cluster::{Cluster, psql};
use super::load::{Load, Seen, gap};
use super::net::{From, Host, NODES};
use crate::http::Site;
use crate::prove::clerk::Clerk;
use crate::prove::lab::{Lab, case_body, copy_folder};
use crate::prove::server::{Launch, Server, tool};

/// The database of the platform on every server here.
pub const DATABASE: &str = "fengqiao";
/// Load before a fault, and after it is mended.
pub const CALM: Duration = Duration::from_secs(6);
/// How long a fault lasts: longer than it may take until another primary writes.
const FAULT: Duration = Duration::from_secs(35);
/// What is promised of a lost node, and of a planned switch.
const LOST_NODE: Duration = Duration::from_secs(30);
const PLANNED: Duration = Duration::from_secs(5);

/// What happens to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// Every process on the primary's node is ended at once.
    KillNode,
    /// The primary's node no longer reaches the others; clients still reach it.
    CutFromPeers,
    /// Another primary is asked for.
    Switch,
    /// Every process on the primary's node stands still, connections and all.
    Freeze,
    /// Nobody reaches the primary's node.
    CutOff,
    /// Every process on the node that acknowledges with the primary is ended.
    KillStandby,
}

use Fault::{CutFromPeers, CutOff, Freeze, KillNode, KillStandby, Switch};

impl Fault {
    fn name(self) -> &'static str {
        match self {
            KillNode => "failover-kill-node",
            CutFromPeers => "failover-cut-from-peers",
            Switch => "failover-planned-switch",
            Freeze => "failover-freeze-node",
            CutOff => "failover-cut-off-node",
            KillStandby => "failover-kill-standby",
        }
    }

    fn promise(self) -> Duration {
        if self == Switch { PLANNED } else { LOST_NODE }
    }

    fn begin(self, cluster: &Cluster, primary: &Host, standby: &Host) -> Result<(), String> {
        match self {
            KillNode => primary.signal("KILL"),
            CutFromPeers => primary.cut(From::Peers),
            Switch => cluster.switch(primary, standby),
            Freeze => primary.signal("STOP"),
            CutOff => primary.cut(From::All),
            KillStandby => standby.signal("KILL"),
        }
    }

    fn mend(self, cluster: &mut Cluster, primary: &Host, standby: &Host) -> Result<(), String> {
        match self {
            KillNode => cluster.start_node(primary),
            CutFromPeers | CutOff => primary.heal(),
            Switch => Ok(()),
            Freeze => primary.signal("CONT"),
            KillStandby => cluster.start_node(standby),
        }
    }
}

/// Two processes of the platform on one database, and who uses them.
pub struct Platform {
    lab: Lab,
    servers: [Server; 2],
    data: PathBuf,
    environment: [(String, String); 1],
}

impl Platform {
    /// Makes the demonstration on the database of these hosts and serves it twice.
    pub fn start(folder: &Path, hosts: &[Host]) -> Result<Self, String> {
        psql(&hosts[0], "postgres", &format!("create database {DATABASE}"))?;
        let names: Vec<_> = hosts.iter().map(|it| it.address.to_string()).collect();
        let address = format!("postgres://postgres@{}/{DATABASE}", names.join(","));
        let environment = [("FENGQIAO_DATABASE".to_string(), address)];
        let data = folder.join(format!("data-{}", hosts[0].name));
        let demo = Launch::demo(&data, 5).with(&environment);
        let (first, [account, county]) = demo.start_demo()?;
        // The second has the same keys, and what else the first keeps beside the database.
        let beside = folder.join(format!("beside-{}", hosts[0].name));
        copy_folder(&data, &beside)?;
        let second = Launch::serve(&beside).with(&environment).start()?;
        let (body, folder) = (case_body()?, folder.to_path_buf());
        let lab = Lab { seed: 0, long: false, account, county, body, folder };
        Ok(Self { lab, servers: [first, second], data, environment })
    }

    /// Starts the clients of an experiment.
    pub fn load(&self, run: &str) -> Result<(Clerk, Load), String> {
        let clerk = Clerk::sign_in(&self.lab, &self.servers[0])?;
        let at = |server: &Server| Site { address: server.address().into(), ..clerk.site.clone() };
        let load = Load::start(&clerk, &self.servers.each_ref().map(at), run);
        Ok((clerk, load))
    }

    /// Ends both, then has the program itself say that what is kept is sound.
    pub fn settle(mut self) -> Result<(), String> {
        self.servers.iter_mut().try_for_each(Server::stop)?;
        for question in ["recount", "verify"] {
            let ended = tool(&[question], &self.data, &self.environment);
            if ended.code != Some(0) {
                return Err(format!("{question}: {ended}"));
            }
        }
        Ok(())
    }
}

/// Every experiment on one cluster, one after the other; names those that did not hold.
pub fn run(folder: &Path, choice: &Choice) -> Result<Vec<String>, String> {
    let all = [KillNode, CutFromPeers, Switch, Freeze, CutOff, KillStandby];
    let faults = choice.of(&all, 3, Fault::name);
    if faults.is_empty() {
        return Ok(Vec::new());
    }
    let mut cluster = Cluster::start(folder)?;
    let (primary, _) = cluster.pair()?;
    let mut hosts = NODES.to_vec();
    hosts.sort_by_key(|it| *it != primary);
    let platform = Platform::start(folder, &hosts)?;
    let mut failed = Vec::new();
    for fault in faults {
        let held = one(fault, &mut cluster, &platform);
        match held.map_err(|reason| format!("{}: {reason}\n{}", fault.name(), cluster.logs()))? {
            true => {}
            false => failed.push(fault.name().to_string()),
        }
    }
    platform.settle()?;
    Ok(failed)
}

fn one(fault: Fault, cluster: &mut Cluster, platform: &Platform) -> Result<bool, String> {
    cluster.wait_until_whole()?;
    let (primary, standby) = cluster.pair()?;
    let (clerk, load) = platform.load(fault.name())?;
    sleep(CALM);
    let began = Instant::now();
    fault.begin(cluster, &primary, &standby)?;
    sleep(if fault == Switch { CALM * 2 } else { FAULT });
    fault.mend(cluster, &primary, &standby)?;
    let mended = Instant::now();
    sleep(CALM);
    let ended = Instant::now();
    let seen = load.finish()?;
    cluster.wait_until_whole()?;
    let rejoined = mended.elapsed();
    let equal = cluster.wait_until_equal(DATABASE).is_ok();
    let kept = Verdict::of(&seen, &clerk, fault.name())?;
    let writes = gap(seen.kept.iter().map(|it| it.0), began, ended);
    let reads = gap(seen.read.iter().copied(), began, ended);
    let held = kept.holds() && equal && writes <= fault.promise();
    println!(
        r#"{{"experiment":"{}",{},"gap_s":{:.1},"reads_gap_s":{:.1},{},"rejoin_s":{:.1},"equal":{equal},"ok":{held}}}"#,
        fault.name(),
        kept.json(),
        writes.as_secs_f64(),
        reads.as_secs_f64(),
        waiting(&seen),
        rejoined.as_secs_f64(),
    );
    Ok(held)
}

/// What those saw who had to wait.
pub fn waiting(seen: &Seen) -> String {
    format!(
        r#""answered_503":{},"cut_off":{},"slowest_s":{:.1}"#,
        seen.unavailable,
        seen.cut_off,
        seen.slowest.as_secs_f64()
    )
}

/// What was acknowledged against what is there.
pub struct Verdict {
    acknowledged: usize,
    lost: usize,
    duplicates: usize,
}

impl Verdict {
    /// Asks for every case that was acknowledged in this run, and for all there are of it.
    pub fn of(seen: &Seen, clerk: &Clerk, run: &str) -> Result<Self, String> {
        let kept: Vec<_> = seen.kept.iter().map(|it| it.1.clone()).collect();
        let lost = clerk.missing(&kept)?;
        for one in lost.iter().take(3) {
            println!("lost: {one}");
        }
        let duplicates = repeated(clerk.names()?, &format!("（{run}-"));
        Ok(Self { acknowledged: kept.len(), lost: lost.len(), duplicates })
    }

    /// Something was promised, and all of it kept, once.
    pub fn holds(&self) -> bool {
        self.acknowledged > 0 && self.lost == 0 && self.duplicates == 0
    }

    /// Its part of the line.
    pub fn json(&self) -> String {
        format!(
            r#""acknowledged":{},"lost":{},"duplicates":{}"#,
            self.acknowledged, self.lost, self.duplicates
        )
    }
}

/// How many of the names that hold this text are there more than once. Each case of ours has a name
/// of its own, so such a one was recorded twice.
fn repeated(mut names: Vec<String>, text: &str) -> usize {
    names.retain(|it| it.contains(text));
    let all = names.len();
    names.sort();
    names.dedup();
    all - names.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_that_is_there_twice_is_told_and_others_namesakes_are_not() {
        let names = |all: &[&str]| all.iter().map(ToString::to_string).collect();
        assert_eq!(
            repeated(names(&["甲（a-1）", "甲（a-2）", "乙（b-1）", "乙（b-1）"]), "（a-"),
            0
        );
        assert_eq!(repeated(names(&["甲（a-1）", "甲（a-2）", "甲（a-1）"]), "（a-"), 1);
    }

    #[test]
    fn nothing_promised_is_nothing_proved() {
        assert!(!Verdict { acknowledged: 0, lost: 0, duplicates: 0 }.holds());
        assert!(!Verdict { acknowledged: 9, lost: 1, duplicates: 0 }.holds());
        assert!(!Verdict { acknowledged: 9, lost: 0, duplicates: 1 }.holds());
        assert!(Verdict { acknowledged: 9, lost: 0, duplicates: 0 }.holds());
    }
}
