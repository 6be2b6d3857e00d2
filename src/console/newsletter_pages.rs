//! Newsletters in the console: the list, one newsletter, and what may be done with it before anybody
//! decides to send it.

use std::fmt::Write;

use axum::{
    Form, Router,
    extract::{Path, Query, State},
    http::{
        HeaderValue,
        header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    },
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use gazette_templates::pages::staff::{
    self as pages, BlackoutNotice, NewsletterLine, NewslettersView,
};
use serde::Deserialize;

use super::{
    failure::Failure,
    followed::not_sent,
    frame::{Done, frame, until},
    guard::{Approver, Editor, SignedIn, Viewer},
    live_pages::followed_view,
    newsletter_view::{
        self, Typed, answer, badge, ended, explain, refused, seen, state_words, total, view,
        with_topic,
    },
    not_delivered,
    sent_newsletters::sent_newsletters,
    state::Console,
};
use crate::{
    accounts,
    accounts::Role,
    address::EmailAddress,
    app::App,
    audit,
    audit::Action,
    delivery::{self, prepared_message::PrepareError},
    house,
    newsletters::{self, Counts, ListGroup, Newsletter, NewsletterError, Preview, checks},
    office::Office,
};

type Answer = Result<Response, Failure>;

/// The preview is our own rendering with inlined styles; nothing in it may run or load scripts.
pub const PREVIEW_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src https: http: data:; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// The same for a reader whose mailbox shows no pictures: the browser then shows what stands for them.
const PREVIEW_WITHOUT_PICTURES: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'self'";

pub fn routes() -> Router<Console> {
    Router::new()
        .route("/staff/newsletters", get(list))
        .route("/staff/newsletters/{id}", get(one))
        .route("/staff/newsletters/{id}/preview.html", get(preview))
        .route("/staff/newsletters/{id}/progress", get(progress))
        .route("/staff/newsletters/{id}/subject", post(rename))
        .route("/staff/newsletters/{id}/links", post(follow_links))
        .route("/staff/newsletters/{id}/test", post(test))
        .route("/staff/newsletters/{id}/press", post(for_press))
        .route("/staff/newsletters/{id}/mail.eml", get(eml))
        .route("/staff/newsletters/{id}/addresses", post(addresses))
        .route(
            "/staff/newsletters/{id}/not-delivered.csv",
            get(not_delivered_file).post(not_delivered_addresses),
        )
        .route("/staff/newsletters/{id}/comment", post(comment))
}

/// What is looked for among what was sent.
#[derive(Debug, Default, Deserialize)]
struct Sought {
    done: Option<String>,
    #[serde(default)]
    q: String,
    before: Option<i64>,
}

/// More than an office has open at once.
const OPEN: u64 = 100;

async fn list(
    State(console): State<Console>,
    Viewer(me): Viewer,
    Query(sought): Query<Sought>,
) -> Answer {
    let app = &console.app;
    let office = Office::load(&app.db).await?;
    let group = async |group| {
        let list = newsletters::list_group(app, group, "", None, OPEN).await?;
        let lines = list
            .into_iter()
            .map(|(newsletter, counts)| line(app, &office, newsletter, counts));
        Ok::<Vec<NewsletterLine>, NewsletterError>(lines.collect())
    };
    let sent = sent_newsletters(&console, &office.time_zone, &sought.q, sought.before).await?;
    let view = NewslettersView {
        frame: frame(app, &me, sought.done.as_deref()).await?,
        waiting: group(ListGroup::NeedsReview).await?,
        under_way: group(ListGroup::UnderWay).await?,
        sent: sent.months,
        older: sent.older,
        sought: sought.q,
        write: me.account.role >= Role::Editor,
        incomplete: !office.complete,
        blackout: house::blackout_at(app, &office.time_zone, app.clock.now())
            .await?
            .map(|blackout| BlackoutNotice {
                words: blackout.words(),
                blocked: None,
                acknowledged: false,
            }),
    };
    Ok(pages::newsletters(&view).into_response())
}

fn line(app: &App, office: &Office, newsletter: Newsletter, counts: Counts) -> NewsletterLine {
    let total = total(counts);
    let mut state = state_words(&newsletter, &office.time_zone);
    if let (Some(at), false) = (newsletter.settles_at, ended(newsletter.state)) {
        let until = until(at, app.clock.now(), &office.time_zone);
        let _ = write!(
            state,
            " · Your website may still change this release until {until}"
        );
    }
    NewsletterLine {
        id: newsletter.id,
        badge: badge(&newsletter),
        state: with_topic(&newsletter, state),
        progress: (total > 0).then_some((counts.accepted, total)),
        subject: newsletter.subject,
        attention: newsletter.attention,
    }
}

/// A page waits for the count by provider of so many; of more, the streams that follow it bring it.
const COUNTED_FOR_A_PAGE: u64 = 20_000;

async fn one(
    State(console): State<Console>,
    Viewer(me): Viewer,
    Path(id): Path<i64>,
    Query(done): Query<Done>,
) -> Answer {
    let app = &console.app;
    let mut view = view(app, &me, id, done.done.as_deref()).await?;
    if view.is_draft {
        // Nothing is counted of it; who follows it from here sees nothing older.
        console.followed.forget(id).await;
    } else if let Some(progress) = view.progress.as_mut().filter(|it| it.mark.is_some()) {
        if progress.live && progress.accepted <= COUNTED_FOR_A_PAGE {
            console.followed.count_by_provider(app, id).await?;
        }
        let followed = followed_view(&console, id).await?;
        if followed.mark != progress.mark {
            // Either it went on since the rest of the page was asked for, or what was counted for all is of before.
            // The page is made of one look, and who follows it from there sees nothing older.
            console.followed.forget(id).await;
            view = newsletter_view::view(app, &me, id, done.done.as_deref()).await?;
        } else if progress.live {
            *progress = followed;
        }
    }
    Ok(pages::newsletter(&view).into_response())
}

/// The page with whole addresses. A POST, although it changes nothing: the log notes who looked.
async fn addresses(State(app): State<App>, Approver(me): Approver, Path(id): Path<i64>) -> Answer {
    let mut view = view(&app, &me, id, None).await?;
    note_look(&app, &me, id, "").await?;
    let zone = Office::load(&app.db).await?.time_zone;
    let newsletter = newsletters::find(&app, id).await?;
    let counts = newsletters::counts(&app, id).await?;
    let not_sent = not_sent(&app, &newsletter, counts).await?;
    view.may_unveil = false;
    view.exceptions =
        not_delivered::groups(&app, &newsletter, (counts, not_sent), &zone, false).await?;
    Ok(pages::newsletter(&view).into_response())
}

/// Notes in the log who looked at whole addresses.
async fn note_look(app: &App, me: &SignedIn, id: i64, how: &str) -> Result<(), Failure> {
    let (now, action) = (app.clock.now_ms(), Action::NewsletterAddresses);
    let object = format!("newsletter/{id}");
    audit::record(&app.db.writer(), now, me.who(), action, object, how).await?;
    Ok(())
}

/// All whom it did not reach, as a file: with the addresses in part.
async fn not_delivered_file(State(app): State<App>, _: Viewer, Path(id): Path<i64>) -> Answer {
    file_of(&app, id, true).await
}

/// The same with whole addresses. A POST, as the page with them is.
async fn not_delivered_addresses(
    State(app): State<App>,
    Approver(me): Approver,
    Path(id): Path<i64>,
) -> Answer {
    let file = file_of(&app, id, false).await?;
    note_look(&app, &me, id, "file").await?;
    Ok(file)
}

async fn file_of(app: &App, id: i64, veiled: bool) -> Answer {
    let newsletter = newsletters::find(app, id).await?;
    let file = not_delivered::csv(app, &newsletter, veiled).await?;
    let name = format!("attachment; filename=\"newsletter-{id}-not-delivered.csv\"");
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (CONTENT_DISPOSITION, name),
    ];
    Ok((headers, file).into_response())
}

