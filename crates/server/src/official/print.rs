//! A form as a PDF, by the template that all reports share. A table that is wider than the paper is
//! cut between columns and goes on below as 续表.

use super::Official;
use crate::{
    app::App,
    documents::{self, Facts},
};
use desk::{Moment, Refusal};
use engine::{check::date::show_datetime, kind::china_time};
use serde_json::{Value as Json, json};

/// Where the template lies among the definitions.
const TEMPLATE: &str = "common/documents/report.typ";
/// Columns that fit on a page.
const ACROSS: usize = 14;

/// The form as a PDF.
pub async fn pdf(app: &App, form: &Official, moment: &Moment) -> Result<Vec<u8>, Refusal> {
    let data = data(form, moment);
    let facts = Facts::default();
    let printed =
        documents::typeset(app, app.desk.house(), TEMPLATE.to_owned(), data, facts, moment);
    Ok(printed.await?.pdf)
}

fn data(form: &Official, moment: &Moment) -> Json {
    let parts = parts(form).into_iter().map(|part| part_data(form, &part));
    json!({
        "title": form.title,
        "unit": form.unit,
        "period": form.period,
        "basis": form.basis,
        "notes": form.notes,
        "parts": parts.collect::<Vec<_>>(),
        "printed_on": show_datetime(china_time(moment.at)),
    })
}

/// Columns side by side: their group and their place.
type Part = Vec<(usize, usize)>;

/// The columns page by page, groups kept together where they fit.
fn parts(form: &Official) -> Vec<Part> {
    let mut parts: Vec<Part> = vec![Vec::new()];
    let mut at = 0;
    for (group, (_, heads)) in form.groups.iter().enumerate() {
        let full =
            parts.last().is_some_and(|part| !part.is_empty() && part.len() + heads.len() > ACROSS);
        if full {
            parts.push(Vec::new());
        }
        for _ in heads {
            if parts.last().is_some_and(|part| part.len() >= ACROSS) {
                parts.push(Vec::new());
            }
            if let Some(part) = parts.last_mut() {
                part.push((group, at));
            }
            at += 1;
        }
    }
    parts
}

fn part_data(form: &Official, part: &Part) -> Json {
    let heads: Vec<&super::Head> = form.groups.iter().flat_map(|(_, heads)| heads).collect();
    let mut groups: Vec<(usize, usize)> = Vec::new();
    for (group, _) in part {
        match groups.last_mut().filter(|(last, _)| last == group) {
            Some((_, wide)) => *wide += 1,
            None => groups.push((*group, 1)),
        }
    }
    let group = |(at, wide): &(usize, usize)| json!({ "label": form.groups.get(*at).map_or("", |(label, _)| label), "wide": wide });
    let label = |at: usize| heads.get(at).map_or("", |head| head.label.as_str());
    let row = |(name, cells): &(String, Vec<super::Shown>)| {
        let cell = |at: usize| cells.get(at).map_or("", |cell| cell.text.as_str());
        json!({ "name": name, "cells": part.iter().map(|(_, at)| cell(*at)).collect::<Vec<_>>() })
    };
    json!({
        "groups": groups.iter().map(group).collect::<Vec<_>>(),
        "heads": part.iter().map(|(_, at)| json!({ "label": label(*at), "number": at + 1 }))
            .collect::<Vec<_>>(),
        "rows": form.rows.iter().map(row).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::Head;
    use super::*;

    #[test]
    fn every_column_stands_on_one_page_and_no_page_is_too_wide() {
        for sizes in [vec![5, 6, 8, 18, 2, 10, 1], vec![14], vec![1], vec![30]] {
            let groups = sizes.iter().map(|n| (String::new(), vec![Head::default(); *n]));
            let form = Official { groups: groups.collect(), ..Official::default() };
            let parts = parts(&form);
            assert!(parts.iter().all(|part| (1..=ACROSS).contains(&part.len())), "{parts:?}");
            let all: Vec<usize> = parts.iter().flatten().map(|(_, at)| *at).collect();
            assert_eq!(all, (0..sizes.iter().sum()).collect::<Vec<_>>());
        }
    }
}
