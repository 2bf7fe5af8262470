//! Buttons of a form that are not its verb: rows added and taken away, things found, chosen, let go
//! of. Each changes what is typed, or brings an answer, and the form is drawn again.

use super::{
    Said, Work, fields, fill,
    fill::join,
    lookup::{self, Placed, archive},
};
use crate::web::{look::pick::FoundView, typed::Typed};
use desk::Refusal;
use engine::{
    definition::{Class, Field, Fields, RecordKind, TitlePart},
    kind::{Cells, NoNames, Shape, Showing},
    problem::Problem,
    record::Record,
};

/// So many things are shown of what was found.
const SHOWN: u32 = 10;
/// So many facts tell an archive record from another.
const FACTS: usize = 5;

/// The answer of a look-up, at a field.
pub struct Found {
    /// The field's name on the form.
    pub path: String,
    /// What was found.
    pub things: Vec<FoundView>,
}

/// Does what a button says; `None` if none was pressed.
pub async fn button(work: &Work, typed: &mut Typed) -> Result<Option<Option<Found>>, Refusal> {
    if typed.has("_add") {
        let path = typed.take("_add");
        add_row(work, typed, &path);
    } else if typed.has("_remove") {
        let path = typed.take("_remove");
        typed.remove_row(&path);
    } else if typed.has("_find") {
        let path = typed.take("_find");
        return Ok(Some(find(work, typed, &path).await?));
    } else if typed.has("_choose") {
        let chosen = typed.take("_choose");
        if let Some((path, id)) = chosen.rsplit_once(':') {
            choose(work, typed, path, id).await?;
        }
    } else if typed.has("_clear") {
        let path = typed.take("_clear");
        clear(work, typed, &path);
    } else {
        return Ok(None);
    }
    Ok(Some(None))
}

fn add_row(work: &Work, typed: &mut Typed, path: &str) {
    let Some(Shape::Rows(row)) = work.kind.fields.get(path).map(|f| f.kind.shape()) else { return };
    let Some(row) = work.kind.rows.get(row) else { return };
    let next = typed.rows(path).last().map_or(0, |last| last + 1);
    fill::add_row(work, typed, path, next, row);
}

/// The fields that a name on the form stands among, the place of these, and the field itself.
fn among<'w>(work: &'w Work, path: &str) -> Option<(&'w Fields, String, &'w Field)> {
    let mut parts = path.rsplitn(2, '.');
    let (id, place) = (parts.next()?, parts.next().unwrap_or_default());
    if place.is_empty() {
        return Some((&work.kind.fields, String::new(), work.kind.fields.get(id)?));
    }
    let head = place.split('.').next()?;
    let Shape::Rows(row) = work.kind.fields.get(head)?.kind.shape() else { return None };
    let fields = &work.kind.rows.get(row)?.fields;
    Some((fields, place.to_owned(), fields.get(id)?))
}

async fn find(work: &Work, typed: &Typed, path: &str) -> Result<Option<Found>, Refusal> {
    let Some((fields, place, field)) = among(work, path) else { return Ok(None) };
    let query = typed.get(&format!("{path}._q")).trim();
    let things = match field.kind.shape() {
        Shape::Reference(kind) => match archive(work, kind) {
            Some(kind) => in_archive(work, typed, fields, &place, field, kind, query).await?,
            None => records(work, field, query).await?,
        },
        Shape::Unit(level) => units(work, level, query),
        _ => return Ok(None),
    };
    Ok(Some(Found { path: path.to_owned(), things }))
}

async fn records(work: &Work, field: &Field, query: &str) -> Result<Vec<FoundView>, Refusal> {
    let (desk, actor) = (&work.visitor.app.desk, work.visitor.actor());
    let found = desk.choices(actor, field, query, SHOWN).await?;
    let view = |(id, name)| FoundView { id, name, ..FoundView::default() };
    Ok(found.into_iter().map(view).collect())
}

fn units(work: &Work, level: &str, query: &str) -> Vec<FoundView> {
    let units = work.visitor.app.desk.units();
    let path = &work.visitor.actor().unit.path;
    let level = desk::units::Level::of_word(level);
    let fits = |unit: &&desk::units::Unit| {
        unit.path.starts_with(path.as_str())
            && level.is_none_or(|level| unit.level == level)
            && unit.name.contains(query)
    };
    let view = |unit: &desk::units::Unit| FoundView {
        id: unit.code.clone(),
        name: units.long_name(&unit.code),
        detail: unit.code.clone(),
        ..FoundView::default()
    };
    units.all().iter().filter(fits).take(SHOWN as usize).map(view).collect()
}

