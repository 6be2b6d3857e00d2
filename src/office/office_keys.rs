//! The table of settings: each key that `gazette office set` and the console know, what it is, and which
//! values it takes.

use gazette_templates::{Colour, reader_language::READER_LANGUAGES};
use jiff::tz::TimeZone;

use crate::{
    address::EmailAddress,
    form_questions::{Question, ZipCodes},
    given_name::{self, NameError},
    idn,
    sending_window::{SendingWindow, time_of_day, weekday},
};

/// The keys that are either `true` or `false`.
pub const SWITCHES: [&str; 4] = [
    "pause-in-blackout",
    "four-eyes",
    "resume-after-quota",
    "require-second-step",
];

/// Every key of `gazette office set`, with what it is.
pub const KEYS: &[(&str, &str)] = &[
    (
        "name",
        "who the office is, as readers see it: Office of Rep. Jane Doe",
    ),
    (
        "names",
        "the name in other languages: es=Oficina de la Rep. Jane Doe; ko=제인 도 의원실",
    ),
    ("from", "the address that newsletters come from"),
    ("reply-to", "where answers go, if not to `from`"),
    ("postal-address", "stands in every mail"),
    ("time-zone", "IANA name, such as America/Los_Angeles"),
    (
        "languages",
        "of pages and mails, the first by default: en,es,ko,vi,zh-Hant,zh-Hans,ar",
    ),
    ("site-url", "the office's own site"),
    (
        "privacy-url",
        "the privacy policy, if not the built-in page",
    ),
    (
        "bounce-domain",
        "domain of return paths; it must deliver to Gazette",
    ),
    (
        "notice-from",
        "the address that confirmations, invitations and notices come from, if not `from`",
    ),
    (
        "notice-return-path",
        "where returns of those go, if not to the address that they come from",
    ),
    (
        "test-recipients",
        "addresses that a test goes to besides who asks for it, separated by commas",
    ),
    (
        "sender-id",
        "last part of Feedback-ID: 5 to 15 letters and digits",
    ),
    (
        "colour",
        "of headings and buttons: #rrggbb, readable in every light",
    ),
    (
        "deadline-hours",
        "after which an undeliverable message is given up (1 to 120)",
    ),
    (
        "confirmation-hours",
        "for which a confirmation link works (1 to 168)",
    ),
    (
        "sending-window",
        "when newsletters go out that nobody sends by hand: 08:00-20:00; empty: at any hour",
    ),
    (
        "sending-days",
        "on which days they do: mon-fri or mon,wed,fri; empty: every day",
    ),
    (
        "summary-day",
        "when those get a summary who want one a week: a day such as friday, which it is by default",
    ),
    (
        "summary-at",
        "at which time summaries are made, daily and weekly ones: 17:00 by default",
    ),
    (
        "footer",
        "last line of every mail, if not that the office prepared it on official business",
    ),
    (
        "pause-in-blackout",
        "true: subscribers, too, get nothing in a blackout before an election",
    ),
    (
        "one-click-leaves",
        "what one click on Unsubscribe leaves: topic (the one that the mail names) or all",
    ),
    ("phone", "the office's telephone, for the help page"),
    (
        "form-sites",
        "the office's own sites on which the sign-up form may stand: https://doe.example.gov,https://www.doe.example.gov",
    ),
    (
        "zip-codes",
        "of the district, for the optional ZIP code on the form: 92602,92604-92606; empty: it is not asked",
    ),
    (
        "question-1",
        "an optional question on the form: How did you hear of us?; es=¿Cómo supo de nosotros?",
    ),
    ("question-2", "a second one"),
    ("question-3", "a third one"),
    (
        "evidence-years",
        "for which the evidence of who left is kept (1 to 10)",
    ),
    (
        "delivery-months",
        "for which each delivery is kept as a row of its own (13 to 120); then what was accepted is folded",
    ),
    (
        "undo-seconds",
        "after an approval in the console in which it can be undone (0 to 600)",
    ),
    (
        "four-eyes",
        "true: who wrote or changed a text may not approve it",
    ),
    (
        "resume-after-quota",
        "true: what stopped because the relay's hourly or daily limit was used up goes on by itself when that is over",
    ),
    (
        "require-second-step",
        "true: all staff must sign in with a second step or a passkey",
    ),
];

/// The keys of the office's own questions.
pub(super) const QUESTION_KEYS: [&str; 3] = ["question-1", "question-2", "question-3"];

/// Hours after which a message that nobody takes may be given up, at least and at most (S2).
pub const DEADLINE_HOURS: std::ops::RangeInclusive<u32> = 1..=120;

