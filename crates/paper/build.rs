//! Lists the font files that `cargo xtask fonts` fetched, so that they travel inside the program.
//!
//! Fonts are not kept in the repository. Without them the build still succeeds, with an empty list:
//! whoever only works on rules or pages need not fetch 84 MB, and printing says what to do.

#![allow(clippy::print_stdout, clippy::disallowed_methods)] // how a build script speaks and asks

use std::path::{Path, PathBuf};
use std::{env, fs, io};

const EXTENSIONS: [&str; 3] = ["otf", "ttf", "ttc"];

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-env-changed=FENGQIAO_FONTS");
    println!("cargo::rerun-if-changed=build.rs");
    let folder = font_folder();
    // Cargo takes a missing folder for changed, so fonts fetched later are found; until then this
    // small crate is built anew each time.
    println!("cargo::rerun-if-changed={}", folder.display());
    let out = PathBuf::from(variable("OUT_DIR")).join("fonts.rs");
    fs::write(out, listing(&font_files(&folder)))
}

fn variable(name: &str) -> std::ffi::OsString {
    env::var_os(name).unwrap_or_default()
}

fn font_folder() -> PathBuf {
    let given = variable("FENGQIAO_FONTS");
    if !given.is_empty() {
        return PathBuf::from(given);
    }
    let crate_folder = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
    let root = crate_folder.ancestors().nth(2).unwrap_or(&crate_folder);
    root.join("assets").join("fonts")
}

/// Sorted by name, so the same fonts give the same program.
fn font_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| is_font(path))
        .filter_map(|path| path.canonicalize().ok())
        .collect();
    files.sort();
    files
}

fn is_font(path: &Path) -> bool {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known))
}

// A function, not a static: the compiler copies a static's bytes into the crate's metadata, and
// everything that depends on this crate would read 84 MB before it starts.
fn listing(files: &[PathBuf]) -> String {
    let mut text = String::from("/// The embedded font files.\n#[inline(never)]\n");
    text.push_str("pub fn files() -> Vec<&'static [u8]> {\n    vec![\n");
    for file in files {
        text.push_str(&format!("        include_bytes!({:?}),\n", file.display().to_string()));
    }
    text.push_str("    ]\n}\n");
    text
}
