//! What follows from a kind once it is checked, worked out once: no request pays for metadata.

use super::RecordKind;
use crate::{
    query::{Rows, Term},
    record::{MERGE_COLUMNS, MERGED_OVER},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Columns of the tables of a kind.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// All columns of the main table.
    pub columns: Vec<String>,
    /// Text columns of fields above [`super::Class::Plain`]: kept sealed.
    pub sealed: Vec<String>,
    /// The tables of child rows.
    pub rows: Vec<RowLayout>,
    /// How many of its computed fields look at other computed fields.
    pub chained: usize,
    /// Other records that its rules ask about.
    pub around: Vec<Rows>,
    /// Those of them on which a rule can refuse, and that no row shared with them guards.
    pub guarded: Vec<Rows>,
    /// Its own columns by which such rules, of any kind, ask about its records.
    pub asked_by: Vec<String>,
}

/// Columns of a table of child rows.
#[derive(Clone, Debug, Default)]
pub struct RowLayout {
    /// Field of the record.
    pub field: String,
    /// The table.
    pub table: String,
    /// Columns of the row's fields, after `id`.
    pub columns: Vec<String>,
    /// Those kept sealed.
    pub sealed: Vec<String>,
}

impl Layout {
    /// The layout of a kind whose fields are known.
    pub fn of(kind: &RecordKind) -> Self {
        let mut columns: Vec<String> =
            crate::record::SYSTEM_COLUMNS.iter().map(|&c| c.to_owned()).collect();
        if kind.attached.is_some() {
            columns.push("parent".to_owned());
        }
        if kind.merges() {
            columns.extend(MERGE_COLUMNS.map(str::to_owned));
        }
        columns.extend(kind.fields.columns());
        let rows = kind.fields.iter().filter_map(|field| {
            let crate::kind::Shape::Rows(row) = field.kind.shape() else { return None };
            let row = kind.rows.get(row)?;
            let mut columns = vec!["id".to_owned()];
            columns.extend(row.fields.columns());
            Some(RowLayout {
                field: field.id.clone(),
                table: kind.row_table(&field.id),
                columns,
                sealed: row.fields.sealed(),
            })
        });
        let computed = |id: &String| kind.fields.get(id).is_some_and(|f| f.kind.rule().is_some());
        let rules = kind.fields.iter().filter_map(|field| field.kind.rule());
        let chained = rules.filter(|rule| rule.fields.iter().any(computed)).count();
        let (mut sealed, around) = (kind.fields.sealed(), kind.asked_about());
        sealed.extend(kind.merges().then(|| MERGED_OVER.to_owned()));
        let guarded = kind.refused_by();
        let asked_by = Vec::new();
        Self { columns, sealed, rows: rows.collect(), chained, around, guarded, asked_by }
    }
}

impl RecordKind {
    /// The other records on which a rule of this kind can refuse, or that decide what an act sets in
    /// motion. Where both hang on the same record, its version guards them already.
    fn refused_by(&self) -> Vec<Rows> {
        let mut found: Vec<Rows> = Vec::new();
        let refusing = self.rules.iter().filter(|rule| !rule.warning);
        let own = refusing.flat_map(|rule| rule.when.iter().chain([&rule.condition]));
        let effects = self.actions.iter().flat_map(|a| &a.effects).chain(&self.on_create);
        for rule in own.chain(effects.filter_map(|effect| effect.when.as_ref())) {
            let mut note = |term: &Term| found.extend(term.rows().cloned());
            rule.filter.terms(&mut note);
            let computed = rule.fields.iter().filter_map(|id| self.fields.get(id)?.kind.rule());
            computed.filter_map(|rule| rule.value.as_ref()).for_each(|value| value.walk(&mut note));
        }
        let above = self.attached.as_ref().map(|attached| attached.kind.as_str());
        found.retain(|rows| {
            let same = rows.of.as_deref() == above && rows.column == "parent";
            !(rows.are_children() || above.is_some() && same)
        });
        found.sort();
        found.dedup();
        found
    }

    /// The other records that must be at hand to decide about one of this kind.
    fn asked_about(&self) -> Vec<Rows> {
        let mut found: Vec<Rows> = Vec::new();
        let mut note = |term: &Term| {
            let rows = term.rows().filter(|rows| !rows.are_children());
            found.extend(rows.cloned());
        };
        for value in self.fields.iter().filter_map(|f| f.kind.rule()?.value.as_ref()) {
            value.walk(&mut note);
        }
        let own = self.rules.iter().flat_map(|rule| rule.when.iter().chain([&rule.condition]));
        let effects = self.actions.iter().flat_map(|a| &a.effects).chain(&self.on_create);
        for rule in own.chain(effects.filter_map(|effect| effect.when.as_ref())) {
            rule.filter.terms(&mut note);
        }
        found.sort();
        found.dedup();
        found
    }
}

/// Tells each kind by which of its columns rules ask about its records.
pub(super) fn tell_asked(kinds: &mut BTreeMap<String, Arc<RecordKind>>) {
    let asked: BTreeSet<(String, String)> = kinds
        .values()
        .flat_map(|kind| &kind.layout.guarded)
        .map(|rows| (rows.table.clone(), rows.column.clone()))
        .collect();
    for (table, column) in asked {
        if let Some(kind) = kinds.get_mut(&table) {
            Arc::make_mut(kind).layout.asked_by.push(column);
        }
    }
}
