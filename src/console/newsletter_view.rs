//! One newsletter as its page shows it, and the answer to whatever was pressed there.

use std::collections::BTreeMap;

use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use gazette_templates::pages::staff::{
    self as pages, Allowed, Approval, Badge, BlackoutNotice, CheckView, CommentView, DeadlineView,
    InboxView, NewsletterView, ProgressView, ProofView, ScheduleView, Stops, Ticked, UndoView,
};
use jiff::tz::TimeZone;

use super::{
    change_pages::notes,
    failure::{Failure, sentence},
    followed::{mark, not_sent},
    frame::{frame, shown},
    guard::SignedIn,
    late_presses::{Button, as_it_is},
    not_delivered,
};
use crate::{
    accounts::{self, Account, Role, StaffNames},
    app::App,
    clock::Timestamp,
    delivery,
    newsletters::{
        self, Audience, Counts, Newsletter, NewsletterError, NewsletterState as State_, Proof,
        checks::{self, Check, Severity},
    },
    office::Office,
    office_time::{near_time, zone_name},
    subscribers,
};

/// The revision of the text that stood on the page whose button was pressed. A form without one is of
/// no page of ours, or of one before an update: nobody has seen its text.
pub fn seen(revision: Option<i32>) -> i32 {
    revision.unwrap_or(-1)
}

/// What a person typed, to be shown again where it could not be kept.
#[derive(Debug, Default)]
pub struct Typed {
    /// A subject.
    pub subject: Option<String>,
    /// A comment.
    pub comment: String,
}

/// After a POST: back to the newsletter with what was done, or the same page with what is wrong.
pub async fn answer(
    app: &App,
    me: &SignedIn,
    id: i64,
    result: Result<(), NewsletterError>,
    done: &str,
) -> Result<Response, Failure> {
    match result {
        Ok(()) => Ok(Redirect::to(&format!("/staff/newsletters/{id}?done={done}")).into_response()),
        Err(error) => refused(app, me, id, error, Typed::default()).await,
    }
}

/// The same after one of the buttons that move it on. Who was not the first to press it is told how it is.
pub async fn answer_press(
    app: &App,
    me: &SignedIn,
    id: i64,
    button: Button,
    result: Result<(), NewsletterError>,
    done: &str,
) -> Result<Response, Failure> {
    if let Err(error @ NewsletterError::State { .. }) = result {
        return pressed_late(app, me, id, button, error).await;
    }
    answer(app, me, id, result, done).await
}

/// The newsletter's page with how it is, where its state is what was in the way of a button.
pub async fn pressed_late(
    app: &App,
    me: &SignedIn,
    id: i64,
    button: Button,
    error: NewsletterError,
) -> Result<Response, Failure> {
    let newsletter = newsletters::find(app, id).await?;
    let zone = Office::load(&app.db).await?.time_zone;
    let Some(words) = as_it_is(button, &newsletter, app.clock.now(), &zone) else {
        return refused(app, me, id, error, Typed::default()).await;
    };
    let mut view = view(app, me, id, None).await?;
    view.as_it_is = Some(words);
    Ok((StatusCode::CONFLICT, pages::newsletter(&view)).into_response())
}

/// The newsletter's page with what is wrong, and what was typed.
pub async fn refused(
    app: &App,
    me: &SignedIn,
    id: i64,
    error: NewsletterError,
    typed: Typed,
) -> Result<Response, Failure> {
    let (status, words) = explain(error)?;
    let mut view = view(app, me, id, None).await?;
    view.error = Some(words);
    view.typed_subject = typed.subject;
    view.typed_comment = typed.comment;
    Ok((status, pages::newsletter(&view)).into_response())
}

/// What is wrong, for a person who can do something about it.
pub fn explain(error: NewsletterError) -> Result<(StatusCode, String), Failure> {
    let status = match &error {
        // Two people at once, or an old page: what they see now is how it is.
        NewsletterError::State { .. }
        | NewsletterError::Changed { .. }
        | NewsletterError::ReleaseNews(_) => StatusCode::CONFLICT,
        NewsletterError::Wrong(_)
        | NewsletterError::Blackout(_)
        | NewsletterError::OfficeIncomplete => StatusCode::UNPROCESSABLE_ENTITY,
        _ => return Err(error.into()),
    };
    let words = match error {
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
    };
    Ok((status, words))
}

/// Whether what an address says was done is true of a newsletter in this state.
fn still_holds(done: &str, state: State_) -> bool {
    match done {
        "approved" | "approved-settling" | "scheduled" | "rescheduled" => state != State_::Draft,
        "undone" | "review" | "not-approved" => state == State_::Draft,
        "paused" => state == State_::Paused,
        "cancelled" => state == State_::Cancelled,
        _ => true,
    }
}

