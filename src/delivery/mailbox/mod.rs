//! The built-in mailbox: where mail goes while no relay is set.
//!
//! A real SMTP server on a loopback port, so that a trial sends exactly as an office in service
//! does, and pages that show what came, at `/mailbox` or in the console.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use mail_parser::MessageParser;
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};
use tokio::{net::TcpListener, sync::mpsc};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::delivery_error::DeliveryError;
use crate::{
    app::App,
    db::{self, Db},
    repeated_fault::RepeatedFault,
    values,
};

mod mailbox_limits;
mod received;
mod routes;
mod smtp_session;

pub use routes::{pages, routes};

use mailbox_limits::{LIMITS, Limits};
use received::Received;

/// Messages that are stored in one transaction, at most.
const BATCH: usize = 500;

/// A mail in the mailbox.
#[derive(Debug, FromQueryResult)]
pub struct KeptMail {
    /// To whom it came.
    pub recipient: String,
    /// The whole mail as it came (RFC 5322).
    pub message: Vec<u8>,
}

/// All mails of the mailbox, the oldest first: a few thousand at most.
///
/// # Errors
/// The database failed.
pub async fn kept_mails(db: &Db) -> Result<Vec<KeptMail>, DbErr> {
    let sql = "SELECT recipient, message FROM mailbox ORDER BY id";
    db::rows(db.pool(), sql, []).await
}

/// Opens the mailbox on a free loopback port. It takes mail until `stop` is cancelled and the
/// sessions that are open then have ended.
pub async fn start(app: &App, stop: CancellationToken) -> Result<SocketAddr, DeliveryError> {
    start_within(app, stop, LIMITS).await
}

async fn start_within(
    app: &App,
    stop: CancellationToken,
    limits: Limits,
) -> Result<SocketAddr, DeliveryError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .map_err(DeliveryError::Mailbox)?;
    let address = listener.local_addr().map_err(DeliveryError::Mailbox)?;
    let (desk, incoming) = mpsc::channel(BATCH);
    tokio::spawn(store_all(app.clone(), incoming, limits));
    tokio::spawn(async move {
        let sessions = TaskTracker::new();
        let mut fault = RepeatedFault::default();
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    // Whoever else is on this machine cannot take all our files. Dropped, and so closed.
                    Ok(_) if sessions.len() >= limits.sessions => {}
                    Ok((stream, _)) => {
                        fault.ended();
                        sessions.spawn(smtp_session::run(stream, desk.clone(), stop.clone(), limits));
                    }
                    Err(error) => {
                        if fault.is_worth_a_line() {
                            tracing::warn!(%error, "the mailbox could not take a connection");
                        }
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                },
                () = stop.cancelled() => break,
            }
        }
        sessions.close();
        sessions.wait().await;
    });
    tracing::info!(%address, "the built-in mailbox takes mail");
    Ok(address)
}

/// Stores what comes in, as much as has gathered in one transaction.
async fn store_all(app: App, mut incoming: mpsc::Receiver<Received>, limits: Limits) {
    let mut batch = Vec::with_capacity(BATCH);
    let (mut since_tidy, mut octets) = (0, 0);
    while incoming.recv_many(&mut batch, BATCH).await > 0 {
        let stored = match store(&app, &batch).await {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(%error, "the mailbox could not store mail; its sender tries again");
                false
            }
        };
        since_tidy += batch.len();
        octets += batch.iter().map(Received::octets).sum::<usize>();
        for received in batch.drain(..) {
            // A sender that hung up meanwhile needs no answer.
            let _ = received.stored.send(stored);
        }
        if since_tidy > BATCH || octets > limits.untidy_octets {
            (since_tidy, octets) = (0, 0);
            if let Err(error) = tidy(&app, limits).await {
                tracing::warn!(%error, "the mailbox could not be tidied");
            }
        }
    }
}

async fn store(app: &App, batch: &[Received]) -> Result<(), DbErr> {
    let now = app.clock.now_ms();
    let transaction = app.db.begin().await?;
    for received in batch {
        let subject = subject(&received.message);
        for recipient in &received.recipients {
            transaction
                .execute_raw(app.db.statement(
                    "INSERT INTO mailbox (received_at, envelope_from, recipient, subject, message)
                     VALUES ($1, $2, $3, $4, $5)",
                    values![
                        now,
                        received.envelope_from.as_str(),
                        recipient.as_str(),
                        subject.as_str(),
                        received.message.clone()
                    ],
                ))
                .await?;
        }
    }
    transaction.commit().await
}

fn subject(message: &[u8]) -> String {
    MessageParser::default()
        .parse_headers(message)
        .and_then(|parsed| parsed.subject().map(str::to_owned))
        .unwrap_or_else(|| "(no subject)".to_owned())
}

async fn tidy(app: &App, limits: Limits) -> Result<(), DbErr> {
    app.db
        .execute(
            "DELETE FROM mailbox WHERE id <= (SELECT max(id) FROM mailbox) - $1",
            values![limits.kept],
        )
        .await?;
    app.db
        .execute(
            "DELETE FROM mailbox WHERE id IN (
               SELECT id FROM (SELECT id, sum(length(message)) OVER (ORDER BY id DESC) AS octets FROM mailbox) AS newest
               WHERE octets > $1)",
            values![limits.kept_octets],
        )
        .await?;
    Ok(())
}

#[cfg(test)]
mod mailbox_tests;
