//! The one way things change. Every deed goes down this page in the written order.

mod back;
mod effects;
mod guard;
mod in_force;
mod merge;
mod named;
mod plan;

pub use back::NOTHING;
pub use merge::{GAVE_BACK, GIVEN_BACK, MERGED, Merging, TOOK_IN};

use crate::boxed;
use crate::{
    Actor, Desk, Refusal,
    access::{Right, hidden, reaches},
    archives::NewArchive,
    counts::count,
    ops::{limit_rows, sole, values},
    search::same_texts,
};
use engine::{
    definition::{Action, Field, House, RecordKind, Unique},
    problem::{Problem, Severity},
    query::{Cell, Filter, Select},
    record::{self, Decision, Limit, Links, Moment, Record},
};
use serde_json::{Map, Value as Json, json};
use std::{collections::BTreeMap, sync::Arc};
use store::seam::{Commit, Number, Operation, StoreError, number_token};

/// What somebody wants done to a record.
#[derive(Clone, Debug)]
pub enum Deed {
    /// A new record of a kind.
    Create {
        /// The kind.
        kind: String,
        /// Field values as typed.
        input: Map<String, Json>,
    },
    /// Some fields of a record changed.
    Change {
        /// The kind.
        kind: String,
        /// The record.
        id: String,
        /// Version the change was made on; `None`: whatever is there.
        version: Option<i64>,
        /// Field values as typed.
        input: Map<String, Json>,
    },
    /// An action of the record's flow.
    Action {
        /// The kind.
        kind: String,
        /// The record.
        id: String,
        /// The action.
        action: String,
        /// Version it was decided on; `None`: whatever is there.
        version: Option<i64>,
        /// Field values as typed.
        input: Map<String, Json>,
    },
    /// Two records of an archive that mean one become one.
    Merge(Merging),
    /// A record that was merged into another stands for itself again.
    GiveBack {
        /// The kind.
        kind: String,
        /// The record.
        id: String,
        /// Version it was decided on; `None`: whatever is there.
        version: Option<i64>,
        /// Why: a sentence.
        reason: String,
    },
}

impl Deed {
    fn kind(&self) -> &str {
        match self {
            Self::Create { kind, .. }
            | Self::Change { kind, .. }
            | Self::Action { kind, .. }
            | Self::GiveBack { kind, .. } => kind,
            Self::Merge(merging) => &merging.kind,
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Create { .. } => "create",
            Self::Change { .. } => "change",
            Self::Action { action, .. } => action,
            Self::Merge(_) => "merge",
            Self::GiveBack { .. } => "give_back",
        }
    }

    fn record(&self) -> &str {
        match self {
            Self::Create { .. } => "",
            Self::Change { id, .. } | Self::Action { id, .. } | Self::GiveBack { id, .. } => id,
            Self::Merge(merging) => &merging.id,
        }
    }

    /// What is remembered of the deed under its idempotency key.
    fn print(&self) -> String {
        let input = match self {
            Self::Create { input, .. }
            | Self::Change { input, .. }
            | Self::Action { input, .. } => Json::Object(input.clone()),
            Self::Merge(merging) => json!([merging.into, merging.take, merging.reason]),
            Self::GiveBack { reason, .. } => json!(reason),
        };
        let text = json!([self.kind(), self.name(), self.record(), input]).to_string();
        crate::seal::hash(&text)
    }
}

/// How a deed is to be taken.
#[derive(Clone, Debug, Default)]
pub struct Manner {
    /// Warnings have been read: keep it all the same.
    pub confirmed: bool,
    /// Idempotency-Key: the same deed under the same key is done once.
    pub key: Option<String>,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// Kind of the record.
    pub kind: String,
    /// The record.
    pub id: String,
    /// Its version now.
    pub version: i64,
    /// Its state now.
    pub state: String,
    /// Numbers allotted, by field.
    pub numbers: Vec<(String, String)>,
    /// Records that were made or moved along with it, as far as the actor may see them: kind, id,
    /// title.
    pub along: Vec<(String, String, String)>,
    /// What the person may want to look at again.
    pub warnings: Vec<Problem>,
    /// Whether this is the answer to an earlier try under the same key.
    pub repeated: bool,
}

