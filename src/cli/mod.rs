//! The command line. No rules in here: each subcommand parses its words and calls a room.

use std::{
    ffi::OsString,
    io::{self, Write},
    process::ExitCode,
};

use clap::{
    Arg, CommandFactory, FromArgMatches, Parser, Subcommand,
    error::{ContextKind, ContextValue},
};
use tracing_subscriber::{EnvFilter, prelude::*};

use crate::{
    app::App,
    clock::Clock,
    config::{LogFormat, Settings},
    db::{self, DbError},
    delivery::{self, DeliveryError},
    office::OfficeError,
    returns::imap::{self, MailboxError},
    secret::KeyError,
};

use journal_lines::Lines;

mod audit_log;
mod demo;
mod doctor;
mod elections;
mod environment;
mod input;
mod journal_lines;
mod key;
mod newsletters;
mod office;
mod press_list;
mod releases;
mod returns;
mod serve;
mod service_manager;
mod signals;
mod sources;
mod staff;
mod subscribers;
mod topics;
mod transfer;
mod without_passwords;

use without_passwords::without_passwords;

/// Turns each press release of a public office into an email newsletter and delivers it once to
/// everyone who asked for it, and to no one else.
#[derive(Debug, Parser)]
#[command(
    name = "gazette",
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "The settings of the server: gazette serve --help"
)]
struct Cli {
    /// File of `NAME=VALUE` lines with the settings below; default: /etc/gazette.env, where it is there and nothing names the database
    // Read before the rest, in `environment`.
    #[arg(
        long,
        env = "GAZETTE_CONFIG",
        value_name = "FILE",
        global = true,
        hide_short_help = true
    )]
    config: Option<std::path::PathBuf>,
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
    /// Make the database where there is none, and bring it to this version
    Migrate {
        /// Take over the public URL and the DKIM key of this configuration and this machine's clock, where the
        /// database knows others
        #[arg(long)]
        adopt_settings: bool,
    },
    /// Copy everything, with the secret key, into one file, while Gazette runs
    Backup(transfer::Backup),
    /// Put a backup in the database's place; nothing of it is mailed before a person has looked
    Restore(transfer::Restore),
    /// Copy everything to a database of the other kind, ids kept: SQLite to PostgreSQL, or back
    Copy(transfer::Copy),
    /// Look whether mailbox providers will take what is sent, and what to do where they will not
    Doctor(doctor::Doctor),
    /// See and set what the office is: name, from, postal-address, …
    #[command(subcommand)]
    Office(office::Office),
    /// The secret key that makes every link
    #[command(subcommand)]
    Key(key::Key),
    /// Whether the audit log and the evidence are as they were written
    #[command(subcommand)]
    Audit(audit_log::AuditLog),
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
    end_quietly_at_closed_pipes();
    let mut command = Cli::command();
    let variables: Vec<_> = std::env::vars_os().collect();
    let resolved = environment::resolve(command, std::env::args_os(), &variables);
    let words;
    (command, words) = match resolved {
        Ok(resolved) => resolved,
        Err(error) => {
            eprintln!("gazette: {}", without_passwords(&error.to_string()));
            return ExitCode::from(WRONG_USAGE);
        }
    };
    // Help is shown to whoever asks, and shared.
    command = command.mut_args(|arg| arg.hide_env_values(true));
    if !about_a_server(&words) {
        command = command.mut_args(hidden_setting);
    }
    let cli = command
        .try_get_matches_from_mut(words)
        .and_then(|matches| Cli::from_arg_matches(&matches))
        .unwrap_or_else(|error| {
            let error = error.format(&mut command);
            end(&naming_the_variable(
                veiled(error, &mut command),
                &mut command,
            ))
        });
    if let Err(why) = cli.settings.check() {
        eprintln!("gazette: {why}");
        return ExitCode::from(WRONG_USAGE);
    }
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
        Err(error) if is_closed_pipe(&error) => ExitCode::from(CLOSED_PIPE),
        Err(error) => {
            let said = match db::held_locked(error.as_ref()) {
                Some(why) => format!("gazette: the database could not be used: {why}"),
                None => format!("gazette: {error:#}"),
            };
            Lines::to_standard_error().end_with(&without_passwords(&said));
            if is_wrong_usage(&error) {
                ExitCode::from(WRONG_USAGE)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}

/// Whoever reads our output may stop reading: `gazette subscribers export | head`. That is no failure.
fn end_quietly_at_closed_pipes() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let said = panic.payload_as_str().unwrap_or_default();
        // `println!` panics so, with the system's words for the error.
        let Some(why) = said.strip_prefix("failed printing to ") else {
            return usual(panic);
        };
        if why.contains("Broken pipe") {
            std::process::exit(i32::from(CLOSED_PIPE));
        }
        // A full disk is a failure; where its words cannot be written either, the exit status says so.
        let _ = writeln!(
            io::stderr(),
            "gazette: what was done could not be written to {why}"
        );
        std::process::exit(1);
    }));
}

