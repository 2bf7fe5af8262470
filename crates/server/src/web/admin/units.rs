//! The tree of units, opened step by step, and its import from files.

use super::{about, entitled, is};
use crate::web::{
    look::{
        admin::{UnitView, UnitsView, units as draw_units},
        field::ChoiceView,
        field::{FieldView, FileInput, Input},
        form::{FormView, SectionView, form},
        frame::Notice,
        list::OptionView,
        part::{StateView, Tone},
        progress::{RowProblem, WorkView, work},
    },
    page,
    typed::Typed,
    urls,
    visitor::{Upload, Visitor},
    words,
};
use axum::{body::Bytes, extract::Query, response::Response};
use desk::{
    Refusal,
    division::{self, Which},
    units::Unit,
};
use engine::problem::Problem;
use maud::{Markup, html};

const HERE: &str = "/admin/units";
/// So many faults are listed; the rest is counted.
const MOST_FAULTS: usize = 200;

/// `GET /admin/units?under=CODE`
pub async fn page(visitor: Visitor, Query(pairs): Query<Vec<(String, String)>>) -> Response {
    if let Err(refusal) = entitled(&visitor) {
        return page::refused(&visitor, &refusal).await;
    }
    let under = Typed::read(pairs).unwrap_or_default().take("under");
    let body = html! {
        (draw_units(&view(&visitor, &under)))
        @if is(&visitor, &["system_admin"]) { (import_form(&visitor)) }
    };
    page::page(&visitor, about("单位", HERE), body).await
}

/// The way down to a unit, and the units right below it.
fn view(visitor: &Visitor, under: &str) -> UnitsView {
    let units = visitor.app.desk.units();
    let own = &visitor.actor().unit;
    let at = units.get(under).filter(|unit| unit.path.starts_with(&own.path)).unwrap_or(own);
    let line = units.line(&at.code);
    let way = line.into_iter().filter(|unit| unit.path.len() >= own.path.len());
    let mut shown: Vec<UnitView> =
        way.enumerate().map(|(depth, unit)| unit_view(visitor, unit, depth)).collect();
    let depth = shown.len();
    shown.extend(units.below(&at.code).map(|unit| unit_view(visitor, unit, depth)));
    let all = units.all().iter().filter(|unit| unit.path.starts_with(&own.path)).count();
    UnitsView {
        count_text: format!("共 {} 个", words::thousands(all as i128)),
        units: shown,
        links: Vec::new(),
    }
}

fn unit_view(visitor: &Visitor, unit: &Unit, depth: usize) -> UnitView {
    let ended = unit.valid_to.is_some_and(|last| last < visitor.moment.today);
    let (text, tone) = if ended { ("已停用", Tone::Done) } else { ("有效", Tone::Good) };
    let seen = is(visitor, &["system_admin", "security_admin", "auditor"]);
    UnitView {
        depth: u8::try_from(depth).unwrap_or(u8::MAX),
        code: unit.code.clone(),
        name: unit.name.clone(),
        level: unit.level.word().to_owned(),
        accounts: seen.then(|| urls::with_query("/admin/accounts", &[("unit", &unit.code)])),
        state: StateView { text: text.to_owned(), tone },
        href: urls::with_query(HERE, &[("under", &unit.code)]),
    }
}

fn import_form(visitor: &Visitor) -> Markup {
    let choice = |value: &str, label: &str, chosen| ChoiceView {
        group: None,
        option: OptionView { value: value.to_owned(), label: label.to_owned(), chosen },
    };
    let files =
        FileInput { accept: ".csv,text/csv".to_owned(), many: true, ..FileInput::default() };
    let how = vec![choice("check", "只检查，不导入", true), choice("import", "检查并导入", false)];
    let view = FormView {
        heading: 2,
        title: "导入单位".to_owned(),
        lead: Some("CSV 文件，UTF-8 编码，列为 code,name,parent，另可有 valid_from,valid_to,successor。省、市、县、乡、村可以分在几个文件里，一次选齐。".to_owned()),
        action: HERE.to_owned(),
        csrf: visitor.session.csrf.clone(),
        sections: vec![SectionView {
            id: "import".to_owned(),
            title: String::new(),
            fields: vec![
                FieldView { required: true, ..FieldView::new("file", "CSV 文件", Input::File(files)) },
                FieldView::new("how", "怎样处理", Input::Choice(how)),
            ],
            ..SectionView::default()
        }],
        submit: "开始".to_owned(),
        cancel: HERE.to_owned(),
        ..FormView::default()
    };
    form(&view)
}

