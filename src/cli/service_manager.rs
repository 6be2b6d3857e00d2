//! What systemd is told (`Type=notify`): that we are ready, that we go on, that we stop. Where nobody
//! listens (`NOTIFY_SOCKET` is not set) nothing is said.

use sd_notify::NotifyState;

use crate::{app::App, delivery};

/// Tells the service manager how this process does until it is asked to stop.
pub async fn tell(app: App) {
    let stopped = app.shutdown.clone();
    let told = async {
        app.progress.has_begun(delivery::PROGRESS).await;
        say(&[NotifyState::Ready]);
        watch(&app).await;
    };
    tokio::select! {
        () = told => {}
        () = stopped.cancelled() => say(&[NotifyState::Stopping]),
    }
}

/// Feeds the watchdog, where there is one, for as long as no part of the process stands still. It is a
/// task of the same runtime, so a runtime that hangs feeds none either.
async fn watch(app: &App) {
    let Some(limit) = sd_notify::watchdog_enabled() else {
        return std::future::pending().await;
    };
    let mut interval = tokio::time::interval(limit / 3);
    let mut told = None;
    loop {
        interval.tick().await;
        match app.progress.standing_still() {
            None => {
                told = None;
                say(&[NotifyState::Watchdog]);
            }
            Some((part, since)) if told.replace(part) != Some(part) => {
                tracing::error!(
                    part,
                    seconds = since.as_secs(),
                    "a part of Gazette stands still; the service manager will start it anew"
                );
            }
            Some(_) => {}
        }
    }
}

fn say(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "the service manager cannot be told how Gazette does");
    }
}
