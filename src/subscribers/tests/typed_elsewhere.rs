//! Where an address may have been typed beside its owner's own rows: an erasure takes it out there, too.

use super::{
    importing::{import_of, take_as},
    *,
};
use crate::{
    evidence_seal,
    subscribers::{self, Answers, SubscriberError, evidence, keep_upload, upload},
};

/// Every text of the database in which the address stands, by table and column.
async fn named_in(app: &App, places: &[(&str, &str)]) -> Vec<String> {
    let mut named = Vec::new();
    for (table, column) in places {
        let sql = format!(
            "SELECT count(*) FROM {table} WHERE lower(CAST({column} AS TEXT)) LIKE '%reader1@example.org%'"
        );
        let rows: Option<i64> = db::scalar(app.db.pool(), &sql, []).await.unwrap();
        if rows != Some(0) {
            named.push(format!("{table}.{column}"));
        }
    }
    named
}

#[tokio::test]
async fn an_erased_address_stands_in_nothing_that_was_typed_about_others() {
    let (app, _folder) = app().await;
    test_data::subscriber(1).insert(&app).await;
    // How the people of a list consented, and on whose word.
    let consent = "On the list that Reader1@Example.org brought to the town hall.";
    let list = b"email\nother@example.org\nreader1@example.org.uk\n";
    take_as(&app, list, import_of(consent), Answers::default())
        .await
        .unwrap();
    let newsletter = test_data::newsletter("news").insert(&app).await;
    for text in ["Reader1@example.org called about this.", "Wait for Monday."] {
        let sql = "INSERT INTO newsletter_comment (newsletter_id, at, who, text) VALUES ($1, 0, 'ana', $2)";
        app.db
            .execute(sql, values![newsletter, text])
            .await
            .unwrap();
    }
    for (mark, mail) in [
        (1_u8, "To: READER1@example.org\r\n\r\nGone."),
        (2, "To: x@example.org\r\n\r\n"),
    ] {
        let sql = "INSERT INTO returned_mail (at, fingerprint, way, kind, state, action, provider, diagnosis, why, subject, mail)
                   VALUES (0, $1, 1, 'other', 3, 'none', '', $2, '', '', $3)";
        let values = values![vec![mark], mail, mail.as_bytes().to_vec()];
        app.db.execute(sql, values).await.unwrap();
    }
    let utf16: Vec<u8> = "email\nreader1@example.org\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let mut uploads = Vec::new();
    for content in [
        b"email\nREADER1@example.org\n".to_vec(),
        utf16,
        b"email\nx@example.org\n".to_vec(),
    ] {
        uploads.push(keep_upload(&app, "list.csv", content, "ana").await.unwrap());
    }
    app.clock.advance_ms(crate::clock::HOUR);
    evidence_seal::seal_new(&app).await.unwrap();

    subscribers::erase(&app, "reader1@example.org", "operator")
        .await
        .unwrap();
    let places = [
        ("consent", "evidence"),
        ("newsletter_comment", "text"),
        ("returned_mail", "diagnosis"),
    ];
    let still = named_in(&app, &places).await;
    // Of another address that begins so, nothing is taken.
    assert_eq!(still, Vec::<String>::new(), "{still:?}");
    let other = evidence(&app, "other@example.org").await.unwrap();
    let text = other["events"][0]["consent_text"].as_str().unwrap();
    assert!(
        text.starts_with("On the list that erased:")
            && text.ends_with(" brought to the town hall."),
        "{text}"
    );
    assert_eq!(
        evidence(&app, "reader1@example.org.uk").await.unwrap()["email"],
        "reader1@example.org.uk"
    );
    let comments = "SELECT text FROM newsletter_comment ORDER BY id";
    let comments: Vec<String> = db::scalars(app.db.pool(), comments, []).await.unwrap();
    assert_eq!(comments, ["(erased)", "Wait for Monday."]);
    let kept = "SELECT count(*) FROM returned_mail WHERE mail IS NOT NULL";
    let kept: Option<i64> = db::scalar(app.db.pool(), kept, []).await.unwrap();
    assert_eq!(kept, Some(1));
    let mut left = Vec::new();
    for label in &uploads {
        left.push(upload(&app, label, "ana").await.unwrap().is_some());
    }
    assert_eq!(left, [false, false, true]);
    // The seal holds what was taken out for what it is.
    let found = evidence_seal::verify(&app, &[], subscribers::is_erased)
        .await
        .unwrap();
    assert!(found.broken.is_empty(), "{found:?}");
    let again = subscribers::erase(&app, "reader1@example.org", "operator").await;
    assert!(matches!(again, Err(SubscriberError::NotFound(_))));
}

#[tokio::test]
async fn an_erasure_that_ended_halfway_is_taken_up_again() {
    let (app, _folder) = app().await;
    let consent = "On the list of reader1@example.org.";
    take_as(
        &app,
        b"email\nother@example.org\n",
        import_of(consent),
        Answers::default(),
    )
    .await
    .unwrap();
    let told = subscribers::erase(&app, "reader1@example.org", "operator")
        .await
        .unwrap();
    assert_eq!(told["status"], "named in the evidence of others");
    assert_eq!(
        named_in(&app, &[("consent", "evidence")]).await,
        Vec::<String>::new()
    );
}
