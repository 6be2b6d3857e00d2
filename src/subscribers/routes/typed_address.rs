//! The address of a form as it was typed, and what is to be said of it before it is taken.

use gazette_templates::pages::subscribers::Returned;

use crate::{
    address::{AddressError, EmailAddress},
    idn::readable_address,
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
    /// It looks mistyped, and nobody has said that it is not. `typed`: none where it cannot be right.
    Mistyped {
        likely: String,
        typed: Option<String>,
    },
}

impl<'a> TypedAddress<'a> {
    /// `keep`: the address whose button "keep it as typed" was pressed; else empty.
    pub fn of(email: &'a str, keep: &'a str) -> Self {
        let is_kept = !keep.is_empty();
        let typed = if is_kept { keep } else { email };
        let read = match EmailAddress::parse(typed) {
            Err(error) => Err(match EmailAddress::likely_meant(typed) {
                Some(likely) => AddressFault::Mistyped {
                    likely: readable_address(&likely),
                    typed: None,
                },
                None if error == AddressError::Several => AddressFault::Several,
                None => AddressFault::Wrong,
            }),
            Ok(address) if is_kept => Ok(address),
            Ok(address) => match address.likely_correction() {
                None => Ok(address),
                Some(likely) => Err(AddressFault::Mistyped {
                    likely: readable_address(&likely),
                    typed: Some(readable_address(address.as_str())),
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
            Self::Mistyped { likely, typed } => Returned::Mistyped {
                likely,
                typed: typed.as_deref(),
            },
        }
    }
}
