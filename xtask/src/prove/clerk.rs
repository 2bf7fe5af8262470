//! Who records cases in the experiments, and remembers what was promised.

use std::io;
use std::thread::{self, JoinHandle};

use super::lab::Lab;
use super::server::{Account, Server};
use crate::http::{Answer, Connection, Site, encoded};
use crate::json::{parse, quote};

/// Where cases are.
pub const CASES: &str = "/api/v1/records/mediation_case";
const COMMITTEES: &str = "/api/v1/records/mediation_committee?limit=1";
const READERS: usize = 8;

/// A mediator who has signed in.
#[derive(Debug, Clone)]
pub struct Clerk {
    /// The server, with the token of the session.
    pub site: Site,
    body: String,
}

/// A case that the server said it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledged {
    /// Its id.
    pub id: String,
    /// What tells it from all others.
    pub mark: String,
    /// The version that was answered.
    pub version: u64,
    /// The hash of the file that is attached; empty when none is.
    pub file: String,
}

/// A case to record, ready to be sent and sent again.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its idempotency key.
    pub key: String,
    /// What tells it from all others.
    pub mark: String,
    /// The whole case.
    pub body: String,
    file: String,
}

/// What became of many requests.
#[derive(Debug, Default)]
pub struct Sent {
    /// Answered with 201.
    pub acknowledged: Vec<Acknowledged>,
    /// Answered with something else.
    pub refused: Vec<(Request, Answer)>,
    /// Sent, or half sent, and never answered.
    pub cut_off: Vec<Request>,
}

/// Clients at work.
pub struct Clients(Vec<JoinHandle<Sent>>);

impl Clerk {
    /// Signs in over the API and looks up the committee that the account works in.
    pub fn sign_in(lab: &Lab, server: &Server) -> Result<Self, String> {
        let site = Site { address: server.address().into(), token: None };
        let answer = login(&lab.account, &site).map_err(|e| format!("signing in: {e}"))?;
        Self::signed_in(lab, site, &answer)
    }

    /// The same from the answer to a login.
    pub fn signed_in(lab: &Lab, mut site: Site, answer: &Answer) -> Result<Self, String> {
        let token = parse(&answer.body).and_then(|it| it.text("token").map(String::from));
        site.token = Some(token.ok_or_else(|| refused("signing in", answer))?);
        let body = lab.body.replace("{{unit}}", &lab.account.unit);
        let body = body.replace("{{committee}}", &own_committee(&site)?);
        Ok(Self { site, body })
    }

    /// One more connection.
    pub fn connect(&self) -> Result<Connection, String> {
        Connection::open(&self.site).map_err(|e| format!("{}: {e}", self.site.address))
    }

    /// A case that nobody has recorded yet.
    pub fn request(&self, mark: &str) -> Request {
        let body = self.body.replace("{{mark}}", mark);
        Request { key: format!("prove-{mark}"), mark: mark.into(), body, file: String::new() }
    }

