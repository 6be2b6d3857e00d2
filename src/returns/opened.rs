//! A mail taken apart: its notice, its machine-readable report, and the headers of the mail that is
//! sent back with it.

use std::borrow::Cow;

use mail_parser::{
    Address, Header, HeaderName, HeaderValue, Message, MessageParser, MessagePart, MimeHeaders,
    PartType,
};

/// Octets of notice that are read: an honest one has a few hundred.
const NOTICE_OCTETS: usize = 64 * 1024;

/// Octets of a machine-readable report that are read: some thousand recipients.
const REPORT_OCTETS: usize = 512 * 1024;

/// Report files of one mail that are looked at.
const REPORT_FILES: usize = 4;

/// Parts that are looked at.
const PARTS: usize = 200;

/// What a return consists of.
#[derive(Debug, Default)]
pub(super) struct Opened<'x> {
    /// The headers of the return itself.
    pub headers: Headers<'x>,
    /// What a person may read, the returned mail cut off.
    pub notice: String,
    /// `message/delivery-status`.
    pub delivery_status: Option<String>,
    /// `message/feedback-report`.
    pub feedback_report: Option<String>,
    /// `message/disposition-notification`: a read receipt.
    pub disposition: Option<String>,
    /// The headers of the mail that came back.
    pub original: Headers<'x>,
    /// Whether it calls itself a report on a delivery.
    pub is_delivery_report: bool,
    /// Files that may be a DMARC or TLS report.
    pub report_files: Vec<ReportFile<'x>>,
}

/// A file that may be a DMARC or TLS report.
#[derive(Debug)]
pub(super) struct ReportFile<'x> {
    /// As it is attached: perhaps packed.
    pub octets: Cow<'x, [u8]>,
    /// Whether its name is the one that RFC 7489 §7.2.1.1 prescribes:
    /// `receiver!domain!begin!end.xml.gz`.
    pub is_named_so: bool,
}

/// Headers, by name.
#[derive(Debug, Default)]
pub(super) struct Headers<'x>(Vec<(Cow<'x, str>, Cow<'x, str>)>);

impl<'x> Opened<'x> {
    /// Takes a parsed mail apart.
    pub(super) fn new(message: &'x Message<'x>) -> Self {
        let mut opened = Self {
            headers: Headers::of(message.headers(), message.raw_message()),
            is_delivery_report: is_delivery_report(message),
            ..Self::default()
        };
        let mut html: Option<&str> = None;
        for part in message.parts.iter().take(PARTS) {
            opened.take_in(part, &mut html);
        }
        if opened.delivery_status.is_none()
            && opened.notice.trim().is_empty()
            && let Some(inner) = forwarded_report(message)
        {
            // A gateway passed the bounce on as an attachment, with nothing to say of its own.
            opened.original = Headers::default();
            for part in inner.parts.iter().take(PARTS) {
                opened.take_in(part, &mut html);
            }
        }
        if opened.notice.trim().is_empty()
            && let Some(html) = html
        {
            opened.notice = mail_parser::decoders::html::html_to_text(cut(html, NOTICE_OCTETS * 2));
        }
        let length = cut(&opened.notice, NOTICE_OCTETS).len();
        opened.notice.truncate(length);
        let (end, rest) = returned_mail(&opened.notice);
        if let Some(rest) = rest
            && opened.original.is_empty()
        {
            opened.original = Headers::from_text(&opened.notice[rest..]);
        }
        opened.notice.truncate(end);
        if let Some(notice) = without_footers(&opened.notice) {
            opened.notice = notice;
        }
        let subject = opened
            .original
            .get("subject")
            .unwrap_or_default()
            .to_owned();
        opened.notice = without_our_subject(&opened.notice, &subject);
        opened
    }

