//! Looking away from a limit until a day, with a reason. It is hidden from one's own list alone:
//! the limit runs on, everybody else sees and counts it as before, and sees who looks away and why.

use super::{
    Line, Moved,
    assign::{KeptLimit, short},
};
use crate::boxed;
use crate::{Actor, Desk, Refusal, ops::values};
use engine::{
    deadline::warn_on,
    problem::Problem,
    query::{Cell, Comparison, Filter, Select, Sort, Term},
    record::Moment,
};
use jiff::civil::Date;
use serde_json::json;
use std::collections::{HashMap, HashSet};
use store::seam::{Commit, Operation, Row};

/// The log's name for looking away.
pub const SNOOZED: &str = "snooze";
/// The log's name for looking again.
pub const WOKEN: &str = "unsnooze";
/// Nobody looks away for longer.
const LONGEST_DAYS: i32 = 90;
/// A reason says something.
const LEAST_REASON: usize = 2;
/// So many limits somebody looks away from are known.
const MOST: u32 = 2_000;

/// Who looks away from a limit, until which day, and why.
type Away = Vec<(String, Date, String)>;

impl Desk {
    /// Looks away from limits until a day. Past the last day of one it is done only if `confirmed`:
    /// whoever does that says so, in the log too.
    #[boxed]
    pub async fn snooze(
        &self,
        actor: &Actor,
        items: &[String],
        until: &str,
        reason: &str,
        confirmed: bool,
        moment: &Moment,
    ) -> Result<Moved, Refusal> {
        let mut problems = Vec::new();
        let until = match engine::check::date::parse(until) {
            _ if until.trim().is_empty() => {
                problems.push(Problem::error("required", "请填写暂缓到哪一天").at("until"));
                None
            }
            Ok(day) => {
                problems.extend(wrong_day(day, moment.today));
                Some(day)
            }
            Err(problem) => {
                problems.push(problem.at("until"));
                None
            }
        };
        let reason = match short("reason", "理由", reason) {
            Ok(reason) => reason,
            Err(Refusal::Invalid(found)) => {
                problems.extend(found);
                "……".to_owned()
            }
            Err(refusal) => return Err(refusal),
        };
        if reason.chars().count() < LEAST_REASON {
            let message = "请写明暂缓的理由，例如“等当事人补材料”";
            problems.push(Problem::error("required", message).at("reason"));
        }
        let (Some(until), true) = (until, problems.is_empty()) else {
            return Err(Refusal::Invalid(problems));
        };
        let limits = self.kept_limits(actor, items).await?;
        let past = limits.iter().flat_map(|limit| {
            let again = self.warned_meanwhile(limit, until, moment);
            self.past_its_day(limit, until, moment).into_iter().chain(again.map(|(_, says)| says))
        });
        let past: Vec<Problem> = past.collect();
        if !past.is_empty() && !confirmed {
            return Err(Refusal::Confirm(past));
        }
        let mut commit =
            Commit { operations: self.past(actor, moment).await?, ..Commit::default() };
        for limit in &limits {
            let meanwhile = self.warned_meanwhile(limit, until, moment);
            let until = meanwhile.map_or(until, |(day, _)| day);
            let row = values([
                ("account", actor.account.as_str().into()),
                ("item", limit.id.as_str().into()),
                ("until", until.to_string().into()),
                ("reason", reason.as_str().into()),
                ("at", moment.at.into()),
            ]);
            commit.operations.push(Operation::Put { table: "snooze".to_owned(), values: row });
            let beyond = limit.due.parse::<Date>().is_ok_and(|due| until > due);
            let body = json!({
                "limit": limit.rule, "label": limit.label(&self.house()),
                "until": until.to_string(), "reason": reason, "past_due": beyond,
            });
            commit.entries.push(self.limit_entry(actor, limit, SNOOZED, &body, moment));
        }
        self.keeper.commit(commit).await?;
        let house = self.house();
        let done = limits.iter().map(|limit| limit.called(&house)).collect();
        Ok(Moved { done, left: Vec::new() })
    }

    /// Looks again.
    #[boxed]
    pub async fn wake(
        &self,
        actor: &Actor,
        items: &[String],
        moment: &Moment,
    ) -> Result<Moved, Refusal> {
        let house = self.house();
        let mut commit = Commit::default();
        let mut moved = Moved::default();
        let away = self.snoozed(actor, moment.today).await?;
        for limit in self.kept_limits(actor, items).await? {
            if !away.contains(&limit.id) {
                moved.left.push((limit.called(&house), "没有暂缓，不用恢复".to_owned()));
                continue;
            }
            let by = values([
                ("account", actor.account.as_str().into()),
                ("item", limit.id.as_str().into()),
            ]);
            commit.operations.push(Operation::Remove { table: "snooze".to_owned(), by });
            let body = json!({ "limit": limit.rule, "label": limit.label(&house) });
            commit.entries.push(self.limit_entry(actor, &limit, WOKEN, &body, moment));
            moved.done.push(limit.called(&house));
        }
        if !moved.done.is_empty() {
            self.keeper.commit(commit).await?;
        }
        Ok(moved)
    }

