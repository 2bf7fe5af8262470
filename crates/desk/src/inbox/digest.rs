//! What a day brings: the digest, and what tells that an inbox has changed.

use super::{Counts, Group, InboxAsk, Leave, Line, Task, Whose};
use crate::boxed;
use crate::{Actor, Desk, Refusal, filing::Waiting};
use engine::record::Moment;
use jiff::civil::Date;
use std::collections::{HashMap, HashSet};

/// So many of a group stand in it.
const MOST: usize = 20;
/// So many that were given to the actor are looked at.
const MOST_GIVEN: usize = 200;
const DAY_MS: i64 = 86_400_000;

/// What a day brings to somebody.
#[derive(Clone, Debug, Default)]
pub struct Digest {
    /// How many each group has.
    pub counts: Counts,
    /// The first of the groups that matter today.
    pub parts: Vec<(Group, Vec<Task>)>,
    /// Reports that they are to approve, or to confirm anew.
    pub reports: Vec<Waiting>,
    /// What was given to them since yesterday.
    pub given: Vec<Task>,
    /// For whom they stand in today: account and name.
    pub stands_in: Vec<(String, String)>,
    /// Their own absences of today and to come.
    pub away: Vec<Leave>,
}

impl Desk {
    /// What the day brings to the actor.
    #[boxed]
    pub async fn digest(&self, actor: &Actor, moment: &Moment) -> Result<Digest, Refusal> {
        let inbox = self.inbox(actor, moment).await?;
        let (house, units) = (self.house(), self.units());
        let ask = |group: Option<Group>, whose: Whose, most: usize| -> Vec<&Line> {
            let ask = InboxAsk { group, whose, ..InboxAsk::default() };
            inbox.select(&house, &units, &ask).into_iter().take(most).collect()
        };
        let mut parts = Vec::new();
        for group in [Group::Raised, Group::Late, Group::Today, Group::Soon] {
            let lines = ask(Some(group), Whose::All, MOST);
            let tasks = self.tasks_of(actor, &inbox.stands_in, &lines, moment).await?;
            if !tasks.is_empty() {
                parts.push((group, tasks));
            }
        }
        let lines = ask(None, Whose::Account(actor.account.clone()), MOST_GIVEN);
        let mut given = self.tasks_of(actor, &inbox.stands_in, &lines, moment).await?;
        // Days begin at midnight in China, eight hours before that of UTC.
        let midnight = moment.at - (moment.at + DAY_MS / 3).rem_euclid(DAY_MS);
        given.retain(|task| {
            let held = task.held.as_ref();
            held.is_some_and(|h| h.by != actor.account && h.at >= midnight - DAY_MS)
        });
        let (mut away, _) = self.leaves(actor, moment).await?;
        away.retain(|leave| leave.to >= moment.today);
        Ok(Digest {
            counts: inbox.counts(),
            parts,
            reports: inbox.reports.clone(),
            given,
            stands_in: inbox.stands_in.clone(),
            away,
        })
    }

    /// The counties in which an inbox may have changed since it was asked last; empty: all of them.
    /// `None` if nothing has changed. Cheap where nothing has.
    #[boxed]
    pub async fn inbox_changes(
        &self,
        seen: &mut Changes,
        today: Date,
    ) -> Result<Option<HashSet<String>>, Refusal> {
        let revision = self.inbox_revision();
        let same_day = seen.today == Some(today);
        if same_day && revision.is_some() && revision == seen.revision {
            return Ok(None);
        }
        let lengths: HashMap<String, i64> = self.log_lengths().await?.into_iter().collect();
        let changed =
            |(county, length): &(&String, &i64)| seen.lengths.get(*county) != Some(*length);
        let changed: HashSet<String> =
            lengths.iter().filter(changed).map(|(county, _)| county.clone()).collect();
        let first = seen.today.is_none();
        *seen = Changes { revision, lengths, today: Some(today) };
        if first || !same_day {
            return Ok(Some(HashSet::new()));
        }
        Ok((!changed.is_empty()).then_some(changed))
    }
}

/// What was seen when it was asked last.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    revision: Option<u64>,
    lengths: HashMap<String, i64>,
    today: Option<Date>,
}
