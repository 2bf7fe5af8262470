//! The vault of a database server: what is kept of PostgreSQL, and how it comes back.
//!
//! ```text
//! BACKUPS/backup-20261124-023000/
//!   base/          the files of the server, as pg_basebackup copied them, with their list
//!   files.txt, manifest.json, verified.json      as of every backup (`vault`)
//! ARCHIVE/         its log, file by file, put there by `fengqiao archive-wal`
//! ```
//!
//! PostgreSQL's own programs copy, check and lead on; [`programs`] finds them. [`make`] makes a
//! base backup, [`wal`] keeps the archive, [`recover`] leads a copy on in a server of its own that
//! nobody else can reach, [`restore`] brings a backup back with it and proves it, [`rehearse`] does
//! all that and throws it away. The server that is in use is only read.

pub mod make;
pub mod programs;
pub mod recover;
pub mod rehearse;
pub mod restore;
#[cfg(test)]
mod tests;
pub mod wal;

/// The folder of the server's files in a backup.
const BASE: &str = "base";
