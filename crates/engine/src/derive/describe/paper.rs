//! Papers: when they can be printed, which number they bear.

use crate::definition::RecordKind;
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
    }
    out
}
