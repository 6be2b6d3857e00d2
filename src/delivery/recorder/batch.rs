//! What one commit carries: outcomes first, then leave to send.
//!
//! Every step may be repeated: a row ends once, and asking again gives the same answer.

use std::sync::LazyLock;

use sea_orm::DbErr;

use crate::{
    app::App,
    db::Transaction,
    delivery::{
        outcome::{Attempt, MessageKey, Outcome, Request},
        retry::MOST_DOUBTS,
    },
    delivery_state::{
        DeliveryState, Tls,
        sql::{CLAIMED, FAILED},
        transition::{Table, Transition},
    },
    newsletters::newsletter_state_sql::{CANCELLED, PAUSED, SENDING},
    subscribers::audience::{Audience, NO_TOPIC},
    values,
};

/// One commit for several senders; its vectors are reused.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// Who waits for the answer, and what it asked.
    pub senders: Vec<(usize, Option<MessageKey>)>,
    /// What was asked for and may be sent.
    pub allowed: Vec<MessageKey>,
    attempts: Vec<Attempt>,
    refused: Vec<MessageKey>,
    numbers: String,
}

impl Batch {
    /// Outcomes alone, to be recorded once more.
    pub fn again(attempts: Vec<Attempt>) -> Self {
        Self {
            attempts,
            ..Self::default()
        }
    }

    /// Hands over the outcomes that were committed.
    pub fn take_outcomes(&mut self, into: &mut Vec<Attempt>) {
        into.append(&mut self.attempts);
    }

    pub fn clear(&mut self) {
        self.senders.clear();
        self.attempts.clear();
    }

