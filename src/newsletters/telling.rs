//! Telling staff what stopped a newsletter that would have gone out: an office that trusts its
//! newsletters to go by themselves would otherwise fall silent unnoticed.

use sea_orm::{ConnectionTrait, DbErr};

use crate::{db::Db, values};

/// Puts `why` into the next mail to staff, beside the newsletter's first release. What they are to
/// be told of that release already stays.
pub(super) async fn tell_staff(
    db: &Db,
    connection: &impl ConnectionTrait,
    newsletter: i64,
    why: &str,
) -> Result<(), DbErr> {
    connection
        .execute_raw(db.statement(
            // newsletter's and newsletter_release's primary keys
            "UPDATE release SET notice = coalesce(notice, $2) WHERE id = (
                 SELECT coalesce(n.release_id,
                     (SELECT min(x.release_id) FROM newsletter_release x WHERE x.newsletter_id = n.id))
                 FROM newsletter n WHERE n.id = $1)",
            values![newsletter, why],
        ))
        .await?;
    Ok(())
}
