//! What single rules ask of the conversation with a relay (S3, S6–S9, M9, P15).

use std::time::Duration;

use gazette::{
    clock::{HOUR, MINUTE},
    newsletters::{self, Counts, NewsletterState as State},
};

use crate::{
    app::TestApp,
    peer::{Act, ONE_BY_ONE, PIPELINING, Peer, Stage},
    relay_faults::{approve, copies, progress},
};

/// An instance that sends over `peer`, one connection, with these readers and a newsletter to them.
async fn office(peer: &Peer, flags: &[&str], readers: &[String]) -> (TestApp, i64) {
    let url = peer.url();
    let mut all = vec!["--smtp-url", url.as_str(), "--smtp-connections", "1"];
    all.extend_from_slice(flags);
    let app = TestApp::start_with(&all).await;
    assert_eq!(app.import(readers).await.imported, readers.len() as u64);
    let newsletter = app.draft("office").await;
    approve(&app, newsletter).await;
    (app, newsletter)
}

fn readers(count: usize) -> Vec<String> {
    (0..count)
        .map(|n| format!("reader{n}@example.org"))
        .collect()
}

#[tokio::test]
async fn p15_a_relay_that_closes_after_five_messages_without_a_word_loses_none() {
    for (offers, act) in [
        (PIPELINING, Act::Close),
        (PIPELINING, Act::Reset),
        (ONE_BY_ONE, Act::Close),
    ] {
        let peer = Peer::start(offers, move |moment| {
            (moment.stage == Stage::Mail && moment.nth_here == 6).then(|| act.clone())
        })
        .await;
        let (app, newsletter) = office(&peer, &[], &readers(50)).await;
        let counts = app.finished(newsletter).await;
        assert_eq!(
            counts,
            Counts {
                accepted: 50,
                ..Counts::default()
            }
        );
        let copies = copies(&peer);
        assert!(copies.len() == 50 && copies.values().all(|ids| ids.len() == 1));
        assert_eq!(peer.seen().connections, 10);
        app.stop().await;
    }
}

#[tokio::test]
async fn s3_a_reply_nine_minutes_after_the_dot_counts() {
    // A hundredth of the time: the limit is six seconds.
    let peer = Peer::start(PIPELINING, |moment| {
        let first = moment.stage == Stage::Dot && moment.nth == 1;
        first.then_some(Act::After(Duration::from_millis(5_400)))
    })
    .await;
    let (app, newsletter) = office(&peer, &["--smtp-patience", "0.01"], &readers(2)).await;
    assert_eq!(app.finished(newsletter).await.accepted, 2);
    assert_eq!(peer.seen().tally(), (1, 2));
    app.stop().await;
}

#[tokio::test]
async fn s3_a_reply_to_mail_four_minutes_after_it_counts_and_six_are_too_many() {
    // A hundredth of the time: the limit is three seconds.
    for (late, connections) in [(2_400, 1), (3_600, 2)] {
        for offers in [PIPELINING, ONE_BY_ONE] {
            let peer = Peer::start(offers, move |moment| {
                let first = moment.stage == Stage::Mail && moment.nth == 2;
                first.then_some(Act::After(Duration::from_millis(late)))
            })
            .await;
            let (app, newsletter) = office(&peer, &["--smtp-patience", "0.01"], &readers(3)).await;
            assert_eq!(app.finished(newsletter).await.accepted, 3);
            assert_eq!(peer.seen().tally(), (connections, 3), "{late}");
            app.stop().await;
        }
    }
}

