//! The way to PostgreSQL: addresses that are wrong, poolers, TLS. What is wrong is one sentence for
//! the operator, who is told what would be right.

use crate::world::*;
use std::time::{Duration, Instant};
use store::{
    Keeper, Link, PostgresKeeper, PostgresOptions, Secured, StoreError,
    lab::{self, Pool, Server, shared, shared_pool},
};

async fn refused(address: &str) -> String {
    match PostgresKeeper::open(address, PostgresOptions::new(clock())).await {
        Err(error) => error.to_string(),
        Ok(_) => panic!("{address} was opened"),
    }
}

async fn link(address: &str) -> Link {
    let keeper = postgres(address).await;
    let link = keeper.health().await.unwrap().unwrap().link;
    keeper.close().await.unwrap();
    link
}

#[test]
fn a_wrong_address_is_told_in_words_and_without_the_password() {
    let folder = shared().folder().display().to_string().replace('/', "%2F");
    let other = somebody_else();
    let wrong = [
        ("mysql://u:geheim@h/d".to_owned(), "数据库地址写得不对"),
        ("u:geheim@h/d".to_owned(), "数据库地址写得不对"),
        ("postgres://u:geheim@h/d?nothing=1".to_owned(), "选项“nothing”"),
        ("postgres://u:geheim@h/d?sslmode".to_owned(), "sslmode=值"),
        ("postgres://u:pa?ss=geheim@h/d".to_owned(), "%40"),
        ("postgres://u:geheim@h:port/d".to_owned(), "数据库地址写得不对"),
        ("postgres://u:geheim@/d".to_owned(), "没有主机"),
        ("postgres://u:geheim@nobody.invalid/d".to_owned(), "找不到这个主机名"),
        ("postgres://u:geheim@127.0.0.1:1/d".to_owned(), "127.0.0.1:1/d：127.0.0.1:1 没有数据库"),
        ("postgres://u:geheim@%2Fnowhere/d".to_owned(), "没有数据库在这个目录里"),
        (format!("postgres://fengqiao:geheim@{folder}/nothing"), "没有这个库"),
        (format!("postgres://fengqiao:geheim@127.0.0.1:{other}/d"), "不是 PostgreSQL"),
        ("postgres://u:geheim@h/d?sslmode=on".to_owned(), "verify-full"),
        ("postgres://u:geheim@h/d?sslmode=verify-full".to_owned(), "sslrootcert="),
        ("postgres://u:geheim@h/d?sslrootcert=/x".to_owned(), "不核对证书"),
        ("postgres://u:geheim@h/d?sslmode=require&sslrootcert=/nowhere".to_owned(), "读不了"),
        ("postgres://u:geheim@h/d?sslmode=require&sslrootcert=/dev/null".to_owned(), "PEM"),
    ];
    run(async {
        for (address, expected) in wrong {
            let words = refused(&address).await;
            assert!(words.contains(expected) && !words.contains("geheim"), "{words}");
        }
    });
}

/// Something that answers, but is no database.
fn somebody_else() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        use std::io::{Read, Write};
        while let Ok((mut stream, _)) = listener.accept() {
            let _ = stream.read(&mut [0; 64]);
            let _ = stream.write_all(b"HTTP/1.0 400 Bad Request\r\n\r\n");
        }
    });
    port
}

#[test]
fn a_standby_alone_is_refused_with_what_to_do() {
    let primary = Server::start(&[]).unwrap();
    let name = primary.database().unwrap().rsplit('/').next().unwrap().to_owned();
    let replica = primary.replica().unwrap();
    run(async {
        let words = refused(&lab::address(&[replica.folder()], &name)).await;
        assert!(words.contains("只读（是备库），地址里要写上主库"), "{words}");
    });
}

#[test]
fn behind_a_pooler_nothing_is_left_in_a_session_and_nothing_is_expected_there() {
    let address = shared().database().unwrap();
    let pooled = shared_pool().through(&address);
    run(async {
        let keeper = postgres(&pooled).await;
        keeper.prepare(&tables()).await.unwrap();
        for id in 0..20 {
            let (counted, found) = tokio::join!(
                keeper.count("case", &engine::query::Filter::Everything, 100),
                keeper.commit(commit(&id.to_string()))
            );
            assert!(found.is_ok() && counted.is_ok_and(|count| count >= id));
            assert_eq!(all(&keeper, "case", &["id"]).await.len(), id as usize + 1);
        }
        let asked = |sql: &str| shared_pool().psql(&address, sql).unwrap();
        let left = "select pg_backend_pid(), current_setting('statement_timeout'), \
                    current_setting('jit'), current_setting('lock_timeout'), \
                    (select count(*) from pg_prepared_statements), \
                    (select count(*) from pg_locks where locktype = 'advisory')";
        let mut sessions = std::collections::BTreeSet::new();
        for _ in 0..12 {
            let told = asked(left);
            let (session, settings) = told.split_once('|').unwrap();
            assert_eq!(settings, "0|on|0|0|0");
            sessions.insert(session.to_owned());
        }
        assert!(sessions.len() > 1, "one session for all proves nothing");
        assert_eq!(keeper.inspect().await.unwrap(), [""; 0]);
        keeper.close().await.unwrap();
    });
}

