//! The office: whose newsletter it is. One per instance, set with `gazette office set` or in the
//! console, kept in the database so that every worker says the same.

use std::collections::HashMap;

use crate::{
    address::EmailAddress,
    audit::{self, Action},
    config::{PublicUrl, Settings},
    db::Db,
    form_questions::{Question, ZipCodes},
    logo::Logo,
    office_setting,
    sending_window::{SendingWindow, time_of_day, weekday},
};
use gazette_templates::{
    Colour,
    email::{self, Sender},
};
use jiff::{
    civil::{Time, Weekday},
    tz::TimeZone,
};
use sea_orm::ConnectionTrait;

mod office_keys;

pub use office_keys::{DEADLINE_HOURS, KEYS, LANGUAGES, SWITCHES};

use office_keys::{
    QUESTION_KEYS, addresses, check, check_emptied, names, present_key, site_origin,
};

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

    /// Whom a reader writes to; none before an address was set.
    #[must_use]
    pub fn contact(&self) -> Option<&EmailAddress> {
        let contact = self.reply_to.as_ref().unwrap_or(&self.from);
        (*contact != EmailAddress::not_set()).then_some(contact)
    }

    /// The same on pages that only an office with an address shows.
    #[must_use]
    pub fn contact_shown(&self) -> &str {
        self.contact().map_or("", EmailAddress::as_str)
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
        Self::load_within(db.pool()).await
    }

    /// The same as a part of what else happens: who holds one connection waits for no second one.
    ///
    /// # Errors
    /// The database failed.
    pub async fn load_within(connection: &impl ConnectionTrait) -> Result<Self, sea_orm::DbErr> {
        Ok(Self::of(&office_setting::all(connection).await?))
    }

    /// The same with some settings as they are typed: for a look at them before they are saved.
    ///
    /// # Errors
    /// The database failed.
    pub async fn load_with(
        db: &Db,
        typed: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Result<Self, sea_orm::DbErr> {
        let mut settings = office_setting::all(db.pool()).await?;
        let typed = typed.into_iter();
        settings.extend(typed.map(|(key, value)| (key.to_owned(), value)));
        Ok(Self::of(&settings))
    }

    fn of(settings: &HashMap<String, String>) -> Self {
        let get = |key: &str| settings.get(key).filter(|value| !value.is_empty()).cloned();
        let address = |key: &str| get(key).and_then(|text| EmailAddress::parse(&text).ok());
        let number = |key: &str, default: u32| {
            get(key)
                .and_then(|text| text.parse().ok())
                .unwrap_or(default)
        };
        let complete =
            get("name").is_some() && get("postal-address").is_some() && address("from").is_some();
        Self {
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
        }
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

    /// The same of a setting that is `old` so far: some may be changed once they are set, but not emptied.
    pub fn check_change(key: &str, old: &str, new: &str) -> Result<(), OfficeError> {
        Self::check(key, new)?;
        let key = present_key(key);
        if old.trim().is_empty() || !new.trim().is_empty() {
            return Ok(());
        }
        check_emptied(key).map_err(|why| OfficeError::Value {
            key: key.to_owned(),
            why,
        })
    }

    /// Checks all settings, then stores all or none, with who did it; an empty value returns one to
    /// its default.
    ///
    /// # Errors
    /// [`OfficeError::Value`] where a value does not do, or what no mail goes without would be emptied.
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
        let stored = office_setting::all(&transaction).await?;
        for (key, value) in pairs {
            let (key, value) = (present_key(key), value.trim());
            let old = stored.get(key).map_or("", String::as_str);
            Self::check_change(key, old, value)?;
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
