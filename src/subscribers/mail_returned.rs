//! What a return may do to a subscriber: bounce, complain, leave by mail. Whoever calls has proved
//! that the return belongs to a mail of ours to this person.

use sea_orm::{ColumnTrait, ConnectionTrait, DerivePartialModel, EntityTrait, QueryFilter};
use serde_json::Value;

use super::{
    Event, Result, joined_link, leaving, link::SubscriberLink, status,
    subscriber_tables::subscriber,
};
use crate::{address::EmailAddress, app::App, db::WriteTransaction};

/// Where somebody stands, as far as returns must know.
#[derive(Debug, Clone, DerivePartialModel)]
#[sea_orm(entity = "subscriber::Entity")]
pub struct Returnee {
    /// `subscriber.id`
    pub id: i64,
    email: String,
    email_key: String,
    status_at: i64,
}

impl Returnee {
    /// The domain of the address: whose provider it is.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.email.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// Whether the address is this one.
    #[must_use]
    pub fn has_address(&self, address: &str) -> bool {
        address.to_lowercase() == self.email_key
    }

    /// Since when it stands so: what was mailed before somebody confirmed anew says nothing of now.
    #[must_use]
    pub fn status_at(&self) -> i64 {
        self.status_at
    }
}

/// Who has this id.
pub async fn returnee(
    connection: &impl ConnectionTrait,
    subscriber: i64,
) -> Result<Option<Returnee>> {
    Ok(subscriber::Entity::find_by_id(subscriber)
        .into_partial_model()
        .one(connection)
        .await?)
}

/// Who has this address.
pub async fn returnee_by_address(
    connection: &impl ConnectionTrait,
    address: &str,
) -> Result<Option<Returnee>> {
    let Ok(address) = EmailAddress::parse(address) else {
        return Ok(None);
    };
    Ok(subscriber::Entity::find()
        .filter(subscriber::Column::EmailKey.eq(address.key()))
        .into_partial_model()
        .one(connection)
        .await?)
}

/// A hard bounce, or soft ones again and again. False where that leads nowhere.
pub async fn bounced(
    app: &App,
    transaction: &WriteTransaction,
    who: &Returnee,
    evidence: &Value,
) -> Result<bool> {
    Ok(status::apply(app, transaction, who.id, Event::Bounce, evidence).await?)
}

/// An authentic complaint: suppressed on every list, and no import lifts it.
pub async fn complained(
    app: &App,
    transaction: &WriteTransaction,
    who: &Returnee,
    evidence: &Value,
) -> Result<bool> {
    Ok(status::apply_own_word(app, transaction, who.id, Event::Complain, evidence).await?)
}

/// An unsubscribe by mail, its token proved (H9): leaves what one click on the same newsletter leaves. Whose
/// address was joined into another gets a link there.
pub async fn left_by_mail(
    app: &App,
    transaction: &WriteTransaction,
    link: SubscriberLink,
    evidence: Value,
) -> Result<bool> {
    let has_left = leaving::unsubscribe_by_mail(app, transaction, link, evidence).await?;
    if !has_left {
        joined_link::queue_link(app, transaction, link.subscriber).await?;
    }
    Ok(has_left)
}

/// Takes a bounce back that was read wrongly: only while nothing else has happened since.
pub async fn take_back_bounce(
    app: &App,
    transaction: &WriteTransaction,
    subscriber: i64,
    evidence: &Value,
) -> Result<bool> {
    Ok(status::apply(
        app,
        transaction,
        subscriber,
        Event::TakeBackBounce,
        evidence,
    )
    .await?)
}
