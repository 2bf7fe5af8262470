//! Statistics and official reports, as JSON and as a sheet.

use super::{
    ask::{Asked, At, Caller},
    disposition, json,
    out::Out,
    problem::Fault,
};
use crate::{
    app::App,
    official::{self, Official, XLSX},
};
use axum::{
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use desk::{
    Moment,
    report::{ReportAnswer, ReportAsk, ReportRow},
};
use engine::{definition::dimension_table, rule::Worked};
use jiff::civil::Date;
use serde_json::Value as Json;

/// First and last month of `2026-01`, `2026-01..2026-06`, `2026Q1`, `2026H1`, `2026`.
pub fn months(period: &str) -> Result<(String, String), Fault> {
    let wrong = || {
        let detail = "period 应写成 2026-01、2026-01..2026-06、2026Q1、2026H1 或者 2026";
        Fault::malformed_at("period", "period", detail)
    };
    let is_year = |t: &str| t.len() == 4 && t.chars().all(|c| c.is_ascii_digit());
    if let Some((from, to)) = period.split_once("..") {
        return Ok((from.to_owned(), to.to_owned()));
    }
    if let Some((year, quarter)) = period.split_once('Q') {
        let quarter = match quarter {
            "1" | "2" | "3" | "4" if is_year(year) => quarter.parse::<u8>().map_err(|_| wrong())?,
            _ => return Err(wrong()),
        };
        return Ok((
            format!("{year}-{:02}", quarter * 3 - 2),
            format!("{year}-{:02}", quarter * 3),
        ));
    }
    if let Some((year, half)) = period.split_once('H') {
        return match half {
            "1" if is_year(year) => Ok((format!("{year}-01"), format!("{year}-06"))),
            "2" if is_year(year) => Ok((format!("{year}-07"), format!("{year}-12"))),
            _ => Err(wrong()),
        };
    }
    match period {
        year if is_year(year) => Ok((format!("{year}-01"), format!("{year}-12"))),
        "" => Err(wrong()),
        month => Ok((month.to_owned(), month.to_owned())),
    }
}

/// Unit and time; without a time, this year up to this month.
fn report_ask(report: &str, asked: &mut Asked, moment: &Moment) -> Result<ReportAsk, Fault> {
    let unit = asked.take("unit");
    let (from, to) = (asked.take("from"), asked.take("to"));
    let (from, to) = match asked.take_if("period") {
        Some(period) => months(&period)?,
        None => {
            let today = moment.today;
            let this_month = || format!("{:04}-{:02}", today.year(), today.month());
            let to = if to.is_empty() { this_month() } else { to };
            let year: String = to.chars().take(4).collect();
            (if from.is_empty() { format!("{year}-01") } else { from }, to)
        }
    };
    let as_of = match asked.take_if("as_of").as_deref() {
        None | Some("") => None,
        Some(day) => match day.parse::<Date>() {
            Ok(day) if day <= moment.today => Some(day),
            _ => {
                let detail = "as_of 应为今天或者以前的一个日期，如 2026-06-30";
                return Err(Fault::malformed_at("as_of", "as_of", detail));
            }
        },
    };
    Ok(ReportAsk { report: report.to_owned(), unit, from, to, as_of })
}

/// `GET /statistics/{statistic}`
pub async fn statistic(
    State(app): State<App>,
    caller: Caller,
    At([id]): At<1>,
    mut asked: Asked,
) -> Result<Response, Fault> {
    let (by, measure) = (asked.take("by"), asked.take("measure"));
    let ask = report_ask("", &mut asked, &caller.moment)?;
    asked.nothing_else()?;
    let rows = app.desk.statistic(caller.actor(), &id, &measure, &by, &ask).await?;
    let (house, units) = (app.desk.house(), app.desk.units());
    let found = house.statistics.get(&id);
    let table = found
        .and_then(|s| house.kind(&s.kind))
        .and_then(|kind| dimension_table(kind, &by).map(str::to_owned));
    let measure = found.and_then(|s| {
        s.measures.iter().find(|m| m.id == measure || measure.is_empty()).map(|m| m.id.as_str())
    });
    let mut out = Out::with_room(128 * rows.len() + 256);
    out.open();
    out.text("statistic", &id);
    out.text("measure", measure.unwrap_or_default());
    out.text("by", &by);
    out.text("from", &ask.from);
    out.text("to", &ask.to);
    out.list_at("items");
    for (unit, month, code, value) in &rows {
        out.open();
        out.text("unit", unit);
        out.text("unit_name", units.get(unit).map_or("", |u| &u.name));
        out.text("month", month);
        if !by.is_empty() {
            out.text("code", code);
            let name = table.as_deref().map_or(code.as_str(), |t| house.code_name(t, code));
            out.text("name", name);
        }
        out.int("value", *value);
        out.close();
    }
    out.end_list();
    out.close();
    Ok(json(StatusCode::OK, out))
}

/// `GET /reports/{report}`, also `.xlsx` and `.pdf`
pub async fn report(
    State(app): State<App>,
    caller: Caller,
    At([name]): At<1>,
    mut asked: Asked,
) -> Result<Response, Fault> {
    let (id, form) = match name.rsplit_once('.') {
        Some((id, form @ ("xlsx" | "pdf"))) => (id, Some(form)),
        _ => (name.as_str(), None),
    };
    let ask = report_ask(id, &mut asked, &caller.moment)?;
    asked.nothing_else()?;
    let answer = app.desk.report(caller.actor(), &ask).await?;
    let Some(form) = form else { return Ok(json(StatusCode::OK, report_out(&answer))) };
    let official = Official::of(&answer, None);
    let (media, bytes) = match form {
        "pdf" => {
            let printed = official::pdf(&app, &official, &caller.moment).await?;
            ("application/pdf", printed)
        }
        _ => (XLSX, official::xlsx(&official).map_err(|error| unwritten(&error))?),
    };
    app.desk.log_look(caller.actor(), "export", "report", id, &caller.moment).await?;
    let mut response = ([(header::CONTENT_TYPE, media)], bytes).into_response();
    let name = format!("{} {}.{form}", answer.report.label, answer.unit.name);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_DISPOSITION, disposition("attachment", &name));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn unwritten(error: &dyn std::fmt::Display) -> Fault {
    tracing::error!(%error, "a sheet could not be written");
    Fault::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal",
        "系统出错了",
        "电子表格没有生成，已记录，请联系管理员",
    )
}