    /// The limits that the actor looks away from today.
    pub(super) async fn snoozed(
        &self,
        actor: &Actor,
        today: Date,
    ) -> Result<HashSet<String>, Refusal> {
        let select = Select::from("snooze", &["item"])
            .filter(Filter::equal("account", actor.account.as_str()).and(after(today)))
            .limit(MOST);
        let rows = self.keeper.find(&select).await?;
        let item = |row: Row| row.first()?.as_text().map(str::to_owned);
        Ok(rows.into_iter().filter_map(item).collect())
    }

    /// Who looks away from these lines today; the actor first.
    pub(super) async fn away(
        &self,
        actor: &Actor,
        lines: &[&Line],
        today: Date,
    ) -> Result<HashMap<String, Away>, Refusal> {
        let ids = lines.iter().map(|line| Cell::from(line.id.as_str())).collect();
        let select = Select::from("snooze", &["item", "account", "until", "reason"])
            .filter(Filter::In(Term::Column("item".to_owned()), ids).and(after(today)))
            .order(vec![Sort::up("item"), Sort::up("account")])
            .limit(MOST);
        let rows = self.keeper.find(&select).await?;
        let names = self.account_names(super::task::texts(&rows, &[1])).await?;
        let mut away: HashMap<String, Away> = HashMap::new();
        for row in rows {
            let text = |i: usize| row.get(i).and_then(Cell::as_text).unwrap_or_default().to_owned();
            let Ok(until) = text(2).parse() else { continue };
            let (account, all) = (text(1), away.entry(text(0)).or_default());
            let name = names.get(&account).cloned().unwrap_or_default();
            let at = if account == actor.account { 0 } else { all.len() };
            all.insert(at, (name, until, text(3)));
        }
        Ok(away)
    }

    /// Takes away what the actor looked away from until a day that has come.
    async fn past(&self, actor: &Actor, moment: &Moment) -> Result<Vec<Operation>, Refusal> {
        let over = Filter::Not(Box::new(after(moment.today)));
        let select = Select::from("snooze", &["item"])
            .filter(Filter::equal("account", actor.account.as_str()).and(over))
            .limit(MOST);
        let rows = self.keeper.find(&select).await?;
        let remove = |row: Row| {
            let item = row.into_iter().next()?;
            let by = values([("account", actor.account.as_str().into()), ("item", item)]);
            Some(Operation::Remove { table: "snooze".to_owned(), by })
        };
        Ok(rows.into_iter().filter_map(remove).collect())
    }

    /// The next warning of the limit, if it falls in the time looked away: then it is seen again.
    fn warned_meanwhile(
        &self,
        limit: &KeptLimit,
        until: Date,
        moment: &Moment,
    ) -> Option<(Date, Problem)> {
        let due: Date = limit.due.parse().ok()?;
        let house = self.house();
        let kind = house.kind(&limit.kind)?;
        let rule = kind.deadlines.iter().find(|rule| rule.id == limit.rule)?;
        let days = rule.warn_again.iter().map(|length| warn_on(due, *length, &house.calendar));
        let day = days.filter(|day| *day > moment.today && *day < until).min()?;
        let message = format!(
            "{}的“{}”到{}还要再提醒一次，暂缓到那天为止",
            limit.title,
            rule.label,
            engine::check::date::show(day)
        );
        Some((day, Problem::warning("warned_again", message).at("until")))
    }

    fn past_its_day(&self, limit: &KeptLimit, until: Date, moment: &Moment) -> Option<Problem> {
        let due: Date = limit.due.parse().ok()?;
        if until <= due {
            return None;
        }
        let house = self.house();
        let kind = house.kind(&limit.kind)?;
        let rule = kind.deadlines.iter().find(|rule| rule.id == limit.rule)?;
        let on = engine::check::date::show(due);
        let tense = if due < moment.today { "已经" } else { "将在暂缓期间" };
        let message = format!(
            "{}的“{}”{on}届满，{tense}超期；暂缓只是不在您的列表里显示，期限照常计算，上级仍按超期看到",
            limit.title, rule.label
        );
        Some(Problem::warning("past_due", message).under(rule.basis.as_str()).at("until"))
    }
}

fn after(today: Date) -> Filter {
    let until = Term::Column("until".to_owned());
    Filter::Compare(until, Comparison::Greater, Term::Value(Cell::from(today.to_string())))
}

fn wrong_day(until: Date, today: Date) -> Option<Problem> {
    if until <= today {
        let message = "请填写明天或者更晚的日期，到那一天会重新出现在列表里";
        return Some(Problem::error("past", message).at("until"));
    }
    let days = today.until(until).map_or(0, |span| span.get_days());
    (days > LONGEST_DAYS).then(|| {
        let message = format!("一次最多暂缓{LONGEST_DAYS}日，到期可以再次暂缓");
        Problem::error("too_long", message).at("until")
    })
}
