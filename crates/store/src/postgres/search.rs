//! Full text: the words of each record as a `tsvector` under a GIN index, beside the rows of
//! [`crate::system::search`].
//!
//! GIN cannot stop early: it brings every row that has the words. So each row also has era words,
//! which say in which stretch of time it lies, and a question goes from the newest stretch outwards
//! until it has enough: a common word is found in the newest, a rare one in all of them quickly.

use super::{
    connection::{Bound, Connection, Done, Sent, Statement},
    failure::{Trouble, trouble},
};
use crate::{
    seam::{Hit, Search, StoreError, Words},
    shape::Catalogue,
    sql::Sql,
    words,
};
use engine::query::Cell;
use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write,
};

/// Stretches of time, as powers of two of milliseconds: 70 minutes, 9 hours, 3 days, 25 days and
/// 199 days. No word of a question begins with a capital letter, so none is taken for one of these.
const ERAS: [u32; 5] = [22, 25, 28, 31, 34];

/// The table and its index. What waits to be sorted into the index is read by every question, so it
/// is kept small.
pub(super) const MAKE: [&str; 2] = [
    "create table if not exists house_words (place bigint primary key, words tsvector not null)",
    "create index if not exists i_house_words on house_words using gin (words) \
     with (gin_pending_list_limit = 128)",
];

const PLACE: &str = "select place from search where county = $1 and record = $2";
const LAST: &str = "select max(place) from search where place between $1 and $2";
const DROP_WORDS: &str = "delete from house_words where place = $1";
const DROP: &str = "delete from search where place = $1";
/// Changes nothing where another record has the place.
const KEEP: &str = "insert into search (place, county, kind, record, print) \
                    values ($1, $2, $3, $4, $5) on conflict (place) do update \
                    set kind = excluded.kind, print = excluded.print \
                    where search.county = excluded.county and search.record = excluded.record";
const KEEP_WORDS: &str = "insert into house_words (place, words) \
                          values ($1, array_to_tsvector($2::text[])) \
                          on conflict (place) do update set words = excluded.words";

pub(super) const NEWEST: &str = "select max(place) from search";
const FIND: &str = "with found as materialized (select place from house_words \
                    where words @@ cast($1 as tsquery) and place < $2) \
                    select s.county, s.kind, s.record, found.place from found \
                    join search as s on s.place = found.place \
                    order by found.place desc limit $3";

/// The statements that write words.
pub(super) struct Fixed {
    place: Statement,
    last: Statement,
    drop_words: Statement,
    drop: Statement,
    keep: Statement,
    keep_words: Statement,
}

impl Fixed {
    pub(super) async fn of(connection: &mut Connection) -> Done<Self> {
        Ok(Self {
            place: connection.fixed(PLACE).await?,
            last: connection.fixed(LAST).await?,
            drop_words: connection.fixed(DROP_WORDS).await?,
            drop: connection.fixed(DROP).await?,
            keep: connection.fixed(KEEP).await?,
            keep_words: connection.fixed(KEEP_WORDS).await?,
        })
    }
}

/// The words of one record, and where they go.
struct Kept {
    words: Words,
    old: Option<i64>,
    place: i64,
}

/// Writes what a group changed; of one record only the last words count.
pub(super) async fn keep(
    connection: &Connection,
    catalogue: &Catalogue,
    all: impl Iterator<Item = Words>,
    fixed: &Fixed,
) -> Done {
    let mut last = BTreeMap::new();
    for mut words in all {
        words.words = words::once(std::mem::take(&mut words.words));
        last.insert((words.county.clone(), words.record.clone()), words);
    }
    if last.is_empty() {
        return Ok(());
    }
    let mut kept = old_places(connection, catalogue, last.into_values().collect(), fixed).await?;
    drop_old(connection, catalogue, &kept, fixed).await?;
    kept.retain(|kept| !kept.words.words.is_empty());
    give_places(connection, catalogue, &mut kept, fixed).await?;
    let mut lists = Vec::with_capacity(kept.len());

    for Kept { words, place, .. } in &kept {
        lists.push((*place, with_eras(words)));
    }
    let mut answers = Vec::with_capacity(lists.len());
    for (place, list) in &lists {
        let values = vec![Bound::Int(*place), Bound::Texts(list)];
        answers.push(connection.send(&fixed.keep_words, values).await);
    }
    all_well(connection, catalogue, answers).await
}

async fn old_places(
    connection: &Connection,
    catalogue: &Catalogue,
    all: Vec<Words>,
    fixed: &Fixed,
) -> Done<Vec<Kept>> {
    let mut answers = Vec::with_capacity(all.len());
    for Words { county, record, .. } in &all {
        let values = vec![Bound::Text(county), Bound::Text(record)];
        answers.push(connection.query(&fixed.place, values).await);
    }
    let mut old = Vec::with_capacity(answers.len());
    for answer in answers {
        let rows = connection.within(catalogue, answer.answer()).await?;
        let place = rows.first().map(|row| row.try_get(0)).transpose();
        old.push(place.map_err(|error| trouble(&error, catalogue))?);
    }
    Ok(all.into_iter().zip(old).map(|(words, old)| Kept { words, old, place: 0 }).collect())
}

