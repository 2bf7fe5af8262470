//! Tables and indexes in the database: made once, then only grown, by one program at a time.

use super::{
    connection::{Bound, Connection, Done},
    failure::Trouble,
    search,
};
use crate::{
    seam::StoreError,
    shape::{self, Catalogue},
    sql::{
        Dialect,
        tables::{self, FORMAT, HOUSE, SIGN},
    },
};
use engine::query::{Column, ColumnType, Index, Placement, Table};
use std::sync::Arc;
use tokio_postgres::Row;

/// The last group that each program kept, so that a program whose connection was lost in the middle
/// of a commit finds out whether it was kept.
const WRITERS: &str = "create table if not exists house_writer (writer text collate \"C\" \
                       primary key, done bigint not null, at bigint not null)";

/// Its row is the guard: who has it locked changes the tables. `changes` counts the changes.
const GUARD: &str = "insert into house (name, value) values ('changes', '0') \
                     on conflict (name) do nothing";
const LOCK: &str = "select value from house where name = 'changes' for update";
const CHANGED: &str = "update house set value = cast(cast(value as bigint) + 1 as text) \
                       where name = 'changes'";

const COLUMNS: &str = "select c.relname::text, a.attname::text, a.atttypid = 'int8'::regtype, \
                       a.attnotnull from pg_class c join pg_attribute a on a.attrelid = c.oid \
                       where c.relnamespace = current_schema()::regnamespace \
                       and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped \
                       and c.relname not in ('house', 'house_writer', 'house_words') \
                       order by c.relname, a.attnum";

const KEYS: &str = "select c.relname::text, x.indisprimary, x.indisunique, \
                    array_agg(a.attname::text order by k.place) from pg_index x \
                    join pg_class c on c.oid = x.indrelid \
                    cross join lateral unnest(x.indkey::int2[]) with ordinality k(number, place) \
                    join pg_attribute a on a.attrelid = c.oid and a.attnum = k.number \
                    where c.relnamespace = current_schema()::regnamespace \
                    and c.relkind in ('r', 'p') and x.indisvalid \
                    and c.relname not in ('house', 'house_writer', 'house_words') \
                    group by c.relname, x.indexrelid, x.indisprimary, x.indisunique \
                    order by c.relname, x.indexrelid";

/// Refuses a database that a newer program wrote, and signs one that is ours.
pub(super) async fn sign(connection: &Connection) -> Done {
    connection.run(HOUSE).await?;
    let question = "select coalesce((select value from house where name = 'format'), ''), \
                    coalesce((select value from house where name = 'written_by'), '')";
    let told = connection.texts(question).await?;
    let told = |at: usize| told.get(at).map(String::as_str).unwrap_or_default();
    let format = Some(told(0)).filter(|format| !format.is_empty());
    tables::readable(format, told(1)).map_err(Trouble::Refused)?;
    let (format, program) = (FORMAT.to_string(), env!("CARGO_PKG_VERSION"));
    connection.all(SIGN, vec![Bound::Text(&format), Bound::Text(program)]).await?;
    connection.run(WRITERS).await?;
    for step in search::MAKE {
        connection.run(step).await?;
    }
    connection.run(GUARD).await
}

/// Makes and grows `wanted`; gives the catalogue after it. What was half done is gone on with.
pub(super) async fn prepare(connection: &Connection, wanted: &[Table]) -> Done<Catalogue> {
    loop {
        let seen = connection.texts("select value from house where name = 'changes'").await?;
        let mut catalogue = load(connection).await?;
        let steps = steps(&mut catalogue, wanted).map_err(Trouble::Refused)?;
        if steps.is_empty() {
            return Ok(catalogue);
        }
        if take(connection, &catalogue, steps, seen).await? {
            return Ok(catalogue);
        }
    }
}

type Step = (String, Option<(String, Index)>);

/// What there is to do; the catalogue becomes that after it.
fn steps(catalogue: &mut Catalogue, wanted: &[Table]) -> Result<Vec<Step>, StoreError> {
    let mut steps = Vec::new();
    for wanted in wanted {
        let existing = catalogue.get(&wanted.name).map(|table| &**table);
        let grown = shape::grown(existing, wanted)?;
        let new = tables::steps(Dialect::Postgres, existing, &grown).into_iter();
        let named = |index| (grown.name.clone(), index);
        steps.extend(new.map(|(step, index)| (step, index.map(named))));
        catalogue.insert(grown.name.clone(), Arc::new(grown));
    }
    Ok(steps)
}

/// Takes the steps, each in a transaction of its own. False where somebody else changed the tables
/// since `seen`: then everything must be looked at again.
async fn take(
    connection: &Connection,
    catalogue: &Catalogue,
    steps: Vec<Step>,
    mut seen: Vec<String>,
) -> Done<bool> {
    for (step, index) in steps {
        let begun = connection.begin().await;
        connection.within(catalogue, begun.answer()).await?;
        let changes = connection.texts(LOCK).await?;
        if changes != seen {
            connection.end("rollback").await?;
            return Ok(false);
        }
        if let Err(trouble) = connection.step(&step, catalogue).await {
            connection.end("rollback").await?;
            return Err(of_index(trouble, index));
        }
        connection.run(CHANGED).await?;
        connection.end("commit").await?;
        let count = changes.first().and_then(|count| count.parse::<i64>().ok()).unwrap_or(0);
        seen = vec![(count + 1).to_string()];
    }
    Ok(true)
}

fn of_index(trouble: Trouble, index: Option<(String, Index)>) -> Trouble {
    match (trouble, index) {
        (Trouble::Refused(StoreError::Taken { .. }), Some((table, Index { columns, .. }))) => {
            Trouble::Refused(StoreError::Taken { table, columns })
        }
        (other, _) => other,
    }
}

/// The tables that are in the database.
pub(super) async fn load(connection: &Connection) -> Done<Catalogue> {
    let none = Catalogue::new();
    let columns = connection.all(COLUMNS, Vec::new()).await?;
    let keys = connection.all(KEYS, Vec::new()).await?;
    let broken = |error| super::failure::trouble(&error, &none);
    let mut catalogue = Catalogue::new();
    for row in &columns {
        let (name, column) = read_column(row).map_err(broken)?;
        let table = catalogue
            .entry(name.clone())
            .or_insert_with(|| Arc::new(Table::new(&name, Placement::Reference, &[], vec![])));
        Arc::make_mut(table).columns.push(column);
    }
    for row in &keys {
        read_key(row, &mut catalogue).map_err(broken)?;
    }
    Ok(catalogue)
}

fn read_column(row: &Row) -> Result<(String, Column), tokio_postgres::Error> {
    let int: bool = row.try_get(2)?;
    let column_type = if int { ColumnType::Int } else { ColumnType::Text };
    let column = Column { name: row.try_get(1)?, column_type, required: row.try_get(3)? };
    Ok((row.try_get(0)?, column))
}

fn read_key(row: &Row, catalogue: &mut Catalogue) -> Result<(), tokio_postgres::Error> {
    let name: String = row.try_get(0)?;
    let (primary, unique): (bool, bool) = (row.try_get(1)?, row.try_get(2)?);
    let columns: Vec<String> = row.try_get(3)?;
    let Some(table) = catalogue.get_mut(&name).map(Arc::make_mut) else { return Ok(()) };
    if !primary {
        table.indexes.push(Index { columns, unique });
        return Ok(());
    }
    let by_county = columns.first().is_some_and(|first| first == "county");
    table.placement = if by_county { Placement::County } else { Placement::Reference };
    table.key = columns;
    Ok(())
}
