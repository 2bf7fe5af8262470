//! Scans of signed papers: looked through for our QR codes, taken apart where one scan holds several
//! papers, and filed. What cannot be told waits for somebody who looks at it.

use super::{paper_moment, pressed};
use crate::{app::App, files};
use desk::{
    Actor, Moment, Refusal,
    papers::{Issued, ScanHint},
};
use paper::{PaperError, Part};
use std::sync::Arc;

/// What became of a piece of a scan.
pub enum Outcome {
    /// It is the signed copy of this paper now.
    Filed(Box<Issued>),
    /// It waits in the list: its id there, the file, why.
    Waits(String, String, String),
}

/// Pages of a scan that belong together.
#[derive(Debug, PartialEq, Eq)]
struct Stretch {
    hint: Option<ScanHint>,
    from: usize,
    to: usize,
}

/// Takes in scans, each with its name, in the order of their pages: a paper of three pages may come
/// as three photographs. Gives what became of each piece, in order.
pub async fn take(
    app: &App,
    actor: &Actor,
    scans: Vec<(String, Vec<u8>)>,
    moment: &Moment,
) -> Result<Vec<Outcome>, Refusal> {
    let mut kept = Vec::new();
    for (name, bytes) in &scans {
        let media = files::media_type(bytes);
        if !matches!(media, Some("application/pdf" | "image/png" | "image/jpeg") | None) {
            let message = format!("扫描件只收 PDF、JPG、PNG：{name}");
            return Err(Refusal::problem(engine::problem::Problem::error("file_type", message)));
        }
        // Looks at type and size, and keeps the whole as it came.
        kept.push(files::keep(app, name, bytes, None).await?);
    }
    let scans = Arc::new(scans);
    let looked = Arc::clone(&scans);
    let pages = pressed(move || {
        let named = |(name, bytes): &(String, Vec<u8>)| {
            paper::codes(bytes).map_err(|_| PaperError::Part(1, name.clone()))
        };
        looked.iter().map(named).collect::<Result<Vec<_>, _>>()
    })
    .await?;
    let leaves = pages.iter().enumerate();
    let leaves: Vec<(usize, usize)> =
        leaves.flat_map(|(file, pages)| (0..pages.len()).map(move |page| (file, page))).collect();
    let codes: Vec<Vec<String>> = pages.iter().flatten().cloned().collect();
    let mut done = Vec::new();
    for one in &stretches(&codes, &leaves) {
        let within = &leaves[one.from..one.to];
        let first = within[0].0;
        let alone = within.iter().all(|(file, _)| *file == first);
        let file = match alone && within.len() == pages[first].len() {
            true => kept[first].clone(),
            false => part(app, &scans, within, moment).await?,
        };
        done.push(file_one(app, actor, one, &file, moment).await?);
    }
    Ok(done)
}

/// Pages one after another with the same code are one paper, whichever files they came in; of those
/// without one, only pages of one file belong together.
fn stretches(pages: &[Vec<String>], leaves: &[(usize, usize)]) -> Vec<Stretch> {
    let mut found: Vec<Stretch> = Vec::new();
    for (at, codes) in pages.iter().enumerate() {
        let hint = codes.iter().find_map(|code| ScanHint::read(code));
        match found.last_mut() {
            Some(last)
                if last.hint == hint
                    && (matches!(hint, Some(ScanHint::Paper(_)))
                        || leaves[at].0 == leaves[last.from].0) =>
            {
                last.to = at + 1;
            }
            _ => found.push(Stretch { hint, from: at, to: at + 1 }),
        }
    }
    found
}

/// Some pages of the scans as a file of their own.
async fn part(
    app: &App,
    scans: &Arc<Vec<(String, Vec<u8>)>>,
    within: &[(usize, usize)],
    moment: &Moment,
) -> Result<String, Refusal> {
    let (press, scans, at) = (app.clone(), Arc::clone(scans), paper_moment(moment));
    let name = scans[within[0].0].0.clone();
    let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem).to_owned();
    let (first, last) = (within[0].1 + 1, within[within.len() - 1].1 + 1);
    let within = within.to_vec();
    let bound = pressed(move || {
        let page = |(file, page): &(usize, usize)| Part {
            name: "",
            bytes: &scans[*file].1,
            numbered: false,
            pages: Some((*page, *page + 1)),
        };
        let parts: Vec<Part<'_>> = within.iter().map(page).collect();
        press.press.bind(&name, &parts, at)
    })
    .await?;
    let name = match bound.pages {
        1 => format!("{stem} 第{first}页.pdf"),
        _ if last > first => format!("{stem} 第{first}至{last}页.pdf"),
        pages => format!("{stem} 共{pages}页.pdf"),
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
    Ok(Outcome::Waits(id, file.to_owned(), why.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_with_the_same_code_are_one_paper() {
        let code = |n: u8| vec![format!("FQ2:{:032x}:8CA2E3AB", n)];
        let pages =
            [code(1), code(1), vec![], vec!["https://example.org".to_owned()], vec![], code(2)];
        // The first page came alone, the third and the fourth in one file, the fifth alone.
        let leaves = [(0, 0), (1, 0), (2, 0), (2, 1), (3, 0), (4, 0)];
        let found: Vec<(usize, usize, bool)> = stretches(&pages, &leaves)
            .iter()
            .map(|one| (one.from, one.to, one.hint.is_some()))
            .collect();
        assert_eq!(found, [(0, 2, true), (2, 4, false), (4, 5, false), (5, 6, true)]);
    }
}
