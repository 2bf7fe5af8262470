//! Giving a limit to one person, and taking it back. It changes in whose list a limit stands and
//! nothing else: whoever is given something they may not see is not given it.

use super::{inbox_filters, task::keys};
use crate::boxed;
use crate::{
    Actor, Desk, Refusal,
    access::{Right, reach},
    ops::values,
};
use engine::{
    definition::{House, Reach},
    problem::Problem,
    query::{Cell, Filter, Select, Sort, Term},
    record::Moment,
};
use serde_json::json;
use std::collections::BTreeSet;
use store::seam::{Commit, Entry, Operation, Row, StoreError, Values};

/// The log's name for a limit given to somebody.
pub const ASSIGNED: &str = "assign";
/// The log's name for a limit taken back.
pub const RECALLED: &str = "recall";
/// So many are given at once.
pub const MOST_TOGETHER: usize = 200;
/// Characters of a note or a reason.
const MOST_NOTE: usize = 200;
/// So many colleagues are offered.
const MOST_COLLEAGUES: u32 = 500;

/// Somebody to whom a limit may be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Colleague {
    /// The account.
    pub account: String,
    /// What it is called.
    pub name: String,
    /// Its role there.
    pub role: String,
    /// The unit of the post.
    pub unit: String,
}

/// What became of several limits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Titles of those it was done with.
    pub done: Vec<String>,
    /// Titles of those it was not done with, and why.
    pub left: Vec<(String, String)>,
}

/// A limit as it is kept, as far as giving it needs it.
#[derive(Clone, Debug)]
pub(super) struct KeptLimit {
    pub county: String,
    pub id: String,
    pub kind: String,
    pub record: String,
    pub rule: String,
    pub title: String,
    pub unit: String,
    pub path: String,
    pub due: String,
    pub created_by: String,
    pub assignee: String,
    assigned_by: String,
    assigned_for: String,
}

const COLUMNS: [&str; 13] = [
    "county",
    "id",
    "kind",
    "record",
    "rule",
    "title",
    "unit",
    "path",
    "due",
    "created_by",
    "assignee",
    "assigned_by",
    "assigned_for",
];

impl KeptLimit {
    fn read(row: Row) -> Option<Self> {
        let mut texts = row.into_iter().map(|cell| cell.as_text().unwrap_or_default().to_owned());
        Some(Self {
            county: texts.next()?,
            id: texts.next()?,
            kind: texts.next()?,
            record: texts.next()?,
            rule: texts.next()?,
            title: texts.next()?,
            unit: texts.next()?,
            path: texts.next()?,
            due: texts.next()?,
            created_by: texts.next()?,
            assignee: texts.next()?,
            assigned_by: texts.next()?,
            assigned_for: texts.next()?,
        })
    }

    /// The record's title with the limit's name.
    pub fn called(&self, house: &House) -> String {
        format!("{}（{}）", self.title, self.label(house))
    }

    pub fn label(&self, house: &House) -> String {
        let rules = house.kind(&self.kind).map_or(&[][..], |kind| &kind.deadlines);
        rules.iter().find(|rule| rule.id == self.rule).map_or("", |rule| &rule.label).to_owned()
    }

    fn key(&self) -> Values {
        values([("county", self.county.as_str().into()), ("id", self.id.as_str().into())])
    }

    /// Whether it lies where somebody in this post has their inbox.
    fn lies_with(&self, house: &House, post: &Actor) -> bool {
        let Some(kind) = house.kind(&self.kind) else { return false };
        match reach(post, &kind.permissions, Right::See) {
            Some(Reach::All | Reach::Subtree) => self.path.starts_with(&post.unit.path),
            Some(Reach::Unit) => self.unit == post.unit.code,
            Some(Reach::Own) => self.created_by == post.account,
            None => false,
        }
    }
}

