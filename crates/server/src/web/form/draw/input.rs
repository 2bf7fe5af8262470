//! What a field asks for, by what it is made of.

use super::{Beside, Draw, text};
use crate::web::{
    filter::in_order,
    form::{find, lookup},
    look::{
        field::{ChoiceView, DateInput, FileInput, Input, NumberInput, TextKind},
        list::OptionView,
        pick::{FoundView, PickInput, PlaceInput},
    },
};
use desk::units::Level;
use engine::{
    definition::{Bound, CodeTable, Field},
    kind::{Names, Shape, file_parts},
};

/// Few codes stand in the open, with one for none of them.
const FEW: usize = 4;
/// A text has room for this many characters where the definition says nothing.
const TEXT: usize = 200;
const LONG: usize = 2_000;
/// So many divisions are offered for a place.
const DIVISIONS: usize = 400;

impl Draw<'_> {
    /// What the field asks for, with what was typed in it.
    pub fn input(&self, field: &Field, path: &str, required: bool, beside: &Beside<'_>) -> Input {
        let value = self.typed.get(path).to_owned();
        match field.kind.shape() {
            Shape::Plain => Input::Text(value, most(field, TEXT), text_kind(field)),
            Shape::Long => Input::LongText(value, most(field, LONG)),
            Shape::Code(table) => self.code(table, &value, required),
            Shape::Codes(table) => self.codes(table, path),
            Shape::YesNo => Input::Choice(yes_no(&value, required)),
            Shape::Date => Input::Date(self.date(field, value)),
            Shape::DateTime => Input::DateTime(self.date(field, value)),
            Shape::Number => number(value, &field.unit, field),
            Shape::Money => number(value, "元", field),
            Shape::Reference(kind) => match lookup::archive(self.work, kind) {
                Some(_) => self.in_archive(kind, path, field, beside),
                None => self.reference(kind, path, field, beside),
            },
            Shape::Unit(_) => self.reference("unit", path, field, beside),
            Shape::Place => Input::Place(Box::new(self.place(path))),
            Shape::File(_) => Input::File(self.file(value)),
            Shape::Account => Input::Select(self.accounts(&value)),
            Shape::Rows(_) | Shape::Computed => Input::Shown(value),
        }
    }

    fn date(&self, field: &Field, value: String) -> DateInput {
        let day = |bound: &Option<Bound>| match bound {
            Some(Bound::Today) => Some(self.work.visitor.moment.today.to_string()),
            Some(Bound::Date(date)) => Some(date.to_string()),
            _ => None,
        };
        if field.kind.shape() == Shape::DateTime {
            return DateInput { value, min: None, max: None };
        }
        DateInput { value, min: day(&field.least), max: day(&field.most) }
    }

    fn code(&self, table: &str, value: &str, required: bool) -> Input {
        let Some(table) = self.work.house.codes.get(table) else { return Input::Choice(vec![]) };
        let mut choices = codes(table, self.work.visitor.moment.today, &[value]);
        if !required && choices.len() <= FEW {
            choices.push(choice("", "不填", value.is_empty()));
        }
        Input::Choice(choices)
    }

    fn codes(&self, table: &str, path: &str) -> Input {
        let Some(table) = self.work.house.codes.get(table) else { return Input::Choices(vec![]) };
        Input::Choices(codes(table, self.work.visitor.moment.today, &self.typed.all(path)))
    }

    /// Whoever works at the same unit, and whoever stands there already.
    fn accounts(&self, value: &str) -> Vec<ChoiceView> {
        let known = self.known.accounts.iter().any(|(id, _)| id == value);
        let kept = (!known && !value.is_empty()).then(|| {
            let name = self.known.names.name("account", value).unwrap_or_default();
            (value.to_owned(), name)
        });
        let all = self.known.accounts.iter().cloned().chain(kept);
        all.map(|(id, name)| choice(&id, &name, id == value)).collect()
    }

    fn found(&self, path: &str) -> Option<Vec<FoundView>> {
        self.said.found.as_ref().filter(|found| found.path == path).map(|f| f.things.clone())
    }

    fn in_archive(&self, kind: &str, path: &str, field: &Field, beside: &Beside<'_>) -> Input {
        let id = self.typed.get(path);
        let record = self.known.archives.get(&(kind.to_owned(), id.to_owned()));
        let archive = lookup::archive(self.work, kind);
        let leads = beside.place.is_empty()
            && beside.fields.iter().any(|f| f.taken_from.iter().any(|(s, _)| *s == field.id));
        Input::Pick(PickInput {
            chosen: record.zip(archive).map(|(r, kind)| find::known(self.work, kind, r, "")),
            query: self.typed.get(&format!("{path}._q")).to_owned(),
            found: self.found(path),
            leads,
            mark: "已有档案".to_owned(),
            by: "名称、证件号码或者电话".to_owned(),
            none: "档案中没有，请在下面填写；提交后自动建立档案。".to_owned(),
            ..PickInput::default()
        })
    }

    fn reference(&self, kind: &str, path: &str, field: &Field, beside: &Beside<'_>) -> Input {
        let id = self.typed.get(path);
        let key = (beside.row.to_owned(), field.id.clone());
        let name = || {
            self.known.names.name(kind, id).or_else(|| match kind {
                "unit" => Some(self.work.visitor.app.desk.units().long_name(id)),
                // What is kept must not be lost because this reader may not see what it refers to.
                _ => Some("已填，您不能查看".to_owned()),
            })
        };
        if let Some(Some(choices)) = self.known.choices.get(&key)
            && (choices.len() > 1 || id.is_empty())
        {
            let mut views: Vec<ChoiceView> =
                choices.iter().map(|(value, name)| choice(value, name, value == id)).collect();
            if !id.is_empty() && !choices.iter().any(|(value, _)| value == id) {
                views.extend(name().map(|name| choice(id, &name, true)));
            }
            return Input::Select(views);
        }
        let chosen = name().filter(|_| !id.is_empty());
        Input::Pick(PickInput {
            chosen: chosen.map(|name| FoundView { id: id.to_owned(), name, ..Default::default() }),
            query: self.typed.get(&format!("{path}._q")).to_owned(),
            suggestions: self.known.proposed.get(&key).cloned().unwrap_or_default(),
            found: self.found(path),
            by: "名称中的几个字".to_owned(),
            none: "没有找到，请换几个字再查。".to_owned(),
            ..PickInput::default()
        })
    }

    /// Divisions near the one who fills in the form: those of the county, or of the township.
    fn place(&self, path: &str) -> PlaceInput {
        let units = self.work.visitor.app.desk.units();
        let own = &self.work.visitor.actor().unit;
        let part = |name: &str| self.typed.get(&format!("{path}.{name}")).to_owned();
        let now = part("division");
        let county = units.get(&own.county).unwrap_or(own);
        let township = units.get(&own.parent).filter(|_| own.level == Level::Village);
        let within = |path: &str| -> Vec<&desk::units::Unit> {
            let below = units.all().iter();
            below.filter(|unit| unit.path.starts_with(path)).take(DIVISIONS + 1).collect()
        };
        let mut near = within(&county.path);
        if near.len() > DIVISIONS {
            near = within(&township.unwrap_or(own).path);
        }
        near.truncate(DIVISIONS);
        if let Some(unit) = units.get(&now).filter(|unit| !near.contains(unit)) {
            near.push(unit);
        }
        let view = |unit: &desk::units::Unit| ChoiceView {
            group: (unit.level == Level::Village)
                .then(|| units.get(&unit.parent).map(|above| above.name.clone()))
                .flatten(),
            ..choice(&unit.code, &unit.name, unit.code == now)
        };
        let divisions = near.into_iter().map(view).collect();
        PlaceInput { divisions, address: part("address"), lng: part("lng"), lat: part("lat") }
    }

    fn file(&self, value: String) -> FileInput {
        let (hash, name) = file_parts(&value);
        let kept = self.work.before().filter(|answer| {
            let rows = answer.record.rows.values().flatten().map(|row| &row.cells);
            let mut cells = rows.chain([&answer.record.cells]).flat_map(|cells| cells.values());
            cells.any(|cell| cell.as_text() == Some(&value))
        });
        let base = crate::web::urls::below(&self.work.kind, self.work.id());
        let href = kept.map(|_| format!("{base}/files/{hash}")).unwrap_or_default();
        let shown = (name.to_owned(), href, String::new());
        FileInput {
            kept: if value.is_empty() { Vec::new() } else { vec![shown] },
            value,
            accept: ".pdf,.jpg,.jpeg,.png,.docx,.xlsx".to_owned(),
            ..FileInput::default()
        }
    }
}

