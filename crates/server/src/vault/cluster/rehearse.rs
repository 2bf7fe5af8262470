//! The rehearsal of a base backup: it is led on in a server of its own, proven and thrown away; then
//! the backup before it, through the archive, up to where the new one is whole.

use super::{
    programs::Programs,
    recover::Until,
    restore::{Led, held, open, prove, rebuild},
    wal::{self, Segment},
};
use crate::{
    app::Trouble,
    vault::{
        Backup,
        manifest::Cluster,
        rehearse::{Ask, clear},
        restore::Tell,
        words,
    },
};
use engine::definition::House;
use std::{path::Path, time::Duration};

/// How long the file in which the new backup ends may take to arrive in the archive.
const ARRIVAL: Duration = Duration::from_secs(60);

/// Walks both ways back; gives how many files the archive gave and how many rows there are.
pub async fn walk(
    ask: &Ask<'_>,
    backup: &Backup,
    cluster: &Cluster,
    before: Option<&Backup>,
    folder: &Path,
    house: House,
    tell: Tell<'_>,
) -> Result<(Option<u64>, u64), Trouble> {
    let programs = Programs::find(cluster.version, "postgres")?;
    let led = Led { archive: None, until: Until::End };
    let recovered = rebuild(backup, cluster, &programs, &led, folder, tell).await?;
    let keys = ask.data.join("keys");
    let proof = prove(&recovered, backup, cluster, house, Some(&keys), tell).await?;
    recovered.stop()?;
    if !proof.wrong.is_empty() {
        return Err(words(proof.wrong.join("；")));
    }
    clear(folder)?;
    let files = match (ask.archive, before) {
        (Some(archive), Some(before)) => {
            follow(archive, before, backup, &programs, folder, tell).await?
        }
        _ => None,
    };
    Ok((files, proof.rows))
}

/// Leads the backup before up to the new one, whose heads it must hold then.
async fn follow(
    archive: &Path,
    before: &Backup,
    backup: &Backup,
    programs: &Programs,
    folder: &Path,
    tell: Tell<'_>,
) -> Result<Option<u64>, Trouble> {
    let (old, new) = (&before.manifest, &backup.manifest);
    let (Some(cluster), Some(target)) = (&old.cluster, &new.cluster) else { return Ok(None) };
    let same = old.summary.stamp.lineage == new.summary.stamp.lineage;
    if !same || cluster.version != target.version {
        return Ok(None);
    }
    let end = new.summary.stamp.group;
    arrived(archive, before, end / target.segment).await?;
    let led = Led { archive: Some(archive), until: Until::Place(end) };
    let recovered = rebuild(before, cluster, programs, &led, folder, tell).await?;
    let keeper = open(&recovered, cluster).await?;
    let wrong = held(&*keeper, &new.summary.heads).await?;
    keeper.close().await?;
    let files = recovered.fetched();
    recovered.stop()?;
    match wrong.first() {
        None => Ok(Some(files)),
        Some(wrong) => Err(words(format!("从上一份备份经归档恢复出来的，和新的备份不同：{wrong}"))),
    }
}

/// Waits for the file in which a backup ends: the server closes it when the backup is made.
async fn arrived(archive: &Path, before: &Backup, number: u64) -> Result<(), Trouble> {
    let size = before.manifest.cluster.as_ref().map_or(1, |cluster| cluster.segment);
    let mut waited = Duration::ZERO;
    loop {
        let stock = wal::stock(archive, before);
        let last = stock.as_ref().ok().and_then(|stock| stock.last);
        if last.is_some_and(|last| last.number >= number) {
            return Ok(());
        }
        if waited >= ARRIVAL {
            stock?;
            let name =
                Segment { timeline: last.map_or(1, |last| last.timeline), number }.name(size);
            return Err(words(format!(
                "归档里{}秒还没有 {name}：请看 fengqiao doctor 说的归档情况",
                ARRIVAL.as_secs()
            )));
        }
        let step = Duration::from_millis(200);
        tokio::time::sleep(step).await;
        waited += step;
    }
}
