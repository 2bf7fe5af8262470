//! Acts on lines of the inbox: giving them to a colleague, taking them back, looking away.

use super::HERE;
use crate::web::{
    look::{
        field::{ChoiceView, DateInput, FieldView, Input, TextKind},
        form::{FormView, SectionView, WarningView, form},
        inbox::left as draw_left,
        list::OptionView,
    },
    me,
    page::{self, About},
    typed::Typed,
    urls,
    visitor::{Sure, Visitor},
    words,
};
use axum::{extract::Query, http::StatusCode, response::Response};
use desk::{Refusal, inbox::Moved};
use engine::problem::{Problem, Severity};
use jiff::ToSpan;

/// Sent from a list: the form is only asked for.
const ASK: &str = "_ask";

/// What is chosen on a list.
fn items(typed: &Typed) -> Vec<String> {
    typed.all("item").into_iter().map(str::to_owned).collect()
}

fn back(typed: &Typed) -> String {
    match typed.get("back") {
        "" => HERE.to_owned(),
        address => urls::own(address),
    }
}

/// The form, or the page that says that nothing was chosen.
async fn drawn_or_nothing(
    visitor: &Visitor,
    typed: &Typed,
    drawn: Result<Response, Refusal>,
) -> Response {
    match drawn {
        Ok(response) => response,
        Err(refusal) => moved(visitor, typed, "", Err(refusal)).await,
    }
}

/// `GET /tasks/assign?item=…`
pub async fn assign_form(visitor: Visitor, Query(pairs): Query<Vec<(String, String)>>) -> Response {
    let typed = Typed::read(pairs).unwrap_or_default();
    let drawn = draw_assign(&visitor, &typed, &[]).await;
    drawn_or_nothing(&visitor, &typed, drawn).await
}

async fn draw_assign(
    visitor: &Visitor,
    typed: &Typed,
    problems: &[Problem],
) -> Result<Response, Refusal> {
    let desk = &visitor.app.desk;
    let (house, units) = (desk.house(), desk.units());
    let chosen = items(typed);
    let called = desk.limits_called(visitor.actor(), &chosen).await?;
    let mut people: Vec<(String, String)> = Vec::new();
    for colleague in desk.colleagues(visitor.actor(), &chosen).await? {
        let me = if colleague.account == visitor.actor().account { "（我自己）" } else { "" };
        let post = format!(
            "{}{me} · {} · {}",
            colleague.name,
            words::role(&house, &colleague.role),
            units.long_name(&colleague.unit)
        );
        match people.iter_mut().find(|(account, _)| *account == colleague.account) {
            Some((_, label)) => *label += &format!("，{}", words::role(&house, &colleague.role)),
            None => people.push((colleague.account, post)),
        }
    }
    let to = people.iter().map(|(account, label)| ChoiceView {
        group: None,
        option: OptionView {
            value: account.clone(),
            label: label.clone(),
            chosen: *account == typed.get("to"),
        },
    });
    let fields = vec![
        FieldView {
            required: true,
            hint: Some("本单位和下级单位里看得到这些档案的人。交办只改变列在谁的待办里，不改变谁能看、谁能办".to_owned()),
            error: error(problems, "to"),
            ..FieldView::new("to", "交给谁", Input::Choice(to.collect()))
        },
        FieldView {
            hint: Some("双方都看得到，会记入办理经过；不要写证件号码、电话".to_owned()),
            error: error(problems, "note"),
            ..FieldView::new("note", "附言", Input::Text(typed.get("note").to_owned(), 200, TextKind::Plain))
        },
    ];
    let view = FormView {
        submit: "交办".to_owned(),
        ..chosen_form(visitor, typed, &called, "/tasks/assign", fields, problems)
    };
    Ok(answer(visitor, "交办", &view, problems).await)
}

/// `POST /tasks/assign`
pub async fn assign(Sure(visitor, typed): Sure) -> Response {
    if typed.has(ASK) {
        let drawn = draw_assign(&visitor, &typed, &[]).await;
        return drawn_or_nothing(&visitor, &typed, drawn).await;
    }
    let desk = &visitor.app.desk;
    let (to, note) = (typed.get("to"), typed.get("note"));
    let done = desk.assign(visitor.actor(), &items(&typed), to, note, &visitor.moment).await;
    match done {
        Err(Refusal::Invalid(problems)) if problems.iter().all(|p| p.field != "item") => {
            page::done(&visitor, draw_assign(&visitor, &typed, &problems).await).await
        }
        done => moved(&visitor, &typed, "assign", done).await,
    }
}

/// `POST /tasks/recall`
pub async fn recall(Sure(visitor, typed): Sure) -> Response {
    let done = visitor.app.desk.recall(visitor.actor(), &items(&typed), &visitor.moment).await;
    moved(&visitor, &typed, "recall", done).await
}

/// `POST /tasks/wake`
pub async fn wake(Sure(visitor, typed): Sure) -> Response {
    let done = visitor.app.desk.wake(visitor.actor(), &items(&typed), &visitor.moment).await;
    moved(&visitor, &typed, "wake", done).await
}

/// `GET /tasks/snooze?item=…`
pub async fn snooze_form(visitor: Visitor, Query(pairs): Query<Vec<(String, String)>>) -> Response {
    let typed = Typed::read(pairs).unwrap_or_default();
    let drawn = draw_snooze(&visitor, &typed, &[]).await;
    drawn_or_nothing(&visitor, &typed, drawn).await
}

