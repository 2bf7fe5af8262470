//! What stands in an address: the driver's own words, and ours about TLS.

use super::tls::Tls;
use crate::seam::StoreError;
use percent_encoding::percent_decode_str;
use tokio_postgres::{Config, config::SslMode};

const SHAPE: &str = "数据库地址写得不对，应写成 postgres://用户:密码@主机1,主机2/库名，\
                     端口不是 5432 的主机写成 主机:端口；密码里的 @ : / ? % 等符号要写成 %40 这样的编码";
/// Options that the driver reads and we go by.
const DRIVERS: [&str; 7] =
    ["application_name", "dbname", "host", "options", "password", "port", "user"];
const OURS: [&str; 2] = ["sslmode", "sslrootcert"];

/// Reads an address. What is wrong with it is not repeated in words where a password may be part
/// of it.
pub(super) fn read(text: &str) -> Result<(Config, Tls), StoreError> {
    let refuse = |words: String| StoreError::Failed(words);
    if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
        return Err(refuse(SHAPE.to_owned()));
    }
    let (place, options) = text.split_once('?').unwrap_or((text, ""));
    // A question mark that belongs to a password would make options of its rest.
    if options.contains('@') {
        return Err(refuse(SHAPE.to_owned()));
    }
    let (mut mode, mut roots, mut rest) = (None, None, Vec::new());
    for option in options.split('&').filter(|option| !option.is_empty()) {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        let value = percent_decode_str(value).decode_utf8_lossy().into_owned();
        match name {
            _ if value.is_empty() => {
                return Err(refuse(format!("数据库地址里的选项“{name}”没有值，应写成 {name}=值")));
            }
            "sslmode" => mode = Some(value),
            "sslrootcert" => roots = Some(value),
            name if DRIVERS.contains(&name) => rest.push(option),
            name => {
                let known = [&OURS[..], &DRIVERS[..]].concat().join("、");
                return Err(refuse(format!("不认识数据库地址里的选项“{name}”，可用的有 {known}")));
            }
        }
    }
    let tls = Tls::read(mode.as_deref(), roots.as_deref())?;
    let mut config: Config =
        format!("{place}?{}", rest.join("&")).parse().map_err(|_| refuse(SHAPE.to_owned()))?;
    if config.get_hosts().is_empty() {
        let words = "数据库地址里没有主机，应写成 postgres://用户:密码@主机1,主机2/库名";
        return Err(refuse(words.to_owned()));
    }
    // The way is made by us.
    config.ssl_mode(SslMode::Disable);
    Ok((config, tls))
}
