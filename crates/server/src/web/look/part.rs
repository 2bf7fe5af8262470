//! Small parts that every page uses: states, days left, actions, icons, facts.

use maud::{Markup, html};

/// A word and where it leads.
pub type Link = (String, String);

/// How a state or a notice sounds. Each tone has its own shape as well as its colour, so that
/// nobody depends on telling colours apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Nothing special: a ring.
    #[default]
    Plain,
    /// Under way: a disc.
    Active,
    /// Went well: a square.
    Good,
    /// Wants care: a diamond.
    Warn,
    /// Late, refused or dangerous: a triangle.
    Late,
    /// Closed: a bar.
    Done,
}

impl Tone {
    /// The class the stylesheet draws.
    pub fn class(self) -> &'static str {
        match self {
            Tone::Plain => "t-plain",
            Tone::Active => "t-active",
            Tone::Good => "t-good",
            Tone::Warn => "t-warn",
            Tone::Late => "t-late",
            Tone::Done => "t-done",
        }
    }
}

/// A state: always a word and a shape.
#[derive(Clone, Debug, Default)]
pub struct StateView {
    /// The word, e.g. 调解中.
    pub text: String,
    /// Its shape and colour.
    pub tone: Tone,
}

/// Draws a state.
pub fn state(view: &StateView) -> Markup {
    html! { span class={ "state " (view.tone.class()) } { (view.text) } }
}

/// When something is due, and how far off that is.
#[derive(Clone, Debug, Default)]
pub struct DueView {
    /// The date in words, e.g. 2026年3月2日 (周一).
    pub on: String,
    /// The distance in words, e.g. 还有 3 天.
    pub left: String,
    /// How urgent it looks.
    pub tone: Tone,
}

impl DueView {
    /// A limit `days` from today; negative when it has passed.
    pub fn in_days(on: impl Into<String>, days: i64) -> Self {
        let (left, tone) = match days {
            ..=-1 => (format!("超期 {} 天", -days), Tone::Late),
            0 => ("今天到期".to_owned(), Tone::Warn),
            1 => ("明天到期".to_owned(), Tone::Warn),
            2..=7 => (format!("还有 {days} 天"), Tone::Warn),
            _ => (format!("还有 {days} 天"), Tone::Plain),
        };
        DueView { on: on.into(), left, tone }
    }
}

/// Draws a limit: days left first, for that is what decides the day's work; then the date.
pub fn due(view: &DueView) -> Markup {
    html! {
        span.due {
            span class={ "state " (view.tone.class()) } { (view.left) }
            " " span.muted { (view.on) }
        }
    }
}

/// What a press on an action does.
#[derive(Clone, Debug)]
pub enum Target {
    /// Opens a page, usually a form.
    Page(String),
    /// Posts at once, with these hidden fields.
    Post(String, Vec<(String, String)>),
}

/// How much an action weighs beside its neighbours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Weight {
    /// The likely next step; one a page.
    Primary,
    /// One among others.
    #[default]
    Plain,
    /// Cannot be taken back.
    Danger,
}

impl Weight {
    /// The class the stylesheet draws.
    pub fn class(self) -> &'static str {
        match self {
            Weight::Primary => "btn primary",
            Weight::Plain => "btn",
            Weight::Danger => "btn danger",
        }
    }
}

/// Something one can do, named by its verb.
#[derive(Clone, Debug)]
pub struct ActionView {
    /// The verb, e.g. 受理.
    pub label: String,
    /// What it does.
    pub target: Target,
    /// How it looks.
    pub weight: Weight,
    /// The question asked before a dangerous act, where script runs.
    pub confirm: Option<String>,
}

/// Draws one action.
pub fn action(view: &ActionView, csrf: &str) -> Markup {
    match &view.target {
        Target::Page(href) => html! { a class=(view.weight.class()) href=(href) { (view.label) } },
        Target::Post(href, fields) => html! {
            form.inline method="post" action=(href) {
                (hidden("_csrf", csrf))
                @for (name, value) in fields { (hidden(name, value)) }
                button class=(view.weight.class()) data-confirm=[view.confirm.as_deref()] {
                    (view.label)
                }
            }
        },
    }
}

/// Draws a row of actions, in the order given: the likely one first.
pub fn actions(views: &[ActionView], csrf: &str) -> Markup {
    html! {
        @if !views.is_empty() {
            div.actions { @for view in views { (action(view, csrf)) } }
        }
    }
}

/// A value carried along unseen.
pub fn hidden(name: &str, value: &str) -> Markup {
    html! { input type="hidden" name=(name) value=(value); }
}

/// What a fact's value is.
#[derive(Clone, Debug)]
pub enum Value {
    /// A short text, a number, a date: already in words.
    Text(String),
    /// A text of several lines.
    Long(String),
    /// A text that leads somewhere.
    Link(String, String),
    /// A sensitive value: what may be seen, and where to ask for all of it (which is logged).
    Masked(String, Option<String>),
}

/// One fact: a label and a value, and where the value came from when it was not typed here.
#[derive(Clone, Debug)]
pub struct FactView {
    /// What it is.
    pub label: String,
    /// What is known.
    pub value: Value,
    /// E.g. 人员档案.
    pub source: Option<String>,
}

