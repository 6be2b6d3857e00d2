//! The office: whose newsletter it is. One per instance, set with `gazette office set` or in the
//! console, kept in the database so that every worker says the same.

use crate::{
    address::EmailAddress,
    audit::{self, Action},
    config::{PublicUrl, Settings},
    db::Db,
    form_questions::{Question, ZipCodes},
    idn,
    logo::Logo,
    office_setting,
    sending_window::{SendingWindow, time_of_day, weekday},
};
use gazette_templates::{
    Colour,
    email::{self, Sender},
    reader_language::READER_LANGUAGES,
};
use jiff::{
    civil::{Time, Weekday},
    tz::TimeZone,
};

/// Hours after which a message that nobody takes may be given up, at least and at most (S2).
pub const DEADLINE_HOURS: std::ops::RangeInclusive<u32> = 1..=120;

/// The setting that `returns` writes: the bounce domain from which a mail came back to us.
pub const RETURNS_PROVED: &str = "returns-proved";

/// The office as every mail and page shows it.
#[derive(Debug, Clone)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is one setting of its own"
)]
pub struct Office {
    /// Who it is, as the display name of From and the title of the pages (P6: nothing else is ever
    /// put there).
    pub name: String,
    /// The same in other languages, by their tags; see [`Office::name_in`].
    pub names: Vec<(String, String)>,
    /// The address in From.
    pub from: EmailAddress,
    /// Where answers go; none: to `from`.
    pub reply_to: Option<EmailAddress>,
    /// The postal address that stands in every mail (O11).
    pub postal_address: String,
    /// The zone in which staff read and write times.
    pub time_zone: TimeZone,
    /// Languages of the pages and mails, the first one by default: BCP 47 tags.
    pub languages: Vec<String>,
    /// The office's own site.
    pub site_url: Option<String>,
    /// Page with the privacy policy; none: the built-in `/privacy`.
    pub privacy_url: Option<String>,
    /// Domain for return paths; it must deliver to Gazette. None: bounces go to `from`.
    pub bounce_domain: Option<String>,
    /// The domain at which a mail also unsubscribes (H9): the bounce domain, once a mail to it has been
    /// seen to reach us.
    pub unsubscribe_by_mail: Option<String>,
    /// From of what is no newsletter: confirmations, invitations, notices (P16). None: `from`.
    pub notice_from: Option<EmailAddress>,
    /// Where returns of those go; none: to the address that they come from.
    pub notice_return_path: Option<EmailAddress>,
    /// Whom a test of a newsletter goes to besides who asks for it.
    pub test_recipients: Vec<EmailAddress>,
    /// The last part of Feedback-ID (P17): 5 to 15 letters and digits.
    pub sender_id: Option<String>,
    /// Colour of headings and buttons: `#rrggbb`, readable in every light.
    pub colour: String,
    /// What stands beside the name in mails.
    pub logo: Option<Logo>,
    /// Hours after which a message that nobody takes is given up (S2).
    pub deadline_hours: u32,
    /// Hours for which a confirmation link works (O3).
    pub confirmation_hours: u32,
    /// On which day, and at what time, those get a summary who want one a week; daily ones come at the same time.
    pub summary_day: Weekday,
    /// See [`Self::summary_day`].
    pub summary_time: Time,
    /// When newsletters may begin that nobody sends by hand (F10).
    pub window: SendingWindow,
    /// The last line of every mail (C7); none: "Prepared by the office of …. Official business."
    pub footer: Option<String>,
    /// Whether subscribers, too, get nothing in a blackout (C3).
    pub pause_in_blackout: bool,
    /// Years for which the evidence of who left is kept; then only a keyed hash is (V1).
    pub evidence_years: u32,
    /// Months after which what was accepted of a finished newsletter is folded; who got it stays on record.
    pub delivery_months: u32,
    /// Whether one click on "unsubscribe" leaves everything, and not only the topic that the mail names.
    pub one_click_leaves_all: bool,
    /// The office's telephone, for people who need one; none: the pages name only the address.
    pub phone: Option<String>,
    /// Origins of the office's own sites, where its form may stand: `https://doe.example.gov`.
    pub form_sites: Vec<String>,
    /// The district's ZIP codes; none: the form asks for no ZIP code.
    pub zip_codes: ZipCodes,
    /// Questions of the office's own on the form.
    pub questions: Vec<Question>,
    /// Seconds between a person's approval and the first mail, in which it can be undone.
    pub undo_seconds: u32,
    /// Whether who wrote or changed a text may not be the one who approves it.
    pub four_eyes: bool,
    /// Whether a newsletter that stands because the relay's limit is used up goes on by itself when
    /// that is free again. Not unless the office says so: a limit may also be a warning, and what goes
    /// out a day late may be out of date.
    pub resume_after_quota: bool,
    /// Whether what every mail needs has been set: name, from and postal address.
    pub complete: bool,
}

