//! Fields: one view for every kind a definition knows. Label above, hint under the label, unit in
//! the field, the fault under the field; each hint and fault is tied to its field by id.

use maud::{Markup, html};

use super::list::OptionView;
use super::part::{came_from, hidden};
use super::pick::{PickInput, PlaceInput, pick, place};

/// A choice, perhaps under a heading: hierarchical codes are shown in groups.
#[derive(Clone, Debug, Default)]
pub struct ChoiceView {
    /// The heading it stands under, if codes have levels.
    pub group: Option<String>,
    /// What is sent and read, and whether it is chosen.
    pub option: OptionView,
}

/// A line of text with rules of its own: which keyboard a phone shows, what a browser may fill in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TextKind {
    /// Words.
    #[default]
    Plain,
    /// A telephone number.
    Phone,
    /// A citizen's id number.
    IdNumber,
    /// A body's unified social credit code.
    Uscc,
    /// A password.
    Secret,
}

/// Numbers differ in their unit and in the keyboard a phone shows.
#[derive(Clone, Debug, Default)]
pub struct NumberInput {
    /// What was typed.
    pub value: String,
    /// E.g. 元, 人, 平方米.
    pub unit: Option<String>,
    /// Whether a decimal point may be typed.
    pub decimals: bool,
}

/// A date, or a date and time; bounds only help the browser's calendar, the server checks.
#[derive(Clone, Debug, Default)]
pub struct DateInput {
    /// `2026-03-02`, or `2026-03-02T14:05`.
    pub value: String,
    /// The first day that makes sense.
    pub min: Option<String>,
    /// The last.
    pub max: Option<String>,
}

/// A file.
#[derive(Clone, Debug, Default)]
pub struct FileInput {
    /// What the field holds already; sent along until another file is chosen.
    pub value: String,
    /// Files already kept: name, address, size in words.
    pub kept: Vec<(String, String, String)>,
    /// What the browser offers, e.g. `image/*`.
    pub accept: String,
    /// Whether a phone opens its camera.
    pub camera: bool,
    /// Whether several may be chosen.
    pub many: bool,
}

/// One row of a repeatable group. Names inside are full: `parties.0.name`.
#[derive(Clone, Debug, Default)]
pub struct RowInput {
    /// The id of the row, if it is kept already.
    pub id: String,
    /// Its place in the names; need not be dense after rows were removed.
    pub index: usize,
    /// Its fields.
    pub fields: Vec<FieldView>,
}

/// A repeatable group, e.g. 当事人.
#[derive(Clone, Debug, Default)]
pub struct RowsInput {
    /// What one row is called.
    pub item: String,
    /// The rows.
    pub rows: Vec<RowInput>,
    /// The fields of an empty row, with `#` for the index, copied by script.
    pub blank: Vec<FieldView>,
    /// Whether one more may be added.
    pub can_add: bool,
    /// Whether one may be taken away.
    pub can_remove: bool,
}

/// What a field asks for.
#[derive(Clone, Debug)]
pub enum Input {
    /// One line: value, longest, kind.
    Text(String, usize, TextKind),
    /// Several lines: value, longest.
    LongText(String, usize),
    /// An integer, an amount or a decimal.
    Number(NumberInput),
    /// A day.
    Date(DateInput),
    /// A day and a time.
    DateTime(DateInput),
    /// One of these.
    Choice(Vec<ChoiceView>),
    /// One of these, from a list that opens, however few they are.
    Select(Vec<ChoiceView>),
    /// Several of these.
    Choices(Vec<ChoiceView>),
    /// A person, body, unit or record, found by search.
    Pick(PickInput),
    /// A place.
    Place(Box<PlaceInput>),
    /// A file.
    File(FileInput),
    /// Rows.
    Rows(RowsInput),
    /// Computed, or not to be changed here.
    Shown(String),
}

