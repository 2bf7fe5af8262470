//! A *definition*: what a business says about its records, read from `businesses/`.
//!
//! Three steps, three files: [`read`](mod@read) turns KDL text into these types, [`check`] resolves
//! names and compiles rules, [`code`] reads the code tables. Every complaint is a numbered
//! [`Finding`]. A [`House`] without findings is what everything else works from.

mod at_end;
mod check;
mod check_around;
mod check_deadline;
mod check_effect;
mod check_report;
mod code;
mod deadline;
mod dossier;
mod draw;
mod example;
mod example_report;
mod example_run;
mod example_unique;
mod figures;
mod finding;
mod flow;
mod layout;
mod mapping;
mod merging;
mod node;
mod publication;
mod pushed;
mod read;
mod read_deadline;
mod read_record;
mod read_statistic;
mod syntax;

pub use at_end::AtEnd;
pub use check::dimension_table;
pub use code::{Code, CodeTable};
pub use deadline::{DeadlineRule, LEVELS, StopRule};
pub(crate) use dossier::rows_within;
pub use dossier::{Dossier, DossierPart, DossierSource, Taken};
pub use draw::{Draw, Frame, Writes};
pub use example::{Example, Expectation, Step};
pub use figures::{
    Adds, Confirms, Cycle, Measure, Report, ReportCheck, ReportColumn, ReportGroup, Statistic,
    Stock,
};
pub use finding::{Finding, Place, nearest};
pub use flow::{Action, Asked, Document, Effect, EffectTarget, RowsTaken, Setting, State, UNIT};
pub use layout::{Layout, RowLayout};
pub use mapping::CodeMap;
pub(crate) use node::Written;
pub use publication::{Publication, STATE, Way};
pub use pushed::Pusher;
pub use read::{SourceFile, read};
pub use syntax::{Entry, Line, Unreadable, read as read_lines};

use crate::{
    deadline::Calendar,
    kind::{FieldKind, Shape},
    rule::Rule,
};
use std::{collections::BTreeMap, sync::Arc};

/// All definitions together: what one running program knows about the work.
#[derive(Clone, Debug, Default)]
pub struct House {
    /// The businesses, in their order.
    pub businesses: Vec<Business>,
    /// Every record kind by id.
    pub kinds: BTreeMap<String, Arc<RecordKind>>,
    /// Every code table by id.
    pub codes: BTreeMap<String, Arc<CodeTable>>,
    /// What codes of one table are in another.
    pub maps: Vec<CodeMap>,
    /// The roles a person can act in.
    pub roles: Vec<Role>,
    /// Laws by short name.
    pub laws: BTreeMap<String, Law>,
    /// Statistics by id.
    pub statistics: BTreeMap<String, Arc<Statistic>>,
    /// Businesses that others may start records in: receiver, sender, and what comes.
    pub intakes: Vec<Intake>,
    /// Kinds that rules of another business may ask about.
    pub answers: Vec<Answers>,
    /// Official reports by id.
    pub reports: BTreeMap<String, Arc<Report>>,
    /// Worked examples and their bases.
    pub examples: Vec<Example>,
    /// Statutory holidays and working days.
    pub calendar: Calendar,
    /// Document templates by path, for instance `mediation/documents/agreement.typ`.
    pub templates: BTreeMap<String, String>,
    /// Hash of all the files: the version that records and log entries name.
    pub version: String,
}

impl House {
    /// The business of `kind`.
    pub fn business(&self, id: &str) -> Option<&Business> {
        self.businesses.iter().find(|b| b.id == id)
    }

    /// Where a kind stands among those of its business: the daily ones first, what is worked with
    /// on the records it hangs on last (`true`).
    pub fn rank(&self, kind: &RecordKind) -> (bool, usize) {
        let order = self.business(&kind.business).map_or(&[][..], |b| &b.kinds);
        match order.iter().position(|id| *id == kind.id) {
            Some(place) => (false, place),
            None => (kind.attached.is_some(), order.len()),
        }
    }

    /// A record kind.
    pub fn kind(&self, id: &str) -> Option<&Arc<RecordKind>> {
        self.kinds.get(id)
    }

