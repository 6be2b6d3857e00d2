//! A mistake in what staff wrote themselves, found after it was mailed.

use super::{newsletters::office, *};
use crate::{
    newsletters::{self, NewsletterState},
    releases::by_hand,
    test_data,
};

/// What an editor wrote, mailed to one reader.
async fn mailed(app: &App) -> i64 {
    office(app).await;
    let document = by_hand::from_markdown("The bridge opens on Monday.\n\nAll are invited.");
    let release = by_hand::add_written(app, "A bridge opens", &document)
        .await
        .unwrap();
    test_data::subscriber(1).insert(app).await;
    let draft = newsletters::draft(app, release).await.unwrap();
    let sent = "UPDATE newsletter SET state = $1, started_at = 1, enqueued_at = 1, finished_at = 2 WHERE id = $2";
    let values = crate::values![NewsletterState::Sent as i16, draft];
    app.db.execute(sent, values).await.unwrap();
    draft
}

/// Who comes to correct it once more is led to the one that waits, and nobody says that the website did it.
async fn leads_to_the_one_that_waits(ana: &mut Browser, first: i64, waits: i64) {
    let here = format!("/staff/newsletters/{first}");
    let led = ana.get(&format!("{here}/correct-text")).await;
    assert_eq!(led.location(), format!("/staff/newsletters/{waits}"));
    let page = ana.get(&here).await.text;
    assert!(page.contains("Staff corrected the text since."), "{page}");
    assert!(!page.contains("The office changed"), "{page}");
}

