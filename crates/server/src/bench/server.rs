//! The real server as a child process, and what the system says of it.

use super::http::{Client, Question};
use crate::{app::Trouble, cli::config::Config};
use serde_json::Value as Json;
use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// A running server.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: String,
    /// From being started to answering.
    pub started_in: Duration,
    /// Whether the database is another program, whose work counts as well.
    with_database: bool,
}

fn words(text: impl Into<String>) -> Trouble {
    Trouble::Words(text.into())
}

impl Server {
    /// Starts this very program on the data and waits until it answers.
    pub async fn start(config: &Config) -> Result<Self, Trouble> {
        let begun = Instant::now();
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&config.data);
        if let Some(address) = &config.database {
            command.args(["--database", address]);
        }
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let out = child.stdout.take().ok_or_else(|| words("服务没有输出"))?;
        let line = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            BufReader::new(out).read_line(&mut line).map(|_| line)
        });
        let line = line.await.map_err(|error| words(error.to_string()))??;
        let ready: Json = serde_json::from_str(&line).unwrap_or_default();
        let address = ready["ready"].as_str().and_then(|url| url.strip_prefix("http://"));
        let Some(address) = address.map(str::to_owned) else {
            child.kill()?;
            return Err(words(format!("服务没有启动：{line}")));
        };
        let with_database = config.database.is_some();
        let mut server = Self { child, address, started_in: Duration::ZERO, with_database };
        let mut client = Client::connect(&server.address).await?;
        let answer = client.ask(&Question::get("/readyz", "")).await?;
        if answer.status != 200 {
            return Err(words(format!("服务没有就绪：{}", answer.text())));
        }
        server.started_in = begun.elapsed();
        Ok(server)
    }

    fn proc(&self, file: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).unwrap_or_default()
    }

    /// CPU seconds spent so far, of user and system, by the server and by PostgreSQL on this
    /// machine.
    pub fn cpu(&self) -> f64 {
        let own = cpu_of(&self.proc("stat"));
        if self.with_database { own + database_cpu() } else { own }
    }

    /// A figure of `/proc/PID/status` in KiB: `VmRSS`, `VmHWM`.
    pub fn memory(&self, name: &str) -> u64 {
        memory_of(&self.proc("status"), name)
    }

    /// Forgets the high-water mark of memory, so that the next one is of what comes now.
    pub fn forget_peak(&self) {
        // Where the system does not allow it, the peak stays that of the whole run.
        let _ = fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What all processes named `postgres` have spent.
fn database_cpu() -> f64 {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let stats = processes.filter_map(|it| fs::read_to_string(it.path().join("stat")).ok());
    stats.filter(|stat| stat.contains("(postgres)")).map(|stat| cpu_of(&stat)).sum()
}

/// User and system time of `/proc/PID/stat`, which counts hundredths.
fn cpu_of(stat: &str) -> f64 {
    let fields: Vec<&str> =
        stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|f| f.parse::<u64>().ok()).unwrap_or(0);
    (ticks(11) + ticks(12)) as f64 / 100.0
}

fn memory_of(status: &str, name: &str) -> u64 {
    let line = status.lines().find(|line| line.split(':').next() == Some(name));
    line.and_then(|l| l.split_whitespace().nth(1)).and_then(|n| n.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_a_process_are_read() {
        let stat = "7 (a b) c) S 1 7 7 0 -1 4194560 123 0 0 0 250 50 0 0 20 0 3 0 99 1 2";
        assert!((cpu_of(stat) - 3.0).abs() < 1e-9);
        let status = "Name:\tx\nVmHWM:\t  2048 kB\nVmRSS:\t  1024 kB\n";
        assert_eq!((memory_of(status, "VmRSS"), memory_of(status, "VmHWM")), (1024, 2048));
    }
}
