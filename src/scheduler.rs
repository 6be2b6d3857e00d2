//! The scheduler: what runs when. Every `serve` has one; a lease lets one of them act.
//!
//! Each step is a task of its own: one that fails or panics, or that waits for other people's
//! servers, stops no other. The lease is renewed while they run, however long they take, and fenced:
//! what a step still writes after the lease was lost fails ([`crate::lease`]).

use std::{error::Error, pin::Pin, sync::Arc, time::Duration};

use tokio::task::JoinSet;

use crate::{
    accounts,
    app::App,
    clock::{HOUR, MINUTE},
    db, delivery,
    lease::{LEASE_MS, Lease},
    newsletters,
    progress::Pulse,
    releases,
    repeated_fault::RepeatedFault,
    returns, subscribers, transactional,
};

/// How often it looks where nobody wakes it.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often the lease is renewed: twice may fail before it ends.
const RENEW_EVERY: Duration = Duration::from_millis(LEASE_MS as u64 / 3);

/// How long a stopping process waits for the steps that are under way. What they had stored stays,
/// and the next scheduler goes on there.
const FINISH_WITHIN: Duration = Duration::from_secs(8);

/// How long the loop itself may stand still, and a step may be under way, before the service manager
/// takes this process for hung: looks take milliseconds, and what a step waits for has limits of its own.
const LOOP_LIMIT: Duration = Duration::from_mins(3);
const STEP_LIMIT: Duration = Duration::from_hours(1);

/// What a step answers.
type StepResult = Result<(), Box<dyn Error + Send + Sync>>;
type RunningStep = Pin<Box<dyn Future<Output = StepResult> + Send>>;

/// One thing that the scheduler does.
struct Step {
    /// As it stands in the logs.
    name: &'static str,
    run: fn(App) -> RunningStep,
}

/// Steps that run one after the other, in a task of their own.
struct Track {
    steps: &'static [Step],
    /// Milliseconds between two rounds; 0: on every look.
    every_ms: i64,
}

/// Makes a [`Step`] of a room's function: its name, and the function.
macro_rules! step {
    ($name:literal, $run:expr) => {
        Step {
            name: $name,
            run: |app| {
                Box::pin(async move {
                    ($run)(&app).await?;
                    Ok(())
                })
            },
        }
    };
}

const TRACKS: &[Track] = &[
    Track {
        every_ms: 0,
        steps: &[step!("look at the sources", releases::poll_due)],
    },
    Track {
        every_ms: 0,
        steps: &[
            step!("settle releases", releases::settle_due),
            step!("look at releases again", releases::revisit_due),
            // Counting a long list takes its time, too.
            step!("prove whom a newsletter goes to", newsletters::log_lists),
        ],
    },
    Track {
        every_ms: 0,
        steps: &[step!(
            "ask the hubs to tell of news",
            releases::websub::subscribe_due
        )],
    },
    Track {
        every_ms: 0,
        steps: &[step!(
            "follow the links of drafts",
            newsletters::checks::follow_due
        )],
    },
    Track {
        every_ms: 0,
        // On this beat and never on the request's, so that no answer tells who is known.
        steps: &[
            step!("answer the sign-ups", subscribers::answer_sign_ups),
            step!(
                "tell staff of waiting sign-ups",
                subscribers::tell_of_waiting
            ),
        ],
    },
    Track {
        every_ms: 0,
        steps: &[
            // First, so that what waits for its time has the newest text. Where this fails, what it
            // concerns does not begin: `start_due` asks, too.
            step!(
                "tell newsletters what became of their releases",
                newsletters::follow_changes
            ),
            step!("draft newsletters", newsletters::draft_ready),
            step!("gather digests", newsletters::digest_due),
            step!("make summaries", newsletters::summaries_due),
            step!("begin what is due", newsletters::start_due),
            step!("tell staff what waits", releases::notify_staff),
        ],
    },
    Track {
        every_ms: MINUTE,
        steps: &[step!(
            "index what was mailed for the archive's search",
            newsletters::index_archive
        )],
    },
    Track {
        every_ms: MINUTE,
        steps: &[step!(
            "seal audit log and evidence",
            accounts::seal_evidence
        )],
    },
    Track {
        every_ms: HOUR,
        steps: &[
            step!("purge expired sign-ups", subscribers::purge),
            step!("purge old transactional mail", transactional::purge),
            step!("purge what links answered", newsletters::checks::purge),
            step!("purge unused pictures", newsletters::purge_pictures),
            step!("purge expired sessions", accounts::purge),
            step!("forget mail that came back", returns::purge),
            step!("fold old deliveries", delivery::fold_old),
        ],
    },
    Track {
        every_ms: HOUR,
        steps: &[step!(
            "see whether returned mail reaches us",
            returns::probe_due
        )],
    },
];

