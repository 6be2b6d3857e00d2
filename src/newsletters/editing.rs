//! What staff change in a draft. What it said before is kept, and where somebody else, or the office,
//! changed it after they opened it, nothing is saved: they are shown both.

use gazette_templates::{
    Document,
    document::diff::{self, Paragraph},
    email,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, sea_query::Expr,
};

use super::{
    Change, NewsletterError, NewsletterState as State, Result, Subject,
    contents::Contents,
    correction::brings,
    lifecycle::{record, refusal},
    new_parts::put_in_anew,
    newsletter_entities::newsletter,
    pictures::size_pictures,
    release_changes::changes_of,
    review::note_author,
    subject::LONGEST,
    text_revisions::{MailWords, NewText, check_revision, hold, replace},
};
use crate::{
    app::App,
    audit::Action,
    db::WriteTransaction,
    office::Office,
    releases::{self, by_hand},
    rendering,
};

/// What is said where it is no draft any more.
const ONLY_DRAFTS: &str = "only a draft's text can be changed";

/// Changes the subject of a newsletter that nobody has approved yet. `seen` is the revision that the
/// person had before them.
///
/// # Errors
/// [`NewsletterError::Changed`] where it says something else by now.
pub async fn rename(app: &App, id: i64, subject: &str, seen: i32, by: &str) -> Result<()> {
    let subject = parse_subject(subject)?;
    let transaction = app.db.begin().await?;
    let held = take_over(app, &transaction, id, Some(seen)).await?;
    let new = NewText {
        subject: subject.as_str(),
        document: None,
        words: None,
        by,
        now: app.clock.now_ms(),
    };
    // Who saved it as it was has written nothing.
    if replace(&transaction, &held, &[State::Draft], &new, ONLY_DRAFTS).await? {
        note_author(&transaction, id, by).await?;
    }
    let action = Action::NewsletterRename;
    record(&transaction, new.now, by, action, id, new.subject).await?;
    Ok(transaction.commit().await?)
}

/// What a person gives a draft.
#[derive(Debug, Clone, Copy)]
pub struct EditedText<'a> {
    /// The subject line.
    pub subject: &'a str,
    /// What it says.
    pub document: &'a Document,
    /// What mailboxes show beside the subject; empty: what the text says first.
    pub preview: &'a str,
    /// Of a correction: what is different, a line each; empty: it is not said.
    pub changed: &'a str,
    /// A word of the office above the release, a paragraph on each line; empty: the release stands alone.
    pub intro: &'a str,
}

impl<'a> EditedText<'a> {
    /// With nothing besides subject and text.
    #[must_use]
    pub fn of(subject: &'a str, document: &'a Document) -> Self {
        Self {
            subject,
            document,
            preview: "",
            changed: "",
            intro: "",
        }
    }

    /// What is said besides the text, as it is kept.
    pub(super) fn words(&self) -> MailWords {
        MailWords {
            preview: one_line(self.preview),
            changed: lines(self.changed),
            intro: lines(self.intro),
        }
    }
}

/// What a person's Markdown says; `before` is the text that they changed, `None` where they wrote it anew.
///
/// # Errors
/// The database failed, or others are being rendered.
pub async fn written_document(
    app: &App,
    markdown: &str,
    before: Option<&Document>,
) -> Result<Document> {
    let mut document = rendering::in_turn(|| match before {
        None => by_hand::from_markdown(markdown),
        // Where only other words were changed, the text stays to the letter.
        Some(before) if markdown.trim() == by_hand::to_markdown(before).trim() => before.clone(),
        Some(before) => by_hand::edited(markdown, before),
    })
    .await?;
    size_pictures(app, &mut document).await?;
    Ok(document)
}

/// Gives a draft another subject and text. From then on it is a person's (H12). `seen` is the
/// revision that the person had before them.
///
/// # Errors
/// [`NewsletterError::Changed`] where it says something else by now.
pub async fn edit(app: &App, id: i64, text: EditedText<'_>, seen: i32, by: &str) -> Result<()> {
    let subject = parse_subject(text.subject)?;
    check_text(text.document)?;
    let words = text.words();
    check_words(&words)?;
    let transaction = app.db.begin().await?;
    let held = take_over(app, &transaction, id, Some(seen)).await?;
    let new = NewText {
        subject: subject.as_str(),
        document: Some(text.document),
        words: Some(&words),
        by,
        now: app.clock.now_ms(),
    };
    // Who saved it as it was has written nothing.
    if replace(&transaction, &held, &[State::Draft], &new, ONLY_DRAFTS).await? {
        note_author(&transaction, id, by).await?;
    }
    let action = Action::NewsletterEdit;
    record(&transaction, new.now, by, action, id, new.subject).await?;
    Ok(transaction.commit().await?)
}

