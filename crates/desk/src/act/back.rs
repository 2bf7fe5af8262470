//! Taking back a record that should never have been made: by an import of the wrong sheet. It goes
//! from the tables as if it had not been; the log keeps what it was, and says who took it back.

use super::Followed;
use crate::boxed;
use crate::{Actor, Desk, Refusal, access::Right, counts::count, ops::values};
use engine::{
    definition::RecordKind,
    kind::Shape,
    problem::Problem,
    query::{Filter, Select},
    record::{self, Moment, Read, Record},
};
use store::seam::{Commit, Operation, StoreError, Words};

/// The act's name in the log.
pub const TAKEN_BACK: &str = "taken_back";

/// What the log has for the content of a record that is no more.
pub const NOTHING: &str = "null";

impl Desk {
    /// Takes back a record that nobody has gone on with: it is as it was made, and no other record
    /// refers to it. An archive record that was made along with it stays. The actor may then make it
    /// anew under the same idempotency `key`.
    ///
    /// # Errors
    /// `Invalid` says what has been done with it since.
    #[boxed]
    pub async fn take_back(
        &self,
        actor: &Actor,
        kind: &str,
        id: &str,
        key: &str,
        moment: &Moment,
    ) -> Result<(), Refusal> {
        let house = self.house();
        let none = || Refusal::NotFound("这份档案".to_owned());
        let kind = house.kind(kind).cloned().ok_or_else(none)?;
        let record = self.load(&kind, id).await?.ok_or_else(none)?;
        if !self.covers(actor, &kind, &record, Right::Create).await? {
            return Err(none());
        }
        let title = record.text("title");
        if record.version() != 1 {
            let message = format!("“{title}”导入以后已经办理或者修改过，不能撤销");
            return Err(Refusal::problem(Problem::error("went_on", message)));
        }
        if let Some(label) = self.referred_by(&kind, &record).await? {
            let message = format!("“{title}”已经有{label}引用它，不能撤销");
            return Err(Refusal::problem(Problem::error("referred_to", message)));
        }
        if self.has_papers(&record).await? {
            let message = format!("“{title}”已经出具过文书，不能撤销");
            return Err(Refusal::problem(Problem::error("papers_issued", message)));
        }
        let followed = self.followed(&house, actor, &kind, &record, false, moment).await?;
        let mut commit = self.taking_back(actor, &kind, &record, followed.as_ref(), moment).await?;
        let answered = [
            ("county", actor.unit.county.as_str()),
            ("account", actor.account.as_str()),
            ("key", key),
        ];
        let by = values(answered.map(|(name, text)| (name, text.into())));
        commit.operations.push(Operation::Remove { table: "idempotency".to_owned(), by });
        match self.keeper.commit(commit).await {
            Ok(_) => Ok(()),
            Err(StoreError::Changed { .. }) => {
                let message = format!("“{title}”刚刚被别人改动过，不能撤销");
                Err(Refusal::problem(Problem::error("went_on", message)))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Its rows, numbers in the registry, limits, words and figures go; the log gets its entry.
    async fn taking_back(
        &self,
        actor: &Actor,
        kind: &RecordKind,
        record: &Record,
        followed: Option<&Followed>,
        moment: &Moment,
    ) -> Result<Commit, Refusal> {
        let house = self.house();
        let mut commit = Commit::default();
        let key = || values([("county", record.county().into()), ("id", record.id().into())]);
        // Whoever changes it in this instant changes the version first, and then it stays.
        commit.operations.push(Operation::Update {
            table: kind.id.clone(),
            key: key(),
            expect: values([("version", record.version().into())]),
            set: values([("version", (record.version() + 1).into())]),
        });
        for layout in &kind.layout.rows {
            let by = values([("county", record.county().into()), ("parent", record.id().into())]);
            commit.operations.push(Operation::Remove { table: layout.table.clone(), by });
        }
        commit.operations.push(Operation::Remove { table: kind.id.clone(), by: key() });
        commit.operations.extend(self.registry(kind, Some(record), &Record::default()));
        let links = self.links(&house, actor, kind, Some(record), &Read::default()).await?;
        for limit in record::limits(&house, kind, record, &links, moment.today) {
            let id = format!("{}:{}", record.id(), limit.id);
            let by = values([("county", record.county().into()), ("id", id.into())]);
            commit.operations.push(Operation::Remove { table: "deadline".to_owned(), by });
        }
        count(&mut commit, &house, kind, Some(record), None, moment);
        commit.words.push(Words {
            county: record.county().to_owned(),
            kind: kind.id.clone(),
            record: record.id().to_owned(),
            ..Words::default()
        });
        let mut entry = self.entry(actor, moment, TAKEN_BACK, kind, Some(record), record);
        entry.content = NOTHING.to_owned();
        commit.entries.push(entry);
        if let Some(followed) = followed {
            self.add_followed(&mut commit, actor, moment, followed);
        }
        Ok(commit)
    }

    /// What kind of record refers to this one, if any.
    async fn referred_by(
        &self,
        kind: &RecordKind,
        record: &Record,
    ) -> Result<Option<String>, Refusal> {
        let house = self.house();
        for other in house.kinds.values() {
            let refers = |shape: Shape<'_>| matches!(shape, Shape::Reference(to) if to == kind.id);
            let mut places = Vec::new();
            for field in &other.fields {
                match field.kind.shape() {
                    Shape::Rows(row) => {
                        let inner = other.rows.get(row).into_iter().flat_map(|row| &row.fields);
                        let inner = inner.filter(|inner| refers(inner.kind.shape()));
                        places.extend(inner.map(|i| (other.row_table(&field.id), i.id.clone())));
                    }
                    shape if refers(shape) => places.push((other.id.clone(), field.id.clone())),
                    _ => {}
                }
            }
            for (table, column) in places {
                let same = Filter::equal("county", record.county());
                let filter = same.and(Filter::equal(&column, record.id()));
                let select = Select::from(&table, &["id"]).filter(filter).limit(1);
                if !self.keeper.find(&select).await?.is_empty() {
                    return Ok(Some(other.label.clone()));
                }
            }
        }
        Ok(None)
    }
}
