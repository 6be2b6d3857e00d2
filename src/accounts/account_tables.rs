//! The tables of this room: `staff`, `staff_invitation`, `session`, `sign_in_pace`, `staff_kept_form`, and those of
//! what staff are told by mail.

/// A member of staff.
pub mod staff {
    use sea_orm::entity::prelude::*;

    use crate::accounts::role::Role;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "staff")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub email: String,
        #[sea_orm(unique)]
        pub email_key: String,
        pub role: Role,
        pub password_hash: Option<String>,
        pub created_at: i64,
        pub disabled_at: Option<i64>,
        /// Sessions that began before are void.
        pub signed_out_at: Option<i64>,
        /// When the last notice went to them.
        pub noticed_at: Option<i64>,
        /// What they are called; may be empty.
        pub name: String,
        /// Of the second step's secret.
        pub totp_label: Option<String>,
        /// Since when the second step is asked for.
        pub totp_since: Option<i64>,
        /// The newest code that was used.
        pub totp_step: i64,
        /// How the office's own sign-in provider knows them: issuer and subject.
        #[sea_orm(unique)]
        pub provider_subject: Option<String>,
        /// When they signed in last.
        pub signed_in_at: Option<i64>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A one-time link. `staff_id` is `None` for the very first account.
pub mod staff_invitation {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "staff_invitation")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub token_hash: Vec<u8>,
        pub staff_id: Option<i64>,
        pub created_at: i64,
        pub expires_at: i64,
        pub used_at: Option<i64>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A session, keyed by a hash of what the cookie carries.
pub mod session {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "session")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub content: String,
        pub expires_at: i64,
        /// `None`: nobody is signed in with it yet.
        pub staff_id: Option<i64>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// How fast whose attempts to sign in may follow each other.
pub mod sign_in_pace {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sign_in_pace")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub bucket: String,
        pub attempts: i64,
        pub next_at: i64,
        pub last_at: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A way in for whoever lost their phone.
pub mod staff_recovery_code {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "staff_recovery_code")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub code_hash: String,
        pub staff_id: i64,
        pub used_at: Option<i64>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A passkey of somebody's.
pub mod staff_passkey {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "staff_passkey")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub staff_id: i64,
        #[sea_orm(unique)]
        pub credential_id: String,
        pub credential: String,
        pub name: String,
        pub created_at: i64,
        pub used_at: Option<i64>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Something staff should know.
pub mod staff_notice {
    use sea_orm::entity::prelude::*;

    use crate::accounts::notice_kinds::NoticeKind;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "staff_notice")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub at: i64,
        pub kind: NoticeKind,
        pub headline: String,
        pub text: String,
        pub step: String,
        pub path: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// For whom a notice waits.
pub mod staff_notice_waiting {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "staff_notice_waiting")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub staff_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub notice_id: i64,
        pub at: i64,
        pub morning: bool,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What somebody wants to be told otherwise than everybody is.
pub mod staff_notice_choice {
    use sea_orm::entity::prelude::*;

    use crate::accounts::notice_kinds::NoticeTiming;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "staff_notice_choice")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub staff_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub kind: String,
        pub how: NoticeTiming,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A form of theirs that could not be taken.
pub mod staff_kept_form {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "staff_kept_form")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub staff_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub entry: String,
        pub at: i64,
        pub form: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
