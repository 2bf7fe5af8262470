//! The result: a table for people, or a line of JSON for every measure.

use super::{
    Facts,
    measure::{Measure, rounded},
};
use crate::cli::say;
use serde_json::json;
use std::time::Duration;

/// Shows all of it.
pub fn show(measures: &[Measure], facts: &Facts, only_json: bool) {
    if !only_json {
        table(measures, facts);
    }
    for measure in measures {
        say(&measure.json().to_string());
    }
    say(&facts_json(facts).to_string());
}

/// Aims of what is no measure of many operations.
fn other_aims(facts: &Facts) -> Vec<(String, bool)> {
    let page = &facts.first_page;
    vec![
        (
            format!("启动 ≤ 0.1 秒（{:.3}）", facts.start.as_secs_f64()),
            facts.start <= Duration::from_millis(100),
        ),
        (
            format!("空闲内存 ≤ 25 MiB（{:.1}）", facts.idle as f64 / 1024.0),
            facts.idle <= 25 * 1024,
        ),
        (
            format!("首个列表页 ≤ 40 KiB（{:.1}）", page.bytes as f64 / 1024.0),
            page.bytes <= 40 * 1024 && page.missing.is_empty(),
        ),
        (
            format!("首个列表页 ≤ 6 次请求（{}）", page.requests),
            page.requests <= 6 && page.missing.is_empty(),
        ),
    ]
}

fn facts_json(facts: &Facts) -> serde_json::Value {
    let aims = other_aims(facts);
    let aims = aims.iter().map(|(words, reached)| json!({ "aim": words, "reached": reached }));
    json!({
        "measure": "server", "cases": facts.cases, "start_s": rounded(facts.start.as_secs_f64()),
        "idle_kib": facts.idle, "after_kib": facts.after,
        "first_page_bytes": facts.first_page.bytes, "first_page_requests": facts.first_page.requests,
        "first_page_missing": facts.first_page.missing,
        "bare_writer_per_second": rounded(facts.writer.rate()),
        "bare_writer_p99_ms": rounded(facts.writer.p99.as_secs_f64() * 1e3),
        "bare_read_per_second": rounded(facts.reader.rate()),
        "aims": aims.collect::<Vec<_>>(),
    })
}

fn table(measures: &[Measure], facts: &Facts) {
    say(&format!(
        "案件 {} 件；裸写 {:.0} 次/秒，裸读 {:.0} 次/秒\n",
        facts.cases,
        facts.writer.rate(),
        facts.reader.rate()
    ));
    let heads = ["次数", "CPU秒/千次", "次/秒", "p50毫秒", "p99毫秒", "对裸限"];
    let heads: String = heads.iter().map(|head| left(head, 12)).collect();
    say(&format!("{}{heads}", right("", 40)));
    for measure in measures {
        let ms = |d: Duration| format!("{:.2}", d.as_secs_f64() * 1e3);
        let bare =
            measure.bare.as_ref().map_or("–".to_owned(), |(what, r)| format!("{what}×{r:.2}"));
        let cells = [
            measure.figures.operations.to_string(),
            format!("{:.3}", measure.cpu_per_thousand()),
            format!("{:.0}", measure.figures.rate()),
            ms(measure.figures.p50),
            ms(measure.figures.p99),
            bare,
        ];
        let cells: String = cells.iter().map(|cell| left(cell, 12)).collect();
        say(&format!("{}{cells}", right(&measure.label, 40)));
        if !measure.first_wrong.is_empty() {
            say(&format!("    不对 {} 次，如：{}", measure.wrong, measure.first_wrong));
        }
    }
    say("\n目标");
    let of_measures =
        measures.iter().flat_map(|m| m.aims.iter().map(|(w, r)| (format!("{}：{w}", m.label), *r)));
    for (words, reached) in of_measures.chain(other_aims(facts)) {
        say(&format!("  {}  {words}", if reached { "达到  " } else { "未达到" }));
    }
    say(&format!("\n用过以后内存 {:.1} MiB\n", facts.after as f64 / 1024.0));
}

/// Width on a terminal: Chinese characters take two places.
fn width(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}

fn right(text: &str, places: usize) -> String {
    format!("{text}{}", " ".repeat(places.saturating_sub(width(text))))
}

fn left(text: &str, places: usize) -> String {
    format!("{}{text}", " ".repeat(places.saturating_sub(width(text))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_each_other() {
        assert_eq!((width(&right("案件", 8)), width(&left("1.5", 8))), (8, 8));
    }
}
