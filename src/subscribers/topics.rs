//! Topics: what there is to ask for, and how staff make, name, order and archive it.

use std::collections::BTreeMap;

use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, DerivePartialModel, EntityTrait,
    FromQueryResult, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};
use serde::Serialize;

use super::{
    Result, SubscriberError, former_subscriptions,
    subscriber_kinds::Frequency,
    subscriber_tables::{subscription, topic, topic_translation},
};
use crate::{
    app::App,
    audit::{self, Action},
    db, given_name, values,
};

/// Characters of a name, at most.
const LONGEST_NAME: usize = 80;
/// Characters of what a topic holds, at most.
const LONGEST_DESCRIPTION: usize = 200;

/// A topic.
#[derive(Debug, Clone, DerivePartialModel)]
#[sea_orm(entity = "topic::Entity")]
pub struct TopicRow {
    /// `topic.id`
    pub id: i64,
    /// Short name.
    pub slug: String,
    /// As readers see it.
    pub name: String,
    /// What it holds.
    pub description: String,
    /// Since then readers cannot choose it.
    pub archived_at: Option<i64>,
}

/// SQL text: joins the topic with the id `id` as `t`. By its primary key.
#[must_use]
pub fn sql_join_topic(id: &str) -> String {
    format!("JOIN topic t ON t.id = {id}")
}

/// The topics that readers may choose, in their order.
pub async fn topics(app: &App) -> std::result::Result<Vec<TopicRow>, DbErr> {
    topics_within(app.db.pool()).await
}

/// The same as a part of what else happens: who holds one connection waits for no second one.
pub(super) async fn topics_within(
    connection: &impl ConnectionTrait,
) -> std::result::Result<Vec<TopicRow>, DbErr> {
    topic::Entity::find()
        .filter(topic::Column::ArchivedAt.is_null())
        .order_by_asc(topic::Column::Position)
        .order_by_asc(topic::Column::Id)
        .into_partial_model()
        .all(connection)
        .await
}

/// The same with those that are archived: for telling what somebody has or had.
pub async fn every_topic(app: &App) -> std::result::Result<Vec<TopicRow>, DbErr> {
    every_topic_within(app.db.pool()).await
}

/// The same as a part of what else happens.
pub(super) async fn every_topic_within(
    connection: &impl ConnectionTrait,
) -> std::result::Result<Vec<TopicRow>, DbErr> {
    topic::Entity::find()
        .order_by_asc(topic::Column::Position)
        .order_by_asc(topic::Column::Id)
        .into_partial_model()
        .all(connection)
        .await
}

/// A topic as staff see it.
#[derive(Debug, Serialize)]
pub struct TopicListing {
    /// `topic.id`
    #[serde(skip)]
    pub id: i64,
    /// Short name.
    pub slug: String,
    /// As readers see it.
    pub name: String,
    /// What it holds.
    pub description: String,
    /// Readers may not choose it any more.
    pub archived: bool,
    /// Confirmed subscribers who get it.
    pub subscribers: i64,
}

/// All topics with how many get them, in their order, the archived ones last.
pub async fn listing(app: &App) -> Result<Vec<TopicListing>> {
    listed_with(app, &people(app).await?).await
}

/// The same with how many are known already, by topic.
pub async fn listed_with(app: &App, people: &BTreeMap<i64, i64>) -> Result<Vec<TopicListing>> {
    let mut listed: Vec<TopicListing> = topic::Entity::find()
        .order_by_asc(topic::Column::Position)
        .order_by_asc(topic::Column::Id)
        .all(app.db.pool())
        .await?
        .into_iter()
        .map(|row| TopicListing {
            subscribers: people.get(&row.id).copied().unwrap_or_default(),
            id: row.id,
            slug: row.slug,
            name: row.name,
            description: row.description,
            archived: row.archived_at.is_some(),
        })
        .collect();
    listed.sort_by_key(|topic| topic.archived);
    Ok(listed)
}

#[derive(FromQueryResult)]
struct PeopleOfTopic {
    topic_id: i64,
    people: i64,
}

