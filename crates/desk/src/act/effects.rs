//! What an act sets in motion: records made and moved along with it, in the same commit. The
//! definition allows it, so the actor needs no right of their own over the other record; the log
//! has it under the actor's name.

use super::{Followed, Plan};
use crate::{Actor, Desk, Refusal};
use engine::{
    definition::{Action, House, Owner, RecordKind},
    kind::Shape,
    problem::Problem,
    query::Cell,
    record::{self, Act, Consequence, Decision, Links, Moment, Read, Record},
};

/// How far one act may reach: what it sets in motion may set others in motion, so often.
const DEPTH: usize = 3;

impl Plan {
    /// Every plan below this one, those they set in motion behind them.
    pub(super) fn effects(&self) -> Box<dyn Iterator<Item = &Self> + Send + '_> {
        Box::new(self.effects.iter().flat_map(|e| std::iter::once(e).chain(e.effects())))
    }

    /// Whether it changes a record that is there already, in this table.
    pub(super) fn touches(&self, table: &str) -> bool {
        let own = self.before.is_some() && self.kind.id == table;
        own || self.followed.as_ref().is_some_and(|f| f.kind.id == table)
    }
}

impl Desk {
    /// Adds to the plan what its act sets in motion.
    pub(super) async fn set_in_motion(
        &self,
        house: &House,
        actor: &Actor,
        plan: &mut Plan,
        moment: &Moment,
    ) -> Result<(), Refusal> {
        // What cannot be kept sets nothing in motion.
        if plan.decision.errors().next().is_none() {
            self.motion(house, actor, plan, moment, DEPTH).await?;
        }
        Ok(())
    }

    async fn motion(
        &self,
        house: &House,
        actor: &Actor,
        plan: &mut Plan,
        moment: &Moment,
        depth: usize,
    ) -> Result<(), Refusal> {
        let kind = plan.kind.clone();
        let effects = match kind.action(&plan.name) {
            Some(action) => &action.effects,
            None if plan.before.is_none() => &kind.on_create,
            None => return Ok(()),
        };
        if effects.is_empty() {
            return Ok(());
        }
        let act = Act { house, kind: &kind, links: &plan.links, moment };
        let closed = record::closed_accounts(act, &plan.decision.record, effects);
        for (field, account) in closed {
            self.close_along(plan, &field, account).await?;
        }
        let act = Act { house, kind: &kind, links: &plan.links, moment };
        for one in record::consequences(act, &plan.decision.record, effects) {
            let mut effect = match &one.on {
                None => self.made(house, actor, plan, one, moment).await?,
                Some(_) => self.moved(house, actor, plan, one, moment).await?,
            };
            effect.guards = self.guard(house, actor, &effect).await?;
            refuse_with(&mut plan.decision, &effect);
            let attached = effect.kind.attached.as_ref().is_some_and(|a| a.kind == kind.id);
            if attached && effect.decision.record.text(&kind.id) == plan.decision.record.id() {
                hang_on(house, plan, &effect, moment);
            } else if effect.followed.is_none() && !self.in_motion(plan, &effect) {
                effect.followed = self.follow(house, actor, &effect, moment).await?;
            }
            if depth > 1 && effect.decision.errors().next().is_none() {
                Box::pin(self.motion(house, actor, &mut effect, moment, depth - 1)).await?;
                refuse_with(&mut plan.decision, &effect);
            }
            plan.effects.push(effect);
        }
        Ok(())
    }

    /// Locks the account along with the plan, where it belongs to the record's unit or one below:
    /// whoever may write a record could otherwise lock anybody out.
    async fn close_along(
        &self,
        plan: &mut Plan,
        field: &str,
        account: String,
    ) -> Result<(), Refusal> {
        let unit = match self.account_unit(&account).await {
            Ok(unit) => unit,
            Err(Refusal::NotFound(_)) => return Ok(()),
            Err(refusal) => return Err(refusal),
        };
        let units = self.units();
        let own = plan.decision.record.text("path");
        if units.get(&unit).is_some_and(|unit| unit.path.starts_with(own)) {
            plan.closes.push(account);
        } else {
            let message = "这个账号属于别的单位，不能随之停用，请告知安全管理员";
            plan.decision.problems.push(Problem::warning("account_elsewhere", message).at(field));
        }
        Ok(())
    }

    /// Whether the record that the effect's record hangs on is changed by this plan already: one
    /// commit changes a record once.
    fn in_motion(&self, plan: &Plan, effect: &Plan) -> bool {
        let Some(attached) = &effect.kind.attached else { return false };
        let parent = effect.decision.record.text(&attached.kind);
        let is = |kind: &str, id: &str| kind == attached.kind && id == parent;
        let own = |p: &Plan| is(&p.kind.id, p.decision.record.id());
        let followed =
            |p: &Plan| p.followed.as_ref().is_some_and(|f| is(&f.kind.id, f.before.id()));
        own(plan) || followed(plan) || plan.effects().any(|p| own(p) || followed(p))
    }

