//! `gazette newsletters send`: approve, and follow the sending.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use jiff::tz::TimeZone;
use tokio::task::JoinHandle;

use super::counts_sentence::sentence;
use crate::{
    app::App,
    audit::OPERATOR,
    cli::signals,
    clock::Timestamp,
    delivery::{self, DeliveryError},
    newsletters::{self, Counts, Newsletter, NewsletterState},
    office::Office,
    releases,
};

/// How often whoever follows a newsletter looks.
#[derive(Debug, Clone, Copy)]
struct Looks {
    /// At its state, where another process sends it. A worker of this process rings.
    state: Duration,
    /// At how far it is; on a long list, where counting takes its time, less often.
    counts: Duration,
}

const LOOKS: Looks = Looks {
    state: Duration::from_millis(20),
    counts: Duration::from_millis(50),
};
const POLL_COST_FACTOR: u32 = 20;

/// On a pipe: a line now and then.
const POLLS_PER_LINE: u32 = 100;

/// Approves a draft (who has the machine is the operator) and sends it; one that is on its way
/// already is followed.
pub async fn send(app: &App, id: i64, seen: i32, wait: bool) -> anyhow::Result<()> {
    let newsletter = newsletters::find(app, id).await?;
    let office = Office::load(&app.db).await?;
    if !office.window.is_open(app.clock.now(), &office.time_zone) {
        eprintln!(
            "it is outside the office's sending window; what is sent by hand goes out all the same"
        );
    }
    match newsletter.state {
        NewsletterState::Draft => {
            newsletters::check_audience(app, id).await?;
            newsletters::approve(app, id, OPERATOR, None, seen).await?;
        }
        NewsletterState::Approved => {
            newsletters::check_audience(app, id).await?;
            newsletters::send_now(app, id, OPERATOR, seen).await?;
        }
        NewsletterState::Paused => resume(app, id).await?,
        NewsletterState::Sending => {}
        NewsletterState::Sent | NewsletterState::Cancelled => {
            anyhow::bail!(
                "newsletter {id} is {}; it cannot be sent again",
                newsletter.state.as_str()
            )
        }
    }
    if let Some(at) = newsletter.settles_at {
        eprintln!(
            "the office may still change newsletter {id} until {}; it goes out then",
            at.to_zoned_datetime(office.time_zone.clone())
                .strftime("%Y-%m-%d %H:%M %Z")
        );
    }
    if wait {
        follow(app, &newsletter, LOOKS).await
    } else {
        println!("newsletter {id} goes out: `gazette newsletters show {id}` tells how far it is");
        Ok(())
    }
}

/// Sends a newsletter that was sent to those whom it did not reach.
pub async fn send_failed(app: &App, id: i64, wait: bool) -> anyhow::Result<()> {
    let readers = delivery::send_again(app, id, OPERATOR).await?;
    println!("newsletter {id} goes out again to {readers} whom it did not reach");
    if wait {
        follow(app, &newsletters::find(app, id).await?, LOOKS).await?;
    }
    Ok(())
}

/// What the scheduler does about a newsletter that is approved before its release is final.
async fn settle_releases(app: &App) -> anyhow::Result<()> {
    releases::settle_due(app).await?;
    newsletters::follow_changes(app).await?;
    newsletters::start_due(app).await?;
    Ok(())
}