/// Which mail a frame shows, and how.
#[derive(Debug, Default, Deserialize)]
pub struct AskedMail {
    /// What whoever asks is writing in this form of theirs; none: what is saved.
    pub form: Option<String>,
    pictures: Option<String>,
    part: Option<String>,
}

async fn preview(
    State(app): State<App>,
    Viewer(me): Viewer,
    Path(id): Path<i64>,
    Query(asked): Query<AskedMail>,
) -> Answer {
    let typed = match asked.form.as_deref() {
        Some(form) => newsletters::unsaved_in(&app, me.account.id, Some(id), form).await?,
        None => None,
    };
    let mail = match typed {
        Some(typed) => newsletters::preview_written(&app, Some(id), &typed).await,
        None => newsletters::preview(&app, id).await,
    };
    shown_mail(mail, &asked)
}

/// A mail for its frame; where there is none, the reason in its place.
pub fn shown_mail(mail: Result<Preview, NewsletterError>, asked: &AskedMail) -> Answer {
    let policy = HeaderValue::from_static(match asked.pictures.as_deref() {
        Some("off") => PREVIEW_WITHOUT_PICTURES,
        _ => PREVIEW_POLICY,
    });
    let policy = [(CONTENT_SECURITY_POLICY, policy)];
    Ok(match (mail, asked.part.as_deref()) {
        (Ok(mail), Some("text")) => {
            (policy, pages::mail_text(&mail.language, &mail.text)).into_response()
        }
        (Ok(mail), _) => (policy, Html(mail.html)).into_response(),
        (Err(error), _) => {
            let (status, words) = explain(error)?;
            (status, policy, pages::mail_text("en", &words)).into_response()
        }
    })
}