/// Runs until the process is asked to stop; what is under way is finished, for a few seconds.
pub async fn run(app: App) {
    let mut failures = RepeatedFault::default();
    let pulse = app.progress.part("the scheduler", LOOP_LIMIT);
    while !app.shutdown.is_cancelled() {
        pulse.beat();
        match Lease::acquire(&app, "scheduler").await {
            Ok(Some(lease)) => {
                app.note_database_trouble(None);
                lead(&app, &lease, TRACKS, &pulse).await;
            }
            Ok(None) => {
                app.note_database_trouble(None);
                failures.ended();
            }
            Err(error) => {
                app.note_database_trouble(Some(db::advice(&error)));
                if failures.is_worth_a_line() {
                    tracing::error!(%error, "the scheduler cannot reach the database; trying again");
                }
            }
        }
        wait(&app).await;
    }
}

/// Works under the lease until it is lost or the process is asked to stop.
async fn lead(app: &App, lease: &Lease, tracks: &'static [Track], pulse: &Pulse) {
    tracing::debug!("this process schedules");
    let fenced = app.fenced(lease.fence());
    let mut rounds: Vec<Rounds> = tracks.iter().map(Rounds::new).collect();
    let mut renewing = tokio::spawn(renew_until_lost(app.clone(), lease.clone(), RENEW_EVERY));
    while !app.shutdown.is_cancelled() && !renewing.is_finished() {
        pulse.beat();
        for rounds in &mut rounds {
            rounds.begin_if_due(&fenced);
        }
        tokio::select! {
            () = wait(app) => {}
            _ = &mut renewing => break,
        }
    }
    if app.shutdown.is_cancelled() {
        let finishing = async {
            for rounds in &mut rounds {
                rounds.finish().await;
            }
        };
        if tokio::time::timeout(FINISH_WITHIN, finishing)
            .await
            .is_err()
        {
            tracing::info!("what the scheduler had not finished goes on at the next start");
        }
    } else {
        tracing::warn!(
            "the scheduler's lease is lost: another process has it, or the database could not be written to; this one stops its steps"
        );
    }
    // Whatever is left is ended here.
    drop(rounds);
    renewing.abort();
    if let Err(error) = lease.release(app).await {
        tracing::warn!(%error, "the scheduler's lease could not be given back; it ends by itself");
    }
}

/// Heartbeat: comes back when somebody else holds the lease, or when it could not be renewed until
/// its end.
async fn renew_until_lost(app: App, lease: Lease, every: Duration) {
    let mut renewed = tokio::time::Instant::now();
    let mut fault = RepeatedFault::default();
    loop {
        tokio::time::sleep(every).await;
        match lease.renew(&app).await {
            Ok(true) => {
                renewed = tokio::time::Instant::now();
                app.note_database_trouble(None);
                fault.ended();
            }
            Ok(false) => return,
            Err(error) => {
                app.note_trouble_in(&error);
                if fault.is_worth_a_line() {
                    tracing::warn!(%error, "the scheduler's lease could not be renewed; trying again");
                }
                if renewed.elapsed() >= Duration::from_millis(LEASE_MS as u64) {
                    return;
                }
            }
        }
    }
}

