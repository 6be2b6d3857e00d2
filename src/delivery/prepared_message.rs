//! The prepared message: all MIME work of a newsletter, done once.
//!
//! What is left for each reader is to copy the literal bytes and four short strings between them:
//! the address, the Message-ID and the token twice over. The body that is hashed for DKIM is kept
//! beside the body that is sent, hashed already as far as the first placeholder.

use aws_lc_rs::digest;
use jiff::fmt::rfc2822;

pub use crate::newsletters::compose::MessageParts;
use crate::{
    app::App,
    audit::{self, Action},
    newsletters::{self, NewsletterError, compose::compose},
    office::Office,
    rendering,
    subscribers::link::{Placeholders, SubscriberLink},
};

use super::{
    canonical,
    dkim::{DkimError, SIGNED, Signer},
    encoding::{flowed, folded_address, one_line, phrase, transfer, unstructured},
    template::{self, Template},
};

/// A newsletter's message, ready to be filled for each reader.
pub struct PreparedMessage {
    message: Template,
    headers: Hashed,
    body: Hashed,
    return_path: ReturnPath,
    /// The newsletter that it corrects.
    corrects: Option<i64>,
}

/// Canonical text with its hash as far as the first placeholder.
struct Hashed {
    text: Template,
    midstate: digest::Context,
}

enum ReturnPath {
    /// One for each message, at this domain (B1).
    Domain(String),
    /// The office's own address.
    Address(String),
}

/// Why a message cannot be prepared.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// A header that mailbox providers would refuse (P8).
    #[error(
        "the header {name} would have {size} bytes; mailbox providers take {most} at most: shorten what goes into it"
    )]
    HeaderTooLong {
        /// Which.
        name: &'static str,
        /// How long it is.
        size: usize,
        /// How long it may be.
        most: usize,
    },
    /// From must be ASCII.
    #[error(
        "the office's address {0} is not ASCII before the @, and relays without SMTPUTF8 would refuse every mail: set another with `gazette office set from=…`"
    )]
    From(String),
    /// The newsletter cannot be composed.
    #[error(transparent)]
    Newsletter(#[from] NewsletterError),
}

/// The exact mail, with placeholders for what is personal: for whoever must approve the file itself
/// (C4). Who takes it stands in the audit log.
pub async fn export_eml(app: &App, id: i64, by: &str) -> Result<Vec<u8>, PrepareError> {
    let newsletter = newsletters::find(app, id).await?;
    let office = Office::load(&app.db).await.map_err(NewsletterError::from)?;
    let at = newsletter.started_at.unwrap_or_else(|| app.clock.now());
    let eml = rendering::in_turn(|| -> Result<Vec<u8>, PrepareError> {
        let parts = compose(&newsletter, &office, &app.settings.public_url, at)?;
        Ok(PreparedMessage::new(&parts)?.eml())
    });
    let eml = eml.await.map_err(NewsletterError::from)??;
    let (now, object) = (app.clock.now_ms(), format!("newsletter/{id}"));
    let details = format!("revision {}", newsletter.revision);
    audit::record(
        &app.db.writer(),
        now,
        by,
        Action::NewsletterExport,
        object,
        details,
    )
    .await
    .map_err(NewsletterError::from)?;
    Ok(eml)
}

/// No line of a part begins with `=_`: in quoted-printable `=` is followed by a digit or a line
/// break, in base64 by its like or nothing. The rest tells our mails from other people's when one contains the other.
const BOUNDARY: &str = "=_gazette_alternative_f3c1";

/// Header octets that providers take: all of a mail's, and one field's (P8).
const ALL_HEADERS: usize = 500_000;
const ONE_HEADER: usize = 32_000;

