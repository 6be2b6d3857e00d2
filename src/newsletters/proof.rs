//! The proof that a list is in order: how many of its readers there are by the evidence that each
//! has (C4). For a draft it is counted now; of what was sent it is kept, as the list was.

use std::time::Duration;

use sea_orm::{
    ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QuerySelect,
    Value,
};
use serde::{Deserialize, Serialize};

use super::{
    Audience, Newsletter, Result,
    each_row::Failures,
    lifecycle::record,
    newsletter_entities::newsletter,
    store::{self, find},
};
use crate::{
    app::App,
    audit::{Action, GAZETTE},
    clock::{Timestamp, instant},
    db::{rows, scalar, scalars, sql_value},
    delivery_lookup::SQL_DELIVERIES,
    subscribers::{
        audience::{
            SQL_SUBSCRIPTIONS, sql_is_confirmed, sql_join_contact, sql_join_evidence,
            sql_join_subscriber, sql_last_proof, sql_names_no_medium, sql_of_last_request,
        },
        consent::Evidence,
    },
    values,
};

/// Whom a newsletter goes to, and on what ground.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// When it was counted.
    pub at: Timestamp,
    /// Everyone who is mailed.
    pub people: u64,
    /// The same by evidence, the most first.
    pub evidence: Vec<Group>,
    /// Whether each of them is there by their own consent: confirmed here, or stated when they were imported.
    pub all_opted_in: bool,
}

/// Those with the same kind of evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// `double_opt_in_form`, `double_opt_in_api`, `double_opt_in` (how was not noted), `import`,
    /// `media`, `no_medium`; `none`: status confirmed without evidence, not mailed; `erased`.
    pub kind: String,
    /// Of an import: how these people consented, as the operator stated it.
    pub consent_text: Option<String>,
    /// How many.
    pub people: u64,
}

impl Group {
    /// The kind in plain words.
    #[must_use]
    pub fn words(&self) -> String {
        match self.kind.as_str() {
            "double_opt_in_form" => "signed up on the form and confirmed by mail".to_owned(),
            "double_opt_in_api" => {
                "signed up through another site (API) and confirmed by mail".to_owned()
            }
            "double_opt_in" => "confirmed by mail".to_owned(),
            "import" => format!(
                "imported with the stated consent “{}”",
                self.consent_text.as_deref().unwrap_or_default()
            ),
            "media" => "on the press list, with a newspaper or station".to_owned(),
            "no_medium" => "on the press list, without a newspaper or station".to_owned(),
            "erased" => "erased since at their own wish".to_owned(),
            _ => "without evidence of consent; they are not mailed".to_owned(),
        }
    }
}

impl Proof {
    /// How many were imported with a stated consent: they never confirmed here.
    #[must_use]
    pub fn imported(&self) -> u64 {
        self.of_kind(|kind| kind == "import")
    }

    /// How many confirmed here, with the evidence on record.
    #[must_use]
    pub fn confirmed_here(&self) -> u64 {
        self.of_kind(|kind| kind.starts_with("double_opt_in"))
    }

    fn of_kind(&self, is_of_it: impl Fn(&str) -> bool) -> u64 {
        let groups = self.evidence.iter().filter(|group| is_of_it(&group.kind));
        groups.map(|group| group.people).sum()
    }
}

/// What the page of a newsletter says of its readers. Both were counted at `proof.at`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownAudience {
    /// How many would get it; `None`: its sending has begun.
    pub people: Option<u64>,
    /// Why they may be mailed.
    pub proof: Proof,
}

/// What is counted in a moment is counted for each view.
const KEPT_FROM_PEOPLE: u64 = 10_000;

/// A long list changes little in that time, and takes seconds to count.
const KEPT_SECONDS_AT_MOST: u64 = 600;

/// For how long the counts of so many people are shown.
fn kept_for(people: u64) -> Duration {
    if people < KEPT_FROM_PEOPLE {
        return Duration::ZERO;
    }
    Duration::from_secs((people / 1_000).min(KEPT_SECONDS_AT_MOST))
}

/// The audience and the proof of newsletter `id` for its page: a long list is not counted for each view.
/// Decisions are not made by it: [`super::check_audience`] and the start of sending ask anew.
pub async fn shown_audience(app: &App, id: i64) -> Result<ShownAudience> {
    let newsletter = find(app, id).await?;
    if let Some(proof) = kept(app, id).await? {
        let people = None;
        return Ok(ShownAudience { people, proof });
    }
    let waits = newsletter.started_at.is_none();
    let count = async {
        let people = if waits {
            Some(store::audience(app, id).await?)
        } else {
            None
        };
        let proof = proof(app, id).await?;
        let time = kept_for(proof.people.max(people.unwrap_or_default()));
        let json = serde_json::to_string(&ShownAudience { people, proof })
            .map_err(|error| DbErr::Json(error.to_string()))?;
        Ok::<_, super::NewsletterError>((json, time))
    };
    let asked = (if waits { id } else { -id }, newsletter.topic.id);
    let json = app.audience_counts.get(asked, count).await?;
    Ok(serde_json::from_str(&json).map_err(|error| DbErr::Json(error.to_string()))?)
}

