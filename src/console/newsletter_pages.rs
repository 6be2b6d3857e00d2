//! Newsletters in the console: the list, one newsletter, and what may be done with it.

use std::fmt::Write;

use axum::{
    Form, Router,
    extract::{Path, Query, State},
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    },
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use gazette_templates::pages::staff::{
    self as pages, Allowed, BlackoutNotice, CancelView, CheckView, ExceptionView, GiveUpView,
    NewsletterLine, NewsletterView, NewslettersView, ProgressView, ProofView, ScheduleView, Stops,
    Twice,
};
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::{
    failure::{Failure, sentence},
    frame::{Done, frame, shown, until},
    guard::{Approver, Editor, SignedIn, Viewer},
    state::Console,
};
use crate::{
    accounts::Role,
    address::veil,
    app::App,
    audit,
    audit::Action,
    clock::Timestamp,
    delivery::{self, prepared_message::PrepareError},
    house,
    newsletters::{
        self, Audience, Counts, Exception, Newsletter, NewsletterError, NewsletterState as State_,
        checks::{self, Check, Severity},
    },
    office::Office,
    office_time::Fold,
    office_time::ScheduleError,
    office_time::office_time,
};

type Answer = Result<Response, Failure>;

/// The preview is our own rendering with inlined styles; nothing in it may run or load scripts.
const PREVIEW_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src https: http: data:; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// The same for a reader whose mailbox shows no pictures: the browser then shows what stands for them.
const PREVIEW_WITHOUT_PICTURES: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'self'";

/// Lines of what did not arrive on the page.
const EXCEPTIONS: u64 = 200;

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
        .route("/staff/newsletters/{id}/approve", post(approve))
        .route("/staff/newsletters/{id}/schedule", post(schedule))
        .route("/staff/newsletters/{id}/send", post(send_now))
        .route("/staff/newsletters/{id}/pause", post(pause))
        .route("/staff/newsletters/{id}/resume", post(resume))
        .route(
            "/staff/newsletters/{id}/cancel",
            get(cancel_page).post(cancel),
        )
}

async fn list(State(app): State<App>, Viewer(me): Viewer, Query(done): Query<Done>) -> Answer {
    let office = Office::load(&app.db).await?;
    let mut view = NewslettersView {
        frame: frame(&app, &me, done.done.as_deref()).await?,
        waiting: Vec::new(),
        under_way: Vec::new(),
        done: Vec::new(),
        incomplete: !office.complete,
        blackout: house::blackout_at(&app, &office.time_zone, app.clock.now())
            .await?
            .map(|blackout| BlackoutNotice {
                words: blackout.words(),
                blocked: None,
                acknowledged: false,
            }),
    };
    for (newsletter, counts) in newsletters::list(&app, 200).await? {
        let group = match newsletter.state {
            _ if newsletter.attention.is_some() && !ended(newsletter.state) => &mut view.waiting,
            // It goes out without anybody.
            State_::Draft if newsletter.auto_approve.is_some() => &mut view.under_way,
            State_::Draft | State_::Paused => &mut view.waiting,
            State_::Approved | State_::Sending => &mut view.under_way,
            State_::Sent | State_::Cancelled => &mut view.done,
        };
        let total = total(counts);
        let mut state = state_words(&newsletter, &office.time_zone);
        if let (Some(at), false) = (newsletter.settles_at, ended(newsletter.state)) {
            let until = until(at, app.clock.now(), &office.time_zone);
            let _ = write!(state, " · The office may still change it until {until}.");
        }
        group.push(NewsletterLine {
            id: newsletter.id,
            // Only the topic tells apart what goes out under several.
            state: match newsletter.edition {
                Some(_) => format!("{state} · {}", newsletter.topic.name),
                None => state,
            },
            progress: (total > 0).then_some((counts.accepted, total)),
            subject: newsletter.subject,
            attention: newsletter.attention,
        });
    }
    Ok(pages::newsletters(&view).into_response())
}

