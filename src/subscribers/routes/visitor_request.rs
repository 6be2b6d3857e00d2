//! What the public pages make of a visitor's request: for the evidence, for the limits, for the form.

use axum::response::Response;
use gazette_templates::pages::subscribers::TopicChoice;

use crate::{
    app::App,
    http::{Failure, Visitor},
    subscribers::{RequestOrigin, TopicRow},
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

/// The networks to count a sign-up in (O6). Without a forwarding proxy every visitor of a trial has
/// this machine's own address: counting it would lock out everyone at the sixth sign-up.
pub(super) fn networks(app: &App, visitor: &Visitor) -> Vec<String> {
    let client = visitor.client;
    let trial = app.settings.public_url.is_loopback() && client.is_this_machine();
    if trial { Vec::new() } else { client.networks() }
}
