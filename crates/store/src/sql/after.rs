//! Paging by key: the rows behind a place in an order, said so that an index finds the place.

use super::{Lowered, Lowering, Scope};
use crate::{seam::StoreError, shape};
use engine::query::{Cell, Sort, Table};

impl<'a> Lowering<'a> {
    /// Rows behind `values` in the order.
    pub(super) fn after(&mut self, scope: &Scope<'a>, order: &[Sort], values: &[Cell]) -> Lowered {
        if row_value_will_do(scope.table, order, values)? {
            self.row_value(scope, order, values);
            return Ok(());
        }
        self.push("(");
        for step in 0..order.len() {
            self.push(if step == 0 { "(" } else { " or (" });
            for (sort, value) in order.iter().zip(values).take(step) {
                self.equals(scope, &sort.column, value);
                self.push(" and ");
            }
            self.beyond(scope, &order[step], &values[step]);
            self.push(")");
        }
        self.push(")");
        self.first_bound(scope, &order[0], &values[0])
    }

    /// `(a, b) < (?, ?)`, which is answered with one range of an index.
    fn row_value(&mut self, scope: &Scope, order: &[Sort], values: &[Cell]) {
        self.push("(");
        for (index, sort) in order.iter().enumerate() {
            self.push(if index == 0 { "" } else { ", " });
            self.column(scope, &sort.column);
        }
        self.push(if order[0].descending { ") < (" } else { ") > (" });
        for (index, value) in values.iter().enumerate() {
            self.push(if index == 0 { "" } else { ", " });
            self.bind(value.clone());
        }
        self.push(")");
    }

    /// One column behind a value; null is before everything.
    fn beyond(&mut self, scope: &Scope, sort: &Sort, value: &Cell) {
        match (sort.descending, value) {
            (true, Cell::Null) => self.push("false"),
            (false, Cell::Null) => {
                self.column(scope, &sort.column);
                self.push(" is not null");
            }
            (true, value) => {
                self.push("(");
                self.column(scope, &sort.column);
                self.push(" < ");
                self.bind(value.clone());
                self.push(" or ");
                self.column(scope, &sort.column);
                self.push(" is null)");
            }
            (false, value) => {
                self.column(scope, &sort.column);
                self.push(" > ");
                self.bind(value.clone());
            }
        }
    }

    /// Says again what follows for the first column, because an index can use this form of it.
    fn first_bound(&mut self, scope: &Scope, sort: &Sort, value: &Cell) -> Lowered {
        let required = shape::column(scope.table, &sort.column)?.required;
        let by = match (sort.descending, value) {
            (true, Cell::Null) => " is ",
            (false, Cell::Null) => return Ok(()),
            (true, _) if required => " <= ",
            (true, _) => return Ok(()),
            (false, _) => " >= ",
        };
        self.push(" and ");
        self.column(scope, &sort.column);
        self.push(by);
        self.bind(value.clone());
        Ok(())
    }

    fn equals(&mut self, scope: &Scope, column: &str, value: &Cell) {
        self.column(scope, column);
        self.push(if value.is_null() { " is " } else { " = " });
        self.bind(value.clone());
    }
}

/// Going up, a null in the row makes the comparison unknown exactly where it is not behind; going
/// down it would lose rows, so the columns must not have nulls.
fn row_value_will_do(table: &Table, order: &[Sort], values: &[Cell]) -> Result<bool, StoreError> {
    let descending = order.first().is_some_and(|sort| sort.descending);
    if values.contains(&Cell::Null) {
        return Ok(false);
    }
    for sort in order {
        let nulls_hurt = descending && !shape::column(table, &sort.column)?.required;
        if sort.descending != descending || nulls_hurt {
            return Ok(false);
        }
    }
    Ok(true)
}