impl FactView {
    /// A fact in plain text.
    pub fn text(label: &str, value: &str) -> Self {
        Self::of(label, Value::Text(value.to_owned()))
    }

    /// A fact of any kind, typed here.
    pub fn of(label: &str, value: Value) -> Self {
        FactView { label: label.to_owned(), value, source: None }
    }
}

/// Draws a value.
pub fn value(value: &Value, csrf: &str) -> Markup {
    match value {
        Value::Text(text) => html! { (text) },
        Value::Long(text) => html! { span.long { (text) } },
        Value::Link(text, href) => html! { a href=(href) { (text) } },
        Value::Masked(text, reveal) => html! {
            span.num { (text) }
            @if let Some(href) = reveal {
                " "
                form.inline method="post" action=(href) {
                    (hidden("_csrf", csrf))
                    button.text title="查看会记入日志" { "查看完整" }
                }
            }
        },
    }
}

/// Draws facts as a definition list; long ones take the whole width.
pub fn facts(views: &[FactView], csrf: &str) -> Markup {
    html! {
        dl.facts {
            @for view in views {
                div.wide[matches!(view.value, Value::Long(_))] {
                    dt { (view.label) }
                    dd {
                        (value(&view.value, csrf))
                        @if let Some(source) = &view.source { " " (came_from(source)) }
                    }
                }
            }
        }
    }
}

/// The mark on what was not typed here.
pub fn came_from(source: &str) -> Markup {
    html! { span.source { "来自：" (source) } }
}

/// Links in a row.
pub fn links(views: &[Link]) -> Markup {
    html! {
        @if !views.is_empty() {
            p.links { @for (label, href) in views { a href=(href) { (label) } " " } }
        }
    }
}

/// The pictures beside words in the list of places. Never without a word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Icon {
    /// 待办.
    Inbox,
    /// 人员.
    People,
    /// 人民调解.
    Mediation,
    /// 法律服务.
    Services,
    /// 普法宣传.
    Publicity,
    /// 社区矫正.
    Corrections,
    /// 安置帮教.
    Resettlement,
    /// 执法监督.
    Supervision,
    /// 队伍建设.
    Team,
    /// 报表.
    Report,
    /// 管理.
    Admin,
    /// 新建.
    Add,
    /// 查找.
    Search,
    /// 我的.
    Me,
    /// Anything kept as a paper.
    #[default]
    Paper,
}

impl Icon {
    /// The picture that a business names (图标).
    pub fn named(name: &str) -> Icon {
        match name {
            "对话" => Icon::Mediation,
            "天平" => Icon::Services,
            "喇叭" => Icon::Publicity,
            "定位" => Icon::Corrections,
            "房屋" => Icon::Resettlement,
            "盾牌" => Icon::Supervision,
            "名牌" => Icon::Team,
            _ => Icon::Paper,
        }
    }

    /// The line to draw, on a square of 24.
    fn line(self) -> &'static str {
        match self {
            Icon::Inbox => "M3 13h5l2 3h4l2-3h5M5 5h14l2 8v6H3v-6z",
            Icon::People => {
                "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c0-4 3-6 6.5-6s6.5 2 6.5 6\
                 M16 4.5a3.5 3.5 0 0 1 0 6.5M18 14.5c2.2.8 3.5 2.6 3.5 5.5"
            }
            Icon::Mediation => "M3 4h11v8H8l-3 3v-3H3zM10 15v2h6l3 3v-3h2V9h-4",
            Icon::Services => "M12 3v18M7 21h10M4 6h16M4.5 6L2 14h5zM19.5 6L17 14h5z",
            Icon::Publicity => "M3 10v4h4l8 5V5l-8 5zM18 9a4 4 0 0 1 0 6",
            Icon::Corrections => {
                "M12 21s-7-6-7-11a7 7 0 0 1 14 0c0 5-7 11-7 11zM12 12.5a2.5 2.5 0 1 0 0-5 \
                 2.5 2.5 0 0 0 0 5z"
            }
            Icon::Resettlement => "M3 11l9-8 9 8M5 10v10h14V10M10 20v-6h4v6",
            Icon::Supervision => {
                "M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12zM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z"
            }
            Icon::Team => {
                "M5 4h14v16H5zM12 12a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM8 17c0-2 2-3 \
                 4-3s4 1 4 3"
            }
            Icon::Report => "M4 4v16h16M8 16v-5M12 16V8M16 16v-3",
            Icon::Admin => "M4 7h10M18 7h2M4 17h2M10 17h10M16 5v4M8 15v4",
            Icon::Add => "M12 5v14M5 12h14",
            Icon::Search => "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5L21 21",
            Icon::Me => "M12 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21c0-5 4-7 8-7s8 2 8 7",
            Icon::Paper => "M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6",
        }
    }
}

/// Draws an icon. It says nothing to a screen reader: the word beside it does.
pub fn icon(icon: Icon) -> Markup {
    html! { svg.icon viewBox="0 0 24 24" aria-hidden="true" { path d=(icon.line()) {} } }
}
