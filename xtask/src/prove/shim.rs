//! The small libraries of `xtask/shim` that stand between the program and the system. They are
//! compiled when an experiment begins, by the C compiler that building SQLite needs anyway.

use std::path::{Path, PathBuf};

use crate::process::command;
use crate::root;

/// Compiles `xtask/shim/NAME.c`; answers with the library.
pub fn compile(name: &str) -> Result<PathBuf, String> {
    let library = root().join(format!("target/prove/{name}.so"));
    if let Some(folder) = library.parent() {
        std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    }
    // Compiled beside and renamed: a program that is running may have the old one loaded.
    let beside = library.with_extension("part");
    let mut compiler = command("cc", &["-O2", "-Wall", "-Wextra", "-shared", "-fPIC", "-o"]);
    compiler.arg(&beside).arg(format!("xtask/shim/{name}.c"));
    match compiler.output() {
        Ok(done) if done.status.success() => {}
        Ok(done) => return Err(String::from_utf8_lossy(&done.stderr).into_owned()),
        Err(error) => return Err(format!("cc did not start: {error}")),
    }
    std::fs::rename(&beside, &library).map_err(|e| format!("{}: {e}", library.display()))?;
    Ok(library)
}

/// What the disk shim is told about: this data folder.
pub fn disk(library: &Path, data: &Path) -> Vec<(String, String)> {
    vec![pair("LD_PRELOAD", library.display()), pair("DISK_FOLDER", data.display())]
}

/// A setting of the environment.
pub fn pair(name: &str, value: impl ToString) -> (String, String) {
    (name.into(), value.to_string())
}