/// That a text says something.
pub(super) fn check_text(document: &Document) -> Result<()> {
    if document.blocks.is_empty() {
        return Err(NewsletterError::Wrong(
            "write a text; a newsletter cannot be empty".to_owned(),
        ));
    }
    Ok(())
}

/// That what is said besides the text is no longer than a mail has room for.
pub(super) fn check_words(words: &MailWords) -> Result<()> {
    const LONGEST: usize = 1_000;
    for (typed, longest, what) in [
        (
            &words.preview,
            email::PREVIEW,
            "the first line in the mailbox",
        ),
        (&words.changed, LONGEST, "what changed"),
        (
            &words.intro,
            LONGEST,
            "the word of the office above the release",
        ),
    ] {
        is_within(typed.as_deref().unwrap_or_default(), longest, what)?;
    }
    Ok(())
}

/// What a person typed as one line; nothing where it is empty.
fn one_line(text: &str) -> Option<String> {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line: String = line.chars().filter(|c| !c.is_control()).collect();
    (!line.is_empty()).then_some(line)
}

/// Refuses what is too long: nothing that was typed is cut without a word.
fn is_within(text: &str, longest: usize, what: &str) -> Result<()> {
    match text.chars().count() {
        typed if typed > longest => Err(NewsletterError::Wrong(format!(
            "{what} has up to {longest} characters, and this one has {typed}: shorten it"
        ))),
        _ => Ok(()),
    }
}

