//! Full text: an FTS5 index that holds nothing but which word stands in which place.
//!
//! Its row numbers are the places of [`crate::system::search`], so it gives hits in their order and
//! stops early. It keeps neither the words nor where they stood (`content=''`, `detail=none`), and
//! its tokenizer splits at blanks alone. Words are written once per group: each savepoint would
//! close a segment of the index, and many small segments cost more to merge than the words do.

use super::statements::Statements;
use crate::{
    seam::{Hit, Search, Words},
    words,
};
use engine::query::Cell;
use rusqlite::{Connection, OptionalExtension, ToSql, ffi};

/// Every ASCII character that is no letter, digit, blank or control may stand in a word; those
/// beyond ASCII always may.
const MAKE: &str = r##"create virtual table words using fts5(word, content='',
    contentless_delete=1, detail=none,
    tokenize = "ascii tokenchars '!""#$%&''()*+,-./:;<=>?@[\]^_`{|}~'")"##;

const FIND: &str = "select s.county, s.kind, s.record, w.rowid from words as w \
                    join search as s on s.place = w.rowid \
                    where words match ?1 and w.rowid < ?2 order by w.rowid desc limit ?3";

/// What no word can be: a control character, though one that the tokenizer takes for a letter.
const NONE: &str = "\"\u{80}\"";

/// Segments of like size are merged by sixteens: by fours, FTS5's own way, each word is written
/// twice as often, and a question is hardly faster.
const TUNE: &str = "insert into words (words, rank) values ('automerge', 16), ('crisismerge', 64)";

/// Makes the index if it is not there yet.
pub(super) fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    let there = "select count(*) from sqlite_schema where name = 'words'";
    if connection.query_row(there, [], |row| row.get::<_, i64>(0))? == 0 {
        connection.execute_batch(&format!("{MAKE}; {TUNE}"))?;
    }
    Ok(())
}

/// Records that have a word of every group.
pub(super) fn find(connection: &Connection, search: &Search) -> rusqlite::Result<Vec<Hit>> {
    let after = search.after.unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(FIND)?;
    let hits = statement.query_map((expression(&search.all), after, search.limit), |row| {
        let (county, kind, record) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(Hit { county, kind, record, place: row.get(3)? })
    })?;
    hits.collect()
}

/// `(("a" OR "b") AND ("c") OR NONE) AND ("d")`. The word that nothing has keeps FTS5 from making one
/// flat AND of all groups: so each group is asked only about what those before it agree on, and a
/// group that half of all records have, as that of a city, costs little at the end. Inside its
/// quotes a word is nothing but a word.
fn expression(all: &[Vec<String>]) -> String {
    let mut text = String::new();
    for (index, any) in all.iter().enumerate() {
        let any: Vec<_> =
            any.iter().map(|word| format!("\"{}\"", word.replace('"', "\"\""))).collect();
        let any = any.join(" OR ");
        text = match index {
            0 => format!("({any})"),
            1 => format!("{text} AND ({any})"),
            _ => format!("(({text}) OR {NONE}) AND ({any})"),
        };
    }
    text
}

/// Writes what a group changed, in the order of the changes.
pub(super) fn keep(statements: &mut Statements, all: Vec<Words>) -> rusqlite::Result<()> {
    all.into_iter().try_for_each(|words| keep_one(statements, words))
}

fn keep_one(statements: &mut Statements, words: Words) -> rusqlite::Result<()> {
    let Words { county, kind, record, at, words } = words;
    let question = "select place from search where county = ?1 and record = ?2";
    let old = number(statements, question, [&county, &record])?;
    if let Some(old) = old {
        statements.run("delete from words where rowid = ?1", [&Cell::Int(old)])?;
        statements.run("delete from search where place = ?1", [&Cell::Int(old)])?;
    }
    let words = words::once(words);
    if words.is_empty() {
        return Ok(());
    }
    let place = match old.filter(|old| words::places(at).contains(old)) {
        Some(old) => old,
        None => free_place(statements, at)?,
    };
    let entry = statements.fixed(
        "insert into search (place, county, kind, record, print) values (?1, ?2, ?3, ?4, ?5)",
    )?;
    entry.execute((place, county, kind, record, words::print(&words)))?;
    let index = statements.fixed("insert into words (rowid, word) values (?1, ?2)")?;
    index.execute((place, words.join(" "))).map(|_| ())
}

fn free_place(statements: &mut Statements, at: i64) -> rusqlite::Result<i64> {
    let question = "select max(place) from search where place between ?1 and ?2";
    let (first, last) = words::places(at).into_inner();
    let last = number(statements, question, [first, last])?;
    words::next_place(at, last).map_err(|error| {
        rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_FULL), Some(error.to_string()))
    })
}

fn number<T: ToSql>(
    statements: &mut Statements,
    question: &str,
    values: [T; 2],
) -> rusqlite::Result<Option<i64>> {
    let statement = statements.fixed(question)?;
    Ok(statement.query_row(values, |row| row.get(0)).optional()?.flatten())
}