async fn draw_snooze(
    visitor: &Visitor,
    typed: &Typed,
    problems: &[Problem],
) -> Result<Response, Refusal> {
    // Whoever chose nothing is told so before a form is drawn.
    let called = visitor.app.desk.limits_called(visitor.actor(), &items(typed)).await?;
    let today = visitor.moment.today;
    let day = |days: i64| today.checked_add(days.days()).map(|day| day.to_string()).ok();
    let until = match typed.get("until") {
        "" => day(3).unwrap_or_default(),
        typed => typed.to_owned(),
    };
    let fields = vec![
        FieldView {
            required: true,
            hint: Some("到这一天重新出现在您的待办里".to_owned()),
            error: error(problems, "until"),
            ..FieldView::new(
                "until",
                "暂缓到",
                Input::Date(DateInput { value: until, min: day(1), max: day(90) }),
            )
        },
        FieldView {
            required: true,
            hint: Some("例如：等当事人补材料。看得到这份档案的人都看得到理由".to_owned()),
            error: error(problems, "reason"),
            ..FieldView::new(
                "reason",
                "理由",
                Input::Text(typed.get("reason").to_owned(), 200, TextKind::Plain),
            )
        },
    ];
    let warns = problems.iter().filter(|problem| problem.severity == Severity::Warning);
    let view = FormView {
        submit: "暂缓".to_owned(),
        warnings: warns
            .map(|problem| WarningView {
                message: problem.message.clone(),
                basis: (!problem.basis.is_empty()).then(|| problem.basis.clone()),
            })
            .collect(),
        ..chosen_form(visitor, typed, &called, "/tasks/snooze", fields, problems)
    };
    Ok(answer(visitor, "暂缓", &view, problems).await)
}

/// `POST /tasks/snooze`
pub async fn snooze(Sure(visitor, typed): Sure) -> Response {
    if typed.has(ASK) {
        let drawn = draw_snooze(&visitor, &typed, &[]).await;
        return drawn_or_nothing(&visitor, &typed, drawn).await;
    }
    let desk = &visitor.app.desk;
    let (until, reason) = (typed.get("until"), typed.get("reason"));
    let confirmed = typed.get("_confirm") == "true";
    let chosen = items(&typed);
    let done =
        desk.snooze(visitor.actor(), &chosen, until, reason, confirmed, &visitor.moment).await;
    match done {
        Err(Refusal::Invalid(problems) | Refusal::Confirm(problems))
            if problems.iter().all(|p| p.field != "item") =>
        {
            page::done(&visitor, draw_snooze(&visitor, &typed, &problems).await).await
        }
        done => moved(&visitor, &typed, "snooze", done).await,
    }
}

fn error(problems: &[Problem], field: &str) -> Option<String> {
    let wrong = |p: &&Problem| p.field == field && p.severity == Severity::Error;
    problems.iter().find(wrong).map(|p| p.message.clone())
}

/// What was chosen, the first by name.
fn lead(called: &[String]) -> String {
    const NAMED: usize = 5;
    let first: Vec<&str> = called.iter().take(NAMED).map(String::as_str).collect();
    let more = if called.len() > NAMED { "等" } else { "" };
    format!("选中了 {} 件：{}{more}。", called.len(), first.join("、"))
}

/// A form about what was chosen on the list.
fn chosen_form(
    visitor: &Visitor,
    typed: &Typed,
    called: &[String],
    action: &str,
    fields: Vec<FieldView>,
    problems: &[Problem],
) -> FormView {
    let chosen = items(typed);
    let mut hidden: Vec<(String, String)> =
        chosen.iter().map(|item| ("item".to_owned(), item.clone())).collect();
    hidden.push(("back".to_owned(), back(typed)));
    let wrong: Vec<Problem> =
        problems.iter().filter(|p| p.severity == Severity::Error).cloned().collect();
    FormView {
        title: if action.ends_with("assign") { "交办" } else { "暂缓" }.to_owned(),
        lead: Some(lead(called)),
        action: action.to_owned(),
        csrf: visitor.session.csrf.clone(),
        hidden,
        errors: me::errors(&wrong),
        sections: vec![SectionView { id: "chosen".to_owned(), fields, ..SectionView::default() }],
        cancel: back(typed),
        ..FormView::default()
    }
}

async fn answer(visitor: &Visitor, title: &str, view: &FormView, problems: &[Problem]) -> Response {
    let about = About {
        status: (!problems.is_empty()).then_some(StatusCode::UNPROCESSABLE_ENTITY),
        ..About::new(title, "/").below(vec![("待办".to_owned(), view.cancel.clone())])
    };
    page::page(visitor, about, form(view)).await
}

/// Back to the list; where some were left, first which and why.
async fn moved(
    visitor: &Visitor,
    typed: &Typed,
    act: &str,
    done: Result<Moved, Refusal>,
) -> Response {
    let back = back(typed);
    let moved = match done {
        Ok(moved) => moved,
        Err(Refusal::Invalid(problems)) => {
            let why = problems.into_iter().map(|p| ("没有选中的".to_owned(), p.message)).collect();
            Moved { done: Vec::new(), left: why }
        }
        Err(refusal) => return page::refused(visitor, &refusal).await,
    };
    if moved.left.is_empty() {
        let mark = if back.contains('?') { '&' } else { '?' };
        return me::back(&format!("{back}{mark}said={act}.{}", moved.done.len()));
    }
    let done = match moved.done.len() {
        0 => String::new(),
        count => format!("另有 {count} 件已办成。"),
    };
    let about = About {
        status: moved.done.is_empty().then_some(StatusCode::UNPROCESSABLE_ENTITY),
        ..About::new("没有办成的", "/").below(vec![("待办".to_owned(), back.clone())])
    };
    page::page(visitor, about, draw_left(&done, &moved.left, &back)).await
}
