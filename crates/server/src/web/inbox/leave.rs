//! Standing in: one's own absences, and those of others in which one stands in.

use crate::web::{
    look::{
        field::{ChoiceView, DateInput, FieldView, Input, TextKind},
        form::{FormView, SectionView, form},
        frame::Notice,
        list::OptionView,
        part::{ActionView, StateView, Target, Tone, Weight, action, state},
    },
    me,
    page::{self, About},
    typed::Typed,
    urls,
    visitor::{Sure, Visitor},
    words,
};
use axum::{
    extract::{Path, Query},
    http::StatusCode,
    response::Response,
};
use desk::{
    Refusal,
    inbox::{Leave, NewLeave},
};
use engine::{check::date::show_weekday, problem::Problem};
use maud::{Markup, html};

const HERE: &str = "/me/leave";

/// `GET /me/leave`
pub async fn page(visitor: Visitor, Query(pairs): Query<Vec<(String, String)>>) -> Response {
    let typed = Typed::read(pairs).unwrap_or_default();
    page::done(&visitor, draw(&visitor, &typed, &[]).await).await
}

async fn draw(visitor: &Visitor, typed: &Typed, problems: &[Problem]) -> Result<Response, Refusal> {
    let desk = &visitor.app.desk;
    let (mine, others) = desk.leaves(visitor.actor(), &visitor.moment).await?;
    let deputies = desk.deputies(visitor.actor()).await?;
    let body = html! {
        header.head {
            h1 { "请假代办" }
            p.lead { "不在的日子请本单位的同事代办：这几天交给您的事项也列在代办人的待办里，标明代您办理；到日子自己结束。代办不增加代办人能看、能办的范围。" }
        }
        (own(visitor, &mine))
        @if !others.is_empty() { (standing_in(&others)) }
        @if deputies.is_empty() {
            div.empty { p { "本单位没有其他在用的账号，不能安排代办；请与安全管理员联系。" } }
        } @else {
            (form(&new_form(visitor, typed, problems, &deputies)))
        }
    };
    let mut about =
        About::new("请假代办", "/me").below(vec![("我的".to_owned(), "/me".to_owned())]);
    about.status = (!problems.is_empty()).then_some(StatusCode::UNPROCESSABLE_ENTITY);
    about.notice = match typed.get("said") {
        "new" => Some("代办已安排好。"),
        "end" => Some("代办已取消。"),
        _ => None,
    }
    .map(|text| Notice { tone: Tone::Good, text: text.to_owned(), link: None });
    Ok(page::page(visitor, about, body).await)
}

fn days(leave: &Leave) -> String {
    format!("{}至{}", show_weekday(leave.from), show_weekday(leave.to))
}

fn own(visitor: &Visitor, leaves: &[Leave]) -> Markup {
    let today = visitor.moment.today;
    let standing = |leave: &Leave| match () {
        () if leave.to < today => ("已结束", Tone::Done),
        () if leave.from > today => ("未开始", Tone::Plain),
        () => ("代办中", Tone::Active),
    };
    let cancel = |leave: &Leave| ActionView {
        label: if leave.from > today { "取消".to_owned() } else { "提前结束".to_owned() },
        target: Target::Post(format!("{HERE}/{}/end", urls::encode(&leave.id)), Vec::new()),
        weight: Weight::Plain,
        confirm: None,
    };
    html! {
        @if !leaves.is_empty() {
            section.panel {
                header { h2 { "我的安排" } }
                ul.ways {
                    @for leave in leaves {
                        @let (text, tone) = standing(leave);
                        li {
                            (days(leave)) " 由 " b { (leave.deputy_name) } " 代办 "
                            (state(&StateView { text: text.to_owned(), tone })) " "
                            @if leave.to >= today { (action(&cancel(leave), &visitor.session.csrf)) }
                            @if !leave.note.is_empty() { span.sub { (leave.note) } }
                        }
                    }
                }
            }
        }
    }
}

fn standing_in(leaves: &[Leave]) -> Markup {
    html! {
        section.panel {
            header { h2 { "请我代办的" } }
            ul.ways { @for leave in leaves { li {
                b { (leave.name) } " " (days(leave))
                @if !leave.note.is_empty() { span.sub { (leave.note) } }
            } } }
        }
    }
}

fn new_form(
    visitor: &Visitor,
    typed: &Typed,
    problems: &[Problem],
    deputies: &[desk::inbox::Colleague],
) -> FormView {
    let house = visitor.app.desk.house();
    let date = |name: &str| {
        Input::Date(DateInput {
            value: typed.get(name).to_owned(),
            min: Some(visitor.moment.today.to_string()),
            max: None,
        })
    };
    let choices = deputies.iter().map(|colleague| ChoiceView {
        group: None,
        option: OptionView {
            value: colleague.account.clone(),
            label: format!("{} · {}", colleague.name, words::role(&house, &colleague.role)),
            chosen: colleague.account == typed.get("deputy"),
        },
    });
    let field = |name: &str, label: &str, required, input| FieldView {
        required,
        error: problems.iter().find(|p| p.field == name).map(|p| p.message.clone()),
        ..FieldView::new(name, label, input)
    };
    let note = Input::Text(typed.get("note").to_owned(), 200, TextKind::Plain);
    let fields = vec![
        field("from", "从哪一天", true, date("from")),
        field("to", "到哪一天", true, date("to")),
        field("deputy", "代办人", true, Input::Choice(choices.collect())),
        field("note", "说明", false, note),
    ];
    FormView {
        heading: 2,
        title: "安排代办".to_owned(),
        action: HERE.to_owned(),
        csrf: visitor.session.csrf.clone(),
        errors: me::errors(problems),
        sections: vec![SectionView { id: "leave".to_owned(), fields, ..SectionView::default() }],
        submit: "安排代办".to_owned(),
        cancel: "/me".to_owned(),
        ..FormView::default()
    }
}

/// `POST /me/leave`
pub async fn hand_over(Sure(visitor, typed): Sure) -> Response {
    let text = |name: &str| typed.get(name).trim().to_owned();
    let new =
        NewLeave { from: text("from"), to: text("to"), deputy: text("deputy"), note: text("note") };
    match visitor.app.desk.hand_over(visitor.actor(), &new, &visitor.moment).await {
        Ok(_) => me::back("/me/leave?said=new"),
        Err(Refusal::Invalid(problems)) => {
            page::done(&visitor, draw(&visitor, &typed, &problems).await).await
        }
        Err(refusal) => page::refused(&visitor, &refusal).await,
    }
}

/// `POST /me/leave/{id}/end`
pub async fn end(Path(id): Path<String>, Sure(visitor, _): Sure) -> Response {
    match visitor.app.desk.end_leave(visitor.actor(), &id, &visitor.moment).await {
        Ok(()) => me::back("/me/leave?said=end"),
        Err(refusal) => page::refused(&visitor, &refusal).await,
    }
}
