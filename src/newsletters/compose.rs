//! Composing: from a newsletter and the office to everything that the mail will say.
//!
//! The same parts serve the preview, the test, the exported file and the sending; only the last
//! fills the reader's own token into [`SubscriberLink::SLOT`]. Everywhere else the slot's digits
//! stay, and a link with them leads to a page that knows nobody.

use gazette_templates::{
    Colour,
    email::{Logo, NewsletterMail, Parts, newsletter as render},
};
use jiff::ZonedDateTime;

use super::{Audience, Newsletter, NewsletterError};
use crate::{
    address::EmailAddress,
    clock::Timestamp,
    config::PublicUrl,
    office::Office,
    subscribers::link::{SubscriberLink, UNSUBSCRIBE_PREFIX},
};

/// A newsletter as it will be mailed: what its headers and its two parts say.
#[derive(Debug, Clone)]
pub struct MessageParts {
    /// When it was composed, in the office's zone.
    pub date: ZonedDateTime,
    /// The display name in From: the office's own in this language, never anything else (P6).
    pub from_name: String,
    /// The address in From; also the envelope's sender where there is no bounce domain.
    pub from: EmailAddress,
    /// Where answers go, if not to `from`.
    pub reply_to: Option<EmailAddress>,
    /// The subject line.
    pub subject: String,
    /// BCP 47.
    pub language: String,
    /// The topic's own name and slug: List-Id, which is the same in every language (RFC 2919 §3).
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
    /// The newsletter that it corrects.
    pub corrects: Option<i64>,
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
    let web_url = ascii(&public_url.link(&format!("/archive/{}", newsletter.slug)));
    let release_url = newsletter.release_url.as_deref().map(ascii);
    let unsubscribe_url = public_url.link(&format!("/u/{slot}"));
    let privacy_url = match &office.privacy_url {
        Some(url) => url.clone(),
        None => public_url.link("/privacy"),
    };
    let logo_url = office
        .logo
        .as_ref()
        .map(|logo| public_url.link(&logo.path()));
    let mail = NewsletterMail {
        subject: newsletter.title(),
        document: &document,
        preview: newsletter.preview.as_deref(),
        intro: newsletter.intro.as_deref(),
        changed: newsletter.changed.as_deref(),
        date: published.to_zoned_datetime(office.time_zone.clone()).date(),
        office: office.name_in(&newsletter.language),
        colour: Colour::parse(&office.colour).unwrap_or(Colour::DEFAULT),
        logo: logo(office, logo_url.as_deref()),
        postal_address: &office.postal_address,
        topic: &newsletter.topic.called,
        sign_up_url: &public_url.link("/"),
        release_url: release_url.as_deref(),
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
        preferences_url: &public_url.link(&format!("/p/{slot}")),
        ..mail
    });
    let topic = &newsletter.topic;
    Ok(MessageParts {
        date: at.to_zoned_datetime(office.time_zone.clone()),
        from_name: office.name_in(&newsletter.language).to_owned(),
        from: office.from.clone(),
        reply_to: office.reply_to.clone(),
        subject: newsletter.subject.clone(),
        language: newsletter.language.clone(),
        list: (topic.name.clone(), topic.slug.clone()),
        unsubscribe_url,
        unsubscribe_address: office
            .unsubscribe_by_mail
            .as_ref()
            .map(|domain| format!("{UNSUBSCRIBE_PREFIX}{slot}@{domain}")),
        help_url: public_url.link("/help"),
        archive_url: public_url.link("/archive"),
        archived_at: calm(release_url.as_deref().unwrap_or(&web_url)),
        corrects: newsletter.corrects,
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

/// An address without a letter that some mail software would end it at.
fn ascii(address: &str) -> String {
    url::Url::parse(address).map_or_else(|_| address.to_owned(), String::from)
}

/// An address for a header, its percent-escapes in small letters. They mean the same (RFC 3986
/// §2.1), but `%EB%8B` looks to spam filters like a form letter whose blanks nobody filled in.
fn calm(address: &str) -> String {
    let Ok(url) = url::Url::parse(address) else {
        return address.to_owned();
    };
    let mut calm = String::with_capacity(url.as_str().len());
    let mut escaped = 0;
    for c in url.as_str().chars() {
        calm.push(if escaped > 0 {
            c.to_ascii_lowercase()
        } else {
            c
        });
        escaped = if c == '%' {
            2
        } else {
            escaped - i32::from(escaped > 0)
        };
    }
    calm
}

/// The office's logo at this address, as a mail shows it.
pub(super) fn logo<'a>(office: &Office, url: Option<&'a str>) -> Option<Logo<'a>> {
    office.logo.as_ref().zip(url).map(|(logo, url)| Logo {
        url,
        width: logo.width,
        height: logo.height,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        audit::OPERATOR, clock::Clock, delivery::testing, newsletters::find, subscribers, test_data,
    };

    #[tokio::test]
    async fn a_mail_names_office_and_topic_in_its_own_language_and_its_list_in_one() {
        let now = "2026-02-24T17:00:00Z".parse().unwrap();
        let (app, _folder) = testing::app(Clock::fixed_at(now)).await;
        test_data::office(&app).await;
        let names = [(
            "names",
            "es=Oficina de la Rep. Jane Doe; ar=مكتب النائبة جين دو",
        )];
        Office::set_all(&app.db, OPERATOR, &names, 0).await.unwrap();
        let topics = subscribers::topics(&app).await.unwrap();
        let (slug, own) = (topics[0].slug.clone(), topics[0].name.clone());
        for (language, name) in [("es", "Comunicados"), ("ar", "بيانات صحفية")] {
            subscribers::translate(&app, &slug, language, name, "", OPERATOR)
                .await
                .unwrap();
        }
        let office = Office::load(&app.db).await.unwrap();
        for (language, from, topic) in [
            ("es-US", "Oficina de la Rep. Jane Doe", "Comunicados"),
            ("ar", "مكتب النائبة جين دو", "بيانات صحفية"),
            // What the office calls as it was made is known in each language.
            ("ko", "Office of Rep. Jane Doe", "보도자료"),
        ] {
            let id = test_data::newsletter(&format!("a-bridge-{language}"))
                .subject("A bridge")
                .says("It opens.")
                .language(language)
                .insert(&app)
                .await;
            let newsletter = find(&app, id).await.unwrap();
            let parts = compose(&newsletter, &office, &app.settings.public_url, now).unwrap();
            assert_eq!(parts.from_name, from);
            assert_eq!(parts.list, (own.clone(), slug.clone()));
            // The text runs from left to right: Arabic names among it say that they run the other way.
            let text = parts.text.replace(['\u{2067}', '\u{2069}'], "");
            let head: Vec<&str> = text.lines().take(2).collect();
            assert_eq!(head, [from, topic], "{}", parts.text);
            let masthead = if language == "ar" {
                format!("<span dir=\"rtl\">{from}</span><br>")
            } else {
                format!("{from}<br>")
            };
            assert!(parts.html.contains(&masthead), "{language}");
            // In the masthead, and in why the reader gets it.
            assert_eq!(parts.html.matches(topic).count(), 2, "{}", parts.html);
        }
    }

    #[tokio::test]
    async fn a_subject_that_had_to_be_cut_stands_whole_above_the_text_and_on_the_web() {
        let (app, _folder) = testing::app(Clock::system()).await;
        test_data::office(&app).await;
        let title = format!(
            "Doe Announces Funding for {}the Canyon",
            "Roads and Bridges, ".repeat(14)
        );
        let id = test_data::newsletter("funding")
            .subject(super::super::Subject::from_title(&title).unwrap().as_str())
            .says("It opens.")
            .insert(&app)
            .await;
        let mut newsletter = find(&app, id).await.unwrap();
        let office = Office::load(&app.db).await.unwrap();
        let at = app.clock.now();
        newsletter.headline = super::super::Subject::uncut(&newsletter.subject, &title);
        let parts = compose(&newsletter, &office, &app.settings.public_url, at).unwrap();
        assert!(parts.subject.ends_with('…') && parts.subject.chars().count() <= 200);
        assert!(
            parts.html.contains(&format!(">{title}</h1>")),
            "{}",
            parts.html
        );
        assert!(
            parts.text.contains(&format!("\n{title}\n====")),
            "{}",
            parts.text
        );
    }

    #[test]
    fn an_address_in_a_header_keeps_its_place_and_shouts_nothing() {
        for (address, calmed) in [
            (
                "https://a.gov/Caf%C3%A9/AB%2FCD",
                "https://a.gov/Caf%c3%a9/AB%2fCD",
            ),
            (
                "https://a.gov/archive/다리",
                "https://a.gov/archive/%eb%8b%a4%eb%a6%ac",
            ),
            ("https://a.gov/", "https://a.gov/"),
            ("no address", "no address"),
        ] {
            assert_eq!(calm(address), calmed);
            assert_eq!(calm(calmed), calmed);
        }
    }
}