async fn one(
    State(app): State<App>,
    Viewer(me): Viewer,
    Path(id): Path<i64>,
    Query(done): Query<Done>,
) -> Answer {
    let view = view(&app, &me, id, done.done.as_deref()).await?;
    Ok(pages::newsletter(&view).into_response())
}

/// The page with whole addresses. A POST, although it changes nothing: the log notes who looked.
async fn addresses(State(app): State<App>, Approver(me): Approver, Path(id): Path<i64>) -> Answer {
    let mut view = view(&app, &me, id, None).await?;
    let (now, action) = (app.clock.now_ms(), Action::NewsletterAddresses);
    let object = format!("newsletter/{id}");
    audit::record(app.db.pool(), now, me.who(), action, object, "").await?;
    let zone = Office::load(&app.db).await?.time_zone;
    view.may_unveil = false;
    view.exceptions = newsletters::exceptions(&app, id, EXCEPTIONS)
        .await?
        .into_iter()
        .map(|exception| exception_view(exception, &zone))
        .collect();
    Ok(pages::newsletter(&view).into_response())
}

#[derive(Debug, Deserialize)]
struct Pictures {
    pictures: Option<String>,
}

async fn preview(
    State(app): State<App>,
    _: Viewer,
    Path(id): Path<i64>,
    Query(asked): Query<Pictures>,
) -> Answer {
    let preview = newsletters::preview(&app, id).await?;
    let policy = HeaderValue::from_static(match asked.pictures.as_deref() {
        Some("off") => PREVIEW_WITHOUT_PICTURES,
        _ => PREVIEW_POLICY,
    });
    Ok(([(CONTENT_SECURITY_POLICY, policy)], Html(preview.html)).into_response())
}

/// The counts alone, as they stand in the page.
async fn progress(State(app): State<App>, _: Viewer, Path(id): Path<i64>) -> Answer {
    let newsletter = newsletters::find(&app, id).await?;
    let counts = newsletters::counts(&app, id).await?;
    Ok(pages::progress(id, &progress_view(newsletter.state, counts)).into_response())
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
    let result = newsletters::rename(&app, id, &form.subject, seen(form.revision), me.who()).await;
    answer(&app, &me, id, result, "subject").await
}

async fn test(State(app): State<App>, Editor(me): Editor, Path(id): Path<i64>) -> Answer {
    let result = newsletters::send_test(&app, id, &me.account.email).await;
    if result.is_ok() {
        let (now, object) = (app.clock.now_ms(), format!("newsletter/{id}"));
        audit::record(
            app.db.pool(),
            now,
            me.who(),
            Action::NewsletterTest,
            &object,
            "",
        )
        .await?;
    }
    answer(&app, &me, id, result, "test").await
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
async fn eml(State(app): State<App>, _: Viewer, Path(id): Path<i64>) -> Answer {
    let file = format!("attachment; filename=\"newsletter-{id}.eml\"");
    let headers = [
        (CONTENT_TYPE, "message/rfc822".to_owned()),
        (CONTENT_DISPOSITION, file),
    ];
    match delivery::export_eml(&app, id).await {
        Ok(message) => Ok((headers, message).into_response()),
        Err(PrepareError::Newsletter(error)) => Err(error.into()),
        Err(error) => Err(NewsletterError::Wrong(error.to_string()).into()),
    }
}

/// The revision of the text that stood on the page whose button was pressed. A form without one is of
/// no page of ours, or of one before an update: nobody has seen its text.
fn seen(revision: Option<i32>) -> i32 {
    revision.unwrap_or(-1)
}

/// What the buttons that send bring along.
#[derive(Deserialize)]
struct Send {
    revision: Option<i32>,
    acknowledge: Option<String>,
    /// What they say that they saw of the checks.
    seen: Option<String>,
    /// Hours; empty: the office's. Not there: as it is.
    give_up: Option<String>,
}

/// Takes over when what a relay puts off is to be given up.
async fn give_up(
    app: &App,
    me: &SignedIn,
    id: i64,
    typed: Option<&str>,
) -> Result<(), NewsletterError> {
    let hours = match typed.map(str::trim) {
        None => return Ok(()),
        Some("") => None,
        // What is no number is no number of hours either.
        Some(typed) => Some(typed.parse().unwrap_or(0)),
    };
    newsletters::set_deadline(app, id, hours, me.who()).await
}

/// A ticked box takes note of the blackout in which the newsletter would go out at `at` (C4).
async fn acknowledged(
    app: &App,
    me: &SignedIn,
    id: i64,
    form: &Send,
    at: Option<Timestamp>,
) -> Result<(), NewsletterError> {
    if form.acknowledge.is_some() {
        newsletters::acknowledge_blackout(app, id, me.who(), at).await?;
    }
    Ok(())
}

async fn approve(
    State(app): State<App>,
    Approver(me): Approver,
    Path(id): Path<i64>,
    Form(form): Form<Send>,
) -> Answer {
    let result = match ready(&app, &me, id, &form, None).await {
        Ok(()) => newsletters::approve(&app, id, me.who(), None, seen(form.revision)).await,
        refused => refused,
    };
    let done = approved(&app, id).await?;
    answer(&app, &me, id, result, done).await
}

/// What is said of one that was approved to go out now.
async fn approved(app: &App, id: i64) -> Result<&'static str, NewsletterError> {
    Ok(match newsletters::find(app, id).await?.settles_at {
        Some(_) => "approved-settling",
        None => "approved",
    })
}

