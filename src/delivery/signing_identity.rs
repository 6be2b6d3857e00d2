//! Which key signs this office's mail, as the database remembers it. A process that signs with another key, or
//! not at all, would send half of the readers mail that their providers refuse; so it sends none.

use super::{
    delivery_error::DeliveryError,
    dkim::{Signer, standby_record},
};
use crate::{
    app::App,
    audit::{self, Action},
    config::Settings,
    office_setting,
};

/// Where it is kept. No key of the office's own settings: it is set by the configuration. An empty value: mail
/// is not signed here.
const SETTING: &str = "dkim-key";

/// How mail is signed, with each key's fingerprint: what a worker says of itself.
#[must_use]
pub fn signs_as(signer: Option<&Signer>) -> String {
    let identities: Vec<String> = signer
        .into_iter()
        .flat_map(Signer::records)
        .map(super::dkim::KeyRecord::identity)
        .collect();
    if identities.is_empty() {
        "unsigned".to_owned()
    } else {
        identities.join(" and ")
    }
}

/// Remembers the first key that signs, and refuses any other and none. The key of a rotation is let in by the
/// settings themselves: who has the remembered one standing by has exchanged the two.
pub(super) async fn hold_to_key(app: &App, signer: Option<&Signer>) -> Result<(), DeliveryError> {
    let own = main_key(signer);
    let known = office_setting::one(app.db.pool(), SETTING).await?;
    let known = known.filter(|known| !known.is_empty());
    match known {
        None if own.is_empty() => Ok(()),
        Some(known) if known == own => Ok(()),
        Some(known) if own.is_empty() || !stands_by(&app.settings, &known)? => {
            let own = match own.as_str() {
                "" => "unsigned".to_owned(),
                own => format!("signed as {own}"),
            };
            Err(DeliveryError::OtherKey { own, known })
        }
        known => {
            remember(app, &own, known.is_none()).await?;
            // Of two first ones with different keys one was too late.
            match office_setting::one(app.db.pool(), SETTING).await? {
                Some(known) if known != own => {
                    let own = format!("signed as {own}");
                    Err(DeliveryError::OtherKey { own, known })
                }
                _ => Ok(()),
            }
        }
    }
}

/// Takes the key of these settings for the right one, whatever was remembered.
///
/// # Errors
/// [`DeliveryError`]: the key cannot be read, or the database fails.
pub async fn adopt_signing_key(app: &App) -> Result<(), DeliveryError> {
    let signer = Signer::from_settings(&app.settings)?;
    let own = main_key(signer.as_ref());
    let known = office_setting::one(app.db.pool(), SETTING).await?;
    if known.unwrap_or_default() != own {
        remember(app, &own, false).await?;
    }
    Ok(())
}

/// The key whose signature every receiver can check; a second one may come and go.
fn main_key(signer: Option<&Signer>) -> String {
    let record = signer.and_then(|signer| signer.records().next());
    record
        .map(super::dkim::KeyRecord::identity)
        .unwrap_or_default()
}

fn stands_by(settings: &Settings, known: &str) -> Result<bool, DeliveryError> {
    let standby = standby_record(settings)?;
    Ok(standby.is_some_and(|record| record.identity() == known))
}

/// `first`: only where nothing is remembered, also by who came at the same instant.
async fn remember(app: &App, identity: &str, first: bool) -> Result<(), DeliveryError> {
    let now = app.clock.now_ms();
    let transaction = app.db.begin().await?;
    let stored = if first {
        // An empty one is none.
        office_setting::forget_empty(&transaction, SETTING).await?;
        office_setting::store_first(&transaction, SETTING, identity, now).await?
    } else {
        office_setting::store(&transaction, SETTING, identity, now).await?;
        true
    };
    if stored {
        let (action, object) = (Action::OfficeSet, format!("office/{SETTING}"));
        audit::record(&transaction, now, audit::OPERATOR, action, object, identity).await?;
    }
    transaction.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::Clock,
        delivery::{dkim::tests::KEYS, testing},
    };

    fn signer(selector: &str) -> Signer {
        Signer::from_pem(KEYS.pem.as_bytes(), selector, "doe.example").unwrap()
    }

    #[tokio::test]
    async fn the_first_key_that_signs_is_remembered_and_another_or_none_is_refused() {
        let (app, _folder) = testing::app(Clock::system()).await;
        // While the relay signs nothing is to be remembered.
        hold_to_key(&app, None).await.unwrap();
        hold_to_key(&app, Some(&signer("a"))).await.unwrap();
        hold_to_key(&app, Some(&signer("a"))).await.unwrap();
        for other in [None, Some(&signer("b"))] {
            let refused = hold_to_key(&app, other).await.unwrap_err().to_string();
            assert!(refused.contains("a._domainkey.doe.example ("), "{refused}");
            assert!(refused.contains("--adopt-settings"), "{refused}");
        }
        // A second signature may come and go.
        let both = signer("a")
            .and_ed25519(KEYS.ed25519_pem.as_bytes(), "e")
            .unwrap();
        hold_to_key(&app, Some(&both)).await.unwrap();
        // Told so, it forgets the key; the next one is a first one again.
        adopt_signing_key(&app).await.unwrap();
        hold_to_key(&app, None).await.unwrap();
        hold_to_key(&app, Some(&signer("b"))).await.unwrap();
        assert!(hold_to_key(&app, Some(&signer("a"))).await.is_err());
    }

    #[tokio::test]
    async fn who_has_the_old_key_standing_by_has_exchanged_the_two() {
        let keys = tempfile::tempdir().unwrap();
        let pem = keys.path().join("key.pem");
        std::fs::write(&pem, &KEYS.pem).unwrap();
        let pem = pem.to_str().unwrap();
        let flags = [
            "--dkim-key",
            pem,
            "--dkim-selector=new",
            "--dkim-domain=doe.example",
            "--dkim-standby-key",
            pem,
            "--dkim-standby-selector=old",
        ];
        let (app, _folder) = testing::app_with(Clock::system(), &flags).await;
        hold_to_key(&app, Some(&signer("old"))).await.unwrap();
        assert!(hold_to_key(&app, Some(&signer("third"))).await.is_ok());
        let own = Signer::from_settings(&app.settings).unwrap();
        assert!(
            hold_to_key(&app, own.as_ref()).await.is_err(),
            "the third is not standing by"
        );
        adopt_signing_key(&app).await.unwrap();
        hold_to_key(&app, own.as_ref()).await.unwrap();
    }

    #[tokio::test]
    async fn of_two_that_start_first_with_different_keys_one_works() {
        crate::db::several_connections();
        let (app, _folder) = testing::app(Clock::system()).await;
        let (one, other) = (signer("a"), signer("b"));
        let (one, other) = tokio::join!(
            hold_to_key(&app, Some(&one)),
            hold_to_key(&app, Some(&other))
        );
        assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    }
}
