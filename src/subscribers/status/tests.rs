//! Every edge of the state machine, on a database: what leads somewhere, and what changes nothing.

use proptest::prelude::*;
use sea_orm::Iterable;
use serde_json::json;

use super::*;
use crate::{
    clock::{Clock, DAY, instant},
    db,
    delivery::testing,
    subscribers::{subscriber_tables::subscription, tests::happens},
    test_data, values,
};

const NOW: i64 = 1_780_000_000_000;

async fn app() -> (App, tempfile::TempDir) {
    testing::app(Clock::fixed_at(instant(NOW))).await
}

/// All that an event may change of a subscriber.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    status: Status,
    since: i64,
    topics: usize,
    evidence: Vec<Evidence>,
    suppression: Option<SuppressionReason>,
}

async fn row(app: &App, id: i64) -> Row {
    let pool = app.db.pool();
    let found = subscriber::Entity::find_by_id(id).one(pool).await.unwrap();
    let found = found.unwrap();
    let topics = subscription::Entity::find()
        .filter(subscription::Column::SubscriberId.eq(id))
        .all(pool)
        .await
        .unwrap();
    let sql = "SELECT event FROM consent WHERE subscriber_id = $1 ORDER BY id";
    Row {
        status: found.status,
        since: found.status_at,
        topics: topics.len(),
        evidence: db::scalars(pool, sql, values![id]).await.unwrap(),
        suppression: suppression::reason(app, pool, &found.email_key)
            .await
            .unwrap(),
    }
}

/// The edges as people would draw them, apart from the code. From complained and blocked none leads
/// anywhere, but where only a list had said so.
const EDGES: [(Status, Event, Status); 26] = [
    (Status::Pending, Event::Confirm, Status::Confirmed),
    (Status::Pending, Event::Import, Status::Confirmed),
    (Status::Pending, Event::LeftElsewhere, Status::Unsubscribed),
    (Status::Pending, Event::Bounce, Status::Bounced),
    (Status::Pending, Event::Never, Status::Blocked),
    (Status::Pending, Event::Complain, Status::Complained),
    (Status::Confirmed, Event::Leave, Status::Unsubscribed),
    (
        Status::Confirmed,
        Event::LeftElsewhere,
        Status::Unsubscribed,
    ),
    (Status::Confirmed, Event::TakeBackImport, Status::Pending),
    (Status::Confirmed, Event::Bounce, Status::Bounced),
    (Status::Confirmed, Event::Never, Status::Blocked),
    (Status::Confirmed, Event::Complain, Status::Complained),
    (Status::Unsubscribed, Event::Confirm, Status::Confirmed),
    (Status::Unsubscribed, Event::Undo, Status::Confirmed),
    (
        Status::Unsubscribed,
        Event::TakeBackLeaving,
        Status::Confirmed,
    ),
    (Status::Unsubscribed, Event::Never, Status::Blocked),
    (Status::Unsubscribed, Event::Complain, Status::Complained),
    (Status::Bounced, Event::Confirm, Status::Confirmed),
    (Status::Bounced, Event::Leave, Status::Unsubscribed),
    (Status::Bounced, Event::LeftElsewhere, Status::Unsubscribed),
    (Status::Bounced, Event::TakeBackBounce, Status::Confirmed),
    (Status::Bounced, Event::Never, Status::Blocked),
    (Status::Bounced, Event::Complain, Status::Complained),
    (Status::Bounced, Event::TakeBackMark, Status::Unsubscribed),
    (
        Status::Complained,
        Event::TakeBackMark,
        Status::Unsubscribed,
    ),
    (Status::Blocked, Event::TakeBackMark, Status::Unsubscribed),
];

fn edge(from: Status, event: Event) -> Option<Status> {
    EDGES
        .iter()
        .find(|(one, by, _)| *one == from && *by == event)
        .map(|(_, _, to)| *to)
}

#[tokio::test]
async fn every_edge_moves_the_row_with_its_evidence_and_every_other_changes_nothing() {
    let (app, _folder) = app().await;
    let mut id = 0;
    for from in Status::iter() {
        for event in Event::iter() {
            id += 1;
            test_data::subscriber(id)
                .status(from)
                .since(1)
                .insert(&app)
                .await;
            let before = row(&app, id).await;
            app.clock.advance_ms(1);
            let moved = happens(&app, id, event).await;
            let after = row(&app, id).await;
            let Some(to) = edge(from, event) else {
                assert!(!moved, "{from:?} {event:?}");
                assert_eq!(before, after, "{from:?} {event:?}");
                continue;
            };
            assert!(moved, "{from:?} {event:?}");
            assert_eq!(after.status, to, "{from:?} {event:?}");
            assert_eq!(after.since, app.clock.now_ms());
            assert_eq!(after.evidence.len(), 2);
            assert_eq!(after.suppression, event.suppresses(), "{from:?} {event:?}");
            let keeps_topics = !matches!(
                event,
                Event::Leave
                    | Event::LeftElsewhere
                    | Event::TakeBackImport
                    | Event::Never
                    | Event::Complain
            );
            assert_eq!(after.topics, usize::from(keeps_topics), "{event:?}");
        }
    }
    assert!(
        !happens(&app, 9_999, Event::Confirm).await,
        "nobody has this number"
    );
}

