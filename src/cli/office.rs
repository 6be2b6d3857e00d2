//! `gazette office`: whose newsletter it is.

use std::fmt::Write;

use anyhow::Context;
use clap::Subcommand;

use super::input::InputFile;
use crate::{app::App, logo::Logo, named_file, office};

/// Octets that are read of a picture, which then says better what is wrong with its size.
const LARGEST_FILE: u64 = 64 * 1024 * 1024;

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Office {
    /// Set what the office is; an empty value returns a setting to its default
    #[command(after_help = after_help())]
    Set {
        /// One or several KEY=VALUE
        #[arg(required = true, value_name = "KEY=VALUE")]
        settings: Vec<String>,
    },
    /// Set the logo: the picture beside the office's name in mails: a PNG, JPEG or GIF file
    #[command(alias = "seal")]
    Logo {
        /// The file; none: go without a logo
        file: Option<std::path::PathBuf>,
    },
    /// Show what the office is
    Show {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

fn after_help() -> String {
    let mut text = String::from("Keys:\n");
    for (key, what) in office::KEYS {
        let _ = writeln!(text, "  {key:<20} {what}");
    }
    text
}

/// Runs the command.
pub async fn run(app: &App, command: Office) -> anyhow::Result<()> {
    match command {
        Office::Set { settings } => {
            let mut pairs = Vec::new();
            for setting in &settings {
                let Some(pair) = setting.split_once('=') else {
                    anyhow::bail!(
                        "`{setting}` is not KEY=VALUE, such as name=\"Office of Rep. Jane Doe\""
                    );
                };
                pairs.push(pair);
            }
            office::Office::set_all(&app.db, "operator", &pairs, app.clock.now_ms()).await?;
            for (key, value) in pairs {
                if value.is_empty() {
                    println!("{key} is not set any more");
                } else {
                    println!("{key} is now {value}");
                }
            }
            Ok(())
        }
        Office::Logo { file: None } => {
            Logo::remove(&app.db, "operator", app.clock.now_ms()).await?;
            println!("mails carry no logo from now on; those that were sent keep theirs");
            Ok(())
        }
        Office::Logo { file: Some(file) } => {
            let file = InputFile::of(&file)?;
            let bytes = named_file::read(file.path(), LARGEST_FILE)
                .with_context(|| format!("cannot read `{}`", file.path().display()))?;
            let logo = Logo::set(&app.db, "operator", &bytes, app.clock.now_ms()).await?;
            println!("{}", app.link(&logo.path()));
            Ok(())
        }
        Office::Show { json } => {
            let settings = office::Office::settings(&app.db).await?;
            if json {
                let object: serde_json::Map<_, _> = settings
                    .into_iter()
                    .map(|(key, value)| (key.to_owned(), value.into()))
                    .collect();
                println!("{}", serde_json::to_string_pretty(&object)?);
            } else {
                for (key, value) in settings {
                    println!("{key:<20} {}", if value.is_empty() { "-" } else { &value });
                }
            }
            Ok(())
        }
    }
}
