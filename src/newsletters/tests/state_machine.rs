//! The state machine of a newsletter, walked along every edge: what the list here does not name
//! changes nothing.

use proptest::prelude::*;
use sea_orm::{ActiveEnum, ActiveModelTrait, ActiveValue::Set, EntityTrait, Iterable};

use super::*;
use crate::{
    clock::Clock,
    db::sql_values,
    delivery::testing,
    newsletters::{
        lifecycle::{Move, Step, try_make},
        newsletter_entities::newsletter,
        stopping::UNDER_WAY,
    },
};

use NewsletterState::{Approved, Cancelled, Draft, Paused, Sending, Sent};

/// Written down a second time, so that neither list can change unnoticed.
const EDGES: [(Move, NewsletterState, NewsletterState); 24] = [
    (Move::Approve, Draft, Approved),
    (Move::AutoApprove, Draft, Approved),
    (Move::SendNow, Approved, Approved),
    (Move::Reschedule, Approved, Approved),
    (Move::BackToDraft, Approved, Draft),
    (Move::Start, Approved, Sending),
    (Move::Pause, Sending, Paused),
    (Move::Stop, Sending, Paused),
    (Move::StayPaused, Paused, Paused),
    (Move::Resume, Paused, Sending),
    (Move::Finish, Sending, Sent),
    (Move::SendAgain, Sent, Sending),
    (Move::Supersede, Sending, Sending),
    (Move::Supersede, Paused, Sending),
    (Move::Cancel, Draft, Cancelled),
    (Move::Cancel, Approved, Cancelled),
    (Move::Cancel, Sending, Cancelled),
    (Move::Cancel, Paused, Cancelled),
    (Move::GoOn, Sent, Sending),
    (Move::CancelUnsent, Draft, Cancelled),
    (Move::CancelUnsent, Approved, Cancelled),
    (Move::Reopen, Draft, Draft),
    (Move::Reopen, Approved, Draft),
    (Move::Hold, Approved, Draft),
];

fn leads_to(made: Move, from: NewsletterState) -> Option<NewsletterState> {
    let edge = EDGES.iter().find(|edge| (edge.0, edge.1) == (made, from));
    edge.map(|edge| edge.2)
}

pub(super) async fn newsletter_in(app: &App, state: NewsletterState, slug: &str) -> i64 {
    let row = newsletter::ActiveModel {
        topic_id: Set(1),
        subject: Set("A bridge opens".to_owned()),
        slug: Set(slug.to_owned()),
        language: Set("en".to_owned()),
        document: Set(
            r#"{"language":"en","direction":"ltr","blocks":[{"paragraph":[{"text":"Hello."}]}]}"#
                .to_owned(),
        ),
        state: Set(state),
        automatic: Set(false),
        created_at: Set(0),
        enqueued_to: Set(0),
        enqueued_at: Set(Some(0)),
        total: Set(0),
        ..Default::default()
    };
    row.insert(app.db.pool()).await.unwrap().id
}

async fn row_of(app: &App, id: i64) -> newsletter::Model {
    let row = newsletter::Entity::find_by_id(id).one(app.db.pool()).await;
    row.unwrap().unwrap()
}

/// Makes the move with its audit line, as all functions of the room do.
async fn walk(app: &App, id: i64, made: Move) -> bool {
    let transaction = app.db.begin().await.unwrap();
    let set = newsletter::ActiveModel {
        attention: Set(Some(format!("{made:?}"))),
        ..Default::default()
    };
    let step = Step::new(app.clock.now_ms(), "ana").set(set);
    let done = try_make(&transaction, id, made, step).await.unwrap();
    transaction.commit().await.unwrap();
    done
}

#[tokio::test]
async fn every_edge_that_is_listed_is_walked_and_no_other_changes_anything() {
    let (app, _folder) =
        testing::app(Clock::fixed_at("2026-11-01T12:00:00Z".parse().unwrap())).await;
    for made in Move::iter() {
        for from in NewsletterState::iter() {
            let id = newsletter_in(&app, from, &format!("{made:?}-{from:?}")).await;
            let lines = format!("SELECT count(*) FROM audit WHERE object = 'newsletter/{id}'");
            let before = row_of(&app, id).await;
            let done = walk(&app, id, made).await;
            let after = row_of(&app, id).await;
            if let Some(to) = leads_to(made, from) {
                assert!(done, "{made:?} from {from:?}");
                assert_eq!(after.state, to, "{made:?} from {from:?}");
                assert_eq!(number(&app, &lines).await, 1, "{made:?} from {from:?}");
            } else {
                assert!(!done, "{made:?} from {from:?}");
                assert_eq!(after, before, "{made:?} from {from:?}");
                assert_eq!(number(&app, &lines).await, 0, "{made:?} from {from:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]
    #[test]
    fn any_walk_ends_where_the_list_leads(
        moves in prop::collection::vec(prop::sample::select(Move::iter().collect::<Vec<_>>()), 1..25),
    ) {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let (app, _folder) = testing::app(Clock::system()).await;
            let id = newsletter_in(&app, Draft, "walk").await;
            let (mut at, mut walked) = (Draft, 0);
            for made in moves {
                let done = walk(&app, id, made).await;
                assert_eq!(done, leads_to(made, at).is_some(), "{made:?} from {at:?}");
                if let Some(to) = leads_to(made, at) {
                    (at, walked) = (to, walked + 1);
                }
                assert_eq!(row_of(&app, id).await.state, at);
            }
            let lines = "SELECT count(*) FROM audit WHERE who = 'ana'";
            assert_eq!(number(&app, lines).await, walked);
        });
    }
}

#[tokio::test]
async fn what_may_not_be_cancelled_or_paused_keeps_its_deliveries_too() {
    let (app, _folder) = testing::app(Clock::system()).await;
    let sent = newsletter_in(&app, Sent, "sent").await;
    test_data::delivery(sent, 1).at(0).insert(&app).await;
    let refused = crate::newsletters::cancel(&app, sent, "ana").await;
    assert!(matches!(refused, Err(NewsletterError::State { .. })));
    let queued = "SELECT count(*) FROM delivery WHERE state = 0";
    assert_eq!(number(&app, queued).await, 1);
    let unknown = crate::newsletters::pause(&app, 4711, "ana").await;
    assert!(matches!(unknown, Err(NewsletterError::NotFound(4711))));
}

/// The numbers stand once in the enum and once in the schema's partial indexes, which are found only
/// by these very words.
#[test]
fn the_states_are_numbered_as_the_partial_indexes_have_them() {
    let numbers: Vec<i16> = NewsletterState::iter()
        .map(|state| state.to_value())
        .collect();
    assert_eq!(numbers, [0, 1, 2, 3, 4, 5]);
    // newsletter_active
    assert_eq!(sql_values(&UNDER_WAY), "1, 2, 3");
    // newsletter_unchecked
    assert_eq!(sql_values(&[Draft, Approved]), "0, 1");
    // newsletter_correction
    assert_eq!(sql_values(&[Cancelled]), "5");
    // newsletter_to_press
    assert_eq!(sql_values(&[crate::newsletters::Audience::PressList]), "1");
}
