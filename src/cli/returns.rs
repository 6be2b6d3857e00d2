//! `gazette returns`: what comes back.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::Subcommand;
use serde::Serialize;

use crate::{
    app::App,
    clock::Clock,
    config::Settings,
    delivery::reply_class::ReplyClass,
    returns::{
        self, Reading, Receipt, ReturnKind, ReturnState, ReturnWay,
        files::{self, FoundMail},
    },
    secret::Keys,
};

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Returns {
    /// Read returned mail: a mail, an mbox, a Maildir or a folder; `-` reads standard input
    Read {
        /// The file or folder
        #[arg(value_name = "FILE|DIR|-")]
        file: PathBuf,
        /// Only say what would be done: needs no database. Which newsletter it was is read with the secret
        /// key, where that is at hand
        #[arg(long)]
        dry_run: bool,
        /// One JSON object a mail, each on its line
        #[arg(long)]
        json: bool,
    },
    /// Read the mailbox that bounces go to (`GAZETTE_RETURNS_IMAP_URL`) once, and say how many mails it was
    Fetch,
}

/// Runs the command.
pub async fn run(settings: Settings, command: Returns) -> anyhow::Result<()> {
    match command {
        Returns::Read {
            file,
            dry_run: true,
            json,
        } => show(App::key_at_hand(&settings)?.as_ref(), &file, json),
        Returns::Read { file, json, .. } => {
            let app = App::open_existing(settings, Clock::system()).await?;
            act(&app, file, json).await
        }
        Returns::Fetch => {
            let app = App::open_existing(settings, Clock::system()).await?;
            let url = returns::mailbox_setting::load(&app).await?.context(
                "no mailbox is set: write GAZETTE_RETURNS_IMAP_URL=imaps://USER:PASSWORD@HOST/FOLDER, or set it in the console under What came back",
            )?;
            let read = returns::imap::read_once(&app, &url).await?;
            println!("{read} mails read.");
            Ok(())
        }
    }
}

/// Mails that are acted on together, and octets of them: a few long ones are as much work as many short ones.
const MAILS_AT_ONCE: usize = 64;
const OCTETS_AT_ONCE: usize = 1024 * 1024;

/// Reads and acts, some mails at a time, in their order.
async fn act(app: &App, file: PathBuf, json: bool) -> anyhow::Result<()> {
    let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
    let reader = tokio::task::spawn_blocking(move || {
        let (mut gathered, mut octets) = (Vec::new(), 0);
        let send = |gathered: &mut Vec<FoundMail>| {
            sender
                .blocking_send(std::mem::take(gathered))
                .map_err(|_| anyhow::anyhow!("stopped before the last mail"))
        };
        let ended = files::each_mail::<anyhow::Error>(&file, &mut |found| {
            octets += found.mail.len();
            gathered.push(found);
            if gathered.len() < MAILS_AT_ONCE && octets < OCTETS_AT_ONCE {
                return Ok(());
            }
            octets = 0;
            send(&mut gathered)
        });
        // What was read before a file that cannot be read counts.
        send(&mut gathered)?;
        ended
    });
    while let Some(mut found) = receiver.recv().await {
        // A program's index, a list, a picture: kept as mail, it would stand among what came back.
        found.retain(|found| {
            if !found.is_mail() {
                eprintln!("{} is no mail: it has no headers; passed over", found.file);
            }
            found.is_mail()
        });
        let mails: Vec<&[u8]> = found.iter().map(|found| found.mail.as_slice()).collect();
        let done = returns::receive_all(app, ReturnWay::CommandLine, &mails).await?;
        let mut output = io::stdout().lock();
        for (found, (reading, receipt)) in found.iter().zip(&done) {
            print(&mut output, &found.file, reading, Told::Done(receipt), json)?;
        }
    }
    reader.await?
}

/// What is printed of a mail.
#[derive(Debug, Serialize)]
struct Line<'a> {
    file: &'a str,
    kind: ReturnKind,
    recipient: Option<&'a str>,
    newsletter: Option<i64>,
    diagnosis: &'a str,
    status: Option<&'a str>,
    action: &'static str,
    why: &'a str,
    /// The class of the table that decided.
    class: Option<&'static str>,
    /// What was done; not with `--dry-run`.
    #[serde(skip_serializing_if = "Option::is_none")]
    done: Option<&'static str>,
    /// Whom it is about beside the first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    others: Vec<Other<'a>>,
}

#[derive(Debug, Serialize)]
struct Other<'a> {
    recipient: Option<&'a str>,
    diagnosis: &'a str,
    status: Option<&'a str>,
    action: &'static str,
    why: &'a str,
    class: Option<&'static str>,
}

/// Reads and says what would be done.
fn show(keys: Option<&Keys>, file: &Path, json: bool) -> anyhow::Result<()> {
    let mut output = io::BufWriter::new(io::stdout().lock());
    files::each_mail::<anyhow::Error>(file, &mut |found| {
        let reading = returns::read(&found.mail);
        let newsletter = reading.claimed_newsletter(keys);
        print(
            &mut output,
            &found.file,
            &reading,
            Told::Read(newsletter),
            json,
        )
    })?;
    output.flush()?;
    Ok(())
}

/// What is said of a mail beside what was read of it.
#[derive(Clone, Copy)]
enum Told<'a> {
    /// Which newsletter it is about, where that is known.
    Read(Option<i64>),
    /// What was done.
    Done(&'a Receipt),
}

fn print(
    output: &mut impl Write,
    file: &str,
    reading: &Reading,
    told: Told<'_>,
    json: bool,
) -> anyhow::Result<()> {
    let first = reading.first();
    let (newsletter, receipt) = match told {
        Told::Read(newsletter) => (newsletter, None),
        Told::Done(receipt) => (receipt.newsletter, Some(receipt)),
    };
    if !json {
        writeln!(
            output,
            "{file}: {} {}: {}: {}",
            serde_json::to_value(reading.kind)?
                .as_str()
                .unwrap_or_default(),
            first.address.as_deref().unwrap_or("-"),
            first.action.as_str(),
            receipt.map_or(first.why.as_str(), |receipt| &receipt.why),
        )?;
        return Ok(());
    }
    let line = Line {
        file,
        kind: reading.kind,
        recipient: first.address.as_deref(),
        newsletter,
        diagnosis: &first.diagnosis,
        status: first.status.as_deref(),
        action: first.action.as_str(),
        why: receipt.map_or(first.why.as_str(), |receipt| &receipt.why),
        class: first.class.map(ReplyClass::as_str),
        done: receipt.map(done),
        others: reading.recipients[1..]
            .iter()
            .map(|other| Other {
                recipient: other.address.as_deref(),
                diagnosis: &other.diagnosis,
                status: other.status.as_deref(),
                action: other.action.as_str(),
                why: &other.why,
                class: other.class.map(ReplyClass::as_str),
            })
            .collect(),
    };
    serde_json::to_writer(&mut *output, &line)?;
    writeln!(output)?;
    Ok(())
}

/// What was done, in one word.
fn done(receipt: &Receipt) -> &'static str {
    if receipt.known {
        return "known";
    }
    match receipt.state {
        ReturnState::Acted => "acted",
        ReturnState::Unproved => "unproved",
        ReturnState::SetAside => "set-aside",
        ReturnState::Noted | ReturnState::Filed | ReturnState::Undone => "noted",
    }
}
