//! Forms of visitors however they are sent: as browsers send them, or as scripts and builders of sites do
//! with `FormData`, in several parts.

use axum::{
    body::Body,
    extract::{FromRequest, Multipart, Request},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use axum_extra::extract::Form;
use serde::de::DeserializeOwned;
use url::form_urlencoded;

/// The fields of a form. Files are passed over: no public form has any.
#[derive(Debug)]
pub struct AnyForm<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for AnyForm<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let request = if is_in_parts(request.headers()) {
            as_one(request, state).await?
        } else {
            request
        };
        let read = Form::from_request(request, state).await;
        read.map(|Form(form)| Self(form))
            .map_err(IntoResponse::into_response)
    }
}

fn is_in_parts(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| {
        let kind = kind.as_bytes().get(..19).unwrap_or_default();
        kind.eq_ignore_ascii_case(b"multipart/form-data")
    })
}

/// The same form as browsers send it.
async fn as_one<S: Send + Sync>(request: Request, state: &S) -> Result<Request, Response> {
    let parts = Multipart::from_request(request, state).await;
    let mut parts = parts.map_err(IntoResponse::into_response)?;
    let mut given = Vec::new();
    while let Some(field) = parts
        .next_field()
        .await
        .map_err(IntoResponse::into_response)?
    {
        let Some(name) = field.name().map(str::to_owned) else {
            continue;
        };
        if field.file_name().is_none() {
            let text = field.text().await.map_err(IntoResponse::into_response)?;
            given.push((name, text));
        }
    }
    let written = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(given)
        .finish();
    let request = Request::post("/")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(written));
    request.map_err(|error| {
        tracing::error!(%error, "a form was not written anew");
        axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response()
    })
}
