//! Somebody else saved meanwhile: both versions side by side, a choice for each field that differs.

use super::{KEY, Said, VERSION, Work, fields, fill, read};
use crate::web::{
    look::conflict::{ConflictField, ConflictView, conflict as draw_conflict},
    page::{self, About},
    typed::{Typed, is_command},
    urls, words,
};
use axum::{http::StatusCode, response::Response};
use desk::{
    Refusal,
    ask::{LogLine, NameBook},
};
use engine::{
    definition::Field,
    kind::{Cells, Shape, Showing},
    query::Cell,
    record::{Record, read as read_input},
};
use serde_json::Value as Json;

const TAKE: &str = "_take.";

/// Puts what was chosen of the other version in place of what was typed.
pub fn settle(work: &Work, typed: &mut Typed) {
    let choices = typed
        .pairs()
        .into_iter()
        .filter_map(|(name, side)| Some((name.strip_prefix(TAKE)?.to_owned(), side)));
    let choices: Vec<(String, String)> = choices.collect();
    for (id, side) in choices {
        typed.clear(&format!("{TAKE}{id}"));
        if side == "theirs" {
            take_theirs(work, typed, &id);
        }
    }
}

fn take_theirs(work: &Work, typed: &mut Typed, id: &str) {
    let (Some(field), Some(answer)) = (work.kind.fields.get(id), work.before()) else { return };
    let now = fill::start(work, &Typed::default());
    typed.clear(id);
    let below = format!("{id}.");
    for (name, value) in now.pairs() {
        if name == id || name.starts_with(&below) {
            typed.add(name, value);
        }
    }
    if !typed.has_under(id) && !matches!(field.kind.shape(), Shape::Rows(_)) {
        fill::value(typed, id, field, &answer.record.cells);
    }
}

/// One side of a conflict: what its fields hold.
struct Side<'a> {
    work: &'a Work,
    names: &'a NameBook,
}

impl Side<'_> {
    fn shown(&self, field: &Field, cells: &Cells, rows: usize) -> String {
        if let Shape::Rows(_) = field.kind.shape() {
            return if rows == 0 { String::new() } else { format!("{rows} 行") };
        }
        let cx = Showing { house: &self.work.house, names: self.names };
        let sees = self.work.before().map_or(engine::definition::Class::Plain, |a| a.sees);
        field.show(cells, &cx, sees)
    }
}

/// The page of a conflict. Where nothing differs, the deed is simply tried again.
pub async fn show(work: &Work, typed: Typed, record: &Record) -> Result<Response, Refusal> {
    let desk = &work.visitor.app.desk;
    let log = desk.history(work.visitor.actor(), &work.kind.id, record.id()).await?;
    let base: i64 = typed.get(VERSION).parse().unwrap_or_default();
    let since: Vec<&LogLine> = log.iter().filter(|line| line.version > base).collect();
    let (fields, same) = differing(work, &typed, record, &since).await?;
    if fields.is_empty() {
        let mut typed = typed;
        typed.set(VERSION, record.version().to_string());
        let message = "这份档案刚刚被别人改过，与您填写的没有冲突。请核对后再提交一次";
        let problem = engine::problem::Problem::error("changed", message);
        return work.draw(&typed, Said { problems: vec![problem], ..Said::default() }).await;
    }
    let view = view(work, &typed, record, &since, fields, same);
    let about = About {
        status: Some(StatusCode::CONFLICT),
        ..About::new("两人同时修改", urls::list(&work.kind))
    };
    Ok(page::page(&work.visitor, about, draw_conflict(&view)).await)
}

