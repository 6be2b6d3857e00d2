//! Whether what comes back reaches us: once a day, and at a press of a button, a mail goes to our own
//! return path through the relay. Only once one has come back newsletters offer to unsubscribe by
//! mail (H9); where they stop coming back, that ends and admins are told.

use sea_orm::{
    ActiveEnum, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter,
    QueryOrder, sea_query::Expr,
};

use super::{mailbox_setting, return_error::ReturnError, returned_mail::ReturnWay};
use crate::{
    accounts::{
        Role,
        notifications::{Notice, NoticeKind, NoticeStep, post},
    },
    address::EmailAddress,
    app::App,
    clock::{DAY, HOUR},
    db::WriteTransaction,
    office::{Office, RETURNS_PROVED},
    office_setting,
    transactional::{self, ReturnMark, TransactionalContent, TransactionalKind, TransactionalMail},
};

mod table {
    use sea_orm::entity::prelude::*;

    use super::ReturnWay;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "return_probe")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub sent_at: i64,
        pub domain: String,
        pub came_at: Option<i64>,
        pub way: Option<ReturnWay>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// How often one is sent without being asked for.
const EVERY_MS: i64 = DAY;

/// One that has not come back by then is missing.
const MISSING_AFTER_MS: i64 = 6 * HOUR;

/// A mail to ourselves, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// When it was queued.
    pub sent_at: i64,
    /// The domain that it went to.
    pub domain: String,
    /// When it came back. `None`: not yet.
    pub came_at: Option<i64>,
    /// By which way.
    pub way: Option<ReturnWay>,
}

/// The newest one.
pub async fn latest_probe(connection: &impl ConnectionTrait) -> Result<Option<Probe>, DbErr> {
    let row = table::Entity::find()
        .order_by_desc(table::Column::Id)
        .one(connection)
        .await?;
    Ok(row.map(|row| Probe {
        sent_at: row.sent_at,
        domain: row.domain,
        came_at: row.came_at,
        way: row.way,
    }))
}

/// Queues one to the office's bounce domain. False: none is set.
pub async fn send_probe(app: &App) -> Result<bool, ReturnError> {
    let office = Office::load(&app.db).await?;
    let Some(domain) = office.bounce_domain.clone() else {
        return Ok(false);
    };
    let transaction = app.db.begin().await?;
    let row = table::ActiveModel {
        sent_at: Set(app.clock.now_ms()),
        domain: Set(domain.clone()),
        ..Default::default()
    };
    let inserted = table::Entity::insert(row).exec(&transaction).await?;
    let local = ReturnMark::Probe(inserted.last_insert_id).local_part(&app.keys);
    let Ok(recipient) = EmailAddress::parse(&format!("{local}@{domain}")) else {
        return Ok(false);
    };
    let mail = TransactionalMail {
        kind: TransactionalKind::Probe,
        recipient: &recipient,
        content: TransactionalContent {
            subject: "Test of the address that bounces go to".to_owned(),
            text: "Gazette sent this to itself to see whether returned mail reaches it. Nobody needs to do anything.\n".to_owned(),
            language: "en".to_owned(),
            ..Default::default()
        },
        token_label: None,
    };
    transactional::enqueue(app, &transaction, &office, mail).await?;
    transaction.commit().await?;
    app.wake_delivery().await;
    Ok(true)
}

/// One came back: newsletters may offer to unsubscribe by mail from now on.
pub(super) async fn note_probe(
    app: &App,
    transaction: &WriteTransaction,
    id: i64,
    way: ReturnWay,
) -> Result<(), DbErr> {
    let now = app.clock.now_ms();
    let came = table::Entity::update_many()
        .col_expr(table::Column::CameAt, Expr::value(now))
        .col_expr(table::Column::Way, Expr::value(way.to_value()))
        .filter(table::Column::Id.eq(id))
        .filter(table::Column::CameAt.is_null())
        .exec(transaction)
        .await?;
    let probe = table::Entity::find_by_id(id).one(transaction).await?;
    if let Some(probe) = probe.filter(|_| came.rows_affected == 1) {
        office_setting::store(transaction, RETURNS_PROVED, &probe.domain, now).await?;
        tracing::info!("a mail to our own return path came back");
    }
    Ok(())
}

/// Sends the day's mail where a way in is set up, and withdraws the offer to unsubscribe by mail where
/// the last one is missing. On the scheduler's beat.
pub async fn probe_due(app: &App) -> Result<(), ReturnError> {
    let office = Office::load(&app.db).await?;
    let now = app.clock.now_ms();
    let latest = latest_probe(app.db.pool()).await?;
    if let Some(latest) = &latest
        && latest.came_at.is_none()
        && now - latest.sent_at > MISSING_AFTER_MS
        && office.unsubscribe_by_mail.is_some()
    {
        withdraw_offer(app, &latest.domain).await?;
    }
    let is_due = latest.is_none_or(|latest| (now - latest.sent_at).abs() >= EVERY_MS);
    let is_read =
        app.settings.returns.listen.is_some() || mailbox_setting::load(app).await?.is_some();
    if is_due && is_read && office.complete {
        send_probe(app).await?;
    }
    Ok(())
}

async fn withdraw_offer(app: &App, domain: &str) -> Result<(), ReturnError> {
    let transaction = app.db.begin().await?;
    office_setting::store(&transaction, RETURNS_PROVED, "", app.clock.now_ms()).await?;
    let text = format!(
        "A test mail to {domain}, the domain that bounces go to, has not come back within six hours.\n\n\
         Until one does, newsletters offer no address to unsubscribe by mail, and bounces and complaints may go unread."
    );
    let notice = Notice {
        kind: NoticeKind::Trouble,
        headline: "Returned mail does not reach Gazette",
        text: &text,
        step: NoticeStep {
            label: "See what Gazette sees",
            path: "/staff/returns/setup",
        },
        least: Role::Admin,
        except: None,
    };
    post(&transaction, app.clock.now_ms(), &notice).await?;
    transaction.commit().await?;
    tracing::warn!("a mail to our own return path is missing");
    Ok(())
}
