//! 对照: what a code of one table is in another. Where a value is handed from a field of the one to a
//! field of the other (`设`, `取自`), it is translated on the way.

use super::{Field, Finding, House, Place, node::Node, read::unknown_word};
use crate::{kind::Shape, query::Cell};
use std::collections::BTreeMap;

/// A map from one code table to another.
#[derive(Clone, Debug, Default)]
pub struct CodeMap {
    /// The table it begins with.
    pub from: String,
    /// The table it leads to.
    pub to: String,
    /// Code by code. What is not there has no counterpart.
    pub pairs: BTreeMap<String, String>,
    /// Codes of `from` that knowingly have none.
    pub without: Vec<String>,
    /// Standard, or who drew it up.
    pub basis: String,
    /// Where it is written.
    pub place: Place,
}

/// Reads `对照 甲表 乙表 { 换 "01" "02"; 无 "99"; 依据 "…" }`.
pub(super) fn read_map(node: Node<'_>, findings: &mut Vec<Finding>) -> CodeMap {
    let mut map = CodeMap {
        from: node.text(0),
        to: node.text(1),
        basis: node.child_text("依据"),
        place: node.place(),
        ..CodeMap::default()
    };
    for line in node.children() {
        match line.word() {
            "换" if map.pairs.contains_key(&line.text(0)) => {
                let message = format!("代码“{}”对照了两次", line.text(0));
                findings.push(Finding::new(507, &line.place(), message).fix("只留一行"));
            }
            "换" => drop(map.pairs.insert(line.text(0), line.text(1))),
            "无" => map.without.extend(line.arguments().into_iter().map(|word| word.text)),
            "依据" => {}
            other => findings.push(unknown_word(line, other, &["换", "无", "依据"])),
        }
    }
    map
}

impl House {
    /// The map from one code table to another.
    pub fn map(&self, from: &str, to: &str) -> Option<&CodeMap> {
        self.maps.iter().find(|map| map.from == from && map.to == to)
    }

    /// A value of the field `from` as the field `to` takes it.
    pub fn translated(&self, from: &Field, to: &Field, cell: Cell) -> Cell {
        let (Shape::Code(from), Shape::Code(to)) = (from.kind.shape(), to.kind.shape()) else {
            return cell;
        };
        let Some(map) = (from != to).then(|| self.map(from, to)).flatten() else { return cell };
        let code = cell.as_text().and_then(|code| map.pairs.get(code));
        code.map_or(Cell::Null, |code| Cell::text(code.clone()))
    }
}

/// Finding 507: tables or codes that are not there, and codes that nobody thought of.
pub(super) fn check(house: &House, findings: &mut Vec<Finding>) {
    for (index, map) in house.maps.iter().enumerate() {
        let mut say = |message: String, fix: &str| {
            findings.push(Finding::new(507, &map.place, message).fix(fix));
        };
        if house.maps[..index].iter().any(|m| m.from == map.from && m.to == map.to) {
            say(format!("“{}”到“{}”有两份对照", map.from, map.to), "合成一份");
        }
        if map.basis.is_empty() {
            say(format!("“{}”到“{}”的对照没有写依据", map.from, map.to), "写 依据");
        }
        let (Some(from), Some(to)) = (house.codes.get(&map.from), house.codes.get(&map.to)) else {
            say(format!("没有代码表“{}”或者“{}”", map.from, map.to), "写两张已有的代码表");
            continue;
        };
        for (one, other) in &map.pairs {
            if from.get(one).is_none() || to.get(other).is_none() {
                say(format!("“{one}”或者“{other}”不在代码表里"), "改成表里有的代码");
            }
        }
        let missing = from.codes.iter().filter(|code| {
            code.valid_to.is_none()
                && !map.pairs.contains_key(&code.code)
                && !map.without.contains(&code.code)
        });
        for code in missing {
            say(
                format!("“{} {}”没有对照", code.code, code.name),
                "写 换，或者写 无 表示没有对应的",
            );
        }
    }
}