/// How many confirmed subscribers get each topic, by its id; topics that nobody gets are left out. Reads
/// both tables: who shows it often keeps it for a while.
pub async fn people(app: &App) -> Result<BTreeMap<i64, i64>> {
    let sql = format!(
        "SELECT t.topic_id, count(*) AS people FROM subscription t
         JOIN subscriber s ON s.id = t.subscriber_id WHERE {} GROUP BY t.topic_id",
        super::audience::sql_is_confirmed()
    );
    let rows: Vec<PeopleOfTopic> = db::rows(app.db.pool(), &sql, []).await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.topic_id, row.people))
        .collect())
}

/// Makes a topic, the last in the order; its id.
///
/// # Errors
/// The slug or the words do not do, or another topic has the slug or the name.
pub async fn add(app: &App, slug: &str, name: &str, description: &str, who: &str) -> Result<i64> {
    let transaction = app.db.begin().await?;
    let id = add_within(app, &transaction, slug, name, description, who).await?;
    transaction.commit().await?;
    Ok(id)
}

/// The same as a part of what else happens.
pub(super) async fn add_within(
    app: &App,
    transaction: &impl ConnectionTrait,
    slug: &str,
    name: &str,
    description: &str,
    who: &str,
) -> Result<i64> {
    check_slug(slug)?;
    let (name, description) = checked_words(name, description)?;
    let taken = every_topic_within(transaction).await?;
    if taken.iter().any(|topic| topic.slug == slug) {
        let taken =
            "there is a topic with this short name already; `gazette topics list` shows all";
        return Err(SubscriberError::Topic(slug.to_owned(), taken));
    }
    check_not_taken(transaction, None, &name).await?;
    let last: Option<i32> = topic::Entity::find()
        .select_only()
        .column_as(topic::Column::Position.max(), "last")
        .into_tuple::<Option<i32>>()
        .one(transaction)
        .await?
        .flatten();
    let made = topic::Entity::insert(topic::ActiveModel {
        slug: Set(slug.to_owned()),
        name: Set(name.clone()),
        description: Set(description),
        position: Set(last.unwrap_or_default() + 1),
        ..Default::default()
    })
    .exec(transaction)
    .await?;
    record(app, transaction, who, Action::TopicAdd, slug, &name).await?;
    Ok(made.last_insert_id)
}

/// Renames or describes a topic. The short name stays: it stands in List-Id, by which readers filter.
///
/// # Errors
/// There is no such topic, the words do not do, or another topic has the name.
pub async fn describe(
    app: &App,
    slug: &str,
    name: Option<&str>,
    description: Option<&str>,
    who: &str,
) -> Result<()> {
    let found = find(app, slug).await?;
    let name = name.unwrap_or(&found.name);
    let description = description.unwrap_or(&found.description);
    let (name, description) = checked_words(name, description)?;
    let transaction = app.db.begin().await?;
    // Who only describes a topic is not held up by a name that two had before this was looked at.
    if name != found.name {
        check_not_taken(&transaction, Some(found.id), &name).await?;
    }
    let details = format!("{name}: {description}");
    topic::Entity::update_many()
        .col_expr(topic::Column::Name, Expr::value(name))
        .col_expr(topic::Column::Description, Expr::value(description))
        .filter(topic::Column::Id.eq(found.id))
        .exec(&transaction)
        .await?;
    record(
        app,
        &transaction,
        who,
        Action::TopicDescribe,
        slug,
        &details,
    )
    .await?;
    Ok(transaction.commit().await?)
}

/// Says what a topic holds, as a part of what else happens.
pub(super) async fn describe_within(
    app: &App,
    transaction: &impl ConnectionTrait,
    topic: &TopicRow,
    description: &str,
    who: &str,
) -> Result<()> {
    let (name, description) = checked_words(&topic.name, description)?;
    if description == topic.description {
        return Ok(());
    }
    let details = format!("{name}: {description}");
    topic::Entity::update_many()
        .col_expr(topic::Column::Description, Expr::value(description))
        .filter(topic::Column::Id.eq(topic.id))
        .exec(transaction)
        .await?;
    let action = Action::TopicDescribe;
    Ok(record(app, transaction, who, action, &topic.slug, &details).await?)
}

