//! What was begun last, over all kinds that have a flow: for the workbench.

use crate::boxed;
use crate::{
    Actor, Desk, Refusal,
    access::{Right, scope},
    rows::cells,
};
use engine::{
    definition::RecordKind,
    query::{Cell, Comparison, Filter, Select, Sort, Term},
    record::Record,
};
use std::sync::Arc;

/// What the workbench shows of them.
const SHOWN: [&str; 5] = ["id", "unit", "state", "title", "created_at"];

impl Desk {
    /// The newest records that the actor sees, newest first. Ids begin with the moment they were
    /// made at, so their order is read from the end of an index that every kind has; and of each
    /// further kind only what is newer than what was found so far.
    #[boxed]
    pub async fn newest(
        &self,
        actor: &Actor,
        at_most: usize,
    ) -> Result<Vec<(Arc<RecordKind>, Record)>, Refusal> {
        let house = self.house();
        let mut newest: Vec<(Arc<RecordKind>, Record)> = Vec::new();
        for kind in house.kinds.values().filter(|kind| !kind.states.is_empty()) {
            let mut filter = scope(&house, actor, kind, Right::See);
            if filter == Filter::Nothing {
                continue;
            }
            if let Some((_, last)) = newest.get(at_most.saturating_sub(1)) {
                filter = filter.and(Filter::Compare(
                    Term::Column("id".to_owned()),
                    Comparison::Greater,
                    Term::Value(Cell::from(last.id())),
                ));
            }
            let select = Select::from(&kind.id, &SHOWN)
                .filter(filter)
                .order(vec![Sort::down("id")])
                .limit(u32::try_from(at_most).unwrap_or(u32::MAX));
            for row in self.keeper.find(&select).await? {
                let cells = cells(&select.columns, row);
                let record = Record { kind: kind.id.clone(), cells, ..Record::default() };
                newest.push((Arc::clone(kind), record));
            }
            newest.sort_by(|(_, a), (_, b)| b.id().cmp(a.id()));
            newest.truncate(at_most);
        }
        newest.sort_by_key(|(_, record)| std::cmp::Reverse(record.int("created_at")));
        Ok(newest)
    }
}
