//! Which of the standards, rates and periods that units set for themselves holds for a new record:
//! that of its own unit or of the nearest above, in force on the day. It is kept in the record, so
//! that a later change does not touch what was begun under the earlier one.

use crate::{Desk, Refusal};
use engine::{
    definition::{Field, House, InForce, RecordKind},
    kind::{Cells, Shape},
    query::{Cell, Comparison, Filter, Select, Term},
    record::{Links, Moment, Read, Record},
};

/// No unit has more of one sort in force on one day, with those of all units above it.
const MOST: u32 = 200;

impl Desk {
    /// Fills the fields that name what is in force and that nobody filled.
    pub(super) async fn fill_in_force(
        &self,
        house: &House,
        kind: &RecordKind,
        start: &Record,
        read: &mut Read,
        links: &mut Links,
        moment: &Moment,
    ) -> Result<(), Refusal> {
        for field in &kind.fields {
            let (Some(by), Shape::Reference(target)) = (&field.in_force, field.kind.shape()) else {
                continue;
            };
            let is_filled = read.cells.get(&field.id).is_some_and(|cell| !cell.is_null());
            let Some(target) = house.kind(target).filter(|_| !is_filled) else { continue };
            let found = self.in_force(field, by, target, start.text("unit"), moment).await?;
            if let Some((id, cells)) = found {
                links.records.insert((target.id.clone(), id.clone()), cells);
                read.cells.insert(field.id.clone(), Cell::text(id));
            }
        }
        Ok(())
    }

    /// What is in force for a unit on the day: of the nearest unit, and there the newest.
    async fn in_force(
        &self,
        field: &Field,
        by: &InForce,
        target: &RecordKind,
        unit: &str,
        moment: &Moment,
    ) -> Result<Option<(String, Cells)>, Refusal> {
        let units = self.units();
        let line: Vec<&str> = units.line(unit).iter().map(|unit| unit.code.as_str()).collect();
        let today = moment.today.to_string();
        let day = |column: &str, comparison| {
            let column = Term::Column(column.to_owned());
            Filter::Compare(column, comparison, Term::Value(Cell::text(today.clone())))
        };
        let codes = line.iter().map(|code| Cell::text(*code)).collect();
        let open = Filter::IsNull(Term::Column(by.to.clone()));
        let mut filter = Filter::In(Term::Column(by.unit.clone()), codes)
            .and(day(&by.from, Comparison::LessOrEqual))
            .and(Filter::Any(vec![open, day(&by.to, Comparison::GreaterOrEqual)]));
        if let Some(only) = &field.only {
            filter = filter.and(only.filter.clone());
        }
        let columns = crate::rows::columns(target);
        let select = Select { columns, ..Select::from(&target.id, &[]) }.filter(filter).limit(MOST);
        let rows = self.keeper.find(&select).await?;
        let found = rows.into_iter().map(|row| crate::rows::cells(&select.columns, row));
        let text = |cells: &Cells, column: &str| {
            cells.get(column).and_then(Cell::as_text).unwrap_or_default().to_owned()
        };
        let near = |cells: &Cells| {
            let unit = text(cells, &by.unit);
            let depth = line.iter().position(|code| *code == unit);
            (depth, text(cells, &by.from), text(cells, "id"))
        };
        let nearest = found.max_by_key(near);
        Ok(nearest.map(|mut cells| {
            self.sealer.open_cells(&target.layout.sealed, &mut cells);
            (text(&cells, "id"), cells)
        }))
    }
}
