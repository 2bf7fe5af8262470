//! What programs are told: the definitions as JSON, and which JSON types they may send.
//! The contract itself (OpenAPI) is in [`openapi`].

mod inbox;
mod openapi;

pub use openapi::openapi;

use crate::{
    definition::{
        Action, Class, CodeTable, DeadlineRule, Field, Fields, House, List, NamedRule, RecordKind,
        Required,
    },
    kind::{Cells, Shape},
    problem::Problem,
    query::Source,
    record::{Links, Record, View},
};
use jiff::civil::Date;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeSet;

/// Names that an answer about a record uses for its own purposes, beside the record's fields; no
/// field may be called so. The second half are names in the query of a list.
pub const RESERVED: [&str; 25] = [
    "id",
    "version",
    "state",
    "state_label",
    "title",
    "unit",
    "unit_name",
    "created_at",
    "created_by",
    "updated_at",
    "updated_by",
    "actions",
    "limits",
    "attached",
    "may_change",
    "warnings",
    "along",
    "q",
    "sort",
    "after",
    "limit",
    "fields",
    "list",
    "figure",
    "period",
];

/// All definitions in outline.
pub fn index(house: &House) -> Json {
    let businesses = house
        .businesses
        .iter()
        .map(|b| json!({ "id": b.id, "label": b.label, "help": b.help, "basis": b.basis }));
    let kinds = house
        .kinds
        .values()
        .map(|k| json!({ "id": k.id, "label": k.label, "business": k.business, "help": k.help }));
    let statistics = house.statistics.values().map(|s| {
        let measures = s
            .measures
            .iter()
            .map(|m| json!({ "id": m.id, "label": m.label, "unit": m.unit, "by": m.by }));
        json!({
            "id": s.id, "label": s.label, "help": s.help, "kind": s.kind, "month": s.month,
            "stock": s.stock.is_some(),
            "measures": measures.collect::<Vec<_>>(),
        })
    });
    let reports = house.reports.values().map(|r| {
        json!({ "id": r.id, "label": r.label, "business": r.business, "help": r.help,
            "basis": r.basis, "confirmed": !r.confirms.is_empty(),
            "cumulative": r.at_end })
    });
    let roles = house
        .roles
        .iter()
        .map(|r| json!({ "id": r.id, "label": r.label, "help": r.help, "level": r.level }));
    json!({
        "version": house.version,
        "businesses": businesses.collect::<Vec<_>>(),
        "kinds": kinds.collect::<Vec<_>>(),
        "statistics": statistics.collect::<Vec<_>>(),
        "reports": reports.collect::<Vec<_>>(),
        "roles": roles.collect::<Vec<_>>(),
    })
}

/// One kind of record, whole.
pub fn definition(house: &House, kind: &RecordKind) -> Json {
    let rows: Map<String, Json> = kind
        .rows
        .values()
        .map(|row| {
            let one = json!({ "label": row.label, "fields": fields(house, &row.fields) });
            (row.id.clone(), one)
        })
        .collect();
    let states = kind.states.iter().map(|s| {
        json!({ "id": s.id, "label": s.label, "code": s.code, "initial": s.initial,
            "last": s.last, "actions": s.can })
    });
    let groups = kind
        .groups
        .iter()
        .map(|g| json!({ "label": g.label, "show": g.show.as_ref().map(|s| &s.words) }));
    let documents = kind.documents.iter().map(
        |d| json!({ "id": d.id, "label": d.label, "when": d.when.as_ref().map(|w| &w.words) }),
    );
    json!({
        "id": kind.id,
        "label": kind.label,
        "business": kind.business,
        "help": kind.help,
        "basis": kind.basis,
        "version": house.version,
        "attached_to": kind.attached.as_ref().map(|a| &a.kind),
        "groups": groups.collect::<Vec<_>>(),
        "fields": fields(house, &kind.fields),
        "rows": rows,
        "codes": codes(house, kind),
        "numbers": kind.numbers.iter().map(|n| &n.field).collect::<Vec<_>>(),
        "states": states.collect::<Vec<_>>(),
        "actions": kind.actions.iter().map(action).collect::<Vec<_>>(),
        "rules": kind.rules.iter().map(rule).collect::<Vec<_>>(),
        "deadlines": kind.deadlines.iter().map(|rule| deadline(kind, rule)).collect::<Vec<_>>(),
        "documents": documents.collect::<Vec<_>>(),
        "lists": kind.lists.iter().map(list).collect::<Vec<_>>(),
    })
}