/// What a shell sees of a program that ended by SIGPIPE.
const CLOSED_PIPE: u8 = 141;

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<std::io::Error>();
        io.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
            || cause
                .downcast_ref::<csv::Error>()
                .is_some_and(|error| matches!(error.kind(), csv::ErrorKind::Io(io) if io.kind() == std::io::ErrorKind::BrokenPipe))
    })
}

/// Whether the words are about what runs as a service: its help lists the settings.
fn about_a_server(words: &[OsString]) -> bool {
    let services = ["serve", "worker", "migrate"];
    words
        .iter()
        .any(|word| services.iter().any(|service| word == service))
}

/// A setting of the server as the help of other commands has it: not at all, but for the database.
fn hidden_setting(arg: Arg) -> Arg {
    if arg.get_env().is_some() && arg.get_id() != "database_url" && arg.get_id() != "config" {
        arg.hide(true)
    } else {
        arg
    }
}

/// What `clap` exits with.
const WRONG_USAGE: u8 = 2;

/// `clap` repeats a wrong value. That of a setting may hold a password, or be a key in the wrong place, and
/// must not reach a terminal or a journal: the variable and what it wants are said.
fn veiled(mut error: clap::Error, command: &mut clap::Command) -> clap::Error {
    command.build();
    let about = error.get(ContextKind::InvalidArg).map(ToString::to_string);
    let is_setting = |written: &str| {
        argument(command, written).is_some_and(|argument| argument.get_env().is_some())
    };
    let secret = about.is_some_and(|flag| environment::holds_secret(&flag) || is_setting(&flag));
    if secret && error.get(ContextKind::InvalidValue).is_some() {
        let veil = ContextValue::String("(not shown)".to_owned());
        error.insert(ContextKind::InvalidValue, veil);
    }
    error
}

/// Ends as `clap` does, and says nothing of a password that stands in what it repeats.
fn end(error: &clap::Error) -> ! {
    let said = error.to_string();
    let shown = without_passwords(&said);
    if shown == said {
        // With its colours, and help where it belongs.
        error.exit();
    }
    eprint!("{shown}");
    std::process::exit(error.exit_code())
}

/// `clap` names the flag alone, and most values stand in a variable.
fn naming_the_variable(mut error: clap::Error, command: &mut clap::Command) -> clap::Error {
    // An argument of a subcommand that was not asked for cannot be written before.
    command.build();
    let about = error.get(ContextKind::InvalidArg).map(ToString::to_string);
    let arg = about.and_then(|about| argument(command, &about));
    if let Some(variable) = arg.and_then(clap::Arg::get_env)
        && error.get(ContextKind::InvalidValue).is_some()
    {
        let both = format!(
            "{} or {}",
            variable.display(),
            arg.map_or_else(String::new, ToString::to_string)
        );
        error.insert(ContextKind::InvalidArg, ContextValue::String(both));
    }
    error
}

/// The argument of this or a subcommand that `clap` writes like this.
fn argument<'a>(command: &'a clap::Command, written: &str) -> Option<&'a clap::Arg> {
    command
        .get_arguments()
        .find(|arg| arg.to_string() == written)
        .or_else(|| {
            command
                .get_subcommands()
                .find_map(|one| argument(one, written))
        })
}

