//! What one newsletter's messages have in common, made once.

use super::{delivery_error::DeliveryError, prepared_message::PreparedMessage, queue::Active};
use crate::{
    app::App,
    clock::instant,
    newsletters::{self, compose::compose},
    office::Office,
};

/// A newsletter that is being sent, ready to be written for each reader.
#[derive(Debug)]
pub struct PreparedNewsletter {
    /// The newsletter in the queue.
    pub newsletter: Active,
    /// Its message.
    pub message: PreparedMessage,
}

impl PreparedNewsletter {
    /// Prepares the message: all MIME work happens here.
    pub async fn prepare(app: &App, newsletter: Active) -> Result<Self, DeliveryError> {
        let office = Office::load(&app.db).await?;
        let full = newsletters::find(app, newsletter.id).await?;
        // The Date of every copy, over all attempts and processes.
        let date = instant(newsletter.started_at);
        let parts = compose(&full, &office, &app.settings.public_url, date)?;
        Ok(Self {
            newsletter,
            message: PreparedMessage::new(&parts)?,
        })
    }
}
