//! Being away: from a day to a day, with a deputy of the same unit. During these days what was
//! given to the person stands in the deputy's list too. It ends by itself, because it is asked of
//! the day and of nothing else.

use super::{
    assign::{Colleague, short},
    task::texts,
};
use crate::boxed;
use crate::{Actor, Desk, Refusal, ops::values};
use engine::{
    problem::Problem,
    query::{Cell, Comparison, Filter, Select, Sort, Term},
    record::Moment,
};
use jiff::civil::Date;
use serde_json::json;
use store::seam::{Commit, Operation, Row};

/// Nobody hands over for longer: then the post is to be given to somebody else.
const LONGEST_DAYS: i32 = 366;
/// So many are shown.
const MOST_SHOWN: u32 = 50;

/// Somebody's absence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leave {
    /// Its id.
    pub id: String,
    /// Who is away.
    pub account: String,
    /// What the account is called.
    pub name: String,
    /// Who stands in.
    pub deputy: String,
    /// What that account is called.
    pub deputy_name: String,
    /// For which unit.
    pub unit: String,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// Why, or what the deputy should know.
    pub note: String,
}

/// An absence to be told.
#[derive(Clone, Debug, Default)]
pub struct NewLeave {
    /// First day, as typed.
    pub from: String,
    /// Last day, as typed.
    pub to: String,
    /// Account of the deputy.
    pub deputy: String,
    /// Why, or what the deputy should know.
    pub note: String,
}

const COLUMNS: [&str; 7] = ["id", "account", "deputy", "unit", "from_on", "to_on", "note"];

impl Desk {
    /// Who may stand in for the actor: others with a post in the same unit.
    #[boxed]
    pub async fn deputies(&self, actor: &Actor) -> Result<Vec<Colleague>, Refusal> {
        let posts = self.posts_at(&[actor.unit.code.as_str()]).await?;
        let mut deputies: Vec<Colleague> =
            posts.into_iter().map(|(colleague, _)| colleague).collect();
        deputies.retain(|colleague| colleague.account != actor.account);
        deputies.dedup_by(|a, b| a.account == b.account);
        Ok(deputies)
    }

    /// Hands over for some days.
    #[boxed]
    pub async fn hand_over(
        &self,
        actor: &Actor,
        new: &NewLeave,
        moment: &Moment,
    ) -> Result<String, Refusal> {
        let mut problems = Vec::new();
        let from = read_day("from", "起始日期", &new.from, &mut problems);
        let to = read_day("to", "结束日期", &new.to, &mut problems);
        if let (Some(from), Some(to)) = (from, to) {
            problems.extend(wrong_days(from, to, moment.today));
        }
        let deputies = self.deputies(actor).await?;
        let deputy = deputies.iter().find(|colleague| colleague.account == new.deputy);
        if deputy.is_none() {
            let message = if new.deputy == actor.account {
                "不能请自己代办，请选择本单位的同事"
            } else {
                "请选择代办人，代办人应在本单位有岗位"
            };
            problems.push(Problem::error("deputy", message).at("deputy"));
        }
        let note = match short("note", "说明", &new.note) {
            Ok(note) => note,
            Err(Refusal::Invalid(found)) => {
                problems.extend(found);
                String::new()
            }
            Err(refusal) => return Err(refusal),
        };
        if let (Some(from), Some(to), Some(deputy)) = (from, to, deputy) {
            problems.extend(self.clashes(actor, deputy, from, to).await?);
        }
        let (Some(from), Some(to), true) = (from, to, problems.is_empty()) else {
            return Err(Refusal::Invalid(problems));
        };
        let id = self.chance.id(moment.at);
        let row = values([
            ("id", id.as_str().into()),
            ("account", actor.account.as_str().into()),
            ("deputy", new.deputy.as_str().into()),
            ("unit", actor.unit.code.as_str().into()),
            ("from_on", from.to_string().into()),
            ("to_on", to.to_string().into()),
            ("note", note.as_str().into()),
            ("created_at", moment.at.into()),
        ]);
        let what = json!({
            "from": from.to_string(), "to": to.to_string(), "deputy": new.deputy, "note": note,
        });
        let what = what.as_object().cloned().unwrap_or_default();
        let entry = self.note(actor, moment, "hand_over", "account", &actor.account, what);
        let operations = vec![Operation::Insert { table: "leave".to_owned(), values: row }];
        let commit = Commit { operations, entries: vec![entry], ..Commit::default() };
        self.keeper.commit(commit).await?;
        Ok(id)
    }

    /// Ends an absence of the actor before its last day: from today on nobody stands in.
    #[boxed]
    pub async fn end_leave(&self, actor: &Actor, id: &str, moment: &Moment) -> Result<(), Refusal> {
        let mine = self.leaves_of(Filter::equal("account", actor.account.as_str())).await?;
        let leave = mine.into_iter().find(|leave| leave.id == id && leave.to >= moment.today);
        let leave = leave.ok_or(Refusal::NotFound("这次代办安排，可能已经结束".to_owned()))?;
        let operation = if leave.from >= moment.today {
            let by = values([("id", id.into())]);
            Operation::Remove { table: "leave".to_owned(), by }
        } else {
            let last = moment.today.yesterday().unwrap_or(moment.today);
            Operation::Update {
                table: "leave".to_owned(),
                key: values([("id", id.into())]),
                expect: values([("to_on", leave.to.to_string().into())]),
                set: values([("to_on", last.to_string().into())]),
            }
        };
        let what = json!({ "from": leave.from.to_string(), "deputy": leave.deputy });
        let what = what.as_object().cloned().unwrap_or_default();
        let entry = self.note(actor, moment, "end_leave", "account", &actor.account, what);
        let commit =
            Commit { operations: vec![operation], entries: vec![entry], ..Commit::default() };
        self.keeper.commit(commit).await?;
        Ok(())
    }

