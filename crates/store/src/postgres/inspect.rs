//! Whether the medium can be trusted, as far as SQL can ask.

use super::connection::{Connection, Done};
use crate::shape::Catalogue;

/// Settings that must be as they are made by default or by our manual, with what is wrong if not.
const SETTINGS: [(&str, &str); 3] = [
    ("data_checksums", "数据库没有开启数据校验和（data_checksums），磁盘上坏了的数据查不出来"),
    ("fsync", "数据库关了 fsync，断电会损坏整个数据库"),
    ("full_page_writes", "数据库关了 full_page_writes，断电可能损坏数据"),
];

const CHECKSUM_FAILURES: &str = "select cast(coalesce(checksum_failures, 0) as text) \
                                 from pg_stat_database where datname = current_database()";
const HAS_AMCHECK: &str = "select cast(count(*) as text) from pg_extension \
                           where extname = 'amcheck'";
const INDEXES: &str = "select x.indexrelid::regclass::text from pg_index x \
                       join pg_class c on c.oid = x.indexrelid \
                       join pg_am m on m.oid = c.relam and m.amname = 'btree' \
                       where c.relnamespace = current_schema()::regnamespace \
                       and x.indisvalid order by 1";

/// What is wrong, in words.
pub(super) async fn findings(connection: &Connection) -> Done<Vec<String>> {
    let mut findings = Vec::new();
    for (name, words) in SETTINGS {
        let told = connection.texts(&format!("select current_setting('{name}')")).await?;
        if told.first().map(String::as_str) != Some("on") {
            findings.push(words.to_owned());
        }
    }
    let told = connection.texts(CHECKSUM_FAILURES).await?;
    if let Some(count) = told.first().filter(|count| *count != "0") {
        findings.push(format!("数据库读到{count}页校验和不对的数据，磁盘可能坏了"));
    }
    if connection.texts(HAS_AMCHECK).await?.first().is_some_and(|count| count != "0") {
        indexes(connection, &mut findings).await?;
    }
    Ok(findings)
}

/// Every index, each against its table where amcheck finds rows that are not in it.
async fn indexes(connection: &Connection, findings: &mut Vec<String>) -> Done {
    let none = Catalogue::new();
    for row in connection.all(INDEXES, Vec::new()).await? {
        let name: String = row.try_get(0).map_err(|e| super::failure::trouble(&e, &none))?;
        let check = format!("select bt_index_check('{}', true)", name.replace('\'', "''"));
        if let Err(super::Trouble::Refused(error)) = connection.run(&check).await {
            findings.push(format!("索引 {name}：{error}"));
        }
    }
    Ok(())
}
