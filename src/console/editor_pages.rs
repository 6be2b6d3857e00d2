//! Writing in the console: a new release, and the text of a draft. Both are Markdown on the way
//! and the document once they are kept.

use axum::{
    Form, Json, Router,
    extract::{Path, Query, State},
    http::{HeaderValue, StatusCode, header::CONTENT_SECURITY_POLICY},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use gazette_templates::{
    Document,
    pages::staff::{self as pages, TooLateView, UnsavedView, WritingView},
};
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::{
    failure::{Failure, sentence},
    frame::frame,
    guard::{Editor, SignedIn},
    newsletter_pages::{AskedMail, shown_mail},
    state::Console,
    writing_conflicts::{began_with, says, show_both},
};
use crate::{
    app::App,
    newsletters::{
        self, EditedText, MOST_PICTURE_BYTES, NewsletterError, NewsletterState, UnsavedFields,
        UnsavedText,
    },
    office::Office,
    releases::{by_hand, reading},
    rendering,
    secret::random_label,
    subscribers,
};

type Answer = Result<Response, Failure>;

/// The console's policy, and the images of a text that stands beside another: they are on the office's own site.
/// The mail itself stands in a frame, whose policy is its own.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
    img-src 'self' https: http:; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

pub fn routes() -> Router<Console> {
    Router::new()
        .route("/staff/releases/new", get(new_page).post(new))
        .route("/staff/releases/preview.html", get(preview))
        .route("/staff/releases/paste", post(paste))
        .route("/staff/releases/blocks", post(blocks))
        .route("/staff/newsletters/{id}/edit", get(edit_page).post(edit))
        .route("/staff/newsletters/{id}/unsaved", post(autosave))
        .route("/staff/newsletters/{id}/unsaved/discard", post(discard))
        .route("/staff/releases/unsaved", post(autosave_new))
        .route("/staff/releases/unsaved/discard", post(discard_new))
}

/// What both forms send.
#[derive(Debug, Deserialize)]
pub struct Written {
    pub subject: String,
    pub text: String,
    topic: Option<i64>,
    pub revision: Option<i32>,
    #[serde(default)]
    preview: String,
    #[serde(default)]
    changed: String,
    #[serde(default)]
    intro: String,
    /// What tells this form from every other: it makes one draft, and what is typed in it is kept by itself.
    pub once: Option<String>,
    /// What its fields said when it was opened ([`began_with`]).
    #[serde(default)]
    pub began: String,
    action: Option<String>,
}

/// Throws away what was kept of a form.
#[derive(Debug, Deserialize)]
struct Discarded {
    #[serde(default)]
    once: String,
}

/// Whether it is a name that a form of ours was given ([`random_label`]).
fn names_a_form(once: &str) -> bool {
    once.len() == 32 && once.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The name that a form brought along, or one for a new form.
pub fn form_name(once: Option<&str>) -> Result<String, Failure> {
    Ok(match once {
        Some(once) if names_a_form(once) => once.to_owned(),
        _ => random_label()?,
    })
}

impl Written {
    /// What tells its form from every other; empty: it is of an older version.
    pub fn form(&self) -> &str {
        let once = self.once.as_deref().unwrap_or_default();
        if names_a_form(once) { once } else { "" }
    }

    pub fn keep(&self) -> bool {
        self.action.as_deref() == Some("keep")
    }

    /// They chose this text among those that they did not save.
    pub fn goes_on(&self) -> bool {
        self.action.as_deref() == Some("go-on")
    }

    /// They asked to see the mail.
    pub fn looks(&self) -> bool {
        self.action.as_deref() == Some("preview")
    }
}

impl From<&Written> for UnsavedFields {
    fn from(written: &Written) -> Self {
        Self {
            subject: written.subject.clone(),
            text: lines(&written.text),
            preview: written.preview.clone(),
            changed: lines(&written.changed),
            intro: lines(&written.intro),
            revision: written.revision,
            topic: written.topic,
            began: written.began.clone(),
        }
    }
}

/// Keeps what is being written, for the script: the answer is when, as the page shows it.
async fn autosave(
    State(app): State<App>,
    Editor(me): Editor,
    Path(id): Path<i64>,
    Form(written): Form<Written>,
) -> Answer {
    newsletters::find(&app, id).await?;
    keep_unsaved(&app, &me, Some(id), written).await
}

async fn autosave_new(
    State(app): State<App>,
    Editor(me): Editor,
    Form(written): Form<Written>,
) -> Answer {
    keep_unsaved(&app, &me, None, written).await
}

async fn keep_unsaved(
    app: &App,
    me: &SignedIn,
    newsletter: Option<i64>,
    written: Written,
) -> Answer {
    keep_first(app, me, newsletter, &written).await?;
    let zone = Office::load(&app.db).await?.time_zone;
    let now = app.clock.now();
    Ok(format!("Saved {}", super::frame::until(now, now, &zone)).into_response())
}

async fn discard(
    State(app): State<App>,
    Editor(me): Editor,
    Path(id): Path<i64>,
    Form(form): Form<Discarded>,
) -> Answer {
    newsletters::forget_unsaved(&app, me.account.id, Some(id), &form.once).await?;
    Ok(Redirect::to(&format!("/staff/newsletters/{id}/edit")).into_response())
}

async fn discard_new(
    State(app): State<App>,
    Editor(me): Editor,
    Form(form): Form<Discarded>,
) -> Answer {
    newsletters::forget_unsaved(&app, me.account.id, None, &form.once).await?;
    Ok(Redirect::to("/staff/releases/new").into_response())
}

/// What somebody wrote here before, or writes in another window, and did not save: where it differs from
/// what the form shows.
pub async fn unsaved_views(
    app: &App,
    me: &SignedIn,
    newsletter: Option<i64>,
    view: &WritingView,
) -> Result<Vec<UnsavedView>, Failure> {
    let zone = Office::load(&app.db).await?.time_zone;
    let unsaved = newsletters::unsaved(app, me.account.id, newsletter).await?;
    let others = unsaved.into_iter().filter(|UnsavedText { fields, .. }| {
        fields.text.trim() != view.text.trim()
            || fields.subject.trim() != view.subject.trim()
            || !says(view.preview.as_deref(), &fields.preview)
            || !says(view.changed.as_deref(), &fields.changed)
            || !says(view.intro.as_deref(), &fields.intro)
    });
    Ok(others.map(|text| unsaved_view(text, &zone)).collect())
}

fn unsaved_view(UnsavedText { form, at, fields }: UnsavedText, zone: &TimeZone) -> UnsavedView {
    UnsavedView {
        form,
        at: super::frame::shown(at, zone),
        subject: fields.subject,
        text: fields.text,
        preview: fields.preview,
        changed: fields.changed,
        intro: fields.intro,
        revision: fields.revision,
        topic: fields.topic,
        began: fields.began,
    }
}

pub async fn shown(status: StatusCode, view: &WritingView) -> Answer {
    let policy = [(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY))];
    let page = rendering::in_turn(|| pages::writing(view)).await?;
    Ok((status, policy, page).into_response())
}

async fn new_page(State(app): State<App>, Editor(me): Editor) -> Answer {
    let mut view = new_view(&app, &me, None).await?;
    view.unsaved = unsaved_views(&app, &me, None, &view).await?;
    shown(StatusCode::OK, &view).await
}

async fn new(State(app): State<App>, Editor(me): Editor, Form(written): Form<Written>) -> Answer {
    keep_first(&app, &me, None, &written).await?;
    if !written.keep() {
        let mut view = new_view(&app, &me, Some(&written)).await?;
        if written.goes_on() {
            view.unsaved = unsaved_views(&app, &me, None, &view).await?;
        }
        return shown(StatusCode::OK, &view).await;
    }
    match make(&app, &me, &written).await {
        Ok(draft) => {
            newsletters::forget_unsaved(&app, me.account.id, None, written.form()).await?;
            Ok(Redirect::to(&format!("/staff/newsletters/{draft}?done=written")).into_response())
        }
        Err(error @ NewsletterError::Wrong(_)) => {
            let mut view = new_view(&app, &me, Some(&written)).await?;
            view.error = Some(sentence(&error));
            shown(StatusCode::UNPROCESSABLE_ENTITY, &view).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Keeps what a form sent before anything is made of it: it is not lost whatever comes, and the frame beside the
/// form shows the mail of it.
pub async fn keep_first(
    app: &App,
    me: &SignedIn,
    newsletter: Option<i64>,
    written: &Written,
) -> Result<(), Failure> {
    let (form, fields) = (written.form(), written.into());
    Ok(newsletters::keep_unsaved(app, me.account.id, newsletter, form, &fields).await?)
}

/// The draft of a release that was written.
async fn make(app: &App, me: &SignedIn, written: &Written) -> Result<i64, NewsletterError> {
    if let Some(refusal) = reading::refusal::of_bytes(written.text.as_bytes(), "") {
        let why = format!("this is no text of a release: {refusal}");
        return Err(NewsletterError::Wrong(why));
    }
    let document = newsletters::written_document(app, &lines(&written.text), None).await?;
    let text = EditedText {
        preview: &written.preview,
        intro: &lines(&written.intro),
        ..EditedText::of(&written.subject, &document)
    };
    let known = subscribers::topics(app).await?;
    let topic = written
        .topic
        .filter(|id| known.iter().any(|topic| topic.id == *id));
    let once = written.once.as_deref().filter(|once| names_a_form(once));
    newsletters::draft_of_written(app, text, topic, once, me.who()).await
}

async fn new_view(
    app: &App,
    me: &SignedIn,
    written: Option<&Written>,
) -> Result<WritingView, Failure> {
    let chosen = written.and_then(|written| written.topic);
    let topics = subscribers::topics(app).await?;
    let once = form_name(written.and_then(|written| written.once.as_deref()))?;
    let typed = |field: fn(&Written) -> &String| {
        written.map_or_else(String::new, |written| lines(field(written)))
    };
    Ok(WritingView {
        frame: frame(app, me, None).await?,
        heading: "Write a release".to_owned(),
        says: None,
        action: "/staff/releases/new".to_owned(),
        back: (
            "/staff/releases".to_owned(),
            "All releases and sources".to_owned(),
        ),
        keep: "Make the draft",
        topics: topics
            .into_iter()
            .map(|topic| (topic.id, topic.name, chosen == Some(topic.id)))
            .collect(),
        subject: typed(|written| &written.subject),
        text: typed(|written| &written.text),
        revision: None,
        began: String::new(),
        mail: mail_of(None, written.map_or(once.as_str(), Written::form)),
        look_first: written.is_some_and(Written::looks),
        once,
        preview: Some(typed(|written| &written.preview)),
        changed: None,
        intro: Some(typed(|written| &written.intro)),
        error: None,
        conflict: None,
        autosave: "/staff/releases/unsaved".to_owned(),
        most_megabytes: MOST_PICTURE_BYTES / 1_000_000,
        unsaved: Vec::new(),
    })
}

/// Where the mail of what stands in a form is shown.
pub fn mail_of(newsletter: Option<i64>, form: &str) -> String {
    match newsletter {
        Some(id) => format!("/staff/newsletters/{id}/preview.html?form={form}"),
        None => format!("/staff/releases/preview.html?form={form}"),
    }
}

/// The mail of a release that is being written.
async fn preview(
    State(app): State<App>,
    Editor(me): Editor,
    Query(asked): Query<AskedMail>,
) -> Answer {
    let form = asked.form.as_deref().unwrap_or_default();
    let typed = newsletters::unsaved_in(&app, me.account.id, None, form).await?;
    let mail = newsletters::preview_written(&app, None, &typed.unwrap_or_default()).await;
    shown_mail(mail, &asked)
}

#[derive(Debug, Deserialize)]
struct Pasted {
    html: String,
}

/// What was pasted, as Markdown, for the script, and the names of pictures that could not be taken along.
async fn paste(State(app): State<App>, Editor(me): Editor, Form(form): Form<Pasted>) -> Answer {
    let mut document = rendering::in_turn(|| by_hand::from_paste(&form.html)).await?;
    let left = newsletters::take_pictures_along(&app, me.who(), &mut document).await?;
    let markdown = rendering::in_turn(|| by_hand::to_markdown(&document)).await?;
    let answer = serde_json::json!({ "text": markdown.trim_end(), "left": left });
    Ok(Json(answer).into_response())
}

#[derive(Debug, Deserialize)]
struct Typed {
    text: String,
}

/// The blocks of a Markdown text, for the script that shows it as it will look.
async fn blocks(Editor(_): Editor, Form(form): Form<Typed>) -> Answer {
    let blocks = rendering::in_turn(|| by_hand::editable(&lines(&form.text))).await?;
    Ok(Json(blocks).into_response())
}

async fn edit_page(State(app): State<App>, Editor(me): Editor, Path(id): Path<i64>) -> Answer {
    let newsletter = newsletters::find(&app, id).await?;
    if newsletter.state != NewsletterState::Draft {
        return too_late(&app, &me, id, newsletter.state).await;
    }
    let text = rendering::in_turn(|| by_hand::to_markdown(&newsletter.document)).await?;
    let mut view = edit_view(
        frame(&app, &me, None).await?,
        id,
        newsletter.subject,
        text,
        newsletter.revision,
        form_name(None)?,
    );
    view.preview = Some(newsletter.preview.unwrap_or_default());
    view.changed = newsletter
        .corrects
        .map(|_| newsletter.changed.unwrap_or_default());
    view.intro = Some(newsletter.intro.unwrap_or_default());
    view.began = began_with(&view);
    view.unsaved = unsaved_views(&app, &me, Some(id), &view).await?;
    shown(StatusCode::OK, &view).await
}

/// The way back to what somebody wrote while another decided: it is in no newsletter, and not lost.
async fn too_late(app: &App, me: &SignedIn, id: i64, state: NewsletterState) -> Answer {
    let zone = Office::load(&app.db).await?.time_zone;
    let unsaved = newsletters::unsaved(app, me.account.id, Some(id)).await?;
    let newsletter = format!("/staff/newsletters/{id}");
    if unsaved.is_empty() {
        return Ok(Redirect::to(&newsletter).into_response());
    }
    let why = match state {
        NewsletterState::Draft | NewsletterState::Approved => {
            "The newsletter was approved without it. To put it in, take the newsletter back to draft and edit it."
        }
        NewsletterState::Sending | NewsletterState::Paused | NewsletterState::Sent => {
            "The newsletter went out without it. To tell its readers, correct the text of the newsletter."
        }
        NewsletterState::Cancelled => "The newsletter was cancelled.",
    };
    let view = TooLateView {
        frame: frame(app, me, None).await?,
        autosave: format!("{newsletter}/unsaved"),
        newsletter,
        why,
        unsaved: unsaved
            .into_iter()
            .map(|text| unsaved_view(text, &zone))
            .collect(),
    };
    let page = rendering::in_turn(|| pages::too_late(&view)).await?;
    Ok(page.into_response())
}

async fn edit(
    State(app): State<App>,
    Editor(me): Editor,
    Path(id): Path<i64>,
    Form(written): Form<Written>,
) -> Answer {
    let newsletter = newsletters::find(&app, id).await?;
    keep_first(&app, &me, Some(id), &written).await?;
    let form = written.form().to_owned();
    let (looks, goes_on) = (written.looks(), written.goes_on());
    let text = lines(&written.text);
    let changed = lines(&written.changed);
    let intro = lines(&written.intro);
    let is_correction = newsletter.corrects.is_some();
    let document = newsletters::written_document(&app, &text, Some(&newsletter.document)).await?;
    let seen = written.revision.unwrap_or(-1);
    let saved = if written.keep() {
        let edited = EditedText {
            subject: &written.subject,
            document: &document,
            preview: &written.preview,
            changed: &changed,
            intro: &intro,
        };
        Some(newsletters::edit(&app, id, edited, seen, me.who()).await)
    } else {
        None
    };
    let mut view = edit_view(
        frame(&app, &me, None).await?,
        id,
        written.subject,
        text,
        seen,
        form_name(written.once.as_deref())?,
    );
    view.mail = mail_of(Some(id), &form);
    view.look_first = looks;
    view.preview = Some(written.preview);
    view.changed = is_correction.then_some(changed);
    view.intro = Some(intro);
    view.began = written.began;
    if goes_on {
        view.unsaved = unsaved_views(&app, &me, Some(id), &view).await?;
    }
    // What was typed is not lost: it stands in the form, with what is wrong.
    let status = match saved {
        None => StatusCode::OK,
        Some(Ok(())) => {
            newsletters::forget_unsaved(&app, me.account.id, Some(id), &form).await?;
            return Ok(Redirect::to(&format!("/staff/newsletters/{id}?done=text")).into_response());
        }
        Some(Err(NewsletterError::Changed { .. })) => {
            if says_the_same(&app, id, &view, &document).await? {
                // Pressed twice: the first press has saved it.
                newsletters::forget_unsaved(&app, me.account.id, Some(id), &form).await?;
                return Ok(
                    Redirect::to(&format!("/staff/newsletters/{id}?done=text")).into_response()
                );
            }
            show_both(&app, &me, id, &mut view, document).await?;
            StatusCode::CONFLICT
        }
        Some(Err(NewsletterError::State { why, .. })) => {
            view.error = Some(sentence(&why));
            StatusCode::CONFLICT
        }
        Some(Err(error @ NewsletterError::Wrong(_))) => {
            view.error = Some(sentence(&error));
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Some(Err(error)) => return Err(error.into()),
    };
    shown(status, &view).await
}

/// Whether the newsletter says already what was typed.
async fn says_the_same(
    app: &App,
    id: i64,
    typed: &WritingView,
    document: &Document,
) -> Result<bool, Failure> {
    let now = newsletters::find(app, id).await?;
    Ok(now.state == NewsletterState::Draft
        && now.subject == typed.subject.trim()
        && now.document.without_sizes() == document.without_sizes()
        && says(typed.preview.as_deref(), &now.preview.unwrap_or_default())
        && says(typed.changed.as_deref(), &now.changed.unwrap_or_default())
        && says(typed.intro.as_deref(), &now.intro.unwrap_or_default()))
}

pub fn edit_view(
    frame: pages::Frame,
    id: i64,
    subject: String,
    text: String,
    revision: i32,
    once: String,
) -> WritingView {
    WritingView {
        frame,
        heading: "Edit the text".to_owned(),
        says: None,
        action: format!("/staff/newsletters/{id}/edit"),
        back: (
            format!("/staff/newsletters/{id}"),
            "Back to the newsletter".to_owned(),
        ),
        keep: "Save the text",
        topics: Vec::new(),
        subject,
        text,
        revision: Some(revision),
        began: String::new(),
        mail: mail_of(Some(id), &once),
        look_first: false,
        once,
        preview: None,
        changed: None,
        intro: None,
        error: None,
        conflict: None,
        autosave: format!("/staff/newsletters/{id}/unsaved"),
        most_megabytes: MOST_PICTURE_BYTES / 1_000_000,
        unsaved: Vec::new(),
    }
}

/// Browsers send the lines of a text area with CR LF.
pub fn lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}
