//! `gazette sources`: where releases come from.

use std::{fmt::Write, time::Duration};

use clap::Subcommand;

use crate::{
    app::App,
    releases::{self, Policy, SetAside},
    subscribers,
};

/// How long the look of another process is waited for.
const LOOK_TAKES_AT_MOST: Duration = Duration::from_mins(2);

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Sources {
    /// Add a site, a page with the releases, a feed or a sitemap; says what it found
    Add {
        /// Its address; what is there is found out
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
        /// Another setting, as `sources set` takes it; may be repeated
        #[arg(long = "set", value_name = "KEY=VALUE")]
        settings: Vec<String>,
        /// As a JSON object
        #[arg(long)]
        json: bool,
    },
    /// Say what an address is and what it lists, and add nothing
    Look {
        /// The address
        url: String,
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
    /// Change settings: KEY=VALUE…
    #[command(after_help = keys_help())]
    Set {
        /// Its number in the list
        id: i64,
        /// Such as `policy=digest digest=friday digest-at=16:00`; an empty VALUE takes a filter away
        #[arg(required = true, value_name = "KEY=VALUE")]
        settings: Vec<String>,
    },
    /// Show the settings of one
    Show {
        /// Its number in the list
        id: i64,
        /// As a JSON object
        #[arg(long)]
        json: bool,
    },
    /// Look now at the sources that are due, and settle what is ready
    Poll {
        /// Look at this one whether it is due or not, by its number in the list
        id: Option<i64>,
    },
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
            settings,
            json,
        } => {
            let settings = pairs(&settings)?;
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
            if let Err(error) = releases::set_source(app, id, &settings).await {
                anyhow::bail!(
                    "source {id} is added, but not with all settings: {error}; go on with `gazette sources set {id} …`"
                );
            }
            say_added(app, id, json).await?;
        }
        Sources::Look { url, json } => {
            let look = releases::look(app, &url).await?;
            if json {
                println!("{}", serde_json::to_string_pretty(&look)?);
                return Ok(());
            }
            println!("found {}\n{}", look.found, look.url);
            for item in &look.items {
                let day = item.published.map(|at| at.strftime("%F").to_string());
                println!("{:<10}  {}", day.unwrap_or_default(), item.title);
            }
            print_set_aside(&look.set_aside);
        }
        Sources::List { json } => list(app, json).await?,
        Sources::Set { id, settings } => {
            let settings = pairs(&settings)?;
            releases::set_source(app, id, &settings).await?;
            for (key, value) in settings {
                println!("source {id}: {key} is now {value}");
            }
        }
        Sources::Show { id, json } => {
            let settings = releases::source_settings(app, id).await?;
            if json {
                let object: serde_json::Map<String, serde_json::Value> = settings
                    .into_iter()
                    .map(|(key, value)| (key.to_owned(), value.into()))
                    .collect();
                println!("{}", serde_json::to_string_pretty(&object)?);
                return Ok(());
            }
            for (key, value) in settings {
                println!("{key:<16} {value}");
            }
        }
        Sources::Poll { id } => {
            if let Some(id) = id {
                let source = releases::source(app, id).await?;
                releases::be_due(app, source.id).await?;
            }
            let polled = releases::poll_due(app).await?;
            let settled = releases::settle_due(app).await?;
            releases::revisit_due(app).await?;
            releases::notify_staff(app).await?;
            println!(
                "{} sources asked, {} failed; {} new releases, {} held; {settled} settled",
                polled.polled, polled.failed, polled.new, polled.held
            );
            if let Some(id) = id {
                say_outcome(app, id).await?;
            }
        }
        Sources::Remove { id } => {
            releases::remove_source(app, id).await?;
            println!("source {id} is looked at no more");
        }
    }
    Ok(())
}

/// What came of the look at one. A running `gazette serve` may have taken it before us.
async fn say_outcome(app: &App, id: i64) -> anyhow::Result<()> {
    let patience = tokio::time::Instant::now() + LOOK_TAKES_AT_MOST;
    let mut said = false;
    loop {
        match releases::outcome_when_due(app, id).await? {
            Some(None) => {
                println!("source {id} answered");
                return Ok(());
            }
            Some(Some(error)) => anyhow::bail!("source {id} could not be read: {error}"),
            None if tokio::time::Instant::now() > patience => {
                anyhow::bail!(
                    "source {id} is still being looked at; `gazette sources list` tells how it ends"
                )
            }
            None => {
                if !std::mem::replace(&mut said, true) {
                    println!("source {id} is being looked at now; waiting for what comes of it");
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
                // Who looked may have stopped.
                releases::poll_due(app).await?;
            }
        }
    }
}

async fn say_added(app: &App, id: i64, json: bool) -> anyhow::Result<()> {
    let source = releases::source(app, id).await?;
    if json {
        println!(
            "{}",
            serde_json::json!({
                "source": id,
                "url": source.url,
                "kind": source.kind,
                "found": source.found,
                "title": source.title,
            })
        );
    } else {
        println!("found {}", source.found);
        println!("source {id}: {}", source.url);
        println!("what is there now counts as seen and is not mailed");
        let topics = subscribers::every_topic(app).await?;
        if let Some(topic) = topics.iter().find(|topic| topic.id == source.topic_id) {
            println!("its new releases go to the readers of “{}”", topic.name);
        }
    }
    Ok(())
}

async fn list(app: &App, json: bool) -> anyhow::Result<()> {
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
        println!("       {}", source.found);
        if let Some(error) = source.last_error {
            println!("       failed {} times: {error}", source.failures);
        }
        print_set_aside(&source.set_aside);
    }
    Ok(())
}

fn keys_help() -> String {
    let mut help = "Settings:".to_owned();
    for (key, what) in releases::SOURCE_KEYS {
        let _ = write!(help, "\n  {key:<16} {what}");
    }
    help
}

fn pairs(settings: &[String]) -> anyhow::Result<Vec<(&str, &str)>> {
    settings
        .iter()
        .map(|pair| {
            pair.split_once('=')
                .ok_or_else(|| anyhow::anyhow!("`{pair}` must be written KEY=VALUE"))
        })
        .collect()
}

fn print_set_aside(set_aside: &[SetAside]) {
    for SetAside { item, why } in set_aside {
        let item = if item.is_empty() { "an item" } else { item };
        println!("       set aside: {item}: {why}");
    }
}
