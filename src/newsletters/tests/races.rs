//! Opposing acts at the same instant, a thousand times each: one of the two comes first, and the
//! other finds what it left.

use std::future::Future;

use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait};

use super::{state_machine::newsletter_in, *};
use crate::{
    clock::Clock,
    db::{execute, scalar},
    delivery::testing,
    newsletters::{
        Counts, EditedText, approve, back_to_draft, edit, finish,
        newsletter_entities::{newsletter, newsletter_release},
        pause,
        release_updates::follow_release,
        sending_start::start_alone,
    },
    releases::by_hand,
};

const TIMES: usize = 1_000;
/// Pairs that run at the same time.
const CHUNK: usize = 20;
/// Pairs behind these that run one after the other, half of them each way round: so both ways a race can
/// end are met, whichever act is the quicker one here.
const IN_TURN: usize = 10;

/// An app with newsletters in this state for all pairs, each of a release of its own with two texts.
async fn prepared(state: NewsletterState) -> (App, tempfile::TempDir, Vec<i64>) {
    crate::db::several_connections();
    let (app, folder) = testing::app(Clock::system()).await;
    set_up(&app, &[]).await;
    let mut ids = Vec::with_capacity(TIMES + IN_TURN);
    for number in 0..TIMES + IN_TURN {
        let id = newsletter_in(&app, state, &format!("race-{number}")).await;
        ids.push(id);
    }
    (app, folder, ids)
}

/// Gives each newsletter a release that says `New text.` by now; the newsletter does not know it yet.
async fn with_releases(app: &App, ids: &[i64]) {
    for id in ids {
        let release = test_data::release(*id).drafted();
        let texts = release.says("Hello.").says("New text.");
        texts.insert(app).await;
        let row = newsletter::ActiveModel {
            id: Set(*id),
            release_id: Set(Some(*id)),
            ..Default::default()
        };
        row.update(app.db.pool()).await.unwrap();
        let part = newsletter_release::ActiveModel {
            newsletter_id: Set(*id),
            release_id: Set(*id),
            position: Set(0),
            revision: Set(1),
        };
        part.insert(app.db.pool()).await.unwrap();
    }
}

/// Runs both acts on every newsletter at once, as tasks of their own, some at a time.
async fn race<A, B, X, Y>(
    ids: &[i64],
    one: impl Fn(i64) -> A,
    other: impl Fn(i64) -> B,
) -> Vec<(i64, X, Y)>
where
    A: Future<Output = X> + Send + 'static,
    B: Future<Output = Y> + Send + 'static,
    X: Send + 'static,
    Y: Send + 'static,
{
    let mut outcomes = Vec::with_capacity(ids.len());
    let (at_once, in_turn) = ids.split_at(TIMES);
    for chunk in at_once.chunks(CHUNK) {
        let mut pairs = Vec::with_capacity(chunk.len());
        for (number, id) in chunk.iter().enumerate() {
            // Neither always has the start.
            let pair = if number % 2 == 0 {
                let first = tokio::spawn(one(*id));
                (first, tokio::spawn(other(*id)))
            } else {
                let second = tokio::spawn(other(*id));
                (tokio::spawn(one(*id)), second)
            };
            pairs.push((*id, pair));
        }
        for (id, (first, second)) in pairs {
            outcomes.push((id, first.await.unwrap(), second.await.unwrap()));
        }
    }
    for (number, id) in in_turn.iter().enumerate() {
        let outcome = if number % 2 == 0 {
            let first = one(*id).await;
            (*id, first, other(*id).await)
        } else {
            let second = other(*id).await;
            (*id, one(*id).await, second)
        };
        outcomes.push(outcome);
    }
    outcomes
}

/// Both ways were met, at the least by those that ran in turn.
fn assert_both_ways(firsts: usize) {
    let each = IN_TURN / 2;
    assert!(
        (each..=TIMES + each).contains(&firsts),
        "{firsts} of the first act came first"
    );
}

async fn row_of(app: &App, id: i64) -> newsletter::Model {
    let row = newsletter::Entity::find_by_id(id).one(app.db.pool()).await;
    row.unwrap().unwrap()
}

