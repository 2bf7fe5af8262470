//! The data catalogue: every data item with its column, class, exchange name and basis.

use crate::definition::{Class, Field, RecordKind};
use std::{fmt::Write, sync::Arc};

/// Every item, one a line: table, column, label, kind, class, exchange name, source, basis.
pub fn text(kinds: &[&Arc<RecordKind>]) -> String {
    let mut out = String::from("表\t列\t名称\t种类\t密级\t交换名\t取自\t依据\n");
    for kind in kinds {
        for field in &kind.fields {
            line(&mut out, &kind.id, field);
            if let crate::kind::Shape::Rows(row) = field.kind.shape()
                && let Some(row) = kind.rows.get(row)
            {
                for inner in &row.fields {
                    line(&mut out, &kind.row_table(&field.id), inner);
                }
            }
        }
    }
    out
}

fn line(out: &mut String, table: &str, field: &Field) {
    let class = match field.class {
        Class::Plain => "一般",
        Class::Contact => "联系",
        Class::Sensitive => "敏感",
    };
    let from: Vec<String> = field.taken_from.iter().map(|(f, t)| format!("{f}.{t}")).collect();
    let _ = writeln!(
        out,
        "{table}\t{}\t{}\t{}\t{class}\t{}\t{}\t{}",
        field.id,
        field.label,
        field.kind.word(),
        field.exchange,
        from.join(" "),
        field.basis
    );
}
