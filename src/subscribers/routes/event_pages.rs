//! The page of an event, on the office's tablet or a visitor's phone: the form, ready for the next person
//! at once, without a word of the one before.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use gazette_templates::pages::subscribers::{self as pages, Returned, TopicChoice};
use serde::Deserialize;

use super::{
    mailed_link::MailedLink,
    sign_up_pages::{
        closed, consent_mark, frequency_of, is_of_another_text, may_take_until, questions, refused,
    },
    typed_address::TypedAddress,
    visitor_request::{Answer, choice},
};
use crate::{
    http::{self, AnyForm},
    secret::Token,
    subscribers::{
        AboutReader, Channel, EventAtLink, FormAnswers, Receipt, SignUp, SignUpEvent,
        count_at_event, event_at, receive, topics_in,
    },
};

type Mailed = MailedLink<Token>;

#[derive(Debug, Default, Deserialize)]
pub(super) struct EventForm {
    #[serde(default)]
    email: String,
    #[serde(default)]
    topic: Vec<String>,
    #[serde(default)]
    frequency: String,
    lang: Option<String>,
    /// The button "keep it as typed", with the address.
    #[serde(default)]
    keep: String,
    #[serde(default)]
    zip: String,
    /// The mark of what its sender agrees to.
    #[serde(default)]
    consent: String,
    /// Answers to the office's own questions, in the order of `asked`.
    #[serde(default)]
    about: Vec<String>,
    #[serde(default)]
    asked: Vec<String>,
}

impl EventForm {
    fn answers(&self) -> FormAnswers<'_> {
        FormAnswers::of(&self.asked, &self.about)
    }
}

pub(super) async fn page(mailed: Mailed) -> Answer {
    match event_of(&mailed, &EventForm::default()).await? {
        Ok(event) => show(&mailed, &event, &EventForm::default(), None).await,
        Err(page) => Ok(page),
    }
}

/// The event, or the page that says why there is none to sign up at.
/// `sent`: what somebody filled in on it.
async fn event_of(
    mailed: &Mailed,
    sent: &EventForm,
) -> Result<Result<SignUpEvent, Response>, http::Failure> {
    if !mailed.office.complete {
        return Ok(Err(closed(&mailed.office, mailed.words)));
    }
    let found = match &mailed.token {
        Some(token) => event_at(&mailed.app, token).await?,
        None => EventAtLink::Unknown,
    };
    Ok(match found {
        EventAtLink::Open(event) => Ok(event),
        EventAtLink::Over => Err(over(mailed, sent)),
        EventAtLink::Unknown => Err(incomplete(mailed)),
    })
}

/// A link of a QR code or a board that was not read whole.
fn incomplete(mailed: &Mailed) -> Response {
    let words = mailed.words;
    let content = pages::incomplete_event(words);
    let page = http::page(&mailed.office, words, words.incomplete_title, &content);
    (StatusCode::NOT_FOUND, page).into_response()
}

fn over(mailed: &Mailed, sent: &EventForm) -> Response {
    let words = mailed.words;
    let typed = pages::TypedAtEvent {
        email: &sent.email,
        topics: &sent.topic,
        frequency: &sent.frequency,
    };
    let content = pages::event_over(words, &typed);
    let show = if sent.email.is_empty() {
        http::page
    } else {
        http::answer_page
    };
    let page = show(&mailed.office, words, words.event_over_title, &content);
    (StatusCode::GONE, page).into_response()
}

fn path(event: &SignUpEvent) -> String {
    format!("/event/{}", event.token.as_str())
}

async fn show(
    mailed: &Mailed,
    event: &SignUpEvent,
    form: &EventForm,
    returned: Option<Returned<'_>>,
) -> Answer {
    let (office, words) = (&mailed.office, mailed.words);
    let topics: Vec<TopicChoice> = topics_in(&mailed.app, words.tag)
        .await?
        .iter()
        .map(|topic| choice(topic, form.topic.contains(&topic.slug)))
        .collect();
    let content = pages::sign_up(
        words,
        &pages::SignUp {
            action: &path(event),
            office: office.name_in(words.tag),
            privacy_url: http::privacy_url(office),
            topics: &topics,
            email: &form.email,
            frequency: frequency_of(&form.frequency).word(),
            returned,
            nonce: "",
            consent_mark: &consent_mark(office, words),
            languages: &http::languages(office),
            latest: &[],
            asks_zip: !office.zip_codes.is_empty(),
            zip: &form.zip,
            questions: &questions(office, words, form.answers()),
            leads_on: false,
            elsewhere: pages::Elsewhere::default(),
        },
    );
    let status = match returned {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let here = path(event);
    let leads = (Some(""), here.as_str());
    let page = http::event_page(office, words, words.sign_up_title, leads, &content);
    Ok((status, page).into_response())
}

pub(super) async fn sign_up(mut mailed: Mailed, AnyForm(form): AnyForm<EventForm>) -> Answer {
    mailed.words = mailed.visitor.words(&mailed.office, form.lang.as_deref());
    let event = match event_of(&mailed, &form).await? {
        Ok(event) => event,
        Err(page) => return Ok(page),
    };
    let TypedAddress { typed, read } =
        TypedAddress::of(&mailed.app, &form.email, &form.keep).await?;
    if let Err(fault) = read {
        return show(&mailed, &event, &form, Some(fault.returned())).await;
    }
    let (app, office, words) = (&mailed.app, &mailed.office, mailed.words);
    if is_of_another_text(office, words, &form.consent) {
        return show(&mailed, &event, &form, Some(Returned::ConsentChanged)).await;
    }
    if !count_at_event(app, &event).await? {
        return Ok(over(&mailed, &form));
    }
    let request = SignUp {
        email: typed.trim().to_owned(),
        topics: form.topic.iter().take(50).cloned().collect(),
        frequency: frequency_of(&form.frequency),
        language: words.tag.to_owned(),
        // Without the token: the evidence outlives the event.
        page: format!("{} “{}”", app.link("/event"), event.name),
        channel: Channel::Event,
        ip: mailed.visitor.client.ip.to_string(),
        // A whole hall shares one network; who has the link elsewhere counts with it.
        networks: vec![event.as_network()],
        user_agent: mailed.visitor.user_agent.clone(),
        about: AboutReader::of_form(office, words.tag, &form.zip, form.answers()),
    };
    let receipt = receive(app, &request).await?;
    match receipt {
        Receipt::Refused => return Ok(refused(office, words)),
        Receipt::NoSuchTopic => {
            return show(&mailed, &event, &form, Some(Returned::NoSuchTopic)).await;
        }
        Receipt::Now | Receipt::Later(_) => {}
    }
    let late = may_take_until(app, office, words, receipt);
    let here = path(&event);
    let content = pages::event_done(words, &here, late.as_deref());
    let leads = (None, here.as_str());
    Ok(http::event_page(
        office,
        words,
        words.check_mail_title,
        leads,
        &content,
    ))
}
