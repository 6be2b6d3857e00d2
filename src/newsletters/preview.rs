//! A newsletter before it goes out: on the screen, and as a mail to oneself.

use super::{Preview, Result};
use crate::{address::EmailAddress, app::App};

/// As a reader will get it, with links that lead nowhere personal.
pub async fn preview(_app: &App, _id: i64) -> Result<Preview> {
    todo!()
}

/// Sends it as a one-off mail, its subject marked as a test.
pub async fn send_test(_app: &App, _id: i64, _to: &EmailAddress) -> Result<()> {
    todo!()
}
