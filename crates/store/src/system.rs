//! The house's own tables: the log with its chain, number series, counters, what is found by words.
//! Keepers fill them from
//! [`crate::seam::Commit`]; everybody else only reads them.

use engine::query::{Column, Placement, Table};

/// The tables that every keeper has, whatever it was prepared with.
pub fn tables() -> Vec<Table> {
    vec![log(), chain(), series(), counter(), search()]
}

/// The log: one row per act, chained per county. Never changed, never removed.
pub fn log() -> Table {
    let columns = vec![
        Column::text("county").required(),
        Column::int("seq").required(),
        Column::int("at").required(),
        Column::text("actor"),
        Column::text("authority"),
        Column::text("act"),
        Column::text("kind"),
        Column::text("record"),
        Column::int("version").required(),
        Column::text("definition"),
        Column::text("body"),
        Column::text("content"),
        Column::text("prev").required(),
        Column::text("hash").required(),
    ];
    Table::new("log", Placement::County, &["county", "seq"], columns)
        .index(&["county", "kind", "record", "seq"])
}

/// The last entry of each county's chain.
pub fn chain() -> Table {
    let columns = vec![
        Column::text("county").required(),
        Column::int("seq").required(),
        Column::text("hash").required(),
    ];
    Table::new("chain", Placement::County, &["county"], columns)
}

/// The last number given out of each series.
pub fn series() -> Table {
    let columns = vec![
        Column::text("county").required(),
        Column::text("series").required(),
        Column::int("value").required(),
    ];
    Table::new("series", Placement::County, &["county", "series"], columns)
}

/// The counters of declared statistics. The key is the order of the question "every cell of one
/// statistic, for these units, over these months": one range per unit.
pub fn counter() -> Table {
    let columns = vec![
        Column::text("county").required(),
        Column::text("statistic").required(),
        Column::text("unit").required(),
        Column::text("period").required(),
        Column::text("cell").required(),
        Column::int("value").required(),
    ];
    let key = ["county", "statistic", "unit", "period", "cell"];
    Table::new("counter", Placement::County, &key, columns)
}

/// What is found by words: one row a record. Its place is the moment and a number in it
/// ([`crate::words::first_place`]), so that the order of places is the order of hits; a record keeps
/// its place as long as its moment stays. The print is that of its words ([`crate::words::print`]),
/// by which the index is compared with the records. The words themselves are kept by each keeper in
/// its own way.
///
/// PostgreSQL is meant to keep them in the same table, as a column `words tsvector` with a GIN
/// index. GIN cannot stop early, so each row also has era words `e22_<at>>22>`, `e25_…`, `e28_…`,
/// `e31_…` and `e34_…` (a question never holds such a word of its own), and a question goes outwards
/// from the newest era: on each level the era of the newest row and the one before, until there are
/// enough, at last without an era. There the key starts with `county`, and the place is only an index.
pub fn search() -> Table {
    let columns = vec![
        Column::int("place").required(),
        Column::text("county").required(),
        Column::text("kind").required(),
        Column::text("record").required(),
        Column::int("print").required(),
    ];
    Table::new("search", Placement::Reference, &["place"], columns).unique(&["county", "record"])
}
