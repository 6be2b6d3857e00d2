//! `gazette sources`: where releases come from.

use clap::Subcommand;

use crate::{
    app::App,
    releases::{self, Policy},
};

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Sources {
    /// Add a feed, the REST address of a `WordPress` site, or a page that links to a feed
    Add {
        /// Where it is
        url: String,
        /// What becomes of its new releases
        #[arg(long, value_enum, default_value_t = Policy::Approve)]
        policy: Policy,
        /// The topic under which its releases are mailed; default: the first
        #[arg(long, value_name = "SLUG")]
        topic: Option<String>,
        /// Seconds from a release's first sight until it is final
        #[arg(long, value_name = "SECONDS", default_value_t = 600)]
        settle: i64,
        /// Seconds between looks
        #[arg(long, value_name = "SECONDS")]
        every: Option<i64>,
        /// As a JSON object
        #[arg(long)]
        json: bool,
    },
    /// List them
    List {
        /// As a JSON array
        #[arg(long)]
        json: bool,
    },
    /// Look now at the sources that are due, and settle what is ready
    Poll,
    /// Look at a source no more; its releases stay
    Remove {
        /// Its number in the list
        id: i64,
    },
}

/// Runs the command.
pub async fn run(app: &App, command: Sources) -> anyhow::Result<()> {
    match command {
        Sources::Add {
            url,
            policy,
            topic,
            settle,
            every,
            json,
        } => {
            if let Some(slug) = &topic {
                // Before anything is stored.
                releases::topic(app, slug).await?;
            }
            let id = releases::add_source(app, &url, policy, settle).await?;
            if let Some(slug) = &topic {
                releases::set_topic(app, id, slug).await?;
            }
            if let Some(seconds) = every {
                releases::set_poll_seconds(app, id, seconds).await?;
            }
            if json {
                println!("{}", serde_json::json!({ "source": id }));
            } else {
                println!("source {id}; what is there now counts as seen and is not mailed");
            }
        }
        Sources::List { json } => {
            let list = releases::list_sources(app).await?;
            if json {
                println!("{}", serde_json::to_string_pretty(&list)?);
                return Ok(());
            }
            if list.is_empty() {
                println!("no sources yet; `gazette sources add URL`");
            }
            for source in list {
                println!(
                    "{:>5}  {:<8} {}  {}",
                    source.id, source.policy, source.title, source.url
                );
                if let Some(error) = source.last_error {
                    println!("       failed {} times: {error}", source.failures);
                }
            }
        }
        Sources::Poll => {
            let polled = releases::poll_due(app).await?;
            let settled = releases::settle_due(app).await?;
            println!(
                "{} sources asked, {} failed; {} new releases, {} held; {settled} settled",
                polled.polled, polled.failed, polled.new, polled.held
            );
        }
        Sources::Remove { id } => {
            releases::remove_source(app, id).await?;
            println!("source {id} is looked at no more");
        }
    }
    Ok(())
}
