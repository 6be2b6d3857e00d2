//! How many stand where.

use std::collections::BTreeMap;

use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter};

use super::{
    Result, Status,
    consent::Evidence,
    growth_by_week::{Flow, flow},
    subscriber_tables::{sign_up, subscriber},
};
use crate::{
    app::App,
    clock::DAY,
    db::{self, sql_values},
    values,
};

#[derive(FromQueryResult)]
struct Count {
    status: Status,
    people: i64,
}

/// How many subscribers there are of each status; statuses that nobody has are left out.
pub async fn counts(app: &App) -> Result<Vec<(Status, u64)>> {
    // Reads the whole table, a second for millions: staff look here seldom, and an index would
    // have to be kept up at every confirmation.
    let sql = "SELECT status, count(*) AS people FROM subscriber GROUP BY status ORDER BY status";
    let counts: Vec<Count> = db::rows(app.db.pool(), sql, []).await?;
    Ok(counts
        .into_iter()
        .map(|count| (count.status, count.people.unsigned_abs()))
        .collect())
}

/// How many sign-ups have come in and were not looked at yet.
pub async fn waiting_sign_ups(app: &App) -> Result<u64> {
    Ok(sign_up::Entity::find()
        .filter(sign_up::Column::At.lte(app.clock.now_ms()))
        .count(app.db.pool())
        .await?)
}

/// How many sign-ups a limit put off: their confirmation mails come when it allows.
pub async fn postponed_sign_ups(app: &App) -> Result<u64> {
    // sign_up_due
    Ok(sign_up::Entity::find()
        .filter(sign_up::Column::DueAt.gt(app.clock.now_ms()))
        .count(app.db.pool())
        .await?)
}

/// Who gets newsletters, and what has changed since an instant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Growth {
    /// How many are confirmed now.
    pub confirmed: u64,
    /// How many confirmed, or were imported.
    pub joined: u64,
    /// How many left, or whose address takes no mail any more.
    pub left: u64,
}

/// How many subscribers there are, and how many came and went since `since`, in milliseconds: as the page
/// that shows it week by week counts them.
///
/// # Errors
/// The database failed.
pub async fn growth(app: &App, since: i64) -> Result<Growth> {
    // Reads the whole table, as `counts` does; who shows it often keeps it for a while.
    let confirmed = subscriber::Entity::find()
        .filter(subscriber::Column::Status.eq(Status::Confirmed))
        .count(app.db.pool())
        .await?;
    let Flow { joined, left, .. } = flow(app, since, i64::MAX).await?;
    Ok(Growth {
        confirmed,
        joined,
        left,
    })
}

/// Whoever leaves by a newsletter's link does so within this time, or is not counted for it.
const LEAVES_WITHIN_MS: i64 = 30 * DAY;

/// Somebody left by a newsletter's link.
#[derive(FromQueryResult)]
struct LeftBy {
    newsletter: String,
    at: i64,
}

/// How many left, the topic or everything, by the links of each of these newsletters, given as its id and when its
/// sending began, in milliseconds.
///
/// # Errors
/// The database failed.
pub async fn left_by_newsletters(
    app: &App,
    begun: &BTreeMap<i64, i64>,
) -> Result<BTreeMap<i64, u64>> {
    let mut left: BTreeMap<i64, u64> = begun.keys().map(|id| (*id, 0)).collect();
    let (Some(first), Some(last)) = (begun.values().min(), begun.values().max()) else {
        return Ok(left);
    };
    // consent_left: those who left in that time, of whom the evidence names a newsletter.
    let named = app.db.sql_json_text("evidence", "newsletter");
    let sql = format!(
        "SELECT CAST({named} AS TEXT) AS newsletter, at FROM consent
         WHERE event IN ({}) AND at >= $1 AND at < $2 AND {named} IS NOT NULL",
        sql_values(&Evidence::LEAVES)
    );
    let values = values![*first, last + LEAVES_WITHIN_MS];
    for one in db::rows::<LeftBy>(app.db.pool(), &sql, values).await? {
        let Ok(id) = one.newsletter.parse() else {
            continue;
        };
        let in_time = |began: &i64| (*began..*began + LEAVES_WITHIN_MS).contains(&one.at);
        if begun.get(&id).is_some_and(in_time) {
            *left.entry(id).or_default() += 1;
        }
    }
    Ok(left)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::Clock, delivery::testing, test_data};

    #[tokio::test]
    async fn who_joined_and_has_left_again_counts_as_both() {
        let (app, _folder) = testing::app(Clock::system()).await;
        let now = app.clock.now_ms();
        for (id, status, evidence) in [
            (1, Status::Confirmed, vec![(Evidence::Confirmed, "{}")]),
            (
                2,
                Status::Unsubscribed,
                vec![(Evidence::Confirmed, "{}"), (Evidence::Unsubscribed, "{}")],
            ),
        ] {
            test_data::subscriber(id)
                .status(status)
                .since(now)
                .evidence(&evidence)
                .insert(&app)
                .await;
        }
        let growth = growth(&app, now - 1).await.unwrap();
        assert_eq!((growth.confirmed, growth.joined, growth.left), (1, 2, 1));
    }

    #[tokio::test]
    async fn who_left_by_a_newsletters_link_is_counted_for_that_newsletter() {
        let (app, _folder) = testing::app(Clock::system()).await;
        let now = app.clock.now_ms();
        for (id, kind, evidence) in [
            (
                1,
                Evidence::Unsubscribed,
                r#"{"channel":"one-click","newsletter":4}"#,
            ),
            (
                2,
                Evidence::TopicLeft,
                r#"{"newsletter":4,"topics_left":["press"]}"#,
            ),
            (
                3,
                Evidence::Unsubscribed,
                r#"{"channel":"one-click","newsletter":41}"#,
            ),
            (4, Evidence::Unsubscribed, r#"{"channel":"office"}"#),
        ] {
            test_data::subscriber(id)
                .status(Status::Unsubscribed)
                .since(now)
                .evidence(&[(Evidence::Confirmed, "{}"), (kind, evidence)])
                .insert(&app)
                .await;
        }
        let left = async |begun: &[(i64, i64)]| {
            let begun = begun.iter().copied().collect();
            let left = left_by_newsletters(&app, &begun).await.unwrap();
            left.into_values().collect::<Vec<u64>>()
        };
        assert_eq!(left(&[(4, now - 1), (41, now - 1)]).await, [2, 1]);
        assert_eq!(left(&[(4, now - LEAVES_WITHIN_MS)]).await, [0], "too late");
        // Of one that began later, nobody left by its links before.
        assert_eq!(
            left(&[(4, now + 1), (41, now - 9), (5, now - 9)]).await,
            [0, 0, 1]
        );
        assert!(left(&[]).await.is_empty());
    }
}
