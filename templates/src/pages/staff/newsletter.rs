//! One newsletter: what it says, who will get it, and the one thing to do next.

use maud::{Markup, html};

use super::{
    BlackoutNotice, CheckView, Frame, Section, Stops, checks, count, page, people_of, problem,
    reloading_page, token, unveil,
};

/// How often the page of a newsletter that is being sent loads itself where no script does.
const RELOAD_SECONDS: u32 = 15;

/// The page of one newsletter.
#[derive(Debug)]
pub struct NewsletterView {
    /// Around it.
    pub frame: Frame,
    /// Its number.
    pub id: i64,
    /// How often subject or text were changed: what is decided here is decided about this one.
    pub revision: i32,
    /// Its subject.
    pub subject: String,
    /// Its topic.
    pub topic: String,
    /// Its state in plain words, with times in the office's zone.
    pub state: String,
    /// Why it needs a person.
    pub attention: Option<String>,
    /// What else there is to know before deciding.
    pub notes: Vec<NoteView>,
    /// How many would get it now; only before it is sent.
    pub audience: Option<u64>,
    /// The text part; none where it could not be composed, then `attention` says why.
    pub text: Option<String>,
    /// What was checked; empty once it is under way.
    pub checks: Vec<CheckView>,
    /// What somebody has to say that they saw before they approve.
    pub stops: Option<Stops>,
    /// Where the release stands on the office's site.
    pub release_url: Option<String>,
    /// How far it is; none before anything was queued.
    pub progress: Option<ProgressView>,
    /// What did not arrive, or not yet.
    pub exceptions: Vec<ExceptionView>,
    /// Whether this person may see the addresses there, which are veiled.
    pub may_unveil: bool,
    /// What this person may do with it now.
    pub allowed: Allowed,
    /// When what does not arrive is given up.
    pub give_up: GiveUpView,
    /// The form to send it later.
    pub schedule: ScheduleView,
    /// What went wrong with what was just asked.
    pub error: Option<String>,
    /// Whether it is for the press list, not for subscribers.
    pub press_list: bool,
    /// The blackout that today lies in.
    pub blackout: Option<BlackoutNotice>,
    /// Whom it goes to, and on what ground.
    pub proof: Option<ProofView>,
}

/// The proof that the list is in order.
#[derive(Debug)]
pub struct ProofView {
    /// How many, and in which words.
    pub groups: Vec<(u64, String)>,
    /// All of them.
    pub people: u64,
    /// Whether all of them asked for it.
    pub all_opted_in: bool,
    /// When it was counted, in the office's zone.
    pub at: String,
}

/// One thing to know, and where there is more about it.
#[derive(Debug)]
pub struct NoteView {
    /// In one or two sentences.
    pub text: String,
    /// Address and words.
    pub link: Option<(String, &'static str)>,
}

/// What may be done now: the state and the role decide, not the page.
#[derive(Debug, Clone, Copy, Default)]
#[allow(
    clippy::struct_excessive_bools,
    missing_docs,
    reason = "each is one button"
)]
pub struct Allowed {
    pub rename: bool,
    pub follow_links: bool,
    pub test: bool,
    pub approve: bool,
    pub send_now: bool,
    pub pause: bool,
    pub resume: bool,
    pub cancel: bool,
    pub for_press: bool,
}

/// Hours for which what the mail server puts off is tried again.
#[derive(Debug, Clone, Copy, Default)]
pub struct GiveUpView {
    /// The newsletter's own; none: the office's.
    pub own: Option<u32>,
    /// The office's.
    pub office: u32,
}

/// The fields of "send later".
#[derive(Debug, Default)]
pub struct ScheduleView {
    /// The office's zone.
    pub zone: String,
    /// What was typed, as the field takes it.
    pub at: String,
    /// The clocks show that time twice: the two, to choose from.
    pub twice: Option<Twice>,
    /// What is wrong with the time.
    pub error: Option<String>,
    /// That time lies in a blackout, of which nobody took note yet.
    pub acknowledge: bool,
}

/// The two instants of a time that comes twice.
#[derive(Debug)]
pub struct Twice {
    /// Such as `01:30 PDT`.
    pub first: String,
    /// Such as `01:30 PST`.
    pub second: String,
}

/// How far the sending is.
#[derive(Debug, Default)]
#[allow(missing_docs, reason = "the words are the counts' own")]
pub struct ProgressView {
    pub total: u64,
    pub accepted: u64,
    pub waiting: u64,
    pub deferred: u64,
    pub failed: u64,
    pub withdrawn: u64,
    /// Whether it can still change.
    pub live: bool,
}

