//! Two records of an archive that mean one: joined, and given back. The answer is about the record
//! in the address; the one that remains stands in `along`.

use super::{
    ask::{At, Body, Caller, id as check_id},
    problem::Fault,
    records,
};
use crate::app::App;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use desk::{Deed, Merging, Refusal};
use engine::problem::Problem;
use serde_json::{Map, Value as Json};

/// `POST /people/{id}/merge`, and of organizations: this record into another.
pub async fn merge(
    State(app): State<App>,
    caller: Caller,
    At([id]): At<1>,
    headers: HeaderMap,
    Body(input): Body,
    kind: &str,
) -> Result<Response, Fault> {
    check_id(&id, "这份档案")?;
    let mut said = Said { input, problems: Vec::new() };
    let merging = Merging {
        kind: kind.to_owned(),
        id,
        version: records::if_match(&headers),
        into: said.text("into"),
        into_version: said.number("into_version"),
        take: said.texts("take"),
        reason: said.text("reason"),
    };
    if merging.into.is_empty() {
        said.problems.push(Problem::error("required", "请写明留下哪一份").at("into"));
    }
    said.all()?;
    check_id(&merging.into, "要留下的那一份")?;
    act(&app, &caller, kind, Deed::Merge(merging), &headers).await
}

/// `POST /people/{id}/unmerge`, and of organizations: this record stands for itself again.
pub async fn give_back(
    State(app): State<App>,
    caller: Caller,
    At([id]): At<1>,
    headers: HeaderMap,
    Body(input): Body,
    kind: &str,
) -> Result<Response, Fault> {
    check_id(&id, "这份档案")?;
    let mut said = Said { input, problems: Vec::new() };
    let version = records::if_match(&headers);
    let deed = Deed::GiveBack { kind: kind.to_owned(), id, version, reason: said.text("reason") };
    said.all()?;
    act(&app, &caller, kind, deed, &headers).await
}

async fn act(
    app: &App,
    caller: &Caller,
    kind: &str,
    deed: Deed,
    headers: &HeaderMap,
) -> Result<Response, Fault> {
    let house = app.desk.house();
    let kind = house.kind(kind).ok_or_else(|| Fault::not_found("没有找到这种档案"))?;
    records::done(app, caller, kind, deed, headers, StatusCode::OK).await
}

/// What a program sent, taken out piece by piece.
struct Said {
    input: Map<String, Json>,
    problems: Vec<Problem>,
}

impl Said {
    fn wrong(&mut self, name: &str, should: &str) {
        let message = format!("“{name}”应为{should}");
        self.problems.push(Problem::error("type", message).at(name));
    }

    fn text(&mut self, name: &str) -> String {
        match self.input.remove(name) {
            None | Some(Json::Null) => String::new(),
            Some(Json::String(text)) => text,
            Some(_) => {
                self.wrong(name, "文字");
                String::new()
            }
        }
    }

    fn number(&mut self, name: &str) -> Option<i64> {
        let value = self.input.remove(name).filter(|value| !value.is_null())?;
        if value.as_i64().is_none() {
            self.wrong(name, "整数");
        }
        value.as_i64()
    }

    fn texts(&mut self, name: &str) -> Vec<String> {
        let Some(value) = self.input.remove(name).filter(|value| !value.is_null()) else {
            return Vec::new();
        };
        let list = value.as_array().into_iter().flatten();
        let texts: Vec<String> = list.filter_map(Json::as_str).map(str::to_owned).collect();
        if value.as_array().is_none_or(|list| list.len() != texts.len()) {
            self.wrong(name, "一列文字");
        }
        texts
    }

    /// Nothing was wrong, and nothing else was sent.
    fn all(mut self) -> Result<(), Fault> {
        for name in self.input.keys() {
            let shown: String = name.chars().take(40).collect();
            let message = format!("没有“{shown}”这一项");
            self.problems.push(Problem::error("unknown_field", message).at(&shown));
        }
        if self.problems.is_empty() {
            return Ok(());
        }
        Err(Refusal::Invalid(self.problems).into())
    }
}
