//! Statistics and official reports, as JSON and as a sheet.

use super::{
    ask::{Asked, At, Caller},
    disposition, json,
    out::Out,
    problem::Fault,
    sheet,
};
use crate::app::App;
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
use serde_json::Value as Json;

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// First and last month of `2026-01`, `2026-01..2026-06`, `2026Q1`, `2026`.
pub fn months(period: &str) -> Result<(String, String), Fault> {
    let wrong = || {
        let detail = "period 应写成 2026-01、2026-01..2026-06、2026Q1 或者 2026";
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
    Ok(ReportAsk { report: report.to_owned(), unit, from, to })
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

/// `GET /reports/{report}` and `GET /reports/{report}.xlsx`
pub async fn report(
    State(app): State<App>,
    caller: Caller,
    At([name]): At<1>,
    mut asked: Asked,
) -> Result<Response, Fault> {
    let (id, as_sheet) = match name.strip_suffix(".xlsx") {
        Some(id) => (id, true),
        None => (name.as_str(), false),
    };
    let ask = report_ask(id, &mut asked, &caller.moment)?;
    asked.nothing_else()?;
    let answer = app.desk.report(caller.actor(), &ask).await?;
    if !as_sheet {
        return Ok(json(StatusCode::OK, report_out(&answer)));
    }
    app.desk.log_look(caller.actor(), "export", "report", id, &caller.moment).await?;
    let bytes = sheet::report(&answer).map_err(|error| {
        tracing::error!(%error, "a sheet could not be written");
        Fault::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "系统出错了",
            "电子表格没有生成，已记录，请联系管理员",
        )
    })?;
    let mut response = ([(header::CONTENT_TYPE, XLSX)], bytes).into_response();
    let name = format!("{} {}.xlsx", answer.report.label, answer.unit.name);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_DISPOSITION, disposition("attachment", &name));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
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
    for (id, label, holds) in &answer.checks {
        out.open();
        out.text("id", id);
        out.text("label", label);
        out.yes_no("holds", *holds);
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
fn figure(worked: Worked) -> Json {
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
    fn a_period_is_read_in_four_ways() {
        let check = |period: &str, from: &str, to: &str| {
            assert_eq!(months(period).unwrap(), (from.to_owned(), to.to_owned()), "{period}");
        };
        check("2026-03", "2026-03", "2026-03");
        check("2026-01..2026-06", "2026-01", "2026-06");
        check("2026Q4", "2026-10", "2026-12");
        check("2026", "2026-01", "2026-12");
        for wrong in ["", "2026Q5", "Q1", "年Q1"] {
            assert!(months(wrong).is_err(), "{wrong}");
        }
    }
}
