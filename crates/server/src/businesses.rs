//! Where the definitions come from: the binary itself, or a folder that experts work in.

use engine::definition::SourceFile;
use std::{io, path::Path};

const EMBEDDED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/businesses.rs"));

fn file(&(path, text): &(&str, &str)) -> SourceFile {
    SourceFile { path: path.to_owned(), text: text.to_owned() }
}

/// The files embedded in the binary.
pub fn embedded() -> Vec<SourceFile> {
    EMBEDDED.iter().map(file).collect()
}

/// The files embedded in the binary without their worked examples, which were proved when it was
/// built: a start neither reads nor holds what it does not need.
pub fn proven() -> Vec<SourceFile> {
    EMBEDDED.iter().filter(|(path, _)| !path.contains("/examples/")).map(file).collect()
}

/// The files of a folder.
pub fn folder(root: &Path) -> io::Result<Vec<SourceFile>> {
    let mut files = Vec::new();
    collect(root, root, &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<SourceFile>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else if ["kdl", "csv", "typ", "txt", "md"].contains(&extension) {
            let name =
                path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            files.push(SourceFile { path: name, text: std::fs::read_to_string(&path)? });
        }
    }
    Ok(())
}

/// The files to work with: the folder's, or the binary's own.
pub fn source(root: Option<&Path>) -> io::Result<Vec<SourceFile>> {
    root.map_or_else(|| Ok(embedded()), folder)
}
