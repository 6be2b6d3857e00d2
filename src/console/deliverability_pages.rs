//! Deliverability: whether mailbox providers will take the mail, what to put into the DNS, and whether the
//! relays answer. The doctor looks; here is what it found, for who has no terminal.

use axum::{
    Router,
    extract::{Query, State},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use gazette_templates::pages::staff::{
    self as pages, ConversationView, DeliverabilityView, DnsRecordView, FindingView,
};

use super::{
    failure::Failure,
    frame::{Done, frame, shown},
    guard::Admin,
    state::Console,
};
use crate::{
    app::App,
    clock::instant,
    delivery::smtp::{SaidLine, Speaker},
    doctor::{self, Finding, Level, RelayConversation},
    office::Office,
    office_setting,
};

type Answer = Result<Response, Failure>;

pub fn routes() -> Router<Console> {
    Router::new()
        .route("/staff/deliverability", get(page))
        .route("/staff/deliverability/check", post(check))
}

/// What was found last; a look takes seconds, so none is made while the page is opened.
async fn page(
    State(console): State<Console>,
    Admin(me): Admin,
    Query(done): Query<Done>,
) -> Answer {
    let app = &console.app;
    let zone = Office::load(&app.db).await?.time_zone;
    let examined = console.examined.last();
    let (at, report) = examined.map_or((None, None), |(at, report)| (Some(at), Some(report)));
    let report = report.unwrap_or_default();
    let count = |level| {
        let found = report.findings.iter();
        found.filter(|finding| finding.level == level).count() as u64
    };
    let (faults, warnings) = (count(Level::Fault), count(Level::Warning));
    // What needs somebody stands first.
    let mut findings = report.findings;
    findings.sort_by_key(|finding| std::cmp::Reverse(weight(finding)));
    let view = DeliverabilityView {
        frame: frame(app, &me, done.done.as_deref()).await?,
        at: at.map(|at| shown(instant(at), &zone)),
        faults,
        warnings,
        findings: findings.into_iter().map(finding_view).collect(),
        records: report
            .publish
            .into_iter()
            .map(|record| DnsRecordView {
                name: record.name,
                text: record.text,
                stands: record.stands,
            })
            .collect(),
        conversations: report
            .conversations
            .into_iter()
            .map(conversation_view)
            .collect(),
    };
    Ok(pages::deliverability(&view).into_response())
}

/// When a look found no fault last, in milliseconds, among the office's settings.
const SOUND_AT: &str = "deliverability-sound-at";

/// Whether a look ever found nothing to fix.
pub async fn was_sound(app: &App) -> Result<bool, Failure> {
    let at = office_setting::one(app.db.pool(), SOUND_AT).await?;
    Ok(at.is_some())
}

/// One look at a time, however many ask: it speaks with name servers and relays.
async fn check(State(console): State<Console>, Admin(_): Admin) -> Answer {
    let Ok(_turn) = console.examined.turn.try_lock() else {
        return Ok(Redirect::to("/staff/deliverability?done=checking").into_response());
    };
    let (app, report) = (&console.app, doctor::examine(&console.app).await?);
    let now = app.clock.now_ms();
    if !report
        .findings
        .iter()
        .any(|found| found.level == Level::Fault)
    {
        office_setting::store(&app.db.writer(), SOUND_AT, &now.to_string(), now).await?;
    }
    console.examined.keep(now, report);
    Ok(Redirect::to("/staff/deliverability?done=checked").into_response())
}

fn weight(finding: &Finding) -> u8 {
    match finding.level {
        Level::Fault => 3,
        Level::Warning => 2,
        Level::Note => 1,
        Level::Ok => 0,
    }
}

fn finding_view(finding: Finding) -> FindingView {
    FindingView {
        severity: match finding.level {
            Level::Fault => "Fix",
            Level::Warning => "Check",
            Level::Note => "Note",
            Level::Ok => "OK",
        },
        about: about(finding.check).to_owned(),
        page: finding.on_page.as_ref().map(|page| (page.label, page.path)),
        remedy: finding
            .remedy
            .filter(|_| finding.on_page.is_none())
            .map(|remedy| (who_does(&remedy), remedy)),
        what: finding.on_page.map_or(finding.what, |page| page.what),
    }
}

/// Whose hands a remedy is in: what stands outside the console is the affair of who has the machine.
fn who_does(remedy: &str) -> &'static str {
    let outside = ["GAZETTE_", "`gazette", "/etc/", "reverse proxy"];
    if outside.iter().any(|word| remedy.contains(word)) {
        "Ask the person who runs Gazette: "
    } else {
        "What to do: "
    }
}

fn conversation_view(conversation: RelayConversation) -> ConversationView {
    let said = |SaidLine { by, line }| match by {
        Speaker::Us => ("Gazette", line),
        Speaker::Relay => ("Server", line),
        Speaker::Event => ("", line),
    };
    ConversationView {
        relay: conversation.relay,
        failed: conversation.failed,
        lines: conversation.lines.into_iter().map(said).collect(),
    }
}

/// What a check is about, for somebody who has not heard the word.
fn about(check: &str) -> &str {
    match check {
        "dkim" => "Signature (DKIM)",
        "spf" => "Who may send for you (SPF)",
        "dmarc" => "Policy for mail in your name (DMARC)",
        "relay" => "Mail server that takes our mail",
        "tls" => "Encryption on the way",
        "ehlo" => "What the mail server offers",
        "dns" => "Name servers",
        "ptr" => "Name of the sending address",
        "mx" | "bounces" => "Where replies and bounces go",
        "clock" => "Clock",
        "site" => "Public address",
        "office" => "Your office",
        "soa" => "Who answers for your domain",
        "time-zone" => "Time zone",
        "database" => "Database",
        "mailboxes" => "Mailboxes",
        "releases" => "Press releases",
        "idn" => "Domains that can be mistaken",
        other => other,
    }
}
