//! Every change of a newsletter's subject or text, by staff or by the office, is a new revision, and
//! what it said before is kept. The revision is the optimistic lock of all who decide: who approves or
//! saves names the one they looked at, and where it has changed since, nothing is done.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use gazette_templates::Document;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, sea_query::LockType,
};

use super::{
    NewsletterError, NewsletterState as State, Result,
    lifecycle::refusal,
    newsletter_entities::{newsletter, newsletter_revision},
};
use crate::{
    app::App,
    clock::{Timestamp, instant},
    db::WriteTransaction,
};

/// The revision of a text, and the text itself by its hash: what an approval is an approval of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TextMark {
    pub revision: i32,
    /// SHA-256 over subject, document and what else a person wrote, in hexadecimal.
    pub hash: String,
}

impl fmt::Display for TextMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "revision {}, sha256 {}", self.revision, self.hash)
    }
}

impl TextMark {
    pub(super) fn of(newsletter: &newsletter::Model) -> Self {
        // No subject, preview or JSON holds a line break, so no two texts give the same bytes.
        let mut text = format!("{}\n{}", newsletter.subject, newsletter.document);
        let words = [
            ("preview", &newsletter.preview),
            ("changed", &newsletter.changed),
            ("intro", &newsletter.intro),
        ];
        for (name, words) in words {
            if let Some(words) = words {
                text.push('\n');
                text.push_str(name);
                text.push(' ');
                text.push_str(words);
            }
        }
        let hash = digest(&SHA256, text.as_bytes());
        Self {
            revision: newsletter.revision,
            hash: hash.as_ref().iter().fold(String::new(), |mut hex, byte| {
                use fmt::Write;
                let _ = write!(hex, "{byte:02x}");
                hex
            }),
        }
    }
}

/// Reads a newsletter's row and holds it to the end of the transaction: what is decided about it is
/// decided about what was read.
pub(super) async fn hold(transaction: &WriteTransaction, id: i64) -> Result<newsletter::Model> {
    newsletter::Entity::find_by_id(id)
        .lock(LockType::Update)
        .one(transaction)
        .await?
        .ok_or(NewsletterError::NotFound(id))
}

/// That a newsletter says what the person saw.
pub(super) fn check_revision(newsletter: &newsletter::Model, seen: i32) -> Result<()> {
    if newsletter.revision == seen {
        return Ok(());
    }
    Err(NewsletterError::Changed {
        id: newsletter.id,
        seen,
        now: newsletter.revision,
    })
}

/// What a mail says besides its text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct MailWords {
    /// What mailboxes show beside the subject.
    pub preview: Option<String>,
    /// Of a correction: what is different.
    pub changed: Option<String>,
    /// A word of the office above the release.
    pub intro: Option<String>,
}

/// A new subject or text, or both.
#[derive(Debug)]
pub(super) struct NewText<'a> {
    pub subject: &'a str,
    /// `None`: only the subject changes.
    pub document: Option<&'a Document>,
    /// `None`: they stay.
    pub words: Option<&'a MailWords>,
    /// Who changed it.
    pub by: &'a str,
    pub now: i64,
}

/// Puts a new text in the place of the one that was read as `held`, and keeps the old one. Whether
/// anything is different: the same text once more is no revision.
///
/// # Errors
/// [`NewsletterError::State`] where it is in none of the states `from`.
pub(super) async fn replace(
    transaction: &WriteTransaction,
    held: &newsletter::Model,
    from: &[State],
    new: &NewText<'_>,
    refused: &'static str,
) -> Result<bool> {
    let document = new.document.map(json).transpose()?;
    let same_document = document.as_ref().is_none_or(|json| *json == held.document);
    let same_words = new.words.is_none_or(|words| {
        words.preview == held.preview && words.changed == held.changed && words.intro == held.intro
    });
    if same_document && same_words && held.subject == new.subject {
        return Ok(false);
    }
    let number = held.revision + 1;
    let mut set = newsletter::ActiveModel {
        revision: Set(number),
        subject: Set(new.subject.to_owned()),
        // Approval was asked for another text.
        review_requested_at: Set(None),
        review_requested_by: Set(None),
        ..Default::default()
    };
    if let Some(words) = new.words {
        set.preview = Set(words.preview.clone());
        set.changed = Set(words.changed.clone());
        set.intro = Set(words.intro.clone());
    }
    if let (Some(json), Some(document), false) = (document, new.document, same_document) {
        set.document = Set(json);
        set.language = Set(document.language.clone());
        // Its links are other links now, and nobody has followed them.
        set.checked_at = Set(None);
    }
    let changed = newsletter::Entity::update_many()
        .set(set)
        .filter(newsletter::Column::Id.eq(held.id))
        .filter(newsletter::Column::State.is_in(from.iter().copied()))
        .filter(newsletter::Column::Revision.eq(held.revision))
        .exec(transaction)
        .await?
        .rows_affected;
    if changed == 0 {
        return Err(refusal(transaction, held.id, refused).await?);
    }
    newsletter_revision::ActiveModel {
        newsletter_id: Set(held.id),
        number: Set(number),
        at: Set(new.now),
        replaced_by: Set(new.by.to_owned()),
        subject: Set(held.subject.clone()),
        document: Set(held.document.clone()),
    }
    .insert(transaction)
    .await?;
    Ok(true)
}

/// Who changed a newsletter's text last, and when.
#[derive(Debug, Clone)]
pub struct TextChange {
    /// A member of staff; Gazette where it followed the office.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// Who changed the text last; `None`: it says what it said when it was made.
pub async fn last_change(app: &App, id: i64) -> Result<Option<TextChange>> {
    let last = newsletter_revision::Entity::find()
        .filter(newsletter_revision::Column::NewsletterId.eq(id))
        .order_by_desc(newsletter_revision::Column::Number)
        .one(app.db.pool())
        .await?;
    Ok(last.map(|last| TextChange {
        by: last.replaced_by,
        at: instant(last.at),
    }))
}

/// A document as its column has it.
pub(super) fn json(document: &Document) -> std::result::Result<String, DbErr> {
    serde_json::to_string(document).map_err(|error| DbErr::Json(error.to_string()))
}
