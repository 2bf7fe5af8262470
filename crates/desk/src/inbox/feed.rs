//! The calendar feed of an account: its limits under a secret address, for a calendar program that
//! cannot sign in. It holds no more than kind, number and name of a limit and its day. Only the hash
//! of the secret is kept, so an address is shown once; it can be renewed and ended at any time.

use super::{Group, InboxAsk, Line};
use crate::boxed;
use crate::{
    Actor, Desk, Refusal,
    ops::values,
    seal::{hash, hex},
};
use engine::{
    query::{Cell, Filter, Select, Term},
    record::Moment,
};
use jiff::civil::Date;
use serde_json::Map;
use std::collections::{BTreeMap, HashMap};
use store::seam::{Commit, Operation};

/// So many limits a feed has.
const MOST: usize = 500;

/// That an account has a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// Role and unit whose inbox it shows.
    pub role: String,
    /// The unit.
    pub unit: String,
    /// Since when, in milliseconds.
    pub created_at: i64,
}

/// One limit of a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedItem {
    /// Id of the limit: it stays the same while the limit runs.
    pub id: String,
    /// What the kind of record is called.
    pub kind: String,
    /// The record's number; may be empty.
    pub number: String,
    /// What the limit is called.
    pub limit: String,
    /// Its last day.
    pub due: Date,
}

impl Desk {
    /// The actor's feed, if there is one.
    #[boxed]
    pub async fn feed(&self, actor: &Actor) -> Result<Option<Feed>, Refusal> {
        let select = Select::from("feed", &["role", "unit", "created_at"])
            .filter(Filter::equal("account", actor.account.as_str()))
            .limit(1);
        let rows = self.keeper.find(&select).await?;
        Ok(match rows.first().map(Vec::as_slice) {
            Some([Cell::Text(role), Cell::Text(unit), Cell::Int(at)]) => {
                Some(Feed { role: role.clone(), unit: unit.clone(), created_at: *at })
            }
            _ => None,
        })
    }

    /// Makes a feed of the actor's inbox in the post acted in, in place of any earlier one. Gives
    /// its secret, once.
    #[boxed]
    pub async fn renew_feed(&self, actor: &Actor, moment: &Moment) -> Result<String, Refusal> {
        let mut secret = [0; 32];
        self.chance.fill(&mut secret);
        let secret = hex(&secret);
        let row = values([
            ("account", actor.account.as_str().into()),
            ("hash", hash(&secret).into()),
            ("role", actor.role.as_str().into()),
            ("unit", actor.unit.code.as_str().into()),
            ("created_at", moment.at.into()),
        ]);
        let put = Operation::Put { table: "feed".to_owned(), values: row };
        let entry = self.note(actor, moment, "feed", "account", &actor.account, Map::new());
        let commit = Commit { operations: vec![put], entries: vec![entry], ..Commit::default() };
        self.keeper.commit(commit).await?;
        Ok(secret)
    }

    /// Ends the actor's feed: its address leads nowhere from now on.
    #[boxed]
    pub async fn end_feed(&self, actor: &Actor, moment: &Moment) -> Result<(), Refusal> {
        let by = values([("account", actor.account.as_str().into())]);
        let remove = Operation::Remove { table: "feed".to_owned(), by };
        let entry = self.note(actor, moment, "end_feed", "account", &actor.account, Map::new());
        let commit = Commit { operations: vec![remove], entries: vec![entry], ..Commit::default() };
        self.keeper.commit(commit).await?;
        Ok(())
    }

    /// The limits of the feed with this secret. *Not found* if there is none, if its account is not
    /// in use, or if the post it was made in is no longer held.
    #[boxed]
    pub async fn feed_items(
        &self,
        secret: &str,
        moment: &Moment,
    ) -> Result<Vec<FeedItem>, Refusal> {
        let actor = self.feed_actor(secret).await?;
        let inbox = self.inbox(&actor, moment).await?;
        let house = self.house();
        let lines = inbox.select(&house, &self.units(), &InboxAsk::default());
        // Theirs: what waits for them, and what has come up to them.
        let theirs = |line: &&Line| line.mine || line.group == Group::Raised;
        let lines: Vec<&Line> =
            lines.into_iter().filter(theirs).filter(|line| line.due.is_some()).take(MOST).collect();
        let numbers = self.numbers_of(&lines).await?;
        let item = |line: &&Line| {
            let kind = house.kind(&line.kind)?;
            let rule = kind.deadlines.iter().find(|rule| *rule.id == *line.rule)?;
            Some(FeedItem {
                id: line.id.clone(),
                kind: kind.label.clone(),
                number: numbers.get(record(line)).cloned().unwrap_or_default(),
                limit: rule.label.clone(),
                due: line.due?,
            })
        };
        Ok(lines.iter().filter_map(item).collect())
    }

    async fn feed_actor(&self, secret: &str) -> Result<Actor, Refusal> {
        let missing = || Refusal::NotFound("这个日历地址".to_owned());
        let select = Select::from("feed", &["account", "role", "unit"])
            .filter(Filter::equal("hash", hash(secret).as_str()))
            .limit(1);
        let rows = self.keeper.find(&select).await?;
        let Some([Cell::Text(account), Cell::Text(role), Cell::Text(unit)]) =
            rows.first().map(Vec::as_slice)
        else {
            return Err(missing());
        };
        let select = Select::from("account", &["name"])
            .filter(Filter::equal("id", account.as_str()).and(Filter::equal("state", "active")))
            .limit(1);
        let rows = self.keeper.find(&select).await?;
        let name = rows.first().and_then(|row| row.first()).and_then(Cell::as_text);
        let name = name.ok_or_else(missing)?.to_owned();
        if !self.posts(account).await?.contains(&(role.clone(), unit.clone())) {
            return Err(missing());
        }
        let unit = self.units().get(unit).cloned().ok_or_else(missing)?;
        Ok(Actor { account: account.clone(), name, role: role.clone(), unit })
    }

    /// The numbers of the records of these lines; one question a kind.
    async fn numbers_of(&self, lines: &[&Line]) -> Result<HashMap<String, String>, Refusal> {
        let house = self.house();
        let mut by_kind: BTreeMap<&str, Vec<Cell>> = BTreeMap::new();
        for line in lines {
            by_kind.entry(&line.kind).or_default().push(Cell::from(record(line)));
        }
        let mut numbers = HashMap::new();
        for (kind, ids) in by_kind {
            let Some(kind) = house.kind(kind) else { continue };
            // What is kept sealed is not for a calendar.
            let open = kind.numbers.iter().find(|n| !kind.layout.sealed.contains(&n.field));
            let Some(numbering) = open else { continue };
            let select = Select::from(&kind.id, &["id", &numbering.field])
                .filter(Filter::In(Term::Column("id".to_owned()), ids));
            for row in self.keeper.find(&select).await? {
                if let [Cell::Text(id), Cell::Text(number)] = row.as_slice() {
                    numbers.insert(id.clone(), number.clone());
                }
            }
        }
        Ok(numbers)
    }
}

fn record(line: &Line) -> &str {
    line.id.split(':').next().unwrap_or_default()
}
