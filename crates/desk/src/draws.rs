//! Draws (抽选): a seed is made when the record is, and only its hash is told; the action draws from
//! whatever the frame holds then, and tells the seed. Nobody chooses, and everybody can do it again.
//!
//! The seed lies sealed in a table of its own, where no question looks, until it is drawn. The frame
//! is kept as it was: records change, and the draw must be the same in ten years. It is the same for
//! whoever draws: what is sealed is in it for nobody.

use crate::boxed;
use crate::{
    Actor, Desk, Moment, Refusal,
    access::{Right, subtree},
    ops::values,
    seal::hex,
};
use engine::{
    definition::{Action, Bound, Draw, Frame, House, RecordKind},
    derive::seal,
    draw::{Candidate, MOST, candidates, digest, draw, numbered},
    kind::Names,
    problem::Problem,
    query::{Cell, Comparison, Filter, Select, Sort, Term},
    record::{
        Links, Read, Record, View,
        drawn::{again, write, written},
    },
    rule::Rule,
};
use std::sync::Arc;
use store::seam::Operation;

const TABLE: &str = "draw";
/// Nobody draws from more records than this.
const MOST_RECORDS: u32 = 100_000;

/// A draw as whoever sees the record may see it, done again.
#[derive(Clone, Debug)]
pub struct DrawAnswer {
    /// Kind of the record.
    pub kind: Arc<RecordKind>,
    /// The record.
    pub record: Record,
    /// What the draw is called.
    pub label: String,
    /// SM3 of the seed, told before.
    pub promise: String,
    /// The seed; empty while it is not drawn.
    pub seed: String,
    /// How many could be drawn.
    pub size: i64,
    /// SM3 of the frame; empty for a list.
    pub frame_hash: String,
    /// The frame, a line each: id, and behind a tab what it was drawn among.
    pub frame: String,
    /// How many were to be drawn.
    pub count: i64,
    /// The ids drawn, in order.
    pub drawn: Vec<String>,
    /// What differs when it is done again; nothing: it is the same.
    pub differs: Vec<String>,
}

impl Desk {
    /// Makes a seed for a record that is about to be made, and tells its hash in it.
    pub(crate) fn promise(&self, kind: &RecordKind, read: &mut Read) -> Option<String> {
        let rule = kind.draws.first()?;
        let mut bytes = [0; 32];
        self.chance.fill(&mut bytes);
        let seed = hex(&bytes);
        read.cells.insert(rule.writes.promise.clone(), Cell::text(digest(&seed)));
        Some(seed)
    }

    /// The row that keeps the seed until it is drawn.
    pub(crate) fn promised(&self, record: &Record, seed: &str, moment: &Moment) -> Operation {
        let values = values([
            ("county", record.county().into()),
            ("record", record.id().into()),
            ("kind", record.kind.as_str().into()),
            ("seed", self.sealer.seal(seed, self.nonce()).into()),
            ("at", moment.at.into()),
        ]);
        Operation::Insert { table: TABLE.to_owned(), values }
    }