    /// The kinds that hang on records of `kind`.
    pub fn attached_to<'a>(
        &'a self,
        kind: &'a str,
    ) -> impl Iterator<Item = &'a Arc<RecordKind>> + 'a {
        self.kinds.values().filter(move |k| k.attached.as_ref().is_some_and(|a| a.kind == kind))
    }

    /// The statistics that count records of `kind`.
    pub fn statistics_of<'a>(
        &'a self,
        kind: &'a str,
    ) -> impl Iterator<Item = &'a Arc<Statistic>> + 'a {
        self.statistics.values().filter(move |s| s.kind == kind)
    }

    /// The text of the law that `basis` begins with, as it was in force on `day`; empty if the law
    /// is not listed, or is listed without the day it came into force.
    pub fn law_in_force(&self, basis: &str, day: jiff::civil::Date) -> String {
        let named = self.laws.iter().filter(|(short, _)| basis.starts_with(short.as_str()));
        let Some((_, law)) = named.max_by_key(|(short, _)| short.len()) else {
            return String::new();
        };
        let main = (law.since.as_str(), law.name.clone());
        let others = law.texts.iter();
        let others = others.map(|t| (t.since.as_str(), format!("{}（{}）", law.name, t.name)));
        let dated = std::iter::once(main).chain(others);
        let dated = dated.filter_map(|(since, name)| {
            since.parse::<jiff::civil::Date>().ok().map(|since| (since, name))
        });
        let texts: Vec<_> = dated.collect();
        let show = crate::check::date::show;
        match texts.iter().filter(|(since, _)| *since <= day).max_by_key(|(since, _)| *since) {
            Some((since, name)) => format!("{name}，{}起施行", show(*since)),
            None => match texts.iter().min_by_key(|(since, _)| *since) {
                Some((since, name)) => {
                    format!("{name}，{}起施行，起算之日尚未施行", show(*since))
                }
                None => String::new(),
            },
        }
    }

    /// The name of a code in a table on any date; the code itself if there is none.
    pub fn code_name<'a>(&'a self, table: &str, code: &'a str) -> &'a str {
        self.codes.get(table).and_then(|t| t.get(code)).map_or(code, |c| &c.name)
    }
}

/// A business: a folder of `businesses/`.
#[derive(Clone, Debug, Default)]
pub struct Business {
    /// Folder name.
    pub id: String,
    /// What it is called.
    pub label: String,
    /// What it does.
    pub help: String,
    /// Its law.
    pub basis: String,
    /// Place among the businesses.
    pub order: i64,
    /// Its record kinds in the order of daily use; those not named come behind.
    pub kinds: Vec<String>,
    /// Where it is written.
    pub place: Place,
    /// Picture beside its name: 对话 天平 喇叭 定位 房屋 盾牌 名牌.
    pub icon: String,
}

/// What a business says it takes over from another: the other side of an effect.
#[derive(Clone, Debug)]
pub struct Intake {
    /// The business that receives.
    pub business: String,
    /// Kind that is started or moved here.
    pub kind: String,
    /// Kind over there whose act does it.
    pub from: String,
    /// What comes, for the people who read the map of events.
    pub help: String,
    /// Where it is written.
    pub place: Place,
}

/// What a business lets rules of another ask about its records.
#[derive(Clone, Debug)]
pub struct Answers {
    /// The business that is asked.
    pub business: String,
    /// Kind that is asked about.
    pub kind: String,
    /// Kind over there whose rules ask.
    pub to: String,
    /// What for.
    pub help: String,
    /// Where it is written.
    pub place: Place,
}

/// A role that an account holds for a unit.
#[derive(Clone, Debug)]
pub struct Role {
    /// Id.
    pub id: String,
    /// What it is called.
    pub label: String,
    /// What it does.
    pub help: String,
    /// Level of unit it belongs to (`省`, `市`, `县`, `乡`, `村`, `平台`).
    pub level: String,
}

/// A law, regulation or standard that a basis names.
#[derive(Clone, Debug)]
pub struct Law {
    /// Full name.
    pub name: String,
    /// Day it came into force, as written.
    pub since: String,
    /// Its other texts: what each is called and since when it is in force, in any order.
    pub texts: Vec<LawText>,
}

