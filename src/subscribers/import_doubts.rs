//! What a column of which nobody knows what it holds may say of who is not to be mailed, by its name: and so which of
//! its cells are asked about.

use super::{
    import_cells::{Says, agrees, refuses, says},
    import_gone::{is_named_for_gone, says_gone},
    import_name_words::{
        AGREEING, ALLOWING, CHANNELS, COUNTS, DATES_OF_LIFE, DETAILS, FAILING, FORMER, GONE,
        HARMLESS, HARMLESS_WITH, LEAVING, MAIL, NAMES_OF_AGREEING, NAMES_OF_LEAVING, NEGATIONS,
        OF_ADDRESSES, OF_LIFE, OTHER_CHANNELS, PARTS_OF_AGREEING, PARTS_OF_CONSENT, PARTS_OF_MAIL,
        PLACES, POSTAL, STANDING, STANDING_OF, SWITCHES, WHEN_AND_HOW, WISHES, YES,
    },
    import_spelling::{has_word, name_words, plain},
    import_status::known_status,
    subscriber_kinds::Status,
};

/// Which cells of a column are asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// None: what it holds is known.
    None,
    /// A remark that somebody is gone.
    Remark,
    /// The same; and of the whole column, whether it decides who is mailed: neither a person nor its name says what
    /// it holds ([`super::import_switches`]).
    Unknown,
    /// Tags: such a remark among others.
    Tags,
    /// A no, in however many words: its name has to do with mail.
    Refusal,
    /// The same, and nothing: it says how often somebody wants mail.
    Frequency,
    /// All but what is a yes or a date: its name says who agreed.
    NotAgreed,
    /// All but a no and nothing: its name says who left.
    Gone,
    /// A yes or a date: its name has a word for leaving, among others.
    MayBeGone,
    /// All but what says that they are mailed: its name says a status.
    Standing,
    /// The word for a status: its name may mean a part of the country as well.
    Place,
    /// All but email: it says how to reach people.
    Channel,
    /// A remark that somebody is gone, or a no and nothing else: it has no name.
    Nameless,
}

/// A column's name, to be compared.
struct Name {
    /// Its words, parted by blanks.
    words: String,
    /// The same without the blanks: `donotemail` is one word to whoever compares names.
    joined: String,
}

impl Name {
    fn has_word(&self, words: &[&str]) -> bool {
        has_word(&self.words, words)
    }

    fn has_part(&self, parts: &[&str]) -> bool {
        parts.iter().any(|part| {
            let part = plain(part);
            self.words.contains(&part) || self.joined.contains(&part.replace(' ', ""))
        })
    }

    fn is_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| plain(name) == self.words)
    }

    /// `Subscription state`, and not the one where somebody lives: `MailingState`.
    fn is_standing(&self) -> bool {
        let of_what = self.words.strip_suffix(" state");
        of_what.is_some_and(|of_what| STANDING_OF.contains(&of_what))
    }

    fn is_of_mail(&self) -> bool {
        self.words.contains("e mail") || self.has_word(MAIL) || self.has_part(PARTS_OF_MAIL)
    }

    fn says_yes(&self) -> bool {
        self.has_part(PARTS_OF_AGREEING) || self.has_word(AGREEING)
    }

    /// Whether it is part of an address of the post: `MailingState`.
    fn is_of_post(&self) -> bool {
        self.has_word(POSTAL) && !self.joined.contains("email") && !self.says_yes()
    }

    /// Whether it is only a second address: `Work Email`.
    fn is_an_address(&self) -> bool {
        let is_part = |word: &str| OF_ADDRESSES.contains(&word) || word.parse::<u8>().is_ok();
        self.joined.contains("email") && self.words.split(' ').all(is_part)
    }

    /// Whether a word turns what is said of mail: `No Email`, and neither `No. of emails` nor `Newsletter (yes/no)`.
    fn denies(&self) -> bool {
        let mut rest = self.words.as_str();
        while let Some((word, behind)) = rest.split_once(' ') {
            rest = behind;
            if YES.contains(&word) {
                return false;
            }
            if is_negation(word) {
                let rest = Self::of(rest.to_owned());
                return !rest.has_word(YES) && rest.wants_mail();
            }
        }
        false
    }

    fn wants_mail(&self) -> bool {
        let is_contact = ["contact", "kontakt"]
            .iter()
            .any(|word| self.words.contains(word));
        is_contact || self.is_of_mail() || self.says_yes()
    }

    /// Whether it may be turned or not: `sí/no boletín`, and `marque si no desea recibir correos`.
    fn is_unclear(&self) -> bool {
        let behind = self.words.split_once("si no ").map(|(_, behind)| behind);
        behind.is_some_and(|behind| Self::of(behind.to_owned()).wants_mail())
    }

    fn of(words: String) -> Self {
        let joined = words.replace(' ', "");
        Self { words, joined }
    }
}

