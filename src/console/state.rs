//! What the console's handlers are given.

use std::sync::Arc;

use axum::extract::FromRef;

use tokio::sync::{Mutex, Semaphore};

use super::counted::Counted;
use crate::{app::App, doctor::Report};

/// What the console's handlers are given: the instance, and counts that read a whole table.
#[derive(Debug, Clone)]
pub struct Console {
    /// The instance.
    pub app: App,
    /// What was counted within a minute.
    pub counted: Arc<Counted>,
    /// When somebody looked whether sending is sound (milliseconds), and what was found.
    pub examined: Arc<Mutex<Option<(i64, Report)>>>,
    /// Turns for pages that are kept up to date.
    pub streams: Arc<Semaphore>,
}

impl FromRef<Console> for App {
    fn from_ref(console: &Console) -> Self {
        console.app.clone()
    }
}
