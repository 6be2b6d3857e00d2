//! Addresses of who was erased in the evidence of others: who changed an address, and whose subscription was
//! joined into another's, have both in theirs. A keyed hash takes the address' place: the evidence goes on proving
//! what happened to whoever brings the address, and tells it to nobody (V2, O2).

use std::collections::BTreeSet;

use data_encoding::HEXLOWER;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DerivePartialModel, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, Func, LikeExpr},
};
use serde_json::Value;

use super::{
    Result,
    consent::Evidence,
    evidence::told,
    subscriber_tables::{consent, subscriber},
};
use crate::{
    address::EmailAddress,
    app::App,
    db::{self, WriteTransaction, like_literal},
    evidence_seal::{self, RedactedLine},
};

/// What stands before the hash of an address.
const ERASED: &str = "erased:";

#[derive(DerivePartialModel)]
#[sea_orm(entity = "consent::Entity")]
struct Change {
    subscriber_id: i64,
    evidence: String,
}

#[derive(DerivePartialModel)]
#[sea_orm(entity = "subscriber::Entity")]
struct Holder {
    id: i64,
    email_key: String,
}

/// The keys of the addresses that the evidence of a subscriber changes from and to.
pub(super) async fn named_by(
    connection: &impl ConnectionTrait,
    subscriber: i64,
) -> Result<BTreeSet<String>> {
    // consent_of_subscriber
    let changes: Vec<Change> = consent::Entity::find()
        .filter(consent::Column::SubscriberId.eq(subscriber))
        .filter(consent::Column::Event.is_in([Evidence::AddressChanged, Evidence::Unsubscribed]))
        .into_partial_model()
        .all(connection)
        .await?;
    let mut named = BTreeSet::new();
    for change in changes {
        named.extend(from_and_to(&change.evidence)?);
    }
    Ok(named)
}

fn from_and_to(evidence: &str) -> Result<Vec<String>> {
    let by: Value = serde_json::from_str(evidence)?;
    let named = ["from", "to"]
        .into_iter()
        .filter_map(|name| by[name].as_str());
    let named = named.filter_map(|address| EmailAddress::parse(address).ok());
    Ok(named.map(|address| address.key()).collect())
}

/// Takes these addresses, by their keys, out of the evidence of everybody who has another one. What stood there,
/// event by event.
pub(super) async fn take_out(
    app: &App,
    transaction: &WriteTransaction,
    named: &BTreeSet<String>,
) -> Result<Vec<Value>> {
    // Who has one of them now keeps it, and may name the others.
    let holders: Vec<Holder> = subscriber::Entity::find()
        .filter(subscriber::Column::EmailKey.is_in(named.iter().map(String::as_str)))
        .into_partial_model()
        .all(transaction)
        .await?;
    let is_held = |key: &str| holders.iter().any(|holder| holder.email_key == key);
    let gone: Vec<(&str, String)> = named
        .iter()
        .filter(|key| !is_held(key.as_str()))
        .map(|key| (key.as_str(), app.keys.address_hash(key)))
        .map(|(key, hash)| (key, format!("{ERASED}{}", HEXLOWER.encode(&hash))))
        .collect();
    let mut people: BTreeSet<i64> = holders.iter().map(|holder| holder.id).collect();
    // consent_address_changed, whose condition stands here in its own words
    let is_change = format!("event = {}", db::sql_value(&Evidence::AddressChanged));
    let changes: Vec<Change> = consent::Entity::find()
        .filter(Expr::cust(is_change))
        .into_partial_model()
        .all(transaction)
        .await?;
    for line in changes {
        let both = from_and_to(&line.evidence)?;
        if both
            .iter()
            .any(|name| gone.iter().any(|(key, _)| key == name))
        {
            people.insert(line.subscriber_id);
        }
    }
    let mut stood = Vec::new();
    for person in people {
        // consent_of_subscriber
        let lines = consent::Entity::find()
            .filter(consent::Column::SubscriberId.eq(person))
            .order_by_asc(consent::Column::Id)
            .all(transaction)
            .await?;
        for line in lines {
            if let Some(evidence) = without(&line.evidence, &gone)? {
                stood.push(told(&line)?);
                replace(app, transaction, &line, &evidence).await?;
            }
        }
    }
    Ok(stood)
}

/// Lines of evidence that are mended in one transaction: nobody waits long for it.
const LINES_AT_ONCE: u64 = 200;

