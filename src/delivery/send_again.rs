//! Sends a newsletter again to those whom it did not reach for reasons that are not their mailbox's: the
//! relay was down until the deadline, or refused the sender. Each of them once more at most, and nobody
//! who got it or may have got it: the ledger of deliveries decides, in the transaction that lets the
//! newsletter go on. A row moves from failed to queued, so pressed twice it moves once, and with its row
//! it keeps its Message-ID.

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};

use super::{queue::list, smtp::is_about_mailbox};
use crate::{
    app::App,
    db::{self, sql_values},
    delivery_lookup::accepted_record,
    delivery_state::{
        DeliveryState::{Failed, Withdrawn},
        sql::{DEFERRED, FAILED},
        transition::{Table, Transition},
    },
    newsletters::{self, NewsletterError, NewsletterState},
    subscribers::Audience,
    values,
};

/// How many failures are looked at in one go.
const SLICE: i64 = 5_000;

/// How many readers a newsletter would be sent to again.
///
/// # Errors
/// [`DbErr`] where the database fails.
pub async fn count_not_reached(app: &App, newsletter: i64) -> Result<usize, DbErr> {
    Ok(not_reached(app.db.pool(), newsletter).await?.len())
}

/// Sends a newsletter again to those whom it did not reach; how many there are.
///
/// # Errors
/// [`NewsletterError::State`] where it is not sent yet or nobody is left to try, and what
/// [`newsletters::go_on_again`] says.
pub async fn send_again(app: &App, newsletter: i64, by: &str) -> Result<usize, NewsletterError> {
    newsletters::admit_again(app, newsletter).await?;
    let transaction = app.db.begin().await?;
    if accepted_record::count(&transaction, newsletter).await? > 0 {
        return Err(NewsletterError::State {
            id: newsletter,
            state: NewsletterState::Sent.as_str(),
            why: "it was sent so long ago that its deliveries are folded",
        });
    }
    let readers = not_reached(&transaction, newsletter).await?;
    newsletters::go_on_again(app, &transaction, newsletter, by, readers.len()).await?;
    if readers.is_empty() {
        // Dropped, the transaction changes nothing.
        return Err(NewsletterError::State {
            id: newsletter,
            state: NewsletterState::Sent.as_str(),
            why: "nobody is left to send it to again: the others got it, or may have got it, or their mailbox took nothing, or they were tried once more already",
        });
    }
    let now = app.clock.now_ms();
    for readers in readers.chunks(SLICE as usize) {
        let among = app.db.sql_in_list("subscriber_id", "$2");
        let only = format!("newsletter_id = $1 AND {among}");
        let sql = Transition::SendAgain.sql(Table::Delivery, "at = $3, attempts = 0", &only);
        db::execute(&transaction, &sql, values![newsletter, list(readers), now]).await?;
        let sql = format!(
            "UPDATE delivery_reply SET sent_again_at = $3, outcome = {DEFERRED} WHERE {only}"
        );
        db::execute(&transaction, &sql, values![newsletter, list(readers), now]).await?;
    }
    transaction.commit().await?;
    app.wake_delivery().await;
    Ok(readers.len())
}

#[derive(FromQueryResult)]
struct SentTo {
    topic_id: i64,
    total: i64,
}

#[derive(FromQueryResult)]
struct Failure {
    subscriber_id: i64,
    code: i16,
    words: String,
}

/// Whose last outcome is a failure that is not about their mailbox, who never may have got it, was not
/// tried again before, and still wants it. A relay that calls most of a list unknown is wrong about itself:
/// then what it said of their mailboxes counts for nothing.
async fn not_reached(
    connection: &impl ConnectionTrait,
    newsletter: i64,
) -> Result<Vec<i64>, DbErr> {
    // The primary key of newsletter.
    let sent = "SELECT topic_id, total FROM newsletter WHERE id = $1";
    let sent: Option<SentTo> = db::row(connection, sent, values![newsletter]).await?;
    let Some(SentTo {
        topic_id: topic,
        total,
    }) = sent
    else {
        return Ok(Vec::new());
    };
    let wanted = Audience::of_topic(topic).sql_join_wanted("$3");
    // delivery_exception, then delivery_reply and the reader by their primary keys.
    let sql = format!(
        "SELECT d.subscriber_id, r.code, r.words FROM delivery d
         JOIN delivery_reply r ON r.newsletter_id = d.newsletter_id AND r.subscriber_id = d.subscriber_id
         {wanted}
         WHERE d.newsletter_id = $1 AND d.state IN ({}) AND d.state = {FAILED} AND d.subscriber_id > $2
           AND r.sent_again_at IS NULL AND r.in_doubt_at IS NULL
         ORDER BY d.subscriber_id LIMIT {SLICE}",
        sql_values(&[Failed, Withdrawn])
    );
    let (mut found, mut of_mailbox, mut from) = (Vec::new(), Vec::new(), i64::MIN);
    loop {
        let slice: Vec<Failure> =
            db::rows(connection, &sql, values![newsletter, from, topic]).await?;
        let Some(last) = slice.last() else {
            break;
        };
        from = last.subscriber_id;
        for failure in slice {
            let is_theirs = is_about_mailbox(failure.code.unsigned_abs(), &failure.words);
            let among = if is_theirs {
                &mut of_mailbox
            } else {
                &mut found
            };
            among.push(failure.subscriber_id);
        }
    }
    if of_mailbox.len() as i64 * 2 > total {
        found.append(&mut of_mailbox);
        found.sort_unstable();
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::Clock, delivery::testing, test_data};

    #[tokio::test]
    async fn a_relay_that_calls_most_of_a_list_unknown_is_not_believed_about_any_of_it() {
        let (app, _folder) = testing::app(Clock::system()).await;
        test_data::office(&app).await;
        let id = testing::sending_newsletter(&app, 5).await.id;
        let pool = app.db.pool();
        let total = "UPDATE newsletter SET total = 5 WHERE id = $1";
        db::execute(pool, total, values![id]).await.unwrap();
        let unknown = (550, "5.1.1 no such user");
        for (reader, expected) in [(1, vec![]), (2, vec![]), (3, vec![1, 2, 3])] {
            let failed = test_data::delivery(id, reader).state(Failed);
            failed.insert(&app).await;
            test_data::reply(&app, (id, reader), Failed, unknown).await;
            assert_eq!(not_reached(pool, id).await.unwrap(), expected);
        }
        // Once more, and no more.
        let again = "UPDATE delivery_reply SET sent_again_at = 1";
        db::execute(pool, again, values![]).await.unwrap();
        assert!(not_reached(pool, id).await.unwrap().is_empty());
    }
}
