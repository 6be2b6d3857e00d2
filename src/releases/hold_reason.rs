//! Why a release waits for a person: each hold reason once, with the code that the database keeps and
//! the sentence that staff read.
//!
//! What is stored is a JSON list of reasons, each an object with its `code` and what the sentence needs
//! besides. So a sentence can be put better at any time, and a reason that a person has let pass is
//! known again whatever its words are.

use std::{convert::Infallible, fmt, str::FromStr};

use gazette_templates::document::findings::Finding;
use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};

use super::reading::Refusal;

/// Why a release waits for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum HoldReason {
    /// So many came in one poll.
    #[error(
        "{count} new releases came at once. Perhaps the site was rebuilt; check that this one is really new."
    )]
    ManyAtOnce {
        /// How many.
        count: usize,
    },
    /// Its source listed nothing at the last look.
    #[error("The source was empty before. Check that this release is really new.")]
    SourceWasEmpty,
    /// The last look's items are all gone from the list.
    #[error(
        "Its source lists nothing any more that the last look{} saw, so others may have come and gone in between, and be missing here. Look at the site.",
        .since.as_ref().map(|day| format!(", on {day},")).unwrap_or_default()
    )]
    GapInList {
        /// The day of the last look, as staff read it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<String>,
    },
    /// It may be one of long ago that was touched.
    #[error(
        "It was found in its site's sitemap, and neither that nor its page says when it was published. Check that it is really new."
    )]
    UndatedInSitemap,
    /// It is dated long before it appeared.
    #[error("It is dated more than 48 hours before it appeared. Check that it is really new.")]
    OldDate,
    /// It is dated so far ahead that nobody can have meant it.
    #[error(
        "It is dated more than two weeks from now. Check its date: let go, it waits for that date; its draft can be approved at any time."
    )]
    FarOffDate,
    /// It would wait in silence.
    #[error(
        "It is dated {day}, which lies ahead. Check its date: let go, it waits for that day; its draft can be approved at any time."
    )]
    FutureDate {
        /// As staff read it.
        day: String,
    },
    /// Day and month may be the other way round.
    #[error(
        "Its date can be {read} or {other}: day and month are both written as numbers. Check which one is meant: readers would see the first."
    )]
    AmbiguousDate {
        /// As it was read.
        read: String,
        /// What it may mean as well.
        other: String,
    },
    /// F10: it says so.
    #[error("It says that it is embargoed, or not to be published yet. Send it when that is over.")]
    Embargoed,
    /// F2: so WordPress's feed calls a post behind a password.
    #[error("The site keeps it behind a password. Send it when the site shows it to everyone.")]
    BehindPassword,
    /// Another one has its title.
    #[error(
        "A release with the same title came or was mailed within the last 30 days. Check that this is not the same one."
    )]
    SameTitle,
    /// Another one has its words.
    #[error(
        "Its text and date are those of a release that came within the last 30 days, under another title or address. Check that this is not the same one."
    )]
    SameText,
    /// Another one has nearly its words.
    #[error(
        "Its text is nearly that of “{title}”, which came within the last days. Check whether it is that one, corrected, and who has got it."
    )]
    NearlySameText {
        /// What the other one is called.
        title: String,
    },
    /// Nothing is known of it but its title.
    #[error("Its text was not read. Look at its page, and add it by hand.")]
    NoText,
    /// The rest could not be read.
    #[error(
        "Its page could not be read, only the feed's summary. Look at its page, and add it by hand."
    )]
    OnlySummary,
    /// What stands at its address is something else.
    #[error("Its page was not taken: {refusal}.")]
    PageRefused {
        /// What it is.
        refusal: Refusal,
    },
    /// Another page stands at its address.
    #[error(
        "Its address leads to another page, “{title}”, whose text was not taken. Perhaps the office took it back: look at its address, and add it by hand if it stands."
    )]
    OtherPage {
        /// What that page is called.
        title: String,
    },
    /// Something may be missing, or too much.
    #[error(
        "Two readers of its page disagree on {percent} of 100 words. Compare both readings, and its page, before it goes on."
    )]
    ReadersDisagree {
        /// Of the words of both, those that only one has.
        percent: u8,
    },
    /// Something in it means less, or something else, in a mail.
    #[error("{finding}")]
    Meaning {
        /// What.
        finding: Finding,
    },
    /// It passed once, and would not any more.
    #[error(
        "It no longer passes the source's filter. Check whether it is to be mailed all the same."
    )]
    OutOfFilter,
    /// Nobody can tell what the office says of it now.
    #[error("Its site could not be reached for a day to see whether it still stands.")]
    Unreachable,
    /// Its source forgot it, or the office took it back.
    #[error(
        "Its source no longer lists it, and it has no page of its own that says whether it stands. Ask the office, then let it go or drop it."
    )]
    Unlisted,
    /// What an earlier version kept in words of its own.
    #[error("{words}")]
    Earlier {
        /// Its sentences.
        words: String,
    },
}

