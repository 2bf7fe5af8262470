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
const FORMAT: i64 = 1;

/// What a backup is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The program that made it.
    pub program: String,
    /// When it was made, in milliseconds since 1970 UTC.
    pub made_at: i64,
    /// What the database holds.
    pub summary: Summary,
    /// Hash of the database file.
    pub database: String,
    /// Size of the database file.
    pub size: u64,
    /// Hash of the list of attached files.
    pub list: String,
    /// How many attached files there are.
    pub files: u64,
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
        let manifest = json!({
            "format": FORMAT,
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