#[tokio::test]
async fn staff_correct_what_they_wrote_and_it_goes_out_as_a_correction() {
    let (app, _place) = instance().await;
    let first = mailed(&app).await;
    let here = format!("/staff/newsletters/{first}");
    let path = format!("{here}/correct-text");
    let site = Browser::on(&app);
    let mut viewer = member(&app, &site, Role::Viewer).await;
    assert!(!viewer.get(&here).await.text.contains("Correct the text"));
    let mut ana = member(&app, &site, Role::Editor).await;
    assert!(ana.get(&here).await.text.contains(&path));
    let page = ana.get(&path).await;
    assert!(
        page.text.contains("The bridge opens on Monday."),
        "{}",
        page.text
    );

    // The same text is no correction, and an empty one neither.
    for (subject, text, says) in [
        (
            "A bridge opens",
            "The bridge opens on Monday.\n\nAll are invited.",
            "the text that was mailed",
        ),
        ("A bridge opens", "  ", "cannot be empty"),
        ("", "The bridge opens on Tuesday.", "nter a subject"),
    ] {
        let typed = [("subject", subject), ("text", text), ("action", "keep")];
        let told = ana.submit(&path, &path, &typed).await;
        assert_eq!(told.status, 422, "{says}: {}", told.text);
        assert!(told.text.contains(says), "{says}: {}", told.text);
    }

    let typed = [
        ("subject", "A bridge opens"),
        ("text", "The bridge opens on Tuesday.\n\nAll are invited."),
        ("action", "keep"),
    ];
    let page = ana.get(&path).await;
    let (token, revision) = (page.token(), page.revision().unwrap());
    let mut sent = vec![
        ("form_token", token.as_str()),
        ("revision", revision.as_str()),
    ];
    sent.extend(typed);
    let made = ana.post(&path, &sent).await;
    assert_eq!(made.status, 303, "{}", made.text);
    // A second press is no second correction.
    assert_eq!(ana.post(&path, &sent).await.location(), made.location());
    let corrections = "SELECT count(*) FROM newsletter WHERE corrects IS NOT NULL";
    assert_eq!(number(&app, corrections).await, 1);
    let id = number(&app, "SELECT id FROM newsletter WHERE corrects IS NOT NULL").await;
    let correction = newsletters::find(&app, id).await.unwrap();
    assert_eq!(correction.corrects, Some(first));
    assert_eq!(correction.state, NewsletterState::Draft);
    assert!(
        correction.subject.contains("A bridge opens") && correction.subject != "A bridge opens"
    );
    let changed = correction.changed.unwrap();
    assert!(
        changed.contains("Monday") && changed.contains("Tuesday"),
        "{changed}"
    );
    let shown = ana.get(&format!("/staff/newsletters/{id}")).await.text;
    assert!(shown.contains("This is a correction."), "{shown}");
    // Whoever wrote it is known as its author, for the rule of four eyes; and it is on record.
    let authors = newsletters::authors(&app, id).await.unwrap();
    assert_eq!(authors, ["editor@example.gov"]);
    let noted = "SELECT count(*) FROM audit WHERE action = 'release.correct' AND who = 'editor@example.gov'";
    assert_eq!(number(&app, noted).await, 1);
    leads_to_the_one_that_waits(&mut ana, first, id).await;
    // What was mailed says what it said.
    let kept = newsletters::find(&app, first).await.unwrap();
    assert!(by_hand::to_markdown(&kept.document).contains("Monday"));
    // The scheduler's beat takes nothing of it back.
    newsletters::follow_changes(&app).await.unwrap();
    let told = "SELECT count(*) FROM release WHERE notice LIKE '%The office%'";
    assert_eq!(number(&app, told).await, 0, "staff wrote it");
    let after = newsletters::find(&app, id).await.unwrap();
    assert!(by_hand::to_markdown(&after.document).contains("Tuesday"));
    assert_eq!(after.state, NewsletterState::Draft);
    assert_eq!(number(&app, corrections).await, 1);

    // Who had the page open before is shown both, and nothing that they typed is lost.
    let late = [
        ("form_token", token.as_str()),
        ("revision", &revision),
        ("subject", "A bridge opens at last"),
        ("text", "The bridge opens on Friday."),
        ("action", "keep"),
    ];
    let told = ana.post(&path, &late).await;
    assert_eq!(told.status, 409, "{}", told.text);
    for part in ["Friday", "Tuesday", "A bridge opens at last"] {
        assert!(told.text.contains(part), "{part}: {}", told.text);
    }
    // Who has seen both may go on: with a new subject, too.
    let newest = told.revision().unwrap();
    let again = [late[0], ("revision", &newest), late[2], late[3], late[4]];
    assert_eq!(ana.post(&path, &again).await.status, 303);
    newsletters::follow_changes(&app).await.unwrap();
    let older = newsletters::find(&app, id).await.unwrap().attention;
    assert!(older.is_some_and(|why| why.starts_with("Staff corrected")));
    let newest = number(&app, "SELECT max(id) FROM newsletter").await;
    let correction = newsletters::find(&app, newest).await.unwrap();
    assert!(
        correction.subject.contains("A bridge opens at last"),
        "{}",
        correction.subject
    );
}

#[tokio::test]
async fn what_a_source_brought_is_corrected_there() {
    let (app, _place) = instance().await;
    office(&app).await;
    test_data::idle_source(&app, 1, crate::releases::Policy::Approve).await;
    test_data::release(1).source(1).insert(&app).await;
    test_data::subscriber(1).insert(&app).await;
    let id = test_data::newsletter("a")
        .release(1)
        .sending()
        .insert(&app)
        .await;
    let mut ana = member(&app, &Browser::on(&app), Role::Editor).await;
    let here = format!("/staff/newsletters/{id}");
    assert!(!ana.get(&here).await.text.contains("Correct the text"));
    let path = format!("{here}/correct-text");
    assert_eq!(ana.get(&path).await.location(), here);
    let token = ana.get("/staff/account").await.token();
    let typed = [
        ("form_token", token.as_str()),
        ("revision", "1"),
        ("subject", "Other"),
        ("text", "Other words."),
        ("action", "keep"),
    ];
    let told = ana.post(&path, &typed).await;
    assert_eq!(told.status, 422);
    assert!(told.text.contains("Other words."), "{}", told.text);
    // A draft is edited, not corrected.
    let draft = test_data::newsletter("b").insert(&app).await;
    assert!(newsletters::own_text(&app, draft).await.unwrap().is_none());
}
