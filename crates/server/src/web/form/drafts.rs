//! Drafts of forms: saved by a button and by themselves, taken up again days later, thrown away
//! when the deed is done.

use super::{CONTINUES, KEY, PAGE, Work, address};
use crate::{
    app::App,
    clock,
    web::{
        me, page,
        typed::Typed,
        urls,
        visitor::{Sure, Visitor},
        words,
    },
};
use axum::{
    extract::Path,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use desk::{Chance, Refusal, drafts::Draft};
use engine::definition::{House, RecordKind, TitlePart};

/// What a draft is called in lists; none if its kind is gone.
pub fn draft_label(house: &House, draft: &Draft) -> Option<String> {
    let kind = house.kind(&draft.kind)?;
    let title = if draft.title.is_empty() { "还没有名称" } else { &draft.title };
    let what = match (draft.record.as_str(), draft.action.as_str()) {
        ("", _) => format!("新建{}", kind.label),
        (_, "") => format!("修改{}", kind.label),
        (_, action) => kind.action(action)?.label.clone(),
    };
    Some(format!("{what}：{title}"))
}

/// Where a draft is taken up; none if its kind is gone.
pub fn draft_address(house: &House, draft: &Draft) -> Option<String> {
    let kind = house.kind(&draft.kind)?;
    let form = address(kind, &draft.record, &draft.action);
    Some(urls::with_query(&form, &[("draft", &draft.id)]))
}

/// What the person will know a draft again by.
fn title(kind: &RecordKind, typed: &Typed) -> String {
    let parts = kind.title.iter().filter_map(|part| match part {
        TitlePart::Field(id) => Some(typed.get(id)),
        _ => None,
    });
    let title: String = parts.filter(|text| text.len() != 36).collect();
    title.chars().take(60).collect()
}

fn draft_of(work: &Work, typed: &Typed) -> Draft {
    let title = match work.before() {
        Some(answer) => answer.record.text("title").to_owned(),
        None => title(&work.kind, typed),
    };
    Draft {
        id: typed.get(KEY).to_owned(),
        kind: work.kind.id.clone(),
        record: work.id().to_owned(),
        action: work.action().to_owned(),
        title,
        body: typed.to_text(),
        updated_at: 0,
        page: typed.get(PAGE).to_owned(),
    }
}

/// Saves what is typed. Script is told in a word, a person is brought back to the form. What
/// another device saved meanwhile is kept beside it.
pub async fn save(work: &Work, mut typed: Typed) -> Result<Response, Refusal> {
    let by_itself = typed.has("_autosave");
    for name in ["_draft", "_autosave", "_confirm"] {
        typed.clear(name);
    }
    let visitor = &work.visitor;
    let draft = draft_of(work, &typed);
    let (account, continues) = (&visitor.actor().account, typed.get(CONTINUES));
    let kept = visitor.app.desk.save_draft(account, &draft, continues, &visitor.moment).await?;
    if by_itself && kept != draft.id {
        return Ok(APART.into_response());
    }
    if by_itself {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Ok(me::back(&urls::with_query(&work.address(), &[("draft", &kept)])))
}

const APART: &str = "这份草稿在别的设备或者窗口上也改过，两份都已保存，在工作台可以分别打开";

/// The deed is done: its drafts go.
pub async fn done(work: &Work, typed: &Typed) -> Result<(), Refusal> {
    let (desk, account) = (&work.visitor.app.desk, &work.visitor.actor().account);
    let beside = desk::drafts::apart(typed.get(KEY), typed.get(PAGE));
    desk.remove_draft(account, typed.get(KEY)).await?;
    desk.remove_draft(account, &beside).await
}

/// The draft of this form with that id, and when it was saved.
pub async fn take_up(work: &Work, id: &str) -> Result<Option<(Typed, String)>, Refusal> {
    if id.is_empty() {
        return Ok(None);
    }
    let visitor = &work.visitor;
    let draft = visitor.app.desk.find_draft(&visitor.actor().account, id).await?;
    let fits = |draft: &Draft| {
        draft.kind == work.kind.id && draft.record == work.id() && draft.action == work.action()
    };
    Ok(draft.filter(fits).map(|draft| {
        let mut typed = Typed::from_text(&draft.body);
        typed.set(KEY, draft.id);
        typed.set(PAGE, visitor.id());
        typed.set(CONTINUES, draft.page);
        (typed, format!("草稿，{} 保存", words::at(draft.updated_at, &visitor.moment)))
    }))
}

/// Drafts of this same form, other than the one at work: a word and where each is taken up.
pub async fn waiting(work: &Work, typed: &Typed) -> Result<Vec<(String, String)>, Refusal> {
    let visitor = &work.visitor;
    let drafts = visitor.app.desk.drafts(&visitor.actor().account).await?;
    let same = drafts.iter().filter(|draft| {
        draft.kind == work.kind.id
            && draft.record == work.id()
            && draft.action == work.action()
            && draft.id != typed.get(KEY)
    });
    let link = |draft: &Draft| {
        let saved = words::at(draft.updated_at, &visitor.moment);
        let title = if draft.title.is_empty() { "还没有名称" } else { &draft.title };
        let label = format!("您有未提交的草稿：{title}，{saved} 保存，接着填写");
        Some((label, draft_address(&work.house, draft)?))
    };
    Ok(same.filter_map(link).take(3).collect())
}

/// `POST /drafts/{id}/remove`
pub async fn remove_draft(Path(id): Path<String>, Sure(visitor, _): Sure) -> Response {
    match discard(&visitor, &id).await {
        Ok(()) => me::back("/"),
        Err(refusal) => page::refused(&visitor, &refusal).await,
    }
}

async fn discard(visitor: &Visitor, id: &str) -> Result<(), Refusal> {
    visitor.app.desk.remove_draft(&visitor.actor().account, id).await
}

/// Keeps a form that came without a session as a draft of whoever has signed in now; gives where
/// it is taken up. `None` if the address is no form.
pub async fn keep_held(app: &App, account: &str, to: &str, typed: &Typed) -> Option<String> {
    let house = app.desk.house();
    let (kind, record, action) = urls::form_parts(to)?;
    let kind = house.kind(kind)?;
    let moment = clock::now(account);
    let id = match typed.get(KEY) {
        key if (8..=64).contains(&key.len()) => key.to_owned(),
        _ => clock::SystemChance.id(moment.at),
    };
    let draft = Draft {
        id,
        kind: kind.id.clone(),
        record: record.to_owned(),
        action: action.to_owned(),
        title: title(kind, typed),
        body: typed.to_text(),
        updated_at: 0,
        page: typed.get(PAGE).to_owned(),
    };
    let id = app.desk.save_draft(account, &draft, typed.get(CONTINUES), &moment).await.ok()?;
    draft_address(&house, &Draft { id, ..draft })
}
