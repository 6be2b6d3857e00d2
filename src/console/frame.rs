//! What every page of the console shares: the frame around it, and how
//! times are written on it.

use gazette_templates::pages::staff::Frame;
use jiff::tz::TimeZone;

use super::{failure::Failure, signed_in::SignedIn};
use crate::{accounts::Role, app::App, clock::Timestamp, office::Office};

/// What stands around a page; `done` is the word in the address that says what was just done.
pub async fn frame(app: &App, me: &SignedIn, done: Option<&str>) -> Result<Frame, Failure> {
    let office = Office::load(&app.db).await?;
    Ok(Frame {
        office: office.name,
        colour: office.colour,
        email: me.account.email.to_string(),
        role: me.account.role.as_str(),
        admin: me.account.role == Role::Admin,
        editor: me.account.role >= Role::Editor,
        form_token: me.form_token.clone(),
        done: done.and_then(done_words).map(str::to_owned),
    })
}

fn done_words(done: &str) -> Option<&'static str> {
    Some(match done {
        "subject" => "The subject is saved.",
        "text" => "The text is saved.",
        "new-text" => {
            "The new text stands in the draft. The text before is kept: choose “Edit the text” to see it."
        }
        "written" => "The draft is made. Nobody gets it before it is approved.",
        "correction" => "The correction is a draft. Nobody gets it before it is approved.",
        "noted" => "It is noted that you have compared it.",
        "released" => "It goes on as the source’s settings say.",
        "dropped" => "It will not be mailed.",
        "joined" => "Joined. Each reader gets the version in their language.",
        "separated" => "Separated. All readers of its topic get it.",
        "links" => "The links are followed. What they answered stands below.",
        "test" => "The test is on its way to you.",
        "test-to-other" => "The test is on its way to the person you chose.",
        "not-approved" => {
            "Thank you. Nothing is approved yet: look once more, and press the button again."
        }
        "not-done" => "Thank you. Nothing is done yet: press the button again.",
        "approved" => "Approved.",
        "approved-settling" => {
            "Approved. It sends when your website can no longer change the release."
        }
        "scheduled" => "Approved. It sends at the time below.",
        "rescheduled" => "The time is changed.",
        "undone" => "It is a draft again. Nobody got it.",
        "review" => "Approval is asked for.",
        "comment" => "The comment is saved.",
        "notices" => "Your notifications are saved.",
        "paused" => "Paused. Nothing more is sent until you resume.",
        "resumed" => "Sending goes on.",
        "again" => "It is sent again to those it did not reach.",
        "cancelled" => "Cancelled. Nobody else will get it.",
        "checked" => "Checked. What was found stands below.",
        "checking" => "A check is under way already. Look again in some seconds.",
        "name" => "Your name is saved.",
        "second-step-off" => "The second step is off. Your password alone lets you in.",
        "passkey" => "The passkey is saved. You can sign in with it from now on.",
        "passkey-named" => "The passkey has its new name.",
        "passkey-removed" => {
            "The passkey is removed and lets nobody in any more. Remove it on your device, too."
        }
        "session-ended" => "That session has ended.",
        "sessions-ended" => "You are signed out everywhere else.",
        "their-second-step" => {
            "Their second step is off, and their passkeys are removed. They can set it up anew."
        }
        "password" => "Your password is changed.",
        "settings" => "The settings are saved.",
        "logo" => "The logo is saved. It counts for mails that are sent from now on.",
        "press" => "A draft for the press list is made. It waits for approval by itself.",
        "election" => "The election is entered.",
        "election-removed" => "The election is removed, and its blackout with it.",
        "event-open" => "The page is open.",
        "event-closed" => "The page is closed.",
        "contact-removed" => "Removed from the press list.",
        "filed" => "Filed.",
        "return-undone" => "Undone. They get newsletters again.",
        "mailbox-removed" => "Gazette does not read that mailbox any more.",
        "topic" => "The topic is saved.",
        "topic-added" => "The topic is added. Readers can choose it from now on.",
        "topic-first" => "It stands first now.",
        "topic-archived" => "It is archived. Nobody can choose it any more.",
        "topic-back" => "Readers can choose it again.",
        "source" => "The source is added. What is there now counts as seen.",
        "removed" => "Gazette looks there no more.",
        "role" => "The role is changed. It counts at once.",
        "disabled" => "Disabled. They are signed out and cannot sign in.",
        "enabled" => "They may sign in again.",
        "before" => "You sent this form before, and it was done then. Nothing was done twice.",
        _ => return None,
    })
}

/// An instant as staff read it: `Tue, Nov 24, 2026, 9:00 a.m. PST`.
#[must_use]
pub fn shown(at: Timestamp, zone: &TimeZone) -> String {
    let at = at.to_zoned_datetime(zone.clone());
    format!(
        "{}, {} {}",
        at.strftime("%a, %b %-d, %Y"),
        time_of_day(&at),
        at.strftime("%Z")
    )
}

/// `9:00 a.m.`
fn time_of_day(at: &jiff::ZonedDateTime) -> String {
    let half = if at.hour() < 12 { "a.m." } else { "p.m." };
    format!("{} {half}", at.strftime("%-I:%M"))
}

/// Until when the office may still change a release: the time alone, where that is today.
#[must_use]
pub fn until(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let at_office = at.to_zoned_datetime(zone.clone());
    if at_office.date() == now.to_zoned_datetime(zone.clone()).date() {
        time_of_day(&at_office)
    } else {
        shown(at, zone)
    }
}

/// What a page is asked for after something was done.
#[derive(Debug, Default, serde::Deserialize)]
pub struct Done {
    /// The word in the address that says what was just done.
    pub done: Option<String>,
}
