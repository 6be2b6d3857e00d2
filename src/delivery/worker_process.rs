//! Which process a worker is, so that a restarted one can take over at once from the one that was
//! killed, without waiting for its lease to end.

use std::{collections::HashMap, sync::LazyLock, time::Duration};

use rustix::{
    io::Errno,
    process::{Pid, test_kill_process},
};
use sea_orm::{DbErr, FromQueryResult};
use tokio::time::Instant;

use super::queue;
use crate::{app::App, clock::SECOND, db, values};

/// This process: host, boot, the namespace of its number, number and start, so that no other is ever taken for it.
static OWN: LazyLock<String> = LazyLock::new(|| {
    let read = |path: &str| {
        std::fs::read_to_string(path)
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    let id = std::process::id();
    format!(
        "{} {} {} {id} {}",
        read("/proc/sys/kernel/hostname"),
        read("/proc/sys/kernel/random/boot_id"),
        process_namespace().unwrap_or_default(),
        match look_at(id) {
            Sight::Lives { started } => started,
            Sight::Ended | Sight::Hidden => String::new(),
        }
    )
});

/// See [`OWN`].
#[must_use]
pub fn own() -> &'static str {
    &OWN
}

/// Whether `process` ran on this machine and is gone. Where that cannot be known, it is not gone:
/// its lease decides.
fn is_gone(process: &str) -> bool {
    let mut theirs = process.split(' ');
    let mut ours = own().split(' ');
    let (host, boot) = (theirs.next(), theirs.next());
    if host.is_none_or(str::is_empty) || host != ours.next() || boot.is_none_or(str::is_empty) {
        return false;
    }
    if boot != ours.next() {
        return true;
    }
    // Of a version that did not write it down, this is another's number: nothing is known then.
    let namespace = theirs.next();
    if namespace.is_none_or(str::is_empty) || namespace != ours.next() {
        return false;
    }
    let (id, start) = (theirs.next(), theirs.next());
    match id.and_then(|id| id.parse().ok()).map(look_at) {
        Some(Sight::Lives { started }) => start.is_some_and(|start| start != started),
        Some(Sight::Ended) => true,
        Some(Sight::Hidden) | None => false,
    }
}

/// Which processes this one sees, `pid:[4026531836]`: another container on the same host may have the
/// same name and boot, and its numbers mean other processes. `None` also where `/proc` is another
/// namespace's, as it is within `unshare --pid` alone: its numbers say nothing about ours.
fn process_namespace() -> Option<String> {
    let shown_as = std::fs::read_link("/proc/self").ok()?;
    if shown_as.to_str() != Some(&std::process::id().to_string()) {
        return None;
    }
    let link = std::fs::read_link("/proc/self/ns/pid").ok()?;
    Some(link.to_string_lossy().into_owned())
}

/// What can be seen of a process.
#[derive(Debug, PartialEq, Eq)]
enum Sight {
    /// It lives; when it started, in the kernel's ticks since boot.
    Lives { started: String },
    /// There is none of this number, or it has ended and only its parent has not noticed.
    Ended,
    /// There is one, but `/proc` does not show it (`hidepid`): which one it is nobody can tell.
    Hidden,
}

/// Looks at the process of this number in our own namespace.
fn look_at(id: u32) -> Sight {
    match std::fs::read_to_string(format!("/proc/{id}/stat")) {
        Ok(stat) => read_stat(&stat),
        // "I cannot see it" is not "it is gone": only the kernel's own word is.
        Err(_) if is_unknown_to_kernel(id) => Sight::Ended,
        Err(_) => Sight::Hidden,
    }
}

/// Field 22 of `/proc/ID/stat`, counted behind the name, which may hold spaces itself; a zombie has
/// ended.
fn read_stat(stat: &str) -> Sight {
    let mut fields = stat
        .rsplit_once(')')
        .map_or("", |(_, fields)| fields)
        .split_whitespace();
    match (fields.next(), fields.nth(18)) {
        (Some("Z" | "X"), _) => Sight::Ended,
        (Some(_), Some(started)) => Sight::Lives {
            started: started.to_owned(),
        },
        _ => Sight::Hidden,
    }
}

