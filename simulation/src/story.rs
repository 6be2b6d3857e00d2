//! One seed, from the first newsletter to the last outcome.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result};
use clap::Parser;
use gazette::{app::App, clock::Clock, config::Settings, delivery, newsletters, subscribers};
use rusqlite::{Connection, OptionalExtension, params};
use tokio::{task::JoinHandle, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{
    database::{Database, Template, statements},
    panics,
    plan::{Event, Plan, START, Weather},
    process::{Gate, Surroundings},
    promises,
    sabotage::Sabotage,
    world::{Delivery, Hearing, World},
};

/// After the last accident everything ends within this time.
const LONGEST_END: Duration = Duration::from_hours(8);

/// How a seed went.
#[derive(Debug)]
pub struct Ended {
    /// What happened, line by line.
    pub story: String,
    /// What broke a promise.
    pub violations: Vec<String>,
    /// Simulated milliseconds.
    pub took: u64,
}

/// Runs a seed; with `prints` it tells as it goes.
pub fn run(
    template: &Template,
    seed: u64,
    sabotage: Option<Sabotage>,
    prints: bool,
) -> Result<Ended> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()?;
    runtime.block_on(async {
        let mut story = Story::begin(template, seed, sabotage, prints)?;
        story.play().await?;
        let took = story.world.now();
        if panics::has_panicked() {
            story.world.violated("something panicked".to_owned());
        }
        let (told, violations) = story.world.end();
        Ok(Ended {
            story: told,
            violations,
            took,
        })
    })
}

/// Gazette's settings in the simulation.
pub fn settings(database: &str, more: &[String]) -> Settings {
    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        settings: Settings,
    }
    let key = "07".repeat(32);
    let mut words = vec![
        "gazette".to_owned(),
        format!("--database-url={database}"),
        format!("--secret-key={key}"),
        "--public-url=https://news.example.gov".to_owned(),
    ];
    words.extend_from_slice(more);
    Line::parse_from(words).settings
}

struct Story {
    plan: Plan,
    world: Arc<World>,
    clock: Clock,
    database: Database,
    /// Sees what is committed.
    eye: Connection,
    settings: Settings,
    processes: Vec<Option<Process>>,
    /// Asked to stop, with another one in their place.
    ending: Vec<Process>,
    staff: App,
    locked: Option<(Connection, Instant)>,
    /// When processes that stand still, or whose database fails, go on.
    held: Vec<(usize, Instant, What)>,
    paused_by_staff: Vec<(i64, Instant)>,
    statements: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Stands,
    Fails,
    /// For who else is writing.
    Waits,
}

struct Process {
    task: JoinHandle<()>,
    stop: CancellationToken,
    gate: Arc<Gate>,
    fails: Arc<AtomicBool>,
}

impl Story {
    fn begin(
        template: &Template,
        seed: u64,
        sabotage: Option<Sabotage>,
        prints: bool,
    ) -> Result<Self> {
        let plan = Plan::new(seed);
        let world = Arc::new(World::new(&plan, seed, prints));
        let database = Database::copy(template, sabotage)?;
        let eye = database.connect()?;
        let rate = plan.rate.map(|rate| format!("&per-second={rate}"));
        let more = [
            format!(
                "--smtp-url=smtp://relay.example:25?tls=none{}",
                rate.unwrap_or_default()
            ),
            format!("--smtp-connections={}", plan.connections),
            format!("--worker-lease={}", plan.lease),
            "--retry=1m,2m".to_owned(),
            "--smtp-patience=0.05".to_owned(),
        ];
        let settings = settings("sqlite://simulated", &more);
        let clock = Clock::running_from(START);
        fill(&eye, &plan)?;
        world.tell(&format!("{plan:?}"));
        let staff = futures_now(open(&world, &settings, &clock, &database, usize::MAX))??;
        let processes = (0..plan.processes).map(|_| None).collect();
        Ok(Self {
            plan,
            world,
            clock,
            database,
            eye,
            settings,
            processes,
            ending: Vec::new(),
            staff: staff.0,
            locked: None,
            held: Vec::new(),
            paused_by_staff: Vec::new(),
            statements: statements(),
        })
    }

