//! What a list does to somebody who is known here.

use super::Person;
use crate::subscribers::{Event, Status};

/// See the module's head.
pub(super) enum Outcome {
    /// They are gone, as they are there.
    Moves {
        event: Event,
        /// They confirmed here by themselves, and the list does not say when they left.
        overrules: bool,
    },
    /// They asked here, and the list's consent confirms them.
    Confirms,
    /// They go on as they are, with these topics besides.
    Gains(Vec<i64>),
    /// They are confirmed in both.
    Known,
    /// They left there before they confirmed here by themselves.
    CameBack,
    /// One of the two waits for a confirmation: they go on as they are.
    Waits,
    /// They are gone here, and stay so.
    Stays,
}

/// Where somebody stands here.
pub(super) struct Standing {
    pub id: i64,
    pub status: Status,
    pub topics: Vec<i64>,
    /// They must not be mailed.
    pub suppressed: bool,
    /// Topics that they had and gave up here.
    pub given_up: Vec<i64>,
    /// When they last confirmed by themselves, if the list says that they are gone.
    pub own_word: Option<i64>,
}

impl Outcome {
    pub(super) fn of(here: &Standing, person: &Person) -> Self {
        let there = person.row.status;
        if let Some(event) = Event::of(there) {
            return match here.status.after(event) {
                Some(_) if here.came_back_after(person) => Self::CameBack,
                Some(_) => Self::Moves {
                    event,
                    overrules: here.own_word.is_some() && person.left.is_none(),
                },
                None => Self::Stays,
            };
        }
        match (here.status, there) {
            // Of who asked anew after they were erased or left, only they themselves decide.
            (Status::Pending, _) if here.suppressed => Self::Stays,
            (Status::Pending, Status::Confirmed) => Self::Confirms,
            // Without topics in the file or on the command line nobody gains those that they left.
            (Status::Confirmed, Status::Confirmed) => {
                let topics = person.topics.iter().copied();
                let gained: Vec<i64> = topics
                    .filter(|topic| !here.topics.contains(topic) && !here.given_up.contains(topic))
                    .collect();
                if gained.is_empty() || !person.says_topics {
                    Self::Known
                } else {
                    Self::Gains(gained)
                }
            }
            (Status::Confirmed | Status::Pending, _) => Self::Waits,
            _ => Self::Stays,
        }
    }
}

impl Standing {
    /// Whether the list names a topic for them that they gave up here.
    pub(super) fn gave_up_any_of(&self, person: &Person) -> bool {
        person.row.status == Status::Confirmed
            && self.status == Status::Confirmed
            && person.topics.iter().any(|id| self.given_up.contains(id))
    }

    /// Whether their own word is newer than the list's, which says when they left. A complaint is no such word
    /// that anybody takes back.
    fn came_back_after(&self, person: &Person) -> bool {
        Person::GOES.contains(&person.row.status)
            && self
                .own_word
                .zip(person.left)
                .is_some_and(|(own, left)| left < own)
    }
}

impl Person {
    /// Where a list may say that somebody stands who has come back since: no complaint, and no "never again".
    pub(super) const GOES: [Status; 2] = [Status::Unsubscribed, Status::Bounced];
}

impl Event {
    /// What a list that says this of somebody does to who is subscribed here. `None`: it takes nobody
    /// off.
    fn of(status: Status) -> Option<Self> {
        match status {
            Status::Confirmed | Status::Pending => None,
            Status::Unsubscribed => Some(Self::LeftElsewhere),
            Status::Bounced => Some(Self::Bounce),
            Status::Complained => Some(Self::Complain),
            Status::Blocked => Some(Self::Never),
        }
    }
}
