//! What topics are called in each language. A topic's own name is in the office's first language; it
//! stands wherever a translation is missing.

use std::collections::HashMap;

use gazette_templates::{
    pages::words::Words,
    reader_language::{READER_LANGUAGES, reader_language},
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder,
    sea_query::OnConflict,
};

use super::{
    Result, SubscriberError,
    subscriber_tables::{topic, topic_translation},
    topics::{self, TopicRow},
};
use crate::{app::App, audit::Action, office::Office};

/// A topic in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicTranslation {
    /// As [`READER_LANGUAGES`] writes it.
    pub language: String,
    /// As readers of this language see it.
    pub name: String,
    /// What it holds; empty: the topic's own description stands.
    pub description: String,
}

/// The topics that readers may choose, in their order, as a reader of this language sees them.
pub async fn topics_in(app: &App, language: &str) -> std::result::Result<Vec<TopicRow>, DbErr> {
    in_language(app, topics::topics(app).await?, language).await
}

/// The same with those that are archived.
pub async fn every_topic_in(
    app: &App,
    language: &str,
) -> std::result::Result<Vec<TopicRow>, DbErr> {
    in_language(app, topics::every_topic(app).await?, language).await
}

/// What a topic is called to a reader of this language: in mails, whose language is the newsletter's.
/// `None`: there is no such topic.
pub async fn topic_name_in(
    connection: &impl ConnectionTrait,
    topic: i64,
    language: &str,
) -> std::result::Result<Option<String>, DbErr> {
    if let Some(language) = reader_language(language) {
        let key = (topic, language.to_owned());
        let found = topic_translation::Entity::find_by_id(key)
            .one(connection)
            .await?;
        if let Some(found) = found {
            return Ok(Some(found.name));
        }
    }
    let own = topic::Entity::find_by_id(topic).one(connection).await?;
    Ok(own.map(|topic| {
        let built_in = reader_language(language).and_then(|tag| built_in_name(&topic.name, tag));
        built_in.map_or(topic.name, str::to_owned)
    }))
}

/// Topics as a reader of this language sees them.
pub async fn in_language(
    app: &App,
    mut topics: Vec<TopicRow>,
    language: &str,
) -> std::result::Result<Vec<TopicRow>, DbErr> {
    let Some(language) = reader_language(language) else {
        return Ok(topics);
    };
    let mut words: HashMap<i64, topic_translation::Model> = topic_translation::Entity::find()
        .filter(topic_translation::Column::Language.eq(language))
        .all(app.db.pool())
        .await?
        .into_iter()
        .map(|words| (words.topic_id, words))
        .collect();
    for topic in &mut topics {
        if let Some(name) = built_in_name(&topic.name, language) {
            name.clone_into(&mut topic.name);
        }
        if let Some(holds) = built_in_description(&topic.description, language) {
            holds.clone_into(&mut topic.description);
        }
        if let Some(words) = words.remove(&topic.id) {
            topic.name = words.name;
            if !words.description.is_empty() {
                topic.description = words.description;
            }
        }
    }
    Ok(topics)
}

/// What the topic that every office begins with is called in a language, as long as `name` is what it was made with.
fn built_in_name(name: &str, language: &str) -> Option<&'static str> {
    (name == Words::of("en").releases_topic).then(|| Words::of(language).releases_topic)
}

/// The same of what it holds.
fn built_in_description(description: &str, language: &str) -> Option<&'static str> {
    let made = Words::of("en").releases_topic_holds;
    (description == made).then(|| Words::of(language).releases_topic_holds)
}

/// What a topic is called that readers may choose.
#[derive(Debug, Clone)]
pub struct OfferedTopic {
    /// Its short name, its name, and that in other languages.
    pub names: Vec<String>,
}

/// What all topics are called that readers may choose.
pub async fn offered_topics(app: &App) -> Result<Vec<OfferedTopic>> {
    let topics = topics::topics(app).await?;
    let mut others = names_in_languages(app, &topics).await?;
    let offered = topics.into_iter().map(|topic| {
        let mut names = others.remove(&topic.id).unwrap_or_default();
        names.extend([topic.slug, topic.name]);
        OfferedTopic { names }
    });
    Ok(offered.collect())
}