/// The checks that stop were seen, when to give up is known, and the blackout was taken note of.
async fn ready(
    app: &App,
    me: &SignedIn,
    id: i64,
    form: &Send,
    at: Option<Timestamp>,
) -> Result<(), NewsletterError> {
    newsletters::check_seen(app, id, seen(form.revision)).await?;
    have_seen(app, me, id, form.seen.as_deref()).await?;
    give_up(app, me, id, form.give_up.as_deref()).await?;
    acknowledged(app, me, id, form, at).await
}

/// Lets nobody approve what a check stops without having said that they saw it; what they saw goes
/// into the log.
async fn have_seen(
    app: &App,
    me: &SignedIn,
    id: i64,
    seen: Option<&str>,
) -> Result<(), NewsletterError> {
    if newsletters::find(app, id).await?.state != State_::Draft {
        return Ok(());
    }
    let Some(stops) = checks::blocking(&checks::check(app, id).await?) else {
        return Ok(());
    };
    if seen != Some(&stops) {
        return Err(NewsletterError::Wrong(
            "a check found something; look at “Before it goes out”, and tick that you have seen it"
                .to_owned(),
        ));
    }
    let (now, object) = (app.clock.now_ms(), format!("newsletter/{id}"));
    audit::record(
        app.db.pool(),
        now,
        me.who(),
        Action::NewsletterSeen,
        &object,
        &stops,
    )
    .await?;
    Ok(())
}

#[derive(Deserialize)]
struct Schedule {
    revision: Option<i32>,
    at: String,
    fold: Option<String>,
    seen: Option<String>,
    acknowledge: Option<String>,
    give_up: Option<String>,
}

