//! How a mail looks with settings that may not be saved yet: the newest newsletter, and where there is none a few
//! words of our own.

use gazette_templates::{
    Colour,
    email::{NewsletterMail, newsletter as render},
};
use sea_orm::{EntityTrait, QueryOrder, QuerySelect};

use super::{
    Preview, Result,
    compose::{compose, logo},
    newsletter_entities::newsletter,
    store::find,
};
use crate::{app::App, office::Office, releases::by_hand, rendering};

const SUBJECT: &str = "Rep. Doe Opens a New Office in Tustin";

const TEXT: &str = "This is what your press releases look like in a mailbox. Each one stands here as your website has it, with its pictures and links.\n\n\
    ## What readers can do\n\n\
    - Read it [on your website](https://example.gov/)\n\
    - Unsubscribe with one click\n\n\
    > “Our door is open to everyone,” said Rep. Doe.";

/// The newest newsletter as a mail of this office, which need not be complete.
///
/// # Errors
/// The database failed, or others are being rendered.
pub async fn preview_look(app: &App, mut office: Office) -> Result<Preview> {
    office.complete = true;
    let newest: Option<i64> = newsletter::Entity::find()
        .select_only()
        .column(newsletter::Column::Id)
        .order_by_desc(newsletter::Column::Id)
        .into_tuple()
        .one(app.db.pool())
        .await?;
    if let Some(id) = newest {
        let newsletter = find(app, id).await?;
        let at = app.clock.now();
        let url = &app.settings.public_url;
        let parts = rendering::in_turn(|| compose(&newsletter, &office, url, at)).await??;
        return Ok(Preview {
            subject: parts.subject,
            language: parts.language,
            html: parts.html,
            text: parts.text,
        });
    }
    Ok(rendering::in_turn(|| sample(app, &office)).await?)
}

fn sample(app: &App, office: &Office) -> Preview {
    let document = by_hand::from_markdown(TEXT);
    let home = app.settings.public_url.link("/");
    let logo_url = office.logo.as_ref().map(|logo| app.link(&logo.path()));
    let language = office.languages.first().map_or("en", String::as_str);
    let parts = render(&NewsletterMail {
        subject: SUBJECT,
        document: &document,
        preview: None,
        intro: None,
        changed: None,
        date: app
            .clock
            .now()
            .to_zoned_datetime(office.time_zone.clone())
            .date(),
        office: office.name_in(language),
        colour: Colour::parse(&office.colour).unwrap_or(Colour::DEFAULT),
        logo: logo(office, logo_url.as_deref()),
        postal_address: &office.postal_address,
        topic: "Press releases",
        sign_up_url: &home,
        release_url: office.site_url.as_deref(),
        web_url: &home,
        unsubscribe_url: &home,
        preferences_url: &home,
        privacy_url: &home,
        press_list: false,
        footer: office.footer.as_deref(),
    });
    Preview {
        subject: SUBJECT.to_owned(),
        language: document.language,
        html: parts.html,
        text: parts.text,
    }
}
