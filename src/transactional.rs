//! Transactional mail: a message to one person that is not a newsletter. Rooms put it here; the delivery
//! room sends it, ahead of newsletters.
//!
//! It stands below the rooms because `subscribers` and `staff` write to it while `delivery` reads
//! both; inside `delivery` it would close a circle.

use gazette_templates::email::Parts;
use sea_orm::{
    ActiveEnum,
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DeriveActiveEnum, DerivePartialModel, EntityTrait, EnumIter,
    FromQueryResult, PaginatorTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait},
};
use serde::{Deserialize, Serialize};

use crate::{
    address::EmailAddress,
    app::App,
    clock::{DAY, MINUTE},
    db::{self, WriteTransaction, sql_value, sql_values},
    delivery_state::{
        DeliveryState,
        transition::{Table, Transition},
    },
    office::Office,
    secret::{KeyError, Token, random_label},
    values,
};

mod return_mark;

pub use return_mark::ReturnMark;

/// Mails to one person that have waited for long: nobody else sees that they do.
#[derive(Debug, Clone, FromQueryResult, Serialize)]
pub struct PutOff {
    /// How many.
    pub mails: i64,
    /// What a relay said of one of them.
    pub words: String,
}

/// A mail that has waited for longer is shown.
const PUT_OFF_MS: i64 = 15 * MINUTE;

/// The mails that were offered to a relay and have waited for long at `now`. `None`: there are none.
///
/// # Errors
/// The database failed.
pub async fn put_off(
    connection: &impl ConnectionTrait,
    now: i64,
) -> Result<Option<PutOff>, sea_orm::DbErr> {
    // transactional_mail_due
    let sql = format!(
        "SELECT count(*) AS mails, coalesce(max(words), '') AS words FROM transactional_mail
         WHERE state IN ({}) AND state = {} AND created_at < $1",
        sql_values(&[DeliveryState::Queued, DeliveryState::Deferred]),
        sql_value(&DeliveryState::Deferred)
    );
    let found: Option<PutOff> = db::row(connection, &sql, values![now - PUT_OFF_MS]).await?;
    Ok(found.filter(|found| found.mails > 0))
}

/// What the message is for; it decides the headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum TransactionalKind {
    /// "Please confirm": asked for by a form, so `Auto-Submitted: auto-generated`.
    #[sea_orm(string_value = "confirmation")]
    Confirmation,
    /// A link that a subscriber asked for.
    #[sea_orm(string_value = "subscription")]
    Subscription,
    /// "You may sign in", or a new password.
    #[sea_orm(string_value = "invitation")]
    Invitation,
    /// A newsletter as a test, to staff.
    #[sea_orm(string_value = "test")]
    Test,
    /// Something staff should know.
    #[sea_orm(string_value = "notice")]
    Notice,
    /// A reply that came to the return path, passed on to the office.
    #[sea_orm(string_value = "forward")]
    Forward,
    /// A mail to our own return path, which shows whether what comes back reaches us.
    #[sea_orm(string_value = "probe")]
    Probe,
}

/// The table `transactional_mail`. The delivery room moves its rows.
mod table {
    use sea_orm::entity::prelude::*;

    use super::TransactionalKind;
    use crate::delivery_state::{DeliveryState, Tls};

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "transactional_mail")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub kind: TransactionalKind,
        pub recipient: String,
        /// JSON of [`super::TransactionalContent`].
        pub content: String,
        pub token_label: Option<String>,
        pub message_id: String,
        pub created_at: i64,
        pub state: DeliveryState,
        pub attempts: i16,
        pub at: i64,
        pub worker: Option<i64>,
        pub relay: Option<i16>,
        pub tls: Option<Tls>,
        pub code: Option<i16>,
        pub words: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What the message says. [`Token::SLOT`] in `text` and `html` is where the token will stand; the
/// database never holds the token itself (O3).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct TransactionalContent {
    /// The subject, one line.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part, where there is one.
    pub html: Option<String>,
    /// BCP 47 tag for Content-Language.
    pub language: String,
    /// Where answers go. `None`: where the office's go.
    #[serde(default)]
    pub reply_to: Option<String>,
    /// A mail that goes along as the file `message.eml`: its octets in base64.
    #[serde(default)]
    pub attached_mail: Option<String>,
    /// Of a test: the newsletter, which is written as its readers would get it at that moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newsletter: Option<i64>,
}

impl TransactionalContent {
    /// A letter in both parts, in this language.
    #[must_use]
    pub fn letter(subject: String, parts: Parts, language: &str) -> Self {
        Self {
            subject,
            text: parts.text,
            html: Some(parts.html),
            language: language.to_owned(),
            ..Self::default()
        }
    }
}

