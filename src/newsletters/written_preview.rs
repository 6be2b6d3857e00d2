//! The mail of what somebody is writing, before anything of it is saved: made by the function that makes the
//! mail itself ([`super::compose`]).

use gazette_templates::Document;

use super::{
    Audience, EditedText, Newsletter, NewsletterState as State, Preview, Result, Subject, Topic,
    UnsavedFields,
    editing::written_document,
    making::{free_slug, slug},
    newsletter_preview::preview_of,
    own_correction::{Corrected, own_text},
    store::find,
    text_revisions::MailWords,
};
use crate::{
    app::App,
    office::Office,
    subscribers::{self, Frequency, topic_name_in},
};

/// What readers would get if this were saved: of a draft, of a correction of what was mailed, or (`None`) of a
/// release that is not made yet. What is too long is shown as it was typed: saving refuses it.
///
/// # Errors
/// There is no such newsletter, the text cannot be a mail, or others are being rendered.
pub async fn preview_written(
    app: &App,
    newsletter: Option<i64>,
    typed: &UnsavedFields,
) -> Result<Preview> {
    let written = match newsletter {
        None => new_release(app, typed).await?,
        Some(id) => match own_text(app, id).await? {
            Some(own) => correction(app, id, &own.document, typed).await?,
            None => draft(app, id, typed).await?,
        },
    };
    preview_of(app, &written).await
}

/// Where in the archive it would stand.
async fn place(app: &App, subject: &str) -> Result<String> {
    let zone = Office::load(&app.db).await?.time_zone;
    let wanted = slug(subject, app.clock.now_ms(), &zone);
    free_slug(app.db.pool(), &wanted).await
}

/// The same subject line as saving makes of it.
fn subject_of(typed: &str) -> String {
    Subject::from_title(typed).map_or_else(String::new, |subject| subject.as_str().to_owned())
}

fn words_of(typed: &UnsavedFields, document: &Document) -> MailWords {
    let text = EditedText {
        preview: &typed.preview,
        changed: &typed.changed,
        intro: &typed.intro,
        ..EditedText::of("", document)
    };
    text.words()
}

async fn draft(app: &App, id: i64, typed: &UnsavedFields) -> Result<Newsletter> {
    let saved = find(app, id).await?;
    let subject = subject_of(&typed.subject);
    let document = written_document(app, &typed.text, Some(&saved.document)).await?;
    let words = words_of(typed, &document);
    Ok(Newsletter {
        // The whole of a title that was cut belongs to the subject that was cut from it.
        headline: saved.headline.filter(|_| subject == saved.subject),
        subject,
        document,
        preview: words.preview,
        changed: words.changed,
        intro: words.intro,
        ..saved
    })
}

/// `before`: what the release says now, which they changed.
async fn correction(
    app: &App,
    id: i64,
    before: &Document,
    typed: &UnsavedFields,
) -> Result<Newsletter> {
    let mailed = find(app, id).await?;
    let document = written_document(app, &typed.text, Some(before)).await?;
    let title = subject_of(&typed.subject);
    let corrected = Corrected {
        mailed: &mailed,
        document: &document,
        title: &title,
    };
    let subject = corrected.subject(&mailed.language);
    let changed = corrected.changed(&mailed.language).await?;
    // Its place in the archive is that of the subject which readers saw.
    let unchanged = Corrected {
        title: &mailed.subject,
        ..corrected
    };
    let slug = place(app, &unchanged.subject(&mailed.language)).await?;
    Ok(Newsletter {
        headline: Subject::uncut(&subject, &title),
        slug,
        subject,
        changed: Some(changed).filter(|changed| !changed.is_empty()),
        preview: None,
        intro: None,
        corrects: Some(id),
        started_at: None,
        document,
        ..mailed
    })
}

async fn new_release(app: &App, typed: &UnsavedFields) -> Result<Newsletter> {
    let document = written_document(app, &typed.text, None).await?;
    let topics = subscribers::topics(app).await?;
    let chosen = topics.iter().find(|topic| Some(topic.id) == typed.topic);
    let topic = match chosen.or_else(|| topics.first()) {
        Some(topic) => Topic {
            called: topic_name_in(app.db.pool(), topic.id, &document.language)
                .await?
                .unwrap_or_else(|| topic.name.clone()),
            id: topic.id,
            slug: topic.slug.clone(),
            name: topic.name.clone(),
        },
        None => Topic::press_list(),
    };
    let subject = subject_of(&typed.subject);
    let now = app.clock.now();
    let words = words_of(typed, &document);
    Ok(Newsletter {
        id: 0,
        topic,
        release_id: None,
        release_url: None,
        published_at: Some(now),
        headline: None,
        slug: place(app, &subject).await?,
        subject,
        language: document.language.clone(),
        document,
        state: State::Draft,
        automatic: false,
        created_at: now,
        approved: None,
        scheduled_at: None,
        started_at: None,
        finished_at: None,
        deadline_hours: None,
        deadline_at: None,
        attention: None,
        settles_at: None,
        auto_approve: None,
        edition: None,
        by_language: false,
        corrects: None,
        frequency: Frequency::Each,
        covers_to: None,
        waits: false,
        audience: Audience::Subscribers,
        news_release: true,
        blackout_to: None,
        revision: 0,
        superseded_by: None,
        preview: words.preview,
        changed: None,
        intro: words.intro,
        undo_until: None,
        review_requested: None,
        resumes_at: None,
    })
}