/// A field of a form.
#[derive(Clone, Debug)]
pub struct FieldView {
    /// Its name in the form: the field's id, or a path such as `parties.0.name`.
    pub name: String,
    /// Its label.
    pub label: String,
    /// Help, under the label.
    pub hint: Option<String>,
    /// Whether it must be filled in.
    pub required: bool,
    /// What is wrong, and what would be right.
    pub error: Option<String>,
    /// Where a prefilled value came from, e.g. 人员档案.
    pub source: Option<String>,
    /// Whether the heading above says its label already.
    pub headed: bool,
    /// On what its being shown depends: `NAME=a,b` or `NAME!=a,b`. Script hides the field where it
    /// does not hold; without script it stays.
    pub when: Option<String>,
    /// What it asks for.
    pub input: Input,
}

/// From this many choices on, a list that opens is quicker than buttons in the open.
const FEW: usize = 5;

impl FieldView {
    /// A field with nothing special about it.
    pub fn new(name: &str, label: &str, input: Input) -> Self {
        FieldView {
            name: name.to_owned(),
            label: label.to_owned(),
            hint: None,
            required: false,
            error: None,
            source: None,
            headed: false,
            when: None,
            input,
        }
    }

    /// Whether something has been entered.
    pub fn is_filled(&self) -> bool {
        match &self.input {
            Input::Text(value, ..) | Input::LongText(value, _) | Input::Shown(value) => {
                !value.is_empty()
            }
            Input::Number(input) => !input.value.is_empty(),
            Input::Date(input) | Input::DateTime(input) => !input.value.is_empty(),
            Input::Choice(choices) | Input::Select(choices) | Input::Choices(choices) => {
                chosen(choices)
            }
            Input::Pick(input) => input.chosen.is_some(),
            Input::Place(input) => !input.address.is_empty() || chosen(&input.divisions),
            Input::File(input) => !input.kept.is_empty(),
            Input::Rows(input) => !input.rows.is_empty(),
        }
    }

    /// Required fields still empty, here and in rows below.
    pub fn missing(&self) -> usize {
        let below = match &self.input {
            Input::Rows(rows) => {
                rows.rows.iter().flat_map(|row| &row.fields).map(Self::missing).sum()
            }
            _ => 0,
        };
        below + usize::from(self.required && !self.is_filled())
    }

    /// Faults here and in rows below.
    pub fn faults(&self) -> usize {
        let below = match &self.input {
            Input::Rows(rows) => {
                rows.rows.iter().flat_map(|row| &row.fields).map(Self::faults).sum()
            }
            _ => 0,
        };
        below + usize::from(self.error.is_some())
    }

    /// Whether a file is asked for here or below, so that the form must be sent in parts.
    pub fn has_file(&self) -> bool {
        match &self.input {
            Input::File(_) => true,
            Input::Rows(rows) => rows
                .blank
                .iter()
                .chain(rows.rows.iter().flat_map(|row| &row.fields))
                .any(Self::has_file),
            _ => false,
        }
    }

    /// The id a link to this field leads to.
    pub fn id(&self) -> String {
        format!("f-{}", self.name)
    }

    /// Whether it takes the whole width.
    fn wide(&self) -> bool {
        match &self.input {
            Input::LongText(..)
            | Input::Choices(_)
            | Input::Pick(_)
            | Input::Place(_)
            | Input::File(_)
            | Input::Rows(_) => true,
            Input::Choice(choices) => choices.len() > 3 && choices.len() <= FEW,
            _ => false,
        }
    }

    /// Whether it is a group of controls under a legend.
    fn grouped(&self) -> bool {
        match &self.input {
            Input::Choices(_) | Input::Place(_) | Input::Pick(_) | Input::Rows(_) => true,
            Input::Choice(choices) => choices.len() <= FEW,
            _ => false,
        }
    }

    /// The ids of hint, unit and fault, for `aria-describedby`.
    fn described(&self) -> Option<String> {
        let unit = matches!(&self.input, Input::Number(number) if number.unit.is_some());
        let parts = [('h', self.hint.is_some()), ('u', unit), ('e', self.error.is_some())];
        let ids: Vec<String> = parts
            .iter()
            .filter(|part| part.1)
            .map(|part| format!("{}-{}", part.0, self.name))
            .collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }
}

fn chosen(choices: &[ChoiceView]) -> bool {
    choices.iter().any(|choice| choice.option.chosen && !choice.option.value.is_empty())
}

