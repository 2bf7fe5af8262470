//! Refused: what one may not do or what was not found, why in one sentence, who can, and the
//! number by which the operator finds it in the log.

use maud::{Markup, html};

use super::part::{Link, links};

/// A refusal or a failure.
#[derive(Clone, Debug, Default)]
pub struct RefusedView {
    /// E.g. 没有找到这份档案.
    pub title: String,
    /// Why, in one sentence.
    pub sentence: String,
    /// Who can, in one sentence.
    pub who_can: Option<String>,
    /// The article.
    pub basis: Option<String>,
    /// Ways on.
    pub links: Vec<Link>,
    /// The request's number.
    pub request_number: String,
}

impl RefusedView {
    /// The page for an address that leads nowhere, or to what the reader may not know of. Both
    /// say the same, so that nothing is given away.
    pub fn not_found(request_number: &str) -> Self {
        RefusedView {
            title: "没有找到".to_owned(),
            sentence: "地址有误，或者这份档案不在您可以查看的范围内。".to_owned(),
            who_can: Some("如确需查看，请联系档案所属单位的负责人。".to_owned()),
            basis: None,
            links: vec![("回到待办".to_owned(), "/".to_owned())],
            request_number: request_number.to_owned(),
        }
    }

    /// The page for a time when the database cannot be reached.
    pub fn unavailable(request_number: &str) -> Self {
        RefusedView {
            title: "正在恢复，请稍候".to_owned(),
            sentence:
                "数据库暂时连不上，通常一分钟以内恢复。请稍后用同一页再提交一次，不会重复办理。"
                    .to_owned(),
            ..Self::failed(request_number)
        }
    }

    /// The page for a failure of ours.
    pub fn failed(request_number: &str) -> Self {
        RefusedView {
            title: "系统没能完成这一步".to_owned(),
            sentence: "您填写的内容没有改变。请稍后再试一次。".to_owned(),
            who_can: Some("如仍不能完成，请把下面的编号告诉系统管理员。".to_owned()),
            basis: None,
            links: vec![("回到待办".to_owned(), "/".to_owned())],
            request_number: request_number.to_owned(),
        }
    }
}

/// Draws a refusal.
pub fn refused(view: &RefusedView) -> Markup {
    html! {
        section.refused {
            h1 { (view.title) }
            p { (view.sentence) }
            @if let Some(who) = &view.who_can { p { (who) } }
            @if let Some(basis) = &view.basis { p.basis { (basis) } }
            (links(&view.links))
            p.muted { "编号 " span.num { (view.request_number) } }
        }
    }
}
