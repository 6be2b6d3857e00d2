//! Topics in the console: made, named, translated, ordered and archived.

use axum::{
    Form, Router,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use gazette_templates::{
    pages::staff::{self as pages, Kept, TopicLine, TopicWords, TopicsView},
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
    office::Office,
    subscribers::{self, SubscriberError, TopicTranslation, topics},
};

type Answer = Result<Response, Failure>;

pub fn routes() -> Router<Console> {
    Router::new()
        .route("/staff/topics", get(list).post(add))
        .route("/staff/topics/change", post(change))
}

async fn list(
    State(console): State<Console>,
    Viewer(me): Viewer,
    Query(done): Query<Done>,
) -> Answer {
    let view = view(&console, &me, done.done.as_deref()).await?;
    Ok(pages::topics(&view).into_response())
}

#[derive(Deserialize)]
struct NewTopic {
    slug: String,
    name: String,
    #[serde(default)]
    description: String,
}

async fn add(
    State(console): State<Console>,
    Admin(me): Admin,
    Form(form): Form<NewTopic>,
) -> Answer {
    let (slug, name) = (form.slug.trim(), &form.name);
    let made = topics::add(&console.app, slug, name, &form.description, me.who()).await;
    match refusal(made.map(|_| ()))? {
        None => Ok(Redirect::to("/staff/topics?done=topic-added").into_response()),
        Some(why) => {
            let mut view = view(&console, &me, None).await?;
            view.typed = (form.name, form.slug, form.description);
            Ok(refused(view, why))
        }
    }
}

/// What the buttons beside one topic do.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
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
    /// As it stands in its field, whichever button was pressed.
    name: Option<String>,
    description: Option<String>,
    /// The same as they stood on the page.
    name_shown: Option<String>,
    description_shown: Option<String>,
    /// Of a translation.
    #[serde(default)]
    language: String,
    act: Act,
}

async fn change(
    State(console): State<Console>,
    Admin(me): Admin,
    Form(form): Form<Change>,
) -> Answer {
    if matches!(form.act, Act::Save | Act::Translate) {
        let mut kept = view(&console, &me, None).await?;
        if let Some(why) = changed_meanwhile(&mut kept, &form) {
            put_back(&mut kept, form);
            return Ok(refused(kept, why));
        }
    }
    let (app, slug, who) = (&console.app, form.slug.as_str(), me.who());
    // What was left alone may have been changed by somebody else.
    let name = changed(form.name.as_deref(), form.name_shown.as_deref());
    let description = changed(
        form.description.as_deref(),
        form.description_shown.as_deref(),
    );
    let (saved, done) = match form.act {
        Act::Save => {
            let saved = topics::describe(app, slug, name, description, who).await;
            (saved, "topic")
        }
        Act::First => {
            let first = std::slice::from_ref(&form.slug);
            (topics::order(app, first, who).await, "topic-first")
        }
        Act::Archive => {
            let archived = topics::archive(app, slug, true, who).await;
            (archived, "topic-archived")
        }
        Act::Restore => (topics::archive(app, slug, false, who).await, "topic-back"),
        Act::Translate => {
            let (language, name) = (&form.language, form.name.as_deref());
            let (name, holds) = (name.unwrap_or_default(), form.description.as_deref());
            let holds = holds.unwrap_or_default();
            let saved = subscribers::translate(app, slug, language, name, holds, who).await;
            (saved, "topic")
        }
    };
    let why = refusal(saved)?;
    if why.is_none() && matches!(form.act, Act::Save | Act::Translate) {
        return Ok(Redirect::to(&format!("/staff/topics?done={done}")).into_response());
    }
    let mut view = view(&console, &me, why.is_none().then_some(done)).await?;
    let is_typed = put_back(&mut view, form);
    match why {
        Some(why) => Ok(refused(view, why)),
        // What was typed beside another button than Save is not saved by it, and not lost either.
        None if is_typed => {
            let said = view.frame.done.get_or_insert_default();
            said.push_str(
                " What you typed is not saved yet: it still stands in its field, beside Save.",
            );
            Ok(pages::topics(&view).into_response())
        }
        None => Ok(Redirect::to(&format!("/staff/topics?done={done}")).into_response()),
    }
}

/// What was typed, where it is another thing than what stood on the page.
fn changed<'a>(typed: Option<&'a str>, shown: Option<&str>) -> Option<&'a str> {
    typed.filter(|typed| shown.is_none_or(|shown| shown.trim() != typed.trim()))
}