pub async fn view(
    app: &App,
    me: &SignedIn,
    id: i64,
    done: Option<&str>,
) -> Result<NewsletterView, Failure> {
    let newsletter = newsletters::find(app, id).await?;
    // An address that is opened again does not say what has been taken back since.
    let done = done.filter(|done| still_holds(done, newsletter.state));
    let counts = newsletters::counts(app, id).await?;
    let not_sent = not_sent(app, &newsletter, counts).await?;
    let office = Office::load(&app.db).await?;
    let zone = office.time_zone.clone();
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
    let exceptions =
        not_delivered::groups(app, &newsletter, (counts, not_sent), &zone, true).await?;
    let shown_audience = newsletters::shown_audience(app, id).await?;
    let not_reached = if newsletter.state == State_::Sent && counts.failed > 0 {
        delivery::count_not_reached(app, id).await?
    } else {
        0
    };
    let blackout = if ended(newsletter.state) && not_reached == 0 {
        None
    } else {
        newsletters::in_blackout(app, &newsletter, app.clock.now()).await?
    };
    let mut allowed = allowed(&newsletter, me.account.role);
    allowed.send_failed &= not_reached > 0;
    allowed.correct_text =
        me.account.role >= Role::Editor && newsletters::own_text(app, id).await?.is_some();
    let is_decided_by_others = office.four_eyes && waits && wrote_it(app, me, id).await?;
    let own_text = is_decided_by_others && newsletter.state == State_::Draft;
    let asks = allowed.request_review && (own_text || !allowed.approve);
    let approval = approval(app, me, id, (asks, own_text)).await?;
    let staff = accounts::list(app).await?;
    let names = StaffNames::of(&staff, me.account.role);
    Ok(NewsletterView {
        frame: frame(app, me, done).await?,
        id,
        revision: newsletter.revision,
        is_draft: newsletter.state == State_::Draft,
        not_reached: not_reached as u64,
        topic: newsletter.topic.name.clone(),
        result: result(app, &newsletter, &zone, &names).await?,
        badge: badge(&newsletter),
        state: state_words(&newsletter, &zone),
        attention: attention(&newsletter, &office).or(trouble),
        notes: notes(app, me, &newsletter).await?,
        audience: shown_audience.people.filter(|_| waits),
        text,
        stops: stops(&found),
        checks: found.into_iter().map(check_view).collect(),
        test_to: test_recipients(me, &staff),
        inbox: inbox(&office, &newsletter),
        release_url: newsletter.release_url.clone(),
        progress: sending(&newsletter, counts, not_sent, app.clock.now(), &zone),
        may_unveil: me.account.role >= Role::Approver && !exceptions.is_empty(),
        exceptions,
        allowed: Allowed {
            approve: allowed.approve && !own_text,
            request_review: asks && matches!(approval, Approval::ByRole | Approval::ByOthers),
            // When it goes out is a part of what four eyes decide.
            send_now: allowed.send_now && !is_decided_by_others,
            reschedule: allowed.reschedule && !is_decided_by_others,
            ..allowed
        },
        approval,
        undo: undo_view(&newsletter, app.clock.now(), &zone),
        comments: comments(app, id, &zone, &names).await?,
        typed_comment: String::new(),
        typed_subject: None,
        review_requested: asked(&newsletter, &zone, &names),
        deadline: DeadlineView {
            own: newsletter.deadline_hours,
            office: office.deadline_hours,
        },
        schedule: ScheduleView {
            zone: zone_name(&zone, app.clock.now()),
            ..ScheduleView::default()
        },
        error: None,
        as_it_is: None,
        ticked: Ticked::default(),
        press_list: newsletter.audience == Audience::PressList,
        blackout: blackout.map(|there| BlackoutNotice {
            words: there.blackout.words(),
            blocked: there.blocked.map(|why| sentence(&why)),
            acknowledged: there.acknowledged,
        }),
        proof: Some(proof_view(&shown_audience.proof, &zone)),
        subject: newsletter.subject,
    })
}

/// Who could approve it, where who looks at it would have to ask.
async fn approval(
    app: &App,
    me: &SignedIn,
    id: i64,
    (asks, own_text): (bool, bool),
) -> Result<Approval, Failure> {
    let nobody = asks && !newsletters::somebody_else_may_approve(app, id, me.who()).await?;
    Ok(match (own_text, nobody) {
        (true, false) => Approval::ByOthers,
        (true, true) => Approval::ByNobodyElse,
        (false, true) => Approval::ByNobody,
        (false, false) => Approval::ByRole,
    })
}

