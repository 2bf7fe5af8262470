//! The one way things change. Every deed goes down this page in the written order.

use crate::{
    Actor, Desk, Refusal,
    access::{Right, covers, holds_unit, reach},
    archives::NewArchive,
    counts::differences,
    ops::{limit_rows, values},
    units::Unit,
};
use engine::{
    definition::{Action, Field, House, Owner, Reach, RecordKind},
    kind::{Cells, Shape},
    problem::{Problem, Severity},
    query::{Cell, Filter, Select},
    record::{self, Act, Decision, Links, Moment, Read, Record},
};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;
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
}

impl Deed {
    fn kind(&self) -> &str {
        match self {
            Self::Create { kind, .. } | Self::Change { kind, .. } | Self::Action { kind, .. } => {
                kind
            }
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Create { .. } => "create",
            Self::Change { .. } => "change",
            Self::Action { action, .. } => action,
        }
    }

    fn record(&self) -> &str {
        match self {
            Self::Create { .. } => "",
            Self::Change { id, .. } | Self::Action { id, .. } => id,
        }
    }

    /// What is remembered of the deed under its idempotency key.
    fn print(&self) -> String {
        let input = match self {
            Self::Create { input, .. }
            | Self::Change { input, .. }
            | Self::Action { input, .. } => input,
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
}

impl Desk {
    /// Does it, or says why not. What is answered `Ok` is on disk.
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
        loop {
            tries += 1;
            if let Some((key, print)) = key
                && let Some(done) = self.answered(actor, key, print).await?
            {
                return Ok(done);
            }
            let plan = match self.plan(actor, &deed, moment).await {
                Ok(plan) => plan,
                Err(refusal) => return Err(self.refuse(actor, &deed, moment, refusal).await),
            };
            judge(&plan.decision, manner.confirmed)?;
            match self.keep(actor, &plan, key, moment).await {
                Ok(done) => return Ok(done),
                // Somebody was quicker with the same key or the same person: look again.
                Err(error) if tries < 5 && overtaken(&plan, &error) => {}
                Err(error) => return Err(self.explain(&plan, error).await),
            }
        }
    }

    /// Everything up to the decision; nothing is kept yet.
    async fn plan(&self, actor: &Actor, deed: &Deed, moment: &Moment) -> Result<Plan, Refusal> {
        let house = self.house();
        let kind = house
            .kind(deed.kind())
            .cloned()
            .ok_or_else(|| Refusal::NotFound("这种档案".to_owned()))?;
        let mut plan = match deed {
            Deed::Create { input, .. } => {
                self.plan_create(&house, kind, actor, input, moment).await?
            }
            Deed::Change { id, version, input, .. } => {
                let before = self.current(actor, &kind, id, *version).await?;
                self.plan_change(&house, kind, actor, before, input, moment).await?
            }
            Deed::Action { id, action, version, input, .. } => {
                let before = self.current(actor, &kind, id, *version).await?;
                self.plan_action(&house, kind, actor, before, action, input, moment).await?
            }
        };
        plan.name = deed.name().to_owned();
        Ok(plan)
    }

    async fn plan_create(
        &self,
        house: &House,
        kind: Arc<RecordKind>,
        actor: &Actor,
        input: &Map<String, Json>,
        moment: &Moment,
    ) -> Result<Plan, Refusal> {
        let Some(reach) = reach(actor, &kind.permissions, Right::Create) else {
            return Err(forbidden(house, &kind, Right::Create, "新建"));
        };
        let may = |field: &Field| !field.read_only;
        let (read, links, archives) =
            self.look(house, &kind, actor, input, &may, None, moment).await?;
        let mut start = self.start(actor, moment);
        self.place(actor, &kind, reach, &read, &links, &mut start)?;
        let decision =
            record::create(Act { house, kind: &kind, links: &links, moment }, start, read);
        Ok(Plan { kind, name: String::new(), before: None, decision, links, archives })
    }

    async fn plan_change(
        &self,
        house: &House,
        kind: Arc<RecordKind>,
        actor: &Actor,
        before: Record,
        input: &Map<String, Json>,
        moment: &Moment,
    ) -> Result<Plan, Refusal> {
        if !covers(actor, &kind, &before, Right::Change) {
            return Err(forbidden(house, &kind, Right::Change, "修改"));
        }
        if kind.state(before.state()).is_some_and(|s| s.last) {
            let label = kind.state_label(before.state());
            return Err(Refusal::forbidden(format!("“{label}”的档案不能再改")));
        }
        let owner = match &kind.owner {
            Owner::Field(field) => field.clone(),
            Owner::Actor => String::new(),
        };
        let may = |field: &Field| !field.read_only && field.id != owner;
        let input = without_unchanged(&kind, &before, input, &may);
        let (read, links, archives) =
            self.look(house, &kind, actor, &input, &may, Some(&before), moment).await?;
        let act = Act { house, kind: &kind, links: &links, moment };
        let decision = record::change(act, &before, read);
        Ok(Plan { kind, name: String::new(), before: Some(before), decision, links, archives })
    }

    #[allow(clippy::too_many_arguments)]
    async fn plan_action(
        &self,
        house: &House,
        kind: Arc<RecordKind>,
        actor: &Actor,
        before: Record,
        action: &str,
        input: &Map<String, Json>,
        moment: &Moment,
    ) -> Result<Plan, Refusal> {
        let action = kind
            .action(action)
            .cloned()
            .ok_or_else(|| Refusal::NotFound("这个动作".to_owned()))?;
        if !actor.is_house() && !action.by.contains(&actor.role) {
            let who = role_names(house, action.by.iter());
            let why = format!("您的身份不能“{}”这份{}", action.label, kind.label);
            return Err(Refusal::Forbidden { why, who });
        }
        let may = |field: &Field| action.asks.iter().any(|a| a.field == field.id);
        let (read, links, archives) =
            self.look(house, &kind, actor, input, &may, Some(&before), moment).await?;
        let act = Act { house, kind: &kind, links: &links, moment };
        let decision = record::act(act, &before, &action, read);
        Ok(Plan { kind, name: action.id, before: Some(before), decision, links, archives })
    }

    /// The record as it is now, if the actor may see it and nobody changed it meanwhile.
    async fn current(
        &self,
        actor: &Actor,
        kind: &RecordKind,
        id: &str,
        version: Option<i64>,
    ) -> Result<Record, Refusal> {
        let record = self.load(kind, id).await?.ok_or(Refusal::NotFound(kind.label.clone()))?;
        if !covers(actor, kind, &record, Right::See) {
            return Err(Refusal::NotFound(kind.label.clone()));
        }
        if version.is_some_and(|v| v != record.version()) {
            return Err(Refusal::Changed(Box::new(record)));
        }
        Ok(record)
    }

    /// Reads the input and brings what hangs around it.
    #[allow(clippy::too_many_arguments)]
    async fn look(
        &self,
        house: &House,
        kind: &RecordKind,
        actor: &Actor,
        input: &Map<String, Json>,
        may: &(dyn Fn(&Field) -> bool + Sync),
        before: Option<&Record>,
        moment: &Moment,
    ) -> Result<(Read, Links, Vec<NewArchive>), Refusal> {
        let mut new_id = || self.chance.id(moment.at);
        let mut read = record::read(house, kind, input, moment.today, may, &mut new_id);
        let settled = self.settle(actor, moment, kind, &mut read).await?;
        let mut links = Links { records: settled.known, ..Links::default() };
        for new in &settled.new {
            let key = (new.kind.id.clone(), new.record.id().to_owned());
            links.records.insert(key, new.record.cells.clone());
        }
        self.add_links(house, kind, before, &read, &mut links).await?;
        Ok((read, links, settled.new))
    }

    /// The records that the record, as it will be, refers to, and those attached to it.
    pub(crate) async fn links(
        &self,
        house: &House,
        kind: &RecordKind,
        before: Option<&Record>,
        read: &Read,
    ) -> Result<Links, Refusal> {
        let mut links = Links::default();
        self.add_links(house, kind, before, read, &mut links).await?;
        Ok(links)
    }

    /// Adds what is referred to and not known yet.
    async fn add_links(
        &self,
        house: &House,
        kind: &RecordKind,
        before: Option<&Record>,
        read: &Read,
        links: &mut Links,
    ) -> Result<(), Refusal> {
        let mut wanted = referred(&kind.fields, &read.cells);
        wanted.extend(before.map(|b| referred(&kind.fields, &b.cells)).unwrap_or_default());
        for field in &kind.fields {
            let Shape::Rows(row) = field.kind.shape() else { continue };
            let Some(row) = kind.rows.get(row) else { continue };
            let kept = before.and_then(|b| b.rows.get(&field.id)).into_iter().flatten();
            let typed = read.rows.get(&field.id).into_iter().flatten();
            for one in kept.chain(typed) {
                wanted.extend(referred(&row.fields, &one.cells));
            }
        }
        wanted.sort();
        wanted.dedup();
        wanted.retain(|key| !links.records.contains_key(key));
        for (kind, id) in wanted {
            let Some(target) = house.kind(&kind) else { continue };
            if let Some(record) = self.load_flat(target, &id).await? {
                links.records.insert((kind, id), record);
            }
        }
        if let Some(before) = before {
            self.attached(house, kind, before, links).await?;
        }
        Ok(())
    }

    async fn attached(
        &self,
        house: &House,
        kind: &RecordKind,
        record: &Record,
        links: &mut Links,
    ) -> Result<(), Refusal> {
        for attached in house.attached_to(&kind.id) {
            let columns = crate::rows::columns(attached);
            let select = Select { columns, ..Select::from(&attached.id, &[]) }
                .filter(
                    Filter::equal("county", record.county())
                        .and(Filter::equal("parent", record.id())),
                )
                .limit(500);
            let rows = self.keeper.find(&select).await?;
            let found = rows.into_iter().map(|row| crate::rows::cells(&select.columns, row));
            links.attached.insert(attached.id.clone(), found.collect());
        }
        Ok(())
    }

    /// The cells of a record without its rows; `None` if there is none.
    pub(crate) async fn load_flat(
        &self,
        kind: &RecordKind,
        id: &str,
    ) -> Result<Option<Cells>, Refusal> {
        let columns = crate::rows::columns(kind);
        let select = Select { columns, ..Select::from(&kind.id, &[]) }
            .filter(Filter::equal("id", id))
            .limit(1);
        let Some(row) = self.keeper.find(&select).await?.into_iter().next() else {
            return Ok(None);
        };
        let mut cells = crate::rows::cells(&select.columns, row);
        self.sealer.open_cells(&kind.layout.sealed, &mut cells);
        Ok(Some(cells))
    }

    /// Finds the unit a new record belongs to, and checks that the actor's reach covers it.
    fn place(
        &self,
        actor: &Actor,
        kind: &RecordKind,
        reach: Reach,
        read: &Read,
        links: &Links,
        start: &mut Record,
    ) -> Result<(), Refusal> {
        let Owner::Field(field) = &kind.owner else { return Ok(()) };
        let Some(Cell::Text(id)) = read.cells.get(field) else { return Ok(()) };
        let shape = kind.fields.get(field).map(|f| f.kind.shape());
        let unit = match shape {
            Some(Shape::Unit(_)) => Some(id.as_str()),
            Some(Shape::Reference(target)) => {
                links.get(target, id).and_then(|cells| cells.get("unit")).and_then(Cell::as_text)
            }
            _ => None,
        };
        let units = self.units();
        // What does not exist is said by the checks of the record; here only the place is taken.
        let Some(unit) = unit.and_then(|code| units.get(code)) else { return Ok(()) };
        if !within(actor, unit, reach) {
            let why = format!("{}不在您的辖区内", units.long_name(&unit.code));
            return Err(Refusal::forbidden(why));
        }
        start.set("unit", unit.code.as_str());
        start.set("path", unit.path.as_str());
        start.set("county", unit.county.as_str());
        Ok(())
    }

    /// Keeps the plan: record, archives, registry, limits, counters, numbers, log, key.
    async fn keep(
        &self,
        actor: &Actor,
        plan: &Plan,
        key: Option<(&str, &str)>,
        moment: &Moment,
    ) -> Result<Done, StoreError> {
        let house = self.house();
        let mut after = plan.decision.record.clone();
        let mut commit = Commit::default();
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
        for archive in &plan.archives {
            self.add(&mut commit, actor, moment, &archive.kind, archive.before.as_ref(), &archive.record, "create");
        }
        let before = plan.before.as_ref();
        self.add(&mut commit, actor, moment, &plan.kind, before, &after, &plan.name);
        commit.operations.extend(limit_rows(
            &house, &plan.kind, before, &after, &plan.links, moment,
        ));
        commit.counts = differences(&house, &plan.kind, before, Some(&after));
        let mut done = Done {
            kind: plan.kind.id.clone(),
            id: after.id().to_owned(),
            version: after.version(),
            state: after.state().to_owned(),
            numbers: numbers(&plan.decision),
            warnings: plan.decision.warnings().cloned().collect(),
            repeated: false,
        };
        if let Some((key, print)) = key {
            commit.operations.push(remember(actor, key, print, &done, moment));
        }
        let receipt = self.keeper.commit(commit).await?;
        for ((_, number), allotted) in done.numbers.iter_mut().zip(receipt.numbers) {
            *number = allotted;
        }
        Ok(done)
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
    }

    /// What the store's refusal means to the person.
    async fn explain(&self, plan: &Plan, error: StoreError) -> Refusal {
        match &error {
            StoreError::Changed { .. } => {
                let id = plan.decision.record.id();
                match self.load(&plan.kind, id).await {
                    Ok(Some(current)) => Refusal::Changed(Box::new(current)),
                    _ => Refusal::Store(error),
                }
            }
            StoreError::Taken { table, columns } => taken(plan, table, columns, error.clone()),
            _ => Refusal::Store(error),
        }
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
        key: &str,
        print: &str,
    ) -> Result<Option<Done>, Refusal> {
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

/// Whether another act of the same instant made what this one was about to make.
fn overtaken(plan: &Plan, error: &StoreError) -> bool {
    match error {
        StoreError::Taken { table, .. } if table == "idempotency" => true,
        StoreError::Taken { table, .. } => table == "registry" && !plan.archives.is_empty(),
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

/// A form sends every field it shows. Those that only the house writes, and say what is kept
/// already, are not a change.
fn without_unchanged(
    kind: &RecordKind,
    before: &Record,
    input: &Map<String, Json>,
    may: &dyn Fn(&Field) -> bool,
) -> Map<String, Json> {
    let unchanged = |name: &str, value: &Json| {
        kind.fields.get(name).is_some_and(|field| {
            !may(field) && value.as_str() == Some(&field.kind.typed(field, &before.cells))
        })
    };
    input
        .iter()
        .filter(|(name, value)| !unchanged(name, value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn referred(fields: &engine::definition::Fields, cells: &Cells) -> Vec<(String, String)> {
    fields
        .iter()
        .filter_map(|field| match (field.kind.shape(), cells.get(&field.id)) {
            (Shape::Reference(kind), Some(Cell::Text(id))) => Some((kind.to_owned(), id.clone())),
            _ => None,
        })
        .collect()
}

fn within(actor: &Actor, unit: &Unit, reach: Reach) -> bool {
    match reach {
        Reach::All => true,
        Reach::Own | Reach::Unit => unit.code == actor.unit.code,
        Reach::Subtree => holds_unit(actor, unit),
    }
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
        "warnings": done.warnings.iter().map(problem).collect::<Vec<_>>(),
    })
    .to_string()
}

fn read_answer(text: &str) -> Option<Done> {
    let answer: Json = serde_json::from_str(text).ok()?;
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let pair = |value: &Json| (text(&value[0]), text(&value[1]));
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
        warnings: answer["warnings"].as_array()?.iter().map(warning).collect(),
        repeated: true,
    })
}

/// A value that may not repeat, repeated.
fn taken(plan: &Plan, table: &str, columns: &[String], error: StoreError) -> Refusal {
    let kind = &plan.kind;
    let unique = kind.uniques.iter().find(|u| {
        let everywhere = table == "registry" && u.everywhere;
        everywhere || (table == kind.id && u.fields.iter().all(|f| columns.contains(f)))
    });
    match unique {
        Some(unique) => {
            let at = unique.fields.last().map_or("", String::as_str);
            Refusal::problem(Problem::error("taken", &unique.message).at(at))
        }
        None if table == "registry" => Refusal::problem(Problem::error(
            "archive_meanwhile",
            "档案刚刚由别人建立，请再提交一次，系统会自动使用已有档案",
        )),
        None => Refusal::Store(error),
    }
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