    /// Draws, if the action draws: what it writes goes into `read`, and what is kept beside is given.
    #[allow(clippy::too_many_arguments)]
    pub(crate) async fn draw(
        &self,
        house: &House,
        kind: &RecordKind,
        before: &Record,
        action: &Action,
        read: &mut Read,
        links: &mut Links,
        moment: &Moment,
    ) -> Result<Vec<Operation>, Refusal> {
        // What the state does not allow is refused without a draw.
        if !kind.state(before.state()).is_some_and(|state| state.can.contains(&action.id)) {
            return Ok(Vec::new());
        }
        let mut asked = before.clone();
        asked.cells.extend(read.cells.clone());
        let rule = {
            let view = View::record(&asked, links, moment.today);
            let holds = |rule: &Rule| rule.holds(&view) == Some(true);
            kind.draw_of(&action.id, &holds)
        };
        let Some(rule) = rule else { return Ok(Vec::new()) };
        let count = wanted(kind, rule, &asked)?;
        let Some((seed, _)) = self.seed_of(before).await? else {
            let message = format!("这份{}登记时没有承诺种子，不能抽选，请重新登记一份", kind.label);
            return Err(Refusal::problem(Problem::error("not_promised", message)));
        };
        let from = self.frame(house, rule, &asked).await?;
        if from.len() < count {
            let message = format!("能抽的只有{}个，不能抽{count}个", from.len());
            return Err(Refusal::problem(Problem::error("frame_small", message).at(&rule.count)));
        }
        let mut new_id = || self.chance.id(moment.at);
        let drawn = write(rule, &seed, from, count, read, &mut new_id);
        self.add_links(house, kind, Some(before), read, links).await?;
        Ok(vec![Operation::Update {
            table: TABLE.to_owned(),
            key: values([("county", before.county().into()), ("record", before.id().into())]),
            expect: Vec::new(),
            set: values([("frame", drawn.frame.into()), ("drawn_at", moment.at.into())]),
        }])
    }

    /// The seed that was promised for a record, and the frame it was drawn from.
    async fn seed_of(&self, record: &Record) -> Result<Option<(String, String)>, Refusal> {
        let select = Select::from(TABLE, &["seed", "frame"])
            .filter(
                Filter::equal("county", record.county()).and(Filter::equal("record", record.id())),
            )
            .limit(1);
        let rows = self.keeper.find(&select).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let text = |at: usize| row.get(at).and_then(Cell::as_text).unwrap_or_default();
        Ok(self.sealer.open(text(0)).map(|seed| (seed, text(1).to_owned())))
    }

    /// Everybody and everything that may be drawn now.
    async fn frame(
        &self,
        house: &House,
        rule: &Draw,
        record: &Record,
    ) -> Result<Vec<Candidate>, Refusal> {
        let (kind, stratum) = match &rule.from {
            Frame::Records { kind, stratum, .. } => (kind, stratum),
            Frame::List { lines, .. } => {
                let lines = usize::try_from(record.int(lines)).unwrap_or_default();
                if lines > MOST {
                    let message = format!("一份名单最多{MOST}行，请分开抽选");
                    return Err(Refusal::problem(Problem::error("frame_large", message)));
                }
                return Ok(numbered(lines));
            }
            Frame::Unknown => return Ok(Vec::new()),
        };
        let Some(kind) = house.kind(kind) else { return Ok(Vec::new()) };
        let units = self.units();
        let unit = units.get(record.text("unit"));
        let unit = unit.ok_or_else(|| Refusal::NotFound("这个单位".to_owned()))?;
        let mut filter = subtree(unit).and(matching(rule, record));
        match seal::sealed(house, kind, &|_| true) {
            Filter::Nothing => {}
            sealed => filter = filter.and(Filter::Not(Box::new(sealed))),
        }
        let mut columns = vec!["id"];
        columns.extend((!stratum.is_empty()).then_some(stratum.as_str()));
        let mut select = Select::from(&kind.id, &columns).filter(filter).limit(MOST_RECORDS + 1);
        select.order = vec![Sort::up("id")];
        let rows = self.keeper.find(&select).await?;
        if rows.len() > MOST_RECORDS as usize {
            let message = format!("能抽的超过{MOST_RECORDS}个，请把范围定小一些");
            return Err(Refusal::problem(Problem::error("frame_large", message)));
        }
        let text = |cell: Option<&Cell>| match cell {
            Some(Cell::Text(text)) => text.clone(),
            Some(Cell::Int(number)) => number.to_string(),
            _ => String::new(),
        };
        Ok(rows
            .iter()
            .map(|row| Candidate { id: text(row.first()), stratum: text(row.get(1)) })
            .collect())
    }

