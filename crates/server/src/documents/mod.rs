//! Papers: a record, as its reader may see it, typeset by a template of its business; issued, signed,
//! scanned back ([`scan`]), given to be edited ([`word()`]) and bound into a dossier ([`dossier`]).
//!
//! `engine::derive::document` says what a template finds; the `paper` crate sets it. Here the two
//! are brought together, and the log is told. A paper that was issued is kept as bytes and given as
//! it left; whoever sees less than the one who issued it gets what follows from the record now, masked.

pub mod dossier;
pub mod scan;
mod word;

pub use word::{DOCX, word};

use crate::{app::App, files, reach};
use desk::{
    Actor, Moment, Refusal,
    ask::RecordAnswer,
    papers::{Issued, NewPaper, NewSignature, ScanHint, Signature, may_issue},
};
use engine::{
    check::date,
    definition::{Class, Document, House, RecordKind},
    derive::document::{Paper, Subject, data},
    kind::{china_time, file_parts},
    problem::Problem,
    record::{Record, View},
};
use paper::{PaperError, Sheet, Typeset};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;
use store::StoreError;

/// A printed paper.
#[derive(Clone, Debug)]
pub struct Printed {
    /// File name, with its extension.
    pub name: String,
    /// The PDF.
    pub pdf: Vec<u8>,
    /// Characters that no font has; they stand on the paper by their numbers.
    pub missing: Vec<char>,
}

/// Which one of a paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The one that was issued last; a draft where none was.
    Latest,
    /// As it would be issued now.
    Draft,
    /// The first, second … that was issued.
    Issue(i64),
}

const LIBRARY: &str = "common/documents/";
/// What a template knows the public code by.
const CODE: &str = "public.png";
const PROOF_DIGITS: usize = 16;
/// A reason for a correction is a sentence or two.
const LONGEST_REASON: usize = 200;

/// A paper of a record about to be typeset.
struct Prepared {
    house: Arc<House>,
    document: Document,
    answer: RecordAnswer,
    parent: Option<RecordAnswer>,
    proof: String,
}

/// What makes one print of a paper differ from another of the same record.
#[derive(Default)]
pub struct Facts {
    verify: String,
    /// What the foot says of its issue.
    words: String,
    /// What it corrects, in words.
    correction: String,
    draft: bool,
    /// Pictures of signatures by the line they stand on.
    ink: Vec<(String, Vec<u8>)>,
    /// The code under which the public looks the record up, as a picture.
    code: Vec<u8>,
    more: Map<String, Json>,
}

async fn prepare(
    app: &App,
    actor: &Actor,
    kind: &str,
    id: &str,
    document: &str,
    moment: &Moment,
) -> Result<Prepared, Refusal> {
    let answer = app.desk.record(actor, kind, id, moment).await?;
    answer.may_leave()?;
    let document = answer.kind.document(document).cloned();
    let document = document.ok_or_else(|| Refusal::NotFound("这种文书".to_owned()))?;
    permitted(&document, &answer, moment)?;
    prepared(app, actor, document, answer, moment).await
}

async fn prepared(
    app: &App,
    actor: &Actor,
    document: Document,
    answer: RecordAnswer,
    moment: &Moment,
) -> Result<Prepared, Refusal> {
    let parent = match &answer.kind.attached {
        Some(attached) => {
            let id = answer.record.text(&attached.kind);
            Some(app.desk.record(actor, &attached.kind, id, moment).await?)
        }
        None => None,
    };
    let proof: String = app.desk.proof(&answer.record).await?.chars().take(PROOF_DIGITS).collect();
    Ok(Prepared { house: app.desk.house(), document, answer, parent, proof })
}

impl Prepared {
    fn draft(&self) -> Facts {
        let (kind, id) = (&self.answer.kind.id, self.answer.record.id());
        let verify = format!("FQ1:{kind}:{id}:{}", self.proof);
        Facts { verify, draft: true, ..Facts::default() }
    }

    /// Whether the reader sees all there is: what is issued shows it.
    fn sees_all(&self) -> bool {
        sees_all(&self.answer) && self.parent.as_ref().is_none_or(sees_all)
    }

    async fn typeset(&self, app: &App, facts: Facts, moment: &Moment) -> Result<Typeset, Refusal> {
        let facts = self.with_code(app, facts).await?;
        let data = sheet_data(app, self, &facts, moment);
        let template = self.document.template.clone();
        typeset(app, Arc::clone(&self.house), template, data, facts, moment).await
    }