/// A decision ready to be kept.
struct Plan {
    kind: Arc<RecordKind>,
    name: String,
    before: Option<Record>,
    decision: Decision,
    links: Links,
    archives: Vec<NewArchive>,
    followed: Option<Followed>,
    /// What it sets in motion, each a plan of its own.
    effects: Vec<Plan>,
    /// Accounts that are locked along with it.
    closes: Vec<String>,
    /// What is kept beside the record: a seed that is promised, a frame that is drawn from.
    beside: Vec<Operation>,
    /// What its entry in the log says beside what changed.
    note: Map<String, Json>,
    /// Counters of what its rules share with others, as they were seen.
    guards: BTreeMap<guard::Shared, Option<i64>>,
}

/// The record that the plan's record hangs on, as far as it changes with it.
struct Followed {
    kind: Arc<RecordKind>,
    before: Record,
    /// With its computed fields worked out anew; `None` if they stay.
    after: Option<Record>,
    /// Its time limits before and after.
    old: Vec<Limit>,
    new: Vec<Limit>,
}

/// Why an attempt came to nothing.
enum Setback {
    /// Somebody was quicker with the same key or the same person: worth another try.
    Overtaken(Refusal),
    /// For good.
    Refused(Refusal),
}

impl From<Refusal> for Setback {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Desk {
    /// Does it, or says why not. What is answered `Ok` is on disk.
    #[boxed]
    pub async fn act(
        &self,
        actor: &Actor,
        deed: Deed,
        manner: Manner,
        moment: &Moment,
    ) -> Result<Done, Refusal> {
        let print = manner.key.as_ref().map(|_| deed.print());
        let key = manner.key.as_deref().zip(print.as_deref());
        let mut tries = 0;
        let refusal = loop {
            tries += 1;
            if let Some(done) = self.answered(actor, key).await? {
                return Ok(done);
            }
            match self.attempt(actor, &deed, manner.confirmed, key, moment).await {
                Ok(done) => return Ok(done),
                Err(Setback::Overtaken(_)) if tries < 10 => {}
                Err(Setback::Overtaken(refusal) | Setback::Refused(refusal)) => break refusal,
            }
        };
        // What refuses this may be its own twin, done under the same key meanwhile.
        if !matches!(refusal, Refusal::Store(_))
            && let Some(done) = self.answered(actor, key).await?
        {
            return Ok(done);
        }
        Err(self.refuse(actor, &deed, moment, refusal).await)
    }

    /// What would come of a deed, without doing it: what the person may want to look at again, or why
    /// not. Nothing is kept, not even the attempt.
    #[boxed]
    pub async fn try_out(
        &self,
        actor: &Actor,
        deed: &Deed,
        moment: &Moment,
    ) -> Result<Vec<Problem>, Refusal> {
        let plan = self.plan(actor, deed, moment).await?;
        judge(&plan.decision, true)?;
        for (_, name, text) in sole(&plan.kind, &plan.decision.record) {
            if !text.is_empty()
                && !self.find_registered(&plan.kind, &name, &text, 1).await?.is_empty()
            {
                return Err(self.registered_already(&plan).await?);
            }
        }
        Ok(plan.decision.warnings().cloned().collect())
    }

    /// Decides and keeps, once.
    async fn attempt(
        &self,
        actor: &Actor,
        deed: &Deed,
        confirmed: bool,
        key: Option<(&str, &str)>,
        moment: &Moment,
    ) -> Result<Done, Setback> {
        let plan = match self.plan(actor, deed, moment).await {
            // Something moved while it was looked at.
            Err(moved @ Refusal::Store(StoreError::Changed { .. })) => {
                return Err(Setback::Overtaken(moved));
            }
            plan => plan?,
        };
        judge(&plan.decision, confirmed)?;
        match self.keep(actor, &plan, key, moment).await {
            Ok(done) => Ok(done),
            Err(error) if overtaken(&plan, &error) => {
                Err(Setback::Overtaken(self.explain(&plan, error).await))
            }
            Err(error) => Err(self.explain(&plan, error).await.into()),
        }
    }

