//! Event mode in the console: opening a page for a tablet, its QR code, and paper sheets.

use std::fmt::Write;

use axum::{
    Form, Router,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use gazette_templates::pages::staff::{self as pages, EventLine, EventsView};
use qrcode::{Color, EcLevel, QrCode};
use serde::Deserialize;

use super::{
    failure::{Failure, sentence},
    frame::{Done, frame, shown},
    guard::{Editor, SignedIn},
    press_list_pages::{text_of, with_reasons},
    state::Console,
};
use crate::{
    accounts::StaffNames,
    app::App,
    office::Office,
    subscribers::{self, LONGEST_HOURS, PaperSheet, SignUpEvent, SubscriberError},
};

/// How long an event is open where nothing else is typed.
const USUAL_HOURS: u32 = 3;

type Answer = Result<Response, Failure>;

pub fn routes() -> Router<Console> {
    Router::new()
        .route("/staff/events", get(list).post(open))
        .route("/staff/events/close", post(close))
        .route("/staff/events/paper", post(paper))
}

async fn list(State(app): State<App>, Editor(me): Editor, Query(done): Query<Done>) -> Answer {
    let view = view(&app, &me, done.done.as_deref()).await?;
    Ok(pages::events(&view).into_response())
}

async fn view(app: &App, me: &SignedIn, done: Option<&str>) -> Result<EventsView, Failure> {
    let zone = Office::load(&app.db).await?.time_zone;
    let events = subscribers::events(app).await?;
    let names = StaffNames::load(app, me.account.role).await?;
    let line = |event: SignUpEvent| {
        let url = app.link(&format!("/event/{}", event.token.as_str()));
        EventLine {
            qr: event.open.then(|| qr_path(&url)).flatten(),
            closes: shown(event.closes_at, &zone),
            url,
            label: event.label,
            name: event.name,
            open: event.open,
            by: names.called(&event.opened_by),
            taken: event.taken,
            typed: String::new(),
            doubted: 0,
            rejected: Vec::new(),
        }
    };
    Ok(EventsView {
        frame: frame(app, me, done).await?,
        longest_hours: LONGEST_HOURS,
        events: events.into_iter().map(line).collect(),
        name: String::new(),
        hours: USUAL_HOURS,
        error: None,
        report: None,
    })
}

/// A QR code as the size of its square and the path of its dark modules, for an SVG.
fn qr_path(url: &str) -> Option<(usize, String)> {
    let code = QrCode::with_error_correction_level(url, EcLevel::M).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (number, module) in code.into_colors().into_iter().enumerate() {
        if module == Color::Dark {
            let (x, y) = (number % width, number / width);
            let _ = write!(path, "M{x} {y}h1v1h-1z");
        }
    }
    Some((width, path))
}

/// What of an event's paper sheet is still to be typed in.
struct TypedSheet {
    label: String,
    lines: String,
    /// How many of these only look mistyped.
    doubted: usize,
    /// Why not, line by line.
    rejected: Vec<(String, String)>,
}

/// Shows the page with what was done, or why it was not.
async fn answer(
    app: &App,
    me: &SignedIn,
    done: Result<String, SubscriberError>,
    typed: Option<TypedSheet>,
) -> Answer {
    let mut view = view(app, me, None).await?;
    if let Some(typed) = typed
        && let Some(event) = view
            .events
            .iter_mut()
            .find(|event| event.label == typed.label)
    {
        event.doubted = typed.doubted;
        (event.typed, event.rejected) = (typed.lines, typed.rejected);
    }
    let status = match done {
        Ok(report) => {
            view.report = Some(report);
            StatusCode::OK
        }
        Err(error @ SubscriberError::Event(_)) => {
            view.error = Some(sentence(&error));
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Err(error) => return Err(error.into()),
    };
    Ok((status, pages::events(&view)).into_response())
}

/// Elsewhere, so that a page that is loaded again opens no second event; or says what was wrong.
async fn leads_on(app: &App, me: &SignedIn, done: Result<&str, SubscriberError>) -> Answer {
    match done {
        Ok(done) => Ok(Redirect::to(&format!("/staff/events?done={done}")).into_response()),
        Err(error) => answer(app, me, Err(error), None).await,
    }
}

#[derive(Deserialize)]
struct NewEvent {
    name: String,
    hours: u32,
}

async fn open(State(app): State<App>, Editor(me): Editor, Form(form): Form<NewEvent>) -> Answer {
    let opened = subscribers::open_event(&app, &form.name, form.hours, me.who()).await;
    if let Err(error @ SubscriberError::Event(_)) = &opened {
        let mut view = view(&app, &me, None).await?;
        (view.name, view.hours) = (form.name, form.hours);
        view.error = Some(sentence(error));
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, pages::events(&view)).into_response());
    }
    leads_on(&app, &me, opened.map(|_| "event-open")).await
}

#[derive(Deserialize)]
struct Whose {
    label: String,
    #[serde(default)]
    lines: String,
    /// The box "these stand on the sheet just so".
    #[serde(default)]
    as_written: String,
}

async fn close(State(app): State<App>, Editor(me): Editor, Form(form): Form<Whose>) -> Answer {
    let closed = subscribers::close_event(&app, &form.label, me.who()).await;
    leads_on(&app, &me, closed.map(|()| "event-closed")).await
}

async fn paper(State(app): State<App>, Editor(me): Editor, Form(form): Form<Whose>) -> Answer {
    let office = Office::load(&app.db).await?;
    let language = office.languages.first().map_or("en", String::as_str);
    let sheet = PaperSheet {
        lines: &form.lines,
        language,
        as_written: !form.as_written.is_empty(),
    };
    let entered = subscribers::enter_paper(&app, &form.label, sheet, me.who()).await;
    let doubted = entered.as_ref().map_or(0, |report| report.doubted);
    let (left, rejected) = match &entered {
        Ok(report) => (
            text_of(&report.rejected),
            with_reasons(report.rejected.clone()),
        ),
        Err(_) => (form.lines, Vec::new()),
    };
    let said = entered.map(|report| {
        format!(
            "{} asked by email to confirm. They are subscribed when they follow its link.",
            match report.taken {
                1 => "1 person is".to_owned(),
                people => format!("{people} people are"),
            }
        )
    });
    let typed = TypedSheet {
        label: form.label,
        lines: left,
        doubted,
        rejected,
    };
    answer(&app, &me, said, Some(typed)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_qr_code_is_a_square_of_whole_modules() {
        let (size, path) = qr_path("https://news.example.gov/event/abcdefgh").unwrap();
        assert!((21..=57).contains(&size));
        // The three large squares in the corners are there.
        for (x, y) in [(0, 0), (size - 1, 0), (0, size - 1)] {
            assert!(path.contains(&format!("M{x} {y}h1v1h-1z")), "{x} {y}");
        }
    }
}