/// The proof of newsletter `id`: the one kept when it was sent, else as it stands.
pub async fn proof(app: &App, id: i64) -> Result<Proof> {
    let newsletter = find(app, id).await?;
    match kept(app, id).await? {
        Some(proof) => Ok(proof),
        None if newsletter.started_at.is_some() => queued(app, &newsletter).await,
        None => status(app, &newsletter).await,
    }
}

/// The one kept when it was sent.
async fn kept(app: &App, id: i64) -> Result<Option<Proof>> {
    let kept: Option<Option<String>> = newsletter::Entity::find_by_id(id)
        .select_only()
        .column(newsletter::Column::Proof)
        .into_tuple()
        .one(app.db.pool())
        .await?;
    let proof = kept.flatten().map(|json| serde_json::from_str(&json));
    Ok(proof
        .transpose()
        .map_err(|error| DbErr::Json(error.to_string()))?)
}

/// Keeps the proof of every newsletter whose whole list has been queued, and writes it to the audit
/// log, which nobody can change. How many there were.
pub async fn log_lists(app: &App) -> Result<u64> {
    // newsletter_unproved
    let unproved = "SELECT id FROM newsletter WHERE enqueued_at IS NOT NULL AND proof IS NULL ORDER BY id LIMIT 100";
    let mut logged = 0;
    let mut failures = Failures::default();
    for id in scalars::<i64>(app.db.pool(), unproved, []).await? {
        let one = log_list(app, id).await;
        let one = failures.note("prove whom a newsletter went to", id, one);
        logged += u64::from(one == Some(true));
    }
    failures.end()?;
    Ok(logged)
}

/// Whether it was done here: two processes may count, and one of them keeps and logs.
async fn log_list(app: &App, id: i64) -> Result<bool> {
    let newsletter = find(app, id).await?;
    let proof = queued(app, &newsletter).await?;
    let json = serde_json::to_string(&proof).map_err(|error| DbErr::Json(error.to_string()))?;
    let set = newsletter::ActiveModel {
        proof: Set(Some(json.clone())),
        ..Default::default()
    };
    let transaction = app.db.begin().await?;
    let kept = newsletter::Entity::update_many()
        .set(set)
        .filter(newsletter::Column::Id.eq(id))
        .filter(newsletter::Column::Proof.is_null())
        .exec(&transaction)
        .await?
        .rows_affected
        > 0;
    if kept {
        let (now, action) = (app.clock.now_ms(), Action::NewsletterList);
        record(&transaction, now, GAZETTE, action, id, &json).await?;
    }
    transaction.commit().await?;
    Ok(kept)
}

/// Of those who would get it now.
async fn status(app: &App, newsletter: &Newsletter) -> Result<Proof> {
    let recipients = store::recipients(newsletter);
    if newsletter.audience == Audience::PressList {
        let eligible = recipients.sql("$1", "$2");
        let sql = format!(
            "SELECT CASE WHEN {} THEN 'no_medium' ELSE 'media' END AS kind, CAST(NULL AS TEXT) AS consent_text, count(*) AS people
             FROM {} WHERE {} GROUP BY 1",
            sql_names_no_medium(),
            eligible.from,
            eligible.conditions
        );
        let mut groups = Vec::new();
        let values = values![newsletter.topic.id, app.clock.now_ms()];
        count(app, &sql, values, &mut groups).await?;
        return Ok(sum(app, groups));
    }
    // The topic's part of subscription's key. Without asking for the evidence, which is what is counted.
    let walk = Walk {
        table: SQL_SUBSCRIPTIONS,
        bound: "t.topic_id = $1",
        reader: "t.subscriber_id",
        join: &format!(
            "{} AND {}",
            sql_join_subscriber("t.subscriber_id"),
            sql_is_confirmed()
        ),
        narrowed: &recipients.sql_narrowing("t.subscriber_id"),
    };
    subscribers(app, &walk, newsletter.topic.id).await
}

