//! From a return to what it does. Everything happens in one transaction with the row that remembers
//! it, so that a killed process neither forgets a return nor counts it twice.

use aws_lc_rs::digest::{SHA256, digest};
use sea_orm::{
    ActiveEnum,
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter,
    sea_query::{Expr, OnConflict},
};
use serde_json::json;

use super::{
    return_error::ReturnError,
    return_reader::{Reading, ReturnKind, read},
    returned_mail::{ActiveModel, Column, Entity, ReturnState, ReturnWay},
    soft_bounces, watch,
};
use crate::{
    app::App,
    delivery::{
        accepted_at,
        reply_class::{ReplyAction, ReplyClass},
    },
    secret::Keys,
    subscribers::{self, Returnee, link::SubscriberLink, press_list},
};

/// Octets of a mail that are kept for staff to look at.
const KEPT_OCTETS: usize = 128 * 1024;

/// What became of a return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// What was done.
    pub state: ReturnState,
    /// Whether it had come before; then nothing was done now.
    pub known: bool,
    /// The newsletter, where a mark of ours held.
    pub newsletter: Option<i64>,
    /// Why, in words.
    pub why: String,
}

/// Something that came back, ready to be acted on.
#[derive(Debug)]
pub struct Return<'a> {
    /// How it came.
    pub way: ReturnWay,
    /// What was read of it.
    pub reading: &'a Reading,
    /// What tells it from every other: the mail itself, or the event's id.
    pub identity: &'a [u8],
    /// As it came.
    pub raw: &'a [u8],
    /// Whether a signature proves who sent it, so that an address alone names the reader.
    pub signed: bool,
}

/// Reads a mail and acts on it. Handing over the same mail again changes nothing.
pub async fn receive(
    app: &App,
    way: ReturnWay,
    mail: &[u8],
) -> Result<(Reading, Receipt), ReturnError> {
    let reading = read(mail);
    let returned = Return {
        way,
        reading: &reading,
        identity: mail,
        raw: mail,
        signed: false,
    };
    let receipt = act(app, &returned).await?;
    Ok((reading, receipt))
}

/// Whom a return is proved to be about.
struct Proof {
    link: SubscriberLink,
    who: Returnee,
    sent_at: i64,
}

/// Acts on a return, once.
pub async fn act(app: &App, returned: &Return<'_>) -> Result<Receipt, ReturnError> {
    let transaction = app.db.begin().await?;
    let fingerprint = digest(&SHA256, returned.identity).as_ref().to_vec();
    let proof = prove(app, &transaction, returned).await?;
    let reading = returned.reading;
    let first = reading.first();
    let needs_proof = !matches!(
        reading.kind,
        ReturnKind::AutoReply
            | ReturnKind::Reply
            | ReturnKind::Report
            | ReturnKind::Unknown
            | ReturnKind::Delay
    );
    let state = match (&proof, reading.kind) {
        (_, ReturnKind::Unknown) => ReturnState::SetAside,
        (None, _) if needs_proof => ReturnState::Unproved,
        _ => ReturnState::Noted,
    };
    let row = ActiveModel {
        at: Set(app.clock.now_ms()),
        fingerprint: Set(fingerprint),
        way: Set(returned.way),
        kind: Set(reading.kind),
        state: Set(state),
        class: Set(first.class),
        action: Set(first.action),
        newsletter_id: Set(proof.as_ref().map(|proof| proof.link.newsletter)),
        subscriber_id: Set(proof.as_ref().map(|proof| proof.link.subscriber)),
        provider: Set(proof
            .as_ref()
            .map_or_else(String::new, |proof| proof.who.domain().to_owned())),
        status: Set(first.status.clone()),
        diagnosis: Set(without_nul(&first.diagnosis)),
        why: Set(first.why.clone()),
        subject: Set(without_nul(&reading.subject)),
        mail: Set(Some(
            returned.raw[..returned.raw.len().min(KEPT_OCTETS)].to_vec(),
        )),
        ..Default::default()
    };
    let inserted = Entity::insert(row)
        .on_conflict(
            OnConflict::column(Column::Fingerprint)
                .do_nothing()
                .to_owned(),
        )
        .exec_without_returning(&transaction)
        .await?;
    if inserted == 0 {
        transaction.rollback().await?;
        return Ok(Receipt {
            state,
            known: true,
            newsletter: proof.map(|proof| proof.link.newsletter),
            why: "It was read before. Nothing changes.".to_owned(),
        });
    }
    let mut receipt = Receipt {
        state,
        known: false,
        newsletter: proof.as_ref().map(|proof| proof.link.newsletter),
        why: first.why.clone(),
    };
    if let Some(proof) = &proof {
        if change(app, &transaction, reading, proof).await? {
            receipt.state = ReturnState::Acted;
            mark_acted(&transaction, returned.identity).await?;
        }
    } else if needs_proof {
        "It carries no return path of ours that holds, or the mail was never sent. Nothing changes.".clone_into(&mut receipt.why);
        tracing::warn!(kind = ?reading.kind, "a return without proof changed nothing");
    }
    transaction.commit().await?;
    if let Some(proof) = &proof {
        watch::look(app, reading, proof.link.newsletter, proof.who.domain()).await?;
    }
    Ok(receipt)
}

