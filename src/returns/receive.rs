//! From a return to what it does. Everything happens in one transaction with the row that remembers
//! it, which many may share, so that a killed process neither forgets a return nor counts it twice.

use aws_lc_rs::digest::{SHA256, digest};
use sea_orm::{
    ActiveEnum,
    ActiveValue::Set,
    ColumnTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, OnConflict},
};
use serde_json::json;

use super::{
    kept_reports::{self, Kept},
    reply_forwarding::forward,
    return_error::ReturnError,
    return_probe::note_probe,
    return_proof::{Proof, prove},
    return_reader::{Reading, ReturnKind, ReturnedRecipient, read},
    returned_mail::{ActiveModel, Column, Entity, ReturnState, ReturnWay},
    soft_bounces, watch,
};
use crate::{
    address::veil,
    app::App,
    audit,
    db::WriteTransaction,
    delivery::reply_class::{ReplyAction, ReplyClass},
    office::Office,
    repeated_fault::DailyCount,
    subscribers::{
        self, RequestOrigin, Returnee, UnsubscribeChannel, link::SubscriberLink, press_list,
    },
};

/// Anybody can bring it about.
static UNPROVED: DailyCount = DailyCount::new();

/// So can this: a webhook, or a mail, once more.
static REPEATED: DailyCount = DailyCount::new();

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
    /// Whether a mark of ours held.
    pub proved: bool,
    /// Whether it was passed on to the office.
    pub forwarded: bool,
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

/// The same for a mail that a relay hands over for one recipient. The envelope stands before the
/// headers, as a relay writes it there for a mailbox, and so goes before whatever they say.
pub async fn receive_for(
    app: &App,
    way: ReturnWay,
    sender: &str,
    recipient: &str,
    mail: &[u8],
) -> Result<(Reading, Receipt), ReturnError> {
    let mut whole =
        format!("Return-Path: <{sender}>\r\nDelivered-To: {recipient}\r\n").into_bytes();
    whole.extend_from_slice(mail);
    receive(app, way, &whole).await
}

/// [`receive`] for many mails, which are committed together: what takes the time is to reach the disk.
/// Where one of them fails, each is taken for itself, and what failed is the error.
pub async fn receive_all(
    app: &App,
    way: ReturnWay,
    mails: &[impl AsRef<[u8]>],
) -> Result<Vec<(Reading, Receipt)>, ReturnError> {
    let readings: Vec<Reading> = mails.iter().map(|mail| read(mail.as_ref())).collect();
    let returned = readings.iter().zip(mails).map(|(reading, mail)| Return {
        way,
        reading,
        identity: mail.as_ref(),
        raw: mail.as_ref(),
        signed: false,
    });
    let returned: Vec<Return<'_>> = returned.collect();
    let receipts = if let Ok(receipts) = act_on_all(app, &returned).await {
        receipts
    } else {
        let mut receipts = Vec::with_capacity(returned.len());
        for returned in &returned {
            receipts.push(act(app, returned).await?);
        }
        receipts
    };
    drop(returned);
    Ok(readings.into_iter().zip(receipts).collect())
}

/// Acts on a return, once.
pub async fn act(app: &App, returned: &Return<'_>) -> Result<Receipt, ReturnError> {
    let mut receipts = act_on_all(app, std::slice::from_ref(returned)).await?;
    receipts
        .pop()
        .ok_or_else(|| ReturnError::NotPossible("there is no return".to_owned()))
}

/// Acts on several in one transaction.
async fn act_on_all(app: &App, all: &[Return<'_>]) -> Result<Vec<Receipt>, ReturnError> {
    let needs_office = |returned: &Return<'_>| {
        matches!(
            returned.reading.kind,
            ReturnKind::Reply | ReturnKind::Report
        )
    };
    let office = if all.iter().any(needs_office) {
        Some(Office::load(&app.db).await?)
    } else {
        None
    };
    let transaction = app.db.begin().await?;
    let mut done = Vec::with_capacity(all.len());
    for returned in all {
        done.push(act_within(app, &transaction, office.as_ref(), returned).await?);
    }
    transaction.commit().await?;
    let leaves = |returned: &Return<'_>| returned.reading.kind == ReturnKind::Unsubscribe;
    if done.iter().any(|(receipt, _)| receipt.forwarded) || all.iter().any(leaves) {
        // What was passed on, and links to unsubscribe elsewhere.
        app.wake_delivery().await;
    }
    let mut receipts = Vec::with_capacity(done.len());
    for ((receipt, proof), returned) in done.into_iter().zip(all) {
        // Of a known one, too: it may have been killed after the commit, before this.
        look_at_newsletter(app, returned.reading, proof.as_ref()).await?;
        receipts.push(receipt);
    }
    Ok(receipts)
}

