//! Which records of a kind hide, as a question: those that are sealed themselves, and those that hang
//! on such a record, however far down.

use crate::{
    definition::{House, RecordKind, Seal},
    query::Filter,
};

/// The sealed records of `kind`, by those seals that `counts` says. `Nothing`: none can hide.
pub fn sealed(house: &House, kind: &RecordKind, counts: &dyn Fn(&Seal) -> bool) -> Filter {
    sealed_at(house, kind, counts, 8)
}

fn sealed_at(
    house: &House,
    kind: &RecordKind,
    counts: &dyn Fn(&Seal) -> bool,
    depth: usize,
) -> Filter {
    let own = match kind.seal.as_ref().filter(|seal| counts(seal)) {
        Some(seal) => Filter::Surely(Box::new(seal.when.filter.clone())),
        None => Filter::Nothing,
    };
    let above = kind.attached.as_ref().and_then(|attached| house.kind(&attached.kind));
    let Some(above) = above.filter(|_| depth > 0) else { return own };
    match sealed_at(house, above, counts, depth - 1) {
        Filter::Nothing => own,
        filter => own.or(Filter::Refers {
            column: above.id.clone(),
            table: above.id.clone(),
            filter: Box::new(filter),
        }),
    }
}

/// The records of `kind` that stay sealed to a role though it writes a reason. `Nothing`: none does.
pub fn hidden_from_reason(house: &House, kind: &RecordKind, role: &str) -> Filter {
    sealed(house, kind, &|seal| !seal.reason.iter().any(|open| open == role))
}

/// The records of `kind` that hide from a role. `Nothing`: none does.
pub fn hidden_from(house: &House, kind: &RecordKind, role: &str) -> Filter {
    sealed(house, kind, &|seal| !seal.open_to.iter().any(|open| open == role))
}
