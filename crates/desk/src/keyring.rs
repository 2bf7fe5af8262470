//! Whether the keys belong to the data.
//!
//! With other keys nothing sealed can be opened and nobody is found by a number, and what is then
//! recorded makes two houses of one. So the first who opens the data leaves a word sealed and hashed
//! with the keys, and everybody later, in whichever process, must be able to read it.

use crate::{Desk, Refusal};
use store::seam::StoreError;

const MARK: &str = "keys";
const WORD: &str = "keys of this house";

impl Desk {
    /// Refuses keys with which these data were not written, and data that are not whole.
    pub(crate) async fn check_keys(&self) -> Result<(), Refusal> {
        if self.mark("moving").await?.is_some() {
            let words = "这个数据库正在搬入数据，还没有搬完。请先运行完 fengqiao move";
            return Err(StoreError::Failed(words.to_owned()).into());
        }
        let kept = match self.mark(MARK).await? {
            Some(kept) => kept,
            None => {
                let sealed = self.sealer.seal(WORD, self.nonce());
                let word = format!("{} {sealed}", self.sealer.index(MARK, WORD));
                match self.first_mark(MARK, &word).await {
                    Ok(()) => return Ok(()),
                    // Another process was faster; its keys must be ours.
                    Err(StoreError::Taken { .. }) => self.mark(MARK).await?.unwrap_or_default(),
                    Err(error) => return Err(error.into()),
                }
            }
        };
        if self.reads(&kept) {
            return Ok(());
        }
        let words = "密钥文件和数据库对不上：它损坏了，或者是另一套数据的。\
                     请把这套数据原来的密钥文件从备份放回原处；几个程序共用一个数据库时，密钥文件要相同";
        Err(StoreError::Failed(words.to_owned()).into())
    }

    fn reads(&self, kept: &str) -> bool {
        let (hash, sealed) = kept.split_once(' ').unwrap_or_default();
        hash == self.sealer.index(MARK, WORD) && self.sealer.open(sealed).as_deref() == Some(WORD)
    }
}
