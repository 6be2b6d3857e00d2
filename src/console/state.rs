//! What the console's handlers are given.

use axum::extract::FromRef;

use crate::app::App;

/// What the console's handlers are given: the instance.
#[derive(Debug, Clone)]
pub struct Console {
    /// The instance.
    pub app: App,
}

impl FromRef<Console> for App {
    fn from_ref(console: &Console) -> Self {
        console.app.clone()
    }
}
