//! Every paper as a Word file: well-formed, and it says what the PDF says.

use std::fs;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::process::Command;

use paper::Sheet;
use zip::ZipArchive;

use crate::house::{PRINTED_AT, Paper, borrowed, common, papers, press, print};

fn word(paper: &Paper) -> Vec<u8> {
    let library = common();
    let made = press().word(Sheet {
        name: &paper.name,
        template: &paper.text,
        library: &borrowed(&library),
        data: &paper.sample,
        files: &[],
        qr: paper.sample["verify"].as_str(),
        printed_at: PRINTED_AT,
    });
    made.unwrap_or_else(|error| panic!("{}: {error}", paper.name)).docx
}

fn part(docx: &[u8], name: &str) -> String {
    let mut archive = ZipArchive::new(Cursor::new(docx)).unwrap();
    let mut text = String::new();
    archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

/// Names of a part's open elements must close in order, and nothing stands bare that XML forbids.
fn well_formed(name: &str, text: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        assert!(!rest[..at].contains('>'), "{name}: {}", &rest[..at]);
        for piece in rest[..at].split('&').skip(1) {
            let entity = piece.split(';').next().unwrap_or_default();
            assert!(["amp", "lt", "gt", "quot"].contains(&entity), "{name}: &{piece}");
        }
        let end = at + rest[at..].find('>').unwrap();
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if tag.starts_with('?') {
        } else if let Some(closed) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(closed), "{name}");
        } else {
            assert_eq!(tag.matches('"').count() % 2, 0, "{name}: {tag}");
            if !tag.ends_with('/') {
                open.push(tag.split(' ').next().unwrap());
            }
        }
    }
    assert!(open.is_empty(), "{name}: {open:?}");
}

/// The text of a part, without marks.
fn said(xml: &str) -> String {
    let mut out = String::new();
    let mut rest = xml;
    while let Some(at) = rest.find("<w:t") {
        let start = at + rest[at..].find('>').unwrap() + 1;
        let name = &rest[at + 4..at + 5];
        rest = &rest[start..];
        if name == " " || name == ">" {
            out += &rest[..rest.find("</w:t>").unwrap()];
        }
    }
    out.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

fn letters(text: &str) -> Vec<char> {
    let mut all: Vec<char> = text.chars().filter(|c| c.is_alphanumeric()).collect();
    all.sort_unstable();
    all
}

/// Two tests, so that two cores share them.
#[test]
fn every_paper_becomes_a_word_file_that_says_the_same() {
    convert(0);
}

#[test]
fn every_other_paper_becomes_a_word_file_that_says_the_same() {
    convert(1);
}

fn convert(remainder: usize) {
    let folder =
        std::env::temp_dir().join(format!("fengqiao-word-{}-{remainder}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let mut wrong = Vec::new();
    for paper in papers().into_iter().skip(remainder).step_by(2) {
        let docx = word(&paper);
        let mut archive = ZipArchive::new(Cursor::new(docx.as_slice())).unwrap();
        let names: Vec<String> =
            archive.file_names().map(|name| name.unwrap().into_owned()).collect();
        for name in names.iter().filter(|name| name.ends_with(".xml") || name.ends_with(".rels")) {
            let mut text = String::new();
            archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
            well_formed(&format!("{} {name}", paper.name), &text);
        }
        let document = part(&docx, "word/document.xml");
        let mut there = letters(&said(&document));
        let printed = print(&paper, &paper.sample);
        let file = folder.join(format!("{}.pdf", paper.id));
        fs::write(&file, &printed.pdf).unwrap();
        let out = Command::new("pdftotext").arg(&file).arg("-").output().unwrap();
        let text = String::from_utf8(out.stdout).unwrap();
        // Feet are on every page of a PDF and once in a Word file.
        let foot = said(&part(&docx, "word/footer0.xml"));
        for page in 1..=printed.pages {
            let counted = format!("{foot}{page}{}", printed.pages);
            there.extend(counted.chars().filter(|c| c.is_alphanumeric()));
        }
        there.sort_unstable();
        // Each character at least as often as on paper.
        let mut at = there.into_iter().peekable();
        let mut missing = String::new();
        for character in letters(&text) {
            while at.next_if(|c| *c < character).is_some() {}
            if at.next_if(|c| *c == character).is_none() {
                missing.push(character);
            }
        }
        if !missing.is_empty() {
            wrong.push(format!("{}: {missing}", paper.name));
        }
    }
    fs::remove_dir_all(&folder).unwrap();
    assert!(wrong.is_empty(), "{} papers lose text:\n{}", wrong.len(), wrong.join("\n"));
}

/// Opened by another program, every Word file says all that was written into it, and the shell of a
/// dossier stays on its pages.
#[test]
fn libreoffice_opens_every_word_file_and_keeps_its_text() {
    let folder = std::env::temp_dir().join(format!("fengqiao-office-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let mut all = Vec::new();
    for paper in papers() {
        let file = folder.join(format!("{}.docx", paper.id));
        let docx = word(&paper);
        let written = letters(&said(&part(&docx, "word/document.xml")));
        fs::write(&file, docx).unwrap();
        all.push((paper, file, written));
    }
    let files: Vec<&PathBuf> = all.iter().map(|(_, file, _)| file).collect();
    opened(&folder, "txt:Text (encoded):UTF8", &files);
    let mut wrong = Vec::new();
    for (paper, file, written) in &all {
        match fs::read_to_string(file.with_extension("txt")) {
            Ok(text) if letters(&text) == *written => {}
            Ok(_) => wrong.push(format!("{} lost or gained text", paper.name)),
            Err(error) => wrong.push(format!("{}: {error}", paper.name)),
        }
    }
    let bound: Vec<_> = all.iter().filter(|(paper, ..)| paper.id.contains("dossier_")).collect();
    assert!(bound.len() >= 10, "{} shells of dossiers", bound.len());
    let files: Vec<&PathBuf> = bound.iter().map(|(_, file, _)| file).collect();
    opened(&folder, "pdf", &files);
    for (paper, file, _) in bound {
        let pages = pages_of(&file.with_extension("pdf"));
        let wanted = print(paper, &paper.sample).pages;
        if pages != wanted {
            wrong.push(format!("{}: {pages} pages instead of {wanted}", paper.name));
        }
    }
    fs::remove_dir_all(&folder).unwrap();
    assert!(wrong.is_empty(), "{} papers:\n{}", wrong.len(), wrong.join("\n"));
}

/// Has LibreOffice make of these files what `format` says, beside them.
fn opened(folder: &Path, format: &str, files: &[&PathBuf]) {
    let home = format!("-env:UserInstallation=file://{}/home", folder.display());
    let done = Command::new("soffice")
        .args([home.as_str(), "--headless", "--convert-to", format, "--outdir"])
        .arg(folder)
        .args(files)
        .output()
        .expect("soffice, of Debian's libreoffice-writer-nogui");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

fn pages_of(file: &Path) -> usize {
    let out = Command::new("pdfinfo").arg(file).output().unwrap();
    let about = String::from_utf8_lossy(&out.stdout).into_owned();
    let line = about.lines().find_map(|line| line.strip_prefix("Pages:")).unwrap();
    line.trim().parse().unwrap()
}
