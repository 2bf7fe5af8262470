//! Drafts: what somebody has typed and not yet sent. A draft belongs to its account alone, is no
//! record and leaves no log entry; it is kept sealed, because id numbers stand in it.

use crate::boxed;
use crate::{Desk, Refusal, ops::values, seal::hash};
use engine::{
    query::{Cell, Filter, Select, Sort},
    record::Moment,
};
use store::seam::{Commit, Operation, Row, StoreError};

/// Nobody works on more forms at once; older drafts make room.
pub const MOST_DRAFTS: u32 = 40;

const COLUMNS: [&str; 8] =
    ["id", "kind", "record", "action", "title", "body", "updated_at", "page"];

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
    /// The open page that saved it: each form drawn is one, on whatever device.
    pub page: String,
}

/// Where a draft is kept that another page has gone on with meanwhile.
pub fn apart(id: &str, page: &str) -> String {
    hash(&format!("{id} {page}")).chars().take(32).collect()
}

impl Desk {
    /// Keeps a draft. The page that saved it before, and the page that took it up from there
    /// (which `continues` it), replace it; where yet another page, perhaps on another device, has
    /// saved it meanwhile, this one is kept [`apart`] and both are there. Gives the id it is kept
    /// under.
    #[boxed]
    pub async fn save_draft(
        &self,
        account: &str,
        draft: &Draft,
        continues: &str,
        moment: &Moment,
    ) -> Result<String, Refusal> {
        let kept = self.find_draft(account, &draft.id).await?;
        let mine = |kept: &Draft| {
            kept.page == draft.page || kept.page == continues || kept.body == draft.body
        };
        let mut operations = Vec::new();
        for old in self.drafts(account).await?.into_iter().skip(MOST_DRAFTS as usize - 1) {
            operations.push(remove(account, &old.id));
        }
        if kept.as_ref().is_none_or(mine) {
            let mut all = operations.clone();
            all.push(self.keep_draft(account, draft, kept.as_ref(), moment));
            match self.keeper.commit(Commit { operations: all, ..Commit::default() }).await {
                Ok(_) => return Ok(draft.id.clone()),
                // Another page saved it in this instant.
                Err(StoreError::Changed { .. } | StoreError::Taken { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let id = apart(&draft.id, &draft.page);
        let own = self.find_draft(account, &id).await?;
        let beside = Draft { id: id.clone(), ..draft.clone() };
        operations.push(self.keep_draft(account, &beside, own.as_ref(), moment));
        self.keeper.commit(Commit { operations, ..Commit::default() }).await?;
        Ok(id)
    }

    fn keep_draft(
        &self,
        account: &str,
        draft: &Draft,
        kept: Option<&Draft>,
        moment: &Moment,
    ) -> Operation {
        let key = values([("account", account.into()), ("id", draft.id.as_str().into())]);
        let set = values([
            ("kind", draft.kind.as_str().into()),
            ("record", draft.record.as_str().into()),
            ("action", draft.action.as_str().into()),
            ("title", self.sealer.seal(&draft.title, self.nonce()).into()),
            ("body", self.sealer.seal(&draft.body, self.nonce()).into()),
            ("page", draft.page.as_str().into()),
            ("updated_at", moment.at.into()),
        ]);
        let table = "draft".to_owned();
        match kept {
            Some(kept) => {
                let expect = values([("page", kept.page.as_str().into())]);
                Operation::Update { table, key, expect, set }
            }
            None => Operation::Insert { table, values: key.into_iter().chain(set).collect() },
        }
    }

    /// The drafts of an account, newest first.
    #[boxed]
    pub async fn drafts(&self, account: &str) -> Result<Vec<Draft>, Refusal> {
        let select = Select::from("draft", &COLUMNS)
            .filter(Filter::equal("account", account))
            .order(vec![Sort::down("updated_at"), Sort::down("id")])
            .limit(MOST_DRAFTS + 10);
        let rows = self.keeper.find(&select).await?;
        Ok(rows.iter().map(|row| self.draft_of(row)).collect())
    }

    /// A draft of an account; `None` if there is none.
    #[boxed]
    pub async fn find_draft(&self, account: &str, id: &str) -> Result<Option<Draft>, Refusal> {
        let select = Select::from("draft", &COLUMNS)
            .filter(Filter::equal("account", account).and(Filter::equal("id", id)))
            .limit(1);
        let rows = self.keeper.find(&select).await?;
        Ok(rows.first().map(|row| self.draft_of(row)))
    }

    /// Removes a draft, if it is there.
    #[boxed]
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
            page: text(7),
        }
    }
}

fn remove(account: &str, id: &str) -> Operation {
    let by = values([("account", account.into()), ("id", id.into())]);
    Operation::Remove { table: "draft".to_owned(), by }
}
