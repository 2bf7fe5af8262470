//! Files bound into one, codes read back from what was printed, lines for signatures.

use std::io::Cursor;
use std::sync::Arc;

use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_syntax::Pdf;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{RenderCache, RenderSettings, render};
use image::{DynamicImage, ImageFormat, RgbaImage};
use paper::{PaperError, Part, codes, page_count};

use crate::house::{PRINTED_AT, paper, press, print};

const CODE: &str = "FQ2:0199C3A49D437E779F207B3C4D5E7007:8CA2E3AB";

fn agreement() -> Vec<u8> {
    let paper = paper("mediation/documents/agreement.typ");
    let mut data = paper.sample.clone();
    data["verify"] = CODE.into();
    print(&paper, &data).pdf
}

fn part(bytes: &[u8]) -> Part<'_> {
    Part { name: "一件", bytes, numbered: true, pages: None }
}

/// A page as a scanner at so many dots an inch sees it.
fn scanned(pdf: &[u8], dots: f32, turned: bool) -> Vec<u8> {
    let pdf = Pdf::new(Arc::new(pdf.to_vec())).unwrap();
    let cache = RenderCache::new();
    let settings = RenderSettings {
        x_scale: dots / 72.0,
        y_scale: dots / 72.0,
        bg_color: WHITE,
        ..RenderSettings::default()
    };
    let page = pdf.pages().first().unwrap();
    let drawn = render(page, &cache, &InterpreterSettings::default(), &settings);
    let (width, height) = (u32::from(drawn.width()), u32::from(drawn.height()));
    let bytes = drawn.data().iter().flat_map(|p| [p.r, p.g, p.b, 255]).collect();
    let mut page = DynamicImage::ImageRgba8(RgbaImage::from_raw(width, height, bytes).unwrap());
    if turned {
        page = page.rotate180();
    }
    let mut out = Cursor::new(Vec::new());
    page.to_luma8().write_to(&mut out, ImageFormat::Jpeg).unwrap();
    out.into_inner()
}

#[test]
fn every_page_of_a_printed_paper_says_its_code() {
    let pdf = agreement();
    let found = codes(&pdf).unwrap();
    assert_eq!(Some(found.len()), page_count(&pdf));
    assert!(found.iter().all(|page| page == &[CODE]), "{found:?}");
}

#[test]
fn a_scan_says_its_code_at_150_dots_and_upside_down() {
    let pdf = agreement();
    assert_eq!(codes(&scanned(&pdf, 150.0, false)).unwrap(), [[CODE]]);
    assert_eq!(codes(&scanned(&pdf, 300.0, true)).unwrap(), [[CODE]]);
}

#[test]
fn papers_scans_and_photographs_become_one_file() {
    let pdf = agreement();
    let pages = page_count(&pdf).unwrap();
    let photo = scanned(&pdf, 60.0, false);
    let bound = press().bind("卷宗", &[part(&pdf), part(&photo)], PRINTED_AT).unwrap();
    assert_eq!(bound.pages, pages + 1);
    assert_eq!(page_count(&bound.pdf), Some(pages + 1));
    let one = Part { pages: Some((1, 2)), ..part(&pdf) };
    assert_eq!(press().bind("卷宗", &[one], PRINTED_AT).unwrap().pages, 1);
    let again = press().bind("卷宗", &[part(&pdf), part(&photo)], PRINTED_AT).unwrap();
    assert_eq!(bound, again);
}

#[test]
fn what_cannot_be_read_is_named_and_nothing_is_bound() {
    let pdf = agreement();
    let torn = Part { name: "欠条", ..part(&pdf[..pdf.len() / 20]) };
    let wrong = press().bind("卷宗", &[part(&pdf), torn], PRINTED_AT).unwrap_err();
    assert_eq!(wrong, PaperError::Part(2, "欠条".to_owned()));
    assert_eq!(press().bind("卷宗", &[], PRINTED_AT).unwrap_err(), PaperError::Pages(2_000));
    assert!(codes(b"no picture at all").is_err());
}

#[test]
fn a_paper_says_who_signs_it() {
    let paper = paper("mediation/documents/agreement.typ");
    let printed = print(&paper, &paper.sample);
    let expected = ["申请人", "被申请人1", "被申请人2", "人民调解员（签名）", "记录人（签名）"];
    assert_eq!(printed.signers, expected);
}