    async fn play(&mut self) -> Result<()> {
        for number in 0..self.processes.len() {
            self.start(number).await?;
        }
        let mut events = std::mem::take(&mut self.plan.events);
        events.retain(|(at, _)| *at < self.plan.calm_from);
        let mut events = events.into_iter().peekable();
        let calm_from = Duration::from_millis(self.plan.calm_from);
        let begun = Instant::now();
        let mut looked = Instant::now();
        let mut is_calm = false;
        loop {
            let next = events
                .peek()
                .map(|(at, _)| begun + Duration::from_millis(*at));
            let second = looked + Duration::from_secs(1);
            let ends = self.held.iter().map(|(_, until, _)| *until);
            let ends = ends.chain(self.locked.iter().map(|(_, until)| *until));
            let wake = ends.chain(next).fold(second, Instant::min);
            tokio::time::sleep_until(wake).await;
            let now = Instant::now();
            self.let_go(now);
            while let Some((_, event)) =
                events.next_if(|(at, _)| begun + Duration::from_millis(*at) <= now)
            {
                self.happen(event).await?;
            }
            if !is_calm && now >= begun + calm_from {
                is_calm = true;
                self.calm_down().await?;
            }
            if now >= second {
                looked = now;
                self.look().await?;
            }
            if self.world.is_violated() {
                return Ok(());
            }
            if is_calm && self.is_over()? {
                break;
            }
            if now >= begun + calm_from + LONGEST_END {
                let left = self.left_over()?;
                self.world.violated(format!("it does not end: {left}"));
                return Ok(());
            }
        }
        for number in 0..self.processes.len() {
            self.stop(number);
        }
        let ending = std::mem::take(&mut self.ending);
        let running = self.processes.iter_mut().filter_map(Option::take);
        for process in running.chain(ending) {
            // Its last outcomes.
            let _ = tokio::time::timeout(Duration::from_mins(1), process.task).await;
        }
        promises::hold_at_the_end(&self.world, &self.eye, &self.plan)
    }

