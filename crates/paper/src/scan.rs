//! What was signed on paper comes back as a scan: its pages are looked at for the QR codes that the
//! press printed.

use std::io::Cursor;
use std::sync::Arc;

use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_syntax::{Pdf, page::Page};
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{RenderCache, RenderSettings, render};
use image::{DynamicImage, GrayImage, ImageDecoder, ImageReader, Limits, imageops::FilterType};

use crate::{PaperError, bind::MOST_PAGES};

/// Pixels across a page that a code of 18 mm is read at: about 200 to the inch.
const WIDTH: u32 = 1_700;
/// Nothing is unpacked beyond this.
const MOST_MEMORY: u64 = 256 * 1024 * 1024;

/// The texts of the QR codes on each page of a PDF or picture.
///
/// # Errors
/// [`PaperError::Part`] where the file cannot be read at all.
pub fn codes(bytes: &[u8]) -> Result<Vec<Vec<String>>, PaperError> {
    let unread = || PaperError::Part(1, String::new());
    if !bytes.starts_with(b"%PDF-") {
        return Ok(vec![on_picture(&picture(bytes).ok_or_else(unread)?)]);
    }
    let pdf = Pdf::new(Arc::new(bytes.to_vec())).map_err(|_| unread())?;
    let pages = pdf.pages();
    if pages.is_empty() || pages.len() > MOST_PAGES {
        return Err(unread());
    }
    let cache = RenderCache::new();
    Ok(pages.iter().map(|page| on_page(page, &cache)).collect())
}

fn picture(bytes: &[u8]) -> Option<DynamicImage> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().ok()?;
    let turned = decoder.orientation().ok()?;
    let mut picture = DynamicImage::from_decoder(decoder).ok()?;
    picture.apply_orientation(turned);
    Some(picture)
}

/// A photograph has more pixels than a code needs, and they blur into each other when fewer: both
/// the whole and a smaller one are tried.
fn on_picture(picture: &DynamicImage) -> Vec<String> {
    let across = picture.width().min(picture.height());
    let whole = picture.to_luma8();
    let sizes = [WIDTH, across, 2 * WIDTH, WIDTH * 2 / 3];
    for size in sizes.into_iter().filter(|size| *size <= across.max(WIDTH)) {
        let found = match size == across {
            true => read(whole.clone()),
            false => {
                let scale = |side: u32| {
                    (u64::from(side) * u64::from(size) / u64::from(across.max(1))) as u32
                };
                let (width, height) =
                    (scale(picture.width()).max(1), scale(picture.height()).max(1));
                read(image::imageops::resize(&whole, width, height, FilterType::Triangle))
            }
        };
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

fn on_page<'a>(page: &'a Page<'a>, cache: &RenderCache<'a>) -> Vec<String> {
    let (width, height) = page.render_dimensions();
    let across = width.min(height).max(1.0);
    for size in [WIDTH, WIDTH * 3 / 2] {
        // A strip a kilometre long is no page.
        let scale = (size as f32 / across).min(16_000.0 / height.max(width).max(1.0));
        let settings = RenderSettings {
            x_scale: scale,
            y_scale: scale,
            bg_color: WHITE,
            ..RenderSettings::default()
        };
        let drawn = render(page, cache, &InterpreterSettings::default(), &settings);
        let (wide, high) = (u32::from(drawn.width()), u32::from(drawn.height()));
        let gray = drawn.data().iter().map(|pixel| {
            let sum =
                u32::from(pixel.r) * 299 + u32::from(pixel.g) * 587 + u32::from(pixel.b) * 114;
            u8::try_from(sum / 1000).unwrap_or(u8::MAX)
        });
        let found = GrayImage::from_raw(wide, high, gray.collect()).map(read).unwrap_or_default();
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

fn read(gray: GrayImage) -> Vec<String> {
    let (width, height) = gray.dimensions();
    let at = |x: usize, y: usize| gray.as_raw()[y * width as usize + x];
    let mut prepared =
        rqrr::PreparedImage::prepare_from_greyscale(width as usize, height as usize, at);
    let grids = prepared.detect_grids();
    grids.iter().filter_map(|grid| grid.decode().ok()).map(|(_, text)| text).collect()
}
