//! The whole list of subscribers as a file, as `gazette subscribers export` writes it, and an empty instance
//! reads it.

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::post,
};
use futures_util::stream;

use super::{failure::Failure, guard::Admin, state::Console};
use crate::{
    app::App,
    csv_file::CsvFile,
    subscribers::{self, EXPORT_COLUMNS, ExportPlace},
};

pub fn routes() -> Router<Console> {
    Router::new().route("/staff/subscribers/export", post(export))
}

/// A POST, although it changes nothing: the log notes who took the list along. It is written while it is sent, so
/// that a million people take no memory; where that fails the transfer breaks, and no browser takes the file for whole.
async fn export(State(app): State<App>, Admin(me): Admin) -> Result<Response, Failure> {
    subscribers::record_export(&app, me.who()).await?;
    let pieces = stream::try_unfold((app, Some(ExportPlace::BEGINNING)), async |(app, after)| {
        let Some(after) = after else {
            return Ok::<_, std::io::Error>(None);
        };
        let (piece, next) = piece(&app, after).await.map_err(std::io::Error::other)?;
        Ok(Some((piece, (app, next))))
    });
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8"),
        (
            CONTENT_DISPOSITION,
            "attachment; filename=\"subscribers.csv\"",
        ),
    ];
    Ok((headers, Body::from_stream(pieces)).into_response())
}

/// The piece behind `after`, and where the next one begins; `None`: it is the last.
async fn piece(app: &App, after: ExportPlace) -> anyhow::Result<(Bytes, Option<ExportPlace>)> {
    let mut file = match after {
        ExportPlace::BEGINNING => CsvFile::new(Vec::new(), &EXPORT_COLUMNS)?,
        _ => CsvFile::going_on(Vec::new()),
    };
    let next = subscribers::export_piece(app, &mut file, after).await?;
    Ok((file.finish()?.into(), next))
}
