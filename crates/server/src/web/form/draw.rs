//! A form drawn: each field of the definition becomes a view, with what was typed, what is wrong,
//! and where it came from.

use super::{
    KEY, Said, Task, VERSION, Work, drafts, fields,
    fields::Drawn,
    fill,
    fill::join,
    find,
    lookup::{self, Lookups},
};
use crate::web::{
    filter::in_order,
    look::{
        field::{
            ChoiceView, DateInput, FieldView, FileInput, Input, NumberInput, RowInput, RowsInput,
            TextKind,
        },
        form::{ErrorView, FormView, SectionView, WarningView},
        list::OptionView,
        pick::{FoundView, PickInput, PlaceInput},
    },
    typed::Typed,
};
use desk::{Refusal, units::Level};
use engine::{
    definition::{Bound, Class, CodeTable, Field, Fields, Required, RowKind},
    kind::{Names, Shape, Showing, file_parts},
    problem::Problem,
    problem::Severity,
    query::{Cell, Comparison, Filter, Term},
    rule::Rule,
};

/// Few codes stand in the open, with one for none of them.
const FEW: usize = 4;
/// A text has room for this many characters where the definition says nothing.
const TEXT: usize = 200;
const LONG: usize = 2_000;
/// So many divisions are offered for a place.
const DIVISIONS: usize = 400;

/// What drawing needs to know.
struct Draw<'a> {
    work: &'a Work,
    typed: &'a Typed,
    said: &'a Said,
    known: &'a Lookups,
}

/// Fields that stand together: the record's, or those of a row.
struct Beside<'a> {
    /// Their place; empty for the record.
    place: &'a str,
    /// Kind of row; empty for the record.
    row: &'a str,
    fields: &'a Fields,
}

/// The view of a form.
pub async fn form(work: &Work, typed: &Typed, said: &Said) -> Result<FormView, Refusal> {
    let drawn = fields::drawn(work, typed);
    let placed = lookup::placed(work, &drawn, typed);
    let known = lookup::gather(work, &placed, typed).await?;
    let mut with_blanks = typed.clone();
    for one in &drawn {
        if let Shape::Rows(row) = one.field.kind.shape()
            && let Some(row) = work.kind.rows.get(row)
        {
            let place = format!("{}.#", one.field.id);
            fill::row_defaults(work, &mut with_blanks, &place, &row.fields);
        }
    }
    let draw = Draw { work, typed: &with_blanks, said, known: &known };
    let mut links = drafts::waiting(work, typed).await?;
    if fields::more(work, typed) {
        let href = format!("{}?all=1", work.address());
        links.push(("填写全部数据项（其余的在办理中再填也可以）".to_owned(), href));
    }
    let errors = draw.errors(&drawn);
    if matches!(work.task, Task::Act(..)) && errors.iter().any(|error| error.field.is_empty()) {
        let edit = super::address(&work.kind, work.id(), "");
        links.push(("到“修改”中补填".to_owned(), edit));
    }
    Ok(FormView {
        title: work.title(),
        lead: draw.lead(),
        links,
        action: work.address(),
        csrf: work.visitor.session.csrf.clone(),
        hidden: draw.hidden(),
        draft_url: Some(work.address()),
        draft_saved: said.saved.clone(),
        errors,
        warnings: draw.warnings(),
        sections: draw.sections(&drawn),
        submit: work.verb(),
        cancel: work.leave(),
        ..FormView::default()
    })
}

