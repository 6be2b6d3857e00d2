//! Composing: from a newsletter and the office to everything that the mail will say.
//!
//! The same parts serve the preview, the test, the exported file and the sending; only the last
//! fills the reader's own token into [`SubscriberLink::SLOT`]. Everywhere else the slot's digits
//! stay, and a link with them leads to a page that knows nobody.

use gazette_templates::email::{NewsletterMail, Parts, newsletter as render};
use jiff::ZonedDateTime;

use super::{Audience, Newsletter, NewsletterError};
use crate::{
    address::EmailAddress, clock::Timestamp, config::PublicUrl, office::Office,
    subscribers::link::SubscriberLink,
};

/// A newsletter as it will be mailed: what its headers and its two parts say.
#[derive(Debug, Clone)]
pub struct MessageParts {
    /// When it was composed, in the office's zone.
    pub date: ZonedDateTime,
    /// The display name in From: the office's own, never anything else (P6).
    pub from_name: String,
    /// The address in From; also the envelope's sender where there is no bounce domain.
    pub from: EmailAddress,
    /// Where answers go, if not to `from`.
    pub reply_to: Option<EmailAddress>,
    /// The subject line.
    pub subject: String,
    /// BCP 47.
    pub language: String,
    /// The topic's name and slug: List-Id.
    pub list: (String, String),
    /// Holds the slot once.
    pub unsubscribe_url: String,
    /// Address that unsubscribes by mail, with the slot; none while no such mail can come in.
    pub unsubscribe_address: Option<String>,
    /// The page that says what the list is.
    pub help_url: String,
    /// The archive.
    pub archive_url: String,
    /// This newsletter on the web: on the office's site if it is there, else in the archive.
    pub archived_at: String,
    /// No human approved the text (H12).
    pub automatic: bool,
    /// Domain of the return paths.
    pub bounce_domain: Option<String>,
    /// The whole value of Feedback-ID (P17).
    pub feedback_id: Option<String>,
    /// The HTML part.
    pub html: String,
    /// The text part, lines ended by `\n`.
    pub text: String,
}

/// Composes the mail as of `at`, which becomes its Date.
///
/// # Errors
/// [`NewsletterError::OfficeIncomplete`] where the office lacks what every mail must say;
/// [`NewsletterError::Wrong`] for a release that contains the slot's very digits: they would turn
/// into a reader's token wherever the release put them, in a link of its own for example.
pub fn compose(
    newsletter: &Newsletter,
    office: &Office,
    public_url: &PublicUrl,
    at: Timestamp,
) -> Result<MessageParts, NewsletterError> {
    if !office.complete {
        return Err(NewsletterError::OfficeIncomplete);
    }
    let slot = SubscriberLink::SLOT;
    let published = newsletter.published_at.unwrap_or(at);
    let mut document = newsletter.document.clone();
    document.language.clone_from(&newsletter.language);
    let web_url = public_url.link(&format!("/archive/{}", newsletter.slug));
    let unsubscribe_url = public_url.link(&format!("/unsubscribe/{slot}"));
    let privacy_url = match &office.privacy_url {
        Some(url) => url.clone(),
        None => public_url.link("/privacy"),
    };
    let mail = NewsletterMail {
        subject: &newsletter.subject,
        document: &document,
        date: published.to_zoned_datetime(office.time_zone.clone()).date(),
        office: &office.name,
        colour: &office.colour,
        postal_address: &office.postal_address,
        topic: &newsletter.topic.name,
        asked_at: &public_url.host(),
        release_url: newsletter.release_url.as_deref(),
        web_url: &web_url,
        unsubscribe_url: "",
        preferences_url: "",
        privacy_url: &privacy_url,
        press_list: newsletter.audience == Audience::PressList,
        footer: office.footer.as_deref(),
    };
    let impersonal = render(&mail);
    if impersonal.html.contains(slot)
        || impersonal.text.contains(slot)
        || newsletter.subject.contains(slot)
    {
        return Err(NewsletterError::Wrong(format!(
            "newsletter {} contains the digits {slot}, which stand for a reader's secret token; take them out of the release",
            newsletter.id
        )));
    }
    let Parts { html, text } = render(&NewsletterMail {
        unsubscribe_url: &unsubscribe_url,
        preferences_url: &public_url.link(&format!("/preferences/{slot}")),
        ..mail
    });
    let topic = &newsletter.topic;
    Ok(MessageParts {
        date: at.to_zoned_datetime(office.time_zone.clone()),
        from_name: office.name.clone(),
        from: office.from.clone(),
        reply_to: office.reply_to.clone(),
        subject: newsletter.subject.clone(),
        language: newsletter.language.clone(),
        list: (topic.name.clone(), topic.slug.clone()),
        unsubscribe_url,
        unsubscribe_address: None,
        help_url: public_url.link("/help"),
        archive_url: public_url.link("/archive"),
        archived_at: newsletter.release_url.clone().unwrap_or(web_url),
        automatic: newsletter.automatic,
        bounce_domain: office.bounce_domain.clone(),
        feedback_id: office
            .sender_id
            .as_ref()
            .map(|sender| format!("n{}:t-{}:newsletter:{sender}", newsletter.id, topic.slug)),
        html,
        text,
    })
}
