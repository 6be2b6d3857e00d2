//! `/widget.js`: the script that puts the form on a site of the office's own.

use axum::{
    extract::State,
    http::{HeaderName, header},
    response::{IntoResponse, Response},
};
use axum_extra::extract::Query;
use gazette_templates::pages::widget::{Widget, script};
use serde::Deserialize;

use super::{sign_up_pages::consent_mark, visitor_request::Answer};
use crate::{
    app::App,
    http::{self, Visitor},
    office::Office,
};

#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    topic: Vec<String>,
}

pub(super) async fn widget(
    State(app): State<App>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Answer {
    let office = Office::load(&app.db).await?;
    let words = visitor.words(&office, None);
    let (page, policy) = (app.link(""), policy_url(&app, &office));
    let questions = office.questions_in(words.tag);
    let widget = Widget {
        page: page.trim_end_matches('/'),
        office: office.name_in(words.tag),
        policy: &policy,
        topics: &asked.topic,
        asks_zip: !office.zip_codes.is_empty(),
        questions: &questions,
        consent_mark: &consent_mark(&office, words),
    };
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=300"),
        (header::VARY, "accept-language"),
        // It is made to be loaded by the office's other sites.
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "cross-origin",
        ),
    ];
    let response: Response = (headers, script(words, &widget)).into_response();
    Ok(response)
}

/// Where the policy stands, as a whole address.
#[must_use]
pub fn policy_url(app: &App, office: &Office) -> String {
    let url = http::privacy_url(office);
    if url.starts_with('/') {
        app.link(url)
    } else {
        url.to_owned()
    }
}