impl Draw<'_> {
    fn lead(&self) -> Option<String> {
        let parts = match &self.work.task {
            Task::Create => vec![self.work.kind.help.clone()],
            Task::Change(answer) => vec![answer.record.text("title").to_owned()],
            Task::Act(answer, action) => vec![
                answer.record.text("title").to_owned(),
                action.help.clone(),
                if action.basis.is_empty() {
                    String::new()
                } else {
                    format!("依据：{}", action.basis)
                },
            ],
        };
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        (!parts.is_empty()).then(|| parts.join("　"))
    }

    fn hidden(&self) -> Vec<(String, String)> {
        let names = [KEY, VERSION, super::ALL].iter();
        let mut hidden: Vec<(String, String)> = names
            .filter(|name| self.typed.has(name))
            .map(|name| ((*name).to_owned(), self.typed.get(name).to_owned()))
            .collect();
        // What no field of the form holds is sent along, so that it is not lost by the way.
        let heads = self.typed.heads().into_iter().map(str::to_owned).collect::<Vec<_>>();
        let strange = heads
            .iter()
            .filter(|head| !head.starts_with('_') && self.work.kind.fields.get(head).is_none());
        hidden.extend(strange.map(|head| (head.clone(), self.typed.get(head).to_owned())));
        hidden
    }

    // ── What is wrong ───────────────────────────────────────────────────────────────────────────

    fn errors(&self, drawn: &[Drawn<'_>]) -> Vec<ErrorView> {
        let errors = self.said.problems.iter().filter(|p| p.severity == Severity::Error);
        let view = |problem: &Problem| {
            let (label, on_form) = self.named(&problem.field, drawn);
            // Where the message names the field itself, only the row is said before it.
            let (row, own) = label.rsplit_once(' ').unwrap_or(("", &label));
            let said = !own.is_empty() && problem.message.contains(own);
            ErrorView {
                field: on_form,
                label: if said { row.to_owned() } else { label },
                message: problem.message.clone(),
                basis: (!problem.basis.is_empty()).then(|| problem.basis.clone()),
            }
        };
        let mut errors: Vec<&Problem> = errors.collect();
        errors.sort_by_key(|problem| place(&problem.field, drawn));
        errors.into_iter().map(view).collect()
    }

    /// What the field of a problem is called, and its name on the form; empty if it is not there.
    fn named(&self, path: &str, drawn: &[Drawn<'_>]) -> (String, String) {
        let mut parts = path.splitn(3, '.');
        let (head, index, rest) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
        let Some(field) = self.work.kind.fields.get(head) else { return Default::default() };
        let here = drawn.iter().any(|one| one.field.id == head && !one.shown);
        let path_here = if here { path.to_owned() } else { String::new() };
        let (Shape::Rows(row), Some(index)) = (field.kind.shape(), index) else {
            let at = if here { head.to_owned() } else { String::new() };
            return (field.label.clone(), at);
        };
        let row = self.work.kind.rows.get(row);
        let at = index.parse::<usize>().ok();
        let nth = self.typed.rows(head).iter().position(|i| Some(*i) == at).unwrap_or(0) + 1;
        let inner = rest.and_then(|rest| row?.fields.get(rest.split('.').next()?));
        let name = format!("{}{nth}", row.map_or("", |row| &row.label));
        match inner {
            Some(inner) => (format!("{name} {}", inner.label), path_here),
            None => (name, if here { head.to_owned() } else { String::new() }),
        }
    }

    fn warnings(&self) -> Vec<WarningView> {
        if !self.said.confirm {
            return Vec::new();
        }
        let warnings = self.said.problems.iter().filter(|p| p.severity == Severity::Warning);
        let view = |problem: &Problem| WarningView {
            message: problem.message.clone(),
            basis: (!problem.basis.is_empty()).then(|| problem.basis.clone()),
        };
        warnings.map(view).collect()
    }

    fn error(&self, path: &str) -> Option<String> {
        let mut errors = self.said.problems.iter().filter(|p| p.severity == Severity::Error);
        let found = errors.find(|p| p.field == path)?;
        Some(match found.basis.as_str() {
            "" => found.message.clone(),
            basis => format!("{}（{basis}）", found.message),
        })
    }

    // ── Sections and fields ─────────────────────────────────────────────────────────────────────

    fn sections(&self, drawn: &[Drawn<'_>]) -> Vec<SectionView> {
        let kind = &self.work.kind;
        let beside = Beside { place: "", row: "", fields: &kind.fields };
        if let Task::Act(..) = self.work.task {
            let fields = drawn.iter().map(|one| self.drawn(one, &beside)).collect();
            let id = "asked".to_owned();
            return vec![SectionView { id, fields, ..SectionView::default() }];
        }
        let groups = kind.groups.iter().enumerate().map(|(at, group)| {
            let of_group = drawn.iter().filter(|one| one.field.group == at);
            SectionView {
                id: format!("g{at}"),
                title: group.label.clone(),
                when: group.show.as_ref().and_then(|rule| self.when(rule, &beside)),
                fields: of_group.map(|one| self.drawn(one, &beside)).collect(),
                ..SectionView::default()
            }
        });
        groups.filter(|section| !section.fields.is_empty()).collect()
    }

    fn drawn(&self, one: &Drawn<'_>, beside: &Beside<'_>) -> FieldView {
        if one.shown {
            return self.only_shown(one.field);
        }
        if let Shape::Rows(row) = one.field.kind.shape()
            && let Some(row) = self.work.kind.rows.get(row)
        {
            return self.rows(one, row);
        }
        self.field(one.field, one.required, beside)
    }

    fn only_shown(&self, field: &Field) -> FieldView {
        let text = self.work.before().map_or(String::new(), |answer| {
            let cx = Showing { house: &self.work.house, names: &answer.names };
            field.show(&answer.record.cells, &cx, answer.sees)
        });
        FieldView::new(&field.id, &field.label, Input::Shown(text))
    }

    fn rows(&self, one: &Drawn<'_>, kind: &RowKind) -> FieldView {
        let field = one.field;
        let fields = |place: &str| -> Vec<FieldView> {
            let beside = Beside { place, row: &kind.id, fields: &kind.fields };
            let asked = kind
                .fields
                .iter()
                .filter(|inner| inner.kind.shape() != Shape::Computed && !inner.read_only);
            let must = |inner: &Field| matches!(inner.required, Required::Yes);
            asked.map(|inner| self.field(inner, must(inner), &beside)).collect()
        };
        let row = |index: usize| {
            let place = format!("{}.{index}", field.id);
            RowInput {
                id: self.typed.get(&format!("{place}.id")).to_owned(),
                index,
                fields: fields(&place),
            }
        };
        let rows: Vec<RowInput> = self.typed.rows(&field.id).into_iter().map(row).collect();
        let most = match field.most {
            Some(Bound::Number(most)) => usize::try_from(most).unwrap_or(0),
            _ => 200,
        };
        let input = RowsInput {
            item: kind.label.clone(),
            can_add: rows.len() < most,
            can_remove: true,
            rows,
            blank: fields(&format!("{}.#", field.id)),
        };
        let least = match field.least {
            Some(Bound::Number(least)) if least > 0 => Some(format!("至少{least}行")),
            _ => None,
        };
        let group = self.work.kind.groups.get(field.group);
        FieldView {
            headed: group.is_some_and(|group| group.label == field.label),
            hint: joined([least, text(&field.hint)]),
            error: self.error(&field.id),
            required: one.required,
            ..FieldView::new(&field.id, &field.label, Input::Rows(input))
        }
    }

    fn field(&self, field: &Field, required: bool, beside: &Beside<'_>) -> FieldView {
        let path = join(beside.place, &field.id);
        let (source, copied) = self.source(field, &path, beside);
        let must = match &field.required {
            Required::When(rule) => Some(format!("{}的，必须填写", rule.words)),
            _ => None,
        };
        let shown = field.show.as_ref();
        let when = shown.and_then(|rule| self.when(rule, beside));
        let unless = shown.filter(|_| when.is_none()).map(|rule| format!("{}的填写", rule.words));
        let required = required && shown.is_none() && copied.is_none();
        FieldView {
            hint: joined([copied, must, unless, text(&field.hint)]),
            required,
            error: self.error(&path),
            source,
            when,
            ..FieldView::new(&path, &field.label, self.input(field, &path, required, beside))
        }
    }

    /// Where the value came from, and, where it stays in the archive, what of it may be shown.
    fn source(
        &self,
        field: &Field,
        path: &str,
        beside: &Beside<'_>,
    ) -> (Option<String>, Option<String>) {
        let found = field.taken_from.iter().find_map(|(source, target)| {
            let reference = beside.fields.get(source)?;
            let Shape::Reference(kind) = reference.kind.shape() else { return None };
            let id = self.typed.get(&join(beside.place, source));
            let record = self.known.archives.get(&(kind.to_owned(), id.to_owned()))?;
            let target = self.work.house.kind(kind)?.fields.get(target)?;
            Some((reference, record, target))
        });
        let Some((reference, record, target)) = found else { return (None, None) };
        let cx = Showing { house: &self.work.house, names: &engine::kind::NoNames };
        let shown = target.kind.show(target, &record.cells, &cx);
        if shown.is_empty() {
            return (None, None);
        }
        let typed = self.typed.get(path);
        let open = target.class == Class::Plain && field.class == Class::Plain;
        if !open && typed.is_empty() {
            let masked = target.kind.mask(&shown);
            let known = if masked.chars().all(|c| c == '*') { "已有" } else { "是" };
            let masked = if known == "已有" { String::new() } else { format!(" {masked}") };
            let hint = format!("档案中{known}{masked}，不用再填；有变动才填");
            return (Some(reference.label.clone()), Some(hint));
        }
        let same = open && !typed.is_empty() && self.kept(target, record) == typed;
        (same.then(|| reference.label.clone()), None)
    }

    fn kept(&self, target: &Field, record: &engine::record::Record) -> String {
        let mut kept = Typed::default();
        fill::value(&mut kept, "v", target, &record.cells);
        kept.get("v").to_owned()
    }

    /// A rule on one field beside, as script understands it; none where it is about more.
    fn when(&self, rule: &Rule, beside: &Beside<'_>) -> Option<String> {
        let (column, sign, values) = simple(&rule.filter)?;
        let other = beside.fields.get(&column)?;
        let values = values.iter().map(|value| match (other.kind.shape(), value) {
            (Shape::YesNo, Cell::Int(1)) => Some("true".to_owned()),
            (Shape::YesNo, Cell::Int(_)) => Some("false".to_owned()),
            (Shape::Code(_) | Shape::Plain | Shape::Date, Cell::Text(text)) => Some(text.clone()),
            (_, Cell::Null) => Some(String::new()),
            _ => None,
        });
        let values: Option<Vec<String>> = values.collect();
        Some(format!("{}{sign}{}", join(beside.place, &column), values?.join(",")))
    }

    // ── Inputs ──────────────────────────────────────────────────────────────────────────────────

    fn input(&self, field: &Field, path: &str, required: bool, beside: &Beside<'_>) -> Input {
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
            Shape::File => Input::File(self.file(value)),
            Shape::Account => Input::Text(value, 64, TextKind::Plain),
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
            self.known.names.name(kind, id).or_else(|| {
                (kind == "unit").then(|| self.work.visitor.app.desk.units().long_name(id))
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

/// Where a field of that name stands on the form: faults are listed in the order of the form.
fn place(path: &str, drawn: &[Drawn<'_>]) -> (usize, usize) {
    let mut parts = path.split('.');
    let head = parts.next().unwrap_or_default();
    let at = drawn.iter().position(|one| one.field.id == head).unwrap_or(usize::MAX);
    (at, parts.next().and_then(|index| index.parse().ok()).unwrap_or(0))
}

fn text(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn joined<const N: usize>(parts: [Option<String>; N]) -> Option<String> {
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("；"))
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

/// A rule that compares one field with constants: the field, `=` or `!=`, the constants. What is
/// not filled in makes a comparison unknown, and so hides the field.
fn simple(filter: &Filter) -> Option<(String, &'static str, Vec<Cell>)> {
    match filter {
        Filter::Compare(Term::Column(column), Comparison::Equal, Term::Value(value)) => {
            Some((column.clone(), "=", vec![value.clone()]))
        }
        Filter::Compare(Term::Column(column), Comparison::NotEqual, Term::Value(value)) => {
            Some((column.clone(), "!=", vec![value.clone(), Cell::Null]))
        }
        Filter::In(Term::Column(column), values) => Some((column.clone(), "=", values.clone())),
        Filter::IsNull(Term::Column(column)) => Some((column.clone(), "=", vec![Cell::Null])),
        Filter::Not(inner) => match simple(inner)? {
            (column, "=", mut values) => {
                if !values.contains(&Cell::Null) {
                    values.push(Cell::Null);
                }
                Some((column, "!=", values))
            }
            _ => None,
        },
        Filter::All(all) | Filter::Any(all) if all.len() == 1 => simple(all.first()?),
        _ => None,
    }
}
