//! A newsletter as the rest of the program sees it, its states, and how far its deliveries are.

use gazette_templates::Document;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Audience;
pub use crate::newsletter_state::NewsletterState;
use crate::{
    clock::Timestamp,
    subscribers::{Frequency, press_list},
};

/// A newsletter: what will be mailed, or was.
#[derive(Debug, Clone)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is one question about it"
)]
pub struct Newsletter {
    /// `newsletter.id`
    pub id: i64,
    /// Its topic.
    pub topic: Topic,
    /// The release it was made from; `None` for a digest.
    pub release_id: Option<i64>,
    /// Where the release stands on the office's site.
    pub release_url: Option<String>,
    /// When the office published it.
    pub published_at: Option<Timestamp>,
    /// The subject line.
    pub subject: String,
    /// Where the subject had to be cut: the whole title. See [`Newsletter::title`].
    pub headline: Option<String>,
    /// Its place in `/archive`.
    pub slug: String,
    /// BCP 47.
    pub language: String,
    /// What it says.
    pub document: Document,
    /// Where it stands.
    pub state: NewsletterState,
    /// No human approved the text.
    pub automatic: bool,
    /// When the draft was made.
    pub created_at: Timestamp,
    /// When and by whom it was approved.
    pub approved: Option<(Timestamp, String)>,
    /// When it is to go out; none: at once when approved.
    pub scheduled_at: Option<Timestamp>,
    /// When sending began.
    pub started_at: Option<Timestamp>,
    /// When the last delivery was settled.
    pub finished_at: Option<Timestamp>,
    /// Its own delivery deadline, in hours after it began; `None`: the office's.
    pub deadline_hours: Option<u32>,
    /// After this nothing is tried again; `None` before it began.
    pub deadline_at: Option<Timestamp>,
    /// Why it needs a person, in plain words.
    pub attention: Option<String>,
    /// Its release is not final: until then the office may still change it, and nothing is mailed.
    pub settles_at: Option<Timestamp>,
    /// A draft that is approved when its release is final: on whose word.
    pub auto_approve: Option<String>,
    /// The first of the newsletters with the same content for other topics.
    pub edition: Option<i64>,
    /// It is one of several languages: the reader's decides whether it is for them.
    pub by_language: bool,
    /// The newsletter that it corrects: only who got that one gets it.
    pub corrects: Option<i64>,
    /// For who wants newsletters so often.
    pub frequency: Frequency,
    /// Of a summary: what was sent up to then is in it.
    pub covers_to: Option<Timestamp>,
    /// Whether it begins only inside the office's sending window.
    pub waits: bool,
    /// Whom it is for; its topic is [`Topic::press_list`] where that is the press list.
    pub audience: Audience,
    /// To the press list: whether it is a news release to the communications media.
    pub news_release: bool,
    /// Somebody took note that it goes out in the blackout which ends on this day (C4).
    pub blackout_to: Option<Date>,
    /// How often subject or text were changed: who decides about it names the revision they saw.
    pub revision: i32,
    /// The correction that took over those whom this one had not reached.
    pub superseded_by: Option<i64>,
    /// What mailboxes show beside the subject, in a person's words; none: what the text says first.
    pub preview: Option<String>,
    /// Of a correction: what is different from what readers got, in words for them.
    pub changed: Option<String>,
    /// A word of the office above the release, a paragraph on each line.
    pub intro: Option<String>,
    /// Nothing of it is sent before: until then its approval can be undone.
    pub undo_until: Option<Timestamp>,
    /// When and by whom approval was asked for; `None`: nobody asks.
    pub review_requested: Option<(Timestamp, String)>,
    /// Paused until the relay's limit is free again, then; `None`: a person decides.
    pub resumes_at: Option<Timestamp>,
}

impl Newsletter {
    /// What it is called where there is room for all of it: above the text, and on the web.
    #[must_use]
    pub fn title(&self) -> &str {
        self.headline.as_deref().unwrap_or(&self.subject)
    }
}

/// What a subscriber can ask for.
#[derive(Debug, Clone, Serialize)]
pub struct Topic {
    /// `topic.id`
    pub id: i64,
    /// Short name for URLs and headers.
    pub slug: String,
    /// As readers see it.
    pub name: String,
    /// The same in the language of the newsletter that it is of.
    #[serde(skip)]
    pub called: String,
}

impl Topic {
    /// What stands in place of a topic in a newsletter to the press list: nobody can ask for it.
    #[must_use]
    pub fn press_list() -> Self {
        Self {
            id: press_list::NO_TOPIC,
            slug: "press-list".to_owned(),
            name: "Press list".to_owned(),
            called: "Press list".to_owned(),
        }
    }
}

/// The states as they stand in the SQL text of the delivery room: a partial index is found by its very
/// words.
pub mod newsletter_state_sql {
    use super::NewsletterState as State;

    /// [`State::Sending`]
    pub const SENDING: i16 = State::Sending as i16;
    /// [`State::Paused`]
    pub const PAUSED: i16 = State::Paused as i16;
    /// [`State::Cancelled`]
    pub const CANCELLED: i16 = State::Cancelled as i16;
    /// The states of the partial index `newsletter_active`, as its condition has them.
    pub const ACTIVE: &str = "1, 2, 3";
}

/// How many of a newsletter's deliveries stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the words are design.md's own")]
pub struct Counts {
    pub queued: u64,
    pub claimed: u64,
    pub accepted: u64,
    pub deferred: u64,
    pub failed: u64,
    pub withdrawn: u64,
}

/// A newsletter as readers will get it.
#[derive(Debug, Clone)]
pub struct Preview {
    /// Subject line.
    pub subject: String,
    /// BCP 47.
    pub language: String,
    /// The HTML part.
    pub html: String,
    /// The text part.
    pub text: String,
}
