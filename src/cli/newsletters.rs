//! `gazette newsletters`: see, approve, send and stop what is mailed.

use std::ops::RangeInclusive;

use clap::Subcommand;
use serde_json::json;

use super::input::Yes;
use crate::{
    app::App,
    audit::{self, Action, OPERATOR},
    delivery,
    newsletters::{self, Counts, Newsletter, Quarter},
    office::{DEADLINE_HOURS, Office},
};

mod counts_sentence;
mod going_out;
mod printed_changes;
mod printed_preview;
mod printed_receipt;
mod send;

use counts_sentence::sentence;

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Newsletters {
    /// List them, newest first
    List {
        /// As a JSON array
        #[arg(long)]
        json: bool,
        /// At most this many
        #[arg(long, default_value_t = 100)]
        limit: u64,
    },
    /// Show one: its state, counts, and what did not arrive and why
    Show {
        /// Number from the list
        id: i64,
        /// Only what the ledger says of this reader: whether and when it was accepted, by which relay
        #[arg(long, value_name = "EMAIL")]
        reader: Option<String>,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the text part as a reader will get it, and what was checked: size, links, pictures…
    Preview {
        /// Number from the list
        id: i64,
        /// The HTML part alone
        #[arg(long)]
        html: bool,
        /// Subject, both parts and the checks, as JSON
        #[arg(long, conflicts_with = "html")]
        json: bool,
        /// Do not follow the links; say what they answered last
        #[arg(long)]
        offline: bool,
    },
    /// Approve a draft: it goes out at once, or at a time
    Approve {
        /// Number from the list
        id: i64,
        #[command(flatten)]
        text: SeenText,
        /// When, in the office's time zone: 2026-11-24T09:00
        #[arg(long)]
        at: Option<String>,
        #[command(flatten)]
        deadline: Deadline,
        /// Inside a blackout: I know of it, and the list is in order
        #[arg(long)]
        acknowledge_blackout: bool,
    },
    /// Approve and send
    Send {
        /// Number from the list
        id: i64,
        #[command(flatten)]
        text: SeenText,
        /// Follow the sending until every delivery is settled
        #[arg(long)]
        wait: bool,
        /// Send one that was sent to those whom it did not reach, once more at most: not where the
        /// mailbox took nothing, and to nobody who got it
        #[arg(long, conflicts_with_all = ["revision", "deadline_hours"])]
        failed: bool,
        #[command(flatten)]
        yes: Yes,
        #[command(flatten)]
        deadline: Deadline,
        /// Inside a blackout: I know of it, and the list is in order
        #[arg(long)]
        acknowledge_blackout: bool,
    },
    /// Stop sending; what is on the wire is finished
    Pause {
        /// Number from the list
        id: i64,
    },
    /// Go on with a paused one
    Resume {
        /// Number from the list
        id: i64,
        /// Inside a blackout: I know of it, and the list is in order
        #[arg(long)]
        acknowledge_blackout: bool,
    },
    /// Make a draft for the press list with the same text
    ForPress {
        /// Number from the list
        id: i64,
        /// It is no news release to the communications media: everyone on the list counts as not
        /// having asked
        #[arg(long)]
        not_a_news_release: bool,
    },
    /// What went to the press list in a quarter, for the quarterly report
    Report {
        /// Such as 2026Q3; default: the present one
        #[arg(long)]
        quarter: Option<String>,
        /// As CSV
        #[arg(long, conflicts_with = "json")]
        csv: bool,
        /// As a JSON array
        #[arg(long)]
        json: bool,
    },
    /// Stop for good
    Cancel {
        /// Number from the list
        id: i64,
        #[command(flatten)]
        yes: Yes,
    },
    /// Show what the office changed in its releases since it was made
    Changes {
        /// Number from the list
        id: i64,
    },
    /// Make the draft of a correction: the changed release, to those who got the first text
    Correct {
        /// Number from the list
        id: i64,
        /// Which of a digest's releases; not needed where only one changed
        #[arg(long)]
        release: Option<i64>,
    },
    /// Print the exact mail, for review, with placeholders for what is personal
    ExportEml {
        /// Number from the list
        id: i64,
    },
}

/// As clap wants them.
const HOURS: RangeInclusive<i64> =
    (*DEADLINE_HOURS.start() as i64)..=(*DEADLINE_HOURS.end() as i64);

/// When what the relay puts off is given up.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Deadline {
    /// Give up what the relay puts off after this many hours, not the office's
    #[arg(
        long,
        alias = "give-up-hours",
        value_name = "HOURS", value_parser = clap::value_parser!(u32).range(HOURS))]
    deadline_hours: Option<u32>,
}