async fn schedule(
    State(app): State<App>,
    Approver(me): Approver,
    Path(id): Path<i64>,
    Form(form): Form<Schedule>,
) -> Answer {
    let zone = Office::load(&app.db).await?.time_zone;
    let fold = match form.fold.as_deref() {
        Some("first") => Some(Fold::First),
        Some("second") => Some(Fold::Second),
        _ => None,
    };
    let revision = seen(form.revision);
    let ready = async {
        newsletters::check_seen(&app, id, revision).await?;
        have_seen(&app, &me, id, form.seen.as_deref()).await?;
        give_up(&app, &me, id, form.give_up.as_deref()).await
    };
    if let Err(error) = ready.await {
        return answer(&app, &me, id, Err(error), "scheduled").await;
    }
    let mut acknowledge = false;
    let refused = match office_time(&form.at, &zone, fold) {
        Ok(at) => {
            let send = Send {
                revision: form.revision,
                acknowledge: form.acknowledge,
                seen: None,
                give_up: None,
            };
            let result = match acknowledged(&app, &me, id, &send, Some(at)).await {
                Ok(()) => newsletters::approve(&app, id, me.who(), Some(at), revision).await,
                refused => refused,
            };
            match result {
                Err(NewsletterError::Wrong(why)) => (why, None),
                Err(NewsletterError::Blackout(why)) => {
                    let newsletter = newsletters::find(&app, id).await?;
                    let there = newsletters::in_blackout(&app, &newsletter, at).await?;
                    acknowledge = there.is_some_and(|there| there.blocked.is_none());
                    (why, None)
                }
                result => return answer(&app, &me, id, result, "scheduled").await,
            }
        }
        Err(error) => {
            let text = sentence(&error);
            let twice = match error {
                ScheduleError::Twice { first, second, .. } => Some(Twice { first, second }),
                _ => None,
            };
            (text, twice)
        }
    };
    let mut view = view(&app, &me, id, None).await?;
    view.schedule.at = form.at;
    view.schedule.error = Some(sentence(&refused.0));
    view.schedule.twice = refused.1;
    view.schedule.acknowledge = acknowledge;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, pages::newsletter(&view)).into_response())
}

async fn send_now(
    State(app): State<App>,
    Approver(me): Approver,
    Path(id): Path<i64>,
    Form(form): Form<Send>,
) -> Answer {
    let result = async {
        newsletters::check_seen(&app, id, seen(form.revision)).await?;
        give_up(&app, &me, id, form.give_up.as_deref()).await?;
        acknowledged(&app, &me, id, &form, None).await?;
        newsletters::send_now(&app, id, me.who(), seen(form.revision)).await
    };
    let result = result.await;
    let done = approved(&app, id).await?;
    answer(&app, &me, id, result, done).await
}

async fn pause(State(app): State<App>, Approver(me): Approver, Path(id): Path<i64>) -> Answer {
    let result = newsletters::pause(&app, id, me.who()).await;
    answer(&app, &me, id, result, "paused").await
}

async fn resume(
    State(app): State<App>,
    Approver(me): Approver,
    Path(id): Path<i64>,
    Form(form): Form<Send>,
) -> Answer {
    let result = match acknowledged(&app, &me, id, &form, None).await {
        Ok(()) => newsletters::resume(&app, id, me.who()).await,
        refused => refused,
    };
    answer(&app, &me, id, result, "resumed").await
}

async fn cancel_page(
    State(app): State<App>,
    Approver(me): Approver,
    Path(id): Path<i64>,
) -> Answer {
    let newsletter = newsletters::find(&app, id).await?;
    if ended(newsletter.state) {
        return Ok(Redirect::to(&format!("/staff/newsletters/{id}")).into_response());
    }
    let view = CancelView {
        frame: frame(&app, &me, None).await?,
        id,
        subject: newsletter.subject,
        accepted: newsletters::counts(&app, id).await?.accepted,
    };
    Ok(pages::cancel(&view).into_response())
}

async fn cancel(State(app): State<App>, Approver(me): Approver, Path(id): Path<i64>) -> Answer {
    let result = newsletters::cancel(&app, id, me.who()).await;
    answer(&app, &me, id, result, "cancelled").await
}

