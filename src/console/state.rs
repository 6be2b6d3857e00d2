//! What the console's handlers are given.

use std::sync::Arc;

use axum::extract::FromRef;

use crate::{accounts::sign_in_throttle::Limits, app::App};

/// What the console's handlers are given: the instance, and the memory of who tried to sign in.
#[derive(Debug, Clone)]
pub struct Console {
    /// The instance.
    pub app: App,
    /// Who tried to sign in lately.
    pub limits: Arc<Limits>,
}

impl FromRef<Console> for App {
    fn from_ref(console: &Console) -> Self {
        console.app.clone()
    }
}
