//! One newsletter: what it says, who will get it, and the one thing to do next.

use maud::{Markup, html};

use super::{
    Frame, Section, as_it_is, checks,
    mail_views::{mail_views, subject_hint},
    newsletter_views::{Approval, ExceptionGroup, ExceptionView, NewsletterView, UndoView},
    page, people_of, problem, problem_of_field, progress, reloading_page,
    sending_fields::{acknowledge_later, acknowledgement, deadline, revision, time_field},
    token, unveil,
};

/// How often the page of a newsletter that is being sent loads itself where no script does.
const RELOAD_SECONDS: u32 = 15;

/// See [`NewsletterView`].
#[must_use]
pub fn newsletter(view: &NewsletterView) -> Markup {
    let action = |what: &str| format!("/staff/newsletters/{}/{what}", view.id);
    let live = view.progress.as_ref().is_some_and(|progress| progress.live);
    let begins = view.undo.as_ref().and_then(|undo| undo.seconds);
    let reloading = match begins {
        // Once, when it has begun.
        Some(seconds) => Some(u32::try_from(seconds).unwrap_or(u32::MAX).saturating_add(2)),
        None => live.then_some(RELOAD_SECONDS),
    };
    // Also while nothing is queued yet: who paused it resumes it here.
    let (pauses, resumes) = (view.allowed.pause, view.allowed.resume);
    let (in_section, beside) = match &view.progress {
        Some(it) if it.has_counts() || pauses || resumes => (Some(it), None),
        other => (None, other.as_ref()),
    };
    let wrong = view.error.as_ref().or(view.schedule.error.as_ref());
    let title = match wrong {
        Some(_) => format!("Error: {}", view.subject),
        None => view.subject.clone(),
    };
    reloading_page(
        &view.frame,
        Section::Newsletters,
        &title,
        reloading,
        &html! {
            p.back { a href="/staff/newsletters" { "All newsletters" } }
            h1 dir="auto" { (view.subject) }
            p.state { (view.badge.markup()) " " (view.state) " · " (view.topic) }
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
            (as_it_is(view.as_it_is.as_deref()))
            (problem(view.error.as_deref()))
            (problem_of_field(view.schedule.error.as_deref(), "at"))
            @if let Some(follows) = beside { (progress(view.id, follows)) }
            @if let Some(undo) = &view.undo { (waits(view, undo, &action)) }
            @if let Some(progress_view) = in_section {
                section aria-labelledby="progress-title" {
                    h2.hidden id="progress-title" { "Progress" }
                    (progress(view.id, progress_view))
                    @if let Some(result) = &view.result { p { (result) } }
                    (under_way(view, &action))
                }
            }
            div.desk {
                (preview(view))
                div.side {
                    (next_step(view, &action))
                    (checks::section(view))
                    (comments(view, &action("comment")))
                    (subject(view, &action))
                }
            }
            (exceptions(view))
            (proof(view))
            (more(view, &action))
        },
    )
}

/// It is approved and has not begun: everything about it can still be changed.
fn waits(view: &NewsletterView, undo: &UndoView, action: &dyn Fn(&str) -> String) -> Markup {
    let allowed = view.allowed;
    html! {
        section.next aria-labelledby="waits-title" {
            @match undo.seconds {
                Some(seconds) => h2 id="waits-title" {
                    "Sending begins in "
                    span role="timer" data-begins=(seconds) {
                        (format!("{}:{:02}", seconds / 60, seconds % 60))
                    }
                },
                None => h2 id="waits-title" { (undo.begins) },
            }
            p {
                @if let Some(readers) = view.audience.map(people_of) { "It goes to " (readers) ". " }
                "Nobody has got it yet."
            }
            @if allowed.undo {
                form method="post" action=(action("undo")) {
                    (token(&view.frame.form_token))
                    button.primary { @if undo.seconds.is_some() { "Undo" } @else { "Back to draft" } }
                }
            }
            @if allowed.undo && !allowed.reschedule {
                p.hint { "You wrote or changed this text, so in your office somebody else decides when it goes out. You can take it back to draft." }
            }
            @if allowed.reschedule {
                details open[view.schedule.error.is_some()] {
                    summary { "Change the time" }
                    form method="post" action=(action("reschedule")) {
                        (token(&view.frame.form_token))
                        (revision(view))
                        (time_field(view))
                        (acknowledge_later(view))
                        button { "Send then" }
                    }
                }
            }
            @if allowed.send_now && undo.seconds.is_none() {
                details {
                    summary { "Send it now instead" }
                    form method="post" action=(action("send")) {
                        (token(&view.frame.form_token))
                        (revision(view))
                        (deadline(view, "send"))
                        (acknowledgement(view, "send"))
                        button { "Send now" @if let Some(readers) = view.audience.map(people_of) { " to " (readers) } }
                    }
                }
            }
        }
    }
}

