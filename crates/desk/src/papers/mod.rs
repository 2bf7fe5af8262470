//! Papers that were issued: what left the house is kept as it left. A row says which bytes (by their
//! hash), from which version of the record, when and by whom; it is written once. A correction is
//! another row that names the one before, and both stay.
//!
//! What is signed on paper comes back as a scan ([`scans`]); what is signed on a screen goes into the
//! paper before it is issued ([`signatures`]).

mod scans;
mod signatures;

pub use scans::{Scan, ScanHint};
pub use signatures::{NewSignature, Signature};

use crate::boxed;
use crate::{
    Actor, Desk, Refusal,
    access::{Right, about_seen, acts_on, reaches},
    ops::values,
};
use engine::{
    definition::RecordKind,
    problem::Problem,
    query::{Cell, Filter, Select, Sort, Term},
    record::{Moment, Record},
};
use serde_json::{Map, Value as Json};
use store::seam::{Commit, Entry, Operation, Row, StoreError};

/// The acts' names in the log.
pub const ISSUED: &str = "issue_paper";
/// A scan of a signed paper was filed.
pub const FILED: &str = "file_signed";
/// Somebody signed on a screen.
pub const SIGNED: &str = "sign_paper";

/// An issued paper.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Issued {
    /// Id; its QR code says it.
    pub id: String,
    /// County of the record.
    pub county: String,
    /// Kind of the record.
    pub kind: String,
    /// The record.
    pub record: String,
    /// What the record was called.
    pub title: String,
    /// The paper's id in the definition.
    pub document: String,
    /// What the paper is called.
    pub label: String,
    /// Its number; may be empty.
    pub number: String,
    /// First, second … of its sort for the record.
    pub issue: i64,
    /// Version of the record it says.
    pub version: i64,
    /// SM3 of its bytes.
    pub hash: String,
    /// How many pages.
    pub pages: i64,
    /// When.
    pub at: i64,
    /// Account.
    pub by: String,
    /// What the account is called.
    pub by_name: String,
    /// The paper it corrects; empty: none.
    pub cites: String,
    /// Why it was corrected.
    pub reason: String,
    /// Its signed copy, as file fields hold one; empty: none yet.
    pub signed: String,
    /// When that came.
    pub signed_at: i64,
}

/// A paper about to be issued: typeset and kept, not yet on record.
#[derive(Clone, Debug, Default)]
pub struct NewPaper {
    /// Its id.
    pub id: String,
    /// The paper's id in the definition.
    pub document: String,
    /// Which one of its sort.
    pub issue: i64,
    /// Version of the record it says.
    pub version: i64,
    /// SM3 of its bytes.
    pub hash: String,
    /// How many pages.
    pub pages: usize,
    /// The paper it corrects; empty: none.
    pub cites: String,
    /// Why.
    pub reason: String,
}

const COLUMNS: [&str; 17] = [
    "id", "county", "kind", "record", "title", "document", "label", "number", "issue", "version",
    "hash", "pages", "at", "by", "cites", "reason", "signed",
];

impl Desk {
    /// A fresh id for a paper.
    pub fn paper_id(&self, moment: &Moment) -> String {
        self.chance.id(moment.at)
    }

    /// The issued papers of a record that the actor may see, in the order they left.
    #[boxed]
    pub async fn papers(
        &self,
        actor: &Actor,
        kind: &str,
        id: &str,
    ) -> Result<Vec<Issued>, Refusal> {
        let (_, record) = self.seen(actor, kind, id).await?;
        let filter = Filter::equal("county", record.county())
            .and(Filter::equal("record", id))
            .and(Filter::equal("kind", kind));
        self.find_papers(filter, Sort::up("id"), 500).await
    }

