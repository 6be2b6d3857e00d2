//! What was typed and not taken, as the pages show it that bring it back.

use gazette_templates::pages::staff::KeptView;

use super::{failure::Failure, kept_form::KeptForm};
use crate::{app::App, newsletters};

/// One form as the page shows it: with the subject of the newsletter that it would let go.
pub async fn kept_view(app: &App, form: KeptForm) -> Result<KeptView, Failure> {
    let subject = match form.lets_go() {
        Some(id) => Some(newsletters::find(app, id).await?.subject),
        None => None,
    };
    Ok(form.view(subject))
}
