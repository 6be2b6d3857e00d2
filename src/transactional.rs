//! Transactional mail: a message to one person that is not a newsletter. Rooms put it here; the delivery
//! room sends it, ahead of newsletters.
//!
//! It stands below the rooms because `subscribers` and `staff` write to it while `delivery` reads
//! both; inside `delivery` it would close a circle.

use sea_orm::{ConnectionTrait, Statement};
use serde::{Deserialize, Serialize};

use crate::{
    address::EmailAddress,
    app::App,
    office::Office,
    secret::{KeyError, Token, random_label},
    values,
};

/// What the message is for; it decides the headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransactionalKind {
    /// "Please confirm": asked for by a form, so `Auto-Submitted: auto-generated` (H12).
    Confirmation,
    /// "You may sign in", or a new password.
    Invitation,
    /// A newsletter as a test, to staff.
    Test,
    /// Something staff should know.
    Notice,
}

impl TransactionalKind {
    /// As the database keeps it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirmation => "confirmation",
            Self::Invitation => "invitation",
            Self::Test => "test",
            Self::Notice => "notice",
        }
    }
}

/// What the message says. [`Token::SLOT`] in `text` and `html` is where the token will stand; the
/// database never holds the token itself (O3).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TransactionalContent {
    /// The subject, one line.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part, where there is one.
    pub html: Option<String>,
    /// BCP 47 tag for Content-Language.
    pub language: String,
}

/// One message to be queued.
#[derive(Debug)]
pub struct TransactionalMail<'a> {
    /// What it is for.
    pub kind: TransactionalKind,
    /// To whom.
    pub recipient: &'a EmailAddress,
    /// What it says.
    pub content: TransactionalContent,
    /// What its token is derived from ([`crate::secret::Keys::token`]); none: it has no slot.
    pub token_label: Option<String>,
}

/// Why a message could not be queued.
#[derive(Debug, thiserror::Error)]
pub enum TransactionalError {
    /// The database failed.
    #[error(transparent)]
    Db(#[from] sea_orm::DbErr),
    /// No random bytes for the Message-ID.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Queues a message within `connection`'s transaction and gives its Message-ID (without angle
/// brackets), which stays the same over all attempts. Call [`App::wake_delivery`] after the commit.
pub async fn enqueue(
    app: &App,
    connection: &impl ConnectionTrait,
    office: &Office,
    mail: TransactionalMail<'_>,
) -> Result<String, TransactionalError> {
    debug_assert_eq!(
        mail.token_label.is_some(),
        mail.content.text.contains(Token::SLOT)
    );
    let message_id = format!(
        "{}.{}@{}",
        mail.kind.as_str(),
        random_label()?,
        office.from.domain()
    );
    let now = app.clock.now_ms();
    let content = serde_json::to_string(&mail.content)
        .map_err(|error| sea_orm::DbErr::Custom(error.to_string()))?;
    connection
        .execute_raw(Statement::from_sql_and_values(
            connection.get_database_backend(),
            "INSERT INTO transactional_mail (kind, recipient, content, token_label, message_id, created_at, state, attempts, at)
             VALUES ($1, $2, $3, $4, $5, $6, 0, 0, $6)",
            values![mail.kind.as_str(), mail.recipient.as_str(), content, mail.token_label, message_id.clone(), now],
        ))
        .await?;
    Ok(message_id)
}
