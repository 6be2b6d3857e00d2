//! What staff and the operator do to subscribers stands in the audit log, with the address veiled.

use super::*;
use crate::{
    audit,
    subscribers::{
        Import, Row, allow, erase, import, press_list, record_export, show_evidence,
        unsubscribe_address,
    },
};

async fn actions(app: &App) -> Vec<String> {
    let mut lines = audit::latest(&app.db, i64::MAX, 100).await.unwrap();
    lines.reverse();
    // What the test itself set up.
    lines.retain(|line| !line.object.starts_with("office/"));
    for line in &lines {
        let text = format!("{} {}", line.object, line.details);
        assert!(!text.contains("reader1@"), "{text}");
        assert_eq!(line.who, "ana@office.example");
    }
    lines.into_iter().map(|line| line.action).collect()
}

#[tokio::test]
async fn every_act_on_a_subscriber_is_on_record_and_what_fails_is_not() {
    let (app, _folder) = app().await;
    let (who, email) = ("ana@office.example", "reader1@example.org");
    let list = Import {
        consent: "signed a list",
        source: "list.csv",
        operator: who,
        ..Import::default()
    };
    let rows = [Ok(Row {
        line: 2,
        email: email.to_owned(),
        ..Row::default()
    })];
    import(&app, &list, rows.into_iter(), |_| ()).await.unwrap();
    show_evidence(&app, email, who).await.unwrap();
    record_export(&app, who).await.unwrap();
    allow(&app, email, who).await.unwrap();
    assert!(unsubscribe_address(&app, email, who).await.unwrap());
    assert!(
        !unsubscribe_address(&app, email, who).await.unwrap(),
        "has left already"
    );
    erase(&app, email, who).await.unwrap();
    for unknown in [
        show_evidence(&app, email, who).await.map(|_| ()),
        unsubscribe_address(&app, email, who).await.map(|_| ()),
        erase(&app, email, who).await.map(|_| ()),
    ] {
        assert!(unknown.is_err());
    }
    let file = "email,outlet\nreader1@paper.example,The Paper\n";
    press_list::import(&app, file.as_bytes(), "gallery", who)
        .await
        .unwrap();
    press_list::record_export(&app, 1, who).await.unwrap();
    press_list::remove(&app, "reader1@paper.example", who)
        .await
        .unwrap();
    assert!(
        press_list::remove(&app, "reader1@paper.example", who)
            .await
            .is_err()
    );
    assert_eq!(
        actions(&app).await,
        [
            "subscriber.import",
            "subscriber.import",
            "subscriber.evidence",
            "subscriber.export",
            "subscriber.allow",
            "subscriber.unsubscribe",
            "subscriber.erase",
            "press_list.import",
            "press_list.export",
            "press_list.remove",
        ]
    );
    // Whoever asks for what was done to subscribers finds it, although no number of theirs is its object.
    let about = async |object: &str| {
        let filter = audit::Filter {
            object: Some(object.to_owned()),
            ..audit::Filter::default()
        };
        audit::search(&app.db, &filter, 100).await.unwrap().len()
    };
    assert_eq!(
        (about("subscriber").await, about("press_list").await),
        (7, 3)
    );
    assert_eq!(about("newsletter").await, 0);
}