/// The keys that are either `true` or `false`.
pub const SWITCHES: [&str; 3] = ["pause-in-blackout", "four-eyes", "resume-after-quota"];

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
];

/// The keys of the office's own questions.
const QUESTION_KEYS: [&str; 3] = ["question-1", "question-2", "question-3"];

/// What is wrong with a setting, in words for who typed it.
#[derive(Debug, thiserror::Error)]
pub enum OfficeError {
    /// No such key.
    #[error("`{0}` is no setting of the office; known: {known}", known = KEYS.iter().map(|(key, _)| *key).collect::<Vec<_>>().join(", "))]
    UnknownKey(String),
    /// The value does not do.
    #[error("office setting `{key}`: {why}")]
    Value {
        /// The key.
        key: String,
        /// What to write instead.
        why: String,
    },
    /// The key does not belong to the database.
    #[error(
        "this database was made with another secret key; start with the GAZETTE_SECRET_KEY or `gazette.key` that belongs to it: with a new key no link that was mailed would work"
    )]
    OtherKey,
    /// Another process of this database has another public URL.
    #[error(
        "GAZETTE_PUBLIC_URL is `{set}`, but the links that this database mails lead to `{known}`; set it the same for every process (or leave it out), or take over the new one with `gazette migrate --adopt-settings`"
    )]
    OtherUrl {
        /// What the database knows.
        known: PublicUrl,
        /// What this process was told.
        set: PublicUrl,
    },
    /// Links would lead nowhere.
    #[error(
        "GAZETTE_PUBLIC_URL leads to this machine only, so no reader of what goes to the relay `{0}` could unsubscribe; set GAZETTE_PUBLIC_URL to the address that readers reach, such as https://news.example.gov"
    )]
    LoopbackUrl(String),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] sea_orm::DbErr),
}

/// When summaries come where nothing else is set.
const SUMMARY_TIME: Time = Time::constant(17, 0, 0, 0);

/// The languages that the pages and mails speak.
pub const LANGUAGES: &[&str] = &READER_LANGUAGES;

/// Whether a tag is written as one of [`LANGUAGES`], or as earlier versions wrote Chinese.
fn is_spoken(tag: &str) -> bool {
    let tag = tag.trim();
    tag == "zh" || LANGUAGES.contains(&tag)
}

impl Office {
    /// The name as readers of this language know it.
    #[must_use]
    pub fn name_in(&self, language: &str) -> &str {
        let spoken = email::spoken(language);
        let named = self
            .names
            .iter()
            .find(|(tag, _)| email::spoken(tag) == spoken);
        // Who reads a language that we do not speak reads our English, but not an English name.
        let named = named.filter(|(tag, _)| spoken != "en" || tag.eq_ignore_ascii_case(language));
        named.map_or(self.name.as_str(), |(_, name)| name.as_str())
    }

    /// Its own questions, for readers of this language.
    #[must_use]
    pub fn questions_in(&self, language: &str) -> Vec<&str> {
        let questions = self.questions.iter();
        questions
            .map(|question| question.in_language(language))
            .collect()
    }

    /// What mail comes from that is no newsletter.
    #[must_use]
    pub fn notices_from(&self) -> &EmailAddress {
        self.notice_from.as_ref().unwrap_or(&self.from)
    }

