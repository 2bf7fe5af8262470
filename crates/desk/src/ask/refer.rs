//! What a text in a sheet refers to: a record by its title or a number of it, an archive by its
//! number, a unit by its code or name.

use crate::boxed;
use crate::{
    Actor, Desk, Refusal,
    access::{Right, holds_unit, scope},
    ops::{is_archive, registered},
};
use engine::{
    definition::{Field, RecordKind},
    kind::Shape,
    problem::Problem,
    query::{Cell, Filter, Select},
};

impl Desk {
    /// The id that a field which refers to something is to hold for this text; `None` if the field
    /// refers to nothing.
    ///
    /// # Errors
    /// `Invalid` if nothing is called so, or several are.
    #[boxed]
    pub async fn refer(
        &self,
        actor: &Actor,
        field: &Field,
        text: &str,
    ) -> Result<Option<String>, Refusal> {
        let text = text.trim();
        let ids = match field.kind.shape() {
            Shape::Unit(_) => self.units_called(actor, text),
            Shape::Reference(kind) => match self.house().kind(kind).cloned() {
                Some(kind) if is_archive(&kind) => self.archives_called(&kind, text).await?,
                Some(kind) => self.records_called(actor, field, &kind, text).await?,
                None => return Ok(None),
            },
            _ => return Ok(None),
        };
        let label = &field.label;
        match ids.as_slice() {
            [id] => Ok(Some(id.clone())),
            [] => {
                let message = format!("“{label}”没有找到“{text}”，请核对名称或者编号");
                Err(Refusal::problem(Problem::error("not_found", message)))
            }
            _ => {
                let message = format!("叫“{text}”的不止一个，“{label}”请改填编号或者代码");
                Err(Refusal::problem(Problem::error("several", message)))
            }
        }
    }

    fn units_called(&self, actor: &Actor, text: &str) -> Vec<String> {
        let units = self.units();
        let called = |code: &str, name: &str| code == text || name == text;
        let found = units.all().iter().filter(|unit| {
            holds_unit(actor, unit)
                && (called(&unit.code, &unit.name) || units.long_name(&unit.code) == text)
        });
        found.take(2).map(|unit| unit.code.clone()).collect()
    }

    async fn archives_called(&self, kind: &RecordKind, text: &str) -> Result<Vec<String>, Refusal> {
        for (field, _) in registered(kind).into_iter().filter(|(_, sole)| *sole) {
            let ids = self.find_registered(kind, &field, text, 2).await?;
            if !ids.is_empty() {
                return Ok(ids);
            }
        }
        Ok(Vec::new())
    }

    async fn records_called(
        &self,
        actor: &Actor,
        field: &Field,
        kind: &RecordKind,
        text: &str,
    ) -> Result<Vec<String>, Refusal> {
        let numbers = kind.numbers.iter().map(|number| number.field.as_str());
        let names = ["title"].into_iter().chain(numbers);
        let called = names.map(|name| Filter::equal(name, text)).collect();
        let mut filter = scope(&self.house(), actor, kind, Right::See).and(Filter::Any(called));
        if let Some(only) = &field.only {
            filter = filter.and(only.filter.clone());
        }
        let select = Select::from(&kind.id, &["id"]).filter(filter).limit(2);
        let rows = self.keeper.find(&select).await?;
        let ids = rows.into_iter().filter_map(|row| match row.into_iter().next() {
            Some(Cell::Text(id)) => Some(id),
            _ => None,
        });
        Ok(ids.collect())
    }
}