/// One text of a law: as it was made or amended.
#[derive(Clone, Debug)]
pub struct LawText {
    /// What it is called, for instance 2017年修正.
    pub name: String,
    /// Day it came into force.
    pub since: String,
}

/// A kind of record.
#[derive(Clone, Debug)]
pub struct RecordKind {
    /// Id; its table's name.
    pub id: String,
    /// What one is called.
    pub label: String,
    /// Business it belongs to; `common` for the shared archives.
    pub business: String,
    /// What it is for.
    pub help: String,
    /// Its law.
    pub basis: String,
    /// Which unit a record belongs to.
    pub owner: Owner,
    /// The record it hangs on, if it does.
    pub attached: Option<Attached>,
    /// How one record is called: text with `{field}`.
    pub title: Vec<TitlePart>,
    /// Who may see, create, change and see sensitive fields.
    pub permissions: Permissions,
    /// Sections of the form, in order.
    pub groups: Vec<Group>,
    /// Fields in order of the form; rows are fields of kind 多行.
    pub fields: Fields,
    /// Kinds of child rows by id.
    pub rows: BTreeMap<String, Arc<RowKind>>,
    /// Numbers the house allots.
    pub numbers: Vec<Numbering>,
    /// Values that may not repeat.
    pub uniques: Vec<Unique>,
    /// What must hold, and what is warned of.
    pub rules: Vec<NamedRule>,
    /// When its fields may no longer be changed.
    pub lock: Option<Lock>,
    /// When a record of it hides, with all that hangs on it.
    pub seal: Option<Seal>,
    /// What anybody may see of it without signing in.
    pub publications: Vec<Publication>,
    /// Draws without anybody's choice, that can be repeated.
    pub draws: Vec<Draw>,
    /// States in order; empty for archives without a flow. The first initial one starts.
    pub states: Vec<State>,
    /// Actions in order.
    pub actions: Vec<Action>,
    /// What making a record sets in motion in others.
    pub on_create: Vec<Effect>,
    /// Time limits.
    pub deadlines: Vec<DeadlineRule>,
    /// Papers.
    pub documents: Vec<Document>,
    /// The files that a record ends in.
    pub dossiers: Vec<Dossier>,
    /// Lists; the first is shown first.
    pub lists: Vec<List>,
    /// Its columns, worked out once: no request pays for metadata.
    pub layout: Layout,
    /// Where it is written.
    pub place: Place,
}

impl RecordKind {
    /// A state by id.
    pub fn state(&self, id: &str) -> Option<&State> {
        self.states.iter().find(|s| s.id == id)
    }

    /// An action by id.
    pub fn action(&self, id: &str) -> Option<&Action> {
        self.actions.iter().find(|a| a.id == id)
    }

    /// A document by id.
    pub fn document(&self, id: &str) -> Option<&Document> {
        self.documents.iter().find(|d| d.id == id)
    }

    /// A dossier by id.
    pub fn dossier(&self, id: &str) -> Option<&Dossier> {
        self.dossiers.iter().find(|d| d.id == id)
    }

    /// The state a new record is in; empty if it has no flow.
    pub fn initial_state(&self) -> &str {
        self.states.iter().find(|s| s.initial).or(self.states.first()).map_or("", |s| &s.id)
    }

    /// What the state is called; empty if it has no flow.
    pub fn state_label(&self, id: &str) -> &str {
        self.state(id).map_or("", |s| &s.label)
    }

    /// Whether two of its records that mean one can be joined: then each may point to another.
    pub fn merges(&self) -> bool {
        !self.permissions.merge.is_empty()
    }

    /// The kind of the rows that `field` holds.
    pub fn row_kind(&self, field: &str) -> Option<&RowKind> {
        match self.fields.get(field)?.kind.shape() {
            Shape::Rows(row) => self.rows.get(row).map(|row| &**row),
            _ => None,
        }
    }

    /// Table of the child rows of `field`.
    pub fn row_table(&self, field: &str) -> String {
        row_table(&self.id, field)
    }
}

/// Name of the table that keeps the child rows of `field` of records of `kind`.
pub fn row_table(kind: &str, field: &str) -> String {
    format!("{kind}__{field}")
}