    async fn start(&mut self, number: usize) -> Result<()> {
        let is_ending = |process: &mut Process| process.stop.is_cancelled();
        if let Some(before) = self.processes[number].take_if(is_ending) {
            // What it was to suffer is not for the one in its place.
            self.held
                .retain(|(held, _, what)| *held != number || *what == What::Waits);
            before.fails.store(false, Ordering::Relaxed);
            before.gate.open();
            self.ending.push(before);
        }
        if self.processes[number].is_some() {
            return Ok(());
        }
        self.world.tell(&format!("process {number} starts"));
        let opened = open(
            &self.world,
            &self.settings,
            &self.clock,
            &self.database,
            number,
        );
        let (app, gate, fails) = match opened.await {
            Ok(opened) => opened,
            // Somebody holds the database; it is started again when all is calm.
            Err(error) if self.locked.is_some() => {
                self.world.tell(&format!("process {number}: {error:#}"));
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let stop = CancellationToken::new();
        let run = {
            let (stop, world) = (stop.clone(), self.world.clone());
            async move {
                while !stop.is_cancelled() {
                    if let Err(error) = delivery::run(&app, stop.clone()).await {
                        world.tell(&format!("process {number}: {error}"));
                        tokio::time::sleep(Duration::from_secs(1)).await;
                    }
                }
            }
        };
        self.processes[number] = Some(Process {
            task: tokio::spawn(gate.clone().hold(Box::pin(run))),
            stop,
            gate,
            fails,
        });
        Ok(())
    }

    async fn happen(&mut self, event: Event) -> Result<()> {
        self.world.tell(&format!("{event:?}"));
        let soon = |ms: u64| Instant::now() + Duration::from_millis(ms);
        match event {
            Event::Kill(number) => self.kill(number).await,
            Event::Stop(number) => self.stop(number),
            Event::Start(number) => self.start(number).await?,
            Event::Hold(number, ms) => {
                if let Some(process) = &self.processes[number] {
                    process.gate.close();
                    self.deafen(number, Hearing::Deaf);
                    self.held.push((number, soon(ms), What::Stands));
                }
            }
            Event::FailDatabase(number, ms) => {
                if let Some(process) = &self.processes[number] {
                    process.fails.store(true, Ordering::Relaxed);
                    self.deafen(number, Hearing::Deaf);
                    self.held.push((number, soon(ms), What::Fails));
                }
            }
            Event::LockDatabase(ms) => {
                let other = self.database.connect()?;
                if self.locked.is_none() && other.execute_batch("BEGIN IMMEDIATE").is_ok() {
                    self.locked = Some((other, soon(ms)));
                    for number in 0..self.processes.len() {
                        self.deafen(number, Hearing::Deaf);
                        self.held.push((number, soon(ms), What::Waits));
                    }
                }
            }
            Event::SetClock(by) => self.clock.advance_ms(by),
            Event::Weather(weather) => self.world.set_weather(weather),
            Event::Unsubscribe(reader) => self.unsubscribe(reader).await,
            Event::Pause(id) => {
                if newsletters::pause(&self.staff, id, "staff").await.is_ok() {
                    let resumes = soon(self.world.below(20_000));
                    self.paused_by_staff.push((id, resumes));
                }
            }
            Event::Cancel(id) => {
                let _ = newsletters::cancel(&self.staff, id, "staff").await;
            }
        }
        Ok(())
    }

    async fn unsubscribe(&mut self, reader: i64) {
        let email = address(reader);
        // Where the database is locked, the page says so and nothing is promised.
        if subscribers::unsubscribe_address(&self.staff, &email, "staff")
            .await
            .is_ok()
        {
            self.world.unsubscribed(reader);
        }
    }

    async fn kill(&mut self, number: usize) {
        let Some(process) = self.processes[number].take() else {
            return;
        };
        process.task.abort();
        let _ = process.task.await;
        // Its tasks go with it, one after the other; nothing of them runs any more.
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        self.deafen(number, Hearing::Dead);
        self.held.retain(|(held, ..)| *held != number);
    }

    fn stop(&mut self, number: usize) {
        if let Some(process) = &self.processes[number] {
            process.stop.cancel();
            self.world.stopping(number);
        }
    }

    fn deafen(&self, number: usize, hearing: Hearing) {
        let is_recorded = |delivery| is_accepted(&self.eye, delivery);
        self.world.deafen(number, hearing, is_recorded);
    }

    /// Ends what was to last so long.
    fn let_go(&mut self, now: Instant) {
        if self.locked.as_ref().is_some_and(|(_, until)| *until <= now) {
            self.locked = None;
        }
        let (over, held) = std::mem::take(&mut self.held)
            .into_iter()
            .partition::<Vec<_>, _>(|(_, until, _)| *until <= now);
        self.held = held;
        for (number, _, what) in over {
            self.go_on(number, what);
        }
    }

    fn go_on(&self, number: usize, what: What) {
        let Some(process) = &self.processes[number] else {
            return;
        };
        let still = |other: What| {
            self.held
                .iter()
                .any(|(held, _, what)| *held == number && *what == other)
        };
        if still(what) {
            return;
        }
        self.world
            .tell(&format!("process {number} goes on ({what:?})"));
        match what {
            What::Stands => process.gate.open(),
            What::Fails => process.fails.store(false, Ordering::Relaxed),
            What::Waits => {}
        }
        let all = [What::Stands, What::Fails, What::Waits];
        if !all.into_iter().any(still) {
            let lease = u64::from(self.plan.lease) * 1_000;
            self.world.hear_again(number, lease);
        }
    }

    async fn calm_down(&mut self) -> Result<()> {
        self.world.tell("from now on nothing goes wrong");
        self.world.calm_down();
        self.world.set_weather(Weather::Fine);
        self.locked = None;
        for (number, _, what) in std::mem::take(&mut self.held) {
            self.go_on(number, what);
        }
        for number in 0..self.processes.len() {
            self.start(number).await?;
        }
        Ok(())
    }

    /// Once a second: what holds at any time, and what staff do.
    async fn look(&mut self) -> Result<()> {
        let done = statements();
        promises::database_is_left_alone(&self.world, done - self.statements, self.processes.len());
        self.statements = done;
        promises::nobody_pauses_without_reason(&self.world, &self.eye, &self.paused_by_staff)?;
        for id in self.paused()? {
            let by_staff = self
                .paused_by_staff
                .iter()
                .find(|(paused, _)| *paused == id);
            let is_time = by_staff.is_none_or(|(_, until)| *until <= Instant::now());
            // Staff read their mail some time later.
            if is_time && self.world.below(8) == 0 {
                let resumed = newsletters::resume(&self.staff, id, "staff").await;
                self.world.tell(&format!("staff resume {id}: {resumed:?}"));
                self.paused_by_staff
                    .retain(|(paused, _)| *paused != id || resumed.is_err());
            }
        }
        Ok(())
    }

    fn paused(&self) -> Result<Vec<i64>> {
        let mut statement = self
            .eye
            .prepare_cached("SELECT id FROM newsletter WHERE state = 3")?;
        let ids = statement.query_map([], |row| row.get(0))?;
        Ok(ids.collect::<rusqlite::Result<_>>()?)
    }

    /// Every newsletter has ended, and every message has an outcome: what a killed process held of a
    /// newsletter that was cancelled is taken back when its lease is over.
    fn is_over(&self) -> Result<bool> {
        let sql = "SELECT (SELECT count(*) FROM newsletter WHERE state NOT IN (4, 5))
                        + (SELECT count(*) FROM delivery WHERE state < 3)";
        let left: i64 = self
            .eye
            .prepare_cached(sql)?
            .query_row([], |row| row.get(0))?;
        Ok(left == 0)
    }

    fn left_over(&self) -> Result<String> {
        let sql = "SELECT group_concat(newsletter_id || ':' || subscriber_id || ' state ' || state || ' at ' || at || ' worker ' || coalesce(worker, '-'), '; ')
             FROM delivery WHERE state < 3";
        let left: Option<String> = self
            .eye
            .query_row(sql, [], |row| row.get(0))
            .optional()?
            .flatten();
        Ok(left.unwrap_or_else(|| "nothing waits".to_owned()))
    }
}

/// The address of a reader.
fn address(reader: i64) -> String {
    let domain = ["a.example", "b.example", "c.example", "d.example"][(reader % 4) as usize];
    format!("reader{reader}@{domain}")
}

/// Whether the database knows that a delivery was accepted.
pub fn is_accepted(eye: &Connection, (newsletter, reader): Delivery) -> bool {
    let sql = "SELECT state = 3 FROM delivery WHERE newsletter_id = ?1 AND subscriber_id = ?2";
    let asked = eye.prepare_cached(sql).and_then(|mut statement| {
        statement
            .query_row(params![newsletter, reader], |row| row.get(0))
            .optional()
    });
    asked.ok().flatten() == Some(true)
}

/// A process's part of everything.
async fn open(
    world: &Arc<World>,
    settings: &Settings,
    clock: &Clock,
    database: &Database,
    number: usize,
) -> Result<(App, Arc<Gate>, Arc<AtomicBool>)> {
    let (gate, fails) = (Arc::<Gate>::default(), Arc::<AtomicBool>::default());
    let db = database.open(&fails)?;
    let surroundings = Surroundings::new(number, world.clone(), gate.clone());
    let app = App::simulated(settings.clone(), clock.clone(), db, Arc::new(surroundings)).await;
    Ok((app.context("a process cannot start")?, gate, fails))
}

/// Readers and newsletters.
fn fill(eye: &Connection, plan: &Plan) -> Result<()> {
    let start = START.as_millisecond();
    eye.execute_batch("BEGIN")?;
    for reader in 1..=plan.fates.len() as i64 {
        let email = address(reader);
        eye.prepare_cached(
            "INSERT INTO subscriber (id, email, email_key, status, language, created_at, status_at)
             VALUES (?1, ?2, ?2, 1, 'en', 0, 0)",
        )?
        .execute(params![reader, email])?;
        eye.prepare_cached("INSERT INTO subscription (topic_id, subscriber_id) VALUES (1, ?1)")?
            .execute([reader])?;
        eye.prepare_cached(
            "INSERT INTO consent (subscriber_id, at, event, evidence) VALUES (?1, 0, 'confirmed', '{}')",
        )?
        .execute([reader])?;
    }
    for (at, later) in plan.newsletters.iter().enumerate() {
        let id = at as i64 + 1;
        eye.execute(
            "INSERT INTO newsletter (id, topic_id, subject, slug, language, document, state, automatic, created_at,
                                     approved_at, approved_by, scheduled_at, audience, enqueued_to, total)
             VALUES (?1, 1, ?2, ?5, 'en', '{\"language\":\"en\",\"direction\":\"ltr\",\"blocks\":[]}', 1, FALSE, ?3,
                     ?3, 'staff', ?4, 0, 0, 0)",
            params![
                id,
                format!("Newsletter {id}"),
                start,
                start + *later as i64,
                format!("newsletter-{id}")
            ],
        )?;
    }
    eye.execute_batch("COMMIT")?;
    Ok(())
}

/// The result of what never waits.
fn futures_now<T>(future: impl Future<Output = T>) -> Result<T> {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match future.as_mut().poll(&mut context) {
        std::task::Poll::Ready(done) => Ok(done),
        std::task::Poll::Pending => anyhow::bail!("opening the database waits for something"),
    }
}
