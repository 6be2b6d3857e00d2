//! Leaving, coming back at once, and choosing what to receive. All hold from the moment they are answered: delivery
//! asks these tables before every message.

use gazette_templates::pages::words::CONSENT_VERSION;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};
use serde_json::{Value, json};

use super::{
    Event, Frequency, Result, Status, SubscriberError, came_back,
    consent::{self, Evidence},
    frequencies, joined_address, joined_link,
    link::SubscriberLink,
    press_list,
    request_origin::{RequestOrigin, UnsubscribeChannel},
    status,
    subscriber_tables::{consent as consent_table, subscriber},
    topics::{self, TopicRow, names},
    waiting_sign_ups,
};
use crate::{
    address::{EmailAddress, veil},
    app::App,
    audit::{self, Action},
    clock::DAY,
    db::{Db, WriteTransaction},
    given_name, newsletter_lookup,
    office::Office,
};

/// For how long the page after leaving takes it back with one press.
const UNDO_MS: i64 = DAY;

/// What somebody has left, and what they still get.
#[derive(Debug)]
pub struct Departure {
    /// What the mail with the link was about; none: leaving it leaves everything.
    pub topic: Option<TopicRow>,
    /// What they still get.
    pub remaining: Vec<TopicRow>,
    /// Whether [`undo`] would take it back.
    pub can_undo: bool,
    /// Another address took the subscription over, and still may get everything.
    pub joined: bool,
}

/// The topic that one click on this link leaves, as its mail's List-Id names it (RFC 2919); `None`:
/// everything, because the office wants it so, there is only one topic, or the mail has none. A topic that was
/// archived since is left like any other: who leaves it keeps the rest.
pub async fn mailed_topic(
    connection: &impl ConnectionTrait,
    office: &Office,
    link: SubscriberLink,
) -> Result<Option<TopicRow>> {
    if office.one_click_leaves_all || press_list::is_contact(link) {
        return Ok(None);
    }
    let known = topics::every_topic_within(connection).await?;
    let is_offered = |topic: &&TopicRow| topic.archived_at.is_none();
    let is_only_one = known.iter().filter(is_offered).count() < 2;
    let topic = newsletter_lookup::topic_of(connection, link.newsletter).await?;
    let mailed = known.into_iter().find(|known| Some(known.id) == topic);
    Ok(mailed.filter(|mailed| !(is_only_one && is_offered(&mailed))))
}

/// One click, or the button of the page: leaves what [`mailed_topic`] says. Whose address was joined into
/// another gets a link there. Again, or for someone who never was there, it changes nothing and says nothing (H8): the idempotency that RFC 8058 asks for.
pub async fn unsubscribe(
    app: &App,
    link: SubscriberLink,
    by: UnsubscribeChannel,
    origin: &RequestOrigin,
) -> Result<()> {
    let office = Office::load(&app.db).await?;
    match mailed_topic(app.db.pool(), &office, link).await? {
        Some(topic) => leave_topic(app, link, &topic, by, origin).await,
        None => leave_all(app, link, by, origin).await,
    }
}

/// The same for a mail that asks for it, as a part of what else happens with the mail: the two ways in a
/// newsletter's List-Unsubscribe leave the same. Whether anything was left.
pub(super) async fn unsubscribe_by_mail(
    app: &App,
    transaction: &WriteTransaction,
    link: SubscriberLink,
    evidence: Value,
) -> Result<bool> {
    let office = Office::load_within(transaction).await?;
    match mailed_topic(transaction, &office, link).await? {
        Some(topic) => leave_topic_within(app, transaction, link, &topic, evidence).await,
        None => leave_all_within(app, transaction, link, evidence).await,
    }
}

/// Leaves everything.
pub async fn leave_all(
    app: &App,
    link: SubscriberLink,
    by: UnsubscribeChannel,
    origin: &RequestOrigin,
) -> Result<()> {
    if press_list::is_contact(link) {
        return press_list::leave(app, link, by, origin).await;
    }
    let evidence = by.evidence(link.newsletter, origin);
    let transaction = app.db.begin().await?;
    let has_left = leave_all_within(app, &transaction, link, evidence).await?;
    transaction.commit().await?;
    if !has_left {
        joined_link::mail_link(app, link.subscriber).await?;
    }
    Ok(())
}

