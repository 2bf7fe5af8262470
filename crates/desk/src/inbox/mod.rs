//! The inbox: every running limit that an actor answers for, in groups by how late it is and by
//! whose turn it is.
//!
//! A limit is in somebody's inbox if they may see its record and it is theirs to answer for: of the
//! own unit or one below it, or made by them. Whose turn it is follows from the definition: the
//! roles whose actions the record's state allows. A limit can be given to one person ([`assign`]),
//! who stands in for whom is a matter of days ([`leave`]), and one may look away from a limit until
//! a day ([`snooze`]). None of the three gives a right to see or to act.
//!
//! An inbox is read whole, as narrow lines, and sorted and counted here; only what is shown is read
//! in full. It is kept until one of its tables changes, where the keeper can tell.

mod assign;
mod digest;
mod feed;
mod leave;
mod snooze;
mod task;

pub use assign::{ASSIGNED, Colleague, Moved, RECALLED};
pub use digest::{Changes, Digest};
pub use feed::{Feed, FeedItem};
pub use leave::{Leave, NewLeave};
pub use snooze::{SNOOZED, WOKEN};
pub use task::{Held, Task, Turn};

use crate::boxed;
use crate::{
    Actor, Desk, Refusal,
    access::{Right, about_shown, reach},
    filing::Waiting,
    memo::Memo,
    units::Level,
};
use engine::{
    definition::{House, Reach, RecordKind},
    query::{Cell, Comparison, Filter, Select, Sort, Term},
    record::Moment,
};
use jiff::civil::Date;
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};
use store::seam::Row;

/// So many limits are read for one inbox; whoever has more is shown those that are due first, and
/// all that wait for them.
const MOST: u32 = 10_000;
/// Nobody counts further than this on every page.
const MOST_LATE: u32 = 100;
/// A limit is due soon so many days before its last one, or from the day its definition warns.
const SOON_DAYS: i32 = 7;

/// Where a line of an inbox stands. The order is that of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Late for so long below that it has come up to the actor's unit.
    Raised,
    /// Past its last day, whoever's turn it is.
    Late,
    /// The last day is today, and it is the actor's turn.
    Today,
    /// The last day is near, and it is the actor's turn.
    Soon,
    /// It is the actor's turn, and there is time.
    Mine,
    /// Not late, and somebody else's turn.
    Others,
    /// The actor looks away from it until a day.
    Snoozed,
}

impl Group {
    /// All of them, in order.
    pub const ALL: [Self; 7] = [
        Self::Raised,
        Self::Late,
        Self::Today,
        Self::Soon,
        Self::Mine,
        Self::Others,
        Self::Snoozed,
    ];

    /// Its stable name.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Late => "late",
            Self::Today => "today",
            Self::Soon => "soon",
            Self::Mine => "mine",
            Self::Others => "others",
            Self::Snoozed => "snoozed",
        }
    }

    /// The group of that name.
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.id() == id)
    }
}

/// One running limit, as far as sorting and counting need it.
#[derive(Clone, Debug)]
pub struct Line {
    /// County that keeps it.
    pub county: Arc<str>,
    /// Its id: record and rule.
    pub id: String,
    /// Kind of the record.
    pub kind: Arc<str>,
    /// Which limit of the kind.
    pub rule: Arc<str>,
    /// Unit that keeps the record.
    pub unit: Arc<str>,
    /// Last day.
    pub due: Option<Date>,
    /// Where it stands.
    pub group: Group,
    /// Whose turn it is: the actor's or not.
    pub mine: bool,
    /// Account it was given to; empty if nobody.
    pub assignee: Arc<str>,
}

/// How many lines each group has, and how many reports wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    groups: [u32; Group::ALL.len()],
    /// Reports to be approved or confirmed anew.
    pub reports: u32,
}

impl Counts {
    /// How many the group has.
    pub fn of(&self, group: Group) -> u32 {
        self.groups[group as usize]
    }

    /// How many there are but for those looked away from.
    pub fn all(&self) -> u32 {
        self.groups.iter().sum::<u32>() + self.reports - self.of(Group::Snoozed)
    }
}

/// By what an inbox is sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// What is due first; without a day last.
    #[default]
    Due,
    /// What is due last.
    DueLast,
    /// By business and kind.
    Kind,
    /// By unit.
    Unit,
}