    /// A record within the actor's sight; nobody learns of others.
    async fn seen(
        &self,
        actor: &Actor,
        kind: &str,
        id: &str,
    ) -> Result<(std::sync::Arc<RecordKind>, Record), Refusal> {
        let missing = || Refusal::NotFound("这份档案".to_owned());
        let kind = self.house().kind(kind).cloned().ok_or_else(missing)?;
        let record = self.load(&kind, id).await?.ok_or_else(missing)?;
        match self.covers(actor, &kind, &record, Right::See).await? {
            true => Ok((kind, record)),
            false => Err(missing()),
        }
    }

    /// The same, and the actor works on it.
    async fn worked_on(
        &self,
        actor: &Actor,
        kind: &str,
        id: &str,
    ) -> Result<(std::sync::Arc<RecordKind>, Record), Refusal> {
        let (kind, record) = self.seen(actor, kind, id).await?;
        if may_issue(actor, &kind, &record) {
            return Ok((kind, record));
        }
        Err(Refusal::forbidden(format!(
            "您的身份只能查看这份{}，不能出具文书、签名和归档",
            kind.label
        )))
    }

    async fn find_papers(
        &self,
        filter: Filter,
        order: Sort,
        limit: u32,
    ) -> Result<Vec<Issued>, Refusal> {
        let mut columns = COLUMNS.to_vec();
        columns.push("signed_at");
        let select = Select::from("paper", &columns).filter(filter).order(vec![order]).limit(limit);
        let mut found = Vec::new();
        for row in self.keeper.find(&select).await? {
            let mut paper = issued(&row);
            paper.by_name = self.account_name(&paper.by).await?;
            found.push(paper);
        }
        Ok(found)
    }

    /// Puts a paper on record. If somebody issued the same one in this instant, theirs stands and is
    /// given.
    #[boxed]
    pub async fn issue(
        &self,
        actor: &Actor,
        kind: &str,
        id: &str,
        paper: NewPaper,
        moment: &Moment,
    ) -> Result<Issued, Refusal> {
        let (kind, record) = self.worked_on(actor, kind, id).await?;
        let none = || Refusal::NotFound("这种文书".to_owned());
        let document = kind.document(&paper.document).ok_or_else(none)?;
        let number = record.text(&document.number);
        let row = values([
            ("county", record.county().into()),
            ("id", paper.id.as_str().into()),
            ("kind", kind.id.as_str().into()),
            ("record", id.into()),
            ("unit", record.text("unit").into()),
            ("path", record.text("path").into()),
            ("title", record.text("title").into()),
            ("document", document.id.as_str().into()),
            ("label", document.label.as_str().into()),
            ("number", number.into()),
            ("issue", paper.issue.into()),
            ("version", paper.version.into()),
            ("hash", paper.hash.as_str().into()),
            ("pages", i64::try_from(paper.pages).unwrap_or_default().into()),
            ("at", moment.at.into()),
            ("by", actor.account.as_str().into()),
            ("cites", paper.cites.as_str().into()),
            ("reason", paper.reason.as_str().into()),
            ("awaited", 1.into()),
        ]);
        let body = [
            ("document", Json::from(document.label.as_str())),
            ("number", Json::from(number)),
            ("issue", Json::from(paper.issue)),
            ("of_version", Json::from(paper.version)),
            ("sm3", Json::from(paper.hash.as_str())),
            ("cites", Json::from(paper.cites.as_str())),
            ("reason", Json::from(paper.reason.as_str())),
        ];
        let commit = Commit {
            operations: vec![
                unchanged(&kind, &record, paper.version),
                Operation::Insert { table: "paper".to_owned(), values: row },
            ],
            entries: vec![self.about(actor, moment, ISSUED, &record, body)],
            ..Commit::default()
        };
        match self.keeper.commit(commit).await {
            Ok(_) | Err(StoreError::Taken { .. }) => {}
            Err(StoreError::Changed { .. }) => {
                let message = "这份档案刚刚改过，文书没有出具；请看过新的内容再出具";
                return Err(Refusal::problem(Problem::error("went_on", message.to_owned())));
            }
            Err(error) => return Err(error.into()),
        }
        let filter = Filter::equal("county", record.county())
            .and(Filter::equal("record", id))
            .and(Filter::equal("document", paper.document.as_str()))
            .and(Filter::equal("issue", paper.issue));
        let found = self.find_papers(filter, Sort::up("id"), 1).await?;
        found.into_iter().next().ok_or_else(none)
    }

