//! One connection an open page, by which its counts are told when they change.

use crate::{clock, live, web::visitor::Visitor};
use axum::{
    http::{HeaderName, HeaderValue, StatusCode},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use std::{convert::Infallible, time::Duration};

/// A connection ends after so long; the page opens another, and is looked at anew.
const LONGEST: Duration = Duration::from_secs(600);
/// Balancers close what is silent for a minute.
const SIGN_OF_LIFE: Duration = Duration::from_secs(25);

/// `GET /events`. With too many pages open it is 204: then a browser does not ask again.
pub async fn events(visitor: Visitor) -> Response {
    let Ok(counts) = live::counts(&visitor.app, visitor.actor()).await else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let Some(seat) = visitor.app.live.seat(&visitor.session.csrf, visitor.actor(), counts) else {
        return StatusCode::NO_CONTENT.into_response();
    };
    let ends = tokio::time::sleep(LONGEST);
    let watching = (visitor, seat, Box::pin(ends));
    let told = futures_util::stream::unfold(watching, |(visitor, mut seat, mut ends)| async {
        let counts = tokio::select! {
            counts = seat.next() => counts?,
            () = &mut ends => return None,
        };
        // Whoever has signed out, or was locked, is told nothing more.
        visitor.app.desk.session(&visitor.token, &clock::now("")).await.ok()?;
        Some((Ok::<_, Infallible>(Event::default().data(counts)), (visitor, seat, ends)))
    });
    let mut response =
        Sse::new(told).keep_alive(KeepAlive::new().interval(SIGN_OF_LIFE)).into_response();
    // Otherwise nginx keeps what it is sent until it has enough.
    let unbuffered = HeaderName::from_static("x-accel-buffering");
    response.headers_mut().insert(unbuffered, HeaderValue::from_static("no"));
    response
}