impl Order {
    /// The order of that name.
    pub fn of(id: &str) -> Option<Self> {
        match id {
            "" | "due" => Some(Self::Due),
            "-due" => Some(Self::DueLast),
            "kind" => Some(Self::Kind),
            "unit" => Some(Self::Unit),
            _ => None,
        }
    }
}

/// Whose lines are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Whose {
    /// Everybody's.
    #[default]
    All,
    /// Given to nobody.
    Nobody,
    /// Given to this account.
    Account(String),
}

/// Which lines are asked for.
#[derive(Clone, Debug, Default)]
pub struct InboxAsk {
    /// Only this group.
    pub group: Option<Group>,
    /// Only this business; empty: all.
    pub business: String,
    /// Only this kind; empty: all.
    pub kind: String,
    /// Only this unit and those below it; empty: all.
    pub unit: String,
    /// Only those given to somebody.
    pub whose: Whose,
    /// Only those due from this day on.
    pub from: Option<Date>,
    /// Only those due up to this day.
    pub to: Option<Date>,
    /// In which order.
    pub order: Order,
}

/// An inbox, whole.
#[derive(Clone, Debug, Default)]
pub struct Inbox {
    /// The lines, by group and last day.
    pub lines: Vec<Line>,
    /// Reports that the actor is to approve, or to confirm anew: they have no limit and no record.
    pub reports: Vec<Waiting>,
    /// Whether there are more than were read.
    pub capped: bool,
    /// Whom the actor stands in for today: account and name.
    pub stands_in: Vec<(String, String)>,
}

impl Inbox {
    /// How many each group has.
    pub fn counts(&self) -> Counts {
        let reports = u32::try_from(self.reports.len()).unwrap_or(u32::MAX);
        Counts { reports, ..Self::count(self.lines.iter()) }
    }

    /// How many of these lines each group has.
    pub fn count<'l>(lines: impl Iterator<Item = &'l Line>) -> Counts {
        let mut counts = Counts::default();
        for line in lines {
            counts.groups[line.group as usize] += 1;
        }
        counts
    }

    /// The lines of a kind of answer, in order. Those looked away from come only when asked for.
    pub fn select(&self, house: &House, units: &crate::units::Units, ask: &InboxAsk) -> Vec<&Line> {
        let path = units.get(&ask.unit).map(|unit| unit.path.clone());
        let of_business =
            |line: &Line| house.kind(&line.kind).is_some_and(|kind| kind.business == ask.business);
        let inside = |line: &Line| match &path {
            Some(path) => units.get(&line.unit).is_some_and(|unit| unit.path.starts_with(path)),
            None => ask.unit.is_empty(),
        };
        let whose = |line: &Line| match &ask.whose {
            Whose::All => true,
            Whose::Nobody => line.assignee.is_empty(),
            Whose::Account(account) => *line.assignee == **account,
        };
        let in_days = |line: &Line| match (ask.from, ask.to) {
            (None, None) => true,
            (from, to) => line.due.is_some_and(|due| {
                from.is_none_or(|from| due >= from) && to.is_none_or(|to| due <= to)
            }),
        };
        let wanted = |line: &&Line| {
            ask.group.map_or(line.group != Group::Snoozed, |group| line.group == group)
                && (ask.kind.is_empty() || *line.kind == *ask.kind)
                && (ask.business.is_empty() || of_business(line))
                && inside(line)
                && whose(line)
                && in_days(line)
        };
        let mut lines: Vec<&Line> = self.lines.iter().filter(wanted).collect();
        let late = |line: &Line| line.due.unwrap_or(Date::MAX);
        match ask.order {
            Order::Due => lines.sort_by_key(|line| late(line)),
            Order::DueLast => {
                lines.sort_by_key(|line| std::cmp::Reverse(line.due.unwrap_or(Date::MIN)));
            }
            Order::Kind => {
                let rank = |line: &Line| house.kind(&line.kind).map(|kind| house.rank(kind));
                lines.sort_by(|a, b| (rank(a), &a.kind, late(a)).cmp(&(rank(b), &b.kind, late(b))));
            }
            Order::Unit => lines.sort_by(|a, b| (&a.unit, late(a)).cmp(&(&b.unit, late(b)))),
        }
        lines
    }

    /// How many lines are due on each day, and how many of them wait for the actor.
    pub fn days(&self) -> BTreeMap<Date, (u32, u32)> {
        let mut days = BTreeMap::new();
        for line in self.lines.iter().filter(|line| line.group != Group::Snoozed) {
            let Some(due) = line.due else { continue };
            let (all, mine): &mut (u32, u32) = days.entry(due).or_default();
            *all += 1;
            *mine += u32::from(line.mine);
        }
        days
    }
}

