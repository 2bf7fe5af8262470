//! What an example expects, compared with what came of it.

use super::{Example, Expectation, RecordKind};
use crate::record::{self, Act, Decision, Record};

/// What is not as expected, in words.
pub(super) fn judge(act: Act<'_>, decision: &Decision, example: &Example) -> Vec<String> {
    let expects = &example.expects;
    let doing = example.does.as_ref().map_or("", |step| step.action.as_str());
    let mut failures = Vec::new();
    let errors: Vec<&str> = decision.errors().map(|p| p.code.as_str()).collect();
    let warnings: Vec<&str> = decision.warnings().map(|p| p.code.as_str()).collect();
    let said = || decision.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("；");
    let refusal_expected = expects.iter().any(|e| matches!(e, Expectation::Refused(_)));
    if !errors.is_empty() && !refusal_expected {
        failures.push(format!("被拒（{}）：{}", errors.join("、"), said()));
        return failures;
    }
    for expect in expects {
        match expect {
            Expectation::Done => {}
            Expectation::Refused(codes) => {
                for code in codes.iter().filter(|c| !errors.contains(&c.as_str())) {
                    failures.push(format!("应以“{code}”拒绝，实际：{}", said()));
                }
            }
            Expectation::Warned(codes) => {
                for code in codes.iter().filter(|c| !warnings.contains(&c.as_str())) {
                    failures.push(format!("应以“{code}”提醒，实际：{}", said()));
                }
            }
            Expectation::State(state) if decision.record.state() != state => {
                failures.push(format!("状态应为“{state}”，实际“{}”", decision.record.state()));
            }
            Expectation::State(_) => {}
            Expectation::Values(values) => failures.extend(values_differ(act, decision, values)),
            Expectation::Limits(days) => failures.extend(limits_differ(act, decision, days)),
            Expectation::Sets(kind, values) => {
                failures.extend(sets_differ(act, decision, doing, kind, values))
            }
            Expectation::Lacks(dossier, parts) => {
                failures.extend(lacks_differ(act, decision, dossier, parts));
            }
            Expectation::Closes(accounts) => {
                let closed = record::closed_accounts(act, &decision.record, effects(act, doing));
                let closed: Vec<String> = closed.into_iter().map(|(_, account)| account).collect();
                if closed != *accounts {
                    let actual = closed.join("、");
                    failures.push(format!("应停用账号“{}”，实际“{actual}”", accounts.join("、")));
                }
            }
            Expectation::Counts(counts) => failures.extend(counts_differ(act, decision, counts)),
            Expectation::Holds(_) | Expectation::Fails(_) => {
                failures.push("“则 核对”“则 不符”只写在报表的例里".to_owned());
            }
        }
    }
    failures
}

fn values_differ(act: Act<'_>, decision: &Decision, values: &[(String, String)]) -> Vec<String> {
    let cx = crate::kind::Showing { house: act.house, names: &crate::kind::NoNames };
    let mut failures = Vec::new();
    for (path, wanted) in values {
        let (shown, held) = shown_and_held(act, decision, path, &cx);
        let numbered = decision
            .numbers
            .iter()
            .find(|n| n.field == *path)
            .map(|n| format!("{}{:0w$}{}", n.before, 1, n.after, w = n.width));
        if shown != *wanted && held != *wanted && numbered.as_ref() != Some(wanted) {
            let number = numbered.unwrap_or_default();
            failures.push(format!("“{path}”应为“{wanted}”，实际“{shown}{number}”"));
        }
    }
    failures
}

/// The value of `field` or of `rows.0.field`, as shown and as held.
fn shown_and_held(
    act: Act<'_>,
    decision: &Decision,
    path: &str,
    cx: &crate::kind::Showing<'_>,
) -> (String, String) {
    let parts: Vec<&str> = path.split('.').collect();
    let found = match parts.as_slice() {
        [field] => act.kind.fields.get(field).map(|f| (f, &decision.record.cells)),
        [rows, index, field] => {
            let row =
                index.parse().ok().and_then(|i: usize| decision.record.rows.get(*rows)?.get(i));
            match (act.kind.fields.get(rows).map(|f| f.kind.shape()), row) {
                (Some(crate::kind::Shape::Rows(kind)), Some(row)) => act
                    .kind
                    .rows
                    .get(kind)
                    .and_then(|k| k.fields.get(field))
                    .map(|f| (f, &row.cells)),
                _ => None,
            }
        }
        _ => None,
    };
    match found {
        Some((field, cells)) => (field.kind.show(field, cells, cx), field.kind.typed(field, cells)),
        None => (String::new(), "没有这个字段".to_owned()),
    }
}