/// After a POST: back to the newsletter with what was done, or the same page with what is wrong.
async fn answer(
    app: &App,
    me: &SignedIn,
    id: i64,
    result: Result<(), NewsletterError>,
    done: &str,
) -> Answer {
    let (status, error) = match result {
        Ok(()) => {
            return Ok(
                Redirect::to(&format!("/staff/newsletters/{id}?done={done}")).into_response(),
            );
        }
        // Two people at once, or an old page: what they see now is how it is.
        Err(
            error @ (NewsletterError::State { .. }
            | NewsletterError::Changed { .. }
            | NewsletterError::ReleaseNews(_)),
        ) => (StatusCode::CONFLICT, error),
        Err(
            error @ (NewsletterError::Wrong(_)
            | NewsletterError::Blackout(_)
            | NewsletterError::OfficeIncomplete),
        ) => (StatusCode::UNPROCESSABLE_ENTITY, error),
        Err(error) => return Err(error.into()),
    };
    let mut view = view(app, me, id, None).await?;
    view.error = Some(match error {
        NewsletterError::OfficeIncomplete => {
            "The office’s name, sender address or postal address is \
            not set, and no mail may go out without them. An admin can set them under Settings."
                .to_owned()
        }
        NewsletterError::State { why, .. } => sentence(&why),
        NewsletterError::Changed { .. } => {
            "Somebody else, or the office, changed the text after you opened this page, so nothing was done. \
            Below is what it says now: read it, and decide again."
                .to_owned()
        }
        other => sentence(&other),
    });
    Ok((status, pages::newsletter(&view)).into_response())
}

async fn view(
    app: &App,
    me: &SignedIn,
    id: i64,
    done: Option<&str>,
) -> Result<NewsletterView, Failure> {
    let newsletter = newsletters::find(app, id).await?;
    let counts = newsletters::counts(app, id).await?;
    let office = Office::load(&app.db).await?;
    let zone = office.time_zone;
    let waits = matches!(newsletter.state, State_::Draft | State_::Approved);
    let (text, trouble) = match newsletters::preview(app, id).await {
        Ok(preview) => (Some(preview.text), None),
        Err(error @ NewsletterError::Db(_)) => return Err(error.into()),
        Err(error) => (None, Some(sentence(&error))),
    };
    let found = match (waits, &text) {
        (true, Some(_)) => checks::check(app, id).await?,
        _ => Vec::new(),
    };
    let exceptions = newsletters::exceptions(app, id, EXCEPTIONS).await?;
    let proof = newsletters::proof(app, id).await?;
    let blackout = if ended(newsletter.state) {
        None
    } else {
        newsletters::in_blackout(app, &newsletter, app.clock.now()).await?
    };
    let total = total(counts);
    Ok(NewsletterView {
        frame: frame(app, me, done).await?,
        id,
        revision: newsletter.revision,
        topic: newsletter.topic.name.clone(),
        state: state_words(&newsletter, &zone),
        attention: newsletter.attention.clone().or(trouble),
        notes: super::change_pages::notes(app, &newsletter).await?,
        audience: if waits {
            Some(newsletters::audience(app, id).await?)
        } else {
            None
        },
        text,
        stops: stops(&found),
        checks: found.into_iter().map(check_view).collect(),
        release_url: newsletter.release_url.clone(),
        progress: (total > 0 || newsletter.state == State_::Sending)
            .then(|| progress_view(newsletter.state, counts)),
        may_unveil: me.account.role >= Role::Approver && !exceptions.is_empty(),
        exceptions: exceptions
            .into_iter()
            .map(|exception| veiled(exception_view(exception, &zone)))
            .collect(),
        allowed: allowed(&newsletter, me.account.role),
        give_up: GiveUpView {
            own: newsletter.deadline_hours,
            office: office.give_up_hours,
        },
        schedule: ScheduleView {
            zone: zone.iana_name().unwrap_or("UTC").to_owned(),
            ..ScheduleView::default()
        },
        error: None,
        press_list: newsletter.audience == Audience::PressList,
        blackout: blackout.map(|there| BlackoutNotice {
            words: there.blackout.words(),
            blocked: there.blocked.map(|why| sentence(&why)),
            acknowledged: there.acknowledged,
        }),
        proof: Some(ProofView {
            at: shown(proof.at, &zone),
            people: proof.people,
            all_opted_in: proof.all_opted_in,
            groups: proof
                .evidence
                .iter()
                .map(|group| (group.people, group.words()))
                .collect(),
        }),
        subject: newsletter.subject,
    })
}

