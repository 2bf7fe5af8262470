//! Filters of a list: what may be asked, what is asked, and how it is said again.

use super::{
    list::Asked,
    look::list::{ChipView, FilterKind, FilterView, OptionView},
    visitor::Visitor,
};
use desk::{Refusal, units::Level};
use engine::{
    definition::{Class, CodeTable, Field},
    kind::{Names, Shape},
};
use std::{collections::HashMap, sync::Arc};

/// From this many on, records are named and not chosen.
const CHOICES: u32 = 60;

/// Reads the filters of the address into the question.
pub async fn read(asked: &mut Asked) -> Result<(), Refusal> {
    let kind = Arc::clone(&asked.kind);
    for field in kind.fields.iter().filter(|field| field.class == Class::Plain) {
        let value = match field.kind.shape() {
            Shape::Date => between(asked, &field.id),
            Shape::Reference(_) => referred(asked, field).await?,
            _ => asked.query.get(&field.id).trim().to_owned(),
        };
        if !value.is_empty() {
            asked.ask.filters.push((field.id.clone(), value));
        }
    }
    for name in ["created_by", "parent"] {
        let value = asked.query.get(name).to_owned();
        if !value.is_empty() {
            asked.ask.filters.push((name.to_owned(), value));
        }
    }
    let named = asked.ask.filters.iter().filter_map(|(id, value)| {
        match asked.kind.fields.get(id)?.kind.shape() {
            Shape::Reference(kind) => Some((kind.to_owned(), value.clone())),
            _ => None,
        }
    });
    asked.names = asked.visitor.app.desk.names_of(asked.visitor.actor(), named.collect()).await?;
    Ok(())
}

fn between(asked: &Asked, id: &str) -> String {
    let part = |end: &str| asked.query.get(&format!("{id}_{end}")).trim().to_owned();
    match (part("from"), part("to")) {
        (from, to) if from.is_empty() && to.is_empty() => asked.query.get(id).to_owned(),
        (from, to) => format!("{from}..{to}"),
    }
}

/// The record meant: by id, or by its name where it is the only one.
async fn referred(asked: &mut Asked, field: &Field) -> Result<String, Refusal> {
    let id = asked.query.get(&field.id).trim().to_owned();
    let name = asked.query.get(&format!("{}._q", field.id)).trim().to_owned();
    if !id.is_empty() || name.is_empty() {
        return Ok(id);
    }
    let any = Field { only: None, ..field.clone() };
    let found = asked.visitor.app.desk.choices(asked.visitor.actor(), &any, &name, 3).await?;
    let exact = found.iter().find(|(_, title)| *title == name);
    match (exact, found.as_slice()) {
        (Some((id, _)), _) | (None, [(id, _)]) => Ok(id.clone()),
        (None, []) => {
            asked.faults.push(format!("没有找到名称含“{name}”的{}，没有按它筛选", field.label));
            Ok(String::new())
        }
        _ => {
            asked.faults.push(format!(
                "名称含“{name}”的{}不止一个，请写得完整一些，没有按它筛选",
                field.label
            ));
            Ok(String::new())
        }
    }
}

/// What one may filter by.
pub async fn views(asked: &Asked) -> Result<Vec<FilterView>, Refusal> {
    let text = FilterKind::Text(asked.query.get("q").to_owned());
    let mut views = vec![filter("q", "姓名、名称、编号、电话", text)];
    let wanted = asked.list().map_or(&[][..], |list| &list.filters);
    for id in wanted {
        views.extend(view(asked, id).await?);
    }
    let units = unit_options(&asked.visitor, &asked.ask.unit, "全部");
    if units.len() > 1 {
        views.push(filter("unit", "单位", FilterKind::Choice(units)));
    }
    Ok(views)
}

fn filter(name: &str, label: &str, kind: FilterKind) -> FilterView {
    FilterView { name: name.to_owned(), label: label.to_owned(), kind }
}

fn option(value: &str, label: &str, now: &str) -> OptionView {
    OptionView { value: value.to_owned(), label: label.to_owned(), chosen: value == now }
}

async fn view(asked: &Asked, id: &str) -> Result<Option<FilterView>, Refusal> {
    if id == "state" {
        let mut options = vec![option("", "全部", &asked.ask.state)];
        let states = &asked.kind.states;
        options.extend(states.iter().map(|s| option(&s.id, &s.label, &asked.ask.state)));
        return Ok(Some(filter(id, "状态", FilterKind::Choice(options))));
    }
    let Some(field) = asked.kind.fields.get(id) else { return Ok(None) };
    let now = asked.query.get(id);
    let kind = match field.kind.shape() {
        Shape::Code(table) | Shape::Codes(table) => {
            FilterKind::Choice(code_options(asked.house.codes.get(table).map(|t| &**t), now))
        }
        Shape::YesNo => FilterKind::Choice(vec![
            option("", "全部", now),
            option("true", "是", now),
            option("false", "否", now),
        ]),
        Shape::Date => {
            let part = |end: &str| asked.query.get(&format!("{id}_{end}")).to_owned();
            FilterKind::Dates(part("from"), part("to"))
        }
        Shape::Reference(_) => return reference(asked, field).await,
        _ => FilterKind::Text(now.to_owned()),
    };
    Ok(Some(filter(id, &field.label, kind)))
}

