//! What the console's handlers are given.

use std::sync::Arc;

use axum::extract::FromRef;

use tokio::sync::Semaphore;

use super::{counted::Counted, examined::Examined, followed::Followed};
use crate::app::App;

/// What the console's handlers are given: the instance, and counts that read a whole table.
#[derive(Debug, Clone)]
pub struct Console {
    /// The instance.
    pub app: App,
    /// What was counted within a minute.
    pub counted: Arc<Counted>,
    /// Whether sending is sound, as somebody found it last.
    pub examined: Arc<Examined>,
    /// The newsletters whose sending somebody follows.
    pub followed: Arc<Followed>,
    /// Turns for pages that are kept up to date.
    pub streams: Arc<Semaphore>,
}

impl FromRef<Console> for App {
    fn from_ref(console: &Console) -> Self {
        console.app.clone()
    }
}
