//! What no statement may be, so that one schema and one text also run where counties are kept on
//! different machines (scale-and-reliability.md, section 2). Each text is looked at once, when it
//! is prepared.

use crate::{
    seam::StoreError,
    shape::{self, Catalogue},
};

/// Refuses a statement that breaks a rule.
pub(crate) fn check(text: &str, catalogue: &Catalogue) -> Result<(), StoreError> {
    let broken = locks_without_county(text)
        .or_else(|| text.contains("on conflict on constraint").then_some("names a constraint"))
        .or_else(|| joins_without_county(text, catalogue).then_some("joins counties"));
    broken.map_or(Ok(()), |what| shape::misfit(format!("a statement {what}: {text}")))
}

fn locks_without_county(text: &str) -> Option<&'static str> {
    let locks = text.contains("for update") || text.contains("for share");
    let placed = text.contains("county = $") || text.contains("from house ");
    (locks && !placed).then_some("locks rows of any county")
}

/// Whether a table of counties is asked inside a question about another without their counties
/// being the same.
fn joins_without_county(text: &str, catalogue: &Catalogue) -> bool {
    let tables = text.split(" from \"").skip(1).filter_map(|rest| {
        let (table, rest) = rest.split_once("\" as ")?;
        Some((table, rest.split([' ', ')']).next()?))
    });
    tables.into_iter().any(|(table, alias)| {
        let by_county = catalogue.get(table).is_some_and(|table| shape::by_county(table));
        let joined = format!("{alias}.\"county\" = t");
        by_county && alias != "t0" && !text.contains(&joined)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::query::{Column, Placement, Table};
    use std::sync::Arc;

    fn refused(text: &str) -> bool {
        let columns = || vec![Column::text("county").required(), Column::text("id").required()];
        let placed = |name: &str| Table::new(name, Placement::County, &["county", "id"], columns());
        let unit = Table::new("unit", Placement::Reference, &["id"], columns());
        let tables = [placed("case"), placed("party"), unit];
        let catalogue = tables.map(|table| (table.name.clone(), Arc::new(table))).into();
        check(text, &catalogue).is_err()
    }

    #[test]
    fn what_counties_on_different_machines_cannot_do_is_refused() {
        assert!(refused("insert into x values ($1) on conflict on constraint c do nothing"));
        assert!(refused("select seq from chain where seq = $1 for update"));
        let question = "select t0.\"id\" from \"case\" as t0 where exists (select 1 from ";
        assert!(refused(&format!("{question}\"party\" as t1 where t1.\"parent\" = t0.\"id\")")));
    }

    #[test]
    fn what_stays_in_its_county_is_not() {
        assert!(!refused("select seq, hash from chain where county = $1 for update"));
        let question = "select t0.\"id\" from \"case\" as t0 where exists (select 1 from ";
        let same =
            "\"party\" as t1 where t1.\"county\" = t0.\"county\" and t1.\"parent\" = t0.\"id\")";
        assert!(!refused(&format!("{question}{same}")));
        assert!(!refused(&format!("{question}\"unit\" as t1 where t1.\"id\" = t0.\"unit\")")));
    }
}
