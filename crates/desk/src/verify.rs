//! Proofs: the log is whole, records are as the log left them, counters equal a recount.

use crate::boxed;
use crate::{
    Desk, Refusal,
    act::NOTHING,
    counts::differences,
    filing::FILING,
    rows::{cells, columns},
};
use engine::{
    definition::RecordKind,
    query::{Cell, Filter, Select, Sort},
    record::{Record, canonical},
};
use std::collections::{BTreeMap, HashMap};
use store::{chain, seam::Count};

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// County of the chain.
    pub county: String,
    /// Entry of the log; 0 if none can be named.
    pub seq: i64,
    /// What, in Chinese.
    pub message: String,
}

/// A finding of the chain in words.
fn chain_words(finding: &chain::Finding) -> String {
    let wrong = match finding.flaw {
        chain::Flaw::Altered => "被改动过",
        chain::Flaw::Missing => "缺失",
        chain::Flaw::Reordered => "次序被调换",
        chain::Flaw::HeadDiffers => "与链尾记录不一致，后面的条目可能被删去",
    };
    let about = if finding.record.is_empty() {
        String::new()
    } else {
        format!("（{} {}）", finding.kind, finding.record)
    };
    format!("{}的日志第{}条{wrong}{about}", finding.county, finding.seq)
}

const PAGE: u32 = 500;