    /// Keeps the plan: record, archives, registry, limits, counters, numbers, log, words, key.
    async fn keep(
        &self,
        actor: &Actor,
        plan: &Plan,
        key: Option<(&str, &str)>,
        moment: &Moment,
    ) -> Result<Done, StoreError> {
        let (mut commit, house) = (Commit::default(), self.house());
        let after = self.add_plan(&mut commit, actor, plan, moment);
        let mut along = Vec::new();
        for effect in plan.effects() {
            let record = self.add_plan(&mut commit, actor, effect, moment);
            // What may hide from the actor is not named; whether it does is known when it is kept.
            let open = hidden(&house, actor, &effect.kind) == Filter::Nothing;
            if open && reaches(actor, &effect.kind, &record, Right::See) {
                let title = record.text("title").to_owned();
                along.push((effect.kind.id.clone(), record.id().to_owned(), title));
            }
        }
        let mut done = Done {
            kind: plan.kind.id.clone(),
            id: after.id().to_owned(),
            version: after.version(),
            state: after.state().to_owned(),
            numbers: numbers(&plan.decision),
            along,
            warnings: plan.decision.warnings().cloned().collect(),
            repeated: false,
        };
        registered_last(&mut commit);
        guard::move_counters(&mut commit, std::iter::once(plan).chain(plan.effects()));
        if let Some((key, print)) = key {
            commit.operations.push(remember(actor, key, print, &done, moment));
        }
        let receipt = self.keeper.commit(commit).await?;
        let plans = || std::iter::once(plan).chain(plan.effects());
        for account in plans().flat_map(|plan| &plan.closes) {
            self.forget_sessions(|_, session| session.actor.account == *account);
        }
        for ((_, number), allotted) in done.numbers.iter_mut().zip(receipt.numbers) {
            *number = allotted;
        }
        Ok(done)
    }

    /// Adds one plan to the commit; gives the record as it will be kept.
    fn add_plan(&self, commit: &mut Commit, actor: &Actor, plan: &Plan, moment: &Moment) -> Record {
        let house = self.house();
        let mut after = plan.decision.record.clone();
        for draft in &plan.decision.numbers {
            after.set(&draft.field, number_token(commit.numbers.len()));
            commit.numbers.push(Number {
                county: after.county().to_owned(),
                series: draft.series.clone(),
                before: draft.before.clone(),
                width: draft.width,
                after: draft.after.clone(),
            });
        }
        for NewArchive { kind, before, record } in &plan.archives {
            self.add(commit, actor, moment, kind, before.as_ref(), record, "create");
            count(commit, &house, kind, before.as_ref(), Some(record), moment);
        }
        let before = plan.before.as_ref();
        self.add(commit, actor, moment, &plan.kind, before, &after, &plan.name);
        if let Some(entry) = commit.entries.last_mut().filter(|_| !plan.note.is_empty()) {
            let mut body: Map<String, Json> = serde_json::from_str(&entry.body).unwrap_or_default();
            body.extend(plan.note.clone());
            entry.body = Json::Object(body).to_string();
        }
        let limits =
            |record: &Record| record::limits(&house, &plan.kind, record, &plan.links, moment.today);
        let old = before.map(limits).unwrap_or_default();
        let new = limits(&after);
        commit.operations.extend(limit_rows(&plan.kind, before, &after, &old, &new));
        if let Some(followed) = &plan.followed {
            self.add_followed(commit, actor, moment, followed);
        }
        commit.operations.extend(plan.beside.iter().cloned());
        for account in &plan.closes {
            let along = json!({ "along": plan.kind.id, "with": after.id() });
            let body = along.as_object().cloned().unwrap_or_default();
            commit.operations.extend(crate::accounts::locking(account, true));
            commit.entries.push(self.note(actor, moment, "locked", "account", account, body));
        }
        count(commit, &house, &plan.kind, before, Some(&after), moment);
        after
    }

    /// The record that the record hangs on follows it, in the same commit.
    fn add_followed(
        &self,
        commit: &mut Commit,
        actor: &Actor,
        moment: &Moment,
        followed: &Followed,
    ) {
        let Followed { kind, before, after, old, new } = followed;
        let record = after.as_ref().unwrap_or(before);
        if let Some(after) = after {
            self.add(commit, actor, moment, kind, Some(before), after, "follow");
            count(commit, &self.house(), kind, Some(before), Some(after), moment);
        }
        commit.operations.extend(limit_rows(kind, Some(before), record, old, new));
    }

    #[allow(clippy::too_many_arguments)]
    fn add(
        &self,
        commit: &mut Commit,
        actor: &Actor,
        moment: &Moment,
        kind: &RecordKind,
        before: Option<&Record>,
        after: &Record,
        name: &str,
    ) {
        commit.operations.extend(match before {
            None => self.insert(kind, after),
            Some(before) => self.update(kind, before, after),
        });
        commit.operations.extend(self.registry(kind, before, after));
        commit.entries.push(self.entry(actor, moment, name, kind, before, after));
        if before.is_none_or(|before| !same_texts(&self.house(), kind, before, after)) {
            commit.words.push(self.words(kind, after, &commit.numbers));
        }
    }

