//! What a definition says of the file that a record ends in (卷宗): what lies in it, in which order,
//! what must be there. Read, checked and compiled here; `derive::dossier` fills it.
//!
//! ```text
//! 卷宗 dossier "人民调解卷宗" {
//!     封面 "dossier_cover.typ" ; 封底 "dossier_back.typ" ; 编号 dossier_no ; 依据 "…"
//!     件 agreement "人民调解协议书" 必须="协议形式 = 书面协议" 签 {
//!         收 materials.file 当="文书名称 = 人民调解协议书"     // files of a field, of rows, of attached records
//!         出 agreement 缺时                                   // papers; 缺时: if nothing came before
//!     }
//! }
//! ```

use super::{
    Attached, Finding, House, Place, RecordKind, Required, RowKind, check::Kind, node::Node,
    read::unknown_word,
};
use crate::{
    kind::Shape,
    rule::{Rule, Scope},
};

/// The file that a record ends in.
#[derive(Clone, Debug)]
pub struct Dossier {
    /// Id.
    pub id: String,
    /// What it is called.
    pub label: String,
    /// Path of the template of its cover and contents, below `businesses/`.
    pub cover: String,
    /// Path of the template of its back; empty: it has none.
    pub back: String,
    /// Field that holds its number.
    pub number: String,
    /// Made only if this holds.
    pub when: Option<Rule>,
    /// Law or standard.
    pub basis: String,
    /// What lies in it, in order.
    pub parts: Vec<DossierPart>,
    /// Where it is written.
    pub place: Place,
}

/// A place in a dossier.
#[derive(Clone, Debug)]
pub struct DossierPart {
    /// Id.
    pub id: String,
    /// What it is called.
    pub label: String,
    /// Whether something must lie there.
    pub required: Required,
    /// Whether it must bear signatures: a paper that nobody has signed is not enough.
    pub signed: bool,
    /// Law or standard; empty: that of the dossier.
    pub basis: String,
    /// Where what lies there comes from, in order.
    pub sources: Vec<DossierSource>,
    /// Where it is written.
    pub place: Place,
}

/// Where something in a dossier comes from.
#[derive(Clone, Debug)]
pub struct DossierSource {
    /// What it is.
    pub what: Taken,
    /// Only rows for which this holds.
    pub when: Option<Rule>,
    /// Only if nothing came before.
    pub otherwise: bool,
    /// Where it is written.
    pub place: Place,
}

/// What a dossier takes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// A paper of the record, or of each record of a kind that hangs on it.
    Paper {
        /// The kind that hangs on it; empty: the record itself.
        kind: String,
        /// The paper.
        document: String,
    },
    /// A file of the record, of each of its rows, or of each record of a kind that hangs on it.
    File {
        /// Rows or attached kind; empty: the record itself.
        within: String,
        /// The field; `rows.field` where it stands in the rows of a record that hangs on this one.
        field: String,
    },
}

/// Reads `卷宗 …`.
pub fn read_dossier(node: Node<'_>, business: &str, findings: &mut Vec<Finding>) -> Dossier {
    let path = |name: String| match name.as_str() {
        "" => name,
        name => format!("{business}/documents/{name}"),
    };
    let mut dossier = Dossier {
        id: node.text(0),
        label: node.text(1),
        cover: path(node.child_text("封面")),
        back: path(node.child_text("封底")),
        number: node.child_text("编号"),
        when: node.child_written("当").map(Rule::written),
        basis: node.child_text("依据"),
        parts: Vec::new(),
        place: node.place(),
    };
    for line in node.children() {
        match line.word() {
            "封面" | "封底" | "编号" | "当" | "依据" => {}
            "件" => dossier.parts.push(read_part(line, findings)),
            other => findings.push(unknown_word(
                line,
                other,
                &["封面", "封底", "编号", "当", "依据", "件"],
            )),
        }
    }
    dossier
}

fn read_part(node: Node<'_>, findings: &mut Vec<Finding>) -> DossierPart {
    let flag = |word: &str| node.arguments().iter().skip(2).any(|a| a.text == word);
    let required = match node.setting("必须") {
        Some(written) => Required::When(Box::new(Rule::written(written))),
        None if flag("必须") => Required::Yes,
        None => Required::No,
    };
    let mut sources = Vec::new();
    for line in node.children() {
        let path = line.text(0);
        let (within, name) = path.split_once('.').unwrap_or(("", &path));
        let (within, name) = (within.to_owned(), name.to_owned());
        let what = match line.word() {
            "出" => Taken::Paper { kind: within, document: name },
            "收" => Taken::File { within, field: name },
            other => {
                findings.push(unknown_word(line, other, &["出", "收"]));
                continue;
            }
        };
        sources.push(DossierSource {
            what,
            when: line.setting("当").map(Rule::written),
            otherwise: line.arguments().iter().skip(1).any(|a| a.text == "缺时"),
            place: line.place(),
        });
    }
    DossierPart {
        id: node.text(0),
        label: node.text(1),
        required,
        signed: flag("签"),
        basis: node.setting_text("依据"),
        sources,
        place: node.place(),
    }
}