    /// The draw of a record that the actor sees, done again; `None` if its kind draws nothing.
    #[boxed]
    pub async fn draw_again(
        &self,
        actor: &Actor,
        kind: &str,
        id: &str,
        moment: &Moment,
    ) -> Result<Option<DrawAnswer>, Refusal> {
        let missing = || Refusal::NotFound("这份档案".to_owned());
        let kind = self.house().kind(kind).cloned().ok_or_else(missing)?;
        let record = self.load(&kind, id).await?.ok_or_else(missing)?;
        if !self.covers(actor, &kind, &record, Right::See).await? {
            return Err(self.refuse_look(actor, &kind, id, moment).await);
        }
        let links = Links::default();
        let rule = {
            let view = View::record(&record, &links, moment.today);
            let holds = |rule: &Rule| rule.holds(&view) == Some(true);
            kind.draws.first().and_then(|first| kind.draw_of(&first.action, &holds)).cloned()
        };
        let Some(rule) = rule else { return Ok(None) };
        let frame = self.seed_of(&record).await?.map(|(_, frame)| frame).unwrap_or_default();
        let drawn = written(&rule, &record);
        let seed = record.text(&rule.writes.seed).to_owned();
        let names = match &rule.from {
            Frame::Records { kind, .. } => {
                // Where they differ, what should have been drawn is called by its name too.
                let fresh = draw(&seed, &candidates(&frame), drawn.len());
                let ids = drawn.iter().chain(&fresh).map(|id| (kind.clone(), id.clone())).collect();
                self.names_of(actor, ids).await?
            }
            _ => Default::default(),
        };
        let named = |id: &str| match &rule.from {
            Frame::Records { kind, .. } => names.name(kind, id).unwrap_or_else(|| id.to_owned()),
            _ => format!("名单第{id}行"),
        };
        let differs = match seed.as_str() {
            "" => Vec::new(),
            _ => again(&rule, &record, &frame, &named),
        };
        let size = match &rule.from {
            Frame::List { lines, .. } => record.int(lines),
            _ => i64::try_from(frame.lines().count()).unwrap_or_default(),
        };
        Ok(Some(DrawAnswer {
            label: rule.label.clone(),
            promise: record.text(&rule.writes.promise).to_owned(),
            seed,
            size,
            frame_hash: record.text(&rule.writes.frame).to_owned(),
            frame,
            count: record.int(&rule.count),
            drawn,
            differs,
            kind,
            record,
        }))
    }
}

/// How many are to be drawn: at least one, and no more than there is room for.
fn wanted(kind: &RecordKind, rule: &Draw, record: &Record) -> Result<usize, Refusal> {
    let most = match kind.fields.get(&rule.rows).and_then(|rows| rows.most.clone()) {
        Some(Bound::Number(most)) => most,
        _ => 200,
    };
    match record.int(&rule.count) {
        count if (1..=most).contains(&count) => Ok(usize::try_from(count).unwrap_or_default()),
        _ => {
            let message = format!("一次抽1个到{most}个");
            Err(Refusal::problem(Problem::error("draw_count", message).at(&rule.count)))
        }
    }
}

/// What the definition asks of those that may be drawn. What the record leaves empty asks nothing.
fn matching(rule: &Draw, record: &Record) -> Filter {
    let Frame::Records { when, same, since, until, .. } = &rule.from else {
        return Filter::Nothing;
    };
    let mut filter = when.as_ref().map_or(Filter::Everything, |when| when.filter.clone());
    for (pairs, comparison) in [
        (same, Comparison::Equal),
        (since, Comparison::GreaterOrEqual),
        (until, Comparison::LessOrEqual),
    ] {
        for (theirs, own) in pairs {
            if let Some(cell) = record.cells.get(own).filter(|cell| !cell.is_null()) {
                let column = Term::Column(theirs.clone());
                let value = Term::Value(cell.clone());
                filter = filter.and(Filter::Compare(column, comparison, value));
            }
        }
    }
    filter
}
