//! The audit log: who did what to what, when. It is written inside the transaction that makes the
//! change, so that neither stands without the other. Append-only; triggers refuse anything else.

use std::fmt::Display;

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbErr, DeriveActiveEnum, EntityTrait, EnumIter, QueryFilter,
    QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait},
};
use serde::Serialize;

use crate::{
    clock::{Timestamp, instant},
    db::Db,
};

/// The table `audit`.
mod table {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub at: i64,
        pub who: String,
        /// A word, not the enum: what an older version wrote is still to be read.
        pub action: String,
        pub object: String,
        pub details: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Who the command line is, in the log: whoever has the machine is the operator.
pub const OPERATOR: &str = "operator";
/// Who Gazette itself is, in the log.
pub const GAZETTE: &str = "gazette";

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[allow(missing_docs, reason = "the words say it")]
pub enum Action {
    #[sea_orm(string_value = "access.refused")]
    AccessRefused,
    #[sea_orm(string_value = "database.backup")]
    DatabaseBackup,
    #[sea_orm(string_value = "database.copy")]
    DatabaseCopy,
    #[sea_orm(string_value = "database.restore")]
    DatabaseRestore,
    #[sea_orm(string_value = "election.add")]
    ElectionAdd,
    #[sea_orm(string_value = "election.remove")]
    ElectionRemove,
    #[sea_orm(string_value = "key.rotate")]
    KeyRotate,
    #[sea_orm(string_value = "newsletter.acknowledge_blackout")]
    NewsletterAcknowledgeBlackout,
    #[sea_orm(string_value = "newsletter.addresses")]
    NewsletterAddresses,
    #[sea_orm(string_value = "newsletter.approve")]
    NewsletterApprove,
    #[sea_orm(string_value = "newsletter.auto_approve")]
    NewsletterAutoApprove,
    #[sea_orm(string_value = "newsletter.back_to_draft")]
    NewsletterBackToDraft,
    #[sea_orm(string_value = "newsletter.comment")]
    NewsletterComment,
    #[sea_orm(string_value = "newsletter.request_review")]
    NewsletterRequestReview,
    #[sea_orm(string_value = "newsletter.reschedule")]
    NewsletterReschedule,
    #[sea_orm(string_value = "newsletter.cancel")]
    NewsletterCancel,
    #[sea_orm(string_value = "newsletter.correct")]
    NewsletterCorrect,
    #[sea_orm(string_value = "newsletter.deadline")]
    NewsletterDeadline,
    #[sea_orm(string_value = "newsletter.edit")]
    NewsletterEdit,
    #[sea_orm(string_value = "newsletter.export")]
    NewsletterExport,
    #[sea_orm(string_value = "newsletter.finish")]
    NewsletterFinish,
    #[sea_orm(string_value = "newsletter.for_press")]
    NewsletterForPress,
    #[sea_orm(string_value = "newsletter.go_on")]
    NewsletterGoOn,
    #[sea_orm(string_value = "newsletter.hold_for_blackout")]
    NewsletterHoldForBlackout,
    #[sea_orm(string_value = "newsletter.list")]
    NewsletterList,
    #[sea_orm(string_value = "newsletter.pause")]
    NewsletterPause,
    #[sea_orm(string_value = "newsletter.rename")]
    NewsletterRename,
    #[sea_orm(string_value = "newsletter.reopen")]
    NewsletterReopen,
    #[sea_orm(string_value = "newsletter.resume")]
    NewsletterResume,
    #[sea_orm(string_value = "newsletter.seen")]
    NewsletterSeen,
    #[sea_orm(string_value = "newsletter.send_again")]
    NewsletterSendAgain,
    #[sea_orm(string_value = "newsletter.send_now")]
    NewsletterSendNow,
    #[sea_orm(string_value = "newsletter.start")]
    NewsletterStart,
    #[sea_orm(string_value = "newsletter.stop")]
    NewsletterStop,
    #[sea_orm(string_value = "newsletter.supersede")]
    NewsletterSupersede,
    #[sea_orm(string_value = "newsletter.auto_approve_off")]
    NewsletterAutoApproveOff,
    #[sea_orm(string_value = "newsletter.take_new_text")]
    NewsletterTakeNewText,
    #[sea_orm(string_value = "newsletter.test")]
    NewsletterTest,
    #[sea_orm(string_value = "newsletter.updated")]
    NewsletterUpdated,
    #[sea_orm(string_value = "office.set")]
    OfficeSet,
    #[sea_orm(string_value = "picture.add")]
    PictureAdd,
    #[sea_orm(string_value = "picture.purge")]
    PicturePurge,
    #[sea_orm(string_value = "press_list.addresses")]
    PressListAddresses,
    #[sea_orm(string_value = "press_list.export")]
    PressListExport,
    #[sea_orm(string_value = "press_list.import")]
    PressListImport,
    #[sea_orm(string_value = "press_list.remove")]
    PressListRemove,
    #[sea_orm(string_value = "release.release")]
    ReleaseAccept,
    #[sea_orm(string_value = "release.add")]
    ReleaseAdd,
    #[sea_orm(string_value = "release.correct")]
    ReleaseCorrect,
    #[sea_orm(string_value = "release.drop")]
    ReleaseDrop,
    #[sea_orm(string_value = "release.event_dismiss")]
    ReleaseEventDismiss,
    #[sea_orm(string_value = "release.join")]
    ReleaseJoin,
    #[sea_orm(string_value = "release.separate")]
    ReleaseSeparate,
    #[sea_orm(string_value = "release.write")]
    ReleaseWrite,
    #[sea_orm(string_value = "return.file")]
    ReturnFile,
    #[sea_orm(string_value = "return.read")]
    ReturnRead,
    #[sea_orm(string_value = "return.test")]
    ReturnTest,
    #[sea_orm(string_value = "return.undo")]
    ReturnUndo,
    #[sea_orm(string_value = "source.add")]
    SourceAdd,
    #[sea_orm(string_value = "source.remove")]
    SourceRemove,
    #[sea_orm(string_value = "source.set")]
    SourceSet,
    #[sea_orm(string_value = "staff.disable")]
    StaffDisable,
    #[sea_orm(string_value = "staff.enable")]
    StaffEnable,
    #[sea_orm(string_value = "staff.invite")]
    StaffInvite,
    #[sea_orm(string_value = "staff.link")]
    StaffLink,
    #[sea_orm(string_value = "staff.password")]
    StaffPassword,
    #[sea_orm(string_value = "staff.role")]
    StaffRole,
    #[sea_orm(string_value = "staff.sign_in")]
    StaffSignIn,
    #[sea_orm(string_value = "staff.sign_in_refused")]
    StaffSignInRefused,
    #[sea_orm(string_value = "subscriber.allow")]
    SubscriberAllow,
    #[sea_orm(string_value = "subscriber.erase")]
    SubscriberErase,
    #[sea_orm(string_value = "subscriber.evidence")]
    SubscriberEvidence,
    #[sea_orm(string_value = "subscriber.export")]
    SubscriberExport,
    #[sea_orm(string_value = "subscriber.import_undo")]
    SubscriberImportUndo,
    #[sea_orm(string_value = "event.close")]
    EventClose,
    #[sea_orm(string_value = "event.open")]
    EventOpen,
    #[sea_orm(string_value = "event.paper")]
    EventPaper,
    #[sea_orm(string_value = "topic.add")]
    TopicAdd,
    #[sea_orm(string_value = "topic.archive")]
    TopicArchive,
    #[sea_orm(string_value = "topic.describe")]
    TopicDescribe,
    #[sea_orm(string_value = "topic.order")]
    TopicOrder,
    #[sea_orm(string_value = "topic.restore")]
    TopicRestore,
    #[sea_orm(string_value = "topic.translate")]
    TopicTranslate,
    #[sea_orm(string_value = "subscriber.import")]
    SubscriberImport,
    #[sea_orm(string_value = "staff.name")]
    StaffName,
    #[sea_orm(string_value = "staff.notices")]
    StaffNotices,
    #[sea_orm(string_value = "staff.provider")]
    StaffProvider,
    #[sea_orm(string_value = "staff.passkey")]
    StaffPasskey,
    #[sea_orm(string_value = "staff.second_factor")]
    StaffSecondFactor,
    #[sea_orm(string_value = "staff.session_end")]
    StaffSessionEnd,
    #[sea_orm(string_value = "subscriber.address")]
    SubscriberAddress,
    #[sea_orm(string_value = "subscriber.resend")]
    SubscriberResend,
    #[sea_orm(string_value = "subscriber.search")]
    SubscriberSearch,
    #[sea_orm(string_value = "subscriber.topics")]
    SubscriberTopics,
    #[sea_orm(string_value = "subscriber.unsubscribe")]
    SubscriberUnsubscribe,
}

/// Writes one line within `connection`'s transaction.
///
/// `who` is a staff member's address, [`OPERATOR`] or [`GAZETTE`]; `object` names what was changed,
/// such as `newsletter/7`. An address that is not staff's own stands there veiled.
pub async fn record(
    connection: &impl ConnectionTrait,
    now: i64,
    who: &str,
    action: Action,
    object: impl Display,
    details: impl Display,
) -> Result<(), DbErr> {
    use sea_orm::ActiveEnum;
    table::Entity::insert(table::ActiveModel {
        at: Set(now),
        who: Set(who.to_owned()),
        action: Set(action.to_value()),
        object: Set(object.to_string()),
        details: Set(details.to_string()),
        ..Default::default()
    })
    .exec_without_returning(connection)
    .await?;
    Ok(())
}

/// One line of the log.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// `audit.id`
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// Who: a staff member's address, `operator` for the command line, `gazette` for itself.
    pub who: String,
    /// What was done, such as `newsletter.approve`.
    pub action: String,
    /// To what, such as `newsletter/7`.
    pub object: String,
    /// What else there is to say.
    pub details: String,
}

