//! Being asked to stop.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use crate::app::App;

/// A supervisor that asked us to stop waits for ten seconds.
const STOP_WITHIN: Duration = Duration::from_millis(9_500);

/// Cancels `app.shutdown` at SIGTERM or Ctrl-C. SIGHUP changes nothing: whatever is set is read at the
/// start, and by all processes alike.
pub fn stop_on_signal(app: &App) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hang_up.recv().await.is_some() {
            tracing::info!(
                "settings and keys are read at the start only; restart Gazette to have them read anew"
            );
        }
    });
    let shutdown = app.shutdown.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("asked to stop; finishing what is on the wire");
        shutdown.cancel();
        // Whatever the database or a relay does: what was not recorded by now is tried again.
        tokio::time::sleep(STOP_WITHIN).await;
        tracing::error!("something did not end in time; stopping without it");
        std::process::exit(1);
    });
    Ok(())
}
