//! What signing in by a passkey and at the office's own provider have in common: a pace of its own for each
//! network, and what follows when it is known who somebody is.

use axum::response::Response;
use serde::Deserialize;
use tower_sessions::Session;

use super::{
    browser_words::SignInFrom,
    failure::Failure,
    required_second_step,
    sign_in_steps::{enter_by, note_refusal, prove_again},
};
use crate::{
    accounts::{
        Account,
        sign_in_throttle::{self, Attempt},
    },
    app::App,
    http::ClientAddress,
};

/// A way in beside the password.
#[derive(Debug, Clone, Copy)]
pub enum Way {
    Passkey,
    Provider,
}

impl Way {
    /// As the log calls whose refusal it notes.
    fn name(self) -> &'static str {
        match self {
            Self::Passkey => "passkey",
            Self::Provider => "provider",
        }
    }

    /// By what somebody signed in, in the words of the log.
    fn means(self) -> &'static str {
        match self {
            Self::Passkey => "passkey",
            Self::Provider => "the office’s provider",
        }
    }
}

/// What the button sends that begins it.
#[derive(Debug, Deserialize)]
pub struct Begin {
    /// Where they wanted to go.
    #[serde(default)]
    pub next: String,
}

/// Somebody on a way in, from a network. Nobody there holds up anybody else's password.
#[derive(Debug)]
pub struct Newcomer {
    way: Way,
    pace: String,
    network: String,
}

impl Newcomer {
    pub fn new(way: Way, client: &ClientAddress) -> Self {
        let network = client.network();
        Self {
            way,
            pace: format!("{}/{network}", way.name()),
            network,
        }
    }

    fn attempt(&self) -> Attempt<'_> {
        Attempt {
            account: &self.pace,
            network: &self.network,
            device: None,
        }
    }

    /// Waits for their turn: what is begun costs a row of the table of sessions. False: too many wait already.
    pub async fn has_turn(&self, app: &App) -> Result<bool, Failure> {
        let wait = sign_in_throttle::wait(app, &self.attempt()).await?;
        Ok(wait.is_none())
    }

    /// Notes that they were not let in; `why` may be empty.
    pub async fn refused(&self, app: &App, why: &str) -> Result<(), Failure> {
        let joint = if why.is_empty() { "" } else { ", " };
        let details = format!("{why}{joint}from {}", self.network);
        note_refusal(app, self.way.name(), &details).await
    }

    /// It is `account`: the session begins; of who is signed in already, the proof is noted.
    pub async fn let_in(
        &self,
        app: &App,
        session: &Session,
        is_signed_in: bool,
        account: &Account,
        from: &SignInFrom,
        next: &str,
    ) -> Result<Response, Failure> {
        sign_in_throttle::forgive(app, &self.attempt()).await?;
        if is_signed_in {
            required_second_step::note_shown(session, account).await?;
            return prove_again(app, session, account, next).await;
        }
        enter_by(app, session, account, from, next, self.way.means()).await
    }
}