impl Doubt {
    /// Of a column of this name, which no table of columns has, among columns of `others`.
    #[must_use]
    pub fn of(name: &str, others: &[String]) -> Self {
        let name = Name::of(name_words(name));
        let (is_of_mail, says_yes) = (name.is_of_mail(), name.says_yes());
        let is_elsewhere = name.has_word(OTHER_CHANNELS)
            && !is_of_mail
            && !name.words.contains("unsub")
            && !name.is_any(CHANNELS);
        if is_elsewhere || is_harmless(&name, others) {
            return Self::Remark;
        }
        if name.is_any(PLACES) {
            Self::Place
        } else if name.is_any(CHANNELS) {
            Self::Channel
        } else if name.is_any(WISHES) {
            Self::Frequency
        } else if name.is_unclear() || name.is_standing() {
            Self::Standing
        } else if name.has_word(&["dnc"])
            || is_named_for_gone(&name.words)
            || name.has_part(GONE)
            || name.denies()
        {
            Self::Gone
        } else if name.has_word(LEAVING)
            || name.is_any(NAMES_OF_LEAVING)
            || is_of_mail && name.has_word(FAILING)
        {
            Self::MayBeGone
        } else if name.has_part(STANDING) {
            Self::Standing
        } else if name.is_of_post() || name.has_word(COUNTS) && !name.has_part(PARTS_OF_CONSENT) {
            Self::Remark
        } else if says_yes
            || name.is_any(NAMES_OF_AGREEING)
            || is_of_mail && name.has_word(ALLOWING)
        {
            if name.has_word(WHEN_AND_HOW) || name.has_word(DETAILS) {
                Self::Refusal
            } else {
                Self::NotAgreed
            }
        } else if is_of_mail && !name.is_an_address() || name.is_any(SWITCHES) {
            Self::Refusal
        } else {
            Self::Remark
        }
    }

    /// Whether a cell that holds something is asked about; `words` is the same as [`plain`] writes it.
    #[must_use]
    pub fn is_raised_by(self, cell: &str, words: &str) -> bool {
        let stays = |said: Says| matches!(said, Says::Status(Status::Confirmed));
        match self {
            Self::None => false,
            Self::Remark | Self::Unknown => says_gone(words),
            Self::Nameless => {
                says_gone(words)
                    || match says(cell) {
                        Says::No | Says::Refused => true,
                        Says::Status(status) => status != Status::Confirmed,
                        _ => false,
                    }
            }
            Self::Tags => cell
                .split([',', ';', '|'])
                .any(|tag| says_gone(&plain(tag))),
            Self::Refusal => says_gone(words) || refuses(cell),
            Self::Frequency => says_gone(words) || refuses(cell) || says(cell) == Says::Nothing,
            Self::NotAgreed => {
                let said = says(cell);
                !matches!(said, Says::Yes | Says::Date) && !stays(said)
            }
            Self::Gone => {
                let said = says(cell);
                !matches!(said, Says::No | Says::Nothing) && !stays(said)
            }
            Self::MayBeGone => {
                let said = says(cell);
                says_gone(words)
                    || matches!(said, Says::Yes | Says::Date | Says::Refused)
                    || matches!(said, Says::Status(_)) && !stays(said)
            }
            Self::Standing => {
                let said = says(cell);
                said != Says::Nothing && !stays(said)
            }
            Self::Place => {
                says_gone(words)
                    || words.split(' ').any(|word| FORMER.contains(&word))
                    || known_status(words).is_some_and(|status| status != Status::Confirmed)
            }
            Self::Channel => refuses(cell) || !names_email(words),
        }
    }

    /// Whether nothing in a cell is a no, where others of the column hold a yes: who ticked nothing did not agree.
    #[must_use]
    pub fn is_of_agreeing(self) -> bool {
        matches!(self, Self::NotAgreed | Self::Refusal)
    }

    /// Whether a cell says that this person agreed, in a column for that.
    #[must_use]
    pub fn is_agreed_by(self, cell: &str) -> bool {
        agrees(cell) || self == Self::NotAgreed && says(cell) == Says::Date
    }

