//! Where a relay hands over what comes back, by LMTP (RFC 2033) or SMTP on one port
//! (`GAZETTE_RETURNS_LISTEN`): `virtual_transport = lmtp:inet:127.0.0.1:2424` in Postfix.
//!
//! Everything has a budget: connections, mails and recipients of one, octets, errors, and time. An
//! address that our key did not make is refused at RCPT, so that nothing forged is even read; a mail
//! is answered with 250 only after what it did has been committed.

use std::{sync::Arc, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::timeout,
};
use tokio_util::task::TaskTracker;

use super::{listener_session, return_channel::note_success, returned_mail::ReturnWay};
use crate::{app::App, repeated_fault::RepeatedFault};

/// Connections at once; each holds one mail of 10 MB at most.
const CONNECTIONS: usize = 16;

/// How long a session may last.
const SESSION_TIMEOUT: Duration = Duration::from_mins(30);

/// How long one that is over the number is told so.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(5);

/// Why the listener cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum ListenerError {
    /// The address is taken, or none of this machine's.
    #[error(
        "cannot listen for returned mail on {0}: {1}; set GAZETTE_RETURNS_LISTEN to a free port of this machine, such as 127.0.0.1:2424"
    )]
    Bind(std::net::SocketAddr, std::io::Error),
}

/// Takes mail until the process is asked to stop. Where no address is set it only waits for that.
///
/// # Errors
/// [`ListenerError`] when the address cannot be had.
pub async fn run(app: &App) -> Result<(), ListenerError> {
    let Some(address) = app.settings.returns.listen else {
        app.shutdown.cancelled().await;
        return Ok(());
    };
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| ListenerError::Bind(address, error))?;
    serve(app, listener).await;
    Ok(())
}