    /// The facts with the code under which anybody may look the record up, where it bears one. What is
    /// signed does not depend on it.
    async fn with_code(&self, app: &App, mut facts: Facts) -> Result<Facts, Refusal> {
        if facts.verify.is_empty() {
            return Ok(facts);
        }
        let codes = reach::codes(app, &self.answer).await?;
        let found = codes.into_iter().find_map(|code| Some((code.label, code.address?)));
        let Some((label, address)) = found else { return Ok(facts) };
        let drawn = paper::qr_png(&address);
        facts.code = drawn.map_err(|error| StoreError::Misfit(error.to_string()))?;
        let public = json!({ "label": label, "address": address, "file": CODE });
        facts.more.insert("public".to_owned(), public);
        Ok(facts)
    }

    /// The paper as it reads, whoever prints it when: what somebody signs.
    async fn as_read(&self, app: &App) -> Result<(String, Vec<String>), Refusal> {
        let always = Moment { at: 0, today: jiff::civil::Date::ZERO, actor: String::new() };
        let printed = self.typeset(app, Facts::default(), &always).await?;
        Ok((desk::seal::hash_bytes(&printed.pdf), printed.signers))
    }
}

/// Whether nothing in the record is masked for its reader.
pub fn sees_all(answer: &RecordAnswer) -> bool {
    let rows = answer.kind.rows.values().flat_map(|row| &row.fields);
    let fields = answer.kind.fields.iter().chain(rows);
    fields.map(|field| field.class).max().unwrap_or(Class::Plain) <= answer.sees
}

/// Prints a document of a record, and notes that it was printed before it leaves.
pub async fn print(
    app: &App,
    actor: &Actor,
    kind: &str,
    id: &str,
    (document, which): (&str, Which),
    moment: &Moment,
) -> Result<Printed, Refusal> {
    let answer = app.desk.record(actor, kind, id, moment).await?;
    answer.may_leave()?;
    let document = answer.kind.document(document).cloned();
    let document = document.ok_or_else(|| Refusal::NotFound("这种文书".to_owned()))?;
    let papers = app.desk.papers(actor, kind, id).await.unwrap_or_default();
    let mut papers = papers.into_iter().filter(|paper| paper.document == document.id);
    let issued = match which {
        Which::Draft => None,
        Which::Latest => papers.next_back(),
        Which::Issue(number) => {
            let found = papers.find(|paper| paper.issue == number);
            Some(found.ok_or_else(|| Refusal::NotFound("这份已出具的文书".to_owned()))?)
        }
    };
    let name = file_name(&document.label, answer.record.text("title"), "pdf");
    let paper = match &issued {
        Some(_) => prepared(app, actor, document, answer, moment).await?,
        None => {
            permitted(&document, &answer, moment)?;
            prepared(app, actor, document, answer, moment).await?
        }
    };
    let printed = match issued.filter(|_| paper.sees_all()) {
        Some(issued) => {
            Printed { name, pdf: files::content(app, &issued.hash).await?, missing: Vec::new() }
        }
        None => {
            let facts = Facts { ink: ink(app, actor, &paper).await?, ..paper.draft() };
            let printed = paper.typeset(app, facts, moment).await?;
            Printed { name, pdf: printed.pdf, missing: printed.missing }
        }
    };
    app.desk.log_look(actor, "print", kind, id, moment).await?;
    Ok(printed)
}

/// Signatures that were given to the paper as it reads now.
async fn ink(
    app: &App,
    actor: &Actor,
    paper: &Prepared,
) -> Result<Vec<(String, Vec<u8>)>, Refusal> {
    let Prepared { document, answer, .. } = paper;
    let id = answer.record.id();
    let signed = app.desk.signatures(actor, &answer.kind.id, id, &document.id).await;
    // Whoever looks at a shared archive from outside sees no signatures.
    let signed = signed.unwrap_or_default();
    if signed.is_empty() {
        return Ok(Vec::new());
    }
    let (content, _) = paper.as_read(app).await?;
    let mut ink = Vec::new();
    for one in signed.into_iter().filter(|one| one.content == content) {
        ink.push((one.signer, files::content(app, file_parts(&one.file).0).await?));
    }
    Ok(ink)
}

