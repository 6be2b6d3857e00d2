//! `gazette topics`: what a subscriber can ask for.

use clap::Subcommand;

use crate::{
    app::App,
    audit::OPERATOR,
    subscribers::{self, topics},
};

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Topics {
    /// Make a topic: `gazette topics add veterans --name Veterans`
    Add {
        /// Short name: small letters, digits and hyphens; it never changes
        slug: String,
        /// As readers see it
        #[arg(long)]
        name: String,
        /// What it holds, in one line
        #[arg(long, default_value = "")]
        description: String,
    },
    /// List all topics, in their order, with how many get them
    List {
        /// As a JSON array
        #[arg(long)]
        json: bool,
    },
    /// Give a topic another name
    Rename {
        /// Short name
        slug: String,
        /// As readers see it from now on
        name: String,
    },
    /// Say what a topic holds
    Describe {
        /// Short name
        slug: String,
        /// In one line; empty: nothing
        description: String,
    },
    /// Say what a topic is called in another language:
    /// `gazette topics translate veterans es --name Veteranos`
    Translate {
        /// Short name
        slug: String,
        /// en, es, ko, vi, zh-Hant, zh-Hans or ar
        language: String,
        /// As readers of this language see it; empty: as the topic itself is called
        #[arg(long)]
        name: String,
        /// What it holds, in this language
        #[arg(long, default_value = "")]
        description: String,
    },
    /// Put these topics first, in this order
    Order {
        /// Short names
        #[arg(required = true)]
        slugs: Vec<String>,
    },
    /// Let nobody choose a topic any more; who has it keeps it
    Archive {
        /// Short name
        slug: String,
    },
    /// Bring an archived topic back
    Restore {
        /// Short name
        slug: String,
    },
}

/// Runs the command.
pub async fn run(app: &App, command: Topics) -> anyhow::Result<()> {
    match command {
        Topics::Add {
            slug,
            name,
            description,
        } => {
            topics::add(app, &slug, &name, &description, OPERATOR).await?;
            println!("Readers can choose “{name}” now.");
        }
        Topics::List { json } => list(app, json).await?,
        Topics::Rename { slug, name } => {
            topics::describe(app, &slug, Some(&name), None, OPERATOR).await?;
            println!("{slug} is called “{name}” now.");
        }
        Topics::Describe { slug, description } => {
            topics::describe(app, &slug, None, Some(&description), OPERATOR).await?;
            println!("{slug}: {description}");
        }
        Topics::Translate {
            slug,
            language,
            name,
            description,
        } => {
            subscribers::translate(app, &slug, &language, &name, &description, OPERATOR).await?;
            if name.trim().is_empty() {
                println!("{slug} has its own name in {language} again.");
            } else {
                println!("{slug} is called “{name}” in {language} now.");
            }
        }
        Topics::Order { slugs } => {
            topics::order(app, &slugs, OPERATOR).await?;
            list(app, false).await?;
        }
        Topics::Archive { slug } => {
            topics::archive(app, &slug, true, OPERATOR).await?;
            println!("Nobody can choose {slug} any more; who has it keeps it.");
        }
        Topics::Restore { slug } => {
            topics::archive(app, &slug, false, OPERATOR).await?;
            println!("Readers can choose {slug} again.");
        }
    }
    Ok(())
}

async fn list(app: &App, json: bool) -> anyhow::Result<()> {
    let listed = topics::listing(app).await?;
    if json {
        println!("{}", serde_json::to_string_pretty(&listed)?);
        return Ok(());
    }
    let mut translations = subscribers::translations(app).await?;
    for topic in listed {
        let archived = if topic.archived { " (archived)" } else { "" };
        println!(
            "{:<20} {:>7}  {}{archived}  {}",
            topic.slug, topic.subscribers, topic.name, topic.description
        );
        for words in translations.remove(&topic.id).unwrap_or_default() {
            let (language, name, holds) = (words.language, words.name, words.description);
            println!("{:<20} {language:>7}  {name}  {holds}", "");
        }
    }
    Ok(())
}
