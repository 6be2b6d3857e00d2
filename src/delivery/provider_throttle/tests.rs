//! Providers that ask for patience, without a relay.

use super::{slow_provider::TURN_MS, *};
use crate::{
    clock::HOUR,
    delivery::{reply_class::Stage, testing},
};

fn reply(code: u16, enhanced: Option<(u8, u16, u16)>, words: &str) -> Reply {
    Reply {
        code,
        enhanced,
        words: words.to_owned(),
        stage: Stage::Recipient,
    }
}

fn too_fast() -> Reply {
    reply(421, Some((4, 7, 28)), "4.7.28 slow")
}

fn at(ms: i64) -> Clock {
    Clock::fixed_at(crate::clock::instant(ms))
}

/// Where the DNS has said of these domains whose they are.
fn knowing(domains: &[(&str, &str)]) -> ProviderThrottle {
    let all = ProviderThrottle::default();
    for (domain, provider) in domains {
        learn(&all, domain, provider);
    }
    all
}

fn learn(all: &ProviderThrottle, domain: &str, provider: &str) {
    let found = Ok(provider.to_owned());
    all.providers
        .learn(domain.to_owned(), found, Instant::now());
}

/// The provider refuses with the usual words of Gmail.
fn refuse(all: &ProviderThrottle, email: &str, now: i64) {
    all.deferred(email, &too_fast(), Scope::Relay, now);
}

#[test]
fn p13_a_rate_limit_stops_the_provider_for_ten_minutes_and_it_comes_back_one_by_one() {
    let all = knowing(&[
        ("gmail.com", "google.com"),
        ("hosted.example", "google.com"),
        ("example.org", "example.org"),
    ]);
    assert!(matches!(
        all.decide("a@gmail.com", &at(0)),
        SendDecision::Send(None)
    ));
    refuse(&all, "a@gmail.com", 0);
    for reader in ["b@gmail.com", "b@hosted.example"] {
        let leave = all.decide(reader, &at(1));
        assert!(matches!(leave, SendDecision::WaitUntil(until) if until == RATE_LIMITED_WAIT_MS));
    }
    let leave = all.decide("b@example.org", &at(1));
    assert!(matches!(leave, SendDecision::Send(None)));
    // What was on its way when the provider refused does not make it well.
    for _ in 0..=RECOVERED {
        all.took("b@gmail.com", &at(1));
    }
    let later = at(RATE_LIMITED_WAIT_MS);
    let SendDecision::Send(Some(pass)) = all.decide("b@hosted.example", &later) else {
        panic!("the first may go")
    };
    for reader in ["c@gmail.com", "c@hosted.example"] {
        assert!(matches!(all.decide(reader, &later), SendDecision::Queue));
    }
    drop(pass);
    all.took("b@hosted.example", &later);
    let passes = (
        all.decide("c@gmail.com", &later),
        all.decide("d@hosted.example", &later),
    );
    assert!(matches!(
        passes,
        (SendDecision::Send(Some(_)), SendDecision::Send(Some(_)))
    ));
    assert!(matches!(
        all.decide("e@gmail.com", &later),
        SendDecision::Queue
    ));
    drop(passes);
    for _ in 0..RECOVERED {
        all.took("c@gmail.com", &later);
    }
    assert!(matches!(
        all.decide("e@gmail.com", &later),
        SendDecision::Send(None)
    ));
}

#[test]
fn s11_a_greylisted_reader_slows_nobody_and_a_provider_that_defers_all_is_left_alone() {
    let all = knowing(&[("example.org", "example.org")]);
    let greylisted = reply(450, Some((4, 7, 1)), "greylisted");
    for _ in 1..REFUSALS_IN_A_ROW {
        all.deferred("a@example.org", &greylisted, Scope::Recipient, 0);
        assert!(matches!(
            all.decide("b@example.org", &at(0)),
            SendDecision::Send(_)
        ));
        // Nor does it send anyone to the DNS.
        let unknown = all.decide("a@unknown.example", &at(0));
        assert!(matches!(unknown, SendDecision::Send(None)));
    }
    all.deferred("a@example.org", &greylisted, Scope::Recipient, 0);
    let leave = all.decide("b@example.org", &at(0));
    assert!(matches!(leave, SendDecision::WaitUntil(until) if until == SHORTEST_WAIT_MS));
    // Set back by a year, the clock costs an hour at most.
    let a_year_ago = -365 * 24 * HOUR;
    let leave = all.decide("b@example.org", &at(a_year_ago));
    assert!(
        matches!(leave, SendDecision::WaitUntil(until) if until <= LONGEST_WAIT_MS + a_year_ago)
    );
}