/// Issues a paper: its bytes are kept, and are what is given from now on. Without a `reason` a paper
/// that was issued already is given again as it is; with one, a new paper corrects it.
pub async fn issue(
    app: &App,
    actor: &Actor,
    kind: &str,
    id: &str,
    (document, reason): (&str, Option<&str>),
    moment: &Moment,
) -> Result<Issued, Refusal> {
    let papers = app.desk.papers(actor, kind, id).await?;
    let last = papers.into_iter().rfind(|paper| paper.document == document);
    let reason = reason.map(str::trim);
    let problem = |code: &str, message: &str| {
        Err(Refusal::problem(Problem::error(code, message.to_owned()).at("reason")))
    };
    match (&last, reason) {
        (Some(last), None) => return Ok(last.clone()),
        (None, Some(_)) => {
            return problem("not_issued", "这份文书还没有出具过，不用更正，直接出具");
        }
        (Some(_), Some("")) => return problem("required", "请写明更正的理由，印在新的文书上"),
        (_, Some(text)) if text.chars().count() > LONGEST_REASON => {
            return problem("long", "更正理由最多200字");
        }
        _ => {}
    }
    let paper = prepare(app, actor, kind, id, document, moment).await?;
    if !may_issue(actor, &paper.answer.kind, &paper.answer.record) || !paper.sees_all() {
        let why = format!("您的身份只能查看这份{}，不能出具文书", paper.answer.kind.label);
        return Err(Refusal::forbidden(why));
    }
    let new = app.desk.paper_id(moment);
    let number = last.as_ref().map_or(1, |last| last.issue + 1);
    let correction = last.as_ref().zip(reason).map_or(String::new(), |(last, reason)| {
        let code = ScanHint::code(&last.id, "");
        format!(
            "本文书更正{}出具的同名文书（第{}份，校验文字 {}）。更正理由：{reason}",
            said(last.at),
            last.issue,
            code.trim_end_matches(':'),
        )
    });
    let facts = Facts {
        verify: ScanHint::code(&new, &paper.proof),
        words: format!("第{number}份　{}出具", said(moment.at)),
        correction,
        ink: ink(app, actor, &paper).await?,
        ..Facts::default()
    };
    let version = paper.answer.record.version();
    let printed = paper.typeset(app, facts, moment).await?;
    let name = file_name(&paper.document.label, paper.answer.record.text("title"), "pdf");
    let kept = files::keep(app, &name, &printed.pdf, None).await?;
    let new = NewPaper {
        id: new,
        document: document.to_owned(),
        issue: number,
        version,
        hash: file_parts(&kept).0.to_owned(),
        pages: printed.pages,
        cites: last.map(|last| last.id).unwrap_or_default(),
        reason: reason.unwrap_or_default().to_owned(),
    };
    app.desk.issue(actor, kind, id, new, moment).await
}

/// A moment as papers say it.
pub fn said(at: i64) -> String {
    date::show_datetime(china_time(at))
}

/// What is to be signed on a screen: the lines of the paper as it reads now, with the signatures that
/// were given to it, and those given to it when it read otherwise.
pub struct Signing {
    /// What the paper is called.
    pub label: String,
    /// Hash of the paper as it reads.
    pub content: String,
    /// Version of the record.
    pub version: i64,
    /// Each line, with its signature.
    pub lines: Vec<(String, Option<Signature>)>,
    /// Signatures that no longer count.
    pub stale: Vec<Signature>,
}

/// The lines of a paper for signatures.
pub async fn signing(
    app: &App,
    actor: &Actor,
    kind: &str,
    id: &str,
    document: &str,
    moment: &Moment,
) -> Result<Signing, Refusal> {
    let paper = prepare(app, actor, kind, id, document, moment).await?;
    let (content, signers) = paper.as_read(app).await?;
    let signed = app.desk.signatures(actor, kind, id, document).await?;
    let (fresh, stale): (Vec<_>, Vec<_>) = signed.into_iter().partition(|s| s.content == content);
    let line = |name: String| {
        let found = fresh.iter().find(|signature| signature.signer == name).cloned();
        (name, found)
    };
    let version = paper.answer.record.version();
    let lines = signers.into_iter().map(line).collect();
    Ok(Signing { label: paper.document.label.clone(), content, version, lines, stale })
}