/// `POST /admin/units`: files with units.
pub async fn import(Upload(visitor, typed, files): Upload) -> Response {
    let importing = typed.get("how") == "import";
    match take(&visitor, &files, importing).await {
        Ok(result) => show(&visitor, importing, &[], vec![result]).await,
        Err(Refusal::Invalid(problems)) => show(&visitor, importing, &problems, Vec::new()).await,
        Err(refusal) => page::refused(&visitor, &refusal).await,
    }
}

async fn take(visitor: &Visitor, files: &[Bytes], importing: bool) -> Result<String, Refusal> {
    entitled(visitor)?;
    if files.is_empty() {
        return Err(Refusal::problem(Problem::error("required", "请选择文件")));
    }
    let texts: Result<Vec<&str>, _> = files.iter().map(|file| std::str::from_utf8(file)).collect();
    let wrong = "文件不是 UTF-8 编码，请在表格软件里另存为“CSV UTF-8”";
    let texts = texts.map_err(|_| Refusal::problem(Problem::error("encoding", wrong)))?;
    let which = Which::default();
    let desk = &visitor.app.desk;
    if !importing {
        if !is(visitor, &["system_admin"]) {
            return Err(Refusal::forbidden("单位由系统管理员维护"));
        }
        let read = division::read(&texts, &which, &desk.units()).map_err(Refusal::Invalid)?;
        return Ok(format!("检查通过，共{}个单位，可以导入。", read.len()));
    }
    let done = desk.import_units(Some(visitor.actor()), &texts, &which, &visitor.moment).await?;
    Ok(format!("已导入：新增{}个，更新{}个，未变{}个。", done.new, done.changed, done.same))
}

async fn show(
    visitor: &Visitor,
    importing: bool,
    problems: &[Problem],
    mut results: Vec<String>,
) -> Response {
    let tone = if problems.is_empty() { Tone::Good } else { Tone::Late };
    let text = match (problems.is_empty(), importing) {
        (true, true) => "已导入",
        (true, false) => "检查通过",
        (false, _) => "没有导入",
    };
    if !problems.is_empty() {
        results.push(format!(
            "共 {} 处需要更正，更正后再选文件。一处不对，全部不导入。",
            problems.len()
        ));
    }
    let view = WorkView {
        title: "导入单位".to_owned(),
        state: StateView { text: text.to_owned(), tone },
        results,
        problems: problems.iter().take(MOST_FAULTS).map(row_problem).collect(),
        csrf: visitor.session.csrf.clone(),
        ..WorkView::default()
    };
    let body = html! { (work(&view)) @if !problems.is_empty() { (import_form(visitor)) } };
    let mut about = about("导入单位", HERE);
    about.place = vec![("单位".to_owned(), HERE.to_owned())];
    about.notice = problems.is_empty().then(|| Notice {
        tone: Tone::Good,
        text: text.to_owned(),
        link: Some(("查看单位".to_owned(), HERE.to_owned())),
    });
    about.status = (!problems.is_empty()).then_some(axum::http::StatusCode::UNPROCESSABLE_ENTITY);
    page::page(visitor, about, body).await
}

/// A fault with the number of its row, which the desk puts into its field.
fn row_problem(problem: &Problem) -> RowProblem {
    let place = problem.field.strip_prefix("row ").unwrap_or(&problem.field);
    let (row, column) = place.split_once('.').unwrap_or((place, ""));
    RowProblem {
        row: row.parse().unwrap_or_default(),
        column: column.to_owned(),
        message: problem.message.clone(),
    }
}