/// A record that has no words any more, or another moment, gives up its place.
async fn drop_old(
    connection: &Connection,
    catalogue: &Catalogue,
    kept: &[Kept],
    fixed: &Fixed,
) -> Done {
    let mut answers = Vec::new();
    let gone = kept.iter().filter(|it| it.words.words.is_empty() || it.stays().is_none());
    for old in gone.filter_map(|it| it.old) {
        for statement in [&fixed.drop_words, &fixed.drop] {
            answers.push(connection.send(statement, vec![Bound::Int(old)]).await);
        }
    }
    all_well(connection, catalogue, answers).await
}

impl Kept {
    /// The place it has and keeps.
    fn stays(&self) -> Option<i64> {
        self.old.filter(|old| words::places(self.words.at).contains(old))
    }
}

/// Gives places in the order of the changes. Another program may take one in the same instant: then
/// the next is taken.
async fn give_places(
    connection: &Connection,
    catalogue: &Catalogue,
    kept: &mut [Kept],
    fixed: &Fixed,
) -> Done {
    let mut lasts: HashMap<i64, Option<i64>> = HashMap::new();
    for one in kept.iter_mut() {
        if let Some(place) = one.stays() {
            one.place = place;
            keep_at(connection, catalogue, one, fixed).await?;
            continue;
        }
        let at = one.words.at;
        let mut last = match lasts.get(&at) {
            Some(last) => *last,
            None => last_place(connection, catalogue, at, fixed).await?,
        };
        loop {
            one.place = words::next_place(at, last).map_err(Trouble::Refused)?;
            last = Some(one.place);
            if keep_at(connection, catalogue, one, fixed).await? {
                break;
            }
        }
        lasts.insert(at, last);
    }
    Ok(())
}

async fn last_place(
    connection: &Connection,
    catalogue: &Catalogue,
    at: i64,
    fixed: &Fixed,
) -> Done<Option<i64>> {
    let (first, last) = words::places(at).into_inner();
    let sent = connection.query(&fixed.last, vec![Bound::Int(first), Bound::Int(last)]).await;
    let rows = connection.within(catalogue, sent.answer()).await?;
    let last = rows.first().map(|row| row.try_get(0)).transpose();
    Ok(last.map_err(|error| trouble(&error, catalogue))?.flatten())
}

/// Whether the place could be had.
async fn keep_at(
    connection: &Connection,
    catalogue: &Catalogue,
    kept: &Kept,
    fixed: &Fixed,
) -> Done<bool> {
    let Words { county, kind, record, words, .. } = &kept.words;
    let print = words::print(words);
    let [county, kind, record] = [county, kind, record].map(|text| Bound::Text(text));
    let values = vec![Bound::Int(kept.place), county, kind, record, Bound::Int(print)];
    let sent = connection.send(&fixed.keep, values).await;
    Ok(connection.within(catalogue, sent.answer()).await? > 0)
}

async fn all_well(
    connection: &Connection,
    catalogue: &Catalogue,
    answers: Vec<Sent<'_, u64>>,
) -> Done {
    for answer in answers {
        connection.within(catalogue, answer.answer()).await?;
    }
    Ok(())
}

fn with_eras(words: &Words) -> Vec<String> {
    let eras = ERAS.iter().map(|era| era_word(*era, words.at >> era));
    words.words.iter().cloned().chain(eras).collect()
}

fn era_word(era: u32, number: i64) -> String {
    format!("E{era}_{number}")
}

/// The questions that a search asks, one after the other until one brings enough, from `newest`,
/// the place of the newest record, outwards.
pub(super) fn questions(search: &Search, newest: i64) -> impl Iterator<Item = Sql> + use<'_> {
    let before = search.after.unwrap_or(i64::MAX);
    let at = words::moment(newest.min(before));
    let eras = ERAS.iter().map(move |era| {
        let number = at >> era;
        Some([era_word(*era, number), era_word(*era, number - 1)])
    });
    eras.chain([None]).map(move |era| {
        let values = vec![
            expression(&search.all, era).into(),
            before.into(),
            i64::from(search.limit).into(),
        ];
        Sql { text: FIND.to_owned(), values }
    })
}

/// `('a' | 'b') & ('c')`. Inside its quotes a word is nothing but a word.
fn expression(all: &[Vec<String>], era: Option<[String; 2]>) -> String {
    let mut text = String::new();
    let groups = all.iter().map(Vec::as_slice);
    for (index, any) in groups.chain(era.as_ref().map(<[String; 2]>::as_slice)).enumerate() {
        text.push_str(if index == 0 { "(" } else { " & (" });
        for (index, word) in any.iter().enumerate() {
            let or = if index == 0 { "" } else { " | " };
            let word = word.replace('\\', "\\\\").replace('\'', "''");
            // Writing into a String cannot fail.
            let _ = write!(text, "{or}'{word}'");
        }
        text.push(')');
    }
    text
}

/// A row of [`FIND`].
pub(super) fn hit(row: Vec<Cell>) -> Result<Hit, StoreError> {
    match <[Cell; 4]>::try_from(row) {
        Ok([Cell::Text(county), Cell::Text(kind), Cell::Text(record), Cell::Int(place)]) => {
            Ok(Hit { county, kind, record, place })
        }
        _ => Err(StoreError::Failed("the index of words is damaged".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_cannot_leave_its_quotes() {
        let all = [vec!["a'b".to_owned(), "c\\d".to_owned()], vec!["漏水".to_owned()]];
        assert_eq!(expression(&all, None), r"('a''b' | 'c\\d') & ('漏水')");
        let era = Some([era_word(22, 7), era_word(22, 6)]);
        assert_eq!(expression(&all[1..], era), "('漏水') & ('E22_7' | 'E22_6')");
    }
}