/// One signature on a screen: a picture, or nothing to take it away.
pub async fn sign(
    app: &App,
    actor: &Actor,
    (kind, id, document): (&str, &str, &str),
    (signer, picture, device): (&str, &[u8], &str),
    moment: &Moment,
) -> Result<(), Refusal> {
    let signing = signing(app, actor, kind, id, document, moment).await?;
    if !signing.lines.iter().any(|(name, _)| name == signer) {
        return Err(Refusal::NotFound("文书上的这一处签名".to_owned()));
    }
    let issued = app.desk.papers(actor, kind, id).await?;
    if issued.iter().any(|paper| paper.document == document) {
        let message = "这份文书已经出具，内容不能再动；请打印签名后扫描归回，或者更正后重新签名";
        return Err(Refusal::problem(Problem::error("issued", message.to_owned()).at("picture")));
    }
    let file = match picture {
        [] => String::new(),
        picture => {
            let drawn = files::signature(picture).await?;
            files::keep(app, "签名.png", &drawn, None).await?
        }
    };
    let new = NewSignature {
        document: document.to_owned(),
        signer: signer.to_owned(),
        content: signing.content,
        file,
        device: device.to_owned(),
        version: signing.version,
    };
    app.desk.sign(actor, kind, id, new, moment).await
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

fn sheet_data(app: &App, paper: &Prepared, facts: &Facts, moment: &Moment) -> Json {
    let Prepared { house, document, answer, parent, .. } = paper;
    let units = app.desk.units();
    let line = units.line(answer.record.text("unit"));
    let path: Vec<&str> = line.iter().map(|unit| unit.name.as_str()).collect();
    let attached: Vec<(&RecordKind, Vec<&Record>)> = attached(answer);
    let printed_on = if facts.verify.is_empty() { String::new() } else { said(moment.at) };
    let mut data = data(&Paper {
        house,
        document,
        subject: subject(answer),
        parent: parent.as_ref().map(subject),
        attached: &attached,
        unit: path.last().copied().unwrap_or_default(),
        path: &path,
        printed_on: &printed_on,
        verify: &facts.verify,
    });
    if facts.verify.is_empty() {
        // What is signed does not depend on how far the record has gone.
        data["record"] = json!({});
    }
    data["draft"] = Json::Bool(facts.draft);
    data["issue"] = json!({ "words": facts.words, "correction": facts.correction });
    let pictures = facts.ink.iter().enumerate();
    let pictures = pictures.map(|(at, (signer, _))| (signer.clone(), Json::from(picture_name(at))));
    data["signatures"] = Json::Object(pictures.collect());
    for (name, value) in &facts.more {
        data[name] = value.clone();
    }
    data
}

/// Few names, for they are interned for ever.
fn picture_name(at: usize) -> String {
    format!("signature-{at}.png")
}

/// Records that hang on this one, oldest first.
fn attached(answer: &RecordAnswer) -> Vec<(&RecordKind, Vec<&Record>)> {
    let all = answer.attached.iter();
    all.map(|(kind, records)| (&**kind, records.iter().rev().collect())).collect()
}

/// Typesetting takes tens of milliseconds of CPU: it runs where blocking is allowed.
pub async fn typeset(
    app: &App,
    house: Arc<House>,
    template: String,
    data: Json,
    facts: Facts,
    moment: &Moment,
) -> Result<Typeset, Refusal> {
    let app = app.clone();
    let at = paper_moment(moment);
    pressed(move || with_sheet(&house, &template, &data, &facts, at, |s| app.press.typeset(s)))
        .await
}

/// What the press is given of a template of the house.
fn with_sheet<T>(
    house: &House,
    template: &str,
    data: &Json,
    facts: &Facts,
    printed_at: paper::Moment,
    work: impl FnOnce(Sheet<'_>) -> T,
) -> T {
    let library: Vec<(&str, &str)> = house
        .templates
        .iter()
        .filter_map(|(path, text)| Some((path.strip_prefix(LIBRARY)?, text.as_str())))
        .collect();
    let names: Vec<String> = (0..facts.ink.len()).map(picture_name).collect();
    let pictures = names.iter().zip(&facts.ink);
    let mut files: Vec<(&str, &[u8])> =
        pictures.map(|(name, (_, bytes))| (name.as_str(), bytes.as_slice())).collect();
    if !facts.code.is_empty() {
        files.push((CODE, &facts.code));
    }
    work(Sheet {
        name: template,
        template: house.templates.get(template).map_or("", String::as_str),
        library: &library,
        data,
        files: &files,
        qr: Some(facts.verify.as_str()).filter(|verify| !verify.is_empty()),
        printed_at,
    })
}

/// Work of the press, where blocking is allowed.
async fn pressed<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PaperError> + Send + 'static,
) -> Result<T, Refusal> {
    let done = tokio::task::spawn_blocking(work).await;
    let done = done.map_err(|error| StoreError::Misfit(format!("typesetting: {error}")))?;
    done.map_err(|error| match error {
        PaperError::NoFonts => StoreError::Failed(error.to_string()).into(),
        PaperError::Part(_, name) => unreadable(&name),
        PaperError::Pages(most) => {
            let message = format!("没有可以装订的页，或者超过{most}页");
            Refusal::problem(Problem::error("pages", message))
        }
        error => StoreError::Misfit(error.to_string()).into(),
    })
}

/// A file that cannot be bound or looked through.
fn unreadable(name: &str) -> Refusal {
    let which =
        if name.is_empty() { "这个文件".to_owned() } else { format!("“{name}”的文件") };
    let message = format!("{which}读不出来：不完好，或者加了密码；请换一个 PDF、JPG 或 PNG 文件");
    Refusal::problem(Problem::error("file_unreadable", message))
}

/// The moment as the press takes it.
pub fn paper_moment(moment: &Moment) -> paper::Moment {
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
fn file_name(label: &str, title: &str, extension: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() || "（）()-－".contains(c) { c } else { ' ' };
    let name: String = format!("{label} {title}").chars().map(plain).take(80).collect();
    format!("{}.{extension}", name.split_whitespace().collect::<Vec<_>>().join(" "))
}
