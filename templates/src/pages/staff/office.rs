//! The office's settings.

use maud::{Markup, html};

use super::{Frame, Section, page, token};

/// The settings page.
#[derive(Debug)]
pub struct SettingsView {
    /// Around it.
    pub frame: Frame,
    /// Every setting.
    pub fields: Vec<SettingField>,
    /// The seal, which is a file and has a form of its own.
    pub logo: LogoView,
}

/// The office's logo.
#[derive(Debug)]
pub struct LogoView {
    /// Where the present one stands.
    pub path: Option<String>,
    /// How large a file may be.
    pub most_kilobytes: usize,
    /// What is wrong with the file that was chosen.
    pub error: Option<String>,
}

/// One setting.
#[derive(Debug)]
pub struct SettingField {
    /// Its key, which is the field's name.
    pub key: &'static str,
    /// As it stands or was typed.
    pub value: String,
    /// What is wrong with it.
    pub error: Option<String>,
}

/// See [`SettingsView`].
#[must_use]
pub fn settings(view: &SettingsView) -> Markup {
    let wrong: Vec<&SettingField> = view
        .fields
        .iter()
        .filter(|field| field.error.is_some())
        .collect();
    let title = if wrong.is_empty() && view.logo.error.is_none() {
        "Settings"
    } else {
        "Error: Settings"
    };
    page(
        &view.frame,
        Section::Settings,
        title,
        &html! {
            h1 { "Settings of the office" }
            p { "Name, sender address (from) and postal address stand in every mail; without them no mail goes out." }
            @if !wrong.is_empty() {
                div.problem role="alert" id="problem" {
                    p { strong { "Nothing was saved yet. " } "Correct this first:" }
                    ul {
                        @for field in &wrong {
                            li { a href={ "#" (field.key) } { (words(field.key).0) } ": " (field.error.as_deref().unwrap_or_default()) }
                        }
                    }
                }
            }
            form method="post" action="/staff/settings" {
                (token(&view.frame.form_token))
                @for (title, keys) in GROUPS {
                fieldset.group {
                    legend { (title) }
                    @for field in view.fields.iter().filter(|field| keys.contains(&field.key)) { (input(field)) }
                }
            }
                button.primary { "Save settings" }
            }
            (logo(&view.frame, &view.logo))
        },
    )
}

fn logo(frame: &Frame, view: &LogoView) -> Markup {
    let wrong = view.error.is_some();
    let described = if wrong {
        "logo-hint logo-error"
    } else {
        "logo-hint"
    };
    html! {
        section aria-labelledby="logo-title" {
            h2 id="logo-title" { "Logo" }
            @if let Some(path) = &view.path {
                p { img.logo src=(path) alt="The present logo" height="56"; }
            }
            form method="post" action="/staff/settings/logo" enctype="multipart/form-data" {
                (token(&frame.form_token))
                label for="logo" { "Picture beside the office’s name in mails" }
                p.hint id="logo-hint" {
                    "PNG, JPEG or GIF, at most " (view.most_kilobytes) " KB; 112 × 112 pixels do well. Mails show it 56 pixels high."
                }
                @if let Some(error) = &view.error {
                    p.error id="logo-error" role="alert" { (error) }
                }
                input id="logo" name="logo" type="file" accept="image/png,image/jpeg,image/gif" required
                    aria-describedby=(described) aria-invalid=[wrong.then_some("true")];
                button { "Use this picture" }
            }
            @if view.path.is_some() {
                form method="post" action="/staff/settings/logo/remove" {
                    (token(&frame.form_token))
                    button.quiet { "Go without a logo" }
                }
            }
        }
    }
}

fn input(field: &SettingField) -> Markup {
    let (hint, problem) = (
        format!("{}-hint", field.key),
        format!("{}-error", field.key),
    );
    let wrong = field.error.is_some();
    let described = if wrong {
        format!("{hint} {problem}")
    } else {
        hint.clone()
    };
    let invalid = wrong.then_some("true");
    html! {
        label for=(field.key) { (words(field.key).0) }
        p.hint id=(hint) { (words(field.key).1) }
        @if let Some(error) = &field.error {
            p.error id=(problem) { (error) }
        }
        @if field.key == "postal-address" {
            textarea id=(field.key) name=(field.key) rows="3" aria-describedby=(described) aria-invalid=[invalid] { (field.value) }
        } @else {
            input id=(field.key) name=(field.key) type="text" autocomplete="off" value=(field.value)
                aria-describedby=(described) aria-invalid=[invalid];
        }
    }
}

/// The settings as an office thinks of them: what must be there first.
const GROUPS: [(&str, &[&str]); 8] = [
    ("What every mail needs", &["name", "from", "postal-address"]),
    (
        "How readers see you",
        &[
            "names",
            "reply-to",
            "time-zone",
            "languages",
            "site-url",
            "privacy-url",
            "phone",
            "colour",
        ],
    ),
    (
        "Signing up and unsubscribing",
        &[
            "one-click-leaves",
            "form-sites",
            "zip-codes",
            "question-1",
            "question-2",
            "question-3",
        ],
    ),
    ("Approval", &["undo-seconds", "four-eyes"]),
    ("Quiet hours", &["sending-window", "sending-days"]),
    ("Summaries", &["summary-day", "summary-at"]),
    ("House rules", &["footer", "pause-in-blackout"]),
    (
        "For the person who runs Gazette",
        &[
            "bounce-domain",
            "notice-from",
            "notice-return-path",
            "test-recipients",
            "sender-id",
            "deadline-hours",
            "resume-after-quota",
            "confirmation-hours",
            "evidence-years",
            "delivery-months",
        ],
    ),
];