/// One delivery that did not arrive.
#[derive(Debug)]
pub struct ExceptionView {
    /// To whom.
    pub email: String,
    /// In plain words.
    pub state: &'static str,
    /// The relay's words.
    pub words: String,
    /// The relay of the last attempt; none: not tried.
    pub relay: Option<String>,
    /// How it was offered to the relay: the version of TLS or `none`; none: not at all.
    pub tls: Option<&'static str>,
    /// When it is tried again or when it ended, in the office's zone.
    pub at: String,
}

/// See [`NewsletterView`].
#[must_use]
pub fn newsletter(view: &NewsletterView) -> Markup {
    let action = |what: &str| format!("/staff/newsletters/{}/{what}", view.id);
    let live = view.progress.as_ref().is_some_and(|progress| progress.live);
    let reloading = live.then_some(RELOAD_SECONDS);
    reloading_page(
        &view.frame,
        Section::Newsletters,
        &view.subject,
        reloading,
        &html! {
            p.back { a href="/staff/newsletters" { "All newsletters" } }
            h1 { (view.subject) }
            p.state { (view.state) " · " (view.topic) }
            @if let Some(url) = &view.release_url {
                p { a href=(url) rel="noreferrer" { "The release on the office’s site" } }
            }
            @if let Some(attention) = &view.attention {
                div.attention { p { strong { "Needs attention: " } (attention) } }
            }
            @for note in &view.notes {
                p.note {
                    (note.text)
                    @if let Some((href, words)) = &note.link { " " a href=(href) { (words) } }
                }
            }
            @if let Some(blackout) = &view.blackout { (blackout.banner()) }
            (problem(view.error.as_deref()))
            @if let Some(progress_view) = &view.progress {
                section aria-labelledby="progress-title" {
                    h2 id="progress-title" { "Progress" }
                    (progress(view.id, progress_view))
                }
            }
            (checks::section(view))
            (next_step(view, &action))
            @if view.allowed.rename {
                section aria-labelledby="subject-title" {
                    h2 id="subject-title" { "Subject" }
                    form method="post" action=(action("subject")) {
                        (token(&view.frame.form_token))
                        (revision(view))
                        label for="subject" { "Subject line of the mail" }
                        input id="subject" name="subject" type="text" required maxlength="300" value=(view.subject);
                        button { "Save the subject" }
                    }
                    p { a href=(action("edit")) { "Edit the text" } }
                }
            }
            (proof(view))
            (for_press(view, &action("press")))
            (preview(view))
            (exceptions(view))
            @if view.allowed.cancel {
                section aria-labelledby="cancel-title" {
                    h2 id="cancel-title" { "Stop for good" }
                    p { a.danger href=(action("cancel")) { "Cancel this newsletter…" } }
                }
            }
        },
    )
}

fn next_step(view: &NewsletterView, action: &dyn Fn(&str) -> String) -> Markup {
    let allowed = view.allowed;
    let readers = view.audience.map(people_of);
    let nothing =
        !(allowed.test || allowed.approve || allowed.send_now || allowed.pause || allowed.resume);
    if nothing && readers.is_none() {
        return Markup::default();
    }
    html! {
        section.next aria-labelledby="next-title" {
            h2 id="next-title" { "What to do next" }
            @if let Some(readers) = &readers {
                p {
                    "It would go to " strong { (readers) }
                    @if view.press_list { " on the press list." } @else { " who asked for it and confirmed." }
                }
            }
            @if allowed.test {
                form method="post" action=(action("test")) {
                    (token(&view.frame.form_token))
                    button { "Send a test to me" }
                    p.hint { "Goes to " (view.frame.email) " only." }
                }
            }
            @if allowed.approve {
                form method="post" action=(action("approve")) {
                    (token(&view.frame.form_token))
                    (revision(view))
                    (checks::tick(view.stops.as_ref(), "seen"))
                    (give_up(view, "approve"))
                    (acknowledgement(view, "approve"))
                    button.primary { "Approve and send now" @if let Some(readers) = &readers { " to " (readers) } }
                }
                (later(view, &action("schedule")))
            } @else if view.audience.is_some() && !allowed.send_now {
                p { "It waits for someone with the role approver." }
            }
            @if allowed.send_now {
                form method="post" action=(action("send")) {
                    (token(&view.frame.form_token))
                    (revision(view))
                    (give_up(view, "send"))
                    (acknowledgement(view, "send"))
                    button.primary { "Send it now instead" }
                }
            }
            @if allowed.pause {
                form method="post" action=(action("pause")) {
                    (token(&view.frame.form_token))
                    button.primary { "Pause sending" }
                    p.hint { "What is on its way arrives. You can go on later; nobody gets it twice." }
                }
            }
            @if allowed.resume {
                form method="post" action=(action("resume")) {
                    (token(&view.frame.form_token))
                    (acknowledgement(view, "resume"))
                    button.primary { "Go on sending" }
                }
            }
        }
    }
}

