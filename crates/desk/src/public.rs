//! What anybody may see without signing in: exactly what the definition publishes (公开), and never
//! a record that hides.
//!
//! The code on a record is its id and two keyed hashes: of the id, so that a code that was made up is
//! known for one before anything is read, and of the number on it, so that a card whose number has
//! been replaced no longer passes. Numbers cannot be tried one after the other: nothing is found by
//! its number alone.

use crate::boxed;
use crate::{
    Actor, Desk, Moment, Refusal,
    access::{shown, subtree},
    rows,
};
use engine::{
    definition::{Class, Publication, RecordKind, STATE},
    kind::{Cells, Shape, Showing},
    query::{Cell, Filter, Select, Sort, Term},
    record::{Links, Record, View},
    rule::Type,
};
use std::sync::Arc;

/// Rows on one page of a roster.
pub const PAGE: usize = 20;

/// Hex digits that prove the id, and those that prove the number.
const ID_PROOF: usize = 16;
const KEY_PROOF: usize = 8;

/// One published record.
#[derive(Clone, Debug)]
pub struct Published {
    /// Label and value of what is published and there.
    pub facts: Vec<(String, String)>,
    /// The unit that keeps it.
    pub unit: String,
    /// What is said because it is not good for its purpose; `None`: it is, or that is not asked.
    pub otherwise: Option<String>,
}

/// What a code was found to be.
#[derive(Clone, Debug)]
pub enum Checked {
    /// Never given out: made up, misread, or of something that is not published.
    Unknown,
    /// Given out once; the number has been replaced since.
    Void,
    /// Of this record.
    Found(Published),
}

/// What is looked for in a roster.
#[derive(Clone, Debug, Default)]
pub struct RosterAsk {
    /// Code of a unit; empty: everywhere.
    pub division: String,
    /// A part of a text; empty: any.
    pub words: String,
    /// Where the page before ended: county and id.
    pub after: Option<(String, String)>,
}

/// A page of a roster.
#[derive(Clone, Debug, Default)]
pub struct RosterPage {
    /// Its rows.
    pub rows: Vec<Published>,
    /// Where the next page begins.
    pub next: Option<(String, String)>,
}

/// A thing published: its kind and how.
pub type Opened = (Arc<RecordKind>, Publication);

impl Desk {
    /// What is published under these names.
    pub fn publication(&self, kind: &str, publication: &str) -> Option<Opened> {
        let kind = Arc::clone(self.house().kind(kind)?);
        let found = kind.publications.iter().find(|p| p.id == publication)?.clone();
        Some((kind, found))
    }

    /// What the code on a record says; `None` if it bears none, or is not published now.
    #[boxed]
    pub async fn public_code(
        &self,
        kind: &RecordKind,
        publication: &Publication,
        record: &Record,
    ) -> Result<Option<String>, Refusal> {
        let Some(key) = publication.key() else { return Ok(None) };
        let number = record.text(key);
        if number.is_empty() || !self.is_published(kind, publication, record).await? {
            return Ok(None);
        }
        let id = record.id();
        let (known, current) = self.proofs(kind, publication, id, number);
        Ok(Some(format!("{id}.{known}{current}")))
    }

    /// What a code is. `None`: it was not even made here, and nothing was looked for.
    #[boxed]
    pub async fn check_public(
        &self,
        kind: &RecordKind,
        publication: &Publication,
        code: &str,
        moment: &Moment,
    ) -> Result<Checked, Refusal> {
        let (Some((id, proof)), Some(key)) = (code.split_once('.'), publication.key()) else {
            return Ok(Checked::Unknown);
        };
        if !self.is_own_code(kind, publication, code) {
            return Ok(Checked::Unknown);
        }
        let Some(record) = self.load(kind, id).await? else { return Ok(Checked::Unknown) };
        if !self.is_published(kind, publication, &record).await? {
            return Ok(Checked::Unknown);
        }
        let (_, current) = self.proofs(kind, publication, id, record.text(key));
        if !same(&current, proof.get(ID_PROOF..).unwrap_or_default()) {
            return Ok(Checked::Void);
        }
        let shown = self.publish_all(kind, publication, vec![record], moment).await?.pop();
        Ok(shown.map_or(Checked::Unknown, Checked::Found))
    }

    /// Whether the code was made with the keys of this house: known without reading anything.
    pub fn is_own_code(&self, kind: &RecordKind, publication: &Publication, code: &str) -> bool {
        let Some((id, proof)) = code.split_once('.') else { return false };
        let (known, _) = self.proofs(kind, publication, id, "");
        proof.len() == ID_PROOF + KEY_PROOF
            && proof.get(..ID_PROOF).is_some_and(|given| same(&known, given))
    }

