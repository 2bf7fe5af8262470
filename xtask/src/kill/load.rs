//! The clients of `prove-kill`: they record cases and remember what they were promised.

use std::io;
use std::thread::{self, JoinHandle};

use super::server::Account;
use crate::http::{Answer, Connection, Site};
use crate::json::{parse, quote};

const CLIENTS: usize = 8;
/// Where cases are.
pub const CASES: &str = "/api/v1/records/mediation_case";
/// Where the account's own committee is.
pub const COMMITTEES: &str = "/api/v1/records/mediation_committee?limit=1";

/// What one round sends.
pub struct Load<'a> {
    /// The case, with `{{committee}}`, `{{unit}}` and `{{mark}}` to be filled in.
    pub body: &'a str,
    /// Who records.
    pub account: &'a Account,
    /// Tells this round's cases from all others.
    pub run: String,
}

/// A case that the server said it has.
#[derive(Debug, Clone)]
pub struct Acknowledged {
    id: String,
    mark: String,
}

/// A request, ready to be sent and sent again.
#[derive(Debug)]
pub struct Request {
    key: String,
    mark: String,
    body: String,
}

/// What became of a round's requests.
#[derive(Default)]
pub struct Sent {
    /// Answered with 201.
    pub acknowledged: Vec<Acknowledged>,
    /// Sent, or half sent, and never answered.
    pub cut_off: Vec<Request>,
}

/// Clients at work.
pub struct Clients(Vec<JoinHandle<Result<Sent, String>>>);

impl Load<'_> {
    /// Signs in over the API.
    pub fn sign_in(&self, address: &str) -> Result<Site, String> {
        let Account { name, password, .. } = self.account;
        let body = format!(r#"{{"account":{},"password":{}}}"#, quote(name), quote(password));
        let mut site = Site { address: address.to_string(), token: None };
        let answer = Connection::open(&site)
            .and_then(|mut it| it.post("/api/v1/login", None, &body))
            .map_err(|e| format!("signing in: {e}"))?;
        let token = parse(&answer.body).and_then(|it| it.text("token").map(String::from));
        site.token = Some(token.ok_or_else(|| refused("signing in", &answer))?);
        Ok(site)
    }

    /// The case with everything filled in but its mark.
    pub fn body_for(&self, site: &Site) -> Result<String, String> {
        let body = self.body.replace("{{unit}}", &self.account.unit);
        Ok(body.replace("{{committee}}", &own_committee(site)?))
    }

    /// Starts the clients; each works until its connection is lost.
    pub fn start(&self, site: &Site) -> Result<Clients, String> {
        let body = self.body_for(site)?;
        let start_one = |client| {
            let (site, run, body) = (site.clone(), format!("{}-{client}", self.run), body.clone());
            thread::spawn(move || work(&site, &run, &body))
        };
        Ok(Clients((0..CLIENTS).map(start_one).collect()))
    }
}

impl Clients {
    /// Waits for all of them.
    pub fn collect(self) -> Result<Sent, String> {
        let mut all = Sent::default();
        for client in self.0 {
            let sent = client.join().map_err(|_| "a client panicked")??;
            all.acknowledged.extend(sent.acknowledged);
            all.cut_off.extend(sent.cut_off);
        }
        Ok(all)
    }
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

fn work(site: &Site, run: &str, body: &str) -> Result<Sent, String> {
    let mut sent = Sent::default();
    let Ok(mut connection) = Connection::open(site) else { return Ok(sent) };
    for number in 0.. {
        let mark = format!("{run}-{number}");
        let body = body.replace("{{mark}}", &mark);
        let request = Request { key: format!("kill-{mark}"), mark, body };
        let Ok(answer) = post(&mut connection, &request) else {
            sent.cut_off.push(request);
            break;
        };
        sent.acknowledged.push(acknowledged(&request, &answer)?);
    }
    Ok(sent)
}

fn post(connection: &mut Connection, request: &Request) -> io::Result<Answer> {
    connection.post(CASES, Some(&request.key), &request.body)
}

fn acknowledged(request: &Request, answer: &Answer) -> Result<Acknowledged, String> {
    let id = parse(&answer.body).and_then(|it| it.text("id").map(String::from));
    match (answer.status, id) {
        (201, Some(id)) => Ok(Acknowledged { id, mark: request.mark.clone() }),
        _ => Err(refused("recording a case", answer)),
    }
}

/// Sends a cut-off request twice more with its own key: both times it must be the same case.
pub fn send_again(site: &Site, request: &Request) -> Result<Acknowledged, String> {
    let once = || {
        let answer = Connection::open(site).and_then(|mut it| post(&mut it, request));
        acknowledged(request, &answer.map_err(|e| format!("sending again: {e}"))?)
    };
    let (first, second) = (once()?, once()?);
    if first.id == second.id && missing(site, std::slice::from_ref(&first))?.is_empty() {
        return Ok(first);
    }
    Err(format!("the key {} made two cases: {} and {}", request.key, first.id, second.id))
}

/// Those of `cases` that are not there, or not as they were sent.
pub fn missing(site: &Site, cases: &[Acknowledged]) -> Result<Vec<String>, String> {
    let share = cases.len().div_ceil(CLIENTS).max(1);
    thread::scope(|scope| {
        let ask = |part| scope.spawn(move || missing_of(site, part));
        let asked: Vec<_> = cases.chunks(share).map(ask).collect();
        let mut all = Vec::new();
        for one in asked {
            all.extend(one.join().map_err(|_| "a reader panicked")??);
        }
        Ok(all)
    })
}

fn missing_of(site: &Site, cases: &[Acknowledged]) -> Result<Vec<String>, String> {
    let mut connection = Connection::open(site).map_err(|e| format!("asking: {e}"))?;
    let mut missing = Vec::new();
    for case in cases {
        let path = format!("{CASES}/{}", case.id);
        let answer = connection.get(&path).map_err(|e| format!("{path}: {e}"))?;
        if answer.status != 200 || !answer.body.contains(&case.mark) {
            missing.push(format!("{path} (mark {}): {}", case.mark, answer.status));
        }
    }
    Ok(missing)
}

/// An answer that was not expected, in words.
pub fn refused(what: &str, answer: &Answer) -> String {
    format!("{what} was answered with {}: {}", answer.status, answer.body)
}
