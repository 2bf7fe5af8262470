//! Papers: a record, as its reader may see it, typeset by a template of its business.
//!
//! `engine::derive::document` says what a template finds; the `paper` crate sets it. Here the two
//! are brought together, and the log is told.

use crate::app::App;
use desk::{Actor, Moment, Refusal, ask::RecordAnswer};
use engine::{
    check::date,
    definition::{Document, House, RecordKind},
    derive::document::{Paper, Subject, data},
    kind::china_time,
    record::{Record, View},
};
use paper::{PaperError, Sheet, Typeset};
use serde_json::Value as Json;
use std::sync::Arc;
use store::StoreError;

/// A printed paper.
#[derive(Clone, Debug)]
pub struct Printed {
    /// File name, with `.pdf`.
    pub name: String,
    /// The PDF.
    pub pdf: Vec<u8>,
    /// Characters that no font has; they stand on the paper by their numbers.
    pub missing: Vec<char>,
}

const LIBRARY: &str = "common/documents/";
const PROOF_DIGITS: usize = 16;

/// Prints a document of a record, and notes that it was printed before it leaves.
pub async fn print(
    app: &App,
    actor: &Actor,
    kind: &str,
    id: &str,
    document: &str,
    moment: &Moment,
) -> Result<Printed, Refusal> {
    let house = app.desk.house();
    let answer = app.desk.record(actor, kind, id, moment).await?;
    let document =
        answer.kind.document(document).ok_or_else(|| Refusal::NotFound("这种文书".to_owned()))?;
    permitted(document, &answer, moment)?;
    let parent = match &answer.kind.attached {
        Some(attached) => {
            let id = answer.record.text(&attached.kind);
            Some(app.desk.record(actor, &attached.kind, id, moment).await?)
        }
        None => None,
    };
    let proof: String = app.desk.proof(&answer.record).await?.chars().take(PROOF_DIGITS).collect();
    let verify = format!("FQ1:{kind}:{id}:{proof}");
    let data = sheet_data(app, &house, document, &answer, parent.as_ref(), &verify, moment);
    let template = document.template.clone();
    let printed = typeset(app, house, template, data, Some(verify), moment).await?;
    app.desk.log_look(actor, "print", kind, id, moment).await?;
    let name = file_name(document, &answer.record);
    Ok(Printed { name, pdf: printed.pdf, missing: printed.missing })
}

/// A paper exists only once the record holds what it says.
fn permitted(document: &Document, answer: &RecordAnswer, moment: &Moment) -> Result<(), Refusal> {
    let view = View::record(&answer.record, &answer.links, moment.today);
    match &document.when {
        Some(when) if when.holds(&view) != Some(true) => Err(Refusal::NotFound(format!(
            "可以印的“{}”：须先满足“{}”",
            document.label, when.words
        ))),
        _ => Ok(()),
    }
}

fn subject(answer: &RecordAnswer) -> Subject<'_> {
    Subject {
        kind: &answer.kind,
        record: &answer.record,
        links: &answer.links,
        names: &answer.names,
        sees: answer.sees,
    }
}

fn sheet_data(
    app: &App,
    house: &House,
    document: &Document,
    answer: &RecordAnswer,
    parent: Option<&RecordAnswer>,
    verify: &str,
    moment: &Moment,
) -> Json {
    let units = app.desk.units();
    let line = units.line(answer.record.text("unit"));
    let path: Vec<&str> = line.iter().map(|unit| unit.name.as_str()).collect();
    let attached: Vec<(&RecordKind, Vec<&Record>)> = answer
        .attached
        .iter()
        .map(|(kind, records)| (&**kind, records.iter().rev().collect()))
        .collect();
    data(&Paper {
        house,
        document,
        subject: subject(answer),
        parent: parent.map(subject),
        attached: &attached,
        unit: path.last().copied().unwrap_or_default(),
        path: &path,
        printed_on: &date::show_datetime(china_time(moment.at)),
        verify,
    })
}

/// Typesetting takes tens of milliseconds of CPU: it runs where blocking is allowed.
pub async fn typeset(
    app: &App,
    house: Arc<House>,
    template: String,
    data: Json,
    verify: Option<String>,
    moment: &Moment,
) -> Result<Typeset, Refusal> {
    let app = app.clone();
    let printed_at = paper_moment(moment);
    let work = move || {
        let library: Vec<(&str, &str)> = house
            .templates
            .iter()
            .filter_map(|(path, text)| Some((path.strip_prefix(LIBRARY)?, text.as_str())))
            .collect();
        app.press.typeset(Sheet {
            name: &template,
            template: house.templates.get(&template).map_or("", String::as_str),
            library: &library,
            data: &data,
            qr: verify.as_deref(),
            printed_at,
        })
    };
    let done = tokio::task::spawn_blocking(work).await;
    let done = done.map_err(|error| StoreError::Misfit(format!("typesetting: {error}")))?;
    Ok(done.map_err(|error| match error {
        PaperError::NoFonts => StoreError::Failed(error.to_string()),
        error => StoreError::Misfit(error.to_string()),
    })?)
}

fn paper_moment(moment: &Moment) -> paper::Moment {
    let now = china_time(moment.at);
    let small = |number: i8| u8::try_from(number).unwrap_or_default();
    paper::Moment {
        year: i32::from(now.year()),
        month: small(now.month()),
        day: small(now.day()),
        hour: small(now.hour()),
        minute: small(now.minute()),
        second: small(now.second()),
    }
}

/// What the file is called: the paper, then what the record is called.
fn file_name(document: &Document, record: &Record) -> String {
    let plain = |c: char| if c.is_alphanumeric() || "（）()-－".contains(c) { c } else { ' ' };
    let name = format!("{} {}", document.label, record.text("title"));
    let name: String = name.chars().map(plain).take(80).collect();
    format!("{}.pdf", name.split_whitespace().collect::<Vec<_>>().join(" "))
}