impl Desk {
    /// Checks the medium and the chains of the log.
    #[boxed]
    pub async fn verify_log(
        &self,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Vec<Doubt>, Refusal> {
        let mut doubts: Vec<Doubt> = self
            .keeper
            .inspect()
            .await?
            .into_iter()
            .map(|message| Doubt { county: String::new(), seq: 0, message })
            .collect();
        let found = chain::verify(&*self.keeper, &mut *progress).await;
        match found {
            Ok(findings) => doubts.extend(findings.into_iter().map(|finding| Doubt {
                county: finding.county.clone(),
                seq: finding.seq,
                message: chain_words(&finding),
            })),
            Err(error) => doubts.push(Doubt {
                county: String::new(),
                seq: 0,
                message: format!("日志读不出来：{error}"),
            }),
        }
        Ok(doubts)
    }

    /// Checks the medium, the chains of the log, and every record against its last entry.
    /// `progress` is called with the number of things checked.
    #[boxed]
    pub async fn verify(
        &self,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Vec<Doubt>, Refusal> {
        let mut doubts = self.verify_log(&mut *progress).await?;
        let house = self.house();
        let mut checked = 0;
        for kind in house.kinds.values() {
            for county in self.counties().await? {
                match self.verify_records(kind, &county, &mut checked, progress).await {
                    Ok(found) => doubts.extend(found),
                    Err(error) => doubts.push(Doubt {
                        county,
                        seq: 0,
                        message: format!("{}读不出来：{error}", kind.label),
                    }),
                }
            }
        }
        for county in self.counties().await? {
            doubts.extend(self.verify_filings(&county).await?);
        }
        Ok(doubts)
    }

    /// Checks that every confirmed report still has the figures that the log has of it.
    async fn verify_filings(&self, county: &str) -> Result<Vec<Doubt>, Refusal> {
        let mut logged: HashMap<String, (i64, String)> = HashMap::new();
        let mut contents = chain::LatestContents::of(&*self.keeper, county, FILING);
        while let Some(content) = contents.next().await? {
            logged.insert(content.record.clone(), (content.seq, content.content));
        }
        let mut doubts = Vec::new();
        let mut doubt = |seq: i64, message: String| {
            doubts.push(Doubt { county: county.to_owned(), seq, message });
        };
        let mut after = None;
        loop {
            let select = Select::from("filing", &["id", "figures", "unit", "last"])
                .filter(Filter::equal("county", county))
                .order(vec![Sort::up("id")])
                .limit(PAGE);
            let rows = self.keeper.find(&Select { after, ..select }).await?;
            let full = rows.len() == PAGE as usize;
            after = rows.last().and_then(|row| row.first()).map(|id| vec![id.clone()]);
            for row in rows {
                let text = |at: usize| row.get(at).and_then(Cell::as_text).unwrap_or_default();
                let what = format!("{} {}确认的报表（{}）", text(2), text(3), text(0));
                match logged.remove(text(0)) {
                    None => doubt(0, format!("{what}没有日志")),
                    Some((_, content)) if content == chain::content_hash(text(1)) => {}
                    Some((seq, _)) => {
                        doubt(seq, format!("{what}与日志第{seq}条不一致，数字被改动过"));
                    }
                }
            }
            if !full {
                break;
            }
        }
        for (id, (seq, _)) in logged {
            doubt(seq, format!("日志第{seq}条记载的已确认的报表（{id}）不在了"));
        }
        Ok(doubts)
    }

    /// Counties that have log entries, and so whatever is kept.
    #[boxed]
    pub async fn counties(&self) -> Result<Vec<String>, Refusal> {
        let select = Select::from("chain", &["county"]).order(vec![Sort::up("county")]);
        let rows = self.keeper.find(&select).await?;
        Ok(rows.iter().filter_map(|r| r.first()?.as_text().map(str::to_owned)).collect())
    }

    async fn verify_records(
        &self,
        kind: &RecordKind,
        county: &str,
        checked: &mut u64,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Vec<Doubt>, Refusal> {
        let mut latest: HashMap<String, (i64, String)> = HashMap::new();
        let mut contents = chain::LatestContents::of(&*self.keeper, county, &kind.id);
        while let Some(content) = contents.next().await? {
            latest.insert(content.record.clone(), (content.seq, content.content));
        }
        let mut doubts = Vec::new();
        let mut after = None;
        loop {
            let page = self.page(kind, Filter::equal("county", county), after).await?;
            let full = page.len() == PAGE as usize;
            after = page.last().map(|r| vec![Cell::from(county), Cell::from(r.id())]);
            for record in page {
                let id = record.id().to_owned();
                let title = record.text("title").to_owned();
                let actual = chain::content_hash(&canonical(&record));
                let message = match latest.remove(&id) {
                    None => (0, format!("{}“{title}”（{id}）没有日志", kind.label)),
                    Some((_, logged)) if logged == actual => continue,
                    Some((seq, _)) => (
                        seq,
                        format!(
                            "{}“{title}”（{id}）与日志第{seq}条不一致，内容被改动过",
                            kind.label
                        ),
                    ),
                };
                doubts.push(Doubt {
                    county: county.to_owned(),
                    seq: message.0,
                    message: message.1,
                });
            }
            *checked += u64::from(PAGE);
            progress(*checked);
            if !full {
                break;
            }
        }
        // What was taken back is not there; its last entry is of nothing.
        let nothing = chain::content_hash(NOTHING);
        latest.retain(|_, (_, content)| *content != nothing);
        doubts.extend(latest.into_iter().map(|(id, (seq, _))| Doubt {
            county: county.to_owned(),
            seq,
            message: format!("日志第{seq}条记载的{}（{id}）不在了", kind.label),
        }));
        Ok(doubts)
    }

    /// A page of whole records in order of county and id.
    pub(crate) async fn page(
        &self,
        kind: &RecordKind,
        filter: Filter,
        after: Option<Vec<Cell>>,
    ) -> Result<Vec<Record>, Refusal> {
        let select = Select {
            columns: columns(kind),
            after,
            ..Select::from(&kind.id, &[])
                .filter(filter)
                .order(vec![Sort::up("county"), Sort::up("id")])
                .limit(PAGE)
        };
        let mut records = Vec::new();
        for row in self.keeper.find(&select).await? {
            let mut cells = cells(&select.columns, row);
            cells.remove("parent");
            self.sealer.open_cells(&kind.layout.sealed, &mut cells);
            let mut record = Record { kind: kind.id.clone(), cells, ..Record::default() };
            self.load_rows(kind, &mut record).await?;
            records.push(record);
        }
        Ok(records)
    }

    /// Counts everything anew and compares: counter, kept value, counted value.
    #[boxed]
    pub async fn recount(
        &self,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Vec<(Count, i64, i64)>, Refusal> {
        let counted = self.count_all(progress).await?;
        let mut kept: BTreeMap<Count, i64> = BTreeMap::new();
        let columns = ["county", "statistic", "unit", "period", "cell", "value"];
        let mut after = None;
        loop {
            let select = Select {
                after,
                ..Select::from("counter", &columns)
                    .order(columns[..5].iter().map(|c| Sort::up(c)).collect())
                    .limit(10_000)
            };
            let rows = self.keeper.find(&select).await?;
            after = rows.last().map(|row| row[..5].to_vec());
            let full = rows.len() == 10_000;
            for row in rows {
                let text = |i: usize| row[i].as_text().unwrap_or_default().to_owned();
                let count = Count {
                    county: text(0),
                    statistic: text(1),
                    unit: text(2),
                    period: text(3),
                    cell: text(4),
                    delta: 0,
                };
                kept.insert(count, row[5].as_int().unwrap_or(0));
            }
            if !full {
                break;
            }
        }
        let mut differ = Vec::new();
        for (count, value) in &counted {
            let have = kept.remove(count).unwrap_or(0);
            if have != *value {
                differ.push((count.clone(), have, *value));
            }
        }
        differ.extend(kept.into_iter().filter(|(_, v)| *v != 0).map(|(c, v)| (c, v, 0)));
        Ok(differ)
    }

    async fn count_all(
        &self,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<BTreeMap<Count, i64>, Refusal> {
        let house = self.house();
        let mut sums: BTreeMap<Count, i64> = BTreeMap::new();
        let mut done = 0;
        for kind in house.kinds.values() {
            if house.statistics_of(&kind.id).next().is_none() {
                continue;
            }
            let mut after = None;
            loop {
                let page = self.page(kind, Filter::Everything, after).await?;
                let full = page.len() == PAGE as usize;
                after = page.last().map(|r| vec![Cell::from(r.county()), Cell::from(r.id())]);
                done += page.len() as u64;
                progress(done);
                for record in &page {
                    for count in differences(&house, kind, None, Some(record)) {
                        let delta = count.delta;
                        *sums.entry(Count { delta: 0, ..count }).or_default() += delta;
                    }
                }
                if !full {
                    break;
                }
            }
        }
        sums.retain(|_, value| *value != 0);
        Ok(sums)
    }
}
