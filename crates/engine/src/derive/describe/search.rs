//! What the search box finds of each record.

use crate::{
    definition::{Class, House, RecordKind},
    derive::search::{Manner, searched},
};
use std::{fmt::Write, sync::Arc};

/// Every field that is found, one a line: kind, rows, field, by what, by whom.
pub fn text(house: &House, kinds: &[&Arc<RecordKind>]) -> String {
    let mut out = String::from("档案\t多行\t字段\t怎样查到\t谁能查到\n");
    for kind in kinds {
        for one in searched(house, kind) {
            let rows = one.rows.map_or("", |rows| &rows.label);
            let by = match one.manner {
                Manner::Name => "字、词、拼音、首字母",
                Manner::Title => "字、词、号码和开头",
                Manner::Text => "两个字以上的词",
                Manner::Number => "整个号码、后四位、后六位",
            };
            let who = match one.field.class {
                Class::Plain => "能看档案的",
                Class::Contact => "在县以下办理的",
                Class::Sensitive => "能看敏感数据的",
            };
            let _ = writeln!(out, "{}\t{rows}\t{}\t{by}\t{who}", kind.label, one.field.label);
        }
    }
    out
}
