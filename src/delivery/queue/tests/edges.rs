//! The state machine of a message, walked along every edge on the database: what the list here does not
//! name changes nothing.

use proptest::{prelude::*, test_runner::TestRunner};
use sea_orm::Iterable;

use super::*;
use crate::delivery_state::{
    DeliveryState::{self, Accepted, Claimed, Deferred, Failed, Queued, Withdrawn},
    transition::{
        Table,
        Transition::{
            self, Accept, Claim, Defer, DeferUntried, Fail, GiveBack, RequeueFailed, SendAgain,
            Withdraw,
        },
    },
};

/// Written down a second time, so that neither list can change unnoticed.
const EDGES: [(Transition, DeliveryState, DeliveryState); 18] = [
    (Claim, Queued, Claimed),
    (Claim, Deferred, Claimed),
    (GiveBack, Claimed, Queued),
    (DeferUntried, Claimed, Deferred),
    (Accept, Queued, Accepted),
    (Accept, Claimed, Accepted),
    (Accept, Deferred, Accepted),
    (Defer, Queued, Deferred),
    (Defer, Claimed, Deferred),
    (Defer, Deferred, Deferred),
    (Fail, Queued, Failed),
    (Fail, Claimed, Failed),
    (Fail, Deferred, Failed),
    (Withdraw, Queued, Withdrawn),
    (Withdraw, Claimed, Withdrawn),
    (Withdraw, Deferred, Withdrawn),
    (RequeueFailed, Failed, Deferred),
    (SendAgain, Failed, Queued),
];

fn leads_to(made: Transition, from: DeliveryState) -> Option<DeliveryState> {
    let edge = EDGES.iter().find(|edge| (edge.0, edge.1) == (made, from));
    edge.map(|edge| edge.2)
}

fn table_words(table: Table) -> (&'static str, &'static str) {
    match table {
        Table::Delivery => ("delivery", "subscriber_id"),
        Table::TransactionalMail => ("transactional_mail", "id"),
    }
}

/// The first row of either table.
async fn rows(app: &App) {
    test_data::delivery(1, 1).insert(app).await;
    test_data::transactional_mail(app, 1, 0).await;
}

async fn stands(app: &App, table: Table) -> DeliveryState {
    let (name, key) = table_words(table);
    let sql = format!("SELECT state FROM {name} WHERE {key} = 1");
    let state: Option<DeliveryState> = db::scalar(app.db.pool(), &sql, []).await.unwrap();
    state.unwrap()
}

async fn takes(app: &App, table: Table, made: Transition) -> bool {
    let only = format!("{} = 1", table_words(table).1);
    let sql = made.sql(table, "at = at + 1", &only);
    app.db.execute(&sql, []).await.unwrap() == 1
}

#[tokio::test]
async fn a_message_moves_along_the_listed_edges_and_no_other() {
    let (app, _folder, _) = app_with(1).await;
    rows(&app).await;
    for table in Table::iter() {
        let (name, key) = table_words(table);
        for (made, from) in
            Transition::iter().flat_map(|made| DeliveryState::iter().map(move |from| (made, from)))
        {
            let set = format!("UPDATE {name} SET state = $1 WHERE {key} = 1");
            app.db.execute(&set, values![from as i16]).await.unwrap();
            let expected = leads_to(made, from);
            assert_eq!(
                takes(&app, table, made).await,
                expected.is_some(),
                "{made:?} from {from:?}"
            );
            assert_eq!(
                stands(&app, table).await,
                expected.unwrap_or(from),
                "{made:?} from {from:?}"
            );
            // One of two ends, as the row has it.
            for (is_so, other) in [("1 = 0", made), ("1 = 1", Withdraw)] {
                app.db.execute(&set, values![from as i16]).await.unwrap();
                let only = format!("{key} = 1");
                let sql = made.sql_or(table, (is_so, Withdraw), "at = at", &only);
                app.db.execute(&sql, []).await.unwrap();
                let expected = expected.map_or(from, |_| other.rule().to);
                assert_eq!(
                    stands(&app, table).await,
                    expected,
                    "{made:?} or withdrawn from {from:?}"
                );
            }
        }
    }
}

#[test]
fn on_any_walk_a_message_is_where_the_edges_lead_and_what_was_accepted_stays_so() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (app, _folder, _) = runtime.block_on(app_with(1));
    runtime.block_on(rows(&app));
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 40,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let any_transition = prop::sample::select(Transition::iter().collect::<Vec<_>>());
    let walk = prop::collection::vec(any_transition, 1..30);
    let outcome = runner.run(&walk, |walk| {
        runtime.block_on(async {
            for table in Table::iter() {
                let (name, _) = table_words(table);
                app.db
                    .execute(&format!("UPDATE {name} SET state = 0"), [])
                    .await
                    .unwrap();
                let mut state = Queued;
                for made in &walk {
                    let next = leads_to(*made, state);
                    assert_eq!(takes(&app, table, *made).await, next.is_some());
                    assert!(state != Accepted || next.is_none());
                    state = next.unwrap_or(state);
                    assert_eq!(stands(&app, table).await, state);
                }
            }
        });
        Ok(())
    });
    outcome.unwrap();
}