async fn differing(
    work: &Work,
    typed: &Typed,
    record: &Record,
    since: &[&LogLine],
) -> Result<(Vec<ConflictField>, u32), Refusal> {
    let drawn = fields::drawn(work, typed);
    let input = read::input(work, &drawn, typed);
    let mut new_id = String::new;
    let today = work.visitor.moment.today;
    let mine = read_input(&work.house, &work.kind, &input.map, today, &|_| true, &mut new_id);
    let sides = [&mine.cells, &record.cells];
    let wanted = sides.iter().flat_map(|cells| desk::ask::references(&work.kind.fields, cells));
    let names = work.visitor.app.desk.names_of(work.visitor.actor(), wanted.collect()).await?;
    let side = Side { work, names: &names };
    let (mut found, mut same) = (Vec::new(), 0);
    for one in drawn.iter().filter(|one| !one.shown) {
        let field = one.field;
        let differs = match field.kind.shape() {
            Shape::Rows(_) => since.iter().any(|line| line.body.contains_key(&field.id)),
            _ => cell(&mine.cells, field) != cell(&record.cells, field),
        };
        if !differs {
            same += 1;
            continue;
        }
        let count = |rows: Option<&Vec<_>>| rows.map_or(0, Vec::len);
        let text = side.shown(field, &mine.cells, count(mine.rows.get(&field.id)));
        let text = if text.is_empty() { typed.get(&field.id).to_owned() } else { text };
        let theirs = side.shown(field, &record.cells, count(record.rows.get(&field.id)));
        found.push(field_view(field, &side, text, theirs, &mine.cells, since));
    }
    Ok((found, same))
}

fn cell<'c>(cells: &'c Cells, field: &Field) -> Option<&'c Cell> {
    cells.get(&field.id).filter(|cell| !cell.is_null())
}

/// What a field held before the others changed it, as the log tells; `None` if they did not.
fn before(field: &Field, since: &[&LogLine]) -> Option<Cells> {
    // The log comes newest first: the last line that names the field is the earliest change.
    let pair = since.iter().rev().find_map(|line| line.body.get(&field.id))?;
    let cell = match &pair[0] {
        Json::Number(number) => number.as_i64().map_or(Cell::Null, Cell::Int),
        Json::String(text) => Cell::text(text.as_str()),
        _ => Cell::Null,
    };
    Some(Cells::from([(field.id.clone(), cell)]))
}

fn field_view(
    field: &Field,
    side: &Side<'_>,
    mine: String,
    theirs: String,
    typed: &Cells,
    since: &[&LogLine],
) -> ConflictField {
    let old = before(field, since);
    let plain = field.class == engine::definition::Class::Plain;
    let kept = old.as_ref().is_some_and(|old| cell(old, field) == cell(typed, field));
    let words = match &old {
        Some(old) if plain => side.shown(field, old, 0),
        Some(_) => "（不再显示）".to_owned(),
        None => theirs.clone(),
    };
    ConflictField {
        name: field.id.clone(),
        label: field.label.clone(),
        before: words,
        mine,
        theirs,
        both: old.is_some() && !kept,
        prefer_mine: !kept,
    }
}

fn view(
    work: &Work,
    typed: &Typed,
    record: &Record,
    since: &[&LogLine],
    fields: Vec<ConflictField>,
    same: u32,
) -> ConflictView {
    let sentence = match since.first() {
        Some(line) => {
            let at = words::at(line.at, &work.visitor.moment);
            format!("{} 于{at}先保存了这份档案。", line.name)
        }
        None => "别人刚刚先保存了这份档案。".to_owned(),
    };
    let mut hidden = typed.pairs();
    hidden.retain(|(name, _)| {
        !is_command(name) && name != VERSION && name != KEY && !name.starts_with(TAKE)
    });
    hidden.push((VERSION.to_owned(), record.version().to_string()));
    hidden.push((KEY.to_owned(), work.visitor.id()));
    ConflictView {
        title: record.text("title").to_owned(),
        sentence,
        action: work.address(),
        csrf: work.visitor.session.csrf.clone(),
        hidden,
        fields,
        same,
        submit: "按选定的保存".to_owned(),
        cancel: work.leave(),
    }
}