    /// The same with a file that was uploaded before; `kept` is the answer to that.
    pub fn request_with_file(&self, mark: &str, kept: &str) -> Request {
        let mut request = self.request(mark);
        let material = format!(r#"{{"type":"D01","pages":1,"file":{}}}"#, quote(kept));
        request.body = request.body.replacen('{', &format!(r#"{{"materials":[{material}],"#), 1);
        request.file = kept.split(' ').next().unwrap_or_default().into();
        request
    }

    /// Starts clients that record until the connection is lost, one is refused, or `most` are done.
    pub fn load(&self, run: &str, clients: usize, most: usize) -> Clients {
        let start_one = |client| {
            let (clerk, run) = (self.clone(), format!("{run}-{client}"));
            thread::spawn(move || clerk.work(&run, most))
        };
        Clients((0..clients).map(start_one).collect())
    }

    fn work(&self, run: &str, most: usize) -> Sent {
        let mut sent = Sent::default();
        let Ok(mut connection) = self.connect() else { return sent };
        for number in 0..most {
            let request = self.request(&format!("{run}-{number}"));
            let Ok(answer) = post(&mut connection, &request) else {
                sent.cut_off.push(request);
                break;
            };
            match acknowledged(&request, &answer) {
                Ok(case) => sent.acknowledged.push(case),
                Err(_) => {
                    sent.refused.push((request, answer));
                    break;
                }
            }
        }
        sent
    }

    /// Records one case.
    pub fn record(&self, request: &Request) -> Result<Acknowledged, String> {
        acknowledged(request, &self.send(request)?)
    }

    /// Sends one case on a connection of its own.
    pub fn send(&self, request: &Request) -> Result<Answer, String> {
        post(&mut self.connect()?, request).map_err(|e| format!("sending {}: {e}", request.key))
    }

    /// Uploads a file that is seen to be a PDF; answers with what its field is given.
    pub fn upload(&self, mark: &str) -> Result<Answer, String> {
        let headers = [("Content-Type", "application/pdf"), ("X-File-Name", "scan.pdf")];
        let bytes = format!("%PDF-1.4\n%{mark}\n");
        let answer = self.connect()?.ask("POST", "/api/v1/files", &headers, &bytes);
        answer.map_err(|e| format!("uploading: {e}"))
    }

    /// Changes one field of a case that has this version.
    pub fn change(&self, id: &str, version: u64, body: &str) -> Result<Answer, String> {
        let version = format!("\"{version}\"");
        let headers = [("Content-Type", "application/json"), ("If-Match", version.as_str())];
        let answer = self.connect()?.ask("PATCH", &format!("{CASES}/{id}"), &headers, body);
        answer.map_err(|e| format!("changing {id}: {e}"))
    }

    /// Sends a cut-off request twice more with its own key: both times it must be the same case.
    pub fn send_again(&self, request: &Request) -> Result<Acknowledged, String> {
        let (first, second) = (self.record(request)?, self.record(request)?);
        if first == second && self.missing(std::slice::from_ref(&first))?.is_empty() {
            return Ok(first);
        }
        Err(format!("the key {} made two cases: {} and {}", request.key, first.id, second.id))
    }

    /// Those of `cases` that are not there, or not as they were sent.
    pub fn missing(&self, cases: &[Acknowledged]) -> Result<Vec<String>, String> {
        let share = cases.len().div_ceil(READERS).max(1);
        thread::scope(|scope| {
            let ask = |part| scope.spawn(move || self.missing_of(part));
            let asked: Vec<_> = cases.chunks(share).map(ask).collect();
            let mut all = Vec::new();
            for one in asked {
                all.extend(one.join().map_err(|_| "a reader panicked")??);
            }
            Ok(all)
        })
    }

    fn missing_of(&self, cases: &[Acknowledged]) -> Result<Vec<String>, String> {
        let mut connection = self.connect()?;
        let mut missing = Vec::new();
        for case in cases {
            let path = format!("{CASES}/{}", case.id);
            let answer = connection.get(&path).map_err(|e| format!("{path}: {e}"))?;
            let version = parse(&answer.body).and_then(|it| it.number("version"));
            let mut whole = answer.status == 200
                && answer.body.contains(&case.mark)
                && version >= Some(case.version);
            if !case.file.is_empty() {
                let path = format!("{path}/files/{}", case.file);
                let file = connection.get(&path).map_err(|e| format!("{path}: {e}"))?;
                whole &= file.status == 200 && file.body.contains("%PDF");
            }
            if !whole {
                missing.push(format!("{path} ({case:?}): {} {}", answer.status, answer.body));
            }
        }
        Ok(missing)
    }

    /// How many cases carry this mark.
    pub fn count(&self, mark: &str) -> Result<usize, String> {
        // The brackets end the mark, so that `a-1` is not found in `a-10`.
        let marked = format!("（{mark}）");
        Ok(self.names()?.iter().filter(|name| name.contains(&marked)).count())
    }

    /// The names of all cases that the clerk sees.
    pub fn names(&self) -> Result<Vec<String>, String> {
        let (mut connection, mut after, mut names) = (self.connect()?, String::new(), Vec::new());
        loop {
            let path = format!("{CASES}?limit=200&fields=*{after}");
            let answer = connection.get(&path).map_err(|e| format!("{path}: {e}"))?;
            let page = parse(&answer.body).ok_or_else(|| refused("listing cases", &answer))?;
            let items = page.get("items").ok_or_else(|| refused("listing cases", &answer))?.items();
            names.extend(items.iter().filter_map(|it| it.text("case_name").map(String::from)));
            match page.text("next") {
                Some(next) => after = format!("&after={}", encoded(next)),
                None => return Ok(names),
            }
        }
    }
}

impl Clients {
    /// Waits for all of them.
    pub fn collect(self) -> Result<Sent, String> {
        let mut all = Sent::default();
        for client in self.0 {
            let sent = client.join().map_err(|_| "a client panicked")?;
            all.acknowledged.extend(sent.acknowledged);
            all.refused.extend(sent.refused);
            all.cut_off.extend(sent.cut_off);
        }
        Ok(all)
    }
}

/// Asks for a token.
pub fn login(account: &Account, site: &Site) -> io::Result<Answer> {
    let (name, password) = (quote(&account.name), quote(&account.password));
    let body = format!(r#"{{"account":{name},"password":{password}}}"#);
    Connection::open(site)?.post("/api/v1/login", None, &body)
}

/// What an answer with 201 promises.
pub fn acknowledged(request: &Request, answer: &Answer) -> Result<Acknowledged, String> {
    let read = parse(&answer.body);
    let id = read.as_ref().and_then(|it| it.text("id").map(String::from));
    let version = read.as_ref().and_then(|it| it.number("version"));
    match (answer.status, id, version) {
        (201, Some(id), Some(version)) => {
            let (mark, file) = (request.mark.clone(), request.file.clone());
            Ok(Acknowledged { id, mark, version, file })
        }
        _ => Err(refused("recording a case", answer)),
    }
}

/// Whether an answer says clearly that nothing was kept, and for now only.
pub fn is_clear_refusal(answer: &Answer) -> bool {
    let problem = answer.media.starts_with("application/problem+json");
    let detail = parse(&answer.body).is_some_and(|it| it.text("detail").is_some());
    matches!(answer.status, 503 | 507) && problem && detail
}

/// An answer that was not hoped for, in words.
pub fn refused(what: &str, answer: &Answer) -> String {
    format!("{what} was answered with {}: {}", answer.status, answer.body)
}

/// The committee that the account works in: the only one it sees.
fn own_committee(site: &Site) -> Result<String, String> {
    let answer = Connection::open(site)
        .and_then(|mut it| it.get(COMMITTEES))
        .map_err(|e| format!("asking for the committee: {e}"))?;
    let read = parse(&answer.body);
    let first = read.as_ref().and_then(|it| it.get("items")?.items().first()?.text("id"));
    first.map(String::from).ok_or_else(|| refused("asking for the committee", &answer))
}

fn post(connection: &mut Connection, request: &Request) -> io::Result<Answer> {
    connection.post(CASES, Some(&request.key), &request.body)
}