    fn take_in(&mut self, part: &'x MessagePart<'x>, html: &mut Option<&'x str>) {
        let name = content_type(part);
        let text = |limit| {
            let text = match &part.body {
                PartType::Text(text) | PartType::Html(text) => Cow::Borrowed(cut(text, limit)),
                PartType::Binary(bytes) | PartType::InlineBinary(bytes) => {
                    String::from_utf8_lossy(&bytes[..bytes.len().min(limit)])
                }
                PartType::Message(message) => {
                    let raw = message.raw_message();
                    String::from_utf8_lossy(&raw[..raw.len().min(limit)])
                }
                PartType::Multipart(_) => Cow::Borrowed(""),
            };
            text.into_owned()
        };
        match name.as_str() {
            "message/delivery-status" | "message/global-delivery-status" => {
                self.delivery_status
                    .get_or_insert_with(|| text(REPORT_OCTETS));
            }
            "message/feedback-report" => {
                self.feedback_report
                    .get_or_insert_with(|| text(REPORT_OCTETS));
            }
            "message/disposition-notification" | "message/global-disposition-notification" => {
                self.disposition.get_or_insert_with(|| text(REPORT_OCTETS));
            }
            "text/rfc822-headers" | "message/rfc822-headers" | "message/global-headers" => {
                if self.original.is_empty() {
                    self.original = Headers::from_text(&text(NOTICE_OCTETS));
                }
            }
            "application/zip"
            | "application/gzip"
            | "application/x-gzip"
            | "application/x-zip-compressed"
            | "application/tlsrpt+gzip"
            | "application/tlsrpt+json"
            | "application/xml"
            | "text/xml" => self.take_file(part),
            _ if part.attachment_name().is_some_and(is_report_name) => self.take_file(part),
            _ => match &part.body {
                PartType::Message(message) if self.original.is_empty() => {
                    self.original = Headers::of(message.headers(), message.raw_message());
                }
                PartType::Text(words)
                    if self.original.is_empty() && self.notice.len() < NOTICE_OCTETS =>
                {
                    // Some systems label the report as plain text.
                    if self.delivery_status.is_none() && looks_like_a_status(words) {
                        self.delivery_status = Some(text(REPORT_OCTETS));
                    } else {
                        self.notice.push_str(cut(words, NOTICE_OCTETS));
                        self.notice.push('\n');
                    }
                }
                PartType::Html(words) if self.original.is_empty() => {
                    html.get_or_insert(words);
                }
                PartType::Binary(bytes) if self.original.is_empty() && name == "message/rfc822" => {
                    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(NOTICE_OCTETS)]);
                    self.original = Headers::from_text(&text);
                }
                _ => {}
            },
        }
    }
}

impl<'x> Opened<'x> {
    fn take_file(&mut self, part: &'x MessagePart<'x>) {
        if self.report_files.len() >= REPORT_FILES {
            return;
        }
        let octets = match &part.body {
            PartType::Text(text) | PartType::Html(text) => Cow::Borrowed(text.as_bytes()),
            PartType::Binary(bytes) | PartType::InlineBinary(bytes) => {
                Cow::Borrowed(bytes.as_ref())
            }
            PartType::Message(_) | PartType::Multipart(_) => return,
        };
        self.report_files.push(ReportFile {
            octets,
            is_named_so: part.attachment_name().is_some_and(is_report_name),
        });
    }
}

/// A bounce that lies in the mail as a mail of its own.
fn forwarded_report<'x>(message: &'x Message<'x>) -> Option<&'x Message<'x>> {
    let mut inner = message
        .parts
        .iter()
        .take(PARTS)
        .filter_map(|part| match &part.body {
            PartType::Message(inner) => Some(inner),
            _ => None,
        });
    inner.find(|inner| {
        let mut parts = inner.parts.iter().take(PARTS);
        parts.any(|part| content_type(part).ends_with("delivery-status"))
    })
}