impl Desk {
    /// The open limits of the actor's inbox with these keys (`county/id`).
    pub(super) async fn kept_limits(
        &self,
        actor: &Actor,
        wanted: &[String],
    ) -> Result<Vec<KeptLimit>, Refusal> {
        let pairs: Vec<(&str, &str)> =
            wanted.iter().filter_map(|key| key.split_once('/')).collect();
        if pairs.is_empty() {
            let problem = Problem::error("nothing_chosen", "还没有选中事项，请先在列表里勾选");
            return Err(Refusal::problem(problem.at("item")));
        }
        if pairs.len() > MOST_TOGETHER {
            let message = format!("一次最多办{MOST_TOGETHER}件，现在选了{}件", pairs.len());
            return Err(Refusal::problem(Problem::error("too_many", message).at("item")));
        }
        let mut found: Vec<KeptLimit> = Vec::new();
        for filter in inbox_filters(&self.house(), actor) {
            let select = Select::from("deadline", &COLUMNS)
                .filter(keys(pairs.iter().copied()))
                .filter(filter);
            found.extend(self.keeper.find(&select).await?.into_iter().filter_map(KeptLimit::read));
        }
        if found.is_empty() {
            return Err(Refusal::NotFound("这些事项，可能已经办结".to_owned()));
        }
        Ok(found)
    }

    /// What these limits of the actor's inbox are called.
    #[boxed]
    pub async fn limits_called(
        &self,
        actor: &Actor,
        items: &[String],
    ) -> Result<Vec<String>, Refusal> {
        let house = self.house();
        let limits = self.kept_limits(actor, items).await?;
        Ok(limits.iter().map(|limit| limit.called(&house)).collect())
    }

    /// To whom the actor may give these limits: people with a post in the actor's unit, or in a
    /// unit between it and the one that keeps a record, who see at least one of them.
    #[boxed]
    pub async fn colleagues(
        &self,
        actor: &Actor,
        items: &[String],
    ) -> Result<Vec<Colleague>, Refusal> {
        let limits = self.kept_limits(actor, items).await?;
        let units = self.units();
        let mut codes: BTreeSet<&str> = BTreeSet::from([actor.unit.code.as_str()]);
        for limit in &limits {
            let line = units.line(&limit.unit);
            codes.extend(line.iter().map(|unit| unit.code.as_str()));
        }
        codes.retain(|code| {
            units.get(code).is_some_and(|unit| unit.path.starts_with(&actor.unit.path))
        });
        let posts = self.posts_at(&codes.into_iter().collect::<Vec<_>>()).await?;
        let house = self.house();
        let mut colleagues = Vec::new();
        for (colleague, post) in posts {
            for limit in limits.iter().filter(|limit| limit.lies_with(&house, &post)) {
                if self.is_for(limit, std::slice::from_ref(&post)).await? {
                    colleagues.push(colleague);
                    break;
                }
            }
        }
        Ok(colleagues)
    }

