//! One connection, with the statements it knows. Every answer is awaited for so long and no longer:
//! a frozen server keeps its connections and never answers.
//!
//! Where the session is ours alone, it is told its settings once and keeps prepared statements.
//! Behind a pooler ([`super::session`]) a transaction brings its settings along and a statement its
//! text, all sent at once, so that it is no more journeys.

use super::{
    failure::{Trouble, in_full, silence, trouble},
    session::{self, Settings},
};
use crate::{
    seam::{Operation, Row, Secured, Values},
    shape::Catalogue,
    sql::{Dialect, Sql, changes, rules},
};
use engine::query::Cell;
use futures_util::TryStreamExt;
use std::{
    collections::HashMap,
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::Poll,
    time::{Duration, Instant},
};
use tokio::task::JoinHandle;
use tokio_postgres::{
    Client, SimpleQueryMessage,
    types::{FromSql, IsNull, ToSql, Type, private::BytesMut, to_sql_checked},
};

/// More shapes than any set of definitions has; a guard against growing without end.
const MOST: usize = 1000;

/// What a query of any kind may end with.
pub(super) type Done<T = ()> = Result<T, Trouble>;
type Answer<T> = Result<T, tokio_postgres::Error>;

/// A connection.
pub(super) struct Connection {
    client: Client,
    /// Whether it writes.
    pub is_primary: bool,
    /// Whether each transaction may have another session.
    pub pooled: bool,
    pub secured: Secured,
    pub since: Instant,
    statements: HashMap<String, Statement>,
    task: JoinHandle<()>,
    deadline: Duration,
    settings: Settings,
}

/// A statement that is sent with different values.
#[derive(Clone)]
pub(super) enum Statement {
    /// The session knows it.
    Named(tokio_postgres::Statement),
    /// It is sent with its text each time.
    Spelled(Arc<str>),
}

impl Connection {
    /// Finds out who answers and tells the session what it must know, if it is ours. `task` moves
    /// the bytes.
    pub(super) async fn begun(
        client: Client,
        secured: Secured,
        task: JoinHandle<()>,
        deadline: Duration,
    ) -> Result<Self, String> {
        let session::Server { is_primary, pooled } = session::ask(&client).await?;
        let settings = Settings { statement: Some(deadline), locks: None };
        let (since, statements) = (Instant::now(), HashMap::new());
        let connection = Self {
            client,
            is_primary,
            pooled,
            secured,
            since,
            statements,
            task,
            deadline,
            settings,
        };
        match pooled {
            true => connection.transactions_are_kept_together().await?,
            false => connection.tell_session().await.map_err(|error| in_full(&error))?,
        }
        Ok(connection)
    }

    async fn tell_session(&self) -> Answer<()> {
        self.client.batch_execute(&self.settings.text(false)).await
    }

    /// A pooler that hands out single statements ends a connection that begins a transaction.
    async fn transactions_are_kept_together(&self) -> Result<(), String> {
        let told = async {
            self.client.batch_execute("begin").await?;
            self.client.batch_execute("commit").await
        };
        told.await.map_err(|error| in_full(&error))
    }

    /// The same for long work on tables, that waits for others' locks only a little.
    pub(super) async fn patient(mut self, deadline: Duration) -> Done<Self> {
        self.settings = Settings { statement: None, locks: Some(Duration::from_secs(3)) };
        if !self.pooled {
            within(self.deadline, &Catalogue::new(), self.tell_session()).await?;
        }
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

    /// SQL with the settings it needs. Several statements sent as one text are one transaction, or
    /// belong to the one that was begun.
    fn with_settings(&self, sql: &str) -> String {
        match self.pooled {
            true => format!("{}; {sql}", self.settings.text(true)),
            false => sql.to_owned(),
        }
    }

    /// Runs fixed SQL without parameters.
    pub(super) async fn run(&self, sql: &str) -> Done {
        self.step(sql, &Catalogue::new()).await
    }

    /// The same with a catalogue, that names what is hurt.
    pub(super) async fn step(&self, sql: &str, catalogue: &Catalogue) -> Done {
        let sql = self.with_settings(sql);
        self.within(catalogue, self.client.batch_execute(&sql)).await
    }

    /// Sends the beginning of a transaction, with what it must know.
    pub(super) async fn begin(&self) -> Sent<'_, ()> {
        let sql = match self.pooled {
            true => format!("{BEGIN}; {}", self.settings.text(true)),
            false => BEGIN.to_owned(),
        };
        sent(async move { self.client.batch_execute(&sql).await }).await
    }

    /// Ends a transaction with `commit` or `rollback`.
    pub(super) async fn end(&self, how: &str) -> Done {
        self.within(&Catalogue::new(), self.client.batch_execute(how)).await
    }

    /// The first row of fixed SQL, as texts.
    pub(super) async fn texts(&self, sql: &str) -> Done<Vec<String>> {
        Ok(self.row(sql).await?.into_iter().flatten().collect())
    }

    /// The same, where a text may be missing.
    pub(super) async fn row(&self, sql: &str) -> Done<Vec<Option<String>>> {
        let sql = self.with_settings(sql);
        let told = self.within(&Catalogue::new(), self.client.simple_query(&sql)).await?;
        Ok(last_row(told))
    }

    /// The rows of fixed SQL, outside of a transaction.
    pub(super) async fn all(
        &self,
        sql: &str,
        values: Vec<Bound<'_>>,
    ) -> Done<Vec<tokio_postgres::Row>> {
        let statement = Statement::Spelled(sql.into());
        self.alone(&statement, values, &Catalogue::new(), self.deadline).await
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
        let values = sql.values.iter().map(Bound::Cell).collect();
        let found = self.alone(&statement, values, catalogue, deadline).await?;
        let read = |row: &tokio_postgres::Row| {
            (0..width).map(|at| row.try_get(at).map(|Kept(cell)| cell)).collect::<Answer<Row>>()
        };
        let rows: Answer<Vec<_>> = found.iter().map(read).collect();
        rows.map_err(|error| trouble(&error, catalogue))
    }

