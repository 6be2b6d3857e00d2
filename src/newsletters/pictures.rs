//! Pictures that staff put into a text: uploaded, or taken along when a text is pasted. Each is decoded
//! within bounds, made as large as a mail shows it, written anew and kept in the database, so that a
//! backup has it too; mails and the archive show it from our own origin.

use std::{
    collections::{BTreeSet, HashMap},
    time::{Duration, Instant},
};

use gazette_templates::document::Document;
use imagesize::{ImageType, blob_size, image_type};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DbErr, DerivePartialModel, EntityTrait, PaginatorTrait,
    QueryFilter, sea_query::OnConflict,
};
use url::Url;

use super::Result;
use crate::{
    app::App,
    audit::{self, Action},
    clock::DAY,
    picture_file::{self, Bounds, Unreadable},
    releases::{self, fetch::Fetcher},
    rendering::{self, TooBusy},
};

use table::{ActiveModel, Column, Entity};

/// Bytes of a file that may be uploaded: what a telephone makes fits.
pub const MOST_PICTURE_BYTES: usize = 10_000_000;
/// Pixels each way.
const LARGEST: u32 = 12_000;
const SMALLEST: u32 = 16;
/// Pixels in all, as a telephone has them.
const MOST_PIXELS: usize = 25_000_000;
/// Bytes that decoding one may take: four for each pixel, and some.
const MOST_MEMORY: u64 = 128 * 1024 * 1024;
/// Twice the width of a mail, for screens with small pixels.
const WIDEST: u32 = 1_200;
const HIGHEST: u32 = 2_400;
/// A drawing that needs more bytes than this goes out as a photograph: every reader fetches it.
const MOST_PNG_BYTES: usize = 400_000;
/// What may be added within a day, by everybody.
const MOST_PICTURES_A_DAY: u64 = 300;
/// Of one paste.
const MOST_FETCHED: usize = 20;
const FETCH_TIMEOUT: Duration = Duration::from_secs(8);
/// A request is answered within thirty seconds.
const PASTE_TIMEOUT: Duration = Duration::from_secs(18);

/// What is wrong with a picture, in words for who chose it.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// Not a kind that all mail software shows.
    #[error(
        "this is no PNG, JPEG or GIF picture, and mail software shows no other kind reliably: save it as JPEG and try again"
    )]
    Kind,
    /// Too many bytes.
    #[error("the file has more than {} MB: make the picture smaller and try again", MOST_PICTURE_BYTES / 1_000_000)]
    Bytes,
    /// Too small or too large.
    #[error(
        "the picture measures {width} × {height} pixels; it must have at least {SMALLEST} each way and at most {} million in all",
        MOST_PIXELS / 1_000_000
    )]
    Size {
        /// In pixels.
        width: usize,
        /// In pixels.
        height: usize,
    },
    /// Broken off.
    #[error("the picture's file is cut off: copy or download it once more, then try again")]
    CutOff,
    /// It cannot be read.
    #[error("the picture is damaged: save it anew and try again")]
    Damaged,
    /// The day's budget is used up.
    #[error(
        "too many pictures were added within a day: try again tomorrow, or put this one on your website and write its address into the text"
    )]
    TooMany,
    /// Others are being looked at.
    #[error(transparent)]
    Busy(#[from] TooBusy),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// A picture that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// A mark of its bytes, and the kind: `0123….jpg`.
    pub file: String,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
}

impl Picture {
    /// Where it stands below the public URL.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{FOLDER}{}", self.file)
    }
}

/// Where pictures stand below the public URL.
pub(super) const FOLDER: &str = "/pictures/";

/// The table `picture`: what was sent with a mail is shown for as long as somebody keeps the mail.
pub(super) mod table {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "picture")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub file: String,
        pub bytes: Vec<u8>,
        pub width: i64,
        pub height: i64,
        pub added_at: i64,
        /// When it was found in a text last.
        pub found_at: Option<i64>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

#[derive(Debug, DerivePartialModel)]
#[sea_orm(entity = "Entity")]
struct PictureSize {
    file: String,
    width: i64,
    height: i64,
}

