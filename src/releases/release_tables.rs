//! The tables of this room as entities. Other rooms get functions and small types, not these.
//!
//! Instants are milliseconds since 1970; JSON is text that only this room reads.

/// A press release as the office published it.
pub(super) mod release {
    use sea_orm::entity::prelude::*;

    use crate::releases::{hold_reason::HoldReasons, release_states::ReleaseState};

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "release")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        /// `None`: staff added it.
        pub source_id: Option<i64>,
        /// Its id in the feed, else its address, else a hash of what it says and when.
        pub identity: String,
        pub url: Option<String>,
        pub title: String,
        /// Normalised, for "the same title again".
        pub title_key: String,
        pub published_at: Option<i64>,
        pub first_seen_at: i64,
        pub state: ReleaseState,
        /// `None`: nothing holds it.
        pub held_because: Option<HoldReasons>,
        /// Why it was held when a person let it go on.
        pub let_go: Option<HoldReasons>,
        pub settles_at: Option<i64>,
        pub content_hash: Option<Vec<u8>>,
        /// The fingerprint of what `document` was read from.
        pub source_hash: Option<Vec<u8>>,
        /// `reading::VERSION` of the reader that read it. `None`: one from before there were versions.
        pub reader_version: Option<i32>,
        /// `None`: it was there before its source.
        pub document: Option<String>,
        pub categories: Option<String>,
        /// When it went into a newsletter.
        pub drafted_at: Option<i64>,
        /// When newsletters were told that one may be made of it; `None`: not yet.
        pub ready_at: Option<i64>,
        /// When to look whether the office changed it since.
        pub revisit_at: Option<i64>,
        /// What staff are still to be told of it by mail.
        pub notice: Option<String>,
        pub told_at: Option<i64>,
        /// Since when its own page says that it is gone.
        pub gone_since: Option<i64>,
        /// JSON array: where its page says that it stands in other languages.
        pub alternates: Option<String>,
        /// The first of those that say the same in several languages. `None`: there is no other.
        pub version_of: Option<i64>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Every text that a release has had.
pub(super) mod release_revision {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "release_revision")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub release_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i32,
        pub at: i64,
        pub title: String,
        pub content_hash: Vec<u8>,
        pub document: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What our reader and the second one made of a release's page where they do not agree.
pub(super) mod release_second_reading {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "release_second_reading")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub release_id: i64,
        pub ours: String,
        pub theirs: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Where releases come from.
pub(super) mod source {
    use sea_orm::entity::prelude::*;

    use crate::releases::{Policy, SourceKind};

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "source")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub url: String,
        pub kind: SourceKind,
        /// What it was found to be, for a person.
        pub found: String,
        /// JSON of the items that nothing could be made of last.
        pub set_aside: Option<String>,
        pub title: String,
        pub policy: Policy,
        pub topic_id: i64,
        pub settle_seconds: i64,
        pub poll_seconds: i64,
        pub active: bool,
        pub created_at: i64,
        /// When the first poll marked everything as seen.
        pub baseline_at: Option<i64>,
        pub etag: Option<String>,
        pub last_modified: Option<String>,
        pub last_polled_at: Option<i64>,
        pub last_unconditional_at: Option<i64>,
        pub next_poll_at: i64,
        /// Polls failed in a row.
        pub failures: i32,
        pub last_error: Option<String>,
        /// The last look found it empty.
        pub listed_nothing: bool,
        pub include_terms: Option<String>,
        pub exclude_terms: Option<String>,
        /// 1 Monday to 7 Sunday. `None`: every day.
        pub digest_day: Option<i16>,
        /// Of the day, in the office's zone.
        pub digest_minute: i32,
        /// No person approves it.
        pub digest_auto: bool,
        pub digested_at: Option<i64>,
        /// When the look began that has not ended yet.
        pub poll_began_at: Option<i64>,
        /// Since when every look at it failed.
        pub failing_since: Option<i64>,
        /// When staff were told of that. `None`: not yet, or all is well.
        pub failure_told_at: Option<i64>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The subscription with a source's hub. Callback and secret are derived from the secret key.
pub(super) mod websub {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "websub")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub source_id: i64,
        pub hub: String,
        /// What the hub calls the source.
        pub topic: String,
        /// When to ask, again or for the first time.
        pub ask_at: i64,
        /// A request of ours waits to be verified until then.
        pub pending_until: Option<i64>,
        /// Until when the hub tells of news. `None`: it does not.
        pub lease_ends: Option<i64>,
        /// Why it does not.
        pub trouble: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Which topic a category of a source feeds.
pub(super) mod source_topic {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "source_topic")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub source_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub category_key: String,
        pub category: String,
        pub topic_id: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
