//! Letters and decisions of an office are laid out as GB/T 9704-2012 says: measured on the PDF, in
//! millimetres from its upper left corner.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::print_template;

const LEFT: f64 = 28.0;
const RIGHT: f64 = 184.0;
const TOP: f64 = 37.0;
const BOTTOM: f64 = 262.0;
/// A character of 三号 and of 四号.
const LARGE: f64 = 16.0 * MM;
const SMALL: f64 = 14.0 * MM;
/// Millimetres of a point.
const MM: f64 = 25.4 / 72.0;
const PIXEL: f64 = 25.4 / 144.0;

struct Word {
    page: usize,
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
    text: String,
}

fn near(found: f64, wanted: f64, by: f64, what: &str) {
    assert!((found - wanted).abs() <= by, "{what}: {found:.2} mm instead of {wanted:.2} mm");
}

fn piped(program: &str, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let bytes = input.to_vec();
    let fed = std::thread::spawn(move || stdin.write_all(&bytes).unwrap());
    let out = child.wait_with_output().unwrap();
    fed.join().unwrap();
    assert!(out.status.success(), "{program}");
    out.stdout
}

fn words(pdf: &[u8]) -> Vec<Word> {
    let text = piped("pdftotext", &["-bbox", "-", "-"], pdf);
    let (mut page, mut all) = (0, Vec::new());
    for line in String::from_utf8(text).unwrap().lines() {
        page += usize::from(line.trim_start().starts_with("<page"));
        let Some(rest) = line.trim_start().strip_prefix("<word ") else { continue };
        let (sides, text) = rest.split_once('>').unwrap();
        let side = |name: &str| {
            let at = sides.find(name).unwrap() + name.len() + 2;
            sides[at..].split('"').next().unwrap().parse::<f64>().unwrap() * MM
        };
        let text = text.trim_end_matches("</word>").to_owned();
        let (left, top) = (side("xMin"), side("yMin"));
        all.push(Word { page, left, top, right: side("xMax"), bottom: side("yMax"), text });
    }
    all
}

/// A page as pixels of 144 to the inch: red, green, blue.
struct Picture {
    width: usize,
    pixels: Vec<u8>,
}

fn picture(pdf: &[u8], page: usize) -> Picture {
    let page = page.to_string();
    let bytes = piped("pdftoppm", &["-r", "144", "-f", &page, "-l", &page, "-"], pdf);
    let mut at = 0;
    let mut numbers = Vec::new();
    while numbers.len() < 4 {
        let end = at + bytes[at..].iter().position(u8::is_ascii_whitespace).unwrap();
        numbers.push(String::from_utf8(bytes[at..end].to_vec()).unwrap());
        at = end + 1;
    }
    Picture { width: numbers[1].parse().unwrap(), pixels: bytes[at..].to_vec() }
}

impl Picture {
    /// From where to where a row of pixels is of a colour without a break: the longest stretch.
    fn stretches(&self, colour: fn(&[u8]) -> bool) -> Vec<(f64, f64, f64)> {
        let mut found = Vec::new();
        for (y, row) in self.pixels.chunks_exact(self.width * 3).enumerate() {
            let (mut best, mut start) = ((0, 0), None);
            for x in 0..=self.width {
                let is = x < self.width && colour(&row[x * 3..x * 3 + 3]);
                match (is, start) {
                    (true, None) => start = Some(x),
                    (false, Some(from)) => {
                        if x - from > best.1 - best.0 {
                            best = (from, x);
                        }
                        start = None;
                    }
                    _ => {}
                }
            }
            if best.1 > best.0 {
                found.push((y as f64 * PIXEL, best.0 as f64 * PIXEL, best.1 as f64 * PIXEL));
            }
        }
        found
    }

    /// Lines right across: the rows that are of this colour over more than 150 mm.
    fn lines(&self, colour: fn(&[u8]) -> bool) -> Vec<(f64, f64, f64)> {
        self.stretches(colour).into_iter().filter(|(_, from, to)| to - from > 150.0).collect()
    }
}

fn is_red(pixel: &[u8]) -> bool {
    pixel[0] > 180 && pixel[1] < 110 && pixel[2] < 110
}

fn is_black(pixel: &[u8]) -> bool {
    pixel.iter().all(|part| *part < 130)
}

fn letter(head: &str) -> Vec<u8> {
    let template = format!(
        "#import \"official.typ\": *\n#show: official.with(head: {head}, organ: \"安和县司法局\", \
        to: \"安和县市场监督管理局\", date: \"2026年3月20日\", annexes: (\"清单\", \"照片\"), \
        copies: \"安和县人民检察院\")\n#matter(f(\"x\"))"
    );
    let long = "枫".repeat(200);
    let text: String = (0..8).map(|_| format!("{long}\n")).collect();
    let data = json!({"title": "行政执法监督意见书", "number": "安司执监〔2026〕1号",
        "fields": { "x": format!("一、认定的事实\n{text}") }});
    let printed = print_template(&template, &data).unwrap();
    assert_eq!(printed.missing, [] as [char; 0]);
    super::keep(&format!("official-{}", head.trim_matches('"')), &printed);
    printed.pdf
}