/// Who asked for approval, and when.
fn asked(newsletter: &Newsletter, zone: &TimeZone, names: &StaffNames) -> Option<String> {
    let (at, who) = newsletter.review_requested.as_ref()?;
    let who = names.called(who);
    Some(format!("{who} asked for approval, {}.", shown(*at, zone)))
}

/// Whether they wrote a part of it.
async fn wrote_it(app: &App, me: &SignedIn, id: i64) -> Result<bool, Failure> {
    let authors = newsletters::authors(app, id).await?;
    Ok(authors.iter().any(|author| author == me.who()))
}

/// How it ended, once it has: who approved it, and how long sending took.
async fn result(
    app: &App,
    newsletter: &Newsletter,
    zone: &TimeZone,
    names: &StaffNames,
) -> Result<Option<String>, Failure> {
    let Some((started, finished)) = newsletter.started_at.zip(newsletter.finished_at) else {
        return Ok(None);
    };
    let minutes = finished.duration_since(started).as_secs().max(0) / 60;
    let took = match minutes {
        0 => "less than a minute".to_owned(),
        1 => "1 minute".to_owned(),
        minutes if minutes < 120 => format!("{minutes} minutes"),
        minutes => format!("{} hours", minutes / 60),
    };
    let approved = match &newsletter.approved {
        Some((at, who)) => format!("Approved by {}, {}. ", names.called(who), shown(*at, zone)),
        None => String::new(),
    };
    let began = BTreeMap::from([(newsletter.id, started.as_millisecond())]);
    let left = subscribers::left_by_newsletters(app, &began).await?;
    let left = match left.values().sum() {
        0 => "Nobody unsubscribed by its links so far.".to_owned(),
        1 => "1 person unsubscribed by its links.".to_owned(),
        people => format!("{people} people unsubscribed by its links."),
    };
    Ok(Some(format!(
        "{approved}Sending began {} and took {took}. {left}",
        shown(started, zone)
    )))
}

async fn comments(
    app: &App,
    id: i64,
    zone: &TimeZone,
    names: &StaffNames,
) -> Result<Vec<CommentView>, Failure> {
    let comments = newsletters::comments(app, id).await?;
    Ok(comments
        .into_iter()
        .map(|comment| CommentView {
            who: names.called(&comment.who),
            at: shown(comment.at, zone),
            text: comment.text,
        })
        .collect())
}

fn proof_view(proof: &Proof, zone: &TimeZone) -> ProofView {
    ProofView {
        at: shown(proof.at, zone),
        people: proof.people,
        all_opted_in: proof.all_opted_in,
        confirmed_here: proof.confirmed_here(),
        imported: proof.imported(),
        groups: proof
            .evidence
            .iter()
            .map(|group| (group.people, group.words()))
            .collect(),
    }
}

/// The mail as a list of mails will show it.
fn inbox(office: &Office, newsletter: &Newsletter) -> InboxView {
    InboxView {
        from: office.name_in(&newsletter.language).to_owned(),
        subject: newsletter.subject.clone(),
        preview: checks::preview_line(newsletter).unwrap_or_default(),
    }
}

/// Whom a test may go to, whoever asks first.
fn test_recipients(me: &SignedIn, staff: &[Account]) -> Vec<(String, String)> {
    let names = StaffNames::of(staff, me.account.role);
    let others = staff
        .iter()
        .filter(|account| account.disabled_at.is_none() && account.id != me.account.id);
    std::iter::once(&me.account)
        .chain(others)
        .map(|account| account.email.to_string())
        .map(|email| (names.with_address(&email), email))
        .map(|(words, email)| (email, words))
        .collect()
}

