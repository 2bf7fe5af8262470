//! Photographs made to fit: a clerk sends what the telephone took, the archive wants a small one.

use engine::{kind::Photo, problem::Problem};
use image::{
    DynamicImage, ImageFormat, ImageReader, Limits, codecs::jpeg::JpegEncoder, imageops::FilterType,
};
use std::io::Cursor;

/// A picture may claim any size in a few bytes; no more than this is ever unpacked.
const MOST_PIXELS: u32 = 12_000;
const MOST_MEMORY: u64 = 256 * 1024 * 1024;
/// From what nobody sees to what is still a face.
const QUALITIES: [u8; 7] = [90, 80, 70, 60, 50, 40, 30];

/// The picture as a JPEG that fits into `room`, as it is if it does already.
pub fn fit(bytes: &[u8], room: Photo) -> Result<Vec<u8>, Problem> {
    let format = image::guess_format(bytes).ok();
    if !matches!(format, Some(ImageFormat::Jpeg | ImageFormat::Png)) {
        return Err(Problem::error("photo_type", "照片只收 JPG 和 PNG，请重新选择"));
    }
    let picture = read(bytes)?;
    let fits = picture.width() <= room.width && picture.height() <= room.height;
    if fits && format == Some(ImageFormat::Jpeg) && bytes.len() <= room.bytes {
        return Ok(bytes.to_vec());
    }
    let small =
        if fits { picture } else { picture.resize(room.width, room.height, FilterType::Lanczos3) };
    let small = on_white(&small);
    let written = QUALITIES.iter().filter_map(|quality| write(&small, *quality));
    written.into_iter().find(|written| written.len() <= room.bytes).ok_or_else(|| {
        let most = room.bytes / 1024;
        Problem::error("photo_large", format!("照片缩小以后仍超过{most}KB，请换一张照片"))
    })
}

/// The name of the picture that was written.
pub fn named(name: &str) -> String {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    format!("{stem}.jpg")
}

fn read(bytes: &[u8]) -> Result<DynamicImage, Problem> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MOST_PIXELS);
    limits.max_image_height = Some(MOST_PIXELS);
    limits.max_alloc = Some(MOST_MEMORY);
    let broken = || Problem::error("photo_broken", "照片打不开或者太大，请换一张照片");
    let mut reader =
        ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|_| broken())?;
    reader.limits(limits);
    reader.decode().map_err(|_| broken())
}

/// JPEG knows no transparency: what shines through is paper.
fn on_white(picture: &DynamicImage) -> DynamicImage {
    let mut paper = picture.to_rgba8();
    for pixel in paper.pixels_mut() {
        let [red, green, blue, alpha] = pixel.0;
        let over = |c: u8| {
            ((u32::from(c) * u32::from(alpha) + 255 * (255 - u32::from(alpha))) / 255) as u8
        };
        pixel.0 = [over(red), over(green), over(blue), 255];
    }
    DynamicImage::ImageRgb8(DynamicImage::ImageRgba8(paper).to_rgb8())
}

fn write(picture: &DynamicImage, quality: u8) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    picture.write_with_encoder(JpegEncoder::new_with_quality(&mut out, quality)).ok()?;
    Some(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use image::RgbaImage;

    const ROOM: Photo = Photo { width: 295, height: 413, bytes: 100 * 1024 };

    /// Noise, which no compression makes small.
    fn noise(width: u32, height: u32) -> DynamicImage {
        let mut state = 88_172_645_463_325_252_u64;
        let mut byte = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as u8
        };
        DynamicImage::ImageRgba8(RgbaImage::from_fn(width, height, |_, _| {
            image::Rgba([byte(), byte(), byte(), 255])
        }))
    }

    fn png(picture: &DynamicImage) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        picture.write_to(&mut out, ImageFormat::Png).unwrap();
        out.into_inner()
    }

    #[test]
    fn a_photograph_of_five_megabytes_is_made_to_fit() {
        let given = png(&noise(1_100, 1_540));
        assert!(given.len() > 5 * 1024 * 1024);
        let fitted = fit(&given, ROOM).unwrap();
        let picture = image::load_from_memory_with_format(&fitted, ImageFormat::Jpeg).unwrap();
        assert!(fitted.len() <= ROOM.bytes);
        assert_eq!((picture.width(), picture.height()), (295, 413));
    }

    #[test]
    fn what_fits_is_kept_as_it_is() {
        let small = write(&noise(100, 140), 60).unwrap();
        assert_eq!(fit(&small, ROOM).unwrap(), small);
    }

    #[test]
    fn what_cannot_be_made_to_fit_is_refused() {
        let tight = Photo { bytes: 1024, ..ROOM };
        assert_eq!(fit(&png(&noise(295, 413)), tight).unwrap_err().code, "photo_large");
    }

    #[test]
    fn what_is_no_picture_or_claims_to_be_vast_is_refused() {
        assert_eq!(fit(b"%PDF-1.7", ROOM).unwrap_err().code, "photo_type");
        let mut vast = png(&noise(2, 2));
        vast[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
        assert_eq!(fit(&vast, ROOM).unwrap_err().code, "photo_broken");
    }
}
