//! Signatures by hand on a screen, for a paper that is not issued yet. Each says what was signed (the
//! hash of the paper as it read then), so that a paper that reads otherwise has not been signed.

use super::SIGNED;
use crate::boxed;
use crate::{Actor, Desk, Refusal, ops::values};
use engine::{
    kind::file_parts,
    problem::Problem,
    query::{Cell, Filter, Select, Sort},
    record::Moment,
};
use serde_json::Value as Json;
use store::seam::{Commit, Operation};

/// A signature.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signature {
    /// The line it stands on, as the paper names it.
    pub signer: String,
    /// Hash of what was signed.
    pub content: String,
    /// The picture, as file fields hold one; its hash is the SM3 of its bytes.
    pub file: String,
    /// When.
    pub at: i64,
    /// Account on whose device it was made.
    pub by: String,
    /// What that account is called.
    pub by_name: String,
    /// The device, as it names itself.
    pub device: String,
}

/// A signature just made.
#[derive(Clone, Debug, Default)]
pub struct NewSignature {
    /// The paper.
    pub document: String,
    /// The line it stands on.
    pub signer: String,
    /// Hash of what was signed.
    pub content: String,
    /// The picture; empty: the signature is taken away.
    pub file: String,
    /// The device, as it names itself.
    pub device: String,
    /// Version of the record that was signed.
    pub version: i64,
}

impl Desk {
    /// Keeps a signature. A later one of the same signer takes its place; both stay in the log.
    #[boxed]
    pub async fn sign(
        &self,
        actor: &Actor,
        kind: &str,
        id: &str,
        new: NewSignature,
        moment: &Moment,
    ) -> Result<(), Refusal> {
        let (kind, record) = self.worked_on(actor, kind, id).await?;
        let none = || Refusal::NotFound("这种文书".to_owned());
        let document = kind.document(&new.document).ok_or_else(none)?;
        if record.version() != new.version {
            let message = "这份档案刚刚改过，没有签上；请看过新的内容再签";
            return Err(Refusal::problem(Problem::error("went_on", message.to_owned())));
        }
        let device: String = new.device.chars().take(300).collect();
        let row = values([
            ("county", record.county().into()),
            ("id", self.chance.id(moment.at).into()),
            ("kind", kind.id.as_str().into()),
            ("record", id.into()),
            ("document", document.id.as_str().into()),
            ("signer", new.signer.as_str().into()),
            ("content", new.content.as_str().into()),
            ("file", new.file.as_str().into()),
            ("at", moment.at.into()),
            ("by", actor.account.as_str().into()),
            ("device", device.as_str().into()),
        ]);
        let body = [
            ("document", Json::from(document.label.as_str())),
            ("signer", Json::from(new.signer.as_str())),
            ("sm3", Json::from(file_parts(&new.file).0)),
            ("content", Json::from(new.content.as_str())),
            ("device", Json::from(device.as_str())),
        ];
        let commit = Commit {
            operations: vec![Operation::Insert { table: "signature".to_owned(), values: row }],
            entries: vec![self.about(actor, moment, SIGNED, &record, body)],
            ..Commit::default()
        };
        self.keeper.commit(commit).await?;
        Ok(())
    }

    /// The signatures of a paper of a record: the last of each signer, whatever was signed.
    #[boxed]
    pub async fn signatures(
        &self,
        actor: &Actor,
        kind: &str,
        id: &str,
        document: &str,
    ) -> Result<Vec<Signature>, Refusal> {
        let (_, record) = self.seen(actor, kind, id).await?;
        let filter = Filter::equal("county", record.county())
            .and(Filter::equal("record", id))
            .and(Filter::equal("document", document));
        let columns = ["signer", "content", "file", "at", "by", "device"];
        let select = Select::from("signature", &columns)
            .filter(filter)
            .order(vec![Sort::up("id")])
            .limit(1_000);
        let mut last: Vec<Signature> = Vec::new();
        for row in self.keeper.find(&select).await? {
            let text = |i: usize| row.get(i).and_then(Cell::as_text).unwrap_or_default().to_owned();
            let by_name = self.account_name(&text(4)).await?;
            let at = row.get(3).and_then(Cell::as_int).unwrap_or_default();
            let signature = Signature {
                signer: text(0),
                content: text(1),
                file: text(2),
                at,
                by: text(4),
                by_name,
                device: text(5),
            };
            last.retain(|earlier| earlier.signer != signature.signer);
            last.push(signature);
        }
        last.retain(|signature| !signature.file.is_empty());
        Ok(last)
    }
}
