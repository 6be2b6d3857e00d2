//! The entities of this room's tables. They stay inside it: other rooms get functions and small types.

/// What a subscriber can ask for.
pub mod topic {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "topic")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        #[sea_orm(unique)]
        pub slug: String,
        pub name: String,
        pub description: String,
        pub position: i32,
        /// `None`: readers may choose it.
        pub archived_at: Option<i64>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What a topic is called in another language.
pub mod topic_translation {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "topic_translation")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub topic_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub language: String,
        pub name: String,
        /// Empty: the topic's own.
        pub description: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// One address and its status.
pub mod subscriber {
    use sea_orm::entity::prelude::*;

    use crate::subscribers::subscriber_kinds::Status;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "subscriber")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        /// As typed, the domain as A-label.
        pub email: String,
        /// [`crate::address::EmailAddress::key`]: what makes two addresses the same.
        #[sea_orm(unique)]
        pub email_key: String,
        /// Changed by [`crate::subscribers::status`] alone.
        pub status: Status,
        pub language: String,
        pub created_at: i64,
        pub status_at: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Who gets which topic.
pub mod subscription {
    use sea_orm::entity::prelude::*;

    use crate::subscribers::subscriber_kinds::Frequency;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "subscription")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub topic_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub subscriber_id: i64,
        /// In force for what is sent from `frequency_from` on.
        pub frequency: Frequency,
        pub frequency_before: Frequency,
        pub frequency_from: i64,
        /// Comes into force with the next summary. `None`: nothing else is wanted.
        pub frequency_wanted: Option<Frequency>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A topic that a subscriber gave up since the last summary.
pub mod former_subscription {
    use sea_orm::entity::prelude::*;

    use crate::subscribers::subscriber_kinds::Frequency;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "former_subscription")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub subscriber_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub topic_id: i64,
        /// As they stood in the subscription.
        pub frequency: Frequency,
        pub frequency_before: Frequency,
        pub frequency_from: i64,
        pub left_at: i64,
        /// The rarest summary that was made since.
        pub passed: Frequency,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What somebody said of themselves.
pub mod subscriber_about {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "subscriber_about")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub subscriber_id: i64,
        /// Five digits.
        pub zip: Option<String>,
        /// JSON: questions as they were asked, with the answers.
        pub answers: String,
        pub at: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What the form was sent, until it is looked at.
pub mod sign_up {
    use sea_orm::entity::prelude::*;

    use crate::subscribers::subscriber_kinds::{Channel, Frequency};

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sign_up")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub at: i64,
        /// As typed.
        pub email: String,
        /// JSON array of slugs.
        pub topics: String,
        pub frequency: Frequency,
        pub language: String,
        /// Where the form stood.
        pub page: String,
        pub channel: Channel,
        pub ip: String,
        /// `None`: not counted, a trial on one machine.
        pub network: Option<String>,
        pub user_agent: String,
        /// When to look at it.
        pub due_at: i64,
        /// Keyed hash of whose mailbox it is. `None`: its address holds it up no longer than its network.
        pub mailbox_hash: Option<Vec<u8>>,
        /// JSON of what was said beside the address. `None`: nothing.
        pub about: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A confirmation mail that was queued, while its link may be pressed.
pub mod confirmation {
    use sea_orm::entity::prelude::*;

    use crate::subscribers::subscriber_kinds::Frequency;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "confirmation")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub subscriber_id: i64,
        #[sea_orm(unique)]
        pub token_hash: Vec<u8>,
        /// JSON array of topic ids asked for.
        pub topics: String,
        pub frequency: Frequency,
        pub language: String,
        pub requested_at: i64,
        pub expires_at: i64,
        /// A newer mail took its place, or its subscriber left.
        pub void_at: Option<i64>,
        pub used_at: Option<i64>,
        /// The mail, to withdraw it while it waits. `None`: queued by an earlier version.
        pub mail_id: Option<i64>,
        /// JSON of what was said beside the address. `None`: nothing.
        pub about: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A link that was mailed to somebody who asked for it.
pub mod personal_link {
    use sea_orm::entity::prelude::*;