    /// The actor's absences, those to come first, and those in which the actor stands in.
    #[boxed]
    pub async fn leaves(
        &self,
        actor: &Actor,
        moment: &Moment,
    ) -> Result<(Vec<Leave>, Vec<Leave>), Refusal> {
        let mine = self.leaves_of(Filter::equal("account", actor.account.as_str())).await?;
        let others = Filter::equal("deputy", actor.account.as_str());
        let mut others = self.leaves_of(others).await?;
        others.retain(|leave| leave.to >= moment.today);
        Ok((mine, others))
    }

    /// For whom the actor stands in today, in this unit: account and name.
    pub(super) async fn stands_in(
        &self,
        actor: &Actor,
        today: Date,
    ) -> Result<Vec<(String, String)>, Refusal> {
        let filter = Filter::equal("deputy", actor.account.as_str())
            .and(Filter::equal("unit", actor.unit.code.as_str()))
            .and(around(today, today));
        let leaves = self.leaves_of(filter).await?;
        Ok(leaves.into_iter().map(|leave| (leave.account, leave.name)).collect())
    }

    async fn clashes(
        &self,
        actor: &Actor,
        deputy: &Colleague,
        from: Date,
        to: Date,
    ) -> Result<Vec<Problem>, Refusal> {
        let mine = Filter::equal("account", actor.account.as_str()).and(around(from, to));
        let mut problems = Vec::new();
        if let Some(other) = self.leaves_of(mine).await?.first() {
            let message = format!(
                "{}至{}已经安排{}代办，请先取消那一次，或者改日期",
                engine::check::date::show(other.from),
                engine::check::date::show(other.to),
                other.deputy_name
            );
            problems.push(Problem::error("overlaps", message).at("from"));
        }
        let theirs = Filter::equal("account", deputy.account.as_str()).and(around(from, to));
        if let Some(other) = self.leaves_of(theirs).await?.first() {
            let message = format!(
                "{}在{}至{}自己也不在，请另选代办人",
                deputy.name,
                engine::check::date::show(other.from),
                engine::check::date::show(other.to)
            );
            problems.push(Problem::error("deputy_away", message).at("deputy"));
        }
        Ok(problems)
    }

    async fn leaves_of(&self, filter: Filter) -> Result<Vec<Leave>, Refusal> {
        let select = Select::from("leave", &COLUMNS)
            .filter(filter)
            .order(vec![Sort::down("from_on"), Sort::down("id")])
            .limit(MOST_SHOWN);
        let rows = self.keeper.find(&select).await?;
        let names = self.account_names(texts(&rows, &[1, 2])).await?;
        let leave = |row: &Row| {
            let text = |i: usize| row.get(i).and_then(Cell::as_text).unwrap_or_default().to_owned();
            let name = |id: &str| names.get(id).cloned().unwrap_or_default();
            Some(Leave {
                id: text(0),
                name: name(&text(1)),
                account: text(1),
                deputy_name: name(&text(2)),
                deputy: text(2),
                unit: text(3),
                from: text(4).parse().ok()?,
                to: text(5).parse().ok()?,
                note: text(6),
            })
        };
        Ok(rows.iter().filter_map(leave).collect())
    }
}

/// Absences that have a day of these in them.
fn around(from: Date, to: Date) -> Filter {
    let compare = |column: &str, by, day: Date| {
        let day = Term::Value(Cell::from(day.to_string()));
        Filter::Compare(Term::Column(column.to_owned()), by, day)
    };
    compare("from_on", Comparison::LessOrEqual, to).and(compare(
        "to_on",
        Comparison::GreaterOrEqual,
        from,
    ))
}

fn read_day(field: &str, label: &str, text: &str, problems: &mut Vec<Problem>) -> Option<Date> {
    if text.trim().is_empty() {
        problems.push(Problem::error("required", format!("请填写{label}")).at(field));
        return None;
    }
    engine::check::date::parse(text).map_err(|problem| problems.push(problem.at(field))).ok()
}

fn wrong_days(from: Date, to: Date, today: Date) -> Option<Problem> {
    if from < today {
        let message = "起始日期已经过去，请从今天或者以后的日期填起";
        return Some(Problem::error("past", message).at("from"));
    }
    if to < from {
        let message = "结束日期早于起始日期，请核对";
        return Some(Problem::error("order", message).at("to"));
    }
    let days = from.until(to).map_or(0, |span| span.get_days());
    if days >= LONGEST_DAYS {
        let message = format!("一次最多{LONGEST_DAYS}日；更久的请由安全管理员调整岗位");
        return Some(Problem::error("too_long", message).at("to"));
    }
    None
}
