//! What the pages about one newsletter show: its own, the checks on it, and the last question before it goes.

use super::{Badge, BlackoutNotice, Frame, ProgressView};
use crate::amounts::people;

/// The page of one newsletter.
#[derive(Debug)]
pub struct NewsletterView {
    /// Around it.
    pub frame: Frame,
    /// Its number.
    pub id: i64,
    /// How often subject or text were changed: what is decided here is decided about this one.
    pub revision: i32,
    /// Its subject.
    pub subject: String,
    /// Its topic.
    pub topic: String,
    /// How it ended: who approved it and how long it took; `None`: it has not.
    pub result: Option<String>,
    /// Its state in one word.
    pub badge: Badge,
    /// Its state in plain words, with times in the office's zone.
    pub state: String,
    /// Why it needs a person.
    pub attention: Option<String>,
    /// What else there is to know before deciding.
    pub notes: Vec<NoteView>,
    /// How many would get it now; only before it is sent.
    pub audience: Option<u64>,
    /// The text part; none where it could not be composed, then `attention` says why.
    pub text: Option<String>,
    /// What was checked; empty once it is under way.
    pub checks: Vec<CheckView>,
    /// The staff whom a test may go to, whoever looks first: address, and what they are called with it.
    pub test_to: Vec<(String, String)>,
    /// The mail as a list of mails will show it.
    pub inbox: InboxView,
    /// What somebody has to say that they saw before they approve.
    pub stops: Option<Stops>,
    /// Where the release stands on the office's site.
    pub release_url: Option<String>,
    /// How far it is; none before anything was queued.
    pub progress: Option<ProgressView>,
    /// What did not arrive, or not yet, by its reason.
    pub exceptions: Vec<ExceptionGroup>,
    /// Whether this person may see the addresses there, which are veiled.
    pub may_unveil: bool,
    /// Nobody has approved it yet.
    pub is_draft: bool,
    /// What this person may do with it now.
    pub allowed: Allowed,
    /// To how many it can be sent again, once it was sent: their mailbox was not in the way.
    pub not_reached: u64,
    /// When what does not arrive is given up.
    pub deadline: DeadlineView,
    /// The form to send it later.
    pub schedule: ScheduleView,
    /// What went wrong with what was just asked.
    pub error: Option<String>,
    /// How it is, where what was just asked does not fit it any more.
    pub as_it_is: Option<String>,
    /// What was ticked in a form that comes back.
    pub ticked: Ticked,
    /// Whether it is for the press list, not for subscribers.
    pub press_list: bool,
    /// The blackout that today lies in.
    pub blackout: Option<BlackoutNotice>,
    /// Whom it goes to, and on what ground.
    pub proof: Option<ProofView>,
    /// It is approved and has not begun.
    pub undo: Option<UndoView>,
    /// What staff said about it, the oldest first.
    pub comments: Vec<CommentView>,
    /// A comment that was typed and could not be kept.
    pub typed_comment: String,
    /// A subject that was typed and could not be kept.
    pub typed_subject: Option<String>,
    /// Who asked for approval, and when: a sentence.
    pub review_requested: Option<String>,
    /// Whether who looks at it could approve it, and who else could.
    pub approval: Approval,
}

/// The proof that the list is in order.
#[derive(Debug)]
pub struct ProofView {
    /// How many, and in which words.
    pub groups: Vec<(u64, String)>,
    /// All of them.
    pub people: u64,
    /// Whether each is there by their own consent: confirmed here, or stated when they were imported.
    pub all_opted_in: bool,
    /// How many asked here and confirmed.
    pub confirmed_here: u64,
    /// How many were imported with a stated consent, and never confirmed here.
    pub imported: u64,
    /// When it was counted, in the office's zone.
    pub at: String,
}

impl ProofView {
    /// On what ground people are mailed, behind how many they are.
    pub(super) fn ground(&self) -> String {
        match (self.confirmed_here, self.imported) {
            (_, 0) => " who asked for it and confirmed.".to_owned(),
            (0, _) => ". They were imported with a stated consent, and did not confirm it here."
                .to_owned(),
            (confirmed, imported) => format!(
                ": {} asked for it and confirmed; {} imported with a stated consent, and did not confirm it here.",
                people(confirmed),
                match imported {
                    1 => "1 person was".to_owned(),
                    more => format!("{} were", people(more)),
                }
            ),
        }
    }
}

