//! What a console page answers when it cannot do what was asked.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use gazette_templates::pages::staff::{self as pages, Notice};

use crate::{
    accounts::{Role, StaffError},
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
            Self::Role(..) | Self::CsrfRejected => StatusCode::FORBIDDEN,
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
            _ if status == StatusCode::SERVICE_UNAVAILABLE => {
                ("Too much is asked at once", sentence(&self))
            }
            Self::Staff(StaffError::Link) => ("This link has expired", sentence(&self)),
            _ if status.is_server_error() => {
                tracing::error!(error = %self, "console request failed");
                (
                    "Something went wrong",
                    "Nothing is lost. Try again in a moment; if it stays, the person who runs \
                     Gazette finds the reason in its log."
                        .to_owned(),
                )
            }
            _ if status == StatusCode::NOT_FOUND => ("There is no such page", sentence(&self)),
            _ => ("This cannot be done", sentence(&self)),
        };
        let page = pages::notice(&Notice {
            title: title.to_owned(),
            text,
            link: ("/staff".to_owned(), "Go to the console".to_owned()),
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

/// Goes with the answer to who asked for more than their role allows, for the audit log.
#[derive(Debug, Clone, Copy)]
pub struct RefusedAccess {
    /// The role they have.
    pub has: Role,
    /// The role it takes.
    pub needs: Role,
}

/// An error's words as a sentence on a page.
pub fn sentence(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string());
    let end = if text.ends_with(['.', '!', '?']) {
        ""
    } else {
        "."
    };
    format!("{}{}{end}", first.unwrap_or_default(), letters.as_str())
}
