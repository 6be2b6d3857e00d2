//! Staff notifications about newsletters: what stopped one that would have gone out. An office that
//! trusts its newsletters to go by themselves would otherwise fall silent unnoticed.

use gazette_templates::email::Step;
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder};

use super::{
    Result,
    newsletter_entities::{newsletter, newsletter_release},
};
use crate::{
    accounts::{
        Role,
        notifications::{Notice, notify, one_line},
    },
    app::App,
    office::Office,
    releases::note_for_staff,
};

/// Puts `why` into the next mail to staff, beside the newsletter's first release. What they are to
/// be told of that release already stays.
pub(super) async fn notify_staff(
    transaction: &DatabaseTransaction,
    newsletter: i64,
    why: &str,
) -> std::result::Result<(), DbErr> {
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

/// Mails who may approve at once that sending stopped, whatever the newsletter is made of: until
/// somebody looks, readers wait.
pub(super) async fn tell_of_stop(
    app: &App,
    transaction: &DatabaseTransaction,
    office: &Office,
    id: i64,
    why: &str,
) -> Result<()> {
    if !office.complete {
        // No mail can leave yet; the console shows it.
        return Ok(());
    }
    let stopped = newsletter::Entity::find_by_id(id).one(transaction).await?;
    let title = stopped.map_or_else(String::new, |row| one_line(&row.subject));
    let subject = format!("Please review: sending of “{title}” is paused");
    let text = format!(
        "Gazette paused a newsletter of {} that was being sent:\n\n{title}\n\n{why}\n\nWho has not got it yet waits. It goes on when somebody lets it go on.",
        office.name
    );
    let notice = Notice {
        subject: &subject,
        text: &text,
        step: Step {
            label: "Look at this newsletter",
            url: &app.link(&format!("/staff/newsletters/{id}")),
        },
    };
    notify(app, transaction, office, Role::Approver, &notice).await?;
    Ok(())
}