impl PreparedMessage {
    /// Does all that is the same for every reader.
    pub fn new(parts: &MessageParts) -> Result<Self, PrepareError> {
        if !parts.from.as_str().is_ascii() {
            return Err(PrepareError::From(parts.from.as_str().to_owned()));
        }
        let headers = headers(parts)?;
        let body = body(parts);
        let mut template = Vec::with_capacity(body.len() + 4_000);
        for header in &headers {
            template.extend_from_slice(header.name.as_bytes());
            template.extend_from_slice(b":");
            template.extend_from_slice(header.value.as_bytes());
            template.extend_from_slice(b"\r\n");
        }
        template.extend_from_slice(b"\r\n");
        template.extend_from_slice(&body);
        let mut signed = Vec::new();
        for (name, _) in SIGNED {
            if let Some(header) = headers.iter().find(|header| header.name == *name) {
                signed.extend(canonical::header(name, header.value.as_bytes()));
            }
        }
        Ok(Self {
            message: Template::new(&template),
            headers: Hashed::new(&signed),
            body: Hashed::new(&canonical::body(&body)),
            return_path: match &parts.bounce_domain {
                Some(domain) => ReturnPath::Domain(format!("@{domain}")),
                None => ReturnPath::Address(parts.from.as_str().to_owned()),
            },
            corrects: parts.corrects,
        })
    }

    /// The newsletter to whose copy the reader's software joins this one.
    #[must_use]
    pub fn corrects(&self) -> Option<i64> {
        self.corrects
    }

    /// Appends the whole message for one reader, as it goes on the wire after DATA: dot-stuffed and
    /// ended by `CRLF . CRLF`. Allocates nothing beyond the growth of `out`.
    ///
    /// # Errors
    /// Only when signing fails; `out` is then as it was.
    pub fn write(
        &self,
        out: &mut Vec<u8>,
        email: &str,
        placeholders: &Placeholders,
        signer: Option<&Signer>,
    ) -> Result<(), DkimError> {
        out.reserve(self.size(email, signer) + 3);
        let before = out.len();
        if let Some(signer) = signer
            && let Err(error) = self.sign(out, email, placeholders, signer)
        {
            out.truncate(before);
            return Err(error);
        }
        self.message
            .each(email, placeholders, |piece| out.extend_from_slice(piece));
        // No line begins with a dot ([`quoted_printable`]), so there is nothing to stuff.
        out.extend_from_slice(b".\r\n");
        Ok(())
    }

    fn sign(
        &self,
        out: &mut Vec<u8>,
        email: &str,
        placeholders: &Placeholders,
        signer: &Signer,
    ) -> Result<(), DkimError> {
        let body = self.body.finish(email, placeholders).finish();
        signer.write(&body, &self.headers.finish(email, placeholders), out)
    }

    /// Octets of the message without the closing dot, for `SIZE=` (RFC 1870).
    #[must_use]
    pub fn size(&self, email: &str, signer: Option<&Signer>) -> usize {
        self.message.size(email.len()) + signer.map_or(0, Signer::size)
    }

    /// Appends the envelope's sender for one message.
    pub fn return_path(&self, out: &mut Vec<u8>, placeholders: &Placeholders) {
        match &self.return_path {
            ReturnPath::Domain(domain) => {
                out.extend_from_slice(&placeholders.return_path);
                out.extend_from_slice(domain.as_bytes());
            }
            ReturnPath::Address(address) => out.extend_from_slice(address.as_bytes()),
        }
    }

    /// Whether a relay must offer SMTPUTF8 for this reader (M9): only To can go beyond ASCII.
    #[must_use]
    pub fn needs_smtputf8(email: &str) -> bool {
        !email.is_ascii()
    }

    /// The message as a file: what is sent, with placeholders where a reader's own placeholders would be.
    #[must_use]
    pub fn eml(&self) -> Vec<u8> {
        let placeholder = SubscriberLink::SLOT.as_bytes();
        let mut placeholders = Placeholders {
            token: [b'0'; SubscriberLink::TOKEN],
            message_id: [b'0'; SubscriberLink::MESSAGE_ID],
            original: [b'0'; SubscriberLink::MESSAGE_ID],
            return_path: [b'0'; SubscriberLink::RETURN_PATH],
        };
        placeholders.token.copy_from_slice(placeholder);
        let mut out = Vec::with_capacity(self.message.size(40));
        let recipient = "subscriber@recipient.invalid";
        self.message.each(recipient, &placeholders, |piece| {
            out.extend_from_slice(piece);
        });
        out
    }
}