#[test]
fn p13_while_it_is_looked_up_whose_a_domain_is_its_mail_waits() {
    let all = knowing(&[("known.example", "other.example")]);
    refuse(&all, "a@gmail.com", 0);
    // Whose gmail.com is, is not known yet: it may be anyone's.
    for reader in ["b@known.example", "b@hosted.example"] {
        assert!(matches!(all.decide(reader, &at(1)), SendDecision::Queue));
    }
    assert!(matches!(
        all.decide("b@gmail.com", &at(1)),
        SendDecision::WaitUntil(_)
    ));
    learn(&all, "gmail.com", "google.com");
    let leave = all.decide("b@known.example", &at(1));
    assert!(matches!(leave, SendDecision::Send(None)));
    assert!(matches!(
        all.decide("b@hosted.example", &at(1)),
        SendDecision::Queue
    ));
    learn(&all, "hosted.example", "google.com");
    for reader in ["b@gmail.com", "b@hosted.example"] {
        assert!(matches!(
            all.decide(reader, &at(1)),
            SendDecision::WaitUntil(_)
        ));
    }
}

#[test]
fn p13_a_relays_own_limit_is_no_providers() {
    let all = knowing(&[("example.org", "example.org")]);
    let relays = reply(421, None, "too many messages on this connection");
    all.deferred("a@example.org", &relays, Scope::Relay, 0);
    let leave = all.decide("b@example.org", &at(1));
    assert!(matches!(leave, SendDecision::Send(None)));
    for words in ["4.7.0 [TSS04] deferred", "RP-001 rate"] {
        let all = knowing(&[("example.org", "example.org")]);
        all.deferred("a@example.org", &reply(421, None, words), Scope::Relay, 0);
        let leave = all.decide("b@example.org", &at(1));
        assert!(matches!(leave, SendDecision::WaitUntil(_)), "{words}");
    }
}

#[tokio::test]
async fn p13_after_the_wait_all_workers_together_come_back_one_message_at_a_time() {
    let now = 1_700_000_000_000;
    let clock = at(now);
    let (app, _folder) = testing::app(clock.clone()).await;
    let workers: Vec<ProviderThrottle> = (0..4)
        .map(|_| knowing(&[("gmail.com", "google.com")]))
        .collect();
    for (place, worker) in workers.iter().enumerate() {
        worker.share_among(workers.len(), place);
    }
    let exchange = async || {
        for _ in 0..2 {
            for worker in &workers {
                worker.exchange(&app).await.unwrap();
            }
        }
    };
    // As many as there are leave for, each worker as often as it may.
    let go = |clock: &Clock| {
        let mut passes = Vec::new();
        for (place, worker) in workers.iter().enumerate() {
            while let SendDecision::Send(Some(pass)) = worker.decide("a@gmail.com", clock) {
                passes.push((place, pass));
            }
        }
        passes
    };
    refuse(&workers[0], "a@gmail.com", now);
    exchange().await;
    assert!(go(&clock).is_empty());
    clock.advance_ms(RATE_LIMITED_WAIT_MS);
    let first = go(&clock);
    assert_eq!(first.len(), 1);
    let whose = first[0].0;
    drop(first);
    // Who does nothing with its turn has it only for a while.
    clock.advance_ms(TURN_MS);
    let second = go(&clock);
    assert_eq!(second.len(), 1);
    assert_ne!(second[0].0, whose);
    let mut at_a_time = 1;
    let mut passes = second;
    while at_a_time <= RECOVERED {
        assert_eq!(passes.len(), at_a_time);
        let (taker, pass) = passes.pop().unwrap();
        drop((pass, passes));
        workers[taker].took("a@gmail.com", &clock);
        exchange().await;
        at_a_time += 1;
        if at_a_time <= RECOVERED {
            passes = go(&clock);
        } else {
            passes = Vec::new();
        }
    }
    for worker in &workers {
        let leave = worker.decide("a@gmail.com", &clock);
        assert!(matches!(leave, SendDecision::Send(None)), "{leave:?}");
    }
}

#[tokio::test]
async fn p13_what_one_worker_was_told_holds_for_all_domains_at_the_others() {
    let now = 1_700_000_000_000;
    let clock = at(now);
    let (app, _folder) = testing::app(clock.clone()).await;
    let one = knowing(&[("gmail.com", "google.com")]);
    let other = knowing(&[("hosted.example", "google.com"), ("a.example", "a.example")]);
    refuse(&one, "a@gmail.com", now);
    // Not under its own name while that is being looked up.
    refuse(&one, "a@nameless.example", now);
    one.exchange(&app).await.unwrap();
    other.exchange(&app).await.unwrap();
    let leave = other.decide("b@hosted.example", &clock);
    assert!(matches!(leave, SendDecision::WaitUntil(until) if until == now + RATE_LIMITED_WAIT_MS));
    assert!(matches!(
        other.decide("b@a.example", &clock),
        SendDecision::Send(None)
    ));
    learn(&one, "nameless.example", "a.example");
    one.exchange(&app).await.unwrap();
    other.exchange(&app).await.unwrap();
    assert!(matches!(
        other.decide("b@a.example", &clock),
        SendDecision::WaitUntil(_)
    ));
    // Set back by a day, the clock costs an hour at most, and so does what was written before.
    clock.advance_ms(-24 * HOUR);
    assert!(matches!(
        other.decide("b@a.example", &clock),
        SendDecision::WaitUntil(_)
    ));
    clock.advance_ms(HOUR);
    other.exchange(&app).await.unwrap();
    assert!(matches!(
        other.decide("b@a.example", &clock),
        SendDecision::Send(_)
    ));
}
