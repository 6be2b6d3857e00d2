//! What comes of a message after the relay's reply: the outcome that is recorded, when it is tried again,
//! and whether its newsletter pauses because the fault is not the reader's.

use tokio::time::Instant;

use super::Sender;
use crate::{
    address::veil_of,
    clock::{MINUTE, instant},
    config::RetryTimes,
    delivery::{
        circuit_breaker::REFUSES_MANY,
        outcome::{MessageKey, Outcome},
        provider_throttle::is_providers_limit,
        reply_class::Stage,
        retry::{self, Next, Tried},
        sender_quota,
        smtp::{Reply, Scope, Verdict, classify, takes_nothing_now},
        worker_state::Job,
    },
    newsletters,
};

impl Sender {
    /// Notes what a reply means for a message; it is recorded with the next step.
    pub(super) async fn conclude(&mut self, place: usize, job: Option<Job>, reply: &Reply) {
        let Some(job) = job else {
            return;
        };
        let (verdict, scope) = classify(reply);
        if verdict == Verdict::Accepted {
            self.took += 1;
            self.relay.works(&self.shared.relays);
            let clock = &self.shared.app.clock;
            self.shared.throttle.took(job.recipient(), clock);
            if let MessageKey::Delivery { newsletter, .. } = job.key() {
                self.shared.breaker.accepted(newsletter);
            }
            self.note_outcome(place, &job, Outcome::Accepted);
            return;
        }
        tracing::info!(
            relay = self.relay.name,
            reply = veil_of(&reply.to_string(), job.recipient()),
            ?scope,
            "a message was not taken"
        );
        let now = self.shared.app.clock.now_ms();
        if verdict == Verdict::Deferred {
            self.shared
                .throttle
                .deferred(job.recipient(), reply, scope, now);
        }
        let job = match job {
            // It goes out again at once, on a new connection. Each time the relay has taken another
            // message before, so this comes to an end.
            Job::Delivery(..) if self.took > 0 && is_of_connection(reply) => {
                self.shared.requeue_front(job);
                return;
            }
            job => job,
        };
        if reply.is_closing() {
            // 421 is about this connection; only a relay that takes nothing is left alone.
            self.relay.scaling.object(Instant::now());
            if self.served <= 1 {
                self.relay.failed(&format!(
                    "relay `{}` closes connections: {reply}",
                    self.relay.name
                ));
            }
        }
        let takes_nothing =
            takes_nothing_now(reply) && !is_providers_limit(reply) && self.relay.refused(reply);
        let job = match job {
            // It says the same to everyone, and nobody's hours are to be spent on that.
            Job::Delivery(prepared, claimed, _) if takes_nothing => {
                self.shared.requeue_back(prepared, claimed);
                return;
            }
            // Transactional mail goes by the schedule: ahead of all others, it would be all that is tried.
            job => job,
        };
        let outcome = match (verdict, scope) {
            (Verdict::Failed, _) | (_, Scope::SenderQuota | Scope::Sender)
                if let Some(fault) = self.fault_of_newsletter(place, &job, reply, scope) =>
            {
                // Going on would have every message refused, and nobody's address is at fault.
                self.stop_newsletter(&job, fault, reply).await;
                self.not_held_against(&job, reply)
            }
            (Verdict::Failed, _) => Outcome::Failed(reply.code, reply.words.clone()),
            // An outage of the relay is over soon, as a rule.
            (_, Scope::Relay) if !is_providers_limit(reply) => {
                self.again(retry::after_doubt, &job, reply.code, &reply.words)
            }
            _ => self.later(&job, reply.code, &reply.words),
        };
        self.note_outcome(place, &job, outcome);
    }

    /// What a refusal says about the whole newsletter, if it does: then it pauses.
    fn fault_of_newsletter(
        &self,
        place: usize,
        job: &Job,
        reply: &Reply,
        scope: Scope,
    ) -> Option<Fault> {
        let MessageKey::Delivery {
            newsletter,
            subscriber,
            ..
        } = job.key()
        else {
            return None;
        };
        let breaker = &self.shared.breaker;
        match scope {
            Scope::SenderQuota => Some(Fault::Quota),
            Scope::Sender => Some(Fault::Sender),
            // Where others were taken, not the message as such is at fault.
            Scope::Message if !breaker.has_accepted(newsletter) => Some(Fault::Message),
            Scope::Message | Scope::Unclear => {
                let message = [&self.current, &self.behind][place.min(1)];
                let allowed_at = message.allowed_at.unwrap_or_else(Instant::now);
                breaker
                    .refused_unclearly(newsletter, subscriber, reply, allowed_at)
                    .then_some(Fault::Unclear)
            }
            Scope::Recipient | Scope::Relay => {
                breaker.refused_reader(newsletter);
                None
            }
        }
    }

