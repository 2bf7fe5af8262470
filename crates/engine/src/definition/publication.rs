//! What anybody may see without signing in (公开): the check of one record by the code it bears, or a
//! roster that is looked through. Nothing is public that the definition does not name.

use super::{
    Class,
    check::{Kind, reaches_out},
    finding::{Finding, Place},
    node::Node,
    read::unknown_word,
};
use crate::{
    kind::{PERSON, Shape},
    query::{Filter, Term},
    rule::Rule,
};

/// One thing published of a kind.
#[derive(Clone, Debug)]
pub struct Publication {
    /// Id, part of its address.
    pub id: String,
    /// What it is called.
    pub label: String,
    /// How one gets at it.
    pub way: Way,
    /// Which records, by nothing but themselves.
    pub when: Option<Rule>,
    /// Fields shown, in this order; `state` among them.
    pub shows: Vec<String>,
    /// When what is shown is good for its purpose.
    pub good: Option<Rule>,
    /// What is said while it is not.
    pub otherwise: String,
    /// The law that says it is public.
    pub basis: String,
    /// Where it is written.
    pub place: Place,
}

/// How one gets at what is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// One by one, with the code that stands on it; another value of this field voids the code.
    Code(String),
    /// As a roster.
    Roster,
    /// Neither is written.
    Unknown,
}

/// Id of the state among the fields shown.
pub const STATE: &str = "state";

const LINES: &[&str] = &["给", "有效", "依据"];

/// `公开 card "执法证件核验" 按 cert_no 当="…" { 给 full_name state; 有效 当="…" 否则="…"; 依据 "…" }`
pub(super) fn read(line: Node<'_>, findings: &mut Vec<Finding>) -> Publication {
    let words: Vec<String> = line.arguments().into_iter().map(|w| w.text).collect();
    let way = match words.get(2).map(String::as_str) {
        Some("名录") => Way::Roster,
        Some("按") => Way::Code(words.get(3).cloned().unwrap_or_default()),
        _ => Way::Unknown,
    };
    let mut publication = Publication {
        id: line.text(0),
        label: line.text(1),
        way,
        when: line.setting("当").map(Rule::written),
        shows: Vec::new(),
        good: None,
        otherwise: String::new(),
        basis: line.child_text("依据"),
        place: line.place(),
    };
    for inner in line.children() {
        match inner.word() {
            "给" => publication.shows.extend(inner.arguments().into_iter().map(|w| w.text)),
            "有效" => {
                publication.good = inner.setting("当").map(Rule::written);
                publication.otherwise = inner.setting_text("否则");
            }
            "依据" => {}
            other => findings.push(unknown_word(inner, other, LINES)),
        }
    }
    publication
}

impl Publication {
    /// Whether it is a roster.
    pub fn is_roster(&self) -> bool {
        self.way == Way::Roster
    }

    /// The field whose value the code on a record stands for.
    pub fn key(&self) -> Option<&str> {
        match &self.way {
            Way::Code(field) => Some(field),
            _ => None,
        }
    }

    /// The records that are published. What is unknown is not.
    pub fn filter(&self) -> Filter {
        match &self.when {
            Some(when) => Filter::Surely(Box::new(when.filter.clone())),
            None => Filter::Everything,
        }
    }
}

impl Kind<'_> {
    /// Finding 441: how one gets at it, and which records, is known from each record alone. Finding
    /// 442: nothing that identifies or reaches a person, no file, no account. Finding 443: no basis.
    pub(super) fn check_publications(&mut self) {
        let kind = self.kind;
        self.unique_ids(kind.publications.iter().map(|p| (&p.id, &p.place)));
        for one in &kind.publications {
            let place = &one.place;
            match &one.way {
                Way::Roster => {}
                Way::Code(field) => {
                    self.known_field(field, place);
                    let alone = |u: &&super::Unique| u.fields == [field.clone()] && u.everywhere;
                    if !kind.uniques.iter().any(|u| alone(&u)) {
                        let message = format!("“按 {field}”：这个字段没有写全省唯一");
                        self.say(441, place, message).fix =
                            format!("加一行 唯一 全省 {field} \"…已经登记\"");
                    }
                }
                Way::Unknown => {
                    let message = "“公开”没有写怎样查".to_owned();
                    self.say(441, place, message).fix = "写 按 号码字段，或者 名录".to_owned();
                }
            }
            if one.basis.is_empty() {
                let message = format!("公开“{}”没有写依据", one.label);
                self.say(443, place, message).fix = "写哪部法律规定公开".to_owned();
            }
            if one.good.is_some() && one.otherwise.is_empty() {
                let message = "“有效”没有写不符合时说什么".to_owned();
                self.say(441, place, message).fix = "写 否则=\"…\"".to_owned();
            }
            self.check_what_is_public(one);
        }
    }

    fn check_what_is_public(&mut self, one: &Publication) {
        let (kind, house, place) = (self.kind, self.house, &one.place);
        if one.shows.is_empty() {
            self.say(441, place, "“公开”没有写给什么".to_owned()).fix = "写 给 字段…".to_owned();
        }
        for id in one.shows.iter().filter(|id| *id != STATE) {
            self.known_field(id, place);
            let Some(field) = kind.fields.get(id) else { continue };
            let personal = field.class > Class::Plain
                || matches!(field.kind.shape(), Shape::Reference(PERSON) | Shape::Account);
            let unfit = matches!(field.kind.shape(), Shape::File(_) | Shape::Rows(_));
            if personal || unfit {
                let message = format!("“{}”不能公开", field.label);
                self.say(442, place, message).fix =
                    "写了密级的、人员档案、账号、文件和多行都不能公开".to_owned();
            }
        }
        let attached: Vec<&str> = house.attached_to(&kind.id).map(|k| k.id.as_str()).collect();
        for rule in [&one.when, &one.good].into_iter().flatten() {
            let mut filter = rule.filter.clone();
            // The day may be asked for: whether a thing is good for its purpose ends with a day.
            without_today(&mut filter);
            let mut sealed = false;
            filter.terms(&mut |term| {
                sealed |= matches!(term, Term::Column(c) if kind.layout.sealed.contains(c));
            });
            if sealed || reaches_out(&filter, &attached) {
                let message = "“公开”的条件只能看本档案自己的、不加密的字段、状态和今日".to_owned();
                self.say(441, &rule.place, message);
            }
        }
    }
}

fn without_today(filter: &mut Filter) {
    let plain = |term: &mut Term| {
        if *term == Term::Today {
            *term = Term::Value(crate::query::Cell::Null);
        }
    };
    match filter {
        Filter::Compare(a, _, b) => {
            plain(a);
            plain(b);
        }
        Filter::All(list) | Filter::Any(list) => list.iter_mut().for_each(without_today),
        Filter::Not(inner) | Filter::Surely(inner) => without_today(inner),
        _ => {}
    }
}
