//! The public routes of the sign-up flow. A GET changes nothing, a POST needs no cookie, and no
//! answer tells whose address is known.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use axum_extra::extract::Form;
use gazette_templates::pages::{
    subscribers::{self as pages, TopicChoice, notice},
    words::Words,
};
use serde::Deserialize;
use serde_json::json;

use super::{
    Channel, ConfirmOutcome, Press, SignUp, TopicRow, choices, choose, confirm,
    link::SubscriberLink, never_again, receive, topics, unsubscribe,
};
use crate::{
    address::EmailAddress,
    app::App,
    http::{self, ClientAddress, Failure},
    office::Office,
    secret::Token,
};

type Answer = Result<Response, Failure>;

/// The form, the API, and the pages that mails link to.
pub fn routes() -> Router<App> {
    let unsubscribe = get(unsubscribe_page).post(unsubscribe_now);
    Router::new()
        .route("/", get(form))
        .route("/subscribe", post(subscribe))
        .route("/api/v1/subscriptions", post(subscribe_by_api))
        .route("/confirm/{token}", get(confirm_page).post(confirm_now))
        .route("/never/{token}", get(never_page).post(never_now))
        .route("/unsubscribe/{token}", unsubscribe.clone())
        // H5: a mail program that adds a slash must not be redirected.
        .route("/unsubscribe/{token}/", unsubscribe)
        .route(
            "/preferences/{token}",
            get(preferences_page).post(preferences_now),
        )
}

/// A person needs longer than this to fill in the form (O7).
const FASTEST_MS: i64 = 1_500;

#[derive(Debug, Deserialize)]
struct Asked {
    lang: Option<String>,
}

#[derive(Debug, Deserialize)]
struct SubscribeForm {
    #[serde(default)]
    email: String,
    #[serde(default)]
    topic: Vec<String>,
    lang: Option<String>,
    #[serde(default)]
    website: String,
    #[serde(default)]
    shown: String,
}

#[derive(Debug, Deserialize)]
struct ApiRequest {
    email: String,
    #[serde(default)]
    topics: Vec<String>,
    language: Option<String>,
}

async fn form(State(app): State<App>, Query(asked): Query<Asked>, headers: HeaderMap) -> Answer {
    let office = Office::load(&app.db).await?;
    let words = http::words(&office, asked.lang.as_deref(), &headers);
    show_form(&app, &office, words, "", &[], false).await
}

