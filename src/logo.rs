//! The office's logo: a small picture beside its name in every mail. Staff upload it; mail software
//! fetches it from our own origin, so it is looked at twice: what it claims to be, and what it is.

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use imagesize::{ImageType, blob_size, image_type};
use sea_orm::{ActiveValue::Set, DbErr, EntityTrait, sea_query::OnConflict};

use crate::{
    audit::{self, Action},
    db::Db,
    office_setting,
};

use table::{ActiveModel, Column, Entity};

/// The logo as mails name it. The picture itself stays in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logo {
    /// A mark of the bytes, and the kind: `0123….png`. A new picture has a new name, so that a
    /// mail shows for ever what it was sent with, and every cache may keep it.
    pub file: String,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
}

/// Bytes at most: it is fetched once per reader, often by telephone.
pub const MOST_BYTES: usize = 150_000;
const SMALLEST: usize = 32;
const LARGEST: usize = 2_000;

/// What is wrong with a picture, in words for who chose it.
#[derive(Debug, thiserror::Error)]
pub enum LogoError {
    /// Not a kind that all mail software shows.
    #[error("this is no PNG, JPEG or GIF picture, and mail software shows no other kind reliably")]
    Kind,
    /// Too many bytes.
    #[error("the picture has {} KB; at most {} KB may go out to every reader: make it smaller", .0 / 1000, MOST_BYTES / 1000)]
    Bytes(usize),
    /// Too small, too large or too long.
    #[error(
        "the picture measures {0} × {1} pixels; it must have {SMALLEST} to {LARGEST} each way, and be at most six times as wide as high: 112 × 112 does well"
    )]
    Size(usize, usize),
    /// Broken off, or with something behind it.
    #[error("the picture is damaged or holds more than a picture; save it anew and try again")]
    Damaged,
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbErr),
}

impl Logo {
    /// Checks a picture that somebody chose.
    ///
    /// # Errors
    /// [`LogoError`], with what to do instead.
    pub fn of(bytes: &[u8]) -> Result<Self, LogoError> {
        if bytes.len() > MOST_BYTES {
            return Err(LogoError::Bytes(bytes.len()));
        }
        // Told by its content: the name and the type that came with it are anybody's claim.
        let (kind, end): (_, &[u8]) = match image_type(bytes) {
            Ok(ImageType::Png) => ("png", b"\0\0\0\0IEND\xae\x42\x60\x82"),
            Ok(ImageType::Jpeg) => ("jpg", b"\xff\xd9"),
            Ok(ImageType::Gif) => ("gif", b"\x3b"),
            _ => return Err(LogoError::Kind),
        };
        if !bytes.ends_with(end) {
            return Err(LogoError::Damaged);
        }
        let size = blob_size(bytes).map_err(|_| LogoError::Damaged)?;
        let fits = |side| (SMALLEST..=LARGEST).contains(&side);
        if !fits(size.width) || !fits(size.height) || size.width > 6 * size.height {
            return Err(LogoError::Size(size.width, size.height));
        }
        let mark = digest(&SHA256, bytes);
        let mark = HEXLOWER.encode(mark.as_ref().get(..16).unwrap_or_default());
        Ok(Self {
            file: format!("{mark}.{kind}"),
            width: size.width as u32,
            height: size.height as u32,
        })
    }

    /// Where it stands below the public URL.
    #[must_use]
    pub fn path(&self) -> String {
        format!("/logo/{}", self.file)
    }

    /// As the office's settings keep it.
    fn to_setting(&self) -> String {
        format!("{} {} {}", self.file, self.width, self.height)
    }

    /// See [`Logo::to_setting`].
    #[must_use]
    pub fn from_setting(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        Some(Self {
            file: words.next()?.to_owned(),
            width: words.next()?.parse().ok()?,
            height: words.next()?.parse().ok()?,
        })
    }

    /// Checks a picture and makes it the office's logo.
    ///
    /// # Errors
    /// See [`Logo::of`].
    pub async fn set(db: &Db, by: &str, bytes: &[u8], now: i64) -> Result<Self, LogoError> {
        let flat = on_white(bytes);
        let bytes = flat.as_deref().unwrap_or(bytes);
        let logo = Self::of(bytes)?;
        let transaction = db.begin().await?;
        Entity::insert(ActiveModel {
            file: Set(logo.file.clone()),
            bytes: Set(bytes.to_vec()),
            added_at: Set(now),
        })
        .on_conflict(OnConflict::column(Column::File).do_nothing().to_owned())
        .exec_without_returning(&transaction)
        .await?;
        office_setting::store(&transaction, "logo", &logo.to_setting(), now).await?;
        let (object, file) = ("office/logo", &logo.file);
        audit::record(&transaction, now, by, Action::OfficeSet, object, file).await?;
        transaction.commit().await?;
        Ok(logo)
    }

    /// From now on mails carry the name alone; those that were sent keep their logo.
    pub async fn remove(db: &Db, by: &str, now: i64) -> Result<(), DbErr> {
        let transaction = db.begin().await?;
        office_setting::store(&transaction, "logo", "", now).await?;
        audit::record(&transaction, now, by, Action::OfficeSet, "office/logo", "").await?;
        transaction.commit().await
    }
}

