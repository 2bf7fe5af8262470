//! What one of them does: acts and acts again when the reply is lost, sends it ten times, types
//! wrong and mends, looks, drafts, signs in.

use crate::sim::{
    access::Oracle,
    dice::{Pause, Task, together},
    town::{PASSWORD, Town, name},
    typist::{Input, Seat, Typist},
};
use desk::{
    Actor, Deed, Done, Manner, Moment, Refusal, ask::ListAsk, drafts::Draft, search::SearchAsk,
};
use engine::definition::RecordKind;
use std::sync::Arc;
use store::StoreError;

/// Somebody at work.
#[derive(Clone, Copy)]
pub struct Errand<'a> {
    pub town: &'a Town,
    pub typist: &'a Typist<'a>,
    pub oracle: &'a Oracle<'a>,
    pub actor: &'a Actor,
}

impl<'a> Errand<'a> {
    /// One thing out of a working day.
    pub async fn go(self) {
        let dice = &self.town.dice;
        Pause(dice.below(8)).await;
        match dice.below(100) {
            0..45 => self.act().await,
            45..68 => self.create().await,
            68..80 => self.change().await,
            80..84 => self.draft().await,
            84..88 => self.repeat().await,
            88..92 => self.rally().await,
            _ => self.look().await,
        }
    }