/// The text that is approved.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct SeenText {
    /// Approve only this revision of the text, as `show` names it; default: the present one
    #[arg(long)]
    revision: Option<i32>,
}

impl SeenText {
    /// The revision that is approved: the one that was named, else the present one, which is printed.
    async fn revision(self, app: &App, id: i64) -> anyhow::Result<i32> {
        let newsletter = newsletters::find(app, id).await?;
        if self.revision.is_none() {
            eprintln!(
                "newsletter {id}, revision {}: {}",
                newsletter.revision, newsletter.subject
            );
        }
        Ok(self.revision.unwrap_or(newsletter.revision))
    }
}

impl Deadline {
    async fn set(self, app: &App, id: i64) -> anyhow::Result<()> {
        if self.deadline_hours.is_some() {
            newsletters::set_deadline(app, id, self.deadline_hours, OPERATOR).await?;
        }
        Ok(())
    }
}

/// Runs the command.
pub async fn run(app: &App, command: Newsletters) -> anyhow::Result<()> {
    match command {
        Newsletters::List { json, limit } => list(app, json, limit).await,
        Newsletters::Show {
            id,
            reader: Some(reader),
            json,
        } => printed_receipt::show(app, id, &reader, json).await,
        Newsletters::Show { id, json, .. } => show(app, id, json).await,
        Newsletters::Preview { id, html: true, .. } => {
            println!("{}", newsletters::preview(app, id).await?.html);
            Ok(())
        }
        Newsletters::Preview {
            id, json, offline, ..
        } => printed_preview::preview(app, id, json, offline).await,
        Newsletters::Approve {
            id,
            text,
            at,
            deadline,
            acknowledge_blackout,
        } => {
            let seen = text.revision(app, id).await?;
            newsletters::check_seen(app, id, seen).await?;
            printed_preview::warn(app, id).await?;
            deadline.set(app, id).await?;
            approve(app, id, seen, at.as_deref(), acknowledge_blackout).await
        }
        Newsletters::Send {
            id,
            text,
            wait,
            failed,
            yes,
            deadline,
            acknowledge_blackout,
        } => {
            if failed {
                let readers = crate::delivery::count_not_reached(app, id).await?;
                yes.ask(&format!("Mail newsletter {id} to {readers} readers again?"))?;
                if acknowledge_blackout {
                    newsletters::acknowledge_blackout(app, id, OPERATOR, None).await?;
                }
                return Box::pin(send::send_failed(app, id, wait)).await;
            }
            let seen = text.revision(app, id).await?;
            newsletters::check_seen(app, id, seen).await?;
            printed_preview::warn(app, id).await?;
            let readers = newsletters::audience(app, id).await?;
            yes.ask(&format!("Mail newsletter {id} to {readers} readers?"))?;
            deadline.set(app, id).await?;
            if acknowledge_blackout {
                newsletters::acknowledge_blackout(app, id, OPERATOR, None).await?;
            }
            Box::pin(send::send(app, id, seen, wait)).await
        }
        Newsletters::Pause { id } => {
            newsletters::pause(app, id, OPERATOR).await?;
            println!("newsletter {id} is paused; what is on the wire is finished");
            Ok(())
        }
        Newsletters::Resume {
            id,
            acknowledge_blackout,
        } => {
            if acknowledge_blackout {
                newsletters::acknowledge_blackout(app, id, OPERATOR, None).await?;
            }
            send::resume(app, id).await?;
            println!("newsletter {id} goes on");
            Ok(())
        }
        Newsletters::ForPress {
            id,
            not_a_news_release,
        } => {
            let made = newsletters::for_press(app, id, !not_a_news_release, OPERATOR).await?;
            println!("newsletter {made} is a draft for the press list");
            Ok(())
        }
        Newsletters::Report { quarter, csv, json } => {
            report(app, quarter.as_deref(), csv, json).await
        }
        Newsletters::Cancel { id, yes } => {
            yes.ask(&format!("Stop newsletter {id} for good?"))?;
            newsletters::cancel(app, id, OPERATOR).await?;
            println!("newsletter {id} is cancelled");
            Ok(())
        }
        Newsletters::Changes { id } => printed_changes::show(app, id).await,
        Newsletters::Correct { id, release } => printed_changes::correct(app, id, release).await,
        Newsletters::ExportEml { id } => {
            use std::io::Write;
            let message = crate::delivery::export_eml(app, id, OPERATOR).await?;
            Ok(std::io::stdout().write_all(&message)?)
        }
    }
}