/// Inboxes that are kept, as many as hold so many lines together.
#[derive(Debug, Default)]
pub(crate) struct Inboxes(Memo<Arc<Inbox>>);

/// About 20 MB.
const MOST_LINES: usize = 100_000;

impl Desk {
    /// The actor's inbox.
    #[boxed]
    pub async fn inbox(&self, actor: &Actor, moment: &Moment) -> Result<Arc<Inbox>, Refusal> {
        let question = format!("{}|{}", self.asked_by(actor), moment.today);
        let revision = self.kept_revision(actor);
        if let Some(known) = self.inboxes.0.get(&question, revision) {
            return Ok(known);
        }
        let inbox = Arc::new(self.read_inbox(actor, moment).await?);
        self.inboxes.0.keep_within(question, revision, &inbox, MOST_LINES, |i| {
            i.lines.len() + i.reports.len() + 8
        });
        Ok(inbox)
    }

    /// Grows whenever somebody's inbox may have changed; `None` where that cannot be told.
    pub fn inbox_revision(&self) -> Option<u64> {
        let house = self.house();
        // A record may be sealed without any change of its limits.
        let sealing = house.kinds.values().filter(|kind| kind.seal.is_some());
        let tables = ["deadline", "snooze", "leave", "account", "post", "filing", "unit"];
        let tables = tables.into_iter().chain(sealing.map(|kind| kind.id.as_str()));
        let mut revisions = tables.map(|table| self.keeper.revision(table));
        revisions.try_fold(0, |sum, revision| Some(sum + revision?))
    }

    /// The same for this actor: a record may be sealed from them without any change of its limits,
    /// and then nothing is kept.
    fn kept_revision(&self, actor: &Actor) -> Option<u64> {
        let all_shown = about_shown(&self.house(), actor) == Filter::Everything;
        self.inbox_revision().filter(|_| all_shown)
    }

    /// What tells this process and others on the same database which counties' inboxes may have
    /// changed: how long each county's log is.
    #[boxed]
    pub async fn log_lengths(&self) -> Result<Vec<(String, i64)>, Refusal> {
        let rows = self.keeper.find(&Select::from("chain", &["county", "seq"])).await?;
        let pair = |row: Row| match row.as_slice() {
            [Cell::Text(county), Cell::Int(seq)] => Some((county.clone(), *seq)),
            _ => None,
        };
        Ok(rows.into_iter().filter_map(pair).collect())
    }

    async fn read_inbox(&self, actor: &Actor, moment: &Moment) -> Result<Inbox, Refusal> {
        let house = self.house();
        let stands_in = self.stands_in(actor, moment.today).await?;
        let snoozed = self.snoozed(actor, moment.today).await?;
        let eyes = Eyes {
            today: moment.today,
            soon: moment.today.saturating_add(jiff::Span::new().days(SOON_DAYS)),
            me: me(actor, &stands_in),
            snoozed,
            turns: turns(&house, actor),
        };
        let mut columns = COLUMNS.to_vec();
        columns.extend(raised_column(actor));
        let mut rows = Vec::new();
        let mut capped = false;
        for filter in inbox_filters(&house, actor) {
            let select = Select::from("deadline", &columns).limit(MOST);
            let select = match actor.unit.level {
                // Read in the order of the index that the unit's path enters; sorted here.
                Level::Township | Level::Village => select,
                _ => select.order(vec![Sort::up("due"), Sort::up("id")]),
            };
            let found = self.keeper.find(&select.clone().filter(filter.clone())).await?;
            let more = found.len() >= MOST as usize;
            rows.extend(found);
            if more {
                capped = true;
                let mine = self.keeper.find(&select.filter(filter).filter(eyes.mine())).await?;
                rows.extend(mine);
            }
        }
        let mut words = Words::default();
        let mut lines: Vec<Line> =
            rows.iter().filter_map(|row| eyes.line(row, &mut words)).collect();
        lines.sort_by(|a, b| place(a).cmp(&place(b)));
        lines.dedup_by(|a, b| a.id == b.id);
        let reports = self.waiting(actor).await?;
        Ok(Inbox { lines, reports, capped, stands_in })
    }

