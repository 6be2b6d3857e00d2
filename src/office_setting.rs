//! The table `office_setting`: the office by key and value.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

use crate::{db, values};

/// Stores one setting.
pub async fn store(
    connection: &impl ConnectionTrait,
    key: &str,
    value: &str,
    now: i64,
) -> Result<(), DbErr> {
    db::execute(
        connection,
        "INSERT INTO office_setting (key, value, updated_at) VALUES ($1, $2, $3)
         ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at",
        values![key, value, now],
    )
    .await?;
    Ok(())
}

/// Stores one that has no value yet; whether it did. Of several that try at once one does.
pub async fn store_first(
    connection: &impl ConnectionTrait,
    key: &str,
    value: &str,
    now: i64,
) -> Result<bool, DbErr> {
    let stored = db::execute(
        connection,
        "INSERT INTO office_setting (key, value, updated_at) VALUES ($1, $2, $3) ON CONFLICT (key) DO NOTHING",
        values![key, value, now],
    )
    .await?;
    Ok(stored == 1)
}

/// Removes a setting that has an empty value.
pub async fn forget_empty(connection: &impl ConnectionTrait, key: &str) -> Result<(), DbErr> {
    Entity::delete_by_id(key.to_owned())
        .filter(table::Column::Value.eq(""))
        .exec(connection)
        .await?;
    Ok(())
}

/// Every setting that was ever stored.
pub async fn all(connection: &impl ConnectionTrait) -> Result<HashMap<String, String>, DbErr> {
    let rows = Entity::find().all(connection).await?;
    Ok(rows.into_iter().map(|row| (row.key, row.value)).collect())
}

/// One of them.
pub async fn one(connection: &impl ConnectionTrait, key: &str) -> Result<Option<String>, DbErr> {
    let row = Entity::find_by_id(key.to_owned()).one(connection).await?;
    Ok(row.map(|row| row.value))
}

use table::Entity;

mod table {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "office_setting")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub key: String,
        pub value: String,
        pub updated_at: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