/// Of those who are or were in its queue.
async fn queued(app: &App, newsletter: &Newsletter) -> Result<Proof> {
    if newsletter.audience == Audience::PressList {
        let sql = format!(
            "SELECT CASE WHEN c.email IS NULL THEN 'erased' WHEN {} THEN 'no_medium' ELSE 'media' END AS kind,
                    CAST(NULL AS TEXT) AS consent_text, count(*) AS people
             FROM {SQL_DELIVERIES} {} WHERE d.newsletter_id = $1 GROUP BY 1",
            sql_names_no_medium(),
            sql_join_contact()
        );
        let mut groups = Vec::new();
        count(app, &sql, values![newsletter.id], &mut groups).await?;
        return Ok(sum(app, groups));
    }
    // The newsletter's part of delivery's key.
    let walk = Walk {
        table: SQL_DELIVERIES,
        bound: "d.newsletter_id = $1",
        reader: "d.subscriber_id",
        join: &format!("LEFT {}", sql_join_subscriber("d.subscriber_id")),
        narrowed: "",
    };
    subscribers(app, &walk, newsletter.id).await
}

/// How many readers are grouped at once: grouping sorts, and a million would be sorted in memory.
const SLICE: i64 = 5_000;

/// A list of readers in the order of its table's key.
struct Walk<'a> {
    table: &'static str,
    bound: &'static str,
    reader: &'static str,
    join: &'a str,
    /// Further conditions on the reader.
    narrowed: &'a str,
}

/// The last evidence that makes a subscriber one who asked, and how they had asked. Some seven
/// seconds for a million readers.
async fn subscribers(app: &App, walk: &Walk<'_>, bound: i64) -> Result<Proof> {
    let Walk {
        table,
        bound: of,
        reader,
        join,
        narrowed,
    } = walk;
    let slice = format!(
        "SELECT max(reader) FROM (SELECT {reader} AS reader FROM {table}
             WHERE {of} AND {reader} > $2 ORDER BY {reader} LIMIT {SLICE}) slice"
    );
    let text = app.db.sql_json_text("c.evidence", "consent_text");
    let channel = app.db.sql_json_text("q.evidence", "channel");
    let imported = sql_value(&Evidence::Imported);
    let (proving, last_request) = (
        sql_last_proof(reader),
        sql_of_last_request("p.reader", &channel),
    );
    let evidence = sql_join_evidence("p.proving");
    // Each reader's evidence by consent_proof and consent_of_subscriber.
    let sql = format!(
        "SELECT kind, consent_text, count(*) AS people FROM (
             SELECT CASE WHEN p.here IS NULL THEN 'erased'
                         WHEN c.event IS NULL THEN 'none'
                         WHEN c.event = {imported} THEN 'import'
                         ELSE coalesce({last_request}, '') END AS kind,
                    CASE WHEN c.event = {imported} THEN {text} END AS consent_text
             FROM (SELECT {reader} AS reader, s.id AS here, {proving} AS proving
                   FROM {table} {join} WHERE {of} AND {reader} > $2 AND {reader} <= $3{narrowed}) p
             LEFT {evidence}) g
         GROUP BY 1, 2"
    );
    let (mut groups, mut from) = (Vec::new(), 0);
    loop {
        let to: Option<i64> = scalar(app.db.pool(), &slice, values![bound, from]).await?;
        let Some(to) = to else {
            return Ok(sum(app, groups));
        };
        count(app, &sql, values![bound, from, to], &mut groups).await?;
        from = to;
    }
}

#[derive(Debug, FromQueryResult)]
struct Counted {
    kind: String,
    consent_text: Option<String>,
    people: i64,
}

/// Adds what a query counts to the groups.
async fn count(
    app: &App,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
    groups: &mut Vec<Group>,
) -> Result<()> {
    for counted in rows::<Counted>(app.db.pool(), sql, values).await? {
        let group = Group {
            kind: match counted.kind.as_str() {
                // Asking for a new link is asking on the form once more.
                "form" | "again" => "double_opt_in_form".to_owned(),
                "api" => "double_opt_in_api".to_owned(),
                "" => "double_opt_in".to_owned(),
                _ => counted.kind,
            },
            consent_text: counted.consent_text,
            people: counted.people.unsigned_abs(),
        };
        let same = groups
            .iter_mut()
            .find(|known| known.kind == group.kind && known.consent_text == group.consent_text);
        match same {
            Some(known) => known.people += group.people,
            None => groups.push(group),
        }
    }
    Ok(())
}

fn sum(app: &App, mut evidence: Vec<Group>) -> Proof {
    evidence.sort_by(|a, b| b.people.cmp(&a.people).then_with(|| a.kind.cmp(&b.kind)));
    Proof {
        at: instant(app.clock.now_ms()),
        people: evidence
            .iter()
            .filter(|group| group.kind != "none")
            .map(|group| group.people)
            .sum(),
        all_opted_in: evidence
            .iter()
            .all(|group| !matches!(group.kind.as_str(), "media" | "no_medium" | "none")),
        evidence,
    }
}

#[cfg(test)]
mod tests;
