//! A draw done again.

use super::{
    ask::{Asked, At, Caller, id as check_id},
    json,
    out::Out,
    problem::Fault,
};
use crate::app::App;
use axum::{extract::State, http::StatusCode, response::Response};

/// `GET /records/{kind}/{id}/draw`: what the draw came of, and whether the same comes of it now.
pub async fn again(
    State(app): State<App>,
    caller: Caller,
    At([kind, id]): At<2>,
    asked: Asked,
) -> Result<Response, Fault> {
    asked.nothing_else()?;
    check_id(&id, "这份档案")?;
    let found = app.desk.draw_again(caller.actor(), &kind, &id, &caller.moment).await?;
    let answer = found.ok_or_else(|| Fault::not_found("没有找到这次抽选"))?;
    let mut out = Out::with_room(answer.frame.len() + 64 * answer.drawn.len() + 512);
    out.open();
    out.text("label", &answer.label);
    out.text("seed_hash", &answer.promise);
    match answer.seed.as_str() {
        "" => out.null("seed"),
        seed => out.text("seed", seed),
    }
    out.int("count", answer.count);
    out.int("size", answer.size);
    out.text("frame_hash", &answer.frame_hash);
    out.text("frame", &answer.frame);
    out.json("drawn", &answer.drawn.clone().into());
    match answer.seed.is_empty() {
        true => out.null("same"),
        false => out.json("same", &answer.differs.is_empty().into()),
    }
    out.json("differs", &answer.differs.clone().into());
    out.close();
    Ok(json(StatusCode::OK, out))
}
