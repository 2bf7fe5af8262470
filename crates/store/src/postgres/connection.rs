//! One connection, with the statements it has prepared. Every answer is awaited for so long and no
//! longer: a frozen server keeps its connections and never answers.

use super::failure::{Trouble, silence, trouble};
use crate::{
    seam::{Operation, Row, Values},
    shape::Catalogue,
    sql::{Dialect, Sql, changes, rules},
};
use engine::query::Cell;
use std::{
    collections::HashMap,
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
    time::{Duration, Instant},
};
use tokio::task::JoinHandle;
use tokio_postgres::{
    Client, Statement,
    types::{FromSql, IsNull, ToSql, Type, private::BytesMut, to_sql_checked},
};

/// More shapes than any set of definitions has; a guard against growing without end.
const MOST: usize = 1000;

/// What a query of any kind may end with.
pub(super) type Done<T = ()> = Result<T, Trouble>;
type Answer<T> = Result<T, tokio_postgres::Error>;

/// A connection.
pub(super) struct Connection {
    pub client: Client,
    /// Whether it writes.
    pub is_primary: bool,
    pub since: Instant,
    statements: HashMap<String, Statement>,
    task: JoinHandle<()>,
    deadline: Duration,
}

impl Connection {
    /// `task` moves the bytes.
    pub(super) fn new(
        client: Client,
        is_primary: bool,
        task: JoinHandle<()>,
        deadline: Duration,
    ) -> Self {
        let statements = HashMap::new();
        Self { client, is_primary, since: Instant::now(), statements, task, deadline }
    }

    /// The same for long work on tables, that waits for others' locks only a little.
    pub(super) async fn patient(mut self, deadline: Duration) -> Done<Self> {
        self.run(
            "set statement_timeout = 0; set lock_timeout = '3s'; \
                  set idle_in_transaction_session_timeout = 0",
        )
        .await?;
        self.deadline = deadline;
        Ok(self)
    }

    /// Lets go of it at once, whatever the server still has to say.
    pub(super) fn abandon(self) {
        self.task.abort();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// The answer, if it comes in time.
    pub(super) async fn within<T>(
        &self,
        catalogue: &Catalogue,
        answer: impl Future<Output = Answer<T>>,
    ) -> Done<T> {
        within(self.deadline, catalogue, answer).await
    }

    /// Runs fixed SQL without parameters.
    pub(super) async fn run(&self, sql: &str) -> Done {
        self.within(&Catalogue::new(), self.client.batch_execute(sql)).await
    }

    /// The first row of fixed SQL, as texts.
    pub(super) async fn texts(&self, sql: &str) -> Done<Vec<String>> {
        let row = self.client.query_one(sql, &[]);
        let row = self.within(&Catalogue::new(), row).await?;
        Ok((0..row.len()).filter_map(|at| row.try_get(at).ok()).collect())
    }

    /// The same, where a text may be missing.
    pub(super) async fn row(&self, sql: &str) -> Done<Vec<Option<String>>> {
        let row = self.client.query_one(sql, &[]);
        let row = self.within(&Catalogue::new(), row).await?;
        Ok((0..row.len()).map(|at| row.try_get(at).ok().flatten()).collect())
    }

    /// The rows of a question, all within `deadline`.
    pub(super) async fn rows(
        &mut self,
        sql: &Sql,
        width: usize,
        catalogue: &Catalogue,
        deadline: Duration,
    ) -> Done<Vec<Row>> {
        let types: Vec<_> = sql.values.iter().map(type_of).collect();
        let statement = self.prepared(&sql.text, &types, catalogue, || sql.text.clone()).await?;
        let values = sql.values.iter().map(Bound).collect::<Vec<_>>();
        let found = async {
            let values = values.iter().map(|bound| bound as &(dyn ToSql + Sync));
            self.client.query(&statement, &values.collect::<Vec<_>>()).await
        };
        let found = within(deadline, catalogue, found).await?;
        let read = |row: &tokio_postgres::Row| {
            (0..width).map(|at| row.try_get(at).map(|Kept(cell)| cell)).collect::<Answer<Row>>()
        };
        let rows: Answer<Vec<_>> = found.iter().map(read).collect();
        rows.map_err(|error| trouble(&error, catalogue))
    }

    /// The statement of an operation.
    pub(super) async fn operation(
        &mut self,
        operation: &Operation,
        shape: &mut String,
        catalogue: &Catalogue,
    ) -> Done<Statement> {
        changes::spell(operation, shape);
        let text = || changes::text(Dialect::Postgres, operation, catalogue);
        self.prepared(shape, &[], catalogue, text).await
    }

    /// The statement that puts many rows like this one.
    pub(super) async fn lists(
        &mut self,
        table: &str,
        values: &Values,
        catalogue: &Catalogue,
    ) -> Done<Statement> {
        let text = changes::put_lists(table, values, catalogue);
        self.prepared(&text, &[], catalogue, || text.clone()).await
    }

    /// The statement of fixed SQL.
    pub(super) async fn fixed(&mut self, sql: &str) -> Done<Statement> {
        self.prepared(sql, &[], &Catalogue::new(), || sql.to_owned()).await
    }

    async fn prepared(
        &mut self,
        shape: &str,
        types: &[Type],
        catalogue: &Catalogue,
        text: impl FnOnce() -> String,
    ) -> Done<Statement> {
        if let Some(statement) = self.statements.get(shape) {
            return Ok(statement.clone());
        }
        let text = text();
        rules::check(&text, catalogue).map_err(Trouble::Refused)?;
        let statement = self.client.prepare_typed(&text, types);
        let statement = self.within(catalogue, statement).await?;
        if self.statements.len() >= MOST {
            self.statements.clear();
        }
        self.statements.insert(shape.to_owned(), statement.clone());
        Ok(statement)
    }

    /// Sends a change now. What is sent one after the other is done in this order, and the answers
    /// are awaited later.
    pub(super) async fn send<'a>(
        &'a self,
        statement: Statement,
        cells: impl IntoIterator<Item = &'a Cell>,
    ) -> Sent<'a, u64> {
        let bound: Vec<_> = cells.into_iter().map(Bound).collect();
        sent(async move { self.client.execute_raw(&statement, bound).await }).await
    }

    /// Sends rows of one shape now, for a statement of [`Connection::lists`].
    pub(super) async fn send_lists<'a>(
        &'a self,
        statement: Statement,
        rows: &[&'a Values],
    ) -> Sent<'a, u64> {
        let width = rows.first().map_or(0, |row| row.len());
        let list = |at: usize| rows.iter().map(|row| Bound(&row[at].1)).collect::<Vec<_>>();
        let lists: Vec<_> = (0..width).map(list).collect();
        sent(async move { self.client.execute_raw(&statement, lists).await }).await
    }
}

