//! kill -9 under load: what was acknowledged survives, and nothing is kept by halves.
//!
//! One data folder lives through all rounds. In each round eight clients record cases as fast as
//! they are answered, the server is killed at a moment nobody chose, and is started again. Then:
//! every acknowledged case is there with what was sent; every request that was cut off can be sent
//! again with its key and makes one case, not two. After the last round all cases of all rounds are
//! asked for once more, and `verify` and `recount` must agree with what is kept.

use std::time::{Duration, Instant};

use super::clerk::{Acknowledged, Clerk, Sent, refused};
use super::lab::Lab;
use super::outcome::Outcome;
use super::server::{Launch, Server, complaints};

const CLIENTS: usize = 8;
const SOON_ENOUGH: Duration = Duration::from_secs(2);

/// What one round showed.
struct Round {
    acknowledged: Vec<Acknowledged>,
    lost: Vec<String>,
    sent_again: usize,
    restart: Duration,
}

/// Runs every round; a lost case ends it.
pub fn run(lab: &Lab) -> Result<Outcome, String> {
    let launch = Launch::serve(&lab.copy("kill")?);
    let (mut dice, rounds) = (lab.dice("kill"), lab.pick(5, 200));
    let mut server = launch.start()?;
    let (mut kept, mut wrong, mut restarts, mut again) = (vec![], vec![], vec![], 0);
    for number in 1..=rounds {
        let after = Duration::from_millis(200 + dice.below(lab.pick(1300, 2800)));
        let round = one_round(lab, &launch, &mut server, number, after)?;
        kept.extend(round.acknowledged);
        wrong.extend(round.lost);
        restarts.push(round.restart);
        again += round.sent_again;
        if !wrong.is_empty() {
            break;
        }
    }
    let lost = wrong.len();
    // Whatever was seen so far, all that was kept is looked at.
    wrong.extend(finish(lab, server, &kept)?);
    restarts.sort_unstable();
    let slow = restarts.iter().filter(|it| **it > SOON_ENOUGH).count();
    if slow > 0 {
        wrong.push(format!("{slow} restarts of {rounds} took more than {SOON_ENOUGH:?}"));
    }
    let outcome = Outcome { wrong, ..Outcome::default() };
    let outcome = outcome.with("rounds", rounds).with("acknowledged", kept.len() - again);
    let outcome = outcome.with("sent_again", again).with("lost", lost);
    let milliseconds = |at: usize| restarts.get(at).map_or(0, Duration::as_millis);
    let outcome = outcome.with("median_restart_ms", milliseconds(restarts.len() / 2));
    Ok(outcome.with("slowest_restart_ms", milliseconds(restarts.len().saturating_sub(1))))
}

fn one_round(
    lab: &Lab,
    launch: &Launch,
    server: &mut Server,
    number: u32,
    after: Duration,
) -> Result<Round, String> {
    let clerk = Clerk::sign_in(lab, server)?;
    let clients = clerk.load(&format!("k{:x}-{number}", lab.seed), CLIENTS, usize::MAX);
    std::thread::sleep(after);
    server.kill()?;
    let Sent { mut acknowledged, cut_off, refused: others } = clients.collect()?;
    if let Some((_, answer)) = others.first() {
        return Err(refused("recording a case", answer));
    }
    let began = Instant::now();
    *server = launch.start()?;
    let restart = began.elapsed();
    let clerk = Clerk::sign_in(lab, server)?;
    let lost = clerk.missing(&acknowledged)?;
    for request in &cut_off {
        acknowledged.push(clerk.send_again(request)?);
    }
    Ok(Round { acknowledged, lost, sent_again: cut_off.len(), restart })
}

/// All that was ever acknowledged, then what the program itself says of its data.
fn finish(lab: &Lab, mut server: Server, kept: &[Acknowledged]) -> Result<Vec<String>, String> {
    if kept.is_empty() {
        return Err("no case was ever acknowledged, so nothing is proved".into());
    }
    let mut wrong = Clerk::sign_in(lab, &server)?.missing(kept)?;
    server.stop()?;
    wrong.extend(complaints(&lab.folder.join("kill")));
    Ok(wrong)
}