    /// What the store's refusal means to the person.
    async fn explain(&self, plan: &Plan, error: StoreError) -> Refusal {
        match &error {
            StoreError::Changed { table } if *table == plan.kind.id => {
                let id = plan.decision.record.id();
                match self.load(&plan.kind, id).await {
                    Ok(Some(current)) => Refusal::Changed(Box::new(current)),
                    _ => Refusal::Store(error),
                }
            }
            StoreError::Taken { table, .. } if table == "registry" => {
                self.registered_already(plan).await.unwrap_or_else(|refusal| refusal)
            }
            StoreError::Taken { table, columns } => {
                let plan = plan.effects().find(|e| e.kind.id == *table).unwrap_or(plan);
                taken(plan, table, columns, error.clone())
            }
            _ => Refusal::Store(error),
        }
    }

    /// Which value of the plan's record the registry has for another one.
    async fn registered_already(&self, plan: &Plan) -> Result<Refusal, Refusal> {
        let record = &plan.decision.record;
        for (unique, name, text) in sole(&plan.kind, record) {
            let others = self.find_registered(&plan.kind, &name, &text, 1).await?;
            if others.iter().any(|other| other != record.id()) {
                return Ok(repeated_value(unique));
            }
            let kept = plan.before.as_ref().is_some_and(|before| before.text(&name) == text);
            if !others.is_empty() && !kept {
                let message = "这个号码登记在已经并进来的一份里，要改用它，请先撤销那次合并";
                return Ok(Refusal::problem(Problem::error("merged_number", message).at(&name)));
            }
        }
        Ok(Refusal::problem(Problem::error(
            "archive_meanwhile",
            "档案刚刚由别人建立，请再提交一次，系统会自动使用已有档案",
        )))
    }

    /// A refused attempt gets its entry before the answer leaves.
    async fn refuse(
        &self,
        actor: &Actor,
        deed: &Deed,
        moment: &Moment,
        refusal: Refusal,
    ) -> Refusal {
        if !matches!(refusal, Refusal::Forbidden { .. } | Refusal::NotFound(_)) {
            return refusal;
        }
        let mut body = Map::new();
        body.insert("deed".to_owned(), Json::from(deed.name()));
        body.insert("why".to_owned(), Json::from(refusal.to_string()));
        let entry = self.note(actor, moment, "refused", deed.kind(), deed.record(), body);
        let commit = Commit { entries: vec![entry], ..Commit::default() };
        match self.keeper.commit(commit).await {
            Ok(_) => refusal,
            Err(error) => Refusal::Store(error),
        }
    }