    fn seat(&self) -> Seat<'a> {
        let units = &self.town.below[&self.actor.unit.code];
        Seat { actor: self.actor, today: self.town.today(), units }
    }

    /// A kind that fits, mostly one with much to do.
    fn a_kind(&self, fits: impl Fn(&RecordKind) -> bool) -> Arc<RecordKind> {
        let kinds: Vec<_> = self.town.house.kinds.values().collect();
        let fitting = kinds.iter().copied().filter(|k| fits(k));
        let busy: Vec<_> = fitting.flat_map(|k| vec![k; 2 + k.actions.len()]).collect();
        let stray = busy.is_empty() || self.town.dice.percent(5);
        Arc::clone(self.town.dice.pick(if stray { &kinds } else { &busy }).unwrap())
    }

    async fn create(self) {
        let may = |k: &RecordKind| k.permissions.create.contains_key(&self.actor.role);
        let kind = self.a_kind(|kind| may(kind) && self.typist.knows_enough(kind, self.actor));
        let input = self.typist.create(&kind, self.seat());
        let deed = |input| Deed::Create { kind: kind.id.clone(), input };
        self.submit(&kind, input, &deed).await;
    }

    /// Much at once around one record: it is acted on while records are attached to it.
    async fn rally(self) {
        let house = &self.town.house;
        let may = |k: &RecordKind| k.permissions.create.contains_key(&self.actor.role);
        let kind = self.a_kind(|kind| house.attached_to(&kind.id).any(|other| may(other)));
        let Some((id, _)) = self.a_record(&kind) else { return };
        let mut tasks: Vec<Task<'_, ()>> = vec![Box::pin(self.act_on(&kind, id.clone(), None))];
        for other in house.attached_to(&kind.id).filter(|other| may(other)) {
            let mut input = self.typist.create(other, self.seat());
            input.insert(kind.id.clone(), id.as_str().into());
            tasks.push(Box::pin(async move {
                let deed = |input| Deed::Create { kind: other.id.clone(), input };
                self.submit(other, input, &deed).await;
            }));
        }
        together(&self.town.dice, tasks).await;
    }

    async fn change(self) {
        let kind = self.a_kind(|k| k.permissions.change.contains_key(&self.actor.role));
        let Some((id, version)) = self.a_record(&kind) else { return };
        let input = self.typist.change(&kind, self.seat());
        let deed = |input| Deed::Change { kind: kind.id.clone(), id: id.clone(), version, input };
        self.submit(&kind, input, &deed).await;
    }

    async fn act(self) {
        let by = |kind: &RecordKind| kind.actions.iter().any(|a| a.by.contains(&self.actor.role));
        let kind = self.a_kind(by);
        let Some((id, version)) = self.a_record(&kind) else { return };
        self.act_on(&kind, id, version).await;
    }

    async fn act_on(self, kind: &RecordKind, id: String, version: Option<i64>) {
        let now = self.town.moment(self.actor);
        let possible = match self.town.desk.record(self.actor, &kind.id, &id, &now).await {
            Ok(answer) => {
                self.oracle.may(self.actor, kind, &answer.record);
                answer.actions
            }
            Err(_) => Vec::new(),
        };
        let any = possible.is_empty() || self.town.dice.percent(10);
        let actions = if any { &kind.actions } else { &possible };
        // The likely one stands first.
        let first = self.town.dice.percent(50);
        let action = if first { actions.first() } else { self.town.dice.pick(actions) };
        let Some(action) = action.map(|a| a.id.clone()) else { return };
        let input = self.typist.action(kind, &action, self.seat());
        let deed = |input| {
            let (kind, id, action) = (kind.id.clone(), id.clone(), action.clone());
            Deed::Action { kind, id, action, version, input }
        };
        self.submit(kind, input, &deed).await;
    }

    /// A record of one's own, now and then somebody else's, and the version last heard of.
    fn a_record(&self, kind: &RecordKind) -> Option<(String, Option<i64>)> {
        let dice = &self.town.dice;
        let path = if dice.percent(95) { self.actor.unit.path.as_str() } else { "" };
        let ledger = self.town.ledger.borrow();
        let known = ledger.near_with_version(&kind.id, path, dice)?;
        let version = match dice.below(10) {
            0..6 => Some(known.version),
            6 => Some(known.version - 1),
            _ => None,
        };
        Some((known.id.clone(), version))
    }

    /// Sends it, mends what is complained of, confirms what is asked.
    async fn submit(self, kind: &RecordKind, mut input: Input, deed: &dyn Fn(Input) -> Deed) {
        let dice = &self.town.dice;
        let mut key = self.town.ledger.borrow_mut().new_key();
        let mut confirmed = dice.percent(60);
        for _ in 0..6 {
            let manner = Manner { confirmed, key: Some(key.clone()) };
            let copies = if dice.percent(6) { 10 } else { 1 };
            match self.send(deed(input.clone()), manner, copies).await {
                // In this state nothing typed will help.
                Err(Refusal::Invalid(wrong)) if wrong.iter().any(|p| p.code == "state") => return,
                Err(Refusal::Invalid(wrong)) => {
                    self.typist.mend(kind, self.seat(), &mut input, &wrong);
                    if dice.percent(50) {
                        key = self.town.ledger.borrow_mut().new_key();
                    }
                }
                Err(Refusal::Confirm(_)) => confirmed = true,
                _ => return,
            }
        }
    }

    /// Sends so many copies at once under one key; all that are done must say the same.
    async fn send(self, deed: Deed, manner: Manner, copies: usize) -> Result<Done, Refusal> {
        let town = self.town;
        let moment = town.moment(self.actor);
        let copy = || -> Task<'_, Result<Done, Refusal>> {
            Box::pin(insist(town, self.actor, &deed, &manner, &moment))
        };
        let answers = together(&town.dice, (0..copies).map(|_| copy()).collect()).await;
        let done: Vec<&Done> = answers.iter().flatten().collect();
        let fresh = done.iter().filter(|done| !done.repeated).count();
        town.claim(fresh <= 1, || format!("{deed:?} was done {fresh} times under {manner:?}"));
        if let Some(first) = done.first() {
            let alike = done.iter().all(|other| same(first, other));
            town.claim(alike, || format!("different answers under one key: {done:?}"));
            town.note(self.actor, deed.clone(), manner.clone(), first, moment.at).await;
        }
        let refused = answers.iter().filter_map(|a| a.as_ref().err());
        for refusal in refused {
            *town.ledger.borrow_mut().refused.entry(name(refusal)).or_default() += 1;
        }
        let done = done.first().map(|done| (*done).clone());
        done.map_or_else(|| answers.into_iter().next().unwrap(), Ok)
    }

    /// An old request comes once more, or its key is used for something else.
    async fn repeat(self) {
        let town = self.town;
        let Some(old) = town.dice.pick(&town.ledger.borrow().answered).cloned() else { return };
        let moment = town.moment(&old.actor);
        if town.dice.percent(30) {
            let deed = Deed::Create { kind: "nothing".to_owned(), input: Input::new() };
            let answer = insist(town, &old.actor, &deed, &old.manner, &moment).await;
            let reused = matches!(answer, Err(Refusal::KeyReused));
            town.claim(reused, || format!("a key was used twice: {answer:?}"));
            return;
        }
        let answer = insist(town, &old.actor, &old.deed, &old.manner, &moment).await;
        let alike = answer.as_ref().is_ok_and(|done| done.repeated && same(done, &old.done));
        town.claim(alike, || format!("asked again, {:?} became {answer:?}", old.done));
    }

    /// Reads in every way; nothing may be there that the oracle does not allow.
    async fn look(self) {
        let (town, actor) = (self.town, self.actor);
        let kind = self.a_kind(|_| true);
        match town.dice.below(4) {
            0 => {
                let ask = ListAsk { kind: kind.id.clone(), limit: 50, ..ListAsk::default() };
                if let Ok(page) = town.desk.list(actor, &ask).await {
                    page.records.iter().for_each(|r| self.oracle.may(actor, &kind, r));
                }
            }
            1 => {
                let tasks =
                    town.desk.tasks(actor, &town.moment(actor), 100).await.unwrap_or_default();
                tasks.iter().for_each(|t| self.oracle.may_know(actor, &t.kind, &t.record));
            }
            2 => {
                let ask = SearchAsk { q: "陈秀兰".to_owned(), ..SearchAsk::default() };
                let found =
                    town.desk.search(actor, &ask, &town.moment(actor)).await.unwrap_or_default();
                let found = found.hits.iter();
                found.for_each(|hit| self.oracle.may_find(actor, &hit.kind.id, &hit.id));
            }
            _ => {
                let Some((id, _)) = self.a_record(&kind) else { return };
                let moment = town.moment(actor);
                let record = town.desk.record(actor, &kind.id, &id, &moment).await;
                if let Ok(answer) = record {
                    self.oracle.may_find(actor, &kind.id, answer.record.id());
                }
            }
        }
    }

    /// Keeps what was typed so far; no other account may have it.
    async fn draft(self) {
        let (town, dice) = (self.town, &self.town.dice);
        let id = format!("form-{}", dice.below(3));
        let body = format!("typed {}", dice.draw());
        let place = (self.actor.account.clone(), id.clone());
        let draft = Draft { id: id.clone(), body: body.clone(), ..Draft::default() };
        let remove = dice.percent(20);
        let moment = town.moment(self.actor);
        let answer = if remove {
            town.desk.remove_draft(&self.actor.account, &id).await
        } else {
            town.desk.save_draft(&self.actor.account, &draft, "", &moment).await.map(|_| ())
        };
        // A lost reply leaves it open; the next save of the form settles it.
        let mut ledger = town.ledger.borrow_mut();
        match answer {
            Ok(()) => ledger.drafts.insert(place, (!remove).then_some(body)),
            Err(_) => ledger.drafts.remove(&place),
        };
    }
}