#[test]
fn a_page_holds_twenty_two_lines_of_twenty_eight_characters() {
    let words = words(&letter("\"文件\""));
    let full: Vec<&Word> = words.iter().filter(|w| w.text.chars().count() == 28).collect();
    assert!(full.len() > 30, "{} full lines", full.len());
    for line in &full {
        near(line.left, LEFT, 0.3, "left of a line");
        near(line.right, RIGHT, 0.3, "right of a line");
    }
    let longer = words.iter().find(|w| w.text.starts_with('枫') && w.text.chars().count() > 28);
    assert!(longer.is_none());
    let mut second: Vec<&Word> =
        words.iter().filter(|w| w.page == 2 && w.text.starts_with('枫')).collect();
    second.sort_by(|a, b| a.top.total_cmp(&b.top));
    assert_eq!(second.len(), 22);
    assert!(second[0].top >= TOP - 1.5 && second[21].bottom <= BOTTOM + 1.5);
    for pair in second.windows(2) {
        near(pair[1].top - pair[0].top, 28.95 * MM, 0.05, "from line to line");
    }
}

#[test]
fn page_numbers_stand_at_the_outer_edge_one_character_in() {
    let words = words(&letter("\"文件\""));
    let last = words.iter().map(|word| word.page).max().unwrap();
    assert!(last >= 3);
    for page in 1..=last {
        let dashes: Vec<&Word> = words
            .iter()
            .filter(|w| w.page == page && w.text.contains('—') && w.top > BOTTOM)
            .collect();
        let (first, final_one) = (dashes[0], dashes[dashes.len() - 1]);
        let middle = (first.top + first.bottom) / 2.0;
        near(middle, BOTTOM + 7.0, 1.5, "the dash of a page number");
        if page % 2 == 1 {
            near(final_one.right, RIGHT - SMALL, 0.5, "page number on the right");
        } else {
            near(first.left, LEFT + SMALL, 0.5, "page number on the left");
        }
    }
}

#[test]
fn the_head_is_red_and_its_line_four_millimetres_below_the_number() {
    let pdf = letter("\"文件\"");
    let page = picture(&pdf, 1);
    let first = page.stretches(is_red)[0].0;
    near(first, TOP + 35.0, 2.0, "top of the name of the organ");
    let lines = page.lines(is_red);
    near(lines[0].1, LEFT, 0.3, "red line from");
    near(lines[0].2, RIGHT, 0.3, "red line to");
    let words = words(&pdf);
    let number = words.iter().find(|word| word.text.contains("〔2026〕")).unwrap();
    near((number.left + number.right) / 2.0, (LEFT + RIGHT) / 2.0, 0.5, "middle of the number");
    // The box of a line of text is one character high; its lower edge is where 4 mm begin.
    let middle = (number.top + number.bottom) / 2.0;
    near(lines[0].0 - middle - LARGE / 2.0, 4.0, 0.8, "red line below the number");
    let title = words.iter().find(|word| word.text == "行政执法监督意见书").unwrap();
    near((title.left + title.right) / 2.0, (LEFT + RIGHT) / 2.0, 0.5, "middle of the title");
    assert!(title.top > lines[0].0 + 2.0 * 16.0 * MM);
}

#[test]
fn a_letter_has_double_lines_and_no_number_on_its_first_page() {
    let pdf = letter("\"信函\"");
    let page = picture(&pdf, 1);
    near(page.stretches(is_red)[0].0, 30.0, 2.0, "top of the name of the organ");
    let lines = page.lines(is_red);
    let (above, below) = lines.split_at(lines.partition_point(|line| line.0 < 150.0));
    for line in [above[0], below[0]] {
        near(line.1, 20.0, 0.4, "double line from");
        near(line.2, 190.0, 0.4, "double line to");
    }
    near(below.last().unwrap().0, 277.0, 0.6, "the lower double line");
    let words = words(&pdf);
    let numbered = |page: usize| {
        words.iter().any(|w| w.page == page && w.text.contains('—') && w.top > BOTTOM)
    };
    assert!(!numbered(1) && numbered(2));
    let number = words.iter().find(|word| word.text.contains("〔2026〕")).unwrap();
    near(number.right, RIGHT, 0.3, "number at the right edge");
    assert!(number.top > above.last().unwrap().0);
}

#[test]
fn the_date_stands_four_characters_in_and_the_organ_above_its_middle() {
    let pdf = letter("\"文件\"");
    let words = words(&pdf);
    let last = words.iter().map(|word| word.page).max().unwrap();
    let dated: Vec<&Word> = words.iter().filter(|w| w.text.contains("2026年3月20日")).collect();
    let date = dated[0];
    near(date.right, RIGHT - 4.0 * LARGE, 0.6, "right of the date");
    let organ = words.iter().find(|w| w.text == "安和县司法局" && w.page == date.page).unwrap();
    near((organ.left + organ.right) / 2.0, (date.left + date.right) / 2.0, 0.5, "organ over date");
    near(date.top - organ.top, 28.95 * MM, 0.05, "from organ to date");
    // 版记: at the foot of the last page, between lines as wide as the text.
    let copies = words.iter().find(|word| word.text.starts_with("抄送：")).unwrap();
    assert_eq!(copies.page, last);
    near(copies.left, LEFT + SMALL, 0.5, "left of 抄送");
    let lines = picture(&pdf, last).lines(is_black);
    near(lines.last().unwrap().0, BOTTOM, 0.6, "the last line of 版记");
    near(lines[0].1, LEFT, 0.3, "line from");
    near(lines[0].2, RIGHT, 0.3, "line to");
    assert!(lines[0].0 < copies.top);
}