/// Acts on a return, once, in a transaction that others may share.
async fn act_within(
    app: &App,
    transaction: &WriteTransaction,
    office: Option<&Office>,
    returned: &Return<'_>,
) -> Result<(Receipt, Option<Proof>), ReturnError> {
    let reading = returned.reading;
    let proof = prove(app, transaction, reading, returned.signed).await?;
    let mut decided = Decided::of(reading, proof.as_ref());
    let fingerprint = digest(&SHA256, returned.identity).as_ref().to_vec();
    let row = row(app, returned, proof.as_ref(), &decided, &fingerprint);
    let inserted = Entity::insert(row)
        .on_conflict(
            OnConflict::column(Column::Fingerprint)
                .do_nothing()
                .to_owned(),
        )
        .exec_without_returning(transaction)
        .await?;
    let mut receipt = Receipt {
        state: decided.state,
        known: inserted == 0,
        newsletter: proof.as_ref().and_then(Proof::newsletter),
        proved: proof.is_some(),
        forwarded: false,
        why: "It was read before. Nothing changes.".to_owned(),
    };
    if receipt.known {
        if let Some(today) = REPEATED.one_more(app.clock.now_ms()) {
            tracing::info!(
                kind = ?reading.kind, way = ?returned.way, today,
                "a return that came before changed nothing"
            );
        }
        return Ok((receipt, proof));
    }
    receipt.forwarded = match office {
        // Of a mailbox that people read, too, only what carries a mark is ours to pass on.
        Some(office)
            if reading.kind == ReturnKind::Reply
                && (proof.is_some() || returned.way == ReturnWay::Listener) =>
        {
            forward(app, transaction, office, reading, returned.raw).await?
        }
        _ => false,
    };
    if reading.kind == ReturnKind::Reply {
        decided.note_reply(receipt.forwarded, proof.is_some());
    }
    if let Some((office, report)) = office.zip(reading.report.as_ref()) {
        decided.note_report(kept_reports::keep(app, transaction, office, report).await?);
    }
    match &proof {
        Some(Proof::Probe(id)) => note_probe(app, transaction, *id, returned.way).await?,
        Some(Proof::PressContact(link)) if asks_to_leave(reading) => {
            let (channel, nobody) = (UnsubscribeChannel::Mail, RequestOrigin::default());
            press_list::leave_within(app, transaction, *link, channel, &nobody).await?;
        }
        Some(proof) if change(app, transaction, reading, proof).await? => {
            decided.state = ReturnState::Acted;
        }
        Some(proof) if asks_for_moved(transaction, reading, proof).await? => {
            decided.note_moved();
        }
        None if decided.state == ReturnState::Unproved => {
            if let Some(today) = UNPROVED.one_more(app.clock.now_ms()) {
                tracing::warn!(kind = ?reading.kind, today, "a return without proof changed nothing");
            }
        }
        Some(_) | None => {}
    }
    let forwarded_at = receipt.forwarded.then(|| app.clock.now_ms());
    Entity::update_many()
        .col_expr(Column::State, Expr::value(decided.state.to_value()))
        .col_expr(Column::Why, Expr::value(decided.why.as_str()))
        .col_expr(Column::ForwardedAt, Expr::value(forwarded_at))
        .filter(Column::Fingerprint.eq(fingerprint))
        .exec(transaction)
        .await?;
    receipt.state = decided.state;
    receipt.why = decided.why;
    Ok((receipt, proof))
}

