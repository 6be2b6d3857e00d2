//! Digests: what a source published since the last one, in one newsletter, daily or weekly.

use jiff::{
    Timestamp,
    civil::{Time, Weekday},
    tz::TimeZone,
};

use super::{
    Result, checks,
    contents::Contents,
    each_row::Failures,
    language_editions::{Group, Part, by_readers, languages_for_digest, note_readers},
    making::{Making, insert},
    newsletter_notifications::tell_of_draft,
};
use crate::{
    app::App,
    db::WriteTransaction,
    office::Office,
    releases::{
        self, DigestSource, ReleaseText, awaiting_digest, claim_digest, digest_day, digest_time,
        release_topics,
    },
    sending_window::instant_of,
};

/// More releases than this wait for the next digest; nobody reads so many.
const MOST_RELEASES: u64 = 50;

/// What staff are told of a version that comes after the others.
const TOO_LATE: &str = "It went out in another language before, to all readers. Nobody gets a release twice, so this version is not mailed.";

/// On whose word a digest goes out without a person.
const POLICY: &str = "digest by itself";

/// Makes the digests whose time has come. Where nothing was published there is none. Gives the
/// newsletters made.
pub async fn digest_due(app: &App) -> Result<Vec<i64>> {
    let sources = releases::digest_sources(app.db.pool()).await?;
    if sources.is_empty() {
        return Ok(Vec::new());
    }
    let office = Office::load(&app.db).await?;
    let (mut made, mut failures) = (Vec::new(), Failures::default());
    for source in &sources {
        let (day, time) = (
            digest_day(source.digest_day),
            digest_time(source.digest_minute),
        );
        let due = last_due(day, time, app.clock.now(), &office.time_zone);
        if due.is_some_and(|due| due.as_millisecond() > source.since) {
            let gathered = gather(app, &office, source).await;
            let gathered = failures.note("gather the digest of a source", source.id, gathered);
            made.extend(gathered.into_iter().flatten());
        }
    }
    if !made.is_empty() {
        app.scheduler_wakeup.notify_one();
    }
    failures.end()?;
    Ok(made)
}

/// The latest time up to `now` at which a digest was to be made. Asked anew each time, so that a
/// change of the settings, the zone or the clocks cannot leave a stale appointment behind.
pub(super) fn last_due(
    day: Option<Weekday>,
    time: Time,
    now: Timestamp,
    zone: &TimeZone,
) -> Option<Timestamp> {
    let mut date = now.to_zoned_datetime(zone.clone()).date();
    for _ in 0..9 {
        if day.is_none_or(|day| date.weekday() == day) {
            let due = instant_of(date, time, zone)?;
            if due <= now {
                return Some(due);
            }
        }
        date = date.yesterday().ok()?;
    }
    None
}

/// All of it or nothing: the digest, and the note that it was made.
async fn gather(app: &App, office: &Office, source: &DigestSource) -> Result<Vec<i64>> {
    let transaction = app.db.begin().await?;
    if !claim_digest(&transaction, source, app.clock.now()).await? {
        return Ok(Vec::new());
    }
    let now = app.clock.now_ms();
    let mut parts = Vec::new();
    for release in awaiting_digest(&transaction, source.id, MOST_RELEASES).await? {
        let Some(languages) = languages_for_digest(&transaction, office, &release).await? else {
            releases::mark_drafted(&transaction, release.id, now).await?;
            releases::note_for_staff(&transaction, release.id, TOO_LATE).await?;
            continue;
        };
        let topics =
            release_topics::of_release(&transaction, source.id, &release.categories).await?;
        parts.push(Part {
            topics,
            release,
            languages,
        });
    }
    let gathered: Vec<i64> = parts.iter().map(|part| part.release.id).collect();
    let mut made = Vec::new();
    for (readers, mut groups) in by_readers(parts) {
        groups.sort_by(|one, other| {
            (&one.topics, &one.language).cmp(&(&other.topics, &other.language))
        });
        for Group {
            topics, releases, ..
        } in groups
        {
            if !readers.have_anybody(&transaction, &topics).await? {
                continue;
            }
            let stored = store(app, &transaction, office, source, topics, &releases).await?;
            note_readers(&transaction, &stored, &readers).await?;
            made.extend(stored);
        }
    }
    // Also one in a language that nobody reads.
    for release in gathered {
        releases::mark_drafted(&transaction, release, now).await?;
    }
    transaction.commit().await?;
    if !made.is_empty() {
        tracing::info!(source.id, newsletters = ?made, "made a digest");
    }
    Ok(made)
}

async fn store(
    app: &App,
    transaction: &WriteTransaction,
    office: &Office,
    source: &DigestSource,
    topics: Vec<i64>,
    releases: &[ReleaseText],
) -> Result<Vec<i64>> {
    let contents = Contents::of(office, releases);
    // C5: what a person should see first waits for one.
    let attention = source
        .digest_auto
        .then(|| {
            checks::misaligned_sender(office, app.settings.dkim_domain.as_deref())
                .or_else(|| checks::reason_to_hold(&contents.subject, &contents.document))
        })
        .flatten();
    let auto_approve = source.digest_auto && office.complete && attention.is_none();
    let making = Making {
        auto_approve: auto_approve.then_some(POLICY),
        attention: attention.as_deref(),
        ..contents.making(topics, app.clock.now_ms())
    };
    let made = insert(app, transaction, &office.time_zone, &making).await?;
    if let (Some(why), Some((first, _))) = (&attention, contents.releases.first()) {
        releases::note_for_staff(transaction, *first, why).await?;
    }
    if let (Some(first), true) = (made.first(), !auto_approve && attention.is_none()) {
        tell_of_draft(transaction, *first, app.clock.now_ms(), None).await?;
    }
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f10_a_digest_is_due_by_the_offices_clock_also_in_the_nights_of_the_change() {
        let zone = TimeZone::get("America/Los_Angeles").unwrap();
        let due = |day, time, now: &str| {
            let time = crate::sending_window::time_of_day(time).unwrap();
            last_due(day, time, now.parse().unwrap(), &zone)
                .unwrap()
                .to_string()
        };
        for (day, time, now, at) in [
            (
                None,
                "17:00",
                "2026-02-25T01:00:00Z",
                "2026-02-25T01:00:00Z",
            ),
            (
                None,
                "17:00",
                "2026-02-25T00:59:59Z",
                "2026-02-24T01:00:00Z",
            ),
            // 17:00 is an hour earlier in UTC from 8 March on, and later again from 1 November.
            (
                None,
                "17:00",
                "2026-03-09T00:30:00Z",
                "2026-03-09T00:00:00Z",
            ),
            (
                None,
                "17:00",
                "2026-11-02T00:30:00Z",
                "2026-11-01T00:00:00Z",
            ),
            (
                None,
                "17:00",
                "2026-11-02T01:30:00Z",
                "2026-11-02T01:00:00Z",
            ),
            // Skipped in spring: when the hour would have ended; twice in autumn: the first.
            (
                None,
                "02:30",
                "2026-03-08T12:00:00Z",
                "2026-03-08T10:00:00Z",
            ),
            (
                None,
                "01:30",
                "2026-11-01T12:00:00Z",
                "2026-11-01T08:30:00Z",
            ),
            (
                Some(Weekday::Friday),
                "09:00",
                "2026-02-25T12:00:00Z",
                "2026-02-20T17:00:00Z",
            ),
        ] {
            assert_eq!(due(day, time, now), at, "{day:?} {time} at {now}");
        }
    }
}