/// One thing to know, and where there is more about it.
#[derive(Debug)]
pub struct NoteView {
    /// In one or two sentences.
    pub text: String,
    /// Address and words.
    pub link: Option<(String, &'static str)>,
}

/// What may be done now: the state and the role decide, not the page.
#[derive(Debug, Clone, Copy, Default)]
#[allow(
    clippy::struct_excessive_bools,
    missing_docs,
    reason = "each is one button"
)]
pub struct Allowed {
    pub rename: bool,
    pub follow_links: bool,
    pub test: bool,
    pub approve: bool,
    pub send_now: bool,
    pub pause: bool,
    pub resume: bool,
    pub send_failed: bool,
    pub cancel: bool,
    pub undo: bool,
    pub reschedule: bool,
    pub request_review: bool,
    pub comment: bool,
    pub for_press: bool,
    pub correct_text: bool,
    pub whole_addresses: bool,
}

/// Hours for which what the mail server puts off is tried again.
#[derive(Debug, Clone, Copy, Default)]
pub struct DeadlineView {
    /// The newsletter's own; none: the office's.
    pub own: Option<u32>,
    /// The office's.
    pub office: u32,
}

/// The fields of "send later".
#[derive(Debug, Default)]
pub struct ScheduleView {
    /// The office's zone.
    pub zone: String,
    /// What was typed, as the field takes it.
    pub at: String,
    /// The clocks show that time twice: the two, to choose from.
    pub twice: Option<Twice>,
    /// What is wrong with the time.
    pub error: Option<String>,
    /// That time lies in a blackout, of which nobody took note yet.
    pub acknowledge: bool,
    /// That time is months away, which nobody has confirmed yet: the day, to be confirmed.
    pub far_off: Option<String>,
}

/// The boxes that were ticked in a form which was not taken.
#[derive(Debug, Default)]
pub struct Ticked {
    /// `approve` or `later`: the form; empty: none.
    pub form: &'static str,
    /// What the checks say was seen.
    pub seen: bool,
    /// The blackout was taken note of.
    pub acknowledged: bool,
}

impl Ticked {
    /// Whether this form's box was ticked: what the checks say.
    pub(super) fn seen_in(&self, form: &str) -> bool {
        self.seen && self.form == form
    }

    /// Whether this form's box was ticked: the blackout.
    pub(super) fn acknowledged_in(&self, form: &str) -> bool {
        self.acknowledged && self.form == form
    }
}

/// The two instants of a time that comes twice.
#[derive(Debug)]
pub struct Twice {
    /// Such as `01:30 PDT`.
    pub first: String,
    /// Such as `01:30 PST`.
    pub second: String,
}

/// Deliveries that did not arrive for the same reason.
#[derive(Debug)]
pub struct ExceptionGroup {
    /// The reason, in plain words.
    pub words: String,
    /// What the times say.
    pub when: &'static str,
    /// How many.
    pub people: u64,
    /// The first of them.
    pub rows: Vec<ExceptionView>,
}

/// One delivery that did not arrive.
#[derive(Debug)]
pub struct ExceptionView {
    /// To whom.
    pub email: String,
    /// The relay's words.
    pub words: String,
    /// The relay of the last attempt; none: not tried.
    pub relay: Option<String>,
    /// How it was offered to the relay: the version of TLS or `none`; none: not at all.
    pub tls: Option<&'static str>,
    /// When it is tried again or when it ended, in the office's zone.
    pub at: String,
}

/// What staff said about it.
#[derive(Debug)]
pub struct CommentView {
    /// Who.
    pub who: String,
    /// In the office's zone.
    pub at: String,
    /// Plain text with lines.
    pub text: String,
}

/// An approval that can still be taken back.
#[derive(Debug)]
pub struct UndoView {
    /// Seconds until sending begins, where only the time for undo is waited for.
    pub seconds: Option<u64>,
    /// Otherwise when it begins, in words: a sentence.
    pub begins: String,
}

/// One check.
#[derive(Debug)]
pub struct CheckView {
    /// `OK`, `Check` or `Fix`.
    pub severity: &'static str,
    /// What was looked at.
    pub title: &'static str,
    /// What was found.
    pub says: String,
    /// The places.
    pub details: Vec<String>,
}

/// The line that a mailbox shows of a mail.
#[derive(Debug, Default)]
pub struct InboxView {
    /// Whom it comes from.
    pub from: String,
    /// Its subject.
    pub subject: String,
    /// What stands beside the subject.
    pub preview: String,
}

/// What somebody has to say that they saw.
#[derive(Debug)]
pub struct Stops {
    /// What the form sends back.
    pub mark: String,
    /// The titles of the checks.
    pub titles: String,
}

/// Who may approve a draft, as far as who looks at the page is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approval {
    /// Nothing special: their role says whether they may, and there is somebody to ask.
    ByRole,
    /// They wrote or changed the text, and in their office somebody else approves it.
    ByOthers,
    /// The same, and nobody else may.
    ByNobodyElse,
    /// They may not, and nobody else may.
    ByNobody,
}
