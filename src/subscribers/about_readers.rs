//! What readers say of themselves, if they like: their ZIP code, and answers to questions of the office's own.
//!
//! It is never a reason to refuse anybody: what is no ZIP code is left out. It waits with the request, is
//! kept when the mailbox's holder has confirmed, and goes with the person.

use std::collections::HashMap;

use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult,
    QueryFilter, sea_query::OnConflict,
};
use serde::{Deserialize, Serialize};

use super::{Result, audience::sql_is_confirmed, subscriber_tables::subscriber_about};
use crate::{
    app::App,
    db::{self, WriteTransaction},
    form_questions::{LONGEST, ZipCodes, zip_code},
    office::Office,
};

/// What somebody said of themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AboutReader {
    /// Five digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zip: Option<String>,
    /// Questions as they were asked, with the answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<(String, String)>,
}

/// Answers as a form was sent them.
#[derive(Debug, Clone, Copy, Default)]
pub struct FormAnswers<'a> {
    /// The questions that stood in the form, in any language. None: it is of an older version, and has the office's
    /// questions in their order.
    pub asked: &'a [String],
    /// The answers, in the order of the questions.
    pub said: &'a [String],
}

impl<'a> FormAnswers<'a> {
    /// Of a form's two fields.
    #[must_use]
    pub const fn of(asked: &'a [String], said: &'a [String]) -> Self {
        Self { asked, said }
    }

    /// What was answered to the office's question with this number: a form on another site may ask what the office
    /// asks no more, or in another order.
    #[must_use]
    pub fn to(&self, office: &Office, number: usize) -> &'a str {
        let stood_at = if self.asked.is_empty() {
            Some(number)
        } else {
            let question = office.questions.get(number);
            let is_it = |asked: &String| question.is_some_and(|it| it.was_asked_as(asked));
            self.asked.iter().position(is_it)
        };
        let answer = stood_at.and_then(|at| self.said.get(at));
        answer.map_or("", String::as_str)
    }
}

impl AboutReader {
    /// What a form was sent, by what the office asks.
    #[must_use]
    pub fn of_form(office: &Office, language: &str, zip: &str, answers: FormAnswers<'_>) -> Self {
        let asked = office.questions.iter().enumerate();
        let answered = asked.filter_map(|(number, question)| {
            let plain: String = answers
                .to(office, number)
                .chars()
                .filter(|c| !c.is_control())
                .take(LONGEST)
                .collect();
            let plain = plain.trim().to_owned();
            (!plain.is_empty()).then(|| (question.in_language(language).to_owned(), plain))
        });
        Self {
            zip: zip_code(zip).filter(|_| !office.zip_codes.is_empty()),
            answers: answered.collect(),
        }
    }

    /// The answers in the order of the office's questions, as a form has them.
    #[must_use]
    pub fn in_order(&self, office: &Office) -> Vec<String> {
        let questions = office.questions.iter();
        let answers = questions.map(|question| {
            let mut said = self.answers.iter();
            let found = said.find(|(asked, _)| question.was_asked_as(asked));
            found.map(|(_, answer)| answer.clone()).unwrap_or_default()
        });
        answers.collect()
    }

    /// Whether nothing was said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.zip.is_none() && self.answers.is_empty()
    }

    /// This, and what was said before where this says nothing.
    #[must_use]
    pub(super) fn beside(self, before: Self) -> Self {
        Self {
            zip: self.zip.or(before.zip),
            answers: if self.answers.is_empty() {
                before.answers
            } else {
                self.answers
            },
        }
    }

    /// As it waits with a request. `None`: nothing was said.
    pub(super) fn to_json(&self) -> Result<Option<String>> {
        if self.is_empty() {
            return Ok(None);
        }
        Ok(Some(serde_json::to_string(self)?))
    }

    /// What waited with a request.
    pub(super) fn of_json(json: Option<&str>) -> Result<Self> {
        Ok(match json {
            Some(json) => serde_json::from_str(json)?,
            None => Self::default(),
        })
    }
}

/// Keeps what somebody said. What they said before stays where they say nothing of it now.
pub(super) async fn keep(
    transaction: &WriteTransaction,
    subscriber: i64,
    about: AboutReader,
    now: i64,
) -> Result<()> {
    if about.is_empty() {
        return Ok(());
    }
    let mut known = of_subscribers(transaction, subscriber, subscriber).await?;
    let kept = about.beside(known.remove(&subscriber).unwrap_or_default());
    Ok(keep_all(transaction, &[(subscriber, kept)], now).await?)
}

