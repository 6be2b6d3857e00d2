//! ARF complaints (RFC 5965), redacted ones too (RFC 6590): a feedback loop's word that a reader
//! pressed "this is spam".

use super::{opened::Headers, returned_addresses};
use crate::delivery::reply_class::ReplyAction;

/// What the report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FeedbackType {
    /// abuse, fraud, virus: the reader does not want it.
    Abuse,
    /// opt-out: an old word for unsubscribe.
    OptOut,
    /// not-spam: taken back.
    NotSpam,
    /// auth-failure: for whoever looks after DKIM and SPF.
    AuthenticationFailure,
    /// Anything else: set aside, never refused (RFC 5965 §7.3).
    Other,
}

/// A report that was read.
#[derive(Debug)]
pub(super) struct Feedback {
    pub kind: FeedbackType,
    pub recipient: Option<String>,
    pub named: String,
}

pub(super) fn parse(report: &str) -> Feedback {
    let field = |name: &str| {
        report.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found
                .trim()
                .eq_ignore_ascii_case(name)
                .then(|| value.trim())
        })
    };
    let named = field("feedback-type")
        .unwrap_or_default()
        .to_ascii_lowercase();
    let kind = match named.as_str() {
        "abuse" | "fraud" | "virus" => FeedbackType::Abuse,
        "opt-out" | "opt-out-list" => FeedbackType::OptOut,
        "not-spam" => FeedbackType::NotSpam,
        "auth-failure" | "dmarc" => FeedbackType::AuthenticationFailure,
        _ => FeedbackType::Other,
    };
    let recipient = ["original-rcpt-to", "removal-recipient"]
        .iter()
        .filter_map(|name| field(name))
        .find_map(returned_addresses::first_in);
    Feedback {
        kind,
        recipient,
        named,
    }
}

/// The complaint that Hotmail sent before it spoke ARF, and that some of its programs still send: the mail
/// itself, attached, with a header that names who complained (Junk Mail Reporting Program).
pub(super) fn without_report(original: &Headers) -> Option<Feedback> {
    let reader = original.get("x-hmxmroriginalrecipient")?;
    Some(Feedback {
        kind: FeedbackType::Abuse,
        recipient: returned_addresses::first_in(reader),
        named: "abuse".to_owned(),
    })
}

impl FeedbackType {
    pub(super) fn action(self) -> ReplyAction {
        match self {
            Self::Abuse | Self::OptOut => ReplyAction::Suppress,
            Self::NotSpam | Self::AuthenticationFailure | Self::Other => ReplyAction::Ignore,
        }
    }

    pub(super) fn explanation(self) -> &'static str {
        match self {
            Self::Abuse => "The reader's provider says that the reader called this mail spam.",
            Self::OptOut => "The reader's provider passes on that the reader wants to leave.",
            Self::NotSpam => "The reader took the mail out of the spam folder. Nothing changes.",
            Self::AuthenticationFailure => {
                "A receiver reports mail in our name that failed authentication. Nothing changes for any subscriber."
            }
            Self::Other => "A feedback report of a kind that is not known. Set aside.",
        }
    }
}