    use crate::subscribers::subscriber_kinds::LinkPurpose;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "personal_link")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub subscriber_id: i64,
        #[sea_orm(unique)]
        pub token_hash: Vec<u8>,
        pub purpose: LinkPurpose,
        /// Of a change of address.
        pub new_email: Option<String>,
        /// Staff who asked for it at the holder's word. `None`: the holder.
        pub asked_by: Option<String>,
        pub created_at: i64,
        pub expires_at: i64,
        pub used_at: Option<i64>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The memory behind the sign-up limits: keyed hashes.
pub mod confirmation_mail {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "confirmation_mail")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub address_hash: Vec<u8>,
        pub token_hash: Vec<u8>,
        pub domain_hash: Vec<u8>,
        /// Kept by earlier versions only.
        pub network: Option<String>,
        pub at: i64,
        /// `None`: an earlier version's.
        pub mailbox_hash: Option<Vec<u8>>,
        /// A link in this mail, or a later one to the mailbox, was pressed.
        pub answered_at: Option<i64>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// When the last requests of a network or domain are due.
pub mod sign_up_pace {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sign_up_pace")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub key_hash: Vec<u8>,
        /// JSON array of instants, in their order.
        pub due: String,
        pub last_at: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The evidence: append-only.
pub mod consent {
    use sea_orm::entity::prelude::*;

    use crate::subscribers::subscriber_kinds::Evidence;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "consent")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub subscriber_id: i64,
        pub at: i64,
        pub event: Evidence,
        /// JSON: what was asked, shown, clicked, from where.
        pub evidence: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// One import.
pub mod import_batch {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "import_batch")]
    pub struct Model {
        /// Stands in the evidence of each.
        #[sea_orm(primary_key, auto_increment = false)]
        pub label: String,
        pub at: i64,
        pub operator: String,
        /// The file's name.
        pub source: String,
        /// Its evidence has higher ids.
        pub after_consent: i64,
        pub undone_at: Option<i64>,
        /// JSON array of topic ids.
        pub topics_made: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A list that was uploaded and is not imported yet.
pub mod import_upload {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "import_upload")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub label: String,
        pub at: i64,
        pub by: String,
        /// The file's.
        pub name: String,
        pub content: Vec<u8>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// An event at which people sign up.
pub mod sign_up_event {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sign_up_event")]
    pub struct Model {
        /// Its page's token is made of it.
        #[sea_orm(primary_key, auto_increment = false)]
        pub label: String,
        #[sea_orm(unique)]
        pub token_hash: String,
        pub name: String,
        pub opened_at: i64,
        pub opened_by: String,
        pub closes_at: i64,
        /// Requests that came through its page.
        pub taken: i32,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Whose evidence the triggers let go.
pub mod erasure {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "erasure")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub subscriber_id: i64,
        pub at: i64,
        /// The keyed hash of the address; `None`: they never confirmed it.
        pub address_hash: Option<Vec<u8>>,
        /// `subscriber.id` of whoever has signed up with it since.
        pub came_back_as: Option<i64>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Who must not be mailed: keyed hashes.
pub mod suppression {
    use sea_orm::entity::prelude::*;

    use crate::subscribers::subscriber_kinds::SuppressionReason;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "suppression")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub address_hash: Vec<u8>,
        pub reason: SuppressionReason,
        pub at: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Somebody on the press list.
pub mod press_contact {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "press_contact")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        /// Stays when the address is forgotten: who left has left.
        #[sea_orm(unique)]
        pub address_hash: Vec<u8>,
        /// `None`: left and forgotten.
        pub email: Option<String>,
        pub email_key: Option<String>,
        pub name: String,
        /// The newspaper or station; empty: not known to be media.
        pub outlet: String,
        pub origin: String,
        pub added_at: i64,
        pub left_at: Option<i64>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