/// Which lines of the log are looked for; what is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Who did it, or part of that, in capitals or not.
    pub who: Option<String>,
    /// With `who`: or who it was done to, as objects: `staff/4`.
    pub or_objects: Vec<String>,
    /// To what: `newsletter/7`, or all of `newsletter`.
    pub object: Option<String>,
    /// Not before this instant, in milliseconds.
    pub since: Option<i64>,
    /// Before this instant.
    pub until: Option<i64>,
    /// Before this line, by id.
    pub before: Option<i64>,
}

/// The newest lines that the filter lets through, at most `limit`.
///
/// # Errors
/// The database failed.
pub async fn search(db: &Db, filter: &Filter, limit: u64) -> Result<Vec<Entry>, DbErr> {
    use table::Column;
    let mut found = table::Entity::find();
    if let Some(who) = &filter.who {
        let did = Column::Who.contains(who.to_lowercase());
        found = found.filter(did.or(Column::Object.is_in(filter.or_objects.iter())));
    }
    if let Some(object) = &filter.object {
        let all = Column::Object.starts_with(format!("{object}/"));
        let mut about = Column::Object.eq(object.as_str()).or(all);
        if !object.contains('/') {
            // Of a person a veiled address is the object; that it is one's says the act.
            about = about.or(Expr::col(Column::Action).like(format!("{object}.%")));
        }
        found = found.filter(about);
    }
    if let Some(since) = filter.since {
        found = found.filter(Column::At.gte(since));
    }
    if let Some(until) = filter.until {
        found = found.filter(Column::At.lt(until));
    }
    if let Some(before) = filter.before {
        found = found.filter(Column::Id.lt(before));
    }
    let lines = found
        .order_by_desc(Column::Id)
        .limit(limit)
        .all(db.pool())
        .await?;
    Ok(lines.into_iter().map(entry).collect())
}

/// Whether `who` did this to `object` since that instant.
///
/// # Errors
/// The database failed.
pub async fn was_done_since(
    db: &Db,
    who: &str,
    action: Action,
    object: &str,
    since: i64,
) -> Result<bool, DbErr> {
    use sea_orm::{ActiveEnum, PaginatorTrait};
    use table::Column;
    // audit_object
    let found = table::Entity::find()
        .filter(Column::Object.eq(object))
        .filter(Column::At.gte(since))
        .filter(Column::Who.eq(who))
        .filter(Column::Action.eq(action.to_value()))
        .count(db.pool())
        .await?;
    Ok(found > 0)
}

/// The newest lines before line `before` (by id), at most `limit`.
pub async fn latest(db: &Db, before: i64, limit: u64) -> Result<Vec<Entry>, DbErr> {
    let filter = Filter {
        before: Some(before),
        ..Filter::default()
    };
    search(db, &filter, limit).await
}

fn entry(line: table::Model) -> Entry {
    Entry {
        id: line.id,
        at: instant(line.at),
        who: line.who,
        action: line.action,
        object: line.object,
        details: line.details,
    }
}
