//! What the worked examples show: how records of a kind begin, and what can be done to them then.

use desk::{Actor, Desk, ask::ListAsk};
use engine::definition::{Example, Expectation, House, RecordKind};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// An action that an example shows to be possible.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Its id.
    pub action: String,
    /// What is typed.
    pub typed: Vec<(String, String)>,
    /// When.
    pub on: Option<Date>,
}

/// All that is shown, by kind.
#[derive(Debug)]
pub struct Tales {
    /// The definitions, with their examples.
    pub house: House,
    beginnings: BTreeMap<String, Vec<Example>>,
    steps: BTreeMap<String, Vec<Shown>>,
}

impl Tales {
    /// The tales of a house.
    pub fn of(house: House) -> Self {
        let (mut bases, mut created) = Default::default();
        let mut steps: BTreeMap<String, Vec<Shown>> = BTreeMap::new();
        for example in house.examples.iter().filter(|e| e.report.is_empty()) {
            let Some(mut whole) = example.whole(&house) else { continue };
            let creates = whole.does.as_ref().is_none_or(|step| step.action.is_empty());
            if example.is_base && example.base.is_empty() {
                put(&mut bases, whole);
            } else if !example.is_base && creates && whole.expects.contains(&Expectation::Done) {
                whole.given.extend(whole.does.iter().flat_map(|step| step.input.clone()));
                put(&mut created, whole);
            } else if let Some(shown) = step(&house, &whole) {
                steps.entry(whole.kind).or_default().push(shown);
            }
        }
        // Bases come first: they are what the usual record of a kind looks like.
        let mut beginnings: BTreeMap<String, Vec<Example>> = bases;
        for (kind, examples) in created {
            beginnings.entry(kind).or_default().extend(examples);
        }
        Self { house, beginnings, steps }
    }

    /// How records of the kind begin, whole.
    pub fn beginnings(&self, kind: &RecordKind) -> &[Example] {
        self.beginnings.get(&kind.id).map_or(&[], Vec::as_slice)
    }

    /// What can be done to a record of the kind in this state.
    pub fn steps(&self, kind: &RecordKind, state: &str) -> Vec<&Shown> {
        let can = kind.state(state).map_or(&[][..], |state| &state.can);
        let all = self.steps.get(&kind.id).into_iter().flatten();
        all.filter(|shown| can.contains(&shown.action)).collect()
    }

    /// The kinds that nobody has written yet, as far as this actor sees; what others hang on first.
    pub async fn untold(&self, desk: &Desk, actor: &Actor) -> Vec<&RecordKind> {
        let mut untold = Vec::new();
        for kind in self.house.kinds.values() {
            if there(desk, actor, kind, "").await.is_empty() {
                untold.push(&**kind);
            }
        }
        untold.sort_by_key(|kind| {
            let business = self.house.business(&kind.business).map_or(0, |b| b.order);
            (kind.attached.is_some(), business, self.house.rank(kind))
        });
        untold
    }
}

/// The first records of a kind that the actor sees, in this state if one is said.
pub async fn there(desk: &Desk, actor: &Actor, kind: &RecordKind, state: &str) -> Vec<String> {
    let (kind, state) = (kind.id.clone(), state.to_owned());
    let ask = ListAsk { kind, state, limit: 30, ..ListAsk::default() };
    let answer = desk.list(actor, &ask).await;
    answer.map_or_else(
        |_| Vec::new(),
        |answer| answer.records.iter().map(|record| record.id().to_owned()).collect(),
    )
}

fn put(examples: &mut BTreeMap<String, Vec<Example>>, example: Example) {
    examples.entry(example.kind.clone()).or_default().push(example);
}

/// The action of an example that is neither refused nor ends anybody's account.
fn step(house: &House, whole: &Example) -> Option<Shown> {
    let refused = |e: &Expectation| matches!(e, Expectation::Refused(_) | Expectation::Closes(_));
    let does = whole.does.as_ref()?;
    let action = house.kind(&whole.kind)?.action(&does.action)?.id.clone();
    if whole.is_base || whole.expects.iter().any(refused) || whole.expects.is_empty() {
        return None;
    }
    Some(Shown { action, typed: does.input.clone(), on: whole.on.parse().ok() })
}
