//! Who gets on the list, and who never does again.

use super::*;
use crate::{
    clock::Clock,
    delivery::testing,
    subscribers::{Import, Row, erase, unsubscribe},
};

const FILE: &str = "email,name,outlet\n\
    ana@paper.example,Ana,The Paper\n\
    ben@radio.example,Ben,Radio 5\n\
    cy@example.org,Cy,\n\
    nobody,,\n";

async fn app() -> (App, tempfile::TempDir) {
    testing::app(Clock::fixed_at(instant(1_780_000_000_000))).await
}

fn origin() -> RequestOrigin {
    RequestOrigin {
        ip: "192.0.2.1".to_owned(),
        user_agent: "test".to_owned(),
    }
}

async fn id_of(app: &App, email: &str) -> i64 {
    let sql = "SELECT id FROM press_contact WHERE email_key = $1";
    let id = db::scalar(app.db.pool(), sql, values![email]).await;
    id.unwrap().unwrap()
}

/// Rows that tell of somebody's leaving.
async fn evidence(app: &App) -> i64 {
    let sql = "SELECT count(*) FROM consent WHERE event = 'unsubscribed'";
    db::scalar(app.db.pool(), sql, []).await.unwrap().unwrap()
}

async fn size_of(app: &App) -> (u64, u64) {
    let size = size(app).await.unwrap();
    (size.people, size.no_medium)
}

#[tokio::test]
async fn a_file_is_read_once_and_again_without_doubling_anyone() {
    let (app, _folder) = app().await;
    let report = import(&app, FILE.as_bytes(), "gallery", "test")
        .await
        .unwrap();
    assert_eq!((report.added, report.known, report.wrong), (3, 0, 1));
    assert!(report.reasons[0].starts_with("line 5:"), "{report:?}");
    assert!(id_of(&app, "ana@paper.example").await >= FIRST_ID);
    assert_eq!(size_of(&app).await, (3, 1));
    let newer = "Email,Outlet\nCY@example.org,The Blog\n";
    let report = import(&app, newer.as_bytes(), "gallery", "test")
        .await
        .unwrap();
    assert_eq!((report.added, report.known), (0, 1));
    assert_eq!(size_of(&app).await, (3, 0));
    for (file, origin, says) in [
        ("mail\na@b.example\n", "x", "no column `email`"),
        (FILE, " ", "where these addresses come from"),
    ] {
        let error = import(&app, file.as_bytes(), origin, "test")
            .await
            .unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
    }
}

#[tokio::test]
async fn who_left_the_press_list_is_not_brought_back_by_an_import_removed_or_not() {
    let (app, _folder) = app().await;
    import(&app, FILE.as_bytes(), "gallery", "test")
        .await
        .unwrap();
    let link = SubscriberLink {
        subscriber: id_of(&app, "ana@paper.example").await,
        newsletter: 1,
    };
    for _ in 0..2 {
        unsubscribe(&app, link, UnsubscribeChannel::OneClick, &origin())
            .await
            .unwrap();
    }
    assert_eq!(evidence(&app).await, 1);
    let again = import(&app, FILE.as_bytes(), "gallery", "test")
        .await
        .unwrap();
    assert_eq!((again.added, again.known, again.suppressed), (0, 2, 1));
    remove(&app, "Ana@Paper.example", "test").await.unwrap();
    assert_eq!(evidence(&app).await, 0);
    let listed = contacts(&app, 10).await.unwrap();
    assert!(listed.iter().all(|one| one.email != "ana@paper.example"));
    let again = import(&app, FILE.as_bytes(), "gallery", "test")
        .await
        .unwrap();
    assert_eq!((again.added, again.suppressed), (0, 1));
    // Whom the office itself took off without their having left may come back.
    remove(&app, "ben@radio.example", "test").await.unwrap();
    let again = import(&app, FILE.as_bytes(), "gallery", "test")
        .await
        .unwrap();
    assert_eq!((again.added, again.suppressed), (1, 1));
    assert_eq!(size_of(&app).await, (2, 1));
}

#[tokio::test]
async fn who_left_as_a_subscriber_or_was_erased_is_not_on_the_press_list_either() {
    let (app, _folder) = app().await;
    import(&app, FILE.as_bytes(), "gallery", "test")
        .await
        .unwrap();
    let consent = Import {
        consent: "signed a list",
        source: "list.csv",
        operator: "test",
        ..Import::default()
    };
    let rows = ["ana@paper.example", "ben@radio.example"].map(|email| {
        Ok(Row {
            line: 1,
            email: email.to_owned(),
            ..Row::default()
        })
    });
    crate::subscribers::import(&app, &consent, rows.into_iter(), |_| ())
        .await
        .unwrap();
    assert_eq!(size_of(&app).await, (3, 1));
    let sql = "SELECT id FROM subscriber WHERE email_key = 'ana@paper.example'";
    let ana: Option<i64> = db::scalar(app.db.pool(), sql, []).await.unwrap();
    let link = SubscriberLink {
        subscriber: ana.unwrap(),
        newsletter: 1,
    };
    unsubscribe(&app, link, UnsubscribeChannel::Page, &origin())
        .await
        .unwrap();
    assert_eq!(size_of(&app).await, (2, 1));
    erase(&app, "ben@radio.example", "test").await.unwrap();
    assert_eq!(size_of(&app).await, (1, 1));
    let again = import(&app, FILE.as_bytes(), "gallery", "test")
        .await
        .unwrap();
    assert_eq!((again.added, again.known, again.suppressed), (0, 1, 2));
    let listed = contacts(&app, 10).await.unwrap();
    let states: Vec<_> = listed
        .iter()
        .map(|one| (one.email.as_str(), one.state.as_str()))
        .collect();
    assert_eq!(
        states,
        [
            ("cy@example.org", "listed"),
            ("ana@paper.example", "suppressed")
        ]
    );
}

#[tokio::test]
async fn lines_without_headings_are_counted_as_they_were_typed() {
    let (app, _folder) = app().await;
    let typed = "first@paper.example, Ana, The Paper\nsecond@radio.example\nbad\n";
    let report = import(&app, typed.as_bytes(), "typed", "ana")
        .await
        .unwrap();
    assert_eq!((report.added, report.wrong), (2, 1));
    assert!(
        report.reasons[0].starts_with("line 3: "),
        "{:?}",
        report.reasons
    );
    assert_eq!(contacts(&app, 10).await.unwrap().len(), 2);
}
