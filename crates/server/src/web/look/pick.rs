//! Finding what is already known: a person, a body, a place. Typing comes second. Everything
//! works by buttons that send the form and get it back (`_find`, `_choose`, `_clear`, each with
//! the field's path); with script only the one field is redrawn.

use maud::{Markup, html};

use super::field::{ChoiceView, options};
use super::part::hidden;

/// Something in an archive that may be the one meant.
#[derive(Clone, Debug, Default)]
pub struct FoundView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What tells it from others, with sensitive parts masked.
    pub detail: String,
    /// Why it was proposed, e.g. 证件号相同.
    pub why: String,
}

/// A person field.
#[derive(Clone, Debug, Default)]
pub struct PersonInput {
    /// The person chosen from the archive.
    pub chosen: Option<FoundView>,
    /// Kinds of identity document.
    pub id_types: Vec<ChoiceView>,
    /// What was typed as number.
    pub id_number: String,
    /// What was typed as name.
    pub name: String,
    /// What was typed as phone.
    pub phone: String,
    /// The answer of the archive, once asked.
    pub found: Option<Vec<FoundView>>,
    /// Whether the number must be given.
    pub number_required: bool,
    /// Faults by part (`name`, `id_number`, `phone`).
    pub errors: Vec<(String, String)>,
}

/// A reference found by search.
#[derive(Clone, Debug, Default)]
pub struct PickInput {
    /// What is chosen.
    pub chosen: Option<FoundView>,
    /// What was searched for.
    pub query: String,
    /// Names the browser may propose while one types.
    pub suggestions: Vec<String>,
    /// The answer, once asked.
    pub found: Option<Vec<FoundView>>,
}

/// A place field.
#[derive(Clone, Debug, Default)]
pub struct PlaceInput {
    /// Divisions one may choose from.
    pub divisions: Vec<ChoiceView>,
    /// Street and number.
    pub address: String,
    /// Longitude, if measured.
    pub lng: String,
    /// Latitude.
    pub lat: String,
}

/// Draws a person field.
pub fn person(path: &str, input: &PersonInput) -> Markup {
    if let Some(chosen) = &input.chosen {
        return card(path, chosen);
    }
    html! {
        div.person id={ "f-" (path) } tabindex="-1" {
            div.grid {
                (part(path, "name", "姓名", &input.name, "text", input))
                div.field {
                    label for={ "f-" (path) ".id_type" } { "证件类型" }
                    select id={ "f-" (path) ".id_type" } name={ (path) ".id_type" } {
                        (options(&input.id_types))
                    }
                }
                (part(path, "id_number", "证件号码", &input.id_number, "text", input))
                (part(path, "phone", "手机号码", &input.phone, "tel", input))
            }
            button.btn name="_find" value=(path) data-part { "查找档案" }
            div.found aria-live="polite" {
                @if let Some(found) = &input.found { (self::found(path, found, "档案中没有此人，保存后新建档案。")) }
            }
        }
    }
}

fn part(
    path: &str,
    name: &str,
    label: &str,
    value: &str,
    kind: &str,
    input: &PersonInput,
) -> Markup {
    let id = format!("{path}.{name}");
    let error = input.errors.iter().find(|(part, _)| part == name).map(|(_, message)| message);
    let must = name == "name" || (name == "id_number" && input.number_required);
    html! {
        div.field.wrong[error.is_some()] {
            label for={ "f-" (id) } { (label) @if must { " " span.must { "必填" } } }
            input id={ "f-" (id) } type=(kind) name=(id) value=(value) maxlength="60" autocomplete="off"
                aria-required=[must.then_some("true")] aria-invalid=[error.map(|_| "true")]
                aria-describedby=[error.map(|_| format!("e-{id}"))];
            @if let Some(error) = error { p.error id={ "e-" (id) } { (error) } }
        }
    }
}

/// Draws a reference field.
pub fn pick(path: &str, label: &str, input: &PickInput) -> Markup {
    if let Some(chosen) = &input.chosen {
        return card(path, chosen);
    }
    let list = format!("l-{path}");
    let listed = (!input.suggestions.is_empty()).then_some(list.as_str());
    html! {
        div.pick {
            span.with-button {
                input id={ "f-" (path) } name={ (path) "._q" } value=(input.query) maxlength="60" list=[listed]
                    autocomplete="off" aria-label={ "查找" (label) };
                button.btn name="_find" value=(path) data-part { "查找" }
            }
            @if listed.is_some() {
                datalist id=(list) { @for one in &input.suggestions { option value=(one); } }
            }
            div.found aria-live="polite" {
                @if let Some(found) = &input.found { (self::found(path, found, "没有找到，请换一个名称或编号。")) }
            }
        }
    }
}

fn card(path: &str, chosen: &FoundView) -> Markup {
    html! {
        div.card id={ "f-" (path) } tabindex="-1" {
            (hidden(path, &chosen.id))
            div { b { (chosen.name) } " " span.source { "已有档案" } span.sub { (chosen.detail) } }
            button.text name="_clear" value=(path) data-part { "更换" span.vh { "：" (chosen.name) } }
        }
    }
}

fn found(path: &str, found: &[FoundView], none: &str) -> Markup {
    html! {
        @if found.is_empty() { p.muted { (none) } }
        @else {
            p.muted { "找到 " (found.len()) " 个可能相同的档案：" }
            ul {
                @for one in found {
                    li {
                        div { b { (one.name) } " " span.muted { (one.why) } span.sub { (one.detail) } }
                        button.btn name="_choose" value={ (path) ":" (one.id) } data-part {
                            "选用" span.vh { (one.name) "，" (one.detail) }
                        }
                    }
                }
            }
        }
    }
}

/// Draws a place field: the division first, because it decides who serves the place.
pub fn place(path: &str, input: &PlaceInput) -> Markup {
    html! {
        div.grid.place-field {
            div.field {
                label for={ "f-" (path) } { "行政区划" }
                select id={ "f-" (path) } name={ (path) ".division" } {
                    option value="" { "请选择" }
                    (options(&input.divisions))
                }
            }
            div.field {
                label for={ "f-" (path) ".address" } { "详细地址" }
                input id={ "f-" (path) ".address" } name={ (path) ".address" } value=(input.address) maxlength="200";
            }
            (degree(path, "lng", "经度", &input.lng))
            (degree(path, "lat", "纬度", &input.lat))
        }
        button.btn type="button" data-locate=(path) hidden { "取当前位置" }
    }
}

fn degree(path: &str, name: &str, label: &str, value: &str) -> Markup {
    let id = format!("{path}.{name}");
    html! {
        div.field {
            label for={ "f-" (id) } { (label) }
            span.with-unit {
                input.num id={ "f-" (id) } name=(id) value=(value) inputmode="decimal" maxlength="12";
                span.unit { "度" }
            }
        }
    }
}
