//! Newsletters read what happened to releases in order, each event once; what cannot be read is set
//! aside and stops nothing else.

use super::*;
use crate::releases::tests::{TODAY, watching};

#[tokio::test]
async fn an_event_that_cannot_be_read_is_set_aside_and_the_next_is_applied() {
    let (app, office, _folder) = watching(0).await;
    set_up(&app, &[]).await;
    releases::set_source(&app, 1, &[("policy", "approve")])
        .await
        .unwrap();
    office.publish("vote", "The vote", TODAY);
    office.change(|site| rewrite(site, "<p>The vote is on Monday at noon in the county.</p>"));
    beat(&app).await;
    for kind in ["of a later version", "revised"] {
        app.db
            .execute(
                "INSERT INTO release_event (release_id, at, kind, was_final) VALUES (2, 0, $1, FALSE)",
                values![kind],
            )
            .await
            .unwrap();
    }
    office.change(|site| rewrite(site, "<p>The vote is on Tuesday at noon in the county.</p>"));
    live(&app, 30).await;
    let aside = "SELECT count(*) FROM release_event_set_aside";
    assert_eq!(number(&app, aside).await, 1);
    let words = releases::reading::words(&find(&app, 1).await.unwrap().document);
    assert!(words.contains("Tuesday"), "{words}");
    let behind = "SELECT count(*) FROM release_event WHERE id > (SELECT consumed_to FROM release_event_cursor)";
    assert_eq!(number(&app, behind).await, 0);
    // Once more, nothing happens twice.
    let revision = find(&app, 1).await.unwrap().revision;
    assert_eq!(follow_changes(&app).await.unwrap(), 0);
    assert_eq!(find(&app, 1).await.unwrap().revision, revision);
}
