//! `gazette demo`: the whole job on a real press release, through the same doors that everyone
//! uses: the form, the mails, the feed, the approval, the one click.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context, ensure};
use tokio::net::TcpListener;

use crate::{
    accounts,
    app::App,
    cli::{serve, signals},
    clock::Clock,
    config::Settings,
    newsletters::{self, Counts, NewsletterState},
    office::Office,
    releases, subscribers,
};

mod demo_site;
mod readers;
mod steps;

use demo_site::Site;
use readers::Readers;
use steps::until;

/// How many people sign up.
const PEOPLE: usize = 25;

/// Options.
#[derive(Debug, clap::Args)]
pub struct Demo {
    /// Report and exit: status 0 only if every count is right
    #[arg(long)]
    once: bool,
}

/// Tells the story on a database of its own, which goes when the demo ends.
pub async fn run(mut settings: Settings, demo: Demo) -> anyhow::Result<()> {
    let folder = tempfile::tempdir().context("no room for the demo's database")?;
    let listener = listen(settings.listen).await?;
    settings.listen = listener.local_addr()?;
    settings.public_url = format!("http://{}", settings.listen)
        .parse()
        .map_err(anyhow::Error::msg)?;
    settings.database_url = format!("sqlite://{}/gazette.db", folder.path().display());
    settings.secret_key = None;
    settings.smtp_url.clear();
    let app = App::open(settings, Clock::system()).await?;
    signals::stop_on_signal(&app)?;

    let serving = tokio::spawn({
        let app = app.clone();
        async move { serve::run(&app, listener).await }
    });
    let told = tokio::select! {
        told = tell(&app) => told,
        () = app.shutdown.cancelled() => Err(anyhow::anyhow!("stopped before the story was over")),
    };
    match &told {
        Ok(()) if !demo.once => {
            println!("\nStill serving; Ctrl-C ends it and removes the demo's database.");
            app.shutdown.cancelled().await;
        }
        _ => app.shutdown.cancel(),
    }
    serving.await.context("the server failed")??;
    told
}

/// The port of the settings, or any other where that is taken: a demo should not fail for a port.
async fn listen(wanted: SocketAddr) -> anyhow::Result<TcpListener> {
    match TcpListener::bind(wanted).await {
        Ok(listener) => Ok(listener),
        Err(_) => TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .context("no free port on this machine"),
    }
}

async fn tell(app: &App) -> anyhow::Result<()> {
    let site = Site::open(app.shutdown.clone()).await?;
    Office::set_all(
        &app.db,
        "operator",
        &[
            ("name", "Office of Rep. Young Kim (demo)"),
            ("from", "news@office.example"),
            ("reply-to", "contact@office.example"),
            (
                "postal-address",
                "2439 Rayburn House Office Building\nWashington, DC 20515",
            ),
            ("time-zone", "America/Los_Angeles"),
            ("site-url", &site.url("/")),
            ("sender-id", "demooffice"),
        ],
        app.clock.now_ms(),
    )
    .await?;
    let readers = Readers::new(app)?;

    step("People sign up on the form");
    for number in 1..=PEOPLE {
        readers.sign_up(number).await?;
    }
    let letters = readers.mails(PEOPLE, "confirmation mails").await?;
    step("Everyone opens the confirmation mail and presses the button");
    for mail in &letters {
        readers.confirm(mail).await?;
    }
    ensure_count("confirmed subscribers", confirmed(app).await?, PEOPLE)?;

    step("The office's feed is added; what it holds already is not mailed");
    let source =
        releases::add_source(app, &site.url("/feed/"), releases::Policy::Approve, 0).await?;
    poll_now(app, source).await?;
    ensure_count(
        "newsletters after the first poll",
        newsletters::list(app, 10).await?.len(),
        0,
    )?;

    step("The office publishes the release; a draft appears, staff approve it");
    site.publish();
    let first = next_draft(app, source, 0).await?;
    let counts = send(app, first).await?;
    ensure_count(
        "messages accepted of the first newsletter",
        counts.accepted as usize,
        PEOPLE,
    )?;
    let mails = readers.newsletters(first, PEOPLE).await?;

    step("One reader leaves with one click");
    readers.one_click(&mails[0]).await?;
    ensure_count("confirmed subscribers", confirmed(app).await?, PEOPLE - 1)?;

    step("A second release goes to everyone else");
    site.publish();
    let second = next_draft(app, source, first).await?;
    let counts = send(app, second).await?;
    ensure_count(
        "messages accepted of the second newsletter",
        counts.accepted as usize,
        PEOPLE - 1,
    )?;
    let second_mails = readers.newsletters(second, PEOPLE - 1).await?;
    ensure!(
        second_mails
            .iter()
            .all(|mail| mail.recipient != mails[0].recipient),
        "the reader who left was mailed again"
    );
    report(app, first, second).await
}

fn step(words: &str) {
    println!("· {words}");
}

fn ensure_count(what: &str, found: usize, expected: usize) -> anyhow::Result<()> {
    ensure!(
        found == expected,
        "{what}: expected {expected}, found {found}"
    );
    Ok(())
}

async fn confirmed(app: &App) -> anyhow::Result<usize> {
    let counts = subscribers::counts(app).await?;
    let confirmed = counts
        .iter()
        .find(|(status, _)| *status == subscribers::Status::Confirmed);
    Ok(confirmed.map_or(0, |(_, count)| *count as usize))
}

/// Lets the source be due at once: the demo does not wait for the minute.
async fn poll_now(app: &App, source: i64) -> anyhow::Result<()> {
    releases::be_due(app, source).await?;
    until("the poll", || async {
        match releases::outcome_when_due(app, source).await? {
            Some(Some(error)) => anyhow::bail!("the feed could not be read: {error}"),
            Some(None) => Ok(Some(())),
            None => Ok(None),
        }
    })
    .await
}

async fn next_draft(app: &App, source: i64, after: i64) -> anyhow::Result<i64> {
    poll_now(app, source).await?;
    until("the draft", || async {
        app.scheduler_wakeup.notify_one();
        let newest = newsletters::list(app, 1).await?;
        Ok(newest
            .first()
            .map(|(newsletter, _)| newsletter.id)
            .filter(|id| *id > after))
    })
    .await
}

async fn send(app: &App, id: i64) -> anyhow::Result<Counts> {
    let seen = newsletters::find(app, id).await?.revision;
    newsletters::approve(app, id, "demo", None, seen).await?;
    until("the sending", || async {
        let state = newsletters::find(app, id).await?.state;
        Ok((state == NewsletterState::Sent).then_some(()))
    })
    .await?;
    Ok(newsletters::counts(app, id).await?)
}

async fn report(app: &App, first: i64, second: i64) -> anyhow::Result<()> {
    println!("\nEvery count is right:");
    println!("  {PEOPLE:>3} signed up and confirmed");
    for (id, left) in [(first, 0), (second, 1)] {
        let counts = newsletters::counts(app, id).await?;
        let subject = newsletters::find(app, id).await?.subject;
        println!(
            "  {:>3} got “{subject}”, exactly one mail each",
            counts.accepted
        );
        if left == 0 {
            println!("    1 left with one click");
        }
    }
    println!("\n  sign-up   {}", app.link("/"));
    println!("  archive   {}", app.link("/archive"));
    println!("  mailbox   {}", app.link("/mailbox"));
    match accounts::first_account_link(app).await? {
        Some(link) => println!("  console   {link}"),
        None => println!("  console   {}", app.link("/staff")),
    }
    Ok(())
}
