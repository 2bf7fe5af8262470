//! One line of a sheet: tried out, or made a record of.

use crate::clock;
use desk::{Actor, Deed, Desk, Manner, Refusal};
use engine::{
    definition::RecordKind,
    derive::sheet::{self, Column},
    kind::Shape,
    problem::{Problem, Severity},
};
use serde_json::{Map, Value as Json};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

/// What became of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It can be made a record of.
    Good,
    /// It can, and somebody should look at it first.
    Warned(Vec<Problem>),
    /// It cannot.
    Wrong(Vec<Problem>),
    /// An earlier line of the sheet, by its number, says the same.
    Same(u32),
    /// A record was made of it: its id, and the key it was made under.
    Made(String, String),
    /// A record was made of it before.
    Already,
}

/// Who takes in what.
pub struct Taker<'a> {
    /// The desk.
    pub desk: &'a Desk,
    /// Who.
    pub actor: Actor,
    /// Records of what kind.
    pub kind: Arc<RecordKind>,
    /// What texts refer to, by column and text: most lines refer to the same few.
    pub referred: Referred,
}

/// What texts refer to, or why to nothing.
pub type Referred = Mutex<HashMap<(String, String), Result<String, Problem>>>;

/// A line as an input, with the key it is made under.
struct Said {
    input: Map<String, Json>,
    problems: Vec<Problem>,
    key: String,
}

impl Taker<'_> {
    /// The content of a line, for telling whether two say the same.
    pub fn print(&self, columns: &[Option<Column<'_>>], cells: &[String]) -> String {
        let (input, _) = sheet::input(columns, cells, &|_| None);
        desk::seal::hash(&format!("{} {}", self.kind.id, Json::Object(input)))
    }

    /// What would come of a line. Nothing is kept.
    pub async fn try_out(
        &self,
        columns: &[Option<Column<'_>>],
        cells: &[String],
    ) -> Result<Fate, Refusal> {
        let said = self.said(columns, cells).await?;
        let deed = Deed::Create { kind: self.kind.id.clone(), input: said.input };
        let tried = self.desk.try_out(&self.actor, &deed, &self.moment()).await;
        fate(&self.kind, said.problems, tried)
    }

    /// Makes a record of a line; with `warned`, also of one that somebody should look at.
    pub async fn make(
        &self,
        columns: &[Option<Column<'_>>],
        cells: &[String],
        warned: bool,
    ) -> Result<Fate, Refusal> {
        let said = self.said(columns, cells).await?;
        if !said.problems.is_empty() {
            return Ok(Fate::Wrong(said.problems));
        }
        let deed = Deed::Create { kind: self.kind.id.clone(), input: said.input };
        let manner = Manner { confirmed: warned, key: Some(said.key.clone()) };
        match self.desk.act(&self.actor, deed, manner, &self.moment()).await {
            Ok(done) if done.repeated => Ok(Fate::Already),
            Ok(done) => Ok(Fate::Made(done.id, said.key)),
            Err(refusal) => fate(&self.kind, Vec::new(), Err(refusal)),
        }
    }

    fn moment(&self) -> desk::Moment {
        clock::now(&self.actor.account)
    }

    async fn said(
        &self,
        columns: &[Option<Column<'_>>],
        cells: &[String],
    ) -> Result<Said, Refusal> {
        let mut ids: HashMap<String, String> = HashMap::new();
        let mut lost = Vec::new();
        for (column, cell) in columns.iter().zip(cells) {
            let (Some(column), false) = (column, cell.trim().is_empty()) else { continue };
            if !matches!(column.field.kind.shape(), Shape::Reference(_) | Shape::Unit(_)) {
                continue;
            }
            match self.refer(column, cell).await? {
                Ok(id) => drop(ids.insert(column.path.clone(), id)),
                Err(problem) => lost.push(problem.at(&column.path)),
            }
        }
        let (input, mut problems) = sheet::input(columns, cells, &|path| ids.get(path).cloned());
        problems.extend(lost);
        Ok(Said { input, problems, key: format!("intake-{}", self.print(columns, cells)) })
    }

    async fn refer(
        &self,
        column: &Column<'_>,
        cell: &str,
    ) -> Result<Result<String, Problem>, Refusal> {
        let key = (column.field.id.clone(), cell.trim().to_owned());
        let known = self.referred.lock().ok().and_then(|known| known.get(&key).cloned());
        if let Some(known) = known {
            return Ok(known);
        }
        let found = match self.desk.refer(&self.actor, column.field, cell).await {
            Ok(id) => Ok(id.unwrap_or_default()),
            Err(Refusal::Invalid(mut problems)) if !problems.is_empty() => Err(problems.remove(0)),
            Err(refusal) => return Err(refusal),
        };
        if let Ok(mut known) = self.referred.lock() {
            known.insert(key, found.clone());
        }
        Ok(found)
    }
}

/// What a trial or an act means for the line. What is wrong with the medium is wrong with no line.
fn fate(
    kind: &RecordKind,
    mut problems: Vec<Problem>,
    tried: Result<Vec<Problem>, Refusal>,
) -> Result<Fate, Refusal> {
    let warnings = match tried {
        Ok(warnings) => warnings,
        Err(Refusal::Invalid(found)) => {
            let found = found.into_iter().filter(|p| p.severity == Severity::Error);
            let found: Vec<_> = found.collect();
            let follows = |problem: &Problem| follows(kind, problem, &problems, &found);
            let own: Vec<_> = found.iter().filter(|p| !follows(p)).cloned().collect();
            problems.extend(own);
            Vec::new()
        }
        Err(Refusal::Confirm(found)) => found,
        Err(refusal @ (Refusal::Store(_) | Refusal::NotSignedIn)) => return Err(refusal),
        Err(refusal) => {
            problems.push(Problem::error("refused", refusal.to_string()));
            Vec::new()
        }
    };
    Ok(match (problems.is_empty(), warnings.is_empty()) {
        (false, _) => Fate::Wrong(problems),
        (true, false) => Fate::Warned(warnings),
        (true, true) => Fate::Good,
    })
}

/// Whether a fault says only what another has said: what a cell refers to was not found, so its
/// field is empty; a number is wrong, so what it would tell is not known.
fn follows(kind: &RecordKind, problem: &Problem, said: &[Problem], found: &[Problem]) -> bool {
    let same = said.iter().any(|other| other.field == problem.field);
    let untold = problem.code == "required"
        && said.iter().chain(found).any(|other| {
            let field = kind.fields.get(&other.field);
            field.is_some_and(|field| field.kind.tells().contains(&problem.field.as_str()))
        });
    same || untold
}