#[tokio::test]
async fn an_hours_limit_and_a_warm_up_hold_the_mail_back_until_their_time() {
    // One part of sixty more, at the most, than the hour and the day that end then.
    for (limit, wait) in [
        ("per-hour=20", HOUR + MINUTE),
        ("warm-up=20&per-day=1000", 24 * HOUR + 24 * MINUTE),
    ] {
        let peer = Peer::start(PIPELINING, |_| None).await;
        let url = format!("{}&{limit}", peer.url());
        let app = TestApp::start_with(&["--smtp-url", &url, "--smtp-connections", "2"]).await;
        app.import(&readers(30)).await;
        let newsletter = app.draft("limits").await;
        approve(&app, newsletter).await;
        app.until("what is allowed", async || {
            let (_, counts) = progress(&app, newsletter).await;
            (counts.accepted == 20).then_some(())
        })
        .await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        let (_, counts) = progress(&app, newsletter).await;
        assert_eq!((counts.accepted, counts.deferred), (20, 0), "{limit}");
        assert_eq!(peer.seen().received.len(), 20, "{limit}");
        app.app.clock.advance_ms(wait);
        assert_eq!(app.finished(newsletter).await.accepted, 30, "{limit}");
        app.stop().await;
    }
}

#[tokio::test]
async fn s7_where_all_recipients_are_refused_and_data_is_taken_a_lone_dot_follows() {
    let peer = Peer::start(PIPELINING, |moment| match (moment.stage, moment.nth) {
        (Stage::Rcpt, 2) => Some(Act::Say("550 5.1.1 not here")),
        (Stage::Data, 2) => Some(Act::Say("354 go ahead all the same")),
        _ => None,
    })
    .await;
    let (app, newsletter) = office(&peer, &[], &readers(4)).await;
    let counts = app.finished(newsletter).await;
    assert_eq!((counts.accepted, counts.failed), (3, 1));
    assert_eq!(peer.seen().tally(), (1, 3));
    app.stop().await;
}

#[tokio::test]
async fn s6_a_message_larger_than_the_relay_takes_is_not_begun_and_pauses_its_newsletter() {
    let peer = Peer::start(&["PIPELINING", "SIZE 1000"], |_| None).await;
    let (app, newsletter) = office(&peer, &[], &readers(3)).await;
    let attention = app
        .until("the pause", async || {
            let found = newsletters::find(&app.app, newsletter).await.unwrap();
            (found.state == State::Paused).then_some(found.attention)
        })
        .await;
    assert!(attention.unwrap().contains("5.3.4"));
    let counts = newsletters::counts(&app.app, newsletter).await.unwrap();
    assert_eq!((counts.accepted, counts.failed), (0, 0));
    assert!(
        !peer
            .seen()
            .commands
            .iter()
            .any(|(_, line)| line.starts_with("MAIL"))
    );
    app.stop().await;
}

#[tokio::test]
async fn s6_a_relay_that_states_a_size_is_told_ours() {
    let peer = Peer::start(PIPELINING, |_| None).await;
    let (app, newsletter) = office(&peer, &[], &readers(1)).await;
    app.finished(newsletter).await;
    {
        let seen = peer.seen();
        let mail = seen
            .commands
            .iter()
            .find(|(_, line)| line.starts_with("MAIL"));
        let size = mail.unwrap().1.rsplit_once("SIZE=").unwrap().1;
        assert_eq!(size.parse(), Ok(seen.received[0].octets));
    }
    app.stop().await;
}

#[tokio::test]
async fn s8_too_many_recipients_is_temporary_whatever_its_code() {
    let peer = Peer::start(PIPELINING, |moment| {
        let first = moment.stage == Stage::Rcpt && moment.nth == 1;
        first.then_some(Act::Say("552 too many recipients"))
    })
    .await;
    let (app, newsletter) = office(&peer, &[], &readers(2)).await;
    app.until("the deferral", async || {
        let (_, counts) = progress(&app, newsletter).await;
        (counts.deferred == 1 && counts.accepted == 1).then_some(())
    })
    .await;
    app.app.clock.advance_ms(HOUR);
    assert_eq!(app.finished(newsletter).await.accepted, 2);
    app.stop().await;
}

