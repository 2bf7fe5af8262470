//! What a question asks beyond the row: the record it refers to, and other rows of its county.

use super::{Lowered, Lowering, Scope};
use crate::shape;
use engine::query::{Filter, Rows};

impl<'a> Lowering<'a> {
    pub(super) fn linked(
        &mut self,
        scope: &Scope<'a>,
        column: &str,
        table: &str,
        target: &str,
    ) -> Lowered {
        let catalogue = self.catalogue;
        let to = self.scope(shape::table(catalogue, table)?);
        self.push("(select ");
        self.column(&to, target);
        self.from(&to);
        if shape::by_county(to.table) {
            self.same(&to, "county", scope, "county");
            self.push(" and ");
        }
        self.same(&to, "id", scope, column);
        self.push(" limit 1)");
        Ok(())
    }

    /// Whether the record referred to is there and the filter is true for it.
    pub(super) fn refers(
        &mut self,
        scope: &Scope<'a>,
        column: &str,
        table: &str,
        asks: &Filter,
    ) -> Lowered {
        let catalogue = self.catalogue;
        let to = self.scope(shape::table(catalogue, table)?);
        self.push("exists (select 1");
        self.from(&to);
        if shape::by_county(to.table) {
            self.same(&to, "county", scope, "county");
            self.push(" and ");
        }
        self.same(&to, "id", scope, column);
        self.push(" and ");
        self.filter(&to, asks)?;
        self.push(")");
        Ok(())
    }

    fn same(&mut self, left: &Scope, column: &str, right: &Scope, other: &str) {
        self.column(left, column);
        self.push(" = ");
        self.column(right, other);
    }

    /// `head` over the other rows that the filter is true for, then `tail`.
    pub(super) fn others(
        &mut self,
        scope: &Scope<'a>,
        rows: &Rows,
        filter: &Filter,
        head: &str,
        tail: &str,
    ) -> Lowered {
        let catalogue = self.catalogue;
        let other = self.scope_inside(scope, shape::table(catalogue, &rows.table)?);
        self.push(head);
        self.from(&other);
        self.same(&other, "county", scope, "county");
        self.push(" and ");
        self.same(&other, &rows.column, scope, rows.of.as_deref().unwrap_or("id"));
        self.push(" and ");
        if other.table.name == scope.table.name {
            self.column(&other, "id");
            self.push(" <> ");
            self.column(scope, "id");
            self.push(" and ");
        }
        self.filter(&other, filter)?;
        self.push(tail);
        Ok(())
    }

    pub(super) fn sum(
        &mut self,
        scope: &Scope<'a>,
        rows: &Rows,
        column: &str,
        filter: &Filter,
    ) -> Lowered {
        let other = format!("t{}.\"{column}\"", self.scopes);
        let [before, behind] = self.dialect.sum(&other);
        self.others(scope, rows, filter, &before, &behind)
    }
}
