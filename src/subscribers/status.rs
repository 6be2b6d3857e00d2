//! Where a subscriber stands, and what moves them.

/// Where a subscriber stands. Only [`Status::Confirmed`] is mailed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Asked, not yet confirmed.
    Pending = 0,
    /// May be mailed.
    Confirmed = 1,
    /// Left.
    Unsubscribed = 2,
    /// Their address takes no mail.
    Bounced = 3,
    /// Called our mail spam.
    Complained = 4,
    /// Asked never to be written to again.
    Blocked = 5,
}

/// What can happen to a subscriber.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The landing page's button, with a token that holds.
    Confirm,
    /// One click, the page's button, or no topic left.
    Leave,
    /// "Never write to me again".
    Never,
    /// An operator's import with a consent of its own.
    Import,
    /// A hard bounce.
    Bounce,
    /// An authentic complaint.
    Complain,
}

impl Status {
    /// The status that the database keeps as `number`.
    #[must_use]
    pub fn from_number(number: i16) -> Option<Self> {
        [
            Self::Pending,
            Self::Confirmed,
            Self::Unsubscribed,
            Self::Bounced,
            Self::Complained,
            Self::Blocked,
        ]
        .into_iter()
        .find(|status| *status as i16 == number)
    }

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Confirmed => "confirmed",
            Self::Unsubscribed => "unsubscribed",
            Self::Bounced => "bounced",
            Self::Complained => "complained",
            Self::Blocked => "blocked",
        }
    }

    /// Where `event` leads. `None`: nowhere, and whoever caused it gets the same answer as always.
    ///
    /// Asking on the form is not among the events: until the mail is confirmed, someone who left
    /// has left. If the form alone made them pending, anybody could turn "unsubscribed" into
    /// "unknown" by typing the address and waiting for it to expire.
    #[must_use]
    pub fn after(self, event: Event) -> Option<Self> {
        use Status::{Blocked, Bounced, Complained, Confirmed, Pending, Unsubscribed};
        match (self, event) {
            // O9: coming back takes a whole new opt-in; a complaint or a block is for good.
            // An import never brings back who left, bounced or complained.
            (Pending | Unsubscribed | Bounced, Event::Confirm) | (Pending, Event::Import) => {
                Some(Confirmed)
            }
            (Confirmed, Event::Leave) => Some(Unsubscribed),
            (Pending | Confirmed | Unsubscribed | Bounced, Event::Never) => Some(Blocked),
            (Confirmed | Pending, Event::Bounce) => Some(Bounced),
            (Pending | Confirmed | Unsubscribed | Bounced, Event::Complain) => Some(Complained),
            _ => None,
        }
    }

    /// Whether the form may lead to a confirmation mail: not to who is on the list, and not to who
    /// asked to be left alone.
    #[must_use]
    pub fn may_be_asked(self) -> bool {
        self.after(Event::Confirm).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn events() -> impl Strategy<Value = Vec<Event>> {
        proptest::collection::vec(
            prop_oneof![
                Just(Event::Confirm),
                Just(Event::Leave),
                Just(Event::Never),
                Just(Event::Import),
                Just(Event::Bounce),
                Just(Event::Complain),
            ],
            0..20,
        )
    }

    proptest! {
        #[test]
        fn o9_only_a_confirmation_brings_anyone_back(events in events()) {
            let mut status = Status::Pending;
            let mut left = false;
            for event in events {
                if let Some(next) = status.after(event) {
                    if left && next == Status::Confirmed {
                        prop_assert_eq!(event, Event::Confirm);
                        prop_assert!(!matches!(status, Status::Complained | Status::Blocked));
                    }
                    left |= !matches!(next, Status::Pending | Status::Confirmed);
                    status = next;
                }
            }
        }
    }

    #[test]
    fn the_table_of_what_leads_nowhere() {
        for (status, event) in [
            (Status::Complained, Event::Confirm),
            (Status::Blocked, Event::Confirm),
            (Status::Unsubscribed, Event::Import),
            (Status::Bounced, Event::Import),
            (Status::Complained, Event::Import),
            (Status::Pending, Event::Leave),
            (Status::Confirmed, Event::Confirm),
        ] {
            assert_eq!(status.after(event), None, "{status:?} {event:?}");
        }
        for number in 0..6 {
            assert_eq!(Status::from_number(number).unwrap() as i16, number);
        }
        assert_eq!(Status::from_number(6), None);
    }
}
