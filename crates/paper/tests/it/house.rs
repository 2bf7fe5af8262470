//! The papers as they lie in `businesses/`, and one press for all tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use paper::{Moment, PaperError, Press, Sheet, Typeset};
use serde_json::Value;

pub const PRINTED_AT: Moment =
    Moment { year: 2026, month: 3, day: 20, hour: 9, minute: 30, second: 0 };

/// A template of a business with its sample.
pub struct Paper {
    /// Business and paper, such as `mediation-agreement`.
    pub id: String,
    /// Its path below `businesses/`.
    pub name: String,
    pub text: String,
    pub sample: Value,
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_path_buf()
}

/// One press: reading the fonts takes longer than printing.
pub fn press() -> &'static Press {
    static PRESS: OnceLock<Press> = OnceLock::new();
    let press = PRESS.get_or_init(|| Press::with_embedded(Vec::new()));
    assert!(press.has_fonts(), "{}", PaperError::NoFonts);
    press
}

/// Every template of every business; each must have its sample.
pub fn papers() -> Vec<Paper> {
    let businesses = files_in(&root().join("businesses"));
    let folders = businesses.iter().filter(|path| !path.ends_with("common"));
    let found: Vec<Paper> = folders.flat_map(|folder| papers_of(folder)).collect();
    assert!(!found.is_empty());
    found
}

fn papers_of(business: &Path) -> Vec<Paper> {
    let documents = business.join("documents");
    let business = business.file_name().unwrap().to_str().unwrap();
    typst_files(&documents)
        .into_iter()
        .map(|(file, text)| {
            let stem = file.trim_end_matches(".typ");
            let sample = documents.join("samples").join(format!("{stem}.json"));
            let sample = fs::read_to_string(&sample).expect("every paper has a sample");
            Paper {
                id: format!("{business}-{stem}"),
                name: format!("{business}/documents/{file}"),
                text,
                sample: serde_json::from_str(&sample).unwrap(),
            }
        })
        .collect()
}

pub fn paper(name: &str) -> Paper {
    papers().into_iter().find(|paper| paper.name == name).unwrap()
}

/// The shared style files: name and text.
pub fn common() -> Vec<(String, String)> {
    typst_files(&root().join("businesses/common/documents"))
}

pub fn borrowed(library: &[(String, String)]) -> Vec<(&str, &str)> {
    library.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect()
}

pub fn print(paper: &Paper, data: &Value) -> Typeset {
    print_with(press(), paper, data).unwrap_or_else(|error| panic!("{}: {error}", paper.name))
}

pub fn print_with(press: &Press, paper: &Paper, data: &Value) -> Result<Typeset, PaperError> {
    let library = common();
    press.typeset(Sheet {
        name: &paper.name,
        template: &paper.text,
        library: &borrowed(&library),
        data,
        files: &[],
        qr: data["verify"].as_str(),
        printed_at: PRINTED_AT,
    })
}

fn typst_files(folder: &Path) -> Vec<(String, String)> {
    let is_typst = |path: &PathBuf| path.extension().is_some_and(|e| e == "typ");
    files_in(folder)
        .into_iter()
        .filter(is_typst)
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

/// What lies in a folder, sorted; nothing if there is no such folder.
fn files_in(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}
