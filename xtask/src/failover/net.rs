//! Hosts without machines: network namespaces on one bridge, each reached by its own address. The
//! bridge stands in the namespace of the laboratory itself, where the program and its clients run.

use std::net::Ipv4Addr;
use std::process::{Command, Stdio};

use crate::process::command;

/// A host: the processes in it are ended, frozen and cut off together, as those of a machine are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Host {
    /// For example `n1`.
    pub name: &'static str,
    /// Set aside for tests of networks (RFC 2544); it leads nowhere else.
    pub address: Ipv4Addr,
}

/// From whom a host is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// From all others.
    All,
    /// From the other nodes; clients still reach it.
    Peers,
}

const BRIDGE: &str = "198.18.77.1/24";

/// The three nodes of the cluster.
pub const NODES: [Host; 3] = [host("n1", 11), host("n2", 12), host("n3", 13)];
/// The database without a cluster.
pub const ALONE: Host = host("alone", 14);

const fn host(name: &'static str, last: u8) -> Host {
    Host { name, address: Ipv4Addr::new(198, 18, 77, last) }
}

/// Makes the bridge and every host.
pub fn build() -> Result<(), String> {
    ip("link set lo up")?;
    ip("link add hub type bridge")?;
    ip(&format!("addr add {BRIDGE} dev hub"))?;
    ip("link set hub up")?;
    NODES.iter().chain([&ALONE]).try_for_each(join)
}

fn join(host: &Host) -> Result<(), String> {
    let Host { name, address } = host;
    ip(&format!("netns add {name}"))?;
    ip(&format!("link add to-{name} type veth peer name eth0 netns {name}"))?;
    ip(&format!("link set to-{name} master hub up"))?;
    ip(&format!("-n {name} addr add {address}/24 dev eth0"))?;
    ip(&format!("-n {name} link set eth0 up"))?;
    ip(&format!("-n {name} link set lo up"))
}

fn ip(words: &str) -> Result<(), String> {
    quiet(command("ip", &words.split(' ').collect::<Vec<_>>()))
}

impl Host {
    /// A program to be started in this host as the user `postgres`, who alone may run a database.
    pub fn inside(&self, program: &str, args: &[&str]) -> Command {
        let user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"];
        let way = [&["netns", "exec", self.name], &user[..], &[program], args].concat();
        let mut inside = command("ip", &way);
        inside.current_dir("/").stdin(Stdio::null());
        inside
    }

    /// Sends a signal to every process in it.
    pub fn signal(&self, name: &str) -> Result<(), String> {
        let mut ids = self.processes()?;
        if ids.is_empty() {
            return Err(format!("nothing runs in {}", self.name));
        }
        // Once more for one that was begun between the two commands.
        for _ in 0..2 {
            let args = [&["-s".to_string(), name.to_string()], &ids[..]].concat();
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            // One that ended by itself meanwhile is no matter.
            let sent = command("kill", &args).stderr(Stdio::null()).status();
            sent.map_err(|e| format!("kill: {e}"))?;
            ids = self.processes()?;
        }
        Ok(())
    }

    fn processes(&self) -> Result<Vec<String>, String> {
        let listed = output(&mut command("ip", &["netns", "pids", self.name]))?;
        Ok(listed.split_whitespace().map(String::from).collect())
    }

    /// Drops every packet from and to whom it is cut off from, without a word to either side.
    pub fn cut(&self, from: From) -> Result<(), String> {
        let whom = match from {
            From::All => "0.0.0.0/0".to_string(),
            From::Peers => {
                let peers = NODES.iter().filter(|it| *it != self);
                peers.map(|it| it.address.to_string()).collect::<Vec<_>>().join(", ")
            }
        };
        let chain = |name: &str, end: &str, device: &str| {
            format!(
                "chain {name} {{ type filter hook {name} priority 0; {device} lo accept; \
                 ip {end} {{ {whom} }} drop; }}"
            )
        };
        let (input, output) = (chain("input", "saddr", "iif"), chain("output", "daddr", "oif"));
        self.nft(&format!("table inet cut {{ {input}\n{output}\n}}"))
    }

    /// Undoes [`Host::cut`].
    pub fn heal(&self) -> Result<(), String> {
        self.nft("delete table inet cut")
    }

    fn nft(&self, rules: &str) -> Result<(), String> {
        quiet(command("ip", &["netns", "exec", self.name, "nft", rules]))
    }
}

/// Runs to the end; what it said is told only when it fails.
pub fn quiet(mut command: Command) -> Result<(), String> {
    output(&mut command).map(|_| ())
}

/// What a program says on its standard output.
pub fn output(command: &mut Command) -> Result<String, String> {
    let name = format!("{command:?}");
    let done = command.output().map_err(|e| format!("{name}: {e}"))?;
    if done.status.success() {
        return Ok(String::from_utf8_lossy(&done.stdout).into_owned());
    }
    Err(format!("{name} ended with {}: {}", done.status, String::from_utf8_lossy(&done.stderr)))
}
