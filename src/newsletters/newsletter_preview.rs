//! A newsletter before it goes out: on the screen, and as a mail to oneself.

use super::{
    Newsletter, Preview, Result,
    compose::{MessageParts, compose},
    store::find,
};
use crate::{
    address::EmailAddress,
    app::App,
    audit::{self, Action},
    office::Office,
    office_setting, rendering,
    transactional::{self, TransactionalContent, TransactionalKind, TransactionalMail},
};

/// As a reader will get it, with links that lead nowhere personal.
pub async fn preview(app: &App, id: i64) -> Result<Preview> {
    preview_of(app, &find(app, id).await?).await
}

/// The same of one that need not be stored.
pub(super) async fn preview_of(app: &App, newsletter: &Newsletter) -> Result<Preview> {
    let mut office = Office::load(&app.db).await?;
    // Before the office is set up a preview shows what is missing, in its place.
    office.complete = true;
    let parts = rendering::in_turn(|| parts(app, newsletter, &office)).await??;
    Ok(Preview {
        subject: parts.subject,
        language: parts.language,
        html: parts.html,
        text: parts.text,
    })
}

/// When the first test was sent, in milliseconds, among the office's settings.
const TESTED_AT: &str = "first-test-at";

/// Whether a test was ever sent.
///
/// # Errors
/// The database failed.
pub async fn was_tested(app: &App) -> Result<bool> {
    let at = office_setting::one(app.db.pool(), TESTED_AT).await?;
    Ok(at.is_some())
}

/// Sends it as its readers would get it, its subject marked as a test, to `to` and to the office's test
/// addresses; how many that are. What it says is taken when it leaves.
pub async fn send_test(app: &App, id: i64, to: &[EmailAddress], by: &str) -> Result<usize> {
    let newsletter = find(app, id).await?;
    let office = Office::load(&app.db).await?;
    // What cannot be composed is told to who asks, not found out when it is sent.
    let parts = parts(app, &newsletter, &office)?;
    let mut recipients: Vec<&EmailAddress> = Vec::new();
    for address in to.iter().chain(&office.test_recipients) {
        if !recipients.iter().any(|known| known.key() == address.key()) {
            recipients.push(address);
        }
    }
    let transaction = app.db.begin().await?;
    for recipient in &recipients {
        let mail = TransactionalMail {
            kind: TransactionalKind::Test,
            recipient,
            content: TransactionalContent {
                subject: parts.subject.clone(),
                text: String::new(),
                html: None,
                language: parts.language.clone(),
                newsletter: Some(id),
                ..Default::default()
            },
            token_label: None,
        };
        transactional::enqueue(app, &transaction, &office, mail).await?;
    }
    let veiled: Vec<String> = recipients.iter().map(|to| to.veiled()).collect();
    let (now, details) = (app.clock.now_ms(), format!("to {}", veiled.join(", ")));
    let object = format!("newsletter/{id}");
    audit::record(
        &transaction,
        now,
        by,
        Action::NewsletterTest,
        object,
        details,
    )
    .await?;
    office_setting::store_first(&transaction, TESTED_AT, &now.to_string(), now).await?;
    transaction.commit().await?;
    app.wake_delivery().await;
    Ok(recipients.len())
}

fn parts(app: &App, newsletter: &Newsletter, office: &Office) -> Result<MessageParts> {
    let at = newsletter.started_at.unwrap_or_else(|| app.clock.now());
    compose(newsletter, office, &app.settings.public_url, at)
}