/// A PNG that lets something through, laid on white: mail software that darkens a mail would show a dark
/// seal on a dark ground. None where it lets nothing through, or cannot be read, which is found out
/// elsewhere.
fn on_white(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    decoder.set_transformations(
        png::Transformations::normalize_to_color8() | png::Transformations::ALPHA,
    );
    let mut reader = decoder.read_info().ok()?;
    let info = reader.info();
    let lets_through = info.color_type == png::ColorType::GrayscaleAlpha
        || info.color_type == png::ColorType::Rgba
        || info.trns.is_some();
    let fits = |side: u32| (side as usize) <= LARGEST;
    if !lets_through || !fits(info.width) || !fits(info.height) {
        return None;
    }
    let (width, height) = (info.width, info.height);
    let mut pixels = vec![0; reader.output_buffer_size()?];
    let frame = reader.next_frame(&mut pixels).ok()?;
    let channels = frame.color_type.samples();
    let mut flat = Vec::with_capacity((width * height * 3) as usize);
    for pixel in pixels.get(..frame.buffer_size())?.chunks_exact(channels) {
        let (alpha, colour) = pixel.split_last()?;
        let over_white = |channel: u8| {
            let (channel, alpha) = (u16::from(channel), u16::from(*alpha));
            u8::try_from((channel * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX)
        };
        match colour {
            [grey] => flat.extend([over_white(*grey); 3]),
            colour => flat.extend(colour.iter().map(|channel| over_white(*channel))),
        }
    }
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(&flat).ok()?;
    writer.finish().ok()?;
    Some(out)
}

/// The table `logo`: every logo that was ever set, because the mails of last year still show theirs.
mod table {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "logo")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub file: String,
        pub bytes: Vec<u8>,
        pub added_at: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A picture that is or was the logo, with its media type.
pub async fn picture(db: &Db, file: &str) -> Result<Option<(&'static str, Vec<u8>)>, DbErr> {
    let kind = match file.rsplit('.').next() {
        Some("png") => "image/png",
        Some("jpg") => "image/jpeg",
        Some("gif") => "image/gif",
        _ => return Ok(None),
    };
    let logo = Entity::find_by_id(file.to_owned()).one(db.pool()).await?;
    Ok(logo.map(|logo| (kind, logo.bytes)))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The smallest whole PNG of this size, black and empty: nobody but its reader looks inside.
    pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        png.extend(width.to_be_bytes());
        png.extend(height.to_be_bytes());
        png.extend(b"\x08\0\0\0\0\0\0\0\0\0\0\0\0IEND\xae\x42\x60\x82");
        png
    }

    /// A PNG of these pixels.
    fn painted(colour: png::ColorType, width: u32, pixels: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let height = pixels.len() / colour.samples() / width as usize;
        let mut encoder = png::Encoder::new(&mut out, width, height as u32);
        encoder.set_color(colour);
        encoder
            .write_header()
            .unwrap()
            .write_image_data(pixels)
            .unwrap();
        out
    }

    #[test]
    fn e4_a_seal_that_lets_something_through_is_laid_on_white() {
        let pixels = [[10, 20, 30, 255], [10, 20, 30, 0], [0, 0, 0, 128]].concat();
        let flat = on_white(&painted(png::ColorType::Rgba, 3, &pixels)).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(&flat[..]))
            .read_info()
            .unwrap();
        assert_eq!(reader.info().color_type, png::ColorType::Rgb);
        let mut read = vec![0; 9];
        reader.next_frame(&mut read).unwrap();
        assert_eq!(read, [10, 20, 30, 255, 255, 255, 127, 127, 127]);
        assert!(on_white(&painted(png::ColorType::GrayscaleAlpha, 1, &[7, 0])).is_some());
        assert_eq!(on_white(&painted(png::ColorType::Rgb, 1, &[1, 2, 3])), None);
        for broken in [&b"\x89PNG\r\n\x1a\n"[..], b"GIF89a", &png(64, 64)] {
            assert_eq!(on_white(broken), None);
        }
    }

    #[test]
    fn e6_only_a_whole_picture_of_fitting_size_is_a_seal() {
        let logo = Logo::of(&png(112, 56)).unwrap();
        assert_eq!((logo.width, logo.height), (112, 56));
        assert_eq!(Logo::from_setting(&logo.to_setting()), Some(logo.clone()));
        assert_eq!(logo.path().len(), "/logo/.png".len() + 32);
        for (bytes, says) in [
            (b"<svg xmlns='x'/>".to_vec(), "no PNG, JPEG or GIF"),
            (b"MZ".to_vec(), "no PNG, JPEG or GIF"),
            (png(8, 8), "8 × 8"),
            (png(2_001, 500), "2001 × 500"),
            (png(700, 100), "six times"),
            (
                [png(64, 64), b"<script>".to_vec()].concat(),
                "more than a picture",
            ),
            (png(64, 64)[..40].to_vec(), "damaged"),
            (b"GIF89a\x40\0\x40\0\0\0\0".to_vec(), "damaged"),
            (
                [png(64, 64), vec![0; MOST_BYTES]].concat(),
                "at most 150 KB",
            ),
        ] {
            let why = Logo::of(&bytes).unwrap_err().to_string();
            assert!(why.contains(says), "{why} does not say {says}");
        }
    }
}
