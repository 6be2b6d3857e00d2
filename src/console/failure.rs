//! What a console page answers when it cannot do what was asked.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use gazette_templates::pages::staff::{self as pages, Notice};

use crate::{
    accounts::{Role, StaffError},
    address::veil,
    house::HouseError,
    newsletters::NewsletterError,
    office::OfficeError,
    releases::ReleaseError,
    rendering::TooBusy,
    returns::ReturnError,
    secret::KeyError,
    subscribers::SubscriberError,
};

/// Why there is no ordinary answer.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Nobody is signed in; where they wanted to go.
    #[error("sign in first")]
    SignedOut(String),
    /// The role does not allow it.
    #[error("you are signed in as {0}, and this takes the role {1}; ask an admin of your office")]
    Role(Role, Role),
    /// The form did not come from our page, or the session ended since it was shown.
    #[error("this form is too old, or did not come from this page")]
    CsrfRejected,
    /// The form stood on a page of a session that has ended; where its page is.
    #[error("this page was opened in a session that has ended; nothing was changed")]
    FormTooOld(String),
    /// The form stood on a page of another account than the one that is signed in by now.
    #[error(
        "nothing was changed. Somebody else opened this form, and this browser is signed in as {0} by now. What was typed is kept for whose form it is, and shown to them alone when they sign in"
    )]
    FormOfAnother(String),
    /// A file came without a session, and nothing was typed beside it, or nothing says by whom.
    #[error("the file was not taken, and nothing was kept. Sign in, and choose it again")]
    UploadSignedOut,
    /// A field is missing, or holds something of another kind.
    #[error(
        "something in this form is missing, or is not what its field asks for; nothing was changed"
    )]
    Unreadable,
    /// More was sent than the page takes; how many octets it takes.
    #[error("this is larger than {}, the most that this page takes; nothing was changed. Go back: what you typed still stands there", whole_megabytes(*.0))]
    TooLarge(usize),
    /// There is no such page.
    #[error("there is no such page")]
    NotFound,
    /// Staff.
    #[error(transparent)]
    Staff(#[from] StaffError),
    /// Newsletters.
    #[error(transparent)]
    Newsletter(#[from] NewsletterError),
    /// Elections.
    #[error(transparent)]
    House(#[from] HouseError),
    /// The office.
    #[error(transparent)]
    Office(#[from] OfficeError),
    /// Subscribers.
    #[error(transparent)]
    Subscriber(#[from] SubscriberError),
    /// Releases.
    #[error(transparent)]
    Release(#[from] ReleaseError),
    /// What came back.
    #[error(transparent)]
    Return(#[from] ReturnError),
    /// The session could not be read or stored.
    #[error(transparent)]
    Session(#[from] tower_sessions::session::Error),
    /// The database.
    #[error(transparent)]
    Db(#[from] sea_orm::DbErr),
    /// Too much is being rendered at once.
    #[error(transparent)]
    Busy(#[from] TooBusy),
    /// A file for a spreadsheet could not be written.
    #[error(transparent)]
    Csv(#[from] csv::Error),
    /// No random bytes.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl Failure {
    fn status(&self) -> StatusCode {
        match self {
            Self::SignedOut(_) => StatusCode::SEE_OTHER,
            Self::Busy(_) | Self::Newsletter(NewsletterError::Busy(_)) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Role(..)
            | Self::CsrfRejected
            | Self::FormTooOld(_)
            | Self::FormOfAnother(_)
            | Self::UploadSignedOut => StatusCode::FORBIDDEN,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotFound
            | Self::Newsletter(NewsletterError::NotFound(_))
            | Self::House(HouseError::NotFound(_))
            | Self::Release(ReleaseError::NoSource(_))
            | Self::Staff(StaffError::NotFound(_)) => StatusCode::NOT_FOUND,
            Self::Newsletter(
                NewsletterError::State { .. }
                | NewsletterError::Changed { .. }
                | NewsletterError::ReleaseNews(_)
                | NewsletterError::Release(ReleaseError::NotHeld(_)),
            ) => StatusCode::CONFLICT,
            Self::Newsletter(
                NewsletterError::Db(_)
                | NewsletterError::Transactional(_)
                | NewsletterError::Release(ReleaseError::Database(_) | ReleaseError::Json(_)),
            )
            | Self::Staff(
                StaffError::Db(_)
                | StaffError::Transactional(_)
                | StaffError::Key(_)
                | StaffError::Hashing(_),
            )
            | Self::Office(OfficeError::Db(_))
            | Self::House(HouseError::Db(_))
            | Self::Subscriber(_)
            | Self::Release(ReleaseError::Database(_) | ReleaseError::Json(_))
            | Self::Return(_)
            | Self::Session(_)
            | Self::Db(_)
            | Self::Csv(_)
            | Self::Key(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Staff(_)
            | Self::Newsletter(_)
            | Self::House(_)
            | Self::Office(_)
            | Self::Unreadable
            | Self::Release(_) => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        if let Self::SignedOut(wanted) = &self {
            let query = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("next", wanted)
                .finish();
            return Redirect::to(&format!("/staff/login?{query}")).into_response();
        }
        let status = self.status();
        let (title, text) = match &self {
            Self::Role(_, Role::Admin) => ("Only admins can open this page", sentence(&self)),
            Self::Role(..) => ("Your role cannot do this", sentence(&self)),
            Self::CsrfRejected => (
                "Your session ended",
                "Nothing was changed. The form was too old, or it did not come from this page. Go \
                 back to the console and try again."
                    .to_owned(),
            ),
            Self::FormTooOld(_) | Self::UploadSignedOut => ("Your session ended", sentence(&self)),
            Self::FormOfAnother(_) => ("This form is somebody else’s", sentence(&self)),
            Self::Unreadable => ("This form cannot be read", sentence(&self)),
            Self::TooLarge(_) => ("This is too large", sentence(&self)),
            _ if status == StatusCode::SERVICE_UNAVAILABLE => {
                ("Too much is asked at once", sentence(&self))
            }
            Self::Staff(StaffError::Link) => ("This link has expired", sentence(&self)),
            _ if status.is_server_error() => {
                tracing::error!(error = veil(&self.to_string()), "console request failed");
                let (title, text) = pages::WENT_WRONG;
                (title, text.to_owned())
            }
            _ if status == StatusCode::NOT_FOUND => ("There is no such page", sentence(&self)),
            _ => ("This cannot be done", sentence(&self)),
        };
        let link = match &self {
            Self::FormTooOld(page) => (page.clone(), "Open the page again".to_owned()),
            _ => ("/staff".to_owned(), "Go to the console".to_owned()),
        };
        let page = pages::notice(&Notice {
            title: title.to_owned(),
            text,
            link,
        });
        let mut response = (status, page).into_response();
        if let Self::Role(has, needs) = self {
            response
                .extensions_mut()
                .insert(RefusedAccess { has, needs });
        }
        response
    }
}

/// As offices say it: `10 MB`, `256 KB`.
fn whole_megabytes(octets: usize) -> String {
    match octets / 1_000_000 {
        0 => format!("{} KB", octets / 1_000),
        megabytes => format!("{megabytes} MB"),
    }
}

/// Goes with the answer to who asked for more than their role allows, for the audit log.
#[derive(Debug, Clone, Copy)]
pub struct RefusedAccess {
    /// The role they have.
    pub has: Role,
    /// The role it takes.
    pub needs: Role,
}

/// An error's words as a sentence on a page, without what only the command line can do.
pub fn sentence(error: &impl std::fmt::Display) -> String {
    let text = without_commands(error.to_string());
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string());
    let end = if text.ends_with(['.', '!', '?']) {
        ""
    } else {
        "."
    };
    format!("{}{}{end}", first.unwrap_or_default(), letters.as_str())
}

/// Takes the commands out of an error's words, with what leads to them: who reads a page has no command line.
fn without_commands(mut text: String) -> String {
    const COMMAND: &str = "`gazette ";
    while let Some(at) = text.find(COMMAND) {
        let rest = at + COMMAND.len();
        let end = text[rest..]
            .find('`')
            .map_or(text.len(), |end| rest + end + 1);
        let (before, behind) = (&text[..at], &text[end..]);
        let lead = [": ", " or with ", " with "]
            .into_iter()
            .find_map(|lead| before.strip_suffix(lead));
        let taken_out =
            if let (Some(lead), true) = (before.strip_suffix(" ("), behind.starts_with(')')) {
                lead.len()..end + 1
            } else if let Some(lead) = lead {
                lead.len()..end
            } else if let Some(begin) = before.rfind("; ") {
                // A clause of its own.
                begin..behind.find("; ").map_or(text.len(), |next| end + next)
            } else {
                break;
            };
        text.replace_range(taken_out, "");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_names_no_command() {
        for (error, says) in [
            (
                "there is no source 7; `gazette sources list` shows the numbers",
                "There is no source 7.",
            ),
            (
                "this link is too old; ask for a new one (`gazette staff link EMAIL`)",
                "This link is too old; ask for a new one.",
            ),
            (
                "no mail may go without them: `gazette office set name=… from=…`",
                "No mail may go without them.",
            ),
            (
                "write it by hand or with `gazette releases add`, and drop this one",
                "Write it by hand, and drop this one.",
            ),
            (
                "give source 7 a topic with `gazette sources set 7 categories=…`",
                "Give source 7 a topic.",
            ),
            (
                "one; `gazette x` shows it; `gazette y` too; two",
                "One; two.",
            ),
            // What is no clause stays, rather than nothing.
            ("`gazette x` does it", "`gazette x` does it."),
            ("“`” is no command", "“`” is no command."),
        ] {
            assert_eq!(sentence(&error), says);
        }
    }

    #[test]
    fn no_error_that_reaches_a_page_names_a_command() {
        for error in [
            sentence(&StaffError::Link),
            sentence(&ReleaseError::NoSource(7)),
            sentence(&NewsletterError::NotFound(7)),
            sentence(&NewsletterError::OfficeIncomplete),
        ] {
            assert!(!error.contains("`gazette"), "{error}");
        }
    }
}