    /// How many limits of the actor's run late, counting no further than 100: it stands on every
    /// page. Those that they look away from do not count for them, and do for everybody else.
    #[boxed]
    pub async fn late(&self, actor: &Actor, moment: &Moment) -> Result<u32, Refusal> {
        let question = format!("{}|{}", self.asked_by(actor), moment.today);
        let revision = self.kept_revision(actor);
        if let Some(known) = self.late.get(&question, revision) {
            return Ok(known);
        }
        let overdue = Filter::Compare(
            Term::Column("due".to_owned()),
            Comparison::Less,
            Term::Value(Cell::from(moment.today.to_string())),
        );
        let away: Vec<Cell> =
            self.snoozed(actor, moment.today).await?.into_iter().map(Cell::from).collect();
        let awake = if away.is_empty() {
            Filter::Everything
        } else {
            Filter::Not(Box::new(Filter::In(Term::Column("id".to_owned()), away)))
        };
        let mut late = 0;
        for filter in inbox_filters(&self.house(), actor) {
            let filter = filter.and(overdue.clone()).and(awake.clone());
            late += self.keeper.count("deadline", &filter, MOST_LATE).await?;
        }
        let late = late.min(MOST_LATE);
        self.late.keep(question, revision, &late);
        Ok(late)
    }
}

const COLUMNS: [&str; 10] =
    ["county", "id", "kind", "rule", "unit", "due", "warn", "state", "assignee", "created_by"];

fn place(line: &Line) -> (Group, Date, &str) {
    (line.group, line.due.unwrap_or(Date::MAX), line.id.as_str())
}

/// Running limits that the actor answers for. Each filter enters an index of its own: no index can
/// be entered by a choice between reaches.
pub(crate) fn inbox_filters(house: &House, actor: &Actor) -> Vec<Filter> {
    let (mut below, mut here, mut own) = (Vec::new(), Vec::new(), Vec::new());
    for kind in house.kinds.values().filter(|kind| !kind.deadlines.is_empty()) {
        let cell = Cell::from(kind.id.as_str());
        match reach(actor, &kind.permissions, Right::See) {
            // That something may be seen everywhere does not make it everybody's work.
            Some(Reach::All | Reach::Subtree) => below.push(cell),
            Some(Reach::Unit) => here.push(cell),
            Some(Reach::Own) => own.push(cell),
            None => {}
        }
    }
    let unit = &actor.unit;
    let of = |kinds: Vec<Cell>| match kinds.is_empty() {
        true => Filter::Nothing,
        false => Filter::In(Term::Column("kind".to_owned()), kinds),
    };
    let here = of(here).and(Filter::equal("unit", unit.code.as_str()));
    let open = Filter::equal("done", 0);
    let mut filters = vec![area(actor).and(open.clone()).and(of(below).or(here))];
    let mine = Filter::equal("county", unit.county.as_str())
        .and(open)
        .and(Filter::equal("created_by", actor.account.as_str()));
    filters.push(mine.and(of(own)));
    filters.retain(|filter| *filter != Filter::Nothing);
    let shown = about_shown(house, actor);
    filters.into_iter().map(|filter| filter.and(shown.clone())).collect()
}

/// Rows of the actor's unit and of those below it, so that an index is entered by the path.
fn area(actor: &Actor) -> Filter {
    let unit = &actor.unit;
    let path = || Filter::StartsWith(Term::Column("path".to_owned()), unit.path.clone());
    match unit.level {
        Level::Province => Filter::Everything,
        Level::City => path(),
        Level::County => Filter::equal("county", unit.code.as_str()),
        Level::Township | Level::Village => {
            Filter::equal("county", unit.county.as_str()).and(path())
        }
    }
}

/// Where it is kept when a limit goes up to a unit of the actor's level.
fn raised_column(actor: &Actor) -> Option<&'static str> {
    match actor.unit.level {
        Level::County => Some("county_on"),
        Level::City => Some("city_on"),
        Level::Province => Some("province_on"),
        Level::Township | Level::Village => None,
    }
}

