//! Mailbox providers that ask for patience, behind a relay that passes on what they say (P13).

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use gazette::clock::SECOND;
use tokio::net::UdpSocket;

use crate::{
    app::TestApp,
    dns_stub::{Stub, owned},
    peer::{Act, Moment, PIPELINING, Peer, Stage},
    relay_faults::{approve, progress},
};

/// How long the relay takes over a message, and a little less: then the message counts as taken
/// before its sender can know.
const REPLY_DELAY: Duration = Duration::from_millis(30);
const TAKEN_DELAY: Duration = Duration::from_millis(25);

/// A relay whose providers refuse while `refuses`.
#[derive(Clone, Default)]
struct Relay {
    refuses: Arc<AtomicBool>,
    count: Arc<Mutex<Count>>,
}

#[derive(Debug, Default)]
struct Count {
    under_way: usize,
    taken: usize,
    /// Messages under way at each RCPT, itself among them, and how many had been taken by then.
    at_rcpt: Vec<(usize, usize)>,
}

impl Relay {
    async fn start(&self) -> Peer {
        let relay = self.clone();
        Peer::start(PIPELINING, move |moment| relay.act(moment)).await
    }

    fn act(&self, moment: &Moment<'_>) -> Option<Act> {
        match moment.stage {
            Stage::Rcpt if self.refuses.load(Ordering::SeqCst) => {
                Some(Act::Say("421 4.7.28 unusual rate of mail from you"))
            }
            Stage::Rcpt => {
                let mut count = self.count.lock().unwrap();
                count.under_way += 1;
                let now = (count.under_way, count.taken);
                count.at_rcpt.push(now);
                None
            }
            Stage::Dot => {
                let count = self.count.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(TAKEN_DELAY).await;
                    let mut count = count.lock().unwrap();
                    count.under_way -= 1;
                    count.taken += 1;
                });
                Some(Act::After(REPLY_DELAY))
            }
            _ => None,
        }
    }
}

async fn office(peer: &Peer, dns: &str) -> TestApp {
    let url = peer.url();
    let flags = [
        "--smtp-url",
        &url,
        "--smtp-connections",
        "4",
        "--dns-server",
        dns,
    ];
    TestApp::start_with(&flags).await
}

fn readers(count: usize, domain: &str) -> Vec<String> {
    (0..count).map(|n| format!("r{n}@{domain}")).collect()
}

/// How often the relay was offered a message to these domains.
fn offered(peer: &Peer, domains: &[&str]) -> usize {
    let seen = peer.seen();
    let to = seen.announced.iter().map(|offered| &offered.to);
    to.filter(|to| domains.iter().any(|domain| to.ends_with(domain)))
        .count()
}

/// A newsletter to one reader, at whose name the provider asks for patience.
async fn is_refused(app: &TestApp, relay: &Relay) {
    relay.refuses.store(true, Ordering::SeqCst);
    let newsletter = app.draft("refused").await;
    approve(app, newsletter).await;
    app.until("the refusal", async || {
        let (_, counts) = progress(app, newsletter).await;
        (counts.deferred == 1).then_some(())
    })
    .await;
    relay.refuses.store(false, Ordering::SeqCst);
    // Its readers are those of the instant at which sending began. Who is imported from here on comes later.
    app.app.clock.advance_ms(1);
}

#[tokio::test]
async fn p13_after_4_7_28_no_domain_of_that_mx_is_tried_for_ten_minutes_then_one_at_a_time() {
    let stub = Stub::start(&[]).await;
    let relay = Relay::default();
    let peer = relay.start().await;
    let app = office(&peer, &stub.address.to_string()).await;
    app.import(&["first@one.example".to_owned()]).await;
    let usual = app.draft("usual").await;
    approve(&app, usual).await;
    assert_eq!(app.finished(usual).await.accepted, 1);
    // Had anyone asked before there was a reason, "no such name" would be remembered.
    *stub.zone.lock().unwrap() = owned(&[
        ("one.example", "MX", "10 mx1.provider.example"),
        ("two.example", "MX", "10 two-example.mail.provider.example"),
        ("two.example", "MX", "20 mx.other.example"),
        ("else.example", "MX", "10 mx.other.example"),
    ]);
    is_refused(&app, &relay).await;

    for domain in ["one.example", "two.example", "else.example"] {
        app.import(&readers(12, domain)).await;
    }
    let newsletter = app.draft("patience").await;
    approve(&app, newsletter).await;
    app.until("the others", async || {
        let (_, counts) = progress(&app, newsletter).await;
        (counts.accepted == 12 && counts.deferred == 25).then_some(())
    })
    .await;
    let hosted = ["one.example", "two.example"];
    assert_eq!(offered(&peer, &["else.example"]), 12);
    assert_eq!(offered(&peer, &hosted), 2);

    app.app.clock.advance_ms(599 * SECOND);
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(offered(&peer, &hosted), 2);
    *relay.count.lock().unwrap() = Count::default();
    app.app.clock.advance_ms(SECOND);
    assert_eq!(app.finished(newsletter).await.accepted, 37);
    assert_eq!(offered(&peer, &hosted), 2 + 25);
    {
        let count = relay.count.lock().unwrap();
        let at_once = count.at_rcpt.iter().map(|(under_way, _)| *under_way);
        assert!(at_once.max() > Some(1), "{count:?}");
        assert!(
            count.at_rcpt.iter().all(|(now, taken)| *now <= taken + 1),
            "{count:?}"
        );
    }
    app.stop().await;
}

#[tokio::test]
async fn p13_without_the_dns_the_domain_that_refuses_waits_and_the_others_go_on() {
    // Nobody reads what comes here.
    let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let relay = Relay::default();
    let peer = relay.start().await;
    let app = office(&peer, &silent.local_addr().unwrap().to_string()).await;
    app.import(&["first@one.example".to_owned()]).await;
    is_refused(&app, &relay).await;
    app.import(&readers(3, "one.example")).await;
    app.import(&readers(3, "two.example")).await;
    let newsletter = app.draft("silence").await;
    approve(&app, newsletter).await;
    app.until("the others", async || {
        let (_, counts) = progress(&app, newsletter).await;
        (counts.accepted == 3 && counts.deferred == 4).then_some(())
    })
    .await;
    assert_eq!(offered(&peer, &["one.example"]), 1);
    app.app.clock.advance_ms(600 * SECOND);
    assert_eq!(app.finished(newsletter).await.accepted, 7);
    app.stop().await;
}