/// What can be done while it is sent, or is paused.
fn under_way(view: &NewsletterView, action: &dyn Fn(&str) -> String) -> Markup {
    html! {
        @if view.allowed.pause {
            form method="post" action=(action("pause")) {
                (token(&view.frame.form_token))
                button.primary { "Pause sending" }
                p.hint { "What is on its way arrives. You can resume later; nobody gets it twice." }
            }
        }
        @if view.allowed.resume {
            form method="post" action=(action("resume")) {
                (token(&view.frame.form_token))
                (acknowledgement(view, "resume"))
                button.primary { "Resume sending" }
            }
        }
        @if view.allowed.send_failed {
            form method="post" action=(action("send-failed")) {
                (token(&view.frame.form_token))
                (acknowledgement(view, "send-failed"))
                button { "Send again to " (people_of(view.not_reached)) " it did not reach" }
                p.hint {
                    "The mail server was in the way, not their mailbox. Each is tried once more; nobody who got it gets it again."
                }
            }
        }
    }
}

/// Before it is approved: to whom, a test, and the one button that leads on.
fn next_step(view: &NewsletterView, action: &dyn Fn(&str) -> String) -> Markup {
    let allowed = view.allowed;
    let Some(people) = view.audience else {
        return Markup::default();
    };
    let readers = people_of(people);
    html! {
        section.next aria-labelledby="next-title" {
            h2 id="next-title" { "Send it" }
            p {
                "It would go to " strong { (readers) }
                @if view.press_list { " on the press list." }
                @else if let Some(proof) = &view.proof { (proof.ground()) }
                @else { "." }
            }
            @if allowed.approve && people == 0 {
                p.hint { "It cannot be sent while nobody would get it." }
            } @else if allowed.approve {
                p.bar { a.button.primary href=(action("review")) { "Review and send to " (readers) } }
                p.hint { "You are asked once more, with everything in words." }
            } @else if matches!(view.approval, Approval::ByOthers | Approval::ByNobodyElse) {
                p { "You wrote or changed this text, so somebody else approves it." }
            }
            @if let Some(asked) = &view.review_requested { p.note { (asked) } }
            @match view.approval {
                Approval::ByRole | Approval::ByOthers => {},
                Approval::ByNobodyElse => p.attention {
                    "Nobody else may approve it: everybody who could has written or changed a part of it, or there is no other approver. "
                    "An admin can invite an approver under Staff, or switch off “Somebody else approves” under Settings."
                },
                Approval::ByNobody => p.attention {
                    "Nobody in your office may approve it yet. An admin can invite an approver under Staff."
                },
            }
            @if allowed.request_review {
                form method="post" action=(action("request-review")) {
                    (token(&view.frame.form_token))
                    label for="review-comment" { "Note to who approves it" }
                    p.hint id="review-comment-hint" { "Optional." }
                    textarea id="review-comment" name="comment" rows="2" dir="auto" aria-describedby="review-comment-hint" {}
                    button { "Ask for approval" }
                }
            }
            @if allowed.test {
                form method="post" action=(action("test")) {
                    (token(&view.frame.form_token))
                    @if view.test_to.len() > 1 {
                        label for="test-to" { "Send the test to" }
                        select id="test-to" name="to" {
                            @for (address, words) in &view.test_to { option value=(address) { (words) } }
                        }
                        button { "Send a test" }
                    } @else {
                        button { "Send a test to me" }
                    }
                    p.hint { "No subscriber gets it." }
                }
            }
        }
    }
}

fn comments(view: &NewsletterView, action: &str) -> Markup {
    html! {
        @if !view.comments.is_empty() || view.allowed.comment {
            section aria-labelledby="comments-title" {
                h2 id="comments-title" { "Comments" }
                @for comment in &view.comments {
                    div.comment {
                        p.hint { strong { (comment.who) } ", " (comment.at) }
                        @for line in comment.text.lines().filter(|line| !line.is_empty()) { p dir="auto" { (line) } }
                    }
                }
                @if view.allowed.comment {
                    form method="post" action=(action) {
                        (token(&view.frame.form_token))
                        label for="comment" { "Add a comment" }
                        p.hint id="comment-hint" { "Only staff see it." }
                        textarea id="comment" name="comment" rows="2" dir="auto" required aria-describedby="comment-hint" { (view.typed_comment) }
                        button { "Comment" }
                    }
                }
            }
        }
    }
}

fn subject(view: &NewsletterView, action: &dyn Fn(&str) -> String) -> Markup {
    html! {
        @if view.allowed.rename {
            section aria-labelledby="subject-title" {
                h2 id="subject-title" { "Text" }
                p { a.button href=(action("edit")) { "Edit the text" } }
                form method="post" action=(action("subject")) {
                    (token(&view.frame.form_token))
                    (revision(view))
                    label for="subject" { "Subject line" }
                    (subject_hint(view.typed_subject.as_deref().unwrap_or(&view.subject)))
                    input id="subject" name="subject" type="text" dir="auto" required aria-describedby="subject-hint"
                        value=(view.typed_subject.as_deref().unwrap_or(&view.subject));
                    button { "Save the subject" }
                }
            }
        }
    }
}

