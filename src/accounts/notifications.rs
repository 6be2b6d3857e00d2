//! Staff notifications: mail to the members of staff who can do something about what waits for
//! them. What there is to tell, and how often, is the affair of the room that tells it.

use gazette_templates::email::{Step, staff as letter};
use sea_orm::{DatabaseTransaction, FromQueryResult};

use super::{Role, error::Result};
use crate::{
    address::EmailAddress,
    app::App,
    db,
    office::Office,
    secret::Token,
    transactional::{self, TransactionalContent, TransactionalKind, TransactionalMail},
};

#[derive(Debug, FromQueryResult)]
struct Recipient {
    email: String,
}

/// What staff are told, and where they can see to it.
#[derive(Debug)]
pub struct Notice<'a> {
    /// The subject line.
    pub subject: &'a str,
    /// Paragraphs, parted by empty lines.
    pub text: &'a str,
    /// The button.
    pub step: Step<'a>,
}

/// Queues one mail for everyone who may do what `role` may, within `transaction`; how many that are.
///
/// Whoever calls wakes the delivery when the transaction is committed. The text may hold titles
/// from outside, each made safe by [`one_line`].
///
/// # Errors
/// The database failed, or the mail cannot be built.
pub async fn notify(
    app: &App,
    transaction: &DatabaseTransaction,
    office: &Office,
    role: Role,
    notice: &Notice<'_>,
) -> Result<u64> {
    let parts = letter::notice(office.sender(), notice.subject, notice.text, notice.step);
    let roles: Vec<String> = Role::ALL
        .iter()
        .filter(|other| **other >= role)
        .map(|other| format!("'{}'", other.as_str()))
        .collect();
    let recipients: Vec<Recipient> = db::rows(
        transaction,
        &format!(
            "SELECT email FROM staff WHERE role IN ({}) AND disabled_at IS NULL AND password_hash IS NOT NULL
             ORDER BY id",
            roles.join(", ")
        ),
        [],
    )
    .await?;
    let mut told = 0;
    for Recipient { email } in recipients {
        let Ok(recipient) = EmailAddress::parse(&email) else {
            continue;
        };
        let mail = TransactionalMail {
            kind: TransactionalKind::Notice,
            recipient: &recipient,
            content: TransactionalContent {
                subject: notice.subject.to_owned(),
                text: parts.text.clone(),
                html: Some(parts.html.clone()),
                language: "en".to_owned(),
                ..Default::default()
            },
            token_label: None,
        };
        transactional::enqueue(app, transaction, office, mail).await?;
        told += 1;
    }
    Ok(told)
}

/// A title from outside as one line: it begins no line of its own, and stands nowhere where a token
/// would be put.
#[must_use]
pub fn one_line(title: &str) -> String {
    let words: Vec<&str> = title
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ").replace(Token::SLOT, "…")
}
