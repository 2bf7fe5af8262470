//! The platform as a child process: started on a data folder, killed, stopped, asked to verify.

use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::http::{Connection, Site};
use crate::json::{self, Json};
use crate::process::binary;

/// Three nodes and their clients on two busy cores need minutes to make the first cases.
const PATIENCE: Duration = Duration::from_secs(480);

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

/// How a server is to be started.
#[derive(Debug, Clone)]
pub struct Launch {
    /// Its data folder.
    pub data: PathBuf,
    /// The command and its options, without those for data and address.
    pub args: Vec<String>,
    /// What its environment holds beside our own.
    pub environment: Vec<(String, String)>,
}

/// A program that has ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// What it said last.
    pub words: String,
}

/// A running server and its log.
pub struct Server {
    child: Child,
    address: String,
    log: PathBuf,
    lines: Receiver<String>,
}

impl Launch {
    /// `fengqiao serve` on a data folder.
    pub fn serve(data: &Path) -> Self {
        Self { data: data.into(), args: vec!["serve".into()], environment: Vec::new() }
    }

    /// `fengqiao demo` with so many cases.
    pub fn demo(data: &Path, cases: u32) -> Self {
        let args = ["demo", "--cases", &cases.to_string()].map(String::from).to_vec();
        Self { args, ..Self::serve(data) }
    }

    /// Starts a demonstration; answers with the accounts of the mediator and of the county.
    pub fn start_demo(&self) -> Result<(Server, [Account; 2]), String> {
        let server = self.start()?;
        let line = server.lines.recv_timeout(PATIENCE).ok().and_then(|it| json::parse(&it));
        let of = |role| line.as_ref().and_then(|line| account(line, role));
        match (of("mediator"), of("county")) {
            (Some(mediator), Some(county)) => Ok((server, [mediator, county])),
            _ => Err("the demo printed no line with a mediator and a county".into()),
        }
    }

    /// The same with more in its environment.
    pub fn with(mut self, environment: &[(String, String)]) -> Self {
        self.environment.extend_from_slice(environment);
        self
    }

    /// Starts it and waits until it is ready, or has ended.
    pub fn start(&self) -> Result<Server, Ended> {
        let mut server = self.spawn().map_err(Ended::before)?;
        server.wait_until_ready()?;
        Ok(server)
    }

    /// Starts it and does not wait.
    pub fn spawn(&self) -> Result<Server, String> {
        let log = self.data.with_extension("log");
        let file = File::create(&log).map_err(|e| format!("{}: {e}", log.display()))?;
        let address = free_address()?;
        let mut command = Command::new(binary());
        command.args(&self.args).arg("--data").arg(&self.data).args(["--listen", &address]);
        command.envs(self.environment.iter().cloned());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(file);
        let mut child = command.spawn().map_err(|e| format!("{}: {e}", binary().display()))?;
        let lines = read_lines(&mut child)?;
        Ok(Server { child, address, log, lines })
    }
}

impl Server {
    /// Makes the demonstration data and serves it; answers with the accounts of the mediator and of
    /// the county.
    pub fn start_demo(data: &Path) -> Result<(Self, [Account; 2]), String> {
        Launch::demo(data, 50).start_demo()
    }

    /// Where it listens.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// kill -9, at once. One that has ended by itself is an error.
    pub fn kill(&mut self) -> Result<(), String> {
        if let Some(ended) = self.ended() {
            return Err(format!("the server ended by itself: {ended}"));
        }
        self.child.kill().map_err(|e| format!("kill: {e}"))?;
        self.child.wait().map(|_| ()).map_err(|e| format!("wait: {e}"))
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<Ended> {
        let status = self.child.try_wait().ok().flatten()?;
        Some(self.with_words(status))
    }

    /// Asks it to end, as a service manager would, and waits.
    pub fn end(&mut self) -> Ended {
        let id = self.child.id().to_string();
        // One that has ended already needs no asking.
        let _ = Command::new("sh").args(["-c", "kill -TERM \"$0\"", &id]).output();
        self.wait()
    }

    /// Waits until it ends by itself.
    pub fn wait(&mut self) -> Ended {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if let Some(ended) = self.ended() {
                return ended;
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ended::before("the server does not end".into())
    }

    /// Asks it to end; anything but a good end is an error.
    pub fn stop(&mut self) -> Result<(), String> {
        match self.end() {
            Ended { code: Some(0), .. } => Ok(()),
            ended => Err(format!("asked to end, the server ended: {ended}")),
        }
    }

    fn wait_until_ready(&mut self) -> Result<(), Ended> {
        let site = Site { address: self.address.clone(), token: None };
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            let answer = Connection::open(&site).and_then(|mut it| it.get("/readyz"));
            if answer.is_ok_and(|it| it.status == 200) {
                return Ok(());
            }
            if let Some(ended) = self.ended() {
                return Err(ended);
            }
            thread::sleep(Duration::from_millis(5));
        }
        Err(Ended::before("the server is not ready".into()))
    }

    fn with_words(&self, status: ExitStatus) -> Ended {
        Ended::new(status, &std::fs::read_to_string(&self.log).unwrap_or_default())
    }
}

impl Drop for Server {
    /// A failed proof leaves no server behind; one that has ended already is no matter.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ended {
    fn new(status: ExitStatus, said: &str) -> Self {
        let lines: Vec<_> = said.lines().collect();
        let last = &lines[lines.len().saturating_sub(20)..];
        Self { code: status.code(), words: last.join("\n") }
    }

    fn before(reason: String) -> Self {
        Self { code: None, words: reason }
    }

    /// Whether it stopped with a sentence for the operator, neither silent nor in a panic.
    pub fn is_clear_refusal(&self) -> bool {
        let chinese = self.words.chars().any(|it| ('\u{4e00}'..='\u{9fff}').contains(&it));
        self.code == Some(1) && chinese && !self.words.contains("panicked")
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => write!(f, "exit code {code}: {}", self.words),
            None => write!(f, "no exit code: {}", self.words),
        }
    }
}

impl From<Ended> for String {
    fn from(ended: Ended) -> Self {
        ended.to_string()
    }
}

/// Runs a command of the program on a data folder to its end.
pub fn tool(args: &[&str], data: &Path, environment: &[(String, String)]) -> Ended {
    let mut command = Command::new(binary());
    command.args(args).arg("--data").arg(data).envs(environment.iter().cloned());
    match command.stdin(Stdio::null()).output() {
        Ok(done) => {
            let said = [done.stdout, done.stderr].concat();
            Ended::new(done.status, &String::from_utf8_lossy(&said))
        }
        Err(error) => Ended::before(error.to_string()),
    }
}

/// What `verify` and `recount` have to complain of; nothing when all is well.
pub fn complaints(data: &Path) -> Vec<String> {
    complaints_of(data).iter().map(Ended::to_string).collect()
}

/// The same, as the commands ended.
pub fn complaints_of(data: &Path) -> Vec<Ended> {
    let asked = ["verify", "recount"].map(|question| tool(&[question], data, &[]));
    asked.into_iter().filter(|it| it.code != Some(0)).collect()
}

/// What the server says, line by line; it never waits for us to listen.
fn read_lines(child: &mut Child) -> Result<Receiver<String>, String> {
    let output = child.stdout.take().ok_or("the server has no output")?;
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            // Nobody may listen any more; the pipe is emptied all the same.
            let _ = sender.send(line);
        }
    });
    Ok(receiver)
}

fn account(line: &Json, role: &str) -> Option<Account> {
    let accounts = line.get("accounts")?.items();
    let account = accounts.iter().find(|it| it.text("role") == Some(role))?;
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