/// One message to be queued.
#[derive(Debug)]
pub struct TransactionalMail<'a> {
    /// What it is for.
    pub kind: TransactionalKind,
    /// To whom.
    pub recipient: &'a EmailAddress,
    /// What it says.
    pub content: TransactionalContent,
    /// What its token is derived from ([`crate::secret::Keys::token`]); none: it has no slot.
    pub token_label: Option<String>,
}

/// Why a message could not be queued.
#[derive(Debug, thiserror::Error)]
pub enum TransactionalError {
    /// The database failed.
    #[error(transparent)]
    Db(#[from] sea_orm::DbErr),
    /// No random bytes for the Message-ID.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// A message that was queued.
#[derive(Debug, Clone)]
pub struct QueuedMail {
    /// `transactional_mail.id`, for [`withdraw`].
    pub id: i64,
    /// Without angle brackets; it stays the same over all attempts.
    pub message_id: String,
}

/// Queues a message within `connection`'s transaction. Call [`App::wake_delivery`] after the commit.
pub async fn enqueue(
    app: &App,
    connection: &impl ConnectionTrait,
    office: &Office,
    mail: TransactionalMail<'_>,
) -> Result<QueuedMail, TransactionalError> {
    debug_assert_eq!(
        mail.token_label.is_some(),
        mail.content.text.contains(Token::SLOT)
    );
    let message_id = format!(
        "{}.{}@{}",
        mail.kind.to_value(),
        random_label()?,
        office.notices_from().domain()
    );
    let now = app.clock.now_ms();
    let content = serde_json::to_string(&mail.content)
        .map_err(|error| sea_orm::DbErr::Custom(error.to_string()))?;
    let row = table::ActiveModel {
        kind: Set(mail.kind),
        recipient: Set(mail.recipient.as_str().to_owned()),
        content: Set(content),
        token_label: Set(mail.token_label),
        message_id: Set(message_id.clone()),
        created_at: Set(now),
        state: Set(DeliveryState::Queued),
        attempts: Set(0),
        at: Set(now),
        ..Default::default()
    };
    let queued = table::Entity::insert(row).exec(connection).await?;
    Ok(QueuedMail {
        id: queued.last_insert_id,
        message_id,
    })
}

/// A message that a relay took: what a return is held against.
#[derive(Debug, Clone)]
pub struct AcceptedMail {
    /// What it was for.
    pub kind: TransactionalKind,
    /// To whom.
    pub recipient: String,
    /// When it was taken.
    pub at: i64,
}

/// The message with this id, where a relay took it and it is not forgotten yet.
pub async fn accepted(
    connection: &impl ConnectionTrait,
    id: i64,
) -> Result<Option<AcceptedMail>, sea_orm::DbErr> {
    let row = table::Entity::find_by_id(id)
        .filter(table::Column::State.eq(DeliveryState::Accepted))
        .one(connection)
        .await?;
    Ok(row.map(|row| AcceptedMail {
        kind: row.kind,
        recipient: row.recipient,
        at: row.at,
    }))
}

/// How many messages of this kind were queued since then.
pub async fn count_since(
    connection: &impl ConnectionTrait,
    kind: TransactionalKind,
    since: i64,
) -> Result<u64, sea_orm::DbErr> {
    table::Entity::find()
        .filter(table::Column::Kind.eq(kind))
        .filter(table::Column::CreatedAt.gte(since))
        .count(connection)
        .await
}

/// Withdraws messages that wait to be sent, or to be sent again; what a worker holds is on its way.
pub async fn withdraw(
    connection: &impl ConnectionTrait,
    ids: &[i64],
    now: i64,
) -> Result<(), sea_orm::DbErr> {
    if ids.is_empty() {
        return Ok(());
    }
    // By the primary key.
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let only = format!(
        "id IN ({}) AND state <> {}",
        ids.join(", "),
        db::sql_value(&DeliveryState::Claimed)
    );
    let sql = Transition::Withdraw.sql(Table::TransactionalMail, "at = $1", &only);
    db::execute(connection, &sql, values![now]).await?;
    Ok(())
}

/// Deletes the mails to an address in any of its spellings, `key` being its [`EmailAddress::key`]: all, or those
/// of one kind.
///
/// # Errors
/// The database failed.
pub async fn forget(
    connection: &impl ConnectionTrait,
    key: &str,
    only: Option<TransactionalKind>,
) -> Result<(), sea_orm::DbErr> {
    #[derive(DerivePartialModel)]
    #[sea_orm(entity = "table::Entity")]
    struct Addressed {
        id: i64,
        recipient: String,
        kind: TransactionalKind,
    }
    // The whole table: it holds some days' mails.
    let mails: Vec<Addressed> = table::Entity::find()
        .into_partial_model()
        .all(connection)
        .await?;
    let theirs = mails
        .into_iter()
        .filter(|mail| only.as_ref().is_none_or(|kind| *kind == mail.kind))
        .filter(|mail| EmailAddress::is_spelling_of(&mail.recipient, key));
    for mail in theirs {
        table::Entity::delete_by_id(mail.id)
            .exec(connection)
            .await?;
    }
    Ok(())
}

/// Moves the deadlines of what waits to be sent by `by` milliseconds, because nothing could be tried
/// meanwhile; none is later than if its mail were written `now`.
///
/// # Errors
/// The database failed.
pub async fn move_deadlines(
    transaction: &WriteTransaction,
    now: i64,
    by: i64,
) -> Result<(), sea_orm::DbErr> {
    // `created_at` is what the deadline counts from.
    for waiting in [
        table::Column::State.is_in([DeliveryState::Queued, DeliveryState::Deferred]),
        table::Column::State.eq(DeliveryState::Claimed),
    ] {
        let moved = Expr::col(table::Column::CreatedAt).add(by);
        let moved = Expr::case(moved.clone().lt(now), moved).finally(now);
        table::Entity::update_many()
            .col_expr(table::Column::CreatedAt, moved.into())
            .filter(waiting)
            .exec(transaction)
            .await?;
    }
    Ok(())
}

/// Tries now what was put off until after `latest`: by a clock that was ahead.
///
/// # Errors
/// The database failed.
pub async fn try_by(
    transaction: &WriteTransaction,
    now: i64,
    latest: i64,
) -> Result<(), sea_orm::DbErr> {
    table::Entity::update_many()
        .col_expr(table::Column::At, Expr::value(now))
        .filter(table::Column::State.is_in([DeliveryState::Queued, DeliveryState::Deferred]))
        .filter(table::Column::At.gt(latest))
        .exec(transaction)
        .await?;
    Ok(())
}

/// How long a mail that has ended is kept: not longer than the address of someone who never confirmed
/// (V1). Its evidence stands with the consent.
const KEPT_MS: i64 = 7 * DAY;

/// Forgets mails that ended a while ago; how many.
///
/// # Errors
/// The database failed.
pub async fn purge(app: &App) -> Result<u64, sea_orm::DbErr> {
    let ended = [
        DeliveryState::Accepted,
        DeliveryState::Failed,
        DeliveryState::Withdrawn,
    ];
    let transaction = app.db.begin().await?;
    let deleted = table::Entity::delete_many()
        .filter(table::Column::State.is_in(ended))
        .filter(table::Column::CreatedAt.lt(app.clock.now_ms() - KEPT_MS))
        .exec(&transaction)
        .await?;
    transaction.commit().await?;
    Ok(deleted.rows_affected)
}

/// How many mails wait to be sent, or to be sent again.
///
/// # Errors
/// The database failed.
pub async fn count_waiting(
    connection: &impl ConnectionTrait,
) -> Result<Vec<(DeliveryState, i64)>, sea_orm::DbErr> {
    #[derive(FromQueryResult)]
    struct Counted {
        state: DeliveryState,
        mails: i64,
    }
    // transactional_mail_due, found by its very words
    let waiting = db::sql_values(&[DeliveryState::Queued, DeliveryState::Deferred]);
    let counted: Vec<Counted> = table::Entity::find()
        .select_only()
        .column(table::Column::State)
        .column_as(table::Column::Id.count(), "mails")
        .filter(Expr::cust(format!("state IN ({waiting})")))
        .group_by(table::Column::State)
        .into_model()
        .all(connection)
        .await?;
    let counted = counted.into_iter();
    Ok(counted.map(|row| (row.state, row.mails)).collect())
}

/// How many mails with a link have not been written yet: their tokens are derived from the key then.
///
/// # Errors
/// The database failed.
pub async fn count_links_to_write(
    connection: &impl ConnectionTrait,
) -> Result<u64, sea_orm::DbErr> {
    let unwritten = [
        DeliveryState::Queued,
        DeliveryState::Claimed,
        DeliveryState::Deferred,
    ];
    table::Entity::find()
        .filter(table::Column::TokenLabel.is_not_null())
        .filter(table::Column::State.is_in(unwritten))
        .count(connection)
        .await
}
