//! What one commit carries: outcomes first, then leave to send.
//!
//! Every step may be repeated: a row is settled once, and asking again gives the same answer.

use std::sync::LazyLock;

use sea_orm::DbErr;

use super::{Fate, Key, Request, Settled};
use crate::{
    app::App,
    db::Transaction,
    delivery::{DeliveryState, smtp::Tls},
    subscribers::audience::{Audience, NO_TOPIC},
    values,
};

/// One commit for several lanes; its vectors are reused.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// Who waits for the answer, and what it asked.
    pub lanes: Vec<(usize, Option<Key>)>,
    /// What was asked for and may be sent.
    pub allowed: Vec<Key>,
    settled: Vec<Settled>,
    refused: Vec<Key>,
    numbers: String,
}

impl Batch {
    pub fn clear(&mut self) {
        self.lanes.clear();
        self.settled.clear();
    }

    pub fn add(&mut self, lane: usize, request: Request) {
        self.lanes.push((lane, request.ask));
        self.settled.extend(request.settled.into_iter().flatten());
    }

    /// Records, then allows, as one transaction.
    pub async fn commit(&mut self, app: &App, worker: i64) -> Result<(), DbErr> {
        self.allowed.clear();
        self.refused.clear();
        match self.in_common() {
            // Over a network each statement is a round trip, and this is nearly always the case.
            Some(common) if !app.db.is_sqlite() => self.commit_as_one(app, worker, common).await?,
            _ => self.commit_by_row(app, worker).await?,
        }
        if !self.refused.is_empty() {
            self.turn_away(app, worker).await?;
        }
        Ok(())
    }

    /// Statement by statement, each by a primary key: on `SQLite` a few microseconds apiece.
    async fn commit_by_row(&mut self, app: &App, worker: i64) -> Result<(), DbErr> {
        let mut transaction = app.db.queue().begin().await?;
        let now = app.clock.now_ms();
        for settled in &self.settled {
            record(&mut transaction, settled, now).await?;
        }
        for (_, ask) in &self.lanes {
            match ask {
                Some(key) if may_go(&mut transaction, worker, *key).await? => {
                    self.allowed.push(*key);
                }
                Some(key) => self.refused.push(*key),
                None => {}
            }
        }
        transaction.commit().await
    }

    /// What all lanes have in common, if they do: one newsletter, one relay, nothing but acceptance.
    fn in_common(&self) -> Option<Common> {
        let mut common = None;
        for settled in &self.settled {
            let Key::Delivery {
                newsletter, topic, ..
            } = settled.key
            else {
                return None;
            };
            let this = Common {
                newsletter,
                topic,
                relay: settled.relay,
                tls: settled.tls,
            };
            if !matches!(settled.fate, Fate::Accepted) || *common.get_or_insert(this) != this {
                return None;
            }
        }
        let common = common?;
        let asks_alike = self.lanes.iter().all(|(_, ask)| match ask {
            Some(Key::Delivery { newsletter, .. }) => *newsletter == common.newsletter,
            Some(Key::TransactionalMail(_)) => false,
            None => true,
        });
        asks_alike.then_some(common)
    }

