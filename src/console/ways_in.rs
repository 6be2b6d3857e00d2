//! The ways in beside the password, as the pages that ask for it offer them.

use gazette_templates::pages::staff::Ways;

use crate::{
    accounts::{oidc, passkey},
    app::App,
};

/// The ways in beside the password.
pub fn ways(app: &App) -> Ways {
    Ways {
        passkeys: passkey::is_possible(app),
        provider: oidc::provider_name(app).map(str::to_owned),
    }
}
