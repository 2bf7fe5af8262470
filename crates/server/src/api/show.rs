//! Records as JSON: the reader's class decides, field by field, between the value and its mask.

use super::out::Out;
use desk::{Desk, ask::RecordAnswer};
use engine::{
    definition::{Class, Field, Fields, House, RecordKind},
    kind::{Cells, Names, Shape, Showing},
    query::Cell,
    record::Record,
};
use serde_json::Value as Json;

/// How values are shown to one reader.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    /// All definitions.
    pub house: &'a House,
    /// What referred records are called.
    pub names: &'a dyn Names,
    /// Highest class of fields shown unmasked.
    pub sees: Class,
}

impl Reader<'_> {
    /// A field's value, or its mask as text; nothing where there is no value.
    fn field(&self, out: &mut Out, field: &Field, cells: &Cells) {
        let Some(cell) = cells.get(&field.id) else { return };
        if field.class > self.sees {
            let cx = Showing { house: self.house, names: self.names };
            let masked = field.show(cells, &cx, self.sees);
            if !masked.is_empty() {
                out.text(&field.id, &masked);
            }
            return;
        }
        if !as_kept(field) {
            match field.kind.json(field, cells) {
                Json::Null => {}
                value => out.json(&field.id, &value),
            }
            return;
        }
        match cell {
            Cell::Null => {}
            Cell::Int(number) => out.int(&field.id, *number),
            Cell::Text(text) => out.text(&field.id, text),
        }
    }

    /// All fields that have a value.
    pub fn fields(&self, out: &mut Out, fields: &Fields, cells: &Cells) {
        for field in fields {
            self.field(out, field, cells);
        }
    }

    /// The columns of a list.
    pub fn columns(&self, out: &mut Out, columns: &[&Field], cells: &Cells) {
        for field in columns {
            self.field(out, field, cells);
        }
    }

    /// The child rows, each with its id.
    pub fn rows(&self, out: &mut Out, kind: &RecordKind, record: &Record) {
        for (id, rows) in &record.rows {
            let row_kind = match kind.fields.get(id).map(|f| f.kind.shape()) {
                Some(Shape::Rows(row)) => kind.rows.get(row),
                _ => None,
            };
            let Some(row_kind) = row_kind else { continue };
            out.list_at(id);
            for row in rows {
                out.open();
                out.text("id", &row.id);
                self.fields(out, &row_kind.fields, &row.cells);
                out.close();
            }
            out.end_list();
        }
    }
}

/// Kinds whose JSON is the kept cell itself; asking the kind would make a value to throw away. A
/// test holds this to what the kinds say.
fn as_kept(field: &Field) -> bool {
    match field.kind.shape() {
        Shape::Plain
        | Shape::Long
        | Shape::Code(_)
        | Shape::Date
        | Shape::Reference(_)
        | Shape::Unit(_)
        | Shape::Account
        | Shape::File(_) => true,
        Shape::Codes(_)
        | Shape::YesNo
        | Shape::DateTime
        | Shape::Number
        | Shape::Money
        | Shape::Place
        | Shape::Computed
        | Shape::Rows(_) => false,
    }
}

/// What every record has beside its fields.
pub fn heading(out: &mut Out, kind: &RecordKind, record: &Record) {
    out.text("id", record.id());
    out.int("version", record.version());
    if !kind.states.is_empty() {
        out.text("state", record.state());
        out.text("state_label", kind.state_label(record.state()));
    }
    out.text("title", record.text("title"));
    out.text("unit", record.text("unit"));
    out.moment("created_at", record.int("created_at"));
}

/// One record, whole: fields and rows beside each other, then what can be done with it.
pub fn record(
    desk: &Desk,
    answer: &RecordAnswer,
    warnings: &[engine::problem::Problem],
    today: jiff::civil::Date,
) -> Out {
    let house = desk.house();
    let reader = Reader { house: &house, names: &answer.names, sees: answer.sees };
    let RecordAnswer { kind, record, .. } = answer;
    let mut out = Out::with_room(4_096);
    out.open();
    heading(&mut out, kind, record);
    out.text("unit_name", &desk.units().long_name(record.text("unit")));
    out.text("created_by", record.text("created_by"));
    out.moment("updated_at", record.int("updated_at"));
    out.text("updated_by", record.text("updated_by"));
    reader.fields(&mut out, &kind.fields, &record.cells);
    reader.rows(&mut out, kind, record);
    possible(&mut out, answer);
    limits(&mut out, "limits", answer, today, None);
    attached(&mut out, answer);
    out.findings("warnings", warnings.iter());
    out.close();
    out
}

fn possible(out: &mut Out, answer: &RecordAnswer) {
    out.yes_no("may_change", answer.may_change);
    out.list_at("actions");
    for action in &answer.actions {
        out.open();
        out.text("id", &action.id);
        out.text("label", &action.label);
        out.list_at("asks");
        action.asks.iter().for_each(|asked| out.item(&asked.field));
        out.end_list();
        out.close();
    }
    out.end_list();
}