    /// A record made along with the plan's. It belongs to the unit of the plan's record unless its
    /// definition says otherwise. It may be unfinished: what its form and its rules require is asked
    /// of whoever works on it next, as they are looked at with every change and every action.
    async fn made(
        &self,
        house: &House,
        actor: &Actor,
        plan: &Plan,
        one: Consequence,
        moment: &Moment,
    ) -> Result<Plan, Refusal> {
        let kind = one.kind;
        let mut rows = one.rows;
        rows.values_mut().flatten().for_each(|row| row.id = self.chance.id(moment.at));
        let mut read = Read { cells: one.cells, rows, ..Read::default() };
        let mut links = Links::default();
        let source = &plan.decision.record;
        links.records.insert((plan.kind.id.clone(), source.id().to_owned()), source.cells.clone());
        self.add_links(house, &kind, None, &read, &mut links).await?;
        let mut start = self.start(actor, moment);
        self.put(&kind, source, &read, &links, &mut start);
        self.name_unit(&mut links, &start);
        self.fill_in_force(house, &kind, &start, &mut read, &mut links, moment).await?;
        let county = start.county().to_owned();
        self.look_around(house, actor, &kind, (None, &read), &county, &mut links).await?;
        let act = Act { house, kind: &kind, links: &links, moment };
        let mut decision = record::create(act, start, read);
        decision.problems.retain(|p| matches!(p.code.as_str(), "not_found" | "reference"));
        if let Some(action) = kind.action(&one.via) {
            decision = start_with(act, decision, action);
        }
        Ok(Plan { name: "create".to_owned(), ..Plan::of(kind, None, decision, links) })
    }

    /// Where a record that is made along with `source` belongs.
    fn put(
        &self,
        kind: &RecordKind,
        source: &Record,
        read: &Read,
        links: &Links,
        start: &mut Record,
    ) {
        for column in ["unit", "path", "county"] {
            start.set(column, source.text(column));
        }
        let Owner::Field(field) = &kind.owner else { return };
        let Some(Cell::Text(id)) = read.cells.get(field) else { return };
        let unit = match kind.fields.get(field).map(|f| f.kind.shape()) {
            Some(Shape::Unit(_)) => Some(id.as_str()),
            Some(Shape::Reference(target)) => {
                links.get(target, id).and_then(|cells| cells.get("unit")).and_then(Cell::as_text)
            }
            _ => None,
        };
        let units = self.units();
        if let Some(unit) = unit.and_then(|code| units.get(code)) {
            start.set("unit", unit.code.as_str());
            start.set("path", unit.path.as_str());
            start.set("county", unit.county.as_str());
        }
    }

    /// A record moved along with the plan's, by an action of its own flow.
    async fn moved(
        &self,
        house: &House,
        actor: &Actor,
        plan: &mut Plan,
        one: Consequence,
        moment: &Moment,
    ) -> Result<Plan, Refusal> {
        let kind = one.kind;
        let (id, name) = one.on.unwrap_or_default();
        let before = self.load(&kind, &id).await?;
        let before = before.ok_or_else(|| Refusal::NotFound(kind.label.clone()))?;
        let action = kind.action(&name).cloned();
        let action = action.ok_or_else(|| Refusal::NotFound("这个动作".to_owned()))?;
        let read = Read { cells: one.cells, ..Read::default() };
        let mut links = self.links(house, actor, &kind, Some(&before), &read).await?;
        let source = &plan.decision.record;
        let hangs = plan.kind.attached.as_ref().is_some_and(|a| a.kind == kind.id)
            && source.text(&kind.id) == id;
        if hangs {
            let siblings = links.attached.entry(plan.kind.id.clone()).or_default();
            siblings.retain(|cells| cells.get("id").and_then(Cell::as_text) != Some(source.id()));
            siblings.push(source.cells.clone());
            // The action works out what would have followed.
            plan.followed = None;
        }
        let act = Act { house, kind: &kind, links: &links, moment };
        let decision = record::act(act, &before, &action, read);
        Ok(Plan { name, ..Plan::of(kind, Some(before), decision, links) })
    }
}

impl Plan {
    /// A plan that nothing follows from yet.
    pub(super) fn of(
        kind: std::sync::Arc<RecordKind>,
        before: Option<Record>,
        decision: Decision,
        links: Links,
    ) -> Self {
        Self {
            kind,
            name: String::new(),
            before,
            decision,
            links,
            archives: Vec::new(),
            followed: None::<Followed>,
            effects: Vec::new(),
            closes: Vec::new(),
            beside: Vec::new(),
            note: serde_json::Map::new(),
            guards: std::collections::BTreeMap::new(),
        }
    }
}

/// A made record that starts further on: the action is done to it in the same breath. What the action
/// asks must be there.
fn start_with(act: Act<'_>, made: Decision, action: &Action) -> Decision {
    let mut further = record::act(act, &made.record, action, Read::default());
    let version = made.record.version();
    further.record.set("version", version);
    further.numbers.splice(0..0, made.numbers);
    further.problems.extend(made.problems);
    further
}

/// What is wrong with the other record refuses the whole act, and is said at the act.
fn refuse_with(decision: &mut Decision, effect: &Plan) {
    let label = &effect.kind.label;
    for problem in effect.decision.errors() {
        let message = format!("随之办理的“{label}”：{}", problem.message);
        let said = decision.problems.iter().any(|p| p.message == message);
        if !said {
            decision.problems.push(Problem::error(&problem.code, message).under(&problem.basis));
        }
    }
}

/// A record made along with the one it hangs on: the plan's record counts it.
fn hang_on(house: &House, plan: &mut Plan, effect: &Plan, moment: &Moment) {
    let cells = effect.decision.record.cells.clone();
    plan.links.attached.entry(effect.kind.id.clone()).or_default().push(cells);
    let act = Act { house, kind: &plan.kind, links: &plan.links, moment };
    record::work_out(act, &mut plan.decision.record);
}
