//! The command line. No rules in here: each subcommand parses its words and calls a room.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::{EnvFilter, prelude::*};

use crate::{
    app::App,
    clock::Clock,
    config::{LogFormat, Settings},
};

mod demo;
mod elections;
mod newsletters;
mod office;
mod press_list;
mod releases;
mod serve;
mod signals;
mod sources;
mod staff;
mod subscribers;

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
    /// Elections, and the blackouts before them
    #[command(subcommand)]
    Elections(elections::Elections),
    /// Addresses that did not ask themselves: reporters and others, apart from the subscribers
    #[command(subcommand)]
    PressList(press_list::PressList),
    /// Who is mailed, and why we may
    #[command(subcommand)]
    Subscribers(subscribers::Subscribers),
}

/// Parses the command line and runs it. 0: done; 1: failed, with one line that says why; 2: wrong
/// usage (from `clap`).
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    start_logging(
        &cli.settings,
        matches!(cli.command, Command::Serve | Command::Worker),
    );
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
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<()> {
    if let Command::Demo(demo) = cli.command {
        return demo::run(cli.settings, demo).await;
    }
    let app = App::open(cli.settings, Clock::system()).await?;
    match cli.command {
        Command::Demo(_) | Command::Migrate => Ok(()),
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
    }
}

/// Logs go to standard error, so that a command's output can be piped. A command that is not a
/// service keeps quiet unless something is wrong or it was asked.
fn start_logging(settings: &Settings, service: bool) {
    let directives = if service || settings.log != "info" {
        settings.log.as_str()
    } else {
        "warn"
    };
    let filter = EnvFilter::try_new(directives).unwrap_or_else(|_| EnvFilter::new("info"));
    let registry = tracing_subscriber::registry().with(filter);
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    match settings.log_format {
        LogFormat::Json => registry.with(layer.json()).init(),
        LogFormat::Text => registry
            .with(
                layer
                    .with_target(false)
                    .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())),
            )
            .init(),
    }
}
