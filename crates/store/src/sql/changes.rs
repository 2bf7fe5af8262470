//! Changes as SQL. A shape is a verb, a table and the columns named; each has one text, so that it
//! is prepared once. Parameters are numbered in the order of their marks: both engines take `$1`.

use super::{Dialect, tables::quoted};
use crate::{
    seam::{Operation, Values},
    shape::Catalogue,
};
use engine::query::Cell;

/// Adds to one counter.
pub(crate) const ADD: &str = "insert into counter (county, statistic, unit, period, cell, value) \
                              values ($1, $2, $3, $4, $5, $6) on conflict (county, statistic, \
                              unit, period, cell) do update \
                              set value = counter.value + excluded.value";
/// Puts down the last entry of a chain.
pub(crate) const KEEP_HEAD: &str = "insert into chain (county, seq, hash) values ($1, $2, $3) \
                                    on conflict (county) do update set seq = excluded.seq, \
                                    hash = excluded.hash";
/// Appends to the log.
pub(crate) const LOG: &str = "insert into log (county, seq, at, actor, authority, act, kind, \
                              record, version, definition, body, content, prev, hash) values \
                              ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";

/// The text of an operation.
pub(crate) fn text(dialect: Dialect, operation: &Operation, catalogue: &Catalogue) -> String {
    match operation {
        Operation::Insert { table, values } => insert(dialect, table, values),
        Operation::Put { table, values } => put(dialect, table, values, catalogue),
        Operation::Update { table, key, expect, set } => update(dialect, table, set, key, expect),
        Operation::Remove { table, by } => {
            let by = compared(dialect, by, " = ", 1);
            format!("delete from \"{table}\" where {}", by.join(" and "))
        }
    }
}

/// What an operation binds, in the order of the marks in its text.
pub(crate) fn cells(operation: &Operation) -> impl Iterator<Item = &Cell> {
    let lists: [&[_]; 3] = match operation {
        Operation::Insert { values, .. } | Operation::Put { values, .. } => [values, &[], &[]],
        Operation::Update { key, expect, set, .. } => [set, key, expect],
        Operation::Remove { by, .. } => [by, &[], &[]],
    };
    lists.into_iter().flatten().map(|(_, cell)| cell)
}

/// Spells the shape of an operation; it is shorter to make than its text.
pub(crate) fn spell(operation: &Operation, shape: &mut String) {
    let (verb, table, lists): (_, _, [&[_]; 3]) = match operation {
        Operation::Insert { table, values } => ("insert", table, [values, &[], &[]]),
        Operation::Put { table, values } => ("put", table, [values, &[], &[]]),
        Operation::Update { table, key, expect, set } => ("update", table, [set, key, expect]),
        Operation::Remove { table, by } => ("remove", table, [by, &[], &[]]),
    };
    shape.clear();
    shape.push_str(verb);
    shape.push(' ');
    shape.push_str(table);
    for values in lists {
        shape.push(';');
        for (name, _) in values {
            shape.push(',');
            shape.push_str(name);
        }
    }
}

fn insert(dialect: Dialect, table: &str, values: &Values) -> String {
    let names: Vec<_> = values.iter().map(|(name, _)| name.clone()).collect();
    let mark = dialect.mark();
    let marks: Vec<_> = (1..=values.len()).map(|number| format!("{mark}{number}")).collect();
    format!("insert into \"{table}\" ({}) values ({})", quoted(&names), marks.join(", "))
}

fn put(dialect: Dialect, table: &str, values: &Values, catalogue: &Catalogue) -> String {
    insert(dialect, table, values) + &or_else_set(table, values, catalogue)
}

/// Many rows put by one statement of PostgreSQL, which takes one list a column. `values` is any one
/// of them; no two may have the same key.
pub(crate) fn put_lists(table: &str, values: &Values, catalogue: &Catalogue) -> String {
    let types = catalogue.get(table).map_or(&[][..], |table| &table.columns);
    let list = |(name, number): (&String, usize)| {
        let int = types.iter().any(|column| {
            column.name == *name && column.column_type == engine::query::ColumnType::Int
        });
        format!("${number}::{}[]", if int { "bigint" } else { "text" })
    };
    let names: Vec<_> = values.iter().map(|(name, _)| name.clone()).collect();
    let lists: Vec<_> = names.iter().zip(1..).map(list).collect();
    let (columns, lists) = (quoted(&names), lists.join(", "));
    let set = or_else_set(table, values, catalogue);
    format!("insert into \"{table}\" ({columns}) select * from unnest({lists}){set}")
}

/// What becomes of a row that is there already.
fn or_else_set(table: &str, values: &Values, catalogue: &Catalogue) -> String {
    let key = catalogue.get(table).map_or(&[][..], |table| &table.key);
    let others = values.iter().map(|(name, _)| name).filter(|name| !key.contains(name));
    let set: Vec<_> = others.map(|name| format!("\"{name}\" = excluded.\"{name}\"")).collect();
    let key = quoted(key);
    if set.is_empty() {
        format!(" on conflict ({key}) do nothing")
    } else {
        format!(" on conflict ({key}) do update set {}", set.join(", "))
    }
}

fn update(dialect: Dialect, table: &str, set: &Values, key: &Values, expect: &Values) -> String {
    let set_to = compared(dialect, set, " = ", 1).join(", ");
    let mut only = compared(dialect, key, " = ", set.len() + 1);
    let as_expected = set.len() + key.len() + 1;
    only.extend(compared(dialect, expect, " is not distinct from ", as_expected));
    format!("update \"{table}\" set {set_to} where {}", only.join(" and "))
}

fn compared(dialect: Dialect, values: &Values, by: &str, from: usize) -> Vec<String> {
    let (mark, numbered) = (dialect.mark(), values.iter().zip(from..));
    numbered.map(|((name, _), number)| format!("\"{name}\"{by}{mark}{number}")).collect()
}
