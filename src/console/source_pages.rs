//! Releases in the console: where they come from, and what is held back.

use axum::{
    Form, Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use gazette_templates::pages::staff::{
    self as pages, EventSetAside, ReleaseLine, ReleasesView, SourceFoundView, SourceLine,
};
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::{
    failure::{Failure, sentence},
    frame::{frame, shown},
    guard::{Admin, Approver, SignedIn, Viewer},
    state::Console,
};
use crate::{
    accounts::Role,
    app::App,
    newsletters,
    office::Office,
    releases::{self, HoldReasons, Policy, Release, ReleaseError, ReleaseState, Source},
    subscribers::{self, TopicRow},
};

type Answer = Result<Response, Failure>;

/// From a release's first sight until it is final (F9).
const SETTLE_SECONDS: i64 = 600;

/// Releases on the page, of each kind.
const LISTED: u64 = 100;

/// Titles that are shown of a source before it is added.
const LOOKED_AT: usize = 8;

pub fn routes() -> Router<Console> {
    Router::new()
        .route("/staff/releases", get(releases_page))
        .route("/staff/releases/{id}", get(where_it_is_decided))
        .route("/staff/releases/{id}/release", post(release_held))
        .route("/staff/releases/{id}/drop", post(drop_held))
        .route("/staff/releases/events/{id}/dismiss", post(dismiss_event))
        .route("/staff/sources", post(add))
        .route("/staff/sources/{id}/remove", post(remove))
}

/// What was done, and to which source.
#[derive(Deserialize)]
struct DoneTo {
    done: Option<String>,
    source: Option<i64>,
}

async fn releases_page(
    State(app): State<App>,
    Viewer(me): Viewer,
    Query(done): Query<DoneTo>,
) -> Answer {
    let mut view = view(&app, &me, done.done.as_deref()).await?;
    let added = view
        .sources
        .iter()
        .find(|line| Some(line.id) == done.source);
    if let (Some(said), Some(added)) = (&mut view.frame.done, added) {
        *said = format!(
            "{said} Its new releases go to the readers of “{}”.",
            added.topic
        );
    }
    Ok(pages::releases(&view).into_response())
}

/// Where a mail to staff leads: the newsletter that brings the release, or the list of what is held.
async fn where_it_is_decided(
    State(app): State<App>,
    Viewer(_): Viewer,
    Path(id): Path<i64>,
) -> Answer {
    let held = releases::release_text(app.db.pool(), id)
        .await?
        .is_some_and(|release| release.held_because.is_some());
    let newsletter = newsletters::newest_of_release(&app, id).await?;
    let page = match newsletter.filter(|_| !held) {
        Some(newsletter) => format!("/staff/newsletters/{newsletter}"),
        None => "/staff/releases".to_owned(),
    };
    Ok(Redirect::to(&page).into_response())
}

async fn release_held(
    State(app): State<App>,
    Approver(me): Approver,
    Path(id): Path<i64>,
) -> Answer {
    newsletters::release_held(&app, id, me.who()).await?;
    Ok(Redirect::to("/staff/releases?done=released").into_response())
}

async fn drop_held(State(app): State<App>, Approver(me): Approver, Path(id): Path<i64>) -> Answer {
    newsletters::drop_held(&app, id, me.who()).await?;
    Ok(Redirect::to("/staff/releases?done=dropped").into_response())
}

async fn dismiss_event(
    State(app): State<App>,
    Approver(me): Approver,
    Path(id): Path<i64>,
) -> Answer {
    newsletters::dismiss_event(&app, id, me.who()).await?;
    Ok(Redirect::to("/staff/releases?done=noted").into_response())
}

#[derive(Deserialize)]
struct NewSource {
    url: String,
    policy: String,
    /// Whose readers get its releases: a short name. Asked for where there are several.
    #[serde(default)]
    topic: String,
    /// `look`: nothing is added yet.
    act: Option<String>,
}

async fn add(State(app): State<App>, Admin(me): Admin, Form(form): Form<NewSource>) -> Answer {
    let policy: Policy = form.policy.parse()?;
    if form.act.as_deref() == Some("look") {
        return look_first(&app, &me, form).await;
    }
    let topics = subscribers::topics(&app).await?;
    let chosen = match topics.as_slice() {
        [only] => Some(only),
        _ => topics.iter().find(|topic| topic.slug == form.topic),
    };
    let Some(chosen) = chosen else {
        let why = "Choose the topic whose readers get the releases of this source.".to_owned();
        return not_added(&app, &me, form, why).await;
    };
    let (topic, who) = (Some(chosen.slug.as_str()), me.who());
    let added = releases::add_source_by(&app, &form.url, policy, SETTLE_SECONDS, topic, who).await;
    match added {
        Ok(id) => {
            Ok(Redirect::to(&format!("/staff/releases?done=source&source={id}")).into_response())
        }
        Err(error @ (ReleaseError::Database(_) | ReleaseError::Json(_))) => Err(error.into()),
        Err(error) => not_added(&app, &me, form, sentence(&error)).await,
    }
}

async fn not_added(app: &App, me: &SignedIn, form: NewSource, why: String) -> Answer {
    let mut view = view(app, me, None).await?;
    choose(&mut view, &form.topic);
    (view.url, view.policy, view.error) = (form.url, form.policy, Some(why));
    Ok((StatusCode::UNPROCESSABLE_ENTITY, pages::releases(&view)).into_response())
}

/// Keeps the topic that was chosen.
fn choose(view: &mut ReleasesView, slug: &str) {
    for (known, _, is_chosen) in &mut view.topics {
        *is_chosen = known == slug;
    }
}

/// Shows what stands at the address, and adds nothing.
async fn look_first(app: &App, me: &SignedIn, form: NewSource) -> Answer {
    let found = releases::look(app, &form.url).await;
    let mut view = view(app, me, None).await?;
    let status = match found {
        Ok(preview) => {
            let zone = Office::load(&app.db).await?.time_zone;
            let number = preview.items.len() as u64;
            let items = preview.items.into_iter().take(LOOKED_AT);
            view.found = Some(SourceFoundView {
                what: preview.found,
                title: preview.title,
                items: items
                    .map(|item| (item.title, item.published.map(|at| shown(at, &zone))))
                    .collect(),
                number,
            });
            StatusCode::OK
        }
        Err(error @ (ReleaseError::Database(_) | ReleaseError::Json(_))) => {
            return Err(error.into());
        }
        Err(error) => {
            view.error = Some(sentence(&error));
            StatusCode::UNPROCESSABLE_ENTITY
        }
    };
    choose(&mut view, &form.topic);
    view.url = form.url;
    view.policy = form.policy;
    Ok((status, pages::releases(&view)).into_response())
}

async fn remove(State(app): State<App>, Admin(me): Admin, Path(id): Path<i64>) -> Answer {
    releases::remove_source_by(&app, id, me.who()).await?;
    Ok(Redirect::to("/staff/releases?done=removed").into_response())
}

async fn view(app: &App, me: &SignedIn, done: Option<&str>) -> Result<ReleasesView, Failure> {
    let zone = Office::load(&app.db).await?.time_zone;
    let every_topic = subscribers::every_topic(app).await?;
    let choices = every_topic
        .iter()
        .filter(|topic| topic.archived_at.is_none());
    let held = releases::held(app, LISTED).await?;
    let others = releases::list(app, LISTED).await?;
    let others: Vec<Release> = others
        .into_iter()
        .filter(|release| release.state != ReleaseState::Held)
        .collect();
    let approver = me.account.role >= Role::Approver;
    let lines = |releases: Vec<Release>| {
        releases
            .into_iter()
            .map(|release| line(release, &zone, approver))
            .collect()
    };
    Ok(ReleasesView {
        frame: frame(app, me, done).await?,
        sources: releases::list_sources(app)
            .await?
            .into_iter()
            .map(|source| source_line(source, &every_topic, &zone))
            .collect(),
        topics: choices
            .map(|topic| (topic.slug.clone(), topic.name.clone(), false))
            .collect(),
        url: String::new(),
        policy: Policy::Approve.to_string(),
        found: None,
        error: None,
        write: me.account.role >= Role::Editor,
        decide: approver,
        set_aside: set_aside(app, &zone).await?,
        held: lines(held),
        others: lines(others),
    })
}

/// What happened to releases and could not be read, with the titles of those that are still known.
async fn set_aside(app: &App, zone: &TimeZone) -> Result<Vec<EventSetAside>, Failure> {
    let mut lines = Vec::new();
    for event in newsletters::events_set_aside(app).await? {
        let release = releases::release_text(app.db.pool(), event.release_id).await;
        // Its text may be the very thing that cannot be read.
        let title = release.ok().flatten().map(|release| release.title);
        lines.push(EventSetAside {
            id: event.event_id,
            title: title.unwrap_or_else(|| format!("Release {}", event.release_id)),
            at: shown(event.at, zone),
            reason: sentence(&event.reason),
        });
    }
    Ok(lines)
}

fn source_line(source: Source, topics: &[TopicRow], zone: &TimeZone) -> SourceLine {
    let topic = topics.iter().find(|topic| topic.id == source.topic_id);
    SourceLine {
        topic: topic.map(|topic| topic.name.clone()).unwrap_or_default(),
        policy: match source.policy {
            Policy::Auto => "New releases go out by themselves",
            Policy::Digest => "New releases are gathered",
            Policy::Approve => "New releases wait for approval",
        },
        polled: match source.last_polled_at {
            Some(at) => format!("last looked at {}", shown(at, zone)),
            None => "not looked at yet".to_owned(),
        },
        error: source.last_error.map(|error| match source.failures {
            0 | 1 => sentence(&error),
            times => match source.failing_since {
                Some(since) => format!(
                    "Failed {times} times in a row since {}: {error}",
                    shown(since, zone)
                ),
                None => format!("Failed {times} times in a row: {error}"),
            },
        }),
        found: source.found,
        set_aside: source
            .set_aside
            .iter()
            .map(|aside| match aside.item.as_str() {
                "" => format!("An item: {}", aside.why),
                item => format!("{item}: {}", aside.why),
            })
            .collect(),
        hub: source.hub.map(|hub| match (hub.until, hub.trouble) {
            (Some(until), _) => format!("told of news at once until {}", shown(until, zone)),
            (None, Some(why)) => format!("your website does not announce news by itself: {why}"),
            (None, None) => "your website was asked to announce news at once".to_owned(),
        }),
        id: source.id,
        title: source.title,
        url: source.url,
    }
}

fn line(release: Release, zone: &TimeZone, approver: bool) -> ReleaseLine {
    let state = match release.state {
        ReleaseState::Baseline => "Published before setup, not sent",
        ReleaseState::Settling => "New, may still change",
        ReleaseState::Settled => "Ready",
        ReleaseState::Held => "Waiting for your decision",
        ReleaseState::Vanished => "Taken off your website",
        ReleaseState::Filtered => "Left out by the source’s filter, not sent",
        ReleaseState::Dropped => "Not sent, as somebody decided",
    };
    let state = match (release.state, release.waits_for) {
        (ReleaseState::Settling, Some(day)) => format!(
            "Dated in the future: waits until {}, and is read again then",
            shown(day, zone)
        ),
        _ => state.to_owned(),
    };
    let at = shown(release.published_at.unwrap_or(release.first_seen_at), zone);
    ReleaseLine {
        id: release.id,
        decide: approver && release.state == ReleaseState::Held,
        versions: approver
            && matches!(
                release.state,
                ReleaseState::Settling | ReleaseState::Settled | ReleaseState::Held
            ),
        state: format!("{state} · {at}"),
        title: release.title,
        url: release.url,
        two_readings: release
            .hold_reasons
            .as_ref()
            .is_some_and(HoldReasons::has_two_readings),
        held_because: release.held_because,
    }
}
