//! Folding: what was accepted of a newsletter that ended long ago leaves the table of deliveries and
//! stays on record in three or four bytes for each reader
//! ([`crate::delivery_lookup::accepted_record`]): who, when (to the second), by which relay,
//! how it travelled, and how often it was tried. So the proof of who got what stays for ever, and the
//! table does not grow for ever. What was not accepted keeps its row, with the relay's words.

use sea_orm::DbErr;

use crate::{
    app::App,
    clock::DAY,
    db::{self, sql_values},
    delivery_lookup::accepted_record::{Folded, decode, encode},
    delivery_state::sql::ACCEPTED,
    newsletters::NewsletterState,
    office::Office,
    values,
};

/// Readers of one record, and of one transaction.
const SLICE: i64 = 5_000;

/// Folds what is old enough. How many deliveries were folded.
///
/// # Errors
/// The database failed.
pub async fn fold_old(app: &App) -> Result<u64, DbErr> {
    let months = i64::from(Office::load(&app.db).await?.delivery_months);
    let before = app.clock.now_ms() - months * 31 * DAY;
    // The newsletters are few; each is asked by its part of delivery's primary key, which ends at once
    // where something is left to fold.
    let sql = format!(
        "SELECT n.id FROM newsletter n WHERE n.state IN ({}) AND n.finished_at < $1
           AND EXISTS (SELECT 1 FROM delivery d WHERE d.newsletter_id = n.id AND d.state = {ACCEPTED})
         ORDER BY n.id",
        sql_values(&[NewsletterState::Sent, NewsletterState::Cancelled])
    );
    let mut folded = 0;
    for newsletter in db::scalars::<i64>(app.db.pool(), &sql, values![before]).await? {
        let of_this = fold(app, newsletter).await?;
        tracing::info!(
            newsletter.id = newsletter,
            deliveries = of_this,
            "old deliveries were folded"
        );
        folded += of_this;
    }
    if folded > 0 && app.db.is_sqlite() {
        app.db
            .queue()
            .rows("PRAGMA incremental_vacuum", values![], |_| Ok(()))
            .await?;
    }
    Ok(folded)
}