/// Whether the mail calls itself a report on a delivery (RFC 6522), readable or not.
fn is_delivery_report(message: &Message) -> bool {
    let root = message.parts.first().and_then(|part| {
        part.headers
            .iter()
            .find_map(|header| match (&header.name, &header.value) {
                (HeaderName::ContentType, HeaderValue::ContentType(found)) => Some(found),
                _ => None,
            })
    });
    root.is_some_and(|found| {
        found.ctype().eq_ignore_ascii_case("multipart")
            && found
                .subtype()
                .is_some_and(|subtype| subtype.eq_ignore_ascii_case("report"))
            && found
                .attribute("report-type")
                .is_some_and(|kind| kind.eq_ignore_ascii_case("delivery-status"))
    })
}

/// `receiver!domain!begin!end.xml.gz`, in any packing.
fn is_report_name(name: &str) -> bool {
    let mut pieces = name.split('!').skip(2);
    let is_time =
        |piece: &str| piece.len() >= 9 && piece.bytes().take(9).all(|b| b.is_ascii_digit());
    pieces.next().is_some_and(is_time) && pieces.next().is_some_and(is_time)
}

fn content_type(part: &MessagePart) -> String {
    let found = part
        .headers
        .iter()
        .find_map(|header| match (&header.name, &header.value) {
            (HeaderName::ContentType, HeaderValue::ContentType(found)) => Some(found),
            _ => None,
        });
    found.map_or_else(String::new, |found| {
        format!("{}/{}", found.ctype(), found.subtype().unwrap_or_default()).to_ascii_lowercase()
    })
}

fn looks_like_a_status(text: &str) -> bool {
    let start = text.trim_start();
    [
        "reporting-mta:",
        "final-recipient:",
        "original-envelope-id:",
    ]
    .iter()
    .any(|name| {
        start
            .get(..name.len())
            .is_some_and(|begin| begin.eq_ignore_ascii_case(name))
    })
}

