//! Staff notifications about newsletters: what stopped one that would have gone out. An office that
//! trusts its newsletters to go by themselves would otherwise fall silent unnoticed.

use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder};

use super::newsletter_entities::newsletter_release;
use crate::releases::note_for_staff;

/// Puts `why` into the next mail to staff, beside the newsletter's first release. What they are to
/// be told of that release already stays.
pub(super) async fn notify_staff(
    transaction: &DatabaseTransaction,
    newsletter: i64,
    why: &str,
) -> Result<(), DbErr> {
    let first = newsletter_release::Entity::find()
        .filter(newsletter_release::Column::NewsletterId.eq(newsletter))
        .order_by_asc(newsletter_release::Column::ReleaseId)
        .one(transaction)
        .await?;
    match first {
        Some(first) => note_for_staff(transaction, first.release_id, why).await,
        None => Ok(()),
    }
}
