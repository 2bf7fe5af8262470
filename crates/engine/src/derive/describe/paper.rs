//! Papers: when they can be printed, which number they bear.

use crate::definition::{Dossier, RecordKind, Required};
use std::{fmt::Write, sync::Arc};

/// Every paper.
pub fn text(kinds: &[&Arc<RecordKind>]) -> String {
    let mut out = String::new();
    for kind in kinds {
        for document in &kind.documents {
            let when = document.when.as_ref().map_or("随时", |r| r.words.as_str());
            let number = kind.fields.get(&document.number).map_or("无", |f| f.label.as_str());
            let _ = writeln!(
                out,
                "{}：{}，编号 {number}，可打印：{when}，模板 {}",
                kind.label, document.label, document.template
            );
        }
        for dossier in &kind.dossiers {
            dossier_text(&mut out, kind, dossier);
        }
    }
    out
}

fn dossier_text(out: &mut String, kind: &RecordKind, dossier: &Dossier) {
    let when = dossier.when.as_ref().map_or("随时", |r| r.words.as_str());
    let number = kind.fields.get(&dossier.number).map_or("无", |f| f.label.as_str());
    let _ = writeln!(out, "{}：卷宗 {}，编号 {number}，可装订：{when}", kind.label, dossier.label);
    for (at, part) in dossier.parts.iter().enumerate() {
        let must = match &part.required {
            Required::No => "按需".to_owned(),
            Required::Yes => "必须".to_owned(),
            Required::When(rule) => format!("{}时必须", rule.words),
        };
        let signed = if part.signed { "，须签名盖章" } else { "" };
        let basis = if part.basis.is_empty() { &dossier.basis } else { &part.basis };
        let _ = writeln!(out, "  {} {}：{must}{signed}；依据 {basis}", at + 1, part.label);
    }
}
