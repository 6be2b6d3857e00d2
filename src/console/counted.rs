//! Counts that read a whole table, kept for a minute: they stand on the page that everybody opens first.

use std::{collections::HashMap, sync::Mutex};

use crate::{
    app::App,
    clock::MINUTE,
    newsletters::{self, NewsletterError},
    subscribers::{self, Growth, SubscriberError},
};

/// How long a count is shown before it is made anew.
const FRESH_MS: i64 = MINUTE;
/// Newsletters whose audience is remembered.
const MOST: usize = 1_000;

/// See the module's head.
#[derive(Debug, Default)]
pub struct Counted {
    growth: Mutex<Option<(i64, i64, Growth)>>,
    audiences: Mutex<HashMap<i64, (i64, u64)>>,
}

impl Counted {
    /// [`subscribers::growth`].
    ///
    /// # Errors
    /// The database failed.
    pub async fn growth(&self, app: &App, since: i64) -> Result<Growth, SubscriberError> {
        let now = app.clock.now_ms();
        let known = *self
            .growth
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((at, of, growth)) = known
            && of == since
            && (0..FRESH_MS).contains(&(now - at))
        {
            return Ok(growth);
        }
        let growth = subscribers::growth(app, since).await?;
        *self
            .growth
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = Some((now, since, growth));
        Ok(growth)
    }

    /// [`newsletters::audience`].
    ///
    /// # Errors
    /// The database failed, or there is no such newsletter.
    pub async fn audience(&self, app: &App, id: i64) -> Result<u64, NewsletterError> {
        let now = app.clock.now_ms();
        let known = self
            .audiences
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .get(&id)
            .copied();
        if let Some((at, people)) = known
            && (0..FRESH_MS).contains(&(now - at))
        {
            return Ok(people);
        }
        let people = newsletters::audience(app, id).await?;
        let mut audiences = self
            .audiences
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if audiences.len() >= MOST {
            audiences.clear();
        }
        audiences.insert(id, (now, people));
        Ok(people)
    }
}