/// The rows of a kind that `rows.field` names, and the field in them.
pub(crate) fn rows_within<'a>(
    kind: &'a RecordKind,
    path: &'a str,
) -> Option<(&'a RowKind, &'a str)> {
    let (rows, field) = path.split_once('.')?;
    match kind.fields.get(rows).map(|f| f.kind.shape()) {
        Some(Shape::Rows(row)) => Some((kind.rows.get(row)?, field)),
        _ => None,
    }
}

/// Compiles the rules of the dossiers of `kind`; those of a source speak of its rows or records.
pub(super) fn compile(
    house: &House,
    before: &RecordKind,
    kind: &mut RecordKind,
    findings: &mut Vec<Finding>,
) {
    let scope = Scope::record(house, before);
    let mut all = |rule: &mut Rule, scope: &Scope<'_>| {
        if let Err(finding) = rule.compile(scope) {
            findings.push(finding);
        }
    };
    for dossier in &mut kind.dossiers {
        if let Some(when) = &mut dossier.when {
            all(when, &scope);
        }
        for part in &mut dossier.parts {
            if let Required::When(rule) = &mut part.required {
                all(rule, &scope);
            }
            for source in &mut part.sources {
                let Some(when) = &mut source.when else { continue };
                let (within, field) = match &source.what {
                    Taken::Paper { kind, .. } => (kind, ""),
                    Taken::File { within, field } => (within, field.as_str()),
                };
                if let Some(Shape::Rows(row)) = before.fields.get(within).map(|f| f.kind.shape())
                    && let Some(row) = before.rows.get(row)
                {
                    all(when, &scope.of_row(row));
                } else if let Some(other) = house.kind(within) {
                    let scope = Scope::record(house, other);
                    match rows_within(other, field) {
                        Some((row, _)) => all(when, &scope.of_row(row)),
                        None => all(when, &scope),
                    }
                } else {
                    all(when, &scope);
                }
            }
        }
    }
}

/// Names that a dossier uses and nobody knows are findings 703 and 704.
pub(super) fn check(kind: &mut Kind<'_>) {
    for dossier in &kind.kind.dossiers {
        for template in [&dossier.cover, &dossier.back] {
            let known = kind.house.templates.contains_key(template);
            if !known && (!template.is_empty() || std::ptr::eq(template, &dossier.cover)) {
                kind.say(702, &dossier.place, format!("没有模板“{template}”"));
            }
        }
        kind.known_field(&dossier.number, &dossier.place);
        kind.unique_ids(dossier.parts.iter().map(|part| (&part.id, &part.place)));
        for part in &dossier.parts {
            if part.sources.is_empty() {
                let message = format!("卷内“{}”没有写从哪里来", part.label);
                kind.say(704, &part.place, message).fix =
                    "在大括号里写“出 文书”或者“收 文件字段”".to_owned();
            }
            for source in &part.sources {
                check_source(kind, source);
            }
        }
    }
}

fn check_source(kind: &mut Kind<'_>, source: &DossierSource) {
    let (house, own) = (kind.house, kind.kind);
    let hangs = |id: &str| {
        let other = house.kind(id)?;
        let on = |a: &Attached| a.kind == own.id;
        other.attached.as_ref().is_some_and(on).then_some(other)
    };
    match &source.what {
        Taken::Paper { kind: other, document } => {
            let found = match other.as_str() {
                "" => own.document(document).is_some(),
                other => hangs(other).is_some_and(|other| other.document(document).is_some()),
            };
            if !found {
                let name =
                    if other.is_empty() { document.clone() } else { format!("{other}.{document}") };
                kind.say(703, &source.place, format!("没有文书“{name}”")).fix =
                    "写本档案的文书，或者“附属档案.文书”".to_owned();
            }
        }
        Taken::File { within, field } => {
            let is_file = |fields: &super::Fields, field: &str| {
                fields.get(field).is_some_and(|f| matches!(f.kind.shape(), Shape::File(_)))
            };
            let hanging = |other: &RecordKind| match rows_within(other, field) {
                Some((row, field)) => is_file(&row.fields, field),
                None => is_file(&other.fields, field),
            };
            let rows = match own.fields.get(within).map(|f| f.kind.shape()) {
                Some(Shape::Rows(row)) => own.rows.get(row),
                _ => None,
            };
            let found = match (within.as_str(), rows) {
                ("", _) => is_file(&own.fields, field),
                (_, Some(row)) => is_file(&row.fields, field),
                (other, None) => hangs(other).is_some_and(|other| hanging(other)),
            };
            if !found {
                let name =
                    if within.is_empty() { field.clone() } else { format!("{within}.{field}") };
                kind.say(703, &source.place, format!("没有文件字段“{name}”")).fix =
                    "写本档案的文件字段、“多行字段.文件字段”、“附属档案.文件字段”，或者“附属档案.多行字段.文件字段”"
                        .to_owned();
            }
        }
    }
}