async fn list(app: &App, json: bool, limit: u64) -> anyhow::Result<()> {
    let list = newsletters::list(app, limit).await?;
    if json {
        let array: Vec<_> = list
            .iter()
            .map(|(newsletter, counts)| as_json(newsletter, *counts))
            .collect();
        println!("{}", serde_json::to_string_pretty(&array)?);
        return Ok(());
    }
    for (newsletter, counts) in list {
        println!(
            "{:>5}  {:<9}  {:>7} accepted  {}",
            newsletter.id,
            newsletter.state.as_str(),
            counts.accepted,
            newsletter.subject
        );
        if let Some(attention) = &newsletter.attention {
            println!("       needs you: {attention}");
        }
    }
    Ok(())
}

async fn show(app: &App, id: i64, json: bool) -> anyhow::Result<()> {
    let newsletter = newsletters::find(app, id).await?;
    let counts = newsletters::counts(app, id).await?;
    let exceptions = delivery::exceptions(app, id, 1000).await?;
    if !exceptions.is_empty() {
        // Whole addresses of people: the log notes who looked, as it does in the console.
        let (now, action) = (app.clock.now_ms(), Action::NewsletterAddresses);
        let object = format!("newsletter/{id}");
        audit::record(&app.db.writer(), now, OPERATOR, action, object, "").await?;
    }
    if json {
        let mut object = as_json(&newsletter, counts);
        object["exceptions"] = serde_json::to_value(&exceptions)?;
        object["proof"] = serde_json::to_value(newsletters::proof(app, id).await?)?;
        println!("{}", serde_json::to_string_pretty(&object)?);
        return Ok(());
    }
    let office = Office::load(&app.db).await?;
    let zone = office.time_zone.clone();
    let local = |at: jiff::Timestamp| {
        at.to_zoned_datetime(zone.clone())
            .strftime("%Y-%m-%d %H:%M %Z")
            .to_string()
    };
    println!("Newsletter {id}: {}", newsletter.subject);
    println!("Revision:   {}", newsletter.revision);
    println!("State:      {}", newsletter.state.as_str());
    println!("Topic:      {}", newsletter.topic.name);
    println!("Audience:   {}", newsletter.audience.as_str());
    for group in newsletters::proof(app, id).await?.evidence {
        println!("  {} {}", group.people, group.words());
    }
    if let Some((at, by)) = &newsletter.approved {
        println!("Approved:   {} by {by}", local(*at));
    }
    for (what, at) in [
        ("Scheduled", newsletter.scheduled_at),
        ("Started", newsletter.started_at),
        ("Gives up", newsletter.deadline_at),
        ("Finished", newsletter.finished_at),
    ] {
        if let Some(at) = at {
            println!("{:<11} {}", format!("{what}:"), local(at));
        }
    }
    if let (Some(hours), None) = (newsletter.deadline_hours, newsletter.deadline_at) {
        println!("Gives up:   {hours} h after it begins");
    }
    if let Some(attention) = &newsletter.attention {
        println!("Needs you:  {attention}");
    }
    if let Some(when) = newsletters::goes_on(&newsletter, &office) {
        println!("Goes on:    {when}");
    }
    if let Some(at) = send::limit_free_at(app, &newsletter, counts).await? {
        println!(
            "Waits:      the relay's limit is used up until {}",
            local(at)
        );
    }
    if let Some(at) = newsletter.settles_at {
        println!(
            "Not final:  the office may still change it until {}",
            local(at)
        );
    }
    println!("Deliveries: {}", sentence(counts));
    for exception in exceptions {
        let when = if exception.state == "deferred" {
            "next try"
        } else {
            "since"
        };
        let relay = exception.relay.map(|relay| format!(", {relay}"));
        println!(
            "  {} {} ({when} {}{}): {} {}",
            exception.state,
            exception.email,
            local(exception.at),
            relay.unwrap_or_default(),
            exception.code,
            exception.words
        );
    }
    Ok(())
}