async fn fold(app: &App, newsletter: i64) -> Result<u64, DbErr> {
    // The newsletter's part of delivery's primary key, in its order.
    let sql = format!(
        "SELECT subscriber_id, at, relay, tls, attempts FROM delivery
         WHERE newsletter_id = $1 AND state = {ACCEPTED} ORDER BY subscriber_id LIMIT {SLICE}"
    );
    let mut folded = 0;
    loop {
        let transaction = app.db.begin().await?;
        let rows: Vec<Folded> = db::rows(&transaction, &sql, values![newsletter]).await?;
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
            return Ok(folded);
        };
        let (first, last) = (first.subscriber_id, last.subscriber_id);
        let content = encode(&rows);
        if decode(&content).is_none_or(|read| read.len() != rows.len()) {
            return Err(DbErr::Custom(format!(
                "the deliveries of newsletter {newsletter} cannot be folded: they would read differently"
            )));
        }
        db::execute(
            &transaction,
            "INSERT INTO accepted_record (newsletter_id, first_subscriber, last_subscriber, readers, content)
             VALUES ($1, $2, $3, $4, $5)",
            values![newsletter, first, last, rows.len() as i64, content],
        )
        .await?;
        let delete = format!(
            "DELETE FROM delivery WHERE newsletter_id = $1 AND state = {ACCEPTED}
               AND subscriber_id BETWEEN $2 AND $3"
        );
        let deleted = db::execute(&transaction, &delete, values![newsletter, first, last]).await?;
        if deleted != rows.len() as u64 {
            // Dropped, the transaction changes nothing.
            return Err(DbErr::Custom(format!(
                "the deliveries of newsletter {newsletter} changed while they were folded"
            )));
        }
        transaction.commit().await?;
        folded += deleted;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::{Clock, SECOND, instant},
        delivery::{
            accepted_at, count_accepted, queue, receipt, received_newsletters, send_again, testing,
        },
        delivery_lookup,
        delivery_state::DeliveryState,
        newsletters,
    };

    /// A newsletter to six, four accepted, one refused, one withdrawn; finished.
    async fn finished(app: &App) -> i64 {
        let newsletter = testing::sending_newsletter(app, 6).await;
        let now = app.clock.now_ms();
        while queue::enqueue_slice(&app.db, &newsletter, now)
            .await
            .unwrap()
        {}
        for (subscriber, state) in [(1, 3), (2, 3), (3, 4), (4, 3), (5, 5), (6, 3)] {
            app.db
                .execute(
                    "UPDATE delivery SET state = $3, at = $4, relay = 7, tls = 1, attempts = 2
                     WHERE newsletter_id = $1 AND subscriber_id = $2",
                    values![newsletter.id, subscriber, state, now + subscriber * SECOND],
                )
                .await
                .unwrap();
        }
        assert!(queue::finish(&app.db, newsletter.id, now).await.unwrap());
        newsletter.id
    }

    #[tokio::test]
    async fn what_was_accepted_long_ago_is_folded_and_who_got_it_stays_on_record() {
        let begun = 1_700_000_000_000;
        let (app, _folder) = testing::app(Clock::fixed_at(instant(begun))).await;
        let id = finished(&app).await;
        let told = async || {
            let mut all = Vec::new();
            for reader in 0..8 {
                all.push(receipt(&app, id, reader).await.unwrap());
            }
            all
        };
        let before = told().await;
        let received = async || {
            let mut all = Vec::new();
            for reader in 0..8 {
                all.push(received_newsletters(&app, reader).await.unwrap());
            }
            all
        };
        let received_before = received().await;
        assert_eq!(received_before[4], (1, Some(instant(begun + 4 * SECOND))));
        assert_eq!(received_before[5], (0, None), "withdrawn");
        let kept = async |reader| {
            delivery_lookup::of_reader(app.db.pool(), reader)
                .await
                .unwrap()
        };
        let (of_first, of_third) = (kept(1).await, kept(3).await);
        assert_eq!(of_first[0].state, DeliveryState::Accepted);
        assert_eq!(of_third[0].state, DeliveryState::Failed);
        let counts = newsletters::counts(&app, id).await.unwrap();
        app.clock.advance_ms(24 * 31 * DAY);
        assert_eq!(fold_old(&app).await.unwrap(), 0, "not yet old enough");
        app.clock.advance_ms(DAY);
        assert_eq!(fold_old(&app).await.unwrap(), 4);
        assert_eq!(fold_old(&app).await.unwrap(), 0);

        let rows: Vec<i64> = db::scalars(
            app.db.pool(),
            "SELECT subscriber_id FROM delivery ORDER BY 1",
            [],
        )
        .await
        .unwrap();
        assert_eq!(rows, [3, 5], "what was not accepted keeps its row");
        assert_eq!(told().await, before);
        assert_eq!(received().await, received_before);
        assert_eq!((kept(1).await, kept(3).await), (of_first, of_third));
        let first = before[1].as_ref().unwrap();
        assert_eq!((first.state, first.attempts), ("accepted", 2));
        assert_eq!(newsletters::counts(&app, id).await.unwrap(), counts);
        let pool = app.db.pool();
        assert_eq!(count_accepted(pool, id).await.unwrap(), 4);
        let at = accepted_at(pool, id, 4).await.unwrap();
        assert_eq!(at, Some(begun + 4 * SECOND));
        assert_eq!(accepted_at(pool, id, 3).await.unwrap(), None);
        // Pressed now, it would not know who has it.
        let again = send_again(&app, id, "operator").await;
        assert!(again.unwrap_err().to_string().contains("folded"));
    }

    #[tokio::test]
    async fn a_newsletter_that_is_still_being_sent_is_never_folded() {
        let (app, _folder) = testing::app(Clock::fixed_at(instant(1_700_000_000_000))).await;
        let id = finished(&app).await;
        let sql = "UPDATE newsletter SET state = $2 WHERE id = $1";
        let sending = NewsletterState::Sending as i16;
        app.db.execute(sql, values![id, sending]).await.unwrap();
        app.clock.advance_ms(3_000 * DAY);
        assert_eq!(fold_old(&app).await.unwrap(), 0);
    }
}