/// A label and a hint in an office's words; what `gazette office` calls it stands last, so that
/// the page and the command line can be talked about in one breath.
#[allow(clippy::too_many_lines, reason = "two sentences for each setting")]
fn words(key: &'static str) -> (&'static str, &'static str) {
    match key {
        "name" => (
            "Name of the office",
            "As readers see it, such as Office of Rep. Jane Doe.",
        ),
        "names" => (
            "Name in other languages",
            "For mails in them, such as es=Oficina de la Rep. Jane Doe; ko=제인 도 의원실.",
        ),
        "from" => ("Sender address", "The address that newsletters come from."),
        "reply-to" => ("Address for answers", "Leave empty for the sender address."),
        "postal-address" => ("Postal address", "Stands at the end of every mail."),
        "time-zone" => (
            "Time zone",
            "In which you read and write times, such as America/Los_Angeles.",
        ),
        "languages" => (
            "Languages",
            "Of the pages and mails, the first by default, such as en,es,ko,vi,zh-Hant,zh-Hans,ar.",
        ),
        "site-url" => (
            "The office’s own site",
            "A web address, such as https://doe.example.gov/.",
        ),
        "privacy-url" => (
            "Privacy policy",
            "A web address. Leave empty for the built-in page.",
        ),
        "bounce-domain" => (
            "Domain for returned mail",
            "Mail to it must come back to Gazette.",
        ),
        "notice-from" => (
            "Sender address of other mails",
            "Confirmations, invitations and notices come from it. Leave empty for the sender address.",
        ),
        "notice-return-path" => (
            "Address for returns of other mails",
            "Leave empty for the address that they come from.",
        ),
        "test-recipients" => (
            "Test addresses",
            "A test of a newsletter goes to them, too. Several are separated by commas.",
        ),
        "sender-id" => ("Sender name in Feedback-ID", "5 to 15 letters and digits."),
        "colour" => (
            "Colour",
            "Of headings and buttons, such as #1d4f91; readable on white, on black, and below white text.",
        ),
        "deadline-hours" => (
            "Give up after",
            "Hours for which an undeliverable message is tried again, 1 to 120.",
        ),
        "sending-window" => (
            "Hours for automatic newsletters",
            "In your time zone, such as 08:00-20:00. Others wait until the window opens. Leave empty for any hour. What you send yourself is not held back.",
        ),
        "sending-days" => (
            "Days for automatic newsletters",
            "Such as mon-fri, or mon,wed,fri. Leave empty for every day.",
        ),
        "summary-day" => (
            "Day of weekly summaries",
            "For readers who want one email a week. Friday if empty.",
        ),
        "summary-at" => (
            "Time of summaries",
            "For readers who want one email a day or a week, such as 17:00, which it is if empty.",
        ),
        "confirmation-hours" => ("Confirmation links work for", "Hours, 1 to 168."),
        "footer" => (
            "Last line of every mail",
            "Leave empty for: Prepared by the office of …. Official business.",
        ),
        "pause-in-blackout" => (
            "Send nothing at all in a blackout",
            "true or false. House rules let newsletters to people who asked for them go on before an election; with true they wait, too.",
        ),
        "one-click-leaves" => (
            "One click on Unsubscribe leaves",
            "topic: only what the email is about, with everything one press away. all: everything at once.",
        ),
        "phone" => (
            "Telephone",
            "Stands on the help page, such as (714) 555-0100.",
        ),
        "form-sites" => (
            "Your own sites with a sign-up form",
            "Web addresses without a path, separated by commas, such as https://doe.example.gov.",
        ),
        "zip-codes" => (
            "ZIP codes of the district",
            "With them the sign-up form asks for the ZIP code; nobody has to give it, and nobody is refused. Single ones and ranges, such as 92602, 92604-92606.",
        ),
        "question-1" => (
            "Your own question on the sign-up form",
            "Nobody has to answer it. With translations: How did you hear of us?; es=¿Cómo supo de nosotros?",
        ),
        "question-2" => ("A second question", "Written the same way."),
        "question-3" => ("A third question", "Written the same way."),
        "evidence-years" => (
            "Keep the evidence of who left for",
            "Years, 1 to 10; then only a coded mark is kept.",
        ),
        "delivery-months" => (
            "Keep each delivery as a row for",
            "Months, 13 to 120; then what was accepted is folded. Who got what stays on record. Leave empty for 24.",
        ),
        "undo-seconds" => (
            "Time to undo an approval",
            "Seconds, 0 to 600, that pass between Approve and the first mail. Leave empty for 60.",
        ),
        "four-eyes" => (
            "Somebody else approves",
            "true or false. With true, who wrote or changed a text may not approve it.",
        ),
        "resume-after-quota" => (
            "Go on by itself after a sending limit",
            "true or false. With true, a newsletter that stopped because the hourly or daily limit at your relay was used up goes on when that is over.",
        ),
        other => (other, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_in_a_group_has_words_of_its_own() {
        for key in GROUPS.iter().flat_map(|(_, keys)| *keys) {
            assert_ne!(words(key).0, *key);
        }
    }
}
