//! What is done to the cluster, and what must be true afterwards.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::cluster::{Cluster, psql};
use super::load::{Kept, Load, Seen, all_cases, gap};
use super::net::{From, Host, NODES, output};
use crate::http::Site;
use crate::kill::{
    case_body,
    load::Load as Sender,
    server::{Account, Server},
};
use crate::process::{binary, command};

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
    servers: [Server; 2],
    account: Account,
}

impl Platform {
    /// Makes the demonstration on the database of these hosts and serves it twice.
    pub fn start(folder: &Path, hosts: &[Host]) -> Result<Self, String> {
        psql(&hosts[0], "postgres", &format!("create database {DATABASE}"))?;
        let names: Vec<_> = hosts.iter().map(|it| it.address.to_string()).collect();
        let address = format!("postgres://postgres@{}/{DATABASE}", names.join(","));
        let data = folder.join(format!("data-{}", hosts[0].name));
        let place = ["--data", &data.to_string_lossy(), "--database", &address].map(String::from);
        let log = folder.join("fengqiao.log");
        let (first, account) = Server::start_demo_at(place.to_vec(), &log)?;
        let second = Server::beside(&first)?;
        Ok(Self { servers: [first, second], account })
    }

    /// Starts the clients of an experiment.
    pub fn load(&self, run: &str) -> Result<(Vec<Site>, Load), String> {
        let body = case_body()?;
        let sender = Sender { body: &body, account: &self.account, run: String::new() };
        let first = sender.sign_in(self.servers[0].address())?;
        let body = sender.body_for(&first)?;
        let other = Site { address: self.servers[1].address().into(), ..first.clone() };
        let sites = vec![first, other];
        let load = Load::start(&sites, &body, run);
        Ok((sites, load))
    }

    /// Ends both, then has the program itself say that what is kept is sound.
    pub fn settle(mut self) -> Result<(), String> {
        let place = self.servers[0].place().to_vec();
        self.servers.iter_mut().try_for_each(Server::stop)?;
        for question in ["recount", "verify"] {
            output(command(&binary().to_string_lossy(), &[question]).args(&place))?;
        }
        Ok(())
    }
}

/// Every experiment on one cluster, one after the other; names those that did not hold.
pub fn run(folder: &Path, short: bool) -> Result<Vec<String>, String> {
    let mut cluster = Cluster::start(folder)?;
    let (primary, _) = cluster.pair()?;
    let mut hosts = NODES.to_vec();
    hosts.sort_by_key(|it| *it != primary);
    let platform = Platform::start(folder, &hosts)?;
    let faults: &[Fault] = if short {
        &[KillNode, CutFromPeers, Switch]
    } else {
        &[KillNode, CutFromPeers, Switch, Freeze, CutOff, KillStandby]
    };
    let mut failed = Vec::new();
    for fault in faults {
        let held = one(*fault, &mut cluster, &platform);
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
    let (sites, load) = platform.load(fault.name())?;
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
    let kept = Verdict::of(&seen.kept, &all_cases(&sites[0])?);
    let writes = gap(seen.kept.iter().map(|it| it.at), began, ended);
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
    /// Compares.
    pub fn of(kept: &[Kept], there: &BTreeMap<String, HashSet<String>>) -> Self {
        let is_there = |it: &Kept| there.get(&it.mark).is_some_and(|ids| ids.contains(&it.id));
        Self {
            acknowledged: kept.len(),
            lost: kept.iter().filter(|it| !is_there(it)).count(),
            duplicates: there.values().filter(|ids| ids.len() > 1).count(),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_that_is_gone_or_there_twice_is_told() {
        let case =
            |id: &str, mark: &str| Kept { id: id.into(), mark: mark.into(), at: Instant::now() };
        let there = |pairs: &[(&str, &[&str])]| {
            let ids = |ids: &[&str]| ids.iter().map(ToString::to_string).collect();
            pairs.iter().map(|(mark, all)| ((*mark).to_string(), ids(all))).collect()
        };
        let judge = |pairs| {
            let verdict = Verdict::of(&[case("1", "a"), case("2", "b")], &there(pairs));
            (verdict.lost, verdict.duplicates, verdict.holds())
        };
        assert_eq!(judge(&[("a", &["1"]), ("b", &["2"])]), (0, 0, true));
        assert_eq!(judge(&[("a", &["1"])]), (1, 0, false));
        assert_eq!(judge(&[("a", &["1"]), ("b", &["2", "3"])]), (0, 1, false));
        assert!(!Verdict::of(&[], &there(&[])).holds());
    }
}
