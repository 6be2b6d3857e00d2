//! Where the confirmation mail leads: the landing page, its button, "never again", and the way on
//! from an expired link.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use gazette_templates::pages::subscribers::{self as pages, AboutToConfirm, notice};

use super::{
    mailed_link::MailedLink,
    sign_up_pages::received,
    visitor_request::{Answer, latest, networks, origin},
};
use crate::{
    http,
    secret::Token,
    subscribers::{ConfirmOutcome, ask_again, confirm, never_again, to_confirm},
};

type Mailed = MailedLink<Token>;

/// H6, O4: opening the landing page changes nothing. It names what its token stands for; for every other token,
/// whatever the reason, it looks the same.
pub(super) async fn page(mailed: Mailed) -> Answer {
    let Some(token) = &mailed.token else {
        return Ok(incomplete(&mailed));
    };
    let (office, words) = (&mailed.office, mailed.words);
    let wanted = to_confirm(&mailed.app, token, words.tag).await?;
    let wanted = wanted.map(|wanted| AboutToConfirm {
        topics: wanted.topics,
        frequency: wanted.frequency.word(),
    });
    let sender = office.name_in(words.tag);
    let content = pages::confirm(words, sender, token.as_str(), wanted.as_ref());
    Ok(http::page(office, words, words.confirm_title, &content))
}

pub(super) async fn confirm_now(mailed: Mailed) -> Answer {
    let Some(token) = &mailed.token else {
        return Ok(incomplete(&mailed));
    };
    let (office, words) = (&mailed.office, mailed.words);
    let origin = origin(&mailed.visitor);
    Ok(match confirm(&mailed.app, token, &origin).await? {
        ConfirmOutcome::Confirmed { gets_something } => {
            let newest = latest(&mailed.app).await?;
            let sender = office.from.as_str();
            let content = pages::confirmed(words, sender, gets_something, &newest);
            http::answer_page(office, words, words.confirmed_title, &content)
        }
        ConfirmOutcome::LinkExpired => {
            // O3: expired, void, used by someone who left since, or never ours: one page for all.
            let content = pages::link_over(words, token.as_str());
            let page = http::page(office, words, words.link_over_title, &content);
            (StatusCode::GONE, page).into_response()
        }
    })
}

/// What is no whole token: the way on is the form.
fn incomplete(mailed: &Mailed) -> Response {
    let words = mailed.words;
    let content = pages::incomplete_confirmation(words);
    let page = http::page(&mailed.office, words, words.incomplete_title, &content);
    (StatusCode::GONE, page).into_response()
}

/// Asks for a new link in the place of an expired one, and says what the form says (O5).
pub(super) async fn again(mailed: Mailed) -> Answer {
    let Some(token) = &mailed.token else {
        return Ok(incomplete(&mailed));
    };
    let networks = networks(&mailed.app, &mailed.visitor);
    let receipt = ask_again(&mailed.app, token, &origin(&mailed.visitor), networks).await?;
    let (office, words) = (&mailed.office, mailed.words);
    Ok(received(&mailed.app, office, words, receipt, None))
}

pub(super) async fn never_page(mailed: Mailed) -> Answer {
    let Some(token) = &mailed.token else {
        return Ok(incomplete(&mailed));
    };
    let words = mailed.words;
    let content = pages::never(words, token.as_str());
    Ok(http::page(
        &mailed.office,
        words,
        words.never_title,
        &content,
    ))
}

/// The page says that no mail comes any more, so a link whose token is not ours must not lead to it.
pub(super) async fn never_now(mailed: Mailed) -> Answer {
    let Some(token) = &mailed.token else {
        return Ok(incomplete(&mailed));
    };
    let (office, words) = (&mailed.office, mailed.words);
    if !never_again(&mailed.app, token, &origin(&mailed.visitor)).await? {
        return Ok(incomplete(&mailed));
    }
    let content = notice(words.never_button, words.never_done);
    Ok(http::answer_page(
        office,
        words,
        words.never_button,
        &content,
    ))
}