#[tokio::test]
async fn what_is_not_committed_leaves_no_trace() {
    let (app, _folder) = app().await;
    test_data::subscriber(1).insert(&app).await;
    let before = row(&app, 1).await;
    let transaction = app.db.begin().await.unwrap();
    assert!(
        apply(&app, &transaction, 1, Event::Never, &json!({}))
            .await
            .unwrap()
    );
    transaction.rollback().await.unwrap();
    assert_eq!(row(&app, 1).await, before);
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = proptest::sample::select(Event::iter().collect::<Vec<_>>());
    proptest::collection::vec(event, 1..12)
}

/// Any order of events: the row goes where the edges lead, the evidence grows by one for each, and
/// who complained or asked never to be written to is never mailed again.
#[test]
fn any_order_of_events_walks_the_edges_and_nothing_else() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (app, _folder) = runtime.block_on(app());
    let next = std::cell::Cell::new(0_i64);
    let cases = ProptestConfig::with_cases(48);
    let mut runner = proptest::test_runner::TestRunner::new(cases);
    let walk = |events: Vec<Event>| {
        next.set(next.get() + 1);
        let id = next.get();
        runtime.block_on(async {
            let newcomer = test_data::subscriber(id).status(Status::Pending);
            newcomer.evidence(&[]).insert(&app).await;
            let (mut status, mut evidence) = (Status::Pending, 0);
            let mut bounced = false;
            for event in events {
                // Who left with a mailbox that bounces is not taken back.
                let stays = bounced && event == Event::TakeBackLeaving;
                let to = edge(status, event).filter(|_| !stays);
                assert_eq!(
                    happens(&app, id, event).await,
                    to.is_some(),
                    "{status:?} {event:?}"
                );
                evidence += usize::from(to.is_some());
                status = to.unwrap_or(status);
                // Who leaves with a mailbox that bounces does not mend it.
                bounced = status == Status::Bounced || bounced && status == Status::Unsubscribed;
                // What only a list had said is gone with it.
                bounced &= to.is_none() || event != Event::TakeBackMark;
                let now = row(&app, id).await;
                assert_eq!((now.status, now.evidence.len()), (status, evidence));
                // Suppressed is exactly who may not be mailed for a reason of their own.
                let expected = match status {
                    Status::Bounced | Status::Unsubscribed if bounced => {
                        Some(SuppressionReason::Bounced)
                    }
                    Status::Complained => Some(SuppressionReason::Complained),
                    Status::Blocked => Some(SuppressionReason::Blocked),
                    _ => None,
                };
                assert_eq!(now.suppression, expected);
            }
        });
        Ok(())
    };
    runner.run(&events(), walk).unwrap();
}

proptest! {
    #[test]
    fn only_a_confirmation_or_an_undo_by_their_own_link_brings_back_who_left(events in events()) {
        let mut status = Status::Pending;
        let mut left = false;
        for event in events {
            if let Some(next) = status.after(event) {
                if left && next == Status::Confirmed {
                    let takes_back = matches!(event, Event::TakeBackBounce | Event::TakeBackLeaving);
                    prop_assert!(takes_back || matches!(event, Event::Confirm | Event::Undo));
                    // Only their own leaving can be undone.
                    prop_assert!(event != Event::Undo || status == Status::Unsubscribed);
                    prop_assert!(!matches!(status, Status::Complained | Status::Blocked));
                }
                left |= !matches!(next, Status::Pending | Status::Confirmed);
                // They are back, and may leave anew.
                left &= next != Status::Confirmed;
                status = next;
            }
        }
    }
}

#[test]
fn the_table_of_what_leads_nowhere() {
    for (status, event) in [
        (Status::Complained, Event::Confirm),
        (Status::Blocked, Event::Confirm),
        (Status::Unsubscribed, Event::Import),
        (Status::Bounced, Event::Import),
        (Status::Complained, Event::Import),
        (Status::Pending, Event::Leave),
        (Status::Confirmed, Event::Confirm),
        (Status::Confirmed, Event::TakeBackBounce),
    ] {
        assert_eq!(status.after(event), None, "{status:?} {event:?}");
    }
    for status in Status::iter() {
        let word = serde_json::to_value(status).unwrap();
        assert_eq!(word, status.as_str());
    }
}

#[tokio::test]
async fn a_bounce_that_is_taken_back_lifts_the_bounce_and_nothing_stricter() {
    let (app, _folder) = app().await;
    test_data::subscriber(1).insert(&app).await;
    assert!(happens(&app, 1, Event::Bounce).await);
    app.clock.advance_ms(DAY);
    assert!(happens(&app, 1, Event::TakeBackBounce).await);
    let back = row(&app, 1).await;
    assert_eq!(
        (back.status, back.suppression, back.topics),
        (Status::Confirmed, None, 1)
    );
    assert!(happens(&app, 1, Event::Bounce).await);
    let blocked = SuppressionReason::Blocked;
    suppression::add(&app, app.db.pool(), "reader1@example.org", blocked)
        .await
        .unwrap();
    assert!(happens(&app, 1, Event::TakeBackBounce).await);
    assert_eq!(row(&app, 1).await.suppression, Some(blocked));
}