/// The answer, if it comes within `deadline`.
pub(super) async fn within<T>(
    deadline: Duration,
    catalogue: &Catalogue,
    answer: impl Future<Output = Answer<T>>,
) -> Done<T> {
    match tokio::time::timeout(deadline, answer).await {
        Ok(answer) => answer.map_err(|error| trouble(&error, catalogue)),
        Err(_) => Err(silence(deadline)),
    }
}

/// Something that was sent and perhaps is answered already.
pub(super) enum Sent<'a, T> {
    Answered(Answer<T>),
    Awaited(Pin<Box<dyn Future<Output = Answer<T>> + Send + 'a>>),
}

/// Sends what `work` sends first.
pub(super) async fn sent<'a, T>(work: impl Future<Output = Answer<T>> + Send + 'a) -> Sent<'a, T> {
    let mut work: Pin<Box<dyn Future<Output = Answer<T>> + Send + 'a>> = Box::pin(work);
    match poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await {
        Poll::Ready(answer) => Sent::Answered(answer),
        Poll::Pending => Sent::Awaited(work),
    }
}

impl<T> Sent<'_, T> {
    pub(super) async fn answer(self) -> Answer<T> {
        match self {
            Self::Answered(answer) => answer,
            Self::Awaited(work) => work.await,
        }
    }
}

fn type_of(cell: &Cell) -> Type {
    match cell {
        Cell::Null => Type::UNKNOWN,
        Cell::Int(_) => Type::INT8,
        Cell::Text(_) => Type::TEXT,
    }
}

/// A cell as a parameter. The driver may write parameters into its log; they are nobody's business.
struct Bound<'a>(&'a Cell);

impl fmt::Debug for Bound<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl ToSql for Bound<'_> {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self.0 {
            Cell::Null => Ok(IsNull::Yes),
            Cell::Int(number) => number.to_sql(ty, out),
            Cell::Text(text) => text.to_sql(ty, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A cell as it is kept.
struct Kept(Cell);

impl<'a> FromSql<'a> for Kept {
    fn from_sql(
        ty: &Type,
        raw: &'a [u8],
    ) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(match *ty {
            Type::INT8 => Cell::Int(i64::from_sql(ty, raw)?),
            _ => Cell::Text(String::from_sql(ty, raw)?),
        }))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(Cell::Null))
    }

    fn accepts(ty: &Type) -> bool {
        [Type::INT8, Type::TEXT].contains(ty)
    }
}