/// Serves whoever connects, until the process is asked to stop and the open sessions have ended.
pub async fn serve(app: &App, listener: TcpListener) {
    if let Ok(address) = listener.local_addr() {
        tracing::info!(%address, "takes returned mail by LMTP and SMTP");
        if !address.ip().is_loopback() {
            tracing::warn!(%address, "the listener for returned mail can be reached from other machines; let only the relay through");
        }
        let words = format!("Takes mail at {address}.");
        if let Err(error) = note_success(app, ReturnWay::Listener, &words).await {
            tracing::warn!(%error, "that the listener began could not be written down");
        }
    }
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let sessions = TaskTracker::new();
    let mut fault = RepeatedFault::default();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = app.shutdown.cancelled() => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => {
                fault.ended();
                stream
            }
            Err(error) => {
                if fault.is_worth_a_line() {
                    tracing::warn!(%error, "the listener for returned mail could not take a connection");
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        match places.clone().try_acquire_owned() {
            Ok(place) => {
                let app = app.clone();
                sessions.spawn(async move {
                    let session = listener_session::run(&app, stream);
                    match timeout(SESSION_TIMEOUT, session).await {
                        Ok(Ok(())) => {}
                        Ok(Err(error)) => {
                            tracing::debug!(%error, "a session for returned mail broke off");
                        }
                        Err(_) => tracing::debug!("a session for returned mail took too long"),
                    }
                    drop(place);
                });
            }
            Err(_) => refuse(stream).await,
        }
    }
    sessions.close();
    sessions.wait().await;
}

async fn refuse(stream: TcpStream) {
    use tokio::io::AsyncWriteExt;
    let mut stream = stream;
    let told = stream.write_all(b"421 4.3.2 too many connections; try again\r\n");
    // Whoever does not read is not waited for.
    let _ = timeout(REFUSAL_TIMEOUT, told).await;
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
    };

    use super::*;
    use crate::{
        clock::{Clock, HOUR, instant},
        db,
        delivery::testing,
        delivery_state::DeliveryState,
        subscribers::{Status, link::SubscriberLink},
        test_data, values,
    };

    async fn office() -> (App, tempfile::TempDir, std::net::SocketAddr) {
        let (app, folder) = testing::app(Clock::fixed_at(instant(1_780_000_000_000))).await;
        testing::sending_newsletter(&app, 3).await;
        app.clock.advance_ms(HOUR);
        for reader in 1..=3 {
            test_data::delivery(1, reader)
                .state(DeliveryState::Accepted)
                .insert(&app)
                .await;
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = app.clone();
        tokio::spawn(async move { serve(&serving, listener).await });
        (app, folder, address)
    }

    async fn status(app: &App, reader: i64) -> Status {
        let sql = "SELECT status FROM subscriber WHERE id = $1";
        let found: Option<Status> = db::scalar(app.db.pool(), sql, values![reader])
            .await
            .unwrap();
        found.unwrap()
    }

    fn return_path(app: &App, subscriber: i64) -> String {
        let link = SubscriberLink {
            subscriber,
            newsletter: 1,
        };
        let local = link.placeholders(&app.keys).return_path;
        format!("{}@bounce.example", std::str::from_utf8(&local).unwrap())
    }

    /// Says all of it at once and gives all that is answered.
    async fn say(address: std::net::SocketAddr, words: &[u8]) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(words).await.unwrap();
        let mut answer = Vec::new();
        // A refused session may be reset when we say more.
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8(answer).unwrap()
    }

    const BOUNCE: &str = "From: MAILER-DAEMON@mx.example\r\nSubject: Undelivered Mail Returned to Sender\r\n\r\n\
        <reader@example.org>: host mx said: 550 5.1.1 user unknown (in reply to RCPT TO command)\r\n.\r\n";

    #[tokio::test]
    async fn a_relay_hands_over_a_bounce_by_lmtp_and_by_smtp_and_each_recipient_is_answered() {
        let (app, _folder, address) = office().await;
        let (first, second, third) = (
            return_path(&app, 1),
            return_path(&app, 2),
            return_path(&app, 3),
        );
        let answer = say(
            address,
            format!(
                "LHLO relay.example\r\nMAIL FROM:<> SIZE=300\r\nRCPT TO:<{first}>\r\nRCPT TO:<{second}>\r\nDATA\r\n{BOUNCE}QUIT\r\n"
            )
            .as_bytes(),
        )
        .await;
        // RFC 2033 §4.2: one answer for each recipient.
        assert_eq!(answer.matches("250 2.0.0").count(), 2, "{answer}");
        assert!(answer.ends_with("221 2.0.0 Bye\r\n"), "{answer}");
        let answer = say(
            address,
            format!("EHLO relay.example\r\nMAIL FROM:<>\r\nRCPT TO:<{third}>\r\nDATA\r\n{BOUNCE}QUIT\r\n").as_bytes(),
        )
        .await;
        assert_eq!(answer.matches("250 2.0.0").count(), 1, "{answer}");
        for reader in 1..=3 {
            assert_eq!(status(&app, reader).await, Status::Bounced, "{reader}");
        }
    }

    #[tokio::test]
    async fn b1_forged_addresses_are_refused_at_the_door_and_nothing_is_read() {
        let (app, _folder, address) = office().await;
        let mut forged = return_path(&app, 1);
        let flipped = if &forged[33..34] == "a" { "b" } else { "a" };
        forged.replace_range(33..34, flipped);
        for recipient in [
            forged.as_str(),
            "office@bounce.example",
            "unsub+aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@bounce.example",
            "",
        ] {
            let words =
                format!("LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<{recipient}>\r\nDATA\r\nQUIT\r\n");
            let answer = say(address, words.as_bytes()).await;
            assert!(!answer.contains("354"), "{recipient}: {answer}");
            assert!(answer.contains("\r\n5"), "{recipient}: {answer}");
        }
        let rows: Option<i64> = db::scalar(app.db.pool(), "SELECT count(*) FROM returned_mail", [])
            .await
            .unwrap();
        assert_eq!(rows, Some(0));
        assert_eq!(status(&app, 1).await, Status::Confirmed);
    }

    #[tokio::test]
    async fn h9_a_mail_to_the_address_that_unsubscribes_does_so_whatever_its_headers_say() {
        let (app, _folder, address) = office().await;
        let link = SubscriberLink {
            subscriber: 2,
            newsletter: 1,
        };
        let token = link.token(&app.keys);
        let words = format!(
            "LHLO x\r\nMAIL FROM:<reader2@example.org>\r\nRCPT TO:<unsub+{token}@bounce.example>\r\nDATA\r\n\
             From: reader2@example.org\r\nTo: list@office.example\r\nSubject: unsubscribe\r\n\r\nplease\r\n.\r\nQUIT\r\n"
        );
        let answer = say(address, words.as_bytes()).await;
        assert!(answer.contains("250 2.0.0"), "{answer}");
        assert_eq!(status(&app, 2).await, Status::Unsubscribed);
        assert_eq!(status(&app, 1).await, Status::Confirmed);
    }

    #[tokio::test]
    async fn every_budget_of_a_session_ends_it_or_is_refused() {
        let (app, _folder, address) = office().await;
        let to = return_path(&app, 1);
        let answer = say(
            address,
            format!("LHLO x\r\nMAIL FROM:<> SIZE=99999999\r\nRCPT TO:<{to}>\r\nQUIT\r\n")
                .as_bytes(),
        )
        .await;
        assert!(answer.contains("552 5.3.4"), "{answer}");
        // A mail beyond ten megabytes is read to its end and not kept.
        let mut large =
            format!("LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<{to}>\r\nDATA\r\n").into_bytes();
        for _ in 0..11_000 {
            large.extend_from_slice(&[b'x'; 998]);
            large.extend_from_slice(b"\r\n");
        }
        large.extend_from_slice(b".\r\nNOOP\r\nQUIT\r\n");
        let answer = say(address, &large).await;
        assert!(
            answer.contains("552 5.3.4") && answer.contains("221"),
            "{answer}"
        );
        // Nonsense again and again.
        let answer = say(address, "HELP me\r\n".repeat(50).as_bytes()).await;
        assert!(answer.contains("421 4.7.0"), "{answer}");
        // A line without an end.
        let answer = say(address, &[b'x'; 10_000]).await;
        assert!(answer.contains("500 5.5.2"), "{answer}");
        // More recipients than one mail has.
        let many = format!("RCPT TO:<{to}>\r\n").repeat(101);
        let words = format!("LHLO x\r\nMAIL FROM:<>\r\n{many}QUIT\r\n");
        let answer = say(address, words.as_bytes()).await;
        assert!(answer.contains("452 4.5.3"), "{answer}");
        // More connections than there are places.
        let mut open = Vec::new();
        for _ in 0..CONNECTIONS {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let mut greeting = [0; 3];
            stream.read_exact(&mut greeting).await.unwrap();
            assert_eq!(&greeting, b"220");
            open.push(stream);
        }
        assert!(say(address, b"").await.starts_with("421 4.3.2"));
        assert_eq!(status(&app, 1).await, Status::Confirmed);
    }
}
