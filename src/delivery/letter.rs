//! What one newsletter's messages have in common, made once.

use super::{DeliveryError, prepared::Prepared, queue::Active};
use crate::{
    app::App,
    clock::instant,
    newsletters::{self, compose::compose},
    office::Office,
};

/// A newsletter that is being sent, ready to be written for each reader.
#[derive(Debug)]
pub struct Letter {
    /// The newsletter in the queue.
    pub newsletter: Active,
    /// Its message.
    pub prepared: Prepared,
}

impl Letter {
    /// Prepares the message: all MIME work happens here.
    pub async fn prepare(app: &App, newsletter: Active) -> Result<Self, DeliveryError> {
        let office = Office::load(&app.db).await?;
        let full = newsletters::find(app, newsletter.id).await?;
        // The Date of every copy, over all attempts and processes.
        let date = instant(newsletter.started_at);
        let parts = compose(&full, &office, &app.settings.public_url, date)?;
        Ok(Self {
            newsletter,
            prepared: Prepared::new(&parts)?,
        })
    }
}
