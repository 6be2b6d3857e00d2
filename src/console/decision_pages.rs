//! Deciding about a newsletter: the page that asks once more, approval now or for a time, taking it back
//! while nothing is sent, pausing, resuming and cancelling.

use axum::{
    Form, Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use gazette_templates::{
    amounts,
    pages::{
        staff::{self as pages, CancelView, NewsletterView, Summary, Ticked, Twice},
        words::Words,
    },
};
use serde::Deserialize;

use super::{
    failure::{Failure, sentence},
    frame::{Done, frame, until},
    guard::{Approver, Editor, SignedIn},
    language_names::language_name,
    late_presses::Button,
    newsletter_view::{answer, answer_press, ended, explain, pressed_late, seen, view},
    state::Console,
};
use crate::{
    app::App,
    audit,
    audit::Action,
    clock::{DAY, SECOND, Timestamp},
    delivery,
    newsletters::{self, Audience, NewsletterError, NewsletterState as State_, checks},
    office::Office,
    office_time::{Fold, ScheduleError, office_time},
};

type Answer = Result<Response, Failure>;

pub fn routes() -> Router<Console> {
    Router::new()
        .route("/staff/newsletters/{id}/review", get(review))
        .route(
            "/staff/newsletters/{id}/request-review",
            post(request_review),
        )
        .route("/staff/newsletters/{id}/approve", post(approve))
        .route("/staff/newsletters/{id}/schedule", post(schedule))
        .route("/staff/newsletters/{id}/undo", post(undo))
        .route("/staff/newsletters/{id}/reschedule", post(reschedule))
        .route("/staff/newsletters/{id}/send", post(send_now))
        .route("/staff/newsletters/{id}/pause", post(pause))
        .route("/staff/newsletters/{id}/resume", post(resume))
        .route("/staff/newsletters/{id}/send-failed", post(send_failed))
        .route(
            "/staff/newsletters/{id}/cancel",
            get(cancel_page).post(cancel),
        )
}

/// The last question: everything that is decided, in words.
async fn review(
    State(app): State<App>,
    Approver(me): Approver,
    Path(id): Path<i64>,
    Query(done): Query<Done>,
) -> Answer {
    let view = view(&app, &me, id, done.done.as_deref()).await?;
    if !view.allowed.approve {
        return Ok(Redirect::to(&format!("/staff/newsletters/{id}")).into_response());
    }
    ask_again(&app, StatusCode::OK, &view).await
}

async fn ask_again(app: &App, status: StatusCode, view: &NewsletterView) -> Answer {
    let newsletter = newsletters::find(app, view.id).await?;
    let office = Office::load(&app.db).await?;
    let undo = if office.undo_seconds > 0 {
        format!(
            "Now, after {} seconds in which you can undo it",
            office.undo_seconds
        )
    } else {
        "Now".to_owned()
    };
    let imported = view.proof.as_ref().map_or(0, |proof| proof.imported);
    let (asked, stated) = match imported {
        0 => ("asked for", String::new()),
        imported => (
            "get",
            format!(
                "; of {} the consent was stated when they were imported, and not confirmed here",
                amounts::people(imported)
            ),
        ),
    };
    // Asked of the rule itself: a topic with readers of summaries alone has people to send to.
    let nobody = match newsletters::check_audience(app, view.id).await {
        Ok(()) => None,
        Err(NewsletterError::Wrong(why)) => Some(sentence(&why)),
        Err(error) => return Err(error.into()),
    };
    let summary = Summary {
        nobody,
        audience: match newsletter.audience {
            Audience::PressList => "on the press list".to_owned(),
            Audience::Subscribers if newsletter.corrects.is_some() => {
                "who got the newsletter that this one corrects".to_owned()
            }
            Audience::Subscribers if newsletter.by_language => format!(
                "who {asked} {}, in {}; readers of its other versions get those{stated}",
                newsletter.topic.name,
                language_name(&newsletter.language)
            ),
            Audience::Subscribers => format!("who {asked} {}{stated}", newsletter.topic.name),
        },
        languages: language_name(&newsletter.language),
        from: format!("{} <{}>", office.name, office.from),
        when: match newsletter.settles_at {
            Some(at) => {
                let until = until(at, app.clock.now(), &office.time_zone);
                format!(
                    "{undo}, and not before your website can no longer change the release, {until}"
                )
            }
            None => undo,
        },
        undo_seconds: office.undo_seconds,
    };
    Ok((status, pages::review(view, &summary)).into_response())
}

/// What stands in the way of approving: on the page that asks, where it is still to be asked.
async fn not_approved(
    app: &App,
    me: &SignedIn,
    id: i64,
    error: NewsletterError,
    ticked: Ticked,
) -> Answer {
    if matches!(error, NewsletterError::State { .. }) {
        return pressed_late(app, me, id, Button::Approve, error).await;
    }
    let page_shows_it = !matches!(error, NewsletterError::Changed { .. });
    let mut view = view(app, me, id, None).await?;
    view.ticked = ticked;
    let (status, words) = explain(error)?;
    view.error = Some(words);
    if view.allowed.approve && page_shows_it {
        ask_again(app, status, &view).await
    } else {
        Ok((status, pages::newsletter(&view)).into_response())
    }
}

/// The boxes that a form brought along, ticked.
fn ticked(form: &'static str, seen: Option<&str>, acknowledge: Option<&str>) -> Ticked {
    Ticked {
        form,
        seen: seen.is_some(),
        acknowledged: acknowledge.is_some(),
    }
}

#[derive(Deserialize)]
struct Request {
    comment: Option<String>,
}

async fn request_review(
    State(app): State<App>,
    Editor(me): Editor,
    Path(id): Path<i64>,
    Form(form): Form<Request>,
) -> Answer {
    let comment = form.comment.unwrap_or_default();
    let result = newsletters::request_review(&app, id, &comment, me.who()).await;
    answer(&app, &me, id, result, "review").await
}

/// What the buttons that send bring along.
#[derive(Deserialize)]
struct Send {
    revision: Option<i32>,
    acknowledge: Option<String>,
    /// What they say that they saw of the checks.
    seen: Option<String>,
    /// Hours; empty: the office's. Not there: as it is.
    deadline: Option<String>,
    /// To how many the button said that it goes.
    people: Option<u64>,
}

/// A list that has grown by so many people, and by one in so many, is another one than the button named.
const MANY_MORE: u64 = 10;
const MANY_MORE_IN: u64 = 10;

/// Nobody sends to many more than the button said.
async fn goes_to_as_many(app: &App, id: i64, people: Option<u64>) -> Result<(), NewsletterError> {
    let Some(said) = people else {
        return Ok(());
    };
    let now = newsletters::audience(app, id).await?;
    let more = now.saturating_sub(said);
    if more < MANY_MORE || more * MANY_MORE_IN < said {
        return Ok(());
    }
    // The page that asks again shows the new number.
    app.audience_counts.forget();
    Err(NewsletterError::Wrong(format!(
        "the list has grown since you opened this page: it would go to {} now, and not to {}. Look at it once more, then approve",
        amounts::people(now),
        amounts::people(said)
    )))
}

/// Takes over when what a relay puts off is to be given up.
async fn deadline(
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
    ticked: bool,
    at: Option<Timestamp>,
) -> Result<(), NewsletterError> {
    if ticked {
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
        Ok(()) => {
            newsletters::approve_with_undo(&app, id, me.who(), None, seen(form.revision)).await
        }
        refused => refused,
    };
    match pressed_once(&app, &me, id, result, &APPROVED).await? {
        Ok(()) => {
            let done = approved(&app, id).await?;
            answer(&app, &me, id, Ok(()), done).await
        }
        Err(error) => {
            let ticked = ticked("approve", form.seen.as_deref(), form.acknowledge.as_deref());
            not_approved(&app, &me, id, error, ticked).await
        }
    }
}

/// How long a second press of the same button is taken for the first.
const PRESSED_TWICE_MS: i64 = 15 * SECOND;

/// What a button does, and the state that it leads to.
struct Pressed(Action, State_);

const APPROVED: Pressed = Pressed(Action::NewsletterApprove, State_::Approved);
const UNDONE: Pressed = Pressed(Action::NewsletterBackToDraft, State_::Draft);
const PAUSED: Pressed = Pressed(Action::NewsletterPause, State_::Paused);
const RESUMED: Pressed = Pressed(Action::NewsletterResume, State_::Sending);
const CANCELLED: Pressed = Pressed(Action::NewsletterCancel, State_::Cancelled);

/// What came of a button, where a second press of it by the same person counts as the first, whose answer
/// the browser has thrown away.
async fn pressed_once(
    app: &App,
    me: &SignedIn,
    id: i64,
    result: Result<(), NewsletterError>,
    Pressed(action, leads_to): &Pressed,
) -> Result<Result<(), NewsletterError>, Failure> {
    if !matches!(result, Err(NewsletterError::State { .. }))
        || newsletters::find(app, id).await?.state != *leads_to
    {
        return Ok(result);
    }
    let since = app.clock.now_ms() - PRESSED_TWICE_MS;
    let object = format!("newsletter/{id}");
    let is_second = audit::was_done_since(&app.db, me.who(), *action, &object, since).await?;
    Ok(if is_second { Ok(()) } else { result })
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
    let (checks, hours) = (form.seen.as_deref(), form.deadline.as_deref());
    prepared(app, me, id, seen(form.revision), checks, hours).await?;
    newsletters::check_approver(app, id, me.who()).await?;
    goes_to_as_many(app, id, form.people).await?;
    acknowledged(app, me, id, form.acknowledge.is_some(), at).await
}

/// What has to be known before one is approved, for whatever time.
async fn prepared(
    app: &App,
    me: &SignedIn,
    id: i64,
    revision: i32,
    seen: Option<&str>,
    hours: Option<&str>,
) -> Result<(), NewsletterError> {
    newsletters::check_seen(app, id, revision).await?;
    if !Office::load(&app.db).await?.complete {
        // Before what a check says of it: that can only be set, and not be seen.
        return Err(NewsletterError::OfficeIncomplete);
    }
    have_seen(app, me, id, seen).await?;
    deadline(app, me, id, hours).await
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
            "a check found something; look at “Checks”, and tick that you have seen it".to_owned(),
        ));
    }
    let (now, object) = (app.clock.now_ms(), format!("newsletter/{id}"));
    audit::record(
        &app.db.writer(),
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
    /// A time months away that was confirmed.
    far_off: Option<String>,
    deadline: Option<String>,
}

