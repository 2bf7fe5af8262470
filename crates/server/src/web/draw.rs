//! A draw done again: what was promised, what was drawn from, and whether the same comes of it.

use super::{
    look::{
        draw::{DrawView, draw as draw_page},
        part::FactView,
    },
    page::{self, About},
    record::{bytes, kind_of},
    urls,
    visitor::Visitor,
    words,
};
use crate::app::App;
use axum::{Router, extract::Path, response::Response, routing::get};
use desk::{Refusal, draws::DrawAnswer};

/// Its pages.
pub fn router() -> Router<App> {
    Router::new()
        .route("/b/{business}/{kind}/{id}/draw", get(page))
        .route("/b/{business}/{kind}/{id}/draw/frame.txt", get(frame))
}

async fn found(
    visitor: &Visitor,
    (business, kind, id): &(String, String, String),
) -> Result<DrawAnswer, Refusal> {
    let desk = &visitor.app.desk;
    let kind = kind_of(&desk.house(), business, kind)?;
    let found = desk.draw_again(visitor.actor(), &kind.id, id, &visitor.moment).await?;
    found.ok_or_else(|| Refusal::NotFound("这次抽选".to_owned()))
}

async fn page(visitor: Visitor, Path(at): Path<(String, String, String)>) -> Response {
    let drawn = async {
        let answer = found(&visitor, &at).await?;
        let view = view(&answer);
        let kind = &answer.kind;
        let title = answer.record.text("title").to_owned();
        let house = visitor.app.desk.house();
        let about = About::new("复核抽选", urls::list(kind)).below(vec![
            (words::business(&house, &kind.business).to_owned(), format!("/b/{}", kind.business)),
            (kind.label.clone(), urls::list(kind)),
            (title, urls::record(kind, &at.2)),
        ]);
        Ok(page::page(&visitor, about, draw_page(&view)).await)
    };
    let drawn = drawn.await;
    page::done(&visitor, drawn).await
}

fn view(answer: &DrawAnswer) -> DrawView {
    let base = urls::below(&answer.kind, answer.record.id());
    let count = |number: i64| words::thousands(i128::from(number));
    let mut facts = vec![
        FactView::text("抽选", &answer.label),
        FactView::text("抽取", &count(answer.count)),
        FactView::text("种子摘要值", &answer.promise),
    ];
    let is_drawn = !answer.seed.is_empty();
    if is_drawn {
        facts.push(FactView::text("种子", &answer.seed));
        facts.push(FactView::text("总体", &count(answer.size)));
    }
    if !answer.frame_hash.is_empty() {
        facts.push(FactView::text("总体摘要值", &answer.frame_hash));
    }
    DrawView {
        title: answer.record.text("title").to_owned(),
        facts,
        is_drawn,
        differs: answer.differs.clone(),
        frame: (!answer.frame.is_empty()).then(|| format!("{base}/draw/frame.txt")),
        back: urls::record(&answer.kind, answer.record.id()),
    }
}

/// The frame as it is hashed: ids and strata, nothing of whom they are about.
async fn frame(visitor: Visitor, Path(at): Path<(String, String, String)>) -> Response {
    let found = found(&visitor, &at).await.and_then(|answer| match answer.frame.is_empty() {
        true => Err(Refusal::NotFound("这次抽选的总体清单".to_owned())),
        false => {
            let text = answer.frame.into_bytes();
            Ok(bytes("text/plain; charset=utf-8", "总体清单.txt", text, None))
        }
    });
    page::done(&visitor, found).await
}
