//! A correction of what comes from no source, and so is corrected nowhere else: a release that staff wrote or
//! read from a file. They say what it should have said; that is the release's new text, and goes out as every
//! correction does ([`super::correction`]), once somebody has approved it.

use gazette_templates::{
    Document,
    document::diff,
    email::{correction_subject, what_changed},
};

use super::{
    EditedText, Newsletter, NewsletterError, NewsletterState as State, Result, Subject, correction,
    editing::{edit, parse_subject},
    release_changes::has_changed,
    review::{authors, written_by},
    store::find,
};
use crate::{
    app::App,
    releases::{by_hand, release_text},
    rendering,
};

/// The text of a mailed newsletter that staff may correct.
#[derive(Debug)]
pub struct OwnText {
    /// `release.id`
    pub release: i64,
    /// Which of the release's texts this follows: an optimistic lock.
    pub revision: i32,
    /// The subject under which it was mailed.
    pub subject: String,
    /// What it says: what was mailed, or a later correction.
    pub document: Document,
}

/// What of newsletter `id` staff may correct. `None`: nothing of it was mailed, or its releases come from
/// sources, where they are corrected.
///
/// # Errors
/// There is no such newsletter, or the database failed.
pub async fn own_text(app: &App, id: i64) -> Result<Option<OwnText>> {
    let newsletter = find(app, id).await?;
    let (State::Sending | State::Paused | State::Sent, Some(release)) =
        (newsletter.state, newsletter.release_id)
    else {
        return Ok(None);
    };
    let Some(now) = release_text(app.db.pool(), release).await? else {
        return Ok(None);
    };
    if now.source.is_some() || now.gone {
        return Ok(None);
    }
    let is_corrected = has_changed(app, id).await?;
    Ok(Some(OwnText {
        release,
        revision: now.revision,
        document: if is_corrected {
            now.document
        } else {
            newsletter.document
        },
        subject: newsletter.subject,
    }))
}

/// Whether staff wrote its release, or read it from a file: what is new in it comes from no website.
///
/// # Errors
/// The database failed.
pub async fn is_of_staff(app: &App, newsletter: &Newsletter) -> Result<bool> {
    let Some(release) = newsletter.release_id else {
        return Ok(false);
    };
    let text = release_text(app.db.pool(), release).await?;
    Ok(text.is_some_and(|text| text.source.is_none()))
}

/// Corrects it: the number of the draft, which somebody still has to approve. Asked again for the same text, it
/// gives the same draft. `seen` is [`OwnText::revision`].
///
/// # Errors
/// [`NewsletterError::Wrong`] where there is nothing to correct, or where subject or text do not do;
/// [`crate::releases::ReleaseError::RevisedMeanwhile`] where somebody else corrected it first.
pub async fn correct_own_text(
    app: &App,
    id: i64,
    subject: &str,
    document: &Document,
    seen: i32,
    by: &str,
) -> Result<i64> {
    let subject = parse_subject(subject)?;
    let mailed = find(app, id).await?;
    let Some(own) = own_text(app, id).await? else {
        return Err(NewsletterError::Wrong(
            "only what was mailed, and comes from no source, is corrected here".to_owned(),
        ));
    };
    if document.blocks.is_empty() {
        return Err(NewsletterError::Wrong(
            "write the text as it should be; a correction cannot be empty".to_owned(),
        ));
    }
    let same_subject = mailed.subject == subject.as_str();
    if same_subject && mailed.document.without_sizes() == document.without_sizes() {
        return Err(NewsletterError::Wrong(
            "this is the text that was mailed: correct it before you go on".to_owned(),
        ));
    }
    let release = own.release;
    let title = match release_text(app.db.pool(), release).await? {
        // The mark of a correction stands in the subject, and belongs in no title.
        Some(text) if same_subject || mailed.corrects.is_some() => text.title,
        _ => subject.as_str().to_owned(),
    };
    by_hand::revise_written(app, release, &title, document, seen, by).await?;
    let mut drafts = correction::correct_all(app, id, release, by).await?;
    // The one of the newsletter that was looked at is the answer, and is the first.
    let answer = drafts[0];
    let words = Corrected {
        mailed: &mailed,
        document,
        title: subject.as_str(),
    };
    for draft in drafts.drain(..) {
        words.put_into(app, draft, by).await?;
        // Also where the draft said so at once.
        written_by(app, draft, by).await?;
    }
    Ok(answer)
}

/// What a person corrected, against what was mailed.
pub(super) struct Corrected<'a> {
    pub mailed: &'a Newsletter,
    pub document: &'a Document,
    /// The subject as they typed it, without the mark of a correction.
    pub title: &'a str,
}

impl Corrected<'_> {
    /// The subject of the correction, with its mark. A correction of a correction has it already.
    pub(super) fn subject(&self, language: &str) -> String {
        if self.mailed.corrects.is_some() {
            return self.title.to_owned();
        }
        let marked = correction_subject(language, self.title);
        Subject::from_title(&marked).map_or(marked, |subject| subject.as_str().to_owned())
    }

    /// What is different, in words for readers; empty where nothing is to be said.
    pub(super) async fn changed(&self, language: &str) -> Result<String> {
        let paragraphs = rendering::in_turn(|| {
            diff::between(
                (&self.mailed.subject, &self.mailed.document),
                (self.title, self.document),
            )
        })
        .await?;
        Ok(what_changed(language, &paragraphs).unwrap_or_default())
    }

    /// Puts it into a correction's draft: under the person's name, who may so not be the one that approves it.
    async fn put_into(&self, app: &App, draft: i64, by: &str) -> Result<()> {
        let made = find(app, draft).await?;
        if made.state != State::Draft {
            return Ok(());
        }
        let subject = self.subject(&made.language);
        let changed = self.changed(&made.language).await?;
        let same = made.subject == subject
            && made.document.without_sizes() == self.document.without_sizes()
            && made.changed.as_deref().unwrap_or_default() == changed;
        if same && authors(app, draft).await?.iter().any(|author| author == by) {
            return Ok(());
        }
        let text = EditedText {
            subject: &subject,
            document: self.document,
            preview: made.preview.as_deref().unwrap_or_default(),
            changed: &changed,
            intro: made.intro.as_deref().unwrap_or_default(),
        };
        edit(app, draft, text, made.revision, by).await
    }
}