/// Whoever schedules later than so is asked whether the year and the month are right: a release is news.
const FAR_OFF_DAYS: i64 = 60;

/// What was asked of a time, and could not be done: shown beside the field.
struct TimeRefused {
    why: String,
    twice: Option<Twice>,
    /// That time lies in a blackout of which nobody took note.
    acknowledge: bool,
    /// That time is months away: the day.
    far_off: Option<String>,
}

async fn schedule(
    State(app): State<App>,
    Approver(me): Approver,
    Path(id): Path<i64>,
    Form(form): Form<Schedule>,
) -> Answer {
    let revision = seen(form.revision);
    let (checks, hours) = (form.seen.as_deref(), form.deadline.as_deref());
    let prepared = prepared(&app, &me, id, revision, checks, hours);
    let ticked = ticked("later", checks, form.acknowledge.as_deref());
    if let Err(error) = prepared.await {
        return not_approved(&app, &me, id, error, ticked).await;
    }
    let result = at_time(&app, &me, id, &form, async |at| {
        newsletters::approve_with_undo(&app, id, me.who(), Some(at), revision).await
    });
    match result.await {
        Ok(Ok(())) => answer(&app, &me, id, Ok(()), "scheduled").await,
        Ok(Err(refused)) => {
            let mut view = view(&app, &me, id, None).await?;
            note_refusal(&mut view, form, refused);
            view.ticked = ticked;
            ask_again(&app, StatusCode::UNPROCESSABLE_ENTITY, &view).await
        }
        Err(error) => not_approved(&app, &me, id, error, ticked).await,
    }
}