/// A kind of child row.
#[derive(Clone, Debug, Default)]
pub struct RowKind {
    /// Id.
    pub id: String,
    /// What one is called.
    pub label: String,
    /// How one row is called.
    pub title: Vec<TitlePart>,
    /// Its fields.
    pub fields: Fields,
    /// Its rules.
    pub rules: Vec<NamedRule>,
}

/// Fields in order, found by id.
#[derive(Clone, Debug, Default)]
pub struct Fields(pub Vec<Field>);

impl Fields {
    /// A field by id.
    pub fn get(&self, id: &str) -> Option<&Field> {
        self.0.iter().find(|f| f.id == id)
    }

    /// Columns of all of them.
    fn columns(&self) -> Vec<String> {
        self.0.iter().flat_map(|f| f.kind.columns(&f.id)).map(|c| c.name).collect()
    }

    /// Text columns of those above [`Class::Plain`].
    fn sealed(&self) -> Vec<String> {
        let sealed = self.0.iter().filter(|f| f.class > Class::Plain);
        let columns = sealed.flat_map(|f| f.kind.columns(&f.id));
        let text = columns.filter(|c| c.column_type == crate::query::ColumnType::Text);
        text.map(|c| c.name).collect()
    }

    /// In order.
    pub fn iter(&self) -> std::slice::Iter<'_, Field> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Fields {
    type Item = &'a Field;
    type IntoIter = std::slice::Iter<'a, Field>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// One field: what differs from its kind.
#[derive(Clone, Debug)]
pub struct Field {
    /// Id; its column's name. Never changes meaning, never reused.
    pub id: String,
    /// What it is called.
    pub label: String,
    /// Its kind.
    pub kind: Arc<dyn FieldKind>,
    /// Whether it must be filled.
    pub required: Required,
    /// Whether only the house writes it.
    pub read_only: bool,
    /// Least: characters, rows or value, by kind; numbers in the kind's stored unit.
    pub least: Option<Bound>,
    /// Most.
    pub most: Option<Bound>,
    /// Value offered first, as typed.
    pub default: String,
    /// A line of help.
    pub hint: String,
    /// Unit shown in the field.
    pub unit: String,
    /// Law or standard.
    pub basis: String,
    /// Shown only if this holds.
    pub show: Option<Rule>,
    /// Name in exchange formats.
    pub exchange: String,
    /// Who may see it.
    pub class: Class,
    /// Where it is copied from: fields of this record that refer to an archive, and the archive's.
    pub taken_from: Vec<(String, String)>,
    /// What the record referred to must satisfy.
    pub only: Option<Rule>,
    /// It names what is in force where and when the record is made.
    pub in_force: Option<InForce>,
    /// Section of the form.
    pub group: usize,
    /// Where it is written.
    pub place: Place,
}

/// By which fields of the record referred to it is known where and when that is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InForce {
    /// The unit for which, and for all below; `unit`: the one it belongs to.
    pub unit: String,
    /// The first day.
    pub from: String,
    /// The last day; empty in the record: until further notice.
    pub to: String,
}

/// A bound of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Characters, rows, or a value in the stored unit.
    Number(i64),
    /// A date.
    Date(jiff::civil::Date),
    /// The day of the act.
    Today,
}

/// Whether a field must be filled.
#[derive(Clone, Debug)]
pub enum Required {
    /// It may stay empty.
    No,
    /// Always.
    Yes,
    /// If this holds.
    When(Box<Rule>),
}

/// Class of a field: who may see it unmasked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Whoever may see the record.
    Plain,
    /// Ways to reach a person: whoever may see the record, masked in lists and exports upward.
    Contact,
    /// Identity, health, accounts: who is given 密.
    Sensitive,
}

/// A section of a form.
#[derive(Clone, Debug)]
pub struct Group {
    /// What it is called.
    pub label: String,
    /// Shown only if this holds.
    pub show: Option<Rule>,
}

/// Which unit a record belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The unit the actor acts for.
    Actor,
    /// The unit of the record that this field refers to, or the unit it names.
    Field(String),
}

/// What an attached kind hangs on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    /// Kind of the other record; also the id of the referring field.
    pub kind: String,
}