#[test]
fn whether_a_pooler_stands_between_is_found_out_in_every_mode() {
    let address = shared().database().unwrap();
    let session = Pool::start(shared(), &["pool_mode = session"]).unwrap();
    let single = Pool::start(shared(), &["pool_mode = statement"]).unwrap();
    run(async {
        let here = |beyond| Link { near: Secured::Local, beyond };
        assert_eq!(link(&address).await, here(None));
        assert_eq!(link(&shared_pool().through(&address)).await, here(Some(true)));
        assert_eq!(link(&session.through(&address)).await, here(Some(true)));
        let words = refused(&single.through(&address)).await;
        assert!(words.contains("pool_mode = transaction"), "{words}");
        let backup = store::postgres::vault::facts(&session.through(&address), clock()).await;
        let words = backup.unwrap_err().to_string();
        assert!(words.contains("backup_database"), "{words}");
    });
}

#[test]
fn what_a_pooler_refuses_is_told() {
    let full = Pool::start(shared(), &["max_client_conn = 0"]).unwrap();
    let (address, pooled) = (shared().database().unwrap(), shared_pool());
    run(async {
        let words = refused(&full.through(&address)).await;
        assert!(words.contains("max_client_conn"), "{words}");
        let words = refused(&pooled.through("/nothing")).await;
        assert!(words.contains("没有这个库"), "{words}");
        let options = format!("{}?options=-cjit%3Doff", pooled.through(&address));
        let words = refused(&options).await;
        assert!(words.contains("连接池不收地址里的 options"), "{words}");
    });
}

#[test]
fn a_frozen_pooler_is_not_waited_for_and_nothing_is_done_twice() {
    let pool = Pool::start(shared(), &[]).unwrap();
    let address = pool.through(&shared().database().unwrap());
    let deadline = Duration::from_millis(400);
    run(async {
        let options = PostgresOptions { deadline, ..PostgresOptions::new(clock()) };
        let keeper = PostgresKeeper::open(&address, options).await.unwrap();
        keeper.prepare(&tables()).await.unwrap();
        keeper.commit(commit("0")).await.unwrap();
        pool.signal("STOP").unwrap();
        let asked = Instant::now();
        let writing = tokio::spawn(keeper.commit(commit("1")));
        let select = engine::query::Select::from("case", &["id"]).limit(5);
        let answer = keeper.find(&select).await;
        assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
        assert!(asked.elapsed() < Duration::from_secs(10));
        pool.signal("CONT").unwrap();
        assert_eq!(writing.await.unwrap().unwrap().numbers, ["枫调0002号"]);
        assert_eq!(all(&keeper, "case", &["id"]).await.len(), 2);
        keeper.close().await.unwrap();
    });
}

#[test]
fn a_server_is_known_by_its_certificate_or_refused() {
    let server = Server::with_tls("DNS:localhost").unwrap();
    let name = server.database().unwrap().rsplit('/').next().unwrap().to_owned();
    server.psql("postgres", "alter role fengqiao password 'geheim'").unwrap();
    let (folder, port) = (server.folder().display(), server.port());
    let at = |host: &str, options: &str| {
        let options = options.replace("CA", &format!("{folder}/ca.crt"));
        let options = options.replace("OTHER", &format!("{folder}/other.crt"));
        format!("postgres://fengqiao:geheim@{host}:{port}/{name}?{options}")
    };
    run(async {
        let known = |known| Link { near: Secured::Encrypted { known }, beyond: None };
        for (host, options, expected) in [
            ("localhost", "sslmode=verify-full&sslrootcert=CA", known(true)),
            ("127.0.0.1", "sslmode=verify-ca&sslrootcert=CA", known(true)),
            ("127.0.0.1", "sslmode=require&sslrootcert=CA", known(true)),
            ("127.0.0.1", "sslmode=require", known(false)),
            ("127.0.0.1", "sslmode=prefer", known(false)),
            ("127.0.0.1", "", known(false)),
        ] {
            assert_eq!(link(&at(host, options)).await, expected, "{host} {options}");
        }
        for (host, options, expected) in [
            ("127.0.0.1", "sslmode=verify-full&sslrootcert=CA", "不是发给 127.0.0.1 的"),
            ("localhost", "sslmode=verify-full&sslrootcert=OTHER", "不是"),
            ("localhost", "sslmode=verify-ca&sslrootcert=OTHER", "里的 CA 签发的"),
            ("localhost", "sslmode=require&sslrootcert=OTHER", "里的 CA 签发的"),
            ("127.0.0.1", "sslmode=disable", "数据库只收加密的连接"),
        ] {
            let words = refused(&at(host, options)).await;
            assert!(words.contains(expected) && !words.contains("geheim"), "{options}: {words}");
        }
        let wrong = at("127.0.0.1", "").replace("geheim", "falsch");
        let words = refused(&wrong).await;
        assert!(words.contains("用户名或密码不对") && !words.contains("falsch"), "{words}");

        // A commit goes this way like any other.
        let keeper = postgres(&at("localhost", "sslmode=verify-full&sslrootcert=CA")).await;
        keeper.prepare(&tables()).await.unwrap();
        keeper.commit(commit("1")).await.unwrap();
        keeper.close().await.unwrap();
        assert_eq!(server.psql(&name, "select count(*) from log").unwrap(), "1");
    });
}

#[test]
fn a_server_without_tls_is_refused_where_it_is_asked_for() {
    let bare = somebody_without_tls();
    run(async {
        let words =
            refused(&format!("postgres://u:geheim@127.0.0.1:{bare}/d?sslmode=require")).await;
        assert!(words.contains("没有开启加密") && words.contains("sslmode=prefer"), "{words}");
    });
}

/// Says, as a server without TLS does, that it has none.
fn somebody_without_tls() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        use std::io::{Read, Write};
        while let Ok((mut stream, _)) = listener.accept() {
            let _ = stream.read_exact(&mut [0; 8]);
            let _ = stream.write_all(b"N");
        }
    });
    port
}