/// The languages that the pages and mails speak.
pub const LANGUAGES: &[&str] = &READER_LANGUAGES;

/// Lines of the postal address, which stands in every mail.
const MOST_LINES: usize = 10;

/// Characters of the office's name, at most.
const LONGEST_NAME: usize = 100;

/// Whether a tag is written as one of [`LANGUAGES`], or as earlier versions wrote Chinese.
fn is_spoken(tag: &str) -> bool {
    let tag = tag.trim();
    tag == "zh" || LANGUAGES.contains(&tag)
}

/// Whether a value will do for a key, in words that end "must be …" where not.
pub(super) fn check(key: &str, value: &str) -> Result<(), String> {
    let web = |value: &str| match url::Url::parse(value) {
        // A browser mends it, and mail software does not.
        _ if value.contains(char::is_whitespace) => {
            Err("must be a web address, without a blank in it".to_owned())
        }
        Ok(url) if matches!(url.scheme(), "http" | "https") => match idn::deceptive_link(value) {
            Some(deceptive) => Err(deceptive.to_string()),
            None => Ok(()),
        },
        _ => Err("must be a web address such as https://example.gov/".to_owned()),
    };
    // M6: nothing that could end a header line. A postal address may have lines of its own.
    let of_lines = key == "postal-address";
    let ends_a_line = |c: char| matches!(c, '\r' | '\n');
    if value
        .chars()
        .any(|c| c.is_control() && !(of_lines && ends_a_line(c)))
    {
        let lines = if of_lines { "lines" } else { "one line" };
        return Err(format!("must be {lines} without control characters"));
    }
    let number = |from: u32, to: u32| match value.parse::<u32>() {
        Ok(number) if (from..=to).contains(&number) => Ok(()),
        _ => Err(format!("must be a whole number from {from} to {to}")),
    };
    if let Some(c) = value.chars().find(|c| given_name::turns_direction(*c)) {
        return Err(NameError::Direction(c).to_string());
    }
    match key {
        "name" => check_name(value),
        "postal-address" if value.chars().count() > 500 => {
            Err("must have at most 500 characters".to_owned())
        }
        "postal-address" if value.lines().count() > MOST_LINES => {
            Err(format!("must have at most {MOST_LINES} lines"))
        }
        "names" => check_names(value),
        "from" | "reply-to" | "notice-from" | "notice-return-path" => check_sender(value),
        "test-recipients" => check_recipients(value),
        "time-zone" => check_time_zone(value),
        "languages" => match value.split(',').find(|tag| !is_spoken(tag)) {
            Some(tag) => Err(format!(
                "`{}` is not among {}",
                tag.trim(),
                LANGUAGES.join(", ")
            )),
            None => Ok(()),
        },
        "site-url" | "privacy-url" => web(value),
        "bounce-domain" => match EmailAddress::parse(&format!("x@{value}")) {
            Ok(address) if address.domain() == value => {
                idn::examine(value).map_err(|error| error.to_string())
            }
            _ => Err("must be a domain name in lower case such as bounce.example.gov".to_owned()),
        },
        "sender-id"
            if !(5..=15).contains(&value.len())
                || !value.bytes().all(|b| b.is_ascii_alphanumeric()) =>
        {
            Err("must be 5 to 15 letters and digits (P17)".to_owned())
        }
        "colour" => check_colour(value),
        "deadline-hours" => number(*DEADLINE_HOURS.start(), *DEADLINE_HOURS.end()),
        "confirmation-hours" => number(1, 168),
        "sending-window" => SendingWindow::parse(Some(value), None)
            .map(|_| ())
            .map_err(str::to_owned),
        "summary-day" if weekday(value).is_none() => {
            Err("must be a day of the week such as friday".to_owned())
        }
        "summary-at" if time_of_day(value).is_none() => {
            Err("must be a time of day such as 17:00".to_owned())
        }
        "sending-days" => SendingWindow::parse(None, Some(value))
            .map(|_| ())
            .map_err(str::to_owned),
        "footer" if value.chars().count() > 300 => {
            Err("must have at most 300 characters".to_owned())
        }
        key if SWITCHES.contains(&key) && !matches!(value, "true" | "false") => {
            Err("must be true or false".to_owned())
        }
        "evidence-years" => number(1, 10),
        // Corrections and what a blackout counts look back for a year at most.
        "delivery-months" => number(13, 120),
        "one-click-leaves" if !matches!(value, "topic" | "all") => {
            Err("must be topic or all".to_owned())
        }
        "phone" if value.chars().count() > 40 => Err("must have at most 40 characters".to_owned()),
        "form-sites" => match value.split(',').find(|site| site_origin(site).is_none()) {
            Some(site) => Err(format!(
                "`{}` must be the address of a site without a path, such as https://doe.example.gov",
                site.trim()
            )),
            None => Ok(()),
        },
        "zip-codes" => ZipCodes::parse(value).map(|_| ()),
        key if QUESTION_KEYS.contains(&key) => Question::parse(value).map(|_| ()),
        "undo-seconds" => number(0, 600),
        _ => Ok(()),
    }
}

