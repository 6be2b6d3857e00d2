//! The command line. No rules in here: each subcommand parses its words and calls a room.

use std::process::ExitCode;

use clap::{
    Parser, Subcommand,
    error::{ContextKind, ContextValue},
};
use tracing_subscriber::{EnvFilter, prelude::*};

use crate::{
    app::App,
    clock::Clock,
    config::{LogFormat, Settings},
    db::DbError,
    secret::KeyError,
};

mod demo;
mod doctor;
mod elections;
mod newsletters;
mod office;
mod press_list;
mod releases;
mod returns;
mod serve;
mod signals;
mod sources;
mod staff;
mod subscribers;
mod topics;

/// Turns each press release of a public office into an email newsletter and delivers it once to
/// everyone who asked for it, and to no one else.
#[derive(Debug, Parser)]
#[command(
    name = "gazette",
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true
)]
struct Cli {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Do the whole job on a sample release, then keep serving
    Demo(demo::Demo),
    /// Run the web server, the scheduler and a delivery worker
    Serve,
    /// Run one more delivery worker (PostgreSQL)
    Worker,
    /// Bring the database to this version
    Migrate,
    /// Look whether mailbox providers will take what is sent, and what to do where they will not
    Doctor(doctor::Doctor),
    /// See and set what the office is: name, from, postal-address, …
    #[command(subcommand)]
    Office(office::Office),
    /// Invite and list the people who may sign in
    #[command(subcommand)]
    Staff(staff::Staff),
    /// Where releases come from
    #[command(subcommand)]
    Sources(sources::Sources),
    /// Press releases as the office published them
    #[command(subcommand)]
    Releases(releases::Releases),
    /// What is mailed
    #[command(subcommand)]
    Newsletters(newsletters::Newsletters),
    /// What comes back: bounces, complaints, replies and unsubscribes by mail
    #[command(subcommand)]
    Returns(returns::Returns),
    /// Elections, and the blackouts before them
    #[command(subcommand)]
    Elections(elections::Elections),
    /// Addresses that did not ask themselves: reporters and others, apart from the subscribers
    #[command(subcommand)]
    PressList(press_list::PressList),
    /// Who is mailed, and why we may
    #[command(subcommand)]
    Subscribers(subscribers::Subscribers),
    /// What a subscriber can ask for
    #[command(subcommand)]
    Topics(topics::Topics),
}

/// Parses the command line and runs it. 0: done; 1: failed, with one line that says why; 2: wrong
/// usage (from `clap`).
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::try_parse().unwrap_or_else(|error| veiled(error).exit());
    let service = matches!(cli.command, Command::Serve | Command::Worker);
    if let Err(error) = start_logging(&cli.settings, service) {
        eprintln!("gazette: {error}");
        return ExitCode::from(WRONG_USAGE);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("gazette: the runtime did not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gazette: {error:#}");
            if is_wrong_usage(&error) {
                ExitCode::from(WRONG_USAGE)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}

/// What `clap` exits with.
const WRONG_USAGE: u8 = 2;

/// Values that hold a password or a key. They are checked by us, or `clap`'s error is veiled.
const SECRETS: [&str; 6] = [
    "--database-url",
    "--smtp-url",
    "--secret-key",
    "--returns-imap-url",
    "--returns-mailgun-key",
    "--returns-postmark-login",
];

/// `clap` repeats a wrong value; one that holds a password must not reach a terminal or a journal.
fn veiled(mut error: clap::Error) -> clap::Error {
    let about = error.get(ContextKind::InvalidArg).map(ToString::to_string);
    let secret = about.is_some_and(|flag| SECRETS.iter().any(|secret| flag.starts_with(secret)));
    if secret && error.get(ContextKind::InvalidValue).is_some() {
        let veil = ContextValue::String("(not shown)".to_owned());
        error.insert(ContextKind::InvalidValue, veil);
    }
    error
}

/// A variable that can never work is wrong usage, whoever finds it out.
fn is_wrong_usage(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(DbError::Scheme(_)))
        || matches!(error.downcast_ref(), Some(KeyError::Malformed))
}

async fn run(cli: Cli) -> anyhow::Result<()> {
    if let Command::Demo(demo) = cli.command {
        return demo::run(cli.settings, demo).await;
    }
    if let Command::Doctor(doctor) = cli.command {
        return doctor::run(cli.settings, doctor).await;
    }
    if let Command::Returns(returns) = cli.command {
        return returns::run(cli.settings, returns).await;
    }
    let app = App::open(cli.settings, Clock::system()).await?;
    match cli.command {
        Command::Demo(_) | Command::Doctor(_) | Command::Returns(_) | Command::Migrate => Ok(()),
        Command::Serve => serve::serve(app).await,
        Command::Worker => serve::worker(app).await,
        Command::Office(command) => office::run(&app, command).await,
        Command::Staff(command) => staff::run(&app, command).await,
        Command::Sources(command) => sources::run(&app, command).await,
        Command::Releases(command) => releases::run(&app, command).await,
        Command::Newsletters(command) => newsletters::run(&app, command).await,
        Command::Elections(command) => elections::run(&app, command).await,
        Command::PressList(command) => press_list::run(&app, command).await,
        Command::Subscribers(command) => subscribers::run(&app, command).await,
        Command::Topics(command) => topics::run(&app, command).await,
    }
}

/// Logs go to standard error, so that a command's output can be piped. A command that is not a
/// service keeps quiet unless something is wrong or it was asked.
fn start_logging(settings: &Settings, service: bool) -> Result<(), String> {
    let directives = if service || settings.log != "info" {
        settings.log.as_str()
    } else {
        "warn"
    };
    // Every start says that there is nothing to migrate; whoever wants to read it can ask.
    let filter = EnvFilter::try_new(format!("sea_orm_migration=warn,{directives}")).map_err(|error| {
        format!("GAZETTE_LOG (--log) is a level such as `info`, or levels per module such as `info,gazette::delivery=debug`: {error}")
    })?;
    let registry = tracing_subscriber::registry().with(filter);
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    match settings.log_format {
        LogFormat::Json => registry.with(layer.json().flatten_event(true)).init(),
        LogFormat::Text => registry
            .with(
                layer
                    .with_target(false)
                    .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())),
            )
            .init(),
    }
    Ok(())
}
