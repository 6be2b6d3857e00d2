//! What came back, in the console: the list, one return, the raw mail, and the set-up with its test.

use std::time::Duration;

use axum::{
    Form, Router,
    extract::{Path, Query, State},
    http::{
        StatusCode,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use gazette_templates::pages::staff::{
    self as pages, MailboxForm, RateLine, ReturnItem, ReturnSetupView, ReturnView, ReturnsView,
    SenderLine, SendersView,
};
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::{
    failure::{Failure, sentence},
    frame::{frame, shown},
    guard::{Admin, Editor, SignedIn, Viewer},
    state::Console,
};
use crate::{
    accounts::Role,
    address::veil,
    app::App,
    audit::{self, Action},
    clock::instant,
    config::{ImapUrl, ReturnSettings, percent},
    newsletters,
    office::Office,
    returns::{
        self, ComplaintRate, ReportKind, ReportOutcome, ReturnError, ReturnFilter, ReturnKind,
        ReturnLine, ReturnState, ReturnWay, imap,
        mailbox_setting::{self, TypedMailbox},
    },
    subscribers,
};

type Answer = Result<Response, Failure>;

/// How long a person waits for the mail server in a test.
const MAILBOX_TEST_TIMEOUT: Duration = Duration::from_secs(20);

pub fn routes() -> Router<Console> {
    Router::new()
        .route("/staff/returns", get(list))
        .route("/staff/returns/file", post(file_all))
        .route("/staff/returns/setup", get(setup))
        .route("/staff/returns/reports", get(reports))
        .route("/staff/returns/test", post(test))
        .route("/staff/returns/mailbox", post(save_mailbox))
        .route("/staff/returns/mailbox/remove", post(remove_mailbox))
        .route("/staff/returns/{id}", get(one))
        .route("/staff/returns/{id}/mail", get(mail))
        .route("/staff/returns/{id}/file", post(file))
        .route("/staff/returns/{id}/undo", post(undo))
}

#[derive(Debug, Default, Deserialize)]
struct ReturnQuery {
    done: Option<String>,
    #[serde(default)]
    show: String,
    #[serde(default)]
    topic: String,
    #[serde(default)]
    provider: String,
    newsletter: Option<i64>,
    before: Option<i64>,
}

/// What the list can be narrowed to: as it stands in the address, and in words.
const SHOWS: [(&str, &str); 10] = [
    ("", "Everything"),
    ("set-aside", "Not understood"),
    ("acted", "Stopped mail to a reader"),
    ("unproved", "Not proved"),
    ("bounce", "Did not arrive"),
    ("complaint", "Called spam"),
    ("unsubscribe", "Wants to leave"),
    ("reply", "A person’s answers"),
    ("auto-reply", "Automatic answers"),
    ("report", "Reports"),
];

fn filter(query: &ReturnQuery) -> ReturnFilter {
    let mut filter = ReturnFilter {
        newsletter: query.newsletter,
        provider: Some(query.provider.trim().to_lowercase()),
        topic: Some(query.topic.clone()),
        before: query.before,
        ..ReturnFilter::default()
    };
    match query.show.as_str() {
        "set-aside" => filter.state = Some(ReturnState::SetAside),
        "acted" => filter.state = Some(ReturnState::Acted),
        "unproved" => filter.state = Some(ReturnState::Unproved),
        "bounce" => filter.kind = Some(ReturnKind::Bounce),
        "complaint" => filter.kind = Some(ReturnKind::Complaint),
        "unsubscribe" => filter.kind = Some(ReturnKind::Unsubscribe),
        "reply" => filter.kind = Some(ReturnKind::Reply),
        "auto-reply" => filter.kind = Some(ReturnKind::AutoReply),
        "report" => filter.kind = Some(ReturnKind::Report),
        _ => {}
    }
    filter
}

async fn list(
    State(app): State<App>,
    Viewer(me): Viewer,
    Query(query): Query<ReturnQuery>,
) -> Answer {
    let zone = Office::load(&app.db).await?.time_zone;
    let marks = &app.settings.returns;
    let found = returns::list(&app, &filter(&query)).await?;
    let newsletter = match query.newsletter {
        Some(id) => Some((id, newsletters::find(&app, id).await?.subject.clone())),
        None => None,
    };
    let topics = subscribers::topics(&app).await?;
    let view = ReturnsView {
        frame: frame(&app, &me, query.done.as_deref()).await?,
        editor: me.account.role >= Role::Editor,
        set_aside: returns::count_set_aside(&app).await?,
        keep_days: marks.keep_days,
        told_from: percent(i64::from(marks.complaints_told)),
        paused_from: percent(i64::from(marks.complaints_pause)),
        paused_by: u64::from(marks.complaints_least),
        shows: SHOWS
            .iter()
            .map(|(value, words)| (*value, *words, *value == query.show))
            .collect(),
        topics: topics
            .into_iter()
            .map(|topic| {
                let chosen = topic.slug == query.topic;
                (topic.slug, topic.name, chosen)
            })
            .collect(),
        provider: query.provider.clone(),
        newsletter,
        lines: found.lines.iter().map(|line| item(line, &zone)).collect(),
        older: found.older.map(|before| older(&query, before)),
        rates: returns::complaint_rates(&app)
            .await?
            .iter()
            .map(|found| rate(found, marks))
            .collect(),
    };
    Ok(pages::returns(&view).into_response())
}

fn older(query: &ReturnQuery, before: i64) -> String {
    let mut words = url::form_urlencoded::Serializer::new(String::new());
    words
        .append_pair("show", &query.show)
        .append_pair("topic", &query.topic)
        .append_pair("provider", &query.provider)
        .append_pair("before", &before.to_string());
    if let Some(id) = query.newsletter {
        words.append_pair("newsletter", &id.to_string());
    }
    format!("/staff/returns?{}", words.finish())
}

fn rate(rate: &ComplaintRate, marks: &ReturnSettings) -> RateLine {
    let per_100_000 = rate.per_100_000();
    RateLine {
        newsletter: rate.newsletter,
        subject: rate.subject.clone(),
        topic: rate.topic.clone(),
        provider: rate.provider.clone().unwrap_or_else(|| "all".to_owned()),
        complaints: rate.complaints.unsigned_abs(),
        accepted: rate.accepted.unsigned_abs(),
        rate: format!("{}.{:02} %", per_100_000 / 1_000, per_100_000 % 1_000 / 10),
        verdict: if per_100_000 >= i64::from(marks.complaints_pause) {
            "too many"
        } else if per_100_000 >= i64::from(marks.complaints_told) {
            "high"
        } else {
            ""
        },
    }
}

/// Who sends as the office, by what others report.
async fn reports(State(app): State<App>, Viewer(me): Viewer) -> Answer {
    let (mut mails, mut connections) = (Vec::new(), Vec::new());
    for sum in returns::reported_senders(&app).await? {
        let line = SenderLine {
            source: sum.source,
            domain: sum.domain,
            count: sum.count.unsigned_abs(),
            is_fine: !matches!(
                sum.outcome,
                ReportOutcome::Unaligned | ReportOutcome::Insecure
            ),
            verdict: match sum.outcome {
                ReportOutcome::Unaligned => "not proved to be yours",
                ReportOutcome::SpfOnly => "yours, by SPF alone",
                ReportOutcome::DkimOnly => "yours, by DKIM alone",
                ReportOutcome::Aligned => "yours",
                ReportOutcome::Insecure => "failed",
                ReportOutcome::Secure => "safe",
            },
            words: sum.words,
            treated: sum.treated.join(", "),
            reporters: sum.reporters.join(", "),
        };
        match sum.kind {
            ReportKind::Dmarc => mails.push(line),
            ReportKind::Tls => connections.push(line),
        }
    }
    let view = SendersView {
        frame: frame(&app, &me, None).await?,
        mails,
        connections,
    };
    Ok(pages::senders(&view).into_response())
}

/// A return as the lists show it.
pub(super) fn item(line: &ReturnLine, zone: &TimeZone) -> ReturnItem {
    ReturnItem {
        id: line.id,
        at: shown(instant(line.at), zone),
        kind: kind(line.kind),
        state: state(line),
        newsletter: line.newsletter_id.zip(line.newsletter.clone()),
        topic: line.topic.clone(),
        provider: line.provider.clone(),
        why: line.why.clone(),
    }
}

fn kind(kind: ReturnKind) -> &'static str {
    match kind {
        ReturnKind::Bounce => "Did not arrive",
        ReturnKind::Delay => "Still being tried",
        ReturnKind::Complaint => "Called spam",
        ReturnKind::Unsubscribe => "Wants to leave",
        ReturnKind::AutoReply => "Automatic answer",
        ReturnKind::Reply => "A person’s answer",
        ReturnKind::Report => "Report",
        ReturnKind::Unknown => "Not understood",
    }
}

fn state(line: &ReturnLine) -> String {
    match (line.state, &line.undone_by) {
        (ReturnState::Noted, _) => "noted, nothing changed".to_owned(),
        (ReturnState::Acted, _) => "mail to this reader stopped".to_owned(),
        (ReturnState::Unproved, _) => "not proved, nothing changed".to_owned(),
        (ReturnState::SetAside, _) => "please look at it".to_owned(),
        (ReturnState::Filed, _) => "looked at and filed".to_owned(),
        (ReturnState::Undone, Some(by)) => format!("undone by {by}"),
        (ReturnState::Undone, None) => "undone".to_owned(),
    }
}

fn way(way: ReturnWay) -> &'static str {
    match way {
        ReturnWay::CommandLine => "the command line",
        ReturnWay::Imap => "the mailbox",
        ReturnWay::Listener => "the mail server, handed over",
        ReturnWay::Webhook => "the sending service",
    }
}

