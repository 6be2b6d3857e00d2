//! What says, in a column that nobody knows or in the name of a file, that somebody is not to be mailed.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use super::import_spelling::{has_word, plain};

/// Where in a cell a phrase says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// At the beginning of a cell of few words: `bounced 2020`.
    ShortBeginning,
    /// At the beginning of whatever is written there: `UNSUBSCRIBED per phone call on 3/4`.
    Beginning,
    /// Anywhere in it.
    Anywhere,
}

/// What no other column holds by chance. Not the words that are people's names, towns or remarks as well.
const PHRASES: &[(Place, &[&str])] = &[
    (
        Place::ShortBeginning,
        &[
            "unsubscribe",
            "unsubscriber",
            "non-subscribed",
            "nonsubscribed",
            "bounced",
            "hard bounce",
            "soft bounce",
            "undeliverable",
            "complained",
            "marked as spam",
            "spam complaint",
            "spam report",
            "reported spam",
            "non-subscriber",
            "nonsubscriber",
            "not a subscriber",
            "former subscriber",
            "ex-subscriber",
            "past subscriber",
            "lapsed subscriber",
            "blocklisted",
            "blacklisted",
            "unconfirmed",
            "pending confirmation",
            "awaiting confirmation",
        ],
    ),
    (
        Place::Beginning,
        &[
            "unsubscribed",
            "not subscribed",
            "never subscribed",
            "opted out",
            "dado de baja",
            "dada de baja",
            "수신거부",
            "수신 거부",
            "구독취소",
            "구독 취소",
            "đã hủy đăng ký",
            "已退订",
            "已退訂",
            "已取消订阅",
            "已取消訂閱",
            "ألغى الاشتراك",
        ],
    ),
    (
        Place::Anywhere,
        &[
            "do not contact",
            "do not email",
            "do not e-mail",
            "do not mail",
            "don't contact",
            "don't email",
            "no more emails",
            "no more e-mails",
            "stop emailing",
            "asked to be removed",
            "asked to unsubscribe",
            "wants to unsubscribe",
            "please unsubscribe",
            "please remove",
            "remove from list",
            "remove from the list",
            "removed from list",
            "removed from the list",
            "take off the list",
            "no enviar correo",
            "no contactar",
        ],
    ),
];

/// Characters of a cell of few words.
const FEW_WORDS: usize = 24;

struct Phrases {
    automaton: AhoCorasick,
    places: Vec<Place>,
}

static KNOWN: LazyLock<Phrases> = LazyLock::new(|| {
    let all = PHRASES
        .iter()
        .flat_map(|(place, phrases)| phrases.iter().map(move |phrase| (plain(phrase), *place)));
    let (phrases, places): (Vec<String>, Vec<Place>) = all.unzip();
    let automaton = AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .build(phrases)
        .expect("a few short phrases make an automaton");
    Phrases { automaton, places }
});

/// Whether a cell of any column, as [`plain`] writes it, says that somebody is not to be mailed.
#[must_use]
pub fn says_gone(words: &str) -> bool {
    KNOWN.automaton.find_iter(words).any(|found| {
        let (before, behind) = (&words[..found.start()], &words[found.end()..]);
        let ends = behind.is_empty()
            || behind.starts_with(' ')
            || !words[..found.end()].ends_with(|c: char| c.is_ascii());
        ends && match KNOWN.places[found.pattern().as_usize()] {
            Place::ShortBeginning => before.is_empty() && words.chars().count() <= FEW_WORDS,
            Place::Beginning => before.is_empty(),
            Place::Anywhere => before.is_empty() || before.ends_with(' '),
        }
    })
}

/// Parts of the names of columns and of files that hold those who are not to be mailed.
const NAMES_OF_GONE: &[&str] = &[
    "unsub",
    "opt out",
    "opted out",
    "bounce",
    "blacklist",
    "blocklist",
    "block list",
    "blocked",
    "suppress",
    "complain",
    "do not email",
    "do not mail",
    "do not contact",
    "do not bulk",
    "do not send",
    "no bulk email",
    "nonsubscribed",
    "non subscribed",
    "not subscribed",
    "never subscribed",
    "inactive",
    "archived",
    "deactivat",
    "bajas",
    "withdrawn",
    "nomail",
    "abgemeldet",
    "désabonn",
    "désinscri",
    "desuscri",
    "수신거부",
    "구독취소",
    "退订",
    "退訂",
    "quarantin",
    "ineligib",
    "undeliver",
    "unzustellbar",
    "abmeld",
    "ausgetragen",
    "austragung",
    "gesperrt",
    "removed contact",
    "removed member",
    "removed subscriber",
    "removed export",
    "removed list",
    "non subscriber",
    "ex subscriber",
    "former subscriber",
    "invalid email",
    "invalid address",
    "no longer",
    "clean reason",
    "last error",
    "smtp code",
    "smtp error",
    "smtp response",
    "error code",
];

/// Words in the names of files that hold nobody else.
const WORDS_OF_FILES: &[&str] = &[
    "unconfirmed",
    "pending",
    "spam",
    "cancelled",
    "canceled",
    "cancellations",
    "deleted",
    "dnc",
    "dne",
    "junk",
    "lapsed",
    "former",
    "kündigungen",
    "gekündigt",
    "cancelados",
    "antiguos",
];

/// Whole names of such files.
const FILES_OF_GONE: [&str; 5] = ["removed", "deleted", "cleaned", "left", "gone"];

static PARTS: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    let parts = NAMES_OF_GONE.iter().map(|part| plain(part));
    parts.map(|part| (part.replace(' ', ""), part)).collect()
});

/// Whether a name, as [`plain`] writes it, may be that of those who are not to be mailed: Mailchimp has a file for
/// those who never asked, with the columns of those who did.
#[must_use]
pub fn is_named_for_gone(name: &str) -> bool {
    // `donotbulkemail` is one word to whoever compares names.
    let whole = name.replace(' ', "");
    PARTS
        .iter()
        .any(|(joined, part)| name.contains(part) || whole.contains(joined))
}

/// Whether a file of this name holds those who are not to be mailed, as far as a name says it.
#[must_use]
pub fn is_file_of_gone(name: &str) -> bool {
    let name = plain(name);
    let stem = name
        .rsplit_once(' ')
        .map_or(name.as_str(), |(stem, _)| stem);
    is_named_for_gone(&name) || FILES_OF_GONE.contains(&stem) || has_word(stem, WORDS_OF_FILES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remark_that_somebody_left_is_seen_however_long_it_is() {
        for cell in [
            "NEVER_SUBSCRIBED",
            "hard_bounce",
            "UNSUBSCRIBED per phone call on 3/4",
            "Unsubscribed by phone, per Ana 2024",
            "met at the fair. Do not e-mail!",
            "수신거부",
            "asked to be removed 2024",
            "opted-out",
        ] {
            assert!(says_gone(&plain(cell)), "{cell}");
        }
        for cell in [
            "met at the fair, unsubscribed to nothing",
            "do not call before nine",
            "bounced a ball with us at the summer fair",
            "Blocked Street",
            "",
        ] {
            assert!(!says_gone(&plain(cell)), "{cell}");
        }
        assert!(is_file_of_gone("archived_email_audience_export_1a2b.csv"));
        assert!(!is_file_of_gone(
            "subscribed_email_audience_export_1a2b.csv"
        ));
    }
}