fn check_view(check: Check) -> CheckView {
    CheckView {
        severity: match check.severity {
            Severity::Ok => "OK",
            Severity::Warning => "Check",
            Severity::Blocking => "Fix",
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
        undo: approver && state == State_::Approved,
        reschedule: approver && state == State_::Approved,
        request_review: editor && state == State_::Draft,
        comment: editor && !ended(state),
        pause: approver
            && (state == State_::Sending
                || state == State_::Paused && newsletter.resumes_at.is_some()),
        resume: approver && state == State_::Paused,
        send_failed: approver && state == State_::Sent,
        cancel: approver && !ended(state),
        for_press: editor
            && newsletter.audience == Audience::Subscribers
            && newsletter.settles_at.is_none()
            && state != State_::Cancelled,
        // Known once its release is looked at.
        correct_text: false,
        whole_addresses: approver,
    }
}

pub fn ended(state: State_) -> bool {
    matches!(state, State_::Sent | State_::Cancelled)
}

pub fn total(counts: Counts) -> u64 {
    counts.queued
        + counts.claimed
        + counts.accepted
        + counts.deferred
        + counts.failed
        + counts.withdrawn
}

/// `not_sent` of those that were withdrawn did not leave.
pub fn progress_view(state: State_, counts: Counts, not_sent: u64) -> ProgressView {
    ProgressView {
        total: total(counts),
        accepted: counts.accepted,
        waiting: counts.queued + counts.claimed,
        deferred: counts.deferred,
        failed: counts.failed,
        left: counts.withdrawn.saturating_sub(not_sent),
        not_sent,
        live: state == State_::Sending,
        ..ProgressView::default()
    }
}

/// How far it is; `None`: nothing is on its way, or is about to be.
fn sending(
    newsletter: &Newsletter,
    counts: Counts,
    not_sent: u64,
    now: Timestamp,
    zone: &TimeZone,
) -> Option<ProgressView> {
    let mark = mark(newsletter);
    (total(counts) > 0 || mark.is_some()).then(|| ProgressView {
        mark,
        trying_until: trying_until(counts, newsletter.deadline_at, now, zone),
        ..progress_view(newsletter.state, counts, not_sent)
    })
}

/// Until when those that are being retried are tried; `None`: nobody is.
pub fn trying_until(
    counts: Counts,
    deadline_at: Option<Timestamp>,
    now: Timestamp,
    zone: &TimeZone,
) -> Option<String> {
    let deadline = deadline_at.filter(|at| counts.deferred > 0 && *at > now)?;
    Some(near_time(deadline, now, zone))
}

/// Its state in one word.
pub fn badge(newsletter: &Newsletter) -> Badge {
    match newsletter.state {
        State_::Draft if newsletter.auto_approve.is_some() => Badge::Scheduled,
        State_::Draft
            if newsletter.attention.is_none()
                && newsletter.review_requested.is_none()
                && newsletter.revision > 0 =>
        {
            Badge::Draft
        }
        State_::Draft => Badge::NeedsReview,
        State_::Approved => Badge::Scheduled,
        State_::Sending => Badge::Sending,
        State_::Paused => Badge::Paused,
        State_::Sent => Badge::Sent,
        State_::Cancelled => Badge::Cancelled,
    }
}

/// Its state in a few plain words, with times in the office's zone.
pub fn state_words(newsletter: &Newsletter, zone: &TimeZone) -> String {
    let at = |what: &str, at: Option<Timestamp>| match at {
        Some(at) => format!("{what} {}", shown(at, zone)),
        None => String::new(),
    };
    match newsletter.state {
        State_::Draft => at("Made", Some(newsletter.created_at)),
        State_::Approved => at("Sends", newsletter.scheduled_at),
        State_::Sending => at("Since", newsletter.started_at),
        State_::Paused => at("Begun", newsletter.started_at),
        State_::Sent | State_::Cancelled => newsletter
            .finished_at
            .map_or_else(String::new, |at| shown(at, zone)),
    }
}

/// With the topic behind it where only that tells apart what goes out under several.
pub fn with_topic(newsletter: &Newsletter, state: String) -> String {
    match newsletter.edition {
        Some(_) => format!("{state} · {}", newsletter.topic.name),
        None => state,
    }
}

/// When what is approved begins, while that can still be undone.
fn undo_view(newsletter: &Newsletter, now: Timestamp, zone: &TimeZone) -> Option<UndoView> {
    if newsletter.state != State_::Approved {
        return None;
    }
    let later = newsletter.scheduled_at.filter(|at| *at > now);
    let undo = newsletter.undo_until.unwrap_or(now);
    let alone = newsletter.settles_at.is_none() && later.is_none_or(|at| at <= undo);
    let seconds = alone.then(|| {
        let left = undo.duration_since(now).as_secs_f64().ceil();
        // It is about to begin: the scheduler looks every second.
        (left as u64).max(1)
    });
    let begins = match (newsletter.settles_at, later) {
        (Some(_), None) => "It sends as soon as your website can no longer change it".to_owned(),
        (_, Some(at)) => format!("It sends {}", shown(at, zone)),
        (None, None) => "It is about to begin".to_owned(),
    };
    Some(UndoView { seconds, begins })
}

/// Why staff must look at it, and when it goes on by itself.
fn attention(newsletter: &Newsletter, office: &Office) -> Option<String> {
    let why = newsletter.attention.clone()?;
    Some(match newsletters::goes_on(newsletter, office) {
        Some(when) => format!("{why} {when}"),
        None => why,
    })
}
