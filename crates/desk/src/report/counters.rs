//! Counters put together by unit, and looked at through a report.

use super::Counted;
use crate::units::Unit;
use engine::{
    definition::{House, Report, dimension_table},
    derive::statistic::cell_of,
    rule::{Figure, Figures, When},
};
use std::collections::{BTreeMap, HashMap};

/// Values by statistic and cell.
type Values = HashMap<String, HashMap<String, i64>>;

/// Counters of one unit: what was counted within the time, and before it as far as it is asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Counters {
    within: Values,
    before: Values,
}

impl Counters {
    fn part(&mut self, part: Part) -> &mut Values {
        match part {
            Part::Within => &mut self.within,
            Part::Before => &mut self.before,
        }
    }

    fn add(&mut self, part: Part, counted: &Counted) {
        let values = self.part(part);
        let cells = match values.get_mut(&counted.statistic) {
            Some(cells) => cells,
            None => values.entry(counted.statistic.clone()).or_default(),
        };
        match cells.get_mut(&counted.cell) {
            Some(value) => *value += counted.value,
            None => drop(cells.insert(counted.cell.clone(), counted.value)),
        }
    }

    /// The other's on top.
    pub fn plus(&mut self, other: &Self) {
        for (own, others) in [(&mut self.within, &other.within), (&mut self.before, &other.before)]
        {
            for (statistic, cells) in others {
                let own = own.entry(statistic.clone()).or_default();
                for (cell, value) in cells {
                    *own.entry(cell.clone()).or_default() += value;
                }
            }
        }
    }

    /// What is left without the others.
    pub fn minus(&self, others: &[Self]) -> Self {
        let within: Vec<&Values> = others.iter().map(|other| &other.within).collect();
        let before: Vec<&Values> = others.iter().map(|other| &other.before).collect();
        Self { within: less(&self.within, &within), before: less(&self.before, &before) }
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.within.is_empty() && self.before.is_empty()
    }
}

fn less(values: &Values, others: &[&Values]) -> Values {
    let mut left = values.clone();
    for (statistic, cells) in others.iter().flat_map(|other| other.iter()) {
        let left = left.entry(statistic.clone()).or_default();
        for (cell, value) in cells {
            *left.entry(cell.clone()).or_default() -= value;
        }
    }
    left.values_mut().for_each(|cells| cells.retain(|_, value| *value != 0));
    left.retain(|_, cells| !cells.is_empty());
    left
}

/// Which part of the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// In it.
    Within,
    /// Before it.
    Before,
}

/// What was counted, by whom: the whole, the whole by month, and each unit below.
pub(super) struct Sorted {
    unit: String,
    places: HashMap<String, usize>,
    pub whole: Counters,
    pub by_month: BTreeMap<String, Counters>,
    pub parts: Vec<Counters>,
}

impl Sorted {
    pub fn new(unit: &Unit, below: &[&Unit]) -> Self {
        Self {
            unit: unit.code.clone(),
            places: below.iter().enumerate().map(|(at, u)| (u.code.clone(), at)).collect(),
            whole: Counters::default(),
            by_month: BTreeMap::new(),
            parts: vec![Counters::default(); below.len()],
        }
    }

    pub fn add(&mut self, part: Part, counted: &[Counted]) {
        for one in counted {
            if one.unit == self.unit {
                self.whole.add(part, one);
                if part == Part::Within {
                    let month = match self.by_month.get_mut(&one.period) {
                        Some(month) => month,
                        None => self.by_month.entry(one.period.clone()).or_default(),
                    };
                    month.add(part, one);
                }
            } else if let Some(at) = self.places.get(one.unit.as_str())
                && let Some(counters) = self.parts.get_mut(*at)
            {
                counters.add(part, one);
            }
        }
    }
}

/// Counters looked at through a report.
pub(super) struct View<'a> {
    pub house: &'a House,
    pub report: &'a Report,
    pub counters: &'a Counters,
}

impl View<'_> {
    fn cell(&self, statistic: &str, cell: &str, when: When) -> i64 {
        let of = |values: &Values| {
            values.get(statistic).and_then(|cells| cells.get(cell)).copied().unwrap_or(0)
        };
        let (within, before) = (of(&self.counters.within), of(&self.counters.before));
        match effective(self.house, statistic, when) {
            When::Within => within,
            When::Before => before,
            When::Until => before + within,
        }
    }
}

/// When a measure is counted: what a stock is within a time is what there is at its end.
pub(crate) fn effective(house: &House, statistic: &str, when: When) -> When {
    let stock = house.statistics.get(statistic).is_some_and(|s| s.stock.is_some());
    if stock && when == When::Within { When::Until } else { when }
}

impl Figures for View<'_> {
    fn measure(&self, statistic: &str, measure: &str, by: Option<(&str, &str)>, when: When) -> i64 {
        let Some((dimension, code)) = by else {
            return self.cell(statistic, measure, when);
        };
        codes_below(self.house, statistic, dimension, code)
            .into_iter()
            .map(|c| self.cell(statistic, &cell_of(measure, Some((dimension, &c))), when))
            .sum()
    }

    fn column(&self, id: &str) -> Option<&Figure> {
        self.report.columns().find(|c| c.id == id).map(|c| &c.value)
    }
}

/// A code of a dimension with those below it.
pub(crate) fn codes_below(
    house: &House,
    statistic: &str,
    dimension: &str,
    code: &str,
) -> Vec<String> {
    let table = house
        .statistics
        .get(statistic)
        .and_then(|s| house.kind(&s.kind))
        .and_then(|kind| dimension_table(kind, dimension))
        .and_then(|table| house.codes.get(table));
    match table {
        Some(table) => table.with_children(code).into_iter().map(str::to_owned).collect(),
        None => vec![code.to_owned()],
    }
}
