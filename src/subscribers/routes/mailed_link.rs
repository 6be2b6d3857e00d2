//! What every page behind a mailed link begins with: the office, the reader and their words, and the
//! token, mended where the link was damaged on its way.

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use gazette_templates::pages::{subscribers as pages, words::Words};

use crate::{
    app::App,
    http::{self, Failure, Visitor},
    office::Office,
    secret::Token,
    subscribers::{SubscriberError, came_back, link::SubscriberLink, link_mending},
};

/// What can stand in a mailed link.
pub(super) trait InLink: Sized {
    /// Reads it; `None` where something of it is missing or wrong.
    fn read(
        app: &App,
        text: &str,
    ) -> impl Future<Output = Result<Option<Self>, SubscriberError>> + Send;
}

impl InLink for SubscriberLink {
    async fn read(app: &App, text: &str) -> Result<Option<Self>, SubscriberError> {
        Ok(match link_mending::subscriber_link(&app.keys, text) {
            Some(link) => Some(came_back::present(app.db.pool(), link).await?),
            None => None,
        })
    }
}

impl InLink for Token {
    async fn read(_: &App, text: &str) -> Result<Option<Self>, SubscriberError> {
        Ok(link_mending::token(text))
    }
}

/// A request for a page whose address was mailed.
pub(super) struct MailedLink<T> {
    pub(super) app: App,
    pub(super) office: Office,
    pub(super) visitor: Visitor,
    pub(super) words: &'static Words,
    /// `None`: the link is incomplete.
    pub(super) token: Option<T>,
}

impl<T: InLink> FromRequestParts<App> for MailedLink<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let Ok(visitor) = Visitor::from_request_parts(parts, app).await;
        let office = Office::load(&app.db).await?;
        let words = visitor.words(&office, None);
        // Not `Path`: that refuses what is no UTF-8, and a damaged link may be anything.
        let text = parts.uri.path().split('/').nth(2).unwrap_or_default();
        Ok(Self {
            token: T::read(app, text).await?,
            app: app.clone(),
            office,
            visitor,
            words,
        })
    }
}

impl<T> MailedLink<T> {
    /// Says that the link is incomplete, and where to get a new one (H8: whatever is known of anybody).
    pub(super) fn incomplete(&self, status: StatusCode) -> Response {
        let content = pages::incomplete(self.words);
        let page = http::page(
            &self.office,
            self.words,
            self.words.incomplete_title,
            &content,
        );
        (status, page).into_response()
    }

    /// A page that says one thing.
    pub(super) fn notice(&self, title: &str, text: &str) -> Response {
        http::page(&self.office, self.words, title, &pages::notice(title, text))
    }
}
