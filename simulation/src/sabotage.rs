//! Faults that are built in on purpose, to see that the simulation finds them: the database forgets or
//! adds something behind the engine's back, as an engine would that has the fault itself.

use clap::ValueEnum;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sabotage {
    /// Some outcomes are not recorded.
    ForgetOutcome,
    /// Some readers are never queued.
    ForgetReader,
    /// Who leaves is told so, and stays.
    ForgetUnsubscribe,
    /// What was reserved of the rate limit and not used is not given back.
    LosePermit,
    /// What is reserved of the rate limit is not written down.
    ForgetRate,
    /// Who is to be tried again fails.
    FailDeferred,
    /// One reader's refusal pauses the newsletter.
    PauseForOne,
    /// Who got a message is queued again.
    QueueTwice,
}

impl Sabotage {
    /// The triggers that do it, for `SQLite`.
    #[must_use]
    pub fn sql(self) -> &'static str {
        match self {
            Self::ForgetOutcome => {
                "CREATE TRIGGER sabotage BEFORE UPDATE ON delivery
                 WHEN NEW.state = 3 AND OLD.state <> 3 AND NEW.subscriber_id % 5 = 0
                 BEGIN SELECT RAISE(IGNORE); END"
            }
            Self::ForgetReader => {
                "CREATE TRIGGER sabotage BEFORE INSERT ON delivery WHEN NEW.subscriber_id % 5 = 0
                 BEGIN SELECT RAISE(IGNORE); END"
            }
            Self::ForgetUnsubscribe => {
                "CREATE TRIGGER sabotage BEFORE UPDATE OF status ON subscriber WHEN OLD.status = 1
                 BEGIN SELECT RAISE(IGNORE); END;
                 CREATE TRIGGER sabotage_too BEFORE DELETE ON subscription
                 BEGIN SELECT RAISE(IGNORE); END"
            }
            Self::LosePermit => {
                "CREATE TRIGGER sabotage BEFORE UPDATE OF taken_in_day ON relay
                 WHEN (SELECT coalesce(sum(value ->> 1), 0) FROM json_each(NEW.taken_in_day))
                    < (SELECT coalesce(sum(value ->> 1), 0) FROM json_each(OLD.taken_in_day))
                 BEGIN SELECT RAISE(IGNORE); END"
            }
            Self::ForgetRate => {
                "CREATE TRIGGER sabotage BEFORE UPDATE OF next_free_ns ON relay
                 BEGIN SELECT RAISE(IGNORE); END"
            }
            Self::FailDeferred => {
                "CREATE TRIGGER sabotage AFTER UPDATE ON delivery WHEN NEW.state = 2
                 BEGIN UPDATE delivery SET state = 4
                       WHERE newsletter_id = NEW.newsletter_id AND subscriber_id = NEW.subscriber_id; END"
            }
            Self::PauseForOne => {
                "CREATE TRIGGER sabotage AFTER UPDATE ON delivery WHEN NEW.state = 4
                 BEGIN UPDATE newsletter SET state = 3 WHERE id = NEW.newsletter_id; END"
            }
            Self::QueueTwice => {
                "CREATE TRIGGER sabotage AFTER UPDATE ON delivery WHEN NEW.state = 3 AND NEW.attempts = 1
                 BEGIN UPDATE delivery SET state = 0, worker = NULL
                       WHERE newsletter_id = NEW.newsletter_id AND subscriber_id = NEW.subscriber_id
                         AND subscriber_id % 5 = 0; END"
            }
        }
    }
}