    async fn commit_as_one(&mut self, app: &App, worker: i64, common: Common) -> Result<(), DbErr> {
        self.numbers.clear();
        for settled in &self.settled {
            if let Key::Delivery { subscriber, .. } = settled.key {
                append(&mut self.numbers, subscriber);
            }
        }
        let done = self.numbers.clone();
        self.numbers.clear();
        for (_, ask) in &self.lanes {
            if let Some(Key::Delivery { subscriber, .. }) = ask {
                append(&mut self.numbers, *subscriber);
            }
        }
        // Every table by its primary key: with `state = 1` the planner would take delivery_claimed and
        // walk all that this worker holds, and all that it has held. The two halves see the same snapshot, and they are about
        // different rows: nobody asks for what has just been settled.
        let wanted = Audience::of_topic(common.topic).sql_join_wanted("$5");
        let sql = format!(
            "WITH done AS (
                UPDATE delivery SET state = 3, at = $2, relay = $3, tls = $8, worker = NULL, attempts = attempts + 1
                WHERE newsletter_id = $1 AND state < 3
                  AND subscriber_id = ANY(string_to_array($4, ',')::bigint[]))
             SELECT d.subscriber_id FROM delivery d
             {wanted}
             WHERE d.newsletter_id = $1 AND d.state + 0 = 1 AND d.worker = $6
               AND d.subscriber_id = ANY(string_to_array($7, ',')::bigint[])
               AND EXISTS (SELECT 1 FROM newsletter n WHERE n.id = $1 AND n.state = 2)"
        );
        let values = values![
            common.newsletter,
            app.clock.now_ms(),
            common.relay,
            done,
            common.topic,
            worker,
            self.numbers.clone(),
            common.tls as i16
        ];
        let may_go = app
            .db
            .queue()
            .rows(&sql, values, |row| row.integer(0))
            .await?;
        for (_, ask) in &self.lanes {
            if let Some(key @ Key::Delivery { subscriber, .. }) = ask {
                if may_go.contains(subscriber) {
                    self.allowed.push(*key);
                } else {
                    self.refused.push(*key);
                }
            }
        }
        Ok(())
    }

    /// What was not allowed and is still ours is withdrawn where its reader has left or the
    /// newsletter is cancelled, and goes back to the queue otherwise: the newsletter pauses, or
    /// paused a moment ago and has been resumed since.
    async fn turn_away(&self, app: &App, worker: i64) -> Result<(), DbErr> {
        // Held until the rows are moved: a cancellation comes before, and is seen, or after, and
        // finds them in the queue.
        let hold = if app.db.is_sqlite() { "" } else { "FOR SHARE" };
        let asked = format!("SELECT id FROM newsletter WHERE id = $1 AND state IN (2, 3) {hold}");
        let now = app.clock.now_ms();
        let mut transaction = app.db.queue().begin().await?;
        for key in &self.refused {
            let Key::Delivery {
                newsletter,
                topic,
                subscriber,
            } = *key
            else {
                continue;
            };
            let goes_on = transaction.any(&asked, values![newsletter]).await?;
            let address = Audience::of_topic(topic).sql_address_wanted("$6");
            let turned = format!(
                "UPDATE delivery SET at = $4, worker = NULL,
                        state = CASE WHEN $5 AND EXISTS ({address}) THEN 0 ELSE 5 END
                 WHERE newsletter_id = $1 AND subscriber_id = $2 AND worker = $3 AND state = 1"
            );
            let values = values![newsletter, subscriber, worker, now, goes_on, topic];
            transaction.execute(&turned, values).await?;
        }
        transaction.commit().await
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Common {
    newsletter: i64,
    topic: i64,
    relay: i16,
    tls: Tls,
}

fn append(numbers: &mut String, number: i64) {
    if !numbers.is_empty() {
        numbers.push(',');
    }
    // Writing to a String cannot fail.
    let _ = std::fmt::Write::write_fmt(numbers, format_args!("{number}"));
}

/// The question of [`may_go`] for each audience, written once.
static MAY_GO: LazyLock<String> = LazyLock::new(|| may_go_of(1));
static MAY_GO_TO_PRESS: LazyLock<String> = LazyLock::new(|| may_go_of(NO_TOPIC));

fn may_go_of(topic: i64) -> String {
    // Every table by its primary key.
    format!(
        "SELECT d.subscriber_id FROM delivery d
         {}
         JOIN newsletter n ON n.id = d.newsletter_id AND n.state = 2
         WHERE d.newsletter_id = $1 AND d.subscriber_id = $2 AND d.state = 1 AND d.worker = $3",
        Audience::of_topic(topic).sql_join_wanted("$4")
    )
}

/// S12: the last look before MAIL FROM. This worker holds it, the newsletter is being sent, and the
/// reader still wants it.
async fn may_go(transaction: &mut Transaction, worker: i64, key: Key) -> Result<bool, DbErr> {
    match key {
        Key::Delivery {
            newsletter,
            topic,
            subscriber,
        } => {
            let sql = if topic == NO_TOPIC {
                &MAY_GO_TO_PRESS
            } else {
                &MAY_GO
            };
            transaction
                .any(sql, values![newsletter, subscriber, worker, topic])
                .await
        }
        Key::TransactionalMail(id) => {
            let sql =
                "SELECT id FROM transactional_mail WHERE id = $1 AND state = 1 AND worker = $2";
            transaction.any(sql, values![id, worker]).await
        }
    }
}

/// Stores one outcome. Whoever holds the row by now: what the relay said is what counts. A claim
/// that was taken over meanwhile ends here, before the other worker sends.
async fn record(transaction: &mut Transaction, settled: &Settled, now: i64) -> Result<(), DbErr> {
    let (state, at, code, words) = match &settled.fate {
        Fate::Accepted => (DeliveryState::Accepted, now, 250, ""),
        Fate::Deferred(at, code, words) => (DeliveryState::Deferred, *at, *code, words.as_str()),
        Fate::Failed(code, words) => (DeliveryState::Failed, now, *code, words.as_str()),
    };
    match settled.key {
        Key::TransactionalMail(id) => {
            transaction
                .execute(
                    "UPDATE transactional_mail SET state = $2, at = $3, relay = $4, code = $5, words = $6, tls = $7,
                                        worker = NULL, attempts = attempts + 1
                     WHERE id = $1 AND state < 3",
                    values![
                        id,
                        state as i16,
                        at,
                        settled.relay,
                        code as i16,
                        words,
                        settled.tls as i16
                    ],
                )
                .await?;
        }
        Key::Delivery {
            newsletter,
            subscriber,
            ..
        } => {
            let changed = transaction
                .execute(
                    // What was on the wire when its newsletter was cancelled is not tried again; and a
                    // commit whose answer was lost counts once. The open states come first, 0 to 2: for
                    // a list of them SQLite would build a table each time.
                    "UPDATE delivery SET at = $4, relay = $5, tls = $6, worker = NULL, attempts = attempts + 1,
                        state = CASE WHEN $3 = 2 AND EXISTS (
                            SELECT 1 FROM newsletter n WHERE n.id = $1 AND n.state = 5) THEN 5 ELSE $3 END
                     WHERE newsletter_id = $1 AND subscriber_id = $2 AND state < 3
                       AND NOT (state = $3 AND at = $4)",
                    values![
                        newsletter,
                        subscriber,
                        state as i16,
                        at,
                        settled.relay,
                        settled.tls as i16
                    ],
                )
                .await?;
            if changed > 0 && state != DeliveryState::Accepted {
                keep_words(transaction, newsletter, subscriber, state, now, code, words).await?;
            }
        }
    }
    Ok(())
}

/// The relay's last words about a delivery that it did not accept.
async fn keep_words(
    transaction: &mut Transaction,
    newsletter: i64,
    subscriber: i64,
    state: DeliveryState,
    now: i64,
    code: u16,
    words: &str,
) -> Result<(), DbErr> {
    transaction
        .execute(
            "INSERT INTO delivery_reply (newsletter_id, subscriber_id, at, outcome, code, words)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (newsletter_id, subscriber_id) DO UPDATE SET
                at = excluded.at, outcome = excluded.outcome, code = excluded.code, words = excluded.words",
            values![newsletter, subscriber, now, state as i16, code as i16, words],
        )
        .await?;
    Ok(())
}
