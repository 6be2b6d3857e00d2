//! Leaving, coming back at once, and choosing: what the links at the end of every newsletter lead to.

use axum::{body::Bytes, http::StatusCode, response::Response};
use axum_extra::extract::Form;
use gazette_templates::pages::{subscribers as pages, words::Words};
use serde::Deserialize;

use super::{
    mailed_link::MailedLink,
    visitor_request::{Answer, chosen_in_language, origin},
};
use crate::{
    http,
    subscribers::{
        Departure, Frequency, UnsubscribeChannel, choices, choose, departure, in_language,
        is_joined, language_of, leave_all, link::SubscriberLink, mailed_topic, undo, unsubscribe,
    },
};

type Mailed = MailedLink<SubscriberLink>;

/// Says it in the language that the reader chose, where the address asks for no other.
async fn in_their_language(mut mailed: Mailed) -> Result<Mailed, http::Failure> {
    if let Some(link) = mailed.token {
        let theirs = language_of(&mailed.app, link).await?;
        mailed.words = mailed.visitor.words(&mailed.office, theirs.as_deref());
    }
    Ok(mailed)
}

pub(super) async fn page(mailed: Mailed) -> Answer {
    let mailed = in_their_language(mailed).await?;
    let Some(link) = mailed.token else {
        return Ok(mailed.incomplete(StatusCode::NOT_FOUND));
    };
    if is_joined(mailed.app.db.pool(), link.subscriber).await? {
        return Ok(joined(&mailed, link, false));
    }
    let topic = mailed_topic(mailed.app.db.pool(), &mailed.office, link).await?;
    let topic = in_language(&mailed.app, topic.into_iter().collect(), mailed.words.tag).await?;
    let content = pages::unsubscribe(
        mailed.words,
        mailed.office.name_in(mailed.words.tag),
        &link.token(&mailed.app.keys),
        topic.first().map(|topic| topic.name.as_str()),
    );
    let title = mailed.words.unsubscribe_title;
    Ok(http::page(&mailed.office, mailed.words, title, &content))
}

/// RFC 8058 §3.1: the POST must not be redirected, needs no cookie and no login. The token in the
/// address decides who leaves; whatever the body is, from urlencoded over the RFC's own malformed
/// multipart example to nothing at all, it tells the evidence who pressed (H4, H7), and our page's
/// second button that everything is meant.
pub(super) async fn leave_now(mailed: Mailed, body: Bytes) -> Answer {
    let mailed = in_their_language(mailed).await?;
    let Some(link) = mailed.token else {
        // H5: a mail program's button gets a 200 for every token.
        return Ok(mailed.incomplete(StatusCode::OK));
    };
    let body = String::from_utf8_lossy(&body);
    let one_click = body.contains("List-Unsubscribe") && body.contains("One-Click");
    let (app, origin) = (&mailed.app, origin(&mailed.visitor));
    if one_click {
        unsubscribe(app, link, UnsubscribeChannel::OneClick, &origin).await?;
    } else if body.trim() == "all=yes" {
        leave_all(app, link, UnsubscribeChannel::Page, &origin).await?;
    } else {
        unsubscribe(app, link, UnsubscribeChannel::Page, &origin).await?;
    }
    left(&mailed, link, true).await
}

/// What a person sees who has left: from what, what they still get, and the ways on. Only what is so
/// is said: it is read from where they stand now.
/// `pressed`: the button to leave was.
async fn left(mailed: &Mailed, link: SubscriberLink, pressed: bool) -> Answer {
    let departure = departure(&mailed.app, link).await?;
    if departure.joined {
        return Ok(joined(mailed, link, pressed));
    }
    let Departure {
        topic,
        remaining,
        can_undo,
        ..
    } = departure;
    let words = mailed.words;
    let topic = in_language(&mailed.app, topic.into_iter().collect(), words.tag).await?;
    let remaining = in_language(&mailed.app, remaining, words.tag).await?;
    let remaining: Vec<&str> = remaining.iter().map(|topic| topic.name.as_str()).collect();
    let title = match topic.first() {
        Some(topic) if !remaining.is_empty() => words.left_topic_title(&topic.name),
        _ => words.unsubscribed_title.to_owned(),
    };
    let token = link.token(&mailed.app.keys);
    let agreed_to = words.consent(mailed.office.name_in(words.tag));
    let undo = can_undo.then_some(agreed_to.as_str());
    let content = pages::left(words, &title, &token, &remaining, undo);
    Ok(http::page(&mailed.office, words, &title, &content))
}

/// What is so for an address that was joined into another.
fn joined(mailed: &Mailed, link: SubscriberLink, sent: bool) -> Response {
    let words = mailed.words;
    let content = pages::joined(words, &link.token(&mailed.app.keys), sent);
    http::page(&mailed.office, words, words.joined_title, &content)
}

/// The button on the page after leaving: takes it back.
pub(super) async fn undo_now(mailed: Mailed) -> Answer {
    let mailed = in_their_language(mailed).await?;
    let Some(link) = mailed.token else {
        return Ok(mailed.incomplete(StatusCode::NOT_FOUND));
    };
    let words = mailed.words;
    let agreed_to = words.consent(mailed.office.name_in(mailed.words.tag));
    let origin = origin(&mailed.visitor);
    Ok(if undo(&mailed.app, link, &agreed_to, &origin).await? {
        mailed.notice(words.undone_title, words.undone)
    } else {
        let content = pages::undo_late(words);
        http::page(
            &mailed.office,
            mailed.words,
            words.undo_late_title,
            &content,
        )
    })
}

#[derive(Debug, Deserialize)]
pub(super) struct PreferencesForm {
    #[serde(default)]
    topic: Vec<String>,
    /// `veterans=weekly`, one for each topic.
    #[serde(default)]
    frequency: Vec<String>,
    lang: Option<String>,
}

/// What of a form says how often; what is none of our words says nothing.
fn often_wanted(said: &[String]) -> Vec<(String, Frequency)> {
    let pairs = said.iter().filter_map(|said| said.split_once('='));
    pairs
        .filter_map(|(slug, word)| Some((slug.to_owned(), Frequency::of_word(word)?)))
        .collect()
}

pub(super) async fn preferences_page(mailed: Mailed) -> Answer {
    show(mailed, false).await
}

pub(super) async fn preferences_now(mailed: Mailed, Form(form): Form<PreferencesForm>) -> Answer {
    let mut saved = false;
    if let Some(link) = mailed.token {
        let language = form.lang.as_deref().map(|tag| Words::of(tag).tag);
        let origin = origin(&mailed.visitor);
        let often = often_wanted(&form.frequency);
        saved = choose(&mailed.app, link, &form.topic, &often, language, &origin).await?;
    }
    show(mailed, saved).await
}

async fn show(mailed: Mailed, saved: bool) -> Answer {
    let Some(link) = mailed.token else {
        return Ok(mailed.incomplete(StatusCode::NOT_FOUND));
    };
    let Some((topics, language)) = choices(&mailed.app, link).await? else {
        // Who has left, and who never was: the way back is the form.
        return left(&in_their_language(mailed).await?, link, false).await;
    };
    let words = mailed.visitor.words(&mailed.office, Some(&language));
    let topics = chosen_in_language(&mailed.app, topics, words).await?;
    let content = pages::preferences(
        words,
        &pages::Preferences {
            token: &link.token(&mailed.app.keys),
            choices: &topics,
            languages: &http::languages(&mailed.office),
            language: Words::of(&language).tag,
            saved,
        },
    );
    Ok(http::page(
        &mailed.office,
        words,
        words.preferences_title,
        &content,
    ))
}
