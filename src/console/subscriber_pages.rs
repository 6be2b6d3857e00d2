//! Subscribers in the console: how many there are, and why one of them may be mailed.

use axum::{
    Form, Router,
    extract::{Path, State},
    http::{
        StatusCode,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
    routing::{get, post},
};
use gazette_templates::pages::staff::{self as pages, Evidence, EvidenceLine, SubscribersView};
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value;

use super::{
    failure::{Failure, sentence},
    frame::{frame, shown},
    guard::{Admin, SignedIn, Viewer},
    language_names::language_name,
    return_pages::item,
    state::Console,
};
use crate::{
    address::EmailAddress,
    app::App,
    clock::Timestamp,
    delivery,
    form_questions::ZipCodes,
    office::Office,
    returns,
    subscribers::{self, Import, Row, Status, SubscriberError},
};

type Answer = Result<Response, Failure>;

/// People on a page of those who were looked for.
const FOUND: u64 = 20;

pub fn routes() -> Router<Console> {
    Router::new()
        .route("/staff/subscribers", get(subscribers_page).post(look))
        .route("/staff/subscribers/person/{id}", get(of_number))
        .route("/staff/subscribers/add", post(add))
        .route("/staff/subscribers/unsubscribe", post(unsubscribe))
        .route("/staff/subscribers/download", post(download))
        .route("/staff/subscribers/erase", post(erase))
}

async fn subscribers_page(State(console): State<Console>, Viewer(me): Viewer) -> Answer {
    Ok(pages::subscribers(&view(&console, &me).await?).into_response())
}

#[derive(Deserialize)]
struct Address {
    email: String,
}

/// A POST, although it changes nothing: the address must not stand in a URL. A whole address shows that
/// person, part of one those whom it fits.
async fn look(
    State(console): State<Console>,
    Admin(me): Admin,
    Form(form): Form<Address>,
) -> Answer {
    let app = &console.app;
    let mut view = view(&console, &me).await?;
    let mut status = StatusCode::OK;
    let meant = EmailAddress::likely_meant(&form.email)
        .filter(|meant| form.email.to_lowercase().contains(&meant.to_lowercase()));
    // Pasted with a name, a comma or `mailto:` around it; a mistyped one is not mended here.
    let typed = meant.as_deref().unwrap_or(&form.email).trim();
    if typed.is_empty() {
        view.asks = true;
        return Ok(pages::subscribers(&view).into_response());
    }
    match person(app, &me, typed).await {
        Ok(evidence) => view.evidence = Some(evidence),
        Err(Failure::Subscriber(
            error @ (SubscriberError::NotFound(_) | SubscriberError::Address(..)),
        )) => {
            let found = subscribers::search(app, typed, FOUND + 1, me.who()).await?;
            let had_it = if found.is_empty() {
                subscribers::who_had(app, typed).await?
            } else {
                Vec::new()
            };
            if found.is_empty() && had_it.is_empty() {
                view.error = Some(match error {
                    SubscriberError::Address(..) if typed.chars().count() > 2 => {
                        format!("No subscriber’s address has “{typed}” in it.")
                    }
                    SubscriberError::Address(..) => {
                        format!(
                            "No subscriber’s address begins with “{typed}”. Type three letters or more to find them in the middle, too."
                        )
                    }
                    error => sentence(&error),
                });
                status = StatusCode::UNPROCESSABLE_ENTITY;
            }
            view.more_found = found.len() as u64 > FOUND;
            view.found = found
                .into_iter()
                .take(FOUND as usize)
                .map(|found| (found.email, found.status.as_str()))
                .chain(
                    had_it
                        .into_iter()
                        .map(|email| (email, "had this address before")),
                )
                .collect();
        }
        Err(error) => return Err(error),
    }
    view.email = form.email;
    Ok((status, pages::subscribers(&view)).into_response())
}

/// A person's page by an address of its own, which names nobody; the log notes that somebody looked.
async fn of_number(
    State(console): State<Console>,
    Admin(me): Admin,
    Path(id): Path<i64>,
) -> Answer {
    let app = &console.app;
    let mut view = view(&console, &me).await?;
    let status = if let Some(email) = subscribers::address_of(app, id).await? {
        view.evidence = Some(person(app, &me, &email).await?);
        view.email = email;
        StatusCode::OK
    } else {
        view.error = Some("Nothing is known of this person any more.".to_owned());
        StatusCode::NOT_FOUND
    };
    Ok((status, pages::subscribers(&view)).into_response())
}

/// Everything that is known of one person; the log notes that somebody looked.
pub async fn person(app: &App, me: &SignedIn, email: &str) -> Result<Evidence, Failure> {
    let office = Office::load(&app.db).await?;
    let zone = office.time_zone;
    let known = subscribers::show_evidence(app, email, me.who()).await?;
    let mut evidence = told(&known, &zone);
    evidence.about = about(&known, &office.zip_codes);
    let every = subscribers::every_topic(app).await?;
    evidence.choices = every
        .iter()
        .filter(|topic| topic.archived_at.is_none())
        .map(|topic| {
            (
                evidence.topics.contains(&topic.slug),
                topic.slug.clone(),
                topic.name.clone(),
            )
        })
        .collect();
    // As readers see them.
    for slug in &mut evidence.topics {
        let often = match known["frequency"][slug.as_str()].as_str() {
            Some(rarer) => format!(" ({rarer})"),
            None => String::new(),
        };
        if let Some(topic) = every.iter().find(|topic| topic.slug == *slug) {
            *slug = format!("{}{often}", topic.name);
        }
    }
    evidence.language = known["language"]
        .as_str()
        .map(language_name)
        .unwrap_or_default();
    let returned = returns::of_address(app, email).await?;
    evidence.returns = returned.iter().map(|line| item(line, &zone)).collect();
    if let Some(id) = known["id"].as_i64() {
        evidence.page = Some(format!("/staff/subscribers/person/{id}"));
        let (times, last) = delivery::received_newsletters(app, id).await?;
        evidence.mailed = match (times, last) {
            (0, _) | (_, None) => "No newsletter was delivered yet.".to_owned(),
            (1, Some(at)) => format!("One newsletter was delivered, {}.", shown(at, &zone)),
            (times, Some(at)) => {
                format!(
                    "{times} newsletters were delivered, the last {}.",
                    shown(at, &zone)
                )
            }
        };
    }
    Ok(evidence)
}

#[derive(Deserialize)]
struct Newcomer {
    email: String,
    #[serde(default)]
    consent: String,
}

/// Adds one person who asked on paper or on the phone, with how they did as the evidence. It is an import of
/// one, so that the same rules hold and the same button undoes it.
async fn add(
    State(console): State<Console>,
    Admin(me): Admin,
    Form(form): Form<Newcomer>,
) -> Answer {
    let app = &console.app;
    let consent = form.consent.trim();
    let added = if consent.is_empty() {
        Err("Say how they asked for it: it is kept as the evidence.".to_owned())
    } else {
        import_one(app, &me, form.email.trim(), consent).await?
    };
    console.counted.forget_subscribers();
    let mut view = view(&console, &me).await?;
    view.new_email.clone_from(&form.email);
    view.new_consent.clone_from(&form.consent);
    match added {
        Ok(said) => {
            view.frame.done = Some(said.to_owned());
            view.evidence = Some(person(app, &me, &form.email).await?);
            (view.new_email, view.new_consent) = (String::new(), String::new());
            Ok(pages::subscribers(&view).into_response())
        }
        Err(why) => {
            view.error = Some(why);
            view.adds = true;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, pages::subscribers(&view)).into_response())
        }
    }
}