/// What the return says of the one whom our mark names.
fn about<'r>(reading: &'r Reading, who: Option<&Returnee>) -> &'r ReturnedRecipient {
    match who {
        Some(who) => reading.about(|address| who.has_address(address)),
        None => reading.first(),
    }
}

fn asks_to_leave(reading: &Reading) -> bool {
    matches!(
        (reading.kind, reading.first().action),
        (ReturnKind::Unsubscribe, _) | (ReturnKind::Complaint, ReplyAction::Suppress)
    )
}

/// Whether it is to unsubscribe an address whose subscription moved to another one.
async fn asks_for_moved(
    transaction: &WriteTransaction,
    reading: &Reading,
    proof: &Proof,
) -> Result<bool, ReturnError> {
    match (reading.kind, proof.who()) {
        (ReturnKind::Unsubscribe, Some(who)) => {
            Ok(subscribers::is_joined(transaction, who.id).await?)
        }
        _ => Ok(false),
    }
}

/// What becomes of a return, and why, in words for staff.
struct Decided {
    state: ReturnState,
    why: String,
}

impl Decided {
    fn of(reading: &Reading, proof: Option<&Proof>) -> Self {
        let needs_proof = !matches!(
            reading.kind,
            ReturnKind::AutoReply
                | ReturnKind::Reply
                | ReturnKind::Report
                | ReturnKind::Unknown
                | ReturnKind::Delay
        );
        let why = &about(reading, proof.and_then(Proof::who)).why;
        let (state, why) = match (proof, reading.kind) {
            (Some(Proof::Probe(_)), _) => (
                ReturnState::Noted,
                "Gazette’s own test mail came back: returned mail reaches it.".to_owned(),
            ),
            (_, ReturnKind::Unknown) => (ReturnState::SetAside, why.clone()),
            (None, _) if needs_proof => (
                ReturnState::Unproved,
                format!(
                    "It carries no return path of ours that holds, or the mail was never sent. Nothing changes. It says: {why}"
                ),
            ),
            (Some(Proof::PressContact(_)), ReturnKind::Bounce) => (
                ReturnState::Noted,
                format!(
                    "Of somebody on the press list, which staff keep by hand. Nothing changes. It says: {why}"
                ),
            ),
            (Some(Proof::OtherMail), ReturnKind::Bounce) => (
                ReturnState::Noted,
                format!(
                    "Of a mail to staff, or to somebody who is forgotten. Nothing changes. It says: {why}"
                ),
            ),
            _ => (ReturnState::Noted, why.clone()),
        };
        Self { state, why }
    }

    fn note_moved(&mut self) {
        let moved = "The subscription moved to another address. Where that one is subscribed, it gets a link to unsubscribe, at most three a day.";
        self.why = format!("{} {moved}", self.why);
    }

    fn note_report(&mut self, kept: Kept) {
        let what = match kept {
            Kept::Now => return,
            Kept::Before => "It had come before, and counts once.",
            Kept::NotOurs => {
                "It is about a domain that is not one of the office’s, and counts for nothing."
            }
            Kept::TooMany => "Very many reports came today; this one counts for nothing.",
        };
        self.why = format!("{} {what}", self.why);
    }

    fn note_reply(&mut self, forwarded: bool, proved: bool) {
        if forwarded {
            "Written by a person. It was passed on to the office; nothing changes."
                .clone_into(&mut self.why);
        } else if proved {
            self.state = ReturnState::SetAside;
            "Written by a person. It was not passed on: very many came today, or it is the office’s own mail. Please look at it.".clone_into(&mut self.why);
        } else {
            "Written by a person, with no mark of a mail of ours. It stays where it came in."
                .clone_into(&mut self.why);
        }
    }
}

