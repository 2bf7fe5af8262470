//! The platform as a child process that can be killed and started again on the same data.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::http::{Connection, Site};
use crate::json::{self, Json};
use crate::process::binary;

const PATIENCE: Duration = Duration::from_secs(120);

/// A name and what opens it.
#[derive(Debug, Clone)]
pub struct Account {
    /// What one signs in as.
    pub name: String,
    /// Its password.
    pub password: String,
    /// The unit it acts for.
    pub unit: String,
}

/// A running server, where it keeps its data, as on its command line, and its log.
pub struct Server {
    child: Child,
    address: String,
    place: Vec<String>,
    log: PathBuf,
}

impl Server {
    /// Makes the demonstration data and serves it; answers with the mediator's account.
    pub fn start_demo(data: &Path, log: &Path) -> Result<(Self, Account), String> {
        Self::start_demo_at(vec!["--data".into(), data.display().to_string()], log)
    }

    /// The same, kept where these arguments say.
    pub fn start_demo_at(place: Vec<String>, log: &Path) -> Result<(Self, Account), String> {
        let address = free_address()?;
        let mut child = start(&["demo", "--cases", "50"], &address, &place, log)?;
        let lines = read_lines(&mut child)?;
        let mut server = Self { child, address, place, log: log.into() };
        let account = server.wait_for_account(&lines)?;
        server.wait_until_ready()?;
        Ok((server, account))
    }

    /// One more server on what is there already.
    pub fn beside(other: &Self) -> Result<Self, String> {
        let (place, log) = (other.place.clone(), other.log.clone());
        let address = free_address()?;
        let child = start(&["serve"], &address, &place, &log)?;
        let mut server = Self { child, address, place, log };
        read_lines(&mut server.child)?;
        server.wait_until_ready()?;
        Ok(server)
    }

    /// Where it listens.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Where it keeps its data, as on its command line.
    pub fn place(&self) -> &[String] {
        &self.place
    }

    /// kill -9, at once.
    pub fn kill(&mut self) -> Result<(), String> {
        if let Ok(Some(status)) = self.child.try_wait() {
            return Err(self.with_log(&format!("the server ended by itself with {status}")));
        }
        self.child.kill().map_err(|e| format!("kill: {e}"))?;
        self.child.wait().map(|_| ()).map_err(|e| format!("wait: {e}"))
    }

    /// Serves the same data again.
    pub fn serve(&mut self) -> Result<(), String> {
        self.child = start(&["serve"], &self.address, &self.place, &self.log)?;
        read_lines(&mut self.child)?;
        self.wait_until_ready()
    }

    /// Asks it to end, as a service manager would.
    pub fn stop(&mut self) -> Result<(), String> {
        let id = self.child.id().to_string();
        let asked = Command::new("sh").args(["-c", "kill -TERM \"$0\"", &id]).status();
        asked.map_err(|e| format!("kill -TERM: {e}"))?;
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().map_err(|e| format!("wait: {e}"))? {
                let how = || format!("asked to end, the server ended with {status}");
                return if status.success() { Ok(()) } else { Err(self.with_log(&how())) };
            }
            thread::sleep(Duration::from_millis(20));
        }
        Err(self.with_log("the server does not end when asked"))
    }

    fn wait_for_account(&mut self, lines: &Receiver<String>) -> Result<Account, String> {
        let began = Instant::now();
        while let Some(left) = PATIENCE.checked_sub(began.elapsed()) {
            let Ok(line) = lines.recv_timeout(left) else { break };
            if let Some(account) = json::parse(&line).as_ref().and_then(mediator) {
                return Ok(account);
            }
        }
        Err(self.with_log("the demo printed no line with `ready` and a mediator"))
    }

    fn wait_until_ready(&mut self) -> Result<(), String> {
        let site = Site { address: self.address.clone(), token: None };
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            let answer = Connection::open(&site).and_then(|mut it| it.get("/readyz"));
            if answer.is_ok_and(|it| it.status == 200) {
                return Ok(());
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(self.with_log(&format!("the server ended with {status}")));
            }
            thread::sleep(Duration::from_millis(10));
        }
        Err(self.with_log("the server is not ready"))
    }

    fn with_log(&self, reason: &str) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        let last = &lines[lines.len().saturating_sub(20)..];
        format!("{reason}\n{}", last.join("\n"))
    }
}

impl Drop for Server {
    /// A failed proof leaves no server behind; one that has ended already is no matter.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn start(args: &[&str], address: &str, place: &[String], log: &Path) -> Result<Child, String> {
    let log = OpenOptions::new().create(true).append(true).open(log);
    let log = log.map_err(|e| format!("the server's log: {e}"))?;
    let mut command = Command::new(binary());
    command.args(args).args(place).args(["--listen", address]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
    command.spawn().map_err(|e| format!("{}: {e}", binary().display()))
}

/// What the server says, line by line; it never waits for us to listen.
fn read_lines(child: &mut Child) -> Result<Receiver<String>, String> {
    let output = child.stdout.take().ok_or("the server has no output")?;
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            // Nobody listens any more once the account is known; the pipe is emptied all the same.
            let _ = sender.send(line);
        }
    });
    Ok(receiver)
}

fn mediator(line: &Json) -> Option<Account> {
    line.text("ready")?;
    let accounts = line.get("accounts")?.items();
    let account = accounts.iter().find(|it| it.text("role") == Some("mediator"))?;
    Some(Account {
        name: account.text("account")?.into(),
        password: account.text("password")?.into(),
        unit: account.text("unit").unwrap_or_default().into(),
    })
}

fn free_address() -> Result<String, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|e| format!("no free port: {e}"))?;
    listener.local_addr().map(|it| it.to_string()).map_err(|e| format!("no free port: {e}"))
}
