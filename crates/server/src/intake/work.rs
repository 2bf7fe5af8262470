//! All lines of a sheet, one after the other, while the person looks elsewhere.

use super::{
    grid::Grid,
    job::{Job, Shelf, Step},
    line::{Fate, Taker},
    report,
};
use crate::app::App;
use desk::{Actor, Refusal};
use engine::{
    definition::RecordKind,
    derive::sheet::{self, Column},
    problem::Problem,
};
use futures_util::{StreamExt, stream};
use std::{
    collections::HashMap,
    io,
    sync::Arc,
    time::{Duration, Instant},
};

/// Lines at work at once: enough for commits to share one sync, few enough for others to get theirs.
const AT_ONCE: usize = 32;
/// Lines between two looks at whether to stop.
const A_STRETCH: usize = 256;
const TELL_EVERY: Duration = Duration::from_secs(1);

/// What is to be done with a sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Each line is tried out.
    Check,
    /// Records are made; with `warned` also of lines that somebody should look at.
    Make {
        /// Whether.
        warned: bool,
    },
    /// The records made are taken back.
    Undo,
}

impl Task {
    fn step(self) -> Step {
        match self {
            Self::Check => Step::Checking,
            Self::Make { .. } => Step::Making,
            Self::Undo => Step::Undoing,
        }
    }

    fn ends(self) -> Step {
        match self {
            Self::Check => Step::Checked,
            Self::Make { .. } => Step::Done,
            Self::Undo => Step::Undone,
        }
    }
}

/// Begins `task` in the background.
pub fn begin(app: &App, actor: &Actor, mut job: Job, task: Task) -> io::Result<()> {
    let shelf = Shelf::of(&app.data);
    shelf.go_on(&job.id)?;
    job.step = task.step();
    job.done = 0;
    shelf.keep(&mut job)?;
    let (app, actor) = (app.clone(), actor.clone());
    tokio::spawn(async move { run(&app, &actor, job, task).await });
    Ok(())
}

/// Does it to the end, and gives the job as it then stands.
pub async fn run(app: &App, actor: &Actor, job: Job, task: Task) -> Job {
    let (shelf, told) = (Shelf::of(&app.data), Instant::now());
    let mut work = Work { app, actor, shelf, job, told, once: HashMap::new() };
    let done = match task {
        Task::Undo => work.undo().await,
        _ => work.lines(task).await,
    };
    work.job.step = match done {
        Ok(true) => task.ends(),
        Ok(false) => Step::Stopped,
        Err(refusal) => {
            work.job.failure = failure(&refusal);
            Step::Failed
        }
    };
    if let Err(error) = work.shelf.keep(&mut work.job) {
        tracing::error!(%error, "an intake could not be written down");
    }
    work.job
}

fn failure(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Invalid(problems) if !problems.is_empty() => problems[0].message.clone(),
        other => other.to_string(),
    }
}

struct Work<'a> {
    app: &'a App,
    actor: &'a Actor,
    shelf: Shelf,
    job: Job,
    told: Instant,
    /// What may be said once only, and the line that said it first.
    once: HashMap<String, u32>,
}

fn medium(error: io::Error) -> Refusal {
    Refusal::Store(store::StoreError::Failed(error.to_string()))
}