fn check_name(value: &str) -> Result<(), String> {
    if value.contains('@') {
        return Err("must be a name, without an @".to_owned());
    }
    match given_name::checked(value, LONGEST_NAME) {
        Ok(name) if name.is_empty() => Err("must not be empty".to_owned()),
        Ok(_) => Ok(()),
        Err(why) => Err(why.to_string()),
    }
}

fn check_colour(value: &str) -> Result<(), String> {
    match Colour::parse(value) {
        None => Err("must be written as #rrggbb".to_owned()),
        Some(colour) if !colour.is_readable() => Err(format!(
            "{value} is too pale: its lowest contrast, in light, dark and inverted colours, is {:.1}, and readers need 4.5; the nearest colour that works is {}",
            colour.lowest_contrast(),
            colour.nearest_readable()
        )),
        Some(_) => Ok(()),
    }
}

/// Each name is of a language that readers may choose, and of each there is one.
fn check_names(value: &str) -> Result<(), String> {
    let mut tags = Vec::new();
    for name in names(value) {
        let (tag, _) = name?;
        if !is_spoken(&tag) {
            return Err(format!("`{tag}` is not among {}", LANGUAGES.join(", ")));
        }
        if tags.contains(&tag) {
            return Err(format!("must have one name for `{tag}`"));
        }
        tags.push(tag);
    }
    Ok(())
}

/// A zone is named by a place, whose clocks it follows all year: `EST` is an hour off all summer.
fn check_time_zone(value: &str) -> Result<(), String> {
    let known = TimeZone::get(value).is_ok();
    let name = value.to_ascii_uppercase();
    let place = match name.as_str() {
        "EST" | "EDT" | "ET" | "EST5EDT" => "America/New_York",
        "CST" | "CDT" | "CT" | "CST6CDT" => "America/Chicago",
        "MST" | "MDT" | "MT" | "MST7MDT" => "America/Denver (in Arizona: America/Phoenix)",
        "PST" | "PDT" | "PT" | "PST8PDT" => "America/Los_Angeles",
        "AKST" | "AKDT" => "America/Anchorage",
        "HST" | "HDT" => "Pacific/Honolulu",
        "AST" | "ADT" => "America/Puerto_Rico",
        "CHST" => "Pacific/Guam",
        "SST" => "Pacific/Pago_Pago",
        _ if name == "UTC" || name == "ETC/UTC" => return Ok(()),
        // No place has clocks that are so many hours off all year by definition.
        _ if name.starts_with("ETC/") || !value.contains('/') => "",
        _ if known => return Ok(()),
        _ => "",
    };
    Err(if place.is_empty() {
        "must be the place whose clocks you go by, such as America/Los_Angeles".to_owned()
    } else {
        format!(
            "must be the place whose clocks you go by, so that summer time is followed: did you mean {place}?"
        )
    })
}

/// Whether a setting that has a value may be emptied, in words that end "must be …" where not: what every mail
/// needs, or what decides when it goes, may be changed, but not taken away.
pub(super) fn check_emptied(key: &str) -> Result<(), String> {
    match key {
        "name" | "from" | "postal-address" => Err(
            "must not be emptied: no mail may go out without it; type what it is to be instead"
                .to_owned(),
        ),
        "time-zone" => Err(
            "must not be emptied: all times that are planned would move to UTC; choose another zone instead"
                .to_owned(),
        ),
        _ => Ok(()),
    }
}

/// What a setting is called today: an operator's scripts may use the name that it had.
pub(super) fn present_key(key: &str) -> &str {
    match key {
        "give-up-hours" => "deadline-hours",
        key => key,
    }
}

/// Names by language as a setting lists them.
pub(super) fn names(list: &str) -> impl Iterator<Item = Result<(String, String), String>> {
    list.split(';')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (tag, name) = part
                .split_once('=')
                .map(|(tag, name)| (tag.trim(), name.trim()))
                .ok_or_else(|| format!("{part}: write it as LANGUAGE=NAME, such as es=Oficina"))?;
            let plain = tag.len() <= 20
                && tag.starts_with(|c: char| c.is_ascii_alphabetic())
                && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            if !plain {
                return Err(format!(
                    "{tag}: must be a language tag such as es or zh-Hant"
                ));
            }
            check("name", name)?;
            Ok((tag.to_owned(), name.to_owned()))
        })
}

