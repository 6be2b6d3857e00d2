//! Counts that read a whole table, kept for a minute: a page with one is opened often, and a million rows take
//! longer than a page may.

use std::{collections::BTreeMap, time::Duration};

use crate::{
    app::App,
    form_questions::ZipCodes,
    kept_answers::KeptAnswers,
    newsletters::{self, NewsletterError},
    subscribers::{self, Growth, Status, SubscriberError, topics},
};

/// How long a count is shown before it is made anew.
const COUNT_LIFETIME: Duration = Duration::from_mins(1);

/// See the module's head.
#[derive(Debug, Default)]
pub struct Counted {
    growth: KeptAnswers<i64, Growth>,
    audiences: KeptAnswers<i64, u64>,
    statuses: KeptAnswers<(), Vec<(Status, u64)>>,
    /// By the district's ZIP codes as they were set.
    district: KeptAnswers<String, (u64, u64)>,
    topics: KeptAnswers<(), BTreeMap<i64, i64>>,
    left: KeptAnswers<BTreeMap<i64, i64>, BTreeMap<i64, u64>>,
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

    /// [`subscribers::counts`].
    ///
    /// # Errors
    /// The database failed.
    pub async fn statuses(&self, app: &App) -> Result<Vec<(Status, u64)>, SubscriberError> {
        let count = async { Ok((subscribers::counts(app).await?, COUNT_LIFETIME)) };
        self.statuses.get((), count).await
    }

    /// [`subscribers::in_and_outside`].
    ///
    /// # Errors
    /// The database failed.
    pub async fn in_and_outside(
        &self,
        app: &App,
        district: &ZipCodes,
    ) -> Result<(u64, u64), SubscriberError> {
        let count = async {
            Ok((
                subscribers::in_and_outside(app, district).await?,
                COUNT_LIFETIME,
            ))
        };
        self.district.get(format!("{district:?}"), count).await
    }

    /// [`topics::people`].
    ///
    /// # Errors
    /// The database failed.
    pub async fn topics(&self, app: &App) -> Result<BTreeMap<i64, i64>, SubscriberError> {
        let count = async { Ok((topics::people(app).await?, COUNT_LIFETIME)) };
        self.topics.get((), count).await
    }

    /// [`subscribers::left_by_newsletters`].
    ///
    /// # Errors
    /// The database failed.
    pub async fn left_by_newsletters(
        &self,
        app: &App,
        begun: BTreeMap<i64, i64>,
    ) -> Result<BTreeMap<i64, u64>, SubscriberError> {
        let asked = begun.clone();
        let count = async {
            Ok((
                subscribers::left_by_newsletters(app, &begun).await?,
                COUNT_LIFETIME,
            ))
        };
        self.left.get(asked, count).await
    }

    /// What is counted of subscribers is counted anew: whoever changed it here sees it.
    pub fn forget_subscribers(&self) {
        self.growth.forget();
        self.statuses.forget();
        self.district.forget();
        self.topics.forget();
        self.audiences.forget();
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
