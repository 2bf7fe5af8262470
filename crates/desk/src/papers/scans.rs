//! Scans of papers that were signed: filed by the QR code they bear. What has none that can be read
//! waits in a list of the unit until somebody says which paper it is.

use super::{FILED, Issued};
use crate::boxed;
use crate::{Actor, Desk, Refusal, ops::values};
use engine::{
    kind::file_parts,
    problem::Problem,
    query::{Cell, Filter, Select, Sort},
    record::Moment,
};
use serde_json::{Map, Value as Json};
use store::seam::{Commit, Operation, StoreError};

/// A scan that waits to be filed by hand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// Id.
    pub id: String,
    /// The file, as file fields hold one.
    pub file: String,
    /// Why it could not be filed by itself.
    pub why: String,
    /// When it came.
    pub at: i64,
    /// Who brought it.
    pub by: String,
}

/// What a QR code on a scan says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScanHint {
    /// An issued paper, by id.
    Paper(String),
    /// Something of ours that was not issued: a draft.
    Draft,
}

impl ScanHint {
    /// Reads a code of ours.
    pub fn read(code: &str) -> Option<Self> {
        if code.starts_with("FQ1:") {
            return Some(Self::Draft);
        }
        let id = code.strip_prefix("FQ2:")?.split(':').next()?.to_ascii_lowercase();
        let plain = id.len() == 32 && id.chars().all(|c| c.is_ascii_hexdigit());
        let part = |from: usize, to: usize| id.get(from..to).unwrap_or_default();
        let parts = [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)];
        plain.then(|| Self::Paper(parts.join("-")))
    }

    /// The text of a paper's code: capitals and digits only, which makes the code small.
    pub fn code(paper: &str, proof: &str) -> String {
        let proof: String = proof.chars().take(8).collect();
        format!("FQ2:{}:{proof}", paper.replace('-', "")).to_ascii_uppercase()
    }
}

