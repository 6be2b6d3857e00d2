//! The office's settings.

use maud::{Markup, html};

use super::{Frame, Section, page, problem_of_field, time_zones, token};
use crate::{pages::words::Words, reader_language::own_name};

/// The settings page.
#[derive(Debug)]
pub struct SettingsView {
    /// Around it.
    pub frame: Frame,
    /// Every setting.
    pub fields: Vec<SettingField>,
    /// What each of them was when the page was made, as the form sends it back.
    pub seen: String,
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
    /// What whoever sets it should know of the office as it is.
    pub caution: Option<&'static str>,
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
            @if wrong.is_empty() { (problem_of_field(view.logo.error.as_deref(), "logo")) }
            @if !wrong.is_empty() {
                div.problem id="problem" tabindex="-1" {
                    p { strong { "Nothing was saved yet. " } "Correct this first:" }
                    ul {
                        @for field in &wrong {
                            li { a href={ "#" (field.key) } { (words(field.key).0) } ": " (field.error.as_deref().unwrap_or_default()) }
                        }
                    }
                }
            }
            form.look-desk method="post" action="/staff/settings" {
                div {
                    (token(&view.frame.form_token))
                    input type="hidden" name="seen" value=(view.seen);
                    @for (title, keys) in GROUPS {
                        fieldset.group {
                            legend { (title) }
                            @for field in view.fields.iter().filter(|field| keys.contains(&field.key)) { (input(field)) }
                        }
                    }
                    button.primary { "Save settings" }
                }
                (look())
            }
            (logo(&view.frame, &view.logo))
        },
    )
}

/// Behind the button that saves, which is the one that Enter presses.
fn look() -> Markup {
    html! {
        section.look aria-labelledby="look-title" {
            h2 id="look-title" { "How a mail looks" }
            p.hint { "With what stands in the fields now. Nothing is saved by looking." }
            button formaction="/staff/settings/preview.html" formtarget="look" formnovalidate data-look=(LOOK.join(" ")) { "Show it" }
            iframe name="look" title="A mail with these settings" src="/staff/settings/preview.html" loading="lazy" sandbox="allow-same-origin" {}
        }
    }
}

/// The settings that a mail shows.
const LOOK: [&str; 8] = [
    "name",
    "names",
    "postal-address",
    "languages",
    "site-url",
    "privacy-url",
    "colour",
    "footer",
];

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
                    p.error id="logo-error" { (error) }
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
    let control = control(field.key);
    let inside = html! {
        p.hint id=(hint) { (words(field.key).1) @if let Some(caution) = field.caution { " " strong { (caution) } } }
        @if let Some(error) = &field.error {
            p.error id=(problem) { (error) }
        }
        (control.markup(field, &described, invalid))
    };
    if control.is_group() {
        return html! {
            fieldset aria-describedby=(described) {
                legend { (words(field.key).0) }
                (inside)
            }
        };
    }
    html! {
        label for=(field.key) { (words(field.key).0) }
        (inside)
    }
}

