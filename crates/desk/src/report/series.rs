//! A statistic by unit, month and one dimension.

use super::{Counted, ReportAsk, Span, may_count};
use crate::boxed;
use crate::{Actor, Desk, Refusal, units::Unit};
use engine::definition::Stock;
use std::collections::{BTreeMap, HashMap};

impl Desk {
    /// A statistic by unit, month and one dimension: `(unit, month, code, value)`, zeros left out.
    #[boxed]
    pub async fn statistic(
        &self,
        actor: &Actor,
        statistic: &str,
        measure: &str,
        dimension: &str,
        ask: &ReportAsk,
    ) -> Result<Vec<(String, String, String, i64)>, Refusal> {
        let house = self.house();
        let found = house
            .statistics
            .get(statistic)
            .cloned()
            .ok_or(Refusal::NotFound("这项统计".to_owned()))?;
        may_count(&house, actor, statistic)?;
        let measure = found.measures.iter().find(|m| m.id == measure || measure.is_empty());
        let measure = measure.ok_or(Refusal::NotFound("这个量".to_owned()))?;
        if !dimension.is_empty() && !measure.by.iter().any(|d| d == dimension) {
            return Err(Refusal::NotFound(format!("按“{dimension}”的统计")));
        }
        let unit = self.reported_unit(actor, &ask.unit)?;
        let span = Span::read(&ask.from, &ask.to)?;
        let units = self.units();
        let all: Vec<&Unit> = std::iter::once(&unit).chain(units.below(&unit.code)).collect();
        let prefix = format!("{}/{dimension}=", measure.id);
        let wanted = |one: &Counted| match dimension {
            "" => one.cell == measure.id,
            _ => one.cell.starts_with(&prefix),
        };
        let ids = [statistic.to_owned()];
        let mut counted = match &found.stock {
            None => self.counted_in(&all, &ids, &span, ask.as_of).await?,
            Some(Stock::AsKept) => {
                let mut kept = self.kept_at(&all, &ids, span.last, ask.as_of).await?;
                let last = span.last.to_string();
                let month = last.get(..7).unwrap_or_default();
                kept.iter_mut().for_each(|one| one.period = month.to_owned());
                together(kept)
            }
            Some(Stock::Until(_)) => {
                let mut all_of_it = self.counted_in(&all, &ids, &span, ask.as_of).await?;
                if let Some(before) = span.before() {
                    let before = self.counted_in(&all, &ids, &before, ask.as_of).await?;
                    all_of_it.extend(before);
                }
                all_of_it.retain(wanted);
                at_each_end(all_of_it, &span.months())
            }
        };
        counted.retain(|one| wanted(one) && one.value != 0);
        let mut answered = Vec::new();
        for one in counted {
            let code = one.cell.strip_prefix(&prefix).unwrap_or_default().to_owned();
            answered.push((one.unit, one.period, code, one.value));
        }
        // Unit by unit as they stand in the tree, each month by month.
        let places: HashMap<&str, usize> =
            all.iter().enumerate().map(|(at, unit)| (unit.code.as_str(), at)).collect();
        answered.sort_by(|(a, from, ..), (b, to, ..)| {
            places.get(a.as_str()).cmp(&places.get(b.as_str())).then_with(|| from.cmp(to))
        });
        Ok(answered)
    }
}

/// Those of the same unit, month and cell added up.
fn together(counted: Vec<Counted>) -> Vec<Counted> {
    let mut sums: BTreeMap<(String, String, String, String), i64> = BTreeMap::new();
    for one in counted {
        *sums.entry((one.unit, one.statistic, one.period, one.cell)).or_default() += one.value;
    }
    let one =
        |((unit, statistic, period, cell), value)| Counted { unit, statistic, period, cell, value };
    sums.into_iter().map(one).collect()
}

/// What a stock was at the end of each month, out of what came and went in each.
fn at_each_end(counted: Vec<Counted>, months: &[String]) -> Vec<Counted> {
    let mut lines: BTreeMap<(String, String, String), BTreeMap<String, i64>> = BTreeMap::new();
    for one in counted {
        let line = lines.entry((one.unit, one.statistic, one.cell)).or_default();
        *line.entry(one.period).or_default() += one.value;
    }
    let mut ends = Vec::new();
    for ((unit, statistic, cell), line) in lines {
        for month in months {
            let value = line.range(..=month.clone()).map(|(_, value)| value).sum();
            let (unit, statistic, cell) = (unit.clone(), statistic.clone(), cell.clone());
            ends.push(Counted { unit, statistic, period: month.clone(), cell, value });
        }
    }
    ends
}