fn me(actor: &Actor, stands_in: &[(String, String)]) -> HashSet<String> {
    let others = stands_in.iter().map(|(account, _)| account.clone());
    others.chain([actor.account.clone()]).collect()
}

/// In which states of a kind it is the actor's turn.
#[derive(Clone, Debug, Default)]
struct TurnOf<'h> {
    states: HashSet<&'h str>,
    /// Whether it is where the kind has no states, or the state is not known.
    otherwise: bool,
}

fn turns<'h>(house: &'h House, actor: &Actor) -> HashMap<&'h str, TurnOf<'h>> {
    let turn = |kind: &'h RecordKind| {
        let states = kind.states.iter().filter(|state| {
            let mut actions = state.can.iter().filter_map(|id| kind.action(id));
            actions.any(|action| actor.is_house() || action.hands.contains(&actor.role))
        });
        let changes = reach(actor, &kind.permissions, Right::Change).is_some();
        let otherwise = !kind.states.is_empty() || changes;
        TurnOf { states: states.map(|state| state.id.as_str()).collect(), otherwise }
    };
    let limited = house.kinds.values().filter(|kind| !kind.deadlines.is_empty());
    limited.map(|kind| (kind.id.as_str(), turn(kind))).collect()
}

/// What decides where a line stands.
struct Eyes<'a> {
    today: Date,
    soon: Date,
    /// The actor, and those they stand in for.
    me: HashSet<String>,
    snoozed: HashSet<String>,
    turns: HashMap<&'a str, TurnOf<'a>>,
}

impl Eyes<'_> {
    fn line(&self, row: &Row, words: &mut Words) -> Option<Line> {
        let text = |i: usize| row.get(i).and_then(Cell::as_text).unwrap_or_default();
        let day = |i: usize| row.get(i).and_then(Cell::as_text)?.parse::<Date>().ok();
        let turn = self.turns.get(text(2))?;
        let (due, assignee) = (day(5), text(8));
        let mine = match assignee {
            "" if text(7).is_empty() => turn.otherwise,
            "" => turn.states.contains(text(7)),
            somebody => self.me.contains(somebody),
        };
        let group = if self.snoozed.contains(text(1)) {
            Group::Snoozed
        } else if day(10).is_some_and(|raised| raised <= self.today) {
            Group::Raised
        } else {
            match due {
                Some(due) if due < self.today => Group::Late,
                _ if !mine => Group::Others,
                Some(due) if due == self.today => Group::Today,
                Some(due) if due <= self.soon => Group::Soon,
                _ if day(6).is_some_and(|warn| warn <= self.today) => Group::Soon,
                _ => Group::Mine,
            }
        };
        Some(Line {
            county: words.of(text(0)),
            id: text(1).to_owned(),
            kind: words.of(text(2)),
            rule: words.of(text(3)),
            unit: words.of(text(4)),
            due,
            group,
            mine,
            assignee: words.of(assignee),
        })
    }

    /// Rows in which it is the actor's turn.
    fn mine(&self) -> Filter {
        let cells =
            |texts: &mut dyn Iterator<Item = &str>| texts.map(Cell::from).collect::<Vec<_>>();
        let given = cells(&mut self.me.iter().map(String::as_str));
        let given = Filter::In(Term::Column("assignee".to_owned()), given);
        let turn =
            self.turns.iter().filter(|(_, turn)| !turn.states.is_empty()).map(|(kind, turn)| {
                let states = cells(&mut turn.states.iter().copied());
                Filter::equal("kind", *kind)
                    .and(Filter::In(Term::Column("state".to_owned()), states))
            });
        let turn = turn.fold(Filter::Nothing, Filter::or);
        given.or(Filter::IsNull(Term::Column("assignee".to_owned())).and(turn))
    }
}

/// Texts that stand in many lines, kept once.
#[derive(Default)]
struct Words(HashMap<String, Arc<str>>);

impl Words {
    fn of(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.0.get(text) {
            return Arc::clone(known);
        }
        let word: Arc<str> = text.into();
        self.0.insert(text.to_owned(), Arc::clone(&word));
        word
    }
}