    /// The answer already given under this key, if any.
    async fn answered(
        &self,
        actor: &Actor,
        key: Option<(&str, &str)>,
    ) -> Result<Option<Done>, Refusal> {
        let Some((key, print)) = key else { return Ok(None) };
        let select = Select::from("idempotency", &["request", "answer"])
            .filter(
                Filter::equal("county", actor.unit.county.as_str())
                    .and(Filter::equal("account", actor.account.as_str()))
                    .and(Filter::equal("key", key)),
            )
            .limit(1);
        let rows = self.keeper.find(&select).await?;
        let Some([Cell::Text(request), Cell::Text(answer)]) = rows.first().map(Vec::as_slice)
        else {
            return Ok(None);
        };
        if request != print {
            return Err(Refusal::KeyReused);
        }
        Ok(read_answer(answer))
    }
}

/// What one record lets go of another may take in the same commit: so it is let go of first.
fn registered_last(commit: &mut Commit) {
    let frees = |operation: &Operation| matches!(operation, Operation::Remove { table, .. } if table == "registry");
    commit.operations.sort_by_key(|operation| !frees(operation));
}

/// Whether another act of the same instant made what this one was about to make.
fn overtaken(plan: &Plan, error: &StoreError) -> bool {
    match error {
        StoreError::Taken { table, .. } if table == "idempotency" => true,
        StoreError::Taken { table, .. } | StoreError::Changed { table }
            if table == guard::TABLE =>
        {
            true
        }
        StoreError::Taken { table, .. } => table == "registry" && !plan.archives.is_empty(),
        StoreError::Changed { table } => {
            plan.followed.as_ref().is_some_and(|f| f.kind.id == *table)
                || plan.effects().any(|effect| effect.touches(table))
        }
        _ => false,
    }
}

fn judge(decision: &Decision, confirmed: bool) -> Result<(), Refusal> {
    if decision.errors().next().is_some() {
        return Err(Refusal::Invalid(decision.problems.clone()));
    }
    if !confirmed && decision.warnings().next().is_some() {
        return Err(Refusal::Confirm(decision.problems.clone()));
    }
    Ok(())
}

fn numbers(decision: &Decision) -> Vec<(String, String)> {
    let drafts = decision.numbers.iter().enumerate();
    drafts.map(|(i, draft)| (draft.field.clone(), number_token(i))).collect()
}

fn remember(actor: &Actor, key: &str, print: &str, done: &Done, moment: &Moment) -> Operation {
    let values = values([
        ("county", actor.unit.county.as_str().into()),
        ("account", actor.account.as_str().into()),
        ("key", key.into()),
        ("request", print.into()),
        ("kind", done.kind.as_str().into()),
        ("record", done.id.as_str().into()),
        ("version", done.version.into()),
        ("answer", write_answer(done).into()),
        ("at", moment.at.into()),
    ]);
    Operation::Insert { table: "idempotency".to_owned(), values }
}

fn write_answer(done: &Done) -> String {
    let problem = |p: &Problem| json!([p.field, p.code, p.message, p.basis]);
    json!({
        "kind": done.kind,
        "id": done.id,
        "version": done.version,
        "state": done.state,
        "numbers": done.numbers,
        "along": done.along,
        "warnings": done.warnings.iter().map(problem).collect::<Vec<_>>(),
    })
    .to_string()
}

fn read_answer(text: &str) -> Option<Done> {
    let answer: Json = serde_json::from_str(text).ok()?;
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let pair = |value: &Json| (text(&value[0]), text(&value[1]));
    let three = |value: &Json| (text(&value[0]), text(&value[1]), text(&value[2]));
    let warning = |value: &Json| Problem {
        field: text(&value[0]),
        code: text(&value[1]),
        message: text(&value[2]),
        basis: text(&value[3]),
        severity: Severity::Warning,
    };
    Some(Done {
        kind: text(&answer["kind"]),
        id: text(&answer["id"]),
        version: answer["version"].as_i64()?,
        state: text(&answer["state"]),
        numbers: answer["numbers"].as_array()?.iter().map(pair).collect(),
        along: answer["along"].as_array().into_iter().flatten().map(three).collect(),
        warnings: answer["warnings"].as_array()?.iter().map(warning).collect(),
        repeated: true,
    })
}

/// A value that may not repeat, repeated.
fn taken(plan: &Plan, table: &str, columns: &[String], error: StoreError) -> Refusal {
    let kind = &plan.kind;
    let clash =
        |u: &&Unique| table == kind.id && !u.warns && u.fields.iter().all(|f| columns.contains(f));
    kind.uniques.iter().find(clash).map_or(Refusal::Store(error), repeated_value)
}

fn repeated_value(unique: &Unique) -> Refusal {
    let at = unique.fields.last().map_or("", String::as_str);
    Refusal::problem(Problem::error("taken", &unique.message).at(at))
}

fn role_names<'r>(house: &House, ids: impl Iterator<Item = &'r String>) -> String {
    let name = |id: &String| {
        house.roles.iter().find(|r| r.id == *id).map_or(id.clone(), |r| r.label.clone())
    };
    ids.map(name).collect::<Vec<_>>().join("、")
}

fn forbidden(house: &House, kind: &RecordKind, right: Right, verb: &str) -> Refusal {
    let rights = match right {
        Right::See => &kind.permissions.see,
        Right::Create => &kind.permissions.create,
        Right::Change => &kind.permissions.change,
        Right::Secret => &kind.permissions.secret,
        Right::Reasoned => &kind.permissions.reason,
        Right::Merge => &kind.permissions.merge,
    };
    let why = format!("您的身份不能{verb}{}", kind.label);
    Refusal::Forbidden { why, who: role_names(house, rights.keys()) }
}

/// The fields an action asks, for whoever draws its form.
pub fn asked_fields<'k>(
    kind: &'k RecordKind,
    action: &'k Action,
) -> impl Iterator<Item = (&'k Field, &'k engine::definition::Asked)> {
    action.asks.iter().filter_map(|asked| Some((kind.fields.get(&asked.field)?, asked)))
}
