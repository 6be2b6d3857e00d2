//! Transactional mail: claimed ahead of newsletters, its token filled in at the last moment, and built
//! by lettre.

use std::time::{Duration, SystemTime};

use base64::{Engine, prelude::BASE64_STANDARD};
use lettre::{
    Address,
    message::{
        Attachment, Mailbox, Message, MultiPart, SinglePart,
        header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue},
    },
};
use sea_orm::{DbErr, FromQueryResult};

use super::{dkim::Signer, encoding::flowed, prepared_message::PreparedMessage, queue};
use crate::{
    address::EmailAddress,
    app::App,
    clock::{DAY, instant},
    db,
    delivery_state::{
        sql::{CLAIMED, DEFERRED, QUEUED},
        transition::{Table, Transition},
    },
    newsletters::{self, compose::compose},
    office::Office,
    secret::Token,
    subscribers::link::{Placeholders, SubscriberLink},
    transactional::{ReturnMark, TransactionalContent, TransactionalKind},
    values,
};

/// A transactional mail is of no use after this long: its links have expired.
pub const DEADLINE_MS: i64 = 2 * DAY;

/// A claimed transactional mail.
#[derive(Debug, FromQueryResult)]
pub struct ClaimedMail {
    /// `transactional_mail.id`
    pub id: i64,
    /// To whom.
    pub recipient: String,
    /// Attempts before this one.
    pub attempts: i16,
    /// When it was queued.
    pub created_at: i64,
    kind: TransactionalKind,
    content: String,
    token_label: Option<String>,
    message_id: String,
}

/// Claims up to `limit` transactional mails that are due, the oldest first; none for an expired worker. Two claims of one worker never have the same `now`, see [`give_back_claim`].
pub async fn claim(
    app: &App,
    worker: i64,
    limit: i64,
    now: i64,
) -> Result<Vec<ClaimedMail>, DbErr> {
    // transactional_mail_due. Nearly always there is none, and finding that out takes no lock.
    let waiting = format!(
        "SELECT 1 FROM transactional_mail WHERE state IN ({QUEUED}, {DEFERRED}) AND at <= $1 LIMIT 1"
    );
    if app.db.one(&waiting, values![now]).await?.is_none() {
        return Ok(Vec::new());
    }
    let due = format!(
        "SELECT id FROM transactional_mail
         WHERE state IN ({QUEUED}, {DEFERRED}) AND at <= $2 ORDER BY at LIMIT $3"
    );
    let only = format!(
        "{} AND {}",
        app.db.sql_taken("id", &due),
        queue::sql_worker_is_registered(&app.db, "$1")
    );
    let sql = Transition::Claim.sql(Table::TransactionalMail, "worker = $1, at = $2", &only)
        + " RETURNING id, recipient, attempts, created_at, kind, content, token_label, message_id";
    db::rows(app.db.pool(), &sql, values![worker, now, limit]).await
}

/// Gives back what `worker` claimed at the moment `at`: the claim's answer was lost, so nobody works
/// on it.
pub async fn give_back_claim(app: &App, worker: i64, at: i64) -> Result<u64, DbErr> {
    // transactional_mail_claimed
    app.db
        .execute(
            &Transition::GiveBack.sql(
                Table::TransactionalMail,
                "worker = NULL",
                "worker = $1 AND at = $2",
            ),
            values![worker, at],
        )
        .await
}

/// Gives these mails, which this worker holds and has not tried, back to the queue.
pub async fn give_back(app: &App, worker: i64, ids: &[i64]) -> Result<(), DbErr> {
    if ids.is_empty() {
        return Ok(());
    }
    let only = format!("worker = $1 AND {}", app.db.sql_in_list("id", "$2"));
    let sql = Transition::GiveBack.sql(Table::TransactionalMail, "worker = NULL, at = $3", &only);
    let values = values![worker, queue::list(ids), app.clock.now_ms()];
    app.db.execute(&sql, values).await?;
    Ok(())
}

/// Queues again what is held under the number of a worker that is no more.
pub async fn free_ownerless(app: &App) -> Result<u64, DbErr> {
    let ownerless = format!(
        "state = {CLAIMED} AND NOT EXISTS (SELECT 1 FROM worker w WHERE w.id = transactional_mail.worker)"
    );
    // transactional_mail_claimed. Hardly ever is there one, and finding that out takes no lock.
    let held = format!("SELECT 1 FROM transactional_mail WHERE {ownerless} LIMIT 1");
    if app.db.one(&held, []).await?.is_none() {
        return Ok(0);
    }
    let set = "worker = NULL, at = $1";
    let sql = Transition::GiveBack.sql(Table::TransactionalMail, set, &ownerless);
    let freed = app.db.execute(&sql, values![app.clock.now_ms()]).await?;
    tracing::warn!(mails = freed, "queued again what no worker holds");
    Ok(freed)
}