    /// The word for what the column probably holds ([`super::import_words::MEANINGS`]); `None`: nothing that a
    /// whole column holds.
    #[must_use]
    pub fn likely_meaning(self) -> Option<&'static str> {
        match self {
            Self::None | Self::Remark | Self::Unknown | Self::Tags => None,
            Self::Refusal | Self::Frequency | Self::NotAgreed | Self::Channel | Self::Nameless => {
                Some("stays")
            }
            Self::Gone | Self::MayBeGone => Some("left"),
            Self::Standing | Self::Place => Some("status"),
        }
    }
}

/// Whether a column of a yes and a no is known to speak of people's lives and not of mail: `Veteran`, `Donor`.
#[must_use]
pub fn is_of_life(name: &str, others: &[String]) -> bool {
    let name = Name::of(name_words(name));
    let is_number = !name.words.chars().any(char::is_alphabetic);
    is_number
        || is_harmless(&name, others)
        || name.has_word(OF_LIFE)
        || name.has_word(OTHER_CHANNELS)
        || name.has_word(POSTAL)
        || name.has_word(COUNTS)
        || name.is_an_address()
}

/// Whether a column of dates is known to speak of people's lives: `Birthday`, `Last visit`.
#[must_use]
pub fn is_of_dates_of_life(name: &str) -> bool {
    Name::of(name_words(name)).has_word(DATES_OF_LIFE)
}

/// Whether a word turns what stands behind it.
fn is_negation(word: &str) -> bool {
    NEGATIONS.iter().any(|known| plain(known) == word)
}

fn is_harmless(name: &Name, others: &[String]) -> bool {
    name.is_any(HARMLESS)
        || name.words.starts_with("no of ")
        || HARMLESS_WITH.iter().any(|(marker, names)| {
            name.is_any(names) && others.iter().any(|other| plain(other) == *marker)
        })
}

