//! Addresses that take no mail (P12): one that was refused for good again and again is not mailed
//! any more, until its holder asks anew.
//!
//! Here it is the relay that speaks, and one that is set up wrongly says "no such user" of
//! everybody. So one refusal stops nobody: it takes several newsletters in a row, over a week (the
//! bounce table's CNT).

use sea_orm::{DbErr, FromQueryResult};
use serde_json::json;

use crate::{
    app::App,
    clock::{DAY, instant},
    db,
    delivery_state::sql::{ACCEPTED, FAILED},
    subscribers::{
        self, SubscriberError,
        audience::{sql_is_confirmed, sql_join_subscriber},
    },
    values,
};

/// So many newsletters, the last at least so long after the first.
const REFUSALS: i64 = 3;
const REFUSED_FOR_MS: i64 = 7 * DAY;

/// Condition on a reply `r`: there is nobody of that name, or no such host, or they moved (RFC 3463
/// §3.2). 5.1.7 and 5.1.8 are about us.
const NOBODY_THERE: &str = "r.code >= 500
    AND (r.words LIKE '5.1.1%' OR r.words LIKE '5.1.2 %' OR r.words LIKE '5.1.3 %' OR r.words LIKE '5.1.6 %')";

/// Somebody who was refused in the newsletter, and often before.
#[derive(FromQueryResult)]
struct Refused {
    subscriber: i64,
    #[sea_orm(nested)]
    times: Times,
}

/// How often, and when for the first and the last time.
#[derive(Clone, Copy, FromQueryResult)]
struct Times {
    newsletters: i64,
    first_at: i64,
    last_at: i64,
}

impl Times {
    fn are_enough(self) -> bool {
        self.newsletters >= REFUSALS && self.last_at - self.first_at >= REFUSED_FOR_MS
    }
}

/// Stops mailing whom the newsletter, which is finished, could not reach, as so many before it. How
/// many they are.
///
/// # Errors
/// The database failed.
pub(super) async fn stop_mailing_refused(
    app: &App,
    newsletter: i64,
) -> Result<u64, SubscriberError> {
    // The newsletter's part of delivery_reply, subscriber by its key, delivery_reply_refused.
    // What was before somebody confirmed, or confirmed anew, does not count.
    let sql = format!(
        "SELECT s.id AS subscriber, count(*) AS newsletters, min(r.at) AS first_at, max(r.at) AS last_at
         FROM delivery_reply f
         {} AND {}
         JOIN delivery_reply r ON r.subscriber_id = f.subscriber_id AND r.at >= s.status_at
              AND r.outcome = {FAILED} AND {NOBODY_THERE}
         WHERE f.newsletter_id = $1 AND f.outcome = {FAILED} AND f.code >= 500
         GROUP BY s.id HAVING count(*) >= $2",
        sql_join_subscriber("f.subscriber_id"),
        sql_is_confirmed()
    );
    let values = values![newsletter, REFUSALS];
    let refused: Vec<Refused> = db::rows(app.db.pool(), &sql, values).await?;
    let mut stopped = 0;
    for one in refused {
        if let Some(times) = one.in_a_row(app).await?
            && times.are_enough()
        {
            stopped += u64::from(one.stop(app, times).await?);
        }
    }
    if stopped > 0 {
        tracing::info!(
            newsletter.id = newsletter,
            subscribers = stopped,
            "not mailed any more: their addresses take no mail"
        );
    }
    Ok(stopped)
}

impl Refused {
    /// The refusals since something was last taken for them.
    async fn in_a_row(&self, app: &App) -> Result<Option<Times>, DbErr> {
        // delivery by its key, once for each newsletter that was being sent since then.
        let sql = format!(
            "SELECT max(d.at) FROM newsletter n
             JOIN delivery d ON d.newsletter_id = n.id AND d.subscriber_id = $1
             WHERE n.started_at IS NOT NULL AND coalesce(n.finished_at, $2) >= $2
               AND d.state = {ACCEPTED} AND d.at >= $2"
        );
        let values = values![self.subscriber, self.times.first_at];
        let taken: Option<i64> = db::scalar(app.db.pool(), &sql, values).await?;
        let Some(taken_at) = taken else {
            return Ok(Some(self.times));
        };
        // delivery_reply_refused
        let sql = format!(
            "SELECT count(*) AS newsletters, min(r.at) AS first_at, max(r.at) AS last_at FROM delivery_reply r
             WHERE r.subscriber_id = $1 AND r.at > $2 AND r.outcome = {FAILED} AND {NOBODY_THERE} HAVING count(*) > 0"
        );
        db::row(app.db.pool(), &sql, values![self.subscriber, taken_at]).await
    }