async fn wait(app: &App) {
    tokio::select! {
        () = tokio::time::sleep(LOOK_EVERY) => {}
        () = app.scheduler_wakeup.notified() => {}
        () = app.shutdown.cancelled() => {}
    }
}

/// The rounds of one track, at most one at a time.
struct Rounds {
    track: &'static Track,
    running: JoinSet<()>,
    began_ms: Option<i64>,
    failures: Arc<Vec<std::sync::Mutex<RepeatedFault>>>,
}

impl Rounds {
    fn new(track: &'static Track) -> Self {
        Self {
            track,
            running: JoinSet::new(),
            began_ms: None,
            failures: Arc::new(
                track
                    .steps
                    .iter()
                    .map(|_| std::sync::Mutex::default())
                    .collect(),
            ),
        }
    }

    /// Begins a round unless the last one is still under way, or it is not time yet.
    fn begin_if_due(&mut self, app: &App) {
        while self.running.try_join_next().is_some() {}
        let now = app.clock.now_ms();
        // Also when the clock was set back.
        let due = self
            .began_ms
            .is_none_or(|began| (now - began).abs() >= self.track.every_ms);
        if !due || !self.running.is_empty() {
            return;
        }
        self.began_ms = Some(now);
        let (app, steps, failures) = (app.clone(), self.track.steps, self.failures.clone());
        self.running.spawn(async move {
            for (step, failures) in steps.iter().zip(failures.iter()) {
                run_step(step, &app, failures).await;
            }
        });
    }

    async fn finish(&mut self) {
        while self.running.join_next().await.is_some() {}
    }
}