    /// A page of a roster, county by county.
    #[boxed]
    pub async fn roster(
        &self,
        kind: &RecordKind,
        publication: &Publication,
        ask: &RosterAsk,
        moment: &Moment,
    ) -> Result<RosterPage, Refusal> {
        let missing = || Refusal::NotFound("这个名录".to_owned());
        let mut filter = self.published(kind, publication)?;
        if !publication.is_roster() {
            return Err(missing());
        }
        if !ask.division.is_empty() {
            let units = self.units();
            let unit = units.get(&ask.division);
            let unit = unit.ok_or_else(|| Refusal::NotFound("这个地区".to_owned()))?;
            filter = filter.and(subtree(unit));
        }
        if !ask.words.is_empty() {
            filter = filter.and(Filter::Any(holding(kind, publication, &ask.words)));
        }
        let after = ask.after.as_ref();
        let select = Select {
            columns: rows::columns(kind),
            after: after.map(|(county, id)| vec![county.as_str().into(), id.as_str().into()]),
            ..Select::from(&kind.id, &[])
                .filter(filter)
                .order(vec![Sort::up("county"), Sort::up("id")])
                .limit(PAGE as u32 + 1)
        };
        let mut found: Vec<Record> = Vec::new();
        for row in self.keeper.find(&select).await? {
            let cells = rows::cells(&select.columns, row);
            found.push(Record { kind: kind.id.clone(), cells, ..Record::default() });
        }
        let more = found.len() > PAGE;
        found.truncate(PAGE);
        let last = found.last().filter(|_| more);
        let next = last.map(|record| (record.county().to_owned(), record.id().to_owned()));
        Ok(RosterPage { rows: self.publish_all(kind, publication, found, moment).await?, next })
    }

    fn proofs(
        &self,
        kind: &RecordKind,
        publication: &Publication,
        id: &str,
        number: &str,
    ) -> (String, String) {
        let field = format!("public:{}:{}", kind.id, publication.id);
        let cut = |text: &str, at: usize| {
            let mut hash = self.sealer.index(&field, text);
            hash.truncate(at);
            hash
        };
        (cut(id, ID_PROOF), cut(&format!("{id}\0{number}"), KEY_PROOF))
    }

    /// The public: nobody's role, so that nothing sealed is open to it.
    fn public(&self) -> Result<Actor, Refusal> {
        let units = self.units();
        let top = units.all().first().ok_or_else(|| Refusal::NotFound("任何单位".to_owned()))?;
        Ok(Actor {
            account: "house:public".to_owned(),
            name: "公众".to_owned(),
            role: String::new(),
            unit: top.clone(),
        })
    }

    fn published(&self, kind: &RecordKind, publication: &Publication) -> Result<Filter, Refusal> {
        Ok(publication.filter().and(shown(&self.house(), &self.public()?, kind)))
    }

    async fn is_published(
        &self,
        kind: &RecordKind,
        publication: &Publication,
        record: &Record,
    ) -> Result<bool, Refusal> {
        let one = Filter::equal("county", record.county()).and(Filter::equal("id", record.id()));
        let filter = one.and(self.published(kind, publication)?);
        Ok(self.keeper.count(&kind.id, &filter, 1).await? > 0)
    }

    /// These records as far as they are published.
    async fn publish_all(
        &self,
        kind: &RecordKind,
        publication: &Publication,
        records: Vec<Record>,
        moment: &Moment,
    ) -> Result<Vec<Published>, Refusal> {
        let (house, public, links) = (self.house(), self.public()?, Links::default());
        let mut wanted = Vec::new();
        for id in &publication.shows {
            let Some(field) = kind.fields.get(id) else { continue };
            let to = match field.kind.shape() {
                Shape::Reference(to) => to,
                Shape::Unit(_) => "unit",
                _ => continue,
            };
            let ids = records.iter().map(|r| r.text(id)).filter(|id| !id.is_empty());
            wanted.extend(ids.map(|id| (to.to_owned(), id.to_owned())));
        }
        let names = self.names_of(&public, wanted).await?;
        let units = self.units();
        let cx = Showing { house: &house, names: &names };
        let published = |record: &Record| {
            let view = View::record(record, &links, moment.today);
            let good = publication.good.as_ref().map(|good| good.holds(&view) == Some(true));
            Published {
                facts: facts(kind, publication, &record.cells, &view, &cx),
                unit: units.long_name(record.text("unit")),
                otherwise: (good == Some(false)).then(|| publication.otherwise.clone()),
            }
        };
        Ok(records.iter().map(published).collect())
    }
}

/// What is there of the fields published; what the form would not show is not shown here either.
fn facts(
    kind: &RecordKind,
    publication: &Publication,
    cells: &Cells,
    view: &View<'_>,
    cx: &Showing<'_>,
) -> Vec<(String, String)> {
    let fact = |id: &String| {
        if id == STATE {
            let state = cells.get(STATE).and_then(Cell::as_text).unwrap_or_default();
            return Some(("状态".to_owned(), kind.state_label(state).to_owned()));
        }
        let field = kind.fields.get(id)?;
        let hidden = field.show.as_ref().is_some_and(|show| show.holds(view) != Some(true));
        let text = if hidden { String::new() } else { field.show(cells, cx, Class::Plain) };
        (!text.is_empty()).then(|| (field.label.clone(), text))
    };
    publication.shows.iter().filter_map(fact).collect()
}

/// Where the words may stand: in published texts only, or what is not published could be guessed.
fn holding(kind: &RecordKind, publication: &Publication, words: &str) -> Vec<Filter> {
    let fields = publication.shows.iter().filter_map(|id| kind.fields.get(id));
    let texts = fields.filter(|field| {
        field.show.is_none()
            && (field.kind.shape() == Shape::Place || field.kind.rule_type() == Type::Text)
            && kind.layout.columns.contains(&field.id)
    });
    texts.map(|f| Filter::Contains(Term::Column(f.id.clone()), words.to_owned())).collect()
}

/// Whether two proofs are the same, in a time that does not tell where they differ.
fn same(a: &str, b: &str) -> bool {
    let differs = a.bytes().zip(b.bytes()).fold(0, |all, (a, b)| all | (a ^ b));
    a.len() == b.len() && differs == 0
}