#[tokio::test]
async fn s9_without_the_starttls_that_was_asked_for_nothing_is_told_and_nobody_fails() {
    let peer = Peer::start(PIPELINING, |_| None).await;
    let url = format!("smtp://news:secret@{}?tls=required", peer.address);
    let app = TestApp::start_with(&["--smtp-url", &url, "--smtp-connections", "1"]).await;
    app.import(&readers(2)).await;
    let newsletter = app.draft("stripped").await;
    approve(&app, newsletter).await;
    let attention = app
        .until("the reason", async || {
            newsletters::find(&app.app, newsletter)
                .await
                .unwrap()
                .attention
        })
        .await;
    assert!(attention.contains("offers no STARTTLS"), "{attention}");
    let (state, counts) = progress(&app, newsletter).await;
    assert_eq!(
        (state, counts.failed + counts.deferred),
        (State::Sending, 0)
    );
    let told: Vec<String> = peer
        .seen()
        .commands
        .iter()
        .map(|(_, line)| line.clone())
        .collect();
    assert!(
        told.iter()
            .all(|line| line.starts_with("EHLO") || line == "QUIT"),
        "{told:?}"
    );
    app.stop().await;
}

#[tokio::test]
async fn m9_an_address_beyond_ascii_goes_only_to_a_relay_that_knows_it() {
    let both = ["用户@例え.jp".to_owned(), "user@bücher.example".to_owned()];
    for (offers, accepted) in [(PIPELINING, 2), (ONE_BY_ONE, 1)] {
        let peer = Peer::start(offers, |_| None).await;
        let (app, newsletter) = office(&peer, &[], &both).await;
        let counts = app.finished(newsletter).await;
        assert_eq!((counts.accepted, counts.failed), (accepted, 2 - accepted));
        // The domain alone needs nothing of a relay.
        assert_eq!(peer.seen().to("user@xn--bcher-kva.example").len(), 1);
        let exceptions = gazette::delivery::exceptions(&app.app, newsletter, 5)
            .await
            .unwrap();
        assert!(
            exceptions
                .iter()
                .all(|failed| failed.words.starts_with("5.6.7"))
        );
        {
            let seen = peer.seen();
            let marked = |line: &str| line.starts_with("MAIL") && line.ends_with(" SMTPUTF8");
            let count = seen
                .commands
                .iter()
                .filter(|(_, line)| marked(line))
                .count();
            assert_eq!(count as u64, accepted - 1);
        }
        app.stop().await;
    }
}

#[tokio::test]
async fn b3_a_relay_that_reports_is_told_what_to_report_and_no_other() {
    let plain = ["ana+news@example.org".to_owned()];
    let with_dsn = &["PIPELINING", "SIZE 10485760", "DSN"];
    for (offers, reports) in [(with_dsn as &[&str], true), (PIPELINING, false)] {
        let peer = Peer::start(offers, |_| None).await;
        let (app, newsletter) = office(&peer, &[], &plain).await;
        assert_eq!(app.finished(newsletter).await.accepted, 1);
        {
            let seen = peer.seen();
            let asked = |begin: &str, end: &str| {
                let line = |(_, line): &&(_, String)| line.starts_with(begin);
                let line = &seen.commands.iter().find(line).unwrap().1;
                assert_eq!(line.contains(end), reports, "{line}");
            };
            asked("MAIL", " RET=HDRS ENVID=");
            asked(
                "RCPT",
                " NOTIFY=FAILURE ORCPT=rfc822;ana+2Bnews@example.org",
            );
        }
        app.stop().await;
    }
}

#[tokio::test]
async fn a_reader_at_whose_name_the_relay_hangs_up_keeps_nobody_else_waiting() {
    let peer = Peer::start(PIPELINING, |moment| {
        (moment.stage == Stage::Rcpt && moment.line.contains("reader7@")).then_some(Act::Reset)
    })
    .await;
    let (app, newsletter) = office(&peer, &[], &readers(20)).await;
    app.until("the others", async || {
        let (_, counts) = progress(&app, newsletter).await;
        (counts.accepted == 19 && counts.deferred == 1).then_some(())
    })
    .await;
    assert!(copies(&peer).values().all(|ids| ids.len() == 1));
    app.stop().await;
}
