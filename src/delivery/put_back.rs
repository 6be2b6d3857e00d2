//! Puts those back whom a relay refused for what was not theirs, after the breaker paused their
//! newsletter: by what the worker remembers, while it runs and before it ends; and, where it was killed in
//! between, by what stands in the database.

use sea_orm::{DbErr, FromQueryResult};

use super::{
    circuit_breaker::{LAST, REFUSES_MANY, REFUSES_MOST_AS_UNKNOWN, REFUSES_US, Tripped},
    queue,
    smtp::is_about_mailbox,
};
use crate::{
    app::App,
    clock::HOUR,
    db::{self, sql_values},
    delivery_state::{
        DeliveryState::{Failed, Withdrawn},
        sql::FAILED,
    },
    newsletters::newsletter_state_sql::{ACTIVE, PAUSED},
    values,
};

/// So long before the last of them the first refusal that tripped the breaker was at most.
const REFUSED_WITHIN_MS: i64 = HOUR;

/// Puts back whom the breaker names.
pub async fn put_back(app: &App, tripped: &[Tripped]) -> Result<(), DbErr> {
    for tripped in tripped {
        put_back_readers(app, tripped.newsletter, &tripped.subscribers).await?;
    }
    Ok(())
}

/// The same without the breaker's memory, for all newsletters that stand because of it.
pub async fn put_back_in_paused(app: &App) -> Result<(), DbErr> {
    // newsletter_active: a handful.
    let sql = format!(
        "SELECT id, attention FROM newsletter WHERE state IN ({ACTIVE}) AND state = {PAUSED}"
    );
    let paused: Vec<Paused> = db::rows(app.db.pool(), &sql, values![]).await?;
    for newsletter in paused.iter().filter(|newsletter| newsletter.by_breaker()) {
        let readers = refused_lately(app, newsletter).await?;
        put_back_readers(app, newsletter.id, &readers).await?;
    }
    Ok(())
}

#[derive(FromQueryResult)]
struct Paused {
    id: i64,
    attention: Option<String>,
}

impl Paused {
    fn by_breaker(&self) -> bool {
        self.was_told(REFUSES_MANY) || self.was_told(REFUSES_US) || self.calls_readers_unknown()
    }

    fn calls_readers_unknown(&self) -> bool {
        self.was_told(REFUSES_MOST_AS_UNKNOWN)
    }

    fn was_told(&self, words: &str) -> bool {
        let told = self.attention.as_deref();
        told.is_some_and(|told| told.contains(words))
    }
}

#[derive(FromQueryResult)]
struct Refused {
    subscriber_id: i64,
    at: i64,
    code: i16,
    words: String,
}

/// Who was refused among the last messages, not for their mailbox where that is not what the newsletter stands
/// for: as many as the breaker looks at.
async fn refused_lately(app: &App, newsletter: &Paused) -> Result<Vec<i64>, DbErr> {
    // delivery_exception, then delivery_reply by its primary key.
    let sql = format!(
        "SELECT d.subscriber_id, r.at, r.code, r.words FROM delivery d
         JOIN delivery_reply r ON r.newsletter_id = d.newsletter_id AND r.subscriber_id = d.subscriber_id
         WHERE d.newsletter_id = $1 AND d.state IN ({}) AND d.state = {FAILED} AND r.code >= 500
         ORDER BY r.at DESC LIMIT {LAST}",
        sql_values(&[Failed, Withdrawn])
    );
    let refused: Vec<Refused> = db::rows(app.db.pool(), &sql, values![newsletter.id]).await?;
    let from = refused.first().map_or(0, |last| last.at) - REFUSED_WITHIN_MS;
    Ok(refused
        .iter()
        .filter(|one| {
            let is_theirs = is_about_mailbox(one.code.unsigned_abs(), &one.words);
            one.at >= from && is_theirs <= newsletter.calls_readers_unknown()
        })
        .map(|one| one.subscriber_id)
        .collect())
}

async fn put_back_readers(app: &App, newsletter: i64, readers: &[i64]) -> Result<(), DbErr> {
    if readers.is_empty() {
        return Ok(());
    }
    let requeued = queue::requeue_failed(&app.db, newsletter, readers, app.clock.now_ms()).await?;
    if requeued > 0 {
        tracing::warn!(
            newsletter.id = newsletter,
            deliveries = requeued,
            "put back: the refusals were not about the readers"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::Clock, delivery::testing, delivery_state::DeliveryState, newsletters, test_data,
    };

    async fn refused(app: &App, subscriber: i64, reply: (i16, &str)) {
        test_data::delivery(1, subscriber)
            .state(Failed)
            .insert(app)
            .await;
        test_data::reply(app, (1, subscriber), Failed, reply).await;
    }

    /// Who is to get it when the newsletter goes on.
    async fn waiting(app: &App) -> Vec<i64> {
        let sql = "SELECT subscriber_id FROM delivery WHERE newsletter_id = 1 AND state = $1 ORDER BY subscriber_id";
        let state = DeliveryState::Deferred as i16;
        db::scalars(app.db.pool(), sql, values![state])
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn whom_a_killed_worker_left_behind_its_pause_is_put_back_from_what_stands_in_the_database()
     {
        let (app, _folder) = testing::app(Clock::fixed_at(crate::clock::instant(100 * HOUR))).await;
        test_data::office(&app).await;
        testing::sending_newsletter(&app, 9).await;
        // Long ago, the odd one out.
        refused(&app, 1, (554, "Transaction failed")).await;
        app.clock.advance_ms(2 * HOUR);
        for reader in 2..=6 {
            refused(&app, reader, (554, "Transaction failed")).await;
        }
        refused(&app, 7, (550, "5.1.1 no such user")).await;
        refused(&app, 8, (0, "not sent before the give-up time")).await;

        put_back_in_paused(&app).await.unwrap();
        assert!(waiting(&app).await.is_empty(), "it is being sent");
        let reason = format!("The relay x {REFUSES_MANY}. It said: 554 Transaction failed.");
        newsletters::stop_for(&app, 1, &reason).await.unwrap();
        put_back_in_paused(&app).await.unwrap();
        assert_eq!(waiting(&app).await, [2, 3, 4, 5, 6]);
        // Nobody else is left.
        put_back_in_paused(&app).await.unwrap();
        assert_eq!(waiting(&app).await, [2, 3, 4, 5, 6]);
    }

    #[tokio::test]
    async fn what_stands_for_another_reason_stays_as_it_is() {
        let (app, _folder) = testing::app(Clock::system()).await;
        test_data::office(&app).await;
        testing::sending_newsletter(&app, 9).await;
        for reader in 2..=6 {
            refused(&app, reader, (554, "Transaction failed")).await;
        }
        newsletters::stop_for(&app, 1, "our sending limit there is used up")
            .await
            .unwrap();
        put_back_in_paused(&app).await.unwrap();
        assert!(waiting(&app).await.is_empty());
    }
}
