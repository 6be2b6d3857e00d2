//! Counts that read a whole table, kept for a minute: they stand on the page that everybody opens first.

use std::time::Duration;

use crate::{
    app::App,
    kept_answers::KeptAnswers,
    newsletters::{self, NewsletterError},
    subscribers::{self, Growth, SubscriberError},
};

/// How long a count is shown before it is made anew.
const COUNT_LIFETIME: Duration = Duration::from_mins(1);

/// See the module's head.
#[derive(Debug, Default)]
pub struct Counted {
    growth: KeptAnswers<i64, Growth>,
    audiences: KeptAnswers<i64, u64>,
}

impl Counted {
    /// [`subscribers::growth`].
    ///
    /// # Errors
    /// The database failed.
    pub async fn growth(&self, app: &App, since: i64) -> Result<Growth, SubscriberError> {
        let count = async { Ok((subscribers::growth(app, since).await?, COUNT_LIFETIME)) };
        self.growth.get(since, count).await
    }

    /// [`newsletters::audience`].
    ///
    /// # Errors
    /// The database failed, or there is no such newsletter.
    pub async fn audience(&self, app: &App, id: i64) -> Result<u64, NewsletterError> {
        let count = async { Ok((newsletters::audience(app, id).await?, COUNT_LIFETIME)) };
        self.audiences.get(id, count).await
    }
}
