//! How fast one may try to sign in. Nobody is locked out of their account by somebody else: attempts that
//! fail make the next ones wait, longer each time, and it is told apart whose they are.
//!
//! * A browser that has signed in to the account before carries a device cookie, and has a pace of its own.
//! * Everyone else has one for this account from their network, and one for their network over all accounts.
//! * Attempts on one account from many networks make further strangers wait a little, and no device that
//!   is known.
//!
//! It is the same whether the account exists or not, so that it tells nothing either. The memory stands in
//! the database: several servers share it, and a restart forgives nothing.

use std::time::Duration;

use data_encoding::HEXLOWER;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect, sea_query::OnConflict,
};

use super::{
    account_tables::sign_in_pace::{ActiveModel, Column, Entity},
    error::Result,
};
use crate::{
    app::App,
    clock::{HOUR, SECOND},
};

/// Attempts that were quiet for this long are forgotten.
const MEMORY_MS: i64 = HOUR;
/// The wait after the first attempt that is not free any more; each after it waits twice as long.
const FIRST_WAIT_MS: i64 = 250;
/// The longest wait between two attempts.
const LONGEST_WAIT_MS: i64 = 15 * SECOND;
/// Who would have to wait for longer, because others of the same wait already, is asked to come back.
const LONGEST_QUEUE_MS: i64 = 20 * SECOND;
/// What strangers wait for each attempt on the account beyond the free ones, and at most.
const STRANGERS_WAIT_MS: i64 = 20;
/// See [`STRANGERS_WAIT_MS`].
const STRANGERS_LONGEST_MS: i64 = 3 * SECOND;

/// Attempts that are answered at once: of one device or network on an account, of a network on all
/// accounts, of all networks on an account.
const FREE_ON_ACCOUNT: i64 = 5;
/// See [`FREE_ON_ACCOUNT`].
const FREE_OF_NETWORK: i64 = 30;
/// See [`FREE_ON_ACCOUNT`].
const FREE_OF_STRANGERS: i64 = 100;

/// Who tries to sign in.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// The account's address key, whether there is such an account or not.
    pub account: &'a str,
    /// Where from.
    pub network: &'a str,
    /// The device, where it has proved that it signed in to this account before.
    pub device: Option<&'a str>,
}

impl<'a> Attempt<'a> {
    /// Of somebody who is signed in and types the password once more. A session left open is no place to
    /// guess it, and does not keep its owner from signing in elsewhere.
    #[must_use]
    pub fn signed_in(account: &'a str, network: &'a str) -> Self {
        Self {
            account,
            network,
            device: Some("signed in"),
        }
    }
}

/// What becomes of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// It is looked at after this time.
    After(Duration),
    /// It is not looked at; it may come back after this time.
    ComeBack(Duration),
}

/// One memory: whose attempts, and how many are free.
struct Bucket {
    key: String,
    free: i64,
    /// Whether attempts wait for each other; otherwise each waits for itself.
    in_turn: bool,
}

fn buckets(app: &App, attempt: &Attempt<'_>) -> Vec<Bucket> {
    let bucket = |parts: &[&str], free, in_turn| {
        let parts: Vec<&[u8]> = std::iter::once("sign-in pace")
            .chain(parts.iter().copied())
            .map(str::as_bytes)
            .collect();
        Bucket {
            key: HEXLOWER.encode(&app.keys.mac(&parts)[..20]),
            free,
            in_turn,
        }
    };
    let Attempt {
        account,
        network,
        device,
    } = attempt;
    match device {
        Some(device) => vec![bucket(&["device", account, device], FREE_ON_ACCOUNT, true)],
        None => vec![
            bucket(&["both", account, network], FREE_ON_ACCOUNT, true),
            bucket(&["network", network], FREE_OF_NETWORK, true),
            bucket(&["account", account], FREE_OF_STRANGERS, false),
        ],
    }
}

/// Counts an attempt and waits until it may be looked at. `Some`: it is not looked at, and may come back
/// after this time.
///
/// # Errors
/// The database failed.
pub async fn wait(app: &App, attempt: &Attempt<'_>) -> Result<Option<Duration>> {
    match count(app, attempt).await? {
        Pace::After(wait) => {
            tokio::time::sleep(wait).await;
            Ok(None)
        }
        Pace::ComeBack(wait) => Ok(Some(wait)),
    }
}

/// Counts an attempt and says when it may be looked at. It counts as one that fails until
/// [`forgive`] says otherwise.
pub async fn count(app: &App, attempt: &Attempt<'_>) -> Result<Pace> {
    let now = app.clock.now_ms();
    let transaction = app.db.begin().await?;
    let mut wait = 0;
    for Bucket { key, free, in_turn } in buckets(app, attempt) {
        let fresh = ActiveModel {
            bucket: Set(key.clone()),
            attempts: Set(0),
            next_at: Set(now),
            last_at: Set(now),
        };
        let once = OnConflict::column(Column::Bucket).do_nothing().to_owned();
        Entity::insert(fresh)
            .on_conflict(once)
            .exec_without_returning(&transaction)
            .await?;
        let known = Entity::find_by_id(key.clone())
            .lock_exclusive()
            .one(&transaction)
            .await?;
        let Some(known) = known.filter(|known| known.last_at > now - MEMORY_MS) else {
            Entity::update(memory(key, 1, now, now))
                .exec(&transaction)
                .await?;
            continue;
        };
        let attempts = known.attempts + 1;
        let beyond = attempts - free;
        let turn = if in_turn {
            known.next_at.max(now)
        } else {
            now + (beyond * STRANGERS_WAIT_MS).clamp(0, STRANGERS_LONGEST_MS)
        };
        if turn - now > LONGEST_QUEUE_MS {
            transaction.rollback().await?;
            return Ok(Pace::ComeBack(milliseconds(turn - now)));
        }
        wait = wait.max(turn - now);
        let next = memory(key, attempts, turn + wait_after(beyond), now);
        Entity::update(next).exec(&transaction).await?;
    }
    transaction.commit().await?;
    Ok(Pace::After(milliseconds(wait)))
}

