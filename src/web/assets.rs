//! The style sheets and the icon. Their addresses carry a mark of their content, so whoever asks with
//! the present mark may keep the answer for good; anyone else asks again in an hour.

use axum::{
    Router,
    extract::State,
    http::{HeaderName, Uri, header},
    routing::get,
};
use gazette_templates::pages::layout::{CSS, CSS_URL, ICON, ICON_URL, office_css, office_css_url};

use crate::{app::App, http::Failure, office::Office};

type Asset = ([(HeaderName, &'static str); 2], String);

/// `/assets/…`
pub fn routes() -> Router<App> {
    Router::new()
        .route(
            "/assets/gazette.css",
            get(|uri: Uri| async move { asset(&uri, &CSS_URL, "text/css; charset=utf-8", CSS) }),
        )
        .route(
            "/assets/icon.svg",
            get(|uri: Uri| async move { asset(&uri, &ICON_URL, "image/svg+xml", ICON) }),
        )
        .route("/assets/office.css", get(office))
}

async fn office(State(app): State<App>, uri: Uri) -> Result<Asset, Failure> {
    let office = Office::load(&app.db).await?;
    let url = office_css_url(&office.colour);
    let css = office_css(&office.colour);
    Ok(asset(&uri, &url, "text/css; charset=utf-8", &css))
}

fn asset(asked: &Uri, present: &str, content_type: &'static str, content: &str) -> Asset {
    let kept = if asked.path_and_query().is_some_and(|asked| asked == present) {
        "public, max-age=31536000, immutable"
    } else {
        "public, max-age=3600"
    };
    (
        [
            (header::CONTENT_TYPE, content_type),
            (header::CACHE_CONTROL, kept),
        ],
        content.to_owned(),
    )
}