/// The text that this page shows: whoever presses the button decides about no other.
fn revision(view: &NewsletterView) -> Markup {
    html! { input type="hidden" name="revision" value=(view.revision); }
}

/// The tick box that a send in a blackout needs (C4); nothing at other times.
fn acknowledgement(view: &NewsletterView, form: &str) -> Markup {
    html! {
        @if view.blackout.as_ref().is_some_and(BlackoutNotice::asks) {
            // A later time may lie behind the blackout; then no box is needed.
            (tick(form, form != "later"))
        }
    }
}

fn tick(form: &str, required: bool) -> Markup {
    let field = format!("acknowledge-{form}");
    html! {
        label.choice for=(field) {
            input id=(field) type="checkbox" name="acknowledge" value="yes" required[required];
            " I know that this goes out in a blackout before an election, and its list is in order."
        }
    }
}

/// Most newsletters keep the office's hours, so the field is out of the way.
fn give_up(view: &NewsletterView, form: &str) -> Markup {
    let GiveUpView { own, office } = view.give_up;
    let (field, hint) = (format!("give-up-{form}"), format!("give-up-{form}-hint"));
    html! {
        details open[own.is_some()] {
            summary { "How long to try" }
            label for=(field) { "Give up after this many hours" }
            p.hint id=(hint) {
                "What the mail server puts off is tried again until then, 1 to 120 hours. Empty: "
                (office) ", as for all newsletters."
            }
            input id=(field) name="give_up" type="number" min="1" max="120" value=[own] aria-describedby=(hint);
        }
    }
}

fn proof(view: &NewsletterView) -> Markup {
    html! {
        @if let Some(proof) = &view.proof {
            section aria-labelledby="proof-title" {
                h2 id="proof-title" { "Who is on the list, and why" }
                @if proof.people == 0 {
                    p { "Nobody." }
                } @else {
                    ul {
                        @for (people, words) in &proof.groups {
                            li { strong { (people_of(*people)) } ": " (words) }
                        }
                    }
                    @if proof.all_opted_in {
                        p { "All of them asked for it, and the evidence of each is on record." }
                    } @else if view.press_list {
                        p { "They did not ask for it themselves. Everyone can leave with one click." }
                    }
                }
                p.hint { "Counted " (proof.at) "." }
            }
        }
    }
}

fn for_press(view: &NewsletterView, action: &str) -> Markup {
    html! {
        @if view.allowed.for_press {
            details {
                summary { "Send this to the press list, too" }
                form method="post" action=(action) {
                    (token(&view.frame.form_token))
                    fieldset {
                        legend { "What it is" }
                        label.choice for="release-yes" {
                            input id="release-yes" type="radio" name="news_release" value="yes" required;
                            " A news release to the communications media"
                        }
                        label.choice for="release-no" {
                            input id="release-no" type="radio" name="news_release" value="no";
                            " Something else: everyone on the list counts as not having asked for it"
                        }
                    }
                    button { "Make a draft for the press list" }
                    p.hint { "It waits for approval by itself. It is never mixed with the subscribers’ one." }
                }
            }
        }
    }
}

fn later(view: &NewsletterView, action: &str) -> Markup {
    let schedule = &view.schedule;
    let wrong = schedule.error.is_some();
    html! {
        details open[wrong] {
            summary { "Send at a later time" }
            form method="post" action=(action) {
                (token(&view.frame.form_token))
                (revision(view))
                label for="at" { "Date and time" }
                p.hint id="at-hint" { "In the office’s time zone, " (schedule.zone) "." }
                @if let Some(error) = &schedule.error {
                    p.error id="at-error" role="alert" { (error) }
                }
                input id="at" name="at" type="datetime-local" required value=(schedule.at)
                    aria-invalid=[wrong.then_some("true")]
                    aria-describedby=(if wrong { "at-hint at-error" } else { "at-hint" });
                @if let Some(twice) = &schedule.twice {
                    fieldset {
                        legend { "Which of the two?" }
                        label.choice { input type="radio" name="fold" value="first" required; " " (twice.first) ", before the clocks go back" }
                        label.choice { input type="radio" name="fold" value="second"; " " (twice.second) ", after the clocks went back" }
                    }
                }
                (give_up(view, "later"))
                (checks::tick(view.stops.as_ref(), "seen-for-later"))
                @if schedule.acknowledge { (tick("later", true)) }
                @else { (acknowledgement(view, "later")) }
                button { "Approve and send then" }
            }
        }
    }
}