fn row(
    app: &App,
    returned: &Return<'_>,
    proof: Option<&Proof>,
    decided: &Decided,
    fingerprint: &[u8],
) -> ActiveModel {
    let reading = returned.reading;
    let who = proof.and_then(Proof::who);
    let first = about(reading, who);
    ActiveModel {
        at: Set(app.clock.now_ms()),
        fingerprint: Set(fingerprint.to_vec()),
        way: Set(returned.way),
        kind: Set(reading.kind),
        state: Set(decided.state),
        class: Set(first.class),
        action: Set(first.action),
        newsletter_id: Set(proof.and_then(Proof::newsletter)),
        subscriber_id: Set(who.map(|who| who.id)),
        provider: Set(who.map_or_else(String::new, |who| who.domain().to_owned())),
        status: Set(first.status.clone()),
        diagnosis: Set(veil(&without_nul(&first.diagnosis))),
        why: Set(decided.why.clone()),
        subject: Set(without_nul(&reading.subject)),
        mail: Set(Some(
            returned.raw[..returned.raw.len().min(KEPT_OCTETS)].to_vec(),
        )),
        ..Default::default()
    }
}

async fn look_at_newsletter(
    app: &App,
    reading: &Reading,
    proof: Option<&Proof>,
) -> Result<(), ReturnError> {
    match proof {
        Some(Proof::Newsletter { link, who, .. }) => {
            watch::look(app, reading, link.newsletter, who.domain()).await
        }
        _ => Ok(()),
    }
}

/// PostgreSQL keeps no NUL in a text.
fn without_nul(text: &str) -> String {
    text.replace('\0', "")
}

/// Changes the subscriber, where the return says so. Whether it did.
async fn change(
    app: &App,
    transaction: &WriteTransaction,
    reading: &Reading,
    proof: &Proof,
) -> Result<bool, ReturnError> {
    let first = about(reading, proof.who());
    let (Some(who), Some(sent_at)) = (proof.who(), proof.sent_at()) else {
        return Ok(false);
    };
    let evidence = json!({
        "channel": "return",
        "kind": reading.kind,
        "newsletter": proof.newsletter(),
        "class": first.class,
        "status": first.status,
        "why": first.why,
    });
    let changed = match (reading.kind, first.action) {
        (ReturnKind::Complaint, ReplyAction::Suppress) => {
            subscribers::complained(app, transaction, who, &evidence).await?
        }
        (ReturnKind::Unsubscribe, _) => {
            let newsletter = proof.newsletter().unwrap_or_default();
            let link = SubscriberLink {
                subscriber: who.id,
                newsletter,
            };
            subscribers::left_by_mail(app, transaction, link, evidence).await?
        }
        // O9: what was mailed before they confirmed anew says nothing of the mailbox now.
        (ReturnKind::Bounce, _) if sent_at < who.status_at() => false,
        (ReturnKind::Bounce, ReplyAction::Suppress) => {
            // A domain that is gone for an hour is not gone: it takes a second time, a day later.
            let since = who.status_at();
            let sure = first.class != Some(ReplyClass::UnknownHost)
                || soft_bounces::host_was_missing_before(app, transaction, who.id, since).await?;
            sure && subscribers::bounced(app, transaction, who, &evidence).await?
        }
        (ReturnKind::Bounce, ReplyAction::Count) => {
            soft_bounces::are_enough(app, transaction, who).await?
                && subscribers::bounced(app, transaction, who, &evidence).await?
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
    audit::record(
        &transaction,
        app.clock.now_ms(),
        by,
        audit::Action::ReturnUndo,
        id,
        "",
    )
    .await?;
    transaction.commit().await?;
    Ok(())
}

/// Files what was set aside, or with `None` all of it: somebody has looked at it. How many they were.
pub async fn file(app: &App, id: Option<i64>, by: &str) -> Result<u64, ReturnError> {
    let transaction = app.db.begin().await?;
    let mut filing = Entity::update_many()
        .col_expr(Column::State, Expr::value(ReturnState::Filed.to_value()))
        .filter(Column::State.eq(ReturnState::SetAside));
    if let Some(id) = id {
        filing = filing.filter(Column::Id.eq(id));
    }
    let filed = filing.exec(&transaction).await?.rows_affected;
    if filed > 0 {
        let object = id.map_or_else(|| "all".to_owned(), |id| id.to_string());
        let (now, action) = (app.clock.now_ms(), audit::Action::ReturnFile);
        audit::record(&transaction, now, by, action, object, filed).await?;
    }
    transaction.commit().await?;
    Ok(filed)
}
