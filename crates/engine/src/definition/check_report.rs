//! Whether a report's figures lead somewhere.

use super::{Finding, House, Report, Statistic, check::dimension_table, nearest};
use crate::rule::{Figure, When};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Finding 607 for every figure that does not.
pub(super) fn check(house: &House, report: &Report, findings: &mut Vec<Finding>) {
    let ids: BTreeSet<&str> = report.columns().map(|c| c.id.as_str()).collect();
    if ids.len() != report.columns().count() {
        findings.push(Finding::new(202, &report.place, "报表的栏标识重复"));
    }
    check_confirms(house, report, findings);
    let values = report.columns().map(|c| (&c.value, &c.place));
    let sides =
        report.checks.iter().flat_map(|c| [(&c.left, &report.place), (&c.right, &report.place)]);
    for (figure, place) in values.chain(sides) {
        figure.walk(&mut |figure| {
            if let Some(message) = figure_problem(house, &ids, figure) {
                findings.push(Finding::new(607, place, message));
            }
        });
    }
}

/// Where the whole report is cumulative (累计), so is each of its measures that is no stock. Then:
/// whether every measure is as of the end of the period.
pub(super) fn settle_time(statistics: &BTreeMap<String, Arc<Statistic>>, report: &mut Report) {
    let is_stock = |id: &str| statistics.get(id).is_some_and(|s| s.stock.is_some());
    if report.at_end {
        let columns = report.groups.iter_mut().flat_map(|group| &mut group.columns);
        let sides = report.checks.iter_mut().flat_map(|check| [&mut check.left, &mut check.right]);
        let figures = columns.map(|column| &mut column.value).chain(sides);
        figures.for_each(|figure| figure.accumulate(&is_stock));
    }
    let (mut some, mut all) = (false, true);
    for column in report.columns() {
        column.value.walk(&mut |figure| {
            if let Figure::Measure { statistic, when, .. } = figure {
                some = true;
                all &= *when == When::Until || is_stock(statistic) && *when == When::Within;
            }
        });
    }
    report.at_end = some && all;
}

/// Levels follow one another upward, and their roles are of that level.
fn check_confirms(house: &House, report: &Report, findings: &mut Vec<Finding>) {
    const LEVELS: [&str; 5] = ["村", "乡", "县", "市", "省"];
    let rank = |level: &str| LEVELS.iter().position(|l| *l == level);
    let mut below = None;
    for one in &report.confirms {
        let here = rank(&one.level);
        if here.is_none() || below.is_some_and(|below: usize| here != Some(below + 1)) {
            let message = format!("确认的级“{}”不对：要从下到上一级接一级", one.level);
            findings.push(Finding::new(610, &one.place, message).fix("如 乡=office 县=county"));
        }
        below = here;
        for id in &one.roles {
            let role = house.roles.iter().find(|role| role.id == *id);
            if role.is_none_or(|role| role.level != one.level) {
                let message = format!("“{id}”不是{}级的角色，不能在这一级确认报表", one.level);
                findings.push(Finding::new(610, &one.place, message));
            }
        }
    }
    if !report.confirms.is_empty() && report.cycles.is_empty() {
        let finding = Finding::new(610, &report.place, "要确认的报表须写明按什么期报送");
        findings.push(finding.fix("如 期 月 季 半年 年"));
    }
}

fn figure_problem(house: &House, columns: &BTreeSet<&str>, figure: &Figure) -> Option<String> {
    match figure {
        Figure::Column(id) if !columns.contains(id.as_str()) => {
            let near = nearest(id, columns.iter().copied());
            let fix = near.map(|n| format!("，是不是“{n}”？")).unwrap_or_default();
            Some(format!("报表没有栏“{id}”{fix}"))
        }
        Figure::Measure { statistic, measure, by, when } => {
            let Some(found) = house.statistics.get(statistic) else {
                return Some(format!("没有统计“{statistic}”"));
            };
            if found.stock.is_some() && *when == When::Until {
                return Some(format!("“{}”是存量，本来就是期末数，不写“累计”", found.id));
            }
            let Some(measure) = found.measures.iter().find(|m| m.id == *measure) else {
                return Some(format!("统计“{statistic}”没有量“{measure}”"));
            };
            let (dimension, code) = by.as_ref()?;
            if !measure.by.contains(dimension) {
                return Some(format!("量“{}”没有按“{dimension}”分", measure.id));
            }
            let kind = house.kind(&found.kind)?;
            let table = house.codes.get(dimension_table(kind, dimension)?)?;
            table.get(code).is_none().then(|| format!("代码表“{}”里没有“{code}”", table.id))
        }
        _ => None,
    }
}
