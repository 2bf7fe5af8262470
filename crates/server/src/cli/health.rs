//! What `doctor` says of a database server: its copies, its clock, and the manager of its cluster.
//! (What is wrong with its pages, the keeper's `inspect` says.) Facts are asked for; what they mean
//! is decided here.

use crate::clock;
use serde_json::Value as Json;
use std::time::Duration;
use store::seam::{Archiving, Health, Keeper, Link, Secured, StoreError};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// Whether it is fine, and what is so.
pub type Word = (bool, String);

/// Older ones may lose what was acknowledged once a cut network is whole again.
const PATRONI: [u32; 3] = [3, 0, 3];
/// Where Patroni answers unless told otherwise.
const PATRONI_PORT: u16 = 8008;
/// Sessions and limits are reckoned by each process's own clock.
const CLOCK_MS: i64 = 2_000;
/// Sessions and jobs write all the time, so a log that nobody closes is one without a time limit.
const LATE_ARCHIVE_MS: i64 = 3_600_000;

/// Everything that can be told of it; nothing where there is none. `patroni` are addresses to ask,
/// with their ports; where there are none, the database's hosts are asked at the usual port.
pub async fn words(keeper: &dyn Keeper, patroni: &[String]) -> Result<Vec<Word>, StoreError> {
    let before = clock::ticks()();
    let Some(health) = keeper.health().await? else { return Ok(Vec::new()) };
    let now = i64::midpoint(before, clock::ticks()());
    let mut words = link(&health.link);
    words.extend([copies(&health), archiving(&health), the_clock(health.at - now)]);
    if health.standbys > 0 || !patroni.is_empty() {
        words.extend(managers(&health, patroni).await);
    }
    Ok(words)
}

/// Whether it is spoken to through a pooler, and whether anybody can read along.
fn link(link: &Link) -> Vec<Word> {
    let to = if link.beyond.is_some() { "连接池" } else { "数据库" };
    let near = match link.near {
        Secured::Local => (true, format!("与{to}的连接不出本机")),
        Secured::Encrypted { known: true } => {
            (true, format!("与{to}的连接已加密（TLS），对方的证书核对过"))
        }
        Secured::Encrypted { known: false } => (
            true,
            format!(
                "与{to}的连接已加密（TLS），没有核对对方的证书：要防冒充，写 sslmode=verify-full 和 sslrootcert"
            ),
        ),
        Secured::Open => (
            false,
            format!(
                "与{to}的连接没有加密，同一网络上能看到内容：请打开它的 TLS，在数据库地址后面写 ?sslmode=verify-full&sslrootcert=CA证书文件"
            ),
        ),
    };
    let beyond = match link.beyond {
        None => return vec![near],
        Some(true) => {
            (true, "经连接池（PgBouncer 等）使用数据库，后面一段已加密或者不出一台机器".to_owned())
        }
        Some(false) => (
            false,
            "经连接池（PgBouncer 等）使用数据库，后面一段没有加密：请在连接池设置 server_tls_sslmode = verify-full"
                .to_owned(),
        ),
    };
    vec![near, beyond]
}

fn copies(health: &Health) -> Word {
    let said = match (health.names_standbys, health.standbys, health.synchronous) {
        (true, standbys, Some(synchronous @ 1..)) => {
            return (true, format!("数据库同步复制：备库{standbys}个，其中同步{synchronous}个"));
        }
        (true, 1.., None) => {
            return (true, "数据库设了同步复制；给本库用户 pg_monitor 角色后可核对备库".to_owned());
        }
        (true, ..) => "数据库要求同步复制，但是没有同步的备库连着：办理会停住，请检查备库",
        (false, 0, _) => {
            "数据库没有备库：这台机器损坏后只能从备份恢复。全省使用请按 docs/failover.md 部署三个节点"
        }
        (false, ..) => {
            "数据库的备库都是异步的：主库一旦丢失，刚刚答复办好的业务会丢失，请在 Patroni 中打开 synchronous_mode"
        }
    };
    (false, said.to_owned())
}

