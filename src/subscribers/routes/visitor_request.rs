//! What the public pages make of a visitor's request: for the evidence, for the limits, for the form.

use axum::response::Response;
use gazette_templates::pages::{subscribers::TopicChoice, words::Words};

use crate::{
    app::App,
    http::{Failure, Visitor},
    subscribers::{RequestOrigin, TopicRow, in_language},
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
    }
}

/// What may be chosen, and is, as a reader sees it.
pub(super) async fn chosen_in_language(
    app: &App,
    topics: Vec<(TopicRow, bool)>,
    words: &Words,
) -> Result<Vec<TopicChoice>, Failure> {
    let (topics, chosen): (Vec<TopicRow>, Vec<bool>) = topics.into_iter().unzip();
    let topics = in_language(app, topics, words.tag).await?;
    let choices = topics.iter().zip(chosen);
    Ok(choices
        .map(|(topic, chosen)| choice(topic, chosen))
        .collect())
}

/// The networks to count a sign-up in (O6). Without a forwarding proxy every visitor of a trial has
/// this machine's own address: counting it would lock out everyone at the sixth sign-up.
pub(super) fn networks(app: &App, visitor: &Visitor) -> Vec<String> {
    let client = visitor.client;
    let trial = app.settings.public_url.is_loopback() && client.is_this_machine();
    if trial { Vec::new() } else { client.networks() }
}