async fn one(State(app): State<App>, Viewer(me): Viewer, Path(id): Path<i64>) -> Answer {
    let view = view_of(&app, &me, id).await?;
    Ok(pages::one_return(&view).into_response())
}

async fn view_of(app: &App, me: &SignedIn, id: i64) -> Result<ReturnView, Failure> {
    let zone = Office::load(&app.db).await?.time_zone;
    let line = returns::one(app, id).await?.ok_or(Failure::NotFound)?;
    let mut details = vec![("Came by", way(line.way).to_owned())];
    let more = [
        ("Subject", veil(&line.subject)),
        ("Status code", line.status.clone().unwrap_or_default()),
        ("What the other side said", veil(&line.diagnosis)),
        ("Mail provider", line.provider.clone()),
        ("Topic", line.topic.clone().unwrap_or_default()),
    ];
    details.extend(more.into_iter().filter(|(_, value)| !value.is_empty()));
    Ok(ReturnView {
        frame: frame(app, me, None).await?,
        editor: me.account.role >= Role::Editor,
        can_file: line.state == ReturnState::SetAside,
        can_undo: line.state == ReturnState::Acted && line.kind == ReturnKind::Bounce,
        has_mail: line.has_mail,
        item: item(&line, &zone),
        details,
        error: None,
    })
}