/// Puts these topics in this order among themselves: the places that they have stay theirs.
pub(super) async fn put_in_order(
    transaction: &impl ConnectionTrait,
    ids: &[i64],
) -> std::result::Result<(), DbErr> {
    let places: Vec<i32> = topic::Entity::find()
        .select_only()
        .column(topic::Column::Position)
        .filter(topic::Column::Id.is_in(ids.iter().copied()))
        .order_by_asc(topic::Column::Position)
        .order_by_asc(topic::Column::Id)
        .into_tuple()
        .all(transaction)
        .await?;
    for (id, place) in ids.iter().zip(places) {
        topic::Entity::update_many()
            .col_expr(topic::Column::Position, Expr::value(place))
            .filter(topic::Column::Id.eq(*id))
            .exec(transaction)
            .await?;
    }
    Ok(())
}

/// Puts these topics first, in this order; the others follow in theirs.
pub async fn order(app: &App, first: &[String], who: &str) -> Result<()> {
    let known = every_topic(app).await?;
    for slug in first {
        find(app, slug).await?;
    }
    let place = |topic: &TopicRow| first.iter().position(|slug| *slug == topic.slug);
    let mut ordered: Vec<&TopicRow> = known.iter().collect();
    ordered.sort_by_key(|topic| place(topic).unwrap_or(usize::MAX));
    let transaction = app.db.begin().await?;
    for (position, topic) in (1..).zip(&ordered) {
        topic::Entity::update_many()
            .col_expr(topic::Column::Position, Expr::value(position))
            .filter(topic::Column::Id.eq(topic.id))
            .exec(&transaction)
            .await?;
    }
    let slugs: Vec<&str> = ordered.iter().map(|topic| topic.slug.as_str()).collect();
    let details = slugs.join(", ");
    record(
        app,
        &transaction,
        who,
        Action::TopicOrder,
        "topics",
        &details,
    )
    .await?;
    Ok(transaction.commit().await?)
}

/// Archives a topic, or brings it back: readers cannot choose it, and who has it keeps it.
///
/// # Errors
/// It is the last one that readers can choose.
pub async fn archive(app: &App, slug: &str, archived: bool, who: &str) -> Result<()> {
    let found = find(app, slug).await?;
    let transaction = app.db.begin().await?;
    archive_within(app, &transaction, &found, archived, who).await?;
    Ok(transaction.commit().await?)
}

/// The same as a part of what else happens; after an error nothing of it may be committed.
pub(super) async fn archive_within(
    app: &App,
    transaction: &impl ConnectionTrait,
    found: &TopicRow,
    archived: bool,
    who: &str,
) -> Result<()> {
    let now = app.clock.now_ms();
    topic::Entity::update_many()
        .col_expr(
            topic::Column::ArchivedAt,
            Expr::value(archived.then_some(now)),
        )
        .filter(topic::Column::Id.eq(found.id))
        .exec(transaction)
        .await?;
    if first_topic(transaction).await?.is_none() {
        let last = "it is the only topic that readers can choose; make another one first";
        return Err(SubscriberError::Topic(found.slug.clone(), last));
    }
    let action = if archived {
        Action::TopicArchive
    } else {
        Action::TopicRestore
    };
    Ok(record(app, transaction, who, action, &found.slug, "").await?)
}

pub(super) async fn find(app: &App, slug: &str) -> Result<TopicRow> {
    let known = every_topic(app).await?;
    if let Some(found) = known.iter().find(|topic| topic.slug == slug) {
        return Ok(found.clone());
    }
    let slugs: Vec<&str> = known.iter().map(|topic| topic.slug.as_str()).collect();
    Err(SubscriberError::NoTopic(slug.to_owned(), slugs.join(", ")))
}

pub(super) async fn record(
    app: &App,
    connection: &impl ConnectionTrait,
    who: &str,
    action: Action,
    slug: &str,
    details: &str,
) -> std::result::Result<(), DbErr> {
    let (now, object) = (app.clock.now_ms(), format!("topic/{slug}"));
    audit::record(connection, now, who, action, object, details).await
}