/// What a person typed as several lines, without empty ones.
fn lines(text: &str) -> Option<String> {
    let lines = text
        .lines()
        .map(|line| line.chars().filter(|c| !c.is_control()).collect::<String>());
    let lines: Vec<String> = lines
        .map(|line| line.trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

pub(super) fn parse_subject(subject: &str) -> Result<Subject> {
    is_within(subject.trim(), LONGEST, "a subject")?;
    Subject::from_title(subject).ok_or_else(|| NewsletterError::Wrong("enter a subject".to_owned()))
}

/// What a draft would say with what its releases say now.
#[derive(Debug)]
struct Renewed {
    subject: String,
    document: Document,
    /// Of a digest: what it would be made of.
    contents: Option<Contents>,
    /// The revision of its only release, of one that is no digest.
    revision: i32,
    /// What was written by hand in parts that the office did not change stays.
    keeps_other_parts: bool,
}

/// Puts what its releases say now into a draft that was made of older texts. Of a digest that somebody wrote in,
/// only the parts that the office changed, where these can be told apart.
pub async fn take_new_text(app: &App, id: i64, by: &str) -> Result<()> {
    let office = Office::load(&app.db).await?;
    let transaction = app.db.begin().await?;
    let held = take_over(app, &transaction, id, None).await?;
    let changes = changes_of(&transaction, id).await?;
    let now = app.clock.now_ms();
    let renewed = renewed(&transaction, &office, &held, &changes).await?;
    let new = NewText {
        subject: &renewed.subject,
        document: Some(&renewed.document),
        words: None,
        by,
        now,
    };
    replace(&transaction, &held, &[State::Draft], &new, ONLY_DRAFTS).await?;
    match &renewed.contents {
        Some(contents) => contents.note(&transaction, held.id).await?,
        None => brings(&transaction, &held, renewed.revision).await?,
    }
    newsletter::Entity::update_many()
        .col_expr(newsletter::Column::Attention, Expr::value(None::<String>))
        .filter(newsletter::Column::Id.eq(id))
        .exec(&transaction)
        .await?;
    let action = Action::NewsletterTakeNewText;
    record(&transaction, now, by, action, id, &renewed.subject).await?;
    Ok(transaction.commit().await?)
}

/// What becomes of a draft that takes the new text.
#[derive(Debug)]
pub struct NewTextAhead {
    /// What of all that it says would be added and removed, subject first.
    pub paragraphs: Vec<Paragraph>,
    /// What was written by hand in parts that the office did not change stays.
    pub keeps_other_parts: bool,
}

/// What [`take_new_text`] would do; `None`: it would be refused.
///
/// # Errors
/// The database failed.
pub async fn new_text_ahead(app: &App, id: i64) -> Result<Option<NewTextAhead>> {
    let office = Office::load(&app.db).await?;
    let pool = app.db.pool();
    let found = newsletter::Entity::find_by_id(id).one(pool).await?;
    let held = found.ok_or(NewsletterError::NotFound(id))?;
    let changes = changes_of(pool, id).await?;
    let renewed = match renewed(pool, &office, &held, &changes).await {
        Ok(renewed) => renewed,
        Err(NewsletterError::Wrong(_) | NewsletterError::NoRelease(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let Ok(before) = serde_json::from_str::<Document>(&held.document) else {
        return Ok(None);
    };
    let paragraphs = rendering::in_turn(|| {
        diff::between(
            (&held.subject, &before),
            (&renewed.subject, &renewed.document),
        )
    })
    .await?;
    Ok(Some(NewTextAhead {
        paragraphs,
        keeps_other_parts: renewed.keeps_other_parts,
    }))
}

async fn renewed(
    connection: &impl ConnectionTrait,
    office: &Office,
    held: &newsletter::Model,
    changes: &[Change],
) -> Result<Renewed> {
    match held.release_id {
        Some(release) => renew(connection, held, release, changes).await,
        None => gather(connection, office, held, changes).await,
    }
}

/// The text of the one release.
async fn renew(
    connection: &impl ConnectionTrait,
    held: &newsletter::Model,
    release: i64,
    changes: &[Change],
) -> Result<Renewed> {
    if changes.iter().all(|change| change.release_id != release) {
        return Err(nothing_new());
    }
    let text = releases::release_text(connection, release)
        .await?
        .ok_or(NewsletterError::NoRelease(release))?;
    // A correction keeps the subject that readers saw.
    let title = Subject::from_title(&text.title).filter(|_| held.corrects.is_none());
    Ok(Renewed {
        subject: title.map_or_else(
            || held.subject.clone(),
            |subject| subject.as_str().to_owned(),
        ),
        document: text.document,
        contents: None,
        revision: text.revision,
        keeps_other_parts: false,
    })
}

/// The texts of a digest's releases, without what was taken back.
async fn gather(
    connection: &impl ConnectionTrait,
    office: &Office,
    held: &newsletter::Model,
    changes: &[Change],
) -> Result<Renewed> {
    if changes.is_empty() {
        return Err(nothing_new());
    }
    let contents = Contents::present(connection, office, held)
        .await?
        .ok_or_else(|| {
            NewsletterError::Wrong(
                "the office took back everything that was in it; cancel it, or keep this text"
                    .to_owned(),
            )
        })?;
    let merged = put_in_anew(connection, office, held, &contents, changes).await?;
    let keeps_other_parts = merged.is_some();
    let (subject, document) =
        merged.unwrap_or_else(|| (contents.subject.clone(), contents.document.clone()));
    Ok(Renewed {
        subject,
        document,
        contents: Some(contents),
        revision: 0,
        keeps_other_parts,
    })
}

fn nothing_new() -> NewsletterError {
    NewsletterError::Wrong("it says what the release says already".to_owned())
}

/// Holds a draft for a change by a person, whose it is from then on.
async fn take_over(
    app: &App,
    transaction: &WriteTransaction,
    id: i64,
    seen: Option<i32>,
) -> Result<newsletter::Model> {
    let held = hold(transaction, id).await?;
    if held.state != State::Draft {
        return Err(refusal(transaction, id, ONLY_DRAFTS).await?);
    }
    if let Some(seen) = seen {
        check_revision(&held, seen)?;
    }
    let set = newsletter::ActiveModel {
        edited_at: Set(Some(app.clock.now_ms())),
        automatic: Set(false),
        auto_approve: Set(None),
        ..Default::default()
    };
    newsletter::Entity::update_many()
        .set(set)
        .filter(newsletter::Column::Id.eq(id))
        .filter(newsletter::Column::State.eq(State::Draft))
        .exec(transaction)
        .await?;
    Ok(held)
}