impl Desk {
    /// The issued paper of that id, if the actor works on its record.
    #[boxed]
    pub async fn find_paper(&self, actor: &Actor, id: &str) -> Result<Option<Issued>, Refusal> {
        let filter =
            Filter::equal("county", actor.unit.county.as_str()).and(Filter::equal("id", id));
        let Some(paper) = self.find_papers(filter, Sort::up("id"), 1).await?.into_iter().next()
        else {
            return Ok(None);
        };
        match self.worked_on(actor, &paper.kind, &paper.record).await {
            Ok(_) => Ok(Some(paper)),
            Err(Refusal::NotFound(_) | Refusal::Forbidden { .. }) => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    /// Files a scan as the signed copy of a paper. Where it waited in the list, it leaves it.
    #[boxed]
    pub async fn file_signed(
        &self,
        actor: &Actor,
        paper: &str,
        file: &str,
        waited: Option<&str>,
        moment: &Moment,
    ) -> Result<Issued, Refusal> {
        let none = || Refusal::NotFound("这份已出具的文书".to_owned());
        let paper = self.find_paper(actor, paper).await?.ok_or_else(none)?;
        let (_, record) = self.worked_on(actor, &paper.kind, &paper.record).await?;
        let key =
            values([("county", paper.county.as_str().into()), ("id", paper.id.as_str().into())]);
        let set = values([
            ("signed", file.into()),
            ("signed_at", moment.at.into()),
            ("signed_by", actor.account.as_str().into()),
            ("awaited", 0.into()),
        ]);
        let mut operations =
            vec![Operation::Update { table: "paper".to_owned(), key, expect: Vec::new(), set }];
        if let Some(id) = waited {
            let by = values([("county", actor.unit.county.as_str().into()), ("id", id.into())]);
            operations.push(Operation::Update {
                table: "scan".to_owned(),
                key: by,
                expect: values([("done", 0.into())]),
                set: values([("done", 1.into()), ("paper", paper.id.as_str().into())]),
            });
        }
        let body = [
            ("document", Json::from(paper.label.as_str())),
            ("issue", Json::from(paper.issue)),
            ("sm3", Json::from(file_parts(file).0)),
            ("before", Json::from(file_parts(&paper.signed).0)),
        ];
        let entries = vec![self.about(actor, moment, FILED, &record, body)];
        match self.keeper.commit(Commit { operations, entries, ..Commit::default() }).await {
            Ok(_) => Ok(Issued { signed: file.to_owned(), signed_at: moment.at, ..paper }),
            Err(StoreError::Changed { .. }) => {
                let message = "这份扫描件刚刚由别人归好了".to_owned();
                Err(Refusal::problem(Problem::error("went_on", message)))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps a scan that nobody can tell the paper of, until somebody says.
    #[boxed]
    pub async fn keep_scan(
        &self,
        actor: &Actor,
        file: &str,
        why: &str,
        moment: &Moment,
    ) -> Result<String, Refusal> {
        let id = self.chance.id(moment.at);
        let row = values([
            ("county", actor.unit.county.as_str().into()),
            ("id", id.as_str().into()),
            ("unit", actor.unit.code.as_str().into()),
            ("role", actor.role.as_str().into()),
            ("path", actor.unit.path.as_str().into()),
            ("file", file.into()),
            ("why", why.into()),
            ("at", moment.at.into()),
            ("by", actor.account.as_str().into()),
            ("done", 0.into()),
        ]);
        let operations = vec![Operation::Insert { table: "scan".to_owned(), values: row }];
        let body = Map::from_iter([("sm3".to_owned(), Json::from(file_parts(file).0))]);
        let entries = vec![self.note(actor, moment, "scan", "", &id, body)];
        self.keeper.commit(Commit { operations, entries, ..Commit::default() }).await?;
        Ok(id)
    }

    /// The scans that wait, brought by whoever holds the actor's post in the actor's unit, oldest
    /// first: what is not told yet may be of any business.
    #[boxed]
    pub async fn scans(&self, actor: &Actor) -> Result<Vec<Scan>, Refusal> {
        let filter = Filter::equal("county", actor.unit.county.as_str())
            .and(Filter::equal("done", 0))
            .and(Filter::equal("unit", actor.unit.code.as_str()))
            .and(Filter::equal("role", actor.role.as_str()));
        let select = Select::from("scan", &["id", "file", "why", "at", "by"])
            .filter(filter)
            .order(vec![Sort::up("id")])
            .limit(200);
        let mut found = Vec::new();
        for row in self.keeper.find(&select).await? {
            let text = |i: usize| row.get(i).and_then(Cell::as_text).unwrap_or_default().to_owned();
            let at = row.get(3).and_then(Cell::as_int).unwrap_or_default();
            let by = self.account_name(&text(4)).await?;
            found.push(Scan { id: text(0), file: text(1), why: text(2), at, by });
        }
        Ok(found)
    }

    /// Takes a scan out of the list: it is no paper of ours.
    #[boxed]
    pub async fn drop_scan(&self, actor: &Actor, id: &str, moment: &Moment) -> Result<(), Refusal> {
        let waits = self.scans(actor).await?.into_iter().any(|scan| scan.id == id);
        if !waits {
            return Err(Refusal::NotFound("这份待归的扫描件".to_owned()));
        }
        let update = Operation::Update {
            table: "scan".to_owned(),
            key: values([("county", actor.unit.county.as_str().into()), ("id", id.into())]),
            expect: values([("done", 0.into())]),
            set: values([("done", 1.into())]),
        };
        let entries = vec![self.note(actor, moment, "drop_scan", "", id, Map::new())];
        let commit = Commit { operations: vec![update], entries, ..Commit::default() };
        self.keeper.commit(commit).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_papers_code_is_read_back() {
        let id = "0199c3a4-9d43-7e77-9f20-7b3c4d5e7007";
        let code = ScanHint::code(id, "8ca2e3abed69d460");
        assert_eq!(code, "FQ2:0199C3A49D437E779F207B3C4D5E7007:8CA2E3AB");
        assert_eq!(ScanHint::read(&code), Some(ScanHint::Paper(id.to_owned())));
        assert_eq!(ScanHint::read("FQ1:mediation_case:x:y"), Some(ScanHint::Draft));
        for foreign in ["https://example.org", "FQ2:", "FQ2:12:34", "FQ2:甲乙丙丁甲乙丙丁甲乙丙:1"]
        {
            assert_eq!(ScanHint::read(foreign), None, "{foreign}");
        }
    }
}
