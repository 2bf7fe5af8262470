//! Whether the keys belong to the data.
//!
//! With other keys nothing sealed can be opened and nobody is found by a number, and what is then
//! recorded makes two houses of one. So the first who opens the data leaves a word sealed and hashed
//! with the keys, and everybody later must be able to read it.

use crate::{Desk, Refusal, ops::values, tables::SOLE};
use engine::query::{Cell, Filter, Select};
use store::seam::{Commit, Operation, StoreError};

const KIND: &str = "house";
const WORD: &str = "keys";

impl Desk {
    /// Refuses keys with which these data were not written.
    pub(crate) async fn check_keys(&self) -> Result<(), Refusal> {
        let select = Select::from("registry", &["hash", "record"])
            .filter(Filter::equal("kind", KIND).and(Filter::equal("field", WORD)))
            .limit(1);
        let rows = self.keeper.find(&select).await?;
        match rows.first().map(Vec::as_slice) {
            None => self.leave_word().await,
            Some([Cell::Text(hash), Cell::Text(sealed)]) if self.reads(hash, sealed) => Ok(()),
            Some(_) => {
                let words = "密钥文件和数据库对不上：它损坏了，或者是另一套数据的。\
                             请把这套数据原来的密钥文件从备份放回原处";
                Err(StoreError::Failed(words.to_owned()).into())
            }
        }
    }

    fn reads(&self, hash: &str, sealed: &str) -> bool {
        let word = self.sealer.open(sealed);
        hash == self.sealer.index(KIND, WORD) && word.as_deref() == Some(WORD)
    }

    async fn leave_word(&self) -> Result<(), Refusal> {
        let values = values([
            ("kind", KIND.into()),
            ("field", WORD.into()),
            ("hash", self.sealer.index(KIND, WORD).into()),
            ("slot", SOLE.into()),
            ("record", self.sealer.seal(WORD, self.nonce()).into()),
            ("county", KIND.into()),
        ]);
        let insert = Operation::Insert { table: "registry".to_owned(), values };
        let commit = Commit { operations: vec![insert], ..Commit::default() };
        match self.keeper.commit(commit).await {
            // Another process of the same house was faster.
            Ok(_) | Err(StoreError::Taken { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