fn check_slug(slug: &str) -> Result<()> {
    let fits = (1..=40).contains(&slug.len())
        && slug
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !slug.starts_with('-')
        && !slug.ends_with('-');
    let wrong = "a short name has up to 40 small letters, digits and hyphens, such as veterans";
    fits.then_some(())
        .ok_or_else(|| SubscriberError::Topic(slug.to_owned(), wrong))
}

/// A name and what the topic holds, as they are kept.
pub(super) fn checked_words(name: &str, description: &str) -> Result<(String, String)> {
    let name = given_name::checked(name, LONGEST_NAME).map_err(SubscriberError::TopicName)?;
    if name.is_empty() {
        return Err(SubscriberError::NoTopicName);
    }
    let description = given_name::checked(description, LONGEST_DESCRIPTION)
        .map_err(SubscriberError::TopicDescription)?;
    Ok((name, description))
}

/// Refuses a name that another topic has: also one that is archived, also in another language. Readers see
/// topics by their names only. On PostgreSQL the topics are held until the transaction ends, so that of
/// two who give one name at once the second finds what the first has done.
pub(super) async fn check_not_taken(
    transaction: &impl ConnectionTrait,
    of_topic: Option<i64>,
    name: &str,
) -> Result<()> {
    topic::Entity::find()
        .select_only()
        .column(topic::Column::Id)
        .order_by_asc(topic::Column::Id)
        .lock_exclusive()
        .into_tuple::<i64>()
        .all(transaction)
        .await?;
    let others = topic::Entity::find().all(transaction).await?;
    let words = topic_translation::Entity::find().all(transaction).await?;
    let key = given_name::key(name);
    let taken = others
        .into_iter()
        .filter(|topic| Some(topic.id) != of_topic)
        .find_map(|topic| {
            let mut names = words
                .iter()
                .filter(|words| words.topic_id == topic.id)
                .map(|words| &words.name)
                .chain([&topic.name]);
            let name = names.find(|name| given_name::key(name) == key)?.clone();
            Some(SubscriberError::TopicNameTaken {
                name,
                slug: topic.slug.clone(),
                archived: topic.archived_at.is_some(),
            })
        });
    taken.map_or(Ok(()), Err)
}

/// The ids of what a subscriber gets.
pub async fn of_subscriber(
    connection: &impl ConnectionTrait,
    subscriber: i64,
) -> std::result::Result<Vec<i64>, DbErr> {
    // subscription_of_subscriber
    subscription::Entity::find()
        .select_only()
        .column(subscription::Column::TopicId)
        .filter(subscription::Column::SubscriberId.eq(subscriber))
        .into_tuple()
        .all(connection)
        .await
}

/// How often a subscriber wants each topic that they get, by its id.
pub async fn frequencies_of_subscriber(
    connection: &impl ConnectionTrait,
    subscriber: i64,
) -> std::result::Result<Vec<(i64, Frequency)>, DbErr> {
    // subscription_of_subscriber
    let rows = subscription::Entity::find()
        .filter(subscription::Column::SubscriberId.eq(subscriber))
        .all(connection)
        .await?;
    let wanted = |row: &subscription::Model| row.frequency_wanted.unwrap_or(row.frequency);
    Ok(rows.iter().map(|row| (row.topic_id, wanted(row))).collect())
}

/// The id of the first topic that readers can choose; `None`: there is none.
pub async fn first_topic(
    connection: &impl ConnectionTrait,
) -> std::result::Result<Option<i64>, DbErr> {
    topic::Entity::find()
        .select_only()
        .column(topic::Column::Id)
        .filter(topic::Column::ArchivedAt.is_null())
        .order_by_asc(topic::Column::Position)
        .order_by_asc(topic::Column::Id)
        .limit(1)
        .into_tuple()
        .one(connection)
        .await
}

/// These topics in the order of the sign-up form, each once.
pub async fn in_order(
    connection: &impl ConnectionTrait,
    ids: &[i64],
) -> std::result::Result<Vec<i64>, DbErr> {
    topic::Entity::find()
        .select_only()
        .column(topic::Column::Id)
        .filter(topic::Column::Id.is_in(ids.iter().copied()))
        .order_by_asc(topic::Column::Position)
        .order_by_asc(topic::Column::Id)
        .into_tuple()
        .all(connection)
        .await
}

