//! What went wrong, said to programs: `application/problem+json` (RFC 9457), in Chinese for the
//! people behind them, with the field, the rule's code and its article.

use super::out::Out;
use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use desk::Refusal;
use engine::problem::{Problem, Severity};
use serde_json::Value as Json;
use store::StoreError;

/// An answer that is not what was asked for.
#[derive(Debug)]
pub struct Fault(Box<Parts>);

#[derive(Debug)]
struct Parts {
    status: StatusCode,
    kind: &'static str,
    title: &'static str,
    detail: String,
    errors: Vec<Problem>,
    warnings: Vec<Problem>,
    who: String,
    current: Option<Json>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Fault {
    /// A fault of this status: its name for programs, what it is, and what is wrong now.
    pub fn new(
        status: StatusCode,
        kind: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self(Box::new(Parts {
            status,
            kind,
            title,
            detail: detail.into(),
            errors: Vec::new(),
            warnings: Vec::new(),
            who: String::new(),
            current: None,
            headers: Vec::new(),
        }))
    }

    /// The request cannot be understood.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", "请求读不懂", detail)
    }

    /// One part of the request cannot be understood.
    pub fn malformed_at(field: &str, code: &str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let problem = Problem::error(code, &detail).at(field);
        Self::malformed(detail).errors(vec![problem])
    }

    /// Nothing there.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "没有找到", detail)
    }

    /// The session's own secret is missing.
    pub fn forged() -> Self {
        let detail = "请求没有带上本页的凭证（X-CSRF-Token），请刷新后再试";
        Self::new(StatusCode::FORBIDDEN, "csrf", "不能办理", detail)
    }

    /// The same with what is wrong, place by place.
    pub fn errors(mut self, errors: Vec<Problem>) -> Self {
        self.0.errors = errors;
        self
    }

    /// The same with the record as it is now.
    pub fn current(mut self, current: Json) -> Self {
        self.0.current = Some(current);
        self
    }

    /// The same with a header.
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.0.headers.push((name, value));
        }
        self
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        let detail = refusal.to_string();
        match refusal {
            Refusal::NotSignedIn => {
                let unauthorized = StatusCode::UNAUTHORIZED;
                Self::new(unauthorized, "not-signed-in", "没有登录", detail)
                    .header(header::WWW_AUTHENTICATE, "Bearer realm=\"fengqiao\"")
            }
            Refusal::SignIn(_) => {
                Self::new(StatusCode::UNAUTHORIZED, "sign-in", "登录没有成功", detail)
                    .header(header::WWW_AUTHENTICATE, "Bearer realm=\"fengqiao\"")
            }
            Refusal::Forbidden { who, .. } => {
                let mut fault = Self::new(StatusCode::FORBIDDEN, "forbidden", "不能办理", detail);
                fault.0.who = who;
                fault
            }
            Refusal::NotFound(_) => Self::not_found(detail),
            Refusal::ReasonRequired(_) => {
                let problem = Problem::error("reason_required", &detail);
                let detail = format!("{detail}：向这份档案的 look 提交 why 和 basis");
                Self::new(StatusCode::FORBIDDEN, "reason-required", "先写理由", detail)
                    .errors(vec![problem])
            }
            Refusal::Invalid(problems) => invalid(problems),
            Refusal::Confirm(problems) => {
                Self::new(StatusCode::CONFLICT, "confirm", "请核对", detail).errors(problems)
            }
            Refusal::Changed(_) => {
                Self::new(StatusCode::PRECONDITION_FAILED, "changed", "档案已被别人改过", detail)
            }
            Refusal::KeyReused => {
                let problem = Problem::error("key_reused", &detail).at("Idempotency-Key");
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "key-reused", "请求编号用过了", detail)
                    .errors(vec![problem])
            }
            Refusal::Store(error) => of_store(&error),
        }
    }
}

fn invalid(problems: Vec<Problem>) -> Fault {
    let (errors, warnings): (Vec<_>, Vec<_>) =
        problems.into_iter().partition(|p| p.severity == Severity::Error);
    let detail = match errors.as_slice() {
        [only] => only.message.clone(),
        many => format!("有{}处需要修改", many.len()),
    };
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let mut fault = Fault::new(status, "invalid", "需要修改", detail).errors(errors);
    fault.0.warnings = warnings;
    fault
}

/// The person is told what to do; what happened is for the operator's log.
fn of_store(error: &StoreError) -> Fault {
    match error {
        StoreError::Unavailable(_) => {
            tracing::warn!(%error, "the store cannot be reached");
            let status = StatusCode::SERVICE_UNAVAILABLE;
            let detail =
                "数据库暂时连不上，通常一分钟以内恢复；请用同一个请求编号再试，不会重复办理";
            Fault::new(status, "unavailable", "暂时不能办理", detail)
                .header(header::RETRY_AFTER, "5")
        }
        StoreError::Failed(_) | StoreError::Closing => {
            tracing::error!(%error, "the store did not answer");
            let status = StatusCode::SERVICE_UNAVAILABLE;
            Fault::new(status, "unavailable", "暂时不能办理", "系统暂时存取不了数据，请稍后再试")
                .header(header::RETRY_AFTER, "5")
        }
        StoreError::Taken { .. } => {
            let detail = "编号或者明细的标识和已有的重复，什么也没有保存，请核对后再试";
            Fault::new(StatusCode::CONFLICT, "taken", "有重复", detail)
        }
        StoreError::Changed { .. } => {
            let detail = "这份档案刚刚被别人改过，请取最新的再改";
            Fault::new(StatusCode::PRECONDITION_FAILED, "changed", "档案已被别人改过", detail)
        }
        StoreError::Misfit(_) => {
            tracing::error!(%error, "a question or change does not fit the tables");
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            Fault::new(status, "internal", "系统出错了", "系统出错了，已记录，请联系管理员")
        }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let parts = *self.0;
        let mut out = Out::with_room(256);
        out.open();
        out.text("type", &format!("/problems/{}", parts.kind));
        out.text("title", parts.title);
        out.int("status", i64::from(parts.status.as_u16()));
        out.text("detail", &parts.detail);
        if !parts.who.is_empty() {
            out.text("who", &parts.who);
        }
        out.findings("errors", parts.errors.iter());
        if !parts.warnings.is_empty() {
            out.findings("warnings", parts.warnings.iter());
        }
        if let Some(current) = &parts.current {
            out.json("current", current);
        }
        out.close();
        let mut response = (parts.status, out.done()).into_response();
        let headers = response.headers_mut();
        let json = HeaderValue::from_static("application/problem+json; charset=utf-8");
        headers.insert(header::CONTENT_TYPE, json);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.extend(parts.headers);
        response
    }
}