/// Checks a picture, makes it fit for a mail and keeps it. The same picture again is the same one.
///
/// # Errors
/// [`PictureError`], with what to do instead.
pub async fn add_picture(
    app: &App,
    by: &str,
    bytes: &[u8],
) -> std::result::Result<Picture, PictureError> {
    // Its kind and its size first: only then is it worth decoding.
    check(bytes)?;
    let (picture, bytes) = rendering::in_turn(|| fit_for_mail(bytes)).await??;
    let now = app.clock.now_ms();
    let transaction = app.db.begin().await?;
    // picture_added
    let today = Entity::find()
        .filter(Column::AddedAt.gt(now - DAY))
        .count(&transaction)
        .await?;
    if today >= MOST_PICTURES_A_DAY {
        return Err(PictureError::TooMany);
    }
    let row = ActiveModel {
        file: Set(picture.file.clone()),
        bytes: Set(bytes),
        width: Set(i64::from(picture.width)),
        height: Set(i64::from(picture.height)),
        added_at: Set(now),
        ..Default::default()
    };
    // The same one again is as young as a new one: it is not taken for unused.
    let again = OnConflict::column(Column::File)
        .update_column(Column::AddedAt)
        .to_owned();
    Entity::insert(row)
        .on_conflict(again)
        .exec_without_returning(&transaction)
        .await?;
    let object = format!("picture/{}", picture.file);
    audit::record(&transaction, now, by, Action::PictureAdd, object, "").await?;
    transaction.commit().await?;
    Ok(picture)
}

fn check(bytes: &[u8]) -> std::result::Result<(), PictureError> {
    if bytes.len() > MOST_PICTURE_BYTES {
        return Err(PictureError::Bytes);
    }
    // Told by its content: the name and the type that came with it are anybody's claim.
    if !matches!(
        image_type(bytes),
        Ok(ImageType::Png | ImageType::Jpeg | ImageType::Gif)
    ) {
        return Err(PictureError::Kind);
    }
    let size = blob_size(bytes).map_err(|_| PictureError::Damaged)?;
    let fits = |side| (SMALLEST as usize..=LARGEST as usize).contains(&side);
    if !fits(size.width) || !fits(size.height) || size.width * size.height > MOST_PIXELS {
        return Err(PictureError::Size {
            width: size.width,
            height: size.height,
        });
    }
    Ok(())
}

/// As a mail shows it, and the bytes of its file.
fn fit_for_mail(bytes: &[u8]) -> std::result::Result<(Picture, Vec<u8>), PictureError> {
    let bounds = Bounds {
        widest: LARGEST,
        highest: LARGEST,
        memory: MOST_MEMORY,
    };
    let damaged = |why| match why {
        Unreadable::CutOff => PictureError::CutOff,
        Unreadable::Otherwise => PictureError::Damaged,
    };
    let picture = picture_file::decode(bytes, &bounds)
        .map_err(damaged)?
        .within(WIDEST, HIGHEST)
        .on_white();
    let mut file = picture.encode().map_err(damaged)?;
    if file.starts_with(b"\x89PNG") && file.len() > MOST_PNG_BYTES {
        file = picture.encode_as_photograph().map_err(damaged)?;
    }
    let ending = if file.starts_with(b"\x89PNG") {
        "png"
    } else {
        "jpg"
    };
    let (width, height) = picture.size();
    let picture = Picture {
        file: picture_file::name_of(&file, ending),
        width,
        height,
    };
    Ok((picture, file))
}

/// A picture that is kept, with its media type.
///
/// # Errors
/// The database failed.
pub async fn kept_picture(app: &App, file: &str) -> Result<Option<(&'static str, Vec<u8>)>> {
    // Only what could be a name of ours is asked for: a database may refuse what else stands in an address.
    let is_name = file.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.');
    let Some(kind) = picture_file::media_type(file).filter(|_| is_name) else {
        return Ok(None);
    };
    let kept = Entity::find_by_id(file.to_owned())
        .one(app.db.pool())
        .await?;
    Ok(kept.map(|picture| (kind, picture.bytes)))
}

