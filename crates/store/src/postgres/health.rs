//! What the server says of its copies and its clock.

use super::connection::{Connection, Done};
use crate::seam::{Archiving, Health, Link};

/// Who may not see the states of others' connections sees nulls, and so no count.
const FACTS: &str = "select current_setting('synchronous_standby_names'), \
    cast(count(*) filter (where coalesce(state, 'streaming') = 'streaming') as text), \
    case when count(*) = count(state) then \
        cast(count(*) filter (where sync_state in ('sync', 'quorum')) as text) end, \
    cast(cast(extract(epoch from clock_timestamp()) * 1000 as bigint) as text) \
    from pg_stat_replication";

/// Where nothing was ever archived, the times are nulls. What failed before something was archived
/// is past.
const ARCHIVING: &str = "select case when current_setting('archive_mode') <> 'off' and \
    (current_setting('archive_command') not in ('', '(disabled)') or \
     coalesce(current_setting('archive_library', true), '') <> '') then 'on' end, \
    last_archived_wal, \
    cast(cast(floor(extract(epoch from last_archived_time) * 1000) as bigint) as text), \
    case when last_archived_time is null or last_failed_time > last_archived_time \
        then last_failed_wal end, \
    cast(cast(floor(extract(epoch from last_failed_time) * 1000) as bigint) as text) \
    from pg_stat_archiver";

/// Whether nobody can read along between the server and who asks it.
const UNHEARD: &str = "select case when bool_or(ssl) or inet_client_addr() is null \
    or inet_client_addr() = inet_server_addr() then 'yes' end \
    from pg_stat_ssl where pid = pg_backend_pid()";

/// Asks the primary.
pub(super) async fn facts(connection: &Connection, hosts: &[String]) -> Done<Health> {
    let row = connection.row(FACTS).await?;
    let number = |at: usize| row.get(at)?.as_ref()?.parse().ok();
    let names = row.first().cloned().flatten().unwrap_or_default();
    let archiving = archiving(connection).await?;
    Ok(Health {
        archiving,
        link: link(connection).await?,
        hosts: hosts.iter().map(|name| without_port(name).to_owned()).collect(),
        names_standbys: !names.is_empty(),
        standbys: number(1).unwrap_or(0),
        synchronous: number(2),
        at: row.get(3).cloned().flatten().and_then(|text| text.parse().ok()).unwrap_or(0),
    })
}

async fn link(connection: &Connection) -> Done<Link> {
    let beyond = match connection.pooled {
        true => Some(connection.row(UNHEARD).await?.into_iter().flatten().next().is_some()),
        false => None,
    };
    Ok(Link { near: connection.secured, beyond })
}

async fn archiving(connection: &Connection) -> Done<Archiving> {
    let mut row = connection.row(ARCHIVING).await?.into_iter();
    let is_on = row.next().flatten().is_some();
    let mut noted = || {
        let (name, at) = (row.next().flatten(), row.next().flatten());
        Some((name?, at?.parse().ok()?))
    };
    Ok(Archiving { is_on, last: noted(), failed: noted() })
}

fn without_port(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(host, _)| host)
}
