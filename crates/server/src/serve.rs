//! One router out of the faces, with what every request passes through, and the listening.

use crate::app::{App, Trouble};
use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use std::{net::SocketAddr, sync::atomic::Ordering, time::Duration};
use tokio::net::TcpListener;
use tower_http::{
    CompressionLevel,
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer,
        predicate::{NotForContentType, Predicate, SizeAbove},
    },
    timeout::TimeoutLayer,
};

/// Everything the server answers.
pub fn router(app: App) -> Router {
    // Compression costs more than most pages: the fastest level, and nothing below 1 KB.
    let worthwhile = SizeAbove::new(1024)
        .and(NotForContentType::IMAGES)
        .and(NotForContentType::SSE)
        .and(NotForContentType::const_new("application/pdf"))
        .and(NotForContentType::const_new(
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ));
    Router::new()
        .merge(crate::api::router())
        .merge(crate::web::router())
        .layer(from_fn_with_state(app.clone(), count))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            Duration::from_secs(120),
        ))
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(worthwhile))
        .with_state(app)
}

async fn count(State(app): State<App>, request: Request, next: Next) -> Response {
    app.requests.fetch_add(1, Ordering::Relaxed);
    let mut response = next.run(request).await;
    if response.status().is_server_error() {
        app.failures.fetch_add(1, Ordering::Relaxed);
    }
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        // Whoever cannot be served now is told when to come again, whichever face he speaks to.
        response.headers_mut().entry(RETRY_AFTER).or_insert(HeaderValue::from_static("5"));
    }
    response
}

fn panicked(reason: Box<dyn std::any::Any + Send + 'static>) -> Response {
    let words = reason
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| reason.downcast_ref::<&str>().copied())
        .unwrap_or("unknown");
    tracing::error!(words, "a request panicked");
    (StatusCode::INTERNAL_SERVER_ERROR, "系统出错了，已记录，请稍后再试").into_response()
}

/// A socket to listen on.
pub async fn bind(address: &str) -> Result<(TcpListener, SocketAddr), Trouble> {
    let listener = TcpListener::bind(address).await.map_err(|error| {
        Trouble::Words(format!("不能在 {address} 上监听：{error}。换一个 --listen 地址再试"))
    })?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Serves until told to stop, then closes the desk with everything safe.
pub async fn serve(app: App, listener: TcpListener) -> Result<(), Trouble> {
    let watching = tokio::spawn(watch(app.clone()));
    let counting = tokio::spawn(follow_calendar(app.clone()));
    let ending = tokio::spawn(end_limits(app.clone()));
    let informing = tokio::spawn(crate::live::keep_informed(app.clone()));
    let live = app.clone();
    let ends = async move {
        stopped().await;
        // Connections that stay open would be waited for.
        live.live.close();
    };
    axum::serve(listener, router(app.clone())).with_graceful_shutdown(ends).await?;
    watching.abort();
    informing.abort();
    ending.abort();
    counting.abort();
    app.desk.close().await?;
    Ok(())
}

/// How often a process looks for what others on its database have changed.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Takes over, again and again, what other processes have changed.
async fn watch(app: App) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        if let Err(refusal) = app.desk.refresh().await {
            tracing::warn!(%refusal, "cannot look for changes of other processes");
        }
    }
}

/// How long a changed calendar is left alone, so that acts begun by the old one have ended.
const SETTLE: Duration = Duration::from_secs(5);

/// Works the running limits out anew whenever the calendar is another one. In small steps with a
/// breath between them: whoever saves meanwhile does not notice.
async fn follow_calendar(app: App) {
    loop {
        tokio::time::sleep(SETTLE).await;
        if let Err(refusal) = pass_over_limits(&app).await {
            tracing::warn!(%refusal, "cannot work the limits out anew");
        }
    }
}

async fn pass_over_limits(app: &App) -> Result<(), desk::Refusal> {
    let Some(mut pass) = app.desk.pass_over_limits().await? else { return Ok(()) };
    while app.desk.step(&mut pass, &crate::clock::now("house:calendar")).await? {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    tracing::info!(looked = pass.looked, changed = pass.changed, "limits worked out anew");
    Ok(())
}

/// How often a process looks for limits that have passed, at whose end the house acts.
const END_EVERY: Duration = Duration::from_secs(600);

/// Does what definitions leave to the house when a limit has passed: soon after midnight, and soon
/// after a start for the days before it.
async fn end_limits(app: App) {
    tokio::time::sleep(SETTLE).await;
    loop {
        match app.desk.end_limits(&crate::clock::now("house:deadline")).await {
            Ok(ended) if ended == desk::at_end::Ended::default() => {}
            Ok(ended) => tracing::info!(done = ended.done, refused = ended.refused, "limits ended"),
            Err(refusal) => tracing::warn!(%refusal, "cannot do what is due at the end of limits"),
        }
        tokio::time::sleep(END_EVERY).await;
    }
}

/// Ctrl+C or SIGTERM.
async fn stopped() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminate) = signal(SignalKind::terminate()) else { return };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    {
        let _ = tokio::signal::ctrl_c().await;
    }
}