async fn leave_all_within(
    app: &App,
    transaction: &WriteTransaction,
    link: SubscriberLink,
    mut evidence: Value,
) -> Result<bool> {
    let known = topics::every_topic_within(transaction).await?;
    let left = topics::frequencies_of_subscriber(transaction, link.subscriber).await?;
    note_left(&mut evidence, &known, &left);
    let has_left =
        status::apply_own_word(app, transaction, link.subscriber, Event::Leave, &evidence).await?;
    if !has_left {
        came_back::keep_away(app, transaction, link.subscriber).await?;
    }
    Ok(has_left)
}

async fn leave_topic(
    app: &App,
    link: SubscriberLink,
    topic: &TopicRow,
    by: UnsubscribeChannel,
    origin: &RequestOrigin,
) -> Result<()> {
    let evidence = by.evidence(link.newsletter, origin);
    let transaction = app.db.begin().await?;
    let has_left = leave_topic_within(app, &transaction, link, topic, evidence).await?;
    transaction.commit().await?;
    if !has_left {
        joined_link::mail_link(app, link.subscriber).await?;
    }
    Ok(())
}

async fn leave_topic_within(
    app: &App,
    transaction: &WriteTransaction,
    link: SubscriberLink,
    topic: &TopicRow,
    mut evidence: Value,
) -> Result<bool> {
    if !hold_confirmed(transaction, link.subscriber).await? {
        // Whoever bounced gets nothing of the rest either, and leaves as a whole.
        return leave_all_within(app, transaction, link, evidence).await;
    }
    let has = topics::frequencies_of_subscriber(transaction, link.subscriber).await?;
    let (left, remaining): (Vec<_>, Vec<_>) =
        has.iter().copied().partition(|(id, _)| *id == topic.id);
    let offered = topics::topics_within(transaction).await?;
    let goes_on = |(id, _): &(i64, Frequency)| offered.iter().any(|topic| topic.id == *id);
    if !remaining.iter().any(goes_on) {
        // What is archived is on no page, and the page says that nothing comes any more.
        return leave_all_within(app, transaction, link, evidence).await;
    }
    evidence["topics_left"] = json!([topic.slug]);
    note_frequencies(&mut evidence, std::slice::from_ref(topic), &left);
    if left.is_empty() {
        return Ok(false);
    }
    topics::set_each(transaction, link.subscriber, &remaining, app.clock.now_ms()).await?;
    let (now, kind) = (app.clock.now_ms(), Evidence::TopicLeft);
    consent::record(transaction, link.subscriber, now, kind, &evidence).await?;
    Ok(true)
}

/// What somebody left, and how often it came: what [`undo`] brings back.
pub(super) fn note_left(evidence: &mut Value, known: &[TopicRow], left: &[(i64, Frequency)]) {
    let ids: Vec<i64> = left.iter().map(|(id, _)| *id).collect();
    evidence["topics_left"] = json!(names(known, &ids));
    note_frequencies(evidence, known, left);
}

/// How often each came, where that was not at once.
fn note_frequencies(evidence: &mut Value, known: &[TopicRow], left: &[(i64, Frequency)]) {
    for (id, frequency) in left {
        let topic = known.iter().find(|topic| topic.id == *id);
        if let Some(topic) = topic.filter(|_| *frequency != Frequency::Each) {
            evidence["frequencies"][&topic.slug] = json!(frequency.word());
        }
    }
}

/// Holds the row of a confirmed subscriber to the end of the transaction: nobody leaves or is deleted
/// in between. False: they are not confirmed.
pub(super) async fn hold_confirmed(
    transaction: &WriteTransaction,
    subscriber: i64,
) -> std::result::Result<bool, DbErr> {
    let held = subscriber::Entity::update_many()
        .col_expr(
            subscriber::Column::Language,
            Expr::col(subscriber::Column::Language),
        )
        .filter(subscriber::Column::Id.eq(subscriber))
        .filter(subscriber::Column::Status.eq(Status::Confirmed))
        .exec(transaction)
        .await?;
    Ok(held.rows_affected > 0)
}