/// Forgets the attempts of who has just signed in. Those of their network on other accounts, and of
/// strangers on theirs, stay counted.
pub async fn forgive(app: &App, attempt: &Attempt<'_>) -> Result<()> {
    let own = buckets(app, attempt).into_iter().next();
    let own = own.map(|bucket| bucket.key).unwrap_or_default();
    Entity::delete_by_id(own).exec(&app.db.writer()).await?;
    Ok(())
}

/// Forgets what nobody asks for any more.
pub async fn purge(app: &App) -> Result<()> {
    // sign_in_pace_last
    Entity::delete_many()
        .filter(Column::LastAt.lt(app.clock.now_ms() - MEMORY_MS))
        .exec(&app.db.writer())
        .await?;
    Ok(())
}

fn memory(bucket: String, attempts: i64, next_at: i64, last_at: i64) -> ActiveModel {
    ActiveModel {
        bucket: sea_orm::ActiveValue::Unchanged(bucket),
        attempts: Set(attempts),
        next_at: Set(next_at),
        last_at: Set(last_at),
    }
}

fn wait_after(beyond: i64) -> i64 {
    match u32::try_from(beyond) {
        Ok(beyond @ 1..) => (FIRST_WAIT_MS << (beyond - 1).min(10)).min(LONGEST_WAIT_MS),
        _ => 0,
    }
}

fn milliseconds(ms: i64) -> Duration {
    Duration::from_millis(ms.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::tests::Place;

    const OWNER: Attempt<'static> = Attempt {
        account: "ana@example.gov",
        network: "192.0.2.0/24",
        device: None,
    };

    fn stranger(network: &str) -> Attempt<'_> {
        Attempt { network, ..OWNER }
    }

    async fn waits(app: &App, attempt: Attempt<'_>) -> i64 {
        match count(app, &attempt).await.unwrap() {
            Pace::After(wait) => wait.as_millis() as i64,
            Pace::ComeBack(_) => -1,
        }
    }

    async fn instance() -> (App, Place) {
        let place = Place::new().await;
        (place.open("http://127.0.0.1:8080").await, place)
    }

    #[tokio::test]
    async fn each_attempt_that_fails_makes_the_next_wait_longer() {
        let (app, _place) = instance().await;
        for _ in 0..FREE_ON_ACCOUNT {
            assert_eq!(waits(&app, OWNER).await, 0);
        }
        assert_eq!(waits(&app, OWNER).await, 0);
        let mut last = 0;
        for wait in [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000] {
            // Who waits until it is their turn waits for as long as the last attempt says.
            assert_eq!(waits(&app, OWNER).await, wait, "after {last}");
            app.clock.advance_ms(wait);
            last = wait;
        }
        // Those that do not wait pile up, until no more are taken.
        assert_eq!(waits(&app, OWNER).await, 15_000);
        assert_eq!(waits(&app, OWNER).await, -1);
        app.clock.advance_ms(MEMORY_MS + LONGEST_QUEUE_MS);
        assert_eq!(
            waits(&app, OWNER).await,
            0,
            "an hour later all is forgotten"
        );
    }

    #[tokio::test]
    async fn nobody_elsewhere_keeps_the_owner_waiting() {
        let (app, _place) = instance().await;
        // Two a second for an hour, from one network.
        for _ in 0..200 {
            waits(&app, stranger("198.51.100.0/24")).await;
            app.clock.advance_ms(500);
        }
        assert_eq!(waits(&app, OWNER).await, 0);
        // From a thousand networks: a stranger waits a little, never a device that is known.
        for n in 0..1_000 {
            waits(&app, stranger(&format!("2001:db8:{n:x}::/56"))).await;
        }
        let wait = waits(&app, stranger("203.0.113.0/24")).await;
        assert_eq!(wait, STRANGERS_LONGEST_MS);
        let known = Attempt {
            device: Some("its cookie"),
            ..OWNER
        };
        assert_eq!(waits(&app, known).await, 0);
        // In the very network of those who attack, too.
        let near = Attempt {
            network: "198.51.100.0/24",
            ..known
        };
        assert_eq!(waits(&app, near).await, 0);
    }

    #[tokio::test]
    async fn a_network_is_slowed_over_all_accounts() {
        let (app, _place) = instance().await;
        let mut waited = 0;
        for n in 0..40 {
            let account = format!("{n}@example.gov");
            let attempt = Attempt {
                account: &account,
                ..OWNER
            };
            waited += waits(&app, attempt).await;
        }
        assert!(waited > 10_000, "{waited}");
        let elsewhere = stranger("203.0.113.0/24");
        assert_eq!(waits(&app, elsewhere).await, 0);
    }

    #[tokio::test]
    async fn several_servers_count_together_and_a_sign_in_forgives() {
        let (app, place) = instance().await;
        let other = place.open("http://127.0.0.1:8080").await;
        for n in 0..8 {
            waits(if n % 2 == 0 { &app } else { &other }, OWNER).await;
        }
        assert!(waits(&app, OWNER).await > 500);
        forgive(&other, &OWNER).await.unwrap();
        assert_eq!(waits(&app, OWNER).await, 0);
        app.clock.advance_ms(2 * MEMORY_MS);
        purge(&app).await.unwrap();
        let left = Entity::find().all(app.db.pool()).await.unwrap();
        assert!(left.is_empty(), "{left:?}");
    }
}
