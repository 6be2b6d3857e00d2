//! The form for the office's own website: what to paste there.

use axum::{
    Router,
    extract::{Query, State},
    response::{IntoResponse, Response},
    routing::get,
};
use gazette_templates::pages::{
    staff::{self as pages, WebsiteFormView},
    widget::{Widget, plain_form},
    words::Words,
};
use serde::Deserialize;

use super::{failure::Failure, frame::frame, guard::Viewer, state::Console};
use crate::{
    app::App,
    http,
    office::Office,
    subscribers::{consent_mark, policy_url},
};

pub fn routes() -> Router<Console> {
    Router::new().route("/staff/website-form", get(show))
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    lang: String,
}

async fn show(
    State(app): State<App>,
    Viewer(me): Viewer,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let office = Office::load(&app.db).await?;
    let offered = http::languages(&office);
    let first = offered.first().copied().unwrap_or_else(|| Words::of("en"));
    let chosen = offered
        .iter()
        .copied()
        .find(|words| words.tag == asked.lang);
    let words = chosen.unwrap_or(first);
    let (page, policy) = (app.link(""), policy_url(&app, &office));
    let page = page.trim_end_matches('/');
    let questions = office.questions_in(words.tag);
    let widget = Widget {
        page,
        office: office.name_in(words.tag),
        policy: &policy,
        topics: &[],
        asks_zip: !office.zip_codes.is_empty(),
        questions: &questions,
        consent_mark: &consent_mark(&office, words),
    };
    let script = format!(
        "<script src=\"{page}/widget.js?lang={}\"></script>",
        words.tag
    );
    let view = WebsiteFormView {
        frame: frame(&app, &me, None).await?,
        languages: offered
            .iter()
            .map(|words| (words.tag, words.name))
            .collect(),
        language: words.tag,
        sites: office.form_sites.clone(),
        script,
        html: plain_form(
            words,
            &widget,
            office.form_sites.first().map(String::as_str),
        )
        .into_string(),
        shortcode: format!(
            "add_shortcode( 'office_news', function () {{\n    return '<script src=\"{page}/widget.js?lang={}\"></script>';\n}} );",
            words.tag
        ),
        prefilled: format!(
            "{page}/?email=name@example.org&topic=press&frequency=weekly&lang={}",
            words.tag
        ),
    };
    Ok(pages::website_form(&view).into_response())
}