fn fields(house: &House, fields: &Fields) -> Vec<Json> {
    fields.iter().map(|f| field(house, f)).collect()
}

fn field(house: &House, field: &Field) -> Json {
    let mut told = json!({
        "id": field.id,
        "label": field.label,
        "kind": field.kind.word(),
        "group": field.group,
        "required": match &field.required {
            Required::No => Json::Bool(false),
            Required::Yes => Json::Bool(true),
            Required::When(rule) => Json::from(rule.words.as_str()),
        },
        "read_only": field.read_only || field.kind.shape() == Shape::Computed,
        "class": class(field.class),
        "schema": openapi::schema(field, house),
    });
    let texts = [
        ("hint", field.hint.as_str()),
        ("unit", &field.unit),
        ("default", &field.default),
        ("basis", &field.basis),
        ("exchange", &field.exchange),
        ("show", field.show.as_ref().map_or("", |s| &s.words)),
        ("only", field.only.as_ref().map_or("", |s| &s.words)),
    ];
    for (name, text) in texts.iter().filter(|(_, text)| !text.is_empty()) {
        told[*name] = Json::from(*text);
    }
    match field.kind.shape() {
        Shape::Code(table) | Shape::Codes(table) => told["codes"] = Json::from(table),
        Shape::Reference(kind) => told["refers_to"] = Json::from(kind),
        Shape::Rows(row) => told["rows"] = Json::from(row),
        _ => {}
    }
    told
}

fn class(class: Class) -> &'static str {
    match class {
        Class::Plain => "plain",
        Class::Contact => "contact",
        Class::Sensitive => "sensitive",
    }
}

/// The code tables that the kind and its rows use.
fn codes(house: &House, kind: &RecordKind) -> Map<String, Json> {
    let all = kind.rows.values().flat_map(|r| &r.fields).chain(&kind.fields);
    let tables: BTreeSet<&str> = all
        .filter_map(|f| match f.kind.shape() {
            Shape::Code(table) | Shape::Codes(table) => Some(table),
            _ => None,
        })
        .collect();
    let found = tables.into_iter().filter_map(|table| house.codes.get(table));
    found.map(|table| (table.id.clone(), table_json(table))).collect()
}

fn table_json(table: &CodeTable) -> Json {
    let one = |code: &crate::definition::Code| {
        let mut told = json!({ "code": code.code, "name": code.name });
        for (name, text) in [("parent", &code.parent), ("successor", &code.successor)] {
            if !text.is_empty() {
                told[name] = Json::from(text.as_str());
            }
        }
        for (name, date) in [("valid_from", code.valid_from), ("valid_to", code.valid_to)] {
            if let Some(date) = date {
                told[name] = Json::from(date.to_string());
            }
        }
        told
    };
    table.codes.iter().map(one).collect()
}

fn action(action: &Action) -> Json {
    let asks = action
        .asks
        .iter()
        .map(|a| json!({ "field": a.field, "required": a.required, "default": a.default }));
    json!({
        "id": action.id, "label": action.label, "help": action.help, "by": action.by, "pushed_only": action.pushed_only,
        "to": action.to, "asks": asks.collect::<Vec<_>>(), "needs": action.needs,
        "prints": action.prints, "basis": action.basis,
    })
}

fn rule(rule: &NamedRule) -> Json {
    json!({
        "id": rule.id, "message": rule.message, "at": rule.at, "warning": rule.warning,
        "on_demand": rule.on_demand, "when": rule.when.as_ref().map(|w| &w.words),
        "condition": rule.condition.words, "basis": rule.basis,
    })
}