    /// A log entry about what was done with a record's papers; it stands in the record's history.
    fn about<const N: usize>(
        &self,
        actor: &Actor,
        moment: &Moment,
        act: &str,
        record: &Record,
        body: [(&str, Json); N],
    ) -> Entry {
        let body: Map<String, Json> =
            body.map(|(name, value)| (name.to_owned(), value)).into_iter().collect();
        let entry = self.note(actor, moment, act, &record.kind, record.id(), body);
        Entry { county: record.county().to_owned(), ..entry }
    }

    /// Issued papers of records the actor works on that still wait for their signed copy, newest
    /// first; `q` is looked for in what they and their records are called.
    #[boxed]
    pub async fn awaited(
        &self,
        actor: &Actor,
        q: &str,
        limit: usize,
    ) -> Result<Vec<Issued>, Refusal> {
        let house = self.house();
        let mut filter = Filter::equal("county", actor.unit.county.as_str())
            .and(Filter::equal("awaited", 1))
            .and(about_seen(&house, actor))
            .and(crate::access::subtree(&actor.unit));
        if !q.is_empty() {
            let has =
                |column: &str| Filter::Contains(Term::Column(column.to_owned()), q.to_owned());
            filter = filter.and(Filter::Any(vec![has("title"), has("label"), has("number")]));
        }
        // A right may reach less far than the unit: each record says itself whether it is the actor's.
        let mut found = Vec::new();
        for paper in self.find_papers(filter, Sort::down("id"), 200).await? {
            match self.worked_on(actor, &paper.kind, &paper.record).await {
                Ok(_) if found.len() < limit => found.push(paper),
                Ok(_) => break,
                Err(Refusal::NotFound(_) | Refusal::Forbidden { .. }) => {}
                Err(refusal) => return Err(refusal),
            }
        }
        Ok(found)
    }

    /// Whether papers of the record were issued.
    pub(crate) async fn has_papers(&self, record: &Record) -> Result<bool, Refusal> {
        let filter =
            Filter::equal("county", record.county()).and(Filter::equal("record", record.id()));
        Ok(!self.find_papers(filter, Sort::up("id"), 1).await?.is_empty())
    }
}

/// Whether the actor works on records of this sort, and this is one of theirs to work on. That it
/// is archived and locked does not matter: papers are issued of archived records too.
pub fn may_issue(actor: &Actor, kind: &RecordKind, record: &Record) -> bool {
    acts_on(actor, record) && reaches(actor, kind, record, Right::Change)
}

/// The commit fails if the record is no longer of that version.
fn unchanged(kind: &RecordKind, record: &Record, version: i64) -> Operation {
    Operation::Update {
        table: kind.id.clone(),
        key: values([("county", record.county().into()), ("id", record.id().into())]),
        expect: values([("version", version.into())]),
        set: values([("version", version.into())]),
    }
}

fn issued(row: &Row) -> Issued {
    let text = |i: usize| row.get(i).and_then(Cell::as_text).unwrap_or_default().to_owned();
    let int = |i: usize| row.get(i).and_then(Cell::as_int).unwrap_or_default();
    Issued {
        id: text(0),
        county: text(1),
        kind: text(2),
        record: text(3),
        title: text(4),
        document: text(5),
        label: text(6),
        number: text(7),
        issue: int(8),
        version: int(9),
        hash: text(10),
        pages: int(11),
        at: int(12),
        by: text(13),
        by_name: String::new(),
        cites: text(14),
        reason: text(15),
        signed: text(16),
        signed_at: int(17),
    }
}
