//! The tables of this room as sea-orm entities. Other rooms get functions and small types.

use gazette_templates::Document;
use sea_orm::{ColIdx, DbErr, QueryResult, TryGetError, TryGetable};

/// How far the summaries of each kind have come.
pub(super) mod summary_clock {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "summary_clock")]
    pub struct Model {
        /// [`crate::subscribers::Frequency`], which cannot be a key here.
        #[sea_orm(primary_key, auto_increment = false)]
        pub frequency: i16,
        pub made_at: i64,
        pub covered_to: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The table `newsletter`.
pub(super) mod newsletter {
    use sea_orm::entity::prelude::*;

    use super::super::{Audience, NewsletterState};
    use crate::subscribers::Frequency;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "newsletter")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub topic_id: i64,
        /// The one release that it is; `None` for a digest, or a text of no release.
        pub release_id: Option<i64>,
        pub subject: String,
        /// Its place in `/archive`.
        #[sea_orm(unique)]
        pub slug: String,
        pub language: String,
        /// JSON of the document: [`super::StoredDocument`].
        pub document: String,
        pub state: NewsletterState,
        /// No human approved the text (RFC 3834).
        pub automatic: bool,
        pub created_at: i64,
        pub approved_at: Option<i64>,
        pub approved_by: Option<String>,
        /// A draft that is approved when its release is final: on whose word.
        pub auto_approve: Option<String>,
        /// `None`: as soon as approved.
        pub scheduled_at: Option<i64>,
        pub started_at: Option<i64>,
        /// Subscriber ids up to here are in the queue.
        pub enqueued_to: i64,
        /// When the whole audience was in the queue.
        pub enqueued_at: Option<i64>,
        /// Deliveries put in the queue so far.
        pub total: i64,
        /// JSON of the final [`super::super::Counts`], once finished.
        pub counts: Option<String>,
        pub finished_at: Option<i64>,
        /// Its own delivery deadline; `None`: the office's when it begins.
        pub deadline_hours: Option<i32>,
        pub deadline_at: Option<i64>,
        /// Why it needs a person, in words for staff.
        pub attention: Option<String>,
        /// The same content for several topics: the first one's id.
        pub edition: Option<i64>,
        /// Only who got that one gets this one.
        pub corrects: Option<i64>,
        /// The release's revision that a correction brings.
        pub correction_of: Option<i32>,
        /// Begins only inside the office's sending window.
        pub waits: bool,
        /// When staff changed subject or text.
        pub edited_at: Option<i64>,
        /// When the links of this text were followed.
        pub checked_at: Option<i64>,
        /// Never changes: a trigger refuses it.
        pub audience: Audience,
        /// To the press list: a news release to the media.
        pub news_release: bool,
        /// To the press list: how many of those queued count as unsolicited.
        pub unsolicited: Option<i64>,
        /// Somebody took note of the blackout up to this day.
        pub blackout_to: Option<String>,
        /// JSON of [`super::super::Proof`]: whom it was queued for, and why.
        pub proof: Option<String>,
        /// How often subject or text were changed: the optimistic lock of approval and editing.
        pub revision: i32,
        /// The correction that took over those whom this one had not reached.
        pub superseded_by: Option<i64>,
        /// For who wants newsletters so often.
        pub frequency: Frequency,
        /// Of a summary: what was sent up to then is in it.
        pub covers_to: Option<i64>,
        /// What mailboxes show beside the subject, in a person's words.
        pub preview: Option<String>,
        /// Of a correction: what is different, in words for readers.
        pub changed: Option<String>,
        pub intro: Option<String>,
        /// Nothing of it is sent before: until then its approval can be undone.
        pub undo_until: Option<i64>,
        /// When somebody asked for approval.
        pub review_requested_at: Option<i64>,
        pub review_requested_by: Option<String>,
        /// Paused until then, where the office lets it go on by itself.
        pub resumes_at: Option<i64>,
        /// Of an edition in several languages: readers of no such language get the lowest.
        pub version_rank: Option<i16>,
        /// Of a digest: for readers of this language only.
        pub for_language: Option<String>,
        /// Of a digest: not for readers of these languages.
        pub not_languages: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The table `newsletter_release`: what a newsletter was made from.
pub(super) mod newsletter_release {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "newsletter_release")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub newsletter_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub release_id: i64,
        /// In reading order.
        pub position: i32,
        /// Which text of the release it says.
        pub revision: i32,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The table `newsletter_revision`: what a newsletter said before a change, by staff or by the office.
pub(super) mod newsletter_revision {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "newsletter_revision")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub newsletter_id: i64,
        /// The revision that took its place.
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i32,
        /// When it was replaced.
        pub at: i64,
        pub replaced_by: String,
        pub subject: String,
        pub document: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The table `newsletter_author`: who wrote or changed a newsletter's text.
pub(super) mod newsletter_author {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "newsletter_author")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub newsletter_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub who: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The table `archive_word`: which words stand in what was mailed.
pub(super) mod archive_word {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "archive_word")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub word: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub newsletter_id: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The table `archive_entry`: the newsletters whose words are all in `archive_word`.
pub(super) mod archive_entry {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "archive_entry")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub newsletter_id: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The table `newsletter_comment`: what staff say to each other about a newsletter.
pub(super) mod newsletter_comment {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "newsletter_comment")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub newsletter_id: i64,
        pub at: i64,
        pub who: String,
        pub text: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The table `link_answer`: what links and pictures answered, so that no site is asked twice.
pub(super) mod link_answer {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "link_answer")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub url_hash: Vec<u8>,
        pub at: i64,
        /// HTTP status; 0 where there was no answer.
        pub status: i16,
        /// Why there was none.
        pub words: String,
        /// Of a picture, in pixels.
        pub width: Option<i32>,
        pub height: Option<i32>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The table `release_event_cursor`: how far the events of releases were read. It has one row.
pub(super) mod release_event_cursor {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "release_event_cursor")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i32,
        /// All events up to this one are consumed.
        pub consumed_to: i64,
        /// How often the next one failed.
        pub attempts: i32,
        /// It is not tried again before.
        pub retry_at: Option<i64>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The table `release_event_set_aside`: the events that nothing could be made of.
pub(super) mod release_event_set_aside {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "release_event_set_aside")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub event_id: i64,
        pub release_id: i64,
        pub at: i64,
        pub reason: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A column of JSON text that holds a document, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StoredDocument(pub Document);

impl TryGetable for StoredDocument {
    fn try_get_by<I: ColIdx>(row: &QueryResult, index: I) -> Result<Self, TryGetError> {
        let json = String::try_get_by(row, index)?;
        let document = serde_json::from_str(&json);
        let document = document.map_err(|error| DbErr::Json(error.to_string()))?;
        Ok(Self(document))
    }
}
