//! What the public pages make of a visitor's request: for the evidence, for the limits, for the form.

use axum::response::Response;
use gazette_templates::pages::{
    subscribers::{LatestNewsletter, TopicChoice},
    words::Words,
};

use crate::{
    app::App,
    http::{Failure, Visitor},
    newsletter_lookup::newest_mailed,
    subscribers::{Audience, Frequency, RequestOrigin, TopicChosen, TopicRow, in_language},
};

pub(super) type Answer = Result<Response, Failure>;

pub(super) fn origin(visitor: &Visitor) -> RequestOrigin {
    RequestOrigin {
        ip: visitor.client.ip.to_string(),
        user_agent: visitor.user_agent.clone(),
    }
}

pub(super) fn choice(topic: &TopicRow, chosen: bool) -> TopicChoice {
    TopicChoice {
        slug: topic.slug.clone(),
        name: topic.name.clone(),
        description: topic.description.clone(),
        chosen,
        frequency: Frequency::Each.word(),
    }
}

/// What may be chosen, and is, as a reader sees it.
pub(super) async fn chosen_in_language(
    app: &App,
    topics: Vec<TopicChosen>,
    words: &Words,
) -> Result<Vec<TopicChoice>, Failure> {
    let had = topics.iter().map(|had| (had.chosen, had.frequency));
    let had: Vec<(bool, Frequency)> = had.collect();
    let topics = topics.into_iter().map(|had| had.topic).collect();
    let topics = in_language(app, topics, words.tag).await?;
    let choices = topics.iter().zip(had);
    Ok(choices
        .map(|(topic, (chosen, frequency))| TopicChoice {
            frequency: frequency.word(),
            ..choice(topic, chosen)
        })
        .collect())
}

/// Newsletters on the form and after confirming, as examples of what comes.
const LATEST: i64 = 3;

/// The newest newsletters that everybody may read.
pub(super) async fn latest(app: &App) -> Result<Vec<LatestNewsletter>, Failure> {
    let (audience, frequency) = (Audience::Subscribers, Frequency::Each);
    let rows = newest_mailed(app.db.pool(), &audience, &frequency, LATEST).await?;
    let newest = rows.into_iter().map(|row| LatestNewsletter {
        subject: row.subject,
        language: row.language,
        path: format!("/archive/{}", row.slug),
    });
    Ok(newest.collect())
}

/// The networks to count a sign-up in (O6). Without a forwarding proxy every visitor of a trial has
/// this machine's own address: counting it would lock out everyone at the sixth sign-up.
pub(super) fn networks(app: &App, visitor: &Visitor) -> Vec<String> {
    let client = visitor.client;
    let trial = app.settings.public_url.is_loopback() && client.is_this_machine();
    if trial { Vec::new() } else { client.networks() }
}
