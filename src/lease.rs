//! Leases: of many processes one holds a named lease and does its work. The lease is fenced: each
//! new holder gets a higher token, and what an earlier one still writes fails ([`Fence`]), so
//! that a process which slept past its lease changes nothing any more.

use sea_orm::DbErr;

use crate::{
    app::App,
    clock::SECOND,
    db::{self, Fence},
    secret::random_label,
    values,
};

/// How long a lease holds where its holder says nothing.
pub const LEASE_MS: i64 = 30 * SECOND;

/// A lease that ends later than this was taken before the clock was set back; its holder, were it
/// alive, would have renewed it since.
const FROM_THE_FUTURE_MS: i64 = 10 * LEASE_MS;

/// A lease that this process took. It holds until [`Lease::renew`] says otherwise.
#[derive(Debug, Clone)]
pub struct Lease {
    fence: Fence,
}

impl Lease {
    /// Takes the lease if nobody holds it.
    pub async fn acquire(app: &App, name: &'static str) -> Result<Option<Self>, DbErr> {
        let holder = random_label().map_err(|error| DbErr::Custom(error.to_string()))?;
        let now = app.clock.now_ms();
        // One statement, so that of several who try at once one gets it. The row stays for ever: a
        // token is never given twice.
        let token: Option<i64> = db::scalar(
            app.db.pool(),
            "INSERT INTO lease (name, holder, lease_ends, token) VALUES ($1, $2, $3, 1)
             ON CONFLICT (name) DO UPDATE
             SET holder = excluded.holder, lease_ends = excluded.lease_ends, token = lease.token + 1
             WHERE lease.lease_ends < $4 OR lease.lease_ends > $5
             RETURNING token",
            values![name, holder, now + LEASE_MS, now, now + FROM_THE_FUTURE_MS],
        )
        .await?;
        Ok(token.map(|token| Self {
            fence: Fence { name, token },
        }))
    }

    /// Holds it for another [`LEASE_MS`]; `false`: somebody else has it.
    pub async fn renew(&self, app: &App) -> Result<bool, DbErr> {
        self.set_end(app, app.clock.now_ms() + LEASE_MS).await
    }

    /// Gives it back, so that another process need not wait for its end.
    pub async fn release(&self, app: &App) -> Result<(), DbErr> {
        self.set_end(app, 0).await.map(drop)
    }

    /// The fence for what the holder writes.
    #[must_use]
    pub fn fence(&self) -> Fence {
        self.fence
    }

    async fn set_end(&self, app: &App, end: i64) -> Result<bool, DbErr> {
        // The primary key.
        let sql = "UPDATE lease SET lease_ends = $3 WHERE name = $1 AND token = $2";
        let values = values![self.fence.name, self.fence.token, end];
        let changed = app.db.execute_not_waiting_for_disk(sql, values).await?;
        Ok(changed > 0)
    }
}

/// Whether anybody holds the lease.
///
/// # Errors
/// The database failed.
pub async fn is_held(app: &App, name: &str) -> Result<bool, DbErr> {
    let sql = "SELECT CAST(1 AS BIGINT) FROM lease WHERE name = $1 AND lease_ends > $2";
    let held: Option<i64> =
        db::scalar(app.db.pool(), sql, values![name, app.clock.now_ms()]).await?;
    Ok(held.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{console::tests::Place, office_setting};

    #[tokio::test]
    async fn one_holds_it_and_the_next_waits_for_its_end() {
        let place = Place::new().await;
        let app = place.open("http://127.0.0.1:8080").await;
        let first = Lease::acquire(&app, "try").await.unwrap().unwrap();
        assert!(Lease::acquire(&app, "try").await.unwrap().is_none());
        assert!(first.renew(&app).await.unwrap());
        first.release(&app).await.unwrap();
        assert!(Lease::acquire(&app, "try").await.unwrap().is_some());
    }

    #[tokio::test]
    async fn who_lost_the_lease_writes_nothing_any_more() {
        let place = Place::new().await;
        let app = place.open("http://127.0.0.1:8080").await;
        let old = Lease::acquire(&app, "try").await.unwrap().unwrap();
        let stale = app.fenced(old.fence());
        let insert = "INSERT INTO office_setting (key, value, updated_at) VALUES ($1, 'x', 0)";
        stale.db.execute(insert, values!["before"]).await.unwrap();

        app.clock.advance_ms(LEASE_MS + SECOND);
        let new = Lease::acquire(&app, "try").await.unwrap().unwrap();

        assert!(!old.renew(&app).await.unwrap());
        let refused = stale.db.execute(insert, values!["after"]).await;
        assert!(refused.unwrap_err().to_string().contains("another holder"));
        assert!(stale.db.begin().await.is_err());
        let written: Option<i64> = db::scalar(
            app.db.pool(),
            "SELECT count(*) FROM office_setting WHERE key IN ('before', 'after')",
            [],
        )
        .await
        .unwrap();
        assert_eq!(written, Some(1));
        // A single write of an entity, too.
        let store = office_setting::store(&stale.db.writer(), "after", "x", 0).await;
        assert!(store.unwrap_err().to_string().contains("another holder"));
        assert_eq!(
            office_setting::one(app.db.pool(), "after").await.unwrap(),
            None
        );
        // The new holder, and who holds no lease at all, go on.
        let holder = app.fenced(new.fence());
        holder.db.execute(insert, values!["holder"]).await.unwrap();
        app.db.execute(insert, values!["other"]).await.unwrap();
    }

    #[tokio::test]
    async fn of_many_who_try_at_once_one_gets_it() {
        crate::db::several_connections();
        let place = Place::new().await;
        let app = place.open("http://127.0.0.1:8080").await;
        let tries = (0..20).map(|_| {
            let app = app.clone();
            tokio::spawn(async move { Lease::acquire(&app, "try").await.unwrap().is_some() })
        });
        let mut holders = 0;
        for attempt in tries.collect::<Vec<_>>() {
            holders += u32::from(attempt.await.unwrap());
        }
        assert_eq!(holders, 1);
    }
}