/// What topics are called in other languages, as staff say it and as it is known of the first; by their ids.
pub(super) async fn names_in_languages(
    app: &App,
    topics: &[TopicRow],
) -> Result<HashMap<i64, Vec<String>>> {
    let mut translated = translations(app).await?;
    let names = topics.iter().map(|topic| {
        let said = translated.remove(&topic.id).unwrap_or_default();
        let said = said.into_iter().map(|words| words.name);
        let built_in = READER_LANGUAGES
            .into_iter()
            .filter_map(|language| built_in_name(&topic.name, language));
        (topic.id, said.chain(built_in.map(str::to_owned)).collect())
    });
    Ok(names.collect())
}

/// All translations, by the topic's id.
pub async fn translations(app: &App) -> Result<HashMap<i64, Vec<TopicTranslation>>> {
    let all = topic_translation::Entity::find()
        .order_by_asc(topic_translation::Column::Language)
        .all(app.db.pool())
        .await?;
    let mut by_topic: HashMap<i64, Vec<TopicTranslation>> = HashMap::new();
    for words in all {
        let translation = TopicTranslation {
            language: words.language,
            name: words.name,
            description: words.description,
        };
        by_topic
            .entry(words.topic_id)
            .or_default()
            .push(translation);
    }
    Ok(by_topic)
}

/// Says what a topic is called in another language; an empty name takes the translation away.
///
/// # Errors
/// The words do not do, we do not speak the language, or it is the one of the topic's own name.
pub async fn translate(
    app: &App,
    slug: &str,
    language: &str,
    name: &str,
    description: &str,
    who: &str,
) -> Result<()> {
    let found = topics::find(app, slug).await?;
    let office = Office::load(&app.db).await?;
    let words = TopicTranslation {
        language: language.to_owned(),
        name: name.to_owned(),
        description: description.to_owned(),
    };
    let transaction = app.db.begin().await?;
    translate_within(app, &transaction, &office, &found, &words, who).await?;
    Ok(transaction.commit().await?)
}

