//! The QR code, as one SVG path: sharp at any size, and a few kilobytes.

use std::io::Cursor;

use image::{GrayImage, ImageFormat, Luma};
use qrcode::{Color, EcLevel, QrCode};

use crate::PaperError;

/// Blank modules around the code; ISO/IEC 18004 asks for four.
const QUIET: usize = 4;

/// The QR code of a text. Level M survives a fold or a stamp's edge across 15 % of it.
pub fn svg(content: &str) -> Result<String, PaperError> {
    let code = QrCode::with_error_correction_level(content, EcLevel::M)
        .map_err(|_| PaperError::QrTooLong)?;
    let width = code.width();
    let side = width + 2 * QUIET;
    let colors = code.to_colors();
    let path: String =
        colors.chunks(width).enumerate().map(|(row, line)| row_path(row, line)).collect();
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" \
         shape-rendering=\"crispEdges\"><path d=\"{path}\"/></svg>"
    ))
}

/// The same code as a PNG, eight pixels to a module: what Word shows, too.
pub fn png(content: &str) -> Result<Vec<u8>, PaperError> {
    const SCALE: usize = 8;
    let code = QrCode::with_error_correction_level(content, EcLevel::M)
        .map_err(|_| PaperError::QrTooLong)?;
    let width = code.width();
    let side = (width + 2 * QUIET) * SCALE;
    let colors = code.to_colors();
    let dark = |x: usize, y: usize| {
        let (x, y) = ((x / SCALE).checked_sub(QUIET)?, (y / SCALE).checked_sub(QUIET)?);
        (x < width && y < width).then(|| colors[y * width + x] == Color::Dark)
    };
    let side = u32::try_from(side).map_err(|_| PaperError::QrTooLong)?;
    let picture = GrayImage::from_fn(side, side, |x, y| {
        Luma([if dark(x as usize, y as usize) == Some(true) { 0 } else { 255 }])
    });
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).map_err(|_| PaperError::QrTooLong)?;
    Ok(bytes.into_inner())
}

/// One rectangle for each run of dark modules: adjoining squares would show hairlines on screen.
fn row_path(row: usize, line: &[Color]) -> String {
    let mut path = String::new();
    let mut column = 0;
    for run in line.chunk_by(|a, b| a == b) {
        if run[0] == Color::Dark {
            let (x, y, n) = (column + QUIET, row + QUIET, run.len());
            path.push_str(&format!("M{x} {y}h{n}v1h-{n}z"));
        }
        column += run.len();
    }
    path
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn draws_the_finder_pattern_inside_a_quiet_zone() {
        let drawn = svg("FQ1:mediation_case:01JB8Q3V7W2M5K9D4T6X1Y0Z3A:7f3c91d2").unwrap();
        assert!(drawn.contains("M4 4h7v1h-7z"), "{drawn}");
    }

    #[test]
    fn too_long_a_text_is_refused() {
        assert_eq!(svg(&"枫".repeat(3000)), Err(PaperError::QrTooLong));
    }
}
