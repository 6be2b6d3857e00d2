//! What happened to a release, in order: an append-only table that other rooms read. A newsletter
//! learns from it that the office changed or withdrew what it says; nothing has to be inferred from
//! the release's columns.
//!
//! An event is written in the transaction that makes the change, so neither stands without the other.

use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbBackend, DbErr, DerivePartialModel,
    EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::db;

/// The table `release_event`.
mod table {
    use sea_orm::entity::prelude::*;

    use crate::releases::{hold_reason::HoldReasons, release_states::ReleaseEventKind};

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "release_event")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub release_id: i64,
        pub at: i64,
        pub kind: ReleaseEventKind,
        pub revision: Option<i32>,
        pub reason: Option<HoldReasons>,
        pub was_final: bool,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

use super::hold_reason::HoldReasons;
pub use super::release_states::ReleaseEventKind;

/// One event, as another room reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseEvent {
    /// `release_event.id`; a later event has a greater one.
    pub id: i64,
    /// `release.id`
    pub release_id: i64,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// What.
    pub kind: ReleaseEventKind,
    /// The number of the text that the release had then. `None`: it had none.
    pub revision: Option<i32>,
    /// Why, in words for staff. `None`: the kind says it all.
    pub reason: Option<String>,
    /// Whether the release had been final at any time before.
    pub was_final: bool,
}

/// Writes an event within `transaction`.
///
/// Its revision is the newest that the release has there, so a new text is kept first.
pub(super) async fn record(
    transaction: &impl ConnectionTrait,
    release_id: i64,
    at: i64,
    kind: ReleaseEventKind,
    reason: Option<&HoldReasons>,
) -> Result<(), DbErr> {
    if transaction.get_database_backend() == DbBackend::Postgres {
        // An id is given before its row can be seen. Without this lock, which holds until the
        // transaction ends, a reader could go past an id that is committed later, and never see it.
        db::execute(
            transaction,
            "SELECT pg_advisory_xact_lock(hashtext('release_event'))",
            [],
        )
        .await?;
    }
    let before = table::Entity::find()
        // release_event_of_release
        .filter(table::Column::ReleaseId.eq(release_id))
        .filter(table::Column::Kind.eq(ReleaseEventKind::Settled))
        .limit(1)
        .one(transaction)
        .await?;
    let revision = super::revision::newest(transaction, release_id).await?;
    table::Entity::insert(table::ActiveModel {
        release_id: Set(release_id),
        at: Set(at),
        kind: Set(kind),
        revision: Set(revision),
        reason: Set(reason.cloned()),
        was_final: Set(before.is_some()),
        ..Default::default()
    })
    .exec_without_returning(transaction)
    .await?;
    Ok(())
}

/// An event whose row has not been read yet: perhaps it cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, DerivePartialModel)]
#[sea_orm(entity = "table::Entity")]
pub struct NextEvent {
    /// `release_event.id`
    pub id: i64,
    /// `release.id`
    pub release_id: i64,
}

/// The first event after `after`.
///
/// # Errors
/// The database failed.
pub async fn next_event(
    connection: &impl ConnectionTrait,
    after: i64,
) -> Result<Option<NextEvent>, DbErr> {
    table::Entity::find()
        // The primary key.
        .filter(table::Column::Id.gt(after))
        .order_by_asc(table::Column::Id)
        .limit(1)
        .into_partial_model()
        .one(connection)
        .await
}

/// What the event with this number says.
///
/// # Errors
/// [`DbErr::RecordNotFound`] where there is none; another one where it cannot be read.
pub async fn event(connection: &impl ConnectionTrait, id: i64) -> Result<ReleaseEvent, DbErr> {
    let row = table::Entity::find_by_id(id).one(connection).await?;
    let row = row.ok_or_else(|| DbErr::RecordNotFound(format!("release_event {id}")))?;
    Ok(ReleaseEvent {
        id: row.id,
        release_id: row.release_id,
        at: row.at,
        kind: row.kind,
        revision: row.revision,
        reason: row.reason.map(|reasons| reasons.to_string()),
        was_final: row.was_final,
    })
}

/// SQL text: something has happened to the release `release` after the event `after`, both SQL text.
/// By the index `release_event_of_release`.
#[must_use]
pub fn sql_has_event_after(release: &str, after: &str) -> String {
    format!(
        "EXISTS (SELECT 1 FROM release_event e WHERE e.release_id = {release} AND e.id > {after})"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::App,
        clock::Clock,
        delivery::testing,
        releases::{HoldReason, by_hand},
        values,
    };

    async fn app_with_a_release() -> (App, tempfile::TempDir, i64) {
        let (app, folder) = testing::app(Clock::system()).await;
        let document = by_hand::from_markdown("The bridge is open again.");
        let id = by_hand::add_written(&app, "Bridge", &document)
            .await
            .unwrap();
        (app, folder, id)
    }

    #[tokio::test]
    async fn events_are_read_in_order_after_the_last_one_that_was_read() {
        let (app, _folder, id) = app_with_a_release().await;
        let first = next_event(app.db.pool(), 0).await.unwrap().unwrap();
        assert_eq!(first.release_id, id);
        let settled = event(app.db.pool(), first.id).await.unwrap();
        assert_eq!(settled.kind, ReleaseEventKind::Settled);
        assert_eq!(settled.revision, Some(1));
        assert!(!settled.was_final);
        let second = next_event(app.db.pool(), first.id).await.unwrap().unwrap();
        let ready = event(app.db.pool(), second.id).await.unwrap();
        assert_eq!(ready.kind, ReleaseEventKind::ReadyToDraft);
        assert_eq!(next_event(app.db.pool(), second.id).await.unwrap(), None);
        let reason = HoldReasons::one(HoldReason::Embargoed);
        let transaction = app.db.begin().await.unwrap();
        for kind in [ReleaseEventKind::Held, ReleaseEventKind::Withdrawn] {
            record(&transaction, id, 7, kind, Some(&reason))
                .await
                .unwrap();
        }
        transaction.commit().await.unwrap();
        let (mut after, mut kinds) = (second.id, Vec::new());
        while let Some(next) = next_event(app.db.pool(), after).await.unwrap() {
            let event = event(app.db.pool(), next.id).await.unwrap();
            assert!(event.was_final && event.at == 7);
            assert_eq!(event.reason, Some(reason.to_string()));
            kinds.push(event.kind);
            after = next.id;
        }
        assert_eq!(kinds, [ReleaseEventKind::Held, ReleaseEventKind::Withdrawn]);
        let none = event(app.db.pool(), after + 1).await.unwrap_err();
        assert!(matches!(none, DbErr::RecordNotFound(_)), "{none}");
    }

    #[tokio::test]
    async fn no_event_is_changed_or_deleted() {
        let (app, _folder, _) = app_with_a_release().await;
        for sql in [
            "UPDATE release_event SET at = 0",
            "DELETE FROM release_event",
        ] {
            let error = app.db.execute(sql, values![]).await.unwrap_err();
            assert!(error.to_string().contains("append-only"), "{sql}: {error}");
        }
    }
}