/// The same as a part of what else happens.
pub(super) async fn translate_within(
    app: &App,
    transaction: &impl ConnectionTrait,
    office: &Office,
    found: &TopicRow,
    words: &TopicTranslation,
    who: &str,
) -> Result<()> {
    let TopicTranslation {
        language,
        name,
        description,
    } = words;
    let Some(spoken) = reader_language(language) else {
        return Err(SubscriberError::Language(
            language.to_owned(),
            READER_LANGUAGES.join(", "),
        ));
    };
    if office
        .languages
        .first()
        .and_then(|first| reader_language(first))
        == Some(spoken)
    {
        let own = "this is the office’s first language: the topic’s own name is in it; use rename and describe";
        return Err(SubscriberError::Topic(language.to_owned(), own));
    }
    let (name, description) = (name.trim(), description.trim());
    if name.is_empty() {
        topic_translation::Entity::delete_by_id((found.id, spoken.to_owned()))
            .exec(transaction)
            .await?;
    } else {
        let (name, description) = topics::checked_words(name, description)?;
        topics::check_not_taken(transaction, Some(found.id), &name).await?;
        let words = topic_translation::ActiveModel {
            topic_id: Set(found.id),
            language: Set(spoken.to_owned()),
            name: Set(name),
            description: Set(description),
        };
        let key = [
            topic_translation::Column::TopicId,
            topic_translation::Column::Language,
        ];
        let said = [
            topic_translation::Column::Name,
            topic_translation::Column::Description,
        ];
        topic_translation::Entity::insert(words)
            .on_conflict(OnConflict::columns(key).update_columns(said).to_owned())
            .exec_without_returning(transaction)
            .await?;
    }
    let details = format!("{spoken}: {name}: {description}");
    let action = Action::TopicTranslate;
    Ok(topics::record(app, transaction, who, action, &found.slug, &details).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{audit::OPERATOR, subscribers::tests};

    async fn names(app: &App, language: &str) -> Vec<String> {
        let topics = topics_in(app, language).await.unwrap();
        topics.into_iter().map(|topic| topic.name).collect()
    }

    #[tokio::test]
    async fn a_topic_is_called_in_each_language_as_staff_say_and_else_as_it_is() {
        let (app, _place) = tests::app().await;
        topics::add(&app, "veterans", "Veterans", "Help", OPERATOR)
            .await
            .unwrap();
        let own = names(&app, "en").await;
        let say = async |language: &str, name: &str, description: &str| {
            translate(&app, "veterans", language, name, description, OPERATOR).await
        };
        say("es-US", "Veteranos", "Ayuda").await.unwrap();
        say("zh-TW", "退伍軍人", "").await.unwrap();
        assert_eq!(
            names(&app, "es").await,
            ["Comunicados de prensa", "Veteranos"]
        );
        let chinese = topics_in(&app, "zh-Hant").await.unwrap();
        assert_eq!(
            (chinese[1].name.as_str(), chinese[1].description.as_str()),
            ("退伍軍人", "Help")
        );
        for other in ["en", "ko", "zh-Hans", "tlh"] {
            assert_eq!(names(&app, other).await[1], own[1], "{other}");
        }
        let id = chinese[1].id;
        for (language, name) in [
            ("es-MX", "Veteranos"),
            ("ko", "Veterans"),
            ("xx", "Veterans"),
        ] {
            let called = topic_name_in(app.db.pool(), id, language).await.unwrap();
            assert_eq!(called.as_deref(), Some(name), "{language}");
        }
        assert_eq!(topic_name_in(app.db.pool(), 999, "es").await.unwrap(), None);
        // Said again it is another name, and with no name it is none.
        say("es", "Excombatientes", "").await.unwrap();
        assert_eq!(names(&app, "es").await[1], "Excombatientes");
        say("es", " ", "left over").await.unwrap();
        assert_eq!(names(&app, "es").await[1], own[1]);
    }

    #[tokio::test]
    async fn what_cannot_be_a_translation_is_refused_with_the_way_out() {
        let (app, _place) = tests::app().await;
        let (languages, now) = ([("languages", "es,en")], app.clock.now_ms());
        Office::set_all(&app.db, OPERATOR, &languages, now)
            .await
            .unwrap();
        let slug = topics::topics(&app).await.unwrap()[0].slug.clone();
        let long = "x".repeat(81);
        for (language, name, says) in [
            ("tlh", "QIn", "zh-Hant"),
            ("es-MX", "Prensa", "rename"),
            ("en", "two\nlines", "one line"),
            ("en", long.as_str(), "80 characters"),
        ] {
            let refused = translate(&app, &slug, language, name, "", OPERATOR).await;
            let error = refused.unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
        assert!(translations(&app).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn the_topic_that_every_office_begins_with_is_known_in_each_language() {
        let (app, _place) = tests::app().await;
        let known = async |language| {
            let first = topics_in(&app, language).await.unwrap().remove(0);
            let mailed = topic_name_in(app.db.pool(), first.id, language)
                .await
                .unwrap();
            assert_eq!(mailed.as_ref(), Some(&first.name));
            (first.name, first.description)
        };
        let (name, holds) = known("es").await;
        assert_eq!(name, "Comunicados de prensa");
        assert!(holds.starts_with("Todos los comunicados"), "{holds}");
        assert_eq!(known("en").await.0, "Press releases");
        // What the office calls otherwise it translates itself.
        let (name, holds) = (Some("News from Jane"), None);
        topics::describe(&app, "press", name, holds, OPERATOR)
            .await
            .unwrap();
        assert_eq!(known("ko").await.0, "News from Jane");
        translate(&app, "press", "ko", "제인 소식", "", OPERATOR)
            .await
            .unwrap();
        assert_eq!(known("ko").await.0, "제인 소식");
    }
}