/// PostgreSQL keeps no NUL in a text.
fn without_nul(text: &str) -> String {
    text.replace('\0', "")
}

async fn mark_acted(transaction: &DatabaseTransaction, identity: &[u8]) -> Result<(), DbErr> {
    let fingerprint = digest(&SHA256, identity).as_ref().to_vec();
    Entity::update_many()
        .col_expr(Column::State, Expr::value(ReturnState::Acted.to_value()))
        .filter(Column::Fingerprint.eq(fingerprint))
        .exec(transaction)
        .await?;
    Ok(())
}

/// Finds a mark that this key made, and the mail that it belongs to.
async fn prove(
    app: &App,
    transaction: &DatabaseTransaction,
    returned: &Return<'_>,
) -> Result<Option<Proof>, ReturnError> {
    for link in verified(&app.keys, returned.reading) {
        if press_list::is_contact(link) {
            continue;
        }
        let Some(who) = subscribers::returnee(transaction, link.subscriber).await? else {
            continue;
        };
        let sent_at = accepted_at(transaction, link.newsletter, link.subscriber).await?;
        // A token to unsubscribe proves the mailbox by itself, also for a mail that is forgotten.
        let leaves = returned.reading.kind == ReturnKind::Unsubscribe;
        if let Some(sent_at) = sent_at.or(leaves.then_some(0)) {
            return Ok(Some(Proof { link, who, sent_at }));
        }
    }
    let address = returned
        .reading
        .first()
        .address
        .as_deref()
        .filter(|_| returned.signed);
    let Some(address) = address else {
        return Ok(None);
    };
    let Some(who) = subscribers::returnee_by_address(transaction, address).await? else {
        return Ok(None);
    };
    // The service signed it, but only what was mailed can come back.
    let latest = crate::delivery::accepted_since(transaction, who.id, who.status_at())
        .await?
        .into_iter()
        .max_by_key(|accepted| accepted.at);
    Ok(latest.map(|accepted| Proof {
        link: SubscriberLink {
            subscriber: who.id,
            newsletter: accepted.newsletter,
        },
        who,
        sent_at: accepted.at,
    }))
}

fn verified<'a>(keys: &'a Keys, reading: &'a Reading) -> impl Iterator<Item = SubscriberLink> {
    let marks = &reading.marks;
    let paths = marks
        .return_paths
        .iter()
        .filter_map(|local| SubscriberLink::from_return_path(keys, local));
    let ids = marks
        .message_ids
        .iter()
        .filter_map(|local| SubscriberLink::from_message_id(keys, local));
    let tokens = marks
        .unsubscribe_token
        .iter()
        .chain(&marks.link_tokens)
        .filter_map(|token| SubscriberLink::from_token(keys, token));
    // Leaving needs the token that stands in the address: a return path is known to every relay.
    let may_leave = reading.kind != ReturnKind::Unsubscribe;
    paths.chain(ids).filter(move |_| may_leave).chain(tokens)
}

