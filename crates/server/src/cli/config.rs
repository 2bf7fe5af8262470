//! Settings: a file, then the environment (`FENGQIAO_…`), then flags. An unknown key refuses to
//! start, so that a misspelt setting is never silently ignored.

use super::Common;
use crate::app::Trouble;
use std::{
    fmt,
    path::{Path, PathBuf},
};

/// The settings of a server.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// Data folder: keys and files always, and the database where no other is named.
    pub data: PathBuf,
    /// Address of a PostgreSQL database, with its password.
    pub database: Option<String>,
    /// Address to listen on.
    pub listen: String,
    /// Address under which the public reaches this house; it is printed in codes.
    pub public_address: Option<String>,
    /// Folder of definitions.
    pub businesses: Option<PathBuf>,
    /// Addresses of Patroni, for `doctor`; without them, the database's hosts at its usual port.
    pub patroni: Vec<String>,
    /// Folder to which every change is written besides.
    pub archive: Option<PathBuf>,
    /// Address of the database itself for backups, where `database` leads through a pooler.
    pub backup_database: Option<String>,
    /// Folder of backups.
    pub backups: Option<PathBuf>,
    /// Days of which a backup is kept.
    pub keep_daily: usize,
    /// Weeks of which a backup is kept.
    pub keep_weekly: usize,
}

const KEYS: [&str; 11] = [
    "data",
    "database",
    "listen",
    "public_address",
    "businesses",
    "patroni",
    "archive",
    "backup_database",
    "backups",
    "keep_daily",
    "keep_weekly",
];
/// Read elsewhere: the log filter, the settings file itself, fonts at build time.
const OTHERS: [&str; 3] = ["LOG", "CONFIG", "FONTS"];

/// The address of the database holds its password, so it is not shown.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let database = self.database.as_ref().map(|_| "…");
        let Self { data, listen, businesses, .. } = self;
        write!(f, "Config {{ {data:?}, {database:?}, {listen:?}, {businesses:?} }}")
    }
}

impl Config {
    /// A data folder, and nothing else said.
    pub fn on(data: &Path) -> Self {
        Self {
            data: data.to_owned(),
            listen: "127.0.0.1:8080".into(),
            keep_daily: 7,
            keep_weekly: 4,
            ..Self::default()
        }
    }

    /// Reads the settings. `file` is `--config` or `FENGQIAO_CONFIG`.
    pub fn read(
        common: &Common,
        listen: Option<String>,
        environment: &[(String, String)],
    ) -> Result<Self, Trouble> {
        let mut config = Self::on(Path::new("fengqiao-data"));
        let from_environment = |name: &str| {
            environment.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
        };
        if let Some(file) = from_environment("FENGQIAO_CONFIG") {
            config.read_file(Path::new(&file))?;
        }
        for (key, value) in environment {
            let Some(name) = key.strip_prefix("FENGQIAO_") else { continue };
            if !OTHERS.contains(&name) {
                config.set(&name.to_lowercase(), value, key)?;
            }
        }
        if let Some(data) = &common.data {
            config.data.clone_from(data);
        }
        if common.database.is_some() {
            config.database.clone_from(&common.database);
        }
        if common.businesses.is_some() {
            config.businesses.clone_from(&common.businesses);
        }
        if let Some(listen) = listen {
            config.listen = listen;
        }
        Ok(config)
    }

    /// What a flag says of the public's address.
    pub fn reached_at(mut self, flag: Option<&str>) -> Result<Self, Trouble> {
        if let Some(address) = flag {
            self.public_address = Some(crate::reach::read(address, "--public-address")?);
        }
        Ok(self)
    }

    fn read_file(&mut self, file: &Path) -> Result<(), Trouble> {
        let text = std::fs::read_to_string(file).map_err(|error| {
            Trouble::Words(format!("配置文件 {} 读不了：{error}", file.display()))
        })?;
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let place = format!("{} 第{}行", file.display(), index + 1);
            let (key, value) = line
                .split_once('=')
                .ok_or_else(|| Trouble::Words(format!("{place}：应写成 名称 = 值")))?;
            self.set(key.trim(), value.trim().trim_matches('"'), &place)?;
        }
        Ok(())
    }

    fn set(&mut self, key: &str, value: &str, place: &str) -> Result<(), Trouble> {
        match key {
            "data" => self.data = value.into(),
            "database" => self.database = Some(value.to_owned()),
            "listen" => self.listen = value.to_owned(),
            "public_address" => self.public_address = Some(crate::reach::read(value, place)?),
            "businesses" => self.businesses = Some(value.into()),
            "patroni" => self.patroni = value.split(',').map(|it| it.trim().to_owned()).collect(),
            "archive" => self.archive = Some(value.into()),
            "backup_database" => self.backup_database = Some(value.to_owned()),
            "backups" => self.backups = Some(value.into()),
            "keep_daily" => self.keep_daily = number(value, place)?,
            "keep_weekly" => self.keep_weekly = number(value, place)?,
            other => {
                let known = KEYS.join("、");
                let words = format!("{place}：不认识的设置“{other}”，可用的有 {known}");
                return Err(Trouble::Words(words));
            }
        }
        Ok(())
    }
}

fn number(value: &str, place: &str) -> Result<usize, Trouble> {
    let number = value.parse().ok().filter(|number| (1..=1000).contains(number));
    number.ok_or_else(|| Trouble::Words(format!("{place}：应是1到1000的数，不是“{value}”")))
}

/// The environment's settings.
pub fn environment() -> Vec<(String, String)> {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the environment"
    )]
    let all = std::env::vars_os();
    all.filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(key, _)| key.starts_with("FENGQIAO_"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(environment: &[(&str, &str)], listen: Option<&str>) -> Result<Config, Trouble> {
        let environment: Vec<_> =
            environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let common = Common { data: None, database: None, businesses: None };
        Config::read(&common, listen.map(str::to_owned), &environment)
    }

    #[test]
    fn a_flag_wins_over_the_environment() {
        let config =
            read(&[("FENGQIAO_LISTEN", "0.0.0.0:1"), ("FENGQIAO_DATA", "/d")], Some("x:2"));
        let config = config.unwrap_or_default();
        assert_eq!(config.listen, "x:2");
        assert_eq!(config.data, PathBuf::from("/d"));
    }

    #[test]
    fn a_database_is_named_in_the_environment_and_not_shown() {
        let address = "postgres://fengqiao:secret@db1,db2/fengqiao";
        let config = read(&[("FENGQIAO_DATABASE", address)], None).unwrap_or_default();
        assert_eq!(config.database.as_deref(), Some(address));
        assert!(!format!("{config:?}").contains("secret"));
    }

    #[test]
    fn the_publics_address_is_checked_and_a_flag_wins() {
        let named = [("FENGQIAO_PUBLIC_ADDRESS", "https://sf.example.invalid/")];
        let config = read(&named, None).unwrap_or_default();
        assert_eq!(config.public_address.as_deref(), Some("https://sf.example.invalid"));
        let flag = config.reached_at(Some("https://other.invalid")).unwrap_or_default();
        assert_eq!(flag.public_address.as_deref(), Some("https://other.invalid"));
        assert!(read(&[("FENGQIAO_PUBLIC_ADDRESS", "sf.example.invalid")], None).is_err());
    }

    #[test]
    fn an_unknown_key_refuses_to_start() {
        assert!(read(&[("FENGQIAO_LISTNE", "x")], None).is_err());
    }
}