/// More than this is no test any more.
const MOST_TEST_RECIPIENTS: usize = 20;

/// Addresses as a setting lists them.
pub(super) fn addresses(list: &str) -> impl Iterator<Item = Result<EmailAddress, String>> {
    list.split(',')
        .map(str::trim)
        .filter(|address| !address.is_empty())
        .map(|address| EmailAddress::parse(address).map_err(|error| format!("{address}: {error}")))
}

/// An address that our mails name as theirs.
fn check_sender(value: &str) -> Result<(), String> {
    match EmailAddress::parse(value) {
        Ok(address) if address.needs_smtputf8() => Err(
            "must be ASCII before the @, or relays without SMTPUTF8 cannot take our mail"
                .to_owned(),
        ),
        Ok(address) => idn::examine(address.domain()).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

fn check_recipients(value: &str) -> Result<(), String> {
    let wrong = addresses(value).find_map(Result::err);
    match (wrong, addresses(value).count()) {
        (Some(error), _) => Err(error),
        (None, number) if number > MOST_TEST_RECIPIENTS => {
            Err(format!("must be at most {MOST_TEST_RECIPIENTS} addresses"))
        }
        (None, _) => Ok(()),
    }
}

/// The origin (RFC 6454) of a site as it was typed; `None` for what has a path or is no web address.
pub(super) fn site_origin(site: &str) -> Option<String> {
    let url = url::Url::parse(site.trim()).ok()?;
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    (matches!(url.scheme(), "http" | "https") && bare).then(|| url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_cannot_work_is_refused_with_the_way_out() {
        for (key, value, says) in [
            ("from", "nobody", "an @"),
            ("time-zone", "Pacific", "America/Los_Angeles"),
            ("time-zone", "EST", "America/New_York"),
            ("time-zone", "pst", "America/Los_Angeles"),
            ("time-zone", "MST", "America/Denver"),
            ("time-zone", "Etc/GMT+5", "America/Los_Angeles"),
            ("time-zone", "America/Nowhere", "America/Los_Angeles"),
            ("languages", "en,tlh", "tlh"),
            ("colour", "#ffcc00", "nearest colour that works is #907300"),
            ("colour", "blue", "#rrggbb"),
            ("sender-id", "x", "5 to 15"),
            ("name", "x\r\nBcc: a@b.c", "one line"),
            ("site-url", "javascript:alert(1)", "web address"),
            ("site-url", "https://doe.example.gov/a b", "blank"),
            ("names", "es=Oficina; es=Otra", "one name"),
            ("names", "de=Büro", "not among"),
            ("deadline-hours", "0", "1 to 120"),
            ("sending-window", "daytime", "08:00-20:00"),
            ("sending-days", "weekdays", "mon-fri"),
            ("summary-day", "someday", "friday"),
            ("summary-at", "noon", "17:00"),
            ("pause-in-blackout", "maybe", "true or false"),
            ("one-click-leaves", "some", "topic or all"),
            (
                "form-sites",
                "https://doe.example.gov/news",
                "without a path",
            ),
            ("four-eyes", "maybe", "true or false"),
            ("resume-after-quota", "tomorrow", "true or false"),
            ("require-second-step", "admins", "true or false"),
            ("undo-seconds", "601", "0 to 600"),
            // P7: a Cyrillic letter among Latin ones, as typed and as A-label.
            ("from", "news@p\u{430}ypal.example", "scripts"),
            ("reply-to", "a@xn--pypal-4ve.example", "scripts"),
            ("notice-from", "nobody", "an @"),
            ("names", "es=Oficina; Büro", "LANGUAGE=NAME"),
            ("names", "es=a@b.example", "without an @"),
            ("names", "e s=Oficina", "language tag"),
            ("test-recipients", "a@b.example, nobody", "nobody: "),
            ("bounce-domain", "b.xn--pypal-4ve.example", "scripts"),
            ("site-url", "https://p\u{430}ypal.example/", "scripts"),
            ("name", "Office\nof", "one line"),
            ("postal-address", "1 Main St\u{7}", "without control"),
        ] {
            let why = check(key, value).unwrap_err();
            assert!(why.contains(says), "{key}={value}: {why}");
        }
        assert!(check("postal-address", "1 Main St\r\nTustin, CA").is_ok());
    }
}
