//! What comes of a message after the relay's reply: the outcome that is recorded, when it is tried again,
//! and whether its newsletter pauses because the fault is not the reader's.

use std::time::Duration;

use tokio::time::Instant;

use super::Sender;
use crate::{
    address::veil_of,
    clock::{MINUTE, instant},
    config::RetryTimes,
    delivery::{
        circuit_breaker::{
            REFUSES_MANY, REFUSES_MOST_AS_UNKNOWN, REFUSES_US, Refused, Suspect, TooOften,
        },
        outcome::{MessageKey, Outcome},
        provider_throttle::is_providers_limit,
        reply_class::Stage,
        retry::{self, Next, Tried},
        sender_quota,
        smtp::{Reply, Scope, Verdict, calls_unknown, classify, takes_nothing_now},
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
        let refuses_us = matches!(scope, Scope::Sender | Scope::SenderQuota);
        let job = match job {
            Job::Delivery(prepared, claimed, _)
                if refuses_us && self.another_relay_takes_mail() =>
            {
                let free_at = sender_quota::free_at(reply, now);
                let free_in = free_at.map(|at| Duration::from_millis((at - now).unsigned_abs()));
                self.relay
                    .refused_us(reply, free_in.filter(|_| scope == Scope::SenderQuota));
                self.shared.requeue_back(prepared, claimed);
                return;
            }
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
                if let Some(fault) = self.fault_of_newsletter(place, &job, reply, scope)
                    && !self.is_known_as_old(&job, fault).await =>
            {
                // Going on would have every message refused, and nobody's address is at fault.
                if self.another_relay_takes_mail() {
                    self.relay.refused_us(reply, None);
                    if let Job::Delivery(prepared, ..) = &job {
                        self.shared.breaker.diverted(prepared.newsletter.id);
                    }
                } else {
                    self.stop_newsletter(&job, fault, reply).await;
                }
                self.not_held_against(&job, reply)
            }
            // One mail to one person stops nothing, and is not given up for what is not that person's.
            (Verdict::Failed, scope)
                if scope != Scope::Recipient && matches!(job, Job::TransactionalMail(_)) =>
            {
                self.later(&job, reply.code, &reply.words)
            }
            // What is said of the sender to one reader alone may be over at the next attempt: it fails nobody.
            (Verdict::Failed, Scope::Sender) => self.later(&job, reply.code, &reply.words),
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
        let refused = Refused {
            newsletter,
            subscriber,
            allowed_at: self.allowed_at(place),
        };
        let fault = match scope {
            Scope::SenderQuota => Fault::Quota,
            Scope::Sender => Fault::Sender,
            Scope::Message if breaker.has_accepted(newsletter) => Fault::Unclear,
            Scope::Message => Fault::Message,
            Scope::Unclear => Fault::Unclear,
            Scope::Recipient if (500..600).contains(&reply.code) => {
                let words = reply.words.replace(job.recipient(), "");
                let too_often = breaker.refused_reader(refused, &words, calls_unknown(reply));
                return too_often.map(|too_often| match too_often {
                    TooOften::Unknown => Fault::Everybody,
                    TooOften::Alike => Fault::Unclear,
                });
            }
            Scope::Recipient | Scope::Relay => {
                breaker.put_off(newsletter);
                return None;
            }
        };
        // MAIL names no reader. Behind it, it may be one reader's own block of us, whatever the words are.
        let pauses = scope != Scope::Unclear && reply.stage == Stage::Sender || {
            let suspect = match scope {
                Scope::Unclear => Suspect::Anybody,
                _ => Suspect::Us {
                    others_to_ask: self.current.job.is_some()
                        || self.behind.job.is_some()
                        || self.shared.has_others_of(newsletter),
                },
            };
            breaker.refused_unclearly(refused, reply, suspect)
        };
        pauses.then_some(fault)
    }

    /// Whether somebody has let a newsletter go on that was paused because most readers are unknown: then its list
    /// is as old as that, and it does not stop for it again.
    async fn is_known_as_old(&self, job: &Job, fault: Fault) -> bool {
        let (Fault::Everybody, Job::Delivery(prepared, ..)) = (fault, job) else {
            return false;
        };
        let (app, id) = (&self.shared.app, prepared.newsletter.id);
        let was_stopped = newsletters::was_stopped_with(app, id, REFUSES_MOST_AS_UNKNOWN).await;
        let is_old = was_stopped.unwrap_or_else(|error| {
            tracing::error!(%error, "cannot look at why the newsletter was paused before");
            false
        });
        if is_old {
            self.shared.breaker.let_go_on(id);
        }
        is_old
    }

    /// When the database allowed the message in this place.
    fn allowed_at(&self, place: usize) -> Instant {
        let message = [&self.current, &self.behind][place.min(1)];
        message.allowed_at.unwrap_or_else(Instant::now)
    }

    /// Whether a relay besides this one is not left alone.
    fn another_relay_takes_mail(&self) -> bool {
        let mut others = self.shared.relays.iter();
        others.any(|other| other.id != self.relay.id && other.wait().is_none())
    }

    /// The relay broke the connection behind the end of a message, and that is news: five readers in a row, and
    /// it will do so with everybody.
    pub(super) async fn doubted(&mut self, job: &Job, why: &str) {
        let MessageKey::Delivery {
            newsletter,
            subscriber,
            ..
        } = job.key()
        else {
            return;
        };
        let reply = Reply {
            code: 0,
            enhanced: None,
            words: why.to_owned(),
            stage: Stage::Content,
        };
        let refused = Refused {
            newsletter,
            subscriber,
            allowed_at: self.allowed_at(0),
        };
        let breaker = &self.shared.breaker;
        if breaker.refused_unclearly(refused, &reply, Suspect::Anybody) {
            self.stop_newsletter(job, Fault::Doubt, &reply).await;
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
        // It stands on pages of viewers, too.
        let said = match fault {
            Fault::Doubt => veil_of(&reply.words, job.recipient()),
            _ => veil_of(&reply.to_string(), job.recipient()),
        };
        let id = prepared.newsletter.id;
        let reason = fault.explain(&self.relay.name, reply.code, &said);
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

/// RFC 4954 §6: 530 and 535 are about the login.
fn asks_for_login(code: u16) -> bool {
    matches!(code, 530 | 534 | 535 | 538)
}

/// RFC 3207 §4: the relay takes nothing without TLS, and has its login behind that.
fn names_starttls(said: &str) -> bool {
    said.to_ascii_lowercase().contains("starttls")
}

/// Why a newsletter cannot go on.
#[derive(Debug, Clone, Copy)]
enum Fault {
    Quota,
    Sender,
    Message,
    Unclear,
    /// Most readers are refused as unknown.
    Everybody,
    /// No reply comes to the end of messages.
    Doubt,
}

impl Fault {
    /// For staff: what happened, in the relay's words, and what to do.
    fn explain(self, relay: &str, code: u16, said: &str) -> String {
        let (what, to_do) = match self {
            Self::Quota => (
                "says that it takes no more from us for now: our sending limit there is used up",
                "It can go on when the limit is free again (a daily limit: tomorrow); the operator of the relay may set a higher one",
            ),
            Self::Sender if asks_for_login(code) && !names_starttls(said) => (
                "wants a login before it takes our mail",
                "Set user and password in GAZETTE_SMTP_URL, or correct them, then resume it",
            ),
            Self::Sender => (
                REFUSES_US,
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
            Self::Everybody => (
                REFUSES_MOST_AS_UNKNOWN,
                "Ask the operator of the relay whether it knows these mailboxes. Where the list is as old as that, resume it: it does not stop for this again",
            ),
            Self::Doubt => {
                return format!(
                    "The relay {relay} breaks the connection behind the end of each message, so that nobody knows whether it arrived: {said}. Ask the operator of the relay to mend that, then resume it. Nobody was skipped; who may have it already may get it again."
                );
            }
        };
        format!(
            "The relay {relay} {what}. It said: {said}. {to_do}. Nobody was skipped: who has not got it yet gets it then."
        )
    }
}