/// What was done, in words; or why it was not.
async fn import_one(
    app: &App,
    me: &SignedIn,
    email: &str,
    consent: &str,
) -> Result<Result<&'static str, String>, Failure> {
    let row = Row {
        line: 1,
        email: email.to_owned(),
        ..Row::default()
    };
    let import = Import {
        consent,
        source: "added in the console",
        operator: me.who(),
        ..Import::default()
    };
    let report = subscribers::import(app, &import, std::iter::once(Ok(row)), |_| {}).await?;
    Ok(match (report.imported, report.known, report.suppressed) {
        (1, ..) => Ok("Added. They get newsletters from now on."),
        (_, 1, _) => Ok("They are subscribed already, and stay so."),
        (_, _, 1) => Err(
            "They have left, or their address takes no mail, and only they can change that: ask them to use the sign-up form."
                .to_owned(),
        ),
        _ => Err(report.reasons.first().map_or_else(
            || "This is no email address.".to_owned(),
            |reason| sentence(&reason.trim_start_matches("line 1: ")),
        )),
    })
}

#[derive(Deserialize)]
struct Leaver {
    email: String,
    /// How they asked for it.
    #[serde(default)]
    reason: String,
}

/// Takes somebody off, as they asked on the phone or by letter.
async fn unsubscribe(
    State(console): State<Console>,
    Admin(me): Admin,
    Form(form): Form<Leaver>,
) -> Answer {
    let app = &console.app;
    let left = subscribers::unsubscribe_because(app, &form.email, me.who(), &form.reason).await;
    console.counted.forget_subscribers();
    let mut view = view(&console, &me).await?;
    let mut status = StatusCode::OK;
    match left {
        Ok(left) => {
            let said = if left {
                "Unsubscribed. They get no more newsletters."
            } else {
                "They were not subscribed; nothing was changed."
            };
            view.frame.done = Some(said.to_owned());
            view.evidence = Some(person(app, &me, &form.email).await?);
        }
        Err(error @ (SubscriberError::NotFound(_) | SubscriberError::Address(..))) => {
            view.error = Some(sentence(&error));
            status = StatusCode::UNPROCESSABLE_ENTITY;
        }
        Err(error @ SubscriberError::LeavingReason(_)) => {
            view.error = Some(sentence(&error));
            view.evidence = Some(person(app, &me, &form.email).await?);
            view.leaving_reason = form.reason;
            view.wrong_field = Some(pages::LEAVING_REASON);
            status = StatusCode::UNPROCESSABLE_ENTITY;
        }
        Err(error) => return Err(error.into()),
    }
    view.email = form.email;
    Ok((status, pages::subscribers(&view)).into_response())
}