/// The record's time limits; with the definitions, each counted out day by day.
pub fn limits(
    out: &mut Out,
    key: &str,
    answer: &RecordAnswer,
    today: jiff::civil::Date,
    counted_out: Option<&House>,
) {
    let day = |out: &mut Out, key: &str, day: Option<jiff::civil::Date>| match day {
        Some(day) => out.text(key, &day.to_string()),
        None => out.null(key),
    };
    out.list_at(key);
    for limit in &answer.limits {
        out.open();
        out.text("id", &limit.id);
        out.text("label", &limit.label);
        out.text("from", &limit.from.to_string());
        day(out, "due", limit.due);
        day(out, "warn", limit.warn);
        out.list_at("warn_again");
        limit.warn_again.iter().for_each(|day| out.item(&day.to_string()));
        out.end_list();
        if let Some(at) = limit.at {
            out.text("at", &at.to_string());
        }
        out.yes_no("done", limit.done);
        out.yes_no("stopped", limit.stopped);
        day(out, "ended", limit.ended);
        let standing = limit.standing(today);
        out.text("standing", standing.id());
        out.text("standing_words", &standing.words());
        let [county, city, province] = limit.raised;
        day(out, "county_on", county);
        day(out, "city_on", city);
        day(out, "province_on", province);
        out.text("words", &limit.words);
        out.text("basis", &limit.basis);
        out.text("law", &limit.law);
        let rule = answer.kind.deadlines.iter().find(|rule| rule.id == limit.id);
        if let Some((house, rule)) = counted_out.zip(rule) {
            days(out, &limit.days(house, rule));
        }
        out.close();
    }
    out.end_list();
}

fn days(out: &mut Out, lines: &[engine::deadline::DayLine]) {
    out.list_at("days");
    for line in lines {
        out.open();
        out.text("date", &line.date.to_string());
        match line.number {
            Some(number) => out.int("number", i64::from(number)),
            None => out.null("number"),
        }
        out.text("note", &line.note);
        out.close();
    }
    out.end_list();
}

fn attached(out: &mut Out, answer: &RecordAnswer) {
    out.open_at("attached");
    for (kind, records) in &answer.attached {
        out.list_at(&kind.id);
        for record in records {
            out.open();
            heading(out, kind, record);
            out.close();
        }
        out.end_list();
    }
    out.close();
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use engine::{derive::api::RESERVED, kind::NoNames, query::ColumnType};

    fn all_fields(house: &House) -> Vec<&Field> {
        let kinds = house.kinds.values();
        kinds.flat_map(|k| k.rows.values().flat_map(|r| &r.fields).chain(&k.fields)).collect()
    }

    /// Some value in every column of the field.
    fn cells(field: &Field) -> Cells {
        let some = |column: ColumnType| match column {
            ColumnType::Int => Cell::Int(1_234_567),
            ColumnType::Text => Cell::text("[\"1\"]"),
        };
        let columns = field.kind.columns(&field.id);
        columns.into_iter().map(|c| (c.name, some(c.column_type))).collect()
    }

    #[test]
    fn what_is_written_straight_is_what_the_kind_says() {
        let house = crate::app::read_house(None).unwrap();
        let reader = Reader { house: &house, names: &NoNames, sees: Class::Sensitive };
        let fields = all_fields(&house);
        assert!(fields.len() > 200);
        for field in fields {
            let cells = cells(field);
            let mut out = Out::default();
            out.open();
            reader.field(&mut out, field, &cells);
            out.close();
            let written: Json = serde_json::from_slice(&out.done()).unwrap();
            assert_eq!(written[&field.id], field.kind.json(field, &cells), "{field:?}");
        }
    }

    #[test]
    fn a_value_above_the_readers_class_never_appears() {
        let house = crate::app::read_house(None).unwrap();
        let mut seen = 0;
        for field in all_fields(&house).into_iter().filter(|f| f.class > Class::Plain) {
            let cells = Cells::from([(field.id.clone(), Cell::text("33019819740512022X"))]);
            let reader = Reader { house: &house, names: &NoNames, sees: Class::Plain };
            let mut out = Out::default();
            out.open();
            reader.field(&mut out, field, &cells);
            out.close();
            let written = String::from_utf8(out.done()).unwrap();
            assert!(!written.contains("19740512"), "{} writes {written}", field.id);
            seen += 1;
        }
        assert!(seen > 5);
    }

    #[test]
    fn no_field_has_a_name_that_answers_use_themselves() {
        let house = crate::app::read_house(None).unwrap();
        for kind in house.kinds.values() {
            for field in &kind.fields {
                assert!(!RESERVED.contains(&field.id.as_str()), "{}.{}", kind.id, field.id);
            }
        }
    }
}
