//! One field of a form as it was sent, and the parts of one that carries a file: what stands beside the file is read,
//! and the file itself is passed over without being kept anywhere.

use axum::{
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, FromRequest, Multipart, Request, multipart::Field},
    http::{HeaderMap, header::CONTENT_TYPE},
};

/// Octets of what was typed into one field; more are left out with the field.
const LONGEST_FIELD: usize = 64 * 1024;

/// One part.
pub enum Part {
    /// A field's name and what it holds.
    Text(String, String),
    /// The name of the field in which the file was chosen.
    File(String),
}

/// The parts, one after the other.
pub struct FormParts(Multipart);

impl FormParts {
    /// Of a body of up to `largest` octets; `None`: the form has no parts.
    pub async fn open(headers: &HeaderMap, body: Body, largest: usize) -> Option<Self> {
        if !is_multipart(headers) {
            return None;
        }
        let mut request = Request::new(body);
        request.headers_mut().clone_from(headers);
        DefaultBodyLimit::max(largest).apply(&mut request);
        let parts = Multipart::from_request(request, &()).await.ok()?;
        Some(Self(parts))
    }

    /// The next; `None`: it was the last, or the rest cannot be read.
    pub async fn next(&mut self) -> Option<Part> {
        loop {
            let field = self.0.next_field().await.ok()??;
            let name = field.name().unwrap_or_default().to_owned();
            if field.file_name().is_some() {
                return Some(Part::File(name));
            }
            if let Some(text) = text(field).await {
                return Some(Part::Text(name, text));
            }
        }
    }
}

async fn text(mut field: Field<'_>) -> Option<String> {
    let mut octets = Vec::new();
    while let Some(chunk) = field.chunk().await.ok()? {
        octets.extend_from_slice(&chunk);
        if octets.len() > LONGEST_FIELD {
            return None;
        }
    }
    String::from_utf8(octets).ok()
}

/// What a field of a form holds, whether the form carries a file or not; `None`: the form has none of this name.
pub async fn field_of(headers: &HeaderMap, body: &Bytes, wanted: &str) -> Option<String> {
    if !is_multipart(headers) {
        let mut fields = url::form_urlencoded::parse(body);
        let (_, value) = fields.find(|(name, _)| name == wanted)?;
        return Some(value.into_owned());
    }
    let mut parts = FormParts::open(headers, Body::from(body.clone()), body.len()).await?;
    while let Some(part) = parts.next().await {
        if let Part::Text(name, value) = part
            && name == wanted
        {
            return Some(value);
        }
    }
    None
}

pub fn is_multipart(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/form-data"))
}