/// Where somebody stands who has just left.
pub async fn departure(app: &App, link: SubscriberLink) -> Result<Departure> {
    let office = Office::load(&app.db).await?;
    let remaining = match choices(app, link).await? {
        Some((topics, _)) => topics
            .into_iter()
            .filter(|has| has.chosen)
            .map(|has| has.topic)
            .collect(),
        None => Vec::new(),
    };
    Ok(Departure {
        topic: mailed_topic(app.db.pool(), &office, link).await?,
        remaining,
        can_undo: !just_left(app, app.db.pool(), link).await?.is_empty(),
        joined: joined_address::is_joined(app.db.pool(), link.subscriber).await?,
    })
}

/// Whether the last thing that happened to the subscriber is that this link took a leaving back.
async fn is_undone(connection: &impl ConnectionTrait, link: SubscriberLink) -> Result<bool> {
    // consent_of_subscriber
    let last = consent_table::Entity::find()
        .filter(consent_table::Column::SubscriberId.eq(link.subscriber))
        .order_by_desc(consent_table::Column::Id)
        .one(connection)
        .await?;
    let Some(last) = last else {
        return Ok(false);
    };
    let by: Value = serde_json::from_str(&last.evidence)?;
    Ok(by["channel"] == json!("undo") && by["newsletter"] == json!(link.newsletter))
}

/// The topics that this link left within the last day, if nothing happened to the subscriber since:
/// what [`undo`] brings back. Leaving by phone, or by another mail, is not undone by this link.
async fn just_left(
    app: &App,
    connection: &impl ConnectionTrait,
    link: SubscriberLink,
) -> Result<Vec<(String, Frequency)>> {
    // consent_of_subscriber
    let latest = consent_table::Entity::find()
        .filter(consent_table::Column::SubscriberId.eq(link.subscriber))
        .order_by_desc(consent_table::Column::Id)
        .limit(10)
        .all(connection)
        .await?;
    let since = app.clock.now_ms() - UNDO_MS;
    let mut left = Vec::new();
    for step in latest {
        let by: Value = serde_json::from_str(&step.evidence)?;
        let leaves = Evidence::LEAVES.contains(&step.event);
        if !leaves || step.at <= since || by["newsletter"] != json!(link.newsletter) {
            break;
        }
        left.extend(topics_left(&by));
    }
    Ok(left)
}

/// What [`note_left`] wrote down: each topic's slug, and how often it came.
pub(super) fn topics_left(evidence: &Value) -> Vec<(String, Frequency)> {
    let often = |slug: &str| {
        evidence["frequencies"][slug]
            .as_str()
            .and_then(Frequency::of_word)
    };
    consent::slugs(evidence, "topics_left")
        .map(|slug| (slug.to_owned(), often(slug).unwrap_or_default()))
        .collect()
}

/// Takes back what [`just_left`] says, at the press of the button on the page after leaving. The token
/// proves the mailbox, and `consent` is the text that stands for it. False: nothing was changed, and it is
/// not so already by an earlier press.
pub async fn undo(
    app: &App,
    link: SubscriberLink,
    consent: &str,
    origin: &RequestOrigin,
) -> Result<bool> {
    // What was archived meanwhile was theirs, too.
    let known = topics::every_topic(app).await?;
    let transaction = app.db.begin().await?;
    let left = just_left(app, &transaction, link).await?;
    if left.is_empty() || press_list::is_contact(link) {
        let is_back = is_undone(&transaction, link).await?;
        transaction.rollback().await?;
        return Ok(is_back);
    }
    let mut wanted = topics::frequencies_of_subscriber(&transaction, link.subscriber).await?;
    for topic in &known {
        let is = left.iter().find(|(slug, _)| *slug == topic.slug);
        wanted.extend(is.map(|(_, frequency)| (topic.id, *frequency)));
    }
    let ids: Vec<i64> = wanted.iter().map(|(id, _)| *id).collect();
    let evidence = json!({
        "method": "POST",
        "channel": "undo",
        "newsletter": link.newsletter,
        "consent_text": consent,
        "consent_text_version": CONSENT_VERSION,
        "consent_text_sha256": consent::text_hash(consent),
        "topics": names(&known, &ids),
        "ip": origin.ip,
        "user_agent": origin.user_agent,
    });
    let (id, now) = (link.subscriber, app.clock.now_ms());
    let back = status::apply(app, &transaction, id, Event::Undo, &evidence).await?;
    if !back {
        if !hold_confirmed(&transaction, id).await? {
            transaction.rollback().await?;
            return Ok(false);
        }
        consent::record(&transaction, id, now, Evidence::Resubscribed, &evidence).await?;
    }
    topics::set_each(&transaction, id, &wanted, now).await?;
    transaction.commit().await?;
    Ok(true)
}

