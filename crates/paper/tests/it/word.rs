//! Every paper as a Word file: well-formed, and it says what the PDF says.

use std::fs;
use std::io::{Cursor, Read};
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

/// Opened by another program and printed by it, every Word file says what the paper says; the shell
/// of a dossier stays on its pages.
#[test]
fn libreoffice_opens_every_word_file_and_keeps_its_text() {
    let folder = std::env::temp_dir().join(format!("fengqiao-office-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let all = papers();
    let mut files = Vec::new();
    for paper in &all {
        let file = folder.join(format!("{}.docx", paper.id));
        fs::write(&file, word(paper)).unwrap();
        files.push(file);
    }
    let home = format!("-env:UserInstallation=file://{}/home", folder.display());
    let done = Command::new("soffice")
        .args([&home, "--headless", "--convert-to", "pdf", "--outdir"])
        .arg(&folder)
        .args(&files)
        .output()
        .expect("soffice, of Debian's libreoffice-writer-nogui");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let mut wrong = Vec::new();
    for paper in &all {
        let printed = print(paper, &paper.sample);
        let own = text_of(&printed.pdf);
        let file = folder.join(format!("{}.pdf", paper.id));
        let Ok(opened) = fs::read(&file) else {
            wrong.push(format!("{} was not opened", paper.name));
            continue;
        };
        let missing = beyond(&letters(&own), &letters(&text_of(&opened)));
        // Feet: pages break elsewhere, so that a page more or less repeats them.
        let rest: String = missing.iter().filter(|c| !FEET.contains(**c)).collect();
        if !rest.is_empty() {
            wrong.push(format!("{}: {rest}", paper.name));
        }
        let pages = pages_of(&opened);
        let bound = paper.id.contains("dossier_");
        if pages > printed.pages + usize::from(!bound) {
            wrong.push(format!("{}: {pages} pages instead of {}", paper.name, printed.pages));
        }
    }
    fs::remove_dir_all(&folder).unwrap();
    assert!(wrong.is_empty(), "{} papers:\n{}", wrong.len(), wrong.join("\n"));
}

/// Characters of the foot of every page.
const FEET: &str = "第页共印制时间年月日扫码或凭校验文字核对本书草稿没有出具不作据0123456789FQabcdefghijklmnopqrstuvwxyz_";

/// What stands in `all` more often than in `there`; both are sorted.
fn beyond(all: &[char], there: &[char]) -> Vec<char> {
    let mut at = there.iter().peekable();
    let mut missing = Vec::new();
    for character in all {
        while at.next_if(|c| *c < character).is_some() {}
        if at.next_if(|c| *c == character).is_none() {
            missing.push(*character);
        }
    }
    missing
}

fn piped(program: &str, arguments: &[&str], input: &[u8]) -> String {
    use std::io::Write;
    let pipe = std::process::Stdio::piped;
    let mut child =
        Command::new(program).args(arguments).stdin(pipe()).stdout(pipe()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let bytes = input.to_vec();
    let fed = std::thread::spawn(move || stdin.write_all(&bytes).unwrap());
    let out = child.wait_with_output().unwrap();
    fed.join().unwrap();
    String::from_utf8(out.stdout).unwrap()
}

fn text_of(pdf: &[u8]) -> String {
    piped("pdftotext", &["-", "-"], pdf)
}

fn pages_of(pdf: &[u8]) -> usize {
    let about = piped("pdfinfo", &["-"], pdf);
    let line = about.lines().find_map(|line| line.strip_prefix("Pages:")).unwrap();
    line.trim().parse().unwrap()
}