/// A variable that can never work is wrong usage, whoever finds it out.
fn is_wrong_usage(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(DbError::Scheme(_)))
        || matches!(error.downcast_ref(), Some(KeyError::Malformed))
        || matches!(
            error.downcast_ref(),
            Some(OfficeError::OtherUrl { .. } | OfficeError::LoopbackUrl(_))
        )
        || matches!(
            error.downcast_ref(),
            Some(
                DeliveryError::OtherKey { .. } | DeliveryError::Dkim(_) | DeliveryError::Client(_)
            )
        )
        || matches!(error.downcast_ref(), Some(MailboxError::Ca(_)))
}

async fn run(cli: Cli) -> anyhow::Result<()> {
    if let Command::Demo(demo) = cli.command {
        return Box::pin(demo::run(cli.settings, demo)).await;
    }
    if let Command::Doctor(doctor) = cli.command {
        return doctor::run(cli.settings, doctor).await;
    }
    if let Command::Returns(returns) = cli.command {
        return returns::run(cli.settings, returns).await;
    }
    if let Command::Restore(restore) = cli.command {
        return transfer::restore(cli.settings, restore).await;
    }
    if matches!(cli.command, Command::Serve | Command::Worker) {
        check_files(&cli.settings)?;
    }
    let makes = matches!(cli.command, Command::Serve | Command::Migrate { .. });
    let adopts = matches!(
        cli.command,
        Command::Migrate {
            adopt_settings: true
        }
    );
    if adopts {
        App::adopt(&cli.settings, &Clock::system()).await?;
    }
    let app = if makes {
        App::open(cli.settings, Clock::system()).await?
    } else {
        App::open_existing(cli.settings, Clock::system()).await?
    };
    if adopts {
        delivery::forget_clock(&app).await?;
    }
    // After a service's own lines, and never among what is piped.
    if std::io::IsTerminal::is_terminal(&std::io::stderr()) {
        eprintln!("Database: {}", app.db.name());
    }
    match cli.command {
        Command::Demo(_) | Command::Doctor(_) | Command::Returns(_) | Command::Restore(_) => Ok(()),
        Command::Backup(command) => transfer::backup(&app, command).await,
        Command::Copy(command) => transfer::copy(&app, command).await,
        Command::Migrate { .. } => {
            if adopts {
                delivery::adopt_signing_key(&app).await?;
            }
            println!("The database {} is at this version.", app.db.name());
            Ok(())
        }
        Command::Serve => serve::serve(app).await,
        Command::Worker => serve::worker(app).await,
        Command::Office(command) => office::run(&app, command).await,
        Command::Key(command) => key::run(&app, command).await,
        Command::Audit(command) => audit_log::run(&app, command).await,
        Command::Staff(command) => staff::run(&app, command).await,
        Command::Sources(command) => sources::run(&app, command).await,
        Command::Releases(command) => releases::run(&app, command).await,
        Command::Newsletters(command) => Box::pin(newsletters::run(&app, command)).await,
        Command::Elections(command) => elections::run(&app, command).await,
        Command::PressList(command) => press_list::run(&app, command).await,
        Command::Subscribers(command) => subscribers::run(&app, command).await,
        Command::Topics(command) => topics::run(&app, command).await,
    }
}

/// The files that settings name, before anything is made: what cannot sign or trust anybody would start,
/// end, and be started again without end.
fn check_files(settings: &Settings) -> anyhow::Result<()> {
    delivery::check_settings(settings).map_err(|error| {
        let about = match &error {
            DeliveryError::Client(_) => "GAZETTE_SMTP_URL",
            _ => "GAZETTE_DKIM_KEY, with its selector and domain",
        };
        anyhow::Error::new(error).context(about)
    })?;
    let mailbox = settings.returns.imap_url.as_ref();
    mailbox.map_or(Ok(()), |url| {
        imap::check_trust(url)
            .map_err(|error| anyhow::Error::new(error).context("GAZETTE_RETURNS_IMAP_URL"))
    })
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
    let layer = tracing_subscriber::fmt::layer().with_writer(Lines::to_standard_error());
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