async fn reschedule(
    State(app): State<App>,
    Approver(me): Approver,
    Path(id): Path<i64>,
    Form(form): Form<Schedule>,
) -> Answer {
    let revision = seen(form.revision);
    let result = at_time(&app, &me, id, &form, async |at| {
        newsletters::reschedule(&app, id, me.who(), at, revision).await
    });
    match result.await {
        Ok(Ok(())) => answer(&app, &me, id, Ok(()), "rescheduled").await,
        Ok(Err(refused)) => {
            let mut view = view(&app, &me, id, None).await?;
            view.ticked = ticked("later", None, form.acknowledge.as_deref());
            note_refusal(&mut view, form, refused);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, pages::newsletter(&view)).into_response())
        }
        Err(error) => {
            answer_press(&app, &me, id, Button::Reschedule, Err(error), "rescheduled").await
        }
    }
}

fn note_refusal(view: &mut NewsletterView, form: Schedule, refused: TimeRefused) {
    view.schedule.at = form.at;
    view.schedule.error = Some(refused.why);
    view.schedule.twice = refused.twice;
    view.schedule.acknowledge = refused.acknowledge;
    view.schedule.far_off = refused.far_off;
}

/// Does something at the time that was typed in the office's zone. What is wrong with that time is the
/// inner error, anything else the outer.
async fn at_time(
    app: &App,
    me: &SignedIn,
    id: i64,
    form: &Schedule,
    act: impl AsyncFnOnce(Timestamp) -> Result<(), NewsletterError>,
) -> Result<Result<(), TimeRefused>, NewsletterError> {
    let zone = Office::load(&app.db).await?.time_zone;
    let fold = match form.fold.as_deref() {
        Some("first") => Some(Fold::First),
        Some("second") => Some(Fold::Second),
        _ => None,
    };
    let refused = |why: String| TimeRefused {
        why: sentence(&why),
        twice: None,
        acknowledge: false,
        far_off: None,
    };
    let at = match office_time(&form.at, &zone, fold) {
        Ok(at) => at,
        Err(error) => {
            let why = error.to_string();
            let twice = match error {
                ScheduleError::Twice { first, second, .. } => Some(Twice { first, second }),
                _ => None,
            };
            return Ok(Err(TimeRefused {
                twice,
                ..refused(why)
            }));
        }
    };
    let days = (at.as_millisecond() - app.clock.now_ms()) / DAY;
    if days > FAR_OFF_DAYS && form.far_off.as_ref() != Some(&form.at) {
        let local = at.to_zoned_datetime(zone);
        let day = Words::of("en").date(local.date());
        return Ok(Err(TimeRefused {
            far_off: Some(day.clone()),
            ..refused(format!(
                "{day} is {days} days away. If the date is right, tick the box below it and press again."
            ))
        }));
    }
    let result = match acknowledged(app, me, id, form.acknowledge.is_some(), Some(at)).await {
        Ok(()) => act(at).await,
        stopped => stopped,
    };
    match result {
        Ok(()) => Ok(Ok(())),
        Err(NewsletterError::Wrong(why)) => Ok(Err(refused(why))),
        Err(NewsletterError::Blackout(why)) => {
            let newsletter = newsletters::find(app, id).await?;
            let there = newsletters::in_blackout(app, &newsletter, at).await?;
            Ok(Err(TimeRefused {
                acknowledge: there.is_some_and(|there| there.blocked.is_none()),
                ..refused(why)
            }))
        }
        Err(error) => Err(error),
    }
}