/// Name and description that the form is about: those of a topic, or of one of its translations.
fn fields<'a>(view: &'a mut TopicsView, form: &Change) -> Option<[&'a mut String; 2]> {
    let mut topics = view.topics.iter_mut();
    let topic = topics.find(|topic| topic.slug == form.slug)?;
    match form.act {
        Act::Translate => {
            let mut words = topic.translations.iter_mut();
            let words = words.find(|words| words.language == form.language)?;
            Some([&mut words.name, &mut words.description])
        }
        Act::Save | Act::First | Act::Archive | Act::Restore => {
            Some([&mut topic.name, &mut topic.description])
        }
    }
}

/// What to say where somebody else changed the words of a form since it was opened, which would overwrite them.
fn changed_meanwhile(view: &mut TopicsView, form: &Change) -> Option<String> {
    let [name, description] = fields(view, form)?;
    let pairs = [
        (name, &form.name, &form.name_shown),
        (description, &form.description, &form.description_shown),
    ];
    let theirs = pairs.into_iter().find_map(|(now, typed, shown)| {
        let (typed, shown) = (typed.as_deref()?.trim(), shown.as_deref()?.trim());
        let is_theirs = now.trim() != shown && now.trim() != typed;
        // A translation is written as a whole.
        let would_overwrite = typed != shown || form.act == Act::Translate;
        (is_theirs && would_overwrite).then(|| now.clone())
    })?;
    Some(format!(
        "Somebody else changed this topic while your page was open: “{theirs}” stands there now. What you typed \
         is still in its field; press Save again to have it instead."
    ))
}

/// Puts what was typed into its fields again; whether it is anything else than what stood there.
fn put_back(view: &mut TopicsView, form: Change) -> bool {
    let Some([name, holds]) = fields(view, &form) else {
        return false;
    };
    let mut is_other = false;
    for (field, typed) in [(name, form.name), (holds, form.description)] {
        if let Some(typed) = typed {
            is_other |= typed.trim() != field.trim();
            *field = typed;
        }
    }
    is_other
}

/// Why it was refused, in a sentence; `None`: it was done.
fn refusal(done: Result<(), SubscriberError>) -> Result<Option<String>, Failure> {
    match done {
        Ok(()) => Ok(None),
        Err(
            error @ (SubscriberError::Topic(..)
            | SubscriberError::TopicName(_)
            | SubscriberError::TopicDescription(_)
            | SubscriberError::NoTopicName
            | SubscriberError::TopicNameTaken { .. }
            | SubscriberError::NoTopic(..)
            | SubscriberError::Language(..)),
        ) => Ok(Some(sentence(&error))),
        Err(error) => Err(error.into()),
    }
}

fn refused(mut view: TopicsView, why: String) -> Response {
    view.error = Some(why);
    (StatusCode::UNPROCESSABLE_ENTITY, pages::topics(&view)).into_response()
}

async fn view(console: &Console, me: &SignedIn, done: Option<&str>) -> Result<TopicsView, Failure> {
    let app = &console.app;
    let people = console.counted.topics(app).await?;
    let office = Office::load(&app.db).await?;
    let mut translations = subscribers::translations(app).await?;
    Ok(TopicsView {
        frame: frame(app, me, done).await?,
        admin: me.account.role >= Role::Admin,
        topics: topics::listed_with(app, &people)
            .await?
            .into_iter()
            .map(|topic| TopicLine {
                slug: topic.slug,
                kept: Kept {
                    name: topic.name.clone(),
                    description: topic.description.clone(),
                },
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
        typed: (String::new(), String::new(), String::new()),
    })
}

/// A topic in each language of the office but the first, which its own name is in.
fn in_other_languages(office: &Office, translations: &[TopicTranslation]) -> Vec<TopicWords> {
    let others = office.languages.iter().skip(1);
    others
        .filter_map(|tag| reader_language(tag))
        .map(|language| {
            let words = translations.iter().find(|words| words.language == language);
            let name = words.map(|words| words.name.clone()).unwrap_or_default();
            let description = words.map(|words| words.description.clone());
            let description = description.unwrap_or_default();
            TopicWords {
                language: language.to_owned(),
                language_name: own_name(language),
                kept: Kept {
                    name: name.clone(),
                    description: description.clone(),
                },
                name,
                description,
            }
        })
        .collect()
}
