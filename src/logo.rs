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