async fn approve(
    app: &App,
    id: i64,
    seen: i32,
    at: Option<&str>,
    acknowledge_blackout: bool,
) -> anyhow::Result<()> {
    let at = match at {
        None => None,
        Some(text) => {
            use anyhow::Context;
            let zone = Office::load(&app.db).await?.time_zone;
            let at = crate::office_time::written_time(text, &zone);
            Some(at.with_context(|| {
                format!("`{text}` is no time to send at, such as 2026-11-24T09:00")
            })?)
        }
    };
    if acknowledge_blackout {
        newsletters::acknowledge_blackout(app, id, OPERATOR, at).await?;
    }
    newsletters::check_audience(app, id).await?;
    newsletters::approve(app, id, OPERATOR, at, seen).await?;
    println!("{}", going_out::sentence(app, id).await?);
    Ok(())
}

async fn report(app: &App, quarter: Option<&str>, csv: bool, json: bool) -> anyhow::Result<()> {
    let quarter = match quarter {
        Some(text) => text.parse()?,
        None => Quarter::of(app.clock.now(), &Office::load(&app.db).await?.time_zone),
    };
    let lines = newsletters::report(app, quarter).await?;
    if csv {
        use std::io::Write;
        return Ok(std::io::stdout().write_all(&newsletters::report_csv(&lines)?)?);
    }
    if json {
        println!("{}", serde_json::to_string_pretty(&lines)?);
        return Ok(());
    }
    println!("{quarter}: {} newsletters to the press list", lines.len());
    for line in lines {
        println!(
            "{}  {:>7} recipients, {:>7} count as unsolicited{}  {}",
            line.date,
            line.recipients,
            line.unsolicited,
            if line.mass_communication {
                " (mass communication)"
            } else {
                ""
            },
            line.subject
        );
    }
    Ok(())
}

fn as_json(newsletter: &Newsletter, counts: Counts) -> serde_json::Value {
    json!({
        "id": newsletter.id,
        "subject": newsletter.subject,
        "topic": newsletter.topic.slug,
        "state": newsletter.state,
        "counts": counts,
        "slug": newsletter.slug,
        "language": newsletter.language,
        "automatic": newsletter.automatic,
        "audience": newsletter.audience,
        "news_release": newsletter.news_release,
        "blackout_acknowledged_to": newsletter.blackout_to,
        "release": newsletter.release_id,
        "release_url": newsletter.release_url,
        "attention": newsletter.attention,
        "resumes_at": newsletter.resumes_at,
        "settles_at": newsletter.settles_at,
        "auto_approve": newsletter.auto_approve.is_some(),
        "revision": newsletter.revision,
        "superseded_by": newsletter.superseded_by,
        "corrects": newsletter.corrects,
        "edition": newsletter.edition,
        "created_at": newsletter.created_at,
        "approved_at": newsletter.approved.as_ref().map(|(at, _)| at),
        "approved_by": newsletter.approved.as_ref().map(|(_, by)| by),
        "scheduled_at": newsletter.scheduled_at,
        "started_at": newsletter.started_at,
        "deadline_hours": newsletter.deadline_hours,
        "deadline_at": newsletter.deadline_at,
        "finished_at": newsletter.finished_at,
    })
}
