//! How it reads: the subject, the first line, the length, and what spam filters count.

use gazette_templates::{
    document::reading_time::ReadingTime,
    email::{self, LONGEST},
};

use crate::clock::Timestamp;
use jiff::tz::TimeZone;

use super::{
    check_result::{
        Check,
        Severity::{Blocking, Ok, Warning},
        several,
    },
    checked_content::Content,
};

/// Telephones show some 40 characters of a subject, mail programs some 70.
const SUBJECT: usize = 70;

pub(super) fn subject(subject: &str) -> Check {
    let check = |severity, says: String| Check::new("subject", "Subject", severity, says);
    let letters = || subject.chars().filter(|c| c.is_alphabetic());
    let shouts = letters().count() > 10 && letters().all(char::is_uppercase);
    let length = subject.chars().count();
    if shouts {
        let why = "It is all in capitals, which reads as shouting to people and to spam filters.";
        return check(Warning, why.to_owned());
    }
    if subject.contains("!!") || subject.contains("$$") {
        return check(
            Warning,
            "Doubled marks in a subject look like spam.".to_owned(),
        );
    }
    if length > SUBJECT {
        return check(
            Warning,
            format!(
                "It has {length} characters. Mail programs show some {SUBJECT}, telephones some 40: what matters should stand first."
            ),
        );
    }
    check(Ok, format!("{length} characters."))
}

/// A day that is still to come: readers see it above the text. `None`: it is not, or there is none.
pub(super) fn date(published: Option<Timestamp>, now: Timestamp, zone: &TimeZone) -> Option<Check> {
    let day = |at: Timestamp| at.to_zoned_datetime(zone.clone()).date();
    let published = published
        .map(day)
        .filter(|published| *published > day(now))?;
    Some(Check::new(
        "date",
        "Date of the release",
        Warning,
        format!(
            "Its release is dated {}, which lies ahead, and readers see that date. Check that it may be out before.",
            published.strftime("%-d %B %Y")
        ),
    ))
}

/// The preview line: what stands beside the subject in a list of mails.
pub(super) fn first_line(line: Option<&str>, own: bool) -> Check {
    let check =
        |severity, says| Check::new("first-line", "First line in the mailbox", severity, says);
    match line {
        Some(line) if own => check(Ok, format!("“{line}”, as written by staff.")),
        Some(line) => check(Ok, format!("“{line}”")),
        None => check(
            Warning,
            "The release has no words that could stand there, so mailboxes show the office's name instead. Write a line of your own where the text is edited.".to_owned(),
        ),
    }
}

pub(super) fn time(content: &Content) -> Check {
    let time = ReadingTime::of_words(&content.words);
    let what = if time.characters > time.words {
        several(time.characters, "character")
    } else {
        several(content.words.len(), "word")
    };
    Check::new(
        "reading-time",
        "Time to read",
        if content.words.is_empty() {
            Warning
        } else {
            Ok
        },
        format!("{what}, about {}.", several(time.minutes(), "minute")),
    )
}

/// Gmail hides what comes after some 102 KB, the way to unsubscribe included (E1).
pub(super) fn size(bytes: usize, html: &str, language: &str) -> Check {
    let check = |severity, says| Check::new("size", "Size", severity, says);
    let kilobytes = format!("{} of {} KB", bytes.div_ceil(1000), LONGEST / 1000);
    if bytes > LONGEST {
        return check(
            Blocking,
            format!(
                "{kilobytes}: it cannot be cut, and Gmail will hide its end and the way to unsubscribe."
            ),
        );
    }
    if html.contains(email::ends_here(language)) {
        return check(
            Warning,
            format!(
                "{kilobytes}: the release is too long for a mail, so the mail ends early and leads to the rest on the web."
            ),
        );
    }
    check(Ok, format!("{kilobytes}."))
}

/// Words that spam filters count. One is nothing; several together are a pattern.
const SPAM: &[&str] = &[
    "act now",
    "apply now",
    "cash",
    "click here",
    "congratulations",
    "dear friend",
    "exclusive deal",
    "free",
    "guarantee",
    "guaranteed",
    "limited time",
    "no cost",
    "no obligation",
    "once in a lifetime",
    "order now",
    "prize",
    "risk free",
    "urgent",
    "winner",
    "100 free",
    "gratis",
    "haga clic aquí",
    "oferta",
    "무료",
    "당첨",
    "免费",
    "中奖",
    "miễn phí",
];

pub(super) fn spam(subject: &str, content: &Content) -> Check {
    let mut found = Vec::new();
    let subject = super::rules::words(subject);
    for phrase in SPAM {
        let in_subject = super::rules::places(&subject, phrase).len();
        let in_text = super::rules::places(&content.words, phrase).len();
        if in_subject > 0 {
            found.push((true, format!("“{phrase}” in the subject")));
        } else if in_text > 0 {
            found.push((false, format!("“{phrase}”, {}", times(in_text))));
        }
    }
    // One of them in a text is how offices write; a filter minds several, or one in the subject.
    let counts = found.len() > 2 || found.iter().any(|(in_subject, _)| *in_subject);
    let details: Vec<String> = found.into_iter().map(|(_, says)| says).collect();
    let says = match (counts, details.len()) {
        (_, 0) => "None of the words that spam filters count.".to_owned(),
        (false, _) => "Few of the words that spam filters count.".to_owned(),
        (true, number) => format!(
            "{} that spam filters count. Say it in other words where you can.",
            several(number, "word")
        ),
    };
    Check::new(
        "spam-words",
        "Words that look like spam",
        if counts { Warning } else { Ok },
        says,
    )
    .with(details)
}

fn times(number: usize) -> String {
    match number {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        more => format!("{more} times"),
    }
}