    /// Who sends, as a mail to one person in this language shows it.
    #[must_use]
    pub fn sender(&self, language: &str) -> Sender<'_> {
        Sender {
            office: self.name_in(language),
            colour: Colour::parse(&self.colour).unwrap_or(Colour::DEFAULT),
            postal_address: &self.postal_address,
        }
    }

    /// Reads the office from the database; what was never set has a default that shows it.
    pub async fn load(db: &Db) -> Result<Self, sea_orm::DbErr> {
        let settings = office_setting::all(db.pool()).await?;
        let get = |key: &str| settings.get(key).filter(|value| !value.is_empty()).cloned();
        let address = |key: &str| get(key).and_then(|text| EmailAddress::parse(&text).ok());
        let number = |key: &str, default: u32| {
            get(key)
                .and_then(|text| text.parse().ok())
                .unwrap_or(default)
        };
        let complete =
            get("name").is_some() && get("postal-address").is_some() && address("from").is_some();
        Ok(Self {
            name: get("name").unwrap_or_else(|| "(the office has no name yet)".to_owned()),
            names: get("names")
                .map(|list| names(&list).filter_map(Result::ok).collect())
                .unwrap_or_default(),
            from: address("from").unwrap_or_else(EmailAddress::not_set),
            reply_to: address("reply-to"),
            postal_address: get("postal-address")
                .unwrap_or_else(|| "(no postal address set yet)".to_owned()),
            time_zone: get("time-zone")
                .and_then(|name| TimeZone::get(&name).ok())
                .unwrap_or(TimeZone::UTC),
            languages: get("languages").map_or_else(
                || LANGUAGES.iter().map(ToString::to_string).collect(),
                |list| list.split(',').map(|tag| tag.trim().to_owned()).collect(),
            ),
            site_url: get("site-url"),
            privacy_url: get("privacy-url"),
            unsubscribe_by_mail: get("bounce-domain")
                .filter(|domain| get(RETURNS_PROVED).as_ref() == Some(domain)),
            bounce_domain: get("bounce-domain"),
            notice_from: address("notice-from"),
            notice_return_path: address("notice-return-path"),
            test_recipients: get("test-recipients")
                .map(|list| addresses(&list).filter_map(Result::ok).collect())
                .unwrap_or_default(),
            sender_id: get("sender-id"),
            colour: get("colour").unwrap_or_else(|| Colour::DEFAULT.to_string()),
            logo: get("logo").and_then(|text| Logo::from_setting(&text)),
            deadline_hours: number("deadline-hours", 72),
            confirmation_hours: number("confirmation-hours", 48),
            window: SendingWindow::parse(
                get("sending-window").as_deref(),
                get("sending-days").as_deref(),
            )
            .unwrap_or_default(),
            summary_day: get("summary-day")
                .and_then(|day| weekday(&day))
                .unwrap_or(Weekday::Friday),
            summary_time: get("summary-at")
                .and_then(|time| time_of_day(&time))
                .unwrap_or(SUMMARY_TIME),
            footer: get("footer"),
            pause_in_blackout: get("pause-in-blackout").as_deref() == Some("true"),
            evidence_years: number("evidence-years", 3),
            delivery_months: number("delivery-months", 24),
            one_click_leaves_all: get("one-click-leaves").as_deref() == Some("all"),
            phone: get("phone"),
            form_sites: get("form-sites")
                .map(|list| list.split(',').filter_map(site_origin).collect())
                .unwrap_or_default(),
            zip_codes: get("zip-codes")
                .and_then(|list| ZipCodes::parse(&list).ok())
                .unwrap_or_default(),
            questions: QUESTION_KEYS
                .iter()
                .filter_map(|key| Question::parse(&get(key)?).ok())
                .collect(),
            undo_seconds: number("undo-seconds", 60),
            four_eyes: get("four-eyes").as_deref() == Some("true"),
            resume_after_quota: get("resume-after-quota").as_deref() == Some("true"),
            complete,
        })
    }

    /// Checks one setting without storing it: a form wants to know of all that are wrong.
    pub fn check(key: &str, value: &str) -> Result<(), OfficeError> {
        let key = present_key(key);
        if !KEYS.iter().any(|(known, _)| *known == key) {
            return Err(OfficeError::UnknownKey(key.to_owned()));
        }
        if value.trim().is_empty() {
            return Ok(());
        }
        check(key, value.trim()).map_err(|why| OfficeError::Value {
            key: key.to_owned(),
            why,
        })
    }

    /// Checks all settings, then stores all or none, with who did it; an empty value returns one to
    /// its default.
    pub async fn set_all(
        db: &Db,
        by: &str,
        pairs: &[(&str, &str)],
        now: i64,
    ) -> Result<(), OfficeError> {
        for (key, value) in pairs {
            Self::check(key, value)?;
        }
        let transaction = db.begin().await?;
        for (key, value) in pairs {
            let (key, value) = (present_key(key), value.trim());
            office_setting::store(&transaction, key, value, now).await?;
            let object = format!("office/{key}");
            audit::record(&transaction, now, by, Action::OfficeSet, object, value).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Every setting as it stands, in the order of [`KEYS`]; unset ones are empty.
    pub async fn settings(db: &Db) -> Result<Vec<(&'static str, String)>, sea_orm::DbErr> {
        let mut stored = office_setting::all(db.pool()).await?;
        Ok(KEYS
            .iter()
            .map(|(key, _)| (*key, stored.remove(*key).unwrap_or_default()))
            .collect())
    }
}

/// What a setting is called today: an operator's scripts may use the name that it had.
fn present_key(key: &str) -> &str {
    match key {
        "give-up-hours" => "deadline-hours",
        key => key,
    }
}

/// Names by language as a setting lists them.
fn names(list: &str) -> impl Iterator<Item = Result<(String, String), String>> {
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
fn addresses(list: &str) -> impl Iterator<Item = Result<EmailAddress, String>> {
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

fn check(key: &str, value: &str) -> Result<(), String> {
    let web = |value: &str| match url::Url::parse(value) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => match idn::deceptive_link(value) {
            Some(deceptive) => Err(deceptive.to_string()),
            None => Ok(()),
        },
        _ => Err("must be a web address such as https://example.gov/".to_owned()),
    };
    // M6: nothing that could end a header line. A postal address may have lines of its own.
    if key != "postal-address" && value.chars().any(char::is_control) {
        return Err("must be one line without control characters".to_owned());
    }
    let number = |from: u32, to: u32| match value.parse::<u32>() {
        Ok(number) if (from..=to).contains(&number) => Ok(()),
        _ => Err(format!("must be a whole number from {from} to {to}")),
    };
    match key {
        "name" if value.chars().count() > 100 => Err("must have at most 100 characters".to_owned()),
        "name" if value.contains('@') => Err("must be a name, without an @".to_owned()),
        "postal-address" if value.chars().count() > 500 => {
            Err("must have at most 500 characters".to_owned())
        }
        "names" => names(value).find_map(Result::err).map_or(Ok(()), Err),
        "from" | "reply-to" | "notice-from" | "notice-return-path" => check_sender(value),
        "test-recipients" => check_recipients(value),
        "time-zone" => TimeZone::get(value)
            .map(|_| ())
            .map_err(|_| "must be an IANA time zone such as America/Los_Angeles".to_owned()),
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
        "colour" => match Colour::parse(value) {
            None => Err("must be written as #rrggbb".to_owned()),
            Some(colour) if !colour.is_readable() => Err(format!(
                "{value} is too pale: its lowest contrast, in light, dark and inverted colours, is {:.1}, and readers need 4.5; the nearest colour that works is {}",
                colour.lowest_contrast(),
                colour.nearest_readable()
            )),
            Some(_) => Ok(()),
        },
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

/// Refuses to send mail to the world with links that lead to this machine only.
///
/// # Errors
/// [`OfficeError::LoopbackUrl`]
pub fn check_links_work(settings: &Settings) -> Result<(), OfficeError> {
    match settings.smtp_url.iter().find(|relay| !relay.is_loopback()) {
        Some(relay) if settings.public_url.is_loopback() => {
            Err(OfficeError::LoopbackUrl(relay.name()))
        }
        _ => Ok(()),
    }
}

/// The origin (RFC 6454) of a site as it was typed; `None` for what has a path or is no web address.
fn site_origin(site: &str) -> Option<String> {
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
            ("languages", "en,tlh", "tlh"),
            ("colour", "#ffcc00", "nearest colour that works is #907300"),
            ("colour", "blue", "#rrggbb"),
            ("sender-id", "x", "5 to 15"),
            ("name", "x\r\nBcc: a@b.c", "one line"),
            ("site-url", "javascript:alert(1)", "web address"),
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
        ] {
            let why = check(key, value).unwrap_err();
            assert!(why.contains(says), "{key}={value}: {why}");
        }
        assert!(check("postal-address", "1 Main St\nTustin, CA").is_ok());
    }
}
