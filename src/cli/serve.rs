//! `gazette serve` and `gazette worker`: run until asked to stop.

use std::io::{ErrorKind, IsTerminal};

use anyhow::Context;
use tokio::net::TcpListener;

use super::{service_manager, signals};
use crate::{
    accounts,
    app::App,
    delivery,
    office::{self, Office},
    returns, scheduler, web,
};

/// Runs the web server, the scheduler and a delivery worker until SIGTERM or Ctrl-C.
pub async fn serve(app: App) -> anyhow::Result<()> {
    office::check_links_work(&app.settings)?;
    let listener = listen(&app).await?;
    let office = Office::load(&app.db).await?;
    println!(
        "Gazette serves {} at {}, from the database {}",
        office.name,
        app.settings.public_url,
        app.db.name()
    );
    let url = &app.settings.public_url;
    // A trial has whatever address it has today, and two of them share a database with two addresses.
    if url.is_loopback() && delivery::any_worker_alive(&app).await? {
        tracing::warn!(
            %url,
            "another process works on this database: what this one mails leads to this address, and what the other mails to its own; give both the same GAZETTE_PUBLIC_URL"
        );
    }
    if !url.is_https() && !url.is_loopback() {
        tracing::warn!(
            %url,
            "the public URL is not https: passwords and links travel in the clear, and providers follow no unsubscribe link; put a proxy with a certificate before Gazette"
        );
    }
    if app.settings.smtp_url.is_empty() {
        let (place, whose) = if app.settings.public_url.is_loopback() {
            ("/mailbox", "")
        } else {
            ("/staff/mailbox", ", for admins")
        };
        println!(
            "No relay is set: mail stays in the built-in mailbox at {}{whose}",
            app.link(place)
        );
    }
    if !office.complete {
        println!(
            "No mail leaves for a relay until the office is set: gazette office set name=… from=… postal-address=…"
        );
    }
    // A journal is read by many, and the link makes an admin.
    if !std::io::stdout().is_terminal() {
        if accounts::has_none(&app).await? {
            println!(
                "Nobody can sign in yet: `gazette staff first-link` prints the link to make the first account"
            );
        }
    } else if let Some(link) = accounts::first_account_link(&app).await? {
        println!("Make the first staff account within 24 hours at {link}");
    }
    signals::stop_on_signal(&app)?;
    let ran = run(&app, listener).await;
    // A copy of the file is whole now. Where it cannot be done the log is kept and read at the next start.
    if let Err(error) = app.db.close().await {
        tracing::warn!(%error, "the database's log could not be folded into its file");
    }
    ran
}

/// The parts of a serving process. The first that fails stops the others.
pub async fn run(app: &App, listener: TcpListener) -> anyhow::Result<()> {
    tokio::spawn(service_manager::tell(app.clone()));
    let scheduler = tokio::spawn(scheduler::run(app.clone()));
    let web = tokio::spawn(stopping_all(app.clone(), {
        let app = app.clone();
        async move { web::serve(app, listener).await }
    }));
    let worker = tokio::spawn(stopping_all(app.clone(), {
        let app = app.clone();
        async move {
            delivery::run(&app, app.shutdown.clone())
                .await
                .context("the delivery worker stopped")
        }
    }));
    let mailbox = tokio::spawn(returns::imap::run(app.clone()));
    let relayed = tokio::spawn(stopping_all(app.clone(), {
        let app = app.clone();
        async move { returns::listener::run(&app).await }
    }));
    let (scheduler, web, worker, mailbox, relayed) =
        tokio::join!(scheduler, web, worker, mailbox, relayed);
    mailbox.context("the reader of returns failed")?;
    relayed.context("the listener for returns failed")??;
    scheduler.context("the scheduler failed")?;
    web.context("the web server failed")?;
    worker.context("the delivery worker failed")?
}

async fn stopping_all<T>(app: App, part: impl Future<Output = T>) -> T {
    let _guard = app.shutdown.clone().drop_guard();
    part.await
}

/// Runs a delivery worker until SIGTERM or Ctrl-C.
pub async fn worker(app: App) -> anyhow::Result<()> {
    office::check_links_work(&app.settings)?;
    if app.db.is_sqlite() {
        eprintln!("Note: SQLite is for one machine, and `gazette serve` has a worker already.");
    }
    signals::stop_on_signal(&app)?;
    tokio::spawn(service_manager::tell(app.clone()));
    delivery::run(&app, app.shutdown.clone()).await?;
    Ok(())
}

/// Takes the address of the settings.
pub async fn listen(app: &App) -> anyhow::Result<TcpListener> {
    let address = app.settings.listen;
    TcpListener::bind(address).await.map_err(|error| {
        let advice = match error.kind() {
            ErrorKind::AddrInUse => {
                "another program uses the port: set GAZETTE_LISTEN to a free one, such as 127.0.0.1:8081"
            }
            ErrorKind::PermissionDenied => {
                "ports below 1024 are the system's: set GAZETTE_LISTEN to another, such as 127.0.0.1:8080, and let a proxy stand before it"
            }
            ErrorKind::AddrNotAvailable => {
                "this machine has no such address: set GAZETTE_LISTEN to one of its own, such as 127.0.0.1:8080"
            }
            _ => "set GAZETTE_LISTEN to another address, such as 127.0.0.1:8081",
        };
        anyhow::anyhow!("cannot listen on {address}; {advice} ({error})")
    })
}