fn choice(value: &str, label: &str, chosen: bool) -> ChoiceView {
    ChoiceView {
        group: None,
        option: OptionView { value: value.to_owned(), label: label.to_owned(), chosen },
    }
}

fn yes_no(value: &str, required: bool) -> Vec<ChoiceView> {
    let mut choices =
        vec![choice("true", "是", value == "true"), choice("false", "否", value == "false")];
    if !required {
        choices.push(choice("", "不填", value.is_empty()));
    }
    choices
}

fn number(value: String, unit: &str, field: &Field) -> Input {
    Input::Number(NumberInput { value, unit: text(unit), decimals: field.kind.word() != "整数" })
}

fn most(field: &Field, otherwise: usize) -> usize {
    match field.most {
        Some(Bound::Number(most)) => usize::try_from(most).unwrap_or(otherwise),
        _ => otherwise,
    }
}

fn text_kind(field: &Field) -> TextKind {
    match field.kind.word() {
        "电话" => TextKind::Phone,
        "证件号" => TextKind::IdNumber,
        "信用代码" => TextKind::Uscc,
        _ => TextKind::Plain,
    }
}

/// The codes one may choose today, and those chosen already; levels become headings.
fn codes(table: &CodeTable, today: jiff::civil::Date, chosen: &[&str]) -> Vec<ChoiceView> {
    let parents = |code: &str| table.codes.iter().any(|other| other.parent == code);
    let mut heading = String::new();
    let mut views = Vec::new();
    for (depth, code) in in_order(table) {
        let is_chosen = chosen.contains(&code.code.as_str());
        if depth == 0 {
            heading = if parents(&code.code) { code.name.clone() } else { String::new() };
        }
        if !code.is_valid_on(today) && !is_chosen {
            continue;
        }
        let label = match depth {
            0 if !heading.is_empty() => format!("{}（不细分）", code.name),
            2.. => format!("{}{}", "\u{3000}".repeat(depth - 1), code.name),
            _ => code.name.clone(),
        };
        views.push(ChoiceView { group: text(&heading), ..choice(&code.code, &label, is_chosen) });
    }
    views
}
