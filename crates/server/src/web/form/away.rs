//! While the database changes hands: what was sent is shown again as it was typed, under the same
//! idempotency key, and sends itself again. So it is done once, however often it is sent.

use super::{KEY, Said, Work, take};
use crate::{
    app::App,
    web::{look::held::HeldView, page, visitor::Posted},
};
use axum::response::Response;
use desk::Refusal;
use store::StoreError;

/// Whether the store cannot be reached now, and so the same may be sent again.
pub fn is_away(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::Store(StoreError::Unavailable(_)))
}

/// Takes what was sent; where the store is away, keeps it on the page.
pub async fn patiently(
    work: Result<Work, Refusal>,
    mut posted: Posted,
) -> Result<Response, Refusal> {
    if posted.typed.get(KEY).len() < 8 {
        posted.typed.set(KEY, posted.visitor.id());
    }
    let (visitor, typed, address) =
        (posted.visitor.clone(), posted.typed.clone(), posted.address.clone());
    let (work, refusal) = match work {
        Err(refusal) => (None, refusal),
        Ok(work) => match take(&work, posted).await {
            Err(refusal) => (Some(work), refusal),
            answered => return answered,
        },
    };
    // A draft that saves itself needs no page: script tries again in ten seconds.
    if !is_away(&refusal) || typed.has("_autosave") {
        return Err(refusal);
    }
    if let Some(work) = work
        && let Ok(form) = work.draw(&typed, Said { away: true, ..Said::default() }).await
    {
        return Ok(form);
    }
    let mut pairs = typed.pairs();
    pairs.push(("_csrf".to_owned(), visitor.session.csrf.clone()));
    held(&visitor.app, &address, pairs, false).ok_or(refusal)
}

/// A page that carries a form unseen, where not even the form can be drawn. Only what has a key of
/// its own may be sent twice.
pub fn held(
    app: &App,
    address: &str,
    typed: Vec<(String, String)>,
    files: bool,
) -> Option<Response> {
    let keyed = typed.iter().any(|(name, value)| name == KEY && value.len() >= 8);
    let view =
        HeldView {
            title: "还没有提交成功".to_owned(), action: address.to_owned(), typed, files
        };
    keyed.then(|| page::held(app, &view))
}