fn preview(view: &NewsletterView) -> Markup {
    let href = format!("/staff/newsletters/{}/preview.html", view.id);
    html! {
        @if let Some(text) = &view.text {
            section aria-labelledby="preview-title" {
                h2 id="preview-title" { "As a reader gets it" }
                p {
                    a href=(href) { "Open the mail on a page of its own" } " to try its links, or "
                    a href={ (href) "?pictures=off" } { "see it with pictures off" } ", as many mailboxes show it first."
                }
                p { a href={ "/staff/newsletters/" (view.id) "/mail.eml" } { "Download the exact mail (.eml)" } " for whoever must approve it." }
                iframe title="The mail with formatting" src=(href) sandbox="" loading="lazy" {}
                details {
                    summary { "The mail as plain text" }
                    pre tabindex="0" { (text) }
                }
            }
        }
    }
}

/// The counts. The script replaces them; without it the page loads itself anew, and there is the
/// button.
#[must_use]
pub fn progress(id: i64, view: &ProgressView) -> Markup {
    let done = view.accepted + view.failed + view.withdrawn;
    html! {
        div id="progress" data-refresh=[view.live.then(|| format!("/staff/newsletters/{id}/progress"))] {
            progress max=(view.total.max(1)) value=(done) aria-label="Deliveries done" {}
            p { strong { (count(view.accepted)) " of " (count(view.total)) } " accepted by the mail server." }
            dl {
                div { dt { "Still to go" } dd { (count(view.waiting)) } }
                div { dt { "Will be tried again" } dd { (count(view.deferred)) } }
                div { dt { "Failed" } dd { (count(view.failed)) } }
                div { dt { "Left meanwhile, not mailed" } dd { (count(view.withdrawn)) } }
            }
        }
        p.hidden id="progress-said" role="status" { (said(view, done)) }
        @if view.live {
            p { a.button href={ "/staff/newsletters/" (id) } { "Refresh" } }
        }
    }
}

/// What is announced: it changes ten times in a whole newsletter, so that nobody who listens is
/// interrupted every few seconds.
fn said(view: &ProgressView, done: u64) -> String {
    if view.live {
        let tenths = done * 10 / view.total.max(1);
        format!("{} percent done.", tenths * 10)
    } else {
        format!(
            "{} of {} accepted by the mail server.",
            count(view.accepted),
            count(view.total)
        )
    }
}

fn exceptions(view: &NewsletterView) -> Markup {
    let lines = &view.exceptions;
    html! {
        @if !lines.is_empty() {
            section aria-labelledby="exceptions-title" {
                h2 id="exceptions-title" { "What did not arrive" }
                @if view.may_unveil { (unveil(&view.frame.form_token, &format!("/staff/newsletters/{}/addresses", view.id))) }
                div.scroll role="group" aria-labelledby="exceptions-title" tabindex="0" {
                    table {
                        thead { tr { th scope="col" { "Address" } th scope="col" { "What happened" } th scope="col" { "When" } th scope="col" { "What the mail server said" } } }
                        tbody {
                            @for line in lines {
                                tr { td { (line.email) } td { (line.state) } td { (line.at) } td { (line.words) (way(line)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Which mail server it was, and how the mail went there.
fn way(line: &ExceptionView) -> Markup {
    let parts: Vec<&str> = [line.relay.as_deref(), line.tls.map(travelled)]
        .into_iter()
        .flatten()
        .collect();
    html! { @if !parts.is_empty() { span.muted { " (" (parts.join(", ")) ")" } } }
}

/// How a mail went to its relay.
fn travelled(tls: &'static str) -> &'static str {
    match tls {
        "none" => "in the clear",
        version => version,
    }
}

/// The step before a newsletter is stopped for good.
#[derive(Debug)]
pub struct CancelView {
    /// Around it.
    pub frame: Frame,
    /// Its number.
    pub id: i64,
    /// Its subject.
    pub subject: String,
    /// How many have it already.
    pub accepted: u64,
}

/// See [`CancelView`].
#[must_use]
pub fn cancel(view: &CancelView) -> Markup {
    let back = format!("/staff/newsletters/{}", view.id);
    page(
        &view.frame,
        Section::Newsletters,
        "Cancel a newsletter",
        &html! {
            h1 { "Cancel this newsletter?" }
            p { strong { (view.subject) } }
            @if view.accepted > 0 {
                p { (people_of(view.accepted)) " got it already; that cannot be taken back. Nobody else will get it." }
            } @else {
                p { "Nobody has got it, and nobody will." }
            }
            p { "This cannot be undone." }
            form method="post" action={ (back) "/cancel" } {
                (token(&view.frame.form_token))
                button.primary.danger { "Cancel the newsletter" }
            }
            p { a href=(back) { "Keep it" } }
        },
    )
}
