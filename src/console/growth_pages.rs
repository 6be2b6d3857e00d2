//! Growth: how many joined and left, week by week.

use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use gazette_templates::pages::staff::{self as pages, GrowthView, GrowthWeek};

use super::{failure::Failure, frame::frame, guard::Viewer, state::Console};
use crate::{app::App, office::Office, subscribers};

/// A quarter.
const WEEKS: i32 = 13;

pub fn routes() -> Router<Console> {
    Router::new().route("/staff/subscribers/growth", get(page))
}

async fn page(State(app): State<App>, Viewer(me): Viewer) -> Result<Response, Failure> {
    let zone = Office::load(&app.db).await?.time_zone;
    let weeks = subscribers::growth_by_week(&app, &zone, WEEKS).await?;
    let view = GrowthView {
        frame: frame(&app, &me, None).await?,
        weeks: weeks
            .into_iter()
            .map(|week| GrowthWeek {
                begins: week.monday.strftime("%b %-d").to_string(),
                asked: week.asked,
                joined: week.joined,
                left: week.left,
            })
            .collect(),
    };
    Ok(pages::growth(&view).into_response())
}
