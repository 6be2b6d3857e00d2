//! Where the confirmation mail leads: the landing page, its button, "never again", and the way on
//! from an expired link.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use gazette_templates::pages::{
    subscribers::{self as pages, notice},
    words::Words,
};

use super::visitor_request::{Answer, network, origin};
use crate::{
    app::App,
    http::{self, Visitor},
    office::Office,
    secret::Token,
    subscribers::{ConfirmOutcome, ask_again, confirm, never_again},
};

/// H6, O4: the landing page looks the same for every token, so that opening it tells nothing.
pub(super) async fn page(
    State(app): State<App>,
    Path(token): Path<String>,
    visitor: Visitor,
) -> Answer {
    let office = Office::load(&app.db).await?;
    let words = visitor.words(&office, None);
    Ok(match Token::from_link(&token) {
        Some(token) => http::page(
            &office,
            words,
            words.confirm_title,
            &pages::confirm(words, &office.name, token.as_str()),
        ),
        None => link_expired(&office, words, None),
    })
}

pub(super) async fn confirm_now(
    State(app): State<App>,
    Path(token): Path<String>,
    visitor: Visitor,
) -> Answer {
    let office = Office::load(&app.db).await?;
    let words = visitor.words(&office, None);
    let token = Token::from_link(&token);
    let outcome = match &token {
        Some(token) => confirm(&app, token, &origin(&visitor)).await?,
        None => ConfirmOutcome::LinkExpired,
    };
    Ok(match outcome {
        ConfirmOutcome::Confirmed => http::page(
            &office,
            words,
            words.confirmed_title,
            &notice(words.confirmed_title, words.confirmed),
        ),
        ConfirmOutcome::LinkExpired => link_expired(&office, words, token.as_ref()),
    })
}

/// O3: expired, void, used by someone who left since, or never ours: one page for all.
fn link_expired(office: &Office, words: &'static Words, token: Option<&Token>) -> Response {
    let content = pages::link_over(words, token.map(Token::as_str));
    let page = http::page(office, words, words.link_over_title, &content);
    (StatusCode::GONE, page).into_response()
}

/// Asks for a new link in the place of an expired one, and says what the form says (O5).
pub(super) async fn again(
    State(app): State<App>,
    Path(token): Path<String>,
    visitor: Visitor,
) -> Answer {
    let office = Office::load(&app.db).await?;
    let words = visitor.words(&office, None);
    if let Some(token) = Token::from_link(&token) {
        let network = network(&app, &visitor);
        ask_again(&app, &token, &origin(&visitor), network).await?;
    }
    Ok(http::page(
        &office,
        words,
        words.check_mail_title,
        &pages::check_mail(words),
    ))
}

pub(super) async fn never_page(
    State(app): State<App>,
    Path(token): Path<String>,
    visitor: Visitor,
) -> Answer {
    let office = Office::load(&app.db).await?;
    let words = visitor.words(&office, None);
    Ok(match Token::from_link(&token) {
        Some(token) => http::page(
            &office,
            words,
            words.never_title,
            &pages::never(words, token.as_str()),
        ),
        None => link_expired(&office, words, None),
    })
}

pub(super) async fn never_now(
    State(app): State<App>,
    Path(token): Path<String>,
    visitor: Visitor,
) -> Answer {
    let office = Office::load(&app.db).await?;
    let words = visitor.words(&office, None);
    if let Some(token) = Token::from_link(&token) {
        never_again(&app, &token, &origin(&visitor)).await?;
    }
    Ok(http::page(
        &office,
        words,
        words.never_button,
        &notice(words.never_button, words.never_done),
    ))
}