async fn show_form(
    app: &App,
    office: &Office,
    words: &'static Words,
    email: &str,
    chosen: &[String],
    wrong: bool,
) -> Answer {
    let topics: Vec<TopicChoice> = topics(app)
        .await?
        .into_iter()
        .map(|topic| choice(&topic, chosen.contains(&topic.slug)))
        .collect();
    let content = pages::sign_up(
        words,
        &pages::SignUp {
            office: &office.name,
            privacy_url: http::privacy_url(office),
            topics: &topics,
            email,
            wrong,
            nonce: &shown_now(app),
            languages: &http::languages(office),
        },
    );
    let status = if wrong {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    Ok((
        status,
        http::page(office, words, words.sign_up_title, &content),
    )
        .into_response())
}

async fn subscribe(
    State(app): State<App>,
    client: ClientAddress,
    headers: HeaderMap,
    Form(form): Form<SubscribeForm>,
) -> Answer {
    let office = Office::load(&app.db).await?;
    let words = http::words(&office, form.lang.as_deref(), &headers);
    if EmailAddress::parse(&form.email).is_err() {
        return show_form(&app, &office, words, &form.email, &form.topic, true).await;
    }
    // O7: what no person fills in, or no person fills in so fast, gets the same answer.
    if form.website.is_empty() && filled_in_time(&app, &form.shown) {
        let request = request(
            &app, form.email, form.topic, words, "form", client, &headers,
        );
        receive(&app, &request).await?;
    }
    Ok(http::page(
        &office,
        words,
        words.check_mail_title,
        &pages::check_mail(words),
    ))
}

async fn subscribe_by_api(
    State(app): State<App>,
    client: ClientAddress,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let wrong = |message: &str| {
        let answer = json!({ "error": message, "example": { "email": "name@example.org" } });
        Ok((StatusCode::UNPROCESSABLE_ENTITY, Json(answer)).into_response())
    };
    let Ok(asked) = serde_json::from_slice::<ApiRequest>(&body) else {
        return wrong("send a JSON object with the field `email`");
    };
    if let Err(error) = EmailAddress::parse(&asked.email) {
        return wrong(&error.to_string());
    }
    let office = Office::load(&app.db).await?;
    let words = http::words(&office, asked.language.as_deref(), &headers);
    let request = request(
        &app,
        asked.email,
        asked.topics,
        words,
        "api",
        client,
        &headers,
    );
    receive(&app, &request).await?;
    let answer = json!({ "status": "accepted", "message": "If this address can receive our news, an email to confirm it is on its way." });
    Ok((StatusCode::ACCEPTED, Json(answer)).into_response())
}

fn request(
    app: &App,
    email: String,
    topics: Vec<String>,
    words: &Words,
    channel: &'static str,
    client: ClientAddress,
    headers: &HeaderMap,
) -> SignUp {
    // Without a forwarding proxy every visitor of a trial has this machine's own address: counting
    // it would lock out everyone at the sixth sign-up.
    let trial =
        app.settings.public_url.is_loopback() && client.ip.is_loopback() && !client.forwarded;
    SignUp {
        email: email.trim().chars().take(320).collect(),
        topics: topics.into_iter().take(50).collect(),
        language: words.tag.to_owned(),
        page: app.link("/"),
        channel,
        ip: client.ip.to_string(),
        network: (!trial).then(|| client.network()),
        user_agent: http::user_agent(headers),
    }
}

/// When the form was shown, signed, so that its age can be believed.
fn shown_now(app: &App) -> String {
    let now = app.clock.now_ms().to_string();
    let mac = app.keys.mac(&[b"form", now.as_bytes()]);
    format!("{now}.{}", data_encoding::HEXLOWER.encode(&mac[..16]))
}

/// A form without the mark is a program that posts the fields by itself, which it may (the API does
/// no other); one with a mark must be old enough.
fn filled_in_time(app: &App, shown: &str) -> bool {
    if shown.is_empty() {
        return true;
    }
    let Some((at, mac)) = shown.split_once('.') else {
        return false;
    };
    let expected = app.keys.mac(&[b"form", at.as_bytes()]);
    let genuine = data_encoding::HEXLOWER
        .decode(mac.as_bytes())
        .is_ok_and(|mac| {
            bool::from(subtle::ConstantTimeEq::ct_eq(
                mac.as_slice(),
                &expected[..16],
            ))
        });
    genuine
        && at
            .parse::<i64>()
            .is_ok_and(|at| app.clock.now_ms() - at >= FASTEST_MS)
}

fn choice(topic: &TopicRow, chosen: bool) -> TopicChoice {
    TopicChoice {
        slug: topic.slug.clone(),
        name: topic.name.clone(),
        description: topic.description.clone(),
        chosen,
    }
}

fn press(client: ClientAddress, headers: &HeaderMap) -> Press {
    Press {
        ip: client.ip.to_string(),
        user_agent: http::user_agent(headers),
    }
}

/// H6, O4: the landing page looks the same for every token, so that opening it tells nothing.
async fn confirm_page(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Answer {
    let office = Office::load(&app.db).await?;
    let words = http::words(&office, None, &headers);
    Ok(match Token::from_link(&token) {
        Some(token) => http::page(
            &office,
            words,
            words.confirm_title,
            &pages::confirm(words, &office.name, token.as_str()),
        ),
        None => link_over(&office, words),
    })
}

async fn confirm_now(
    State(app): State<App>,
    Path(token): Path<String>,
    client: ClientAddress,
    headers: HeaderMap,
) -> Answer {
    let office = Office::load(&app.db).await?;
    let words = http::words(&office, None, &headers);
    let outcome = match Token::from_link(&token) {
        Some(token) => confirm(&app, &token, &press(client, &headers)).await?,
        None => ConfirmOutcome::LinkOver,
    };
    Ok(match outcome {
        ConfirmOutcome::Confirmed => http::page(
            &office,
            words,
            words.confirmed_title,
            &notice(words.confirmed_title, words.confirmed),
        ),
        ConfirmOutcome::LinkOver => link_over(&office, words),
    })
}

fn link_over(office: &Office, words: &'static Words) -> Response {
    let page = http::page(
        office,
        words,
        words.link_over_title,
        &notice(words.link_over_title, words.link_over),
    );
    (StatusCode::GONE, page).into_response()
}

async fn never_page(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Answer {
    let office = Office::load(&app.db).await?;
    let words = http::words(&office, None, &headers);
    Ok(match Token::from_link(&token) {
        Some(token) => http::page(
            &office,
            words,
            words.never_title,
            &pages::never(words, token.as_str()),
        ),
        None => link_over(&office, words),
    })
}

async fn never_now(
    State(app): State<App>,
    Path(token): Path<String>,
    client: ClientAddress,
    headers: HeaderMap,
) -> Answer {
    let office = Office::load(&app.db).await?;
    let words = http::words(&office, None, &headers);
    if let Some(token) = Token::from_link(&token) {
        never_again(&app, &token, &press(client, &headers)).await?;
    }
    Ok(http::page(
        &office,
        words,
        words.never_button,
        &notice(words.never_button, words.never_done),
    ))
}

/// A token as it may go back into a page: what we did not make is not repeated.
fn echoed(app: &App, token: &str) -> String {
    match SubscriberLink::from_token(&app.keys, token) {
        Some(link) => link.token(&app.keys),
        // H8: the page looks the same for a token that nobody has.
        None => token
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .take(SubscriberLink::TOKEN)
            .collect(),
    }
}

async fn unsubscribe_page(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Answer {
    let office = Office::load(&app.db).await?;
    let words = http::words(&office, None, &headers);
    let content = pages::unsubscribe(words, &office.name, &echoed(&app, &token));
    Ok(http::page(
        &office,
        words,
        words.unsubscribe_title,
        &content,
    ))
}

/// RFC 8058 §3.1: the POST must not be redirected, needs no cookie and no login. The token in the
/// address decides; whatever the body is, from urlencoded over the RFC's own malformed multipart
/// example to nothing at all, it only tells the evidence who pressed (H4, H7).
async fn unsubscribe_now(
    State(app): State<App>,
    Path(token): Path<String>,
    client: ClientAddress,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    if let Some(link) = SubscriberLink::from_token(&app.keys, &token) {
        let body = String::from_utf8_lossy(&body);
        let one_click = body.contains("List-Unsubscribe") && body.contains("One-Click");
        let channel = if one_click {
            Channel::OneClick
        } else {
            Channel::Page
        };
        unsubscribe(&app, link, channel, &press(client, &headers)).await?;
    }
    let office = Office::load(&app.db).await?;
    let words = http::words(&office, None, &headers);
    let content = notice(words.unsubscribed_title, words.unsubscribed);
    Ok(http::page(
        &office,
        words,
        words.unsubscribed_title,
        &content,
    ))
}

#[derive(Debug, Deserialize)]
struct PreferencesForm {
    #[serde(default)]
    topic: Vec<String>,
    lang: Option<String>,
}

async fn preferences_page(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Answer {
    show_preferences(&app, &token, &headers, false).await
}

async fn preferences_now(
    State(app): State<App>,
    Path(token): Path<String>,
    client: ClientAddress,
    headers: HeaderMap,
    Form(form): Form<PreferencesForm>,
) -> Answer {
    if let Some(link) = SubscriberLink::from_token(&app.keys, &token) {
        let language = Words::of(form.lang.as_deref().unwrap_or("en")).tag;
        choose(&app, link, &form.topic, language, &press(client, &headers)).await?;
    }
    show_preferences(&app, &token, &headers, true).await
}

async fn show_preferences(app: &App, token: &str, headers: &HeaderMap, saved: bool) -> Answer {
    let office = Office::load(&app.db).await?;
    let found = match SubscriberLink::from_token(&app.keys, token) {
        Some(link) => choices(app, link).await?,
        None => None,
    };
    let Some((topics, language)) = found else {
        // Who has left, and who never was: the way back is the form.
        let words = http::words(&office, None, headers);
        let content = notice(words.unsubscribed_title, words.unsubscribed);
        return Ok(http::page(
            &office,
            words,
            words.unsubscribed_title,
            &content,
        ));
    };
    let words = http::words(&office, Some(&language), headers);
    let topics: Vec<TopicChoice> = topics
        .iter()
        .map(|(topic, chosen)| choice(topic, *chosen))
        .collect();
    let content = pages::preferences(words, &echoed(app, token), &topics, saved);
    Ok(http::page(
        &office,
        words,
        words.preferences_title,
        &content,
    ))
}
