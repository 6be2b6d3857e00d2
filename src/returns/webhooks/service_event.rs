//! What a sending service tells of one mail, in one form for all of them.

use crate::{
    delivery::reply_class::{ReplyAction, ReplyClass, Statement, classify},
    returns::return_reader::ReturnKind,
};

/// What a service tells of one mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServiceEvent {
    /// What tells it from every other event of this service.
    pub id: String,
    pub kind: ReturnKind,
    pub address: String,
    /// The Message-ID of our mail, where the service passes it on.
    pub message_id: String,
    pub class: Option<ReplyClass>,
    pub action: ReplyAction,
    pub status: Option<String>,
    pub diagnosis: String,
}

/// Why a request is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    /// This service is not set up.
    #[error("not set up")]
    NotSetUp,
    /// The signature does not hold, or is of another time or topic.
    #[error("the signature does not hold")]
    Signature,
    /// Signed, but not of a form that is known.
    #[error("the body cannot be read")]
    Body,
    /// Something of ours failed; the service shall try again.
    #[error("try again")]
    TryAgain,
}

/// Class and action of a bounce by the words of the server that refused; where the service itself
/// says that it is only for now, nobody is suppressed.
pub(super) fn decide(words: &str, permanent: bool) -> (ReplyClass, ReplyAction) {
    let verdict = classify(&Statement::from_words(words, ""));
    let action = verdict
        .class
        .action(permanent && verdict.permanent.unwrap_or(true));
    (verdict.class, action)
}
