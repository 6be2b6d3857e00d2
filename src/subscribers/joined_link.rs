//! The way to the address that took a subscription over, for whoever comes by an old link: a mail there, for no
//! page tells which address it is.

use super::{
    Result, Status, SubscriberError,
    joined_address::{heir, is_joined},
    personal_link::{self, NewLink},
};
use crate::{address::EmailAddress, app::App, db::WriteTransaction, office::Office};
use gazette_templates::pages::words::Words;

/// Changes of address that are followed, one after the other.
const MOST_CHANGES: usize = 10;

/// Mails the address that took over a link to choose or to leave, where it is subscribed and got no more
/// than its share today. For whom nobody took over nothing happens.
pub(super) async fn mail_link(app: &App, subscriber: i64) -> Result<()> {
    if !is_joined(app.db.pool(), subscriber).await? {
        return Ok(());
    }
    let transaction = app.db.begin().await?;
    queue_link(app, &transaction, subscriber).await?;
    transaction.commit().await?;
    app.wake_delivery().await;
    Ok(())
}

/// The same in a transaction.
pub(super) async fn queue_link(
    app: &App,
    transaction: &WriteTransaction,
    subscriber: i64,
) -> Result<()> {
    let mut joined = subscriber;
    for _ in 0..MOST_CHANGES {
        let Some(other) = heir(transaction, joined).await? else {
            return Ok(());
        };
        if other.status == Status::Confirmed {
            let address = EmailAddress::parse(&other.email)
                .map_err(|error| SubscriberError::Address(other.email.clone(), error))?;
            let words = Words::of(&other.language);
            let office = Office::load_within(transaction).await?;
            let link = NewLink::manage(other.id, &address, app.clock.now_ms());
            return personal_link::queue(app, transaction, &office, words, &link).await;
        }
        joined = other.id;
    }
    Ok(())
}