/// What a subscriber said.
pub async fn about_reader(app: &App, subscriber: i64) -> Result<AboutReader> {
    let mut known = of_subscribers(app.db.pool(), subscriber, subscriber).await?;
    Ok(known.remove(&subscriber).unwrap_or_default())
}

/// Keeps what a subscriber says now: what is taken out is gone. Answers to questions that the office does not
/// ask any more, and a ZIP code where none is asked for, stay: nobody saw them to take them out.
pub async fn change_about(
    app: &App,
    office: &Office,
    subscriber: i64,
    said: AboutReader,
) -> Result<()> {
    let transaction = app.db.begin().await?;
    let mut known = of_subscribers(&transaction, subscriber, subscriber).await?;
    let mut kept = known.remove(&subscriber).unwrap_or_default();
    if !office.zip_codes.is_empty() {
        kept.zip = said.zip;
    }
    let is_asked = |asked: &str| {
        office
            .questions
            .iter()
            .any(|question| question.was_asked_as(asked))
    };
    kept.answers.retain(|(asked, _)| !is_asked(asked));
    kept.answers.extend(said.answers);
    if kept.is_empty() {
        subscriber_about::Entity::delete_by_id(subscriber)
            .exec(&transaction)
            .await?;
    } else {
        keep_all(&transaction, &[(subscriber, kept)], app.clock.now_ms()).await?;
    }
    Ok(transaction.commit().await?)
}

/// Keeps what these people said, whatever was kept before.
pub(super) async fn keep_all(
    connection: &impl ConnectionTrait,
    all: &[(i64, AboutReader)],
    now: i64,
) -> std::result::Result<(), DbErr> {
    use subscriber_about::Column;
    if all.is_empty() {
        return Ok(());
    }
    let mut rows = Vec::with_capacity(all.len());
    for (subscriber, about) in all {
        let answers = serde_json::to_string(&about.answers);
        rows.push(subscriber_about::ActiveModel {
            subscriber_id: Set(*subscriber),
            zip: Set(about.zip.clone()),
            answers: Set(answers.map_err(|error| DbErr::Json(error.to_string()))?),
            at: Set(now),
        });
    }
    let anew = OnConflict::column(Column::SubscriberId)
        .update_columns([Column::Zip, Column::Answers, Column::At])
        .to_owned();
    subscriber_about::Entity::insert_many(rows)
        .on_conflict(anew)
        .exec_without_returning(connection)
        .await?;
    Ok(())
}

/// What the subscribers with ids from `first` to `last` said.
pub(super) async fn of_subscribers(
    connection: &impl ConnectionTrait,
    first: i64,
    last: i64,
) -> Result<HashMap<i64, AboutReader>> {
    let rows = subscriber_about::Entity::find()
        .filter(subscriber_about::Column::SubscriberId.between(first, last))
        .all(connection)
        .await?;
    let mut all = HashMap::with_capacity(rows.len());
    for row in rows {
        let answers = serde_json::from_str(&row.answers)?;
        all.insert(
            row.subscriber_id,
            AboutReader {
                zip: row.zip,
                answers,
            },
        );
    }
    Ok(all)
}

#[derive(FromQueryResult)]
struct OfZip {
    zip: String,
    people: i64,
}

/// How many confirmed subscribers say that they live in the district, and how many elsewhere.
pub async fn in_and_outside(
    app: &App,
    district: &ZipCodes,
) -> std::result::Result<(u64, u64), DbErr> {
    if district.is_empty() {
        return Ok((0, 0));
    }
    let sql = format!(
        "SELECT a.zip, count(*) AS people FROM subscriber_about a
         JOIN subscriber s ON s.id = a.subscriber_id AND {}
         WHERE a.zip IS NOT NULL GROUP BY a.zip",
        sql_is_confirmed()
    );
    let rows: Vec<OfZip> = db::rows(app.db.pool(), &sql, []).await?;
    let (mut inside, mut outside) = (0, 0);
    for row in rows {
        let counted = if district.contains(&row.zip) {
            &mut inside
        } else {
            &mut outside
        };
        *counted += u64::try_from(row.people).unwrap_or_default();
    }
    Ok((inside, outside))
}
