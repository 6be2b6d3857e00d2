//! Who is signed in.

use crate::accounts::Account;

/// Who is signed in, and the token that their forms carry.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The account as it stands now: a role that was taken away is gone at the next request.
    pub account: Account,
    /// For every form on the page.
    pub form_token: String,
}

impl SignedIn {
    /// How the audit log names them.
    pub fn who(&self) -> &str {
        self.account.email.as_str()
    }
}
