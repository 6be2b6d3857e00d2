//! The records of old deliveries: what was accepted of a newsletter that ended long ago, in three or four
//! bytes for each reader ([`crate::delivery::fold_old`] writes them).
//!
//! A record's bytes are numbers of seven bits a byte, the lowest first, for each reader in the order of
//! ids: twice the distance to the id before, plus 1 where relay, TLS and attempts are other ones than
//! the last; the distance in seconds to the time before, zigzag; and where they are others those three,
//! each plus one, 0 for none.

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};

use crate::{clock::SECOND, db, newsletter_lookup::SQL_IDS, values};

/// One delivery that was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromQueryResult)]
pub struct Folded {
    /// `subscriber.id`
    pub subscriber_id: i64,
    /// Milliseconds since 1970; folded, whole seconds.
    pub at: i64,
    /// `relay.id` of the one that took it.
    pub relay: Option<i16>,
    /// How it travelled, as `crate::delivery_state::Tls` is stored.
    pub tls: Option<i16>,
    /// How often it was tried.
    pub attempts: i16,
}

/// What was folded of this newsletter for this reader.
///
/// # Errors
/// The database failed, or the record is damaged.
pub async fn find(
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

#[derive(FromQueryResult)]
struct Record {
    newsletter_id: i64,
    content: Vec<u8>,
}

/// What was folded for this reader, of all newsletters, each with its id.
///
/// # Errors
/// The database failed, or a record is damaged.
pub async fn of_reader(
    connection: &impl ConnectionTrait,
    reader: i64,
) -> Result<Vec<(i64, Folded)>, DbErr> {
    // The primary key, once for each newsletter; asked when a person looks at one subscriber.
    let sql = format!(
        "SELECT newsletter_id, content FROM accepted_record
         WHERE newsletter_id IN ({SQL_IDS}) AND first_subscriber <= $1 AND last_subscriber >= $1"
    );
    let mut found = Vec::new();
    for record in db::rows::<Record>(connection, &sql, values![reader]).await? {
        let readers = decode(&record.content).ok_or_else(|| {
            DbErr::Custom("a record of old deliveries is damaged; restore a backup".to_owned())
        })?;
        let at = readers.binary_search_by_key(&reader, |folded| folded.subscriber_id);
        found.extend(at.ok().map(|at| (record.newsletter_id, readers[at])));
    }
    Ok(found)
}

/// How many readers' deliveries were folded.
///
/// # Errors
/// The database failed.
pub async fn count(connection: &impl ConnectionTrait, newsletter: i64) -> Result<i64, DbErr> {
    let sql = "SELECT CAST(coalesce(sum(readers), 0) AS BIGINT) FROM accepted_record WHERE newsletter_id = $1";
    Ok(db::scalar(connection, sql, values![newsletter])
        .await?
        .unwrap_or(0))
}

/// How the last attempt went: the same for nearly all.
type Way = (Option<i16>, Option<i16>, i16);

/// The bytes of a record; `readers` stand in the order of their ids.
#[must_use]
pub fn encode(readers: &[Folded]) -> Vec<u8> {
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

/// The readers of a record. `None`: damaged.
#[must_use]
pub fn decode(mut bytes: &[u8]) -> Option<Vec<Folded>> {
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
}