    /// From confirmed to bounced, with the evidence; false where they left meanwhile.
    async fn stop(&self, app: &App, times: Times) -> Result<bool, SubscriberError> {
        let evidence = json!({
            "refused_in_newsletters": times.newsletters,
            "first": instant(times.first_at),
            "last": instant(times.last_at),
        });
        let transaction = app.db.begin().await?;
        let Some(who) = subscribers::returnee(&transaction, self.subscriber).await? else {
            return Ok(false);
        };
        let stopped = subscribers::bounced(app, &transaction, &who, &evidence).await?;
        transaction.commit().await?;
        Ok(stopped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::Clock, delivery::testing, delivery_state::DeliveryState, subscribers::Status,
        test_data,
    };

    const NOBODY: &str = "5.1.1 there is nobody of that name";

    /// A newsletter every four days: what the relay said to each reader, with nothing for "taken".
    async fn sent(app: &App, newsletter: i64, replies: &[Option<(i16, &str)>]) -> u64 {
        app.clock.advance_ms(4 * DAY);
        if newsletter > 1 {
            let more = test_data::newsletter(&newsletter.to_string()).id(newsletter);
            more.sending().insert(app).await;
        }
        for (reply, subscriber) in replies.iter().zip(1_i64..) {
            let state = match reply {
                Some(_) => DeliveryState::Failed,
                None => DeliveryState::Accepted,
            };
            let delivery = test_data::delivery(newsletter, subscriber).state(state);
            delivery.insert(app).await;
            if let Some((code, words)) = reply {
                let refused = (newsletter, subscriber);
                test_data::reply(app, refused, DeliveryState::Failed, (*code, words)).await;
            }
        }
        stop_mailing_refused(app, newsletter).await.unwrap()
    }

    async fn status(app: &App, subscriber: i64) -> Option<Status> {
        let sql = "SELECT status FROM subscriber WHERE id = $1";
        db::scalar(app.db.pool(), sql, values![subscriber])
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn p12_who_is_refused_for_good_in_newsletter_after_newsletter_is_not_mailed_any_more() {
        let clock = Clock::fixed_at(instant(1_780_000_000_000));
        let (app, _folder) = testing::app(clock).await;
        testing::sending_newsletter(&app, 5).await;
        let gone = Some((550, NOBODY));
        let blocked = Some((554, "5.7.1 blocked"));
        let late = Some((451, "not sent before the give-up time; before: 5.1.1 no"));
        // The second was reached in between, the fifth is refused for too short a while.
        for (newsletter, replies) in [
            (1, [gone, gone, blocked, late, None]),
            (2, [gone, None, blocked, late, None]),
            (3, [gone, gone, blocked, late, None]),
            (4, [gone, gone, blocked, late, gone]),
        ] {
            let stopped = sent(&app, newsletter, &replies).await;
            assert_eq!(stopped, u64::from(newsletter == 3), "{newsletter}");
        }
        assert_eq!(status(&app, 1).await, Some(Status::Bounced));
        for others in 2..=5 {
            assert_eq!(status(&app, others).await, Some(Status::Confirmed));
        }
        let key = "reader1@example.org";
        let suppressed = "SELECT count(*) FROM suppression";
        let suppressed: Option<i64> = db::scalar(app.db.pool(), suppressed, []).await.unwrap();
        assert_eq!(suppressed, Some(1));
        let evidence = subscribers::evidence(&app, key).await.unwrap();
        let last = evidence["events"].as_array().unwrap().last().unwrap();
        assert_eq!(last["event"], "bounced");
        assert_eq!(last["refused_in_newsletters"], 3);
        // Asked once more, it changes nothing.
        assert_eq!(stop_mailing_refused(&app, 4).await.unwrap(), 0);
        // And the next that is refused in a row with the last two.
        let gone_again = [gone, gone, blocked, late, gone];
        assert_eq!(sent(&app, 5, &gone_again).await, 1);
        assert_eq!(status(&app, 2).await, Some(Status::Bounced));
    }

    #[tokio::test]
    async fn o9_what_was_refused_before_somebody_confirmed_anew_does_not_count() {
        let clock = Clock::fixed_at(instant(1_780_000_000_000));
        let (app, _folder) = testing::app(clock).await;
        testing::sending_newsletter(&app, 1).await;
        let gone = [Some((550, NOBODY))];
        assert_eq!(sent(&app, 1, &gone).await, 0);
        assert_eq!(sent(&app, 2, &gone).await, 0);
        app.clock.advance_ms(1);
        app.db
            .execute(
                "UPDATE subscriber SET status_at = $1",
                values![app.clock.now_ms()],
            )
            .await
            .unwrap();
        for newsletter in 3..=4 {
            assert_eq!(sent(&app, newsletter, &gone).await, 0);
        }
        assert_eq!(status(&app, 1).await, Some(Status::Confirmed));
        assert_eq!(sent(&app, 5, &gone).await, 1);
    }
}