/// As plain text and never as a page: it is somebody else's.
async fn mail(State(app): State<App>, Admin(me): Admin, Path(id): Path<i64>) -> Answer {
    let mail = returns::raw(&app, id, me.who()).await?;
    let mail = mail.ok_or(Failure::NotFound)?;
    let headers = [
        (CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (
            CONTENT_DISPOSITION,
            format!("inline; filename=\"return-{id}.txt\""),
        ),
    ];
    Ok((headers, mail).into_response())
}

async fn file(State(app): State<App>, Editor(me): Editor, Path(id): Path<i64>) -> Answer {
    let filed = returns::file(&app, Some(id), me.who()).await?;
    Ok(after_filing(filed))
}

async fn file_all(State(app): State<App>, Editor(me): Editor) -> Answer {
    let filed = returns::file(&app, None, me.who()).await?;
    Ok(after_filing(filed))
}

/// Where nothing was filed, because nothing was set aside any more, nobody says that it was.
fn after_filing(filed: u64) -> Response {
    let page = if filed > 0 {
        "/staff/returns?done=filed"
    } else {
        "/staff/returns"
    };
    Redirect::to(page).into_response()
}

async fn undo(State(app): State<App>, Editor(me): Editor, Path(id): Path<i64>) -> Answer {
    match returns::undo(&app, id, me.who()).await {
        Ok(()) => Ok(Redirect::to("/staff/returns?done=return-undone").into_response()),
        Err(error @ ReturnError::NotPossible(_)) => {
            let mut view = view_of(&app, &me, id).await?;
            view.error = Some(sentence(&error));
            Ok((StatusCode::CONFLICT, pages::one_return(&view)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

async fn setup(
    State(app): State<App>,
    Admin(me): Admin,
    Query(query): Query<ReturnQuery>,
) -> Answer {
    let view = setup_view(&app, &me, query.done.as_deref()).await?;
    Ok(pages::return_setup(&view).into_response())
}

async fn setup_view(
    app: &App,
    me: &SignedIn,
    done: Option<&str>,
) -> Result<ReturnSetupView, Failure> {
    let office = Office::load(&app.db).await?;
    let when = |at: i64| shown(instant(at), &office.time_zone);
    let ways = returns::channels(app.db.pool())
        .await?
        .into_iter()
        .map(|channel| {
            let name = match channel.way {
                ReturnWay::Imap => "Mailbox",
                ReturnWay::Listener => "Handed over by the mail server",
                ReturnWay::CommandLine => "Command line",
                ReturnWay::Webhook => "Sending service",
            };
            let words = match (channel.failing_since, channel.looked_at) {
                (Some(since), _) => format!("fails since {}: {}", when(since), channel.words),
                (None, Some(at)) => format!("{}: {}", when(at), channel.words),
                (None, None) => channel.words,
            };
            (name, words)
        })
        .collect();
    let probe = returns::latest_probe(app.db.pool()).await?.map(|probe| {
        let sent = when(probe.sent_at);
        match (probe.came_at, probe.way) {
            (Some(at), Some(by)) => format!(
                "sent to {} {sent}, came back {} by {}",
                probe.domain,
                when(at),
                way(by)
            ),
            _ => format!("sent to {} {sent}, has not come back yet", probe.domain),
        }
    });
    Ok(ReturnSetupView {
        frame: frame(app, me, done).await?,
        bounce_domain: office.bounce_domain,
        offers_mail: office.unsubscribe_by_mail.is_some(),
        ways,
        probe,
        is_fixed: app.settings.returns.imap_url.is_some(),
        is_set: mailbox_setting::load(app).await?.is_some(),
        form: MailboxForm::default(),
        report: Vec::new(),
        error: None,
    })
}

/// Signs in to the mailbox and says what is there.
async fn look(app: &App, url: &ImapUrl) -> Result<String, String> {
    match tokio::time::timeout(MAILBOX_TEST_TIMEOUT, imap::test(app, url)).await {
        Ok(Ok(words)) => Ok(words),
        Ok(Err(error)) => Err(sentence(&error)),
        Err(_) => Err("The mail server did not answer within 20 seconds.".to_owned()),
    }
}

async fn test(State(app): State<App>, Admin(me): Admin) -> Answer {
    let mut report = Vec::new();
    match mailbox_setting::load(&app).await? {
        Some(url) => report.push(match look(&app, &url).await {
            Ok(words) => words,
            Err(words) => format!("The mailbox cannot be read. {words}"),
        }),
        None => report.push("No mailbox is set.".to_owned()),
    }
    if returns::send_probe(&app).await? {
        report.push("A test mail is on its way to the domain for returned mail. Load this page again in a few minutes: “Test mail” says whether it came back.".to_owned());
    } else {
        report.push("No domain for returned mail is set, so no test mail was sent.".to_owned());
    }
    let (now, words) = (app.clock.now_ms(), report.join(" "));
    audit::record(
        &app.db.writer(),
        now,
        me.who(),
        Action::ReturnTest,
        "returns",
        words,
    )
    .await?;
    let mut view = setup_view(&app, &me, None).await?;
    view.report = report;
    Ok(pages::return_setup(&view).into_response())
}

#[derive(Deserialize)]
struct Mailbox {
    host: String,
    port: String,
    user: String,
    password: String,
    folder: String,
    #[serde(default)]
    auth: String,
    #[serde(default)]
    client_id: String,
    #[serde(default)]
    client_secret: String,
}

async fn save_mailbox(
    State(app): State<App>,
    Admin(me): Admin,
    Form(form): Form<Mailbox>,
) -> Answer {
    let saved = try_mailbox(&app, &me, &form).await?;
    let mut view = setup_view(&app, &me, None).await?;
    let status = match saved {
        Ok(words) => {
            view.report = vec![
                words,
                "Saved. Gazette reads this mailbox from now on.".to_owned(),
            ];
            StatusCode::OK
        }
        Err(words) => {
            view.error = Some(words);
            view.form = MailboxForm {
                host: form.host,
                port: form.port,
                user: form.user,
                folder: form.folder,
                auth: form.auth,
                client_id: form.client_id,
            };
            StatusCode::UNPROCESSABLE_ENTITY
        }
    };
    Ok((status, pages::return_setup(&view)).into_response())
}

/// Tests what was typed and saves it only where it works; what was seen, or what is wrong.
async fn try_mailbox(
    app: &App,
    me: &SignedIn,
    form: &Mailbox,
) -> Result<Result<String, String>, Failure> {
    if app.settings.returns.imap_url.is_some() {
        return Ok(Err(
            "The person who runs Gazette has set the mailbox; it cannot be changed here."
                .to_owned(),
        ));
    }
    let typed = TypedMailbox {
        host: form.host.trim(),
        port: form.port.trim(),
        user: form.user.trim(),
        password: &form.password,
        folder: form.folder.trim(),
        auth: &form.auth,
        client_id: form.client_id.trim(),
        client_secret: form.client_secret.trim(),
    };
    let url = typed.url();
    let Some(url) = url else {
        return Ok(Err(
            "Server, port, user, password and folder are needed, the port as a number.".to_owned(),
        ));
    };
    let parsed = match url.parse() {
        Ok(parsed) => parsed,
        Err(error) => return Ok(Err(sentence(&error))),
    };
    match look(app, &parsed).await {
        Ok(words) => {
            mailbox_setting::save(app, &url, me.who()).await?;
            Ok(Ok(words))
        }
        Err(words) => Ok(Err(format!("{words} Nothing was saved."))),
    }
}

async fn remove_mailbox(State(app): State<App>, Admin(me): Admin) -> Answer {
    mailbox_setting::save(&app, "", me.who()).await?;
    Ok(Redirect::to("/staff/returns/setup?done=mailbox-removed").into_response())
}