fn deadline(kind: &RecordKind, rule: &DeadlineRule) -> Json {
    json!({
        "id": rule.id, "label": rule.label, "from": rule.from, "length": crate::derive::describe::length_of(kind, rule),
        "until": rule.until, "ended_by": rule.ended_by, "extended_by": rule.extended_by,
        "at_end": rule.at_end.as_ref().map(|at_end| &at_end.action),
        "words": crate::derive::describe::limit_of(kind, rule), "basis": rule.basis,
    })
}

fn list(list: &List) -> Json {
    json!({
        "id": list.id, "label": list.label, "columns": list.columns, "filters": list.filters,
        "order": list.order, "descending": list.descending,
        "when": list.when.as_ref().map(|w| &w.words),
    })
}

/// Where the JSON types of an input are not those of the contract. Forms send everything as text;
/// programs are held to what they were told.
pub fn wrong_types(kind: &RecordKind, input: &Map<String, Json>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (name, value) in input {
        let Some(field) = kind.fields.get(name) else { continue };
        let Shape::Rows(row) = field.kind.shape() else {
            problems.extend(wrong_type(field, value));
            continue;
        };
        let (Some(row), Json::Array(list)) = (kind.rows.get(row), value) else { continue };
        // However many rows were sent, the first few hundred mistakes are enough to mend it.
        for (index, one) in list.iter().enumerate().take(200) {
            let place = format!("{name}.{index}");
            let inner = one.as_object().into_iter().flatten();
            let known = inner.filter_map(|(name, value)| Some((row.fields.get(name)?, value)));
            problems.extend(known.filter_map(|(f, v)| wrong_type(f, v)).map(|p| p.at(&place)));
        }
    }
    problems
}

fn wrong_type(field: &Field, value: &Json) -> Option<Problem> {
    let (fits, wanted) = match field.kind.shape() {
        Shape::Number | Shape::Money => (value.is_number() || value.is_string(), "数字"),
        Shape::YesNo => (value.is_boolean() || value.is_string(), "true 或者 false"),
        Shape::Codes(_) => (value.is_array() || value.is_string(), "代码的列表"),
        Shape::Place => (value.is_object() || value.is_string(), "地点"),
        Shape::Reference(_) | Shape::Unit(_) | Shape::Account => {
            (value.is_string() || value.is_object(), "标识")
        }
        // Rows are looked into by themselves; what is computed is refused whatever it is.
        Shape::Rows(_) | Shape::Computed => (true, ""),
        _ => (value.is_string(), "文字"),
    };
    if fits || value.is_null() {
        return None;
    }
    let message = format!("“{}”应为{wanted}", field.label);
    Some(Problem::error("type", message).under(&field.basis).at(&field.id))
}

/// What a kept record is warned of today.
pub fn warnings(kind: &RecordKind, record: &Record, links: &Links, today: Date) -> Vec<Problem> {
    let view = View::record(record, links, today);
    let mut problems: Vec<Problem> =
        kind.rules.iter().filter_map(|rule| warning(rule, &view)).collect();
    for (field, rows) in &record.rows {
        let row_kind = match kind.fields.get(field).map(|f| f.kind.shape()) {
            Some(Shape::Rows(row)) => kind.rows.get(row),
            _ => None,
        };
        let Some(row_kind) = row_kind else { continue };
        for (index, row) in rows.iter().enumerate() {
            problems.extend(row_warnings(&row_kind.rules, &row.cells, links, today, field, index));
        }
    }
    problems
}

fn row_warnings(
    rules: &[NamedRule],
    cells: &Cells,
    links: &Links,
    today: Date,
    field: &str,
    index: usize,
) -> Vec<Problem> {
    let view = View::row(cells, links, today);
    let found = rules.iter().filter_map(|rule| warning(rule, &view));
    found.map(|problem| problem.at(&format!("{field}.{index}"))).collect()
}

fn warning(rule: &NamedRule, view: &dyn Source) -> Option<Problem> {
    let looked_at = rule.warning
        && !rule.on_demand
        && rule.when.as_ref().is_none_or(|when| when.holds(view) == Some(true))
        && rule.condition.holds(view) == Some(true);
    looked_at.then(|| Problem::warning(&rule.id, &rule.message).under(&rule.basis).at(&rule.at))
}