/// Takes an address, by its key, out of the evidence of others into which it was typed: how a list's people
/// consented, or on whose word somebody was added. How many lines named it. Reads all the evidence, beside whatever is
/// written meanwhile.
pub(super) async fn take_out_of_others(app: &App, key: &str) -> Result<usize> {
    let mark = format!("{ERASED}{}", HEXLOWER.encode(&app.keys.address_hash(key)));
    let gone = [(key, mark)];
    let names = |spelled: &str| {
        let like = LikeExpr::new(format!("%{}%", like_literal(spelled))).escape('\\');
        Expr::expr(Func::lower(Expr::col(consent::Column::Evidence))).like(like)
    };
    let in_an_address = key.replace('@', "%40");
    let either = Condition::any().add(names(key)).add(names(&in_an_address));
    let (mut after, mut found) = (0, 0);
    loop {
        let ids: Vec<i64> = consent::Entity::find()
            .select_only()
            .column(consent::Column::Id)
            .filter(consent::Column::Id.gt(after))
            .filter(either.clone())
            .order_by_asc(consent::Column::Id)
            .limit(LINES_AT_ONCE)
            .into_tuple()
            .all(app.db.pool())
            .await?;
        let Some(last) = ids.last().copied() else {
            return Ok(found);
        };
        let transaction = app.db.begin().await?;
        // Whoever came back in this very moment has the address again, and their own evidence names it.
        let holder: Option<i64> = subscriber::Entity::find()
            .select_only()
            .column(subscriber::Column::Id)
            .filter(subscriber::Column::EmailKey.eq(key))
            .into_tuple()
            .one(&transaction)
            .await?;
        let lines = consent::Entity::find()
            .filter(consent::Column::Id.is_in(ids))
            .all(&transaction)
            .await?;
        for line in lines
            .iter()
            .filter(|line| Some(line.subscriber_id) != holder)
        {
            if let Some(evidence) = without(&line.evidence, &gone)? {
                replace(app, &transaction, line, &evidence).await?;
                found += 1;
            }
        }
        transaction.commit().await?;
        after = last;
    }
}

async fn replace(
    app: &App,
    transaction: &WriteTransaction,
    line: &consent::Model,
    evidence: &str,
) -> Result<()> {
    let redacted = RedactedLine {
        id: line.id,
        subject: line.subscriber_id,
        at: line.at,
        event: &line.event.word(),
        evidence,
    };
    // First the record: only with it does the trigger let the line change.
    evidence_seal::redact(app, transaction, &redacted).await?;
    consent::Entity::update_many()
        .col_expr(consent::Column::Evidence, Expr::value(evidence))
        .filter(consent::Column::Id.eq(line.id))
        .exec(transaction)
        .await?;
    Ok(())
}

/// The evidence with the mark of each of these addresses in its place. `None`: it names none of them.
fn without(evidence: &str, gone: &[(&str, String)]) -> Result<Option<String>> {
    let mut value: Value = serde_json::from_str(evidence)?;
    let changed = gone.iter().fold(false, |changed, (key, mark)| {
        take(&mut value, key, mark) || changed
    });
    Ok(changed.then(|| value.to_string()))
}

/// Whatever the address stands in: what was typed, an imported person's own evidence, an address of a page.
fn take(value: &mut Value, key: &str, mark: &str) -> bool {
    let each = |changed, value: &mut Value| take(value, key, mark) || changed;
    match value {
        Value::String(text) => match replaced(text, key, mark) {
            Some(new) => {
                *text = new;
                true
            }
            None => false,
        },
        Value::Array(values) => values.iter_mut().fold(false, each),
        Value::Object(fields) => fields.values_mut().fold(false, each),
        _ => false,
    }
}

/// The text with the mark in the place of the address, in any of its spellings; `None`: it is not there.
fn replaced(text: &str, key: &str, mark: &str) -> Option<String> {
    if EmailAddress::is_spelling_of(text, key) {
        return Some(mark.to_owned());
    }
    let in_an_address = key.replace('@', "%40");
    [key, in_an_address.as_str()]
        .into_iter()
        .find_map(|spelled| {
            // Of the same length as the text, other than in lower case.
            let folded = text.to_ascii_lowercase();
            let mut new = String::new();
            let mut copied = 0;
            for (at, found) in folded.match_indices(&spelled.to_ascii_lowercase()) {
                let end = at + found.len();
                if !is_within_another(&text[..at], &text[end..]) {
                    new.push_str(&text[copied..at]);
                    new.push_str(mark);
                    copied = end;
                }
            }
            new.push_str(&text[copied..]);
            (copied > 0).then_some(new)
        })
}

/// Whether what stands before and after belongs to the same address: mary@example.org holds ary@example.or.
fn is_within_another(before: &str, after: &str) -> bool {
    let in_name = |c: char| c.is_alphanumeric() || "._+-".contains(c);
    let mut after = after.chars();
    let goes_on = match after.next() {
        Some('.') => after.next().is_some_and(char::is_alphanumeric),
        Some(c) => c.is_alphanumeric() || c == '-',
        None => false,
    };
    goes_on || before.chars().next_back().is_some_and(in_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_out_wherever_it_stands_and_no_other() {
        let gone = [("old@example.org", "erased:1".to_owned())];
        for (evidence, without_it) in [
            (
                r#"{"typed":" Old@Example.org "}"#,
                r#"{"typed":"erased:1"}"#,
            ),
            (
                r#"{"original":{"rows":["a","OLD@example.org"]}}"#,
                r#"{"original":{"rows":["a","erased:1"]}}"#,
            ),
            (
                r#"{"page":"https://a.gov/?email=old%40example.org&x=1"}"#,
                r#"{"page":"https://a.gov/?email=erased:1&x=1"}"#,
            ),
            (
                r#"{"why":"From old@example.org."}"#,
                r#"{"why":"From erased:1."}"#,
            ),
        ] {
            assert_eq!(without(evidence, &gone).unwrap().unwrap(), without_it);
        }
        for other in [
            r#"{"typed":"cold@example.org"}"#,
            r#"{"typed":"old@example.org.uk"}"#,
            r#"{"typed":"older@example.org","at":5,"ip":null}"#,
        ] {
            assert_eq!(without(other, &gone).unwrap(), None);
        }
    }
}
