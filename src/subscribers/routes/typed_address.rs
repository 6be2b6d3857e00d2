//! The address of a form as it was typed, and what is to be said of it before it is taken.

use gazette_templates::pages::subscribers::{Returned, Spelt};

use sea_orm::DbErr;

use crate::{
    address::{AddressError, EmailAddress},
    app::App,
    idn::readable_address,
    relay_letters,
};

/// What was typed, and what it reads as.
pub(super) struct TypedAddress<'a> {
    pub typed: &'a str,
    pub read: Result<EmailAddress, AddressFault>,
}

/// Why the form comes back.
pub(super) enum AddressFault {
    /// It is no address.
    Wrong,
    /// It is more than one.
    Several,
    /// No relay of ours takes the letters before the @.
    Letters,
    /// It looks mistyped, and nobody has said that it is not. `typed`: none where it cannot be right.
    Mistyped {
        likely: BothSpellings,
        typed: Option<BothSpellings>,
    },
}

/// An address as it is mailed, and as people read it.
pub(super) struct BothSpellings {
    mailed: String,
    shown: String,
}

impl BothSpellings {
    pub fn of(address: &str) -> Self {
        Self {
            mailed: address.to_owned(),
            shown: readable_address(address),
        }
    }

    pub fn spelt(&self) -> Spelt<'_> {
        Spelt {
            mailed: &self.mailed,
            shown: &self.shown,
        }
    }
}

impl<'a> TypedAddress<'a> {
    /// `keep`: the address whose button "keep it as typed" was pressed; else empty.
    ///
    /// # Errors
    /// The database failed.
    pub async fn of(app: &App, email: &'a str, keep: &'a str) -> Result<Self, DbErr> {
        let mut typed = Self::read(email, keep);
        if let Ok(address) = &typed.read
            && !relay_letters::are_taken(app, address).await?
        {
            typed.read = Err(AddressFault::Letters);
        }
        Ok(typed)
    }

    fn read(email: &'a str, keep: &'a str) -> Self {
        let is_kept = !keep.is_empty();
        let typed = if is_kept { keep } else { email };
        let read = match EmailAddress::parse(typed) {
            Err(error) => Err(match EmailAddress::likely_meant(typed) {
                Some(likely) => AddressFault::Mistyped {
                    likely: BothSpellings::of(&likely),
                    typed: None,
                },
                None if error == AddressError::Several => AddressFault::Several,
                None => AddressFault::Wrong,
            }),
            Ok(address) if is_kept => Ok(address),
            Ok(address) => match address.likely_correction() {
                None => Ok(address),
                Some(likely) => Err(AddressFault::Mistyped {
                    likely: BothSpellings::of(&likely),
                    typed: Some(BothSpellings::of(address.as_str())),
                }),
            },
        };
        Self { typed, read }
    }
}

impl AddressFault {
    /// As the page says it.
    pub fn returned(&self) -> Returned<'_> {
        match self {
            Self::Wrong => Returned::Wrong,
            Self::Several => Returned::Several,
            Self::Letters => Returned::Letters,
            Self::Mistyped { likely, typed } => Returned::Mistyped {
                likely: likely.spelt(),
                typed: typed.as_ref().map(BothSpellings::spelt),
            },
        }
    }
}
