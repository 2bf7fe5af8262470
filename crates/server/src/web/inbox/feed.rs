//! The calendar feed: a secret address for calendar programs, made, renewed and ended by its owner.

use crate::{
    app::App,
    clock, ics,
    web::{
        look::part::{ActionView, Target, Weight, actions},
        me,
        page::{self, About},
        visitor::{Sure, Visitor, is_secure},
        words,
    },
};
use axum::{
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use desk::{Refusal, inbox::Feed};
use maud::{Markup, html};

/// `GET /me/feed`
pub async fn page(visitor: Visitor) -> Response {
    page::done(&visitor, draw(&visitor, None).await).await
}

/// `POST /me/feed`: makes one, in place of an earlier one. The address is shown once.
pub async fn renew(headers: HeaderMap, Sure(visitor, _): Sure) -> Response {
    let made = visitor.app.desk.renew_feed(visitor.actor(), &visitor.moment).await;
    let drawn = match made {
        Ok(secret) => draw(&visitor, Some(address(&headers, &secret))).await,
        Err(refusal) => Err(refusal),
    };
    page::done(&visitor, drawn).await
}

/// `POST /me/feed/end`
pub async fn end(Sure(visitor, _): Sure) -> Response {
    match visitor.app.desk.end_feed(visitor.actor(), &visitor.moment).await {
        Ok(()) => me::back("/me/feed"),
        Err(refusal) => page::refused(&visitor, &refusal).await,
    }
}

/// The whole address, as the browser reached this house.
fn address(headers: &HeaderMap, secret: &str) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let scheme = if is_secure(headers) { "https" } else { "http" };
    format!("{scheme}://{host}/ics/{secret}.ics")
}

async fn draw(visitor: &Visitor, made: Option<String>) -> Result<Response, Refusal> {
    let feed = visitor.app.desk.feed(visitor.actor()).await?;
    let body = html! {
        header.head {
            h1 { "日历订阅" }
            p.lead { "把等您办的期限订阅到手机或者电脑的日历里。日历里只有档案种类、编号、期限名称和日期，没有姓名、案情。" }
        }
        @if let Some(address) = &made {
            div.notice.t-warn role="status" {
                p { b { "订阅地址只显示这一次，请现在复制到日历程序里：" } }
                p { input type="text" readonly aria-label="订阅地址" value=(address); }
                p { "知道地址的人不用登录就能看到，请不要转给别人；泄露了请更换。" }
            }
        }
        (standing(visitor, feed.as_ref()))
    };
    let about = About::new("日历订阅", "/me").below(vec![("我的".to_owned(), "/me".to_owned())]);
    Ok(page::page(visitor, about, body).await)
}

fn standing(visitor: &Visitor, feed: Option<&Feed>) -> Markup {
    let act = |label: &str, href: &str, weight, confirm: Option<&str>| ActionView {
        label: label.to_owned(),
        target: Target::Post(href.to_owned(), Vec::new()),
        weight,
        confirm: confirm.map(str::to_owned),
    };
    let csrf = &visitor.session.csrf;
    let Some(feed) = feed else {
        return html! {
            p { "现在没有开启。" }
            (actions(&[act("开启并取得地址", "/me/feed", Weight::Primary, None)], csrf))
        };
    };
    let (house, units) = (visitor.app.desk.house(), visitor.app.desk.units());
    let renew = "旧地址马上失效，已订阅的日历要换成新地址。要更换吗？";
    let end = "地址马上失效，日历里的期限会逐步消失。要关闭吗？";
    html! {
        p {
            (words::at(feed.created_at, &visitor.moment)) " 开启，内容是您以"
            b { (units.long_name(&feed.unit)) " " (words::role(&house, &feed.role)) } "身份的待办。"
        }
        (actions(&[
            act("更换地址", "/me/feed", Weight::Plain, Some(renew)),
            act("关闭", "/me/feed/end", Weight::Danger, Some(end)),
        ], csrf))
    }
}

/// `GET /ics/{secret}.ics`
pub async fn give(State(app): State<App>, Path(file): Path<String>) -> Response {
    let moment = clock::now("");
    let secret = file.strip_suffix(".ics").unwrap_or_default();
    let items = match app.desk.feed_items(secret, &moment).await {
        Ok(items) => items,
        Err(Refusal::NotFound(_)) => {
            return (StatusCode::NOT_FOUND, "没有这个日历，地址可能已经更换或者关闭\n")
                .into_response();
        }
        Err(refusal) => {
            tracing::warn!(%refusal, "a calendar feed failed");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/calendar; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=900")),
    ];
    (headers, ics::calendar(&items, moment.at)).into_response()
}
