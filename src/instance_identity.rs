//! What makes a database one instance: the secret key that it belongs to, and the public URL that its
//! mails lead to. A process with others is refused.

use crate::{
    audit::{self, Action},
    config::PublicUrl,
    db::Db,
    office::OfficeError,
    office_setting,
    secret::Keys,
};

/// Whether a secret key belongs to the database already.
pub async fn has_key(db: &Db) -> Result<bool, sea_orm::DbErr> {
    Ok(fingerprint(db).await?.is_some())
}

/// The public URL that all processes of this database share: the base of every link that is mailed. The
/// first that readers can reach is remembered. A process that sets none has that one; one that sets
/// another is refused.
pub async fn hold_to_public_url(
    db: &Db,
    set: PublicUrl,
    now: i64,
) -> Result<PublicUrl, OfficeError> {
    let known = office_setting::one(db.pool(), PUBLIC_URL).await?;
    let known: Option<PublicUrl> = known.and_then(|known| known.parse().ok());
    match known {
        Some(known) if known == set || set.as_str() == PublicUrl::DEFAULT => Ok(known),
        Some(known) => Err(OfficeError::OtherUrl { known, set }),
        // A trial has whatever address it has today.
        None if set.is_loopback() => Ok(set),
        None => {
            adopt_public_url(db, &set, now).await?;
            Ok(set)
        }
    }
}

/// Remembers another public URL than the database had.
pub async fn adopt_public_url(db: &Db, url: &PublicUrl, now: i64) -> Result<(), OfficeError> {
    let transaction = db.begin().await?;
    office_setting::store(&transaction, PUBLIC_URL, url.as_str(), now).await?;
    let (action, object) = (Action::OfficeSet, format!("office/{PUBLIC_URL}"));
    audit::record(&transaction, now, audit::OPERATOR, action, object, url).await?;
    Ok(transaction.commit().await?)
}

/// Where [`hold_to_public_url`] keeps it. No key of [`KEYS`]: it is set by the configuration.
const PUBLIC_URL: &str = "public-url";

/// Remembers which secret key the database belongs to, and refuses any other.
pub async fn hold_to_key(db: &Db, keys: &Keys, now: i64) -> Result<(), OfficeError> {
    // Asked first: a start that has nothing to write need not wait for whoever writes.
    let mut known = fingerprint(db).await?;
    if known.is_none() {
        let transaction = db.begin().await?;
        let own = keys.fingerprint();
        office_setting::store_first(&transaction, KEY_FINGERPRINT, &own, now).await?;
        transaction.commit().await?;
        known = fingerprint(db).await?;
    }
    if known == Some(keys.fingerprint()) {
        Ok(())
    } else {
        Err(OfficeError::OtherKey)
    }
}

async fn fingerprint(db: &Db) -> Result<Option<String>, sea_orm::DbErr> {
    office_setting::one(db.pool(), KEY_FINGERPRINT).await
}

/// Where [`hold_to_key`] keeps it.
const KEY_FINGERPRINT: &str = "key-fingerprint";

/// The last newsletter whose Message-IDs hold plain numbers; 0: none ([`Keys::named_plainly`]).
pub async fn plain_message_ids_to(db: &Db) -> Result<i64, sea_orm::DbErr> {
    let last = office_setting::one(db.pool(), "plain-message-ids-to").await?;
    Ok(last.and_then(|last| last.parse().ok()).unwrap_or(0))
}