    /// Whether somebody in one of these posts has it in their inbox: where it lies, and open to them.
    async fn is_for(&self, limit: &KeptLimit, posts: &[Actor]) -> Result<bool, Refusal> {
        let house = self.house();
        let Some(kind) = house.kind(&limit.kind) else { return Ok(false) };
        for post in posts {
            if limit.lies_with(&house, post) {
                let one = std::iter::once(limit.record.as_str());
                if self.hidden_among(post, kind, one).await?.is_empty() {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Posts of accounts in use at these units.
    pub(super) async fn posts_at(
        &self,
        units: &[&str],
    ) -> Result<Vec<(Colleague, Actor)>, Refusal> {
        let codes = units.iter().map(|code| Cell::from(*code)).collect();
        let select = Select::from("post", &["account", "role", "unit"])
            .filter(Filter::In(Term::Column("unit".to_owned()), codes))
            .order(vec![Sort::up("unit"), Sort::up("account"), Sort::up("role")])
            .limit(MOST_COLLEAGUES);
        let rows = self.keeper.find(&select).await?;
        let ids = rows.iter().filter_map(|row| row.first()?.as_text());
        let ids: BTreeSet<&str> = ids.collect();
        let ids = ids.into_iter().map(Cell::from).collect();
        let select = Select::from("account", &["id", "name"])
            .filter(Filter::In(Term::Column("id".to_owned()), ids))
            .filter(Filter::equal("state", "active"));
        let names = self.keeper.find(&select).await?;
        let name = |id: &str| {
            let mut of = names.iter().filter(|row| row.first().and_then(Cell::as_text) == Some(id));
            of.next().and_then(|row| row.get(1)?.as_text().map(str::to_owned))
        };
        let tree = self.units();
        let post = |row: &Row| {
            let text = |i: usize| row.get(i).and_then(Cell::as_text).unwrap_or_default().to_owned();
            let (account, role, unit) = (text(0), text(1), tree.get(&text(2))?.clone());
            let name = name(&account)?;
            let colleague = Colleague {
                account: account.clone(),
                name: name.clone(),
                role: role.clone(),
                unit: unit.code.clone(),
            };
            Some((colleague, Actor { account, name, role, unit }))
        };
        Ok(rows.iter().filter_map(post).collect())
    }

    /// Gives limits to a colleague, with a note that both see.
    #[boxed]
    pub async fn assign(
        &self,
        actor: &Actor,
        items: &[String],
        to: &str,
        note: &str,
        moment: &Moment,
    ) -> Result<Moved, Refusal> {
        let note = short("note", "附言", note)?;
        if to.is_empty() {
            return Err(Refusal::problem(Problem::error("required", "请选择交给谁办").at("to")));
        }
        let limits = self.kept_limits(actor, items).await?;
        let posts = self.posts_of(actor, to).await?;
        let Some(name) = posts.first().map(|post| post.name.clone()) else {
            let message = "只能交给本单位或者下级单位在用的账号，请从列表里选择";
            return Err(Refusal::problem(Problem::error("colleague", message).at("to")));
        };
        let house = self.house();
        let set = values([
            ("assignee", to.into()),
            ("assigned_by", actor.account.as_str().into()),
            ("assigned_at", moment.at.into()),
            ("assigned_note", note.as_str().into()),
            ("assigned_for", actor.unit.code.as_str().into()),
        ]);
        let mut moved = Moved::default();
        let mut changes = Vec::new();
        for limit in limits {
            if !self.is_for(&limit, &posts).await? {
                let kind = house.kind(&limit.kind).map_or("档案", |kind| &kind.label);
                let why = format!("{name}的岗位看不到这份{kind}，不能交给{name}");
                moved.left.push((limit.called(&house), why));
            } else if let Some(why) = self.why_not_moved(actor, &limit).await? {
                moved.left.push((limit.called(&house), why));
            } else if limit.assignee == to {
                moved.left.push((limit.called(&house), format!("已经在{name}手上")));
            } else {
                let body = json!({
                    "limit": limit.rule, "label": limit.label(&house),
                    "from": limit.assignee, "to": to, "to_name": name, "note": note,
                });
                let entry = self.limit_entry(actor, &limit, ASSIGNED, &body, moment);
                changes.push((limit, set.clone(), entry));
            }
        }
        self.move_limits(changes, moved).await
    }

    /// Takes limits back from whom they were given to, or gives them back.
    #[boxed]
    pub async fn recall(
        &self,
        actor: &Actor,
        items: &[String],
        moment: &Moment,
    ) -> Result<Moved, Refusal> {
        let house = self.house();
        let columns = ["assignee", "assigned_by", "assigned_at", "assigned_note", "assigned_for"];
        let set: Values = columns.map(|column| (column.to_owned(), Cell::Null)).into();
        let mut moved = Moved::default();
        let mut changes = Vec::new();
        for limit in self.kept_limits(actor, items).await? {
            if limit.assignee.is_empty() {
                moved.left.push((limit.called(&house), "没有交给谁，不用收回".to_owned()));
            } else if let Some(why) = self.why_not_moved(actor, &limit).await? {
                moved.left.push((limit.called(&house), why));
            } else {
                let body = json!({
                    "limit": limit.rule, "label": limit.label(&house), "from": limit.assignee,
                    "from_name": self.account_name(&limit.assignee).await?,
                });
                let entry = self.limit_entry(actor, &limit, RECALLED, &body, moment);
                changes.push((limit, set.clone(), entry));
            }
        }
        self.move_limits(changes, moved).await
    }

    /// All in one commit; where somebody was quicker with one of them, each in its own.
    async fn move_limits(
        &self,
        changes: Vec<(KeptLimit, Values, Entry)>,
        mut moved: Moved,
    ) -> Result<Moved, Refusal> {
        let house = self.house();
        let update = |(limit, set, _): &(KeptLimit, Values, Entry)| Operation::Update {
            table: "deadline".to_owned(),
            key: limit.key(),
            expect: values([("done", 0.into()), ("assignee", limit.assignee.as_str().into())]),
            set: set.clone(),
        };
        let commit = |some: &[(KeptLimit, Values, Entry)]| Commit {
            operations: some.iter().map(update).collect(),
            entries: some.iter().map(|(_, _, entry)| entry.clone()).collect(),
            ..Commit::default()
        };
        if changes.is_empty() {
            return Ok(moved);
        }
        match self.keeper.commit(commit(&changes)).await {
            Ok(_) => moved.done = changes.iter().map(|(limit, ..)| limit.called(&house)).collect(),
            Err(StoreError::Changed { .. }) => {
                for one in &changes {
                    let called = one.0.called(&house);
                    match self.keeper.commit(commit(std::slice::from_ref(one))).await {
                        Ok(_) => moved.done.push(called),
                        Err(StoreError::Changed { .. }) => {
                            moved.left.push((called, "刚刚被别人办过或者交办过".to_owned()));
                        }
                        Err(error) => return Err(error.into()),
                    }
                }
            }
            Err(error) => return Err(error.into()),
        }
        Ok(moved)
    }

    /// The posts of an account that lie in the actor's unit or below it; none if it is locked.
    async fn posts_of(&self, actor: &Actor, account: &str) -> Result<Vec<Actor>, Refusal> {
        let select = Select::from("account", &["name"])
            .filter(Filter::equal("id", account).and(Filter::equal("state", "active")))
            .limit(1);
        let rows = self.keeper.find(&select).await?;
        let Some(name) = rows.first().and_then(|row| row.first()).and_then(Cell::as_text) else {
            return Ok(Vec::new());
        };
        let units = self.units();
        let posts = self.posts(account).await?.into_iter().filter_map(|(role, unit)| {
            let unit = units.get(&unit)?.clone();
            unit.path.starts_with(&actor.unit.path).then(|| Actor {
                account: account.to_owned(),
                name: name.to_owned(),
                role,
                unit,
            })
        });
        Ok(posts.collect())
    }

    /// Whether what was given by `by`, for a unit, to `to` is the actor's to give on or take back:
    /// the two may, and whoever has a post in the unit it was given for, or above it.
    pub(super) fn may_move(&self, actor: &Actor, to: &str, by: &str, given_for: &str) -> bool {
        let units = self.units();
        let above = units.get(given_for).is_some_and(|u| u.path.starts_with(&actor.unit.path));
        actor.account == to || actor.account == by || above
    }

    async fn why_not_moved(
        &self,
        actor: &Actor,
        limit: &KeptLimit,
    ) -> Result<Option<String>, Refusal> {
        let KeptLimit { assignee, assigned_by, assigned_for, .. } = limit;
        if assignee.is_empty() || self.may_move(actor, assignee, assigned_by, assigned_for) {
            return Ok(None);
        }
        let unit = self.units().long_name(assigned_for);
        let name = self.account_name(assignee).await?;
        Ok(Some(format!("由{unit}交给{name}办，要改请找交办人或者{name}本人")))
    }

    /// The log entry of something done to a limit; it stands in the history of its record.
    pub(super) fn limit_entry(
        &self,
        actor: &Actor,
        limit: &KeptLimit,
        act: &str,
        body: &serde_json::Value,
        moment: &Moment,
    ) -> Entry {
        Entry {
            county: limit.county.clone(),
            at: moment.at,
            actor: actor.account.clone(),
            authority: actor.authority(),
            act: act.to_owned(),
            kind: limit.kind.clone(),
            record: limit.record.clone(),
            version: 0,
            definition: self.house().version.clone(),
            body: body.to_string(),
            content: String::new(),
        }
    }
}

/// A line of text that is not too long.
pub(super) fn short(field: &str, label: &str, text: &str) -> Result<String, Refusal> {
    let text = engine::check::text::one_line(text).trim().to_owned();
    let length = text.chars().count();
    if length > MOST_NOTE {
        let message = format!("“{label}”最多{MOST_NOTE}个字，现在有{length}个，请写短一些");
        return Err(Refusal::problem(Problem::error("too_long", message).at(field)));
    }
    Ok(text)
}
