//! What a relay refuses because of the sender fails no reader, and what it refuses because of one
//! reader stops nobody else.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use gazette::{
    clock::{HOUR, MINUTE},
    newsletters::{self, NewsletterState as State},
    transactional,
};

use crate::{
    app::TestApp,
    peer::{Act, Moment, PIPELINING, Peer, Stage},
    program::Program,
    relay_faults::{approve, copies, progress},
    serving::approved,
};

fn readers(count: usize) -> Vec<String> {
    (0..count)
        .map(|n| format!("reader{n}@example.org"))
        .collect()
}

/// An instance over a relay that answers so until it is mended, and a newsletter to twelve readers.
async fn office(
    answers: impl Fn(&Moment<'_>) -> Option<Act> + Send + Sync + 'static,
) -> (TestApp, Peer, i64, Arc<AtomicBool>) {
    office_of(12, answers).await
}

/// The same with so many readers.
async fn office_of(
    count: usize,
    answers: impl Fn(&Moment<'_>) -> Option<Act> + Send + Sync + 'static,
) -> (TestApp, Peer, i64, Arc<AtomicBool>) {
    let mended = Arc::new(AtomicBool::new(false));
    let peer = Peer::start(PIPELINING, {
        let mended = mended.clone();
        move |moment| {
            if mended.load(Ordering::SeqCst) {
                None
            } else {
                answers(moment)
            }
        }
    })
    .await;
    let app = TestApp::start_with(&["--smtp-url", &peer.url(), "--smtp-connections", "2"]).await;
    app.import(&readers(count)).await;
    let newsletter = app.draft("refused").await;
    approve(&app, newsletter).await;
    (app, peer, newsletter, mended)
}

async fn paused(app: &TestApp, newsletter: i64) -> String {
    app.until("the pause", async || {
        let found = newsletters::find(&app.app, newsletter).await.unwrap();
        (found.state == State::Paused).then_some(found.attention.unwrap_or_default())
    })
    .await
}

/// Who was refused for what is not their fault is put back within a second or two.
async fn nobody_failed(app: &TestApp, newsletter: i64) {
    app.until("nobody to be failed", async || {
        let (_, counts) = progress(app, newsletter).await;
        (counts.failed == 0 && counts.claimed == 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_the_sender_is_refused_for_pauses_the_newsletter_and_everybody_gets_it_once_in_the_end()
 {
    for (stage, words, told) in [
        (
            Stage::Dot,
            "550 5.4.5 Daily user sending limit exceeded",
            "sending limit",
        ),
        (
            Stage::Mail,
            "454 Throttling failure: Daily message quota exceeded.",
            "sending limit",
        ),
        (
            Stage::Dot,
            "554 Message rejected: Email address is not verified",
            "as the sender",
        ),
        (
            Stage::Rcpt,
            "554 5.7.1 <x>: Relay access denied",
            "as the sender",
        ),
        (
            Stage::Mail,
            "550 5.7.60 Client does not have permissions to send as this sender",
            "as the sender",
        ),
        (
            Stage::Dot,
            "550 5.7.26 unauthenticated mail is not accepted",
            "as the sender",
        ),
        (
            Stage::Mail,
            "552 5.3.4 message size exceeds fixed limit",
            "resume it",
        ),
        (
            Stage::Dot,
            "554 5.7.1 this looks like unsolicited mail",
            "many readers",
        ),
        (Stage::Dot, "554 Transaction failed", "many readers"),
        (Stage::Rcpt, "501 Syntax error", "many readers"),
    ] {
        let (app, peer, newsletter, mended) = office(move |moment| {
            (moment.stage == stage && moment.nth > 3).then_some(Act::Say(words))
        })
        .await;
        let attention = paused(&app, newsletter).await;
        assert!(attention.contains(told), "{words}: {attention}");
        assert!(
            attention.contains(words.split_once(' ').unwrap().1),
            "{attention}"
        );
        nobody_failed(&app, newsletter).await;
        mended.store(true, Ordering::SeqCst);
        newsletters::resume(&app.app, newsletter, "staff")
            .await
            .unwrap();
        assert_eq!(app.finished(newsletter).await.accepted, 12, "{words}");
        let copies = copies(&peer);
        assert!(
            copies.len() == 12 && copies.values().all(|ids| ids.len() == 1),
            "{words}"
        );
        app.stop().await;
    }
}

#[tokio::test]
async fn what_one_reader_is_refused_for_stops_nobody_else() {
    for (stage, words) in [
        (Stage::Rcpt, "552 mailbox full"),
        (Stage::Dot, "552 Requested mail action aborted"),
        (Stage::Rcpt, "501 Syntax error in parameters"),
        (Stage::Dot, "552 5.2.3 message too large for this mailbox"),
        (Stage::Dot, "554 5.2.4 mailing list expansion problem"),
        (Stage::Dot, "550 5.7.1 we take no unsolicited mail"),
        (Stage::Rcpt, "550 5.1.1 no such user"),
    ] {
        // The fourth that comes along.
        let (app, _peer, newsletter, _) = office(move |moment| {
            (moment.stage == stage && moment.nth == 4).then_some(Act::Say(words))
        })
        .await;
        let counts = app.finished(newsletter).await;
        assert_eq!((counts.accepted, counts.failed), (11, 1), "{words}");
        app.stop().await;
    }
}

#[tokio::test]
async fn a_list_of_forty_that_a_relay_refuses_nearly_whole_pauses_however_it_says_so() {
    let policy = "554 5.7.1 Message rejected due to local policy";
    for spread in [
        vec![policy, "550 5.7.0 Local Policy Violation"],
        vec![policy, policy, policy, policy, "550 5.1.1 no such user"],
        vec![policy, "250 taken"],
    ] {
        let said = spread.clone();
        let (app, peer, newsletter, mended) = office_of(40, move |moment| {
            (moment.stage == Stage::Dot).then(|| Act::Say(said[moment.nth % said.len()]))
        })
        .await;
        let attention = paused(&app, newsletter).await;
        assert!(attention.contains("many readers"), "{attention}");
        // Of those who are refused for themselves there are few by then.
        app.until("the others to be put back", async || {
            let (_, counts) = progress(&app, newsletter).await;
            (counts.failed <= 2 && counts.claimed == 0).then_some(())
        })
        .await;
        mended.store(true, Ordering::SeqCst);
        newsletters::resume(&app.app, newsletter, "staff")
            .await
            .unwrap();
        let counts = app.finished(newsletter).await;
        assert_eq!(counts.accepted + counts.failed, 40, "{spread:?}");
        assert!(counts.failed <= 2, "{spread:?}: {counts:?}");
        assert!(copies(&peer).values().all(|ids| ids.len() == 1));
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sent_by_the_command_alone_a_newsletter_that_pauses_leaves_nobody_failed() {
    let mended = Arc::new(AtomicBool::new(false));
    let peer = Peer::start(PIPELINING, {
        let mended = mended.clone();
        move |moment| {
            let is_refused = moment.stage == Stage::Dot && moment.nth > 3;
            (is_refused && !mended.load(Ordering::SeqCst))
                .then_some(Act::Say("554 Transaction failed"))
        }
    })
    .await;
    let program = Program::new()
        .with("GAZETTE_SMTP_URL", peer.url())
        .with("GAZETTE_SMTP_CONNECTIONS", "2")
        .with_office()
        .await;
    let id = approved(&program, 12).await;
    let stopped = program.run(&["newsletters", "send", &id, "--wait"]).await;
    assert_eq!(stopped.status, 1, "{}", stopped.out);
    assert!(
        stopped.err.contains("Nobody was skipped"),
        "{}",
        stopped.err
    );
    let shown = program.run(&["newsletters", "show", &id, "--json"]).await;
    let shown: serde_json::Value = serde_json::from_str(&shown.out).unwrap();
    let counts = &shown["counts"];
    assert_eq!(
        (&counts["failed"], &counts["claimed"]),
        (&0.into(), &0.into()),
        "{counts}"
    );
    mended.store(true, Ordering::SeqCst);
    let sent = program.run(&["newsletters", "send", &id, "--wait"]).await;
    assert_eq!(sent.status, 0, "{}", sent.err);
    let copies = copies(&peer);
    assert!(
        copies.len() == 12 && copies.values().all(|ids| ids.len() == 1),
        "{copies:?}"
    );
}

#[tokio::test]
async fn who_meets_a_connection_that_has_served_enough_goes_out_at_once_on_a_new_one() {
    for say in [
        "421 4.7.0 too many messages in this connection",
        "421 4.3.2 shutting down",
    ] {
        let (app, peer, newsletter, _) = office_of(60, move |moment| {
            (moment.stage == Stage::Mail && moment.nth_here > 3).then_some(Act::Say(say))
        })
        .await;
        assert_eq!(app.finished(newsletter).await.accepted, 60);
        // The clock stands still: nobody was put off.
        assert_eq!(app.count("SELECT count(*) FROM delivery_reply").await, 0);
        let copies = copies(&peer);
        assert!(copies.len() == 60 && copies.values().all(|ids| ids.len() == 1));
        assert!(peer.seen().connections <= 60);
        app.stop().await;
    }
}

#[tokio::test]
async fn one_readers_own_block_of_us_stops_nobody_and_words_about_the_sender_are_tried_again() {
    for (stage, words, is_theirs) in [
        (
            Stage::Rcpt,
            "550 5.7.1 <x>: Recipient address rejected: Sender not allowed for this list",
            false,
        ),
        (
            Stage::Dot,
            "554 Message rejected: Email address is not verified.",
            false,
        ),
        (
            Stage::Rcpt,
            "550 5.1.1 <x>: Recipient address rejected: User unknown",
            true,
        ),
    ] {
        let (app, peer, newsletter, _) = office_of(80, move |moment| {
            (moment.stage == stage && moment.nth == 20).then_some(Act::Say(words))
        })
        .await;
        if !is_theirs {
            app.until("all but one", async || {
                let (state, counts) = progress(&app, newsletter).await;
                assert_eq!((state, counts.failed), (State::Sending, 0), "{words}");
                ((counts.accepted, counts.deferred) == (79, 1)).then_some(())
            })
            .await;
            app.app.clock.advance_ms(HOUR);
        }
        let counts = app.finished(newsletter).await;
        let failed = u64::from(is_theirs);
        assert_eq!(
            (counts.accepted, counts.failed),
            (80 - failed, failed),
            "{words}"
        );
        assert!(copies(&peer).values().all(|ids| ids.len() <= 2));
        app.stop().await;
    }
}

#[tokio::test]
async fn a_relay_that_calls_the_whole_list_unknown_pauses_once_and_writes_nobody_off() {
    let words = "550 5.1.1 <x>: Recipient address rejected: User unknown in relay recipient table";
    let (app, peer, newsletter, mended) = office_of(90, move |moment| {
        (moment.stage == Stage::Rcpt).then_some(Act::Say(words))
    })
    .await;
    let attention = paused(&app, newsletter).await;
    assert!(attention.contains("most readers as unknown"), "{attention}");
    nobody_failed(&app, newsletter).await;
    mended.store(true, Ordering::SeqCst);
    newsletters::resume(&app.app, newsletter, "staff")
        .await
        .unwrap();
    assert_eq!(app.finished(newsletter).await.accepted, 90);
    assert!(copies(&peer).values().all(|ids| ids.len() == 1));
    app.stop().await;
    // Where staff know that the list is as old as that, it goes on to its end.
    let (app, _peer, newsletter, _) = office_of(90, move |moment| {
        (moment.stage == Stage::Rcpt).then_some(Act::Say(words))
    })
    .await;
    paused(&app, newsletter).await;
    nobody_failed(&app, newsletter).await;
    // What leaves within a second of the pause may have been on the wire.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    newsletters::resume(&app.app, newsletter, "staff")
        .await
        .unwrap();
    assert_eq!(app.finished(newsletter).await.failed, 90);
    app.stop().await;
}

#[tokio::test]
async fn mail_to_one_person_is_not_given_up_for_what_the_relay_holds_against_the_sender() {
    for (stage, words) in [
        (Stage::Rcpt, "554 5.7.1 Relay access denied"),
        (Stage::Mail, "530 5.7.0 Authentication required"),
        (
            Stage::Mail,
            "553 5.7.60 Client does not have permissions to send as this sender",
        ),
        (
            Stage::Dot,
            "554 Message rejected: Email address is not verified",
        ),
        (Stage::Dot, "554 Transaction failed"),
    ] {
        let mended = Arc::new(AtomicBool::new(false));
        let refuses = mended.clone();
        let peer = Peer::start(PIPELINING, move |moment| {
            let is_refused = moment.stage == stage && !refuses.load(Ordering::SeqCst);
            is_refused.then_some(Act::Say(words))
        })
        .await;
        let app = TestApp::start_with(&["--smtp-url", &peer.url()]).await;
        app.submit("new@example.org").await;
        app.all_answered().await;
        app.until("the refusal", async || {
            let sql = "SELECT count(*) FROM transactional_mail WHERE state = 2 AND attempts = 1";
            (app.count(sql).await == 1).then_some(())
        })
        .await;
        // Whoever watches sees it.
        app.app.clock.advance_ms(20 * MINUTE);
        let put_off = transactional::put_off(app.app.db.pool(), app.app.clock.now_ms());
        let put_off = put_off.await.unwrap().unwrap();
        assert_eq!(put_off.mails, 1);
        assert!(words.ends_with(&put_off.words), "{}", put_off.words);
        mended.store(true, Ordering::SeqCst);
        app.app.clock.advance_ms(30 * MINUTE);
        app.until("the mail", async || {
            let arrived = peer.seen().to("new@example.org");
            arrived
                .iter()
                .any(|mail| mail.told == Some(250))
                .then_some(())
        })
        .await;
        app.stop().await;
    }
}

/// RFC 5321 §4.2.3: the relay is leaving; it has taken nothing.
#[tokio::test]
async fn a_goodbye_to_the_end_of_a_message_takes_nothing() {
    let (app, peer, newsletter, _) = office_of(12, move |moment| {
        (moment.stage == Stage::Dot && moment.nth == 3).then_some(Act::Say("221 2.0.0 closing"))
    })
    .await;
    app.until("the doubt", async || {
        let (_, counts) = progress(&app, newsletter).await;
        (counts.deferred == 1 && counts.accepted == 11).then_some(())
    })
    .await;
    app.app.clock.advance_ms(MINUTE + 1);
    assert_eq!(app.finished(newsletter).await.accepted, 12);
    let taken = peer.seen().received.clone();
    assert_eq!(
        taken.iter().filter(|mail| mail.told == Some(250)).count(),
        12
    );
    app.stop().await;
}

/// Only for one reader, at whose message something in front of the relay hangs up.
#[tokio::test]
async fn who_may_have_got_it_three_times_gets_it_no_more() {
    let peer = Peer::start(PIPELINING, |moment| {
        (moment.stage == Stage::Dot).then_some(Act::Close)
    })
    .await;
    let app = TestApp::start_with(&["--smtp-url", &peer.url(), "--smtp-connections", "1"]).await;
    app.import(&readers(1)).await;
    let newsletter = app.draft("doubted").await;
    approve(&app, newsletter).await;
    for attempts in 1..3 {
        app.until("the next attempt", async || {
            let sql =
                format!("SELECT count(*) FROM delivery WHERE state = 2 AND attempts = {attempts}");
            (app.count(&sql).await == 1).then_some(())
        })
        .await;
        let due_at = app.count("SELECT at FROM delivery").await;
        app.app.clock.advance_ms(due_at - app.app.clock.now_ms());
    }
    assert_eq!(app.finished(newsletter).await.failed, 1);
    assert_eq!(peer.seen().received.len(), 3);
    let given_up = "SELECT count(*) FROM delivery_reply WHERE outcome = 4 AND words LIKE 'given up, as it may have%'";
    assert_eq!(app.count(given_up).await, 1);
    app.stop().await;
}
