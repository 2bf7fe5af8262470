//! What a draw writes into a record, and the same done again: who is drawn is worked out anew from the
//! seed and the frame, and compared with what was written.

use super::{Read, Record, Row};
use crate::{
    definition::{Draw, Frame},
    draw::{Candidate, candidates, digest, draw, frame, numbered, result},
    query::Cell,
};

/// A draw that is done: its frame as it is kept, and who was drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawn {
    /// The frame as it is hashed; empty for a list, whose lines are only counted.
    pub frame: String,
    /// The ids drawn, in order.
    pub ids: Vec<String>,
}

/// Draws, and puts what the draw writes into `read`.
pub fn write(
    rule: &Draw,
    seed: &str,
    mut from: Vec<Candidate>,
    count: usize,
    read: &mut Read,
    new_id: &mut dyn FnMut() -> String,
) -> Drawn {
    let is_list = matches!(rule.from, Frame::List { .. });
    let text = if is_list { String::new() } else { frame(&mut from) };
    let ids = draw(seed, &from, count);
    let size = i64::try_from(from.len()).unwrap_or(i64::MAX);
    for (field, cell) in [
        (&rule.writes.seed, Cell::text(seed)),
        (&rule.writes.size, Cell::Int(size)),
        (&rule.writes.frame, Cell::text(if is_list { String::new() } else { digest(&text) })),
        (&rule.writes.result, Cell::text(result(&ids))),
    ] {
        if !field.is_empty() {
            read.cells.insert(field.clone(), cell);
        }
    }
    let row = |(at, id): (usize, &String)| {
        let item = match is_list {
            true => id.parse().map_or(Cell::Null, Cell::Int),
            false => Cell::text(id.as_str()),
        };
        let order = Cell::Int(i64::try_from(at + 1).unwrap_or(i64::MAX));
        let cells = [(rule.order.clone(), order), (rule.item.clone(), item)];
        Row { id: new_id(), cells: cells.into_iter().collect() }
    };
    read.rows.insert(rule.rows.clone(), ids.iter().enumerate().map(row).collect());
    Drawn { frame: text, ids }
}

/// What the record says was drawn, in order.
pub fn written(rule: &Draw, record: &Record) -> Vec<String> {
    let rows = record.rows.get(&rule.rows).into_iter().flatten();
    let mut rows: Vec<(i64, String)> = rows
        .map(|row| {
            let order = row.cells.get(&rule.order).and_then(Cell::as_int).unwrap_or_default();
            let item = match row.cells.get(&rule.item) {
                Some(Cell::Text(id)) => id.clone(),
                Some(Cell::Int(number)) => number.to_string(),
                _ => String::new(),
            };
            (order, item)
        })
        .collect();
    rows.sort();
    rows.into_iter().map(|(_, id)| id).collect()
}

/// The draw done again from what was kept. What differs, in words; nothing: it is the same. `named`
/// says what an id is called.
pub fn again(
    rule: &Draw,
    record: &Record,
    kept_frame: &str,
    named: &dyn Fn(&str) -> String,
) -> Vec<String> {
    let (mut differs, w) = (Vec::new(), &rule.writes);
    let seed = record.text(&w.seed);
    if digest(seed) != record.text(&w.promise) {
        differs.push("种子的摘要值和抽选以前公布的不符".to_owned());
    }
    let from = match &rule.from {
        Frame::List { lines, .. } => {
            numbered(usize::try_from(record.int(lines)).unwrap_or_default())
        }
        _ => candidates(kept_frame),
    };
    if !w.frame.is_empty()
        && !matches!(rule.from, Frame::List { .. })
        && digest(kept_frame) != record.text(&w.frame)
    {
        differs.push("留存的总体清单和抽选时记下的摘要值不符".to_owned());
    }
    let count = usize::try_from(record.int(&rule.count)).unwrap_or_default();
    let (fresh, old) = (draw(seed, &from, count), written(rule, record));
    if fresh.len() != old.len() {
        differs.push(format!("重抽得{}个，档案里记着{}个", fresh.len(), old.len()));
    }
    let places = fresh.iter().zip(&old).enumerate().filter(|(_, (new, old))| new != old);
    differs.extend(places.take(20).map(|(at, (new, old))| {
        format!("第{}个：重抽是{}，档案里记的是{}", at + 1, named(new), named(old))
    }));
    if !w.result.is_empty() && result(&old) != record.text(&w.result) {
        differs.push("抽中的和抽选时记下的结果摘要值不符".to_owned());
    }
    differs
}
