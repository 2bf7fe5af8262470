//! Scans of signed papers: looked through for our QR codes, taken apart where one scan holds several
//! papers, and filed. What cannot be told waits for somebody who looks at it.

use super::{paper_moment, pressed};
use crate::{app::App, files};
use desk::{
    Actor, Moment, Refusal,
    papers::{Issued, ScanHint},
};
use paper::Part;

/// What became of a piece of a scan.
pub enum Outcome {
    /// It is the signed copy of this paper now.
    Filed(Box<Issued>),
    /// It waits in the list, under this id, for this reason.
    Waits(String, String),
}

/// Pages of a scan that belong together.
#[derive(Debug, PartialEq, Eq)]
struct Stretch {
    hint: Option<ScanHint>,
    from: usize,
    to: usize,
}

/// Takes in a scan: name and bytes. Gives what became of each piece, in order.
pub async fn take(
    app: &App,
    actor: &Actor,
    name: &str,
    bytes: &[u8],
    moment: &Moment,
) -> Result<Vec<Outcome>, Refusal> {
    if !matches!(
        files::media_type(bytes),
        Some("application/pdf" | "image/png" | "image/jpeg") | None
    ) {
        let message = "扫描件只收 PDF、JPG、PNG".to_owned();
        return Err(Refusal::problem(engine::problem::Problem::error("file_type", message)));
    }
    // Looks at type and size, and keeps the whole as it came.
    let whole = files::keep(app, name, bytes, None).await?;
    let scan = bytes.to_vec();
    let pages = pressed(move || paper::codes(&scan)).await?;
    let stretches = stretches(&pages);
    let mut done = Vec::new();
    for one in &stretches {
        let file = match stretches.len() {
            1 => whole.clone(),
            _ => part(app, name, bytes, one, moment).await?,
        };
        done.push(file_one(app, actor, one, &file, moment).await?);
    }
    Ok(done)
}

/// Pages one after another with the same code are one paper; a page without belongs to nothing.
fn stretches(pages: &[Vec<String>]) -> Vec<Stretch> {
    let mut found: Vec<Stretch> = Vec::new();
    for (at, codes) in pages.iter().enumerate() {
        let hint = codes.iter().find_map(|code| ScanHint::read(code));
        match found.last_mut() {
            Some(last) if last.hint == hint && hint != Some(ScanHint::Draft) => last.to = at + 1,
            _ => found.push(Stretch { hint, from: at, to: at + 1 }),
        }
    }
    found
}

async fn part(
    app: &App,
    name: &str,
    bytes: &[u8],
    one: &Stretch,
    moment: &Moment,
) -> Result<String, Refusal> {
    let (press, scan, pages) = (app.clone(), bytes.to_vec(), (one.from, one.to));
    let (title, at) = (name.to_owned(), paper_moment(moment));
    let bound = pressed(move || {
        let part = Part { name: "", bytes: &scan, numbered: false, pages: Some(pages) };
        press.press.bind(&title, &[part], at)
    })
    .await?;
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let name = match one.to - one.from {
        1 => format!("{stem} 第{}页.pdf", one.to),
        _ => format!("{stem} 第{}至{}页.pdf", one.from + 1, one.to),
    };
    files::keep(app, &name, &bound.pdf, None).await
}

async fn file_one(
    app: &App,
    actor: &Actor,
    one: &Stretch,
    file: &str,
    moment: &Moment,
) -> Result<Outcome, Refusal> {
    let why = match &one.hint {
        Some(ScanHint::Paper(id)) => match app.desk.find_paper(actor, id).await? {
            Some(paper) => {
                let filed = app.desk.file_signed(actor, &paper.id, file, None, moment).await?;
                return Ok(Outcome::Filed(Box::new(filed)));
            }
            None => "二维码所指的文书不归本单位办理，或者不在本平台",
        },
        Some(ScanHint::Draft) => "扫描的是没有出具的草稿，请选它对应的文书，或者出具后重新签名",
        None => "没有认出二维码，请看图选择",
    };
    let id = app.desk.keep_scan(actor, file, why, moment).await?;
    Ok(Outcome::Waits(id, why.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_with_the_same_code_are_one_paper() {
        let code = |n: u8| vec![format!("FQ2:{:032x}:8CA2E3AB", n)];
        let pages = [code(1), code(1), vec![], vec!["https://example.org".to_owned()], code(2)];
        let found: Vec<(usize, usize, bool)> =
            stretches(&pages).iter().map(|one| (one.from, one.to, one.hint.is_some())).collect();
        assert_eq!(found, [(0, 2, true), (2, 4, false), (4, 5, true)]);
    }
}