/// Queues again what `worker`, which holds nothing, holds by the database's word alone (see
/// [`super::queue::free_unheld`]).
pub async fn free_unheld(app: &App, worker: i64) -> Result<u64, DbErr> {
    // transactional_mail_claimed
    let held =
        format!("SELECT 1 FROM transactional_mail WHERE state = {CLAIMED} AND worker = $1 LIMIT 1");
    if app.db.one(&held, values![worker]).await?.is_none() {
        return Ok(0);
    }
    let sql = Transition::GiveBack.sql(
        Table::TransactionalMail,
        "worker = NULL, at = $2",
        "worker = $1",
    );
    let now = app.clock.now_ms();
    app.db.execute(&sql, values![worker, now]).await
}

/// Writes the mail as it goes on the wire, signed and dot-stuffed, with its return path.
///
/// # Errors
/// In words, when the stored content cannot become a message; it is then failed, not retried.
pub async fn write(
    app: &App,
    mail: &ClaimedMail,
    signer: Option<&Signer>,
    out: &mut Vec<u8>,
    return_path: &mut Vec<u8>,
) -> Result<(), String> {
    let office = Office::load(&app.db)
        .await
        .map_err(|error| error.to_string())?;
    if let Some(newsletter) = mail.content()?.newsletter {
        return mail
            .write_test(app, &office, newsletter, signer, out, return_path)
            .await;
    }
    let message = mail.build(app, &office)?;
    if let Some(signer) = signer {
        out.extend(
            signer
                .sign_message(&message)
                .map_err(|error| error.to_string())?,
        );
    }
    for line in message.split_inclusive(|byte| *byte == b'\n') {
        // RFC 5321 §4.5.2
        if line.first() == Some(&b'.') {
            out.push(b'.');
        }
        out.extend_from_slice(line);
    }
    if !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b".\r\n");
    match (&office.notice_return_path, &office.bounce_domain) {
        (Some(address), _) => return_path.extend_from_slice(address.as_str().as_bytes()),
        (None, Some(domain)) => {
            let local = ReturnMark::Mail(mail.id).local_part(&app.keys);
            return_path.extend_from_slice(format!("{local}@{domain}").as_bytes());
        }
        (None, None) => return_path.extend_from_slice(office.notices_from().as_str().as_bytes()),
    }
    Ok(())
}

impl ClaimedMail {
    fn content(&self) -> Result<TransactionalContent, String> {
        serde_json::from_str(&self.content)
            .map_err(|error| format!("the stored content cannot be read: {error}"))
    }

    /// Writes a test: the newsletter's own prepared message, with a token that is nobody's, so that
    /// its links lead nowhere and nobody can leave by it.
    async fn write_test(
        &self,
        app: &App,
        office: &Office,
        newsletter: i64,
        signer: Option<&Signer>,
        out: &mut Vec<u8>,
        return_path: &mut Vec<u8>,
    ) -> Result<(), String> {
        let full = newsletters::find(app, newsletter).await;
        let full = full.map_err(|error| error.to_string())?;
        let at = instant(self.created_at);
        let parts = compose(&full, office, &app.settings.public_url, at);
        let mut parts = parts.map_err(|error| error.to_string())?;
        parts.subject = format!("[Test] {}", parts.subject);
        let message = PreparedMessage::new(&parts).map_err(|error| error.to_string())?;
        let dead = self.dead_placeholders();
        message.return_path(return_path, &dead);
        message
            .write(out, &self.recipient, &dead, signer)
            .map_err(|error| error.to_string())
    }

    /// Placeholders that no key made; the Message-ID is this mail's own over all attempts (S4).
    fn dead_placeholders(&self) -> Placeholders {
        let mut placeholders = Placeholders {
            token: [b'0'; SubscriberLink::TOKEN],
            message_id: [b'0'; SubscriberLink::MESSAGE_ID],
            original: [b'0'; SubscriberLink::MESSAGE_ID],
            return_path: [b'0'; SubscriberLink::RETURN_PATH],
        };
        placeholders
            .token
            .copy_from_slice(SubscriberLink::SLOT.as_bytes());
        let own = self.message_id.bytes().take_while(|byte| *byte != b'@');
        let own = own.filter(u8::is_ascii_alphanumeric);
        for (place, byte) in placeholders.message_id.iter_mut().zip(own) {
            *place = byte;
        }
        placeholders
    }

