//! From a source's release to what is mailed, with a small site and a clock that the test moves.

mod corrections;
mod digest_corrections;
mod digests;
mod drafts;
mod filters;
mod first_draft_events;
mod gathered_again;
mod holding;
mod letting_go;
mod races;
mod readers_languages;
mod release_events;
mod safe_sending;
mod seen_text;
mod sending_limits;
mod settling;
mod state_machine;
mod summaries;
mod told_ends;

use super::{NewsletterError, NewsletterState, draft_ready, find, follow_changes, start_due};
use crate::{
    accounts::Role,
    app::App,
    clock::MINUTE,
    delivery_state::DeliveryState,
    office::Office,
    releases::{
        self,
        tests::{Site, poll},
    },
    test_data, values,
};

/// An office, and somebody who reads its first topic.
async fn set_up(app: &App, more: &[(&str, &str)]) {
    set_up_office(app, more).await;
    test_data::somebody(app).await;
}

/// What every mail needs, and the office's zone.
async fn set_up_office(app: &App, more: &[(&str, &str)]) {
    let mut settings = vec![
        ("name", "Office of Rep. Jane Doe"),
        ("from", "news@example.gov"),
        ("postal-address", "1 Main St, Tustin, CA"),
        ("time-zone", "America/Los_Angeles"),
    ];
    settings.extend_from_slice(more);
    Office::set_all(&app.db, "operator", &settings, 0)
        .await
        .unwrap();
}

/// One beat of the scheduler after a poll; while what is due begins, the clock goes on, as real ones do.
async fn beat(app: &App) {
    poll(app).await;
    releases::settle_due(app).await.unwrap();
    releases::revisit_due(app).await.unwrap();
    follow_changes(app).await.unwrap();
    draft_ready(app).await.unwrap();
    super::digest_due(app).await.unwrap();
    let now = app.clock.now_ms();
    app.clock.tick_by(1);
    start_due(app).await.unwrap();
    app.clock.tick_by(0);
    app.clock.advance_ms(now - app.clock.now_ms());
    releases::notify_staff(app).await.unwrap();
}

async fn state(app: &App, id: i64) -> NewsletterState {
    find(app, id).await.unwrap().state
}

/// A person approves what they see now.
pub(super) async fn approve_seen(
    app: &App,
    id: i64,
    by: &str,
    at: Option<jiff::Timestamp>,
) -> Result<(), NewsletterError> {
    let seen = find(app, id).await.unwrap().revision;
    super::approve(app, id, by, at, seen).await
}

/// The same for "send it now".
async fn send_seen_now(app: &App, id: i64, by: &str) -> Result<(), NewsletterError> {
    let seen = find(app, id).await.unwrap().revision;
    super::send_now(app, id, by, seen).await
}

/// All newsletters, the oldest first: state, subject, text.
async fn all(app: &App) -> Vec<(NewsletterState, String, String)> {
    let mut list = super::list(app, 100).await.unwrap();
    list.reverse();
    list.into_iter()
        .map(|(newsletter, _)| {
            (
                newsletter.state,
                newsletter.subject,
                releases::reading::words(&newsletter.document),
            )
        })
        .collect()
}

/// Releases of which staff are or were told by mail.
const STAFF_NOTIFIED: &str =
    "SELECT count(*) FROM release WHERE notice IS NOT NULL OR told_at IS NOT NULL";

async fn number(app: &App, query: &str) -> i64 {
    let number = crate::db::scalar(app.db.pool(), query, []).await;
    number.unwrap().unwrap()
}

/// A confirmed subscriber of these topics.
async fn reader(app: &App, id: i64, topics: &[i64]) {
    test_data::subscriber(id).topics(topics).insert(app).await;
}

/// As if the delivery room had sent it to these readers.
async fn sent_to(app: &App, newsletter: i64, readers: &[i64]) {
    for reader in readers {
        let accepted = test_data::delivery(newsletter, *reader).state(DeliveryState::Accepted);
        accepted.insert(app).await;
    }
    app.db
        .execute(
            "UPDATE newsletter SET state = 4, finished_at = $2 WHERE id = $1",
            values![newsletter, app.clock.now_ms()],
        )
        .await
        .unwrap();
}

/// Moves the clock in steps, as the scheduler lives through it; long stretches in long steps.
async fn live(app: &App, minutes: i64) {
    let step = if minutes > 240 { 120 } else { 15 };
    for _ in 0..minutes / step {
        app.clock.advance_ms(step * MINUTE);
        beat(app).await;
    }
}

/// The newest post is taken off the site.
fn take_back(site: &mut Site) {
    (site.posts[0].listed, site.posts[0].there) = (false, false);
}

/// Changes the text of the newest post.
fn rewrite(site: &mut Site, text: &str) {
    text.clone_into(&mut site.posts[0].text);
}

#[tokio::test]
async fn what_is_asked_on_every_beat_is_asked_of_an_index() {
    let (app, _office, _folder) = releases::tests::watching(0).await;
    if !app.db.is_sqlite() {
        // PostgreSQL chooses by size; on a table of one row it is right to read the table.
        return;
    }
    for (sql, index) in [
        (
            "SELECT 1 FROM release_event e WHERE e.release_id = 5 AND e.id > 7",
            "release_event_of_release",
        ),
        (
            "SELECT 1 FROM release WHERE notice IS NOT NULL LIMIT 1",
            "release_notice",
        ),
        (
            "SELECT 1 FROM release WHERE told_at > 5 LIMIT 1",
            "release_told",
        ),
        (
            "SELECT r.id FROM release r WHERE r.revisit_at IS NOT NULL AND r.revisit_at <= 5 ORDER BY r.revisit_at",
            "release_revisit",
        ),
        (
            "SELECT r.id FROM release r WHERE r.state = 'filtered' AND r.settles_at IS NOT NULL AND r.settles_at <= 5 ORDER BY r.settles_at",
            "release_filtered",
        ),
        (
            "SELECT id FROM newsletter WHERE state IN (0, 1) AND checked_at IS NULL AND (state = 0 OR automatic)",
            "newsletter_unchecked",
        ),
        (
            "SELECT r.id FROM release r WHERE r.state IN ('settling', 'settled', 'held') AND r.drafted_at IS NULL ORDER BY r.id",
            "release_awaiting_draft",
        ),
        (
            "SELECT n.id FROM newsletter n WHERE n.auto_approve IS NOT NULL AND n.state = 0 ORDER BY n.id",
            "newsletter_auto_approve",
        ),
        (
            "SELECT id FROM newsletter WHERE state IN (1, 2, 3) AND state = 1 AND waits = TRUE",
            "newsletter_active",
        ),
        (
            "SELECT id FROM newsletter WHERE corrects = 1 AND release_id = 2 AND correction_of = 3 AND state <> 5 AND corrects IS NOT NULL",
            "newsletter_correction",
        ),
        (
            "SELECT b.id FROM newsletter b WHERE b.edition = 5",
            "newsletter_of_edition",
        ),
        (
            "SELECT newsletter_id FROM newsletter_release WHERE release_id = 5",
            "newsletter_release_of",
        ),
    ] {
        let rows = app
            .db
            .all(&format!("EXPLAIN QUERY PLAN {sql}"), [])
            .await
            .unwrap();
        let plan: Vec<String> = rows
            .iter()
            .map(|row| row.try_get("", "detail").unwrap())
            .collect();
        assert!(plan.join("; ").contains(index), "{sql}: {plan:?}");
    }
}
