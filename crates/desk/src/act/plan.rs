//! Everything up to the decision: who asks, what is meant, what hangs around it. Nothing is kept.

use super::{Deed, Followed, Plan, forbidden, merge::points_elsewhere, role_names};
use crate::{
    Actor, Desk, Refusal,
    access::{Right, acts_on, holds_unit, reach, shown},
    archives::NewArchive,
    ask::remaining,
    ops::{is_sealed, together},
    units::Unit,
};
use engine::{
    definition::{Field, House, Owner, Reach, RecordKind, Unique},
    kind::{Cells, Shape},
    problem::Problem,
    query::{Cell, Comparison, Filter, Select, Term},
    record::{self, Act, Links, MERGED_INTO, Moment, Read, Record, View},
};
use serde_json::{Map, Value as Json};
use std::sync::Arc;
use store::seam::StoreError;

/// No rule counts further than this.
const MOST_AROUND: u32 = 1_000;

impl Desk {
    /// Everything up to the decision; nothing is kept yet.
    pub(super) async fn plan(
        &self,
        actor: &Actor,
        deed: &Deed,
        moment: &Moment,
    ) -> Result<Plan, Refusal> {
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
            Deed::Merge(merging) => {
                return self.plan_merge(&house, kind, actor, merging, moment).await;
            }
            Deed::GiveBack { id, version, reason, .. } => {
                let which = (id.as_str(), *version);
                return self.plan_give_back(&house, kind, actor, which, reason, moment).await;
            }
        };
        plan.name = deed.name().to_owned();
        self.ask_about_repeats(&house, &mut plan).await?;
        plan.followed = self.follow(&house, actor, &plan, moment).await?;
        plan.guards = self.guard(&house, actor, &plan).await?;
        self.set_in_motion(&house, actor, &mut plan, moment).await?;
        Ok(plan)
    }

    /// Asks about values that the county has already, where a repetition may be meant. One who has
    /// several records in an archive is one: where one of them is named, so are the others, and then
    /// what may not repeat does not either.
    async fn ask_about_repeats(&self, house: &House, plan: &mut Plan) -> Result<(), Refusal> {
        let after = &plan.decision.record;
        let mut asked = Vec::new();
        let kind = &plan.kind;
        let open = |unique: &&Unique| {
            let mut named = unique.fields.iter().filter_map(|field| archive_of(house, kind, field));
            unique.warns
                || !unique.everywhere && !is_sealed(kind, unique) && named.any(|k| k.merges())
        };
        for unique in kind.uniques.iter().filter(open) {
            let says = |record: &Record| {
                unique.fields.iter().map(|field| record.text(field).to_owned()).collect::<Vec<_>>()
            };
            let values = says(after);
            let holds = |record: &Record| {
                let (links, day) = (Links::default(), jiff::civil::Date::ZERO);
                let view = View::record(record, &links, day);
                unique.when.as_ref().is_none_or(|when| when.holds(&view) == Some(true))
            };
            let before = plan.before.as_ref();
            let kept = before.is_some_and(|before| says(before) == values && holds(before));
            if kept || !holds(after) || values.iter().any(String::is_empty) {
                continue;
            }
            let others = if is_sealed(kind, unique) {
                let (name, text) = together(unique, after);
                self.find_registered(kind, &name, &text, 2).await?
            } else {
                self.alike(house, kind, after.county(), unique, &values).await?
            };
            if others.iter().any(|id| id != after.id()) {
                let at = unique.fields.last().map_or("", String::as_str);
                asked.push(match unique.warns {
                    true => Problem::warning("repeated", &unique.message).at(at),
                    false => Problem::error("taken", &unique.message).at(at),
                });
            }
        }
        plan.decision.problems.extend(asked);
        Ok(())
    }

    /// Ids of records of the county with these values of a unique; two at most.
    async fn alike(
        &self,
        house: &House,
        kind: &RecordKind,
        county: &str,
        unique: &Unique,
        values: &[String],
    ) -> Result<Vec<String>, Refusal> {
        let mut filter = Filter::equal("county", county).and(remaining(kind));
        for (field, value) in unique.fields.iter().zip(values) {
            filter = filter.and(match archive_of(house, kind, field) {
                Some(archive) => self.names_same(archive, field, value).await?,
                None => Filter::equal(field, value.as_str()),
            });
        }
        if let Some(when) = &unique.when {
            filter = filter.and(when.filter.clone());
        }
        let select = Select::from(&kind.id, &["id"]).filter(filter).limit(2);
        let rows = self.keeper.find(&select).await?;
        Ok(rows.iter().filter_map(|row| row.first()?.as_text().map(str::to_owned)).collect())
    }

    /// What changes in the record that the plan's record hangs on.
    pub(super) async fn follow(
        &self,
        house: &House,
        actor: &Actor,
        plan: &Plan,
        moment: &Moment,
    ) -> Result<Option<Followed>, Refusal> {
        let followed =
            self.followed(house, actor, &plan.kind, &plan.decision.record, true, moment).await?;
        // What the rules looked at hangs on it too. If it has moved since, they have missed something.
        if let Some(Followed { kind, before, .. }) = &followed
            && let Some(looked_at) = plan.links.get(&kind.id, before.id())
            && looked_at.get("version").is_some_and(|v| v.as_int() != Some(before.version()))
        {
            return Err(StoreError::Changed { table: kind.id.clone() }.into());
        }
        Ok(followed)
    }

    /// What changes in the record that `record` hangs on when `record` is as given, or is gone.
    pub(super) async fn followed(
        &self,
        house: &House,
        actor: &Actor,
        attached_kind: &RecordKind,
        record: &Record,
        stays: bool,
        moment: &Moment,
    ) -> Result<Option<Followed>, Refusal> {
        let Some(attached) = &attached_kind.attached else { return Ok(None) };
        let Some(kind) = house.kind(&attached.kind).cloned() else { return Ok(None) };
        let Some(before) = self.load(&kind, record.text(&attached.kind)).await? else {
            return Ok(None);
        };
        let mut links = self.links(house, actor, &kind, Some(&before), &Read::default()).await?;
        let old = record::limits(house, &kind, &before, &links, moment.today);
        let siblings = links.attached.entry(attached_kind.id.clone()).or_default();
        siblings.retain(|cells| cells.get("id").and_then(Cell::as_text) != Some(record.id()));
        if stays {
            siblings.push(record.cells.clone());
        }
        let act = Act { house, kind: &kind, links: &links, moment };
        let after = record::follow(act, &before, &attached_kind.id);
        let current = after.as_ref().unwrap_or(&before);
        let new = record::limits(house, &kind, current, &links, moment.today);
        Ok(Some(Followed { kind, before, after, old, new }))
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
        let (mut read, mut links, archives) =
            self.look(house, &kind, actor, input, &may, None, moment).await?;
        let mut start = self.start(actor, moment);
        self.place(actor, &kind, reach, &read, &links, &mut start)?;
        self.name_unit(&mut links, &start);
        self.fill_in_force(house, &kind, &start, &mut read, &mut links, moment).await?;
        let seed = self.promise(&kind, &mut read);
        let decision =
            record::create(Act { house, kind: &kind, links: &links, moment }, start, read);
        let beside = seed.map(|seed| self.promised(&decision.record, &seed, moment));
        let beside = beside.into_iter().collect();
        Ok(Plan { archives, beside, ..Plan::of(kind, None, decision, links) })
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
        if !self.covers(actor, &kind, &before, Right::Change).await? {
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
        // A record that was made along with an act may not have said yet whose it is.
        let placed = before.cells.get(&owner).is_some_and(|cell| !cell.is_null());
        let may = |field: &Field| !field.read_only && (field.id != owner || !placed);
        let input = without_unchanged(&kind, &before, input, &may);
        let (read, mut links, archives) =
            self.look(house, &kind, actor, &input, &may, Some(&before), moment).await?;
        let mut start = before.clone();
        if !placed && let Some(reach) = reach(actor, &kind.permissions, Right::Change) {
            self.place(actor, &kind, reach, &read, &links, &mut start)?;
            self.name_unit(&mut links, &start);
            if start.county() != before.county() {
                return Err(Refusal::forbidden("不能改归别的县，请在那个县登记"));
            }
        }
        let act = Act { house, kind: &kind, links: &links, moment };
        let decision = record::change(act, &start, read);
        Ok(Plan { archives, ..Plan::of(kind, Some(before), decision, links) })
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
        let action =
            kind.action(action).cloned().ok_or_else(|| Refusal::NotFound("这个动作".to_owned()))?;
        let at_end = actor.is_house() && kind.ends_with(&action.id).next().is_some();
        if action.pushed_only && !at_end {
            return Err(Refusal::forbidden(house.pushed_by(&kind, &action)));
        }
        if !actor.is_house() && !action.by.contains(&actor.role) {
            let who = role_names(house, action.by.iter());
            let why = format!("您的身份不能“{}”这份{}", action.label, kind.label);
            return Err(Refusal::Forbidden { why, who });
        }
        if !acts_on(actor, &before) {
            let why = format!("这份{}不归您的单位和下级办，只能看", kind.label);
            return Err(Refusal::forbidden(why));
        }
        let may = |field: &Field| action.asks.iter().any(|a| a.field == field.id);
        let (mut read, mut links, archives) =
            self.look(house, &kind, actor, input, &may, Some(&before), moment).await?;
        let drawn = self.draw(house, &kind, &before, &action, &mut read, &mut links, moment);
        let beside = drawn.await?;
        let act = Act { house, kind: &kind, links: &links, moment };
        let decision = record::act(act, &before, &action, read);
        Ok(Plan { archives, beside, ..Plan::of(kind, Some(before), decision, links) })
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
        if !self.covers(actor, kind, &record, Right::See).await? {
            return Err(Refusal::NotFound(kind.label.clone()));
        }
        if record.is_merged() {
            return Err(points_elsewhere(kind, &record));
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
        self.check_accounts(actor, kind, before, &mut read).await?;
        let settled = self.settle(actor, moment, kind, before, &mut read).await?;
        let mut links = Links { records: settled.known, ..Links::default() };
        for new in &settled.new {
            let key = (new.kind.id.clone(), new.record.id().to_owned());
            links.records.insert(key, new.record.cells.clone());
        }
        self.add_links(house, kind, before, &read, &mut links).await?;
        let county = self.county_of(actor, kind, &read, &links);
        let county = before.map_or(county.as_str(), Record::county);
        self.look_around(house, actor, kind, (before, &read), county, &mut links).await?;
        Ok((read, links, settled.new))
    }

    /// The records that the record, as it will be, refers to, and those attached to it.
    pub(crate) async fn links(
        &self,
        house: &House,
        actor: &Actor,
        kind: &RecordKind,
        before: Option<&Record>,
        read: &Read,
    ) -> Result<Links, Refusal> {
        let mut links = Links::default();
        self.add_links(house, kind, before, read, &mut links).await?;
        if let Some(county) = before.map(Record::county) {
            self.look_around(house, actor, kind, (before, read), county, &mut links).await?;
        }
        Ok(links)
    }

    /// Where a new record will be kept, as far as that is known by now.
    fn county_of(&self, actor: &Actor, kind: &RecordKind, read: &Read, links: &Links) -> String {
        let own = || actor.unit.county.clone();
        let Owner::Field(field) = &kind.owner else { return own() };
        let Some(Cell::Text(id)) = read.cells.get(field) else { return own() };
        let county = match kind.fields.get(field).map(|f| f.kind.shape()) {
            Some(Shape::Unit(_)) => self.units().get(id).map(|unit| unit.county.clone()),
            Some(Shape::Reference(target)) => {
                let county = links.get(target, id).and_then(|cells| cells.get("county"));
                county.and_then(Cell::as_text).map(str::to_owned)
            }
            _ => None,
        };
        county.unwrap_or_else(own)
    }

    /// The other records of the county that rules of the kind ask about: one question each. What
    /// hides from the actor is not among them.
    pub(super) async fn look_around(
        &self,
        house: &House,
        actor: &Actor,
        kind: &RecordKind,
        (before, read): (Option<&Record>, &Read),
        county: &str,
        links: &mut Links,
    ) -> Result<(), Refusal> {
        for rows in &kind.layout.around {
            let Some(other) = house.kind(&rows.table) else { continue };
            let kept = |column: &str| before.and_then(|before| before.cells.get(column));
            let same = match &rows.of {
                None => kept("id"),
                Some(column) => read.cells.get(column).or_else(|| kept(column)),
            };
            let Some(Cell::Text(same)) = same else { continue };
            let named = rows.of.as_deref().and_then(|column| archive_of(house, kind, column));
            let named = match named {
                Some(archive) => self.names_same(archive, &rows.column, same).await?,
                None => Filter::equal(&rows.column, same.as_str()),
            };
            let mut filter =
                Filter::equal("county", county).and(named).and(shown(house, actor, other));
            if let Some(before) = before.filter(|_| rows.table == kind.id) {
                let id = Term::Column("id".to_owned());
                let own = Term::Value(Cell::from(before.id()));
                filter = filter.and(Filter::Compare(id, Comparison::NotEqual, own));
            }
            let columns = crate::rows::columns(other);
            let select = Select { columns, ..Select::from(&other.id, &[]) }
                .filter(filter)
                .limit(MOST_AROUND);
            let mut found = Vec::new();
            for row in self.keeper.find(&select).await? {
                let mut cells = crate::rows::cells(&select.columns, row);
                self.sealer.open_cells(&other.layout.sealed, &mut cells);
                found.push(cells);
            }
            links.around.insert(rows.clone(), found);
        }
        Ok(())
    }

    /// Adds what is referred to and not known yet.
    pub(crate) async fn add_links(
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
            let mut found = self.load_flat(target, &id).await?;
            let into = found.as_ref().and_then(|cells| cells.get(MERGED_INTO)?.as_text());
            if let Some(into) = into {
                let remains = self.remaining_id(target, into).await?;
                found = self.load_flat(target, &remains).await?;
            }
            if let Some(cells) = found {
                links.records.insert((kind, id), cells);
            }
        }
        if let Some(before) = before {
            self.name_unit(links, before);
            self.attached(house, kind, before, links).await?;
        }
        Ok(())
    }

    /// Makes known what the record's unit is called, for titles and texts that name it.
    pub(super) fn name_unit(&self, links: &mut Links, record: &Record) {
        let code = record.text("unit");
        links.name_unit(code, &self.units().long_name(code));
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

    /// Finds the unit that a record which has none of its own yet belongs to, and checks that the actor's reach covers it.
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

/// The kind that a column refers to.
pub(super) fn archive_of<'h>(
    house: &'h House,
    kind: &RecordKind,
    column: &str,
) -> Option<&'h Arc<RecordKind>> {
    match kind.fields.get(column)?.kind.shape() {
        Shape::Reference(target) => house.kind(target),
        _ => None,
    }
}
