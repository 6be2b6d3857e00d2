//! Tells somebody that their account was signed in to from a browser that is new to it.

use gazette_templates::{email::staff as letter, pages::words::Words};

use super::{account::Account, error::Result};
use crate::{
    app::App,
    office::Office,
    transactional::{self, TransactionalContent, TransactionalKind, TransactionalMail},
};

/// Queues the mail; where the office is not set up no mail can leave, and none is written.
///
/// # Errors
/// The database failed, or the mail cannot be built.
pub async fn tell_of_sign_in(
    app: &App,
    account: &Account,
    browser: &str,
    network: &str,
) -> Result<()> {
    let office = Office::load(&app.db).await?;
    if !office.complete {
        return Ok(());
    }
    let at = app.clock.now().to_zoned_datetime(office.time_zone.clone());
    let when = Words::of("en").day_and_time(at.datetime(), &at.strftime("%Z").to_string());
    let subject = format!("New sign-in to {}", office.name_in("en"));
    let page = app.link("/staff/account");
    let parts = letter::new_sign_in(
        office.sender("en"),
        &letter::NewSignIn {
            subject: &subject,
            when: &when,
            browser,
            network,
            page: &page,
        },
    );
    let transaction = app.db.begin().await?;
    let mail = TransactionalMail {
        kind: TransactionalKind::Notice,
        recipient: &account.email,
        content: TransactionalContent::letter(subject, parts, "en"),
        token_label: None,
    };
    transactional::enqueue(app, &transaction, &office, mail).await?;
    transaction.commit().await?;
    app.wake_delivery().await;
    Ok(())
}
