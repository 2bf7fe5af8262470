//! What the units right below have confirmed: the whole above them should be the sum of that.

use super::{Confirmed, Open, State, among};
use crate::{
    Desk, Refusal,
    report::{ReportAnswer, placed},
    units::Unit,
};
use engine::query::{Cell, Filter, Select, Sort};
use std::collections::{BTreeMap, BTreeSet};

/// Id of what is not in order where units below are not approved.
const BELOW: &str = "below";

impl Desk {
    /// The state of the last round of each unit right below, where those confirm, and which of them
    /// have other figures now than were approved.
    pub(super) async fn states_below(
        &self,
        answer: &ReportAnswer,
    ) -> Result<(BTreeMap<String, State>, BTreeSet<String>), Refusal> {
        let (units, report) = (self.units(), &answer.report);
        let below: Vec<&Unit> = units.below(&answer.unit.code).collect();
        let confirms =
            below.first().is_some_and(|u| !report.confirmed_by(u.level.word()).is_empty());
        let (mut states, mut moved) = (BTreeMap::new(), BTreeSet::new());
        if !confirms {
            return Ok((states, moved));
        }
        let filter = among("county", below.iter().map(|unit| placed(unit)))
            .and(Filter::equal("report", report.id.as_str()))
            .and(among("unit", below.iter().map(|unit| unit.code.as_str())))
            .and(Filter::equal("first", answer.from.as_str()))
            .and(Filter::equal("last", answer.to.as_str()));
        let select = Select::from("filing", &["unit", "state", "figures"])
            .filter(filter)
            .order(vec![Sort::up("round"), Sort::up("id")])
            .limit(10_000);
        for row in self.keeper.find(&select).await? {
            let [Cell::Text(unit), Cell::Text(state), Cell::Text(figures)] = row.as_slice() else {
                continue;
            };
            let Some(state) = State::ALL.into_iter().find(|one| one.id() == state) else {
                continue;
            };
            states.insert(unit.clone(), state);
            if state == State::Approved && differs(answer, unit, figures) {
                moved.insert(unit.clone());
            } else {
                moved.remove(unit);
            }
        }
        Ok((states, moved))
    }

    /// What must be explained: cross-checks that do not hold, and units below that are not approved
    /// or have changed since.
    pub(super) fn unsettled(
        &self,
        answer: &ReportAnswer,
        states: &BTreeMap<String, State>,
        moved: &BTreeSet<String>,
    ) -> Vec<Open> {
        let failing = answer.checks.iter().filter(|check| !check.holds()).map(|check| {
            let names: Vec<&str> = check.failing.iter().map(|row| row.name.as_str()).collect();
            let words = format!("核对 {}“{}”不符：{}", check.id, check.label, names.join("、"));
            Open { id: check.id.clone(), words }
        });
        let mut open: Vec<Open> = failing.collect();
        let units = self.units();
        let below = units.below(&answer.unit.code);
        let waits = below.filter_map(|unit| {
            if answer.report.confirmed_by(unit.level.word()).is_empty() {
                return None;
            }
            let how = match states.get(&unit.code) {
                Some(State::Approved) if moved.contains(&unit.code) => "审核后有变化，没有报更正",
                Some(State::Approved) => return None,
                Some(State::Confirmed) => "已确认，待审核",
                Some(State::Returned) => "退回后没有重报",
                _ => "没有确认",
            };
            Some(format!("{}（{how}）", unit.name))
        });
        let waits: Vec<String> = waits.collect();
        if !waits.is_empty() {
            let words = format!("下级还没有审核的：{}", waits.join("、"));
            open.push(Open { id: BELOW.to_owned(), words });
        }
        open
    }
}

/// Whether the figures of a unit, as they are now, are others than these.
fn differs(answer: &ReportAnswer, unit: &str, figures: &str) -> bool {
    let now = answer.rows.iter().find(|row| row.unit == unit);
    let (Some(now), Some(then)) = (now, Confirmed::read(figures)) else { return false };
    answer.report.columns().zip(&now.figures).any(|(column, figure)| {
        then.figure(unit, &column.id).is_some_and(|was| !super::late::same(was, *figure))
    })
}
