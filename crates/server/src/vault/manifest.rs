//! What a backup says of itself.

use serde_json::{Map, Value as Json, json};
use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufRead, BufReader},
    path::Path,
};
use store::sqlite::{Head, Stamp, Summary};

/// Raised when an older program could not bring such a backup back.
const FORMAT: i64 = 2;
/// What the backup of a database file is written as: older programs know it.
const FORMAT_OF_FILES: i64 = 1;

/// What a backup is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The program that made it.
    pub program: String,
    /// When it was made, in milliseconds since 1970 UTC.
    pub made_at: i64,
    /// What the database holds.
    pub summary: Summary,
    /// Hash of the database file; of a server, that of the list of its files.
    pub database: String,
    /// Size of the database file, or of all files of a server.
    pub size: u64,
    /// Hash of the list of attached files.
    pub list: String,
    /// How many attached files there are.
    pub files: u64,
    /// The database server whose base backup it is; none: it is a database file.
    pub cluster: Option<Cluster>,
}

/// A database server whose files were copied while it ran. In such a backup the lineage is the
/// number of the server, the group is where its log stood when the copy was whole, and the heads of
/// the county logs are those of the moment the copy began: whatever comes of it must hold them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cluster {
    /// The major version of PostgreSQL; no other reads these files.
    pub version: u32,
    /// The database of ours on it.
    pub database: String,
    /// Who connects to it.
    pub user: String,
    /// Where the part of its log begins that the copy needs.
    pub start: u64,
    /// Bytes of one file of its log.
    pub segment: u64,
}

/// An attached file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attached {
    /// Hash of its content, and its name.
    pub hash: String,
    /// Its size.
    pub size: u64,
}

impl Manifest {
    /// How many rows there are.
    pub fn rows(&self) -> u64 {
        self.summary.rows.values().sum()
    }

    /// How many entries the log has.
    pub fn entries(&self) -> u64 {
        self.summary.rows.get("log").copied().unwrap_or(0)
    }

    /// As text.
    pub fn text(&self) -> String {
        let Summary { stamp, rows, heads } = &self.summary;
        let head = |head: &Head| json!({ "county": head.county, "seq": head.seq, "hash": head.hash, "at": head.at });
        let rows: Map<String, Json> =
            rows.iter().map(|(table, count)| (table.clone(), json!(count))).collect();
        let cluster = self.cluster.as_ref().map(|cluster| {
            json!({ "version": cluster.version, "database": cluster.database,
                    "user": cluster.user, "start": cluster.start, "segment": cluster.segment })
        });
        let format = if cluster.is_some() { FORMAT } else { FORMAT_OF_FILES };
        let manifest = json!({
            "format": format,
            "program": self.program,
            "made_at": self.made_at,
            "made": super::moment_words(self.made_at),
            "lineage": stamp.lineage,
            "group": stamp.group,
            "moment": stamp.moment,
            "database": { "sm3": self.database, "size": self.size },
            "files": { "sm3": self.list, "count": self.files },
            "heads": heads.iter().map(head).collect::<Vec<_>>(),
            "rows": rows,
            "cluster": cluster,
        });
        format!("{manifest:#}\n")
    }

    /// From its text; `None` if it is not one that this program understands.
    pub fn read(text: &str) -> Option<Self> {
        let json: Json = serde_json::from_str(text).ok()?;
        (json["format"].as_i64()? <= FORMAT).then_some(())?;
        let text = |json: &Json| json.as_str().map(str::to_owned);
        let head = |head: &Json| {
            let (county, hash) = (text(&head["county"])?, text(&head["hash"])?);
            Some(Head { county, hash, seq: head["seq"].as_i64()?, at: head["at"].as_i64()? })
        };
        let stamp = Stamp {
            lineage: text(&json["lineage"])?,
            group: json["group"].as_u64()?,
            moment: json["moment"].as_i64()?,
        };
        let rows = json["rows"].as_object()?.iter();
        let rows = rows.map(|(table, count)| Some((table.clone(), count.as_u64()?)));
        let rows: BTreeMap<String, u64> = rows.collect::<Option<_>>()?;
        let heads = json["heads"].as_array()?.iter().map(head).collect::<Option<_>>()?;
        Some(Self {
            program: text(&json["program"])?,
            made_at: json["made_at"].as_i64()?,
            summary: Summary { stamp, rows, heads },
            database: text(&json["database"]["sm3"])?,
            size: json["database"]["size"].as_u64()?,
            list: text(&json["files"]["sm3"])?,
            files: json["files"]["count"].as_u64()?,
            cluster: match json.get("cluster") {
                None | Some(Json::Null) => None,
                Some(cluster) => Some(Cluster {
                    version: cluster["version"].as_u64()?.try_into().ok()?,
                    database: text(&cluster["database"])?,
                    user: text(&cluster["user"])?,
                    start: cluster["start"].as_u64()?,
                    segment: cluster["segment"].as_u64().filter(|size| size.is_power_of_two())?,
                }),
            },
        })
    }
}

/// The list of attached files as it is written: a line each.
pub fn list_text(files: &[Attached]) -> String {
    files.iter().map(|Attached { hash, size }| format!("{hash} {size}\n")).collect()
}

/// The attached files of a list, one by one.
pub fn attached(list: &Path) -> io::Result<impl Iterator<Item = io::Result<Attached>> + use<>> {
    let lines = BufReader::new(File::open(list)?).lines();
    Ok(lines.map(|line| {
        let line = line?;
        let wrong = || io::Error::new(io::ErrorKind::InvalidData, line.clone());
        let (hash, size) = line.split_once(' ').ok_or_else(wrong)?;
        Ok(Attached { hash: hash.to_owned(), size: size.parse().map_err(|_| wrong())? })
    }))
}