fn proof(view: &NewsletterView) -> Markup {
    html! {
        @if let Some(proof) = &view.proof {
            section aria-labelledby="proof-title" {
                h2 id="proof-title" { "Recipients" }
                @if proof.people == 0 {
                    p { "Nobody." }
                } @else {
                    ul {
                        @for (people, words) in &proof.groups {
                            li { strong { (people_of(*people)) } ": " (words) }
                        }
                    }
                    @if proof.all_opted_in && proof.imported > 0 {
                        p {
                            "The consent of " (people_of(proof.imported)) " was stated when they were imported; they did not confirm it here. "
                            "What was stated is on record for each."
                        }
                    } @else if proof.all_opted_in {
                        p { "All of them asked for it and confirmed, and the evidence of each is on record." }
                    } @else if view.press_list {
                        p { "They did not ask for it themselves. Everyone can leave with one click." }
                    }
                }
                p.hint { "Counted " (proof.at) "." }
            }
        }
    }
}

/// What is needed now and then.
fn more(view: &NewsletterView, action: &dyn Fn(&str) -> String) -> Markup {
    html! {
        section aria-labelledby="more-title" {
            h2 id="more-title" { "More" }
            @if let Some(url) = &view.release_url {
                p.go { a href=(url) rel="noreferrer" { "The release on your website" } }
            }
            @if view.text.is_some() {
                p.go { a href=(action("mail.eml")) { "Download the exact mail (.eml)" } }
            }
            @if view.allowed.correct_text {
                p.go { a href=(action("correct-text")) { "Correct the text…" } }
                p.hint { "For a mistake in it: the correction goes to those who got this newsletter, once somebody has approved it." }
            }
            (for_press(view, &action("press")))
            @if view.allowed.cancel {
                p.go { a.danger href=(action("cancel")) { "Cancel this newsletter…" } }
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

/// The mail itself.
fn preview(view: &NewsletterView) -> Markup {
    let href = format!("/staff/newsletters/{}/preview.html", view.id);
    html! {
        @if let Some(text) = &view.text {
            section.mail aria-labelledby="preview-title" {
                h2 id="preview-title" { "Preview" }
                (mail_views(&href, Some(text.as_str())))
                p.hint { a href=(href) { "Open the mail on a page of its own" } " to try its links." }
            }
        }
    }
}

fn exceptions(view: &NewsletterView) -> Markup {
    let file = format!("/staff/newsletters/{}/not-delivered.csv", view.id);
    html! {
        @if !view.exceptions.is_empty() {
            section aria-labelledby="exceptions-title" {
                h2 id="exceptions-title" { "Not delivered" }
                @if view.may_unveil { (unveil(&view.frame.form_token, &format!("/staff/newsletters/{}/addresses", view.id))) }
                @for (place, group) in view.exceptions.iter().enumerate() { (exception_group(place, group)) }
                p.go { a href=(file) { "Download all as a file (CSV)" } }
                @if view.allowed.whole_addresses {
                    form method="post" action=(file) {
                        (token(&view.frame.form_token))
                        button { "Download with whole addresses" }
                        p.hint { "The log notes who does." }
                    }
                }
            }
        }
    }
}

fn exception_group(place: usize, group: &ExceptionGroup) -> Markup {
    let title = format!("exceptions-{place}");
    let shown = group.rows.len() as u64;
    html! {
        h3 id=(title) { (group.words) }
        p.state { (people_of(group.people)) @if shown > 0 && group.people > shown { ", of whom " (shown) " stand here" } }
        @if !group.rows.is_empty() {
            div.scroll role="group" aria-labelledby=(title) tabindex="0" {
                table aria-labelledby=(title) {
                    thead { tr { th scope="col" { "Address" } th scope="col" { (group.when) } th scope="col" { "What the mail server said" } } }
                    tbody {
                        @for line in &group.rows {
                            tr { td { (line.email) } td { (line.at) } td { (line.words) (way(line)) } }
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
    /// In which languages its other readers get the release instead.
    pub instead: Vec<String>,
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
            p dir="auto" { strong { (view.subject) } }
            @if view.accepted > 0 {
                p { (people_of(view.accepted)) " got it already; that cannot be taken back. Nobody else will get it." }
            } @else {
                p { "Nobody has got it, and nobody will." }
            }
            @if !view.instead.is_empty() {
                p {
                    "The release was sent in another language, too (" (view.instead.join(", ")) "). Readers who were waiting for this version get that one instead, once."
                }
            }
            p { "This cannot be undone." }
            form method="post" action={ (back) "/cancel" } {
                (token(&view.frame.form_token))
                button.primary.danger { "Cancel the newsletter" }
            }
            p.go { a href=(back) { "Keep it" } }
        },
    )
}