/// No filter where there is only one to choose.
async fn reference(asked: &Asked, field: &Field) -> Result<Option<FilterView>, Refusal> {
    let desk = &asked.visitor.app.desk;
    let found = desk.filter_choices(asked.visitor.actor(), field, CHOICES + 1).await?;
    if found.len() > CHOICES as usize {
        let name = format!("{}._q", field.id);
        let text = FilterKind::Text(asked.query.get(&name).to_owned());
        return Ok(Some(filter(&name, &format!("{}名称", field.label), text)));
    }
    if found.len() < 2 {
        return Ok(None);
    }
    let now = asked.query.get(&field.id);
    let mut options = vec![option("", "全部", now)];
    options.extend(found.iter().map(|(id, title)| option(id, title, now)));
    Ok(Some(filter(&field.id, &field.label, FilterKind::Choice(options))))
}

/// The codes of a table, those below others behind them and further in.
fn code_options(table: Option<&CodeTable>, now: &str) -> Vec<OptionView> {
    let mut options = vec![option("", "全部", now)];
    let Some(table) = table else { return options };
    for (depth, code) in in_order(table) {
        let label = format!("{}{}", "\u{3000}".repeat(depth), code.name);
        options.push(option(&code.code, &label, now));
    }
    options
}

/// Every code once, each behind the one it belongs under, and how deep it stands.
pub fn in_order(table: &CodeTable) -> Vec<(usize, &engine::definition::Code)> {
    type Below<'t> = HashMap<&'t str, Vec<&'t engine::definition::Code>>;
    fn put<'t>(
        all: &Below<'t>,
        parent: &str,
        depth: usize,
        found: &mut Vec<(usize, &'t engine::definition::Code)>,
    ) {
        for code in all.get(parent).into_iter().flatten() {
            found.push((depth, *code));
            if depth < 5 {
                put(all, &code.code, depth + 1, found);
            }
        }
    }
    // Most tables have one level.
    if table.codes.iter().all(|code| code.parent.is_empty()) {
        return table.codes.iter().map(|code| (0, code)).collect();
    }
    let mut all = Below::new();
    for code in table.codes.iter().filter(|code| code.code != code.parent) {
        all.entry(&code.parent).or_default().push(code);
    }
    let mut found = Vec::with_capacity(table.codes.len());
    put(&all, "", 0, &mut found);
    found
}

/// The units one may look at from where one is: the way up, the unit itself, those right below.
pub fn unit_options(visitor: &Visitor, now: &str, own: &str) -> Vec<OptionView> {
    let units = visitor.app.desk.units();
    let actor = &visitor.actor().unit;
    let here = units.get(now).filter(|unit| unit.path.starts_with(&actor.path)).unwrap_or(actor);
    let now = if now.is_empty() { "" } else { here.code.as_str() };
    let mut options = vec![option("", &format!("{own}（{}）", actor.name), now)];
    for unit in units.line(&here.code) {
        if unit.path.len() > actor.path.len() {
            options.push(option(&unit.code, &unit.name, now));
        }
    }
    if here.level < Level::Village {
        let indent = if now.is_empty() { "" } else { "\u{3000}" };
        let below = units.below(&here.code);
        options.extend(below.map(|u| option(&u.code, &format!("{indent}{}", u.name), now)));
    }
    options
}

/// The filters in force, each with the list without it.
pub fn chips(asked: &Asked) -> Vec<ChipView> {
    let mut chips = Vec::new();
    let mut chip = |label: String, names: &[&str]| {
        let blank: Vec<(&str, &str)> = names.iter().map(|name| (*name, "")).collect();
        chips.push(ChipView { label, remove_href: asked.address(&blank) });
    };
    if let Some(figure) = &asked.ask.figure {
        let report = asked.house.reports.get(&figure.report);
        let column = report.and_then(|r| r.columns().find(|c| c.id == figure.column));
        let label = format!(
            "{}：{}，{} 至 {}",
            report.map_or("报表", |r| &r.label),
            column.map_or("", |c| &c.label),
            figure.from,
            figure.to
        );
        chip(label, &["report", "column", "from", "to"]);
    }
    if !asked.ask.q.is_empty() {
        chip(format!("查找：{}", asked.ask.q), &["q"]);
    }
    if !asked.ask.state.is_empty() {
        chip(format!("状态：{}", asked.kind.state_label(&asked.ask.state)), &["state"]);
    }
    if !asked.ask.unit.is_empty() {
        let units = asked.visitor.app.desk.units();
        chip(format!("单位：{}", units.long_name(&asked.ask.unit)), &["unit"]);
    }
    for (id, value) in &asked.ask.filters {
        let label = crate::sheets::column_label(&asked.kind, id);
        let label = if label.is_empty() { "条件" } else { label };
        let names = [id.clone(), format!("{id}_from"), format!("{id}_to"), format!("{id}._q")];
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        chip(format!("{label}：{}", said(asked, id, value)), &names);
    }
    chips
}

/// A filter's value in words.
fn said(asked: &Asked, id: &str, value: &str) -> String {
    let Some(field) = asked.kind.fields.get(id) else { return value.to_owned() };
    match field.kind.shape() {
        Shape::Code(table) | Shape::Codes(table) => asked.house.code_name(table, value).to_owned(),
        Shape::YesNo => if value == "true" { "是" } else { "否" }.to_owned(),
        Shape::Date => match value.split_once("..") {
            Some((from, "")) => format!("{from} 起"),
            Some(("", to)) => format!("至 {to}"),
            Some((from, to)) => format!("{from} 至 {to}"),
            None => value.to_owned(),
        },
        Shape::Reference(kind) => {
            asked.names.name(kind, value).unwrap_or_else(|| "选定的一个".to_owned())
        }
        Shape::Unit(_) => asked.visitor.app.desk.units().long_name(value),
        _ => value.to_owned(),
    }
}
