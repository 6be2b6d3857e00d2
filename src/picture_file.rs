//! A file that claims to be a picture, decoded within bounds and written anew, so that nothing but the
//! picture is left of it. The logo and the pictures in a text are both made here.

use std::io::Cursor;

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use image::{
    DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, Rgb, RgbImage, Rgba, RgbaImage,
    codecs::{
        jpeg::JpegEncoder,
        png::{CompressionType, FilterType, PngEncoder},
    },
    imageops,
    metadata::Orientation,
};

/// How much a picture may ask of us.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// In pixels.
    pub widest: u32,
    /// In pixels.
    pub highest: u32,
    /// Bytes that decoding may take.
    pub memory: u64,
}

/// Why a picture is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The file ends before the picture does: decoders paint the rest grey.
    #[error("the picture's file is cut off")]
    CutOff,
    /// It cannot be read, or not within the bounds.
    #[error("the picture cannot be read")]
    Otherwise,
}

/// A picture, upright, of a moving one the first frame.
#[derive(Debug)]
pub struct Decoded {
    picture: DynamicImage,
    /// It came as JPEG, which loses what nobody sees.
    is_photograph: bool,
}

/// Reads a PNG, JPEG or GIF; its content decides which.
///
/// # Errors
/// [`Unreadable`]
pub fn decode(bytes: &[u8], bounds: &Bounds) -> Result<Decoded, Unreadable> {
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|_| Unreadable::Otherwise)?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(bounds.widest);
    limits.max_image_height = Some(bounds.highest);
    limits.max_alloc = Some(bounds.memory);
    reader.limits(limits);
    let is_photograph = reader.format() == Some(ImageFormat::Jpeg);
    if is_photograph && !is_whole_jpeg(bytes) {
        return Err(Unreadable::CutOff);
    }
    let mut decoder = reader.into_decoder().map_err(|_| Unreadable::Otherwise)?;
    // Not each format's reader asks for its own picture's memory.
    if decoder.total_bytes() > bounds.memory {
        return Err(Unreadable::Otherwise);
    }
    // A telephone writes down how it was held; mail software may not look.
    let held = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|_| Unreadable::Otherwise)?;
    picture.apply_orientation(held);
    Ok(Decoded {
        picture,
        is_photograph,
    })
}

/// Whether a JPEG comes to its end (ITU-T T.81 §B.1.1): an `EOI` that is no part of a segment, such as that of a
/// small picture in a camera's notes.
fn is_whole_jpeg(bytes: &[u8]) -> bool {
    let mut rest = bytes.get(2..).unwrap_or_default();
    loop {
        // What stands between two markers is the picture, in which no other octet follows 0xff than 0 (stuffed), one
        // that says to begin anew, or one more to fill up.
        let Some(at) = rest.windows(2).position(|pair| {
            pair[0] == 0xff && !matches!(pair[1], 0x00 | 0x01 | 0xd0..=0xd7 | 0xff)
        }) else {
            return false;
        };
        if rest[at + 1] == 0xd9 {
            return true;
        }
        let Some(&[high, low]) = rest.get(at + 2..at + 4) else {
            return false;
        };
        let segment = usize::from(u16::from_be_bytes([high, low]));
        match rest.get(at + 2 + segment.max(2)..) {
            Some(behind) => rest = behind,
            None => return false,
        }
    }
}

impl Decoded {
    /// In pixels.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        (self.picture.width(), self.picture.height())
    }

    /// No wider and no higher than this, in pixels, in its own proportions. A smaller one stays as it is.
    #[must_use]
    pub fn within(self, widest: u32, highest: u32) -> Self {
        let (width, height) = self.size();
        if width <= widest && height <= highest {
            return self;
        }
        // Coarsely and fast to twice the size, then finely: a fine filter on all pixels of a camera takes
        // a second and several times the picture's memory.
        let twice = (widest.saturating_mul(2), highest.saturating_mul(2));
        let picture = if width > twice.0 || height > twice.1 {
            self.picture.thumbnail(twice.0, twice.1)
        } else {
            self.picture
        };
        Self {
            picture: picture.resize(widest, highest, imageops::FilterType::CatmullRom),
            ..self
        }
    }

    /// What lets something through is laid on white: mail software that darkens a mail would show a dark
    /// seal on a dark ground.
    #[must_use]
    pub fn on_white(self) -> Self {
        let color = self.picture.color();
        let picture = if color.has_alpha() {
            DynamicImage::ImageRgb8(flat(&self.picture.to_rgba8()))
        } else if color.has_color() {
            DynamicImage::ImageRgb8(self.picture.into_rgb8())
        } else {
            DynamicImage::ImageLuma8(self.picture.into_luma8())
        };
        Self { picture, ..self }
    }

    /// As a file: a photograph as JPEG, all else as PNG.
    ///
    /// # Errors
    /// [`Unreadable`]
    pub fn encode(&self) -> Result<Vec<u8>, Unreadable> {
        if self.is_photograph {
            return self.encode_as_photograph();
        }
        let mut out = Vec::new();
        let best = (CompressionType::Best, FilterType::Adaptive);
        self.picture
            .write_with_encoder(PngEncoder::new_with_quality(&mut out, best.0, best.1))
            .map_err(|_| Unreadable::Otherwise)?;
        Ok(out)
    }

    /// As JPEG, whatever it came as.
    ///
    /// # Errors
    /// [`Unreadable`]
    pub fn encode_as_photograph(&self) -> Result<Vec<u8>, Unreadable> {
        let mut out = Vec::new();
        self.picture
            .write_with_encoder(JpegEncoder::new_with_quality(&mut out, 85))
            .map_err(|_| Unreadable::Otherwise)?;
        Ok(out)
    }
}

