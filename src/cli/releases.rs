//! `gazette releases`: bring a release by hand, and see what came in.

use std::path::Path;

use anyhow::Context;
use clap::Subcommand;
use gazette_templates::document::text;
use serde_json::json;

use super::input::{InputFile, Yes};
use crate::{
    app::App,
    audit::OPERATOR,
    clock::Timestamp,
    newsletters,
    office::Office,
    releases::{self, WholeRelease},
};

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Releases {
    /// Add one from a file (.html, .txt, .md or .docx) or a web page, and make a draft newsletter of it
    Add {
        /// A file, `-` for standard input, or an address that begins with https://
        location: String,
        /// What to call it, where the page does not say it well
        #[arg(long)]
        title: Option<String>,
        /// As a JSON object: what `show` says of it, with the number of the newsletter
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        yes: Yes,
    },
    /// Show one with its text
    Show {
        /// Its number in the list
        id: i64,
        /// As a JSON object: `id`, `title`, `published_at`, `url`, `state`, `document`
        #[arg(long)]
        json: bool,
    },
    /// List them, newest first
    List {
        /// As a JSON array
        #[arg(long)]
        json: bool,
        /// At most this many
        #[arg(long, default_value_t = 100)]
        limit: u64,
    },
    /// Let a held one go on as its source's policy says
    Release {
        /// Its number in the list
        id: i64,
    },
    /// Say that two are one release in two languages: each reader gets hers, and nobody both
    Join {
        /// The number of one
        id: i64,
        /// The number of the other
        other: i64,
    },
    /// Say that one is no translation of the others that it was joined with
    Separate {
        /// Its number in the list
        id: i64,
    },
    /// Take a held one out: it is not mailed
    Drop {
        /// Its number in the list
        id: i64,
    },
}

/// Runs the command.
pub async fn run(app: &App, command: Releases) -> anyhow::Result<()> {
    match command {
        Releases::Add {
            location,
            title,
            json,
            yes,
        } => {
            let piped = match location.as_str() {
                "-" => Some(InputFile::of(Path::new("-"))?),
                _ => None,
            };
            let file = piped.as_ref().map(|file| file.path().to_string_lossy());
            let location = file.as_deref().unwrap_or(&location);
            let release = releases::add(app, location, title.as_deref()).await?;
            if let Some((sent, at)) = newsletters::mailed_before(app, release).await? {
                ask_again(app, release, sent, at, yes).await?;
            }
            let newsletter = newsletters::draft_by(app, release, OPERATOR).await?;
            if json {
                let mut made = serde_json::to_value(whole(app, release).await?)?;
                made["release"] = json!(release);
                made["newsletter"] = json!(newsletter);
                println!("{made}");
            } else {
                // What was added before has its newsletter already, wherever that is by now.
                let state = newsletters::find(app, newsletter).await?.state;
                println!(
                    "release {release}, newsletter {newsletter} ({})",
                    state.as_str()
                );
            }
        }
        Releases::Show { id, json } => show(&whole(app, id).await?, json)?,
        Releases::Release { id } => {
            newsletters::release_held(app, id, OPERATOR).await?;
            println!("release {id} goes on as its source's policy says");
        }
        Releases::Join { id, other } => {
            newsletters::join_versions(app, id, other, OPERATOR).await?;
            println!("releases {id} and {other} are one in two languages: each reader gets hers");
        }
        Releases::Separate { id } => {
            if newsletters::separate_version(app, id, OPERATOR).await? {
                println!("release {id} stands alone now");
            } else {
                println!("release {id} is joined with none; nothing was changed");
            }
        }
        Releases::Drop { id } => {
            newsletters::drop_held(app, id, OPERATOR).await?;
            println!("release {id} will not be mailed");
        }
        Releases::List { json, limit } => {
            let list = releases::list(app, limit).await?;
            if json {
                println!("{}", serde_json::to_string_pretty(&list)?);
                return Ok(());
            }
            if list.is_empty() {
                println!(
                    "no releases yet; `gazette releases add FILE` or `gazette sources add URL`"
                );
            }
            let zone = Office::load(&app.db).await?.time_zone;
            for release in list {
                println!(
                    "{:>5}  {:<9} {}",
                    release.id,
                    release.state.as_str(),
                    release.title
                );
                if let Some(at) = release.waits_for {
                    let at = at.to_zoned_datetime(zone.clone());
                    println!(
                        "       dated in the future: waits until {}, and is read again then",
                        at.strftime("%Y-%m-%d %H:%M %Z")
                    );
                }
                if let Some(why) = release.held_because {
                    println!(
                        "       held: {why} `gazette releases release {id}` or `drop {id}`",
                        id = release.id
                    );
                }
            }
        }
    }
    Ok(())
}

/// Says that a release went out already, and asks whether it is to go out again.
async fn ask_again(
    app: &App,
    release: i64,
    sent: i64,
    at: Timestamp,
    yes: Yes,
) -> anyhow::Result<()> {
    let zone = Office::load(&app.db).await?.time_zone;
    let at = at.to_zoned_datetime(zone).strftime("%Y-%m-%d %H:%M %Z");
    eprintln!(
        "release {release} was mailed already, as newsletter {sent} on {at}; another newsletter of it goes to everybody once more"
    );
    yes.ask("Make another newsletter of it?")
        .context("no newsletter was made")
}

async fn whole(app: &App, id: i64) -> anyhow::Result<WholeRelease> {
    releases::whole_release(app, id)
        .await?
        .with_context(|| format!("there is no release {id}; `gazette releases list` shows them"))
}

fn show(release: &WholeRelease, json: bool) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::to_string_pretty(release)?);
        return Ok(());
    }
    println!("{}", release.title);
    println!("state: {}", release.state.as_str());
    if let Some(at) = release.published_at {
        println!("published: {at}");
    }
    if let Some(url) = &release.url {
        println!("address: {url}");
    }
    if let Some(document) = &release.document {
        println!("\n{}", text::render(document).trim_end());
    }
    Ok(())
}