fn limits_differ(act: Act<'_>, decision: &Decision, days: &[(String, String)]) -> Vec<String> {
    let house = act.house;
    let limits = record::limits(house, act.kind, &decision.record, act.links, act.moment.today);
    let actual = |id: &str| match limits.iter().find(|l| l.id == id) {
        Some(limit) => limit.due.map_or("不能计算".to_owned(), |d| d.to_string()),
        None => "没有".to_owned(),
    };
    days.iter()
        .filter(|(id, day)| actual(id) != *day)
        .map(|(id, day)| format!("期限“{id}”应至{day}，实际{}", actual(id)))
        .collect()
}

fn effects<'a>(act: Act<'a>, doing: &str) -> &'a [super::Effect] {
    act.kind.action(doing).map_or(&act.kind.on_create, |action| &action.effects)
}

/// The records that follow from the act, as the definition says.
fn sets_differ(
    act: Act<'_>,
    decision: &Decision,
    doing: &str,
    kind: &str,
    values: &[(String, String)],
) -> Vec<String> {
    let made = record::consequences(act, &decision.record, effects(act, doing));
    let Some(one) = made.iter().find(|one| one.kind.id == kind) else {
        return vec![format!("应当生成或者推动“{kind}”，实际没有")];
    };
    let cx = crate::kind::Showing { house: act.house, names: &crate::kind::NoNames };
    let mut failures = Vec::new();
    for (id, wanted) in values {
        let Some(field) = one.kind.fields.get(id) else {
            failures.push(format!("“{kind}”没有字段“{id}”"));
            continue;
        };
        let shown = field.kind.show(field, &one.cells, &cx);
        if shown != *wanted && field.kind.typed(field, &one.cells) != *wanted {
            failures.push(format!("“{kind}.{id}”应设为“{wanted}”，实际“{shown}”"));
        }
    }
    failures
}

/// What a dossier of the record lacks, nothing having been signed on paper yet.
fn lacks_differ(
    act: Act<'_>,
    decision: &Decision,
    dossier: &str,
    parts: &[String],
) -> Option<String> {
    use crate::derive::dossier::{Filling, fill, gaps};
    let Some(dossier) = act.kind.dossier(dossier) else {
        return Some(format!("没有卷宗“{dossier}”"));
    };
    let records = |kind: &RecordKind| -> Vec<Record> {
        let cells = act.links.attached.get(&kind.id).into_iter().flatten().cloned();
        let record = |cells| Record { kind: kind.id.clone(), cells, ..Record::default() };
        cells.map(record).collect()
    };
    let attached: Vec<_> = act.house.attached_to(&act.kind.id).map(|k| (k, records(k))).collect();
    let attached: Vec<_> =
        attached.iter().map(|(kind, records)| (&***kind, records.iter().collect())).collect();
    let filling = Filling {
        house: act.house,
        kind: act.kind,
        record: &decision.record,
        links: act.links,
        attached: &attached,
        today: act.moment.today,
    };
    let found = gaps(dossier, &fill(dossier, filling), &|_| false);
    let mut lacks: Vec<&str> =
        found.iter().filter(|gap| gap.missing).map(|gap| gap.part.as_str()).collect();
    lacks.dedup();
    (lacks != parts).then(|| format!("卷宗应缺“{}”，实际缺“{}”", parts.join(" "), lacks.join(" ")))
}

fn counts_differ(act: Act<'_>, decision: &Decision, counts: &[(String, String)]) -> Vec<String> {
    let added = crate::derive::statistic::contributions(act.house, act.kind, &decision.record);
    let mut failures = Vec::new();
    for (name, wanted) in counts {
        let (statistic, cell) = name.split_once('.').unwrap_or((name, ""));
        let cell = crate::derive::statistic::cell_name(cell);
        let actual: i64 = added
            .iter()
            .filter(|c| c.statistic == statistic && c.cell == cell)
            .map(|c| c.value)
            .sum();
        if actual.to_string() != *wanted {
            failures.push(format!("统计“{name}”应加{wanted}，实际{actual}"));
        }
    }
    failures
}
