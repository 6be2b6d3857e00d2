//! The style sheets, the icon, the office's logo and the pictures in its texts. Their addresses carry a mark of their content, so
//! whoever asks with the present mark may keep the answer for good; anyone else asks again in an hour.

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderName, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::get,
};
use gazette_templates::pages::layout::{
    CSS, CSS_URL, ICON, ICON_URL, PROOF_JS, PROOF_URL, office_css, office_css_url,
};

use crate::{app::App, http::Failure, logo, newsletters, office::Office};

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
        .route(
            "/assets/proof.js",
            get(|uri: Uri| async move {
                asset(&uri, &PROOF_URL, "text/javascript; charset=utf-8", PROOF_JS)
            }),
        )
        .route("/assets/office.css", get(office))
        .route("/pictures/{file}", get(text_picture))
        .route("/logo/{file}", get(logo_picture))
        // Where the mails of the first version look for it.
        .route("/seal/{file}", get(logo_picture))
}

async fn logo_picture(
    State(app): State<App>,
    Path(file): Path<String>,
) -> Result<Response, Failure> {
    Ok(picture(logo::picture(&app.db, &file).await?))
}

async fn text_picture(
    State(app): State<App>,
    Path(file): Path<String>,
) -> Result<Response, Failure> {
    Ok(picture(newsletters::kept_picture(&app, &file).await?))
}

/// A picture whose name is a mark of its bytes. Nothing in it may run, whatever a browser makes of it.
fn picture(kept: Option<(&'static str, Vec<u8>)>) -> Response {
    let Some((kind, bytes)) = kept else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, KEPT),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; sandbox",
        ),
        // Mail is read on the pages of others.
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "cross-origin",
        ),
    ];
    (headers, bytes).into_response()
}

const KEPT: &str = "public, max-age=31536000, immutable";

async fn office(State(app): State<App>, uri: Uri) -> Result<Asset, Failure> {
    let office = Office::load(&app.db).await?;
    let url = office_css_url(&office.colour);
    let css = office_css(&office.colour);
    Ok(asset(&uri, &url, "text/css; charset=utf-8", &css))
}

fn asset(asked: &Uri, present: &str, content_type: &'static str, content: &str) -> Asset {
    let kept = if asked.path_and_query().is_some_and(|asked| asked == present) {
        KEPT
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
