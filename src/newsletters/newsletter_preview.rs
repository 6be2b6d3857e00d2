//! A newsletter before it goes out: on the screen, and as a mail to oneself.

use super::{
    Newsletter, Preview, Result,
    compose::{MessageParts, compose},
    store::find,
};
use crate::{
    address::EmailAddress,
    app::App,
    office::Office,
    transactional::{self, TransactionalContent, TransactionalKind, TransactionalMail},
};

/// As a reader will get it, with links that lead nowhere personal.
pub async fn preview(app: &App, id: i64) -> Result<Preview> {
    let newsletter = find(app, id).await?;
    let mut office = Office::load(&app.db).await?;
    // Before the office is set up a preview shows what is missing, in its place.
    office.complete = true;
    let parts = parts(app, &newsletter, &office)?;
    Ok(Preview {
        subject: parts.subject,
        html: parts.html,
        text: parts.text,
    })
}

/// Sends it as a transactional mail, its subject marked as a test.
pub async fn send_test(app: &App, id: i64, to: &EmailAddress) -> Result<()> {
    let newsletter = find(app, id).await?;
    let office = Office::load(&app.db).await?;
    let parts = parts(app, &newsletter, &office)?;
    let mail = TransactionalMail {
        kind: TransactionalKind::Test,
        recipient: to,
        content: TransactionalContent {
            subject: format!("[Test] {}", parts.subject),
            text: parts.text,
            html: Some(parts.html),
            language: parts.language,
            ..Default::default()
        },
        token_label: None,
    };
    transactional::enqueue(app, app.db.pool(), &office, mail).await?;
    app.wake_delivery().await;
    Ok(())
}

fn parts(app: &App, newsletter: &Newsletter, office: &Office) -> Result<MessageParts> {
    let at = newsletter.started_at.unwrap_or_else(|| app.clock.now());
    compose(newsletter, office, &app.settings.public_url, at)
}
