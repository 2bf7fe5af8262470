//! The API as programs see it: paths and the JSON of every field.

use crate::{
    definition::{Fields, House, RecordKind},
    kind::Shape,
};
use std::{fmt::Write, sync::Arc};

/// Every kind's paths and fields.
pub fn text(house: &House, kinds: &[&Arc<RecordKind>]) -> String {
    let mut out = String::new();
    for kind in kinds {
        let id = &kind.id;
        let _ = writeln!(out, "GET POST /api/v1/records/{id}");
        let _ = writeln!(out, "GET PATCH /api/v1/records/{id}/{{id}}");
        for action in &kind.actions {
            let _ = writeln!(out, "POST /api/v1/records/{id}/{{id}}/actions/{}", action.id);
        }
        for document in &kind.documents {
            let _ = writeln!(out, "GET /api/v1/records/{id}/{{id}}/documents/{}.pdf", document.id);
        }
        for dossier in &kind.dossiers {
            let _ = writeln!(out, "GET /api/v1/records/{id}/{{id}}/dossiers/{}.pdf", dossier.id);
        }
        fields(&mut out, house, &kind.fields, "  ");
        for row in kind.rows.values() {
            let _ = writeln!(out, "  rows {}", row.id);
            fields(&mut out, house, &row.fields, "    ");
        }
        out.push('\n');
    }
    out
}

fn fields(out: &mut String, house: &House, fields: &Fields, indent: &str) {
    for field in fields {
        let schema = match field.kind.shape() {
            // The codes stand in their table; repeating them here would hide what matters.
            Shape::Code(table) => format!("code {table}"),
            Shape::Codes(table) => format!("codes {table}"),
            Shape::Rows(row) => format!("rows {row}"),
            _ => field.kind.schema(field, house).to_string(),
        };
        let _ = writeln!(out, "{indent}{} {schema}", field.id);
    }
}
