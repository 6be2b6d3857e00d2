//! Whether a newsletter that was sent still says what the office says: only then it may go to further readers.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, sea_query::Expr};

use super::{
    NewsletterError, NewsletterState as State, Result,
    newsletter_entities::{
        newsletter::{self, Column},
        newsletter_release,
    },
};
use crate::{db::WriteTransaction, releases::release_sql};

/// What the office has corrected or taken back is not sent to anybody else.
///
/// # Errors
/// [`NewsletterError::Wrong`], with the reason.
pub(super) async fn refuse_outdated(transaction: &WriteTransaction, id: i64) -> Result<()> {
    // newsletter_correction
    let begun = [State::Approved, State::Sending, State::Paused, State::Sent];
    let correction: Option<i64> = newsletter::Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Corrects.eq(id))
        .filter(Column::State.is_in(begun))
        .into_tuple()
        .one(transaction)
        .await?;
    if correction.is_some() {
        return Err(NewsletterError::Wrong(format!(
            "newsletter {id} was corrected since; its old text goes to nobody else"
        )));
    }
    let is_taken_back = release_sql::sql_is_taken_back("newsletter_release.release_id");
    let taken_back: Option<i64> = newsletter_release::Entity::find()
        .select_only()
        .column(newsletter_release::Column::ReleaseId)
        .filter(newsletter_release::Column::NewsletterId.eq(id))
        .filter(Expr::cust(is_taken_back))
        .into_tuple()
        .one(transaction)
        .await?;
    if taken_back.is_some() {
        return Err(NewsletterError::Wrong(format!(
            "the office has taken back the release of newsletter {id}; it goes to nobody else"
        )));
    }
    Ok(())
}