/// All that holds a release: whoever lets it go because of one has seen the others. Its `Display` is
/// what staff read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, DeriveValueType)]
#[sea_orm(
    value_type = "String",
    to_str = "HoldReasons::to_stored",
    column_type = "Text"
)]
#[serde(transparent)]
pub struct HoldReasons(Vec<HoldReason>);

impl HoldReasons {
    /// `None`: nothing holds it.
    pub(super) fn of(reasons: Vec<HoldReason>) -> Option<Self> {
        (!reasons.is_empty()).then_some(Self(reasons))
    }

    /// One alone.
    pub(super) fn one(reason: HoldReason) -> Self {
        Self(vec![reason])
    }

    /// These and those of `others` that are not among them.
    pub(super) fn and(mut self, others: Option<Self>) -> Self {
        for reason in others.into_iter().flat_map(|others| others.0) {
            if !self.0.contains(&reason) {
                self.0.push(reason);
            }
        }
        self
    }

    /// Whether a person who let these pass has let `reason` pass, too.
    pub(super) fn cover(&self, reason: &HoldReason) -> bool {
        self.0.iter().any(|passed| match (passed, reason) {
            // A little more or less of it is the same doubt.
            (HoldReason::ReadersDisagree { .. }, HoldReason::ReadersDisagree { .. }) => true,
            _ => passed == reason,
        })
    }

    /// Whether there are two readings of its page to compare.
    #[must_use]
    pub fn has_two_readings(&self) -> bool {
        let disagree = |reason: &HoldReason| matches!(reason, HoldReason::ReadersDisagree { .. });
        self.0.iter().any(disagree)
    }

    /// As the database has them.
    fn to_stored(&self) -> String {
        serde_json::json!(self.0).to_string()
    }
}

/// From what the database has. What is no list are the words of an event that an earlier version
/// wrote: events are not changed.
impl FromStr for HoldReasons {
    type Err = Infallible;

    fn from_str(stored: &str) -> Result<Self, Infallible> {
        let earlier = || HoldReason::Earlier {
            words: stored.to_owned(),
        };
        Ok(serde_json::from_str(stored).map_or_else(|_| Self::one(earlier()), Self))
    }
}

impl fmt::Display for HoldReasons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<String> = self.0.iter().map(HoldReason::to_string).collect();
        f.write_str(&words.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_stored_by_their_codes_and_read_as_sentences() {
        let reasons = HoldReasons(vec![
            HoldReason::ManyAtOnce { count: 5 },
            HoldReason::Embargoed,
        ]);
        let stored = reasons.to_stored();
        assert_eq!(
            stored,
            r#"[{"code":"many_at_once","count":5},{"code":"embargoed"}]"#
        );
        let Ok(again) = stored.parse::<HoldReasons>();
        assert_eq!(again, reasons);
        let says = again.to_string();
        assert!(says.starts_with("5 new releases came at once."), "{says}");
        assert!(says.ends_with("Send it when that is over."));
    }

    #[test]
    fn what_an_earlier_version_wrote_is_read_in_its_own_words() {
        for old in ["It says that it is embargoed.", "[Not] a list", ""] {
            let Ok(reasons) = old.parse::<HoldReasons>();
            assert_eq!(reasons.to_string(), old);
        }
    }

    #[test]
    fn a_person_lets_pass_what_was_shown_and_nothing_else() {
        let passed = HoldReasons::one(HoldReason::Embargoed).and(Some(HoldReasons(vec![
            HoldReason::Embargoed,
            HoldReason::OldDate,
        ])));
        assert_eq!(passed.0, [HoldReason::Embargoed, HoldReason::OldDate]);
        assert!(passed.cover(&HoldReason::OldDate));
        assert!(!passed.cover(&HoldReason::SameText));
    }
}
