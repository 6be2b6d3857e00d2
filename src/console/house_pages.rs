//! House rules in the console: elections, blackouts, the quarterly report.

use axum::{
    Form, Router,
    extract::{Path, Query, State},
    http::{
        StatusCode,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use gazette_templates::pages::staff::{
    self as pages, ElectionForm, ElectionLine, HouseView, QuarterLine, ReportTable,
};
use serde::Deserialize;

use super::{
    failure::{Failure, sentence},
    frame::frame,
    guard::{Admin, SignedIn, Viewer},
    state::Console,
};
use crate::{
    app::App,
    house::{self, ElectionKind, HouseError},
    newsletters::{self, Quarter},
    office::Office,
    office_time::zone_name,
};

type Answer = Result<Response, Failure>;

/// Quarters that can be chosen.
const QUARTERS: usize = 12;

pub fn routes() -> Router<Console> {
    Router::new()
        .route("/staff/house", get(house_page))
        .route("/staff/house/report.csv", get(report_csv))
        .route("/staff/house/elections", post(add))
        .route("/staff/house/elections/{id}/remove", post(remove))
}

#[derive(Deserialize)]
struct HouseQuery {
    done: Option<String>,
    quarter: Option<String>,
}

async fn house_page(
    State(app): State<App>,
    Viewer(me): Viewer,
    Query(query): Query<HouseQuery>,
) -> Answer {
    let quarter = query.quarter.map(|text| text.parse()).transpose()?;
    let view = view(&app, &me, query.done.as_deref(), quarter).await?;
    Ok(pages::house(&view).into_response())
}

async fn report_csv(State(app): State<App>, _: Viewer, Query(query): Query<HouseQuery>) -> Answer {
    let quarter: Quarter = query.quarter.unwrap_or_default().parse()?;
    let csv = newsletters::report_csv(&newsletters::report(&app, quarter).await?)?;
    let file = format!("attachment; filename=\"press-list-{quarter}.csv\"");
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (CONTENT_DISPOSITION, file),
    ];
    Ok((headers, csv).into_response())
}

#[derive(Deserialize)]
struct NewElection {
    day: String,
    kind: String,
    name: String,
    candidate: String,
}

async fn add(State(app): State<App>, Admin(me): Admin, Form(form): Form<NewElection>) -> Answer {
    match enter(&app, &me, &form).await {
        Ok(()) => Ok(Redirect::to("/staff/house?done=election").into_response()),
        Err(error @ HouseError::Wrong(_)) => {
            let mut view = view(&app, &me, None, None).await?;
            view.error = Some(sentence(&error));
            view.form = ElectionForm {
                day: form.day,
                kind: form.kind,
                name: form.name,
            };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, pages::house(&view)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

async fn enter(app: &App, me: &SignedIn, form: &NewElection) -> Result<(), HouseError> {
    let kind: ElectionKind = form.kind.parse()?;
    let stands = form.candidate != "no";
    house::add(app, &form.day, kind, &form.name, stands, me.who()).await?;
    Ok(())
}

async fn remove(State(app): State<App>, Admin(me): Admin, Path(id): Path<i64>) -> Answer {
    house::remove(&app, id, me.who()).await?;
    Ok(Redirect::to("/staff/house?done=election-removed").into_response())
}

async fn view(
    app: &App,
    me: &SignedIn,
    done: Option<&str>,
    quarter: Option<Quarter>,
) -> Result<HouseView, Failure> {
    let zone = Office::load(&app.db).await?.time_zone;
    let now = app.clock.now();
    let today = zone.to_datetime(now).date();
    let current = Quarter::of(now, &zone);
    let quarter = quarter.unwrap_or(current);
    Ok(HouseView {
        frame: frame(app, me, done).await?,
        blackouts: house::blackouts(app, &zone, now)
            .await?
            .into_iter()
            .map(|blackout| (blackout.words(), blackout.covers(today)))
            .collect(),
        elections: house::list(app)
            .await?
            .into_iter()
            .map(|election| ElectionLine {
                id: election.id,
                day: election.day.strftime("%a %-d %b %Y").to_string(),
                kind: election.kind.as_str(),
                name: election.name,
                candidate: election.candidate,
            })
            .collect(),
        kinds: ElectionKind::all()
            .into_iter()
            .map(ElectionKind::as_str)
            .collect(),
        form: ElectionForm::default(),
        error: None,
        zone: zone_name(&zone, app.clock.now()),
        quarters: std::iter::successors(Some(current), |quarter| quarter.before())
            .take(QUARTERS)
            .map(|quarter| (quarter.to_string(), quarter.words()))
            .collect(),
        report: ReportTable {
            quarter: quarter.to_string(),
            called: quarter.words(),
            lines: newsletters::report(app, quarter)
                .await?
                .into_iter()
                .map(|line| QuarterLine {
                    id: line.newsletter,
                    date: line.date.to_string(),
                    subject: line.subject,
                    news_release: line.news_release,
                    recipients: line.recipients,
                    unsolicited: line.unsolicited,
                    mass_communication: line.mass_communication,
                })
                .collect(),
        },
    })
}