/// Looks in a shared archive: by what stands in the search box, or, where it is empty, by what was
/// typed into the fields beside.
async fn in_archive(
    work: &Work,
    typed: &Typed,
    fields: &Fields,
    place: &str,
    field: &Field,
    kind: &RecordKind,
    query: &str,
) -> Result<Vec<FoundView>, Refusal> {
    let hints = if query.is_empty() {
        let beside = fields.iter().flat_map(|other| {
            let sources = other.taken_from.iter().filter(|(source, _)| *source == field.id);
            sources
                .map(|(_, target)| (target.clone(), typed.get(&join(place, &other.id)).to_owned()))
        });
        beside.filter(|(_, text)| !text.is_empty()).collect()
    } else {
        hints(kind, query)
    };
    let (desk, actor) = (&work.visitor.app.desk, work.visitor.actor());
    let found = desk.match_archive(actor, &kind.id, &hints).await?;
    Ok(found.iter().map(|record| known(work, kind, record, query)).collect())
}

/// A text that may be a name or a number, offered to every field that holds such.
fn hints(kind: &RecordKind, query: &str) -> Vec<(String, String)> {
    let named = title_field(kind);
    let may_be = |field: &&Field| {
        Some(field.id.as_str()) == named
            || ["证件号", "信用代码", "电话"].contains(&field.kind.word())
    };
    let fields = kind.fields.iter().filter(may_be);
    fields.map(|field| (field.id.clone(), query.to_owned())).collect()
}

fn title_field(kind: &RecordKind) -> Option<&str> {
    kind.title.iter().find_map(|part| match part {
        TitlePart::Field(id) => Some(id.as_str()),
        _ => None,
    })
}

/// An archive record as a choice: what tells it from others, never what identifies it openly.
pub fn known(work: &Work, kind: &RecordKind, record: &Record, query: &str) -> FoundView {
    let digits = query.chars().filter(char::is_ascii_digit).count();
    let why = match digits {
        _ if query.is_empty() => "",
        7.. => "号码相同",
        _ => "名称相符",
    };
    FoundView {
        id: record.id().to_owned(),
        name: record.text("title").to_owned(),
        detail: facts(work, kind, &record.cells),
        why: why.to_owned(),
    }
}

fn facts(work: &Work, kind: &RecordKind, cells: &Cells) -> String {
    let cx = Showing { house: &work.house, names: &NoNames };
    let named = title_field(kind);
    let tells = kind.fields.iter().filter(|field| {
        Some(field.id.as_str()) != named
            && !matches!(
                field.kind.shape(),
                Shape::Rows(_)
                    | Shape::File(_)
                    | Shape::Reference(_)
                    | Shape::Unit(_)
                    | Shape::Computed
            )
    });
    let shown = tells.map(|field| field.show(cells, &cx, Class::Plain));
    shown.filter(|text| !text.is_empty()).take(FACTS).collect::<Vec<_>>().join("，")
}

/// Takes something found: its id, and what an archive says in the fields beside.
async fn choose(work: &Work, typed: &mut Typed, path: &str, id: &str) -> Result<(), Refusal> {
    let Some((fields, place, field)) = among(work, path) else { return Ok(()) };
    typed.clear(path);
    typed.set(path, id);
    let Shape::Reference(kind) = field.kind.shape() else { return Ok(()) };
    let Some(kind) = archive(work, kind) else { return Ok(()) };
    let (desk, actor) = (&work.visitor.app.desk, work.visitor.actor());
    match desk.archive(actor, &kind.id, id).await? {
        Some(record) => {
            let holds = (&kind.fields, &record.cells);
            fill::from_archive(typed, &place, fields, &field.id, holds);
        }
        None => typed.clear(path),
    }
    Ok(())
}

/// Lets go of something chosen, and of what came with it.
fn clear(work: &Work, typed: &mut Typed, path: &str) {
    typed.clear(path);
    let Some((fields, place, field)) = among(work, path) else { return };
    for other in fields {
        if other.taken_from.iter().any(|(source, _)| *source == field.id) {
            typed.clear(&join(&place, &other.id));
        }
    }
}

/// Names typed where something should have been chosen: the only record of that name is meant;
/// otherwise the person must choose.
pub async fn names(work: &Work, typed: &mut Typed) -> Result<Said, Refusal> {
    let mut said = Said::default();
    let drawn = fields::drawn(work, typed);
    let placed: Vec<(String, &Field)> = lookup::placed(work, &drawn, typed)
        .into_iter()
        .map(|Placed { field, path, .. }| (path, field))
        .collect();
    for (path, field) in placed {
        let query = typed.get(&format!("{path}._q")).trim().to_owned();
        if query.is_empty() || !typed.get(&path).is_empty() {
            continue;
        }
        let things = match field.kind.shape() {
            Shape::Reference(kind) if archive(work, kind).is_none() => {
                records(work, field, &query).await?
            }
            Shape::Unit(level) => units(work, level, &query),
            _ => continue,
        };
        match things.as_slice() {
            [only] => typed.set(&path, only.id.clone()),
            _ => {
                let message = format!("请从查到的{}中选用一个", field.label);
                said.problems.push(Problem::error("not_chosen", message).at(&path));
                said.found = Some(Found { path, things });
            }
        }
    }
    Ok(said)
}
