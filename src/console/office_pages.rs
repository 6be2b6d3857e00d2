//! The office's settings and its seal.

use std::collections::HashMap;

use axum::{
    Form, Router,
    extract::{Multipart, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use gazette_templates::pages::staff::{self as pages, LogoView, SettingField, SettingsView};

use super::{
    failure::{Failure, sentence},
    frame::{Done, frame},
    guard::{Admin, SignedIn},
    seen_settings::{FIELD, Seen, changed_meanwhile, marks},
    setting_values::{sent, shown},
    state::Console,
};
use crate::{
    accounts::{self, Role},
    app::App,
    logo::{Logo, LogoError, MOST_BYTES},
    office::{KEYS, Office, OfficeError},
};

type Answer = Result<Response, Failure>;

pub fn routes() -> Router<Console> {
    Router::new()
        .route("/staff/settings", get(settings_page).post(save))
        .route("/staff/settings/logo", post(set_logo))
        .route("/staff/settings/logo/remove", post(remove_logo))
}

async fn settings_page(
    State(app): State<App>,
    Admin(me): Admin,
    Query(done): Query<Done>,
) -> Answer {
    let view = stored_view(&app, &me, done.done.as_deref(), None).await?;
    Ok(pages::settings(&view).into_response())
}

/// The page with the settings as they stand, and what is wrong with a logo.
async fn stored_view(
    app: &App,
    me: &SignedIn,
    done: Option<&str>,
    logo_error: Option<String>,
) -> Result<SettingsView, Failure> {
    let stored = Office::settings(&app.db).await?;
    let office = Office::load(&app.db).await?;
    Ok(SettingsView {
        frame: frame(app, me, done).await?,
        seen: seen(&stored, &office),
        fields: fields(
            &stored.into_iter().collect(),
            &HashMap::new(),
            &office,
            few_approvers(app).await?,
        ),
        logo: logo_view(&office, logo_error),
    })
}

fn seen(stored: &[(&'static str, String)], office: &Office) -> String {
    let shown = stored
        .iter()
        .map(|(key, value)| (*key, shown(key, value, office)));
    marks(shown)
}

async fn save(
    State(app): State<App>,
    Admin(me): Admin,
    Form(form): Form<Vec<(String, String)>>,
) -> Answer {
    let stored = Office::settings(&app.db).await?;
    let office = Office::load(&app.db).await?;
    let typed = sent(&form);
    let brought = form.iter().find(|(name, _)| name == FIELD);
    let before = brought.map_or_else(Seen::default, |(_, marks)| Seen::read(marks));
    let (mut changed, mut errors) = (Vec::new(), HashMap::new());
    for (key, old) in &stored {
        let Some(new) = typed.get(key) else {
            continue;
        };
        let (was_set, old) = (old, shown(key, old, &office));
        let new_shown = shown(key, new, &office);
        // Not what only its control writes otherwise, and nobody chose; nor what the person left as the page
        // showed it, whatever it is by now.
        if new_shown == old || before.was(key, &new_shown) == Some(true) {
            continue;
        }
        changed.push((*key, new.as_str()));
        // One check each, so that every field that is wrong says so at once.
        let wrong = match Office::check_change(key, was_set, new) {
            Err(OfficeError::Value { why, .. }) => Some(sentence(&why)),
            _ if before.was(key, &old) == Some(false) => Some(changed_meanwhile(&old)),
            _ => None,
        };
        errors.extend(wrong.map(|why| ((*key).to_owned(), why)));
    }
    if errors.is_empty() {
        let now = app.clock.now_ms();
        Office::set_all(&app.db, me.who(), &changed, now).await?;
        return Ok(Redirect::to("/staff/settings?done=settings").into_response());
    }
    let view = SettingsView {
        frame: frame(&app, &me, None).await?,
        fields: fields(&typed, &errors, &office, few_approvers(&app).await?),
        seen: seen(&stored, &office),
        logo: logo_view(&office, None),
    };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, pages::settings(&view)).into_response())
}

const FEW_APPROVERS: &str = "Only one person may approve now: with this on, nobody can approve what that person \
     wrote or changed. Invite another approver first.";

/// Whether there are too few who may approve for one to approve what another wrote.
async fn few_approvers(app: &App) -> Result<bool, Failure> {
    let active = accounts::active(app).await?;
    let approvers = active
        .iter()
        .filter(|account| account.role >= Role::Approver);
    Ok(approvers.count() < 2)
}

fn logo_view(office: &Office, error: Option<String>) -> LogoView {
    LogoView {
        path: office.logo.as_ref().map(Logo::path),
        most_kilobytes: MOST_BYTES / 1000,
        error,
    }
}

async fn set_logo(State(app): State<App>, Admin(me): Admin, form: Multipart) -> Answer {
    let now = app.clock.now_ms();
    let result = match file_of(form).await {
        Some(bytes) => Logo::set(&app.db, me.who(), &bytes, now).await,
        None => Err(LogoError::Kind),
    };
    let error = match result {
        Ok(_) => {
            return Ok(Redirect::to("/staff/settings?done=logo").into_response());
        }
        Err(LogoError::Db(error)) => return Err(error.into()),
        Err(error) => sentence(&error),
    };
    let view = stored_view(&app, &me, None, Some(error)).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, pages::settings(&view)).into_response())
}

/// The file of the form; the guard has bounded the whole request.
async fn file_of(mut form: Multipart) -> Option<Vec<u8>> {
    while let Ok(Some(field)) = form.next_field().await {
        if field.name() == Some("logo") {
            return Some(field.bytes().await.ok()?.to_vec());
        }
    }
    None
}

async fn remove_logo(State(app): State<App>, Admin(me): Admin) -> Answer {
    let now = app.clock.now_ms();
    Logo::remove(&app.db, me.who(), now).await?;
    Ok(Redirect::to("/staff/settings?done=logo").into_response())
}

fn fields(
    values: &HashMap<&'static str, String>,
    errors: &HashMap<String, String>,
    office: &Office,
    few_approvers: bool,
) -> Vec<SettingField> {
    KEYS.iter()
        .map(|(key, _)| SettingField {
            key,
            value: shown(key, values.get(key).map_or("", String::as_str), office),
            error: errors.get(*key).cloned(),
            caution: (*key == "four-eyes" && few_approvers).then_some(FEW_APPROVERS),
        })
        .collect()
}
