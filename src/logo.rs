//! The office's logo: a small picture beside its name in every mail. Staff upload it; mail software
//! fetches it from our own origin, so it is looked at twice: what it claims to be, and what it is.

use imagesize::{ImageType, blob_size, image_type};
use sea_orm::{ActiveValue::Set, DbErr, EntityTrait, sea_query::OnConflict};

use crate::{
    audit::{self, Action},
    db::Db,
    office_setting,
    picture_file::{self, Bounds},
    rendering::{self, TooBusy},
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
/// Bytes that decoding one may take: several times the largest.
const MOST_MEMORY: u64 = 64 * 1024 * 1024;
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
    /// Others are being looked at.
    #[error(transparent)]
    Busy(#[from] TooBusy),
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
        Ok(Self {
            file: picture_file::name_of(bytes, kind),
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
        // Its kind and its size first: only then is it worth decoding.
        Self::of(bytes)?;
        let bytes = rendering::in_turn(|| written_anew(bytes)).await??;
        let logo = Self::of(&bytes)?;
        let transaction = db.begin().await?;
        Entity::insert(ActiveModel {
            file: Set(logo.file.clone()),
            bytes: Set(bytes),
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

/// The picture alone, as [`picture_file`] writes it.
fn written_anew(bytes: &[u8]) -> Result<Vec<u8>, LogoError> {
    let bounds = Bounds {
        widest: LARGEST as u32,
        highest: LARGEST as u32,
        memory: MOST_MEMORY,
    };
    let decoded = picture_file::decode(bytes, &bounds).map_err(|_| LogoError::Damaged)?;
    decoded.on_white().encode().map_err(|_| LogoError::Damaged)
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
    let Some(kind) = picture_file::media_type(file) else {
        return Ok(None);
    };
    let logo = Entity::find_by_id(file.to_owned()).one(db.pool()).await?;
    Ok(logo.map(|logo| (kind, logo.bytes)))
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Cursor;

    use image::{DynamicImage, ImageFormat, RgbaImage};

    use super::*;

    /// A whole PNG of this size, black.
    pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
        written(&DynamicImage::new_luma8(width, height), ImageFormat::Png)
    }

    fn written(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        picture.write_to(&mut out, format).unwrap();
        out.into_inner()
    }

    fn read(bytes: &[u8]) -> DynamicImage {
        image::load_from_memory(bytes).unwrap()
    }

    #[test]
    fn e4_a_seal_that_lets_something_through_is_laid_on_white() {
        let pixels = [[10, 20, 30, 255], [10, 20, 30, 0], [0, 0, 0, 128]].concat();
        let seal = RgbaImage::from_raw(3, 1, pixels).unwrap();
        let flat = written_anew(&written(&seal.into(), ImageFormat::Png)).unwrap();
        let flat = read(&flat);
        assert_eq!(flat.color(), image::ColorType::Rgb8);
        assert_eq!(
            flat.to_rgb8().into_raw(),
            [10, 20, 30, 255, 255, 255, 127, 127, 127]
        );
        // What lets nothing through stays as it is, and grey stays grey.
        let grey = written_anew(&png(64, 64)).unwrap();
        assert_eq!(read(&grey).color(), image::ColorType::L8);
    }

    #[test]
    fn what_is_a_picture_and_a_script_at_once_is_a_picture_alone_afterwards() {
        let script = b"<script>alert(document.cookie)</script>";
        let mut chunk = (script.len() as u32 + 2).to_be_bytes().to_vec();
        chunk.extend(b"tEXtx\0");
        chunk.extend(script);
        let mut crc = flate2::Crc::new();
        crc.update(&chunk[4..]);
        chunk.extend(crc.sum().to_be_bytes());
        let mut comment = vec![0xff, 0xfe];
        comment.extend((script.len() as u16 + 2).to_be_bytes());
        comment.extend(script);
        let mut extension = vec![0x21, 0xfe, script.len() as u8];
        extension.extend(script);
        extension.push(0);
        let picture = DynamicImage::new_rgb8(64, 48);
        let within = |format, at: usize, piece: &[u8]| {
            let mut bytes = written(&picture, format);
            bytes.splice(at..at, piece.iter().copied());
            bytes
        };
        let gif = written(&picture, ImageFormat::Gif);
        let first_block = gif.windows(2).position(|two| two == [0x21, 0xf9]).unwrap();
        for hostile in [
            // Behind the first chunk, the first marker, before the first frame.
            within(ImageFormat::Png, 33, &chunk),
            within(ImageFormat::Jpeg, 2, &comment),
            within(ImageFormat::Gif, first_block, &extension),
        ] {
            let has_script = |bytes: &[u8]| bytes.windows(7).any(|part| part == b"<script");
            assert!(Logo::of(&hostile).is_ok() && has_script(&hostile));
            let anew = written_anew(&hostile).unwrap();
            assert!(!has_script(&anew));
            let logo = Logo::of(&anew).unwrap();
            assert_eq!((logo.width, logo.height), (64, 48));
        }
    }

    #[test]
    fn what_claims_to_be_a_picture_and_cannot_be_read_is_refused() {
        let mut empty = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x40\0\0\0\x40".to_vec();
        empty.extend(b"\x08\0\0\0\0\0\0\0\0\0\0\0\0IEND\xae\x42\x60\x82");
        let photograph = written(&DynamicImage::new_rgb8(64, 64), ImageFormat::Jpeg);
        for broken in [
            empty,
            b"GIF89a\x40\0\x40\0\0\0\0\x3b".to_vec(),
            photograph[..300].to_vec(),
        ] {
            let refused = written_anew(&broken);
            assert!(matches!(refused, Err(LogoError::Damaged)), "{refused:?}");
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
