//! The form and the API: both put the request down and give the one answer (O5).

use axum::{Json, body::Bytes, extract::State, http::StatusCode, response::IntoResponse};
use axum_extra::extract::Form;
use gazette_templates::pages::{
    subscribers::{self as pages, TopicChoice},
    words::Words,
};
use serde::Deserialize;
use serde_json::json;

use super::{
    form_age,
    visitor_request::{Answer, choice, network},
};
use crate::{
    address::EmailAddress,
    app::App,
    http::{self, Visitor},
    office::Office,
    subscribers::{Channel, SignUp, receive, topics},
};

#[derive(Debug, Deserialize)]
pub(super) struct SubscribeForm {
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

pub(super) async fn form(State(app): State<App>, visitor: Visitor) -> Answer {
    let office = Office::load(&app.db).await?;
    let words = visitor.words(&office, None);
    show(&app, &office, words, None).await
}

/// The form, empty or as it came back with a wrong address.
async fn show(
    app: &App,
    office: &Office,
    words: &'static Words,
    wrong: Option<&SubscribeForm>,
) -> Answer {
    let chosen = wrong.map(|form| form.topic.as_slice()).unwrap_or_default();
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
            email: wrong.map(|form| form.email.as_str()).unwrap_or_default(),
            wrong: wrong.is_some(),
            nonce: &match wrong {
                Some(form) => form_age::shown_first(app, &form.shown),
                None => form_age::shown_now(app),
            },
            languages: &http::languages(office),
        },
    );
    let status = match wrong {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let page = http::page(office, words, words.sign_up_title, &content);
    Ok((status, page).into_response())
}

pub(super) async fn subscribe(
    State(app): State<App>,
    visitor: Visitor,
    Form(form): Form<SubscribeForm>,
) -> Answer {
    let office = Office::load(&app.db).await?;
    let words = visitor.words(&office, form.lang.as_deref());
    if EmailAddress::parse(&form.email).is_err() {
        return show(&app, &office, words, Some(&form)).await;
    }
    // O7: what no person fills in, or no person fills in so fast, gets the same answer.
    if form.website.is_empty() && form_age::old_enough(&app, &form.shown) {
        let request = request_of(
            &app,
            &form.email,
            form.topic,
            words,
            Channel::Form,
            &visitor,
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

pub(super) async fn subscribe_by_api(
    State(app): State<App>,
    visitor: Visitor,
    body: Bytes,
) -> Answer {
    let wrong = |field: &str, message: &str| {
        let answer = json!({
            "error": message,
            "field": field,
            "example": { "email": "name@example.org" },
        });
        Ok((StatusCode::UNPROCESSABLE_ENTITY, Json(answer)).into_response())
    };
    let Ok(given) = serde_json::from_slice::<ApiRequest>(&body) else {
        return wrong("email", "send a JSON object with the field `email`");
    };
    if let Err(error) = EmailAddress::parse(&given.email) {
        return wrong("email", &error.to_string());
    }
    let office = Office::load(&app.db).await?;
    let words = visitor.words(&office, given.language.as_deref());
    let request = request_of(
        &app,
        &given.email,
        given.topics,
        words,
        Channel::Api,
        &visitor,
    );
    receive(&app, &request).await?;
    let answer = json!({
        "status": "accepted",
        "message": "If this address can receive our news, an email to confirm it is on its way.",
    });
    Ok((StatusCode::ACCEPTED, Json(answer)).into_response())
}

fn request_of(
    app: &App,
    email: &str,
    topics: Vec<String>,
    words: &Words,
    channel: Channel,
    visitor: &Visitor,
) -> SignUp {
    SignUp {
        email: email.trim().to_owned(),
        topics: topics.into_iter().take(50).collect(),
        language: words.tag.to_owned(),
        page: app.link("/"),
        channel,
        ip: visitor.client.ip.to_string(),
        network: network(app, visitor),
        user_agent: visitor.user_agent.clone(),
    }
}