impl Work<'_> {
    fn kind(&self) -> Result<Arc<RecordKind>, Refusal> {
        let kind = self.app.desk.house().kind(&self.job.kind).cloned();
        kind.ok_or_else(|| Refusal::NotFound("这种档案".to_owned()))
    }

    async fn grid(&self, kind: &Arc<RecordKind>) -> Result<Grid, Refusal> {
        let (file, kind) = (self.shelf.file(&self.job.id, "sheet"), kind.clone());
        let read = tokio::task::spawn_blocking(move || {
            let bytes = std::fs::read(file).map_err(medium)?;
            Grid::read(&bytes, &kind).map_err(Refusal::problem)
        });
        read.await.map_err(|error| medium(io::Error::other(error)))?
    }

    /// Tries out or makes all lines; false if it was stopped.
    async fn lines(&mut self, task: Task) -> Result<bool, Refusal> {
        let kind = self.kind()?;
        let grid = self.grid(&kind).await?;
        let columns = grid.columns(&kind);
        self.begin(&grid, &columns, &kind)?;
        let taker = Taker {
            desk: &self.app.desk,
            actor: self.actor.clone(),
            kind: kind.clone(),
            referred: Default::default(),
        };
        let earlier = repeated(&taker, &columns, &grid);
        let mut fates = Vec::with_capacity(grid.lines.len());
        for stretch in grid.lines.chunks(A_STRETCH) {
            if self.shelf.stops(&self.job.id) {
                return Ok(false);
            }
            let mut lines = Vec::with_capacity(stretch.len());
            for (number, cells) in stretch {
                lines.push(one(&taker, &columns, cells, earlier.get(number).copied(), task));
            }
            let done: Vec<_> = stream::iter(lines).buffered(AT_ONCE).collect().await;
            let done = match task {
                Task::Check => self.only_once(&kind, stretch, &columns, done),
                _ => done,
            };
            self.take(stretch, &columns, done, &mut fates)?;
        }
        let (title, out) = (kind.label.clone(), self.shelf.file(&self.job.id, "report.xlsx"));
        let labels = columns.iter().flatten().map(|c| (c.path.clone(), c.heading.clone()));
        let labels: HashMap<_, _> = labels.collect();
        let written = tokio::task::spawn_blocking(move || {
            let bytes = report::report(&title, &grid, &fates, &labels);
            std::fs::write(out, bytes.map_err(io::Error::other)?)
        });
        written.await.map_err(|error| medium(io::Error::other(error)))?.map_err(medium)?;
        Ok(true)
    }

    fn begin(
        &mut self,
        grid: &Grid,
        columns: &[Option<Column<'_>>],
        kind: &RecordKind,
    ) -> Result<(), Refusal> {
        let unknown = grid.headings.iter().zip(columns).filter(|(heading, column)| {
            column.is_none() && !heading.trim().is_empty() && *heading != report::COLUMN
        });
        let here = |path: &str| columns.iter().flatten().any(|column| column.path == path);
        let told = |path: &str| {
            columns.iter().flatten().any(|column| column.field.kind.tells().contains(&path))
        };
        let missing = sheet::columns(kind).into_iter().filter(|c| {
            c.is_required() && !c.path.contains('.') && !here(&c.path) && !told(&c.path)
        });
        self.job = Job {
            total: grid.lines.len() as u64,
            unknown: unknown.map(|(heading, _)| heading.trim().to_owned()).collect(),
            missing: missing.map(|column| column.heading).collect(),
            faults: Vec::new(),
            failure: String::new(),
            done: 0,
            good: 0,
            warned: 0,
            wrong: 0,
            same: 0,
            already: 0,
            ..std::mem::take(&mut self.job)
        };
        if columns.iter().all(Option::is_none) {
            let message = format!(
                "没有认出任何一列。第一行应当是“{}”的各项名称，可以先下载模板对照",
                kind.label
            );
            return Err(Refusal::problem(Problem::error("columns", message)));
        }
        self.shelf.keep(&mut self.job).map_err(medium)
    }

    /// Of lines that could be made, but not beside each other, the first can: nothing is kept while
    /// they are tried out, so the keeper sees no second one.
    fn only_once(
        &mut self,
        kind: &RecordKind,
        stretch: &[(u32, Vec<String>)],
        columns: &[Option<Column<'_>>],
        mut done: Vec<Result<Fate, Refusal>>,
    ) -> Vec<Result<Fate, Refusal>> {
        let uniques = kind.uniques.iter().filter(|unique| !unique.warns && unique.when.is_none());
        for unique in uniques {
            let place = |field: &String| {
                columns.iter().position(|c| c.as_ref().is_some_and(|c| c.path == *field))
            };
            let Some(places) = unique.fields.iter().map(place).collect::<Option<Vec<_>>>() else {
                continue;
            };
            for ((number, cells), fate) in stretch.iter().zip(&mut done) {
                let said = places.iter().map(|at| cells.get(*at).map_or("", |cell| cell.trim()));
                let said: Vec<_> = said.collect();
                let can = matches!(fate, Ok(Fate::Good | Fate::Warned(_)));
                if !can || said.contains(&"") {
                    continue;
                }
                let key = format!("{} {}", unique.message, said.join("\n"));
                match self.once.get(&key) {
                    None => drop(self.once.insert(key, *number)),
                    Some(first) => {
                        let message = format!("和第{first}行重复：{}", unique.message);
                        let field = unique.fields.last().map_or("", String::as_str);
                        *fate = Ok(Fate::Wrong(vec![Problem::error("taken", message).at(field)]));
                    }
                }
            }
        }
        done
    }

    /// Counts what became of a stretch of lines. What was made is written down even where another
    /// line met a fault of the medium.
    fn take(
        &mut self,
        stretch: &[(u32, Vec<String>)],
        columns: &[Option<Column<'_>>],
        done: Vec<Result<Fate, Refusal>>,
        fates: &mut Vec<Fate>,
    ) -> Result<(), Refusal> {
        let made = done.iter().filter_map(|fate| match fate {
            Ok(Fate::Made(id, key)) => Some((id.clone(), key.clone())),
            _ => None,
        });
        let made: Vec<_> = made.collect();
        self.shelf.add_made(&self.job.id, &made).map_err(medium)?;
        self.job.made += made.len() as u64;
        for ((number, _), fate) in stretch.iter().zip(done) {
            let fate = fate?;
            self.count(*number, columns, &fate);
            fates.push(fate);
        }
        if self.told.elapsed() > TELL_EVERY {
            self.told = Instant::now();
            self.shelf.keep(&mut self.job).map_err(medium)?;
        }
        Ok(())
    }

    fn count(&mut self, number: u32, columns: &[Option<Column<'_>>], fate: &Fate) {
        let job = &mut self.job;
        job.done += 1;
        let problems = match fate {
            Fate::Good => return job.good += 1,
            Fate::Made(..) => return,
            Fate::Already => return job.already += 1,
            Fate::Same(first) => {
                job.same += 1;
                return job.fault(number, "", &format!("和第{first}行完全相同"));
            }
            Fate::Warned(problems) => {
                job.warned += 1;
                problems
            }
            Fate::Wrong(problems) => {
                job.wrong += 1;
                problems
            }
        };
        for problem in problems {
            let column = columns.iter().flatten().find(|column| column.path == problem.field);
            let heading = column.map_or("", |column| column.heading.as_str());
            job.fault(number, heading, &problem.message);
        }
    }

    /// Takes back what was made, the last first; false if it was stopped.
    async fn undo(&mut self) -> Result<bool, Refusal> {
        let (id, kind) = (self.job.id.clone(), self.job.kind.clone());
        let mut made = self.shelf.made(&id);
        let mut left = Vec::new();
        self.job.faults.clear();
        self.job.total = made.len() as u64;
        while let Some((record, key)) = made.pop() {
            let moment = crate::clock::now(&self.actor.account);
            match self.app.desk.take_back(self.actor, &kind, &record, &key, &moment).await {
                // One that is gone already was taken back before this was cut off.
                Ok(()) | Err(Refusal::NotFound(_)) => {
                    self.job.undone += 1;
                    self.job.made = self.job.made.saturating_sub(1);
                }
                Err(refusal @ Refusal::Store(_)) => {
                    left.extend([made, vec![(record, key)]].concat());
                    self.shelf.set_made(&id, &left).map_err(medium)?;
                    return Err(refusal);
                }
                Err(refusal) => {
                    self.job.fault(0, "", &failure(&refusal));
                    left.push((record, key));
                }
            }
            self.job.done += 1;
            if self.told.elapsed() > TELL_EVERY {
                self.told = Instant::now();
                self.shelf.keep(&mut self.job).map_err(medium)?;
                if self.shelf.stops(&id) {
                    left.extend(made);
                    self.shelf.set_made(&id, &left).map_err(medium)?;
                    return Ok(false);
                }
            }
        }
        self.shelf.set_made(&id, &left).map_err(medium)?;
        Ok(true)
    }
}

/// Does one line, unless it says the same as an earlier one.
async fn one(
    taker: &Taker<'_>,
    columns: &[Option<Column<'_>>],
    cells: &[String],
    same: Option<u32>,
    task: Task,
) -> Result<Fate, Refusal> {
    match (same, task) {
        (Some(first), _) => Ok(Fate::Same(first)),
        (None, Task::Make { warned }) => taker.make(columns, cells, warned).await,
        (None, _) => taker.try_out(columns, cells).await,
    }
}

/// Lines that repeat an earlier one, with that one's number.
fn repeated(taker: &Taker<'_>, columns: &[Option<Column<'_>>], grid: &Grid) -> HashMap<u32, u32> {
    let (mut seen, mut repeated) = (HashMap::new(), HashMap::new());
    for (number, cells) in &grid.lines {
        let print = taker.print(columns, cells);
        match seen.get(&print) {
            Some(first) => drop(repeated.insert(*number, *first)),
            None => drop(seen.insert(print, *number)),
        }
    }
    repeated
}
