//! Drafts: what somebody has typed and not yet sent. A draft belongs to its account alone, is no
//! record and leaves no log entry; it is kept sealed, because id numbers stand in it.

use crate::{Desk, Refusal, ops::values};
use engine::{
    query::{Cell, Filter, Select, Sort},
    record::Moment,
};
use store::seam::{Commit, Operation, Row};

/// Nobody works on more forms at once; older drafts make room.
pub const MOST_DRAFTS: u32 = 40;

const COLUMNS: [&str; 7] = ["id", "kind", "record", "action", "title", "body", "updated_at"];

/// What somebody has typed into a form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// Id, given by whoever drew the form.
    pub id: String,
    /// Kind of record.
    pub kind: String,
    /// The record; empty for a new one.
    pub record: String,
    /// The action; empty for creating and changing.
    pub action: String,
    /// What the person will know it again by.
    pub title: String,
    /// What was typed, as the face writes it.
    pub body: String,
    /// When, in milliseconds.
    pub updated_at: i64,
}

impl Desk {
    /// Keeps a draft; one with the same id is replaced.
    pub async fn save_draft(
        &self,
        account: &str,
        draft: &Draft,
        moment: &Moment,
    ) -> Result<(), Refusal> {
        let row = values([
            ("account", account.into()),
            ("id", draft.id.as_str().into()),
            ("kind", draft.kind.as_str().into()),
            ("record", draft.record.as_str().into()),
            ("action", draft.action.as_str().into()),
            ("title", self.sealer.seal(&draft.title, self.nonce()).into()),
            ("body", self.sealer.seal(&draft.body, self.nonce()).into()),
            ("updated_at", moment.at.into()),
        ]);
        let mut operations = vec![Operation::Put { table: "draft".to_owned(), values: row }];
        for old in self.drafts(account).await?.into_iter().skip(MOST_DRAFTS as usize - 1) {
            operations.push(remove(account, &old.id));
        }
        self.keeper.commit(Commit { operations, ..Commit::default() }).await?;
        Ok(())
    }

    /// The drafts of an account, newest first.
    pub async fn drafts(&self, account: &str) -> Result<Vec<Draft>, Refusal> {
        let select = Select::from("draft", &COLUMNS)
            .filter(Filter::equal("account", account))
            .order(vec![Sort::down("updated_at"), Sort::down("id")])
            .limit(MOST_DRAFTS + 10);
        let rows = self.keeper.find(&select).await?;
        Ok(rows.iter().map(|row| self.draft_of(row)).collect())
    }

    /// A draft of an account; `None` if there is none.
    pub async fn find_draft(&self, account: &str, id: &str) -> Result<Option<Draft>, Refusal> {
        let select = Select::from("draft", &COLUMNS)
            .filter(Filter::equal("account", account).and(Filter::equal("id", id)))
            .limit(1);
        let rows = self.keeper.find(&select).await?;
        Ok(rows.first().map(|row| self.draft_of(row)))
    }

    /// Removes a draft, if it is there.
    pub async fn remove_draft(&self, account: &str, id: &str) -> Result<(), Refusal> {
        let operations = vec![remove(account, id)];
        self.keeper.commit(Commit { operations, ..Commit::default() }).await?;
        Ok(())
    }

    fn draft_of(&self, row: &Row) -> Draft {
        let text = |i: usize| row.get(i).and_then(Cell::as_text).unwrap_or_default().to_owned();
        let opened = |i: usize| self.sealer.open(&text(i)).unwrap_or_default();
        Draft {
            id: text(0),
            kind: text(1),
            record: text(2),
            action: text(3),
            title: opened(4),
            body: opened(5),
            updated_at: row.get(6).and_then(Cell::as_int).unwrap_or_default(),
        }
    }
}

fn remove(account: &str, id: &str) -> Operation {
    let by = values([("account", account.into()), ("id", id.into())]);
    Operation::Remove { table: "draft".to_owned(), by }
}