/// The addresses of all who are not on the list any more, whatever took them off.
///
/// # Errors
/// The database failed.
pub async fn gone_addresses(db: &Db) -> std::result::Result<Vec<String>, DbErr> {
    subscriber::Entity::find()
        .select_only()
        .column(subscriber::Column::Email)
        .filter(subscriber::Column::Status.is_in(Status::GONE))
        .into_tuple()
        .all(db.pool())
        .await
}

/// Characters in what is said of how somebody asked to be taken off.
pub const LONGEST_REASON: usize = 300;

/// [`unsubscribe_because`] without a reason.
pub async fn unsubscribe_address(app: &App, email: &str, who: &str) -> Result<bool> {
    unsubscribe_because(app, email, who, "").await
}

/// Unsubscribes an address at its holder's word to the office, by phone perhaps: `reason` is how they asked, or
/// why, and is kept with the evidence; empty: nothing is known. False where it was not subscribed. `who` stands
/// in the audit log, the address veiled.
pub async fn unsubscribe_because(app: &App, email: &str, who: &str, reason: &str) -> Result<bool> {
    let reason =
        given_name::checked(reason, LONGEST_REASON).map_err(SubscriberError::LeavingReason)?;
    let address = EmailAddress::parse(email)
        .map_err(|error| SubscriberError::Address(email.to_owned(), error))?;
    let known = subscriber::Entity::find()
        .filter(subscriber::Column::EmailKey.eq(address.key()))
        .one(app.db.pool())
        .await?;
    let mut evidence = json!({ "channel": "office", "by": who });
    if !reason.is_empty() {
        evidence["reason"] = reason.as_str().into();
    }
    let transaction = app.db.begin().await?;
    // Who takes their name off the list does not want the mail that asks whether they want it.
    let withdrawn = waiting_sign_ups::forget(&transaction, &address.key()).await? > 0;
    let left = match known {
        Some(known) => {
            let id = known.id;
            status::apply_own_word(app, &transaction, id, Event::Leave, &evidence).await?
                || withdrawn
        }
        None if withdrawn => true,
        None => return Err(SubscriberError::NotFound(email.to_owned())),
    };
    if left {
        let (now, veiled) = (app.clock.now_ms(), address.veiled());
        audit::record(
            &transaction,
            now,
            who,
            Action::SubscriberUnsubscribe,
            veiled,
            veil(&reason),
        )
        .await?;
    }
    transaction.commit().await?;
    Ok(left)
}

/// A topic as a subscriber has it.
#[derive(Debug)]
pub struct TopicChosen {
    /// The topic.
    pub topic: TopicRow,
    /// Whether they get it.
    pub chosen: bool,
    /// How often they want it.
    pub frequency: Frequency,
}

/// The language that whoever has the link chose; `None`: nobody has it, or a newsroom.
pub async fn language_of(app: &App, link: SubscriberLink) -> Result<Option<String>> {
    if press_list::is_contact(link) {
        return Ok(None);
    }
    let subscriber = subscriber::Entity::find_by_id(link.subscriber)
        .one(app.db.pool())
        .await?;
    Ok(subscriber.map(|subscriber| subscriber.language))
}

/// The topics that somebody who has these sees: those that are offered, and of what was archived what they have.
/// It may still come, and they can leave it.
fn shown(known: Vec<TopicRow>, has: &[(i64, Frequency)]) -> Vec<TopicRow> {
    let is_theirs = |topic: &TopicRow| has.iter().any(|(id, _)| *id == topic.id);
    let mut shown = known;
    shown.retain(|topic| topic.archived_at.is_none() || is_theirs(topic));
    shown
}