/// Somebody signs in while the security administrator locks the account.
pub async fn lock_race(town: &Town, victim: &Actor) {
    let top = town.persona("security_admin", "560000");
    let moment = town.moment(victim);
    let sign_in = async {
        Pause(town.dice.below(12)).await;
        if let Ok((token, _)) = town.desk.sign_in(&victim.name, PASSWORD, &moment).await {
            let _ = town.desk.session(&token, &moment).await;
            town.ledger.borrow_mut().sessions.push((token, victim.account.clone()));
        }
    };
    let lock = async {
        Pause(town.dice.below(12)).await;
        let locked = town.desk.set_locked(&top, &victim.account, true, &moment).await;
        if locked.is_ok() {
            town.ledger.borrow_mut().locked.insert(victim.account.clone());
        }
    };
    let known = tokens(town, victim);
    let mut tasks: Vec<Task<'_, ()>> = vec![Box::pin(sign_in), Box::pin(lock)];
    for token in &known {
        tasks.push(Box::pin(async {
            let _ = town.desk.session(token, &moment).await;
        }));
    }
    together(&town.dice, tasks).await;
    prove_locked(town, victim, &moment).await;
}

/// Nobody who was locked is signed in, whichever came first.
async fn prove_locked(town: &Town, victim: &Actor, moment: &Moment) {
    if !town.ledger.borrow().locked.contains(&victim.account) {
        return;
    }
    for token in tokens(town, victim) {
        let session = town.desk.session(&token, moment).await;
        town.claim(session.is_err(), || format!("{} is locked and signed in", victim.account));
    }
}

/// The secrets of everybody who signed in with this account.
fn tokens(town: &Town, victim: &Actor) -> Vec<String> {
    let ledger = town.ledger.borrow();
    let own = ledger.sessions.iter().filter(|(_, account)| *account == victim.account);
    own.map(|(token, _)| token.clone()).collect()
}

/// Asks until there is an answer other than that the store failed.
pub async fn insist(
    town: &Town,
    actor: &Actor,
    deed: &Deed,
    manner: &Manner,
    moment: &Moment,
) -> Result<Done, Refusal> {
    loop {
        let answer = town.desk.act(actor, deed.clone(), manner.clone(), moment).await;
        match answer {
            Err(Refusal::Store(StoreError::Failed(_) | StoreError::Changed { .. })) => {}
            Err(Refusal::Store(error)) => {
                panic!("seed {}: {deed:?} gave {error:?}", town.seed)
            }
            answer => return answer,
        }
    }
}

/// Whether two answers say the same, whichever came first.
pub fn same(one: &Done, other: &Done) -> bool {
    Done { repeated: false, ..one.clone() } == Done { repeated: false, ..other.clone() }
}