fn flat(picture: &RgbaImage) -> RgbImage {
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let Rgba([red, green, blue, alpha]) = *picture.get_pixel(x, y);
        let over_white = |channel: u8| {
            let (channel, alpha) = (u16::from(channel), u16::from(alpha));
            u8::try_from((channel * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX)
        };
        Rgb([red, green, blue].map(over_white))
    })
}

/// A name that says what the file holds, to the bit: other bytes have another, so every cache may keep it
/// for good. `ending` is `png`, `jpg` or `gif`.
#[must_use]
pub fn name_of(bytes: &[u8], ending: &str) -> String {
    let mark = digest(&SHA256, bytes);
    let mark = HEXLOWER.encode(mark.as_ref().get(..16).unwrap_or_default());
    format!("{mark}.{ending}")
}

/// The media type of a file that [`name_of`] has named.
#[must_use]
pub fn media_type(file: &str) -> Option<&'static str> {
    match file.rsplit('.').next() {
        Some("png") => Some("image/png"),
        Some("jpg") => Some("image/jpeg"),
        Some("gif") => Some("image/gif"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds {
        widest: 4_000,
        highest: 4_000,
        memory: 64 * 1024 * 1024,
    };

    fn written(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        picture.write_to(&mut out, format).unwrap();
        out.into_inner()
    }

    #[test]
    fn a_picture_of_a_camera_becomes_one_for_a_mail_in_its_own_proportions() {
        // A tenth of what cameras and mails have: the arithmetic is the same.
        for ((width, height), expected) in [
            ((300, 200), (120, 80)),
            ((150, 300), (120, 240)),
            ((100, 390), (62, 240)),
            ((64, 48), (64, 48)),
        ] {
            let photograph = written(&DynamicImage::new_rgb8(width, height), ImageFormat::Jpeg);
            let fitting = decode(&photograph, &BOUNDS).unwrap().within(120, 240);
            let again = decode(&fitting.on_white().encode().unwrap(), &BOUNDS).unwrap();
            assert_eq!(again.size(), expected, "{width} × {height}");
            assert!(again.is_photograph);
        }
    }

    #[test]
    fn a_photograph_whose_file_is_cut_off_is_not_taken() {
        let picture = DynamicImage::ImageRgb8(RgbImage::from_fn(200, 200, |x, y| {
            Rgb([(x * y % 251) as u8, (x % 256) as u8, (y % 256) as u8])
        }));
        let whole = written(&picture, ImageFormat::Jpeg);
        // A camera's notes with a small picture that is whole, and a film behind the picture.
        let mut noted = whole[..2].to_vec();
        noted.extend(b"\xff\xe1\x00\x08\xff\xd8\xff\xd9xx");
        noted.extend(&whole[2..]);
        let mut followed = noted.clone();
        followed.extend(b"ftypmp42");
        for file in [&whole, &noted, &followed] {
            assert!(decode(file, &BOUNDS).is_ok());
        }
        for file in [&whole, &noted] {
            for part in [2, 3] {
                let cut = &file[..file.len() * (part - 1) / part];
                assert_eq!(decode(cut, &BOUNDS).unwrap_err(), Unreadable::CutOff);
            }
            let cut = &file[..file.len() - 2];
            assert_eq!(decode(cut, &BOUNDS).unwrap_err(), Unreadable::CutOff);
        }
    }

    #[test]
    fn what_asks_for_more_than_it_may_is_not_read() {
        let picture = written(&DynamicImage::new_rgb8(900, 900), ImageFormat::Png);
        assert!(decode(&picture, &BOUNDS).is_ok());
        for bounds in [
            Bounds {
                widest: 899,
                ..BOUNDS
            },
            Bounds {
                highest: 899,
                ..BOUNDS
            },
            Bounds {
                memory: 900 * 900 * 3 - 1,
                ..BOUNDS
            },
        ] {
            assert!(decode(&picture, &bounds).is_err(), "{bounds:?}");
        }
        // A few bytes that claim to be a very large picture.
        let mut claims = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xff\xff\0\0\xff\xff".to_vec();
        claims.extend(b"\x08\x06\0\0\0\0\0\0\0\0\0\0\0IEND\xae\x42\x60\x82");
        assert!(decode(&claims, &BOUNDS).is_err());
    }
}
