//! Folding: what was accepted of a newsletter that ended long ago leaves the table of deliveries and
//! stays on record in three or four bytes for each reader: who, when (to the second), by which relay,
//! how it travelled, and how often it was tried. So the proof of who got what stays for ever, and the
//! table does not grow for ever. What was not accepted keeps its row, with the relay's words.
//!
//! A record's bytes are numbers of seven bits a byte, the lowest first, for each reader in the order of
//! ids: twice the distance to the id before, plus 1 where relay, TLS and attempts are other ones than
//! the last; the distance in seconds to the time before, zigzag; and where they are others those three,
//! each plus one, 0 for none.

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};

use crate::{
    app::App,
    clock::{DAY, SECOND},
    db::{self, sql_values},
    delivery_state::sql::ACCEPTED,
    newsletters::NewsletterState,
    office::Office,
    values,
};

/// Readers of one record, and of one transaction.
const SLICE: i64 = 5_000;

/// One delivery that was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromQueryResult)]
pub(super) struct Folded {
    pub subscriber_id: i64,
    /// Milliseconds since 1970; folded, whole seconds.
    pub at: i64,
    pub relay: Option<i16>,
    pub tls: Option<i16>,
    pub attempts: i16,
}

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

/// What was folded of this newsletter for this reader.
pub(super) async fn find(
    connection: &impl ConnectionTrait,
    newsletter: i64,
    reader: i64,
) -> Result<Option<Folded>, DbErr> {
    // The primary key: the last record that begins at or before the reader.
    let sql = "SELECT content FROM accepted_record
        WHERE newsletter_id = $1 AND first_subscriber <= $2 ORDER BY first_subscriber DESC LIMIT 1";
    let content: Option<Vec<u8>> = db::scalar(connection, sql, values![newsletter, reader]).await?;
    let Some(content) = content else {
        return Ok(None);
    };
    let readers = decode(&content).ok_or_else(|| {
        DbErr::Custom(format!(
            "the record of newsletter {newsletter} is damaged; restore a backup"
        ))
    })?;
    let found = readers.binary_search_by_key(&reader, |folded| folded.subscriber_id);
    Ok(found.ok().map(|at| readers[at]))
}

/// What was folded for this reader, of all newsletters.
pub(super) async fn of_reader(
    connection: &impl ConnectionTrait,
    reader: i64,
) -> Result<Vec<Folded>, DbErr> {
    // The primary key, once for each newsletter; asked when a person looks at one subscriber.
    let sql = "SELECT a.content FROM newsletter n JOIN accepted_record a ON a.newsletter_id = n.id
        WHERE a.first_subscriber <= $1 AND a.last_subscriber >= $1";
    let mut found = Vec::new();
    for content in db::scalars::<Vec<u8>>(connection, sql, values![reader]).await? {
        let readers = decode(&content).ok_or_else(|| {
            DbErr::Custom("a record of old deliveries is damaged; restore a backup".to_owned())
        })?;
        let at = readers.binary_search_by_key(&reader, |folded| folded.subscriber_id);
        found.extend(at.ok().map(|at| readers[at]));
    }
    Ok(found)
}

/// How many readers' deliveries were folded.
pub(super) async fn count(
    connection: &impl ConnectionTrait,
    newsletter: i64,
) -> Result<i64, DbErr> {
    let sql = "SELECT CAST(coalesce(sum(readers), 0) AS BIGINT) FROM accepted_record WHERE newsletter_id = $1";
    Ok(db::scalar(connection, sql, values![newsletter])
        .await?
        .unwrap_or(0))
}

/// How the last attempt went: the same for nearly all.
type Way = (Option<i16>, Option<i16>, i16);

/// `readers` stand in the order of their ids.
fn encode(readers: &[Folded]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(readers.len() * 4);
    let (mut id, mut second, mut way): (i64, i64, Way) = (0, 0, (None, None, 0));
    for reader in readers {
        let this: Way = (reader.relay, reader.tls, reader.attempts);
        let is_other = this != way;
        put(
            &mut bytes,
            (reader.subscriber_id - id).unsigned_abs() * 2 + u64::from(is_other),
        );
        let at = reader.at.div_euclid(SECOND);
        put(&mut bytes, zigzag(at - second));
        if is_other {
            for number in [this.0, this.1, Some(this.2)] {
                put(
                    &mut bytes,
                    number.map_or(0, |number| zigzag(i64::from(number)) + 1),
                );
            }
        }
        (id, second, way) = (reader.subscriber_id, at, this);
    }
    bytes
}

/// `None`: damaged.
fn decode(mut bytes: &[u8]) -> Option<Vec<Folded>> {
    let mut readers = Vec::new();
    let (mut id, mut second, mut way): (i64, i64, Way) = (0, 0, (None, None, 0));
    while !bytes.is_empty() {
        let head = take(&mut bytes)?;
        id = id.checked_add(i64::try_from(head / 2).ok()?)?;
        second = second.checked_add(unzigzag(take(&mut bytes)?))?;
        if head % 2 == 1 {
            let mut number = || -> Option<Option<i16>> {
                Some(match take(&mut bytes)? {
                    0 => None,
                    more => Some(i16::try_from(unzigzag(more - 1)).ok()?),
                })
            };
            way = (number()?, number()?, number()??);
        }
        readers.push(Folded {
            subscriber_id: id,
            at: second.checked_mul(SECOND)?,
            relay: way.0,
            tls: way.1,
            attempts: way.2,
        });
    }
    Some(readers)
}

fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for place in 0..10 {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(first & 0x7f).checked_shl(7 * place)?;
        if first & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)).cast_unsigned()
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -((number & 1).cast_signed())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        clock::{Clock, instant},
        delivery::{
            accepted_at, count_accepted, queue, receipt, received_newsletters, send_again, testing,
        },
        newsletters,
    };

    prop_compose! {
        fn reader()(
            distance in 1_i64..1 << 40,
            second in 0_i64..4_000_000_000,
            relay in proptest::option::of(0_i16..),
            tls in proptest::option::of(any::<i16>()),
            attempts in 0_i16..,
        ) -> (i64, Folded) {
            (distance, Folded { subscriber_id: 0, at: second * SECOND, relay, tls, attempts })
        }
    }

    proptest! {
        #[test]
        fn what_is_folded_reads_as_it_was(readers in proptest::collection::vec(reader(), 0..50)) {
            let mut id = 0;
            let readers: Vec<Folded> = readers
                .into_iter()
                .map(|(distance, reader)| {
                    id += distance;
                    Folded { subscriber_id: id, ..reader }
                })
                .collect();
            prop_assert_eq!(decode(&encode(&readers)), Some(readers));
        }

        #[test]
        fn damaged_bytes_are_refused_or_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&bytes);
        }
    }

    #[test]
    fn a_reader_takes_three_bytes_in_the_ordinary() {
        let readers: Vec<Folded> = (0..5_000)
            .map(|n| Folded {
                subscriber_id: 1_000 + n,
                at: 1_700_000_000_000 + n * 7,
                relay: Some(1),
                tls: Some(1),
                attempts: 1,
            })
            .collect();
        assert!(encode(&readers).len() <= 5_000 * 3);
    }

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
