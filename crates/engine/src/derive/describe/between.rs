//! What passes between the businesses.

use crate::{
    definition::House,
    derive::between::{HandOver, Way, hand_overs},
};
use std::fmt::Write;

/// Everything that goes from one business into another, by the two of them.
pub fn text(house: &House) -> String {
    let mut out = String::new();
    let all: Vec<HandOver> = hand_overs(house).into_iter().filter(HandOver::is_between).collect();
    let name = |id: &str| house.business(id).map_or("公共", |b| &b.label).to_owned();
    let ends = |one: &HandOver| {
        let to = one.to.as_ref().map_or("账号".to_owned(), |to| name(&to.business));
        (name(&one.from.business), to)
    };
    let mut pairs: Vec<(String, String)> = Vec::new();
    for pair in all.iter().map(ends) {
        if !pairs.contains(&pair) {
            pairs.push(pair);
        }
    }
    for pair in pairs {
        let _ = writeln!(out, "{} → {}", pair.0, pair.1);
        all.iter().filter(|one| ends(one) == pair).for_each(|one| line(&mut out, one));
        out.push('\n');
    }
    out
}

fn line(out: &mut String, one: &HandOver) {
    let (from, act) = (&one.from.label, &one.act);
    let to = one.to.as_ref().map_or("账号", |to| &to.label);
    let _ = match &one.way {
        Way::Made => writeln!(out, "  {from}“{act}”生成 {to}"),
        Way::Moved(action) => writeln!(out, "  {from}“{act}”推动 {to}“{action}”"),
        Way::Locked => writeln!(out, "  {from}“{act}”停用 {to}"),
        Way::Taken => writeln!(out, "  {to}选了“{act}”，从{from}带出"),
    };
    for (word, list) in [("当", &one.when), ("带去", &one.gives)] {
        if !list.is_empty() {
            let _ = writeln!(
                out,
                "    {word} {}",
                list.join(if word == "当" { "；或者 " } else { "、" })
            );
        }
    }
}