fn check_view(check: Check) -> CheckView {
    CheckView {
        severity: match check.severity {
            Severity::Ok => "OK",
            Severity::Warning => "Warning",
            Severity::Blocking => "Blocking",
        },
        title: check.title,
        says: check.says,
        details: check.details,
    }
}

fn stops(found: &[Check]) -> Option<Stops> {
    let titles = found
        .iter()
        .filter(|check| check.severity == Severity::Blocking)
        .map(|check| check.title);
    Some(Stops {
        mark: checks::blocking(found)?,
        titles: titles.collect::<Vec<_>>().join(", "),
    })
}

/// The buttons that would work. The rules themselves stand in [`newsletters`]; this only keeps a
/// page from offering what would be refused.
fn allowed(newsletter: &Newsletter, role: Role) -> Allowed {
    let state = newsletter.state;
    let (editor, approver) = (role >= Role::Editor, role >= Role::Approver);
    Allowed {
        rename: editor && state == State_::Draft,
        follow_links: editor && matches!(state, State_::Draft | State_::Approved),
        test: editor && matches!(state, State_::Draft | State_::Approved),
        approve: approver && state == State_::Draft,
        send_now: approver && state == State_::Approved,
        pause: approver && state == State_::Sending,
        resume: approver && state == State_::Paused,
        cancel: approver && !ended(state),
        for_press: editor
            && newsletter.audience == Audience::Subscribers
            && newsletter.settles_at.is_none()
            && state != State_::Cancelled,
    }
}

fn ended(state: State_) -> bool {
    matches!(state, State_::Sent | State_::Cancelled)
}

fn total(counts: Counts) -> u64 {
    counts.queued
        + counts.claimed
        + counts.accepted
        + counts.deferred
        + counts.failed
        + counts.withdrawn
}

fn progress_view(state: State_, counts: Counts) -> ProgressView {
    ProgressView {
        total: total(counts),
        accepted: counts.accepted,
        waiting: counts.queued + counts.claimed,
        deferred: counts.deferred,
        failed: counts.failed,
        withdrawn: counts.withdrawn,
        live: state == State_::Sending,
    }
}

fn state_words(newsletter: &Newsletter, zone: &TimeZone) -> String {
    let at = |what: &str, at: Option<Timestamp>| match at {
        Some(at) => format!("{what} {}", shown(at, zone)),
        None => what.to_owned(),
    };
    match newsletter.state {
        State_::Draft => at("Draft, made", Some(newsletter.created_at)),
        State_::Approved => at("Approved, goes out", newsletter.scheduled_at),
        State_::Sending => at("Being sent since", newsletter.started_at),
        State_::Paused => "Paused".to_owned(),
        State_::Sent => at("Sent", newsletter.finished_at),
        State_::Cancelled => at("Cancelled", newsletter.finished_at),
    }
}

fn exception_view(exception: Exception, zone: &TimeZone) -> ExceptionView {
    ExceptionView {
        state: match exception.state {
            "deferred" => "Not yet; tried again at",
            "withdrawn" => "Left meanwhile, not mailed",
            _ => "Failed",
        },
        words: match exception.code {
            0 => exception.words,
            code if exception.words.starts_with(&code.to_string()) => exception.words,
            code => format!("{code} {}", exception.words),
        },
        relay: exception.relay,
        tls: exception.tls,
        at: shown(exception.at, zone),
        email: exception.email,
    }
}

/// The same with the address in part, also where the mail server repeats it.
fn veiled(line: ExceptionView) -> ExceptionView {
    ExceptionView {
        email: veil(&line.email),
        words: veil(&line.words),
        ..line
    }
}
