//! A form drawn: each field of the definition becomes a view, with what was typed, what is wrong,
//! and where it came from. What a field asks for is in [`input`].

mod input;

use super::{
    KEY, Said, Task, VERSION, Work, drafts, fields,
    fields::Drawn,
    fill,
    fill::join,
    lookup::{self, Lookups},
};
use crate::web::{
    look::{
        field::{FieldView, Input, RowInput, RowsInput},
        form::{ErrorView, FormView, SectionView, WarningView},
    },
    typed::Typed,
};
use desk::Refusal;
use engine::{
    definition::{Bound, Class, Field, Fields, Required, RowKind},
    kind::{Shape, Showing},
    problem::Problem,
    problem::Severity,
    query::{Cell, Comparison, Filter, Term},
    rule::Rule,
};

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
        let names = [KEY, VERSION, super::ALL, super::PAGE, super::CONTINUES].iter();
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