/// Whether the database's own archive can lead a backup on.
fn archiving(health: &Health) -> Word {
    let at = |at: i64| crate::vault::moment_words(at);
    let Archiving { is_on, last, failed } = &health.archiving;
    match (is_on, last, failed) {
        (false, ..) => (
            false,
            "数据库没有设置归档（archive_mode、archive_command）：磁盘坏了，只能回到上次备份"
                .to_owned(),
        ),
        (true, _, Some((file, when))) => (
            false,
            format!(
                "数据库的归档写不进去：{file} 在 {} 没有成功，原因在数据库的运行日志里。不解决，数据库的磁盘会写满",
                at(*when)
            ),
        ),
        (true, None, None) => {
            (false, "数据库设置了归档，还没有归档过一段：请设置 archive_timeout = 60".to_owned())
        }
        (true, Some((_, when)), None) if health.at - when > LATE_ARCHIVE_MS => (
            false,
            format!("数据库上次归档是 {}，已超过一小时：请设置 archive_timeout = 60", at(*when)),
        ),
        (true, Some((file, when)), None) => (true, format!("数据库归档到 {file}，{}", at(*when))),
    }
}

/// How far the database's clock is before ours.
fn the_clock(ahead: i64) -> Word {
    if ahead.abs() <= CLOCK_MS {
        return (true, "本机与数据库的时钟一致".to_owned());
    }
    let way = if ahead > 0 { "慢" } else { "快" };
    let seconds = ahead.unsigned_abs() as f64 / 1_000.0;
    (false, format!("本机时钟比数据库{way}{seconds:.1}秒：请检查两边的对时服务"))
}

async fn managers(health: &Health, patroni: &[String]) -> Vec<Word> {
    let usual = health.hosts.iter().map(|host| format!("{host}:{PATRONI_PORT}"));
    let addresses = if patroni.is_empty() { usual.collect() } else { patroni.to_vec() };
    let mut words = Vec::new();
    for address in &addresses {
        if let Some(version) = patroni_version(address).await {
            words.push(judge(address, &version));
        }
    }
    if words.is_empty() {
        let words =
            "Patroni 没有应答，版本没有核对：须是3.0.3或更新（可用设置 patroni 指明地址和端口）";
        return vec![(patroni.is_empty(), words.to_owned())];
    }
    words
}

fn judge(address: &str, version: &str) -> Word {
    let parts: Vec<u32> = version.split('.').map_while(|part| part.parse().ok()).collect();
    if parts.as_slice() >= PATRONI.as_slice() {
        return (true, format!("Patroni {version}（{address}）"));
    }
    let words = format!(
        "Patroni {version}（{address}）太旧：3.0.3以前的版本在断开的网络恢复后可能丢失已经答复的业务，请升级到4.1.5或更新"
    );
    (false, words)
}

/// The version that Patroni names on its own page; none where nothing answers.
async fn patroni_version(address: &str) -> Option<String> {
    let asked = timeout(Duration::from_secs(2), ask(address)).await.ok()?.ok()?;
    let (_, body) = asked.split_once("\r\n\r\n")?;
    let read: Json = serde_json::from_str(body).ok()?;
    read["patroni"]["version"].as_str().map(str::to_owned)
}