    /// The message as RFC 5322 bytes, with CRLF line ends, the token in its place.
    ///
    /// # Errors
    /// In words, when the stored content cannot become a message; it is then failed, not retried.
    fn build(&self, app: &App, office: &Office) -> Result<Vec<u8>, String> {
        let mut content = self.content()?;
        if let Some(label) = &self.token_label {
            let token = app.keys.token(label);
            content.text = content.text.replace(Token::SLOT, token.as_str());
            content.html = content
                .html
                .map(|html| html.replace(Token::SLOT, token.as_str()));
        }
        let recipient = mailbox(None, &self.recipient)?;
        let created = Duration::from_millis(self.created_at.max(0) as u64);
        let mut builder = Message::builder()
            .from(mailbox(
                Some(office.name_in(&content.language).to_owned()),
                office.notices_from().as_str(),
            )?)
            .to(recipient)
            .subject(content.subject)
            // The same over all attempts (S4).
            .message_id(Some(format!("<{}>", self.message_id)))
            .date(SystemTime::UNIX_EPOCH + created);
        let reply_to = content.reply_to.as_deref();
        let reply_to = reply_to.or(office.reply_to.as_ref().map(EmailAddress::as_str));
        if let Some(reply_to) = reply_to {
            builder = builder.reply_to(mailbox(None, reply_to)?);
        }
        let text = text_part(&content.text)?;
        let attached = content
            .attached_mail
            .map(|mail| BASE64_STANDARD.decode(mail));
        let attached = attached
            .transpose()
            .map_err(|error| format!("the stored mail cannot be read: {error}"))?;
        let built = match (content.html, attached) {
            // RFC 2046 §5.2.1 lets no mail be base64 inside another, and relays need not take its
            // long lines or eight bits otherwise: it goes as a file.
            (None, Some(attached)) => {
                let kind = ContentType::parse("application/octet-stream")
                    .map_err(|error| error.to_string())?;
                let file = Attachment::new("message.eml".to_owned()).body(attached, kind);
                builder.multipart(MultiPart::mixed().singlepart(text).singlepart(file))
            }
            (Some(html), _) => builder.multipart(
                MultiPart::alternative()
                    .singlepart(text)
                    .singlepart(part(ContentType::TEXT_HTML, html)),
            ),
            (None, None) => builder.singlepart(text),
        };
        let mut message = built.map_err(|error| format!("the message cannot be built: {error}"))?;
        raw(&mut message, "Content-Language", &content.language);
        // RFC 3834 §5: nobody pressed "send" for these, and no out-of-office should answer them.
        if self.kind != TransactionalKind::Test {
            raw(&mut message, "Auto-Submitted", "auto-generated");
        }
        raw(&mut message, "X-Auto-Response-Suppress", "All");
        Ok(message.formatted())
    }
}

fn mailbox(name: Option<String>, address: &str) -> Result<Mailbox, String> {
    let address = EmailAddress::parse(address).map_err(|error| error.to_string())?;
    Address::new(address.local(), address.domain())
        .map(|address| Mailbox::new(name, address))
        .map_err(|error| format!("{} cannot be mailed: {error}", address.veiled()))
}

/// In quoted-printable, which people can read, or in base64 where that is smaller, as it is for most
/// scripts but the Latin one.
fn part(content_type: ContentType, body: String) -> SinglePart {
    let escaped = body.bytes().filter(|byte| !byte.is_ascii()).count();
    let encoding = if body.len() + 2 * escaped > body.len() / 3 * 4 {
        ContentTransferEncoding::Base64
    } else {
        ContentTransferEncoding::QuotedPrintable
    };
    SinglePart::builder()
        .header(content_type)
        .header(encoding)
        .body(body)
}

/// `text/plain` whose long lines flow (RFC 3676).
fn text_part(text: &str) -> Result<SinglePart, String> {
    let kind = ContentType::parse("text/plain; charset=utf-8; format=flowed");
    let kind = kind.map_err(|error| error.to_string())?;
    Ok(part(kind, flowed(text)))
}

fn raw(message: &mut Message, name: &'static str, value: &str) {
    if let Ok(name) = HeaderName::new_from_ascii(name.to_owned()) {
        message
            .headers_mut()
            .insert_raw(HeaderValue::new(name, value.to_owned()));
    }
}

#[cfg(test)]
mod tests;