/// Signal 0 changes nothing: it is refused for the processes of others, and there is nobody to refuse it
/// where there is none.
fn is_unknown_to_kernel(id: u32) -> bool {
    let process = i32::try_from(id).ok().and_then(Pid::from_raw);
    process.is_none_or(|process| test_kill_process(process) == Err(Errno::SRCH))
}

/// A row of the table `worker`.
#[derive(Debug, FromQueryResult)]
struct Registered {
    id: i64,
    lease_ends: i64,
    process: String,
}

/// Workers whose lease has ended, or cannot be right, and since when we have seen it so.
#[derive(Debug, Default)]
pub struct Suspects(HashMap<i64, (i64, Instant)>);

impl Suspects {
    /// Takes over from the dead: those whose process on this machine is gone, and those whose lease
    /// ended and was not renewed while we watched. Whether there was one.
    pub async fn take_over(&mut self, app: &App) -> Result<bool, DbErr> {
        let mut any = false;
        let now = app.clock.now_ms();
        // A clock that jumps ahead makes every lease look ended; the living renew theirs while we
        // watch.
        let lease = i64::from(app.settings.worker_lease) * SECOND;
        let watched_for = Duration::from_millis(lease as u64 / 3);
        let sql = "SELECT id, lease_ends, process FROM worker";
        let rows = db::rows::<Registered>(app.db.pool(), sql, values![]).await?;
        let mut seen = Vec::with_capacity(rows.len());
        for Registered {
            id,
            lease_ends,
            process,
        } in rows
        {
            seen.push(id);
            if is_gone(&process) {
                queue::expire(&app.db, id, now).await?;
                any = true;
                continue;
            }
            // One that ends too late was taken before a clock was set back: it is watched too.
            if (now + 1..=now + 2 * lease).contains(&lease_ends) {
                self.0.remove(&id);
                continue;
            }
            let (watched, since) = *self.0.entry(id).or_insert((lease_ends, Instant::now()));
            if watched != lease_ends {
                self.0.insert(id, (lease_ends, Instant::now()));
            } else if since.elapsed() >= watched_for {
                queue::expire(&app.db, id, now).await?;
                self.0.remove(&id);
                any = true;
            }
        }
        self.0.retain(|id, _| seen.contains(id));
        Ok(any)
    }
}

/// How another living worker signs, where it is not `own`: half of the readers would get mail that the
/// other half's providers would refuse.
pub async fn signing_otherwise(app: &App, own: &str) -> Result<Option<String>, DbErr> {
    #[derive(FromQueryResult)]
    struct Signing {
        process: String,
        signs_as: String,
    }
    let sql = "SELECT process, signs_as FROM worker WHERE lease_ends > $1 AND signs_as <> $2 AND signs_as <> ''";
    let values = values![app.clock.now_ms(), own];
    let others = db::rows::<Signing>(app.db.pool(), sql, values).await?;
    let living = others.into_iter().find(|other| {
        // Earlier versions did not write down with which key.
        !other.signs_as.starts_with("d=") && !is_gone(&other.process)
    });
    Ok(living.map(|other| other.signs_as))
}

