//! A paper as a Word file, for who must put it into words of their own. It is always a draft: what is
//! issued are bytes that nobody edits, and a Word file has no code by which it could come back.

use super::{Facts, Printed, file_name, paper_moment, prepare, pressed, sheet_data, with_sheet};
use crate::app::App;
use desk::{Actor, Moment, Refusal};
use std::sync::Arc;

/// What a Word file is called on the wire.
pub const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

/// Makes a Word file of a document of a record, as it reads now, and notes that it left.
pub async fn word(
    app: &App,
    actor: &Actor,
    kind: &str,
    id: &str,
    document: &str,
    moment: &Moment,
) -> Result<Printed, Refusal> {
    let paper = prepare(app, actor, kind, id, document, moment).await?;
    // Signatures belong to what was read, not to what will be written: no ink.
    let facts = Facts { words: WORDS.to_owned(), ..paper.draft() };
    let facts = paper.with_code(app, facts).await?;
    let data = sheet_data(app, &paper, &facts, moment);
    let (house, template) = (Arc::clone(&paper.house), paper.document.template.clone());
    let (press, at) = (app.clone(), paper_moment(moment));
    let made = pressed(move || {
        with_sheet(&house, &template, &data, &facts, at, |sheet| press.press.word(sheet))
    });
    let made = made.await?;
    let name = file_name(&paper.document.label, paper.answer.record.text("title"), "docx");
    app.desk.log_look(actor, "print", kind, id, moment).await?;
    Ok(Printed { name, pdf: made.docx, missing: made.missing })
}

/// What its foot says beside that it is a draft.
const WORDS: &str = "Word 稿，改动不记入档案；正式文书以系统出具的 PDF 为准";
