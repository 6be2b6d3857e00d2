//! What members of staff are called where something is said of them: by their name, and by their address only where
//! they have none or share it. Records name people by their address, which stays right when a name changes.

use std::collections::BTreeMap;

use super::{
    account::{Account, list},
    error::Result,
    role::Role,
};
use crate::{
    address::EmailAddress,
    app::App,
    audit::{GAZETTE, OPERATOR},
};

/// What Gazette's operator is called.
const OPERATOR_WORDS: &str = "the person who runs Gazette";

/// Everybody who has or had an account, as one reader sees them.
#[derive(Debug, Default)]
pub struct StaffNames {
    /// The name by the address.
    names: BTreeMap<String, String>,
    /// Whether addresses are shown in part.
    veils: bool,
}

impl StaffNames {
    /// Of all accounts, for a reader of this role: viewers see no whole address.
    #[must_use]
    pub fn of(accounts: &[Account], reader: Role) -> Self {
        let named = accounts
            .iter()
            .map(|account| (account.email.to_string(), account.name.clone()));
        Self {
            names: named.collect(),
            veils: reader < Role::Editor,
        }
    }

    /// The same where the accounts are not read yet.
    ///
    /// # Errors
    /// The database failed.
    pub async fn load(app: &App, reader: Role) -> Result<Self> {
        Ok(Self::of(&list(app).await?, reader))
    }

    /// Their name; where they have none or another one has the same, their address stands with it or alone.
    #[must_use]
    pub fn called(&self, who: &str) -> String {
        match self.name(who) {
            Some(name) if self.names.values().filter(|other| *other == name).count() == 1 => {
                name.to_owned()
            }
            _ => self.with_address(who),
        }
    }

    /// Name and address: `Ana Reyes (ana@example.gov)`.
    #[must_use]
    pub fn with_address(&self, who: &str) -> String {
        let address = self.address(who);
        match self.name(who) {
            Some(name) => format!("{name} ({address})"),
            None => address,
        }
    }

    fn name(&self, who: &str) -> Option<&str> {
        let name = self.names.get(who)?;
        (!name.is_empty()).then_some(name)
    }

    fn address(&self, who: &str) -> String {
        match who {
            OPERATOR => OPERATOR_WORDS.to_owned(),
            GAZETTE => "Gazette".to_owned(),
            _ if self.veils => {
                EmailAddress::parse(who).map_or_else(|_| who.to_owned(), |who| who.veiled())
            }
            _ => who.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(reader: Role) -> StaffNames {
        let named = [
            ("ana@example.gov", "Ana Reyes"),
            ("bo@example.gov", ""),
            ("c@example.gov", "Chris Lee"),
            ("chris@example.gov", "Chris Lee"),
        ];
        StaffNames {
            names: named
                .iter()
                .map(|(email, name)| ((*email).to_owned(), (*name).to_owned()))
                .collect(),
            veils: reader < Role::Editor,
        }
    }

    #[test]
    fn people_are_called_by_name_and_by_address_where_that_tells_them_apart() {
        let editor = names(Role::Editor);
        for (who, called) in [
            ("ana@example.gov", "Ana Reyes"),
            ("bo@example.gov", "bo@example.gov"),
            ("c@example.gov", "Chris Lee (c@example.gov)"),
            ("gone@example.gov", "gone@example.gov"),
            (OPERATOR, "the person who runs Gazette"),
            (GAZETTE, "Gazette"),
        ] {
            assert_eq!(editor.called(who), called);
        }
        assert_eq!(
            editor.with_address("ana@example.gov"),
            "Ana Reyes (ana@example.gov)"
        );
    }

    #[test]
    fn a_viewer_sees_no_whole_address() {
        let viewer = names(Role::Viewer);
        for who in ["bo@example.gov", "c@example.gov"] {
            assert!(!viewer.called(who).contains(who), "{}", viewer.called(who));
        }
        assert_eq!(viewer.called("ana@example.gov"), "Ana Reyes");
    }
}
