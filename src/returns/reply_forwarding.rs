//! Replies that a person wrote to the return path: passed on to the office, once, and never in a loop.
//!
//! The mail that goes to the office is a new one, from the office's own address, with its own
//! Message-ID and `Auto-Submitted`: whatever answers or forwards it by itself comes back as automatic
//! mail, and that is never passed on. The person's address stands in Reply-To, and their mail is
//! attached as it came.

use base64::{Engine, prelude::BASE64_STANDARD};
use mail_parser::MessageParser;

use super::{opened::cut, return_error::ReturnError, return_reader::Reading};
use crate::{
    accounts::notifications::one_line,
    address::EmailAddress,
    app::App,
    clock::DAY,
    db::WriteTransaction,
    office::Office,
    secret::Token,
    transactional::{self, TransactionalContent, TransactionalKind, TransactionalMail},
};

/// Replies that are passed on in a day; further ones wait for staff on their page.
const A_DAY: u64 = 200;

/// Octets of a reply's text that stand in the mail itself; all of it is in the attached file.
const SHOWN_OCTETS: usize = 16 * 1024;

/// Octets of a reply that is attached; a longer one is told of without.
const ATTACHED_OCTETS: usize = 5 * 1024 * 1024;

/// Queues the reply for the office's reply-to. False where that many came today already, or where it
/// is the office's own mail that came back.
pub(super) async fn forward(
    app: &App,
    transaction: &WriteTransaction,
    office: &Office,
    reading: &Reading,
    mail: &[u8],
) -> Result<bool, ReturnError> {
    let to = office.reply_to.as_ref().unwrap_or(&office.from).clone();
    let writer = reading.from.as_deref().unwrap_or_default();
    let writer = EmailAddress::parse(writer).ok();
    let is_ours = writer
        .as_ref()
        .is_some_and(|writer| [office.from.key(), to.key()].contains(&writer.key()));
    let since = app.clock.now_ms() - DAY;
    let today = transactional::count_since(transaction, TransactionalKind::Forward, since).await?;
    if is_ours || today >= A_DAY {
        return Ok(false);
    }
    let message = TransactionalMail {
        kind: TransactionalKind::Forward,
        recipient: &to,
        content: content(reading, writer.as_ref(), mail),
        token_label: None,
    };
    transactional::enqueue(app, transaction, office, message).await?;
    Ok(true)
}

fn content(reading: &Reading, writer: Option<&EmailAddress>, mail: &[u8]) -> TransactionalContent {
    let parsed = MessageParser::default().parse(mail);
    let words = parsed.and_then(|mail| mail.body_text(0).map(std::borrow::Cow::into_owned));
    let words = words.unwrap_or_default();
    // A token's place in a text from outside must not become a token.
    let words = cut(words.trim(), SHOWN_OCTETS).replace(Token::SLOT, "…");
    let who = writer.map_or("somebody", EmailAddress::as_str);
    let attached = mail.len() <= ATTACHED_OCTETS;
    let file = if attached {
        "Their mail is attached as it came."
    } else {
        "Their mail is too long to be attached; it stands on the page “What came back”."
    };
    TransactionalContent {
        subject: one_line(&format!(
            "Reply to a newsletter: {}",
            cut(&reading.subject, 150)
        )),
        text: format!(
            "{who} answered a mail of yours to the address that bounces go to, so Gazette passes it on. Your answer goes to {who}. {file}\n\n\
             Their words:\n\n{words}\n"
        ),
        language: "en".to_owned(),
        reply_to: writer
            .filter(|writer| !writer.needs_smtputf8())
            .map(ToString::to_string),
        attached_mail: attached.then(|| BASE64_STANDARD.encode(mail)),
        ..Default::default()
    }
}