/// At most `octets`, whole characters.
pub(super) fn cut(text: &str, octets: usize) -> &str {
    let mut end = text.len().min(octets);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

impl<'x> Headers<'x> {
    fn of(headers: &'x [Header<'x>], raw: &'x [u8]) -> Self {
        let text = |header: &'x Header<'x>| match &header.value {
            HeaderValue::Text(text) => text.clone(),
            HeaderValue::TextList(list) => Cow::Owned(list.join(" ")),
            HeaderValue::Address(address) => Cow::Owned(addresses_as_text(address)),
            _ => {
                let raw = raw.get(header.offset_start as usize..header.offset_end as usize);
                let raw = String::from_utf8_lossy(raw.unwrap_or_default());
                Cow::Owned(raw.split_ascii_whitespace().collect::<Vec<_>>().join(" "))
            }
        };
        Self(
            headers
                .iter()
                .map(|header| (Cow::Borrowed(header.name()), text(header)))
                .collect(),
        )
    }

    /// Headers that stand in somebody's text: perhaps indented, perhaps quoted.
    fn from_text(text: &str) -> Self {
        let mut lines = String::new();
        let mut indent = None;
        for line in text.lines() {
            let bare = line.trim_start_matches(['>', ' ', '\t', '|']);
            if bare.trim().is_empty() {
                if indent.is_some() {
                    break;
                }
                continue;
            }
            if indent.is_none() && !begins_like_a_header(bare) {
                // A line of dashes, or "From somebody Mon …", before the headers begin.
                continue;
            }
            let indent = *indent.get_or_insert(line.len() - bare.len());
            let strip = indent.min(line.len() - bare.len());
            lines.push_str(&line[strip..]);
            lines.push_str("\r\n");
        }
        lines.push_str("\r\n");
        let message = MessageParser::default().parse_headers(lines.as_bytes());
        message.map_or_else(Self::default, |message| {
            let headers = Headers::of(message.headers(), message.raw_message());
            Self(
                headers
                    .0
                    .into_iter()
                    .map(|(name, value)| {
                        (
                            Cow::Owned(name.into_owned()),
                            Cow::Owned(value.into_owned()),
                        )
                    })
                    .collect(),
            )
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first header of that name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self
            .0
            .iter()
            .find(|(found, _)| found.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim())
    }

    /// All headers of that name.
    pub(super) fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s str> {
        self.0
            .iter()
            .filter(move |(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }

    /// Whether a header of that name contains the words.
    pub(super) fn says(&self, name: &str, words: &str) -> bool {
        self.all(name)
            .any(|value| value.to_lowercase().contains(words))
    }
}

fn addresses_as_text(address: &Address) -> String {
    let mut text = String::new();
    for one in address.iter() {
        if !text.is_empty() {
            text.push_str(", ");
        }
        if let Some(name) = &one.name {
            text.push_str(name);
            text.push(' ');
        }
        if let Some(address) = &one.address {
            text.push('<');
            text.push_str(address);
            text.push('>');
        }
    }
    text
}

fn begins_like_a_header(line: &str) -> bool {
    line.split_once(':').is_some_and(|(name, _)| {
        !name.is_empty()
            && name.len() <= 60
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    })
}

/// Lines behind which the returned mail begins, where it is no part of its own.
const RETURNED_MAIL: [&str; 52] = [
    "below this line is a copy of the message",
    "copy of the original message below this line",
    "this is a copy of the message, including all the headers",
    "this is a copy of your message, including all the headers",
    "this is a copy of the message's headers",
    "this is a copy of the headers",
    "the body of the message is",
    "original message follows",
    "original message -----",
    "-----original message-----",
    "--- original message",
    "---original message",
    "original message header",
    "original message below",
    "original mail header",
    "header of the original message",
    "headers of the original message",
    "header of your message",
    "message header follows",
    "message headers follow",
    "message header:",
    "message headers:",
    "message contents follow",
    "unsent message",
    "returned message follows",
    "returned mail follows",
    "begin returned message",
    "returned message -----",
    "returned message below",
    "undelivered message follows",
    "undeliverable message follows",
    "rejected message follows",
    "your original message",
    "your message follows",
    "text of your message",
    "text of the message follows",
    "included message",
    "attachment is a copy of the message",
    "original message as received",
    "start of returned message",
    "old message:",
    "summary of the undelivered message",
    "lines of the message follow",
    "ursprüngliche nachricht",
    "originalnachricht",
    "message d'origine",
    "message original",
    "mensaje original",
    "mensagem original",
    "messaggio originale",
    "оригинальное сообщение",
    "原始邮件",
];

/// Headers that only a mail itself begins with, never a notice's summary of it.
const FIRST_HEADERS: [&str; 8] = [
    "received: from",
    "received: by",
    "received: (",
    "return-path: <",
    "dkim-signature: ",
    "delivered-to: ",
    "x-original-to: ",
    // Of a part: a bounce that forgot to say that it has parts.
    "content-type: message/rfc822",
];

/// What gateways put below every mail that leaves. Their words on viruses and content are no reason.
const FOOTERS: [&str; 10] = [
    "has been scanned",
    "have been scanned",
    "was scanned",
    "been checked for viruses",
    "been swept",
    "virus-free",
    "scanned by",
    "scanned for",
    "this email and any",
    "this e-mail and any",
];

/// The notice without the paragraphs that gateways add. `None`: it has none.
fn without_footers(notice: &str) -> Option<String> {
    let is_footer = |line: &str| {
        let words = line.to_lowercase();
        FOOTERS.iter().any(|footer| words.contains(footer))
    };
    if !notice.lines().any(is_footer) {
        return None;
    }
    let mut kept = String::with_capacity(notice.len());
    let mut skips = false;
    for line in notice.split_inclusive('\n') {
        // To the end of the paragraph: the reason may stand below.
        skips = is_footer(line) || skips && !line.trim().is_empty();
        if !skips {
            kept.push_str(line);
        }
    }
    Some(kept)
}

/// How a notice calls the subject of the mail that it is about, in the languages of mail systems.
const SUBJECT_LABELS: [&str; 16] = [
    "subject:",
    "subject :",
    "betreff:",
    "objet:",
    "objet :",
    "sujet :",
    "asunto:",
    "assunto:",
    "oggetto:",
    "onderwerp:",
    "ämne:",
    "emne:",
    "temat:",
    "тема:",
    "件名:",
    "主题:",
];

/// The least length of a subject that is looked for in the middle of a sentence.
const SUBJECT_OCTETS: usize = 12;

/// The notice without the subject of our own mail, behind its label or wherever it is quoted: "Senate
/// acts on full mailboxes" says nothing about a reader's.
fn without_our_subject(notice: &str, subject: &str) -> String {
    let subject = subject.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut kept = String::with_capacity(notice.len());
    let mut in_subject = false;
    for line in notice.split_inclusive('\n') {
        let words = line.trim();
        let shown = line.len() - line.trim_start_matches([' ', '\t', '>', '*', '|']).len();
        let label = SUBJECT_LABELS
            .iter()
            .find(|label| begins_with(&line[shown..], label))
            .map(|label| shown + label.len());
        // A folded subject goes on in a deeper line that has no label of its own.
        let goes_on = in_subject
            && line.starts_with([' ', '\t'])
            && !words.is_empty()
            && !begins_like_a_header(words.split(' ').next().unwrap_or_default())
            && subject.contains(words);
        in_subject = label.is_some() || goes_on;
        if goes_on {
            kept.push('\n');
        } else if let Some(end) = label {
            kept.push_str(&line[..end]);
            kept.push('\n');
        } else {
            kept.push_str(line);
        }
    }
    if subject.len() >= SUBJECT_OCTETS && kept.contains(&subject) {
        kept = kept.replace(&subject, "…");
    }
    kept
}

/// Whether the text begins with these words, in whatever case.
fn begins_with(text: &str, label: &str) -> bool {
    text.get(..label.len())
        .is_some_and(|begin| begin.to_lowercase() == label)
}

/// Where the notice ends, and where the returned mail begins.
fn returned_mail(notice: &str) -> (usize, Option<usize>) {
    let mut start = 0;
    for line in notice.split_inclusive('\n') {
        let words = line.trim();
        let next = start + line.len();
        // A sentence that mentions the message is longer than a line that announces it.
        if words.len() <= 120 && !words.is_empty() {
            let words = words.to_lowercase();
            if start > 0 && RETURNED_MAIL.iter().any(|mark| words.contains(mark)) {
                return (start, Some(next));
            }
            let bare = words.trim_start_matches(['>', ' ', '|']);
            if FIRST_HEADERS.iter().any(|header| bare.starts_with(header)) {
                return (start, Some(start));
            }
        }
        start = next;
    }
    (notice.len(), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_returned_mail_is_cut_off_and_its_headers_are_read() {
        let mail = "From: MAILER-DAEMON@mx.example\r\nSubject: failure notice\r\n\r\nSorry.\r\n\r\n\
                    <ana@example.org>:\r\nno mailbox here by that name\r\n\r\n\
                    --- Below this line is a copy of the message.\r\n\r\n\
                    Return-Path: <b-x@office.example>\r\nTo: ana@example.org\r\nSubject: spam, virus\r\n\r\nBody\r\n";
        for mail in [mail.to_owned(), mail.replace("\r\n", "\n")] {
            let message = MessageParser::default().parse(mail.as_bytes()).unwrap();
            let opened = Opened::new(&message);
            assert!(opened.notice.contains("no mailbox here"));
            assert!(!opened.notice.contains("virus"), "{}", opened.notice);
            assert_eq!(opened.original.get("to"), Some("<ana@example.org>"));
        }
    }

    #[test]
    fn quoted_and_indented_headers_are_read() {
        let headers = Headers::from_text(
            "\n  > To: ana@example.org\n  > X-Long: one\n  >  two\n\n  > no: header\n",
        );
        assert_eq!(headers.get("To"), Some("<ana@example.org>"));
        assert_eq!(headers.get("no"), None);
    }
}