/// What a subscriber may choose from, with what is chosen, and their language; `None` for who is not
/// subscribed.
pub async fn choices(
    app: &App,
    link: SubscriberLink,
) -> Result<Option<(Vec<TopicChosen>, String)>> {
    let subscriber = subscriber::Entity::find_by_id(link.subscriber)
        .filter(subscriber::Column::Status.eq(Status::Confirmed))
        .one(app.db.pool())
        .await?;
    let Some(subscriber) = subscriber else {
        return Ok(None);
    };
    let chosen = topics::frequencies_of_subscriber(app.db.pool(), subscriber.id).await?;
    let choices = shown(topics::every_topic(app).await?, &chosen)
        .into_iter()
        .map(|topic| {
            let is = chosen.iter().find(|(id, _)| *id == topic.id);
            TopicChosen {
                chosen: is.is_some(),
                frequency: is.map(|(_, frequency)| *frequency).unwrap_or_default(),
                topic,
            }
        })
        .collect();
    Ok(Some((choices, subscriber.language)))
}

/// Sets what a confirmed subscriber gets, how often where it says so, and in which language where one
/// is given; who chooses none of what they are shown ([`choices`]) is unsubscribed. Who names only what we do
/// not know has chosen nothing new: false. For anyone else nothing happens: coming back takes a new opt-in.
pub async fn choose(
    app: &App,
    link: SubscriberLink,
    slugs: &[String],
    often_wanted: &[(String, Frequency)],
    language: Option<&str>,
    origin: &RequestOrigin,
) -> Result<bool> {
    let known = topics::every_topic(app).await?;
    let has = topics::frequencies_of_subscriber(app.db.pool(), link.subscriber).await?;
    let offered = shown(known.clone(), &has);
    let named = offered.iter().filter(|topic| slugs.contains(&topic.slug));
    let named: Vec<i64> = named.map(|topic| topic.id).collect();
    let chose = !named.is_empty();
    if !chose && (has.is_empty() || slugs.is_empty()) {
        leave_all(app, link, UnsubscribeChannel::Preferences, origin).await?;
        return Ok(true);
    }
    let kept = has.iter().map(|(id, _)| *id).filter(|_| !chose);
    let ids: Vec<i64> = named.iter().copied().chain(kept).collect();
    let now = app.clock.now_ms();
    let transaction = app.db.begin().await?;
    // The row is held to the end of the transaction: nobody leaves or is deleted in between.
    let held = subscriber::Entity::update_many()
        .col_expr(
            subscriber::Column::Language,
            match language {
                Some(tag) => Expr::value(tag),
                None => Expr::col(subscriber::Column::Language),
            },
        )
        .filter(subscriber::Column::Id.eq(link.subscriber))
        .filter(subscriber::Column::Status.eq(Status::Confirmed))
        .exec(&transaction)
        .await?;
    if held.rows_affected == 0 {
        transaction.rollback().await?;
        return Ok(false);
    }
    let now_set = subscriber::Entity::find_by_id(link.subscriber)
        .one(&transaction)
        .await?;
    let often = |topic: &TopicRow| {
        let said = often_wanted.iter().find(|(slug, _)| *slug == topic.slug);
        said.map(|(_, frequency)| *frequency)
    };
    let chosen: Vec<&TopicRow> = known
        .iter()
        .filter(|topic| ids.contains(&topic.id))
        .collect();
    let new: Vec<(i64, Frequency)> = chosen
        .iter()
        .map(|topic| (topic.id, often(topic).unwrap_or_default()))
        .collect();
    topics::set_each(&transaction, link.subscriber, &new, now).await?;
    for topic in &chosen {
        if let Some(frequency) = often(topic) {
            frequencies::want(&transaction, link.subscriber, topic.id, frequency).await?;
        }
    }
    let wanted = topics::frequencies_of_subscriber(&transaction, link.subscriber).await?;
    let mut evidence = json!({
        "topics": names(&known, &ids),
        "language": now_set.map(|subscriber| subscriber.language),
        "method": "POST",
        "newsletter": link.newsletter,
        "ip": origin.ip,
        "user_agent": origin.user_agent,
    });
    note_frequencies(&mut evidence, &known, &wanted);
    let kind = Evidence::PreferencesChanged;
    consent::record(&transaction, link.subscriber, now, kind, &evidence).await?;
    transaction.commit().await?;
    Ok(chose || slugs.is_empty())
}
