//! Finding what is already known: a person, a body, a record, a place. Typing comes second.
//! Everything works by buttons that send the form and get it back (`_find`, `_choose`, `_clear`,
//! each with the field's path); with script only the row or field is redrawn.

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
    /// What the chosen one is marked as, e.g. 已有档案.
    pub mark: String,
    /// Whether other fields follow from the choice, so that the page is drawn anew.
    pub leads: bool,
    /// What may be searched by, in the box.
    pub by: String,
    /// What is said when nothing was found.
    pub none: String,
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

/// Draws a reference field.
pub fn pick(path: &str, label: &str, input: &PickInput) -> Markup {
    if let Some(chosen) = &input.chosen {
        return card(path, chosen, input);
    }
    let list = format!("l-{path}");
    let listed = (!input.suggestions.is_empty()).then_some(list.as_str());
    html! {
        div.pick {
            span.with-button {
                input id={ "f-" (path) } name={ (path) "._q" } value=(input.query) maxlength="60" list=[listed]
                    autocomplete="off" aria-label={ "查找" (label) } placeholder=(input.by);
                button.btn name="_find" value=(path) data-part[!input.leads]
                    formaction={ "#g-" (path) } { "查找" span.vh { (label) } }
            }
            @if listed.is_some() {
                datalist id=(list) { @for one in &input.suggestions { option value=(one); } }
            }
            div.found aria-live="polite" {
                @if let Some(found) = &input.found { (self::found(path, found, &input.none, !input.leads)) }
            }
        }
    }
}

fn card(path: &str, chosen: &FoundView, input: &PickInput) -> Markup {
    html! {
        div.card id={ "f-" (path) } tabindex="-1" {
            (hidden(path, &chosen.id))
            div {
                b { (chosen.name) }
                @if !input.mark.is_empty() { " " span.source { (input.mark) } }
                @if !chosen.detail.is_empty() { span.sub { (chosen.detail) } }
            }
            button.text name="_clear" value=(path) data-part[!input.leads] formaction={ "#g-" (path) } { "更换" span.vh { "：" (chosen.name) } }
        }
    }
}

fn found(path: &str, found: &[FoundView], none: &str, part: bool) -> Markup {
    html! {
        @if found.is_empty() { p.muted { (none) } }
        @else {
            p.muted { "找到 " (found.len()) " 个，请核对后选用：" }
            ul {
                @for one in found {
                    li {
                        div { b { (one.name) } " " span.muted { (one.why) } span.sub { (one.detail) } }
                        button.btn name="_choose" value={ (path) ":" (one.id) } data-part[part]
                            formaction={ "#g-" (path) } {
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
        }
        details.coordinates open[!input.lng.is_empty() || !input.lat.is_empty()] {
            summary { "坐标" }
            div.grid {
                (degree(path, "lng", "经度", &input.lng))
                (degree(path, "lat", "纬度", &input.lat))
            }
            button.btn type="button" data-locate=(path) hidden { "取当前位置" }
        }
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