/// Gives our own pictures in a text the sizes that we know: a mail without them jumps while it loads, and
/// none of ours need be fetched to be measured.
///
/// # Errors
/// The database failed.
pub async fn size_pictures(app: &App, document: &mut Document) -> Result<()> {
    let mut files = BTreeSet::new();
    document.each_figure(&mut |figure| files.extend(file_of(app, &figure.src)));
    if files.is_empty() {
        return Ok(());
    }
    let known: Vec<PictureSize> = Entity::find()
        .filter(Column::File.is_in(files))
        .into_partial_model()
        .all(app.db.pool())
        .await?;
    let known: HashMap<String, PictureSize> = known
        .into_iter()
        .map(|picture| (picture.file.clone(), picture))
        .collect();
    document.each_figure(&mut |figure| {
        let size = file_of(app, &figure.src).and_then(|file| known.get(&file));
        if let Some(size) = size {
            figure.width = u32::try_from(size.width).ok();
            figure.height = u32::try_from(size.height).ok();
        }
    });
    Ok(())
}

/// The name of the file, where the address is one of ours.
fn file_of(app: &App, src: &Url) -> Option<String> {
    let ours = app.settings.public_url.link(FOLDER);
    src.as_str().strip_prefix(&ours).map(str::to_owned)
}

/// Takes the pictures of a pasted text along that stand elsewhere: what a word processor in the browser
/// names is gone after some hours. Those on the sites that the office's releases come from stay there.
/// Gives the names of those that could not be taken; they stay in the text with their address.
///
/// # Errors
/// The database failed.
pub async fn take_pictures_along(
    app: &App,
    by: &str,
    document: &mut Document,
) -> Result<Vec<String>> {
    let mut wanted: Vec<(Url, String)> = Vec::new();
    let sites: BTreeSet<String> = releases::list_sources(app)
        .await?
        .iter()
        .filter_map(|source| Url::parse(&source.url).ok()?.host_str().map(str::to_owned))
        .collect();
    document.each_figure(&mut |figure| {
        let is_the_offices = figure
            .src
            .host_str()
            .is_some_and(|host| sites.contains(host));
        let is_known = wanted.iter().any(|(src, _)| *src == figure.src);
        if !is_the_offices && !is_known && file_of(app, &figure.src).is_none() {
            wanted.push((figure.src.clone(), figure.alt.clone()));
        }
    });
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let fetcher = Fetcher::new(app)
        .await
        .map_err(|error| super::NewsletterError::Wrong(error.to_string()))?;
    let late = Instant::now() + PASTE_TIMEOUT;
    let mut taken: HashMap<Url, Url> = HashMap::new();
    let mut left: Vec<String> = Vec::new();
    for (at, (src, alt)) in wanted.into_iter().enumerate() {
        let patience = FETCH_TIMEOUT.min(late.saturating_duration_since(Instant::now()));
        let bytes = if at < MOST_FETCHED && !patience.is_zero() {
            fetcher
                .picture(&src, MOST_PICTURE_BYTES, patience)
                .await
                .ok()
        } else {
            None
        };
        let kept = match bytes {
            Some(bytes) => match add_picture(app, by, &bytes).await {
                Ok(picture) => Url::parse(&app.settings.public_url.link(&picture.path())).ok(),
                Err(PictureError::Db(error)) => return Err(error.into()),
                Err(_) => None,
            },
            None => None,
        };
        if let Some(ours) = kept {
            taken.insert(src, ours);
        } else if alt.trim().is_empty() {
            left.push(format!(
                "one on {}",
                src.host_str().unwrap_or("another site")
            ));
        } else {
            left.push(format!("“{}”", alt.trim()));
        }
    }
    document.each_figure(&mut |figure| {
        if let Some(ours) = taken.get(&figure.src) {
            figure.src = ours.clone();
        }
    });
    size_pictures(app, document).await?;
    Ok(left)
}
