//! Topics that an import of our own export makes, and what becomes of them when it is undone: they go, but for
//! those that are of use to somebody else by then.

use sea_orm::{
    ColumnTrait, DbErr, DerivePartialModel, EntityTrait, QueryFilter, SqlErr, sea_query::Expr,
};
use serde_json::json;

use super::{
    Result, SubscriberError,
    exported_topic::TopicWords,
    subscriber_tables::{confirmation, import_batch, sign_up, topic},
    topic_translations::{TopicTranslation, translate_within},
    topics::{self, TopicRow},
};
use crate::{app::App, audit::Action, db::WriteTransaction, office::Office};

/// Makes a topic as the export says that it was; its id. Where readers see another one by that name in some
/// language, it is called by its short name.
pub(super) async fn make(
    app: &App,
    transaction: &WriteTransaction,
    wanted: &TopicRow,
    who: &str,
) -> Result<i64> {
    let TopicRow { slug, name, .. } = wanted;
    let id = match topics::add_within(app, transaction, slug, name, "", who).await {
        Err(
            SubscriberError::TopicNameTaken { .. }
            | SubscriberError::TopicName(_)
            | SubscriberError::NoTopicName,
        ) => topics::add_within(app, transaction, slug, slug, "", who).await?,
        made => made?,
    };
    if wanted.archived_at.is_some() {
        topics::archive_within(
            app,
            transaction,
            &TopicRow {
                id,
                ..wanted.clone()
            },
            true,
            who,
        )
        .await?;
    }
    Ok(id)
}

/// Says of the topics that an import made what the export said of them, and puts them in the order that they had
/// there. A translation by which readers know another topic here is left out: their own names stand for it.
pub(super) async fn describe(
    app: &App,
    transaction: &WriteTransaction,
    office: &Office,
    made: &[(TopicRow, TopicWords)],
    who: &str,
) -> Result<()> {
    for (topic, words) in made {
        topics::describe_within(app, transaction, topic, &words.description, who).await?;
        for (language, said) in &words.translations {
            let words = TopicTranslation {
                language: language.clone(),
                name: said.name.clone(),
                description: said.description.clone(),
            };
            match translate_within(app, transaction, office, topic, &words, who).await {
                Err(
                    SubscriberError::Topic(..)
                    | SubscriberError::TopicNameTaken { .. }
                    | SubscriberError::TopicName(_)
                    | SubscriberError::Language(..),
                ) => {}
                said => said?,
            }
        }
    }
    let mut in_order: Vec<&(TopicRow, TopicWords)> = made.iter().collect();
    in_order.sort_by_key(|(_, words)| words.place);
    let ids: Vec<i64> = in_order.iter().map(|(topic, _)| topic.id).collect();
    topics::put_in_order(transaction, &ids).await?;
    Ok(())
}

/// Writes down which topics an import has made so far.
pub(super) async fn note(
    transaction: &WriteTransaction,
    batch: &str,
    made: &[i64],
) -> std::result::Result<(), DbErr> {
    import_batch::Entity::update_many()
        .col_expr(
            import_batch::Column::TopicsMade,
            Expr::value(json!(made).to_string()),
        )
        .filter(import_batch::Column::Label.eq(batch))
        .exec(transaction)
        .await?;
    Ok(())
}

/// What became of the topics that an import had made, by their short names.
#[derive(Debug, Default)]
pub(super) struct TakenBack {
    pub gone: Vec<String>,
    /// Somebody uses them.
    pub stay: Vec<String>,
}

/// Takes back the topics that an import made, after the people are. Each goes in a transaction of its own.
pub(super) async fn take_back(
    app: &App,
    import: &import_batch::Model,
    who: &str,
) -> Result<TakenBack> {
    let made: Vec<i64> = serde_json::from_str(&import.topics_made)?;
    let mut taken = TakenBack::default();
    for topic in topics::every_topic(app).await? {
        if !made.contains(&topic.id) {
            continue;
        }
        if remove(app, &topic, &import.label, who).await? {
            taken.gone.push(topic.slug);
        } else {
            taken.stay.push(topic.slug);
        }
    }
    Ok(taken)
}

/// Removes a topic that nobody uses. False: somebody does, or readers would have nothing left to choose.
async fn remove(app: &App, unused: &TopicRow, batch: &str, who: &str) -> Result<bool> {
    let transaction = app.db.begin().await?;
    if !remove_within(&transaction, unused).await? {
        transaction.rollback().await?;
        return Ok(false);
    }
    let details = format!("removed with the import {batch}, which made it");
    let action = Action::SubscriberImportUndo;
    topics::record(app, &transaction, who, action, &unused.slug, &details).await?;
    transaction.commit().await?;
    Ok(true)
}

/// False: nothing of the transaction may be committed.
async fn remove_within(transaction: &WriteTransaction, unused: &TopicRow) -> Result<bool> {
    if is_asked_for(transaction, unused).await? {
        return Ok(false);
    }
    // Who has it, which source feeds it and which newsletters are its own stands in foreign keys.
    let removed = topic::Entity::delete_by_id(unused.id)
        .exec(transaction)
        .await;
    match removed {
        Err(error) if is_in_use(&error) => return Ok(false),
        removed => removed?,
    };
    Ok(topics::first_topic(transaction).await?.is_some())
}

fn is_in_use(error: &DbErr) -> bool {
    matches!(
        error.sql_err(),
        Some(SqlErr::ForeignKeyConstraintViolation(_))
    )
}

/// Whether a sign-up that waits, or a link that may still be pressed, names it: they do so in words.
async fn is_asked_for(transaction: &WriteTransaction, topic: &TopicRow) -> Result<bool> {
    #[derive(DerivePartialModel)]
    #[sea_orm(entity = "confirmation::Entity")]
    struct Asked {
        topics: String,
    }
    let named = format!("\"{}\"", topic.slug);
    let waiting = sign_up::Entity::find()
        .filter(sign_up::Column::Topics.contains(named))
        .one(transaction)
        .await?;
    if waiting.is_some() {
        return Ok(true);
    }
    let asked: Vec<Asked> = confirmation::Entity::find()
        .filter(confirmation::Column::UsedAt.is_null())
        .filter(confirmation::Column::VoidAt.is_null())
        .filter(confirmation::Column::Topics.contains(topic.id.to_string()))
        .into_partial_model()
        .all(transaction)
        .await?;
    for Asked { topics } in asked {
        let ids: Vec<i64> = serde_json::from_str(&topics)?;
        if ids.contains(&topic.id) {
            return Ok(true);
        }
    }
    Ok(false)
}