/// Follows the sending of a running `serve` or `worker`; where none is alive, works the queue here
/// until the newsletter is finished.
async fn follow(app: &App, newsletter: &Newsletter, looks: Looks) -> anyhow::Result<()> {
    let mut own: Option<OwnWorker> = None;
    signals::stop_on_signal(app)?;
    let progress = Progress::new(Office::load(&app.db).await?.time_zone);
    let mut next_count = Instant::now();
    let outcome = loop {
        // From here on a ring is heard, also one that comes before we wait for it.
        let ended = app.newsletter_ended.notified();
        tokio::pin!(ended);
        ended.as_mut().enable();
        let is_running = matches!(
            newsletters::state_of(app, newsletter.id).await?,
            NewsletterState::Sending | NewsletterState::Approved
        );
        if is_running && Instant::now() < next_count {
            tokio::select! {
                () = tokio::time::sleep(looks.state) => {}
                () = ended => {}
                // The next look says how far it was.
                () = app.shutdown.cancelled() => next_count = Instant::now(),
            }
            continue;
        }
        if own.is_none() && !delivery::any_worker_alive(app).await? {
            let app = app.clone();
            own = Some(tokio::spawn(async move {
                delivery::run(&app, app.shutdown.clone()).await
            }));
        }
        if let Some(worker) = own.take_if(|worker| worker.is_finished())
            && !app.shutdown.is_cancelled()
        {
            break Err(match worker.await {
                Ok(Ok(())) => anyhow::anyhow!("the delivery worker stopped"),
                Ok(Err(error)) => error.into(),
                Err(error) => error.into(),
            });
        }
        let looked = Instant::now();
        let now = newsletters::find(app, newsletter.id).await?;
        let counts = newsletters::counts(app, newsletter.id).await?;
        let free_at = limit_free_at(app, &now, counts).await?;
        progress.show(counts, now.attention.as_deref(), free_at);
        match now.state {
            NewsletterState::Sent => break Ok(counts),
            NewsletterState::Cancelled => {
                break Err(anyhow::anyhow!(
                    "newsletter {} was cancelled: {}",
                    now.id,
                    sentence(counts)
                ));
            }
            NewsletterState::Draft => {
                break Err(anyhow::anyhow!(
                    "newsletter {} is a draft again and was not sent: {}",
                    now.id,
                    now.attention
                        .as_deref()
                        .unwrap_or("somebody has to approve it")
                ));
            }
            // Its release is not final yet, and perhaps no scheduler is alive to see to that.
            NewsletterState::Approved if own.is_some() => settle_releases(app).await?,
            NewsletterState::Paused => {
                progress.end();
                if own.is_some() {
                    end_worker(app, own.take()).await?;
                }
                let counts = counts_of_paused(app, now.id).await?;
                break Err(anyhow::anyhow!(
                    "newsletter {} is paused ({}): {}; go on with `gazette newsletters resume {}`",
                    now.id,
                    now.attention.as_deref().unwrap_or("by staff"),
                    sentence(counts),
                    now.id
                ));
            }
            _ => {}
        }
        next_count = Instant::now() + looks.counts.max(looked.elapsed() * POLL_COST_FACTOR);
        tokio::select! {
            () = tokio::time::sleep(looks.state) => {}
            () = ended => {}
            () = app.shutdown.cancelled() => break Err(anyhow::anyhow!(
                "stopped watching newsletter {}: {}; nothing is lost, `gazette newsletters send {} --wait` goes on",
                newsletter.id, sentence(counts), newsletter.id
            )),
        }
    };
    progress.end();
    end_worker(app, own).await?;
    let counts = outcome?;
    // Where no `serve` runs, this is the only process that can.
    newsletters::log_lists(app).await?;
    tell_of_end(newsletter.id, counts)
}

/// Says how it ended; an error where it reached nobody.
fn tell_of_end(id: i64, counts: Counts) -> anyhow::Result<()> {
    let said = sentence(counts);
    if counts.accepted == 0 && counts.failed > 0 {
        anyhow::bail!(
            "newsletter {id} reached nobody: {said}; why: `gazette newsletters show {id}`"
        );
    }
    println!("newsletter {id} sent: {said}");
    Ok(())
}

/// When it goes on, where it is being sent and the relays' limits are used up.
pub async fn limit_free_at(
    app: &App,
    newsletter: &Newsletter,
    counts: Counts,
) -> anyhow::Result<Option<Timestamp>> {
    if newsletter.state != NewsletterState::Sending || counts.queued + counts.claimed == 0 {
        return Ok(None);
    }
    Ok(delivery::limits_used_up_until(app).await?)
}

/// What is on the wire while a newsletter pauses is on record after so long.
const WIRE_SETTLES_WITHIN: Duration = Duration::from_secs(5);