/// Whether email is among the ways to reach somebody, and no word turns it.
fn names_email(words: &str) -> bool {
    let is_way = |word: &str| {
        word.starts_with("email") || matches!(word, "any" | "all" | "correo" | "electronico")
    };
    let is_turned = words.split(' ').any(is_negation);
    let is_named = words.split(' ').any(is_way)
        || ["e mail", "이메일", "邮件", "郵件"]
            .iter()
            .any(|way| words.contains(way));
    is_named && !is_turned
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(name: &str, cell: &str) -> bool {
        Doubt::of(name, &[]).is_raised_by(cell, &plain(cell))
    }

    #[test]
    fn what_a_name_says_is_heard_whatever_turns_it() {
        for (name, asked, passes) in [
            ("No Email", "Y", "No"),
            ("No Mail", "Yes", ""),
            ("No Newsletter", "Yes", "No"),
            ("Nomail", "on", "no"),
            ("Bad Email", "Yes", "No"),
            ("Email returned", "Yes", "No"),
            ("Email problem", "x", ""),
            ("email1_is_bad", "true", "false"),
            ("Do not solicit", "Y", "N"),
            ("Exclude", "Yes", "No"),
            ("Remove", "Yes", ""),
            ("Remove from list", "Yes", "No"),
            ("Stop", "Y", "N"),
            ("Email Hold", "Yes", "No"),
            ("On hold", "Yes", "No"),
            ("Deactivated", "1710000000", "0"),
            ("Left on", "2024-01-01", ""),
            ("Cancelled at", "2024-01-01", "NULL"),
            ("End date", "2024-01-01", ""),
            ("Quit date", "2024-01-01", ""),
            ("Email OK", "N", "Y"),
            ("OK to email", "No", "Yes"),
            ("Can email", "No", "Yes"),
            ("Send email", "No", "Yes"),
            ("Email Allowed", "No", "Yes"),
            ("Allow Email", "No", "Yes"),
            ("Contact by email", "No", "Yes"),
            ("E-News", "No", "Yes"),
            ("Email updates", "No", "Yes"),
            ("Email updates", "none", "all"),
            ("Updates", "No", "the newest"),
            ("Opt", "Out", "Yes"),
            ("Opt", "N", "Y"),
            ("Preferred contact method", "Mail only", "Email"),
            ("Communication preference", "No email", "E-mail"),
            ("Newsletter", "No thanks", "Yes"),
            ("Newsletter", "-", "X"),
            ("Newsletter", "☐", "☑"),
            ("Newsletter", "Nein", "Ja"),
            ("Do you want our newsletter?", "No, thank you", "Yes"),
            ("Consent", "Not consented", "granted"),
            ("Consent", "Declined on 2024-02-02", "2024-02-02"),
            ("Permission", "Revoked 2023", "express"),
            ("Marketing consent", "Did not opt in", "opted in"),
            ("Email Marketing Consent", "NEVER_SUBSCRIBED", "SUBSCRIBED"),
            ("Boletin", "No", "Sí"),
            ("Activo", "No", "Si"),
            ("Recibe correos", "No", "Sí"),
            ("是否订阅", "否", "是"),
            ("Đồng ý nhận tin", "Không", "Có"),
            ("뉴스레터 수신", "아니요", "예"),
            ("수신거부", "예", "아니요"),
            ("Kein Newsletter", "Ja", "Nein"),
            ("Newsletter (yes/no)", "No", "Yes"),
            ("No consent", "Yes", "No"),
            ("No/yes newsletter", "No", "Yes"),
            ("Boletín (sí/no)", "No", "Sí"),
            ("Marque si no desea recibir correos", "Sí", ""),
            ("Consent received", "No", "Yes"),
            ("Email address OK", "No", "Yes"),
            ("Email address is valid", "No", "Yes"),
            ("Ne pas contacter", "Oui", "Non"),
            ("Sin correo", "Sí", "No"),
            ("Nhận bản tin", "Không", "Có"),
            ("Newsletter erwünscht", "Nein", "Ja"),
            ("Reason", "BOUNCE", "annual fair"),
            ("Send", "no", "yes"),
            ("Subscriber", "No", "Yes"),
            ("Subscription state", "Off", "active"),
            ("Mail?", "✗", "✓"),
            ("Expired", "yes", "no"),
            ("Expired", "2024-05-01", ""),
            ("Type", "Former", "Individual"),
            ("Kündigung", "ja", "nein"),
            ("Agreement", "Declined", "Agreed"),
            ("Reason", "spam complaint", "annual fair"),
            ("Type", "Non-subscriber", "Individual"),
            ("Relationship", "Former subscriber", "Neighbor"),
            ("Preference", "none", "weekly"),
            ("Email preferences", "No emails", "weekly"),
            ("Result", "hard_bounce", "deliverable"),
            (
                "Comments",
                "UNSUBSCRIBED per phone call on 3/4",
                "no parking",
            ),
        ] {
            assert!(asks(name, asked), "{name}: {asked}");
            assert!(passes.is_empty() || !asks(name, passes), "{name}: {passes}");
        }
    }

    #[test]
    fn words_for_who_is_gone_stand_as_cells_are_compared() {
        for word in FORMER {
            assert_eq!(plain(word), *word);
        }
        assert!(asks("Type", "cũ"));
    }

    #[test]
    fn columns_that_say_nothing_of_who_wants_mail_are_not_asked_about() {
        for (name, cell) in [
            ("Emails received (6mo)", "0"),
            ("num_emails_opened", "0"),
            ("Consent to track", "No"),
            ("Accepts SMS Marketing", "no"),
            ("HasOptedOutOfFax", "1"),
            ("Do Not Call", "Yes"),
            ("SMS opt-in", "No"),
            ("Text opt in", "No"),
            ("htmlemail", "0"),
            ("Phone No", "555"),
            ("No. of emails", "0"),
            ("Household", "Yes"),
            ("Mailing Address", "No 5 Main Street"),
            ("MailingState", "CA"),
            ("Subscriber name", "Ana"),
            ("Subscription plan", "free"),
            ("Consent source", "web form"),
            ("Days Subscribed", "100"),
            ("Lead Status", "Unqualified"),
            ("E-mail Type", "SMTP"),
            ("Posting permissions", "allowed"),
            ("Bad Address", "N"),
            ("Work Email", "none"),
            ("E-mail 2", "-"),
            ("Veteran", "No"),
            ("Mailing State", "CA"),
            ("Contact", "Ana Lee"),
            ("active_subscription", "false"),
        ] {
            assert!(
                !asks(name, cell),
                "{name}: {cell}: {:?}",
                Doubt::of(name, &[])
            );
        }
        let substack = ["Email".to_owned(), "Stripe plan".to_owned()];
        let doubt = Doubt::of("Cancel date", &substack);
        assert!(!doubt.is_raised_by("2024-05-01", "2024 05 01"));
        assert!(asks("Cancel date", "2024-05-01"));
    }
}