/// The slugs of these topics, in the topics' order.
#[must_use]
pub fn names(topics: &[TopicRow], ids: &[i64]) -> Vec<String> {
    topics
        .iter()
        .filter(|topic| ids.contains(&topic.id))
        .map(|topic| topic.slug.clone())
        .collect()
}

/// The ids of these topics; of all that are offered where none is named. A form may be older than the topics:
/// unknown names are passed over, and so is what was archived, but where nothing else is named: whoever asked for
/// that alone gets nothing else.
#[must_use]
pub fn chosen(topics: &[TopicRow], slugs: &[String]) -> Vec<i64> {
    let (offered, archived): (Vec<&TopicRow>, Vec<&TopicRow>) =
        topics.iter().partition(|topic| topic.archived_at.is_none());
    let ids = |topics: &[&TopicRow], named: bool| -> Vec<i64> {
        let wanted = topics
            .iter()
            .filter(|topic| !named || slugs.contains(&topic.slug));
        wanted.map(|topic| topic.id).collect()
    };
    let found = [ids(&offered, true), ids(&archived, true)];
    let found = found.into_iter().find(|found| !found.is_empty());
    found.unwrap_or_else(|| ids(&offered, false))
}

/// The ids of named topics, every name of which must be known: for the command line.
pub fn named(topics: &[TopicRow], slugs: &[String]) -> Result<Vec<i64>> {
    let known = || {
        topics
            .iter()
            .map(|topic| topic.slug.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    match slugs
        .iter()
        .find(|slug| !topics.iter().any(|topic| topic.slug == **slug))
    {
        Some(unknown) => Err(SubscriberError::NoTopic(unknown.clone(), known())),
        None => Ok(chosen(topics, slugs)),
    }
}

/// Sets what a subscriber gets at `now`: exactly these topics. Those that they have stay as often as they are,
/// new ones come as `frequency` says.
pub async fn set(
    connection: &impl ConnectionTrait,
    subscriber: i64,
    topics: &[i64],
    frequency: Frequency,
    now: i64,
) -> std::result::Result<(), DbErr> {
    let topics: Vec<(i64, Frequency)> = topics.iter().map(|id| (*id, frequency)).collect();
    set_each(connection, subscriber, &topics, now).await
}

/// The same, each as often as it says. What was given up and is taken back before the next summary goes on as it
/// was until then ([`former_subscriptions`]).
pub async fn set_each(
    connection: &impl ConnectionTrait,
    subscriber: i64,
    topics: &[(i64, Frequency)],
    now: i64,
) -> std::result::Result<(), DbErr> {
    let given_up = subscription::Entity::find()
        .filter(subscription::Column::SubscriberId.eq(subscriber))
        .filter(subscription::Column::TopicId.is_not_in(topics.iter().map(|(id, _)| *id)))
        .all(connection)
        .await?;
    if !given_up.is_empty() {
        let ids: Vec<i64> = given_up.iter().map(|row| row.topic_id).collect();
        former_subscriptions::note(connection, given_up, now).await?;
        subscription::Entity::delete_many()
            .filter(subscription::Column::SubscriberId.eq(subscriber))
            .filter(subscription::Column::TopicId.is_in(ids))
            .exec(connection)
            .await?;
    }
    for (topic, frequency) in topics {
        former_subscriptions::take_back(connection, subscriber, *topic, *frequency).await?;
        // A topic may have gone since it was asked for.
        let sql = "INSERT INTO subscription (topic_id, subscriber_id, frequency, frequency_before)
                   SELECT id, $2, $3, $3 FROM topic WHERE id = $1
                   ON CONFLICT (topic_id, subscriber_id) DO NOTHING";
        db::execute(
            connection,
            sql,
            values![*topic, subscriber, *frequency as i16],
        )
        .await?;
    }
    former_subscriptions::forget_taken_back(connection, subscriber).await
}