/// What a setting is set with.
#[derive(Clone, Copy)]
enum Control {
    /// One line; what a phone's keyboard should offer.
    Text(&'static str),
    Lines,
    /// A whole number, from and to.
    Number(u32, u32),
    Time,
    /// From one time of day to another.
    Hours,
    Days,
    Languages,
    Colour,
    /// One of all, by what people call it.
    Zone,
    /// A question, and what it is in the other languages.
    Question,
    /// A box; ticked is `true`, and its words.
    Box(&'static str),
    /// One of these: what is stored, and its words.
    Choice(&'static [(&'static str, &'static str)]),
}

const WEEK: [(&str, &str); 7] = [
    ("monday", "Monday"),
    ("tuesday", "Tuesday"),
    ("wednesday", "Wednesday"),
    ("thursday", "Thursday"),
    ("friday", "Friday"),
    ("saturday", "Saturday"),
    ("sunday", "Sunday"),
];

fn control(key: &str) -> Control {
    match key {
        "postal-address" => Control::Lines,
        "from" | "reply-to" | "notice-from" | "notice-return-path" => Control::Text("email"),
        "site-url" | "privacy-url" => Control::Text("url"),
        "phone" => Control::Text("tel"),
        "time-zone" => Control::Zone,
        "languages" => Control::Languages,
        "question-1" | "question-2" | "question-3" => Control::Question,
        "colour" => Control::Colour,
        "deadline-hours" => Control::Number(1, 120),
        "confirmation-hours" => Control::Number(1, 168),
        "evidence-years" => Control::Number(1, 10),
        "delivery-months" => Control::Number(13, 120),
        "undo-seconds" => Control::Number(0, 600),
        "sending-window" => Control::Hours,
        "sending-days" => Control::Days,
        "summary-day" => Control::Choice(&WEEK),
        "summary-at" => Control::Time,
        "pause-in-blackout" => Control::Box("Send nothing at all"),
        "four-eyes" => Control::Box("Somebody else must approve"),
        "require-second-step" => Control::Box("All staff must have one"),
        "resume-after-quota" => Control::Box("Go on by itself"),
        "one-click-leaves" => Control::Choice(&[
            ("topic", "only what it is about"),
            ("all", "everything at once"),
        ]),
        _ => Control::Text("text"),
    }
}

impl Control {
    /// Whether it is a group of fields, which has a legend and no label.
    fn is_group(self) -> bool {
        matches!(
            self,
            Self::Hours | Self::Days | Self::Languages | Self::Question | Self::Box(_)
        )
    }

    fn markup(self, field: &SettingField, described: &str, invalid: Option<&str>) -> Markup {
        let (key, value) = (field.key, field.value.as_str());
        match self {
            Self::Text(keyboard) => html! {
                input id=(key) name=(key) type="text" inputmode=(keyboard) autocomplete="off" value=(value)
                    aria-describedby=(described) aria-invalid=[invalid];
            },
            Self::Lines => html! {
                textarea id=(key) name=(key) rows="3" aria-describedby=(described) aria-invalid=[invalid] { (value) }
            },
            Self::Number(least, most) => html! {
                input.short id=(key) name=(key) type="number" inputmode="numeric" min=(least) max=(most) step="1" value=(value)
                    aria-describedby=(described) aria-invalid=[invalid];
            },
            Self::Time => html! {
                input.short id=(key) name=(key) type="time" value=(value) aria-describedby=(described) aria-invalid=[invalid];
            },
            Self::Colour => html! {
                input id=(key) name=(key) type="color" value=(value) aria-describedby=(described) aria-invalid=[invalid];
            },
            Self::Zone => html! {
                select id=(key) name=(key) aria-describedby=(described) aria-invalid=[invalid] {
                    (time_zones::options(value))
                }
            },
            // Where no box is ticked a browser sends nothing of it: the empty field stands for that.
            Self::Box(words) => html! {
                input type="hidden" name=(key) value="";
                label.choice {
                    input id=(key) name=(key) type="checkbox" value="true" checked[value == "true"]
                        aria-describedby=(described) aria-invalid=[invalid];
                    " " (words)
                }
            },
            Self::Choice(choices) => html! {
                select id=(key) name=(key) aria-describedby=(described) aria-invalid=[invalid] {
                    @for (stored, words) in choices { option value=(stored) selected[*stored == value] { (words) } }
                }
            },
            Self::Hours => {
                let (from, until) = value.split_once('-').unwrap_or((value, ""));
                html! {
                    label for=(key) { "From" }
                    input.short id=(key) name=(key) type="time" value=(from) aria-describedby=(described) aria-invalid=[invalid];
                    label for={ (key) "-until" } { "Until" }
                    input.short id={ (key) "-until" } name=(key) type="time" value=(until) aria-invalid=[invalid];
                }
            }
            Self::Days => {
                let chosen: Vec<&str> = value.split(',').collect();
                html! {
                    input type="hidden" name=(key) value="";
                    @for (place, (day, words)) in WEEK.iter().enumerate() {
                        @let short = &day[..3];
                        label.choice {
                            input id=[(place == 0).then_some(key)] name=(key) type="checkbox" value=(short) checked[chosen.contains(&short)];
                            " " (words)
                        }
                    }
                }
            }
            Self::Languages => languages(key, value),
            Self::Question => question(key, value, described),
        }
    }
}

/// The languages that a question is translated to, in the order of their fields.
#[must_use]
pub fn translated_to() -> Vec<&'static str> {
    let tags = Words::all().iter().map(|words| words.tag);
    tags.filter(|tag| *tag != "en").collect()
}

/// A question as it stands first, and in each language. Of one that has no field here, the words stay.
fn question(key: &str, value: &str, described: &str) -> Markup {
    let mut parts = value.split(';').map(str::trim);
    let first = parts.next().unwrap_or_default();
    let spoken = translated_to();
    let translations: Vec<(&str, &str)> = parts
        .map(|part| part.split_once('=').unwrap_or(("", part)))
        .map(|(tag, text)| (tag.trim(), text.trim()))
        .collect();
    let in_language = |tag: &str| {
        let found = translations.iter().find(|(known, _)| *known == tag);
        found.map_or("", |(_, text)| text)
    };
    let others = translations.iter().filter(|(tag, _)| !spoken.contains(tag));
    html! {
        label for=(key) { "Question" }
        input id=(key) name=(key) type="text" autocomplete="off" dir="auto" value=(first) aria-describedby=(described);
        details open[!translations.is_empty()] {
            summary { "In other languages" }
            @for tag in &spoken {
                @let id = format!("{key}-{tag}");
                label for=(id) { (own_name(tag)) }
                input id=(id) name=(key) type="text" lang=(tag) autocomplete="off" dir="auto" value=(in_language(tag));
            }
            @for (tag, text) in others {
                input type="hidden" name=(key) value={ (tag) @if !tag.is_empty() { "=" } (text) };
            }
        }
    }
}

/// The first by a choice, the others by boxes. A tag that is none of ours stays.
fn languages(key: &str, value: &str) -> Markup {
    let chosen: Vec<&str> = value.split(',').filter(|tag| !tag.is_empty()).collect();
    let mut all: Vec<&str> = Words::all().iter().map(|words| words.tag).collect();
    for tag in &chosen {
        if !all.contains(tag) {
            all.push(*tag);
        }
    }
    html! {
        label for=(key) { "First" }
        select id=(key) name=(key) {
            @for tag in &all { option value=(tag) selected[chosen.first() == Some(tag)] { (own_name(tag)) } }
        }
        @for tag in &all {
            label.choice {
                input name=(key) type="checkbox" value=(tag) checked[chosen.contains(tag)];
                " " (own_name(tag))
            }
        }
    }
}

/// The settings as an office thinks of them: what must be there first.
const GROUPS: [(&str, &[&str]); 9] = [
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
    ("Signing in", &["require-second-step"]),
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

/// What the page calls a setting; `None`: it is none of the page's.
#[must_use]
pub fn setting_label(key: &str) -> Option<&'static str> {
    let keys = GROUPS.iter().flat_map(|(_, keys)| keys.iter());
    keys.copied()
        .find(|known| *known == key)
        .map(|key| words(key).0)
}

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
            "In which you read and write times. Outside the United States, choose the city whose clocks you follow.",
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
        "sender-id" => (
            "Name for mailbox providers’ reports",
            "5 to 15 letters and digits.",
        ),
        "colour" => (
            "Color",
            "Of headings and buttons; it must be readable on white, on black, and below white text.",
        ),
        "deadline-hours" => (
            "Give up after",
            "Hours for which an undeliverable message is tried again, 1 to 120.",
        ),
        "sending-window" => (
            "Hours for automatic newsletters",
            "In your time zone. Others wait until the window opens. Leave both empty for any hour. What you send yourself is not held back.",
        ),
        "sending-days" => ("Days for automatic newsletters", "Without any, every day."),
        "summary-day" => (
            "Day of weekly summaries",
            "For readers who want one email a week.",
        ),
        "summary-at" => (
            "Time of summaries",
            "For readers who want one email a day or a week.",
        ),
        "confirmation-hours" => ("Confirmation links work for", "Hours, 1 to 168."),
        "footer" => (
            "Last line of every mail",
            "Leave empty for: Prepared by the office of …. Official business.",
        ),
        "pause-in-blackout" => (
            "Send nothing at all in a blackout",
            "House rules let newsletters to people who asked for them go on before an election. With this they wait, too.",
        ),
        "one-click-leaves" => (
            "One click on Unsubscribe leaves",
            "Where only one topic is left, everything is one more press away.",
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
            "Nobody has to answer it. Such as: How did you hear of us? Readers of a language without a translation see it as it stands here.",
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
            "Who wrote or changed a text may then not approve it.",
        ),
        "require-second-step" => (
            "Second step or passkey",
            "Who has neither a code app nor a passkey is led to set one up at the next page, and can do nothing else before. Who signs in only at your own provider is not asked.",
        ),
        "resume-after-quota" => (
            "Go on by itself after a sending limit",
            "A newsletter that stopped because the hourly or daily limit of your mail server was used up goes on when that is over.",
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
