//! Definitions for tests.

use engine::definition::{Finding, House, SourceFile, read};
use std::{fs, path::Path};

/// The files of `businesses/`.
pub fn files() -> Vec<SourceFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../businesses");
    let mut files = Vec::new();
    collect(&root, &root, &mut files);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<SourceFile>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        if path.is_dir() {
            collect(root, &path, files);
        } else if ["kdl", "csv", "typ", "txt", "md"].contains(&extension) {
            let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
            files.push(SourceFile { path: name, text: fs::read_to_string(&path).unwrap() });
        }
    }
}

/// The real house, which must have no findings.
pub fn house() -> House {
    let (house, findings) = read(&files());
    assert!(findings.is_empty(), "{}", list(&findings));
    house
}

/// Findings, one a line.
pub fn list(findings: &[Finding]) -> String {
    findings.iter().map(|f| format!("{f}\n")).collect()
}

/// A small house of one file, with a role and two code tables.
pub fn small(text: &str) -> (House, Vec<Finding>) {
    let file = |path: &str, text: &str| SourceFile { path: path.to_owned(), text: text.to_owned() };
    read(&[
        file("common/roles.kdl", "角色 clerk \"文员\" 级=乡"),
        file("common/codes/colour.csv", "code,name,parent\n1,红,\n11,朱红,1\n2,蓝,\n"),
        file("common/codes/shade.csv", "code,name,parent\nD,深,\nL,浅,\n"),
        file("trial/business.kdl", "业务 trial \"试验\""),
        file("trial/records/thing.kdl", text),
    ])
}