async fn revisions_of(app: &App, id: i64) -> i64 {
    let kept = format!("SELECT count(*) FROM newsletter_revision WHERE newsletter_id = {id}");
    number(app, &kept).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_edit_and_the_offices_change_lose_neither_text() {
    let (app, _folder, ids) = prepared(NewsletterState::Draft).await;
    with_releases(&app, &ids).await;
    let outcomes = race(
        &ids,
        |id| {
            let app = app.clone();
            async move {
                let own = by_hand::from_markdown("Our own text.");
                edit(&app, id, EditedText::of("Ours", &own), 0, "ana").await
            }
        },
        |id| {
            let app = app.clone();
            async move { follow_release(&app, id).await }
        },
    )
    .await;
    let mut firsts = 0;
    for (id, edited, followed) in outcomes {
        followed.unwrap();
        let row = row_of(&app, id).await;
        assert_eq!(row.revision, 1);
        assert_eq!(revisions_of(&app, id).await, 1);
        match edited {
            Ok(()) => {
                firsts += 1;
                assert!(row.document.contains("Our own text."), "{row:?}");
                assert!(row.attention.is_some(), "and they are told: {row:?}");
            }
            Err(NewsletterError::Changed {
                seen: 0, now: 1, ..
            }) => {
                assert!(row.document.contains("New text."), "{row:?}");
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert_both_ways(firsts);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_approval_and_the_offices_change_approve_no_unseen_text() {
    let (app, _folder, ids) = prepared(NewsletterState::Draft).await;
    with_releases(&app, &ids).await;
    let later = app.clock.now() + jiff::SignedDuration::from_hours(9);
    let outcomes = race(
        &ids,
        |id| {
            let app = app.clone();
            async move { approve(&app, id, "ana", Some(later), 0).await }
        },
        |id| {
            let app = app.clone();
            async move { follow_release(&app, id).await }
        },
    )
    .await;
    let mut firsts = 0;
    for (id, approved, followed) in outcomes {
        followed.unwrap();
        let row = row_of(&app, id).await;
        assert_eq!(row.state, NewsletterState::Draft, "{row:?}");
        match approved {
            // Approved first: it comes before a person again, with the text that they know.
            Ok(()) => {
                firsts += 1;
                assert!(row.document.contains("Hello."), "{row:?}");
                assert!(row.attention.is_some() && row.revision == 0, "{row:?}");
            }
            Err(NewsletterError::Changed {
                seen: 0, now: 1, ..
            }) => {
                assert!(row.document.contains("New text."), "{row:?}");
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert_both_ways(firsts);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_pause_and_the_end_are_never_both() {
    let (app, _folder, ids) = prepared(NewsletterState::Sending).await;
    let outcomes = race(
        &ids,
        |id| {
            let app = app.clone();
            async move { pause(&app, id, "ana").await }
        },
        |id| {
            let app = app.clone();
            async move { finish(&app.db, id, &Counts::default(), 7).await }
        },
    )
    .await;
    let mut firsts = 0;
    for (id, paused, finished) in outcomes {
        let row = row_of(&app, id).await;
        match (paused, finished.unwrap()) {
            (Ok(()), false) => {
                firsts += 1;
                assert_eq!(row.state, NewsletterState::Paused);
            }
            (Err(NewsletterError::State { .. }), true) => {
                assert_eq!(row.state, NewsletterState::Sent);
                assert_eq!(row.finished_at, Some(7));
            }
            both => panic!("{both:?}"),
        }
        let lines = format!("SELECT count(*) FROM audit WHERE object = 'newsletter/{id}'");
        assert_eq!(number(&app, &lines).await, 1);
    }
    assert_both_ways(firsts);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_undo_and_the_start_of_sending_exactly_one_happens() {
    let (app, _folder, ids) = prepared(NewsletterState::Approved).await;
    let undo = |id| {
        let app = app.clone();
        async move { back_to_draft(&app, id, "ana").await }
    };
    let begin = |id| {
        let app = app.clone();
        async move { start_alone(&app, id).await }
    };
    let mut undone = 0;
    for (id, undo, begun) in race(&ids, undo, begin).await {
        assert_ne!(undo.is_ok(), begun.unwrap());
        let row = row_of(&app, id).await;
        let lines = async |action: &str| {
            let lines = format!(
                "SELECT count(*) FROM audit WHERE action = 'newsletter.{action}' AND object = 'newsletter/{id}'"
            );
            number(&app, &lines).await
        };
        let said = (lines("back_to_draft").await, lines("start").await);
        if undo.is_ok() {
            undone += 1;
            assert_eq!(row.state, NewsletterState::Draft);
            assert_eq!((row.started_at, row.approved_at), (None, None));
            assert_eq!(said, (1, 0));
        } else {
            assert_eq!(row.state, NewsletterState::Sending);
            assert_eq!(said, (0, 1));
        }
    }
    assert_both_ways(undone);
}

/// What the office did, as the releases' room writes it down.
async fn happen(app: &App, release: i64, state: &str, kind: &str) {
    let transaction = app.db.begin().await.unwrap();
    if !app.db.is_sqlite() {
        // Events are committed in the order of their ids.
        let lock = "SELECT pg_advisory_xact_lock(hashtext('release_event'))";
        execute(&transaction, lock, []).await.unwrap();
    }
    execute(
        &transaction,
        "UPDATE release SET state = $2 WHERE id = $1",
        values![release, state],
    )
    .await
    .unwrap();
    test_data::release_event(&transaction, release, kind, Some(2)).await;
    transaction.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_event_while_somebody_approves_lets_no_unseen_text_go() {
    let (app, _folder, ids) = prepared(NewsletterState::Draft).await;
    with_releases(&app, &ids).await;
    let later = app.clock.now() + jiff::SignedDuration::from_hours(9);
    let outcomes = race(
        &ids,
        |id| {
            let app = app.clone();
            async move { approve(&app, id, "ana", Some(later), 0).await }
        },
        |id| {
            let app = app.clone();
            async move {
                happen(&app, id, "settled", "revised").await;
                follow_changes(&app).await
            }
        },
    )
    .await;
    follow_changes(&app).await.unwrap();
    let mut firsts = 0;
    for (id, approved, followed) in outcomes {
        followed.unwrap();
        let row = row_of(&app, id).await;
        assert_eq!(row.state, NewsletterState::Draft, "{row:?}");
        match approved {
            // Approved first: it comes before a person again, with the text that they know.
            Ok(()) => {
                firsts += 1;
                assert!(row.document.contains("Hello."), "{row:?}");
                assert!(row.attention.is_some() && row.revision == 0, "{row:?}");
            }
            Err(NewsletterError::Changed { .. } | NewsletterError::ReleaseNews(_)) => {
                assert!(row.document.contains("New text."), "{row:?}");
                assert_eq!(row.revision, 1);
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert_both_ways(firsts);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_event_while_sending_starts_comes_before_it_or_is_told_as_news_of_what_was_mailed() {
    let (app, _folder, ids) = prepared(NewsletterState::Approved).await;
    with_releases(&app, &ids).await;
    let outcomes = race(
        &ids,
        |id| {
            let app = app.clone();
            async move { start_alone(&app, id).await }
        },
        |id| {
            let app = app.clone();
            async move {
                happen(&app, id, "vanished", "withdrawn").await;
                // Known, and not told to the newsletter yet: from here on nothing of it begins.
                let late = start_alone(&app, id).await;
                follow_changes(&app).await.map(|_| late.unwrap())
            }
        },
    )
    .await;
    follow_changes(&app).await.unwrap();
    let mut firsts = 0;
    for (id, started, late) in outcomes {
        let started = started.unwrap();
        assert!(!late.unwrap(), "{id} began after it was taken back");
        let row = row_of(&app, id).await;
        let notice: Option<String> = scalar(
            app.db.pool(),
            "SELECT notice FROM release WHERE id = $1",
            values![id],
        )
        .await
        .unwrap();
        let notice = notice.unwrap();
        if started {
            firsts += 1;
            assert_eq!(row.state, NewsletterState::Sending);
            assert!(notice.contains("after it was mailed"), "{notice}");
        } else {
            assert_eq!(row.state, NewsletterState::Draft, "{row:?}");
            assert!(notice.contains("took the release back"), "{notice}");
        }
    }
    assert_both_ways(firsts);
}