/// Everything that is known of one person, as a file for them.
async fn download(
    State(console): State<Console>,
    Admin(me): Admin,
    Form(form): Form<Address>,
) -> Answer {
    match subscribers::whole_copy(&console.app, &form.email, me.who()).await {
        Ok(known) => {
            let headers = [
                (CONTENT_TYPE, "application/json"),
                (
                    CONTENT_DISPOSITION,
                    "attachment; filename=\"what-is-known.json\"",
                ),
            ];
            Ok((headers, format!("{known:#}")).into_response())
        }
        Err(error) => not_there(&console, &me, form.email, error).await,
    }
}

#[derive(Deserialize)]
struct Erase {
    email: String,
    /// Ticked: it cannot be undone.
    sure: Option<String>,
}

/// Erases somebody for good, as they asked for it.
async fn erase(
    State(console): State<Console>,
    Admin(me): Admin,
    Form(form): Form<Erase>,
) -> Answer {
    let app = &console.app;
    if form.sure.is_none() {
        let mut view = view(&console, &me).await?;
        view.error =
            Some("Tick that you are sure: what is erased cannot be brought back.".to_owned());
        view.wrong_field = Some(pages::SURE);
        view.evidence = Some(person(app, &me, &form.email).await?);
        view.email = form.email;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, pages::subscribers(&view)).into_response());
    }
    match subscribers::erase(app, &form.email, me.who()).await {
        Ok(_) => {
            console.counted.forget_subscribers();
            let mut view = view(&console, &me).await?;
            view.frame.done = Some("Erased. Nothing of them is kept but a mark that this address is never to be mailed.".to_owned());
            Ok(pages::subscribers(&view).into_response())
        }
        Err(error) => not_there(&console, &me, form.email, error).await,
    }
}

/// The page with what is wrong with an address.
async fn not_there(
    console: &Console,
    me: &SignedIn,
    email: String,
    error: SubscriberError,
) -> Answer {
    if !matches!(
        error,
        SubscriberError::NotFound(_) | SubscriberError::Address(..)
    ) {
        return Err(error.into());
    }
    let mut view = view(console, me).await?;
    view.error = Some(sentence(&error));
    view.email = email;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, pages::subscribers(&view)).into_response())
}

