//! What stands in the log, in plain words: what was done, and to what.

use gazette_templates::pages::staff::setting_label;

/// What was done, to stand between who did it and to what.
pub fn says(action: &str) -> String {
    known(action).map_or_else(|| action.replace(['.', '_'], " "), str::to_owned)
}

#[allow(
    clippy::match_same_arms,
    reason = "one line for each thing that is done"
)]
fn known(action: &str) -> Option<&'static str> {
    Some(match action {
        "access.refused" => "was refused",
        "event.close" => "closed the",
        "event.open" => "opened a",
        "event.paper" => "entered the paper list of a",
        "election.add" => "entered",
        "election.remove" => "removed",
        "newsletter.accept_release" => "approved the release of",
        "newsletter.acknowledge_blackout" => "confirmed sending during a blackout:",
        "newsletter.approve" => "approved",
        "newsletter.auto_approve" => "approved automatically",
        "newsletter.auto_approve_off" => "stopped automatic sending of",
        "newsletter.back_to_draft" => "took back the approval of",
        "newsletter.cancel" => "cancelled",
        "newsletter.comment" => "commented on",
        "newsletter.correct" => "made a correction of",
        "newsletter.deadline" => "changed how long to retry",
        "newsletter.edit" => "edited",
        "newsletter.export" => "downloaded the mail of",
        "newsletter.go_on" => "let sending go on:",
        "newsletter.finish" => "finished sending",
        "newsletter.for_press" => "made a copy for the press list:",
        "newsletter.hold_for_blackout" => "held for a blackout:",
        "newsletter.list" => "counted the recipients of",
        "newsletter.pause" => "paused",
        "newsletter.rename" => "changed the subject of",
        "newsletter.reopen" => "made a draft again of",
        "newsletter.request_review" => "asked for approval of",
        "newsletter.reschedule" => "changed the time of",
        "newsletter.resume" => "resumed",
        "newsletter.seen" => "confirmed what the checks say about",
        "newsletter.send_now" => "chose to send now:",
        "newsletter.start" => "began to send",
        "newsletter.stop" => "stopped",
        "newsletter.supersede" => "replaced by a correction:",
        "newsletter.take_new_text" => "took the release’s new text into",
        "newsletter.test" => "sent a test of",
        "newsletter.updated" => "updated",
        "office.set" => "changed",
        "picture.add" => "added the",
        "picture.purge" => "deleted, because no text shows it, the",
        "press_list.export" => "downloaded",
        "press_list.import" => "added to",
        "press_list.remove" => "removed somebody from",
        "release.release" => "approved",
        "release.add" => "added",
        "release.drop" => "decided not to send",
        "release.join" => "joined with a version in another language:",
        "release.separate" => "separated from its versions in other languages:",
        "release.correct" => "corrected the text of",
        "release.write" => "wrote",
        "source.add" => "added",
        "source.remove" => "removed",
        "source.set" => "changed",
        "staff.disable" => "disabled",
        "staff.enable" => "enabled",
        "staff.invite" => "invited",
        "staff.link" => "made a new link for",
        "key.rotate" => "put in use a new",
        "staff.name" => "changed the name of",
        "staff.notices" => "changed the notifications of",
        "staff.second_factor" => "changed the second sign-in step of",
        "staff.session_end" => "ended a session of",
        "staff.provider" => "signed in at the office’s provider for the first time as",
        "staff.passkey" => "changed the passkeys of",
        "staff.password" => "changed the password of",
        "staff.role" => "changed the role of",
        "staff.sign_in" => "signed in:",
        "staff.sign_in_refused" => "refused a sign-in as",
        "subscriber.address" => "asked a new address to confirm for",
        "subscriber.resend" => "sent the confirmation email again to",
        "subscriber.topics" => "changed the topics of",
        "subscriber.allow" => "allowed again",
        "subscriber.erase" => "erased",
        "subscriber.evidence" => "looked at the history of",
        "subscriber.export" => "exported",
        "subscriber.import" => "imported",
        "subscriber.search" => "looked for somebody among the",
        "subscriber.unsubscribe" => "unsubscribed",
        "database.backup" => "made a backup of",
        "database.copy" => "made a copy of",
        "database.restore" => "restored a backup of",
        "newsletter.addresses" => "looked at the addresses of",
        "newsletter.send_again" => "sent again to whom it did not reach:",
        "press_list.addresses" => "looked at the addresses of",
        "release.event_dismiss" => "set aside a change of",
        "return.file" => "filed",
        "return.read" => "read the mail of",
        "return.test" => "sent a test to the address of returned mail:",
        "return.undo" => "undid what was done for",
        "subscriber.import_undo" => "undid an import of",
        "topic.add" => "made",
        "topic.archive" => "archived",
        "topic.describe" => "described",
        "topic.order" => "changed the order of",
        "topic.translate" => "translated",
        "topic.restore" => "brought back",
        _ => return None,
    })
}

/// To what, and where that is, if it has a page.
pub fn object_words(object: &str) -> (String, Option<String>) {
    // What somebody was refused stands there as it was asked.
    if let Some(path) = ["GET ", "POST ", "HEAD "]
        .iter()
        .find_map(|method| object.strip_prefix(method))
    {
        return (format!("the page {path}"), None);
    }
    let (kind, which) = object.split_once('/').unwrap_or((object, ""));
    let number = which.parse::<i64>().is_ok();
    match kind {
        "newsletter" if number => (
            format!("newsletter {which}"),
            Some(format!("/staff/newsletters/{which}")),
        ),
        "release" if number => (
            format!("release {which}"),
            Some(format!("/staff/releases/{which}")),
        ),
        "source" if number => (
            format!("source {which}"),
            Some(format!("/staff/sources/{which}/settings")),
        ),
        "return" if number => (
            format!("returned mail {which}"),
            Some(format!("/staff/returns/{which}")),
        ),
        "topic" => (format!("topic {which}"), Some("/staff/topics".to_owned())),
        "office" => (
            format!("the setting “{}”", setting_words(which)),
            Some("/staff/settings".to_owned()),
        ),
        "election" => (format!("election {which}"), Some("/staff/house".to_owned())),
        "staff" => (
            match which {
                "first" => "the first account".to_owned(),
                _ => format!("staff member {which}"),
            },
            Some("/staff/people".to_owned()),
        ),
        // Its name is a hash.
        "picture" => ("picture".to_owned(), None),
        "secret_key" => ("secret key".to_owned(), None),
        "event" => ("sign-up table".to_owned(), None),
        _ => (object.replace(['/', '_', '-'], " "), None),
    }
}

/// A setting as its page calls it.
fn setting_words(key: &str) -> String {
    setting_label(key).map_or_else(|| key.replace('-', " "), str::to_owned)
}

#[cfg(test)]
mod tests {
    use sea_orm::{ActiveEnum, Iterable};

    use super::*;
    use crate::audit::Action;

    #[test]
    fn nothing_that_is_done_is_told_in_code() {
        for action in Action::iter() {
            let action = action.to_value();
            assert!(known(&action).is_some(), "{action} has no words");
        }
        assert_eq!(object_words("newsletter/7").0, "newsletter 7");
        let refused = object_words("POST /staff/newsletters/1/edit");
        assert_eq!(refused.0, "the page /staff/newsletters/1/edit");
        let setting = object_words("office/postal-address");
        assert_eq!(setting.0, "the setting “Postal address”");
    }
}
