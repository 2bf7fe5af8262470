//! A signature as it goes into a paper: black on nothing, cut to the strokes, whether it was drawn on
//! a screen or is a photograph of one on white paper.

use engine::problem::Problem;
use image::{
    DynamicImage, ImageFormat, ImageReader, Limits, Rgba, RgbaImage, imageops::FilterType,
};
use std::io::Cursor;

/// Longest side that is unpacked.
const LARGEST: u32 = 6_000;
/// Room of a signature on paper, in pixels.
const ROOM: (u32, u32) = (900, 300);
/// Paper in a photograph is not quite white.
const PAPER: u32 = 150;

/// The strokes of a picture, as PNG.
pub fn strokes(bytes: &[u8]) -> Result<Vec<u8>, Problem> {
    let picture = read(bytes).ok_or_else(|| {
        Problem::error("file_type", "签名要是完好的 PNG 或 JPG 图片，长和宽都不超过6000像素")
            .at("picture")
    })?;
    let drawn = inked(&picture.to_rgba8());
    let cut = cut(&drawn)
        .ok_or_else(|| Problem::error("empty", "没有看到笔迹，请签名以后再提交").at("picture"))?;
    let fitted = match cut.width() > ROOM.0 || cut.height() > ROOM.1 {
        true => DynamicImage::ImageRgba8(cut).resize(ROOM.0, ROOM.1, FilterType::Triangle),
        false => DynamicImage::ImageRgba8(cut),
    };
    let mut out = Cursor::new(Vec::new());
    fitted
        .write_to(&mut out, ImageFormat::Png)
        .map_err(|_| Problem::error("file_type", "签名图片没有处理成，请再签一次").at("picture"))?;
    Ok(out.into_inner())
}

fn read(bytes: &[u8]) -> Option<DynamicImage> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(LARGEST);
    limits.max_image_height = Some(LARGEST);
    limits.max_alloc = Some(256 * 1024 * 1024);
    reader.limits(limits);
    reader.decode().ok()
}

/// Dark becomes black, light becomes nothing.
fn inked(picture: &RgbaImage) -> RgbaImage {
    let mut out = RgbaImage::new(picture.width(), picture.height());
    for (pixel, to) in picture.pixels().zip(out.pixels_mut()) {
        let Rgba([r, g, b, alpha]) = *pixel;
        let light = (u32::from(r) * 299 + u32::from(g) * 587 + u32::from(b) * 114) / 1000;
        let dark = PAPER.saturating_sub(light) * 255 / PAPER;
        let ink = u8::try_from(dark * u32::from(alpha) / 255).unwrap_or(u8::MAX);
        *to = Rgba([0, 0, 0, ink]);
    }
    out
}

/// The part with strokes, with a little room; `None` if there are hardly any.
fn cut(drawn: &RgbaImage) -> Option<RgbaImage> {
    let strokes = drawn.enumerate_pixels().filter(|(_, _, pixel)| pixel.0[3] > 60);
    let (mut count, mut box_) = (0u32, (u32::MAX, u32::MAX, 0u32, 0u32));
    for (x, y, _) in strokes {
        count += 1;
        box_ = (box_.0.min(x), box_.1.min(y), box_.2.max(x), box_.3.max(y));
    }
    if count < 30 {
        return None;
    }
    let (left, top) = (box_.0.saturating_sub(4), box_.1.saturating_sub(4));
    let width = (box_.2 + 5).min(drawn.width()) - left;
    let height = (box_.3 + 5).min(drawn.height()) - top;
    Some(image::imageops::crop_imm(drawn, left, top, width, height).to_image())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn png(picture: RgbaImage) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        DynamicImage::ImageRgba8(picture).write_to(&mut out, ImageFormat::Png).unwrap();
        out.into_inner()
    }

    #[test]
    fn strokes_are_cut_out_and_the_paper_becomes_nothing() {
        let mut page = RgbaImage::from_pixel(400, 200, Rgba([235, 235, 230, 255]));
        for x in 100..160 {
            for y in 90..94 {
                page.put_pixel(x, y, Rgba([20, 20, 60, 255]));
            }
        }
        let cut = image::load_from_memory(&strokes(&png(page)).unwrap()).unwrap().to_rgba8();
        assert_eq!(cut.dimensions(), (68, 12));
        assert_eq!(cut.get_pixel(0, 0).0[3], 0);
        assert!(cut.get_pixel(30, 6).0[3] > 150);
    }

    #[test]
    fn an_empty_sheet_is_no_signature() {
        let white = RgbaImage::from_pixel(300, 100, Rgba([255, 255, 255, 255]));
        assert_eq!(strokes(&png(white)).unwrap_err().code, "empty");
        let clear = RgbaImage::new(300, 100);
        assert_eq!(strokes(&png(clear)).unwrap_err().code, "empty");
        assert_eq!(strokes(b"%PDF-1.7").unwrap_err().code, "file_type");
    }
}
