//! What a form needs to know before it is drawn: what may be chosen, what the chosen are called,
//! what the archives say of them.

use super::{Work, fields, fields::Drawn, fill::join};
use crate::web::typed::Typed;
use desk::{Refusal, ask::NameBook, units::Level};
use engine::{
    definition::{Field, RecordKind},
    kind::Shape,
    record::Record,
};
use std::collections::BTreeMap;

/// So many records are offered in a list; of more, one is found by name.
pub const CHOICES: usize = 30;
/// Of more, so many are proposed while one types: the newest of one's own unit.
const PROPOSED: u32 = 20;
/// So many units are offered in a list.
const UNITS: usize = 300;

/// Id and name of each thing that may be chosen; none where they are too many to offer.
pub type Choices = Option<Vec<(String, String)>>;

/// What is known.
#[derive(Default)]
pub struct Lookups {
    /// What may be chosen, by kind of row (empty for the record) and field; none where it is too
    /// much to offer.
    pub choices: BTreeMap<(String, String), Choices>,
    /// What is proposed while one types where it is too much to offer, by the same.
    pub proposed: BTreeMap<(String, String), Vec<String>>,
    /// Id and name of whoever works at the same unit.
    pub accounts: Vec<(String, String)>,
    /// What the chosen are called.
    pub names: NameBook,
    /// The archive records chosen, by kind and id.
    pub archives: BTreeMap<(String, String), Record>,
}

/// A field with the kind of row it stands in, and its name on the form.
pub struct Placed<'w> {
    /// Kind of row; empty for the record.
    pub row: &'w str,
    /// The field.
    pub field: &'w Field,
    /// Its name.
    pub path: String,
}

/// Every field on the form, rows and all.
pub fn placed<'w>(work: &'w Work, drawn: &[Drawn<'w>], typed: &Typed) -> Vec<Placed<'w>> {
    let mut placed = Vec::new();
    for one in drawn.iter().filter(|one| !one.shown) {
        let field = one.field;
        let Shape::Rows(id) = field.kind.shape() else {
            placed.push(Placed { row: "", field, path: field.id.clone() });
            continue;
        };
        let Some(kind) = work.kind.rows.get(id) else { continue };
        let mut rows: Vec<String> =
            typed.rows(&field.id).iter().map(|at| format!("{}.{at}", field.id)).collect();
        rows.push(format!("{}.#", field.id));
        for place in rows {
            let fields = kind.fields.iter();
            placed.extend(fields.map(|inner| Placed {
                row: &kind.id,
                field: inner,
                path: join(&place, &inner.id),
            }));
        }
    }
    placed
}

/// Whether a kind is a shared archive, in which everybody may find.
pub fn archive<'w>(work: &'w Work, kind: &str) -> Option<&'w RecordKind> {
    work.house.kind(kind).map(|kind| &**kind).filter(|kind| kind.business == "common")
}

/// Brings everything together.
pub async fn gather(work: &Work, placed: &[Placed<'_>], typed: &Typed) -> Result<Lookups, Refusal> {
    let mut known = Lookups::default();
    let mut wanted = Vec::new();
    for one in placed {
        let chosen = typed.get(&one.path);
        match one.field.kind.shape() {
            Shape::Reference(kind) if archive(work, kind).is_some() => {
                know_archive(work, kind, chosen, &mut known).await?;
            }
            Shape::Reference(kind) => {
                offer(work, one, chosen.is_empty(), &mut known).await?;
                if !chosen.is_empty() {
                    wanted.push((kind.to_owned(), chosen.to_owned()));
                }
            }
            Shape::Unit(level) => {
                let key = (one.row.to_owned(), one.field.id.clone());
                known.choices.entry(key).or_insert_with(|| units(work, level));
            }
            Shape::Account => {
                if known.accounts.is_empty() {
                    let desk = &work.visitor.app.desk;
                    known.accounts = desk.people_here(work.visitor.actor()).await?;
                }
                if !chosen.is_empty() {
                    wanted.push(("account".to_owned(), chosen.to_owned()));
                }
            }
            _ => {}
        }
    }
    known.names = work.visitor.app.desk.names_of(work.visitor.actor(), wanted).await?;
    Ok(known)
}

async fn know_archive(
    work: &Work,
    kind: &str,
    id: &str,
    known: &mut Lookups,
) -> Result<(), Refusal> {
    let key = (kind.to_owned(), id.to_owned());
    if id.is_empty() || known.archives.contains_key(&key) {
        return Ok(());
    }
    let found = work.visitor.app.desk.archive(work.visitor.actor(), kind, id).await?;
    known.archives.extend(found.map(|record| (key, record)));
    Ok(())
}

async fn offer(
    work: &Work,
    one: &Placed<'_>,
    open: bool,
    known: &mut Lookups,
) -> Result<(), Refusal> {
    let key = (one.row.to_owned(), one.field.id.clone());
    if known.choices.contains_key(&key) {
        return Ok(());
    }
    let (desk, actor) = (&work.visitor.app.desk, work.visitor.actor());
    let found = desk.choices(actor, one.field, "", CHOICES as u32 + 1).await?;
    let few = found.len() <= CHOICES;
    if !few && open {
        let newest = desk.newest_choices(actor, one.field, PROPOSED).await?;
        known.proposed.insert(key.clone(), newest.into_iter().map(|(_, title)| title).collect());
    }
    known.choices.insert(key, few.then_some(found));
    Ok(())
}

/// The units at or below the actor's, of a level.
fn units(work: &Work, level: &str) -> Choices {
    let units = work.visitor.app.desk.units();
    let path = &work.visitor.actor().unit.path;
    let level = Level::of_word(level);
    let fits = |unit: &&desk::units::Unit| {
        unit.path.starts_with(path.as_str()) && level.is_none_or(|level| unit.level == level)
    };
    let found = units.all().iter().filter(fits).take(UNITS + 1);
    let found: Vec<(String, String)> =
        found.map(|unit| (unit.code.clone(), units.long_name(&unit.code))).collect();
    (found.len() <= UNITS).then_some(found)
}

/// Where a required reference leaves only one choice, it is made beforehand; whose account is asked
/// for is mostly whoever fills in the form.
pub async fn only_choices(work: &Work, typed: &mut Typed) -> Result<(), Refusal> {
    let drawn = fields::drawn(work, typed);
    for one in drawn.iter().filter(|one| one.required && !one.shown) {
        let field = one.field;
        if !typed.get(&field.id).is_empty() {
            continue;
        }
        let found = match field.kind.shape() {
            Shape::Reference(kind) if archive(work, kind).is_none() => {
                work.visitor.app.desk.choices(work.visitor.actor(), field, "", 2).await?
            }
            Shape::Unit(level) => units(work, level).unwrap_or_default(),
            Shape::Account => {
                let actor = work.visitor.actor();
                vec![(actor.account.clone(), actor.name.clone())]
            }
            _ => continue,
        };
        if let [(id, _)] = found.as_slice() {
            typed.set(&field.id, id.clone());
        }
    }
    Ok(())
}
