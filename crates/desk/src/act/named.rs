//! Accounts that somebody writes into a record. Forms offer those of the unit; programs send ids, so
//! they are looked at here.

use crate::{Actor, Desk, Refusal};
use engine::{
    definition::{Fields, RecordKind},
    kind::{Cells, Shape},
    problem::Problem,
    query::Cell,
    record::{Read, Record},
};

impl Desk {
    /// Adds what is wrong with the accounts that were typed: there is none, or it belongs to units
    /// that have nothing to do with the actor's.
    pub(super) async fn check_accounts(
        &self,
        actor: &Actor,
        kind: &RecordKind,
        before: Option<&Record>,
        read: &mut Read,
    ) -> Result<(), Refusal> {
        let mut typed = named(&kind.fields, &read.cells, "");
        for field in &kind.fields {
            let Shape::Rows(row) = field.kind.shape() else { continue };
            let Some(row) = kind.rows.get(row) else { continue };
            for (index, one) in read.rows.get(&field.id).into_iter().flatten().enumerate() {
                typed.extend(named(&row.fields, &one.cells, &format!("{}.{index}.", field.id)));
            }
        }
        for (path, label, account) in typed {
            let kept = before.is_some_and(|before| before.text(&path) == account);
            if kept || account == actor.account {
                continue;
            }
            if let Some(message) = self.wrong_account(actor, &label, &account).await? {
                read.problems.push(Problem::error("account", message).at(&path));
            }
        }
        Ok(())
    }

    async fn wrong_account(
        &self,
        actor: &Actor,
        label: &str,
        account: &str,
    ) -> Result<Option<String>, Refusal> {
        let unit = match self.account_unit(account).await {
            Ok(unit) => unit,
            Err(Refusal::NotFound(_)) => {
                let message = format!("“{label}”写的账号不存在，请写本单位人员的账号");
                return Ok(Some(message));
            }
            Err(refusal) => return Err(refusal),
        };
        let units = self.units();
        let near = units.get(&unit).is_some_and(|found| {
            found.path.starts_with(&actor.unit.path) || found.county == actor.unit.county
        });
        let wrong = !near && !actor.is_house();
        Ok(wrong
            .then(|| format!("“{label}”写的账号是别的地方的，请写本单位或者本县单位人员的账号")))
    }
}

/// The accounts in the cells: where, what the field is called, the account.
fn named(fields: &Fields, cells: &Cells, place: &str) -> Vec<(String, String, String)> {
    let accounts = fields.iter().filter(|field| field.kind.shape() == Shape::Account);
    let named = accounts.filter_map(|field| {
        let account = cells.get(&field.id).and_then(Cell::as_text)?;
        Some((format!("{place}{}", field.id), field.label.clone(), account.to_owned()))
    });
    named.collect()
}
