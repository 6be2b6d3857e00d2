//! The rate that a relay's operator allows holds, and is used, whoever asks at the same instant.

use std::time::{Duration, Instant};

use crate::{
    app::TestApp,
    peer::{PIPELINING, Peer},
    relay_faults::{approve, progress},
};

/// What `rate_limit` makes up for at most, in seconds of the rate, and the one message that begins it.
fn burst(rate: f64) -> f64 {
    rate * 0.2 + 1.0
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_than_the_rate_and_one_burst_leave_and_nearly_all_of_it_is_used() {
    for (rate, connections, seconds) in [
        (1_u32, 10, 5_u32),
        (5, 10, 4),
        (14, 1, 4),
        (14, 10, 4),
        (14, 40, 4),
        (100, 10, 4),
        (100, 40, 3),
    ] {
        let peer = Peer::start(PIPELINING, |_| None).await;
        let url = format!("{}&per-second={rate}", peer.url());
        let connections = connections.to_string();
        let app =
            TestApp::start_with(&["--smtp-url", &url, "--smtp-connections", &connections]).await;
        // More than leave in the time that is watched.
        let readers: Vec<String> = (0..rate * (seconds + 4))
            .map(|n| format!("reader{n}@example.org"))
            .collect();
        app.import(&readers).await;
        let newsletter = app.draft("rate").await;
        approve(&app, newsletter).await;
        app.until("the first", async || {
            let (_, counts) = progress(&app, newsletter).await;
            (counts.accepted > 0).then_some(())
        })
        .await;
        let (begun, first) = (Instant::now(), peer.seen().received.len());
        tokio::time::sleep(Duration::from_secs(u64::from(seconds))).await;
        let (last, took) = (peer.seen().received.len(), begun.elapsed().as_secs_f64());
        let (left, due) = ((last - first) as f64, f64::from(rate) * took);
        let most = due + burst(f64::from(rate));
        assert!(
            left <= most,
            "{left} at {rate} a second in {took} s over {connections}"
        );
        // One message more or less is the edge of the time that is watched.
        let least = due * 0.95 - 1.0;
        assert!(
            left >= least,
            "{left} at {rate} a second in {took} s over {connections}"
        );
        app.stop().await;
    }
}