/// Draws a field with its label, hint and fault.
pub fn field(view: &FieldView) -> Markup {
    let class = match (view.wide(), view.error.is_some()) {
        (true, true) => "field wide wrong",
        (true, false) => "field wide",
        (false, true) => "field wrong",
        (false, false) => "field",
    };
    if view.grouped() {
        return html! {
            fieldset class=(class) id={ "g-" (view.name) } aria-describedby=[view.described()]
                data-when=[view.when.as_deref()] {
                legend.vh[view.headed] { (label_words(view)) }
                (around(view))
            }
        };
    }
    html! {
        div class=(class) data-when=[view.when.as_deref()] {
            @if matches!(view.input, Input::Shown(_)) { span.label { (label_words(view)) } }
            @else { label for=(view.id()) { (label_words(view)) } }
            (around(view))
        }
    }
}

fn label_words(view: &FieldView) -> Markup {
    html! {
        (view.label)
        @if view.required { " " span.must { "必填" } }
    }
}

fn around(view: &FieldView) -> Markup {
    html! {
        @if let Some(hint) = &view.hint { p.hint id={ "h-" (view.name) } { (hint) } }
        (control(view))
        @if let Some(source) = &view.source { p.from { (came_from(source)) } }
        @if let Some(error) = &view.error { p.error id={ "e-" (view.name) } { (error) } }
    }
}

fn control(view: &FieldView) -> Markup {
    match &view.input {
        Input::Text(value, longest, kind) => text(view, value, *longest, *kind),
        Input::LongText(value, longest) => long_text(view, value, *longest),
        Input::Number(input) => number(view, input),
        Input::Date(input) => date(view, input, "date"),
        Input::DateTime(input) => date(view, input, "datetime-local"),
        Input::Choice(choices) if choices.len() <= FEW => boxes(view, choices, "radio"),
        Input::Choice(choices) | Input::Select(choices) => select(view, choices),
        Input::Choices(choices) => boxes(view, choices, "checkbox"),
        Input::Pick(input) => pick(&view.name, &view.label, input),
        Input::Place(input) => place(&view.name, input),
        Input::File(input) => file(view, input),
        Input::Rows(input) => rows(view, input),
        Input::Shown(value) => html! { output id=(view.id()) { (value) } },
    }
}

fn invalid(view: &FieldView) -> Option<&'static str> {
    view.error.is_some().then_some("true")
}

fn must(view: &FieldView) -> Option<&'static str> {
    view.required.then_some("true")
}

fn text(view: &FieldView, value: &str, longest: usize, kind: TextKind) -> Markup {
    let (kind, mode, class) = match kind {
        TextKind::Plain if longest <= 12 => ("text", None, "short"),
        TextKind::Plain => ("text", None, ""),
        TextKind::Phone => ("tel", Some("tel"), "mid num"),
        TextKind::IdNumber | TextKind::Uscc => ("text", None, "mid num"),
        TextKind::Secret => ("password", None, "mid"),
    };
    html! {
        input class=(class) id=(view.id()) type=(kind) name=(view.name) value=(value)
            inputmode=[mode] autocomplete=(if kind == "password" { "new-password" } else { "off" }) aria-required=[must(view)]
            aria-invalid=[invalid(view)] aria-describedby=[view.described()];
    }
}

fn long_text(view: &FieldView, value: &str, longest: usize) -> Markup {
    html! {
        textarea id=(view.id()) name=(view.name) rows="4"
            aria-required=[must(view)] aria-invalid=[invalid(view)]
            aria-describedby=[view.described()] { (value) }
        p.counter { span { (value.chars().count()) } " / " (longest) " 字" }
    }
}

fn number(view: &FieldView, input: &NumberInput) -> Markup {
    let mode = if input.decimals { "decimal" } else { "numeric" };
    html! {
        span.with-unit {
            input.num id=(view.id()) name=(view.name) value=(input.value) inputmode=(mode)
                autocomplete="off" maxlength="20" aria-required=[must(view)]
                aria-invalid=[invalid(view)] aria-describedby=[view.described()];
            @if let Some(unit) = &input.unit { span.unit id={ "u-" (view.name) } { (unit) } }
        }
    }
}

