//! Fetches the fonts that papers are printed with into `assets/fonts/`.
//!
//! They come from Debian's packages, which need no root to download and unpack:
//! - `fonts-noto-cjk` (SIL OFL 1.1): Noto Serif CJK, regular and bold, the face of every paper;
//! - `fonts-hanazono` (SIL OFL 1.1): 花園明朝B, which adds CJK extensions B to F, so that the names
//!   GB 18030-2022 level 3 asks public services to handle print as themselves.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A Debian package, and the font files to take from it.
struct Source {
    package: &'static str,
    folder: &'static str,
    files: &'static [&'static str],
}

const SOURCES: [Source; 2] = [
    Source {
        package: "fonts-noto-cjk",
        folder: "usr/share/fonts/opentype/noto",
        files: &["NotoSerifCJK-Regular.ttc", "NotoSerifCJK-Bold.ttc"],
    },
    Source {
        package: "fonts-hanazono",
        folder: "usr/share/fonts/truetype/hanazono",
        files: &["HanaMinB.ttf"],
    },
];

/// Makes sure that `assets/fonts/` under `root` holds the fonts; does nothing if it does.
///
/// # Errors
/// Says in one sentence what could not be fetched, unpacked or written.
pub fn ensure(root: &Path) -> Result<(), String> {
    let target = root.join("assets").join("fonts");
    fs::create_dir_all(&target).map_err(|e| format!("cannot make {}: {e}", target.display()))?;
    SOURCES.iter().try_for_each(|source| ensure_source(source, &target))
}

fn ensure_source(source: &Source, target: &Path) -> Result<(), String> {
    if source.files.iter().all(|file| target.join(file).is_file()) {
        return Ok(());
    }
    let installed = Path::new("/").join(source.folder);
    if source.files.iter().all(|file| installed.join(file).is_file()) {
        return take(source, &installed, target);
    }
    let work = target.join(format!(".fetch-{}", source.package));
    let done = fetch(source, &work).and_then(|unpacked| take(source, &unpacked, target));
    let cleared =
        fs::remove_dir_all(&work).map_err(|e| format!("cannot clear {}: {e}", work.display()));
    done.and(cleared)
}

/// Downloads and unpacks a package below `work`; gives the folder its fonts are in.
fn fetch(source: &Source, work: &Path) -> Result<PathBuf, String> {
    let unpacked = work.join("unpacked");
    fs::create_dir_all(&unpacked)
        .map_err(|e| format!("cannot make {}: {e}", unpacked.display()))?;
    if download(source, work).is_err() {
        // A fresh machine has no package lists yet.
        run(Command::new("apt-get").args(["-q", "update"]))?;
        download(source, work)?;
    }
    let package = downloaded(work)?;
    run(Command::new("dpkg").arg("-x").arg(&package).arg(&unpacked))?;
    Ok(unpacked.join(source.folder))
}

fn download(source: &Source, work: &Path) -> Result<(), String> {
    run(Command::new("apt-get").args(["-q", "download", source.package]).current_dir(work))
}

fn downloaded(work: &Path) -> Result<PathBuf, String> {
    let entries = fs::read_dir(work).map_err(|e| format!("cannot read {}: {e}", work.display()))?;
    entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|e| e == "deb"))
        .ok_or_else(|| format!("apt-get left no package in {}", work.display()))
}

/// Copies under another name first, so that a half-copied font is never taken for a whole one.
fn take(source: &Source, from: &Path, target: &Path) -> Result<(), String> {
    for file in source.files {
        let partial = target.join(format!("{file}.part"));
        fs::copy(from.join(file), &partial)
            .and_then(|_| fs::rename(&partial, target.join(file)))
            .map_err(|e| format!("cannot copy {file} from {}: {e}", source.package))?;
    }
    Ok(())
}

fn run(command: &mut Command) -> Result<(), String> {
    let shown = format!("{command:?}");
    let output = command.output().map_err(|e| format!("cannot run {shown}: {e}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{shown} failed: {}", String::from_utf8_lossy(&output.stderr).trim()))
}