/// Changes the subscriber, where the return says so. Whether it did.
async fn change(
    app: &App,
    transaction: &DatabaseTransaction,
    reading: &Reading,
    proof: &Proof,
) -> Result<bool, ReturnError> {
    let first = reading.first();
    let evidence = json!({
        "channel": "return",
        "kind": reading.kind,
        "newsletter": proof.link.newsletter,
        "class": first.class,
        "status": first.status,
        "why": first.why,
    });
    let changed = match (reading.kind, first.action) {
        (ReturnKind::Complaint, ReplyAction::Suppress) => {
            subscribers::complained(app, transaction, &proof.who, &evidence).await?
        }
        (ReturnKind::Unsubscribe, _) => {
            subscribers::left_by_mail(app, transaction, &proof.who, &evidence).await?
        }
        // O9: what was mailed before they confirmed anew says nothing of the mailbox now.
        (ReturnKind::Bounce, _) if proof.sent_at < proof.who.status_at() => false,
        (ReturnKind::Bounce, ReplyAction::Suppress) => {
            // A domain that is gone for an hour is not gone: it takes a second time, a day later.
            let sure = first.class != Some(ReplyClass::UnknownHost)
                || soft_bounces::host_was_missing_before(
                    app,
                    transaction,
                    proof.who.id,
                    proof.who.status_at(),
                )
                .await?;
            sure && subscribers::bounced(app, transaction, &proof.who, &evidence).await?
        }
        (ReturnKind::Bounce, ReplyAction::Count) => {
            soft_bounces::are_enough(app, transaction, &proof.who).await?
                && subscribers::bounced(app, transaction, &proof.who, &evidence).await?
        }
        _ => false,
    };
    Ok(changed)
}

/// Takes back what a return did, while nothing else has happened since.
pub async fn undo(app: &App, id: i64, by: &str) -> Result<(), ReturnError> {
    let transaction = app.db.begin().await?;
    let row = Entity::find_by_id(id).one(&transaction).await?;
    let row = row.ok_or_else(|| ReturnError::NotPossible(format!("there is no return {id}")))?;
    let subscriber = row
        .subscriber_id
        .filter(|_| row.kind == ReturnKind::Bounce && row.state == ReturnState::Acted);
    let Some(subscriber) = subscriber else {
        return Err(ReturnError::NotPossible(
            "only a bounce that stopped a subscription can be undone; a complaint or an unsubscribe is the reader's own word".to_owned(),
        ));
    };
    let acted_later = Entity::find()
        .filter(Column::SubscriberId.eq(subscriber))
        .filter(Column::Id.gt(id))
        .filter(Column::State.eq(ReturnState::Acted))
        .one(&transaction)
        .await?;
    if acted_later.is_some() {
        return Err(ReturnError::NotPossible(
            "a later return stopped this subscription; undo that one".to_owned(),
        ));
    }
    let evidence = json!({ "channel": "console", "by": by, "return": id });
    if !subscribers::take_back_bounce(app, &transaction, subscriber, &evidence).await? {
        return Err(ReturnError::NotPossible(
            "something else has happened to this subscription since; nothing was undone".to_owned(),
        ));
    }
    let changed = Entity::update_many()
        .col_expr(Column::State, Expr::value(ReturnState::Undone.to_value()))
        .col_expr(Column::UndoneAt, app.clock.now_ms().into())
        .col_expr(Column::UndoneBy, by.into())
        .filter(Column::Id.eq(id))
        .filter(Column::State.eq(ReturnState::Acted))
        .exec(&transaction)
        .await?;
    if changed.rows_affected == 0 {
        return Err(ReturnError::NotPossible("it was undone already".to_owned()));
    }
    crate::audit::record(
        &transaction,
        app.clock.now_ms(),
        by,
        crate::audit::Action::ReturnUndo,
        id,
        "",
    )
    .await?;
    transaction.commit().await?;
    Ok(())
}

/// Files what was set aside: somebody has looked at it.
pub async fn file(connection: &impl ConnectionTrait, id: i64) -> Result<bool, ReturnError> {
    let changed = Entity::update_many()
        .col_expr(Column::State, Expr::value(ReturnState::Filed.to_value()))
        .filter(Column::Id.eq(id))
        .filter(Column::State.is_in([ReturnState::SetAside, ReturnState::Unproved]))
        .exec(connection)
        .await?;
    Ok(changed.rows_affected > 0)
}