async fn undo(State(app): State<App>, Approver(me): Approver, Path(id): Path<i64>) -> Answer {
    let result = newsletters::back_to_draft(&app, id, me.who()).await;
    let result = pressed_once(&app, &me, id, result, &UNDONE).await?;
    answer_press(&app, &me, id, Button::Undo, result, "undone").await
}

async fn send_now(
    State(app): State<App>,
    Approver(me): Approver,
    Path(id): Path<i64>,
    Form(form): Form<Send>,
) -> Answer {
    let result = async {
        newsletters::check_seen(&app, id, seen(form.revision)).await?;
        deadline(&app, &me, id, form.deadline.as_deref()).await?;
        acknowledged(&app, &me, id, form.acknowledge.is_some(), None).await?;
        newsletters::send_now_with_undo(&app, id, me.who(), seen(form.revision)).await
    };
    let result = result.await;
    let done = approved(&app, id).await?;
    answer_press(&app, &me, id, Button::SendNow, result, done).await
}

async fn pause(State(app): State<App>, Approver(me): Approver, Path(id): Path<i64>) -> Answer {
    let result = newsletters::pause(&app, id, me.who()).await;
    let result = pressed_once(&app, &me, id, result, &PAUSED).await?;
    answer_press(&app, &me, id, Button::Pause, result, "paused").await
}

async fn resume(
    State(app): State<App>,
    Approver(me): Approver,
    Path(id): Path<i64>,
    Form(form): Form<Send>,
) -> Answer {
    let result = match acknowledged(&app, &me, id, form.acknowledge.is_some(), None).await {
        Ok(()) => newsletters::resume(&app, id, me.who()).await,
        refused => refused,
    };
    let result = pressed_once(&app, &me, id, result, &RESUMED).await?;
    answer_press(&app, &me, id, Button::Resume, result, "resumed").await
}

async fn send_failed(
    State(app): State<App>,
    Approver(me): Approver,
    Path(id): Path<i64>,
    Form(form): Form<Send>,
) -> Answer {
    let result = match acknowledged(&app, &me, id, form.acknowledge.is_some(), None).await {
        Ok(()) => delivery::send_again(&app, id, me.who()).await.map(drop),
        refused => refused,
    };
    answer_press(&app, &me, id, Button::SendAgain, result, "again").await
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
        instead: newsletters::other_versions(&app, id).await?,
    };
    Ok(pages::cancel(&view).into_response())
}

async fn cancel(State(app): State<App>, Approver(me): Approver, Path(id): Path<i64>) -> Answer {
    let result = newsletters::cancel(&app, id, me.who()).await;
    let result = pressed_once(&app, &me, id, result, &CANCELLED).await?;
    answer_press(&app, &me, id, Button::Cancel, result, "cancelled").await
}