fn report_out(answer: &ReportAnswer) -> Out {
    let mut out = Out::with_room(4_096);
    out.open();
    out.text("report", &answer.report.id);
    out.text("label", &answer.report.label);
    out.text("help", &answer.report.help);
    out.text("basis", &answer.report.basis);
    out.text("unit", &answer.unit.code);
    out.text("unit_name", &answer.unit.name);
    out.text("from", &answer.from);
    out.text("to", &answer.to);
    match answer.as_of {
        Some(day) => out.text("as_of", &day.to_string()),
        None => out.null("as_of"),
    }
    out.list_at("columns");
    for group in &answer.report.groups {
        for column in &group.columns {
            out.open();
            out.text("id", &column.id);
            out.text("label", &column.label);
            out.text("unit", &column.unit);
            out.text("group", &group.label);
            out.close();
        }
    }
    out.end_list();
    out.open_at("total");
    row(&mut out, answer, &answer.total);
    out.close();
    out.list_at("rows");
    for one in &answer.rows {
        out.open();
        row(&mut out, answer, one);
        out.close();
    }
    out.end_list();
    out.list_at("checks");
    for check in &answer.checks {
        out.open();
        out.text("id", &check.id);
        out.text("label", &check.label);
        out.yes_no("holds", check.holds());
        out.list_at("failing");
        for row in &check.failing {
            out.open();
            out.text("unit", &row.unit);
            out.text("name", &row.name);
            out.json("left", &figure(row.sides.0));
            out.json("right", &figure(row.sides.1));
            out.list_at("columns");
            row.columns.iter().for_each(|column| out.item(column));
            out.end_list();
            out.close();
        }
        out.end_list();
        out.close();
    }
    out.end_list();
    out.list_at("months");
    for (month, value) in &answer.months {
        out.open();
        out.text("month", month);
        out.int("value", *value);
        out.close();
    }
    out.end_list();
    out.close();
    out
}

fn row(out: &mut Out, answer: &ReportAnswer, row: &ReportRow) {
    out.text("unit", &row.unit);
    out.text("name", &row.name);
    out.open_at("figures");
    for (column, worked) in answer.report.columns().zip(&row.figures) {
        out.json(&column.id, &figure(*worked));
    }
    out.close();
}

/// A whole number, a fraction, or null where the figure is blank.
pub fn figure(worked: Worked) -> Json {
    match worked.of {
        0 => Json::Null,
        1 => Json::from(i64::try_from(worked.number).unwrap_or(i64::MAX)),
        of => Json::from(worked.number as f64 / of as f64),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_period_is_read_in_five_ways() {
        let check = |period: &str, from: &str, to: &str| {
            assert_eq!(months(period).unwrap(), (from.to_owned(), to.to_owned()), "{period}");
        };
        check("2026-03", "2026-03", "2026-03");
        check("2026-01..2026-06", "2026-01", "2026-06");
        check("2026Q4", "2026-10", "2026-12");
        check("2026H1", "2026-01", "2026-06");
        check("2026H2", "2026-07", "2026-12");
        check("2026", "2026-01", "2026-12");
        for wrong in ["", "2026Q5", "Q1", "年Q1", "2026H3", "H1"] {
            assert!(months(wrong).is_err(), "{wrong}");
        }
    }
}