    pub fn add(&mut self, sender: usize, request: Request) {
        self.senders.push((sender, request.ask));
        self.attempts.extend(request.attempts.into_iter().flatten());
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
        for attempt in &self.attempts {
            record_outcome(&mut transaction, attempt, now).await?;
        }
        for (_, ask) in &self.senders {
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

    /// What all senders have in common, if they do: one newsletter, one relay, nothing but acceptance.
    fn in_common(&self) -> Option<Common> {
        let mut common = None;
        for attempt in &self.attempts {
            let MessageKey::Delivery {
                newsletter, topic, ..
            } = attempt.key
            else {
                return None;
            };
            let this = Common {
                newsletter,
                topic,
                relay: attempt.relay,
                tls: attempt.tls,
            };
            if !matches!(attempt.outcome, Outcome::Accepted) || *common.get_or_insert(this) != this
            {
                return None;
            }
        }
        let common = common?;
        let asks_alike = self.senders.iter().all(|(_, ask)| match ask {
            Some(MessageKey::Delivery { newsletter, .. }) => *newsletter == common.newsletter,
            Some(MessageKey::TransactionalMail(_)) => false,
            None => true,
        });
        asks_alike.then_some(common)
    }

    async fn commit_as_one(&mut self, app: &App, worker: i64, common: Common) -> Result<(), DbErr> {
        self.numbers.clear();
        for attempt in &self.attempts {
            if let MessageKey::Delivery { subscriber, .. } = attempt.key {
                append(&mut self.numbers, subscriber);
            }
        }
        let done = self.numbers.clone();
        self.numbers.clear();
        for (_, ask) in &self.senders {
            if let Some(MessageKey::Delivery { subscriber, .. }) = ask {
                append(&mut self.numbers, *subscriber);
            }
        }
        // Every table by its primary key: with `state = 1` the planner would take delivery_claimed and
        // walk all that this worker holds, and all that it has held. The two halves see the same snapshot, and they are about
        // different rows: nobody asks for what has just ended.
        let wanted = Audience::of_topic(common.topic).sql_join_wanted("$5");
        let done_now = Transition::Accept.sql(
            Table::Delivery,
            "at = $2, relay = $3, tls = $8, worker = NULL, attempts = attempts + 1",
            "newsletter_id = $1 AND subscriber_id = ANY(string_to_array($4, ',')::bigint[])",
        );
        let sql = format!(
            "WITH done AS ({done_now})
             SELECT d.subscriber_id FROM delivery d
             {wanted}
             WHERE d.newsletter_id = $1 AND d.state + 0 = {CLAIMED} AND d.worker = $6 AND d.relay IS NULL
               AND d.subscriber_id = ANY(string_to_array($7, ',')::bigint[])
               AND EXISTS (SELECT 1 FROM newsletter n WHERE n.id = $1 AND n.state = {SENDING})"
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
            .rows(&sql, values, |row| row.integer("subscriber_id"))
            .await?;
        for (_, ask) in &self.senders {
            if let Some(key @ MessageKey::Delivery { subscriber, .. }) = ask {
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
    /// paused a moment ago and has been resumed since, or the reader's address is another one now.
    async fn turn_away(&self, app: &App, worker: i64) -> Result<(), DbErr> {
        // Held until the rows are moved: a cancellation comes before, and is seen, or after, and
        // finds them in the queue.
        let hold = app.db.sql_lock("FOR SHARE");
        let asked = format!(
            "SELECT id FROM newsletter WHERE id = $1 AND state IN ({SENDING}, {PAUSED}) {hold}"
        );
        let now = app.clock.now_ms();
        let mut transaction = app.db.queue().begin().await?;
        for key in &self.refused {
            let MessageKey::Delivery {
                newsletter,
                topic,
                subscriber,
            } = *key
            else {
                continue;
            };
            let goes_on = transaction.any(&asked, values![newsletter]).await?;
            let address = Audience::of_topic(topic).sql_address_wanted("$6");
            let is_over = format!("NOT ($5 AND EXISTS ({address}))");
            let turned = Transition::GiveBack.sql_or(
                Table::Delivery,
                (&is_over, Transition::Withdraw),
                "at = $4, worker = NULL, relay = NULL",
                "newsletter_id = $1 AND subscriber_id = $2 AND worker = $3",
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

static MAY_GO_TO_ONE: LazyLock<String> = LazyLock::new(|| {
    format!("SELECT id FROM transactional_mail WHERE id = $1 AND state = {CLAIMED} AND worker = $2")
});

fn may_go_of(topic: i64) -> String {
    // Every table by its primary key.
    format!(
        "SELECT d.subscriber_id FROM delivery d
         {}
         JOIN newsletter n ON n.id = d.newsletter_id AND n.state = {SENDING}
         WHERE d.newsletter_id = $1 AND d.subscriber_id = $2 AND d.state = {CLAIMED} AND d.worker = $3
           AND d.relay IS NULL",
        Audience::of_topic(topic).sql_join_wanted("$4")
    )
}

/// S12: the last look before MAIL FROM. This worker holds it, the newsletter is being sent, and the
/// reader still wants it, at the address that was claimed.
async fn may_go(
    transaction: &mut Transaction,
    worker: i64,
    key: MessageKey,
) -> Result<bool, DbErr> {
    match key {
        MessageKey::Delivery {
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
        MessageKey::TransactionalMail(id) => {
            transaction.any(&MAY_GO_TO_ONE, values![id, worker]).await
        }
    }
}

/// The statements that store an outcome, for [`Transition::Accept`], `Defer` and `Fail`.
struct Record {
    delivery: String,
    transactional: String,
}

static RECORD_ACCEPTED: LazyLock<Record> = LazyLock::new(|| Record::of(Transition::Accept));
static RECORD_DEFERRED: LazyLock<Record> = LazyLock::new(|| Record::of(Transition::Defer));
static RECORD_FAILED: LazyLock<Record> = LazyLock::new(|| Record::of(Transition::Fail));

impl Record {
    /// What was on the wire when its newsletter was cancelled is not tried again; and a commit whose
    /// answer was lost counts once.
    fn of(transition: Transition) -> Self {
        let set = "at = $3, relay = $4, tls = $5, worker = NULL, attempts = attempts + 1";
        let to = transition.rule().to as i16;
        let only =
            format!("newsletter_id = $1 AND subscriber_id = $2 AND NOT (state = {to} AND at = $3)");
        let delivery = if transition == Transition::Defer {
            let is_cancelled = format!(
                "EXISTS (SELECT 1 FROM newsletter n WHERE n.id = $1 AND n.state = {CANCELLED})"
            );
            let cancelled = (is_cancelled.as_str(), Transition::Withdraw);
            transition.sql_or(Table::Delivery, cancelled, set, &only)
        } else {
            transition.sql(Table::Delivery, set, &only)
        };
        let set = "at = $2, relay = $3, code = $4, words = $5, tls = $6, worker = NULL, attempts = attempts + 1";
        Self {
            delivery,
            transactional: transition.sql(Table::TransactionalMail, set, "id = $1"),
        }
    }
}

/// Stores one outcome. Whoever holds the row by now: what the relay said is what counts. A claim
/// that was taken over meanwhile ends here, before the other worker sends.
async fn record_outcome(
    transaction: &mut Transaction,
    attempt: &Attempt,
    now: i64,
) -> Result<(), DbErr> {
    let (record, state, at, code, words) = match &attempt.outcome {
        Outcome::Accepted => (&*RECORD_ACCEPTED, DeliveryState::Accepted, now, 250, ""),
        Outcome::Deferred(at, code, words) => (
            &*RECORD_DEFERRED,
            DeliveryState::Deferred,
            *at,
            *code,
            words.as_str(),
        ),
        Outcome::Failed(code, words) => (
            &*RECORD_FAILED,
            DeliveryState::Failed,
            now,
            *code,
            words.as_str(),
        ),
    };
    match attempt.key {
        MessageKey::TransactionalMail(id) => {
            transaction
                .execute(
                    &record.transactional,
                    values![
                        id,
                        at,
                        attempt.relay,
                        code as i16,
                        words,
                        attempt.tls as i16
                    ],
                )
                .await?;
        }
        MessageKey::Delivery {
            newsletter,
            subscriber,
            ..
        } => {
            let changed = transaction
                .execute(
                    &record.delivery,
                    values![
                        newsletter,
                        subscriber,
                        at,
                        attempt.relay,
                        attempt.tls as i16
                    ],
                )
                .await?;
            if changed > 0 && state != DeliveryState::Accepted {
                let doubt = attempt.in_doubt.then_some(now);
                keep_words(
                    transaction,
                    (newsletter, subscriber),
                    state,
                    now,
                    code,
                    words,
                    doubt,
                )
                .await?;
                if attempt.in_doubt {
                    end_doubt(transaction, (newsletter, subscriber), now).await?;
                }
            }
        }
    }
    Ok(())
}

/// Gives up what may have arrived so often.
async fn end_doubt(
    transaction: &mut Transaction,
    (newsletter, subscriber): (i64, i64),
    now: i64,
) -> Result<(), DbErr> {
    // The primary keys of both
    let only = format!(
        "newsletter_id = $1 AND subscriber_id = $2 AND EXISTS (
             SELECT 1 FROM delivery_reply r WHERE r.newsletter_id = $1 AND r.subscriber_id = $2 AND r.doubts >= {MOST_DOUBTS})"
    );
    let sql = Transition::Fail.sql(Table::Delivery, "at = $3", &only);
    let values = values![newsletter, subscriber, now];
    if transaction.execute(&sql, values).await? > 0 {
        let sql = format!(
            "UPDATE delivery_reply SET outcome = {FAILED}, words = 'given up, as it may have arrived: ' || words
             WHERE newsletter_id = $1 AND subscriber_id = $2"
        );
        let values = values![newsletter, subscriber];
        transaction.execute(&sql, values).await?;
    }
    Ok(())
}

/// The relay's last words about a delivery that it did not accept.
async fn keep_words(
    transaction: &mut Transaction,
    (newsletter, subscriber): (i64, i64),
    state: DeliveryState,
    now: i64,
    code: u16,
    words: &str,
    in_doubt_at: Option<i64>,
) -> Result<(), DbErr> {
    transaction
        .execute(
            "INSERT INTO delivery_reply (newsletter_id, subscriber_id, at, outcome, code, words, in_doubt_at, doubts)
             VALUES ($1, $2, $3, $4, $5, $6, $7, CASE WHEN $7 IS NULL THEN 0 ELSE 1 END)
             ON CONFLICT (newsletter_id, subscriber_id) DO UPDATE SET
                at = excluded.at, outcome = excluded.outcome, code = excluded.code, words = excluded.words,
                in_doubt_at = coalesce(delivery_reply.in_doubt_at, excluded.in_doubt_at),
                doubts = delivery_reply.doubts + excluded.doubts",
            values![
                newsletter,
                subscriber,
                now,
                state as i16,
                code as i16,
                words,
                in_doubt_at
            ],
        )
        .await?;
    Ok(())
}