/// The page with nobody looked up.
pub async fn view(console: &Console, me: &SignedIn) -> Result<SubscribersView, Failure> {
    let app = &console.app;
    let district = Office::load(&app.db).await?.zip_codes;
    let counted = console.counted.in_and_outside(app, &district).await?;
    let waiting = subscribers::postponed_sign_ups(app).await?;
    let waiting = (waiting > 0).then_some((
        "waiting",
        "signed up, and get their confirmation email when it is their turn",
        waiting,
    ));
    Ok(SubscribersView {
        district: (!district.is_empty()).then_some(counted),
        frame: frame(app, me, None).await?,
        counts: console
            .counted
            .statuses(app)
            .await?
            .into_iter()
            .map(|(status, number)| (status.as_str(), means(status), number))
            .chain(waiting)
            .collect(),
        email: String::new(),
        found: Vec::new(),
        more_found: false,
        new_email: String::new(),
        new_consent: String::new(),
        leaving_reason: String::new(),
        adds: false,
        evidence: None,
        changed_email: String::new(),
        wrong_field: None,
        error: None,
        asks: false,
    })
}

fn means(status: Status) -> &'static str {
    match status {
        Status::Pending => "asked, have not confirmed yet",
        Status::Confirmed => "get newsletters",
        Status::Unsubscribed => "have left",
        Status::Bounced => "their address takes no mail",
        Status::Complained => "called our mail spam",
        Status::Blocked => "asked never to be written to",
    }
}

/// What somebody said of themselves; the ZIP code with whether it is in the district.
fn about(evidence: &Value, district: &ZipCodes) -> Vec<(String, String)> {
    let zip = evidence["zip"].as_str().map(|zip| {
        let place = match (district.is_empty(), district.contains(zip)) {
            (true, _) => "",
            (false, true) => ", in the district",
            (false, false) => ", outside the district",
        };
        ("ZIP code".to_owned(), format!("{zip}{place}"))
    });
    let answers = evidence["answers"].as_array().into_iter().flatten();
    let answers = answers.map(|pair| (words(&pair[0]), words(&pair[1])));
    zip.into_iter().chain(answers).collect()
}

/// The evidence as it is printed on the command line, laid out for reading.
fn told(evidence: &Value, zone: &TimeZone) -> Evidence {
    let text = |value: &Value, key: &str| words(&value[key]);
    let at = |value: &Value, key: &str| match text(value, key).parse::<Timestamp>() {
        Ok(at) => shown(at, zone),
        Err(_) => text(value, key),
    };
    let list = |key: &str| {
        evidence[key]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default()
    };
    Evidence {
        page: None,
        email: text(evidence, "email"),
        status: text(evidence, "status"),
        since: at(evidence, "since"),
        topics: list("topics").iter().map(words).collect(),
        language: String::new(),
        about: Vec::new(),
        returns: Vec::new(),
        subscribed: text(evidence, "status") == "confirmed",
        pending: text(evidence, "status") == "pending",
        choices: Vec::new(),
        mailed: String::new(),
        events: list("events")
            .iter()
            .map(|event| EvidenceLine {
                at: at(event, "at"),
                event: event_words(&text(event, "event")),
                details: event
                    .as_object()
                    .into_iter()
                    .flatten()
                    .filter(|(key, value)| {
                        !matches!(key.as_str(), "at" | "event") && !value.is_null()
                    })
                    .map(|(key, value)| (key.replace('_', " "), words(value)))
                    .collect(),
            })
            .collect(),
    }
}

/// What happened, in plain words; what is new is told by its own word.
fn event_words(event: &str) -> String {
    match event {
        "requested" => "Asked to subscribe",
        "confirmation_queued" => "We sent a confirmation email",
        "confirmed" => "Confirmed the subscription",
        "imported" => "Was imported, with consent given elsewhere",
        "preferences_changed" => "Changed topics or language",
        "unsubscribed" => "Unsubscribed",
        "bounced" => "Their address stopped taking mail",
        "complained" => "Marked our mail as spam",
        "blocked" => "Asked never to be written to",
        other => return other.replace('_', " "),
    }
    .to_owned()
}

fn words(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