    /// It comes again as soon as its newsletter goes on. Transactional mail goes by the schedule.
    fn not_held_against(&self, job: &Job, reply: &Reply) -> Outcome {
        match job {
            Job::Delivery(..) => {
                let now = self.shared.app.clock.now_ms();
                Outcome::Deferred(now, reply.code, reply.words.clone())
            }
            Job::TransactionalMail(_) => self.later(job, reply.code, &reply.words),
        }
    }

    fn later(&self, job: &Job, code: u16, words: &str) -> Outcome {
        self.again(retry::after, job, code, words)
    }

    /// When it is tried again, as `when` has it, or that it is given up.
    pub(super) fn again(
        &self,
        when: fn(&RetryTimes, Tried, i64, i64) -> Next,
        job: &Job,
        code: u16,
        words: &str,
    ) -> Outcome {
        let app = &self.shared.app;
        let now = app.clock.now_ms();
        let tried = Tried {
            key: job.key(),
            attempts: job.attempts().saturating_add(1),
        };
        match when(&app.settings.retry, tried, now, self.shared.deadline(job)) {
            Next::At(at) => Outcome::Deferred(at, code, words.to_owned()),
            // The clock was set a moment ago, and the deadlines will be.
            Next::PastDeadline if !self.shared.trying_time.is_steady(&app.clock) => {
                Outcome::Deferred(now + MINUTE, code, words.to_owned())
            }
            Next::PastDeadline => Outcome::Failed(code, format!("given up: {words}")),
        }
    }

    async fn stop_newsletter(&self, job: &Job, fault: Fault, reply: &Reply) {
        let Job::Delivery(prepared, ..) = job else {
            return;
        };
        let (id, reason) = (
            prepared.newsletter.id,
            // It stands on pages of viewers, too.
            fault.explain(
                &self.relay.name,
                &veil_of(&reply.to_string(), job.recipient()),
            ),
        );
        let now = self.shared.app.clock.now_ms();
        let free_at = match fault {
            // Behind the deadline there would be nobody to go on for.
            Fault::Quota => sender_quota::free_at(reply, now).filter(|at| *at < job.deadline()),
            _ => None,
        };
        let stopped =
            newsletters::stop_until(&self.shared.app, id, &reason, free_at.map(instant)).await;
        match stopped {
            Ok(()) => self.shared.breaker.paused(id),
            Err(error) => tracing::error!(%error, "cannot pause the newsletter"),
        }
    }
}

/// Whether a reply closes the connection for what is the connection's own: it has served enough. What is
/// said to the end of a message, and what a mailbox provider says of its rate, is about more than that.
fn is_of_connection(reply: &Reply) -> bool {
    reply.is_closing()
        && matches!(reply.stage, Stage::Sender | Stage::Recipient)
        && classify(reply).1 == Scope::Relay
        && !is_providers_limit(reply)
}

/// Why a newsletter cannot go on.
#[derive(Debug, Clone, Copy)]
enum Fault {
    Quota,
    Sender,
    Message,
    Unclear,
}

impl Fault {
    /// For staff: what happened, in the relay's words, and what to do.
    fn explain(self, relay: &str, reply: &str) -> String {
        let (what, to_do) = match self {
            Self::Quota => (
                "says that it takes no more from us for now: our sending limit there is used up",
                "Resume it when the limit is free again (a daily limit: tomorrow), or ask the operator of the relay for a higher one",
            ),
            Self::Sender => (
                "refuses us as the sender, not the readers",
                "Ask the operator of the relay to allow this sender address (`gazette doctor` shows what is set up), then resume it",
            ),
            Self::Message => (
                "refuses this message, whoever it is for",
                "Mend the newsletter (its size, or what it contains), or ask the operator of the relay, then resume it",
            ),
            Self::Unclear => (
                REFUSES_MANY,
                "Ask the operator of the relay what the words mean, then resume it",
            ),
        };
        format!(
            "The relay {relay} {what}. It said: {reply}. {to_do}. Nobody was skipped: who has not got it yet gets it then."
        )
    }
}