/// HTTP/1.0, so that the answer ends with the connection.
async fn ask(address: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"GET /patroni HTTP/1.0\r\n\r\n").await?;
    let mut answer = String::new();
    // Its own page is some hundred bytes; whatever else listens there may say what it likes.
    stream.take(64 << 10).read_to_string(&mut answer).await?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use tokio::net::TcpListener;

    fn health() -> Health {
        Health {
            hosts: vec!["127.0.0.1".to_owned()],
            names_standbys: true,
            standbys: 2,
            synchronous: Some(1),
            at: 0,
            archiving: Archiving { is_on: true, last: Some(("1".to_owned(), 0)), failed: None },
            link: Link { near: Secured::Local, beyond: None },
        }
    }

    #[test]
    fn a_way_that_can_be_read_along_is_told_on_both_sides_of_a_pooler() {
        let said = |near, beyond| link(&Link { near, beyond });
        assert!(said(Secured::Local, None).iter().all(|(fine, _)| *fine));
        let known = said(Secured::Encrypted { known: true }, Some(true));
        assert!(known.iter().all(|(fine, _)| *fine) && known[1].1.contains("PgBouncer"));
        assert!(said(Secured::Encrypted { known: false }, None)[0].1.contains("没有核对"));
        let open = said(Secured::Open, Some(false));
        assert!(!open[0].0 && open[0].1.contains("与连接池的连接没有加密"), "{open:?}");
        assert!(!open[1].0 && open[1].1.contains("server_tls_sslmode"), "{open:?}");
    }

    #[test]
    fn an_archive_that_is_off_failing_or_late_is_told() {
        let said = |archiving: Archiving, at| archiving_words(archiving, at);
        let last = || Some(("000000010000000000000007".to_owned(), 10_000));
        let failed = Some(("000000010000000000000008".to_owned(), 20_000));
        let on = Archiving { is_on: true, last: last(), failed: None };
        assert!(said(on.clone(), 20_000).0);
        for (archiving, at, told) in [
            (Archiving { is_on: false, ..on.clone() }, 20_000, "没有设置归档"),
            (Archiving { failed, ..on.clone() }, 20_000, "000000010000000000000008"),
            (Archiving { last: None, ..on.clone() }, 20_000, "还没有归档过"),
            (on, 10_001 + LATE_ARCHIVE_MS, "超过一小时"),
        ] {
            let (fine, words) = said(archiving, at);
            assert!(!fine && words.contains(told), "{words}");
        }
    }

    fn archiving_words(archiving: Archiving, at: i64) -> Word {
        super::archiving(&Health { archiving, at, ..health() })
    }

    #[test]
    fn only_a_cluster_that_waits_for_a_standby_is_fine() {
        assert!(copies(&health()).0 && copies(&Health { synchronous: None, ..health() }).0);
        for (wrong, word) in [
            (Health { names_standbys: false, synchronous: Some(0), ..health() }, "异步"),
            (Health { names_standbys: false, standbys: 0, ..health() }, "没有备库"),
            (Health { synchronous: Some(0), ..health() }, "没有同步的备库"),
        ] {
            let (fine, words) = copies(&wrong);
            assert!(!fine && words.contains(word), "{words}");
        }
    }

    #[test]
    fn a_clock_that_is_off_by_more_than_two_seconds_is_told_with_its_way() {
        assert!(the_clock(2_000).0 && the_clock(-2_000).0);
        assert_eq!(the_clock(2_500), (false, the_clock(2_500).1));
        assert!(the_clock(2_500).1.contains("慢2.5秒") && the_clock(-3_000).1.contains("快3.0秒"));
    }

    #[test]
    fn versions_are_compared_by_number() {
        for (version, fine) in
            [("4.1.5", true), ("3.0.10", true), ("3.0.3", true), ("3.0.2", false), ("2.1", false)]
        {
            assert_eq!(judge("n1:8008", version).0, fine, "{version}");
        }
    }

    #[tokio::test]
    async fn patroni_is_asked_at_its_address_and_silence_is_said() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            // A connection closed with something unread is reset, not ended.
            let _ = stream.read(&mut [0; 256]).await.unwrap();
            let body = r#"{"state":"running","patroni":{"version":"3.0.2","scope":"x"}}"#;
            let answer = format!("HTTP/1.0 200 OK\r\nServer: x\r\n\r\n{body}");
            stream.write_all(answer.as_bytes()).await.unwrap();
        });
        let words = managers(&health(), std::slice::from_ref(&address)).await;
        assert!(words.len() == 1 && !words[0].0 && words[0].1.contains("3.0.2"), "{words:?}");
        let closed = managers(&health(), &[address]).await;
        assert!(!closed[0].0 && closed[0].1.contains("没有应答"), "{closed:?}");
    }
}