    /// A statement that is not part of a transaction. It is one of its own where the session must
    /// be told something for it: all is sent at once.
    async fn alone(
        &self,
        statement: &Statement,
        values: Vec<Bound<'_>>,
        catalogue: &Catalogue,
        deadline: Duration,
    ) -> Done<Vec<tokio_postgres::Row>> {
        if !self.pooled && deadline == self.deadline {
            return within(deadline, catalogue, self.query(statement, values).await.answer()).await;
        }
        let statement_time = self.settings.statement.map(|_| deadline);
        let settings = Settings { statement: statement_time, ..self.settings };
        let begin = format!("{BEGIN}; {}", settings.text(true));
        let begun = sent(async { self.client.simple_query(&begin).await }).await;
        let found = self.query(statement, values).await;
        let ended = sent(async { self.client.batch_execute("commit").await }).await;
        let answered = async {
            let told = last_row(begun.answer().await?);
            let found = found.answer().await?;
            ended.answer().await?;
            Ok((told, found))
        };
        let (told, found) = within(deadline, catalogue, answered).await?;
        // Behind a pooler, the server may have been changed for another.
        let reads_only = told.last().cloned().flatten().is_some_and(|told| told == "on");
        match reads_only {
            changed if changed == self.is_primary => {
                Err(Trouble::Again("连接池换了数据库".to_owned()))
            }
            _ => Ok(found),
        }
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
        let statement = match self.pooled {
            true => Statement::Spelled(text.into()),
            false => {
                let named = self.client.prepare_typed(&text, types);
                Statement::Named(self.within(catalogue, named).await?)
            }
        };
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
        statement: &'a Statement,
        values: Vec<Bound<'a>>,
    ) -> Sent<'a, u64> {
        let work = async move {
            match statement {
                Statement::Named(named) => self.client.execute_raw(named, values).await,
                Statement::Spelled(text) => {
                    self.client.execute_typed(text, &with_types(&values)).await
                }
            }
        };
        sent(work).await
    }

    /// Sends a change of cells now.
    pub(super) async fn send_cells<'a>(
        &'a self,
        statement: &'a Statement,
        cells: impl IntoIterator<Item = &'a Cell>,
    ) -> Sent<'a, u64> {
        self.send(statement, cells.into_iter().map(Bound::Cell).collect()).await
    }

    /// Sends rows of one shape now, for a statement of [`Connection::lists`].
    pub(super) async fn send_lists<'a>(
        &'a self,
        statement: &'a Statement,
        rows: &[&'a Values],
    ) -> Sent<'a, u64> {
        let width = rows.first().map_or(0, |row| row.len());
        let list =
            |at: usize| Bound::Cells(rows.iter().map(|row| Bound::Cell(&row[at].1)).collect());
        self.send(statement, (0..width).map(list).collect()).await
    }

    /// Sends a question now, in the transaction that was begun.
    pub(super) async fn query<'a>(
        &'a self,
        statement: &'a Statement,
        values: Vec<Bound<'a>>,
    ) -> Sent<'a, Vec<tokio_postgres::Row>> {
        let work = async move {
            let found = match statement {
                Statement::Named(named) => self.client.query_raw(named, values).await,
                Statement::Spelled(text) => {
                    self.client.query_typed_raw(text, with_types(&values)).await
                }
            };
            found?.try_collect().await
        };
        sent(work).await
    }
}

const BEGIN: &str = "begin isolation level read committed";

fn with_types<'a>(values: &'a [Bound<'a>]) -> Vec<(&'a (dyn ToSql + Sync), Type)> {
    values.iter().map(|value| (value as &(dyn ToSql + Sync), value.type_of())).collect()
}

/// The last row that a text of several statements brought.
pub(super) fn last_row(told: Vec<SimpleQueryMessage>) -> Vec<Option<String>> {
    let rows = told.into_iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let Some(row) = rows.last() else { return Vec::new() };
    (0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect()
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

/// A parameter. The driver may write parameters into its log; they are nobody's business.
pub(super) enum Bound<'a> {
    Cell(&'a Cell),
    Int(i64),
    Text(&'a str),
    Cells(Vec<Bound<'a>>),
    Ints(&'a [i64]),
    Texts(&'a [String]),
}

impl Bound<'_> {
    fn type_of(&self) -> Type {
        match self {
            Self::Cell(cell) => type_of(cell),
            Self::Int(_) => Type::INT8,
            Self::Text(_) => Type::TEXT,
            Self::Ints(_) => Type::INT8_ARRAY,
            Self::Texts(_) => Type::TEXT_ARRAY,
            Self::Cells(cells) => {
                let is_int = cells.iter().any(|cell| matches!(cell, Bound::Cell(Cell::Int(_))));
                if is_int { Type::INT8_ARRAY } else { Type::TEXT_ARRAY }
            }
        }
    }
}

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
        match self {
            Self::Cell(Cell::Null) => Ok(IsNull::Yes),
            Self::Cell(Cell::Int(number)) | Self::Int(number) => number.to_sql(ty, out),
            Self::Cell(Cell::Text(text)) => text.to_sql(ty, out),
            Self::Text(text) => text.to_sql(ty, out),
            Self::Cells(cells) => cells.to_sql(ty, out),
            Self::Ints(numbers) => numbers.to_sql(ty, out),
            Self::Texts(texts) => texts.to_sql(ty, out),
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
