//! What the server says of its copies and its clock.

use super::connection::{Connection, Done};
use crate::seam::Health;

/// Who may not see the states of others' connections sees nulls, and so no count.
const FACTS: &str = "select current_setting('synchronous_standby_names'), \
    cast(count(*) filter (where coalesce(state, 'streaming') = 'streaming') as text), \
    case when count(*) = count(state) then \
        cast(count(*) filter (where sync_state in ('sync', 'quorum')) as text) end, \
    cast(cast(extract(epoch from clock_timestamp()) * 1000 as bigint) as text) \
    from pg_stat_replication";

/// Asks the primary.
pub(super) async fn facts(connection: &Connection, hosts: &[String]) -> Done<Health> {
    let row = connection.row(FACTS).await?;
    let number = |at: usize| row.get(at)?.as_ref()?.parse().ok();
    let names = row.first().cloned().flatten().unwrap_or_default();
    Ok(Health {
        hosts: hosts.iter().map(|name| without_port(name).to_owned()).collect(),
        names_standbys: !names.is_empty(),
        standbys: number(1).unwrap_or(0),
        synchronous: number(2),
        at: row.get(3).cloned().flatten().and_then(|text| text.parse().ok()).unwrap_or(0),
    })
}

fn without_port(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(host, _)| host)
}