/// Runs one step. Whatever comes of it is logged here and stops nothing else.
async fn run_step(step: &Step, app: &App, failures: &std::sync::Mutex<RepeatedFault>) {
    let _pulse = app.progress.part(step.name, STEP_LIMIT);
    // A task of its own, so that a panic ends it alone; it ends with its track.
    let mut task = JoinSet::new();
    task.spawn((step.run)(app.clone()));
    let error = match task.join_next().await {
        Some(Ok(Ok(()))) | None => None,
        Some(Ok(Err(error))) => {
            app.note_trouble_in(&*error);
            Some(error.to_string())
        }
        Some(Err(panic)) => Some(panic.to_string()),
    };
    let Ok(mut failures) = failures.lock() else {
        return;
    };
    match error {
        None => failures.ended(),
        Some(error) if failures.is_worth_a_line() => {
            tracing::error!(step = step.name, in_a_row = failures.in_a_row(), %error, "a step failed; it is tried again");
        }
        Some(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::{Ready, ready},
        sync::atomic::{AtomicU32, Ordering},
    };

    use super::*;
    use crate::{clock::SECOND, console::tests::Place};

    static AFTER_A_FAILURE: AtomicU32 = AtomicU32::new(0);
    static ELSEWHERE: AtomicU32 = AtomicU32::new(0);
    static SLOW_BEGAN: AtomicU32 = AtomicU32::new(0);
    static SLOW_ENDED: AtomicU32 = AtomicU32::new(0);

    fn count(counter: &'static AtomicU32) -> Ready<Result<(), sea_orm::DbErr>> {
        counter.fetch_add(1, Ordering::SeqCst);
        ready(Ok(()))
    }

    fn fail(_: &App) -> Ready<Result<(), sea_orm::DbErr>> {
        ready(Err(sea_orm::DbErr::Custom("a bad row".to_owned())))
    }

    fn panic(app: &App) -> Ready<Result<(), sea_orm::DbErr>> {
        // Always, though the compiler does not know.
        assert!(app.clock.now_ms() < 0, "a step that panics");
        ready(Ok(()))
    }

    async fn slow(_: &App) -> Result<(), sea_orm::DbErr> {
        count(&SLOW_BEGAN).await?;
        tokio::time::sleep(Duration::from_secs(2)).await;
        count(&SLOW_ENDED).await
    }

    async fn instance() -> (App, Place) {
        let place = Place::new().await;
        (place.open("http://127.0.0.1:8080").await, place)
    }

    async fn until(counter: &'static AtomicU32, at_least: u32) {
        while counter.load(Ordering::SeqCst) < at_least {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    #[tokio::test]
    async fn a_step_that_fails_or_panics_stops_no_other() {
        static TRACKS: &[Track] = &[
            Track {
                every_ms: 0,
                steps: &[
                    step!("fail", fail),
                    step!("panic", panic),
                    step!("count", |_: &App| count(&AFTER_A_FAILURE)),
                ],
            },
            Track {
                every_ms: 0,
                steps: &[step!("count", |_: &App| count(&ELSEWHERE))],
            },
        ];
        let (app, _place) = instance().await;
        let lease = Lease::acquire(&app, "try").await.unwrap().unwrap();
        let leading = tokio::spawn({
            let app = app.clone();
            async move {
                let pulse = app.progress.part("the scheduler", LOOP_LIMIT);
                lead(&app, &lease, TRACKS, &pulse).await;
            }
        });
        until(&AFTER_A_FAILURE, 2).await;
        until(&ELSEWHERE, 2).await;
        app.shutdown.cancel();
        leading.await.unwrap();
    }

    #[tokio::test]
    async fn what_is_under_way_is_finished_when_the_process_is_asked_to_stop() {
        static TRACKS: &[Track] = &[Track {
            every_ms: 0,
            steps: &[step!("slow", slow)],
        }];
        let (app, _place) = instance().await;
        let lease = Lease::acquire(&app, "try").await.unwrap().unwrap();
        let leading = tokio::spawn({
            let app = app.clone();
            async move {
                let pulse = app.progress.part("the scheduler", LOOP_LIMIT);
                lead(&app, &lease, TRACKS, &pulse).await;
            }
        });
        until(&SLOW_BEGAN, 1).await;
        app.shutdown.cancel();
        leading.await.unwrap();
        let began = SLOW_BEGAN.load(Ordering::SeqCst);
        assert_eq!(SLOW_ENDED.load(Ordering::SeqCst), began);
    }

    #[tokio::test]
    async fn a_step_that_takes_longer_than_the_lease_writes_under_it_to_its_end() {
        let (app, _place) = instance().await;
        let lease = Lease::acquire(&app, "try").await.unwrap().unwrap();
        let every = Duration::from_millis(10);
        let renewing = tokio::spawn(renew_until_lost(app.clone(), lease.clone(), every));
        let fenced = app.fenced(lease.fence());
        for _ in 0..6 {
            app.clock.advance_ms(LEASE_MS / 2);
            let wanted = app.clock.now_ms() + LEASE_MS;
            let ends = "SELECT lease_ends FROM lease WHERE name = 'try'";
            while db::scalar::<i64>(app.db.pool(), ends, []).await.unwrap() != Some(wanted) {
                tokio::time::sleep(every).await;
            }
            fenced.db.begin().await.unwrap().commit().await.unwrap();
            let other = Lease::acquire(&app, "try").await.unwrap();
            assert!(other.is_none(), "nobody else takes it meanwhile");
        }
        assert!(!renewing.is_finished());
        renewing.abort();
    }

    #[tokio::test]
    async fn of_two_schedulers_one_acts_and_the_other_takes_over() {
        let (app, _place) = instance().await;
        let first = Lease::acquire(&app, "scheduler").await.unwrap().unwrap();
        // It says nothing for longer than its lease.
        app.clock.advance_ms(LEASE_MS + SECOND);
        let second = tokio::spawn(run(app.clone()));
        let stale = app.fenced(first.fence());
        while let Ok(transaction) = stale.db.begin().await {
            drop(transaction);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(!first.renew(&app).await.unwrap());
        app.shutdown.cancel();
        second.await.unwrap();
        // It gave the lease back.
        assert!(Lease::acquire(&app, "scheduler").await.unwrap().is_some());
    }
}
