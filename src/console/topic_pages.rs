//! Topics in the console: made, named, translated, ordered and archived.

use axum::{
    Form, Router,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use gazette_templates::{
    pages::staff::{self as pages, TopicLine, TopicWords, TopicsView},
    reader_language::{own_name, reader_language},
};
use serde::Deserialize;

use super::{
    failure::{Failure, sentence},
    frame::{Done, frame},
    guard::{Admin, SignedIn, Viewer},
    state::Console,
};
use crate::{
    accounts::Role,
    app::App,
    office::Office,
    subscribers::{self, SubscriberError, TopicTranslation, topics},
};

type Answer = Result<Response, Failure>;

pub fn routes() -> Router<Console> {
    Router::new()
        .route("/staff/topics", get(list).post(add))
        .route("/staff/topics/change", post(change))
}

async fn list(State(app): State<App>, Viewer(me): Viewer, Query(done): Query<Done>) -> Answer {
    let view = view(&app, &me, done.done.as_deref()).await?;
    Ok(pages::topics(&view).into_response())
}

#[derive(Deserialize)]
struct NewTopic {
    slug: String,
    name: String,
    #[serde(default)]
    description: String,
}

async fn add(State(app): State<App>, Admin(me): Admin, Form(form): Form<NewTopic>) -> Answer {
    let (slug, name) = (form.slug.trim(), &form.name);
    let made = topics::add(&app, slug, name, &form.description, me.who()).await;
    answer(&app, &me, made.map(|_| ())).await
}

/// What the buttons beside one topic do.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Act {
    Save,
    First,
    Archive,
    Restore,
    Translate,
}

#[derive(Deserialize)]
struct Change {
    slug: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    description: String,
    /// Of a translation.
    #[serde(default)]
    language: String,
    act: Act,
}

async fn change(State(app): State<App>, Admin(me): Admin, Form(form): Form<Change>) -> Answer {
    let (slug, who) = (form.slug.as_str(), me.who());
    let changed = match form.act {
        Act::Save => {
            let (name, description) = (Some(form.name.as_str()), Some(form.description.as_str()));
            topics::describe(&app, slug, name, description, who).await
        }
        Act::First => topics::order(&app, std::slice::from_ref(&form.slug), who).await,
        Act::Archive => topics::archive(&app, slug, true, who).await,
        Act::Restore => topics::archive(&app, slug, false, who).await,
        Act::Translate => {
            let (name, description) = (&form.name, &form.description);
            subscribers::translate(&app, slug, &form.language, name, description, who).await
        }
    };
    answer(&app, &me, changed).await
}

async fn answer(app: &App, me: &SignedIn, done: Result<(), SubscriberError>) -> Answer {
    match done {
        Ok(()) => Ok(Redirect::to("/staff/topics").into_response()),
        Err(
            error @ (SubscriberError::Topic(..)
            | SubscriberError::NoTopic(..)
            | SubscriberError::Language(..)),
        ) => {
            let mut view = view(app, me, None).await?;
            view.error = Some(sentence(&error));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, pages::topics(&view)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

async fn view(app: &App, me: &SignedIn, done: Option<&str>) -> Result<TopicsView, Failure> {
    let office = Office::load(&app.db).await?;
    let mut translations = subscribers::translations(app).await?;
    Ok(TopicsView {
        frame: frame(app, me, done).await?,
        admin: me.account.role >= Role::Admin,
        topics: topics::listing(app)
            .await?
            .into_iter()
            .map(|topic| TopicLine {
                slug: topic.slug,
                name: topic.name,
                description: topic.description,
                archived: topic.archived,
                subscribers: topic.subscribers.unsigned_abs(),
                translations: in_other_languages(
                    &office,
                    &translations.remove(&topic.id).unwrap_or_default(),
                ),
            })
            .collect(),
        error: None,
    })
}

/// A topic in each language of the office but the first, which its own name is in.
fn in_other_languages(office: &Office, translations: &[TopicTranslation]) -> Vec<TopicWords> {
    let others = office.languages.iter().skip(1);
    others
        .filter_map(|tag| reader_language(tag))
        .map(|language| {
            let words = translations.iter().find(|words| words.language == language);
            TopicWords {
                language: language.to_owned(),
                language_name: own_name(language),
                name: words.map(|words| words.name.clone()).unwrap_or_default(),
                description: words
                    .map(|words| words.description.clone())
                    .unwrap_or_default(),
            }
        })
        .collect()
}