/// How far a newsletter is that has just paused, once what was on the wire is on record, and whom the relay
/// refused for what is not theirs is put back.
async fn counts_of_paused(app: &App, id: i64) -> anyhow::Result<Counts> {
    let until = Instant::now() + WIRE_SETTLES_WITHIN;
    loop {
        delivery::put_back_in_paused(app).await?;
        let counts = newsletters::counts(app, id).await?;
        if counts.claimed == 0 || Instant::now() >= until {
            return Ok(counts);
        }
        tokio::time::sleep(LOOKS.counts).await;
    }
}

/// Lets a paused newsletter go on, with those whom the relay refused for what was not theirs.
pub async fn resume(app: &App, id: i64) -> anyhow::Result<()> {
    // Perhaps no other process runs that would have seen to them.
    delivery::put_back_in_paused(app).await?;
    Ok(newsletters::resume(app, id, OPERATOR).await?)
}

/// The worker of this process, where no other is alive.
type OwnWorker = JoinHandle<Result<(), DeliveryError>>;

async fn end_worker(app: &App, own: Option<OwnWorker>) -> anyhow::Result<()> {
    app.shutdown.cancel();
    if let Some(worker) = own {
        worker.await??;
    }
    Ok(())
}

/// A bar with rate and time left on a terminal, plain lines otherwise.
struct Progress {
    /// Of the office.
    zone: TimeZone,
    bar: ProgressBar,
    lines: std::cell::Cell<u32>,
    trouble: std::cell::RefCell<Option<String>>,
}

impl Progress {
    fn new(zone: TimeZone) -> Self {
        let bar = ProgressBar::new(0);
        let style =
            ProgressStyle::with_template("{wide_bar} {pos}/{len}  {per_sec}  {eta} left  {msg}");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        Self {
            zone,
            bar,
            lines: std::cell::Cell::default(),
            trouble: std::cell::RefCell::default(),
        }
    }

    /// `free_at`: until then the relays' limits are used up.
    fn show(&self, counts: Counts, trouble: Option<&str>, free_at: Option<Timestamp>) {
        let ended = counts.accepted + counts.failed + counts.withdrawn;
        self.bar
            .set_length(ended + counts.queued + counts.claimed + counts.deferred);
        self.bar.set_position(ended);
        if counts.deferred > 0 {
            self.bar
                .set_message(format!("{} deferred", counts.deferred));
        }
        let waits = free_at.map(|at| {
            let at = at.to_zoned_datetime(self.zone.clone());
            let at = at.strftime("%Y-%m-%d %H:%M %Z");
            format!("the relay's limit is used up; sending goes on by itself at {at}")
        });
        let trouble = trouble.or(waits.as_deref());
        if trouble != self.trouble.borrow().as_deref() {
            if let Some(words) = trouble {
                self.bar.suspend(|| eprintln!("{words}"));
            }
            self.trouble.replace(trouble.map(str::to_owned));
        }
        if self.bar.is_hidden() {
            if self.lines.get() % POLLS_PER_LINE == POLLS_PER_LINE - 1 {
                println!("{}", sentence(counts));
            }
            self.lines.set(self.lines.get() + 1);
        }
    }

    fn end(&self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::Clock, delivery::testing, test_data};

    #[tokio::test]
    async fn who_follows_hears_of_the_end_and_does_not_look_for_it() {
        // Whoever listens on PostgreSQL keeps a connection for it.
        crate::db::several_connections();
        let (app, _folder) = testing::app(Clock::system()).await;
        test_data::office(&app).await;
        let id = testing::sending_newsletter(&app, 3).await.id;
        let newsletter = newsletters::find(&app, id).await.unwrap();
        // Who waited for the next look would wait for an hour.
        let looks = Looks {
            state: Duration::from_hours(1),
            counts: Duration::from_hours(1),
        };
        let followed = follow(&app, &newsletter, looks);
        let followed = tokio::time::timeout(Duration::from_mins(5), followed).await;
        followed.expect("it waits for its next look").unwrap();
        assert_eq!(newsletters::counts(&app, id).await.unwrap().accepted, 3);
    }
}