/// A piece of a title or number pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TitlePart {
    /// As it stands.
    Text(String),
    /// The shown value of a field.
    Field(String),
    /// The shown value of a field of the record referred to.
    Linked(String, String),
    /// A word of the house: 省 市 县 乡 村 年 月 日 日期 序.
    Word(String, usize),
}

/// How far a right reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Records one made oneself.
    Own,
    /// Records of the unit one acts for.
    Unit,
    /// Records of that unit and those below it.
    Subtree,
    /// All.
    All,
}

/// Rights by role: closed unless opened.
#[derive(Clone, Debug, Default)]
pub struct Permissions {
    /// See.
    pub see: BTreeMap<String, Reach>,
    /// Create.
    pub create: BTreeMap<String, Reach>,
    /// Change fields outside an action.
    pub change: BTreeMap<String, Reach>,
    /// See sensitive fields unmasked.
    pub secret: BTreeMap<String, Reach>,
    /// See the figures only.
    pub count: BTreeMap<String, Reach>,
    /// Open one record after writing a reason (看 … 写理由); lists and search show nothing.
    pub reason: BTreeMap<String, Reach>,
    /// Join two records that mean one.
    pub merge: BTreeMap<String, Reach>,
}

/// When the fields of a record may no longer be changed outside an action.
#[derive(Clone, Debug)]
pub struct Lock {
    /// While this holds.
    pub when: Rule,
    /// But these still may.
    pub except: Vec<String>,
    /// What is said.
    pub message: String,
    /// Where it is written.
    pub place: Place,
}

/// When a record hides from all but some, and what hangs on it with it.
#[derive(Clone, Debug)]
pub struct Seal {
    /// While this holds; it looks at nothing but the record itself.
    pub when: Rule,
    /// Roles that see it all the same, as far as they see others.
    pub open_to: Vec<String>,
    /// Roles to which a written reason opens it; to the others it stays sealed all the same.
    pub reason: Vec<String>,
    /// Where it is written.
    pub place: Place,
}

/// A number the house allots.
#[derive(Clone, Debug)]
pub struct Numbering {
    /// Field that holds it.
    pub field: String,
    /// Pattern with exactly one 序.
    pub pattern: Vec<TitlePart>,
    /// What the series is counted per: field ids and words.
    pub per: Vec<String>,
    /// When: `create` or an action.
    pub when: String,
    /// Where it is written.
    pub place: Place,
}

/// Values that may not repeat.
#[derive(Clone, Debug)]
pub struct Unique {
    /// Fields taken together.
    pub fields: Vec<String>,
    /// Whether over all counties (by the registry) or within one.
    pub everywhere: bool,
    /// Whether a repetition within the county is only asked about, not refused.
    pub warns: bool,
    /// Only among records for which this holds; it looks at nothing but the record itself.
    pub when: Option<Rule>,
    /// What is said.
    pub message: String,
    /// Where it is written.
    pub place: Place,
}

/// A rule with a name.
#[derive(Clone, Debug)]
pub struct NamedRule {
    /// Id; the problem's code.
    pub id: String,
    /// What is said.
    pub message: String,
    /// Looked at only if this holds.
    pub when: Option<Rule>,
    /// The condition: must not be false, or (for a warning) is warned of when true.
    pub condition: Rule,
    /// Whether it only warns.
    pub warning: bool,
    /// Field it is shown at.
    pub at: String,
    /// Law or standard.
    pub basis: String,
    /// Whether only actions that name it look at it.
    pub on_demand: bool,
    /// Where it is written.
    pub place: Place,
}

/// A list page.
#[derive(Clone, Debug)]
pub struct List {
    /// Id.
    pub id: String,
    /// What it is called.
    pub label: String,
    /// Only records for which this holds.
    pub when: Option<Rule>,
    /// Columns: field ids, `state`, `unit`, `created_at`, `title`.
    pub columns: Vec<String>,
    /// Fields one can filter by.
    pub filters: Vec<String>,
    /// Field it is ordered by.
    pub order: String,
    /// Whether the greatest comes first.
    pub descending: bool,
    /// Where it is written.
    pub place: Place,
}
