//! What is said to whoever presses a button of a newsletter that somebody else pressed before them, or that the
//! clock was quicker than: how it is now, and what can still be done. Nothing of it is a mistake of theirs.

use jiff::tz::TimeZone;

use super::frame::{shown, until};
use crate::{
    clock::Timestamp,
    newsletters::{Newsletter, NewsletterState as State},
};

/// A button of a newsletter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Button {
    Approve,
    Reschedule,
    SendNow,
    Undo,
    Pause,
    Resume,
    SendAgain,
    Cancel,
}

/// How the newsletter is, for whom the button was pressed too late; `None`: its state is not what is in the way.
pub fn as_it_is(
    button: Button,
    newsletter: &Newsletter,
    now: Timestamp,
    zone: &TimeZone,
) -> Option<String> {
    let began = began(newsletter, now, zone);
    Some(match (newsletter.state, button) {
        (State::Draft, Button::Approve | Button::Cancel)
        | (State::Approved, Button::Reschedule | Button::SendNow | Button::Undo | Button::Cancel)
        | (State::Sending, Button::Pause | Button::Cancel)
        | (State::Paused, Button::Resume | Button::Cancel)
        | (State::Sent, Button::SendAgain) => return None,
        (State::Draft, Button::Undo) => "It is a draft already. Nobody got it.".to_owned(),
        (State::Draft, _) => {
            "It is a draft again, and nobody got it. It has to be approved before it is sent."
                .to_owned()
        }
        (State::Approved, Button::Approve) => {
            "It is approved already. Nobody has got it yet.".to_owned()
        }
        (State::Approved, _) => "It has not begun yet, and nobody has got it.".to_owned(),
        (State::Sending, Button::Undo) => {
            format!("It is too late to take it back: {began} You can pause it.")
        }
        (State::Sending, Button::Reschedule) => {
            format!("It is too late for another time: {began} You can pause it.")
        }
        (State::Sending, Button::Resume | Button::SendAgain) => {
            "It is being sent already.".to_owned()
        }
        (State::Sending, _) => format!("It is approved already: {began} You can pause it."),
        (State::Paused, Button::Pause) => {
            "It is paused already. Nothing more is sent until somebody resumes it.".to_owned()
        }
        (State::Paused, _) => format!(
            "It is too late: {began} It is paused by now, and nothing more is sent until somebody resumes it."
        ),
        (State::Sent, Button::Undo) => {
            format!("It is too late to take it back: {began} It is sent.")
        }
        (State::Sent, _) => "It is sent already.".to_owned(),
        (State::Cancelled, Button::Cancel) => {
            "It is cancelled already. Nobody else will get it.".to_owned()
        }
        (State::Cancelled, _) => "It is cancelled. Nobody else will get it.".to_owned(),
    })
}

/// `sending began at 6:31 p.m.`, with its full stop.
fn began(newsletter: &Newsletter, now: Timestamp, zone: &TimeZone) -> String {
    let Some(at) = newsletter.started_at else {
        return "sending has begun.".to_owned();
    };
    let (short, long) = (until(at, now, zone), shown(at, zone));
    let when = if short == long {
        format!("on {long}")
    } else {
        format!("at {short}")
    };
    format!("sending began {}.", when.trim_end_matches('.'))
}