fn date(view: &FieldView, input: &DateInput, kind: &str) -> Markup {
    html! {
        input.mid id=(view.id()) type=(kind) name=(view.name) value=(input.value)
            min=[input.min.as_deref()] max=[input.max.as_deref()] aria-required=[must(view)]
            aria-invalid=[invalid(view)] aria-describedby=[view.described()];
    }
}

fn boxes(view: &FieldView, choices: &[ChoiceView], kind: &str) -> Markup {
    html! {
        div.boxes {
            @for (at, choice) in choices.iter().enumerate() {
                @let id = if at == 0 { view.id() } else { format!("{}-{at}", view.id()) };
                @if choice.group.is_some() && (at == 0 || choices[at - 1].group != choice.group) {
                    p.group { (choice.group.as_deref().unwrap_or_default()) }
                }
                label.box for=(id) {
                    input id=(id) type=(kind) name=(view.name) value=(choice.option.value)
                        checked[choice.option.chosen];
                    span { (choice.option.label) }
                }
            }
        }
    }
}

fn select(view: &FieldView, choices: &[ChoiceView]) -> Markup {
    html! {
        select id=(view.id()) name=(view.name) aria-required=[must(view)]
            aria-invalid=[invalid(view)] aria-describedby=[view.described()] {
            option value="" { "请选择" }
            (options(choices))
        }
    }
}

/// Options of a list that opens, under their headings where codes have levels.
pub fn options(choices: &[ChoiceView]) -> Markup {
    let runs = choices.chunk_by(|one, next| one.group == next.group);
    html! {
        @for run in runs {
            @if let Some(heading) = run.first().and_then(|choice| choice.group.as_deref()) {
                optgroup label=(heading) { (plain_options(run)) }
            } @else { (plain_options(run)) }
        }
    }
}

fn plain_options(run: &[ChoiceView]) -> Markup {
    html! {
        @for ChoiceView { option, .. } in run {
            option value=(option.value) selected[option.chosen] { (option.label) }
        }
    }
}

fn file(view: &FieldView, input: &FileInput) -> Markup {
    html! {
        @if !input.kept.is_empty() {
            ul.kept {
                @for (name, href, size) in &input.kept {
                    li {
                        @if href.is_empty() { (name) } @else { a href=(href) { (name) } }
                        " " span.muted { (size) }
                    }
                }
            }
        }
        @if !input.value.is_empty() {
            (hidden(&view.name, &input.value))
            button.text name="_clear" value=(view.name) formaction={ "#f-" (view.name) } {
                "移除" span.vh { (view.label) }
            }
        }
        input id=(view.id()) type="file" name=(view.name) accept=(input.accept)
            capture=[input.camera.then_some("environment")] multiple[input.many]
            aria-invalid=[invalid(view)] aria-describedby=[view.described()];
    }
}

fn rows(view: &FieldView, input: &RowsInput) -> Markup {
    html! {
        div.rows id=(view.id()) tabindex="-1" data-rows=(view.name) {
            @for (at, one) in input.rows.iter().enumerate() {
                (row(view, input, one, &one.index.to_string(), at + 1))
            }
            template { (row(view, input, &RowInput { fields: input.blank.clone(), ..RowInput::default() }, "#", 0)) }
        }
        @if input.can_add {
            button.btn name="_add" value=(view.name) data-add=(view.name)
                formaction={ "#f-" (view.name) } { "增加" (input.item) }
        }
    }
}

fn row(view: &FieldView, input: &RowsInput, one: &RowInput, index: &str, nth: usize) -> Markup {
    let path = format!("{}.{index}", view.name);
    html! {
        fieldset.row id={ "r-" (path) } {
            legend { (input.item) " " span.nth { (nth) } }
            (hidden(&format!("{path}.id"), &one.id))
            div.grid { @for one in &one.fields { (field(one)) } }
            @if input.can_remove {
                button.text name="_remove" value=(path) data-remove formaction={ "#f-" (view.name) } {
                    "移除" span.vh { (input.item) " " span.nth { (nth) } }
                }
            }
        }
    }
}