/// The counts alone, as they stand in the page.
async fn progress(State(console): State<Console>, _: Viewer, Path(id): Path<i64>) -> Answer {
    // Asked by a script, which waits for it as long as it takes.
    console.followed.count_by_provider(&console.app, id).await?;
    let view = followed_view(&console, id).await?;
    Ok(pages::progress(id, &view).into_response())
}

#[derive(Deserialize)]
struct Subject {
    subject: String,
    revision: Option<i32>,
}

async fn rename(
    State(app): State<App>,
    Editor(me): Editor,
    Path(id): Path<i64>,
    Form(form): Form<Subject>,
) -> Answer {
    match newsletters::rename(&app, id, &form.subject, seen(form.revision), me.who()).await {
        Ok(()) => answer(&app, &me, id, Ok(()), "subject").await,
        Err(error) => {
            let typed = Typed {
                subject: Some(form.subject),
                ..Typed::default()
            };
            refused(&app, &me, id, error, typed).await
        }
    }
}

#[derive(Deserialize)]
struct CommentForm {
    comment: String,
}

async fn comment(
    State(app): State<App>,
    Editor(me): Editor,
    Path(id): Path<i64>,
    Form(form): Form<CommentForm>,
) -> Answer {
    match newsletters::comment(&app, id, &form.comment, me.who()).await {
        Ok(()) => answer(&app, &me, id, Ok(()), "comment").await,
        Err(error) => {
            let typed = Typed {
                comment: form.comment,
                ..Typed::default()
            };
            refused(&app, &me, id, error, typed).await
        }
    }
}

#[derive(Debug, Deserialize)]
struct TestTo {
    /// A member of staff; none: whoever asks.
    to: Option<String>,
}

async fn test(
    State(app): State<App>,
    Editor(me): Editor,
    Path(id): Path<i64>,
    Form(form): Form<TestTo>,
) -> Answer {
    // Nobody but staff: a test is no way to write to anybody else.
    let asked = form
        .to
        .as_deref()
        .and_then(|to| EmailAddress::parse(to).ok());
    let to = match asked {
        Some(to) => accounts::active(&app)
            .await?
            .into_iter()
            .find(|account| account.email.key() == to.key())
            .map_or_else(|| me.account.email.clone(), |account| account.email),
        None => me.account.email.clone(),
    };
    let done = if to.key() == me.account.email.key() {
        "test"
    } else {
        "test-to-other"
    };
    let result = newsletters::send_test(&app, id, &[to], me.who())
        .await
        .map(|_| ());
    answer(&app, &me, id, result, done).await
}

/// Follows the links now, on whoever's request: what they answer is nobody's secret.
async fn follow_links(State(app): State<App>, Editor(me): Editor, Path(id): Path<i64>) -> Answer {
    let result = checks::follow_links(&app, id).await;
    answer(&app, &me, id, result, "links").await
}

#[derive(Deserialize)]
struct ForPress {
    news_release: String,
}

async fn for_press(
    State(app): State<App>,
    Editor(me): Editor,
    Path(id): Path<i64>,
    Form(form): Form<ForPress>,
) -> Answer {
    match newsletters::for_press(&app, id, form.news_release == "yes", me.who()).await {
        Ok(made) => answer(&app, &me, made, Ok(()), "press").await,
        Err(error) => answer(&app, &me, id, Err(error), "press").await,
    }
}

/// The exact mail as a file, for whoever must approve it (C4).
async fn eml(State(app): State<App>, Viewer(me): Viewer, Path(id): Path<i64>) -> Answer {
    let file = format!("attachment; filename=\"newsletter-{id}.eml\"");
    let headers = [
        (CONTENT_TYPE, "message/rfc822".to_owned()),
        (CONTENT_DISPOSITION, file),
    ];
    match delivery::export_eml(&app, id, me.who()).await {
        Ok(message) => Ok((headers, message).into_response()),
        Err(PrepareError::Newsletter(error)) => Err(error.into()),
        Err(error) => Err(NewsletterError::Wrong(error.to_string()).into()),
    }
}