/// Without the text.
impl std::fmt::Debug for PreparedMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PreparedMessage({} bytes)", self.message.size(0))
    }
}

impl Hashed {
    fn new(template: &[u8]) -> Self {
        let text = Template::new(template);
        let midstate = text.midstate();
        Self { text, midstate }
    }

    fn finish(&self, email: &str, placeholders: &Placeholders) -> digest::Context {
        self.text.finish(&self.midstate, email, placeholders)
    }
}

struct Header {
    name: &'static str,
    /// With the space after the colon and its folds.
    value: String,
}

/// The header block, in the order in which people read it.
fn headers(parts: &MessageParts) -> Result<Vec<Header>, PrepareError> {
    let domain = parts.from.domain();
    let (topic, slug) = &parts.list;
    let token = char::from(template::TOKEN);
    let mut headers = Block::default();
    headers.add("Date", &rfc2822::to_string(&parts.date).unwrap_or_default());
    let from_name = phrase(&parts.from_name, "From: ".len());
    headers.add_pair("From", &from_name, &format!("<{}>", parts.from));
    if let Some(reply_to) = &parts.reply_to {
        headers.add("Reply-To", &format!("<{reply_to}>"));
    }
    headers.add_as_is("To", format!(" <{}>", char::from(template::ADDRESS)));
    headers.add_as_is("Subject", format!(" {}", subject(&parts.subject)));
    headers.add_as_is(
        "Message-ID",
        format!(" <{}@{domain}>", char::from(template::MESSAGE_ID)),
    );
    if parts.corrects.is_some() {
        // RFC 5322 §3.6.4: software that shows conversations puts it below what it corrects.
        let original = char::from(template::ORIGINAL);
        headers.add_as_is("References", format!(" <{original}@{domain}>"));
    }
    // RFC 2919 §3: 255 octets in all, so a long name stays out.
    let list_id = format!("<{}.list-id.{domain}>", label(slug).to_ascii_lowercase());
    let list_name = phrase(topic, "List-Id: ".len());
    if list_name.len() + list_id.len() < 250 {
        headers.add_pair("List-Id", &list_name, &list_id);
    } else {
        headers.add("List-Id", &list_id);
    }
    let template = |url: &str| one_line(url).replace(SubscriberLink::SLOT, &token.to_string());
    let unsubscribe = format!("<{}>", template(&parts.unsubscribe_url));
    match &parts.unsubscribe_address {
        // H1: one HTTPS address, and at most one mail address before it.
        Some(address) => headers.add_as_is(
            "List-Unsubscribe",
            format!(" <mailto:{}>,\r\n {unsubscribe}", template(address)),
        ),
        None => headers.add_slotted("List-Unsubscribe", &unsubscribe),
    }
    headers.add("List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
    headers.add_address("List-Help", &parts.help_url);
    let owner = parts.reply_to.as_ref().unwrap_or(&parts.from);
    headers.add("List-Owner", &format!("<mailto:{owner}>"));
    headers.add("List-Post", "NO (announcements only)");
    headers.add_address("List-Archive", &parts.archive_url);
    headers.add_address("Archived-At", &parts.archived_at);
    if parts.automatic {
        headers.add("Auto-Submitted", "auto-generated");
    }
    headers.add("Precedence", "bulk");
    // Exchange's word for it: no out-of-office answers to a newsletter.
    headers.add("X-Auto-Response-Suppress", "All");
    if let Some(feedback_id) = &parts.feedback_id {
        headers.add("Feedback-ID", feedback_id);
    }
    headers.add("Content-Language", &label(&parts.language));
    headers.add("MIME-Version", "1.0");
    headers.add(
        "Content-Type",
        &format!("multipart/alternative; boundary=\"{BOUNDARY}\""),
    );
    headers.checked()
}

#[derive(Default)]
struct Block(Vec<Header>);

impl Block {
    /// A value that cannot be folded; it goes to a line of its own where the first is too short.
    fn add(&mut self, name: &'static str, value: &str) {
        self.add_sized(name, &one_line(value), 0);
    }

    /// A web address, folded. One that is none, or that is longer than anybody's, stays out: the header
    /// is a courtesy.
    fn add_address(&mut self, name: &'static str, address: &str) {
        if let Ok(url) = url::Url::parse(address)
            && url.as_str().len() < 900
        {
            let line = name.len() + url.as_str().len() + 4;
            let (gap, column) = if line <= 78 { (" ", 0) } else { ("\r\n ", 1) };
            let address = folded_address(url.as_str(), column);
            self.add_as_is(name, format!("{gap}<{address}>"));
        }
    }

    /// The same with a token's placeholder in it.
    fn add_slotted(&mut self, name: &'static str, value: &str) {
        self.add_sized(name, value, SubscriberLink::TOKEN - 1);
    }

    fn add_sized(&mut self, name: &'static str, value: &str, placeholder: usize) {
        let fits = name.len() + 2 + value.len() + placeholder <= 78;
        let gap = if fits { " " } else { "\r\n " };
        self.add_as_is(name, format!("{gap}{value}"));
    }

    /// A display name and what follows it in angle brackets, on two lines if need be.
    fn add_pair(&mut self, name: &'static str, display: &str, bracketed: &str) {
        let last = display.rsplit("\r\n").next().unwrap_or(display);
        let column = if last.len() == display.len() {
            name.len() + 2
        } else {
            0
        };
        let fits = column + last.len() + 1 + bracketed.len() <= 76;
        let gap = if fits { " " } else { "\r\n " };
        self.add_as_is(name, format!(" {display}{gap}{bracketed}"));
    }

    fn add_as_is(&mut self, name: &'static str, value: String) {
        self.0.push(Header { name, value });
    }

    fn checked(self) -> Result<Vec<Header>, PrepareError> {
        let size = |header: &Header| header.name.len() + header.value.len() + 3;
        for header in &self.0 {
            if size(header) > ONE_HEADER {
                return Err(PrepareError::HeaderTooLong {
                    name: header.name,
                    size: size(header),
                    most: ONE_HEADER,
                });
            }
        }
        let all: usize = self.0.iter().map(size).sum();
        if all > ALL_HEADERS {
            return Err(PrepareError::HeaderTooLong {
                name: "block",
                size: all,
                most: ALL_HEADERS,
            });
        }
        Ok(self.0)
    }
}

/// The subject, encoded, folded and cut to the 998 octets that Gmail takes (P8).
fn subject(subject: &str) -> String {
    let subject = one_line(subject);
    let column = "Subject: ".len();
    let mut encoded = unstructured(&subject, column);
    let mut kept = subject.chars().count();
    while encoded.len() > 998 {
        kept = kept * 9 / 10;
        let beginning: String = subject.chars().take(kept).collect();
        encoded = unstructured(&format!("{}…", beginning.trim_end()), column);
    }
    encoded
}

/// Letters, digits and hyphens: what a label of List-Id (RFC 2919) and a language tag have.
fn label(slug: &str) -> String {
    let label: String = slug
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let label = label.trim_matches('-');
    if label.is_empty() {
        "list".to_owned()
    } else {
        label.chars().take(63).collect()
    }
}

/// The two parts, the plainer first (RFC 2046 §5.1.4).
fn body(parts: &MessageParts) -> Vec<u8> {
    let mut body = Vec::with_capacity(parts.html.len() + parts.text.len() * 2);
    let (text, html) = (flowed(&parts.text), &parts.html);
    for (kind, content) in [
        ("plain; charset=utf-8; format=flowed", &text),
        ("html; charset=utf-8", html),
    ] {
        let (encoding, content) = transfer(content);
        body.extend_from_slice(
            format!("--{BOUNDARY}\r\nContent-Type: text/{kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n")
                .as_bytes(),
        );
        body.extend(content);
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

#[cfg(test)]
pub(super) mod tests;
