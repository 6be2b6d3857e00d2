//! Being asked to stop.

use tokio::signal::unix::{SignalKind, signal};

use crate::app::App;

/// Cancels `app.shutdown` at SIGTERM or Ctrl-C.
pub fn stop_on_signal(app: &App) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let shutdown = app.shutdown.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("asked to stop; finishing what is on the wire");
        shutdown.cancel();
    });
    Ok(())
}