/// Whether a worker is alive: its lease holds, and where its process ran here, it still does.
pub async fn any_alive(app: &App) -> Result<bool, DbErr> {
    let sql = "SELECT id, lease_ends, process FROM worker WHERE lease_ends > $1";
    let rows = db::rows::<Registered>(app.db.pool(), sql, values![app.clock.now_ms()]).await?;
    Ok(rows.iter().any(|worker| !is_gone(&worker.process)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::{Clock, instant},
        delivery::testing,
    };

    #[tokio::test]
    async fn whose_lease_ended_is_watched_before_it_is_taken_over_and_who_renews_goes_on() {
        let now = 1_700_000_000_000;
        let clock = Clock::fixed_at(instant(now));
        let (app, _folder) = testing::app_with(clock, &["--worker-lease", "2"]).await;
        let newsletter = testing::sending_newsletter(&app, 6).await;
        while queue::enqueue_slice(&app.db, &newsletter, now)
            .await
            .unwrap()
        {}
        let mut workers = Vec::new();
        for _ in 0..2 {
            let id = queue::register(&app.db, "", "", now, now + 2 * SECOND).await;
            let id = id.unwrap();
            let claimed = queue::claim(&app.db, &newsletter, id, 3, now + id).await;
            assert_eq!(claimed.unwrap().len(), 3);
            workers.push(id);
        }
        let held = async |worker: i64| {
            let sql = "SELECT count(*) FROM delivery WHERE state = 1 AND worker = $1";
            let held = db::scalar::<i64>(app.db.pool(), sql, values![worker]).await;
            held.unwrap().unwrap()
        };
        let mut suspects = Suspects::default();
        assert!(!suspects.take_over(&app).await.unwrap());
        // Both leases are over; or the clock has jumped.
        app.clock.advance_ms(3 * SECOND);
        assert!(!suspects.take_over(&app).await.unwrap());
        let renewed = queue::renew_lease(&app.db, workers[1], now + 5 * SECOND).await;
        assert!(renewed.unwrap());
        assert!(!suspects.take_over(&app).await.unwrap());
        // A third of the lease, in which the living renew theirs.
        tokio::time::sleep(Duration::from_millis(700)).await;
        assert!(suspects.take_over(&app).await.unwrap());
        assert_eq!((held(workers[0]).await, held(workers[1]).await), (0, 3));
        let again = queue::renew_lease(&app.db, workers[0], now + 5 * SECOND).await;
        assert!(!again.unwrap());
        assert!(!suspects.take_over(&app).await.unwrap());
    }

    #[tokio::test]
    async fn a_living_worker_that_signs_otherwise_is_found_and_a_dead_one_is_not() {
        let (app, _folder) = testing::app(Clock::system()).await;
        let now = app.clock.now_ms();
        let own = "unsigned".to_owned();
        for (process, signs_as, lease_ends) in [
            (super::own(), "unsigned", now + 60 * SECOND),
            (super::own(), "a._domainkey.old.example (1)", now - SECOND),
            // Of versions that did not write it down.
            (super::own(), "", now + 60 * SECOND),
            ("elsewhere", "d=doe.example s=b", now + 60 * SECOND),
        ] {
            let id = queue::register(&app.db, process, signs_as, now, lease_ends).await;
            id.unwrap();
        }
        assert_eq!(signing_otherwise(&app, &own).await.unwrap(), None);
        let other = queue::register(
            &app.db,
            "elsewhere",
            "b._domainkey.doe.example (2)",
            now,
            now + 60 * SECOND,
        );
        other.await.unwrap();
        let found = signing_otherwise(&app, &own).await.unwrap();
        assert_eq!(found.as_deref(), Some("b._domainkey.doe.example (2)"));
    }

    #[test]
    fn what_cannot_be_seen_is_not_gone() {
        let stat = |state: &str| format!("7 (a (b) c) {state} {} 4711 0", "0 ".repeat(18).trim());
        let started = "4711".to_owned();
        assert_eq!(read_stat(&stat("S")), Sight::Lives { started });
        assert_eq!(read_stat(&stat("Z")), Sight::Ended);
        assert_eq!(read_stat(""), Sight::Hidden);
        assert!(!is_unknown_to_kernel(std::process::id()));
        // Of another user, where the tests do not run as root: it is there all the same.
        assert!(!is_unknown_to_kernel(1));
        // No kernel counts so far (`pid_max`).
        assert_eq!(look_at(0x7fff_ffff), Sight::Ended);
    }

    #[test]
    fn this_process_lives_and_one_with_its_number_and_another_start_is_gone() {
        let own = own();
        assert!(!is_gone(own));
        if cfg!(target_os = "linux") {
            let mut parts: Vec<&str> = own.split(' ').collect();
            parts[4] = "1";
            assert!(is_gone(&parts.join(" ")));
            // Another container on this host: the same name and boot, and numbers of its own.
            let mut elsewhere = parts.clone();
            elsewhere[2] = "pid:[1]";
            assert!(!is_gone(&elsewhere.join(" ")));
            // Of a version that did not write down whose number it is.
            assert!(!is_gone(
                &[parts[0], parts[1], parts[3], parts[4]].join(" ")
            ));
            parts[1] = "an-earlier-boot";
            assert!(is_gone(&parts.join(" ")));
        }
        assert!(!is_gone("another-host boot pid:[1] 1 1"));
        assert!(!is_gone(""));
        assert!(!is_gone("12345"));
    }
}
