//! Writes every sample page to `target/gallery`, with its stylesheet and script beside it, so that
//! people and browsers can look at the pages without a server.

#[path = "../src/web/look/mod.rs"]
mod look;

use std::{fs, io, path::Path};

fn main() -> io::Result<()> {
    let folder = Path::new("target/gallery");
    fs::create_dir_all(folder)?;
    fs::write(folder.join("app.css"), look::STYLESHEET)?;
    fs::write(folder.join("app.js"), look::SCRIPT)?;
    fs::write(folder.join("icon.svg"), look::ICON)?;
    for sample in look::samples::all() {
        let html = sample.html.into_string().replace("/assets/", "").replace("?v=sample", "");
        fs::write(folder.join(format!("{}.html", sample.name)), html)?;
    }
    Ok(())
}
