//! The index made anew from the records, and compared with them.

use crate::boxed;
use crate::{Desk, Refusal, verify::Doubt};
use engine::{
    definition::RecordKind,
    query::{Cell, Filter, Select, Sort},
    record::Record,
};
use std::collections::HashMap;
use store::{
    seam::{Commit, Words},
    words,
};

/// Entries read at a time.
const PAGE: u32 = 10_000;

impl Desk {
    /// Makes the index of one county anew. Gives the number of records in it. What is found goes on
    /// being found meanwhile; it may be broken off and begun again.
    #[boxed]
    pub async fn reindex(
        &self,
        county: &str,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<u64, Refusal> {
        let house = self.house();
        let mut entries = self.entries(county).await?;
        let mut done = 0;
        for kind in house.kinds.values() {
            let mut after = None;
            while let Some(page) = self.next_page(kind, county, &mut after).await? {
                for record in &page {
                    entries.remove(record.id());
                }
                done += page.len() as u64;
                let words = page.iter().map(|record| self.words(kind, record, &[])).collect();
                self.keeper.commit(Commit { words, ..Commit::default() }).await?;
                progress(done);
            }
        }
        let county = county.to_owned();
        let gone = entries.into_iter().map(|(record, (kind, _))| Words {
            county: county.clone(),
            kind,
            record,
            ..Words::default()
        });
        let commit = Commit { words: gone.collect(), ..Commit::default() };
        self.keeper.commit(commit).await?;
        Ok(done)
    }

    /// Compares the index with the records of every county.
    #[boxed]
    pub async fn check_index(
        &self,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Vec<Doubt>, Refusal> {
        let house = self.house();
        let (mut doubts, mut checked) = (Vec::new(), 0);
        for county in self.counties().await? {
            let mut entries = self.entries(&county).await?;
            let doubt = |message| Doubt { county: county.clone(), seq: 0, message };
            for kind in house.kinds.values() {
                let mut after = None;
                while let Some(page) = self.next_page(kind, &county, &mut after).await? {
                    checked += page.len() as u64;
                    progress(checked);
                    let wrong = page.iter().filter(|record| {
                        let says = words::print(&self.words(kind, record, &[]).words);
                        entries.remove(record.id()) != Some((kind.id.clone(), says))
                    });
                    doubts.extend(wrong.map(|record| doubt(stale(kind, record))));
                }
            }
            doubts.extend(entries.into_keys().map(|id| {
                doubt(format!("检索索引里有一份已不存在的档案（{id}），请运行 fengqiao reindex"))
            }));
        }
        Ok(doubts)
    }

    /// The next page of a county's records of a kind; `None` behind the last.
    async fn next_page(
        &self,
        kind: &RecordKind,
        county: &str,
        after: &mut Option<Vec<Cell>>,
    ) -> Result<Option<Vec<Record>>, Refusal> {
        let page = self.page(kind, Filter::equal("county", county), after.take()).await?;
        *after = page.last().map(|record| vec![Cell::from(county), Cell::from(record.id())]);
        Ok((!page.is_empty()).then_some(page))
    }

    /// What the index has of a county: kind and print by record.
    async fn entries(&self, county: &str) -> Result<HashMap<String, (String, i64)>, Refusal> {
        let mut entries = HashMap::new();
        let mut after = None;
        loop {
            let select = Select { after, ..Select::from("search", &["record", "kind", "print"]) }
                .filter(Filter::equal("county", county))
                .order(vec![Sort::up("record")])
                .limit(PAGE);
            let rows = self.keeper.find(&select).await?;
            after = rows.last().map(|row| row[..1].to_vec());
            let full = rows.len() == PAGE as usize;
            for row in rows {
                if let [Cell::Text(record), Cell::Text(kind), Cell::Int(print)] = row.as_slice() {
                    entries.insert(record.clone(), (kind.clone(), *print));
                }
            }
            if !full {
                return Ok(entries);
            }
        }
    }
}

fn stale(kind: &RecordKind, record: &Record) -> String {
    let (title, id) = (record.text("title"), record.id());
    format!("{}“{title}”（{id}）与检索索引不一致，请运行 fengqiao reindex", kind.label)
}
