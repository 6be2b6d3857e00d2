//! The one-time links of staff that are not used yet (table `staff_invitation`).

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::{
    account_tables::staff_invitation::{Column, Entity},
    error::Result,
};

/// Ends the unused links of an account, or with `None` those for the first account.
pub async fn void(transaction: &impl ConnectionTrait, staff: Option<i64>) -> Result<()> {
    let whose = match staff {
        Some(id) => Column::StaffId.eq(id),
        None => Column::StaffId.is_null(),
    };
    // Used ones and others' stay; the table holds a handful of rows, so it needs no index.
    Entity::delete_many()
        .filter(Column::UsedAt.is_null())
        .filter(whose)
        .exec(transaction)
        .await?;
    Ok(())
}
