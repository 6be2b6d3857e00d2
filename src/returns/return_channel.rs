//! The ways by which returns reach us: when each was looked at last, and what was seen.

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter,
    sea_query::{Expr, OnConflict},
};

use super::returned_mail::ReturnWay;
use crate::app::App;

mod table {
    use sea_orm::entity::prelude::*;

    use super::ReturnWay;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "return_channel")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub way: ReturnWay,
        pub looked_at: Option<i64>,
        pub failing_since: Option<i64>,
        pub words: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// How one way in stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// Which.
    pub way: ReturnWay,
    /// When it last worked.
    pub looked_at: Option<i64>,
    /// Since when it fails. `None`: it works.
    pub failing_since: Option<i64>,
    /// What was seen, or why it fails.
    pub words: String,
}

/// Every way that was ever looked at.
pub async fn channels(connection: &impl ConnectionTrait) -> Result<Vec<Channel>, DbErr> {
    let rows = table::Entity::find().all(connection).await?;
    Ok(rows
        .into_iter()
        .map(|row| Channel {
            way: row.way,
            looked_at: row.looked_at,
            failing_since: row.failing_since,
            words: row.words,
        })
        .collect())
}

/// It works.
pub(super) async fn note_success(app: &App, way: ReturnWay, words: &str) -> Result<(), DbErr> {
    let row = table::ActiveModel {
        way: Set(way),
        looked_at: Set(Some(app.clock.now_ms())),
        failing_since: Set(None),
        words: Set(words.to_owned()),
    };
    let columns = [
        table::Column::LookedAt,
        table::Column::FailingSince,
        table::Column::Words,
    ];
    let replace = OnConflict::column(table::Column::Way)
        .update_columns(columns)
        .to_owned();
    table::Entity::insert(row)
        .on_conflict(replace)
        .exec_without_returning(&app.db.writer())
        .await?;
    Ok(())
}

/// It does not, and `words` say why.
pub(super) async fn note_failure(app: &App, way: ReturnWay, words: &str) -> Result<(), DbErr> {
    let now = app.clock.now_ms();
    let row = table::ActiveModel {
        way: Set(way),
        looked_at: Set(None),
        failing_since: Set(Some(now)),
        words: Set(words.to_owned()),
    };
    let keep = OnConflict::column(table::Column::Way)
        .update_column(table::Column::Words)
        .to_owned();
    table::Entity::insert(row)
        .on_conflict(keep)
        .exec_without_returning(&app.db.writer())
        .await?;
    table::Entity::update_many()
        .col_expr(table::Column::FailingSince, Expr::value(now))
        .filter(table::Column::Way.eq(way))
        .filter(table::Column::FailingSince.is_null())
        .exec(&app.db.writer())
        .await?;
    Ok(())
}
