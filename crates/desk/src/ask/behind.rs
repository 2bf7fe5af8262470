//! What stands behind a figure for those who open files with a reason only: that the files are
//! there, and nothing of whom they are about.

use super::list::{cursor, read_cursor};
use crate::boxed;
use crate::{
    Actor, Desk, Refusal,
    access::{Right, scope, subtree},
    looks::Outline,
    report::{FigureAsk, figure_filter},
    rows::cells,
};
use engine::{
    query::{Select, Sort},
    record::Record,
};

/// A question for the files behind a figure. It takes no other filter: one on a field would tell
/// what the file says.
#[derive(Clone, Debug, Default)]
pub struct BehindAsk {
    /// Kind of record.
    pub kind: String,
    /// Of this unit and below; empty: of the actor's.
    pub unit: String,
    /// The figure.
    pub figure: FigureAsk,
    /// Where the last page ended.
    pub after: String,
    /// At most so many (1 to 200).
    pub limit: u32,
}

/// A page of it.
#[derive(Clone, Debug)]
pub struct Behind {
    /// The files.
    pub files: Vec<Outline>,
    /// Where the next page starts; empty at the end.
    pub next: String,
    /// How many there are, counted no further than 10,001.
    pub count: u32,
}

impl Desk {
    /// A page of the files behind a figure, told by number and unit.
    #[boxed]
    pub async fn behind(&self, actor: &Actor, ask: &BehindAsk) -> Result<Behind, Refusal> {
        let house = self.house();
        let missing = || Refusal::NotFound("这种档案".to_owned());
        let kind = house.kind(&ask.kind).cloned().ok_or_else(missing)?;
        let mut filter = scope(&house, actor, &kind, Right::Reasoned);
        if filter == engine::query::Filter::Nothing {
            return Err(missing());
        }
        if !ask.unit.is_empty() {
            let units = self.units();
            let unit = units.get(&ask.unit).ok_or(Refusal::NotFound("这个单位".to_owned()))?;
            filter = filter.and(subtree(unit));
        }
        filter = filter.and(figure_filter(&house, &kind, &ask.figure)?);
        let limit = ask.limit.clamp(1, 200);
        let mut columns = vec!["county", "id", "unit", "created_on", "created_at"];
        columns.extend(kind.numbers.iter().map(|numbering| numbering.field.as_str()));
        columns.sort_unstable();
        columns.dedup();
        let mut select = Select::from(&kind.id, &columns).filter(filter).limit(limit + 1);
        select.order = vec![Sort::down("created_at"), Sort::down("id")];
        if !ask.after.is_empty() {
            select.after = Some(read_cursor(&ask.after)?);
        }
        let mut rows = self.keeper.find(&select).await?;
        let mut next = String::new();
        if rows.len() > limit as usize {
            rows.truncate(limit as usize);
            next = rows.last().map(|row| cursor(&select, row)).unwrap_or_default();
        }
        let count = self.keeper.count(&kind.id, &select.filter, 10_001).await?;
        let outline = |row| {
            let cells = cells(&select.columns, row);
            let record = Record { kind: kind.id.clone(), cells, ..Record::default() };
            Outline::of(&kind, &record)
        };
        Ok(Behind { files: rows.into_iter().map(outline).collect(), next, count })
    }
}
